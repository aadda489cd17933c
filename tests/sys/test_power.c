/* SPDX-License-Identifier: ISC */
/*
 * Power cuts, on an ext4 of our own whose disk remembers what it was told
 * (disk.h).  Sessions upload with each of the settings of Sync; then the disk
 * is made as a cut at each write would have left it, with all and with some of
 * what was not flushed, and mounted again.  Under Sync file every name has the
 * whole old file or the whole new one then, and each file that was
 * acknowledged is there (R-FILE-1, R-WIRE-3); under Sync session that holds
 * from the end of the session on.  What happens under Sync no is counted.
 *
 * Needs root, FUSE, loop devices and mkfs.ext4.  POWER=all tries more of what
 * a disk may have done.
 */
#include "config.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "driver.h"
#include "own.h"

#define DISK_SIZE ((size_t)16 << 20)

/* No journal is smaller. */
#define MKFS "mkfs.ext4 -q -F -b 4096 -J size=4 -E lazy_itable_init=0"

/* What is uploaded, and when it must be safe. */
struct upload {
	const char *name;
	unsigned version; /* of this name; 0 was there before */
	size_t begun;     /* so many events had the disk seen */
	size_t answered;  /* the same, when the client had its answer */
	size_t safe;      /* the same, from then on */
};

#define UPLOADS_MAX 32
#define NEVER       ((size_t)-1)

static struct disk disk;
static struct upload uploads[UPLOADS_MAX];
static size_t nuploads;

/* What came of all cuts. */
static struct outcome {
	unsigned long cuts;
	/* So many had a file that is neither old nor new, */
	unsigned long broken_old; /* in place of one that was safe */
	unsigned long broken_new; /* under a new name */
	unsigned long lost;       /* or an acknowledged one that is not there */
} outcome;

static char image[DISK_SIZE], stable[DISK_SIZE];

/* --- files ------------------------------------------------------------------
 */

/* Each version of each name has bytes and a size of its own. */
static size_t
size_of(unsigned version)
{
	return 5000 + 7000 * (size_t)version;
}

static char
byte_of(const char *name, unsigned version)
{
	return (char)(name[strlen(name) - 1] + (char)(16 * (version % 4)));
}

enum {
	ABSENT = -1,
	BROKEN = -2
};

/* Which version is this, or what else? */
static int
version_of(const char *mnt, const char *name)
{
	static char data[65536];
	char path[256];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", mnt, name);
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return errno == ENOENT ? ABSENT : BROKEN;
	n = read(fd, data, sizeof(data));
	(void)close(fd);
	if (n == -1 && errno == EISDIR)
		return 0;
	for (int v = 0; v < 8; v++)
		if (n == (ssize_t)size_of((unsigned)v) &&
		    data[0] == byte_of(name, (unsigned)v) &&
		    memcmp(data, data + 1, (size_t)n - 1) == 0)
			return v;
	return BROKEN;
}

static const char *
bytes_of(const char *name, unsigned version)
{
	static char data[65536];

	memset(data, byte_of(name, version), size_of(version));
	data[size_of(version)] = '\0';
	return data;
}

/* --- sessions ----------------------------------------------------------------
 */

static void
send_record(struct server *s, const char *record)
{
	server_send(s, record, strlen(record));
	expect_ack(s);
}

static void
send_file(struct server *s, const char *name, unsigned version)
{
	struct upload *u = &uploads[nuploads++];
	const char *slash = strrchr(name, '/');
	char record[64];

	ck_assert_uint_lt(nuploads, UPLOADS_MAX);
	*u = (struct upload){ name, version, disk_now(&disk), NEVER, NEVER };
	(void)snprintf(record, sizeof(record), "C0644 %zu %s\n",
	    size_of(version), slash == NULL ? name : slash + 1);
	send_record(s, record);
	server_send(s, bytes_of(name, version), size_of(version) + 1);
	expect_ack(s);
	u->answered = disk_now(&disk);
}

static void
send_directory(struct server *s, const char *name)
{
	struct upload *u = &uploads[nuploads++];
	char record[64];

	*u = (struct upload){ name, 0, disk_now(&disk), NEVER, NEVER };
	(void)snprintf(
	    record, sizeof(record), "D0755 0 %s\n", strrchr(name, '/') + 1);
	send_record(s, record);
	u->answered = disk_now(&disk);
}

static void
end_session(struct server *s, const char *sync, size_t first)
{
	server_close_input(s);
	expect_end(s, 0);
	server_clear(s);
	for (size_t i = first; i < nuploads; i++)
		if (strcmp(sync, "file") == 0)
			uploads[i].safe = uploads[i].answered;
		else if (strcmp(sync, "session") == 0)
			uploads[i].safe = disk_now(&disk);
}

static void
begin_session(struct server *s, const char *sync, const char *command)
{
	char options[64];

	(void)snprintf(options, sizeof(options), "-o Sync=%s", sync);
	server_start(
	    s, &(struct launch){ .options = options, .command = command });
	expect_ack(s);
}

/* Long enough for what is to be written by itself. */
static void
pause_for(int ms)
{
	(void)poll(NULL, 0, ms);
}

static void
upload_one(const char *sync, const char *name, unsigned version)
{
	size_t first = nuploads;
	struct server s;

	begin_session(&s, sync, "scp -t mnt");
	send_file(&s, name, version);
	end_session(&s, sync, first);
}

static void
upload_tree(const char *sync, unsigned version)
{
	size_t first = nuploads;
	struct server s;

	begin_session(&s, sync, "scp -r -p -t mnt");
	send_record(&s, "D0755 0 d\n");
	send_file(&s, "d/x", version);
	send_record(&s, "D0700 0 e\n");
	send_file(&s, "d/e/y", version);
	send_record(&s, "E\n");
	send_record(&s, "T1 0 1 0\n");
	send_file(&s, "d/z", version);
	send_directory(&s, "d/v");
	pause_for(50);
	send_record(&s, "E\n");
	send_record(&s, "E\n");
	end_session(&s, sync, first);
}

static void
upload_all(const char *sync)
{
	int ms = strcmp(sync, "no") == 0 ? 1300 : 50;

	upload_one(sync, "f", 1);
	upload_one(sync, "n", 0);
	pause_for(ms);
	upload_tree(sync, 0);
	upload_one(sync, "f", 2);
	pause_for(ms);
	upload_tree(sync, 1);
	upload_one(sync, "m", 0);
	upload_one(sync, "f", 3);
	pause_for(ms);
}

/* --- cuts
 * ---------------------------------------------------------------------- */

/* The newest version of name that must be there after so many events. */
static int
floor_of(const char *name, size_t events)
{
	int newest = strcmp(name, "f") == 0 ? 0 : ABSENT;

	for (size_t i = 0; i < nuploads; i++)
		if (strcmp(uploads[i].name, name) == 0 &&
		    uploads[i].safe <= events)
			newest = (int)uploads[i].version;
	return newest;
}

/* Is one under way, or answered and not yet safe? */
static bool
is_in_doubt(const char *name, size_t events, bool answered)
{
	for (size_t i = 0; i < nuploads; i++)
		if (strcmp(uploads[i].name, name) == 0 &&
		    (answered ? uploads[i].answered : uploads[i].begun) <=
			events &&
		    uploads[i].safe > events)
			return true;
	return false;
}

static void
look_at(const char *mnt, const char *name, const char *sync, size_t events)
{
	int version = version_of(mnt, name), least = floor_of(name, events);
	bool may_break =
	    strcmp(sync, "file") != 0 && is_in_doubt(name, events, false);

	if (!may_break && (version == BROKEN || version < least))
		ck_abort_msg("Sync %s, cut after event %zu of %zu: %s has "
			     "version %d, should have %d or newer",
		    sync, events, disk_now(&disk), name, version, least);
	if (version == BROKEN && strcmp(name, "f") == 0)
		outcome.broken_old++;
	else if (version == BROKEN)
		outcome.broken_new++;
	else if (version < least ||
	    (is_in_doubt(name, events, true) && version == ABSENT))
		outcome.lost++;
}

static void
check_cut(const char *device, const char *sync, size_t events)
{
	static const char *const names[] = { "f", "n", "m", "d/x", "d/e/y",
		"d/z", "d/v" };
	int fd;

	fd = open(device, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, image, DISK_SIZE, 0), (ssize_t)DISK_SIZE);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_msg(mount(device, "again", "ext4", MS_RDONLY, NULL) == 0,
	    "cut after event %zu: %s", events, strerror(errno));
	for (size_t i = 0; i < LENGTH(names); i++)
		look_at("again", names[i], sync, events);
	ck_assert_int_eq(umount("again"), 0);
	outcome.cuts++;
}

static void
check_cuts(const char *device, const char *sync)
{
	const char *mode = getenv("POWER");
	int tries = mode != NULL && strcmp(mode, "all") == 0 ? 8 : 1;
	unsigned random = 1;
	size_t flushed = 0;

	memcpy(stable, disk.image, DISK_SIZE);
	for (size_t k = 1; k <= disk.log->n; k++) {
		bool is_flush = disk.log->events[k - 1].size == 0;

		memcpy(image, stable, DISK_SIZE);
		for (size_t i = flushed; i < k; i++)
			disk_apply(&disk, image, i, NULL);
		check_cut(device, sync, k);
		if (is_flush) {
			memcpy(stable, image, DISK_SIZE);
			flushed = k;
			continue;
		}
		for (int n = 0; n < tries && k - flushed > 1; n++) {
			memcpy(image, stable, DISK_SIZE);
			for (size_t i = flushed; i < k; i++)
				disk_apply(&disk, image, i, &random);
			check_cut(device, sync, k);
		}
	}
}

/* A loop device for the images of cuts; its descriptor. */
static int
attach_images(char *device)
{
	int file, fd;

	file = open("images", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(file, (off_t)DISK_SIZE), 0);
	ck_assert_int_ne(fd = disk_attach(file, device), -1);
	ck_assert_int_eq(close(file), 0);
	return fd;
}

static void
begin_places(void)
{
	make_dir("mnt", 0755);
	make_dir("again", 0755);
	ck_assert(own_mounts());
}

/* The name and the old file that is there before; then nothing is in doubt. */
static void
make_old_file(void)
{
	int fd;

	make_file("mnt/f", bytes_of("f", 0), 0644);
	fd = open("mnt", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(syncfs(fd), 0);
	ck_assert_int_eq(close(fd), 0);
	for (size_t i = 0; i < disk_now(&disk); i++)
		disk_apply(&disk, disk.image, i, NULL);
	disk.log->n = 0;
}

static void
report(const char *sync)
{
	printf("# Sync %s: %zu writes and flushes, %lu cuts; files broken: "
	       "%lu in place of an old one, %lu new; acknowledged and not "
	       "there: %lu\n",
	    sync, disk.log->n, outcome.cuts, outcome.broken_old,
	    outcome.broken_new, outcome.lost);
	(void)fflush(stdout);
}

static const char *const syncs[] = { "file", "session", "no" };

START_TEST(power_cuts)
{
	const char *why = NULL, *sync = syncs[_i];
	char device[DISK_DEVICE_BYTES];
	int fd;

	begin_places();
	if (!disk_begin(&disk, DISK_SIZE, MKFS, "ext4", "commit=1", "fuse",
		"mnt", &why)) {
		skipped(why);
	} else {
		make_old_file();
		upload_all(sync);
	}
	disk_end(&disk, "mnt");
	if (why == NULL) {
		ck_assert(!disk.log->is_full);
		fd = attach_images(device);
		check_cuts(device, sync);
		ck_assert_int_eq(close(fd), 0);
		report(sync);
	}
	disk_clear(&disk);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, power_cuts, 0, LENGTH(syncs));
}

int
main(void)
{
	Suite *suite = suite_create("power");

	driver_add(suite, add, AS_ROOT);
	return driver_run(suite);
}

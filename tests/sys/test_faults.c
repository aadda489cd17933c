/* SPDX-License-Identifier: ISC */
/*
 * What goes wrong around a session: a limit of size, file systems that become
 * read-only or fail, directories and targets that others move, remove and
 * exchange while a file is under way.  The client has one answer
 * for each thing it sends and exit status 1, the log says why, nothing is
 * partial, no temporary file stays (R-FILE-1, R-FILE-2, R-WIRE-3).  And a
 * session that is long, with all of this in it, keeps neither descriptors nor
 * memory (R-RES-1): 1500 rounds of a file, a refusal, a failure, a directory
 * and a file that its sender gives up, unless ROUNDS says otherwise.
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "driver.h"
#include "own.h"
#include "space.h"
#include "trace.h"

/* Not in the kernel's headers for programs of before 6.10. */
#ifndef EXT4_IOC_SHUTDOWN
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, __u32)
#endif
#define SHUTDOWN_WITHOUT_LOG 2U

#define DISK_SIZE ((size_t)32 << 20)

static void
send_text(struct server *s, const char *text)
{
	server_send(s, text, strlen(text));
}

/* The log tells of a file that failed for this reason. */
static void
ck_logged(const struct server *s, const char *code)
{
	ck_assert_msg(
	    strstr(s->log.p, code) != NULL, "no %s in: %s", code, s->log.p);
}

/* --- limits of size ------------------------------------------------------- */

/* With the second one, what comes is taken in parts. */
static const char *const space_options[] = { "-o MinFreeSpace=none",
	"-o MinFreeSpace=1" };

/* More than a pipe holds, so that some of it is spliced, and two parts. */
#define MUCH ((9 << 20) + 300000)

/* Behind the data there is the NUL that ends them. */
static void
send_file(struct server *s, const char *name, const char *data, size_t size)
{
	char record[64];

	(void)snprintf(record, sizeof(record), "C0644 %zu %s\n", size, name);
	send_text(s, record);
	server_more(s);
	if (s->received.p[s->taken] != '\0')
		return; /* refused at the header */
	expect_ack(s);
	server_send(s, data, size + 1);
}

static void
send_much(struct server *s, const char *name)
{
	static const char data[MUCH + 1];

	send_file(s, name, data, MUCH);
}

/* Neither the signal nor the error of a limit ends the session. */
START_TEST(file_size_limit)
{
	struct rlimit limit = { 100000, 100000 };
	struct server s;

	make_file("f", "old", 0644);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	server_start(&s,
	    &(struct launch){
		.options = space_options[_i], .command = "scp -d -t ." });
	expect_ack(&s);
	send_much(&s, "f");
	expect_message(&s, 1, "f: File too large");
	send_text(&s, "C0644 1 g\n");
	expect_ack(&s);
	server_send(&s, "g", 2);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 1);
	ck_logged(&s, "too-large");
	server_clear(&s);
	ck_tree("0644 f old\n0644 g g\n");
}
END_TEST

/*
 * What a file that fails leaves in the relay is its end: no record, though it
 * looks like many, and nothing of a later file that is spliced as well.
 */
START_TEST(rest_of_a_failed_file)
{
	static const char record[] = "D0755 0 d\n";
	static char failed[MUCH + 1], other[90000 + 1];
	struct rlimit limit = { 100000, 100000 };
	struct bytes got = { 0 };
	struct server s;

	for (size_t i = 0; i < MUCH; i++)
		failed[i] = record[i % (sizeof(record) - 1)];
	memset(other, 'g', sizeof(other) - 1);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	server_start(&s,
	    &(struct launch){
		.options = space_options[_i], .command = "scp -r -d -t ." });
	expect_ack(&s);
	send_file(&s, "f", failed, MUCH);
	expect_message(&s, 1, "f: File too large");
	expect_quiet(&s);
	send_file(&s, "g", other, sizeof(other) - 1);
	expect_ack(&s);
	send_file(&s, "h", "h", 1);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	ck_tree("0644 g <90000>\n0644 h h\n");
	read_file("g", &got);
	ck_assert(memcmp(got.p, other, got.len) == 0);
	bytes_free(&got);
}
END_TEST

/*
 * What comes after is written in place as before: no file gets a descriptor
 * that cannot be copied, nor does a directory.
 */
START_TEST(file_size_limit_in_place)
{
	struct rlimit limit = { 100000, 100000 };
	struct server s;

	make_dir("d", 0755);
	make_file("g", "old", 0644);
	make_file("d/h", "old", 0644);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	server_start(&s,
	    &(struct launch){
		.options = "-o Atomic=no", .command = "scp -r -t ." });
	expect_ack(&s);
	send_much(&s, "f");
	expect_message(&s, 1, "f: File too large");
	send_text(&s, "C0644 1 g\n");
	expect_ack(&s);
	server_send(&s, "g", 2);
	expect_ack(&s);
	send_text(&s, "D0755 0 d\n");
	expect_ack(&s);
	send_text(&s, "C0644 1 h\n");
	expect_ack(&s);
	server_send(&s, "h", 2);
	expect_ack(&s);
	send_text(&s, "E\n");
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	(void)unlink("f");
	ck_tree("0644 d/h h\n0644 g g\n0755 d/\n");
}
END_TEST

/* --- what others do to the directory ----------------------------------------
 */

static void
begin_file(struct server *s, const char *command)
{
	server_start(s, &(struct launch){ .command = command });
	expect_ack(s);
	send_text(s, "C0644 6 f\n");
	expect_ack(s);
	send_text(s, "new");
}

static void
end_file(struct server *s)
{
	server_send(s, "new", 4);
}

static void
end_session(struct server *s, int status)
{
	server_close_input(s);
	expect_end(s, status);
}

/* The directory was found once; the file is where that is now. */
START_TEST(directory_renamed)
{
	struct server s;

	make_dir("d", 0755);
	begin_file(&s, "scp -t d");
	ck_assert_int_eq(rename("d", "e"), 0);
	make_dir("d", 0755);
	end_file(&s);
	expect_ack(&s);
	end_session(&s, 0);
	server_clear(&s);
	ck_tree("0644 e/f newnew\n0755 d/\n0755 e/\n");
}
END_TEST

/* To "../outside/d", with a file under way; true: Landlock is in force. */
static bool
move_outside(struct server *s, const char *options)
{
	char path[4096];

	make_dir("d", 0755);
	(void)snprintf(path, sizeof(path), "%s/d", outside_path());
	server_start(s,
	    &(struct launch){
		.options = options, .command = "scp -r -d -t ." });
	expect_ack(s);
	send_text(s, "D0755 0 d\n");
	expect_ack(s);
	send_text(s, "C0644 6 f\n");
	expect_ack(s);
	send_text(s, "new");
	ck_assert_int_eq(rename("d", path), 0);
	end_file(s);
	server_more(s);
	return holds(s->log.p, "landlock");
}

/* What is there then, which goes away: it is none of the outside's. */
static void
ck_outside(const char *want)
{
	struct bytes list = { 0 };
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/d", outside_path());
	tree_text(path, &list);
	bytes_add(&list, "", 0);
	ck_assert_str_eq(list.p, want);
	bytes_free(&list);
	tree_remove(path);
}

/*
 * With Landlock nothing in a directory that somebody has moved out of the root
 * is the session's any more: it gives no name there, and cannot remove what it
 * had begun.
 */
START_TEST(directory_moved_outside)
{
	struct bytes list = { 0 };
	struct server s;
	char path[4096];

	if (!move_outside(&s, NULL)) {
		skipped("no Landlock here");
		ck_outside("0644 f newnew\n");
		server_clear(&s);
		return;
	}
	expect_message(&s, 1, "d/f: Permission denied");
	send_text(&s, "C0644 1 g\n");
	expect_message(&s, 1, "d/g: Permission denied");
	send_text(&s, "E\nC0644 1 h\n");
	expect_bytes(&s, "\0\0", 2);
	server_send(&s, "h", 2);
	expect_ack(&s);
	end_session(&s, 1);
	ck_logged(&s, "permission: \"/d/f\" after 6 bytes");
	ck_logged(&s, "permission: \"/d/g\"");
	server_clear(&s);
	ck_tree("0644 h h\n");
	(void)snprintf(path, sizeof(path), "%s/d", outside_path());
	tree_text(path, &list);
	ck_assert_int_eq(strncmp(list.p, "0644 .scp-server.", 17), 0);
	ck_assert_ptr_eq(strchr(list.p, '\n') + 1, list.p + list.len);
	bytes_free(&list);
	tree_remove(path);
}
END_TEST

/* Without, that is the directory which it found, as one renamed within is. */
START_TEST(directory_moved_outside_unseen)
{
	struct server s;

	ck_assert(!move_outside(&s, "-o Landlock=no"));
	expect_ack(&s);
	send_text(&s, "E\nC0644 1 h\n");
	expect_bytes(&s, "\0\0", 2);
	server_send(&s, "h", 2);
	expect_ack(&s);
	end_session(&s, 0);
	server_clear(&s);
	ck_tree("0644 h h\n");
	ck_outside("0644 f newnew\n");
}
END_TEST

START_TEST(directory_removed)
{
	struct server s;

	make_dir("d", 0755);
	begin_file(&s, "scp -t d");
	tree_remove("d");
	end_file(&s);
	expect_message(&s, 1, "f: No such file or directory");
	end_session(&s, 1);
	ck_logged(&s, "not-found");
	server_clear(&s);
	ck_tree("");
}
END_TEST

/* Its removal fails only if there is something in it: the temporary file. */
START_TEST(directory_is_kept_by_the_file)
{
	struct server s;

	make_dir("d", 0755);
	begin_file(&s, "scp -t d");
	ck_assert_int_eq(rmdir("d"), -1);
	ck_assert_int_eq(errno, ENOTEMPTY);
	end_file(&s);
	expect_ack(&s);
	end_session(&s, 0);
	server_clear(&s);
	ck_tree("0644 d/f newnew\n0755 d/\n");
}
END_TEST

/* In a tree, later items go to what was entered, or are refused. */
START_TEST(tree_removed)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	send_text(&s, "D0755 0 d\n");
	expect_ack(&s);
	ck_assert_int_eq(rmdir("d"), 0);
	send_text(&s, "D0755 0 e\n");
	expect_message(&s, 1, "d/e: No such file or directory");
	send_text(&s, "E\n");
	expect_ack(&s);
	send_text(&s, "C0644 1 g\n");
	expect_ack(&s);
	server_send(&s, "g", 2);
	expect_ack(&s);
	end_session(&s, 1);
	server_clear(&s);
	ck_tree("0644 g g\n");
}
END_TEST

/* --- what others put in the target's place
 * ------------------------------------ */

static void
put_directory(void)
{
	make_dir("f", 0755);
}

static void
put_link(void)
{
	make_link("f", "../outside/secret");
}

static void
put_fifo(void)
{
	make_fifo("f");
}

static void
put_full_directory(void)
{
	make_dir("f", 0755);
	make_file("f/g", "theirs", 0644);
}

static void
put_file(void)
{
	make_file("f", "theirs", 0600);
}

static const struct {
	void (*put)(void);
	const char *options;
	const char *reason; /* NULL: it is replaced */
	const char *tree;
} put_rows[] = {
	{ put_directory, NULL, "Is a directory", "0755 f/\n" },
	{ put_full_directory, NULL, "Is a directory",
	    "0644 f/g theirs\n0755 f/\n" },
	{ put_link, NULL, "symbolic link|Too many levels",
	    "link f -> ../outside/secret\n" },
	{ put_fifo, NULL, "not a regular file", "fifo f\n" },
	{ put_file, NULL, NULL, "0644 f newnew\n" },
	{ put_file, "-o Overwrite=no", "File exists", "0600 f theirs\n" },
};

/* Between the answer to the header and the end of the file; with _i odd there
 * was an old one. */
START_TEST(target_exchanged)
{
	const int row = _i / 2;
	struct server s;

	if (_i % 2 != 0 && put_rows[row].options == NULL)
		make_file("f", "old", 0644);
	server_start(&s,
	    &(struct launch){
		.options = put_rows[row].options, .command = "scp -d -t ." });
	expect_ack(&s);
	send_text(&s, "C0644 6 f\n");
	expect_ack(&s);
	send_text(&s, "new");
	(void)unlink("f");
	put_rows[row].put();
	end_file(&s);
	if (put_rows[row].reason == NULL)
		expect_ack(&s);
	else
		expect_message(&s, 1, put_rows[row].reason);
	end_session(&s, put_rows[row].reason != NULL);
	server_clear(&s);
	ck_tree(put_rows[row].tree);
}
END_TEST

/* --- the answer -------------------------------------------------------- */

/* How a file fails: its times cannot be set, or because of its end. */
static const struct {
	const char *options;
	const char *end;
	size_t len;
	const char *reason; /* NULL: the client knows it */
} removed_rows[] = {
	{ "-o Atomic=yes", "", 1, "Input/output error|I/O error" },
	{ "-o Atomic=no", "", 1, "Input/output error|I/O error" },
	{ "-o Atomic=yes", "\1bad disk\n", 10, NULL },
	{ "-o Atomic=no", "\1bad disk\n", 10, NULL },
	{ "-o Atomic=yes", "x", 1, "protocol error" },
	{ "-o Atomic=no", "x", 1, "protocol error" },
};

/* Where the n-th write to the client stands, or the first unlinkat(2). */
static long
find_call(const struct trace_result *r, long number, int n)
{
	long i;

	for (i = 0; i < r->calls && n > 0; i++)
		n -= r->list[i].number == number &&
		    (number != SYS_write || r->list[i].fd == STDOUT_FILENO);
	ck_assert_int_eq(n, 0);
	return i;
}

/* Who acts on the answer must find nothing of what failed. */
START_TEST(removed_before_the_answer)
{
	struct trace t = { .call = SYS_utimensat, .error = EIO };
	struct server s;

	if (!can_trace())
		return;
	t.result = mmap(NULL, sizeof(*t.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(t.result, MAP_FAILED);
	server_start(&s,
	    &(struct launch){ .options = removed_rows[_i].options,
		.command = "scp -p -d -t .",
		.trace = &t });
	expect_ack(&s);
	send_text(&s, "T1 0 1 0\nC0644 6 f\n");
	expect_bytes(&s, "\0\0", 2);
	send_text(&s, "newnew");
	server_send(&s, removed_rows[_i].end, removed_rows[_i].len);
	if (removed_rows[_i].reason == NULL)
		expect_ack(&s);
	else
		expect_message(&s, 1, removed_rows[_i].reason);
	ck_tree("");
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	ck_assert_int_le(t.result->calls, TRACE_LISTED);
	ck_assert_int_lt(find_call(t.result, SYS_unlinkat, 1),
	    find_call(t.result, SYS_write, 4));
	server_clear(&s);
}
END_TEST

/* --- file systems
 * --------------------------------------------------------------- */

/* Nothing that is open for writing lets it happen in the middle of a file. */
START_TEST(becomes_read_only)
{
	const char *path = root_path();
	struct server s;

	if (!own_mounts() ||
	    mount("none", path, "tmpfs", 0, "size=8m,mode=0777") == -1) {
		skipped("no file system of its own");
		return;
	}
	ck_assert_int_eq(chdir(path), 0);
	make_file("f", "old", 0644);
	server_start(&s, &(struct launch){ .command = "scp -d -t ." });
	expect_ack(&s);
	send_text(&s, "C0644 1 g\n");
	expect_ack(&s);
	ck_assert_int_eq(
	    mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL), -1);
	ck_assert_int_eq(errno, EBUSY);
	server_send(&s, "g", 2);
	expect_ack(&s);
	ck_assert_int_eq(
	    mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	send_text(&s, "C0644 1 f\n");
	expect_message(&s, 1, "f: Read-only file system");
	send_text(&s, "C0644 1 h\n");
	expect_message(&s, 1, "h: Read-only file system");
	end_session(&s, 1);
	ck_logged(&s, "read-only");
	server_clear(&s);
	ck_tree("0644 f old\n0644 g g\n");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(umount(path), 0);
}
END_TEST

static bool
set_append_only(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags = FS_APPEND_FL;
	bool done = fd != -1 && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;

	(void)close(fd);
	return done;
}

/* The directory that files go to is of this kind, or one in it. */
static const struct {
	const char *dir;
	const char *options;
	bool refused;
} append_rows[] = {
	{ "d", NULL, true },
	{ "d/sub", NULL, true },
	{ "d", "-o Overwrite=version -o Atomic=no", true },
	{ "d", "-o Atomic=no", false },
	{ "d/sub", "-o Atomic=no", false },
};

/* What is made there can neither be renamed nor removed: R-FILE-2, R-WIRE-5. */
START_TEST(append_only_directory)
{
	const bool refused = append_rows[_i].refused;
	const char *path = root_path();
	struct server s;

	if (!own_mounts() ||
	    mount("none", path, "tmpfs", 0, "size=8m,mode=0777") == -1) {
		skipped("no file system of its own");
		return;
	}
	ck_assert_int_eq(chdir(path), 0);
	make_dir("d", 0777);
	make_dir("d/sub", 0777);
	if (!set_append_only(append_rows[_i].dir)) {
		skipped("no append-only directories here");
		return;
	}
	server_start(&s,
	    &(struct launch){ .options = append_rows[_i].options,
		.command = "scp -r -d -t d" });
	expect_ack(&s);
	if (strcmp(append_rows[_i].dir, "d") != 0) {
		send_text(&s, "D0777 0 sub\n");
		expect_ack(&s);
	}
	send_text(&s, "C0644 1 f\n");
	if (refused) {
		expect_message(&s, 1, "f: directory is append-only: cannot ");
	} else {
		expect_ack(&s);
		server_send(&s, "f", 2);
		expect_ack(&s);
	}
	/* A directory needs no more than its name. */
	send_text(&s, "D0700 0 new\n");
	expect_ack(&s);
	send_text(&s, "C0600 1 g\n");
	expect_ack(&s);
	server_send(&s, "g", 2);
	expect_ack(&s);
	end_session(&s, refused);
	if (refused)
		ck_logged(&s, "permission: \"/d/");
	server_clear(&s);
	ck_assert(!tree_has_temp(path));
	ck_assert(tree_has(path, "f") == !refused);
	ck_assert(tree_has(path, "g"));
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(umount(path), 0);
}
END_TEST

/* R-WIRE-3: what had no room once is not whole, also if there is room again. */
START_TEST(full_for_a_while)
{
	const char *path = root_path();
	const size_t size = 24 << 20, step = SPACE_STEP + (4 << 20);
	struct server s;
	char *zeros;

	if (!own_mounts() ||
	    mount("none", path, "tmpfs", 0, "size=48m,mode=0777") == -1) {
		skipped("no file system of its own");
		return;
	}
	ck_assert_int_eq(chdir(path), 0);
	zeros = calloc(1, size + 1);
	ck_assert_ptr_nonnull(zeros);
	server_start(&s,
	    &(struct launch){
		.options = space_options[_i], .command = "scp -d -t ." });
	expect_ack(&s);
	send_text(&s, "C0644 25165824 f\n");
	expect_ack(&s);
	ck_assert_int_ne(system("head -c 49M /dev/zero >other 2>&-"), 0);
	/* More than was reserved, and than the pipes have room for. */
	server_send(&s, zeros, step);
	ck_assert_int_eq(unlink("other"), 0);
	server_send(&s, zeros, size + 1 - step);
	expect_message(&s, 1, "f: No space left on device");
	end_session(&s, 1);
	server_clear(&s);
	free(zeros);
	ck_tree("");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(umount(path), 0);
}
END_TEST

/* One of this type at "mnt", or a word about why not. */
static bool
begin_disk(struct disk *d, const char *mkfs, const char *type)
{
	const char *why;

	make_dir("mnt", 0755);
	if (!own_mounts()) {
		skipped("no file system of its own");
		return false;
	}
	if (disk_begin(d, DISK_SIZE, mkfs, type, "", "fuse", "mnt", &why))
		return true;
	skipped(why);
	disk_end(d, "mnt");
	disk_clear(d);
	return false;
}

/* The disk is gone in the middle of a file: whatever is done to it fails. */
START_TEST(disk_fails)
{
	static struct disk d;
	unsigned how = SHUTDOWN_WITHOUT_LOG;
	struct server s;
	int fd;

	if (!begin_disk(&d, "mkfs.ext4 -q -F", "ext4"))
		return;
	make_file("mnt/f", "old", 0644);
	fd = open("mnt", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(syncfs(fd), 0);
	begin_file(&s, "scp -d -t mnt");
	ck_assert_int_eq(ioctl(fd, EXT4_IOC_SHUTDOWN, &how), 0);
	ck_assert_int_eq(close(fd), 0);
	end_file(&s);
	expect_message(&s, 1, "f: Input/output error|f: I/O error");
	send_text(&s, "C0644 1 g\n");
	expect_message(&s, 1, "g: Input/output error|g: I/O error");
	end_session(&s, 1);
	ck_logged(&s, "io-error");
	server_clear(&s);
	disk_end(&d, "mnt");
	disk_clear(&d);
}
END_TEST

/* All of this file system has a limit; also one of the super-user's files. */
static bool
set_quota(const char *path, uint64_t bytes)
{
	struct btrfs_ioctl_quota_ctl_args on = { .cmd =
						     BTRFS_QUOTA_CTL_ENABLE };
	struct btrfs_ioctl_qgroup_limit_args limit = {
		.qgroupid = BTRFS_FS_TREE_OBJECTID,
		.lim = { .flags = BTRFS_QGROUP_LIMIT_MAX_RFER,
		    .max_rfer = bytes }
	};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	ok = fd != -1 && ioctl(fd, BTRFS_IOC_QUOTA_CTL, &on) == 0 &&
	    ioctl(fd, BTRFS_IOC_QGROUP_LIMIT, &limit) == 0;
	(void)close(fd);
	return ok;
}

/*
 * A quota is over in the middle of a file, which costs no old one; one that is
 * large is refused before.
 */
START_TEST(quota)
{
	static struct disk d;
	static const char data[1000001];
	struct server s;

	if (!begin_disk(&d, "mkfs.btrfs -q -M -m single -d single", "btrfs"))
		return;
	ck_assert(set_quota("mnt", 600000));
	make_file("mnt/f", "old", 0644);
	server_start(&s, &(struct launch){ .command = "scp -d -t mnt" });
	expect_ack(&s);
	send_text(&s, "C0644 1048576 f\n");
	expect_message(&s, 1, "f: Disk quota exceeded|f: Quota exceeded");
	send_text(&s, "C0644 1000000 f\n");
	expect_ack(&s);
	server_send(&s, data, sizeof(data));
	expect_message(&s, 1, "f: Disk quota exceeded|f: Quota exceeded");
	end_session(&s, 1);
	ck_logged(
	    &s, "refused upload by root from [UNKNOWN]: quota: \"/mnt/f\"");
	ck_logged(&s, "failed upload");
	server_clear(&s);
	ck_tree_at("mnt", "0644 f old\n");
	disk_end(&d, "mnt");
	disk_clear(&d);
}
END_TEST

/* --- the alarm
 * ------------------------------------------------------------------ */

/* How often a session with this root that is timed sets it. */
static int
count_alarms(const char *name)
{
	char path[4096];
	const char *const argv[] = { "scp-server", "-e", "-C", "none", "-r",
		path, "-o", "IdleTimeout=1h", "scp", "-t", "f", NULL };
	struct trace_result *result = mmap(NULL, sizeof(*result),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct trace t = { .result = result };
	struct server s;
	int n = 0;

	ck_assert_ptr_ne(result, MAP_FAILED);
	(void)snprintf(path, sizeof(path), "%s/%s", root_path(), name);
	server_start(&s, &(struct launch){ .argv = argv, .trace = &t });
	send_text(&s, "C0644 1 f\n");
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	ck_assert_int_le(result->calls, TRACE_LISTED);
	for (long i = 0; i < result->calls; i++)
		n += result->list[i].number == SYS_setitimer;
	server_clear(&s);
	return n;
}

/*
 * It rests while files are worked on where that could be interrupted; what the
 * sequences of tests/turn show for all calls.  Elsewhere it costs nothing.
 */
START_TEST(alarm_rests)
{
	static struct disk d;

	if (!can_trace() || !begin_disk(&d, "mkfs.ext4 -q -F", "ext4"))
		return;
	make_dir("plain", 0755);
	ck_assert_int_eq(count_alarms("plain"), 2);
	ck_assert_int_gt(count_alarms("fuse"), 2);
	disk_end(&d, "mnt");
	disk_clear(&d);
}
END_TEST

/* --- a long session
 * --------------------------------------------------------------- */

/* From then on nothing may be added. */
#define SETTLED 100

static int
rounds(void)
{
	const char *text = getenv("ROUNDS");

	return text == NULL ? 1500 : atoi(text);
}

/* A file that is stored, one that is refused, one that fails, a directory. */
static void
play_round(struct server *s)
{
	send_text(s, "C0644 1 f\n");
	expect_ack(s);
	server_send(s, "f", 2);
	expect_ack(s);
	send_text(s, "C0644 1 dir\n");
	expect_message(s, 1, "dir: Is a directory");
	send_text(s, "C0644 6 g\n");
	expect_ack(s);
	send_text(s, "new");
	make_dir("g", 0755);
	end_file(s);
	expect_message(s, 1, "g: Is a directory");
	ck_assert_int_eq(rmdir("g"), 0);
	send_text(s, "D0755 0 dir\n");
	expect_ack(s);
	send_text(s, "C0644 1 h\n");
	expect_ack(s);
	server_send(s, "h\1scp: h: bad disk\n", 19);
	expect_ack(s);
	send_text(s, "E\n");
	expect_ack(s);
}

START_TEST(nothing_is_kept)
{
	struct server s;
	long memory = 0;
	int fds = 0;

	make_dir("dir", 0755);
	server_start(&s, &(struct launch){ .command = "scp -r -d -t ." });
	expect_ack(&s);
	for (int i = 0; i < rounds(); i++) {
		play_round(&s);
		if (i != SETTLED)
			continue;
		memory = server_memory(&s, "RssAnon:");
		fds = server_descriptors(&s);
		/* An account is not told. */
		ck_assert(geteuid() != 0 || fds != -1);
	}
	printf("# %d rounds: %ld KiB and %d descriptors, %ld and %d after %d\n",
	    rounds(), server_memory(&s, "RssAnon:"), server_descriptors(&s),
	    memory, fds, SETTLED);
	fflush(stdout);
	ck_assert_int_le(server_memory(&s, "RssAnon:"), memory);
	ck_assert_int_eq(server_descriptors(&s), fds);
	end_session(&s, 1);
	server_clear(&s);
	ck_tree("0644 f f\n0755 dir/\n");
}
END_TEST

static void
add_faults(TCase *tc)
{
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, file_size_limit, 0, 2);
	tcase_add_loop_test(
	    tc, rest_of_a_failed_file, 0, LENGTH(space_options));
	tcase_add_test(tc, file_size_limit_in_place);
	tcase_add_test(tc, directory_renamed);
	tcase_add_test(tc, directory_moved_outside);
	tcase_add_test(tc, directory_moved_outside_unseen);
	tcase_add_test(tc, directory_removed);
	tcase_add_test(tc, directory_is_kept_by_the_file);
	tcase_add_test(tc, tree_removed);
	tcase_add_loop_test(tc, target_exchanged, 0, 2 * LENGTH(put_rows));
	tcase_add_loop_test(
	    tc, removed_before_the_answer, 0, LENGTH(removed_rows));
}

static void
add_long(TCase *tc)
{
	tcase_set_timeout(tc, 120 + rounds() / 50);
	tcase_add_test(tc, nothing_is_kept);
}

static void
add_disks(TCase *tc)
{
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, becomes_read_only);
	tcase_add_loop_test(tc, append_only_directory, 0, LENGTH(append_rows));
	tcase_add_loop_test(tc, full_for_a_while, 0, LENGTH(space_options));
	tcase_add_test(tc, disk_fails);
	tcase_add_test(tc, quota);
	tcase_add_test(tc, alarm_rests);
}

int
main(void)
{
	Suite *suite = suite_create("faults");

	driver_add(suite, add_faults, AS_ACCOUNT);
	driver_add(suite, add_long, AS_BOTH);
	driver_add(suite, add_disks, AS_ROOT);
	return driver_run(suite);
}

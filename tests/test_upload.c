/* SPDX-License-Identifier: ISC */
/* A file being received: the whole old one, the whole new one, or none. */
#include "config.h"

#include "errors.h"
#include "upload.h"

#include <sys/file.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include <sys/vfs.h>

#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>

#include <check.h>
#include <stdarg.h>

#include "entry.h"
#include "inplace.h"
#include "real.h"
#include "scratch.h"

#define TEMP ".scp-server.0123456789abcdef~"

static struct policy policy;
static struct uploads all;
static struct upload up;
static int dir;

/* --- system calls to which something happens -------------------------- */

enum accident {
	NO_ACCIDENT,
	LOCKED_BY_SWEEP,  /* the sweep of another session was quicker */
	REMOVED_BY_SWEEP, /* and removes the name before we have the lock */
	TAKEN_BY_OTHER,   /* the name is another file's meanwhile */
	NO_LOCKS,         /* of this file system */
	NO_MEMORY,
	TELLS_LATE /* that there is no room: when a file is closed */
};

static enum accident accident;
static bool counts_no_links;
static int accidents; /* so many are still to happen */
static int late_error = EDQUOT;
static unsigned same_random; /* so many times the same name */
static dev_t other_device;   /* what is looked at is there, not here */
static int fstat_error;
static long file_system; /* its magic number, 0: as it is */
static int statfs_error;
static bool is_full;
static bool closed_none; /* a descriptor that there was not */

int
flock(int fd, int operation)
{
	if (accident == NO_ACCIDENT || accident == TELLS_LATE ||
	    accidents-- <= 0)
		return (int)syscall(SYS_flock, fd, operation);
	if (accident == LOCKED_BY_SWEEP) {
		errno = EWOULDBLOCK;
		return -1;
	}
	if (accident == NO_LOCKS || accident == NO_MEMORY) {
		errno = accident == NO_LOCKS ? ENOLCK : ENOMEM;
		return -1;
	}
	if (accident == TAKEN_BY_OTHER) {
		ck_assert_int_eq(rename(up.temp.name, "moved"), 0);
		scratch_file(up.temp.name, "other", 0644);
	} else {
		ck_assert_int_eq(unlinkat(dir, up.temp.name, 0), 0);
	}
	return (int)syscall(SYS_flock, fd, operation);
}

int
fstat(int fd, struct stat *st)
{
	int ret;

	if (fstat_error != 0 && (fd == dir || fd == up.old)) {
		errno = fstat_error;
		return -1;
	}
	ret = fstatat(fd, "", st, AT_EMPTY_PATH);
	if (counts_no_links)
		st->st_nlink = 0;
	st->st_dev ^= other_device;
	return ret;
}

int
fstatfs(int fd, struct statfs *st)
{
	int ret;

	ret = (int)syscall(SYS_fstatfs, fd, st);
	if (file_system != 0)
		st->f_type = file_system;
	if (is_full)
		st->f_bavail = 0;
	if (statfs_error == 0)
		return ret;
	errno = statfs_error;
	return -1;
}

int
close(int fd)
{
	int ret;

	closed_none |= fd < 0;
	ret = (int)syscall(SYS_close, fd);
	if (accident != TELLS_LATE || accidents-- <= 0)
		return ret;
	errno = late_error;
	return -1;
}

ssize_t
getrandom(void *buf, size_t size, unsigned flags)
{
	if (same_random == 0)
		return syscall(SYS_getrandom, buf, size, flags);
	same_random--;
	memset(buf, 0, size);
	return (ssize_t)size;
}

/* Exchanged with "f" before it is opened, or NULL. */
static const char *quicker;

static char calls[32]; /* what was done for good, in order */
static size_t ncalls;
static char failing;      /* one of this kind fails with EIO, */
static unsigned spared;   /* after so many */
static int interruptions; /* of calls that wait for the disk */
static bool no_exchange;
static bool no_flags; /* of renameat2(2) */

static bool
is_interrupted(void)
{
	if (interruptions == 0)
		return false;
	interruptions--;
	errno = EINTR;
	return true;
}

/* Whether it fails, too. */
static bool
note_call(char c)
{
	if (ncalls < sizeof(calls) - 1)
		calls[ncalls++] = c;
	if (c != failing || spared-- > 0)
		return false;
	failing = '\0';
	errno = EIO;
	return true;
}

static void
ck_calls(const char *want)
{
	calls[ncalls] = '\0';
	ncalls = 0;
	ck_assert_str_eq(calls, want);
}

static bool
is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

int
fsync(int fd)
{
	if (note_call(is_directory(fd) ? 'd' : 'f') || is_interrupted())
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

int
syncfs(int fd)
{
	if (note_call('s') || is_interrupted())
		return -1;
	return fd == -1 ? -1 : 0;
}

int
fchmod(int fd, mode_t mode)
{
	if (!is_directory(fd) && note_call('m'))
		return -1;
	return (int)syscall(SYS_fchmod, fd, mode);
}

int
futimens(int fd, const struct timespec times[2])
{
	if (note_call('t'))
		return -1;
	return (int)syscall(SYS_utimensat, fd, NULL, times, 0);
}

static int truncate_error;

int
ftruncate(int fd, off_t size)
{
	if (truncate_error == 0)
		return (int)syscall(SYS_ftruncate, fd, size);
	errno = truncate_error;
	return -1;
}

static off_t reserved; /* what was asked for, -1: nothing */
static int reserve_error;

int
fallocate(int fd, int mode, off_t offset, off_t len)
{
	ck_assert_int_eq(fd, up.temp.fd);
	ck_assert_int_eq(mode, FALLOC_FL_KEEP_SIZE);
	ck_assert_int_eq(offset, 0);
	reserved = len;
	/* It means nothing where the call succeeds. */
	errno = reserve_error == 0 ? ENOSPC : reserve_error;
	return reserve_error == 0 ? 0 : -1;
}

/* What others do to "f" just before it is renamed to, once, or exchanged. */
enum meddling {
	NOTHING,
	REMOVE_BEFORE_EXCHANGE,
	REMOVE_AND_MAKE, /* and make it again before it is renamed to */
	MAKE_BEFORE_RENAME,
	MAKE_REMOVE_AND_MAKE /* so that it is gone when it is looked at */
};

static enum meddling meddling;

static void
meddle(const char *to, unsigned flags)
{
	if (strcmp(to, "f") != 0)
		return;
	if (flags == RENAME_EXCHANGE) {
		if (meddling == REMOVE_BEFORE_EXCHANGE ||
		    meddling == REMOVE_AND_MAKE)
			ck_assert_int_eq(unlink("f"), 0);
		return;
	}
	if (meddling >= REMOVE_AND_MAKE)
		scratch_file("f", "other", 0644);
	meddling =
	    meddling == MAKE_REMOVE_AND_MAKE ? MAKE_BEFORE_RENAME : NOTHING;
}

/* What they do when it could not be renamed to. */
static long
meddle_after(long ret)
{
	if (ret == -1 && meddling == MAKE_BEFORE_RENAME)
		ck_assert_int_eq(unlink("f"), 0);
	return ret;
}

/*
 * renameat2(2) is made with it, and all calls of this file.  It may read more
 * arguments than there are.
 */
__attribute__((no_sanitize_address)) long
syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list ap;
	size_t i;

	if (real == NULL)
		find_real("syscall", &real);
	va_start(ap, number);
	for (i = 0; i < LENGTH(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_renameat2 &&
	    ((no_exchange && a[4] == RENAME_EXCHANGE) ||
		(no_flags && a[4] != 0))) {
		errno = EINVAL;
		return -1;
	}
	if (number == SYS_renameat2) {
		if (note_call('r'))
			return -1;
		meddle((const char *)a[3], (unsigned)a[4]);
		return meddle_after(
		    real(number, a[0], a[1], a[2], a[3], a[4], a[5]));
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int opened; /* so many times a temporary file was opened */

int
openat(int fd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	opened += policy_is_temp_name(name, strlen(name));
	if (quicker != NULL && strcmp(name, "f") == 0)
		ck_assert_int_eq(
		    renameat2(fd, name, fd, quicker, RENAME_EXCHANGE), 0);
	return (int)syscall(SYS_openat, fd, name, flags, mode);
}

static void
setup(void)
{
	scratch_fresh();
	dir = scratch_dir(".");
	policy_init(&policy);
	uploads_init(&all, &policy);
	upload_init(&up, &all);
	accident = NO_ACCIDENT;
	same_random = 0;
	closed_none = false;
}

static void
teardown(void)
{
	ck_assert(!closed_none);
}

static int
look_and_open(const char *name, mode_t *old)
{
	if (upload_look(&up, dir, name) == -1)
		return -1;
	return upload_open(&up, old);
}

static void
look(const char *name)
{
	mode_t old;

	ck_assert_int_eq(look_and_open(name, &old), 0);
}

static void
begin(const char *name, mode_t bits, bool exact)
{
	const struct policy_mode mode = { bits,
		exact ? POLICY_MODE_SENT : POLICY_MODE_CREATED };

	look(name);
	ck_assert_int_eq(upload_begin(&up, mode, 0), 0);
}

static void
put(const char *text)
{
	ck_assert_int_eq(
	    write(up.temp.fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void
expect_idle(void)
{
	ck_assert_int_eq(up.temp.fd, -1);
	ck_assert_int_eq(up.old, -1);
}

/* --- commit and abort ------------------------------------------------- */

START_TEST(new_file)
{
	struct stat st;
	int fds, other;

	fds = scratch_fds();
	begin("f", 0640, false);
	ck_assert(!scratch_exists("f"));
	ck_assert_int_eq(scratch_count("."), 1);
	ck_assert(policy_is_temp_name(up.temp.name, strlen(up.temp.name)));
	ck_assert_int_eq(entry_stat(dir, up.temp.name, &st), 0);
	ck_assert(fcntl(up.temp.fd, F_GETFD) & FD_CLOEXEC);
	/* R-FILE-2: a sweep can see that it is alive. */
	other = open(up.temp.name, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
	ck_assert_int_eq(close(other), 0);
	put("new");
	ck_assert(!scratch_exists("f"));
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	expect_idle();
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_int_eq(scratch_count("."), 1);
	ck_assert_uint_eq(up.lost, 0);
	/* harmless */
	upload_abort(&up);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* R-FILE-1: a new inode; who reads the old file goes on reading it. */
START_TEST(replace)
{
	struct stat old, st;
	char buf[8];
	int fd, fds;

	scratch_file("f", "old", 0644);
	fd = open("f", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &old), 0);
	fds = scratch_fds();
	begin("f", 0644, true);
	put("new one");
	ck_assert_str_eq(scratch_text("f"), "old");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_str_eq(scratch_text("f"), "new one");
	ck_assert_int_eq(lstat("f", &st), 0);
	ck_assert_uint_ne(st.st_ino, old.st_ino);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 3);
	ck_assert_mem_eq(buf, "old", 3);
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* Whom its owner shuts out while the data come, the new file shuts out, too. */
START_TEST(replace_of_other_mode)
{
	const struct policy_mode kept = { 0644, POLICY_MODE_KEPT };
	const struct policy_mode sent = { 0644, POLICY_MODE_SENT };

	scratch_file("f", "old", 0644);
	look("f");
	ck_assert_int_eq(upload_begin(&up, _i == 0 ? kept : sent, 0), 0);
	ck_assert_int_eq(chmod("f", 04600), 0);
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_uint_eq(scratch_mode("f"), _i == 0 ? 0600 : 0644);
	ck_assert_uint_eq(up.mode, _i == 0 ? 0600 : 0644);
}
END_TEST

/* One that another client of a server has replaced cannot be asked any more. */
START_TEST(replace_of_stale)
{
	const struct policy_mode kept = { 0640, POLICY_MODE_KEPT };
	int ret;

	scratch_file("f", "old", 0640);
	look("f");
	ck_assert_int_eq(upload_begin(&up, kept, 0), 0);
	put("new");
	fstat_error = ESTALE;
	ret = upload_commit(&up, NULL);
	fstat_error = 0;
	ck_assert_int_eq(ret, 0);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_uint_eq(scratch_mode("f"), 0640);
}
END_TEST

/* A hard link elsewhere keeps the old file. */
START_TEST(replace_hard_link)
{
	scratch_file("f", "old", 0644);
	ck_assert_int_eq(link("f", "g"), 0);
	begin("f", 0644, true);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_str_eq(scratch_text("g"), "old");
}
END_TEST

/* R-FILE-2: nothing is left, whenever it ends. */
START_TEST(abort_at)
{
	bool exists = _i % 2 != 0;
	struct stat before, after;
	int fds;

	if (exists)
		scratch_file("f", "old", 0604);
	(void)lstat("f", &before);
	fds = scratch_fds();
	if (_i / 2 == 1)
		look("f");
	if (_i / 2 >= 2)
		begin("f", 0644, true);
	if (_i / 2 >= 3)
		put("new");
	errno = EXDEV;
	upload_abort(&up);
	ck_assert_int_eq(errno, EXDEV);
	expect_idle();
	upload_abort(&up);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(scratch_count("."), exists);
	if (!exists)
		return;
	ck_assert_str_eq(scratch_text("f"), "old");
	ck_assert_int_eq(lstat("f", &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(before.st_mode, after.st_mode);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}
END_TEST

/* What somebody else may make of the target meanwhile. */
enum change {
	REMOVED,
	OTHER_FILE,
	DIRECTORY,
	FULL_DIRECTORY,
	LINK,
	DANGLING,
	FIFO
};

static const struct {
	enum change change;
	int error; /* of commit; 0: it is replaced */
} change_rows[] = {
	{ REMOVED, 0 },
	{ OTHER_FILE, 0 },
	{ DIRECTORY, EISDIR },
	{ FULL_DIRECTORY, EISDIR },
	{ LINK, ELOOP },
	{ DANGLING, ELOOP },
	{ FIFO, ERR_NOT_REGULAR },
};

static void
change(enum change what)
{
	(void)unlink("f");
	switch (what) {
	case REMOVED:
		break;
	case OTHER_FILE:
		scratch_file("f", "other", 0600);
		break;
	case DIRECTORY:
	case FULL_DIRECTORY:
		scratch_mkdir("f", 0755);
		if (what == FULL_DIRECTORY)
			scratch_file("f/x", "x", 0644);
		break;
	case LINK:
	case DANGLING:
		scratch_link(what == LINK ? "victim" : "nowhere", "f");
		break;
	case FIFO:
		ck_assert_int_eq(mkfifo("f", 0644), 0);
		break;
	}
}

/* R-FILE-3: the type is checked again before the commit. */
START_TEST(changed_target)
{
	enum change what = change_rows[_i / 2].change;
	int error = change_rows[_i / 2].error;
	struct stat before, after;

	scratch_file("victim", "victim", 0644);
	if (_i % 2 != 0)
		scratch_file("f", "old", 0644);
	begin("f", 0644, true);
	put("new");
	change(what);
	(void)lstat("f", &before);
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), error == 0 ? 0 : -1);
	if (error == 0) {
		ck_assert_str_eq(scratch_text("f"), "new");
	} else {
		ck_assert_int_eq(errno, error);
		ck_assert_int_ne(up.temp.fd, -1);
		upload_abort(&up);
		ck_assert_int_eq(lstat("f", &after), 0);
		ck_assert_uint_eq(before.st_ino, after.st_ino);
		ck_assert_uint_eq(before.st_mode, after.st_mode);
	}
	expect_idle();
	ck_assert_int_eq(scratch_count("."), 2);
	ck_assert_str_eq(scratch_text("victim"), "victim");
}
END_TEST

/* The same after the look, before anything was written. */
START_TEST(removed_directory)
{
	struct policy_mode mode = { 0644, POLICY_MODE_CREATED };

	scratch_mkdir("d", 0755);
	dir = scratch_dir("d");
	look("f");
	ck_assert_int_eq(rmdir("d"), 0);
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ENOENT);
	expect_idle();
}
END_TEST

/* --- Overwrite -------------------------------------------------------- */

/* Who waits for it to be written and closed is not woken for nothing. */
START_TEST(looking_opens_nothing)
{
	scratch_file("f", "old", 0440);
	ck_assert_int_eq(upload_look(&up, dir, "f"), 0);
	ck_assert(up.exists);
	expect_idle();
	ck_assert_int_eq(upload_look(&up, dir, "new"), 0);
	ck_assert(!up.exists);
}
END_TEST

/* What somebody makes meanwhile is not replaced, on any file system. */
START_TEST(overwrite_no)
{
	bool comes = _i % 2 != 0;

	policy.overwrite = POLICY_OVERWRITE_NO;
	no_flags = _i / 2 != 0;
	begin("f", 0644, false);
	put("new");
	if (comes)
		scratch_file("f", "other", 0644);
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), comes ? -1 : 0);
	if (comes)
		ck_assert_int_eq(errno, EEXIST);
	upload_abort(&up);
	ck_assert_str_eq(scratch_text("f"), comes ? "other" : "new");
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* Not even between a look at the name and the renaming. */
START_TEST(overwrite_no_race)
{
	policy.overwrite = POLICY_OVERWRITE_NO;
	begin("f", 0644, false);
	put("new");
	meddling = _i == 0 ? MAKE_BEFORE_RENAME : MAKE_REMOVE_AND_MAKE;
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), -1);
	ck_assert_int_eq(errno, EEXIST);
	upload_abort(&up);
	ck_assert_str_eq(scratch_text("f"), "other");
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* A file system that knows no flags of renameat2(2) takes new files. */
START_TEST(no_rename_flags)
{
	policy.overwrite = (enum policy_overwrite)_i;
	no_flags = true;
	begin("f", 0644, false);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

static void
upload_text(const char *name, const char *text, mode_t mode)
{
	begin(name, mode, true);
	put(text);
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
}

/* The old file becomes name.~N~, with its inode and its mode. */
START_TEST(versions)
{
	struct stat old, st;
	int fds;

	policy.overwrite = POLICY_OVERWRITE_VERSION;
	policy.atomic = _i == 0;
	upload_text("f", "one", 0640);
	ck_assert_int_eq(scratch_count("."), 1);
	ck_assert_int_eq(lstat("f", &old), 0);
	fds = scratch_fds();
	upload_text("f", "two", 0444);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_str_eq(scratch_text("f"), "two");
	ck_assert_uint_eq(scratch_mode("f"), 0444);
	ck_assert_str_eq(scratch_text("f.~1~"), "one");
	ck_assert_int_eq(lstat("f.~1~", &st), 0);
	ck_assert_uint_eq(st.st_ino, old.st_ino);
	ck_assert_uint_eq(st.st_mode, old.st_mode);
	ck_assert_int_eq(chmod("f", 0644), 0);
	/* One more than the greatest; others' numbers are not ours. */
	scratch_file("f.~41~", "other", 0644);
	scratch_file("f.~007~", "other", 0644);
	scratch_file("f.~43~.~99~", "other", 0644);
	scratch_file("ff.~98~", "other", 0644);
	scratch_mkdir("f.~42~", 0755);
	ncalls = 0;
	upload_text("f", "three", 0644);
	/* 42 is taken; what the file system can do was seen to before. */
	ck_calls("mrrr");
	ck_assert_str_eq(scratch_text("f.~43~"), "two");
	ck_assert_str_eq(scratch_text("f"), "three");
	ck_assert_int_eq(scratch_count("."), 8);
}
END_TEST

/* KeepVersions: the oldest go, and only files. */
START_TEST(keep_versions)
{
	static const char *const texts[] = { "a", "b", "c", "d", "e", "f" };
	size_t i;
	int fd;

	policy.overwrite = POLICY_OVERWRITE_VERSION;
	policy.keep_versions = 2;
	for (i = 0; i < LENGTH(texts); i++) {
		upload_text("f", texts[i], i == 2 ? 0444 : 0644);
		if (i == 2)
			ck_assert_int_eq(chmod("f", 0644), 0);
		if (i == 3)
			ck_assert_int_eq(chmod("f.~3~", 0444), 0);
	}
	ck_assert_str_eq(scratch_text("f"), "f");
	ck_assert_str_eq(scratch_text("f.~5~"), "e");
	ck_assert_str_eq(scratch_text("f.~4~"), "d");
	ck_assert_int_eq(scratch_count("."), 3);
	/* A new file on its way to the name is locked, and stays. */
	fd = open("f.~4~", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	upload_text("f", "g", 0644);
	ck_assert_str_eq(scratch_text("f.~4~"), "d");
	ck_assert_int_eq(close(fd), 0);
	upload_text("f", "h", 0644);
	ck_assert(!scratch_exists("f.~4~"));
	ck_assert_int_eq(scratch_count("."), 3);
	/* Nothing but files is removed. */
	scratch_mkdir("f.~1~", 0755);
	scratch_link("f", "f.~2~");
	upload_text("f", "i", 0644);
	ck_assert_str_eq(scratch_text("f.~8~"), "h");
	ck_assert_int_eq(scratch_count("."), 5);
	/* And what cannot be removed keeps no others. */
	scratch_file("f.~3~", "", 0644);
	fd = open("f.~3~", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	scratch_file("f.~99~", "", 0644);
	scratch_file("f.~100~", "", 0644);
	upload_text("f", "j", 0644);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_str_eq(scratch_text("f.~101~"), "i");
	ck_assert(scratch_exists("f.~100~"));
	ck_assert(scratch_exists("f.~3~"));
	/* These, f and two that are no files. */
	ck_assert_int_eq(scratch_count("."), 6);
}
END_TEST

/* At the header (R-WIRE-5), and where the last number is taken meanwhile. */
START_TEST(no_more_versions)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_SENT };

	policy.overwrite = POLICY_OVERWRITE_VERSION;
	scratch_file("f", "old", 0644);
	begin("f", 0644, true);
	put("new");
	scratch_file("f.~999999999~", "old", 0644);
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), -1);
	ck_assert_int_eq(errno, ERR_NO_NUMBER);
	upload_abort(&up);
	look("f");
	errno = 0;
	ck_assert_int_eq(upload_foresee(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ERR_NO_NUMBER);
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ERR_NO_NUMBER);
	ck_assert_str_eq(scratch_text("f"), "old");
	ck_assert_int_eq(scratch_count("."), 2);
	/* Whatever it is that has it. */
	ck_assert_int_eq(unlink("f.~999999999~"), 0);
	ck_assert_int_eq(symlink("none", "f.~999999999~"), 0);
	look("f");
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ERR_NO_NUMBER);
	/* One that is new needs none. */
	ck_assert_int_eq(unlink("f"), 0);
	upload_text("f", "new", 0644);
	/* A directory has no number. */
	scratch_mkdir("g.~999999999~", 0755);
	upload_text("g", "old", 0644);
	upload_text("g", "new", 0644);
	ck_assert_str_eq(scratch_text("g.~1~"), "old");
}
END_TEST

/* The old file goes, and may come again, before it can be kept. */
static const struct {
	enum meddling meddling;
	bool fails; /* to be named as a new one is */
	const char *version;
	int count;
} race_rows[] = {
	{ REMOVE_BEFORE_EXCHANGE, false, NULL, 1 },
	{ REMOVE_AND_MAKE, false, "f.~2~", 2 },
	{ REMOVE_BEFORE_EXCHANGE, true, NULL, 0 },
};

START_TEST(version_race)
{
	bool fails = race_rows[_i].fails;

	policy.overwrite = POLICY_OVERWRITE_VERSION;
	scratch_file("f", "old", 0644);
	begin("f", 0644, true);
	put("new");
	meddling = race_rows[_i].meddling;
	failing = fails ? 'r' : '\0';
	spared = 2;
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), fails ? -1 : 0);
	if (fails)
		ck_assert_int_eq(errno, EIO);
	else
		ck_assert_str_eq(scratch_text("f"), "new");
	upload_abort(&up);
	if (race_rows[_i].version != NULL)
		ck_assert_str_eq(scratch_text(race_rows[_i].version), "other");
	ck_assert_int_eq(scratch_count("."), race_rows[_i].count);
}
END_TEST

/*
 * There is none when the file is to get its name, with _i 0 because somebody
 * took it away: what comes in its place at that moment is kept.
 */
START_TEST(version_of_what_comes)
{
	policy.overwrite = POLICY_OVERWRITE_VERSION;
	if (_i == 0)
		scratch_file("f", "old", 0644);
	begin("f", 0644, _i == 0);
	put("new");
	if (_i == 0)
		ck_assert_int_eq(unlink("f"), 0);
	meddling = _i == 0 ? MAKE_BEFORE_RENAME : MAKE_REMOVE_AND_MAKE;
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_str_eq(scratch_text("f.~1~"), "other");
	ck_assert_int_eq(scratch_count("."), 2);
}
END_TEST

/* R-WIRE-5: refused before data, and nothing of the attempt stays. */
static void
version_in_dropbox(void)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_SENT };

	look("f");
	errno = 0;
	ck_assert_int_eq(upload_foresee(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ERR_NO_VERSIONS);
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ERR_NO_VERSIONS);
	/* There is nothing to be kept of a file that is new, */
	look("new");
	ck_assert_int_eq(upload_foresee(&up, mode, 0), 0);
	upload_abort(&up);
	/* or that is not to be kept. */
	policy.overwrite = POLICY_OVERWRITE_YES;
	look("f");
	ck_assert_int_eq(upload_foresee(&up, mode, 0), 0);
	upload_abort(&up);
	policy.overwrite = POLICY_OVERWRITE_VERSION;
}

START_TEST(versions_impossible)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_SENT };
	char name[256];

	policy.overwrite = POLICY_OVERWRITE_VERSION;
	memset(name, 'n', 255);
	name[255] = '\0';
	scratch_file(name, "old", 0644);
	look(name);
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_int_eq(scratch_count("."), 1);
	scratch_mkdir("d", 0755);
	scratch_file("d/f", "old", 0666);
	ck_assert_int_eq(chmod("d", 0333), 0);
	dir = scratch_dir("d");
	scratch_unprivileged(version_in_dropbox);
	ck_assert_int_eq(chmod("d", 0755), 0);
	ck_assert_int_eq(scratch_count("d"), 1);
	/* A file system that cannot exchange. */
	scratch_file("f", "old", 0644);
	dir = scratch_dir(".");
	look("f");
	no_exchange = true;
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, ERR_NO_VERSIONS);
	no_exchange = false;
	ck_assert_int_eq(scratch_count("."), 3);
}
END_TEST

static const struct timespec time_rows[][2] = {
	{ { 0, 0 }, { 0, 0 } },
	{ { 1, 1000 }, { 2, 999999000 } },
	{ { 1700000000, 123456000 }, { 1600000000, 654321000 } },
	{ { 0x7fffffff, 0 }, { 1, 0 } },
};

/* --- Atomic no -------------------------------------------------------- */

START_TEST(in_place)
{
	struct stat old, st;
	int fds;

	policy.atomic = false;
	fds = scratch_fds();
	if (_i != 0)
		scratch_file("f", "the old one", 04755);
	(void)lstat("f", &old);
	begin("f", 0640, true);
	ck_assert_int_eq(scratch_count("."), 1);
	put("new");
	ck_assert_int_eq(upload_commit(&up, time_rows[1]), 0);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_uint_eq(scratch_mode("f"), 0640);
	ck_assert_int_eq(lstat("f", &st), 0);
	ck_assert_int_eq(st.st_mtim.tv_sec, time_rows[1][1].tv_sec);
	if (_i != 0)
		ck_assert_uint_eq(st.st_ino, old.st_ino);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/*
 * What the old file had is room for the new one, and no more than that; its
 * holes had none, and there is none where the old one stays: not for a new file
 * without data either.
 */
static const struct {
	bool atomic;
	enum policy_overwrite overwrite;
	const char *name;
	off_t size;
	bool fits;
} room_rows[] = {
	{ false, POLICY_OVERWRITE_YES, "f", 12, false },
	{ false, POLICY_OVERWRITE_YES, "f", 11, true },
	{ false, POLICY_OVERWRITE_YES, "g", 11, false },
	{ false, POLICY_OVERWRITE_YES, "hole", 11, false },
	{ false, POLICY_OVERWRITE_YES, "hole", 0, true },
	{ true, POLICY_OVERWRITE_YES, "f", 11, false },
	{ true, POLICY_OVERWRITE_YES, "f", 0, false },
	{ false, POLICY_OVERWRITE_YES, "g", 0, false },
	{ false, POLICY_OVERWRITE_VERSION, "f", 11, false },
};

START_TEST(in_place_room)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_CREATED };
	bool fits = room_rows[_i].fits;

	policy.atomic = room_rows[_i].atomic;
	policy.overwrite = room_rows[_i].overwrite;
	policy.min_free.bytes = INT64_MAX / 2;
	scratch_file("f", "the old one", 0644);
	scratch_file("hole", "", 0644);
	ck_assert_int_eq(truncate("hole", 11), 0);
	/* As the one before was. */
	look("f");
	upload_abort(&up);
	look(room_rows[_i].name);
	errno = 0;
	ck_assert_int_eq(
	    upload_foresee(&up, mode, room_rows[_i].size), fits ? 0 : -1);
	ck_assert_int_eq(errno, fits ? 0 : ENOSPC);
	ck_assert_int_eq(
	    upload_begin(&up, mode, room_rows[_i].size), fits ? 0 : -1);
	if (!fits) {
		ck_assert_int_eq(errno, ENOSPC);
		ck_assert_str_eq(scratch_text("f"), "the old one");
		expect_idle();
	}
	upload_abort(&up);
}
END_TEST

/* A full disk is no reason to refuse a small file without a try. */
START_TEST(full_disk)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_CREATED };

	is_full = true;
	look("f");
	ck_assert_int_eq(upload_begin(&up, mode, 65535), 0);
	upload_abort(&up);
	ck_assert_str_eq(upload_reason(&up, ENOSPC), strerror(ENOSPC));
	look("f");
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 65536), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_str_eq(upload_reason(&up, ENOSPC),
	    "no space for 64 KiB: 0 B left for this account");
	ck_assert_str_eq(upload_reason(&up, EIO), strerror(EIO));
}
END_TEST

/* R-RES-1: no more than so much is reserved on a client's word. */
static const struct {
	bool reserves;
	off_t size;
	off_t want; /* -1: nothing */
	int error;  /* of fallocate(2) */
	bool begins;
} reserve_rows[] = {
	{ true, 5, 5, 0, true },
	{ true, SPACE_STEP + 1, SPACE_STEP, 0, true },
	{ true, 0, -1, 0, true },
	{ true, 5, 5, ENOSPC, false },
	{ true, 5, 5, EDQUOT, false },
	{ true, 5, 5, ERR_NO_VERSIONS, true },
	{ false, (1 << 20) - 1, -1, 0, true },
	{ false, 1 << 20, 1 << 20, 0, true },
	{ false, SPACE_STEP + 1, SPACE_STEP, EDQUOT, false },
};

START_TEST(space_reserved)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_CREATED };
	const size_t i = (size_t)_i / 2;
	bool begins = reserve_rows[i].begins;

	policy.atomic = _i % 2 == 0;
	all.reserves = reserve_rows[i].reserves;
	reserved = -1;
	reserve_error = reserve_rows[i].error;
	look("f");
	errno = ENOSPC;
	ck_assert_int_eq(
	    upload_begin(&up, mode, reserve_rows[i].size), begins ? 0 : -1);
	ck_assert_int_eq(reserved, reserve_rows[i].want);
	if (!begins) {
		ck_assert_int_eq(errno, reserve_error);
		expect_idle();
	}
	upload_abort(&up);
	ck_assert_int_eq(scratch_count("."), 0);
}
END_TEST

/* Who is shut out in the end is so while the data come. */
START_TEST(in_place_mode_meanwhile)
{
	static const struct {
		mode_t old, wanted, meanwhile;
	} rows[] = {
		{ 0666, 0600, 0600 },
		{ 0600, 0644, 0600 },
		{ 04755, 0710, 0710 },
		{ 0644, 0644, 0644 },
	};

	policy.atomic = false;
	scratch_file("f", "the old one", rows[_i].old);
	begin("f", rows[_i].wanted, true);
	ck_assert_uint_eq(scratch_mode("f"), rows[_i].meanwhile);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_uint_eq(scratch_mode("f"), rows[_i].wanted);
}
END_TEST

/* The kernel takes it away with the first byte; here it was asked for. */
static void
set_id_in_place(void)
{
	policy.atomic = false;
	scratch_file("f", "the old one", 04755);
	begin("f", 04755, true);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_uint_eq(scratch_mode("f"), 04755);
}

START_TEST(in_place_set_id)
{
	scratch_unprivileged(set_id_in_place);
}
END_TEST

/* A new file goes again; of one that was there what came stays. */
START_TEST(in_place_abort)
{
	policy.atomic = false;
	if (_i != 0)
		scratch_file("f", "the old one", 0644);
	begin("f", 0644, true);
	put("half");
	upload_abort(&up);
	expect_idle();
	if (_i == 0)
		ck_assert_int_eq(scratch_count("."), 0);
	else
		ck_assert_str_eq(scratch_text("f"), "half");
}
END_TEST

START_TEST(in_place_refused)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_SENT };
	int fd;

	policy.atomic = false;
	scratch_file("f", "old", 0644);
	fd = open("f", O_WRONLY | O_CLOEXEC);
	if (_i == 0)
		ck_assert_int_eq(link("f", "g"), 0);
	else
		ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	look("f");
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, _i == 0 ? ERR_SEVERAL_NAMES : ERR_LOCKED);
	expect_idle();
	ck_assert_str_eq(scratch_text("f"), "old");
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

/* Where there are no locks none is missed. */
START_TEST(in_place_without_locks)
{
	policy.atomic = false;
	scratch_file("f", "the old one", 0644);
	accident = NO_LOCKS;
	accidents = 1;
	begin("f", 0644, true);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_int_eq(accidents, 0);
	ck_assert_str_eq(scratch_text("f"), "new");
}
END_TEST

/* What cannot be emptied would have the old data behind the new. */
START_TEST(in_place_not_emptied)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_KEPT };

	policy.atomic = false;
	scratch_file("f", "the old one", 0644);
	look("f");
	truncate_error = EIO;
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, EIO);
	expect_idle();
	ck_assert_str_eq(scratch_text("f"), "the old one");
}
END_TEST

/* What an earlier call has left in errno is not of this lock. */
START_TEST(in_place_take)
{
	const struct inplace_wish wish = { { 0, POLICY_MODE_KEPT }, false };
	struct stat st;
	struct temp t;
	int fd;

	scratch_file("f", "the old one", 0644);
	fd = open("f", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	temp_init(&t);
	errno = EWOULDBLOCK;
	ck_assert_int_eq(inplace_take(&t, fd, &st, &wish), 0);
	temp_close(&t);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_str_eq(scratch_text("f"), "");
}
END_TEST

/* Whose mode and times may be set: root sets all, others their own. */
static const struct {
	bool is_own;
	mode_t mode;
	bool has_times;
	bool may;
} wish_rows[] = {
	{ true, 0600, true, true },
	{ true, 0644, false, true },
	{ false, 0600, false, false },
	{ false, 0644, true, false },
	{ false, 0644, false, true },
};

static int wish_row;

static void
foresee_wish(void)
{
	const struct inplace_wish wish = { { wish_rows[wish_row].mode,
					       POLICY_MODE_SENT },
		wish_rows[wish_row].has_times };
	struct stat st = { .st_nlink = 1, .st_mode = S_IFREG | 0644 };
	bool may = wish_rows[wish_row].may || geteuid() == 0;

	st.st_uid = geteuid() + !wish_rows[wish_row].is_own;
	errno = 0;
	ck_assert_int_eq(inplace_foresee(&st, &wish), may ? 0 : -1);
	ck_assert_int_eq(errno, may ? 0 : EPERM);
}

START_TEST(in_place_foresee)
{
	wish_row = _i;
	foresee_wish();
	scratch_unprivileged(foresee_wish);
}
END_TEST

/* Nothing of the old file is changed before there is one for the data. */
START_TEST(in_place_without_descriptors)
{
	const struct policy_mode mode = { 0600, POLICY_MODE_SENT };
	struct rlimit before, none;
	int ret;

	policy.atomic = false;
	scratch_file("f", "the old one", 0666);
	look("f");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ret = upload_begin(&up, mode, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(ret, -1);
	expect_idle();
	ck_assert_str_eq(scratch_text("f"), "the old one");
	ck_assert_uint_eq(scratch_mode("f"), 0666);
}
END_TEST

/* --- Sync ------------------------------------------------------------- */

static const struct {
	enum policy_sync sync;
	bool atomic;
	enum policy_overwrite overwrite;
	bool exists;
	mode_t mode;
	const char *calls; /* m fchmod, f fsync, r rename, d of a directory */
	const char *at_end;
} sync_rows[] = {
	{ POLICY_SYNC_NO, true, POLICY_OVERWRITE_YES, false, 0644, "r", "" },
	{ POLICY_SYNC_FILE, true, POLICY_OVERWRITE_YES, false, 0644, "frd",
	    "" },
	{ POLICY_SYNC_FILE, true, POLICY_OVERWRITE_YES, true, 0600, "mfrd",
	    "" },
	{ POLICY_SYNC_FILE, true, POLICY_OVERWRITE_YES, false, 0444, "frmfd",
	    "" },
	{ POLICY_SYNC_FILE, true, POLICY_OVERWRITE_NO, false, 0644, "frd", "" },
	/* another rename to see whether that works here */
	{ POLICY_SYNC_FILE, true, POLICY_OVERWRITE_VERSION, true, 0644,
	    "rmfrrd", "" },
	{ POLICY_SYNC_FILE, true, POLICY_OVERWRITE_VERSION, false, 0644, "frd",
	    "" },
	{ POLICY_SYNC_FILE, false, POLICY_OVERWRITE_YES, false, 0644, "fd",
	    "" },
	{ POLICY_SYNC_FILE, false, POLICY_OVERWRITE_YES, false, 0444, "fd",
	    "" },
	{ POLICY_SYNC_FILE, false, POLICY_OVERWRITE_YES, true, 0644, "f", "" },
	{ POLICY_SYNC_SESSION, true, POLICY_OVERWRITE_YES, false, 0644, "r",
	    "s" },
};

START_TEST(sync_order)
{
	policy.sync = sync_rows[_i].sync;
	policy.atomic = sync_rows[_i].atomic;
	policy.overwrite = sync_rows[_i].overwrite;
	if (sync_rows[_i].exists)
		scratch_file("f", "old", 0644);
	ncalls = 0;
	upload_text("f", "new", sync_rows[_i].mode);
	ck_calls(sync_rows[_i].calls);
	ck_assert_int_eq(uploads_end(&all), 0);
	ck_calls(sync_rows[_i].at_end);
}
END_TEST

/* Without the right to read a directory, all of its file system is synced. */
static void
sync_unprivileged(void)
{
	policy.sync = POLICY_SYNC_FILE;
	ncalls = 0;
	upload_text("f", "new", 0644);
	ck_calls("frs");
}

START_TEST(sync_dropbox)
{
	scratch_mkdir("d", 0333);
	dir = scratch_dir("d");
	scratch_unprivileged(sync_unprivileged);
	ck_assert_int_eq(chmod("d", 0755), 0);
}
END_TEST

/* R-WIRE-3: where one of its steps fails the commit does. */
static const struct {
	char failing;
	unsigned spared;
	bool exists;
	mode_t mode;
	const char *calls;
	bool stored; /* the name is given already */
} fail_rows[] = {
	{ 'm', 0, true, 0644, "m", false },
	{ 't', 0, true, 0644, "mt", false },
	{ 'f', 0, true, 0644, "mtf", false },
	{ 'r', 0, true, 0644, "mtfr", false },
	{ 'r', 0, false, 0644, "tfr", false },
	/* The mode that comes behind the name is to last like it. */
	{ 'f', 1, false, 0444, "tfrmf", true },
	{ 'd', 0, true, 0644, "mtfrd", true },
};

START_TEST(step_fails)
{
	bool exists = fail_rows[_i].exists;

	policy.sync = POLICY_SYNC_FILE;
	if (exists)
		scratch_file("f", "old", 0644);
	begin("f", fail_rows[_i].mode, true);
	put("new");
	failing = fail_rows[_i].failing;
	spared = fail_rows[_i].spared;
	ncalls = 0;
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, time_rows[1]), -1);
	ck_assert_int_eq(errno, EIO);
	ck_calls(fail_rows[_i].calls);
	upload_abort(&up);
	expect_idle();
	if (fail_rows[_i].stored)
		ck_assert_str_eq(scratch_text("f"), "new");
	else if (exists)
		ck_assert_str_eq(scratch_text("f"), "old");
	ck_assert_int_eq(scratch_count("."), exists || fail_rows[_i].stored);
}
END_TEST

/*
 * A file system that has one mode and one owner for all refuses to set even
 * these.
 */
START_TEST(mode_of_all)
{
	const struct policy_mode kept = { 0600, POLICY_MODE_KEPT };

	scratch_file("f", "old", 0600);
	look("f");
	ck_assert_int_eq(upload_begin(&up, kept, 0), 0);
	put("new");
	if (_i != 0)
		ck_assert_int_eq(chmod(up.temp.name, 0400), 0);
	failing = 'm';
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), _i == 0 ? 0 : -1);
	ck_assert(_i == 0 || errno == EIO);
	upload_abort(&up);
	ck_assert_str_eq(scratch_text("f"), _i == 0 ? "new" : "old");
	ck_assert_uint_eq(scratch_mode("f"), 0600);
}
END_TEST

/* A failure would say that the name holds what it held before. */
START_TEST(mode_behind_name_fails)
{
	policy.sync = POLICY_SYNC_FILE;
	if (_i % 2 != 0)
		scratch_file("f", "old", 0644);
	begin("f", 0444, true);
	put("new");
	failing = 'm';
	spared = (unsigned)_i % 2;
	ncalls = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_calls(_i % 2 != 0 ? "mfrmd" : "frmd");
	ck_assert(up.stays_writable);
	ck_assert_uint_eq(up.mode, 0644);
	expect_idle();
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_uint_eq(scratch_mode("f"), 0644);
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* A signal that reminds of the time does not cost a file that is whole. */
START_TEST(sync_interrupted)
{
	policy.sync = _i == 0 ? POLICY_SYNC_FILE : POLICY_SYNC_SESSION;
	interruptions = 2;
	ncalls = 0;
	upload_text("f", "new", 0644);
	ck_assert_int_eq(uploads_end(&all), 0);
	ck_assert_int_eq(interruptions, 0);
	ck_calls(_i == 0 ? "fffrd" : "rsss");
	interruptions = 1;
	ck_assert_int_eq(durable_directory(dir, -1), 0);
	ck_calls("dd");
	/* But it does not go on like this for ever. */
	interruptions = INT_MAX;
	errno = 0;
	ck_assert_int_eq(durable_file(dir), -1);
	ck_assert_int_eq(errno, EINTR);
	interruptions = 0;
}
END_TEST

/* --- look ------------------------------------------------------------- */

static const struct {
	const char *name;
	int error;
	mode_t old;
} look_rows[] = {
	{ "new", 0, POLICY_MODE_UNSET },
	{ "f", 0, 0640 },
	{ "setuid", 0, 04755 },
	{ "d", EISDIR, 0 },
	{ "link", ELOOP, 0 },
	{ "dangling", ELOOP, 0 },
	{ "todir", ELOOP, 0 },
	/* R-PATH-3: without a reader open(2) would fail, with one it waits. */
	{ "fifo", ERR_NOT_REGULAR, 0 },
	{ "f/x", ENOTDIR, 0 },
};

START_TEST(looked_at)
{
	struct stat before, after;
	mode_t old = 07654;
	int fds, ret;

	scratch_file("f", "old", 0640);
	scratch_file("setuid", "old", 04755);
	scratch_mkdir("d", 0755);
	scratch_link("f", "link");
	scratch_link("nowhere", "dangling");
	scratch_link("d", "todir");
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	(void)stat("f", &before);
	fds = scratch_fds();
	errno = 0;
	ret = look_and_open(look_rows[_i].name, &old);
	ck_assert_int_eq(ret, look_rows[_i].error == 0 ? 0 : -1);
	if (ret == 0) {
		ck_assert_uint_eq(old, look_rows[_i].old);
		ck_assert_int_eq(up.old != -1, old != POLICY_MODE_UNSET);
	} else {
		ck_assert_int_eq(errno, look_rows[_i].error);
		ck_assert_uint_eq(old, 07654);
	}
	upload_abort(&up);
	expect_idle();
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(scratch_count("."), 7);
	(void)stat("f", &after);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	ck_assert_int_eq(before.st_size, after.st_size);
}
END_TEST

/* And one of which that cannot be told. */
START_TEST(look_fails)
{
	mode_t old = 07654;

	scratch_file("f", "old", 0640);
	fstat_error = EIO;
	errno = 0;
	ck_assert_int_eq(look_and_open("f", &old), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_uint_eq(old, 07654);
	expect_idle();
}
END_TEST

/* R-PATH-3: a file when it was looked at, something else when opened. */
START_TEST(look_race)
{
	static const struct {
		const char *name;
		int error;
	} others[] = {
		{ "fifo", ERR_NOT_REGULAR },
		{ "d", EISDIR },
		{ "link", ELOOP },
		{ "g", 0 },
	};
	mode_t old = 07654;
	int fds, ret, reader;

	scratch_file("f", "old", 0640);
	scratch_file("g", "old", 0604);
	scratch_mkdir("d", 0755);
	scratch_link("g", "link");
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	/* With a reader the FIFO can be opened. */
	reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ne(reader, -1);
	fds = scratch_fds();
	quicker = others[_i].name;
	errno = 0;
	ret = look_and_open("f", &old);
	quicker = NULL;
	ck_assert_int_eq(ret == -1 ? errno : 0, others[_i].error);
	ck_assert_uint_eq(old, ret == -1 ? 07654 : 0604);
	upload_abort(&up);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

static void
expect_foreseen(struct policy_mode mode, int error)
{
	errno = 0;
	ck_assert_int_eq(upload_foresee(&up, mode, 0), error == 0 ? 0 : -1);
	ck_assert_int_eq(errno, error);
}

/* R-FILE-3: what scp itself would need is needed. */
static void
look_unprivileged(void)
{
	struct policy_mode mode = { 0644, POLICY_MODE_CREATED };
	mode_t old;

	errno = 0;
	ck_assert_int_eq(look_and_open("readonly", &old), -1);
	ck_assert_int_eq(errno, EACCES);
	expect_idle();
	ck_assert_int_eq(look_and_open("writeonly", &old), 0);
	upload_abort(&up);
	/* the directory cannot be written to */
	ck_assert_int_eq(close(dir), 0);
	dir = scratch_dir("d");
	look("f");
	ck_assert_int_ne(up.old, -1);
	expect_foreseen(mode, EACCES);
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), -1);
	ck_assert_int_eq(errno, EACCES);
	expect_idle();
	ck_assert_str_eq(upload_reason(&up, EACCES),
	    "directory not writable: cannot replace atomically");
	ck_assert_str_eq(upload_reason(&up, EIO), strerror(EIO));
	look("new");
	expect_foreseen(mode, EACCES);
	ck_assert_str_eq(upload_reason(&up, EACCES), strerror(EACCES));
	/* which a file that is there does not need in place */
	policy.atomic = false;
	expect_foreseen(mode, EACCES);
	look("f");
	expect_foreseen((struct policy_mode){ 0666, POLICY_MODE_KEPT }, 0);
	upload_abort(&up);
	policy.atomic = true;
	errno = 0;
	ck_assert_int_eq(look_and_open("locked/f", &old), -1);
	ck_assert_int_eq(errno, EACCES);
	/* or only be written to */
	ck_assert_int_eq(close(dir), 0);
	dir = scratch_dir("dropbox");
	policy.atomic = false;
	look("f");
	expect_foreseen(mode, 0);
	policy.atomic = true;
	expect_foreseen(mode, 0);
	begin("f", 0644, false);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_str_eq(scratch_text("dropbox/f"), "new");
}

START_TEST(unprivileged)
{
	scratch_file("readonly", "", 0444);
	scratch_file("writeonly", "", 0222);
	scratch_mkdir("d", 0755);
	scratch_file("d/f", "", 0666);
	scratch_mkdir("d/locked", 0);
	ck_assert_int_eq(chmod("d", 0555), 0);
	scratch_mkdir("dropbox", 0333);
	scratch_unprivileged(look_unprivileged);
	ck_assert_int_eq(chmod("dropbox", 0755), 0);
	ck_assert_int_eq(scratch_count("dropbox"), 1);
}
END_TEST

/* --- modes and times -------------------------------------------------- */

static const struct {
	mode_t bits;
	bool exact;
	mode_t umask;
	mode_t temp; /* while it is written */
	mode_t want;
} mode_rows[] = {
	{ 0644, false, 022, 0644, 0644 },
	{ 0666, false, 022, 0644, 0644 },
	{ 0777, false, 027, 0750, 0750 },
	{ 0666, false, 0, 0666, 0666 },
	/* not writable, once it is whole */
	{ 0444, false, 022, 0644, 0444 },
	{ 0400, false, 022, 0600, 0400 },
	{ 0, false, 022, 0200, 0 },
	{ 0555, false, 077, 0700, 0500 },
	{ 0066, false, 022, 0244, 0044 },
	/* exact: whatever the umask is, in the end */
	{ 0666, true, 022, 0644, 0666 },
	{ 0777, true, 077, 0700, 0777 },
	{ 0444, true, 0, 0644, 0444 },
	{ 0, true, 0, 0200, 0 },
	{ 0600, true, 0, 0600, 0600 },
};

START_TEST(mode_of_new)
{
	(void)umask(mode_rows[_i].umask);
	begin("f", mode_rows[_i].bits, mode_rows[_i].exact);
	ck_assert_uint_eq(scratch_mode(up.temp.name), mode_rows[_i].temp);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_uint_eq(scratch_mode("f"), mode_rows[_i].want);
}
END_TEST

static const struct {
	mode_t old;
	mode_t wanted;
	bool preserve;
	mode_t want;
} replace_rows[] = {
	/* R-FILE-3: the old file's, */
	{ 0600, 0644, false, 0600 },
	{ 0666, 0600, false, 0666 },
	{ 0755, 0644, false, 0755 },
	{ 0200, 0644, false, 0200 },
	/* never its special bits, */
	{ 04755, 0644, false, 0755 },
	{ 02775, 0644, false, 0775 },
	{ 07777, 0600, false, 0777 },
	/* but -p has its way, without them */
	{ 0600, 0644, true, 0644 },
	{ 0666, 0400, true, 0400 },
	{ 0600, 07755, true, 0755 },
	{ 04700, 04711, true, 0711 },
};

START_TEST(mode_of_replaced)
{
	mode_t old = 0;

	scratch_file("f", "old", replace_rows[_i].old);
	ck_assert_int_eq(look_and_open("f", &old), 0);
	ck_assert_uint_eq(old, replace_rows[_i].old);
	ck_assert_int_eq(upload_begin(&up,
			     policy_file_mode(&policy, replace_rows[_i].wanted,
				 replace_rows[_i].preserve, old),
			     0),
	    0);
	/* R-FILE-3: nobody reads it before it has the old one's group. */
	ck_assert_uint_eq(scratch_mode(up.temp.name) & 0077, 0);
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_uint_eq(scratch_mode("f"), replace_rows[_i].want);
}
END_TEST

START_TEST(times_of_file)
{
	struct stat st;

	if (_i % 2 != 0)
		scratch_file("f", "old", 0644);
	begin("f", 0444, true);
	put("new");
	ck_assert_int_eq(upload_commit(&up, time_rows[_i / 2]), 0);
	ck_assert_int_eq(lstat("f", &st), 0);
	ck_assert_int_eq(st.st_atim.tv_sec, time_rows[_i / 2][0].tv_sec);
	ck_assert_int_eq(st.st_atim.tv_nsec, time_rows[_i / 2][0].tv_nsec);
	ck_assert_int_eq(st.st_mtim.tv_sec, time_rows[_i / 2][1].tv_sec);
	ck_assert_int_eq(st.st_mtim.tv_nsec, time_rows[_i / 2][1].tv_nsec);
}
END_TEST

START_TEST(times_impossible)
{
	static const struct timespec times[2] = { { 1, 0 }, { 1, 1000000000 } };

	scratch_file("f", "old", 0644);
	begin("f", 0644, true);
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, times), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_str_eq(scratch_text("f"), "old");
	upload_abort(&up);
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* Somebody put another file in the place of the temporary one. */
START_TEST(temp_is_other)
{
	scratch_file("f", "old", 0644);
	begin("f", 0644, true);
	ck_assert_int_eq(unlink(up.temp.name), 0);
	if (_i == 0)
		scratch_file(up.temp.name, "other", 0644);
	else
		scratch_link("f", up.temp.name);
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), -1);
	ck_assert_int_eq(errno, ENOENT);
	upload_abort(&up);
	expect_idle();
	ck_assert_str_eq(scratch_text("f"), "old");
	/* It is not ours to remove. */
	ck_assert_int_eq(scratch_count("."), 2);
}
END_TEST

/* R-WIRE-5: what rename(2) would refuse is refused before data. */
static const struct {
	mode_t mode; /* of the directory */
	uid_t owner; /* added to SCRATCH_UID */
	uid_t file;
	int error;
} sticky_rows[] = {
	{ 0777, 1, 2, 0 },
	{ 01777, 1, 2, EACCES },
	{ 01777, 1, 0, 0 },
	{ 01777, 0, 2, 0 },
};

static int row; /* of the test that runs as an ordinary account */

static void
replace_in_sticky(void)
{
	const struct policy_mode mode = { 0644, POLICY_MODE_SENT };
	int error = sticky_rows[row].error;

	/* A new one is nobody's yet. */
	begin("new", 0644, true);
	upload_abort(&up);
	look("f");
	/* Only of others' files the directory matters. */
	if (sticky_rows[row].file != 0) {
		fstat_error = EIO;
		expect_foreseen(mode, EIO);
		fstat_error = 0;
	}
	expect_foreseen(mode, error);
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), error == 0 ? 0 : -1);
	if (error != 0) {
		ck_assert_int_eq(errno, error);
		expect_idle();
	} else {
		ck_assert_int_eq(upload_commit(&up, NULL), 0);
	}
	ck_assert_int_eq(scratch_count("."), 1);
}

START_TEST(sticky_directory)
{
	if (geteuid() != 0) {
		skipped("not root");
		return;
	}
	row = _i;
	scratch_file("f", "old", 0666);
	ck_assert_int_eq(
	    chown("f", SCRATCH_UID + sticky_rows[_i].file, (gid_t)-1), 0);
	ck_assert_int_eq(
	    chown(".", SCRATCH_UID + sticky_rows[_i].owner, (gid_t)-1), 0);
	ck_assert_int_eq(chmod(".", sticky_rows[_i].mode), 0);
	/* Root may. */
	begin("f", 0644, true);
	upload_abort(&up);
	scratch_unprivileged(replace_in_sticky);
}
END_TEST

/* In place mode and times must be set on a file that may be another's. */
static const struct {
	struct policy_mode mode;
	mode_t old;
	uid_t owner; /* added to SCRATCH_UID */
	bool has_times;
	int error;
} mode_in_place_rows[] = {
	{ { 0600, POLICY_MODE_FORCED }, 0666, 1, false, EPERM },
	{ { 0644, POLICY_MODE_SENT }, 0666, 1, false, EPERM },
	{ { 0777, POLICY_MODE_SENT }, 0666, 1, false, EPERM },
	{ { 0644, POLICY_MODE_SENT }, 0666, 0, false, 0 },
	{ { 0666, POLICY_MODE_SENT }, 0666, 1, false, 0 },
	{ { 0666, POLICY_MODE_KEPT }, 0666, 1, false, 0 },
	{ { 0666, POLICY_MODE_KEPT }, 04666, 1, false, 0 },
	{ { 0666, POLICY_MODE_KEPT }, 01666, 1, false, 0 },
	{ { 0666, POLICY_MODE_SENT }, 01666, 1, false, EPERM },
	/* It goes with the first byte, and would have to be set again. */
	{ { 04666, POLICY_MODE_SENT }, 04666, 1, false, EPERM },
	{ { 04666, POLICY_MODE_SENT }, 04666, 0, false, 0 },
	{ { 0666, POLICY_MODE_SENT }, 0666, 1, true, EPERM },
	{ { 0666, POLICY_MODE_KEPT }, 0666, 1, true, EPERM },
	{ { 0644, POLICY_MODE_SENT }, 0666, 0, true, 0 },
};

static void
mode_in_place_of_other(void)
{
	const struct policy_mode mode = mode_in_place_rows[row].mode;
	int error = mode_in_place_rows[row].error;
	struct stat before, after;

	policy.atomic = false;
	look("f");
	up.has_times = mode_in_place_rows[row].has_times;
	(void)stat("f", &before);
	errno = 0;
	ck_assert_int_eq(upload_foresee(&up, mode, 0), error == 0 ? 0 : -1);
	ck_assert_int_eq(errno, error);
	(void)stat("f", &after);
	ck_assert_int_eq(
	    memcmp(&before.st_ctim, &after.st_ctim, sizeof(after.st_ctim)), 0);
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), error == 0 ? 0 : -1);
	if (error != 0)
		ck_assert_int_eq(errno, error);
	if (error == 0) {
		put("new");
		ck_assert_int_eq(upload_commit(&up, NULL), 0);
	}
	ck_assert_str_eq(scratch_text("f"), error == 0 ? "new" : "old");
	upload_abort(&up);
}

START_TEST(mode_in_place)
{
	if (geteuid() != 0) {
		skipped("not root");
		return;
	}
	row = _i;
	scratch_file("f", "old", 0600);
	ck_assert_int_eq(
	    chown("f", SCRATCH_UID + mode_in_place_rows[_i].owner, (gid_t)-1),
	    0);
	/* The kernel takes bits away with the owner. */
	ck_assert_int_eq(chmod("f", mode_in_place_rows[_i].old), 0);
	scratch_unprivileged(mode_in_place_of_other);
}
END_TEST

/* Somebody took the temporary file away. */
START_TEST(temp_is_gone)
{
	scratch_file("f", "old", 0644);
	begin("f", 0644, true);
	ck_assert_int_eq(unlink(up.temp.name), 0);
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), -1);
	ck_assert_int_eq(errno, ENOENT);
	upload_abort(&up);
	expect_idle();
	ck_assert_str_eq(scratch_text("f"), "old");
}
END_TEST

/* --- accidents -------------------------------------------------------- */

static const struct {
	enum accident accident;
	int times;
	int error; /* of begin */
} accident_rows[] = {
	/* R-FILE-2: not ours any more; it tries another name */
	{ LOCKED_BY_SWEEP, 1, 0 },
	{ REMOVED_BY_SWEEP, 1, 0 },
	{ LOCKED_BY_SWEEP, 99, 0 },
	{ REMOVED_BY_SWEEP, 99, 0 },
	/* but not for ever */
	{ LOCKED_BY_SWEEP, 1000, EEXIST },
	{ REMOVED_BY_SWEEP, 1000, EEXIST },
	{ NO_LOCKS, 1, 0 },
	{ NO_MEMORY, 1, ENOMEM },
};

/* And once more where the file system counts no links. */
START_TEST(lock_of_temp)
{
	struct policy_mode mode = { 0644, POLICY_MODE_CREATED };
	size_t nth = (size_t)_i % LENGTH(accident_rows);
	int error = accident_rows[nth].error;
	int fds;

	fds = scratch_fds();
	look("f");
	counts_no_links = nth != (size_t)_i;
	accident = accident_rows[nth].accident;
	accidents = accident_rows[nth].times;
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), error == 0 ? 0 : -1);
	if (error != 0) {
		ck_assert_int_eq(errno, error);
		expect_idle();
	} else {
		ck_assert(scratch_exists(up.temp.name));
		ck_assert_int_eq(upload_commit(&up, NULL), 0);
		ck_assert(scratch_exists("f"));
	}
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(scratch_count("."), error == 0);
}
END_TEST

/* Some FUSE file systems count none: what is asked for is the name. */
START_TEST(no_link_count)
{
	policy.atomic = _i == 0;
	counts_no_links = true;
	begin("f", 0644, false);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	counts_no_links = false;
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* R-WIRE-3: what a file system says when a file is closed is in time. */
START_TEST(told_late)
{
	int fds;

	fds = scratch_fds();
	file_system = NFS_SUPER_MAGIC;
	accident = TELLS_LATE;
	accidents = 1;
	begin("f", 0644, false);
	put("new");
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), -1);
	ck_assert_int_eq(errno, EDQUOT);
	upload_abort(&up);
	ck_assert_int_eq(scratch_count("."), 0);
	begin("f", 0644, false);
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	/* A signal says nothing. */
	begin("f", 0644, false);
	accidents = 2;
	late_error = EINTR;
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_int_le(accidents, 0);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* These tell at once, and are not asked by closing a copy. */
static const long prompt[] = { EXT4_SUPER_MAGIC, 0x58465342, BTRFS_SUPER_MAGIC,
	F2FS_SUPER_MAGIC, TMPFS_MAGIC };

static void
expect_told(long magic, dev_t device, bool late)
{
	file_system = magic;
	other_device = device;
	begin("f", 0644, false);
	accident = TELLS_LATE;
	accidents = 1;
	late_error = EDQUOT;
	errno = 0;
	ck_assert_int_eq(upload_commit(&up, NULL), late ? -1 : 0);
	if (late)
		ck_assert_int_eq(errno, EDQUOT);
	accident = NO_ACCIDENT;
	other_device = 0;
	upload_abort(&up);
}

START_TEST(told_at_once)
{
	expect_told(prompt[_i], 0, false);
	/* Others below the same root may not. */
	ck_assert_int_eq(unlink("f"), 0);
	expect_told(NFS_SUPER_MAGIC, 1, true);
	expect_told(prompt[_i], 0, false);
	/* What says nothing of itself may be anything. */
	ck_assert_int_eq(unlink("f"), 0);
	uploads_init(&all, &policy);
	statfs_error = ENOSYS;
	expect_told(prompt[_i], 0, true);
}
END_TEST

/* A name that exists is never used, nor is what it links to. */
START_TEST(name_is_taken)
{
	struct policy_mode mode = { 0644, POLICY_MODE_CREATED };

	scratch_link("victim", ".scp-server.0000000000000000~");
	same_random = _i == 0 ? 3 : 1000;
	look("f");
	errno = 0;
	ck_assert_int_eq(upload_begin(&up, mode, 0), _i == 0 ? 0 : -1);
	if (_i != 0) {
		ck_assert_int_eq(errno, EEXIST);
		expect_idle();
	} else {
		ck_assert_int_eq(upload_commit(&up, NULL), 0);
	}
	ck_assert(!scratch_exists("victim"));
	ck_assert(scratch_exists(".scp-server.0000000000000000~"));
}
END_TEST

/* --- sweep ------------------------------------------------------------ */

START_TEST(sweep_nothing_else)
{
	static const char *const names[] = { ".scp-server.0123456789ABCDEF~",
		".scp-server.0123456789abcdeF~", ".scp-server.0123456789abcde~",
		".scp-server.0123456789abcdef0~",
		".scp-server.0123456789abcdef",
		".scp-server.0123456789abcdef~~",
		"scp-server.0123456789abcdef~", ".scp-server.0123456789abcdeg~",
		".scp-server-0123456789abcdef~",
		"..scp-server.0123456789abcdef~",
		".SCP-server.0123456789abcdef~", ".scp-server.",
		".scp-server.~", "file", ".hidden~" };
	size_t i;
	int fds;

	for (i = 0; i < LENGTH(names); i++)
		scratch_file(names[i], "", 0644);
	fds = scratch_fds();
	ck_assert_uint_eq(temp_sweep(dir), 0);
	ck_assert_int_eq(scratch_count("."), LENGTH(names));
	scratch_file(TEMP, "half", 0644);
	ck_assert_uint_eq(temp_sweep(dir), 1);
	ck_assert_int_eq(scratch_count("."), LENGTH(names));
	ck_assert(!scratch_exists(TEMP));
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

enum dead {
	DEAD,
	DEAD_EMPTY,
	ALIVE,
	SYMLINK,
	SYMLINK_TO_DEAD,
	HARD_LINKED,
	A_FIFO,
	A_DIRECTORY,
	NOT_WRITABLE,
	DEAD_KINDS
};

/* R-FILE-2: pattern, regular, one link, its lock obtained. */
START_TEST(sweep_kind)
{
	enum dead kind = (enum dead)_i;
	int fd = -1, fds;

	scratch_file("victim", "victim", 0644);
	if (kind == SYMLINK || kind == SYMLINK_TO_DEAD)
		scratch_link(kind == SYMLINK ? "victim" : "../victim", TEMP);
	else if (kind == A_FIFO)
		ck_assert_int_eq(mkfifo(TEMP, 0644), 0);
	else if (kind == A_DIRECTORY)
		scratch_mkdir(TEMP, 0755);
	else if (kind == HARD_LINKED)
		ck_assert_int_eq(link("victim", TEMP), 0);
	else
		scratch_file(TEMP, kind == DEAD_EMPTY ? "" : "half",
		    kind == NOT_WRITABLE ? 0444 : 0644);
	if (kind == ALIVE) {
		fd = open(TEMP, O_WRONLY | O_CLOEXEC);
		ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	}
	fds = scratch_fds();
	opened = 0;
	ck_assert_uint_eq(temp_sweep(dir), kind <= DEAD_EMPTY);
	/* What is seen to be no dead one is not even opened. */
	ck_assert_int_eq(opened, kind <= ALIVE);
	ck_assert_int_eq(scratch_exists(TEMP), kind > DEAD_EMPTY);
	ck_assert_str_eq(scratch_text("victim"), "victim");
	ck_assert_int_eq(scratch_fds(), fds);
	if (fd != -1) {
		ck_assert_int_eq(close(fd), 0);
		ck_assert_uint_eq(temp_sweep(dir), 1);
	}
}
END_TEST

/* The lock comes too late: what has the name now is another's. */
START_TEST(sweep_race)
{
	bool taken = _i != 0;
	int fds;

	scratch_file(TEMP, "half", 0644);
	memcpy(up.temp.name, TEMP, sizeof(TEMP));
	accident = taken ? TAKEN_BY_OTHER : REMOVED_BY_SWEEP;
	accidents = 1;
	fds = scratch_fds();
	ck_assert_uint_eq(temp_sweep(dir), 0);
	ck_assert_int_eq(scratch_exists(TEMP), taken);
	ck_assert_int_eq(scratch_exists("moved"), taken);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* An upload goes on under a sweep, and many dead ones are removed. */
START_TEST(sweep_many)
{
	char name[64];
	int i;

	begin("f", 0644, false);
	for (i = 0; i < 300; i++) {
		(void)snprintf(
		    name, sizeof(name), ".scp-server.%016x~", (unsigned)i);
		scratch_file(name, "", 0600);
	}
	ck_assert_uint_eq(temp_sweep(dir), 300);
	put("new");
	ck_assert_int_eq(upload_commit(&up, NULL), 0);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_uint_eq(temp_sweep(dir), 0);
	ck_assert_str_eq(scratch_text("f"), "new");
}
END_TEST

static void
sweep_as_other(void)
{
	ck_assert_uint_eq(temp_sweep(dir), 0);
	ck_assert_int_eq(close(dir), 0);
	dir = scratch_dir("dropbox");
	ck_assert_uint_eq(temp_sweep(dir), 0);
}

START_TEST(sweep_unprivileged)
{
	/* Not ours to write: it is left, although it could be removed. */
	scratch_file(TEMP, "half", geteuid() == 0 ? 0644 : 0444);
	scratch_mkdir("dropbox", 0755);
	scratch_file("dropbox/" TEMP, "half", 0666);
	ck_assert_int_eq(chmod("dropbox", 0333), 0);
	scratch_unprivileged(sweep_as_other);
	ck_assert(scratch_exists(TEMP));
	ck_assert(scratch_exists("dropbox/" TEMP));
}
END_TEST

START_TEST(sweep_no_directory)
{
	int fd;

	scratch_file("f", "", 0644);
	fd = open("f", O_PATH | O_CLOEXEC);
	ck_assert_uint_eq(temp_sweep(fd), 0);
	ck_assert_uint_eq(temp_sweep(-1), 0);
}
END_TEST

static Suite *
upload_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("upload");
	tc = tcase_create("upload");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, new_file);
	tcase_add_test(tc, replace);
	tcase_add_loop_test(tc, replace_of_other_mode, 0, 2);
	tcase_add_test(tc, replace_of_stale);
	tcase_add_test(tc, replace_hard_link);
	tcase_add_loop_test(tc, abort_at, 0, 8);
	tcase_add_loop_test(
	    tc, changed_target, 0, 2 * (int)LENGTH(change_rows));
	tcase_add_test(tc, looking_opens_nothing);
	tcase_add_loop_test(tc, overwrite_no, 0, 4);
	tcase_add_loop_test(tc, overwrite_no_race, 0, 2);
	tcase_add_loop_test(
	    tc, no_rename_flags, 0, POLICY_OVERWRITE_VERSION + 1);
	tcase_add_loop_test(tc, versions, 0, 2);
	tcase_add_loop_test(tc, version_race, 0, LENGTH(race_rows));
	tcase_add_loop_test(tc, version_of_what_comes, 0, 2);
	tcase_add_test(tc, keep_versions);
	tcase_add_test(tc, no_more_versions);
	tcase_add_test(tc, versions_impossible);
	tcase_add_loop_test(tc, in_place, 0, 2);
	tcase_add_loop_test(tc, in_place_room, 0, LENGTH(room_rows));
	tcase_add_test(tc, full_disk);
	tcase_add_loop_test(
	    tc, space_reserved, 0, 2 * (int)LENGTH(reserve_rows));
	tcase_add_loop_test(tc, in_place_mode_meanwhile, 0, 4);
	tcase_add_test(tc, in_place_set_id);
	tcase_add_loop_test(tc, in_place_abort, 0, 2);
	tcase_add_loop_test(tc, in_place_refused, 0, 2);
	tcase_add_test(tc, in_place_without_locks);
	tcase_add_test(tc, in_place_not_emptied);
	tcase_add_test(tc, in_place_take);
	tcase_add_loop_test(tc, in_place_foresee, 0, LENGTH(wish_rows));
	tcase_add_test(tc, in_place_without_descriptors);
	tcase_add_loop_test(tc, sync_order, 0, LENGTH(sync_rows));
	tcase_add_test(tc, sync_dropbox);
	tcase_add_loop_test(tc, step_fails, 0, LENGTH(fail_rows));
	tcase_add_loop_test(tc, mode_of_all, 0, 2);
	tcase_add_loop_test(tc, mode_behind_name_fails, 0, 2);
	tcase_add_loop_test(tc, sync_interrupted, 0, 2);
	tcase_add_test(tc, removed_directory);
	tcase_add_loop_test(tc, looked_at, 0, LENGTH(look_rows));
	tcase_add_test(tc, look_fails);
	tcase_add_loop_test(tc, look_race, 0, 4);
	tcase_add_test(tc, unprivileged);
	tcase_add_loop_test(tc, mode_of_new, 0, LENGTH(mode_rows));
	tcase_add_loop_test(tc, mode_of_replaced, 0, LENGTH(replace_rows));
	tcase_add_loop_test(tc, times_of_file, 0, 2 * (int)LENGTH(time_rows));
	tcase_add_test(tc, times_impossible);
	tcase_add_test(tc, temp_is_gone);
	tcase_add_loop_test(tc, temp_is_other, 0, 2);
	tcase_add_loop_test(tc, sticky_directory, 0, LENGTH(sticky_rows));
	tcase_add_loop_test(tc, mode_in_place, 0, LENGTH(mode_in_place_rows));
	tcase_add_loop_test(
	    tc, lock_of_temp, 0, 2 * (int)LENGTH(accident_rows));
	tcase_add_loop_test(tc, no_link_count, 0, 2);
	tcase_add_test(tc, told_late);
	tcase_add_loop_test(tc, told_at_once, 0, LENGTH(prompt));
	tcase_add_loop_test(tc, name_is_taken, 0, 2);
	tcase_add_test(tc, sweep_nothing_else);
	tcase_add_loop_test(tc, sweep_kind, 0, DEAD_KINDS);
	tcase_add_loop_test(tc, sweep_race, 0, 2);
	tcase_add_test(tc, sweep_many);
	tcase_add_test(tc, sweep_unprivileged);
	tcase_add_test(tc, sweep_no_directory);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(upload_suite(), "upload");
}

/* SPDX-License-Identifier: ISC */
/*
 * What is synced, and who hears that it could not be.  /proc is a file system
 * that syncs no directories and has a device of its own.
 */
#include "config.h"

#include "durable.h"

#include <sys/file.h>
#include <sys/syscall.h>

#include "defs.h"
#include "scratch.h"

static struct durable durable;
static int dir, proc;
static dev_t dir_dev, proc_dev;

/* --- system calls that are watched, and fail with these ------------------- */

static int fsync_error, syncfs_error, close_error;
static dev_t synced[8]; /* by syncfs(2), in order */
static size_t nsynced;

static int
failing(int error)
{
	errno = error;
	return -1;
}

int
fsync(int fd)
{
	if (fsync_error != 0)
		return failing(fsync_error);
	return (int)syscall(SYS_fsync, fd);
}

int
syncfs(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && nsynced < LENGTH(synced))
		synced[nsynced++] = st.st_dev;
	if (syncfs_error != 0)
		return failing(syncfs_error);
	return (int)syscall(SYS_syncfs, fd);
}

int
close(int fd)
{
	int ret = (int)syscall(SYS_close, fd);

	return ret == 0 && close_error != 0 ? failing(close_error) : ret;
}

static dev_t
device_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_dev;
}

static void
setup(void)
{
	scratch_fresh();
	dir = scratch_dir(".");
	proc = scratch_dir("/proc");
	dir_dev = device_of(dir);
	proc_dev = device_of(proc);
	durable_init(&durable);
}

static int
new_file(void)
{
	int fd;

	fd = open("f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	return fd;
}

static void
ck_fails(int ret, int error)
{
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(errno, error);
}

/* --- files and directories -------------------------------------------- */

START_TEST(file)
{
	int fd = new_file();

	ck_assert_int_eq(durable_file(fd), 0);
	/* Of what is only pinned nothing can be synced. */
	ck_fails(durable_file(dir), EBADF);
	fsync_error = EIO;
	ck_fails(durable_file(fd), EIO);
}
END_TEST

/* The file stays open, whatever is heard. */
START_TEST(heard)
{
	int ret, error, fd = new_file(), fds = scratch_fds();
	struct rlimit all, none;

	ck_assert_int_eq(durable_heard(fd), 0);
	close_error = EDQUOT;
	ck_fails(durable_heard(fd), EDQUOT);
	close_error = 0;
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(scratch_fds(), fds);
	/* Who cannot ask has not heard that all is well. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = all;
	none.rlim_cur = (rlim_t)fd + 8;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (dup(fd) != -1)
		continue;
	errno = 0;
	ret = durable_heard(fd);
	error = errno;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(error, EMFILE);
}
END_TEST

START_TEST(directory)
{
	int fds = scratch_fds();

	/* What an earlier call has left there is not of this one. */
	errno = EINVAL;
	ck_assert_int_eq(durable_directory(dir, -1), 0);
	ck_assert_uint_eq(nsynced, 0);
	fsync_error = EIO;
	ck_fails(durable_directory(dir, -1), EIO);
	ck_assert_uint_eq(nsynced, 0);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* All of the file system instead, and its errors. */
START_TEST(directory_that_syncs_not)
{
	int fds = scratch_fds();

	ck_assert_int_eq(durable_directory(proc, -1), 0);
	ck_assert_uint_eq(nsynced, 1);
	ck_assert_uint_eq(synced[0], proc_dev);
	syncfs_error = EIO;
	ck_fails(durable_directory(proc, -1), EIO);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

static void
closed_directory(void)
{
	int fd = new_file();

	ck_assert_int_eq(fchmod(fd, 0600), 0);
	ck_assert_int_eq(chmod(".", 0300), 0);
	ck_fails(durable_directory(dir, -1), EACCES);
	ck_assert_uint_eq(nsynced, 0);
	ck_assert_int_eq(durable_directory(dir, fd), 0);
	ck_assert_uint_eq(nsynced, 1);
	ck_assert_uint_eq(synced[0], dir_dev);
	syncfs_error = ENOSPC;
	ck_fails(durable_directory(dir, fd), ENOSPC);
}

/* By way of a file that lies in it. */
START_TEST(directory_that_cannot_be_read)
{
	if (geteuid() == 0)
		ck_assert_int_eq(chown(".", SCRATCH_UID, SCRATCH_UID), 0);
	scratch_unprivileged(closed_directory);
}
END_TEST

/* --- later ------------------------------------------------------------ */

/* Once each, when another comes or at the end. */
START_TEST(file_systems_one_after_another)
{
	int fd = new_file(), fds = scratch_fds();

	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_uint_eq(nsynced, 0);
	ck_assert_int_eq(durable_later(&durable, fd, dir_dev), 0);
	ck_assert_int_eq(durable_later(&durable, fd, dir_dev), 0);
	ck_assert_int_eq(durable_directory_later(&durable, dir, dir_dev), 0);
	ck_assert_uint_eq(nsynced, 0);
	ck_assert_int_eq(durable_directory_later(&durable, proc, proc_dev), 0);
	ck_assert_uint_eq(nsynced, 1);
	ck_assert_uint_eq(synced[0], dir_dev);
	ck_assert_int_eq(durable_later(&durable, fd, dir_dev), 0);
	ck_assert_uint_eq(nsynced, 2);
	ck_assert_uint_eq(synced[1], proc_dev);
	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_uint_eq(nsynced, 3);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* Whoever comes next hears of it, once; then it is as at first. */
START_TEST(last_one_fails)
{
	int fd = new_file(), fds = scratch_fds();

	ck_assert_int_eq(durable_directory_later(&durable, proc, proc_dev), 0);
	syncfs_error = EIO;
	ck_fails(_i == 0 ? durable_later(&durable, fd, dir_dev)
			 : durable_directory_later(&durable, dir, dir_dev),
	    EIO);
	ck_assert_int_eq(scratch_fds(), fds);
	syncfs_error = 0;
	ck_assert_int_eq(durable_later(&durable, fd, dir_dev), 0);
	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_uint_eq(synced[1], dir_dev);
}
END_TEST

/*
 * What is kept is the file as it was opened before its data were written, since
 * when errors are told, but not from others.
 */
START_TEST(kept_file_is_not_locked)
{
	int fd = new_file(), other = new_file();

	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	ck_fails(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	ck_assert_int_eq(durable_later(&durable, fd, dir_dev), 0);
	ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
	ck_assert_int_eq(lseek(durable.fd, 0, SEEK_CUR), 7);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
	ck_assert_int_eq(durable_now(&durable), 0);
}
END_TEST

/* What nobody will be able to sync later is an error now. */
START_TEST(cannot_be_kept)
{
	int fd = new_file();

	ck_fails(durable_later(&durable, -1, dir_dev), EBADF);
	ck_fails(durable_directory_later(&durable, fd, dir_dev), ENOTDIR);
	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_uint_eq(nsynced, 0);
}
END_TEST

static Suite *
durable_suite(void)
{
	Suite *s = suite_create("durable");
	TCase *tc = tcase_create("durable");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, file);
	tcase_add_test(tc, heard);
	tcase_add_test(tc, directory);
	tcase_add_test(tc, directory_that_syncs_not);
	tcase_add_test(tc, directory_that_cannot_be_read);
	tcase_add_test(tc, file_systems_one_after_another);
	tcase_add_loop_test(tc, last_one_fails, 0, 2);
	tcase_add_test(tc, kept_file_is_not_locked);
	tcase_add_test(tc, cannot_be_kept);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(durable_suite(), "durable");
}

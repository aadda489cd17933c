/* SPDX-License-Identifier: ISC */
/* One name in a directory: what is waited for, and what is not. */
#include "config.h"

#include "entry.h"

#include <sys/syscall.h>

#include <poll.h>

#include "clock.h"
#include "rooted.h"
#include "scratch.h"

/* --- waiting, by the linker, for which no time goes by
 * ----------------------------------- */

static int lease = -1;    /* a descriptor that has one */
static int waits;         /* so far */
static int given_back_at; /* this one of them; 0: never */
static int wait_error;
static int64_t waited;

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask);

int
__wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask)
{
	(void)mask;
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(fds->fd, -1);
	waited += timeout->tv_sec * CLOCK_SECOND + timeout->tv_nsec;
	if (++waits == given_back_at)
		ck_assert_int_eq(fcntl(lease, F_SETLEASE, F_UNLCK), 0);
	errno = wait_error;
	return wait_error == 0 ? 0 : -1;
}

static bool stat_fails;

int
fstat(int fd, struct stat *st)
{
	if (stat_fails) {
		errno = EIO;
		return -1;
	}
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

static int open_error; /* of the first one */
static int opens;

int
openat(int dirfd, const char *name, int flags, ...)
{
	if (++opens == 1 && open_error != 0) {
		errno = open_error;
		return -1;
	}
	/* Nothing is made here. */
	return (int)syscall(SYS_openat, dirfd, name, flags, 0);
}

static int dir;

static void
setup(void)
{
	scratch_fresh();
	dir = scratch_dir(".");
	scratch_file("f", "text", 0644);
	(void)signal(SIGIO, SIG_IGN);
}

/* False: not to be had here. */
static bool
take_lease(int kind)
{
	lease = open("f", (kind == F_RDLCK ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	ck_assert_int_ne(lease, -1);
	if (fcntl(lease, F_SETLEASE, kind) == 0)
		return true;
	skipped("no leases on files here");
	return false;
}

static int
open_it(bool to_write)
{
	struct stat st;

	ck_assert_int_eq(entry_stat(dir, "f", &st), 0);
	errno = 0;
	return to_write ? entry_open_to_write(dir, "f")
			: entry_open_file(dir, "f", &st);
}

static const struct {
	int given_back_at;
	int wait_error;
	bool opens;
	int waits;
} lease_rows[] = {
	{ 1, 0, true, 1 },
	{ 30, 0, true, 30 },
	/* Signals are no reason to give up, nor to wait for ever. */
	{ 30, EINTR, true, 30 },
	{ 0, 0, false, -1 },
	{ 0, EINTR, false, -1 },
	/* Without a pause there is no second try. */
	{ 2, ENOMEM, false, 1 },
};

START_TEST(leases)
{
	const int row = _i / 2;
	const bool to_write = _i % 2 == 0;
	int fd;

	if (!take_lease(to_write ? F_RDLCK : F_WRLCK))
		return;
	given_back_at = lease_rows[row].given_back_at;
	wait_error = lease_rows[row].wait_error;
	fd = open_it(to_write);
	ck_assert_int_eq(fd != -1, lease_rows[row].opens);
	if (fd != -1)
		ck_assert_int_eq(close(fd), 0);
	if (lease_rows[row].waits != -1) {
		ck_assert_int_eq(waits, lease_rows[row].waits);
		return;
	}
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_ge(waited, CLOCK_SECOND);
	ck_assert_int_le(waited, 5 * CLOCK_SECOND);
}
END_TEST

/* What fails otherwise fails at once. */
START_TEST(no_lease)
{
	ck_assert_int_eq(unlink("f"), 0);
	ck_assert_int_eq(entry_open_to_write(dir, "f"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(waits, 0);
}
END_TEST

/* A directory that cannot be asked is not entered. */
START_TEST(cannot_be_asked)
{
	struct root root;
	struct stat st;
	int fd, fds;

	scratch_mkdir("d", 0755);
	rooted(&root, ".");
	fds = scratch_fds();
	stat_fails = true;
	fd = entry_enter_dir(&root.gate, dir, "d", &st);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(errno, EIO);
	st.st_mode = S_IFREG;
	ck_assert_int_eq(entry_open_file(dir, "f", &st), -1);
	ck_assert_int_eq(errno, EIO);
	stat_fails = false;
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* Only what may not be read is pinned, and put into. */
static const struct {
	int error;
	bool enters;
} enter_rows[] = {
	{ EACCES, true },
	{ EIO, false },
	{ ENOENT, false },
};

START_TEST(enter)
{
	struct root root;
	struct stat st;
	int fd;

	scratch_mkdir("d", 0755);
	rooted(&root, ".");
	opens = 0;
	open_error = enter_rows[_i].error;
	fd = entry_enter_dir(&root.gate, dir, "d", &st);
	ck_assert_int_eq(fd != -1, enter_rows[_i].enters);
	if (fd == -1)
		ck_assert_int_eq(errno, open_error);
	else
		ck_assert_int_eq(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
}
END_TEST

static Suite *
entry_suite(void)
{
	Suite *s = suite_create("entry");
	TCase *tc = tcase_create("entry");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, leases, 0, 2 * LENGTH(lease_rows));
	tcase_add_test(tc, no_lease);
	tcase_add_test(tc, cannot_be_asked);
	tcase_add_loop_test(tc, enter, 0, LENGTH(enter_rows));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(entry_suite(), "entry");
}

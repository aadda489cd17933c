/* SPDX-License-Identifier: ISC */
/*
 * Hidden files: they come with a name and a lock or not at all, and dead ones
 * go, whatever happens in between (R-FILE-2).
 */
#include "config.h"

#include "temp.h"

#include <sys/file.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "policy.h"
#include "real.h"
#include "scratch.h"

#define DEAD ".scp-server.0123456789abcdef~"

static struct temp_names names;
static struct temp temp;
static int dir;

/* --- calls that fail, or to which something happens ------------------------
 */

static int random_error, lock_error, unlink_error, dir_error;
static int stat_fails;    /* the n-th from here on */
static int look_fails;    /* the same, by name */
static bool is_elsewhere; /* what is looked at by name */
static void (*at_look)(void);
static void (*at_lock)(void);

static int
failing(int error)
{
	errno = error;
	return -1;
}

ssize_t
getrandom(void *buf, size_t size, unsigned flags)
{
	if (random_error != 0)
		return failing(random_error);
	return syscall(SYS_getrandom, buf, size, flags);
}

int
flock(int fd, int operation)
{
	if (at_lock != NULL)
		at_lock();
	if (lock_error != 0)
		return failing(lock_error);
	return (int)syscall(SYS_flock, fd, operation);
}

/* Is this the one that fails?  0, or with which errno. */
static int
nth(int *fails)
{
	return *fails > 0 && --*fails == 0 ? EIO : 0;
}

int
fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
	int ret = real_fstatat(dirfd, name, st, flags, nth(&look_fails));

	st->st_dev += is_elsewhere;
	if (at_look != NULL)
		at_look();
	return ret;
}

int
fstat(int fd, struct stat *st)
{
	return real_fstatat(fd, "", st, AT_EMPTY_PATH, nth(&stat_fails));
}

int
unlinkat(int dirfd, const char *name, int flags)
{
	if (unlink_error != 0)
		return failing(unlink_error);
	return (int)syscall(SYS_unlinkat, dirfd, name, flags);
}

DIR *
fdopendir(int fd)
{
	return real_fdopendir(fd, dir_error);
}

static void
setup(void)
{
	scratch_fresh();
	dir = scratch_dir(".");
	temp_init(&temp);
}

static void
ck_nothing_made(int ret, int error)
{
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(temp.fd, -1);
	ck_assert_int_eq(scratch_count("."), 0);
}

/* --- creation --------------------------------------------------------- */

/* Names are not guessed at, and there is no second way to one. */
START_TEST(no_random_bytes)
{
	int i, fds = scratch_fds();

	random_error = ENOSYS;
	ck_nothing_made(temp_create(&temp, &names, dir, 0600), ENOSYS);
	random_error = 0;
	for (i = 0; i < TEMP_NAMES; i++) {
		ck_assert_int_eq(temp_create(&temp, &names, dir, 0600), 0);
		temp_discard(&temp);
		/* No more are asked for until those at hand are used up. */
		random_error = EAGAIN;
	}
	ck_nothing_made(temp_create(&temp, &names, dir, 0600), EAGAIN);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* A file system without locks has no sweeps; what else fails is an error. */
static const struct {
	int error;
	bool works;
} lock_rows[] = {
	{ ENOLCK, true },
	{ EOPNOTSUPP, true },
	{ ENOSYS, true },
	{ EIO, false },
	{ ENOMEM, false },
};

START_TEST(locks)
{
	lock_error = lock_rows[_i].error;
	if (!lock_rows[_i].works) {
		ck_nothing_made(
		    temp_create(&temp, &names, dir, 0600), lock_error);
		return;
	}
	ck_assert_int_eq(temp_create(&temp, &names, dir, 0600), 0);
	ck_assert(temp_has_its_name(&temp));
	temp_discard(&temp);
	ck_assert_int_eq(scratch_count("."), 0);
}
END_TEST

START_TEST(cannot_be_asked)
{
	stat_fails = 1;
	ck_nothing_made(temp_create(&temp, &names, dir, 0600), EIO);
}
END_TEST

START_TEST(named)
{
	scratch_file("f", "old", 0644);
	ck_assert_int_eq(temp_create_named(&temp, dir, "f", 0600), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_str_eq(scratch_text("f"), "old");
	ck_assert_int_eq(temp_create_named(&temp, dir, "g", 0640), 0);
	ck_assert_str_eq(temp.name, "g");
	ck_assert_uint_eq(scratch_mode("g"), 0640);
	temp_close(&temp);
	ck_assert_int_eq(scratch_count("."), 2);
}
END_TEST

START_TEST(named_in_no_directory)
{
	scratch_mkdir("d", 0755);
	dir = scratch_dir("d");
	ck_assert_int_eq(rmdir("d"), 0);
	ck_nothing_made(temp_create_named(&temp, dir, "f", 0600), ENOENT);
	ck_nothing_made(temp_create(&temp, &names, dir, 0600), ENOENT);
}
END_TEST

/* Another file with that name is nobody's to remove. */
START_TEST(discard_and_others)
{
	ck_assert_int_eq(temp_create(&temp, &names, dir, 0600), 0);
	ck_assert_int_eq(rename(temp.name, "moved"), 0);
	scratch_file(temp.name, "other", 0600);
	errno = EDQUOT;
	temp_discard(&temp);
	ck_assert_int_eq(errno, EDQUOT);
	ck_assert_str_eq(scratch_text(temp.name), "other");
	ck_assert_int_eq(scratch_count("."), 2);
	temp_discard(&temp);
	ck_assert_int_eq(scratch_count("."), 2);
}
END_TEST

/* Nor is one of which that cannot be told: it is left to a sweep. */
START_TEST(discard_unknown)
{
	int fds = scratch_fds();

	ck_assert_int_eq(temp_create(&temp, &names, dir, 0600), 0);
	stat_fails = _i == 0;
	look_fails = _i == 1;
	is_elsewhere = _i == 2;
	temp_discard(&temp);
	ck_assert_int_eq(temp.fd, -1);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* --- dead ones -------------------------------------------------------- */

static void
link_it(void)
{
	ck_assert_int_eq(link(DEAD, "other"), 0);
}

static void
remove_it(void)
{
	ck_assert_int_eq(unlink(DEAD), 0);
}

static void
rename_it(void)
{
	ck_assert_int_eq(rename(DEAD, "other"), 0);
}

static void
put_another(void)
{
	rename_it();
	scratch_file(DEAD, "another", 0600);
}

static void
put_directory(void)
{
	rename_it();
	scratch_mkdir(DEAD, 0700);
}

/* A default ACL may let the owner write as little as this umask does. */
START_TEST(not_to_be_written)
{
	const mode_t before = umask(0222);

	ck_assert_int_eq(temp_create(&temp, &names, dir, 0640), 0);
	(void)umask(before);
	ck_assert_uint_eq(temp.st.st_mode & 0777, 0440);
	ck_assert_uint_eq(scratch_mode(temp.name), 0640);
	temp_close(&temp);
	ck_assert_uint_eq(temp_sweep(dir), 1);
	ck_assert_int_eq(scratch_count("."), 0);
}
END_TEST

/* Between a look at a dead one and the lock, and after. */
static const struct {
	void (*at_lock)(void);
	int lock_error;
	int stat_fails;
	int look_fails;
	bool is_elsewhere;
	int unlink_error;
	bool removed;
	int count; /* left */
} dead_rows[] = {
	{ .removed = true },
	{ .lock_error = EWOULDBLOCK, .count = 1 },
	{ .lock_error = ENOLCK, .count = 1 },
	{ .stat_fails = 1, .count = 1 },
	{ .look_fails = 1, .count = 1 },
	{ .look_fails = 2, .count = 1 },
	{ .is_elsewhere = true, .count = 1 },
	{ .unlink_error = EROFS, .count = 1 },
	{ .at_lock = link_it, .count = 2 },
	{ .at_lock = remove_it },
	{ .at_lock = rename_it, .count = 1 },
	{ .at_lock = put_another, .count = 2 },
	{ .at_lock = put_directory, .count = 2 },
};

START_TEST(dead)
{
	int fds = scratch_fds();

	scratch_file(DEAD, "dead", 0600);
	at_lock = dead_rows[_i].at_lock;
	lock_error = dead_rows[_i].lock_error;
	stat_fails = dead_rows[_i].stat_fails;
	look_fails = dead_rows[_i].look_fails;
	is_elsewhere = dead_rows[_i].is_elsewhere;
	unlink_error = dead_rows[_i].unlink_error;
	ck_assert_int_eq(temp_remove_dead(dir, DEAD), dead_rows[_i].removed);
	unlink_error = 0;
	ck_assert_int_eq(scratch_count("."), dead_rows[_i].count);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

static void
put_fifo(void)
{
	at_look = NULL;
	ck_assert_int_eq(rename("fifo", DEAD), 0);
}

/* Somebody reads it, so that it can be opened and locked. */
START_TEST(dead_becomes_fifo)
{
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_ne(open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC), -1);
	scratch_file(DEAD, "dead", 0600);
	at_look = put_fifo;
	ck_assert(!temp_remove_dead(dir, DEAD));
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

START_TEST(sweep)
{
	int fds = scratch_fds();

	scratch_file(DEAD, "dead", 0600);
	dir_error = ENOMEM;
	ck_assert_uint_eq(temp_sweep(dir), 0);
	dir_error = 0;
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_uint_eq(temp_sweep(dir), 1);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(scratch_count("."), 0);
}
END_TEST

static Suite *
temp_suite(void)
{
	Suite *s = suite_create("temp");
	TCase *tc = tcase_create("temp");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, no_random_bytes);
	tcase_add_loop_test(tc, locks, 0, LENGTH(lock_rows));
	tcase_add_test(tc, cannot_be_asked);
	tcase_add_test(tc, named);
	tcase_add_test(tc, named_in_no_directory);
	tcase_add_test(tc, discard_and_others);
	tcase_add_loop_test(tc, discard_unknown, 0, 3);
	tcase_add_loop_test(tc, dead, 0, LENGTH(dead_rows));
	tcase_add_test(tc, dead_becomes_fifo);
	tcase_add_test(tc, not_to_be_written);
	tcase_add_test(tc, sweep);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(temp_suite(), "temp");
}

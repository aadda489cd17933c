/* SPDX-License-Identifier: ISC */
/* Files that no client may reach: where they may be, and what they may be. */
#include "config.h"

#include "outside.h"

#include <sys/syscall.h>

#include "defs.h"
#include "scratch.h"

#define NOT_REGULAR "not a regular file"
#define CHANGEABLE  "a client could change it"

static char here[PATH_MAX];
static struct stat inside[2];

/* Stands before that of libc: fails when it is called the n-th time. */
static int fstat_fails;

int
fstat(int fd, struct stat *st)
{
	if (fstat_fails > 0 && --fstat_fails == 0) {
		errno = EIO;
		return -1;
	}
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

static void
setup(void)
{
	scratch_fresh();
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	scratch_mkdir("root", 0755);
	scratch_mkdir("root/deep", 0755);
	scratch_mkdir("home", 0755);
	scratch_mkdir("home/deep", 0755);
	scratch_mkdir("rooted", 0755);
	scratch_file("f", "text", 0644);
	scratch_file("rooted/f", "text", 0644);
	scratch_file("root/f", "theirs", 0644);
	scratch_file("root/deep/f", "theirs", 0644);
	scratch_file("home/deep/f", "theirs", 0644);
	scratch_file("twice", "text", 0644);
	ck_assert_int_eq(link("twice", "again"), 0);
	scratch_link("f", "link");
	scratch_link("none", "dangling");
	scratch_link("root/deep", "todeep");
	scratch_link("rooted", "torooted");
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	ck_assert_int_eq(stat("root", &inside[0]), 0);
	ck_assert_int_eq(stat("home", &inside[1]), 0);
}

/* name: absolute, or in the directory of the test. */
static int
open_named(const char *name, int flags, struct stat *st, const char **why)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : here,
	    name[0] == '/' ? "" : "/", name);
	*why = "not set";
	errno = 0;
	return outside_open(path, flags, inside, LENGTH(inside), st, why);
}

static const struct {
	const char *name;
	int error; /* 0: it may */
	const char *why;
} rows[] = {
	{ "f", 0, NULL },
	{ "rooted/f", 0, NULL },
	{ "torooted/f", 0, NULL },
	{ "root/../f", 0, NULL },
	{ "root/f", EPERM, CHANGEABLE },
	{ "root/deep/f", EPERM, CHANGEABLE },
	{ "rooted/../root/f", EPERM, CHANGEABLE },
	{ "todeep/f", EPERM, CHANGEABLE },
	{ "home/deep/f", EPERM, CHANGEABLE },
	/* Whether it is there or not is nobody's business. */
	{ "root/none", EPERM, CHANGEABLE },
	{ "none", ENOENT, NULL },
	{ "none/f", ENOENT, NULL },
	{ "f/f", ENOTDIR, NULL },
	{ "f/", EINVAL, NULL },
	{ "/", EINVAL, NULL },
	{ "link", ELOOP, NOT_REGULAR },
	{ "dangling", ELOOP, NOT_REGULAR },
	{ "fifo", EINVAL, NOT_REGULAR },
	{ "rooted", EINVAL, NOT_REGULAR },
	{ "/dev/null", EINVAL, NOT_REGULAR },
	{ "twice", EINVAL, "has more than one name" },
};

START_TEST(places)
{
	int fd, fds = scratch_fds();
	const char *why;
	struct stat st;

	fd = open_named(rows[_i].name, O_RDONLY, &st, &why);
	ck_assert_int_eq(errno, rows[_i].error);
	ck_assert_pstr_eq(why, rows[_i].why);
	ck_assert_int_eq(fd == -1, rows[_i].error != 0);
	if (fd != -1) {
		ck_assert(S_ISREG(st.st_mode));
		ck_assert_int_eq(st.st_size, 4);
		ck_assert_int_eq(close(fd), 0);
	}
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* A FIFO that nobody reads from would wait; whoever reads it is none better. */
START_TEST(fifo_to_write)
{
	const char *why;
	struct stat st;

	ck_assert_int_eq(
	    open_named("fifo", O_WRONLY | O_APPEND, &st, &why), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_str_eq(why, NOT_REGULAR);
	ck_assert_int_ne(open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC), -1);
	ck_assert_int_eq(
	    open_named("fifo", O_WRONLY | O_APPEND, &st, &why), -1);
	ck_assert_str_eq(why, NOT_REGULAR);
}
END_TEST

START_TEST(relative)
{
	const char *why;
	struct stat st;

	ck_assert_int_eq(outside_open("f", O_RDONLY, NULL, 0, &st, &why), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(why);
}
END_TEST

/* A name of its own, or none that fits: the kernel is not asked for a part. */
START_TEST(long_path)
{
	static char path[4 * PATH_BYTES_MAX];
	static const size_t lens[] = { PATH_BYTES_MAX, PATH_BYTES_MAX + 1,
		sizeof(path) - 1 };
	const char *why;
	struct stat st;
	int fds = scratch_fds();
	size_t i;

	for (i = 0; i < LENGTH(lens); i++) {
		memset(path, '/', lens[i]);
		memcpy(path + lens[i] - 1, "f", 2);
		ck_assert_int_eq(
		    outside_open(path, O_RDONLY, NULL, 0, &st, &why), -1);
		ck_assert_int_eq(errno, i == 0 ? ENOENT : ENAMETOOLONG);
		ck_assert_ptr_null(why);
	}
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* The same number on another file system is another directory. */
START_TEST(inside_elsewhere)
{
	const char *why;
	struct stat st;

	inside[0].st_dev++;
	ck_assert_int_ne(open_named("root/f", O_RDONLY, &st, &why), -1);
	ck_assert_int_eq(open_named("home/f", O_RDONLY, &st, &why), -1);
	ck_assert_str_eq(why, CHANGEABLE);
}
END_TEST

/* The root of all clients: there is no outside. */
START_TEST(nothing_is_outside)
{
	const char *why;
	struct stat st, root;
	char path[PATH_MAX + 8];

	ck_assert_int_eq(stat("/", &root), 0);
	(void)snprintf(path, sizeof(path), "%s/f", here);
	ck_assert_int_eq(outside_open(path, O_RDONLY, &root, 1, &st, &why), -1);
	ck_assert_str_eq(why, CHANGEABLE);
	ck_assert_int_eq(outside_open("/f", O_RDONLY, &root, 1, &st, &why), -1);
	ck_assert_str_eq(why, CHANGEABLE);
}
END_TEST

static void
open_in_closed(void)
{
	const char *why;
	struct stat st;

	ck_assert_int_eq(open_named("rooted/f", O_RDONLY, &st, &why), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_ptr_null(why);
}

/* Of a directory that may not be entered nothing is known. */
START_TEST(directory_that_is_closed)
{
	ck_assert_int_eq(chmod("rooted", 0600), 0);
	scratch_unprivileged(open_in_closed);
	ck_assert_int_eq(chmod("rooted", 0755), 0);
}
END_TEST

/* Whatever fails on the way up: it is not opened, and nothing stays open. */
START_TEST(unknown_above)
{
	int fd, calls = 1, fds = scratch_fds();
	const char *why;
	struct stat st;

	for (;; calls++) {
		fstat_fails = calls;
		fd = open_named("rooted/f", O_RDONLY, &st, &why);
		if (fd != -1)
			break;
		ck_assert_int_eq(errno, EIO);
		ck_assert_ptr_null(why);
		fstat_fails = 0;
		ck_assert_int_eq(scratch_fds(), fds);
	}
	/* rooted, the test's directory, others above, the root, the file */
	ck_assert_int_gt(calls, 5);
}
END_TEST

START_TEST(no_descriptors_left)
{
	const struct rlimit few = { 64, 64 };
	int fd, last = -1, left;
	const char *why;
	struct stat st;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	while ((fd = open("/", O_PATH | O_CLOEXEC)) != -1)
		last = fd;
	for (left = 0; left < 3; left++) {
		fd = open_named("rooted/f", O_RDONLY, &st, &why);
		ck_assert_int_eq(fd, -1);
		ck_assert_int_eq(errno, EMFILE);
		ck_assert_ptr_null(why);
		ck_assert_int_eq(close(last - left), 0);
	}
	ck_assert_int_ne(open_named("rooted/f", O_RDONLY, &st, &why), -1);
}
END_TEST

static Suite *
outside_suite(void)
{
	Suite *s = suite_create("outside");
	TCase *tc = tcase_create("outside");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, places, 0, LENGTH(rows));
	tcase_add_test(tc, fifo_to_write);
	tcase_add_test(tc, relative);
	tcase_add_test(tc, long_path);
	tcase_add_test(tc, inside_elsewhere);
	tcase_add_test(tc, nothing_is_outside);
	tcase_add_test(tc, directory_that_is_closed);
	tcase_add_test(tc, unknown_above);
	tcase_add_test(tc, no_descriptors_left);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(outside_suite(), "outside");
}

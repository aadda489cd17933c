/* SPDX-License-Identifier: ISC */
/* The pipe between the client's and a file. */
#include "config.h"

#include "relay.h"

#include <sys/resource.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "defs.h"
#include "scratch.h"

static struct relay r;
static int client[2], file;

static void
setup(void)
{
	scratch_fresh();
	ck_assert_int_eq(pipe2(client, O_CLOEXEC), 0);
	file = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(file, -1);
	ck_assert_int_eq(relay_open(&r), 0);
}

static void
teardown(void)
{
	relay_close(&r);
}

static void
say(const char *text, size_t len)
{
	ck_assert_int_eq(write(client[1], text, len), (ssize_t)len);
}

/* What the file holds from this offset on. */
static void
ck_file(off_t at, const char *text, size_t len)
{
	char buf[64];

	ck_assert_int_eq(pread(file, buf, sizeof(buf), at), (ssize_t)len);
	ck_assert_mem_eq(buf, text, len);
}

/* Not a byte more than what was asked for leaves the client's pipe. */
START_TEST(takes_and_puts)
{
	char rest[8];

	say("hello, world", 12);
	ck_assert_int_eq(relay_take(&r, client[0], 5), 5);
	ck_assert_uint_eq(r.held, 5);
	ck_assert_int_eq(relay_put(&r, file), 5);
	ck_assert_uint_eq(r.held, 0);
	ck_file(0, "hello", 5);
	ck_assert_int_eq(relay_take(&r, client[0], 3), 3);
	ck_assert_int_eq(relay_put(&r, file), 3);
	ck_file(0, "hello, w", 8);
	ck_assert_int_eq(read(client[0], rest, sizeof(rest)), 4);
	ck_assert_mem_eq(rest, "orld", 4);
	ck_assert_int_eq(close(client[1]), 0);
	ck_assert_int_eq(relay_take(&r, client[0], 3), 0);
}
END_TEST

/* Two pipes that hold as much; nobody else's is inherited. */
START_TEST(pipes)
{
	say("xy", 2);
	ck_assert_int_eq(fcntl(r.from, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(r.to, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(client[1], F_GETPIPE_SZ), 65536);
	ck_assert_int_eq(relay_take(&r, client[0], 1), 1);
	ck_assert_int_eq(fcntl(client[1], F_GETPIPE_SZ), RELAY_BYTES);
	ck_assert_int_eq(fcntl(r.to, F_GETPIPE_SZ), RELAY_BYTES);
	/* It is tried once: each time would cost two system calls. */
	ck_assert_int_eq(fcntl(client[1], F_SETPIPE_SZ, 65536), 65536);
	ck_assert_int_eq(relay_put(&r, file), 1);
	ck_assert_int_eq(relay_take(&r, client[0], 1), 1);
	ck_assert_int_eq(fcntl(client[1], F_GETPIPE_SZ), 65536);
}
END_TEST

/* A file that takes only a part: the rest stays held. */
START_TEST(file_is_full)
{
	struct rlimit most;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &most), 0);
	most.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &most), 0);
	say("hello", 5);
	ck_assert_int_eq(relay_take(&r, client[0], 5), 5);
	ck_assert_int_eq(relay_put(&r, file), 3);
	ck_assert_uint_eq(r.held, 2);
	ck_assert_int_eq(relay_put(&r, file), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_uint_eq(r.held, 2);
}
END_TEST

/* To ask changes neither the file nor the pipe. */
START_TEST(what_suits)
{
	ck_assert(relay_suits(&r, file));
	ck_file(0, "", 0);
	ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 0);
	ck_assert(
	    !relay_suits(&r, open("file", O_WRONLY | O_APPEND | O_CLOEXEC)));
	ck_assert(!relay_suits(&r, open("file", O_RDONLY | O_CLOEXEC)));
	ck_assert(!relay_suits(&r, -1));
	say("x", 1);
	ck_assert_int_eq(relay_take(&r, client[0], 1), 1);
	ck_assert_int_eq(relay_put(&r, file), 1);
	ck_file(0, "x", 1);
}
END_TEST

START_TEST(closed)
{
	int from = r.from, to = r.to;

	say("hello", 5);
	ck_assert_int_eq(relay_take(&r, client[0], 5), 5);
	relay_close(&r);
	ck_assert_int_eq(r.from, -1);
	ck_assert_uint_eq(r.held, 0);
	ck_assert_int_eq(fcntl(from, F_GETFD), -1);
	ck_assert_int_eq(fcntl(to, F_GETFD), -1);
	relay_close(&r);
}
END_TEST

/* Too many descriptors: there is none, and it says so. */
START_TEST(none)
{
	struct relay other;
	struct rlimit all, few;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = all;
	few.rlim_cur = 4;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(relay_open(&other), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(other.from, -1);
	relay_close(&other);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
}
END_TEST

static Suite *
relay_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("relay");
	tc = tcase_create("relay");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, takes_and_puts);
	tcase_add_test(tc, pipes);
	tcase_add_test(tc, file_is_full);
	tcase_add_test(tc, what_suits);
	tcase_add_test(tc, closed);
	tcase_add_test(tc, none);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(relay_suite(), "relay");
}

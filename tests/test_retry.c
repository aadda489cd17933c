/* SPDX-License-Identifier: ISC */
/* Which calls are made again, and when not. */
#include "config.h"

#include "retry.h"

#include <check.h>
#include <poll.h>

#include "defs.h"
#include "ends.h"
#include "scratch.h"

static void
setup(void)
{
	scratch_fresh();
	ends_open(PIPE, PIPE);
}

static void
teardown(void)
{
	stream_close(&stream);
}

/* What failed with error, and how waiting for room to write ends then. */
static const struct {
	int error;
	int wait_error;
	bool stopped;
	bool due;
	int left; /* errno, if not due */
} due_rows[] = {
	{ EINTR, ENOMEM, false, true, 0 }, /* nothing is waited for */
	{ EAGAIN, 0, false, true, 0 }, { EAGAIN, EINTR, false, true, 0 },
	{ EAGAIN, ENOMEM, false, false, ENOMEM },
	{ EINTR, 0, true, false, ECANCELED },
	{ EAGAIN, 0, true, false, ECANCELED }, { EIO, 0, false, false, EIO },
	{ EIO, 0, true, false, EIO }, /* its own */
};

START_TEST(due)
{
	wait_error = due_rows[_i].wait_error;
	stop = due_rows[_i].stopped;
	errno = due_rows[_i].error;
	ck_assert_int_eq(
	    retry_is_due(&stream.deadline, from[1], POLLOUT), due_rows[_i].due);
	if (!due_rows[_i].due)
		ck_assert_int_eq(errno, due_rows[_i].left);
}
END_TEST

/* R-EXIT-1: a last word is written after the end, if nobody has to wait. */
START_TEST(last_word)
{
	static const char much[1 << 20];
	char got[8];

	stop = 1;
	ck_assert_int_eq(retry_write(&stream.deadline, from[1], "last", 4), 0);
	ck_assert_int_eq(read(from[0], got, sizeof(got)), 4);
	ck_assert_int_ge(fcntl(from[1], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(
	    retry_write(&stream.deadline, from[1], much, sizeof(much)), -1);
	ck_assert_int_eq(errno, ECANCELED);
}
END_TEST

/* Again for the rest; neither an error nor a byte would never end. */
START_TEST(takes_little)
{
	char got[8];

	bounded_fd = from[1];
	bound = 2;
	ck_assert_int_eq(retry_write(&stream.deadline, from[1], "four", 4), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(read(from[0], got, sizeof(got)), 2);
	ck_assert_mem_eq(got, "fo", 2);
	ck_assert_int_eq(retry_write(&stream.deadline, from[1], "", 0), 0);
}
END_TEST

static Suite *
retry_suite(void)
{
	Suite *suite = suite_create("retry");
	TCase *tc = tcase_create("retry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, due, 0, (int)LENGTH(due_rows));
	tcase_add_test(tc, last_word);
	tcase_add_test(tc, takes_little);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return scratch_run(retry_suite(), "retry");
}

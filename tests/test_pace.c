/* SPDX-License-Identifier: ISC */
/* A rate, on a clock that is only a number. */
#include "config.h"

#include "pace.h"

#include <check.h>

#include "clock.h"
#include "defs.h"
#include "scratch.h"

START_TEST(no_rate)
{
	struct pace p;

	pace_init(&p, 0);
	pace_spend(&p, 1 << 30);
	ck_assert_int_eq(pace_wait(&p, 5), 0);
	ck_assert_uint_eq(pace_most(&p, 12345), 12345);
}
END_TEST

static const off_t rates[] = { 1, 10, 999, 100000, 1 << 20, (off_t)1 << 34,
	INT64_MAX };

/* Within five hundredths over five seconds, whatever the rate and the sleep. */
START_TEST(holds_rate)
{
	static const int64_t sleeps[] = { 0, 100000, 20 * CLOCK_MS };
	off_t rate = rates[(size_t)_i / LENGTH(sleeps)];
	int64_t now = 77, end = now + 5 * CLOCK_SECOND, wait;
	double moved = 0, most = (double)rate * 5;
	struct pace p;
	size_t n;

	pace_init(&p, rate);
	while (now < end) {
		if ((wait = pace_wait(&p, now)) > 0) {
			now += wait + sleeps[(size_t)_i % LENGTH(sleeps)];
			continue;
		}
		n = pace_most(&p, SIZE_MAX / 4);
		ck_assert_uint_ge(n, 1);
		pace_spend(&p, n);
		moved += (double)n;
		now += 1000;
	}
	ck_assert_msg(moved >= most * .95 && moved <= most * 1.05 + 1,
	    "%f of %f", moved, most);
}
END_TEST

/* Small files, with a pause after each that the rate allows for. */
START_TEST(small_pieces)
{
	int64_t now = 0;
	struct pace p;
	double moved = 0;

	pace_init(&p, 1 << 20);
	while (now < 5 * CLOCK_SECOND) {
		now += pace_wait(&p, now);
		pace_spend(&p, pace_most(&p, 4096));
		moved += 4096;
		now += 2 * CLOCK_MS;
	}
	ck_assert_msg(moved > 5 * .95 * (1 << 20), "%f", moved);
	ck_assert_msg(moved < 5 * 1.05 * (1 << 20), "%f", moved);
}
END_TEST

/*
 * Much data that comes in little pieces: not a sleep for each of them, for
 * these cost more than the data.
 */
START_TEST(sleeps_are_few)
{
	const off_t rate = 100000000;
	int64_t now = 0, wait;
	unsigned sleeps = 0;
	double moved = 0;
	struct pace p;

	pace_init(&p, rate);
	while (now < 5 * CLOCK_SECOND) {
		if ((wait = pace_wait(&p, now)) > 0)
			sleeps++;
		now += wait;
		pace_spend(&p, pace_most(&p, 32768));
		moved += 32768;
		now += 10000;
	}
	ck_assert_uint_le(sleeps, 5 * 100);
	ck_assert_msg(moved > 5 * .95 * (double)rate, "%f", moved);
	ck_assert_msg(moved < 5 * 1.05 * (double)rate, "%f", moved);
}
END_TEST

/* A client that was away has no more to make up for than 50 ms. */
START_TEST(no_burst_after_a_pause)
{
	int64_t now = 1000 * CLOCK_SECOND;
	struct pace p;
	size_t moved = 0;

	pace_init(&p, 1000000);
	while (pace_wait(&p, now) == 0) {
		pace_spend(&p, pace_most(&p, 10000));
		moved += 10000;
	}
	/* And what may go ahead, and one piece. */
	ck_assert_uint_le(moved, 50000 + 10000 + 10000);
}
END_TEST

static Suite *
pace_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("pace");
	tc = tcase_create("pace");
	tcase_add_test(tc, no_rate);
	tcase_add_loop_test(tc, holds_rate, 0, 3 * (int)LENGTH(rates));
	tcase_add_test(tc, small_pieces);
	tcase_add_test(tc, sleeps_are_few);
	tcase_add_test(tc, no_burst_after_a_pause);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(pace_suite(), "pace");
}

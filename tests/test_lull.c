/* SPDX-License-Identifier: ISC */
/* When a pipe is left to its reader, and for how long. */
#include "config.h"

#include "lull.h"

#include <sys/prctl.h>
#include <sys/time.h>

#include <check.h>
#include <signal.h>

#include "clock.h"
#include "defs.h"
#include "scratch.h"

/* What one splice(2) that found part of the pipe free makes of it. */
static const struct {
	int64_t took;
	int64_t ns;
} parts[] = {
	{ 0, 0 },
	{ 1999, 0 }, /* nobody had the lock */
	{ 2000, 1000 },
	{ 6000, 3000 },
	{ 10000, 5000 },
	{ 10001, 0 }, /* it has slept */
	{ CLOCK_SECOND, 0 },
};

START_TEST(half_of_the_wait)
{
	struct lull l = { 0 };

	lull_moved(&l, false, parts[_i].took);
	ck_assert_int_eq(l.ns, parts[_i].ns);
	/* Also after another one. */
	lull_moved(&l, false, 8000);
	ck_assert_int_eq(l.ns, 4000);
	lull_moved(&l, false, parts[_i].took);
	ck_assert_int_eq(l.ns, parts[_i].ns);
}
END_TEST

/* A client that takes all at once, however long that was. */
START_TEST(not_for_whole_pipes)
{
	struct lull l = { 0 };
	int64_t took;

	for (took = 0; took < 20000; took += 100) {
		lull_moved(&l, true, took);
		ck_assert_int_eq(l.ns, 0);
	}
}
END_TEST

/* Whole pipes are what it is for; but now and then it is tried without. */
START_TEST(tried_again)
{
	struct lull l = { 0 };
	unsigned n, i;

	for (i = 0; i < 3; i++) {
		lull_moved(&l, false, 6000);
		for (n = 0; l.ns != 0; n++) {
			ck_assert_int_eq(l.ns, 3000);
			lull_slept(&l, 6500);
			lull_moved(&l, true, 4000);
			ck_assert_uint_lt(n, 1000);
		}
		ck_assert_uint_gt(n, 32);
	}
}
END_TEST

/* Sleeps that take longer than what they save: not more than 2 ms of it. */
static const int64_t sleeps[] = { 25000, 60000, 3 * CLOCK_MS, CLOCK_SECOND };

START_TEST(given_up)
{
	int64_t took = sleeps[_i], slept = 0;
	struct lull l = { 0 };
	unsigned i;

	for (i = 0; i < 100000; i++) {
		lull_moved(&l, false, 6000);
		if (l.ns == 0)
			break;
		lull_slept(&l, took);
		slept += took - 20000;
	}
	ck_assert_int_eq(l.ns, 0);
	ck_assert_int_gt(slept, 2 * CLOCK_MS);
	ck_assert_int_le(slept, 2 * CLOCK_MS + took);
	/* For good. */
	lull_moved(&l, false, 6000);
	lull_moved(&l, true, 6000);
	lull_moved(&l, false, 6000);
	ck_assert_int_eq(l.ns, 0);
}
END_TEST

/* A few that are too long are paid back by the others. */
START_TEST(not_given_up)
{
	struct lull l = { 0 };
	unsigned i;

	for (i = 0; i < 10000; i++) {
		lull_moved(&l, false, 6000);
		ck_assert_int_eq(l.ns, 3000);
		lull_slept(&l, i % 50 == 0 ? 100000 : 20000);
		ck_assert_int_ge(l.lost, 0);
	}
	ck_assert_int_eq(l.lost, 0);
}
END_TEST

static void
on_signal(int sig)
{
	(void)sig;
}

/* It sleeps, and remembers how long that was; a signal ends it. */
START_TEST(sleeps_so_long)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct itimerval timer = { .it_value = { .tv_usec = 1000 },
		.it_interval = { .tv_usec = 1000 } };
	struct lull l = { 0 };
	int64_t begun = clock_now();

	lull_prepare();
	ck_assert_int_eq(prctl(PR_GET_TIMERSLACK, 0L, 0L, 0L, 0L), 1);
	/* None is no sleep that was short. */
	l.lost = 10 * CLOCK_MS;
	ck_assert(lull_sleep(&l));
	ck_assert_int_eq(l.lost, 10 * CLOCK_MS);
	l.lost = 0;
	l.ns = 50 * CLOCK_MS;
	ck_assert(lull_sleep(&l));
	ck_assert_int_ge(clock_now() - begun, 50 * CLOCK_MS);
	ck_assert_int_ge(l.lost, 49 * CLOCK_MS);
	l.ns = 3600 * CLOCK_SECOND;
	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
	ck_assert(!lull_sleep(&l));
}
END_TEST

static Suite *
lull_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("lull");
	tc = tcase_create("lull");
	tcase_add_loop_test(tc, half_of_the_wait, 0, (int)LENGTH(parts));
	tcase_add_test(tc, not_for_whole_pipes);
	tcase_add_test(tc, tried_again);
	tcase_add_loop_test(tc, given_up, 0, (int)LENGTH(sleeps));
	tcase_add_test(tc, not_given_up);
	tcase_add_test(tc, sleeps_so_long);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(lull_suite(), "lull");
}

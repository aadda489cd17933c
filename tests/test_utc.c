/* SPDX-License-Identifier: ISC */
/* As gmtime_r(3) has it. */
#include "config.h"

#include <check.h>
#include <stdint.h>
#include <time.h>

#include "tap.h"
#include "utc.h"

#define DAY   86400
#define FIRST INT64_C(-62167219200)
#define LAST  INT64_C(253402300799)

static bool
is_as_libc(time_t at)
{
	struct utc utc;
	struct tm tm;

	return utc_from_time(at, &utc) && gmtime_r(&at, &tm) != NULL &&
	    utc.year == tm.tm_year + 1900 &&
	    utc.month == (unsigned)tm.tm_mon + 1 &&
	    utc.day == (unsigned)tm.tm_mday &&
	    utc.hour == (unsigned)tm.tm_hour &&
	    utc.minute == (unsigned)tm.tm_min &&
	    utc.second == (unsigned)tm.tm_sec;
}

/* Each day of 400 years, and one in 97 of all. */
START_TEST(days)
{
	const time_t around = INT64_C(400) * 366 * DAY / 2;
	time_t t;

	for (t = -around; t < around; t += DAY + 7)
		ck_assert_msg(is_as_libc(t), "%lld", (long long)t);
	for (t = FIRST; t <= LAST; t += 97 * DAY + 7919)
		ck_assert_msg(is_as_libc(t), "%lld", (long long)t);
}
END_TEST

START_TEST(ends)
{
	struct utc utc;

	ck_assert(utc_from_time(FIRST, &utc));
	ck_assert_int_eq(utc.year, 0);
	ck_assert(utc_from_time(LAST, &utc));
	ck_assert_int_eq(utc.year, 9999);
	ck_assert_uint_eq(utc.second, 59);
	ck_assert(utc_from_time(-1, &utc));
	ck_assert_int_eq(utc.year, 1969);
	ck_assert(!utc_from_time(FIRST - 1, &utc));
	ck_assert(!utc_from_time(LAST + 1, &utc));
	ck_assert(!utc_from_time((time_t)INT64_MAX, &utc));
	ck_assert(!utc_from_time((time_t)INT64_MIN, &utc));
}
END_TEST

static Suite *
utc_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("utc");
	tc = tcase_create("utc");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, days);
	tcase_add_test(tc, ends);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(utc_suite())) != 0;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "utc.h"

#include <stdint.h>

#define DAY_SECONDS INT64_C(86400)

/* 0000-01-01 and 10000-01-01 in the Gregorian calendar, from 1970-01-01. */
#define FIRST_DAY INT64_C(-719528)
#define END_DAY   INT64_C(2932897)

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_of_year(int year)
{
	return is_leap(year) ? 366 : 365;
}

static unsigned
days_of_month(int year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29U : days[month - 1];
}

/* Of a day counted from 0000-01-01; the calendar repeats after 400 years. */
static void
set_date(struct utc *utc, unsigned day)
{
	const unsigned cycle = 146097;

	utc->year = (int)(day / cycle * 400);
	for (day %= cycle; day >= days_of_year(utc->year); utc->year++)
		day -= days_of_year(utc->year);
	utc->month = 1;
	for (; day >= days_of_month(utc->year, utc->month); utc->month++)
		day -= days_of_month(utc->year, utc->month);
	utc->day = day + 1;
}

bool
utc_from_time(time_t t, struct utc *utc)
{
	int64_t day = t / DAY_SECONDS, second = t % DAY_SECONDS;

	if (second < 0) {
		second += DAY_SECONDS;
		day--;
	}
	if (day < FIRST_DAY || day >= END_DAY)
		return false;
	set_date(utc, (unsigned)(day - FIRST_DAY));
	utc->hour = (unsigned)second / 3600;
	utc->minute = (unsigned)second / 60 % 60;
	utc->second = (unsigned)second % 60;
	return true;
}

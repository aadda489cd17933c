/* SPDX-License-Identifier: ISC */
/*
 * Date and time in UTC.  gmtime_r(3) is unfit here: glibc's looks for the file
 * of the local time zone, and no file of the system can be opened after
 * confinement.
 */
#ifndef UTC_H
#define UTC_H

#include <stdbool.h>
#include <time.h>

#include "defs.h"

struct utc {
	int year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
	unsigned hour;
	unsigned minute;
	unsigned second;
};

/* False: before the year 0 or after 9999, which no format here has room for. */
bool utc_from_time(time_t t, struct utc *utc) ATTR_USE;

#endif

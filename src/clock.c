/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "clock.h"

#include <time.h>

int64_t
clock_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

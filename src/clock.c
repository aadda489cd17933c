/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "clock.h"

#include <sys/syscall.h>

#include <limits.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

static int64_t
nanoseconds(const struct timespec *t)
{
	return t->tv_sec * CLOCK_SECOND + t->tv_nsec;
}

int64_t
clock_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return nanoseconds(&now);
}

int64_t
clock_now_rarely(void)
{
#if LONG_MAX > INT32_MAX
	struct timespec now = { 0 };

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return nanoseconds(&now);
#else
	/* Where the C library may have another type than the kernel. */
	return clock_now();
#endif
}

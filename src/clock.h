/* SPDX-License-Identifier: ISC */
/*
 * The one clock of a session: nanoseconds, monotonic.  Times of day are the
 * log's business.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND INT64_C(1000000000)
#define CLOCK_MS     INT64_C(1000000)

/* Never fails after it has worked once; 0 where there is no such clock. */
int64_t clock_now(void);

/*
 * The same, for who asks once or twice: by a system call.  The first look at
 * what the kernel shows of the clock without one costs two pages.
 */
int64_t clock_now_rarely(void);

#endif

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

#endif

/* SPDX-License-Identifier: ISC */
/*
 * How long to leave a pipe to its reader before the next splice(2) into it.
 *
 * A reader holds the pipe's lock while he copies, and splice(2) does not sleep
 * while it waits for that.  To a client that reads as fast as memory is, this
 * was most of the CPU time of a download.  So half of what the last one waited
 * is slept instead.  Who takes longer, or all at once, is not waited for: there
 * splice(2) sleeps by itself, or has no need to.
 *
 * Times are in nanoseconds.
 */
#ifndef LULL_H
#define LULL_H

#include <stdbool.h>
#include <stdint.h>

#include "defs.h"

/* All zero at first. */
struct lull {
	int64_t ns;    /* to sleep before the next one; 0: not at all */
	int64_t lost;  /* by sleeps that were too long */
	unsigned more; /* so many before it is tried without */
};

/*
 * Before the process confines itself: the kernel may not add to such a sleep
 * what it may to others, ten times as much.
 */
void lull_prepare(void);

/* Sleep, where that is due; false: a signal came. */
bool lull_sleep(struct lull *l) ATTR_USE;

/* What that remembers: it took so long to sleep for l->ns. */
void lull_slept(struct lull *l, int64_t took);

/* A splice(2) took so long, and found the whole pipe free or only a part. */
void lull_moved(struct lull *l, bool whole, int64_t took);

#endif

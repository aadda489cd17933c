/* SPDX-License-Identifier: ISC */
/*
 * A token bucket that holds a flow of bytes to a rate: plain arithmetic, no
 * clock and no sleeping of its own.  Times are those of clock.h.
 *
 * What has moved is accounted for afterwards, on a schedule that does not
 * drift: a sleep that was too long is made up for, up to 50 milliseconds.  It
 * may be 10 ahead, so that not every little piece costs a sleep.
 */
#ifndef PACE_H
#define PACE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

struct pace {
	off_t rate;  /* bytes a second; 0: as fast as it goes */
	int64_t due; /* when all that has moved should have moved */
};

void pace_init(struct pace *p, off_t rate);

/* Nanoseconds until more may move; 0: now. */
int64_t pace_wait(struct pace *p, int64_t now);

/* The most bytes of size to move before asking again; never 0. */
size_t pace_most(const struct pace *p, size_t size);

/* So many bytes have moved: no more than pace_most() allowed. */
void pace_spend(struct pace *p, size_t bytes);

#endif

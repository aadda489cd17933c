/* SPDX-License-Identifier: ISC */
/*
 * How long a session may go on: until a signal ends it, until its time is up,
 * or until the client has kept us waiting for too long.
 *
 * Nothing here waits.  Whoever makes a call that may block asks before it, and
 * again when it was interrupted.  Signals interrupt: main's handler of those
 * that end us, and that of SIGALRM, which a timer sends now and then when there
 * are times to be kept.  So they cost no system call for each that may block,
 * and a signal that comes just before a call is followed by another.
 *
 * The timer may rest meanwhile: what is interrupted on a file system that is
 * slow, and honours that (FUSE), would never come to its end.
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "defs.h"

enum deadline_end {
	DEADLINE_AHEAD,
	DEADLINE_STOPPED, /* by a signal */
	DEADLINE_IDLE,
	DEADLINE_OVERTIME,
	DEADLINE__COUNT
};

struct deadline {
	const volatile sig_atomic_t *stop; /* borrowed */
	bool is_timed;                     /* some time is to be kept */
	int64_t idle;                      /* nanoseconds, or 0 */
	int64_t expires;                   /* a time of clock.h, or 0 */
	int64_t waiting_since;             /* if is_timed */
	int64_t tick;                      /* of the timer */
	bool rests;                        /* the timer, if is_timed */
	enum deadline_end end;
};

/* Only *stop ends it. */
void deadline_init(struct deadline *d, const volatile sig_atomic_t *stop);

/*
 * From now on also these, in seconds, 0 for none.  The timer rests at first.
 * SIGALRM has a handler that interrupts (no SA_RESTART).
 */
void deadline_set(struct deadline *d, unsigned idle, unsigned session);

/* Only *stop again. */
void deadline_clear(struct deadline *d);

/* What is called now is not to be interrupted, until somebody asks again. */
void deadline_rest(struct deadline *d);

/*
 * Is it over?  Then errno is ECANCELED and d->end tells why.  The first is for
 * a call that is about to be made, the second for one that was interrupted.
 */
bool deadline_is_over(struct deadline *d) ATTR_USE;
bool deadline_is_over_waiting(struct deadline *d) ATTR_USE;

/* Why it is over: a word for the log, and words for a client. */
const char *deadline_code(const struct deadline *d);
const char *deadline_reason(const struct deadline *d);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * DiscardLimit: what a session bears of items that are not stored.  It pays for
 * the bytes that are thrown away and, at a fixed price, for each item that is
 * refused or fails; only the first few are free.  It has to cover the bytes; a
 * price may overdraw it, and then the next item ends the session: so what a
 * client can put into the log without storing anything has a limit as well
 * (R-RES-1).
 */
#ifndef ALLOWANCE_H
#define ALLOWANCE_H

#include <sys/types.h>

#include <stdbool.h>

#include "defs.h"

/* Of one item: the longest line of the log. */
#define ALLOWANCE_PRICE 2048

struct allowance {
	off_t left;    /* below 0: overdrawn */
	unsigned free; /* items that cost their bytes only */
};

void allowance_init(struct allowance *a, off_t limit, unsigned free);

/* Pay for one item, and for size bytes of it; false: there is no more. */
bool allowance_pay(struct allowance *a, off_t size) ATTR_USE;

#endif

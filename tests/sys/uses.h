/* SPDX-License-Identifier: ISC */
/*
 * Which rows of the tables of system calls do sessions use?  The file that
 * USES names counts it, for tests/confine/tight.sh; it holds a struct use for
 * each row, as tight.c has made it.
 */
#ifndef USES_H
#define USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "confine/rows.h"

#define USES_COMMON LENGTH(filter_common)
#define USES_SINK   (USES_COMMON + LENGTH(filter_sink))
#define USES_PLACE  (USES_SINK + LENGTH(filter_in_place))
#define USES        (USES_PLACE + LENGTH(filter_source) + LENGTH(filter_copies))

struct use {
	int64_t number; /* of the call on this machine, -1: it has none */
	uint64_t count;
};

/* The i-th of all rows, each of which is there once. */
static inline const struct filter_row *
uses_row(size_t i)
{
	return i < USES_PLACE ? rows_at('i', i)
			      : rows_at('f', i - USES_PLACE + USES_COMMON);
}

/* Map the file; without the variable nothing is counted.  -1 with errno. */
int uses_open(void);

bool uses_are_counted(void);

void uses_count(uint64_t number, const uint64_t args[6]);

#endif

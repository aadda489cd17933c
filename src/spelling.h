/* SPDX-License-Identifier: ISC */
/*
 * Words in any case, and how far one is from another that was perhaps meant.
 * Letters are those of ASCII: the locale, in which strcasecmp(3) and tolower(3)
 * look, is not touched.  Pure.
 */
#ifndef SPELLING_H
#define SPELLING_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/* Longer words, the NUL counted, are not compared. */
#define SPELLING_BYTES_MAX 32

char spelling_lower(char c) ATTR_USE;

/* Are they the same but for their case? */
bool spelling_same(const char *a, const char *b) ATTR_USE;

/*
 * How many letters must be put in, left out or changed to make one word of
 * the other, whatever their case.  b is shorter than SPELLING_BYTES_MAX.
 */
size_t spelling_distance(const char *a, const char *b);

#endif

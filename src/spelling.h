/* SPDX-License-Identifier: ISC */
/* How far a word is from one that was perhaps meant.  Pure. */
#ifndef SPELLING_H
#define SPELLING_H

#include <stddef.h>

/* Longer words, the NUL counted, are not compared. */
#define SPELLING_BYTES_MAX 32

/*
 * How many letters must be put in, left out or changed to make one word of
 * the other, whatever their case.  b is shorter than SPELLING_BYTES_MAX.
 */
size_t spelling_distance(const char *a, const char *b);

#endif

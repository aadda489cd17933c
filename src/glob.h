/* SPDX-License-Identifier: ISC */
/*
 * Braces and patterns of a download's operands, expanded inside the root: the
 * shell that did this for scp is not here.  {a,b} first, then * ? [...] in
 * each component, sorted by name; a leading dot is matched only by a dot.
 * Quoted bytes are never special.  A pattern without a match stays as it was
 * typed, without its quotes.
 *
 * Bounded whatever is asked for (R-RES-1): by matches, by work (names read
 * plus words made, 100 for each match that is allowed), and by memory.
 */
#ifndef GLOB_H
#define GLOB_H

#include <signal.h>
#include <stddef.h>

#include "defs.h"
#include "root.h"
#include "words.h"

/* Bytes of all results and of all work in progress. */
#define GLOB_BYTES_MAX (8U << 20)

struct glob {
	struct root *root; /* borrowed */
	/* Borrowed, may be NULL: non-zero makes it give up with ECANCELED. */
	const volatile sig_atomic_t *stop;
	const char *start; /* borrowed: where relative paths begin */
	size_t matches_max;
	size_t work;    /* done so far */
	size_t bytes;   /* allocated at present */
	size_t matches; /* of n, the results of expansions */
	char **paths;   /* owned, n of them: literal operands */
	size_t n;
	struct root_place place;   /* of the walk under way */
	char path[PATH_BYTES_MAX]; /* the same */
};

void glob_init(
    struct glob *g, struct root *root, const char *start, size_t matches_max);

/*
 * Append what word stands for, at least one path.  0, or -1 with errno:
 * ERR_TOO_MANY when a bound is reached, ENAMETOOLONG for a word that no path
 * can be as long as, ENOMEM, and EIO and others where a directory cannot be
 * told from none. To be given to glob_clear() in any case.
 */
int glob_add(struct glob *g, const struct word *word) ATTR_USE;

void glob_clear(struct glob *g);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The criteria of a Match line, as in sshd_config(5): all of them must hold,
 * each has a list of patterns with commas between, one that begins with `!'
 * and fits makes the list fail whatever else fits.  Pure, but for the groups.
 */
#ifndef MATCH_H
#define MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "policy.h"

/* Bytes of one word in a line, its NUL included. */
#define MATCH_WORD_BYTES 1024

/* Who is connected, and for what. */
struct match_who {
	const char *user;    /* NULL: there is no passwd entry */
	const char *address; /* what is no address is not known */
	bool has_direction;  /* else there is no request */
	enum policy_direction direction;
	/* Names, NULL behind the last; NULL: they cannot be had. */
	const char *const *(*groups)(void *arg);
	void *arg;
};

/*
 * Does text, what stands behind Match, fit?  *holds is false already where the
 * block is not looked at: then only the words are checked and nobody's groups
 * asked for.  False: err is a sentence; a criterion that depends on what is
 * not known is an error, since neither answer would be safe.
 */
bool match_criteria(const char *text, const struct match_who *who, bool *holds,
    char *err, size_t errsize) ATTR_USE;

/*
 * The next of the words in *text, with blanks between that double quotes keep
 * together: MATCH_WORD_BYTES at word.  *text moves behind it.  False: no more,
 * and *text is then at its end, or it has no closing quote, is too long, or has
 * what looks like a quote or a blank (text.h).
 */
bool match_word(const char **text, char *word) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Words of a download's command in the form that braces and fnmatch(3) work
 * on: text in which a backslash precedes each byte that would be special but
 * was quoted by the client.  Pure but for scratch memory.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/*
 * The pattern for len bytes of text with their marks.  dst has room for
 * 2 * len + 1 bytes.  Returns the length.
 */
size_t pattern_quote(
    char *dst, const char *text, const bool *quoted, size_t len);

/* The same for text all of which is quoted. */
size_t pattern_quote_all(char *dst, const char *text);

/*
 * The text that a pattern stands for when nothing in it is special.  Writes
 * strlen(pattern) + 1 bytes at most.  Returns the length.
 */
size_t pattern_unquote(char *dst, const char *pattern);

/* Is there an unquoted * ? or [ in the first len bytes? */
bool pattern_has_magic(const char *pattern, size_t len);

/* A group of alternatives, {a,b}: the places of its braces. */
struct pattern_group {
	size_t open;
	size_t close;
};

/*
 * Find the first outermost group that has a comma; braces without a partner
 * or a comma are text, as in the shell.  1, 0 for none, -1 with ENOMEM.
 */
int pattern_find_group(
    const char *pattern, struct pattern_group *group) ATTR_USE;

/* The end of the alternative that begins at from: a comma, or group->close. */
size_t pattern_alternative_end(
    const char *pattern, size_t from, const struct pattern_group *group);

#endif

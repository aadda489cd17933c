/* SPDX-License-Identifier: ISC */
/*
 * Splits a client's command into words as sh(1) would, without a shell: blanks
 * separate, '...' and "..." quote, a backslash quotes one byte (inside "..."
 * only before \ " $ `, and before a newline both vanish).  Each byte remembers
 * whether it was quoted, because only unquoted bytes are special later (globs,
 * tilde).  Nothing is ever expanded or run: an unquoted ; & | < > $ ( ) ` or
 * newline, and in double quotes a $ or ` without backslash, is refused
 * (CVE-2020-15778).
 * `!' is an ordinary byte.  Pure but for the memory of the result.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/* Linux passes no longer string to a program (MAX_ARG_STRLEN). */
#define WORDS_BYTES_MAX 131072

struct word {
	char *text;   /* in the memory of the struct words; ends with a NUL */
	bool *quoted; /* len marks, one a byte of text */
	size_t len;
	/*
	 * ' or " was written, even around nothing.  A backslash is not enough:
	 * that is how people, not libraries, write the path of OpenSSH's scp.
	 */
	bool has_quotes;
};

/*
 * Bytes for the words of most commands, which then need no memory of malloc(3):
 * that makes a session start sooner.
 */
#define WORDS_ROOM 640

struct words_block;

/* Not to be copied: list may point into it. */
struct words {
	struct word *list; /* n of them */
	size_t n;
	struct words_block *blocks; /* owned: what room has no room for */
	size_t used;                /* of room */
	_Alignas(struct word) char room[WORDS_ROOM];
};

enum words_err {
	WORDS_OK,
	WORDS_E_LONG,    /* over WORDS_BYTES_MAX */
	WORDS_E_QUOTE,   /* a quote is not closed */
	WORDS_E_ESCAPE,  /* ends in a backslash */
	WORDS_E_SPECIAL, /* a byte that only a shell would understand */
	WORDS_E_NUL,     /* holds a NUL */
	WORDS_E_MEMORY,
	WORDS__COUNT
};

/*
 * Split.  On success *out is to be given to words_clear(); on failure it is
 * empty and *where (may be NULL) is the offset of the offending byte, less
 * than len unless memory ran out: of an open quote where it opens, of a text
 * too long WORDS_BYTES_MAX.
 */
enum words_err words_split(
    const char *text, size_t len, struct words *out, size_t *where) ATTR_USE;

/*
 * Take words that a shell has split already: every byte counts as quoted,
 * has_quotes is false.  Only memory can be short; the kernel bounds argv.
 */
enum words_err words_from_argv(
    int argc, char *const argv[], struct words *out) ATTR_USE;

/*
 * Replace the word at `at', or append one if at is n.  Every byte counts as
 * quoted, has_quotes is false.  On failure w is as it was.
 */
enum words_err words_set(struct words *w, size_t at, const char *text) ATTR_USE;

/* Free what words_split() or words_from_argv() gave; harmless when empty. */
void words_clear(struct words *w);

/* Static text for the administrator and the client. */
const char *words_strerror(enum words_err err);

#endif

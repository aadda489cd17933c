/* SPDX-License-Identifier: ISC */
/*
 * The text of a configuration file, in the manners of sshd_config(5): a
 * keyword and its value a line, comments behind a # that begins a word, Match
 * blocks up to the next Match or the end of the file, Include.  Every line is
 * checked, those too whose block does not fit.  A value in a block that fits
 * goes before one outside of blocks; else the first one wins.
 *
 * Takes memory and touches nothing else; whoever calls has the files.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "match.h"
#include "settings.h"

/* Bytes of a line without its newline. */
#define CONF_LINE_BYTES_MAX 4095

/* Where and what is wrong, for the administrator. */
struct conf_fault {
	unsigned short file;
	unsigned short line; /* 0: the file as a whole */
	char text[MESSAGE_BYTES_MAX];
};

/* Whether the values of a text count. */
enum conf_scope {
	CONF_GLOBAL,  /* yes, outside of blocks */
	CONF_MATCHED, /* yes, in a block that fits */
	CONF_CHECKED  /* no: in one that does not */
};

struct conf {
	struct settings *settings;
	const struct match_who *who;
	/*
	 * Read what a word behind Include stands for, through conf_read().
	 * False: with fault->line still 0 it has words about the Include.
	 */
	bool (*include)(const struct conf *c, const char *word,
	    enum conf_scope scope, struct conf_fault *fault);
	void *arg; /* of include */
};

/*
 * Read len bytes of the text of a file, which has that number in origins and
 * faults.  False: what is before the fault has been set.
 */
bool conf_read(const struct conf *c, const char *text, size_t len,
    unsigned short file, enum conf_scope scope,
    struct conf_fault *fault) ATTR_USE;

#endif

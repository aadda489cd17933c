/* SPDX-License-Identifier: ISC */
/*
 * Our own command line, and where the client's command comes from.  All that
 * stands left of the first word that is no option is the administrator's;
 * that word and all after it are the client's and never options of ours.
 *
 * The client's command is the first of: the arguments when installed as
 * `scp'; the words after our options; -c text; SSH_ORIGINAL_COMMAND.  A -c
 * that is exactly our own installed path stands for SSH_ORIGINAL_COMMAND
 * (login shell and ForceCommand together); with more after the path it is
 * refused, for a client could have sent it.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "command.h"
#include "defs.h"
#include "settings.h"

enum options_action {
	OPTIONS_SERVE,   /* go on with the client's command */
	OPTIONS_HELP,    /* -h: print options_usage() */
	OPTIONS_VERSION, /* -V */
	OPTIONS_TEST,    /* -T: the words are those of a query */
	OPTIONS_BAD      /* the administrator's mistake: see error */
};

struct options {
	const char *config_file; /* -C; NULL: the default one */
	/*
	 * A root is set, or nobody knows what was: without the default file
	 * nothing that the administrator asked for is lost.
	 */
	bool may_lack_file;
	bool log_to_stderr; /* -e */
	bool is_test;       /* -T */
	char **query; /* with OPTIONS_TEST: the words, NULL behind the last */
	bool has_command;       /* request is filled; else fault tells */
	struct request request; /* owned */
	struct command_fault fault;
	/* What was parsed; NULL for arguments.  With OPTIONS_TEST: of -c. */
	const char *command_text;
	struct settings settings;
	char error[MESSAGE_BYTES_MAX]; /* with OPTIONS_BAD: one line */
};

/*
 * Read argv.  original_command is the value of SSH_ORIGINAL_COMMAND or NULL,
 * own_path the path this program is installed at.  *out is always to be given
 * to options_clear().  Whatever the source of the command: when
 * original_command begins with `-' or a glob character, after blanks and
 * newlines, fault is COMMAND_E_DASH, because a ForceCommand that ends in
 * $SSH_ORIGINAL_COMMAND would have made it options of ours.  What stands in
 * argv is then not read at all: the settings are the defaults.
 */
enum options_action options_parse(int argc, char *argv[],
    const char *original_command, const char *own_path,
    struct options *out) ATTR_USE;

void options_clear(struct options *o);

/* What -h prints: the synopsis, newline-terminated; static text. */
const char *options_usage(void);

#endif

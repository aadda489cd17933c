/* SPDX-License-Identifier: ISC */
/*
 * From the client's words to a request.  The client is hostile: only
 * `[path/]scp' with the flags of scp's server side is understood, everything
 * else is refused by name.  No file is looked at, and nothing is expanded but
 * an unquoted `~' or `~/' in front, whose tilde becomes `.'.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "words.h"

enum command_role {
	COMMAND_SINK = 't',  /* the client uploads */
	COMMAND_SOURCE = 'f' /* the client downloads */
};

/* Not to be copied, as its words are not. */
struct request {
	enum command_role role;
	bool recursive;     /* -r */
	bool preserve;      /* -p */
	bool directory;     /* -d: the target must be a directory */
	bool directory_own; /* -d stood as a word of its own */
	/*
	 * The flags prove a client that waits for each answer and reads it
	 * byte by byte: each is a word of its own, there is no -q, and no
	 * needless `--' before the path (Apache MINA writes that, and sends
	 * data after a refusal all the same).
	 */
	bool waits;
	/*
	 * End of input in place of the closing NUL may count as success
	 * (R-WIRE-4): libssh2, curl and phpseclib never send it.  Neither -r
	 * nor -d nor -p as a word of its own, and the path quoted; where a
	 * shell has split the words, quoting is unknown and not asked for.
	 */
	bool eof_commits;
	const struct word *paths; /* borrowed from words; at least one */
	size_t npaths;            /* exactly one for a sink */
	struct words words;       /* owned */
};

enum command_err {
	COMMAND_OK,
	COMMAND_E_EMPTY, /* no command: an interactive login */
	COMMAND_E_SFTP,  /* a request for SFTP */
	COMMAND_E_OTHER, /* some other program */
	COMMAND_E_DASH,  /* begins with `-': it would become options of ours */
	COMMAND_E_DIRECTION, /* scp, but neither -t nor -f (scp -R) or both */
	COMMAND_E_WORDS,     /* scp -t or -f, but words_split() refused it */
	COMMAND_E_OPTION,    /* an option that a server must not have */
	COMMAND_E_TARGETS,   /* -t with several paths */
	COMMAND_E_TILDE,     /* ~user */
	COMMAND_E_MEMORY,
	COMMAND__COUNT
};

/* Why a command was refused; all of it fit to be shown to its sender. */
struct command_fault {
	enum command_err err;
	enum words_err words; /* with COMMAND_E_WORDS */
	char option;          /* with COMMAND_E_OPTION: the letter */
	/*
	 * The sender talks SCP, so the refusal goes out as a protocol
	 * message; without this only to standard error.
	 */
	bool speaks_scp;
};

/*
 * Read a command as the client typed it (-c, SSH_ORIGINAL_COMMAND).  Returns
 * true and fills *out, to be given to command_clear(); or returns false,
 * leaves *out empty and fills *fault.
 */
bool command_parse(const char *text, size_t len, struct request *out,
    struct command_fault *fault) ATTR_USE;

/* The same for words that a shell has split; argv[0] is the command word. */
bool command_parse_argv(int argc, char *const argv[], struct request *out,
    struct command_fault *fault) ATTR_USE;

void command_clear(struct request *req);

/*
 * Does the sink's command line prove a client that takes no two answers for
 * one?  It waits, and -d or -p is there: scp.py, which drops whatever comes
 * with an answer, and phpseclib send neither with -t.
 */
bool command_reads_bytes(const struct request *req) ATTR_USE;

/* The reason code for the log: one word; static text. */
const char *command_code(enum command_err err);

/*
 * One line without newline for the client: what was wrong and, where there is
 * something, what to do instead.  Returns buf.
 */
const char *command_explain(
    const struct command_fault *fault, char *buf, size_t size);

#endif

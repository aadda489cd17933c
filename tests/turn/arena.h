/* SPDX-License-Identifier: ISC */
/*
 * Whole sessions within this process: both roles as main() starts them, in a
 * scratch root, with a client that is a function.  Nothing blocks: what the
 * server would wait for is asked of the client, so that it speaks exactly when
 * the server has said all that it has to say, or long before, as it likes.
 *
 * Beside the root lies ../outside.  While a session runs each call that takes
 * a name is looked at: one component, never followed (R-PATH-1, R-PATH-2).
 * After it arena_check() looks for what must not have happened.  A violation
 * is told to standard error and ends the process with abort(3).
 *
 * Programs that use this are linked with ARENA_WRAPS of Makefile.am.
 */
#ifndef ARENA_H
#define ARENA_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "defs.h"
#include "policy.h"

/* --- the place --------------------------------------------------------- */

struct arena_entry {
	char type; /* 'd', 'f', 'l' or 'p' (a FIFO) */
	const char *path;
	const char *text; /* of a file or a link; NULL: 70000 bytes */
	mode_t mode;      /* of a file or a directory */
};

/* Make the scratch directory, which is removed at exit(3). */
void arena_open(const char *name);

/* Empty the root and put these there. */
void arena_fill(const struct arena_entry *entries, size_t n);

/* Where it is. */
int arena_root(void);

/*
 * Is there a regular file path below the root that holds just this, or, where
 * text is NULL, so many bytes?
 */
bool arena_holds(const char *path, const char *text, off_t len);
bool arena_has(const char *path);

/* Call visit with each file below the root, links and the like included. */
void arena_visit(void (*visit)(void *arg, const char *path), void *arg);

/* --- sessions ---------------------------------------------------------- */

struct arena_client {
	/*
	 * The server waits for input.  The next bytes, which stay until the
	 * next call; 0: there are no more, now and for ever.  It may also do
	 * what is below at "meanwhile".
	 */
	size_t (*speak)(void *arg, const char **bytes);
	void *arg;
};

struct arena_session {
	const struct policy *policy;
	const struct request *request;
	unsigned credits; /* answers ahead, of which peer.h tells */
	bool pipelining;
	struct arena_client client;
};

/* Serve it: the exit status. */
int arena_run(const struct arena_session *session);

/* What the server has written so far, or in all. */
const char *arena_output(size_t *len);

/*
 * Nothing outside was touched or told, no temporary file is left in the root,
 * no descriptor open.
 */
void arena_check(void);

/*
 * How many sequences play() has played of a shape, in a process of its own,
 * which ends with what is found; way is the test's.  False: something was.
 */
struct shape;
bool arena_play_apart(
    unsigned long (*play)(const struct shape *shape, unsigned way),
    const struct shape *shape, unsigned way, unsigned long *count);

/* --- meanwhile --------------------------------------------------------- */

/* The signal that ends a session has come. */
void arena_stop(void);

/* The client says nothing for too long, this once. */
void arena_idle(void);

enum arena_call {
	ARENA_NONE,
	ARENA_READ,  /* pread(2) of a file */
	ARENA_WRITE, /* write(2) to a file */
	ARENA_OPEN,
	ARENA_MKDIR,
	ARENA_RENAME,
	ARENA_TIMES,
	ARENA_MODE,
	ARENA_ANY /* of these */
};

/* Fail the n-th such call from here on, 1 the next, with this errno. */
void arena_fail(enum arena_call call, unsigned n, int error);

/* Has it failed since?  Or behind a rename, that too since then? */
bool arena_has_failed(void);
bool arena_has_failed_behind_name(void);

/* --- violations -------------------------------------------------------- */

/* If set, it adds what this session was. */
extern void (*arena_explain)(void);

_Noreturn void arena_die(const char *fmt, ...) ATTR_PRINTF(1, 2);
void arena_require(bool condition, const char *what);

/* --- between arena.c and hooks.c ---------------------------------------- */

#define ARENA_IN  1000 /* the server's ends, which are no descriptors */
#define ARENA_OUT 1001

/* So long a client may be idle, and a session take three times that. */
#define ARENA_SECONDS 1000000

void hooks_begin(const struct arena_client *client, bool is_source);
void hooks_end(void);
void arena_watch_memory(void);
extern volatile int hooks_stop;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The role of `scp -f': sends files and directories.  Names in records are
 * the ones that were asked for, or those of a directory; never `.' or `..'.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <sys/types.h>

#include <stdbool.h>

#include "defs.h"
#include "glob.h"
#include "operand.h"
#include "policy.h"
#include "session.h"
#include "walk.h"

struct source_item;

/*
 * What the client has yet to say about records that were sent without waiting
 * for it (Pipelining): first about a file, then about ends of directories.
 */
struct source_pending {
	bool file;
	unsigned ends;
	off_t moved;    /* bytes of the file */
	int file_errno; /* what came was not the file */
	struct audit_file announced;
	char path[PATH_BYTES_MAX]; /* of the file, below the root */
	char tree[PATH_BYTES_MAX]; /* of the operand that the ends are in */
};

/* What is touched by every session stands before what few fill. */
struct source {
	const struct session *s;
	bool failed;                     /* exit status 1 */
	const struct source_item *asked; /* does the client want this file? */
	struct glob glob;
	struct source_pending pending;
	struct operand operand;
	struct walk walk;
	struct policy_usage usage;
};

/*
 * Serve one session.  Returns the exit status: 0 when everything that was
 * asked for was sent, else 1.  *c is memory for it, with nothing in it.
 */
int source_run(struct source *c, const struct session *session) ATTR_USE;

#endif

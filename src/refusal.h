/* SPDX-License-Identifier: ISC */
/*
 * How an upload is refused so that no byte that may be file content is ever
 * parsed as a record (R-WIRE-2).  Several clients (go-scp, Packer, Apache
 * MINA, hand-written ones) send the body of a file whatever the answer to its
 * header was; OpenSSH's and its relatives do not send it after an error.
 *
 * Which of the two a client is shows in its command line, and in input that
 * is waiting before it was answered.  Where it does not show, the item is
 * accepted, its data are thrown away, and the error comes at the end: all
 * clients stay in step with that.  A refused directory is then entered as a
 * dead one in which everything is refused up to the matching E.
 *
 * What the allowance does not cover ends the session.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <sys/types.h>

#include <stdbool.h>

#include "allowance.h"
#include "defs.h"
#include "proto.h"
#include "reason.h"
#include "session.h"

/* What few sessions touch stands first: a sink goes on behind the rest. */
struct refusal {
	char path[PATH_BYTES_MAX];       /* of the innermost, for the log */
	char message[MESSAGE_BYTES_MAX]; /* why the outermost is dead */
	const struct session *s;
	struct allowance *allowance; /* borrowed */
	unsigned long dead;          /* dead directories that are open */
	unsigned long unnamed;       /* of these: path has no room for them */
	const char *code;            /* as message, for the log */
	const char *keyword;         /* the same, or NULL */
};

void refusal_init(
    struct refusal *r, const struct session *s, struct allowance *allowance);

/*
 * Answer the header of a file of size bytes, for which an answer is due, and
 * take what the client sends of it.
 */
enum session_next refusal_file(
    struct refusal *r, off_t size, const char *message) ATTR_USE;

/* Answer the header of the directory path, which why refuses. */
enum session_next refusal_directory(struct refusal *r, const char *path,
    const struct reason *why, const char *message) ATTR_USE;

/*
 * Are we in a dead directory?  Then these take files, D and E, and log what is
 * refused with it (R-LOG-1).
 */
bool refusal_is_dead(const struct refusal *r);
enum session_next refusal_dead_file(
    struct refusal *r, const struct proto_record *rec) ATTR_USE;
enum session_next refusal_dead_directory(
    struct refusal *r, const struct proto_record *rec) ATTR_USE;
enum session_next refusal_dead_end(struct refusal *r) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What both roles work with: made by main before the process confines itself,
 * handed down from there, all borrowed.  And what both do alike.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "audit.h"
#include "body.h"
#include "command.h"
#include "peer.h"
#include "policy.h"
#include "root.h"
#include "stream.h"

/*
 * How long the input of a refused client may be silent before we end.  Of those
 * that are refused in place of the first answer, one that uploads without
 * waiting is sending already; one that downloads waits for our end, and so does
 * pscp.
 */
#define SESSION_DRAIN_MS         5000
#define SESSION_REFUSED_DRAIN_MS 500

struct session {
	const struct policy *policy;
	const struct request *request;
	const char *start; /* StartDirectory, a path below the root */
	struct root *root;
	struct stream *stream;
	struct body *body;
	struct peer *peer;
	struct audit *audit;
	bool pipelining; /* a source does not wait for each answer */
};

/* What follows after a record has been dealt with. */
enum session_next {
	SESSION_GO_ON,      /* take the next record */
	SESSION_SKIP,       /* this item does not go: the next one */
	SESSION_END,        /* read no more */
	SESSION_LOST,       /* the client is gone: errno */
	SESSION_GARBLED,    /* no end mark behind data: an answer is due */
	SESSION_UNANSWERED, /* the answer could not be sent: errno */
};

/* After an answer that was given: 0, or -1 with errno. */
enum session_next session_after_answer(int ret) ATTR_USE;

/* What the client sends from here on is nobody's business. */
enum session_next session_drain(const struct session *s) ATTR_USE;

/* The same with a last word: its allowance is used up (R-RES-1). */
enum session_next session_quit(
    const struct session *s, const char *message) ATTR_USE;

/* Work on files begins, which is not to be interrupted: see deadline.h. */
void session_work(const struct session *s);

/* What the client says of an item, for the log. */
void session_note_client(const char *text, size_t len);

/* The reason code of errno for a client that is lost; see errors_code(). */
const char *session_code(const struct session *s);

/*
 * The session ends before its time, for errno: log it, and tell a client that
 * may still listen.
 */
void session_fail(const struct session *s);

#endif

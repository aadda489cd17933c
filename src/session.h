/* SPDX-License-Identifier: ISC */
/*
 * What both roles work with: made by main before the process confines itself,
 * handed down from there.  All borrowed; no functions.
 */
#ifndef SESSION_H
#define SESSION_H

#include "audit.h"
#include "command.h"
#include "peer.h"
#include "policy.h"
#include "root.h"
#include "stream.h"

/* How long the input of a refused client may be silent before we end. */
#define SESSION_DRAIN_MS 5000

struct session {
	const struct policy *policy;
	const struct request *request;
	const char *start; /* StartDirectory, a path below the root */
	struct root *root;
	struct stream *stream;
	struct peer *peer;
	struct audit *audit;
};

/* What follows after a record has been dealt with. */
enum session_next {
	SESSION_GO_ON,      /* take the next record */
	SESSION_END,        /* read no more */
	SESSION_LOST,       /* the client is gone: errno */
	SESSION_GARBLED,    /* no end mark behind data: an answer is due */
	SESSION_UNANSWERED, /* the answer could not be sent: errno */
};

#endif

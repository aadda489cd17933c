/* SPDX-License-Identifier: ISC */
/*
 * The dialogue with the client: records in one direction, answers in the
 * other, and whose turn it is.  One answer for each event (R-WIRE-1): a second
 * one would be read as the answer to the next record, which is how a client
 * was led astray once (CVE-2020-12062).  This module knows whether an answer
 * is due and fails with EPROTO when one is given out of turn, without writing
 * a byte.
 *
 * As a sink:    peer_init(sink), answer; then peer_next(), answer, and after a
 *               file's header its data through the stream,
 *               peer_closing(), answer.
 * As a source:  peer_init(source), peer_wait_start(); then peer_send(),
 *               peer_answer(), and after a file's header its data through the
 *               stream, peer_close_file(), peer_answer().
 */
#ifndef PEER_H
#define PEER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "proto.h"
#include "stream.h"

/* Bytes of a text with its NUL that a message has room for. */
#define PEER_TEXT_MAX (MESSAGE_BYTES_MAX - sizeof("scp: ") - 1)

struct peer {
	struct stream *stream; /* borrowed */
	bool due;              /* the client waits for an answer of ours */
	bool complained;       /* an error went out or came in: exit status 1 */
	const char *line;      /* the last line read, borrowed from stream */
	size_t linelen;
};

/* As a sink the first answer is due at once, before any record. */
void peer_init(struct peer *p, struct stream *stream, bool sink);

/* --- sink ------------------------------------------------------------- */

enum peer_event {
	PEER_RECORD,    /* *rec is filled; C, D, E, T: an answer is due */
	PEER_MALFORMED, /* *err is filled; an answer is due */
	PEER_END,       /* end of input between records */
	PEER_LOST       /* end of input within a record, or errno */
};

/*
 * The next record.  NUL bytes and empty lines between records are passed over
 * (blind clients end a file with NUL and newline).  Names and text in *rec are
 * borrowed until the next call that reads.
 */
enum peer_event peer_next(
    struct peer *p, struct proto_record *rec, enum proto_err *err) ATTR_USE;

/* What the sender says of the file whose data it has just sent. */
enum peer_verdict {
	PEER_WHOLE,   /* NUL */
	PEER_BROKEN,  /* \1 or \2 and a text: what was sent is not the file */
	PEER_UNSAID,  /* end of input (R-WIRE-4) */
	PEER_GARBLED, /* some other byte */
	PEER_VANISHED /* errno */
};

/* Read it; an answer is due then.  text is the sender's, for the log. */
enum peer_verdict peer_closing(
    struct peer *p, const char **text, size_t *len) ATTR_USE;

/*
 * The answers.  0, or -1 with errno: EPROTO out of turn, EPIPE and others of
 * stream_write().  Texts are made printable, cut to MESSAGE_BYTES_MAX and
 * preceded by "scp: "; each sets complained.
 */
int peer_ack(struct peer *p) ATTR_USE;
int peer_warn(struct peer *p, const char *fmt, ...) ATTR_PRINTF(2, 3);
int peer_fatal(struct peer *p, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* The same for an item: "path: reason", see text_reason(). */
int peer_warn_item(struct peer *p, const char *path, const char *reason);

/*
 * After PEER_MALFORMED: the answer in OpenSSH's words, on which WinSCP keys
 * ("protocol error: ...", "error: unexpected filename: ...").
 */
int peer_warn_malformed(struct peer *p, enum proto_err err);

/* --- source ----------------------------------------------------------- */

enum peer_answer {
	PEER_YES,    /* NUL */
	PEER_NO,     /* \1: not this item */
	PEER_STOP,   /* \2, or anything that is no answer */
	PEER_SILENT, /* end of input */
	PEER_FAILED  /* errno */
};

/* The client's first byte.  PEER_NO is to be taken as PEER_YES. */
enum peer_answer peer_wait_start(struct peer *p) ATTR_USE;

/* The answer to a record or to a file; text is the client's, for the log. */
enum peer_answer peer_answer(
    struct peer *p, const char **text, size_t *len) ATTR_USE;

/* Send one record, made by proto_format_...(). */
int peer_send(struct peer *p, const char *record, size_t len) ATTR_USE;

/* After a file's data: they are the file. */
int peer_close_file(struct peer *p) ATTR_USE;

/*
 * An error in record position, or in place of peer_close_file(); the client
 * answers only the latter.  Sets complained.
 */
int peer_notice(struct peer *p, const char *fmt, ...) ATTR_PRINTF(2, 3);
int peer_notice_item(struct peer *p, const char *path, const char *reason);

#endif

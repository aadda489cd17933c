/* SPDX-License-Identifier: ISC */
/*
 * The dialogue with the client: records in one direction, answers in the
 * other, and whose turn it is.  One answer for each event (R-WIRE-1): a second
 * one would be read as the answer to the next record, which is how a client
 * was led astray once (CVE-2020-12062).  This module knows whether an answer
 * is due and fails with EPROTO when one is given out of turn, without writing
 * a byte.
 *
 * Early acknowledgement: behind the answer to a file that is stored, in the
 * same write, go credits: answers to records that have yet to come.  That
 * saves the round trip of each.  A record that finds a credit uses it up; its
 * answer has been given then and peer_ack() writes nothing.  At the end of a
 * file's header no credit may be left, for the client would take it for the
 * answer to the file's data (R-WIRE-3): so there is one, and two only where
 * each file so far came with its times.
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

enum peer_turn {
	PEER_NOTHING_DUE,
	PEER_ANSWER_DUE,   /* the client waits for it */
	PEER_ANSWER_GIVEN, /* it was, before the record came */
	PEER_ALL_SAID      /* the last word has been spoken */
};

struct peer {
	struct stream *stream; /* borrowed */
	bool sink;
	enum peer_turn turn;  /* as a sink */
	unsigned credits;     /* answers that no record has used yet */
	unsigned credits_max; /* 0: only strict answers; 1; 2: with times */
	bool has_times;       /* T came for the next C or D */
	bool lacks_times;     /* some file came without */
	bool in_file;         /* as a source: what is sent now is data */
	bool complained;      /* an error went out or came in: exit status 1 */
	const char *line;     /* the last line read, borrowed from stream */
	size_t linelen;
};

/* As a sink the first answer is due at once, before any record. */
void peer_init(struct peer *p, struct stream *stream, bool sink);

/*
 * As a sink: answer up to max records ahead, 2 at most.  Only for clients that
 * read answers byte by byte (see command.h).
 */
void peer_answer_early(struct peer *p, unsigned max);

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
 * Has the record at hand been answered before it came?  Then it cannot be
 * refused any more, only what follows it.
 */
bool peer_has_answered(const struct peer *p);

/*
 * The answers.  0, or -1 with errno: EPROTO out of turn, EPIPE and others of
 * stream_write().  peer_ack_stored() is for a file that has its name, and
 * grants credits.
 */
int peer_ack(struct peer *p) ATTR_USE;
int peer_ack_stored(struct peer *p) ATTR_USE;

/* --- both ------------------------------------------------------------- */

/*
 * An error, of level \1: as a sink the answer; as a source a record, or what
 * stands in place of peer_close_file(): only that is answered.  Text is made
 * printable, cut to MESSAGE_BYTES_MAX and preceded by "scp: "; sets
 * complained.
 */
int peer_warn(struct peer *p, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* The same for an item: "path: reason", see text_reason(). */
int peer_warn_item(struct peer *p, const char *path, const char *reason);

/* How bad it is: for this item only, or for all. */
enum peer_level {
	PEER_WARNING = 1,
	PEER_FATAL = 2
};

/*
 * The last word, after which nothing is said and no record read: also where
 * the answer was given early, and no matter whose turn it is; but not in the
 * middle of a file that is sent, for it would become part of it.
 */
int peer_quit(struct peer *p, enum peer_level level, const char *fmt, ...)
    ATTR_PRINTF(3, 4);

/*
 * The last word after PEER_MALFORMED, in OpenSSH's words, on which WinSCP keys
 * ("protocol error: ...", "error: unexpected filename: ...").
 */
int peer_quit_malformed(struct peer *p, enum proto_err err);

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

#endif

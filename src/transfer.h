/* SPDX-License-Identifier: ISC */
/*
 * The record of one file for TransferLog, as a line: a JSON object (RFC 8259)
 * or a line of xferlog(5).  Pure but for the time zone, which is the
 * process's.
 *
 * What the client chose stands last (R-LOG-1), the verdict first.  In JSON a
 * path that is UTF-8 is exact: what could drive a terminal is escaped.  Bytes
 * that are no UTF-8 become U+FFFD, and "path_hex" has all bytes of the path.
 * xferlog(5) separates by blanks and has no escapes: blanks, controls and what
 * is no UTF-8 are `_' there.  A path too long for the line is cut in the
 * middle ("..."), in JSON with "path_cut".
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "defs.h"

/* Bytes of a session's name, its NUL included. */
#define TRANSFER_ID_BYTES 40

/* Room for the longest path in its longest form, and the rest of the line. */
#define TRANSFER_BYTES_MAX (8 * PATH_BYTES_MAX + 2048)

/* Room for the rest of the line at its longest, and a part of the path. */
#define TRANSFER_BYTES_MIN 1536

enum transfer_result {
	TRANSFER_OK,
	TRANSFER_REFUSED, /* by a decision of ours */
	TRANSFER_FAILED   /* by an error */
};

/* What is the same in all records of a session.  All borrowed. */
struct transfer_session {
	const char *id;
	const char *user;
	const char *address;
	const char *method; /* of authentication; empty: unknown */
	const char *key;    /* its fingerprint; empty: unknown, or no key */
	const char *layers;
	unsigned long uid;
	unsigned port; /* 0: unknown */
	bool upload;
};

struct transfer {
	const struct transfer_session *session;
	struct timespec time;        /* of the end, CLOCK_REALTIME */
	unsigned long long duration; /* milliseconds */
	enum transfer_result result;
	const char *code;    /* the reason code; NULL with TRANSFER_OK */
	const char *keyword; /* that decided, or NULL */
	off_t size;          /* announced; -1: unknown */
	off_t bytes;         /* of the file's data that came or went */
	mode_t mode;         /* announced; (mode_t)-1: unknown */
	const time_t *mtime; /* announced, or NULL */
	const char *sha256;  /* of the file in hexadecimal digits, or NULL */
	unsigned long lost;  /* lines of the log, since the last record */
	const char *path;    /* pathlen bytes */
	size_t pathlen;
};

/*
 * Write the record without newline into dst, of TRANSFER_BYTES_MIN bytes at
 * least; what does not fit is cut from the path.  Returns the bytes before the
 * NUL.
 */
size_t transfer_json(char *dst, size_t size, const struct transfer *t) ATTR_USE;
size_t transfer_xferlog(
    char *dst, size_t size, const struct transfer *t) ATTR_USE;

/*
 * Read the time zone's file, for transfer_xferlog(): it must not have to, in a
 * confined process.
 */
void transfer_load_zone(void);

#endif

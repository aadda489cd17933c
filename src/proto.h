/* SPDX-License-Identifier: ISC */
/*
 * Control records of the SCP protocol, and nothing else: no I/O, no
 * allocation, no policy.  scp-protocol(5) describes the wire.
 *
 * A record arrives as one line without its newline, first byte included.
 * The parser is liberal where real clients differ (one to seven mode digits,
 * blanks after T, see scp-protocol(5)) and the formatter strict: four mode
 * digits, microseconds 0, one line.
 */
#ifndef PROTO_H
#define PROTO_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "defs.h"

enum proto_type {
	PROTO_FILE = 'C',
	PROTO_DIR = 'D',
	PROTO_END = 'E',
	PROTO_TIMES = 'T',
	PROTO_WARNING = 1, /* the peer failed on one item */
	PROTO_FATAL = 2    /* the peer gives up */
};

struct proto_record {
	enum proto_type type;
	mode_t mode;           /* C, D: 07777 at most, as the client sent it */
	off_t size;            /* C: never negative; D: ignored, always 0 */
	const char *name;      /* C, D: borrowed, points into the line */
	size_t namelen;        /* C, D: 1 to NAME_BYTES_MAX */
	struct timespec mtime; /* T: never before 1970, nanoseconds from µs */
	struct timespec atime; /* T: the same */
	const char *text;      /* \1, \2: borrowed, may be empty */
	size_t textlen;        /* \1, \2 */
};

enum proto_err {
	PROTO_OK,
	PROTO_E_TYPE,  /* no record begins so */
	PROTO_E_MODE,  /* not 1 to 7 octal digits */
	PROTO_E_SIZE,  /* not decimal, or over what off_t holds */
	PROTO_E_DELIM, /* no single blank where one must stand */
	PROTO_E_NAME,  /* empty, `.', `..', too long, or holds `/' or NUL */
	PROTO_E_TIME,  /* a T that is no time: to be acknowledged, ignored */
	PROTO_E_EXTRA, /* bytes after the end of an E */
	/* Found by whoever reads the lines: */
	PROTO_E_NO_TIMES, /* a C without T after others with it; see peer.h */
	PROTO_E_LONG,     /* over RECORD_BYTES_MAX */
	PROTO__COUNT
};

/*
 * Parse one line.  *out is written only when PROTO_OK is returned.  Fields
 * that the type does not have are zero.  The size of a D is checked and then
 * dropped.
 */
enum proto_err proto_parse(
    const char *line, size_t len, struct proto_record *out) ATTR_USE;

/* The name field of a C or D line refused for its name, for the message. */
void proto_bad_name(
    const char *line, size_t len, const char **name, size_t *namelen);

/*
 * May this be a name in a record: not empty, not `.' or `..', no `/', no NUL,
 * at most NAME_BYTES_MAX bytes (R-PATH-2; CVE-2018-20685, CVE-2000-0992).
 */
bool proto_is_name(const char *name, size_t len);

/* What went wrong, in OpenSSH's words where it has some; static text. */
const char *proto_strerror(enum proto_err err);

/*
 * Write a C or D record with its newline and a NUL.  A newline in the name
 * becomes \^J as OpenSSH's scp sends it; the size of a D is always 0.  Returns
 * the bytes before the NUL, or 0 if buf is too small (RECORD_BYTES_MAX + 2 is
 * enough for every name up to NAME_BYTES_MAX), bytes is negative or the type
 * is another; what buf then holds is not to be used.
 */
size_t proto_format_item(char *buf, size_t size, enum proto_type type,
    mode_t mode, off_t bytes, const char *name) ATTR_USE;

/* The same for a T record: whole seconds, microseconds 0, never negative. */
size_t proto_format_times(
    char *buf, size_t size, time_t mtime, time_t atime) ATTR_USE;

#endif

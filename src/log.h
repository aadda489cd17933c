/* SPDX-License-Identifier: ISC */
/*
 * The log: syslog datagrams of our own, or standard error.  The socket is
 * opened once by log_open(), before the process confines itself, and is never
 * reconnected.  A datagram that cannot be sent within a tenth of a second is
 * dropped, and after it all that cannot be sent at once, until one can: so
 * logging never fails a transfer, and a daemon that is stuck holds none up
 * (R-LOG-1).  syslog(3) is unfit for
 * this: it reconnects, and reads the time zone again.
 *
 * The same holds for standard error, whose reader is the client: a line that
 * would have to wait is dropped.
 *
 * The only module with state of its own.  Before log_open() nothing is
 * written.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/* The levels of sshd_config(5), from the quietest. */
enum log_level {
	LOG_LEVEL_QUIET,
	LOG_LEVEL_FATAL,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_INFO,
	LOG_LEVEL_VERBOSE,
	LOG_LEVEL_DEBUG
};

/* Longest line, so that a datagram with its head stays within 2 KiB. */
#define LOG_BYTES_MAX 1900

/*
 * Names as in sshd_config(5), in any case: QUIET ... DEBUG, DEBUG1..3;
 * DAEMON, USER, AUTH, AUTHPRIV, LOCAL0 ... LOCAL7.  False: unknown name.
 */
bool log_level_parse(const char *name, enum log_level *level) ATTR_USE;
const char *log_level_name(enum log_level level);

/* *facility as in syslog(3), LOG_AUTH and the like. */
bool log_facility_parse(const char *name, int *facility) ATTR_USE;
const char *log_facility_name(int facility);

/*
 * Begin to log what is at level or more urgent.  to_stderr writes lines to
 * standard error and opens nothing.  A missing syslog daemon is no error;
 * QUIET connects to none.  Returns the descriptor in use, -1 for none; it is
 * owned by this module.  Opening again closes what was open.
 */
int log_open(enum log_level level, int facility, bool to_stderr);

/* The same with a syslog daemon that listens on the socket at path. */
int log_open_at(const char *path, enum log_level level, int facility);

/*
 * Move the socket to descriptor fd, closing what is open there, so that a
 * filter of system calls can know it.  Returns fd, or -1 when there is no
 * socket.
 */
int log_move(int fd);

/*
 * How many lines were lost since log_open(), those for a daemon that is missing
 * among them.  The log itself tells of others as soon as a line gets through:
 * "lines lost: 3 (Resource temporarily unavailable)".
 */
unsigned long log_lost(void);

/*
 * A file for lines of another kind, open for appending, owned by this module
 * from here on; replaces the one before.  It is kept away from the numbers
 * that filter-tables.h gives out, until log_move_file(), which is as
 * log_move().  -1 with errno: out of descriptors.
 */
int log_take_file(int fd) ATTR_USE;
int log_move_file(int fd);

/*
 * Append a line, its newline included, to that file with one write(2); without
 * a file nothing.  What cannot be written is lost, which the log says once
 * until it works again.  errno is kept.
 */
void log_write_file(const char *line, size_t len);

/*
 * The same kind of line, without newline, to the log at INFO as it is: it must
 * hold no control characters.  Longer than LOG_BYTES_MAX is dropped.
 */
void log_record(const char *text, size_t len);

/*
 * One line; what is not printable is encoded by text_line(), but put what the
 * client chose through text_quote() first.  What is over LOG_BYTES_MAX is cut
 * off the end.  errno is kept.
 */
void log_error(const char *fmt, ...) ATTR_PRINTF(1, 2);
void log_info(const char *fmt, ...) ATTR_PRINTF(1, 2);
void log_verbose(const char *fmt, ...) ATTR_PRINTF(1, 2);
void log_debug(const char *fmt, ...) ATTR_PRINTF(1, 2);

/*
 * Will a line of this level be written?  To be asked where it takes work to
 * make one: where there is no daemon, asking counts it as lost.
 */
bool log_takes(enum log_level level) ATTR_USE;

#endif

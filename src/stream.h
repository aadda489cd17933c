/* SPDX-License-Identifier: ISC */
/*
 * The two ends of the connection as sshd hands them over: bytes in through a
 * buffer, bytes out at once or, where that is asked for, before the next wait
 * for input.  Nobody else reads descriptor 0 or writes 1, but for data of files
 * that pass both buffers by (body.h).
 *
 * What the client sends is a stream: one read may hold half a record, or a
 * record, a file and the next record.  Bytes that are in the buffer already
 * are always used first.
 *
 * Every function that may block gives up with ECANCELED soon after the
 * deadline of the session (deadline.h).
 */
#ifndef STREAM_H
#define STREAM_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "defs.h"

/* Room for any record, and for what sshd(8) writes at once. */
#define STREAM_IN_BYTES 32768

struct stream {
	int in;       /* borrowed */
	int out;      /* borrowed */
	size_t start; /* of the bytes in buf */
	size_t end;
	char *held; /* owned: bytes on their way out, or NULL */
	size_t nheld;
	bool holds; /* they may wait for each other */
	struct deadline deadline;
	char buf[STREAM_IN_BYTES]; /* read and not yet used */
};

/*
 * Begin.  Neither descriptor is touched, nor is the memory of the buffer.  Only
 * *stop ends it, until deadline_set().
 */
void stream_open(
    struct stream *s, int in, int out, const volatile sig_atomic_t *stop);

/* Free the buffers; the descriptors stay open, what is held is lost. */
void stream_close(struct stream *s);

/*
 * The next byte.  Returns 1 and takes it, 0 at end of input, -1 with errno.
 * stream_peek() leaves it in place.
 */
int stream_byte(struct stream *s, unsigned char *byte) ATTR_USE;
int stream_peek(struct stream *s, unsigned char *byte) ATTR_USE;

/*
 * The next line, without its newline.  *line is borrowed until the next call
 * that reads.  Returns 1, 0 at end of input before any byte of it, or -1 with
 * errno: EMSGSIZE when it is longer than max bytes, ECONNRESET when the input
 * ends within it.
 */
int stream_line(
    struct stream *s, size_t max, const char **line, size_t *len) ATTR_USE;

/* Is there input that nobody has read yet?  Never blocks. */
bool stream_is_waiting(struct stream *s) ATTR_USE;

/*
 * The buffer itself, for data.  stream_buffered(): how many bytes lie there, at
 * *data, borrowed until the next call that reads.  stream_fill() reads more
 * behind them, if there are less than STREAM_IN_BYTES: 1, 0 at end of input, or
 * -1 with errno.  stream_consume(): the first n of them are used.
 */
size_t stream_buffered(const struct stream *s, const char **data);
int stream_fill(struct stream *s) ATTR_USE;
void stream_consume(struct stream *s, size_t n);

/*
 * Write all bytes, in one write(2) where the other end has room.  Returns 0,
 * or -1 with errno (EPIPE: the client is gone).
 *
 * After stream_hold() they may stay here until more input is waited for or
 * stream_flush() is called: several records then leave in one write(2).
 */
int stream_write(struct stream *s, const void *data, size_t len) ATTR_USE;
int stream_hold(struct stream *s) ATTR_USE;
int stream_flush(struct stream *s) ATTR_USE;

/*
 * The same without a copy.  stream_room(): where data can be put behind what is
 * held, *size bytes; that goes out first where there is not room for all that
 * are wanted.  NULL with errno.  stream_put(): the first n bytes there are
 * data, to be written; with waits they may stay for what is written next, also
 * without stream_hold().
 */
char *stream_room(struct stream *s, off_t wanted, size_t *size) ATTR_USE;
int stream_put(struct stream *s, size_t n, bool waits) ATTR_USE;

/* Can some bytes (up to PIPE_BUF) be written without waiting? */
bool stream_has_room(struct stream *s) ATTR_USE;

/*
 * Read input away, unparsed, until it ends, nothing has come for silence_ms,
 * or a client that sends a byte now and then has had STREAM_DRAIN_SECONDS.
 * Never fails.  True if there was a byte that is neither NUL nor in ignored.
 */
#define STREAM_DRAIN_SECONDS 300
bool stream_drain(struct stream *s, int silence_ms, const char *ignored);

#endif

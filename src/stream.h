/* SPDX-License-Identifier: ISC */
/*
 * The two ends of the connection as sshd hands them over: bytes in through a
 * buffer, bytes out at once or, where that is asked for, before the next wait
 * for input.  Nobody else reads descriptor 0 or writes 1.
 *
 * What the client sends is a stream: one read may hold half a record, or a
 * record, a file and the next record.  Bytes that are in the buffer already
 * are always used first; the rest of a large file goes from the pipe through
 * one of our own to the file (relay.h), and by read and write where that is not
 * possible.  What is sent goes by splice(2) into a pipe and by sendfile(2) into
 * a socket.
 * Where a digest is wanted everything is copied: it begins anew with each file
 * and is complete when the file is.
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
#include "digest.h"
#include "lull.h"
#include "pace.h"
#include "progress.h"
#include "relay.h"

/* Room for any record, and for what sshd(8) writes at once. */
#define STREAM_IN_BYTES 32768

struct stream {
	int in;       /* borrowed */
	int out;      /* borrowed */
	size_t start; /* of the bytes in buf */
	size_t end;
	char *held; /* owned: bytes on their way out, or NULL */
	size_t nheld;
	bool holds;  /* they may wait for each other */
	bool joins;  /* the end of a file may wait for what is written next */
	off_t moved; /* bytes of the last file that went through */
	off_t out_whole;    /* bytes that lately went into empty pipes */
	struct lull lull;   /* before the next one to the client */
	bool out_is_socket; /* splice(2) refused it */
	struct pace pace;
	struct progress progress;
	struct relay *relay;   /* borrowed: for data that come; NULL: none */
	struct digest *digest; /* borrowed: of each file's data; NULL: none */
	struct deadline deadline;
	char buf[STREAM_IN_BYTES]; /* read and not yet used */
};

/* Begin.  Neither descriptor is touched, nor is the memory of the buffer. */
void stream_open(
    struct stream *s, int in, int out, const volatile sig_atomic_t *stop);

/*
 * From here on: so many bytes of files a second, and deadline_set().  0: no
 * such limit.
 */
void stream_limit(
    struct stream *s, off_t rate, unsigned idle, unsigned session);

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
 * Read exactly size bytes and write them to fd, from its present offset on;
 * fd -1 throws them away.  When writing fails, *file_errno is set (it is 0
 * otherwise) and the rest is thrown away, so that the client stays in step.
 * Returns 0 when all bytes were read, -1 with errno when they could not be:
 * ECONNRESET at end of input; s->moved tells how many were.
 */
int stream_to_file(
    struct stream *s, int fd, off_t size, int *file_errno) ATTR_USE;

/*
 * The same in parts: a file of size bytes begins, and each call takes what is
 * missing up to its offset end.
 */
void stream_begin_file(struct stream *s, off_t size);
int stream_part_to_file(
    struct stream *s, int fd, off_t end, int *file_errno) ATTR_USE;

/*
 * Write all bytes, in one write(2) where the other end has room.  Returns 0,
 * or -1 with errno (EPIPE: the client is gone).
 *
 * After stream_hold() they may stay here until more input is waited for or
 * stream_flush() is called: several records then leave in one write(2).
 * stream_join() allows that only for the end of a file and what is written
 * next.
 */
int stream_write(struct stream *s, const void *data, size_t len) ATTR_USE;
int stream_hold(struct stream *s) ATTR_USE;
void stream_join(struct stream *s);
int stream_flush(struct stream *s) ATTR_USE;

/* Can some bytes (up to PIPE_BUF) be written without waiting? */
bool stream_has_room(struct stream *s) ATTR_USE;

/*
 * Send exactly size bytes of fd, from offset 0 on.  Where the file ends early
 * or cannot be read, zeros take its place and *file_errno is set (EIO for an
 * early end), else it is 0.  Returns 0, or -1 with errno as stream_write().
 */
int stream_from_file(
    struct stream *s, int fd, off_t size, int *file_errno) ATTR_USE;

/*
 * Read input away, unparsed, until it ends, nothing has come for silence_ms,
 * or a client that sends a byte now and then has had STREAM_DRAIN_SECONDS.
 * Never fails.  True if there was a byte that is neither NUL nor in ignored.
 */
#define STREAM_DRAIN_SECONDS 300
bool stream_drain(struct stream *s, int silence_ms, const char *ignored);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The data of files, behind the header of a record: from the client to a file,
 * and from a file to the client.
 *
 * Of what comes, bytes that are in the buffer of the stream already are always
 * used first; the rest of a large file goes from the client's pipe through one
 * of our own to the file (relay.h), and by read and write where that is not
 * possible.  What is sent goes by splice(2) into a pipe and by sendfile(2) into
 * a socket; a small file, and what can do neither, is copied behind what the
 * stream holds.
 * Where a digest is wanted everything is copied: it begins anew with each file
 * and is complete when the file is.
 *
 * Every function that may block gives up with ECANCELED soon after the
 * deadline of the stream.
 */
#ifndef BODY_H
#define BODY_H

#include <sys/types.h>

#include <stdbool.h>

#include "defs.h"
#include "digest.h"
#include "lull.h"
#include "pace.h"
#include "progress.h"
#include "relay.h"
#include "stream.h"

struct body {
	struct stream *stream; /* borrowed */
	off_t moved;           /* bytes of the last file that went through */
	struct pace pace;
	struct progress progress;
	struct digest *digest; /* borrowed: of each file's data; NULL: none */
	struct relay *relay;   /* borrowed: for data that come; NULL: none */

	/* Of data that go. */
	bool joins;         /* the end may wait for what is written next */
	bool out_is_socket; /* splice(2) refused it */
	off_t out_whole;    /* bytes that lately went into empty pipes */
	struct lull lull;   /* before the next one to the client */
};

/* rate: so many bytes a second, from now on.  0: as fast as it goes. */
void body_init(struct body *b, struct stream *stream, off_t rate);

/*
 * Read exactly size bytes and write them to fd, from its present offset on;
 * fd -1 throws them away.  When writing fails, *file_errno is set (it is 0
 * otherwise) and the rest is thrown away, so that the client stays in step.
 * Returns 0 when all bytes were read, -1 with errno when they could not be:
 * ECONNRESET at end of input; b->moved tells how many were.
 */
int body_receive(struct body *b, int fd, off_t size, int *file_errno) ATTR_USE;

/*
 * The same in parts: a file of size bytes begins, and each call takes what is
 * missing up to its offset end.
 */
void body_begin(struct body *b, off_t size);
int body_receive_part(
    struct body *b, int fd, off_t end, int *file_errno) ATTR_USE;

/*
 * Send exactly size bytes of fd, from offset 0 on.  Where the file ends early
 * or cannot be read, zeros take its place and *file_errno is set (EIO for an
 * early end), else it is 0.  Returns 0, or -1 with errno as stream_write().
 *
 * After body_join() the end of a file that is copied may stay in the stream
 * until more is written there, or stream_flush() is called.
 */
int body_send(struct body *b, int fd, off_t size, int *file_errno) ATTR_USE;
void body_join(struct body *b);

#endif

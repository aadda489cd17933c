/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "stream.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Room for any record; above it copying gains nothing (measured). */
#define BUFFER_BYTES 65536

/* Less than this is cheaper to copy than to splice. */
#define SPLICE_BYTES_MIN 65536

/* Most of what larger pipes gain; 1 MiB would use up the user's share. */
#define PIPE_BYTES 262144

/* Most bytes for one splice(2): a signal is noticed in between. */
#define SPLICE_BYTES_MAX (16 << 20)

int
stream_open(
    struct stream *s, int in, int out, const volatile sig_atomic_t *stop)
{
	memset(s, 0, sizeof(*s));
	s->in = in;
	s->out = out;
	s->stop = stop;
	s->buf = malloc(BUFFER_BYTES);
	return s->buf == NULL ? -1 : 0;
}

void
stream_close(struct stream *s)
{
	free(s->buf);
	free(s->copy);
	s->buf = s->copy = NULL;
}

/* Wait for fd: its events, 0 when timeout_ms is over (-1: never), -1. */
static int
wait_for(int fd, short events, int timeout_ms)
{
	struct timespec timeout = { .tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L };
	struct pollfd pfd = { .fd = fd, .events = events };
	int n;

	n = ppoll(&pfd, 1, timeout_ms < 0 ? NULL : &timeout, NULL);
	return n == 1 ? pfd.revents : n;
}

/* Also where there is input enough in the buffer. */
static bool
is_stopped(const struct stream *s)
{
	if (*s->stop == 0)
		return false;
	errno = ECANCELED;
	return true;
}

/*
 * After a failed call on fd: may it be made again?  Waits for a descriptor
 * that somebody has made non-blocking.
 */
static bool
may_retry(struct stream *s, int fd, short events)
{
	if (is_stopped(s))
		return false;
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	return wait_for(fd, events, -1) != -1 || errno == EINTR;
}

/* read(2) from the client: bytes, 0 at the end, -1. */
static ssize_t
read_some(struct stream *s, char *dst, size_t size)
{
	ssize_t n;

	if (is_stopped(s))
		return -1;
	while ((n = read(s->in, dst, size)) == -1) {
		if (!may_retry(s, s->in, POLLIN))
			return -1;
	}
	return n;
}

static size_t
buffered(const struct stream *s)
{
	return s->end - s->start;
}

/* Read more behind what is buffered: 1, 0 at the end of input, -1. */
static int
fill(struct stream *s)
{
	ssize_t n;

	if (s->start == s->end) {
		s->start = s->end = 0;
	} else if (s->end == BUFFER_BYTES) {
		memmove(s->buf, s->buf + s->start, buffered(s));
		s->end -= s->start;
		s->start = 0;
	}
	n = read_some(s, s->buf + s->end, BUFFER_BYTES - s->end);
	if (n <= 0)
		return (int)n;
	s->end += (size_t)n;
	return 1;
}

int
stream_peek(struct stream *s, unsigned char *byte)
{
	int got;

	if (is_stopped(s))
		return -1;
	if (s->start == s->end && (got = fill(s)) != 1)
		return got;
	*byte = (unsigned char)s->buf[s->start];
	return 1;
}

int
stream_byte(struct stream *s, unsigned char *byte)
{
	int got;

	if ((got = stream_peek(s, byte)) == 1)
		s->start++;
	return got;
}

int
stream_line(struct stream *s, size_t max, const char **line, size_t *len)
{
	size_t searched = 0;
	char *newline;
	int got;

	if (is_stopped(s))
		return -1;
	for (;;) {
		newline = NULL;
		if (buffered(s) > searched)
			newline = memchr(s->buf + s->start + searched, '\n',
			    buffered(s) - searched);
		if (newline != NULL)
			break;
		searched = buffered(s);
		if (searched > max) {
			errno = EMSGSIZE;
			return -1;
		}
		if ((got = fill(s)) == 1)
			continue;
		if (got == 0 && searched > 0) {
			errno = ECONNRESET;
			return -1;
		}
		return got;
	}
	*line = s->buf + s->start;
	*len = (size_t)(newline - *line);
	if (*len > max) {
		errno = EMSGSIZE;
		return -1;
	}
	s->start += *len + 1;
	return 1;
}

bool
stream_is_waiting(struct stream *s)
{
	int events;

	if (s->start < s->end)
		return true;
	events = wait_for(s->in, POLLIN, 0);
	return events != -1 && (events & POLLIN) != 0;
}

static int
write_all(int fd, const char *p, size_t len, struct stream *s)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && !may_retry(s, fd, POLLOUT))
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int
stream_write(struct stream *s, const void *data, size_t len)
{
	return write_all(s->out, data, len, s);
}

/*
 * Ask for a larger pipe once; on anything that is no pipe, or over the
 * user's share, it stays as it is.
 */
static void
enlarge(int fd, bool *done)
{
	if (!*done)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
	*done = true;
}

static size_t
at_most(off_t left, size_t max)
{
	return left < (off_t)max ? (size_t)left : max;
}

/*
 * Use up what is buffered, as far as the file of size bytes goes.  A failure
 * of the file is kept; the bytes count all the same.
 */
static void
use_buffer(struct stream *s, int fd, off_t size, int *file_errno)
{
	size_t n = at_most(size - s->moved, buffered(s));

	if (fd != -1 && *file_errno == 0 &&
	    write_all(fd, s->buf + s->start, n, s) == -1)
		*file_errno = errno;
	s->start += n;
	s->moved += (off_t)n;
}

static int
end_of_input(void)
{
	errno = ECONNRESET;
	return -1;
}

/*
 * Move bytes to fd without copying them as long as there are many and both
 * ends can.  0, or -1 when there is no more input.
 */
static int
splice_in(struct stream *s, int fd, off_t size, int *file_errno)
{
	ssize_t n;

	while (size - s->moved > SPLICE_BYTES_MIN) {
		if (is_stopped(s))
			return -1;
		enlarge(s->in, &s->in_enlarged);
		n = splice(s->in, NULL, fd, NULL,
		    at_most(size - s->moved, SPLICE_BYTES_MAX), SPLICE_F_MOVE);
		if (n > 0) {
			s->moved += n;
		} else if (n == 0) {
			return end_of_input();
		} else if (!may_retry(s, s->in, POLLIN)) {
			if (errno == ECANCELED)
				return -1;
			/* Copying will do, or the file has failed. */
			if (errno != EINVAL)
				*file_errno = errno;
			return 0;
		}
	}
	return 0;
}

int
stream_to_file(struct stream *s, int fd, off_t size, int *file_errno)
{
	int got;

	*file_errno = 0;
	s->moved = 0;
	use_buffer(s, fd, size, file_errno);
	if (fd != -1 && *file_errno == 0 &&
	    splice_in(s, fd, size, file_errno) == -1)
		return -1;
	while (s->moved < size) {
		if ((got = fill(s)) == 0)
			return end_of_input();
		if (got == -1)
			return -1;
		use_buffer(s, fd, size, file_errno);
	}
	return 0;
}

/* One pread(2) of a file that is sent: bytes, 0 at its end, -1. */
static ssize_t
read_file(struct stream *s, int fd, off_t offset, off_t left)
{
	ssize_t n;

	do {
		n = pread(fd, s->copy, at_most(left, BUFFER_BYTES), offset);
	} while (n == -1 && errno == EINTR && *s->stop == 0);
	return n;
}

/* Zeros in the place of bytes that the file does not have any more. */
static int
send_zeros(struct stream *s, off_t left)
{
	size_t n;

	memset(s->copy, 0, at_most(left, BUFFER_BYTES));
	for (; left > 0; left -= (off_t)n) {
		n = at_most(left, BUFFER_BYTES);
		if (is_stopped(s) || stream_write(s, s->copy, n) == -1)
			return -1;
	}
	return 0;
}

/* Send by splicing as far as that goes; *offset tells how far.  0, -1. */
static int
splice_out(struct stream *s, int fd, off_t *offset, off_t size)
{
	ssize_t n;

	enlarge(s->out, &s->out_enlarged);
	while (*offset < size) {
		if (is_stopped(s))
			return -1;
		n = splice(fd, offset, s->out, NULL,
		    at_most(size - *offset, SPLICE_BYTES_MAX), SPLICE_F_MORE);
		if (n == 0)
			return 0;
		if (n == -1 && !may_retry(s, s->out, POLLOUT))
			return errno == EPIPE || errno == ECANCELED ? -1 : 0;
	}
	return 0;
}

int
stream_from_file(struct stream *s, int fd, off_t size, int *file_errno)
{
	ssize_t n;

	*file_errno = 0;
	s->moved = 0;
	if (s->copy == NULL && (s->copy = malloc(BUFFER_BYTES)) == NULL)
		return -1;
	if (size > SPLICE_BYTES_MIN && splice_out(s, fd, &s->moved, size) == -1)
		return -1;
	while (s->moved < size) {
		n = read_file(s, fd, s->moved, size - s->moved);
		if (is_stopped(s))
			return -1;
		if (n <= 0) {
			*file_errno = n == 0 ? EIO : errno;
			return send_zeros(s, size - s->moved);
		}
		if (stream_write(s, s->copy, (size_t)n) == -1)
			return -1;
		s->moved += n;
	}
	return 0;
}

void
stream_drain(struct stream *s, int silence_ms)
{
	s->start = s->end = 0;
	while (wait_for(s->in, POLLIN, silence_ms) > 0) {
		if (read_some(s, s->buf, BUFFER_BYTES) <= 0)
			break;
	}
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "body.h"

#include <sys/sendfile.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "retry.h"
#include "wait.h"

/* Less than this is cheaper to copy than to splice: what comes, what goes. */
#define SPLICE_IN_MIN  32768
#define SPLICE_OUT_MIN 16384

/*
 * The pipe to a client is enlarged where so many bytes in a row moved as whole
 * pipes: the client is faster then, and waits.  Else it stays as it is for
 * sshd(8), which reads 16 KiB at a time and keeps all that it gets in its
 * memory where the client's window is large (PuTTY: 2 GiB); a large pipe took
 * three times as long there (OpenSSH 9.2).
 */
#define WHOLE_BYTES ((off_t)8 << 20)
#define PIPE_BYTES  65536 /* as it is made */
#define PIPE_LARGER 1048576

/* From this on it pays to have the kernel read far ahead (measured). */
#define READ_AHEAD_MIN (1 << 20)

/* Most bytes for one splice(2): a signal is noticed in between. */
#define SPLICE_BYTES_MAX (16 << 20)

/* One that data go to or come from. */
struct end_of_data {
	int fd; /* -1: nowhere */
	off_t size;
	int error;    /* the first one */
	bool splices; /* as far as is known */
	bool suits;   /* certainly: what comes from a pipe */
};

void
body_init(struct body *b, struct stream *stream, off_t rate)
{
	memset(b, 0, sizeof(*b));
	b->stream = stream;
	pace_init(&b->pace, rate);
}

void
body_join(struct body *b)
{
	b->joins = true;
}

static size_t
at_most(off_t left, size_t max)
{
	return left < (off_t)max ? (size_t)left : max;
}

/* Sleep until the rate allows more; false: the session is over. */
static bool
keep_pace(struct body *b)
{
	int64_t ns;

	while (!deadline_is_over(&b->stream->deadline)) {
		if ((ns = pace_wait(&b->pace, clock_now())) == 0)
			return true;
		if (wait_for(-1, 0, ns) == -1 && errno != EINTR)
			return false;
	}
	return false;
}

/* How much of it may move now, if so much is possible at once. */
static size_t
next_bytes(const struct body *b, const struct end_of_data *e, size_t max)
{
	return pace_most(&b->pace, at_most(e->size - b->moved, max));
}

static void
have_moved(struct body *b, size_t n)
{
	b->moved += (off_t)n;
	pace_spend(&b->pace, n);
	progress_at(&b->progress, b->moved);
}

void
body_begin(struct body *b, off_t size)
{
	b->moved = 0;
	progress_begin(&b->progress, size);
	digest_begin(b->digest);
}

/*
 * Use what is buffered, as far as the file goes.  A failure of the file is
 * kept; the bytes count all the same.
 */
static void
use_buffer(struct body *b, struct end_of_data *to)
{
	struct stream *s = b->stream;
	const char *data;
	size_t n;

	n = next_bytes(b, to, stream_buffered(s, &data));
	if (to->fd != -1 && to->error == 0 &&
	    retry_write(&s->deadline, to->fd, data, n) == -1)
		to->error = errno;
	if (to->fd != -1)
		digest_add(b->digest, data, n);
	stream_consume(s, n);
	have_moved(b, n);
}

/* From the client: 1, 0 at the end of input, -1; what cannot is copied. */
static int
relay_in(struct body *b, struct end_of_data *to)
{
	struct stream *s = b->stream;
	ssize_t n;

	if (!to->suits && !(to->suits = relay_suits(b->relay, to->fd))) {
		to->splices = false;
		return 1;
	}
	do {
		n = relay_take(
		    b->relay, s->in, next_bytes(b, to, SPLICE_BYTES_MAX));
	} while (n == -1 && retry_is_due(&s->deadline, s->in, POLLIN));
	if (n >= 0)
		return n > 0;
	to->splices = false;
	return errno == ECANCELED ? -1 : 1;
}

/*
 * And to the file: 1, -1.  What it does not take counts all the same, and stays
 * in the relay: nothing goes through that any more.
 */
static int
relay_out(struct body *b, struct end_of_data *to)
{
	ssize_t n;

	do {
		n = relay_put(b->relay, to->fd);
	} while (
	    n == -1 && retry_is_due(&b->stream->deadline, to->fd, POLLOUT));
	if (n == -1 && errno == ECANCELED)
		return -1;
	if (n <= 0) {
		to->error = n == 0 ? EIO : errno;
		to->splices = false;
		n = (ssize_t)b->relay->held;
	}
	have_moved(b, (size_t)n);
	return 1;
}

/* Some bytes of a file: 1, 0 at the end of input, -1. */
static int
take_some(struct body *b, struct end_of_data *to)
{
	const char *data;
	int got;

	if (to->splices && b->relay->held > 0)
		return relay_out(b, to);
	if (stream_buffered(b->stream, &data) == 0) {
		if (to->splices && to->size - b->moved >= SPLICE_IN_MIN)
			return relay_in(b, to);
		if ((got = stream_fill(b->stream)) != 1)
			return got;
	}
	use_buffer(b, to);
	return 1;
}

int
body_receive_part(struct body *b, int fd, off_t end, int *file_errno)
{
	struct end_of_data to = { .fd = fd,
		.size = end,
		.splices = fd != -1 && b->digest == NULL && b->relay != NULL &&
		    b->relay->held == 0 };
	int got = 1;

	while (b->moved < end && got == 1)
		got = keep_pace(b) ? take_some(b, &to) : -1;
	*file_errno = to.error;
	if (got == 0)
		errno = ECONNRESET;
	return got == 1 ? 0 : -1;
}

int
body_receive(struct body *b, int fd, off_t size, int *file_errno)
{
	body_begin(b, size);
	return body_receive_part(b, fd, size, file_errno);
}

/* Zeros in the place of bytes that the file does not have any more. */
static int
send_zeros(struct body *b, off_t left)
{
	struct stream *s = b->stream;
	size_t n, room;
	char *zeros;

	if (left == 0)
		return 0;
	if (stream_flush(s) == -1 ||
	    (zeros = stream_room(s, left, &room)) == NULL)
		return -1;
	memset(zeros, 0, at_most(left, room));
	for (; left > 0; left -= (off_t)n) {
		n = pace_most(&b->pace, at_most(left, room));
		if (!keep_pace(b) ||
		    retry_write(&s->deadline, s->out, zeros, n) == -1)
			return -1;
		pace_spend(&b->pace, n);
	}
	return 0;
}

/* Of what was left to him nobody knows how fast the client took it. */
static void
watch_output(struct body *b, ssize_t n, int64_t took)
{
	bool whole = n >= PIPE_BYTES;

	lull_moved(&b->lull, whole, took);
	if (b->out_whole >= WHOLE_BYTES)
		return;
	b->out_whole = whole && b->lull.ns == 0 ? b->out_whole + n : 0;
	if (b->out_whole >= WHOLE_BYTES)
		(void)fcntl(b->stream->out, F_SETPIPE_SZ, PIPE_LARGER);
}

/* Move bytes without copying them; one that cannot is copied: 0, -1. */
static int
splice_out(struct body *b, struct end_of_data *from)
{
	size_t most = next_bytes(b, from, SPLICE_BYTES_MAX);
	struct stream *s = b->stream;
	off_t offset = b->moved;
	int64_t begun;
	ssize_t n;

	if (stream_flush(s) == -1)
		return -1;
	if (!lull_sleep(&b->lull))
		return 0;
	begun = clock_now();
	do {
		n = b->out_is_socket ? sendfile(s->out, from->fd, &offset, most)
				     : splice(from->fd, &offset, s->out, NULL,
					   most, SPLICE_F_MORE);
	} while (n == -1 && retry_is_due(&s->deadline, s->out, POLLOUT));
	if (n > 0 && b->moved > 0 && !b->out_is_socket)
		watch_output(b, n, clock_now() - begun);
	if (n > 0) {
		have_moved(b, (size_t)n);
		return 0;
	}
	/* Nothing has moved; what else is wrong copying will meet as well. */
	if (n == -1 && errno == EPIPE)
		return -1;
	from->splices = n == -1 && errno == EINVAL && !b->out_is_socket;
	b->out_is_socket |= from->splices;
	return 0;
}

/* Read behind what is held back, and send both unless that may wait. */
static int
copy_out(struct body *b, struct end_of_data *from)
{
	struct stream *s = b->stream;
	size_t room;
	ssize_t n;
	char *dst;

	if ((dst = stream_room(s, from->size - b->moved, &room)) == NULL)
		return -1;
	do {
		n = pread(from->fd, dst, next_bytes(b, from, room), b->moved);
	} while (n == -1 && errno == EINTR && !deadline_is_over(&s->deadline));
	if (deadline_is_over(&s->deadline))
		return -1;
	if (n <= 0) {
		from->error = n == 0 ? EIO : errno;
		return 0;
	}
	digest_add(b->digest, dst, (size_t)n);
	have_moved(b, (size_t)n);
	return stream_put(s, (size_t)n, b->joins && b->moved == from->size);
}

int
body_send(struct body *b, int fd, off_t size, int *file_errno)
{
	struct end_of_data from = { .fd = fd,
		.size = size,
		.splices = size >= SPLICE_OUT_MIN && b->digest == NULL };
	int ret = 0;

	if (size >= READ_AHEAD_MIN)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	body_begin(b, size);
	while (b->moved < size && ret == 0 && from.error == 0) {
		if (!keep_pace(b))
			ret = -1;
		else if (from.splices)
			ret = splice_out(b, &from);
		else
			ret = copy_out(b, &from);
	}
	*file_errno = from.error;
	return ret == 0 ? send_zeros(b, size - b->moved) : -1;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "stream.h"

#include <sys/sendfile.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "wait.h"

/* What is held back; above it copying gains nothing (measured). */
#define BUFFER_BYTES 65536

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

void
stream_open(
    struct stream *s, int in, int out, const volatile sig_atomic_t *stop)
{
	memset(s, 0, offsetof(struct stream, buf));
	s->in = in;
	s->out = out;
	deadline_init(&s->deadline, stop);
}

void
stream_limit(struct stream *s, off_t rate, unsigned idle, unsigned session)
{
	pace_init(&s->pace, rate, rate == 0 ? 0 : clock_now());
	deadline_set(&s->deadline, idle, session);
}

void
stream_close(struct stream *s)
{
	deadline_clear(&s->deadline);
	free(s->held);
	s->held = NULL;
}

/*
 * After a failed call on fd: may it be made again?  Waits for a descriptor
 * that somebody has made non-blocking.
 */
static bool
may_retry(struct stream *s, int fd, short events)
{
	int err = errno;

	if ((err != EINTR && err != EAGAIN) ||
	    deadline_is_over_waiting(&s->deadline))
		return false;
	return err == EINTR || wait_for(fd, events, -1) != -1 || errno == EINTR;
}

/* Before what may block, also where it will not. */
static bool
is_over(struct stream *s)
{
	return deadline_is_over(&s->deadline);
}

/* --- bytes in ----------------------------------------------------------- */

/*
 * read(2) from the client: bytes, 0 at the end, -1.  What was held back goes
 * out first: the client may wait for it.
 */
static ssize_t
read_some(struct stream *s, char *dst, size_t size)
{
	ssize_t n;

	if (stream_flush(s) == -1 || is_over(s))
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
	} else if (s->end == STREAM_IN_BYTES) {
		memmove(s->buf, s->buf + s->start, buffered(s));
		s->end -= s->start;
		s->start = 0;
	}
	n = read_some(s, s->buf + s->end, STREAM_IN_BYTES - s->end);
	if (n <= 0)
		return (int)n;
	s->end += (size_t)n;
	return 1;
}

int
stream_peek(struct stream *s, unsigned char *byte)
{
	int got;

	if (is_over(s))
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

	if (is_over(s))
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
	return s->start < s->end || wait_is_ready(s->in, POLLIN);
}

/* --- bytes out ---------------------------------------------------------- */

static int
write_all(int fd, const char *p, size_t len, struct stream *s)
{
	ssize_t n;

	while (len > 0) {
		/* What is written already counts; so does a last word. */
		(void)is_over(s);
		while ((n = write(fd, p, len)) == -1) {
			if (!may_retry(s, fd, POLLOUT))
				return -1;
		}
		/* No error and no progress: what to wait for is not said. */
		if (n == 0) {
			errno = EIO;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
get_room(struct stream *s)
{
	if (s->held == NULL)
		s->held = malloc(BUFFER_BYTES);
	return s->held == NULL ? -1 : 0;
}

int
stream_hold(struct stream *s)
{
	if (get_room(s) == -1)
		return -1;
	s->holds = true;
	return 0;
}

void
stream_join(struct stream *s)
{
	s->joins = true;
}

int
stream_flush(struct stream *s)
{
	size_t n = s->nheld;

	s->nheld = 0;
	return write_all(s->out, s->held, n, s);
}

int
stream_write(struct stream *s, const void *data, size_t len)
{
	if (len > BUFFER_BYTES - s->nheld && stream_flush(s) == -1)
		return -1;
	if ((!s->holds && s->nheld == 0) || len > BUFFER_BYTES)
		return write_all(s->out, data, len, s);
	memcpy(s->held + s->nheld, data, len);
	s->nheld += len;
	return s->holds ? 0 : stream_flush(s);
}

bool
stream_has_room(struct stream *s)
{
	return wait_is_ready(s->out, POLLOUT);
}

/* --- files -------------------------------------------------------------- */

/* One that data go to or come from. */
struct end_of_data {
	int fd; /* -1: nowhere */
	off_t size;
	int error;    /* the first one */
	bool splices; /* as far as is known */
	bool suits;   /* certainly: what comes from a pipe */
};

static size_t
at_most(off_t left, size_t max)
{
	return left < (off_t)max ? (size_t)left : max;
}

/* Sleep until the rate allows more; false: the session is over. */
static bool
keep_pace(struct stream *s)
{
	int64_t ns;

	while (!is_over(s)) {
		if ((ns = pace_wait(&s->pace, clock_now())) == 0)
			return true;
		if (wait_for(-1, 0, ns) == -1 && errno != EINTR)
			return false;
	}
	return false;
}

/* How much of it may move now, if so much is possible at once. */
static size_t
next_bytes(const struct stream *s, const struct end_of_data *e, size_t max)
{
	return pace_most(&s->pace, at_most(e->size - s->moved, max));
}

static void
have_moved(struct stream *s, size_t n)
{
	s->moved += (off_t)n;
	pace_spend(&s->pace, n);
	progress_at(&s->progress, s->moved);
}

void
stream_begin_file(struct stream *s, off_t size)
{
	s->moved = 0;
	progress_begin(&s->progress, size);
	digest_begin(s->digest);
}

/*
 * Use what is buffered, as far as the file goes.  A failure of the file is
 * kept; the bytes count all the same.
 */
static void
use_buffer(struct stream *s, struct end_of_data *to)
{
	size_t n = next_bytes(s, to, buffered(s));

	if (to->fd != -1 && to->error == 0 &&
	    write_all(to->fd, s->buf + s->start, n, s) == -1)
		to->error = errno;
	if (to->fd != -1)
		digest_add(s->digest, s->buf + s->start, n);
	s->start += n;
	have_moved(s, n);
}

/* From the client: 1, 0 at the end of input, -1; what cannot is copied. */
static int
relay_in(struct stream *s, struct end_of_data *to)
{
	ssize_t n;

	if (!to->suits && !(to->suits = relay_suits(s->relay, to->fd))) {
		to->splices = false;
		return 1;
	}
	do {
		n = relay_take(
		    s->relay, s->in, next_bytes(s, to, SPLICE_BYTES_MAX));
	} while (n == -1 && may_retry(s, s->in, POLLIN));
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
relay_out(struct stream *s, struct end_of_data *to)
{
	ssize_t n;

	do {
		n = relay_put(s->relay, to->fd);
	} while (n == -1 && may_retry(s, to->fd, POLLOUT));
	if (n == -1 && errno == ECANCELED)
		return -1;
	if (n <= 0) {
		to->error = n == 0 ? EIO : errno;
		to->splices = false;
		n = (ssize_t)s->relay->held;
	}
	have_moved(s, (size_t)n);
	return 1;
}

/* Some bytes of a file: 1, 0 at the end of input, -1. */
static int
take_some(struct stream *s, struct end_of_data *to)
{
	int got;

	if (to->splices && s->relay->held > 0)
		return relay_out(s, to);
	if (buffered(s) == 0) {
		if (to->splices && to->size - s->moved >= SPLICE_IN_MIN)
			return relay_in(s, to);
		if ((got = fill(s)) != 1)
			return got;
	}
	use_buffer(s, to);
	return 1;
}

int
stream_part_to_file(struct stream *s, int fd, off_t end, int *file_errno)
{
	struct end_of_data to = { .fd = fd,
		.size = end,
		.splices = fd != -1 && s->digest == NULL && s->relay != NULL &&
		    s->relay->held == 0 };
	int got = 1;

	while (s->moved < end && got == 1)
		got = keep_pace(s) ? take_some(s, &to) : -1;
	*file_errno = to.error;
	if (got == 0)
		errno = ECONNRESET;
	return got == 1 ? 0 : -1;
}

int
stream_to_file(struct stream *s, int fd, off_t size, int *file_errno)
{
	stream_begin_file(s, size);
	return stream_part_to_file(s, fd, size, file_errno);
}

/* Zeros in the place of bytes that the file does not have any more. */
static int
send_zeros(struct stream *s, off_t left)
{
	size_t n;

	if (left == 0)
		return 0;
	if (stream_flush(s) == -1)
		return -1;
	memset(s->held, 0, at_most(left, BUFFER_BYTES));
	for (; left > 0; left -= (off_t)n) {
		n = pace_most(&s->pace, at_most(left, BUFFER_BYTES));
		if (!keep_pace(s) || write_all(s->out, s->held, n, s) == -1)
			return -1;
		pace_spend(&s->pace, n);
	}
	return 0;
}

/* Of what was left to him nobody knows how fast the client took it. */
static void
watch_output(struct stream *s, ssize_t n, int64_t took)
{
	bool whole = n >= PIPE_BYTES;

	lull_moved(&s->lull, whole, took);
	if (s->out_whole >= WHOLE_BYTES)
		return;
	s->out_whole = whole && s->lull.ns == 0 ? s->out_whole + n : 0;
	if (s->out_whole >= WHOLE_BYTES)
		(void)fcntl(s->out, F_SETPIPE_SZ, PIPE_LARGER);
}

/* Move bytes without copying them; one that cannot is copied: 0, -1. */
static int
splice_out(struct stream *s, struct end_of_data *from)
{
	size_t most = next_bytes(s, from, SPLICE_BYTES_MAX);
	off_t offset = s->moved;
	int64_t begun;
	ssize_t n;

	if (stream_flush(s) == -1)
		return -1;
	if (!lull_sleep(&s->lull))
		return 0;
	begun = clock_now();
	do {
		n = s->out_is_socket ? sendfile(s->out, from->fd, &offset, most)
				     : splice(from->fd, &offset, s->out, NULL,
					   most, SPLICE_F_MORE);
	} while (n == -1 && may_retry(s, s->out, POLLOUT));
	if (n > 0 && s->moved > 0 && !s->out_is_socket)
		watch_output(s, n, clock_now() - begun);
	if (n > 0) {
		have_moved(s, (size_t)n);
		return 0;
	}
	/* Nothing has moved; what else is wrong copying will meet as well. */
	if (n == -1 && errno == EPIPE)
		return -1;
	from->splices = n == -1 && errno == EINVAL && !s->out_is_socket;
	s->out_is_socket |= from->splices;
	return 0;
}

/* Something comes behind what was read, and both may be one write(2). */
static bool
may_wait(const struct stream *s, const struct end_of_data *from)
{
	return s->holds || (s->joins && s->moved == from->size);
}

/* Read behind what is held back, and send both unless that may wait. */
static int
copy_out(struct stream *s, struct end_of_data *from)
{
	ssize_t n;

	if (from->size - s->moved > (off_t)(BUFFER_BYTES - s->nheld) &&
	    stream_flush(s) == -1)
		return -1;
	do {
		n = pread(from->fd, s->held + s->nheld,
		    next_bytes(s, from, BUFFER_BYTES - s->nheld), s->moved);
	} while (n == -1 && errno == EINTR && !is_over(s));
	if (is_over(s))
		return -1;
	if (n <= 0) {
		from->error = n == 0 ? EIO : errno;
		return 0;
	}
	digest_add(s->digest, s->held + s->nheld, (size_t)n);
	s->nheld += (size_t)n;
	have_moved(s, (size_t)n);
	return may_wait(s, from) ? 0 : stream_flush(s);
}

int
stream_from_file(struct stream *s, int fd, off_t size, int *file_errno)
{
	struct end_of_data from = { .fd = fd,
		.size = size,
		.splices = size >= SPLICE_OUT_MIN && s->digest == NULL };
	int ret = get_room(s);

	if (size >= READ_AHEAD_MIN)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	stream_begin_file(s, size);
	while (s->moved < size && ret == 0 && from.error == 0) {
		if (!keep_pace(s))
			ret = -1;
		else if (from.splices)
			ret = splice_out(s, &from);
		else
			ret = copy_out(s, &from);
	}
	*file_errno = from.error;
	return ret == 0 ? send_zeros(s, size - s->moved) : -1;
}

/* --- the rest ----------------------------------------------------------- */

/* Is there a byte besides those of ignored and its terminating NUL? */
static bool
has_others(const char *p, size_t len, const char *ignored)
{
	while (len > 0 && strchr(ignored, *p) != NULL) {
		p++;
		len--;
	}
	return len > 0;
}

bool
stream_drain(struct stream *s, int silence_ms, const char *ignored)
{
	int64_t now = clock_now(),
		end = now + STREAM_DRAIN_SECONDS * CLOCK_SECOND;
	int64_t quiet = now + silence_ms * CLOCK_MS, until;
	bool others = has_others(s->buf + s->start, buffered(s), ignored);
	ssize_t n;
	int got;

	s->start = s->end = 0;
	for (; !is_over(s); now = clock_now()) {
		until = quiet < end ? quiet : end;
		got = now < until ? wait_for(s->in, POLLIN, until - now) : 0;
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0 ||
		    (n = read_some(s, s->buf, STREAM_IN_BYTES)) <= 0)
			break;
		others = others || has_others(s->buf, (size_t)n, ignored);
		quiet = clock_now() + silence_ms * CLOCK_MS;
	}
	return others;
}

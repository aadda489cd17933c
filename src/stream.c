/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "stream.h"

#include <sys/types.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "retry.h"
#include "wait.h"

/* What is held back; above it copying gains nothing (measured). */
#define BUFFER_BYTES 65536

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
stream_close(struct stream *s)
{
	deadline_clear(&s->deadline);
	free(s->held);
	s->held = NULL;
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
		if (!retry_is_due(&s->deadline, s->in, POLLIN))
			return -1;
	}
	return n;
}

static size_t
buffered(const struct stream *s)
{
	return s->end - s->start;
}

size_t
stream_buffered(const struct stream *s, const char **data)
{
	*data = s->buf + s->start;
	return buffered(s);
}

void
stream_consume(struct stream *s, size_t n)
{
	s->start += n;
}

int
stream_fill(struct stream *s)
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
	if (s->start == s->end && (got = stream_fill(s)) != 1)
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
		newline = memchr(
		    s->buf + s->start + searched, '\n', buffered(s) - searched);
		if (newline != NULL)
			break;
		searched = buffered(s);
		if (searched > max) {
			errno = EMSGSIZE;
			return -1;
		}
		if ((got = stream_fill(s)) == 1)
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
get_buffer(struct stream *s)
{
	if (s->held == NULL)
		s->held = malloc(BUFFER_BYTES);
	return s->held == NULL ? -1 : 0;
}

int
stream_hold(struct stream *s)
{
	if (get_buffer(s) == -1)
		return -1;
	s->holds = true;
	return 0;
}

int
stream_flush(struct stream *s)
{
	size_t n = s->nheld;

	s->nheld = 0;
	return retry_write(&s->deadline, s->out, s->held, n);
}

int
stream_write(struct stream *s, const void *data, size_t len)
{
	if (len > BUFFER_BYTES - s->nheld && stream_flush(s) == -1)
		return -1;
	if ((!s->holds && s->nheld == 0) || len > BUFFER_BYTES)
		return retry_write(&s->deadline, s->out, data, len);
	memcpy(s->held + s->nheld, data, len);
	s->nheld += len;
	return s->holds ? 0 : stream_flush(s);
}

char *
stream_room(struct stream *s, off_t wanted, size_t *size)
{
	if (get_buffer(s) == -1 ||
	    (wanted > (off_t)(BUFFER_BYTES - s->nheld) &&
		stream_flush(s) == -1))
		return NULL;
	*size = BUFFER_BYTES - s->nheld;
	return s->held + s->nheld;
}

int
stream_put(struct stream *s, size_t n, bool waits)
{
	s->nheld += n;
	return s->holds || waits ? 0 : stream_flush(s);
}

bool
stream_has_room(struct stream *s)
{
	return wait_is_ready(s->out, POLLOUT);
}

/* --- drain -------------------------------------------------------------- */

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

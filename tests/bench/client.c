/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "client.h"

#include <sys/uio.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMES "T1700000000 0 1700000001 0\n"

/* Files up to this size travel in the buffers below. */
#define SMALL_BYTES  ((size_t)64 << 10)
#define BUFFER_BYTES ((size_t)256 << 10)
#define COPY_BYTES   ((size_t)32 << 10)

/* The dialogue's state. */
struct talk {
	struct client *c;
	struct session *s;
	unsigned credits; /* acknowledgements not used yet */
	size_t out_len;   /* waiting to be sent */
	size_t start;     /* of what was read and not used */
	size_t end;
	char *out;
	char *in;
};

/* Content of all files; on pages of its own, for vmsplice(2). */
static char *
content(void)
{
	static char *bytes;

	if (bytes != NULL)
		return bytes;
	if (posix_memalign((void **)&bytes, 4096, BUFFER_BYTES) != 0)
		err(1, NULL);
	memset(bytes, 'x', BUFFER_BYTES);
	return bytes;
}

const char *
client_file_name(unsigned i)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "file%05u", i);
	return name;
}

const char *
client_dir_name(unsigned level)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "directory%u", level);
	return name;
}

static void
talk_open(struct talk *t, struct client *c)
{
	memset(t, 0, sizeof(*t));
	t->c = c;
	t->s = c->session;
	t->out = malloc(BUFFER_BYTES);
	t->in = malloc(BUFFER_BYTES);
	if (t->out == NULL || t->in == NULL)
		err(1, NULL);
}

static void
talk_close(struct talk *t)
{
	free(t->out);
	free(t->in);
}

static void
send_all(struct talk *t, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(t->s->in, p, len)) == -1)
			session_fail(t->s, "cannot write to the server");
		p += n;
		len -= (size_t)n;
	}
}

static void
flush(struct talk *t)
{
	if (t->out_len > 0)
		send_all(t, t->out, t->out_len);
	t->out_len = 0;
}

static void
put(struct talk *t, const char *p, size_t len)
{
	if (len > BUFFER_BYTES - t->out_len)
		flush(t);
	memcpy(t->out + t->out_len, p, len);
	t->out_len += len;
}

/* Read more; false at the end.  What waits is sent first. */
static bool
fill(struct talk *t)
{
	ssize_t n;

	flush(t);
	if (t->start == t->end)
		t->start = t->end = 0;
	if (t->end == BUFFER_BYTES) {
		memmove(t->in, t->in + t->start, t->end - t->start);
		t->end -= t->start;
		t->start = 0;
	}
	n = read(t->s->out, t->in + t->end, BUFFER_BYTES - t->end);
	if (n == -1)
		session_fail(t->s, "cannot read from the server");
	if (t->c->first == 0)
		t->c->first = seconds_now();
	t->end += (size_t)n;
	return n > 0;
}

static void
need(struct talk *t)
{
	if (!fill(t))
		session_fail(t->s, "the server ended too early");
}

/* --- sending ---------------------------------------------------------- */

/* One acknowledgement is needed to go on. */
static void
await(struct talk *t)
{
	while (t->credits == 0) {
		need(t);
		for (; t->start < t->end; t->start++, t->credits++) {
			if (t->in[t->start] == '\0')
				continue;
			warnx(
			    "%.*s", (int)(t->end - t->start), t->in + t->start);
			session_fail(t->s, "the server refused");
		}
	}
	t->credits--;
}

static void
send_record(struct talk *t, const char *fmt, unsigned long size,
    const char *name, bool times)
{
	char line[128];
	int len;

	if (times) {
		put(t, TIMES, sizeof(TIMES) - 1);
		await(t);
	}
	len = snprintf(line, sizeof(line), "%s %lu %s\n", fmt, size, name);
	put(t, line, (size_t)len);
	await(t);
}

static void
send_bulk(struct talk *t, size_t left)
{
	struct iovec iov;
	ssize_t n;

	flush(t);
	while (left > 0) {
		if (t->c->mode == DATA_COPY) {
			iov.iov_len = left < COPY_BYTES ? left : COPY_BYTES;
			n = write(t->s->in, content(), iov.iov_len);
		} else {
			iov.iov_base = content();
			iov.iov_len = left < BUFFER_BYTES ? left : BUFFER_BYTES;
			n = vmsplice(t->s->in, &iov, 1, 0);
		}
		if (n == -1)
			session_fail(t->s, "cannot send data");
		left -= (size_t)n;
	}
}

static void
send_file(struct talk *t, const struct load *l, unsigned i)
{
	send_record(t, "C0644", l->size, client_file_name(i), l->times);
	if (l->size > SMALL_BYTES)
		send_bulk(t, l->size);
	else
		put(t, content(), l->size);
	put(t, "", 1);
	await(t);
	if (t->c->probe && i + 1 == l->files)
		t->c->dirty = session_dirty(t->s);
}

/* How many levels have files: one at least. */
static unsigned
levels(const struct load *l)
{
	return l->depth > 1 ? l->depth : 1;
}

void
client_upload(struct client *c, const struct load *l)
{
	struct talk t;
	unsigned i, level, n = levels(l);
	unsigned done = 0;

	talk_open(&t, c);
	await(&t);
	for (level = 0; level < n; level++) {
		if (!l->flat)
			send_record(
			    &t, "D0755", 0, client_dir_name(level), l->times);
		for (i = done; i < l->files * (level + 1) / n; i++)
			send_file(&t, l, i);
		done = i;
	}
	for (level = 0; level < n && !l->flat; level++) {
		put(&t, "E\n", 2);
		await(&t);
	}
	talk_close(&t);
}

/* --- receiving -------------------------------------------------------- */

/* The next record's line, which stays in the buffer; NULL at the end. */
static const char *
read_line(struct talk *t)
{
	size_t at = t->start;
	char *end;

	for (;;) {
		end = memchr(t->in + at, '\n', t->end - at);
		if (end != NULL)
			break;
		at = t->end - t->start;
		if (!fill(t)) {
			if (t->start == t->end)
				return NULL;
			session_fail(t->s, "half a record");
		}
		at += t->start;
	}
	*end = '\0';
	at = t->start;
	t->start = (size_t)(end + 1 - t->in);
	return t->in + at;
}

static void
receive_bulk(struct talk *t, size_t left)
{
	static int null = -1;
	size_t want;
	ssize_t n;

	flush(t);
	if (null == -1 &&
	    (null = open("/dev/null", O_WRONLY | O_CLOEXEC)) == -1)
		err(1, "/dev/null");
	while (left > 0) {
		if (t->c->mode == DATA_COPY) {
			want = left < COPY_BYTES ? left : COPY_BYTES;
			n = read(t->s->out, content(), want);
		} else {
			n = splice(
			    t->s->out, NULL, null, NULL, left, SPLICE_F_MOVE);
		}
		if (n <= 0)
			session_fail(t->s, "cannot receive data");
		left -= (size_t)n;
	}
}

static void
receive_data(struct talk *t, size_t left)
{
	size_t here;

	for (;;) {
		here = t->end - t->start < left ? t->end - t->start : left;
		t->start += here;
		left -= here;
		if (left == 0)
			break;
		if (left > SMALL_BYTES) {
			receive_bulk(t, left);
			break;
		}
		need(t);
	}
	while (t->start == t->end)
		need(t);
	if (t->in[t->start++] != '\0')
		session_fail(t->s, "the server could not send a file");
}

static size_t
receive_file(struct talk *t, const char *record)
{
	unsigned long size;
	unsigned mode;

	if (sscanf(record, "C%o %lu ", &mode, &size) != 2)
		session_fail(t->s, record);
	put(t, "", 1);
	receive_data(t, size);
	return size;
}

void
client_download(struct client *c, const struct load *l)
{
	const char *record;
	unsigned files = 0;
	size_t bytes = 0;
	struct talk t;

	talk_open(&t, c);
	put(&t, "", 1);
	while ((record = read_line(&t)) != NULL) {
		if (record[0] == 'C') {
			bytes += receive_file(&t, record);
			if (++files == l->files && c->probe)
				c->dirty = session_dirty(c->session);
		} else if (record[0] == '\0' ||
		    strchr("DET", record[0]) == NULL) {
			session_fail(t.s, record);
		}
		put(&t, "", 1);
	}
	if (files != l->files || bytes != l->files * l->size)
		session_fail(t.s, "not all files have come");
	talk_close(&t);
}

void
client_greet(struct client *c, bool upload)
{
	struct session *s = c->session;
	char byte;

	if ((!upload && write(s->in, "", 1) != 1) ||
	    read(s->out, &byte, 1) != 1)
		session_fail(s, "the server said nothing");
	c->first = seconds_now();
	if (byte != (upload ? '\0' : 'C'))
		session_fail(s, "the server refused");
	/* A download of an empty file; an upload of nothing. */
	if (!upload && write(s->in, "\0\0", 2) != 2)
		session_fail(s, "cannot write to the server");
}

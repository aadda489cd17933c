/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "peer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "text.h"

enum {
	ACK = 0,
	WARNING = 1,
	FATAL = 2
};

void
peer_init(struct peer *p, struct stream *stream, bool sink)
{
	memset(p, 0, sizeof(*p));
	p->stream = stream;
	p->due = sink;
}

/* Take a line into p->line: as stream_line(). */
static int
take_line(struct peer *p)
{
	return stream_line(p->stream, RECORD_BYTES_MAX, &p->line, &p->linelen);
}

/* Pass over what may stand between records: 1 at a record, 0, -1. */
static int
skip_filler(struct peer *p)
{
	unsigned char c;
	int got;

	while ((got = stream_peek(p->stream, &c)) == 1 &&
	    (c == '\0' || c == '\n')) {
		if ((got = stream_byte(p->stream, &c)) != 1)
			return got;
	}
	return got;
}

static enum peer_event
line_failed(struct peer *p, enum proto_err *err)
{
	if (errno != EMSGSIZE)
		return PEER_LOST;
	p->linelen = 0;
	p->due = true;
	*err = PROTO_E_LONG;
	return PEER_MALFORMED;
}

enum peer_event
peer_next(struct peer *p, struct proto_record *rec, enum proto_err *err)
{
	int got;

	if (p->due) {
		errno = EPROTO;
		return PEER_LOST;
	}
	if ((got = skip_filler(p)) != 1)
		return got == 0 ? PEER_END : PEER_LOST;
	if ((got = take_line(p)) != 1)
		return line_failed(p, err);
	*err = proto_parse(p->line, p->linelen, rec);
	if (*err != PROTO_OK) {
		p->due = true;
		return PEER_MALFORMED;
	}
	if (rec->type == PROTO_WARNING || rec->type == PROTO_FATAL)
		p->complained = true;
	else
		p->due = true;
	return PEER_RECORD;
}

enum peer_verdict
peer_closing(struct peer *p, const char **text, size_t *len)
{
	unsigned char c;
	int got;

	*text = "";
	*len = 0;
	p->due = true;
	if ((got = stream_byte(p->stream, &c)) != 1)
		return got == 0 ? PEER_UNSAID : PEER_VANISHED;
	if (c == ACK)
		return PEER_WHOLE;
	if (c != WARNING && c != FATAL)
		return PEER_GARBLED;
	p->complained = true;
	if ((got = take_line(p)) != 1) {
		if (got == 0)
			errno = ECONNRESET;
		return PEER_VANISHED;
	}
	*text = p->line;
	*len = p->linelen;
	return PEER_BROKEN;
}

int
peer_ack(struct peer *p)
{
	if (!p->due) {
		errno = EPROTO;
		return -1;
	}
	p->due = false;
	return stream_write(p->stream, "", 1);
}

static int send_message(struct peer *p, char severity, const char *fmt,
    va_list ap) ATTR_PRINTF(3, 0);
static int answer_with_message(struct peer *p, char severity, const char *fmt,
    va_list ap) ATTR_PRINTF(3, 0);

/* One message, whole, in one write. */
static int
send_message(struct peer *p, char severity, const char *fmt, va_list ap)
{
	static const char prefix[] = "scp: ";
	char buf[MESSAGE_BYTES_MAX];
	size_t n = 0;

	p->complained = true;
	buf[n++] = severity;
	memcpy(buf + n, prefix, sizeof(prefix) - 1);
	n += sizeof(prefix) - 1;
	n += text_vformat(buf + n, sizeof(buf) - n - 1, fmt, ap);
	buf[n++] = '\n';
	return stream_write(p->stream, buf, n);
}

static int
answer_with_message(struct peer *p, char severity, const char *fmt, va_list ap)
{
	if (!p->due) {
		errno = EPROTO;
		return -1;
	}
	p->due = false;
	return send_message(p, severity, fmt, ap);
}

int
peer_warn(struct peer *p, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = answer_with_message(p, WARNING, fmt, ap);
	va_end(ap);
	return ret;
}

int
peer_warn_item(struct peer *p, const char *path, const char *reason)
{
	char text[PEER_TEXT_MAX];

	(void)text_reason(text, sizeof(text), path, reason);
	return peer_warn(p, "%s", text);
}

int
peer_fatal(struct peer *p, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = answer_with_message(p, FATAL, fmt, ap);
	va_end(ap);
	return ret;
}

int
peer_warn_malformed(struct peer *p, enum proto_err err)
{
	const char *name;
	size_t len;

	if (err != PROTO_E_NAME)
		return peer_warn(p, "protocol error: %s", proto_strerror(err));
	proto_bad_name(p->line, p->linelen, &name, &len);
	return peer_warn(p, "error: unexpected filename: %.*s",
	    (int)(len < NAME_BYTES_MAX ? len : NAME_BYTES_MAX), name);
}

enum peer_answer
peer_answer(struct peer *p, const char **text, size_t *len)
{
	unsigned char c;
	int got;

	*text = "";
	*len = 0;
	if ((got = stream_byte(p->stream, &c)) != 1)
		return got == 0 ? PEER_SILENT : PEER_FAILED;
	if (c == ACK)
		return PEER_YES;
	p->complained = true;
	if ((got = take_line(p)) == -1 && errno != EMSGSIZE)
		return PEER_FAILED;
	if (got == 1) {
		*text = p->line;
		*len = p->linelen;
	}
	return c == WARNING && got == 1 ? PEER_NO : PEER_STOP;
}

enum peer_answer
peer_wait_start(struct peer *p)
{
	const char *text;
	size_t len;

	return peer_answer(p, &text, &len);
}

int
peer_send(struct peer *p, const char *record, size_t len)
{
	return stream_write(p->stream, record, len);
}

int
peer_close_file(struct peer *p)
{
	return stream_write(p->stream, "", 1);
}

int
peer_notice(struct peer *p, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = send_message(p, WARNING, fmt, ap);
	va_end(ap);
	return ret;
}

int
peer_notice_item(struct peer *p, const char *path, const char *reason)
{
	char text[PEER_TEXT_MAX];

	(void)text_reason(text, sizeof(text), path, reason);
	return peer_notice(p, "%s", text);
}

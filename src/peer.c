/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "peer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "text.h"

#define ACK '\0'

/* As many as a T and its C use up. */
#define CREDITS_MAX 2

void
peer_init(struct peer *p, struct stream *stream, bool sink)
{
	memset(p, 0, sizeof(*p));
	p->stream = stream;
	p->sink = sink;
	p->turn = sink ? PEER_ANSWER_DUE : PEER_NOTHING_DUE;
}

void
peer_answer_early(struct peer *p, unsigned max)
{
	p->credits_max = max < CREDITS_MAX ? max : CREDITS_MAX;
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

	do {
		got = stream_peek(p->stream, &c);
	} while (got == 1 && (c == '\0' || c == '\n') &&
	    (got = stream_byte(p->stream, &c)) == 1);
	return got;
}

static enum peer_event
line_failed(struct peer *p, enum proto_err *err)
{
	if (errno != EMSGSIZE)
		return PEER_LOST;
	p->linelen = 0;
	*err = PROTO_E_LONG;
	return PEER_MALFORMED;
}

/* A record that waits for an answer; credit may be there for it. */
static void
take_turn(struct peer *p)
{
	p->turn = PEER_ANSWER_DUE;
	if (p->credits == 0)
		return;
	p->credits--;
	p->turn = PEER_ANSWER_GIVEN;
}

/*
 * Keep account of who sends times.  False: a file's header leaves a credit,
 * because those before it had times and it has none.
 */
static bool
count_times(struct peer *p, enum proto_type type)
{
	bool had_times = p->has_times;

	p->has_times = type == PROTO_TIMES;
	if (type != PROTO_FILE)
		return true;
	p->lacks_times |= !had_times;
	return p->credits == 0;
}

static enum peer_event
take_record(struct peer *p, const struct proto_record *rec, enum proto_err *err)
{
	if (rec->type == PROTO_WARNING || rec->type == PROTO_FATAL) {
		p->complained = true;
		p->has_times = false;
		return PEER_RECORD;
	}
	take_turn(p);
	if (count_times(p, rec->type))
		return PEER_RECORD;
	*err = PROTO_E_NO_TIMES;
	return PEER_MALFORMED;
}

enum peer_event
peer_next(struct peer *p, struct proto_record *rec, enum proto_err *err)
{
	int got;

	if (p->turn == PEER_ANSWER_DUE || p->turn == PEER_ALL_SAID) {
		errno = EPROTO;
		return PEER_LOST;
	}
	if ((got = skip_filler(p)) != 1)
		return got == 0 ? PEER_END : PEER_LOST;
	if (take_line(p) != 1)
		return line_failed(p, err);
	*err = proto_parse(p->line, p->linelen, rec);
	if (*err == PROTO_OK)
		return take_record(p, rec, err);
	/* Of these only a T is answered as if it were right. */
	if (*err == PROTO_E_TIME)
		take_turn(p);
	p->has_times |= *err == PROTO_E_TIME;
	return PEER_MALFORMED;
}

enum peer_verdict
peer_closing(struct peer *p, const char **text, size_t *len)
{
	unsigned char c;
	int got;

	*text = "";
	*len = 0;
	p->turn = PEER_ANSWER_DUE;
	if ((got = stream_byte(p->stream, &c)) != 1)
		return got == 0 ? PEER_UNSAID : PEER_VANISHED;
	if (c == ACK)
		return PEER_WHOLE;
	if (c != PEER_WARNING && c != PEER_FATAL)
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

bool
peer_has_answered(const struct peer *p)
{
	return p->turn == PEER_ANSWER_GIVEN;
}

/* Is an answer due?  Nothing is any more then. */
static bool
use_turn(struct peer *p)
{
	if (p->turn != PEER_ANSWER_DUE) {
		errno = EPROTO;
		return false;
	}
	p->turn = PEER_NOTHING_DUE;
	return true;
}

int
peer_ack(struct peer *p)
{
	static const char ack = ACK;

	if (peer_has_answered(p)) {
		p->turn = PEER_NOTHING_DUE;
		return 0;
	}
	return use_turn(p) ? stream_write(p->stream, &ack, 1) : -1;
}

int
peer_ack_stored(struct peer *p)
{
	static const char acks[1 + CREDITS_MAX] = { ACK, ACK, ACK };

	if (!use_turn(p))
		return -1;
	p->credits = p->credits_max;
	if (p->credits > 1 && p->lacks_times)
		p->credits = 1;
	return stream_write(p->stream, acks, 1 + p->credits);
}

static int send_message(struct peer *p, enum peer_level level, const char *fmt,
    va_list ap) ATTR_PRINTF(3, 0);

/* One message, whole, in one write. */
static int
send_message(struct peer *p, enum peer_level level, const char *fmt, va_list ap)
{
	static const char prefix[] = "scp: ";
	char buf[MESSAGE_BYTES_MAX];
	size_t n = 0;

	p->complained = true;
	p->in_file = false;
	buf[n++] = (char)level;
	memcpy(buf + n, prefix, sizeof(prefix) - 1);
	n += sizeof(prefix) - 1;
	n += text_vformat(buf + n, sizeof(buf) - n - 1, fmt, ap);
	buf[n++] = '\n';
	return stream_write(p->stream, buf, n);
}

int
peer_warn(struct peer *p, const char *fmt, ...)
{
	va_list ap;
	int ret;

	if (p->sink && !use_turn(p))
		return -1;
	va_start(ap, fmt);
	ret = send_message(p, PEER_WARNING, fmt, ap);
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
peer_quit(struct peer *p, enum peer_level level, const char *fmt, ...)
{
	va_list ap;
	int ret;

	p->complained = true;
	if (p->turn == PEER_ALL_SAID || p->in_file) {
		errno = EPROTO;
		return -1;
	}
	p->turn = PEER_ALL_SAID;
	va_start(ap, fmt);
	ret = send_message(p, level, fmt, ap);
	va_end(ap);
	return ret == 0 ? stream_flush(p->stream) : -1;
}

int
peer_quit_malformed(struct peer *p, enum proto_err err)
{
	const char *name;
	size_t len;

	if (err != PROTO_E_NAME)
		return peer_quit(
		    p, PEER_WARNING, "protocol error: %s", proto_strerror(err));
	proto_bad_name(p->line, p->linelen, &name, &len);
	return peer_quit(p, PEER_WARNING, "error: unexpected filename: %.*s",
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
	return c == PEER_WARNING && got == 1 ? PEER_NO : PEER_STOP;
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
	p->in_file = record[0] == PROTO_FILE;
	return stream_write(p->stream, record, len);
}

int
peer_close_file(struct peer *p)
{
	static const char mark = ACK;

	p->in_file = false;
	return stream_write(p->stream, &mark, 1);
}

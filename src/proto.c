/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "proto.h"

#include <stdint.h>
#include <string.h>

/* libssh2 writes `C0%o' of a whole st_mode: 0 and six digits (R-WIRE-6). */
#define MODE_DIGITS_MAX 7

/* As many as INT64_MAX has. */
#define SIZE_DIGITS_MAX 19

/* In base 8 as well. */
#define NUMBER_DIGITS_MAX (3 * sizeof(uintmax_t))

#define USEC_MAX 999999

/* The bytes not yet consumed. */
struct cursor {
	const char *p;
	const char *end;
};

struct number {
	size_t digits; /* 0: there was no number */
	int64_t value;
	bool over; /* did not fit; all its digits are consumed all the same */
};

static bool
take(struct cursor *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

static bool
take_blanks(struct cursor *c)
{
	bool any = false;

	while (take(c, ' '))
		any = true;
	return any;
}

static bool
is_at_digit(const struct cursor *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static struct number
take_number(struct cursor *c)
{
	struct number n = { 0, 0, false };

	for (; is_at_digit(c); c->p++) {
		n.digits++;
		if (__builtin_mul_overflow(n.value, 10, &n.value) ||
		    __builtin_add_overflow(n.value, *c->p - '0', &n.value)) {
			n.over = true;
			n.value = 0;
		}
	}
	return n;
}

static bool
take_mode(struct cursor *c, mode_t *mode)
{
	size_t digits = 0;
	mode_t m = 0;

	for (; is_at_digit(c); c->p++) {
		if (*c->p > '7' || ++digits > MODE_DIGITS_MAX)
			return false;
		m = m << 3 | (mode_t)(*c->p - '0');
	}
	*mode = m & 07777;
	return digits > 0;
}

static bool
take_size(struct cursor *c, off_t *size)
{
	struct number n;

	n = take_number(c);
	if (n.digits == 0 || n.digits > SIZE_DIGITS_MAX || n.over)
		return false;
	return !__builtin_add_overflow(n.value, 0, size);
}

/* What follows the C or D.  The name is set also where it is refused. */
static enum proto_err
take_item(struct cursor *c, struct proto_record *r)
{
	if (!take_mode(c, &r->mode))
		return PROTO_E_MODE;
	if (!take(c, ' '))
		return PROTO_E_DELIM;
	if (!take_size(c, &r->size))
		return PROTO_E_SIZE;
	if (!take(c, ' '))
		return PROTO_E_DELIM;
	r->name = c->p;
	r->namelen = (size_t)(c->end - c->p);
	if (!proto_is_name(r->name, r->namelen))
		return PROTO_E_NAME;
	return PROTO_OK;
}

/* Seconds, blanks, microseconds; before 1970 becomes 1970. */
static bool
take_time(struct cursor *c, struct timespec *ts)
{
	struct number sec, usec;
	bool negative;

	negative = take(c, '-');
	sec = take_number(c);
	if (sec.digits == 0 || (sec.over && !negative) || !take_blanks(c))
		return false;
	usec = take_number(c);
	if (usec.digits == 0)
		return false;
	if (usec.over || usec.value > USEC_MAX)
		usec.value = USEC_MAX;
	if (negative)
		sec.value = usec.value = 0;
	ts->tv_nsec = (long)usec.value * 1000;
	return !__builtin_add_overflow(sec.value, 0, &ts->tv_sec);
}

/* What follows the T.  The ScpTo example of JSch puts a blank there. */
static enum proto_err
take_times(struct cursor *c, struct proto_record *r)
{
	(void)take_blanks(c); /* none is the rule */
	if (!take_time(c, &r->mtime) || !take_blanks(c) ||
	    !take_time(c, &r->atime) || c->p != c->end)
		return PROTO_E_TIME;
	return PROTO_OK;
}

static enum proto_err
take_end(const struct cursor *c)
{
	return c->p == c->end ? PROTO_OK : PROTO_E_EXTRA;
}

static enum proto_err
take_text(struct cursor *c, struct proto_record *r)
{
	r->text = c->p;
	r->textlen = (size_t)(c->end - c->p);
	c->p = c->end;
	return PROTO_OK;
}

static enum proto_err
take_record(struct cursor *c, struct proto_record *r)
{
	enum proto_err err;

	switch (*c->p++) {
	case PROTO_FILE:
		r->type = PROTO_FILE;
		return take_item(c, r);
	case PROTO_DIR:
		r->type = PROTO_DIR;
		err = take_item(c, r);
		r->size = 0;
		return err;
	case PROTO_END:
		r->type = PROTO_END;
		return take_end(c);
	case PROTO_TIMES:
		r->type = PROTO_TIMES;
		return take_times(c, r);
	case PROTO_WARNING:
		r->type = PROTO_WARNING;
		return take_text(c, r);
	case PROTO_FATAL:
		r->type = PROTO_FATAL;
		return take_text(c, r);
	default:
		return PROTO_E_TYPE;
	}
}

enum proto_err
proto_parse(const char *line, size_t len, struct proto_record *out)
{
	struct proto_record r;
	struct cursor c;
	enum proto_err err;

	if (len == 0)
		return PROTO_E_TYPE;
	memset(&r, 0, sizeof(r));
	c.p = line;
	c.end = line + len;
	err = take_record(&c, &r);
	if (err == PROTO_OK)
		*out = r;
	return err;
}

void
proto_bad_name(const char *line, size_t len, const char **name, size_t *namelen)
{
	struct proto_record r;
	struct cursor c;

	memset(&r, 0, sizeof(r));
	r.name = "";
	if (len > 0) {
		c.p = line;
		c.end = line + len;
		(void)take_record(&c, &r); /* known to fail, behind the name */
	}
	*name = r.name;
	*namelen = r.namelen;
}

bool
proto_is_name(const char *name, size_t len)
{
	if (len == 0 || len > NAME_BYTES_MAX)
		return false;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return false;
	return memchr(name, '/', len) == NULL &&
	    memchr(name, '\0', len) == NULL;
}

const char *
proto_strerror(enum proto_err err)
{
	static const char *const texts[PROTO__COUNT] = {
		[PROTO_OK] = "no error",
		[PROTO_E_TYPE] = "expected control record",
		[PROTO_E_MODE] = "bad mode",
		[PROTO_E_SIZE] = "size not present or out of range",
		[PROTO_E_DELIM] = "mode or size not delimited",
		[PROTO_E_NAME] = "unexpected filename",
		[PROTO_E_TIME] = "mtime or atime not present or out of range",
		[PROTO_E_EXTRA] = "unexpected bytes after E",
		[PROTO_E_NO_TIMES] = "expected times of file",
		[PROTO_E_LONG] = "record too long",
	};

	if ((size_t)err >= LENGTH(texts))
		return "unknown error";
	return texts[err];
}

/* What does not fit makes it full. */
struct output {
	char *buf;
	size_t size;
	size_t used;
	bool full;
};

/* The NUL has room as well. */
static void
put(struct output *o, const char *bytes, size_t n)
{
	o->full |= n >= o->size - o->used;
	if (o->full)
		return;
	memcpy(o->buf + o->used, bytes, n);
	o->used += n;
}

/* At least so many digits.  Not snprintf(3): each file has its record. */
static void
put_number(struct output *o, uintmax_t value, unsigned base, size_t least)
{
	char digits[NUMBER_DIGITS_MAX];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % base);
		value /= base;
	} while (value > 0 || sizeof(digits) - at < least);
	put(o, digits + at, sizeof(digits) - at);
}

static void
put_name(struct output *o, const char *name)
{
	size_t len;

	while (name[len = strcspn(name, "\n")] != '\0') {
		put(o, name, len);
		put(o, "\\^J", 3);
		name += len + 1;
	}
	put(o, name, len);
}

static void
put_time(struct output *o, time_t time)
{
	put_number(o, time < 0 ? 0 : (uintmax_t)time, 10, 1);
	put(o, " 0", 2);
}

static size_t
finish(struct output *o)
{
	put(o, "\n", 1);
	if (o->full)
		return 0;
	o->buf[o->used] = '\0';
	return o->used;
}

size_t
proto_format_item(char *buf, size_t size, enum proto_type type, mode_t mode,
    off_t bytes, const char *name)
{
	struct output o = { .buf = buf, .size = size };
	const char letter = (char)type;

	if ((type != PROTO_FILE && type != PROTO_DIR) || bytes < 0)
		return 0;
	put(&o, &letter, 1);
	put_number(&o, mode & 07777, 8, 4);
	put(&o, " ", 1);
	put_number(&o, type == PROTO_DIR ? 0 : (uintmax_t)bytes, 10, 1);
	put(&o, " ", 1);
	put_name(&o, name);
	return finish(&o);
}

size_t
proto_format_times(char *buf, size_t size, time_t mtime, time_t atime)
{
	struct output o = { .buf = buf, .size = size };

	put(&o, "T", 1);
	put_time(&o, mtime);
	put(&o, " ", 1);
	put_time(&o, atime);
	return finish(&o);
}

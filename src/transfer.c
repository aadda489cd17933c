/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "transfer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "utc.h"

/* Bytes that one character takes at most: \u0001. */
#define UNIT_BYTES_MAX 6

/* Bytes of a text that is no path, encoded; all but odd user names fit. */
#define FIELD_BYTES_MAX 256

/* Where in a text that is too long something is missing. */
#define CUT "..."

/* What does not fit is left out. */
struct line {
	char *dst;
	size_t size;
	size_t len;
};

/*
 * Writes a character of n bytes, or what is no character (n is 0), as a format
 * wants it.  Returns the bytes written.
 */
typedef size_t encoder(
    char dst[UNIT_BYTES_MAX], const char *src, size_t n, uint32_t code);

static size_t
room(const struct line *l)
{
	return l->size - 1 - l->len;
}

static void
put(struct line *l, const char *text, size_t len)
{
	if (len > room(l))
		len = room(l);
	memcpy(l->dst + l->len, text, len);
	l->len += len;
	l->dst[l->len] = '\0';
}

static void putf(struct line *l, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* For what is known to be short. */
static void
putf(struct line *l, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(l, text, strlen(text));
}

/* One unit of src: *used bytes of it, encoded into dst. */
static size_t
encode_next(encoder *encode, char dst[UNIT_BYTES_MAX], const char *src,
    size_t len, size_t *used)
{
	uint32_t code = 0;
	size_t n;

	n = text_character(src, len, &code);
	*used = n > 0 ? n : 1;
	return encode(dst, src, n, code);
}

static size_t
encoded_length(encoder *encode, const char *src, size_t len)
{
	char unit[UNIT_BYTES_MAX];
	size_t used, total = 0;

	for (; len > 0; src += used, len -= used)
		total += encode_next(encode, unit, src, len, &used);
	return total;
}

/* Write units while they fit into max bytes. */
static void
put_front(
    struct line *l, encoder *encode, const char *src, size_t len, size_t max)
{
	char unit[UNIT_BYTES_MAX];
	size_t used, n;

	for (; len > 0; src += used, len -= used) {
		n = encode_next(encode, unit, src, len, &used);
		if (n > max)
			return;
		put(l, unit, n);
		max -= n;
	}
}

/* Leave out units, of total bytes encoded, until the rest fits into max. */
static void
put_back(struct line *l, encoder *encode, const char *src, size_t len,
    size_t total, size_t max)
{
	char unit[UNIT_BYTES_MAX];
	size_t used;

	for (; total > max; src += used, len -= used)
		total -= encode_next(encode, unit, src, len, &used);
	put_front(l, encode, src, len, max);
}

/* A text in at most max bytes, more than CUT has; false: without its middle. */
static bool
put_cut(
    struct line *l, encoder *encode, const char *src, size_t len, size_t max)
{
	size_t total = encoded_length(encode, src, len);
	size_t half;

	if (total <= max) {
		put_front(l, encode, src, len, max);
		return true;
	}
	half = (max - (sizeof(CUT) - 1)) / 2;
	put_front(l, encode, src, len, half);
	put(l, CUT, sizeof(CUT) - 1);
	put_back(l, encode, src, len, total, half);
	return false;
}

/* --- JSON ------------------------------------------------------------- */

static size_t
encode_json(char dst[UNIT_BYTES_MAX], const char *src, size_t n, uint32_t code)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (n == 0) {
		memcpy(dst, replacement, sizeof(replacement) - 1);
		return sizeof(replacement) - 1;
	}
	if (!text_is_shown(code)) {
		/* None of these is beyond U+FFFF. */
		dst[0] = '\\';
		dst[1] = 'u';
		for (i = 0; i < 4; i++)
			dst[2 + i] = digits[code >> (12 - 4 * i) & 15];
		return 6;
	}
	if (code == '"' || code == '\\') {
		dst[0] = '\\';
		dst[1] = (char)code;
		return 2;
	}
	memcpy(dst, src, n);
	return n;
}

/* Before a member of the object: a comma, but not before the first. */
static void
put_name(struct line *l, const char *name)
{
	putf(l, "%s\"%s\":", l->dst[l->len - 1] == '{' ? "" : ",", name);
}

/* "name":"text"; nothing for a text that is not there. */
static void
put_string(struct line *l, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	put_name(l, name);
	put(l, "\"", 1);
	(void)put_cut(l, encode_json, text, strlen(text), FIELD_BYTES_MAX);
	put(l, "\"", 1);
}

/* "name":"2026-11-23T21:00:00Z", with milliseconds unless they are -1. */
static void
put_time(struct line *l, const char *name, time_t time, int ms)
{
	struct utc t;

	/* A year that the client made up. */
	if (!utc_from_time(time, &t))
		return;
	put_name(l, name);
	putf(l, "\"%04d-%02u-%02uT%02u:%02u:%02u", t.year, t.month, t.day,
	    t.hour, t.minute, t.second);
	if (ms >= 0)
		putf(l, ".%03d", ms);
	put(l, "Z\"", 2);
}

static void
put_verdict(struct line *l, const struct transfer *t)
{
	static const char *const results[] = {
		[TRANSFER_OK] = "ok",
		[TRANSFER_REFUSED] = "refused",
		[TRANSFER_FAILED] = "failed",
	};

	put_string(l, "result", results[t->result]);
	put_string(l, "reason", t->code);
	put_string(l, "keyword", t->keyword);
	put_string(l, "direction", t->session->upload ? "upload" : "download");
}

static void
put_session(struct line *l, const struct transfer_session *s)
{
	put_string(l, "user", s->user);
	putf(l, ",\"uid\":%lu", s->uid);
	put_string(l, "address", s->address);
	if (s->port != 0)
		putf(l, ",\"port\":%u", s->port);
	put_string(l, "method", s->method);
	put_string(l, "key", s->key);
	put_string(l, "session", s->id);
	put_string(l, "layers", s->layers);
}

static void
put_file(struct line *l, const struct transfer *t)
{
	if (t->size >= 0)
		putf(l, ",\"size\":%lld", (long long)t->size);
	putf(l, ",\"bytes\":%lld,\"duration\":%llu.%03llu", (long long)t->bytes,
	    t->duration / 1000, t->duration % 1000);
	if (t->mode != (mode_t)-1)
		putf(l, ",\"mode\":\"%04o\"", (unsigned)t->mode);
	if (t->mtime != NULL)
		put_time(l, "mtime", *t->mtime, -1);
	put_string(l, "sha256", t->sha256);
	if (t->lost > 0)
		putf(l, ",\"syslog_lost\":%lu", t->lost);
}

static bool
is_utf8(const char *text, size_t len)
{
	uint32_t code;
	size_t n;

	for (; len > 0; text += n, len -= n) {
		if ((n = text_character(text, len, &code)) == 0)
			return false;
	}
	return true;
}

static void
put_hex(struct line *l, const char *name, const char *bytes, size_t len)
{
	size_t i;

	put_name(l, name);
	put(l, "\"", 1);
	for (i = 0; i < len; i++)
		putf(l, "%02x", (unsigned)(unsigned char)bytes[i]);
	put(l, "\"", 1);
}

/* Last, because the client chose it and it takes what room there is. */
static void
put_path(struct line *l, const struct transfer *t)
{
	static const char cut[] = ",\"path_cut\":true";
	/* Also those around "path_hex". */
	const size_t others = sizeof(cut) + sizeof("\"}");
	bool exact = is_utf8(t->path, t->pathlen);
	size_t hex = 2 * t->pathlen;
	bool whole;

	put_name(l, "path");
	put(l, "\"", 1);
	whole = put_cut(l, encode_json, t->path, t->pathlen, room(l) - others);
	put(l, "\"", 1);
	if (whole && exact)
		return;
	if (whole && hex + others < room(l))
		put_hex(l, "path_hex", t->path, t->pathlen);
	else
		put(l, cut, sizeof(cut) - 1);
}

size_t
transfer_json(char *dst, size_t size, const struct transfer *t)
{
	struct line l = { .dst = dst, .size = size };

	put(&l, "{", 1);
	put_time(&l, "time", t->time.tv_sec, (int)(t->time.tv_nsec / 1000000));
	put_verdict(&l, t);
	put_session(&l, t->session);
	put_file(&l, t);
	put_path(&l, t);
	put(&l, "}", 1);
	return l.len;
}

/* --- xferlog(5) ------------------------------------------------------- */

static size_t
encode_word(char dst[UNIT_BYTES_MAX], const char *src, size_t n, uint32_t code)
{
	if (n == 0 || !text_is_shown(code) || text_is_blank(code)) {
		dst[0] = '_';
		return 1;
	}
	memcpy(dst, src, n);
	return n;
}

/* A text as one word, which is never empty, and a blank. */
static void
put_word(struct line *l, const char *text, size_t len, size_t max)
{
	if (len == 0)
		put(l, "_", 1);
	(void)put_cut(l, encode_word, text, len, max);
	put(l, " ", 1);
}

/* Whole seconds, one at least, as vsftpd has it: readers divide by it. */
static unsigned long long
whole_seconds(unsigned long long ms)
{
	return ms < 1000 ? 1 : (ms + 500) / 1000;
}

void
transfer_load_zone(void)
{
	const time_t now = time(NULL);
	struct tm tm;

	/* localtime_r(3) alone would look at the zone later, once. */
	tzset();
	(void)localtime_r(&now, &tm);
}

size_t
transfer_xferlog(char *dst, size_t size, const struct transfer *t)
{
	const struct transfer_session *s = t->session;
	struct line l = { .dst = dst, .size = size };
	char stamp[64] = "";
	struct tm tm;

	if (localtime_r(&t->time.tv_sec, &tm) != NULL)
		(void)strftime(
		    stamp, sizeof(stamp), "%a %b %d %H:%M:%S %Y", &tm);
	putf(&l, "%s %llu ", stamp, whole_seconds(t->duration));
	put_word(&l, s->address, strlen(s->address), FIELD_BYTES_MAX);
	putf(&l, "%lld ", (long long)t->bytes);
	put_word(&l, t->path, t->pathlen,
	    room(&l) - FIELD_BYTES_MAX - sizeof(" b _ o r  scp 0 * c"));
	putf(&l, "b _ %c r ", s->upload ? 'i' : 'o');
	put_word(&l, s->user, strlen(s->user), FIELD_BYTES_MAX);
	putf(&l, "scp 0 * %c", t->result == TRANSFER_OK ? 'c' : 'i');
	return l.len;
}

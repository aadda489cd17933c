/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes that one byte takes at most when it is encoded: \ooo. */
#define ENCODED_BYTES_MAX 4

/*
 * One byte as vis(3) writes it with VIS_CSTYLE|VIS_OCTAL|VIS_NL|VIS_TAB before
 * an octal digit.  Not vis(3) itself: libbsd's allocates memory twice for each
 * byte and asks the locale.
 */
static size_t
encode_control(char dst[ENCODED_BYTES_MAX], unsigned char byte)
{
	static const char letters[] = "abtnvfr";

	dst[0] = '\\';
	if (byte >= '\a' && byte <= '\r') {
		dst[1] = letters[byte - '\a'];
		return 2;
	}
	dst[1] = (char)('0' + (byte >> 6));
	dst[2] = (char)('0' + ((byte >> 3) & 7));
	dst[3] = (char)('0' + (byte & 7));
	return 4;
}

static bool
is_printable(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* The same, and a backslash before what could end or forge a quoted text. */
static size_t
encode(char dst[ENCODED_BYTES_MAX], char c)
{
	unsigned char byte = (unsigned char)c;

	if (!is_printable(byte))
		return encode_control(dst, byte);
	if (c == '"' || c == '\\') {
		dst[0] = '\\';
		dst[1] = c;
		return 2;
	}
	dst[0] = c;
	return 1;
}

/* How many bytes from the front of src take at most room bytes encoded. */
static size_t
fit_front(const char *src, size_t len, size_t room)
{
	char bytes[ENCODED_BYTES_MAX];
	size_t i;
	size_t n;

	for (i = 0; i < len; i++) {
		n = encode(bytes, src[i]);
		if (n > room)
			break;
		room -= n;
	}
	return i;
}

/* The same from its end. */
static size_t
fit_back(const char *src, size_t len, size_t room)
{
	char bytes[ENCODED_BYTES_MAX];
	size_t i;
	size_t n;

	for (i = 0; i < len; i++) {
		n = encode(bytes, src[len - 1 - i]);
		if (n > room)
			break;
		room -= n;
	}
	return i;
}

/* Writes len bytes in quotes, which is known to fit.  Returns its end. */
static char *
put_quoted(char *dst, const char *src, size_t len)
{
	size_t i;

	*dst++ = '"';
	for (i = 0; i < len; i++)
		dst += encode(dst, src[i]);
	*dst++ = '"';
	return dst;
}

const char *
text_quote(char *dst, size_t size, const char *src, size_t len)
{
	static const char cut[] = "...";
	const size_t room = (size - sizeof("\"\"...\"\"")) / 2;
	char *p;
	size_t n;

	if (fit_front(src, len, size - sizeof("\"\"")) == len) {
		p = put_quoted(dst, src, len);
	} else {
		p = put_quoted(dst, src, fit_front(src, len, room));
		memcpy(p, cut, sizeof(cut) - 1);
		n = fit_back(src, len, room);
		p = put_quoted(p + sizeof(cut) - 1, src + len - n, n);
	}
	*p = '\0';
	return dst;
}

size_t
text_line(char *dst, size_t size, const char *src, size_t len)
{
	char bytes[ENCODED_BYTES_MAX];
	size_t i;
	size_t n;
	size_t out = 0;

	for (i = 0; i < len; i++) {
		n = 1;
		bytes[0] = src[i];
		if (!is_printable((unsigned char)src[i]))
			n = encode_control(bytes, (unsigned char)src[i]);
		if (n >= size - out)
			break;
		memcpy(dst + out, bytes, n);
		out += n;
	}
	dst[out] = '\0';
	return out;
}

/* Bytes of the UTF-8 character that begins with this one; 0: none does. */
static size_t
utf8_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

static bool
utf8_continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t
text_character(const char *text, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	const size_t n = utf8_length(p[0]);
	uint32_t c;
	size_t i;

	if (n == 0 || n > len)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if (!utf8_continues(p[i]))
			return 0;
		c = c << 6 | (p[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return n;
}

bool
text_is_shown(uint32_t code)
{
	return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) &&
	    !(code >= 0x2028 && code <= 0x202e) &&
	    !(code >= 0x2066 && code <= 0x2069);
}

bool
text_is_blank(uint32_t code)
{
	return code == ' ' || code == 0xa0 || code == 0x1680 ||
	    (code >= 0x2000 && code <= 0x200f) || code == 0x202f ||
	    code == 0x205f || code == 0x3000 || code == 0xfeff;
}

bool
text_is_lookalike(const char *p, bool begins_word)
{
	uint32_t code = 0;

	if (text_character(p, strnlen(p, 4), &code) == 0)
		return false;
	if (code != ' ' && text_is_blank(code))
		return true;
	return begins_word &&
	    (code == '\'' || (code >= 0x2018 && code <= 0x201f));
}

/* Never grows what it reads, so that dst may be src. */
size_t
text_plain(char *dst, size_t size, const char *src, size_t len)
{
	uint32_t code = 0;
	size_t in = 0;
	size_t out = 0;
	size_t n;
	bool shown;

	if (size == 0)
		return 0;
	while (in < len) {
		n = text_character(src + in, len - in, &code);
		shown = n > 0 && text_is_shown(code);
		if ((shown ? n : 1) >= size - out)
			break;
		if (shown) {
			memmove(dst + out, src + in, n);
			out += n;
		} else {
			dst[out++] = '?';
		}
		in += n > 0 ? n : 1;
	}
	dst[out] = '\0';
	return out;
}

/* How much of a text that was cut after len bytes is whole characters. */
static size_t
whole_characters(const char *text, size_t len)
{
	size_t n;
	unsigned char byte;

	for (n = 1; n <= 3 && n <= len; n++) {
		byte = (unsigned char)text[len - n];
		if (utf8_continues(byte))
			continue;
		return utf8_length(byte) > n ? len - n : len;
	}
	return len;
}

size_t
text_vformat(char *dst, size_t size, const char *fmt, va_list ap)
{
	size_t len = 0;
	int n;

	n = vsnprintf(dst, size, fmt, ap);
	if (n >= 0 && (size_t)n < size)
		len = (size_t)n;
	else if (n >= 0 && size > 0)
		len = whole_characters(dst, size - 1);
	return text_plain(dst, size, dst, len);
}

size_t
text_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	len = text_vformat(dst, size, fmt, ap);
	va_end(ap);
	return len;
}

size_t
text_add(char *dst, size_t size, size_t used, const char *more)
{
	size_t len = strlen(more);

	if (len > size - used - 1)
		len = size - used - 1;
	memcpy(dst + used, more, len);
	dst[used + len] = '\0';
	return used + len;
}

size_t
text_add_number(char *dst, size_t size, size_t used, unsigned long number)
{
	char digits[24];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	return text_add(dst, size, used, p);
}

size_t
text_reason(char *dst, size_t size, const char *path, const char *reason)
{
	static const char cut[] = "...";
	size_t len = strlen(path), rest = strlen(reason) + sizeof(": ");

	if (rest + len <= size || rest + sizeof(cut) > size)
		return text_format(dst, size, "%s: %s", path, reason);
	path += len - (size - rest - (sizeof(cut) - 1));
	return text_format(dst, size, "%s%s: %s", cut, path, reason);
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "authinfo.h"

#include <stdint.h>
#include <string.h>

#include "digest.h"

/* What names of methods are made of, those behind a slash included. */
#define METHOD_BYTES "abcdefghijklmnopqrstuvwxyz0123456789-@./_"

#define PREFIX "SHA256:"

/* In the names of certificate types; nothing else has it. */
#define CERTIFICATE "-cert-v01@openssh.com"

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Part of the text that is ours to use up. */
struct span {
	char *p;
	size_t len;
};

/* Which key is in a certificate (PROTOCOL.certkeys of OpenSSH). */
static const struct certificate {
	const char *type;
	const char *plain;
	unsigned fields; /* of the key, behind the nonce */
} certificates[] = {
	{ "ssh-ed25519" CERTIFICATE, "ssh-ed25519", 1 },
	{ "ssh-rsa" CERTIFICATE, "ssh-rsa", 2 },
	{ "ecdsa-sha2-nistp256" CERTIFICATE, "ecdsa-sha2-nistp256", 2 },
	{ "ecdsa-sha2-nistp384" CERTIFICATE, "ecdsa-sha2-nistp384", 2 },
	{ "ecdsa-sha2-nistp521" CERTIFICATE, "ecdsa-sha2-nistp521", 2 },
	{ "sk-ssh-ed25519" CERTIFICATE, "sk-ssh-ed25519@openssh.com", 2 },
	{ "sk-ecdsa-sha2-nistp256" CERTIFICATE,
	    "sk-ecdsa-sha2-nistp256@openssh.com", 3 },
	{ "ssh-dss" CERTIFICATE, "ssh-dss", 4 },
};

static bool
is_word(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.p, word, s.len) == 0;
}

/* Take what stands before the separator, or all; *rest is what follows it. */
static struct span
take(struct span *rest, char separator)
{
	struct span part = *rest;
	char *end = NULL;

	if (rest->len > 0)
		end = memchr(rest->p, separator, rest->len);
	if (end != NULL)
		part.len = (size_t)(end - rest->p);
	rest->p += part.len + (end != NULL);
	rest->len -= part.len + (end != NULL);
	return part;
}

/* The value of a digit, or -1. */
static int
digit_value(char c)
{
	const char *p;

	p = c == '\0' ? NULL : strchr(base64, c);
	return p == NULL ? -1 : (int)(p - base64);
}

/* In place.  Bytes decoded; 0 for what is not padded base64. */
static size_t
decode(char *text, size_t len)
{
	uint32_t bits = 0;
	size_t i, out = 0, digits = len;
	int value;

	while (digits > 0 && len - digits < 2 && text[digits - 1] == '=')
		digits--;
	if (len % 4 != 0)
		return 0;
	for (i = 0; i < digits; i++) {
		if ((value = digit_value(text[i])) == -1)
			return 0;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0)
			text[out++] = (char)(bits >> (6 - 2 * (i % 4)) & 255);
	}
	return out;
}

/* A string of the SSH protocol, RFC 4251, section 5; false: there is none. */
static bool
take_string(struct span *blob, struct span *s)
{
	const unsigned char *p = (const unsigned char *)blob->p;
	uint32_t len;

	if (blob->len < 4)
		return false;
	len = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	if (len > blob->len - 4)
		return false;
	s->p = blob->p + 4;
	s->len = len;
	blob->p += 4 + len;
	blob->len -= 4 + len;
	return true;
}

/* "SHA256:" and the digest in base64 without padding. */
static void
put_fingerprint(char dst[AUTHINFO_KEY_BYTES], struct digest *d)
{
	uint8_t bytes[DIGEST_BYTES + 1];
	char *p = dst + strlen(PREFIX);
	size_t bit;
	unsigned pair;

	memcpy(dst, PREFIX, strlen(PREFIX));
	digest_end(d, bytes);
	bytes[DIGEST_BYTES] = 0;
	for (bit = 0; bit < (size_t)8 * DIGEST_BYTES; bit += 6) {
		pair = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
		*p++ = base64[pair >> (10 - bit % 8) & 63];
	}
	*p = '\0';
}

static void
add_string(struct digest *d, const char *text)
{
	size_t len = strlen(text);
	uint8_t head[4] = { 0, 0, 0, (uint8_t)len };

	digest_add(d, head, sizeof(head));
	digest_add(d, text, len);
}

/* The key in a certificate, as it would be without it; false: none. */
static bool
add_certified_key(struct digest *d, struct span type, struct span blob)
{
	const struct certificate *c = NULL;
	struct span field, key;
	size_t i;

	for (i = 0; i < LENGTH(certificates); i++) {
		if (is_word(type, certificates[i].type))
			c = &certificates[i];
	}
	if (c == NULL || !take_string(&blob, &field))
		return false;
	key = blob;
	for (i = 0; i < c->fields; i++) {
		if (!take_string(&blob, &field))
			return false;
	}
	add_string(d, c->plain);
	digest_add(d, key.p, key.len - blob.len);
	return true;
}

static bool
is_certificate(struct span type)
{
	const size_t len = strlen(CERTIFICATE);

	return type.len > len &&
	    memcmp(type.p + type.len - len, CERTIFICATE, len) == 0;
}

/*
 * The key of a line's second and third word: whose type is the one that it
 * says itself.  False: no key at all, which methods without one may have.
 */
static bool
take_key(struct span type, struct span text, struct authinfo *out)
{
	struct span blob, rest, own_type;
	struct digest d;

	blob.p = text.p;
	blob.len = decode(text.p, text.len);
	rest = blob;
	if (!take_string(&rest, &own_type) || own_type.len != type.len ||
	    memcmp(own_type.p, type.p, type.len) != 0)
		return false;
	digest_begin(&d);
	if (!is_certificate(type))
		digest_add(&d, blob.p, blob.len);
	else if (!add_certified_key(&d, type, rest))
		return false;
	put_fingerprint(out->key, &d);
	return true;
}

static bool
is_method(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '\0' || strchr(METHOD_BYTES, s.p[i]) == NULL)
			return false;
	}
	return s.len > 0;
}

/* Append a method's name; false: too many. */
static bool
add_method(struct authinfo *out, struct span method)
{
	size_t used = strlen(out->method);

	if (used + method.len + 2 > sizeof(out->method))
		return false;
	if (used > 0)
		out->method[used++] = ',';
	memcpy(out->method + used, method.p, method.len);
	out->method[used + method.len] = '\0';
	return true;
}

static bool
take_line(struct span line, struct authinfo *out)
{
	struct span method = take(&line, ' ');
	struct span type = take(&line, ' ');
	struct span key = take(&line, ' ');

	if (!is_method(method) || !add_method(out, method))
		return false;
	if (key.len > 0 && out->key[0] == '\0')
		(void)take_key(type, key, out);
	return true;
}

bool
authinfo_parse(char *text, size_t len, struct authinfo *out)
{
	struct span rest = { .p = text, .len = len };
	bool ok = len > 0 && len <= AUTHINFO_BYTES_MAX && text[len - 1] == '\n';

	out->method[0] = out->key[0] = '\0';
	while (ok && rest.len > 0)
		ok = take_line(take(&rest, '\n'), out);
	if (!ok)
		out->method[0] = out->key[0] = '\0';
	return ok;
}

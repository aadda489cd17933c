/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "digest.h"

void
digest_begin(struct digest *d)
{
	if (d != NULL)
		SHA256Init(&d->context);
}

void
digest_add(struct digest *d, const void *data, size_t len)
{
	if (d != NULL)
		SHA256Update(&d->context, data, len);
}

void
digest_end(struct digest *d, uint8_t out[DIGEST_BYTES])
{
	SHA256Final(out, &d->context);
}

void
digest_end_text(struct digest *d, char out[DIGEST_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[DIGEST_BYTES];
	size_t i;

	digest_end(d, bytes);
	for (i = 0; i < DIGEST_BYTES; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * i] = '\0';
}

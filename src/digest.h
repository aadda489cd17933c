/* SPDX-License-Identifier: ISC */
/* SHA-256 of bytes that come in pieces. */
#ifndef DIGEST_H
#define DIGEST_H

#include <sys/types.h>

#include <sha2.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES SHA256_DIGEST_LENGTH

/* In hexadecimal digits, with a NUL. */
#define DIGEST_TEXT_BYTES ((size_t)2 * DIGEST_BYTES + 1)

struct digest {
	SHA2_CTX context;
};

/* Where d is NULL, nothing. */
void digest_begin(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t len);

/* Of all that was added; to add more, begin again. */
void digest_end(struct digest *d, uint8_t out[DIGEST_BYTES]);
void digest_end_text(struct digest *d, char out[DIGEST_TEXT_BYTES]);

#endif

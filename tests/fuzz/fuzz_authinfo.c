/* SPDX-License-Identifier: ISC */
/*
 * What sshd says of a login is refused whole, or yields printable methods and
 * no key or a fingerprint; no byte is read behind it.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authinfo.h"

#define DIGITS                                                                 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct authinfo info;
	const char *p;
	char *text;

	require((text = malloc(size > 0 ? size : 1)) != NULL);
	memcpy(text, data, size);
	memset(&info, 'x', sizeof(info));
	if (!authinfo_parse(text, size, &info)) {
		require(info.method[0] == '\0' && info.key[0] == '\0');
	} else {
		require(memchr(info.method, '\0', sizeof(info.method)) != NULL);
		for (p = info.method; *p != '\0'; p++)
			require(*p > ' ' && *p < 0x7f && *p != '"');
	}
	if (info.key[0] != '\0') {
		require(strlen(info.key) == AUTHINFO_KEY_BYTES - 1);
		require(memcmp(info.key, "SHA256:", 7) == 0);
		require(strspn(info.key + 7, DIGITS) == strlen(info.key) - 7);
	}
	free(text);
	return 0;
}

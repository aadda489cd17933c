/* SPDX-License-Identifier: ISC */
/*
 * A Match line is refused with a printable sentence, or fits or not; what does
 * not hold already never holds, and is refused for the same words.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static const char *const *
groups(void *arg)
{
	static const char *const names[] = { "staff", "users", NULL };

	require(arg == NULL);
	return names;
}

static void
check_words(const char *text)
{
	char word[MATCH_WORD_BYTES];
	const char *p = text, *before = p;

	while (match_word(&p, word)) {
		require(p > before && p <= text + strlen(text));
		require(strlen(word) < sizeof(word));
		before = p;
	}
	require(p >= before && p <= text + strlen(text));
}

static void
check_sentence(const char *err)
{
	require(err[0] != '\0');
	for (; *err != '\0'; err++)
		require((unsigned char)*err >= ' ' && *err != 0x7f);
}

static void
check_who(const char *text, const struct match_who *who)
{
	char err[MESSAGE_BYTES_MAX];
	bool holds = true, never = false;

	err[0] = '\0';
	if (match_criteria(text, who, &holds, err, sizeof(err))) {
		/* Then the words are right for whoever does not look. */
		require(match_criteria(text, who, &never, err, sizeof(err)));
		require(!never);
		return;
	}
	check_sentence(err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct match_who known = { .user = "alice",
		.address = "192.0.2.7",
		.has_direction = true,
		.direction = POLICY_UPLOAD,
		.groups = groups };
	const struct match_who unknown = { .address = "2001:db8::7",
		.groups = groups };
	char *text;

	require((text = malloc(size + 1)) != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	check_words(text);
	check_who(text, &known);
	check_who(text, &unknown);
	free(text);
	return 0;
}

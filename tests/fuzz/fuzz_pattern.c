/* SPDX-License-Identifier: ISC */
/*
 * Words as patterns: quoted and unquoted they are the same again, nothing that
 * was quoted is special, and the first group of a pattern lies within it.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void *
room(size_t size)
{
	void *p = malloc(size);

	require(p != NULL);
	return p;
}

/* Each alternative ends at a comma or at the brace that closes. */
static void
check_group(const char *pattern)
{
	struct pattern_group g;
	size_t from, end, commas = 0;

	if (pattern_find_group(pattern, &g) != 1)
		return;
	require(g.open < g.close && g.close < strlen(pattern));
	require(pattern[g.open] == '{' && pattern[g.close] == '}');
	for (from = g.open + 1;; from = end + 1, commas++) {
		end = pattern_alternative_end(pattern, from, &g);
		require(end >= from && end <= g.close);
		if (end == g.close)
			break;
		require(pattern[end] == ',');
	}
	require(commas > 0);
}

/* Whatever it is, it is read within its bounds. */
static void
check_pattern(const char *pattern)
{
	size_t len = strlen(pattern), n;
	char *text = room(len + 1);

	n = pattern_unquote(text, pattern);
	require(n <= len && strlen(text) == n);
	(void)pattern_has_magic(pattern, len);
	check_group(pattern);
	free(text);
}

static void
check_all_quoted(const char *text)
{
	size_t len = strlen(text), n;
	char *quoted = room(2 * len + 1), *back = room(2 * len + 1);
	struct pattern_group g;

	n = pattern_quote_all(quoted, text);
	require(n <= 2 * len && strlen(quoted) == n);
	require(!pattern_has_magic(quoted, n));
	require(pattern_find_group(quoted, &g) == 0);
	require(pattern_unquote(back, quoted) == len);
	require(strcmp(back, text) == 0);
	free(back);
	free(quoted);
}

/* As the client's words come: marks and all. */
static void
check_word(const struct word *w)
{
	char *pattern = room(2 * w->len + 1), *back = room(2 * w->len + 1);
	size_t n;

	n = pattern_quote(pattern, w->text, w->quoted, w->len);
	require(n >= w->len && n <= 2 * w->len && strlen(pattern) == n);
	/* A backslash that was not quoted is not among what words keep. */
	require(pattern_unquote(back, pattern) == w->len);
	require(strcmp(back, w->text) == 0);
	check_pattern(pattern);
	free(back);
	free(pattern);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = room(size + 1);
	struct words words;
	size_t i;

	memcpy(text, data, size);
	text[size] = '\0';
	check_pattern(text);
	check_all_quoted(text);
	if (words_split(text, strlen(text), &words, NULL) == WORDS_OK) {
		for (i = 0; i < words.n; i++)
			check_word(&words.list[i]);
		words_clear(&words);
	}
	free(text);
	return 0;
}

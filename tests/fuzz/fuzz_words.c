/* SPDX-License-Identifier: ISC */
/*
 * A text is refused at a place inside it, or splits into words no longer than
 * itself which, each in single quotes, split into the same words again.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

/* Unquoted, these never come through. */
#define SPECIALS " \t\n;&|<>$()`'\"\\"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
check_word(const struct word *word)
{
	size_t i;

	require(strlen(word->text) == word->len);
	for (i = 0; i < word->len; i++)
		require(
		    word->quoted[i] || strchr(SPECIALS, word->text[i]) == NULL);
	require(word->len > 0 || word->has_quotes);
}

/* Every word in single quotes, a blank between; owned by the caller. */
static char *
quote(const struct words *w, size_t *len)
{
	size_t i, j, room = 1;
	char *text, *p;

	for (i = 0; i < w->n; i++)
		room += 4 * w->list[i].len + 3;
	p = text = malloc(room);
	require(text != NULL);
	for (i = 0; i < w->n; i++) {
		*p++ = '\'';
		for (j = 0; j < w->list[i].len; j++) {
			if (w->list[i].text[j] == '\'') {
				memcpy(p, "'\\''", 4);
				p += 4;
			} else
				*p++ = w->list[i].text[j];
		}
		*p++ = '\'';
		*p++ = ' ';
	}
	*len = (size_t)(p - text);
	return text;
}

static void
check_again(const struct words *w)
{
	struct words again;
	size_t i, j, len;
	char *text;

	text = quote(w, &len);
	if (len <= WORDS_BYTES_MAX) {
		require(words_split(text, len, &again, NULL) == WORDS_OK);
		require(again.n == w->n);
		for (i = 0; i < w->n; i++) {
			require(
			    strcmp(again.list[i].text, w->list[i].text) == 0);
			require(again.list[i].has_quotes);
			for (j = 0; j < again.list[i].len; j++)
				require(again.list[i].quoted[j]);
		}
		words_clear(&again);
	}
	free(text);
}

/*
 * Up to the fault there is none, but perhaps a quote that is still open or the
 * backslash before a NUL.
 */
static void
check_before(const char *text, size_t where)
{
	struct words w;
	enum words_err err;
	size_t len = where;

	err = words_split(text, len, &w, &where);
	if (err == WORDS_E_QUOTE || err == WORDS_E_ESCAPE) {
		require(where < len);
		err = words_split(text, where, &w, NULL);
	}
	require(err == WORDS_OK);
	words_clear(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct words w;
	enum words_err err;
	size_t i, where, sum = 0;

	err = words_split(text, size, &w, &where);
	if (err != WORDS_OK) {
		require(w.n == 0 && w.list == NULL);
		require(where < size);
		if (err != WORDS_E_LONG)
			check_before(text, where);
		require(strlen(words_strerror(err)) > 0);
		return 0;
	}
	for (i = 0; i < w.n; i++) {
		check_word(&w.list[i]);
		sum += w.list[i].len;
	}
	require(sum <= size);
	check_again(&w);
	words_clear(&w);
	return 0;
}

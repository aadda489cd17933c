/* SPDX-License-Identifier: ISC */
/* The splitter: as sh(1) reads the words of real clients, and no further. */
#include "config.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "words.h"

#define S(literal) literal, sizeof(literal) - 1

/* As in words.c: what is taken at once where there is no room any more. */
#define BLOCK_BYTES 4096

/* Behind the memory that words.c has, for what does not belong there. */
#define FENCE_BYTES (2 * BLOCK_BYTES)
#define FENCE_BYTE  0x55

static bool has_fences;  /* from here on */
static char *fences[16]; /* behind the last blocks */

/*
 * words.c takes all its memory through this function of the C library; this
 * one stands in its place, and fails once where told to.
 */
static size_t allocations;
static size_t failing = SIZE_MAX;

void *
reallocarray(void *ptr, size_t n, size_t size)
{
	char *p;

	if (allocations++ == failing || n > SIZE_MAX / size)
		return NULL;
	if (!has_fences)
		return realloc(ptr, n * size);
	if ((p = realloc(ptr, n * size + FENCE_BYTES)) == NULL)
		return NULL;
	fences[allocations % LENGTH(fences)] = p + n * size;
	memset(p + n * size, FENCE_BYTE, FENCE_BYTES);
	return p;
}

/*
 * want: the words, each with a `|' behind it.  marks: the same, with `q' for a
 * quoted byte, `-' for an unquoted one, and `!' at its end where has_quotes.
 */
static const struct {
	const char *text;
	size_t len;
	const char *want;
	const char *marks;
} split_rows[] = {
	/* clang-format off */
	{ S(""), "", "" },
	{ S(" \t "), "", "" },
	{ S("a"), "a|", "-|" },
	{ S("  a  "), "a|", "-|" },
	{ S("a b"), "a|b|", "-|-|" },
	{ S("a\tb"), "a|b|", "-|-|" },
	{ S("scp -t  'P'"), "scp|-t|P|", "---|--|q!|" }, /* libssh */
	{ S("'a b'"), "a b|", "qqq!|" },
	{ S("\"a b\""), "a b|", "qqq!|" },
	{ S("a\\ b"), "a b|", "-q-|" }, /* packer; a backslash is no quote */
	{ S("\\ "), " |", "q|" },
	{ S("a'b'\"c\"d"), "abcd|", "-qq-!|" }, /* adjacent ones join */
	{ S("''"), "|", "!|" },                 /* shlex of scp.py */
	{ S("\"\""), "|", "!|" },
	{ S("'' ''"), "||", "!|!|" },
	{ S("''a"), "a|", "-!|" },
	{ S("a''"), "a|", "-!|" },
	{ S("'a' b"), "a|b|", "q!|-|" }, /* the next word starts afresh */
	{ S("'it'\"'\"'s'"), "it's|", "qqqq!|" }, /* libssh2, curl, JSch */
	{ S("'it'\\''s'"), "it's|", "qqqq!|" },   /* phpseclib */
	{ S("'a'\\!'b'"), "a!b|", "qqq!|" },      /* libssh2, libssh */
	{ S("a!b"), "a!b|", "---|" },             /* ! is ordinary */
	{ S("\"a!b\""), "a!b|", "qqq!|" },
	{ S("a\\;b"), "a;b|", "-q-|" },    /* net-scp */
	{ S("a'\n'b"), "a\nb|", "-q-!|" }, /* net-scp: LF */
	{ S("\"a\nb\""), "a\nb|", "qqq!|" },
	{ S("'$(x)`y`;&|<>'"), "$(x)`y`;&|<>|", "qqqqqqqqqqqq!|" },
	{ S("'a\\b'"), "a\\b|", "qqq!|" }, /* no escapes in '...' */
	{ S("'a\\'"), "a\\|", "qq!|" },
	{ S("'a\"b'"), "a\"b|", "qqq!|" },
	{ S("\"a'b\""), "a'b|", "qqq!|" },
	{ S("\"\\\"\\\\\\$\\`\""), "\"\\$`|", "qqqq!|" }, /* the four */
	{ S("\"a\\\nb\""), "ab|", "qq!|" },               /* joins two lines */
	{ S("\"\\n\\x07\\u00ad\""), "\\n\\x07\\u00ad|",
	    "qqqqqqqqqqqq!|" }, /* Go's %q stays */
	{ S("\"\\'\""), "\\'|", "qq!|" },
	{ S("\"\\ \""), "\\ |", "qq!|" },
	{ S("\"\\;\\!\""), "\\;\\!|", "qqqq!|" },
	{ S("\\a\\b"), "ab|", "qq|" },
	{ S("\\\\"), "\\|", "q|" },
	{ S("\\\"a"), "\"a|", "q-|" },
	{ S("\\'a"), "'a|", "q-|" },
	{ S("\\$\\`\\(\\)\\<\\>\\&\\|"), "$`()<>&||", "qqqqqqqq|" },
	{ S("*?[a]{b,c}~#%^=+@:"), "*?[a]{b,c}~#%^=+@:|",
	    "------------------|" }, /* later matters */
	{ S("'*'*"), "**|", "q-!|" },
	{ S("~'x'"), "~x|", "-q!|" },
	{ S("a\rb\vc\fd"), "a\rb\vc\fd|", "-------|" }, /* no blanks */
	{ S("\xff\x80\xe4"), "\xff\x80\xe4|", "---|" },
	{ S("a b c d e f g h i"), "a|b|c|d|e|f|g|h|i|",
	    "-|-|-|-|-|-|-|-|-|" }, /* the list grows */
	/* clang-format on */
};

static void
show(const struct words *w, char *texts, char *marks)
{
	const struct word *word;
	size_t i, j;

	for (i = 0; i < w->n; i++) {
		word = &w->list[i];
		ck_assert_uint_eq(strlen(word->text), word->len);
		for (j = 0; j < word->len; j++) {
			*texts++ = word->text[j];
			*marks++ = word->quoted[j] ? 'q' : '-';
		}
		if (word->has_quotes)
			*marks++ = '!';
		*texts++ = *marks++ = '|';
	}
	*texts = *marks = '\0';
}

START_TEST(split)
{
	char texts[256], marks[256];
	const char *text = split_rows[_i].text;
	struct words w;
	enum words_err err;
	size_t where = 12345;
	char *exact;

	memset(&w, 0x55, sizeof(w));
	/* A copy without the NUL: reading on is seen by the sanitizer. */
	exact = malloc(split_rows[_i].len + 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact + 1, text, split_rows[_i].len);
	err = words_split(exact + 1, split_rows[_i].len, &w, &where);
	free(exact);
	ck_assert_msg(err == WORDS_OK, "%s: %s", text, words_strerror(err));
	show(&w, texts, marks);
	ck_assert_str_eq(texts, split_rows[_i].want);
	ck_assert_str_eq(marks, split_rows[_i].marks);
	ck_assert_uint_eq(where, 12345);
	words_clear(&w);
	ck_assert_ptr_null(w.list);
	ck_assert_uint_eq(w.n, 0);
	words_clear(&w); /* harmless */
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	enum words_err want;
	size_t where;
} bad_rows[] = {
	{ S("scp -t 'x"), WORDS_E_QUOTE, 7 }, /* where it opens */
	{ S("scp -t \"x"), WORDS_E_QUOTE, 7 },
	{ S("'"), WORDS_E_QUOTE, 0 },
	{ S("\""), WORDS_E_QUOTE, 0 },
	{ S("a'b'c'"), WORDS_E_QUOTE, 5 },
	{ S("'it\\'s'"), WORDS_E_QUOTE, 6 }, /* sshj: not valid sh */
	{ S("\"a\\\""), WORDS_E_QUOTE, 0 },
	{ S("\"a\\"), WORDS_E_QUOTE, 0 },
	{ S("a\\"), WORDS_E_ESCAPE, 1 },
	{ S("\\"), WORDS_E_ESCAPE, 0 },
	{ S("a;b"), WORDS_E_SPECIAL, 1 },
	{ S("a&b"), WORDS_E_SPECIAL, 1 },
	{ S("a|b"), WORDS_E_SPECIAL, 1 },
	{ S("a<b"), WORDS_E_SPECIAL, 1 },
	{ S("a>b"), WORDS_E_SPECIAL, 1 },
	{ S("a$b"), WORDS_E_SPECIAL, 1 },
	{ S("a(b"), WORDS_E_SPECIAL, 1 },
	{ S("a)b"), WORDS_E_SPECIAL, 1 },
	{ S("a`b"), WORDS_E_SPECIAL, 1 },
	{ S("a\nb"), WORDS_E_SPECIAL, 1 },
	{ S("a\n"), WORDS_E_SPECIAL, 1 },
	{ S("a\\\nb"), WORDS_E_SPECIAL, 1 },
	{ S("\"a$b\""), WORDS_E_SPECIAL, 2 },
	{ S("\"a`b\""), WORDS_E_SPECIAL, 2 },
	{ S("\"$(x)\""), WORDS_E_SPECIAL, 1 },     /* CVE-2020-15778 */
	{ S("\"\\\\$(x)\""), WORDS_E_SPECIAL, 3 }, /* \\ quotes no $ */
	{ S("'a'$(x)"), WORDS_E_SPECIAL, 3 },
	{ S("a\0b"), WORDS_E_NUL, 1 },
	{ S("'a\0b'"), WORDS_E_NUL, 2 },
	{ S("\"a\0b\""), WORDS_E_NUL, 2 },
	{ S("a\\\0b"), WORDS_E_NUL, 2 },
	{ S("\"a\\\0b\""), WORDS_E_NUL, 3 },
	{ S("a \0"), WORDS_E_NUL, 2 },
	{ S("\0"), WORDS_E_NUL, 0 },
	{ S("a 'b; c"), WORDS_E_QUOTE, 2 }, /* the first fault is told */
	{ S("a; 'b"), WORDS_E_SPECIAL, 1 },
};

START_TEST(bad)
{
	const char *text = bad_rows[_i].text;
	struct words w;
	enum words_err err;
	size_t where = 0;
	char *exact;

	memset(&w, 0x55, sizeof(w));
	exact = malloc(bad_rows[_i].len + 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact + 1, text, bad_rows[_i].len);
	err = words_split(exact + 1, bad_rows[_i].len, &w, &where);
	ck_assert_msg(
	    err == bad_rows[_i].want, "%s: %s", text, words_strerror(err));
	ck_assert_uint_eq(where, bad_rows[_i].where);
	words_clear(&w);
	ck_assert_int_eq(
	    words_split(exact + 1, bad_rows[_i].len, &w, NULL), err);
	ck_assert_ptr_null(w.list);
	ck_assert_uint_eq(w.n, 0);
	free(exact);
}
END_TEST

/* WORDS_BYTES_MAX of one pattern; a byte more is refused unread. */
static const struct {
	const char *pattern;
	enum words_err want;
	size_t n;
} huge_rows[] = {
	{ "a", WORDS_OK, 1 },
	{ "a ", WORDS_OK, WORDS_BYTES_MAX / 2 }, /* most words */
	{ " ", WORDS_OK, 0 },
	{ "''\"\"", WORDS_OK, 1 },
	{ "\\'", WORDS_OK, 1 },
	{ "'\"'\"'\"", WORDS_E_QUOTE, 0 }, /* 6 does not divide 2^17 */
	{ "\\\"", WORDS_OK, 1 },
	{ "(", WORDS_E_SPECIAL, 0 },
	{ "\"$(", WORDS_E_SPECIAL, 0 },
};

START_TEST(huge)
{
	const char *pattern = huge_rows[_i].pattern;
	const size_t len = WORDS_BYTES_MAX;
	size_t i, where = 0;
	struct words w;
	char *text;

	text = malloc(len + 1);
	ck_assert_ptr_nonnull(text);
	for (i = 0; i <= len; i++)
		text[i] = pattern[i % strlen(pattern)];
	ck_assert_int_eq(words_split(text, len, &w, NULL), huge_rows[_i].want);
	ck_assert_uint_eq(w.n, huge_rows[_i].n);
	words_clear(&w);
	ck_assert_int_eq(words_split(text, len + 1, &w, &where), WORDS_E_LONG);
	ck_assert_uint_eq(where, WORDS_BYTES_MAX);
	ck_assert_uint_eq(w.n, 0);
	free(text);
}
END_TEST

static bool
is_word(const struct word *w, const char *text, bool quoted, size_t len)
{
	static bool marks[2][FENCE_BYTES];

	memset(marks[true], true, len * sizeof(marks[true][0]));
	return w->len == len && memcmp(w->text, text, len) == 0 &&
	    w->text[len] == '\0' &&
	    memcmp(w->quoted, marks[quoted], len * sizeof(*w->quoted)) == 0;
}

/* Has nothing been written behind a piece of memory? */
static bool
fences_hold(const char *behind_room)
{
	static char whole[FENCE_BYTES];
	size_t i;

	memset(whole, FENCE_BYTE, sizeof(whole));
	for (i = 0; i < LENGTH(fences); i++) {
		if (fences[i] != NULL &&
		    memcmp(fences[i], whole, sizeof(whole)) != 0)
			return false;
	}
	return memcmp(behind_room, whole, sizeof(whole)) == 0;
}

/*
 * Wherever a piece of memory ends, words and marks stay within it: of a short
 * word, and of a long one without quotes and one with them.
 */
START_TEST(every_length)
{
	static char text[3 * FENCE_BYTES], ps[FENCE_BYTES], qs[FENCE_BYTES];
	static struct {
		struct words words;
		char fence[FENCE_BYTES];
	} room;
	char *const argv[] = { (char[]){ "s" }, ps, qs };
	struct words *w = &room.words;
	enum words_err err;
	size_t len;

	has_fences = true;
	memset(room.fence, FENCE_BYTE, sizeof(room.fence));
	for (len = 1; len <= BLOCK_BYTES + WORDS_ROOM; len++) {
		memset(ps, 'p', len);
		memset(qs, 'q', len);
		ps[len] = qs[len] = '\0';
		memset(fences, 0, sizeof(fences));
		if (_i == 0) {
			(void)snprintf(text, sizeof(text), "s %s '%s'", ps, qs);
			err = words_split(text, strlen(text), w, NULL);
		} else {
			err = words_from_argv(3, argv, w);
		}
		ck_assert_msg(err == WORDS_OK && w->n == 3 &&
			(uintptr_t)w->list % _Alignof(struct word) == 0 &&
			is_word(&w->list[0], "s", _i != 0, 1) &&
			is_word(&w->list[1], ps, _i != 0, len) &&
			is_word(&w->list[2], qs, true, len) &&
			fences_hold(room.fence),
		    "%zu bytes", len);
		words_clear(w);
	}
	has_fences = false;
}
END_TEST

static char *
copy(const char *text)
{
	char *p;

	p = strdup(text);
	ck_assert_ptr_nonnull(p);
	return p;
}

START_TEST(from_argv)
{
	char *argv[] = { copy("scp"), copy(""), copy("'~*"), NULL };
	char texts[64], marks[64];
	struct words w;

	ck_assert_int_eq(words_from_argv(3, argv, &w), WORDS_OK);
	free(argv[0]);
	free(argv[1]);
	free(argv[2]); /* nothing of it is borrowed */
	show(&w, texts, marks);
	ck_assert_str_eq(texts, "scp||'~*|");
	ck_assert_str_eq(marks, "qqq||qqq|");
	words_clear(&w);
	ck_assert_int_eq(words_from_argv(0, argv, &w), WORDS_OK);
	ck_assert_uint_eq(w.n, 0);
	words_clear(&w);
}
END_TEST

START_TEST(set)
{
	char texts[64], marks[64];
	struct words w;

	ck_assert_int_eq(words_split(S("a '' c"), &w, NULL), WORDS_OK);
	ck_assert_int_eq(words_set(&w, 1, "."), WORDS_OK);
	ck_assert_int_eq(words_set(&w, 0, "longer"), WORDS_OK);
	ck_assert_int_eq(words_set(&w, 3, "end"), WORDS_OK);
	ck_assert_int_eq(words_set(&w, 4, ""), WORDS_OK);
	show(&w, texts, marks);
	ck_assert_str_eq(texts, "longer|.|c|end||");
	ck_assert_str_eq(marks, "qqqqqq|q|-|qqq||");
	words_clear(&w);
}
END_TEST

/* Longer than what a few words have without any. */
#define LONG_BYTES 5000

/* A word of LONG_BYTES. */
static const char *
long_word(void)
{
	static char text[LONG_BYTES + 1];

	memset(text, 'x', LONG_BYTES);
	return text;
}

#ifndef INSTRUMENTED
/* What most clients send costs no allocation. */
START_TEST(no_memory)
{
	struct words w;

	allocations = 0;
	failing = 0;
	ck_assert_int_eq(
	    words_split(S("scp -v -r -t /srv/upload"), &w, NULL), WORDS_OK);
	ck_assert_uint_eq(w.n, 5);
	words_clear(&w);
	failing = SIZE_MAX;
}
END_TEST
#endif

/* Whichever allocation fails: said so, nothing kept, nothing lost. */
START_TEST(memory_split)
{
	static char text[5 * (LONG_BYTES + 1)];
	struct words w;
	enum words_err err;
	size_t i = 0;

	for (i = 0; i < 5; i++) {
		memcpy(text + i * (LONG_BYTES + 1), long_word(), LONG_BYTES);
		text[i * (LONG_BYTES + 1) + LONG_BYTES] = ' ';
	}
	i = 0;
	do {
		allocations = 0;
		failing = i++;
		err = words_split(text, sizeof(text), &w, NULL);
		ck_assert_uint_eq(w.n, err == WORDS_OK ? 5 : 0);
		words_clear(&w);
	} while (err == WORDS_E_MEMORY);
	ck_assert_int_eq(err, WORDS_OK);
	ck_assert_uint_eq(failing, allocations);
	ck_assert_uint_ge(allocations, 2 + 5 * 2);
}
END_TEST

START_TEST(memory_argv)
{
	char *argv[] = { copy("scp"), copy("-t"), copy(long_word()), NULL };
	struct words w;
	enum words_err err;
	size_t i = 0;

	do {
		allocations = 0;
		failing = i++;
		err = words_from_argv(3, argv, &w);
		ck_assert_uint_eq(w.n, err == WORDS_OK ? 3 : 0);
		words_clear(&w);
	} while (err == WORDS_E_MEMORY);
	ck_assert_int_eq(err, WORDS_OK);
	ck_assert_uint_eq(failing, allocations);
	free(argv[0]);
	free(argv[1]);
	free(argv[2]);
}
END_TEST

/* A word that cannot be replaced stays as it was. */
START_TEST(memory_set)
{
	struct words w;

	failing = SIZE_MAX;
	ck_assert_int_eq(words_split(S("a b c d"), &w, NULL), WORDS_OK);
	allocations = failing = 0;
	ck_assert_int_eq(words_set(&w, 1, long_word()), WORDS_E_MEMORY);
	allocations = 0;
	failing = 2; /* text, marks, and now the list: it is full */
	ck_assert_int_eq(words_set(&w, 4, long_word()), WORDS_E_MEMORY);
	ck_assert_uint_eq(w.n, 4);
	ck_assert_str_eq(w.list[0].text, "a");
	ck_assert_str_eq(w.list[1].text, "b");
	words_clear(&w);
	failing = SIZE_MAX;
}
END_TEST

START_TEST(strerror_texts)
{
	int i, j;

	for (i = 0; i < WORDS__COUNT; i++) {
		for (j = 0; j < i; j++)
			ck_assert_str_ne(words_strerror((enum words_err)i),
			    words_strerror((enum words_err)j));
	}
	ck_assert_str_eq(words_strerror(WORDS__COUNT), "unknown error");
}
END_TEST

static Suite *
words_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("words");
	tc = tcase_create("split");
	tcase_add_loop_test(tc, split, 0, LENGTH(split_rows));
	tcase_add_loop_test(tc, bad, 0, LENGTH(bad_rows));
	tcase_add_loop_test(tc, huge, 0, LENGTH(huge_rows));
	tcase_add_loop_test(tc, every_length, 0, 2);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	tc = tcase_create("others");
	tcase_add_test(tc, from_argv);
	tcase_add_test(tc, set);
#ifndef INSTRUMENTED
	tcase_add_test(tc, no_memory);
#endif
	tcase_add_test(tc, memory_split);
	tcase_add_test(tc, memory_argv);
	tcase_add_test(tc, memory_set);
	tcase_add_test(tc, strerror_texts);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(words_suite())) != 0;
}

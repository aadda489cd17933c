/* SPDX-License-Identifier: ISC */
/* Words as patterns: what is quoted is never special, braces as in sh. */
#include "config.h"

#include <check.h>
#include <string.h>

#include "pattern.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *marks; /* q: quoted */
	const char *want;
} quote_rows[] = {
	{ "", "", "" },
	{ "a*b", "   ", "a*b" },
	{ "a*b", " q ", "a\\*b" },
	{ "a*b", "q q", "a*b" }, /* ordinary bytes need no backslash */
	{ "\\", "q", "\\\\" },
	{ "*?[]{},", "qqqqqqq", "\\*\\?\\[\\]\\{\\}\\," },
	{ "{a,b}", "q    ", "\\{a,b}" },
};

START_TEST(quote)
{
	const char *text = quote_rows[_i].text;
	bool quoted[16] = { false };
	char got[64], back[64];
	size_t i, len = strlen(text);

	for (i = 0; i < len; i++)
		quoted[i] = quote_rows[_i].marks[i] == 'q';
	ck_assert_uint_eq(
	    pattern_quote(got, text, quoted, len), strlen(quote_rows[_i].want));
	ck_assert_str_eq(got, quote_rows[_i].want);
	ck_assert_uint_eq(pattern_unquote(back, got), len);
	ck_assert_str_eq(back, text);
}
END_TEST

START_TEST(quote_all)
{
	char got[64], back[64];

	ck_assert_uint_eq(pattern_quote_all(got, "a*\\{x"), 8);
	ck_assert_str_eq(got, "a\\*\\\\\\{x");
	ck_assert(!pattern_has_magic(got, strlen(got)));
	ck_assert_uint_eq(pattern_unquote(back, got), 5);
	ck_assert_str_eq(back, "a*\\{x");
}
END_TEST

START_TEST(unquote_lone_backslash)
{
	char got[8];

	ck_assert_uint_eq(pattern_unquote(got, "a\\"), 2);
	ck_assert_str_eq(got, "a\\");
}
END_TEST

static const struct {
	const char *pattern;
	size_t len;
	bool magic;
} magic_rows[] = {
	{ "", 0, false },
	{ "a", 1, false },
	{ "*", 1, true },
	{ "a?", 2, true },
	{ "a?", 1, false }, /* beyond len */
	{ "[", 1, true },
	{ "]", 1, false },
	{ "\\*", 2, false },
	{ "\\\\*", 3, true },
	{ "{a,b}", 5, false },
};

START_TEST(magic)
{
	ck_assert(pattern_has_magic(magic_rows[_i].pattern,
		      magic_rows[_i].len) == magic_rows[_i].magic);
}
END_TEST

static const struct {
	const char *pattern;
	int found;
	size_t open;
	size_t close;
} group_rows[] = {
	{ "", 0, 0, 0 },
	{ "abc", 0, 0, 0 },
	{ "{}", 0, 0, 0 },
	{ "{a}", 0, 0, 0 },  /* no comma: text */
	{ "{a,b", 0, 0, 0 }, /* no partner */
	{ "a,b}", 0, 0, 0 },
	{ "{a,b}", 1, 0, 4 },
	{ "x{,}y", 1, 1, 3 },
	{ "{a}{b,c}", 1, 3, 7 },
	{ "{a,{b,c}}", 1, 0, 8 },  /* the outermost */
	{ "{{a,b}", 1, 1, 5 },     /* the outer one is not closed */
	{ "{a{b,c}d}", 1, 2, 6 },  /* the outer one has no comma */
	{ "{a,b}{c,d}", 1, 0, 4 }, /* the first */
	{ "\\{a,b}", 0, 0, 0 },    /* quoted */
	{ "{a\\,b}", 0, 0, 0 },
	{ "{a,b\\}", 0, 0, 0 },
	{ "{a,b\\}c}", 1, 0, 7 },
	{ "}{a,b}", 1, 1, 5 },
};

START_TEST(group)
{
	struct pattern_group got = { 99, 99 };

	ck_assert_int_eq(pattern_find_group(group_rows[_i].pattern, &got),
	    group_rows[_i].found);
	if (group_rows[_i].found == 1) {
		ck_assert_uint_eq(got.open, group_rows[_i].open);
		ck_assert_uint_eq(got.close, group_rows[_i].close);
	}
}
END_TEST

START_TEST(alternatives)
{
	static const char pattern[] = "{a,{b,c},\\,d,}";
	static const size_t ends[] = { 2, 8, 12, 13 };
	struct pattern_group g;
	size_t from, i;

	ck_assert_int_eq(pattern_find_group(pattern, &g), 1);
	from = g.open + 1;
	for (i = 0; i < LENGTH(ends); i++) {
		from = pattern_alternative_end(pattern, from, &g);
		ck_assert_uint_eq(from, ends[i]);
		from++;
	}
	ck_assert_uint_eq(from - 1, g.close);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tc = tcase_create("pattern");

	tcase_add_loop_test(tc, quote, 0, LENGTH(quote_rows));
	tcase_add_test(tc, quote_all);
	tcase_add_test(tc, unquote_lone_backslash);
	tcase_add_loop_test(tc, magic, 0, LENGTH(magic_rows));
	tcase_add_loop_test(tc, group, 0, LENGTH(group_rows));
	tcase_add_test(tc, alternatives);
	suite_add_tcase(suite, tc);
	return tap_run(srunner_create(suite)) != 0;
}

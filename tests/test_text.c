/* SPDX-License-Identifier: ISC */
/* Nothing that somebody else chose reaches a log or a screen raw. */
#include "config.h"

#include <check.h>
#include <string.h>
#include <wchar.h>

/* The order of arguments that libbsd had first; only vis() is used here. */
#define LIBBSD_OPENBSD_VIS
#include <bsd/vis.h>

#include "tap.h"
#include "text.h"

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *src;
	size_t len;
	const char *want;
} quote_rows[] = {
	{ BYTES(""), "\"\"" },
	{ BYTES("a b/c.txt"), "\"a b/c.txt\"" },
	/* One line stays one line. */
	{ BYTES("a\nb\rc\td"), "\"a\\nb\\rc\\td\"" },
	/* A quote cannot be closed, nor an escape be forged. */
	{ BYTES("\" from [1.2.3.4]"), "\"\\\" from [1.2.3.4]\"" },
	{ BYTES("\\n"), "\"\\\\n\"" },
	{ BYTES("\\\""), "\"\\\\\\\"\"" },
	{ BYTES("\033[2J\177"), "\"\\033[2J\\177\"" },
	/* A NUL does not swallow the digit behind it. */
	{ BYTES("\0001"), "\"\\0001\"" },
	{ BYTES("\xc3\xa4\xff"), "\"\\303\\244\\377\"" },
	/* The greatest that fits into 32 bytes, and one more. */
	{ BYTES("01234567890123456789012345678"),
	    "\"01234567890123456789012345678\"" },
	{ BYTES("012345678901234567890123456789"),
	    "\"012345678901\"...\"890123456789\"" },
	/* No escape is cut: it is left out where it does not fit. */
	{ BYTES("01234567890\n78901234567\n01234567890"),
	    "\"01234567890\"...\"01234567890\"" },
	{ BYTES("0123456789\n-----------------\n0123456789"),
	    "\"0123456789\\n\"...\"\\n0123456789\"" },
	{ BYTES("012345678\001-----------------\001012345678"),
	    "\"012345678\"...\"012345678\"" },
	{ BYTES("\001\002\003\004\005\006\007\010"),
	    "\"\\001\\002\\003\\004\\005\\006\\a\\b\"" },
};

START_TEST(text_quote_row)
{
	char buf[32];
	const char *got;

	got = text_quote(
	    buf, sizeof(buf), quote_rows[_i].src, quote_rows[_i].len);
	ck_assert_ptr_eq(got, buf);
	ck_assert_str_eq(got, quote_rows[_i].want);
}
END_TEST

START_TEST(text_quote_is_vis)
{
	char want[16];
	char got[32];
	char byte;
	int i;

	for (i = 0; i < 256; i++) {
		byte = (char)i;
		memset(want, 0, sizeof(want));
		want[0] = '"';
		(void)vis(want + 1, byte,
		    VIS_CSTYLE | VIS_OCTAL | VIS_NL | VIS_TAB | VIS_DQ, '0');
		want[strlen(want)] = '"';
		ck_assert_str_eq(text_quote(got, sizeof(got), &byte, 1), want);
	}
}
END_TEST

/* The bytes that one pair of quotes holds; *p moves behind it. */
static size_t
unquote(const char **p, char *dst)
{
	char part[4096];
	const char *start;
	int n;

	ck_assert_int_eq(**p, '"');
	start = ++*p;
	while (**p != '"') {
		/* A point that holds takes its time, too. */
		if (**p < ' ' || **p >= 127)
			ck_abort_msg("byte %d", **p);
		*p += **p == '\\' ? 2 : 1;
	}
	memcpy(part, start, (size_t)(*p - start));
	part[*p - start] = '\0';
	++*p;
	n = strunvis(dst, part);
	ck_assert_int_ge(n, 0);
	return (size_t)n;
}

/* Whatever is cut, what stays is a beginning and an end of the text. */
START_TEST(text_quote_any_size)
{
	char src[300];
	char buf[600];
	char head[600];
	char tail[600];
	const char *p = buf;
	const size_t size = (size_t)_i;
	size_t len;
	size_t n;

	for (len = 0; len < sizeof(src); len++)
		src[len] = (char)(len * len * 7 + len * 3);
	for (len = 0; len <= sizeof(src); len++) {
		memset(buf, 'x', sizeof(buf));
		p = text_quote(buf, size, src, len);
		ck_assert_uint_lt(strlen(p), size);
		ck_assert_int_eq(buf[size], 'x');
		n = unquote(&p, head);
		ck_assert_mem_eq(head, src, n);
		if (*p == '\0') {
			ck_assert_uint_eq(n, len);
			continue;
		}
		ck_assert_int_eq(strncmp(p, "...", 3), 0);
		p += 3;
		n = unquote(&p, tail);
		ck_assert_mem_eq(tail, src + len - n, n);
		ck_assert_int_eq(*p, '\0');
		/* It uses the room it has: less than an escape is left. */
		ck_assert_uint_gt(strlen(buf) + 8, size - 1);
	}
}
END_TEST

static const struct {
	size_t size;
	const char *src;
	size_t len;
	const char *want;
} line_rows[] = {
	{ 32, BYTES("open \"a\\nb\" x"), "open \"a\\nb\" x" },
	{ 32, BYTES("a\nb\033\xff"), "a\\nb\\033\\377" },
	{ 1, BYTES("abc"), "" },
	{ 4, BYTES("abc"), "abc" },
	{ 4, BYTES("abcd"), "abc" },
	{ 4, BYTES("ab\nd"), "ab" },
	{ 5, BYTES("ab\nd"), "ab\\n" },
};

START_TEST(text_line_row)
{
	char buf[40];
	size_t n;

	memset(buf, 'x', sizeof(buf));
	n = text_line(
	    buf, line_rows[_i].size, line_rows[_i].src, line_rows[_i].len);
	ck_assert_str_eq(buf, line_rows[_i].want);
	ck_assert_uint_eq(n, strlen(buf));
	ck_assert_int_eq(buf[line_rows[_i].size], 'x');
}
END_TEST

static const struct {
	size_t size;
	const char *src;
	size_t len;
	const char *want;
} plain_rows[] = {
	{ 64, BYTES(""), "" },
	{ 64, BYTES("plain ~ text"), "plain ~ text" },
	/* C0, DEL and a NUL */
	{ 64, BYTES("\001\t\n\r\033[31m\037\177"), "?????[31m??" },
	{ 64, BYTES("a\0b"), "a?b" },
	/* U+0080, U+009B (CSI), U+009F, U+00A0 */
	{ 64, BYTES("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "???\xc2\xa0" },
	/* the least and greatest of each length */
	{ 64, BYTES("\xc3\xa4\xdf\xbf"), "\xc3\xa4\xdf\xbf" },
	{ 64, BYTES("\xe0\xa0\x80\xef\xbf\xbd"), "\xe0\xa0\x80\xef\xbf\xbd" },
	{ 64, BYTES("\xf0\x90\x80\x80"), "\xf0\x90\x80\x80" },
	{ 64, BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
	{ 64, BYTES("\xed\x9f\xbf\xee\x80\x80"), "\xed\x9f\xbf\xee\x80\x80" },
	/* overlong: a slash, U+007F, U+07FF, U+FFFF */
	{ 64, BYTES("\xc0\xaf\xc1\xbf"), "????" },
	{ 64, BYTES("\xe0\x80\xaf\xe0\x9f\xbf"), "??????" },
	{ 64, BYTES("\xf0\x80\x80\xaf\xf0\x8f\xbf\xbf"), "????????" },
	/* halves of surrogate pairs */
	{ 64, BYTES("\xed\xa0\x80\xed\xbf\xbf"), "??????" },
	/* beyond U+10FFFF, and leads that no longer exist */
	{ 64, BYTES("\xf4\x90\x80\x80"), "????" },
	{ 64, BYTES("\xf5\x80\x80\x80\xf8\xfe\xff"), "???????" },
	/* stray continuations, and characters that break off */
	{ 64, BYTES("\x80\xbf"), "??" },
	{ 64, BYTES("\xc3"), "?" },
	{ 64, BYTES("\xe2\x82"), "??" },
	{ 64, BYTES("\xf0\x9f\x98z"), "???z" },
	{ 64, BYTES("\xe2z\x82"), "?z?" },
	{ 64, BYTES("\xc3\xc3\xa4"), "?\xc3\xa4" },
	/* U+2027 stays; separators and overrides U+2028 to U+202E do not */
	{ 64, BYTES("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
	    "\xe2\x80\xa7???" },
	{ 64, BYTES("\xe2\x80\xae\xe2\x80\xaf"), "?\xe2\x80\xaf" },
	/* U+2065 stays; the isolates U+2066 to U+2069 do not */
	{ 64, BYTES("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"),
	    "\xe2\x81\xa5??\xe2\x81\xaa" },
	/* Cut between characters. */
	{ 0, BYTES("abc"), NULL },
	{ 1, BYTES("abc"), "" },
	{ 4, BYTES("abc"), "abc" },
	{ 4, BYTES("abcd"), "abc" },
	{ 4, BYTES("ab\xc3\xa4z"), "ab" },
	{ 5, BYTES("ab\xc3\xa4z"), "ab\xc3\xa4" },
	{ 3, BYTES("\n\n\n"), "??" },
};

START_TEST(text_plain_row)
{
	char buf[72];
	const size_t size = plain_rows[_i].size;
	size_t n;

	memset(buf, 'x', sizeof(buf));
	n = text_plain(buf, size, plain_rows[_i].src, plain_rows[_i].len);
	ck_assert_int_eq(buf[size], 'x');
	if (plain_rows[_i].want == NULL) {
		ck_assert_uint_eq(n, 0);
		return;
	}
	ck_assert_str_eq(buf, plain_rows[_i].want);
	ck_assert_uint_eq(n, strlen(buf));

	memcpy(buf, plain_rows[_i].src, plain_rows[_i].len);
	n = text_plain(buf, size, buf, plain_rows[_i].len);
	ck_assert_str_eq(buf, plain_rows[_i].want);
	ck_assert_uint_eq(n, strlen(buf));
}
END_TEST

/* Every two bytes: nothing comes through that drives a terminal. */
START_TEST(text_plain_pairs)
{
	char src[2];
	char buf[8];
	const unsigned char *p;
	int i;

	for (i = 0; i < 65536; i++) {
		src[0] = (char)(i >> 8);
		src[1] = (char)i;
		(void)text_plain(buf, sizeof(buf), src, sizeof(src));
		for (p = (const unsigned char *)buf; *p != '\0'; p++) {
			if (*p < 0x20 || *p == 0x7f ||
			    (*p == 0xc2 && p[1] < 0xa0))
				ck_abort_msg(
				    "%04x is let through", (unsigned)i);
		}
	}
}
END_TEST

static const struct {
	const char *text;
	bool begins;
	bool want;
} lookalike_rows[] = {
	{ "", true, false },
	{ "a", true, false },
	{ " ", true, false },
	{ "\t", true, false },
	{ "\"", true, false },
	{ "'", true, true },
	{ "'", false, false },
	{ "\xe2\x80\x97", true, false }, /* U+2017 */
	{ "\xe2\x80\x98", true, true },  /* U+2018 */
	{ "\xe2\x80\x9f", true, true },  /* U+201F */
	{ "\xe2\x80\x9f", false, false },
	{ "\xe2\x80\xa0", true, false }, /* U+2020 */
	{ "\xc2\xa0z", false, true },
	{ "\xe2\x80\xaf", false, true },
	{ "\xef\xbb\xbf", false, true },
	/* no characters */
	{ "\xc2", true, false },
	{ "\xe2\x80", true, false },
	{ "\xa0", true, false },
};

START_TEST(text_lookalikes)
{
	ck_assert_int_eq(text_is_lookalike(lookalike_rows[_i].text,
			     lookalike_rows[_i].begins),
	    lookalike_rows[_i].want);
}
END_TEST

START_TEST(text_format_cuts_between_characters)
{
	char buf[6];

	ck_assert_uint_eq(text_format(buf, sizeof(buf), "%d%%", 12), 3);
	ck_assert_str_eq(buf, "12%");
	ck_assert_uint_eq(text_format(buf, sizeof(buf), "%s", "abcdefg"), 5);
	ck_assert_str_eq(buf, "abcde");
	/* What printf cuts in two is no bad byte. */
	ck_assert_uint_eq(
	    text_format(buf, sizeof(buf), "abcd%s", "\xc3\xa4"), 4);
	ck_assert_str_eq(buf, "abcd");
	(void)text_format(buf, sizeof(buf), "abc%s", "\xe2\x82\xac");
	ck_assert_str_eq(buf, "abc");
	(void)text_format(buf, sizeof(buf), "ab%s", "\xf0\x9f\x98\x80");
	ck_assert_str_eq(buf, "ab");
	(void)text_format(buf, sizeof(buf), "abc%s", "\xc3\xa4z");
	ck_assert_str_eq(buf, "abc\xc3\xa4");
	/* But these are bad, cut or not. */
	(void)text_format(buf, sizeof(buf), "ab%s", "\x80\x80\x80\x80");
	ck_assert_str_eq(buf, "ab???");
	(void)text_format(buf, sizeof(buf), "abcd%s", "\xffz");
	ck_assert_str_eq(buf, "abcd?");
	(void)text_format(buf, sizeof(buf), "a\nb%s", "\033[0m");
	ck_assert_str_eq(buf, "a?b?[");
	ck_assert_uint_eq(text_format(buf, 2, "%s", "\xc3\xa4"), 0);
	ck_assert_str_eq(buf, "");
	ck_assert_uint_eq(text_format(buf, 0, "%s", "abc"), 0);
	ck_assert_str_eq(buf, "");
}
END_TEST

/* Piece by piece, and never past the end. */
START_TEST(text_add_cuts)
{
	char buf[8 + 1];
	size_t n;

	memset(buf, '#', sizeof(buf));
	n = text_add(buf, 8, 0, "ab");
	n = text_add(buf, 8, n, "");
	ck_assert_uint_eq(n, 2);
	n = text_add_number(buf, 8, n, 0);
	ck_assert_str_eq(buf, "ab0");
	n = text_add(buf, 8, n, "cdefgh");
	ck_assert_uint_eq(n, 7);
	ck_assert_str_eq(buf, "ab0cdef");
	ck_assert_uint_eq(text_add(buf, 8, n, "x"), 7);
	ck_assert_uint_eq(text_add_number(buf, 8, 4, 65534), 7);
	ck_assert_str_eq(buf, "ab0c655");
	ck_assert_int_eq(buf[8], '#');
}
END_TEST

START_TEST(text_add_largest_number)
{
	char buf[32];

	(void)text_add_number(buf, sizeof(buf), 0, 18446744073709551615UL);
	ck_assert_str_eq(buf, "18446744073709551615");
}
END_TEST

START_TEST(text_format_failure_is_empty)
{
	char buf[16] = "before";

	/* No locale has this character. */
	ck_assert_uint_eq(
	    text_format(buf, sizeof(buf), "a%lc", (wint_t)0xd800), 0);
	ck_assert_str_eq(buf, "");
}
END_TEST

static Suite *
text_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("text");
	tc = tcase_create("quote");
	tcase_add_loop_test(tc, text_quote_row, 0, LENGTH(quote_rows));
	tcase_add_test(tc, text_quote_is_vis);
	tcase_add_loop_test(tc, text_quote_any_size, 32, 80);
	tcase_add_loop_test(tc, text_line_row, 0, LENGTH(line_rows));
	suite_add_tcase(s, tc);
	tc = tcase_create("plain");
	tcase_add_loop_test(tc, text_plain_row, 0, LENGTH(plain_rows));
	tcase_add_test(tc, text_plain_pairs);
	tcase_add_loop_test(tc, text_lookalikes, 0, LENGTH(lookalike_rows));
	tcase_add_test(tc, text_format_cuts_between_characters);
	tcase_add_test(tc, text_format_failure_is_empty);
	tcase_add_test(tc, text_add_cuts);
	tcase_add_test(tc, text_add_largest_number);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(text_suite())) != 0;
}

/* SPDX-License-Identifier: ISC */
/* Records: what every client sends, and what none may (R-WIRE-6, R-PATH-2). */
#include "config.h"

#include <sys/mman.h>
#include <sys/types.h>

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto.h"
#include "tap.h"

/* A literal and its length: it may hold NULs. */
#define S(literal) literal, sizeof(literal) - 1

#define N50  "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N255 N50 N50 N50 N50 N50 "nnnnn"

static const struct {
	const char *line;
	size_t len;
	enum proto_type type;
	mode_t mode;
	off_t size;
	const char *name;
} item_rows[] = {
	{ S("C0644 0 a"), PROTO_FILE, 0644, 0, "a" }, /* least record */
	{ S("C0644 3000000 big"), PROTO_FILE, 0644, 3000000, "big" },
	{ S("D0755 0 sub"), PROTO_DIR, 0755, 0, "sub" },
	{ S("C00 1 a"), PROTO_FILE, 0, 1, "a" },          /* libssh2 C0%o */
	{ S("C07 1 a"), PROTO_FILE, 07, 1, "a" },         /* libssh2 */
	{ S("C044 1 a"), PROTO_FILE, 044, 1, "a" },       /* sshj "C0"+octal */
	{ S("C04755 1 a"), PROTO_FILE, 04755, 1, "a" },   /* libssh2 */
	{ S("C0100644 1 a"), PROTO_FILE, 0644, 1, "a" },  /* with S_IFMT */
	{ S("D0040755 0 a"), PROTO_DIR, 0755, 0, "a" },   /* with S_IFMT */
	{ S("C0 1 a"), PROTO_FILE, 0, 1, "a" },           /* Go %#o of 0 */
	{ S("C7777777 1 a"), PROTO_FILE, 07777, 1, "a" }, /* 7 digits */
	{ S("C644 1 a"), PROTO_FILE, 0644, 1, "a" },
	{ S("C0000 0 a"), PROTO_FILE, 0, 0, "a" },
	{ S("C7777 9223372036854775807 x"), PROTO_FILE, 07777, INT64_MAX,
	    "x" }, /* greatest size */
	{ S("C0644 0000000000000000001 x"), PROTO_FILE, 0644, 1,
	    "x" },                                          /* 19 digits */
	{ S("D0755 4096 d"), PROTO_DIR, 0755, 0, "d" },     /* size dropped */
	{ S("C0644 1  a"), PROTO_FILE, 0644, 1, " a" },     /* blank in front */
	{ S("C0644 1  "), PROTO_FILE, 0644, 1, " " },       /* only a blank */
	{ S("C0644 1 a b "), PROTO_FILE, 0644, 1, "a b " }, /* and behind */
	{ S("C0644 1 ..."), PROTO_FILE, 0644, 1, "..." },   /* only looks so */
	{ S("C0644 1 .a"), PROTO_FILE, 0644, 1, ".a" },
	{ S("C0644 1 ..a"), PROTO_FILE, 0644, 1, "..a" },
	{ S("C0644 1 a."), PROTO_FILE, 0644, 1, "a." },
	{ S("C0644 1 \xff\xfe\x80"), PROTO_FILE, 0644, 1,
	    "\xff\xfe\x80" }, /* bytes, not a charset */
	{ S("C0644 1 \x1b[2J\r\t"), PROTO_FILE, 0644, 1,
	    "\x1b[2J\r\t" }, /* policy is somebody else's */
	{ S("C0644 1 " N255), PROTO_FILE, 0644, 1, N255 }, /* NAME_BYTES_MAX */
};

/* What the parser does not set itself is now anything but zero. */
static void
dirty_stack(void)
{
	volatile char junk[4096];
	size_t i;

	for (i = 0; i < sizeof(junk); i++)
		junk[i] = 0x55;
}

START_TEST(item)
{
	const char *line = item_rows[_i].line;
	struct proto_record r;
	enum proto_err got;

	memset(&r, 0x55, sizeof(r));
	dirty_stack();
	got = proto_parse(line, item_rows[_i].len, &r);
	ck_assert_msg(got == PROTO_OK, "\"%s\": %s", line, proto_strerror(got));
	ck_assert_int_eq(r.type, item_rows[_i].type);
	ck_assert_uint_eq(r.mode, item_rows[_i].mode);
	ck_assert_int_eq(r.size, item_rows[_i].size);
	ck_assert_uint_eq(r.namelen, strlen(item_rows[_i].name));
	ck_assert_mem_eq(r.name, item_rows[_i].name, r.namelen);
	ck_assert_ptr_eq(r.name + r.namelen, line + item_rows[_i].len);
	/* Fields of other types are zero. */
	ck_assert_int_eq(r.mtime.tv_sec, 0);
	ck_assert_int_eq(r.mtime.tv_nsec, 0);
	ck_assert_int_eq(r.atime.tv_sec, 0);
	ck_assert_int_eq(r.atime.tv_nsec, 0);
	ck_assert_ptr_null(r.text);
	ck_assert_uint_eq(r.textlen, 0);
}
END_TEST

static const struct {
	const char *line;
	size_t len;
	int64_t mtime;
	long mnsec;
	int64_t atime;
	long ansec;
} times_rows[] = {
	{ S("T1795416605 0 1795416606 0"), 1795416605, 0, 1795416606, 0 },
	{ S("T 1795416605 0 1795416605 0"), 1795416605, 0, 1795416605,
	    0 }, /* JSch ScpTo example */
	{ S("T1795416605 866524 1795416605 891883"), 1795416605, 866524000,
	    1795416605, 891883000 }, /* net-scp: real microseconds */
	{ S("T  1   2  3    4"), 1, 2000, 3, 4000 }, /* several blanks */
	{ S("T0 0 0 0"), 0, 0, 0, 0 },
	{ S("T-1 0 -2 0"), 0, 0, 0, 0 },        /* dropbear, 1960 */
	{ S("T-1 500000 5 6"), 0, 0, 5, 6000 }, /* not 1970 and a half */
	{ S("T5 6 -1 500000"), 5, 6000, 0, 0 },
	{ S("T-99999999999999999999 0 1 0"), 0, 0, 1, 0 },
	{ S("T1 999999 1 999999"), 1, 999999000, 1, 999999000 },
	{ S("T1 1000000 1 2000000"), 1, 999999000, 1, 999999000 },
	{ S("T1 99999999999999999999999999999 1 0"), 1, 999999000, 1, 0 },
	{ S("T1 99999999999999999999 1 0"), 1, 999999000, 1, 0 },
	{ S("T1 0 1 18446744073709551616"), 1, 0, 1, 999999000 }, /* 2^64 */
	{ S("T9223372036854775807 0 9223372036854775807 0"), INT64_MAX, 0,
	    INT64_MAX, 0 },
	{ S("T00000000000000000000001 0 1 0"), 1, 0, 1, 0 },
};

START_TEST(times)
{
	const char *line = times_rows[_i].line;
	struct proto_record r;
	enum proto_err got;

	memset(&r, 0x55, sizeof(r));
	dirty_stack();
	got = proto_parse(line, times_rows[_i].len, &r);
	ck_assert_msg(got == PROTO_OK, "\"%s\": %s", line, proto_strerror(got));
	ck_assert_int_eq(r.type, PROTO_TIMES);
	ck_assert_int_eq(r.mtime.tv_sec, times_rows[_i].mtime);
	ck_assert_int_eq(r.mtime.tv_nsec, times_rows[_i].mnsec);
	ck_assert_int_eq(r.atime.tv_sec, times_rows[_i].atime);
	ck_assert_int_eq(r.atime.tv_nsec, times_rows[_i].ansec);
	ck_assert_uint_eq(r.mode, 0);
	ck_assert_int_eq(r.size, 0);
	ck_assert_ptr_null(r.name);
	ck_assert_ptr_null(r.text);
}
END_TEST

static const struct {
	const char *line;
	size_t len;
	enum proto_type type;
	const char *text;
} text_rows[] = {
	{ S("\001scp: f: Permission denied"), PROTO_WARNING,
	    "scp: f: Permission denied" },
	{ S("\002scp: lost"), PROTO_FATAL, "scp: lost" },
	{ S("\001"), PROTO_WARNING, "" },
	{ S("\002"), PROTO_FATAL, "" },
	{ S("E"), PROTO_END, NULL },
};

START_TEST(text)
{
	const char *want = text_rows[_i].text;
	struct proto_record r;
	size_t len;

	memset(&r, 0x55, sizeof(r));
	dirty_stack();
	ck_assert_int_eq(
	    proto_parse(text_rows[_i].line, text_rows[_i].len, &r), PROTO_OK);
	ck_assert_int_eq(r.type, text_rows[_i].type);
	ck_assert_ptr_null(r.name);
	ck_assert_ptr_eq(r.text, want == NULL ? NULL : text_rows[_i].line + 1);
	len = want == NULL ? 0 : strlen(want);
	ck_assert_uint_eq(r.textlen, len);
}
END_TEST

static const struct {
	const char *line;
	size_t len;
	enum proto_err want;
} bad_rows[] = {
	/* clang-format off */
	{ S(""), PROTO_E_TYPE }, /* a line of its own, OpenSSH refuses it too */
	{ S("\0"), PROTO_E_TYPE }, /* a stray ack is the caller's to skip */
	{ S("\003x"), PROTO_E_TYPE },
	{ S("c0644 1 a"), PROTO_E_TYPE },
	{ S("X0644 1 a"), PROTO_E_TYPE },
	{ S(" C0644 1 a"), PROTO_E_TYPE },
	{ S("\xc3"), PROTO_E_TYPE }, /* C with the high bit */
	{ S("hello motd"), PROTO_E_TYPE },
	{ S("C"), PROTO_E_MODE },
	{ S("D"), PROTO_E_MODE },
	{ S("C "), PROTO_E_MODE },
	{ S("C 644 1 a"), PROTO_E_MODE },
	{ S("C-644 1 a"), PROTO_E_MODE },
	{ S("C+644 1 a"), PROTO_E_MODE },
	{ S("C00000644 1 a"), PROTO_E_MODE }, /* 8 digits */
	{ S("C0888 1 a"), PROTO_E_MODE },
	{ S("C0648 1 a"), PROTO_E_MODE },
	{ S("C0649 1 a"), PROTO_E_MODE },
	{ S("C/644 1 a"), PROTO_E_MODE }, /* the byte below 0 */
	{ S("C:644 1 a"), PROTO_E_MODE }, /* the byte above 9 */
	{ S("D0x1ff 0 a"), PROTO_E_DELIM },
	{ S("C0644"), PROTO_E_DELIM },
	{ S("C0644\t1 a"), PROTO_E_DELIM },
	{ S("C0644,1 a"), PROTO_E_DELIM },
	{ S("C0644\0 1 a"), PROTO_E_DELIM },
	{ S("C0644 "), PROTO_E_SIZE },
	{ S("C0644  1 a"), PROTO_E_SIZE }, /* two blanks */
	{ S("C0644 -1 a"), PROTO_E_SIZE },
	{ S("C0644 +1 a"), PROTO_E_SIZE },
	{ S("C0644 a"), PROTO_E_SIZE },
	{ S("C0644 9223372036854775808 x"), PROTO_E_SIZE }, /* one past */
	{ S("C0644 9999999999999999999 x"), PROTO_E_SIZE },
	{ S("C0644 18446744073709551616 x"), PROTO_E_SIZE }, /* 2^64 */
	{ S("C0644 18446744073709551617 x"), PROTO_E_SIZE }, /* wraps to 1 */
	{ S("C0644 99999999999999999999 x"), PROTO_E_SIZE }, /* dropbear */
	{ S("C0644 92233720368547758070 x"), PROTO_E_SIZE },
	{ S("C0644 00000000000000000001 x"), PROTO_E_SIZE }, /* 20 digits */
	{ S("D0755 9223372036854775808 x"), PROTO_E_SIZE },  /* also in D */
	{ S("D0755 -1 x"), PROTO_E_SIZE },
	{ S("C0644 1"), PROTO_E_DELIM },
	{ S("C0644 1x a"), PROTO_E_DELIM },
	{ S("C0644 1: a"), PROTO_E_DELIM }, /* the byte above 9 */
	{ S("C0644 1/ a"), PROTO_E_DELIM }, /* the byte below 0 */
	{ S("C0644 1\ta"), PROTO_E_DELIM },
	{ S("C0644 0x10 a"), PROTO_E_DELIM },
	{ S("C0644 1.5 a"), PROTO_E_DELIM },
	{ S("C0644 1 "), PROTO_E_NAME }, /* libssh2: path ends in a slash */
	{ S("C0644 1 ."), PROTO_E_NAME },
	{ S("C0644 1 .."), PROTO_E_NAME },
	{ S("D0755 0 ."), PROTO_E_NAME }, /* CVE-2018-20685 */
	{ S("D0755 0 .."), PROTO_E_NAME },
	{ S("C0644 1 /"), PROTO_E_NAME },
	{ S("C0644 1 /etc/passwd"), PROTO_E_NAME }, /* CVE-2000-0992 */
	{ S("C0644 1 ../x"), PROTO_E_NAME },
	{ S("C0644 1 a/b"), PROTO_E_NAME },
	{ S("D0755 0 a/"), PROTO_E_NAME },
	{ S("C0644 1 a\0"), PROTO_E_NAME },
	{ S("C0644 1 \0"), PROTO_E_NAME },
	{ S("C0644 1 ok\0/../x"), PROTO_E_NAME },
	{ S("C0644 1 ..\0"), PROTO_E_NAME },
	{ S("C0644 1 " N255 "n"), PROTO_E_NAME }, /* 256 bytes */
	{ S("E\r"), PROTO_E_EXTRA },
	{ S("E "), PROTO_E_EXTRA },
	{ S("E0755 0 a"), PROTO_E_EXTRA },
	{ S("E\0"), PROTO_E_EXTRA },
	{ S("T"), PROTO_E_TIME },
	{ S("T "), PROTO_E_TIME },
	{ S("T1"), PROTO_E_TIME },
	{ S("T1 "), PROTO_E_TIME },
	{ S("T1 0"), PROTO_E_TIME },
	{ S("T1 0 "), PROTO_E_TIME },
	{ S("T1 0 1"), PROTO_E_TIME },
	{ S("T1 0 1 "), PROTO_E_TIME },
	{ S("T1 0 1 0 "), PROTO_E_TIME },
	{ S("T1 0 1 0 1"), PROTO_E_TIME },
	{ S("T1 0 1 0x"), PROTO_E_TIME },
	{ S("T1 0 1 0\0"), PROTO_E_TIME },
	{ S("T-"), PROTO_E_TIME },
	{ S("T- 0 1 0"), PROTO_E_TIME },
	{ S("T- 1 0"), PROTO_E_TIME },
	{ S("T1 0-1 0"), PROTO_E_TIME },
	{ S("T--1 0 1 0"), PROTO_E_TIME },
	{ S("T+1 0 1 0"), PROTO_E_TIME },
	{ S("T1 -1 1 0"), PROTO_E_TIME },
	{ S("T1 0 1 -1"), PROTO_E_TIME },
	{ S("T1\t0 1 0"), PROTO_E_TIME },
	{ S("T1.5 0 1 0"), PROTO_E_TIME },
	{ S("Tx 0 1 0"), PROTO_E_TIME },
	{ S("T1 x 1 0"), PROTO_E_TIME },
	{ S("T1 0 x 0"), PROTO_E_TIME },
	{ S("T1 0 1 x"), PROTO_E_TIME },
	{ S("T9223372036854775808 0 1 0"), PROTO_E_TIME }, /* over time_t */
	{ S("T1 0 9223372036854775808 0"), PROTO_E_TIME },
	{ S("T99999999999999999999 0 1 0"), PROTO_E_TIME },
	{ S("T18446744073709551617 0 1 0"), PROTO_E_TIME }, /* wraps to 1 */
	/* clang-format on */
};

/* Nothing is nothing, whatever stands behind it. */
START_TEST(no_byte)
{
	struct proto_record r;
	const char *name;
	size_t len, page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages;

	ck_assert_int_eq(proto_parse("C0644 1 a", 0, &r), PROTO_E_TYPE);
	ck_assert_int_eq(proto_parse("E", 0, &r), PROTO_E_TYPE);
	/* Nor is it looked at. */
	pages =
	    mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(pages, MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
	ck_assert_int_eq(proto_parse(pages + page, 0, &r), PROTO_E_TYPE);
	proto_bad_name(pages + page, 0, &name, &len);
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(bad)
{
	const char *line = bad_rows[_i].line;
	struct proto_record r, untouched;
	enum proto_err got;
	char *exact;

	memset(&r, 0x55, sizeof(r));
	memset(&untouched, 0x55, sizeof(untouched));
	/* A copy without the NUL: reading on is seen by the sanitizer. */
	exact = malloc(bad_rows[_i].len + 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact + 1, line, bad_rows[_i].len);
	got = proto_parse(exact + 1, bad_rows[_i].len, &r);
	free(exact);
	ck_assert_msg(got == bad_rows[_i].want, "\"%s\": %s, not %s", line,
	    proto_strerror(got), proto_strerror(bad_rows[_i].want));
	ck_assert_mem_eq(&r, &untouched, sizeof(r));
}
END_TEST

/* What stands behind a line is not of it. */
static const struct {
	const char *line;
	size_t len;
	enum proto_err want;
} end_rows[] = {
	{ S("C0644"), PROTO_E_DELIM },
	{ S("C0644 5"), PROTO_E_DELIM },
	{ S("C0644 5 a"), PROTO_OK },
	{ S("T1 0 1"), PROTO_E_TIME },
	{ S("T1 0 1 0"), PROTO_OK },
};

START_TEST(end_of_line)
{
	static const char behind[] = " 0 5/";
	char line[32];
	struct proto_record r;
	size_t i;

	memcpy(line, end_rows[_i].line, end_rows[_i].len);
	for (i = 0; i + 1 < sizeof(behind); i++) {
		memcpy(line + end_rows[_i].len, behind + i, sizeof(behind) - i);
		ck_assert_int_eq(
		    proto_parse(line, end_rows[_i].len, &r), end_rows[_i].want);
	}
}
END_TEST

static const struct {
	const char *line;
	size_t len;
	const char *name;
	size_t namelen;
} bad_name_rows[] = {
	{ S("C0644 1 ../x"), S("../x") },
	{ S("D0755 0 .."), S("..") },
	{ S("C0644 1 "), S("") },
	{ S("C0644 1 a\0b"), S("a\0b") },
	{ S("C0644 1  /"), S(" /") },
	{ S("C0644 1 good"), S("good") },
	{ S("C0644"), S("") }, /* refused before the name */
	{ S("C0644 x ../x"), S("") },
	{ S("T1 0 1 0"), S("") },
	{ S("E"), S("") },
	{ S("?"), S("") },
	{ S(""), S("") },
};

START_TEST(bad_name)
{
	const char *name = NULL;
	size_t namelen = 99, len = bad_name_rows[_i].len;
	char *exact;

	exact = malloc(len + 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact + 1, bad_name_rows[_i].line, len);
	proto_bad_name(exact + 1, len, &name, &namelen);
	ck_assert_ptr_nonnull(name);
	ck_assert_uint_eq(namelen, bad_name_rows[_i].namelen);
	if (namelen > 0)
		ck_assert_mem_eq(name, bad_name_rows[_i].name, namelen);
	free(exact);
}
END_TEST

/* The longest line that a reader hands on, filled with each single byte. */
START_TEST(full_line)
{
	char line[RECORD_BYTES_MAX];
	struct proto_record r;
	enum proto_err err;
	int byte;

	for (byte = 0; byte < 256; byte++) {
		memset(line, byte, sizeof(line));
		r.textlen = 0;
		err = proto_parse(line, sizeof(line), &r);
		if (byte == PROTO_WARNING || byte == PROTO_FATAL)
			ck_assert_uint_eq(r.textlen, sizeof(line) - 1);
		else
			ck_assert_int_ne(err, PROTO_OK);
	}
}
END_TEST

/* A megabyte of digits in each place where digits may stand. */
START_TEST(endless_digits)
{
	static const struct {
		const char *head;
		enum proto_err want;
	} rows[] = {
		/* clang-format off */
		{ "C", PROTO_E_MODE },
		{ "C0644 ", PROTO_E_SIZE },
		{ "T", PROTO_E_TIME },
		{ "T1 ", PROTO_E_TIME },
		{ "T1 0 -", PROTO_E_TIME },
		{ "T1 0 1 ", PROTO_OK }, /* clamped */
		/* clang-format on */
	};
	const size_t len = 1 << 20;
	struct proto_record r;
	char *line;

	line = malloc(len);
	ck_assert_ptr_nonnull(line);
	memset(line, '7', len);
	memcpy(line, rows[_i].head, strlen(rows[_i].head));
	ck_assert_int_eq(proto_parse(line, len, &r), rows[_i].want);
	free(line);
}
END_TEST

static const struct {
	const char *name;
	size_t len;
	bool want;
} name_rows[] = {
	{ S("a"), true },
	{ S("..."), true },
	{ S("a/b"), false },
	{ S("a\0"), false },
	{ S(""), false },
	{ S("."), false },
	{ S(".."), false },
	{ S(N255), true },
	{ S(N255 "n"), false },
};

START_TEST(is_name)
{
	ck_assert_int_eq(proto_is_name(name_rows[_i].name, name_rows[_i].len),
	    name_rows[_i].want);
}
END_TEST

static const struct {
	enum proto_type type;
	mode_t mode;
	off_t bytes;
	const char *name;
	const char *want;
} format_rows[] = {
	{ PROTO_FILE, 0644, 3, "a", "C0644 3 a\n" },
	{ PROTO_DIR, 0755, 0, "d", "D0755 0 d\n" },
	{ PROTO_DIR, 0755, 4096, "d", "D0755 0 d\n" },  /* always 0 */
	{ PROTO_FILE, 0, 0, "a", "C0000 0 a\n" },       /* JSch reads 5 bytes */
	{ PROTO_FILE, 0100644, 3, "a", "C0644 3 a\n" }, /* a whole st_mode */
	{ PROTO_FILE, 07777, INT64_MAX, "a", "C7777 9223372036854775807 a\n" },
	{ PROTO_FILE, 0644, 3, " a b ", "C0644 3  a b \n" },
	{ PROTO_FILE, 0644, 3, "a\nb", "C0644 3 a\\^Jb\n" }, /* one line */
	{ PROTO_FILE, 0644, 3, "\n\n", "C0644 3 \\^J\\^J\n" },
	{ PROTO_FILE, 0644, 3, "a\\nb", "C0644 3 a\\nb\n" },
	{ PROTO_FILE, 0644, 3, "%n%s\x1b\xff", "C0644 3 %n%s\x1b\xff\n" },
	{ PROTO_FILE, 0644, 3, "", "C0644 3 \n" },
	{ PROTO_FILE, 0644, -1, "a", NULL },
	{ PROTO_DIR, 0644, -1, "a", NULL },
	{ PROTO_END, 0644, 3, "a", NULL },
	{ PROTO_TIMES, 0644, 3, "a", NULL },
};

/* Into each size of buffer from none to enough, and never past it. */
START_TEST(format_item)
{
	const char *want = format_rows[_i].want;
	size_t need = want == NULL ? 64 : strlen(want) + 1;
	size_t size, got, fit;
	char *buf;

	for (size = 0; size <= need; size++) {
		buf = malloc(size + 1);
		ck_assert_ptr_nonnull(buf);
		buf[size] = '!';
		got = proto_format_item(buf, size, format_rows[_i].type,
		    format_rows[_i].mode, format_rows[_i].bytes,
		    format_rows[_i].name);
		fit = want == NULL || size < need ? 0 : need - 1;
		ck_assert_uint_eq(got, fit);
		if (fit > 0)
			ck_assert_str_eq(buf, want);
		else
			ck_assert_int_eq(buf[size], '!');
		free(buf);
	}
}
END_TEST

/* A name of NAME_BYTES_MAX newlines is the longest record there can be. */
START_TEST(format_longest)
{
	char name[NAME_BYTES_MAX + 1], buf[RECORD_BYTES_MAX + 2];
	size_t n;

	memset(name, '\n', NAME_BYTES_MAX);
	name[NAME_BYTES_MAX] = '\0';
	n = proto_format_item(
	    buf, sizeof(buf), PROTO_FILE, 0644, INT64_MAX, name);
	ck_assert_uint_eq(
	    n, strlen("C0644 9223372036854775807 \n") + 3 * NAME_BYTES_MAX);
	ck_assert_ptr_eq(memchr(buf, '\n', n), buf + n - 1);
}
END_TEST

static const struct {
	time_t mtime;
	time_t atime;
	const char *want;
} format_times_rows[] = {
	{ 1795416605, 1795416606, "T1795416605 0 1795416606 0\n" },
	{ 0, 0, "T0 0 0 0\n" },
	{ -1, 5, "T0 0 5 0\n" }, /* never negative */
	{ 5, -1, "T5 0 0 0\n" },
	{ INT64_MAX, INT64_MAX,
	    "T9223372036854775807 0 9223372036854775807 0\n" },
};

START_TEST(format_times)
{
	const char *want = format_times_rows[_i].want;
	size_t need = strlen(want) + 1, size;
	char buf[64];

	for (size = 0; size <= need; size++) {
		ck_assert_uint_eq(
		    proto_format_times(buf, size, format_times_rows[_i].mtime,
			format_times_rows[_i].atime),
		    size < need ? 0 : need - 1);
	}
	ck_assert_str_eq(buf, want);
}
END_TEST

/* Every error has its own text; those that clients know are OpenSSH's. */
START_TEST(strerror_texts)
{
	int i, j;

	for (i = 0; i < PROTO__COUNT; i++) {
		for (j = 0; j < i; j++)
			ck_assert_str_ne(proto_strerror((enum proto_err)i),
			    proto_strerror((enum proto_err)j));
	}
	ck_assert_str_eq(
	    proto_strerror(PROTO_E_TYPE), "expected control record");
	ck_assert_str_eq(proto_strerror(PROTO_E_MODE), "bad mode");
	ck_assert_str_eq(proto_strerror(PROTO_E_NAME), "unexpected filename");
	ck_assert_str_eq(proto_strerror(PROTO__COUNT), "unknown error");
}
END_TEST

static Suite *
proto_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("proto");
	tc = tcase_create("parse");
	tcase_add_loop_test(tc, item, 0, LENGTH(item_rows));
	tcase_add_loop_test(tc, times, 0, LENGTH(times_rows));
	tcase_add_loop_test(tc, text, 0, LENGTH(text_rows));
	tcase_add_test(tc, no_byte);
	tcase_add_loop_test(tc, bad, 0, LENGTH(bad_rows));
	tcase_add_loop_test(tc, end_of_line, 0, LENGTH(end_rows));
	tcase_add_loop_test(tc, bad_name, 0, LENGTH(bad_name_rows));
	tcase_add_loop_test(tc, is_name, 0, LENGTH(name_rows));
	tcase_add_test(tc, full_line);
	tcase_add_loop_test(tc, endless_digits, 0, 6);
	suite_add_tcase(s, tc);
	tc = tcase_create("format");
	tcase_add_loop_test(tc, format_item, 0, LENGTH(format_rows));
	tcase_add_test(tc, format_longest);
	tcase_add_loop_test(tc, format_times, 0, LENGTH(format_times_rows));
	tcase_add_test(tc, strerror_texts);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(proto_suite())) != 0;
}

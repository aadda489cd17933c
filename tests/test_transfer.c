/* SPDX-License-Identifier: ISC */
/* Records of transfers, byte for byte, whatever the names are. */
#include "config.h"

#include <check.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"
#include "transfer.h"

static const struct transfer_session session = { .id = "67465d70.390",
	.user = "fw01",
	.address = "192.0.2.7",
	.method = "publickey",
	.key = "SHA256:abc",
	.layers = "confine=jail,seccomp",
	.uid = 1001,
	.port = 51234,
	.upload = true };
static const struct transfer_session unknown = { .id = "1.2",
	.user = "x",
	.address = "UNKNOWN",
	.method = "",
	.key = "",
	.layers = "",
	.uid = 0,
	.port = 0,
	.upload = false };
static const time_t mtime = 1795467600;
static char line[TRANSFER_BYTES_MAX];

#define PATH(s) .path = (s), .pathlen = sizeof(s) - 1

static struct transfer
transfer_of(const char *path, size_t len)
{
	return (struct transfer){ .session = &session,
		.time = { 1795469400, 123999999 },
		.duration = 1412,
		.result = TRANSFER_OK,
		.size = 5120,
		.bytes = 5120,
		.mode = 0644,
		.mtime = &mtime,
		.path = path,
		.pathlen = len };
}

static void
setup(void)
{
	ck_assert_int_eq(setenv("TZ", "XYZ-2", 1), 0);
	tzset();
}

START_TEST(json_of_a_whole_file)
{
	struct transfer t = transfer_of("/in/a.cfg", 9);
	static const char want[] =
	    "{\"time\":\"2026-11-23T21:30:00.123Z\",\"result\":\"ok\","
	    "\"direction\":\"upload\",\"user\":\"fw01\",\"uid\":1001,"
	    "\"address\":\"192.0.2.7\",\"port\":51234,"
	    "\"method\":\"publickey\",\"key\":\"SHA256:abc\","
	    "\"session\":\"67465d70.390\",\"layers\":\"confine=jail,seccomp\","
	    "\"size\":5120,\"bytes\":5120,\"duration\":1.412,"
	    "\"mode\":\"0644\",\"mtime\":\"2026-11-23T21:00:00Z\","
	    "\"sha256\":\"00ff\",\"path\":\"/in/a.cfg\"}";

	t.sha256 = "00ff";
	ck_assert_uint_eq(
	    transfer_json(line, sizeof(line), &t), sizeof(want) - 1);
	ck_assert_str_eq(line, want);
}
END_TEST

/* What is not known is not there. */
START_TEST(json_of_a_refusal)
{
	struct transfer t = { .session = &unknown,
		.time = { 0, 0 },
		.result = TRANSFER_REFUSED,
		.code = "too-large",
		.keyword = "MaxFileSize",
		.size = -1,
		.mode = (mode_t)-1,
		PATH("b") };

	(void)!transfer_json(line, sizeof(line), &t);
	ck_assert_str_eq(line,
	    "{\"time\":\"1970-01-01T00:00:00.000Z\",\"result\":\"refused\","
	    "\"reason\":\"too-large\",\"keyword\":\"MaxFileSize\","
	    "\"direction\":\"download\",\"user\":\"x\",\"uid\":0,"
	    "\"address\":\"UNKNOWN\",\"session\":\"1.2\",\"bytes\":0,"
	    "\"duration\":0.000,\"path\":\"b\"}");
	t.result = TRANSFER_FAILED;
	(void)!transfer_json(line, sizeof(line), &t);
	ck_assert_ptr_nonnull(strstr(line, ",\"result\":\"failed\","));
}
END_TEST

/* The client's numbers at their ends; a year that there is not is left out. */
START_TEST(json_of_odd_numbers)
{
	struct transfer t = transfer_of("a", 1);
	time_t never = (time_t)INT64_MAX;
	time_t before = -1;

	t.size = t.bytes = INT64_MAX;
	t.mtime = &never;
	t.duration = 60001;
	t.mode = 07;
	(void)!transfer_json(line, sizeof(line), &t);
	ck_assert_ptr_nonnull(strstr(line,
	    "\"size\":9223372036854775807,\"bytes\":9223372036854775807,"
	    "\"duration\":60.001,\"mode\":\"0007\",\"path\""));
	t.mtime = &before;
	(void)!transfer_json(line, sizeof(line), &t);
	ck_assert_ptr_nonnull(
	    strstr(line, "\"mtime\":\"1969-12-31T23:59:59Z\""));
}
END_TEST

#define FFFD "\xef\xbf\xbd"

static const struct {
	const char *path;
	size_t len;
	const char *json; /* behind "path": */
	const char *word; /* in xferlog */
} rows[] = {
#define ROW(path, json, word)                                                  \
	{                                                                      \
		path, sizeof(path) - 1, json, word                             \
	}
	ROW("/a", "\"/a\"}", "/a"),
	ROW("/a b\tc", "\"/a b\\u0009c\"}", "/a_b_c"),
	ROW("/a\nb\r", "\"/a\\u000ab\\u000d\"}", "/a_b_"),
	ROW("/\"\\", "\"/\\\"\\\\\"}", "/\"\\"),
	ROW("/\",\"user\":\"root", "\"/\\\",\\\"user\\\":\\\"root\"}",
	    "/\",\"user\":\"root"),
	ROW("/x b _ o r root scp 0 * c", "\"/x b _ o r root scp 0 * c\"}",
	    "/x_b___o_r_root_scp_0_*_c"),
	ROW("/\033]0;x\007", "\"/\\u001b]0;x\\u0007\"}", "/_]0;x_"),
	ROW("/\177", "\"/\\u007f\"}", "/_"),
	ROW("/\0x", "\"/\\u0000x\"}", "/_x"),
	/* UTF-8 stays; C1, separators and turned writing do not show. */
	ROW("/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	    "\"/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}",
	    "/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	ROW("/\xc2\x9b", "\"/\\u009b\"}", "/_"),
	ROW("/\xe2\x80\xa8\xe2\x80\xae", "\"/\\u2028\\u202e\"}", "/__"),
	/* Blanks of Unicode, and characters that stand beside them. */
	ROW("/\xe2\x80\xaf", "\"/\xe2\x80\xaf\"}", "/_"),
	ROW("/\xc2\xa0\xe3\x80\x80", "\"/\xc2\xa0\xe3\x80\x80\"}", "/__"),
	ROW("/\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8d",
	    "\"/\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8d\"}", "/___"),
	ROW("/\xe2\x81\x9f\xef\xbb\xbf", "\"/\xe2\x81\x9f\xef\xbb\xbf\"}",
	    "/__"),
	ROW("/\xe1\xbf\xbf\xe2\x80\x90\xe2\x81\x9e\xef\xbb\xbe",
	    "\"/\xe1\xbf\xbf\xe2\x80\x90\xe2\x81\x9e\xef\xbb\xbe\"}",
	    "/\xe1\xbf\xbf\xe2\x80\x90\xe2\x81\x9e\xef\xbb\xbe"),
	ROW("/" FFFD, "\"/" FFFD "\"}", "/" FFFD),
	/* What is no UTF-8 comes twice. */
	ROW("/\xff", "\"/" FFFD "\",\"path_hex\":\"2fff\"}", "/_"),
	ROW("/\xc3", "\"/" FFFD "\",\"path_hex\":\"2fc3\"}", "/_"),
	ROW("\xed\xa0\x80", "\"" FFFD FFFD FFFD "\",\"path_hex\":\"eda080\"}",
	    "___"),
	ROW("\xc0\xaf", "\"" FFFD FFFD "\",\"path_hex\":\"c0af\"}", "__"),
	ROW("", "\"\"}", "_"),
#undef ROW
};

START_TEST(paths)
{
	struct transfer t = transfer_of(rows[_i].path, rows[_i].len);
	char want[256];
	char *path;

	ck_assert_uint_eq(transfer_json(line, sizeof(line), &t), strlen(line));
	path = strstr(line, ",\"path\":");
	ck_assert_ptr_nonnull(path);
	ck_assert_str_eq(path + strlen(",\"path\":"), rows[_i].json);
	(void)snprintf(want, sizeof(want),
	    "Mon Nov 23 23:30:00 2026 1 192.0.2.7 5120 %s b _ i r fw01 scp 0 * "
	    "c",
	    rows[_i].word);
	ck_assert_uint_eq(
	    transfer_xferlog(line, sizeof(line), &t), strlen(want));
	ck_assert_str_eq(line, want);
}
END_TEST

START_TEST(xferlog_of_others)
{
	struct transfer_session odd = unknown;
	struct transfer t = { .session = &odd,
		.time = { 1795469400, 0 },
		.duration = 2500,
		.result = TRANSFER_FAILED,
		.code = "no-space",
		.size = 10,
		.bytes = 7,
		.mode = 0644,
		PATH("/f") };

	odd.user = "a b\nc";
	(void)!transfer_xferlog(line, sizeof(line), &t);
	ck_assert_str_eq(line,
	    "Mon Nov 23 23:30:00 2026 3 UNKNOWN 7 /f b _ o r a_b_c scp 0 * i");
	t.result = TRANSFER_REFUSED;
	odd.user = "";
	(void)!transfer_xferlog(line, sizeof(line), &t);
	ck_assert_str_eq(line,
	    "Mon Nov 23 23:30:00 2026 3 UNKNOWN 7 /f b _ o r _ scp 0 * i");
}
END_TEST

/* A clock that is out of its mind costs the time of the record, no more. */
START_TEST(xferlog_of_no_year)
{
	struct transfer t = transfer_of("/f", 2);

	t.time.tv_sec = (time_t)INT64_MAX;
	(void)!transfer_xferlog(line, sizeof(line), &t);
	ck_assert_str_eq(line, " 1 192.0.2.7 5120 /f b _ i r fw01 scp 0 * c");
}
END_TEST

/* Nothing that the longest path can be is cut in a file. */
START_TEST(longest_paths_are_whole)
{
	static const char *const units[] = { "a", "\001", "\"", "\xff",
		"\xc2\x80" };
	char path[PATH_BYTES_MAX];
	struct transfer t;
	size_t i, len;

	for (i = 0; i < LENGTH(units); i++) {
		for (len = 0; len + strlen(units[i]) <= sizeof(path);
		     len += strlen(units[i]))
			memcpy(path + len, units[i], strlen(units[i]));
		t = transfer_of(path, len);
		(void)!transfer_json(line, sizeof(line), &t);
		ck_assert_ptr_null(strstr(line, "path_cut"));
		ck_assert_ptr_null(strstr(line, "..."));
		(void)!transfer_xferlog(line, sizeof(line), &t);
		ck_assert_ptr_null(strstr(line, "..."));
		ck_assert_ptr_nonnull(strstr(line, " b _ i r fw01 scp 0 * c"));
	}
}
END_TEST

/* Both ends of a path stay, and the object is one. */
START_TEST(short_lines)
{
	static const char *const units[] = { "a", "\001", "\xff",
		"\xf0\x9f\x98\x80" };
	static const size_t sizes[] = { TRANSFER_BYTES_MIN,
		TRANSFER_BYTES_MIN + 1, TRANSFER_BYTES_MIN + 2,
		TRANSFER_BYTES_MIN + 3, 1900 };
	static char path[4 * PATH_BYTES_MAX];
	struct transfer t;
	size_t i, k, len;

	for (i = 0; i < LENGTH(units); i++) {
		memcpy(path, "begin", 5);
		for (len = 5; len + strlen(units[i]) + 3 <= sizeof(path);
		     len += strlen(units[i]))
			memcpy(path + len, units[i], strlen(units[i]));
		memcpy(path + len, "end", 3);
		t = transfer_of(path, len + 3);
		for (k = 0; k < LENGTH(sizes); k++) {
			len = transfer_json(line, sizes[k], &t);
			ck_assert_uint_lt(len, sizes[k]);
			ck_assert_uint_gt(len, sizes[k] - 64);
			ck_assert_ptr_nonnull(strstr(line, ":\"begin"));
			ck_assert_ptr_nonnull(strstr(line, "..."));
			ck_assert_str_eq(line + len -
				strlen("end\",\"path_cut"
				       "\":true}"),
			    "end\",\"path_cut\":true}");
			len = transfer_xferlog(line, sizes[k], &t);
			ck_assert_uint_lt(len, sizes[k]);
			ck_assert_ptr_nonnull(strstr(line, " begin"));
			ck_assert_ptr_nonnull(
			    strstr(line, "end b _ i r fw01 scp 0 * c"));
		}
	}
}
END_TEST

/* The bytes do not fit, the path itself does: it is not called exact. */
START_TEST(no_room_for_bytes)
{
	char path[300];
	struct transfer t;

	memset(path, '\xff', sizeof(path));
	t = transfer_of(path, sizeof(path));
	(void)!transfer_json(line, 1400, &t);
	ck_assert_ptr_null(strstr(line, "path_hex"));
	ck_assert_ptr_null(strstr(line, "..."));
	ck_assert_ptr_nonnull(strstr(line, FFFD "\",\"path_cut\":true}"));
}
END_TEST

/* All but the path at its longest cannot push the path out. */
START_TEST(longest_fields)
{
	static const char digits[65] = "0123456789abcdef0123456789abcdef"
				       "0123456789abcdef0123456789abcdef";
	struct transfer_session odd = session;
	struct transfer t = transfer_of("/in/f", 5);
	char user[256], layers[256], address[64], key[51];
	char id[TRANSFER_ID_BYTES];
	const time_t late = 253402300799;

	memset(user, '\001', sizeof(user));
	memset(layers, '"', sizeof(layers));
	memset(address, 'a', sizeof(address));
	memset(key, 'k', sizeof(key));
	memset(id, 'i', sizeof(id));
	user[sizeof(user) - 1] = layers[sizeof(layers) - 1] =
	    address[sizeof(address) - 1] = key[sizeof(key) - 1] =
		id[sizeof(id) - 1] = '\0';
	odd.user = user;
	odd.layers = layers;
	odd.address = address;
	odd.key = key;
	odd.id = id;
	odd.method = "keyboard-interactive";
	odd.uid = (uid_t)-1;
	t.session = &odd;
	t.result = TRANSFER_REFUSED;
	t.code = "hard-links-refused-here";
	t.keyword = "TransferLogFormat";
	t.size = t.bytes = INT64_MAX;
	t.duration = UINT64_MAX;
	t.mtime = &late;
	t.sha256 = digits;
	t.lost = ULONG_MAX;
	(void)!transfer_json(line, TRANSFER_BYTES_MIN, &t);
	ck_assert_ptr_nonnull(strstr(line, ",\"path\":\"/in/f\"}"));
	(void)!transfer_xferlog(line, TRANSFER_BYTES_MIN, &t);
	ck_assert_ptr_nonnull(strstr(line, " /in/f b _ i r ____"));
}
END_TEST

static Suite *
transfer_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("transfer");
	tc = tcase_create("records");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, json_of_a_whole_file);
	tcase_add_test(tc, json_of_a_refusal);
	tcase_add_test(tc, json_of_odd_numbers);
	tcase_add_loop_test(tc, paths, 0, LENGTH(rows));
	tcase_add_test(tc, xferlog_of_others);
	tcase_add_test(tc, xferlog_of_no_year);
	tcase_add_test(tc, longest_paths_are_whole);
	tcase_add_test(tc, short_lines);
	tcase_add_test(tc, no_room_for_bytes);
	tcase_add_test(tc, longest_fields);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(transfer_suite())) != 0;
}

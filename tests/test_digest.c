/* SPDX-License-Identifier: ISC */
/* The values of FIPS 180-2, appendix B, in one piece and byte by byte. */
#include "config.h"

#include <check.h>
#include <string.h>

#include "defs.h"
#include "digest.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *sha256;
} rows[] = {
	{ "",
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ "abc",
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
};

START_TEST(values)
{
	char text[DIGEST_TEXT_BYTES];
	struct digest d;
	size_t i;

	digest_begin(&d);
	digest_add(&d, rows[_i].text, strlen(rows[_i].text));
	digest_end_text(&d, text);
	ck_assert_str_eq(text, rows[_i].sha256);
	digest_begin(&d);
	for (i = 0; i < strlen(rows[_i].text); i++)
		digest_add(&d, rows[_i].text + i, 1);
	digest_end_text(&d, text);
	ck_assert_str_eq(text, rows[_i].sha256);
}
END_TEST

static Suite *
digest_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("digest");
	tc = tcase_create("values");
	tcase_add_loop_test(tc, values, 0, LENGTH(rows));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(digest_suite())) != 0;
}

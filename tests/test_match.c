/* SPDX-License-Identifier: ISC */
/* Match lines: patterns, networks, what is unknown, and how lines are cut. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "match.h"
#include "tap.h"

static char err[256];
static unsigned asked;
static bool groups_are_known;

static const char *const *
groups(void *arg)
{
	static const char *const names[] = { "staff", "domain users", NULL };

	(void)arg;
	asked++;
	return groups_are_known ? names : NULL;
}

static struct match_who who;

static void
setup(void)
{
	who = (struct match_who){ .user = "fw01",
		.address = "192.0.2.77",
		.has_direction = true,
		.direction = POLICY_UPLOAD,
		.groups = groups };
	asked = 0;
	groups_are_known = true;
	err[0] = '\0';
}

static const struct {
	const char *text;
	bool holds;
} fit_rows[] = {
	/* In double quotes anything goes. */
	{ "User \"'x',fw01\"", true },
	{ "User \"a\xc2\xa0z\",fw01", true },
	{ "all", true },
	{ "ALL ", true },
	{ "User fw01", true },
	{ "user fw01", true },
	{ "User FW01", false },
	{ "User fw0", false },
	{ "User fw*", true },
	{ "User fw??", true },
	{ "User fw?", false },
	{ "User *,!fw01", false },
	{ "User !fw01,*", false },
	{ "User *,!fw02", true },
	{ "User a,b,fw01", true },
	{ "User \"fw01\"", true },
	{ "User \"a b\",fw01", true },
	{ "Group staff", true },
	{ "Group wheel", false },
	{ "Group \"domain users\"", true },
	{ "Group wheel,\"domain *\"", true },
	{ "Group *,!staff", false },
	{ "Group !wheel,*", true },
	{ "Address 192.0.2.77", true },
	{ "Address 192.0.2.7", false },
	{ "Address 192.0.2.0/24", true },
	{ "Address 192.0.2.64/28", true },
	{ "Address 192.0.2.80/28", false },
	{ "Address 192.0.2.77/32", true },
	{ "Address 192.0.2.76/32", false },
	{ "Address 0.0.0.0/0", true },
	{ "Address 128.0.0.0/1", true },
	{ "Address 0.0.0.0/1", false },
	{ "Address ::/0", false },
	{ "Address 2001:db8::/32", false },
	{ "Address ::ffff:192.0.2.77", true },
	{ "Address 192.0.2.*", true },
	{ "Address 192.0.2.7?", true },
	{ "Address 10.0.0.0/8,192.0.2.0/24", true },
	{ "Address 192.0.2.0/24,!192.0.2.77", false },
	{ "Address !192.0.2.77,192.0.2.0/24", false },
	{ "Address *", true },
	{ "Direction upload", true },
	{ "Direction Upload", true },
	{ "Direction download", false },
	{ "Direction upload,download", true },
	{ "User fw01 Address 192.0.2.0/24 Direction upload Group staff", true },
	{ "User fw01 Address 10.0.0.0/8", false },
	{ "User fw02 Address 192.0.2.0/24", false },
	{ "\tUser\tfw01\t ", true },
};

START_TEST(fits)
{
	bool holds = true;

	ck_assert_msg(
	    match_criteria(fit_rows[_i].text, &who, &holds, err, sizeof(err)),
	    "%s: %s", fit_rows[_i].text, err);
	ck_assert_msg(holds == fit_rows[_i].holds, "%s", fit_rows[_i].text);
	/* What is in a block that does not fit never does. */
	holds = false;
	asked = 0;
	ck_assert(
	    match_criteria(fit_rows[_i].text, &who, &holds, err, sizeof(err)));
	ck_assert(!holds);
	ck_assert_uint_eq(asked, 0);
}
END_TEST

#define BAD_LIST                                                               \
	"Match User: its list is too long, or has quotes or blanks that are "  \
	"none here: use \""

static const struct {
	const char *text;
	const char *want;
} fault_rows[] = {
	{ "", "Match: expected User, Group, Address, Direction or all" },
	{ "  ", "Match: expected User, Group, Address, Direction or all" },
	{ "\"User", "Match: expected User, Group, Address, Direction or all" },
	{ "User fw01 \"Group",
	    "Match: expected User, Group, Address, Direction or all" },
	{ "User fw02 \"",
	    "Match: expected User, Group, Address, Direction or all" },
	{ "Host a",
	    "Match Host: expected User, Group, Address, Direction or all" },
	{ "fw01",
	    "Match fw01: expected User, Group, Address, Direction or all" },
	{ "all User a",
	    "Match all: expected User, Group, Address, Direction or all" },
	{ "User a all",
	    "Match all: expected User, Group, Address, Direction or all" },
	{ "User", "Match User: its list is missing" },
	{ "User fw01 Group", "Match Group: its list is missing" },
	{ "User \"fw01", BAD_LIST },
	/* Quotes and blanks that are none here. */
	{ "User 'fw01'", BAD_LIST },
	{ "User a,'fw01'", BAD_LIST },
	{ "User *,!'fw01'", BAD_LIST },
	{ "User \xe2\x80\x9c"
	  "fw01\xe2\x80\x9d",
	    BAD_LIST },
	{ "User a,\xc2\xa0"
	  "fw01",
	    BAD_LIST },
	{ "User a\xe2\x80\xaf", BAD_LIST },
	{ "'User' a",
	    "Match: expected User, Group, Address, Direction or all" },
	{ "User a,", "Match User: an empty pattern" },
	{ "User ,a", "Match User: an empty pattern" },
	{ "User !", "Match User: an empty pattern" },
	{ "User \"\"", "Match User: an empty pattern" },
	{ "User !a",
	    "Match User: with ! alone nothing ever fits: add *, or what may" },
	{ "User a, b", "Match User: an empty pattern" },
	{ "Direction up", "Match Direction: expected upload or download" },
	{ "Direction *", "Match Direction: expected upload or download" },
	{ "Address 192.0.2.1/24",
	    "Match Address: the address goes on behind these bits" },
	{ "Address 192.0.2.0/33",
	    "Match Address: more bits than the address has" },
	{ "Address ::/129", "Match Address: more bits than the address has" },
	{ "Address 192.0.2.0/",
	    "Match Address: more bits than the address has" },
	{ "Address 192.0.2.0/255.255.255.0",
	    "Match Address: expected digits behind the slash" },
	{ "Address 192.0.2.0/-1",
	    "Match Address: expected digits behind the slash" },
	{ "Address 192.0.2",
	    "Match Address: expected addresses, networks as 192.0.2.0/24, or "
	    "patterns" },
	{ "Address example.org",
	    "Match Address: expected addresses, networks as 192.0.2.0/24, or "
	    "patterns" },
	{ "Address *.example.org",
	    "Match Address: expected addresses, networks as 192.0.2.0/24, or "
	    "patterns" },
	{ "Address 192.0.2.*/24",
	    "Match Address: expected addresses, networks as 192.0.2.0/24, or "
	    "patterns" },
	{ "User nobody Address 1.2.3.4.5",
	    "Match Address: expected addresses, networks as 192.0.2.0/24, or "
	    "patterns" },
};

START_TEST(faults)
{
	bool holds = _i % 2 == 0;

	/* Whether the block counts or not. */
	for (int i = 0; i < 2; i++, holds = !holds) {
		ck_assert(!match_criteria(
		    fault_rows[_i].text, &who, &holds, err, sizeof(err)));
		ck_assert_str_eq(err, fault_rows[_i].want);
	}
}
END_TEST

static const struct {
	const char *address;
	const char *text;
	bool holds;
} address_rows[] = {
	{ "2001:db8::1", "Address 2001:db8::/32", true },
	{ "2001:0DB8:0:0::1", "Address 2001:db8::1", true },
	{ "2001:db8::1", "Address 2001:db9::/32", false },
	{ "2001:db8::1", "Address 2001:*", true },
	{ "2001:DB8::1", "Address 2001:db8:*", true },
	{ "2001:db8::1", "Address 2001:DB8:*", true },
	{ "2001:db8::1", "Address *,!2001:DB8::?", false },
	{ "2001:db8::1", "Address 32.1.13.184", false },
	{ "fe80::1%eth0", "Address fe80::/10", true },
	{ "fe80::1%eth0", "Address fe80::1", true },
	{ "::ffff:192.0.2.1", "Address 192.0.2.0/24", true },
	{ "::ffff:192.0.2.1", "Address 192.0.2.*", true },
	{ "::ffff:192.0.2.1", "Address ::ffff:*", false },
};

START_TEST(addresses)
{
	bool holds = true;

	who.address = address_rows[_i].address;
	ck_assert(match_criteria(
	    address_rows[_i].text, &who, &holds, err, sizeof(err)));
	ck_assert_int_eq(holds, address_rows[_i].holds);
}
END_TEST

/* What another client's address was says nothing of this one's. */
START_TEST(one_after_another)
{
	bool holds = true;

	who.address = "::ffff:192.0.2.77";
	ck_assert(match_criteria(
	    "Address 192.0.2.77", &who, &holds, err, sizeof(err)));
	ck_assert(holds);
	who.address = "0.0.0.0";
	ck_assert(
	    match_criteria("Address 0.0.0.0", &who, &holds, err, sizeof(err)));
	ck_assert(holds);
}
END_TEST

/* Neither answer would be safe. */
START_TEST(unknown)
{
	bool holds = true;

	who.address = "UNKNOWN";
	ck_assert(!match_criteria("Address *", &who, &holds, err, sizeof(err)));
	ck_assert_str_eq(
	    err, "Match Address: the client's address is not known");
	who.address = NULL;
	ck_assert(!match_criteria(
	    "Address 10.0.0.0/8", &who, &holds, err, sizeof(err)));
	who.user = NULL;
	ck_assert(!match_criteria("User *", &who, &holds, err, sizeof(err)));
	ck_assert_str_eq(err, "Match User: this account has no passwd entry");
	groups_are_known = false;
	ck_assert(!match_criteria("Group *", &who, &holds, err, sizeof(err)));
	ck_assert_str_eq(
	    err, "Match Group: the account's groups are not known");
	/* A criterion before it has answered already. */
	ck_assert(match_criteria(
	    "Direction download User *", &who, &holds, err, sizeof(err)));
	ck_assert(!holds);
	ck_assert(match_criteria("Address *", &who, &holds, err, sizeof(err)));
	ck_assert(!holds);
}
END_TEST

/* Without a request there is no direction: that is known. */
START_TEST(no_direction)
{
	bool holds = true;

	who.has_direction = false;
	ck_assert(match_criteria(
	    "Direction upload,download", &who, &holds, err, sizeof(err)));
	ck_assert(!holds);
}
END_TEST

START_TEST(groups_are_asked_for_once)
{
	bool holds = true;

	ck_assert(match_criteria(
	    "Group a,b,c,staff Group staff", &who, &holds, err, sizeof(err)));
	ck_assert(holds);
	ck_assert_uint_eq(asked, 1);
}
END_TEST

/* Longer than any address is. */
START_TEST(long_addresses)
{
	static char text[MATCH_WORD_BYTES], address[4 * MATCH_WORD_BYTES];
	bool holds = true;

	memset(text, '1', sizeof(text) - 1);
	memcpy(text, "Address ", 8);
	ck_assert(!match_criteria(text, &who, &holds, err, sizeof(err)));
	memset(address, '1', sizeof(address) - 1);
	who.address = address;
	ck_assert(!match_criteria("Address *", &who, &holds, err, sizeof(err)));
	ck_assert_str_eq(
	    err, "Match Address: the client's address is not known");
}
END_TEST

START_TEST(long_lists)
{
	static char text[2 * MATCH_WORD_BYTES];
	bool holds = true;

	memcpy(text, "User ", 5);
	memset(text + 5, 'a', MATCH_WORD_BYTES - 1);
	ck_assert(match_criteria(text, &who, &holds, err, sizeof(err)));
	holds = true;
	text[5 + MATCH_WORD_BYTES - 1] = 'a';
	ck_assert(!match_criteria(text, &who, &holds, err, sizeof(err)));
	ck_assert_str_eq(err, BAD_LIST);
	/* Patterns that take a naive matcher ages. */
	for (size_t i = 5; i < 5 + MATCH_WORD_BYTES - 4; i += 2)
		memcpy(text + i, "*a", 2);
	memcpy(text + 5 + MATCH_WORD_BYTES - 4, "b", 2);
	ck_assert(match_criteria(text, &who, &holds, err, sizeof(err)));
	ck_assert(!holds);
}
END_TEST

static Suite *
match_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("match");
	tc = tcase_create("match");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, fits, 0, LENGTH(fit_rows));
	tcase_add_loop_test(tc, faults, 0, LENGTH(fault_rows));
	tcase_add_loop_test(tc, addresses, 0, LENGTH(address_rows));
	tcase_add_test(tc, one_after_another);
	tcase_add_test(tc, unknown);
	tcase_add_test(tc, no_direction);
	tcase_add_test(tc, groups_are_asked_for_once);
	tcase_add_test(tc, long_addresses);
	tcase_add_test(tc, long_lists);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(match_suite())) != 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * Accounts read without getpwnam(3): found only where that would find the same.
 */
#include "config.h"

#include "account.h"

#include <check.h>

#include "scratch.h"

#define FILES "passwd: files systemd\n"
#define ENTRY "fw01:x:2001:100:Firewall,,,:/srv/fw01:/bin/sh\n"
#define ROOT  "root:x:0:0:root:/root:/bin/bash\n"

static char long_line[6000];

static const struct {
	const char *sources;
	const char *accounts;
	const char *name;
	const char *home; /* NULL: not found; the uid is 2001 */
} rows[] = {
	{ FILES, ROOT ENTRY, "fw01", "/srv/fw01" },
	{ "# x\n\n \tpasswd \t: \tfiles\ngroup: ldap\n", ENTRY, "fw01",
	    "/srv/fw01" },
	{ "passwd:files# ldap\n", ENTRY, "fw01", "/srv/fw01" },
	{ FILES, "fw01::2001:1:::\n", "fw01", "" },
	/* Somebody else is asked first, or nobody knows who. */
	{ "passwd: ldap files\n", ENTRY, "fw01", NULL },
	{ "passwd: compat\n", ENTRY, "fw01", NULL },
	{ "passwd: filesystem\n", ENTRY, "fw01", NULL },
	{ "passwd:\n", ENTRY, "fw01", NULL },
	{ "#passwd: files\n", ENTRY, "fw01", NULL },
	{ "passwd_compat: files\n", ENTRY, "fw01", NULL },
	{ FILES "passwd_compat: nis\n", ENTRY, "fw01", "/srv/fw01" },
	{ "group: files\n", ENTRY, "fw01", NULL },
	{ "", ENTRY, "fw01", NULL },
	{ NULL, ENTRY, "fw01", NULL },
	/* What is found there need not be the answer. */
	{ "passwd: files [SUCCESS=continue] ldap\n", ENTRY, "fw01", NULL },
	{ "passwd: files[success=merge] ldap\n", ENTRY, "fw01", NULL },
	/* The last line of several; one without an end is not read. */
	{ FILES "passwd: ldap\n", ENTRY, "fw01", NULL },
	{ "passwd: ldap\n" FILES, ENTRY, "fw01", "/srv/fw01" },
	{ FILES "passwd: ldap", ENTRY, "fw01", NULL },
	{ "passwd: files", ENTRY, "fw01", NULL },
	/* Not there, */
	{ FILES, ENTRY, "fw0", NULL },
	{ FILES, ENTRY, "fw011", NULL },
	{ FILES, ENTRY, "", NULL },
	{ FILES, "", "fw01", NULL },
	{ FILES, NULL, "fw01", NULL },
	/* the first of two, */
	{ FILES, "fw01:x:2001:1::/a:\nfw01:x:2002:1::/b:\n", "fw01", "/a" },
	/* and what getpwnam(3) does not take as it stands, or at all. */
	{ FILES, "fw01:x:2001:1::/a\n", "fw01", NULL },
	{ FILES, "fw01:x::1::/a:\n", "fw01", NULL },
	{ FILES, "fw01:x:2001x:1::/a:\n", "fw01", NULL },
	{ FILES, "fw01:x:-1:1::/a:\n", "fw01", NULL },
	{ FILES, "fw01:x:4294967295:1::/a:\n", "fw01", NULL },
	{ FILES, "fw01:x:4294969297:1::/a:\n", "fw01", NULL },
	{ FILES, "fw01:x:2001:1::/0123456789abcdef:\n", "fw01", NULL },
	{ FILES, " fw01:x:2001:1::/a:\n", " fw01", NULL },
	{ FILES, "+fw01:x:2001:1::/a:\n", "+fw01", NULL },
	{ FILES, "a:b:x:2001:1::/a:\n", "a:b", NULL },
	/* A line that is too long hides what is behind it. */
	{ FILES, long_line, "fw01", NULL },
	{ long_line, ENTRY, "fw01", NULL },
};

START_TEST(found)
{
	char home[16] = "untouched";
	uid_t uid = 1;
	bool ok;

	memset(long_line, 'x', sizeof(long_line) - 1);
	memcpy(long_line + sizeof(long_line) - sizeof(ENTRY), ENTRY,
	    sizeof(ENTRY));
	long_line[sizeof(long_line) - sizeof(ENTRY) - 1] = '\n';
	scratch_fresh();
	if (rows[_i].sources != NULL)
		scratch_file("switch", rows[_i].sources, 0644);
	if (rows[_i].accounts != NULL)
		scratch_file("accounts", rows[_i].accounts, 0644);
	ok = account_find(
	    "switch", "accounts", rows[_i].name, &uid, home, sizeof(home));
	ck_assert_int_eq(ok, rows[_i].home != NULL);
	if (!ok)
		return;
	ck_assert_uint_eq(uid, 2001);
	ck_assert_str_eq(home, rows[_i].home);
}
END_TEST

/* Wherever a read ends: the entry is found behind any number of others. */
START_TEST(behind_others)
{
	char text[12000] = "", home[16];
	size_t len = 0;
	uid_t uid;
	int i;

	scratch_fresh();
	scratch_file("switch", FILES, 0644);
	for (i = 0; i < 200; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "u%d:x:%d:1::/home/u%d:/bin/sh\n", i, 5000 + i, i);
		scratch_file("accounts", text, 0644);
		ck_assert(account_find(
		    "switch", "accounts", "u0", &uid, home, sizeof(home)));
		(void)snprintf(home, sizeof(home), "u%d", i);
		ck_assert(account_find(
		    "switch", "accounts", home, &uid, home, sizeof(home)));
		ck_assert_uint_eq(uid, 5000 + (uid_t)i);
	}
}
END_TEST

/* No descriptor stays open, whatever is found. */
/* A libc without a switch. */
START_TEST(no_switch)
{
	char home[16];
	uid_t uid;

	scratch_fresh();
	scratch_file("accounts", ROOT ENTRY, 0644);
	ck_assert(
	    account_find(NULL, "accounts", "fw01", &uid, home, sizeof(home)));
	ck_assert_uint_eq(uid, 2001);
	ck_assert_str_eq(home, "/srv/fw01");
	ck_assert(
	    !account_find(NULL, "accounts", "fw02", &uid, home, sizeof(home)));
}
END_TEST

START_TEST(descriptors)
{
	char home[16];
	uid_t uid;
	int fds;

	scratch_fresh();
	scratch_file("switch", FILES, 0644);
	scratch_file("accounts", ENTRY, 0644);
	fds = scratch_fds();
	ck_assert(account_find(
	    "switch", "accounts", "fw01", &uid, home, sizeof(home)));
	ck_assert(!account_find(
	    "switch", "accounts", "fw02", &uid, home, sizeof(home)));
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("account");
	TCase *tc = tcase_create("account");

	tcase_add_loop_test(tc, found, 0, LENGTH(rows));
	tcase_add_test(tc, behind_others);
	tcase_add_test(tc, no_switch);
	tcase_add_test(tc, descriptors);
	suite_add_tcase(s, tc);
	return scratch_run(s, "account");
}

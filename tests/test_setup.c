/* SPDX-License-Identifier: ISC */
/* Tokens in paths of the settings, and what comes first of what is set up. */
#include "config.h"

#include <sys/stat.h>

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "scratch.h"
#include "setup.h"
#include "text.h"

static const struct identity known = {
	.uid = 1042, .known = true, .user = "fw01", .home = "/srv/fw01"
};
static const struct identity unknown = { .uid = 1042, .user = "fw01" };

static struct settings settings;
static char why[MESSAGE_BYTES_MAX];

static void
begin(void)
{
	scratch_fresh();
	settings_init(&settings);
	why[0] = '\0';
}

/* --- paths -------------------------------------------------------------- */

static const struct {
	const struct identity *id;
	const char *text;
	const char *want; /* NULL: it cannot be expanded */
	const char *why;
} expand_rows[] = {
	{ &known, "%h", "/srv/fw01", "" },
	{ &known, "/srv/%u/%U", "/srv/fw01/1042", "" },
	{ &known, "/%x", NULL, "Root /%x: Invalid argument" },
	{ &unknown, "/%U", "/1042", "" },
	{ &unknown, "%h", NULL, "Root %h: this account has no passwd entry" },
	{ &unknown, "/%u", NULL, "Root /%u: this account has no passwd entry" },
};

START_TEST(expand)
{
	char path[SETUP_PATH_BYTES];
	bool ok;

	ok = setup_expand(expand_rows[_i].id, SETTINGS_ROOT,
	    expand_rows[_i].text, path, why, sizeof(why));
	ck_assert_int_eq(ok, expand_rows[_i].want != NULL);
	ck_assert_str_eq(path, ok ? expand_rows[_i].want : "");
	ck_assert_str_eq(why, expand_rows[_i].why);
}
END_TEST

/* A home that is long enough fills all that there is room for. */
START_TEST(expand_too_long)
{
	char path[SETUP_PATH_BYTES];
	struct identity id = known;

	memset(id.home, 'h', sizeof(id.home) - 1);
	id.home[0] = '/';
	ck_assert(setup_expand(
	    &id, SETTINGS_TRANSFER_LOG, "%h%h", path, why, sizeof(why)));
	ck_assert_uint_eq(strlen(path), 2 * (sizeof(id.home) - 1));
	ck_assert(!setup_expand(
	    &id, SETTINGS_TRANSFER_LOG, "%h%h%h", path, why, sizeof(why)));
	ck_assert_str_eq(why, "TransferLog %h%h%h: File name too long");
}
END_TEST

static const struct {
	const char *root, *start;
	const char *why; /* NULL: there is a root */
} root_rows[] = {
	{ "%c", "/", NULL },
	{ "%c", "/d", NULL },
	{ "%c", "/none", "StartDirectory /none: No such file or directory" },
	{ "%c", "/f", "StartDirectory /f: Not a directory" },
	{ "%c", "/d/%x", "StartDirectory /d/%x: Invalid argument" },
	{ "%c/none", "/", "/none: No such file or directory" },
	{ "%x", "/%x", "Root %x: Invalid argument" },
};

/* "%c" stands for the directory of the test. */
static void
set_root(const char *text)
{
	char here[PATH_MAX];

	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	ck_assert_int_eq(chmod(here, 0755), 0);
	if (strncmp(text, "%c", 2) != 0)
		here[0] = '\0';
	ck_assert_uint_lt(text_format(settings.root, sizeof(settings.root),
			      "%s%s", here, text + (here[0] == '\0' ? 0 : 2)),
	    sizeof(settings.root));
}

START_TEST(find_root)
{
	struct identity id = known;
	char start[SETUP_PATH_BYTES];
	struct root root;
	bool ok;

	scratch_mkdir("d", 0755);
	scratch_file("f", "", 0644);
	id.uid = geteuid();
	set_root(root_rows[_i].root);
	(void)snprintf(settings.start_directory,
	    sizeof(settings.start_directory), "%s", root_rows[_i].start);
	ok = setup_find_root(&settings, &id, &root, start, why, sizeof(why));
	ck_assert_msg(ok == (root_rows[_i].why == NULL), "%s", why);
	if (ok) {
		ck_assert_str_eq(start, root_rows[_i].start);
		root_close(&root);
	} else {
		ck_assert_msg(
		    strstr(why, root_rows[_i].why) != NULL, "%s", why);
	}
}
END_TEST

START_TEST(open_journal)
{
	static struct journal journal;

	ck_assert(setup_open_journal(
	    &settings, &unknown, -1, &journal, why, sizeof(why)));
	ck_assert_int_eq(journal.place, JOURNAL_NONE);
	(void)snprintf(
	    settings.transfer_log, sizeof(settings.transfer_log), "/%%u/log");
	ck_assert(!setup_open_journal(
	    &settings, &unknown, -1, &journal, why, sizeof(why)));
	ck_assert_str_eq(
	    why, "TransferLog /%u/log: this account has no passwd entry");
	ck_assert_int_eq(journal.place, JOURNAL_NONE);
	(void)snprintf(
	    settings.transfer_log, sizeof(settings.transfer_log), "syslog");
	ck_assert(setup_open_journal(
	    &settings, &unknown, -1, &journal, why, sizeof(why)));
	ck_assert_int_eq(journal.place, JOURNAL_SYSLOG);
}
END_TEST

/* --- the umask ---------------------------------------------------------- */

static mode_t
mode_of_a_new_file(void)
{
	struct stat st;
	int fd;

	fd = open("new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	(void)close(fd);
	return st.st_mode & 0777;
}

START_TEST(inherited_umask)
{
	(void)umask(037);
	setup_umask(&settings.policy);
	ck_assert_uint_eq(settings.policy.umask, 037);
	ck_assert_uint_eq(mode_of_a_new_file(), 0640);
}
END_TEST

START_TEST(umask_of_the_settings)
{
	(void)umask(0);
	settings.policy.umask_is_set = true;
	settings.policy.umask = 027;
	setup_umask(&settings.policy);
	ck_assert_uint_eq(settings.policy.umask, 027);
	ck_assert_uint_eq(mode_of_a_new_file(), 0640);
}
END_TEST

/* What is made is the owner's to use meanwhile. */
START_TEST(umask_of_the_owner)
{
	(void)umask(0777);
	setup_umask(&settings.policy);
	ck_assert_uint_eq(settings.policy.umask, 0777);
	ck_assert_uint_eq(mode_of_a_new_file(), 0600);
	ck_assert_int_eq(unlink("new"), 0);
	settings.policy.umask_is_set = true;
	settings.policy.umask = 0227;
	setup_umask(&settings.policy);
	ck_assert_uint_eq(settings.policy.umask, 0227);
	ck_assert_uint_eq(mode_of_a_new_file(), 0640);
	(void)umask(022);
}
END_TEST

START_TEST(refusal)
{
	ck_assert_str_eq(setup_refusal(&settings, "not here"), "not here");
	(void)snprintf(settings.refuse_message, sizeof(settings.refuse_message),
	    "ask at the desk");
	ck_assert_str_eq(
	    setup_refusal(&settings, "not here"), "ask at the desk");
}
END_TEST

static Suite *
setup_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("setup");
	tc = tcase_create("setup");
	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_loop_test(tc, expand, 0, LENGTH(expand_rows));
	tcase_add_test(tc, expand_too_long);
	tcase_add_loop_test(tc, find_root, 0, LENGTH(root_rows));
	tcase_add_test(tc, open_journal);
	tcase_add_test(tc, inherited_umask);
	tcase_add_test(tc, umask_of_the_settings);
	tcase_add_test(tc, umask_of_the_owner);
	tcase_add_test(tc, refusal);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(setup_suite(), "setup");
}

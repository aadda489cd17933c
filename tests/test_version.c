/* SPDX-License-Identifier: ISC */
/* Versions that cannot be had: the name is as it was, and nothing is lost. */
#include "config.h"

#include "version.h"

#include <dirent.h>
#include <dlfcn.h>

#include "policy.h"
#include "scratch.h"

static struct temp_names names;
static struct temp temp;
static int dir;

/* --- readdir(3), which can be made to fail ---------------------------- */

static bool readdir_fails;

struct dirent *
readdir(DIR *d)
{
	static struct dirent *(*real)(DIR *);
	void *symbol;

	if (readdir_fails) {
		errno = EIO;
		return NULL;
	}
	if (real == NULL) {
		symbol = dlsym(RTLD_NEXT, "readdir");
		memcpy(&real, &symbol, sizeof(real));
	}
	return real(d);
}

/* ---------------------------------------------------------------------- */

static void
setup(void)
{
	scratch_fresh();
	dir = scratch_dir(".");
	temp_init(&temp);
}

static void
begin(void)
{
	ck_assert_int_eq(temp_create(&temp, &names, dir, 0600), 0);
	ck_assert_int_eq(write(temp.fd, "new", 3), 3);
}

/* It fails so; whoever gives up then leaves what was there. */
static void
ck_fails(int error, int count)
{
	errno = 0;
	ck_assert_int_eq(version_replace(&temp, "f", 9), -1);
	ck_assert_int_eq(errno, error);
	ck_assert(temp_has_its_name(&temp));
	readdir_fails = false;
	temp_discard(&temp);
	ck_assert_int_eq(scratch_count("."), count);
	if (scratch_exists("f"))
		ck_assert_str_eq(scratch_text("f"), "old");
}

/* Without all numbers none is the next. */
START_TEST(cannot_be_read)
{
	scratch_file("f", "old", 0644);
	scratch_file("f.~1~", "older", 0644);
	begin();
	readdir_fails = true;
	ck_fails(EIO, 2);
	ck_assert_str_eq(scratch_text("f.~1~"), "older");
}
END_TEST

/* Directories have the next thousand numbers. */
START_TEST(numbers_taken)
{
	char name[32];
	int i;

	scratch_file("f", "old", 0644);
	for (i = 1; i <= 1000; i++) {
		(void)snprintf(name, sizeof(name), "f.~%d~", i);
		scratch_mkdir(name, 0755);
	}
	begin();
	ck_fails(EEXIST, 1001);
	ck_assert_int_eq(rmdir("f.~1000~"), 0);
	begin();
	ck_assert_int_eq(version_replace(&temp, "f", 9), 0);
	temp_close(&temp);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_str_eq(scratch_text("f.~1000~"), "old");
}
END_TEST

START_TEST(name_is_gone)
{
	begin();
	ck_fails(ENOENT, 0);
}
END_TEST

static void
replace_in_closed(void)
{
	scratch_file("d/f", "old", 0644);
	ck_assert_int_eq(chdir("d"), 0);
	dir = scratch_dir(".");
	begin();
	ck_assert_int_eq(chmod(".", 0555), 0);
	errno = 0;
	ck_assert_int_eq(version_replace(&temp, "f", 9), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert(temp_has_its_name(&temp));
	ck_assert_int_eq(chmod(".", 0755), 0);
	temp_discard(&temp);
	ck_assert_int_eq(scratch_count("."), 1);
	ck_assert_str_eq(scratch_text("f"), "old");
}

/* The directory is closed while the data come. */
START_TEST(cannot_be_changed)
{
	scratch_mkdir("d", 0755);
	if (geteuid() == 0)
		ck_assert_int_eq(chown("d", SCRATCH_UID, SCRATCH_UID), 0);
	scratch_unprivileged(replace_in_closed);
}
END_TEST

/* What was tried stays hidden, and alone. */
START_TEST(probe)
{
	char before[sizeof(temp.name)];
	int fds;

	begin();
	fds = scratch_fds();
	memcpy(before, temp.name, sizeof(before));
	ck_assert_int_eq(version_probe(&temp, &names), 0);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert(temp_has_its_name(&temp));
	ck_assert(policy_is_temp_name(temp.name, strlen(temp.name)));
	ck_assert_str_ne(temp.name, before);
	ck_assert_str_eq(scratch_text(temp.name), "new");
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

static Suite *
version_suite(void)
{
	Suite *s = suite_create("version");
	TCase *tc = tcase_create("version");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, cannot_be_read);
	tcase_add_test(tc, numbers_taken);
	tcase_add_test(tc, name_is_gone);
	tcase_add_test(tc, cannot_be_changed);
	tcase_add_test(tc, probe);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(version_suite(), "version");
}

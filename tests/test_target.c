/* SPDX-License-Identifier: ISC */
/* Where files of an upload go, and whether they may. */
#include "config.h"

#include "errors.h"
#include "target.h"

#include <check.h>

#include "real.h"
#include "rooted.h"
#include "scratch.h"

static struct root root;
static struct target target;
static struct target_item item;
static struct upload up;
static struct reason why;
static dev_t other_device;      /* what is opened is there, not here */
static int look_error;          /* of what has a name */
static const char *short_lived; /* goes away when it is open */

int
fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
	return real_fstatat(
	    dirfd, name, st, flags, name[0] == '\0' ? 0 : look_error);
}

int
fstat(int fd, struct stat *st)
{
	int ret = fstatat(fd, "", st, AT_EMPTY_PATH);

	if (!S_ISREG(st->st_mode))
		return ret;
	st->st_dev ^= other_device;
	if (short_lived != NULL)
		ck_assert_int_eq(unlink(short_lived), 0);
	return ret;
}

static void
setup(void)
{
	scratch_fresh();
	rooted(&root, ".");
}

static void
teardown(void)
{
	target_leave(&target);
}

static void
find(const char *path)
{
	static char text[PATH_BYTES_MAX];
	static struct word word;
	static struct request request;

	word.text = text;
	word.len = strlen(path);
	memcpy(text, path, word.len + 1);
	request.paths = &word;
	request.npaths = 1;
	ck_assert(target_find(&target, &policy, &request, &root, "/", &why));
}

static bool
locate(const char *name)
{
	return target_locate(&target, name, strlen(name), &item, &why);
}

static bool
may_store(void)
{
	const struct target_file file = { .mode = 0644, .size = 1 };
	struct policy_mode mode;

	upload_init(&up, &target.uploads);
	/* Of what is not there nothing is known. */
	memset(&up.old_st, 0xff, sizeof(up.old_st));
	return target_may_store(&target, &item, &file, &up, &mode, &why);
}

/* --- files ------------------------------------------------------------ */

static void
expect_other_mount(void)
{
	ck_assert(locate("f"));
	ck_assert(!may_store());
	ck_assert_str_eq(why.code, "other-mount");
}

START_TEST(file_on_other_mount)
{
	scratch_file("f", "old", 0644);
	find(".");
	policy.cross_mounts = false;
	root.gate.dev++;
	expect_other_mount();
	ck_assert_int_eq(up.old, -1);
	tree_pop_name(&target.tree);
	ck_assert(locate("new"));
	ck_assert(may_store());
}
END_TEST

/* What was looked at is another one when it is opened. */
START_TEST(file_of_other_mount_comes)
{
	scratch_file("f", "old", 0644);
	find(".");
	policy.cross_mounts = false;
	other_device = 1;
	expect_other_mount();
	upload_abort(&up);
}
END_TEST

/* Which mount that is on is asked of what is open, and not of its name. */
START_TEST(file_goes)
{
	scratch_file("f", "old", 0644);
	find(".");
	policy.cross_mounts = false;
	gate_know_mount(&root.gate, root.fd);
	short_lived = "f";
	ck_assert(locate("f"));
	ck_assert(may_store());
	upload_abort(&up);
}
END_TEST

static const struct {
	enum policy_overwrite overwrite;
	bool atomic;
	const char *keyword; /* NULL: it may be stored */
} append_rows[] = {
	{ POLICY_OVERWRITE_YES, true, "Atomic" },
	{ POLICY_OVERWRITE_VERSION, true, "Atomic" },
	{ POLICY_OVERWRITE_VERSION, false, "Overwrite" },
	{ POLICY_OVERWRITE_YES, false, NULL },
};

/* R-FILE-2: what is made there can neither be renamed nor removed. */
START_TEST(append_only)
{
	find(".");
	policy.overwrite = append_rows[_i].overwrite;
	policy.atomic = append_rows[_i].atomic;
	ck_assert(locate("f"));
	ck_assert(!item.is_append_only);
	ck_assert(may_store());
	tree_pop_name(&target.tree);
	target.is_append_only = true;
	ck_assert(locate("f"));
	ck_assert(item.is_append_only);
	if (append_rows[_i].keyword == NULL) {
		ck_assert(may_store());
		return;
	}
	ck_assert(!may_store());
	ck_assert_str_eq(why.code, errors_code(ERR_APPEND_ONLY));
	ck_assert_str_eq(why.keyword, append_rows[_i].keyword);
}
END_TEST

/* Some file systems have no names of 255 bytes, versions or not. */
START_TEST(name_too_long)
{
	find(".");
	policy.overwrite =
	    _i == 0 ? POLICY_OVERWRITE_YES : POLICY_OVERWRITE_VERSION;
	look_error = ENAMETOOLONG;
	ck_assert(locate("f"));
	ck_assert(!may_store());
	ck_assert_str_eq(why.code, "name-too-long");
	if (_i == 0)
		ck_assert_ptr_null(why.keyword);
	else
		ck_assert_str_eq(why.keyword, "Overwrite");
}
END_TEST

START_TEST(name_too_long_for_its_path)
{
	char path[PATH_BYTES_MAX - 10];

	for (size_t i = 0; i < sizeof(path) - 1; i++)
		path[i] = i % 2 == 0 ? '.' : '/';
	path[sizeof(path) - 1] = '\0';
	find(path);
	ck_assert(locate("123456789"));
	tree_pop_name(&target.tree);
	ck_assert(!locate("1234567890"));
	ck_assert_str_eq(why.code, "name-too-long");
	ck_assert_str_eq(target.tree.shown, path);
}
END_TEST

/* --- directories ------------------------------------------------------ */

static void
expect_not_entered(const char *name, const char *code)
{
	ck_assert(locate(name));
	ck_assert(!target_enter(&target, &item, 0755, NULL, &why));
	ck_assert_str_eq(why.code, code);
	tree_pop_name(&target.tree);
}

/* What may not be made, and what is there and no directory. */
START_TEST(no_new_directories)
{
	scratch_file("f", "f", 0644);
	scratch_mkdir("d", 0755);
	find(".");
	policy.make_directories = false;
	expect_not_entered("new", "no-directories");
	expect_not_entered("f", "not-a-directory");
	ck_assert(locate("d"));
	ck_assert(target_enter(&target, &item, 0755, NULL, &why));
	ck_assert_int_eq(tree_leave_all(&target.tree), 0);
	tree_forget(&target.tree);
}
END_TEST

/* The same where too little is free, and the setting is named. */
START_TEST(no_room_for_directories)
{
	scratch_mkdir("d", 0755);
	find(".");
	policy.min_free.bytes = INT64_MAX;
	expect_not_entered("new", "no-space");
	ck_assert_str_eq(why.keyword, "MinFreeSpace");
	ck_assert(!scratch_exists("new"));
	ck_assert(locate("d"));
	ck_assert(target_enter(&target, &item, 0755, NULL, &why));
	ck_assert_int_eq(tree_leave_all(&target.tree), 0);
	tree_forget(&target.tree);
}
END_TEST

/* It matters for what goes into it, and not deeper. */
START_TEST(append_only_above)
{
	find(".");
	target.is_append_only = true;
	ck_assert(locate("d"));
	ck_assert(item.is_append_only);
	ck_assert(target_enter(&target, &item, 0755, NULL, &why));
	ck_assert(locate("f"));
	ck_assert(!item.is_append_only);
	tree_pop_name(&target.tree);
	ck_assert_int_eq(tree_leave_all(&target.tree), 0);
}
END_TEST

/* The one that it would be made in is gone. */
START_TEST(removed_directory)
{
	scratch_mkdir("d", 0755);
	find("d");
	ck_assert_int_eq(rmdir("d"), 0);
	expect_not_entered("new", "not-found");
}
END_TEST

/* --- suite ------------------------------------------------------------ */

int
main(void)
{
	Suite *s = suite_create("target");
	TCase *tc = tcase_create("target");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, file_on_other_mount);
	tcase_add_test(tc, file_of_other_mount_comes);
	tcase_add_test(tc, file_goes);
	tcase_add_loop_test(tc, append_only, 0, LENGTH(append_rows));
	tcase_add_loop_test(tc, name_too_long, 0, 2);
	tcase_add_test(tc, name_too_long_for_its_path);
	tcase_add_test(tc, no_new_directories);
	tcase_add_test(tc, no_room_for_directories);
	tcase_add_test(tc, append_only_above);
	tcase_add_test(tc, removed_directory);
	suite_add_tcase(s, tc);
	return scratch_run(s, "target");
}

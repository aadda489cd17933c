/* SPDX-License-Identifier: ISC */
/* What the policy hides, wherever it lies and whatever leads to it. */
#include "config.h"

#include "errors.h"
#include "gate.h"

#include <check.h>

#include "entry.h"
#include "rooted.h"

static struct root root;
static struct root_place place;

static void
setup(void)
{
	scratch_fresh();
	ck_assert_int_eq(chmod(".", 0755), 0);
	scratch_mkdir("r", 0755);
	scratch_mkdir("r/home", 0755);
	scratch_mkdir("r/home/.ssh", 0700);
	scratch_file("r/home/.ssh/keys", "k", 0600);
	scratch_file("r/home/.profile", "p", 0600);
	scratch_mkdir("r/home/bin", 0755);
	scratch_file("r/home/bin/f", "f", 0755);
	scratch_mkdir("r/home/d", 0755);
	scratch_file("r/home/d/.f", "f", 0644);
	scratch_mkdir("r/bin", 0755);
	scratch_file("r/bin/f", "f", 0644);
	scratch_file("r/.f", "f", 0644);
	scratch_link("home", "r/link");
	scratch_link("home/.ssh", "r/tossh");
	scratch_link("/home/bin", "r/tobin");
	scratch_link(".ssh", "r/home/keys");
	scratch_link("../.ssh", "r/home/d/up");
	scratch_link("/home/.new", "r/tonew");
	rooted(&root, "r");
	policy.protect_home = true;
}

static void
teardown(void)
{
	root_close(&root);
}

/* The absolute path of something in this test's directory. */
static const char *
absolute(const char *path)
{
	static char full[2 * PATH_MAX];
	char cwd[PATH_MAX];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(full, sizeof(full), "%s/%s", cwd, path);
	return full;
}

static void
expect_walk(const char *path, enum policy_verdict want)
{
	int fds = scratch_fds(), ret;

	root.gate.verdict = POLICY_ALLOW;
	errno = 0;
	ret = root_walk(&root, "/", path, strlen(path), &place);
	if (ret == -1)
		ck_assert_msg(
		    errno == ERR_REFUSED, "%s: %s", path, strerror(errno));
	else
		root_leave(&place);
	ck_assert_msg(root.gate.verdict == want, "%s: %s", path,
	    policy_code(root.gate.verdict));
	ck_assert_int_eq(ret, want == POLICY_ALLOW ? 0 : -1);
	ck_assert_int_eq(scratch_fds(), fds);
}

/* --- ProtectHome ------------------------------------------------------ */

static const struct {
	const char *path;
	bool hidden; /* at home; whether it exists makes no difference */
} home_rows[] = {
	{ "home", false },
	{ "home/d/.f", false },
	{ "home/d/.new", false },
	{ "home/d/bin", false },
	{ "home/new", false },
	{ "bin/f", false },
	{ ".f", false },
	{ ".new", false },
	{ "home/.ssh", true },
	{ "home/.ssh/", true },
	{ "home/.ssh/keys", true },
	{ "home/.ssh/../d", true },
	{ "home/.profile", true },
	{ "home/.profile/x", true },
	{ "home/.new", true },
	{ "home/.new/x", true },
	{ "home/...", true },
	{ "home/bin", true },
	{ "home/bin/f", true },
	{ "home/BIN", true },
	{ "home//./.ssh", true },
	{ "home/d/../.ssh", true },
	{ "bin/../home/bin", true },
	{ "../../home/.ssh", true },
	{ "link/.ssh", true },
	{ "link/d/../bin/f", true },
	{ "tossh", true },
	{ "tossh/keys", true },
	{ "tobin/f", true },
	{ "tonew", true },
	{ "home/keys", true },
	{ "home/keys/keys", true },
	{ "home/d/up/keys", true },
};

START_TEST(home)
{
	ck_assert_int_eq(root_find_home(&root, absolute("r/home")), 0);
	expect_walk(home_rows[_i].path,
	    home_rows[_i].hidden ? POLICY_PROTECTED_NAME : POLICY_ALLOW);
}
END_TEST

/* The path in passwd may be a link, and have others in it. */
START_TEST(home_by_link)
{
	int fds = scratch_fds();

	scratch_link("r/link", "h1");
	scratch_link(".", "dot");
	ck_assert_int_eq(root_find_home(&root, absolute("dot//dot/h1/")), 0);
	ck_assert_int_eq(scratch_fds(), fds);
	expect_walk("home/.ssh", POLICY_PROTECTED_NAME);
	expect_walk(".f", POLICY_ALLOW);
}
END_TEST

/* Renamed while we run, it is the same home. */
START_TEST(home_moves)
{
	ck_assert_int_eq(root_find_home(&root, absolute("r/home")), 0);
	ck_assert_int_eq(rename("r/home", "r/bin/other"), 0);
	expect_walk("bin/other/.ssh/keys", POLICY_PROTECTED_NAME);
	expect_walk("bin/other/d", POLICY_ALLOW);
}
END_TEST

/* The same number on another file system is another directory. */
START_TEST(home_is_elsewhere)
{
	ck_assert_int_eq(root_find_home(&root, absolute("r/home")), 0);
	root.gate.home_dev++;
	expect_walk("home/.ssh/keys", POLICY_ALLOW);
}
END_TEST

/* Found in either way. */
START_TEST(home_is_root)
{
	if (_i == 0)
		ck_assert_int_eq(root_find_home(&root, absolute("r")), 0);
	else
		ck_assert_int_eq(root_is_home(&root), 0);
	expect_walk(".f", POLICY_PROTECTED_NAME);
	expect_walk("bin", POLICY_PROTECTED_NAME);
	expect_walk("/bin/f", POLICY_PROTECTED_NAME);
	expect_walk("home/../bin/f", POLICY_PROTECTED_NAME);
	expect_walk("tobin", POLICY_ALLOW);
	expect_walk("home/bin/f", POLICY_ALLOW);
	expect_walk("home/.ssh/keys", POLICY_ALLOW);
}
END_TEST

/* What lies above the root cannot be met below it. */
START_TEST(home_is_above)
{
	ck_assert_int_eq(root_find_home(&root, absolute(".")), 0);
	expect_walk(".f", POLICY_ALLOW);
	expect_walk("../bin/f", POLICY_ALLOW);
}
END_TEST

/* A home that a client could make would be its own to fill. */
static const struct {
	const char *home;
	const char *hidden;
	const char *shown;
} missing_rows[] = {
	{ "r/new", "new", "home/new" },
	{ "r/new", "new/.ssh/authorized_keys", "home/.ssh" },
	{ "r/new/deep/er", "new", "home/deep" },
	{ "r/bin/new", "bin/new/.ssh", "bin/f" },
	{ "dangling", "bin/gone", "gone" },
	{ "dangling/more", "bin/gone/more", "bin/more" },
	/* some accounts have a file */
	{ "r/bin/f", "bin/f", "home/bin" },
};

START_TEST(home_is_missing)
{
	scratch_link("r/bin/gone", "dangling");
	ck_assert_int_eq(
	    root_find_home(&root, absolute(missing_rows[_i].home)), 0);
	expect_walk(missing_rows[_i].hidden, POLICY_PROTECTED_NAME);
	expect_walk(missing_rows[_i].shown, POLICY_ALLOW);
	policy.protect_home = false;
	expect_walk("home/.ssh/keys", POLICY_ALLOW);
	ck_assert_int_eq(gate_name(&root.gate, -1, root.gate.home_name), 0);
}
END_TEST

/* R-CONF-2: where it cannot be told, every directory may be the home. */
START_TEST(home_is_unknown)
{
	static const struct {
		const char *home;
		int error;
	} homes[] = { { "", 0 }, { "relative", EINVAL }, { "r", EINVAL },
		{ "self", ELOOP }, { "r/bin/f/x", ENOTDIR } };

	scratch_link("self", "self");
	if (_i > 0) {
		errno = 0;
		ck_assert_int_eq(
		    root_find_home(&root,
			_i < 3 ? homes[_i].home : absolute(homes[_i].home)),
		    -1);
		ck_assert_int_eq(errno, homes[_i].error);
	}
	expect_walk(".f", POLICY_PROTECTED_NAME);
	expect_walk("home/.ssh", POLICY_PROTECTED_NAME);
	expect_walk("home/d/.f", POLICY_PROTECTED_NAME);
	expect_walk("home/bin", POLICY_PROTECTED_NAME);
	expect_walk("home/d", POLICY_ALLOW);
	policy.protect_home = false;
	expect_walk("home/.ssh/keys", POLICY_ALLOW);
}
END_TEST

static void
find_locked_home(void)
{
	/* It is there, behind a directory that is not ours to look into. */
	ck_assert_int_eq(root_find_home(&root, absolute("r/locked/home")), 0);
	expect_walk("home/.ssh", POLICY_ALLOW);
	ck_assert_str_eq(root.gate.home_name, "home");
}

START_TEST(home_out_of_sight)
{
	scratch_mkdir("r/locked", 0700);
	ck_assert_int_eq(chmod("r/home/.ssh", 0755), 0);
	scratch_unprivileged(find_locked_home);
}
END_TEST

/* A directory that cannot be looked at may be the home. */
START_TEST(home_of_bad_descriptor)
{
	ck_assert_int_eq(root_find_home(&root, absolute("r/home")), 0);
	ck_assert_int_eq(gate_name(&root.gate, -1, "bin"), -1);
	ck_assert_int_eq(errno, ERR_REFUSED);
	ck_assert_int_eq(gate_name(&root.gate, -1, "file"), 0);
}
END_TEST

/* --- the other rules, at each component ------------------------------- */

START_TEST(hidden_files)
{
	policy.protect_home = policy.hidden_files = false;
	expect_walk(".f", POLICY_HIDDEN_NAME);
	expect_walk(".new", POLICY_HIDDEN_NAME);
	expect_walk("home/.ssh/keys", POLICY_HIDDEN_NAME);
	expect_walk("tossh/keys", POLICY_HIDDEN_NAME);
	expect_walk("home/d/..", POLICY_ALLOW);
	expect_walk("home/./bin/f", POLICY_ALLOW);
}
END_TEST

START_TEST(deny_names)
{
	policy.protect_home = false;
	memcpy(policy.deny_names, "*.key\0bin\0", 11);
	expect_walk("bin/f", POLICY_DENIED_NAME);
	expect_walk("home/bin/../d", POLICY_DENIED_NAME);
	expect_walk("tobin", POLICY_DENIED_NAME);
	expect_walk("new.key", POLICY_DENIED_NAME);
	expect_walk("home/d/.f", POLICY_ALLOW);
}
END_TEST

START_TEST(symlinks)
{
	policy.protect_home = policy.symlinks = false;
	expect_walk("link", POLICY_SYMBOLIC_LINK);
	expect_walk("link/d", POLICY_SYMBOLIC_LINK);
	expect_walk("home/d/up/keys", POLICY_SYMBOLIC_LINK);
	expect_walk("home/d/.f", POLICY_ALLOW);
}
END_TEST

/* As if the root were on another file system than what is in it. */
START_TEST(cross_mounts)
{
	struct stat st;

	policy.protect_home = false;
	root.gate.dev++;
	expect_walk("bin", POLICY_ALLOW);
	policy.cross_mounts = false;
	expect_walk("bin", POLICY_OTHER_MOUNT);
	expect_walk("bin/f", POLICY_OTHER_MOUNT);
	expect_walk("new", POLICY_ALLOW);
	errno = 0;
	ck_assert_int_eq(entry_enter_dir(&root.gate, root.fd, "bin", &st), -1);
	ck_assert_int_eq(errno, ERR_REFUSED);
	root.gate.dev--;
	expect_walk("bin/f", POLICY_ALLOW);
}
END_TEST

/*
 * Where mounts can be told, they alone count; and what cannot be told of is
 * not on that of the root.
 */
static const struct {
	bool is_known;
	bool other_dev;
	bool other_mount;
	bool refused;
} mount_rows[] = {
	{ true, false, false, false },
	{ true, true, false, false },
	{ true, false, true, true },
	{ true, true, true, true },
	{ false, false, false, false },
	{ false, true, false, true },
	{ false, false, true, false },
};

START_TEST(mounts)
{
	enum policy_verdict want;
	struct stat st;

	policy.protect_home = false;
	gate_know_mount(&root.gate, root.fd);
	ck_assert(!root.gate.knows_mount);
	policy.cross_mounts = false;
	gate_know_mount(&root.gate, root.fd);
	if (!root.gate.knows_mount)
		return;
	root.gate.knows_mount = mount_rows[_i].is_known;
	root.gate.dev += mount_rows[_i].other_dev;
	root.gate.mount += mount_rows[_i].other_mount;
	policy.cross_mounts = true;
	expect_walk("bin/f", POLICY_ALLOW);
	policy.cross_mounts = false;
	want = mount_rows[_i].refused ? POLICY_OTHER_MOUNT : POLICY_ALLOW;
	expect_walk("bin", want);
	expect_walk("bin/f", want);
	expect_walk("new", POLICY_ALLOW);
	ck_assert_int_eq(entry_stat(root.fd, "bin", &st), 0);
	ck_assert_int_eq(gate_place(&root.gate, root.fd, "bin", &st),
	    mount_rows[_i].refused ? -1 : 0);
	/* It has gone meanwhile. */
	ck_assert_int_eq(gate_place(&root.gate, root.fd, "none", &st),
	    mount_rows[_i].refused || mount_rows[_i].is_known ? -1 : 0);
}
END_TEST

static Suite *
gate_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("gate");
	tc = tcase_create("home");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, home, 0, LENGTH(home_rows));
	tcase_add_test(tc, home_by_link);
	tcase_add_test(tc, home_moves);
	tcase_add_test(tc, home_is_elsewhere);
	tcase_add_loop_test(tc, home_is_root, 0, 2);
	tcase_add_test(tc, home_is_above);
	tcase_add_loop_test(tc, home_is_missing, 0, LENGTH(missing_rows));
	tcase_add_loop_test(tc, home_is_unknown, 0, 5);
	tcase_add_test(tc, home_out_of_sight);
	tcase_add_test(tc, home_of_bad_descriptor);
	suite_add_tcase(s, tc);
	tc = tcase_create("rules");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, hidden_files);
	tcase_add_test(tc, deny_names);
	tcase_add_test(tc, symlinks);
	tcase_add_test(tc, cross_mounts);
	tcase_add_loop_test(tc, mounts, 0, LENGTH(mount_rows));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(gate_suite(), "gate");
}

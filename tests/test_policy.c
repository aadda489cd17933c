/* SPDX-License-Identifier: ISC */
/* Every decision, with the values on both sides of each limit. */
#include "config.h"

#include <check.h>
#include <string.h>

#include "policy.h"

static const struct {
	enum policy_access access;
	enum policy_direction direction;
	enum policy_verdict want;
} transfer_rows[] = {
	{ POLICY_READ_WRITE, POLICY_UPLOAD, POLICY_ALLOW },
	{ POLICY_READ_WRITE, POLICY_DOWNLOAD, POLICY_ALLOW },
	{ POLICY_READ_ONLY, POLICY_UPLOAD, POLICY_READ_ONLY_ACCOUNT },
	{ POLICY_READ_ONLY, POLICY_DOWNLOAD, POLICY_ALLOW },
	{ POLICY_WRITE_ONLY, POLICY_UPLOAD, POLICY_ALLOW },
	{ POLICY_WRITE_ONLY, POLICY_DOWNLOAD, POLICY_WRITE_ONLY_ACCOUNT },
};

START_TEST(transfer)
{
	struct policy p;

	policy_init(&p);
	p.access = transfer_rows[_i].access;
	ck_assert_int_eq(policy_transfer(&p, transfer_rows[_i].direction),
	    transfer_rows[_i].want);
}
END_TEST

START_TEST(defaults)
{
	struct policy p;

	memset(&p, 0xff, sizeof(p));
	policy_init(&p);
	ck_assert_int_eq(p.access, POLICY_READ_WRITE);
	ck_assert_uint_eq(p.umask, POLICY_MODE_UNSET);
	ck_assert(!p.umask_is_set);
	ck_assert_uint_eq(p.file_mode, POLICY_MODE_UNSET);
	ck_assert_uint_eq(p.directory_mode, POLICY_MODE_UNSET);
	ck_assert_uint_eq(p.max_depth, 64);
	ck_assert_uint_eq(p.max_matches, 10000);
	ck_assert_int_eq(p.discard_limit, 67108864);
}
END_TEST

START_TEST(depth)
{
	struct policy p;

	policy_init(&p);
	ck_assert_int_eq(policy_depth(&p, 0), POLICY_ALLOW);
	ck_assert_int_eq(policy_depth(&p, 64), POLICY_ALLOW);
	ck_assert_int_eq(policy_depth(&p, 65), POLICY_TOO_DEEP);
	p.max_depth = 1;
	ck_assert_int_eq(policy_depth(&p, 1), POLICY_ALLOW);
	ck_assert_int_eq(policy_depth(&p, 2), POLICY_TOO_DEEP);
	ck_assert_int_eq(policy_depth(&p, (unsigned)-1), POLICY_TOO_DEEP);
}
END_TEST

static const struct {
	const char *name;
	bool want;
} temp_rows[] = {
	{ ".scp-server.0123456789abcdef~", true },
	{ ".scp-server.0000000000000000~", true },
	{ ".scp-server.9999999999999999~", true },
	{ ".scp-server.aaaaaaaaaaaaaaaa~", true },
	{ ".scp-server.ffffffffffffffff~", true },
	{ "", false },
	{ "a", false },
	{ ".scp-server.", false },
	{ ".scp-server.~", false },
	/* one digit less and more */
	{ ".scp-server.0123456789abcde~", false },
	{ ".scp-server.0123456789abcdef0~", false },
	/* neighbours of the digits, at both ends and in the middle */
	{ ".scp-server./123456789abcdef~", false },
	{ ".scp-server.:123456789abcdef~", false },
	{ ".scp-server.0123456`89abcdef~", false },
	{ ".scp-server.0123456789abcdeg~", false },
	{ ".scp-server.0123456789ABCDEF~", false },
	/* head and tail */
	{ ".scp-server.0123456789abcdef0", false },
	{ ".scp-server.0123456789abcdef", false },
	{ ".scp-server-0123456789abcdef~", false },
	{ ".Scp-server.0123456789abcdef~", false },
	{ "xscp-server.0123456789abcdef~", false },
	{ ".scp-server.0123456789abcdef~~", false },
};

START_TEST(temp_name)
{
	const char *name = temp_rows[_i].name;
	const size_t len = strlen(name);

	ck_assert_msg(
	    policy_is_temp_name(name, len) == temp_rows[_i].want, "%s", name);
	ck_assert_int_eq(policy_name(name, len),
	    temp_rows[_i].want ? POLICY_RESERVED_NAME : POLICY_ALLOW);
}
END_TEST

/* The length counts, not a NUL. */
START_TEST(temp_name_length)
{
	static const char name[] = ".scp-server.0123456789abcdef~/x";

	ck_assert(policy_is_temp_name(name, 29));
	ck_assert(!policy_is_temp_name(name, 30));
	ck_assert(!policy_is_temp_name(name, 28));
}
END_TEST

#define NONE POLICY_MODE_UNSET

static const struct {
	mode_t forced;
	mode_t umask;
	bool umask_is_set;
	mode_t wanted;
	bool preserve;
	mode_t old;
	mode_t bits;
	bool exact;
} file_rows[] = {
	/* the client's mode under the umask, which the kernel applies */
	{ NONE, 022, false, 0666, false, NONE, 0666, false },
	{ NONE, 077, true, 0666, false, NONE, 0666, false },
	{ NONE, 022, false, 07777, false, NONE, 0777, false },
	{ NONE, 022, false, 0, false, NONE, 0, false },
	/* the old file's mode, never its set-id bits */
	{ NONE, 022, false, 0666, false, 0640, 0640, true },
	{ NONE, 077, true, 0666, false, 0664, 0664, true },
	{ NONE, 022, false, 0666, false, 06755, 0755, true },
	{ NONE, 022, false, 0666, false, 0, 0, true },
	/* -p goes before the old mode; only an explicit umask bounds it */
	{ NONE, 022, false, 0666, true, NONE, 0666, true },
	{ NONE, 022, false, 0666, true, 0600, 0666, true },
	{ NONE, 027, true, 0777, true, NONE, 0750, true },
	{ NONE, 022, false, 07777, true, NONE, 0777, true },
	{ NONE, 022, true, 06777, true, NONE, 0755, true },
	/* FileMode goes before all, the umask included */
	{ 0640, 022, false, 0666, false, NONE, 0640, true },
	{ 0666, 077, true, 0600, true, 0600, 0666, true },
	{ 0, 022, false, 0666, true, 0600, 0, true },
	{ 07777, 022, false, 0666, false, NONE, 0777, true },
};

START_TEST(file_mode)
{
	struct policy p;
	struct policy_mode m;

	policy_init(&p);
	p.file_mode = file_rows[_i].forced;
	p.directory_mode = 0111;
	p.umask = file_rows[_i].umask;
	p.umask_is_set = file_rows[_i].umask_is_set;
	m = policy_file_mode(&p, file_rows[_i].wanted, file_rows[_i].preserve,
	    file_rows[_i].old);
	ck_assert_uint_eq(m.bits, file_rows[_i].bits);
	ck_assert_int_eq(m.exact, file_rows[_i].exact);
}
END_TEST

START_TEST(directory_mode)
{
	struct policy p;
	struct policy_mode m;

	/* There is no old mode; the rest is as for files. */
	if (file_rows[_i].old != NONE)
		return;
	policy_init(&p);
	p.directory_mode = file_rows[_i].forced;
	p.file_mode = 0111;
	p.umask = file_rows[_i].umask;
	p.umask_is_set = file_rows[_i].umask_is_set;
	m = policy_directory_mode(
	    &p, file_rows[_i].wanted, file_rows[_i].preserve);
	ck_assert_uint_eq(m.bits, file_rows[_i].bits);
	ck_assert_int_eq(m.exact, file_rows[_i].exact);
}
END_TEST

START_TEST(existing_directory)
{
	struct policy p;

	policy_init(&p);
	ck_assert(policy_may_set_existing_directory(&p));
	p.access = POLICY_READ_ONLY;
	ck_assert(policy_may_set_existing_directory(&p));
	p.access = POLICY_WRITE_ONLY;
	ck_assert(!policy_may_set_existing_directory(&p));
}
END_TEST

/* Log filters know the codes, scripts know the first words of a reason. */
static const struct {
	enum policy_verdict verdict;
	const char *code;
	const char *reason;
} verdict_rows[] = {
	{ POLICY_ALLOW, "allowed", "allowed" },
	{ POLICY_READ_ONLY_ACCOUNT, "read-only",
	    "Permission denied (this account can only download)" },
	{ POLICY_WRITE_ONLY_ACCOUNT, "write-only",
	    "Permission denied (this account can only upload)" },
	{ POLICY_TOO_DEEP, "too-deep",
	    "too many directory levels for this account" },
	{ POLICY_RESERVED_NAME, "reserved-name",
	    "this name is reserved for unfinished uploads" },
};

START_TEST(verdict)
{
	ck_assert_uint_eq(LENGTH(verdict_rows), POLICY__COUNT);
	ck_assert_str_eq(
	    policy_code(verdict_rows[_i].verdict), verdict_rows[_i].code);
	ck_assert_str_eq(
	    policy_reason(verdict_rows[_i].verdict), verdict_rows[_i].reason);
}
END_TEST

static Suite *
policy_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("policy");
	tc = tcase_create("access");
	tcase_add_test(tc, defaults);
	tcase_add_loop_test(tc, transfer, 0, LENGTH(transfer_rows));
	tcase_add_test(tc, depth);
	tcase_add_loop_test(tc, temp_name, 0, LENGTH(temp_rows));
	tcase_add_test(tc, temp_name_length);
	tcase_add_loop_test(tc, verdict, 0, LENGTH(verdict_rows));
	suite_add_tcase(s, tc);
	tc = tcase_create("modes");
	tcase_add_loop_test(tc, file_mode, 0, LENGTH(file_rows));
	tcase_add_loop_test(tc, directory_mode, 0, LENGTH(file_rows));
	tcase_add_test(tc, existing_directory);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr;
	int failed;

	sr = srunner_create(policy_suite());
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

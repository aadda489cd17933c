/* SPDX-License-Identifier: ISC */
/* Every decision, with the values on both sides of each limit. */
#include "config.h"

#include <check.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "policy.h"
#include "tap.h"

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
	struct policy p;

	policy_init(&p);
	ck_assert_msg(
	    policy_is_temp_name(name, len) == temp_rows[_i].want, "%s", name);
	if (temp_rows[_i].want)
		ck_assert_int_eq(
		    policy_name(&p, name, false), POLICY_RESERVED_NAME);
	else
		ck_assert_int_eq(policy_name(&p, name, false), POLICY_ALLOW);
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
	/* but for what it says of the owner */
	{ NONE, 0722, false, 0666, false, NONE, 0066, false },
	{ NONE, 0577, true, 0777, false, NONE, 0277, false },
	{ NONE, 0722, false, 0666, true, NONE, 0666, true },
	{ NONE, 0722, true, 0666, true, NONE, 0044, true },
	{ NONE, NONE, false, 0777, false, NONE, 0777, false },
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

/* PreserveModes and SpecialBits: what becomes of 06755 over 0640. */
static const struct {
	bool preserve_modes;
	bool special_bits;
	bool preserve;
	bool umask_is_set;
	mode_t old;
	struct policy_mode file;
	struct policy_mode directory;
} bits_rows[] = {
	{ true, false, true, false, NONE, { 0755, POLICY_MODE_SENT },
	    { 0755, POLICY_MODE_SENT } },
	{ true, true, true, false, NONE, { 06755, POLICY_MODE_SENT },
	    { 06755, POLICY_MODE_SENT } },
	{ true, true, true, true, 0640, { 06750, POLICY_MODE_SENT },
	    { 06750, POLICY_MODE_SENT } },
	/* only with -p, and only where it counts */
	{ true, true, false, false, NONE, { 0755, POLICY_MODE_CREATED },
	    { 0755, POLICY_MODE_CREATED } },
	{ true, true, false, false, 04640, { 0640, POLICY_MODE_KEPT },
	    { 0755, POLICY_MODE_CREATED } },
	{ false, true, true, false, NONE, { 0755, POLICY_MODE_CREATED },
	    { 0755, POLICY_MODE_CREATED } },
	{ false, true, true, false, 04640, { 0640, POLICY_MODE_KEPT },
	    { 0755, POLICY_MODE_CREATED } },
	{ false, false, true, true, NONE, { 0755, POLICY_MODE_CREATED },
	    { 0755, POLICY_MODE_CREATED } },
};

START_TEST(special_bits)
{
	struct policy_mode m;
	struct policy p;

	policy_init(&p);
	p.preserve_modes = bits_rows[_i].preserve_modes;
	p.special_bits = bits_rows[_i].special_bits;
	p.umask_is_set = bits_rows[_i].umask_is_set;
	p.umask = 027;
	m = policy_file_mode(
	    &p, 06755, bits_rows[_i].preserve, bits_rows[_i].old);
	ck_assert_uint_eq(m.bits, bits_rows[_i].file.bits);
	ck_assert_int_eq(m.rule, bits_rows[_i].file.rule);
	m = policy_directory_mode(&p, 06755, bits_rows[_i].preserve);
	ck_assert_uint_eq(m.bits, bits_rows[_i].directory.bits);
	ck_assert_int_eq(m.rule, bits_rows[_i].directory.rule);
	/* nobody can force them */
	p.file_mode = p.directory_mode = 07711;
	m = policy_file_mode(&p, 06755, true, 0640);
	ck_assert_uint_eq(m.bits, 0711);
	m = policy_directory_mode(&p, 06755, true);
	ck_assert_uint_eq(m.bits, 0711);
}
END_TEST

START_TEST(modes_and_times)
{
	struct policy p;

	policy_init(&p);
	ck_assert(policy_may_set_modes(&p));
	ck_assert(policy_may_set_times(&p));
	p.preserve_times = false;
	ck_assert(policy_may_set_modes(&p));
	ck_assert(!policy_may_set_times(&p));
	p.preserve_modes = false;
	ck_assert(!policy_may_set_modes(&p));
}
END_TEST

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
	ck_assert_int_eq(m.rule != POLICY_MODE_CREATED, file_rows[_i].exact);
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
	ck_assert_int_eq(m.rule != POLICY_MODE_CREATED, file_rows[_i].exact);
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

/* --- names ------------------------------------------------------------ */

#define NAMES_MAX 8

/* Lists as settings leave them: a NUL behind each, an empty one at the end. */
static void
set_names(char *dst, const char *const names[NAMES_MAX])
{
	size_t i;

	for (i = 0; i < NAMES_MAX && names[i] != NULL; i++) {
		memcpy(dst, names[i], strlen(names[i]) + 1);
		dst += strlen(names[i]) + 1;
	}
	*dst = '\0';
}

/* With everything forbidden, so that each row also tells which comes first. */
static const struct {
	const char *name;
	bool at_home;
	bool protect_home;
	bool hidden_files;
	enum policy_verdict want;
} name_rows[] = {
	{ "file", true, true, false, POLICY_ALLOW },
	{ "file.", true, true, false, POLICY_ALLOW },
	/* ProtectHome: at home, and nowhere else */
	{ ".ssh", true, true, true, POLICY_PROTECTED_NAME },
	{ ".ssh", false, true, true, POLICY_ALLOW },
	{ ".ssh", true, false, true, POLICY_ALLOW },
	{ ".", true, true, true, POLICY_PROTECTED_NAME },
	{ "...", true, true, true, POLICY_PROTECTED_NAME },
	{ "bin", true, true, true, POLICY_PROTECTED_NAME },
	{ "Bin", true, true, true, POLICY_PROTECTED_NAME },
	{ "BIN", true, true, true, POLICY_PROTECTED_NAME },
	{ "bin", false, true, true, POLICY_ALLOW },
	{ "bin", true, false, true, POLICY_ALLOW },
	{ "bin2", true, true, true, POLICY_ALLOW },
	{ "bi", true, true, true, POLICY_ALLOW },
	{ "sbin", true, true, true, POLICY_ALLOW },
	/* HiddenFiles: everywhere */
	{ ".x", false, true, false, POLICY_HIDDEN_NAME },
	{ ".x", true, false, false, POLICY_HIDDEN_NAME },
	{ ".x", true, true, false, POLICY_PROTECTED_NAME },
	{ "bin", false, true, false, POLICY_ALLOW },
	{ "x.", false, true, false, POLICY_ALLOW },
	/* names of ours */
	{ ".scp-server.0123456789abcdef~", true, true, false,
	    POLICY_RESERVED_NAME },
};

START_TEST(name)
{
	struct policy p;

	policy_init(&p);
	p.protect_home = name_rows[_i].protect_home;
	p.hidden_files = name_rows[_i].hidden_files;
	ck_assert_int_eq(
	    policy_name(&p, name_rows[_i].name, name_rows[_i].at_home),
	    name_rows[_i].want);
}
END_TEST

static const struct {
	const char *patterns[NAMES_MAX];
	const char *name;
	bool matches;
} list_rows[] = {
	{ { NULL }, "a", false },
	{ { "a" }, "a", true },
	{ { "a" }, "A", false },
	{ { "a" }, "ab", false },
	{ { "a", "b", "c" }, "c", true },
	{ { "a", "b", "c" }, "d", false },
	{ { "*.iso", "*.img" }, "x.img", true },
	{ { "*.iso", "*.img" }, "x.img ", false },
	{ { "*.iso" }, ".iso", true },
	{ { "*" }, ".hidden", true },
	{ { "*" }, "\377\376", true },
	{ { "?" }, "\377", true },
	{ { "[!a-z]*" }, "9", true },
	{ { "[!a-z]*" }, "b9", false },
	{ { "\\*" }, "*", true },
	{ { "\\*" }, "x", false },
	{ { "a b" }, "a b", true },
	/* no pattern at all for fnmatch(3) */
	{ { "[" }, "x", false },
};

START_TEST(deny_names)
{
	struct policy p;

	policy_init(&p);
	set_names(p.deny_names, list_rows[_i].patterns);
	ck_assert_int_eq(policy_name(&p, list_rows[_i].name, false),
	    list_rows[_i].matches ? POLICY_DENIED_NAME : POLICY_ALLOW);
	ck_assert_int_eq(
	    policy_file_name(&p, list_rows[_i].name), POLICY_ALLOW);
}
END_TEST

START_TEST(allow_names)
{
	bool allowed =
	    list_rows[_i].matches || list_rows[_i].patterns[0] == NULL;
	struct policy p;

	policy_init(&p);
	set_names(p.allow_names, list_rows[_i].patterns);
	ck_assert_int_eq(policy_file_name(&p, list_rows[_i].name),
	    allowed ? POLICY_ALLOW : POLICY_OTHER_NAME);
	ck_assert_int_eq(
	    policy_name(&p, list_rows[_i].name, false), POLICY_ALLOW);
}
END_TEST

/* R-RES-1: the client chooses the name, so the worst one must be cheap. */
START_TEST(names_are_cheap)
{
	static const char *const patterns[NAMES_MAX] = {
		"*a*a*a*a*a*a*a*a*a*a*a*a*b*", "*[a-z]*[a-z]*[a-z]*[0-9]*",
		"*?a*?a*?a*?a*?a*?a*?a*b", "*a*aa*aaa*aaaa*aaaaa*aaaaaa*[b]"
	};
	char worst[256];
	struct policy p;
	clock_t start;
	int i;

	memset(worst, 'a', 255);
	worst[255] = '\0';
	policy_init(&p);
	set_names(p.deny_names, patterns);
	start = clock();
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(policy_name(&p, worst, false), POLICY_ALLOW);
	ck_assert_int_lt(clock() - start, CLOCKS_PER_SEC);
}
END_TEST

/* --- things ----------------------------------------------------------- */

static const struct {
	bool symlinks;
	bool cross_mounts;
	struct policy_place place;
	enum policy_verdict want;
} place_rows[] = {
	{ true, true, { false, false }, POLICY_ALLOW },
	{ true, true, { true, true }, POLICY_ALLOW },
	{ false, true, { false, true }, POLICY_ALLOW },
	{ false, true, { true, false }, POLICY_SYMBOLIC_LINK },
	{ true, false, { true, false }, POLICY_ALLOW },
	{ true, false, { false, true }, POLICY_OTHER_MOUNT },
	{ false, false, { true, true }, POLICY_OTHER_MOUNT },
	{ false, false, { false, false }, POLICY_ALLOW },
};

START_TEST(place)
{
	struct policy p;

	policy_init(&p);
	p.symlinks = place_rows[_i].symlinks;
	p.cross_mounts = place_rows[_i].cross_mounts;
	ck_assert_int_eq(
	    policy_place(&p, &place_rows[_i].place), place_rows[_i].want);
}
END_TEST

#define NO_SIZE POLICY_SIZE_UNLIMITED

/* On both sides of each limit; in either direction it is the same one. */
static const struct {
	off_t max_file_size;
	off_t max_total_size;
	unsigned max_files;
	struct policy_usage usage;
	off_t size;
	enum policy_verdict want;
} size_rows[] = {
	{ NO_SIZE, NO_SIZE, UINT_MAX, { 0, 0 }, 0, POLICY_ALLOW },
	{ NO_SIZE, NO_SIZE, UINT_MAX, { 7, 7 }, NO_SIZE - 7, POLICY_ALLOW },
	{ 100, NO_SIZE, UINT_MAX, { 0, 0 }, 100, POLICY_ALLOW },
	{ 100, NO_SIZE, UINT_MAX, { 0, 0 }, 101, POLICY_FILE_TOO_LARGE },
	{ 100, NO_SIZE, UINT_MAX, { 0, 0 }, NO_SIZE, POLICY_FILE_TOO_LARGE },
	{ 0, NO_SIZE, UINT_MAX, { 0, 0 }, 0, POLICY_ALLOW },
	{ 0, NO_SIZE, UINT_MAX, { 0, 0 }, 1, POLICY_FILE_TOO_LARGE },
	{ NO_SIZE, 100, UINT_MAX, { 9, 0 }, 100, POLICY_ALLOW },
	{ NO_SIZE, 100, UINT_MAX, { 9, 99 }, 1, POLICY_ALLOW },
	{ NO_SIZE, 100, UINT_MAX, { 9, 100 }, 0, POLICY_ALLOW },
	{ NO_SIZE, 100, UINT_MAX, { 9, 100 }, 1, POLICY_TOTAL_TOO_LARGE },
	{ NO_SIZE, 100, UINT_MAX, { 9, 50 }, 51, POLICY_TOTAL_TOO_LARGE },
	{ NO_SIZE, 100, UINT_MAX, { 9, 50 }, NO_SIZE, POLICY_TOTAL_TOO_LARGE },
	{ NO_SIZE, NO_SIZE, 3, { 2, 0 }, 1, POLICY_ALLOW },
	{ NO_SIZE, NO_SIZE, 3, { 3, 0 }, 0, POLICY_TOO_MANY_FILES },
	{ NO_SIZE, NO_SIZE, 3, { 4, 0 }, 0, POLICY_TOO_MANY_FILES },
};

static void
set_sizes(struct policy *p, int i)
{
	policy_init(p);
	p->max_file_size = size_rows[i].max_file_size;
	p->max_total_size = size_rows[i].max_total_size;
	p->max_files = size_rows[i].max_files;
}

START_TEST(sizes)
{
	const struct policy_usage *usage = &size_rows[_i].usage;
	struct policy p;

	set_sizes(&p, _i);
	ck_assert_int_eq(policy_store(&p, usage, size_rows[_i].size, true),
	    size_rows[_i].want);
	ck_assert_int_eq(
	    policy_send(&p, usage, size_rows[_i].size, 2), size_rows[_i].want);
}
END_TEST

START_TEST(directories)
{
	const struct policy_usage *usage = &size_rows[_i].usage;
	enum policy_verdict want = POLICY_ALLOW;
	struct policy p;

	set_sizes(&p, _i);
	if (size_rows[_i].want == POLICY_TOO_MANY_FILES)
		want = POLICY_TOO_MANY_FILES;
	ck_assert_int_eq(policy_make_directory(&p, usage, "d"), want);
	p.make_directories = false;
	ck_assert_int_eq(
	    policy_make_directory(&p, usage, "d"), POLICY_NO_DIRECTORIES);
}
END_TEST

START_TEST(overwrite)
{
	static const struct policy_usage usage;
	struct policy p;

	policy_init(&p);
	p.overwrite = POLICY_OVERWRITE_NO;
	ck_assert_int_eq(policy_store(&p, &usage, 1, false), POLICY_ALLOW);
	ck_assert_int_eq(
	    policy_store(&p, &usage, 1, true), POLICY_NO_OVERWRITE);
	ck_assert_int_eq(policy_new_name(&p, "f.~1~"), POLICY_ALLOW);
	p.overwrite = POLICY_OVERWRITE_VERSION;
	ck_assert_int_eq(policy_store(&p, &usage, 1, true), POLICY_ALLOW);
	ck_assert_int_eq(policy_new_name(&p, "f.~1~"), POLICY_VERSION_NAME);
	ck_assert_int_eq(policy_new_name(&p, "f.~01~"), POLICY_ALLOW);
	ck_assert_int_eq(
	    policy_make_directory(&p, &usage, "f.~1~"), POLICY_VERSION_NAME);
	ck_assert_int_eq(policy_make_directory(&p, &usage, "f"), POLICY_ALLOW);
}
END_TEST

START_TEST(hard_links)
{
	static const struct policy_usage usage;
	struct policy p;

	policy_init(&p);
	ck_assert_int_eq(policy_send(&p, &usage, 1, 2), POLICY_ALLOW);
	p.hard_links = false;
	ck_assert_int_eq(policy_send(&p, &usage, 1, 1), POLICY_ALLOW);
	ck_assert_int_eq(policy_send(&p, &usage, 1, 0), POLICY_ALLOW);
	ck_assert_int_eq(policy_send(&p, &usage, 1, 2), POLICY_HARD_LINK);
}
END_TEST

/* --- what is said ----------------------------------------------------- */

/* Log filters know the codes, scripts know the first words of a reason. */
static const struct {
	enum policy_verdict verdict;
	const char *code;
	const char *keyword;
	const char *reason;
} verdict_rows[] = {
	{ POLICY_ALLOW, "allowed", NULL, "allowed" },
	{ POLICY_READ_ONLY_ACCOUNT, "read-only", "Access",
	    "Permission denied (this account can only download)" },
	{ POLICY_WRITE_ONLY_ACCOUNT, "write-only", "Access",
	    "Permission denied (this account can only upload)" },
	{ POLICY_TOO_DEEP, "too-deep", "MaxDepth",
	    "more than the 64 directory levels of this account" },
	{ POLICY_RESERVED_NAME, "reserved-name", NULL,
	    "this name is reserved for unfinished uploads" },
	{ POLICY_VERSION_NAME, "version-name", "Overwrite",
	    "this name is reserved for old versions" },
	{ POLICY_PROTECTED_NAME, "protected-home", "ProtectHome",
	    "No such file or directory (names that begin with a dot, and bin, "
	    "are protected here)" },
	{ POLICY_HIDDEN_NAME, "hidden-name", "HiddenFiles",
	    "Permission denied (this account may not use names that begin "
	    "with a dot)" },
	{ POLICY_DENIED_NAME, "denied-name", "DenyNames",
	    "Permission denied (this account may not use this name)" },
	{ POLICY_OTHER_NAME, "other-name", "AllowNames",
	    "Permission denied (this account only has files named like "
	    "*.iso a b)" },
	{ POLICY_SYMBOLIC_LINK, "symbolic-link", "Symlinks",
	    "Permission denied (symbolic links are not followed)" },
	{ POLICY_HARD_LINK, "hard-link", "HardLinks",
	    "Permission denied (a file with several names)" },
	{ POLICY_OTHER_MOUNT, "other-mount", "CrossMounts",
	    "Permission denied (on another mount)" },
	{ POLICY_NO_DIRECTORIES, "no-directories", "MakeDirectories",
	    "Permission denied (this account may not make directories)" },
	{ POLICY_NO_OVERWRITE, "no-overwrite", "Overwrite",
	    "File exists (this account may not replace files)" },
	{ POLICY_FILE_TOO_LARGE, "file-too-large", "MaxFileSize",
	    "3.1 GiB is over the 2 GiB limit of this account" },
	{ POLICY_TOTAL_TOO_LARGE, "total-too-large", "MaxTotalSize",
	    "3.1 GiB more is over the 1 KiB limit of one session" },
	{ POLICY_TOO_MANY_FILES, "too-many-files", "MaxFiles",
	    "over the limit of 5 files in one session" },
};

START_TEST(verdict)
{
	static const char *const names[NAMES_MAX] = { "*.iso", "a b" };
	const enum policy_verdict v = verdict_rows[_i].verdict;
	char reason[POLICY_REASON_BYTES];
	struct policy p;

	policy_init(&p);
	p.max_file_size = (off_t)2 << 30;
	p.max_total_size = 1024;
	p.max_files = 5;
	set_names(p.allow_names, names);
	ck_assert_uint_eq(LENGTH(verdict_rows), POLICY__COUNT);
	ck_assert_int_eq(v, _i);
	ck_assert_str_eq(policy_code(v), verdict_rows[_i].code);
	ck_assert_pstr_eq(policy_keyword(v), verdict_rows[_i].keyword);
	ck_assert_str_eq(
	    policy_reason(&p, v, 3400000000, reason), verdict_rows[_i].reason);
}
END_TEST

static const struct {
	off_t limit;
	off_t size;
	const char *reason;
} shown_rows[] = {
	{ 0, 1, "1 B is over the 0 B limit of this account" },
	{ 999, 1023, "1023 B is over the 999 B limit of this account" },
	{ 10 << 20, 11 << 20,
	    "11 MiB is over the 10 MiB limit of this account" },
	/* a tenth is told of few, not of many */
	{ 0, 9 * 1024 + 512, "9.5 KiB is over the 0 B limit of this account" },
	{ 0, 10 * 1024 + 512, "10 KiB is over the 0 B limit of this account" },
	/* two sizes that would look alike */
	{ 2048, 2049,
	    "2049 bytes is over the 2048 bytes limit of this account" },
	{ 0, INT64_MAX, "7.9 EiB is over the 0 B limit of this account" },
	{ INT64_MAX - 1, INT64_MAX,
	    "9223372036854775807 bytes is over the 9223372036854775806 bytes "
	    "limit of this account" },
};

START_TEST(shown_sizes)
{
	char reason[POLICY_REASON_BYTES];
	struct policy p;

	policy_init(&p);
	p.max_file_size = shown_rows[_i].limit;
	ck_assert_str_eq(policy_reason(&p, POLICY_FILE_TOO_LARGE,
			     shown_rows[_i].size, reason),
	    shown_rows[_i].reason);
}
END_TEST

/* More patterns than there is room for: each is whole or left out. */
START_TEST(shown_names)
{
	char reason[POLICY_REASON_BYTES], pattern[POLICY_NAMES_BYTES];
	const char *names[NAMES_MAX] = { pattern, pattern, pattern };
	size_t len, shown;
	struct policy p;
	const char *list;

	for (len = 1; len < 300; len++) {
		memset(pattern, 'x', len);
		pattern[len] = '\0';
		policy_init(&p);
		set_names(p.allow_names, names);
		memset(reason, 0xff, sizeof(reason));
		(void)policy_reason(&p, POLICY_OTHER_NAME, 0, reason);
		ck_assert_ptr_nonnull(memchr(reason, '\0', sizeof(reason)));
		list = strstr(reason, "like") + 4;
		for (shown = 0; *list == ' ' && list[1] == 'x'; shown++)
			list += 1 + strspn(list + 1, "x");
		ck_assert_uint_eq((size_t)(list - strstr(reason, "like") - 4),
		    shown * (len + 1));
		ck_assert_str_eq(list, shown == 3 ? ")" : " ...)");
		ck_assert(shown == 3 || len > 40);
	}
}
END_TEST

static const struct {
	const char *name;
	unsigned long number;
} version_rows[] = {
	{ "f.~1~", 1 },
	{ "f.~999999999~", 999999999 },
	{ "a.b.~1~.~20~", 20 },
	{ ".f.~3~", 3 },
	{ "f", 0 },
	{ "f.~~", 0 },
	{ "f.~0~", 0 },
	{ "f.~01~", 0 },
	{ "f.~1", 0 },
	{ "f.1~", 0 },
	{ "f.x1~", 0 },
	{ "f~1~", 0 },
	{ "f.~1~x", 0 },
	{ "f.~1~~", 0 },
	{ "f.~-1~", 0 },
	{ "f.~1000000000~", 0 },
	{ ".~1~", 0 },
	{ "", 0 },
};

START_TEST(version_number)
{
	ck_assert_uint_eq(policy_version_number(version_rows[_i].name),
	    version_rows[_i].number);
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
	tcase_add_loop_test(tc, version_number, 0, LENGTH(version_rows));
	suite_add_tcase(s, tc);
	tc = tcase_create("names");
	tcase_add_loop_test(tc, name, 0, LENGTH(name_rows));
	tcase_add_loop_test(tc, deny_names, 0, LENGTH(list_rows));
	tcase_add_loop_test(tc, allow_names, 0, LENGTH(list_rows));
	tcase_add_test(tc, names_are_cheap);
	suite_add_tcase(s, tc);
	tc = tcase_create("things");
	tcase_add_loop_test(tc, place, 0, LENGTH(place_rows));
	tcase_add_loop_test(tc, sizes, 0, LENGTH(size_rows));
	tcase_add_loop_test(tc, directories, 0, LENGTH(size_rows));
	tcase_add_test(tc, overwrite);
	tcase_add_test(tc, hard_links);
	suite_add_tcase(s, tc);
	tc = tcase_create("reasons");
	tcase_add_loop_test(tc, verdict, 0, LENGTH(verdict_rows));
	tcase_add_loop_test(tc, shown_sizes, 0, LENGTH(shown_rows));
	tcase_add_test(tc, shown_names);
	suite_add_tcase(s, tc);
	tc = tcase_create("modes");
	tcase_add_loop_test(tc, file_mode, 0, LENGTH(file_rows));
	tcase_add_loop_test(tc, directory_mode, 0, LENGTH(file_rows));
	tcase_add_test(tc, existing_directory);
	tcase_add_loop_test(tc, special_bits, 0, LENGTH(bits_rows));
	tcase_add_test(tc, modes_and_times);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(policy_suite())) != 0;
}

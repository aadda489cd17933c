/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "policy.h"

#include <sys/stat.h>

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "spelling.h"

static const struct {
	const char *code;
	const char *keyword;
	const char *reason; /* NULL: has a limit in it */
} verdicts[POLICY__COUNT] = {
	[POLICY_ALLOW] = { "allowed", NULL, "allowed" },
	/* "Permission denied" is what scripts around scp look for. */
	[POLICY_READ_ONLY_ACCOUNT] = { "read-only", "Access",
	    "Permission denied (this account can only download)" },
	[POLICY_WRITE_ONLY_ACCOUNT] = { "write-only", "Access",
	    "Permission denied (this account can only upload)" },
	[POLICY_TOO_DEEP] = { "too-deep", "MaxDepth", NULL },
	[POLICY_RESERVED_NAME] = { "reserved-name", NULL,
	    "this name is reserved for unfinished uploads" },
	[POLICY_VERSION_NAME] = { "version-name", "Overwrite",
	    "this name is reserved for old versions" },
	[POLICY_PROTECTED_NAME] = { "protected-home", "ProtectHome",
	    "No such file or directory (names that begin with a dot, and bin, "
	    "are protected here)" },
	[POLICY_HIDDEN_NAME] = { "hidden-name", "HiddenFiles",
	    "Permission denied (this account may not use names that begin "
	    "with a dot)" },
	[POLICY_DENIED_NAME] = { "denied-name", "DenyNames",
	    "Permission denied (this account may not use this name)" },
	[POLICY_OTHER_NAME] = { "other-name", "AllowNames", NULL },
	[POLICY_SYMBOLIC_LINK] = { "symbolic-link", "Symlinks",
	    "Permission denied (symbolic links are not followed)" },
	[POLICY_HARD_LINK] = { "hard-link", "HardLinks",
	    "Permission denied (a file with several names)" },
	[POLICY_OTHER_MOUNT] = { "other-mount", "CrossMounts",
	    "Permission denied (on another mount)" },
	[POLICY_NO_DIRECTORIES] = { "no-directories", "MakeDirectories",
	    "Permission denied (this account may not make directories)" },
	[POLICY_NO_OVERWRITE] = { "no-overwrite", "Overwrite",
	    "File exists (this account may not replace files)" },
	[POLICY_FILE_TOO_LARGE] = { "file-too-large", "MaxFileSize", NULL },
	[POLICY_TOTAL_TOO_LARGE] = { "total-too-large", "MaxTotalSize", NULL },
	[POLICY_TOO_MANY_FILES] = { "too-many-files", "MaxFiles", NULL },
};

const char *
policy_code(enum policy_verdict verdict)
{
	return verdicts[verdict].code;
}

const char *
policy_keyword(enum policy_verdict verdict)
{
	return verdicts[verdict].keyword;
}

/* --- reasons ---------------------------------------------------------- */

/* humanize_number(3) would ask the locale. */
void
policy_print_size(char dst[POLICY_SIZE_BYTES], off_t size)
{
	static const char units[] = "KMGTPE";
	unsigned long long n = (unsigned long long)size, rest = 0;
	size_t unit = 0;

	for (; n >= 1024; n /= 1024) {
		rest = n % 1024 * 10 / 1024;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(dst, POLICY_SIZE_BYTES, "%llu B", n);
	else if (n < 10 && rest > 0)
		(void)snprintf(dst, POLICY_SIZE_BYTES, "%llu.%llu %ciB", n,
		    rest, units[unit - 1]);
	else
		(void)snprintf(
		    dst, POLICY_SIZE_BYTES, "%llu %ciB", n, units[unit - 1]);
}

static void
print_bytes(char dst[POLICY_SIZE_BYTES], off_t size)
{
	(void)snprintf(dst, POLICY_SIZE_BYTES, "%lld bytes", (long long)size);
}

/* "3.1 GiB is over the 2 GiB": two sizes that differ look different. */
static void
print_excess(char *dst, off_t size, const char *is_over, off_t limit,
    const char *of_what)
{
	char shown_size[POLICY_SIZE_BYTES], shown_limit[POLICY_SIZE_BYTES];

	policy_print_size(shown_size, size);
	policy_print_size(shown_limit, limit);
	if (strcmp(shown_size, shown_limit) == 0) {
		print_bytes(shown_size, size);
		print_bytes(shown_limit, limit);
	}
	(void)snprintf(dst, POLICY_REASON_BYTES, "%s %s %s limit %s",
	    shown_size, is_over, shown_limit, of_what);
}

/* The patterns as they may have been written, as many as there is room for. */
static void
print_names(char *dst, const char *names)
{
	static const char before[] =
	    "Permission denied (this account only has files named like";
	size_t used = sizeof(before) - 1, len;

	memcpy(dst, before, used);
	for (; *names != '\0'; names += len + 1) {
		len = strlen(names);
		if (used + 1 + len + sizeof(" ...)") > POLICY_REASON_BYTES) {
			memcpy(dst + used, " ...", 4);
			used += 4;
			break;
		}
		dst[used] = ' ';
		memcpy(dst + used + 1, names, len);
		used += 1 + len;
	}
	memcpy(dst + used, ")", 2);
}

const char *
policy_reason(const struct policy *p, enum policy_verdict verdict, off_t size,
    char dst[POLICY_REASON_BYTES])
{
	if (verdict == POLICY_TOO_DEEP)
		(void)snprintf(dst, POLICY_REASON_BYTES,
		    "more than the %u directory levels of this account",
		    p->max_depth);
	else if (verdict == POLICY_OTHER_NAME)
		print_names(dst, p->allow_names);
	else if (verdict == POLICY_FILE_TOO_LARGE)
		print_excess(dst, size, "is over the", p->max_file_size,
		    "of this account");
	else if (verdict == POLICY_TOTAL_TOO_LARGE)
		print_excess(dst, size, "more is over the", p->max_total_size,
		    "of one session");
	else if (verdict == POLICY_TOO_MANY_FILES)
		(void)snprintf(dst, POLICY_REASON_BYTES,
		    "over the limit of %u files in one session", p->max_files);
	else
		(void)snprintf(
		    dst, POLICY_REASON_BYTES, "%s", verdicts[verdict].reason);
	return dst;
}

/* --- decisions -------------------------------------------------------- */

void
policy_init(struct policy *p)
{
	/* But for the patterns: what is not used costs no memory. */
	memset(p, 0, offsetof(struct policy, allow_names));
	p->allow_names[0] = p->deny_names[0] = '\0';
	p->access = POLICY_READ_WRITE;
	p->overwrite = POLICY_OVERWRITE_YES;
	p->keep_versions = POLICY_COUNT_UNLIMITED;
	p->make_directories = true;
	p->hidden_files = true;
	p->protect_home = true;
	p->preserve_modes = true;
	p->preserve_times = true;
	p->special_bits = false;
	p->symlinks = true;
	p->hard_links = true;
	p->cross_mounts = true;
	p->atomic = true;
	p->sync = POLICY_SYNC_NO;
	p->umask = POLICY_MODE_UNSET;
	p->umask_is_set = false;
	p->file_mode = POLICY_MODE_UNSET;
	p->directory_mode = POLICY_MODE_UNSET;
	p->max_file_size = POLICY_SIZE_UNLIMITED;
	p->max_total_size = POLICY_SIZE_UNLIMITED;
	p->max_files = POLICY_COUNT_UNLIMITED;
	p->max_depth = 64;
	p->max_matches = 10000;
	p->discard_limit = (off_t)64 * 1024 * 1024;
	p->free_failures = 100;
}

enum policy_verdict
policy_transfer(const struct policy *p, enum policy_direction direction)
{
	if (direction == POLICY_UPLOAD && p->access == POLICY_READ_ONLY)
		return POLICY_READ_ONLY_ACCOUNT;
	if (direction == POLICY_DOWNLOAD && p->access == POLICY_WRITE_ONLY)
		return POLICY_WRITE_ONLY_ACCOUNT;
	return POLICY_ALLOW;
}

enum policy_verdict
policy_depth(const struct policy *p, unsigned depth)
{
	return depth > p->max_depth ? POLICY_TOO_DEEP : POLICY_ALLOW;
}

bool
policy_is_personal(const char *name)
{
	/* In any case: some file systems do not tell Bin from bin. */
	return name[0] == '.' || spelling_same(name, "bin");
}

/* Each pattern has a NUL behind it, and an empty one is the last. */
static bool
is_in_list(const char *patterns, const char *name)
{
	const char *p;

	for (p = patterns; *p != '\0'; p += strlen(p) + 1) {
		if (fnmatch(p, name, 0) == 0)
			return true;
	}
	return false;
}

enum policy_verdict
policy_name(const struct policy *p, const char *name, bool at_home)
{
	if (policy_is_temp_name(name, strlen(name)))
		return POLICY_RESERVED_NAME;
	if (p->protect_home && at_home && policy_is_personal(name))
		return POLICY_PROTECTED_NAME;
	if (!p->hidden_files && name[0] == '.')
		return POLICY_HIDDEN_NAME;
	if (is_in_list(p->deny_names, name))
		return POLICY_DENIED_NAME;
	return POLICY_ALLOW;
}

enum policy_verdict
policy_file_name(const struct policy *p, const char *name)
{
	if (p->allow_names[0] == '\0' || is_in_list(p->allow_names, name))
		return POLICY_ALLOW;
	return POLICY_OTHER_NAME;
}

enum policy_verdict
policy_place(const struct policy *p, const struct policy_place *place)
{
	if (place->on_other_mount && !p->cross_mounts)
		return POLICY_OTHER_MOUNT;
	if (place->is_link && !p->symlinks)
		return POLICY_SYMBOLIC_LINK;
	return POLICY_ALLOW;
}

static enum policy_verdict
one_more(const struct policy *p, const struct policy_usage *usage)
{
	return usage->files >= p->max_files ? POLICY_TOO_MANY_FILES
					    : POLICY_ALLOW;
}

enum policy_verdict
policy_new_name(const struct policy *p, const char *name)
{
	return p->overwrite == POLICY_OVERWRITE_VERSION &&
		policy_version_number(name) != 0
	    ? POLICY_VERSION_NAME
	    : POLICY_ALLOW;
}

bool
policy_is_atomic(const struct policy *p)
{
	return p->atomic || p->overwrite == POLICY_OVERWRITE_VERSION;
}

enum policy_verdict
policy_make_directory(
    const struct policy *p, const struct policy_usage *usage, const char *name)
{
	enum policy_verdict verdict = policy_new_name(p, name);

	if (!p->make_directories)
		return POLICY_NO_DIRECTORIES;
	return verdict == POLICY_ALLOW ? one_more(p, usage) : verdict;
}

static enum policy_verdict
move(const struct policy *p, const struct policy_usage *usage, off_t size)
{
	if (size > p->max_file_size)
		return POLICY_FILE_TOO_LARGE;
	if (size > p->max_total_size - usage->bytes)
		return POLICY_TOTAL_TOO_LARGE;
	return one_more(p, usage);
}

enum policy_verdict
policy_store(const struct policy *p, const struct policy_usage *usage,
    off_t size, bool exists)
{
	if (exists && p->overwrite == POLICY_OVERWRITE_NO)
		return POLICY_NO_OVERWRITE;
	return move(p, usage, size);
}

enum policy_verdict
policy_send(const struct policy *p, const struct policy_usage *usage,
    off_t size, nlink_t links)
{
	if (links > 1 && !p->hard_links)
		return POLICY_HARD_LINK;
	return move(p, usage, size);
}

bool
policy_is_temp_name(const char *name, size_t len)
{
	static const char prefix[] = POLICY_TEMP_PREFIX;
	static const char suffix[] = POLICY_TEMP_SUFFIX;
	const size_t before = sizeof(prefix) - 1;
	const size_t after = sizeof(suffix) - 1;
	size_t i;

	if (len != before + POLICY_TEMP_DIGITS + after ||
	    memcmp(name, prefix, before) != 0 ||
	    memcmp(name + len - after, suffix, after) != 0)
		return false;
	for (i = before; i < len - after; i++) {
		if (!(name[i] >= '0' && name[i] <= '9') &&
		    !(name[i] >= 'a' && name[i] <= 'f'))
			return false;
	}
	return true;
}

unsigned long
policy_version_number(const char *name)
{
	const char *p = strrchr(name, '.');
	unsigned long number = 0;
	size_t n;

	if (p == NULL || p == name || p[1] != '~' || p[2] == '0')
		return 0;
	n = strspn(p + 2, "0123456789");
	if (n > POLICY_VERSION_DIGITS || strcmp(p + 2 + n, "~") != 0)
		return 0;
	for (p += 2; n > 0; n--)
		number = number * 10 + (unsigned long)(*p++ - '0');
	return number;
}

/* Without set-id bits and sticky: never forced, never kept, never by chance. */
static struct policy_mode
mode_of(mode_t bits, enum policy_mode_rule rule)
{
	return (struct policy_mode){ .bits = bits & 0777, .rule = rule };
}

/* What -p gives: an umask that somebody chose for this account bounds it. */
static struct policy_mode
preserved(const struct policy *p, mode_t wanted)
{
	struct policy_mode mode = mode_of(wanted, POLICY_MODE_SENT);

	if (p->special_bits)
		mode.bits = wanted & 07777;
	if (p->umask_is_set)
		mode.bits &= ~p->umask;
	return mode;
}

/* See policy.h: the owner's bits of the umask are ours to take away. */
static struct policy_mode
created(const struct policy *p, mode_t wanted)
{
	if (p->umask != POLICY_MODE_UNSET)
		wanted &= ~(p->umask & S_IRWXU);
	return mode_of(wanted, POLICY_MODE_CREATED);
}

struct policy_mode
policy_file_mode(
    const struct policy *p, mode_t wanted, bool preserve, mode_t old)
{
	if (p->file_mode != POLICY_MODE_UNSET)
		return mode_of(p->file_mode, POLICY_MODE_FORCED);
	if (preserve && p->preserve_modes)
		return preserved(p, wanted);
	if (old != POLICY_MODE_UNSET)
		return mode_of(old, POLICY_MODE_KEPT);
	return created(p, wanted);
}

struct policy_mode
policy_directory_mode(const struct policy *p, mode_t wanted, bool preserve)
{
	if (p->directory_mode != POLICY_MODE_UNSET)
		return mode_of(p->directory_mode, POLICY_MODE_FORCED);
	if (preserve && p->preserve_modes)
		return preserved(p, wanted);
	return created(p, wanted);
}

bool
policy_may_set_modes(const struct policy *p)
{
	return p->preserve_modes;
}

bool
policy_may_set_times(const struct policy *p)
{
	return p->preserve_times;
}

bool
policy_may_set_existing_directory(const struct policy *p)
{
	return p->access != POLICY_WRITE_ONLY;
}

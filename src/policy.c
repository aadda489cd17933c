/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "policy.h"

#include <string.h>

/* Never more, whatever the client or the old file has (R-FILE-3, R-FILE-4). */
#define MODE_BITS 0777

static const struct {
	const char *code;
	const char *reason;
} verdicts[POLICY__COUNT] = {
	[POLICY_ALLOW] = { "allowed", "allowed" },
	/* "Permission denied" is what scripts around scp look for. */
	[POLICY_READ_ONLY_ACCOUNT] = { "read-only",
	    "Permission denied (this account can only download)" },
	[POLICY_WRITE_ONLY_ACCOUNT] = { "write-only",
	    "Permission denied (this account can only upload)" },
	[POLICY_TOO_DEEP] = { "too-deep",
	    "too many directory levels for this account" },
	[POLICY_RESERVED_NAME] = { "reserved-name",
	    "this name is reserved for unfinished uploads" },
};

const char *
policy_code(enum policy_verdict verdict)
{
	return verdicts[verdict].code;
}

const char *
policy_reason(enum policy_verdict verdict)
{
	return verdicts[verdict].reason;
}

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

enum policy_verdict
policy_name(const char *name, size_t len)
{
	return policy_is_temp_name(name, len) ? POLICY_RESERVED_NAME
					      : POLICY_ALLOW;
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

static struct policy_mode
mode_of(mode_t bits, bool exact)
{
	return (struct policy_mode){ .bits = bits & MODE_BITS, .exact = exact };
}

/* What -p gives: an umask that somebody chose for this account bounds it. */
static struct policy_mode
preserved(const struct policy *p, mode_t wanted)
{
	return mode_of(p->umask_is_set ? wanted & ~p->umask : wanted, true);
}

struct policy_mode
policy_file_mode(
    const struct policy *p, mode_t wanted, bool preserve, mode_t old)
{
	if (p->file_mode != POLICY_MODE_UNSET)
		return mode_of(p->file_mode, true);
	if (preserve)
		return preserved(p, wanted);
	if (old != POLICY_MODE_UNSET)
		return mode_of(old, true);
	return mode_of(wanted, false);
}

struct policy_mode
policy_directory_mode(const struct policy *p, mode_t wanted, bool preserve)
{
	if (p->directory_mode != POLICY_MODE_UNSET)
		return mode_of(p->directory_mode, true);
	if (preserve)
		return preserved(p, wanted);
	return mode_of(wanted, false);
}

bool
policy_may_set_existing_directory(const struct policy *p)
{
	return p->access != POLICY_WRITE_ONLY;
}

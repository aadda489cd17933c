/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "setup.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <string.h>

#include "command.h"
#include "errors.h"
#include "log.h"
#include "match.h"
#include "policy.h"
#include "text.h"

/* Where Red Hat's scp looks whether the administrator wants no scp at all. */
#define DISABLE_SCP "/etc/ssh/disable_scp"

static const char *const *
groups_of(void *arg)
{
	return identity_groups(arg);
}

bool
setup_configure(struct options *o, struct identity *id,
    const char *default_path, struct conffile *conffile, char *err,
    size_t errsize)
{
	const struct match_who who = { .user = id->known ? id->user : NULL,
		.address = id->address,
		.has_direction = o->has_command,
		.direction = o->request.role == COMMAND_SINK ? POLICY_UPLOAD
							     : POLICY_DOWNLOAD,
		.groups = groups_of,
		.arg = id };
	const char *path = o->config_file;

	if (path != NULL && strcmp(path, "none") == 0)
		return true;
	return conffile_read(conffile, path == NULL ? default_path : path,
	    path == NULL && o->may_lack_file, &who, &o->settings, err, errsize);
}

bool
setup_expand(const struct identity *id, enum settings_keyword keyword,
    const char *text, char dst[SETUP_PATH_BYTES], char *err, size_t errsize)
{
	if (identity_expand(id, text, dst, SETUP_PATH_BYTES))
		return true;
	(void)text_format(err, errsize, "%s %s: %s", settings_name(keyword),
	    text,
	    errno == ENOENT ? "this account has no passwd entry"
			    : strerror(errno));
	return false;
}

/* Is there a directory to start in?  Else each client path would be wrong. */
static ATTR_APART bool
has_start(struct root *root, const char *start, char *err, size_t errsize)
{
	struct root_place place;
	bool found = false;

	if (strcmp(start, "/") == 0)
		return true;
	if (root_walk(root, "/", start, strlen(start), &place) == 0) {
		found = place.dir != -1;
		errno = place.exists ? ENOTDIR : ENOENT;
		root_leave(&place);
	}
	if (!found)
		(void)text_format(err, errsize, "%s %s: %s",
		    settings_name(SETTINGS_START_DIRECTORY), start,
		    errors_text(errno));
	return found;
}

/*
 * Find the root, and the account's home for ProtectHome: where that cannot be
 * found each directory counts as it.
 */
static bool
open_root(struct root *root, const char *path, const struct policy *policy,
    const struct identity *id, char *err, size_t errsize)
{
	int found;

	if (root_open(root, path, id->uid, policy, err, errsize) == -1)
		return false;
	if (!policy->protect_home)
		return true;
	/* Most often it is, and the walk there has just been made. */
	found = strcmp(path, id->home) == 0 ? root_is_home(root)
					    : root_find_home(root, id->home);
	if (found == -1)
		log_verbose("home of this account: %s", errors_text(errno));
	return true;
}

bool
setup_find_root(const struct settings *settings, const struct identity *id,
    struct root *root, char start[SETUP_PATH_BYTES], char *err, size_t errsize)
{
	char path[SETUP_PATH_BYTES];

	return setup_expand(
		   id, SETTINGS_ROOT, settings->root, path, err, errsize) &&
	    setup_expand(id, SETTINGS_START_DIRECTORY,
		settings->start_directory, start, err, errsize) &&
	    open_root(root, path, &settings->policy, id, err, errsize) &&
	    has_start(root, start, err, errsize);
}

bool
setup_open_journal(const struct settings *settings, const struct identity *id,
    int rootfd, struct journal *journal, char *err, size_t errsize)
{
	char path[SETUP_PATH_BYTES];

	journal_init(journal);
	if (settings->transfer_log[0] == '\0')
		return true;
	return setup_expand(id, SETTINGS_TRANSFER_LOG, settings->transfer_log,
		   path, err, errsize) &&
	    journal_open(journal, path, settings->transfer_log_format, rootfd,
		err, errsize) == 0;
}

void
setup_umask(struct policy *policy)
{
	if (!policy->umask_is_set)
		policy->umask = umask(077);
	/* The rest of it is for policy.h. */
	(void)umask(policy->umask & ~(mode_t)S_IRWXU);
}

bool
setup_is_disabled(const struct settings *settings)
{
	struct stat st;

	return settings->honour_disable_scp &&
	    (lstat(DISABLE_SCP, &st) == 0 ||
		(errno != ENOENT && errno != ENOTDIR));
}

const char *
setup_refusal(const struct settings *settings, const char *why)
{
	const char *own = settings->refuse_message;

	return own[0] == '\0' ? why : own;
}

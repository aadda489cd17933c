/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "target.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "errors.h"
#include "space.h"
#include "statx.h"

/* --- reasons ---------------------------------------------------------- */

/* True where nothing is in the way. */
static bool
allowed(const struct target *t, enum policy_verdict verdict, off_t size,
    struct reason *why)
{
	if (verdict == POLICY_ALLOW)
		return true;
	reason_of_verdict(why, t->policy, verdict, size);
	return false;
}

/* The settings behind errors of an upload: with another value it would go. */
static const char *
keyword_of(const struct policy *policy, int err)
{
	bool versions = policy->overwrite == POLICY_OVERWRITE_VERSION;

	switch (err) {
	case ERR_NO_VERSIONS:
	case ERR_NO_NUMBER:
	case ENAMETOOLONG:
		return versions ? "Overwrite" : NULL;
	case ERR_APPEND_ONLY:
		return policy->atomic ? "Atomic" : "Overwrite";
	case ERR_SEVERAL_NAMES:
	case ERR_LOCKED:
		return "Atomic";
	case ENOSPC:
		return space_is_limited(&policy->min_free) ? "MinFreeSpace"
							   : NULL;
	default:
		return NULL;
	}
}

static bool
failed(const struct target *t, int err, struct reason *why)
{
	reason_of_errno(why, &t->root->gate, err);
	return false;
}

static bool
upload_failed(
    const struct target *t, const struct upload *u, int err, struct reason *why)
{
	(void)failed(t, err, why);
	if (why->by_policy)
		return false;
	why->text = upload_reason(u, err);
	why->keyword = keyword_of(t->policy, err);
	return false;
}

/* --- places ----------------------------------------------------------- */

bool
target_find(struct target *t, const struct policy *policy,
    const struct request *request, struct root *root, const char *start,
    struct reason *why)
{
	const struct word *path = &request->paths[0];
	struct root_place *place = &t->place;

	t->policy = policy;
	t->request = request;
	t->root = root;
	memset(&t->usage, 0, sizeof(t->usage));
	uploads_init(&t->uploads, policy);
	/* Who may end without the closing NUL does not read the last answer. */
	t->uploads.reserves = request->eof_commits;
	place->parent = place->dir = -1;
	if (!allowed(t, policy_transfer(policy, POLICY_UPLOAD), 0, why))
		return false;
	if (root_walk(root, start, path->text, path->len, place) == -1)
		return failed(t, errno, why);
	if (request->directory && place->dir == -1)
		return failed(t, place->exists ? ENOTDIR : ENOENT, why);
	if (tree_init(&t->tree, &root->gate, &t->uploads.durable, place->path,
		path->text) == -1)
		return failed(t, errno, why);
	t->is_dir = place->dir != -1;
	t->is_append_only =
	    statx_is_append_only(t->is_dir ? place->dir : place->parent);
	return true;
}

void
target_leave(struct target *t)
{
	root_leave(&t->place);
}

bool
target_locate(struct target *t, const char *name, size_t len,
    struct target_item *it, struct reason *why)
{
	it->dirfd = tree_dir(&t->tree);
	it->has_name = it->dirfd == -1 && !t->is_dir;
	it->is_append_only =
	    it->dirfd == -1 ? t->is_append_only : tree_is_append_only(&t->tree);
	if (it->has_name) {
		it->dirfd = t->place.parent;
		memcpy(it->name, t->place.name, sizeof(it->name));
		return true;
	}
	if (it->dirfd == -1)
		it->dirfd = t->place.dir;
	memcpy(it->name, name, len);
	it->name[len] = '\0';
	if (tree_push_name(&t->tree, it->name) == -1 ||
	    gate_name(&t->root->gate, it->dirfd, it->name) == -1)
		return failed(t, errno, why);
	return true;
}

/* --- files ------------------------------------------------------------ */

static enum policy_verdict
judge_name(const struct policy *policy, const char *name)
{
	enum policy_verdict verdict = policy_file_name(policy, name);

	return verdict == POLICY_ALLOW ? policy_new_name(policy, name)
				       : verdict;
}

/* True where there is nothing to be replaced. */
static bool
in_reach(const struct target *t, const struct upload *u)
{
	struct gate *gate = &t->root->gate;

	if (!u->exists)
		return true;
	if (u->old == -1)
		return gate_place(gate, u->dirfd, u->name, &u->old_st) == 0;
	return gate_place(gate, u->old, "", &u->old_st) == 0;
}

bool
target_may_store(struct target *t, const struct target_item *it,
    const struct target_file *file, struct upload *u, struct policy_mode *mode,
    struct reason *why)
{
	enum policy_verdict verdict;
	mode_t old;

	if (!allowed(t, judge_name(t->policy, it->name), file->size, why))
		return false;
	if (it->has_name && t->place.slash)
		return failed(t, ENOENT, why);
	u->has_times = file->has_times;
	if (upload_look(u, it->dirfd, it->name) == -1 || !in_reach(t, u))
		return upload_failed(t, u, errno, why);
	/* It would neither get its name nor go away again. */
	if (it->is_append_only && policy_is_atomic(t->policy))
		return upload_failed(t, u, ERR_APPEND_ONLY, why);
	verdict = policy_store(t->policy, &t->usage, file->size, u->exists);
	if (!allowed(t, verdict, file->size, why))
		return false;
	/* What is there now may be another one. */
	if (upload_open(u, &old) == -1 || !in_reach(t, u))
		return upload_failed(t, u, errno, why);
	*mode =
	    policy_file_mode(t->policy, file->mode, t->request->preserve, old);
	return true;
}

bool
target_begin(struct target *t, struct upload *u, struct policy_mode mode,
    off_t size, struct reason *why)
{
	return upload_begin(u, mode, size) == 0 ||
	    upload_failed(t, u, errno, why);
}

bool
target_foresee(struct target *t, struct upload *u, struct policy_mode mode,
    off_t size, struct reason *why)
{
	return upload_foresee(u, mode, size) == 0 ||
	    upload_failed(t, u, errno, why);
}

/* --- directories ------------------------------------------------------ */

struct policy_mode
target_directory_mode(const struct target *t, mode_t mode)
{
	return policy_directory_mode(t->policy, mode, t->request->preserve);
}

static bool
may_go_deeper(const struct target *t, struct reason *why)
{
	unsigned depth = t->place.depth + t->tree.depth + 1;

	return allowed(t, policy_depth(t->policy, depth), 0, why);
}

/* Without data, and yet it takes some. */
static bool
has_room(
    const struct target *t, const struct target_item *it, struct reason *why)
{
	const struct policy_space *min = &t->policy->min_free;

	if (!space_is_limited(min) ||
	    space_suffices(it->dirfd, min, 1, why->words))
		return true;
	(void)failed(t, ENOSPC, why);
	why->text = why->words;
	why->keyword = keyword_of(t->policy, ENOSPC);
	return false;
}

static bool
may_make(
    const struct target *t, const struct target_item *it, struct reason *why)
{
	return allowed(t, policy_make_directory(t->policy, &t->usage, it->name),
		   0, why) &&
	    has_room(t, it, why);
}

bool
target_enter(struct target *t, const struct target_item *it, mode_t mode,
    const struct timespec *times, struct reason *why)
{
	struct tree_wish wish = { .times = times,
		.preserve =
		    t->request->preserve && policy_may_set_modes(t->policy),
		.sets_existing = policy_may_set_existing_directory(t->policy) };

	if (!may_go_deeper(t, why))
		return false;
	wish.must_exist = !may_make(t, it, why);
	wish.mode = target_directory_mode(t, mode);
	if (tree_enter(&t->tree, it->dirfd, it->name, &wish) == 0)
		return true;
	/* Then why is known. */
	if (wish.must_exist && errno == ENOENT)
		return false;
	return failed(t, errno, why);
}

bool
target_foresee_directory(struct target *t, const struct target_item *it,
    bool *made, struct reason *why)
{
	struct stat st;
	int fd;

	*made = false;
	if (!may_go_deeper(t, why))
		return false;
	fd = entry_enter_dir(&t->root->gate, it->dirfd, it->name, &st);
	if (fd != -1) {
		(void)close(fd);
		return true;
	}
	if (errno != ENOENT)
		return failed(t, errno, why);
	*made = true;
	return may_make(t, it, why) &&
	    (entry_may_change(it->dirfd) == 0 || failed(t, errno, why));
}

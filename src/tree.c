/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tree.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "clock.h"
#include "entry.h"
#include "errors.h"
#include "statx.h"
#include "temp.h"

/* Sync file: what is done to directories as well. */
static bool
is_durable(const struct tree *t)
{
	return t->gate->policy->sync == POLICY_SYNC_FILE;
}

/* Sync session: as long as it can be opened, for its mode may forbid that. */
static int
sync_later(const struct tree *t, const struct tree_level *l)
{
	if (t->gate->policy->sync != POLICY_SYNC_SESSION ||
	    (!l->made && !l->sets_mode && !l->sets_times))
		return 0;
	return durable_directory_later(t->durable, l->fd, l->dev);
}

int
tree_init(struct tree *t, struct gate *gate, struct durable *durable,
    const char *path, const char *shown)
{
	t->gate = gate;
	t->durable = durable;
	t->depth = 0;
	t->nunswept = 0;
	t->nleft = 0;
	t->path_len = strlen(path);
	t->shown_len = strlen(shown);
	if (t->path_len >= sizeof(t->path) ||
	    t->shown_len >= sizeof(t->shown)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(t->path, path, t->path_len + 1);
	memcpy(t->shown, shown, t->shown_len + 1);
	return 0;
}

/* Append "/name", or "name" behind a slash, to the used bytes of dst. */
static bool
append_name(char *dst, size_t size, size_t used, const char *name)
{
	size_t len = strlen(name);

	if (used > 0 && dst[used - 1] == '/')
		used--;
	if (used + 1 + len >= size)
		return false;
	dst[used] = '/';
	memcpy(dst + used + 1, name, len + 1);
	return true;
}

int
tree_push_name(struct tree *t, const char *name)
{
	if (append_name(t->path, sizeof(t->path), t->path_len, name) &&
	    append_name(t->shown, sizeof(t->shown), t->shown_len, name))
		return 0;
	tree_pop_name(t);
	errno = ENAMETOOLONG;
	return -1;
}

void
tree_pop_name(struct tree *t)
{
	t->path[t->path_len] = '\0';
	t->shown[t->shown_len] = '\0';
}

int
tree_dir(const struct tree *t)
{
	return t->depth == 0 ? -1 : t->levels[t->depth - 1].fd;
}

bool
tree_is_append_only(const struct tree *t)
{
	return t->depth > 0 && t->levels[t->depth - 1].is_append_only;
}

void
tree_name(const struct tree *t, char *dst)
{
	const char *name = strrchr(t->path, '/') + 1;

	memcpy(dst, name, strlen(name) + 1);
}

bool
tree_is_new(const struct tree *t)
{
	return t->depth > 0 && t->levels[t->depth - 1].made;
}

/* What is to be set on a directory of this session's making. */
static void
plan_made(
    struct tree_level *l, const struct stat *st, const struct policy_mode *mode)
{
	mode_t given = st->st_mode & 0777;

	l->mode = mode->bits;
	/* Not exact: what umask or ACL gave, but for the owner's own bits. */
	if (mode->rule == POLICY_MODE_CREATED)
		l->mode = given & (mode->bits | ~(mode_t)S_IRWXU);
	l->sets_mode = l->mode != given;
}

/*
 * What is to be set on one that was there; it is made writable meanwhile.  A
 * mode that it has already is left alone: chmod(2) takes the set-group-ID bit
 * from the directory of a group that is not ours, whatever it is asked for.
 */
static void
plan_existing(
    struct tree_level *l, const struct stat *st, const struct tree_wish *wish)
{
	mode_t given = st->st_mode & 0777;
	bool is_locked = (given & S_IRWXU) != S_IRWXU;

	l->mode = wish->mode.bits;
	l->sets_mode = wish->preserve && wish->sets_existing &&
	    (is_locked || (st->st_mode & 07777) != (l->mode | l->kept));
	if (l->sets_mode && is_locked)
		(void)entry_set_mode(l->fd, given | l->kept | S_IRWXU);
}

static bool
make(int dirfd, const char *name, const struct tree_wish *wish)
{
	mode_t bits = wish->mode.bits & 0777;

	if (!wish->must_exist)
		return entry_make_dir(dirfd, name, bits | S_IRWXU) == 0;
	errno = EEXIST;
	return false;
}

/* Open name, making it where it is missing; the level is then owned. */
static int
open_level(struct tree_level *l, struct gate *gate, int dirfd, const char *name,
    const struct tree_wish *wish)
{
	struct stat st;

	l->made = make(dirfd, name, wish);
	if (!l->made && errno != EEXIST)
		return -1;
	if ((l->fd = entry_enter_dir(gate, dirfd, name, &st)) == -1)
		return -1;
	l->dev = st.st_dev;
	l->kept = st.st_mode & (S_ISGID | S_ISVTX);
	l->is_append_only = !l->made && statx_is_append_only(l->fd);
	if (l->made)
		plan_made(l, &st, &wish->mode);
	else
		plan_existing(l, &st, wish);
	l->sets_times = wish->times != NULL && (l->made || wish->sets_existing);
	if (l->sets_times)
		memcpy(l->times, wish->times, sizeof(l->times));
	return 0;
}

int
tree_enter(
    struct tree *t, int dirfd, const char *name, const struct tree_wish *wish)
{
	struct tree_level *l;

	if (t->depth == DEPTH_MAX) {
		errno = ERR_TOO_DEEP;
		return -1;
	}
	l = &t->levels[t->depth];
	if (open_level(l, t->gate, dirfd, name, wish) == -1)
		return -1;
	if (l->made && is_durable(t) && durable_directory(dirfd, l->fd) == -1) {
		(void)close(l->fd);
		return -1;
	}
	l->path_above = t->path_len;
	l->shown_above = t->shown_len;
	t->path_len = strlen(t->path);
	t->shown_len = strlen(t->shown);
	t->depth++;
	return 0;
}

static bool
will_sweep(const struct tree *t, const struct stat *st)
{
	unsigned i;

	for (i = 0; i < t->nunswept; i++) {
		if (t->unswept[i].dev == st->st_dev &&
		    t->unswept[i].ino == st->st_ino)
			return true;
	}
	return false;
}

/*
 * Where another one is remembered, or NULL.  Of too many each has the same
 * chance: those that the next session leaves to a later one are others.
 */
static struct tree_unswept *
choose(struct tree *t)
{
	uint64_t i = t->nunswept;

	t->nleft++;
	if (t->nunswept == TREE_UNSWEPT_MAX)
		i = (uint64_t)clock_now() % t->nleft;
	return i < TREE_UNSWEPT_MAX ? &t->unswept[i] : NULL;
}

void
tree_will_sweep(struct tree *t, int dirfd)
{
	struct tree_unswept *u;
	struct stat st;
	int fd;

	if (fstat(dirfd, &st) == -1 || will_sweep(t, &st) ||
	    (u = choose(t)) == NULL ||
	    (fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3)) == -1)
		return;
	if (u == &t->unswept[t->nunswept])
		t->nunswept++;
	else
		(void)close(u->fd);
	u->fd = fd;
	u->dev = st.st_dev;
	u->ino = st.st_ino;
}

/*
 * The kernel takes the set-group-ID bit from the directory of a group that is
 * not ours, whatever it is asked for: the administrator is to know.  One that
 * it does not give is no news, and could be asked for without end (R-RES-1).
 */
static int
set_mode(const struct tree *t, const struct tree_level *l)
{
	struct stat st;

	if (entry_set_mode(l->fd, l->mode | l->kept) == -1)
		return -1;
	if ((l->kept & S_ISGID) != 0 && fstat(l->fd, &st) == 0 &&
	    (st.st_mode & S_ISGID) == 0)
		audit_note(t->path, "set-group-ID bit not kept");
	return 0;
}

int
tree_leave(struct tree *t)
{
	struct tree_level *l = &t->levels[--t->depth];
	int ret = 0, saved = 0;

	if (sync_later(t, l) == -1)
		saved = errno;
	if (l->sets_mode && set_mode(t, l) == -1)
		saved = errno;
	if (l->sets_times && futimens(l->fd, l->times) == -1)
		saved = errno;
	if ((l->sets_mode || l->sets_times) && is_durable(t) &&
	    durable_file(l->fd) == -1)
		saved = errno;
	/* Without the right to read it there is only an O_PATH descriptor. */
	if (saved == EBADF)
		saved = EACCES;
	if (!l->made)
		tree_will_sweep(t, l->fd);
	(void)close(l->fd);
	t->path_len = l->path_above;
	t->shown_len = l->shown_above;
	tree_pop_name(t);
	if (saved != 0) {
		errno = saved;
		ret = -1;
	}
	return ret;
}

int
tree_leave_all(struct tree *t)
{
	int ret = 0, saved = 0;

	while (t->depth > 0) {
		if (tree_leave(t) == -1) {
			saved = errno;
			ret = -1;
		}
	}
	errno = saved;
	return ret;
}

void
tree_forget(struct tree *t)
{
	while (t->nunswept > 0)
		(void)close(t->unswept[--t->nunswept].fd);
	t->nleft = 0;
}

void
tree_sweep(struct tree *t)
{
	unsigned i;

	for (i = 0; i < t->nunswept; i++)
		(void)temp_sweep(t->unswept[i].fd);
	tree_forget(t);
}

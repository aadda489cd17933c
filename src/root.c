/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "root.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"

#define PIN_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)

enum purpose {
	FOR_CLIENT,  /* below the root: the policy holds for each step */
	TO_PIN_ROOT, /* R-CONF-4 does */
	TO_FIND_HOME /* as far as it goes */
};

/*
 * A walk under way.  What is left of the path stands at the end of rest, so
 * that the text of a link can be put before it.
 */
struct walk {
	struct root *root;
	struct root_place *place; /* path is kept up to date while walking */
	int fds[DEPTH_MAX + 1];   /* fds[0] is the root's own, not ours */
	unsigned depth;
	unsigned depth_max;
	unsigned links;
	unsigned steps;
	size_t at; /* into root->rest */
	enum purpose purpose;
	uid_t uid;
	bool knows_here;  /* with TO_PIN_ROOT */
	struct stat here; /* of the directory that we stand in */
};

static void
close_keeping_errno(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

/* Put text, and perhaps a slash, before what is left of the path. */
static int
prepend(struct walk *w, const char *text, size_t len, bool slash)
{
	if (len + slash > w->at) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (slash)
		w->root->rest[--w->at] = '/';
	w->at -= len;
	memcpy(w->root->rest + w->at, text, len);
	return 0;
}

static void
skip_slashes(struct walk *w)
{
	while (w->at < PATH_BYTES_MAX && w->root->rest[w->at] == '/')
		w->at++;
}

/*
 * Take the next component.  True, or false at the end of the path or with
 * *err set.  *last: nothing but slashes comes behind it.
 */
static bool
next_component(struct walk *w, char *name, bool *last, int *err)
{
	const char *start, *end = w->root->rest + PATH_BYTES_MAX;
	size_t len = 0;

	*err = 0;
	skip_slashes(w);
	start = w->root->rest + w->at;
	while (start + len < end && start[len] != '/')
		len++;
	if (len > NAME_BYTES_MAX)
		*err = ENAMETOOLONG;
	if (len == 0 || *err != 0)
		return false;
	memcpy(name, start, len);
	name[len] = '\0';
	w->at += len;
	w->place->slash = w->at < PATH_BYTES_MAX;
	skip_slashes(w);
	*last = w->at == PATH_BYTES_MAX;
	return true;
}

static void
step_back(struct walk *w)
{
	char *slash;

	if (w->depth == 0)
		return;
	w->knows_here = false;
	close_keeping_errno(w->fds[w->depth--]);
	slash = strrchr(w->place->path, '/');
	slash[slash == w->place->path ? 1 : 0] = '\0';
}

/* Append name to place->path. */
static int
extend_path(struct root_place *place, const char *name)
{
	size_t used = strlen(place->path), len = strlen(name);

	if (used == 1)
		used = 0;
	if (used + 1 + len >= sizeof(place->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	place->path[used] = '/';
	memcpy(place->path + used + 1, name, len + 1);
	return 0;
}

/* Enter the directory fd, which is owned by the walk from here on. */
static int
step_into(struct walk *w, const char *name, int fd)
{
	if (w->depth == w->depth_max) {
		errno = ERR_TOO_DEEP;
		return -1;
	}
	if (extend_path(w->place, name) == -1)
		return -1;
	w->fds[++w->depth] = fd;
	w->knows_here = w->purpose == TO_PIN_ROOT;
	if (w->knows_here)
		w->here = w->place->st;
	return 0;
}

static int
step_through_link(struct walk *w, int fd)
{
	char text[PATH_MAX];
	ssize_t len;

	if (++w->links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	if ((len = readlinkat(fd, "", text, sizeof(text))) == -1)
		return -1;
	if ((size_t)len == sizeof(text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (len > 0 && text[0] == '/') {
		while (w->depth > 0)
			step_back(w);
	}
	/* A last component without a slash stays one. */
	return prepend(w, text, (size_t)len, w->place->slash);
}

static bool
belongs_to_us(const struct walk *w, const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == w->uid;
}

/* R-CONF-4, for the directory we stand in and what is next in it. */
static int
check_above(struct walk *w, const struct stat *next)
{
	const struct stat *here = &w->here;

	if (!w->knows_here && fstat(w->fds[w->depth], &w->here) == -1)
		return -1;
	w->knows_here = true;
	if (belongs_to_us(w, here) &&
	    ((here->st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
		((here->st_mode & S_ISVTX) != 0 && belongs_to_us(w, next))))
		return 0;
	errno = EPERM;
	return -1;
}

/* What holds for fd, to which a step leads, before it is taken. */
static int
check_step(struct walk *w, int fd, const struct stat *next)
{
	switch (w->purpose) {
	case TO_PIN_ROOT:
		return check_above(w, next);
	case FOR_CLIENT:
		return gate_enter(&w->root->gate, fd, next);
	case TO_FIND_HOME:
		break;
	}
	return 0;
}

/* Nothing there, or out of sight: may the walk end in the name? */
static bool
may_end_missing(const struct walk *w, bool last)
{
	if (w->purpose == TO_FIND_HOME)
		return errno == ENOENT || errno == EACCES;
	return errno == ENOENT && last;
}

/*
 * A directory is asked for as such: that mounts it, where what is used is
 * mounted when it is (autofs), and O_PATH alone does not.
 */
static int
pin_next(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, PIN_FLAGS | O_DIRECTORY);

	return fd == -1 && errno == ENOTDIR ? openat(dirfd, name, PIN_FLAGS)
					    : fd;
}

enum step {
	STEP_ON,
	STEP_FILE,
	STEP_MISSING,
	STEP_FAILED
};

/* Go through one component that is neither `.' nor `..'. */
static enum step
step(struct walk *w, const char *name, bool last)
{
	struct stat *st = &w->place->st;
	int fd, ret = -1;

	if (w->purpose == FOR_CLIENT &&
	    gate_name(&w->root->gate, w->fds[w->depth], name) == -1)
		return STEP_FAILED;
	if ((fd = pin_next(w->fds[w->depth], name)) == -1)
		return may_end_missing(w, last) ? STEP_MISSING : STEP_FAILED;
	if (fstat(fd, st) == -1 || check_step(w, fd, st) == -1) {
		close_keeping_errno(fd);
		return STEP_FAILED;
	}
	if (S_ISDIR(st->st_mode)) {
		if ((ret = step_into(w, name, fd)) == 0)
			return STEP_ON;
	} else if (S_ISLNK(st->st_mode)) {
		ret = step_through_link(w, fd);
	} else if (!w->place->slash) {
		close_keeping_errno(fd);
		return STEP_FILE;
	} else {
		errno = ENOTDIR;
	}
	close_keeping_errno(fd);
	return ret == 0 ? STEP_ON : STEP_FAILED;
}

/* Give away the descriptor of a level; a copy where it is the root's own. */
static int
take_level(struct walk *w, unsigned level)
{
	int fd = w->fds[level];

	if (level == 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	w->fds[level] = -1;
	return fd;
}

static int
end_in_name(struct walk *w, const char *name, bool exists)
{
	struct root_place *place = w->place;

	if (extend_path(place, name) == -1)
		return -1;
	memcpy(place->name, name, strlen(name) + 1);
	place->exists = exists;
	place->depth = w->depth;
	place->parent = take_level(w, w->depth);
	return place->parent == -1 ? -1 : 0;
}

static int
end_in_directory(struct walk *w)
{
	struct root_place *place = w->place;

	place->exists = true;
	place->depth = w->depth;
	memcpy(place->name, strrchr(place->path, '/') + 1,
	    strlen(strrchr(place->path, '/')));
	if (w->knows_here)
		place->st = w->here;
	else if (fstat(w->fds[w->depth], &place->st) == -1)
		return -1;
	if ((place->dir = take_level(w, w->depth)) == -1)
		return -1;
	if (w->depth == 0)
		return 0;
	place->parent = take_level(w, w->depth - 1);
	return place->parent == -1 ? -1 : 0;
}

static int
walk_on(struct walk *w)
{
	char name[NAME_BYTES_MAX + 1];
	bool last;
	int err;

	while (next_component(w, name, &last, &err)) {
		if (++w->steps > STEPS_MAX) {
			errno = ELOOP;
			return -1;
		}
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			step_back(w);
			continue;
		}
		switch (step(w, name, last)) {
		case STEP_ON:
			break;
		case STEP_FILE:
			return end_in_name(w, name, true);
		case STEP_MISSING:
			return end_in_name(w, name, false);
		case STEP_FAILED:
			return -1;
		}
	}
	errno = err;
	return err == 0 ? end_in_directory(w) : -1;
}

static int
walk(struct walk *w, const char *base, const char *path, size_t len)
{
	struct root_place *place = w->place;
	bool relative = len == 0 || path[0] != '/';
	int ret = -1;

	memset(&place->st, 0, sizeof(place->st));
	place->parent = place->dir = -1;
	place->exists = place->slash = false;
	place->depth = 0;
	place->name[0] = '\0';
	memcpy(place->path, "/", 2);
	w->fds[0] = w->root->fd;
	w->at = PATH_BYTES_MAX;
	if (len >= PATH_BYTES_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	w->at -= len;
	memcpy(w->root->rest + w->at, path, len);
	if (!relative || prepend(w, base, strlen(base), true) == 0)
		ret = walk_on(w);
	for (; w->depth > 0; w->depth--)
		close_keeping_errno(w->fds[w->depth]);
	if (ret == -1)
		root_leave(place);
	return ret;
}

int
root_walk(struct root *r, const char *base, const char *path, size_t len,
    struct root_place *place)
{
	struct walk w = { .root = r, .place = place };

	w.depth_max = r->gate.policy->max_depth;
	return walk(&w, base, path, len);
}

void
root_leave(struct root_place *place)
{
	close_keeping_errno(place->parent);
	close_keeping_errno(place->dir);
	place->parent = place->dir = -1;
}

/* --- before there is a client ----------------------------------------- */

/* A place before it is looked for. */
#define NOWHERE                                                                \
	{                                                                      \
		.parent = -1, .dir = -1, .path = "/"                           \
	}

/*
 * Walk from the system's root, and not from ours; place is to be left by the
 * caller.
 */
static int
walk_system(struct walk *w, const char *path)
{
	int own = w->root->fd, ret;

	if (path[0] != '/') {
		errno = EINVAL;
		return -1;
	}
	w->root->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->root->fd == -1) {
		w->root->fd = own;
		return -1;
	}
	w->depth_max = DEPTH_MAX;
	ret = walk(w, "/", path, strlen(path));
	close_keeping_errno(w->root->fd);
	w->root->fd = own;
	return ret;
}

static int
pin(struct root *r, const char *path, uid_t uid, struct root_place *place)
{
	struct walk w = { .root = r, .place = place, .purpose = TO_PIN_ROOT };

	w.uid = uid;
	if (walk_system(&w, path) == -1)
		return -1;
	if (place->dir == -1) {
		errno = place->exists ? ENOTDIR : ENOENT;
		return -1;
	}
	r->fd = place->dir;
	r->gate.dev = place->st.st_dev;
	gate_know_mount(&r->gate, r->fd);
	place->dir = -1;
	return 0;
}

int
root_find(struct root *r, const char *path, uid_t uid, struct root_place *place)
{
	struct walk w = { .root = r, .place = place, .purpose = TO_PIN_ROOT };

	w.uid = uid;
	return walk_system(&w, path);
}

int
root_open(struct root *r, const char *path, uid_t uid,
    const struct policy *policy, char *err, size_t errsize)
{
	struct root_place place = NOWHERE;
	int ret;

	r->fd = -1;
	gate_init(&r->gate, policy);
	if ((ret = pin(r, path, uid, &place)) == -1)
		(void)snprintf(err, errsize, "%s: below %s: %s", path,
		    place.path,
		    errno == EPERM ? "writable by others" : errors_text(errno));
	if (ret == 0)
		gate_know_file_system(&r->gate, r->fd);
	root_leave(&place);
	return ret;
}

int
root_find_home(struct root *r, const char *home)
{
	struct root_place place = NOWHERE;
	struct walk w = { .root = r, .place = &place, .purpose = TO_FIND_HOME };
	struct stat st;
	int ret = 0;

	if (walk_system(&w, home) == -1)
		return -1;
	if (place.dir != -1)
		gate_set_home(&r->gate, &place.st, "");
	else if ((ret = fstat(place.parent, &st)) == 0)
		gate_set_home(&r->gate, &st, place.name);
	root_leave(&place);
	return ret;
}

int
root_is_home(struct root *r)
{
	struct stat st;

	if (fstat(r->fd, &st) == -1)
		return -1;
	gate_set_home(&r->gate, &st, "");
	return 0;
}

void
root_close(struct root *r)
{
	close_keeping_errno(r->fd);
	r->fd = -1;
}

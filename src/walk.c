/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "walk.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "errors.h"
#include "gate.h"
#include "policy.h"

void
walk_init(struct walk *w, struct root *root)
{
	w->root = root;
	w->depth_above = 0;
	w->depth = 0;
	w->nlinked = 0;
	w->item_linked = false;
	w->place.parent = w->place.dir = -1;
}

static void
pop(struct walk *w)
{
	struct walk_level *l = &w->levels[--w->depth];

	(void)closedir(l->dir);
	free(l->path);
}

void
walk_close(struct walk *w)
{
	while (w->depth > 0)
		pop(w);
	root_leave(&w->place);
}

/* Open the directory name in dirfd as a new innermost level. */
static int
push(struct walk *w, int dirfd, const char *name, const char *path)
{
	struct walk_level *l = &w->levels[w->depth];
	struct stat st;
	int fd, saved;

	if (policy_depth(w->root->gate.policy, w->depth_above + w->depth) !=
	    POLICY_ALLOW) {
		errno = ERR_TOO_DEEP;
		return -1;
	}
	if ((fd = entry_open_dir(dirfd, name)) == -1)
		return -1;
	l->path = strdup(path);
	if (l->path == NULL || fstat(fd, &st) == -1 ||
	    gate_enter(&w->root->gate, fd, &st) == -1 ||
	    (l->dir = fdopendir(fd)) == NULL) {
		saved = errno;
		free(l->path);
		(void)close(fd);
		errno = saved;
		return -1;
	}
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	l->shown_len = strlen(w->shown);
	l->failed = false;
	w->depth++;
	return 0;
}

/* Write "dir/name" to dst. */
static int
join(char *dst, size_t size, const char *dir, size_t dirlen, const char *name)
{
	size_t len = strlen(name);

	if (dirlen > 0 && dir[dirlen - 1] == '/')
		dirlen--;
	if (dirlen + 1 + len >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(dst, dir, dirlen);
	dst[dirlen] = '/';
	memcpy(dst + dirlen + 1, name, len + 1);
	return 0;
}

int
walk_begin(struct walk *w, const struct root_place *top, const char *shown)
{
	size_t len = strlen(shown);

	if (len >= sizeof(w->shown)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(w->shown, shown, len + 1);
	memcpy(w->path, top->path, strlen(top->path) + 1);
	w->depth_above = top->depth;
	return push(w, top->dir, ".", top->path);
}

static bool
is_same(dev_t dev, ino_t ino, const struct stat *st)
{
	return dev == st->st_dev && ino == st->st_ino;
}

/* Is this directory being sent, or has it been sent through a link? */
static bool
is_known(const struct walk *w, const struct stat *st)
{
	size_t i;

	for (i = 0; i < w->depth; i++) {
		if (is_same(w->levels[i].dev, w->levels[i].ino, st))
			return true;
	}
	for (i = 0; i < w->nlinked; i++) {
		if (is_same(w->linked[i].dev, w->linked[i].ino, st))
			return true;
	}
	return false;
}

int
walk_enter(struct walk *w)
{
	const struct stat *st = &w->item.st;

	if (!w->item_linked)
		return push(w, w->item.dirfd, w->item.target, w->path);
	if (is_known(w, st) || w->nlinked == WALK_LINKED_MAX) {
		errno = ELOOP;
		return -1;
	}
	if (push(w, w->place.dir, ".", w->path) == -1)
		return -1;
	w->linked[w->nlinked].dev = st->st_dev;
	w->linked[w->nlinked++].ino = st->st_ino;
	return 0;
}

static enum walk_event
fail_item(struct walk *w, int err)
{
	w->item.error = err;
	return WALK_ERROR;
}

static enum walk_event
classify(struct walk *w)
{
	if (S_ISDIR(w->item.st.st_mode))
		return WALK_DIR;
	if (S_ISREG(w->item.st.st_mode))
		return WALK_FILE;
	return fail_item(w, ERR_NOT_REGULAR);
}

/* The item is a link: find what it leads to, inside the root. */
static enum walk_event
follow(struct walk *w, const struct walk_level *l)
{
	char text[PATH_MAX];
	ssize_t len;

	len = entry_read_link(w->item.dirfd, w->name, text, sizeof(text));
	if (len == -1 ||
	    root_walk(w->root, l->path, text, (size_t)len, &w->place) == -1)
		return fail_item(w, errno);
	w->item_linked = true;
	if (!w->place.exists)
		return fail_item(w, ENOENT);
	w->item.dirfd = w->place.parent;
	w->item.target = w->place.name;
	w->item.st = w->place.st;
	memcpy(w->path, w->place.path, strlen(w->place.path) + 1);
	return classify(w);
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The next entry of the innermost directory, or NULL; *err is 0 at its end. */
static const struct dirent *
next_entry(struct gate *gate, struct walk_level *l, int *err)
{
	struct dirent *entry;

	*err = 0;
	while (!l->failed) {
		errno = 0;
		if ((entry = readdir(l->dir)) == NULL) {
			*err = errno;
			l->failed = true;
			return NULL;
		}
		if (!is_dots(entry->d_name) &&
		    gate_name(gate, dirfd(l->dir), entry->d_name) == 0)
			return entry;
	}
	return NULL;
}

void
walk_leave(struct walk *w)
{
	pop(w);
}

/*
 * What the name in w->name is, without following it.  Of a regular file no
 * more is asked than the directory says: it is looked at when it is open.
 */
static int
find_type(struct walk *w)
{
	if (w->listed_as == DT_REG) {
		w->item.st.st_mode = S_IFREG;
		return 0;
	}
	if (entry_stat(w->item.dirfd, w->name, &w->item.st) == -1)
		return -1;
	return gate_place(&w->root->gate, w->item.dirfd, w->name, &w->item.st);
}

/* Look at the name that stands in w->name. */
static enum walk_event
look(struct walk *w, const struct walk_level *l)
{
	const char *name = w->name;

	if (join(w->path, sizeof(w->path), l->path, strlen(l->path), name) ==
		-1 ||
	    join(w->shown, sizeof(w->shown), w->shown, l->shown_len, name) ==
		-1 ||
	    find_type(w) == -1)
		return fail_item(w, errno);
	if (S_ISLNK(w->item.st.st_mode))
		return follow(w, l);
	return classify(w);
}

/* Names that files may not have do not exist, whatever is wrong with them. */
static bool
is_hidden(const struct walk *w, enum walk_event event)
{
	const struct policy *policy = w->root->gate.policy;

	return event != WALK_DIR &&
	    (policy_file_name(policy, w->item.name) != POLICY_ALLOW ||
		policy_file_name(policy, w->item.target) != POLICY_ALLOW);
}

/* What comes where there is no name to be sent is about the directory. */
static enum walk_event
instead_of_name(struct walk *w, const struct walk_level *l, int err)
{
	memcpy(w->path, l->path, strlen(l->path) + 1);
	if (err != 0)
		return fail_item(w, err);
	pop(w);
	return WALK_LEAVE;
}

/* Read a name into w->name; false: *event comes instead of one. */
static bool
read_name(struct walk *w, enum walk_event *event)
{
	const struct dirent *entry;
	struct walk_level *l;
	int err;

	root_leave(&w->place);
	w->item_linked = false;
	*event = WALK_END;
	if (w->depth == 0)
		return false;
	l = &w->levels[w->depth - 1];
	w->shown[l->shown_len] = '\0';
	w->item.dirfd = dirfd(l->dir);
	w->item.name = w->item.target = w->name;
	entry = next_entry(&w->root->gate, l, &err);
	if (entry != NULL && strlen(entry->d_name) <= NAME_BYTES_MAX) {
		memcpy(w->name, entry->d_name, strlen(entry->d_name) + 1);
		w->listed_as = entry->d_type;
		return true;
	}
	*event = instead_of_name(w, l, entry == NULL ? err : ENAMETOOLONG);
	return false;
}

enum walk_event
walk_next(struct walk *w)
{
	enum walk_event event;

	do {
		if (!read_name(w, &event))
			return event;
		event = look(w, &w->levels[w->depth - 1]);
	} while (is_hidden(w, event));
	return event;
}

/* SPDX-License-Identifier: ISC */
/*
 * The directories that an upload has open, from the target down to the one
 * that the next record is about.  Keeps for each its descriptor, what is to
 * be done when it is left, and its two names: the path below the root for the
 * log, and the path as the client would spell it for messages.
 *
 * Attributes are set when a directory is left, after its contents: one that
 * is to be read-only is filled first.  The log tells of a set-group-ID bit that
 * gets lost then.
 */
#ifndef TREE_H
#define TREE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "defs.h"
#include "durable.h"
#include "gate.h"
#include "policy.h"

/* More than so many are left to later sessions: some to each, at random. */
#define TREE_UNSWEPT_MAX 32

struct tree_level {
	int fd;
	dev_t dev;
	bool made; /* by this session */
	bool is_append_only;
	bool sets_mode; /* when it is left */
	bool sets_times;
	mode_t mode; /* with sets_mode: 0777 at most */
	mode_t kept; /* set-group-ID and sticky, that it has by itself */
	struct timespec times[2];
	size_t path_above; /* length of path without this one's name */
	size_t shown_above;
};

/* A directory that may hold temporary files of the dead. */
struct tree_unswept {
	int fd; /* owned */
	dev_t dev;
	ino_t ino;
};

struct tree {
	struct gate *gate;       /* borrowed */
	struct durable *durable; /* borrowed: with Sync session */
	unsigned depth;          /* of levels that are open */
	size_t path_len;         /* of the innermost directory's name */
	size_t shown_len;
	struct tree_unswept unswept[TREE_UNSWEPT_MAX];
	unsigned nunswept;
	unsigned long nleft; /* of which nunswept are remembered */
	char path[PATH_BYTES_MAX];
	char shown[PATH_BYTES_MAX];
	struct tree_level levels[DEPTH_MAX];
};

/* What tree_enter() is to do. */
struct tree_wish {
	struct policy_mode mode; /* of a directory that it makes */
	bool sets_existing;      /* also of one that was there */
	bool preserve;           /* -p: set mode.bits on one that was there */
	const struct timespec *times; /* two, or NULL */
	bool must_exist;              /* ENOENT instead of making one */
};

/*
 * Begin at the target: its path below the root, and as the client spells it.
 * durable is that of the session.  -1 with ENAMETOOLONG.
 */
int tree_init(struct tree *t, struct gate *gate, struct durable *durable,
    const char *path, const char *shown) ATTR_USE;

/*
 * Leave what is open, deepest first.  Returns 0, or -1 with errno when some
 * attribute could not be set.
 */
int tree_leave_all(struct tree *t) ATTR_USE;

/* Sweep the directories that uploads went to; to be called at the very end. */
void tree_sweep(struct tree *t);

/* Leave them as they are instead. */
void tree_forget(struct tree *t);

/*
 * Append the name of an item in the innermost directory to path and shown,
 * and take it away again.  push fails with ENAMETOOLONG.
 */
int tree_push_name(struct tree *t, const char *name) ATTR_USE;
void tree_pop_name(struct tree *t);

/* The innermost open directory, or -1 when none is open. */
int tree_dir(const struct tree *t);

/* Was the innermost open directory so when it was entered?  See entry.h. */
bool tree_is_append_only(const struct tree *t) ATTR_USE;

/* The last component of its name, into NAME_BYTES_MAX + 1 bytes. */
void tree_name(const struct tree *t, char *dst);

/* Was the innermost open directory made by this session? */
bool tree_is_new(const struct tree *t);

/*
 * Make or enter the directory name in dirfd.  What was pushed becomes part of
 * the innermost directory's own name.  -1 with errno: ENOTDIR for what is no
 * directory (a link is none), ERR_TOO_DEEP beyond DEPTH_MAX,
 * ERR_REFUSED.  Names are the caller's to check.
 */
int tree_enter(struct tree *t, int dirfd, const char *name,
    const struct tree_wish *wish) ATTR_USE;

/*
 * Leave the innermost directory and set its attributes.  0, or -1 with errno
 * when one could not be set; it is left all the same.
 */
int tree_leave(struct tree *t) ATTR_USE;

/* Remember dirfd (duplicated, once for each directory) for tree_sweep(). */
void tree_will_sweep(struct tree *t, int dirfd);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The root directory, and walks along paths below it.
 *
 * Two kinds of names reach this program.  An operand (the path of the command)
 * is walked by root_walk(): one component at a time from the pinned root
 * descriptor, never following a link in the kernel, `..' by stepping back on
 * our own stack of descriptors, links by splicing their text in (R-PATH-1).  A
 * name from a record or from a directory is one component: entry.h has what
 * can be done with it.  So whatever others rename meanwhile, all stays below
 * the root.
 *
 * Descriptors are O_CLOEXEC; failures are -1 with errno.
 */
#ifndef ROOT_H
#define ROOT_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "gate.h"
#include "policy.h"

struct root {
	char rest[PATH_BYTES_MAX]; /* of the walk under way, at its end */
	int fd;                    /* owned, O_PATH */
	struct gate gate;
};

/* Where a walk led.  To be given to root_leave(). */
struct root_place {
	int parent; /* owned, O_PATH: the directory that has name */
	int dir;    /* owned, O_PATH: the place itself if a directory, or -1 */
	bool exists;
	bool slash;                    /* the operand ended in a slash */
	struct stat st;                /* if exists: never a link */
	unsigned depth;                /* directories from the root to it */
	char name[NAME_BYTES_MAX + 1]; /* empty: the root itself */
	char path[PATH_BYTES_MAX];     /* from the root, begins with a slash */
};

/*
 * Pin the directory at path, an absolute path of the whole system, and check
 * what is above it (R-CONF-4): each directory must not be writable by anyone
 * but root and the account uid; in a sticky one the next component must belong
 * to one of them.  Links above are followed, once, while pinning.  Returns 0;
 * or -1 with errno (EPERM: the check failed), and err says which component.
 */
int root_open(struct root *r, const char *path, uid_t uid,
    const struct policy *policy, char *err, size_t errsize) ATTR_USE;
void root_close(struct root *r);

/*
 * Learn which directory is the account's home, a path of the whole system, or
 * where it would be.  -1 with errno: it cannot be found out, and every
 * directory may be it.
 */
int root_find_home(struct root *r, const char *home) ATTR_USE;

/* The same where the root is the home. */
int root_is_home(struct root *r) ATTR_USE;

/*
 * Walk an absolute path of the whole system, as root_open() does and with the
 * same check of what is above it; uid is who may own that besides root.  r
 * need not be open and stays as it is.  As root_walk() otherwise.
 */
int root_find(struct root *r, const char *path, uid_t uid,
    struct root_place *place) ATTR_USE;

/*
 * Walk path (len bytes), which starts at the directory base (a path below the
 * root as in place->path) unless it is absolute.  Links inside are followed,
 * the last one as well.  A last component that does not exist is no error
 * (exists is false).  Returns 0, or -1 with errno: ENOENT, ENOTDIR, EACCES,
 * ELOOP (more than LINKS_MAX links or STEPS_MAX components), ENAMETOOLONG (a
 * component or the whole), ERR_TOO_DEEP, ERR_REFUSED: each component
 * goes through the gate.
 */
int root_walk(struct root *r, const char *base, const char *path, size_t len,
    struct root_place *place) ATTR_USE;
void root_leave(struct root_place *place);

#endif

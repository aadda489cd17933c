/* SPDX-License-Identifier: ISC */
/*
 * The root directory, and every operation on a path below it.
 *
 * Two kinds of names reach this module.  An operand (the path of the command)
 * is walked by root_walk(): one component at a time from the pinned root
 * descriptor, never following a link in the kernel, `..' by stepping back on
 * our own stack of descriptors, links by splicing their text in (R-PATH-1).  A
 * name from a record or from a directory is one component; it is used only
 * relative to a descriptor of its directory and never followed (R-PATH-2).
 * So whatever others rename meanwhile, a walk stays below the root.
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

/* errno for what is neither a regular file nor a directory (R-PATH-3). */
#define ROOT_E_NOT_REGULAR EMEDIUMTYPE

/* errno for more directory levels than MaxDepth allows. */
#define ROOT_E_TOO_DEEP EMULTIHOP

struct root {
	int fd;                    /* owned, O_PATH */
	unsigned depth_max;        /* directory levels a walk may go down */
	char rest[PATH_BYTES_MAX]; /* of the walk under way */
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
int root_open(struct root *r, const char *path, uid_t uid, unsigned depth_max,
    char *err, size_t errsize) ATTR_USE;
void root_close(struct root *r);

/*
 * Walk path (len bytes), which starts at the directory base (a path below the
 * root as in place->path) unless it is absolute.  Links inside are followed,
 * the last one as well.  A last component that does not exist is no error
 * (exists is false).  Returns 0, or -1 with errno: ENOENT, ENOTDIR, EACCES,
 * ELOOP (more than LINKS_MAX links or STEPS_MAX components), ENAMETOOLONG (a
 * component or the whole), ROOT_E_TOO_DEEP.  Names of unfinished uploads do not
 * exist.
 */
int root_walk(struct root *r, const char *base, const char *path, size_t len,
    struct root_place *place) ATTR_USE;
void root_leave(struct root_place *place);

/*
 * Type and attributes of name in the directory dirfd; a link is not followed.
 */
int root_stat(int dirfd, const char *name, struct stat *st) ATTR_USE;

/* 0 for a regular file; else -1 and the errno that says what it is. */
int root_require_regular(const struct stat *st) ATTR_USE;

/*
 * Open a regular file for reading.  *st says what it is, as a walk or
 * root_stat() has found; that is looked at again after (R-PATH-3), and *st is
 * of the open file then.  Returns a descriptor.  ELOOP for a link, EISDIR for a
 * directory, ROOT_E_NOT_REGULAR for the rest.
 */
int root_open_file(int dirfd, const char *name, struct stat *st) ATTR_USE;

/* The text of a link, NUL-terminated.  Returns its length. */
ssize_t root_read_link(
    int dirfd, const char *name, char *dst, size_t size) ATTR_USE;

/* Open a directory to read its names.  ENOTDIR for a link. */
int root_open_dir(int dirfd, const char *name) ATTR_USE;

/*
 * Open a directory to put files into: for reading where that is allowed, else
 * O_PATH, which serves to create names but not to set attributes (EBADF).
 */
int root_enter_dir(int dirfd, const char *name) ATTR_USE;

/* Make a directory; the kernel applies the umask. */
int root_make_dir(int dirfd, const char *name, mode_t mode) ATTR_USE;

/* strerror(3), and words for the two above. */
const char *root_strerror(int err);

#endif

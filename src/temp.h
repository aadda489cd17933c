/* SPDX-License-Identifier: ISC */
/*
 * A new file under a hidden name of our own, in the directory where it is to
 * get its real one.  While it is being filled its creator holds a lock on it
 * (flock(2)), by which others see that it is alive: what a killed process has
 * left can be locked, and is removed by temp_sweep() (R-FILE-2).  So that it
 * can, its owner may write to it as long as it has such a name.
 */
#ifndef TEMP_H
#define TEMP_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/* Random bytes for so many names are fetched at once. */
#define TEMP_NAMES 32

struct temp_names {
	size_t left;
	unsigned char random[TEMP_NAMES][8];
};

struct temp {
	int dirfd;      /* borrowed */
	int fd;         /* owned: open for writing; -1 when there is none */
	struct stat st; /* with fd, as it was created */
	char name[NAME_BYTES_MAX + 1];
};

void temp_init(struct temp *t);

/*
 * Create and lock one in dirfd, with these bits and owner write, under the
 * umask; t->st has the mode that this gave, also where a default ACL gives no
 * owner write and it is set then.  names is shared by those of a session, all
 * zeros at first.  Returns 0, or -1 with errno; then *t is as temp_init()
 * makes it.
 */
int temp_create(
    struct temp *t, struct temp_names *names, int dirfd, mode_t bits) ATTR_USE;

/* Has it still the name that we gave it?  Others may rename it. */
bool temp_has_its_name(const struct temp *t) ATTR_USE;

/*
 * Rename it within its directory; flags of renameat2(2), which are EINVAL on
 * file systems that do not know them.
 */
#define TEMP_NOREPLACE 1U
#define TEMP_EXCHANGE  2U
int temp_rename(const struct temp *t, const char *to, unsigned flags) ATTR_USE;

/*
 * Create and lock the file name itself, for one that is written in place.
 * EEXIST where there is one.
 */
int temp_create_named(
    struct temp *t, int dirfd, const char *name, mode_t mode) ATTR_USE;

/* Forget it; its name was renamed to another one. */
void temp_close(struct temp *t);

/*
 * Remove it, and nothing that others put in its place; harmless where there is
 * none.  errno is kept.
 */
void temp_discard(struct temp *t);

/*
 * Remove a file that no living process holds a lock on: regular, one link,
 * writable, and still under that name when locked.  True when removed.
 */
bool temp_remove_dead(int dirfd, const char *name);

/*
 * The same for all files of our pattern in a directory (R-FILE-2).  Failures
 * are ignored: a directory that cannot be read is not swept.  Returns how many
 * it removed.
 */
unsigned temp_sweep(int dirfd);

#endif

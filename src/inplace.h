/* SPDX-License-Identifier: ISC */
/*
 * Atomic no: an old file that is written in place, and keeps its inode.  What
 * is to keep others from harm comes before its first byte is lost: it has one
 * name, no other session writes to it, and whom its new mode shuts out can no
 * longer open it.
 */
#ifndef INPLACE_H
#define INPLACE_H

#include <sys/stat.h>

#include <stdbool.h>

#include "defs.h"
#include "policy.h"
#include "temp.h"

/* What such a file is to have in the end. */
struct inplace_wish {
	struct policy_mode mode;
	bool has_times; /* that are to be set */
};

/*
 * Empty the file that old has open for writing, and lock it: t->fd and t->st
 * are set, its names are the caller's to set.  0; or -1 with errno,
 * ERR_SEVERAL_NAMES, ERR_LOCKED and EPERM for what cannot be set among them:
 * then the file is as it was, but for a mode with fewer bits, and t->fd is the
 * caller's to close.
 */
int inplace_take(struct temp *t, int old, const struct stat *st,
    const struct inplace_wish *wish) ATTR_USE;

/*
 * Would that succeed, as far as it can be told without changing anything?  0,
 * or -1 with errno as there.
 */
int inplace_foresee(
    const struct stat *st, const struct inplace_wish *wish) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What a new file keeps of the old one whose name it takes (R-FILE-3): the
 * group, the POSIX access ACL and the attributes in user.*.  Never set-id
 * bits, capabilities, or attributes of other name spaces.  What cannot be
 * copied exactly leaves the new file no more open than the old one was.
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <sys/stat.h>
#include <sys/types.h>

#include "defs.h"

/* What was lost: bits. */
#define ATTRIBUTES_LOST_XATTR 1U
#define ATTRIBUTES_LOST_ACL   2U
#define ATTRIBUTES_LOST_GROUP 4U

/*
 * Copy from old (any access mode, with its attributes st) to fd, which was
 * created by this process.  *mode is the mode that fd is to have, 0777 at
 * most; bits are taken from it where something that restricted the old file
 * was lost.  The caller sets it with fchmod(2) afterwards, which is needed in
 * any case: an ACL changes the mode.  Returns what was lost, 0 if nothing.
 */
unsigned attributes_copy(
    int old, const struct stat *st, int fd, mode_t *mode) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Overwrite version: the file that had a name before is kept as name.~N~, N
 * one more than the greatest there is.  The new file first becomes name.~N~
 * itself, then changes names with the old one: there is no moment without the
 * name, and a process killed in between leaves one whole version too many.
 */
#ifndef VERSION_H
#define VERSION_H

#include "defs.h"
#include "temp.h"

/*
 * Could versions of name be kept in dirfd?  0, or -1 with errno:
 * ERR_NO_VERSIONS where the directory cannot be read to number them,
 * ERR_NO_NUMBER where the last number is taken, ENAMETOOLONG.  What the file
 * system can do is left to version_probe().
 */
int version_check(int dirfd, const char *name) ATTR_USE;

/*
 * Can files change names in this file system?  Tries it with t, which has
 * another hidden name afterwards, and a file that does not stay.  0, or -1 with
 * errno: ERR_NO_VERSIONS.
 */
int version_probe(struct temp *t, struct temp_names *names) ATTR_USE;

/*
 * Give t the name, and what has that name the next number; then remove the
 * oldest, so that keep are left.  The caller has seen that name is a regular
 * file.  0; or -1 with errno, and name is as it was: ENOENT where there is
 * none any more, ENAMETOOLONG, ERR_NO_NUMBER.
 */
int version_replace(struct temp *t, const char *name, unsigned keep) ATTR_USE;

#endif

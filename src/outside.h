/* SPDX-License-Identifier: ISC */
/*
 * Files of the system that clients must not be able to reach: what they could
 * write they could forge.  Opened before the process is confined, without
 * waiting and without following a link in the last place.
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stddef.h>

#include "defs.h"

/*
 * Open a regular file that has one link and whose directories, up to the root
 * of the system, are none of those in inside.  flags: O_RDONLY or
 * O_WRONLY|O_APPEND.  Fills *st.  Returns the descriptor; -1 with errno, and
 * *why is then a static text, or NULL where errno says it all.
 */
int outside_open(const char *path, int flags, const struct stat *inside,
    size_t n, struct stat *st, const char **why) ATTR_USE;

#endif

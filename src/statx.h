/* SPDX-License-Identifier: ISC */
/*
 * What statx(2) tells and stat(2) does not.  Not every libc has it.
 */
#ifndef STATX_H
#define STATX_H

#include <stdbool.h>
#include <stdint.h>

#include "defs.h"

/*
 * The mount through which name in dirfd is reached, not followed; with an empty
 * name, what is open as dirfd.  While that is open no other mount has this
 * number.  False where it cannot be told: before Linux 5.8.
 */
bool statx_mount(int dirfd, const char *name, uint64_t *mount) ATTR_USE;

/*
 * Can names be made in the directory, and neither changed nor removed (chattr
 * +a)?  False where the file system does not tell.
 */
bool statx_is_append_only(int fd) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Landlock: of the file system only what is below the root, and of that only
 * what the role needs; where the kernel knows more, no network and no signals
 * or abstract sockets to other processes.  A source cannot write here, a sink
 * cannot read a file.
 */
#ifndef CONFINE_LANDLOCK_H
#define CONFINE_LANDLOCK_H

#include "command.h"
#include "defs.h"

/*
 * Confine to the directory root_fd; no_new_privs must be set.  Returns the
 * version of the kernel's interface as far as it is used here, 1 at least; or
 * -1 with errno: ENOSYS, EOPNOTSUPP where the kernel has no Landlock.
 */
int confine_landlock(enum command_role role, int root_fd) ATTR_USE;

#endif

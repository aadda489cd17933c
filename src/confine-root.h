/* SPDX-License-Identifier: ISC */
/*
 * The root of this process becomes the account's root directory, so that no
 * absolute path leads anywhere else.
 */
#ifndef CONFINE_ROOT_H
#define CONFINE_ROOT_H

#include <stdbool.h>

#include "defs.h"

enum confine_root_way {
	CONFINE_ROOT_NONE,   /* not possible here: see why */
	CONFINE_ROOT_JAIL,   /* it is the root of this process already */
	CONFINE_ROOT_CHROOT, /* as root, or with CAP_SYS_CHROOT */
	CONFINE_ROOT_USERNS  /* in a user namespace of our own */
};

/*
 * Change into fd, a directory, and make it the root.  Its path is not looked
 * at again.  With CONFINE_ROOT_NONE, errno tells and *why is a phrase for it;
 * only the working directory has changed then, or a user namespace was
 * entered in vain, which takes nothing away but capabilities.
 *
 * In the user namespace files keep their owners, groups and access control
 * lists, which work as before; but they are shown as ids of nobody (65534).
 * tells_ids: the process's own user and group have a number there, 1.  That
 * costs as much as all else here, so only who replaces files asks for it.
 */
enum confine_root_way confine_root(
    int fd, bool tells_ids, const char **why) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What this process could do beyond an ordinary one of its account, given up.
 */
#ifndef CONFINE_PRIVS_H
#define CONFINE_PRIVS_H

#include "command.h"
#include "defs.h"

/*
 * The first thing that main() does.  Nobody of the same user may trace this
 * process or read its memory from here on.  Of capabilities from a file or
 * from pam_cap(8), only CAP_SYS_CHROOT stays, for confine_root().  -1 with
 * errno; EPERM: started set-user-ID or set-group-ID, which is refused, for
 * such a program would serve its caller's configuration with its owner's
 * rights.
 */
int confine_privs_begin(void) ATTR_USE;

/*
 * No new privileges, no capabilities.  Root alone keeps those that let it read
 * (source) or write (sink) the files of others, as it is used to; none of them
 * reaches further than the file system below the root.  -1 with errno.
 */
int confine_privs(enum command_role role) ATTR_USE;

#endif

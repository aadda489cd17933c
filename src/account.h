/* SPDX-License-Identifier: ISC */
/*
 * The passwd entry of a local account, read without getpwnam(3): that loads
 * configuration, asks nscd(8) and touches so many pages that each session
 * would pay more for its name than for chroot and Landlock together.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/* Other libcs than glibc have no switch and look at the file first. */
#ifdef __GLIBC__
#define ACCOUNT_SWITCH "/etc/nsswitch.conf"
#else
#define ACCOUNT_SWITCH NULL
#endif
#define ACCOUNT_FILE "/etc/passwd"

/*
 * Find name in the file of accounts, of the form of passwd(5), where the other,
 * of the form of nsswitch.conf(5), says that this is looked at first, or is
 * NULL.  What is found then is what getpwnam(3) finds.  False: not found, a
 * file that cannot be read, or anything that is not plain; ask getpwnam(3).
 */
bool account_find(const char *switch_path, const char *path, const char *name,
    uid_t *uid, char *home, size_t homesize) ATTR_USE;

#endif

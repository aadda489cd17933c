/* SPDX-License-Identifier: ISC */
/*
 * Seccomp: the system calls of filter-tables.h and no others.  The programs
 * are compiled while this program is built, see filter-gen.c.
 */
#ifndef CONFINE_SECCOMP_H
#define CONFINE_SECCOMP_H

#include <stdbool.h>

#include "command.h"
#include "defs.h"
#include "settings.h"

/*
 * Load the filter of a role; no_new_privs must be set.  in_place: a sink may
 * also empty files and set set-user-ID bits.  What it does not allow
 * kills the process, fails with EPERM, or is only logged.  -1 with errno.
 */
int confine_seccomp(enum command_role role, bool in_place,
    enum settings_seccomp action) ATTR_USE;

#endif

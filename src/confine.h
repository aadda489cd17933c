/* SPDX-License-Identifier: ISC */
/*
 * The layers around a session, in one ordered table.  The role is known from
 * the command line, so all of them are in force before the first byte of the
 * client's is read and before any path of the client's is walked (R-CONF-1).
 *
 * Fail closed (R-CONF-2): limits, privileges and seccomp always hold, and at
 * least one of chroot and Landlock.  What protects a root directory in the
 * first place is the walk of root.h; these layers are for the day when it, or
 * something else here, is wrong.
 *
 * After it nothing can be executed, forked, connected or traced; no
 * descriptor is open but 0, 1, 2, the log, the root and what the role opens
 * beneath it (R-CONF-3).  Nothing that opens a file of the system can be
 * called any more: time zone, locale, passwd and the log come before.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stddef.h>

#include "command.h"
#include "defs.h"
#include "relay.h"
#include "root.h"
#include "settings.h"

/* Bytes of what confine() says, its NUL included. */
#define CONFINE_TEXT_BYTES 256

/*
 * Confine this process for good.  The root's descriptor and the log's are
 * moved to fixed numbers, all others above 2 are closed.  relay: opened
 * behind that, or NULL.  Returns 0, and text
 * says for the log what was obtained: "confine=userns,landlock7,seccomp",
 * perhaps with the reason why a layer is missing that is not required; or -1,
 * and text is a sentence about the layer that failed.  Part of them may be in
 * force then, never seccomp, so that a refusal can still be written.
 */
int confine(enum command_role role, const struct settings *settings,
    struct root *root, struct relay *relay, char *text, size_t size) ATTR_USE;

/*
 * What confine() would obtain: a child tries it and ends, and this process
 * stays as it is.  Root's descriptor and the log must be open as for a session.
 * Otherwise as above.
 */
int confine_probe(enum command_role role, const struct settings *settings,
    struct root *root, char *text, size_t size) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * -T: what the configuration says, for an administrator at a terminal, in the
 * manner of "sshd -T"; and what would come of a transfer.  By the same
 * functions as a real session, and without changing anything on disk.
 */
#ifndef QUERY_H
#define QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "conffile.h"
#include "defs.h"
#include "identity.h"
#include "options.h"

/*
 * Answer o->query on standard output; logname is the value of LOGNAME or NULL.
 * The super-user becomes the user that is asked about, for good.  *id,
 * *conffile and o->request are to be cleared as after a session.  True: a
 * session would be served, and nothing of what was asked refused.  Else err is
 * a sentence for standard error, or empty where all was said.
 */
bool query_answer(struct options *o, struct identity *id,
    struct conffile *conffile, const char *logname, char *err,
    size_t errsize) ATTR_USE;

#endif

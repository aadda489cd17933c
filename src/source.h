/* SPDX-License-Identifier: ISC */
/*
 * The role of `scp -f': sends files and directories.  Names in records are
 * the ones that were asked for, or those of a directory; never `.' or `..'.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "session.h"

/*
 * Serve one session.  Returns the exit status: 0 when everything that was
 * asked for was sent, else 1.
 */
int source_run(const struct session *session) ATTR_USE;

#endif

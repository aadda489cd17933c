/* SPDX-License-Identifier: ISC */
/*
 * The role of `scp -t': receives files and directories.  Refuses before data
 * where it can (R-WIRE-5), and after a refusal never takes a byte that may be
 * file content for a record (R-WIRE-2).
 */
#ifndef SINK_H
#define SINK_H

#include "session.h"

/*
 * Serve one session from the first answer to the end of input.  Returns the
 * exit status: 0 when everything that the client sent is stored, else 1.
 */
int sink_run(const struct session *session) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The role of `scp -t': receives files and directories.  Refuses before data
 * where it can (R-WIRE-5), and after a refusal never takes a byte that may be
 * file content for a record (R-WIRE-2).
 */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <time.h>

#include "allowance.h"
#include "refusal.h"
#include "session.h"
#include "target.h"

/* In such an order that what every session touches lies on few pages. */
struct sink {
	struct refusal refusal;
	struct allowance allowance;
	const struct session *s;
	bool has_times;      /* a T waits for its C or D */
	bool failed;         /* exit status 1 */
	unsigned long items; /* C and D so far */
	struct timespec times[2];
	struct target target;
};

/*
 * Serve one session from the first answer to the end of input.  Returns the
 * exit status: 0 when everything that the client sent is stored, else 1.  *k is
 * memory for it, with nothing in it.
 */
int sink_run(struct sink *k, const struct session *session) ATTR_USE;

#endif

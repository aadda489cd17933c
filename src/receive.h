/* SPDX-License-Identifier: ISC */
/*
 * The data of one file whose header was acknowledged, and the one answer at
 * their end: stored (R-WIRE-3), or why not, when what came is gone already.
 */
#ifndef RECEIVE_H
#define RECEIVE_H

#include <sys/types.h>

#include <stdbool.h>
#include <time.h>

#include "allowance.h"
#include "defs.h"
#include "session.h"
#include "upload.h"

struct receive {
	const char *path;  /* below the root, for the log */
	const char *shown; /* as the client spells it, for the answer */
	off_t size;
	const struct timespec *times; /* access and modification, or NULL */
	bool eof_commits; /* the end of input may stand for the end mark */
	struct allowance *allowance; /* borrowed; of files that fail */
};

/*
 * Take size bytes into *u and commit it; *u is idle then.  *stored tells
 * whether the file has its name.
 */
enum session_next receive_file(const struct session *s, const struct receive *r,
    struct upload *u, bool *stored) ATTR_USE;

#endif

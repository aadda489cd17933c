/* SPDX-License-Identifier: ISC */
/*
 * How far a session is, in its title for ps(1): "scp-server: fw01 upload 42%".
 * No names of files, for other users of the system read titles.  The title is
 * memory of this process: setting it is no system call.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <sys/types.h>

#include <stdbool.h>

#include "title.h"

struct progress {
	struct title *title; /* borrowed; NULL: there is none */
	const char *user;    /* borrowed */
	bool upload;
	bool shown; /* a percentage */
	off_t size; /* of the file */
	off_t next; /* bytes of it that are worth another title */
};

/* Show user and direction. */
void progress_init(
    struct progress *p, struct title *title, const char *user, bool upload);

/* A file of size bytes begins: a percentage is shown if it is a large one. */
void progress_begin(struct progress *p, off_t size);

/* So many bytes of it went through. */
void progress_show(struct progress *p, off_t moved);
static inline void
progress_at(struct progress *p, off_t moved)
{
	if (moved >= p->next)
		progress_show(p, moved);
}

#endif

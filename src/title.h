/* SPDX-License-Identifier: ISC */
/*
 * What other users may read of the process: ps(1) shows the memory in which
 * its arguments were, and where they overflow that of its environment.  Both
 * are written over, as setproctitle(3) does; but nothing is copied first, so
 * whoever uses this has no use for their texts any more.
 */
#ifndef TITLE_H
#define TITLE_H

#include <stddef.h>

struct title {
	char *text;  /* borrowed, from the kernel */
	size_t args; /* bytes of the arguments, each with its NUL */
	size_t size; /* the same with the environment behind; 0: no room */
};

/* As main() was given them.  Changes nothing yet. */
void title_init(struct title *t, char *argv[], char *envp[]);

/* What does not fit is cut off. */
void title_set(struct title *t, const char *text);

#endif

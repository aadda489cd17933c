/* SPDX-License-Identifier: ISC */
/*
 * What would come of a transfer: the decisions of sink and source, by the
 * functions that these call, printed and not carried out.  Nothing is changed
 * on disk.
 */
#ifndef FORESEE_H
#define FORESEE_H

#include <sys/types.h>

#include <stdbool.h>

#include "command.h"
#include "defs.h"
#include "root.h"
#include "show.h"

/* All borrowed. */
struct foresee {
	struct show show;
	const struct request *request;
	struct root *root;
	const char *start; /* as for root_walk() */
	const char *name;  /* that an upload's record has, or NULL */
	off_t size;        /* the same; -1: nothing was said */
};

/* Is everything allowed? */
bool foresee_transfer(const struct foresee *f) ATTR_USE;

/* The same as far as it can be told without looking at any file. */
bool foresee_blindly(const struct foresee *f) ATTR_USE;

/* A command that is not served, or not now. */
void foresee_refused_command(
    const struct show *s, const struct command_fault *fault);
void foresee_disabled(const struct show *s);

#endif

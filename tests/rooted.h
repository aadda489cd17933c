/* SPDX-License-Identifier: ISC */
/*
 * A root for a test at a directory of its own, without what root_open() wants
 * of the directories above.  The policy allows all but what a test changes.
 */
#ifndef ROOTED_H
#define ROOTED_H

#include "policy.h"
#include "root.h"
#include "scratch.h"

static struct policy policy;

static inline void
rooted(struct root *r, const char *path)
{
	struct stat st;

	policy_init(&policy);
	policy.protect_home = false;
	r->fd = scratch_dir(path);
	gate_init(&r->gate, &policy);
	ck_assert_int_eq(fstat(r->fd, &st), 0);
	r->gate.dev = st.st_dev;
}

#endif

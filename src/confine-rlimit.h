/* SPDX-License-Identifier: ISC */
/*
 * Resource limits of a session.  No RLIMIT_FSIZE: it would cut a log that is a
 * file, and fallocate(2) does not always respect it.
 */
#ifndef CONFINE_RLIMIT_H
#define CONFINE_RLIMIT_H

#include "defs.h"

/*
 * Set limits, none above what was inherited: no core, no processes, no locked
 * memory, no message queues; descriptors for trees of depth_max levels, memory
 * for matches_max names.  -1 with errno.
 */
int confine_rlimits(unsigned depth_max, unsigned matches_max) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "confine-rlimit.h"

#include <sys/resource.h>

#include <stddef.h>

/*
 * Descriptors.  A source has its tree's levels open while it walks to where a
 * link leads: twice the depth, and a dozen for places and files.  A sink has
 * the levels of its tree and 32 directories that are still to be swept, and a
 * dozen for the target, the file and its predecessor.  An operand is walked
 * while no tree is open.
 */
#define FDS(depth_max) (2 * (rlim_t)(depth_max) + 64)

/*
 * Bytes of private memory: 8 MiB of patterns, as much for their lists, 8 MiB
 * of directory buffers at the greatest depth, and as much again for the heap's
 * losses; for each match that is allowed a string and its places in two lists,
 * rounded up.
 */
#define DATA_BYTES(matches_max) ((64UL << 20) + 128 * (rlim_t)(matches_max))

#ifdef __GLIBC__
typedef __rlimit_resource_t resource_id;
#else
typedef int resource_id;
#endif

/* Raising the hard limit is for root alone; lower ones stay. */
static int
set_limit(resource_id resource, rlim_t max)
{
	struct rlimit limit = { 0, 0 };

	/* Nothing is never more than what there was. */
	if (max == 0)
		return setrlimit(resource, &limit);
	if (getrlimit(resource, &limit) == -1)
		return -1;
	if (max < limit.rlim_max)
		limit.rlim_max = max;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit);
}

int
confine_rlimits(unsigned depth_max, unsigned matches_max)
{
	const struct {
		resource_id resource;
		rlim_t max;
	} limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		{ RLIMIT_NOFILE, FDS(depth_max) },
		{ RLIMIT_DATA, DATA_BYTES(matches_max) },
	};
	size_t i;

	for (i = 0; i < LENGTH(limits); i++) {
		if (set_limit(limits[i].resource, limits[i].max) == -1)
			return -1;
	}
	return 0;
}

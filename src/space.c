/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "space.h"

#include <sys/vfs.h>

#include <stdint.h>
#include <stdio.h>

bool
space_is_limited(const struct policy_space *min)
{
	return min->bytes != 0 || min->percent != 0;
}

/* Blocks times their size, and never more than an off_t has room for. */
static off_t
bytes_of(uint64_t blocks, uint64_t size)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(blocks, size, &bytes) || bytes > INT64_MAX)
		return INT64_MAX;
	return (off_t)bytes;
}

/* What blocks are counted in: by FUSE not in the size that is best to use. */
static uint64_t
unit_of(const struct statfs *st)
{
	return (uint64_t)(st->f_frsize != 0 ? st->f_frsize : st->f_bsize);
}

bool
space_suffices(int fd, const struct policy_space *min, off_t size,
    char text[SPACE_TEXT_BYTES])
{
	char wanted[POLICY_SIZE_BYTES], there[POLICY_SIZE_BYTES];
	off_t left, kept;
	struct statfs st;

	if (fstatfs(fd, &st) == -1 || st.f_blocks == 0)
		return true;
	left = bytes_of(st.f_bavail, unit_of(&st));
	kept = min->bytes;
	if (min->percent != 0)
		kept = bytes_of(st.f_blocks, unit_of(&st)) / 100 * min->percent;
	left = left > kept ? left - kept : 0;
	if (size <= left)
		return true;
	policy_print_size(wanted, size);
	policy_print_size(there, left);
	(void)snprintf(text, SPACE_TEXT_BYTES,
	    "no space for %s: %s left for this account", wanted, there);
	return false;
}

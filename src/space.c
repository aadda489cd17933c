/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "space.h"

#include <sys/vfs.h>

#include <stdint.h>
#include <stdio.h>

#include <bsd/stdlib.h>

#define SIZE_BYTES sizeof("3.1 GiB")

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

static void
print_size(char dst[SIZE_BYTES], off_t size)
{
	(void)humanize_number(dst, SIZE_BYTES, size, "B", HN_AUTOSCALE,
	    HN_DECIMAL | HN_IEC_PREFIXES);
}

bool
space_suffices(int fd, const struct policy_space *min, off_t size,
    char text[SPACE_TEXT_BYTES])
{
	char wanted[SIZE_BYTES], there[SIZE_BYTES];
	off_t left, kept;
	struct statfs st;

	if (fstatfs(fd, &st) == -1 || st.f_blocks == 0)
		return true;
	left = bytes_of(st.f_bavail, (uint64_t)st.f_bsize);
	kept = min->bytes;
	if (min->percent != 0)
		kept = bytes_of(st.f_blocks, (uint64_t)st.f_bsize) / 100 *
		    min->percent;
	left = left > kept ? left - kept : 0;
	if (size <= left)
		return true;
	print_size(wanted, size);
	print_size(there, left);
	(void)snprintf(text, SPACE_TEXT_BYTES,
	    "no space for %s: %s left for this account", wanted, there);
	return false;
}

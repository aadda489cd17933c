/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "statx.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The kernel's struct statx as far as it is used here. */
struct answer {
	uint32_t mask;
	uint32_t block_size;
	uint64_t attributes;
	uint64_t like_stat[16];
	uint64_t mount;
	uint64_t rest[13];
};

/* Not in every <fcntl.h>. */
#ifndef AT_STATX_DONT_SYNC
#define AT_STATX_DONT_SYNC 0x4000
#endif

#define ATTRIBUTE_APPEND 0x20U
#define MASK_MOUNT       0x1000U

/*
 * One set of flags, for the filter.  No server is to be asked once more for
 * what fstat(2) has just told: AT_STATX_DONT_SYNC.
 */
#define FLAGS                                                                  \
	(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |               \
	    AT_STATX_DONT_SYNC)

/* Of what cannot be told nothing is set. */
static void
ask(int dirfd, const char *name, unsigned mask, struct answer *a)
{
	memset(a, 0, sizeof(*a));
	(void)syscall(SYS_statx, dirfd, name, FLAGS, mask, a);
}

bool
statx_mount(int dirfd, const char *name, uint64_t *mount)
{
	struct answer a;

	ask(dirfd, name, MASK_MOUNT, &a);
	if ((a.mask & MASK_MOUNT) == 0)
		return false;
	*mount = a.mount;
	return true;
}

bool
statx_is_append_only(int fd)
{
	struct answer a;

	ask(fd, "", 0, &a);
	return (a.attributes & ATTRIBUTE_APPEND) != 0;
}

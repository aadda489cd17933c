/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "confine-privs.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <linux/capability.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define BIT(capability) ((uint64_t)1 << (capability))

/* To send what belongs to others. */
#define SOURCE_CAPABILITIES BIT(CAP_DAC_READ_SEARCH)

/*
 * To write what belongs to others: into their directories, over their files,
 * with modes and times on what is theirs, and the old group on a new file.
 */
#define SINK_CAPABILITIES                                                      \
	(BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_CHOWN))

struct capabilities {
	struct __user_cap_data_struct half[_LINUX_CAPABILITY_U32S_3];
};

static int
get_permitted(uint64_t *set)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct capabilities caps;

	memset(&caps, 0, sizeof(caps));
	if (syscall(SYS_capget, &header, &caps) == -1)
		return -1;
	*set = (uint64_t)caps.half[1].permitted << 32 | caps.half[0].permitted;
	return 0;
}

/* Permitted and effective; nothing is inheritable. */
static int
set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct capabilities caps;

	memset(&caps, 0, sizeof(caps));
	caps.half[0].permitted = caps.half[0].effective = (uint32_t)set;
	caps.half[1].permitted = caps.half[1].effective = (uint32_t)(set >> 32);
	return (int)syscall(SYS_capset, &header, &caps);
}

/* No more than these, and of these no more than there are. */
static int
keep_capabilities(uint64_t keep)
{
	uint64_t permitted;

	if (get_permitted(&permitted) == -1)
		return -1;
	return set_capabilities(permitted & keep);
}

/* Changing credentials or capabilities resets what was set before. */
static int
hide(void)
{
#ifdef INSTRUMENTED
	return 0; /* a sanitizer's own process has to trace this one */
#else
	return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
#endif
}

int
confine_privs_begin(void)
{
	if (hide() == -1)
		return -1;
	if (getuid() != geteuid() || getgid() != getegid()) {
		errno = EPERM;
		return -1;
	}
	if (geteuid() == 0)
		return 0;
	if (keep_capabilities(BIT(CAP_SYS_CHROOT)) == -1)
		return -1;
	return hide();
}

int
confine_privs(enum command_role role)
{
	uint64_t keep = 0;

	if (geteuid() == 0)
		keep = role == COMMAND_SINK ? SINK_CAPABILITIES
					    : SOURCE_CAPABILITIES;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == -1)
		return -1;
	/*
	 * The ambient set goes with the permitted one.  The bounding set stays:
	 * it only matters to execve(2), which can give nothing any more, is not
	 * allowed by the filter, and emptying it costs as much as the filter.
	 */
	if (keep_capabilities(keep) == -1)
		return -1;
	return hide();
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "confine-seccomp.h"

#include <sys/syscall.h>
#include <sys/types.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

/* sink_kill, sink_errno, sink_log, source_kill, ... */
#include "filter-data.inc"

struct program {
	const struct sock_filter *filter;
	unsigned short len;
};

#define PROGRAM(array)                                                         \
	{                                                                      \
		array, LENGTH(array)                                           \
	}

static const struct program sink[] = {
	[SETTINGS_SECCOMP_KILL] = PROGRAM(sink_kill),
	[SETTINGS_SECCOMP_ERRNO] = PROGRAM(sink_errno),
	[SETTINGS_SECCOMP_LOG] = PROGRAM(sink_log),
};

static const struct program sink_in_place[] = {
	[SETTINGS_SECCOMP_KILL] = PROGRAM(sink_in_place_kill),
	[SETTINGS_SECCOMP_ERRNO] = PROGRAM(sink_in_place_errno),
	[SETTINGS_SECCOMP_LOG] = PROGRAM(sink_in_place_log),
};

static const struct program source[] = {
	[SETTINGS_SECCOMP_KILL] = PROGRAM(source_kill),
	[SETTINGS_SECCOMP_ERRNO] = PROGRAM(source_errno),
	[SETTINGS_SECCOMP_LOG] = PROGRAM(source_log),
};

int
confine_seccomp(
    enum command_role role, bool in_place, enum settings_seccomp action)
{
	const struct program *programs = source, *p;
	struct sock_fprog prog;

	if (role == COMMAND_SINK)
		programs = in_place ? sink_in_place : sink;
	p = &programs[action];
	prog.len = p->len;
	/* The kernel reads it; the structure has no const. */
	prog.filter = (struct sock_filter *)(uintptr_t)p->filter;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &prog);
}

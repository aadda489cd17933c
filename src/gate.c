/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "gate.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include <errno.h>
#include <string.h>

#include "errors.h"
#include "statx.h"

/* Not in every <linux/magic.h>. */
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

void
gate_init(struct gate *g, const struct policy *policy)
{
	g->policy = policy;
	g->dev = 0;
	g->knows_mount = false;
	g->interrupts = false;
	g->verdict = POLICY_ALLOW;
	g->knows_home = false;
	g->home_name[0] = '\0';
}

void
gate_set_home(struct gate *g, const struct stat *st, const char *name)
{
	g->home_dev = st->st_dev;
	g->home_ino = st->st_ino;
	memcpy(g->home_name, name, strlen(name) + 1);
	g->knows_home = true;
}

/* The directory is looked at only for the few names that matter there. */
static bool
is_home(const struct gate *g, int dirfd)
{
	struct stat st;

	return !g->knows_home || fstat(dirfd, &st) == -1 ||
	    (st.st_dev == g->home_dev && st.st_ino == g->home_ino);
}

static enum policy_verdict
judge_name(const struct gate *g, int dirfd, const char *name)
{
	bool at_home = false;

	if (g->policy->protect_home && g->home_name[0] != '\0') {
		if (strcmp(name, g->home_name) == 0 && is_home(g, dirfd))
			return POLICY_PROTECTED_NAME;
	} else if (g->policy->protect_home && policy_is_personal(name)) {
		at_home = is_home(g, dirfd);
	}
	return policy_name(g->policy, name, at_home);
}

static int
conclude(struct gate *g, enum policy_verdict verdict)
{
	if (verdict == POLICY_ALLOW)
		return 0;
	g->verdict = verdict;
	errno = ERR_REFUSED;
	return -1;
}

int
gate_name(struct gate *g, int dirfd, const char *name)
{
	return conclude(g, judge_name(g, dirfd, name));
}

void
gate_know_mount(struct gate *g, int fd)
{
	g->knows_mount =
	    !g->policy->cross_mounts && statx_mount(fd, "", &g->mount);
}

/*
 * Devices are not exact: the same file system can be mounted several times, and
 * one mount have several: overlays, subvolumes.
 */
static bool
is_on_other_mount(
    const struct gate *g, int dirfd, const char *name, const struct stat *st)
{
	uint64_t mount;

	if (!g->knows_mount)
		return st->st_dev != g->dev;
	return !statx_mount(dirfd, name, &mount) || mount != g->mount;
}

int
gate_place(struct gate *g, int dirfd, const char *name, const struct stat *st)
{
	struct policy_place place = { .is_link = S_ISLNK(st->st_mode),
		.on_other_mount = is_on_other_mount(g, dirfd, name, st) };

	return conclude(g, policy_place(g->policy, &place));
}

/* A FUSE daemon is told of signals, and may have the call end with EINTR. */
void
gate_know_file_system(struct gate *g, int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) == -1 || st.f_type == FUSE_SUPER_MAGIC)
		g->interrupts = true;
}

int
gate_enter(struct gate *g, int fd, const struct stat *st)
{
	if (gate_place(g, fd, "", st) == -1)
		return -1;
	if (st->st_dev != g->dev && S_ISDIR(st->st_mode))
		gate_know_file_system(g, fd);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "confine-landlock.h"

#include <sys/syscall.h>
#include <sys/types.h>

#include <linux/landlock.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

/* What headers older than the newest version below may lack. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP    (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL               (1ULL << 1)
#endif

/* Those of the first version: EXECUTE to MAKE_SYM. */
#define FS_FIRST (2 * LANDLOCK_ACCESS_FS_MAKE_SYM - 1)

/*
 * Of these a sink needs: reading directories to sweep them and to set their
 * attributes; the others to write a file, to make it, to rename it over another
 * one, and for -r.  What it may write over and remove it may empty, too: it
 * does so with Atomic no; and at each open(2) the kernel asks whether it may,
 * and if nothing below the root says so, on to the top of the file system.
 */
#define SINK_RIGHTS                                                            \
	(LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |         \
	    LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG |        \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR)
#define SOURCE_RIGHTS                                                          \
	(LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_READ_FILE)

/* The header's own grows with each version. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

/* Everything that the running version can deny. */
static const struct {
	struct ruleset denied;
	size_t size;
} versions[] = {
	{ { FS_FIRST, 0, 0 }, offsetof(struct ruleset, net) },
	{ { LANDLOCK_ACCESS_FS_REFER, 0, 0 }, offsetof(struct ruleset, net) },
	{ { LANDLOCK_ACCESS_FS_TRUNCATE, 0, 0 },
	    offsetof(struct ruleset, net) },
	{ { 0, LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP,
	      0 },
	    offsetof(struct ruleset, scoped) },
	{ { LANDLOCK_ACCESS_FS_IOCTL_DEV, 0, 0 },
	    offsetof(struct ruleset, scoped) },
	{ { 0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL },
	    sizeof(struct ruleset) },
	{ { 0, 0, 0 }, sizeof(struct ruleset) },
};

static int
kernel_version(void)
{
	long version;

	version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (version > (long)LENGTH(versions))
		version = LENGTH(versions);
	return (int)version;
}

static struct ruleset
denied_by(int version)
{
	struct ruleset all = { 0, 0, 0 };
	int i;

	for (i = 0; i < version; i++) {
		all.fs |= versions[i].denied.fs;
		all.net |= versions[i].denied.net;
		all.scoped |= versions[i].denied.scoped;
	}
	return all;
}

static int
restrict_to(int ruleset, uint64_t rights, int root_fd)
{
	struct landlock_path_beneath_attr below = { .parent_fd = root_fd };

	below.allowed_access = rights;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&below, 0U) == -1)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0U);
}

int
confine_landlock(enum command_role role, int root_fd)
{
	uint64_t rights = role == COMMAND_SINK ? SINK_RIGHTS : SOURCE_RIGHTS;
	int version, ruleset, ret, saved;
	struct ruleset denied;

	version = kernel_version();
	if (version < 1) {
		if (version == 0)
			errno = ENOSYS;
		return -1;
	}
	denied = denied_by(version);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &denied,
	    versions[version - 1].size, 0U);
	if (ruleset == -1)
		return -1;
	/* What is not denied cannot be allowed either. */
	ret = restrict_to(ruleset, rights & denied.fs, root_fd);
	saved = errno;
	(void)close(ruleset);
	errno = saved;
	return ret == -1 ? -1 : version;
}

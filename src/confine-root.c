/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "confine-root.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define APPARMOR_SWITCH "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
#define APPARMOR_LABEL  "/proc/self/attr/current"

static bool
is_own_root(int fd)
{
	struct stat ours, wanted;

	return stat("/", &ours) == 0 && fstat(fd, &wanted) == 0 &&
	    ours.st_dev == wanted.st_dev && ours.st_ino == wanted.st_ino;
}

/* Does the file begin with text?  One that cannot be read does not. */
static bool
begins_with(const char *path, const char *text)
{
	char buf[32];
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return false;
	n = read(fd, buf, sizeof(buf));
	(void)close(fd);
	return n >= (ssize_t)strlen(text) &&
	    memcmp(buf, text, strlen(text)) == 0;
}

/*
 * Ubuntu since 23.10 lets everybody make a user namespace but takes what it
 * was made for away, and logs that each time, unless a profile allows it.
 */
static bool
is_pointless(void)
{
	return begins_with(APPARMOR_SWITCH, "1") &&
	    begins_with(APPARMOR_LABEL, "unconfined\n");
}

static bool
write_file(const char *path, const char *text)
{
	bool ok;
	int fd;

	if ((fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	(void)close(fd);
	return ok;
}

static bool
write_map(const char *path, unsigned long id)
{
	char map[32];
	size_t len;

	len = text_add(map, sizeof(map), 0, "1 ");
	len = text_add_number(map, sizeof(map), len, id);
	(void)text_add(map, sizeof(map), len, " 1\n");
	return write_file(path, map);
}

/*
 * Give the process's own user and group a number, so that a file of theirs can
 * be told from those of all others (see upload.c and attributes.h).  1, because
 * the ids without a number are all shown as 65534, which are ids that exist.
 * These files are ours only while the process is dumpable.  Without /proc it
 * is done without: then every group is taken for another one, and every user
 * for our own.
 */
static void
map_own_ids(uid_t uid, gid_t gid)
{
	(void)prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L);
	(void)write_map("/proc/self/uid_map", (unsigned long)uid);
	if (write_file("/proc/self/setgroups", "deny"))
		(void)write_map("/proc/self/gid_map", (unsigned long)gid);
	(void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

static enum confine_root_way
enter_namespace(bool tells_ids, const char **why)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	if (uid == 0) {
		/* Root of a container; as nobody it could not read much. */
		*why = "no CAP_SYS_CHROOT";
		errno = EPERM;
		return CONFINE_ROOT_NONE;
	}
	if (is_pointless()) {
		*why = "AppArmor restricts user namespaces";
		errno = EPERM;
		return CONFINE_ROOT_NONE;
	}
	if (unshare(CLONE_NEWUSER) == -1) {
		*why = "no user namespace";
		return CONFINE_ROOT_NONE;
	}
	if (tells_ids)
		map_own_ids(uid, gid);
	if (chroot(".") == 0)
		return CONFINE_ROOT_USERNS;
	*why = "no chroot in a user namespace";
	return CONFINE_ROOT_NONE;
}

enum confine_root_way
confine_root(int fd, bool tells_ids, const char **why)
{
	/* In any case nothing outside is left open as the directory. */
	if (fchdir(fd) == -1) {
		*why = "the root directory";
		return CONFINE_ROOT_NONE;
	}
	if (is_own_root(fd))
		return CONFINE_ROOT_JAIL;
	if (chroot(".") == 0)
		return CONFINE_ROOT_CHROOT;
	if (errno == EPERM)
		return enter_namespace(tells_ids, why);
	*why = "chroot";
	return CONFINE_ROOT_NONE;
}

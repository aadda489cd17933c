/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "upload.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "attributes.h"
#include "root.h"

/* Not in every <linux/magic.h>. */
#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

#define WRITE_FLAGS (O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static void
close_fd(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

void
uploads_init(struct uploads *all)
{
	memset(all, 0, sizeof(*all));
}

void
upload_init(struct upload *u, struct uploads *all)
{
	u->all = all;
	u->dirfd = u->old = -1;
	u->lost = 0;
	temp_init(&u->temp);
}

/* Open the old file as scp itself would have had to (R-FILE-3). */
static int
open_old(struct upload *u)
{
	u->old = openat(u->dirfd, u->name, WRITE_FLAGS);
	if (u->old == -1)
		return -1;
	if (fstat(u->old, &u->old_st) == 0) {
		if (S_ISREG(u->old_st.st_mode))
			return 0;
		errno = ROOT_E_NOT_REGULAR;
	}
	close_fd(&u->old);
	return -1;
}

/* The type of what has the name: 0 for a regular file or for none. */
static int
require_replaceable(const struct upload *u, struct stat *st, bool *exists)
{
	*exists = root_stat(u->dirfd, u->name, st) == 0;
	if (!*exists)
		return errno == ENOENT ? 0 : -1;
	return root_require_regular(st);
}

int
upload_look(struct upload *u, int dirfd, const char *name, mode_t *old_mode)
{
	struct stat st;
	bool exists;

	u->dirfd = dirfd;
	u->name = name;
	if (require_replaceable(u, &st, &exists) == -1)
		return -1;
	if (exists && open_old(u) == -1)
		return -1;
	*old_mode = exists ? u->old_st.st_mode & 07777 : POLICY_MODE_UNSET;
	return 0;
}

/*
 * In a sticky directory of somebody else's only the owner of a file may
 * replace it: better said now than after the data (R-WIRE-5).
 */
static int
check_sticky(const struct upload *u)
{
	uid_t self = u->temp.st.st_uid;
	struct stat dir;

	if (u->old == -1 || self == 0 || u->old_st.st_uid == self)
		return 0;
	if (fstat(u->dirfd, &dir) == -1)
		return -1;
	if ((dir.st_mode & S_ISVTX) == 0 || dir.st_uid == self)
		return 0;
	errno = EACCES;
	return -1;
}

int
upload_begin(struct upload *u, struct policy_mode mode)
{
	mode_t bits = mode.bits;

	/* Whom the old file shut out must not read the new one either. */
	if (u->old != -1)
		bits &= S_IRWXU;
	if (temp_create(&u->temp, &u->all->names, u->dirfd, bits) == -1 ||
	    check_sticky(u) == -1) {
		upload_abort(u);
		return -1;
	}
	/* The kernel's own work: umask or default ACL, see policy.h. */
	u->created = u->temp.st.st_mode & 07777;
	u->mode = u->created & 0777 & ~(~mode.bits & S_IWUSR);
	if (mode.exact)
		u->mode = mode.bits;
	return 0;
}

/*
 * Mode and, of a file that is replaced, what else is kept (R-FILE-3).  Its
 * owner may write to it until it has its name.
 */
static int
set_attributes(struct upload *u)
{
	if (u->old != -1)
		u->lost =
		    attributes_copy(u->old, &u->old_st, u->temp.fd, &u->mode);
	else if ((u->mode | S_IWUSR) == u->created)
		return 0;
	return fchmod(u->temp.fd, u->mode | S_IWUSR);
}

static int
finish_mode(const struct upload *u)
{
	return (u->mode & S_IWUSR) != 0 ? 0 : fchmod(u->temp.fd, u->mode);
}

/*
 * NFS, FUSE and others may tell of errors only at close(2); these do not.
 */
static bool
tells_late(int fd)
{
	static const unsigned long prompt[] = { EXT4_SUPER_MAGIC,
		XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
		TMPFS_MAGIC };
	struct statfs st;
	size_t i;

	if (fstatfs(fd, &st) == -1)
		return true;
	for (i = 0; i < LENGTH(prompt); i++) {
		if ((unsigned long)st.f_type == prompt[i])
			return false;
	}
	return true;
}

static void
know_file_system(struct uploads *all, const struct temp *t)
{
	if (all->fs_known && all->dev == t->st.st_dev)
		return;
	all->tells_late = tells_late(t->fd);
	all->dev = t->st.st_dev;
	all->fs_known = true;
}

/*
 * Hear what the file system has to say of the data.  The lock is kept by the
 * other descriptor.
 */
static int
flush_data(const struct upload *u)
{
	int fd;

	know_file_system(u->all, &u->temp);
	if (!u->all->tells_late)
		return 0;
	if ((fd = fcntl(u->temp.fd, F_DUPFD_CLOEXEC, 3)) == -1)
		return -1;
	return close(fd);
}

/* Give it a name that nothing has; EINVAL where that cannot be asked for. */
static int
name_new(const struct upload *u)
{
	return temp_rename(&u->temp, u->name, TEMP_NOREPLACE);
}

static int
name_anyway(const struct upload *u)
{
	struct stat st;
	bool exists;

	if (require_replaceable(u, &st, &exists) == -1)
		return -1;
	return temp_rename(&u->temp, u->name, 0);
}

static int
give_name(const struct upload *u)
{
	if (!temp_has_its_name(&u->temp)) {
		errno = ENOENT;
		return -1;
	}
	if (u->old == -1 && name_new(u) == 0)
		return 0;
	if (u->old == -1 && errno != EEXIST && errno != EINVAL)
		return -1;
	return name_anyway(u);
}

int
upload_commit(struct upload *u, const struct timespec times[2])
{
	if (set_attributes(u) == -1)
		return -1;
	if (times != NULL && futimens(u->temp.fd, times) == -1)
		return -1;
	if (flush_data(u) == -1 || give_name(u) == -1 || finish_mode(u) == -1)
		return -1;
	temp_close(&u->temp);
	close_fd(&u->old);
	return 0;
}

void
upload_abort(struct upload *u)
{
	temp_discard(&u->temp);
	close_fd(&u->old);
}

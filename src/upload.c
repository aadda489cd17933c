/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "upload.h"

#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attributes.h"
#include "root.h"

#define CREATE_FLAGS                                                           \
	(O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)
#define WRITE_FLAGS (O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Attempts at a name of our own; a second one is a rare accident. */
#define CREATE_TRIES 100

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
upload_init(struct upload *u)
{
	memset(u, 0, sizeof(*u));
	u->dirfd = u->fd = u->old = -1;
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

	upload_init(u);
	u->dirfd = dirfd;
	u->name = name;
	if (require_replaceable(u, &st, &exists) == -1)
		return -1;
	if (exists && open_old(u) == -1)
		return -1;
	*old_mode = exists ? u->old_st.st_mode & 07777 : POLICY_MODE_UNSET;
	return 0;
}

static int
make_temp_name(char *dst)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -1;
	(void)snprintf(dst, UPLOAD_TEMP_BYTES,
	    POLICY_TEMP_PREFIX "%016" PRIx64 POLICY_TEMP_SUFFIX, random);
	return 0;
}

/*
 * Lock the new file and see that no sweep of another session came between its
 * creation and the lock: 0; 1 when it did; -1.  Where a file system knows no
 * locks nobody sweeps either.
 */
static int
lock_temp(struct upload *u)
{
	if (flock(u->fd, LOCK_EX | LOCK_NB) == -1 && errno != ENOLCK &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		return errno == EWOULDBLOCK ? 1 : -1;
	if (fstat(u->fd, &u->temp_st) == -1)
		return -1;
	return u->temp_st.st_nlink == 0;
}

/* Has the temporary file still the name that we gave it? */
static bool
has_its_name(const struct upload *u)
{
	struct stat st;

	return root_stat(u->dirfd, u->temp, &st) == 0 &&
	    st.st_dev == u->temp_st.st_dev && st.st_ino == u->temp_st.st_ino;
}

/* Remove the temporary file, and nothing that others put in its place. */
static void
discard_temp(struct upload *u)
{
	int saved = errno;

	if (u->fd != -1 && fstat(u->fd, &u->temp_st) == 0 && has_its_name(u))
		(void)unlinkat(u->dirfd, u->temp, 0);
	errno = saved;
	close_fd(&u->fd);
}

/* Create and lock the temporary file: 0; 1 for another try; -1. */
static int
create_temp(struct upload *u, mode_t mode)
{
	int ret;

	if (make_temp_name(u->temp) == -1)
		return -1;
	u->fd = openat(u->dirfd, u->temp, CREATE_FLAGS, mode);
	if (u->fd == -1)
		return errno == EEXIST ? 1 : -1;
	if ((ret = lock_temp(u)) == 0)
		return 0;
	discard_temp(u);
	return ret;
}

/*
 * In a sticky directory of somebody else's only the owner of a file may
 * replace it: better said now than after the data (R-WIRE-5).
 */
static int
check_sticky(const struct upload *u)
{
	uid_t self = u->temp_st.st_uid;
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
	int tries, ret = 1;
	mode_t bits = mode.bits;

	/* Whom the old file shut out must not read the new one either. */
	if (u->old != -1)
		bits &= S_IRWXU;
	for (tries = 0; ret == 1 && tries < CREATE_TRIES; tries++)
		ret = create_temp(u, bits | S_IWUSR);
	if (ret == 1)
		errno = EEXIST;
	if (ret != 0 || check_sticky(u) == -1) {
		upload_abort(u);
		return -1;
	}
	/* The kernel's own work: umask or default ACL, see policy.h. */
	u->created = u->temp_st.st_mode & 07777;
	u->mode = u->created & 0777 & ~(~mode.bits & S_IWUSR);
	if (mode.exact)
		u->mode = mode.bits;
	return 0;
}

/* Mode and, of a file that is replaced, what else is kept (R-FILE-3). */
static int
set_attributes(struct upload *u)
{
	mode_t mode = u->mode;

	if (u->old != -1)
		u->lost = attributes_copy(u->old, &u->old_st, u->fd, &mode);
	else if (mode == u->created)
		return 0;
	return fchmod(u->fd, mode);
}

/*
 * Hear what the file system has to say of the data: NFS, FUSE and quotas may
 * tell only at close(2).  The lock is kept by the other descriptor.
 */
static int
flush_temp(const struct upload *u)
{
	int fd;

	if ((fd = fcntl(u->fd, F_DUPFD_CLOEXEC, 3)) == -1)
		return -1;
	return close(fd);
}

int
upload_commit(struct upload *u, const struct timespec times[2])
{
	struct stat st;
	bool exists;

	if (set_attributes(u) == -1)
		return -1;
	if (times != NULL && futimens(u->fd, times) == -1)
		return -1;
	if (flush_temp(u) == -1)
		return -1;
	if (require_replaceable(u, &st, &exists) == -1)
		return -1;
	if (!has_its_name(u)) {
		errno = ENOENT;
		return -1;
	}
	if (renameat(u->dirfd, u->temp, u->dirfd, u->name) == -1)
		return -1;
	close_fd(&u->fd);
	close_fd(&u->old);
	return 0;
}

void
upload_abort(struct upload *u)
{
	discard_temp(u);
	close_fd(&u->old);
}

/*
 * Open what may be a dead temporary file, without waiting, and lock it.  A
 * living session holds the lock of its own.
 */
static int
lock_dead(int dirfd, const char *name, struct stat *st)
{
	int fd;

	if (root_stat(dirfd, name, st) == -1 || !S_ISREG(st->st_mode) ||
	    st->st_nlink != 1 || (st->st_mode & S_IWUSR) == 0)
		return -1;
	if ((fd = openat(dirfd, name, WRITE_FLAGS)) == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, st) == 0 &&
	    S_ISREG(st->st_mode) && st->st_nlink == 1)
		return fd;
	(void)close(fd);
	return -1;
}

static bool
remove_dead(int dirfd, const char *name)
{
	struct stat locked, named;
	bool removed;
	int fd;

	if ((fd = lock_dead(dirfd, name, &locked)) == -1)
		return false;
	removed = root_stat(dirfd, name, &named) == 0 &&
	    named.st_dev == locked.st_dev && named.st_ino == locked.st_ino &&
	    unlinkat(dirfd, name, 0) == 0;
	(void)close(fd);
	return removed;
}

unsigned
upload_sweep(int dirfd)
{
	struct dirent *entry;
	unsigned removed = 0;
	DIR *dir;
	int fd;

	if ((fd = root_open_dir(dirfd, ".")) == -1)
		return 0;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return 0;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (policy_is_temp_name(entry->d_name, strlen(entry->d_name)) &&
		    remove_dead(dirfd, entry->d_name))
			removed++;
	}
	(void)closedir(dir);
	return removed;
}

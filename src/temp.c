/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "temp.h"

#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "policy.h"

#define CREATE_FLAGS                                                           \
	(O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)
#define WRITE_FLAGS (O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Attempts at a name of our own; a second one is a rare accident. */
#define CREATE_TRIES 100

void
temp_init(struct temp *t)
{
	t->dirfd = t->fd = -1;
}

void
temp_close(struct temp *t)
{
	int saved = errno;

	if (t->fd != -1)
		(void)close(t->fd);
	t->fd = -1;
	errno = saved;
}

/* Not by snprintf(3), which takes longer than some system calls. */
static void
write_name(char *dst, uint64_t number)
{
	static const char digits[] = "0123456789abcdef";
	static const char pattern[] =
	    POLICY_TEMP_PREFIX "0123456789abcdef" POLICY_TEMP_SUFFIX;
	char *first = dst + sizeof(POLICY_TEMP_PREFIX) - 1;
	size_t i;

	memcpy(dst, pattern, sizeof(pattern));
	for (i = POLICY_TEMP_DIGITS; i-- > 0; number >>= 4)
		first[i] = digits[number & 15];
}

static int
make_name(struct temp_names *names, char *dst)
{
	uint64_t random;

	if (names->left == 0) {
		if (getrandom(names->random, sizeof(names->random), 0) !=
		    sizeof(names->random))
			return -1;
		names->left = TEMP_NAMES;
	}
	memcpy(&random, names->random[--names->left], sizeof(random));
	write_name(dst, random);
	return 0;
}

bool
temp_has_its_name(const struct temp *t)
{
	struct stat st;

	return entry_stat(t->dirfd, t->name, &st) == 0 &&
	    st.st_dev == t->st.st_dev && st.st_ino == t->st.st_ino;
}

/* Some file systems count no links: then the name is asked for. */
static bool
is_removed(const struct temp *t)
{
	return t->st.st_nlink == 0 && !temp_has_its_name(t);
}

/*
 * Lock the new file and see that no sweep of another session came between its
 * creation and the lock: 0; 1 when it did; -1.  Where a file system knows no
 * locks nobody sweeps either.
 */
static int
lock_new(struct temp *t)
{
	if (flock(t->fd, LOCK_EX | LOCK_NB) == -1 && errno != ENOLCK &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		return errno == EWOULDBLOCK ? 1 : -1;
	if (fstat(t->fd, &t->st) == -1)
		return -1;
	return is_removed(t);
}

/* Not every libc has renameat2(3). */
int
temp_rename(const struct temp *t, const char *to, unsigned flags)
{
	return (int)syscall(
	    SYS_renameat2, t->dirfd, t->name, t->dirfd, to, flags);
}

void
temp_discard(struct temp *t)
{
	int saved = errno;

	if (t->fd != -1 && fstat(t->fd, &t->st) == 0 && temp_has_its_name(t))
		(void)unlinkat(t->dirfd, t->name, 0);
	errno = saved;
	temp_close(t);
}

/* With its name set: 0; 1 for another try; -1. */
static int
try_create(struct temp *t, mode_t mode)
{
	int ret;

	t->fd = openat(t->dirfd, t->name, CREATE_FLAGS, mode);
	if (t->fd == -1)
		return errno == EEXIST ? 1 : -1;
	if ((ret = lock_new(t)) != 0)
		temp_discard(t);
	return ret;
}

int
temp_create_named(struct temp *t, int dirfd, const char *name, mode_t mode)
{
	t->dirfd = dirfd;
	memcpy(t->name, name, strlen(name) + 1);
	switch (try_create(t, mode)) {
	case 0:
		return 0;
	case 1:
		errno = EEXIST;
		ATTR_FALLTHROUGH;
	default:
		return -1;
	}
}

/* A default ACL may have taken it away; where it stays so nobody sweeps. */
static void
let_owner_write(const struct temp *t)
{
	if ((t->st.st_mode & S_IWUSR) == 0)
		(void)fchmod(t->fd, (t->st.st_mode & 0777) | S_IWUSR);
}

int
temp_create(struct temp *t, struct temp_names *names, int dirfd, mode_t bits)
{
	int tries, ret = 1;

	t->dirfd = dirfd;
	for (tries = 0; ret == 1 && tries < CREATE_TRIES; tries++) {
		ret = make_name(names, t->name);
		if (ret == 0)
			ret = try_create(t, bits | S_IWUSR);
	}
	if (ret == 0)
		let_owner_write(t);
	if (ret == 1) {
		errno = EEXIST;
		ret = -1;
	}
	return ret;
}

/*
 * Open what may be a dead one, without waiting, and lock it.  A living session
 * holds the lock of its own.
 */
static int
lock_dead(int dirfd, const char *name, struct stat *st)
{
	int fd;

	if (entry_stat(dirfd, name, st) == -1 || !S_ISREG(st->st_mode) ||
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

bool
temp_remove_dead(int dirfd, const char *name)
{
	struct stat locked, named;
	bool removed;
	int fd;

	if ((fd = lock_dead(dirfd, name, &locked)) == -1)
		return false;
	removed = entry_stat(dirfd, name, &named) == 0 &&
	    named.st_dev == locked.st_dev && named.st_ino == locked.st_ino &&
	    unlinkat(dirfd, name, 0) == 0;
	(void)close(fd);
	return removed;
}

unsigned
temp_sweep(int dirfd)
{
	struct dirent *entry;
	unsigned removed = 0;
	DIR *dir;
	int fd;

	if ((fd = entry_open_dir(dirfd, ".")) == -1)
		return 0;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return 0;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (policy_is_temp_name(entry->d_name, strlen(entry->d_name)) &&
		    temp_remove_dead(dirfd, entry->d_name))
			removed++;
	}
	(void)closedir(dir);
	return removed;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "durable.h"

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "entry.h"

/* A file system may begin anew each time, and never come to an end. */
#define TRIES 100

static void
close_keeping_errno(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

static int
insist(int (*call)(int fd), int fd)
{
	int ret, tries = 0;

	do {
		ret = call(fd);
	} while (ret == -1 && errno == EINTR && ++tries < TRIES);
	return ret;
}

int
durable_file(int fd)
{
	return insist(fsync, fd);
}

/* Locks are kept by the other descriptor. */
static int
close_copy(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy == -1 ? -1 : close(copy);
}

int
durable_heard(int fd)
{
	return insist(close_copy, fd);
}

/* All around a file, or a directory that may be pinned only. */
static int
sync_around(int fd)
{
	if (insist(syncfs, fd) == 0)
		return 0;
	if (errno == EBADF)
		errno = EACCES;
	return -1;
}

int
durable_directory(int dirfd, int inside)
{
	int fd, ret;

	if ((fd = entry_open_dir(dirfd, ".")) == -1)
		return sync_around(inside);
	ret = durable_file(fd);
	/* Some file systems sync no directories, but all of themselves. */
	if (ret == -1 && errno == EINVAL)
		ret = insist(syncfs, fd);
	close_keeping_errno(fd);
	return ret;
}

void
durable_init(struct durable *d)
{
	d->fd = -1;
	d->dev = 0;
}

int
durable_now(struct durable *d)
{
	int ret;

	if (d->fd == -1)
		return 0;
	ret = insist(syncfs, d->fd);
	close_keeping_errno(d->fd);
	d->fd = -1;
	return ret;
}

/* With d->fd -1 where it is not the last one. */
static int
turn_to(struct durable *d, dev_t dev)
{
	if (d->dev != dev && durable_now(d) == -1)
		return -1;
	d->dev = dev;
	return 0;
}

int
durable_later(struct durable *d, int fd, dev_t dev)
{
	if (turn_to(d, dev) == -1)
		return -1;
	if (d->fd != -1)
		return 0;
	if ((d->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		return -1;
	(void)flock(d->fd, LOCK_UN);
	return 0;
}

int
durable_directory_later(struct durable *d, int dirfd, dev_t dev)
{
	if (turn_to(d, dev) == -1)
		return -1;
	/* Of one that was only pinned nothing can be synced. */
	if (d->fd == -1)
		d->fd = entry_open_dir(dirfd, ".");
	return d->fd == -1 ? -1 : 0;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define DIR_FLAGS  (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define OPEN_FLAGS (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool
is_one_of(const struct stat *st, const struct stat *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (is_same(st, &list[i]))
			return true;
	}
	return false;
}

/* Is the directory in or below one of these?  1, 0, or -1 with errno. */
static int
is_inside(int dirfd, const struct stat *inside, size_t n)
{
	struct stat st, below = { .st_ino = 0 };
	bool found;
	int fd, up;

	fd = openat(dirfd, ".", DIR_FLAGS);
	while (fd != -1 && fstat(fd, &st) == 0) {
		found = is_one_of(&st, inside, n);
		/* The system's root is above itself. */
		if (found || is_same(&st, &below)) {
			(void)close(fd);
			return found;
		}
		below = st;
		up = openat(fd, "..", DIR_FLAGS);
		(void)close(fd);
		fd = up;
	}
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* The directory that the path's last name is in; *name is that name. */
static int
open_parent(const char *path, const char **name)
{
	char dir[PATH_BYTES_MAX];
	const char *slash = strrchr(path, '/');
	size_t len;

	if (path[0] != '/' || slash[1] == '\0') {
		errno = EINVAL;
		return -1;
	}
	len = (size_t)(slash - path) + 1;
	if (len >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, len);
	dir[len] = '\0';
	*name = slash + 1;
	return open(dir, DIR_FLAGS);
}

static const char *
unfit(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	return st->st_nlink == 1 ? NULL : "has more than one name";
}

static int
open_in(
    int dirfd, const char *name, int flags, struct stat *st, const char **why)
{
	int fd;

	if ((fd = openat(dirfd, name, flags | OPEN_FLAGS)) == -1) {
		if (errno == ELOOP || errno == ENXIO)
			*why = "not a regular file";
		return -1;
	}
	if (fstat(fd, st) == 0) {
		if ((*why = unfit(st)) == NULL)
			return fd;
		errno = EINVAL;
	}
	(void)close(fd);
	return -1;
}

int
outside_open(const char *path, int flags, const struct stat *inside, size_t n,
    struct stat *st, const char **why)
{
	const char *name;
	int dirfd, in, saved, fd = -1;

	*why = NULL;
	if ((dirfd = open_parent(path, &name)) == -1)
		return -1;
	if ((in = is_inside(dirfd, inside, n)) == 0) {
		fd = open_in(dirfd, name, flags, st, why);
	} else if (in == 1) {
		*why = "a client could change it";
		errno = EPERM;
	}
	saved = errno;
	(void)close(dirfd);
	errno = saved;
	return fd;
}

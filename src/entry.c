/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "entry.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "clock.h"
#include "errors.h"
#include "wait.h"

#define PIN_FLAGS   (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define WRITE_FLAGS (O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define READ_FLAGS  (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
#define DIR_FLAGS   (READ_FLAGS | O_DIRECTORY)
#define FILE_FLAGS  (READ_FLAGS | O_NOCTTY)

/* How long a lease is waited for, see entry.h. */
#define LEASE_TRIES 100
#define LEASE_PAUSE (20 * CLOCK_MS)

static void
close_keeping_errno(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

int
entry_stat(int dirfd, const char *name, struct stat *st)
{
	return fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW);
}

int
entry_require_regular(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return 0;
	if (S_ISDIR(st->st_mode))
		errno = EISDIR;
	else
		errno = S_ISLNK(st->st_mode) ? ELOOP : ERR_NOT_REGULAR;
	return -1;
}

static int
open_to_read(int dirfd, const char *name)
{
	return openat(dirfd, name, FILE_FLAGS);
}

static int
open_to_write(int dirfd, const char *name)
{
	return openat(dirfd, name, WRITE_FLAGS);
}

/* Again while somebody has a lease, but not for ever. */
static int
open_leased(
    int (*attempt)(int dirfd, const char *name), int dirfd, const char *name)
{
	int fd, tries = 0;

	do {
		fd = attempt(dirfd, name);
	} while (fd == -1 && errno == EAGAIN && ++tries < LEASE_TRIES &&
	    (wait_for(-1, 0, LEASE_PAUSE) != -1 || errno == EINTR));
	return fd;
}

int
entry_open_to_write(int dirfd, const char *name)
{
	return open_leased(open_to_write, dirfd, name);
}

int
entry_open_file(int dirfd, const char *name, struct stat *st)
{
	int fd;

	if (entry_require_regular(st) == -1 ||
	    (fd = open_leased(open_to_read, dirfd, name)) == -1)
		return -1;
	if (fstat(fd, st) == 0 && entry_require_regular(st) == 0)
		return fd;
	close_keeping_errno(fd);
	return -1;
}

ssize_t
entry_read_link(int dirfd, const char *name, char *dst, size_t size)
{
	ssize_t len;

	if ((len = readlinkat(dirfd, name, dst, size)) == -1)
		return -1;
	if ((size_t)len >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	dst[len] = '\0';
	return len;
}

int
entry_open_dir(int dirfd, const char *name)
{
	return openat(dirfd, name, DIR_FLAGS);
}

int
entry_enter_dir(struct gate *g, int dirfd, const char *name, struct stat *st)
{
	int fd;

	fd = openat(dirfd, name, DIR_FLAGS);
	if (fd == -1 && errno == EACCES)
		fd = openat(dirfd, name, PIN_FLAGS | O_DIRECTORY);
	if (fd == -1)
		return -1;
	if (fstat(fd, st) == 0 && gate_enter(g, fd, st) == 0)
		return fd;
	close_keeping_errno(fd);
	return -1;
}

int
entry_may_change(int dirfd)
{
	return faccessat(dirfd, ".", W_OK | X_OK, 0);
}

int
entry_make_dir(int dirfd, const char *name, mode_t mode)
{
	return mkdirat(dirfd, name, mode);
}

int
entry_set_mode(int fd, mode_t mode)
{
	return (int)syscall(SYS_fchmod, fd, mode);
}

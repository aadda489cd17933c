/* SPDX-License-Identifier: ISC */
/*
 * A directory for a test program and all that its tests make: below $SCRATCH,
 * $TMPDIR or /tmp.  main() calls scratch_open() before the runner starts and
 * scratch_close() after it has ended; each test begins with scratch_fresh().
 * Tests run in processes of their own, so that each may change directory,
 * umask and limits.  Everything here fails the test, or the program.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <check.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

/* The uid and gid that a test takes when it is started as root. */
#define SCRATCH_UID 64123

static char scratch_path[PATH_MAX];

static inline void
scratch_open_in(const char *dir, const char *name)
{
	if (snprintf(scratch_path, sizeof(scratch_path), "%s/%s.XXXXXX", dir,
		name) >= (int)sizeof(scratch_path) ||
	    mkdtemp(scratch_path) == NULL || chmod(scratch_path, 0755) == -1)
		err(1, "%s", scratch_path);
}

static inline void
scratch_open(const char *name)
{
	const char *dir = getenv("SCRATCH");

	if (dir == NULL)
		dir = getenv("TMPDIR");
	scratch_open_in(dir == NULL ? "/tmp" : dir, name);
}

/* Remove name in dirfd and all below it. */
static inline void
scratch_remove(int dirfd, const char *name)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return;
	if (fchmodat(dirfd, name, 0700, 0) == -1)
		return;
	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1 && (dir = fdopendir(fd)) != NULL) {
		while ((entry = readdir(dir)) != NULL) {
			if (strcmp(entry->d_name, ".") != 0 &&
			    strcmp(entry->d_name, "..") != 0)
				scratch_remove(fd, entry->d_name);
		}
		(void)closedir(dir);
	}
	(void)unlinkat(dirfd, name, AT_REMOVEDIR);
}

static inline void
scratch_close(void)
{
	scratch_remove(AT_FDCWD, scratch_path);
}

/* Go to a new, empty directory, which everybody may write to. */
static inline void
scratch_fresh(void)
{
	char path[PATH_MAX + 16];

	/* It is of the file that has main(). */
	ck_assert(scratch_path[0] != '\0');
	(void)snprintf(path, sizeof(path), "%s/XXXXXX", scratch_path);
	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(chmod(path, 0777), 0);
	ck_assert_int_eq(chdir(path), 0);
	(void)umask(022);
}

static inline int
scratch_dir(const char *path)
{
	int fd;

	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	return fd;
}

/* Make a file with this text; one that exists is made shorter. */
static inline void
scratch_file(const char *path, const char *text, mode_t mode)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_msg(fd != -1, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
}

static inline void
scratch_mkdir(const char *path, mode_t mode)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static inline void
scratch_link(const char *text, const char *path)
{
	ck_assert_int_eq(symlink(text, path), 0);
}

/* The text of a file, in static storage. */
static inline const char *
scratch_text(const char *path)
{
	static char text[4096];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ck_assert_msg(fd != -1, "%s: %s", path, strerror(errno));
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	ck_assert_int_eq(close(fd), 0);
	text[n] = '\0';
	return text;
}

static inline mode_t
scratch_mode(const char *path)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st.st_mode & 07777;
}

static inline bool
scratch_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* How many names a directory has, those with a dot included. */
static inline int
scratch_count(const char *path)
{
	DIR *dir;
	int n = 0;

	ck_assert_ptr_nonnull(dir = opendir(path));
	while (readdir(dir) != NULL)
		n++;
	ck_assert_int_eq(closedir(dir), 0);
	return n - 2;
}

/* How many descriptors are open: the same before and after. */
static inline int
scratch_fds(void)
{
	return scratch_count("/proc/self/fd");
}

static inline double
scratch_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Wait for a process that test_begin_child() or fork(2) has made. */
static inline void
scratch_wait(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "child: status %#x", (unsigned)status);
}

/*
 * Run fn as an unprivileged user: in a process of its own when started as
 * root, whose failed assertions end the test as they do elsewhere.
 */
static inline void
scratch_unprivileged(void (*fn)(void))
{
	pid_t pid;

	if (geteuid() != 0) {
		fn();
		return;
	}
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		if (setgroups(0, NULL) == -1 ||
		    setresgid(SCRATCH_UID, SCRATCH_UID, SCRATCH_UID) == -1 ||
		    setresuid(SCRATCH_UID, SCRATCH_UID, SCRATCH_UID) == -1)
			_exit(1);
		fn();
		_exit(0);
	}
	scratch_wait(pid);
}

/* Run the suite; what main() returns. */
static inline int
scratch_run(Suite *s, const char *name)
{
	int failed;

	scratch_open(name);
	failed = tap_run(srunner_create(s));
	scratch_close();
	return failed != 0;
}

#endif

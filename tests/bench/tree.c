/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "tree.h"

#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
tree_mkdir(const char *path)
{
	if (mkdir(path, 0755) == -1)
		err(1, "%s", path);
	if (geteuid() == 0 && chown(path, ACCOUNT_ID, ACCOUNT_ID) == -1)
		err(1, "%s", path);
}

static void
make_file(const char *path, size_t size)
{
	static const char block[65536];
	size_t n;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		err(1, "%s", path);
	for (; size > 0; size -= n) {
		n = size < sizeof(block) ? size : sizeof(block);
		if (write(fd, block, n) != (ssize_t)n)
			err(1, "%s", path);
	}
	(void)close(fd);
}

void
tree_make(const char *path, const struct load *l)
{
	unsigned levels = l->depth > 1 ? l->depth : 1, level, i = 0;
	char dir[PATH_MAX], file[PATH_MAX + 32];
	size_t len;

	len = (size_t)snprintf(dir, sizeof(dir), "%s", path);
	tree_mkdir(dir);
	for (level = 0; level < levels; level++) {
		if (level > 0) {
			len += (size_t)snprintf(dir + len, sizeof(dir) - len,
			    "/%s", client_dir_name(level));
			tree_mkdir(dir);
		}
		for (; i < l->files * (level + 1) / levels; i++) {
			(void)snprintf(file, sizeof(file), "%s/%s", dir,
			    client_file_name(i));
			make_file(file, l->size);
		}
	}
}

void
tree_forget(const char *path, const struct load *l)
{
	char file[PATH_MAX];
	unsigned i;
	int fd;

	for (i = 0; i < l->files; i++) {
		(void)snprintf(
		    file, sizeof(file), "%s/%s", path, client_file_name(i));
		if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1 ||
		    fsync(fd) == -1)
			err(1, "%s", file);
		/* What is not on its way to the disk may be forgotten. */
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		(void)close(fd);
	}
}

static void remove_in(int dirfd, const char *name, struct tree_sum *sum);

static void
remove_entries(int fd, struct tree_sum *sum)
{
	struct dirent *entry;
	DIR *dir;

	if ((dir = fdopendir(fd)) == NULL)
		err(1, "fdopendir");
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			remove_in(fd, entry->d_name, sum);
	}
	(void)closedir(dir);
}

static void
remove_in(int dirfd, const char *name, struct tree_sum *sum)
{
	struct stat st;
	bool dir;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return;
		err(1, "%s", name);
	}
	dir = S_ISDIR(st.st_mode);
	if (dir) {
		fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1)
			err(1, "%s", name);
		remove_entries(fd, sum);
	} else {
		sum->files++;
		sum->bytes += (unsigned long long)st.st_size;
	}
	if (unlinkat(dirfd, name, dir ? AT_REMOVEDIR : 0) == -1)
		err(1, "%s", name);
}

struct tree_sum
tree_remove(const char *path)
{
	struct tree_sum sum = { 0, 0 };

	remove_in(AT_FDCWD, path, &sum);
	return sum;
}

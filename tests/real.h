/* SPDX-License-Identifier: ISC */
/*
 * A test that puts a function in the place of one of the C library finds that
 * one here.  Those that several replace take the errno to fail with, or 0.
 */
#ifndef REAL_H
#define REAL_H

#include <sys/types.h>

#include <sys/stat.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Into *function, which points to that type of function. */
static inline void
find_real(const char *name, void *function)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(function, &symbol, sizeof(symbol));
}

static inline DIR *
real_fdopendir(int fd, int error)
{
	DIR *(*real)(int);

	if (error != 0) {
		errno = error;
		return NULL;
	}
	find_real("fdopendir", &real);
	return real(fd);
}

static inline struct dirent *
real_readdir(DIR *dir, int error)
{
	struct dirent *(*real)(DIR *);

	if (error != 0) {
		errno = error;
		return NULL;
	}
	find_real("readdir", &real);
	return real(dir);
}

/* In its place: a name of so many bytes, up to 2000, as FUSE allows. */
static inline struct dirent *
long_name(size_t len)
{
	static union {
		struct dirent entry;
		char room[offsetof(struct dirent, d_name) + 2000 + 1];
	} u;
	char *name = u.room + offsetof(struct dirent, d_name);

	memset(name, 'n', len);
	name[len] = '\0';
	u.entry.d_type = DT_REG;
	return &u.entry;
}

/* What fails has filled *st all the same: nobody is to look at it then. */
static inline int
real_fstatat(int dirfd, const char *name, struct stat *st, int flags, int error)
{
	int (*real)(int, const char *, struct stat *, int), ret;

	find_real("fstatat", &real);
	ret = real(dirfd, name, st, flags);
	if (error == 0)
		return ret;
	errno = error;
	return -1;
}

#endif

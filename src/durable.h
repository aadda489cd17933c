/* SPDX-License-Identifier: ISC */
/* What the disk has to say of files, and what survives a power cut (Sync). */
#ifndef DURABLE_H
#define DURABLE_H

#include <sys/types.h>

#include "defs.h"

/*
 * None of these ends at a few signals, as fsync(2) and close(2) may where the
 * file system is FUSE: one that only reminds of the time (deadline.h) must not
 * cost a file that is whole.
 */

/* A file, or the attributes of a directory.  0, or -1 with errno. */
int durable_file(int fd) ATTR_USE;

/*
 * Hear what the file system has to say of the data of fd, which stays open:
 * NFS, FUSE and others may tell of errors only at close(2).  0, or -1 with
 * errno.
 */
int durable_heard(int fd) ATTR_USE;

/*
 * The names in a directory.  By way of what lies inside, a file or a directory,
 * all of its file system where the directory cannot be opened.  0, or -1 with
 * errno.
 */
int durable_directory(int dirfd, int inside) ATTR_USE;

/*
 * The file systems that a session has written to.  Of the last one something is
 * kept open, and from before its data were written: syncfs(2) tells of what has
 * failed since.  In a directory that cannot be read only a file can be that.
 */
struct durable {
	int fd; /* owned: something in the last one, or -1 */
	dev_t dev;
};

void durable_init(struct durable *d);

/*
 * The file system dev was written to: the file fd, which is whole and has its
 * name.  The last one before it is synced if it was another.  Where a copy of
 * fd is kept its lock (flock(2)), which that would have too, is given up: the
 * file is anybody's.  0, or -1 with errno.
 */
int durable_later(struct durable *d, int fd, dev_t dev) ATTR_USE;

/* The same of a directory that was made or changed, which is to be readable. */
int durable_directory_later(struct durable *d, int dirfd, dev_t dev) ATTR_USE;

/* Sync what is left to be.  0, or -1 with errno; *d is as at first. */
int durable_now(struct durable *d) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/* What is to survive a power cut (Sync). */
#ifndef DURABLE_H
#define DURABLE_H

#include <sys/types.h>

#include <stdbool.h>

#include "defs.h"

/*
 * The names in a directory.  By way of file, which lies in it, all of its file
 * system where the directory cannot be opened or synced; file may be -1.  0,
 * or -1 with errno.
 */
int durable_directory(int dirfd, int file) ATTR_USE;

/* The file systems that a session has written to. */
struct durable {
	int fd; /* owned: a file in the last one, or -1 */
	dev_t dev;
};

void durable_init(struct durable *d);

/*
 * The file system dev of the file fd was written to.  The last one before it is
 * synced if it was another.  0, or -1 with errno.
 */
int durable_later(struct durable *d, int fd, dev_t dev) ATTR_USE;

/* Sync what is left to be.  0, or -1 with errno; *d is as at first. */
int durable_now(struct durable *d) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * A disk that remembers: a file system of the kernel's on a loop device, whose
 * file is served by a process of ours (FUSE, without a library) that writes
 * down each write and each flush, in their order.  From that the disk can be
 * had as a power cut at any moment would have left it: with all that was
 * flushed, and some or none of what was written since.
 */
#ifndef DISK_H
#define DISK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct disk_event {
	off_t offset;
	size_t size; /* 0: a flush */
	size_t data; /* where in bytes */
};

#define DISK_EVENTS 65536
#define DISK_BYTES  ((size_t)256 << 20)

/* Shared with the process that serves it. */
struct disk_log {
	size_t n;
	size_t nbytes;
	bool is_full;
	struct disk_event events[DISK_EVENTS];
	char bytes[DISK_BYTES];
};

/* Of the name of a loop device. */
#define DISK_DEVICE_BYTES 32

struct disk {
	size_t size;
	char *image; /* as it was made */
	struct disk_log *log;
	pid_t server;
	int loop;
	char device[DISK_DEVICE_BYTES];
	const char *dir; /* borrowed: where the file is */
};

/*
 * Make a disk of this size with what mkfs makes of it (a command that is given
 * the name of an image), and mount it at mnt with these options.  dir is made
 * for the file that is behind it.  False: why tells what there is not here.
 */
bool disk_begin(struct disk *d, size_t size, const char *mkfs, const char *type,
    const char *options, const char *dir, const char *mnt, const char **why);

/*
 * The file as a block device, which forgets it when it is closed: a descriptor
 * of it, or -1.  device gets its name.
 */
int disk_attach(int file, char *device);

/* How many writes and flushes there were so far. */
size_t disk_now(const struct disk *d);

/* Take it down again; the log stays until disk_clear(). */
void disk_end(struct disk *d, const char *mnt);
void disk_clear(struct disk *d);

/* Apply event i to an image; with random set, each block with a chance. */
void disk_apply(const struct disk *d, char *image, size_t i, unsigned *random);

#endif

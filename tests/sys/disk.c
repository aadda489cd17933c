/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "disk.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <linux/fuse.h>
#include <linux/loop.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one file, in the one directory. */
#define FILE_NAME "disk"
#define FILE_NODE 2

#define WRITE_MAX     (128 * 1024)
#define REQUEST_BYTES (WRITE_MAX + 4096)

/* What a disk writes whole or not at all, at most. */
#define BLOCK 4096

/* --- the file ------------------------------------------------------------- */

struct service {
	int fd;
	char *image; /* as it is now */
	size_t size;
	struct disk_log *log;
};

static void
note(struct disk_log *log, off_t offset, const void *data, size_t size)
{
	struct disk_event *e = &log->events[log->n];

	if (log->n == DISK_EVENTS || size > DISK_BYTES - log->nbytes) {
		log->is_full = true;
		return;
	}
	e->offset = offset;
	e->size = size;
	e->data = log->nbytes;
	if (size > 0)
		memcpy(log->bytes + log->nbytes, data, size);
	log->nbytes += size;
	__atomic_add_fetch(&log->n, 1, __ATOMIC_RELEASE);
}

static void
reply(const struct service *v, const struct fuse_in_header *in, int error,
    const void *data, size_t len)
{
	struct fuse_out_header out = { .len = (uint32_t)(sizeof(out) + len),
		.error = -error,
		.unique = in->unique };
	struct iovec iov[2] = { { &out, sizeof(out) },
		{ (void *)(uintptr_t)data, len } };

	(void)!writev(v->fd, iov, len > 0 ? 2 : 1);
}

static struct fuse_attr
attributes(const struct service *v, uint64_t node)
{
	struct fuse_attr a = { .ino = node, .nlink = 1, .blksize = BLOCK };

	a.mode = node == FILE_NODE ? S_IFREG | 0600 : S_IFDIR | 0700;
	a.size = node == FILE_NODE ? v->size : 0;
	a.blocks = a.size / 512;
	return a;
}

static void
serve_init(const struct service *v, const struct fuse_in_header *in,
    const struct fuse_init_in *arg)
{
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = arg->max_readahead,
		.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES,
		.max_write = WRITE_MAX,
		.time_gran = 1 };

	reply(v, in, 0, &out, sizeof(out));
}

static void
serve_lookup(
    const struct service *v, const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = { .nodeid = FILE_NODE,
		.generation = 1,
		.entry_valid = 1000,
		.attr_valid = 1000,
		.attr = attributes(v, FILE_NODE) };

	if (strcmp(name, FILE_NAME) != 0)
		reply(v, in, ENOENT, NULL, 0);
	else
		reply(v, in, 0, &out, sizeof(out));
}

static void
serve_attributes(const struct service *v, const struct fuse_in_header *in)
{
	struct fuse_attr_out out = { .attr_valid = 1000,
		.attr = attributes(v, in->nodeid) };

	reply(v, in, 0, &out, sizeof(out));
}

static void
serve_open(const struct service *v, const struct fuse_in_header *in)
{
	struct fuse_open_out out = { .open_flags = FOPEN_DIRECT_IO };

	reply(v, in, 0, &out, sizeof(out));
}

static void
serve_read(const struct service *v, const struct fuse_in_header *in,
    const struct fuse_read_in *arg)
{
	size_t size = arg->size;

	if (arg->offset >= v->size)
		size = 0;
	else if (size > v->size - arg->offset)
		size = v->size - arg->offset;
	reply(v, in, 0, v->image + arg->offset, size);
}

static void
serve_write(const struct service *v, const struct fuse_in_header *in,
    const struct fuse_write_in *arg)
{
	struct fuse_write_out out = { .size = arg->size };
	const char *data = (const char *)(arg + 1);

	if (arg->offset > v->size || arg->size > v->size - arg->offset) {
		reply(v, in, ENOSPC, NULL, 0);
		return;
	}
	memcpy(v->image + arg->offset, data, arg->size);
	note(v->log, (off_t)arg->offset, data, arg->size);
	reply(v, in, 0, &out, sizeof(out));
}

static void
serve_statfs(const struct service *v, const struct fuse_in_header *in)
{
	struct fuse_statfs_out out = { .st = { .bsize = BLOCK } };

	reply(v, in, 0, &out, sizeof(out));
}

static void
serve_request(const struct service *v, const struct fuse_in_header *in)
{
	const void *arg = in + 1;

	switch (in->opcode) {
	case FUSE_INIT:
		serve_init(v, in, arg);
		return;
	case FUSE_LOOKUP:
		serve_lookup(v, in, arg);
		return;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		serve_attributes(v, in);
		return;
	case FUSE_OPEN:
		serve_open(v, in);
		return;
	case FUSE_READ:
		serve_read(v, in, arg);
		return;
	case FUSE_WRITE:
		serve_write(v, in, arg);
		return;
	case FUSE_FSYNC:
		note(v->log, 0, NULL, 0);
		reply(v, in, 0, NULL, 0);
		return;
	case FUSE_STATFS:
		serve_statfs(v, in);
		return;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_DESTROY:
		reply(v, in, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* nobody waits for these */
	default:
		reply(v, in, ENOSYS, NULL, 0);
	}
}

/*
 * The last process of a mount namespace takes it down when it ends: where that
 * is the one that serves a disk in it, it waits for itself, and all others that
 * sync(2) for it.  So it goes to where the process runs that runs the tests.
 */
static void
leave_mounts(pid_t runner)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/ns/mnt", (long)runner);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || setns(fd, CLONE_NEWNS) == -1)
		_exit(1);
	(void)close(fd);
}

static _Noreturn void
serve(const struct service *v)
{
	static _Alignas(struct fuse_in_header) char request[REQUEST_BYTES];
	ssize_t n;

	(void)signal(SIGINT, SIG_IGN);
	for (;;) {
		n = read(v->fd, request, sizeof(request));
		if (n == -1 && (errno == EINTR || errno == ENOENT))
			continue;
		if (n < (ssize_t)sizeof(struct fuse_in_header))
			_exit(0); /* it is not mounted any more */
		serve_request(v, (const void *)request);
	}
}

/* --- the disk ---------------------------------------------------------------
 */

/* An empty file system, in memory. */
static bool
make_image(struct disk *d, const char *mkfs)
{
	static const char path[] = "disk.image";
	char command[512];
	bool ok;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || ftruncate(fd, (off_t)d->size) == -1)
		return false;
	(void)snprintf(
	    command, sizeof(command), "%s %s >/dev/null 2>&1", mkfs, path);
	ok = system(command) == 0 &&
	    pread(fd, d->image, d->size, 0) == (ssize_t)d->size;
	(void)close(fd);
	(void)unlink(path);
	return ok;
}

static bool
mount_file(struct disk *d)
{
	const pid_t runner = getppid();
	struct service v = { .size = d->size, .log = d->log };
	char options[128];

	v.fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	(void)snprintf(options, sizeof(options),
	    "fd=%d,rootmode=40000,user_id=0,group_id=0", v.fd);
	if (v.fd == -1 || mkdir(d->dir, 0700) == -1 ||
	    mount("disk", d->dir, "fuse", MS_NOSUID | MS_NODEV, options) == -1)
		return false;
	if ((d->server = fork()) == 0) {
		v.image = malloc(d->size);
		if (v.image == NULL)
			_exit(1);
		memcpy(v.image, d->image, d->size);
		leave_mounts(runner);
		serve(&v);
	}
	(void)close(v.fd);
	return d->server != -1;
}

static int
take_free(int control, int file, char *device)
{
	const struct loop_config config = { .fd = (uint32_t)file,
		.info = { .lo_flags = LO_FLAGS_AUTOCLEAR } };
	int err, fd, n;

	if ((n = ioctl(control, LOOP_CTL_GET_FREE)) == -1)
		return -1;
	(void)snprintf(device, DISK_DEVICE_BYTES, "/dev/loop%d", n);
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd == -1 || ioctl(fd, LOOP_CONFIGURE, &config) == 0)
		return fd;
	err = errno;
	(void)close(fd);
	errno = err;
	return -1;
}

int
disk_attach(int file, char *device)
{
	int control, fd;

	if ((control = open("/dev/loop-control", O_RDWR | O_CLOEXEC)) == -1)
		return -1;
	/* Somebody may be quicker to take the one that is free. */
	do {
		fd = take_free(control, file, device);
	} while (fd == -1 && errno == EBUSY);
	(void)close(control);
	return fd;
}

/* Nobody has the file open then but the device: it would be served for ever. */
static bool
attach(struct disk *d)
{
	char path[256];
	int file;

	(void)snprintf(path, sizeof(path), "%s/" FILE_NAME, d->dir);
	if ((file = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return false;
	d->loop = disk_attach(file, d->device);
	(void)close(file);
	return d->loop != -1;
}

static void *
share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

bool
disk_begin(struct disk *d, size_t size, const char *mkfs, const char *type,
    const char *options, const char *dir, const char *mnt, const char **why)
{
	memset(d, 0, sizeof(*d));
	d->size = size;
	d->loop = -1;
	d->dir = dir;
	d->image = malloc(size);
	d->log = share(sizeof(*d->log));
	if (d->image == NULL || d->log == NULL)
		*why = "memory";
	else if (!make_image(d, mkfs))
		*why = mkfs;
	else if (!mount_file(d))
		*why = "FUSE";
	else if (!attach(d))
		*why = "loop devices";
	else if (mount(d->device, mnt, type, 0, options) == -1)
		*why = "a file system with these options";
	else
		return true;
	return false;
}

size_t
disk_now(const struct disk *d)
{
	return __atomic_load_n(&d->log->n, __ATOMIC_ACQUIRE);
}

void
disk_end(struct disk *d, const char *mnt)
{
	(void)umount(mnt);
	if (d->loop != -1)
		(void)close(d->loop);
	/* The loop device goes away some time later, and keeps the file. */
	(void)umount2(d->dir, MNT_DETACH);
	if (d->server > 0)
		(void)waitpid(d->server, NULL, 0);
	(void)rmdir(d->dir);
}

void
disk_clear(struct disk *d)
{
	free(d->image);
	if (d->log != NULL)
		(void)munmap(d->log, sizeof(*d->log));
}

void
disk_apply(const struct disk *d, char *image, size_t i, unsigned *random)
{
	const struct disk_event *e = &d->log->events[i];
	size_t at, n;

	for (at = 0; at < e->size; at += n) {
		n = e->size - at < BLOCK ? e->size - at : BLOCK;
		if (random != NULL && rand_r(random) % 2 == 0)
			continue;
		memcpy(image + e->offset + at, d->log->bytes + e->data + at, n);
	}
}

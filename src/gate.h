/* SPDX-License-Identifier: ISC */
/*
 * What the policy lets a client see of a directory tree.  Every name that
 * comes from outside or would be shown there goes through gate_name(), before
 * anybody looks whether there is such a thing: components of paths, names in
 * records, names in a directory.  What the name leads to goes through
 * gate_place().
 *
 * The account's home is known by its device and inode, so that it is found
 * whatever leads to it: links, `..', another mount of the same file system.
 */
#ifndef GATE_H
#define GATE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "defs.h"
#include "policy.h"

struct gate {
	const struct policy *policy; /* borrowed */
	dev_t dev;                   /* where the root is */
	bool knows_mount;
	uint64_t mount;  /* with knows_mount: the same, exactly */
	bool interrupts; /* calls may end at a signal where files are */
	enum policy_verdict verdict; /* of the last ERR_REFUSED */
	bool knows_home;             /* else every directory may be it */
	dev_t home_dev;
	ino_t home_ino;
	/* Not empty: there is no home yet, it would have this name there. */
	char home_name[NAME_BYTES_MAX + 1];
};

/* With neither home nor mounts known; dev is to be set. */
void gate_init(struct gate *g, const struct policy *policy);

/*
 * The root is open as fd, and stays so: which mount is it on?  Devices are
 * compared where the kernel does not tell, or it is no matter to the policy:
 * nobody pays a system call for that.
 */
void gate_know_mount(struct gate *g, int fd);

/*
 * The home is the directory st, or would be name in it.  One that is missing
 * must not be made by a client: it is where sshd looks for keys next time.
 */
void gate_set_home(struct gate *g, const struct stat *st, const char *name);

/*
 * May the client use this name in the directory dirfd, whether there is such a
 * thing or not?  0, or -1 with ERR_REFUSED.
 */
int gate_name(struct gate *g, int dirfd, const char *name) ATTR_USE;

/*
 * May it use this thing, *st of name in dirfd, or what is open as dirfd if the
 * name is empty?  0, or -1 with ERR_REFUSED.
 */
int gate_place(struct gate *g, int dirfd, const char *name,
    const struct stat *st) ATTR_USE;

/*
 * The same for what is open as fd.  A directory on another file system than
 * that of the root is asked for what calls there may do, see deadline.h.
 */
int gate_enter(struct gate *g, int fd, const struct stat *st) ATTR_USE;

/* Only that question, of the root. */
void gate_know_file_system(struct gate *g, int fd);

#endif

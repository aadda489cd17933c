/* SPDX-License-Identifier: ISC */
/*
 * Operations on one name in a directory that is open: a name from a record,
 * or one that was read there.  It is used only relative to the descriptor of
 * its directory and never followed (R-PATH-2).  Whether a client may use the
 * name is gate.h's to say.
 *
 * Descriptors are O_CLOEXEC; failures are -1 with errno.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <sys/stat.h>
#include <sys/types.h>

#include "defs.h"
#include "gate.h"

/*
 * Type and attributes of name in the directory dirfd; a link is not followed.
 */
int entry_stat(int dirfd, const char *name, struct stat *st) ATTR_USE;

/* 0 for a regular file; else -1 and the errno that says what it is. */
int entry_require_regular(const struct stat *st) ATTR_USE;

/*
 * Open a regular file for reading.  *st says what it is, as a walk, a listing
 * or entry_stat() has found, and is of the open file then.  Returns a
 * descriptor.  ELOOP for a link, EISDIR for a directory, ERR_NOT_REGULAR for
 * the rest.
 *
 * R-PATH-3: what was found before only spares pipes and devices an open(2).  It
 * may be old, and whoever is quick puts one in its place; but the flags neither
 * wait for the other end nor take a terminal, and the open file is asked again,
 * which decides.  An O_PATH descriptor would know no more: without /proc what
 * it stands for can only be opened by its name, too.
 *
 * Nothing is waited for but whoever has a lease on the file, as servers of NFS
 * and SMB do: to give that back they get two seconds, and then it is EAGAIN.
 */
int entry_open_file(int dirfd, const char *name, struct stat *st) ATTR_USE;

/*
 * Open a file for writing, in the same way; what it is the caller has to look
 * at, before and after.  It is not emptied.
 */
int entry_open_to_write(int dirfd, const char *name) ATTR_USE;

/* The text of a link, NUL-terminated.  Returns its length. */
ssize_t entry_read_link(
    int dirfd, const char *name, char *dst, size_t size) ATTR_USE;

/* Open a directory to read its names.  ENOTDIR for a link. */
int entry_open_dir(int dirfd, const char *name) ATTR_USE;

/*
 * Open a directory to put files into: for reading where that is allowed, else
 * O_PATH, which serves to create names but not to set attributes (EBADF).
 * ERR_REFUSED where gate_place() says so.
 */
int entry_enter_dir(
    struct gate *g, int dirfd, const char *name, struct stat *st) ATTR_USE;

/* Make a directory; the kernel applies the umask. */
int entry_make_dir(int dirfd, const char *name, mode_t mode) ATTR_USE;

/*
 * Set the mode of a directory that was entered.  EBADF where it is O_PATH: the
 * fchmod(3) of some libcs then tries by way of /proc, which no filter allows.
 */
int entry_set_mode(int fd, mode_t mode);

/* Could names be made and removed in the directory?  0 if so. */
int entry_may_change(int dirfd) ATTR_USE;

#endif

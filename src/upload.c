/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "upload.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <linux/falloc.h>
#include <linux/magic.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "attributes.h"
#include "entry.h"
#include "errors.h"
#include "inplace.h"
#include "version.h"

/* Files of so many bytes are worth a look at the free space. */
#define SPACE_ASKED 65536

/* The name goes away and comes again under our hands so often at most. */
#define VERSION_TRIES 100

/* Not in every <linux/magic.h>. */
#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

static void
close_fd(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

void
uploads_init(struct uploads *all, const struct policy *policy)
{
	memset(all, 0, sizeof(*all));
	all->policy = policy;
	durable_init(&all->durable);
}

int
uploads_end(struct uploads *all)
{
	return durable_now(&all->durable);
}

void
upload_init(struct upload *u, struct uploads *all)
{
	u->all = all;
	u->dirfd = u->old = -1;
	u->lost = 0;
	u->has_times = u->in_place = u->was_there = false;
	u->exists = u->replaces = false;
	u->no_space[0] = '\0';
	u->new_owner = false;
	u->stays_writable = false;
	temp_init(&u->temp);
}

static bool
keeps_versions(const struct upload *u)
{
	return u->all->policy->overwrite == POLICY_OVERWRITE_VERSION;
}

/* Open the old file as scp itself would have had to (R-FILE-3). */
static int
open_old(struct upload *u)
{
	u->old = entry_open_to_write(u->dirfd, u->name);
	if (u->old == -1)
		return -1;
	if (fstat(u->old, &u->old_st) == 0) {
		if (S_ISREG(u->old_st.st_mode))
			return 0;
		errno = ERR_NOT_REGULAR;
	}
	close_fd(&u->old);
	return -1;
}

/* The type of what has the name: 0 for a regular file or for none. */
static int
require_replaceable(const struct upload *u, struct stat *st, bool *exists)
{
	*exists = entry_stat(u->dirfd, u->name, st) == 0;
	if (!*exists)
		return errno == ENOENT ? 0 : -1;
	return entry_require_regular(st);
}

int
upload_look(struct upload *u, int dirfd, const char *name)
{
	u->dirfd = dirfd;
	u->name = name;
	return require_replaceable(u, &u->old_st, &u->exists);
}

int
upload_open(struct upload *u, mode_t *old_mode)
{
	if (u->exists && open_old(u) == -1)
		return -1;
	u->replaces = u->exists;
	*old_mode = u->exists ? u->old_st.st_mode & 07777 : POLICY_MODE_UNSET;
	return 0;
}

static bool
goes_beside(const struct upload *u)
{
	return policy_is_atomic(u->all->policy);
}

/* What a file has on the disk, which holes do not. */
static off_t
room_of(const struct stat *st)
{
	off_t room = (off_t)st->st_blocks * 512;

	return room < st->st_size ? room : st->st_size;
}

/* A file without data takes some as well, unless it is there. */
static off_t
needed(const struct upload *u, off_t size)
{
	if (!goes_beside(u) && u->old != -1)
		return size - room_of(&u->old_st);
	return size > 0 ? size : 1;
}

/* Small files may try: to ask would cost each of them a system call. */
static bool
fits(struct upload *u, off_t announced)
{
	const struct policy *policy = u->all->policy;
	off_t size = needed(u, announced);

	if (size < SPACE_ASKED && !space_is_limited(&policy->min_free))
		return true;
	return space_suffices(u->dirfd, &policy->min_free, size, u->no_space);
}

/*
 * In a sticky directory of somebody else's only the owner of a file may
 * replace it: better said now than after the data (R-WIRE-5).
 */
static int
check_sticky(const struct upload *u, uid_t self)
{
	struct stat dir;

	if (u->old == -1 || self == 0 || u->old_st.st_uid == self)
		return 0;
	if (fstat(u->dirfd, &dir) == -1)
		return -1;
	if ((dir.st_mode & S_ISVTX) == 0 || dir.st_uid == self)
		return 0;
	errno = EACCES;
	return -1;
}

static void
plan_mode(struct upload *u, struct policy_mode mode)
{
	/* The kernel's own work: umask or default ACL, see policy.h. */
	u->created = u->temp.st.st_mode & 07777;
	u->keeps_mode = mode.rule == POLICY_MODE_KEPT;
	u->mode = u->created & 0777 & ~(~mode.bits & S_IWUSR);
	if (mode.rule != POLICY_MODE_CREATED)
		u->mode = mode.bits;
}

/* May errors of writing come only at close(2), see durable.h? */
static bool
tells_late(int fd)
{
	static const unsigned long prompt[] = { EXT4_SUPER_MAGIC,
		XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
		TMPFS_MAGIC };
	struct statfs st;
	size_t i;

	if (fstatfs(fd, &st) == -1)
		return true;
	for (i = 0; i < LENGTH(prompt); i++) {
		if ((unsigned long)st.f_type == prompt[i])
			return false;
	}
	return true;
}

static void
know_file_system(struct uploads *all, const struct temp *t)
{
	if (all->dev == t->st.st_dev)
		return;
	all->tells_late = tells_late(t->fd);
	all->exchanges = false;
	all->dev = t->st.st_dev;
}

/* Better said now than after the data (R-WIRE-5). */
static int
check_version(struct upload *u)
{
	if (!keeps_versions(u) || u->old == -1)
		return 0;
	if (version_check(u->dirfd, u->name) == -1)
		return -1;
	if (u->all->exchanges)
		return 0;
	if (version_probe(&u->temp, &u->all->names) == -1)
		return -1;
	u->all->exchanges = true;
	return 0;
}

/* What a smaller file lacks is told soon enough behind its data. */
#define RESERVE_MIN (1 << 20)

/*
 * A full disk or a quota, told before the data (R-WIRE-5).  No more than
 * SPACE_STEP, for a size is only a word of the client's (R-RES-1).  What else
 * fails is no reason to refuse.
 */
static int
reserve(const struct upload *u, off_t size)
{
	off_t most = size < SPACE_STEP ? size : SPACE_STEP;

	if (size < (u->all->reserves ? 1 : RESERVE_MIN) ||
	    fallocate(u->temp.fd, FALLOC_FL_KEEP_SIZE, 0, most) == 0)
		return 0;
	return errno == ENOSPC || errno == EDQUOT ? -1 : 0;
}

static int
begin_beside(struct upload *u, struct policy_mode mode, off_t size)
{
	mode_t bits = mode.bits & 0777;

	/* Whom the old file shut out must not read the new one either. */
	if (u->old != -1)
		bits &= S_IRWXU;
	if (temp_create(&u->temp, &u->all->names, u->dirfd, bits) == -1)
		return -1;
	know_file_system(u->all, &u->temp);
	if (check_sticky(u, u->temp.st.st_uid) == -1 || check_version(u) == -1)
		return -1;
	return reserve(u, size);
}

static int
begin_named(struct upload *u, struct policy_mode mode, off_t size)
{
	if (temp_create_named(&u->temp, u->dirfd, u->name, mode.bits & 0777) ==
	    -1)
		return -1;
	return reserve(u, size);
}

/* Nothing is reserved: what the old file had is gone before, and is room. */
static int
begin_in_place(struct upload *u, struct policy_mode mode)
{
	const struct inplace_wish wish = { mode, u->has_times };
	struct temp *t = &u->temp;

	u->was_there = true;
	if (inplace_take(t, u->old, &u->old_st, &wish) == -1)
		return -1;
	close_fd(&u->old);
	t->dirfd = u->dirfd;
	memcpy(t->name, u->name, strlen(u->name) + 1);
	return 0;
}

int
upload_foresee(struct upload *u, struct policy_mode mode, off_t size)
{
	const struct inplace_wish wish = { mode, u->has_times };
	bool needs_name = u->old == -1 || goes_beside(u);

	if (!fits(u, size)) {
		errno = ENOSPC;
		return -1;
	}
	if (needs_name && entry_may_change(u->dirfd) == -1)
		return -1;
	if (!goes_beside(u))
		return u->old == -1 ? 0 : inplace_foresee(&u->old_st, &wish);
	if (check_sticky(u, geteuid()) == -1)
		return -1;
	if (!keeps_versions(u) || u->old == -1)
		return 0;
	return version_check(u->dirfd, u->name);
}

const char *
upload_reason(const struct upload *u, int err)
{
	if (err == ENOSPC && u->no_space[0] != '\0')
		return u->no_space;
	if (err == EACCES && u->replaces)
		return "directory not writable: cannot replace atomically";
	return errors_text(err);
}

int
upload_begin(struct upload *u, struct policy_mode mode, off_t size)
{
	int ret;

	if (!fits(u, size)) {
		close_fd(&u->old);
		errno = ENOSPC;
		return -1;
	}
	u->in_place = !goes_beside(u);
	if (!u->in_place)
		ret = begin_beside(u, mode, size);
	else if (u->old == -1)
		ret = begin_named(u, mode, size);
	else
		ret = begin_in_place(u, mode);
	if (ret == -1) {
		upload_abort(u);
		return -1;
	}
	know_file_system(u->all, &u->temp);
	plan_mode(u, mode);
	return 0;
}

/* A file without its name is its owner's to write to (temp.h). */
static mode_t
mode_meanwhile(const struct upload *u)
{
	return u->in_place ? u->mode : u->mode | S_IWUSR;
}

/*
 * Its owner may have shut others out while the data came.  One that cannot be
 * asked any more, as where another client of a server has replaced it (ESTALE),
 * is taken for what it was.
 */
static void
look_again(struct upload *u)
{
	struct stat st;

	if (fstat(u->old, &st) == -1)
		return;
	u->old_st = st;
	if (u->keeps_mode)
		u->mode = st.st_mode & 0777;
}

/*
 * A file system with one mode and one owner for all (CIFS, FAT) may refuse to
 * set even what a file has.
 */
static int
set_mode(int fd, mode_t mode)
{
	struct stat st;
	int error;

	if (fchmod(fd, mode) == 0)
		return 0;
	error = errno;
	if (fstat(fd, &st) == 0 && (st.st_mode & 07777) == mode)
		return 0;
	errno = error;
	return -1;
}

/* Mode and, of a file that is replaced, what else is kept (R-FILE-3). */
static int
set_attributes(struct upload *u)
{
	if (u->old != -1) {
		look_again(u);
		u->lost =
		    attributes_copy(u->old, &u->old_st, u->temp.fd, &u->mode);
		/* Where this account could write to somebody else's file. */
		u->new_owner = u->old_st.st_uid != u->temp.st.st_uid;
	} else if (mode_meanwhile(u) == u->created) {
		return 0;
	}
	return set_mode(u->temp.fd, mode_meanwhile(u));
}

/*
 * Its name holds the new file already, and a failure would say that it holds
 * the old one.
 */
static void
finish_mode(struct upload *u)
{
	if (mode_meanwhile(u) == u->mode || fchmod(u->temp.fd, u->mode) == 0)
		return;
	u->stays_writable = true;
	u->mode = mode_meanwhile(u);
}

static int
flush_data(const struct upload *u)
{
	if (u->all->policy->sync == POLICY_SYNC_FILE)
		return durable_file(u->temp.fd);
	return u->all->tells_late ? durable_heard(u->temp.fd) : 0;
}

/* Keep what has the name, if anything, as a version; it may go, or come. */
static int
name_version(struct upload *u, bool exists)
{
	unsigned keep = u->all->policy->keep_versions;
	int tries;

	for (tries = 0; tries < VERSION_TRIES; tries++) {
		if (exists && version_replace(&u->temp, u->name, keep) == 0)
			return 0;
		if (exists && errno != ENOENT)
			return -1;
		if (temp_rename(&u->temp, u->name, TEMP_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
		exists = true;
	}
	return -1;
}

/*
 * Something had the name at the beginning or a moment ago, and may be gone by
 * now and come again; or knows_flags is false, and this file system could not
 * be asked at once.
 */
static int
name_over(struct upload *u, bool knows_flags)
{
	enum policy_overwrite overwrite = u->all->policy->overwrite;
	unsigned flags = knows_flags ? TEMP_NOREPLACE : 0;
	struct stat st;
	bool exists;

	if (require_replaceable(u, &st, &exists) == -1)
		return -1;
	switch (overwrite) {
	case POLICY_OVERWRITE_YES:
		flags = 0;
		break;
	case POLICY_OVERWRITE_NO:
		if (!exists)
			break;
		errno = EEXIST;
		return -1;
	case POLICY_OVERWRITE_VERSION:
		if (exists || knows_flags)
			return name_version(u, exists);
		break;
	}
	return temp_rename(&u->temp, u->name, flags);
}

static int
give_name(struct upload *u)
{
	bool knows_flags = true;

	if (!temp_has_its_name(&u->temp)) {
		errno = ENOENT;
		return -1;
	}
	if (u->in_place)
		return 0;
	if (u->old == -1) {
		if (temp_rename(&u->temp, u->name, TEMP_NOREPLACE) == 0)
			return 0;
		/* EINVAL: this file system does not know the flag. */
		if (errno != EEXIST && errno != EINVAL)
			return -1;
		knows_flags = errno == EEXIST;
	}
	return name_over(u, knows_flags);
}

/* What comes behind the name: mode, directory, or for later. */
static int
settle(struct upload *u)
{
	struct uploads *all = u->all;

	finish_mode(u);
	switch (all->policy->sync) {
	case POLICY_SYNC_NO:
		break;
	case POLICY_SYNC_SESSION:
		return durable_later(
		    &all->durable, u->temp.fd, u->temp.st.st_dev);
	case POLICY_SYNC_FILE:
		if (mode_meanwhile(u) != u->mode &&
		    durable_file(u->temp.fd) == -1)
			return -1;
		if (!u->was_there)
			return durable_directory(u->dirfd, u->temp.fd);
		break;
	}
	return 0;
}

int
upload_commit(struct upload *u, const struct timespec times[2])
{
	if (set_attributes(u) == -1)
		return -1;
	if (times != NULL && futimens(u->temp.fd, times) == -1)
		return -1;
	if (flush_data(u) == -1 || give_name(u) == -1 || settle(u) == -1)
		return -1;
	temp_close(&u->temp);
	close_fd(&u->old);
	return 0;
}

void
upload_abort(struct upload *u)
{
	if (u->was_there)
		temp_close(&u->temp);
	else
		temp_discard(&u->temp);
	close_fd(&u->old);
}

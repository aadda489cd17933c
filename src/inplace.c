/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "inplace.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "errors.h"
#include "filter-tables.h"

static int
require_one_link(const struct stat *st)
{
	if (st->st_nlink == 1)
		return 0;
	errno = ERR_SEVERAL_NAMES;
	return -1;
}

/*
 * Is it to be set?  Also where it is the same: the kernel takes set-id bits
 * away from what is written to.
 */
static bool
sets_mode(const struct stat *st, const struct inplace_wish *wish)
{
	const mode_t bits = wish->mode.bits;

	return wish->mode.rule != POLICY_MODE_KEPT &&
	    ((st->st_mode & 07777) != bits || bits > 0777);
}

/* Others with it must wait.  Where there are no locks none is asked for. */
static int
lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	errno = ERR_LOCKED;
	return -1;
}

/*
 * Whom the new mode shuts out must not read the new data meanwhile; and who
 * may not set it hears of that before them (R-WIRE-5).
 */
static int
narrow(int fd, const struct stat *st, const struct inplace_wish *wish)
{
	if (!sets_mode(st, wish))
		return 0;
	return fchmod(fd, st->st_mode & 07777 & wish->mode.bits);
}

/* May its times be set?  Those that it has are (R-WIRE-5). */
static int
try_times(int fd, const struct stat *st, const struct inplace_wish *wish)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	return wish->has_times ? futimens(fd, times) : 0;
}

int
inplace_take(struct temp *t, int old, const struct stat *st,
    const struct inplace_wish *wish)
{
	if (require_one_link(st) == -1 || lock(old) == -1)
		return -1;
	t->fd = fcntl(old, F_DUPFD_CLOEXEC, FILTER_IN_PLACE_FD);
	if (t->fd == -1 || try_times(old, st, wish) == -1 ||
	    narrow(old, st, wish) == -1 || ftruncate(t->fd, 0) == -1)
		return -1;
	t->st = *st;
	/* To be set again where they are wanted; else no matter. */
	t->st.st_mode &= ~(mode_t)07000;
	return 0;
}

int
inplace_foresee(const struct stat *st, const struct inplace_wish *wish)
{
	uid_t self = geteuid();

	if (require_one_link(st) == -1)
		return -1;
	if (self == 0 || st->st_uid == self ||
	    (!wish->has_times && !sets_mode(st, wish)))
		return 0;
	errno = EPERM;
	return -1;
}

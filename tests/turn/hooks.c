/* SPDX-License-Identifier: ISC */
/*
 * What stands between the program and the kernel in an arena: the linker puts
 * __wrap_f() where f() is called, and __real_f() is f().
 */
#include "config.h"

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"

/* No session of these sizes has more to say. */
#define OUTPUT_MAX ((size_t)64 << 20)

static struct {
	const struct arena_client *client; /* NULL: no session */
	bool is_source;                    /* which changes nothing */
	const char *bytes;                 /* said and not yet read */
	size_t len;
	bool ended;
	char *out;
	size_t outlen;
	size_t outroom;
	enum arena_call call; /* to be failed */
	unsigned left;
	int error;
	bool failed;
	bool named;    /* something was renamed before that */
	bool is_armed; /* the alarm that interrupts */
	bool is_idle;  /* the client, this time */
	time_t idled;
} hooks;

volatile int hooks_stop;

void
hooks_begin(const struct arena_client *client, bool is_source)
{
	hooks.client = client;
	hooks.is_source = is_source;
	hooks.len = hooks.outlen = 0;
	hooks.ended = hooks.failed = hooks.is_armed = hooks.is_idle = false;
	hooks.call = ARENA_NONE;
	hooks_stop = 0;
}

void
hooks_end(void)
{
	hooks.client = NULL;
	hooks.call = ARENA_NONE;
}

void
arena_stop(void)
{
	hooks_stop = 1;
}

void
arena_idle(void)
{
	hooks.is_idle = true;
	hooks.idled += ARENA_SECONDS + 1;
}

void
arena_fail(enum arena_call call, unsigned n, int error)
{
	hooks.call = call;
	hooks.left = n;
	hooks.error = error;
	hooks.failed = hooks.named = false;
}

bool
arena_has_failed(void)
{
	return hooks.failed;
}

bool
arena_has_failed_behind_name(void)
{
	return hooks.failed && hooks.named;
}

const char *
arena_output(size_t *len)
{
	*len = hooks.outlen;
	return hooks.out == NULL ? "" : hooks.out;
}

/* Is it this call that is to fail?  Then with errno. */
static bool
fails(enum arena_call call)
{
	if (hooks.client != NULL && hooks.is_source && call != ARENA_READ &&
	    call != ARENA_OPEN)
		arena_die(
		    "a source that changes something: call %d", (int)call);
	if (hooks.client == NULL || hooks.call == ARENA_NONE ||
	    (hooks.call != call && hooks.call != ARENA_ANY) || --hooks.left > 0)
		return false;
	hooks.call = ARENA_NONE;
	hooks.failed = true;
	errno = hooks.error;
	return true;
}

/* --- the alarm --------------------------------------------------------- */

int __wrap_setitimer(
    int which, const struct itimerval *timer, struct itimerval *old);

int
__wrap_setitimer(
    int which, const struct itimerval *timer, struct itimerval *old)
{
	(void)which;
	(void)old;
	hooks.is_armed = timerisset(&timer->it_value);
	return 0;
}

/* What waits for the client is interrupted, and nothing else is. */
static void
require_alarm(bool wanted, const char *call)
{
	if (hooks.client != NULL && hooks.is_armed != wanted)
		arena_die(
		    "%s may %sbe interrupted", call, wanted ? "not " : "");
}

/* --- the time ------------------------------------------------------------ */

/*
 * The time of day is set all the while, forth and back, by more than a session
 * may take.  None may notice.
 */
static time_t
step(void)
{
	static bool is_ahead;

	is_ahead = !is_ahead;
	if (hooks.client == NULL)
		return 0;
	return is_ahead ? 2 * ARENA_SECONDS : -2 * ARENA_SECONDS;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
time_t __real_time(time_t *now);
time_t __wrap_time(time_t *now);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int ret = __real_clock_gettime(clock, now);

	now->tv_sec += clock == CLOCK_MONOTONIC ? hooks.idled : step();
	return ret;
}

time_t
__wrap_time(time_t *now)
{
	time_t t = __real_time(now) + step();

	if (now != NULL)
		*now = t;
	return t;
}

/* --- the ends ---------------------------------------------------------- */

ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __real_write(int fd, const void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size);
ssize_t __real_pread(int fd, void *buf, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset);
int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask);
ssize_t __real_splice(int in, off64_t *in_offset, int out, off64_t *out_offset,
    size_t size, unsigned flags);
ssize_t __wrap_splice(int in, off64_t *in_offset, int out, off64_t *out_offset,
    size_t size, unsigned flags);
ssize_t __real_sendfile(int out, int in, off_t *offset, size_t size);
ssize_t __wrap_sendfile(int out, int in, off_t *offset, size_t size);

static void
listen_to_client(void)
{
	if (hooks.len > 0 || hooks.ended)
		return;
	arena_watch_memory();
	hooks.len = hooks.client->speak(hooks.client->arg, &hooks.bytes);
	hooks.ended = hooks.len == 0 && !hooks.is_idle;
}

/* By the signal, or by the alarm that finds the client idle. */
static bool
is_interrupted(void)
{
	bool interrupted = hooks_stop || hooks.is_idle;

	hooks.is_idle = false;
	if (interrupted)
		errno = EINTR;
	return interrupted;
}

ssize_t
__wrap_read(int fd, void *buf, size_t size)
{
	if (fd != ARENA_IN)
		return __real_read(fd, buf, size);
	require_alarm(true, "read");
	listen_to_client();
	if (is_interrupted())
		return -1;
	if (size > hooks.len)
		size = hooks.len;
	memcpy(buf, hooks.bytes, size);
	hooks.bytes += size;
	hooks.len -= size;
	return (ssize_t)size;
}

ssize_t
__wrap_write(int fd, const void *buf, size_t size)
{
	if (fd != ARENA_OUT)
		return fails(ARENA_WRITE) ? -1 : __real_write(fd, buf, size);
	require_alarm(true, "write");
	if (size > OUTPUT_MAX - hooks.outlen)
		arena_die("output without end");
	if (hooks.outlen + size > hooks.outroom) {
		hooks.outroom = 2 * (hooks.outlen + size);
		hooks.out = realloc(hooks.out, hooks.outroom);
		arena_require(hooks.out != NULL, "out of memory");
	}
	memcpy(hooks.out + hooks.outlen, buf, size);
	hooks.outlen += size;
	return (ssize_t)size;
}

ssize_t
__wrap_pread(int fd, void *buf, size_t size, off_t offset)
{
	return fails(ARENA_READ) ? -1 : __real_pread(fd, buf, size, offset);
}

int
__wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask)
{
	bool looks =
	    timeout != NULL && timeout->tv_sec == 0 && timeout->tv_nsec == 0;

	if (hooks.client == NULL)
		return __real_ppoll(fds, n, timeout, mask);
	if (!looks)
		require_alarm(true, "ppoll");
	fds->revents = 0;
	if (fds->fd == ARENA_IN && !looks)
		listen_to_client();
	if (!looks && is_interrupted())
		return -1;
	if (fds->fd == ARENA_OUT)
		fds->revents = fds->events & POLLOUT;
	else if (fds->fd == ARENA_IN && hooks.len > 0)
		fds->revents = fds->events & POLLIN;
	else if (fds->fd == ARENA_IN && hooks.ended)
		fds->revents = POLLHUP;
	return fds->revents != 0;
}

ssize_t
__wrap_splice(int in, off64_t *in_offset, int out, off64_t *out_offset,
    size_t size, unsigned flags)
{
	if (in != ARENA_IN && out != ARENA_OUT)
		return __real_splice(
		    in, in_offset, out, out_offset, size, flags);
	errno = EINVAL;
	return -1;
}

ssize_t
__wrap_sendfile(int out, int in, off_t *offset, size_t size)
{
	if (out != ARENA_OUT)
		return __real_sendfile(out, in, offset, size);
	errno = EINVAL;
	return -1;
}

/* --- names ------------------------------------------------------------- */

int __real_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...);
int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
int __real_unlinkat(int dirfd, const char *name, int flags);
int __wrap_unlinkat(int dirfd, const char *name, int flags);
int __real_fstatat(int dirfd, const char *name, struct stat *st, int flags);
int __wrap_fstatat(int dirfd, const char *name, struct stat *st, int flags);
ssize_t __real_readlinkat(int dirfd, const char *name, char *dst, size_t size);
ssize_t __wrap_readlinkat(int dirfd, const char *name, char *dst, size_t size);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_futimens(int fd, const struct timespec times[2]);
int __wrap_futimens(int fd, const struct timespec times[2]);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);

/* A session may name one thing in a directory that is open, or itself. */
static void
look_at(const char *call, int dirfd, const char *name)
{
	if (hooks.client == NULL)
		return;
	require_alarm(false, call);
	if (dirfd == AT_FDCWD || strchr(name, '/') != NULL ||
	    strcmp(name, "..") == 0)
		arena_die("%s(%d, \"%s\")", call, dirfd, name);
}

int
__wrap_openat(int dirfd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	look_at("openat", dirfd, name);
	if (hooks.client != NULL &&
	    (flags & (O_NOFOLLOW | O_CLOEXEC)) != (O_NOFOLLOW | O_CLOEXEC))
		arena_die("openat(\"%s\", %#x) follows", name, (unsigned)flags);
	if (hooks.client != NULL && hooks.is_source &&
	    (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != O_RDONLY)
		arena_die("openat(\"%s\", %#x) writes", name, (unsigned)flags);
	if (fails(ARENA_OPEN))
		return -1;
	return __real_openat(dirfd, name, flags, mode);
}

int
__wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	look_at("mkdirat", dirfd, name);
	return fails(ARENA_MKDIR) ? -1 : __real_mkdirat(dirfd, name, mode);
}

int
__wrap_unlinkat(int dirfd, const char *name, int flags)
{
	look_at("unlinkat", dirfd, name);
	if (hooks.client != NULL && hooks.is_source)
		arena_die("unlinkat(\"%s\")", name);
	return __real_unlinkat(dirfd, name, flags);
}

int
__wrap_fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
	look_at("fstatat", dirfd, name);
	if (hooks.client != NULL && (flags & AT_SYMLINK_NOFOLLOW) == 0)
		arena_die("fstatat(\"%s\") follows", name);
	return __real_fstatat(dirfd, name, st, flags);
}

ssize_t
__wrap_readlinkat(int dirfd, const char *name, char *dst, size_t size)
{
	look_at("readlinkat", dirfd, name);
	return __real_readlinkat(dirfd, name, dst, size);
}

static int
rename_at(va_list ap)
{
	int fromdir = va_arg(ap, int);
	const char *from = va_arg(ap, const char *);
	int todir = va_arg(ap, int);
	const char *to = va_arg(ap, const char *);
	unsigned flags = va_arg(ap, unsigned);

	look_at("renameat2", fromdir, from);
	look_at("renameat2", todir, to);
	if (fails(ARENA_RENAME) ||
	    __real_syscall(SYS_renameat2, fromdir, from, todir, to, flags) ==
		-1)
		return -1;
	hooks.named = hooks.named || !hooks.failed;
	return 0;
}

static int
set_mode(va_list ap)
{
	int fd = va_arg(ap, int);
	mode_t mode = va_arg(ap, mode_t);

	return fchmod(fd, mode);
}

static int
tell_time(va_list ap)
{
	clockid_t clock = va_arg(ap, clockid_t);

	return clock_gettime(clock, va_arg(ap, struct timespec *));
}

/* Calls that not every libc has a function for, or not one like it. */
long
__wrap_syscall(long number, ...)
{
	long ret = -1;
	va_list ap;

	va_start(ap, number);
	if (number == SYS_renameat2)
		ret = rename_at(ap);
	else if (number == SYS_fchmod)
		ret = set_mode(ap);
	else if (number == SYS_clock_gettime)
		ret = tell_time(ap);
	else if (number == SYS_statx) /* nothing here has flags */
		errno = ENOSYS;
	else
		arena_die("system call %ld", number);
	va_end(ap);
	return ret;
}

int
__wrap_futimens(int fd, const struct timespec times[2])
{
	require_alarm(false, "futimens");
	return fails(ARENA_TIMES) ? -1 : __real_futimens(fd, times);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	require_alarm(false, "fchmod");
	return fails(ARENA_MODE) ? -1 : __real_fchmod(fd, mode);
}

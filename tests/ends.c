/* SPDX-License-Identifier: ISC */
/* Its inline functions would have the names of ours. */
#undef _FORTIFY_SOURCE

#include "config.h"

#include "ends.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <check.h>
#include <poll.h>

#include "clock.h"
#include "scratch.h"

volatile sig_atomic_t stop;
struct stream stream;
int to[2];
int from[2];

int counted_fd = -1;
int writes;
int bounded_fd = -1;
size_t bound;
bool write_fails;
bool stops_writer;

ssize_t
write(int fd, const void *buf, size_t len)
{
	if (write_fails && fd == from[1]) {
		write_fails = false;
		errno = EIO;
		return -1;
	}
	if (stops_writer && fd == from[1])
		stop = 1;
	writes += fd == counted_fd;
	if (fd != bounded_fd)
		return syscall(SYS_write, fd, buf, len);
	len = len < bound ? len : bound;
	bound -= len;
	return len == 0 ? 0 : syscall(SYS_write, fd, buf, len);
}

int slow_fd = -1;
int64_t slowness, skew;
size_t asked;
bool stops_reader;

int64_t
clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * CLOCK_SECOND + now.tv_nsec + skew;
}

ssize_t
read(int fd, void *buf, size_t len)
{
	static bool was_interrupted;

	asked = len;
	if (stops_reader)
		stop = 1;
	if (fd != slow_fd)
		return syscall(SYS_read, fd, buf, len);
	was_interrupted = !was_interrupted;
	if (!was_interrupted)
		return syscall(SYS_read, fd, buf, len < 1 ? len : 1);
	skew += slowness;
	errno = EINTR;
	return -1;
}

int pauses;
int pause_error;
bool pause_stops;
int wait_error;

int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask);

int
__wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask)
{
	if (fds->fd != -1 && wait_error != 0) {
		errno = wait_error;
		wait_error = 0;
		return -1;
	}
	if (fds->fd != -1)
		return __real_ppoll(fds, n, timeout, mask);
	pauses++;
	stop |= pause_stops;
	errno = pause_error;
	pause_error = 0;
	if (errno != 0)
		return -1;
	skew += timeout->tv_sec * CLOCK_SECOND + timeout->tv_nsec;
	return 0;
}

static void
open_pair(enum kind kind, int pair[2])
{
	scratch_file("stream", "", 0600);
	if (kind == PIPE) {
		ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	} else if (kind == SOCKET) {
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
		    0);
	} else {
		pair[0] = open("stream", O_RDONLY | O_CLOEXEC);
		pair[1] = open("stream", O_WRONLY | O_CLOEXEC);
	}
	ck_assert_int_ne(pair[0], -1);
	ck_assert_int_ne(pair[1], -1);
}

void
ends_open(enum kind in, enum kind out)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	open_pair(in, to);
	open_pair(out, from);
	stop = 0;
	stream_open(&stream, to[0], from[1], &stop);
}

void
say(const char *text, size_t len)
{
	ck_assert_int_eq(write(to[1], text, len), (ssize_t)len);
}

void
hang_up(void)
{
	ck_assert_int_eq(close(to[1]), 0);
}

void
fill_pattern(char *buf, size_t n, off_t at)
{
	size_t i;
	off_t p;

	for (i = 0; i < n; i++) {
		p = at + (off_t)i;
		buf[i] = (char)(p * 7 + (p >> 8) * 13 + (p >> 16) * 5 + 1);
	}
}

void
write_pattern(int fd, off_t size, size_t chunk)
{
	static char buf[1 << 16];
	off_t at;
	size_t n;

	for (at = 0; at < size; at += (off_t)n) {
		n = chunk;
		if ((off_t)n > size - at)
			n = (size_t)(size - at);
		fill_pattern(buf, n, at);
		if (write(fd, buf, n) != (ssize_t)n)
			_exit(1);
	}
}

bool
is_pattern(int fd, off_t size, off_t zeros)
{
	static char buf[1 << 16], want[1 << 16];
	off_t at = 0;
	size_t known;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		memset(want, 0, sizeof(want));
		known = at < size ? (size_t)(size - at) : 0;
		fill_pattern(want, known < (size_t)n ? known : (size_t)n, at);
		if (memcmp(buf, want, (size_t)n) != 0)
			return false;
		at += n;
	}
	return n == 0 && at == size + zeros;
}

void
die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

pid_t
send_file(off_t size, size_t chunk)
{
	pid_t pid;

	if (lseek(to[1], 0, SEEK_CUR) != -1) {
		say("line\n", 5);
		write_pattern(to[1], size, chunk);
		say("", 1);
		return -1;
	}
	ck_assert_int_ne(pid = fork(), -1);
	if (pid != 0) {
		hang_up();
		return pid;
	}
	die_with_parent();
	(void)close(to[0]);
	if (write(to[1], "line\n", 5) != 5)
		_exit(1);
	write_pattern(to[1], size, chunk);
	_exit(write(to[1], "", 1) == 1 ? 0 : 1);
}

void
hold_for_nobody(bool gone)
{
	static char held[60000];

	ck_assert_int_eq(stream_hold(&stream), 0);
	ck_assert_int_eq(stream_write(&stream, held, sizeof(held)), 0);
	/* What follows could be written, if that is no matter. */
	if (gone)
		ck_assert_int_eq(close(from[0]), 0);
	else
		write_fails = true;
	errno = 0;
}

void
expect_byte(int want)
{
	unsigned char c = 0xff;

	ck_assert_int_eq(stream_byte(&stream, &c), 1);
	ck_assert_int_eq(c, want);
}

void
expect_end(void)
{
	unsigned char c;

	ck_assert_int_eq(stream_peek(&stream, &c), 0);
	ck_assert_int_eq(stream_byte(&stream, &c), 0);
}

void
expect_line(const char *want)
{
	const char *line;
	size_t len;

	ck_assert_int_eq(stream_line(&stream, 100, &line, &len), 1);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_mem_eq(line, want, len);
}

void
on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

void
on_tick(int sig)
{
	(void)sig;
}

void
signals(void (*handler)(int), int first_ms, int every_ms)
{
	struct sigaction sa = { .sa_handler = handler };
	struct itimerval timer = { { 0, every_ms * 1000 },
		{ 0, first_ms * 1000 } };

	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

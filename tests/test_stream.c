/* SPDX-License-Identifier: ISC */
/* The connection's two ends: lines, and files by splice(2) and without. */
/* Its inline functions would have the names of ours. */
#undef _FORTIFY_SOURCE

#include "config.h"

#include "stream.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <check.h>
#include <poll.h>
#include <sched.h>

#include "clock.h"
#include "scratch.h"

/* As in stream.c: the buffer, and what splice(2) is used from. */
#define BUFFER    65536 /* what is held back */
#define IN_BUFFER 32768 /* what is read at once */

static volatile sig_atomic_t stop;
static struct stream s;
static int to[2];   /* the client writes to[1] */
static int from[2]; /* the client reads from[0] */
/* write(2), counted for one descriptor; what another one takes is bounded */
static int counted_fd = -1;
static int writes;
static int bounded_fd = -1;
static size_t bound;
static bool write_fails;  /* the next one, to the client */
static bool stops_writer; /* a signal comes with each */

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

/* read(2) of a client that takes its time: a byte, after a signal */
static int slow_fd = -1;
static int64_t slowness, skew;
static size_t asked; /* by the last one */

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
	if (fd != slow_fd)
		return syscall(SYS_read, fd, buf, len);
	was_interrupted = !was_interrupted;
	if (!was_interrupted)
		return syscall(SYS_read, fd, buf, len < 1 ? len : 1);
	skew += slowness;
	errno = EINTR;
	return -1;
}

static int splices;
static int splice_error; /* of all behind so many */
static int good_splices;
static int emptied_fd = -1; /* a pipe, before each */

static void
empty_pipe(int fd)
{
	static char got[65536];
	int have;

	for (; ioctl(fd, FIONREAD, &have) == 0 && have > 0;)
		(void)syscall(SYS_read, fd, got, sizeof(got));
}

ssize_t
splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t len,
    unsigned flags)
{
	splices++;
	if (emptied_fd != -1)
		empty_pipe(emptied_fd);
	if (splice_error != 0 && splices > good_splices) {
		errno = splice_error;
		return -1;
	}
	return syscall(SYS_splice, in, in_at, out, out_at, len, flags);
}

static int advised; /* POSIX_FADV_..., -1: nothing */

int
posix_fadvise(int fd, off_t at, off_t len, int advice)
{
	(void)fd;
	ck_assert_int_eq(at, 0);
	ck_assert_int_eq(len, 0);
	advised = advice;
	return 0;
}

static bool stops_reader; /* a signal comes with each of a file's */

ssize_t
pread(int fd, void *buf, size_t len, off_t at)
{
	if (stops_reader)
		stop = 1;
	return syscall(SYS_pread64, fd, buf, len, at);
}

static int sendfiles;

ssize_t
sendfile(int out, int in, off_t *at, size_t len)
{
	sendfiles++;
	if (splice_error != 0) {
		errno = splice_error;
		return -1;
	}
	return syscall(SYS_sendfile, out, in, at, len);
}

/* What waits for no descriptor: no time goes by; it fails so, once. */
static int pauses;
static int pause_error;
static bool pause_stops;
static int wait_error; /* the same, of what waits for one */

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

enum kind {
	PIPE,
	SOCKET,
	FILE_KIND
};

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

static struct relay relay = { .from = -1 };

static void
start(enum kind in, enum kind out)
{
	scratch_fresh();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	open_pair(in, to);
	open_pair(out, from);
	stop = 0;
	stream_open(&s, to[0], from[1], &stop);
	relay_close(&relay);
	ck_assert_int_eq(relay_open(&relay), 0);
	s.relay = &relay;
}

static void
setup(void)
{
	start(PIPE, PIPE);
}

static void
teardown(void)
{
	stream_close(&s);
}

static void
say(const char *text, size_t len)
{
	ck_assert_int_eq(write(to[1], text, len), (ssize_t)len);
}

static void
hang_up(void)
{
	ck_assert_int_eq(close(to[1]), 0);
}

/* The bytes of every file here: no two places look alike. */
static void
fill_pattern(char *buf, size_t n, off_t at)
{
	size_t i;
	off_t p;

	for (i = 0; i < n; i++) {
		p = at + (off_t)i;
		buf[i] = (char)(p * 7 + (p >> 8) * 13 + (p >> 16) * 5 + 1);
	}
}

static void
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

/* Is what fd reads, from offset 0, the pattern and then zeros? */
static bool
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

static void
die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* The client sends a line, a file and its NUL. */
static pid_t
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

static void
expect_byte(int want)
{
	unsigned char c = 0xff;

	ck_assert_int_eq(stream_byte(&s, &c), 1);
	ck_assert_int_eq(c, want);
}

static void
expect_end(void)
{
	unsigned char c;

	ck_assert_int_eq(stream_peek(&s, &c), 0);
	ck_assert_int_eq(stream_byte(&s, &c), 0);
}

static void
expect_line(const char *want)
{
	const char *line;
	size_t len;

	ck_assert_int_eq(stream_line(&s, 100, &line, &len), 1);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_mem_eq(line, want, len);
}

/* --- bytes and lines -------------------------------------------------- */

START_TEST(bytes)
{
	unsigned char c = 0;

	say("a\0b", 3);
	ck_assert_int_eq(stream_peek(&s, &c), 1);
	ck_assert_int_eq(c, 'a');
	expect_byte('a');
	expect_byte('\0');
	expect_byte('b');
	hang_up();
	expect_end();
	expect_end();
}
END_TEST

START_TEST(many_lines_in_one_read)
{
	unsigned char c = 0;

	say("one\n\ntwo\n\0three\nrest", 21);
	expect_line("one");
	expect_line("");
	expect_line("two");
	expect_byte('\0');
	expect_line("three");
	ck_assert_int_eq(stream_peek(&s, &c), 1);
	ck_assert_int_eq(c, 'r');
}
END_TEST

/* A line that comes in pieces, each after the one before was asked for. */
START_TEST(line_in_pieces)
{
	static const char *const pieces[] = { "C06", "44 1", "2 na", "me",
		"\n" };
	size_t i;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		for (i = 0; i < LENGTH(pieces); i++) {
			(void)usleep(5000);
			if (write(to[1], pieces[i], strlen(pieces[i])) == -1)
				_exit(1);
		}
		_exit(0);
	}
	expect_line("C0644 12 name");
	scratch_wait(pid);
}
END_TEST

/* Who sends a byte now and then is not idle, though a line takes long. */
START_TEST(line_by_bytes)
{
	const char *line;
	size_t len;

	say("line\n", 5);
	slow_fd = to[0];
	slowness = (_i == 0 ? 60 : 110) * CLOCK_SECOND;
	stream_limit(&s, 0, 100, 0);
	ck_assert_int_eq(stream_line(&s, 100, &line, &len), _i == 0 ? 1 : -1);
	ck_assert(_i == 0 || errno == ECANCELED);
}
END_TEST

/* Where nothing is left there is room for as much as at first. */
START_TEST(room)
{
	say("1\n", 2);
	expect_line("1");
	ck_assert_uint_eq(asked, IN_BUFFER);
	say("2\n", 2);
	expect_line("2");
	ck_assert_uint_eq(asked, IN_BUFFER);
}
END_TEST

static const struct {
	size_t len;
	bool newline;
	size_t max;
	int want;
	int error;
} line_rows[] = {
	{ 0, true, 10, 1, 0 },
	{ 9, true, 10, 1, 0 },
	{ 10, true, 10, 1, 0 },
	/* R-RES-1: one byte more */
	{ 11, true, 10, -1, EMSGSIZE },
	{ 11, false, 10, -1, EMSGSIZE },
	{ 5000, true, 10, -1, EMSGSIZE },
	{ RECORD_BYTES_MAX, true, RECORD_BYTES_MAX, 1, 0 },
	{ RECORD_BYTES_MAX + 1, true, RECORD_BYTES_MAX, -1, EMSGSIZE },
	{ RECORD_BYTES_MAX + 1, false, RECORD_BYTES_MAX, -1, EMSGSIZE },
	/* the end of the input */
	{ 0, false, 10, 0, 0 },
	{ 1, false, 10, -1, ECONNRESET },
	{ 10, false, 10, -1, ECONNRESET },
};

START_TEST(line_limit)
{
	static char text[8192];
	const char *line = NULL;
	size_t len = 0, n = line_rows[_i].len;

	memset(text, 'x', n);
	text[n] = '\n';
	say(text, n + line_rows[_i].newline);
	hang_up();
	errno = 0;
	ck_assert_int_eq(stream_line(&s, line_rows[_i].max, &line, &len),
	    line_rows[_i].want);
	ck_assert_int_eq(errno, line_rows[_i].error);
	if (line_rows[_i].want != 1)
		return;
	ck_assert_uint_eq(len, n);
	ck_assert_mem_eq(line, text, n);
	expect_end();
}
END_TEST

/* A line at the end of the buffer is moved to its front when more comes. */
START_TEST(compaction)
{
	static char text[2 * BUFFER];
	const char *line;
	size_t len, i, before = IN_BUFFER - 100, n = 2000;
	pid_t pid;

	ck_assert_int_ge(fcntl(to[1], F_SETPIPE_SZ, (int)sizeof(text)), 0);
	for (i = 0; i < before / 50; i++)
		memcpy(text + i * 50,
		    "0123456789012345678901234567890123456789012345678\n", 50);
	memset(text + i * 50, 'y', n);
	text[i * 50 + n] = '\n';
	memcpy(text + i * 50 + n + 1, "tail\n", 5);
	pid = -1;
	say(text, i * 50 + n + 6);
	for (; i > 0; i--) {
		ck_assert_int_eq(stream_line(&s, 49, &line, &len), 1);
		ck_assert_uint_eq(len, 49);
	}
	ck_assert_int_eq(stream_line(&s, n, &line, &len), 1);
	ck_assert_uint_eq(len, n);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(line[i], 'y');
	expect_line("tail");
	ck_assert_int_eq(pid, -1);
}
END_TEST

START_TEST(read_error)
{
	const char *line;
	size_t len;
	unsigned char c;

	ck_assert_int_eq(close(to[0]), 0);
	errno = 0;
	ck_assert_int_eq(stream_peek(&s, &c), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(stream_byte(&s, &c), -1);
	ck_assert_int_eq(stream_line(&s, 10, &line, &len), -1);
	ck_assert(!stream_is_waiting(&s));
}
END_TEST

START_TEST(is_waiting)
{
	unsigned char c;

	ck_assert(!stream_is_waiting(&s));
	say("ab", 2);
	ck_assert(stream_is_waiting(&s));
	ck_assert_int_eq(stream_peek(&s, &c), 1);
	/* now in the buffer */
	ck_assert(stream_is_waiting(&s));
	expect_byte('a');
	ck_assert(stream_is_waiting(&s));
	expect_byte('b');
	ck_assert(!stream_is_waiting(&s));
	say("c", 1);
	hang_up();
	ck_assert(stream_is_waiting(&s));
	expect_byte('c');
	ck_assert(!stream_is_waiting(&s));
}
END_TEST

/* --- to a file -------------------------------------------------------- */

static const enum kind kinds[] = { PIPE, SOCKET, FILE_KIND };

static const struct {
	off_t size;
	size_t chunk;
} size_rows[] = {
	{ 0, 1 },
	{ 1, 1 },
	{ 1000, 1 },
	{ IN_BUFFER - 5, 4096 },
	{ IN_BUFFER - 1, 4096 },
	{ IN_BUFFER, 4096 },
	{ IN_BUFFER + 1, IN_BUFFER },
	{ BUFFER - 5, 4096 },
	{ BUFFER - 1, 4096 },
	{ BUFFER, 4096 },
	{ BUFFER + 1, BUFFER },
	{ BUFFER + 5, BUFFER },
	{ BUFFER + 6, 512 },
	{ 200000, 1000 },
	{ 5 * 1024 * 1024 + 3, BUFFER },
};

#define SIZE_TESTS (int)(LENGTH(kinds) * LENGTH(size_rows))

/*
 * Whatever the input is: what is in the buffer comes first, the file is what
 * was sent, from its present offset on, and not a byte of what follows.
 */
START_TEST(to_file)
{
	off_t size = size_rows[(size_t)_i / LENGTH(kinds)].size;
	size_t chunk = size_rows[(size_t)_i / LENGTH(kinds)].chunk;
	int fd, file_errno = -1;
	char head[4];
	pid_t pid;

	start(kinds[(size_t)_i % LENGTH(kinds)], PIPE);
	pid = send_file(size, chunk);
	scratch_file("out", "head", 0600);
	fd = open("out", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 4);
	expect_line("line");
	ck_assert_int_eq(stream_to_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	expect_byte('\0');
	expect_end();
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(read(fd, head, 4), 4);
	ck_assert_mem_eq(head, "head", 4);
	ck_assert(is_pattern(fd, size, 0));
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

START_TEST(discard)
{
	off_t size = size_rows[(size_t)_i / LENGTH(kinds)].size;
	int file_errno = -1;
	pid_t pid;

	start(kinds[(size_t)_i % LENGTH(kinds)], PIPE);
	pid = send_file(size, BUFFER);
	expect_line("line");
	ck_assert_int_eq(stream_to_file(&s, -1, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	expect_byte('\0');
	expect_end();
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

/* A file that cannot take what comes. */
enum trouble {
	TOO_LARGE,
	READ_ONLY,
	NOT_OPEN,
	FULL
};

static const struct {
	enum trouble trouble;
	int error;
} trouble_rows[] = {
	{ TOO_LARGE, EFBIG },
	{ READ_ONLY, EBADF },
	{ NOT_OPEN, EBADF },
	{ FULL, ENOSPC },
};

#define FILE_LIMIT 50000

static int
open_troubled(enum trouble trouble)
{
	const struct rlimit limit = { FILE_LIMIT, FILE_LIMIT };
	int fd;

	fd = open(trouble == FULL ? "/dev/full" : "out",
	    (trouble == READ_ONLY ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	if (trouble == TOO_LARGE)
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	if (trouble == NOT_OPEN)
		ck_assert_int_eq(close(fd), 0);
	return fd;
}

/* R-WIRE-1: the client stays in step, and the first error is told. */
START_TEST(to_file_error)
{
	size_t row = (size_t)_i / LENGTH(kinds) / 2;
	bool large = (size_t)_i / LENGTH(kinds) % 2 != 0;
	off_t size = large ? 3 * 1024 * 1024 + 1 : FILE_LIMIT + 5000;
	int fd, file_errno = -1;
	struct stat st;
	pid_t pid;

	start(kinds[(size_t)_i % LENGTH(kinds)], PIPE);
	pid = send_file(size, BUFFER);
	scratch_file("out", "", 0600);
	expect_line("line");
	counted_fd = fd = open_troubled(trouble_rows[row].trouble);
	ck_assert_int_eq(stream_to_file(&s, fd, size, &file_errno), 0);
	/* Those that it takes, and the one that fails. */
	ck_assert_int_le(writes, FILE_LIMIT / IN_BUFFER + 2);
	ck_assert_int_eq(file_errno, trouble_rows[row].error);
	expect_byte('\0');
	expect_end();
	ck_assert_int_eq(stat("out", &st), 0);
	ck_assert_int_eq(st.st_size,
	    trouble_rows[row].trouble == TOO_LARGE ? FILE_LIMIT : 0);
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

/* Neither an error nor a byte: nobody would ever come to an end. */
START_TEST(to_file_takes_nothing)
{
	int file_errno = -1;

	scratch_file("out", "", 0600);
	bounded_fd = open("out", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(bounded_fd, -1);
	bound = _i == 0 ? 0 : 5;
	say("file content\n", 13);
	ck_assert_int_eq(stream_to_file(&s, bounded_fd, 12, &file_errno), 0);
	ck_assert_int_eq(file_errno, EIO);
	expect_byte('\n');
	ck_assert_str_eq(scratch_text("out"), _i == 0 ? "" : "file ");
}
END_TEST

/*
 * A splice(2) that fails: to the file is an error of that as any other, and
 * the relay keeps what that did not take, and is not used any more; before,
 * everything is copied.
 */
START_TEST(to_file_splice_fails)
{
	static char data[BUFFER];
	int fd, file_errno = -1;

	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	say(data, 40000);
	splice_error = _i == 2 ? EIO : EINVAL;
	good_splices = _i;
	ck_assert_int_eq(stream_to_file(&s, fd, 40000, &file_errno), 0);
	ck_assert_int_eq(splices, _i + 1);
	ck_assert_int_eq(file_errno, _i == 2 ? EIO : 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), _i == 2 ? 0 : 40000);
	ck_assert_uint_eq(relay.held, _i == 2 ? 40000 : 0);
	ck_assert_int_ne(relay.from, -1);
	/* The next one is whole in any case. */
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	splices = 0;
	say(data, 40000);
	ck_assert_int_eq(stream_to_file(&s, fd, 40000, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 40000);
	ck_assert_int_eq(splices == 0, _i == 2);
}
END_TEST

/* A rate: signals cost nothing, and what cannot wait is no server. */
START_TEST(to_file_with_rate)
{
	static const int errors[] = { 0, EINTR, ENOMEM };
	static char data[30000];
	int fd, file_errno = -1;

	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	say(data, sizeof(data));
	stream_limit(&s, 1000, 0, 0);
	pause_error = errors[_i];
	ck_assert_int_eq(stream_to_file(&s, fd, sizeof(data), &file_errno),
	    _i == 2 ? -1 : 0);
	if (_i == 2)
		ck_assert_int_eq(errno, ENOMEM);
	else
		ck_assert_int_ge(skew, 28 * CLOCK_SECOND);
	ck_assert_int_eq(pauses == 1, _i == 2);
	ck_assert_int_eq(file_errno, 0);
}
END_TEST

/* Data that ends early, with a file to write to and without. */
START_TEST(to_file_cut)
{
	static const off_t sizes[] = { 1, 5000, 10 * BUFFER };
	off_t size = sizes[(size_t)_i % LENGTH(sizes)];
	bool discards = (size_t)_i >= LENGTH(sizes);
	int fd = -1, file_errno = -1;
	pid_t pid;

	pid = send_file(size - 1, BUFFER);
	expect_line("line");
	scratch_file("out", "", 0600);
	if (!discards)
		fd = open("out", O_WRONLY | O_CLOEXEC);
	errno = 0;
	/* The NUL of send_file() is taken for a byte of the file. */
	ck_assert_int_eq(stream_to_file(&s, fd, size + 1, &file_errno), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	scratch_wait(pid);
}
END_TEST

/* --- digests ---------------------------------------------------------- */

static const off_t digest_sizes[] = { 0, 5000, 3 * 1024 * 1024 };

/* d is of the first size bytes after skip bytes of the file. */
static void
ck_digest(struct digest *d, int fd, off_t skip, off_t size)
{
	static char data[4 * 1024 * 1024];
	char got[DIGEST_TEXT_BYTES], want[DIGEST_TEXT_BYTES];
	struct digest own;

	ck_assert_int_eq(pread(fd, data, (size_t)size, skip), size);
	digest_begin(&own);
	digest_add(&own, data, (size_t)size);
	digest_end_text(&own, want);
	digest_end_text(d, got);
	ck_assert_str_eq(got, want);
}

/* Of the file that comes, not of the one before nor of what stands around. */
START_TEST(to_file_digest)
{
	off_t size = digest_sizes[(size_t)_i / LENGTH(kinds)];
	struct digest d;
	int fd, file_errno = -1;
	pid_t pid;

	start(kinds[(size_t)_i % LENGTH(kinds)], PIPE);
	s.digest = &d;
	pid = send_file(size, BUFFER);
	scratch_file("out", "head", 0600);
	fd = open("out", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 4);
	expect_line("line");
	digest_begin(&d);
	digest_add(&d, "the one before", 14);
	ck_assert_int_eq(stream_to_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	expect_byte('\0');
	ck_digest(&d, fd, 4, size);
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

/* What may begin anew with a file does so once. */
START_TEST(to_file_in_parts)
{
	const off_t size = 3 * 1024 * 1024 + 17;
	struct digest d;
	off_t end = 0;
	int fd, file_errno = -1;
	pid_t pid;

	start(kinds[_i], PIPE);
	s.digest = &d;
	pid = send_file(size, BUFFER);
	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	expect_line("line");
	stream_begin_file(&s, size);
	while (end < size) {
		end = end + 700001 < size ? end + 700001 : size;
		ck_assert_int_eq(
		    stream_part_to_file(&s, fd, end, &file_errno), 0);
		ck_assert_int_eq(file_errno, 0);
		ck_assert_int_eq(s.moved, end);
	}
	expect_byte('\0');
	ck_digest(&d, fd, 0, size);
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

START_TEST(from_file_digest)
{
	off_t size = digest_sizes[(size_t)_i / 2];
	struct digest d;
	int fd, file_errno = -1;
	ssize_t n;
	pid_t pid;

	s.digest = &d;
	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	write_pattern(fd, size + 1, BUFFER);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		static char data[BUFFER];

		(void)close(from[1]);
		while ((n = read(from[0], data, sizeof(data))) > 0)
			continue;
		_exit(n != 0);
	}
	if (_i % 2 != 0)
		ck_assert_int_eq(stream_hold(&s), 0);
	digest_begin(&d);
	digest_add(&d, "the one before", 14);
	ck_assert_int_eq(stream_from_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_digest(&d, fd, 0, size);
	ck_assert_int_eq(stream_flush(&s), 0);
	(void)close(from[1]);
	scratch_wait(pid);
}
END_TEST

/* --- from a file ------------------------------------------------------ */

static const struct {
	off_t has;  /* bytes of the file */
	off_t size; /* as announced */
	bool readable;
	int error;
} from_rows[] = {
	{ 0, 0, true, 0 },
	{ 1, 1, true, 0 },
	{ BUFFER - 1, BUFFER - 1, true, 0 },
	{ BUFFER, BUFFER, true, 0 },
	{ BUFFER + 1, BUFFER + 1, true, 0 },
	{ 3 * 1024 * 1024 + 3, 3 * 1024 * 1024 + 3, true, 0 },
	/* grown: what was announced */
	{ 10, 1, true, 0 },
	{ BUFFER + 10, BUFFER, true, 0 },
	{ 1024 * 1024 + 9, 1024 * 1024 + 7, true, 0 },
	{ 10, 0, true, 0 },
	/* shrunk: zeros, and it is told */
	{ 0, 1, true, EIO },
	{ 1, 2, true, EIO },
	{ 100, BUFFER, true, EIO },
	{ 0, BUFFER + 1, true, EIO },
	{ BUFFER + 1, 1024 * 1024 + 7, true, EIO },
	{ 1024 * 1024 + 7, 1024 * 1024 + 8, true, EIO },
	/* unreadable */
	{ 100, 10, false, EBADF },
	{ 1024 * 1024, 1024 * 1024, false, EBADF },
};

static void
read_all(int fd, size_t row)
{
	off_t size = from_rows[row].size, good = from_rows[row].has;

	if (!from_rows[row].readable)
		good = 0;
	if (good > size)
		good = size;
	_exit(is_pattern(fd, good, size - good) ? 0 : 1);
}

/* Written at once, held, or joined with what comes next. */
#define WAYS 3

START_TEST(from_file)
{
	size_t row = (size_t)_i / LENGTH(kinds) / WAYS;
	size_t way = (size_t)_i / LENGTH(kinds) % WAYS;
	enum kind kind = kinds[(size_t)_i % LENGTH(kinds)];
	int fd, file_errno = -1;
	pid_t pid;

	start(PIPE, kind);
	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	write_pattern(fd, from_rows[row].has, BUFFER);
	/* The file's own offset does not matter. */
	if (!from_rows[row].readable)
		fd = open("in", O_WRONLY | O_CLOEXEC);
	pid = kind == FILE_KIND ? 1 : fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		read_all(from[0], row);
	}
	if (way == 1)
		ck_assert_int_eq(stream_hold(&s), 0);
	else if (way == 2)
		stream_join(&s);
	ck_assert_int_eq(
	    stream_from_file(&s, fd, from_rows[row].size, &file_errno), 0);
	ck_assert_int_eq(file_errno, from_rows[row].error);
	ck_assert_int_eq(stream_flush(&s), 0);
	ck_assert_int_eq(close(from[1]), 0);
	if (kind == FILE_KIND && (pid = fork()) == 0)
		read_all(from[0], row);
	scratch_wait(pid);
}
END_TEST

/* Reads as much at a time, and only when the pipe is full. */
static void
read_when_full(int fd, size_t piece, off_t size)
{
	static char buf[BUFFER];
	int have;

	for (off_t left = size; left > 0; left -= (off_t)piece) {
		do {
			if (ioctl(fd, FIONREAD, &have) == -1)
				_exit(1);
			(void)sched_yield();
		} while (have < BUFFER && have < left);
		for (size_t got = 0; got < piece; got += (size_t)have)
			if ((have = (int)read(fd, buf, piece - got)) <= 0)
				_exit(1);
	}
	_exit(0);
}

/*
 * The pipe to a client that takes all there is grows, that to sshd(8), which
 * takes a little, does not.
 */
START_TEST(from_file_socket)
{
	int fd, i, file_errno;

	start(PIPE, SOCKET);
	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 20000), 0);
	for (i = 1; i <= 2; i++) {
		ck_assert_int_eq(
		    stream_from_file(&s, fd, 20000, &file_errno), 0);
		ck_assert_int_eq(file_errno, 0);
		ck_assert_int_eq(sendfiles, i);
		/* What it is has been found out once. */
		ck_assert_int_eq(splices, 1);
	}
}
END_TEST

/* A file system may know neither of the two, or fail with one of them. */
START_TEST(from_file_copied)
{
	int fd, file_errno;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 20000), 0);
	splice_error = _i == 0 ? EINVAL : EIO;
	ck_assert_int_eq(stream_from_file(&s, fd, 20000, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(splices, 1);
	ck_assert_int_eq(sendfiles, _i == 0);
	ck_assert_int_eq(s.moved, 20000);
}
END_TEST

/* A small one leaves with what is held back before it. */
START_TEST(from_file_held)
{
	int fd, file_errno;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 10), 0);
	counted_fd = from[1];
	ck_assert_int_eq(stream_hold(&s), 0);
	ck_assert_int_eq(stream_write(&s, "held", 4), 0);
	ck_assert_int_eq(stream_from_file(&s, fd, 10, &file_errno), 0);
	ck_assert_int_eq(writes, 0);
	ck_assert_int_eq(stream_flush(&s), 0);
	ck_assert_int_eq(writes, 1);
}
END_TEST

/* Where it pays, the kernel reads ahead. */
START_TEST(from_file_advised)
{
	static char got[1 << 16];
	const off_t size = (1 << 20) - (_i == 0);
	int fd, file_errno;
	pid_t pid;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		(void)close(from[1]);
		while (read(from[0], got, sizeof(got)) > 0)
			continue;
		_exit(0);
	}
	advised = -1;
	ck_assert_int_eq(stream_from_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(advised, _i == 0 ? -1 : POSIX_FADV_SEQUENTIAL);
	ck_assert_int_eq(close(from[1]), 0);
	scratch_wait(pid);
}
END_TEST

/* The record before it is in the pipe yet: that says nothing. */
START_TEST(from_file_first_piece)
{
	int fd, file_errno;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 20000), 0);
	s.out_whole = 1;
	ck_assert_int_eq(stream_from_file(&s, fd, 20000, &file_errno), 0);
	ck_assert_int_eq(s.out_whole, 1);
}
END_TEST

/* What counts for a larger pipe: whole ones, if they were not waited for. */
static const struct {
	off_t size;
	int64_t lull;
	int good; /* splices */
	off_t counts;
} wholes[] = {
	{ BUFFER, 0, 99, 1 },
	{ 3 * (off_t)BUFFER, 0, 99, 2 * (off_t)BUFFER + 1 },
	{ 3 * (off_t)BUFFER, 1, 99, 0 },
	{ 2 * (off_t)BUFFER + 20000, 0, 99, 0 },
	{ 2 * (off_t)BUFFER, 0, 1, 1 },
};

START_TEST(from_file_wholes)
{
	static char got[BUFFER];
	int fd, file_errno;
	pid_t pid = -1;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, wholes[_i].size), 0);
	emptied_fd = from[0];
	splice_error = EIO;
	good_splices = wholes[_i].good;
	s.out_whole = 1;
	s.lull.ns = wholes[_i].lull;
	s.lull.more = 99;
	/* No small piece begins a sleep. */
	s.lull.lost = wholes[_i].lull == 0 ? CLOCK_SECOND : 0;
	/* What is copied needs somebody who reads it. */
	if (wholes[_i].good == 1) {
		emptied_fd = -1;
		ck_assert_int_ne(pid = fork(), -1);
	}
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		while (read(from[0], got, sizeof(got)) > 0)
			continue;
		_exit(0);
	}
	ck_assert_int_eq(
	    stream_from_file(&s, fd, wholes[_i].size, &file_errno), 0);
	ck_assert_int_eq(s.out_whole, wholes[_i].counts);
	ck_assert_int_eq(close(from[1]), 0);
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

/* A socket is neither made larger nor left alone. */
START_TEST(from_file_socket_whole)
{
	static char got[BUFFER];
	const off_t size = 17 << 20;
	int fd, file_errno;
	pid_t pid;

	start(PIPE, SOCKET);
	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		while (read(from[0], got, sizeof(got)) > 0)
			continue;
		_exit(0);
	}
	s.out_is_socket = true;
	s.out_whole = 1;
	ck_assert_int_eq(stream_from_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(sendfiles, 2);
	ck_assert_int_eq(s.out_whole, 1);
	ck_assert_int_eq(close(from[1]), 0);
	scratch_wait(pid);
}
END_TEST

START_TEST(from_file_pipe)
{
	static const size_t pieces[] = { 16384, BUFFER };
	const off_t size = 16 << 20;
	int fd, file_errno = -1;
	pid_t pid;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		read_when_full(from[0], pieces[_i], size);
	}
	ck_assert_int_eq(stream_from_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(
	    fcntl(from[1], F_GETPIPE_SZ), _i == 0 ? BUFFER : 1 << 20);
	scratch_wait(pid);
}
END_TEST

/* Gives as much at a time, and only when the pipe is empty. */
static void
write_when_empty(int fd, size_t piece, off_t size)
{
	_Alignas(4096) static char buf[4 * BUFFER];
	struct iovec iov = { buf, piece };
	int have;

	for (off_t left = size; left > 0; left -= (off_t)piece) {
		do {
			if (ioctl(fd, FIONREAD, &have) == -1)
				_exit(1);
			(void)sched_yield();
		} while (have > 0);
		if (vmsplice(fd, &iov, 1, 0) != (ssize_t)piece)
			_exit(1);
	}
	_exit(0);
}

/* A pipe is made larger for the first file that may fill it. */
START_TEST(to_file_enlarges)
{
	static const int sizes[] = { 20000, 60000 };
	static char data[BUFFER];
	int fd, file_errno = -1;

	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(fcntl(to[0], F_GETPIPE_SZ), BUFFER);
	say(data, (size_t)sizes[_i]);
	ck_assert_int_eq(stream_to_file(&s, fd, sizes[_i], &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(
	    fcntl(to[0], F_GETPIPE_SZ), (_i == 0 ? 1 : 4) * BUFFER);
}
END_TEST

/*
 * The pipe from a client grows, and all that is in it passes the relay at once.
 * A splice(2) to see whether the file takes it, two for each piece, and the
 * last 16 KiB are copied.
 */
START_TEST(to_file_pipe)
{
	static const size_t pieces[] = { 16384, 4 * BUFFER };
	static const int tries[] = { 1 + 2 * 1023, 1 + 2 * 64 };
	const off_t size = 16 << 20;
	int fd, file_errno = -1;
	pid_t pid;

	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fcntl(to[1], F_SETPIPE_SZ, 4 * BUFFER), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		write_when_empty(to[1], pieces[_i], size);
	}
	splices = 0;
	ck_assert_int_eq(stream_to_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(splices, tries[_i]);
	ck_assert_int_eq(fcntl(to[0], F_GETPIPE_SZ), 4 * BUFFER);
	ck_assert_int_eq(fcntl(relay.to, F_GETPIPE_SZ), 4 * BUFFER);
	scratch_wait(pid);
}
END_TEST

/* One that no pipe can be moved to: its data are copied, nothing is lost. */
START_TEST(to_file_appended)
{
	const off_t size = 1024 * 1024 + 3;
	int fd, file_errno = -1;
	pid_t pid = send_file(size, BUFFER);

	fd = open("out", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	expect_line("line");
	ck_assert_int_eq(stream_to_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	expect_byte('\0');
	expect_end();
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert(is_pattern(fd, size, 0));
	ck_assert_int_ne(relay.from, -1);
	scratch_wait(pid);
}
END_TEST

/* The client goes away, at once or in the middle. */
START_TEST(from_file_gone)
{
	static const off_t sizes[] = { 10, BUFFER, 4 * 1024 * 1024 };
	off_t size = sizes[(size_t)_i % LENGTH(sizes)];
	bool exists = (size_t)_i < LENGTH(sizes);
	int fd, file_errno = -1;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (exists)
		write_pattern(fd, size, BUFFER);
	ck_assert_int_eq(close(from[0]), 0);
	errno = 0;
	ck_assert_int_eq(stream_from_file(&s, fd, size, &file_errno), -1);
	ck_assert_int_eq(errno, EPIPE);
	/* What the log will say. */
	if (exists && size > 10)
		ck_assert_int_eq(s.moved, 0);
}
END_TEST

/* It ends early, and what went wrong before says nothing of the client. */
START_TEST(from_file_shrunk)
{
	int fd, file_errno = -1;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 20000), 0);
	errno = _i == 0 ? EPIPE : EINVAL;
	ck_assert_int_eq(stream_from_file(&s, fd, 40000, &file_errno), 0);
	ck_assert_int_eq(file_errno, EIO);
	ck_assert(!s.out_is_socket);
	ck_assert_int_eq(s.moved, 20000);
}
END_TEST

START_TEST(from_file_gone_midway)
{
	int fd, file_errno = -1;
	char c;
	pid_t pid;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 64 << 20), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0)
		_exit(read(from[0], &c, 1) == 1 ? 0 : 1);
	ck_assert_int_eq(close(from[0]), 0);
	errno = 0;
	ck_assert_int_eq(stream_from_file(&s, fd, 64 << 20, &file_errno), -1);
	ck_assert_int_eq(errno, EPIPE);
	scratch_wait(pid);
}
END_TEST

/* R-WIRE-1: a record is one write(2); a packet pipe shows each. */
START_TEST(write_once)
{
	char buf[8192], record[RECORD_BYTES_MAX];
	int packets[2];

	ck_assert_int_eq(pipe2(packets, O_DIRECT | O_CLOEXEC), 0);
	s.out = packets[1];
	memset(record, 'r', sizeof(record));
	ck_assert_int_eq(stream_write(&s, record, sizeof(record)), 0);
	ck_assert_int_eq(stream_write(&s, "", 1), 0);
	ck_assert_int_eq(stream_write(&s, "", 0), 0);
	ck_assert_int_eq(
	    read(packets[0], buf, sizeof(buf)), (ssize_t)sizeof(record));
	ck_assert_mem_eq(buf, record, sizeof(record));
	ck_assert_int_eq(read(packets[0], buf, sizeof(buf)), 1);
	ck_assert_int_eq(close(packets[0]), 0);
	errno = 0;
	ck_assert_int_eq(stream_write(&s, "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* What is held back for a client that is gone: whatever comes next tells. */
enum after_holding {
	READ_ON,
	WRITE_ON,
	WRITE_MUCH,
	SPLICE_FILE,
	COPY_FILE,
	COPY_NOTHING,
	HELD_CASES
};

static int
go_on(enum after_holding what)
{
	static char much[BUFFER];
	int fd, file_errno;
	unsigned char c;
	off_t size = 10000;

	if (what == READ_ON)
		return stream_peek(&s, &c);
	if (what == WRITE_ON || what == WRITE_MUCH)
		return stream_write(
		    &s, much, what == WRITE_ON ? 10000 : sizeof(much));
	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (what == SPLICE_FILE)
		size = 1 << 20;
	if (what == COPY_NOTHING)
		size = 100;
	else
		ck_assert_int_eq(ftruncate(fd, size), 0);
	return stream_from_file(&s, fd, size, &file_errno);
}

START_TEST(held_for_nobody)
{
	static char held[60000];

	ck_assert_int_eq(stream_hold(&s), 0);
	ck_assert_int_eq(stream_write(&s, held, sizeof(held)), 0);
	/* Or what is held back cannot be written, and what follows could. */
	if (_i < HELD_CASES)
		ck_assert_int_eq(close(from[0]), 0);
	else
		write_fails = true;
	errno = 0;
	ck_assert_int_eq(go_on((enum after_holding)(_i % HELD_CASES)), -1);
	ck_assert_int_eq(errno, _i < HELD_CASES ? EPIPE : EIO);
}
END_TEST

/* In its order, however much it is. */
START_TEST(held_before_much)
{
	static char much[2 * BUFFER], got[sizeof(much)];

	ck_assert_int_gt(fcntl(from[1], F_SETPIPE_SZ, 4 * BUFFER), 0);
	memset(much, 'm', sizeof(much));
	ck_assert_int_eq(stream_hold(&s), 0);
	ck_assert_int_eq(stream_write(&s, "held", 4), 0);
	ck_assert_int_eq(stream_write(&s, much, sizeof(much)), 0);
	ck_assert_int_eq(read(from[0], got, 4), 4);
	ck_assert_mem_eq(got, "held", 4);
	ck_assert_int_eq(read(from[0], got, sizeof(got)), (ssize_t)sizeof(got));
	ck_assert_mem_eq(got, much, sizeof(got));
}
END_TEST

/* --- drain ------------------------------------------------------------ */

START_TEST(drain_to_end)
{
	double begin = scratch_seconds();
	unsigned char c;
	pid_t pid;

	pid = send_file(3 * 1024 * 1024, BUFFER);
	ck_assert_int_eq(stream_peek(&s, &c), 1);
	ck_assert(stream_drain(&s, 10000, ""));
	expect_end();
	ck_assert(scratch_seconds() - begin < 5);
	scratch_wait(pid);
}
END_TEST

START_TEST(drain_to_silence)
{
	double begin, seconds;
	unsigned char c;
	int i;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		for (i = 0; i < 8; i++) {
			if (write(to[1], "x", 1) != 1)
				_exit(1);
			(void)usleep(30000);
		}
		_exit(0);
	}
	ck_assert_int_eq(stream_peek(&s, &c), 1);
	begin = scratch_seconds();
	/* to[1] stays open here: only silence ends it. */
	errno = EINTR;
	ck_assert(stream_drain(&s, 150, ""));
	seconds = scratch_seconds() - begin;
	ck_assert_msg(seconds > 0.3 && seconds < 3, "%f seconds", seconds);
	ck_assert(!stream_is_waiting(&s));
	scratch_wait(pid);
	say("after", 5);
	expect_byte('a');
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *ignored;
	bool others;
} ignores_rows[] = {
	{ "", 0, "", false },
	{ "\0\0", 2, "", false }, /* always */
	{ "\n", 1, "", true },
	{ "b\n\0ab", 5, "\nab", false },
	{ "A", 1, "ab", true },
	{ "ca", 2, "ab", true },    /* before what is ignored */
	{ "ab\0c", 4, "ab", true }, /* behind it */
	{ "a\377", 2, "a\377", false },
	{ "a\377", 2, "ab", true },
};

/* Nothing, half and all of it is in the buffer when the rest is read. */
START_TEST(drain_ignores)
{
	size_t row = (size_t)_i / 3, len = ignores_rows[row].len;
	size_t half = len * ((size_t)_i % 3) / 2;
	unsigned char c;

	say("x", 1);
	say(ignores_rows[row].text, half);
	ck_assert_int_eq(stream_byte(&s, &c), 1);
	say(ignores_rows[row].text + half, len - half);
	hang_up();
	ck_assert_int_eq(stream_drain(&s, 10000, ignores_rows[row].ignored),
	    ignores_rows[row].others);
}
END_TEST

/* Where there is nothing to wait with, nothing is read either. */
START_TEST(drain_cannot_wait)
{
	int left = 0;

	say("x", 1);
	wait_error = _i == 0 ? ENOMEM : EINTR;
	(void)stream_drain(&s, 10, "");
	ck_assert_int_eq(ioctl(to[0], FIONREAD, &left), 0);
	ck_assert_int_eq(left, _i == 0 ? 1 : 0);
}
END_TEST

START_TEST(drain_error)
{
	double begin = scratch_seconds();

	ck_assert_int_eq(close(to[0]), 0);
	ck_assert(!stream_drain(&s, 10000, ""));
	ck_assert(scratch_seconds() - begin < 5);
}
END_TEST

/* --- signals ---------------------------------------------------------- */

static void
on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

static void
on_tick(int sig)
{
	(void)sig;
}

/* As main does it: no SA_RESTART, and again and again. */
static void
signals(void (*handler)(int), int first_ms, int every_ms)
{
	struct sigaction sa = { .sa_handler = handler };
	struct itimerval timer = { { 0, every_ms * 1000 },
		{ 0, first_ms * 1000 } };

	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

enum blocking {
	IN_BYTE,
	IN_LINE,
	IN_SMALL_FILE,
	IN_LARGE_FILE,
	IN_DISCARD,
	OUT_WRITE,
	OUT_SMALL_FILE,
	OUT_LARGE_FILE,
	OUT_ZEROS
};

static int
block_in(enum blocking where)
{
	int fd = -1, file_errno, ret;

	if (where != IN_DISCARD) {
		fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		ck_assert_int_ne(fd, -1);
	}
	/* A large one waits in splice(2) only where nothing came yet. */
	if (where != IN_LARGE_FILE)
		say("12345", 5);
	ret = stream_to_file(
	    &s, fd, where == IN_SMALL_FILE ? 1000 : 1 << 20, &file_errno);
	/* It is no error of the file's. */
	ck_assert_int_eq(file_errno, 0);
	return ret;
}

/* Into a pipe that is full already. */
static int
block_out(enum blocking where)
{
	static char much[1 << 20];
	int fd, file_errno;
	off_t size = where == OUT_SMALL_FILE ? 1000 : 1 << 20;

	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	if (where == OUT_WRITE)
		return stream_write(&s, much, sizeof(much));
	if (where != OUT_ZEROS)
		ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_ge(fcntl(from[1], F_SETFL, O_NONBLOCK), 0);
	while (write(from[1], much, 4096) > 0)
		continue;
	ck_assert_int_ge(fcntl(from[1], F_SETFL, 0), 0);
	return stream_from_file(&s, fd, size, &file_errno);
}

static int
block(enum blocking where)
{
	const char *line;
	unsigned char c;
	size_t len;

	if (where == IN_BYTE)
		return stream_byte(&s, &c);
	if (where == IN_LINE) {
		say("half a line", 11);
		return stream_line(&s, 100, &line, &len);
	}
	return where < OUT_WRITE ? block_in(where) : block_out(where);
}

/* R-EXIT-1 */
START_TEST(stopped)
{
	double begin = scratch_seconds();
	int ret;

	signals(on_stop, 20, 20);
	errno = 0;
	ret = block((enum blocking)_i);
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert(scratch_seconds() - begin < 5);
}
END_TEST

/* A client is left alone for a moment, and nothing goes to it any more. */
START_TEST(stopped_in_lull)
{
	int fd, file_errno;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, BUFFER), 0);
	s.lull.ns = 1;
	pause_error = EINTR;
	pause_stops = true;
	ck_assert_int_eq(stream_from_file(&s, fd, BUFFER, &file_errno), -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_int_eq(s.moved, 0);
}
END_TEST

START_TEST(stopped_in_drain)
{
	double begin = scratch_seconds();

	signals(on_stop, 20, 20);
	(void)stream_drain(&s, 60000, "");
	ck_assert(scratch_seconds() - begin < 5);
}
END_TEST

/* Already stopped: nothing is taken in any more. */
START_TEST(stopped_before)
{
	const char *line;
	unsigned char c;
	size_t len;

	say("xyz\n", 4);
	/* The second time it has been read already. */
	if (_i != 0)
		expect_byte('x');
	stop = 1;
	errno = 0;
	ck_assert_int_eq(stream_byte(&s, &c), -1);
	ck_assert_int_eq(errno, ECANCELED);
	errno = 0;
	ck_assert_int_eq(stream_line(&s, 10, &line, &len), -1);
	ck_assert_int_eq(errno, ECANCELED);
}
END_TEST

/* The client is so quick that we never wait. */
START_TEST(stopped_in_flow)
{
	static char much[1 << 16];
	int fd, file_errno, ret;
	double begin;
	pid_t pid;

	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (_i == 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	else if (_i == 1)
		ck_assert_int_eq(ftruncate(fd, (off_t)1 << 40), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		for (;;) {
			if (_i == 0 && write(to[1], much, sizeof(much)) == -1)
				_exit(1);
			if (_i != 0 && read(from[0], much, sizeof(much)) == -1)
				_exit(1);
		}
	}
	/* What would interrupt us comes later. */
	signals(on_stop, 900, 20);
	stop = 1;
	begin = scratch_seconds();
	errno = 0;
	if (_i == 0)
		ret = stream_to_file(&s, fd, (off_t)1 << 50, &file_errno);
	else
		ret = stream_from_file(&s, fd, (off_t)1 << 40, &file_errno);
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert(scratch_seconds() - begin < 0.7);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* Nor are zeros sent to the end, for a file that is too short. */
START_TEST(stopped_in_zeros)
{
	int fd, file_errno;

	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_gt(fcntl(from[1], F_SETPIPE_SZ, 4 * BUFFER), 0);
	stops_writer = true;
	errno = 0;
	ck_assert_int_eq(stream_from_file(&s, fd, 3 * BUFFER, &file_errno), -1);
	ck_assert_int_eq(errno, ECANCELED);
}
END_TEST

/* Nothing is sent of what was read. */
START_TEST(stopped_in_copy)
{
	int fd, file_errno;

	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, 10), 0);
	counted_fd = from[1];
	stops_reader = true;
	errno = 0;
	ck_assert_int_eq(stream_from_file(&s, fd, 20, &file_errno), -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(writes, 0);
}
END_TEST

/* A signal that does not stop us costs nothing, nor does O_NONBLOCK. */
START_TEST(interrupted)
{
	off_t size = 1024 * 1024 + 1;
	bool nonblock = _i != 0;
	int fd, file_errno = -1;
	pid_t pid;

	signals(on_tick, 1, 1);
	if (nonblock) {
		ck_assert_int_ge(fcntl(to[0], F_SETFL, O_NONBLOCK), 0);
		ck_assert_int_ge(fcntl(from[1], F_SETFL, O_NONBLOCK), 0);
	}
	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)usleep(30000);
		if (write(to[1], "line\n", 5) != 5)
			_exit(1);
		(void)usleep(30000);
		write_pattern(to[1], 10, 10);
		(void)close(to[1]);
		(void)close(from[1]);
		(void)usleep(30000);
		_exit(is_pattern(from[0], size, 1 << 20) ? 0 : 1);
	}
	hang_up();
	expect_line("line");
	ck_assert_int_eq(stream_to_file(&s, fd, 10, &file_errno), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	write_pattern(fd, size, BUFFER);
	ck_assert_int_eq(stream_from_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(stream_from_file(&s, fd, 1 << 20, &file_errno), 0);
	ck_assert_int_eq(file_errno, EIO);
	ck_assert_int_eq(close(from[1]), 0);
	signals(on_tick, 0, 0);
	scratch_wait(pid);
}
END_TEST

/* A large file into a pipe that nobody has filled yet: the splice waits. */
START_TEST(interrupted_splice)
{
	off_t size = 1024 * 1024 + 1;
	int fd, file_errno = -1;
	pid_t pid;

	signals(on_tick, 1, 1);
	if (_i != 0)
		ck_assert_int_ge(fcntl(to[0], F_SETFL, O_NONBLOCK), 0);
	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)usleep(30000);
		write_pattern(to[1], size, 50000);
		_exit(0);
	}
	ck_assert_int_eq(stream_to_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	signals(on_tick, 0, 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert(is_pattern(fd, size, 0));
	scratch_wait(pid);
}
END_TEST

/* What is sent for a file that became shorter has the rate of its bytes. */
START_TEST(zeros_at_a_rate)
{
	const off_t size = 1 << 20;
	int64_t begin = clock_now();
	int fd, file_errno = 0;
	pid_t pid;

	fd = open("in", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	write_pattern(fd, 10, 10);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		_exit(is_pattern(from[0], 10, size - 10) ? 0 : 1);
	}
	stream_limit(&s, 4 * size, 0, 0);
	ck_assert_int_eq(stream_from_file(&s, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, EIO);
	ck_assert_int_eq(s.moved, 10);
	/* A quarter of a second, less what may be ahead (pace.h). */
	ck_assert_int_ge(clock_now() - begin, 150 * CLOCK_MS);
	ck_assert_int_eq(close(from[1]), 0);
	scratch_wait(pid);
}
END_TEST

static Suite *
stream_suite(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("stream");
	tc = tcase_create("lines");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bytes);
	tcase_add_test(tc, many_lines_in_one_read);
	tcase_add_test(tc, line_in_pieces);
	tcase_add_loop_test(tc, line_by_bytes, 0, 2);
	tcase_add_test(tc, room);
	tcase_add_loop_test(tc, line_limit, 0, LENGTH(line_rows));
	tcase_add_test(tc, compaction);
	tcase_add_test(tc, read_error);
	tcase_add_test(tc, is_waiting);
	tcase_add_loop_test(tc, to_file_takes_nothing, 0, 2);
	tcase_add_loop_test(tc, to_file_splice_fails, 0, 3);
	tcase_add_loop_test(tc, to_file_with_rate, 0, 3);
	tcase_add_loop_test(tc, to_file_cut, 0, 6);
	tcase_add_loop_test(
	    tc, from_file_digest, 0, 2 * (int)LENGTH(digest_sizes));
	tcase_add_loop_test(tc, from_file_advised, 0, 2);
	tcase_add_loop_test(tc, from_file_copied, 0, 2);
	tcase_add_test(tc, from_file_held);
	tcase_add_test(tc, from_file_first_piece);
	tcase_add_loop_test(tc, from_file_wholes, 0, (int)LENGTH(wholes));
	tcase_add_test(tc, from_file_socket_whole);
	tcase_add_loop_test(tc, from_file_pipe, 0, 2);
	tcase_add_loop_test(tc, to_file_enlarges, 0, 2);
	tcase_add_loop_test(tc, to_file_pipe, 0, 2);
	tcase_add_test(tc, to_file_appended);
	tcase_add_loop_test(tc, from_file_gone, 0, 6);
	tcase_add_loop_test(tc, from_file_shrunk, 0, 2);
	tcase_add_test(tc, from_file_gone_midway);
	tcase_add_test(tc, zeros_at_a_rate);
	tcase_add_test(tc, write_once);
	tcase_add_loop_test(tc, held_for_nobody, 0, 2 * HELD_CASES);
	tcase_add_test(tc, held_before_much);
	tcase_add_test(tc, drain_to_end);
	tcase_add_test(tc, drain_to_silence);
	tcase_add_loop_test(
	    tc, drain_ignores, 0, 3 * (int)LENGTH(ignores_rows));
	tcase_add_loop_test(tc, drain_cannot_wait, 0, 2);
	tcase_add_test(tc, drain_error);
	tcase_add_loop_test(tc, stopped, IN_BYTE, OUT_ZEROS + 1);
	tcase_add_test(tc, stopped_in_lull);
	tcase_add_test(tc, stopped_in_drain);
	tcase_add_loop_test(tc, stopped_before, 0, 2);
	/* 0: in; 1: out; 2: out, zeros for a file that is too short */
	tcase_add_loop_test(tc, stopped_in_flow, 0, 3);
	tcase_add_test(tc, stopped_in_zeros);
	tcase_add_test(tc, stopped_in_copy);
	tcase_add_loop_test(tc, interrupted, 0, 2);
	tcase_add_loop_test(tc, interrupted_splice, 0, 2);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);

	/* These open ends of their own kinds. */
	tc = tcase_create("files");
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, to_file, 0, SIZE_TESTS);
	tcase_add_loop_test(
	    tc, to_file_digest, 0, (int)(LENGTH(digest_sizes) * LENGTH(kinds)));
	tcase_add_loop_test(tc, to_file_in_parts, 0, (int)LENGTH(kinds));
	tcase_add_loop_test(tc, discard, 0, SIZE_TESTS);
	tcase_add_test(tc, from_file_socket);
	tcase_add_loop_test(tc, to_file_error, 0,
	    (int)(LENGTH(trouble_rows) * LENGTH(kinds) * 2));
	tcase_add_loop_test(
	    tc, from_file, 0, (int)(LENGTH(from_rows) * LENGTH(kinds) * WAYS));
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return scratch_run(stream_suite(), "stream");
}

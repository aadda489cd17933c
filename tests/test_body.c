/* SPDX-License-Identifier: ISC */
/* The data of files, by splice(2) and without. */
/* Its inline functions would have the names of ours. */
#undef _FORTIFY_SOURCE

#include "config.h"

#include "body.h"

#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <check.h>
#include <sched.h>

#include "clock.h"
#include "ends.h"
#include "scratch.h"

/* As in stream.c: what is held back, and what is read at once. */
#define BUFFER    65536
#define IN_BUFFER 32768

static struct body b;
static struct relay relay = { .from = -1 };

static int splices;
static int splice_error; /* of all behind so many; -1: they move nothing */
static int good_splices;
static int64_t splice_takes; /* each that fails */
static int emptied_fd = -1;  /* a pipe, before each */

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
		skew += splice_takes;
		if (splice_error == -1)
			return 0;
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

static bool stops_pread; /* a signal comes with each */

ssize_t
pread(int fd, void *buf, size_t len, off_t at)
{
	if (stops_pread)
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

static void
start(enum kind in, enum kind out)
{
	scratch_fresh();
	ends_open(in, out);
	relay_close(&relay);
	ck_assert_int_eq(relay_open(&relay), 0);
	body_init(&b, &stream, 0);
	b.relay = &relay;
}

static void
setup(void)
{
	start(PIPE, PIPE);
}

/* A new file of so many zeros. */
static int
zeros(off_t size)
{
	int fd;

	fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	return fd;
}

/* The client reads until the end: its process. */
static pid_t
reader(void)
{
	static char got[BUFFER];
	ssize_t n;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid != 0)
		return pid;
	die_with_parent();
	(void)close(from[1]);
	while ((n = read(from[0], got, sizeof(got))) > 0)
		continue;
	_exit(n != 0);
}

static void
teardown(void)
{
	stream_close(&stream);
}

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
	ck_assert_int_eq(body_receive(&b, fd, size, &file_errno), 0);
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
	ck_assert_int_eq(body_receive(&b, -1, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(splices, 0);
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
	ck_assert_int_eq(body_receive(&b, fd, size, &file_errno), 0);
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
	ck_assert_int_eq(body_receive(&b, bounded_fd, 12, &file_errno), 0);
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
	static const int errors[] = { EINVAL, EINVAL, EIO, -1 };
	static char data[BUFFER];
	int fd, file_errno = -1, good = _i < 2 ? _i : 2;

	fd = zeros(0);
	say(data, 40000);
	splice_error = errors[_i];
	good_splices = good;
	errno = 0;
	ck_assert_int_eq(body_receive(&b, fd, 40000, &file_errno), 0);
	ck_assert_int_eq(splices, good + 1);
	ck_assert_int_eq(file_errno, good == 2 ? EIO : 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), good == 2 ? 0 : 40000);
	ck_assert_uint_eq(relay.held, good == 2 ? 40000 : 0);
	ck_assert_int_ne(relay.from, -1);
	/* The next one is whole in any case. */
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	splices = 0;
	say(data, 40000);
	ck_assert_int_eq(body_receive(&b, fd, 40000, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 40000);
	ck_assert_int_eq(splices == 0, good == 2);
}
END_TEST

/* Where there is no relay everything is copied. */
START_TEST(to_file_without_relay)
{
	static char data[40000];
	int fd, file_errno = -1;

	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	say(data, sizeof(data));
	b.relay = NULL;
	ck_assert_int_eq(body_receive(&b, fd, sizeof(data), &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(splices, 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), sizeof(data));
}
END_TEST

/* A rate: signals cost nothing, and what cannot wait is no server. */
START_TEST(to_file_with_rate)
{
	static const int errors[] = { 0, EINTR, ENOMEM };
	static char data[30000];
	int fd, file_errno = -1;

	fd = zeros(0);
	say(data, sizeof(data));
	pace_init(&b.pace, 1000);
	pause_error = errors[_i];
	ck_assert_int_eq(
	    body_receive(&b, fd, sizeof(data), &file_errno), _i == 2 ? -1 : 0);
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
	ck_assert_int_eq(body_receive(&b, fd, size + 1, &file_errno), -1);
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
	b.digest = &d;
	pid = send_file(size, BUFFER);
	scratch_file("out", "head", 0600);
	fd = open("out", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 4);
	expect_line("line");
	digest_begin(&d);
	digest_add(&d, "the one before", 14);
	ck_assert_int_eq(body_receive(&b, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	expect_byte('\0');
	ck_digest(&d, fd, 4, size);
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

/* What is thrown away is of no file. */
START_TEST(to_nowhere_digest)
{
	struct digest d;
	int fd, file_errno = -1;

	start(PIPE, PIPE);
	b.digest = &d;
	say("data", 4);
	fd = zeros(0);
	ck_assert_int_eq(body_receive(&b, -1, 4, &file_errno), 0);
	ck_digest(&d, fd, 0, 0);
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
	b.digest = &d;
	pid = send_file(size, BUFFER);
	fd = zeros(0);
	expect_line("line");
	body_begin(&b, size);
	while (end < size) {
		end = end + 700001 < size ? end + 700001 : size;
		ck_assert_int_eq(
		    body_receive_part(&b, fd, end, &file_errno), 0);
		ck_assert_int_eq(file_errno, 0);
		ck_assert_int_eq(b.moved, end);
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
	pid_t pid;

	b.digest = &d;
	fd = zeros(0);
	write_pattern(fd, size + 1, BUFFER);
	pid = reader();
	if (_i % 2 != 0)
		ck_assert_int_eq(stream_hold(&stream), 0);
	digest_begin(&d);
	digest_add(&d, "the one before", 14);
	ck_assert_int_eq(body_send(&b, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_digest(&d, fd, 0, size);
	ck_assert_int_eq(stream_flush(&stream), 0);
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
	fd = zeros(0);
	write_pattern(fd, from_rows[row].has, BUFFER);
	/* The file's own offset does not matter. */
	if (!from_rows[row].readable)
		fd = open("file", O_WRONLY | O_CLOEXEC);
	pid = kind == FILE_KIND ? 1 : fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		read_all(from[0], row);
	}
	if (way == 1)
		ck_assert_int_eq(stream_hold(&stream), 0);
	else if (way == 2)
		body_join(&b);
	ck_assert_int_eq(
	    body_send(&b, fd, from_rows[row].size, &file_errno), 0);
	ck_assert_int_eq(file_errno, from_rows[row].error);
	ck_assert_int_eq(stream_flush(&stream), 0);
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
	fd = zeros(20000);
	for (i = 1; i <= 2; i++) {
		ck_assert_int_eq(body_send(&b, fd, 20000, &file_errno), 0);
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

	fd = zeros(20000);
	splice_error = _i == 0 ? EINVAL : EIO;
	ck_assert_int_eq(body_send(&b, fd, 20000, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(splices, 1);
	ck_assert_int_eq(sendfiles, _i == 0);
	ck_assert_int_eq(b.moved, 20000);
}
END_TEST

/* A small one leaves with what is held back before it. */
START_TEST(from_file_held)
{
	int fd, file_errno;

	fd = zeros(10);
	counted_fd = from[1];
	ck_assert_int_eq(stream_hold(&stream), 0);
	ck_assert_int_eq(stream_write(&stream, "held", 4), 0);
	ck_assert_int_eq(body_send(&b, fd, 10, &file_errno), 0);
	ck_assert_int_eq(writes, 0);
	ck_assert_int_eq(stream_flush(&stream), 0);
	ck_assert_int_eq(writes, 1);
}
END_TEST

/* Where it pays, the kernel reads ahead. */
START_TEST(from_file_advised)
{
	const off_t size = (1 << 20) - (_i == 0);
	int fd, file_errno;
	pid_t pid;

	fd = zeros(size);
	pid = reader();
	advised = -1;
	ck_assert_int_eq(body_send(&b, fd, size, &file_errno), 0);
	ck_assert_int_eq(advised, _i == 0 ? -1 : POSIX_FADV_SEQUENTIAL);
	ck_assert_int_eq(close(from[1]), 0);
	scratch_wait(pid);
}
END_TEST

/* The record before it is in the pipe yet: that says nothing. */
START_TEST(from_file_first_piece)
{
	int fd, file_errno;

	fd = zeros(20000);
	b.out_whole = 1;
	ck_assert_int_eq(body_send(&b, fd, 20000, &file_errno), 0);
	ck_assert_int_eq(b.out_whole, 1);
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
	int fd, file_errno;
	pid_t pid = -1;

	fd = zeros(wholes[_i].size);
	emptied_fd = from[0];
	splice_error = EIO;
	good_splices = wholes[_i].good;
	b.out_whole = 1;
	b.lull.ns = wholes[_i].lull;
	b.lull.more = 99;
	/* No small piece begins a sleep. */
	b.lull.lost = wholes[_i].lull == 0 ? CLOCK_SECOND : 0;
	/* What is copied needs somebody who reads it. */
	if (wholes[_i].good == 1) {
		emptied_fd = -1;
		pid = reader();
	}
	ck_assert_int_eq(body_send(&b, fd, wholes[_i].size, &file_errno), 0);
	ck_assert_int_eq(b.out_whole, wholes[_i].counts);
	ck_assert_int_eq(close(from[1]), 0);
	if (pid != -1)
		scratch_wait(pid);
}
END_TEST

/* A socket is neither made larger nor left alone. */
START_TEST(from_file_socket_whole)
{
	const off_t size = 17 << 20;
	int fd, file_errno;
	pid_t pid;

	start(PIPE, SOCKET);
	fd = zeros(size);
	pid = reader();
	b.out_is_socket = true;
	b.out_whole = 1;
	ck_assert_int_eq(body_send(&b, fd, size, &file_errno), 0);
	ck_assert_int_eq(sendfiles, 2);
	ck_assert_int_eq(b.out_whole, 1);
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

	fd = zeros(size);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		read_when_full(from[0], pieces[_i], size);
	}
	ck_assert_int_eq(body_send(&b, fd, size, &file_errno), 0);
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

	fd = zeros(0);
	ck_assert_int_eq(fcntl(to[0], F_GETPIPE_SZ), BUFFER);
	say(data, (size_t)sizes[_i]);
	ck_assert_int_eq(body_receive(&b, fd, sizes[_i], &file_errno), 0);
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

	fd = zeros(0);
	ck_assert_int_ge(fcntl(to[1], F_SETPIPE_SZ, 4 * BUFFER), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		write_when_empty(to[1], pieces[_i], size);
	}
	splices = 0;
	ck_assert_int_eq(body_receive(&b, fd, size, &file_errno), 0);
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
	ck_assert_int_eq(body_receive(&b, fd, size, &file_errno), 0);
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

	fd = zeros(0);
	if (exists)
		write_pattern(fd, size, BUFFER);
	ck_assert_int_eq(close(from[0]), 0);
	errno = 0;
	ck_assert_int_eq(body_send(&b, fd, size, &file_errno), -1);
	ck_assert_int_eq(errno, EPIPE);
	/* What the log will say. */
	if (exists && size > 10)
		ck_assert_int_eq(b.moved, 0);
}
END_TEST

/* It ends early, and what went wrong before says nothing of the client. */
START_TEST(from_file_shrunk)
{
	int fd, file_errno = -1;

	fd = zeros(20000);
	errno = _i == 0 ? EPIPE : EINVAL;
	ck_assert_int_eq(body_send(&b, fd, 40000, &file_errno), 0);
	ck_assert_int_eq(file_errno, EIO);
	ck_assert(!b.out_is_socket);
	ck_assert_int_eq(b.moved, 20000);
}
END_TEST

START_TEST(from_file_gone_midway)
{
	int fd, file_errno = -1;
	char c;
	pid_t pid;

	fd = zeros(64 << 20);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0)
		_exit(read(from[0], &c, 1) == 1 ? 0 : 1);
	ck_assert_int_eq(close(from[0]), 0);
	errno = 0;
	ck_assert_int_eq(body_send(&b, fd, 64 << 20, &file_errno), -1);
	ck_assert_int_eq(errno, EPIPE);
	scratch_wait(pid);
}
END_TEST

/* What is held back for a client that is gone: the next file tells. */
enum after_holding {
	SPLICE_FILE,
	COPY_FILE,
	COPY_NOTHING,
	HELD_CASES
};

static int
go_on(enum after_holding what)
{
	off_t size = what == SPLICE_FILE ? 1 << 20 : 10000;
	int fd, file_errno;

	fd = zeros(what == COPY_NOTHING ? 0 : size);
	if (what == COPY_NOTHING)
		size = 100;
	return body_send(&b, fd, size, &file_errno);
}

START_TEST(held_for_nobody)
{
	const bool gone = _i < HELD_CASES;

	hold_for_nobody(gone);
	ck_assert_int_eq(go_on((enum after_holding)(_i % HELD_CASES)), -1);
	ck_assert_int_eq(errno, gone ? EPIPE : EIO);
}
END_TEST

/* --- signals ---------------------------------------------------------- */

enum blocking {
	IN_SMALL_FILE,
	IN_LARGE_FILE,
	IN_DISCARD,
	OUT_SMALL_FILE,
	OUT_LARGE_FILE,
	OUT_ZEROS
};

static int
block_in(enum blocking where)
{
	int fd = -1, file_errno, ret;

	if (where != IN_DISCARD)
		fd = zeros(0);
	/* A large one waits in splice(2) only where nothing came yet. */
	if (where != IN_LARGE_FILE)
		say("12345", 5);
	ret = body_receive(
	    &b, fd, where == IN_SMALL_FILE ? 1000 : 1 << 20, &file_errno);
	/* It is no error of the file's. */
	ck_assert_int_eq(file_errno, 0);
	return ret;
}

/* Into a pipe that is full already. */
static int
block_out(enum blocking where)
{
	static char much[4096];
	int fd, file_errno;
	off_t size = where == OUT_SMALL_FILE ? 1000 : 1 << 20;

	fd = zeros(where == OUT_ZEROS ? 0 : size);
	ck_assert_int_ge(fcntl(from[1], F_SETFL, O_NONBLOCK), 0);
	while (write(from[1], much, sizeof(much)) > 0)
		continue;
	ck_assert_int_ge(fcntl(from[1], F_SETFL, 0), 0);
	return body_send(&b, fd, size, &file_errno);
}

static int
block(enum blocking where)
{
	return where < OUT_SMALL_FILE ? block_in(where) : block_out(where);
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

/* The time is over while the relay is filled, or emptied: no error of it. */
START_TEST(idle_in_relay)
{
	static char data[40000];
	int fd, file_errno = -1;

	fd = zeros(0);
	say(data, sizeof(data));
	deadline_set(&stream.deadline, 100, 0);
	splice_error = EINTR;
	splice_takes = 101 * CLOCK_SECOND;
	/* The first sees whether the file takes it. */
	good_splices = 1 + _i;
	ck_assert_int_eq(body_receive(&b, fd, sizeof(data), &file_errno), -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(b.moved, 0);
}
END_TEST

/* A client is left alone for a moment, and nothing goes to it any more. */
START_TEST(stopped_in_lull)
{
	int fd, file_errno;

	fd = zeros(BUFFER);
	b.lull.ns = 1;
	pause_error = EINTR;
	pause_stops = true;
	ck_assert_int_eq(body_send(&b, fd, BUFFER, &file_errno), -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_int_eq(b.moved, 0);
}
END_TEST

/* The client is so quick that we never wait. */
START_TEST(stopped_in_flow)
{
	static char much[1 << 16];
	int fd, file_errno, ret;
	double begin;
	pid_t pid;

	if (_i == 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	else
		fd = zeros(_i == 1 ? (off_t)1 << 40 : 0);
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
		ret = body_receive(&b, fd, (off_t)1 << 50, &file_errno);
	else
		ret = body_send(&b, fd, (off_t)1 << 40, &file_errno);
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

	fd = zeros(0);
	ck_assert_int_gt(fcntl(from[1], F_SETPIPE_SZ, 4 * BUFFER), 0);
	stops_writer = true;
	errno = 0;
	ck_assert_int_eq(body_send(&b, fd, 3 * BUFFER, &file_errno), -1);
	ck_assert_int_eq(errno, ECANCELED);
}
END_TEST

/* Nothing is sent of what was read. */
START_TEST(stopped_in_copy)
{
	int fd, file_errno;

	fd = zeros(10);
	counted_fd = from[1];
	stops_pread = true;
	errno = 0;
	ck_assert_int_eq(body_send(&b, fd, 20, &file_errno), -1);
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
	fd = zeros(0);
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
	ck_assert_int_eq(body_receive(&b, fd, 10, &file_errno), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	write_pattern(fd, size, BUFFER);
	ck_assert_int_eq(body_send(&b, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, 0);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(body_send(&b, fd, 1 << 20, &file_errno), 0);
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
	fd = zeros(0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)usleep(30000);
		write_pattern(to[1], size, 50000);
		_exit(0);
	}
	ck_assert_int_eq(body_receive(&b, fd, size, &file_errno), 0);
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

	fd = zeros(0);
	write_pattern(fd, 10, 10);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)close(from[1]);
		_exit(is_pattern(from[0], 10, size - 10) ? 0 : 1);
	}
	pace_init(&b.pace, 4 * size);
	ck_assert_int_eq(body_send(&b, fd, size, &file_errno), 0);
	ck_assert_int_eq(file_errno, EIO);
	ck_assert_int_eq(b.moved, 10);
	/* A quarter of a second, less what may be ahead (pace.h). */
	ck_assert_int_ge(clock_now() - begin, 150 * CLOCK_MS);
	ck_assert_int_eq(close(from[1]), 0);
	scratch_wait(pid);
}
END_TEST

static Suite *
body_suite(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("body");
	tc = tcase_create("pipes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, to_file_takes_nothing, 0, 2);
	tcase_add_loop_test(tc, to_file_splice_fails, 0, 4);
	tcase_add_test(tc, to_file_without_relay);
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
	tcase_add_loop_test(tc, held_for_nobody, 0, 2 * HELD_CASES);
	tcase_add_loop_test(tc, stopped, IN_SMALL_FILE, OUT_ZEROS + 1);
	tcase_add_loop_test(tc, idle_in_relay, 0, 2);
	tcase_add_test(tc, stopped_in_lull);
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
	tcase_add_test(tc, to_nowhere_digest);
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
	return scratch_run(body_suite(), "body");
}

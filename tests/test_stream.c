/* SPDX-License-Identifier: ISC */
/* The connection's two ends: bytes and lines in, what is held back, drain. */
/* Its inline functions would have the names of ours. */
#undef _FORTIFY_SOURCE

#include "config.h"

#include "stream.h"

#include <sys/ioctl.h>

#include <check.h>
#include <poll.h>

#include "clock.h"
#include "ends.h"
#include "scratch.h"

/* As in stream.c: what is held back, and what is read at once. */
#define BUFFER    65536
#define IN_BUFFER 32768

static void
setup(void)
{
	scratch_fresh();
	ends_open(PIPE, PIPE);
}

static void
teardown(void)
{
	stream_close(&stream);
}

/* --- bytes and lines -------------------------------------------------- */

START_TEST(bytes)
{
	unsigned char c = 0;

	say("a\0b", 3);
	ck_assert_int_eq(stream_peek(&stream, &c), 1);
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
	ck_assert_int_eq(stream_peek(&stream, &c), 1);
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
	deadline_set(&stream.deadline, 100, 0);
	ck_assert_int_eq(
	    stream_line(&stream, 100, &line, &len), _i == 0 ? 1 : -1);
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
	ck_assert_int_eq(stream_line(&stream, line_rows[_i].max, &line, &len),
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
		ck_assert_int_eq(stream_line(&stream, 49, &line, &len), 1);
		ck_assert_uint_eq(len, 49);
	}
	ck_assert_int_eq(stream_line(&stream, n, &line, &len), 1);
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
	ck_assert_int_eq(stream_peek(&stream, &c), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(stream_byte(&stream, &c), -1);
	ck_assert_int_eq(stream_line(&stream, 10, &line, &len), -1);
	ck_assert(!stream_is_waiting(&stream));
}
END_TEST

START_TEST(is_waiting)
{
	unsigned char c;

	ck_assert(!stream_is_waiting(&stream));
	say("ab", 2);
	ck_assert(stream_is_waiting(&stream));
	ck_assert_int_eq(stream_peek(&stream, &c), 1);
	/* now in the buffer */
	ck_assert(stream_is_waiting(&stream));
	expect_byte('a');
	ck_assert(stream_is_waiting(&stream));
	expect_byte('b');
	ck_assert(!stream_is_waiting(&stream));
	say("c", 1);
	hang_up();
	ck_assert(stream_is_waiting(&stream));
	expect_byte('c');
	ck_assert(!stream_is_waiting(&stream));
}
END_TEST

/* Bytes are used from its front, and more come behind them. */
START_TEST(buffer_itself)
{
	const char *data;

	ck_assert_uint_eq(stream_buffered(&stream, &data), 0);
	say("abc", 3);
	ck_assert_int_eq(stream_fill(&stream), 1);
	ck_assert_uint_eq(stream_buffered(&stream, &data), 3);
	ck_assert_mem_eq(data, "abc", 3);
	stream_consume(&stream, 2);
	say("de", 2);
	hang_up();
	ck_assert_int_eq(stream_fill(&stream), 1);
	ck_assert_uint_eq(stream_buffered(&stream, &data), 3);
	ck_assert_mem_eq(data, "cde", 3);
	ck_assert_int_eq(stream_fill(&stream), 0);
	expect_byte('c');
	stream_consume(&stream, 2);
	expect_end();
}
END_TEST

/* --- bytes out -------------------------------------------------------- */

/* R-WIRE-1: a record is one write(2); a packet pipe shows each. */
START_TEST(write_once)
{
	char buf[8192], record[RECORD_BYTES_MAX];
	int packets[2];

	ck_assert_int_eq(pipe2(packets, O_DIRECT | O_CLOEXEC), 0);
	stream.out = packets[1];
	memset(record, 'r', sizeof(record));
	ck_assert_int_eq(stream_write(&stream, record, sizeof(record)), 0);
	ck_assert_int_eq(stream_write(&stream, "", 1), 0);
	ck_assert_int_eq(stream_write(&stream, "", 0), 0);
	ck_assert_int_eq(
	    read(packets[0], buf, sizeof(buf)), (ssize_t)sizeof(record));
	ck_assert_mem_eq(buf, record, sizeof(record));
	ck_assert_int_eq(read(packets[0], buf, sizeof(buf)), 1);
	ck_assert_int_eq(close(packets[0]), 0);
	errno = 0;
	ck_assert_int_eq(stream_write(&stream, "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* What is held back for a client that is gone: whatever comes next tells. */
enum after_holding {
	READ_ON,
	WRITE_ON,
	WRITE_MUCH,
	WANT_ROOM,
	HELD_CASES
};

static int
go_on(enum after_holding what)
{
	static char much[BUFFER];
	unsigned char c;
	size_t size;

	switch (what) {
	case READ_ON:
		return stream_peek(&stream, &c);
	case WRITE_ON:
		return stream_write(&stream, much, 10000);
	case WRITE_MUCH:
		return stream_write(&stream, much, sizeof(much));
	case WANT_ROOM:
	case HELD_CASES:
		break;
	}
	return stream_room(&stream, 10000, &size) == NULL ? -1 : 0;
}

START_TEST(held_for_nobody)
{
	const bool gone = _i < HELD_CASES;

	hold_for_nobody(gone);
	ck_assert_int_eq(go_on((enum after_holding)(_i % HELD_CASES)), -1);
	ck_assert_int_eq(errno, gone ? EPIPE : EIO);
}
END_TEST

/* In its order, however much it is. */
START_TEST(held_before_much)
{
	static char much[2 * BUFFER], got[sizeof(much)];

	ck_assert_int_gt(fcntl(from[1], F_SETPIPE_SZ, 4 * BUFFER), 0);
	memset(much, 'm', sizeof(much));
	ck_assert_int_eq(stream_hold(&stream), 0);
	ck_assert_int_eq(stream_write(&stream, "held", 4), 0);
	ck_assert_int_eq(stream_write(&stream, much, sizeof(much)), 0);
	ck_assert_int_eq(read(from[0], got, 4), 4);
	ck_assert_mem_eq(got, "held", 4);
	ck_assert_int_eq(read(from[0], got, sizeof(got)), (ssize_t)sizeof(got));
	ck_assert_mem_eq(got, much, sizeof(got));
}
END_TEST

/* Written at once, held, or waiting for what is written next. */
START_TEST(put_in_place)
{
	const char *want = _i == 1 ? "heldputnext" : "putnext";
	bool waits = _i == 2;
	size_t size = 0;
	char got[16], *dst;

	counted_fd = from[1];
	if (_i == 1) {
		ck_assert_int_eq(stream_hold(&stream), 0);
		ck_assert_int_eq(stream_write(&stream, "held", 4), 0);
	}
	ck_assert_ptr_nonnull(dst = stream_room(&stream, 3, &size));
	ck_assert_uint_eq(size, BUFFER - (_i == 1 ? 4 : 0));
	memcpy(dst, "put", 3);
	ck_assert_int_eq(stream_put(&stream, 3, waits), 0);
	ck_assert_int_eq(writes, _i == 0);
	ck_assert_int_eq(stream_write(&stream, "next", 4), 0);
	ck_assert_int_eq(writes, _i == 0 ? 2 : _i == 2);
	ck_assert_int_eq(stream_flush(&stream), 0);
	ck_assert_int_eq(
	    read(from[0], got, sizeof(got)), (ssize_t)strlen(want));
	ck_assert_mem_eq(got, want, strlen(want));
}
END_TEST

/* As much as there is room for leaves nothing; a byte more, what is held. */
START_TEST(room_wanted)
{
	off_t wanted = BUFFER - 4 + _i;
	size_t size = 0;
	int left = 0;

	ck_assert_int_eq(stream_hold(&stream), 0);
	ck_assert_int_eq(stream_write(&stream, "held", 4), 0);
	ck_assert_ptr_nonnull(stream_room(&stream, wanted, &size));
	ck_assert_uint_eq(size, _i == 0 ? BUFFER - 4 : BUFFER);
	ck_assert_int_eq(ioctl(from[0], FIONREAD, &left), 0);
	ck_assert_int_eq(left, _i == 0 ? 0 : 4);
}
END_TEST

/* --- drain ------------------------------------------------------------ */

START_TEST(drain_to_end)
{
	double begin = scratch_seconds();
	unsigned char c;
	pid_t pid;

	pid = send_file(3 * 1024 * 1024, BUFFER);
	ck_assert_int_eq(stream_peek(&stream, &c), 1);
	ck_assert(stream_drain(&stream, 10000, ""));
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
	ck_assert_int_eq(stream_peek(&stream, &c), 1);
	begin = scratch_seconds();
	/* to[1] stays open here: only silence ends it. */
	errno = EINTR;
	ck_assert(stream_drain(&stream, 150, ""));
	seconds = scratch_seconds() - begin;
	ck_assert_msg(seconds > 0.3 && seconds < 3, "%f seconds", seconds);
	ck_assert(!stream_is_waiting(&stream));
	scratch_wait(pid);
	say("after", 5);
	expect_byte('a');
}
END_TEST

/* A byte now and then is no silence, but not for ever. */
START_TEST(drain_takes_too_long)
{
	int left = 0;

	say("one after another", 17);
	slow_fd = to[0];
	slowness = (STREAM_DRAIN_SECONDS / 3 + 1) * CLOCK_SECOND;
	ck_assert(stream_drain(&stream, 200, ""));
	ck_assert_int_eq(ioctl(to[0], FIONREAD, &left), 0);
	ck_assert_int_eq(left, 17 - 3);
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
	ck_assert_int_eq(stream_byte(&stream, &c), 1);
	say(ignores_rows[row].text + half, len - half);
	hang_up();
	ck_assert_int_eq(
	    stream_drain(&stream, 10000, ignores_rows[row].ignored),
	    ignores_rows[row].others);
}
END_TEST

/* Where there is nothing to wait with, nothing is read either. */
START_TEST(drain_cannot_wait)
{
	int left = 0;

	say("x", 1);
	wait_error = _i == 0 ? ENOMEM : EINTR;
	(void)stream_drain(&stream, 10, "");
	ck_assert_int_eq(ioctl(to[0], FIONREAD, &left), 0);
	ck_assert_int_eq(left, _i == 0 ? 1 : 0);
}
END_TEST

START_TEST(drain_error)
{
	double begin = scratch_seconds();

	ck_assert_int_eq(close(to[0]), 0);
	ck_assert(!stream_drain(&stream, 10000, ""));
	ck_assert(scratch_seconds() - begin < 5);
}
END_TEST

/* --- signals ---------------------------------------------------------- */

enum blocking {
	IN_BYTE,
	IN_LINE,
	OUT_WRITE
};

static int
block(enum blocking where)
{
	static char much[1 << 20];
	const char *line;
	unsigned char c;
	size_t len;

	if (where == IN_BYTE)
		return stream_byte(&stream, &c);
	if (where == OUT_WRITE)
		return stream_write(&stream, much, sizeof(much));
	say("half a line", 11);
	return stream_line(&stream, 100, &line, &len);
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

START_TEST(stopped_in_drain)
{
	double begin = scratch_seconds();

	signals(on_stop, 20, 20);
	(void)stream_drain(&stream, 60000, "");
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
	ck_assert_int_eq(stream_byte(&stream, &c), -1);
	ck_assert_int_eq(errno, ECANCELED);
	errno = 0;
	ck_assert_int_eq(stream_line(&stream, 10, &line, &len), -1);
	ck_assert_int_eq(errno, ECANCELED);
}
END_TEST

/* Nor the rest of a line, though it is there. */
START_TEST(stopped_between)
{
	const char *line;
	size_t len;

	/* Each is read by itself. */
	ck_assert_int_ge(fcntl(to[1], F_SETFL, O_DIRECT), 0);
	say("half ", 5);
	say("a line\n", 7);
	stops_reader = true;
	errno = 0;
	ck_assert_int_eq(stream_line(&stream, 100, &line, &len), -1);
	ck_assert_int_eq(errno, ECANCELED);
	stop = 0;
	expect_line("half a line");
}
END_TEST

/* A signal that does not stop us costs nothing, nor does O_NONBLOCK. */
START_TEST(interrupted)
{
	static const char much[3 * BUFFER];
	pid_t pid;

	signals(on_tick, 1, 1);
	if (_i != 0) {
		ck_assert_int_ge(fcntl(to[0], F_SETFL, O_NONBLOCK), 0);
		ck_assert_int_ge(fcntl(from[1], F_SETFL, O_NONBLOCK), 0);
	}
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		die_with_parent();
		(void)usleep(30000);
		if (write(to[1], "line\n", 5) != 5)
			_exit(1);
		(void)close(to[1]);
		(void)close(from[1]);
		(void)usleep(30000);
		_exit(is_pattern(from[0], 0, sizeof(much)) ? 0 : 1);
	}
	hang_up();
	expect_line("line");
	ck_assert_int_eq(stream_write(&stream, much, sizeof(much)), 0);
	ck_assert_int_eq(close(from[1]), 0);
	signals(on_tick, 0, 0);
	scratch_wait(pid);
}
END_TEST

static Suite *
stream_suite(void)
{
	Suite *suite = suite_create("stream");
	TCase *tc = tcase_create("stream");

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
	tcase_add_test(tc, buffer_itself);
	tcase_add_test(tc, write_once);
	tcase_add_loop_test(tc, held_for_nobody, 0, 2 * HELD_CASES);
	tcase_add_test(tc, held_before_much);
	tcase_add_loop_test(tc, put_in_place, 0, 3);
	tcase_add_loop_test(tc, room_wanted, 0, 2);
	tcase_add_test(tc, drain_to_end);
	tcase_add_test(tc, drain_to_silence);
	tcase_add_test(tc, drain_takes_too_long);
	tcase_add_loop_test(
	    tc, drain_ignores, 0, 3 * (int)LENGTH(ignores_rows));
	tcase_add_loop_test(tc, drain_cannot_wait, 0, 2);
	tcase_add_test(tc, drain_error);
	tcase_add_loop_test(tc, stopped, IN_BYTE, OUT_WRITE + 1);
	tcase_add_test(tc, stopped_in_drain);
	tcase_add_loop_test(tc, stopped_before, 0, 2);
	tcase_add_test(tc, stopped_between);
	tcase_add_loop_test(tc, interrupted, 0, 2);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return scratch_run(stream_suite(), "stream");
}

/* SPDX-License-Identifier: ISC */
/* The dialogue: whose turn it is, and every byte that is said. */
#include "config.h"

#include "peer.h"

#include <check.h>

#include "scratch.h"

/* Text and its length, so that NULs count. */
#define BYTES(text) text, sizeof(text) - 1

static volatile sig_atomic_t stop;
static struct stream stream;
static struct peer peer;
static int to[2];
static int from[2];

static void
setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe2(to, O_CLOEXEC), 0);
	/* A packet is a write(2). */
	ck_assert_int_eq(pipe2(from, O_CLOEXEC | O_DIRECT | O_NONBLOCK), 0);
	stream_open(&stream, to[0], from[1], &stop);
	peer_init(&peer, &stream, false);
}

static void
teardown(void)
{
	stream_close(&stream);
}

/* All that the client will ever say. */
static void
client_says(const char *text, size_t len)
{
	ck_assert_int_eq(write(to[1], text, len), (ssize_t)len);
	ck_assert_int_eq(close(to[1]), 0);
}

static void
expect_nothing(void)
{
	char c;

	ck_assert_int_eq(read(from[0], &c, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

/* R-WIRE-1: these bytes, in one write, and no more. */
static void
expect(const char *want, size_t len)
{
	char buf[4096];
	ssize_t n;

	n = read(from[0], buf, sizeof(buf));
	ck_assert_int_eq(n, (ssize_t)len);
	ck_assert_mem_eq(buf, want, len);
	expect_nothing();
}

static void
expect_left(size_t want)
{
	unsigned char c;
	size_t n = 0;

	while (stream_byte(&stream, &c) == 1)
		n++;
	ck_assert_uint_eq(n, want);
}

/* --- whose turn it is ------------------------------------------------- */

enum call {
	ACK,
	STORED,
	WARN,
	QUIT,
	MALFORMED,
	CALLS
};

static int
answer(enum call call)
{
	switch (call) {
	case ACK:
		return peer_ack(&peer);
	case STORED:
		return peer_ack_stored(&peer);
	case WARN:
		return peer_warn(&peer, "%s: %d", "a", 1);
	case QUIT:
		return peer_quit(&peer, PEER_FATAL, "%s", "b");
	case MALFORMED:
	case CALLS:
		break;
	}
	return peer_quit_malformed(&peer, PROTO_E_MODE);
}

/* CVE-2020-12062: a second answer would be taken for the next record's. */
START_TEST(answer_out_of_turn)
{
	peer_init(&peer, &stream, true);
	ck_assert_int_eq(peer_ack(&peer), 0);
	expect(BYTES("\0"));
	errno = 0;
	ck_assert_int_eq(answer((enum call)_i), -1);
	ck_assert_int_eq(errno, EPROTO);
	expect_nothing();
	ck_assert(!peer.complained);
}
END_TEST

/* After the last word nothing is said, nor read. */
START_TEST(answer_after_the_last_word)
{
	struct proto_record rec;
	enum proto_err err;

	client_says(BYTES("E\n"));
	peer_init(&peer, &stream, true);
	ck_assert_int_eq(peer_ack(&peer), 0);
	expect(BYTES("\0"));
	ck_assert_int_eq(peer_quit(&peer, PEER_WARNING, "end"), 0);
	expect(BYTES("\1scp: end\n"));
	errno = 0;
	ck_assert_int_eq(answer((enum call)_i), -1);
	ck_assert_int_eq(errno, EPROTO);
	expect_nothing();
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_LOST);
	ck_assert_int_eq(errno, EPROTO);
}
END_TEST

static const struct {
	const char *want;
	size_t len;
	bool complained;
} answer_rows[CALLS] = {
	[ACK] = { BYTES("\0"), false },
	[STORED] = { BYTES("\0"), false },
	[WARN] = { BYTES("\1scp: a: 1\n"), true },
	[QUIT] = { BYTES("\2scp: b\n"), true },
	[MALFORMED] = { BYTES("\1scp: protocol error: bad mode\n"), true },
};

START_TEST(first_answer)
{
	peer_init(&peer, &stream, true);
	ck_assert_int_eq(answer((enum call)_i), 0);
	expect(answer_rows[_i].want, answer_rows[_i].len);
	ck_assert_int_eq(peer.complained, answer_rows[_i].complained);
	ck_assert_int_eq(answer((enum call)_i), -1);
	expect_nothing();
}
END_TEST

START_TEST(record_out_of_turn)
{
	struct proto_record rec;
	enum proto_err err;

	client_says(BYTES("E\n"));
	peer_init(&peer, &stream, true);
	errno = 0;
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_LOST);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(peer_ack(&peer), 0);
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_RECORD);
}
END_TEST

START_TEST(client_is_gone)
{
	peer_init(&peer, &stream, true);
	ck_assert_int_eq(close(from[0]), 0);
	errno = 0;
	ck_assert_int_eq(answer((enum call)_i), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* --- records ---------------------------------------------------------- */

static const struct {
	const char *text;
	size_t len;
	enum peer_event event;
	int what;    /* type, proto_err or errno */
	bool due;    /* afterwards */
	size_t left; /* bytes that nobody has read */
} next_rows[] = {
	{ BYTES("C0644 3 a\nabc"), PEER_RECORD, PROTO_FILE, true, 3 },
	{ BYTES("D0755 0 d\n"), PEER_RECORD, PROTO_DIR, true, 0 },
	{ BYTES("E\nE\n"), PEER_RECORD, PROTO_END, true, 2 },
	{ BYTES("T1 0 2 0\n"), PEER_RECORD, PROTO_TIMES, true, 0 },
	/* These want no answer. */
	{ BYTES("\1scp: no\n"), PEER_RECORD, PROTO_WARNING, false, 0 },
	{ BYTES("\2scp: no\n"), PEER_RECORD, PROTO_FATAL, false, 0 },
	/* R-WIRE-6: what blind clients leave between records */
	{ BYTES("\0E\n"), PEER_RECORD, PROTO_END, true, 0 },
	{ BYTES("\nE\n"), PEER_RECORD, PROTO_END, true, 0 },
	{ BYTES("\0\n\n\0\0\nE\n\0"), PEER_RECORD, PROTO_END, true, 1 },
	{ BYTES(""), PEER_END, 0, false, 0 },
	{ BYTES("\0"), PEER_END, 0, false, 0 },
	{ BYTES("\0\n\0"), PEER_END, 0, false, 0 },
	{ BYTES("C0644 3 a"), PEER_LOST, ECONNRESET, false, 9 },
	{ BYTES("E"), PEER_LOST, ECONNRESET, false, 1 },
	{ BYTES("X\n"), PEER_MALFORMED, PROTO_E_TYPE, false, 0 },
	{ BYTES("C9 1 a\n"), PEER_MALFORMED, PROTO_E_MODE, false, 0 },
	{ BYTES("C0644 x a\n"), PEER_MALFORMED, PROTO_E_SIZE, false, 0 },
	{ BYTES("C0644 1 ..\n"), PEER_MALFORMED, PROTO_E_NAME, false, 0 },
	{ BYTES("C0644 1 a\0b\n"), PEER_MALFORMED, PROTO_E_NAME, false, 0 },
	{ BYTES("Tx\n"), PEER_MALFORMED, PROTO_E_TIME, true, 0 },
};

START_TEST(next)
{
	struct proto_record rec = { .size = -7 };
	enum proto_err err = PROTO__COUNT;
	enum peer_event event;

	client_says(next_rows[_i].text, next_rows[_i].len);
	errno = 0;
	event = peer_next(&peer, &rec, &err);
	ck_assert_int_eq(event, next_rows[_i].event);
	if (event == PEER_RECORD)
		ck_assert_int_eq((int)rec.type, next_rows[_i].what);
	else if (event == PEER_MALFORMED)
		ck_assert_int_eq((int)err, next_rows[_i].what);
	else if (event == PEER_LOST)
		ck_assert_int_eq(errno, next_rows[_i].what);
	if (event != PEER_RECORD)
		ck_assert_int_eq(rec.size, -7);
	ck_assert_int_eq(peer.turn == PEER_ANSWER_DUE, next_rows[_i].due);
	ck_assert_int_eq(peer.complained,
	    event == PEER_RECORD &&
		(rec.type == PROTO_WARNING || rec.type == PROTO_FATAL));
	expect_nothing();
	expect_left(next_rows[_i].left);
}
END_TEST

START_TEST(next_fields)
{
	struct proto_record rec;
	enum proto_err err;

	client_says(BYTES("C0640 12 a b\n\1oops\n"));
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_RECORD);
	ck_assert_int_eq(err, PROTO_OK);
	ck_assert_uint_eq(rec.mode, 0640);
	ck_assert_int_eq(rec.size, 12);
	ck_assert_uint_eq(rec.namelen, 3);
	ck_assert_mem_eq(rec.name, "a b", 3);
	ck_assert_int_eq(peer_ack(&peer), 0);
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_RECORD);
	ck_assert_uint_eq(rec.textlen, 4);
	ck_assert_mem_eq(rec.text, "oops", 4);
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_END);
}
END_TEST

/* R-RES-1: the longest record, and one byte more. */
START_TEST(next_length)
{
	static char line[RECORD_BYTES_MAX + 2];
	struct proto_record rec;
	enum proto_err err;
	size_t len = RECORD_BYTES_MAX + (size_t)_i;

	memset(line, 'x', sizeof(line));
	line[0] = '\1';
	line[len] = '\n';
	client_says(line, len + 1);
	if (_i == 0) {
		ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_RECORD);
		ck_assert_uint_eq(rec.textlen, len - 1);
		return;
	}
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_MALFORMED);
	ck_assert_int_eq(err, PROTO_E_LONG);
	ck_assert_int_eq(peer_quit_malformed(&peer, err), 0);
	expect(BYTES("\1scp: protocol error: record too long\n"));
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *want;
} malformed_rows[] = {
	{ BYTES("C0644 1 ..\n"), "\1scp: error: unexpected filename: ..\n" },
	{ BYTES("D0755 0 a/b\n"), "\1scp: error: unexpected filename: a/b\n" },
	{ BYTES("C0644 1 \n"), "\1scp: error: unexpected filename: \n" },
	/* R-PATH-4, R-LOG-1: nothing that a terminal would obey */
	{ BYTES("C0644 1 a/\33[2J\n"),
	    "\1scp: error: unexpected filename: a/?[2J\n" },
	{ BYTES("C0644 1 a/%s%n\n"),
	    "\1scp: error: unexpected filename: a/%s%n\n" },
};

START_TEST(malformed_answer)
{
	struct proto_record rec;
	enum proto_err err;

	client_says(malformed_rows[_i].text, malformed_rows[_i].len);
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_MALFORMED);
	ck_assert_int_eq(peer_quit_malformed(&peer, err), 0);
	expect(malformed_rows[_i].want, strlen(malformed_rows[_i].want));
	ck_assert(peer.complained);
	ck_assert_int_ne(peer.turn, PEER_ANSWER_DUE);
}
END_TEST

/* A name over the limit is cut; the answer stays one line. */
START_TEST(malformed_long_name)
{
	static const char start[] = "\1scp: error: unexpected filename: xx";
	char line[1024], buf[4096];
	struct proto_record rec;
	enum proto_err err;
	ssize_t n;

	memset(line, 'x', sizeof(line));
	memcpy(line, "C0644 1 ", 8);
	line[900] = '\n';
	client_says(line, 901);
	ck_assert_int_eq(peer_next(&peer, &rec, &err), PEER_MALFORMED);
	ck_assert_int_eq(err, PROTO_E_NAME);
	ck_assert_int_eq(peer_quit_malformed(&peer, err), 0);
	n = read(from[0], buf, sizeof(buf));
	ck_assert_int_eq(n, (ssize_t)sizeof(start) - 1 - 2 + 255 + 1);
	ck_assert_mem_eq(buf, start, sizeof(start) - 1);
	ck_assert_int_eq(buf[n - 1], '\n');
}
END_TEST

/* --- messages --------------------------------------------------------- */

/* R-WIRE-1: one printable line of 512 bytes at most, whatever is in it. */
START_TEST(message_is_a_line)
{
	static const size_t lengths[] = { 0, 1, 505, 506, 507, 3000 };
	static const char unfit[] = "x\n\r\t\33\177\200\1\2";
	size_t len = lengths[(size_t)_i / 2], i;
	char text[3001], buf[8192];
	ssize_t n;

	for (i = 0; i < len; i++)
		text[i] = unfit[_i % 2 == 0 ? 0 : i % (sizeof(unfit) - 1)];
	text[len] = '\0';
	peer_init(&peer, &stream, true);
	ck_assert_int_eq(peer_warn(&peer, "%s", text), 0);
	n = read(from[0], buf, sizeof(buf));
	ck_assert_int_gt(n, 0);
	ck_assert_int_le(n, MESSAGE_BYTES_MAX);
	ck_assert_int_eq(n, len < 505 ? 7 + (ssize_t)len : n);
	ck_assert_int_ge(n, len < 505 ? 0 : MESSAGE_BYTES_MAX - 1);
	ck_assert_mem_eq(buf, "\1scp: ", 6);
	ck_assert_int_eq(buf[n - 1], '\n');
	for (i = 1; i < (size_t)n - 1; i++)
		ck_assert(buf[i] >= ' ' && buf[i] <= '~');
}
END_TEST

/* --- the end of a file ------------------------------------------------ */

static const struct {
	const char *said;
	size_t len;
	enum peer_verdict verdict;
	const char *text;
	size_t left;
} closing_rows[] = {
	{ BYTES("\0"), PEER_WHOLE, "", 0 },
	{ BYTES("\0E\n"), PEER_WHOLE, "", 2 },
	{ BYTES("\1scp: read error\nE\n"), PEER_BROKEN, "scp: read error", 2 },
	{ BYTES("\2bye\n"), PEER_BROKEN, "bye", 0 },
	{ BYTES("\1\n"), PEER_BROKEN, "", 0 },
	/* R-WIRE-4 */
	{ BYTES(""), PEER_UNSAID, "", 0 },
	{ BYTES("E\n"), PEER_GARBLED, "", 1 },
	{ BYTES("\n"), PEER_GARBLED, "", 0 },
	{ BYTES("\3\n"), PEER_GARBLED, "", 1 },
	{ BYTES("\1no end"), PEER_VANISHED, "", 6 },
	{ BYTES("\2"), PEER_VANISHED, "", 0 },
};

START_TEST(closing)
{
	const char *text = NULL;
	size_t len = 99;

	client_says(closing_rows[_i].said, closing_rows[_i].len);
	errno = 0;
	ck_assert_int_eq(
	    peer_closing(&peer, &text, &len), closing_rows[_i].verdict);
	ck_assert_int_eq(
	    errno, closing_rows[_i].verdict == PEER_VANISHED ? ECONNRESET : 0);
	ck_assert_uint_eq(len, strlen(closing_rows[_i].text));
	ck_assert_mem_eq(text, closing_rows[_i].text, len);
	ck_assert_int_eq(peer.complained,
	    closing_rows[_i].said[0] == 1 || closing_rows[_i].said[0] == 2);
	expect_nothing();
	expect_left(closing_rows[_i].left);
	/* An answer is due, exactly one. */
	ck_assert_int_eq(peer_ack(&peer), 0);
	expect(BYTES("\0"));
	ck_assert_int_eq(peer_ack(&peer), -1);
}
END_TEST

START_TEST(closing_failed)
{
	const char *text;
	size_t len;

	ck_assert_int_eq(close(to[0]), 0);
	errno = 0;
	ck_assert_int_eq(peer_closing(&peer, &text, &len), PEER_VANISHED);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* An error without end is not lost with its sender: the line is too long. */
static void
client_says_too_much(void)
{
	static char text[RECORD_BYTES_MAX + 8];

	memset(text, 'x', sizeof(text));
	text[0] = PEER_WARNING;
	client_says(text, sizeof(text));
}

START_TEST(closing_too_long)
{
	const char *text;
	size_t len;

	client_says_too_much();
	errno = 0;
	ck_assert_int_eq(peer_closing(&peer, &text, &len), PEER_VANISHED);
	ck_assert_int_eq(errno, EMSGSIZE);
}
END_TEST

/* What was said before is not said again. */
START_TEST(answer_too_long)
{
	const char *text;
	size_t len;

	peer_init(&peer, &stream, false);
	ck_assert_int_eq(write(to[1], "\1no\n", 4), 4);
	ck_assert_int_eq(peer_answer(&peer, &text, &len), PEER_NO);
	ck_assert_uint_eq(len, 2);
	client_says_too_much();
	ck_assert_int_eq(peer_answer(&peer, &text, &len), PEER_STOP);
	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(text, "");
}
END_TEST

/* --- early answers ----------------------------------------------------- */

/*
 * Letters are what happens: a record comes (T, C, D, E, or w for \1); a file's
 * data are stored (s) or not (n); the answer is given where it is due (a) or
 * was given (g).  Each is followed by the bytes that we write: digits, 1 for a
 * message.  X: the file's header would leave a credit.
 */
static const struct {
	unsigned max;
	const char *script;
} early_rows[] = {
	{ 0, "Ca0 s0 Ca0 s0 Ea0" },
	{ 1, "Ca0 s00 Cg s00 Cg n1 Ca0 s00 Eg Ea0 Ca0 s00" },
	/* never with the first answer of a record, never after an error */
	{ 1, "Da0 Ta0 Ca0 n1 Ea0 Ca0 n1 Ta0 Ca0 s00 Tg Ca0 s00" },
	/* two only where files have times */
	{ 2, "Ca0 s00 Cg s00 Tg Ca0 s00 Cg s00" },
	{ 2, "Ta0 Ca0 s000 Tg Cg s000 Tg Cg n1 Ta0 Ca0 s000" },
	{ 2, "Ta0 Da0 Ta0 Ca0 s000 Eg Tg Ca0 s000 Eg Eg Ea0" },
	{ 2, "Ta0 Ca0 s000 Tg Dg Ta0 Ca0 s000" },
	/* errors of the client use none */
	{ 1, "Ca0 s00 w w Cg s00 w Eg" },
	{ 2, "Ta0 Ca0 s000 w Tg Cg s000 Tg w Tg Ca0 s000" },
	{ 2, "Ta0 Ca0 s000 Tg w Cg s00 Cg s00" },
	/* a directory and an end without times leave none too many */
	{ 2, "Ta0 Ca0 s000 Dg Cg s00" },
	{ 2, "Ta0 Ca0 s000 Eg Cg s00 Tg Ca0 s00" },
	{ 2, "Ta0 Ca0 s000 Eg Tg Ca0 s000 CX" },
	/* R-WIRE-3: what is left would be taken for the file's own answer */
	{ 2, "Ta0 Ca0 s000 CX" },
	{ 2, "Ta0 Ca0 s000 w CX" },
	/* times that cannot be read are answered all the same */
	{ 2, "ta0 Ca0 s000 tg Cg s000" },
	{ 9, "Ta0 Ca0 s000 Tg Cg s000" },
};

static const char *
record_of(char letter)
{
	switch (letter) {
	case 'C':
		return "C0644 0 f\n";
	case 'D':
		return "D0755 0 d\n";
	case 'E':
		return "E\n";
	case 'T':
		return "T1 0 1 0\n";
	case 't':
		return "Tx\n";
	default:
		return "\1scp: no\n";
	}
}

/* The bytes that are to have come, all in one write. */
static void
expect_digits(const char *digits)
{
	size_t n = strspn(digits, "012");

	if (n == 0)
		expect_nothing();
	else if (digits[0] == '0')
		expect("\0\0\0", n);
	else
		expect(BYTES("\1scp: no\n"));
}

static void
play_record(const char *text)
{
	enum peer_event want = PEER_RECORD, event;
	struct proto_record rec;
	enum proto_err err;
	const char *record = record_of(text[0]);

	ck_assert_int_eq(
	    write(to[1], record, strlen(record)), (ssize_t)strlen(record));
	if (text[0] == 't' || text[1] == 'X')
		want = PEER_MALFORMED;
	event = peer_next(&peer, &rec, &err);
	ck_assert_int_eq(event, want);
	if (text[1] == 'X')
		ck_assert_int_eq(err, PROTO_E_NO_TIMES);
	else if (text[0] != 'w')
		ck_assert_int_eq(peer_has_answered(&peer), text[1] == 'g');
	expect_nothing();
	if (text[1] != 'a' && text[1] != 'g')
		return;
	if (text[1] == 'g') {
		ck_assert_int_eq(peer_warn(&peer, "no"), -1);
		expect_nothing();
	}
	ck_assert_int_eq(peer_ack(&peer), 0);
	expect_digits(text + 2);
}

static void
play_data(const char *text)
{
	const char *last;
	size_t len;

	ck_assert_int_eq(write(to[1], "", 1), 1);
	ck_assert_int_eq(peer_closing(&peer, &last, &len), PEER_WHOLE);
	if (text[0] == 's')
		ck_assert_int_eq(peer_ack_stored(&peer), 0);
	else
		ck_assert_int_eq(peer_warn(&peer, "no"), 0);
	expect_digits(text + 1);
}

START_TEST(early)
{
	const char *text = early_rows[_i].script;

	peer_init(&peer, &stream, true);
	peer_answer_early(&peer, early_rows[_i].max);
	ck_assert_int_eq(peer_ack(&peer), 0);
	expect(BYTES("\0"));
	for (; *text != '\0';
	     text += strcspn(text, " "), text += *text == ' ') {
		if (*text == 's' || *text == 'n')
			play_data(text);
		else
			play_record(text);
	}
}
END_TEST

/* The last word may follow an early answer. */
START_TEST(early_and_quit)
{
	peer_init(&peer, &stream, true);
	peer_answer_early(&peer, 1);
	ck_assert_int_eq(peer_ack(&peer), 0);
	expect(BYTES("\0"));
	play_record("Ca0");
	play_data("s00");
	play_record("Cg");
	play_data("s00");
	ck_assert_int_eq(peer_quit(&peer, PEER_FATAL, "no"), 0);
	expect(BYTES("\2scp: no\n"));
}
END_TEST

/* --- source ----------------------------------------------------------- */

static const struct {
	const char *said;
	size_t len;
	enum peer_answer answer;
	const char *text;
	size_t left;
} said_rows[] = {
	{ BYTES("\0"), PEER_YES, "", 0 },
	{ BYTES("\0\0"), PEER_YES, "", 1 },
	{ BYTES("\1disk full\n\0"), PEER_NO, "disk full", 1 },
	{ BYTES("\1\n"), PEER_NO, "", 0 },
	{ BYTES("\2stop it\n"), PEER_STOP, "stop it", 0 },
	/* no answer at all */
	{ BYTES("C0644 1 x\nx"), PEER_STOP, "0644 1 x", 1 },
	{ BYTES("\3\n"), PEER_STOP, "", 0 },
	{ BYTES("\377garbage\n"), PEER_STOP, "garbage", 0 },
	{ BYTES("\1"), PEER_STOP, "", 0 },
	{ BYTES("\2"), PEER_STOP, "", 0 },
	{ BYTES("x"), PEER_STOP, "", 0 },
	{ BYTES(""), PEER_SILENT, "", 0 },
	{ BYTES("\1no end"), PEER_FAILED, "", 6 },
};

START_TEST(said)
{
	const char *text = NULL;
	size_t len = 99;

	client_says(said_rows[_i].said, said_rows[_i].len);
	ck_assert_int_eq(peer_answer(&peer, &text, &len), said_rows[_i].answer);
	ck_assert_uint_eq(len, strlen(said_rows[_i].text));
	ck_assert_mem_eq(text, said_rows[_i].text, len);
	ck_assert_int_eq(peer.complained,
	    said_rows[_i].answer != PEER_YES &&
		said_rows[_i].answer != PEER_SILENT);
	expect_nothing();
	expect_left(said_rows[_i].left);
}
END_TEST

START_TEST(said_at_start)
{
	client_says(said_rows[_i].said, said_rows[_i].len);
	ck_assert_int_eq(peer_wait_start(&peer), said_rows[_i].answer);
	expect_left(said_rows[_i].left);
}
END_TEST

/* R-RES-1: however long the text, it is no reason to go on. */
START_TEST(said_too_much)
{
	static char line[10000];
	const char *text = NULL;
	size_t len = 99;

	memset(line, 'x', sizeof(line));
	line[0] = '\1';
	client_says(line, sizeof(line));
	ck_assert_int_eq(peer_answer(&peer, &text, &len), PEER_STOP);
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(said_failed)
{
	const char *text;
	size_t len;

	ck_assert_int_eq(close(to[0]), 0);
	errno = 0;
	ck_assert_int_eq(peer_answer(&peer, &text, &len), PEER_FAILED);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* What would become part of a file that is sent is not said. */
START_TEST(source_quits)
{
	ck_assert_int_eq(peer_send(&peer, BYTES("C0644 1 a\n")), 0);
	expect(BYTES("C0644 1 a\n"));
	errno = 0;
	ck_assert_int_eq(peer_quit(&peer, PEER_FATAL, "x"), -1);
	ck_assert_int_eq(errno, EPROTO);
	expect_nothing();
	ck_assert_int_eq(peer_close_file(&peer), 0);
	expect(BYTES("\0"));
	ck_assert_int_eq(peer_quit(&peer, PEER_FATAL, "x"), 0);
	expect(BYTES("\2scp: x\n"));
}
END_TEST

/* Pipelining: what is said leaves when an answer is waited for. */
START_TEST(source_holds)
{
	const char *text;
	size_t len;

	ck_assert_int_eq(stream_hold(&stream), 0);
	ck_assert_int_eq(peer_close_file(&peer), 0);
	ck_assert_int_eq(peer_send(&peer, BYTES("T1 0 1 0\n")), 0);
	ck_assert_int_eq(peer_warn(&peer, "no"), 0);
	ck_assert_int_eq(peer_send(&peer, BYTES("C0644 1 a\n")), 0);
	expect_nothing();
	client_says(BYTES("\0"));
	ck_assert_int_eq(peer_answer(&peer, &text, &len), PEER_YES);
	expect(BYTES("\0T1 0 1 0\n\1scp: no\nC0644 1 a\n"));
	ck_assert_int_eq(peer_close_file(&peer), 0);
	expect_nothing();
	ck_assert_int_eq(peer_quit(&peer, PEER_WARNING, "x"), 0);
	expect(BYTES("\0\1scp: x\n"));
}
END_TEST

/* What a source says needs no turn. */
START_TEST(source_says)
{
	ck_assert_int_eq(peer_send(&peer, BYTES("C0644 1 a\n")), 0);
	expect(BYTES("C0644 1 a\n"));
	ck_assert_int_eq(peer_close_file(&peer), 0);
	expect(BYTES("\0"));
	ck_assert(!peer.complained);
	ck_assert_int_eq(peer_warn(&peer, "%s: %s", "x\ny", "gone"), 0);
	expect(BYTES("\1scp: x?y: gone\n"));
	ck_assert(peer.complained);
	ck_assert_int_eq(close(from[0]), 0);
	ck_assert_int_eq(peer_send(&peer, BYTES("E\n")), -1);
	ck_assert_int_eq(peer_close_file(&peer), -1);
	errno = 0;
	ck_assert_int_eq(peer_warn(&peer, "x"), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

static Suite *
peer_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("peer");
	tc = tcase_create("peer");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, answer_out_of_turn, 0, QUIT);
	tcase_add_loop_test(tc, answer_after_the_last_word, 0, CALLS);
	tcase_add_loop_test(tc, first_answer, 0, CALLS);
	tcase_add_test(tc, record_out_of_turn);
	tcase_add_loop_test(tc, client_is_gone, 0, CALLS);
	tcase_add_loop_test(tc, next, 0, LENGTH(next_rows));
	tcase_add_test(tc, next_fields);
	tcase_add_loop_test(tc, next_length, 0, 2);
	tcase_add_loop_test(tc, malformed_answer, 0, LENGTH(malformed_rows));
	tcase_add_test(tc, malformed_long_name);
	tcase_add_loop_test(tc, message_is_a_line, 0, 12);
	tcase_add_loop_test(tc, closing, 0, LENGTH(closing_rows));
	tcase_add_test(tc, closing_failed);
	tcase_add_test(tc, closing_too_long);
	tcase_add_test(tc, answer_too_long);
	tcase_add_loop_test(tc, said, 0, LENGTH(said_rows));
	tcase_add_loop_test(tc, said_at_start, 0, LENGTH(said_rows));
	tcase_add_test(tc, said_too_much);
	tcase_add_test(tc, said_failed);
	tcase_add_test(tc, source_says);
	tcase_add_test(tc, source_quits);
	tcase_add_test(tc, source_holds);
	tcase_add_loop_test(tc, early, 0, LENGTH(early_rows));
	tcase_add_test(tc, early_and_quit);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(peer_suite(), "peer");
}

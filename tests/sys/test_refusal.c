/* SPDX-License-Identifier: ISC */
/*
 * R-WIRE-2: after a refused header no byte that may be file content is parsed
 * as a record.  Each flag shape, reason and manner of client; every refused
 * body is itself a stream of valid records that would make a file or directory
 * called "evil".
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "own.h"
#include "trace.h"

#define TEMP_NAME ".scp-server.0123456789abcdef~"

#define EVIL "C0644 5 evil\nhello\0"

struct body {
	const char *p;
	size_t len;
};

#define BODY(s)                                                                \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

static const struct body bodies[] = {
	BODY(EVIL),
	BODY("\0" EVIL),
	BODY("E\nE\n" EVIL),
	BODY("\nD0755 0 evil\n" EVIL "E\n" EVIL),
	BODY("\1no\nT1 0 1 0\n" EVIL),
	BODY("xxxx\0" EVIL "\0" EVIL),
};

enum shape_class {
	ONE,  /* one item: refused, and the rest is read away unparsed */
	WAIT, /* refused, and the session goes on */
	REST  /* read away, refused at the end of the body */
};

static const struct shape {
	const char *flags;
	enum shape_class class;
	bool own_words; /* a refused D may be refused at once */
} shapes[] = {
	{ "-t", ONE, true },
	{ "-p -t", ONE, true },
	{ "-t -p", ONE, true },
	{ "-v -t", ONE, true },
	{ "-pt", ONE, false },
	{ "-qt", ONE, false },
	{ "-vt", ONE, false },
	{ "-t --", ONE, false },
	{ "-d -t", WAIT, true },
	{ "-t -d", WAIT, true },
	{ "-p -d -t", WAIT, true },
	{ "-r -d -t", WAIT, true },
	{ "-r -p -d -t", WAIT, true },
	{ "-v -r -p -d -t", WAIT, true },
	{ "-t -d -p -r", WAIT, true },
	{ "-r -t", REST, true },
	{ "-r -p -t", REST, true },
	{ "-t -r -p", REST, true },
	{ "-v -r -t", REST, true },
	{ "-rt", REST, false },
	{ "-tr", REST, false },
	{ "-trp", REST, false },
	{ "-prt", REST, false },
	{ "-qrt", REST, false },
	{ "-rvt", REST, false },
	{ "-td", REST, false },
	{ "-dt", REST, false },
	{ "-dprt", REST, false },
	{ "-rp -d -t", REST, false },
	{ "-r -d -t -q", REST, false },
	{ "-q -d -t", REST, false },
	{ "-d -t --", REST, false }, /* Apache MINA */
	{ "-r -d -p -t --", REST, false },
};

static bool
is_recursive(const struct shape *shape)
{
	return strchr(shape->flags, 'r') != NULL;
}

/* Names in the directory "d" that no file can have. */
static const char *const files[] = { "isdir", "islink", "isdangling", "isfifo",
	TEMP_NAME, "readonly" };

/* And those that no directory can have. */
static const char *const directories[] = { "isfile", "islink", "isdangling",
	"isfifo", TEMP_NAME };

/* The name that only an account is refused stands last. */
static size_t
count_files(void)
{
	return LENGTH(files) - (geteuid() == 0 ? 1 : 0);
}

static void
make_obstacles(void)
{
	make_dir("d", 0755);
	make_dir("d/isdir", 0755);
	make_file("d/isfile", "old", 0644);
	make_file("d/readonly", "old", 0444);
	make_link("d/islink", "isfile");
	make_link("d/isdangling", "evil");
	make_fifo("d/isfifo");
}

static void
ck_obstacles(bool good)
{
	struct bytes want = { 0 };

	bytes_addf(&want,
	    "0444 d/readonly old\n%s0644 d/isfile old\n"
	    "0755 d/\n0755 d/isdir/\nfifo d/isfifo\n"
	    "link d/isdangling -> evil\nlink d/islink -> isfile\n",
	    good ? "0644 d/good hi\n" : "");
	ck_tree(want.p);
	bytes_free(&want);
	if (good)
		ck_assert_int_eq(unlink("d/good"), 0);
}

static void
start(struct server *s, const struct shape *shape, const char *operand)
{
	char command[64];

	snprintf(command, sizeof(command), "scp %s %s", shape->flags, operand);
	server_start(s, &(struct launch){ .command = command });
}

static void
send_header(struct server *s, char type, size_t size, const char *name)
{
	char record[64];
	int n;

	n = snprintf(
	    record, sizeof(record), "%c0755 %zu %s\n", type, size, name);
	server_send(s, record, (size_t)n);
}

static const char good[] = "C0644 2 good\nhi";

/* --- a refused file ---------------------------------------------------- */

/* A client that sends all of it, whatever is answered. */
static void
refuse_blind(const struct shape *shape, const char *name, struct body body)
{
	struct bytes stream = { 0 };
	struct server s;

	bytes_addf(&stream, "C0755 %zu %s\n", body.len, name);
	bytes_add(&stream, body.p, body.len);
	bytes_add(&stream, "", 1);
	bytes_add(&stream, good, sizeof(good));
	start(&s, shape, "d");
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	ck_answers(&s, shape->class == ONE ? "01" : "00100");
	expect_end(&s, 1);
	ck_assert(!s.broken);
	server_clear(&s);
	ck_obstacles(shape->class != ONE);
	bytes_free(&stream);
}

/* A client that sends the body only when it may. */
static void
refuse_waiting(const struct shape *shape, const char *name, struct body body)
{
	struct server s;

	start(&s, shape, "d");
	expect_ack(&s);
	send_header(&s, 'C', body.len, name);
	if (shape->class == REST) {
		expect_ack(&s);
		server_send(&s, body.p, body.len);
		server_send(&s, "", 1);
	}
	expect_message(&s, 1, name);
	if (shape->class != ONE) {
		server_send(&s, good, sizeof(good));
		ck_answers(&s, "00");
	}
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	ck_obstacles(shape->class != ONE);
}

/*
 * A client that sends the body without looking, but later.  Of flags that
 * prove one that waits this is not to be expected.
 */
static void
refuse_late(const struct shape *shape, const char *name, struct body body)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	struct server s;

	if (shape->class == WAIT)
		return;
	start(&s, shape, "d");
	expect_ack(&s);
	send_header(&s, 'C', body.len, name);
	ck_answers(&s, shape->class == ONE ? "1" : "0");
	for (size_t i = 0; i < body.len; i += 7) {
		nanosleep(&pause, NULL);
		server_send(
		    &s, body.p + i, body.len - i < 7 ? body.len - i : 7);
	}
	server_send(&s, "", 1);
	server_send(&s, good, sizeof(good));
	server_close_input(&s);
	ck_answers(&s, shape->class == ONE ? "" : "100");
	expect_end(&s, 1);
	ck_assert(!s.broken);
	server_clear(&s);
	ck_obstacles(shape->class != ONE);
}

START_TEST(refused_file)
{
	const struct shape *shape = &shapes[_i];
	struct body body;

	make_obstacles();
	for (size_t i = 0; i < count_files(); i++) {
		body = bodies[((size_t)_i + i) % LENGTH(bodies)];
		refuse_blind(shape, files[i], body);
		refuse_waiting(shape, files[i], body);
	}
	refuse_late(shape, files[_i % 5], bodies[_i % (int)LENGTH(bodies)]);
}
END_TEST

/*
 * The body has come, but not in the same read(2) as its header: stray bytes
 * before it fill up what the server reads at once.
 */
START_TEST(refused_file_with_its_body_in_the_pipe)
{
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	char header[32];
	struct server s;
	int n;

	if (shape->class != WAIT)
		return;
	make_obstacles();
	n = snprintf(
	    header, sizeof(header), "C0644 %zu isdir\n", bodies[0].len);
	for (size_t size = 512; size <= 262144; size *= 2) {
		stream.len = 0;
		while (stream.len < size - (size_t)n)
			bytes_add(&stream, "", 1);
		bytes_add(&stream, header, (size_t)n);
		bytes_add(&stream, bodies[0].p, bodies[0].len);
		bytes_add(&stream, "", 1);
		bytes_add(&stream, good, sizeof(good));
		start(&s, shape, "d");
		expect_ack(&s);
		ck_assert_int_ne(fcntl(s.in, F_SETPIPE_SZ, 1 << 20), -1);
		ck_assert_int_eq(kill(s.pid, SIGSTOP), 0);
		server_send(&s, stream.p, stream.len);
		ck_assert_int_eq(kill(s.pid, SIGCONT), 0);
		server_close_input(&s);
		ck_answers(&s, "0100");
		expect_end(&s, 1);
		server_clear(&s);
		ck_obstacles(true);
	}
	bytes_free(&stream);
}
END_TEST

START_TEST(refused_file_with_times)
{
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	struct server s;

	make_obstacles();
	bytes_addf(&stream, "T1 0 1 0\nC0755 %zu isdir\n", bodies[0].len);
	bytes_add(&stream, bodies[0].p, bodies[0].len);
	bytes_add(&stream, "", 1);
	bytes_add(&stream, good, sizeof(good));
	start(&s, shape, "d");
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	ck_answers(&s, shape->class == ONE ? "001" : "000100");
	expect_end(&s, 1);
	server_clear(&s);
	/* Its times were its own. */
	if (shape->class != ONE)
		ck_assert_int_gt(status_of("d/good").st_mtim.tv_sec, 1);
	ck_obstacles(shape->class != ONE);
	bytes_free(&stream);
}
END_TEST

/* More than any buffer holds, in which the records repeat. */
START_TEST(refused_large_file)
{
	const struct shape *shape = &shapes[_i];
	struct bytes body = { 0 };

	make_obstacles();
	while (body.len < 300000)
		bytes_add(&body, bodies[0].p, bodies[0].len);
	refuse_blind(shape, "isdir", (struct body){ body.p, body.len });
	refuse_waiting(shape, "isdir", (struct body){ body.p, body.len });
	bytes_free(&body);
}
END_TEST

START_TEST(refused_file_of_no_bytes)
{
	const struct shape *shape = &shapes[_i];

	make_obstacles();
	refuse_blind(shape, "isdir", (struct body){ "", 0 });
	refuse_waiting(shape, "isdir", (struct body){ "", 0 });
}
END_TEST

/* Who does not hear that a refused file may come need not send it. */
START_TEST(refused_file_of_a_client_that_does_not_listen)
{
	struct server s;

	make_obstacles();
	start(&s, &(struct shape){ "-r -t", REST, true }, "d");
	expect_ack(&s);
	server_close_output(&s);
	send_header(&s, 'C', 5, "isdir");
	ck_assert_int_eq(server_wait(&s), 1);
	server_clear(&s);
	ck_obstacles(false);
}
END_TEST

/* The client could not read what is refused anyway. */
START_TEST(refused_file_that_ends_in_an_error)
{
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	struct server s;

	if (shape->class == ONE)
		return;
	make_obstacles();
	bytes_addf(&stream, "C0755 %zu isdir\n", bodies[0].len);
	bytes_add(&stream, bodies[0].p, bodies[0].len);
	bytes_addf(&stream, "\1scp: isdir: Input/output error\n");
	bytes_add(&stream, good, sizeof(good));
	start(&s, shape, "d");
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	ck_answers(&s, "00");
	/* One answer for the file, whichever. */
	server_read(&s, WATCHDOG_MS);
	ck_answers(&s, s.received.p[s.taken] == '\0' ? "000" : "100");
	expect_end(&s, 1);
	server_clear(&s);
	ck_obstacles(true);
	bytes_free(&stream);
}
END_TEST

/*
 * One write: what comes after a header that is refused at once is a record
 * unless it waits when that is decided (R-WIRE-2).
 */
START_TEST(refused_file_cut_off)
{
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	struct server s;

	make_obstacles();
	for (size_t cut = 0; cut <= bodies[0].len; cut += 7) {
		stream.len = 0;
		bytes_addf(&stream, "C0755 %zu isdir\n", bodies[0].len);
		bytes_add(&stream, bodies[0].p, cut);
		start(&s, shape, "d");
		server_send(&s, stream.p, stream.len);
		server_close_input(&s);
		if (server_wait(&s) != 1)
			server_fail(&s, "the exit status is not 1");
		server_clear(&s);
		ck_obstacles(false);
	}
	bytes_free(&stream);
}
END_TEST

/* The directory itself takes nothing. */
START_TEST(directory_not_writable)
{
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	struct server s;

	make_dir("locked", 0755);
	make_file("locked/f", "old", 0644);
	ck_assert_int_eq(chmod("locked", 0555), 0);
	for (int old = 0; old < 2; old++) {
		stream.len = 0;
		bytes_addf(&stream, "C0755 %zu %s\n", bodies[0].len,
		    old ? "f" : "new");
		bytes_add(&stream, bodies[0].p, bodies[0].len);
		bytes_add(&stream, "", 1);
		start(&s, shape, "locked");
		server_send(&s, stream.p, stream.len);
		server_close_input(&s);
		ck_answers(&s, shape->class == ONE ? "01" : "001");
		expect_end(&s, 1);
		server_clear(&s);
	}
	ck_tree("0555 locked/\n0644 locked/f old\n");
	bytes_free(&stream);
	ck_assert_int_eq(chmod("locked", 0755), 0);
}
END_TEST

/* --- the operand is a file --------------------------------------------- */

START_TEST(refused_operand)
{
	static const char *const operands[] = { "d/isfifo", "no/", TEMP_NAME,
		"d/readonly" };
	const size_t most = LENGTH(operands) - (geteuid() == 0 ? 1 : 0);
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	struct server s;

	make_obstacles();
	if (strchr(shape->flags, 'd') != NULL)
		return;
	for (size_t i = 0; i < most; i++) {
		stream.len = 0;
		bytes_addf(&stream, "C0755 %zu x\n", bodies[0].len);
		bytes_add(&stream, bodies[0].p, bodies[0].len);
		bytes_add(&stream, "", 1);
		start(&s, shape, operands[i]);
		server_send(&s, stream.p, stream.len);
		server_close_input(&s);
		/* Refused at once, or at the header. */
		server_read(&s, WATCHDOG_MS);
		ck_answers(&s,
		    s.received.p[0] == 1      ? "1"
			: shape->class == ONE ? "01"
					      : "001");
		expect_end(&s, 1);
		ck_assert(!s.broken);
		server_clear(&s);
		ck_obstacles(false);
	}
	bytes_free(&stream);
}
END_TEST

/* --- refused before anything ------------------------------------------- */

/* pscp sends its header all the same, and waits for an answer. */
START_TEST(refused_client_that_goes_on_and_waits)
{
	struct launch l = { .options = "-R", .command = "scp -t d" };
	struct timespec began, now;
	struct server s;

	make_obstacles();
	for (int i = 0; i < 2; i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &began);
		server_start(&s, &l);
		expect_message(&s, 1, "only download|No such file");
		server_send(&s, "C0644 1 x\n", 10);
		expect_end(&s, 1);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - began.tv_sec > 3)
			server_fail(&s, "it waited");
		server_clear(&s);
		l = (struct launch){ .command = "scp -t no/such/file" };
	}
}
END_TEST

START_TEST(refused_at_once)
{
	static const struct {
		const char *options;
		const char *operand;
		bool directory_only;
	} rows[] = {
		{ "-R", "d", false },
		{ "-o Access=read-only", "new", false },
		{ NULL, "no/d", false },
		{ NULL, "d/isfile/x", false },
		{ NULL, "no", true },
		{ NULL, "d/isfile", true },
	};
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	char command[64];
	struct server s;

	make_obstacles();
	/* Also more than a pipe holds, for it must be read. */
	while (stream.len < 100000) {
		bytes_addf(&stream, "C0644 %zu good\n", bodies[0].len);
		bytes_add(&stream, bodies[0].p, bodies[0].len);
		bytes_add(&stream, "\0" EVIL, sizeof(EVIL));
	}
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (rows[i].directory_only && strchr(shape->flags, 'd') == NULL)
			continue;
		snprintf(command, sizeof(command), "scp %s %s", shape->flags,
		    rows[i].operand);
		server_start(&s,
		    &(struct launch){
			.options = rows[i].options, .command = command });
		server_send(&s, stream.p, stream.len);
		server_close_input(&s);
		ck_answers(&s, "1");
		expect_end(&s, 1);
		ck_assert(!s.broken);
		server_clear(&s);
		ck_obstacles(false);
	}
	bytes_free(&stream);
}
END_TEST

/* --- bad records with a body behind them -------------------------------- */

START_TEST(bad_record_with_a_body)
{
	static const char *const records[] = { "C0644 19 ..\n",
		"C0644 19 ../x\n", "C0644 19 \n", "C0644 19 d/x\n",
		"C0648 19 x\n", "C0644 -1 x\n", "x\n", "Ex\n",
		"C0644 99999999999999999999 x\n" };
	const struct shape *shape = &shapes[_i];
	struct server s;

	make_obstacles();
	for (size_t i = (size_t)_i % 3; i < LENGTH(records); i += 3) {
		start(&s, shape, "d");
		server_send(&s, records[i], strlen(records[i]));
		server_send(&s, bodies[0].p, bodies[0].len);
		server_send(&s, "", 1);
		server_close_input(&s);
		ck_answers(&s, "01");
		expect_end(&s, 1);
		server_clear(&s);
		ck_obstacles(false);
	}
}
END_TEST

START_TEST(directory_without_r)
{
	static const char stream[] = "D0755 0 evil\n" EVIL "E\n" EVIL;
	const struct shape *shape = &shapes[_i];
	struct server s;

	if (is_recursive(shape))
		return;
	make_obstacles();
	start(&s, shape, "d");
	server_send(&s, stream, sizeof(stream) - 1);
	server_close_input(&s);
	expect_ack(&s);
	expect_message(&s, 1, "scp: protocol error: ");
	expect_end(&s, 1);
	server_clear(&s);
	ck_obstacles(false);
}
END_TEST

/* --- a refused directory ------------------------------------------------ */

static const char contents[] = "T1 0 1 0\n"
			       "C0644 19 x\n" EVIL "\0"
			       "D0755 0 evil\n"
			       "C0644 2 evil\nhi\0"
			       "E\n"
			       "E\n";

START_TEST(refused_directory)
{
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	struct server s;

	if (!is_recursive(shape))
		return;
	make_obstacles();
	for (size_t i = 0; i < LENGTH(directories); i++) {
		stream.len = 0;
		bytes_addf(&stream, "D0755 0 %s\n", directories[i]);
		bytes_add(&stream, contents, sizeof(contents) - 1);
		bytes_add(&stream, good, sizeof(good));
		start(&s, shape, "d");
		server_send(&s, stream.p, stream.len);
		server_close_input(&s);
		/* D T C . D C . E, and the E that tells why. */
		ck_answers(&s, "000010010");
		expect_message(&s, 1, directories[i]);
		ck_answers(&s, "00");
		expect_end(&s, 1);
		server_clear(&s);
		ck_obstacles(true);
	}
	bytes_free(&stream);
}
END_TEST

START_TEST(refused_directory_of_a_client_that_waits)
{
	const struct shape *shape = &shapes[_i];
	struct server s;

	if (!is_recursive(shape))
		return;
	make_obstacles();
	for (size_t i = 0; i < LENGTH(directories); i++) {
		start(&s, shape, "d");
		expect_ack(&s);
		send_header(&s, 'D', 0, directories[i]);
		if (shape->own_words) {
			expect_message(&s, 1, directories[i]);
		} else {
			expect_ack(&s);
			server_send(&s, contents, sizeof(contents) - 1);
			ck_answers(&s, "0010010");
			expect_message(&s, 1, directories[i]);
		}
		server_send(&s, good, sizeof(good));
		ck_answers(&s, "00");
		server_close_input(&s);
		expect_end(&s, 1);
		server_clear(&s);
		ck_obstacles(true);
	}
}
END_TEST

START_TEST(refused_directory_cut_off)
{
	const struct shape *shape = &shapes[_i];
	struct bytes stream = { 0 };
	struct server s;

	if (!is_recursive(shape))
		return;
	make_obstacles();
	for (size_t cut = 0; cut < sizeof(contents) - 1; cut += 13) {
		stream.len = 0;
		bytes_addf(&stream, "D0755 0 isfile\n");
		bytes_add(&stream, contents, cut);
		start(&s, shape, "d");
		server_send(&s, stream.p, stream.len);
		server_close_input(&s);
		if (server_wait(&s) != 1)
			server_fail(&s, "the exit status is not 1");
		server_clear(&s);
		ck_obstacles(false);
	}
	bytes_free(&stream);
}
END_TEST

START_TEST(refused_directory_nested)
{
	struct bytes stream = { 0 };
	struct server s;

	make_obstacles();
	for (int i = 0; i < 1000; i++)
		bytes_addf(&stream, "D0755 0 %s\n", i == 0 ? "isfile" : "evil");
	for (int i = 0; i < 1000; i++)
		bytes_addf(&stream, "E\n");
	bytes_add(&stream, good, sizeof(good));
	start(&s, &(struct shape){ "-rt", REST, false }, "d");
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	expect_ack(&s);
	for (int i = 0; i < 1999; i++)
		expect_ack(&s);
	ck_answers(&s, "100");
	expect_end(&s, 1);
	server_clear(&s);
	ck_obstacles(true);
	bytes_free(&stream);
}
END_TEST

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

#define REFUSED "refused upload by "
#define FAILED  "failed upload by "
#define ENDED   ": discard-limit: too much came that is not stored\n"

/* R-LOG-1: whatever is refused has a line, and the path that it would have. */
START_TEST(refused_directory_in_the_log)
{
	static const char records[] = "D0755 0 isfile\nC0644 2 a\nhi\0"
				      "D0755 0 b\nC0644 2 c\nhi\0E\n"
				      "C0644 2 d\nhi\0E\nC0644 2 e\nhi\0";
	static const char *const lines[] = {
		": not-a-directory: \"/d/isfile\"\n",
		": not-a-directory: \"/d/isfile/a\"\n",
		": not-a-directory: \"/d/isfile/b\"\n",
		": not-a-directory: \"/d/isfile/b/c\"\n",
		": not-a-directory: \"/d/isfile/d\"\n", "close \"/d/e\" "
	};
	const char *at;
	struct server s;

	make_dir("d", 0755);
	make_file("d/isfile", "old", 0644);
	start(&s, &(struct shape){ "-rt", REST, false }, "d");
	server_send(&s, records, sizeof(records) - 1);
	server_close_input(&s);
	(void)server_wait(&s);
	at = s.log.p;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		if ((at = strstr(at, lines[i])) == NULL)
			server_fail(&s, "no %s", lines[i]);
	}
	ck_assert_uint_eq(count(s.log.p, REFUSED), 5);
	ck_assert(holds(s.log.p, "upload 1 ok 5 refused 0 failed, 2 bytes"));
	server_clear(&s);
}
END_TEST

/* However deep: paths that are too long are told by their beginning. */
START_TEST(refused_directory_deep_in_the_log)
{
	struct bytes stream = { 0 };
	struct server s;
	char name[256];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	make_dir("d", 0755);
	make_file("d/isfile", "old", 0644);
	for (int i = 0; i < 40; i++)
		bytes_addf(&stream, "D0755 0 %s\n", i == 0 ? "isfile" : name);
	bytes_addf(&stream, "C0644 0 deep\n%c", 0);
	/* There would be room for these, but not where they are. */
	bytes_addf(&stream, "D0755 0 s\nC0644 0 t\n%cE\n", 0);
	for (int i = 0; i < 39; i++)
		bytes_addf(&stream, "E\n");
	bytes_addf(&stream, "C0644 0 last\n%cE\n", 0);
	start(&s, &(struct shape){ "-rt", REST, false }, "d");
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	(void)server_wait(&s);
	ck_assert_uint_eq(count(s.log.p, REFUSED), 44);
	if (holds(s.log.p, "/s\"\n|/t\"\n"))
		server_fail(&s, "a path that is not so");
	if (!holds(s.log.p, ": \"/d/isfile/last\"\n"))
		server_fail(&s, "the path is lost");
	server_clear(&s);
	bytes_free(&stream);
}
END_TEST

/* The contents come, and are no file's; then the tree goes on above it. */
START_TEST(refused_directory_within_a_tree)
{
	static const char stream[] = "D0755 0 top\n"
				     "D0755 0 ok\nE\n"
				     "D0755 0 " TEMP_NAME "\n" EVIL "E\n"
				     "C0644 2 good\nhi\0"
				     "E\n";

	blind(&(struct launch){ .command = "scp -prt ." }, stream,
	    sizeof(stream) - 1,
	    "0000"
	    "001"
	    "1"
	    "00"
	    "0",
	    1);
	ck_tree("0644 top/good hi\n0755 top/\n0755 top/ok/\n");
}
END_TEST

START_TEST(refused_directory_too_deep)
{
	static const char stream[] = "D0755 0 a\nD0755 0 evil\n" EVIL "E\nE\n";

	blind(&(struct launch){ .options = "-o MaxDepth=1",
		  .command = "scp -r -t ." },
	    stream, sizeof(stream) - 1,
	    "000"
	    "01"
	    "1"
	    "0",
	    1);
	ck_tree("0755 a/\n");
}
END_TEST

START_TEST(refused_directory_in_one_not_writable)
{
	static const char stream[] = "D0755 0 evil\n" EVIL "E\n";

	make_dir("locked", 0555);
	blind(&(struct launch){ .command = "scp -r -t locked" }, stream,
	    sizeof(stream) - 1,
	    "00"
	    "01"
	    "1",
	    1);
	RUN("scp -r -t locked", ACK, SEND("D0755 0 evil\n"),
	    WARNING("evil: Permission denied"), EXIT(1));
	ck_tree("0555 locked/\n");
}
END_TEST

/* --- the limit of what is read away ------------------------------------- */

/* Up to the limit as ever; past it \2 at the header or in the body. */
START_TEST(discard_limit)
{
	struct bytes body = { 0 }, stream = { 0 };
	struct server s;

	make_obstacles();
	while (body.len < 600)
		bytes_add(&body, bodies[0].p, bodies[0].len);
	for (int i = 0; i < 2; i++) {
		bytes_addf(&stream, "C0644 %zu isdir\n", body.len);
		bytes_add(&stream, body.p, body.len);
		bytes_add(&stream, "", 1);
	}
	bytes_add(&stream, good, sizeof(good));
	server_start(&s,
	    &(struct launch){
		.options = "-o DiscardLimit=1K", .command = "scp -rt d" });
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	ck_answers(&s, "001");
	server_read(&s, WATCHDOG_MS);
	if (s.received.p[s.taken] == '\0')
		expect_ack(&s);
	ck_answers(&s, "2");
	expect_end(&s, 1);
	ck_assert(!s.broken);
	server_clear(&s);
	ck_obstacles(false);
	bytes_free(&body);
	bytes_free(&stream);
}
END_TEST

START_TEST(default_discard_limit)
{
	const size_t mib = 1 << 20;
	struct server s;
	char *data;

	make_obstacles();
	ck_assert_ptr_nonnull(data = calloc(1, mib));
	for (int over = 0; over < 2; over++) {
		start(&s, &(struct shape){ "-rt", REST, false }, "d");
		server_send(&s, "C0644 67108864 isdir\n", 21);
		for (int i = 0; i < 64; i++)
			server_send(&s, data, mib);
		server_send(&s, "", 1);
		ck_answers(&s, "001");
		if (over)
			server_send(&s, "C0644 1 isdir\nx", 16);
		server_send(&s, good, sizeof(good));
		server_close_input(&s);
		server_read(&s, WATCHDOG_MS);
		if (over && s.received.p[s.taken] == '\0')
			expect_ack(&s);
		ck_answers(&s, over ? "2" : "00");
		expect_end(&s, 1);
		server_clear(&s);
		ck_obstacles(!over);
	}
	free(data);
}
END_TEST

/*
 * Items that come to nothing have their price, with or without bytes: beside
 * the free ones four are paid for here, and the next is the last that the log
 * tells of (R-RES-1).
 */
#define FREE      100
#define FOUR_MORE "-o DiscardLimit=7K"

static const struct priced {
	const char *command;
	const char *first; /* with its answers, the first one of all too */
	const char *answered;
	const char *again;
	const char *answers;
	const char *last; /* before the answer that ends it */
	bool waits;       /* for each answer */
	long call;        /* that fails */
} priced[] = {
	{ "scp -rt d", "", "0", "C0644 0 isdir\n|", "01", "", false, 0 },
	{ "scp -rt d", "", "0", "C0644 0 " TEMP_NAME "\n|", "01", "", false,
	    0 },
	{ "scp -rt d", "D0755 0 isfile\n", "00", "C0644 0 x\n|", "01", "",
	    false, 0 },
	{ "scp -rt d", "D0755 0 isfile\n", "00", "D0755 0 x\n", "0", "", false,
	    0 },
	{ "scp -rt d", "", "0", "D0755 0 isfile\nE\n", "01", "", false, 0 },
	{ "scp -d -t d", "", "0", "C0644 0 isdir\n", "1", "", true, 0 },
	{ "scp -r -t d", "", "0", "D0755 0 isfile\n", "1", "", true, 0 },
	/* Given up by the client, and by us. */
	{ "scp -rt d", "", "0", "C0644 0 x\n\1bad disk\n", "00", "0", false,
	    0 },
	{ "scp -rt d", "", "0", "C0644 1 x\nx\2bad disk\n", "00", "0", false,
	    0 },
	{ "scp -d -t d", "", "0", "C0644 0 x\n\1bad disk\n", "00", "0", true,
	    0 },
	{ "scp -t d/x", "", "0", "C0644 0 x\n\1bad disk\n", "00", "0", false,
	    0 },
	{ "scp -rt d", "", "0", "T1 0 1 0\nC0644 0 x\n|", "001", "00", false,
	    SYS_utimensat },
	{ "scp -rt d", "", "0", "T1 0 1 0\nD0755 0 isdir\nE\n", "001", "00",
	    false, SYS_utimensat },
};

static void
send_priced(struct server *s, const char *records)
{
	struct bytes b = { 0 };

	bytes_addf(&b, "%s", records);
	for (size_t i = 0; i < b.len; i++) {
		if (b.p[i] == '|')
			b.p[i] = '\0';
	}
	server_send(s, b.p, b.len);
	bytes_free(&b);
}

static void
start_priced(struct server *s, const struct priced *row, const char *options)
{
	struct trace trace = { .call = row->call, .error = EIO };

	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	server_start(s,
	    &(struct launch){ .options = options,
		.command = row->command,
		.trace = row->call == 0 ? NULL : &trace });
}

static void
ck_priced(const struct priced *row, const char *options, size_t paid)
{
	size_t i = row->first[0] != '\0';
	struct server s;

	start_priced(&s, row, options);
	send_priced(&s, row->first);
	if (row->waits)
		ck_answers(&s, row->answered);
	for (; i < paid; i++) {
		send_priced(&s, row->again);
		if (row->waits)
			ck_answers(&s, row->answers);
	}
	send_priced(&s, row->again);
	server_send(&s, good, sizeof(good));
	server_close_input(&s);
	if (!row->waits)
		ck_answers(&s, row->answered);
	for (i = row->first[0] != '\0'; !row->waits && i < paid; i++)
		ck_answers(&s, row->answers);
	ck_answers(&s, row->last);
	ck_answers(&s, "2");
	expect_end(&s, 1);
	ck_assert_uint_eq(
	    count(s.log.p, REFUSED) + count(s.log.p, FAILED), paid + 1);
	ck_assert_uint_eq(count(s.log.p, ENDED), 1);
	server_clear(&s);
	ck_obstacles(false);
}

START_TEST(failures_have_a_price)
{
	const struct priced *row = &priced[_i];

	if (row->call != 0 && !can_trace())
		return;
	make_obstacles();
	ck_priced(row, FOUR_MORE, FREE + 4);
	/* The price is overdrawn once, and so is none that is left. */
	ck_priced(row, "-o DiscardLimit=2048", FREE + 2);
	ck_priced(row, "-o DiscardLimit=2047", FREE + 1);
}
END_TEST

/* Without any bytes to throw away, sessions go on as others do. */
START_TEST(discard_limit_of_nothing)
{
	struct server s;

	make_obstacles();
	server_start(&s,
	    &(struct launch){
		.options = "-o DiscardLimit=0", .command = "scp -d -t d" });
	ck_answers(&s, "0");
	for (int i = 0; i < FREE; i++) {
		server_send(&s, "C0644 9 isdir\n", 14);
		ck_answers(&s, "1");
	}
	server_send(&s, good, sizeof(good));
	ck_answers(&s, "00");
	/* Who sends them all the same has none. */
	server_send(&s, "C0644 9 isdir\n123456789", 24);
	ck_answers(&s, "2");
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	ck_obstacles(true);
}
END_TEST

/* And an honest tree that is refused has room in what is paid for. */
START_TEST(default_discard_limit_for_small_files)
{
	enum {
		FILES = 10000
	};
	struct bytes piece = { 0 };
	struct server s;

	make_obstacles();
	bytes_addf(&piece, "C0644 4096 isdir\n");
	for (size_t i = 0; i < 4097; i++)
		bytes_add(&piece, "", 1);
	start(&s, &(struct shape){ "-rt", REST, false }, "d");
	expect_ack(&s);
	for (int i = 0; i < FILES; i++) {
		server_send(&s, piece.p, piece.len);
		ck_answers(&s, "01");
	}
	server_send(&s, good, sizeof(good));
	server_close_input(&s);
	ck_answers(&s, "00");
	expect_end(&s, 1);
	ck_assert_uint_eq(count(s.log.p, REFUSED), FILES);
	ck_assert_uint_eq(count(s.log.p, ENDED), 0);
	server_clear(&s);
	ck_obstacles(true);
	bytes_free(&piece);
}
END_TEST

START_TEST(discard_limit_in_a_refused_directory)
{
	struct bytes stream = { 0 };
	struct server s;

	make_obstacles();
	bytes_addf(&stream, "D0755 0 isfile\nC0644 4000 x\n");
	while (stream.len < 5000)
		bytes_add(&stream, bodies[0].p, bodies[0].len);
	server_start(&s,
	    &(struct launch){
		.options = "-o DiscardLimit=1K", .command = "scp -rt d" });
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	ck_answers(&s, "00");
	server_read(&s, WATCHDOG_MS);
	if (s.received.p[s.taken] == '\0')
		expect_ack(&s);
	ck_answers(&s, "2");
	expect_end(&s, 1);
	server_clear(&s);
	ck_obstacles(false);
	bytes_free(&stream);
}
END_TEST

START_TEST(discard_limit_is_for_refused_files)
{
	struct bytes stream = { 0 };

	bytes_addf(&stream, "C0644 5000 f\n");
	for (int i = 0; i < 5001; i++)
		bytes_add(&stream, "", 1);
	blind(&(struct launch){ .options = "-o DiscardLimit=1K",
		  .command = "scp -rt ." },
	    stream.p, stream.len, "000", 0);
	ck_tree("0644 f <5000>\n");
	bytes_free(&stream);
}
END_TEST

/* --- errors in the middle ----------------------------------------------- */

/* The body of a file that cannot be stored whole, and what follows it. */
static void
fill_up(const struct shape *shape, const char *operand, size_t size)
{
	struct bytes stream = { 0 };
	const char *answers = shape->class == ONE ? "1" : "100";
	const size_t n = size / bodies[0].len + 1;
	struct server s;

	/* In one piece: whoever sees the header sees that it does not wait. */
	bytes_addf(&stream, "C0755 %zu f\n", n * bodies[0].len);
	for (size_t i = 0; i < n; i++)
		bytes_add(&stream, bodies[0].p, bodies[0].len);
	bytes_add(&stream, "", 1);
	bytes_add(&stream, good, sizeof(good));
	start(&s, shape, operand);
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	expect_ack(&s);
	server_read(&s, WATCHDOG_MS);
	if (s.received.len > s.taken && s.received.p[s.taken] == '\0')
		expect_ack(&s);
	/* Nobody knows before the data come; then it is one file of many. */
	if (shape->class == ONE && s.taken == 2)
		answers = "100";
	ck_answers(&s, answers);
	expect_end(&s, 1);
	server_clear(&s);
	bytes_free(&stream);
}

START_TEST(file_over_the_size_limit)
{
	const struct shape *shape = &shapes[_i];
	const struct rlimit limit = { 65536, 65536 };

	make_dir("d", 0755);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	fill_up(shape, "d", 300000);
	ck_assert(!tree_has(".", "f"));
	ck_assert(!tree_has(".", "evil"));
	if (shape->class != ONE)
		ck_tree("0644 d/good hi\n0755 d/\n");
}
END_TEST

START_TEST(file_system_full)
{
	const struct shape *shape = &shapes[_i];

	make_dir("d", 0755);
	if (!own_mounts() ||
	    mount("none", "d", "tmpfs", 0, "size=256k") == -1) {
		skipped("nothing can be mounted here");
		return;
	}
	make_file("d/f", "old", 0644);
	fill_up(shape, "d", 400000);
	if (shape->class == ONE) {
		ck_assert(!tree_has(".", "evil"));
		ck_assert_int_eq(status_of("d/f").st_size, 3);
	} else {
		ck_tree("0644 d/f old\n0644 d/good hi\n1777 d/\n");
	}
	ck_assert(!tree_has_temp("."));
	ck_assert_int_eq(umount2("d", MNT_DETACH), 0);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_shape_tests(TCase *tc)
{
	const int n = (int)LENGTH(shapes);

	tcase_add_loop_test(tc, refused_file, 0, n);
	tcase_add_loop_test(tc, refused_file_with_its_body_in_the_pipe, 0, n);
	tcase_add_loop_test(tc, refused_file_with_times, 0, n);
	tcase_add_loop_test(tc, refused_large_file, 0, n);
	tcase_add_loop_test(tc, refused_file_of_no_bytes, 0, n);
	tcase_add_test(tc, refused_file_of_a_client_that_does_not_listen);
	tcase_add_loop_test(tc, refused_file_that_ends_in_an_error, 0, n);
	tcase_add_loop_test(tc, refused_file_cut_off, 0, n);
	tcase_add_loop_test(tc, refused_operand, 0, n);
	tcase_add_loop_test(tc, refused_at_once, 0, n);
	tcase_add_loop_test(tc, bad_record_with_a_body, 0, n);
	tcase_add_loop_test(tc, directory_without_r, 0, n);
	tcase_add_loop_test(tc, refused_directory, 0, n);
	tcase_add_loop_test(tc, refused_directory_of_a_client_that_waits, 0, n);
	tcase_add_loop_test(tc, refused_directory_cut_off, 0, n);
	tcase_add_loop_test(tc, directory_not_writable, 0, n);
	tcase_add_loop_test(tc, file_over_the_size_limit, 0, n);
}

static void
add_others(TCase *tc)
{
	tcase_add_test(tc, refused_client_that_goes_on_and_waits);
	tcase_add_test(tc, refused_directory_nested);
	tcase_add_test(tc, refused_directory_in_the_log);
	tcase_add_test(tc, refused_directory_deep_in_the_log);
	tcase_add_test(tc, refused_directory_within_a_tree);
	tcase_add_test(tc, refused_directory_too_deep);
	tcase_add_test(tc, refused_directory_in_one_not_writable);
	tcase_add_test(tc, discard_limit);
	tcase_add_test(tc, default_discard_limit);
	tcase_add_loop_test(tc, failures_have_a_price, 0, (int)LENGTH(priced));
	tcase_add_test(tc, discard_limit_of_nothing);
	tcase_add_test(tc, default_discard_limit_for_small_files);
	tcase_add_test(tc, discard_limit_in_a_refused_directory);
	tcase_add_test(tc, discard_limit_is_for_refused_files);
}

static void
add_mounts(TCase *tc)
{
	tcase_add_loop_test(tc, file_system_full, 0, (int)LENGTH(shapes));
}

int
main(void)
{
	Suite *suite = suite_create("refusal");

	driver_add(suite, add_shape_tests, AS_ACCOUNT);
	driver_add(suite, add_others, AS_ACCOUNT);
	driver_add(suite, add_mounts, AS_ROOT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * EarlyAck: answers that go out before their records come.  Who gets them, how
 * many, and that a record which was answered so is refused at its end and no
 * byte of its body parsed (R-WIRE-2); every refused body is itself a stream of
 * records that would make something called "evil".
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "trace.h"

#define TEMP_NAME ".scp-server.0123456789abcdef~"

#define EARLY "-o EarlyAck=auto"
#define TIMES "T1 0 1 0\n"
#define EVIL  "C0644 5 evil\nhello\0"

/* --- who gets them ----------------------------------------------------- */

static const struct {
	const char *options;
	const char *command;
	const char *answers; /* to two files with times, without an end */
} gate_rows[] = {
	{ EARLY, "scp -d -t .", "00000000" },
	{ EARLY, "scp -t -d .", "00000000" },
	{ EARLY, "scp -v -r -d -t .", "00000000" },
	{ EARLY, "scp -l 100 -d -t .", "00000000" },
	{ EARLY, "scp -p -t .", "000000000" },
	{ EARLY, "scp -r -p -t .", "000000000" },
	{ EARLY, "scp -r -p -d -t .", "000000000" },
	{ NULL, "scp -r -p -d -t .", "0000000" },
	/* who may be scp.py, or Apache MINA, or write blindly */
	{ EARLY, "scp -t .", "0000000" },
	{ EARLY, "scp -r -t .", "0000000" },
	{ EARLY, "scp -v -t .", "0000000" },
	{ EARLY, "scp -pt .", "0000000" },
	{ EARLY, "scp -dt .", "0000000" },
	{ EARLY, "scp -r -pt .", "0000000" },
	{ EARLY, "scp -q -p -t .", "0000000" },
	{ EARLY, "scp -prt .", "0000000" },
	{ EARLY, "scp -d -t -- .", "0000000" },
};

/* One credit behind each stored file, two where it had times; see peer.h. */
START_TEST(gate)
{
	static const char stream[] =
	    TIMES "C0644 1 a\na\0" TIMES "C0644 1 b\nb\0";

	blind(&(struct launch){ .options = gate_rows[_i].options,
		  .command = gate_rows[_i].command },
	    stream, sizeof(stream) - 1, gate_rows[_i].answers, 0);
	ck_tree("0644 a a\n0644 b b\n");
}
END_TEST

/* In one write with the answer to the file, and never with the first one. */
START_TEST(in_one_write)
{
	struct server s;

	server_start(&s,
	    &(struct launch){ .options = EARLY,
		.command = "scp -r -p -t .",
		.ends = ENDS_PACKETS });
	expect_ack(&s);
	expect_quiet(&s);
	ck_assert_uint_eq(s.writes, 1);
	server_send(&s, TIMES "C0644 1 a\na", sizeof(TIMES "C0644 1 a\na"));
	expect_bytes(&s, "\0\0\0\0\0", 5);
	expect_quiet(&s);
	ck_assert_uint_eq(s.writes, 4);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	ck_tree("0644 a a\n");
}
END_TEST

/* R-WIRE-3: a file that breaks the rhythm would be told stored too early. */
START_TEST(times_are_missing)
{
	static const char stream[] = TIMES "C0644 1 a\na\0"
					   "C0644 5 b\nevil\n\0" EVIL;

	blind(&(struct launch){ .options = EARLY, .command = "scp -p -t ." },
	    stream, sizeof(stream) - 1, "0000001", 1);
	ck_tree("0644 a a\n");
}
END_TEST

/* Records that the client could not complete use none. */
START_TEST(client_errors)
{
	RUN_WITH(EARLY, "scp -p -d -t .", ACK,
	    SEND("\1scp: x: Permission denied\n"), QUIET, SEND(TIMES), ACK,
	    SEND("C0644 1 a\n"), ACK, SEND("a\0"), EXPECT("\0\0\0"),
	    SEND("\1scp: y: Permission denied\n"), QUIET, SEND(TIMES), QUIET,
	    SEND("\1scp: z: Is a directory\n"), QUIET, SEND(TIMES), QUIET,
	    SEND("C0644 1 b\n"), ACK, SEND("b\0"), EXPECT("\0\0\0"), EXIT(1));
	ck_tree("0644 a a\n0644 b b\n");
}
END_TEST

/* What the client could not read is answered, and earns nothing. */
START_TEST(client_error_in_a_file)
{
	RUN_WITH(EARLY, "scp -d -t .", ACK, SEND("C0644 1 a\na\0"),
	    EXPECT("\0\0\0"), SEND("C0644 3 b\n\0\0\0\1scp: b: gone\n"), ACK,
	    QUIET, SEND("C0644 1 c\n"), ACK, SEND("c\0"), EXPECT("\0\0"),
	    EXIT(1));
	ck_tree("0644 a a\n0644 c c\n");
}
END_TEST

/* --- refused with a credit ---------------------------------------------- */

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
	BODY("\1no\n" TIMES EVIL),
	BODY("xxxx\0" EVIL "\0" EVIL),
	BODY(""),
};

/* Flags that get credits; with -p every item is sent with its times. */
static const char *const shapes[] = { "-d -t", "-t -d", "-v -d -t", "-r -d -t",
	"-t -r -d", "-p -t", "-t -p", "-p -d -t", "-r -p -t", "-v -r -p -t",
	"-r -p -d -t" };

static bool
has(const char *shape, char flag)
{
	return strchr(shape, flag) != NULL;
}

/* Names in the directory "d" that no file can have. */
static const char *const files[] = { "isdir", "islink", "isdangling", "isfifo",
	TEMP_NAME, "readonly" };

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
ck_obstacles(void)
{
	ck_tree("0444 d/readonly old\n0644 d/good hi\n0644 d/isfile old\n"
		"0644 d/next yo\n0755 d/\n0755 d/isdir/\nfifo d/isfifo\n"
		"link d/isdangling -> evil\nlink d/islink -> isfile\n");
	ck_assert_int_eq(unlink("d/good"), 0);
	ck_assert_int_eq(unlink("d/next"), 0);
}

/*
 * What a client says, and the answers that it finds, one an event.  It may
 * send all at once or wait for each answer before it goes on.
 */
struct talk {
	struct server s;
	struct bytes said;
	struct bytes answers;
	bool waits;
	bool times; /* -p: before each item */
};

static void
begin_traced(struct talk *t, const char *options, const char *shape, bool waits,
    const struct trace *trace)
{
	char command[64];

	*t = (struct talk){ .waits = waits, .times = has(shape, 'p') };
	snprintf(command, sizeof(command), "scp %s d", shape);
	server_start(&t->s,
	    &(struct launch){
		.options = options, .command = command, .trace = trace });
	if (waits)
		expect_ack(&t->s);
	else
		bytes_addf(&t->answers, "0");
}

static void
begin(struct talk *t, const char *options, const char *shape, bool waits)
{
	begin_traced(t, options, shape, waits, NULL);
}

/* One event and its answer: '0', '1' or '2'. */
static void
say(struct talk *t, const char *p, size_t len, char answer)
{
	const char answers[] = { answer, '\0' };

	if (t->waits) {
		server_send(&t->s, p, len);
		ck_answers(&t->s, answers);
		return;
	}
	bytes_add(&t->said, p, len);
	bytes_add(&t->answers, answers, 1);
}

static void
say_header(struct talk *t, char type, size_t size, const char *name)
{
	char record[300];
	int n;

	if (t->times)
		say(t, TIMES, strlen(TIMES), '0');
	n = snprintf(
	    record, sizeof(record), "%c0644 %zu %s\n", type, size, name);
	if (type == 'D')
		record[2] = '7', record[3] = record[4] = '5';
	say(t, record, (size_t)n, '0');
}

static void
say_file(struct talk *t, const char *name, struct body body, char answer)
{
	struct bytes b = { 0 };

	say_header(t, 'C', body.len, name);
	bytes_add(&b, body.p, body.len);
	bytes_add(&b, "", 1);
	say(t, b.p, b.len, answer);
	bytes_free(&b);
}

/* The end, with so many credits that nobody has used. */
static void
end(struct talk *t, size_t credits, int status)
{
	server_send(&t->s, t->said.p, t->said.len);
	server_close_input(&t->s);
	if (!t->waits)
		ck_answers(&t->s, t->answers.p);
	expect_bytes(&t->s, "\0\0", credits);
	expect_end(&t->s, status);
	ck_assert(!t->s.broken);
	server_clear(&t->s);
	bytes_free(&t->said);
	bytes_free(&t->answers);
}

static const struct body hi = BODY("hi"), yo = BODY("yo");

START_TEST(refused_file)
{
	const char *shape = shapes[_i / 2];
	bool waits = _i % 2 != 0;
	struct talk t;

	make_obstacles();
	for (size_t i = 0; i < count_files(); i++) {
		begin(&t, EARLY, shape, waits);
		say_file(&t, "good", hi, '0');
		say_file(&t, files[i],
		    bodies[((size_t)_i + i) % LENGTH(bodies)], '1');
		say_file(&t, "next", yo, '0');
		end(&t, t.times ? 2 : 1, 1);
		ck_obstacles();
	}
}
END_TEST

/* After the error there is no credit: a refusal is at the header again. */
START_TEST(refused_twice)
{
	struct talk t;

	make_obstacles();
	begin(&t, EARLY, "-d -t", true);
	say_file(&t, "good", hi, '0');
	say_file(&t, "isdir", bodies[0], '1');
	say(&t, "C0644 5 isdir\n", 14, '1');
	say_file(&t, "next", yo, '0');
	end(&t, 1, 1);
	ck_obstacles();
}
END_TEST

/* Two credits are enough for a directory without times and for its end. */
START_TEST(refused_directory_without_times)
{
	struct talk t;

	make_obstacles();
	begin(&t, EARLY, "-r -p -t", _i != 0);
	say_file(&t, "good", hi, '0');
	say(&t, "D0755 0 isfile\n", 15, '0');
	say(&t, "E\n", 2, '0');
	say_file(&t, "next", yo, '0');
	end(&t, 2, 1);
	ck_obstacles();
}
END_TEST

/* Of one that was taken only the exit status tells that it failed. */
START_TEST(failed_directory_without_times)
{
	struct trace trace = { .call = SYS_fchmod, .error = EPERM };
	struct talk t;

	if (!can_trace())
		return;
	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	make_dir("d", 0755);
	begin_traced(&t, EARLY, "-r -p -t", _i != 0, &trace);
	say_file(&t, "good", hi, '0');
	say(&t, "D0777 0 dir\n", 12, '0');
	say(&t, "E\n", 2, '0');
	say_file(&t, "next", yo, '0');
	end(&t, 2, 1);
	ck_assert_int_ne(trace.result->number, -1);
	ck_tree("0644 d/good hi\n0644 d/next yo\n0755 d/\n0755 d/dir/\n");
}
END_TEST

START_TEST(refused_large_file)
{
	struct bytes body = { 0 };
	struct talk t;

	make_obstacles();
	while (body.len < 300000)
		bytes_add(&body, bodies[0].p, bodies[0].len);
	begin(&t, EARLY, shapes[_i / 2], _i % 2 != 0);
	say_file(&t, "good", hi, '0');
	say_file(&t, "isdir", (struct body){ body.p, body.len }, '1');
	say_file(&t, "next", yo, '0');
	end(&t, t.times ? 2 : 1, 1);
	ck_obstacles();
	bytes_free(&body);
}
END_TEST

/* More than is read away: the end, and the body is not parsed. */
START_TEST(refused_over_the_limit)
{
	struct bytes body = { 0 };
	struct server s;

	make_obstacles();
	bytes_addf(&body, "C0644 2 good\nhi");
	bytes_add(&body, "", 1);
	bytes_addf(&body, "C0644 4000 isdir\n");
	while (body.len < 4000)
		bytes_add(&body, bodies[0].p, bodies[0].len);
	server_start(&s,
	    &(struct launch){ .options = EARLY " -o DiscardLimit=1K",
		.command = "scp -d -t d" });
	server_send(&s, body.p, body.len);
	server_close_input(&s);
	ck_answers(&s, "00002");
	expect_end(&s, 1);
	server_clear(&s);
	ck_assert(!tree_has(".", "evil"));
	bytes_free(&body);
}
END_TEST

static void
say_contents(struct talk *t)
{
	say_file(t, "x", bodies[0], '1');
	say_header(t, 'D', 0, "evil");
	say_file(t, "evil", hi, '1');
	say(t, "E\n", 2, '0');
}

START_TEST(refused_directory)
{
	const char *shape = shapes[_i / 2];
	bool waits = _i % 2 != 0;
	struct talk t;

	if (!has(shape, 'r'))
		return;
	make_obstacles();
	for (size_t i = 0; i < LENGTH(directories); i++) {
		begin(&t, EARLY, shape, waits);
		say_file(&t, "good", hi, '0');
		say_header(&t, 'D', 0, directories[i]);
		say_contents(&t);
		say(&t, "E\n", 2, '1');
		say_file(&t, "next", yo, '0');
		end(&t, t.times ? 2 : 1, 1);
		ck_obstacles();
	}
}
END_TEST

/* A directory that cannot take its times; its end was answered before. */
START_TEST(failing_end)
{
	struct talk t;

	make_dir("d", 0755);
	make_dir("d/locked", 0300);
	begin(&t, EARLY, "-r -p -t", _i != 0);
	say_header(&t, 'D', 0, "locked");
	say_file(&t, "f", hi, '0');
	say(&t, "E\n", 2, '0');
	say_file(&t, "next", yo, '0');
	end(&t, 2, 1);
	ck_assert_int_eq(chmod("d/locked", 0755), 0);
	ck_tree("0644 d/locked/f hi\n0644 d/next yo\n0755 d/\n"
		"0755 d/locked/\n");
}
END_TEST

/* Without a credit the end says why. */
START_TEST(failing_end_without_credit)
{
	struct talk t;

	make_dir("d", 0755);
	make_dir("d/locked", 0300);
	begin(&t, EARLY, "-r -p -t", _i != 0);
	say_header(&t, 'D', 0, "locked");
	say(&t, "E\n", 2, '1');
	end(&t, 0, 1);
	ck_assert_int_eq(chmod("d/locked", 0755), 0);
}
END_TEST

START_TEST(write_error)
{
	const struct rlimit limit = { 65536, 65536 };
	struct bytes body = { 0 };
	struct talk t;

	make_dir("d", 0755);
	while (body.len < 300000)
		bytes_add(&body, bodies[0].p, bodies[0].len);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	begin(&t, EARLY, shapes[_i / 2], _i % 2 != 0);
	say_file(&t, "good", hi, '0');
	say_file(&t, "f", (struct body){ body.p, body.len }, '1');
	say_file(&t, "next", yo, '0');
	end(&t, t.times ? 2 : 1, 1);
	ck_tree("0644 d/good hi\n0644 d/next yo\n0755 d/\n");
	bytes_free(&body);
}
END_TEST

/* --- cut off ------------------------------------------------------------ */

static const char whole[] = "C0644 2 good\nhi\0"
			    "C0644 19 isdir\n" EVIL "\0"
			    "D0755 0 isfile\n"
			    "C0644 19 x\n" EVIL "\0"
			    "E\n"
			    "C0644 2 next\nyo\0";

/* At each byte: nothing evil, nothing left behind, and it ends. */
START_TEST(cut_off)
{
	struct server s;
	size_t cut;

	make_obstacles();
	for (cut = (size_t)_i; cut < sizeof(whole); cut += 4) {
		server_start(&s,
		    &(struct launch){
			.options = EARLY, .command = "scp -r -d -t d" });
		server_send(&s, whole, cut);
		server_close_input(&s);
		if (server_wait(&s) != (cut != 0 && cut != 16))
			server_fail(&s, "cut at %zu: wrong status", cut);
		server_clear(&s);
		ck_assert(!tree_has(".", "evil"));
		ck_assert(!tree_has_temp("."));
		ck_assert_int_eq(tree_has(".", "good"), cut >= 16);
		ck_assert_int_eq(
		    tree_has(".", "next"), cut == sizeof(whole) - 1);
		(void)unlink("d/good");
		(void)unlink("d/next");
	}
}
END_TEST

/* A client that takes ten times as many credits as there are. */
START_TEST(never_more_than_the_cap)
{
	static const char zeros[43];
	struct bytes said = { 0 };
	struct server s;

	bytes_addf(&said, "C0644 0 a\n");
	bytes_add(&said, "", 1);
	for (int i = 0; i < 20; i++)
		bytes_addf(&said, "D0755 0 d\nE\n");
	server_start(&s,
	    &(struct launch){ .options = EARLY, .command = "scp -r -d -t ." });
	server_send(&s, said.p, said.len);
	server_close_input(&s);
	/* 1 first, 2 for the file, 40 for the rest, and none twice. */
	expect_bytes(&s, zeros, sizeof(zeros));
	expect_end(&s, 0);
	server_clear(&s);
	bytes_free(&said);
}
END_TEST

static void
add(TCase *tc)
{
	const int n = 2 * (int)LENGTH(shapes);

	tcase_add_loop_test(tc, gate, 0, (int)LENGTH(gate_rows));
	tcase_add_test(tc, in_one_write);
	tcase_add_test(tc, times_are_missing);
	tcase_add_test(tc, client_errors);
	tcase_add_test(tc, client_error_in_a_file);
	tcase_add_loop_test(tc, refused_file, 0, n);
	tcase_add_test(tc, refused_twice);
	tcase_add_loop_test(tc, refused_directory_without_times, 0, 2);
	tcase_add_loop_test(tc, failed_directory_without_times, 0, 2);
	tcase_add_loop_test(tc, refused_large_file, 0, n);
	tcase_add_test(tc, refused_over_the_limit);
	tcase_add_loop_test(tc, refused_directory, 0, n);
	tcase_add_loop_test(tc, failing_end, 0, 2);
	tcase_add_loop_test(tc, failing_end_without_credit, 0, 2);
	tcase_add_loop_test(tc, write_error, 0, n);
	tcase_add_loop_test(tc, cut_off, 0, 4);
	tcase_add_test(tc, never_more_than_the_cap);
}

int
main(void)
{
	Suite *suite = suite_create("early");

	driver_add(suite, add, AS_ACCOUNT);
	return driver_run(suite);
}

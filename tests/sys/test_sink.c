/* SPDX-License-Identifier: ISC */
/* The server as a sink: what an upload leaves behind, and what is answered. */
#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "trace.h"

#define TEMP_NAME ".scp-server.0123456789abcdef~"

static bool
is_recent(struct timespec t)
{
	return labs((long)(time(NULL) - t.tv_sec)) < 100;
}

static double
seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	    (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* --- where things go -------------------------------------------------- */

START_TEST(missing_operand_is_the_name)
{
	RUN("scp -t new", ACK, SEND("C0644 5 other\n"), ACK, SEND("hello\0"),
	    ACK, EXIT(0));
	ck_tree("0644 new hello\n");
}
END_TEST

START_TEST(directory_operand_takes_the_record_name)
{
	make_dir("d", 0755);
	RUN("scp -t d", ACK, SEND("C0644 5 f\n"), ACK, SEND("hello\0"), ACK,
	    SEND("C0600 0 empty\n"), ACK, SEND("\0"), ACK, EXIT(0));
	ck_tree("0600 d/empty \n0644 d/f hello\n0755 d/\n");
}
END_TEST

START_TEST(operands_for_the_start_directory)
{
	static const char *const operands[] = { "", ".", "/", "./", "..",
		"../../..", "/..", "d/..", "//." };
	static const char stream[] = "C0644 5 f\nhello";
	const char *words[] = { "scp", "-t", operands[_i], NULL };

	make_dir("d", 0755);
	blind(&(struct launch){ .words = words }, stream, sizeof(stream), "000",
	    0);
	ck_tree("0644 f hello\n0755 d/\n");
}
END_TEST

START_TEST(tilde_is_the_start_directory)
{
	RUN_TEXT("scp -t ~", ACK, SEND("C0644 1 a\n"), ACK, SEND("a\0"), ACK,
	    EXIT(0));
	RUN_TEXT("scp -t ~/", ACK, SEND("C0644 1 b\n"), ACK, SEND("b\0"), ACK,
	    EXIT(0));
	RUN_TEXT("scp -t ~/c", ACK, SEND("C0644 1 x\n"), ACK, SEND("c\0"), ACK,
	    EXIT(0));
	/* Quoted, or after a shell, it is a name as any other. */
	RUN_TEXT("scp -t '~'", ACK, SEND("C0644 1 x\n"), ACK, SEND("d\0"), ACK,
	    EXIT(0));
	RUN("scp -t ~x", ACK, SEND("C0644 1 x\n"), ACK, SEND("e\0"), ACK,
	    EXIT(0));
	ck_tree("0644 a a\n0644 b b\n0644 c c\n0644 ~ d\n0644 ~x e\n");
}
END_TEST

START_TEST(operand_in_a_directory)
{
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	RUN("scp -t d/./../d//e/f", ACK, SEND("C0644 5 x\n"), ACK,
	    SEND("hello\0"), ACK, EXIT(0));
	RUN("scp -t /d/g", ACK, SEND("C0644 5 x\n"), ACK, SEND("hello\0"), ACK,
	    EXIT(0));
	ck_tree("0644 d/e/f hello\n0644 d/g hello\n0755 d/\n0755 d/e/\n");
}
END_TEST

START_TEST(second_file_overwrites_the_first)
{
	RUN("scp -t f", ACK, SEND("C0644 5 a\n"), ACK, SEND("hello\0"), ACK,
	    SEND("C0644 2 b\n"), ACK, SEND("ho\0"), ACK, EXIT(0));
	ck_tree("0644 f ho\n");
}
END_TEST

START_TEST(trailing_slash_makes_no_file)
{
	RUN("scp -t new/", ACK, SEND("C0644 5 f\n"), WARNING("new/: |new/f: "),
	    EXIT(1));
	ck_tree("");
}
END_TEST

START_TEST(trailing_slash_makes_a_directory)
{
	RUN("scp -r -t new/", ACK, SEND("D0755 0 d\n"), ACK,
	    SEND("C0644 5 f\n"), ACK, SEND("hello\0"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree("0644 new/f hello\n0755 new/\n");
}
END_TEST

START_TEST(tree_takes_the_name_of_a_missing_operand)
{
	RUN("scp -r -t new", ACK, SEND("D0755 0 d\n"), ACK, SEND("D0700 0 e\n"),
	    ACK, SEND("E\n"), ACK, SEND("C0644 5 f\n"), ACK, SEND("hello\0"),
	    ACK, SEND("E\n"), ACK, EXIT(0));
	ck_tree("0644 new/f hello\n0700 new/e/\n0755 new/\n");
}
END_TEST

START_TEST(tree_goes_into_an_existing_operand)
{
	make_dir("old", 0755);
	make_dir("old/d", 0755);
	make_file("old/d/kept", "kept", 0644);
	RUN("scp -r -t old", ACK, SEND("D0755 0 d\n"), ACK, SEND("C0644 5 f\n"),
	    ACK, SEND("hello\0"), ACK, SEND("E\n"), ACK, SEND("C0644 2 g\n"),
	    ACK, SEND("hi\0"), ACK, EXIT(0));
	ck_tree("0644 old/d/f hello\n0644 old/d/kept kept\n0644 old/g hi\n"
		"0755 old/\n0755 old/d/\n");
}
END_TEST

START_TEST(directory_over_a_file)
{
	make_file("f", "old", 0644);
	RUN("scp -r -t f", ACK, SEND("D0755 0 d\n"),
	    WARNING("scp: f: Not a directory"), EXIT(1));
	ck_tree("0644 f old\n");
}
END_TEST

START_TEST(directory_without_r)
{
	RUN("scp -t .", ACK, SEND("D0755 0 d\n"),
	    EXPECT("\1scp: protocol error: received directory without -r\n"),
	    ENDS(1));
	ck_tree("");
}
END_TEST

START_TEST(missing_parent_is_refused_at_once)
{
	RUN("scp -t no/such/f",
	    EXPECT("\1scp: no/such/f: No such file or directory\n"), EXIT(1));
	RUN("scp -r -t no/such",
	    EXPECT("\1scp: no/such: No such file or directory\n"), EXIT(1));
	make_file("f", "", 0644);
	RUN("scp -t f/g", EXPECT("\1scp: f/g: Not a directory\n"), EXIT(1));
	RUN("scp -t f/../g", WARNING("scp: f/../g: Not a directory"), EXIT(1));
	RUN("scp -t no/../g", WARNING("scp: no/../g: No such file"), EXIT(1));
	ck_tree("0644 f \n");
}
END_TEST

START_TEST(d_wants_a_directory)
{
	make_file("f", "old", 0644);
	make_link("dangling", "nothing");
	RUN("scp -d -t no", EXPECT("\1scp: no: No such file or directory\n"),
	    EXIT(1));
	RUN("scp -d -t dangling", WARNING("scp: dangling: "), EXIT(1));
	RUN("scp -t -d f", EXPECT("\1scp: f: Not a directory\n"), EXIT(1));
	RUN("scp -r -dt f", EXPECT("\1scp: f: Not a directory\n"), EXIT(1));
	RUN("scp -d -t .", ACK, SEND("C0644 2 g\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_tree("0644 f old\n0644 g hi\nlink dangling -> nothing\n");
}
END_TEST

/* What the client sends all the same is read away, here for some seconds. */
START_TEST(refused_at_once_ends_without_the_end_of_input)
{
	RUN("scp -t no/f", WARNING("No such file"), SEND("C0644 5 f\nhello\0"),
	    ENDS(1));
	ck_tree("");
}
END_TEST

/* --- links (R-PATH-1, R-PATH-2) --------------------------------------- */

START_TEST(links_in_the_operand_stay_inside)
{
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	make_link("relative", "d/e");
	make_link("absolute", "/d/e");
	make_link("d/up", "../../../../d/e");
	make_link("d/top", "/d/e");
	RUN("scp -t relative", ACK, SEND("C0644 1 a\n"), ACK, SEND("a\0"), ACK,
	    EXIT(0));
	RUN("scp -t absolute/b", ACK, SEND("C0644 1 x\n"), ACK, SEND("b\0"),
	    ACK, EXIT(0));
	RUN("scp -t d/top/../f", ACK, SEND("C0644 1 x\n"), ACK, SEND("f\0"),
	    ACK, EXIT(0));
	RUN("scp -t d/top/g", ACK, SEND("C0644 1 x\n"), ACK, SEND("g\0"), ACK,
	    EXIT(0));
	RUN("scp -r -t d/up/", ACK, SEND("D0755 0 c\n"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree("0644 d/e/a a\n0644 d/e/b b\n0644 d/e/g g\n0644 d/f f\n"
		"0755 d/\n0755 d/e/\n0755 d/e/c/\n"
		"link absolute -> /d/e\nlink d/top -> /d/e\n"
		"link d/up -> ../../../../d/e\nlink relative -> d/e\n");
}
END_TEST

START_TEST(last_link_of_the_operand_is_followed)
{
	make_file("f", "old", 0644);
	make_link("to_file", "f");
	make_link("dangling", "/new");
	RUN("scp -t to_file", ACK, SEND("C0644 3 x\n"), ACK, SEND("new\0"), ACK,
	    EXIT(0));
	RUN("scp -t dangling", ACK, SEND("C0644 3 x\n"), ACK, SEND("two\0"),
	    ACK, EXIT(0));
	ck_tree("0644 f new\n0644 new two\nlink dangling -> /new\n"
		"link to_file -> f\n");
}
END_TEST

START_TEST(links_to_the_outside)
{
	make_link("relative", "../outside/secret");
	make_link("directory", "../outside");
	make_link("absolute", outside_path());
	RUN("scp -t relative", WARNING("scp: relative: No such file"), EXIT(1));
	RUN("scp -t directory/secret", WARNING("No such file"), EXIT(1));
	RUN("scp -t absolute/secret", WARNING("No such file"), EXIT(1));
	RUN("scp -r -t absolute/x", WARNING("No such file"), EXIT(1));
	RUN("scp -t ../outside/secret", WARNING("No such file"), EXIT(1));
}
END_TEST

START_TEST(link_loop)
{
	make_link("a", "b");
	make_link("b", "a");
	make_link("self", "self/x");
	RUN("scp -t a", WARNING("scp: a: Too many levels"), EXIT(1));
	RUN("scp -t a/f", WARNING("scp: a/f: Too many levels"), EXIT(1));
	RUN("scp -t self", WARNING("scp: self: Too many levels"), EXIT(1));
}
END_TEST

START_TEST(link_as_a_record_name)
{
	make_dir("d", 0755);
	make_file("f", "old", 0644);
	make_link("to_dir", "d");
	make_link("to_file", "f");
	make_link("dangling", "new");
	RUN("scp -d -t .", ACK, SEND("C0644 3 to_file\n"),
	    WARNING("scp: ./to_file: |scp: to_file: "),
	    SEND("C0644 3 dangling\n"), WARNING("dangling: "),
	    SEND("C0644 3 to_dir\n"), WARNING("to_dir: "), EXIT(1));
	RUN("scp -r -p -d -t .", ACK, SEND("D0700 0 to_dir\n"),
	    WARNING("to_dir: "), SEND("D0700 0 dangling\n"),
	    WARNING("dangling: "), SEND("D0700 0 to_file\n"),
	    WARNING("to_file: "), EXIT(1));
	ck_tree("0644 f old\n0755 d/\nlink dangling -> new\n"
		"link to_dir -> d\nlink to_file -> f\n");
}
END_TEST

/* --- records (R-WIRE-6) ----------------------------------------------- */

START_TEST(protocol_error)
{
	static const char *const lines[] = {
		"X\n",                               /* no record */
		"c0644 5 f\n",                       /* nor this */
		" C0644 5 f\n",                      /* no blank before it */
		"\003\n",                            /* no level */
		"C\n",                               /* nothing at all */
		"C0644\n",                           /* no size */
		"C0644 5\n",                         /* no name */
		"C 5 f\n",                           /* no mode */
		"C0648 5 f\n",                       /* not octal */
		"C-644 5 f\n",                       /* a sign */
		"C00000644 5 f\n",                   /* eight digits */
		"C0644  5 f\n",                      /* two blanks */
		"C0644\t5\tf\n",                     /* tabs */
		"C0644 -1 f\n",                      /* negative */
		"C0644 +1 f\n",                      /* a sign */
		"C0644 0x5 f\n",                     /* not decimal */
		"C0644 5x f\n",                      /* nor this */
		"C0644 f\n",                         /* the size is missing */
		"C0644 9223372036854775808 f\n",     /* one over off_t */
		"C0644 18446744073709551616 f\n",    /* 0 modulo 2^64 */
		"C0644 99999999999999999999999 f\n", /* 23 digits */
		"D0755 -1 d\n",                      /* in a D as well */
		"Dx 0 d\n",                          /* and this */
		"SSH-2.0-OpenSSH_9.2\n",             /* another protocol */
		"GET / HTTP/1.0\n",                  /* and one more */
	};
	struct timespec start;
	struct server s;

	clock_gettime(CLOCK_MONOTONIC, &start);
	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	server_send(&s, lines[_i], strlen(lines[_i]));
	expect_message(&s, 1, "scp: protocol error: ");
	expect_end(&s, 1);
	ck_assert_double_lt(seconds_since(&start), 2.5);
	ck_assert(holds(s.log.p, "protocol-error"));
	ck_assert(!holds(s.log.p, "bad-name"));
	server_clear(&s);
	ck_tree("");
}
END_TEST

START_TEST(unexpected_filename)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/", "/a",
		"../a", "a/", "./a" };
	struct bytes record = { 0 }, answer = { 0 };
	struct server s;

	make_dir("a", 0755);
	bytes_addf(
	    &record, "%c0755 0 %s\n", _i % 2 == 0 ? 'C' : 'D', names[_i / 2]);
	bytes_addf(
	    &answer, "\1scp: error: unexpected filename: %s\n", names[_i / 2]);
	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	server_send(&s, record.p, record.len);
	expect_bytes(&s, answer.p, answer.len);
	expect_end(&s, 1);
	server_clear(&s);
	bytes_free(&record);
	bytes_free(&answer);
	ck_tree("0755 a/\n");
}
END_TEST

START_TEST(nul_in_a_name)
{
	RUN("scp -t .", ACK, SEND("C0644 5 a\0b\n"), WARNING("scp: "), ENDS(1));
	ck_tree("");
}
END_TEST

START_TEST(longest_name)
{
	struct bytes name = { 0 }, record = { 0 };
	struct server s;

	for (int i = 0; i < 255; i++)
		bytes_add(&name, "n", 1);
	bytes_addf(&record, "C0644 2 %s\nhi", name.p);
	bytes_add(&record, "", 1);
	blind(&(struct launch){ .command = "scp -t ." }, record.p, record.len,
	    "000", 0);
	ck_assert_int_eq(status_of(name.p).st_size, 2);
	server_start(&s, &(struct launch){ .command = "scp -t ." });
	expect_ack(&s);
	record.len = 0;
	bytes_addf(&record, "C0644 2 %sx\n", name.p);
	server_send(&s, record.p, record.len);
	expect_message(&s, 1, "scp: ");
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	bytes_free(&record);
	bytes_free(&name);
}
END_TEST

START_TEST(mode_digits)
{
	static const struct {
		const char *digits;
		const char *tree;
	} rows[] = {
		{ "0", "0000 f (unreadable)\n" },
		{ "00", "0000 f (unreadable)\n" },
		{ "07", "0007 f (unreadable)\n" },
		{ "644", "0644 f \n" },
		{ "0644", "0644 f \n" },
		{ "00644", "0644 f \n" },
		{ "04755", "0755 f \n" },
		{ "6755", "0755 f \n" },
		{ "100644", "0644 f \n" },
		{ "0100664", "0664 f \n" },
		{ "7777", "0777 f \n" },
	};
	char stream[64];
	int n;

	n = snprintf(stream, sizeof(stream), "C%s 0 x\n", rows[_i].digits);
	blind(&(struct launch){ .command = "scp -p -t f" }, stream,
	    (size_t)n + 1, "000", 0);
	if (geteuid() == 0 && status_of("f").st_mode % 01000 < 0400)
		ck_assert_uint_eq(status_of("f").st_mode & 07770, 0);
	else
		ck_tree(rows[_i].tree);
}
END_TEST

START_TEST(stray_bytes_between_records)
{
	RUN("scp -r -t .", ACK, SEND("\0\0\n\nC0644 2 f\n"), ACK, SEND("hi\0"),
	    ACK, SEND("\0\n\0D0755 0 d\n"), ACK, SEND("\n\0E\n"), ACK,
	    SEND("\0\n"), EXIT(0));
	ck_tree("0644 f hi\n0755 d/\n");
}
END_TEST

START_TEST(end_of_no_directory_ends_the_session)
{
	RUN("scp -t f", ACK, SEND("C0644 2 f\n"), ACK, SEND("hi\0"), ACK,
	    SEND("E\n"), ACK, SEND("\n\0\nE\n"), QUIET, EXIT(0));
	ck_tree("0644 f hi\n");
}
END_TEST

/* It is not stored, and a client that reads no answer must not think so. */
START_TEST(more_behind_the_end)
{
	static const char text[] = "C0644 2 f\nhi\0E\n\0\nC0644 4 f\nevil";
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	expect_ack(&s);
	server_send(&s, text, sizeof(text));
	server_close_input(&s);
	ck_answers(&s, "000");
	expect_end(&s, 1);
	ck_assert(holds(s.log.p, "protocol-error: more came behind"));
	server_clear(&s);
	ck_tree("0644 f hi\n");
}
END_TEST

START_TEST(surplus_end_after_a_tree)
{
	RUN("scp -r -t .", ACK, SEND("D0755 0 d\n"), ACK, SEND("E\n"), ACK,
	    SEND("E\n"), ACK, SEND("C0644 4 f\nevil\0X"), QUIET, EXIT(1));
	ck_tree("0755 d/\n");
}
END_TEST

START_TEST(warning_from_the_client)
{
	RUN("scp -t .", ACK, SEND("\1scp: x: Permission denied\n"), QUIET,
	    SEND("C0644 2 f\n"), ACK, SEND("hi\0"), ACK, SEND("\1again\n"),
	    EXIT(1));
	ck_tree("0644 f hi\n");
}
END_TEST

START_TEST(fatal_error_from_the_client)
{
	RUN("scp -t .", ACK, SEND("\2scp: I give up\n"), ENDS(1));
	RUN("scp -r -t .", ACK, SEND("D0755 0 d\n"), ACK, SEND("\2\n"),
	    ENDS(1));
}
END_TEST

START_TEST(nothing_sent)
{
	RUN("scp -t f", ACK, EXIT(0));
	ck_tree("");
}
END_TEST

/* --- the end of a file (R-WIRE-3, R-WIRE-4) ---------------------------- */

START_TEST(name_appears_with_the_final_answer)
{
	struct server s;

	make_file("f", "old", 0644);
	server_start(&s, &(struct launch){ .command = "scp -t f" });
	expect_ack(&s);
	server_send(&s, "C0644 5 x\n", 10);
	expect_ack(&s);
	ck_assert_uint_eq(s.received.len, 2);
	server_send(&s, "hello", 5);
	expect_quiet(&s);
	ck_assert(tree_has_temp("."));
	ck_assert_int_eq(status_of("f").st_size, 3);
	server_send(&s, "", 1);
	expect_ack(&s);
	ck_tree("0644 f hello\n");
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
}
END_TEST

START_TEST(client_could_not_read_its_file)
{
	make_file("f", "old", 0644);
	RUN("scp -t f", ACK, SEND("C0644 5 x\n"), ACK,
	    SEND("he\0\0\0\1scp: x: Input/output error\n"), ACK, EXIT(1));
	RUN("scp -r -t .", ACK, SEND("C0644 5 new\n"), ACK,
	    SEND("hello\2lost\n"), ACK, SEND("C0644 2 g\n"), ACK, SEND("hi\0"),
	    ACK, EXIT(1));
	ck_tree("0644 f old\n0644 g hi\n");
}
END_TEST

START_TEST(other_byte_at_the_end)
{
	make_file("f", "old", 0644);
	RUN("scp -t f", ACK, SEND("C0644 5 x\n"), ACK, SEND("helloC0644 2 g\n"),
	    WARNING("scp: protocol error: "), ENDS(1));
	ck_tree("0644 f old\n");
}
END_TEST

START_TEST(end_of_input_for_the_closing_byte)
{
	static const struct {
		const char *command; /* NULL: in text */
		const char *text;
		bool commits;
	} rows[] = {
		/* The clients that never send it. */
		{ NULL, "scp -t 'f'", true },
		{ NULL, "scp -t \"f\"", true },
		{ NULL, "scp -pt 'f'", true },
		{ NULL, "scp -qt \"f\"", true },
		{ NULL, "scp -t  'f'", true },
		/* OpenSSH and others that do. */
		{ NULL, "scp -t f", false },
		{ NULL, "scp -pt f", false },
		{ NULL, "scp -p -t 'f'", false },
		{ NULL, "scp -t -p 'f'", false },
		{ NULL, "scp -r -t 'f'", false },
		{ NULL, "scp -rt 'f'", false },
		{ NULL, "scp -d -t '.'", false },
		{ NULL, "scp -td '.'", false },
		/* A shell has taken the quotes. */
		{ "scp -t f", NULL, true },
		{ "scp -qt f", NULL, true },
		{ "scp -pt f", NULL, true },
		{ "scp -p -t f", NULL, false },
		{ "scp -r -t f", NULL, false },
		{ "scp -d -t .", NULL, false },
	};
	const bool in_directory = holds(
	    rows[_i].text != NULL ? rows[_i].text : rows[_i].command, "d");
	struct server s;

	if (!in_directory)
		make_file("f", "old", 0644);
	server_start(&s,
	    &(struct launch){
		.command = rows[_i].command, .text = rows[_i].text });
	expect_ack(&s);
	server_send(&s, "C0644 5 f\n", 10);
	expect_ack(&s);
	server_send(&s, "hello", 5);
	server_close_input(&s);
	/* Whether it is answered does not matter to who has gone. */
	s.taken = 2;
	if (server_wait(&s) != (rows[_i].commits ? 0 : 1))
		server_fail(&s, "the wrong exit status");
	server_clear(&s);
	ck_tree(rows[_i].commits ? "0644 f hello\n"
		: in_directory   ? ""
				 : "0644 f old\n");
}
END_TEST

START_TEST(end_of_input_commits_one_item_only)
{
	RUN_TEXT("scp -t '.'", ACK, SEND("C0644 2 a\n"), ACK, SEND("hi\0"), ACK,
	    SEND("C0644 5 b\n"), ACK, SEND("hello"), EXIT(1));
	ck_tree("0644 a hi\n");
}
END_TEST

START_TEST(end_of_input_for_the_closing_byte_keeps_times)
{
	static const char stream[] =
	    "T1000000000 5 1000000001 7\nC0600 2 x\nhi";
	struct server s;

	server_start(&s, &(struct launch){ .text = "scp -pt 'f'" });
	server_send(&s, stream, sizeof(stream) - 1);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 0);
	server_clear(&s);
	ck_tree("0600 f hi\n");
	ck_assert_int_eq(status_of("f").st_mtim.tv_sec, 1000000000);
}
END_TEST

/* --- times ------------------------------------------------------------ */

START_TEST(times_of_a_file)
{
	struct stat st;

	RUN("scp -p -t f", ACK, SEND("T1000000000 123456 1000000001 654321\n"),
	    ACK, SEND("C0644 2 x\n"), ACK, SEND("hi\0"), ACK, EXIT(0));
	st = status_of("f");
	ck_assert_int_eq(st.st_mtim.tv_sec, 1000000000);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 123456000);
	ck_assert_int_eq(st.st_atim.tv_sec, 1000000001);
	ck_assert_int_eq(st.st_atim.tv_nsec, 654321000);
}
END_TEST

START_TEST(times_of_one_item_only)
{
	make_dir("c", 0755);
	RUN("scp -d -t .", ACK, SEND("T1000000000 0 1000000001 0\n"), ACK,
	    SEND("C0644 2 a\n"), ACK, SEND("hi\0"), ACK, SEND("C0644 2 b\n"),
	    ACK, SEND("hi\0"), ACK,
	    /* Spent on one that is refused. */
	    SEND("T1000000000 0 1000000001 0\n"), ACK, SEND("C0644 2 c\n"),
	    WARNING("c: "), SEND("C0644 2 d\n"), ACK, SEND("hi\0"), ACK,
	    /* Spent on one that the client could not read. */
	    SEND("T1000000000 0 1000000001 0\n"), ACK, SEND("\1c: no\n"),
	    SEND("C0644 2 e\n"), ACK, SEND("hi\0"), ACK,
	    /* The last one counts. */
	    SEND("T1000000000 0 1000000000 0\n"), ACK,
	    SEND("T1000000009 0 1000000009 0\n"), ACK, SEND("C0644 2 f\n"), ACK,
	    SEND("hi\0"), ACK, EXIT(1));
	ck_assert_int_eq(status_of("a").st_mtim.tv_sec, 1000000000);
	ck_assert(is_recent(status_of("b").st_mtim));
	ck_assert(is_recent(status_of("d").st_mtim));
	ck_assert(is_recent(status_of("e").st_mtim));
	ck_assert_int_eq(status_of("f").st_mtim.tv_sec, 1000000009);
}
END_TEST

START_TEST(times_as_clients_write_them)
{
	static const struct {
		const char *line;
		long mtime; /* -1: not set */
	} rows[] = {
		{ "T1000000000 0 1000000001 0\n", 1000000000 },
		{ "T 1000000000 0 1000000001 0\n", 1000000000 }, /* JSch */
		{ "T1000000000 866524 1000000001 891883\n", 1000000000 },
		{ "T1000000000 2000000 1000000001 0\n", 1000000000 },
		{ "T0 0 0 0\n", 0 },
		{ "T-5 0 -5 0\n", 0 },
		{ "T4294967296 0 4294967296 0\n", 4294967296 },
		{ "T99999999999999999999 0 99999999999999999999 0\n", -1 },
		{ "T\n", -1 },
		{ "Tx\n", -1 },
		{ "T1000000000\n", -1 },
		{ "T1000000000 0 1000000000\n", -1 },
	};
	struct bytes stream = { 0 };
	struct stat st;

	bytes_addf(&stream, "%sC0644 2 x\nhi", rows[_i].line);
	bytes_add(&stream, "", 1);
	blind(&(struct launch){ .command = "scp -p -t f" }, stream.p,
	    stream.len, "0000", 0);
	bytes_free(&stream);
	st = status_of("f");
	if (rows[_i].mtime == -1)
		ck_assert(is_recent(st.st_mtim));
	else
		ck_assert_int_eq(st.st_mtim.tv_sec, rows[_i].mtime);
}
END_TEST

START_TEST(times_of_directories)
{
	struct stat st;

	RUN("scp -r -p -t .", ACK, SEND("T1000000000 1 1000000001 2\n"), ACK,
	    SEND("D0755 0 d\n"), ACK, SEND("T1000000002 3 1000000003 4\n"), ACK,
	    SEND("D0755 0 e\n"), ACK, SEND("C0644 2 f\n"), ACK, SEND("hi\0"),
	    ACK, SEND("E\n"), ACK, SEND("C0644 2 g\n"), ACK, SEND("hi\0"), ACK,
	    SEND("E\n"), ACK, EXIT(0));
	st = status_of("d");
	ck_assert_int_eq(st.st_mtim.tv_sec, 1000000000);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 1000);
	ck_assert_int_eq(st.st_atim.tv_sec, 1000000001);
	st = status_of("d/e");
	ck_assert_int_eq(st.st_mtim.tv_sec, 1000000002);
	ck_assert(is_recent(status_of("d/g").st_mtim));
}
END_TEST

START_TEST(times_and_modes_of_directories_left_open)
{
	RUN("scp -r -p -t .", ACK, SEND("T1000000000 0 1000000001 0\n"), ACK,
	    SEND("D0555 0 d\n"), ACK, SEND("T1000000002 0 1000000003 0\n"), ACK,
	    SEND("D0500 0 e\n"), ACK, SEND("C0444 2 f\n"), ACK, SEND("hi\0"),
	    ACK, EXIT(0));
	ck_tree("0444 d/e/f hi\n0500 d/e/\n0555 d/\n");
	ck_assert_int_eq(status_of("d").st_mtim.tv_sec, 1000000000);
	ck_assert_int_eq(status_of("d/e").st_mtim.tv_sec, 1000000002);
}
END_TEST

/* --- modes ------------------------------------------------------------ */

START_TEST(mode_under_the_umask)
{
	umask(027);
	RUN("scp -t r", ACK, SEND("C0444 0 r\n"), ACK, SEND("\0"), ACK,
	    EXIT(0));
	RUN("scp -r -t .", ACK, SEND("C0666 0 f\n"), ACK, SEND("\0"), ACK,
	    SEND("C6777 0 g\n"), ACK, SEND("\0"), ACK, SEND("D0777 0 d\n"), ACK,
	    SEND("E\n"), ACK, EXIT(0));
	ck_tree("0440 r \n0640 f \n0750 d/\n0750 g \n");
}
END_TEST

START_TEST(mode_with_p_is_exact)
{
	umask(077);
	RUN("scp -r -p -t .", ACK, SEND("C0666 0 f\n"), ACK, SEND("\0"), ACK,
	    SEND("C7777 0 g\n"), ACK, SEND("\0"), ACK, SEND("D7775 0 d\n"), ACK,
	    SEND("E\n"), ACK, EXIT(0));
	ck_tree("0666 f \n0775 d/\n0777 g \n");
}
END_TEST

START_TEST(mode_of_a_replaced_file)
{
	make_file("a", "old", 0640);
	make_file("b", "old", 0640);
	make_file("c", "old", 06755);
	RUN("scp -t .", ACK, SEND("C0666 2 a\n"), ACK, SEND("hi\0"), ACK,
	    SEND("C0644 2 c\n"), ACK, SEND("hi\0"), ACK, EXIT(0));
	RUN("scp -p -t b", ACK, SEND("C0604 2 b\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_tree("0604 b hi\n0640 a hi\n0755 c hi\n");
}
END_TEST

START_TEST(directory_without_rights_is_filled)
{
	RUN("scp -r -p -t .", ACK, SEND("D0555 0 d\n"), ACK,
	    SEND("D0000 0 e\n"), ACK, SEND("C0000 2 f\n"), ACK, SEND("hi\0"),
	    ACK, SEND("E\n"), ACK, SEND("C0400 2 g\n"), ACK, SEND("hi\0"), ACK,
	    SEND("E\n"), ACK, EXIT(0));
	ck_assert_uint_eq(status_of("d").st_mode & 07777, 0555);
	ck_assert_uint_eq(status_of("d/e").st_mode & 07777, 0);
	ck_assert_int_eq(chmod("d/e", 0700), 0);
	ck_assert_uint_eq(status_of("d/e/f").st_mode & 07777, 0);
	ck_assert_int_eq(status_of("d/e/f").st_size, 2);
	ck_assert_uint_eq(status_of("d/g").st_mode & 07777, 0400);
}
END_TEST

START_TEST(directory_without_rights_and_without_p)
{
	RUN("scp -r -t .", ACK, SEND("D0555 0 d\n"), ACK, SEND("C0644 2 f\n"),
	    ACK, SEND("hi\0"), ACK, SEND("E\n"), ACK, EXIT(0));
	ck_tree("0555 d/\n0644 d/f hi\n");
}
END_TEST

START_TEST(existing_directory_keeps_its_mode)
{
	make_dir("d", 0750);
	make_dir("e", 0750);
	RUN("scp -r -t .", ACK, SEND("D0777 0 d\n"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	RUN("scp -r -p -t .", ACK, SEND("D0705 0 e\n"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree("0705 e/\n0750 d/\n");
}
END_TEST

START_TEST(inherited_setgid_is_kept)
{
	make_dir("d", 02755);
	RUN("scp -r -t d", ACK, SEND("D0755 0 a\n"), ACK, SEND("E\n"), ACK,
	    SEND("D0555 0 b\n"), ACK, SEND("E\n"), ACK, EXIT(0));
	RUN("scp -r -p -t d", ACK, SEND("D0700 0 c\n"), ACK, SEND("E\n"), ACK,
	    SEND("D0777 0 d\n"), ACK, SEND("E\n"), ACK, EXIT(0));
	RUN("scp -r -p -t .", ACK, SEND("D2700 0 c\n"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree("0700 c/\n2555 d/b/\n2700 d/c/\n2755 d/\n2755 d/a/\n"
		"2777 d/d/\n");
}
END_TEST

/* --- replacing (R-FILE-1, R-FILE-3) ------------------------------------ */

START_TEST(replaced_at_once)
{
	struct stat old, new;
	char buf[8];
	int fd;

	make_file("f", "old", 0644);
	ck_assert_int_eq(link("f", "other"), 0);
	old = status_of("f");
	fd = open("f", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	RUN("scp -t f", ACK, SEND("C0644 5 x\n"), ACK, SEND("hello\0"), ACK,
	    EXIT(0));
	new = status_of("f");
	ck_assert_uint_ne(old.st_ino, new.st_ino);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 3);
	ck_assert_int_eq(memcmp(buf, "old", 3), 0);
	close(fd);
	ck_tree("0644 f hello\n0644 other old\n");
}
END_TEST

START_TEST(neither_file_nor_nothing)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = "socket" };
	int fd;

	make_fifo("fifo");
	make_dir("dir", 0755);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	RUN("scp -d -t .", ACK, SEND("C0644 5 fifo\n"),
	    WARNING("not a regular file"), SEND("C0644 5 socket\n"),
	    WARNING("not a regular file"), SEND("C0644 5 dir\n"),
	    WARNING("not a regular file|Is a directory"), EXIT(1));
	RUN("scp -t fifo", ACK, SEND("C0644 5 f\n"),
	    WARNING("scp: fifo: not a regular file"), EXIT(1));
	ck_tree("0755 dir/\nfifo fifo\nother socket\n");
}
END_TEST

START_TEST(attributes_are_kept)
{
	char value[16];

	make_file("f", "old", 0644);
	if (setxattr("f", "user.colour", "blue", 4, 0) == -1) {
		ck_assert_int_eq(errno, ENOTSUP);
		skipped("the file system has no extended attributes");
		return;
	}
	RUN("scp -p -t f", ACK, SEND("C0644 2 x\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_tree("0644 f hi\n");
	ck_assert_int_eq(getxattr("f", "user.colour", value, sizeof(value)), 4);
	ck_assert_int_eq(memcmp(value, "blue", 4), 0);
}
END_TEST

/* No file of the time zone can be read any more when a record wants it. */
START_TEST(xferlog_tells_local_time)
{
	RUN_WITH("-o TransferLog=syslog -o TransferLogFormat=xferlog",
	    "scp -t f", ACK, SEND("C0644 2 x\n"), ACK, SEND("ab\0"), ACK,
	    EXIT(0));
	ck_tree("0644 f ab\n");
}
END_TEST

/* Nor when a record or a line has a time in UTC. */
START_TEST(records_and_lines_tell_utc)
{
	RUN_WITH("-o TransferLog=syslog", "scp -p -t f", ACK,
	    SEND("T1 0 1 0\n"), ACK, SEND("C0644 2 x\n"), ACK, SEND("ab\0"),
	    ACK, EXIT(0));
	RUN_WITH("-l VERBOSE", "scp -p -t f", ACK, SEND("T1 0 1 0\n"), ACK,
	    SEND("C0644 2 x\n"), ACK, SEND("cd\0"), ACK, EXIT(0));
	ck_tree("0644 f cd\n");
}
END_TEST

/* With times or without; each step is acknowledged. */
static void
upload_dated(
    struct server *s, const struct launch *l, bool dated, const char *header)
{
	server_start(s, l);
	expect_ack(s);
	if (dated) {
		server_send(s, "T86400 0 1 0\n", 13);
		expect_ack(s);
	}
	server_send(s, header, strlen(header));
	server_send(s, "hi", 3);
	expect_bytes(s, "\0\0", 2);
	server_close_input(s);
	expect_end(s, 0);
}

/* What was set is a line of its own; what was not is none. */
START_TEST(lines_of_attributes)
{
	const struct launch l = { .options = "-l VERBOSE",
		.command = _i == 0 ? "scp -p -t f" : "scp -t f" };
	struct server s;

	upload_dated(&s, &l, _i == 0, "C0666 2 x\n");
	ck_assert_int_eq(holds(s.log.p, "set \"/f\" mode 0666\n"), _i == 0);
	ck_assert_int_eq(
	    holds(s.log.p, "set \"/f\" modtime 19700102"), _i == 0);
	ck_assert_int_eq(holds(s.log.p, "set \"/f\""), _i == 0);
	server_clear(&s);
	ck_tree(_i == 0 ? "0666 f hi\n" : "0644 f hi\n");
}
END_TEST

/* The times that a file was announced with are in its record. */
START_TEST(record_of_times)
{
	const struct launch l = { .options = "-o TransferLog=syslog",
		.command = "scp -p -t f" };
	struct server s;

	upload_dated(&s, &l, _i == 0, "C0644 2 x\n");
	ck_assert_int_eq(
	    holds(s.log.p, "\"mtime\":\"1970-01-02T00:00:00Z\""), _i == 0);
	ck_assert_int_eq(holds(s.log.p, "\"mtime\":"), _i == 0);
	ck_assert(!holds(s.log.p, "failed session"));
	server_clear(&s);
	ck_tree("0644 f hi\n");
}
END_TEST

/* --- what fails at the end --------------------------------------------- */

/* Each such call fails with EIO. */
static void
start_failing(
    struct server *s, long call, const char *options, const char *command)
{
	struct trace trace = { .call = call, .error = EIO };

	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	server_start(s,
	    &(struct launch){
		.options = options, .command = command, .trace = &trace });
	expect_ack(s);
}

/* A directory whose times cannot be set: of which it is said, and logged. */
static const struct {
	const char *command;
	bool within; /* another one */
	const char *message;
	const char *line;
} late_rows[] = {
	{ "scp -r -p -t d", false, "scp: d/sub: Input/output error|I/O error",
	    ": io-error: \"/d/sub\"" },
	{ "scp -r -p -t d", true,
	    "scp: d/other/sub: ", ": io-error: \"/d/other/sub\"" },
	/* The tree itself, by the name that it is given. */
	{ "scp -r -p -t new", false, "scp: new: ", ": io-error: \"/new\"" },
	{ "scp -r -p -t new", true,
	    "scp: new/sub: ", ": io-error: \"/new/sub\"" },
};

START_TEST(times_of_directory_fail)
{
	bool within = late_rows[_i].within;
	struct server s;

	if (!can_trace())
		return;
	make_dir("d", 0755);
	start_failing(&s, SYS_utimensat, NULL, late_rows[_i].command);
	if (within) {
		server_send(&s, "D0755 0 other\n", 14);
		expect_ack(&s);
	}
	server_send(&s, "T1 0 1 0\nD0755 0 sub\n", 21);
	ck_answers(&s, "00");
	server_send(&s, "E\n", 2);
	expect_message(&s, 1, late_rows[_i].message);
	if (within) {
		server_send(&s, "E\n", 2);
		expect_ack(&s);
	}
	server_close_input(&s);
	expect_end(&s, 1);
	if (!holds(s.log.p, late_rows[_i].line))
		server_fail(&s, "no %s", late_rows[_i].line);
	server_clear(&s);
}
END_TEST

/* What fails behind the last answer is in the exit status, and in the log. */
static const struct {
	long call;
	const char *options;
	const char *command;
	const char *records;
	size_t len;
	const char *answers;
} unsaid_rows[] = {
	{ SYS_utimensat, NULL, "scp -r -p -t .", "T1 0 1 0\nD0755 0 d\n", 19,
	    "00" },
	{ SYS_syncfs, "-o Sync=session", "scp -t f", "C0644 2 f\nhi\0", 14,
	    "00" },
};

START_TEST(end_fails)
{
	struct server s;

	if (!can_trace())
		return;
	start_failing(&s, unsaid_rows[_i].call, unsaid_rows[_i].options,
	    unsaid_rows[_i].command);
	server_send(&s, unsaid_rows[_i].records, unsaid_rows[_i].len);
	ck_answers(&s, unsaid_rows[_i].answers);
	server_close_input(&s);
	expect_end(&s, 1);
	ck_assert(holds(s.log.p, ": io-error: "));
	server_clear(&s);
}
END_TEST

/* A file that may come, of a client that does not hear so. */
START_TEST(header_unheard)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	expect_ack(&s);
	server_close_output(&s);
	server_send(&s, "C0644 2 f\n", 10);
	ck_assert_int_eq(server_wait(&s), 1);
	ck_assert(holds(s.log.p, "failed upload by"));
	server_clear(&s);
	ck_tree("");
}
END_TEST

/* An E too many, of a client that does not hear the answer. */
START_TEST(end_unheard)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	expect_ack(&s);
	server_send(&s, "C0644 2 f\nhi\0", 14);
	ck_answers(&s, "00");
	server_close_output(&s);
	server_send(&s, "E\n", 2);
	ck_assert_int_eq(server_wait(&s), 1);
	server_clear(&s);
	ck_tree("0644 f hi\n");
}
END_TEST

/* --- what dead sessions have left --------------------------------------- */

/* Where the target was, or in it: there it is removed at the end. */
START_TEST(swept)
{
	make_dir("d", 0755);
	make_file("d/" TEMP_NAME, "half", 0644);
	RUN_LAUNCH(
	    ((struct launch){ .command = _i == 0 ? "scp -t d" : "scp -t d/f" }),
	    ACK, SEND("C0644 2 f\n"), ACK, SEND("hi\0"), ACK, EXIT(0));
	ck_tree("0644 d/f hi\n0755 d/\n");
}
END_TEST

/* Where nothing was put nothing is looked for. */
START_TEST(not_swept_when_nothing_came)
{
	make_dir("d", 0755);
	make_file("d/" TEMP_NAME, "half", 0644);
	RUN("scp -t d", ACK, EXIT(0));
	ck_assert_int_eq(unlink("d/" TEMP_NAME), 0);
	ck_tree("0755 d/\n");
}
END_TEST

/* Who is told to end does that, and nothing before it. */
START_TEST(not_swept_when_stopped)
{
	struct server s;

	make_file(TEMP_NAME, "half", 0644);
	server_start(&s, &(struct launch){ .command = "scp -t f" });
	expect_ack(&s);
	server_send(&s, "C0644 2 f\nhi\0", 14);
	ck_answers(&s, "00");
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	ck_assert_int_eq(server_wait(&s), 1);
	server_clear(&s);
	ck_assert_int_eq(unlink(TEMP_NAME), 0);
	ck_tree("0644 f hi\n");
}
END_TEST

/* user::rw-,user:1:r--,group::r--,mask::r--,other::--- */
static const unsigned char acl[] = { 2, 0, 0, 0, /* version */
	1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 1, 0, 0, 0, 4, 0, 4, 0, 255,
	255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255,
	255, 255 };
static const char acl_name[] = "system.posix_acl_access";

static bool
set_acl(const char *path, const char *name)
{
	if (setxattr(path, name, acl, sizeof(acl), 0) == 0)
		return true;
	ck_assert_int_eq(errno, ENOTSUP);
	skipped("the file system has no access control lists");
	return false;
}

START_TEST(acl_is_kept)
{
	unsigned char value[sizeof(acl) + 8];

	make_file("f", "old", 0640);
	if (!set_acl("f", acl_name))
		return;
	/* In a user namespace the named ids cannot be written. */
	RUN_WITH("-o Chroot=no", "scp -t f", ACK, SEND("C0644 2 x\n"), ACK,
	    SEND("hi\0"), ACK, EXIT(0));
	ck_tree("0640 f hi\n");
	ck_assert_int_eq(
	    getxattr("f", acl_name, value, sizeof(value)), sizeof(acl));
	ck_assert_int_eq(memcmp(value, acl, sizeof(acl)), 0);
}
END_TEST

/* What the directory gives to new files is more than the old one had. */
START_TEST(replaced_file_gets_no_acl)
{
	make_dir("d", 0755);
	make_file("d/f", "old", 0640);
	if (!set_acl("d", "system.posix_acl_default"))
		return;
	RUN("scp -t d", ACK, SEND("C0666 2 f\n"), ACK, SEND("hi\0"), ACK,
	    SEND("C0666 2 g\n"), ACK, SEND("hi\0"), ACK, EXIT(0));
	ck_assert_int_eq(getxattr("d/f", acl_name, NULL, 0), -1);
	ck_assert_int_eq(getxattr("d/g", acl_name, NULL, 0), sizeof(acl));
	ck_tree("0640 d/f hi\n0640 d/g hi\n0755 d/\n");
}
END_TEST

/* The owner is new, for the file is; the group is the old one's. */
START_TEST(group_is_kept)
{
	make_file("f", "old", 0660);
	ck_assert_int_eq(chown("f", 4711, 4712), 0);
	RUN("scp -t f", ACK, SEND("C0644 2 x\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_assert_uint_eq(status_of("f").st_gid, 4712);
	ck_tree("0660 f hi\n");
}
END_TEST

/* Whose file it was is no secret to the administrator. */
START_TEST(owner_is_noted)
{
	static const uid_t owners[] = { 4711, 0 };
	const struct launch l = { .command = "scp -t f" };
	struct server s;
	size_t i;

	for (i = 0; i < LENGTH(owners); i++) {
		make_file("f", "old", 0660);
		ck_assert_int_eq(chown("f", owners[i], 0), 0);
		server_start(&s, &l);
		expect_ack(&s);
		server_send(&s, "C0644 2 x\nhi\0", 14);
		expect_ack(&s);
		expect_ack(&s);
		server_close_input(&s);
		expect_end(&s, 0);
		ck_assert_int_eq(
		    strstr(s.log.p, "note \"/f\": owner not kept\n") != NULL,
		    owners[i] != 0);
		server_clear(&s);
		ck_assert_int_eq(unlink("f"), 0);
	}
}
END_TEST

/* Of a group that even root is none of: the kernel would take the bit. */
START_TEST(setgid_of_another_group_is_kept)
{
	make_dir("d", 0775);
	ck_assert_int_eq(chown("d", 0, 4711), 0);
	ck_assert_int_eq(chmod("d", 02775), 0);
	RUN("scp -r -p -t .", ACK, SEND("T1 0 1 0\n"), ACK, SEND("D0775 0 d\n"),
	    ACK, SEND("D0755 0 e\n"), ACK, SEND("E\n"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree("2755 d/e/\n2775 d/\n");
}
END_TEST

/* And where a new mode makes it do so, the log tells. */
START_TEST(lost_setgid_is_noted)
{
	static const char text[] = "D0755 0 d\nD0755 0 e\nE\nD0777 0 f\nE\nE\n"
				   "D0700 0 other\nE\n";
	struct server s;

#ifdef INSTRUMENTED
	skipped("sanitizers do not work in a process without capabilities");
	return;
#endif
	make_dir("d", 0775);
	ck_assert_int_eq(chown("d", 0, 4711), 0);
	ck_assert_int_eq(chmod("d", 02775), 0);
	make_dir("other", 0775);
	server_start(&s, &(struct launch){ .command = "scp -r -p -t ." });
	server_send(&s, text, sizeof(text) - 1);
	ck_answers(&s, "000000000");
	server_close_input(&s);
	expect_end(&s, 0);
	ck_assert_ptr_nonnull(
	    strstr(s.log.p, "note \"/d\": set-group-ID bit not kept\n"));
	ck_assert_ptr_nonnull(
	    strstr(s.log.p, "note \"/d/f\": set-group-ID bit not kept\n"));
	ck_assert_ptr_null(strstr(s.log.p, "note \"/d/e\""));
	ck_assert_ptr_null(strstr(s.log.p, "note \"/other\""));
	server_clear(&s);
	ck_tree("0700 other/\n0755 d/\n0777 d/f/\n2755 d/e/\n");
}
END_TEST

/* Whoever asks for one again and again has lost none (R-RES-1). */
START_TEST(setgid_is_lost_once)
{
	static const char text[] = "D2755 0 d\nE\nD2750 0 d\nE\nD2755 0 d\nE\n"
				   "D2755 0 other\nE\n";
	static const char note[] = "set-group-ID bit not kept\n";
	const char *noted;
	struct server s;

#ifdef INSTRUMENTED
	skipped("sanitizers do not work in a process without capabilities");
	return;
#endif
	make_dir("d", 0775);
	make_dir("other", 0775);
	ck_assert_int_eq(chown("d", 0, 4711), 0);
	ck_assert_int_eq(chown("other", 0, 4711), 0);
	ck_assert_int_eq(chmod("d", 02775), 0);
	server_start(&s,
	    &(struct launch){
		.options = "-o SpecialBits=yes", .command = "scp -r -p -t ." });
	server_send(&s, text, sizeof(text) - 1);
	ck_answers(&s, "000000000");
	server_close_input(&s);
	expect_end(&s, 0);
	noted = strstr(s.log.p, note);
	ck_assert_ptr_nonnull(noted);
	ck_assert_ptr_null(strstr(noted + 1, note));
	server_clear(&s);
	ck_tree("0755 d/\n0755 other/\n");
}
END_TEST

/* Nor is it one what else of it is lost. */
static const struct {
	long call;
	const char *note;
	mode_t mode; /* of the new file */
} loss_rows[] = {
	{ SYS_flistxattr, "note \"/f\": extended attributes not kept\n", 0660 },
	{ SYS_fgetxattr, "note \"/f\": ACL not kept\n", 0600 },
	{ SYS_fchown, "note \"/f\": group not kept\n", 0600 },
	{ SYS_getppid, NULL, 0660 },
};

START_TEST(losses_are_noted)
{
	struct trace trace = { .call = loss_rows[_i].call, .error = EIO };
	const struct launch l = { .command = "scp -t f", .trace = &trace };
	struct server s;
	size_t i;

	if (!can_trace())
		return;
	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	make_file("f", "old", 0660);
	ck_assert_int_eq(chown("f", 0, 4712), 0);
	server_start(&s, &l);
	expect_ack(&s);
	server_send(&s, "C0644 2 x\nhi\0", 14);
	expect_ack(&s);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	for (i = 0; loss_rows[i].note != NULL; i++) {
		if (holds(s.log.p, loss_rows[i].note) != (i == (size_t)_i))
			server_fail(&s, "%s", loss_rows[i].note);
	}
	server_clear(&s);
	ck_assert_uint_eq(status_of("f").st_mode & 0777, loss_rows[_i].mode);
}
END_TEST

START_TEST(file_without_write_permission)
{
	make_file("f", "old", 0444);
	RUN("scp -t f", ACK, SEND("C0644 5 x\n"),
	    EXPECT("\1scp: f: Permission denied\n"), EXIT(1));
	RUN("scp -d -t .", ACK, SEND("C0644 5 f\n"),
	    WARNING("f: Permission denied"), EXIT(1));
	ck_tree("0444 f old\n");
}
END_TEST

START_TEST(directory_without_write_permission)
{
	make_dir("d", 0755);
	make_file("d/f", "old", 0644);
	ck_assert_int_eq(chmod("d", 0555), 0);
	RUN("scp -t d/new", ACK, SEND("C0644 5 x\n"), WARNING("scp: d/new: "),
	    EXIT(1));
	RUN("scp -d -t d", ACK, SEND("C0644 5 f\n"),
	    WARNING("directory not writable: cannot replace atomically"),
	    SEND("C0644 5 g\n"), WARNING("scp: d/g: "), EXIT(1));
	RUN("scp -r -t d", ACK, SEND("D0755 0 e\n"),
	    WARNING("scp: d/e: Permission denied"), EXIT(1));
	ck_assert_int_eq(chmod("d", 0), 0);
	RUN("scp -t d/f", WARNING("scp: d/f: Permission denied"), EXIT(1));
	ck_assert_int_eq(chmod("d", 0755), 0);
	ck_tree("0644 d/f old\n0755 d/\n");
}
END_TEST

/* --- others at work in the same place ----------------------------------- */

START_TEST(directory_exchanged_for_a_link)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -r -p -t ." });
	server_send(&s, "D0755 0 d\n", 10);
	expect_bytes(&s, "\0", 2);
	ck_assert_int_eq(rename("d", "moved"), 0);
	make_link("d", "../outside");
	server_send(&s, "C0644 2 secret\nhi\0D0755 0 e\nE\nE\n", 32);
	ck_answers(&s, "00000");
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	ck_tree("0644 moved/secret hi\n0755 moved/\n0755 moved/e/\n"
		"link d -> ../outside\n");
}
END_TEST

/* 0: a link, 1: a directory, 2: a FIFO stands there when the data are in. */
START_TEST(target_exchanged_before_the_commit)
{
	static const char *const trees[] = {
		"link f -> ../outside/secret\n",
		"0755 f/\n",
		"fifo f\n",
	};
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	server_send(&s, "C0644 5 x\nhel", 13);
	expect_bytes(&s, "\0", 2);
	if (_i == 0)
		make_link("f", "../outside/secret");
	else if (_i == 1)
		make_dir("f", 0755);
	else
		make_fifo("f");
	server_send(&s, "lo", 3);
	expect_message(&s, 1, "scp: f: ");
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	ck_tree(trees[_i]);
}
END_TEST

static void
find_temp(char *name, size_t size)
{
	struct bytes list = { 0 };
	const char *p;

	tree_text(".", &list);
	p = strstr(list.p, ".scp-server.");
	ck_assert_ptr_nonnull(p);
	snprintf(name, size, "%.29s", p);
	bytes_free(&list);
}

START_TEST(temporary_file_removed_by_others)
{
	char temp[64];
	struct server s;

	make_file("f", "old", 0644);
	server_start(&s, &(struct launch){ .command = "scp -t f" });
	server_send(&s, "C0644 5 x\nhel", 13);
	expect_bytes(&s, "\0", 2);
	find_temp(temp, sizeof(temp));
	ck_assert_int_eq(unlink(temp), 0);
	server_send(&s, "lo", 3);
	expect_message(&s, 1, "scp: f: ");
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	ck_tree("0644 f old\n");
}
END_TEST

/* --- temporary names (R-FILE-2) ---------------------------------------- */

START_TEST(temporary_names_are_reserved)
{
	RUN("scp -d -t .", ACK, SEND("C0644 5 " TEMP_NAME "\n"),
	    WARNING(TEMP_NAME), SEND("C0644 2 .scp-server.x~\n"), ACK,
	    SEND("hi\0"), ACK, EXIT(1));
	RUN("scp -r -t .", ACK, SEND("D0755 0 " TEMP_NAME "\n"),
	    WARNING(TEMP_NAME), EXIT(1));
	ck_tree("0644 .scp-server.x~ hi\n");
}
END_TEST

START_TEST(temporary_name_as_the_operand)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t " TEMP_NAME });
	server_send(&s, "C0644 5 x\n", 10);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	ck_assert_ptr_nonnull(memchr(s.received.p, 1, s.received.len));
	server_clear(&s);
	ck_tree("");
}
END_TEST

START_TEST(files_of_dead_sessions_are_swept)
{
	make_file(TEMP_NAME, "half", 0600);
	make_file(".scp-server.0123456789abcde~", "near", 0600);
	make_file(".scp-server.0123456789abcdeX~", "near", 0600);
	RUN("scp -t f", ACK, SEND("C0644 2 x\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_assert(!tree_has(".", TEMP_NAME));
	ck_assert(tree_has(".", ".scp-server.0123456789abcde~"));
	ck_assert(tree_has(".", ".scp-server.0123456789abcdeX~"));
	ck_assert_int_eq(unlink(".scp-server.0123456789abcdeX~"), 0);
}
END_TEST

START_TEST(nothing_else_is_swept)
{
	int fd;

	/* A living session's, a link, one with two names, a directory. */
	make_file(".scp-server.0000000000000000~", "locked", 0600);
	fd = open(".scp-server.0000000000000000~", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	make_file("target", "target", 0644);
	make_link(".scp-server.0000000000000001~", "target");
	make_file(".scp-server.0000000000000002~", "linked", 0600);
	ck_assert_int_eq(link(".scp-server.0000000000000002~", "other"), 0);
	make_dir(".scp-server.0000000000000003~", 0755);
	make_fifo(".scp-server.0000000000000004~");
	RUN("scp -t f", ACK, SEND("C0644 2 x\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_assert_int_eq(unlink(".scp-server.0000000000000000~"), 0);
	ck_assert_int_eq(unlink(".scp-server.0000000000000001~"), 0);
	ck_assert_int_eq(unlink(".scp-server.0000000000000002~"), 0);
	ck_assert_int_eq(rmdir(".scp-server.0000000000000003~"), 0);
	ck_assert_int_eq(unlink(".scp-server.0000000000000004~"), 0);
	close(fd);
	ck_tree("0600 other linked\n0644 f hi\n0644 target target\n");
}
END_TEST

START_TEST(killed_session_is_swept_by_the_next)
{
	struct server s;

	make_file("f", "old", 0644);
	server_start(&s, &(struct launch){ .command = "scp -t f" });
	server_send(&s, "C0644 9 x\nhell", 14);
	expect_bytes(&s, "\0", 2);
	server_clear(&s);
	ck_assert_int_eq(status_of("f").st_size, 3);
	RUN("scp -t g", ACK, SEND("C0644 2 x\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_tree("0644 f old\n0644 g hi\n");
}
END_TEST

START_TEST(two_sessions_in_one_directory)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	server_send(&s, "C0644 5 x\nhel", 13);
	expect_bytes(&s, "\0", 2);
	RUN("scp -t f", ACK, SEND("C0644 2 x\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_assert_int_eq(status_of("f").st_size, 2);
	server_send(&s, "lo", 3);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	ck_tree("0644 f hello\n");
}
END_TEST

/* --- bytes and pipes (R-WIRE-1) ---------------------------------------- */

static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 65535, 65536, 65537,
	262143, 262144, 262145, 1048575, 1048576, 3000001 };

START_TEST(data_arrives_as_sent)
{
	struct bytes data = { 0 }, got = { 0 }, record = { 0 };
	const enum ends ends = _i % 2 == 0 ? ENDS_PIPES : ENDS_SOCKETS;
	const size_t size = sizes[_i / 2];
	struct server s;
	unsigned x = 1;

	bytes_addf(&record, "C0644 %zu x\n", size);
	for (size_t i = 0; i < size; i++, x = x * 1103515245 + 12345)
		bytes_add(&data, &(char){ (char)(x >> 16) }, 1);
	bytes_add(&data, "", 1);
	/* The answers awaited, then everything in one write. */
	for (int blindly = 0; blindly < 2; blindly++) {
		server_start(&s,
		    &(struct launch){ .command = "scp -t f", .ends = ends });
		server_send(&s, record.p, record.len);
		if (!blindly)
			expect_bytes(&s, "\0", 2);
		if (blindly) {
			bytes_add(&record, data.p, data.len);
			server_send(
			    &s, record.p + record.len - data.len, data.len);
		} else {
			server_send(&s, data.p, data.len);
		}
		server_close_input(&s);
		expect_bytes(&s, "\0\0\0", blindly ? 3 : 1);
		expect_end(&s, 0);
		server_clear(&s);
		got.len = 0;
		read_file("f", &got);
		ck_assert_uint_eq(got.len, size);
		ck_assert_int_eq(memcmp(got.p, data.p, size), 0);
		ck_assert_int_eq(unlink("f"), 0);
	}
	bytes_free(&record);
	bytes_free(&data);
	bytes_free(&got);
}
END_TEST

static const char tree_stream[] =
    "T1000000000 0 1000000000 0\nD0755 0 d\nC0644 5 f\nhello\0"
    "C0600 0 e\n\0D0755 0 i\nC0644 2 g\nhi\0E\nE\n";

START_TEST(stream_byte_by_byte)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -r -t new" });
	for (size_t i = 0; i < sizeof(tree_stream) - 1; i++)
		server_send(&s, tree_stream + i, 1);
	server_close_input(&s);
	ck_answers(&s, "000000000000");
	expect_end(&s, 0);
	server_clear(&s);
	ck_tree("0600 new/e \n0644 new/f hello\n0644 new/i/g hi\n0755 new/\n"
		"0755 new/i/\n");
}
END_TEST

START_TEST(stream_in_one_write)
{
	blind(&(struct launch){ .command = "scp -r -t new" }, tree_stream,
	    sizeof(tree_stream) - 1, "000000000000", 0);
	ck_tree("0600 new/e \n0644 new/f hello\n0644 new/i/g hi\n0755 new/\n"
		"0755 new/i/\n");
}
END_TEST

START_TEST(one_write_an_answer)
{
	struct server s;

	make_dir("new", 0755);
	make_dir("new/d", 0755);
	make_dir("new/d/e", 0755);
	server_start(&s,
	    &(struct launch){
		.command = "scp -r -t new", .ends = ENDS_PACKETS });
	server_send(&s, tree_stream, sizeof(tree_stream) - 1);
	server_close_input(&s);
	ck_answers(&s, "000000100000");
	expect_end(&s, 1);
	ck_assert_uint_eq(s.writes, 12);
	server_clear(&s);
}
END_TEST

/* --- messages --------------------------------------------------------- */

START_TEST(message_is_printable)
{
	make_dir("a\033[31mb\007\177", 0755);
	make_dir("gr\303\274n", 0755);
	make_dir("\377\376", 0755);
	RUN("scp -d -t .", ACK, SEND("C0644 5 a\033[31mb\007\177\n"),
	    WARNING("a?[31mb??: "), SEND("C0644 5 gr\303\274n\n"),
	    WARNING("gr\303\274n: "), SEND("C0644 5 \377\376\n"),
	    WARNING("??: "), EXIT(1));
}
END_TEST

START_TEST(message_of_a_hostile_operand)
{
	static const char *const words[] = { "scp", "-t",
		"no/\n\1C0644 5 evil\n\033]0;x\007", NULL };

	RUN_LAUNCH(((struct launch){ .words = words }), WARNING("No such file"),
	    EXIT(1));
}
END_TEST

START_TEST(message_is_bounded)
{
	struct bytes path = { 0 };
	const char *words[] = { "scp", "-t", NULL, NULL };
	struct server s;

	for (int i = 0; i < 800; i++)
		bytes_add(&path, i % 100 == 99 ? "/" : "p", 1);
	words[2] = path.p;
	server_start(&s, &(struct launch){ .words = words });
	/* Of the path the beginning is lost; the reason is what matters. */
	expect_message(&s, 1, "p/: No such file or directory");
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	bytes_free(&path);
}
END_TEST

/* --- depth ------------------------------------------------------------ */

START_TEST(max_depth)
{
	RUN_WITH("-o MaxDepth=2", "scp -r -t .", ACK, SEND("D0755 0 a\n"), ACK,
	    SEND("D0755 0 b\n"), ACK, SEND("D0755 0 c\n"), WARNING("scp: "),
	    SEND("C0644 2 f\n"), ACK, SEND("hi\0"), ACK, SEND("E\n"), ACK,
	    SEND("E\n"), ACK, EXIT(1));
	ck_tree("0644 a/b/f hi\n0755 a/\n0755 a/b/\n");
}
END_TEST

START_TEST(default_depth)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	for (int i = 0; i < 64; i++) {
		server_send(&s, "D0755 0 d\n", 10);
		expect_ack(&s);
	}
	server_send(&s, "D0755 0 d\n", 10);
	expect_message(&s, 1, "scp: ");
	for (int i = 0; i < 64; i++) {
		server_send(&s, "E\n", 2);
		expect_ack(&s);
	}
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
}
END_TEST

/* --- ends (R-EXIT-1, R-WIRE-4) ----------------------------------------- */

START_TEST(signal_in_the_middle)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGXCPU };
	struct timespec start;
	struct server s;

	make_file("f", "old", 0644);
	server_start(&s, &(struct launch){ .command = "scp -t f" });
	server_send(&s, "C0644 9 x\nhell", 14);
	expect_bytes(&s, "\0", 2);
	expect_quiet(&s);
	ck_assert(tree_has_temp("."));
	clock_gettime(CLOCK_MONOTONIC, &start);
	ck_assert_int_eq(kill(s.pid, signals[_i]), 0);
	s.taken = 0;
	if (server_wait(&s) != 1)
		server_fail(&s, "the wrong exit status");
	ck_assert_double_lt(seconds_since(&start), 2.5);
	ck_assert(s.received.len == 2 || s.received.p[2] == 1 ||
	    s.received.p[2] == 2);
	server_clear(&s);
	ck_tree("0644 f old\n");
}
END_TEST

START_TEST(signal_between_files)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -d -t ." });
	server_send(&s, "C0644 2 f\nhi", 13);
	expect_bytes(&s, "\0\0", 3);
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	ck_assert_int_eq(server_wait(&s), 1);
	server_clear(&s);
	ck_tree("0644 f hi\n");
}
END_TEST

START_TEST(client_stops_reading)
{
	struct server s;
	int status;

	make_file("f", "old", 0644);
	server_start(&s, &(struct launch){ .command = "scp -t f" });
	server_send(&s, "C0644 5 x\nhel", 13);
	expect_bytes(&s, "\0", 2);
	server_close_output(&s);
	server_send(&s, "lo", 3);
	server_close_input(&s);
	status = server_wait(&s);
	ck_assert_msg(status == 0 || status == 1, "exit status %d", status);
	server_clear(&s);
	ck_tree("0644 f hello\n");
}
END_TEST

START_TEST(client_never_reads)
{
	struct server s;
	int status;

	make_dir("c", 0755);
	server_start(&s, &(struct launch){ .command = "scp -d -t ." });
	server_close_output(&s);
	server_send(&s, "C0644 2 a\nhi\0C0644 2 c\nhi", 26);
	server_close_input(&s);
	status = server_wait(&s);
	ck_assert_msg(status == 0 || status == 1, "exit status %d", status);
	server_clear(&s);
}
END_TEST

/* R-LOG-1: also of a file whose header could not be answered any more. */
START_TEST(client_goes_before_the_answer)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	expect_ack(&s);
	server_close_output(&s);
	server_send(&s, "C0644 5 x\n", 10);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	if (!holds(s.log.p, "disconnected: \"/f\" after 0 bytes"))
		server_fail(&s, "no line for the file");
	server_clear(&s);
	ck_tree("");
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_places(TCase *tc)
{
	tcase_add_test(tc, xferlog_tells_local_time);
	tcase_add_test(tc, records_and_lines_tell_utc);
	tcase_add_loop_test(tc, lines_of_attributes, 0, 2);
	tcase_add_loop_test(tc, record_of_times, 0, 2);
	tcase_add_loop_test(tc, times_of_directory_fail, 0, LENGTH(late_rows));
	tcase_add_loop_test(tc, end_fails, 0, LENGTH(unsaid_rows));
	tcase_add_test(tc, header_unheard);
	tcase_add_test(tc, end_unheard);
	tcase_add_loop_test(tc, swept, 0, 2);
	tcase_add_test(tc, not_swept_when_nothing_came);
	tcase_add_test(tc, not_swept_when_stopped);
	tcase_add_test(tc, missing_operand_is_the_name);
	tcase_add_test(tc, directory_operand_takes_the_record_name);
	tcase_add_loop_test(tc, operands_for_the_start_directory, 0, 9);
	tcase_add_test(tc, tilde_is_the_start_directory);
	tcase_add_test(tc, operand_in_a_directory);
	tcase_add_test(tc, second_file_overwrites_the_first);
	tcase_add_test(tc, trailing_slash_makes_no_file);
	tcase_add_test(tc, trailing_slash_makes_a_directory);
	tcase_add_test(tc, tree_takes_the_name_of_a_missing_operand);
	tcase_add_test(tc, tree_goes_into_an_existing_operand);
	tcase_add_test(tc, directory_over_a_file);
	tcase_add_test(tc, directory_without_r);
	tcase_add_test(tc, missing_parent_is_refused_at_once);
	tcase_add_test(tc, d_wants_a_directory);
	tcase_add_test(tc, links_in_the_operand_stay_inside);
	tcase_add_test(tc, last_link_of_the_operand_is_followed);
	tcase_add_test(tc, links_to_the_outside);
	tcase_add_test(tc, link_loop);
	tcase_add_test(tc, link_as_a_record_name);
	tcase_add_test(tc, max_depth);
	tcase_add_test(tc, default_depth);
}

static void
add_records(TCase *tc)
{
	tcase_add_loop_test(tc, protocol_error, 0, 25);
	tcase_add_loop_test(tc, unexpected_filename, 0, 2 * 9);
	tcase_add_test(tc, nul_in_a_name);
	tcase_add_test(tc, longest_name);
	tcase_add_loop_test(tc, mode_digits, 0, 11);
	tcase_add_test(tc, stray_bytes_between_records);
	tcase_add_test(tc, end_of_no_directory_ends_the_session);
	tcase_add_test(tc, more_behind_the_end);
	tcase_add_test(tc, surplus_end_after_a_tree);
	tcase_add_test(tc, warning_from_the_client);
	tcase_add_test(tc, fatal_error_from_the_client);
	tcase_add_test(tc, nothing_sent);
	tcase_add_test(tc, client_could_not_read_its_file);
	tcase_add_test(tc, other_byte_at_the_end);
	tcase_add_loop_test(tc, end_of_input_for_the_closing_byte, 0, 19);
	tcase_add_test(tc, end_of_input_commits_one_item_only);
	tcase_add_test(tc, end_of_input_for_the_closing_byte_keeps_times);
	tcase_add_loop_test(tc, data_arrives_as_sent, 0, 2 * LENGTH(sizes));
	tcase_add_test(tc, stream_byte_by_byte);
	tcase_add_test(tc, stream_in_one_write);
	tcase_add_test(tc, one_write_an_answer);
	tcase_add_test(tc, message_is_printable);
	tcase_add_test(tc, message_of_a_hostile_operand);
	tcase_add_test(tc, message_is_bounded);
	tcase_add_test(tc, refused_at_once_ends_without_the_end_of_input);
}

static void
add_attributes(TCase *tc)
{
	tcase_add_test(tc, times_of_a_file);
	tcase_add_test(tc, times_of_one_item_only);
	tcase_add_loop_test(tc, times_as_clients_write_them, 0, 12);
	tcase_add_test(tc, times_of_directories);
	tcase_add_test(tc, times_and_modes_of_directories_left_open);
	tcase_add_test(tc, mode_under_the_umask);
	tcase_add_test(tc, mode_with_p_is_exact);
	tcase_add_test(tc, mode_of_a_replaced_file);
	tcase_add_test(tc, directory_without_rights_is_filled);
	tcase_add_test(tc, directory_without_rights_and_without_p);
	tcase_add_test(tc, existing_directory_keeps_its_mode);
	tcase_add_test(tc, inherited_setgid_is_kept);
	tcase_add_test(tc, attributes_are_kept);
	tcase_add_test(tc, acl_is_kept);
	tcase_add_test(tc, replaced_file_gets_no_acl);
}

static void
add_replacing(TCase *tc)
{
	tcase_add_test(tc, name_appears_with_the_final_answer);
	tcase_add_test(tc, replaced_at_once);
	tcase_add_test(tc, neither_file_nor_nothing);
	tcase_add_test(tc, directory_exchanged_for_a_link);
	tcase_add_loop_test(tc, target_exchanged_before_the_commit, 0, 3);
	tcase_add_test(tc, temporary_file_removed_by_others);
	tcase_add_test(tc, temporary_names_are_reserved);
	tcase_add_test(tc, temporary_name_as_the_operand);
	tcase_add_test(tc, files_of_dead_sessions_are_swept);
	tcase_add_test(tc, nothing_else_is_swept);
	tcase_add_test(tc, killed_session_is_swept_by_the_next);
	tcase_add_test(tc, two_sessions_in_one_directory);
	tcase_add_loop_test(tc, signal_in_the_middle, 0, 4);
	tcase_add_test(tc, signal_between_files);
	tcase_add_test(tc, client_stops_reading);
	tcase_add_test(tc, client_never_reads);
	tcase_add_test(tc, client_goes_before_the_answer);
}

static void
add_ownership(TCase *tc)
{
	tcase_add_test(tc, group_is_kept);
	tcase_add_test(tc, owner_is_noted);
	tcase_add_test(tc, setgid_of_another_group_is_kept);
	tcase_add_test(tc, lost_setgid_is_noted);
	tcase_add_test(tc, setgid_is_lost_once);
	tcase_add_loop_test(tc, losses_are_noted, 0, LENGTH(loss_rows));
}

static void
add_permissions(TCase *tc)
{
	tcase_add_test(tc, file_without_write_permission);
	tcase_add_test(tc, directory_without_write_permission);
}

int
main(void)
{
	Suite *suite = suite_create("sink");

	driver_add(suite, add_places, AS_BOTH);
	driver_add(suite, add_records, AS_ACCOUNT);
	driver_add(suite, add_attributes, AS_BOTH);
	driver_add(suite, add_replacing, AS_BOTH);
	driver_add(suite, add_ownership, AS_ROOT);
	driver_add(suite, add_permissions, AS_ACCOUNT);
	return driver_run(suite);
}

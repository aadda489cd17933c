/* SPDX-License-Identifier: ISC */
/*
 * Pipelining: a source that does not wait for each answer.  Data, and what is
 * in a directory, never leave before the answer to their own header.
 */
#include "config.h"

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

#define PIPELINED "-o Pipelining=yes"

/* One name a directory, for readdir(3) has no order. */
static void
make_tree(void)
{
	make_dir("t", 0755);
	make_dir("t/d", 0700);
	make_file("t/d/f", "hi", 0644);
	set_times("t/d/f", 1, 2);
	set_times("t/d", 3, 4);
	set_times("t", 5, 6);
}

START_TEST(several_files)
{
	make_file("a", "aa", 0644);
	make_file("b", "", 0600);
	make_file("c", "c", 0644);
	RUN_WITH(PIPELINED, "scp -f a b no c", QUIET, SEND("\0"),
	    EXPECT("C0644 2 a\n"), QUIET, SEND("\0"), EXPECT("aa\0C0600 0 b\n"),
	    QUIET, SEND("\0\0"), EXPECT("\0"), WARNING("no: No such file"),
	    EXPECT("C0644 1 c\n"), QUIET, SEND("\0"), QUIET, SEND("\0"),
	    EXPECT("c\0"), QUIET, SEND("\0"), EXIT(1));
}
END_TEST

START_TEST(tree_with_times)
{
	make_tree();
	RUN_WITH(PIPELINED, "scp -r -p -f t", SEND("\0"),
	    EXPECT("T5 0 6 0\nD0755 0 t\n"), QUIET, SEND("\0"), QUIET,
	    SEND("\0"), EXPECT("T3 0 4 0\nD0700 0 d\n"), QUIET, SEND("\0\0"),
	    EXPECT("T1 0 2 0\nC0644 2 f\n"), QUIET, SEND("\0"), QUIET,
	    SEND("\0"), EXPECT("hi\0E\nE\n"), QUIET, SEND("\0\0\0"), EXIT(0));
}
END_TEST

/* One write for the end of one file and the header of the next. */
START_TEST(in_one_write)
{
	struct server s;

	make_file("a", "aa", 0644);
	make_file("b", "bb", 0644);
	server_start(&s,
	    &(struct launch){ .options = PIPELINED,
		.command = "scp -f a b",
		.ends = ENDS_PACKETS });
	server_send(&s, "", 1);
	expect_bytes(&s, "C0644 2 a\n", 10);
	server_send(&s, "", 1);
	expect_bytes(&s, "aa\0C0644 2 b\n", 13);
	ck_assert_uint_eq(s.writes, 2);
	server_send(&s, "\0\0", 2);
	expect_bytes(&s, "bb\0", 3);
	server_send(&s, "\0", 1);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
}
END_TEST

/* Off, nothing leaves before it is waited for, and each by itself. */
START_TEST(off)
{
	struct server s;

	make_tree();
	server_start(&s,
	    &(struct launch){
		.command = "scp -r -p -f t", .ends = ENDS_PACKETS });
	server_send(&s, "", 1);
	expect_bytes(&s, "T5 0 6 0\n", 9);
	expect_quiet(&s);
	server_send(&s, "", 1);
	expect_bytes(&s, "D0755 0 t\n", 10);
	expect_quiet(&s);
	server_send(&s, "\0\0\0\0", 4);
	expect_bytes(&s, "T3 0 4 0\nD0700 0 d\nT1 0 2 0\nC0644 2 f\n", 38);
	expect_quiet(&s);
	ck_assert_uint_eq(s.writes, 6);
	server_send(&s, "", 1);
	expect_bytes(&s, "hi\0", 3);
	ck_assert_uint_eq(s.writes, 7);
	expect_quiet(&s);
	server_send(&s, "\0\0\0", 3);
	expect_bytes(&s, "E\nE\n", 4);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
}
END_TEST

/* --- refusals of the client's ------------------------------------------- */

/* Each answer in turn is no: what it was about does not come. */
START_TEST(refused_times)
{
	make_file("a", "aa", 0644);
	make_file("b", "bb", 0644);
	set_times("a", 1, 1);
	set_times("b", 1, 1);
	RUN_WITH(PIPELINED, "scp -p -f a b", SEND("\0"),
	    EXPECT("T1 0 1 0\nC0644 2 a\n"), SEND("\1no times\n"), QUIET,
	    SEND("\0"), EXPECT("T1 0 1 0\nC0644 2 b\n"), QUIET, SEND("\0\0"),
	    EXPECT("bb\0"), SEND("\0"), EXIT(1));
}
END_TEST

/* R-LOG-1: one line for both, and what was said of each. */
START_TEST(refused_both_in_the_log)
{
	static const char *const commands[] = { "scp -p -f a",
		"scp -r -p -f a" };
	const char *line;
	struct server s;

	if (_i == 0)
		make_file("a", "aa", 0644);
	else
		make_dir("a", 0755);
	server_start(&s,
	    &(struct launch){
		.options = PIPELINED " -l VERBOSE", .command = commands[_i] });
	server_send(&s, "\0\1no times\n\1no item\n", 20);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	line = strstr(s.log.p, "client-error: \"/a\" after 0 bytes");
	if (line == NULL || strstr(line + 1, "client-error") != NULL ||
	    !holds(line, "client says: \"no times\"") ||
	    !holds(line, "client says: \"no item\""))
		server_fail(&s, "not one line");
	server_clear(&s);
}
END_TEST

START_TEST(refused_file)
{
	make_file("a", "aa", 0644);
	make_file("b", "bb", 0644);
	RUN_WITH(PIPELINED, "scp -f a b", SEND("\0"), EXPECT("C0644 2 a\n"),
	    SEND("\1scp: a: Permission denied\n"), EXPECT("C0644 2 b\n"), QUIET,
	    SEND("\0"), EXPECT("bb\0"), SEND("\0"), EXIT(1));
}
END_TEST

START_TEST(refused_directory)
{
	make_tree();
	RUN_WITH(PIPELINED, "scp -r -f t", SEND("\0"), EXPECT("D0755 0 t\n"),
	    SEND("\0"), EXPECT("D0700 0 d\n"), SEND("\1no\n"), EXPECT("E\n"),
	    SEND("\0"), EXIT(1));
}
END_TEST

/* The client could not store the file; the next is on its way already. */
START_TEST(refused_at_the_end)
{
	make_file("a", "aa", 0644);
	make_file("b", "bb", 0644);
	RUN_WITH(PIPELINED, "scp -f a b", SEND("\0"), EXPECT("C0644 2 a\n"),
	    SEND("\0"), EXPECT("aa\0C0644 2 b\n"),
	    SEND("\1scp: a: No space left on device\n"), QUIET, SEND("\0"),
	    EXPECT("bb\0"), SEND("\0"), EXIT(1));
}
END_TEST

/* An end of a directory that is refused, with the next header out. */
START_TEST(refused_end)
{
	make_tree();
	make_file("z", "z", 0644);
	RUN_WITH(PIPELINED, "scp -r -f t z", SEND("\0"), EXPECT("D0755 0 t\n"),
	    SEND("\0"), EXPECT("D0700 0 d\n"), SEND("\0"),
	    EXPECT("C0644 2 f\n"), SEND("\0"), EXPECT("hi\0E\nE\nC0644 1 z\n"),
	    SEND("\0\1no\n\0"), QUIET, SEND("\0"), EXPECT("z\0"), SEND("\0"),
	    EXIT(1));
}
END_TEST

/* R-LOG-1: it is the end of that one, and not of what is asked for next. */
START_TEST(refused_end_in_the_log)
{
	static const char answers[] = "\0\0\0\0\0\1no\n\0\0\0";
	struct server s;

	make_tree();
	make_file("z", "z", 0644);
	server_start(&s,
	    &(struct launch){
		.options = PIPELINED, .command = "scp -r -f t z" });
	server_send(&s, answers, sizeof(answers) - 1);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	if (!holds(s.log.p, ": client-error: \"/t\" after 0 bytes") ||
	    !holds(s.log.p, "close \"/z\"") ||
	    holds(s.log.p, ": client-error: \"/z\""))
		server_fail(&s, "another name");
	server_clear(&s);
}
END_TEST

/* \2 wherever it comes: not a byte more. */
START_TEST(stopped)
{
	static const char answers[] = "\0\0\0\0\0\0\0\0\0";
	struct server s;
	size_t len;

	make_tree();
	for (int n = 0; n < 8; n++) {
		server_start(&s,
		    &(struct launch){
			.options = PIPELINED, .command = "scp -r -p -f t" });
		server_send(&s, answers, (size_t)n);
		server_settle(&s);
		len = s.received.len;
		server_send(&s, "\2scp: enough\n", 13);
		server_close_input(&s);
		s.taken = s.received.len;
		expect_end(&s, 1);
		ck_assert_uint_eq(s.received.len, len);
		server_clear(&s);
	}
}
END_TEST

/* Before what is held back has left: it stays. */
START_TEST(stopped_at_once)
{
	make_tree();
	RUN_WITH(PIPELINED, "scp -r -p -f t", SEND("\0\2bye\n"), EXIT(1));
}
END_TEST

/* The end of input, wherever it comes. */
START_TEST(cut_off)
{
	static const char answers[] = "\0\0\0\0\0\0\0\0\0\0";
	struct server s;

	make_tree();
	for (int n = 0; n < 10; n++) {
		server_start(&s,
		    &(struct launch){
			.options = PIPELINED, .command = "scp -r -p -f t" });
		server_send(&s, answers, (size_t)n);
		server_close_input(&s);
		/* T D, T D, T C, file, E, E: and the first one. */
		if (server_wait(&s) != (n < 10))
			server_fail(&s, "cut at %d: wrong status", n);
		server_clear(&s);
	}
}
END_TEST

/* What is said last is said, though nobody is waited for any more. */
START_TEST(last_word)
{
	make_file("a", "aa", 0644);
	RUN_WITH(PIPELINED, "scp -f no", SEND("\0"),
	    WARNING("no: No such file"), EXIT(1));
	RUN_WITH(PIPELINED " -o Access=write-only", "scp -f a", SEND("\0"),
	    WARNING("a: "), EXIT(1));
	RUN_WITH(PIPELINED " -o MaxMatches=1", "scp -f {a,no}", SEND("\0"),
	    WARNING("{a,no}: "), EXIT(1));
	RUN_WITH(PIPELINED, "scp -f a no", SEND("\0"), EXPECT("C0644 2 a\n"),
	    SEND("\0\0"), EXPECT("aa\0"), WARNING("no: No such file"), EXIT(1));
}
END_TEST

/* SSH.NET answers when it has all bytes, before it reads the end mark. */
START_TEST(answered_early)
{
	make_file("a", "aa", 0644);
	make_tree();
	RUN_WITH(PIPELINED, "scp -f a", SEND("\0"), EXPECT("C0644 2 a\n"),
	    SEND("\0\0"), EXPECT("aa\0"), EXIT(0));
	RUN_WITH(PIPELINED, "scp -r -f t", SEND("\0\0\0\0\0\0\0"),
	    EXPECT("D0755 0 t\nD0700 0 d\nC0644 2 f\nhi\0E\nE\n"), EXIT(0));
}
END_TEST

/* A file that became shorter: the error stands in place of the end mark. */
START_TEST(file_shrinks)
{
	struct server s;

	make_file("a", "aaaa", 0644);
	make_file("b", "b", 0644);
	server_start(&s,
	    &(struct launch){ .options = PIPELINED, .command = "scp -f a b" });
	server_send(&s, "", 1);
	expect_bytes(&s, "C0644 4 a\n", 10);
	ck_assert_int_eq(truncate("a", 1), 0);
	server_send(&s, "", 1);
	expect_bytes(&s, "a\0\0\0", 4);
	expect_message(&s, 1, "a: file became shorter");
	expect_bytes(&s, "C0644 1 b\n", 10);
	server_send(&s, "\0\0", 2);
	expect_bytes(&s, "b\0", 2);
	server_send(&s, "", 1);
	server_close_input(&s);
	expect_end(&s, 1);
	if (!holds(s.log.p, ": io-error: \"/a\" after 1 bytes"))
		server_fail(&s, "the log counts what is not the file's");
	server_clear(&s);
}
END_TEST

/* Whatever their sizes, the files are those that a strict session sends. */
START_TEST(same_as_strict)
{
	static const off_t bytes[] = { 0, 1, 4096, 60000, 65535, 65536, 65537,
		70000, 131072, 1000000, 3 };
	struct bytes strict = { 0 }, pipelined = { 0 };
	char name[32];

	make_tree();
	for (size_t i = 0; i < LENGTH(bytes); i++) {
		snprintf(name, sizeof(name), "t/%zu", i);
		make_zeros(name, bytes[i]);
	}
	receive(&(struct launch){ .command = "scp -r -f t" }, &strict, 0);
	receive(
	    &(struct launch){ .options = PIPELINED, .command = "scp -r -f t" },
	    &pipelined, 0);
	ck_assert_str_eq(strict.p, pipelined.p);
	bytes_free(&strict);
	bytes_free(&pipelined);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, several_files);
	tcase_add_test(tc, tree_with_times);
	tcase_add_test(tc, in_one_write);
	tcase_add_test(tc, off);
	tcase_add_test(tc, refused_times);
	tcase_add_loop_test(tc, refused_both_in_the_log, 0, 2);
	tcase_add_test(tc, refused_file);
	tcase_add_test(tc, refused_directory);
	tcase_add_test(tc, refused_at_the_end);
	tcase_add_test(tc, refused_end);
	tcase_add_test(tc, refused_end_in_the_log);
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, stopped_at_once);
	tcase_add_test(tc, cut_off);
	tcase_add_test(tc, last_word);
	tcase_add_test(tc, answered_early);
	tcase_add_test(tc, file_shrinks);
	tcase_add_test(tc, same_as_strict);
}

int
main(void)
{
	Suite *suite = suite_create("pipelining");

	driver_add(suite, add, AS_ACCOUNT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/* The server as a source: what is sent, to whom, and what is not. */
#include "config.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "trace.h"

#define FETCH(words_, want, status)                                            \
	ck_received(&(struct launch){ .command = words_ }, want, status)
#define FETCH_SORTED(words_, want, status)                                     \
	ck_received_sorted(&(struct launch){ .command = words_ }, want, status)
#define FETCH_TEXT(text_, want, status)                                        \
	ck_received(&(struct launch){ .text = text_ }, want, status)

/* --- the dialogue (R-WIRE-1) ------------------------------------------ */

START_TEST(one_file)
{
	make_file("f", "hello", 0644);
	RUN("scp -f f", QUIET, SEND("\0"), EXPECT("C0644 5 f\n"), QUIET,
	    SEND("\0"), EXPECT("hello\0"), QUIET, SEND("\0"), EXIT(0));
}
END_TEST

START_TEST(empty_file)
{
	make_file("f", "", 0600);
	RUN("scp -f f", SEND("\0"), EXPECT("C0600 0 f\n"), SEND("\0"),
	    EXPECT("\0"), SEND("\0"), ENDS(0));
}
END_TEST

START_TEST(times_first_with_p)
{
	make_file("f", "hello", 0640);
	set_times("f", 1000000000, 1000000001);
	RUN("scp -p -f f", SEND("\0"), EXPECT("T1000000000 0 1000000001 0\n"),
	    QUIET, SEND("\0"), EXPECT("C0640 5 f\n"), QUIET, SEND("\0"),
	    EXPECT("hello\0"), SEND("\0"), EXIT(0));
}
END_TEST

START_TEST(times_before_1970)
{
	make_file("f", "", 0644);
	set_times("f", -5, -1000000);
	RUN("scp -p -f f", SEND("\0"), EXPECT("T0 0 0 0\n"), SEND("\0"),
	    EXPECT("C0644 0 f\n"), SEND("\0"), EXPECT("\0"), SEND("\0"),
	    EXIT(0));
}
END_TEST

START_TEST(tree_dialogue)
{
	make_dir("d", 0750);
	make_file("d/f", "hello", 0644);
	set_times("d/f", 5, 6);
	set_times("d", 7, 8);
	RUN("scp -r -p -f d", SEND("\0"), EXPECT("T7 0 8 0\n"), QUIET,
	    SEND("\0"), EXPECT("D0750 0 d\n"), QUIET, SEND("\0"),
	    EXPECT("T5 0 6 0\n"), SEND("\0"), EXPECT("C0644 5 f\n"), SEND("\0"),
	    EXPECT("hello\0"), QUIET, SEND("\0"), EXPECT("E\n"), QUIET,
	    SEND("\0"), EXIT(0));
}
END_TEST

START_TEST(first_byte_of_the_client)
{
	make_file("f", "hello", 0644);
	/* A complaint is put up with, no more than that. */
	RUN("scp -f f", SEND("\1something\n"), EXPECT("C0644 5 f\n"),
	    SEND("\0"), EXPECT("hello\0"), SEND("\0"), EXIT(1));
	RUN("scp -f f", SEND("\2something\n"), ENDS(1));
	RUN("scp -f f", EXIT(1));
	RUN("scp -f no", EXIT(1));
}
END_TEST

START_TEST(client_refuses_a_file)
{
	make_file("a", "aaa", 0644);
	make_file("b", "bbb", 0644);
	RUN("scp -f a b", SEND("\0"), EXPECT("C0644 3 a\n"),
	    SEND("\1scp: a: No space left on device\n"), EXPECT("C0644 3 b\n"),
	    SEND("\0"), EXPECT("bbb\0"), SEND("\0"), EXIT(1));
	RUN("scp -f a b", SEND("\0"), EXPECT("C0644 3 a\n"), SEND("\2no\n"),
	    ENDS(1));
	RUN("scp -f a b", SEND("\0"), EXPECT("C0644 3 a\n"), SEND("?\n"),
	    ENDS(1));
}
END_TEST

START_TEST(client_refuses_a_directory)
{
	make_dir("d", 0755);
	make_file("d/f", "f", 0644);
	make_file("g", "g", 0644);
	RUN("scp -r -f d g", SEND("\0"), EXPECT("D0755 0 d\n"),
	    SEND("\1scp: d: Permission denied\n"), EXPECT("C0644 1 g\n"),
	    SEND("\0"), EXPECT("g\0"), SEND("\0"), EXIT(1));
}
END_TEST

START_TEST(client_could_not_store_a_file)
{
	make_file("a", "aaa", 0644);
	make_file("b", "bbb", 0644);
	RUN("scp -f a b", SEND("\0"), EXPECT("C0644 3 a\n"), SEND("\0"),
	    EXPECT("aaa\0"), SEND("\1scp: a: No space left on device\n"),
	    EXPECT("C0644 3 b\n"), SEND("\0"), EXPECT("bbb\0"), SEND("\0"),
	    EXIT(1));
	RUN("scp -f a b", SEND("\0"), EXPECT("C0644 3 a\n"), SEND("\0"),
	    EXPECT("aaa\0"), SEND("\2no\n"), ENDS(1));
}
END_TEST

START_TEST(client_ends_early)
{
	make_file("f", "hello", 0644);
	/* curl, phpseclib and libssh do not answer the last file. */
	RUN("scp -f f", SEND("\0"), EXPECT("C0644 5 f\n"), SEND("\0"),
	    EXPECT("hello\0"), EXIT(0));
	RUN("scp -f f", SEND("\0"), EXPECT("C0644 5 f\n"), EXIT(1));
	/* SSH.NET answers before it has the end. */
	RUN("scp -f f", SEND("\0\0\0"), EXPECT("C0644 5 f\nhello\0"), EXIT(0));
}
END_TEST

/* It was not the last: not all that was asked for is sent. */
START_TEST(client_ends_between)
{
	struct server s;

	make_file("f", "hello", 0644);
	server_start(&s, &(struct launch){ .command = "scp -f f f" });
	server_send(&s, "\0", 2);
	expect_bytes(&s, "C0644 5 f\nhello\0", 16);
	server_close_input(&s);
	expect_bytes(&s, "C0644 5 f\n", 10);
	expect_end(&s, 1);
	server_clear(&s);
}
END_TEST

START_TEST(client_stops_reading)
{
	struct server s;
	int status;

	make_zeros("f", 8 << 20);
	server_start(&s, &(struct launch){ .command = "scp -f f" });
	server_send(&s, "\0", 2);
	expect_bytes(&s, "C0644 8388608 f\n", 16);
	server_close_output(&s);
	status = server_wait(&s);
	ck_assert_int_eq(status, 1);
	server_clear(&s);
}
END_TEST

START_TEST(one_write_a_record)
{
	struct server s;

	make_dir("d", 0755);
	make_file("d/f", "hello", 0644);
	server_start(&s,
	    &(struct launch){
		.command = "scp -r -p -f d no", .ends = ENDS_PACKETS });
	server_send(&s, "\0\0\0\0\0\0\0", 7);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	/* T D T C data-and-NUL E, and the message. */
	ck_assert_uint_eq(s.writes, 7);
	server_clear(&s);
}
END_TEST

/* phpseclib 2 writes all of the packet that ends a file into that file. */
START_TEST(the_end_mark_of_one_file_is_a_write_of_its_own)
{
	static const char *const commands[] = { "scp -f f", "scp -p -f f" };
	struct server s;

	make_file("f", "hello", 0644);
	server_start(&s,
	    &(struct launch){ .command = commands[_i], .ends = ENDS_PACKETS });
	server_send(&s, "\0\0\0\0", 3 + (size_t)_i);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 0);
	/* T C data NUL */
	ck_assert_uint_eq(s.writes, 3 + (unsigned)_i);
	server_clear(&s);
}
END_TEST

/* --- operands --------------------------------------------------------- */

START_TEST(several_operands)
{
	make_dir("d", 0755);
	make_file("d/a", "a", 0644);
	make_file("b", "bb", 0600);
	FETCH("scp -f b d/a /b", "0600 b bb\n0644 a a\n0600 b bb\n", 0);
}
END_TEST

START_TEST(missing_operand)
{
	make_file("a", "a", 0644);
	RUN("scp -f no a", SEND("\0"),
	    EXPECT("\1scp: no: No such file or directory\nC0644 1 a\n"),
	    SEND("\0"), EXPECT("a\0"), SEND("\0"), EXIT(1));
	FETCH("scp -f a/b no/x",
	    "error: scp: a/b: Not a directory\n"
	    "error: scp: no/x: No such file or directory\n",
	    1);
}
END_TEST

START_TEST(directory_without_r)
{
	make_dir("d", 0755);
	make_file("d/f", "f", 0644);
	FETCH("scp -f d d/f .",
	    "error: scp: d: not a regular file\n0644 f f\n"
	    "error: scp: .: not a regular file\n",
	    1);
}
END_TEST

START_TEST(neither_file_nor_directory)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = "socket" };
	int fd;

	make_fifo("fifo");
	make_link("link", "fifo");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	FETCH("scp -f fifo socket link",
	    "error: scp: fifo: not a regular file\n"
	    "error: scp: socket: not a regular file\n"
	    "error: scp: link: not a regular file\n",
	    1);
	make_dir("d", 0755);
	make_fifo("d/fifo");
	make_link("d/link", "fifo");
	FETCH_SORTED("scp -r -f d",
	    "0755 d/\n"
	    "error: scp: d/fifo: not a regular file\n"
	    "error: scp: d/link: not a regular file\n",
	    1);
}
END_TEST

START_TEST(device)
{
	if (mknod("null", S_IFCHR | 0666, makedev(1, 3)) == -1) {
		skipped("devices cannot be made here");
		return;
	}
	FETCH("scp -f null", "error: scp: null: not a regular file\n", 1);
}
END_TEST

START_TEST(operand_with_a_dash)
{
	make_file("-f", "dash", 0644);
	FETCH("scp -f -- -f", "0644 -f dash\n", 0);
	FETCH("scp -f ./-f", "0644 -f dash\n", 0);
}
END_TEST

START_TEST(nothing_outside_is_learnt)
{
	struct bytes words = { 0 }, want = { 0 };
	const char *const spellings[] = { "../outside/secret",
		"../../etc/passwd", "/etc/passwd", "d/../../outside/secret",
		outside_path(), "/proc/self/environ", "/dev/null",
		"../outside/no" };

	make_dir("d", 0755);
	bytes_addf(&words, "scp -r -f");
	for (size_t i = 0; i < LENGTH(spellings); i++) {
		bytes_addf(&words, " %s", spellings[i]);
		bytes_addf(&want, "error: scp: %s: No such file or directory\n",
		    spellings[i]);
	}
	ck_received(&(struct launch){ .command = words.p }, want.p, 1);
	bytes_free(&words);
	bytes_free(&want);
}
END_TEST

START_TEST(unreadable)
{
	make_file("f", "secret", 0);
	make_dir("d", 0755);
	make_dir("d/closed", 0);
	make_file("d/f", "secret", 0200);
	make_file("d/g", "g", 0644);
	FETCH("scp -f f d/closed/x d/g",
	    "error: scp: f: Permission denied\n"
	    "error: scp: d/closed/x: Permission denied\n0644 g g\n",
	    1);
	FETCH("scp -r -f d/closed d/g",
	    "error: scp: d/closed: Permission denied\n0644 g g\n", 1);
	FETCH_SORTED("scp -r -f d",
	    "0644 d/g g\n0755 d/\n"
	    "error: scp: d/closed: Permission denied\n"
	    "error: scp: d/f: Permission denied\n",
	    1);
}
END_TEST

/* --- trees ------------------------------------------------------------ */

START_TEST(tree)
{
	make_dir("d", 0755);
	make_dir("d/empty", 0700);
	make_dir("d/e", 0711);
	make_file("d/e/f", "f", 0600);
	make_file("d/.hidden", "h", 0644);
	make_file("d/g", "g", 0444);
	FETCH_SORTED("scp -r -f d",
	    "0444 d/g g\n0600 d/e/f f\n0644 d/.hidden h\n0700 d/empty/\n"
	    "0711 d/e/\n0755 d/\n",
	    0);
	FETCH("scp -r -f d/e/f", "0600 f f\n", 0);
}
END_TEST

START_TEST(unfinished_uploads_are_not_sent)
{
	make_dir("d", 0755);
	make_file("d/.scp-server.0123456789abcdef~", "half", 0644);
	make_file("d/f", "f", 0644);
	FETCH("scp -r -f d", "0755 d/\n0644 d/f f\n", 0);
	ck_assert_int_eq(unlink("d/.scp-server.0123456789abcdef~"), 0);
}
END_TEST

START_TEST(directory_names_that_are_sent)
{
	static const struct {
		const char *command;
		const char *want;
	} rows[] = {
		{ "scp -r -f d/e", "0700 e/\n" },
		{ "scp -r -f d/e/", "0700 e/\n" },
		{ "scp -r -f d/e/.", "0700 e/\n" },
		{ "scp -r -f d/./e//.", "0700 e/\n" },
		{ "scp -r -f d/e/..", "0700 d/e/\n0755 d/\n" },
		{ "scp -r -f d/e/../e/.", "0700 e/\n" },
		{ "scp -r -f d/link", "0700 link/\n" },
		{ "scp -r -f .", "0700 root/d/e/\n0755 root/\n0755 root/d/\n" },
		{ "scp -r -f /", "0700 root/d/e/\n0755 root/\n0755 root/d/\n" },
		{ "scp -r -f ..",
		    "0700 root/d/e/\n0755 root/\n0755 root/d/\n" },
		{ "scp -r -f d/../..",
		    "0700 root/d/e/\n0755 root/\n0755 root/d/\n" },
		{ "scp -r -f d/e/.././..",
		    "0700 root/d/e/\n0755 root/\n0755 root/d/\n" },
	};

	make_dir("d", 0755);
	make_dir("d/e", 0700);
	if (_i == 6)
		make_link("d/link", "e");
	FETCH_SORTED(rows[_i].command, rows[_i].want, 0);
}
END_TEST

START_TEST(names_that_are_sent)
{
	static const char *const words[] = { "scp", "-f", "new\nline", "a b",
		"\377\376", "gr\303\274n", "tab\t", "\033[31m", NULL };

	make_file("new\nline", "1", 0644);
	make_file("a b", "2", 0644);
	make_file("\377\376", "3", 0644);
	make_file("gr\303\274n", "4", 0644);
	make_file("tab\t", "5", 0644);
	make_file("\033[31m", "6", 0644);
	ck_received(&(struct launch){ .words = words },
	    "0644 new\\^Jline 1\n0644 a b 2\n0644 \377\376 3\n"
	    "0644 gr\303\274n 4\n0644 tab\t 5\n0644 \033[31m 6\n",
	    0);
}
END_TEST

START_TEST(newline_in_a_message)
{
	static const char *const words[] = { "scp", "-f",
		"no\n\1C0644 4 evil\nevil", NULL };
	struct bytes list = { 0 };

	receive(&(struct launch){ .words = words }, &list, 1);
	ck_assert_msg(holds(list.p, "error: scp: no"), "%s", list.p);
	ck_assert_ptr_eq(strchr(list.p, '\n'), list.p + list.len - 1);
	bytes_free(&list);
}
END_TEST

START_TEST(longest_name)
{
	struct bytes name = { 0 }, command = { 0 }, want = { 0 };

	for (int i = 0; i < 255; i++)
		bytes_add(&name, "\n", 1);
	make_dir("d", 0755);
	ck_assert_int_eq(chdir("d"), 0);
	make_file(name.p, "x", 0644);
	ck_assert_int_eq(chdir(".."), 0);
	bytes_addf(&want, "0644 d/");
	for (int i = 0; i < 255; i++)
		bytes_addf(&want, "\\^J");
	bytes_addf(&want, " x\n0755 d/\n");
	FETCH_SORTED("scp -r -f d", want.p, 0);
	bytes_free(&name);
	bytes_free(&command);
	bytes_free(&want);
}
END_TEST

/* --- links (R-PATH-1) -------------------------------------------------- */

START_TEST(links_are_followed_inside)
{
	make_dir("d", 0755);
	make_dir("other", 0700);
	make_file("other/f", "f", 0644);
	make_link("d/file", "../other/f");
	make_link("d/absolute", "/other/f");
	make_link("d/dir", "../other");
	make_link("l", "d/file");
	FETCH_SORTED("scp -r -f d",
	    "0644 d/absolute f\n0644 d/dir/f f\n0644 d/file f\n"
	    "0700 d/dir/\n0755 d/\n",
	    0);
	FETCH("scp -f l d/dir/f", "0644 l f\n0644 f f\n", 0);
	make_link("d/top", "/other");
	FETCH("scp -f d/top/f d/top/../l", "0644 f f\n0644 l f\n", 0);
}
END_TEST

START_TEST(links_to_the_outside)
{
	struct bytes want = { 0 };

	make_dir("d", 0755);
	make_link("d/a", "../../outside/secret");
	make_link("d/b", "/etc/passwd");
	make_link("d/c", outside_path());
	make_link("d/d", "../../../../../../../etc");
	FETCH_SORTED("scp -r -f d",
	    "0755 d/\nerror: scp: d/a: No such file or directory\n"
	    "error: scp: d/b: No such file or directory\n"
	    "error: scp: d/c: No such file or directory\n"
	    "error: scp: d/d: No such file or directory\n",
	    1);
	FETCH("scp -f d/a d/c/secret",
	    "error: scp: d/a: No such file or directory\n"
	    "error: scp: d/c/secret: No such file or directory\n",
	    1);
	bytes_free(&want);
}
END_TEST

START_TEST(links_to_the_root_stay_inside)
{
	struct bytes list = { 0 };

	/* Out of the root is the root, which is on the way already. */
	make_dir("d", 0755);
	make_file("d/f", "f", 0644);
	make_link("d/up", "../../..");
	receive(&(struct launch){ .command = "scp -r -f d" }, &list, 1);
	ck_assert_msg(!holds(list.p, "secret|outside"), "%s", list.p);
	ck_assert_msg(holds(list.p, "0644 d/f f\n"), "%s", list.p);
	ck_assert_uint_lt(list.len, 1000);
	bytes_free(&list);
}
END_TEST

START_TEST(link_loops)
{
	struct bytes list = { 0 };

	make_dir("d", 0755);
	make_link("d/self", ".");
	make_link("d/up", "..");
	make_link("d/loop", "loop");
	make_file("d/f", "f", 0644);
	receive(&(struct launch){ .command = "scp -r -f d" }, &list, 1);
	ck_assert_msg(holds(list.p, "error: scp: d/self: "), "%s", list.p);
	ck_assert_msg(holds(list.p, "error: scp: d/loop: "), "%s", list.p);
	ck_assert_msg(holds(list.p, "0644 d/f f\n"), "%s", list.p);
	ck_assert_uint_lt(list.len, 1000);
	bytes_free(&list);
}
END_TEST

START_TEST(second_visit_through_a_link)
{
	struct bytes list = { 0 };
	const char *first;

	make_dir("d", 0755);
	make_dir("other", 0755);
	make_file("other/f", "once", 0644);
	make_link("d/a", "../other");
	make_link("d/b", "../other");
	receive(&(struct launch){ .command = "scp -r -f d" }, &list, 1);
	first = strstr(list.p, " once\n");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 1, " once\n"));
	ck_assert_msg(
	    holds(list.p, "error: scp: d/a: |error: scp: d/b: "), "%s", list.p);
	bytes_free(&list);
}
END_TEST

START_TEST(directory_exchanged_for_a_link)
{
	struct server s;

	make_dir("d", 0755);
	make_file("d/secret", "public", 0644);
	server_start(&s, &(struct launch){ .command = "scp -r -f d" });
	server_send(&s, "", 1);
	expect_bytes(&s, "D0755 0 d\n", 10);
	ck_assert_int_eq(rename("d", "moved"), 0);
	make_link("d", "../outside");
	server_send(&s, "", 1);
	expect_bytes(&s, "C0644 6 secret\n", 15);
	server_send(&s, "\0", 2);
	expect_bytes(&s, "public\0E\n", 9);
	server_send(&s, "", 1);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
}
END_TEST

/* What somebody may put in the place of a file while its directory is sent. */
static void
exchange(const char *path, char kind)
{
	ck_assert_int_eq(unlink(path), 0);
	switch (kind) {
	case 'l':
		make_link(path, "../../outside/secret");
		break;
	case 'i':
		make_link(path, "../inside");
		break;
	case 'p':
		make_fifo(path);
		break;
	case 'd':
		make_dir(path, 0755);
		break;
	default:
		break;
	}
}

static const struct {
	char kind;
	const char *reason;
} exchanged_rows[] = {
	{ 'l', "Too many levels of symbolic links" },
	{ 'i', "Too many levels of symbolic links" },
	{ 'p', "not a regular file" },
	{ 'd', "Is a directory" },
	{ '-', "No such file or directory" },
};

/* It was a file when its directory was read, and is opened as one. */
START_TEST(file_exchanged_after_it_was_listed)
{
	struct server s;
	char other[] = "d/a", header[] = "C0644 1 a\n";

	make_file("inside", "secret of another name", 0600);
	make_dir("d", 0755);
	make_file("d/a", "x", 0644);
	make_file("d/b", "x", 0644);
	server_start(&s, &(struct launch){ .command = "scp -r -f d" });
	server_send(&s, "", 1);
	expect_bytes(&s, "D0755 0 d\n", 10);
	server_send(&s, "", 1);
	server_more(&s);
	/* The one that comes first, and the other. */
	header[8] = s.received.p[s.taken + 8];
	other[2] = header[8] == 'a' ? 'b' : 'a';
	expect_bytes(&s, header, strlen(header));
	exchange(other, exchanged_rows[_i].kind);
	server_send(&s, "", 1);
	expect_bytes(&s, "x\0", 2);
	server_send(&s, "", 1);
	expect_message(&s, 1, exchanged_rows[_i].reason);
	expect_bytes(&s, "E\n", 2);
	server_send(&s, "", 1);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
}
END_TEST

/* --- patterns --------------------------------------------------------- */

START_TEST(patterns)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "scp -f *",
		    "0644 a.c A\n0644 a.h H\n0644 b.c B\n"
		    "error: scp: d: not a regular file\n" },
		{ "scp -f *.c", "0644 a.c A\n0644 b.c B\n" },
		{ "scp -f ?.h", "0644 a.h H\n" },
		{ "scp -f [ab].c", "0644 a.c A\n0644 b.c B\n" },
		{ "scp -f [!a].c", "0644 b.c B\n" },
		{ "scp -f [[:alpha:]].h", "0644 a.h H\n" },
		{ "scp -f {b,a}.c", "0644 b.c B\n0644 a.c A\n" },
		{ "scp -f a.{c,h}", "0644 a.c A\n0644 a.h H\n" },
		{ "scp -f {a,b}.{c,x}",
		    "0644 a.c A\n"
		    "error: scp: a.x: No such file or "
		    "directory\n0644 b.c B\n"
		    "error: scp: b.x: No such file or "
		    "directory\n" },
		{ "scp -f */x", "0644 x X\n" },
		{ "scp -f d/*", "0644 x X\n0644 y Y\n" },
		{ "scp -f /d/?", "0644 x X\n0644 y Y\n" },
		{ "scp -f */[x]", "0644 x X\n" },
		{ "scp -f d/.*", "0644 .z Z\n" },
		{ "scp -f .s*",
		    "error: scp: .s*: No such file or directory\n" },
		{ "scp -f ~/d/x", "0644 x X\n" },
		{ "scp -f ~/*.h", "0644 a.h H\n" },
		{ "scp -f z*", "error: scp: z*: No such file or directory\n" },
		{ "scp -f *.c *.h", "0644 a.c A\n0644 b.c B\n0644 a.h H\n" },
		{ "scp -f '*.c'",
		    "error: scp: *.c: No such file or "
		    "directory\n" },
		{ "scp -f \"*.c\"",
		    "error: scp: *.c: No such file or "
		    "directory\n" },
		{ "scp -f \\*.c",
		    "error: scp: *.c: No such file or "
		    "directory\n" },
		{ "scp -f '~'", "error: scp: ~: No such file or directory\n" },
		{ "scp -f {a.c}",
		    "error: scp: {a.c}: No such file or "
		    "directory\n" },
		{ "scp -f [a.c",
		    "error: scp: [a.c: No such file or "
		    "directory\n" },
		{ "scp -f '*'.c *.h",
		    "error: scp: *.c: No such file or "
		    "directory\n0644 a.h H\n" },
		{ "scp -f ../*.h", "0644 a.h H\n" },
		{ "scp -f ../*/secret",
		    "error: scp: ../*/secret: No such "
		    "file or directory\n" },
	};
	const bool fails = holds(rows[_i].want, "error");

	/* In no order that a directory might keep. */
	make_file("b.c", "B", 0644);
	make_dir("d", 0755);
	make_file("a.h", "H", 0644);
	make_file("a.c", "A", 0644);
	make_file("d/y", "Y", 0644);
	make_file("d/x", "X", 0644);
	make_file("d/.z", "Z", 0644);
	FETCH_TEXT(rows[_i].text, rows[_i].want, fails ? 1 : 0);
}
END_TEST

/* Too many in one operand: then nothing is sent of the others either. */
START_TEST(too_many_matches)
{
	const struct launch all = { .options = "-o MaxMatches=1",
		.text = "scp -f f *" };
	const struct launch one = { .options = "-o MaxMatches=1",
		.text = "scp -f f" };

	make_file("f", "f", 0644);
	make_file("g", "g", 0644);
	RUN_LAUNCH(all, SEND("\0"), WARNING("*: "), QUIET, SEND("\0"), EXIT(1));
	RUN_LAUNCH(one, SEND("\0\0\0"), EXPECT("C0644 1 f\nf\0"), EXIT(0));
}
END_TEST

START_TEST(matches_are_sorted)
{
	struct bytes want = { 0 };
	char name[] = "x";

	for (int i = 0; i < 26; i++) {
		name[0] = (char)('a' + i * 7 % 26);
		make_file(name, "", 0644);
	}
	for (name[0] = 'a'; name[0] <= 'z'; name[0]++)
		bytes_addf(&want, "0644 %s \n", name);
	FETCH_TEXT("scp -f ?", want.p, 0);
	FETCH_TEXT("scp -f [a-m] [n-z]", want.p, 0);
	bytes_free(&want);
}
END_TEST

START_TEST(pattern_is_a_name_where_it_exists)
{
	make_file("*", "star", 0644);
	make_file("[x]", "brackets", 0644);
	make_file("y", "y", 0644);
	FETCH_TEXT("scp -f '*'", "0644 * star\n", 0);
	FETCH_TEXT("scp -f [x]", "0644 [x] brackets\n", 0);
	/* Words that a shell has seen already. */
	FETCH("scp -f *", "0644 * star\n", 0);
	FETCH("scp -f [y]", "error: scp: [y]: No such file or directory\n", 1);
	FETCH("scp -f {y,z}", "error: scp: {y,z}: No such file or directory\n",
	    1);
}
END_TEST

START_TEST(patterns_do_not_match_unfinished_uploads)
{
	make_file(".scp-server.0123456789abcdef~", "half", 0644);
	FETCH_TEXT(
	    "scp -f .s*", "error: scp: .s*: No such file or directory\n", 1);
	ck_assert_int_eq(unlink(".scp-server.0123456789abcdef~"), 0);
}
END_TEST

START_TEST(pattern_may_not_match_everything)
{
	make_dir("a", 0755);
	make_file("a/f", "f", 0644);
	FETCH_TEXT("scp -r -f *", "0755 a/\n0644 a/f f\n", 0);
	FETCH_TEXT("scp -r -f a/.", "0755 a/\n0644 a/f f\n", 0);
	/* Never the directory itself or its parent. */
	FETCH_TEXT("scp -r -f a/.*",
	    "error: scp: a/.*: No such file or "
	    "directory\n",
	    1);
}
END_TEST

/* --- data ------------------------------------------------------------- */

START_TEST(data_is_sent_as_it_is)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 65535, 65536,
		65537, 262144, 1048577, 5000000 };
	const size_t size = sizes[_i / 2];
	struct bytes record = { 0 }, data = { 0 };
	struct server s;
	unsigned x = 7;
	int fd;

	bytes_addf(&record, "C0644 %zu f\n", size);
	for (size_t i = 0; i < size; i++, x = x * 1103515245 + 12345)
		bytes_add(&data, &(char){ (char)(x >> 16) }, 1);
	bytes_add(&data, "", 1);
	make_file("f", "", 0644);
	fd = open("f", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fd, data.p, size), (ssize_t)size);
	close(fd);
	server_start(&s,
	    &(struct launch){ .command = "scp -f f",
		.ends = _i % 2 == 0 ? ENDS_PIPES : ENDS_SOCKETS });
	server_send(&s, "", 1);
	expect_bytes(&s, record.p, record.len);
	server_send(&s, "", 1);
	expect_bytes(&s, data.p, data.len);
	server_send(&s, "", 1);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	bytes_free(&record);
	bytes_free(&data);
}
END_TEST

/* Announced and then cut off or grown: the size stays what was said. */
START_TEST(file_changes_while_it_is_sent)
{
	const off_t size = 16 << 20;
	struct server s;
	int fd;

	make_zeros("f", size);
	server_start(&s,
	    &(struct launch){ .command = "scp -f f",
		.ends = _i < 2 ? ENDS_PIPES : ENDS_SOCKETS });
	server_send(&s, "", 1);
	expect_bytes(&s, "C0644 16777216 f\n", 17);
	if (_i % 2 == 0) {
		ck_assert_int_eq(truncate("f", 1000), 0);
	} else {
		fd = open("f", O_WRONLY | O_APPEND | O_CLOEXEC);
		ck_assert_int_eq(write(fd, "more", 4), 4);
		close(fd);
	}
	server_send(&s, "", 1);
	for (int i = 0; i < 16; i++) {
		static char zeros[1 << 20];

		expect_bytes(&s, zeros, sizeof(zeros));
	}
	if (_i % 2 == 0)
		expect_message(&s, 1, "scp: f: ");
	else
		expect_ack(&s);
	server_send(&s, "", 1);
	server_close_input(&s);
	expect_end(&s, _i % 2 == 0 ? 1 : 0);
	ck_assert_int_eq(
	    holds(s.log.p, ": io-error: \"/f\" after 1000 bytes"), _i % 2 == 0);
	server_clear(&s);
}
END_TEST

START_TEST(signal_in_the_middle)
{
	struct server s;

	make_zeros("f", 8 << 20);
	server_start(&s, &(struct launch){ .command = "scp -f f" });
	server_send(&s, "\0", 2);
	expect_bytes(&s, "C0644 8388608 f\n", 16);
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	ck_assert_int_eq(server_wait(&s), 1);
	server_clear(&s);
}
END_TEST

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static const struct {
	const char *options;
	const char *command;
} fate_rows[] = {
	{ "-o Pipelining=no", "scp -f a b" },
	{ "-o Pipelining=no", "scp -r -p -f t a" },
	{ "-o Pipelining=yes", "scp -f a b" },
	{ "-o Pipelining=yes", "scp -r -p -f t a" },
};

enum fate_end {
	SAYS_NO_MORE,
	STOPS,
	REFUSES,
	READS_NO_MORE,
	FATE_ENDS
};

static void
end_after(struct server *s, unsigned answers, enum fate_end end)
{
	static const char *const words[FATE_ENDS] = { "", "\2enough\n",
		"\1no\n", "" };
	static const char yes[16];

	server_send(s, yes, answers);
	server_settle(s);
	if (end == READS_NO_MORE) {
		server_close_output(s);
		server_send(s, yes, 1);
	}
	server_send(s, words[end], strlen(words[end]));
	server_close_input(s);
	(void)server_wait(s);
}

/* One line of its fate and one record for each file that was opened. */
static unsigned
check_fates(const struct server *s)
{
	unsigned opened = count(s->log.p, "open \"/");
	/* A directory has them where the client refuses it. */
	unsigned refused = count(s->log.p, ": \"/t\" after 0 bytes\n");
	unsigned lines = count(s->log.p, "close \"/") +
	    count(s->log.p, "failed download") - refused;
	unsigned records = count(s->log.p, "\"path\":\"/") - refused;

	if (lines != opened || records != opened)
		server_fail(s, "%u opened, %u lines, %u records", opened, lines,
		    records);
	return opened;
}

/* R-LOG-1: however a session ends, after however many answers. */
START_TEST(fate_of_each_file)
{
	unsigned n, opened = 0;
	char options[128];
	struct server s;

	make_file("a", "aaa", 0644);
	make_file("b", "bbb", 0644);
	make_dir("t", 0755);
	make_file("t/f", "fff", 0644);
	(void)snprintf(options, sizeof(options),
	    "-l VERBOSE -o TransferLog=syslog %s", fate_rows[_i].options);
	for (n = 0; n < FATE_ENDS * 10; n++) {
		server_start(&s,
		    &(struct launch){
			.options = options, .command = fate_rows[_i].command });
		end_after(&s, n / FATE_ENDS, (enum fate_end)(n % FATE_ENDS));
		opened += check_fates(&s);
		server_clear(&s);
	}
	/* Both files, where the session came so far. */
	ck_assert_uint_gt(opened, 2 * 2 * FATE_ENDS);
}
END_TEST

/* What a client said, or that it left, and what the log has of it. */
static const struct {
	const char *options;
	const char *command;
	const char *said;
	size_t len;
	const char *line;
	const char *none; /* and not this */
} log_rows[] = {
	{ "-o TransferLog=syslog", "scp -p -f f", "\0\0\0\0", 4,
	    "\"size\":5,\"bytes\":5,", "failed download" },
	{ "-o TransferLog=syslog", "scp -p -f f", "\0\0\0\0", 4,
	    "\"mode\":\"0640\",\"mtime\":\"1970-01-01T00:00:01Z\",",
	    "failed download" },
	{ "-o TransferLog=syslog", "scp -f f", "\0\0\1no\n", 6,
	    ": client-error: \"/f\" after 5 bytes\n", "close \"/f\"" },
	{ "-o TransferLog=syslog", "scp -f f", "\0\0\2no\n", 6,
	    ": client-error: \"/f\" after 5 bytes\n", "close \"/f\"" },
	/* refused by us, or lost, before it was announced to the client */
	{ "-o TransferLog=syslog -o MaxFileSize=1", "scp -f f", "\0", 1,
	    "\"size\":5,\"bytes\":0,", "failed session" },
	{ "-o TransferLog=syslog", "scp -p -f f", "\0", 1,
	    "\"size\":5,\"bytes\":0,", "close \"/f\"" },
	{ NULL, "scp -f no", "\0", 1, "failed download by ",
	    "refused download" },
	/* of one that could not be opened nothing was announced */
	{ "-o TransferLog=syslog", "scp -f secret", "\0", 1,
	    ": permission: \"/secret\"", "\"size\":5" },
	/* a directory is no file */
	{ "-o TransferLog=syslog", "scp -r -f t", "\0", 1,
	    ": disconnected: lost connection", "\"/t\"" },
	{ "-o TransferLog=syslog", "scp -r -f t", "\0\1no\n", 5,
	    "\"path\":\"/t\"", "\"size\"" },
	/* lost before all */
	{ "-o TransferLog=syslog", "scp -f f", "", 0,
	    ": disconnected: lost connection", "download by" },
	{ "-o TransferLog=syslog", "scp -f f", "\2no\n", 4,
	    ": disconnected: lost connection", "download by" },
};

START_TEST(said_in_the_log)
{
	struct server s;

	make_file("f", "hello", 0640);
	set_times("f", 1, 1);
	make_file("secret", "hello", 0);
	make_dir("t", 0755);
	server_start(&s,
	    &(struct launch){ .options = log_rows[_i].options,
		.command = log_rows[_i].command });
	server_send(&s, log_rows[_i].said, log_rows[_i].len);
	server_close_input(&s);
	(void)server_wait(&s);
	if (!holds(s.log.p, log_rows[_i].line))
		server_fail(&s, "no %s", log_rows[_i].line);
	if (holds(s.log.p, log_rows[_i].none))
		server_fail(&s, "there is %s", log_rows[_i].none);
	server_clear(&s);
}
END_TEST

/*
 * A client that does not take what it is sent, and says nothing: that ends the
 * session at once, with one line.
 */
static const struct {
	const char *options;
	const char *command;
	const char *said; /* before that */
	size_t len;
	size_t sent; /* so many bytes come then */
	const char *none;
} deaf_rows[] = {
	{ NULL, "scp -f no1 no2", "", 0, 0, "no2" },
	{ NULL, "scp -f f", "", 0, 0, "close \"" },
	{ NULL, "scp -p -f f", "", 0, 0, "close \"" },
	/* D, C and the data of t/f, and then E */
	{ NULL, "scp -r -f t", "\0\0", 2, 10 + 10 + 4, "close \"/f\"" },
	{ "-o Pipelining=yes", "scp -f no", "", 0, 0, "close \"" },
	{ "-o Pipelining=yes", "scp -f f", "", 0, 0, "close \"" },
	{ "-o Pipelining=yes", "scp -f large f", "\0", 1, 20,
	    "after 8388608 bytes" },
};

START_TEST(client_that_is_deaf)
{
	struct server s;

	make_file("f", "fff", 0644);
	make_zeros("large", 8 << 20);
	make_dir("t", 0755);
	make_file("t/f", "fff", 0644);
	server_start(&s,
	    &(struct launch){ .options = deaf_rows[_i].options,
		.command = deaf_rows[_i].command });
	server_send(&s, deaf_rows[_i].said, deaf_rows[_i].len);
	if (deaf_rows[_i].sent > 0) {
		server_send(&s, "", 1);
		server_skip(&s, deaf_rows[_i].sent);
	}
	server_close_output(&s);
	server_send(&s, "", 1);
	ck_assert_int_eq(server_wait(&s), 1);
	if (holds(s.log.p, deaf_rows[_i].none))
		server_fail(&s, "there is %s", deaf_rows[_i].none);
	if (count(s.log.p, "failed session") != 1)
		server_fail(&s, "not one line of the session");
	server_clear(&s);
}
END_TEST

/* The same for the last byte of a file: it is not waited for an answer. */
START_TEST(deaf_at_the_end_mark)
{
	struct trace trace = { .error = EPIPE };
	struct server s;
	long i;

	if (!can_trace())
		return;
	make_file("f", "hello", 0644);
	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	server_start(
	    &s, &(struct launch){ .command = "scp -f f", .trace = &trace });
	server_send(&s, "\0\0\0", 3);
	expect_bytes(&s, "C0644 5 f\nhello\0", 16);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	for (i = 0; i < trace.result->calls; i++) {
		if (trace.result->list[i].number == SYS_write &&
		    trace.result->list[i].fd == STDOUT_FILENO)
			trace.at = i + 1;
	}
	ck_assert_int_ne(trace.at, 0);
	server_start(
	    &s, &(struct launch){ .command = "scp -f f", .trace = &trace });
	server_send(&s, "\0\0", 2);
	expect_bytes(&s, "C0644 5 f\nhello", 15);
	ck_assert_int_eq(server_wait(&s), 1);
	ck_assert_int_eq(trace.result->number, SYS_write);
	server_clear(&s);
}
END_TEST

/* Why a file cannot be read any more is said in its place. */
START_TEST(error_of_reading)
{
	struct trace trace = { .call = SYS_pread64, .error = EPERM };
	struct server s;

	if (!can_trace())
		return;
	make_file("f", "hello", 0644);
	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	server_start(
	    &s, &(struct launch){ .command = "scp -f f", .trace = &trace });
	server_send(&s, "\0\0\0", 3);
	expect_bytes(&s, "C0644 5 f\n\0\0\0\0\0", 15);
	expect_message(&s, 1, "f: Operation not permitted");
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
}
END_TEST

/*
 * Who waits too long for an answer to a header is the reason for its end; and
 * so is who never tells to begin.
 */
START_TEST(fate_by_time)
{
	struct server s;

	make_file("f", "hello", 0644);
	server_start(&s,
	    &(struct launch){
		.options = "-o IdleTimeout=1", .command = "scp -f f" });
	if (_i == 0) {
		server_send(&s, "", 1);
		expect_bytes(&s, "C0644 5 f\n", 10);
	}
	ck_assert_int_eq(server_wait(&s), 1);
	if (_i == 0 && !holds(s.log.p, ": idle-timeout: \"/f\" after 0 bytes"))
		server_fail(&s, "no line of the file");
	if (!holds(s.log.p, ": idle-timeout: idle for too long"))
		server_fail(&s, "no line of the session");
	server_clear(&s);
}
END_TEST

START_TEST(special_bits_of_the_mode)
{
	struct bytes list = { 0 };

	make_file("f", "f", 06755);
	receive(&(struct launch){ .command = "scp -p -f f" }, &list, 0);
	ck_assert_msg(holds(list.p, "\n0755 f f\n|\n6755 f f\n"), "%s", list.p);
	bytes_free(&list);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_dialogue(TCase *tc)
{
	tcase_add_test(tc, one_file);
	tcase_add_test(tc, empty_file);
	tcase_add_test(tc, times_first_with_p);
	tcase_add_test(tc, times_before_1970);
	tcase_add_test(tc, tree_dialogue);
	tcase_add_test(tc, first_byte_of_the_client);
	tcase_add_test(tc, client_refuses_a_file);
	tcase_add_test(tc, client_refuses_a_directory);
	tcase_add_test(tc, client_could_not_store_a_file);
	tcase_add_test(tc, client_ends_early);
	tcase_add_test(tc, client_ends_between);
	tcase_add_test(tc, client_stops_reading);
	tcase_add_test(tc, one_write_a_record);
	tcase_add_loop_test(
	    tc, the_end_mark_of_one_file_is_a_write_of_its_own, 0, 2);
	tcase_add_loop_test(tc, data_is_sent_as_it_is, 0, 2 * 10);
	tcase_add_loop_test(tc, file_changes_while_it_is_sent, 0, 4);
	tcase_add_test(tc, signal_in_the_middle);
	tcase_add_loop_test(tc, fate_of_each_file, 0, LENGTH(fate_rows));
	tcase_add_loop_test(tc, said_in_the_log, 0, LENGTH(log_rows));
	tcase_add_loop_test(tc, client_that_is_deaf, 0, LENGTH(deaf_rows));
	tcase_add_test(tc, deaf_at_the_end_mark);
	tcase_add_test(tc, error_of_reading);
	tcase_add_loop_test(tc, fate_by_time, 0, 2);
	tcase_add_test(tc, special_bits_of_the_mode);
}

/*
 * Before the filter allows no such call: its sleeps are exact.  Nobody but root
 * may read that of a process without a user namespace.
 */
START_TEST(exact_sleeps)
{
	char path[64];
	struct server s;
	long slack = -1;
	FILE *f;

	make_file("f", "hello", 0644);
	server_start(&s, &(struct launch){ .command = "scp -f f" });
	server_send(&s, "", 1);
	expect_bytes(&s, "C0644 5 f\n", 10);
	(void)snprintf(
	    path, sizeof(path), "/proc/%ld/timerslack_ns", (long)s.pid);
	ck_assert_ptr_nonnull(f = fopen(path, "re"));
	errno = 0;
	if (fscanf(f, "%ld", &slack) != 1 && errno == EPERM && geteuid() != 0)
		skipped("the timer's slack is hidden");
	else
		ck_assert_int_eq(slack, 1);
	(void)fclose(f);
	server_clear(&s);
}
END_TEST

static void
add_operands(TCase *tc)
{
	tcase_add_test(tc, exact_sleeps);
	tcase_add_test(tc, several_operands);
	tcase_add_test(tc, missing_operand);
	tcase_add_test(tc, directory_without_r);
	tcase_add_test(tc, neither_file_nor_directory);
	tcase_add_test(tc, device);
	tcase_add_test(tc, operand_with_a_dash);
	tcase_add_test(tc, nothing_outside_is_learnt);
	tcase_add_test(tc, tree);
	tcase_add_test(tc, unfinished_uploads_are_not_sent);
	tcase_add_loop_test(tc, directory_names_that_are_sent, 0, 12);
	tcase_add_test(tc, names_that_are_sent);
	tcase_add_test(tc, newline_in_a_message);
	tcase_add_test(tc, longest_name);
	tcase_add_test(tc, links_are_followed_inside);
	tcase_add_test(tc, links_to_the_outside);
	tcase_add_test(tc, links_to_the_root_stay_inside);
	tcase_add_test(tc, link_loops);
	tcase_add_test(tc, second_visit_through_a_link);
	tcase_add_test(tc, directory_exchanged_for_a_link);
	tcase_add_loop_test(tc, file_exchanged_after_it_was_listed, 0,
	    (int)LENGTH(exchanged_rows));
}

static void
add_patterns(TCase *tc)
{
	tcase_add_loop_test(tc, patterns, 0, 28);
	tcase_add_test(tc, too_many_matches);
	tcase_add_test(tc, matches_are_sorted);
	tcase_add_test(tc, pattern_is_a_name_where_it_exists);
	tcase_add_test(tc, patterns_do_not_match_unfinished_uploads);
	tcase_add_test(tc, pattern_may_not_match_everything);
}

static void
add_permissions(TCase *tc)
{
	tcase_add_test(tc, unreadable);
}

int
main(void)
{
	Suite *suite = suite_create("source");

	driver_add(suite, add_dialogue, AS_ACCOUNT);
	driver_add(suite, add_operands, AS_BOTH);
	driver_add(suite, add_patterns, AS_ACCOUNT);
	driver_add(suite, add_permissions, AS_ACCOUNT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * What a review found that an attacker, or an accident, could do: modes,
 * names exchanged by others, work without end, words that become options, and
 * events that nobody could read of in the log.
 */
#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "trace.h"

#define TEMP_BYTES 29

/* A group that the account is not in. */
#define FOREIGN_GID 1

static double
seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	    (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Its exit status, if it ends in time. */
static int
ends_within(struct server *s, double seconds)
{
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (s->out != -1 || s->err != -1) {
		if (seconds_since(&start) > seconds)
			server_fail(s, "still at work after %.0f s", seconds);
		server_read(s, 20);
	}
	return server_wait(s);
}

static void
repeat(struct bytes *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		bytes_add(b, text, strlen(text));
}

/* The one temporary file in the served directory. */
static void
find_temp(char name[TEMP_BYTES + 1])
{
	struct bytes list = { 0 };
	const char *p;

	tree_text(".", &list);
	p = strstr(list.p, ".scp-server.");
	ck_assert_ptr_nonnull(p);
	snprintf(name, TEMP_BYTES + 1, "%s", p);
	bytes_free(&list);
}

/* --- what others see of an upload ------------------------------------- */

/* Begin to send a file, but for its last two bytes. */
static void
begin(struct server *s, const char *command, const char *record)
{
	server_start(s, &(struct launch){ .command = command });
	expect_ack(s);
	server_send(s, record, strlen(record));
	expect_ack(s);
	server_send(s, "hel", 3);
}

static void
complete(struct server *s)
{
	server_send(s, "lo", 3);
	expect_ack(s);
	server_close_input(s);
	expect_end(s, 0);
	server_clear(s);
}

static mode_t
mode_of(const char *path)
{
	return status_of(path).st_mode & 07777;
}

static const struct {
	const char *command;
	const char *record;
	mode_t old;
	mode_t new;
} replacements[] = {
	{ "scp -t f", "C0644 5 x\n", 0660, 0660 },
	{ "scp -t f", "C0600 5 x\n", 0644, 0644 },
	{ "scp -t f", "C0666 5 x\n", 0604, 0604 },
	{ "scp -p -t f", "C0666 5 x\n", 0600, 0666 },
};

START_TEST(replacement_is_the_owners_until_it_has_the_name)
{
	char temp[TEMP_BYTES + 1];
	struct server s;

	make_file("f", "old", replacements[_i].old);
	begin(&s, replacements[_i].command, replacements[_i].record);
	find_temp(temp);
	ck_assert_uint_eq(mode_of(temp) & 077, 0);
	ck_assert_uint_eq(mode_of("f"), replacements[_i].old);
	complete(&s);
	ck_assert_uint_eq(mode_of("f"), replacements[_i].new);
}
END_TEST

START_TEST(new_file_has_its_mode_from_the_start)
{
	char temp[TEMP_BYTES + 1];
	struct server s;

	begin(&s, "scp -t f", "C0664 5 x\n");
	find_temp(temp);
	ck_assert_uint_eq(mode_of(temp), 0644);
	complete(&s);
	ck_tree("0644 f hello\n");
}
END_TEST

/* For good, and with all that is checked at the end of a test. */
static void
become_account(void)
{
	ck_assert_int_eq(chown(root_path(), ACCOUNT_ID, ACCOUNT_ID), 0);
	ck_assert_int_eq(chown(outside_path(), ACCOUNT_ID, ACCOUNT_ID), 0);
	ck_assert_int_eq(chown("../outside/secret", ACCOUNT_ID, ACCOUNT_ID), 0);
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID), 0);
	ck_assert_int_eq(setresuid(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID), 0);
}

/* Its members become "others", and those of the new group were. */
START_TEST(group_that_is_lost_gains_nothing)
{
	static const mode_t modes[] = { 0604, 0606, 0640, 0664, 0625 };
	mode_t mode, group, other;
	char name[] = "a";

	for (size_t i = 0; i < LENGTH(modes); i++, name[0]++) {
		make_file(name, "old", 0600);
		if (chown(name, ACCOUNT_ID, FOREIGN_GID) == -1) {
			skipped("files cannot be given to another group");
			return;
		}
		ck_assert_int_eq(chmod(name, modes[i]), 0);
	}
	become_account();
	RUN("scp -d -t .", ACK, SEND("C0666 2 a\n"), ACK, SEND("hi\0"), ACK,
	    SEND("C0666 2 b\n"), ACK, SEND("hi\0"), ACK, SEND("C0666 2 c\n"),
	    ACK, SEND("hi\0"), ACK, SEND("C0666 2 d\n"), ACK, SEND("hi\0"), ACK,
	    SEND("C0666 2 e\n"), ACK, SEND("hi\0"), ACK, EXIT(0));
	name[0] = 'a';
	for (size_t i = 0; i < LENGTH(modes); i++, name[0]++) {
		mode = mode_of(name);
		group = modes[i] >> 3 & 7;
		other = modes[i] & 7;
		ck_assert_uint_eq(status_of(name).st_gid, ACCOUNT_ID);
		ck_assert_msg((mode & 7 & ~(group & other)) == 0 &&
			(mode >> 3 & 7 & ~other) == 0,
		    "%04o became %04o", modes[i], mode);
	}
	ck_assert_uint_eq(mode_of("a"), 0600);
}
END_TEST

/* In the user namespace of a session, too, others are not oneself. */
START_TEST(files_of_other_owners)
{
	const struct launch l = { .command = "scp -d -t ." };
	struct server s;

	make_file("f", "old", 0666);
	make_file("own", "old", 0666);
	make_dir("sticky", 0755);
	make_file("sticky/f", "old", 0666);
	ck_assert_int_eq(chmod("sticky", 01777), 0);
	ck_assert_int_eq(chown("f", 4711, 0), 0);
	ck_assert_int_eq(chown("sticky/f", 4711, 0), 0);
	ck_assert_int_eq(chown("own", ACCOUNT_ID, 0), 0);
	become_account();
	server_start(&s, &l);
	expect_ack(&s);
	server_send(&s, "C0644 2 f\nhi\0C0644 2 own\nhi\0", 28);
	expect_bytes(&s, "\0\0\0\0", 4);
	server_close_input(&s);
	expect_end(&s, 0);
	if (strstr(s.log.p, "note \"/f\": owner not kept\n") == NULL ||
	    strstr(s.log.p, "\"/own\": owner") != NULL)
		server_fail(&s, "wrong notes");
	server_clear(&s);
	RUN("scp -d -t sticky", ACK, SEND("C0644 2 f\n"),
	    WARNING("sticky/f: directory not writable"), EXIT(1));
	/* A mode that cannot be set costs no old content. */
	RUN_WITH("-o Atomic=no -m 0600", "scp -d -t sticky", ACK,
	    SEND("C0644 2 f\n"), WARNING("sticky/f: Operation not permitted"),
	    EXIT(1));
	RUN_WITH("-o Atomic=no", "scp -d -p -t sticky", ACK,
	    SEND("C0644 2 f\n"), WARNING("sticky/f: Operation not permitted"),
	    SEND("C0666 2 f\n"), ACK, SEND("hi\0"), ACK, EXIT(1));
	/* Nor do times. */
	RUN_WITH("-o Atomic=no", "scp -d -p -t sticky", ACK, SEND("T1 0 1 0\n"),
	    ACK, SEND("C0666 2 f\n"),
	    WARNING("sticky/f: Operation not permitted"), EXIT(1));
	RUN_WITH("-o Atomic=no -o PreserveTimes=no", "scp -d -p -t sticky", ACK,
	    SEND("T1 0 1 0\n"), ACK, SEND("C0666 2 f\n"), ACK, SEND("hi\0"),
	    ACK, EXIT(0));
}
END_TEST

/* Give back a lease, a while after somebody else asks for it. */
static int leased_fd;
static bool gives_back;

static void
on_break(int sig)
{
	(void)sig;
	(void)usleep(50000);
	if (gives_back)
		(void)fcntl(leased_fd, F_SETLEASE, F_UNLCK);
}

/* A process that has a lease on the file, as servers of NFS have; or 0. */
static pid_t
take_lease(const char *name, int kind)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGIO, on_break);
		leased_fd = open(
		    name, (kind == F_RDLCK ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		if (fcntl(leased_fd, F_SETLEASE, kind) == -1 ||
		    write(ready[1], "", 1) != 1)
			_exit(0);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = 0;
	(void)close(ready[0]);
	return pid;
}

static void
end_lease(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* 0: replaced, 1: in place, 2: sent, 3: replaced, and nothing is given back. */
START_TEST(leases_are_given_back)
{
	pid_t pid;

	make_file("f", "old", 0644);
	gives_back = _i != 3;
	if ((pid = take_lease("f", _i == 2 ? F_WRLCK : F_RDLCK)) == 0) {
		skipped("no leases on files here");
		return;
	}
	if (_i == 2)
		RUN("scp -f f", SEND("\0"), EXPECT("C0644 3 f\n"), SEND("\0"),
		    EXPECT("old\0"), SEND("\0"), EXIT(0));
	else if (_i == 3)
		RUN("scp -t f", ACK, SEND("C0644 3 f\n"),
		    WARNING("f: Resource temporarily unavailable"), EXIT(1));
	else
		RUN_WITH(_i == 0 ? NULL : "-o Atomic=no", "scp -t f", ACK,
		    SEND("C0644 3 f\n"), ACK, SEND("new\0"), ACK, EXIT(0));
	end_lease(pid);
	ck_tree(_i < 2 ? "0644 f new\n" : "0644 f old\n");
}
END_TEST

/* 0: a link, 1: another name of a file, 2: a file that is in use. */
START_TEST(temporary_file_exchanged_by_others)
{
	char temp[TEMP_BYTES + 1];
	struct server s;
	struct stat st;
	int fd = -1;

	make_file("f", "old", 0644);
	make_file("foreign", "foreign", 0644);
	begin(&s, "scp -t f", "C0644 5 x\n");
	find_temp(temp);
	ck_assert_int_eq(unlink(temp), 0);
	if (_i == 0) {
		make_link(temp, "foreign");
	} else if (_i == 1) {
		ck_assert_int_eq(link("foreign", temp), 0);
	} else {
		make_file(temp, "foreign", 0644);
		fd = open(temp, O_RDWR | O_CLOEXEC);
		ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	}
	st = status_of(temp);
	server_send(&s, "lo", 3);
	expect_message(&s, 1, "scp: f: ");
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	ck_assert_uint_eq(status_of(temp).st_ino, st.st_ino);
	ck_assert_int_eq(unlink(temp), 0);
	if (fd != -1)
		close(fd);
	ck_tree("0644 f old\n0644 foreign foreign\n");
}
END_TEST

/* --- directories that are there --------------------------------------- */

START_TEST(existing_directory_keeps_its_special_bits)
{
	make_dir("pub", 01777);
	make_dir("team", 02775);
	RUN("scp -r -p -t .", ACK, SEND("T1 0 1 0\n"), ACK,
	    SEND("D0777 0 pub\n"), ACK, SEND("E\n"), ACK, SEND("T1 0 1 0\n"),
	    ACK, SEND("D0777 0 team\n"), ACK, SEND("E\n"), ACK, EXIT(0));
	ck_tree("1777 pub/\n2777 team/\n");
	ck_assert_int_eq(status_of("pub").st_mtim.tv_sec, 1);
	RUN("scp -r -p -t .", ACK, SEND("D0755 0 pub\n"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree("1755 pub/\n2777 team/\n");
}
END_TEST

/* Nobody may read it, so there is no descriptor to set its mode with. */
START_TEST(unreadable_directory_is_named_as_such)
{
	static const char stream[] = "D0755 0 box\nE\n";
	struct server s;

	make_dir("box", 0300);
	server_start(&s, &(struct launch){ .command = "scp -r -p -t ." });
	server_send(&s, stream, sizeof(stream) - 1);
	server_close_input(&s);
	server_read(&s, WATCHDOG_MS);
	expect_ack(&s);
	if (memmem(s.received.p, s.received.len, "Bad file descriptor", 19) !=
	    NULL)
		server_fail(&s, "an answer that tells nobody anything");
	server_clear(&s);
}
END_TEST

/* --- work ------------------------------------------------------------- */

/* Of 255 bytes each, with which a pattern can be compared at length. */
static void
make_long_names(void)
{
	char name[256];

	memset(name, 'a', sizeof(name));
	for (int i = 0; i < 100; i++) {
		snprintf(name + 252, 4, "%03d", i);
		make_file(name, "", 0644);
	}
}

/*
 * What a pattern is dear with, and a command with it: 0, long names and
 * classes; 1, long paths many times; 2, the same once.
 */
static void
make_dear_pattern(struct bytes *text, int which)
{
	bytes_addf(text, "scp -f ");
	if (which != 2) {
		bytes_addf(text, "{");
		repeat(text, ",", 60);
		bytes_addf(text, "}");
	}
	if (which == 0) {
		make_long_names();
		bytes_addf(text, "*[");
		repeat(text, "[:cntrl:]", 420);
		bytes_addf(text, "]");
	} else {
		make_dir("a", 0755);
		repeat(text, "[a]/../", 560);
		bytes_addf(text, "[a]");
	}
}

START_TEST(dear_pattern_comes_to_an_end)
{
	struct bytes text = { 0 };
	struct server s;

	make_dear_pattern(&text, _i);
	server_start(&s, &(struct launch){ .text = text.p });
	server_send(&s, "", 1);
	server_close_input(&s);
	if (ends_within(&s, 10) != 1)
		server_fail(&s, "the wrong exit status");
	expect_message(&s, 1, "scp: ");
	server_clear(&s);
	bytes_free(&text);
}
END_TEST

START_TEST(dear_pattern_ends_at_a_signal)
{
	struct bytes text = { 0 };
	struct server s;

	make_dear_pattern(&text, _i);
	server_start(&s, &(struct launch){ .text = text.p });
	server_send(&s, "", 1);
	server_read(&s, 100);
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	if (ends_within(&s, 2) != 1)
		server_fail(&s, "the wrong exit status");
	server_clear(&s);
	bytes_free(&text);
}
END_TEST

/* Enough of them to tell one look from many on any machine. */
START_TEST(large_directory_is_swept_once)
{
	const size_t records = 10000;
	struct bytes stream = { 0 };
	struct timespec start;
	struct server s;
	char name[32];
	size_t n;

	make_dir("big", 0755);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "big/%d", i);
		make_file(name, "", 0644);
	}
	repeat(&stream, "D0755 0 big\nE\n", records);
	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t at = 0; at < stream.len; at += n) {
		n = stream.len - at < 4096 ? stream.len - at : 4096;
		server_send(&s, stream.p + at, n);
		if (seconds_since(&start) > 5)
			server_fail(&s, "only %zu bytes taken in 5 s", at);
	}
	server_close_input(&s);
	server_skip(&s, 1 + 2 * records);
	expect_end(&s, 0);
	ck_assert_double_lt(seconds_since(&start), 5);
	server_clear(&s);
	bytes_free(&stream);
}
END_TEST

/*
 * How many records were taken after the signal that came when their bytes
 * were read already; -1 when the server was too fast for that.
 */
static long
records_after_signal(const struct bytes *stream, size_t answers)
{
	struct timespec start;
	struct server s;
	size_t before;
	long after = -1;
	int status;

	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	server_send(&s, stream->p, stream->len);
	expect_ack(&s);
	ck_assert_int_eq(kill(s.pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(s.pid, &status, WUNTRACED), s.pid);
	ck_assert(WIFSTOPPED(status));
	server_read(&s, QUIET_MS);
	before = s.received.len;
	if (before < answers) {
		clock_gettime(CLOCK_MONOTONIC, &start);
		ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
		ck_assert_int_eq(kill(s.pid, SIGCONT), 0);
		if (server_wait(&s) != 1)
			server_fail(&s, "the wrong exit status");
		ck_assert_double_lt(seconds_since(&start), 2);
		after = 0;
		for (; before < s.received.len; before++)
			after += s.received.p[before] == '\0';
	}
	server_clear(&s);
	return after;
}

START_TEST(signal_ends_what_is_buffered)
{
	const size_t records = 10000;
	struct bytes stream = { 0 };
	long after = -1;

	make_dir("d", 0755);
	repeat(&stream, "D0755 0 d\nE\n", records / 2);
	for (int i = 0; i < 20 && after == -1; i++)
		after = records_after_signal(&stream, 1 + records);
	bytes_free(&stream);
	ck_tree("0755 d/\n");
	if (after == -1)
		skipped("the server is too fast to be stopped in between");
	else
		ck_assert_msg(after < 4, "%ld records after SIGTERM", after);
}
END_TEST

/* --- the client's words ----------------------------------------------- */

/* Whatever a shell may have made of it in the command line that we see. */
START_TEST(command_that_may_become_an_option)
{
	char text[] = "?-* scp -f secret";
	struct server s;

	make_file("secret", "secret", 0644);
	for (int c = 1; c < 256; c++) {
		if ((c < 128 && isalnum(c)) || strchr("/._'\" \t\n", c) != NULL)
			continue;
		text[0] = (char)c;
		server_start(&s,
		    &(struct launch){ .options = "-lQUIET",
			.command = "scp -f secret",
			.text = text });
		server_send(&s, "\0\0", 3);
		server_close_input(&s);
		expect_end(&s, 1);
		server_clear(&s);
	}
}
END_TEST

/* As in a shell: no alternative is no word, least of all the root. */
START_TEST(empty_alternatives_are_nothing)
{
	struct server s;

	make_file("f", "hello", 0644);
	server_start(&s, &(struct launch){ .text = "scp -r -f {,,}" });
	server_send(&s, "\0\0\0\0", 5);
	server_close_input(&s);
	expect_message(&s, 1, "scp: ");
	expect_end(&s, 1);
	server_clear(&s);
	ck_received(
	    &(struct launch){ .text = "scp -r -f {,f}" }, "0644 f hello\n", 0);
}
END_TEST

/* --- what is said of it ----------------------------------------------- */

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

START_TEST(file_that_did_not_end_well_is_logged)
{
	static const char *const streams[] = { "C0644 3 f\nabcX",
		"C0644 3 f\nabc\1oops" };
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	server_send(&s, streams[_i], strlen(streams[_i]));
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	if (count(s.log.p, "failed upload") != 1)
		server_fail(&s, "not one line on the file");
	ck_assert_ptr_nonnull(
	    strstr(strstr(s.log.p, "failed upload"), "\"/f\""));
	server_clear(&s);
	ck_tree("");
}
END_TEST

START_TEST(reason_is_kept_behind_a_long_path)
{
	const char *words[] = { "scp", "-t", NULL, NULL };
	struct bytes path = { 0 };
	struct server s;

	repeat(&path, "./", 300);
	bytes_addf(&path, "nodir/x");
	words[2] = path.p;
	server_start(&s, &(struct launch){ .words = words });
	expect_message(&s, 1, "No such file or directory");
	server_close_input(&s);
	expect_end(&s, 1);
	ck_assert_uint_le(s.received.len, 512);
	server_clear(&s);
	bytes_free(&path);
}
END_TEST

#define Y10   "yyyyyyyyyy"
#define Y100  Y10 Y10 Y10 Y10 Y10 Y10 Y10 Y10 Y10 Y10
#define Y1000 Y100 Y100 Y100 Y100 Y100 Y100 Y100 Y100 Y100 Y100

static const struct {
	const char *record;
	const char *quoted;
} bad_names[] = {
	{ "C0644 3 ..\n", "\"..\"" },
	{ "C0644 3 a/b\n", "\"a/b\"" },
	{ "D0755 0 ..\n", "\"..\"" },
	{ "D0755 0 a/b\n", "\"a/b\"" },
	/* longer than any name */
	{ "C0644 3 " Y1000 "/" Y1000 "\n", "\"yyyy" },
};

START_TEST(name_that_is_none_is_logged)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	server_send(&s, bad_names[_i].record, strlen(bad_names[_i].record));
	expect_message(&s, 1, "unexpected filename");
	server_close_input(&s);
	expect_end(&s, 1);
	if (strstr(s.log.p, bad_names[_i].quoted) == NULL)
		server_fail(&s, "%s is not in the log", bad_names[_i].quoted);
	server_clear(&s);
	ck_tree("");
}
END_TEST

/*
 * Without storing anything, nobody gets more lines into the log than a session
 * may: cheap ways, each of them again and again.
 */
#define LINES_MAX 110 /* the free ones, and those of the session */

static const struct {
	const char *command;
	const char *again; /* '|' is NUL */
} floods[] = {
	{ "scp -rt .", "C0644 0 x\n\1\n" },
	{ "scp -d -t .", "C0644 0 x\n\2\n" },
	{ "scp -t x", "C0644 0 x\n\1\n" },
	{ "scp -rt .", "D0755 0 d\nC0644 0 x\n\1\nE\n" },
	{ "scp -rt .", "C0644 0 d\n|" },
	{ "scp -rt .", "C0644 0 d\n\1\n" },
	{ "scp -rt .", "D0755 0 f\nE\n" },
	{ "scp -rt .", "D0755 0 f\nC0644 0 x\n\1\nE\n" },
	{ "scp -rpt .", "T1 0 1 0\nD0755 0 f\nE\n" },
	{ "scp -rpt .", "D2755 0 d\nE\nD2750 0 d\nE\n" },
	{ "scp -rpt .", "C0644 0 f/x\n|" },
	{ "scp -rt .", "T1 0 1\n" },
	{ "scp -rt .", "\1x\n" },
	{ "scp -rt .", "E\n" },
	{ "scp -d -t .", "|\n" },
};

START_TEST(log_cannot_be_filled)
{
	struct bytes sent = { 0 };
	size_t lines = 0;
	struct server s;

	make_file("f", "old", 0644);
	make_dir("d", 0755);
	repeat(&sent, floods[_i].again, 300);
	for (size_t i = 0; i < sent.len; i++) {
		if (sent.p[i] == '|')
			sent.p[i] = '\0';
	}
	server_start(&s,
	    &(struct launch){ .options = "-o DiscardLimit=0",
		.command = floods[_i].command });
	server_send(&s, sent.p, sent.len);
	server_close_input(&s);
	(void)ends_within(&s, 10);
	for (size_t i = 0; i < s.log.len; i++)
		lines += s.log.p[i] == '\n';
	if (lines > LINES_MAX)
		server_fail(&s, "%zu lines", lines);
	server_clear(&s);
	bytes_free(&sent);
	ck_assert(!tree_has(".", "x"));
	ck_assert_int_eq(status_of("f").st_size, 3);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

/* A pattern must not stand for only part of what there is. */
START_TEST(directory_that_fails_in_a_pattern)
{
#if defined(__x86_64__) && !defined(INSTRUMENTED)
	struct trace_result *result = mmap(NULL, sizeof(*result),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct trace trace = {
		.call = SYS_getdents64, .error = EIO, .result = result
	};

	ck_assert_ptr_ne(result, MAP_FAILED);
	make_file("f", "old", 0644);
	RUN_LAUNCH(((struct launch){ .text = "scp -f f *", .trace = &trace }),
	    SEND("\0"), WARNING("scp: *: Input/output error|scp: *: I/O error"),
	    EXIT(1));
#else
	skipped("calls are traced on x86-64, and without sanitizers");
#endif
}
END_TEST

static void
add_both(TCase *tc)
{
	tcase_add_loop_test(tc, replacement_is_the_owners_until_it_has_the_name,
	    0, LENGTH(replacements));
	tcase_add_test(tc, new_file_has_its_mode_from_the_start);
	tcase_add_loop_test(tc, temporary_file_exchanged_by_others, 0, 3);
	tcase_add_loop_test(tc, leases_are_given_back, 0, 4);
	tcase_add_test(tc, directory_that_fails_in_a_pattern);
	tcase_add_test(tc, existing_directory_keeps_its_special_bits);
	tcase_add_test(tc, signal_ends_what_is_buffered);
	tcase_add_test(tc, empty_alternatives_are_nothing);
	tcase_add_loop_test(tc, file_that_did_not_end_well_is_logged, 0, 2);
	tcase_add_test(tc, reason_is_kept_behind_a_long_path);
	tcase_add_loop_test(
	    tc, name_that_is_none_is_logged, 0, LENGTH(bad_names));
	tcase_add_loop_test(tc, log_cannot_be_filled, 0, LENGTH(floods));
}

static void
add_account(TCase *tc)
{
	tcase_add_test(tc, unreadable_directory_is_named_as_such);
	tcase_add_loop_test(tc, dear_pattern_comes_to_an_end, 0, 3);
	tcase_add_loop_test(tc, dear_pattern_ends_at_a_signal, 0, 2);
	tcase_add_test(tc, large_directory_is_swept_once);
	tcase_add_test(tc, command_that_may_become_an_option);
}

static void
add_root(TCase *tc)
{
	tcase_add_test(tc, group_that_is_lost_gains_nothing);
	tcase_add_test(tc, files_of_other_owners);
}

int
main(void)
{
	Suite *suite = suite_create("attacks");

	driver_add(suite, add_both, AS_BOTH);
	driver_add(suite, add_account, AS_ACCOUNT);
	driver_add(suite, add_root, AS_ROOT);
	return driver_run(suite);
}

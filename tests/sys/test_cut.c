/* SPDX-License-Identifier: ISC */
/*
 * R-FILE-1, R-WIRE-4: recorded uploads, cut after each byte.  Whatever the
 * last byte was that arrived, every name holds the whole old file or the whole
 * new one or is absent as before, no temporary file is left, and the exit
 * status tells whether the client was between two items.  The same for the
 * server's end by a signal.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

/* Processes that share the cuts of one recording. */
#define WORKERS 4

enum piece_type {
	RECORD, /* answered; the input may end behind it */
	HEADER, /* of a file, answered; the input may not end */
	DATA    /* of a file and its closing byte; then it is there */
};

struct piece {
	enum piece_type type;
	const char *bytes;
	size_t len;
	const char *line; /* what it makes, as tree_text() without the mode */
};

#define PIECE(type, s, line)                                                   \
	{                                                                      \
		type, s, sizeof(s) - 1, line                                   \
	}

struct recording {
	const char *command; /* %s: the directory of a worker */
	bool text;           /* from the environment */
	bool eof_commits;    /* the last closing byte may be missing */
	void (*prepare)(void);
	const char *before; /* what is there then, sorted */
	const struct piece *pieces;
	size_t n;
};

/* --- recordings -------------------------------------------------------- */

static void
prepare_nothing(void)
{
}

static void
prepare_files(void)
{
	make_file("f", "old", 0644);
	make_dir("d", 0755);
	make_file("d/b", "older than b", 0644);
	make_file("d/kept", "kept", 0600);
}

#define OLD_FILES "d/\nd/b older than b\nd/kept kept\nf old\n"

static const struct piece single[] = {
	PIECE(HEADER, "C0644 5 x\n", NULL),
	PIECE(DATA, "hello\0", "f hello"),
};

static const struct piece empty[] = {
	PIECE(HEADER, "C0644 0 x\n", NULL),
	PIECE(DATA, "\0", "f "),
};

static const struct piece preserved[] = {
	PIECE(RECORD, "T1000000000 0 1000000001 0\n", NULL),
	PIECE(HEADER, "C0640 9 x\n", NULL),
	PIECE(DATA, "C0644 0 y\0", "f C0644 0 y"),
};

static const struct piece several[] = {
	PIECE(HEADER, "C0644 2 a\n", NULL),
	PIECE(DATA, "aa\0", "d/a aa"),
	PIECE(RECORD, "T5 0 5 0\n", NULL),
	PIECE(HEADER, "C0600 3 b\n", NULL),
	PIECE(DATA, "bbb\0", "d/b bbb"),
	PIECE(HEADER, "C0644 1 c\n", NULL),
	PIECE(DATA, "c\0", "d/c c"),
};

static const struct piece nested[] = {
	PIECE(RECORD, "T1000000000 0 1000000001 0\n", NULL),
	PIECE(RECORD, "D0555 0 top\n", "new/"),
	PIECE(HEADER, "C0444 1 a\n", NULL),
	PIECE(DATA, "a\0", "new/a a"),
	PIECE(RECORD, "D0700 0 in\n", "new/in/"),
	PIECE(HEADER, "C0600 0 e\n", NULL),
	PIECE(DATA, "\0", "new/in/e "),
	PIECE(RECORD, "E\n", NULL),
	PIECE(RECORD, "E\n", NULL),
};

static const struct piece merged[] = {
	PIECE(RECORD, "D0755 0 d\n", NULL),
	PIECE(HEADER, "C0644 3 b\n", NULL),
	PIECE(DATA, "new\0", "d/b new"),
	PIECE(RECORD, "E\n", NULL),
	PIECE(HEADER, "C0644 3 f\n", NULL),
	PIECE(DATA, "NEW\0", "f NEW"),
};

#define PIECES(a) a, LENGTH(a)

static const struct recording recordings[] = {
	{ "scp -t %s/f", false, true, prepare_nothing, "", PIECES(single) },
	{ "scp -t %s/f", false, true, prepare_files, OLD_FILES,
	    PIECES(single) },
	{ "scp -t %s/f", true, false, prepare_files, OLD_FILES,
	    PIECES(single) },
	{ "scp -t '%s/f'", true, true, prepare_files, OLD_FILES,
	    PIECES(single) },
	{ "scp -qt %s/f", false, true, prepare_files, OLD_FILES,
	    PIECES(empty) },
	{ "scp -p -t %s/f", false, false, prepare_files, OLD_FILES,
	    PIECES(preserved) },
	{ "scp -pt '%s/f'", true, true, prepare_files, OLD_FILES,
	    PIECES(preserved) },
	{ "scp -d -t %s/d", false, false, prepare_files, OLD_FILES,
	    PIECES(several) },
	{ "scp -p -d -t %s/d", false, false, prepare_files, OLD_FILES,
	    PIECES(several) },
	{ "scp -r -p -t %s/new", false, false, prepare_nothing, "",
	    PIECES(nested) },
	{ "scp -prt %s/new", false, false, prepare_nothing, "",
	    PIECES(nested) },
	{ "scp -r -t %s", false, false, prepare_files, OLD_FILES,
	    PIECES(merged) },
};

/* --- what is to be expected -------------------------------------------- */

struct expectation {
	size_t answers;    /* zeros, the initial one included */
	bool between;      /* two items: no error */
	struct bytes tree; /* paths and contents, sorted */
};

/* Replace the line of the same path, or add one. */
static void
put_line(struct bytes *tree, const char *line)
{
	size_t path = strcspn(line, " ") + 1;
	struct bytes out = { 0 };
	const char *p, *end;

	bytes_add(&out, "", 0);
	for (p = tree->p; *p != '\0'; p = end) {
		end = strchr(p, '\n') + 1;
		if (strncmp(p, line, path) != 0)
			bytes_add(&out, p, (size_t)(end - p));
	}
	bytes_addf(&out, "%s\n", line);
	bytes_free(tree);
	*tree = out;
}

static void
expect_cut(const struct recording *r, size_t cut, struct expectation *e)
{
	const struct piece *p = r->pieces;
	size_t end = 0;

	*e = (struct expectation){ .answers = 1, .between = true };
	bytes_add(&e->tree, r->before, strlen(r->before));
	for (; p < r->pieces + r->n; p++) {
		end += p->len;
		if (end > cut) {
			e->between = cut == end - p->len && p->type != DATA;
			break;
		}
		e->answers++;
		if (p->line != NULL)
			put_line(&e->tree, p->line);
	}
	/* Only a closing byte is wanting, and it is the last of all. */
	if (r->eof_commits && p == r->pieces + r->n - 1 && cut == end - 1) {
		e->between = true;
		put_line(&e->tree, p->line);
	}
	bytes_sort(&e->tree);
}

static void
record_stream(const struct recording *r, struct bytes *stream)
{
	for (size_t i = 0; i < r->n; i++)
		bytes_add(stream, r->pieces[i].bytes, r->pieces[i].len);
}

/* --- one cut ------------------------------------------------------------ */

static void
begin(struct server *s, const struct recording *r, const char *dir)
{
	struct launch l = { 0 };
	struct bytes command = { 0 };
	const char *at = strstr(r->command, "%s");

	make_dir(dir, 0755);
	ck_assert_int_eq(chdir(dir), 0);
	r->prepare();
	ck_assert_int_eq(chdir(".."), 0);
	bytes_add(&command, r->command, (size_t)(at - r->command));
	bytes_addf(&command, "%s%s", dir, at + 2);
	if (r->text)
		l.text = command.p;
	else
		l.command = command.p;
	server_start(s, &l);
	bytes_free(&command);
}

/* Names and contents below a directory are these. */
static void
check_tree(struct server *s, const char *dir, const char *want)
{
	struct bytes list = { 0 }, got = { 0 };
	const char *p, *end;

	tree_text(dir, &list);
	bytes_add(&got, "", 0);
	for (p = list.p; *p != '\0'; p = end) {
		end = strchr(p, '\n') + 1;
		bytes_add(&got, p + 5, (size_t)(end - p) - 5);
	}
	bytes_sort(&got);
	if (strcmp(got.p, want) != 0)
		server_fail(s, "there is %s, expected %s", got.p, want);
	if (tree_has_temp(dir))
		server_fail(s, "a temporary file is left");
	bytes_free(&list);
	bytes_free(&got);
}

/* The zeros, and behind them at most one message. */
static void
check_answers(struct server *s, const struct expectation *e)
{
	for (size_t i = 0; i < e->answers; i++)
		if (i >= s->received.len || s->received.p[i] != '\0')
			server_fail(s, "expected %zu zeros", e->answers);
	s->taken = e->answers;
	if (s->taken == s->received.len)
		return;
	if (e->between)
		ck_answers(s, "0");
	else
		ck_answers(s, "1");
	if (s->taken != s->received.len)
		server_fail(s, "more came than expected");
}

static void
cut_at(const struct recording *r, const struct bytes *stream, size_t cut,
    const char *dir)
{
	struct expectation e;
	struct server s;
	int status;

	expect_cut(r, cut, &e);
	begin(&s, r, dir);
	server_send(&s, stream->p, cut);
	server_close_input(&s);
	status = server_wait(&s);
	snprintf(s.title + strlen(s.title), sizeof(s.title) - strlen(s.title),
	    " after %zu bytes", cut);
	if (status != (e.between ? 0 : 1))
		server_fail(&s, "exit status %d", status);
	check_answers(&s, &e);
	check_tree(&s, dir, e.tree.p);
	server_clear(&s);
	bytes_free(&e.tree);
	tree_remove(dir);
}

/*
 * End it by a signal when it has answered all that it got.  Nothing is left of
 * the file that it was about to receive.
 */
static void
signal_at(const struct recording *r, const struct bytes *stream, size_t cut,
    const char *dir, int sig)
{
	struct expectation e;
	struct recording strict = *r;
	struct server s;
	int status;

	strict.eof_commits = false;
	expect_cut(&strict, cut, &e);
	begin(&s, r, dir);
	server_send(&s, stream->p, cut);
	for (size_t i = 0; i < e.answers; i++)
		expect_ack(&s);
	ck_assert_int_eq(kill(s.pid, sig), 0);
	status = server_wait(&s);
	snprintf(s.title + strlen(s.title), sizeof(s.title) - strlen(s.title),
	    " signal %d after %zu bytes", sig, cut);
	if (status != 1)
		server_fail(&s, "exit status %d", status);
	check_tree(&s, dir, e.tree.p);
	server_clear(&s);
	bytes_free(&e.tree);
	tree_remove(dir);
}

/* --- all cuts ----------------------------------------------------------- */

/* Run job(i) for each i below n, shared among processes. */
static void
share(void (*job)(const void *arg, size_t i, const char *dir), const void *arg,
    size_t n)
{
	pid_t pids[WORKERS];
	int status, failed = 0;
	char dir[16];

	for (size_t w = 0; w < WORKERS; w++) {
		pids[w] = fork();
		ck_assert_int_ne(pids[w], -1);
		if (pids[w] == 0) {
			snprintf(dir, sizeof(dir), "w%zu", w);
			for (size_t i = w; i < n; i += WORKERS)
				job(arg, i, dir);
			_exit(0);
		}
	}
	for (size_t w = 0; w < WORKERS; w++) {
		ck_assert_int_eq(waitpid(pids[w], &status, 0), pids[w]);
		failed += status != 0;
	}
	/* The worker has said what it was. */
	if (failed > 0)
		exit(1);
}

struct cuts {
	const struct recording *recording;
	struct bytes stream;
	int sig;
};

static void
cut_job(const void *arg, size_t i, const char *dir)
{
	const struct cuts *c = arg;

	cut_at(c->recording, &c->stream, i, dir);
}

START_TEST(cut_after_each_byte)
{
	struct cuts c = { .recording = &recordings[_i] };

	record_stream(c.recording, &c.stream);
	share(cut_job, &c, c.stream.len + 1);
	bytes_free(&c.stream);
}
END_TEST

static void
signal_job(const void *arg, size_t i, const char *dir)
{
	const struct cuts *c = arg;

	signal_at(c->recording, &c->stream, i, dir, c->sig);
}

START_TEST(ended_after_each_byte)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	struct cuts c = { .recording = &recordings[_i],
		.sig = signals[(size_t)_i % LENGTH(signals)] };

	record_stream(c.recording, &c.stream);
	share(signal_job, &c, c.stream.len + 1);
	bytes_free(&c.stream);
}
END_TEST

/* --- large files -------------------------------------------------------- */

static const size_t large_sizes[] = { 65536, 262144, 1000000 };

static void
large_job(const void *arg, size_t i, const char *dir)
{
	static const size_t cuts[] = { 10, 4096, 65535, 65536, 65537, 131072,
		262144 };
	const size_t size = *(const size_t *)arg, n = LENGTH(cuts);
	bool all;
	struct bytes stream = { 0 };
	char command[32], whole[32];
	struct server s;
	size_t cut;
	int status;

	/* From the front, and from the end. */
	cut = i < n ? cuts[i] : size - (i - n);
	if (cut > size)
		return;
	all = cut == size;
	make_dir(dir, 0755);
	ck_assert_int_eq(chdir(dir), 0);
	make_file("f", "old", 0644);
	ck_assert_int_eq(chdir(".."), 0);
	snprintf(whole, sizeof(whole), "f <%zu>\n", size);
	snprintf(command, sizeof(command), "scp -t %s/f", dir);
	bytes_addf(&stream, "C0644 %zu x\n", size);
	while (cut-- > 0)
		bytes_add(&stream, "x", 1);
	server_start(&s, &(struct launch){ .command = command });
	server_send(&s, stream.p, stream.len);
	server_close_input(&s);
	status = server_wait(&s);
	/* These flags take the end of input for the closing byte. */
	if (status != (all ? 0 : 1))
		server_fail(&s, "cut %zu: exit status %d", i, status);
	check_tree(&s, dir, all ? whole : "f old\n");
	server_clear(&s);
	bytes_free(&stream);
	tree_remove(dir);
}

START_TEST(large_file_cut)
{
	share(large_job, &large_sizes[_i], 7 + 3);
}
END_TEST

/* --- killed ------------------------------------------------------------- */

/* Whatever it was doing: old or new; and the next session sweeps. */
static void
kill_job(const void *arg, size_t i, const char *dir)
{
	static const char next[] = "D0755 0 d\nC0644 1 s\ns\0E\nC0644 1 s\ns";
	const struct timespec pause = { .tv_nsec =
					    (long)(i * 37 % 41) * 80000 };
	const struct cuts *c = arg;
	struct bytes list = { 0 };
	char command[32];
	struct server s;

	begin(&s, c->recording, dir);
	server_send(&s, c->stream.p, c->stream.len);
	nanosleep(&pause, NULL);
	server_clear(&s);
	tree_text(dir, &list);
	ck_assert_msg(holds(list.p, " f old\n| f NEW\n"), "%s", list.p);
	ck_assert_msg(
	    holds(list.p, " d/b older than b\n| d/b new\n"), "%s", list.p);
	bytes_free(&list);
	snprintf(command, sizeof(command), "scp -r -t %s", dir);
	blind(&(struct launch){ .command = command }, next, sizeof(next),
	    "0000000", 0);
	ck_assert_msg(!tree_has_temp(dir), "a temporary file is left");
	tree_remove(dir);
}

START_TEST(killed_at_any_time)
{
	struct cuts c = { .recording = &recordings[LENGTH(recordings) - 1] };

	record_stream(c.recording, &c.stream);
	share(kill_job, &c, 200);
	bytes_free(&c.stream);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_cuts(TCase *tc)
{
	const int n = (int)LENGTH(recordings);

	tcase_add_loop_test(tc, cut_after_each_byte, 0, n);
	tcase_add_loop_test(tc, ended_after_each_byte, 0, n);
	tcase_add_loop_test(tc, large_file_cut, 0, (int)LENGTH(large_sizes));
	tcase_add_test(tc, killed_at_any_time);
}

int
main(void)
{
	Suite *suite = suite_create("cut");

	driver_add(suite, add_cuts, AS_ACCOUNT);
	return driver_run(suite);
}

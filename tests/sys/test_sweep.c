/* SPDX-License-Identifier: ISC */
/*
 * Sessions that are killed, or whose system calls fail, at every call that they
 * make after they have confined themselves.  Killed (R-FILE-1, R-FILE-2): each
 * name has the whole old file or the whole new one, and the next session
 * removes the one temporary file that may be left, and nothing that only looks
 * like one.  Failed: the same and no temporary file; whoever waits gets one
 * answer for each thing sent, what was acknowledged is there, the exit status
 * is 1 unless all went well, the log says what happened, and no descriptor is
 * forgotten.
 *
 * SWEEP=all tries all points, else some are left out; how many were tried is
 * printed at the end.
 */
#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "trace.h"

/* --- sessions ---------------------------------------------------------- */

enum piece_type {
	RECORD,
	HEADER, /* DATA follows where it is accepted */
	DATA,
	DIRECTORY /* contents and END follow where it is accepted */
};

struct piece {
	enum piece_type type;
	const char *bytes;
	size_t len;
	const char *file; /* of DATA: the name, and what it has then */
	const char *text;
};

#define PIECE(type, s, file, text)                                             \
	{                                                                      \
		type, s, sizeof(s) - 1, file, text                             \
	}

static const struct piece one[] = {
	PIECE(HEADER, "C0644 3 f\n", NULL, NULL),
	PIECE(DATA, "new\0", "f", "new"),
};

static const struct piece read_only[] = {
	PIECE(RECORD, "T1 0 1 0\n", NULL, NULL),
	PIECE(HEADER, "C0444 3 f\n", NULL, NULL),
	PIECE(DATA, "new\0", "f", "new"),
};

static const struct piece tree[] = {
	PIECE(RECORD, "T1 0 1 0\n", NULL, NULL),
	PIECE(DIRECTORY, "D0555 0 d\n", NULL, NULL),
	PIECE(RECORD, "T1 0 1 0\n", NULL, NULL),
	PIECE(HEADER, "C0644 3 a\n", NULL, NULL),
	PIECE(DATA, "new\0", "d/a", "new"),
	PIECE(HEADER, "C0600 3 b\n", NULL, NULL),
	PIECE(DATA, "NEW\0", "d/b", "NEW"),
	PIECE(RECORD, "E\n", NULL, NULL),
	PIECE(HEADER, "C0644 3 f\n", NULL, NULL),
	PIECE(DATA, "new\0", "f", "new"),
};

static const struct scenario {
	const char *title;
	const char *options;
	const char *command;
	bool old;                   /* f is there already */
	const struct piece *pieces; /* NULL: a download */
	size_t n;
} scenarios[] = {
	{ "new", NULL, "scp -d -t .", false, one, LENGTH(one) },
	{ "replace", NULL, "scp -d -t .", true, one, LENGTH(one) },
	{ "read-only", NULL, "scp -p -d -t .", false, read_only,
	    LENGTH(read_only) },
	{ "umask", "-u 0222", "scp -d -t .", false, one, LENGTH(one) },
	{ "tree", NULL, "scp -r -p -t .", true, tree, LENGTH(tree) },
	{ "version", "-o Overwrite=version", "scp -d -t .", true, one,
	    LENGTH(one) },
	{ "sync", "-o Sync=file", "scp -r -p -t .", true, tree, LENGTH(tree) },
	{ "sync at the end", "-o Sync=session", "scp -r -p -t .", true, tree,
	    LENGTH(tree) },
	{ "download", NULL, "scp -p -f f", true, NULL, 0 },
	{ "download tree", NULL, "scp -r -p -f .", true, NULL, 0 },
	{ "pipelined", "-o Pipelining=yes", "scp -r -p -f .", true, NULL, 0 },
	{ "patterns", "-o AllowNames=?", "scp -p -f {[f],*/g}", true, NULL, 0 },
};
#define UPLOADS 8

static void
prepare(const struct scenario *sc)
{
	make_dir("w", 0755);
	ck_assert_int_eq(chdir("w"), 0);
	if (sc->old)
		make_file("f", "old", 0644);
	if (sc->pieces == NULL) {
		make_dir("d", 0755);
		make_file("d/g", "gg", 0600);
		make_dir("e", 0755);
		make_file("e/g", "GG", 0600);
		/* All runs are to give the same records. */
		set_times("f", 1, 1);
		set_times("d/g", 1, 1);
		set_times("d", 1, 1);
		set_times("e/g", 1, 1);
		set_times("e", 1, 1);
		set_times(".", 1, 1);
	}
}

static void
put_away(void)
{
	ck_assert_int_eq(chdir(".."), 0);
	tree_remove("w");
}

/* What a session gave: all of it, and what was acknowledged. */
struct outcome {
	int status;
	bool complained; /* an answer that was no zero */
	size_t stored;   /* pieces whose data were acknowledged, a bit each */
};

/* The next answer: 0, 1 or 2; -1 when there is none. */
static int
answer(struct server *s)
{
	const char *end;
	int level;

	for (;;) {
		if (s->taken < s->received.len) {
			level = (unsigned char)s->received.p[s->taken];
			end = level == 0
			    ? s->received.p + s->taken
			    : memchr(s->received.p + s->taken, '\n',
				  s->received.len - s->taken);
			if (end != NULL) {
				s->taken = (size_t)(end - s->received.p) + 1;
				return level;
			}
		}
		if (s->out == -1)
			return -1;
		server_more(s);
	}
}

static void
upload(struct server *s, const struct scenario *sc, struct outcome *o)
{
	bool skip_data = false, skip_tree = false;
	int level;

	level = answer(s);
	o->complained = level > 0;
	for (size_t i = 0; level >= 0 && level < 2 && i < sc->n; i++) {
		const struct piece *p = &sc->pieces[i];

		if (skip_tree) {
			skip_tree = p->bytes[0] != 'E';
			continue;
		}
		if (p->type == DATA && skip_data)
			continue;
		server_send(s, p->bytes, p->len);
		level = answer(s);
		skip_data = p->type == HEADER && level != 0;
		skip_tree = p->type == DIRECTORY && level != 0;
		if (p->type == DATA && level == 0)
			o->stored |= (size_t)1 << i;
		o->complained = o->complained || level > 0;
	}
}

static void
play(struct server *s, const struct scenario *sc, const struct trace *t,
    struct outcome *o)
{
	static const char acks[256];
	char command[64];
	bool has_patterns = strchr(sc->command, '*') != NULL;

	/* The command names the directory "w" for the dot that it ends in. */
	snprintf(command, sizeof(command), "%.*sw/%s",
	    (int)(strrchr(sc->command, ' ') + 1 - sc->command), sc->command,
	    strrchr(sc->command, ' ') + 1);
	*o = (struct outcome){ 0 };
	server_start(s,
	    &(struct launch){ .options = sc->options,
		.command = has_patterns ? NULL : command,
		.text = has_patterns ? command : NULL,
		.trace = t });
	if (sc->pieces != NULL)
		upload(s, sc, o);
	else
		server_send(s, acks, sizeof(acks));
	server_close_input(s);
	o->status = server_wait(s);
	/* Nothing is said that nobody waits for. */
	if (sc->pieces != NULL && answer(s) > 0)
		o->complained = true;
	snprintf(s->title + strlen(s->title),
	    sizeof(s->title) - strlen(s->title), " [%s] call %ld, errno %d",
	    sc->title, t->at, t->error);
}

/* --- what is there afterwards ------------------------------------------ */

static void
text_of(const char *path, struct bytes *b)
{
	bytes_add(b, "", 0);
	if (access(path, F_OK) == 0)
		read_file(path, b);
	else
		bytes_add(b, "(none)", 6);
}

static void
check_file(struct server *s, const struct scenario *sc, size_t i, bool stored)
{
	const struct piece *p = &sc->pieces[i];
	const char *old;
	struct bytes b = { 0 };

	old = sc->old && strcmp(p->file, "f") == 0 ? "old" : "(none)";
	text_of(p->file, &b);
	if (strcmp(b.p, p->text) != 0 && (stored || strcmp(b.p, old) != 0))
		server_fail(s, "%s: \"%s\"", p->file, b.p);
	bytes_free(&b);
}

static void
check_files(struct server *s, const struct scenario *sc, size_t stored)
{
	for (size_t i = 0; i < sc->n; i++)
		if (sc->pieces[i].type == DATA)
			check_file(s, sc, i, (stored >> i & 1) != 0);
}

/* No name but these below the directory: a blank before and behind each. */
static void
check_names(struct server *s, bool temp_too)
{
	static const char known[] = " f d/ d/a d/b d/g f.~1~ f.~2~ ";
	struct bytes list = { 0 };
	char *line, *rest, *name, *end;
	char word[256];

	tree_text(".", &list);
	bytes_add(&list, "", 0);
	for (rest = list.p; (line = strsep(&rest, "\n")) != NULL;) {
		if ((name = strchr(line, ' ')) == NULL)
			continue;
		if ((end = strchr(++name, ' ')) != NULL)
			*end = '\0';
		snprintf(word, sizeof(word), " %s ", name);
		if (strstr(known, word) == NULL &&
		    !(temp_too && strstr(name, ".scp-server.") != NULL))
			server_fail(s, "there is %s", name);
	}
	bytes_free(&list);
}

/* --- look-alikes ------------------------------------------------------- */

#define ALIKE ".scp-server.00000000000000"

static int alive = -1;

/* What no sweep may touch. */
static void
make_lookalikes(void)
{
	make_link(ALIKE "01~", "f");
	make_file("victim", "victim", 0644);
	ck_assert_int_eq(link("victim", ALIKE "02~"), 0);
	make_fifo(ALIKE "03~");
	make_dir(ALIKE "04~", 0755);
	make_file(ALIKE "05~", "read-only", 0444);
	make_file(ALIKE "06~", "alive", 0644);
	make_file(".scp-server.000000000000000A~", "pattern", 0644);
	alive = open(ALIKE "06~", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(flock(alive, LOCK_EX | LOCK_NB), 0);
}

static void
remove_lookalikes(struct server *s)
{
	static const char *const names[] = { ALIKE "01~", ALIKE "02~",
		ALIKE "03~", ALIKE "05~", ALIKE "06~",
		".scp-server.000000000000000A~", "victim" };

	close(alive);
	for (size_t i = 0; i < LENGTH(names); i++)
		if (unlink(names[i]) == -1)
			server_fail(s, "%s was swept", names[i]);
	if (rmdir(ALIKE "04~") == -1)
		server_fail(s, "a directory was swept");
}

/* --- one point --------------------------------------------------------- */

static struct trace_result *result;

static size_t points;

static void
sweep_afterwards(const struct scenario *sc)
{
	static const char next[] = "C0644 1 z\nx\0D0755 0 d\nC0644 1 z\nx\0E\n";

	/* What was made read-only is somebody's business to open again. */
	if (access("d", F_OK) == 0)
		ck_assert_int_eq(chmod("d", 0755), 0);
	blind(&(struct launch){ .options = sc->options,
		  .command = "scp -r -t w" },
	    next, sizeof(next) - 1, "0000000", 0);
}

static void
kill_at(const struct scenario *sc, long at)
{
	const struct trace t = { .at = at, .result = result };
	struct outcome o;
	struct server s;

	prepare(sc);
	play(&s, sc, &t, &o);
	points++;
	check_files(&s, sc, o.stored);
	check_names(&s, true);
	make_lookalikes();
	sweep_afterwards(sc);
	remove_lookalikes(&s);
	if (tree_has_temp("."))
		server_fail(&s, "a temporary file is left");
	server_clear(&s);
	put_away();
}

/* May this call's failure leave a temporary file to the next session? */
static bool
may_leave_temp(long number)
{
	return number == SYS_unlinkat || number == SYS_newfstatat ||
	    number == SYS_fstat;
}

/* May this one's keep the log from being written? */
static bool
may_silence(long number)
{
	return number == SYS_write || number == SYS_ppoll;
}

/* As in a shell, what is not found or not to be entered fits no pattern. */
static bool
may_be_absent(const struct scenario *sc, int error)
{
	return strchr(sc->command, '*') != NULL &&
	    (error == ENOENT || error == ENOTDIR || error == EACCES ||
		error == ELOOP);
}

static void
fail_at(const struct scenario *sc, long at, int error, int open,
    const struct bytes *whole)
{
	const struct trace t = { .at = at, .error = error, .result = result };
	struct outcome o;
	struct server s;
	bool all;

	prepare(sc);
	play(&s, sc, &t, &o);
	points++;
	all = sc->pieces == NULL ? s.received.len == whole->len &&
		memcmp(s.received.p, whole->p, whole->len) == 0
				 : !o.complained;
	if (o.status != 0 && o.status != 1)
		server_fail(
		    &s, "call %ld: status %d", result->number, o.status);
	if (o.status == 0 && !all && !may_be_absent(sc, error))
		server_fail(&s, "call %ld: success for less", result->number);
	if (o.status == 1 && !may_silence(result->number) &&
	    !holds(s.log.p, "failed|refused|error"))
		server_fail(
		    &s, "call %ld: the log says nothing", result->number);
	if (result->open > open)
		server_fail(&s, "call %ld: %d descriptors left, not %d",
		    result->number, result->open, open);
	if (sc->pieces != NULL) {
		check_files(&s, sc, o.status == 0 ? ~(size_t)0 : o.stored);
		check_names(&s, may_leave_temp(result->number));
	}
	server_clear(&s);
	put_away();
}

/* --- all points -------------------------------------------------------- */

/* How many calls it makes, which they are, and what is open at its end. */
static long
count_calls(const struct scenario *sc, int *open, struct bytes *whole)
{
	const struct trace t = { .result = result };
	struct outcome o;
	struct server s;

	prepare(sc);
	play(&s, sc, &t, &o);
	if (o.status != 0 || o.complained || result->calls < 10)
		server_fail(
		    &s, "status %d, %ld calls", o.status, result->calls);
	*open = result->open;
	bytes_add(whole, s.received.p, s.received.len);
	server_clear(&s);
	put_away();
	return result->calls;
}

static long
stride(void)
{
	const char *sweep = getenv("SWEEP");

	return sweep != NULL && strcmp(sweep, "all") == 0 ? 1 : 7;
}

static void
start(void)
{
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(result, MAP_FAILED);
}

static void
report(const struct scenario *sc, const char *what)
{
	printf("# %s, %s: %zu points tried, 0 violated\n", sc->title, what,
	    points);
	fflush(stdout);
}

START_TEST(killed)
{
	const struct scenario *sc = &scenarios[_i];
	struct bytes whole = { 0 };
	long calls;
	int open;

	start();
	calls = count_calls(sc, &open, &whole);
	for (long at = 1 + _i % stride(); at <= calls; at += stride())
		kill_at(sc, at);
	report(sc, "killed");
	bytes_free(&whole);
}
END_TEST

/* What the manual pages name, EIO for all. */
static const struct {
	long call;
	int errors[12];
} errors[] = {
	{ SYS_openat,
	    { EACCES, EEXIST, EINTR, EISDIR, ELOOP, EMFILE, ENFILE, ENOENT,
		ENOMEM, ENOSPC, EDQUOT, EROFS } },
	{ SYS_write, { EIO, ENOSPC, EDQUOT, EFBIG, EINTR, EPIPE, EPERM } },
	{ SYS_splice, { EIO, ENOSPC, EINVAL, ENOMEM, EINTR } },
	{ SYS_read, { EIO, EINTR, ECONNRESET, EISDIR } },
	{ SYS_pread64, { EIO, EINTR, EISDIR, EOVERFLOW } },
	{ SYS_close, { EIO, EINTR, ENOSPC, EDQUOT } },
	{ SYS_fsync, { EIO, EINVAL, ENOSPC, EDQUOT, EROFS, EINTR } },
	{ SYS_syncfs, { EIO, ENOSPC, EDQUOT } },
	{ SYS_renameat2,
	    { EACCES, EBUSY, EDQUOT, EEXIST, EINVAL, EISDIR, ENOENT, ENOMEM,
		ENOSPC, EPERM, EROFS, EXDEV } },
	{ SYS_unlinkat, { EACCES, EBUSY, EIO, EISDIR, ENOENT, EPERM, EROFS } },
	{ SYS_mkdirat,
	    { EACCES, EDQUOT, EEXIST, EMLINK, ENOENT, ENOSPC, EPERM, EROFS } },
	{ SYS_fchmod, { EACCES, EIO, EPERM, EROFS } },
	{ SYS_fchown, { EACCES, EDQUOT, EINVAL, EIO, EPERM, EROFS } },
	{ SYS_utimensat, { EACCES, EINVAL, EPERM, EROFS } },
	{ SYS_newfstatat, { EACCES, ELOOP, ENOENT, ENOMEM, ENOTDIR } },
	{ SYS_fstat, { EIO, ENOMEM, EOVERFLOW } },
	{ SYS_flock, { EINTR, ENOLCK, EWOULDBLOCK, EOPNOTSUPP } },
	{ SYS_fcntl, { EBUSY, EMFILE, EPERM } },
	{ SYS_getrandom, { EINTR, EAGAIN, ENOSYS } },
	/* ENOENT, of a directory that is gone, is an end to readdir(3). */
	{ SYS_getdents64, { EIO, ENOTDIR } },
	{ SYS_fgetxattr, { ENODATA, ENOTSUP, ERANGE, EIO } },
	{ SYS_flistxattr, { ENOTSUP, ERANGE, E2BIG } },
	{ SYS_fsetxattr, { EDQUOT, ENOSPC, ENOTSUP, EPERM } },
	{ SYS_statx, { EIO, EINTR, ENOSYS } },
	{ SYS_fstatfs, { EIO, EINTR, ENOSYS, EOVERFLOW } },
	{ SYS_readlinkat, { EIO, EINVAL, ENOENT } },
	{ SYS_ppoll, { EINTR, ENOMEM } },
	{ SYS_brk, { ENOMEM } },
	{ SYS_mmap, { ENOMEM } },
};

static const int *
errors_of(long call)
{
	static const int others[] = { EIO, 0 };

	for (size_t i = 0; i < LENGTH(errors); i++)
		if (errors[i].call == call)
			return errors[i].errors;
	return others;
}

static void
fail_all(const struct scenario *sc, long at, int open,
    const struct bytes *whole, size_t *turn)
{
	const int *e;
	size_t i;

	/* The first tells which call it is. */
	fail_at(sc, at, EIO, open, whole);
	e = errors_of(result->number);
	for (i = 0; i < LENGTH(errors[0].errors) && e[i] != 0; i++)
		if (e[i] != EIO && (*turn)++ % (size_t)stride() == 0)
			fail_at(sc, at, e[i], open, whole);
}

START_TEST(failed)
{
	const struct scenario *sc = &scenarios[_i];
	struct bytes whole = { 0 };
	size_t turn = (size_t)_i;
	long calls;
	int open;

	start();
	calls = count_calls(sc, &open, &whole);
	for (long at = 1 + _i % stride(); at <= calls; at += stride())
		fail_all(sc, at, open, &whole, &turn);
	report(sc, "failed");
	bytes_free(&whole);
}
END_TEST

static void
add_sweeps(TCase *tc)
{
	tcase_add_loop_test(tc, killed, 0, UPLOADS);
	tcase_add_loop_test(tc, failed, 0, (int)LENGTH(scenarios));
	tcase_set_timeout(tc, 1200);
}

int
main(void)
{
	Suite *suite;

#ifndef __x86_64__
	puts("1..0 # SKIP calls are diverted on x86-64 only");
	return 0;
#endif
#ifdef INSTRUMENTED
	puts("1..0 # SKIP sanitizers make calls of their own");
	return 0;
#endif
	suite = suite_create("sweep");
	driver_add(suite, add_sweeps, AS_ACCOUNT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * Many sessions at once: that write the same name, the same tree, different
 * names in one directory, and versions of one name.  All are served, each file
 * is there in the end, and who reads the names meanwhile sees whole files of
 * one session each (R-FILE-1); nobody's temporary file is taken for a dead one
 * (R-FILE-2).
 *
 * SESSIONS says how many, 24 unless it is set; what they have moved is printed.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

/* Uploads of each session; bytes of a file, which are more for each writer. */
#define ROUNDS     4
#define FILE_BYTES 20000
#define ROOM       (FILE_BYTES + 1024)

#define READERS 3

static struct shared {
	unsigned long reads;
	unsigned long absent;
} * shared;

static unsigned
sessions(void)
{
	const char *text = getenv("SESSIONS");
	unsigned long n = text == NULL ? 24 : strtoul(text, NULL, 10);

	return n < 2 ? 2 : n > 255 ? 255 : (unsigned)n;
}

static double
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- what is written ----------------------------------------------------- */

/* A writer's file: one byte over and over, as often as nobody else has it. */
static size_t
size_of(unsigned writer)
{
	return FILE_BYTES + writer;
}

static void
add_file(struct bytes *b, const char *name, unsigned writer)
{
	static char data[ROOM];

	memset(data, (int)writer, size_of(writer));
	bytes_addf(b, "C0644 %zu %s\n", size_of(writer), name);
	bytes_add(b, data, size_of(writer));
	bytes_add(b, "", 1);
}

/* Is this the whole file of one writer? */
static bool
is_whole(const unsigned char *data, size_t len)
{
	return len > 0 && len == size_of(data[0]) &&
	    memcmp(data, data + 1, len - 1) == 0;
}

/* Read a file: who wrote it, 0 if it is absent, -1 if nobody did. */
static int
writer_of(const char *path)
{
	static unsigned char data[ROOM];
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return errno == ENOENT ? 0 : -1;
	n = read(fd, data, sizeof(data));
	(void)close(fd);
	return n > 0 && is_whole(data, (size_t)n) ? data[0] : -1;
}

/* --- who reads meanwhile -------------------------------------------------- */

static volatile sig_atomic_t ended;

static void
on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static _Noreturn void
read_all_the_while(const char *const *names, size_t n)
{
	int writer;

	(void)signal(SIGTERM, on_signal);
	for (size_t i = 0; !ended; i++) {
		writer = writer_of(names[i % n]);
		if (writer == -1)
			_exit(1);
		(void)__atomic_add_fetch(
		    writer == 0 ? &shared->absent : &shared->reads, 1,
		    __ATOMIC_RELAXED);
		if (i % n == 0)
			(void)poll(NULL, 0, 1);
	}
	_exit(0);
}

/* --- who writes ------------------------------------------------------------
 */

/* Send it all and take so many answers: was it served? */
static bool
upload(const struct launch *l, const struct bytes *stream, size_t answers)
{
	struct server s;
	bool ok = true;

	server_start(&s, l);
	server_send(&s, stream->p, stream->len);
	server_close_input(&s);
	ok = server_wait(&s) == 0;
	while (s.out != -1)
		server_more(&s);
	ok = ok && s.received.len == answers &&
	    memchr(s.received.p, '\1', answers) == NULL;
	if (!ok)
		fprintf(stderr, "%.*s\n%.*s\n", (int)s.log.len, s.log.p,
		    (int)s.received.len, s.received.p);
	server_clear(&s);
	return ok;
}

struct work {
	const char *title;
	const char *options;
	const char *command;
	/* What one writer sends, and how many answers that has. */
	size_t (*make)(struct bytes *b, unsigned writer);
	const char *const *names; /* read meanwhile */
	size_t nnames;
};

static _Noreturn void
write_rounds(const struct work *w, unsigned writer)
{
	struct bytes stream = { 0 };
	size_t answers;

	answers = w->make(&stream, writer) + 1;
	for (int i = 0; i < ROUNDS; i++)
		if (!upload(&(struct launch){ .options = w->options,
				.command = w->command },
			&stream, answers))
			_exit(1);
	_exit(0);
}

static pid_t
begin(void)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	return pid;
}

static void
wait_for(pid_t pid, const char *who)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(
	    status == 0, "a %s ended with %#x", who, (unsigned)status);
}

static void
report(const struct work *w, double took)
{
	struct bytes stream = { 0 };
	double files = (double)sessions() * ROUNDS;

	(void)w->make(&stream, 1);
	printf("# %s: %u at once, %.0f sessions in %.2f s: %.0f/s, %.1f MB/s; "
	       "%lu whole files read, %lu times none\n",
	    w->title, sessions(), files, took, files / took,
	    files * (double)stream.len / took / 1e6, shared->reads,
	    shared->absent);
	(void)fflush(stdout);
	bytes_free(&stream);
}

static void
run(const struct work *w)
{
	pid_t readers[READERS], writers[256];
	unsigned i, n = sessions();
	double start = seconds();

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	for (i = 0; i < READERS; i++)
		if ((readers[i] = begin()) == 0)
			read_all_the_while(w->names, w->nnames);
	for (i = 1; i <= n; i++)
		if ((writers[i] = begin()) == 0)
			write_rounds(w, i);
	for (i = 1; i <= n; i++)
		wait_for(writers[i], "writer");
	for (i = 0; i < READERS; i++) {
		ck_assert_int_eq(kill(readers[i], SIGTERM), 0);
		wait_for(readers[i], "reader");
	}
	report(w, seconds() - start);
	ck_assert_uint_gt(shared->reads, 0);
}

/* --- the same name ----------------------------------------------------------
 */

static const char *const one_name[] = { "f" };

static size_t
make_one(struct bytes *b, unsigned writer)
{
	add_file(b, "f", writer);
	return 2;
}

START_TEST(same_name)
{
	run(&(struct work){
	    "the same name", NULL, "scp -t f", make_one, one_name, 1 });
	ck_assert_int_gt(writer_of("f"), 0);
	unlink("f");
	ck_tree("");
}
END_TEST

/* --- the same tree -----------------------------------------------------------
 */

static const char *const tree_names[] = { "t/a", "t/s/a", "t/s/b", "t/z" };

static size_t
make_same_tree(struct bytes *b, unsigned writer)
{
	bytes_addf(b, "D0755 0 t\n");
	add_file(b, "a", writer);
	bytes_addf(b, "D0755 0 s\n");
	add_file(b, "a", writer);
	add_file(b, "b", writer);
	bytes_addf(b, "E\n");
	add_file(b, "z", writer);
	bytes_addf(b, "E\n");
	return 12;
}

START_TEST(same_tree)
{
	run(&(struct work){ "the same tree", NULL, "scp -r -t .",
	    make_same_tree, tree_names, LENGTH(tree_names) });
	for (size_t i = 0; i < LENGTH(tree_names); i++) {
		ck_assert_int_gt(writer_of(tree_names[i]), 0);
		unlink(tree_names[i]);
	}
	ck_tree("0755 t/\n0755 t/s/\n");
}
END_TEST

/* --- different names
 * ---------------------------------------------------------- */

static size_t
make_own(struct bytes *b, unsigned writer)
{
	char name[32];

	snprintf(name, sizeof(name), "f%u", writer);
	add_file(b, name, writer);
	return 2;
}

START_TEST(different_names)
{
	static const char *const names[] = { "f1", "f2", "f3" };
	char name[32];

	run(&(struct work){ "different names", NULL, "scp -t .", make_own,
	    names, LENGTH(names) });
	for (unsigned i = 1; i <= sessions(); i++) {
		snprintf(name, sizeof(name), "f%u", i);
		ck_assert_int_eq(writer_of(name), (int)i);
		unlink(name);
	}
	ck_tree("");
}
END_TEST

/* --- versions
 * ------------------------------------------------------------------ */

/* As many as there were uploads: not one was lost. */
START_TEST(versions)
{
	unsigned i, writer, n = sessions(), seen[256] = { 0 };
	char name[64];

	run(&(struct work){ "versions of one name", "-o Overwrite=version",
	    "scp -t f", make_one, one_name, 1 });
	for (i = 0; i < n * ROUNDS; i++) {
		snprintf(name, sizeof(name), i == 0 ? "f" : "f.~%u~", i);
		writer = (unsigned)writer_of(name);
		ck_assert_msg(
		    writer > 0 && writer <= n, "%s: %u", name, writer);
		seen[writer]++;
		unlink(name);
	}
	for (i = 1; i <= n; i++)
		ck_assert_uint_eq(seen[i], ROUNDS);
	ck_tree("");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, same_name);
	tcase_add_test(tc, same_tree);
	tcase_add_test(tc, different_names);
	tcase_add_test(tc, versions);
}

int
main(void)
{
	Suite *suite = suite_create("parallel");

	driver_add(suite, add, AS_ACCOUNT);
	return driver_run(suite);
}

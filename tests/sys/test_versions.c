/* SPDX-License-Identifier: ISC */
/*
 * Overwrite version with many at once: what was acknowledged is there, as the
 * file or as an old version of it; there is no moment without the name; and a
 * session that is killed leaves one whole version too many at most.
 *
 * SESSIONS says how many there are at once, 200 if it is not set.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "trace.h"

#define SESSIONS_MAX 500

static int
sessions(void)
{
	const char *text = getenv("SESSIONS");
	int n = text == NULL ? 200 : atoi(text);

	ck_assert(n > 0 && n <= SESSIONS_MAX);
	return n;
}

/* --- a watcher -------------------------------------------------------- */

struct watch {
	pid_t pid;
	volatile struct seen {
		bool stop;
		unsigned long looks;
		unsigned long missing;
		unsigned long other; /* neither whole nor missing */
	} * seen;
};

/* Each content is a number of three digits, twice: torn ones are known. */
static bool
is_whole(const char *text, ssize_t len)
{
	return len == 6 && memcmp(text, text + 3, 3) == 0;
}

static void
watch_name(volatile struct seen *seen)
{
	char text[16];
	ssize_t n;
	int fd;

	while (!seen->stop) {
		seen->looks++;
		if ((fd = open("f", O_RDONLY | O_CLOEXEC)) == -1) {
			seen->missing++;
			continue;
		}
		n = read(fd, text, sizeof(text));
		if (!is_whole(text, n))
			seen->other++;
		close(fd);
	}
}

static void
watch_start(struct watch *w)
{
	void *shared = mmap(NULL, sizeof(*w->seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(shared, MAP_FAILED);
	w->seen = shared;
	w->pid = fork();
	ck_assert_int_ne(w->pid, -1);
	if (w->pid == 0) {
		watch_name(w->seen);
		_exit(0);
	}
}

static void
watch_end(struct watch *w)
{
	w->seen->stop = true;
	ck_assert_int_eq(waitpid(w->pid, NULL, 0), w->pid);
	ck_assert_uint_gt(w->seen->looks, 100);
	ck_assert_uint_eq(w->seen->missing, 0);
	ck_assert_uint_eq(w->seen->other, 0);
}

/* --- what is there ------------------------------------------------------ */

struct kept {
	unsigned n; /* f and its versions */
	unsigned long newest, oldest;
	unsigned char count[1000]; /* of files that have this number */
};

static void
look(struct kept *k)
{
	struct dirent *entry;
	unsigned long number;
	struct bytes text = { 0 };
	DIR *dir;

	memset(k, 0, sizeof(*k));
	k->oldest = 1000000;
	dir = opendir(".");
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, "f") != 0 &&
		    strncmp(entry->d_name, "f.~", 3) != 0)
			continue;
		text.len = 0;
		read_file(entry->d_name, &text);
		ck_assert(is_whole(text.p, (ssize_t)text.len));
		k->count[atoi(
		    (char[]){ text.p[0], text.p[1], text.p[2], 0 })]++;
		k->n++;
		if (entry->d_name[1] == '\0')
			continue;
		number = strtoul(entry->d_name + 3, NULL, 10);
		if (k->newest < number)
			k->newest = number;
		if (k->oldest > number)
			k->oldest = number;
	}
	closedir(dir);
	bytes_free(&text);
}

/* --- uploads ---------------------------------------------------------- */

/* Until nothing is missing but the data. */
static void
begin(struct server *s, const char *options, const struct trace *trace)
{
	server_start(s,
	    &(struct launch){
		.options = options, .command = "scp -t f", .trace = trace });
	server_send(s, "C0644 6 f\n", 10);
}

static void
send_data(struct server *s, int number)
{
	char bytes[16];
	int n;

	n = snprintf(bytes, sizeof(bytes), "%03d%03d", number, number);
	server_send(s, bytes, (size_t)n + 1);
	server_close_input(s);
}

static void
upload(struct server *s, const char *options, int number)
{
	begin(s, options, NULL);
	send_data(s, number);
}

static bool
acknowledged(struct server *s)
{
	int status = server_wait(s);
	bool ok =
	    s->received.len == 3 && memcmp(s->received.p, "\0\0\0", 3) == 0;

	if (ok != (status == 0))
		server_fail(s, "exit status %d", status);
	server_clear(s);
	return ok;
}

/* From 1 on; returns how many were acknowledged, each also in ok. */
static unsigned
upload_all(const char *options, bool ok[SESSIONS_MAX + 1])
{
	static struct server running[SESSIONS_MAX + 1];
	const struct rlimit files = { 4096, 4096 };
	unsigned acks = 0;

	(void)setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 1; i <= sessions(); i++)
		begin(&running[i], options, NULL);
	for (int i = 1; i <= sessions(); i++)
		expect_bytes(&running[i], "\0\0", 2);
	for (int i = 1; i <= sessions(); i++)
		send_data(&running[i], i);
	for (int i = 1; i <= sessions(); i++)
		acks += ok[i] = acknowledged(&running[i]);
	return acks;
}

START_TEST(many_at_once)
{
	bool ok[SESSIONS_MAX + 1];
	struct watch watch;
	struct kept kept;
	unsigned acks;

	make_file("f", "000000", 0644);
	watch_start(&watch);
	acks = upload_all("-o Overwrite=version", ok);
	watch_end(&watch);
	ck_assert_uint_eq(acks, (unsigned)sessions());
	look(&kept);
	ck_assert_uint_eq(kept.n, acks + 1);
	ck_assert_uint_eq(kept.newest, acks);
	for (int i = 0; i <= sessions(); i++)
		ck_assert_uint_eq(kept.count[i], 1);
}
END_TEST

/* None of them is refused, or lost on its way by another one's tidying up. */
START_TEST(few_are_kept)
{
	static const char options[] = "-o Overwrite=version -o KeepVersions=3";
	bool ok[SESSIONS_MAX + 1];
	struct watch watch;
	struct kept kept;
	struct server s;

	make_file("f", "000000", 0644);
	watch_start(&watch);
	ck_assert_uint_eq(upload_all(options, ok), (unsigned)sessions());
	/* 64 are removed at once. */
	for (int i = 0; i <= sessions() / 64; i++) {
		upload(&s, options, 900 + i);
		ck_assert(acknowledged(&s));
	}
	watch_end(&watch);
	look(&kept);
	ck_assert_uint_eq(kept.n, 4);
	ck_assert_uint_eq(kept.oldest + 2, kept.newest);
	ck_assert_uint_eq(kept.count[900 + sessions() / 64], 1);
}
END_TEST

/* --- killed ----------------------------------------------------------- */

static struct trace_result *result;

/* With f the old one or the new one, and each version one of them. */
static unsigned
kill_one(long at)
{
	const struct trace trace = { .at = at, .result = result };
	struct kept kept;
	struct server s;

	(void)unlink("f.~1~");
	(void)unlink("f");
	make_file("f", "000000", 0644);
	begin(&s, "-o Overwrite=version", &trace);
	send_data(&s, 1);
	(void)server_wait(&s);
	server_clear(&s);
	look(&kept);
	ck_assert_uint_eq(kept.count[0], 1);
	ck_assert_uint_le(kept.count[1], 1);
	ck_assert_uint_eq(kept.n, kept.count[0] + kept.count[1]);
	ck_assert_int_eq(access("f", F_OK), 0);
	return kept.n;
}

START_TEST(killed_between_the_names)
{
	struct bytes text = { 0 };
	unsigned too_many = 0;
	struct server s;

	if (!can_trace())
		return;
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(result, MAP_FAILED);
	for (long at = 1;; at++) {
		unsigned n = kill_one(at);

		if (result->number == -1)
			break;
		text.len = 0;
		read_file("f", &text);
		if (n == 2 && memcmp(text.p, "000000", 6) == 0)
			too_many++;
	}
	/* There are such points, and only between the two names. */
	ck_assert_uint_ge(too_many, 1);
	ck_assert_uint_le(too_many, 2);
	upload(&s, "-o Overwrite=version", 2);
	ck_assert(acknowledged(&s));
	ck_assert(!tree_has_temp("."));
	bytes_free(&text);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_all(TCase *tc)
{
	tcase_add_test(tc, many_at_once);
	tcase_add_test(tc, few_are_kept);
	tcase_add_test(tc, killed_between_the_names);
}

int
main(void)
{
	Suite *suite = suite_create("versions");

	driver_add(suite, add_all, AS_ACCOUNT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * R-RES-1: memory, descriptors and work are bounded whatever arrives.  With
 * SYS_LONG=1 in the environment the sizes are what the promise says; without,
 * what a few seconds allow.
 */
#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

#define MIB ((size_t)1 << 20)

/* What a session's memory may differ by between two moments, in KiB. */
#define SLACK_KIB 64

/* And what it may ever be, code and libraries included. */
#define MOST_KIB (32L * 1024)

static bool
is_long(void)
{
	const char *value = getenv("SYS_LONG");

	return value != NULL && value[0] == '1';
}

static size_t
choose(size_t usual, size_t in_full)
{
	return is_long() ? in_full : usual;
}

/* A sanitizer's memory is not the program's. */
static bool instrumented;

struct usage {
	long memory;
	int descriptors;
};

static struct usage
usage_of(const struct server *s)
{
	struct usage u = { server_memory(s, "RssAnon:"),
		server_descriptors(s) };

	return u;
}

static void
ck_flat(struct server *s, struct usage early)
{
	struct usage late = usage_of(s);

	if (late.memory > early.memory + SLACK_KIB && !instrumented)
		server_fail(s, "memory grew from %ld to %ld KiB", early.memory,
		    late.memory);
	if (geteuid() == 0 && early.descriptors == -1)
		server_fail(s, "nobody tells the descriptors");
	if (late.descriptors > early.descriptors)
		server_fail(s, "descriptors grew from %d to %d",
		    early.descriptors, late.descriptors);
}

static void
ck_maxrss(struct server *s)
{
	if (s->maxrss > MOST_KIB && !instrumented)
		server_fail(s, "it used %ld KiB", s->maxrss);
}

static void
expect_acks(struct server *s, size_t n)
{
	while (n-- > 0)
		expect_ack(s);
}

/* --- size --------------------------------------------------------------- */

/*
 * Upload so many MiB, each of which begins with its number; returns the memory
 * at the end of the data.
 */
static long
upload_large(const struct launch *l, size_t mib, bool flat)
{
	struct usage early = { 0 };
	char *data = calloc(1, MIB);
	struct server s;
	long memory;
	char record[64];
	int n;

	ck_assert_ptr_nonnull(data);
	server_start(&s, l);
	expect_ack(&s);
	n = snprintf(record, sizeof(record), "C0644 %zu f\n", mib * MIB);
	server_send(&s, record, (size_t)n);
	expect_ack(&s);
	for (size_t i = 0; i < mib; i++) {
		snprintf(data, 32, "%zu", i);
		server_send(&s, data, MIB);
		if (i == 16)
			early = usage_of(&s);
	}
	memory = server_memory(&s, "RssAnon:");
	if (flat)
		ck_flat(&s, early);
	server_send(&s, "", 1);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	free(data);
	return memory;
}

START_TEST(large_upload)
{
	static const char *const reference[] = { "scp", "-t", "reference",
		NULL };
	const size_t mib = choose(256, 4096 + 3);
	char got[32], want[32];
	long ours, theirs;
	int fd;

	ours = upload_large(&(struct launch){ .command = "scp -t f",
				.ends = _i == 0 ? ENDS_PIPES : ENDS_SOCKETS },
	    mib, true);
	ck_assert_int_eq(status_of("f").st_size, (off_t)(mib * MIB));
	fd = open("f", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < mib; i++) {
		snprintf(want, sizeof(want), "%zu", i);
		ck_assert_int_eq(
		    pread(fd, got, sizeof(got), (off_t)(i * MIB)), sizeof(got));
		ck_assert_str_eq(got, want);
	}
	close(fd);
	ck_assert_int_eq(unlink("f"), 0);
	if (_i == 1 || instrumented)
		return;
	/* Which wants to know its user. */
	if (access("/usr/bin/scp", X_OK) == -1 || getpwuid(getuid()) == NULL) {
		skipped("no /usr/bin/scp to compare the memory with");
		return;
	}
	theirs = upload_large(
	    &(struct launch){ .program = "/usr/bin/scp", .argv = reference },
	    32, false);
	printf("# %ld KiB, scp %ld KiB\n", ours, theirs);
	ck_assert_int_le(ours, theirs * 3 / 2);
}
END_TEST

START_TEST(large_download)
{
	const size_t mib = choose(256, 4096 + 3);
	struct usage early = { 0 };
	struct server s;
	char record[64];
	int n;

	make_zeros("f", (off_t)(mib * MIB));
	n = snprintf(record, sizeof(record), "C0644 %zu f\n", mib * MIB);
	server_start(&s,
	    &(struct launch){ .command = "scp -f f",
		.ends = _i == 0 ? ENDS_PIPES : ENDS_SOCKETS });
	server_send(&s, "", 1);
	expect_bytes(&s, record, (size_t)n);
	server_send(&s, "", 1);
	for (size_t i = 0; i < mib; i++) {
		server_skip(&s, MIB - (i == mib - 1 ? 1 : 0));
		if (i == 16)
			early = usage_of(&s);
	}
	ck_flat(&s, early);
	expect_bytes(&s, "\0", 2);
	server_send(&s, "", 1);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
}
END_TEST

/* Announcing much costs nothing until it comes. */
START_TEST(announced_size)
{
	static const char *const sizes[] = { "9223372036854775807",
		"4611686018427387904", "1099511627776", "17179869184" };
	struct bytes record = { 0 };
	struct server s;

	bytes_addf(&record, "C0644 %s f\n", sizes[_i]);
	server_start(&s, &(struct launch){ .command = "scp -t d" });
	expect_ack(&s);
	server_send(&s, record.p, record.len);
	server_send(&s, "hello", 5);
	server_settle(&s);
	ck_answers(&s, s.received.p[1] == '\0' ? "0" : "1");
	if (s.received.p[1] == '\0') {
		struct bytes list = { 0 };

		/* No more than 8 MiB are reserved ahead. */
		ck_assert(tree_has_temp("."));
		tree_text(".", &list);
		list.p[strcspn(list.p + 5, " ") + 5] = '\0';
		ck_assert_int_le(
		    status_of(list.p + 5).st_blocks, (16 << 20) / 512);
		bytes_free(&list);
	}
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	server_clear(&s);
	ck_tree("");
	bytes_free(&record);
}
END_TEST

START_TEST(size_beyond_the_largest)
{
	static const char *const sizes[] = {
		"9223372036854775808", "18446744073709551615",
		"18446744073709551616", "18446744073709551621",
		"340282366920938463463374607431768211456",
		"000000000000000000000000000000000000000000000000000000000005x"
	};
	struct bytes stream = { 0 };

	bytes_addf(&stream, "C0644 %s f\nhello", sizes[_i]);
	bytes_add(&stream, "", 1);
	blind(&(struct launch){ .command = "scp -t f" }, stream.p, stream.len,
	    "01", 1);
	ck_tree("");
	bytes_free(&stream);
}
END_TEST

/* --- number -------------------------------------------------------------- */

START_TEST(many_files_uploaded)
{
	const size_t total = choose(5000, 100000), batch = 50;
	struct usage early = { 0 };
	struct bytes records = { 0 };
	struct server s;

	server_start(&s,
	    &(struct launch){
		.command = "scp -p -r -t d", .options = "-l ERROR" });
	expect_ack(&s);
	server_send(&s, "D0755 0 d\n", 10);
	expect_ack(&s);
	for (size_t i = 0; i < total; i += batch) {
		records.len = 0;
		for (size_t j = i; j < i + batch; j++) {
			bytes_addf(&records, "T1 0 1 0\nC0644 3 f%zu\nabc", j);
			bytes_add(&records, "", 1);
		}
		server_send(&s, records.p, records.len);
		expect_acks(&s, 3 * batch);
		if (i == 500)
			early = usage_of(&s);
	}
	ck_flat(&s, early);
	server_send(&s, "E\n", 2);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	ck_assert_int_eq(chdir("d"), 0);
	for (size_t i = 0; i < total; i++) {
		records.len = 0;
		bytes_addf(&records, "f%zu", i);
		ck_assert_int_eq(status_of(records.p).st_size, 3);
	}
	bytes_free(&records);
}
END_TEST

START_TEST(many_files_refused)
{
	const size_t total = choose(5000, 100000);
	struct usage early = { 0 };
	struct server s;

	make_dir("f", 0755);
	server_start(&s,
	    &(struct launch){ .command = "scp -rt .", .options = "-l ERROR" });
	expect_ack(&s);
	for (size_t i = 0; i < total; i++) {
		server_send(&s, "C0644 5 f\nhello", 16);
		ck_answers(&s, "01");
		if (i == 500)
			early = usage_of(&s);
	}
	ck_flat(&s, early);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
}
END_TEST

START_TEST(many_files_downloaded)
{
	const size_t total = choose(5000, 50000);
	const size_t record = strlen("C0644 0 f00000\n") + 1;
	struct usage early;
	struct server s;
	char name[32], *acks;

	make_dir("d", 0755);
	for (size_t i = 0; i < total; i++) {
		snprintf(name, sizeof(name), "d/f%05zu", i);
		make_file(name, "", 0644);
	}
	acks = calloc(2, total);
	ck_assert_ptr_nonnull(acks);
	server_start(&s,
	    &(struct launch){
		.command = "scp -r -f d", .options = "-l ERROR" });
	server_send(&s, acks, 2 + 2 * 500);
	server_skip(&s, 10 + 500 * record);
	server_settle(&s);
	early = usage_of(&s);
	server_send(&s, acks, 2 * (total - 501));
	server_skip(&s, (total - 501) * record);
	server_settle(&s);
	ck_flat(&s, early);
	server_send(&s, acks, 3);
	server_close_input(&s);
	server_skip(&s, record + 2);
	expect_end(&s, 0);
	server_clear(&s);
	free(acks);
}
END_TEST

/* Answers that make nothing, of which there may be any number. */
START_TEST(flood)
{
	static const struct {
		const char *record;
		size_t len;
		size_t answers;
		int status;
	} rows[] = {
		{ "\0", 1, 0, 0 },
		{ "\n", 1, 0, 0 },
		{ "T1 0 1 0\n", 9, 1, 0 },
		{ "Tx\n", 3, 1, 0 },
		{ "\1no\n", 4, 0, 1 },
		{ "D0755 0 d\nE\n", 12, 2, 0 },
		{ "C0644 0 f\n\0", 11, 2, 0 },
	};
	const size_t total = choose(5000, 1000000), batch = 100;
	struct usage early = { 0 };
	struct bytes records = { 0 };
	struct server s;

	for (size_t i = 0; i < batch; i++)
		bytes_add(&records, rows[_i].record, rows[_i].len);
	server_start(&s,
	    &(struct launch){
		.command = "scp -r -t .", .options = "-l ERROR" });
	expect_ack(&s);
	for (size_t i = 0; i < total; i += batch) {
		server_send(&s, records.p, records.len);
		expect_acks(&s, batch * rows[_i].answers);
		if (i == 500)
			early = usage_of(&s);
	}
	server_send(&s, "T1 0 1 0\n", 9);
	expect_ack(&s);
	ck_flat(&s, early);
	server_close_input(&s);
	expect_end(&s, rows[_i].status);
	server_clear(&s);
	bytes_free(&records);
}
END_TEST

/* --- depth ---------------------------------------------------------------- */

START_TEST(nested_directories)
{
	const size_t total = choose(10000, 100000);
	struct usage early = { 0 };
	struct server s;
	size_t depth = 0;

	server_start(&s,
	    &(struct launch){ .command = "scp -rt .", .options = "-l ERROR" });
	expect_ack(&s);
	for (size_t i = 0; i < total; i++) {
		server_send(&s, "D0755 0 d\n", 10);
		expect_ack(&s);
		if (i == 500)
			early = usage_of(&s);
	}
	ck_flat(&s, early);
	for (size_t i = 0; i < total; i++)
		server_send(&s, "E\n", 2);
	server_close_input(&s);
	while (depth < total) {
		server_read(&s, WATCHDOG_MS);
		ck_answers(&s, s.received.p[s.taken] == '\0' ? "0" : "1");
		depth++;
	}
	expect_end(&s, 1);
	server_clear(&s);
	for (depth = 0; chdir("d") == 0; depth++)
		continue;
	ck_assert_uint_eq(depth, 64);
}
END_TEST

START_TEST(nested_directories_of_a_client_that_waits)
{
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	for (int i = 0; i < 1000; i++) {
		server_send(&s, "D0755 0 d\n", 10);
		ck_answers(&s, i < 64 ? "0" : "1");
	}
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
}
END_TEST

START_TEST(deep_tree_is_sent_in_part)
{
	const size_t depth = choose(100, 1000);
	struct bytes list = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < depth; i++) {
		make_dir("d", 0755);
		ck_assert_int_eq(chdir("d"), 0);
		make_file("f", "f", 0644);
	}
	ck_assert_int_eq(chdir(root_path()), 0);
	receive(&(struct launch){ .command = "scp -r -f d" }, &list, 1);
	for (const char *p = list.p; (p = strstr(p, "/f f\n")) != NULL; p++)
		n++;
	ck_assert_msg(n >= 63 && n <= 64, "%zu levels", n);
	ck_assert_msg(holds(list.p, "error: scp: d/d/"), "%s", list.p);
	bytes_free(&list);
	/* Sooner than the driver's own walk. */
	for (size_t i = 0; i < depth; i++) {
		ck_assert_int_eq(rename("d", "old"), 0);
		if (rename("old/d", "d") == -1)
			ck_assert_uint_eq(i, depth - 1);
		tree_remove("old");
	}
}
END_TEST

START_TEST(long_operand)
{
	static const struct {
		const char *part;
		int times;
		bool works;
	} rows[] = {
		{ "./", 2000, true },
		{ "../", 1300, true },
		{ "d/../", 800, true },
		{ "/", 4000, true },
		{ "./", 30000, false },
		{ "d/", 10000, false },
		{ "x", 300, false },
		{ "x", 100000, false },
	};
	struct bytes path = { 0 };
	const char *words[] = { "scp", "-t", NULL, NULL };
	struct server s;
	int status;

	make_dir("d", 0755);
	for (int i = 0; i < rows[_i].times; i++)
		bytes_add(&path, rows[_i].part, strlen(rows[_i].part));
	if (rows[_i].works)
		bytes_add(&path, "f", 1);
	words[2] = path.p;
	server_start(&s, &(struct launch){ .words = words });
	server_send(&s, "C0644 5 f\nhello", 16);
	server_close_input(&s);
	status = server_wait(&s);
	ck_assert_int_eq(status, rows[_i].works ? 0 : 1);
	if (!rows[_i].works)
		ck_assert_ptr_nonnull(memchr(s.received.p, 1, s.received.len));
	server_clear(&s);
	ck_tree(rows[_i].works ? "0644 f hello\n0755 d/\n" : "0755 d/\n");
	bytes_free(&path);
}
END_TEST

/* --- lines ---------------------------------------------------------------- */

START_TEST(endless_line)
{
	static const char *const heads[] = { "C0644 5 ", "C", "D0755 0 ", "T",
		"T1 0 1 0", "E", "A", "C0644 0000", "T1 " };
	const size_t mib = choose(16, 1024);
	char *junk = malloc(MIB);
	struct server s;

	ck_assert_ptr_nonnull(junk);
	memset(junk, _i < 7 ? 'A' : '0', MIB);
	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	server_send(&s, heads[_i], strlen(heads[_i]));
	for (size_t i = 0; i < mib && !s.broken; i++)
		server_send(&s, junk, MIB);
	/* It does not listen to the end. */
	ck_assert(s.broken);
	expect_message(&s, 1, "scp: protocol error: ");
	expect_end(&s, 1);
	ck_maxrss(&s);
	server_clear(&s);
	free(junk);
	ck_tree("");
}
END_TEST

/* The longest that is read, and one byte more. */
START_TEST(longest_line)
{
	struct bytes line = { 0 };
	struct server s;

	/* Digits that change nothing. */
	bytes_addf(&line, "D0755 ");
	while (line.len < 2046 - 2 + (size_t)_i)
		bytes_add(&line, "0", 1);
	bytes_addf(&line, " d\n");
	server_start(&s, &(struct launch){ .command = "scp -r -t ." });
	expect_ack(&s);
	server_send(&s, line.p, line.len);
	server_close_input(&s);
	server_read(&s, WATCHDOG_MS);
	if (_i > 0)
		expect_message(&s, 1, "scp: protocol error: ");
	else
		ck_answers(&s, s.received.p[1] == '\0' ? "0" : "1");
	(void)server_wait(&s);
	server_clear(&s);
	bytes_free(&line);
}
END_TEST

START_TEST(endless_message)
{
	char *junk = malloc(MIB);
	struct server s;
	int status;

	ck_assert_ptr_nonnull(junk);
	memset(junk, 'A', MIB);
	server_start(&s, &(struct launch){ .command = "scp -t ." });
	expect_ack(&s);
	server_send(&s, _i == 0 ? "\1" : "\2", 1);
	for (int i = 0; i < 8 && !s.broken; i++)
		server_send(&s, junk, MIB);
	server_close_input(&s);
	status = server_wait(&s);
	ck_assert_int_eq(status, 1);
	ck_maxrss(&s);
	server_clear(&s);
	free(junk);
}
END_TEST

START_TEST(endless_answer_to_a_source)
{
	char *junk = malloc(MIB);
	struct server s;

	ck_assert_ptr_nonnull(junk);
	memset(junk, 'A', MIB);
	make_file("f", "hello", 0644);
	server_start(&s, &(struct launch){ .command = "scp -f f" });
	if (_i > 0) {
		server_send(&s, "", 1);
		expect_bytes(&s, "C0644 5 f\n", 10);
	}
	server_send(&s, "\1", 1);
	for (int i = 0; i < 8 && !s.broken; i++)
		server_send(&s, junk, MIB);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	ck_maxrss(&s);
	server_clear(&s);
	free(junk);
}
END_TEST

/* --- links ---------------------------------------------------------------- */

START_TEST(chain_of_links)
{
	char name[16], target[16];

	make_file("l0", "end", 0644);
	for (int i = 1; i <= 50; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		make_link(name, target);
	}
	ck_received(
	    &(struct launch){ .command = "scp -f l40" }, "0644 l40 end\n", 0);
	ck_received(&(struct launch){ .command = "scp -f l41" },
	    "error: scp: l41: Too many levels of symbolic links\n", 1);
	RUN("scp -t l40", ACK, SEND("C0644 3 x\n"), ACK, SEND("new\0"), ACK,
	    EXIT(0));
	RUN("scp -t l41", WARNING("scp: l41: Too many levels"), EXIT(1));
}
END_TEST

START_TEST(links_on_the_way)
{
	struct bytes path = { 0 }, want = { 0 };
	const char *words[] = { "scp", "-f", NULL, NULL };

	make_file("f", "end", 0644);
	make_link("here", ".");
	for (int i = 0; i < 41; i++)
		bytes_addf(&path, "here/");
	bytes_addf(&path, "f");
	words[2] = path.p + strlen("here/");
	ck_received(&(struct launch){ .words = words }, "0644 f end\n", 0);
	words[2] = path.p;
	bytes_addf(&want, "error: scp: %s: Too many levels of symbolic links\n",
	    path.p);
	ck_received(&(struct launch){ .words = words }, want.p, 1);
	bytes_free(&path);
	bytes_free(&want);
}
END_TEST

/* Two ways from each directory to the next: 2^n paths, n directories. */
START_TEST(diamonds_of_links)
{
	const int levels = 30;
	struct bytes list = { 0 };
	char path[32], target[32];
	const char *first;

	for (int i = 0; i < levels; i++) {
		snprintf(path, sizeof(path), "d%d", i);
		make_dir(path, 0755);
		snprintf(path, sizeof(path), "d%d/f%d", i, i);
		make_file(path, "f", 0644);
		snprintf(target, sizeof(target), "../d%d", i + 1);
		snprintf(path, sizeof(path), "d%d/a", i);
		make_link(path, target);
		snprintf(path, sizeof(path), "d%d/b", i);
		make_link(path, target);
	}
	receive(&(struct launch){ .command = "scp -r -f d0" }, &list, 1);
	for (int i = 0; i < levels; i++) {
		snprintf(path, sizeof(path), "/f%d f\n", i);
		first = strstr(list.p, path);
		ck_assert_msg(first != NULL, "%s is missing", path);
		ck_assert_msg(
		    strstr(first + 1, path) == NULL, "%s came twice", path);
	}
	bytes_free(&list);
}
END_TEST

/* --- patterns --------------------------------------------------------------
 */

/* A command that must come to an end soon, having said little. */
static void
ends_soon(const char *text, const char *options, size_t most)
{
	struct bytes list = { 0 };
	struct server s;
	char acks[4096] = { 0 };
	int status;

	server_start(&s, &(struct launch){ .text = text, .options = options });
	server_send(&s, acks, sizeof(acks));
	server_close_input(&s);
	status = server_wait(&s);
	if (status != 0 && status != 1)
		server_fail(&s, "exit status %d", status);
	if (s.received.len > most)
		server_fail(&s, "%zu bytes of output", s.received.len);
	ck_maxrss(&s);
	server_clear(&s);
	bytes_free(&list);
}

static void
repeat(struct bytes *text, const char *part, int times)
{
	while (times-- > 0)
		bytes_add(text, part, strlen(part));
}

START_TEST(pattern_bomb)
{
	static const struct {
		const char *before;
		const char *part;
		int times;
		const char *after;
	} rows[] = {
		{ "", "{a,b}", 20, "" }, /* 2^20 words */
		{ "", "{a,b}", 1000, "" },
		{ "", "{a,b,c,d,e,f,g,h,i,j}", 300, "" },
		{ "{", ",", 50000, "}" },
		{ "", "{", 50000, "" },
		{ "", "{a,", 10000, "" },
		{ "", "{}", 20000, "" },
		{ "", "[", 50000, "" },
		{ "", "*", 50000, "" },
		{ "", "?", 50000, "" },
		{ "", "*/", 5000, "" },
		{ "", "*/../", 5000, "" },
		{ "", "*a", 100, "b" }, /* backtracking */
		{ "", "[!b]*", 100, "b" },
		{ "", "{*,*}", 15, "" },
		{ "", "a ", 10000, "" }, /* operands */
		{ "", "* ", 10000, "" },
	};
	struct bytes text = { 0 }, name = { 0 };

	make_dir("d", 0755);
	repeat(&name, "a", 200);
	make_file(name.p, "", 0644);
	bytes_addf(&text, "scp -f %s", rows[_i].before);
	repeat(&text, rows[_i].part, rows[_i].times);
	bytes_addf(&text, "%s", rows[_i].after);
	ends_soon(text.p, "-l QUIET", 16 * MIB);
	bytes_free(&text);
	bytes_free(&name);
}
END_TEST

START_TEST(pattern_bomb_of_depth)
{
	struct bytes text = { 0 };

	make_dir("a", 0755);
	make_dir("b", 0755);
	bytes_addf(&text, "scp -f ");
	repeat(&text, "{*/..,*/..}/", 200);
	bytes_addf(&text, "*");
	ends_soon(text.p, "-l QUIET -o MaxMatches=100", MIB);
	bytes_free(&text);
}
END_TEST

START_TEST(nested_braces)
{
	struct bytes text = { 0 };

	bytes_addf(&text, "scp -f ");
	repeat(&text, "{a,", 20000);
	repeat(&text, "}", 20000);
	ends_soon(text.p, "-l QUIET", 4 * MIB);
	bytes_free(&text);
}
END_TEST

START_TEST(max_matches)
{
	struct bytes list = { 0 };
	char name[16];

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "f%02d", i);
		make_file(name, "f", 0644);
	}
	receive(&(struct launch){ .text = "scp -f f*",
		    .options = "-o MaxMatches=20" },
	    &list, 0);
	list.len = 0;
	receive(&(struct launch){ .text = "scp -f f*",
		    .options = "-o MaxMatches=19" },
	    &list, 1);
	ck_assert_msg(holds(list.p, "error: scp: "), "%s", list.p);
	bytes_free(&list);
}
END_TEST

/* A hundred entries are read for each match that is allowed, no more. */
START_TEST(work_of_patterns)
{
	struct bytes list = { 0 };
	char name[32];

	make_dir("d", 0755);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "d/f%d", i);
		make_file(name, "", 0644);
	}
	ck_received(&(struct launch){ .text = "scp -f d/no*",
			.options = "-o MaxMatches=20" },
	    "error: scp: d/no*: No such file or directory\n", 1);
	receive(&(struct launch){ .text = "scp -f d/no*",
		    .options = "-o MaxMatches=5" },
	    &list, 1);
	ck_assert_msg(holds(list.p, "error: scp: d/no*: "), "%s", list.p);
	ck_assert_msg(!holds(list.p, "No such file"), "%s", list.p);
	bytes_free(&list);
}
END_TEST

START_TEST(long_command)
{
	struct bytes text = { 0 };

	bytes_addf(&text, "scp -f ");
	repeat(&text, _i == 0 ? "''" : _i == 1 ? "\\a" : "'a' ", 10000);
	ends_soon(text.p, "-l QUIET", 4 * MIB);
	bytes_free(&text);
}
END_TEST

/* --- descriptors ------------------------------------------------------------
 */

START_TEST(few_descriptors)
{
	static const char tree[] =
	    "D0755 0 a\nD0755 0 b\nD0755 0 c\nD0755 0 d\nD0755 0 e\n"
	    "C0644 2 f\nhi\0E\nE\nE\nE\nE\n";
	struct rlimit limit, old;
	struct server s;
	int status;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = (struct rlimit){ (rlim_t)_i + 12, old.rlim_max };
	ck_assert_int_eq(
	    setrlimit(RLIMIT_NOFILE,
		&(struct rlimit){ limit.rlim_cur + 12, old.rlim_max }),
	    0);
	server_start(&s, &(struct launch){ .command = "scp -rt ." });
	server_send(&s, tree, sizeof(tree) - 1);
	server_close_input(&s);
	status = server_wait(&s);
	if (status != 0 && status != 1)
		server_fail(&s, "exit status %d", status);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	/* Whole or not there. */
	if (status == 0)
		ck_assert_int_eq(status_of("a/b/c/d/e/f").st_size, 2);
	server_clear(&s);
}
END_TEST

/* --- memory ----------------------------------------------------------------
 */

/*
 * However little of it there is: who is not served is told so.  A long value
 * fills what the C library takes at first, so that little is left later.
 */
START_TEST(little_memory)
{
	static char name[127 * 1024] = "LOGNAME=";
	const char *const argv[] = { "scp-server", "-C", "none", "-r",
		root_path(), NULL };
	const char *const env[] = { "SSH_CONNECTION=192.0.2.7 1 192.0.2.1 22",
		name, NULL };
	struct server s;
	size_t room;
	int status = 1;

	memset(name + strlen(name), 'x', (size_t)_i * 8192 + 90000);
	for (room = 2 * MIB; status != 0 && room < 8 * MIB; room += 32768) {
		server_start(&s,
		    &(struct launch){ .argv = argv,
			.text = "scp -t 'f'",
			.env = env,
			.memory = room });
		server_close_input(&s);
		status = server_wait(&s);
		/* Below that not even the loader has enough. */
		if (status == 1 && s.received.len == 0 && s.log.len == 0)
			server_fail(&s, "nothing is said, of %zu bytes", room);
		server_clear(&s);
	}
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_bounds(TCase *tc)
{
	if (is_long())
		tcase_set_timeout(tc, 1800);
	tcase_add_loop_test(tc, large_upload, 0, 2);
	tcase_add_loop_test(tc, large_download, 0, 2);
	tcase_add_loop_test(tc, announced_size, 0, 4);
	tcase_add_loop_test(tc, size_beyond_the_largest, 0, 6);
	tcase_add_test(tc, many_files_uploaded);
	tcase_add_test(tc, many_files_refused);
	tcase_add_test(tc, many_files_downloaded);
	tcase_add_loop_test(tc, flood, 0, 7);
	tcase_add_test(tc, nested_directories);
	tcase_add_test(tc, nested_directories_of_a_client_that_waits);
	tcase_add_test(tc, deep_tree_is_sent_in_part);
	tcase_add_loop_test(tc, long_operand, 0, 8);
	tcase_add_loop_test(tc, endless_line, 0, 9);
	tcase_add_loop_test(tc, longest_line, 0, 3);
	tcase_add_loop_test(tc, endless_message, 0, 2);
	tcase_add_loop_test(tc, endless_answer_to_a_source, 0, 2);
	tcase_add_test(tc, chain_of_links);
	tcase_add_test(tc, links_on_the_way);
	tcase_add_test(tc, diamonds_of_links);
	tcase_add_loop_test(tc, pattern_bomb, 0, 17);
	tcase_add_test(tc, pattern_bomb_of_depth);
	tcase_add_test(tc, nested_braces);
	tcase_add_test(tc, max_matches);
	tcase_add_test(tc, work_of_patterns);
	tcase_add_loop_test(tc, long_command, 0, 3);
	tcase_add_loop_test(tc, few_descriptors, 0, 12);
	tcase_add_loop_test(tc, little_memory, 0, 5);
}

/* Of an account's session the descriptors are not to be seen. */
static void
add_descriptors(TCase *tc)
{
	if (is_long())
		tcase_set_timeout(tc, 1800);
	tcase_add_loop_test(tc, large_upload, 0, 2);
	tcase_add_test(tc, many_files_uploaded);
	tcase_add_test(tc, many_files_refused);
	tcase_add_test(tc, many_files_downloaded);
	tcase_add_test(tc, nested_directories);
}

int
main(void)
{
	static const char symbol[] = "__asan_init";
	Suite *suite = suite_create("bounds");

	instrumented = program_find(symbol, sizeof(symbol) - 1) != NULL;
	driver_add(suite, add_bounds, AS_ACCOUNT);
	driver_add(suite, add_descriptors, AS_ROOT);
	return driver_run(suite);
}

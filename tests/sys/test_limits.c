/* SPDX-License-Identifier: ISC */
/*
 * Rates, and what becomes of a client that keeps the server waiting: a clean
 * end, told where the protocol permits, with nothing left behind.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

#define IDLE "-o IdleTimeout=1"
#define TIME "-o SessionTimeout=1"

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* It has ended in time, for this reason, and left nothing but this tree. */
static void
ck_timeout(struct server *s, double begin, const char *code, const char *tree)
{
	double seconds;

	if (server_wait(s) != 1)
		server_fail(s, "the exit status is not 1");
	seconds = now() - begin;
	if (seconds < .9 || seconds > 5)
		server_fail(s, "it took %.2f s", seconds);
	if (s->log.p == NULL || !holds(s->log.p, code))
		server_fail(s, "%s is not in the log", code);
	server_clear(s);
	ck_tree(tree);
}

/* --- uploads ------------------------------------------------------------ */

static const struct {
	const char *options;
	const char *command;
	const char *said;
	size_t len;
	const char *code;
	const char *answers;
} silent_rows[] = {
#define ROW(options, command, said, code, answers)                             \
	{                                                                      \
		options, command, said, sizeof(said) - 1, code, answers        \
	}
	ROW(IDLE, "scp -t f", "", "idle-timeout", "02"),
	ROW(TIME, "scp -t f", "", "session-timeout", "02"),
	ROW(IDLE, "scp -t f", "C0644", "idle-timeout", "02"),
	ROW(IDLE, "scp -t f", "C0644 9 f\n", "idle-timeout", "002"),
	ROW(IDLE, "scp -t f", "C0644 9 f\nabc", "idle-timeout", "002"),
	ROW(IDLE, "scp -t f", "C0644 999999 f\nabc", "idle-timeout", "002"),
	ROW(TIME, "scp -t f", "C0644 999999 f\nabc", "session-timeout", "002"),
	/* the mark is missing: the file is not whole */
	ROW(IDLE, "scp -t f", "C0644 3 f\nabc", "idle-timeout", "002"),
	ROW(IDLE, "scp -r -t .", "D0755 0 f\nE\n", "idle-timeout", "0002"),
	/* the body of a refused file */
	ROW(IDLE, "scp -d -t .", "C0644 3 .\n", "bad-name", "01"),
	ROW(TIME, "scp -r -t .", "C0644 999 d\nabc", "session-timeout", "002"),
};

START_TEST(silent)
{
	const char *tree = "0755 d/\n";
	struct server s;
	double begin = now();

	make_dir("d", 0755);
	server_start(&s,
	    &(struct launch){ .options = silent_rows[_i].options,
		.command = silent_rows[_i].command });
	server_send(&s, silent_rows[_i].said, silent_rows[_i].len);
	if (strstr(silent_rows[_i].said, "D0755") != NULL)
		tree = "0755 d/\n0755 f/\n";
	if (strcmp(silent_rows[_i].code, "bad-name") == 0)
		pause_ms(950);
	ck_answers(&s, silent_rows[_i].answers);
	ck_timeout(&s, begin, silent_rows[_i].code, tree);
}
END_TEST

/* A byte now and then is no silence, but it does not last for ever. */
START_TEST(trickle)
{
	static const char *const rows[][3] = {
		{ "-o SessionTimeout=1", "C0644 999 f\n", "session-timeout" },
		/* which would be spliced */
		{ "-o SessionTimeout=1 -o IdleTimeout=1", "C0644 999999 f\n",
		    "session-timeout" },
		{ "-o SessionTimeout=1 -o IdleTimeout=1", "",
		    "session-timeout" },
		{ "-o SessionTimeout=1 -R", "", "read-only" },
		{ "-o SessionTimeout=1 -o DiscardLimit=1K", "C0644 9999 d\n",
		    "is-a-directory" },
	};
	struct server s;
	double begin = now();

	make_dir("d", 0755);
	server_start(&s,
	    &(struct launch){
		.options = rows[_i][0], .command = "scp -r -t ." });
	server_send(&s, rows[_i][1], strlen(rows[_i][1]));
	while (!s.broken && now() < begin + 4) {
		server_send(&s, "", 1);
		pause_ms(50);
	}
	ck_assert(s.broken);
	ck_timeout(&s, begin, rows[_i][2], "0755 d/\n");
}
END_TEST

START_TEST(slow_but_not_idle)
{
	struct server s;

	server_start(
	    &s, &(struct launch){ .options = IDLE, .command = "scp -t f" });
	server_send(&s, "C0644 7 f\n", 10);
	for (int i = 0; i < 7; i++) {
		pause_ms(250);
		server_send(&s, "x", 1);
	}
	server_send(&s, "", 1);
	ck_answers(&s, "000");
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	ck_tree("0644 f xxxxxxx\n");
}
END_TEST

/* --- downloads ---------------------------------------------------------- */

/* Told between records, never where it would be taken for data. */
START_TEST(no_answer)
{
	static const struct {
		const char *said;
		size_t len;
		const char *got;
		size_t gotlen;
		bool told;
	} rows[] = {
		{ "", 0, "", 0, true },
		{ "\0", 1, "C0644 2 f\n", 10, false },
		{ "\0\0", 2, "C0644 2 f\nhi\0", 13, true },
	};
	struct server s;
	double begin = now();

	make_file("f", "hi", 0644);
	server_start(
	    &s, &(struct launch){ .options = IDLE, .command = "scp -f f" });
	server_send(&s, rows[_i].said, rows[_i].len);
	expect_bytes(&s, rows[_i].got, rows[_i].gotlen);
	if (rows[_i].told)
		expect_message(&s, 2, "idle");
	expect_quiet(&s);
	ck_timeout(&s, begin, "idle-timeout", "0644 f hi\n");
}
END_TEST

static bool
has_ended(const struct server *s)
{
	siginfo_t info = { .si_pid = 0 };

	ck_assert_int_eq(
	    waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid != 0;
}

/* A client that asks and does not read. */
START_TEST(does_not_read)
{
	struct server s;
	double begin = now();

	make_zeros("f", _i == 0 ? 100000 : 10000000);
	server_start(&s,
	    &(struct launch){ .options = IDLE,
		.command = "scp -f f",
		.ends = _i == 2 ? ENDS_SOCKETS : ENDS_PIPES });
	server_send(&s, "\0\0", 2);
	while (!has_ended(&s) && now() < begin + 4)
		pause_ms(50);
	/* Before anybody reads: then it would have somebody to wait for. */
	if (!has_ended(&s))
		server_fail(&s, "it waits for ever");
	if (server_wait(&s) != 1)
		server_fail(&s, "the exit status is not 1");
	if (!holds(s.log.p, "idle-timeout"))
		server_fail(&s, "idle-timeout is not in the log");
	server_clear(&s);
}
END_TEST

/* --- rates -------------------------------------------------------------- */

#define RATE_BYTES 1510000

/*
 * At a million bytes a second.  Never faster, but for two steps of 50 ms and
 * the 10 ms that do not pay a sleep; slower only as far as a busy machine makes
 * it so, which is not always.
 */
static void
ck_rate(double (*transfer)(int), int i)
{
	double seconds;
	int tries = 3;

	do {
		seconds = transfer(i);
		ck_assert_msg(seconds > 1.4, "%.3f s", seconds);
	} while (seconds >= 3.5 && --tries > 0);
	ck_assert_msg(tries > 0, "%.3f s", seconds);
}

static double
upload(int i)
{
	static char data[RATE_BYTES + 1];
	struct server s;
	double begin, seconds;

	server_start(&s,
	    &(struct launch){ .options = "-o UploadRate=1000000",
		.command = "scp -t f",
		.ends = i == 0 ? ENDS_PIPES : ENDS_SOCKETS });
	expect_ack(&s);
	begin = now();
	server_send(&s, "C0644 1510000 f\n", 16);
	expect_ack(&s);
	server_send(&s, data, sizeof(data));
	expect_ack(&s);
	seconds = now() - begin;
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	ck_tree("0644 f <1510000>\n");
	return seconds;
}

START_TEST(upload_rate)
{
	ck_rate(upload, _i);
}
END_TEST

static double
upload_small_files(int i)
{
	static char data[30201];
	struct bytes said = { 0 };
	double begin = now();

	(void)i;
	for (int n = 0; n < 50; n++) {
		bytes_addf(&said, "C0644 30200 f\n");
		bytes_add(&said, data, sizeof(data));
	}
	blind(&(struct launch){ .options = "-o UploadRate=1000000",
		  .command = "scp -r -t ." },
	    said.p, said.len,
	    "0"
	    "00000000000000000000000000000000000000000000000000"
	    "00000000000000000000000000000000000000000000000000",
	    0);
	bytes_free(&said);
	return now() - begin;
}

START_TEST(upload_rate_of_small_files)
{
	ck_rate(upload_small_files, _i);
}
END_TEST

static double
download(int i)
{
	struct bytes list = { 0 };
	double begin = now();

	receive(&(struct launch){ .options = "-o DownloadRate=1000000",
		    .command = "scp -r -f d",
		    .ends = i == 1 ? ENDS_SOCKETS : ENDS_PIPES },
	    &list, 0);
	bytes_free(&list);
	return now() - begin;
}

START_TEST(download_rate)
{
	char name[8];

	make_dir("d", 0755);
	if (_i < 2)
		make_zeros("d/f", RATE_BYTES);
	for (int n = 0; n < 50 && _i == 2; n++) {
		snprintf(name, sizeof(name), "d/%d", n);
		make_zeros(name, RATE_BYTES / 50);
	}
	ck_rate(download, _i);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, silent, 0, (int)LENGTH(silent_rows));
	tcase_add_loop_test(tc, trickle, 0, 5);
	tcase_add_test(tc, slow_but_not_idle);
	tcase_add_loop_test(tc, no_answer, 0, 3);
	tcase_add_loop_test(tc, does_not_read, 0, 3);
	tcase_add_loop_test(tc, upload_rate, 0, 2);
	tcase_add_test(tc, upload_rate_of_small_files);
	tcase_add_loop_test(tc, download_rate, 0, 3);
}

int
main(void)
{
	Suite *suite = suite_create("limits");

	driver_add(suite, add, AS_ACCOUNT);
	return driver_run(suite);
}

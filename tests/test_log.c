/* SPDX-License-Identifier: ISC */
/* Lines come out whole, printable and bounded, and never make us wait. */
#include "config.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "log.h"
#include "tap.h"

static int saved_stderr;
static int pipe_read;
static char directory[64];
static char socket_path[80];
static int daemon_fd;
static char got[8192];

/* Standard error is a pipe whose other end is pipe_read. */
static void
catch_stderr(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	ck_assert_int_ne(dup2(fds[1], STDERR_FILENO), -1);
	(void)close(fds[1]);
	pipe_read = fds[0];
}

static void
free_stderr(void)
{
	ck_assert_int_ne(dup2(saved_stderr, STDERR_FILENO), -1);
	(void)close(saved_stderr);
	if (pipe_read != -1)
		(void)close(pipe_read);
}

/* What was written since the last call. */
static const char *
caught(void)
{
	ssize_t n;

	n = read(pipe_read, got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	return got;
}

static void
start_daemon(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	(void)snprintf(directory, sizeof(directory), "/tmp/test_log.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(socket_path, sizeof(socket_path), "%s/log", directory);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", socket_path);
	daemon_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ne(daemon_fd, -1);
	ck_assert_int_eq(
	    bind(daemon_fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
}

static void
stop_daemon(void)
{
	(void)close(daemon_fd);
	(void)unlink(socket_path);
	(void)rmdir(directory);
}

static const char *
received(void)
{
	ssize_t n;

	n = recv(daemon_fd, got, sizeof(got) - 1, 0);
	got[n > 0 ? n : 0] = '\0';
	return got;
}

static const struct {
	const char *name;
	bool ok;
	enum log_level level;
	const char *canonical;
} level_rows[] = {
	{ "QUIET", true, LOG_LEVEL_QUIET, "QUIET" },
	{ "FATAL", true, LOG_LEVEL_FATAL, "FATAL" },
	{ "ERROR", true, LOG_LEVEL_ERROR, "ERROR" },
	{ "INFO", true, LOG_LEVEL_INFO, "INFO" },
	{ "VERBOSE", true, LOG_LEVEL_VERBOSE, "VERBOSE" },
	{ "DEBUG", true, LOG_LEVEL_DEBUG, "DEBUG" },
	{ "DEBUG1", true, LOG_LEVEL_DEBUG, "DEBUG" },
	{ "debug2", true, LOG_LEVEL_DEBUG, "DEBUG" },
	{ "Debug3", true, LOG_LEVEL_DEBUG, "DEBUG" },
	{ "info", true, LOG_LEVEL_INFO, "INFO" },
	{ "DEBUG4", false, LOG_LEVEL_QUIET, NULL },
	{ "INF", false, LOG_LEVEL_QUIET, NULL },
	{ "", false, LOG_LEVEL_QUIET, NULL },
	{ "3", false, LOG_LEVEL_QUIET, NULL },
};

START_TEST(level_names)
{
	enum log_level level = (enum log_level)77;

	ck_assert_int_eq(
	    log_level_parse(level_rows[_i].name, &level), level_rows[_i].ok);
	if (!level_rows[_i].ok) {
		ck_assert_int_eq((int)level, 77);
		return;
	}
	ck_assert_int_eq(level, level_rows[_i].level);
	ck_assert_str_eq(log_level_name(level), level_rows[_i].canonical);
}
END_TEST

static const struct {
	const char *name;
	int facility;
} facility_rows[] = {
	{ "DAEMON", LOG_DAEMON },
	{ "USER", LOG_USER },
	{ "AUTH", LOG_AUTH },
	{ "AUTHPRIV", LOG_AUTHPRIV },
	{ "LOCAL0", LOG_LOCAL0 },
	{ "LOCAL1", LOG_LOCAL1 },
	{ "LOCAL2", LOG_LOCAL2 },
	{ "LOCAL3", LOG_LOCAL3 },
	{ "LOCAL4", LOG_LOCAL4 },
	{ "LOCAL5", LOG_LOCAL5 },
	{ "LOCAL6", LOG_LOCAL6 },
	{ "LOCAL7", LOG_LOCAL7 },
	{ "auth", LOG_AUTH },
	{ "LOCAL8", -1 },
	{ "KERN", -1 },
	{ "", -1 },
};

START_TEST(facility_names)
{
	int facility = -1;

	ck_assert_int_eq(log_facility_parse(facility_rows[_i].name, &facility),
	    facility_rows[_i].facility != -1);
	ck_assert_int_eq(facility, facility_rows[_i].facility);
	if (facility != -1)
		ck_assert_int_eq(strcasecmp(log_facility_name(facility),
				     facility_rows[_i].name),
		    0);
}
END_TEST

START_TEST(unknown_names)
{
	ck_assert_str_eq(log_level_name((enum log_level)77), "?");
	ck_assert_str_eq(log_facility_name(LOG_CRON), "?");
}
END_TEST

/* Which of the four functions write at which level. */
static const struct {
	enum log_level level;
	const char *want;
} threshold_rows[] = {
	{ LOG_LEVEL_QUIET, "" },
	{ LOG_LEVEL_FATAL, "" },
	{ LOG_LEVEL_ERROR, "e\n" },
	{ LOG_LEVEL_INFO, "e\ni\n" },
	{ LOG_LEVEL_VERBOSE, "e\ni\nv\n" },
	{ LOG_LEVEL_DEBUG, "e\ni\nv\nd\n" },
};

START_TEST(thresholds)
{
	const enum log_level level = threshold_rows[_i].level;
	int i;

	ck_assert_int_eq(log_open(level, LOG_AUTH, true), STDERR_FILENO);
	log_error("%s", "e");
	log_info("%s", "i");
	log_verbose("%s", "v");
	log_debug("%s", "d");
	ck_assert_str_eq(caught(), threshold_rows[_i].want);
	ck_assert(!log_takes(LOG_LEVEL_QUIET));
	for (i = LOG_LEVEL_FATAL; i <= LOG_LEVEL_DEBUG; i++)
		ck_assert_int_eq(
		    log_takes((enum log_level)i), (enum log_level)i <= level);
}
END_TEST

START_TEST(nothing_before_open)
{
	log_error("too early");
	ck_assert_str_eq(caught(), "");
	ck_assert(!log_takes(LOG_LEVEL_ERROR));
}
END_TEST

START_TEST(stderr_lines)
{
	(void)log_open(LOG_LEVEL_INFO, LOG_AUTH, true);
	log_info("open \"%s\" of %d", "a\\b", 7);
	ck_assert_str_eq(caught(), "open \"a\\b\" of 7\n");
	/* One line stays one line, and no byte drives a terminal. */
	log_info("a\nb\r%s\x7f\xc3\xa4", "\033[2J");
	ck_assert_str_eq(caught(), "a\\nb\\r\\033[2J\\177\\303\\244\n");
	log_info("%s", "");
	ck_assert_str_eq(caught(), "\n");
}
END_TEST

START_TEST(long_lines_are_cut)
{
	char text[3 * LOG_BYTES_MAX];
	size_t len;

	(void)log_open(LOG_LEVEL_INFO, LOG_AUTH, true);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	ck_assert_uint_eq(strlen(caught()), LOG_BYTES_MAX + 1);
	ck_assert_int_eq(got[LOG_BYTES_MAX], '\n');
	ck_assert_int_eq(got[LOG_BYTES_MAX - 1], 'a');
	/* Growth by encoding counts; no escape is cut. */
	memset(text, '\001', sizeof(text) - 1);
	text[0] = 'a';
	log_info("%s", text);
	len = strlen(caught());
	ck_assert_uint_eq(len, 1 + (LOG_BYTES_MAX - 1) / 4 * 4 + 1);
	ck_assert_str_eq(got + len - 5, "\\001\n");
}
END_TEST

START_TEST(errno_is_kept)
{
	(void)log_open(LOG_LEVEL_INFO, LOG_AUTH, true);
	errno = ENOSPC;
	log_info("written");
	ck_assert_int_eq(errno, ENOSPC);
	(void)close(STDERR_FILENO);
	errno = EDQUOT;
	log_info("nowhere to go");
	ck_assert_int_eq(errno, EDQUOT);
	log_debug("not on");
	ck_assert_int_eq(errno, EDQUOT);
}
END_TEST

/* R-LOG-1: a client that does not read its standard error. */
START_TEST(full_stderr_drops)
{
	char text[4096];
	int flags;

	(void)log_open(LOG_LEVEL_INFO, LOG_AUTH, true);
	memset(text, 'a', sizeof(text));
	flags = fcntl(STDERR_FILENO, F_GETFL);
	ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
	while (write(STDERR_FILENO, text, sizeof(text)) > 0)
		continue;
	ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, flags), 0);
	errno = 0;
	log_info("dropped");
	ck_assert_int_eq(errno, 0);
	while (strlen(caught()) == sizeof(got) - 1)
		continue;
	log_info("heard again");
	ck_assert_str_eq(caught(),
	    "lines lost: 1 (Resource temporarily unavailable)\n"
	    "heard again\n");
}
END_TEST

/* Nor one that has closed it; SIGPIPE would end the test. */
START_TEST(closed_stderr_drops)
{
	(void)log_open(LOG_LEVEL_INFO, LOG_AUTH, true);
	(void)close(pipe_read);
	pipe_read = -1;
	errno = 0;
	log_info("dropped");
	ck_assert_int_eq(errno, 0);
}
END_TEST

/* What is there takes no bytes; and text that cannot be formatted. */
START_TEST(failures_drop)
{
	int fd;

	(void)log_open(LOG_LEVEL_INFO, LOG_AUTH, true);
	log_info("a%lc", (wint_t)0xd800);
	ck_assert_str_eq(caught(), "\n");
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_ne(dup2(fd, STDERR_FILENO), -1);
	(void)close(fd);
	errno = 0;
	log_info("dropped");
	ck_assert_int_eq(errno, 0);
}
END_TEST

static const struct {
	int facility;
	enum log_level level;
	int priority;
} datagram_rows[] = {
	{ LOG_AUTH, LOG_LEVEL_ERROR, 35 },
	{ LOG_AUTH, LOG_LEVEL_INFO, 38 },
	{ LOG_AUTH, LOG_LEVEL_VERBOSE, 38 },
	{ LOG_AUTH, LOG_LEVEL_DEBUG, 39 },
	{ LOG_LOCAL7, LOG_LEVEL_INFO, 190 },
	{ LOG_DAEMON, LOG_LEVEL_ERROR, 27 },
};

/* <PRI>Mmm dd hh:mm:ss scp-server[pid]: text */
START_TEST(datagram)
{
	char want[256];
	int fd;

	fd = log_open_at(
	    socket_path, LOG_LEVEL_DEBUG, datagram_rows[_i].facility);
	ck_assert_int_gt(fd, STDERR_FILENO);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	if (datagram_rows[_i].level == LOG_LEVEL_ERROR)
		log_error("a\n%s", "b");
	else if (datagram_rows[_i].level == LOG_LEVEL_INFO)
		log_info("a\n%s", "b");
	else if (datagram_rows[_i].level == LOG_LEVEL_VERBOSE)
		log_verbose("a\n%s", "b");
	else
		log_debug("a\n%s", "b");
	(void)snprintf(want, sizeof(want), "<%d>scp-server[%ld]: a\\nb",
	    datagram_rows[_i].priority, (long)getpid());
	ck_assert_str_eq(received(), want);
}
END_TEST

START_TEST(datagram_is_bounded)
{
	char text[3 * LOG_BYTES_MAX];

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_LOCAL7);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	ck_assert_uint_gt(strlen(received()), LOG_BYTES_MAX);
	ck_assert_uint_le(strlen(got), 2048);
}
END_TEST

/* R-LOG-1: a daemon that does not read, then one that is gone. */
START_TEST(daemon_that_sleeps_or_dies)
{
	int i;

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	errno = 0;
	for (i = 0; i < 5000; i++)
		log_info("line %d", i);
	ck_assert_int_eq(errno, 0);
	ck_assert_ptr_nonnull(strstr(received(), "line 0"));
	(void)close(daemon_fd);
	log_info("nobody listens");
	ck_assert_int_eq(errno, 0);
	ck_assert(log_takes(LOG_LEVEL_INFO));
}
END_TEST

/* A daemon that lives gets all of a burst, however short its queue is. */
START_TEST(daemon_that_is_slow)
{
	int i, n = 0;
	pid_t pid;

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	ck_assert_int_eq(fcntl(daemon_fd, F_SETFL, 0), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		while (strstr(received(), "the end") == NULL) {
			n++;
			if (n % 100 == 0)
				(void)usleep(20000);
		}
		_exit(n == 1000 ? 0 : 1);
	}
	for (i = 0; i < 1000; i++)
		log_info("line %d", i);
	log_info("the end");
	ck_assert_uint_eq(log_lost(), 0);
	ck_assert_int_eq(waitpid(pid, &i, 0), pid);
	ck_assert_int_eq(i, 0);
}
END_TEST

/* One that is stuck costs a moment, once. */
START_TEST(daemon_that_is_stuck)
{
	struct timespec before, after;
	int i;

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	for (i = 0; i < 2000; i++)
		log_info("line %d", i);
	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	ck_assert_uint_gt(log_lost(), 0);
	ck_assert_int_lt(after.tv_sec - before.tv_sec, 2);
}
END_TEST

/* What is lost is told where it is missing, once, with how much it is. */
START_TEST(losses_are_told)
{
	unsigned long sent, i;

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	ck_assert_uint_eq(log_lost(), 0);
	for (i = 0; log_lost() < 3; i++) {
		ck_assert_uint_lt(i, 100000);
		log_info("line %lu", i);
	}
	sent = i - 3;
	for (i = 0; i < sent; i++)
		ck_assert_ptr_nonnull(strstr(received(), "line "));
	ck_assert_str_eq(received(), "");
	log_info("again");
	ck_assert_ptr_nonnull(strstr(received(), "<35>"));
	ck_assert_ptr_nonnull(
	    strstr(got, "]: lines lost: 3 (Resource temporarily unavailable)"));
	ck_assert_ptr_nonnull(strstr(received(), "]: again"));
	log_info("and again");
	ck_assert_ptr_nonnull(strstr(received(), "]: and again"));
	ck_assert_uint_eq(log_lost(), 3);
	/* A daemon that is gone comes back for other sessions only. */
	(void)close(daemon_fd);
	for (i = 0; i < 7; i++)
		log_info("to nobody");
	ck_assert_uint_eq(log_lost(), 10);
}
END_TEST

/* Nor is it silence where none was there. */
START_TEST(lines_for_nobody_are_lost)
{
	(void)log_open_at("/nonexistent/log", LOG_LEVEL_INFO, LOG_AUTH);
	log_info("a");
	log_debug("b");
	log_error("c");
	ck_assert_uint_eq(log_lost(), 2);
	/* Nor where its maker asked, and did not make it. */
	ck_assert(!log_takes(LOG_LEVEL_INFO));
	ck_assert(!log_takes(LOG_LEVEL_DEBUG));
	log_record("{}", 2);
	ck_assert_uint_eq(log_lost(), 4);
	(void)log_open_at("/nonexistent/log", LOG_LEVEL_QUIET, LOG_AUTH);
	log_error("a");
	ck_assert_uint_eq(log_lost(), 0);
}
END_TEST

/* A record is sent as it is, UTF-8 and all. */
START_TEST(records)
{
	char text[LOG_BYTES_MAX + 1];

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	log_record("{\"\xc3\xa4\":1}x", 8);
	ck_assert_ptr_nonnull(strstr(received(), "<38>"));
	ck_assert_ptr_nonnull(strstr(got, "]: {\"\xc3\xa4\":1}"));
	ck_assert_ptr_null(strchr(got, 'x'));
	memset(text, 'a', sizeof(text));
	log_record(text, sizeof(text));
	ck_assert_str_eq(received(), "");
	log_record(text, sizeof(text) - 1);
	ck_assert_uint_gt(strlen(received()), LOG_BYTES_MAX);
	(void)log_open_at(socket_path, LOG_LEVEL_ERROR, LOG_AUTH);
	log_record("a", 1);
	ck_assert_str_eq(received(), "");
}
END_TEST

static int
open_records(const char *name, int flags)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	if ((flags & O_CREAT) != 0)
		(void)unlink(path);
	return fd;
}

/* The file gets lines of two sessions, whole, and keeps what it had. */
START_TEST(file)
{
	char text[64] = "";
	int fd, other;

	fd = open_records("records", O_RDWR | O_APPEND | O_CREAT);
	other = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	(void)log_open_at(socket_path, LOG_LEVEL_QUIET, LOG_AUTH);
	log_write_file("nowhere\n", 8);
	ck_assert_int_eq(write(other, "a\n", 2), 2);
	ck_assert_int_eq(log_take_file(fd), 0);
	ck_assert_int_eq(log_move_file(200), 200);
	ck_assert_int_eq(fcntl(200, F_GETFD), FD_CLOEXEC);
	log_write_file("b\n", 2);
	ck_assert_int_eq(lseek(other, 0, SEEK_SET), 0);
	log_write_file("c\nx", 2);
	ck_assert_int_eq(pread(other, text, sizeof(text), 0), 6);
	ck_assert_str_eq(text, "a\nb\nc\n");
	(void)close(other);
	ck_assert_int_eq(log_move_file(201), 201);
	ck_assert_int_eq(fcntl(200, F_GETFD), -1);
}
END_TEST

/* R-LOG-1: a full disk is told once, and its end. */
START_TEST(full_file)
{
	int i;

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	ck_assert_int_eq(
	    log_take_file(open("/dev/full", O_WRONLY | O_APPEND | O_CLOEXEC)),
	    0);
	errno = 0;
	for (i = 0; i < 5; i++)
		log_write_file("a\n", 2);
	ck_assert_int_eq(errno, 0);
	ck_assert_ptr_nonnull(strstr(received(), "<35>"));
	ck_assert_ptr_nonnull(strstr(
	    got, "TransferLog: No space left on device; records are lost"));
	ck_assert_str_eq(received(), "");
}
END_TEST

/* The half of a line is ended before the next one. */
START_TEST(torn_file)
{
	struct rlimit limit, small;
	char text[64] = "";
	int other;

	(void)log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	other = open_records("torn", O_RDWR | O_APPEND | O_CREAT);
	ck_assert_int_eq(log_take_file(fcntl(other, F_DUPFD_CLOEXEC, 0)), 0);
	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 5;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	log_write_file("one\n", 4);
	log_write_file("two\n", 4);
	log_write_file("three\n", 6);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	log_write_file("four\n", 5);
	log_write_file("five\n", 5);
	ck_assert_int_ne(pread(other, text, sizeof(text), 0), -1);
	ck_assert_str_eq(text, "one\nt\nfour\nfive\n");
	ck_assert_ptr_nonnull(strstr(received(), "; records are lost"));
	ck_assert_ptr_nonnull(
	    strstr(received(), "TransferLog works again, 2 records were lost"));
	ck_assert_str_eq(received(), "");
	(void)close(other);
}
END_TEST

START_TEST(no_daemon)
{
	struct rlimit limit;
	struct rlimit few;
	char path[200];

	errno = 0;
	ck_assert_int_eq(
	    log_open_at("/nonexistent/log", LOG_LEVEL_INFO, LOG_AUTH), -1);
	log_info("dropped");
	ck_assert(!log_takes(LOG_LEVEL_INFO));
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(log_open_at(path, LOG_LEVEL_INFO, LOG_AUTH), -1);
	ck_assert_int_eq(errno, 0);
	/* Nor without a descriptor for the socket. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(
	    log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH), -1);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(errno, 0);
}
END_TEST

START_TEST(opening_again)
{
	int fd;

	ck_assert_int_eq(
	    log_open_at(socket_path, LOG_LEVEL_QUIET, LOG_AUTH), -1);
	fd = log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
	    log_open_at(socket_path, LOG_LEVEL_INFO, LOG_AUTH), fd);
	ck_assert_int_eq(
	    log_open(LOG_LEVEL_INFO, LOG_AUTH, true), STDERR_FILENO);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	log_info("here");
	ck_assert_str_eq(caught(), "here\n");
	ck_assert_str_eq(received(), "");
	/* Standard error is not ours to close. */
	ck_assert_int_eq(
	    log_open_at("/nonexistent/log", LOG_LEVEL_INFO, LOG_AUTH), -1);
	ck_assert_int_ne(fcntl(STDERR_FILENO, F_GETFD), -1);
}
END_TEST

/* Where a system has a daemon it gets the lines; where not, that is that. */
START_TEST(system_socket)
{
	int fd;

	fd = log_open(LOG_LEVEL_INFO, LOG_USER, false);
	ck_assert(fd == -1 || fd > STDERR_FILENO);
	ck_assert_int_eq(log_takes(LOG_LEVEL_INFO), fd != -1);
	log_debug("not on");
	ck_assert_str_eq(caught(), "");
}
END_TEST

static Suite *
log_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("log");
	tc = tcase_create("names");
	tcase_add_loop_test(tc, level_names, 0, LENGTH(level_rows));
	tcase_add_loop_test(tc, facility_names, 0, LENGTH(facility_rows));
	tcase_add_test(tc, unknown_names);
	suite_add_tcase(s, tc);
	tc = tcase_create("stderr");
	tcase_add_checked_fixture(tc, catch_stderr, free_stderr);
	tcase_add_test(tc, nothing_before_open);
	tcase_add_loop_test(tc, thresholds, 0, LENGTH(threshold_rows));
	tcase_add_test(tc, stderr_lines);
	tcase_add_test(tc, long_lines_are_cut);
	tcase_add_test(tc, errno_is_kept);
	tcase_add_test(tc, full_stderr_drops);
	tcase_add_test(tc, closed_stderr_drops);
	tcase_add_test(tc, failures_drop);
	suite_add_tcase(s, tc);
	tc = tcase_create("syslog");
	tcase_add_checked_fixture(tc, catch_stderr, free_stderr);
	tcase_add_checked_fixture(tc, start_daemon, stop_daemon);
	tcase_add_loop_test(tc, datagram, 0, LENGTH(datagram_rows));
	tcase_add_test(tc, datagram_is_bounded);
	tcase_add_test(tc, daemon_that_sleeps_or_dies);
	tcase_add_test(tc, daemon_that_is_slow);
	tcase_add_test(tc, daemon_that_is_stuck);
	tcase_add_test(tc, losses_are_told);
	tcase_add_test(tc, lines_for_nobody_are_lost);
	tcase_add_test(tc, records);
	tcase_add_test(tc, file);
	tcase_add_test(tc, full_file);
	tcase_add_test(tc, torn_file);
	tcase_add_test(tc, no_daemon);
	tcase_add_test(tc, opening_again);
	tcase_add_test(tc, system_socket);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(log_suite())) != 0;
}

/* SPDX-License-Identifier: ISC */
/* Where records may go, and that they get there whole. */
#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "filter-tables.h"
#include "journal.h"
#include "log.h"
#include "tap.h"

static const struct transfer_session session = { .id = "1.2",
	.user = "fw01",
	.address = "192.0.2.7",
	.method = "",
	.key = "",
	.layers = "",
	.upload = true };
static struct journal journal;
static char top[64];
static char err[512];
static int rootfd;

static int stat_error; /* of asking a file what it is */

/* Stands before that of libc. */
int
fstat(int fd, struct stat *st)
{
	int ret = fstatat(fd, "", st, AT_EMPTY_PATH);

	if (ret == -1 || stat_error == 0 || !S_ISREG(st->st_mode))
		return ret;
	errno = stat_error;
	return -1;
}

static const char *
at(const char *name)
{
	static char path[2][256];
	static int n;

	n = !n;
	(void)snprintf(path[n], sizeof(path[n]), "%s/%s", top, name);
	return path[n];
}

static void
touch(const char *name)
{
	int fd;

	fd = open(at(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	(void)close(fd);
}

static void
setup(void)
{
	(void)snprintf(top, sizeof(top), "/tmp/test_journal.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(mkdir(at("root"), 0700), 0);
	ck_assert_int_eq(mkdir(at("root/deep"), 0700), 0);
	touch("log");
	rootfd = open(at("root"), O_PATH | O_CLOEXEC);
	ck_assert_int_ne(rootfd, -1);
	(void)log_open(LOG_LEVEL_QUIET, LOG_AUTH, true);
	journal_init(&journal);
}

static void
teardown(void)
{
	static const char *const names[] = { "log", "said", "other", "link",
		"fifo", "root/log", "root/deep/log", "root/deep", "root",
		"linked" };
	size_t i;

	for (i = 0; i < LENGTH(names); i++)
		(void)remove(at(names[i]));
	(void)remove(top);
}

static int
open_at(const char *path)
{
	err[0] = '\0';
	return journal_open(
	    &journal, path, SETTINGS_LOG_JSON, rootfd, err, sizeof(err));
}

static void
ck_refused(const char *path, const char *why)
{
	char want[512];

	ck_assert_msg(open_at(path) == -1, "%s", path);
	(void)snprintf(want, sizeof(want), "TransferLog %s: %s", path, why);
	ck_assert_str_eq(err, want);
	ck_assert_int_eq(journal.place, JOURNAL_NONE);
}

START_TEST(places)
{
	ck_assert_int_eq(journal.place, JOURNAL_NONE);
	ck_assert_int_eq(open_at("syslog"), 0);
	ck_assert_int_eq(journal.place, JOURNAL_SYSLOG);
	ck_assert_int_eq(open_at(at("log")), 0);
	ck_assert_int_eq(journal.place, JOURNAL_FILE);
	/* By a directory that is a link. */
	ck_assert_int_eq(symlink(".", at("linked")), 0);
	ck_assert_int_eq(open_at(at("linked/log")), 0);
}
END_TEST

START_TEST(places_that_are_none)
{
	ck_refused(at("missing"), "No such file or directory");
	ck_refused(at("missing/log"), "No such file or directory");
	ck_refused("log", "Invalid argument");
	ck_refused(at("root/"), "Invalid argument");
	ck_refused(at("root"), "Is a directory");
	/* R-CONF-3: nothing that a client can change. */
	touch("root/log");
	touch("root/deep/log");
	ck_refused(at("root/log"), "a client could change it");
	ck_refused(at("root/deep/log"), "a client could change it");
	ck_refused(at("root/deep/../log"), "a client could change it");
	ck_assert_int_eq(symlink("root/deep", at("linked")), 0);
	ck_refused(at("linked/log"), "a client could change it");
	/* Nor what waits, follows, drives, or has another name. */
	ck_assert_int_eq(symlink("log", at("link")), 0);
	ck_refused(at("link"), "not a regular file");
	ck_assert_int_eq(mkfifo(at("fifo"), 0600), 0);
	ck_refused(at("fifo"), "not a regular file");
	ck_refused("/dev/null", "not a regular file");
	ck_assert_int_eq(link(at("log"), at("other")), 0);
	ck_refused(at("log"), "has more than one name");
}
END_TEST

/* A FIFO that somebody reads from opens without waiting. */
START_TEST(fifo_with_a_reader)
{
	int fd;

	ck_assert_int_eq(mkfifo(at("fifo"), 0600), 0);
	fd = open(at("fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_refused(at("fifo"), "not a regular file");
	(void)close(fd);
}
END_TEST

/* Whoever rotates the file has it away for a moment. */
START_TEST(rotation)
{
	pid_t pid;
	int status;

	ck_assert_int_eq(rename(at("log"), at("other")), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		(void)usleep(50000);
		touch("log");
		_exit(0);
	}
	ck_assert_int_eq(open_at(at("log")), 0);
	ck_assert_int_eq(journal.place, JOURNAL_FILE);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}
END_TEST

static void
write_records(const char *path, size_t pathlen, int n)
{
	struct transfer t = { .session = &session,
		.size = -1,
		.mode = (mode_t)-1,
		.path = path,
		.pathlen = pathlen };

	while (n-- > 0)
		journal_write(&journal, &t);
}

/*
 * Sessions side by side: each line is a whole one of one session, and what was
 * in the file before is still there.
 */
START_TEST(lines_of_many)
{
	static char path[PATH_BYTES_MAX];
	static char line[TRANSFER_BYTES_MAX + 1];
	size_t lines = 0;
	int i, status;
	FILE *f;

	f = fopen(at("log"), "w");
	ck_assert_ptr_nonnull(f);
	(void)fputs("kept\n", f);
	(void)fclose(f);
	for (i = 0; i < 4; i++) {
		if (fork() == 0) {
			memset(path, 'a' + i, sizeof(path));
			if (open_at(at("log")) != 0)
				_exit(1);
			write_records(path, sizeof(path), 100);
			_exit(0);
		}
	}
	for (i = 0; i < 4; i++) {
		ck_assert_int_ne(wait(&status), -1);
		ck_assert_int_eq(status, 0);
	}
	f = fopen(at("log"), "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_str_eq(line, "kept\n");
	while (fgets(line, sizeof(line), f) != NULL) {
		char *p = strstr(line, ",\"path\":\"");

		ck_assert_ptr_nonnull(p);
		p += strlen(",\"path\":\"");
		memset(path, *p, sizeof(path));
		ck_assert_mem_eq(p, path, sizeof(path));
		ck_assert_str_eq(p + sizeof(path), "\"}\n");
		lines++;
	}
	(void)fclose(f);
	ck_assert_uint_eq(lines, 400);
}
END_TEST

/* What the log has lost stands in the next record, once. */
START_TEST(losses_of_the_log)
{
	char line[1024];
	FILE *f;

	(void)log_open_at("/nonexistent/log", LOG_LEVEL_INFO, LOG_AUTH);
	ck_assert_int_eq(open_at(at("log")), 0);
	log_info("a");
	log_info("b");
	write_records("/x", 2, 2);
	f = fopen(at("log"), "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_ptr_nonnull(strstr(line, ",\"syslog_lost\":2,\"path\":"));
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_ptr_null(strstr(line, "syslog_lost"));
	(void)fclose(f);
}
END_TEST

/* From here on lines of the log go to the file "said". */
static void
keep_log(void)
{
	int fd;

	touch("said");
	fd = open(at("said"), O_WRONLY | O_APPEND | O_CLOEXEC);
	ck_assert_int_ne(dup2(fd, STDERR_FILENO), -1);
	(void)close(fd);
	(void)log_open(LOG_LEVEL_INFO, LOG_AUTH, true);
}

static const char *
text_of(const char *name)
{
	static char text[4096];
	ssize_t n;
	int fd;

	fd = open(at(name), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	(void)close(fd);
	return text;
}

static const struct {
	int error;
	bool is_broken;
} disk_rows[] = {
	{ EROFS, true },
	{ EIO, true },
	{ ENOSPC, true },
	{ EDQUOT, true },
	{ ESTALE, true },
	{ EACCES, false },
	{ EPERM, false },
	{ ENOMEM, false },
};

/* R-LOG-1: a disk that fails costs records, and the log says so. */
START_TEST(broken_disk)
{
	char want[256];

	stat_error = disk_rows[_i].error;
	if (!disk_rows[_i].is_broken) {
		ck_refused(at("log"), strerror(stat_error));
		return;
	}
	keep_log();
	ck_assert_int_eq(open_at(at("log")), 0);
	ck_assert_str_eq(err, "");
	ck_assert_int_eq(journal.place, JOURNAL_NONE);
	(void)snprintf(want, sizeof(want),
	    "TransferLog %s: %s; records are lost\n", at("log"),
	    strerror(stat_error));
	ck_assert_str_eq(text_of("said"), want);
	write_records("/x", 2, 1);
	ck_assert_str_eq(text_of("said"), want);
	ck_assert_str_eq(text_of("log"), "");
}
END_TEST

/* What the directory of clients is must be known. */
START_TEST(unknown_root)
{
	rootfd = -1;
	ck_refused(at("log"), "Bad file descriptor");
}
END_TEST

/* The file was opened, and there is no number left that it may have. */
START_TEST(no_number_for_it)
{
	const struct rlimit few = { FILTER_OTHER_FDS, 64 };
	int fd, status;
	char want[256];
	pid_t pid;

	(void)snprintf(want, sizeof(want), "TransferLog %s: %s", at("log"),
	    strerror(EINVAL));
	if ((pid = fork()) == 0) {
		rootfd = fcntl(rootfd, F_DUPFD_CLOEXEC, FILTER_OTHER_FDS);
		for (fd = 3; fd < FILTER_OTHER_FDS; fd++)
			(void)close(fd);
		if (setrlimit(RLIMIT_NOFILE, &few) == -1)
			_exit(2);
		_exit(open_at(at("log")) != -1 || strcmp(err, want) != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static const struct {
	enum settings_log_format format;
	const char *path;
	const char *begin;
	const char *end;
} format_rows[] = {
	{ SETTINGS_LOG_JSON, "syslog", "@cee: {\"time\":\"1970",
	    "\"path\":\"/x\"}\n" },
	{ SETTINGS_LOG_XFERLOG, "syslog", "Thu Jan 01 00:00:00 1970 1 ",
	    " c\n" },
	{ SETTINGS_LOG_JSON, "log", "{\"time\":\"1970", "\"path\":\"/x\"}\n" },
	{ SETTINGS_LOG_XFERLOG, "log", "Thu Jan 01 00:00:00 1970 1 ", " c\n" },
};

/* One line a record, in its format and its place only. */
START_TEST(formats)
{
	const bool to_log = strcmp(format_rows[_i].path, "syslog") == 0;
	const char *text, *end = format_rows[_i].end;

	ck_assert_int_eq(setenv("TZ", "UTC0", 1), 0);
	keep_log();
	ck_assert_int_eq(journal_open(&journal, to_log ? "syslog" : at("log"),
			     format_rows[_i].format, rootfd, err, sizeof(err)),
	    0);
	write_records("/x", 2, 1);
	ck_assert_str_eq(text_of(to_log ? "log" : "said"), "");
	text = text_of(to_log ? "said" : "log");
	ck_assert_msg(strncmp(text, format_rows[_i].begin,
			  strlen(format_rows[_i].begin)) == 0,
	    "%s", text);
	ck_assert_str_eq(text + strlen(text) - strlen(end), end);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

static Suite *
journal_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("journal");
	tc = tcase_create("journal");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, places);
	tcase_add_test(tc, places_that_are_none);
	tcase_add_test(tc, fifo_with_a_reader);
	tcase_add_test(tc, rotation);
	tcase_add_test(tc, lines_of_many);
	tcase_add_test(tc, losses_of_the_log);
	tcase_add_loop_test(tc, broken_disk, 0, LENGTH(disk_rows));
	tcase_add_test(tc, unknown_root);
	tcase_add_test(tc, no_number_for_it);
	tcase_add_loop_test(tc, formats, 0, LENGTH(format_rows));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(journal_suite())) != 0;
}

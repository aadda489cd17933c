/* SPDX-License-Identifier: ISC */
/* The lines, byte for byte: filters that others wrote depend on them. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "audit.h"
#include "clock.h"
#include "log.h"
#include "tap.h"

static int saved_stderr;
static int pipe_read;
static char got[8192];
static struct audit up;
static struct audit down;

/* Standard error, where the log goes, is a pipe to ourselves. */
static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	ck_assert_int_ne(dup2(fds[1], STDERR_FILENO), -1);
	(void)close(fds[1]);
	pipe_read = fds[0];
	ck_assert_int_ne(log_open(LOG_LEVEL_VERBOSE, LOG_AUTH, true), -1);
	audit_init(&up, "fw01", "192.0.2.7", true);
	audit_init(&down, "x", "::1", false);
}

static void
teardown(void)
{
	ck_assert_int_ne(dup2(saved_stderr, STDERR_FILENO), -1);
	(void)close(saved_stderr);
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

START_TEST(session_opened)
{
	audit_session_opened(&up, "landlock seccomp");
	ck_assert_str_eq(caught(),
	    "session opened for local user fw01 from [192.0.2.7]: upload, "
	    "landlock seccomp\n");
	audit_session_opened(&down, "chroot");
	ck_assert_str_eq(caught(),
	    "session opened for local user x from [::1]: download, chroot\n");
}
END_TEST

/* What sshd told of the client, as far as it did. */
START_TEST(session_of_a_key)
{
	audit_identify(&up, 1001, 50122, "publickey", "SHA256:abc");
	audit_session_opened(&up, "confine=jail");
	ck_assert_str_eq(caught(),
	    "session opened for local user fw01 from [192.0.2.7]: upload, "
	    "port 50122, publickey SHA256:abc, confine=jail\n");
	audit_identify(&down, 0, 0, "password", "");
	audit_session_opened(&down, "confine=jail");
	ck_assert_str_eq(caught(),
	    "session opened for local user x from [::1]: download, password, "
	    "confine=jail\n");
	audit_identify(&down, 0, 65535, "", "");
	audit_session_opened(&down, "confine=jail");
	ck_assert_str_eq(caught(),
	    "session opened for local user x from [::1]: download, port 65535, "
	    "confine=jail\n");
}
END_TEST

/* The records of the same events, to the log.  The times are a clock's. */
static struct journal journal;

static const char *
caught_record(void)
{
	char *p;

	p = strstr(caught(), "\n@cee: {\"time\":\"20");
	ck_assert_msg(p != NULL, "%s", got);
	p = strstr(p, "Z\",");
	ck_assert_ptr_nonnull(p);
	return p + strlen("Z\",");
}

static void
ck_holds(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "%s: %s", part, text);
}

START_TEST(records)
{
	const time_t mtime = 0;
	const char *got_record;
	struct digest digest;
	char id[64];

	journal_init(&journal);
	journal.place = JOURNAL_SYSLOG;
	journal.format = SETTINGS_LOG_JSON;
	audit_keep_records(&up, &journal);
	up.digest = &digest;
	audit_identify(&up, 1001, 50122, "publickey", "SHA256:abc");
	audit_session_opened(&up, "confine=jail");
	(void)snprintf(
	    id, sizeof(id), ".%ld\",\"layers\":\"jail\"", (long)getpid());
	(void)caught();

	audit_announce(&up, 3, 0640, &mtime);
	up.file.start -= 2 * CLOCK_SECOND;
	digest_begin(&digest);
	digest_add(&digest, "abc", 3);
	audit_done(&up, "/a", 3);
	got_record = caught_record();
	ck_holds(got_record,
	    "\"result\":\"ok\",\"direction\":\"upload\",\"user\":\"fw01\","
	    "\"uid\":1001,\"address\":\"192.0.2.7\",\"port\":50122,"
	    "\"method\":\"publickey\",\"key\":\"SHA256:abc\",\"session\":\"");
	ck_holds(got_record, id);
	ck_holds(got_record, ",\"size\":3,\"bytes\":3,\"duration\":2.");
	ck_holds(got_record,
	    ",\"mode\":\"0640\",\"mtime\":\"1970-01-01T00:00:00Z\","
	    "\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410"
	    "ff61f20015ad\",\"path\":\"/a\"}\n");

	/* What was said of a file is not said of the next. */
	audit_refused(&up, "name-denied", "DenyNames", "/b");
	got_record = caught_record();
	ck_holds(got_record,
	    "\"result\":\"refused\",\"reason\":\"name-denied\","
	    "\"keyword\":\"DenyNames\",\"direction\":\"upload\"");
	ck_holds(got_record,
	    "\"jail\",\"bytes\":0,\"duration\":0.000,\"path\":\"/b\"}\n");
	audit_announce(&up, 9, 0644, NULL);
	audit_failed(&up, "no-space", "/c", 7);
	got_record = caught_record();
	ck_holds(got_record,
	    "\"result\":\"failed\",\"reason\":\"no-space\",\"direction\"");
	ck_holds(got_record, ",\"size\":9,\"bytes\":7,\"duration\":0.0");
	ck_holds(got_record, ",\"mode\":\"0644\",\"path\":\"/c\"}\n");
	/* Other events have none. */
	audit_session_failed(&up, "disconnected", "lost connection");
	audit_note("/c", "x");
	audit_session_closed(&up, 1);
	ck_assert_ptr_null(strstr(caught(), "@cee"));
}
END_TEST

/* All but the seconds, which are a clock's; they are checked for sense. */
START_TEST(session_closed)
{
	static const char head[] =
	    "session closed for local user fw01 from [192.0.2.7]: "
	    "upload 1 ok 1 refused 1 failed, 5120 bytes, ";
	static const char tail[] = " s, exit 1\n";
	double seconds;
	int n = 0;

	audit_done(&up, "a", 5120);
	audit_refused(&up, "read-only", NULL, "b");
	audit_failed(&up, "no-space", "c", 7);
	audit_session_failed(&up, "disconnected", "lost");
	up.start -= 3250 * CLOCK_MS;
	(void)caught();
	audit_session_closed(&up, 1);
	(void)caught();
	ck_assert_int_eq(strncmp(got, head, sizeof(head) - 1), 0);
	ck_assert_int_eq(
	    sscanf(got + sizeof(head) - 1, "%lf%n", &seconds, &n), 1);
	ck_assert_int_eq(got[sizeof(head) - 1 + (size_t)n - 2], '.');
	ck_assert_str_eq(got + sizeof(head) - 1 + n, tail);
	ck_assert(seconds > 3.1 && seconds < 30.0);
}
END_TEST

START_TEST(session_closed_untouched)
{
	down.start -= 100000 * CLOCK_SECOND;
	audit_session_closed(&down, 0);
	(void)caught();
	/* Seconds are not minutes, and tenths have one digit. */
	ck_assert_int_eq(
	    strncmp(got,
		"session closed for local user x from [::1]: download 0 ok "
		"0 refused 0 failed, 0 bytes, 1000",
		strlen("session closed for local user x from [::1]: download "
		       "0 ok 0 refused 0 failed, 0 bytes, 1000")),
	    0);
	ck_assert_ptr_nonnull(strstr(got, " s, exit 0\n"));
}
END_TEST

START_TEST(command_refused)
{
	audit_command_refused(&up, "other", "rm -rf \"/\"\n", 12);
	ck_assert_str_eq(caught(),
	    "refused command by fw01 from [192.0.2.7]: other: "
	    "\"rm -rf \\\"/\\\"\\n\\000\"\n");
}
END_TEST

START_TEST(session_failed)
{
	audit_session_failed(&down, "disconnected", "no answer");
	ck_assert_str_eq(caught(),
	    "failed session by x from [::1]: disconnected: no answer\n");
	ck_assert_uint_eq(down.failed, 0);
	ck_assert_uint_eq(down.refused, 0);
}
END_TEST

START_TEST(file_opened)
{
	audit_open(&up, "/in/a.cfg", 0644);
	ck_assert_str_eq(caught(),
	    "open \"/in/a.cfg\" flags WRITE,CREATE,TRUNCATE mode 0644\n");
	audit_open(&down, "/in/a\"", 0600);
	ck_assert_str_eq(caught(), "open \"/in/a\\\"\" flags READ mode 0600\n");
}
END_TEST

START_TEST(file_done)
{
	audit_done(&up, "/in/a.cfg", 5120);
	ck_assert_str_eq(
	    caught(), "close \"/in/a.cfg\" bytes read 0 written 5120\n");
	audit_done(&up, "/\n", INT64_MAX);
	ck_assert_str_eq(caught(),
	    "close \"/\\n\" bytes read 0 written 9223372036854775807\n");
	ck_assert_uint_eq(up.files, 2);
	ck_assert_uint_eq(up.bytes, 5120ULL + INT64_MAX);
	audit_done(&down, "/in/a.cfg", 5120);
	ck_assert_str_eq(
	    caught(), "close \"/in/a.cfg\" bytes read 5120 written 0\n");
}
END_TEST

START_TEST(file_refused)
{
	audit_refused(&up, "reserved-name", NULL, "/in/b\" from [1.2.3.4]");
	ck_assert_str_eq(caught(),
	    "refused upload by fw01 from [192.0.2.7]: reserved-name: "
	    "\"/in/b\\\" from [1.2.3.4]\"\n");
	audit_refused(&down, "write-only", NULL, "b");
	ck_assert_str_eq(
	    caught(), "refused download by x from [::1]: write-only: \"b\"\n");
	ck_assert_uint_eq(up.refused, 1);
	ck_assert_uint_eq(up.failed, 0);
	ck_assert_uint_eq(up.files, 0);
}
END_TEST

START_TEST(file_failed)
{
	audit_failed(&up, "no-space", "/in/c", 8192);
	ck_assert_str_eq(caught(),
	    "failed upload by fw01 from [192.0.2.7]: no-space: \"/in/c\" "
	    "after 8192 bytes\n");
	audit_failed(&down, "io-error", "c", 0);
	ck_assert_str_eq(caught(),
	    "failed download by x from [::1]: io-error: \"c\" after 0 bytes\n");
	ck_assert_uint_eq(up.failed, 1);
	ck_assert_uint_eq(up.refused, 0);
	ck_assert_uint_eq(up.bytes, 0);
}
END_TEST

START_TEST(attributes)
{
	audit_mkdir(&up, "/in/d", 0755);
	ck_assert_str_eq(caught(), "mkdir name \"/in/d\" mode 0755\n");
	audit_set_mode(&up, "/in/d", 0644);
	ck_assert_str_eq(caught(), "set \"/in/d\" mode 0644\n");
	audit_set_mode(&up, "/in/d", 07);
	ck_assert_str_eq(caught(), "set \"/in/d\" mode 0007\n");
	audit_set_times(&up, "/in/d", 1795467600);
	ck_assert_str_eq(caught(), "set \"/in/d\" modtime 20261123-21:00:00\n");
	audit_set_times(&up, "/in/d", 0);
	ck_assert_str_eq(caught(), "set \"/in/d\" modtime 19700101-00:00:00\n");
	audit_set_times(&up, "/in/d", INT64_MAX);
	ck_assert_str_eq(caught(), "set \"/in/d\" modtime ?\n");
	audit_note("/in/d", "the group ACL was not kept");
	ck_assert_str_eq(
	    caught(), "note \"/in/d\": the group ACL was not kept\n");
}
END_TEST

/* At INFO the first three kinds are left out, the rest stays. */
START_TEST(levels)
{
	ck_assert_int_ne(log_open(LOG_LEVEL_INFO, LOG_AUTH, true), -1);
	audit_open(&up, "a", 0644);
	audit_mkdir(&up, "a", 0755);
	audit_set_mode(&up, "a", 0644);
	audit_set_times(&up, "a", 0);
	ck_assert_str_eq(caught(), "");
	audit_done(&up, "a", 1);
	ck_assert_str_ne(caught(), "");
	audit_refused(&up, "read-only", NULL, "a");
	ck_assert_str_ne(caught(), "");
	audit_failed(&up, "io-error", "a", 1);
	ck_assert_str_ne(caught(), "");
	audit_note("a", "b");
	ck_assert_str_ne(caught(), "");
	audit_command_refused(&up, "sftp", "a", 1);
	ck_assert_str_ne(caught(), "");
	audit_session_opened(&up, "a");
	ck_assert_str_ne(caught(), "");
	audit_session_failed(&up, "io-error", "a");
	ck_assert_str_ne(caught(), "");
	audit_session_closed(&up, 0);
	ck_assert_str_ne(caught(), "");
	ck_assert_int_ne(log_open(LOG_LEVEL_ERROR, LOG_AUTH, true), -1);
	audit_done(&up, "a", 1);
	audit_session_closed(&up, 0);
	ck_assert_str_eq(caught(), "");
	/* What is not written counts all the same. */
	ck_assert_uint_eq(up.files, 2);
}
END_TEST

/* No line is made then; each is missing all the same. */
START_TEST(lines_for_nobody_are_lost)
{
	(void)log_open_at("/nonexistent/log", LOG_LEVEL_VERBOSE, LOG_AUTH);
	audit_open(&up, "a", 0644);
	audit_done(&up, "a", 1);
	audit_mkdir(&up, "a", 0755);
	audit_set_mode(&up, "a", 0644);
	audit_set_times(&up, "a", 0);
	ck_assert_uint_eq(log_lost(), 5);
	(void)log_open_at("/nonexistent/log", LOG_LEVEL_INFO, LOG_AUTH);
	audit_open(&up, "a", 0644);
	audit_done(&up, "a", 1);
	ck_assert_uint_eq(log_lost(), 1);
	ck_assert_uint_eq(up.files, 2);
}
END_TEST

/* R-LOG-1: whatever the client writes, both ends of it and the verdict. */
START_TEST(long_texts_are_cut_in_the_middle)
{
	char user[256];
	char address[64];
	char path[5000];

	memset(user, 'u', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	memset(address, ':', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	memset(path, '\001', sizeof(path) - 1);
	memcpy(path, "begin", 5);
	memcpy(path + sizeof(path) - 4, "end", 4);
	audit_init(&up, user, address, true);
	audit_failed(&up, "name-too-long", path, INT64_MAX);
	ck_assert_uint_le(strlen(caught()), LOG_BYTES_MAX);
	ck_assert_ptr_nonnull(strstr(got, ": name-too-long: \"begin\\001"));
	ck_assert_ptr_nonnull(strstr(got, "\\001\"...\"\\001"));
	ck_assert_ptr_nonnull(
	    strstr(got, "end\" after 9223372036854775807 bytes\n"));
}
END_TEST

static Suite *
audit_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("audit");
	tc = tcase_create("lines");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, session_opened);
	tcase_add_test(tc, session_of_a_key);
	tcase_add_test(tc, records);
	tcase_add_test(tc, session_closed);
	tcase_add_test(tc, session_closed_untouched);
	tcase_add_test(tc, command_refused);
	tcase_add_test(tc, session_failed);
	tcase_add_test(tc, file_opened);
	tcase_add_test(tc, file_done);
	tcase_add_test(tc, file_refused);
	tcase_add_test(tc, file_failed);
	tcase_add_test(tc, attributes);
	tcase_add_test(tc, levels);
	tcase_add_test(tc, lines_for_nobody_are_lost);
	tcase_add_test(tc, long_texts_are_cut_in_the_middle);
	suite_add_tcase(s, tc);
	tc = tcase_create("codes");
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(audit_suite())) != 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * Sessions of which one system call fails before the filter is loaded, each in
 * turn and with several errors.  Where the session is served all the same, all
 * layers hold or the log says which one does not and why (R-CONF-2), and what
 * it may do is what it may do without the error.  Else the exit status is 1,
 * nothing is stored or sent, the administrator is told why, and the client not
 * (R-PATH-4).  -T says the same as without the error, or fails.
 *
 * SWEEP=all tries all errors with all calls.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "trace.h"

static struct trace_result *result;

/* Absolute, beside the served directory. */
static char beside[PATH_MAX];

/* --- sessions ---------------------------------------------------------- */

static const struct scenario {
	const char *title;
	const char *options;
	const char *file; /* behind them, with its name appended */
	const char *command;
	bool allowed;
} scenarios[] = {
	{ "upload", "-d /d -u 027 -o TransferLog=", "/records", "scp -d -t .",
	    true },
	{ "upload without chroot", "-o Chroot=no", NULL, "scp -d -t d", true },
	{ "upload with chroot alone", "-o Chroot=yes -o Landlock=no", NULL,
	    "scp -d -t d", true },
	{ "download", "-o Digest=sha256 -o TransferLog=syslog", NULL,
	    "scp -f d/g", true },
	{ "refused by a block for a user", "-C ", "/users", "scp -d -t d",
	    false },
	{ "refused by a block for a group", "-C ", "/groups", "scp -d -t d",
	    false },
	{ "refused by an included file", "-C ", "/more", "scp -d -t d", false },
};
#define FOR_ROOT 4 /* these files must be root's */

static void
write_beside(const char *name, const char *text)
{
	char path[PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/%s", beside, name);
	(void)unlink(path);
	make_file(path, text, 0644);
}

static void
start(void)
{
	static const char key[] = "publickey ssh-ed25519 "
				  "AAAAC3NzaC1lZDI1NTE5AAAAIE0LTmeJCSUOQZ3y"
				  "NbUlKrSqtF5NkCpHGxyjOGNSwJ7b\n";
	char path[PATH_MAX + 16];

	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(result, MAP_FAILED);
	ck_assert_ptr_nonnull(realpath("..", beside));
	write_beside("auth", key);
	write_beside("records", "");
	write_beside("users", "Match User root\nAccess read-only\n");
	write_beside("groups", "Match Group root\nAccess read-only\n");
	write_beside("more", "Include more.d/*\nAccess read-write\n");
	(void)snprintf(path, sizeof(path), "%s/more.d", beside);
	make_dir(path, 0755);
	write_beside("more.d/1", "# nothing\n");
	write_beside("more.d/2", "Access read-only\n");
	write_beside("more.d/3", "Umask 022\n");
	make_dir("d", 0755);
	make_file("d/g", "text", 0644);
}

/* Its end: status, answers, log. */
static int
play(struct server *s, const struct scenario *sc, const struct trace *t)
{
	char options[PATH_MAX + 128], auth[PATH_MAX + 32];
	const char *const env[] = { "LOGNAME=root", auth, NULL };

	(void)snprintf(auth, sizeof(auth), "SSH_USER_AUTH=%s/auth", beside);
	(void)snprintf(options, sizeof(options), "%s%s%s", sc->options,
	    sc->file == NULL ? "" : beside, sc->file == NULL ? "" : sc->file);
	(void)unlink("d/f");
	server_start(s,
	    &(struct launch){ .options = options,
		.command = sc->command,
		.env = env,
		.trace = t });
	if (strstr(sc->command, "-t") != NULL)
		server_send(s, "C0644 3 f\nnew", 14);
	else
		server_send(s, "\0\0\0", 4);
	server_close_input(s);
	(void)snprintf(s->title + strlen(s->title),
	    sizeof(s->title) - strlen(s->title), " [%s] call %ld, errno %d",
	    sc->title, t == NULL ? 0 : t->at, t == NULL ? 0 : t->error);
	return server_wait(s);
}

/* --- what came of it --------------------------------------------------- */

static bool
is_sent(const struct server *s)
{
	return memmem(s->received.p, s->received.len, "text", 4) != NULL;
}

static bool
is_done(const struct server *s, const struct scenario *sc)
{
	return strstr(sc->command, "-t") != NULL ? access("d/f", F_OK) == 0
						 : is_sent(s);
}

/* All layers, or a word on each that is missing. */
static void
ck_layers(const struct server *s, const char *usual)
{
	static const struct {
		const char *name, *why;
	} layers[] = {
		{ "chroot,|userns,|jail,", "; no chroot: " },
		{ "landlock", "; no Landlock: " },
		{ "seccomp", "" },
	};
	const char *line = strstr(s->log.p, "confine=");

	if (line == NULL)
		server_fail(s, "no layers are named");
	for (size_t i = 0; i < LENGTH(layers); i++)
		if (holds(usual, layers[i].name) &&
		    !holds(line, layers[i].name) &&
		    (layers[i].why[0] == '\0' ||
			strstr(line, layers[i].why) == NULL))
			server_fail(s, "neither %s", layers[i].name);
}

static void
ck_served(const struct server *s, const struct scenario *sc, const char *usual)
{
	if (!sc->allowed)
		server_fail(s, "call %ld: success", result->number);
	if (!is_done(s, sc))
		server_fail(s, "call %ld: success for less", result->number);
	ck_layers(s, usual);
}

static void
ck_refused(const struct server *s, const struct scenario *sc)
{
	if (is_done(s, sc))
		server_fail(s, "call %ld: it is done", result->number);
	if (s->received.len > 0 &&
	    memmem(s->received.p, s->received.len, beside, strlen(beside)) !=
		NULL)
		server_fail(s, "the client learns of %s", beside);
	if (s->log.len == 0 && result->number != SYS_write)
		server_fail(s, "call %ld: nothing is said", result->number);
}

/* What no program does anything about. */
static bool
is_beyond_us(const struct trace *t, int status)
{
	switch (result->number) {
	case SYS_getuid:
	case SYS_geteuid:
	case SYS_getgid:
	case SYS_getegid:
	case SYS_umask:
		return true; /* never fails */
	case SYS_rt_sigprocmask:
	case SYS_futex:
		/* Libraries that look up accounts abort then. */
		return status == 128 + SIGABRT;
	case SYS_getdents64:
		/* Of a directory that is gone: an end to readdir(3). */
		return t->error == ENOENT;
	default:
		return false;
	}
}

static void
fail_at(const struct scenario *sc, long at, int error, const char *usual)
{
	const struct trace t = {
		.at = at, .error = error, .early = true, .result = result
	};
	struct server s;
	int status;

	status = play(&s, sc, &t);
	if (result->number == -1)
		server_fail(&s, "there is no call %ld", at);
	if (is_beyond_us(&t, status))
		;
	else if (status == 0)
		ck_served(&s, sc, usual);
	else if (status == 1)
		ck_refused(&s, sc);
	else
		server_fail(&s, "call %ld: status %d", result->number, status);
	server_clear(&s);
}

static long
count_calls(const struct scenario *sc, struct bytes *log)
{
	const struct trace t = { .early = true, .result = result };
	struct server s;

	if (play(&s, sc, &t) != (sc->allowed ? 0 : 1) || result->calls < 50)
		server_fail(&s, "%ld calls", result->calls);
	ck_assert_int_eq(is_done(&s, sc), sc->allowed);
	bytes_add(log, s.log.p, s.log.len);
	server_clear(&s);
	return result->calls;
}

static const int errors[] = { EIO, EACCES, ENOENT, ENOMEM, EINTR, EPERM,
	ENOSYS };

/* Is the n-th error tried with this call?  EIO, and one of the others. */
static bool
is_tried(size_t n, long at)
{
	const char *sweep = getenv("SWEEP");

	return n == 0 || (sweep != NULL && strcmp(sweep, "all") == 0) ||
	    n == 1 + (size_t)at % (LENGTH(errors) - 1);
}

static void
report(const char *title, size_t points)
{
	printf("# %s: %zu points tried, 0 violated\n", title, points);
	fflush(stdout);
}

START_TEST(session_starts)
{
	const struct scenario *sc = &scenarios[_i];
	struct bytes usual = { 0 };
	size_t points = 0;
	long calls;

	if (!can_trace())
		return;
	start();
	calls = count_calls(sc, &usual);
	for (long at = 1; at <= calls; at++)
		for (size_t i = 0; i < LENGTH(errors); i++) {
			if (!is_tried(i, at))
				continue;
			fail_at(sc, at, errors[i], usual.p);
			points++;
		}
	report(sc->title, points);
	bytes_free(&usual);
}
END_TEST

/* --- questions ---------------------------------------------------------- */

static int
ask(struct server *s, const struct trace *t)
{
	const char *user = geteuid() == 0 ? "user=nobody" : "name=x";
	const char *const argv[] = { "scp-server", "-C", "none", "-r",
		root_path(), "-T", user, "scp -f d/*", NULL };

	server_start(s, &(struct launch){ .argv = argv, .trace = t });
	server_close_input(s);
	(void)snprintf(s->title + strlen(s->title),
	    sizeof(s->title) - strlen(s->title), " call %ld, errno %d", t->at,
	    t->error);
	return server_wait(s);
}

static void
ask_at(long at, int error, const struct bytes *usual)
{
	const struct trace t = {
		.at = at, .error = error, .early = true, .result = result
	};
	struct server s;
	int status;

	status = ask(&s, &t);
	bytes_add(&s.received, "", 0);
	if (is_beyond_us(&t, status))
		;
	else if (status != 0 && status != 1)
		server_fail(&s, "call %ld: status %d", result->number, status);
	else if (status == 1 && s.log.len == 0 &&
	    !holds(s.received.p, "decision refused|decision unknown"))
		server_fail(&s, "call %ld: nothing is said", result->number);
	else if (status == 0 && strcmp(s.received.p, usual->p) != 0)
		server_fail(
		    &s, "call %ld: says \"%s\"", result->number, s.received.p);
	server_clear(&s);
}

START_TEST(question_is_answered)
{
	struct trace t = { .early = true };
	struct server s;
	size_t points = 0;
	long calls;

	if (!can_trace())
		return;
	start();
	t.result = result;
	if (ask(&s, &t) != 0 || result->calls < 50)
		server_fail(&s, "%ld calls", result->calls);
	calls = result->calls;
	for (long at = 1; at <= calls; at++)
		for (size_t i = 0; i < LENGTH(errors); i++) {
			if (!is_tried(i, at))
				continue;
			ask_at(at, errors[i], &s.received);
			points++;
		}
	report("question", points);
	server_clear(&s);
}
END_TEST

/* Seconds, for all points of one scenario on a machine that has more to do. */
#define TIMEOUT 1200

static void
add_first(TCase *tc)
{
	tcase_add_loop_test(tc, session_starts, 0, 1);
	tcase_add_test(tc, question_is_answered);
	tcase_set_timeout(tc, TIMEOUT);
}

static void
add_others(TCase *tc)
{
	tcase_add_loop_test(tc, session_starts, 1, FOR_ROOT);
	tcase_set_timeout(tc, TIMEOUT);
}

static void
add_files(TCase *tc)
{
	tcase_add_loop_test(
	    tc, session_starts, FOR_ROOT, (int)LENGTH(scenarios));
	tcase_set_timeout(tc, TIMEOUT);
}

int
main(void)
{
	Suite *suite = suite_create("start_faults");

	driver_add(suite, add_first, AS_BOTH);
	driver_add(suite, add_others, AS_ACCOUNT);
	driver_add(suite, add_files, AS_ROOT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "driver.h"
#include "own.h"
#include "trace.h"
#include "uses.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Words on a command line, the driver's own included. */
#define WORDS_MAX 256

static struct {
	int program;         /* opened while we may still reach it */
	char base[PATH_MAX]; /* all of this run */
	char root[PATH_MAX + 64];
	char outside[PATH_MAX + 64];
	bool at_home;
	bool has_conf;
} driver;

/* --- bytes ------------------------------------------------------------ */

void
bytes_add(struct bytes *b, const char *p, size_t len)
{
	size_t room = b->room;

	if (b->room - b->len <= len) {
		while (room - b->len <= len)
			room = room == 0 ? 256 : 2 * room;
		b->p = realloc(b->p, room);
		ck_assert_ptr_nonnull(b->p);
		b->room = room;
	}
	if (len > 0)
		memcpy(b->p + b->len, p, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void
bytes_addf(struct bytes *b, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	ck_assert_int_ge(n, 0);
	bytes_add(b, text, (size_t)n);
	free(text);
}

void
bytes_free(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){ 0 };
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
bytes_sort(struct bytes *text)
{
	struct bytes sorted = { 0 };
	char **lines;
	char *p;
	size_t n = 0;

	bytes_add(text, "", 0);
	lines = calloc(text->len + 1, sizeof(*lines));
	ck_assert_ptr_nonnull(lines);
	for (p = text->p; p < text->p + text->len; p++) {
		lines[n++] = p;
		if ((p = strchr(p, '\n')) == NULL)
			break;
		*p = '\0';
	}
	qsort(lines, n, sizeof(*lines), compare_lines);
	bytes_add(&sorted, "", 0);
	for (size_t i = 0; i < n; i++)
		bytes_addf(&sorted, "%s\n", lines[i]);
	free(lines);
	bytes_free(text);
	*text = sorted;
}

bool
holds(const char *text, const char *texts)
{
	char one[256];
	size_t n;

	for (;;) {
		n = strcspn(texts, "|");
		ck_assert_uint_lt(n, sizeof(one));
		memcpy(one, texts, n);
		one[n] = '\0';
		if (strstr(text, one) != NULL)
			return true;
		if (texts[n] == '\0')
			return false;
		texts += n + 1;
	}
}

/* Add bytes in printable form, at most some hundred of them. */
static void
add_shown(struct bytes *b, const char *p, size_t len)
{
	const size_t most = 600;
	unsigned char c;

	bytes_add(b, "\"", 1);
	for (size_t i = 0; i < len && i < most; i++) {
		c = (unsigned char)p[i];
		if (c == '\n')
			bytes_add(b, "\\n", 2);
		else if (c < ' ' || c > '~' || c == '"' || c == '\\')
			bytes_addf(b, "\\%o", (unsigned)c);
		else
			bytes_add(b, (const char *)&c, 1);
	}
	bytes_add(b, "\"", 1);
	if (len > most)
		bytes_addf(b, "... %zu bytes", len);
}

/* Fails the test, on one line. */
static _Noreturn void
fail_difference(const char *what, const struct bytes *got, const char *want)
{
	struct bytes b = { 0 };

	bytes_addf(&b, "%s: got ", what);
	add_shown(&b, got->p, got->len);
	bytes_addf(&b, ", expected ");
	add_shown(&b, want, strlen(want));
	ck_abort_msg("%s", b.p);
	abort();
}

/* --- processes -------------------------------------------------------- */

struct argv {
	char *word[WORDS_MAX + 1];
	size_t n;
};

static void
argv_add(struct argv *a, const char *word)
{
	ck_assert_uint_lt(a->n, WORDS_MAX);
	a->word[a->n] = strdup(word);
	ck_assert_ptr_nonnull(a->word[a->n]);
	a->n++;
}

/* Add the words of a text, which are parted by single blanks. */
static void
argv_split(struct argv *a, const char *text)
{
	char *copy, *rest, *word;

	if (text == NULL)
		return;
	ck_assert_ptr_nonnull(copy = strdup(text));
	rest = copy;
	while ((word = strsep(&rest, " ")) != NULL)
		argv_add(a, word);
	free(copy);
}

static void
argv_list(struct argv *a, const char *const *words)
{
	for (; words != NULL && *words != NULL; words++)
		argv_add(a, *words);
}

static void
argv_clear(struct argv *a)
{
	while (a->n > 0)
		free(a->word[--a->n]);
}

/* Our ends and the server's. */
struct channel {
	int in[2];  /* read by the server, written by us */
	int out[2]; /* the other way */
	int err[2];
};

static int
open_terminal(int *ours)
{
	struct termios t;
	int tty;

	*ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ne(*ours, -1);
	ck_assert_int_eq(grantpt(*ours), 0);
	ck_assert_int_eq(unlockpt(*ours), 0);
	tty = open(ptsname(*ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ne(tty, -1);
	ck_assert_int_eq(tcgetattr(tty, &t), 0);
	cfmakeraw(&t);
	ck_assert_int_eq(tcsetattr(tty, TCSANOW, &t), 0);
	return tty;
}

static void
channel_open(struct channel *c, enum ends ends)
{
	int pair[2];

	ck_assert_int_eq(pipe2(c->err, O_CLOEXEC), 0);
	if (ends == ENDS_SOCKETS) {
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
		    0);
		c->in[0] = pair[0];
		c->out[1] = fcntl(pair[0], F_DUPFD_CLOEXEC, 3);
		c->in[1] = pair[1];
		c->out[0] = fcntl(pair[1], F_DUPFD_CLOEXEC, 3);
		return;
	}
	if (ends == ENDS_TTY_IN)
		c->in[0] = open_terminal(&c->in[1]);
	else
		ck_assert_int_eq(pipe2(c->in, O_CLOEXEC), 0);
	if (ends == ENDS_TTY_OUT)
		c->out[1] = open_terminal(&c->out[0]);
	else
		ck_assert_int_eq(pipe2(c->out,
				     ends == ENDS_PACKETS ? O_CLOEXEC | O_DIRECT
							  : O_CLOEXEC),
		    0);
}

struct start {
	int program;
	const struct channel *channel;
	struct argv *argv;
	struct argv *env;
	size_t memory;
};

static void
limit_memory(size_t memory)
{
	const struct rlimit limit = { memory, memory };

	if (memory != 0 && setrlimit(RLIMIT_AS, &limit) == -1)
		_exit(126);
}

static void
run_start(void *arg)
{
	const struct start *s = arg;
	const struct channel *c = s->channel;
	static const int defaults[] = { SIGPIPE, SIGTERM, SIGHUP, SIGINT,
		SIGCHLD, SIGALRM };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; i < LENGTH(defaults); i++)
		sigaction(defaults[i],
		    &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(c->in[0], 0) == -1 || dup2(c->out[1], 1) == -1 ||
	    dup2(c->err[1], 2) == -1)
		_exit(126);
	syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
	limit_memory(s->memory);
	syscall(SYS_execveat, s->program, "", s->argv->word, s->env->word,
	    AT_EMPTY_PATH);
	_exit(127);
}

/* The title of a session in reports: its words, or the text. */
static void
set_title(struct server *s, const struct launch *l, const struct argv *argv)
{
	struct bytes b = { 0 };

	bytes_add(&b, "", 0);
	for (size_t i = l->argv == NULL ? 6 : 0; i < argv->n; i++) {
		add_shown(&b, argv->word[i], strlen(argv->word[i]));
		bytes_add(&b, " ", 1);
	}
	if (l->text != NULL)
		add_shown(&b, l->text, strlen(l->text));
	snprintf(s->title, sizeof(s->title), "%s", b.p);
	bytes_free(&b);
}

static struct trace_result nobodys;
static const struct trace only_count = { .result = &nobodys };

void
server_start(struct server *s, const struct launch *l)
{
	struct argv argv = { 0 }, env = { 0 };
	struct bytes text = { 0 };
	struct channel c;
	struct start start;
	int program = driver.program;

	*s = (struct server){ .sockets = l->ends == ENDS_SOCKETS };
	if (l->argv != NULL) {
		argv_list(&argv, l->argv);
	} else {
		argv_split(&argv, "scp-server -e -C none -r");
		argv_add(&argv, driver.root);
		argv_split(&argv, l->options);
		/* The first value wins: options may say otherwise. */
		argv_split(&argv, "-o EarlyAck=no");
		argv_split(&argv, l->command);
		argv_list(&argv, l->words);
	}
	if (l->text != NULL) {
		bytes_addf(&text, "SSH_ORIGINAL_COMMAND=%s", l->text);
		argv_add(&env, text.p);
	}
	argv_list(&env, l->env);
	set_title(s, l, &argv);
	channel_open(&c, l->ends);
	if (l->program != NULL)
		program = open(l->program, O_PATH | O_CLOEXEC);
	start = (struct start){ program, &c, &argv, &env, l->memory };
	s->pid = fork();
	ck_assert_int_ne(s->pid, -1);
	if (s->pid == 0 && (l->trace != NULL || uses_are_counted()))
		trace_run(l->trace != NULL ? l->trace : &only_count, run_start,
		    &start);
	if (s->pid == 0)
		run_start(&start);
	if (program != driver.program)
		close(program);
	close(c.in[0]);
	close(c.out[1]);
	close(c.err[1]);
	s->in = c.in[1];
	s->out = c.out[0];
	s->err = c.err[0];
	fcntl(s->in, F_SETFL, fcntl(s->in, F_GETFL) | O_NONBLOCK);
	argv_clear(&argv);
	argv_clear(&env);
	bytes_free(&text);
}

/* Read once; closes at the end of file. */
static void
take_from(int *fd, struct bytes *b, size_t *writes)
{
	char buf[8192];
	ssize_t n;

	n = read(*fd, buf, sizeof(buf));
	if (n > 0) {
		bytes_add(b, buf, (size_t)n);
		if (writes != NULL)
			(*writes)++;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		close(*fd);
		*fd = -1;
	}
}

/* Move what can be moved; false after ms in which nothing could. */
static bool
pump(struct server *s, bool writing, int ms)
{
	struct pollfd p[] = {
		{ .fd = s->out, .events = POLLIN },
		{ .fd = s->err, .events = POLLIN },
		{ .fd = writing ? s->in : -1, .events = POLLOUT },
	};
	int n;

	do {
		n = poll(p, LENGTH(p), ms);
	} while (n == -1 && errno == EINTR);
	ck_assert_int_ne(n, -1);
	if (p[0].revents != 0)
		take_from(&s->out, &s->received, &s->writes);
	if (p[1].revents != 0)
		take_from(&s->err, &s->log, NULL);
	return n > 0;
}

void
server_send(struct server *s, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0 && !s->broken) {
		n = write(s->in, p, len < 1 << 20 ? len : 1 << 20);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (!pump(s, true, WATCHDOG_MS))
				server_fail(s, "it reads nothing more");
		} else if (errno != EINTR) {
			s->broken = true;
		}
	}
}

void
server_read(struct server *s, int ms)
{
	while ((s->out != -1 || s->err != -1) && pump(s, false, ms))
		continue;
}

/* Wait until there are len bytes more than were taken; or how many came. */
static size_t
await(struct server *s, size_t len)
{
	size_t have;

	for (;;) {
		have = s->received.len - s->taken;
		if (have >= len || s->out == -1)
			return have < len ? have : len;
		if (!pump(s, false, WATCHDOG_MS))
			server_fail(s, "no answer");
	}
}

void
server_skip(struct server *s, size_t len)
{
	size_t n;

	while (len > 0) {
		await(s, 1);
		n = s->received.len - s->taken;
		if (n == 0)
			server_fail(s, "%zu bytes are missing", len);
		s->taken += n < len ? n : len;
		len -= n < len ? n : len;
		if (s->taken == s->received.len)
			s->taken = s->received.len = 0;
	}
}

long
server_memory(const struct server *s, const char *key)
{
	struct bytes b = { 0 };
	char path[64];
	const char *p;
	long n = 0;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)s->pid);
	read_file(path, &b);
	p = strstr(b.p, key);
	if (p == NULL)
		server_fail(s, "the kernel does not tell its memory");
	for (p += strlen(key); *p == ' ' || *p == '\t'; p++)
		continue;
	for (; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (*p - '0');
	bytes_free(&b);
	return n;
}

int
server_descriptors(const struct server *s)
{
	char path[64];
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)s->pid);
	if ((d = opendir(path)) == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

/* The letter of proc(5): S where it waits for something. */
static char
state_of(const struct server *s)
{
	struct bytes b = { 0 };
	char path[64], state = '?';
	const char *p;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)s->pid);
	read_file(path, &b);
	if ((p = strstr(b.p, ") ")) != NULL)
		state = p[2];
	bytes_free(&b);
	return state;
}

static bool
has_taken_all(const struct server *s)
{
	int left = 0;

	ck_assert(!s->sockets);
	ck_assert_int_eq(ioctl(s->in, FIONREAD, &left), 0);
	return left == 0;
}

void
server_settle(struct server *s)
{
	for (int i = 0; i < WATCHDOG_MS / QUIET_MS; i++) {
		server_read(s, QUIET_MS);
		if (s->out != -1 && (!has_taken_all(s) || state_of(s) != 'S'))
			continue;
		/* It may have written before it came to rest. */
		server_read(s, 0);
		return;
	}
	server_fail(s, "it does not come to rest");
}

void
server_close_input(struct server *s)
{
	if (s->in == -1)
		return;
	if (s->sockets)
		shutdown(s->in, SHUT_WR);
	close(s->in);
	s->in = -1;
}

void
server_close_output(struct server *s)
{
	if (s->out == -1)
		return;
	if (s->sockets)
		shutdown(s->out, SHUT_RD);
	close(s->out);
	s->out = -1;
}

int
server_wait(struct server *s)
{
	const struct timespec tick = { .tv_nsec = 200000 };
	struct rusage usage;
	int status;
	pid_t pid;

	server_read(s, WATCHDOG_MS);
	if (s->out != -1 || s->err != -1)
		server_fail(s, "it does not end");
	for (int i = 0; i < WATCHDOG_MS * 5; i++) {
		pid = wait4(s->pid, &status, WNOHANG, &usage);
		ck_assert_int_ne(pid, -1);
		if (pid == s->pid) {
			s->pid = 0;
			s->maxrss = usage.ru_maxrss;
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						   : WEXITSTATUS(status);
		}
		nanosleep(&tick, NULL);
	}
	server_fail(s, "it has closed its output but does not end");
}

void
server_more(struct server *s)
{
	if (!pump(s, false, WATCHDOG_MS))
		server_fail(s, "nothing comes");
}

void
server_clear(struct server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	if (s->in != -1)
		close(s->in);
	if (s->out != -1)
		close(s->out);
	if (s->err != -1)
		close(s->err);
	bytes_free(&s->received);
	bytes_free(&s->log);
	*s = (struct server){ .in = -1, .out = -1, .err = -1 };
}

void
server_fail(const struct server *s, const char *fmt, ...)
{
	struct bytes b = { 0 };
	char *text;
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_ne(vasprintf(&text, fmt, ap), -1);
	va_end(ap);
	bytes_addf(&b, "%s%s: %s; answers ", geteuid() == 0 ? "as root: " : "",
	    s->title, text);
	add_shown(&b, s->received.p, s->received.len);
	bytes_addf(&b, " after %zu expected; stderr ", s->taken);
	add_shown(&b, s->log.p, s->log.len);
	if (s->pid > 0)
		kill(s->pid, SIGKILL);
	ck_abort_msg("%s", b.p);
	abort();
}

/* --- the dialogue ----------------------------------------------------- */

void
expect_bytes(struct server *s, const char *p, size_t len)
{
	struct bytes b = { 0 };

	if (len == 0)
		return;
	if (await(s, len) == len &&
	    memcmp(s->received.p + s->taken, p, len) == 0) {
		s->taken += len;
		return;
	}
	/* What else it had to say is worth knowing. */
	server_read(s, QUIET_MS);
	add_shown(&b, p, len);
	server_fail(s, "expected %s", b.p);
}

/* The next line without its newline is *len bytes from the return value. */
static const char *
take_line(struct server *s, size_t *len)
{
	const char *end;

	for (size_t n = 1;; n++) {
		if (await(s, n) < n)
			server_fail(s, "expected a line");
		end = memchr(
		    s->received.p + s->taken, '\n', s->received.len - s->taken);
		if (end != NULL)
			break;
		n = s->received.len - s->taken;
	}
	*len = (size_t)(end - (s->received.p + s->taken));
	s->taken += *len + 1;
	return end - *len;
}

static void
check_message(struct server *s, const char *line, size_t len)
{
	unsigned char c;

	if (len > 512)
		server_fail(s, "a message of %zu bytes", len);
	for (size_t i = 1; i < len; i++) {
		c = (unsigned char)line[i];
		if (c < ' ' || c == 0x7f)
			server_fail(s, "a message that is not printable");
	}
	if (len < 6 || memcmp(line + 1, "scp: ", 5) != 0)
		server_fail(s, "a message without scp: in front");
}

void
expect_message(struct server *s, char level, const char *texts)
{
	struct bytes text = { 0 };
	const char *line;
	size_t len;

	if (await(s, 1) < 1 || s->received.p[s->taken] != level) {
		server_read(s, QUIET_MS);
		server_fail(s, "expected \\%d %s", level, texts);
	}
	line = take_line(s, &len);
	check_message(s, line, len);
	bytes_add(&text, line + 1, len - 1);
	if (!holds(text.p, texts))
		server_fail(s, "a message that does not hold \"%s\"", texts);
	bytes_free(&text);
}

void
expect_quiet(struct server *s)
{
	server_read(s, QUIET_MS);
	if (s->received.len != s->taken)
		server_fail(s, "something came unasked");
}

void
expect_end(struct server *s, int status)
{
	int got;

	got = server_wait(s);
	if (s->received.len != s->taken)
		server_fail(s, "more came than expected");
	if (got != status)
		server_fail(s, "exit status %d, expected %d", got, status);
}

void
session(const struct launch *l, const struct step *steps, size_t nsteps)
{
	struct server s;

	server_start(&s, l);
	for (size_t i = 0; i < nsteps; i++)
		switch (steps[i].type) {
		case STEP_SEND:
			server_send(&s, steps[i].bytes, steps[i].len);
			break;
		case STEP_EXPECT:
			expect_bytes(&s, steps[i].bytes, steps[i].len);
			break;
		case STEP_WARNING:
			expect_message(&s, 1, steps[i].bytes);
			break;
		case STEP_FATAL:
			expect_message(&s, 2, steps[i].bytes);
			break;
		case STEP_QUIET:
			expect_quiet(&s);
			break;
		case STEP_EXIT:
			server_close_input(&s);
			expect_end(&s, (int)steps[i].len);
			break;
		case STEP_ENDS:
			expect_end(&s, (int)steps[i].len);
			break;
		}
	server_clear(&s);
}

void
ck_answers(struct server *s, const char *answers)
{
	for (; *answers != '\0'; answers++)
		if (*answers == '0')
			expect_ack(s);
		else
			expect_message(s, (char)(*answers - '0'), "scp: ");
}

void
blind(const struct launch *l, const char *p, size_t len, const char *answers,
    int status)
{
	struct server s;

	server_start(&s, l);
	server_send(&s, p, len);
	server_close_input(&s);
	ck_answers(&s, answers);
	expect_end(&s, status);
	server_clear(&s);
}

/* --- a client that downloads ------------------------------------------ */

struct receiver {
	struct server s;
	struct bytes *list;
	char path[PATH_MAX]; /* open directories, each with its slash */
	unsigned depth;
};

/* A number at *p, and the blank behind it. */
static long long
take_number(struct receiver *r, const char **p, int base)
{
	const char *start = *p;
	long long n = 0;

	for (; **p >= '0' && **p < '0' + base; (*p)++)
		n = n * base + (**p - '0');
	if (*p == start || **p != ' ')
		server_fail(&r->s, "a malformed record");
	(*p)++;
	return n;
}

static void
receive_data(struct receiver *r, long long size)
{
	const char *data;
	size_t len = (size_t)size, line;

	server_send(&r->s, "", 1);
	if (await(&r->s, len) < len)
		server_fail(&r->s, "the data ends early");
	data = r->s.received.p + r->s.taken;
	r->s.taken += len;
	if (len > 64)
		bytes_addf(r->list, "<%lld>\n", size);
	else
		bytes_addf(r->list, "%.*s\n", (int)len, data);
	if (await(&r->s, 1) < 1)
		server_fail(&r->s, "no end of the file");
	if (r->s.received.p[r->s.taken] == '\0') {
		r->s.taken++;
	} else {
		data = take_line(&r->s, &line);
		check_message(&r->s, data, line);
		bytes_addf(r->list, "error: %.*s\n", (int)line - 1, data + 1);
	}
}

static void
enter(struct receiver *r, const char *name)
{
	size_t len = strlen(r->path);

	snprintf(r->path + len, sizeof(r->path) - len, "%s/", name);
	r->depth++;
}

static void
leave(struct receiver *r)
{
	char *slash;

	if (r->depth-- == 0)
		server_fail(&r->s, "an E too many");
	r->path[strlen(r->path) - 1] = '\0';
	slash = strrchr(r->path, '/');
	r->path[slash == NULL ? 0 : slash - r->path + 1] = '\0';
}

/* C and D: mode of four digits, size, name. */
static void
receive_item(struct receiver *r, const char *line)
{
	const char *p = line + 1;
	long long size;
	unsigned mode;

	mode = (unsigned)take_number(r, &p, 8);
	if (p != line + 6)
		server_fail(&r->s, "a mode that has not four digits");
	size = take_number(r, &p, 10);
	if (*p == '\0' || strcmp(p, ".") == 0 || strcmp(p, "..") == 0 ||
	    strchr(p, '/') != NULL)
		server_fail(&r->s, "a name that is none");
	bytes_addf(r->list, "%04o %s%s", mode, r->path, p);
	if (line[0] == 'D') {
		bytes_add(r->list, "/\n", 2);
		enter(r, p);
	} else {
		bytes_add(r->list, " ", 1);
		receive_data(r, size);
	}
}

static void
receive_times(struct receiver *r, const char *line)
{
	const char *p = line + 1;
	long long mtime, atime;

	mtime = take_number(r, &p, 10);
	if (take_number(r, &p, 10) != 0)
		server_fail(&r->s, "microseconds");
	atime = take_number(r, &p, 10);
	if (strcmp(p, "0") != 0)
		server_fail(&r->s, "microseconds");
	bytes_addf(r->list, "times %lld %lld\n", mtime, atime);
}

static bool
receive_record(struct receiver *r)
{
	char line[2048];
	const char *start;
	size_t len;

	if (await(&r->s, 1) < 1)
		return false;
	start = take_line(&r->s, &len);
	ck_assert_uint_lt(len, sizeof(line));
	memcpy(line, start, len);
	line[len] = '\0';
	switch (line[0]) {
	case 'C':
	case 'D':
		receive_item(r, line);
		break;
	case 'E':
		leave(r);
		break;
	case 'T':
		receive_times(r, line);
		break;
	case 1:
		check_message(&r->s, line, len);
		bytes_addf(r->list, "error: %s\n", line + 1);
		return true;
	default:
		server_fail(&r->s, "no record begins so");
	}
	server_send(&r->s, "", 1);
	return true;
}

void
receive(const struct launch *l, struct bytes *list, int status)
{
	struct receiver r = { .list = list };

	bytes_add(list, "", 0);
	server_start(&r.s, l);
	server_send(&r.s, "", 1);
	while (receive_record(&r)) {
		/* Large downloads are not kept. */
		if (r.s.taken == r.s.received.len && r.s.taken > 1 << 20)
			r.s.taken = r.s.received.len = 0;
	}
	if (r.depth != 0)
		server_fail(&r.s, "%u directories left open", r.depth);
	server_close_input(&r.s);
	expect_end(&r.s, status);
	server_clear(&r.s);
}

static void
compare_received(
    const struct launch *l, const char *want, int status, bool sort)
{
	struct bytes list = { 0 };
	const char *words = l->text != NULL ? l->text : l->command;

	receive(l, &list, status);
	if (sort)
		bytes_sort(&list);
	if (strcmp(list.p, want) != 0)
		fail_difference(words != NULL ? words : "words", &list, want);
	bytes_free(&list);
}

void
ck_received(const struct launch *l, const char *want, int status)
{
	compare_received(l, want, status, false);
}

void
ck_received_sorted(const struct launch *l, const char *want, int status)
{
	compare_received(l, want, status, true);
}

/* --- files ------------------------------------------------------------ */

void
make_file(const char *path, const char *text, mode_t mode)
{
	size_t len = strlen(text);
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_msg(fd != -1, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

void
make_zeros(const char *path, off_t size)
{
	make_file(path, "", 0644);
	ck_assert_int_eq(truncate(path, size), 0);
}

void
make_dir(const char *path, mode_t mode)
{
	ck_assert_msg(mkdir(path, 0700) == 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(chmod(path, mode), 0);
}

void
make_link(const char *path, const char *target)
{
	ck_assert_msg(
	    symlink(target, path) == 0, "%s: %s", path, strerror(errno));
}

void
make_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0666), 0);
}

void
set_times(const char *path, long long mtime, long long atime)
{
	const struct timespec times[2] = {
		{ .tv_sec = (time_t)atime },
		{ .tv_sec = (time_t)mtime },
	};

	ck_assert_int_eq(
	    utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

struct stat
status_of(const char *path)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st;
}

static void
read_file_at(int dirfd, const char *name, struct bytes *b)
{
	char buf[8192];
	ssize_t n;
	int fd;

	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == EACCES) {
		bytes_addf(b, "(unreadable)");
		return;
	}
	ck_assert_msg(fd != -1, "%s: %s", name, strerror(errno));
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		bytes_add(b, buf, (size_t)n);
	ck_assert_int_eq(n, 0);
	close(fd);
}

void
read_file(const char *path, struct bytes *b)
{
	bytes_add(b, "", 0);
	read_file_at(AT_FDCWD, path, b);
}

/* Called for each thing below a directory, and for directories twice. */
struct visit {
	void (*see)(struct visit *v, int dirfd, const char *name,
	    const char *path, const struct stat *st);
	bool remove; /* files when seen, directories when left */
	const char *name;
	struct bytes *list;
	bool found;
};

static void
visit_directory(struct visit *v, int dirfd, const char *name, const char *path)
{
	char below[PATH_MAX];
	struct dirent *e;
	struct stat st;
	DIR *d;
	int fd;

	if (v->remove && fchmodat(dirfd, name, 0700, 0) == -1)
		return;
	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && (v->remove || errno == EACCES))
		return;
	if (fd == -1 || (d = fdopendir(fd)) == NULL)
		ck_abort_msg("%s: %s", path, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue; /* a server at work */
		snprintf(below, sizeof(below), "%s%s%s", path,
		    S_ISDIR(st.st_mode) ? e->d_name : "",
		    S_ISDIR(st.st_mode) ? "/" : e->d_name);
		v->see(v, fd, e->d_name, below, &st);
		if (S_ISDIR(st.st_mode))
			visit_directory(v, fd, e->d_name, below);
		if (v->remove)
			(void)unlinkat(fd, e->d_name,
			    S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
	}
	closedir(d);
}

static void
visit(struct visit *v, const char *dir)
{
	visit_directory(v, AT_FDCWD, dir, "");
}

static void
see_nothing(struct visit *v, int dirfd, const char *name, const char *path,
    const struct stat *st)
{
	(void)v;
	(void)dirfd;
	(void)name;
	(void)path;
	(void)st;
}

void
tree_remove(const char *dir)
{
	struct visit v = { .see = see_nothing, .remove = true };

	/* What is removed may hide other entries from readdir(3). */
	for (int i = 0; i < 10 && rmdir(dir) == -1 && errno != ENOENT; i++)
		visit(&v, dir);
}

static void
see_line(struct visit *v, int dirfd, const char *name, const char *path,
    const struct stat *st)
{
	const unsigned mode = st->st_mode & 07777;
	char target[PATH_MAX];
	ssize_t n;

	if (S_ISDIR(st->st_mode)) {
		bytes_addf(v->list, "%04o %s\n", mode, path);
	} else if (S_ISLNK(st->st_mode)) {
		n = readlinkat(dirfd, name, target, sizeof(target));
		ck_assert_int_ge(n, 0);
		bytes_addf(v->list, "link %s -> %.*s\n", path, (int)n, target);
	} else if (S_ISFIFO(st->st_mode)) {
		bytes_addf(v->list, "fifo %s\n", path);
	} else if (!S_ISREG(st->st_mode)) {
		bytes_addf(v->list, "other %s\n", path);
	} else {
		bytes_addf(v->list, "%04o %s ", mode, path);
		if (st->st_size > 64)
			bytes_addf(v->list, "<%lld>", (long long)st->st_size);
		else
			read_file_at(dirfd, name, v->list);
		bytes_add(v->list, "\n", 1);
	}
}

void
tree_text(const char *dir, struct bytes *list)
{
	struct visit v = { .see = see_line, .list = list };

	bytes_add(list, "", 0);
	visit(&v, dir);
	bytes_sort(list);
}

void
ck_tree_at(const char *dir, const char *want)
{
	struct bytes list = { 0 };

	tree_text(dir, &list);
	if (strcmp(list.p, want) != 0)
		fail_difference(dir, &list, want);
	bytes_free(&list);
}

static void
see_name(struct visit *v, int dirfd, const char *name, const char *path,
    const struct stat *st)
{
	(void)dirfd;
	(void)path;
	(void)st;
	if (strcmp(name, v->name) == 0)
		v->found = true;
}

bool
tree_has(const char *dir, const char *name)
{
	struct visit v = { .see = see_name, .name = name };

	visit(&v, dir);
	return v.found;
}

static void
see_temp(struct visit *v, int dirfd, const char *name, const char *path,
    const struct stat *st)
{
	(void)dirfd;
	(void)path;
	(void)st;
	if (strncmp(name, ".scp-server.", 12) == 0 && strlen(name) == 29 &&
	    name[28] == '~')
		v->found = true;
}

bool
tree_has_temp(const char *dir)
{
	struct visit v = { .see = see_temp };

	visit(&v, dir);
	return v.found;
}

/* --- suites ----------------------------------------------------------- */

const char *
root_path(void)
{
	return driver.root;
}

const char *
outside_path(void)
{
	return driver.outside;
}

bool
home_is_root(void)
{
	return driver.at_home;
}

bool
has_default_conf(void)
{
	return driver.has_conf;
}

const char *
program_find(const char *bytes, size_t len)
{
	static const char *map;
	static size_t size;
	const char *program = getenv("SCP_SERVER");
	struct stat st;
	int fd;

	if (map == NULL && program != NULL &&
	    (fd = open(program, O_RDONLY | O_CLOEXEC)) != -1) {
		if (fstat(fd, &st) == 0)
			size = (size_t)st.st_size;
		map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			map = NULL;
		close(fd);
	}
	return map == NULL ? NULL : memmem(map, size, bytes, len);
}

bool
can_trace(void)
{
#if defined(__x86_64__) && !defined(INSTRUMENTED)
	return true;
#else
	skipped("calls are traced on x86-64, and without sanitizers");
	return false;
#endif
}

static void
make_scratch(uid_t owner)
{
	char path[PATH_MAX + 32];

	umask(022);
	snprintf(path, sizeof(path), "%s/%ld", driver.base, (long)getpid());
	snprintf(driver.root, sizeof(driver.root), "%s/root", path);
	snprintf(driver.outside, sizeof(driver.outside), "%s/outside", path);
	/* Numbers of processes come again. */
	if (access(path, F_OK) == 0)
		tree_remove(path);
	make_dir(path, 0755);
	make_dir(driver.root, 0755);
	make_dir(driver.outside, 0755);
	ck_assert_int_eq(chdir(driver.outside), 0);
	make_file("secret", "secret", 0600);
	if (owner != geteuid()) {
		ck_assert_int_eq(chown(path, owner, owner), 0);
		ck_assert_int_eq(chown(driver.root, owner, owner), 0);
		ck_assert_int_eq(chown(driver.outside, owner, owner), 0);
		ck_assert_int_eq(chown("secret", owner, owner), 0);
	}
	ck_assert_int_eq(chdir(driver.root), 0);
}

static void
become_account(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID), 0);
	ck_assert_int_eq(setresuid(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID), 0);
	ck_assert_msg(access(".", R_OK | W_OK | X_OK) == 0,
	    "uid %d cannot reach %s: set TMPDIR", ACCOUNT_ID, driver.root);
}

static void
begin_as_account(void)
{
	make_scratch(geteuid() == 0 ? ACCOUNT_ID : geteuid());
	become_account();
}

static void
begin_as_self(void)
{
	make_scratch(geteuid());
}

static void
begin_at_home(void)
{
	struct bytes entry = { 0 };

	make_scratch(geteuid() == 0 ? ACCOUNT_ID : geteuid());
	bytes_addf(&entry, "account:x:%d:%d::%s:/bin/false\n", ACCOUNT_ID,
	    ACCOUNT_ID, driver.root);
	driver.at_home = own_etc(entry.p);
	driver.has_conf = driver.at_home && own_conf();
	bytes_free(&entry);
	become_account();
}

static void
end_of_test(void)
{
	ck_assert_int_eq(chdir(driver.outside), 0);
	ck_assert_msg(!tree_has_temp(driver.root), "a temporary file is left");
	ck_tree_at(driver.outside, "0600 secret secret\n");
	tree_remove(driver.root);
}

static void
add_case(
    Suite *suite, const char *name, void (*begin)(void), void (*add)(TCase *))
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, begin, end_of_test);
	tcase_set_timeout(tc, 120);
	add(tc);
	suite_add_tcase(suite, tc);
}

void
driver_add(Suite *suite, void (*add)(TCase *), enum identity who)
{
	if (who == AT_HOME)
		add_case(suite, "at home", begin_at_home, add);
	else if (who != AS_ROOT)
		add_case(suite, "account", begin_as_account, add);
	if (who != AS_ACCOUNT && who != AT_HOME && geteuid() == 0)
		add_case(suite, "root", begin_as_self, add);
}

int
driver_run(Suite *suite)
{
	const char *program = getenv("SCP_SERVER"), *tmp = getenv("TMPDIR");
	SRunner *sr;
	int failed;

	if (program == NULL) {
		fputs("SCP_SERVER must name the program to test\n", stderr);
		return 1;
	}
	driver.program = open(program, O_PATH | O_CLOEXEC);
	if (driver.program == -1) {
		perror(program);
		return 1;
	}
	if (uses_open() == -1) {
		perror("USES");
		return 1;
	}
	snprintf(driver.base, sizeof(driver.base), "%s/scp-server-sys.XXXXXX",
	    tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
	if (mkdtemp(driver.base) == NULL || chmod(driver.base, 0755) == -1) {
		perror(driver.base);
		return 1;
	}
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	sr = srunner_create(suite);
	srunner_set_fork_status(sr, CK_FORK);
	failed = tap_run(sr);
	tree_remove(driver.base);
	return failed == 0 ? 0 : 1;
}

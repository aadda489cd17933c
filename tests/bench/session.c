/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "session.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "delay.h"

/* What sshd gives to a session, as far as a server may look at it. */
static const char *const environment[] = { "PATH=/usr/bin:/bin",
	"LOGNAME=nobody", "USER=nobody", "HOME=/", "SHELL=/bin/sh",
	"SSH_CONNECTION=127.0.0.1 40000 127.0.0.1 22", NULL };

struct pair {
	int ours;
	int theirs;
};

double
seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A pipe of which we write, or read, one end. */
static struct pair
make_pipe(bool we_write)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		err(1, "pipe");
	return (struct pair){ .ours = fd[we_write], .theirs = fd[!we_write] };
}

static struct pair
make_sockets(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		err(1, "socketpair");
	return (struct pair){ .ours = fd[0], .theirs = fd[1] };
}

/* As execve(2) is declared, though it writes to nothing. */
static char *const *
words(const char *const *w)
{
	return (char *const *)(uintptr_t)w;
}

static void become_server(struct session *s, const struct launch *l,
    const int fd[3]) __attribute__((noreturn));

/*
 * In the child, which shares our memory until then: the clock starts when the
 * account has been taken, which is ours to do.
 */
static void
become_server(struct session *s, const struct launch *l, const int fd[3])
{
	int i;

	for (i = 0; i < 3; i++) {
		if (dup2(fd[i], i) == -1)
			_exit(126);
	}
	(void)signal(SIGPIPE, SIG_DFL);
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) == -1 ||
		setresgid(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID) == -1 ||
		setresuid(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID) == -1))
		_exit(126);
	if (l->trace && ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
		_exit(126);
	s->begin = seconds_now();
	(void)execve(l->argv[0], words(l->argv), words(environment));
	_exit(127);
}

/* A fork(2) would be more than what is measured: our memory is large. */
static pid_t
spawn(struct session *s, const struct launch *l, const int fd[3])
{
	pid_t pid;

	if ((pid = vfork()) == -1)
		err(1, "vfork");
	if (pid == 0)
		become_server(s, l, fd);
	return pid;
}

/* Let the server run from call to call until it has ended. */
static int
count_calls(pid_t pid, unsigned long *calls)
{
	unsigned long stops = 0;
	long sig;
	int status;

	if (waitpid(pid, &status, 0) == -1 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == -1)
		return -1;
	for (sig = 0; !WIFEXITED(status) && !WIFSIGNALED(status);) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, sig) == -1 ||
		    waitpid(pid, &status, 0) == -1)
			return -1;
		sig = 0;
		if (!WIFSTOPPED(status))
			continue;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			*calls = ++stops / 2;
		else if (WSTOPSIG(status) != SIGTRAP)
			sig = WSTOPSIG(status);
	}
	return status;
}

/* A process that starts the server and traces it; it ends as that does. */
static pid_t
spawn_traced(struct session *s, const struct launch *l, const int fd[3])
{
	pid_t pid;
	int status;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid > 0)
		return pid;
	*s->traced = spawn(s, l, fd);
	/* Or the server's end of file would never come. */
	(void)close_range(0, ~0U, 0);
	status = count_calls(*s->traced, s->calls);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

/* Put a process with a delay line between us and the server. */
static void
insert_delay(struct session *s, unsigned ms, struct pair *in, struct pair *out)
{
	struct pair near_in = make_pipe(true), near_out = make_pipe(false);
	struct delay_lane lanes[2] = {
		{ .from = near_in.theirs, .to = in->ours },
		{ .from = out->ours, .to = near_out.theirs },
	};

	if ((s->relay = fork()) == -1)
		err(1, "fork");
	if (s->relay == 0) {
		(void)close(near_in.ours);
		(void)close(near_out.ours);
		(void)close(in->theirs);
		(void)close(out->theirs);
		delay_run(lanes, 2, ms);
		_exit(0);
	}
	(void)close(near_in.theirs);
	(void)close(near_out.theirs);
	(void)close(in->ours);
	(void)close(out->ours);
	in->ours = near_in.ours;
	out->ours = near_out.ours;
}

void
session_start(struct session *s, const struct launch *l)
{
	struct pair in, out, error = make_pipe(false);
	int fd[3];

	if (l->ends == ENDS_SOCKETS) {
		in = out = make_sockets();
	} else {
		in = make_pipe(true);
		out = make_pipe(false);
	}
	s->relay = 0;
	if (l->delay_ms > 0)
		insert_delay(s, l->delay_ms, &in, &out);
	s->traced = mmap(NULL, sizeof(*s->traced) + sizeof(*s->calls) * 2,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->traced == MAP_FAILED)
		err(1, "mmap");
	s->calls = (unsigned long *)(void *)s->traced + 1;
	fd[0] = in.theirs;
	fd[1] = out.theirs;
	fd[2] = error.theirs;
	s->begin = seconds_now();
	s->pid = l->trace ? spawn_traced(s, l, fd) : spawn(s, l, fd);
	(void)close(in.theirs);
	if (out.theirs != in.theirs)
		(void)close(out.theirs);
	(void)close(error.theirs);
	s->in = in.ours;
	s->out = out.ours;
	s->err = error.ours;
}

long
session_dirty(const struct session *s)
{
	pid_t pid = *s->traced != 0 ? *s->traced : s->pid;
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	while (kib == -1 && fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "Private_Dirty: %ld", &kib);
	(void)fclose(f);
	return kib;
}

static void
close_input(struct session *s)
{
	if (s->in == -1)
		return;
	if (s->in == s->out)
		(void)shutdown(s->in, SHUT_WR);
	else
		(void)close(s->in);
	s->in = -1;
}

void
session_fail(struct session *s, const char *why)
{
	char text[2048];
	ssize_t n;

	(void)kill(s->pid, SIGKILL);
	n = read(s->err, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	errx(1, "%s\n%s", why, text);
}

void
session_end(struct session *s, struct usage *usage)
{
	struct rusage ru;
	int status;

	close_input(s);
	if (wait4(s->pid, &status, 0, &ru) == -1)
		err(1, "wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		warnx("the server's status is %#x", (unsigned)status);
		session_fail(s, "it should be 0");
	}
	(void)close(s->out);
	(void)close(s->err);
	if (s->relay != 0)
		(void)waitpid(s->relay, NULL, 0);
	usage->cpu = (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
	usage->switches = (double)(ru.ru_nvcsw + ru.ru_nivcsw);
	usage->calls = *s->calls;
	(void)munmap(s->traced, sizeof(*s->traced) + sizeof(*s->calls) * 2);
}

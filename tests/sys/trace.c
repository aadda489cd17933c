/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "trace.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <linux/elf.h>
#include <linux/ptrace.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "uses.h"

struct tracee {
	const struct trace *t;
	pid_t pid;
	bool begun; /* it is the program, not what loads it */
	bool confined;
	bool failing;           /* the call under way is to fail */
	bool opens;             /* a descriptor, if it works */
	long number;            /* of the call under way */
	unsigned long long arg; /* the first one of a call that is to fail */
	int fd;                 /* its first argument */
};

/* Look at the call that is about to be made. */
static void
entered(struct tracee *p)
{
	struct __ptrace_syscall_info info;
	uint64_t args[6];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) <= 0)
		_exit(97);
	p->number = (long)info.entry.nr;
	p->fd = (int)info.entry.args[0];
	for (size_t i = 0; i < 6; i++)
		args[i] = info.entry.args[i];
	p->opens = p->number == SYS_openat ||
	    (p->number == SYS_fcntl && args[1] == F_DUPFD_CLOEXEC);
	if (p->number == SYS_prctl && args[0] == PR_SET_DUMPABLE)
		p->begun = true;
	if (p->confined)
		uses_count(info.entry.nr, args);
}

/*
 * Make close(-1) of it; a brk(2) that fails tells where the heap ends, and
 * Linux closes whatever close(2) says.
 */
static void
divert(struct tracee *p)
{
#ifdef __x86_64__
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, p->pid, 0, &regs) == -1)
		_exit(97);
	p->arg = regs.rdi;
	if (p->number == SYS_close)
		return;
	regs.rdi = p->number == SYS_brk ? 0 : (unsigned long long)-1;
	if (p->number != SYS_brk)
		regs.orig_rax = SYS_close;
	if (ptrace(PTRACE_SETREGS, p->pid, 0, &regs) == -1)
		_exit(97);
#else
	(void)p;
	_exit(98);
#endif
}

static void
give_error(const struct tracee *p, int error)
{
#ifdef __x86_64__
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, p->pid, 0, &regs) == -1)
		_exit(97);
	if (p->number != SYS_brk)
		regs.rax = (unsigned long long)-(long long)error;
	/* Calls change no register but that one, so libc may use this. */
	regs.rdi = p->arg;
	if (ptrace(PTRACE_SETREGS, p->pid, 0, &regs) == -1)
		_exit(97);
#else
	(void)p;
	(void)error;
#endif
}

static long
result_of(const struct tracee *p)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) <= 0)
		_exit(97);
	return (long)info.exit.rval;
}

static bool
is_hit(const struct tracee *p)
{
	return p->t->call != 0 && p->t->call == p->number;
}

static bool
is_counted(const struct tracee *p)
{
	return p->t->early ? p->begun && !p->confined : p->confined;
}

static void
list_call(const struct tracee *p)
{
	struct trace_result *r = p->t->result;

	if (is_counted(p) && r->calls < TRACE_LISTED)
		r->list[r->calls] = (struct trace_call){ p->number, p->fd };
}

static void
on_entry(struct tracee *p)
{
	struct trace_result *r = p->t->result;

	entered(p);
	list_call(p);
	if (!is_counted(p) || (++r->calls != p->t->at && !is_hit(p)))
		return;
	r->number = p->number;
	if (p->t->error == 0) {
		(void)kill(p->pid, SIGKILL);
		return;
	}
	/* An end that fails would be none. */
	if (p->number == SYS_exit_group)
		return;
	p->failing = true;
	divert(p);
}

static void
on_exit_of(struct tracee *p)
{
	struct trace_result *r = p->t->result;
	long ret;

	if (p->failing) {
		p->failing = false;
		give_error(p, p->t->error);
		if (p->number == SYS_close)
			r->open--;
		return;
	}
	ret = result_of(p);
	if (p->number == SYS_seccomp && ret == 0)
		p->confined = true;
	if (!p->confined || ret < 0)
		return;
	if (p->opens)
		r->open++;
	if (p->number == SYS_close)
		r->open--;
}

/* Its end is ours. */
static _Noreturn void
end_like(int status)
{
	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL);
		(void)kill(getpid(), WTERMSIG(status));
	}
	_exit(WEXITSTATUS(status));
}

static _Noreturn void
follow(struct tracee *p)
{
	bool entry = true;
	int status, sig;

	for (;;) {
		if (waitpid(p->pid, &status, 0) != p->pid)
			_exit(96);
		if (!WIFSTOPPED(status))
			end_like(status);
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			if (entry)
				on_entry(p);
			else
				on_exit_of(p);
			entry = !entry;
			sig = 0;
		} else if (sig == SIGTRAP) {
			sig = 0;
		}
		(void)ptrace(PTRACE_SYSCALL, p->pid, 0, sig);
	}
}

static volatile pid_t traced;

static const int passed_on[] = { SIGTERM, SIGHUP, SIGINT };

/* What the driver sends us is for the program. */
static void
pass_on(int sig)
{
	(void)kill(traced, sig);
}

void
trace_run(const struct trace *t, void (*exec)(void *arg), void *arg)
{
	struct tracee p = { .t = t };
	int status;

	t->result->calls = 0;
	t->result->number = -1;
	t->result->open = 0;
	if ((p.pid = fork()) == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1)
			_exit(95);
		(void)raise(SIGSTOP);
		exec(arg);
	}
	traced = p.pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* No end of the pipes is ours. */
	syscall(SYS_close_range, 0U, ~0U, 0U);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		(void)signal(passed_on[i], pass_on);
	if (waitpid(p.pid, &status, 0) != p.pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, p.pid, 0,
		PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
		    PTRACE_O_TRACEEXEC) == -1)
		_exit(94);
	(void)ptrace(PTRACE_SYSCALL, p.pid, 0, 0);
	follow(&p);
}

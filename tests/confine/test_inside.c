/* SPDX-License-Identifier: ISC */
/*
 * A client that runs code of its own in a session: what it would try, from a
 * process that confine() has confined as the program does.  All of it must
 * fail: with every layer (SeccompAction errno, so that all attempts are made),
 * killed at the first attempt (kill); and what concerns files also where the
 * filter lets everything pass (log), so that chroot and Landlock are seen to
 * hold by themselves.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <linux/seccomp.h>

#include <check.h>
#include <sched.h>
#include <stdint.h>

#include "confine.h"
#include "filter-tables.h"
#include "log.h"
#include "scratch.h"
#include "settings.h"

#define A(pointer) ((long)(intptr_t)(pointer))

/* Flags that the filter lets a role use. */
#define PIN    (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define LIST   (O_DIRECTORY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
#define READ   (O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)
#define WRITE  (READ | O_WRONLY)
#define CREATE (O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)

#define ROOT FILTER_ROOT_FD
#define LOG  FILTER_LOG_FD

static char outside_dir[PATH_MAX];
static char outside_file[PATH_MAX + 8];
static char outside_new[PATH_MAX + 8];
static char sh[] = "sh";
static char *argv_sh[] = { sh, NULL };
static char buffer[256];

struct attack {
	const char *what;
	const char *roles; /* that may not */
	bool is_of_files;  /* fails without the filter too */
	long call;
	long args[6];
};

/* Numbers and strings; what needs more than one call is below. */
static const struct attack attacks[] = {
	{ "read outside", "tf", true, SYS_openat,
	    { ROOT, A(outside_file), READ } },
	{ "look outside", "tf", true, SYS_openat,
	    { ROOT, A(outside_file), PIN } },
	{ "list outside", "tf", true, SYS_openat,
	    { ROOT, A(outside_dir), LIST } },
	{ "list above", "tf", true, SYS_openat,
	    { ROOT, A("../outside"), LIST } },
	{ "write outside", "tf", true, SYS_openat,
	    { ROOT, A(outside_file), WRITE } },
	{ "create outside", "tf", true, SYS_openat,
	    { ROOT, A(outside_new), CREATE, 0644 } },
	{ "create above", "tf", true, SYS_openat,
	    { ROOT, A("../outside/new"), CREATE, 0644 } },
	{ "create above, from below", "tf", true, SYS_openat,
	    { ROOT, A("dir/../../outside/new"), CREATE, 0644 } },
	{ "mkdir outside", "tf", true, SYS_mkdirat,
	    { ROOT, A(outside_new), 0755 } },
	{ "rename to the outside", "tf", true, SYS_renameat2,
	    { ROOT, A("file"), ROOT, A(outside_new), 0 } },
	{ "rename from the outside", "tf", true, SYS_renameat2,
	    { ROOT, A(outside_file), ROOT, A("new"), 0 } },
	{ "remove outside", "tf", true, SYS_unlinkat,
	    { ROOT, A(outside_file), 0 } },
	{ "through a link", "tf", true, SYS_openat, { ROOT, A("link"), READ } },
	{ "passwords", "tf", true, SYS_openat,
	    { ROOT, A("/etc/passwd"), READ } },
	{ "processes", "tf", true, SYS_openat, { ROOT, A("/proc/1"), LIST } },
	{ "its own root", "tf", true, SYS_openat,
	    { ROOT, A("/proc/self/root/etc"), LIST } },
	{ "the working directory", "tf", true, SYS_openat,
	    { AT_FDCWD, A("../outside/file"), READ } },

	{ "sink reads a file", "t", true, SYS_openat,
	    { ROOT, A("file"), READ } },
	{ "sink opens for both", "t", true, SYS_openat,
	    { ROOT, A("file"), READ | O_RDWR } },
	{ "sink makes a link", "tf", true, SYS_symlinkat,
	    { A("/etc"), ROOT, A("new") } },
	{ "sink removes a directory", "tf", true, SYS_unlinkat,
	    { ROOT, A("dir"), AT_REMOVEDIR } },
	{ "make a pipe in the tree", "tf", true, SYS_mknodat,
	    { ROOT, A("new"), S_IFIFO | 0666, 0 } },
	{ "make a device", "tf", true, SYS_mknodat,
	    { ROOT, A("new"), S_IFBLK | 0666, 0x801 } },
	{ "source writes", "f", true, SYS_openat, { ROOT, A("file"), WRITE } },
	{ "source truncates", "tf", false, SYS_openat,
	    { ROOT, A("file"), WRITE | O_TRUNC } },
	{ "source creates", "f", true, SYS_openat,
	    { ROOT, A("new"), CREATE, 0644 } },
	{ "source creates without a name", "f", true, SYS_openat,
	    { ROOT, A("."), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600 } },
	{ "source makes a directory", "f", true, SYS_mkdirat,
	    { ROOT, A("new"), 0755 } },
	{ "source renames", "f", true, SYS_renameat2,
	    { ROOT, A("file"), ROOT, A("new"), 0 } },
	{ "source removes", "f", true, SYS_unlinkat, { ROOT, A("file"), 0 } },
	{ "chmod by name", "tf", false, SYS_fchmodat,
	    { ROOT, A("file"), 04777 } },
	{ "times by name", "tf", false, SYS_utimensat,
	    { ROOT, A("file"), 0, 0 } },
	{ "link", "tf", false, SYS_linkat,
	    { ROOT, A("file"), ROOT, A("hard"), 0 } },
	{ "read the log's socket", "tf", false, SYS_read,
	    { LOG, A(buffer), 1 } },
	{ "another kind of open", "tf", false, SYS_openat2,
	    { ROOT, A("file"), A(buffer), 24 } },
	{ "a handle", "tf", false, SYS_open_by_handle_at,
	    { ROOT, A(buffer), 0 } },

	{ "run a shell", "tf", true, SYS_execve,
	    { A("/bin/sh"), A(argv_sh), 0 } },
	{ "run a file of the root", "tf", true, SYS_execve,
	    { A("/prog"), A(argv_sh), 0 } },
	{ "run a descriptor", "tf", true, SYS_execveat,
	    { ROOT, A("prog"), A(argv_sh), 0, 0 } },
	{ "a file of memory", "tf", false, SYS_memfd_create, { A("x"), 0 } },
	{ "memory to run", "tf", false, SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
	{ "fork", "tf", false, SYS_clone, { SIGCHLD } },
	{ "clone3", "tf", false, SYS_clone3, { A(buffer), 88 } },

	{ "socket", "tf", false, SYS_socket, { AF_INET, SOCK_STREAM, 0 } },
	{ "local socket", "tf", false, SYS_socket, { AF_UNIX, SOCK_DGRAM, 0 } },
	{ "pair of sockets", "tf", false, SYS_socketpair,
	    { AF_UNIX, SOCK_STREAM, 0, A(buffer) } },
	{ "connect the log elsewhere", "tf", false, SYS_connect,
	    { LOG, A(buffer), 16 } },
	{ "send to another address", "tf", false, SYS_sendto,
	    { LOG, A(buffer), 1, 0, A(buffer), 16 } },
	{ "send a descriptor", "tf", false, SYS_sendmsg,
	    { LOG, A(buffer), 0 } },

	{ "trace", "tf", false, SYS_ptrace, { PTRACE_SEIZE, 1, 0, 0 } },
	{ "signal", "tf", false, SYS_kill, { 1, 0 } },
	{ "signal all", "tf", false, SYS_kill, { -1, 0 } },
	{ "signal a thread", "tf", false, SYS_tgkill, { 1, 1, 0 } },
	{ "signal with a value", "tf", false, SYS_rt_sigqueueinfo,
	    { 1, SIGTERM, A(buffer) } },
	{ "signals of a pipe to another", "tf", false, SYS_fcntl,
	    { 0, F_SETOWN, 1 } },
	{ "another signal of a pipe", "tf", false, SYS_fcntl,
	    { 0, 10 /* F_SETSIG */, SIGKILL } },
	{ "signals of a pipe", "tf", false, SYS_fcntl,
	    { 0, F_SETFL, O_ASYNC } },
	{ "the log's file from its start", "tf", false, SYS_fcntl,
	    { FILTER_RECORDS_FD, F_SETFL, 0 } },
	{ "a lease", "tf", false, SYS_fcntl,
	    { ROOT, 1024 /* F_SETLEASE */, F_WRLCK } },
	{ "a lock that waits", "tf", false, SYS_fcntl,
	    { ROOT, F_SETLKW, A(buffer) } },
	{ "watch a directory", "tf", false, SYS_fcntl,
	    { ROOT, 1026 /* F_NOTIFY */, 1 } },
	{ "watch files", "tf", false, SYS_inotify_init1, { 0 } },
	{ "watch all files", "tf", false, SYS_fanotify_init, { 0, 0 } },
	{ "a timer that signals", "tf", false, SYS_timer_create,
	    { 0, A(buffer), A(buffer) } },
	{ "priority of all", "tf", false, SYS_setpriority, { 2, 0, 19 } },
	{ "scheduling", "tf", false, SYS_sched_setscheduler,
	    { 0, 3, A(buffer) } },
	{ "processors", "tf", false, SYS_sched_setaffinity,
	    { 1, 8, A(buffer) } },
	{ "shared memory", "tf", false, SYS_shmget, { 0, 4096, 01666 } },
	{ "queue of messages", "tf", false, SYS_mq_open,
	    { A("x"), O_RDWR | O_CREAT, 0600, 0 } },
	{ "where a page is", "tf", false, SYS_mincore,
	    { A(buffer), 1, A(buffer) } },
	{ "pages from its memory", "tf", false, SYS_vmsplice,
	    { 1, A(buffer), 1, 0 } },
	{ "memory at a place", "tf", false, SYS_mmap,
	    { 0x10000, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0 } },
	{ "memory moved to a place", "tf", false, SYS_mremap,
	    { A(buffer), 1, 4096, 3 /* MREMAP_FIXED */, 0x10000 } },
	{ "memory of a file", "tf", false, SYS_mmap,
	    { 0, 4096, PROT_READ, MAP_PRIVATE, ROOT, 0 } },
	{ "thread area", "tf", false, SYS_set_tid_address, { A(buffer) } },
	{ "pidfd", "tf", false, SYS_pidfd_open, { 1, 0 } },
	{ "descriptor of another", "tf", false, SYS_pidfd_getfd, { 0, 0, 0 } },
	{ "memory of others", "tf", false, SYS_process_vm_readv,
	    { 1, A(buffer), 1, A(buffer), 1, 0 } },

	{ "chroot again", "tf", false, SYS_chroot, { A("dir") } },
	{ "change directory", "tf", false, SYS_fchdir, { ROOT } },
	{ "namespace", "tf", false, SYS_unshare, { 0x10000000 } },
	{ "setns", "tf", false, SYS_setns, { ROOT, 0 } },
	{ "mount", "tf", true, SYS_mount,
	    { A("/"), A("/dir"), 0, 4096 /* MS_BIND */, 0 } },
	{ "copy of a mount", "tf", false, SYS_open_tree, { ROOT, A("."), 1 } },
	{ "dumpable", "tf", false, SYS_prctl, { PR_SET_DUMPABLE, 1 } },
	{ "capabilities", "tf", false, SYS_capset, { A(buffer), A(buffer) } },
	{ "user", "tf", false, SYS_setuid, { 0 } },
	{ "limits", "tf", false, SYS_prlimit64, { 0, RLIMIT_NPROC, 0, 0 } },
	{ "another filter", "tf", false, SYS_seccomp,
	    { SECCOMP_SET_MODE_FILTER, 0, A(buffer) } },
	{ "io_uring", "tf", false, SYS_io_uring_setup, { 8, A(buffer) } },
	{ "bpf", "tf", false, SYS_bpf, { 0, A(buffer), 64 } },
	{ "perf", "tf", false, SYS_perf_event_open,
	    { A(buffer), 0, -1, -1, 0 } },
	{ "userfaultfd", "tf", false, SYS_userfaultfd, { 0 } },
	{ "keys", "tf", false, SYS_keyctl, { 0, -3, 0 } },
	{ "type on the terminal", "tf", false, SYS_ioctl,
	    { 0, 0x5412 /* TIOCSTI */, A("x") } },
	{ "umask", "tf", false, SYS_umask, { 0 } },
};

/* Shared with the confined process. */
static struct {
	bool confined;
	char text[CONFINE_TEXT_BYTES];
	bool succeeded[LENGTH(attacks)];
	bool high_fd;   /* a directory from outside is still open */
	bool set_uid;   /* the sink made a set-user-ID file */
	bool chmod_of;  /* the source changed a mode */
	bool run_stack; /* memory became executable */
	const char *neighbour;
} * shared;

static int root_fd;
static enum command_role role;
static const char *action;
static size_t only; /* with kill: this attack alone */

static void
make_places(void)
{
	char here[PATH_MAX - 16];

	scratch_fresh();
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void)snprintf(outside_dir, sizeof(outside_dir), "%s/outside", here);
	(void)snprintf(
	    outside_file, sizeof(outside_file), "%s/file", outside_dir);
	(void)snprintf(outside_new, sizeof(outside_new), "%s/new", outside_dir);
	(void)umask(0);
	scratch_mkdir("root", 0777);
	scratch_mkdir("root/dir", 0777);
	scratch_file("root/file", "text", 0666);
	scratch_file("root/prog", "#!/bin/sh\n", 0777);
	scratch_link(outside_file, "root/link");
	scratch_mkdir("outside", 0777);
	scratch_file("outside/file", "text", 0666);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne((void *)shared, MAP_FAILED);
}

static bool
try(const struct attack *a)
{
	return syscall(a->call, a->args[0], a->args[1], a->args[2], a->args[3],
		   a->args[4], a->args[5]) != -1;
}

/* What needs a descriptor first. */
static void
try_longer_ones(void)
{
	void *p;
	long fd;

	for (fd = 3; fd < 256; fd++) {
		if (fd != ROOT &&
		    syscall(SYS_openat, fd, A("outside"), LIST, 0) != -1)
			shared->high_fd = true;
	}
	if (role == COMMAND_SINK) {
		fd = syscall(SYS_openat, ROOT, A("suid"), CREATE, 0644);
		shared->set_uid =
		    fd == -1 || syscall(SYS_fchmod, fd, 04755L) != -1;
	} else {
		fd = syscall(SYS_openat, ROOT, A("file"), READ, 0);
		shared->chmod_of =
		    fd == -1 || syscall(SYS_fchmod, fd, 0600L) != -1;
	}
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared->run_stack =
	    p == MAP_FAILED || mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

/* A setting for it, or NULL. */
static const char *setting;

static void
become_confined(void)
{
	static struct settings settings;
	static struct root root;
	static struct relay relay;
	char line[64], err[256];

	settings_init(&settings);
	if (setting != NULL &&
	    !settings_set_line(&settings, setting, err, sizeof(err)))
		_exit(2);
	(void)snprintf(line, sizeof(line), "SeccompAction=%s", action);
	if (!settings_set_line(&settings, line, err, sizeof(err)))
		_exit(2);
	/* A descriptor that a library forgot. */
	if (open("..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) == -1)
		_exit(3);
	root.fd = root_fd = scratch_dir("root");
	if (confine(role, &settings, &root,
		role == COMMAND_SINK ? &relay : NULL, shared->text,
		sizeof(shared->text)) == -1)
		_exit(4);
	shared->confined = true;
}

static void
attack(void)
{
	bool all = strcmp(action, "errno") == 0;
	size_t i;

	become_confined();
	for (i = 0; i < LENGTH(attacks); i++) {
		if (strchr(attacks[i].roles, (int)role) != NULL &&
		    (all || attacks[i].is_of_files))
			shared->succeeded[i] = try(&attacks[i]);
	}
	if (all)
		try_longer_ones();
	_exit(0);
}

static void
attack_once(void)
{
	become_confined();
	shared->succeeded[only] = try(&attacks[only]);
	_exit(0);
}

/* The status of fn in a process of its own, as an account or as root. */
static int
status_of(void (*fn)(void), bool as_root)
{
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		if (!as_root && geteuid() == 0 &&
		    (setgroups(0, NULL) == -1 ||
			setresgid(SCRATCH_UID, SCRATCH_UID, SCRATCH_UID) ==
			    -1 ||
			setresuid(SCRATCH_UID, SCRATCH_UID, SCRATCH_UID) == -1))
			_exit(5);
		fn();
		_exit(6);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void
ck_outside(void)
{
	ck_assert_str_eq(scratch_text("outside/file"), "text");
	ck_assert_int_eq(scratch_count("outside"), 1);
	ck_assert_int_eq(scratch_count("."), 2);
	ck_assert_str_eq(scratch_text("root/file"), "text");
	if (role == COMMAND_SOURCE)
		ck_assert_int_eq(scratch_count("root"), 4);
}

/* 0, 1: account; 2, 3: root.  Even numbers: sink. */
static bool
begin(int i)
{
	role = i % 2 == 0 ? COMMAND_SINK : COMMAND_SOURCE;
	make_places();
	return i < 2 || geteuid() == 0;
}

static void
attack_all(int i, const char *with)
{
	size_t k;

	action = with;
	if (!begin(i)) {
		skipped("not root");
		return;
	}
	ck_assert_msg(status_of(attack, i >= 2) == 0, "%s", shared->text);
	ck_assert(shared->confined);
	if (strstr(shared->text, "; no ") != NULL) {
		skipped(shared->text);
		return;
	}
	for (k = 0; k < LENGTH(attacks); k++)
		ck_assert_msg(!shared->succeeded[k], "role %c, %s, %s: %s",
		    (int)role, with, shared->text, attacks[k].what);
	ck_assert(!shared->high_fd);
	ck_assert(!shared->set_uid);
	ck_assert(!shared->chmod_of);
	ck_assert(!shared->run_stack);
	ck_outside();
}

START_TEST(all_layers)
{
	attack_all(_i, "errno");
}
END_TEST

START_TEST(files_without_filter)
{
	attack_all(_i, "log");
}
END_TEST

START_TEST(killed)
{
	int status;

	action = "kill";
	if (!begin(_i))
		return;
	for (only = 0; only < LENGTH(attacks); only++) {
		if (strchr(attacks[only].roles, (int)role) == NULL)
			continue;
		status = status_of(attack_once, _i >= 2);
		ck_assert(shared->confined);
		ck_assert_msg(
		    !shared->succeeded[only], "%s", attacks[only].what);
		/* What is not of files never comes back. */
		if (!attacks[only].is_of_files)
			ck_assert_msg(
			    WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
			    "%s: status %#x", attacks[only].what,
			    (unsigned)status);
	}
	ck_outside();
}
END_TEST

/* Another process of the account, outside, that may be looked into. */
static pid_t neighbour;

static void
be_neighbour(int ready)
{
	if (setresgid(SCRATCH_UID, SCRATCH_UID, SCRATCH_UID) == -1 ||
	    setresuid(SCRATCH_UID, SCRATCH_UID, SCRATCH_UID) == -1 ||
	    prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L) == -1 ||
	    prctl(PR_SET_PDEATHSIG, (long)SIGKILL, 0L, 0L, 0L) == -1 ||
	    write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

/* By way of it, where /proc is inside the root; returns what was opened. */
static const char *
opened_of_neighbour(void)
{
	static const char *const names[] = { "root/.", "cwd/.", "exe", "mem",
		"environ", "maps", "fd/0" };
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR };
	char path[PATH_MAX + 64];
	size_t i, k;

	for (i = 0; i < LENGTH(names); i++) {
		(void)snprintf(
		    path, sizeof(path), "proc/%d/%s", (int)neighbour, names[i]);
		for (k = 0; k < LENGTH(flags); k++)
			if (openat(root_fd, path, flags[k] | O_CLOEXEC) != -1)
				return names[i];
	}
	(void)snprintf(
	    path, sizeof(path), "proc/%d/root%s", (int)neighbour, outside_file);
	return openat(root_fd, path, O_PATH | O_CLOEXEC) == -1 ? NULL : "root";
}

static void
use_neighbour(void)
{
	/* Whoever is not confined can. */
	root_fd = scratch_dir("root");
	if (opened_of_neighbour() == NULL)
		_exit(7);
	become_confined();
	shared->neighbour = opened_of_neighbour();
	_exit(0);
}

/* chroot(2) does not hold there, its user namespace and Landlock do. */
static const char *const either[] = { NULL, "Landlock=no", "Chroot=no" };

START_TEST(processes_in_the_root)
{
	int ready[2];
	char byte;

	action = "log";
	setting = either[_i / 2];
	if (!begin(_i % 2) || geteuid() != 0) {
		skipped("not root: /proc cannot be mounted");
		return;
	}
	scratch_mkdir("root/proc", 0755);
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(
	    mount("/proc", "root/proc", NULL, MS_BIND | MS_REC, NULL), 0);
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_ne(neighbour = fork(), -1);
	if (neighbour == 0)
		be_neighbour(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(close(ready[0]), 0);
	ck_assert_int_eq(close(ready[1]), 0);
	ck_assert_msg(status_of(use_neighbour, false) == 0, "%s", shared->text);
	ck_assert_int_eq(kill(neighbour, SIGKILL), 0);
	ck_assert_int_eq(waitpid(neighbour, NULL, 0), neighbour);
	ck_assert_int_eq(umount2("root/proc", MNT_DETACH), 0);
	if (strstr(shared->text, "; no ") != NULL) {
		skipped(shared->text);
		return;
	}
	ck_assert_msg(shared->neighbour == NULL, "%s: %s", shared->text,
	    shared->neighbour);
}
END_TEST

/* The settings that let a sink empty files. */
static const char *const emptying[] = { "Atomic=no", "SpecialBits=yes" };
static const char *emptying_line;

/* Empty the file of records, by each descriptor that can be had of it. */
static void
empty_records(void)
{
	static struct settings settings;
	static struct root root;
	static struct relay relay;
	char err[256];
	long fd, min;

	settings_init(&settings);
	if (!settings_set_line(
		&settings, "SeccompAction=errno", err, sizeof(err)) ||
	    !settings_set_line(&settings, emptying_line, err, sizeof(err)))
		_exit(2);
	fd = open("records", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd == -1 || log_take_file((int)fd) == -1)
		_exit(3);
	root.fd = root_fd = scratch_dir("root");
	if (confine(role, &settings, &root,
		role == COMMAND_SINK ? &relay : NULL, shared->text,
		sizeof(shared->text)) == -1)
		_exit(4);
	shared->confined = true;
	for (fd = 3; fd < 64; fd++) {
		(void)syscall(SYS_ftruncate, fd, 0L);
		for (min = 0; min <= 1024; min = min == 0 ? 8 : min * 2)
			(void)syscall(SYS_ftruncate,
			    syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, min), 0L);
	}
	_exit(0);
}

/* What a client with code of its own did before stays in the records. */
START_TEST(records_stay)
{
	emptying_line = emptying[_i / 2];
	if (!begin(_i % 2 * 2)) {
		skipped("not root");
		return;
	}
	scratch_file("records", "records", 0666);
	ck_assert_msg(
	    status_of(empty_records, _i % 2 != 0) == 0, "%s", shared->text);
	ck_assert(shared->confined);
	ck_assert_str_eq(scratch_text("records"), "records");
}
END_TEST

static Suite *
inside_suite(void)
{
	Suite *s = suite_create("inside");
	TCase *tc = tcase_create("inside");

	tcase_add_loop_test(tc, all_layers, 0, 4);
	tcase_add_loop_test(tc, files_without_filter, 0, 4);
	tcase_add_loop_test(tc, killed, 0, 4);
	tcase_add_loop_test(tc, records_stay, 0, 4);
	tcase_add_loop_test(
	    tc, processes_in_the_root, 0, 2 * (int)LENGTH(either));
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
#ifdef INSTRUMENTED
	(void)puts("1..0 # SKIP sanitizers do not work in a confined process");
	return 0;
#endif
	return scratch_run(inside_suite(), "inside");
}

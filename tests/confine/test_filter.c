/* SPDX-License-Identifier: ISC */
/*
 * What the kernel makes of the tables of system calls.
 *
 * Each call is tried for real, and yet none is made: beneath the filter lies
 * another one that answers REACHED to everything.  Of two filters that answer
 * with an errno, the kernel takes the answer of the newer one; so REACHED
 * means that the filter allowed the call, and REFUSED that it did not.
 */
#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "command.h"
#include "confine-seccomp.h"
#include "confine/rows.h"
#include "defs.h"
#include "filter-tables.h"
#include "tap.h"

#include "filter-data.inc"

#define REACHED 888
#define REFUSED 777

/* Of the newest kernels too; numbers are given out one by one. */
#define CALLS_MAX 512

/* Raise SIGILL before any filter is asked, where the kernel has them. */
#define URETPROBE 335
#define UPROBE    336

#define ARGS       6
#define PROBES_MAX 4096
#define JUNK       0xdeadbeef00000000UL

struct probe {
	long call;
	uint64_t args[ARGS];
	int result; /* errno */
};

/* Shared with the process that is confined. */
static struct probe *probes;
static size_t nprobes;

#define ROLES 3

static char
role_of(int i)
{
	return ROWS_ROLES[i];
}

/* --- the tables, as they are written ---------------------------------- */

static const struct rows_flags native = ROWS_NATIVE;

static bool
table_allows(char role, const struct probe *p)
{
	const struct filter_row *row;
	size_t i;

	for (i = 0; (row = rows_at(role, i)) != NULL; i++) {
		if (seccomp_syscall_resolve_name(row->call) == p->call &&
		    rows_hold(&native, row, p->args))
			return true;
	}
	return false;
}

/* --- the kernel ------------------------------------------------------- */

static bool
load(const struct sock_filter *filter, size_t len)
{
	static struct sock_filter copy[BPF_MAXINSNS];
	struct sock_fprog prog = { .len = (unsigned short)len, .filter = copy };
	size_t i;

	memcpy(copy, filter, len * sizeof(copy[0]));
	for (i = 0; i < len; i++) {
		if (copy[i].code == (BPF_RET | BPF_K) &&
		    copy[i].k == (SECCOMP_RET_ERRNO | EPERM))
			copy[i].k = SECCOMP_RET_ERRNO | REFUSED;
	}
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &prog) == 0;
}

/* All but the end of this process, and the filter above. */
static bool
load_floor(void)
{
	static const struct sock_filter floor[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | REACHED),
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0 &&
	    load(floor, LENGTH(floor));
}

static void
run_probes(char role)
{
	struct probe *p;
	bool loaded;

	loaded = load_floor();
	if (role == 't')
		loaded = loaded && load(sink_errno, LENGTH(sink_errno));
	else if (role == 'i')
		loaded = loaded &&
		    load(sink_in_place_errno, LENGTH(sink_in_place_errno));
	else
		loaded = loaded && load(source_errno, LENGTH(source_errno));
	if (!loaded)
		_exit(1);
	for (p = probes; p < probes + nprobes; p++) {
		if (syscall(p->call, p->args[0], p->args[1], p->args[2],
			p->args[3], p->args[4], p->args[5]) == -1)
			p->result = errno;
	}
	_exit(0);
}

static int
in_child(void (*fn)(char), char role)
{
	pid_t pid;
	int status;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		fn(role);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void
begin(void)
{
	probes = mmap(NULL, PROBES_MAX * sizeof(*probes),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(probes, MAP_FAILED);
	nprobes = 0;
}

static struct probe *
add(long call)
{
	ck_assert_uint_lt(nprobes, PROBES_MAX);
	probes[nprobes].call = call;
	return &probes[nprobes++];
}

/* Try them all, and ask the tables. */
static void
compare(char role)
{
	const struct probe *p;
	int want;

	ck_assert_int_eq(in_child(run_probes, role), 0);
	for (p = probes; p < probes + nprobes; p++) {
		want = table_allows(role, p) ? REACHED : REFUSED;
		ck_assert_msg(p->result == want,
		    "role %c, call %ld(%#llx, %#llx, %#llx, %#llx, %#llx): "
		    "got %d, expected %d",
		    role, p->call, (unsigned long long)p->args[0],
		    (unsigned long long)p->args[1],
		    (unsigned long long)p->args[2],
		    (unsigned long long)p->args[3],
		    (unsigned long long)p->args[4], p->result, want);
	}
}

/* --- tests ------------------------------------------------------------ */

/* R-CONF-3: no call but those of the tables, whatever its arguments. */
START_TEST(every_number)
{
	static const uint64_t fills[] = { 0, 1, 3, UINT32_MAX, UINT64_MAX };
	struct probe *p;
	size_t i, k;
	long call;

	begin();
	for (call = 0; call < CALLS_MAX; call++) {
		/* It would end this; that it is allowed is seen by that. */
		if (call == SYS_exit_group || call == URETPROBE ||
		    call == UPROBE)
			continue;
		for (i = 0; i < LENGTH(fills); i++) {
			p = add(call);
			for (k = 0; k < ARGS; k++)
				p->args[k] = fills[i];
		}
	}
	compare(role_of(_i));
}
END_TEST

/* The row, and the row with one argument replaced by each of these. */
static void
vary(const struct filter_row *row)
{
	uint64_t args[ARGS], values[80];
	struct probe *p;
	size_t arg, i, n;
	long call;

	call = seccomp_syscall_resolve_name(row->call);
	if (call < 0 || call == SYS_exit_group)
		return;
	rows_satisfy(&native, row, args);
	p = add(call);
	memcpy(p->args, args, sizeof(args));
	for (arg = 0; arg < FILTER_TESTS_MAX; arg++) {
		n = 0;
		values[n++] = args[arg] | JUNK;
		values[n++] = args[arg] + 1;
		values[n++] = args[arg] - 1;
		/* AT_FDCWD as int, as long, and as neither. */
		values[n++] = 0xffffff9cU;
		values[n++] = (uint64_t)AT_FDCWD;
		values[n++] = JUNK | 0xffffff9cU;
		for (i = 0; i < 32; i++)
			values[n++] = args[arg] ^ (1UL << i);
		values[n++] = args[arg] ^ (1UL << 32);
		values[n++] = args[arg] ^ (1UL << 63);
		for (i = 0; i < n; i++) {
			p = add(call);
			memcpy(p->args, args, sizeof(args));
			p->args[arg] = values[i];
		}
	}
}

START_TEST(every_argument)
{
	const struct filter_row *row;
	size_t i;

	for (i = 0; (row = rows_at(role_of(_i), i)) != NULL; i++) {
		begin();
		vary(row);
		compare(role_of(_i));
		ck_assert_int_eq(
		    munmap(probes, PROBES_MAX * sizeof(*probes)), 0);
	}
}
END_TEST

#define SAFE (O_NOFOLLOW | O_CLOEXEC)
#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* What statx(2) is asked with, AT_STATX_DONT_SYNC as well. */
#define ASIDE (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | 0x4000)

/*
 * Written down a second time, so that a mistake in the tables shows: which
 * roles may do it.
 */
static const struct {
	const char *what;
	long call;
	uint64_t args[ARGS];
	const char *roles;
} known[] = {
	{ "read standard input", SYS_read, { 0 }, "tf" },
	{ "read another file", SYS_read, { 5 }, "" },
	{ "read the log", SYS_read, { 3 }, "" },
	{ "pread a file", SYS_pread64, { 5 }, "f" },
	{ "send to the log", SYS_sendto, { 3, 1, 1, 0, 0, 0 }, "tf" },
	{ "send to somebody", SYS_sendto, { 3, 1, 1, 0, 1, 16 }, "" },
	{ "send to the client", SYS_sendto, { 1, 1, 1, 0, 0, 0 }, "" },
	{ "look along a path", SYS_openat, { 5, 1, O_PATH | SAFE }, "tf" },
	{ "and follow links", SYS_openat, { 5, 1, O_PATH | O_CLOEXEC }, "" },
	{ "from the directory", SYS_openat,
	    { (uint64_t)AT_FDCWD, 1, O_PATH | SAFE }, "" },
	{ "open to read", SYS_openat,
	    { 5, 1, O_RDONLY | O_NONBLOCK | O_NOCTTY | SAFE }, "f" },
	{ "open to write", SYS_openat,
	    { 5, 1, O_WRONLY | O_NONBLOCK | O_NOCTTY | SAFE }, "t" },
	{ "open for both", SYS_openat,
	    { 5, 1, O_RDWR | O_NONBLOCK | O_NOCTTY | SAFE }, "" },
	{ "truncate", SYS_openat,
	    { 5, 1, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | SAFE }, "" },
	{ "create", SYS_openat,
	    { 5, 1, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | SAFE, 0644 },
	    "t" },
	{ "create or open", SYS_openat,
	    { 5, 1, O_WRONLY | O_CREAT | O_NOCTTY | SAFE, 0644 }, "" },
	{ "create set-user-ID", SYS_openat,
	    { 5, 1, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | SAFE, 04755 },
	    "" },
	{ "create sticky", SYS_openat,
	    { 5, 1, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | SAFE, 01644 },
	    "" },
	{ "openat2", SYS_openat2, { 5, 1, 1, 24 }, "" },
	{ "mkdir", SYS_mkdirat, { 5, 1, 0777 }, "t" },
	{ "mkdir set-group-ID", SYS_mkdirat, { 5, 1, 02777 }, "" },
	{ "chmod", SYS_fchmod, { 5, 0644 }, "t" },
	{ "chmod set-user-ID", SYS_fchmod, { 5, 04755 }, "i" },
	{ "chmod sticky", SYS_fchmod, { 5, 01777 }, "t" },
	{ "chgrp", SYS_fchown, { 5, UINT64_MAX, 1 }, "t" },
	{ "chgrp, as an int", SYS_fchown, { 5, UINT32_MAX, 1 }, "t" },
	{ "chown", SYS_fchown, { 5, 0, 0 }, "" },
	{ "rename", SYS_renameat2, { 5, 1, 5, 1, 0 }, "t" },
	{ "rename to a new name", SYS_renameat2, { 5, 1, 5, 1, 1 }, "t" },
	{ "exchange", SYS_renameat2, { 5, 1, 5, 1, 2 }, "t" },
	{ "leave a whiteout", SYS_renameat2, { 5, 1, 5, 1, 4 }, "" },
	{ "rename from elsewhere", SYS_renameat2,
	    { (uint64_t)AT_FDCWD, 1, 5, 1, 0 }, "" },
	{ "unlink", SYS_unlinkat, { 5, 1, 0 }, "t" },
	{ "rmdir", SYS_unlinkat, { 5, 1, AT_REMOVEDIR }, "" },
	{ "times of a descriptor", SYS_utimensat, { 5, 0, 1, 0 }, "t" },
	{ "times of a name", SYS_utimensat, { 5, 1, 1, 0 }, "" },
	{ "set an attribute", SYS_fsetxattr, { 5, 1, 1, 1, 0 }, "t" },
	{ "remove one", SYS_fremovexattr, { 5, 1 }, "" },
	{ "reserve space", SYS_fallocate, { 5, 1, 0, 4096 }, "t" },
	{ "punch a hole", SYS_fallocate, { 5, 3, 0, 4096 }, "" },
	{ "empty a file", SYS_ftruncate, { 8, 0 }, "i" },
	{ "empty a later file", SYS_ftruncate, { 599, 0 }, "i" },
	{ "empty the log", SYS_ftruncate, { 3, 0 }, "" },
	{ "empty it, as it seems not", SYS_ftruncate, { JUNK | 3, 0 }, "" },
	{ "empty the last below", SYS_ftruncate, { 7, 0 }, "" },
	{ "make it longer", SYS_ftruncate, { 8, 1 }, "" },
	{ "truncate by name", SYS_truncate, { 1, 0 }, "" },
	{ "sync a file", SYS_fsync, { 5 }, "t" },
	{ "sync a file system", SYS_syncfs, { 5 }, "t" },
	{ "sync everything", SYS_sync, { 0 }, "" },
	{ "free space", SYS_fstatfs, { 5, 1 }, "tf" },
	{ "lock", SYS_flock, { 5, LOCK_EX | LOCK_NB }, "t" },
	{ "unlock", SYS_flock, { 5, LOCK_UN }, "t" },
	{ "wait for a lock", SYS_flock, { 5, LOCK_EX }, "" },
	{ "mount of a file", SYS_statx, { 5, 1, ASIDE, 0x1000, 1 }, "tf" },
	{ "mount of a name here", SYS_statx,
	    { (uint64_t)AT_FDCWD, 1, ASIDE, 0x1000, 1 }, "" },
	{ "mount of what a link leads to", SYS_statx,
	    { 5, 1, ASIDE & ~AT_SYMLINK_NOFOLLOW, 0x1000, 1 }, "" },
	{ "mount what is there", SYS_statx,
	    { 5, 1, ASIDE & ~AT_NO_AUTOMOUNT, 0x1000, 1 }, "" },
	{ "read ahead", SYS_fadvise64, { 5, 0, 0, 2 }, "f" },
	{ "drop a file from memory", SYS_fadvise64, { 5, 0, 0, 4 }, "" },
	{ "map memory", SYS_mmap, { 0, 4096, RW, ANON, UINT64_MAX }, "tf" },
	{ "map a program", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_EXEC, ANON, UINT64_MAX }, "" },
	{ "map a file", SYS_mmap, { 0, 4096, RW, MAP_PRIVATE, 5 }, "" },
	{ "share memory", SYS_mmap,
	    { 0, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, UINT64_MAX }, "" },
	{ "make it a program", SYS_mprotect,
	    { 4096, 4096, PROT_READ | PROT_EXEC }, "" },
	{ "fcntl F_SETPIPE_SZ", SYS_fcntl, { 0, F_SETPIPE_SZ, 1 }, "tf" },
	{ "fcntl F_SETFL", SYS_fcntl, { 0, F_SETFL, 0 }, "" },
	{ "fcntl F_SETOWN", SYS_fcntl, { 0, F_SETOWN, 1 }, "" },
	{ "execve", SYS_execve, { 1, 1, 1 }, "" },
	{ "execveat", SYS_execveat, { 5, 1, 1, 1, 0 }, "" },
	{ "clone", SYS_clone, { SIGCHLD }, "" },
	{ "clone3", SYS_clone3, { 1, 88 }, "" },
	{ "socket", SYS_socket, { 1, 2, 0 }, "" },
	{ "connect", SYS_connect, { 3, 1, 110 }, "" },
	{ "sendmsg", SYS_sendmsg, { 3, 1, 0 }, "" },
	{ "recvmsg", SYS_recvmsg, { 3, 1, 0 }, "" },
	{ "ptrace", SYS_ptrace, { 16, 1 }, "" },
	{ "process_vm_readv", SYS_process_vm_readv, { 1 }, "" },
	{ "kill", SYS_kill, { 1, 0 }, "" },
	{ "tgkill", SYS_tgkill, { 1, 1, 0 }, "" },
	{ "prctl", SYS_prctl, { PR_SET_DUMPABLE, 1 }, "" },
	{ "prlimit64", SYS_prlimit64, { 0, 7, 0, 1 }, "" },
	{ "seccomp", SYS_seccomp, { 1, 0, 1 }, "" },
	{ "chroot", SYS_chroot, { 1 }, "" },
	{ "chdir", SYS_chdir, { 1 }, "" },
	{ "fchdir", SYS_fchdir, { 5 }, "" },
	{ "unshare", SYS_unshare, { 0x10000000 }, "" },
	{ "setns", SYS_setns, { 5, 0 }, "" },
	{ "mount", SYS_mount, { 1, 1, 1, 0, 0 }, "" },
	{ "symlinkat", SYS_symlinkat, { 1, 5, 1 }, "" },
	{ "linkat", SYS_linkat, { 5, 1, 5, 1, 0 }, "" },
	{ "mknodat", SYS_mknodat, { 5, 1, 060600, 1 }, "" },
	{ "fchmodat", SYS_fchmodat, { 5, 1, 0644 }, "" },
	{ "fchownat", SYS_fchownat, { 5, 1, 0, 0, 0 }, "" },
	{ "open_by_handle_at", SYS_open_by_handle_at, { 5, 1, 0 }, "" },
	{ "io_uring_setup", SYS_io_uring_setup, { 1, 1 }, "" },
	{ "bpf", SYS_bpf, { 0, 1, 1 }, "" },
	{ "userfaultfd", SYS_userfaultfd, { 0 }, "" },
	{ "perf_event_open", SYS_perf_event_open, { 1 }, "" },
	{ "keyctl", SYS_keyctl, { 0 }, "" },
	{ "ioctl", SYS_ioctl, { 0, 0x5412, 1 }, "" },
	{ "umask", SYS_umask, { 0 }, "" },
	{ "capset", SYS_capset, { 1, 1 }, "" },
	{ "setuid", SYS_setuid, { 0 }, "" },
};

START_TEST(known_calls)
{
	const char letter = role_of(_i);
	struct probe *p;
	size_t i;
	int want;

	begin();
	for (i = 0; i < LENGTH(known); i++) {
		p = add(known[i].call);
		memcpy(p->args, known[i].args, sizeof(p->args));
	}
	ck_assert_int_eq(in_child(run_probes, letter), 0);
	for (i = 0; i < LENGTH(known); i++) {
		/* Whatever a sink may do, this one may as well. */
		want = strchr(known[i].roles, letter) != NULL ||
			(letter == 'i' && strchr(known[i].roles, 't') != NULL)
		    ? REACHED
		    : REFUSED;
		ck_assert_msg(probes[i].result == want,
		    "role %c: %s: got %d, expected %d", letter, known[i].what,
		    probes[i].result, want);
	}
}
END_TEST

/* --- what becomes of the others --------------------------------------- */

static void
load_action(char role, enum settings_seccomp action)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == -1 ||
	    confine_seccomp(role == 'f' ? COMMAND_SOURCE : COMMAND_SINK,
		role == 'i', action) == -1)
		_exit(99);
}

static void
call_killed(char role)
{
	load_action(role, SETTINGS_SECCOMP_KILL);
	(void)syscall(SYS_getppid);
}

static void
call_failing(char role)
{
	load_action(role, SETTINGS_SECCOMP_ERRNO);
	_exit(syscall(SYS_getppid) == -1 && errno == EPERM ? 42 : 1);
}

static void
call_logged(char role)
{
	load_action(role, SETTINGS_SECCOMP_LOG);
	_exit(syscall(SYS_getppid) > 0 ? 42 : 1);
}

START_TEST(actions)
{
	int status;

	status = in_child(call_killed, role_of(_i));
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
	status = in_child(call_failing, role_of(_i));
	ck_assert_int_eq(status, 42 << 8);
	status = in_child(call_logged, role_of(_i));
	ck_assert_int_eq(status, 42 << 8);
}
END_TEST

#ifdef __x86_64__
/* The other two ways into this kernel, whose numbers differ. */
static void
call_x32(char role)
{
	load_action(role, SETTINGS_SECCOMP_ERRNO);
	(void)syscall(0x40000000L | SYS_read, 0L, 0L, 0L);
}

static void
call_i386(char role)
{
	long ret = 4; /* write(2) there */

	load_action(role, SETTINGS_SECCOMP_ERRNO);
	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 : "b"(-1L), "c"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
}

START_TEST(other_architectures)
{
	int status;

	status = in_child(call_x32, role_of(_i));
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
	status = in_child(call_i386, role_of(_i));
	ck_assert(WIFSIGNALED(status));
	/* SIGSEGV: a kernel without that entry. */
	ck_assert(WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV);
}
END_TEST
#endif

int
main(void)
{
	Suite *s;
	TCase *tc;

#ifdef INSTRUMENTED
	(void)puts("1..0 # SKIP sanitizers make calls of their own");
	return 0;
#endif
	s = suite_create("filter");
	tc = tcase_create("filter");
	tcase_add_loop_test(tc, every_number, 0, ROLES);
	tcase_add_loop_test(tc, every_argument, 0, ROLES);
	tcase_add_loop_test(tc, known_calls, 0, ROLES);
	tcase_add_loop_test(tc, actions, 0, ROLES);
#ifdef __x86_64__
	tcase_add_loop_test(tc, other_architectures, 0, ROLES);
#endif
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	return tap_run(srunner_create(s)) != 0;
}

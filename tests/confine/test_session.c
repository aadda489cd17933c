/* SPDX-License-Identifier: ISC */
/*
 * Sessions of the program itself, seen from outside: what /proc and the log
 * say about one that waits for its client, and what becomes of one on a kernel
 * that lacks a layer.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/driver.h"
#include "sys/own.h"
#include "sys/trace.h"

#define NOT_AVAILABLE "scp: this account is not available"

/* A session of that role, which has begun and waits. */
static void
start(struct server *s, bool sink)
{
	struct launch l = { .command = sink ? "scp -t ." : "scp -f f" };

	make_file("f", "hello", 0644);
	server_start(s, &l);
	if (sink) {
		expect_ack(s);
	} else {
		/* The record comes, so the file is open. */
		server_send(s, "", 1);
		expect_bytes(s, "C0644 5 f\n", 10);
	}
}

static const char *
layers(const struct server *s)
{
	const char *p;

	p = s->log.len > 0 ? strstr(s->log.p, "confine=") : NULL;
	return p == NULL ? "" : p;
}

static void
read_proc(const struct server *s, const char *name, struct bytes *b)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)s->pid, name);
	read_file(path, b);
}

/* R-CONF-1: all of it is in force while the client has not said anything. */
START_TEST(status_of_a_session)
{
	struct bytes status = { 0 };
	struct server s;

	start(&s, _i == 0);
	read_proc(&s, "status", &status);
	ck_assert_msg(holds(status.p, "\nSeccomp:\t2\n"), "%s", status.p);
	ck_assert_msg(holds(status.p, "\nNoNewPrivs:\t1\n"), "%s", status.p);
	ck_assert_msg(holds(status.p, "\nThreads:\t1\n"), "%s", status.p);
	ck_assert_msg(
	    holds(status.p, "\nCapInh:\t0000000000000000\n"), "%s", status.p);
	if (geteuid() != 0)
		ck_assert_msg(holds(status.p,
				  "\nCapPrm:\t0000000000000000\n"
				  "CapEff:\t0000000000000000\n"),
		    "%s", status.p);
	else if (_i == 0) /* CAP_CHOWN, DAC_OVERRIDE, FOWNER at most */
		ck_assert_msg(holds(status.p, "\nCapEff:\t000000000000000"),
		    "%s", status.p);
	bytes_free(&status);
	server_clear(&s);
}
END_TEST

/*
 * An account that is looked up by the name that sshd(8) says needs no memory of
 * malloc(3): that is asked for first by the confined process, for patterns and
 * links, for attributes of a replaced file, and for the list of a directory.
 */
START_TEST(memory_comes_late)
{
	const struct passwd *pw = getpwuid(getuid());
	char name[64];
	const char *const env[] = { name, NULL };
	const char *const argv[] = { "scp-server", "-C", "none", "-e", "-r",
		root_path(), NULL };
	const struct launch l = { .argv = argv,
		.text = _i == 0 ? "scp -t f" : "scp -f f*",
		.env = env };
	struct server s;

	if (pw == NULL) {
		skipped("this account has no name");
		return;
	}
	(void)snprintf(name, sizeof(name), "LOGNAME=%s", pw->pw_name);
	make_file("f", "other", 0644);
	server_start(&s, &l);
	if (_i == 0) {
		expect_ack(&s);
		server_send(&s, "C0644 5 f\n", 10);
		expect_ack(&s);
		server_send(&s, "hello", 6);
		expect_ack(&s);
	} else {
		server_send(&s, "", 1);
		expect_bytes(&s, "C0644 5 f\n", 10);
		server_send(&s, "", 1);
		expect_bytes(&s, "other", 6);
		server_send(&s, "", 1);
	}
	server_close_input(&s);
	expect_end(&s, 0);
}
END_TEST

/* Others of the same user can neither trace it nor look into it. */
START_TEST(hidden_from_its_own_user)
{
	static const char *const names[] = { "mem", "environ", "fd", "maps" };
	char path[64];
	struct server s;
	size_t i;

	start(&s, true);
	for (i = 0; i < LENGTH(names); i++) {
		(void)snprintf(
		    path, sizeof(path), "/proc/%d/%s", (int)s.pid, names[i]);
		ck_assert_int_eq(open(path, O_RDONLY | O_CLOEXEC), -1);
		ck_assert_int_eq(errno, EACCES);
	}
	ck_assert_int_eq(syscall(SYS_ptrace, 0x4206L, (long)s.pid, 0L, 0L), -1);
	ck_assert_int_eq(errno, EPERM);
	server_clear(&s);
}
END_TEST

static void
ck_link(const struct server *s, const char *name, const char *want)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)s->pid, name);
	n = readlink(path, target, sizeof(target) - 1);
	ck_assert_int_gt(n, 0);
	target[n] = '\0';
	ck_assert_msg(strncmp(target, want, strlen(want)) == 0,
	    "%s is %s, not %s", path, target, want);
}

/*
 * R-CONF-3: 0, 1, 2, the root at 4, and what lies beneath it.  A sink's pipe of
 * its own at 6 and 7.
 */
START_TEST(descriptors_of_a_session)
{
	char path[64], name[32];
	struct server s;
	int fd;

	start(&s, _i == 0);
	ck_link(&s, "root", root_path());
	ck_link(&s, "cwd", root_path());
	ck_link(&s, "fd/4", root_path());
	for (fd = 3; fd < 300; fd++) {
		(void)snprintf(
		    path, sizeof(path), "/proc/%d/fd/%d", (int)s.pid, fd);
		(void)snprintf(name, sizeof(name), "fd/%d", fd);
		if (_i == 0 && (fd == 6 || fd == 7))
			ck_link(&s, name, "pipe:");
		else if (access(path, F_OK) == 0 || fd == 4)
			ck_link(&s, name, root_path());
	}
	server_clear(&s);
}
END_TEST

/* R-CONF-2: the session's line has the layers. */
START_TEST(layers_in_the_log)
{
	struct server s;
	const char *text;

	start(&s, _i == 0);
	server_read(&s, QUIET_MS);
	text = layers(&s);
	if (geteuid() == 0)
		ck_assert_msg(holds(text, "confine=chroot,"), "%s", text);
	else
		ck_assert_msg(
		    holds(text, "confine=userns,|; no chroot: "), "%s", text);
	ck_assert_msg(
	    holds(text, ",landlock|; no Landlock: |=landlock"), "%s", text);
	ck_assert_msg(holds(text, ",seccomp\n|,seccomp; no "), "%s", text);
	server_clear(&s);
}
END_TEST

/* R-CONF-2: neither is refused; the client learns no reason. */
START_TEST(neither_layer)
{
	RUN_WITH("-o Chroot=no -o Landlock=no", "scp -t f",
	    WARNING(NOT_AVAILABLE), EXIT(1));
}
END_TEST

/* An answer of the kernel's to one call, for this test and its session. */
static void
deny(long call, unsigned err)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = LENGTH(filter) };

	prog.filter = (struct sock_filter *)(uintptr_t)filter;
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &prog), 0);
}

/* Enough names for libc to sort them in another way, and to move lists. */
START_TEST(pattern_of_many_names)
{
	struct bytes list = { 0 };
	char name[16];
	int i;

	for (i = 0; i < 400; i++) {
		(void)snprintf(name, sizeof(name), "f%03d", i);
		make_file(name, "", 0644);
	}
	receive(&(struct launch){ .text = "scp -f f*" }, &list, 0);
	ck_assert_msg(holds(list.p, "0644 f399"), "%s", list.p);
	bytes_free(&list);
}
END_TEST

/* So many that libc gets memory from the kernel, moves it and gives it back. */
static void
list_many_matches(const struct trace *trace)
{
	static const char copies[] = "{,,,,,,,,,,,}{,,,,,,,,,,,}";
	struct server s;
	char name[16], text[64];
	int i;

	make_dir("m", 0755);
	for (i = 0; i < 150; i++) {
		(void)snprintf(name, sizeof(name), "m/f%03d", i);
		make_file(name, "", 0644);
	}
	(void)snprintf(text, sizeof(text), "scp -f %sm/f*", copies);
	server_start(&s,
	    &(struct launch){ .text = text,
		.options = "-o MaxMatches=30000",
		.trace = trace });
	server_send(&s, "", 1);
	expect_bytes(&s, "C0644 0 f000\n", 13);
	server_send(&s, "\2enough\n", 8);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
}

START_TEST(list_of_many_matches)
{
	list_many_matches(NULL);
}
END_TEST

/* The kernel gives memory in more ways than one. */
START_TEST(heap_that_does_not_grow)
{
	struct trace_result result = { 0 };

	list_many_matches(&(struct trace){
	    .call = SYS_brk, .error = ENOMEM, .result = &result });
}
END_TEST

/*
 * A process that waits may be stopped, by somebody or because the machine is
 * put to sleep, and goes on as if nothing had been.
 */
static const char *const waits[] = { "-l INFO", "-o IdleTimeout=60",
	"-o UploadRate=40K -o IdleTimeout=60" };

START_TEST(stopped_while_it_waits)
{
	static const char data[32768];
	struct server s;
	int i;

	server_start(&s,
	    &(struct launch){ .options = waits[_i], .command = "scp -t f" });
	expect_ack(&s);
	server_send(&s, "C0644 32768 f\n", 14);
	expect_ack(&s);
	for (i = 0; i < 8; i++) {
		ck_assert_int_eq(kill(s.pid, SIGSTOP), 0);
		(void)usleep(10000);
		ck_assert_int_eq(kill(s.pid, SIGCONT), 0);
		(void)usleep(10000);
		server_send(&s, data, 4096);
	}
	server_send(&s, "", 1);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
}
END_TEST

/* A /dev of this test's own, with a socket for the log. */
static int
make_dev_log(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX,
		.sun_path = "/dev/log" };
	int fd;

	ck_assert(own_mounts());
	ck_assert_int_eq(mount("none", "/dev", "tmpfs", 0, "mode=755"), 0);
	ck_assert_int_eq(mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)), 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* The log outlives confinement: its last line comes from within. */
START_TEST(log_by_datagrams)
{
	static const char *const words[] = { "scp-server", "-C", "none", "-r",
		NULL, "scp", "-t", "f", NULL };
	const char *argv[LENGTH(words)];
	char line[2048];
	struct server s;
	ssize_t n;
	int fd;

	memcpy(argv, words, sizeof(argv));
	argv[4] = root_path();
	fd = make_dev_log();
	server_start(&s, &(struct launch){ .argv = argv });
	server_close_input(&s);
	expect_ack(&s);
	expect_end(&s, 0);
	do {
		n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT);
		ck_assert_msg(n > 0, "no line for the session's end");
		line[n] = '\0';
	} while (!holds(line, "session closed"));
	(void)close(fd);
	server_clear(&s);
}
END_TEST

/* One layer is enough, and the log says which one is missing. */
START_TEST(one_layer)
{
	struct server s;

	if (_i == 0) {
		deny(SYS_landlock_create_ruleset, ENOSYS);
	} else {
		deny(SYS_chroot, EPERM);
		deny(SYS_unshare, EPERM);
	}
	start(&s, true);
	server_read(&s, QUIET_MS);
	if (holds(layers(&s), "; no "))
		ck_assert_msg(holds(layers(&s),
				  _i == 0 ? "no Landlock: Function not impl"
					  : "no chroot: no "),
		    "%s", layers(&s));
	else
		server_fail(&s, "nothing is missing: %s", layers(&s));
	server_clear(&s);
	RUN("scp -t g", ACK, SEND("C0644 2 g\n"), ACK, SEND("hi\0"), ACK,
	    EXIT(0));
	ck_tree("0644 f hello\n0644 g hi\n");
}
END_TEST

START_TEST(no_layer)
{
	deny(SYS_landlock_create_ruleset, ENOSYS);
	deny(SYS_chroot, EPERM);
	deny(SYS_unshare, EPERM);
	RUN("scp -t f", WARNING(NOT_AVAILABLE), EXIT(1));
	RUN("scp -f f", WARNING(NOT_AVAILABLE), EXIT(1));
}
END_TEST

START_TEST(required_layer)
{
	deny(SYS_landlock_create_ruleset, ENOSYS);
	RUN_WITH(
	    "-o Landlock=yes", "scp -t f", WARNING(NOT_AVAILABLE), EXIT(1));
	deny(SYS_chroot, EPERM);
	deny(SYS_unshare, EPERM);
	RUN_WITH("-o Chroot=yes", "scp -t f", WARNING(NOT_AVAILABLE), EXIT(1));
}
END_TEST

static void
add_all(TCase *tc)
{
	tcase_add_loop_test(tc, status_of_a_session, 0, 2);
	tcase_add_loop_test(tc, layers_in_the_log, 0, 2);
	tcase_add_loop_test(tc, memory_comes_late, 0, 2);
	tcase_add_test(tc, neither_layer);
	tcase_add_test(tc, pattern_of_many_names);
	tcase_add_test(tc, list_of_many_matches);
#ifdef __x86_64__
	tcase_add_test(tc, heap_that_does_not_grow);
#endif
	tcase_add_loop_test(tc, stopped_while_it_waits, 0, (int)LENGTH(waits));
	tcase_add_loop_test(tc, one_layer, 0, 2);
	tcase_add_test(tc, no_layer);
	tcase_add_test(tc, required_layer);
}

static void
add_of_account(TCase *tc)
{
	tcase_add_test(tc, hidden_from_its_own_user);
}

static void
add_of_root(TCase *tc)
{
	tcase_add_loop_test(tc, descriptors_of_a_session, 0, 2);
	tcase_add_test(tc, log_by_datagrams);
}

int
main(void)
{
	Suite *suite;

#ifdef INSTRUMENTED
	(void)puts("1..0 # SKIP sanitizers do not work in a confined process");
	return 0;
#endif
	suite = suite_create("session");
	driver_add(suite, add_all, AS_BOTH);
	if (geteuid() == 0)
		driver_add(suite, add_of_root, AS_ROOT);
	driver_add(suite, add_of_account, AS_ACCOUNT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * What each layer costs by itself, in the kernel: to put it in place, once a
 * session; and for calls made under it afterwards.  Every figure is of
 * processes that do nothing else, so it is what the program cannot do without.
 * And, to compare with: how long a program takes that only writes one byte,
 * this one.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "confine-landlock.h"
#include "confine-privs.h"
#include "confine-rlimit.h"
#include "confine-root.h"
#include "confine-seccomp.h"
#include "defs.h"
#include "settings.h"

/* Who it is measured as, where root starts it. */
#define NOBODY 65534

#define RUNS   300
#define CALLS  20000
#define ROUNDS 9

static int root_fd;
static enum command_role role;

static bool
limits(void)
{
	return confine_rlimits(64, 10000) == 0;
}

static bool
new_root(void)
{
	const char *why;

	return confine_root(root_fd, role == COMMAND_SINK, &why) !=
	    CONFINE_ROOT_NONE;
}

static bool
privileges(void)
{
	return confine_privs(role) == 0;
}

static bool
landlock(void)
{
	return confine_landlock(role, root_fd) != -1;
}

static bool
seccomp(void)
{
	return confine_seccomp(role, false, SETTINGS_SECCOMP_KILL) == 0;
}

/* In the order of confine.c; those below "privileges" need no_new_privs. */
static const struct layer {
	const char *name;
	bool (*apply)(void);
} layers[] = {
	{ "limits", limits },
	{ "chroot", new_root },
	{ "privileges", privileges },
	{ "Landlock", landlock },
	{ "seccomp", seccomp },
};
#define NLAYERS LENGTH(layers)
#define ALL     ((1U << NLAYERS) - 1)

/* What the processes that measure tell. */
static double *results;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

/* Run work in a process of its own. */
static void
apart(void (*work)(const void *arg), const void *arg)
{
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		work(arg);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(
		    1, "a process that measures: status %#x", (unsigned)status);
}

/* --- putting them in place -------------------------------------------- */

static void
put_in_place(const void *arg)
{
	double before;
	size_t i;

	(void)arg;
	for (i = 0; i < NLAYERS; i++) {
		before = now();
		if (!layers[i].apply())
			_exit(1);
		results[i] = now() - before;
	}
}

static void
print_start(const char *name)
{
	static double times[NLAYERS + 1][RUNS];
	size_t i, k;

	for (k = 0; k < RUNS; k++) {
		apart(put_in_place, NULL);
		times[NLAYERS][k] = 0;
		for (i = 0; i < NLAYERS; i++) {
			times[i][k] = results[i];
			times[NLAYERS][k] += results[i];
		}
	}
	(void)printf("%-22s", name);
	for (i = 0; i <= NLAYERS; i++)
		(void)printf("%12.1f", median(times[i], RUNS));
	(void)printf("\n");
}

/* --- calls under them -------------------------------------------------- */

static int data_fd;

static void
do_read(void)
{
	char byte;

	(void)!pread(data_fd, &byte, 0, 0);
}

static void
do_write(void)
{
	(void)!write(data_fd, "", 0);
}

static void
do_stat(void)
{
	struct stat st;

	(void)fstat(data_fd, &st);
}

static void
do_open(void)
{
	(void)close(openat(root_fd, "file",
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC));
}

static const struct call {
	const char *name;
	void (*make)(void);
	size_t times;
} calls[] = {
	{ "pread", do_read, CALLS },
	{ "write", do_write, CALLS },
	{ "fstat", do_stat, CALLS },
	{ "openat and close", do_open, CALLS / 10 },
};

static double
time_of(const struct call *c)
{
	double before = now();
	size_t i;

	for (i = 0; i < c->times; i++)
		c->make();
	return (now() - before) * 1000 / (double)c->times;
}

static void
make_calls(const void *arg)
{
	unsigned set = *(const unsigned *)arg;
	size_t i;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == -1)
		_exit(1);
	for (i = 0; i < NLAYERS; i++)
		if ((set >> i & 1) != 0 && !layers[i].apply())
			_exit(1);
	for (i = 0; i < LENGTH(calls); i++) {
		(void)time_of(&calls[i]);
		results[i] = time_of(&calls[i]);
	}
}

static void
print_calls(void)
{
	static const struct {
		const char *name;
		unsigned set;
	} sets[] = { { "none", 0 }, { "chroot", 2 }, { "Landlock", 8 },
		{ "seccomp", 16 }, { "all", ALL } };
	double times[LENGTH(sets)][LENGTH(calls)][ROUNDS];
	size_t s, c, k;

	for (k = 0; k < ROUNDS; k++)
		for (s = 0; s < LENGTH(sets); s++) {
			apart(make_calls, &sets[s].set);
			for (c = 0; c < LENGTH(calls); c++)
				times[s][c][k] = results[c];
		}
	(void)printf("\nns for a call under  ");
	for (s = 0; s < LENGTH(sets); s++)
		(void)printf("%12s", sets[s].name);
	(void)printf("\n");
	for (c = 0; c < LENGTH(calls); c++) {
		(void)printf("%-22s", calls[c].name);
		for (s = 0; s < LENGTH(sets); s++)
			(void)printf("%12.0f", median(times[s][c], ROUNDS));
		(void)printf("\n");
	}
}

/* --- a program that does nothing --------------------------------------- */

static double
start_nothing(char *program)
{
	char *argv[] = { program, (char *)(uintptr_t) "byte", NULL };
	double before = now(), after;
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = vfork()) == -1)
		err(1, "a program");
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execv("/proc/self/exe", argv);
		_exit(127);
	}
	(void)close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		errx(1, "a program says nothing");
	after = now();
	(void)close(ends[0]);
	(void)waitpid(pid, NULL, 0);
	return after - before;
}

static void
print_nothing(char *program)
{
	static double times[RUNS];
	size_t k;

	for (k = 0; k < RUNS; k++)
		times[k] = start_nothing(program);
	(void)printf("\nus to the first byte of a program that does nothing "
		     "else: %.0f\n",
	    median(times, RUNS));
}

int
main(int argc, char *argv[])
{
	char dir[] = "/dev/shm/scp-server-layers.XXXXXX";
	size_t i;

	if (argc > 1)
		return write(STDOUT_FILENO, "", 1) != 1;
	results = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED || mkdtemp(dir) == NULL || chmod(dir, 0755) ||
	    (root_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    (data_fd = openat(
		 root_fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0644)) == -1)
		err(1, "%s", dir);
	if (geteuid() == 0 &&
	    (chown(dir, NOBODY, NOBODY) == -1 || setgid(NOBODY) == -1 ||
		setuid(NOBODY) == -1))
		err(1, "an ordinary account");
	(void)printf("us to put in place    ");
	for (i = 0; i < NLAYERS; i++)
		(void)printf("%12s", layers[i].name);
	(void)printf("%12s\n", "sum");
	role = COMMAND_SINK;
	print_start("sink");
	role = COMMAND_SOURCE;
	print_start("source");
	print_calls();
	print_nothing(argv[0]);
	if (unlinkat(root_fd, "file", 0) == -1 || rmdir(dir) == -1)
		err(1, "%s", dir);
	return 0;
}

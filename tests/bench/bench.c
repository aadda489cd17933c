/* SPDX-License-Identifier: ISC */
/*
 * Plays the client against the server and against scp in turn, and prints how
 * they compare.  See README in this directory.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "tree.h"
#include "work.h"

/* Exit statuses of the process that measures. */
#define KEPT   0
#define MISSED 3

static char memory_dir[PATH_MAX];
static char disk_dir[PATH_MAX];
static bool failed;
static pid_t owner; /* of the two: the other processes leave them alone */

static void usage(void) __attribute__((noreturn));

static void
usage(void)
{
	(void)fprintf(stderr,
	    "usage: bench [-l] [-b bare] [-d disk] [-m memory] [-n pairs]\n"
	    "             [-q divide] [-r scp] [-S static] [-z divide]\n"
	    "             -s server [work ...]\n");
	exit(2);
}

static unsigned
count_of(const char *text, unsigned max)
{
	char *end;
	unsigned long n;

	n = strtoul(text, &end, 10);
	if (*text == '\0' || *end != '\0' || n == 0 || n > max)
		usage();
	return (unsigned)n;
}

/* A directory of our own in this one. */
static const char *
make_place(char path[PATH_MAX], const char *dir)
{
	(void)snprintf(path, PATH_MAX, "%s/bench.XXXXXX", dir);
	if (mkdtemp(path) == NULL || chmod(path, 0755) == -1) {
		warn("%s", path);
		path[0] = '\0';
		exit(1);
	}
	return path;
}

static void
remove_places(void)
{
	if (getpid() != owner)
		return;
	if (memory_dir[0] != '\0')
		(void)tree_remove(memory_dir);
	if (disk_dir[0] != '\0')
		(void)tree_remove(disk_dir);
}

static void on_signal(int sig) __attribute__((noreturn));

static void
on_signal(int sig)
{
	(void)sig;
	exit(1);
}

static bool
is_wanted(const struct work *w, char *const *names)
{
	if (*names == NULL)
		return true;
	for (; *names != NULL; names++) {
		if (fnmatch(*names, w->name, 0) == 0)
			return true;
	}
	return false;
}

/* What only a traced run can tell becomes part of the first pair. */
static void
add_probes(const struct work *w, const struct place *p, struct pairs *pairs)
{
	struct sample a, b;
	unsigned i;

	if (!w->probed)
		return;
	work_probe(w, p, w->first, &a);
	work_probe(w, p, w->against, &b);
	for (i = 0; i < pairs->n; i++) {
		pairs->first[i].value[METRIC_CALLS] = a.value[METRIC_CALLS];
		pairs->first[i].value[METRIC_DIRTY] = a.value[METRIC_DIRTY];
		pairs->second[i].value[METRIC_CALLS] = b.value[METRIC_CALLS];
		pairs->second[i].value[METRIC_DIRTY] = b.value[METRIC_DIRTY];
	}
}

static bool
is_possible(const struct work *w, const struct place *p)
{
	return p->program[w->first] != NULL && p->program[w->against] != NULL;
}

/* A run that is not counted, then pairs in alternating order. */
static bool
measure(const struct work *w, const struct place *p, unsigned n)
{
	static struct pairs pairs;
	unsigned i, k;

	work_run(w, p, w->against, &pairs.second[0]);
	for (i = 0; i < n; i++) {
		for (k = 0; k < 2; k++) {
			if ((i + k) % 2 == 0)
				work_run(w, p, w->first, &pairs.first[i]);
			else
				work_run(w, p, w->against, &pairs.second[i]);
		}
	}
	pairs.n = n;
	add_probes(w, p, &pairs);
	return report_work(w, &pairs);
}

/* In a process of its own: one that fails leaves the others to be measured. */
static bool
measure_apart(const struct work *w, const struct place *p, unsigned n)
{
	int status;
	pid_t pid;

	if (!is_possible(w, p)) {
		(void)printf("%s (%s)\n  skipped: no such program here\n",
		    w->title, w->name);
		return true;
	}
	work_prepare(w, p);
	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		exit(measure(w, p, n) ? KEPT : MISSED);
	if (waitpid(pid, &status, 0) == -1)
		err(1, "wait");
	work_clean(w, p);
	if (!WIFEXITED(status) ||
	    (WEXITSTATUS(status) != KEPT && WEXITSTATUS(status) != MISSED)) {
		(void)printf("%s (%s)\n  FAILED: see standard error\n",
		    w->title, w->name);
		failed = true;
		return false;
	}
	return WEXITSTATUS(status) == KEPT;
}

static void
list_works(void)
{
	size_t i;

	for (i = 0; i < nworks; i++)
		(void)printf("%-20s %s\n", works[i].name, works[i].title);
}

static void
read_options(int argc, char *argv[], struct place *p, unsigned *pairs)
{
	int letter;

	while ((letter = getopt(argc, argv, "lb:d:m:n:q:r:S:s:z:")) != -1) {
		switch (letter) {
		case 'l':
			list_works();
			exit(0);
		case 'b':
			p->program[SUBJECT_BARE] = optarg;
			break;
		case 'd':
			p->disk = optarg;
			break;
		case 'm':
			p->memory = optarg;
			break;
		case 'n':
			*pairs = count_of(optarg, PAIRS_MAX);
			break;
		case 'q':
			p->divide = count_of(optarg, 100);
			break;
		case 'r':
			p->program[SUBJECT_SCP] = optarg;
			break;
		case 'S':
			p->program[SUBJECT_STATIC] = optarg;
			break;
		case 's':
			p->program[SUBJECT_SERVER] = optarg;
			break;
		case 'z':
			p->divide_size = count_of(optarg, 1000);
			break;
		default:
			usage();
		}
	}
}

int
main(int argc, char *argv[])
{
	struct place p = { .program = { [SUBJECT_SCP] = "/usr/bin/scp" },
		.memory = "/dev/shm",
		.disk = "/var/tmp",
		.divide = 1,
		.divide_size = 1 };
	unsigned pairs = 5, missed = 0;
	size_t i;

	read_options(argc, argv, &p, &pairs);
	if (p.program[SUBJECT_SERVER] == NULL)
		usage();
	(void)umask(022);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGTERM, on_signal);
	(void)atexit(remove_places);
	owner = getpid();
	p.memory = make_place(memory_dir, p.memory);
	p.disk = make_place(disk_dir, p.disk);
	report_head();
	for (i = 0; i < nworks; i++) {
		if (is_wanted(&works[i], argv + optind) &&
		    !measure_apart(&works[i], &p, pairs))
			missed++;
	}
	(void)printf("\n%u works with a budget that is not met\n", missed);
	return failed;
}

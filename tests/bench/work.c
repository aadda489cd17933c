/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "work.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <err.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

#define GIB ((double)(1 << 30))

/* Files of this size are counted, larger ones weighed. */
#define SMALL_BYTES ((size_t)1 << 20)

/* Fewer say nothing, even in the quickest of runs. */
#define FILES_MIN 100U

/* How many starts one run has: their median counts. */
#define STARTS 21

/* How many files a traced session moves, at most; and half of it. */
#define PROBE_FILES 200

#define SESSIONS_MAX 64

/* What one session brings; in memory that is shared with its process. */
struct outcome {
	double begin;
	double first;
	double end;
	long dirty;
	struct usage usage;
};

struct job {
	const struct work *w;
	const struct place *p;
	enum subject who;
	struct load load;
	bool probe;
};

static bool
is_start(const struct work *w)
{
	return w->kind == KIND_START_SINK || w->kind == KIND_START_SOURCE;
}

static bool
is_upload(const struct work *w)
{
	return w->kind == KIND_UPLOAD || w->kind == KIND_START_SINK;
}

static struct load
load_of(const struct work *w, const struct place *p)
{
	struct load l = w->load;

	if (l.files > FILES_MIN) {
		l.files /= p->divide;
		if (l.files < FILES_MIN)
			l.files = FILES_MIN;
	}
	if (l.size > SMALL_BYTES)
		l.size /= p->divide_size;
	return l;
}

/* "DIR/WORK/NAME", static storage. */
static const char *
path_of(const struct work *w, const struct place *p, const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s%s%s",
	    w->on_disk ? p->disk : p->memory, w->name,
	    name[0] == '\0' ? "" : "/", name);
	return path;
}

void
work_prepare(const struct work *w, const struct place *p)
{
	struct load l = load_of(w, p);

	tree_mkdir(path_of(w, p, ""));
	if (!is_upload(w))
		tree_make(path_of(w, p, "in"), &l);
}

void
work_clean(const struct work *w, const struct place *p)
{
	(void)tree_remove(path_of(w, p, ""));
}

/* --- one session ------------------------------------------------------ */

static void
add_word(struct launch *l, const char *word)
{
	size_t n = 0;

	while (l->argv[n] != NULL)
		n++;
	if (n + 1 == ARGS_MAX)
		errx(1, "too many words");
	l->argv[n] = word;
}

static void
add_words(struct launch *l, const char *words)
{
	char *copy, *word, *save = NULL;

	/* Kept: argv refers to it. */
	if (words == NULL || (copy = strdup(words)) == NULL)
		return;
	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		add_word(l, word);
}

/* The path that the client asks for, below the root or as it is. */
static char *
operand(const struct job *j, unsigned k)
{
	const char *root = path_of(j->w, j->p, "");
	char path[2 * PATH_MAX], name[64] = "in";

	if (is_upload(j->w))
		(void)snprintf(name, sizeof(name), "out/%u", k);
	else if (j->load.flat)
		(void)snprintf(
		    name, sizeof(name), "in/%s", client_file_name(0));
	(void)snprintf(path, sizeof(path), "%s/%s",
	    j->who == SUBJECT_SCP ? root : "", name);
	return strdup(path);
}

static void
make_launch(const struct job *j, struct launch *l, unsigned k)
{
	memset(l, 0, sizeof(*l));
	l->ends = j->w->ends;
	l->delay_ms = j->w->delay_ms;
	l->trace = j->probe;
	add_word(l, j->p->program[j->who]);
	if (j->who != SUBJECT_SCP) {
		add_word(l, "-r");
		add_word(l, strdup(path_of(j->w, j->p, "")));
		add_words(l, j->w->options);
		add_word(l, "scp");
	}
	add_words(l, j->w->words);
	add_word(l, operand(j, k));
}

static void
play(const struct job *j, struct client *c)
{
	if (is_start(j->w))
		client_greet(c, is_upload(j->w));
	else if (is_upload(j->w))
		client_upload(c, &j->load);
	else
		client_download(c, &j->load);
}

static void
run_session(const struct job *j, unsigned k, struct outcome *o)
{
	struct session s;
	struct client c = { .session = &s,
		.mode = j->w->data,
		.probe = j->probe,
		.dirty = -1 };
	struct launch l;

	make_launch(j, &l, k);
	session_start(&s, &l);
	o->begin = s.begin;
	play(j, &c);
	o->end = seconds_now();
	o->first = c.first;
	o->dirty = c.dirty;
	session_end(&s, &o->usage);
}

/* --- several ---------------------------------------------------------- */

static void
make_targets(const struct job *j, unsigned n)
{
	char name[64];
	unsigned k;

	if (!is_upload(j->w))
		return;
	tree_mkdir(path_of(j->w, j->p, "out"));
	for (k = 0; k < n; k++) {
		(void)snprintf(name, sizeof(name), "out/%u", k);
		tree_mkdir(path_of(j->w, j->p, name));
	}
}

static void
check_targets(const struct job *j, unsigned n)
{
	unsigned long files = is_start(j->w) ? 0 : (unsigned long)j->load.files;
	struct tree_sum sum;

	if (!is_upload(j->w))
		return;
	sum = tree_remove(path_of(j->w, j->p, "out"));
	if (sum.files != files * n || sum.bytes != files * n * j->load.size)
		errx(1, "%s: %lu files of %llu bytes were stored", j->w->name,
		    sum.files, sum.bytes);
}

static struct outcome *
run_at_once(const struct job *j, unsigned n)
{
	static struct outcome *o;
	unsigned k, failed = 0;
	int status;

	if (o == NULL)
		o = mmap(NULL, sizeof(*o) * SESSIONS_MAX,
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (o == MAP_FAILED)
		err(1, "mmap");
	if (n == 1) {
		run_session(j, 0, o);
		return o;
	}
	for (k = 0; k < n; k++) {
		if (fork() == 0) {
			run_session(j, k, &o[k]);
			exit(0);
		}
	}
	for (k = 0; k < n; k++) {
		if (wait(&status) == -1 || status != 0)
			failed++;
	}
	if (failed > 0)
		errx(1, "%s: %u sessions failed", j->w->name, failed);
	return o;
}

static void
set_cpus(unsigned n)
{
	cpu_set_t set;
	unsigned i;

	CPU_ZERO(&set);
	for (i = 0; i < (n == 0 ? CPU_SETSIZE : n); i++)
		CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set) == -1)
		err(1, "sched_setaffinity");
}

/* All sessions of one run as one: from the first's begin to the last's end. */
static struct outcome
run_job(const struct job *j)
{
	unsigned n = j->w->sessions > 0 && !j->probe ? j->w->sessions : 1, k;
	struct outcome *o, all;

	make_targets(j, n);
	if (j->w->cold)
		tree_forget(path_of(j->w, j->p, "in"), &j->load);
	set_cpus(j->w->cpus);
	o = run_at_once(j, n);
	set_cpus(0);
	check_targets(j, n);
	all = o[0];
	for (k = 1; k < n; k++) {
		if (o[k].begin < all.begin)
			all.begin = o[k].begin;
		if (o[k].end > all.end)
			all.end = o[k].end;
		all.usage.cpu += o[k].usage.cpu;
		all.usage.switches += o[k].usage.switches;
	}
	return all;
}

/* --- samples ---------------------------------------------------------- */

static void
no_sample(struct sample *s)
{
	size_t i;

	for (i = 0; i < NMETRICS; i++)
		s->value[i] = -1;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
run_starts(const struct job *j, struct sample *s)
{
	double time[STARTS], cpu = 0, switches = 0;
	struct outcome o;
	unsigned i;

	for (i = 0; i < STARTS; i++) {
		o = run_job(j);
		time[i] = o.first - o.begin;
		cpu += o.usage.cpu;
		switches += o.usage.switches;
	}
	qsort(time, STARTS, sizeof(time[0]), compare);
	s->value[METRIC_SPEED] = 1 / time[STARTS / 2];
	s->value[METRIC_TIME] = time[STARTS / 2] * 1e6;
	s->value[METRIC_CPU] = cpu / STARTS * 1e6;
	s->value[METRIC_SWITCHES] = switches / STARTS;
}

void
work_run(const struct work *w, const struct place *p, enum subject who,
    struct sample *s)
{
	struct job j = { .w = w, .p = p, .who = who, .load = load_of(w, p) };
	unsigned n = w->sessions > 0 ? w->sessions : 1;
	double files = (double)j.load.files * n, gib, seconds;
	struct outcome o;

	no_sample(s);
	if (is_start(w)) {
		run_starts(&j, s);
		return;
	}
	o = run_job(&j);
	seconds = o.end - o.begin;
	if (j.load.size > SMALL_BYTES) {
		gib = files * (double)j.load.size / GIB;
		s->value[METRIC_SPEED] = gib * GIB / 1e6 / seconds;
		s->value[METRIC_CPU] = o.usage.cpu / gib;
		s->value[METRIC_SWITCHES] = o.usage.switches / gib;
		return;
	}
	s->value[METRIC_SPEED] = files / seconds;
	s->value[METRIC_TIME] = seconds * 1e6 / files;
	s->value[METRIC_CPU] = o.usage.cpu * 1e6 / files;
	s->value[METRIC_SWITCHES] = o.usage.switches / files;
	/* The first acknowledgement, and the last, are two more. */
	if (w->delay_ms > 0)
		s->value[METRIC_TRIPS] =
		    (seconds * 1e3 / (2 * w->delay_ms) - 2) / files;
}

void
work_probe(const struct work *w, const struct place *p, enum subject who,
    struct sample *s)
{
	struct job j = {
		.w = w, .p = p, .who = who, .load = load_of(w, p), .probe = true
	};
	bool small = j.load.size <= SMALL_BYTES && j.load.files > 1;
	struct outcome whole, half;

	no_sample(s);
	if (is_upload(w) && small && j.load.files > PROBE_FILES)
		j.load.files = PROBE_FILES;
	whole = run_job(&j);
	s->value[METRIC_DIRTY] = (double)whole.dirty;
	s->value[METRIC_CALLS] = (double)whole.usage.calls;
	if (!small)
		return;
	if (!is_upload(w)) {
		s->value[METRIC_CALLS] /= (double)j.load.files;
		return;
	}
	j.load.files /= 2;
	half = run_job(&j);
	s->value[METRIC_CALLS] =
	    (double)(whole.usage.calls - half.usage.calls) /
	    (double)j.load.files;
}

const char *
work_unit(const struct work *w, enum metric m)
{
	bool large = w->load.size > SMALL_BYTES;

	switch (m) {
	case METRIC_SPEED:
		return is_start(w) ? "/s" : large ? "MB/s" : "files/s";
	case METRIC_TIME:
		return is_start(w) ? "us" : "us/file";
	case METRIC_CPU:
		return is_start(w) ? "us" : large ? "s/GiB" : "us/file";
	case METRIC_SWITCHES:
		return is_start(w) ? "" : large ? "/GiB" : "/file";
	case METRIC_TRIPS:
		return "/file";
	case METRIC_CALLS:
		return w->load.files > 1 ? "/file" : "/session";
	case METRIC_DIRTY:
		return "KiB";
	case NMETRICS:
		break;
	}
	return "";
}

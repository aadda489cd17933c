/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[NMETRICS] = {
	[METRIC_SPEED] = "speed",
	[METRIC_TIME] = "time",
	[METRIC_CPU] = "server's CPU",
	[METRIC_SWITCHES] = "context switches",
	[METRIC_TRIPS] = "round trips",
	[METRIC_CALLS] = "system calls",
	[METRIC_DIRTY] = "private memory",
};

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value in the middle; half of them lie within *spread of it. */
static double
middle(double *v, unsigned n, double *spread)
{
	qsort(v, n, sizeof(v[0]), compare);
	*spread = (v[n * 3 / 4 < n ? n * 3 / 4 : n - 1] - v[n / 4]) / 2;
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* One metric of all pairs. */
struct line {
	double first;
	double second;
	double ratio; /* the median of the pairs' */
	double noise; /* of it, in percent */
	double difference;
};

static void
summarise(const struct pairs *p, enum metric m, struct line *l)
{
	double a[PAIRS_MAX], b[PAIRS_MAX], r[PAIRS_MAX], d[PAIRS_MAX], spread;
	unsigned i;

	for (i = 0; i < p->n; i++) {
		a[i] = p->first[i].value[m];
		b[i] = p->second[i].value[m];
		r[i] = b[i] > 0 ? a[i] / b[i] : 0;
		d[i] = a[i] - b[i];
	}
	l->first = middle(a, p->n, &spread);
	l->second = middle(b, p->n, &spread);
	l->difference = middle(d, p->n, &spread);
	l->ratio = middle(r, p->n, &spread);
	l->noise = l->ratio > 0 ? spread / l->ratio * 100 : 0;
}

static const char *
number(double v)
{
	static char text[4][32];
	static unsigned next;
	char *t = text[next++ % 4];

	if (v < 0 && v > -1.5 && v == (double)(int)v)
		(void)snprintf(t, sizeof(text[0]), "-");
	else
		(void)snprintf(t, sizeof(text[0]), "%.*f",
		    v >= 100      ? 0
			: v >= 10 ? 1
				  : 2,
		    v);
	return t;
}

static bool
judge(char *must, size_t size, const char *sign, double bound, double value,
    bool least)
{
	bool kept = least ? value >= bound : value <= bound;

	(void)snprintf(
	    must, size, "%s%g %s", sign, bound, kept ? "met" : "NOT MET");
	return kept;
}

static bool
report_line(const struct work *w, enum metric m, const struct line *l)
{
	const struct budget *b = &w->must;
	bool kept = true;
	char must[48] = "";

	if (b->ratio[m] > 0)
		kept = judge(must, sizeof(must),
		    m == METRIC_SPEED ? ">= " : "<= ", b->ratio[m], l->ratio,
		    m == METRIC_SPEED);
	else if (b->most[m] > 0)
		kept = judge(
		    must, sizeof(must), "own <= ", b->most[m], l->first, false);
	else if (b->difference[m] > 0)
		kept = judge(must, sizeof(must), "diff <= ", b->difference[m],
		    l->difference, false);
	(void)printf("  %-16s %8s %8s %-8s %6s %3.0f%% %8s  %s\n", names[m],
	    number(l->first), number(l->second), work_unit(w, m),
	    number(l->ratio), l->noise,
	    w->against == SUBJECT_BARE ? number(l->difference) : "", must);
	return kept;
}

void
report_head(void)
{
	(void)printf("  %-16s %8s %8s %-8s %6s %4s %8s  %s\n\n", "", "server",
	    "scp", "", "ratio", "+-", "diff", "budget");
}

bool
report_work(const struct work *w, const struct pairs *pairs)
{
	struct line l;
	bool kept = true;
	int m;

	(void)printf("%s (%s)\n", w->title, w->name);
	for (m = 0; m < NMETRICS; m++) {
		if (pairs->first[0].value[m] < 0)
			continue;
		/* A start's speed is its time, upside down. */
		if (m == METRIC_SPEED &&
		    strcmp(work_unit(w, METRIC_SPEED), "/s") == 0)
			continue;
		summarise(pairs, (enum metric)m, &l);
		if (!report_line(w, (enum metric)m, &l))
			kept = false;
	}
	(void)fflush(stdout);
	return kept;
}

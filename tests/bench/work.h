/* SPDX-License-Identifier: ISC */
/*
 * What is measured: the table of works, and how one is run once.  A sample has
 * all metrics; those that make no sense for a work are negative.
 */
#ifndef WORK_H
#define WORK_H

#include <stddef.h>

#include "client.h"

enum metric {
	METRIC_SPEED,    /* MB/s, files/s or, for a start, 1/s */
	METRIC_TIME,     /* microseconds: of a start, or for one file */
	METRIC_CPU,      /* seconds for a GiB, or microseconds for a file */
	METRIC_SWITCHES, /* of context, for a GiB or for a file */
	METRIC_TRIPS,    /* round trips for a file */
	METRIC_CALLS,    /* of the system, for a file */
	METRIC_DIRTY,    /* private memory in KiB */
	NMETRICS
};

struct sample {
	double value[NMETRICS];
};

enum kind {
	KIND_UPLOAD,
	KIND_DOWNLOAD,
	KIND_START_SINK, /* from spawn to first byte */
	KIND_START_SOURCE
};

enum subject {
	SUBJECT_SERVER,
	SUBJECT_SCP,
	SUBJECT_BARE,   /* the server without its layers */
	SUBJECT_STATIC, /* the server linked statically */
	NSUBJECTS
};

/* Numbers from the design; 0: none. */
struct budget {
	double ratio[NMETRICS];      /* of the first subject to the second */
	double most[NMETRICS];       /* the first subject's own figure */
	double difference[NMETRICS]; /* first minus second */
};

struct work {
	const char *name;
	const char *title;
	const char *words;   /* the client's, without the path */
	const char *options; /* for the server alone */
	enum kind kind;
	struct load load;
	enum data_mode data;
	enum ends ends;
	unsigned cpus;     /* 0: as many as there are */
	unsigned delay_ms; /* one way */
	unsigned sessions; /* at once; 0 is 1 */
	bool on_disk;
	bool cold;   /* the file is not in memory when a run begins */
	bool probed; /* memory and calls are of interest */
	enum subject against;
	enum subject first;
	struct budget must;
};

extern const struct work works[];
extern const size_t nworks;

/* Where, and with which programs. */
struct place {
	const char *program[NSUBJECTS]; /* NULL: not to be had */
	const char *memory;             /* a directory on tmpfs */
	const char *disk;               /* and one on disk */
	unsigned divide;                /* files by this, to be quick */
	unsigned divide_size;           /* and the size of large ones */
};

/* Make, and remove, what a work needs. */
void work_prepare(const struct work *w, const struct place *p);
void work_clean(const struct work *w, const struct place *p);

/* Run it once. */
void work_run(const struct work *w, const struct place *p, enum subject who,
    struct sample *out);

/* Run it once more, slowly, for METRIC_CALLS and METRIC_DIRTY. */
void work_probe(const struct work *w, const struct place *p, enum subject who,
    struct sample *out);

/* "MB/s" and so on. */
const char *work_unit(const struct work *w, enum metric m);

#endif

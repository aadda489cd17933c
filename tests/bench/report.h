/* SPDX-License-Identifier: ISC */
/* Medians of paired runs, and whether the budgets are kept. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

#include "work.h"

#define PAIRS_MAX 64

struct pairs {
	struct sample first[PAIRS_MAX];
	struct sample second[PAIRS_MAX];
	unsigned n;
};

void report_head(void);

/* A line for each metric; false where a budget is not kept. */
bool report_work(const struct work *w, const struct pairs *pairs);

#endif

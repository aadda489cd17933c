/* SPDX-License-Identifier: ISC */
/* The tables of system calls as they are written, for tests to ask. */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "defs.h"
#include "filter-tables.h"

/* Flags of open(2) that differ between architectures. */
struct rows_flags {
	uint32_t o_directory;
	uint32_t o_nofollow;
	uint32_t o_largefile;
};

/* What this machine has; glibc says that O_LARGEFILE is 0. */
#ifdef __aarch64__
#define ROWS_NATIVE                                                            \
	{                                                                      \
		040000, 0100000, 0400000                                       \
	}
#else
#define ROWS_NATIVE                                                            \
	{                                                                      \
		0200000, 0400000, 0100000                                      \
	}
#endif

/*
 * The i-th row of a role, NULL behind the last: t a sink, i one that writes in
 * place, f a source.
 */
#define ROWS_ROLES "tif"
static inline const struct filter_row *
rows_at(char role, size_t i)
{
	const struct {
		const struct filter_row *rows;
		size_t n;
		const char *roles;
	} tables[] = {
		{ filter_common, LENGTH(filter_common), "tif" },
		{ filter_sink, LENGTH(filter_sink), "ti" },
		{ filter_in_place, LENGTH(filter_in_place), "i" },
		{ filter_source, LENGTH(filter_source), "f" },
		{ filter_copies, LENGTH(filter_copies), "tf" },
	};
	size_t t;

	for (t = 0; t < LENGTH(tables); t++) {
		if (strchr(tables[t].roles, role) == NULL)
			continue;
		if (i < tables[t].n)
			return &tables[t].rows[i];
		i -= tables[t].n;
	}
	return NULL;
}

static inline uint32_t
rows_open_flags(const struct rows_flags *flags, uint32_t value)
{
	uint32_t f = value & ~(FILTER_O_DIRECTORY | FILTER_O_NOFOLLOW);

	if (value & FILTER_O_DIRECTORY)
		f |= flags->o_directory;
	if (value & FILTER_O_NOFOLLOW)
		f |= flags->o_nofollow;
	return f;
}

static inline bool
rows_test_holds(const struct rows_flags *flags, const struct filter_test *t,
    const uint64_t *args)
{
	uint32_t arg = (uint32_t)args[t->arg];

	switch (t->kind) {
	case FILTER_INT:
		return arg == t->value;
	case FILTER_BITS:
		return (arg & ~t->value) == 0;
	case FILTER_DIR:
		return (int32_t)arg >= 0;
	case FILTER_SET:
		return (arg & t->value) == t->value;
	case FILTER_NULL:
		return args[t->arg] == 0;
	case FILTER_OPEN:
		return (arg & ~flags->o_largefile) ==
		    rows_open_flags(flags, t->value);
	case FILTER_NONE:
		break;
	}
	return true;
}

/* Do all tests of the row hold for these arguments? */
static inline bool
rows_hold(const struct rows_flags *flags, const struct filter_row *row,
    const uint64_t *args)
{
	size_t i;

	for (i = 0; i < FILTER_TESTS_MAX; i++) {
		if (!rows_test_holds(flags, &row->tests[i], args))
			return false;
	}
	return true;
}

/* Arguments for which they do; the others are 0. */
static inline void
rows_satisfy(const struct rows_flags *flags, const struct filter_row *row,
    uint64_t args[6])
{
	const struct filter_test *t;
	size_t i;

	for (i = 0; i < 6; i++)
		args[i] = 0;
	for (i = 0; i < FILTER_TESTS_MAX; i++) {
		t = &row->tests[i];
		if (t->kind == FILTER_OPEN)
			args[t->arg] = rows_open_flags(flags, t->value);
		else if (t->kind != FILTER_NONE)
			args[t->arg] = t->value;
	}
}

#endif

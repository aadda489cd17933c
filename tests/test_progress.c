/* SPDX-License-Identifier: ISC */
/* What other users of the system may read, and how often it is written. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "defs.h"
#include "progress.h"
#include "tap.h"

#define MIB ((off_t)1 << 20)

static char title[256];
static int calls;

/* In the place of that in title.c. */
void
title_set(struct title *t, const char *text)
{
	(void)t;
	(void)snprintf(title, sizeof(title), "%s", text);
	calls++;
}

static struct title unused;

static struct progress p;

static void
setup(void)
{
	title[0] = '\0';
	calls = 0;
	progress_init(&p, &unused, "fw01", true);
	ck_assert_str_eq(title, "scp-server: fw01 upload");
}

START_TEST(directions)
{
	progress_init(&p, &unused, "x", false);
	ck_assert_str_eq(title, "scp-server: x download");
}
END_TEST

START_TEST(percent)
{
	progress_begin(&p, 6400 * MIB);
	progress_at(&p, 1);
	ck_assert_str_eq(title, "scp-server: fw01 upload 0%");
	progress_at(&p, 63 * MIB);
	ck_assert_str_eq(title, "scp-server: fw01 upload 0%");
	progress_at(&p, 65 * MIB);
	ck_assert_str_eq(title, "scp-server: fw01 upload 1%");
	progress_at(&p, 6399 * MIB);
	ck_assert_str_eq(title, "scp-server: fw01 upload 99%");
	progress_at(&p, 6500 * MIB);
	ck_assert_str_eq(title, "scp-server: fw01 upload 100%");
	/* It does not stay. */
	progress_begin(&p, 1);
	ck_assert_str_eq(title, "scp-server: fw01 upload");
}
END_TEST

/* Sizes and how many titles they take, in blocks of 256 KiB. */
static const struct {
	off_t size;
	int most;
} rows[] = {
	{ 0, 0 },
	{ 64 * MIB - 1, 0 },
	{ 64 * MIB, 5 },
	{ 1024 * MIB, 66 },
	{ 100 * 1024 * MIB, 102 },
};

START_TEST(few_calls)
{
	off_t moved;

	calls = 0;
	progress_begin(&p, rows[_i].size);
	for (moved = 0; moved < rows[_i].size; moved += MIB / 4)
		progress_at(&p, moved);
	ck_assert_int_le(calls, rows[_i].most);
	ck_assert_int_ge(calls, rows[_i].most / 2);
}
END_TEST

/* A stream that has no title. */
START_TEST(nobody)
{
	memset(&p, 0, sizeof(p));
	calls = 0;
	progress_begin(&p, 6400 * MIB);
	progress_at(&p, 6400 * MIB);
	ck_assert_int_eq(calls, 0);
}
END_TEST

static Suite *
progress_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("progress");
	tc = tcase_create("titles");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, directions);
	tcase_add_test(tc, percent);
	tcase_add_loop_test(tc, few_calls, 0, LENGTH(rows));
	tcase_add_test(tc, nobody);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(progress_suite())) != 0;
}

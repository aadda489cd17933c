/* SPDX-License-Identifier: ISC */
/* What DiscardLimit pays for. */
#include "config.h"

#include "allowance.h"

#include <stdint.h>

#include "scratch.h"

static const struct {
	off_t limit;
	unsigned free;
	off_t size;    /* of each item */
	unsigned paid; /* so many */
} rows[] = {
	/* The price may be overdrawn, the bytes may not. */
	{ 0, 0, 0, 1 },
	{ 1, 0, 0, 1 },
	{ 2047, 0, 0, 1 },
	{ 2048, 0, 0, 2 },
	{ 2049, 0, 0, 2 },
	{ 4096, 0, 0, 3 },
	{ 0, 0, 1, 0 },
	{ 2048, 0, 1, 1 },
	{ 2049, 0, 1, 1 },
	{ 2050, 0, 1, 2 },
	{ 1000, 0, 1000, 1 },
	{ 1000, 0, 1001, 0 },
	{ INT64_MAX, 0, INT64_MAX, 1 },
	/* What is free is so of the price only. */
	{ 0, 3, 0, 4 },
	{ 2047, 3, 0, 4 },
	{ 2048, 3, 0, 5 },
	{ 0, 3, 1, 0 },
	{ 2, 3, 1, 2 },
	{ 5, 3, 1, 4 },
	{ 5, 4, 1, 5 },
	{ 64 * 1024 * 1024, 100, 0, 100 + 32768 + 1 },
};

START_TEST(row)
{
	struct allowance a;

	allowance_init(&a, rows[_i].limit, rows[_i].free);
	for (unsigned i = 0; i < rows[_i].paid; i++)
		ck_assert(allowance_pay(&a, rows[_i].size));
	/* That is so for good. */
	for (int i = 0; i < 3; i++)
		ck_assert(!allowance_pay(&a, rows[_i].size));
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("allowance");
	tc = tcase_create("allowance");
	tcase_add_loop_test(tc, row, 0, (int)LENGTH(rows));
	suite_add_tcase(s, tc);
	return scratch_run(s, "allowance");
}

/* SPDX-License-Identifier: ISC */
/* Room for a file, and what must stay free. */
#include "config.h"

#include "space.h"

#include <sys/vfs.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "scratch.h"

static struct statfs told;
static int error;

int
fstatfs(int fd, struct statfs *st)
{
	(void)fd;
	*st = told;
	errno = error;
	return error == 0 ? 0 : -1;
}

static const struct {
	unsigned long blocks;
	unsigned long available;
	long size; /* of a block */
	struct policy_space min;
	off_t wanted;
	const char *text; /* NULL: it suffices */
} rows[] = {
	{ 1000, 100, 4096, { 0, 0 }, 409600, NULL },
	{ 1000, 100, 4096, { 0, 0 }, 409601,
	    "no space for 400 KiB: 400 KiB left for this account" },
	{ 1000, 100, 4096, { 0, 0 }, 5000000000,
	    "no space for 4.6 GiB: 400 KiB left for this account" },
	{ 1000, 100, 4096, { 0, 0 }, INT64_MAX, "" },
	/* bytes */
	{ 1000, 100, 4096, { 4096, 0 }, 405504, NULL },
	{ 1000, 100, 4096, { 4096, 0 }, 405505, "" },
	{ 1000, 100, 4096, { 409600, 0 }, 0, NULL },
	{ 1000, 100, 4096, { 409600, 0 }, 1,
	    "no space for 1 B: 0 B left for this account" },
	{ 1000, 100, 4096, { 409601, 0 }, 0, NULL },
	{ 1000, 100, 4096, { INT64_MAX, 0 }, 1, "" },
	/* percent, of the whole */
	{ 1000, 100, 4096, { 0, 5 }, 204800, NULL },
	{ 1000, 100, 4096, { 0, 5 }, 204801, "" },
	{ 1000, 100, 4096, { 0, 10 }, 1, "" },
	{ 1000, 100, 4096, { 0, 100 }, 1, "" },
	/* More than an off_t has room for. */
	{ UINT64_MAX, UINT64_MAX, 4096, { 0, 0 }, INT64_MAX, NULL },
	{ UINT64_MAX, UINT64_MAX, 4096, { 0, 99 }, 1000, NULL },
	{ 1UL << 52, 1UL << 52, 4096, { 0, 0 }, INT64_MAX, NULL },
	{ 1UL << 51, 1UL << 51, 4096, { 0, 0 }, INT64_MAX, NULL },
	/* It does not tell. */
	{ 0, 0, 4096, { 4096, 0 }, 4096, NULL },
};

START_TEST(space)
{
	char text[SPACE_TEXT_BYTES] = "";
	const size_t row = (size_t)_i % LENGTH(rows);
	bool suffices;

	told.f_blocks = rows[row].blocks;
	told.f_bavail = rows[row].available;
	told.f_bsize = rows[row].size;
	/* FUSE counts in another size than it likes best. */
	told.f_frsize = (size_t)_i < LENGTH(rows) ? 0 : told.f_bsize;
	if (told.f_frsize != 0)
		told.f_bsize = 1 << 20;
	suffices = space_suffices(0, &rows[row].min, rows[row].wanted, text);
	ck_assert_int_eq(suffices, rows[row].text == NULL);
	if (rows[row].text != NULL)
		ck_assert_msg(rows[row].text[0] == '\0' ||
			strcmp(text, rows[row].text) == 0,
		    "%s", text);
	ck_assert_int_eq(space_is_limited(&rows[row].min),
	    rows[row].min.bytes != 0 || rows[row].min.percent != 0);
}
END_TEST

START_TEST(space_unknown)
{
	const struct policy_space min = { 4096, 0 };
	char text[SPACE_TEXT_BYTES];

	told.f_blocks = 1000;
	error = ENOSYS;
	ck_assert(space_suffices(0, &min, INT64_MAX, text));
	error = 0;
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("space");
	tc = tcase_create("space");
	tcase_add_loop_test(tc, space, 0, 2 * LENGTH(rows));
	tcase_add_test(tc, space_unknown);
	suite_add_tcase(s, tc);
	return scratch_run(s, "space");
}

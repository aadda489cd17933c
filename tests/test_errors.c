/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "defs.h"
#include "errors.h"
#include "tap.h"

/* Numbers that the kernel can return (include/linux/err.h). */
#define KERNELS_MAX 4095

static const struct {
	int err;
	const char *code;
	const char *text; /* NULL: that of strerror(3) */
} rows[] = {
	{ ENOENT, "not-found", NULL },
	{ EACCES, "permission", NULL },
	{ EPERM, "permission", NULL },
	{ ENOSPC, "no-space", NULL },
	{ EDQUOT, "quota", NULL },
	{ EFBIG, "too-large", NULL },
	{ ENOTDIR, "not-a-directory", NULL },
	{ EISDIR, "is-a-directory", NULL },
	{ EEXIST, "exists", NULL },
	{ ELOOP, "link-loop", "Too many levels of symbolic links" },
	{ ENAMETOOLONG, "name-too-long", NULL },
	{ EROFS, "read-only-fs", NULL },
	{ EIO, "io-error", NULL },
	{ EMFILE, "too-many-open", NULL },
	{ ENFILE, "too-many-open", NULL },
	{ ENOMEM, "no-memory", NULL },
	{ EPIPE, "disconnected", NULL },
	{ ECONNRESET, "disconnected", NULL },
	{ ECANCELED, "terminated", NULL },
	{ ETXTBSY, "busy", NULL },
	{ EBUSY, "busy", NULL },
	{ EAGAIN, "busy", NULL },
	{ ERR_NOT_REGULAR, "not-regular", "not a regular file" },
	{ ERR_TOO_DEEP, "too-deep", "too many directory levels" },
	{ ERR_TOO_MANY, "too-many", "Argument list too long" },
	{ ERR_REFUSED, "error", "refused for this account" },
	{ ERR_APPEND_ONLY, "permission",
	    "directory is append-only: cannot store atomically" },
	{ ERR_SEVERAL_NAMES, "error",
	    "has several names: cannot be written in place" },
	{ ERR_LOCKED, "busy", "is being written by another session" },
	{ ERR_NO_VERSIONS, "error",
	    "old versions cannot be kept in this directory" },
	{ ERR_NO_NUMBER, "error",
	    "no number is left for an old version of this file" },

	/* What a file system may say by itself is not taken for ours. */
	{ EKEYREJECTED, "error", NULL },
	{ EMEDIUMTYPE, "error", NULL },
	{ EMULTIHOP, "error", NULL },
	{ EDEADLK, "error", NULL },
	{ E2BIG, "error", NULL },
	{ EMLINK, "error", NULL },
	{ EOPNOTSUPP, "error", NULL },
	{ 0, "error", NULL },
	{ -1, "error", NULL },
};

START_TEST(code)
{
	ck_assert_str_eq(errors_code(rows[_i].err), rows[_i].code);
}
END_TEST

/* Not of -1: its text is allocated by libc, and lost. */
START_TEST(text)
{
	const char *want = rows[_i].text;

	if (want == NULL)
		want = strerror(rows[_i].err);
	ck_assert_str_eq(errors_text(rows[_i].err), want);
}
END_TEST

/* And each has a text, which libc has not. */
START_TEST(none_of_ours_is_the_kernels)
{
	int err;

	ck_assert_int_gt(ERR_NOT_REGULAR, KERNELS_MAX);
	for (err = ERR_NOT_REGULAR; err < ERR__END; err++)
		ck_assert_str_ne(errors_text(err), strerror(err));
}
END_TEST

static Suite *
errors_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("errors");
	tc = tcase_create("errors");
	tcase_add_loop_test(tc, code, 0, LENGTH(rows));
	tcase_add_loop_test(tc, text, 0, LENGTH(rows) - 1);
	tcase_add_test(tc, none_of_ours_is_the_kernels);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(errors_suite())) != 0;
}

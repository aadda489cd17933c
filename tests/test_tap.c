/* SPDX-License-Identifier: ISC */
/* What our test programs say of tests that were skipped. */
#include "config.h"

#include "tap.h"

START_TEST(done)
{
}
END_TEST

START_TEST(left_out)
{
	skipped("no moon");
}
END_TEST

START_TEST(failing)
{
	skipped("no sun");
	ck_abort_msg("it fails");
}
END_TEST

static SRunner *
inner(void)
{
	Suite *s = suite_create("inner");
	TCase *tc = tcase_create("inner");

	tcase_add_test(tc, done);
	tcase_add_test(tc, left_out);
	tcase_add_test(tc, done);
	tcase_add_test(tc, failing);
	tcase_add_test(tc, done);
	suite_add_tcase(s, tc);
	return srunner_create(s);
}

/* What running the inner suite writes, and what it returns. */
static int
run_inner(char *text, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	if ((pid = fork()) == 0) {
		(void)dup2(ends[1], 1);
		(void)close(ends[0]);
		(void)close(ends[1]);
		_exit(tap_run(inner()));
	}
	(void)close(ends[1]);
	while ((n = read(ends[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	(void)close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

START_TEST(marks)
{
	static const struct {
		const char *start;
		const char *end;
	} lines[] = {
		{ "ok 1 - ", "done: Passed" },
		{ "ok 2 - ", "left_out: Passed # SKIP no moon" },
		{ "ok 3 - ", "done: Passed" },
		{ "not ok 4 - ", "it fails" },
		{ "ok 5 - ", "done: Passed" },
		{ "1..5", "1..5" },
	};
	char text[4096], *rest = text, *line;
	size_t i;

	ck_assert_int_eq(run_inner(text, sizeof(text)), 1);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t len = strlen(lines[i].end);

		ck_assert_ptr_nonnull(line = strsep(&rest, "\n"));
		ck_assert_msg(strncmp(line, lines[i].start,
				  strlen(lines[i].start)) == 0 &&
			strlen(line) >= len &&
			strcmp(line + strlen(line) - len, lines[i].end) == 0,
		    "%s", line);
	}
	ck_assert_str_eq(rest, "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tap");
	TCase *tc = tcase_create("tap");

	tcase_add_test(tc, marks);
	suite_add_tcase(s, tc);
	return tap_run(srunner_create(s)) != 0;
}

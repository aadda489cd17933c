/* SPDX-License-Identifier: ISC */
/* What ps(1) shows, as far as the memory of arguments and environment goes. */
#include "config.h"

#include <sys/types.h>

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "defs.h"
#include "tap.h"
#include "title.h"

/*
 * before: the strings of the process, with a bar behind each for its NUL, and a
 * slash between arguments and environment; after: the same memory.
 */
static const struct {
	const char *before;
	const char *title;
	const char *after;
} rows[] = {
	/* room in the arguments: a sign on their last byte ends it earlier */
	{ "scp-server|-t|x|/A=b|", "title", "title||||||||||.||||" },
	{ "scp-server|/A=b|", "title", "title|||||.||||" },
	/* just as long */
	{ "abcdef|/A=b|", "title!", "title!|||||" },
	{ "abcdef|/A=b|", "title", "title|.||||" },
	/* into the environment, and no further */
	{ "a|/A=b|C=d|", "title", "title|||||" },
	{ "a|/A=b|C=d|", "a long title", "a long ti|" },
	{ "a|/", "title", "t|" },
	{ "a|b|/", "title", "tit|" },
};

/* Pointers to the strings from *p up to end; where the next would begin. */
static char *
point(char *strings[], char *p, char stop)
{
	size_t n = 0;

	for (; *p != stop && *p != '\0'; p += strlen(p) + 1) {
		strings[n++] = p;
		*strchr(p, '|') = '\0';
	}
	strings[n] = NULL;
	return p;
}

START_TEST(memory)
{
	char block[64], shown[64];
	char *argv[8], *envp[8], *environment;
	struct title t;
	size_t len, i;

	memset(block, 0, sizeof(block));
	memcpy(block, rows[_i].before, strlen(rows[_i].before));
	environment = point(argv, block, '/');
	memmove(environment, environment + 1, strlen(environment));
	point(envp, environment, '/');
	len = strlen(rows[_i].before) - 1;
	block[len] = '#';
	title_init(&t, argv, envp);
	ck_assert_uint_eq(t.size, len);
	title_set(&t, rows[_i].title);
	for (i = 0; i < len; i++)
		shown[i] = (char)(block[i] == '\0' ? '|' : block[i]);
	shown[len] = '\0';
	ck_assert_str_eq(shown, rows[_i].after);
	ck_assert_int_eq(block[len], '#');
}
END_TEST

/* Strings elsewhere are not written to; nor is there room without any. */
START_TEST(apart)
{
	char own[] = "scp-server", other[] = "A=b";
	char *argv[] = { own, NULL }, *envp[] = { NULL, NULL };
	struct title t;

	envp[0] = other;
	title_init(&t, argv, envp);
	ck_assert_uint_eq(t.size, sizeof(own));
	title_set(&t, "a title that is longer");
	ck_assert_str_eq(own, "a title th");
	ck_assert_str_eq(other, "A=b");
	argv[0] = NULL;
	title_init(&t, argv, envp);
	title_set(&t, "title");
	ck_assert_str_eq(other, "A=b");
}
END_TEST

static char **arguments;

/* What the kernel says: up to the title's end, whatever was there before. */
static void
expect_shown(const char *title)
{
	char shown[4096];
	ssize_t n;
	int fd;

	fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	n = read(fd, shown, sizeof(shown));
	(void)close(fd);
	ck_assert_int_eq(n, (ssize_t)strlen(title) + 1);
	ck_assert_str_eq(shown, title);
}

START_TEST(kernel)
{
	struct title t;

	title_init(&t, arguments, environ);
	title_set(&t, "x");
	expect_shown("x");
	title_set(&t, "scp-server: a title that goes into the environment");
	expect_shown("scp-server: a title that goes into the environment");
	title_set(&t, "shorter");
	expect_shown("shorter");
}
END_TEST

static Suite *
title_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("title");
	tc = tcase_create("title");
	tcase_add_loop_test(tc, memory, 0, LENGTH(rows));
	tcase_add_test(tc, apart);
	tcase_add_test(tc, kernel);
	suite_add_tcase(s, tc);
	return s;
}

int
main(int argc, char *argv[])
{

	(void)argc;
	arguments = argv;
	return tap_run(srunner_create(title_suite())) != 0;
}

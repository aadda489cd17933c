/* SPDX-License-Identifier: ISC */
/*
 * Which rows of the tables did sessions use?  A row that was never used and
 * has no reason below is a row too many.
 *
 *	tight new FILE		make the file that tests/sys/uses.h is about;
 *				77 where there is nothing to count
 *	tight glibc|musl FILE	what came of it, in TAP
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seccomp.h>

#include "sys/uses.h"

enum libc {
	GLIBC = 1,
	MUSL = 2
};

/* Rows that need not be seen with these libcs. */
static const struct {
	const char *call;
	const char *why; /* all of it; or empty, for any */
	unsigned libcs;
	const char *reason;
} exceptions[] = {
	{ "fstat", "", GLIBC, "musl's fstat(3), and that of newer glibcs" },
	{ "mprotect", "", GLIBC, "only musl's malloc(3) calls it" },
	{ "madvise", "", GLIBC, "only musl's free(3) calls it" },
	{ "alarm", "", MUSL, "its alarm(3) is setitimer(2)" },
	{ "sysinfo", "", MUSL, "its qsort(3) does not ask" },
	{ "clock_gettime", "", GLIBC | MUSL,
	    "only where the vDSO cannot tell the time, as in some machines" },
	{ "ftruncate", "the same", GLIBC | MUSL,
	    "descriptors of 16 and more, in a deep tree" },
	{ "fcntl", "the same", GLIBC | MUSL,
	    "descriptors of 16 and more, in a deep tree" },
	{ "fcntl", "F_DUPFD_CLOEXEC", GLIBC | MUSL,
	    "counted for the rows above, which are narrower" },
};

static struct use uses[USES];

static int
transfer(const char *path, const char *mode, size_t (*move)(FILE *f))
{
	FILE *f;
	size_t n;

	if ((f = fopen(path, mode)) == NULL) {
		perror(path);
		return -1;
	}
	n = move(f);
	if (fclose(f) == 0 && n == USES)
		return 0;
	(void)fprintf(stderr, "%s: short\n", path);
	return -1;
}

static size_t
put(FILE *f)
{
	return fwrite(uses, sizeof(uses[0]), USES, f);
}

static size_t
get(FILE *f)
{
	return fread(uses, sizeof(uses[0]), USES, f);
}

static int
make_file(const char *path)
{
	size_t i;
	int number;

	for (i = 0; i < USES; i++) {
		number = seccomp_syscall_resolve_name(uses_row(i)->call);
		uses[i].number = number < 0 ? -1 : number;
	}
	return transfer(path, "we", put) == -1;
}

static const char *
exception_for(const struct filter_row *r, enum libc libc)
{
	size_t i;

	for (i = 0; i < LENGTH(exceptions); i++) {
		if (strcmp(exceptions[i].call, r->call) == 0 &&
		    (exceptions[i].libcs & libc) != 0 &&
		    (exceptions[i].why[0] == '\0' ||
			strcmp(exceptions[i].why, r->why) == 0))
			return exceptions[i].reason;
	}
	return NULL;
}

/* Returns whether the row may stay. */
static bool
judge(size_t i, enum libc libc)
{
	const struct filter_row *r = uses_row(i);
	const char *reason = NULL;
	bool used = uses[i].count > 0;

	if (!used)
		reason = uses[i].number == -1 ? "not on this machine"
					      : exception_for(r, libc);
	(void)printf("%sok %zu - %s (%s): %llu%s%s\n",
	    used || reason != NULL ? "" : "not ", i + 1, r->call, r->why,
	    (unsigned long long)uses[i].count, reason != NULL ? ", " : "",
	    reason != NULL ? reason : "");
	return used || reason != NULL;
}

static int
judge_all(const char *path, enum libc libc)
{
	int bad = 0;
	size_t i;

	if (transfer(path, "re", get) == -1)
		return 1;
	(void)printf("1..%zu\n", USES);
	for (i = 0; i < USES; i++)
		bad |= !judge(i, libc);
	return bad;
}

int
main(int argc, char *argv[])
{
#ifdef INSTRUMENTED
	(void)puts("1..0 # SKIP sanitizers do not work in a confined process");
	return 77;
#endif
	if (argc == 3 && strcmp(argv[1], "new") == 0)
		return make_file(argv[2]);
	if (argc == 3 && strcmp(argv[1], "glibc") == 0)
		return judge_all(argv[2], GLIBC);
	if (argc == 3 && strcmp(argv[1], "musl") == 0)
		return judge_all(argv[2], MUSL);
	(void)fputs("usage: tight new|glibc|musl file\n", stderr);
	return 2;
}

/* SPDX-License-Identifier: ISC */
/*
 * Which rows of the tables did sessions use?  Reads what strace(1) wrote about
 * them (-X raw -e raw=all, see tight.sh), from the moment each one was confined
 * on.  A row that was never used and has no reason below is a row too many.
 * Prints TAP; arguments are the traces.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confine/rows.h"

#define ARGS 6

static const struct rows_flags native = ROWS_NATIVE;

/* Rows that need not be seen here; why begins with this. */
static const struct {
	const char *call;
	const char *why;
	const char *reason;
} exceptions[] = {
	{ "mprotect", "", "musl's malloc(3) in the static program" },
	{ "madvise", "", "musl's free(3) in the static program" },
	{ "fstat", "", "musl's fstat(3); glibc uses newfstatat" },
	{ "statx", "", "fstat(3) of libcs newer than this one" },
	{ "clock_gettime", "", "the vDSO tells the time on this machine" },
	{ "setitimer", "", "where libc has no alarm(2)" },
	{ "restart_syscall", "", "only after SIGSTOP and SIGCONT" },
	{ "mremap", "", "realloc(3) of lists longer than those of the tests" },
	{ "mmap", "", "malloc(3) of more than 128 KiB, for many names" },
	{ "munmap", "", "free(3) of as much" },
	{ "sendto", "", "the tests log to standard error" },
	{ "sysinfo", "", "glibc before 2.37, for sorting long lists" },
};

#define COMMON LENGTH(filter_common)
#define SINK   LENGTH(filter_sink)
#define ROWS   (COMMON + SINK + LENGTH(filter_source))

static unsigned long seen[ROWS];

static const struct filter_row *
row(size_t i)
{
	if (i < COMMON + SINK)
		return rows_at('t', i);
	return &filter_source[i - COMMON - SINK];
}

/* "PID call(0x1, 0x2, ...) = ..." */
static bool
parse(char *line, const char **call, uint64_t args[ARGS])
{
	char *p, *end;
	size_t i;

	p = line + strspn(line, "0123456789 ");
	end = strchr(p, '(');
	if (end == NULL || *p == '+' || *p == '-')
		return false;
	*end = '\0';
	*call = p;
	p = end + 1;
	for (i = 0; i < ARGS; i++) {
		args[i] = strtoull(p, &end, 0);
		p = end + strspn(end, ", ");
	}
	return true;
}

static void
mark(const char *call, const uint64_t *args)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		if (strcmp(row(i)->call, call) == 0 &&
		    rows_hold(&native, row(i), args))
			seen[i]++;
	}
}

/* Returns whether the trace is one of a confined process. */
static bool
read_trace(const char *path)
{
	static char line[65536];
	uint64_t args[ARGS];
	const char *call;
	bool confined = false;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (!parse(line, &call, args))
			continue;
		if (confined)
			mark(call, args);
		else if (strcmp(call, "seccomp") == 0 && args[0] == 1)
			confined = true;
	}
	(void)fclose(f);
	return confined;
}

static const char *
exception_for(const struct filter_row *r)
{
	size_t i;

	for (i = 0; i < LENGTH(exceptions); i++) {
		if (strcmp(exceptions[i].call, r->call) == 0 &&
		    strncmp(exceptions[i].why, r->why,
			strlen(exceptions[i].why)) == 0)
			return exceptions[i].reason;
	}
	return NULL;
}

int
main(int argc, char *argv[])
{
	unsigned long sessions = 0;
	const char *reason;
	int bad = 0, i;
	size_t k;

	for (i = 1; i < argc; i++)
		sessions += read_trace(argv[i]);
	(void)printf("# %lu confined sessions\n", sessions);
	for (k = 0; k < ROWS; k++) {
		reason = exception_for(row(k));
		if (seen[k] == 0 && reason == NULL)
			bad = 1;
		(void)printf("%sok %zu - %s (%s): %lu%s%s\n",
		    seen[k] == 0 && reason == NULL ? "not " : "", k + 1,
		    row(k)->call, row(k)->why, seen[k],
		    seen[k] == 0 && reason != NULL ? ", " : "",
		    seen[k] == 0 && reason != NULL ? reason : "");
	}
	(void)printf("1..%zu\n", ROWS);
	return bad;
}

/* SPDX-License-Identifier: ISC */
/*
 * A test that says skipped() and passes is counted as skipped, which check(3)
 * does not know of: what it writes goes through a process of ours.
 */
#ifndef TAP_H
#define TAP_H

#include <sys/types.h>

#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

/* Say aloud that something could not be tested here. */
static inline void
skipped(const char *why)
{
	(void)printf("# SKIP %s\n", why);
	(void)fflush(stdout);
}

/* Before its line there is what the test itself has written. */
static inline _Noreturn void
tap_mark_skipped(int fd)
{
	char *line = NULL, why[256] = "";
	size_t size = 0;
	FILE *in;

	if ((in = fdopen(fd, "r")) == NULL)
		abort();
	while (
	    getline(&line, &size, in) != -1 && strncmp(line, "1..", 3) != 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "# SKIP ", 7) == 0) {
			(void)snprintf(why, sizeof(why), " %s", line);
			continue;
		}
		(void)printf(
		    "%s%s\n", line, strncmp(line, "ok ", 3) == 0 ? why : "");
		(void)fflush(stdout);
		if (line[0] != '#')
			why[0] = '\0';
	}
	/* Behind the plan comes nothing; somebody may have the pipe still. */
	if (line != NULL)
		(void)fputs(line, stdout);
	(void)fflush(stdout);
	free(line);
	(void)fclose(in);
	_exit(0);
}

/*
 * Run the tests, in processes of their own: how many failed.  Nothing else can
 * be written to standard output then.
 */
static inline int
tap_run(SRunner *sr)
{
	int failed, ends[2];
	pid_t pid;

	(void)fflush(stdout);
	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		abort();
	if (pid == 0) {
		(void)close(ends[1]);
		tap_mark_skipped(ends[0]);
	}
	(void)close(ends[0]);
	(void)dup2(ends[1], 1);
	(void)close(ends[1]);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	(void)fflush(stdout);
	(void)waitpid(pid, NULL, 0);
	return failed;
}

#endif

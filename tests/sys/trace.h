/* SPDX-License-Identifier: ISC */
/*
 * Ends or fails one system call of a program, the n-th after it has confined
 * itself, or the n-th of its own before: by ptrace(2), which sees a call before
 * seccomp does.  A call is failed by making close(-1) of it, which every filter
 * here allows, and giving its result another errno.  On the way it counts what
 * uses.h is about.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>

/* The first calls are listed, with their first argument. */
#define TRACE_LISTED 512

struct trace {
	long at;   /* of this call, from 1; 0: only count */
	long call; /* or fail each call of this number, if it is not 0 */
	int error; /* fail it with this errno; 0: SIGKILL instead of it */
	/* Those from where it hides its memory to where it loads the filter. */
	bool early;
	/* What came of it; shared with the process that traces. */
	struct trace_result {
		long calls;  /* after the filter was loaded, or before */
		long number; /* of the call that was hit, -1: none */
		int open;    /* descriptors opened there and not closed */
		struct trace_call {
			long number;
			int fd;
		} list[TRACE_LISTED];
	} * result;
};

/* In a child: run exec(arg), which does not return, and be its end. */
_Noreturn void trace_run(
    const struct trace *t, void (*exec)(void *arg), void *arg);

#endif

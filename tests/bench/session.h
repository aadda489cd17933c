/* SPDX-License-Identifier: ISC */
/*
 * One server process and the ends of its pipes, as sshd(8) would set them up.
 * Started by root, servers run as an ordinary account.  Everything here ends
 * the program on failure: a benchmark that goes on after one measures nothing.
 */
#ifndef SESSION_H
#define SESSION_H

#include <sys/types.h>

#include <stdbool.h>

/* The account that servers run as when root starts them. */
#define ACCOUNT_ID 65534

#define ARGS_MAX 32

enum ends {
	ENDS_PIPES,
	ENDS_SOCKETS /* one socket pair; standard error is a pipe */
};

struct launch {
	const char *argv[ARGS_MAX]; /* NULL at the end */
	enum ends ends;
	unsigned delay_ms; /* one way, through a process in between */
	bool trace;        /* count system calls: slow */
};

struct session {
	double begin;         /* seconds: when it was started */
	pid_t pid;            /* the child of ours to wait for */
	pid_t relay;          /* the delay line, or 0 */
	pid_t *traced;        /* shared: the server under trace */
	unsigned long *calls; /* shared: how many it has made */
	int in;               /* its standard input */
	int out;              /* its standard output */
	int err;              /* the same */
};

/* What the kernel says of a session that has ended. */
struct usage {
	double cpu; /* seconds */
	double switches;
	unsigned long calls; /* when traced */
};

double seconds_now(void);

void session_start(struct session *s, const struct launch *l);

/* Its private dirty memory in KiB, now; -1 where that is not shown to us. */
long session_dirty(const struct session *s);

/*
 * Close its input and wait for its end.  Status 0 is expected; else the
 * program ends with what the server had to say.
 */
void session_end(struct session *s, struct usage *usage);

/* The same for a session that failed; says why. */
void session_fail(struct session *s, const char *why) __attribute__((noreturn));

#endif

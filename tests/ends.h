/* SPDX-License-Identifier: ISC */
/*
 * A stream, the client's ends of which a test has in its hands, and what that
 * client does.  System calls of the process are counted, or fail.
 */
#ifndef ENDS_H
#define ENDS_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

extern volatile sig_atomic_t stop;
extern struct stream stream;
extern int to[2];   /* the client writes to[1] */
extern int from[2]; /* the client reads from[0] */

/* write(2), counted for one descriptor; what another one takes is bounded */
extern int counted_fd;
extern int writes;
extern int bounded_fd;
extern size_t bound;
extern bool write_fails;  /* the next one, to the client */
extern bool stops_writer; /* a signal comes with each */

/* read(2) of a client that takes its time: a byte, after a signal */
extern int slow_fd;
extern int64_t slowness, skew;
extern size_t asked;      /* by the last one */
extern bool stops_reader; /* a signal comes with each */

/* What waits for no descriptor: no time goes by; it fails so, once. */
extern int pauses;
extern int pause_error;
extern bool pause_stops;
extern int wait_error; /* the same, of what waits for one */

enum kind {
	PIPE,
	SOCKET,
	FILE_KIND
};

/* In the working directory, which is to be a fresh one. */
void ends_open(enum kind in, enum kind out);

/* The client says something, or no more. */
void say(const char *text, size_t len);
void hang_up(void);

/* The bytes of every file here: no two places look alike. */
void fill_pattern(char *buf, size_t n, off_t at);
void write_pattern(int fd, off_t size, size_t chunk);

/* Is what fd reads, from offset 0, the pattern and then zeros? */
bool is_pattern(int fd, off_t size, off_t zeros);

/* The client sends a line, a file and its NUL: its process, or -1. */
pid_t send_file(off_t size, size_t chunk);
void die_with_parent(void);

/* What is held back is for a client that is gone, or cannot be written. */
void hold_for_nobody(bool gone);

/* What comes next. */
void expect_byte(int want);
void expect_end(void);
void expect_line(const char *want);

/* As main does it: no SA_RESTART, and again and again. */
void signals(void (*handler)(int), int first_ms, int every_ms);
void on_stop(int sig);
void on_tick(int sig);

#endif

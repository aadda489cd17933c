/* SPDX-License-Identifier: ISC */
/*
 * Black-box driver: runs the program named by SCP_SERVER between three pipes,
 * in a scratch directory and an environment of its own, and plays the client.
 * Nothing here waits longer than WATCHDOG_MS for a server that does not move.
 *
 * Each test begins in the directory that the server serves, so a relative path
 * is what the client sees below `/'.  Beside it lies ../outside with one file,
 * "secret", which no session may touch.  A test that passes is checked at its
 * end: no temporary name is left and the outside is as it was.
 *
 * Started by root, tests run as an ordinary account, and those that say so a
 * second time as root.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <sys/types.h>

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#include <check.h>

#include "tap.h"

#define WATCHDOG_MS 10000

/* Long enough for a server that has something to say, to say it. */
#define QUIET_MS 40

/* The account that tests run as when root starts them. */
#define ACCOUNT_ID 65534

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* --- suites ----------------------------------------------------------- */

enum identity {
	AS_ACCOUNT, /* started by root: as somebody else; else as oneself */
	AS_BOTH,    /* and once more as root */
	AS_ROOT,    /* not at all, unless by root */
	AT_HOME     /* as AS_ACCOUNT, with the served directory for a home */
};

/* Add the tests that add() names, for each identity. */
void driver_add(Suite *suite, void (*add)(TCase *), enum identity who);

/* Run the suite and report in TAP; returns the exit status for main(). */
int driver_run(Suite *suite);

/* The served directory and its neighbour, absolute. */
const char *root_path(void);
const char *outside_path(void);

/* AT_HOME: could the account be given its home, and an /etc/ssh, here? */
bool home_is_root(void);

/* AT_HOME: is there an empty configuration at its default path? */
bool has_default_conf(void);

/*
 * Where these bytes are in the program under test, or NULL.  May be called
 * outside of tests.
 */
const char *program_find(const char *bytes, size_t len);

/* Can a launch have a trace here?  If not it has been said. */
bool can_trace(void);

/* --- bytes ------------------------------------------------------------ */

/* A growing array, with a NUL behind the last byte once there is one. */
struct bytes {
	char *p;
	size_t len;
	size_t room;
};

void bytes_add(struct bytes *b, const char *p, size_t len);
void bytes_addf(struct bytes *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void bytes_free(struct bytes *b);

/* Sort the lines of a text. */
void bytes_sort(struct bytes *text);

/* Does text hold one of "a|b|c"? */
bool holds(const char *text, const char *texts);

/* --- the server ------------------------------------------------------- */

enum ends {
	ENDS_PIPES,
	ENDS_SOCKETS, /* one socket pair, as some sshds use */
	ENDS_PACKETS, /* pipes; each write of the server is counted */
	ENDS_TTY_IN,  /* standard input is a terminal */
	ENDS_TTY_OUT
};

/*
 * How to start the server; all of it may be left out.  It answers strictly,
 * one answer when it is due, unless options has EarlyAck=auto.
 */
struct launch {
	const char *options;       /* words after -e -r ROOT */
	const char *command;       /* the client's words, split at blanks */
	const char *const *words;  /* or one by one, NULL at the end */
	const char *text;          /* or its text, in SSH_ORIGINAL_COMMAND */
	const char *const *argv;   /* exactly this, argv[0] first, no -e -r */
	const char *const *env;    /* more variables, NULL at the end */
	const char *program;       /* another one, with argv */
	const struct trace *trace; /* end or fail one of its calls */
	size_t memory;             /* limit of its address space */
	enum ends ends;
};

struct server {
	pid_t pid;
	int in;  /* its standard input; -1 once closed */
	int out; /* its standard output; -1 at its end */
	int err; /* the same */
	bool sockets;
	bool broken;           /* it stopped reading */
	struct bytes received; /* from its standard output */
	size_t taken;          /* what of that was expected already */
	size_t writes;         /* with ENDS_PACKETS: how many it came in */
	struct bytes log;      /* from its standard error */
	long maxrss;           /* in KiB, once it has ended */
	char title[512];       /* for reports */
};

void server_start(struct server *s, const struct launch *l);

/* Send all; a server that stopped reading is no error (s->broken). */
void server_send(struct server *s, const char *p, size_t len);

/* Read what comes until ms pass without anything, or nothing can come. */
void server_read(struct server *s, int ms);

/* Read until it has taken what was sent, over pipes, and waits for more. */
void server_settle(struct server *s);

/* Wait for something to come, or for its end. */
void server_more(struct server *s);

/* Wait for so many bytes and drop them. */
void server_skip(struct server *s, size_t len);

/* A line of its /proc/PID/status in KiB, as "RssAnon:". */
long server_memory(const struct server *s, const char *key);

/* How many descriptors it has open; -1: the kernel tells nobody but root. */
int server_descriptors(const struct server *s);

void server_close_input(struct server *s);
void server_close_output(struct server *s); /* its reader goes away */

/* Wait for its end, input left as it is: exit status, or 128 + signal. */
int server_wait(struct server *s);

/* Forget it: killed if it still runs, everything closed and freed. */
void server_clear(struct server *s);

/* Fails the test with what is known of this session. */
void server_fail(const struct server *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* --- the dialogue ----------------------------------------------------- */

void expect_bytes(struct server *s, const char *p, size_t len);
#define expect_ack(s) expect_bytes(s, "", 1)

/*
 * A message of this level that holds one of "a|b": one line of no more than
 * 512 bytes, printable, "scp: " in front.
 */
void expect_message(struct server *s, char level, const char *texts);

/* Nothing comes for QUIET_MS. */
void expect_quiet(struct server *s);

/* Wait for the end; no byte is left and the exit status is this. */
void expect_end(struct server *s, int status);

enum step_type {
	STEP_SEND,
	STEP_EXPECT,  /* exactly these bytes */
	STEP_WARNING, /* expect_message() */
	STEP_FATAL,
	STEP_QUIET,
	STEP_EXIT, /* close its input, expect_end() */
	STEP_ENDS  /* expect_end() with its input open */
};

/* One step of a recorded dialogue. */
struct step {
	enum step_type type;
	const char *bytes;
	size_t len; /* or the exit status */
};

#define SEND(s)                                                                \
	{                                                                      \
		STEP_SEND, s, sizeof(s) - 1                                    \
	}
#define EXPECT(s)                                                              \
	{                                                                      \
		STEP_EXPECT, s, sizeof(s) - 1                                  \
	}
#define ACK EXPECT("\0")
#define WARNING(s)                                                             \
	{                                                                      \
		STEP_WARNING, s, 0                                             \
	}
#define FATAL(s)                                                               \
	{                                                                      \
		STEP_FATAL, s, 0                                               \
	}
#define QUIET                                                                  \
	{                                                                      \
		STEP_QUIET, NULL, 0                                            \
	}
#define EXIT(status)                                                           \
	{                                                                      \
		STEP_EXIT, NULL, status                                        \
	}
#define ENDS(status)                                                           \
	{                                                                      \
		STEP_ENDS, NULL, status                                        \
	}

/* Play a dialogue from start to end. */
void session(const struct launch *l, const struct step *steps, size_t nsteps);

/* RUN("scp -t f", ACK, SEND("..."), ..., EXIT(0)); */
#define RUN(words_, ...) RUN_WITH(NULL, words_, __VA_ARGS__)
#define RUN_WITH(options_, words_, ...)                                        \
	RUN_LAUNCH(                                                            \
	    ((struct launch){ .options = options_, .command = words_ }),       \
	    __VA_ARGS__)
#define RUN_TEXT(text_, ...)                                                   \
	RUN_LAUNCH(((struct launch){ .text = text_ }), __VA_ARGS__)
#define RUN_LAUNCH(launch_, ...)                                               \
	do {                                                                   \
		static const struct step steps_[] = { __VA_ARGS__ };           \
		session(&launch_, steps_, LENGTH(steps_));                     \
	} while (0)

/*
 * A client that reads nothing: all bytes at once and end of input.  Then the
 * answers are exactly these, '0', '1' and '2' for their levels.
 */
void blind(const struct launch *l, const char *p, size_t len,
    const char *answers, int status);
void ck_answers(struct server *s, const char *answers);

/*
 * Download as a client that acknowledges everything, and list what came, in
 * order of arrival and in the form of tree_text(), with "times M A" before an
 * item that has them and "error: ..." for messages.
 */
void receive(const struct launch *l, struct bytes *list, int status);
void ck_received(const struct launch *l, const char *want, int status);
void ck_received_sorted(const struct launch *l, const char *want, int status);

/* --- files ------------------------------------------------------------ */

void make_file(const char *path, const char *text, mode_t mode);
void make_zeros(const char *path, off_t size); /* sparse */
void make_dir(const char *path, mode_t mode);
void make_link(const char *path, const char *target);
void make_fifo(const char *path);
void set_times(const char *path, long long mtime, long long atime);

struct stat status_of(const char *path); /* lstat(2) */

/* Add the whole content of a file. */
void read_file(const char *path, struct bytes *b);

/*
 * What is below a directory, sorted, one line each: "0755 d/", "0644 d/f
 * content", "link l -> target", "fifo p", "other s".  Content of more than 64
 * bytes appears as its size in angle brackets.
 */
void tree_text(const char *dir, struct bytes *list);

/* That is exactly this; ck_tree() for the served directory. */
void ck_tree_at(const char *dir, const char *want);
#define ck_tree(want) ck_tree_at(root_path(), want)

/* Is there this name, or an unfinished upload, anywhere below? */
bool tree_has(const char *dir, const char *name);
bool tree_has_temp(const char *dir);

/* Remove it all, whatever its modes. */
void tree_remove(const char *dir);

#endif

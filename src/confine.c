/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "confine.h"

#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bsd.h"
#include "confine-landlock.h"
#include "confine-privs.h"
#include "confine-rlimit.h"
#include "confine-root.h"
#include "confine-seccomp.h"
#include "filter-tables.h"
#include "log.h"
#include "text.h"

/* How what was obtained begins, and nothing else does. */
#define OBTAINED "confine="

/* What the steps are given, and what comes of them. */
struct state {
	enum command_role role;
	const struct settings *settings;
	struct root *root;
	struct relay *relay; /* NULL: none is wanted */
	bool has_jail;       /* chroot or Landlock holds */
	char layers[48];     /* ",userns,landlock7,seccomp" */
	char missing[160];   /* "; no chroot: why" */
	const char *reason;  /* of a failure, with errno; NULL: errno alone */
};

static void
append(char *dst, size_t size, const char *more)
{
	(void)text_add(dst, size, strlen(dst), more);
}

static void
add_layer(struct state *c, const char *name)
{
	append(c->layers, sizeof(c->layers), name);
}

/* A layer is not to be had: -1 where it is required. */
static int
do_without(struct state *c, const char *layer, enum settings_choice choice)
{
	char why[sizeof(c->missing)];

	if (choice == SETTINGS_YES)
		return -1;
	(void)snprintf(why, sizeof(why), "; no %s: %s%s%s", layer,
	    c->reason == NULL ? "" : c->reason, c->reason == NULL ? "" : ": ",
	    strerror(errno));
	append(c->missing, sizeof(c->missing), why);
	c->reason = NULL;
	return 0;
}

/*
 * Libraries leave descriptors of their own behind, for one those that look up
 * accounts.  The log's numbers are nobody else's where it has no use for them.
 * R-CONF-3: a sink's relay leads to nobody, for both its ends are our own.
 */
static int
set_descriptors(struct state *c)
{
	int fd, ret;

	/* Out of the way of these numbers first, as the file of records is. */
	fd = fcntl(c->root->fd, F_DUPFD_CLOEXEC, FILTER_OTHER_FDS);
	if (fd == -1)
		return -1;
	ret = log_move(FILTER_LOG_FD);
	if (ret == -1)
		ret = dup3(fd, FILTER_LOG_FD, O_CLOEXEC);
	if (ret != -1 && log_move_file(FILTER_RECORDS_FD) == -1)
		ret = dup3(fd, FILTER_RECORDS_FD, O_CLOEXEC);
	c->root->fd = dup3(fd, FILTER_ROOT_FD, O_CLOEXEC);
	closefrom(FILTER_OTHER_FDS);
	if (ret == -1 || c->root->fd == -1)
		return -1;
	return c->relay == NULL ? 0 : relay_open(c->relay);
}

static int
set_limits(struct state *c)
{
	const struct policy *policy = &c->settings->policy;

	return confine_rlimits(policy->max_depth, policy->max_matches);
}

static int
change_root(struct state *c)
{
	static const char *const names[] = {
		[CONFINE_ROOT_JAIL] = ",jail",
		[CONFINE_ROOT_CHROOT] = ",chroot",
		[CONFINE_ROOT_USERNS] = ",userns",
	};
	enum confine_root_way way;

	if (c->settings->chroot == SETTINGS_NO)
		return 0;
	way = confine_root(c->root->fd, c->role == COMMAND_SINK, &c->reason);
	if (way == CONFINE_ROOT_NONE)
		return do_without(c, "chroot", c->settings->chroot);
	c->has_jail = true;
	add_layer(c, names[way]);
	return 0;
}

static int
drop_privileges(struct state *c)
{
	return confine_privs(c->role);
}

static int
restrict_files(struct state *c)
{
	enum settings_choice choice = c->settings->landlock;
	int version;

	if (choice != SETTINGS_NO) {
		version = confine_landlock(c->role, c->root->fd);
		if (version == -1 && do_without(c, "Landlock", choice) == -1)
			return -1;
		if (version != -1) {
			c->has_jail = true;
			add_layer(c, ",landlock");
			(void)text_add_number(c->layers, sizeof(c->layers),
			    strlen(c->layers), (unsigned long)version);
		}
	}
	if (c->has_jail)
		return 0;
	c->reason = "neither chroot nor Landlock holds";
	errno = EPERM;
	return -1;
}

static int
filter_calls(struct state *c)
{
	static const char *const names[] = {
		[SETTINGS_SECCOMP_KILL] = ",seccomp",
		[SETTINGS_SECCOMP_ERRNO] = ",seccomp(errno)",
		[SETTINGS_SECCOMP_LOG] = ",seccomp(log)",
	};
	enum settings_seccomp action = c->settings->seccomp;
	const struct policy *policy = &c->settings->policy;

	add_layer(c, names[action]);
	return confine_seccomp(
	    c->role, !policy->atomic || policy->special_bits, action);
}

/*
 * malloc(3) begins with calls that no filter allows to each role, and in most
 * sessions nobody has used it yet.  A libc that may be another one tomorrow
 * begins here, whatever it does then (glibc: getrandom(2)).
 */
#ifdef __GLIBC__
static int
begin_memory(struct state *c)
{
	void *volatile p = malloc(1); /* or the compiler leaves it out */

	(void)c;
	free(p);
	return p == NULL ? -1 : 0;
}
#else
/*
 * musl moves the break, with a mapping at a fixed place, unless something is in
 * its way: then it does with mappings anywhere, which are allowed.  To have it
 * begin here would cost 17 us and three pages.
 */
static int
begin_memory(struct state *c)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t end = ((uintptr_t)sbrk(0) + page - 1) / page * page;

	(void)c;
	return mmap((void *)end, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0) == MAP_FAILED
	    ? -1
	    : 0;
}
#endif

/*
 * Each step takes away what those below it do not need, so the order is that
 * of this table: chroot needs privileges, Landlock and seccomp must find
 * no_new_privs set, and seccomp forbids all the calls above it.
 */
static const struct step {
	const char *name;
	int (*apply)(struct state *c);
} steps[] = {
	{ "descriptors", set_descriptors },
	{ "memory", begin_memory },
	{ "limits", set_limits },
	{ "chroot", change_root },
	{ "privileges", drop_privileges },
	{ "Landlock", restrict_files },
	{ "seccomp", filter_calls },
};

#ifdef INSTRUMENTED
/*
 * Sanitizers read /proc, start a process that traces this one, and make calls
 * of their own: nothing here can hold.  Only for tests; the log says so.
 */
#define NSTEPS 1
#else
#define NSTEPS LENGTH(steps)
#endif

int
confine(enum command_role role, const struct settings *settings,
    struct root *root, struct relay *relay, char *text, size_t size)
{
	struct state c = {
		.role = role, .settings = settings, .root = root, .relay = relay
	};
	size_t i;

	for (i = 0; i < NSTEPS; i++) {
		if (steps[i].apply(&c) == 0)
			continue;
		(void)snprintf(text, size, "cannot confine: %s: %s%s%s",
		    steps[i].name, c.reason == NULL ? "" : c.reason,
		    c.reason == NULL ? "" : ": ", strerror(errno));
		return -1;
	}
	(void)text_add(text, size, 0, OBTAINED);
	append(text, size, c.layers[0] == '\0' ? "none" : c.layers + 1);
	append(text, size, c.missing);
	return 0;
}

/* The child's part: all that it has to say goes to its standard output. */
static void
try_all(enum command_role role, const struct settings *settings,
    struct root *root, int out)
{
	struct relay relay;
	char text[CONFINE_TEXT_BYTES];

	if (dup3(out, STDOUT_FILENO, O_CLOEXEC) == -1)
		return;
	(void)!confine(role, settings, root,
	    role == COMMAND_SINK ? &relay : NULL, text, sizeof(text));
	(void)!write(STDOUT_FILENO, text, strlen(text));
}

/* All that comes from fd, as a text. */
static void
read_text(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (
	    used + 1 < size && (n = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
}

static int
ask_child(pid_t pid, int in, char *text, size_t size)
{
	int status = 0;

	read_text(in, text, size);
	/* Where SIGCHLD is ignored its status is not to be had. */
	(void)waitpid(pid, &status, 0);
	if (text[0] == '\0')
		(void)snprintf(text, size,
		    "cannot confine: a process that tried ended with %d",
		    status);
	return strncmp(text, OBTAINED, sizeof(OBTAINED) - 1) == 0 ? 0 : -1;
}

static int
no_process(char *text, size_t size)
{
	(void)snprintf(text, size, "cannot confine: a process to try: %s",
	    strerror(errno));
	return -1;
}

int
confine_probe(enum command_role role, const struct settings *settings,
    struct root *root, char *text, size_t size)
{
	int ends[2], ret;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return no_process(text, size);
	if ((pid = fork()) == 0) {
		try_all(role, settings, root, ends[1]);
		_exit(EXIT_SUCCESS);
	}
	(void)close(ends[1]);
	ret = pid == -1 ? no_process(text, size)
			: ask_child(pid, ends[0], text, size);
	(void)close(ends[0]);
	return ret;
}

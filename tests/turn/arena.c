/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "arena.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "body.h"
#include "peer.h"
#include "root.h"
#include "session.h"
#include "sink.h"
#include "source.h"
#include "stream.h"

/* What patterns may have (glob.h), and for all else. */
#define HEAP_MAX ((size_t)10 << 20)

/* Descriptors that are looked at: a process is given the lowest. */
#define FDS 64

#define LARGE 70000

void (*arena_explain)(void);

/* Text that is nowhere to be found as it is. */
#define MASK 0x55
struct masked {
	char text[64];
	size_t len;
};

static struct {
	char path[PATH_MAX];
	struct masked where;
	struct masked secret;
	pid_t owner;
	int base; /* with the root and what is outside */
	int root;
	struct stat base_st;
	struct stat outside_st;
	struct stat secret_st;
	size_t heap; /* before the session */
	bool fds[FDS];
} arena;

_Noreturn void
arena_die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "violation: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	if (arena_explain != NULL)
		arena_explain();
	abort();
}

void
arena_require(bool condition, const char *what)
{
	if (!condition)
		arena_die("%s", what);
}

/* --- the place ---------------------------------------------------------- */

/* Remove name in dirfd and what is below. */
static void
remove_all(int dirfd, const char *name)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return;
	arena_require(fchmodat(dirfd, name, 0700, 0) == 0, name);
	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	arena_require(fd != -1, "cannot clean the root");
	arena_require((dir = fdopendir(fd)) != NULL, "fdopendir");
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			remove_all(fd, entry->d_name);
	(void)closedir(dir);
	(void)unlinkat(dirfd, name, AT_REMOVEDIR);
}

static void
clean(void)
{
	if (getpid() == arena.owner)
		remove_all(AT_FDCWD, arena.path);
}

static int
open_dir(int dirfd, const char *name)
{
	int fd;

	arena_require(mkdirat(dirfd, name, 0755) == 0, "cannot make the arena");
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	arena_require(fd != -1, "cannot open the arena");
	return fd;
}

static void
write_file(int dirfd, const char *path, const char *text, mode_t mode)
{
	static const char zeros[LARGE];
	size_t len = text == NULL ? sizeof(zeros) : strlen(text);
	int fd;

	fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	arena_require(fd != -1, path);
	arena_require(
	    write(fd, text == NULL ? zeros : text, len) == (ssize_t)len, path);
	arena_require(fchmod(fd, mode) == 0, path);
	(void)close(fd);
}

static void
mask(struct masked *m, const char *text)
{
	for (m->len = 0; text[m->len] != '\0' && m->len < sizeof(m->text);
	     m->len++)
		m->text[m->len] = (char)(text[m->len] ^ MASK);
}

/* Where memory is, because nothing outlives the fuzzer there. */
static const char *
place(void)
{
	const char *dir = getenv("SCRATCH");

	if (access("/dev/shm", W_OK) == 0)
		return "/dev/shm";
	return dir == NULL ? "/tmp" : dir;
}

static void
note_fds(bool fds[FDS])
{
	int i;

	for (i = 0; i < FDS; i++)
		fds[i] = fcntl(i, F_GETFD) != -1;
}

void
arena_open(const char *name)
{
	char secret[32];
	uint64_t random;
	int fd;

	(void)umask(022);
	arena.owner = getpid();
	(void)snprintf(
	    arena.path, sizeof(arena.path), "%s/%s.XXXXXX", place(), name);
	arena_require(mkdtemp(arena.path) != NULL, "no scratch directory");
	(void)atexit(clean);
	arena.base = open(arena.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	arena_require(arena.base != -1, "no scratch directory");
	arena.root = open_dir(arena.base, "root");
	fd = open_dir(arena.base, "outside");
	arena_require(
	    getrandom(&random, sizeof(random), 0) == (ssize_t)sizeof(random),
	    "getrandom");
	(void)snprintf(secret, sizeof(secret), "%016" PRIx64, random);
	write_file(fd, "secret", secret, 0600);
	mask(&arena.secret, secret);
	mask(&arena.where, arena.path);
	arena_require(fstatat(fd, "secret", &arena.secret_st, 0) == 0 &&
		fstat(fd, &arena.outside_st) == 0 &&
		fstat(arena.base, &arena.base_st) == 0,
	    "stat");
	(void)close(fd);
}

static void
empty_root(void)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	fd = openat(arena.root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	arena_require((dir = fdopendir(fd)) != NULL, "fdopendir");
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			remove_all(fd, entry->d_name);
	(void)closedir(dir);
	(void)fchmod(arena.root, 0755);
}

void
arena_fill(const struct arena_entry *entries, size_t n)
{
	const struct arena_entry *e;

	empty_root();
	for (e = entries; e < entries + n; e++) {
		switch (e->type) {
		case 'f':
			write_file(arena.root, e->path, e->text, e->mode);
			continue;
		case 'd':
			arena_require(
			    mkdirat(arena.root, e->path, e->mode) == 0,
			    e->path);
			continue;
		case 'l':
			arena_require(
			    symlinkat(e->text, arena.root, e->path) == 0,
			    e->path);
			continue;
		default:
			arena_require(
			    mkfifoat(arena.root, e->path, 0600) == 0, e->path);
		}
	}
}

int
arena_root(void)
{
	return arena.root;
}

bool
arena_has(const char *path)
{
	struct stat st;

	return fstatat(arena.root, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
arena_holds(const char *path, const char *text, off_t len)
{
	char buf[1024];
	struct stat st;
	ssize_t n;
	int fd;

	if (fstatat(arena.root, path, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_size != len)
		return false;
	if (text == NULL)
		return true;
	fd = openat(arena.root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = read(fd, buf, sizeof(buf));
	(void)close(fd);
	return n == (ssize_t)len && memcmp(buf, text, (size_t)len) == 0;
}

/* --- sessions ----------------------------------------------------------- */

/* With ASan, its own count; else that of libc. */
extern size_t __sanitizer_get_current_allocated_bytes(void)
    __attribute__((weak));

static size_t
heap(void)
{
	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

void
arena_watch_memory(void)
{
	size_t now = heap();

	if (now > arena.heap && now - arena.heap > HEAP_MAX)
		arena_die("%zu bytes of memory", now - arena.heap);
}

static void
open_root(struct root *root, const struct policy *policy)
{
	struct stat st;

	root->fd = openat(arena.root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	gate_init(&root->gate, policy);
	arena_require(root->fd != -1 && fstat(root->fd, &st) == 0, "root");
	root->gate.interrupts = true;
	root->gate.dev = st.st_dev;
}

static int
serve(const struct arena_session *as, const struct session *s)
{
	static union {
		struct sink sink;
		struct source source;
	} role;
	bool sink = as->request->role == COMMAND_SINK;
	int status;

	stream_open(s->stream, ARENA_IN, ARENA_OUT,
	    (const volatile sig_atomic_t *)&hooks_stop);
	body_init(s->body, s->stream, 0);
	peer_init(s->peer, s->stream, sink);
	peer_answer_early(s->peer, as->credits);
	hooks_begin(&as->client, !sink);
	deadline_set(&s->stream->deadline, ARENA_SECONDS, 3 * ARENA_SECONDS);
	status = sink ? sink_run(&role.sink, s) : source_run(&role.source, s);
	hooks_end();
	stream_close(s->stream);
	return status;
}

int
arena_run(const struct arena_session *as)
{
	static struct root root;
	static struct audit audit;
	static struct stream stream;
	struct body body;
	struct peer peer;
	const struct session s = { .policy = as->policy,
		.request = as->request,
		.start = "/",
		.root = &root,
		.stream = &stream,
		.body = &body,
		.peer = &peer,
		.audit = &audit,
		.pipelining = as->pipelining };
	int status;

	note_fds(arena.fds);
	arena.heap = heap();
	open_root(&root, as->policy);
	audit_init(
	    &audit, "user", "address", as->request->role == COMMAND_SINK);
	status = serve(as, &s);
	root_close(&root);
	arena_require(status == 0 || status == 1, "exit status");
	return status;
}

/* --- after it ----------------------------------------------------------- */

/* As temp.h describes them; a client can make no such name. */
static bool
is_temp(const char *name)
{
	return strncmp(name, ".scp-server.", 12) == 0 && strlen(name) == 29 &&
	    strspn(name + 12, "0123456789abcdef") == 16 && name[28] == '~';
}

static void
visit_below(int dirfd, const char *name, const char *above,
    void (*visit)(void *arg, const char *path), void *arg)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	int fd;

	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	arena_require(fd != -1, name);
	arena_require((dir = fdopendir(fd)) != NULL, name);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(
		    path, sizeof(path), "%s%s", above, entry->d_name);
		if (entry->d_type != DT_DIR) {
			visit(arg, path);
			continue;
		}
		(void)snprintf(
		    path, sizeof(path), "%s%s/", above, entry->d_name);
		visit_below(fd, entry->d_name, path, visit, arg);
	}
	(void)closedir(dir);
}

void
arena_visit(void (*visit)(void *arg, const char *path), void *arg)
{
	visit_below(arena.root, ".", "", visit, arg);
}

static void
look_at_name(void *arg, const char *path)
{
	const char *slash = strrchr(path, '/');

	(void)arg;
	if (is_temp(slash == NULL ? path : slash + 1))
		arena_die("temporary file left: %s", path);
}

static bool
is_as_before(int dirfd, const char *name, const struct stat *before)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == before->st_ino && st.st_mode == before->st_mode &&
	    st.st_size == before->st_size &&
	    st.st_ctim.tv_sec == before->st_ctim.tv_sec &&
	    st.st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

/*
 * Is it in the output?  A fuzzer that saw what is compared here would put it
 * there.
 */
#ifdef __clang__
__attribute__((no_sanitize("coverage")))
#endif
static bool
is_told(const struct masked *m)
{
	size_t i, j, len;
	const char *out = arena_output(&len);

	for (i = 0; i + m->len <= len; i++) {
		for (j = 0; j < m->len && (out[i + j] ^ MASK) == m->text[j];
		     j++)
			;
		if (j == m->len)
			return true;
	}
	return false;
}

void
arena_check(void)
{
	bool fds[FDS];

	arena_require(is_as_before(arena.base, ".", &arena.base_st) &&
		is_as_before(arena.base, "outside", &arena.outside_st) &&
		is_as_before(arena.base, "outside/secret", &arena.secret_st),
	    "something outside was changed");
	arena_require(!is_told(&arena.secret) && !is_told(&arena.where),
	    "something outside was told");
	note_fds(fds);
	arena_require(memcmp(fds, arena.fds, sizeof(fds)) == 0,
	    "a descriptor was left open");
	arena_visit(look_at_name, NULL);
}

bool
arena_play_apart(unsigned long (*play)(const struct shape *shape, unsigned way),
    const struct shape *shape, unsigned way, unsigned long *count)
{
	int fds[2], status;
	pid_t pid;

	arena_require(pipe(fds) == 0 && fflush(stdout) == 0, "pipe");
	if ((pid = fork()) == 0) {
		*count = play(shape, way);
		_exit(write(fds[1], count, sizeof(*count)) !=
		    (ssize_t)sizeof(*count));
	}
	(void)close(fds[1]);
	*count = 0;
	(void)!read(fds[0], count, sizeof(*count));
	(void)close(fds[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

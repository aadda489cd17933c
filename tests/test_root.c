/* SPDX-License-Identifier: ISC */
/* Paths below the root: where they lead, and where nothing leads. */
#include "config.h"

#include "errors.h"
#include "root.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include <linux/fs.h>
#include <linux/magic.h>

#include <check.h>
#include <stdarg.h>

#include "entry.h"
#include "rooted.h"
#include "scratch.h"

#define TEMP "/.scp-server.0123456789abcdef~"
#define N5   "nnnnn"
#define N50  N5 N5 N5 N5 N5 N5 N5 N5 N5 N5
#define N255 N50 N50 N50 N50 N50 N5
#define N2K  N255 N255 N255 N255 N255 N255 N255 N255

static struct root root;
static struct root_place place;

/* --- openat(2), before which somebody may be quicker ------------------ */

/* Exchanged with "file" before it is opened, or NULL. */
static const char *quicker;

static unsigned opens;

int
openat(int dir, const char *name, int flags, ...)
{
	opens++;
	if (quicker != NULL && strcmp(name, "file") == 0)
		ck_assert_int_eq(
		    renameat2(dir, name, dir, quicker, RENAME_EXCHANGE), 0);
	return (int)syscall(SYS_openat, dir, name, flags, 0);
}

/* --- system calls that fail ------------------------------------------- */

enum call {
	NO_CALL,
	FSTAT,
	READLINKAT,
	DUPFD
};

static enum call failing;
static unsigned spared; /* so many of them do not fail yet */
static bool failed;
static unsigned copies; /* of descriptors */
static bool closed_none;

static bool
fails(enum call call)
{
	if (call != failing || spared-- > 0)
		return false;
	failing = NO_CALL;
	failed = true;
	errno = EIO;
	return true;
}

int
fstat(int fd, struct stat *st)
{
	if (fails(FSTAT))
		return -1;
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

int
fcntl(int fd, int command, ...)
{
	va_list ap;
	long argument;

	copies += command == F_DUPFD_CLOEXEC;
	if (command == F_DUPFD_CLOEXEC && fails(DUPFD))
		return -1;
	va_start(ap, command);
	argument = va_arg(ap, long);
	va_end(ap);
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

int
close(int fd)
{
	closed_none |= fd < 0;
	return (int)syscall(SYS_close, fd);
}

static long file_system; /* its magic number; -1: it does not tell */

int
fstatfs(int fd, struct statfs *st)
{
	int ret = (int)syscall(SYS_fstatfs, fd, st);

	if (file_system != 0)
		st->f_type = file_system;
	return file_system == -1 ? -1 : ret;
}

/* The text of all links, of so many bytes; -1: as they are. */
static ssize_t link_len = -1;

/* The linker puts it where readlinkat(2) is called. */
ssize_t __wrap_readlinkat(int fd, const char *name, char *buf, size_t size);

ssize_t
__wrap_readlinkat(int fd, const char *name, char *buf, size_t size)
{
	if (fails(READLINKAT))
		return -1;
	if (link_len == -1)
		return syscall(SYS_readlinkat, fd, name, buf, size);
	ck_assert_uint_ge(size, (size_t)link_len);
	memset(buf, '/', size);
	return link_len;
}

/* --- a root ----------------------------------------------------------- */

/* A chain of links: n takes n of them to reach dir/f. */
static void
make_chain(int n)
{
	char name[32], text[32];
	int i;

	scratch_link("dir/f", "r/chain1");
	for (i = 2; i <= n; i++) {
		(void)snprintf(name, sizeof(name), "r/chain%d", i);
		(void)snprintf(text, sizeof(text), "chain%d", i - 1);
		scratch_link(text, name);
	}
}

static void
make_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(close(fd), 0);
}

static void
make_links(void)
{
	static char text[4096];
	char cwd[PATH_MAX], real[PATH_MAX + 32];
	size_t i;

	scratch_link("/dir/f", "r/abs");
	scratch_link("/dir", "r/absdir");
	scratch_link("/dir/", "r/absslash");
	scratch_link("dir/f", "r/rel");
	scratch_link("dir", "r/reldir");
	scratch_link("dir/f/", "r/fileslash");
	scratch_link("nowhere", "r/dangling");
	scratch_link("nowhere/at/all", "r/dangling2");
	scratch_link("..", "r/up");
	scratch_link(".", "r/dot");
	scratch_link("/", "r/top");
	scratch_link("//../..//", "r/tops");
	scratch_link("../outside/secret", "r/upout");
	scratch_link("../../../../outside", "r/dir/upout");
	scratch_link("..", "r/dir/up");
	scratch_link("../..", "r/dir/upup");
	scratch_link("sub/../../dir/./sub", "r/dir/winding");
	scratch_link("self", "r/self");
	scratch_link("ping", "r/pong");
	scratch_link("pong", "r/ping");
	scratch_link("more/x", "r/more");
	scratch_link(&TEMP[1], "r/totemp");
	/* as the administrator might: the path of the whole system */
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(real, sizeof(real), "%s/outside/secret", cwd);
	scratch_link(real, "r/real");
	for (i = 0; i + 6 < sizeof(text); i += 2)
		memcpy(text + i, "./", 2);
	memcpy(text + i, "dir/f", i + 6 > sizeof(text) ? 0 : 6);
	text[sizeof(text) - 1] = '\0';
	scratch_link(text, "r/long");
	make_chain(42);
}

/* Into a new directory: the root r, and what must stay out of reach. */
static void
setup(void)
{
	scratch_fresh();
	scratch_mkdir("outside", 0755);
	scratch_file("outside/secret", "secret", 0644);
	scratch_file("secret", "secret", 0644);
	scratch_mkdir("r", 0755);
	scratch_file("r/file", "file", 0644);
	scratch_mkdir("r/dir", 0755);
	scratch_file("r/dir/f", "f", 0644);
	scratch_mkdir("r/dir/sub", 0755);
	scratch_file("r/dir/sub/g", "g", 0644);
	scratch_mkdir("r/1", 0755);
	scratch_mkdir("r/1/2", 0755);
	scratch_mkdir("r/1/2/3", 0755);
	scratch_mkdir("r/1/2/3/4", 0755);
	scratch_mkdir("r/1/2/3/4/5", 0755);
	scratch_file("r/1/2/3/4/f", "f", 0644);
	scratch_file("r/" N255, "n", 0644);
	scratch_file("r" TEMP, "", 0644);
	scratch_file("r/.scp-server.0123456789ABCDEF~", "", 0644);
	scratch_mkdir("r/dir" TEMP, 0755);
	scratch_file("r/dir" TEMP "/f", "", 0644);
	ck_assert_int_eq(mkfifo("r/fifo", 0644), 0);
	make_socket("r/socket");
	make_links();
	rooted(&root, "r");
	policy.max_depth = 4;
}

static void
teardown(void)
{
	root_close(&root);
}

enum found {
	NOT,  /* an error */
	NONE, /* does not exist */
	FILE_FOUND,
	DIR_FOUND,
	OTHER
};

static const struct {
	const char *base;
	const char *path;
	enum found found;
	int error;
	const char *where; /* place->path */
	unsigned depth;
	bool slash;
} walk_rows[] = {
	/* the root */
	{ "/", "", DIR_FOUND, 0, "/", 0, false },
	{ "/", "/", DIR_FOUND, 0, "/", 0, false },
	{ "/", "//", DIR_FOUND, 0, "/", 0, false },
	{ "/", ".", DIR_FOUND, 0, "/", 0, false },
	{ "/", "./", DIR_FOUND, 0, "/", 0, true },
	{ "/", "..", DIR_FOUND, 0, "/", 0, false },
	{ "/", "/../..", DIR_FOUND, 0, "/", 0, false },
	{ "/", "/../../dir/../..", DIR_FOUND, 0, "/", 0, false },
	/* what is there */
	{ "/", "file", FILE_FOUND, 0, "/file", 0, false },
	{ "/", "/file", FILE_FOUND, 0, "/file", 0, false },
	{ "/", "//./file", FILE_FOUND, 0, "/file", 0, false },
	{ "/", "dir", DIR_FOUND, 0, "/dir", 1, false },
	{ "/", "dir/", DIR_FOUND, 0, "/dir", 1, true },
	{ "/", "dir///", DIR_FOUND, 0, "/dir", 1, true },
	{ "/", "dir/.", DIR_FOUND, 0, "/dir", 1, false },
	{ "/", "dir/sub", DIR_FOUND, 0, "/dir/sub", 2, false },
	{ "/", "dir/sub/..", DIR_FOUND, 0, "/dir", 1, false },
	{ "/", "dir/sub/g", FILE_FOUND, 0, "/dir/sub/g", 2, false },
	{ "/", "dir//sub/.././f", FILE_FOUND, 0, "/dir/f", 1, false },
	{ "/", "../dir/../../file", FILE_FOUND, 0, "/file", 0, false },
	{ "/", "fifo", OTHER, 0, "/fifo", 0, false },
	{ "/", "socket", OTHER, 0, "/socket", 0, false },
	/* StartDirectory */
	{ "/dir", "f", FILE_FOUND, 0, "/dir/f", 1, false },
	{ "/dir", ".", DIR_FOUND, 0, "/dir", 1, false },
	{ "/dir", "..", DIR_FOUND, 0, "/", 0, false },
	{ "/dir", "../../file", FILE_FOUND, 0, "/file", 0, false },
	{ "/dir", "/file", FILE_FOUND, 0, "/file", 0, false },
	{ "/reldir", "f", FILE_FOUND, 0, "/dir/f", 1, false },
	{ "/nowhere", "f", NOT, ENOENT, "", 0, false },
	{ "/file", "f", NOT, ENOTDIR, "", 0, false },
	/* what is not there */
	{ "/", "new", NONE, 0, "/new", 0, false },
	{ "/", "new/", NONE, 0, "/new", 0, true },
	{ "/", "dir/new", NONE, 0, "/dir/new", 1, false },
	{ "/", "new/.", NOT, ENOENT, "", 0, false },
	{ "/", "new/..", NOT, ENOENT, "", 0, false },
	{ "/", "new/file", NOT, ENOENT, "", 0, false },
	{ "/", "file/", NOT, ENOTDIR, "", 0, false },
	{ "/", "file/.", NOT, ENOTDIR, "", 0, false },
	{ "/", "file/..", NOT, ENOTDIR, "", 0, false },
	{ "/", "file/x", NOT, ENOTDIR, "", 0, false },
	{ "/", "fifo/x", NOT, ENOTDIR, "", 0, false },
	/* links */
	{ "/", "rel", FILE_FOUND, 0, "/dir/f", 1, false },
	{ "/", "rel/", NOT, ENOTDIR, "", 0, false },
	{ "/", "abs", FILE_FOUND, 0, "/dir/f", 1, false },
	{ "/", "reldir", DIR_FOUND, 0, "/dir", 1, false },
	{ "/", "reldir/", DIR_FOUND, 0, "/dir", 1, true },
	{ "/", "absdir/sub/g", FILE_FOUND, 0, "/dir/sub/g", 2, false },
	{ "/", "absslash", DIR_FOUND, 0, "/dir", 1, true },
	{ "/", "absslash/f", FILE_FOUND, 0, "/dir/f", 1, false },
	{ "/", "fileslash", NOT, ENOTDIR, "", 0, false },
	{ "/", "dangling", NONE, 0, "/nowhere", 0, false },
	{ "/", "dangling/", NONE, 0, "/nowhere", 0, true },
	{ "/", "dangling/x", NOT, ENOENT, "", 0, false },
	{ "/", "dangling2", NOT, ENOENT, "", 0, false },
	{ "/", "dot/dot/file", FILE_FOUND, 0, "/file", 0, false },
	{ "/", "dir/winding/g", FILE_FOUND, 0, "/dir/sub/g", 2, false },
	/* where a link ends, `..' is the real parent */
	{ "/", "1/../reldir/../file", FILE_FOUND, 0, "/file", 0, false },
	{ "/", "dir/up", DIR_FOUND, 0, "/", 0, false },
	{ "/", "dir/up/file", FILE_FOUND, 0, "/file", 0, false },
	/* R-PATH-1: none of them leaves */
	{ "/", "up", DIR_FOUND, 0, "/", 0, false },
	{ "/", "up/secret", NONE, 0, "/secret", 0, false },
	{ "/", "up/outside/secret", NOT, ENOENT, "", 0, false },
	{ "/", "../outside/secret", NOT, ENOENT, "", 0, false },
	{ "/", "upout", NOT, ENOENT, "", 0, false },
	{ "/", "dir/upout", NONE, 0, "/outside", 0, false },
	{ "/", "dir/upout/secret", NOT, ENOENT, "", 0, false },
	{ "/", "dir/upup/secret", NONE, 0, "/secret", 0, false },
	{ "/", "top", DIR_FOUND, 0, "/", 0, false },
	{ "/", "1/2/../../tops/file", FILE_FOUND, 0, "/file", 0, false },
	{ "/", "real", NOT, ENOENT, "", 0, false },
	/* 40 links, not 41 */
	{ "/", "chain40", FILE_FOUND, 0, "/dir/f", 1, false },
	{ "/", "chain41", NOT, ELOOP, "", 0, false },
	{ "/", "self", NOT, ELOOP, "", 0, false },
	{ "/", "self/x", NOT, ELOOP, "", 0, false },
	{ "/", "ping", NOT, ELOOP, "", 0, false },
	{ "/", "more", NOT, ELOOP, "", 0, false },
	{ "/", "long", FILE_FOUND, 0, "/dir/f", 1, false },
	/* depth_max is 4 */
	{ "/", "1/2/3/4", DIR_FOUND, 0, "/1/2/3/4", 4, false },
	{ "/", "1/2/3/4/f", FILE_FOUND, 0, "/1/2/3/4/f", 4, false },
	{ "/", "1/2/3/4/new", NONE, 0, "/1/2/3/4/new", 4, false },
	{ "/", "1/2/3/4/5", NOT, ERR_TOO_DEEP, "", 0, false },
	{ "/", "1/2/3/4/5/..", NOT, ERR_TOO_DEEP, "", 0, false },
	{ "/", "1/2/3/../3/4/f", FILE_FOUND, 0, "/1/2/3/4/f", 4, false },
	/* lengths */
	{ "/", N255, FILE_FOUND, 0, "/" N255, 0, false },
	{ "/", N255 "n", NOT, ENAMETOOLONG, "", 0, false },
	{ "/", "dir/" N255, NONE, 0, "/dir/" N255, 1, false },
	{ "/", "dir/../" N255 "n/x", NOT, ENAMETOOLONG, "", 0, false },
	{ "/", N2K N2K, NOT, ENAMETOOLONG, "", 0, false },
	/* Names of unfinished uploads do not exist, not even for a new file. */
	{ "/", TEMP, NOT, ERR_REFUSED, "", 0, false },
	{ "/", "totemp", NOT, ERR_REFUSED, "", 0, false },
	{ "/", "dir" TEMP, NOT, ERR_REFUSED, "", 0, false },
	{ "/", "dir" TEMP "/f", NOT, ERR_REFUSED, "", 0, false },
	{ "/", "1" TEMP, NOT, ERR_REFUSED, "", 0, false },
	{ "/", ".scp-server.0123456789ABCDEF~", FILE_FOUND, 0,
	    "/.scp-server.0123456789ABCDEF~", 0, false },
};

/* The same by the kernel, from inside the root: which file is it? */
static void
expect_real(const char *where, const struct stat *st)
{
	struct stat real;

	ck_assert_int_eq(fstatat(root.fd, where[1] == '\0' ? "." : where + 1,
			     &real, AT_SYMLINK_NOFOLLOW),
	    0);
	ck_assert_uint_eq(real.st_ino, st->st_ino);
	ck_assert_uint_eq(real.st_dev, st->st_dev);
}

static void
expect_place(size_t row)
{
	const char *where = walk_rows[row].where;
	bool is_dir = walk_rows[row].found == DIR_FOUND;
	bool is_root = strcmp(where, "/") == 0;
	struct stat st;

	ck_assert_str_eq(place.path, where);
	ck_assert_str_eq(place.name, strrchr(where, '/') + 1);
	ck_assert_uint_eq(place.depth, walk_rows[row].depth);
	ck_assert_int_eq(place.slash, walk_rows[row].slash);
	ck_assert_int_eq(place.exists, walk_rows[row].found != NONE);
	ck_assert_int_eq(place.parent != -1, !is_root);
	ck_assert_int_eq(place.dir != -1, is_dir);
	if (place.exists)
		expect_real(where, &place.st);
	if (is_dir) {
		ck_assert_int_eq(fstat(place.dir, &st), 0);
		ck_assert_uint_eq(st.st_ino, place.st.st_ino);
		ck_assert(fcntl(place.dir, F_GETFD) & FD_CLOEXEC);
	}
	if (!is_root) {
		ck_assert(fcntl(place.parent, F_GETFD) & FD_CLOEXEC);
		ck_assert_int_eq(entry_stat(place.parent, place.name, &st),
		    place.exists ? 0 : -1);
	}
}

START_TEST(walk)
{
	const char *path = walk_rows[_i].path;
	int ret, fds;

	fds = scratch_fds();
	memset(&place, 0x55, sizeof(place));
	errno = 0;
	ret = root_walk(&root, walk_rows[_i].base, path, strlen(path), &place);
	ck_assert_msg(ret == (walk_rows[_i].found == NOT ? -1 : 0),
	    "%s: %d (%s)", path, ret, strerror(errno));
	if (ret == -1) {
		ck_assert_int_eq(errno, walk_rows[_i].error);
		ck_assert_int_eq(place.parent, -1);
		ck_assert_int_eq(place.dir, -1);
	} else {
		expect_place((size_t)_i);
	}
	root_leave(&place);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(place.parent, -1);
	root_leave(&place);
}
END_TEST

/* A path is its bytes, and not what stands behind them. */
START_TEST(walk_empty)
{
	ck_assert_int_eq(root_walk(&root, "/dir", "/", 0, &place), 0);
	ck_assert_str_eq(place.path, "/dir");
	root_leave(&place);
}
END_TEST

/* No second look at a new name, no copy of what is ours, nothing closed twice.
 */
START_TEST(walk_costs)
{
	opens = copies = 0;
	closed_none = false;
	ck_assert_int_eq(root_walk(&root, "/", "new", 3, &place), 0);
	root_leave(&place);
	ck_assert_uint_eq(opens, 1);
	/* The root's own is not given away. */
	ck_assert_uint_eq(copies, 1);
	ck_assert_int_eq(root_walk(&root, "/", "dir/sub", 7, &place), 0);
	root_leave(&place);
	root_leave(&place);
	ck_assert_uint_eq(opens, 3);
	ck_assert_uint_eq(copies, 1);
	ck_assert(!closed_none);
}
END_TEST

/* Whatever cannot be found out: nothing is found, and nothing is kept. */
static const struct {
	enum call call;
	unsigned spared;
	const char *path;
} fail_rows[] = {
	{ FSTAT, 0, "file" }, /* of a step */
	{ FSTAT, 0, "rel" },  /* the same */
	{ FSTAT, 1, "dir" },  /* of where it ends */
	{ READLINKAT, 0, "rel" },
	{ DUPFD, 0, "new" },  /* of the directory that has the name, */
	{ DUPFD, 0, "file" }, /* and once more, */
	{ DUPFD, 0, "dir" },  /* and once more, */
	{ DUPFD, 0, "." },    /* and of the place itself */
};

START_TEST(walk_fails)
{
	const char *path = fail_rows[_i].path;
	int fds;

	fds = scratch_fds();
	failing = fail_rows[_i].call;
	spared = fail_rows[_i].spared;
	errno = 0;
	ck_assert_int_eq(root_walk(&root, "/", path, strlen(path), &place), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert(failed);
	ck_assert_int_eq(place.parent, -1);
	ck_assert_int_eq(place.dir, -1);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* Links as only some file systems have them. */
START_TEST(walk_odd_links)
{
	link_len = PATH_MAX;
	errno = 0;
	ck_assert_int_eq(root_walk(&root, "/", "rel", 3, &place), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	/* One that says nothing leads nowhere else. */
	link_len = 0;
	ck_assert_int_eq(root_walk(&root, "/", "dir/up", 6, &place), 0);
	ck_assert_str_eq(place.path, "/dir");
	root_leave(&place);
}
END_TEST

/* R-RES-1: the operand, and what links make of it. */
START_TEST(walk_long)
{
	static char path[2 * PATH_BYTES_MAX];
	static const struct {
		const char *base;
		const char *head;
		size_t len;
		bool ok;
	} rows[] = {
		{ "/", "/", PATH_BYTES_MAX - 1, true },
		{ "/", "/", PATH_BYTES_MAX, false },
		{ "/", "/", 2 * PATH_BYTES_MAX, false },
		/* base and its slash count */
		{ "/dir", "./", PATH_BYTES_MAX - 5, true },
		{ "/dir", "./", PATH_BYTES_MAX - 4, false },
		{ "/dir", "./", PATH_BYTES_MAX - 1, false },
		/* the text of a link does not fit before the rest */
		{ "/", "/reldir/", PATH_BYTES_MAX - 1, true },
		{ "/", "/dir/winding/", PATH_BYTES_MAX - 1, false },
		{ "/", "long/", PATH_BYTES_MAX - 2000, false },
	};
	size_t len = rows[_i].len, i;
	int fds, ret;

	fds = scratch_fds();
	for (i = 0; i < sizeof(path); i++)
		path[i] = i % 2 == 0 ? '/' : '.';
	memcpy(path, rows[_i].head, strlen(rows[_i].head));
	errno = 0;
	ret = root_walk(&root, rows[_i].base, path, len, &place);
	ck_assert_msg(ret == (rows[_i].ok ? 0 : -1), "%s: %d (%s)",
	    rows[_i].head, ret, strerror(errno));
	if (ret == -1)
		ck_assert_int_eq(errno, ENAMETOOLONG);
	root_leave(&place);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* Each link goes so many levels down, to where the next one is. */
#define LINK_LEVELS 3
#define LINK_COUNT  ((PATH_BYTES_MAX - 1) / (LINK_LEVELS * 256))

/* A path that has become too long through links, as nobody could type it. */
START_TEST(walk_long_result)
{
	char path[2 * LINK_COUNT + 300] = "";
	int dir, next, i, fds;
	size_t len;

	policy.max_depth = DEPTH_MAX;
	ck_assert_int_eq(unlinkat(root.fd, N255, 0), 0);
	dir = fcntl(root.fd, F_DUPFD_CLOEXEC, 3);
	for (i = 0; i < (LINK_COUNT + 1) * LINK_LEVELS; i++) {
		if (i % LINK_LEVELS == 0)
			ck_assert_int_eq(
			    symlinkat(N255 "/" N255 "/" N255, dir, "j"), 0);
		ck_assert_int_eq(mkdirat(dir, N255, 0755), 0);
		next = openat(dir, N255, O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ne(next, -1);
		ck_assert_int_eq(close(dir), 0);
		dir = next;
	}
	ck_assert_int_eq(close(dir), 0);
	for (len = 0; len < 2 * LINK_COUNT; len++)
		path[len] = len % 2 == 0 ? 'j' : '/';
	fds = scratch_fds();
	len = 2 * LINK_COUNT - 1;
	ck_assert_int_eq(root_walk(&root, "/", path, len, &place), 0);
	ck_assert_uint_eq(strlen(place.path), LINK_COUNT * LINK_LEVELS * 256);
	ck_assert_uint_eq(place.depth, LINK_COUNT * LINK_LEVELS);
	root_leave(&place);
	/* one byte less than too much */
	memcpy(path + len, "/" N255, 257);
	len += 256 - (LINK_COUNT * LINK_LEVELS * 256 + 256 == PATH_BYTES_MAX);
	ck_assert_int_eq(root_walk(&root, "/", path, len, &place), 0);
	root_leave(&place);
	memcpy(path + 2 * LINK_COUNT - 1, "/j", 3);
	len = 2 * LINK_COUNT + 1;
	for (i = 0; i < 3; i++) {
		errno = 0;
		ck_assert_int_eq(root_walk(&root, "/", path, len, &place), -1);
		ck_assert_int_eq(errno, ENAMETOOLONG);
		memcpy(path + 2 * LINK_COUNT - 1, "/" N255, 257);
		len = 2 * LINK_COUNT - 1 + 256;
		/* a directory, and then a name that is new */
		if (i == 1)
			path[2 * LINK_COUNT] = 'm';
	}
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* R-RES-1: a link of a thousand steps, as often as that is allowed. */
START_TEST(walk_steps)
{
	char text[2001], path[64];
	size_t n = STEPS_MAX / 1000, i;

	for (i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 2 == 0 ? '.' : '/';
	text[sizeof(text) - 1] = '\0';
	scratch_link(text, "r/s");
	for (i = 0; i + 1 < sizeof(path); i++)
		path[i] = i % 2 == 0 ? 's' : '/';
	ck_assert_int_eq(root_walk(&root, "/", path, 2 * n, &place), 0);
	root_leave(&place);
	errno = 0;
	ck_assert_int_eq(root_walk(&root, "/", path, 2 * (n + 1), &place), -1);
	ck_assert_int_eq(errno, ELOOP);
}
END_TEST

/* The most levels there are. */
START_TEST(walk_deepest)
{
	char path[2 * DEPTH_MAX + 3] = "", *p = path;
	int dir, next, i, fds;

	policy.max_depth = DEPTH_MAX;
	dir = fcntl(root.fd, F_DUPFD_CLOEXEC, 3);
	for (i = 0; i <= DEPTH_MAX; i++) {
		ck_assert_int_eq(mkdirat(dir, "d", 0755), 0);
		next = openat(dir, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ne(next, -1);
		ck_assert_int_eq(close(dir), 0);
		dir = next;
		memcpy(p, "d/", 3);
		p += 2;
	}
	ck_assert_int_eq(close(dir), 0);
	fds = scratch_fds();
	ck_assert_int_eq(
	    root_walk(&root, "/", path, 2 * (size_t)DEPTH_MAX, &place), 0);
	ck_assert_uint_eq(place.depth, DEPTH_MAX);
	root_leave(&place);
	errno = 0;
	ck_assert_int_eq(root_walk(&root, "/", path, strlen(path), &place), -1);
	ck_assert_int_eq(errno, ERR_TOO_DEEP);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* Every path that can be made of these, and it is inside or nothing. */
START_TEST(walk_anything)
{
	static const char *const parts[] = { "..", ".", "", "dir", "sub", "f",
		"up", "upup", "upout", "real", "abs", "absdir", "top", "tops",
		"outside", "secret", "winding", "new" };
	struct stat out[3];
	unsigned seed = (unsigned)_i;
	char path[256];
	int n, i, len;
	size_t k;

	ck_assert_int_eq(stat("outside", &out[0]), 0);
	ck_assert_int_eq(stat("outside/secret", &out[1]), 0);
	ck_assert_int_eq(stat("secret", &out[2]), 0);
	for (n = 0; n < 5000; n++) {
		len = 0;
		for (i = rand_r(&seed) % 8; i >= 0; i--)
			len += snprintf(path + len, sizeof(path) - (size_t)len,
			    "%s/",
			    parts[(size_t)rand_r(&seed) % LENGTH(parts)]);
		len -= rand_r(&seed) % 2;
		if (root_walk(&root, "/", path, (size_t)len, &place) == -1)
			continue;
		for (k = 0; k < LENGTH(out); k++)
			ck_assert_msg(
			    !place.exists || place.st.st_ino != out[k].st_ino,
			    "%s", path);
		ck_assert_ptr_null(strstr(place.path, "/.."));
		if (place.exists)
			expect_real(place.path, &place.st);
		root_leave(&place);
	}
}
END_TEST

static void
walk_locked(void)
{
	int fds;

	fds = scratch_fds();
	errno = 0;
	ck_assert_int_eq(root_walk(&root, "/", "dir/sub/g", 9, &place), -1);
	ck_assert_int_eq(errno, EACCES);
	errno = 0;
	ck_assert_int_eq(root_walk(&root, "/", "dir/sub/new", 11, &place), -1);
	ck_assert_int_eq(errno, EACCES);
	/* What it is can be seen all the same. */
	ck_assert_int_eq(root_walk(&root, "/", "dir/sub", 7, &place), 0);
	root_leave(&place);
	ck_assert_int_eq(scratch_fds(), fds);
}

START_TEST(walk_unprivileged)
{
	ck_assert_int_eq(chmod("r/dir/sub", 0), 0);
	scratch_unprivileged(walk_locked);
}
END_TEST

/* --- race ------------------------------------------------------------- */

static void
exchange(const char *a, const char *b)
{
	if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == -1)
		_exit(1);
}

/* Until the parent kills us: change what the walks go through. */
static void
shuffle(volatile unsigned *rounds)
{
	for (;;) {
		exchange("r/swap", "r/swap2");
		if (rename("r/dir/sub", "outside/sub") == -1)
			_exit(1);
		exchange("r/swap", "r/swap2");
		if (rename("outside/sub", "r/dir/sub") == -1)
			_exit(1);
		exchange("r/1/2", "r/lower");
		++*rounds;
	}
}

#define RACE_WALKS   20000
#define RACE_SECONDS 1.2

/*
 * R-PATH-1, CONFINEMENT.md a: another process exchanges a directory with a
 * link to the outside and moves one that is being walked out and back in.
 */
START_TEST(race)
{
	static const char *const paths[] = { "swap/secret",
		"dir/sub/../../secret", "dir/sub/../secret",
		"dir/sub/deep/../../../../secret", "swap/../secret",
		"1/2/../../secret", "1/2/3/../../../secret", "lower/../secret",
		"dir/up/swap/secret" };
	struct stat out[3];
	volatile unsigned *rounds;
	double begin = scratch_seconds();
	unsigned walks = 0, found = 0;
	const char *path;
	int fds;
	size_t k;
	pid_t pid;

	scratch_mkdir("r/dir/sub/deep", 0755);
	scratch_mkdir("r/swap", 0755);
	scratch_file("r/swap/secret", "inside", 0644);
	scratch_link("../outside", "r/swap2");
	scratch_link("../../..", "r/lower");
	ck_assert_int_eq(stat("outside/secret", &out[0]), 0);
	ck_assert_int_eq(stat("secret", &out[1]), 0);
	ck_assert_int_eq(stat("outside", &out[2]), 0);
	rounds = mmap(NULL, sizeof(*rounds), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne((void *)(uintptr_t)rounds, MAP_FAILED);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		shuffle(rounds);
	}
	fds = scratch_fds();
	while (walks < RACE_WALKS || scratch_seconds() - begin < RACE_SECONDS) {
		path = paths[walks++ % LENGTH(paths)];
		if (root_walk(&root, "/", path, strlen(path), &place) == -1)
			continue;
		for (k = 0; k < LENGTH(out) && place.exists; k++)
			ck_assert_msg(place.st.st_ino != out[k].st_ino,
			    "escaped by %s", path);
		found += place.exists;
		root_leave(&place);
	}
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	/* That there was a race at all. */
	ck_assert_uint_gt(found, 0);
	ck_assert_uint_gt(*rounds, 10);
}
END_TEST

/* --- the root itself -------------------------------------------------- */

/* Is all above the scratch directory fit for R-CONF-4?  Not by root.c. */
static bool
is_fit(const char *dir, uid_t uid)
{
	char path[PATH_MAX];
	struct stat st, below;
	char *slash;

	if (realpath(dir, path) == NULL || lstat(path, &below) == -1)
		return false;
	while ((slash = strrchr(path, '/')) != NULL && path[1] != '\0') {
		slash[slash == path ? 1 : 0] = '\0';
		if (lstat(path, &st) == -1 ||
		    (st.st_uid != 0 && st.st_uid != uid) ||
		    ((st.st_mode & 022) != 0 &&
			((st.st_mode & S_ISVTX) == 0 ||
			    (below.st_uid != 0 && below.st_uid != uid))))
			return false;
		below = st;
	}
	return true;
}

static bool moved;

/* Go to a directory whose path is fit; false if there is none. */
static bool
go_to_fit(void)
{
	const char *const dirs[] = { ".", "/tmp", "/var/tmp", "/dev/shm" };
	size_t i;

	for (i = 0; i < LENGTH(dirs); i++) {
		if (!is_fit(dirs[i], geteuid()))
			continue;
		if (i > 0) {
			scratch_open_in(dirs[i], "root");
			moved = true;
			scratch_fresh();
		}
		/* The one that is written to by all was of scratch_fresh(). */
		ck_assert_int_eq(chmod(".", 0755), 0);
		return true;
	}
	skipped("no directory for R-CONF-4");
	return false;
}

static int
open_root(const char *path, uid_t uid, char *message, size_t size)
{
	char cwd[PATH_MAX], full[2 * PATH_MAX];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(full, sizeof(full), "%s%s%s", path[0] == '/' ? "" : cwd,
	    path[0] == '/' ? "" : "/", path);
	return root_open(&root, full, uid, &policy, message, size);
}

static void
leave_fit(void)
{
	if (moved)
		scratch_close();
}

#define OWN     0
#define FOREIGN 1

/*
 * R-CONF-4.  DIR/next/root is opened, or through the link DIR/link.  A foreign
 * owner can be had only when started as root.
 */
static const struct {
	mode_t mode; /* of DIR */
	int owner;
	int next_owner;
	mode_t root_mode;
	bool through_link;
	int error;
} above_rows[] = {
	{ 0755, OWN, OWN, 0755, false, 0 },
	{ 0700, OWN, OWN, 0700, false, 0 },
	/* the root itself may be anything */
	{ 0755, OWN, OWN, 0777, false, 0 },
	{ 0755, OWN, OWN, 0, false, 0 },
	{ 0777, OWN, OWN, 0755, false, EPERM },
	{ 0775, OWN, OWN, 0755, false, EPERM },
	{ 0757, OWN, OWN, 0755, false, EPERM },
	{ 0722, OWN, OWN, 0755, false, EPERM },
	{ 01777, OWN, OWN, 0755, false, 0 },
	{ 01775, OWN, OWN, 0755, false, 0 },
	{ 01777, OWN, FOREIGN, 0755, false, EPERM },
	{ 01775, OWN, FOREIGN, 0755, false, EPERM },
	{ 0755, FOREIGN, OWN, 0755, false, EPERM },
	{ 01777, FOREIGN, OWN, 0755, false, EPERM },
	{ 0755, OWN, FOREIGN, 0755, false, EPERM },
	/* and the same for the link's own directory */
	{ 0755, OWN, OWN, 0755, true, 0 },
	{ 01777, OWN, OWN, 0755, true, 0 },
	{ 0777, OWN, OWN, 0755, true, EPERM },
	{ 01777, OWN, FOREIGN, 0755, true, EPERM },
};

static void
own(const char *path, int owner)
{
	if (geteuid() == 0)
		ck_assert_int_eq(
		    lchown(path, SCRATCH_UID + (uid_t)(owner == FOREIGN),
			(gid_t)-1),
		    0);
}

START_TEST(above)
{
	uid_t uid = geteuid() == 0 ? SCRATCH_UID : geteuid();
	char message[256] = "";
	int fds, ret;

	if (!go_to_fit())
		return;
	if (geteuid() != 0 &&
	    (above_rows[_i].owner == FOREIGN ||
		above_rows[_i].next_owner == FOREIGN)) {
		skipped("not root");
		return;
	}
	scratch_mkdir("elsewhere", 0755);
	scratch_mkdir("elsewhere/root", above_rows[_i].root_mode);
	scratch_mkdir("dir", 0755);
	scratch_link("../elsewhere", "dir/link");
	own("dir/link", above_rows[_i].next_owner);
	scratch_mkdir("dir/next", 0755);
	scratch_mkdir("dir/next/root", above_rows[_i].root_mode);
	own("dir/next", above_rows[_i].next_owner);
	own("dir", above_rows[_i].owner);
	ck_assert_int_eq(chmod("dir", above_rows[_i].mode), 0);
	fds = scratch_fds();
	errno = 0;
	ret = open_root(
	    above_rows[_i].through_link ? "dir/link/root" : "dir/next/root",
	    uid, message, sizeof(message));
	ck_assert_msg(ret == (above_rows[_i].error == 0 ? 0 : -1),
	    "%#o: %d (%s)", (unsigned)above_rows[_i].mode, ret, message);
	if (ret == -1) {
		ck_assert_int_eq(errno, above_rows[_i].error);
		ck_assert_int_eq(root.fd, -1);
		ck_assert_ptr_nonnull(strstr(message, "/dir"));
		ck_assert_ptr_nonnull(strstr(message, "writable by others"));
	} else {
		ck_assert_str_eq(message, "");
		ck_assert(fcntl(root.fd, F_GETFD) & FD_CLOEXEC);
		ck_assert(fcntl(root.fd, F_GETFL) & O_PATH);
	}
	root_close(&root);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* Whoever the account is, others are not. */
START_TEST(above_of_others)
{
	char message[256] = "";

	if (geteuid() == 0 || !go_to_fit())
		return;
	scratch_mkdir("dir", 0755);
	errno = 0;
	ck_assert_int_eq(
	    open_root("dir", geteuid() + 1, message, sizeof(message)), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

static const struct {
	const char *path;
	int error;
	const char *is; /* what is opened then */
} open_rows[] = {
	{ "dir/root", 0, "dir/root" },
	{ "dir/root/", 0, "dir/root" },
	{ "dir/../dir/./root//", 0, "dir/root" },
	{ "link", 0, "dir/root" },
	{ "absolute", 0, "dir/root" },
	{ "link/..", 0, "dir" },
	{ "/", 0, "/" },
	{ "/..", 0, "/" },
	{ "dir/file", ENOTDIR, NULL },
	{ "dir/file/", ENOTDIR, NULL },
	{ "dir/file/x", ENOTDIR, NULL },
	{ "dir/fifo", ENOTDIR, NULL },
	{ "dir/missing", ENOENT, NULL },
	{ "dir/missing/x", ENOENT, NULL },
	{ "dangling", ENOENT, NULL },
	{ "self", ELOOP, NULL },
};

START_TEST(open_path)
{
	char message[256] = "", cwd[PATH_MAX], text[PATH_MAX + 16];
	struct stat st, want;
	int fds, ret;

	if (!go_to_fit())
		return;
	scratch_mkdir("dir", 0755);
	scratch_mkdir("dir/root", 0755);
	scratch_file("dir/file", "", 0644);
	ck_assert_int_eq(mkfifo("dir/fifo", 0644), 0);
	scratch_link("dir/root", "link");
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(text, sizeof(text), "%s/dir/root", cwd);
	scratch_link(text, "absolute");
	scratch_link("dir/missing", "dangling");
	scratch_link("self", "self");
	fds = scratch_fds();
	errno = 0;
	ret =
	    open_root(open_rows[_i].path, geteuid(), message, sizeof(message));
	ck_assert_msg(ret == (open_rows[_i].error == 0 ? 0 : -1), "%s: %s",
	    open_rows[_i].path, message);
	if (ret == 0) {
		ck_assert_int_eq(fstat(root.fd, &st), 0);
		ck_assert_int_eq(stat(open_rows[_i].is, &want), 0);
		ck_assert_uint_eq(st.st_ino, want.st_ino);
		ck_assert_ptr_eq(root.gate.policy, &policy);
		ck_assert_uint_eq(root.gate.dev, st.st_dev);
	} else {
		ck_assert_int_eq(errno, open_rows[_i].error);
		ck_assert_ptr_nonnull(
		    strstr(message, errors_text(open_rows[_i].error)));
	}
	root_close(&root);
	ck_assert_int_eq(root.fd, -1);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

START_TEST(open_relative)
{
	static const char *const paths[] = { "", ".", "dir", "../x" };
	char message[256] = "";
	size_t i;
	int fds;

	fds = scratch_fds();
	for (i = 0; i < LENGTH(paths); i++) {
		errno = 0;
		ck_assert_int_eq(root_open(&root, paths[i], geteuid(), &policy,
				     message, sizeof(message)),
		    -1);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* What a client may not name may be above the root all the same. */
START_TEST(open_denied)
{
	static const char names[] = "dir\0";
	char message[256] = "";

	if (!go_to_fit())
		return;
	policy_init(&policy);
	memcpy(policy.deny_names, names, sizeof(names));
	scratch_mkdir("dir", 0755);
	scratch_mkdir("dir/root", 0755);
	ck_assert_int_eq(
	    open_root("dir/root", geteuid(), message, sizeof(message)), 0);
	errno = 0;
	ck_assert_int_eq(root_walk(&root, "/", "dir", 3, &place), -1);
	ck_assert_int_eq(errno, ERR_REFUSED);
	root_close(&root);
}
END_TEST

/* R-CONF-2: what is above and cannot be looked at is not fit. */
START_TEST(open_fails)
{
	static const char *const paths[] = { "/dev", "/" };
	char message[256] = "";
	int fds;

	fds = scratch_fds();
	failing = FSTAT;
	spared = _i == 0;
	errno = 0;
	ck_assert_int_eq(
	    open_root(paths[_i], geteuid(), message, sizeof(message)), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert(failed);
	ck_assert_int_eq(root.fd, -1);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* See deadline.h: what may be FUSE is told where it cannot be seen. */
START_TEST(open_interrupts)
{
	static const struct {
		long file_system;
		bool interrupts;
	} rows[] = { { TMPFS_MAGIC, false }, { 0x65735546, true },
		{ -1, true } };
	char message[256];

	file_system = rows[_i].file_system;
	ck_assert_int_eq(
	    open_root("/", geteuid(), message, sizeof(message)), 0);
	ck_assert_int_eq(root.gate.interrupts, rows[_i].interrupts);
	root_close(&root);
}
END_TEST

/* A home that is missing in what cannot be looked at may be anywhere. */
START_TEST(home_fails)
{
	int fds;

	rooted(&root, ".");
	policy.protect_home = true;
	fds = scratch_fds();
	failing = FSTAT;
	errno = 0;
	ck_assert_int_eq(root_find_home(&root, "/no-such-home"), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(gate_name(&root.gate, root.fd, ".ssh"), -1);
	ck_assert_int_eq(errno, ERR_REFUSED);
	ck_assert_int_eq(scratch_fds(), fds);
	root_close(&root);
}
END_TEST

/* A walk of the whole system leaves the root where it is. */
START_TEST(find_without_descriptors)
{
	struct rlimit limit;
	int fd;

	fd = dup(0);
	root.fd = -2;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)fd;
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	errno = 0;
	ck_assert_int_eq(root_find(&root, "/", geteuid(), &place), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(root.fd, -2);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

/* --- one name --------------------------------------------------------- */

static const struct {
	const char *name;
	int file;  /* errno of entry_open_file() */
	int dir;   /* of entry_open_dir() */
	int enter; /* of entry_enter_dir() */
} name_rows[] = {
	{ "file", 0, ENOTDIR, ENOTDIR },
	{ "dir", EISDIR, 0, 0 },
	{ ".", EISDIR, 0, 0 },
	{ "rel", ELOOP, ENOTDIR, ENOTDIR },
	{ "reldir", ELOOP, ENOTDIR, ENOTDIR },
	{ "dangling", ELOOP, ENOTDIR, ENOTDIR },
	{ "upout", ELOOP, ENOTDIR, ENOTDIR },
	/* R-PATH-3: looked at, never waited for */
	{ "fifo", ERR_NOT_REGULAR, ENOTDIR, ENOTDIR },
	{ "socket", ERR_NOT_REGULAR, ENOTDIR, ENOTDIR },
	{ "new", ENOENT, ENOENT, ENOENT },
};

static int
look_and_open(int dirfd, const char *name, struct stat *st)
{
	if (entry_stat(dirfd, name, st) == -1)
		return -1;
	return entry_open_file(dirfd, name, st);
}

static void
expect_opened(int fd, int error)
{
	if (error != 0) {
		ck_assert_int_eq(errno, error);
		ck_assert_int_eq(fd, -1);
		return;
	}
	ck_assert_int_ne(fd, -1);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(open_name)
{
	const char *name = name_rows[_i].name;
	struct stat st;
	int fds;

	fds = scratch_fds();
	expect_opened(look_and_open(root.fd, name, &st), name_rows[_i].file);
	if (name_rows[_i].file == 0)
		ck_assert_int_eq(st.st_size, 4);
	expect_opened(entry_open_dir(root.fd, name), name_rows[_i].dir);
	expect_opened(entry_enter_dir(&root.gate, root.fd, name, &st),
	    name_rows[_i].enter);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* R-PATH-3: what was a file has become something else. */
START_TEST(open_swapped)
{
	const char *name = name_rows[_i].name;
	int error = name_rows[_i].file;
	struct stat st;
	int fds;

	fds = scratch_fds();
	ck_assert_int_eq(entry_stat(root.fd, "file", &st), 0);
	if (strcmp(name, "socket") == 0)
		error = ENXIO;
	expect_opened(entry_open_file(root.fd, name, &st), error);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

START_TEST(open_device)
{
	struct stat st;
	int dev;

	dev = scratch_dir("/dev");
	errno = 0;
	ck_assert_int_eq(look_and_open(dev, "null", &st), -1);
	ck_assert_int_eq(errno, ERR_NOT_REGULAR);
	ck_assert_str_eq(errors_text(errno), "not a regular file");
	ck_assert_str_eq(
	    errors_text(ERR_TOO_DEEP), "too many directory levels");
	ck_assert_str_eq(errors_text(ENOENT), strerror(ENOENT));
}
END_TEST

static void
open_locked(void)
{
	struct stat st;
	int fd, again, dir;

	errno = 0;
	ck_assert_int_eq(look_and_open(root.fd, "file", &st), -1);
	ck_assert_int_eq(errno, EACCES);
	errno = 0;
	ck_assert_int_eq(entry_open_dir(root.fd, "dropbox"), -1);
	ck_assert_int_eq(errno, EACCES);
	/* A drop box can be filled all the same. */
	fd = entry_enter_dir(&root.gate, root.fd, "dropbox", &st);
	ck_assert_int_ne(fd, -1);
	ck_assert(fcntl(fd, F_GETFL) & O_PATH);
	again = entry_enter_dir(&root.gate, fd, ".", &st);
	ck_assert_int_ne(again, -1);
	ck_assert_int_ne(again, fd);
	ck_assert_int_eq(entry_make_dir(again, "new", 0755), 0);
	dir = entry_enter_dir(&root.gate, root.fd, ".", &st);
	ck_assert_int_ne(dir, -1);
	ck_assert(!(fcntl(dir, F_GETFL) & O_PATH));
	/* O_PATH does not help with a file or a link. */
	errno = 0;
	ck_assert_int_eq(entry_enter_dir(&root.gate, root.fd, "file", &st), -1);
	ck_assert_int_eq(errno, ENOTDIR);
}

START_TEST(open_unprivileged)
{
	ck_assert_int_eq(chmod("r/file", 0), 0);
	scratch_mkdir("r/dropbox", 0333);
	scratch_unprivileged(open_locked);
}
END_TEST

/* R-PATH-3: a file when it was looked at, something else when opened. */
START_TEST(open_race)
{
	static const struct {
		const char *name;
		int error;
	} others[] = {
		{ "fifo", ERR_NOT_REGULAR },
		{ "dir", EISDIR },
		{ "rel", ELOOP },
		{ "socket", ENXIO },
		{ "dir/f", 0 },
	};
	struct stat st, want;
	int fd, fds;

	fds = scratch_fds();
	quicker = others[_i].name;
	ck_assert_int_eq(entry_stat(root.fd, quicker, &want), 0);
	errno = 0;
	fd = look_and_open(root.fd, "file", &st);
	quicker = NULL;
	ck_assert_int_eq(fd == -1 ? errno : 0, others[_i].error);
	if (fd != -1) {
		ck_assert_uint_eq(st.st_ino, want.st_ino);
		ck_assert_int_eq(close(fd), 0);
	}
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

START_TEST(read_link)
{
	char buf[16];
	struct stat st;

	ck_assert_int_eq(entry_stat(root.fd, "rel", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	memset(buf, 'x', sizeof(buf));
	ck_assert_int_eq(entry_read_link(root.fd, "rel", buf, 6), 5);
	ck_assert_str_eq(buf, "dir/f");
	ck_assert_int_eq(buf[6], 'x');
	errno = 0;
	ck_assert_int_eq(entry_read_link(root.fd, "rel", buf, 5), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_int_eq(buf[5], '\0');
	errno = 0;
	ck_assert_int_eq(entry_read_link(root.fd, "file", buf, 16), -1);
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_int_eq(entry_read_link(root.fd, "new", buf, 16), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(make_dir)
{
	(void)umask(027);
	ck_assert_int_eq(entry_make_dir(root.fd, "made", 0777), 0);
	ck_assert_uint_eq(scratch_mode("r/made"), 0750);
	errno = 0;
	ck_assert_int_eq(entry_make_dir(root.fd, "made", 0777), -1);
	ck_assert_int_eq(errno, EEXIST);
	/* R-PATH-2: not through a link */
	errno = 0;
	ck_assert_int_eq(entry_make_dir(root.fd, "dangling", 0777), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert(!scratch_exists("r/nowhere"));
}
END_TEST

/* And below the root, where a directory of another file system is entered. */
START_TEST(entering_interrupts)
{
	static const struct {
		long file_system;
		bool is_other;
		bool interrupts;
	} rows[] = { { TMPFS_MAGIC, true, false }, { 0x65735546, true, true },
		{ 0x65735546, false, false }, { -1, true, true } };
	struct stat st;
	int fd;

	root.gate.dev += rows[_i / 2].is_other;
	file_system = rows[_i / 2].file_system;
	ck_assert_int_eq(root_walk(&root, "/", "file", 4, &place), 0);
	root_leave(&place);
	ck_assert(!root.gate.interrupts);
	if (_i % 2 == 0) {
		ck_assert_int_eq(root_walk(&root, "/", "dir", 3, &place), 0);
		root_leave(&place);
	} else {
		fd = entry_enter_dir(&root.gate, root.fd, "dir", &st);
		ck_assert_int_ne(fd, -1);
		ck_assert_int_eq(close(fd), 0);
	}
	file_system = 0;
	ck_assert_int_eq(root.gate.interrupts, rows[_i / 2].interrupts);
}
END_TEST

static Suite *
root_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("root");
	/* These change nothing, and share what setup() has made. */
	tc = tcase_create("look");
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, walk, 0, LENGTH(walk_rows));
	tcase_add_test(tc, walk_empty);
	tcase_add_test(tc, walk_costs);
	tcase_add_loop_test(tc, walk_fails, 0, LENGTH(fail_rows));
	tcase_add_test(tc, walk_odd_links);
	tcase_add_loop_test(tc, walk_long, 0, 9);
	tcase_add_loop_test(tc, walk_anything, 1, 4);
	tcase_add_loop_test(tc, open_name, 0, LENGTH(name_rows));
	tcase_add_loop_test(tc, open_swapped, 0, LENGTH(name_rows));
	tcase_add_test(tc, open_device);
	tcase_add_test(tc, read_link);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);

	tc = tcase_create("change");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, walk_long_result);
	tcase_add_test(tc, walk_steps);
	tcase_add_test(tc, walk_deepest);
	tcase_add_test(tc, walk_unprivileged);
	tcase_add_test(tc, race);
	tcase_add_test(tc, open_unprivileged);
	tcase_add_loop_test(tc, open_race, 0, 5);
	tcase_add_test(tc, make_dir);
	tcase_add_loop_test(tc, entering_interrupts, 0, 8);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);

	tc = tcase_create("open");
	tcase_add_checked_fixture(tc, scratch_fresh, leave_fit);
	tcase_add_loop_test(tc, above, 0, LENGTH(above_rows));
	tcase_add_test(tc, above_of_others);
	tcase_add_loop_test(tc, open_path, 0, LENGTH(open_rows));
	tcase_add_test(tc, open_relative);
	tcase_add_test(tc, open_denied);
	tcase_add_loop_test(tc, open_fails, 0, 2);
	tcase_add_loop_test(tc, open_interrupts, 0, 3);
	tcase_add_test(tc, home_fails);
	tcase_add_test(tc, find_without_descriptors);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(root_suite(), "root");
}

/* SPDX-License-Identifier: ISC */
/* A tree that is sent: each thing in it once, and nothing from outside. */
/* Its inline functions would have the names of ours. */
#undef _FORTIFY_SOURCE

#include "config.h"

#include "errors.h"
#include "walk.h"

#include <sys/syscall.h>

#include <check.h>

#include "entry.h"
#include "real.h"
#include "rooted.h"
#include "scratch.h"

#define TEMP "/.scp-server.0123456789abcdef~"

static struct root root;
static struct root_place top;
static struct walk walk;

/* --- calls that can be made to fail ----------------------------------- */

static int names_before_failure = -1;
static bool has_long_name; /* the next one, as FUSE allows */

struct dirent *
readdir(DIR *dir)
{
	if (has_long_name) {
		has_long_name = false;
		return long_name(NAME_BYTES_MAX + 1);
	}
	if (names_before_failure == 0)
		return real_readdir(dir, EIO);
	if (names_before_failure > 0)
		names_before_failure--;
	return real_readdir(dir, 0);
}

static int dir_error;

DIR *
fdopendir(int fd)
{
	return real_fdopendir(fd, dir_error);
}

static int link_error;

ssize_t
readlinkat(int dirfd, const char *name, char *dst, size_t size)
{
	if (link_error == 0)
		return syscall(SYS_readlinkat, dirfd, name, dst, size);
	errno = link_error;
	return -1;
}

static int stat_error, look_error;

int
fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
	return real_fstatat(dirfd, name, st, flags, look_error);
}

int
fstat(int fd, struct stat *st)
{
	return real_fstatat(fd, "", st, AT_EMPTY_PATH, stat_error);
}

/* --- what a walk tells ------------------------------------------------ */

#define LINES_MAX 4096

static char *lines[LINES_MAX];
static size_t nlines;
static unsigned open_dirs; /* entered, and not left yet */

static void
note(const char *what, const char *path, int err)
{
	char line[2 * PATH_BYTES_MAX];

	(void)snprintf(line, sizeof(line), "%s %s%s%s", what, path,
	    err != 0 ? ": " : "", err != 0 ? errors_text(err) : "");
	ck_assert_uint_lt(nlines, LINES_MAX);
	ck_assert_ptr_nonnull(lines[nlines++] = strdup(line));
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is written down, in alphabetical order: a directory has none. */
static void
expect_lines(const char *const *want)
{
	size_t i;

	qsort(lines, nlines, sizeof(*lines), compare);
	for (i = 0; i < nlines && want[i] != NULL; i++)
		ck_assert_str_eq(lines[i], want[i]);
	ck_assert_msg(i == nlines, "more than expected: %s", lines[i]);
	ck_assert_msg(want[i] == NULL, "missing: %s", want[i]);
	for (i = 0; i < nlines; i++)
		free(lines[i]);
	nlines = 0;
}

/* What is to be sent can be opened, and is what was said: 0 or errno. */
static int
check_file(void)
{
	struct stat st, named;
	int fd;

	st = walk.item.st;
	ck_assert(S_ISREG(st.st_mode));
	fd = entry_open_file(walk.item.dirfd, walk.item.target, &st);
	if (fd == -1)
		return errno;
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(fstatat(root.fd, walk.path + 1, &named, 0), 0);
	ck_assert_uint_eq(st.st_ino, named.st_ino);
	ck_assert_uint_eq(st.st_mode, named.st_mode);
	return 0;
}

/* The name is the last of what the client sees, whatever a link says. */
static void
check_names(void)
{
	ck_assert_str_eq(strrchr(walk.shown, '/') + 1, walk.item.name);
	ck_assert_int_eq(walk.path[0], '/');
}

static void
take_event(enum walk_event event)
{
	int err;

	switch (event) {
	case WALK_FILE:
		check_names();
		err = check_file();
		note(err == 0 ? "F" : "!", walk.shown, err);
		break;
	case WALK_DIR:
		check_names();
		if (walk_enter(&walk) == -1) {
			note("-", walk.shown, errno);
			break;
		}
		note("D", walk.shown, 0);
		open_dirs++;
		break;
	case WALK_LEAVE:
		note("E", walk.shown, 0);
		ck_assert_uint_gt(open_dirs, 0);
		open_dirs--;
		break;
	case WALK_ERROR:
		note("!", walk.shown, walk.item.error);
		break;
	case WALK_END:
		break;
	}
}

static void
begin(const char *path, const char *shown, unsigned depth_max)
{
	policy.max_depth = 64;
	ck_assert_int_eq(root_walk(&root, "/", path, strlen(path), &top), 0);
	policy.max_depth = depth_max;
	walk_init(&walk, &root);
	ck_assert_int_eq(walk_begin(&walk, &top, shown), 0);
	open_dirs = 1;
}

/* From the first event to the last. */
static void
run(const char *path, const char *shown, unsigned depth_max)
{
	enum walk_event event;
	int fds;

	fds = scratch_fds();
	begin(path, shown, depth_max);
	while ((event = walk_next(&walk)) != WALK_END)
		take_event(event);
	ck_assert_uint_eq(open_dirs, 0);
	ck_assert_int_eq(walk_next(&walk), WALK_END);
	walk_close(&walk);
	root_leave(&top);
	ck_assert_int_eq(scratch_fds(), fds);
}

static void
setup(void)
{
	scratch_fresh();
	scratch_mkdir("outside", 0755);
	scratch_file("outside/secret", "secret", 0644);
	scratch_mkdir("r", 0755);
	scratch_mkdir("r/t", 0755);
	scratch_mkdir("r/other", 0755);
	scratch_file("r/other/o", "o", 0644);
	rooted(&root, "r");
}

static void
teardown(void)
{
	root_close(&root);
}

/* --- trees ------------------------------------------------------------ */

/* One line each: what there is below r/t, and what a walk of it tells. */
enum kind {
	NOTHING,
	FILE_,
	DIR_,
	FIFO
};

#define THINGS_MAX 10

struct thing {
	const char *name;
	const char *link; /* a link to this, or */
	enum kind kind;
};

#define IS_FILE(name)                                                          \
	{                                                                      \
		name, NULL, FILE_                                              \
	}
#define IS_DIR(name)                                                           \
	{                                                                      \
		name, NULL, DIR_                                               \
	}
#define IS_FIFO(name)                                                          \
	{                                                                      \
		name, NULL, FIFO                                               \
	}
#define LINK(name, target)                                                     \
	{                                                                      \
		name, target, NOTHING                                          \
	}

static const struct {
	struct thing things[THINGS_MAX];
	const char *want[2 * THINGS_MAX];
} rows[] = {
	{ { { 0 } }, { "E s" } },
	{ { IS_FILE("a"), IS_FILE(".b"), IS_FILE("c d") },
	    { "E s", "F s/.b", "F s/a", "F s/c d" } },
	{ { IS_DIR("d"), IS_DIR("d/e"), IS_FILE("d/e/f"), IS_FILE("d/g") },
	    { "D s/d", "D s/d/e", "E s", "E s/d", "E s/d/e", "F s/d/e/f",
		"F s/d/g" } },
	/* links to files, wherever they are inside */
	{ { IS_FILE("f"), LINK("l", "f"), LINK("m", "./../t/l") },
	    { "E s", "F s/f", "F s/l", "F s/m" } },
	{ { LINK("l", "../other/o"), LINK("m", "/other/o") },
	    { "E s", "F s/l", "F s/m" } },
	/* links to directories: their contents under the link's name */
	{ { LINK("l", "../other") }, { "D s/l", "E s", "E s/l", "F s/l/o" } },
	{ { IS_DIR("d"), IS_FILE("d/f"), LINK("l", "d") },
	    { "D s/d", "D s/l", "E s", "E s/d", "E s/l", "F s/d/f",
		"F s/l/f" } },
	{ { IS_DIR("d"), LINK("d/l", "../../other/"), IS_FILE("f") },
	    { "D s/d", "D s/d/l", "E s", "E s/d", "E s/d/l", "F s/d/l/o",
		"F s/f" } },
	/* never from inside itself */
	{ { LINK("l", ".") },
	    { "- s/l: Too many levels of symbolic links", "E s" } },
	{ { LINK("l", "/t") },
	    { "- s/l: Too many levels of symbolic links", "E s" } },
	{ { IS_DIR("d"), LINK("d/up", "..") },
	    { "- s/d/up: Too many levels of symbolic links", "D s/d", "E s",
		"E s/d" } },
	{ { IS_DIR("d"), IS_DIR("d/e"), LINK("d/e/up", "../../d") },
	    { "- s/d/e/up: Too many levels of symbolic links", "D s/d",
		"D s/d/e", "E s", "E s/d", "E s/d/e" } },
	/* links that do not resolve */
	{ { LINK("l", "nowhere") },
	    { "! s/l: No such file or directory", "E s" } },
	{ { LINK("l", "no/where") },
	    { "! s/l: No such file or directory", "E s" } },
	{ { LINK("l", "l") },
	    { "! s/l: Too many levels of symbolic links", "E s" } },
	{ { IS_FILE("f"), LINK("l", "f/") },
	    { "! s/l: Not a directory", "E s", "F s/f" } },
	/* R-PATH-1: the way out is the root again, where there is none */
	{ { LINK("l", "../../outside/secret") },
	    { "! s/l: No such file or directory", "E s" } },
	{ { LINK("l", "/../../../../../../outside") },
	    { "! s/l: No such file or directory", "E s" } },
	{ { LINK("l", "../../../../../../../other/o") }, { "E s", "F s/l" } },
	/* R-PATH-3 */
	{ { IS_FIFO("p"), LINK("l", "p"), IS_FILE("f") },
	    { "! s/l: not a regular file", "! s/p: not a regular file", "E s",
		"F s/f" } },
	/* names of unfinished uploads are passed over, through links as well */
	{ { IS_FILE(&TEMP[1]), IS_FILE("f"), LINK("l", &TEMP[1]) },
	    { "! s/l: refused for this account", "E s", "F s/f" } },
	{ { IS_DIR(&TEMP[1]), IS_FILE(".scp-server.0123456789ABCDEF~") },
	    { "E s", "F s/.scp-server.0123456789ABCDEF~" } },
};

static void
make(const struct thing *t)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "r/t/%s", t->name);
	if (t->link != NULL)
		scratch_link(t->link, path);
	else if (t->kind == FILE_)
		scratch_file(path, t->name, 0644);
	else if (t->kind == DIR_)
		scratch_mkdir(path, 0755);
	else
		ck_assert_int_eq(mkfifo(path, 0644), 0);
}

START_TEST(tree)
{
	size_t i;

	for (i = 0; i < THINGS_MAX && rows[_i].things[i].name != NULL; i++)
		make(&rows[_i].things[i]);
	run("t", "s", 64);
	expect_lines(rows[_i].want);
}
END_TEST

/* Shown as the client spells it, logged as it is. */
START_TEST(names)
{
	static const struct {
		const char *operand;
		const char *shown;
		const char *want_shown;
	} spelt[] = {
		{ "t", "t", "t/f" },
		{ "t", "t/", "t/f" },
		{ "t/", "~/../t//", "~/../t//f" },
		{ "link", "link", "link/f" },
	};

	scratch_file("r/t/f", "", 0644);
	scratch_link("t", "r/link");
	begin(spelt[_i].operand, spelt[_i].shown, 64);
	ck_assert_int_eq(walk_next(&walk), WALK_FILE);
	ck_assert_str_eq(walk.shown, spelt[_i].want_shown);
	ck_assert_str_eq(walk.path, "/t/f");
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	ck_assert_str_eq(walk.shown, spelt[_i].shown);
	ck_assert_str_eq(walk.path, "/t");
	ck_assert_int_eq(walk_next(&walk), WALK_END);
	walk_close(&walk);
}
END_TEST

/* The path of what a link leads to, for the log; the name is the link's. */
START_TEST(linked_path)
{
	scratch_link("/other", "r/t/l");
	begin("/t", "s", 64);
	ck_assert_int_eq(walk_next(&walk), WALK_DIR);
	ck_assert_str_eq(walk.shown, "s/l");
	ck_assert_str_eq(walk.path, "/other");
	ck_assert_str_eq(walk.item.name, "l");
	ck_assert_int_eq(walk_enter(&walk), 0);
	ck_assert_int_eq(walk_next(&walk), WALK_FILE);
	ck_assert_str_eq(walk.shown, "s/l/o");
	ck_assert_str_eq(walk.path, "/other/o");
	ck_assert_str_eq(walk.item.target, "o");
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	ck_assert_str_eq(walk.shown, "s/l");
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	walk_close(&walk);
}
END_TEST

/* The same number on another file system is another directory. */
START_TEST(linked_elsewhere)
{
	scratch_link(".", "r/t/l");
	begin("t", "s", 64);
	ck_assert_int_eq(walk_next(&walk), WALK_DIR);
	walk.levels[0].dev++;
	ck_assert_int_eq(walk_enter(&walk), 0);
	walk_close(&walk);
}
END_TEST

/*
 * AllowNames is about files, which any directory may have; and a link has two
 * names.
 */
START_TEST(allow_names)
{
	static const char *const want[] = { "D s/d", "D s/l", "E s", "E s/d",
		"E s/l", "F s/a.txt", "F s/d/b.txt", NULL };

	memcpy(policy.allow_names, "*.txt\0", 7);
	scratch_mkdir("r/t/d", 0755);
	scratch_file("r/t/a.txt", "", 0644);
	scratch_file("r/t/f", "", 0644);
	scratch_file("r/t/d/b.txt", "", 0644);
	scratch_link("../other", "r/t/l");
	scratch_link("a.txt", "r/t/m");
	scratch_link("f", "r/t/n.txt");
	run("t", "s", 64);
	expect_lines(want);
}
END_TEST

/* The whole root, and a link to it. */
START_TEST(from_the_root)
{
	static const char *const want[] = {
		"- ./t/l: Too many levels of symbolic links", "D ./other",
		"D ./t", "E .", "E ./other", "E ./t", "F ./other/o", NULL
	};

	scratch_link("/", "r/t/l");
	run("/", ".", 64);
	expect_lines(want);
}
END_TEST

START_TEST(link_to_the_root)
{
	static const char *const want[] = {
		"- s/l/t/l: Too many levels of symbolic links", "D s/l",
		"D s/l/other", "D s/l/t", "E s", "E s/l", "E s/l/other",
		"E s/l/t", "F s/l/other/o", NULL
	};

	scratch_link("..", "r/t/l");
	run("t", "s", 64);
	expect_lines(want);
}
END_TEST

/* What is not entered is passed over, with all that is in it. */
START_TEST(passed_over)
{
	int files = 0, dirs = 0, leaves = 0;
	enum walk_event event;

	scratch_mkdir("r/t/d", 0755);
	scratch_file("r/t/d/f", "", 0644);
	scratch_link("/other", "r/t/l");
	begin("t", "s", 64);
	while ((event = walk_next(&walk)) != WALK_END) {
		files += event == WALK_FILE;
		leaves += event == WALK_LEAVE;
		dirs += event == WALK_DIR;
		if (event == WALK_DIR && _i != 0) {
			ck_assert_int_eq(walk_enter(&walk), 0);
			walk_leave(&walk);
		}
	}
	ck_assert_int_eq(files, 0);
	ck_assert_int_eq(dirs, 2);
	ck_assert_int_eq(leaves, 1);
	walk_close(&walk);
}
END_TEST

/* Wherever the walk is given up, nothing stays open. */
START_TEST(closed_early)
{
	int fds, i;

	scratch_mkdir("r/t/d", 0755);
	scratch_mkdir("r/t/d/e", 0755);
	scratch_link("/other", "r/t/d/e/l");
	fds = scratch_fds();
	begin("t", "s", 64);
	for (i = 0; i < _i; i++)
		take_event(walk_next(&walk));
	walk_close(&walk);
	walk_close(&walk);
	root_leave(&top);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* --- bounds ----------------------------------------------------------- */

/* R-RES-1: each link doubles what is below it: once is enough. */
START_TEST(diamond)
{
	char path[64], text[64];
	int i;

	scratch_mkdir("r/pool", 0755);
	for (i = 0; i < 50; i++) {
		(void)snprintf(path, sizeof(path), "r/pool/%d", i);
		scratch_mkdir(path, 0755);
		(void)snprintf(text, sizeof(text), "../%d", i + 1);
		(void)snprintf(path, sizeof(path), "r/pool/%d/x", i);
		scratch_link(text, path);
		(void)snprintf(path, sizeof(path), "r/pool/%d/y", i);
		scratch_link(text, path);
	}
	scratch_link("../pool/0", "r/t/x");
	scratch_link("../pool/0", "r/t/y");
	run("t", "s", 64);
	ck_assert_uint_eq(nlines, 50 * 2 + 50 + 2 + 1);
}
END_TEST

static unsigned
count(char what)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < nlines; i++)
		n += lines[i][0] == what;
	return n;
}

/* As many as are remembered; then links are not followed any more. */
START_TEST(many_links)
{
	enum walk_event event;

	scratch_mkdir("r/one", 0755);
	scratch_mkdir("r/two", 0755);
	scratch_link("../one", "r/t/l");
	scratch_link("../two", "r/t/m");
	begin("t", "s", 64);
	memset(walk.linked, 0, sizeof(walk.linked));
	walk.nlinked = WALK_LINKED_MAX - 1;
	while ((event = walk_next(&walk)) != WALK_END)
		take_event(event);
	ck_assert_uint_eq(walk.nlinked, WALK_LINKED_MAX);
	ck_assert_uint_eq(count('D'), 1);
	ck_assert_uint_eq(count('-'), 1);
	ck_assert_uint_eq(nlines, 4);
	walk_close(&walk);
}
END_TEST

static void
make_deep(int levels)
{
	int dir, next, i;

	dir = scratch_dir("r/t");
	for (i = 0; i < levels; i++) {
		ck_assert_int_eq(mkdirat(dir, "d", 0755), 0);
		next = openat(dir, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ne(next, -1);
		ck_assert_int_eq(close(dir), 0);
		dir = next;
	}
	ck_assert_int_eq(close(dir), 0);
}

/* MaxDepth counts from the root, the top itself included. */
static const struct {
	const char *top;
	unsigned depth_max;
	unsigned entered; /* below the top */
} depth_rows[] = {
	{ "t", 1, 0 },
	{ "t", 2, 1 },
	{ "t", 5, 4 },
	{ "t/d", 5, 3 },
	{ "t/d/d/d", 5, 1 },
	{ "t/d/d/d/d", 5, 0 },
	{ "", 1, 2 },
	{ "", 2, 3 },
	{ "t", 12, 10 },
	{ "t", DEPTH_MAX, 10 },
};

START_TEST(depth)
{
	unsigned max = depth_rows[_i].depth_max;

	make_deep(10);
	run(depth_rows[_i].top, "s", max);
	ck_assert_uint_eq(count('D'), depth_rows[_i].entered);
	ck_assert_uint_eq(count('-'), max < 11);
	if (max < 11) {
		qsort(lines, nlines, sizeof(*lines), compare);
		ck_assert_ptr_nonnull(
		    strstr(lines[0], errors_text(ERR_TOO_DEEP)));
	}
}
END_TEST

START_TEST(depth_of_top)
{
	int fds;

	make_deep(3);
	ck_assert_int_eq(root_walk(&root, "/", "t/d/d", 5, &top), 0);
	fds = scratch_fds();
	policy.max_depth = 2;
	walk_init(&walk, &root);
	errno = 0;
	ck_assert_int_eq(walk_begin(&walk, &top, "s"), -1);
	ck_assert_int_eq(errno, ERR_TOO_DEEP);
	walk_close(&walk);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* The most levels there are; their names stay within a path. */
START_TEST(deepest)
{
	make_deep(DEPTH_MAX + 3);
	/* Below the root t is one more, and another one is entered as well. */
	run(_i == 0 ? "t" : "", "s", DEPTH_MAX);
	ck_assert_uint_eq(count('D'), DEPTH_MAX - 1 + 2 * (unsigned)_i);
	ck_assert_uint_eq(count('E'), DEPTH_MAX + 2 * (unsigned)_i);
	ck_assert_uint_eq(count('-'), 1);
}
END_TEST

/* What cannot be spelt is an error of that item alone. */
static const struct {
	size_t len;
	int begin;
	enum walk_event event; /* of "f" */
} lengths[] = {
	{ PATH_BYTES_MAX - 3, 0, WALK_FILE },
	{ PATH_BYTES_MAX - 2, 0, WALK_ERROR },
	{ PATH_BYTES_MAX - 1, 0, WALK_ERROR },
	{ PATH_BYTES_MAX, -1, WALK_END },
};

static void
ck_long(size_t row, const char *shown)
{
	walk_init(&walk, &root);
	errno = 0;
	ck_assert_int_eq(walk_begin(&walk, &top, shown), lengths[row].begin);
	if (lengths[row].begin == -1)
		ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_int_eq(walk_next(&walk), lengths[row].event);
	if (lengths[row].event == WALK_ERROR) {
		ck_assert_int_eq(walk.item.error, ENAMETOOLONG);
		ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	}
	walk_close(&walk);
}

START_TEST(long_names)
{
	static char shown[PATH_BYTES_MAX + 1];

	scratch_file("r/t/f", "", 0644);
	memset(shown, 's', lengths[_i].len);
	ck_assert_int_eq(root_walk(&root, "/", "t", 1, &top), 0);
	ck_long((size_t)_i, shown);
}
END_TEST

/* As the client spells it there is room, as it is there is none. */
START_TEST(long_paths)
{
	scratch_file("r/t/f", "", 0644);
	ck_assert_int_eq(root_walk(&root, "/", "t", 1, &top), 0);
	memset(top.path, 'p', lengths[_i].len);
	top.path[0] = '/';
	top.path[lengths[_i].len] = '\0';
	ck_long((size_t)_i, "s");
}
END_TEST

/* --- what fails ------------------------------------------------------- */

static void
walk_locked(void)
{
	static const char *const want[] = { "! s/l: Permission denied",
		"! s/u/f: Permission denied", "- s/d: Permission denied",
		"D s/u", "E s", "E s/u", "F s/g", NULL };

	run("t", "s", 64);
	expect_lines(want);
	/* the top itself */
	ck_assert_int_eq(root_walk(&root, "/", "t/d", 3, &top), 0);
	walk_init(&walk, &root);
	errno = 0;
	ck_assert_int_eq(walk_begin(&walk, &top, "s"), -1);
	ck_assert_int_eq(errno, EACCES);
	walk_close(&walk);
}

START_TEST(unprivileged)
{
	scratch_mkdir("r/t/d", 0755);
	scratch_file("r/t/d/x", "", 0644);
	scratch_mkdir("r/t/u", 0755);
	scratch_file("r/t/u/f", "", 0644);
	scratch_file("r/t/g", "", 0644);
	scratch_link("d/x", "r/t/l");
	ck_assert_int_eq(chmod("r/t/d", 0), 0);
	ck_assert_int_eq(chmod("r/t/u", 0444), 0);
	scratch_unprivileged(walk_locked);
}
END_TEST

/*
 * A directory that cannot be read any further: told once, then left.  With _i
 * set something in it was sent before.
 */
START_TEST(read_error)
{
	static const char *const want[] = { "! s/d: Input/output error",
		"E s/d", NULL };

	scratch_mkdir("r/t/d", 0755);
	scratch_file("r/t/d/f", "", 0644);
	begin("t", "s", 64);
	ck_assert_int_eq(walk_next(&walk), WALK_DIR);
	ck_assert_int_eq(walk_enter(&walk), 0);
	open_dirs++;
	if (_i != 0)
		ck_assert_int_eq(walk_next(&walk), WALK_FILE);
	names_before_failure = 0;
	take_event(walk_next(&walk));
	ck_assert_str_eq(walk.path, "/t/d");
	take_event(walk_next(&walk));
	names_before_failure = -1;
	expect_lines(want);
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	ck_assert_int_eq(walk_next(&walk), WALK_END);
	walk_close(&walk);
}
END_TEST

/* A name that no record can have is told, and the others are sent. */
START_TEST(name_too_long)
{
	scratch_file("r/t/f", "", 0644);
	scratch_file("r/t/g", "", 0644);
	begin("t", "s", 64);
	ck_assert_int_eq(walk_next(&walk), WALK_FILE);
	has_long_name = true;
	ck_assert_int_eq(walk_next(&walk), WALK_ERROR);
	ck_assert_int_eq(walk.item.error, ENAMETOOLONG);
	ck_assert_str_eq(walk.shown, "s");
	ck_assert_str_eq(walk.path, "/t");
	ck_assert_int_eq(walk_next(&walk), WALK_FILE);
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	walk_close(&walk);
}
END_TEST

/* What goes away, or becomes something else, while it is walked. */
START_TEST(changes)
{
	scratch_mkdir("r/t/d", 0755);
	begin("t", "s", 64);
	ck_assert_int_eq(walk_next(&walk), WALK_DIR);
	ck_assert_int_eq(rmdir("r/t/d"), 0);
	if (_i == 1)
		scratch_link("../../outside", "r/t/d");
	else if (_i == 2)
		ck_assert_int_eq(mkfifo("r/t/d", 0644), 0);
	errno = 0;
	ck_assert_int_eq(walk_enter(&walk), -1);
	ck_assert_int_eq(errno, _i == 0 ? ENOENT : ENOTDIR);
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	walk_close(&walk);
}
END_TEST

/* Another file system is mounted there meanwhile, or what is cannot be told. */
START_TEST(enter_fails)
{
	static const int errors[] = { ERR_REFUSED, EIO, ENOMEM };
	const int row = _i / 2;
	int fds;

	if (_i % 2 == 0)
		scratch_mkdir("r/t/d", 0755);
	else
		scratch_link("../other", "r/t/d");
	begin("t", "s", 64);
	ck_assert_int_eq(walk_next(&walk), WALK_DIR);
	fds = scratch_fds();
	policy.cross_mounts = row != 0;
	root.gate.dev++;
	stat_error = row == 1 ? EIO : 0;
	dir_error = row == 2 ? ENOMEM : 0;
	errno = 0;
	ck_assert_int_eq(walk_enter(&walk), -1);
	ck_assert_int_eq(errno, errors[row]);
	stat_error = 0;
	dir_error = 0;
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	walk_close(&walk);
}
END_TEST

/* An item that cannot, or may not, be looked at, and a link's text. */
START_TEST(cannot_be_looked_at)
{
	static const int errors[] = { EIO, ERR_REFUSED, EIO };

	scratch_link("../other", "r/t/l");
	begin("t", "s", 64);
	look_error = _i == 0 ? EIO : 0;
	policy.cross_mounts = _i != 1;
	root.gate.dev++;
	link_error = _i == 2 ? EIO : 0;
	ck_assert_int_eq(walk_next(&walk), WALK_ERROR);
	ck_assert_int_eq(walk.item.error, errors[_i]);
	look_error = 0;
	link_error = 0;
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	walk_close(&walk);
}
END_TEST

/* R-PATH-1: moved out of the root while we are in it. */
START_TEST(moved_out)
{
	enum walk_event event;

	scratch_mkdir("r/t/d", 0755);
	scratch_link("..", "r/t/d/l");
	scratch_link("../secret", "r/t/d/m");
	begin("t", "s", 64);
	ck_assert_int_eq(walk_next(&walk), WALK_DIR);
	ck_assert_int_eq(walk_enter(&walk), 0);
	ck_assert_int_eq(rename("r/t/d", "outside/d"), 0);
	/* Its links are looked for where it was. */
	while ((event = walk_next(&walk)) != WALK_LEAVE)
		ck_assert_int_eq(event, WALK_ERROR);
	ck_assert_int_eq(walk_next(&walk), WALK_LEAVE);
	walk_close(&walk);
}
END_TEST

static Suite *
walk_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("walk");
	tc = tcase_create("walk");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, tree, 0, LENGTH(rows));
	tcase_add_loop_test(tc, names, 0, 4);
	tcase_add_test(tc, linked_path);
	tcase_add_test(tc, linked_elsewhere);
	tcase_add_test(tc, allow_names);
	tcase_add_test(tc, from_the_root);
	tcase_add_test(tc, link_to_the_root);
	tcase_add_loop_test(tc, passed_over, 0, 2);
	tcase_add_loop_test(tc, closed_early, 0, 8);
	tcase_add_test(tc, diamond);
	tcase_add_test(tc, many_links);
	tcase_add_loop_test(tc, depth, 0, LENGTH(depth_rows));
	tcase_add_test(tc, depth_of_top);
	tcase_add_loop_test(tc, deepest, 0, 2);
	tcase_add_loop_test(tc, long_names, 0, LENGTH(lengths));
	/* Without the last one, for which a place has no room. */
	tcase_add_loop_test(tc, long_paths, 0, LENGTH(lengths) - 1);
	tcase_add_test(tc, unprivileged);
	tcase_add_loop_test(tc, read_error, 0, 2);
	tcase_add_test(tc, name_too_long);
	tcase_add_loop_test(tc, changes, 0, 3);
	tcase_add_loop_test(tc, enter_fails, 0, 6);
	tcase_add_loop_test(tc, cannot_be_looked_at, 0, 3);
	tcase_add_test(tc, moved_out);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(walk_suite(), "walk");
}

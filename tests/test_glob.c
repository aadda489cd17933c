/* SPDX-License-Identifier: ISC */
/* What a shell would have made of a download's operands, and no more. */
#include "config.h"

#include "errors.h"
#include "glob.h"

#include <check.h>
#include <stddef.h>

#include "real.h"
#include "rooted.h"
#include "scratch.h"

#define TEMP "/.scp-server.0123456789abcdef~"

static struct root root;
static struct {
	struct glob glob;
	char behind[4 * PATH_BYTES_MAX]; /* which stay zeros */
} guarded;
#define glob guarded.glob

/* --- calls that can be made to fail ----------------------------------- */

static int look_error, open_error, read_error;
static int looks_spared;   /* before the first one fails */
static bool has_long_name; /* the next one, as FUSE allows */

int
fstat(int fd, struct stat *st)
{
	if (look_error == 0 || looks_spared-- > 0)
		return fstatat(fd, "", st, AT_EMPTY_PATH);
	errno = look_error;
	return -1;
}

DIR *
fdopendir(int fd)
{
	return real_fdopendir(fd, open_error);
}

struct dirent *
readdir(DIR *dir)
{
	if (!has_long_name)
		return real_readdir(dir, read_error);
	has_long_name = false;
	return long_name(2000);
}

/* ---------------------------------------------------------------------- */

/* Names that are looked at from all sides. */
static void
setup(void)
{
	static const char *const files[] = { "r/a", "r/b", "r/ab", "r/abc",
		"r/B", "r/.hidden", "r/.h", "r/...", "r/sp ace", "r/x,y",
		"r/t/st*r", "r/t/star", "r/t/q?m", "r/t/qxm", "r/t/[ab]",
		"r/t/{a,b}", "r/t/back\\slash", "r/t/back\\", "r/t/new\nline",
		"r/t/\377\376", "r/t/a-z", "r/t/a0z", "r/t/-", "r/t/!", "r/t/]",
		"r/d1/f1", "r/d1/f2", "r/d1/.f3", "r/d2/f1", "r/d2/g",
		"r/d.3/f1", "r/d1/s/deep", "outside/secret" };
	size_t i;

	scratch_fresh();
	scratch_mkdir("outside", 0755);
	scratch_mkdir("r", 0755);
	scratch_mkdir("r/t", 0755);
	scratch_mkdir("r/d1", 0755);
	scratch_mkdir("r/d1/s", 0755);
	scratch_mkdir("r/d2", 0755);
	scratch_mkdir("r/d.3", 0755);
	scratch_mkdir("r/st*r", 0755);
	scratch_mkdir("r/empty", 0755);
	for (i = 0; i < LENGTH(files); i++)
		scratch_file(files[i], "", 0644);
	scratch_file("r/st*r/f", "", 0644);
	scratch_file("r" TEMP, "", 0644);
	scratch_link("d1", "r/link");
	scratch_link("nowhere", "r/dangling");
	scratch_link("../outside", "r/out");
	scratch_link("..", "r/d2/up");
	ck_assert_int_eq(mkfifo("r/d2/fifo", 0644), 0);
	rooted(&root, "r");
}

static void
teardown(void)
{
	root_close(&root);
}

/* Expand what a client typed, quotes and all. */
static int
add(const char *typed)
{
	struct words words;
	size_t i;
	int ret = 0;

	ck_assert_int_eq(words_split(typed, strlen(typed), &words, NULL), 0);
	for (i = 0; i < words.n && ret == 0; i++)
		ret = glob_add(&glob, &words.list[i]);
	words_clear(&words);
	return ret;
}

#define NAMES_MAX 16

static const struct {
	const char *start;
	const char *typed;
	const char *want[NAMES_MAX];
} rows[] = {
	/* nothing special */
	{ "/", "a", { "a" } },
	{ "/", "no/such/file", { "no/such/file" } },
	{ "/", "/d1/../d1/./f1", { "/d1/../d1/./f1" } },
	{ "/", "''", { "" } },
	{ "/", "a b a", { "a", "b", "a" } },
	{ "/", "'sp ace'", { "sp ace" } },
	/* * and ? */
	{ "/", "a*", { "a", "ab", "abc" } },
	{ "/", "*c", { "abc" } },
	{ "/", "?", { "B", "a", "b", "t" } },
	{ "/", "a?", { "ab" } },
	{ "/", "a?*", { "ab", "abc" } },
	{ "/", "sp?ace", { "sp ace" } },
	{ "/", "*",
	    { "B", "a", "ab", "abc", "b", "d.3", "d1", "d2", "dangling",
		"empty", "link", "out", "sp ace", "st*r", "t", "x,y" } },
	/* a leading dot is matched only by a dot, . and .. by nothing */
	{ "/", ".*", { "...", ".h", ".hidden" } },
	{ "/", ".h*", { ".h", ".hidden" } },
	{ "/", "[.]h", { "[.]h" } },
	{ "/", "?h", { "?h" } },
	{ "/", "*hidden", { "*hidden" } },
	{ "/", ".", { "." } },
	{ "/", ".?", { ".h" } },
	{ "/d1", ".*", { ".f3" } },
	{ "/", "d?3/*", { "d.3/f1" } },
	/* unfinished uploads do not exist */
	{ "/", ".scp*", { ".scp*" } },
	/* classes */
	{ "/", "[ab]", { "a", "b" } },
	{ "/", "[!a]", { "B", "b", "t" } },
	{ "/", "[^a]", { "B", "b", "t" } },
	{ "/", "[A-Z]", { "B" } },
	{ "/", "[[:upper:]]", { "B" } },
	{ "/", "[ab", { "[ab" } },
	{ "/", "a[]b]", { "ab" } },
	{ "/t", "[]]", { "]" } },
	{ "/t", "a[z-]z", { "a-z" } },
	{ "/", "[a/]b", { "[a/]b" } },
	/* several components */
	{ "/", "d?/f1", { "d1/f1", "d2/f1" } },
	{ "/", "*/f1", { "d.3/f1", "d1/f1", "d2/f1", "link/f1" } },
	{ "/", "d*/f?", { "d.3/f1", "d1/f1", "d1/f2", "d2/f1" } },
	{ "/", "/d1/f*", { "/d1/f1", "/d1/f2" } },
	{ "/", "//d1//f*", { "/d1/f1", "/d1/f2" } },
	{ "/", "*/*/*",
	    { "d1/s/deep", "d2/up/B", "d2/up/a", "d2/up/ab", "d2/up/abc",
		"d2/up/b", "d2/up/d.3", "d2/up/d1", "d2/up/d2",
		"d2/up/dangling", "d2/up/empty", "d2/up/link", "d2/up/out",
		"d2/up/sp ace", "d2/up/st*r", "d2/up/t" } },
	{ "/", "./[a]", { "./a" } },
	{ "/", "d2/*/f1", { "d2/*/f1" } },
	{ "/", "*/g", { "d2/g" } },
	{ "/", "a/*", { "a/*" } },
	{ "/", "nowhere/*", { "nowhere/*" } },
	{ "/", "empty/*", { "empty/*" } },
	{ "/", "d1/*/", { "d1/s/" } },
	{ "/", "d[12]/", { "d1/", "d2/" } },
	{ "/", "a*/", { "a*/" } },
	/* links to directories; dangling ones are names all the same */
	{ "/", "link/f*", { "link/f1", "link/f2" } },
	{ "/", "l?nk", { "link" } },
	{ "/", "d*g", { "dangling" } },
	{ "/", "d*g/*", { "d*g/*" } },
	/* .. and StartDirectory */
	{ "/d1", "*1", { "f1" } },
	{ "/d1", "../a?", { "../ab" } },
	{ "/d1", "/a?", { "/ab" } },
	{ "/d1", "../*/g", { "../d2/g" } },
	{ "/", "*/../a?",
	    { "d.3/../ab", "d1/../ab", "d2/../ab", "empty/../ab", "link/../ab",
		"st*r/../ab", "t/../ab" } },
	/* R-PATH-1 */
	{ "/", "../*ide", { "../*ide" } },
	{ "/", "../../r*", { "../../r*" } },
	{ "/", "out/*", { "out/*" } },
	{ "/d1", "../../a?", { "../../ab" } },
	{ "/", "d2/up/up/*c", { "d2/up/up/*c" } },
	/* quoted bytes are not special */
	{ "/", "'*'", { "*" } },
	{ "/", "\\*", { "*" } },
	{ "/", "\"a\"*", { "a", "ab", "abc" } },
	{ "/", "a'*'", { "a*" } },
	{ "/t", "st\\**", { "st*r" } },
	{ "/t", "st*", { "st*r", "star" } },
	{ "/t", "q'?'?", { "q?m" } },
	{ "/t", "q??", { "q?m", "qxm" } },
	{ "/t", "'[ab]'*", { "[ab]" } },
	{ "/t", "[[]*", { "[ab]" } },
	{ "/t", "'{a,b}'*", { "{a,b}" } },
	{ "/t", "['*'s]*", { "st*r", "star" } },
	{ "/t", "[a'-'z]", { "-" } },
	{ "/t", "['!'z]", { "!" } },
	{ "/t", "['^'!]", { "!" } },
	{ "/", "s't*r'/*", { "st*r/f" } },
	{ "/", "st*/f", { "st*r/f" } },
	{ "/", "s*/?", { "st*r/f" } },
	/* a pattern without a match stays, without its quotes */
	{ "/", "'q uoted'*", { "q uoted*" } },
	{ "/", "\\q*", { "q*" } },
	{ "/", "z'\\'*", { "z\\*" } },
	/* bytes of all kinds in names */
	{ "/t", "??*",
	    { "[ab]", "a-z", "a0z", "back\\", "back\\slash", "new\nline", "q?m",
		"qxm", "st*r", "star", "{a,b}", "\377\376" } },
	{ "/t", "back*", { "back\\", "back\\slash" } },
	{ "/t", "back'\\'*", { "back\\", "back\\slash" } },
	{ "/t", "back'\\'", { "back\\" } },
	{ "/t", "back?slash", { "back\\slash" } },
	{ "/t", "new?line", { "new\nline" } },
	{ "/t", "'new\nli'*", { "new\nline" } },
	{ "/t", "\377*", { "\377\376" } },
	{ "/t", "?\376", { "\377\376" } },
	/* braces */
	{ "/", "{a,b}", { "a", "b" } },
	{ "/", "{b,a}", { "b", "a" } },
	{ "/", "x{1,2}y", { "x1y", "x2y" } },
	{ "/", "{a,b}{1,2}", { "a1", "a2", "b1", "b2" } },
	{ "/", "{a,b{c,d},e}", { "a", "bc", "bd", "e" } },
	{ "/", "{{a,b},c}", { "a", "b", "c" } },
	{ "/", "{a,{b,{c,d}}}", { "a", "b", "c", "d" } },
	{ "/", "x{,1}", { "x", "x1" } },
	{ "/", "x{,}", { "x", "x" } },
	{ "/", "{,,a}", { "a" } },
	{ "/", "{d1,d2}/f1", { "d1/f1", "d2/f1" } },
	{ "/", "/{d1/,}f1", { "/d1/f1", "/f1" } },
	/* without a comma or a partner they are text */
	{ "/", "{}", { "{}" } },
	{ "/", "{a}", { "{a}" } },
	{ "/", "x{a,b", { "x{a,b" } },
	{ "/", "a,b}", { "a,b}" } },
	{ "/", "a,b", { "a,b" } },
	{ "/", "}a,b{", { "}a,b{" } },
	{ "/", "{a,b}}", { "a}", "b}" } },
	{ "/", "{{a,b}", { "{a", "{b" } },
	{ "/", "{{a,b}c}", { "{ac}", "{bc}" } },
	{ "/", "{a,{b}", { "{a,{b}" } },
	{ "/", "{a}{b,c}", { "{a}b", "{a}c" } },
	{ "/", "{1..3}", { "{1..3}" } },
	/* quoted ones too */
	{ "/", "'{a,b}'", { "{a,b}" } },
	{ "/", "\\{a,b}", { "{a,b}" } },
	{ "/", "{a,b\\}", { "{a,b}" } },
	{ "/", "{a\\,b}", { "{a,b}" } },
	{ "/", "{a\\,b,c}", { "a,b", "c" } },
	{ "/", "{'a,b',c}", { "a,b", "c" } },
	{ "/", "{\\{,\\}}", { "{", "}" } },
	{ "/", "{'\\',a}", { "\\", "a" } },
	/* braces first, then patterns, each on its own */
	{ "/", "{b,a}*", { "b", "a", "ab", "abc" } },
	{ "/", "{z,a}?", { "z?", "ab" } },
	{ "/", "{d1,d2}/*1", { "d1/f1", "d2/f1" } },
	{ "/", "[{a,b}]", { "a", "b" } },
	{ "/", "{?b,x,y}", { "ab", "x", "y" } },
	{ "/", "{x\\,?,a}", { "x,y", "a" } },
	{ "/", "{x\\,\\?,a}", { "x,?", "a" } },
};

START_TEST(expand)
{
	size_t n = 0, i;
	int fds;

	fds = scratch_fds();
	glob_init(&glob, &root, rows[_i].start, 100);
	ck_assert_int_eq(add(rows[_i].typed), 0);
	while (n < NAMES_MAX && rows[_i].want[n] != NULL)
		n++;
	for (i = 0; i < n && i < glob.n; i++)
		ck_assert_msg(strcmp(glob.paths[i], rows[_i].want[i]) == 0,
		    "%s: \"%s\"", rows[_i].typed, glob.paths[i]);
	/* A row that is full may go on. */
	ck_assert_msg(glob.n == n || (n == NAMES_MAX && glob.n > n),
	    "%s: %zu results", rows[_i].typed, glob.n);
	glob_clear(&glob);
	ck_assert_uint_eq(glob.n, 0);
	ck_assert_uint_eq(glob.bytes, 0);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

static void
ck_adds(const char *typed, const char *const *want)
{
	size_t i;

	glob_init(&glob, &root, "/", 10000);
	ck_assert_int_eq(add(typed), 0);
	for (i = 0; i < glob.n && want[i] != NULL; i++)
		ck_assert_str_eq(glob.paths[i], want[i]);
	ck_assert_uint_eq(i, glob.n);
	ck_assert_ptr_null(want[i]);
	glob_clear(&glob);
	ck_assert_uint_eq(glob.bytes, 0);
}

/* AllowNames is about files; what is none of them is not told of. */
START_TEST(allow_names)
{
	static const char *const want[] = { "a", "ab", "abc", "b*", "d.3", "d1",
		"d2", "d1/s", NULL };

	memcpy(policy.allow_names, "a*\0", 4);
	ck_adds("a* b* d* d1/*", want);
}
END_TEST

static void
ck_fails(const char *typed, int error)
{
	glob_init(&glob, &root, "/", 100);
	errno = 0;
	ck_assert_int_eq(add(typed), -1);
	ck_assert_int_eq(errno, error);
	glob_clear(&glob);
	ck_assert_uint_eq(glob.bytes, 0);
}

/* What cannot be read is not left out in silence. */
START_TEST(cannot_be_read)
{
	int fds = scratch_fds();

	read_error = EIO;
	ck_fails("a*", EIO);
	read_error = 0;
	ck_assert_int_eq(scratch_fds(), fds);
	look_error = EIO;
	ck_fails("d1/*", EIO);
	look_error = 0;
	ck_assert_int_eq(scratch_fds(), fds);
	open_error = ENOMEM;
	ck_fails("a*", ENOMEM);
	open_error = 0;
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* In doubt it is there: whoever opens it will tell what is wrong. */
START_TEST(cannot_be_looked_at)
{
	static const char *const want[] = { "d1/nothing", "d2/nothing", NULL };

	look_error = EIO;
	looks_spared = 1; /* at the root */
	ck_adds("d[12]/nothing", want);
	look_error = 0;
}
END_TEST

/* Longer than any name that a client can send: with and without AllowNames. */
START_TEST(long_name_read)
{
	if (_i != 0)
		memcpy(policy.allow_names, "a*\0", 4);
	has_long_name = true;
	ck_fails("*", ENAMETOOLONG);
}
END_TEST

/* Longer paths than there are, of names that are short enough. */
START_TEST(long_path)
{
	static const char zeros[sizeof(guarded.behind)];
	static const char *const want[] = { "*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/"
					    "*/*/*/*/*/*/*/*",
		NULL };
	char name[NAME_BYTES_MAX + 1];
	int dir, next, i;

	scratch_fresh();
	scratch_mkdir("r", 0755);
	rooted(&root, "r");
	/* So that no number of them is as long as the longest path. */
	memset(name, 'n', NAME_BYTES_MAX - 5);
	name[NAME_BYTES_MAX - 5] = '\0';
	dir = scratch_dir("r");
	for (i = 0; i < 25; i++) {
		ck_assert_int_eq(mkdirat(dir, name, 0755), 0);
		next = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ne(next, -1);
		ck_assert_int_eq(close(dir), 0);
		dir = next;
	}
	ck_adds(want[0], want);
	ck_assert_mem_eq(guarded.behind, zeros, sizeof(zeros));
	ck_assert_int_eq(close(dir), 0);
}
END_TEST

/* What argv brings was split by a shell: nothing in it is special. */
START_TEST(argv)
{
	char text[] = "{a,b}*";
	char *args[] = { text, NULL };
	struct words words;

	ck_assert_int_eq(words_from_argv(1, args, &words), WORDS_OK);
	glob_init(&glob, &root, "/", 100);
	ck_assert_int_eq(glob_add(&glob, &words.list[0]), 0);
	ck_assert_uint_eq(glob.n, 1);
	ck_assert_str_eq(glob.paths[0], text);
	glob_clear(&glob);
	words_clear(&words);
}
END_TEST

/*
 * A directory that cannot be read, and one that cannot be searched: nothing in
 * it could be sent.
 */
static void
expand_locked(void)
{
	glob_init(&glob, &root, "/", 100);
	ck_assert_int_eq(add("unread/* closed/? un*/x [ocu]*/x"), 0);
	ck_assert_uint_eq(glob.n, 5);
	ck_assert_str_eq(glob.paths[0], "unread/*");
	ck_assert_str_eq(glob.paths[1], "closed/?");
	ck_assert_str_eq(glob.paths[2], "unread/x");
	ck_assert_str_eq(glob.paths[3], "open/x");
	ck_assert_str_eq(glob.paths[4], "unread/x");
	glob_clear(&glob);
}

START_TEST(unprivileged)
{
	scratch_fresh();
	scratch_mkdir("r", 0755);
	scratch_mkdir("r/open", 0755);
	scratch_file("r/open/x", "", 0);
	scratch_mkdir("r/closed", 0755);
	scratch_file("r/closed/x", "", 0644);
	scratch_mkdir("r/unread", 0755);
	scratch_file("r/unread/x", "", 0644);
	rooted(&root, "r");
	ck_assert_int_eq(chmod("r/closed", 0444), 0);
	ck_assert_int_eq(chmod("r/unread", 0311), 0);
	scratch_unprivileged(expand_locked);
}
END_TEST

/* --- bounds ----------------------------------------------------------- */

/* A text of n times the same. */
static char *
repeat(const char *head, const char *text, size_t n, const char *tail)
{
	size_t len = strlen(text), i;
	char *p, *out;

	p = malloc(strlen(head) + n * len + strlen(tail) + 1);
	ck_assert_ptr_nonnull(p);
	memcpy(p, head, strlen(head));
	out = p + strlen(head);
	for (i = 0; i < n; i++, out += len)
		memcpy(out, text, len);
	memcpy(out, tail, strlen(tail) + 1);
	return p;
}

#if defined(__SANITIZE_ADDRESS__)
#define FAST 30.0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAST 30.0
#endif
#endif
#ifndef FAST
#define FAST 3.0
#endif

/*
 * R-RES-1: whatever is asked for ends soon, with a bounded number of results,
 * or in one of these errors.
 */
static const struct {
	const char *head;
	const char *text;
	size_t n;
	const char *tail;
	size_t matches;
	int error; /* -1: any */
} bound_rows[] = {
	/* as many as there may be, and one more */
	{ "*", "", 0, "", 16, 0 },
	{ "*", "", 0, "", 15, ERR_TOO_MANY },
	{ "{a,b,c}", "", 0, "", 3, 0 },
	{ "{a,b,c}", "", 0, "", 2, ERR_TOO_MANY },
	{ "{?,a}", "", 0, "", 5, 0 },
	{ "{?,a}", "", 0, "", 4, ERR_TOO_MANY },
	{ "{a,?}", "", 0, "", 5, 0 },
	{ "{a,?}", "", 0, "", 4, ERR_TOO_MANY },
	/* names alone are not counted: who typed them knows how many */
	{ "", "a ", 500, "", 2, 0 },
	/* names that are read are work, matched or not */
	{ "z*", "", 0, "", 1, 0 },
	{ "", "{z*,z*}", 12, "", 2, ERR_TOO_MANY },
	{ "", "z* ", 8, "", 2, 0 },
	{ "", "z* ", 20, "", 2, ERR_TOO_MANY },
	{ "", "*/../", 6, "*", 50, ERR_TOO_MANY },
	/* as are names on the way, where nothing comes of them */
	{ "*/nowhere", "", 0, "", 16, 0 },
	{ "*/nowhere", "", 0, "", 15, ERR_TOO_MANY },
	/* a long one more than a short one, */
	{ "d[12]/", "x", 250, "", 3, 0 },
	{ "d[12]/", "x", 250, "", 2, ERR_TOO_MANY },
	{ "", "x", 250, "/?", 2, 0 },
	{ "", "x", 250, "/?", 1, ERR_TOO_MANY },
	/* and matching is, most of all with classes */
	{ "t/", "?", 1000, "*", 1, 0 },
	{ "t/", "?", 1000, "[a]", 1, ERR_TOO_MANY },
	/* so are words that are made */
	{ "", "{a,b}", 12, "", 10000, -1 },
	{ "", "{a,b}", 20, "", 10000, ERR_TOO_MANY },
	{ "", "{a,b}", 800, "", 10000, ERR_TOO_MANY },
	{ "", "{,}", 1300, "", 10000, ERR_TOO_MANY },
	{ "", "{,}", 1300, "/nowhere*", 10000, ERR_TOO_MANY },
	{ "{", ",", 4000, "}", 10000, -1 },
	{ "{", "x,", 2000, "}", 10000, -1 },
	{ "{", "x,", 2000, "}{a,b,c,d,e,f}", 10000, ERR_TOO_MANY },
	/* nesting is no recursion */
	{ "", "{", 4000, "", 10000, -1 },
	{ "", "{a,", 1300, "", 10000, -1 },
	{ "{a,", "{a,", 800, "}", 10000, -1 },
	{ "", "}", 4000, "", 10000, -1 },
	{ "", "{", 2000, "a,b}", 10000, -1 },
	/* patterns that are slow to match */
	{ "", "*", 4000, "", 10000, -1 },
	{ "", "*a", 1900, "z", 10000, -1 },
	{ "", "[a-z]*", 600, "Z", 10000, -1 },
	{ "[", "abcd", 900, "]", 10000, -1 },
	{ "", "?*", 1900, "", 10000, -1 },
	/* so that they are more work for every name */
	{ "t/[", "abcd", 900, "]", 20, ERR_TOO_MANY },
	{ "t/*[", "bcde", 900, "]z", 20, ERR_TOO_MANY },
	/* paths that are slow to walk */
	{ "", "d1/../", 600, "*", 10000, -1 },
	{ "", "d2/up/", 600, "*", 10000, -1 },
	{ "", "*/../", 800, "*", 10000, ERR_TOO_MANY },
	{ "", "d2/up/", 600, "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}*", 10000, -1 },
	/* and words longer than any path */
	{ "", "{a,b}", 20000, "", 10000, -1 },
	{ "{", ",", 131000, "}", 10000, -1 },
	{ "", "{", 131000, "", 10000, -1 },
	{ "", "*", 131000, "", 10000, -1 },
	{ "", "a", 131000, "", 10000, ENAMETOOLONG },
	{ "", "a", PATH_BYTES_MAX, "", 10000, ENAMETOOLONG },
	{ "", "a", PATH_BYTES_MAX - 1, "", 10000, 0 },
};

START_TEST(bounds)
{
	double begin = scratch_seconds();
	size_t i, bytes = 0;
	char *typed;
	int ret, fds;

	typed = repeat(bound_rows[_i].head, bound_rows[_i].text,
	    bound_rows[_i].n, bound_rows[_i].tail);
	fds = scratch_fds();
	glob_init(&glob, &root, "/", bound_rows[_i].matches);
	errno = 0;
	ret = add(typed);
	if (bound_rows[_i].error != -1) {
		ck_assert_int_eq(ret, bound_rows[_i].error == 0 ? 0 : -1);
		ck_assert_int_eq(errno * -ret, bound_rows[_i].error);
	} else if (ret == -1) {
		ck_assert(errno == ERR_TOO_MANY || errno == ENAMETOOLONG);
	}
	ck_assert_uint_le(glob.matches, bound_rows[_i].matches);
	ck_assert_uint_le(glob.work / 100, bound_rows[_i].matches + 10);
	for (i = 0; i < glob.n; i++)
		bytes += strlen(glob.paths[i]) + 1;
	/* All that was work has been given back. */
	ck_assert_uint_eq(glob.bytes, bytes);
	ck_assert_uint_le(bytes, GLOB_BYTES_MAX);
	glob_clear(&glob);
	ck_assert_uint_eq(glob.bytes, 0);
	free(typed);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_msg(scratch_seconds() - begin < FAST, "%f seconds",
	    scratch_seconds() - begin);
}
END_TEST

/* R-EXIT-1: a signal ends it. */
START_TEST(stopped)
{
	static volatile sig_atomic_t stop;
	double begin = scratch_seconds();

	glob_init(&glob, &root, "/", 1000000);
	ck_assert(glob.stop == NULL);
	glob.stop = &stop;
	ck_assert_int_eq(add("a*"), 0);
	stop = 1;
	errno = 0;
	ck_assert_int_eq(add("*/../*/../*/../*/../*/../*/../*"), -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_uint_eq(glob.n, 3);
	glob_clear(&glob);
	ck_assert_uint_eq(glob.bytes, 0);
	ck_assert(scratch_seconds() - begin < 1);
}
END_TEST

/* Results of all words together. */
START_TEST(bytes)
{
	char *typed, *name;
	size_t n = 0;
	int ret;

	name = repeat("", "x", 4000, "");
	typed = repeat(name, " ", 1, "");
	glob_init(&glob, &root, "/", 1000000);
	while ((ret = add(typed)) == 0)
		ck_assert_uint_le(++n, GLOB_BYTES_MAX / 4000);
	ck_assert_int_eq(errno, ERR_TOO_MANY);
	ck_assert_uint_ge(n, GLOB_BYTES_MAX / 4001 - 2);
	ck_assert_uint_eq(glob.n, n);
	ck_assert_uint_le(glob.bytes, GLOB_BYTES_MAX);
	glob_clear(&glob);
	ck_assert_uint_eq(glob.bytes, 0);
	free(typed);
	free(name);
}
END_TEST

/* The slowest that anybody found for the number of names that are read. */
START_TEST(wide)
{
	double begin = scratch_seconds();
	char name[300];
	char *typed;
	int i;

	scratch_fresh();
	scratch_mkdir("r", 0755);
	scratch_mkdir("r/d", 0755);
	for (i = 0; i < 300; i++) {
		memset(name, 'a', sizeof(name));
		(void)snprintf(name + 200, 90, "%d", i);
		memcpy(name, "r/d/", 4);
		scratch_file(name, "", 0644);
	}
	rooted(&root, "r");
	begin = scratch_seconds();
	typed = repeat("d/", "*a?*", 900, "z{,,,,,,,,,,,,,,,,,,,,}");
	glob_init(&glob, &root, "/", 10000);
	(void)!add(typed);
	glob_clear(&glob);
	free(typed);
	ck_assert_msg(scratch_seconds() - begin < FAST, "%f seconds",
	    scratch_seconds() - begin);
}
END_TEST

static Suite *
glob_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("glob");
	tc = tcase_create("glob");
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, expand, 0, LENGTH(rows));
	tcase_add_test(tc, allow_names);
	tcase_add_test(tc, cannot_be_read);
	tcase_add_test(tc, cannot_be_looked_at);
	tcase_add_loop_test(tc, long_name_read, 0, 2);
	tcase_add_test(tc, long_path);
	tcase_add_test(tc, argv);
	tcase_add_test(tc, unprivileged);
	tcase_add_loop_test(tc, bounds, 0, LENGTH(bound_rows));
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, bytes);
	tcase_add_test(tc, wide);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(glob_suite(), "glob");
}

/* SPDX-License-Identifier: ISC */
/*
 * Where there is no memory: it is said, and that is all.  Both roles, and what
 * they use: whatever request fails, nothing is lost of what others got.
 */
#include "config.h"

#include <sys/xattr.h>

#include <check.h>

#include "attributes.h"
#include "glob.h"
#include "rooted.h"
#include "scratch.h"
#include "source.h"
#include "walk.h"

/* --- malloc(3) and the like, which the linker puts here ------------------- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
void __real_free(void *p);
void __wrap_free(void *p);

static unsigned left = UINT_MAX; /* so many succeed yet */
static bool fails_once;          /* and all behind the next one */
static int in_use;               /* of what was given, so much is not back */

static bool
fails(void)
{
	if (left == 0) {
		left = fails_once ? UINT_MAX : 0;
		errno = ENOMEM;
		return true;
	}
	left--;
	return false;
}

static void *
give(void *p)
{
	in_use += p != NULL;
	return p;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : give(__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : give(__real_calloc(n, size));
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	void *new;

	if (fails())
		return NULL;
	new = __real_reallocarray(p, n, size);
	return p == NULL ? give(new) : new;
}

char *
__wrap_strdup(const char *text)
{
	return fails() ? NULL : give(__real_strdup(text));
}

void
__wrap_free(void *p)
{
	in_use -= p != NULL;
	__real_free(p);
}

/* --- the roles ------------------------------------------------------------ */

/* Of the roles, a source alone takes some for itself: for what it holds back.
 */
START_TEST(no_memory)
{
	static struct source source;
	volatile sig_atomic_t stop = 0;
	static struct stream stream;
	struct peer peer;
	const struct session session = {
		.stream = &stream, .peer = &peer, .pipelining = true
	};
	char said[64] = "";
	int in[2], out[2], status;

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	stream_open(&stream, in[0], out[1], &stop);
	peer_init(&peer, &stream, false);
	left = 0;
	status = source_run(&source, &session);
	/* For check(3) there is some. */
	left = UINT_MAX;
	ck_assert_int_eq(status, 1);
	ck_assert_int_gt(read(out[0], said, sizeof(said) - 1), 0);
	ck_assert_str_eq(said, "\1scp: Cannot allocate memory\n");
	stream_close(&stream);
}
END_TEST

/* --- what they use -------------------------------------------------------- */

static struct root root;
static struct root_place top;

static void
setup(void)
{
	scratch_fresh();
	scratch_mkdir("r", 0755);
	scratch_mkdir("r/d", 0755);
	scratch_file("r/ab", "", 0644);
	scratch_file("r/d/ac", "", 0644);
	rooted(&root, "r");
}

/*
 * Each: 0 if it worked, -1 with errno, more if something is wrong.  check(3)
 * needs memory itself, so nothing is asserted here.
 */

static int
open_stream(void)
{
	volatile sig_atomic_t stop = 0;
	static struct stream s;
	int ret;

	stream_open(&s, 0, 1, &stop);
	ret = stream_hold(&s);
	stream_close(&s);
	return ret;
}

static int
expand(void)
{
	static struct glob glob;
	static char text[] = "{[a]*,d/?c,none,/}", nothing[] = "{,}";
	static bool quoted[sizeof(text)];
	struct word word = { .text = text, .len = sizeof(text) - 1 };
	struct word empty = { .text = nothing, .len = sizeof(nothing) - 1 };
	int ret, err;

	word.quoted = empty.quoted = quoted;
	glob_init(&glob, &root, "/", 100);
	ret = glob_add(&glob, &word);
	if (ret == 0)
		ret = glob_add(&glob, &empty);
	err = errno;
	if (ret == 0 &&
	    (glob.n != 5 || strcmp(glob.paths[0], "ab") != 0 ||
		strcmp(glob.paths[1], "d/ac") != 0))
		ret = 1;
	glob_clear(&glob);
	errno = err;
	return glob.bytes == 0 ? ret : 2;
}

static int
enter_tree(void)
{
	static struct walk walk;
	int ret, err;

	if (root_walk(&root, "/", "d", 1, &top) == -1)
		return -1;
	walk_init(&walk, &root);
	ret = walk_begin(&walk, &top, "d");
	err = errno;
	walk_close(&walk);
	root_leave(&top);
	errno = err;
	return ret;
}

static int (*const users[])(void) = { open_stream, expand, enter_tree };

/* With those behind it, or alone. */
START_TEST(each_request_fails)
{
	int (*const use)(void) = users[(size_t)_i % LENGTH(users)];
	const int fds = scratch_fds();
	int before, kept, err, ret;
	unsigned n = 0;

	fails_once = (size_t)_i >= LENGTH(users);
	do {
		before = in_use;
		errno = 0;
		left = n++;
		ret = use();
		err = errno;
		left = UINT_MAX;
		kept = in_use - before;
		ck_assert_int_eq(kept, 0);
		if (ret == -1)
			ck_assert_int_eq(err, ENOMEM);
		ck_assert_int_eq(scratch_fds(), fds);
	} while (ret == -1);
	ck_assert_int_eq(ret, 0);
	ck_assert_uint_gt(n, 1);
}
END_TEST

/* A copy of attributes that needs memory: it is lost, and that is told. */
START_TEST(attributes)
{
	mode_t mode = 0644;
	unsigned lost;
	struct stat st;
	int old, fd;

	old = open("r/ab", O_RDWR | O_CLOEXEC);
	fd = open("r/d/ac", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(fstat(old, &st), 0);
	if (fsetxattr(old, "user.x", "y", 1, 0) == -1) {
		skipped("no attributes of users here");
		return;
	}
	left = (unsigned)_i;
	lost = attributes_copy(old, &st, fd, &mode);
	left = UINT_MAX;
	ck_assert_uint_eq(lost, _i < 2 ? ATTRIBUTES_LOST_XATTR : 0);
	ck_assert_uint_eq(mode, 0644);
}
END_TEST

static Suite *
memory_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("memory");
	tc = tcase_create("memory");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, no_memory);
	tcase_add_loop_test(tc, each_request_fails, 0, 2 * LENGTH(users));
	tcase_add_loop_test(tc, attributes, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(memory_suite(), "memory");
}

/* SPDX-License-Identifier: ISC */
/*
 * The path engine alone: no chroot, no Landlock, no filter, and three processes
 * that may do what they like with the tree, as other users of it can.  They
 * exchange directories and files with links that lead outside, and move what is
 * being walked out of the root and back.  Nothing that lies outside may ever be
 * found, read, made or changed (R-PATH-1, R-PATH-2).
 *
 * RACE_WALKS and RACE_UPLOADS say how long; "make race" is the long one.
 */
#include "config.h"

#include <sys/prctl.h>

#include <check.h>

#include "entry.h"
#include "root.h"
#include "rooted.h"
#include "scratch.h"
#include "upload.h"

#define INSIDE  "inside"
#define OUTSIDE "outside"

static struct root root;
static struct root_place place;

static unsigned long
count_of(const char *variable, unsigned long fallback)
{
	const char *p = getenv(variable);
	unsigned long n = 0;

	if (p == NULL || *p == '\0')
		return fallback;
	for (; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (unsigned long)(*p - '0');
	return n;
}

/*
 * r is the root; everything beside it is outside.  All plain files outside are
 * called secret or target and say so; "moved" is where directories of the root
 * go for a moment.
 */
static void
make_places(void)
{
	scratch_fresh();
	scratch_mkdir("r", 0755);
	scratch_mkdir("moved", 0755);
	scratch_mkdir("outside", 0755);
	scratch_file("secret", OUTSIDE, 0644);
	scratch_file("target", OUTSIDE, 0644);
	scratch_file("outside/secret", OUTSIDE, 0644);
	scratch_file("outside/target", OUTSIDE, 0644);
	scratch_mkdir("r/dir", 0755);
	scratch_mkdir("r/dir/sub", 0755);
	scratch_mkdir("r/dir/sub/deep", 0755);
	scratch_link("../../swap", "r/dir/sub/up");
	scratch_mkdir("r/swap", 0755);
	scratch_file("r/swap/secret", INSIDE, 0644);
	scratch_file("r/swap/target", INSIDE, 0644);
	scratch_link("../outside", "r/swap2");
	scratch_mkdir("r/1", 0755);
	scratch_mkdir("r/1/2", 0755);
	scratch_mkdir("r/1/2/3", 0755);
	scratch_link("../../..", "r/lower");
	scratch_file("r/secret", INSIDE, 0644);
	scratch_file("r/target", INSIDE, 0644);
	scratch_link("../outside/secret", "r/secret2");
	scratch_link("../outside/target", "r/target2");
	rooted(&root, "r");
}

/* --- those who race --------------------------------------------------- */

/* May fail where a new file was renamed over one of them. */
static void
exchange(const char *a, const char *b)
{
	(void)renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static void
swap_directories(void)
{
	exchange("r/swap", "r/swap2");
	exchange("r/1/2", "r/lower");
}

static void
swap_files(void)
{
	exchange("r/secret", "r/secret2");
	exchange("r/target", "r/target2");
}

static void
move_out_and_back(void)
{
	(void)rename("r/dir/sub", "moved/sub");
	(void)rename("moved/sub", "r/dir/sub");
	(void)rename("r/1/2", "moved/2");
	(void)rename("moved/2", "r/1/2");
}

static void (*const racers[])(void) = {
	swap_directories,
	swap_files,
	move_out_and_back,
};

static pid_t pids[3];

static void
start_racers(void)
{
	size_t i;

	for (i = 0; i < 3; i++) {
		ck_assert_int_ne(pids[i] = fork(), -1);
		if (pids[i] != 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			racers[i]();
	}
}

static void
stop_racers(void)
{
	size_t i;

	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(kill(pids[i], SIGKILL), 0);
		ck_assert_int_eq(waitpid(pids[i], NULL, 0), pids[i]);
	}
}

/* --- walks ------------------------------------------------------------ */

static const char *const operands[] = {
	"secret",
	"swap/secret",
	"swap2/secret",
	"dir/sub/../../secret",
	"dir/sub/../secret",
	"dir/sub/deep/../../../../secret",
	"dir/sub/deep/../../../../outside/secret",
	"swap/../secret",
	"swap/../outside/secret",
	"1/2/../../secret",
	"1/2/3/../../../secret",
	"1/2/3/../../../../outside/secret",
	"lower/../secret",
	"dir/sub/up/secret",
	"dir/../dir/sub/../../swap/../secret2",
};

static struct stat known[5];

static void
know_the_outside(void)
{
	static const char *const names[] = { "secret", "outside",
		"outside/secret", "outside/target", "." };
	size_t i;

	for (i = 0; i < LENGTH(names); i++)
		ck_assert_int_eq(stat(names[i], &known[i]), 0);
}

static bool
is_outside(const struct stat *st)
{
	size_t i;

	for (i = 0; i < LENGTH(known); i++) {
		if (st->st_ino == known[i].st_ino &&
		    st->st_dev == known[i].st_dev)
			return true;
	}
	return false;
}

/* Is what can be read at the place, or put there, outside? */
static bool
escapes(void)
{
	char text[16] = "";
	struct stat st;
	bool wrong;
	int fd;

	wrong = place.exists && is_outside(&place.st);
	if (fstat(place.parent, &st) == 0)
		wrong = wrong || is_outside(&st);
	fd = place.name[0] == '\0'
	    ? -1
	    : entry_open_file(place.parent, place.name, &st);
	if (fd != -1) {
		wrong = wrong || is_outside(&st) ||
		    read(fd, text, sizeof(text) - 1) < 0 ||
		    strcmp(text, OUTSIDE) == 0;
		(void)close(fd);
	}
	return wrong;
}

START_TEST(walks)
{
	const unsigned long wanted = count_of("RACE_WALKS", 20000);
	unsigned long i, found = 0, lost = 0, escaped = 0;
	const char *path;
	int fds;

	make_places();
	know_the_outside();
	fds = scratch_fds();
	start_racers();
	for (i = 0; i < wanted; i++) {
		path = operands[i % LENGTH(operands)];
		if (root_walk(&root, "/", path, strlen(path), &place) == -1) {
			lost++;
			continue;
		}
		found += place.exists;
		if (escapes())
			escaped++;
		root_leave(&place);
	}
	stop_racers();
	(void)printf("# %lu walks: %lu found, %lu failed, %lu escaped\n",
	    wanted, found, lost, escaped);
	ck_assert_uint_eq(escaped, 0);
	ck_assert_int_eq(scratch_fds(), fds);
	/* That there was a race at all. */
	ck_assert_uint_gt(found, 0);
	ck_assert_uint_gt(lost, 0);
}
END_TEST

/* --- uploads ---------------------------------------------------------- */

static const char *const targets[] = {
	"target",
	"new",
	"swap/target",
	"swap/new",
	"swap2/target",
	"swap2/new",
	"dir/sub/../../target",
	"dir/sub/deep/../../../../new",
	"dir/sub/deep/../../../../outside/new",
	"dir/sub/up/target",
	"swap/../../outside/target",
	"1/2/3/../../../../outside/target",
	"lower/outside/new",
	"lower/../target",
};

/* What sink and receive do, without a client. */
static bool
upload_to(struct uploads *all, const char *path)
{
	struct upload up;
	struct policy_mode mode = { 0644, false };
	mode_t old;
	bool stored;

	if (root_walk(&root, "/", path, strlen(path), &place) == -1)
		return false;
	upload_init(&up, all);
	stored = place.name[0] != '\0' &&
	    upload_look(&up, place.parent, place.name) == 0 &&
	    upload_open(&up, &old) == 0 && upload_begin(&up, mode, 0) == 0 &&
	    write(up.temp.fd, "upload", 6) == 6 &&
	    upload_commit(&up, NULL) == 0;
	if (!stored)
		upload_abort(&up);
	root_leave(&place);
	return stored;
}

/* The outside is as it was: nothing new, nothing changed, nothing gone. */
static void
ck_outside(void)
{
	int ours;

	ck_assert_str_eq(scratch_text("secret"), OUTSIDE);
	ck_assert_str_eq(scratch_text("target"), OUTSIDE);
	ck_assert_str_eq(scratch_text("outside/secret"), OUTSIDE);
	ck_assert_str_eq(scratch_text("outside/target"), OUTSIDE);
	ck_assert_int_eq(scratch_count("outside"), 2);
	ours = scratch_exists("moved/sub") + scratch_exists("moved/2");
	ck_assert_int_eq(scratch_count("moved"), ours);
	ck_assert_int_eq(scratch_count("."), 5);
}

START_TEST(uploads)
{
	const unsigned long wanted = count_of("RACE_UPLOADS", 4000);
	struct policy defaults;
	struct uploads all;
	unsigned long i, tries = 0, stored = 0;
	int fds;

	make_places();
	policy_init(&defaults);
	uploads_init(&all, &defaults);
	fds = scratch_fds();
	start_racers();
	for (i = 0; i < wanted; i++) {
		tries++;
		stored += upload_to(&all, targets[i % LENGTH(targets)]);
		/* A file in a link's place cannot be exchanged for ever. */
		if (i % 256 == 0 && !scratch_exists("r/target2"))
			scratch_link("../outside/target", "r/target2");
	}
	stop_racers();
	(void)printf("# %lu uploads: %lu stored\n", tries, stored);
	ck_outside();
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert_uint_gt(stored, 0);
	ck_assert_uint_lt(stored, tries);
}
END_TEST

static Suite *
race_suite(void)
{
	Suite *s = suite_create("race");
	TCase *tc = tcase_create("race");

	tcase_add_test(tc, walks);
	tcase_add_test(tc, uploads);
	tcase_set_timeout(tc, 7200);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(race_suite(), "race");
}

/* SPDX-License-Identifier: ISC */
/* Versions that cannot be had: the name is as it was, and nothing is lost. */
#include "config.h"

#include "version.h"

#include "errors.h"
#include "policy.h"
#include "real.h"
#include "scratch.h"

static struct temp_names names;
static struct temp temp;
static int dir;

/* --- calls that can be made to fail ------------------------------------- */

static int listed, step, listed_last; /* numbers that are read instead */
static int read_error, dir_error, look_error;

static struct dirent *
listed_name(void)
{
	static struct dirent entry;

	if (listed == listed_last)
		return NULL;
	listed += step;
	(void)snprintf(entry.d_name, sizeof(entry.d_name), "f.~%d~", listed);
	return &entry;
}

struct dirent *
readdir(DIR *d)
{
	return step != 0 ? listed_name() : real_readdir(d, read_error);
}

DIR *
fdopendir(int fd)
{
	return real_fdopendir(fd, dir_error);
}

int
fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
	return real_fstatat(dirfd, name, st, flags, look_error);
}

/* ---------------------------------------------------------------------- */

#define LAST_BUT_ONE "f.~999999998~"

/* Bytes of a name that can have versions. */
#define LONGEST (NAME_BYTES_MAX - 12)

static void
setup(void)
{
	scratch_fresh();
	dir = scratch_dir(".");
	temp_init(&temp);
}

static void
begin(void)
{
	ck_assert_int_eq(temp_create(&temp, &names, dir, 0600), 0);
	ck_assert_int_eq(write(temp.fd, "new", 3), 3);
}

/* It fails so; whoever gives up then leaves what was there. */
static void
ck_fails(int error, int count)
{
	errno = 0;
	ck_assert_int_eq(version_replace(&temp, "f", 9), -1);
	ck_assert_int_eq(errno, error);
	ck_assert(temp_has_its_name(&temp));
	read_error = 0;
	dir_error = 0;
	temp_discard(&temp);
	ck_assert_int_eq(scratch_count("."), count);
	if (scratch_exists("f"))
		ck_assert_str_eq(scratch_text("f"), "old");
}

/* Without all numbers none is the next. */
START_TEST(cannot_be_read)
{
	scratch_file("f", "old", 0644);
	scratch_file("f.~1~", "older", 0644);
	begin();
	read_error = _i == 0 ? EIO : 0;
	dir_error = _i == 1 ? ENOMEM : 0;
	ck_fails(_i == 0 ? EIO : ENOMEM, 2);
	ck_assert_str_eq(scratch_text("f.~1~"), "older");
}
END_TEST

/* Directories have the next thousand numbers. */
START_TEST(numbers_taken)
{
	char name[32];
	int i;

	scratch_file("f", "old", 0644);
	for (i = 1; i <= 1000; i++) {
		(void)snprintf(name, sizeof(name), "f.~%d~", i);
		scratch_mkdir(name, 0755);
	}
	begin();
	ck_fails(EEXIST, 1001);
	ck_assert_int_eq(rmdir("f.~1000~"), 0);
	begin();
	ck_assert_int_eq(version_replace(&temp, "f", 9), 0);
	temp_close(&temp);
	ck_assert_str_eq(scratch_text("f"), "new");
	ck_assert_str_eq(scratch_text("f.~1000~"), "old");
}
END_TEST

START_TEST(name_is_gone)
{
	begin();
	ck_fails(ENOENT, 0);
}
END_TEST

/*
 * A name that was free when the data began was not asked for the room of a
 * number: no version has another name than its own.
 */
START_TEST(name_is_long)
{
	char name[NAME_BYTES_MAX + 1];
	size_t len = LONGEST + (size_t)_i;

	memset(name, 'n', len);
	name[len] = '\0';
	scratch_file(name, "old", 0644);
	begin();
	errno = 0;
	ck_assert_int_eq(
	    version_replace(&temp, name, 9), len == LONGEST ? 0 : -1);
	ck_assert(len == LONGEST || errno == ENAMETOOLONG);
	ck_assert_str_eq(scratch_text(name), len == LONGEST ? "new" : "old");
	temp_discard(&temp);
	ck_assert_int_eq(scratch_count("."), len == LONGEST ? 2 : 1);
}
END_TEST

/* The directory gets this mode while the data come. */
static void
replace_in_closed(mode_t mode, int error)
{
	scratch_file("d/f", "old", 0644);
	/* One try is all that there is, and all that is needed. */
	scratch_file("d/" LAST_BUT_ONE, "older", 0644);
	ck_assert_int_eq(chdir("d"), 0);
	dir = scratch_dir(".");
	begin();
	ck_assert_int_eq(chmod(".", mode), 0);
	errno = 0;
	ck_assert_int_eq(version_replace(&temp, "f", 9), -1);
	ck_assert_int_eq(errno, error);
	ck_assert(temp_has_its_name(&temp));
	ck_assert_int_eq(chmod(".", 0755), 0);
	temp_discard(&temp);
	ck_assert_int_eq(scratch_count("."), 2);
	ck_assert_str_eq(scratch_text("f"), "old");
}

static void
replace_in_unwritable(void)
{
	replace_in_closed(0555, EACCES);
}

static void
replace_in_unreadable(void)
{
	replace_in_closed(0333, ERR_NO_VERSIONS);
}

static void
as_owner(void (*replace)(void))
{
	scratch_mkdir("d", 0755);
	if (geteuid() == 0)
		ck_assert_int_eq(chown("d", SCRATCH_UID, SCRATCH_UID), 0);
	scratch_unprivileged(replace);
}

START_TEST(cannot_be_changed)
{
	as_owner(replace_in_unwritable);
}
END_TEST

START_TEST(cannot_be_opened)
{
	as_owner(replace_in_unreadable);
}
END_TEST

/* --- the oldest go ---------------------------------------------------- */

static void
make_version(int number)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "f.~%d~", number);
	scratch_file(name, "old", 0644);
}

static bool
has_version(int number)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "f.~%d~", number);
	return scratch_exists(name);
}

#define VERSIONS 70
#define AT_ONCE  64 /* PRUNE_MAX of version.c */

/* And no others, in whichever order the directory tells them. */
START_TEST(oldest_of_many)
{
	int i;

	for (i = 1; i <= VERSIONS; i++)
		make_version(i);
	scratch_file("f", "old", 0644);
	begin();
	step = _i == 0 ? 1 : -1;
	listed = _i == 0 ? 0 : VERSIONS + 1;
	listed_last = _i == 0 ? VERSIONS : 1;
	ck_assert_int_eq(version_replace(&temp, "f", 3), 0);
	step = 0;
	for (i = 1; i <= VERSIONS + 1; i++)
		ck_assert_msg(has_version(i) == (i > AT_ONCE), "%d", i);
}
END_TEST

/* Other names of the directory take no part in it. */
START_TEST(oldest_among_others)
{
	char name[32];
	int i;

	for (i = 0; i < AT_ONCE; i++) {
		(void)snprintf(name, sizeof(name), "f%d", i);
		scratch_file(name, "other", 0644);
	}
	make_version(1);
	scratch_file("f", "old", 0644);
	begin();
	ck_assert_int_eq(version_replace(&temp, "f", 1), 0);
	ck_assert(!has_version(1));
	ck_assert(has_version(2));
	ck_assert_int_eq(scratch_count("."), AT_ONCE + 2);
}
END_TEST

/* What is not regular is no version, whatever its name and mode. */
START_TEST(oldest_is_fifo)
{
	ck_assert_int_eq(mkfifo("f.~1~", 0444), 0);
	scratch_file("f", "old", 0644);
	begin();
	ck_assert_int_eq(version_replace(&temp, "f", 1), 0);
	ck_assert(has_version(1));
	ck_assert(has_version(2));
}
END_TEST

/* Nor one of which that cannot be told. */
START_TEST(oldest_is_unknown)
{
	scratch_file("f.~1~", "older", 0444);
	scratch_file("f", "old", 0644);
	begin();
	look_error = EIO;
	ck_assert_int_eq(version_replace(&temp, "f", 1), 0);
	look_error = 0;
	ck_assert(has_version(1));
	ck_assert(has_version(2));
}
END_TEST

/* What is not ours to write is not ours to remove, whatever its mode. */
static const struct {
	bool own;
	mode_t mode;
	bool removed;
} oldest_rows[] = {
	{ true, 0644, true },
	{ true, 0444, true },
	{ true, 0, true },
	{ false, 0644, false },
	{ false, 0444, false },
	{ false, 0, false },
	{ false, 0666, true },
	{ false, 0446, true },
};

static int row;

static void
replace_as_account(void)
{
	int fds;

	scratch_file("f", "old", 0644);
	begin();
	fds = scratch_fds();
	ck_assert_int_eq(version_replace(&temp, "f", 1), 0);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert(has_version(1) != oldest_rows[row].removed);
	ck_assert(has_version(2));
}

START_TEST(oldest_of_another)
{
	row = _i;
	if (geteuid() != 0 && !oldest_rows[row].own)
		return;
	scratch_file("f.~1~", "older", oldest_rows[row].mode);
	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(".", 0777), 0);
		ck_assert_int_eq(
		    chown("f.~1~", oldest_rows[row].own ? SCRATCH_UID : 4711,
			4711),
		    0);
	}
	scratch_unprivileged(replace_as_account);
}
END_TEST

/* As of a file in a snapshot that is made of links. */
START_TEST(oldest_has_names)
{
	scratch_file("f.~1~", "older", _i == 0 ? 0644 : 0444);
	ck_assert_int_eq(link("f.~1~", "snapshot"), 0);
	scratch_file("f", "old", 0644);
	begin();
	ck_assert_int_eq(version_replace(&temp, "f", 1), 0);
	ck_assert(!has_version(1));
	ck_assert(has_version(2));
	ck_assert_str_eq(scratch_text("snapshot"), "older");
}
END_TEST

/* What was tried stays hidden, and alone. */
START_TEST(probe)
{
	char before[sizeof(temp.name)];
	int fds;

	begin();
	fds = scratch_fds();
	memcpy(before, temp.name, sizeof(before));
	ck_assert_int_eq(version_probe(&temp, &names), 0);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_assert(temp_has_its_name(&temp));
	ck_assert(policy_is_temp_name(temp.name, strlen(temp.name)));
	ck_assert_str_ne(temp.name, before);
	ck_assert_str_eq(scratch_text(temp.name), "new");
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

/* Whatever kept it from being tried says nothing of the file system. */
START_TEST(cannot_be_probed)
{
	struct rlimit all, none;
	int ret, error;

	begin();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = all;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ret = version_probe(&temp, &names);
	error = errno;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(error, EMFILE);
	ck_assert(temp_has_its_name(&temp));
	ck_assert_int_eq(scratch_count("."), 1);
}
END_TEST

static Suite *
version_suite(void)
{
	Suite *s = suite_create("version");
	TCase *tc = tcase_create("version");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, cannot_be_read, 0, 2);
	tcase_add_test(tc, cannot_be_opened);
	tcase_add_test(tc, numbers_taken);
	tcase_add_test(tc, name_is_gone);
	tcase_add_loop_test(tc, name_is_long, 0, NAME_BYTES_MAX - LONGEST + 1);
	tcase_add_test(tc, cannot_be_changed);
	tcase_add_loop_test(tc, oldest_of_many, 0, 2);
	tcase_add_test(tc, oldest_among_others);
	tcase_add_test(tc, oldest_is_fifo);
	tcase_add_test(tc, oldest_is_unknown);
	tcase_add_loop_test(tc, oldest_of_another, 0, (int)LENGTH(oldest_rows));
	tcase_add_loop_test(tc, oldest_has_names, 0, 2);
	tcase_add_test(tc, probe);
	tcase_add_test(tc, cannot_be_probed);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(version_suite(), "version");
}

/* SPDX-License-Identifier: ISC */
/* The directories of an upload: entered, named, left, swept. */
#include "config.h"

#include "errors.h"
#include "tree.h"

#include <check.h>

#include "rooted.h"
#include "scratch.h"

#define TEMP "/.scp-server.0123456789abcdef~"

static struct root root;
static struct durable durable;
static struct tree tree;
static int here;
static unsigned synced; /* file systems */
static unsigned files_synced;
static int fsync_error;
static bool stat_fails;

int
fsync(int fd)
{
	(void)fd;
	files_synced++;
	if (fsync_error == 0)
		return 0;
	errno = fsync_error;
	return -1;
}

/* What fails has filled *st all the same: nobody is to look at it then. */
int
fstat(int fd, struct stat *st)
{
	int ret = fstatat(fd, "", st, AT_EMPTY_PATH);

	if (!stat_fails)
		return ret;
	errno = EIO;
	return -1;
}

int
syncfs(int fd)
{
	synced++;
	if ((fcntl(fd, F_GETFL) & O_PATH) == 0)
		return 0;
	errno = EBADF;
	return -1;
}

static const struct timespec some_times[2] = { { 1000000001, 123456000 },
	{ 1500000000, 654321000 } };

static void
setup(void)
{
	scratch_fresh();
	rooted(&root, ".");
	here = root.fd;
	durable_init(&durable);
	ck_assert_int_eq(
	    tree_init(&tree, &root.gate, &durable, "/in", "in"), 0);
}

static int
innermost(void)
{
	return tree.depth == 0 ? here : tree_dir(&tree);
}

static void
enter(const char *name, const struct tree_wish *wish)
{
	ck_assert_int_eq(tree_push_name(&tree, name), 0);
	ck_assert_msg(tree_enter(&tree, innermost(), name, wish) == 0, "%s: %s",
	    name, strerror(errno));
}

static void
expect_times(const char *path, const struct timespec times[2])
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_int_eq(st.st_mtim.tv_sec, times[1].tv_sec);
	ck_assert_int_eq(st.st_mtim.tv_nsec, times[1].tv_nsec);
}

static bool
has_times(const char *path, const struct timespec times[2])
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_mtim.tv_sec == times[1].tv_sec &&
	    st.st_atim.tv_sec == times[0].tv_sec;
}

static void
make_file_in(const char *name)
{
	int fd;

	fd = openat(innermost(), name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_msg(fd != -1, "%s: %s", name, strerror(errno));
	ck_assert_int_eq(close(fd), 0);
}

/* --- directories of our making ---------------------------------------- */

static const struct {
	struct policy_mode mode;
	mode_t umask;
	mode_t meanwhile;
	mode_t want;
} made_rows[] = {
	{ { 0755, false }, 022, 0755, 0755 },
	{ { 0777, false }, 022, 0755, 0755 },
	{ { 0777, false }, 0, 0777, 0777 },
	{ { 0777, false }, 077, 0700, 0700 },
	{ { 0700, false }, 022, 0700, 0700 },
	/* read-only ones are filled first */
	{ { 0555, false }, 022, 0755, 0555 },
	{ { 0555, true }, 022, 0755, 0555 },
	{ { 0, false }, 022, 0700, 0 },
	{ { 0, true }, 022, 0700, 0 },
	{ { 0050, false }, 022, 0750, 0050 },
	/* exact: whatever the umask is, in the end */
	{ { 0777, true }, 022, 0755, 0777 },
	{ { 0775, true }, 077, 0700, 0775 },
	{ { 0711, true }, 0, 0711, 0711 },
};

static void
make_and_fill(void)
{
	static struct tree_wish wish;
	size_t i;
	int fds;

	for (i = 0; i < LENGTH(made_rows); i++) {
		fds = scratch_fds();
		wish.mode = made_rows[i].mode;
		(void)umask(made_rows[i].umask);
		ck_assert(!tree_is_new(&tree));
		enter("d", &wish);
		ck_assert(tree_is_new(&tree));
		ck_assert_uint_eq(scratch_mode("d"), made_rows[i].meanwhile);
		make_file_in("f");
		ck_assert_int_eq(tree_leave(&tree), 0);
		ck_assert_uint_eq(scratch_mode("d"), made_rows[i].want);
		/* What this session made needs no sweep. */
		ck_assert_uint_eq(tree.nunswept, 0);
		ck_assert_int_eq(scratch_fds(), fds);
		ck_assert_int_eq(chmod("d", 0700), 0);
		ck_assert_int_eq(unlink("d/f"), 0);
		ck_assert_int_eq(rmdir("d"), 0);
	}
}

START_TEST(made)
{
	scratch_unprivileged(make_and_fill);
}
END_TEST

/* Where none may be made, those that are there are entered. */
START_TEST(not_made)
{
	struct tree_wish wish = { { 0755, false }, false, false, NULL, true };

	scratch_mkdir("d", 0755);
	enter("d", &wish);
	ck_assert_int_eq(tree_leave(&tree), 0);
	ck_assert_int_eq(tree_push_name(&tree, "new"), 0);
	errno = 0;
	ck_assert_int_eq(tree_enter(&tree, here, "new", &wish), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert(!scratch_exists("new"));
	tree_forget(&tree);
}
END_TEST

/* Times are set after what is in it, at every level. */
START_TEST(times_of_made)
{
	struct tree_wish wish = { { 0755, false }, false, false, some_times,
		false };

	enter("a", &wish);
	enter("b", &wish);
	make_file_in("f");
	wish.times = NULL;
	enter("c", &wish);
	ck_assert_int_eq(tree_leave(&tree), 0);
	ck_assert_int_eq(tree_leave(&tree), 0);
	expect_times("a/b", some_times);
	make_file_in("g");
	ck_assert_int_eq(tree_leave(&tree), 0);
	expect_times("a", some_times);
	expect_times("a/b", some_times);
	ck_assert(!has_times("a/b/c", some_times));
}
END_TEST

/* The wish's times are not looked at again. */
START_TEST(times_are_copied)
{
	struct timespec times[2];
	struct tree_wish wish = { { 0755, true }, true, true, times, false };

	memcpy(times, some_times, sizeof(times));
	enter("d", &wish);
	memset(times, 0, sizeof(times));
	ck_assert_int_eq(tree_leave(&tree), 0);
	expect_times("d", some_times);
}
END_TEST

/* DESIGN.md 3: the set-group-ID bit that a directory gives is kept. */
START_TEST(inherited_bit)
{
	struct tree_wish wish = { { 0755, _i % 2 != 0 }, true, true, NULL,
		false };

	ck_assert_int_eq(chmod(".", 02775), 0);
	if (_i / 2 != 0) {
		scratch_mkdir("d", 02500);
		wish.mode.bits = 0750;
	}
	enter("d", &wish);
	ck_assert_uint_eq(
	    scratch_mode("d"), _i / 2 == 0 ? 02755 : (mode_t)02700);
	enter("e", &wish);
	ck_assert_int_eq(tree_leave_all(&tree), 0);
	ck_assert_uint_eq(
	    scratch_mode("d"), _i / 2 == 0 ? 02755 : (mode_t)02750);
	ck_assert_uint_eq(
	    scratch_mode("d/e"), _i / 2 == 0 ? 02755 : (mode_t)02750);
}
END_TEST

/* --- directories that were there -------------------------------------- */

static const struct {
	mode_t was;
	bool preserve;
	bool sets_existing;
	bool times;
	mode_t meanwhile;
	mode_t want;
	bool want_times;
} existing_rows[] = {
	{ 0755, false, true, false, 0755, 0755, false },
	{ 0755, false, true, true, 0755, 0755, true },
	{ 0755, true, true, true, 0755, 0711, true },
	{ 0755, true, true, false, 0755, 0711, false },
	{ 0700, true, true, true, 0700, 0711, true },
	/* made writable for as long as it takes, only with -p */
	{ 0555, true, true, true, 0755, 0711, true },
	{ 0500, true, true, true, 0700, 0711, true },
	{ 0400, true, true, true, 0700, 0711, true },
	{ 0555, false, true, false, 0555, 0555, false },
	/* a write-only client changes nothing */
	{ 0755, true, false, true, 0755, 0755, false },
	{ 0555, true, false, true, 0555, 0555, false },
};

static void
enter_existing(void)
{
	static struct tree_wish wish = { { 0711, true }, false, false, NULL,
		false };
	size_t i;
	int fds;

	for (i = 0; i < LENGTH(existing_rows); i++) {
		fds = scratch_fds();
		ck_assert_int_eq(mkdir("d", 0755), 0);
		scratch_file("d/old", "", 0644);
		ck_assert_int_eq(chmod("d", existing_rows[i].was), 0);
		wish.preserve = existing_rows[i].preserve;
		wish.sets_existing = existing_rows[i].sets_existing;
		wish.times = existing_rows[i].times ? some_times : NULL;
		enter("d", &wish);
		ck_assert(!tree_is_new(&tree));
		ck_assert_msg(scratch_mode("d") == existing_rows[i].meanwhile,
		    "row %zu: %#o", i, (unsigned)scratch_mode("d"));
		if ((existing_rows[i].meanwhile & 0300) == 0300)
			make_file_in("f");
		ck_assert_int_eq(tree_leave(&tree), 0);
		ck_assert_uint_eq(scratch_mode("d"), existing_rows[i].want);
		ck_assert_int_eq(
		    has_times("d", some_times), existing_rows[i].want_times);
		ck_assert_uint_eq(tree.nunswept, 1);
		tree_sweep(&tree);
		ck_assert_uint_eq(tree.nunswept, 0);
		ck_assert_int_eq(scratch_fds(), fds);
		ck_assert_int_eq(chmod("d", 0700), 0);
		(void)unlink("d/f");
		ck_assert_int_eq(unlink("d/old"), 0);
		ck_assert_int_eq(rmdir("d"), 0);
	}
}

START_TEST(existing)
{
	scratch_unprivileged(enter_existing);
}
END_TEST

/* A sticky bit that somebody has set is not the client's to take away. */
START_TEST(sticky_bit)
{
	struct tree_wish wish = { { 0755, true }, true, true, NULL, false };

	scratch_mkdir("d", _i == 0 ? 01777 : 01577);
	enter("d", &wish);
	ck_assert_uint_eq(scratch_mode("d"), 01777);
	ck_assert_int_eq(tree_leave(&tree), 0);
	ck_assert_uint_eq(scratch_mode("d"), 01755);
}
END_TEST

/* --- what is no directory --------------------------------------------- */

static const struct {
	const char *name;
	int error;
} not_rows[] = {
	{ "file", ENOTDIR },
	{ "fifo", ENOTDIR },
	/* R-PATH-2, CVE-2019-6111 turned round: never through a link */
	{ "link", ENOTDIR },
	{ "dangling", ENOTDIR },
	{ "missing/d", ENOENT },
	{ "file/d", ENOTDIR },
};

START_TEST(not_a_directory)
{
	struct tree_wish wish = { { 0777, true }, true, true, some_times,
		false };
	int fds;

	scratch_file("file", "", 0640);
	ck_assert_int_eq(mkfifo("fifo", 0640), 0);
	scratch_mkdir("dir", 0750);
	scratch_link("dir", "link");
	scratch_link("nowhere", "dangling");
	fds = scratch_fds();
	ck_assert_int_eq(tree_push_name(&tree, "x"), 0);
	errno = 0;
	ck_assert_int_eq(tree_enter(&tree, here, not_rows[_i].name, &wish), -1);
	ck_assert_int_eq(errno, not_rows[_i].error);
	ck_assert_uint_eq(tree.depth, 0);
	ck_assert_int_eq(tree_dir(&tree), -1);
	tree_pop_name(&tree);
	ck_assert_str_eq(tree.path, "/in");
	ck_assert_uint_eq(scratch_mode("dir"), 0750);
	ck_assert_uint_eq(scratch_mode("file"), 0640);
	ck_assert(!scratch_exists("nowhere"));
	ck_assert_int_eq(scratch_count("."), 5);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

static void
enter_locked(void)
{
	struct tree_wish wish = { { 0700, true }, true, true, some_times,
		false };

	/* The directory above is not ours to write. */
	ck_assert_int_eq(close(here), 0);
	here = scratch_dir("readonly");
	ck_assert_int_eq(tree_push_name(&tree, "d"), 0);
	errno = 0;
	ck_assert_int_eq(tree_enter(&tree, here, "d", &wish), -1);
	ck_assert_int_eq(errno, EACCES);
	tree_pop_name(&tree);
	/*
	 * A drop box is filled; what it cannot be given is told, and it is left
	 * all the same.
	 */
	enter("dropbox", &wish);
	make_file_in("f");
	enter("e", &wish);
	errno = 0;
	ck_assert_int_eq(tree_leave_all(&tree), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_uint_eq(tree.depth, 0);
	ck_assert_str_eq(tree.path, "/in");
	/* Somebody else's: neither mode nor times are ours to set. */
	if (geteuid() != SCRATCH_UID)
		return;
	enter("foreign", &wish);
	errno = 0;
	ck_assert_int_eq(tree_leave(&tree), -1);
	ck_assert_int_eq(errno, EPERM);
	wish.times = NULL;
	enter("foreign", &wish);
	errno = 0;
	ck_assert_int_eq(tree_leave(&tree), -1);
	ck_assert_int_eq(errno, EPERM);
	tree_sweep(&tree);
}

START_TEST(locked)
{
	scratch_mkdir("readonly", 0755);
	scratch_mkdir("readonly/dropbox", 0333);
	scratch_mkdir("readonly/foreign", 0777);
	ck_assert_int_eq(chmod("readonly", 0555), 0);
	scratch_unprivileged(enter_locked);
	ck_assert_int_eq(chmod("readonly/dropbox", 0700), 0);
	ck_assert(scratch_exists("readonly/dropbox/f"));
	ck_assert(scratch_exists("readonly/dropbox/e"));
	ck_assert_uint_eq(scratch_mode("readonly/foreign"), 0777);
}
END_TEST

/* --- names ------------------------------------------------------------ */

static const struct {
	const char *path;
	const char *shown;
	const char *pushed_path; /* with "n" */
	const char *pushed_shown;
} name_rows[] = {
	{ "/", "/", "/n", "/n" },
	{ "/", ".", "/n", "./n" },
	{ "/", "", "/n", "/n" },
	{ "/in", "in", "/in/n", "in/n" },
	{ "/in", "in/", "/in/n", "in/n" },
	{ "/in", "~/x/../in", "/in/n", "~/x/../in/n" },
};

START_TEST(names)
{
	struct tree_wish wish = { { 0755, false }, false, false, NULL, false };

	ck_assert_int_eq(tree_init(&tree, &root.gate, &durable,
			     name_rows[_i].path, name_rows[_i].shown),
	    0);
	/* What stands before a text is none of it. */
	tree.path[sizeof(tree.path) - 1] = '/';
	ck_assert_int_eq(tree_dir(&tree), -1);
	ck_assert_int_eq(tree_push_name(&tree, "other name"), 0);
	/* a push takes the place of the one before */
	ck_assert_int_eq(tree_push_name(&tree, "n"), 0);
	ck_assert_str_eq(tree.path, name_rows[_i].pushed_path);
	ck_assert_str_eq(tree.shown, name_rows[_i].pushed_shown);
	tree_pop_name(&tree);
	ck_assert_str_eq(tree.path, name_rows[_i].path);
	ck_assert_str_eq(tree.shown, name_rows[_i].shown);
	enter("n", &wish);
	ck_assert_str_eq(tree.path, name_rows[_i].pushed_path);
	ck_assert_int_eq(tree_push_name(&tree, "m"), 0);
	ck_assert_str_eq(strrchr(tree.path, '/'), "/m");
	ck_assert_uint_eq(
	    strlen(tree.path), strlen(name_rows[_i].pushed_path) + 2);
	tree_pop_name(&tree);
	ck_assert_str_eq(tree.path, name_rows[_i].pushed_path);
	ck_assert_str_eq(tree.shown, name_rows[_i].pushed_shown);
	ck_assert_int_eq(tree_leave(&tree), 0);
	ck_assert_str_eq(tree.path, name_rows[_i].path);
	ck_assert_str_eq(tree.shown, name_rows[_i].shown);
}
END_TEST

/* R-RES-1: which of the two does not fit, and by how much */
START_TEST(names_too_long)
{
	static const struct {
		size_t path;
		size_t shown;
		bool init;
		bool push; /* of ten bytes, and a slash */
	} rows[] = {
		{ PATH_BYTES_MAX - 1, 1, true, false },
		{ PATH_BYTES_MAX, 1, false, false },
		{ 1, PATH_BYTES_MAX - 1, true, false },
		{ 1, PATH_BYTES_MAX, false, false },
		{ PATH_BYTES_MAX - 12, PATH_BYTES_MAX - 12, true, true },
		{ PATH_BYTES_MAX - 11, PATH_BYTES_MAX - 12, true, false },
		{ PATH_BYTES_MAX - 12, PATH_BYTES_MAX - 11, true, false },
	};
	static char path[PATH_BYTES_MAX + 1], shown[PATH_BYTES_MAX + 1];

	memset(path, 'p', rows[_i].path);
	memset(shown, 's', rows[_i].shown);
	errno = 0;
	ck_assert_int_eq(tree_init(&tree, &root.gate, &durable, path, shown),
	    rows[_i].init ? 0 : -1);
	if (!rows[_i].init) {
		ck_assert_int_eq(errno, ENAMETOOLONG);
		return;
	}
	ck_assert_int_eq(
	    tree_push_name(&tree, "0123456789"), rows[_i].push ? 0 : -1);
	if (rows[_i].push)
		return;
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_str_eq(tree.path, path);
	ck_assert_str_eq(tree.shown, shown);
}
END_TEST

/* --- many ------------------------------------------------------------- */

START_TEST(deepest)
{
	struct tree_wish wish = { { 0700, false }, false, false, some_times,
		false };
	struct rlimit limit = { 1024, 1024 };
	int i, fds;

	(void)setrlimit(RLIMIT_NOFILE, &limit);
	fds = scratch_fds();
	ck_assert_int_eq(tree_init(&tree, &root.gate, &durable, "/", "."), 0);
	for (i = 0; i < DEPTH_MAX; i++)
		enter("d", &wish);
	ck_assert_int_eq(tree_push_name(&tree, "e"), 0);
	errno = 0;
	ck_assert_int_eq(tree_enter(&tree, tree_dir(&tree), "e", &wish), -1);
	ck_assert_int_eq(errno, ERR_TOO_DEEP);
	ck_assert_uint_eq(tree.depth, DEPTH_MAX);
	ck_assert_int_eq(tree_leave_all(&tree), 0);
	ck_assert_uint_eq(tree.depth, 0);
	ck_assert_str_eq(tree.path, "/");
	ck_assert_str_eq(tree.shown, ".");
	/* Deepest first: making and setting those below changed none above. */
	expect_times("d", some_times);
	expect_times("d/d/d", some_times);
	ck_assert_int_eq(tree_leave_all(&tree), 0);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/* One that cannot be set does not keep those above it from being set. */
START_TEST(leave_all_goes_on)
{
	static const struct timespec bad[2] = { { 1, 0 }, { 1, -5 } };
	struct tree_wish wish = { { 0711, true }, true, true, some_times,
		false };

	enter("a", &wish);
	enter("b", &wish);
	wish.times = bad;
	enter("c", &wish);
	errno = 0;
	ck_assert_int_eq(tree_leave_all(&tree), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(scratch_mode("a"), 0711);
	expect_times("a", some_times);
	expect_times("a/b", some_times);
}
END_TEST

/* --- Sync session ----------------------------------------------------- */

static const struct {
	enum policy_sync sync;
	bool exists;
	bool preserve;
	bool times;
	mode_t mode;
	unsigned synced;
} sync_rows[] = {
	{ POLICY_SYNC_SESSION, false, false, false, 0755, 1 },
	/* not to be opened any more when it is left */
	{ POLICY_SYNC_SESSION, false, false, false, 0, 1 },
	{ POLICY_SYNC_SESSION, true, false, true, 0755, 1 },
	{ POLICY_SYNC_SESSION, true, true, false, 0711, 1 },
	/* it has that mode already */
	{ POLICY_SYNC_SESSION, true, true, false, 0755, 0 },
	{ POLICY_SYNC_SESSION, true, false, false, 0755, 0 },
	{ POLICY_SYNC_FILE, false, false, true, 0755, 0 },
	{ POLICY_SYNC_NO, false, false, true, 0755, 0 },
};

static int row; /* of the test that runs as an ordinary account */

static void
make_and_sync(void)
{
	struct tree_wish wish = { .mode = { sync_rows[row].mode,
				      POLICY_MODE_CREATED },
		.sets_existing = true,
		.preserve = sync_rows[row].preserve,
		.times = sync_rows[row].times ? some_times : NULL };
	int fds = scratch_fds();

	policy.sync = sync_rows[row].sync;
	if (sync_rows[row].exists)
		scratch_mkdir("a", 0755);
	enter("a", &wish);
	ck_assert_int_eq(tree_leave(&tree), 0);
	ck_assert_uint_eq(synced, 0);
	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_uint_eq(synced, sync_rows[row].synced);
	tree_forget(&tree);
	ck_assert_int_eq(scratch_fds(), fds);
}

START_TEST(sync_session)
{
	row = _i;
	scratch_unprivileged(make_and_sync);
}
END_TEST

/* One that cannot be synced is not as was asked; what follows can be. */
static void
make_unreadable(void)
{
	struct tree_wish wish = { .mode = { 0755, POLICY_MODE_CREATED } };

	policy.sync = POLICY_SYNC_SESSION;
	(void)umask(0400);
	enter("a", &wish);
	errno = 0;
	ck_assert_int_eq(tree_leave(&tree), -1);
	ck_assert_int_eq(errno, EACCES);
	(void)umask(022);
	enter("b", &wish);
	ck_assert_int_eq(tree_leave(&tree), 0);
	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_uint_eq(synced, 1);
}

START_TEST(sync_unreadable)
{
	scratch_unprivileged(make_unreadable);
	ck_assert_int_eq(chmod("a", 0755), 0);
}
END_TEST

/* --- Sync file -------------------------------------------------------- */

/* The name of a new one, and whatever is set on any. */
static const struct {
	enum policy_sync sync;
	bool exists;
	bool preserve;
	bool times;
	mode_t mode;
	unsigned entered; /* synced so far */
	unsigned left;
} file_rows[] = {
	{ POLICY_SYNC_FILE, false, false, false, 0755, 1, 1 },
	{ POLICY_SYNC_FILE, false, false, false, 0555, 1, 2 },
	{ POLICY_SYNC_FILE, false, false, true, 0755, 1, 2 },
	{ POLICY_SYNC_FILE, true, false, false, 0755, 0, 0 },
	{ POLICY_SYNC_FILE, true, true, false, 0755, 0, 1 },
	{ POLICY_SYNC_FILE, true, false, true, 0755, 0, 1 },
	{ POLICY_SYNC_SESSION, false, true, true, 0755, 0, 0 },
	{ POLICY_SYNC_NO, false, true, true, 0755, 0, 0 },
};

static void
wish_of_row(struct tree_wish *wish, int i)
{
	*wish = (struct tree_wish){ .mode = { file_rows[i].mode,
					POLICY_MODE_CREATED },
		.sets_existing = true,
		.preserve = file_rows[i].preserve,
		.times = file_rows[i].times ? some_times : NULL };
	policy.sync = file_rows[i].sync;
	if (file_rows[i].exists)
		scratch_mkdir("a", 0700);
}

START_TEST(sync_file)
{
	struct tree_wish wish;

	wish_of_row(&wish, _i);
	enter("a", &wish);
	ck_assert_uint_eq(files_synced, file_rows[_i].entered);
	/* Of an earlier call. */
	errno = ENOSPC;
	ck_assert_int_eq(tree_leave(&tree), 0);
	ck_assert_uint_eq(files_synced, file_rows[_i].left);
}
END_TEST

/* What is not on the disk is told, and it is left all the same. */
START_TEST(sync_file_fails)
{
	struct tree_wish wish;
	bool fails_late = file_rows[_i].left > file_rows[_i].entered;
	int fds = scratch_fds();

	wish_of_row(&wish, _i);
	fsync_error = EIO;
	if (file_rows[_i].entered > 0) {
		ck_assert_int_eq(tree_push_name(&tree, "a"), 0);
		errno = 0;
		ck_assert_int_eq(tree_enter(&tree, here, "a", &wish), -1);
		ck_assert_int_eq(errno, EIO);
		ck_assert_uint_eq(tree.depth, 0);
		ck_assert_int_eq(scratch_fds(), fds);
		fsync_error = 0;
		ck_assert_int_eq(rmdir("a"), 0);
	}
	enter("a", &wish);
	fsync_error = EIO;
	errno = 0;
	ck_assert_int_eq(tree_leave(&tree), fails_late ? -1 : 0);
	if (fails_late)
		ck_assert_int_eq(errno, EIO);
	ck_assert_uint_eq(tree.depth, 0);
	tree_forget(&tree);
	ck_assert_int_eq(durable_now(&durable), 0);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

/*
 * Sync file where the directory above cannot be opened: by way of the new one,
 * unless that cannot be opened either.
 */
static const struct {
	mode_t umask;
	int error;
} drop_box_rows[] = {
	{ 022, 0 },
	{ 0400, EACCES },
};

static void
make_in_drop_box(void)
{
	struct tree_wish wish = { .mode = { 0755, POLICY_MODE_CREATED } };
	int fds, error = drop_box_rows[row].error;

	policy.sync = POLICY_SYNC_FILE;
	ck_assert_int_eq(close(here), 0);
	here = open("box", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fds = scratch_fds();
	(void)umask(drop_box_rows[row].umask);
	ck_assert_int_eq(tree_push_name(&tree, "d"), 0);
	errno = 0;
	ck_assert_int_eq(
	    tree_enter(&tree, here, "d", &wish), error == 0 ? 0 : -1);
	ck_assert_uint_eq(synced, 1);
	if (error == 0)
		ck_assert_int_eq(tree_leave(&tree), 0);
	else
		ck_assert_int_eq(errno, error);
	ck_assert_int_eq(scratch_fds(), fds);
}

START_TEST(sync_in_drop_box)
{
	row = _i;
	scratch_mkdir("box", 0333);
	scratch_unprivileged(make_in_drop_box);
	ck_assert_int_eq(chmod("box", 0755), 0);
	ck_assert_int_eq(chmod("box/d", 0755), 0);
}
END_TEST

/* --- the dead --------------------------------------------------------- */

#define MANY (TREE_UNSWEPT_MAX + 8)

static void
leave_many(const char *in_each)
{
	struct tree_wish wish = { { 0755, false }, false, false, NULL, true };
	char name[64];
	int i;

	for (i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		enter(name, &wish);
		(void)snprintf(name, sizeof(name), "%d%s", i, in_each);
		if (in_each[0] != '\0')
			scratch_file(name, "half", 0644);
		ck_assert_int_eq(tree_leave(&tree), 0);
		ck_assert(in_each[0] == '\0' || scratch_exists(name));
	}
}

static int
count_many(void)
{
	char name[64];
	int i, count = 0;

	for (i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		count += scratch_count(name);
	}
	return count;
}

/*
 * R-FILE-2: at the very end; what cannot be remembered waits for others, and
 * not for ever, though all of them come the same way.
 */
START_TEST(sweep)
{
	char name[64];
	int i, fds, sessions;

	for (i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		scratch_mkdir(name, 0755);
	}
	fds = scratch_fds();
	leave_many(TEMP);
	ck_assert_uint_eq(tree.nunswept, TREE_UNSWEPT_MAX);
	for (i = 0; i < TREE_UNSWEPT_MAX; i++)
		ck_assert(fcntl(tree.unswept[i].fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(count_many(), MANY);
	tree_sweep(&tree);
	ck_assert_int_eq(count_many(), MANY - TREE_UNSWEPT_MAX);
	ck_assert_int_eq(scratch_fds(), fds);
	tree_sweep(&tree);
	ck_assert_int_eq(scratch_fds(), fds);
	for (sessions = 0; count_many() > 0 && sessions < 1000; sessions++) {
		leave_many("");
		ck_assert_uint_eq(tree.nunswept, TREE_UNSWEPT_MAX);
		tree_sweep(&tree);
	}
	ck_assert_int_eq(count_many(), 0);
	ck_assert_int_eq(scratch_fds(), fds);
}
END_TEST

START_TEST(will_sweep)
{
	int dir;

	scratch_mkdir("d", 0755);
	scratch_file("d" TEMP, "half", 0644);
	dir = scratch_dir("d");
	tree_will_sweep(&tree, dir);
	/* Once is enough. */
	tree_will_sweep(&tree, dir);
	ck_assert_uint_eq(tree.nunswept, 1);
	/* The tree has a descriptor of its own. */
	ck_assert_int_eq(close(dir), 0);
	tree_will_sweep(&tree, -1);
	ck_assert_uint_eq(tree.nunswept, 1);
	stat_fails = true;
	tree_will_sweep(&tree, here);
	stat_fails = false;
	ck_assert_uint_eq(tree.nunswept, 1);
	ck_assert(scratch_exists("d" TEMP));
	tree_sweep(&tree);
	ck_assert(!scratch_exists("d" TEMP));
}
END_TEST

/* Nor is anything noted that there is no descriptor for. */
START_TEST(will_sweep_none)
{
	struct rlimit all, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = all;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	tree_will_sweep(&tree, here);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	ck_assert_uint_eq(tree.nunswept, 0);
}
END_TEST

/* The same number on another file system is another directory. */
START_TEST(will_sweep_elsewhere)
{
	tree_will_sweep(&tree, here);
	tree.unswept[0].dev++;
	tree_will_sweep(&tree, here);
	ck_assert_uint_eq(tree.nunswept, 2);
	tree_forget(&tree);
}
END_TEST

START_TEST(forget)
{
	int fds = scratch_fds(), dir;

	scratch_mkdir("d", 0755);
	scratch_file("d" TEMP, "half", 0644);
	dir = scratch_dir("d");
	tree_will_sweep(&tree, dir);
	ck_assert_int_eq(close(dir), 0);
	tree_forget(&tree);
	ck_assert_int_eq(scratch_fds(), fds);
	tree_sweep(&tree);
	ck_assert(scratch_exists("d" TEMP));
}
END_TEST

static Suite *
tree_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("tree");
	tc = tcase_create("tree");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, made);
	tcase_add_test(tc, not_made);
	tcase_add_test(tc, times_of_made);
	tcase_add_test(tc, times_are_copied);
	tcase_add_loop_test(tc, inherited_bit, 0, 4);
	tcase_add_test(tc, existing);
	tcase_add_loop_test(tc, sticky_bit, 0, 2);
	tcase_add_loop_test(tc, not_a_directory, 0, LENGTH(not_rows));
	tcase_add_test(tc, locked);
	tcase_add_loop_test(tc, names, 0, LENGTH(name_rows));
	tcase_add_loop_test(tc, names_too_long, 0, 7);
	tcase_add_test(tc, deepest);
	tcase_add_test(tc, leave_all_goes_on);
	tcase_add_loop_test(tc, sync_session, 0, LENGTH(sync_rows));
	tcase_add_test(tc, sync_unreadable);
	tcase_add_loop_test(tc, sync_file, 0, LENGTH(file_rows));
	tcase_add_loop_test(tc, sync_file_fails, 0, LENGTH(file_rows));
	tcase_add_loop_test(tc, sync_in_drop_box, 0, LENGTH(drop_box_rows));
	tcase_add_test(tc, sweep);
	tcase_add_test(tc, will_sweep);
	tcase_add_test(tc, will_sweep_none);
	tcase_add_test(tc, will_sweep_elsewhere);
	tcase_add_test(tc, forget);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(tree_suite(), "tree");
}

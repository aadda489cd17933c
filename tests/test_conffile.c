/* SPDX-License-Identifier: ISC */
/* The files of a configuration: in whose hands, how many, in what order. */
#include "config.h"

#include <sys/stat.h>

#include <check.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conffile.h"
#include "scratch.h"

static struct settings settings;
static struct conffile conffile;
static char why[MESSAGE_BYTES_MAX];
static char here[PATH_MAX];

static const char *const *
groups(void *arg)
{
	(void)arg;
	return NULL;
}

static const struct match_who who = {
	.user = "fw01", .address = "192.0.2.77", .groups = groups
};

static void
setup(void)
{
	scratch_fresh();
	/* Others may write to that one. */
	scratch_mkdir("etc", 0755);
	ck_assert_int_eq(chdir("etc"), 0);
	ck_assert_int_eq(chmod("..", 0755), 0);
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	settings_init(&settings);
	conffile_init(&conffile);
	why[0] = '\0';
}

static void
teardown(void)
{
	conffile_clear(&conffile);
}

static const char *
path_of(const char *name)
{
	static char path[2 * PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", here, name);
	return path;
}

static bool
read_it(const char *name, bool may_be_missing)
{
	return conffile_read(&conffile, path_of(name), may_be_missing, &who,
	    &settings, why, sizeof(why));
}

/* Begins with the place and goes on with the text. */
static void
refuses(const char *name, const char *place, const char *text)
{
	char want[3 * PATH_MAX];

	ck_assert(!read_it(name, false));
	(void)snprintf(want, sizeof(want), "%s/%s", here, place);
	ck_assert_msg(strncmp(why, want, strlen(want)) == 0, "%s", why);
	ck_assert_msg(strstr(why, text) != NULL, "%s", why);
}

START_TEST(plain)
{
	scratch_file("a", "Root /a\nUmask 027\n", 0644);
	ck_assert_msg(read_it("a", false), "%s", why);
	ck_assert_str_eq(settings.root, "/a");
	ck_assert_uint_eq(settings.origin[SETTINGS_UMASK].line, 2);
	ck_assert_uint_eq(conffile.count, 1);
	ck_assert_str_eq(conffile.names[0], path_of("a"));
}
END_TEST

START_TEST(missing)
{
	ck_assert(read_it("none", true));
	ck_assert(read_it("none/at/all", true));
	ck_assert_uint_eq(conffile.count, 0);
	refuses("none", "none: ", "No such file");
	/* Only what is not there may be missing. */
	scratch_mkdir("dir", 0755);
	ck_assert(!read_it("dir", true));
	ck_assert(!conffile_read(
	    &conffile, "relative", true, &who, &settings, why, sizeof(why)));
	ck_assert_str_eq(why, "relative: expected an absolute path");
}
END_TEST

START_TEST(faults_have_their_place)
{
	scratch_file("a", "Include b\n", 0644);
	scratch_file("b", "\nRot /\n", 0644);
	refuses("a", "b:2: unknown keyword Rot: did you mean Root?", "");
	scratch_file("c", "\n\nInclude none\n", 0644);
	refuses("c", "c:3: ", "none: No such file");
}
END_TEST

static const struct {
	mode_t mode;
	bool ok;
} mode_rows[] = {
	{ 0644, true },
	{ 0444, true },
	{ 0664, false },
	{ 0646, false },
	{ 0620, false },
};

START_TEST(modes_of_files)
{
	scratch_file("a", "Root /a\n", mode_rows[_i].mode);
	ck_assert_int_eq(read_it("a", false), mode_rows[_i].ok);
	scratch_file("b", "Include a\n", 0644);
	ck_assert_int_eq(read_it("b", false), mode_rows[_i].ok);
	if (!mode_rows[_i].ok)
		ck_assert_ptr_nonnull(strstr(why, "written to"));
}
END_TEST

static const struct {
	mode_t mode;
	bool ok;
	bool glob_ok;
} dir_rows[] = {
	{ 0755, true, true },
	{ 0775, false, false },
	{ 0757, false, false },
	/* Nobody can take a file of root's away there, but put more beside. */
	{ 01777, true, false },
};

START_TEST(modes_of_directories)
{
	scratch_mkdir("d", 0755);
	scratch_mkdir("d/e", 0755);
	scratch_file("d/e/a", "Root /a\n", 0644);
	scratch_file("b", "Include d/e/*\n", 0644);
	ck_assert_int_eq(chmod("d", dir_rows[_i].mode), 0);
	ck_assert_int_eq(read_it("d/e/a", false), dir_rows[_i].ok);
	ck_assert_int_eq(chmod("d", 0755), 0);
	ck_assert_int_eq(chmod("d/e", dir_rows[_i].mode), 0);
	ck_assert_int_eq(read_it("d/e/a", false), dir_rows[_i].ok);
	ck_assert_int_eq(read_it("b", false), dir_rows[_i].glob_ok);
}
END_TEST

START_TEST(other_owners)
{
	if (geteuid() != 0) {
		skipped("not root");
		return;
	}
	scratch_file("a", "Root /a\n", 0644);
	ck_assert_int_eq(chown("a", SCRATCH_UID, 0), 0);
	refuses("a", "a: ", "owned, by others");
	scratch_mkdir("d", 0755);
	scratch_file("d/a", "Root /a\n", 0644);
	ck_assert_int_eq(chown("d", SCRATCH_UID, 0), 0);
	refuses("d/a", "d/a: ", "owned, by others");
	scratch_file("b", "Include d/*\n", 0644);
	refuses("b", "b:1: ", "owned, by others");
	/* Nor what the account can put in place of a link's way. */
	ck_assert_int_eq(symlink("d/a", "link"), 0);
	refuses("link", "link: ", "owned, by others");
}
END_TEST

START_TEST(links)
{
	scratch_mkdir("d", 0755);
	scratch_file("d/a", "Include b\n", 0644);
	scratch_file("b", "Root /b\n", 0644);
	ck_assert_int_eq(symlink("d/a", "link"), 0);
	/* Names are those beside the name that was given. */
	ck_assert_msg(read_it("link", false), "%s", why);
	ck_assert_str_eq(settings.root, "/b");
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	refuses("loop", "loop: ", "symbolic links");
}
END_TEST

/* None of these may be waited for, or read. */
START_TEST(other_types)
{
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	refuses("fifo", "fifo: ", "not a regular file");
	scratch_mkdir("dir", 0755);
	refuses("dir", "dir: ", "Is a directory");
	ck_assert(!conffile_read(
	    &conffile, "/dev/null", false, &who, &settings, why, sizeof(why)));
	ck_assert(!conffile_read(
	    &conffile, "/dev/zero", false, &who, &settings, why, sizeof(why)));
	scratch_file("a", "Include fifo\n", 0644);
	refuses("a", "a:1: ", "not a regular file");
}
END_TEST

START_TEST(sizes)
{
	static char text[CONFFILE_BYTES_MAX + 2];

	memset(text, '#', CONFFILE_BYTES_MAX + 1);
	for (size_t i = 1000; i < CONFFILE_BYTES_MAX; i += 1000)
		text[i] = '\n';
	scratch_file("a", text, 0644);
	refuses("a", "a: ", "larger than 64 KiB");
	text[CONFFILE_BYTES_MAX] = '\0';
	scratch_file("a", text, 0644);
	ck_assert_msg(read_it("a", false), "%s", why);
}
END_TEST

START_TEST(order_of_a_pattern)
{
	scratch_mkdir("conf.d", 0755);
	scratch_file("conf.d/10-b.conf", "Root /b\n", 0644);
	scratch_file("conf.d/09-a.conf", "Umask 022\n", 0644);
	scratch_file("conf.d/9-c.conf", "Root /c\nUmask 077\n", 0644);
	scratch_file("conf.d/.00.conf", "Root /hidden\n", 0644);
	scratch_file("conf.d/00.conf.bak", "Root /bak\n", 0644);
	scratch_file("conf.d/00\xff.conf", "MaxDepth 7\n", 0644);
	scratch_file("a", "Include conf.d/*.conf\n", 0644);
	ck_assert_msg(read_it("a", false), "%s", why);
	ck_assert_str_eq(settings.root, "/b");
	ck_assert_uint_eq(settings.policy.umask, 022);
	ck_assert_uint_eq(settings.policy.max_depth, 7);
	ck_assert_uint_eq(conffile.count, 5);
	ck_assert_ptr_nonnull(strstr(conffile.names[2], "conf.d/09-a.conf"));
}
END_TEST

START_TEST(patterns)
{
	scratch_mkdir("empty", 0755);
	scratch_file("a", "Include empty/*.conf\nRoot /a\n", 0644);
	ck_assert_msg(read_it("a", false), "%s", why);
	scratch_file("a", "Include none/*.conf\n", 0644);
	refuses("a", "a:1: ", "No such file");
	scratch_file("b", "", 0644);
	scratch_file("a", "Include b/*.conf\n", 0644);
	refuses("a", "a:1: ", "Not a directory");
	scratch_file("a", "Include */b\n", 0644);
	refuses("a", "a:1: ", "behind the last slash only");
	/* A directory among them. */
	scratch_mkdir("empty/x.conf", 0755);
	scratch_file("a", "Include empty/*.conf\n", 0644);
	refuses("a", "a:1: ", "Is a directory");
}
END_TEST

START_TEST(depth)
{
	char name[8], text[32];

	scratch_file("self", "Include self\n", 0644);
	refuses("self", "self:1: ", "does one include itself?");
	scratch_file("glob", "Include glo?\n", 0644);
	refuses("glob", "glob:1: ", "does one include itself?");
	for (int i = 0; i <= CONFFILE_DEPTH_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		(void)snprintf(text, sizeof(text), "Include %d\n", i + 1);
		scratch_file(name,
		    i == CONFFILE_DEPTH_MAX ? "Root /deep\n" : text, 0644);
	}
	ck_assert_msg(read_it("0", false), "%s", why);
	ck_assert_str_eq(settings.root, "/deep");
}
END_TEST

/* Files that include each other many times over. */
START_TEST(many_files)
{
	scratch_file("a", "Include b b b b b b b b b b b b b b b b b\n", 0644);
	scratch_file("b", "Include c c c c c c c c c c c c c c c c c\n", 0644);
	scratch_file("c", "# nothing\n", 0644);
	refuses("a", "b:1: ", "more than 256 files");
}
END_TEST

START_TEST(many_names_of_a_pattern)
{
	char name[16];

	scratch_mkdir("d", 0755);
	for (int i = 0; i < CONFFILE_COUNT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "d/%d", i);
		scratch_file(name, "", 0644);
	}
	scratch_file("a", "Include d/*\n", 0644);
	refuses("a", "a:1: ", "d/99: more than 256 files are included");
	conffile_clear(&conffile);
	scratch_file("d/last", "", 0644);
	refuses("a", "a:1: ", "d/: Argument list too long");
}
END_TEST

START_TEST(long_names)
{
	static char text[4096];

	(void)snprintf(text, sizeof(text), "Include %0900d\n", 7);
	scratch_file("a", text, 0644);
	ck_assert(!read_it("a", false));
	/* One that is too long with the directory in front only. */
	(void)snprintf(text, sizeof(text), "Include %01020d\n", 7);
	scratch_file("a", text, 0644);
	refuses("a", "a:1: Include: File name too long", "");
	(void)snprintf(text, sizeof(text), "Include %01100d\n", 7);
	scratch_file("a", text, 0644);
	ck_assert(!read_it("a", false));
}
END_TEST

static void *
rewrite(void *arg)
{
	volatile bool *stop = arg;

	while (!*stop) {
		scratch_file("new", "Root /old\nUmask 022\n", 0644);
		ck_assert_int_eq(rename("new", "a"), 0);
		scratch_file("new", "Root /new\nUmask 077\n", 0644);
		ck_assert_int_eq(rename("new", "a"), 0);
	}
	return NULL;
}

/* A file that is replaced meanwhile is the old one or the new one. */
START_TEST(replaced_meanwhile)
{
	volatile bool stop = false;
	pthread_t thread;
	mode_t want;

	scratch_file("a", "Root /old\nUmask 022\n", 0644);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, rewrite, (void *)(uintptr_t)&stop),
	    0);
	for (int i = 0; i < 300; i++) {
		settings_init(&settings);
		ck_assert_msg(read_it("a", false), "%s", why);
		want = strcmp(settings.root, "/old") == 0 ? 022 : 077;
		ck_assert_uint_eq(settings.policy.umask, want);
		conffile_clear(&conffile);
	}
	stop = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

/* --- fstat(2), which the linker puts here ------------------------------- */

static void (*change)(int fd);
static ino_t changing;

static uid_t installer;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);

static bool
is_this_program(const struct stat *st)
{
	struct stat exe;

	return stat("/proc/self/exe", &exe) == 0 && exe.st_ino == st->st_ino &&
	    exe.st_dev == st->st_dev;
}

/* Somebody changes a file whenever it has been looked at. */
int
__wrap_fstat(int fd, struct stat *st)
{
	int ret = __real_fstat(fd, st);
	int other;

	if (ret == 0 && change != NULL && st->st_ino == changing) {
		other = open("a", O_RDWR | O_CLOEXEC);
		ck_assert_int_ne(other, -1);
		change(other);
		(void)close(other);
	}
	if (ret == 0 && installer != 0 && is_this_program(st))
		st->st_uid = installer;
	return ret;
}

/* --- in whose hands ------------------------------------------------------ */

/* Whose the program is, the configuration may be. */
START_TEST(owner_of_the_program)
{
	if (geteuid() != 0) {
		skipped("only root has files of others");
		return;
	}
	installer = SCRATCH_UID;
	scratch_mkdir("d", 0755);
	scratch_file("d/a", "Root /a\n", 0644);
	scratch_file("b", "Include d/*\n", 0644);
	ck_assert_int_eq(chown("d", SCRATCH_UID, 0), 0);
	ck_assert_int_eq(chown("d/a", SCRATCH_UID, 0), 0);
	ck_assert_msg(read_it("d/a", false), "%s", why);
	ck_assert_msg(read_it("b", false), "%s", why);
	ck_assert_int_eq(chown("d/a", SCRATCH_UID + 1, 0), 0);
	refuses("d/a", "d/a: ", "owned, by others");
	ck_assert_int_eq(chown("d/a", 0, 0), 0);
	ck_assert_msg(read_it("b", false), "%s", why);
	ck_assert_int_eq(chown("d", SCRATCH_UID + 1, 0), 0);
	refuses("b", "b:1: ", "owned, by others");
}
END_TEST

/* --- while it is read --------------------------------------------------- */

/* Its time of modification, moved by so much. */
static struct timespec
time_of(int fd, time_t seconds, long nanoseconds)
{
	struct stat st;

	ck_assert_int_eq(fstatat(fd, "", &st, AT_EMPTY_PATH), 0);
	st.st_mtim.tv_sec += seconds;
	st.st_mtim.tv_nsec = (st.st_mtim.tv_nsec + nanoseconds) % 1000000000;
	return st.st_mtim;
}

static void
set_time(int fd, struct timespec t)
{
	ck_assert_int_eq(futimens(fd, (struct timespec[]){ t, t }), 0);
}

/* These leave the time as it was. */
static void
grow(int fd)
{
	struct timespec t = time_of(fd, 0, 0);

	ck_assert_int_ne(lseek(fd, 0, SEEK_END), -1);
	ck_assert_int_eq(write(fd, "#", 1), 1);
	set_time(fd, t);
}

static void
shrink(int fd)
{
	struct timespec t = time_of(fd, 0, 0);

	ck_assert_int_eq(ftruncate(fd, lseek(fd, -1, SEEK_END)), 0);
	set_time(fd, t);
}

static void
write_in_place(int fd)
{
	set_time(fd, time_of(fd, 1, 0));
}

static void
write_at_once(int fd)
{
	set_time(fd, time_of(fd, 0, 1));
}

static const struct {
	void (*change)(int fd);
	bool ok;
} change_rows[] = {
	{ NULL, true },
	{ grow, false },
	{ shrink, false },
	{ write_in_place, false },
	{ write_at_once, false },
};

START_TEST(changed_meanwhile)
{
	struct stat st;

	scratch_file("a", "Root /root\n#####", 0644);
	ck_assert_int_eq(stat("a", &st), 0);
	changing = st.st_ino;
	change = change_rows[_i].change;
	if (change_rows[_i].ok)
		ck_assert_msg(read_it("a", false), "%s", why);
	else
		refuses("a", "a: it changed while it was read", "");
}
END_TEST

static Suite *
conffile_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("conffile");
	tc = tcase_create("conffile");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, plain);
	tcase_add_test(tc, missing);
	tcase_add_test(tc, faults_have_their_place);
	tcase_add_loop_test(tc, modes_of_files, 0, LENGTH(mode_rows));
	tcase_add_loop_test(tc, modes_of_directories, 0, LENGTH(dir_rows));
	tcase_add_test(tc, other_owners);
	tcase_add_test(tc, links);
	tcase_add_test(tc, other_types);
	tcase_add_test(tc, sizes);
	tcase_add_test(tc, order_of_a_pattern);
	tcase_add_test(tc, patterns);
	tcase_add_test(tc, depth);
	tcase_add_test(tc, many_files);
	tcase_add_test(tc, many_names_of_a_pattern);
	tcase_add_test(tc, long_names);
	tcase_add_test(tc, replaced_meanwhile);
	tcase_add_test(tc, owner_of_the_program);
	tcase_add_loop_test(tc, changed_meanwhile, 0, LENGTH(change_rows));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(conffile_suite(), "conffile");
}

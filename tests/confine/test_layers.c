/* SPDX-License-Identifier: ISC */
/*
 * Each layer alone: what still works below it, and what does not.  Then all of
 * them together, with the filter of calls set to log only, so that it does not
 * hide what the others do.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>

#include "attributes.h"
#include "confine-landlock.h"
#include "confine-privs.h"
#include "confine-rlimit.h"
#include "confine-root.h"
#include "confine.h"
#include "filter-tables.h"
#include "log.h"
#include "real.h"
#include "scratch.h"
#include "settings.h"

#define FILE_TEXT "text"

/* The directory that is confined to, and its neighbour. */
static int root_fd;
static int outside_fd;
static char outside_file[PATH_MAX + 32];

static void
make_places(void)
{
	char here[PATH_MAX];

	scratch_fresh();
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void)snprintf(
	    outside_file, sizeof(outside_file), "%s/outside/file", here);
	(void)umask(0);
	scratch_mkdir("root", 0777);
	scratch_mkdir("root/dir", 0777);
	scratch_file("root/file", FILE_TEXT, 0666);
	scratch_mkdir("outside", 0777);
	scratch_file("outside/file", FILE_TEXT, 0666);
	scratch_link(outside_file, "root/link");
	root_fd = scratch_dir("root");
	outside_fd = scratch_dir("outside");
}

/* errno of opening name in dirfd, 0 if it can be opened. */
static int
try_open(int dirfd, const char *name, int flags)
{
	int fd;

	fd = openat(dirfd, name, flags | O_CLOEXEC, 0666);
	if (fd == -1)
		return errno;
	(void)close(fd);
	return 0;
}

static int
error_of(int ret)
{
	return ret == -1 ? errno : 0;
}

#define ck_open(want, dirfd, name, flags)                                      \
	ck_assert_int_eq(try_open(dirfd, name, flags), want)
#define ck_error(want, call) ck_assert_int_eq(error_of(call), want)

#define CREATE (O_WRONLY | O_CREAT | O_EXCL)
#define LIST   (O_RDONLY | O_DIRECTORY)

/* Run in a process of its own, as an account where root started this. */
static void
as_account(void (*fn)(void))
{
	pid_t pid;

	if (geteuid() == 0) {
		scratch_unprivileged(fn);
		return;
	}
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		fn();
		_exit(0);
	}
	scratch_wait(pid);
}

static void
in_child(void (*fn)(void))
{
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		fn();
		_exit(0);
	}
	scratch_wait(pid);
}

/* --- Landlock --------------------------------------------------------- */

static int landlock_version;

/* 0: this kernel has none. */
static bool
begin_landlock(enum command_role role)
{
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	landlock_version = confine_landlock(role, root_fd);
	if (landlock_version == -1) {
		ck_assert(errno == ENOSYS || errno == EOPNOTSUPP);
		skipped("no Landlock here");
	}
	return landlock_version != -1;
}

static void
nothing_outside(void)
{
	ck_open(EACCES, AT_FDCWD, outside_file, O_RDONLY);
	ck_open(EACCES, AT_FDCWD, outside_file, O_WRONLY);
	ck_open(EACCES, outside_fd, "file", O_RDONLY);
	ck_open(EACCES, outside_fd, "file", O_WRONLY);
	ck_open(EACCES, outside_fd, "new", CREATE);
	ck_open(EACCES, outside_fd, ".", LIST);
	ck_open(EACCES, root_fd, "../outside/file", O_RDONLY);
	ck_open(EACCES, root_fd, "link", O_RDONLY);
	ck_error(EACCES, unlinkat(outside_fd, "file", 0));
	ck_error(EACCES, mkdirat(outside_fd, "new", 0777));
	/* Another directory: not allowed since it would leave the root. */
	ck_assert_int_ne(
	    error_of(renameat(root_fd, "file", outside_fd, "new")), 0);
	ck_assert_int_ne(
	    error_of(renameat(outside_fd, "file", root_fd, "new")), 0);
	ck_assert_int_ne(
	    error_of(linkat(outside_fd, "file", root_fd, "x", 0)), 0);
	ck_error(EACCES, execl("/bin/sh", "sh", "-c", ":", (char *)NULL));
}

static void
no_special_files(void)
{
	ck_error(EACCES, symlinkat("x", root_fd, "new"));
	ck_error(EACCES, mkfifoat(root_fd, "new", 0666));
	ck_error(EACCES, unlinkat(root_fd, "dir", AT_REMOVEDIR));
}

static void
no_network(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = 1 };
	int fd;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(fd, -1);
	if (landlock_version >= 4)
		ck_error(EACCES,
		    connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	(void)close(fd);
	if (landlock_version >= 6)
		ck_error(EPERM, kill(getppid(), 0));
}

static void
landlock_sink(void)
{
	if (!begin_landlock(COMMAND_SINK))
		return;
	ck_open(0, root_fd, "new", CREATE);
	ck_open(0, root_fd, "file", O_WRONLY);
	ck_open(0, root_fd, "dir/new", CREATE);
	ck_open(0, root_fd, "dir", LIST);
	ck_error(0, renameat(root_fd, "new", root_fd, "file"));
	ck_error(0, mkdirat(root_fd, "newdir", 0777));
	ck_open(0, root_fd, "file", O_PATH);
	ck_open(EACCES, root_fd, "file", O_RDONLY);
	ck_open(EACCES, root_fd, "file", O_RDWR);
	ck_open(0, root_fd, "file", O_WRONLY | O_TRUNC);
	ck_open(EACCES, outside_fd, "file", O_WRONLY | O_TRUNC);
	if (landlock_version >= 3)
		ck_error(EACCES, truncate(outside_file, 0));
	ck_error(0, unlinkat(root_fd, "file", 0));
	no_special_files();
	nothing_outside();
	no_network();
}

static void
landlock_source(void)
{
	if (!begin_landlock(COMMAND_SOURCE))
		return;
	ck_open(0, root_fd, "file", O_RDONLY);
	ck_open(0, root_fd, "dir", LIST);
	ck_open(EACCES, root_fd, "file", O_WRONLY);
	ck_open(EACCES, root_fd, "file", O_RDWR);
	ck_open(EACCES, root_fd, "new", CREATE);
	if (landlock_version >= 3)
		ck_open(EACCES, root_fd, "file", O_RDONLY | O_TRUNC);
	ck_error(EACCES, mkdirat(root_fd, "new", 0777));
	ck_error(EACCES, unlinkat(root_fd, "file", 0));
	ck_assert_int_ne(
	    error_of(renameat(root_fd, "file", root_fd, "new")), 0);
	no_special_files();
	nothing_outside();
	no_network();
}

START_TEST(landlock)
{
	static void (*const roles[])(void) = { landlock_sink, landlock_source };

	as_account(roles[_i]);
	ck_assert_str_eq(scratch_text("outside/file"), FILE_TEXT);
	ck_assert_int_eq(scratch_count("outside"), 1);
}
END_TEST

static void
landlock_needs_no_new_privs(void)
{
	int version;

	version = confine_landlock(COMMAND_SINK, root_fd);
	ck_assert_int_eq(version, -1);
	ck_assert(errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP);
}

START_TEST(landlock_order)
{
	as_account(landlock_needs_no_new_privs);
}
END_TEST

/* --- kernels of other versions ---------------------------------------- */

/* What the kernel that is imitated has; 0: nothing is imitated. */
static int imitated;

/* As kernel and man page have it: bits and bytes of each version. */
static const struct {
	uint64_t fs, net, scoped;
	size_t size;
} imitations[] = {
	{ 0x1fff, 0, 0, 8 },
	{ 0x3fff, 0, 0, 8 },
	{ 0x7fff, 0, 0, 8 },
	{ 0x7fff, 3, 0, 16 },
	{ 0xffff, 3, 0, 16 },
	{ 0xffff, 3, 3, 24 },
	{ 0xffff, 3, 3, 24 },
	{ 0xffff, 3, 3, 24 },
};

/* What the last ruleset that was made denies. */
static uint64_t last_ruleset[3];

static long
imitate(const uint64_t *attr, size_t size)
{
	const size_t v = (size_t)imitated - 1;

	if (attr == NULL)
		return imitated;
	memset(last_ruleset, 0, sizeof(last_ruleset));
	memcpy(last_ruleset, attr,
	    size < sizeof(last_ruleset) ? size : sizeof(last_ruleset));
	if (size > imitations[v].size)
		errno = E2BIG;
	else if ((last_ruleset[0] & ~imitations[v].fs) != 0 ||
	    (last_ruleset[1] & ~imitations[v].net) != 0 ||
	    (last_ruleset[2] & ~imitations[v].scoped) != 0)
		errno = EINVAL;
	else
		return 0;
	return -1;
}

/* Stands before that of libc, for the modules too. */
long
syscall(long number, ...)
{
	static long (*real)(long, ...);
	long args[6];
	va_list ap;
	size_t i;

	va_start(ap, number);
	for (i = 0; i < LENGTH(args); i++)
		args[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_landlock_create_ruleset && imitated != 0 &&
	    ((const void *)args[0] == NULL ||
		imitate((const uint64_t *)args[0], (size_t)args[1]) == -1))
		return args[0] == 0 ? imitated : -1;
	if (real == NULL)
		find_real("syscall", &real);
	return real(
	    number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

/* The version that the kernel itself has, 0 or -1: none. */
static int
landlock_here(void)
{
	const int saved = imitated;
	long version;

	imitated = 0;
	version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1U);
	imitated = saved;
	return (int)version;
}

/* Everything that a version can deny is denied, and nothing it does not know.
 */
static void
landlock_of_version(void)
{
	const size_t v = (size_t)imitated - 1;
	const int expected = imitated > 7 ? 7 : imitated;

	if (expected > landlock_here()) {
		skipped("this kernel's Landlock is older");
		return;
	}
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(confine_landlock(COMMAND_SINK, root_fd), expected);
	ck_assert_uint_eq(last_ruleset[0], imitations[v].fs);
	ck_assert_uint_eq(last_ruleset[1], imitations[v].net);
	ck_assert_uint_eq(last_ruleset[2], imitations[v].scoped);
	ck_open(0, root_fd, "created", CREATE);
	ck_open(0, root_fd, "file", O_WRONLY);
	ck_open(EACCES, root_fd, "file", O_RDONLY);
	/* To what it is already. */
	ck_error(imitated < 3 ? 0 : EACCES,
	    truncate(outside_file, sizeof(FILE_TEXT) - 1));
	nothing_outside();
	no_special_files();
}

START_TEST(landlock_versions)
{
	imitated = _i + 1;
	as_account(landlock_of_version);
}
END_TEST

/* --- the root --------------------------------------------------------- */

static void
no_way_out(void)
{
	char cwd[PATH_MAX];

	ck_open(ENOENT, AT_FDCWD, outside_file, O_RDONLY);
	ck_open(ENOENT, AT_FDCWD, "../outside/file", O_RDONLY);
	ck_open(ENOENT, AT_FDCWD, "/../../../../etc/passwd", O_RDONLY);
	ck_open(ENOENT, root_fd, "../outside/file", O_RDONLY);
	ck_open(ENOENT, root_fd, "link", O_RDONLY);
	ck_open(0, AT_FDCWD, "/file", O_RDONLY);
	ck_open(0, AT_FDCWD, "file", O_RDONLY);
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	ck_assert_str_eq(cwd, "/");
}

static void
root_as_root(void)
{
	const char *why = NULL;

	ck_assert_int_eq(
	    confine_root(root_fd, true, &why), CONFINE_ROOT_CHROOT);
	no_way_out();
}

START_TEST(root_of_root)
{
	if (geteuid() == 0)
		in_child(root_as_root);
	else
		skipped("not root");
}
END_TEST

/* False: not to be had here. */
static bool
begin_userns(void)
{
	const char *why = NULL;
	enum confine_root_way way;

	way = confine_root(root_fd, true, &why);
	if (way == CONFINE_ROOT_NONE) {
		skipped(why);
		return false;
	}
	ck_assert_int_eq(way, CONFINE_ROOT_USERNS);
	return true;
}

static void
root_as_account(void)
{
	struct stat st;
	int fd;

	if (!begin_userns())
		return;
	no_way_out();
	/* Rights are as before, and so is the group of what is made. */
	fd = openat(root_fd, "new", CREATE | O_CLOEXEC, 0640);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_uid, 1);
	ck_assert_uint_eq(st.st_gid, 1);
	ck_assert_uint_eq(geteuid(), 1);
	ck_assert_uint_eq(getegid(), 1);
}

/* Who cannot be told apart is taken for somebody else (R-FILE-3). */
static void
root_without_proc(void)
{
	struct stat st;
	mode_t mode = 0664;
	int fd, old;

	if (!begin_userns())
		return;
	no_way_out();
	old = openat(root_fd, "own", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(fstat(old, &st), 0);
	ck_assert_uint_eq(st.st_gid, 65534);
	fd = openat(root_fd, "new", CREATE | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_uint_eq(
	    attributes_copy(old, &st, fd, &mode), ATTRIBUTES_LOST_GROUP);
}

START_TEST(root_of_account_without_proc)
{
	if (geteuid() != 0) {
		skipped("not root");
		return;
	}
	scratch_file("root/own", FILE_TEXT, 0660);
	ck_assert_int_eq(chown("root/own", SCRATCH_UID, SCRATCH_UID), 0);
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/proc", "tmpfs", MS_RDONLY, NULL) == -1) {
		skipped("no mounts of its own");
		return;
	}
	as_account(root_without_proc);
}
END_TEST

/* Files of /proc as Ubuntu has them; empty: as they are here. */
static char apparmor_switch[PATH_MAX + 16];
static char apparmor_label[PATH_MAX + 16];

/* Stands before that of libc, for the modules too. */
int
open(const char *path, int flags, ...)
{
	const char *instead = "";
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, unsigned);
		va_end(ap);
	}
	if (strstr(path, "apparmor_restrict_unprivileged_userns") != NULL)
		instead = apparmor_switch;
	else if (strcmp(path, "/proc/self/attr/current") == 0)
		instead = apparmor_label;
	return openat(
	    AT_FDCWD, instead[0] == '\0' ? path : instead, flags, mode);
}

static const struct {
	const char *restricts;
	const char *label;
	bool pointless;
} apparmor_rows[] = {
	{ "1\n", "unconfined\n", true },
	{ "0\n", "unconfined\n", false },
	{ "1\n", "scp-server (unconfined)\n", false },
	{ "1\n", "/usr/libexec/scp-server (enforce)\n", false },
	{ "1\n", "unconfined_one (complain)\n", false },
};

static int apparmor_row;

static void
root_with_apparmor(void)
{
	const char *why = NULL;
	enum confine_root_way way;

	way = confine_root(root_fd, true, &why);
	if (apparmor_rows[apparmor_row].pointless) {
		ck_assert_int_eq(way, CONFINE_ROOT_NONE);
		ck_assert_int_eq(errno, EPERM);
		ck_assert_str_eq(why, "AppArmor restricts user namespaces");
		/* Not even tried: that would be a line in the kernel's log. */
		ck_assert_uint_eq(geteuid(), SCRATCH_UID);
	} else if (way == CONFINE_ROOT_NONE) {
		ck_assert_str_ne(why, "AppArmor restricts user namespaces");
		skipped(why);
	}
}

START_TEST(apparmor_restricts)
{
	char here[PATH_MAX];

	if (geteuid() != 0) {
		skipped("not root");
		return;
	}
	apparmor_row = _i;
	/* The directory is another one when they are opened. */
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void)snprintf(
	    apparmor_switch, sizeof(apparmor_switch), "%s/switch", here);
	(void)snprintf(
	    apparmor_label, sizeof(apparmor_label), "%s/label", here);
	scratch_file("switch", apparmor_rows[_i].restricts, 0644);
	scratch_file("label", apparmor_rows[_i].label, 0644);
	as_account(root_with_apparmor);
}
END_TEST

START_TEST(root_of_account)
{
	struct stat st;

	as_account(root_as_account);
	if (stat("root/new", &st) == 0 && geteuid() == 0) {
		ck_assert_uint_eq(st.st_uid, SCRATCH_UID);
		ck_assert_uint_eq(st.st_gid, SCRATCH_UID);
	}
}
END_TEST

static void
root_already(void)
{
	const char *why = NULL;
	int fd;

	fd = scratch_dir("/");
	ck_assert_int_eq(confine_root(fd, true, &why), CONFINE_ROOT_JAIL);
}

START_TEST(root_that_is_ours)
{
	as_account(root_already);
}
END_TEST

/* R-FILE-3: groups that cannot be told apart are not taken for the same. */
static void
replace_file(int dirfd, const char *name, unsigned want_lost, mode_t want_mode)
{
	mode_t mode = 0664;
	struct stat st;
	unsigned lost;
	int old, fd;

	old = openat(dirfd, name, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(old, -1);
	ck_assert_int_eq(fstat(old, &st), 0);
	fd = openat(dirfd, "replacement", CREATE | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	lost = attributes_copy(old, &st, fd, &mode);
	ck_assert_uint_eq(lost, want_lost);
	ck_assert_uint_eq(mode, want_mode);
	ck_assert_int_eq(unlinkat(dirfd, "replacement", 0), 0);
	(void)close(old);
	(void)close(fd);
}

static void
replace_in_userns(void)
{
	if (!begin_userns())
		return;
	replace_file(root_fd, "own", 0, 0664);
	replace_file(root_fd, "foreign", ATTRIBUTES_LOST_GROUP, 0644);
	replace_file(root_fd, "nogroup", ATTRIBUTES_LOST_GROUP, 0644);
	/* Here the new file is of a third group, and all look the same. */
	replace_file(
	    scratch_dir("shared"), "foreign", ATTRIBUTES_LOST_GROUP, 0644);
}

static void
make_owned(const char *path, gid_t gid)
{
	scratch_file(path, FILE_TEXT, 0666);
	ck_assert_int_eq(chown(path, SCRATCH_UID, gid), 0);
}

START_TEST(groups_in_a_user_namespace)
{
	if (geteuid() != 0) {
		skipped("not root");
		return;
	}
	make_owned("root/own", SCRATCH_UID);
	make_owned("root/foreign", SCRATCH_UID + 1);
	make_owned("root/nogroup", 65534);
	scratch_mkdir("root/shared", 0777);
	ck_assert_int_eq(chown("root/shared", 0, SCRATCH_UID + 2), 0);
	ck_assert_int_eq(chmod("root/shared", 02777), 0);
	make_owned("root/shared/foreign", SCRATCH_UID + 1);
	as_account(replace_in_userns);
}
END_TEST

/* --- privileges and limits -------------------------------------------- */

/* The value of a line of /proc/self/status, as a number of that base. */
static unsigned long long
status_of(const char *name, unsigned base)
{
	unsigned long long n = 0;
	const char *p;
	unsigned digit;

	p = strstr(scratch_text("/proc/self/status"), name);
	ck_assert_ptr_nonnull(p);
	for (p += strlen(name); *p == '\t'; p++)
		continue;
	for (; (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f'); p++) {
		digit = (unsigned)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
		n = n * base + digit;
	}
	return n;
}

static void
ck_privileges(unsigned long long capabilities)
{
	/* Bits that were not there cannot be kept. */
	ck_assert_uint_eq(status_of("\nCapEff:", 16) & ~capabilities, 0);
	ck_assert_uint_eq(status_of("\nCapPrm:", 16) & ~capabilities, 0);
	ck_assert_uint_eq(status_of("\nCapInh:", 16), 0);
	ck_assert_uint_eq(status_of("\nCapAmb:", 16), 0);
	ck_assert_uint_eq(status_of("\nNoNewPrivs:", 10), 1);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
}

static void
privileges_of_account(void)
{
	ck_assert_int_eq(confine_privs_begin(), 0);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	(void)begin_userns();
	ck_assert_int_eq(confine_privs(COMMAND_SINK), 0);
}

static void
account_has_none(void)
{
	ck_assert_int_eq(confine_privs_begin(), 0);
	ck_assert_int_eq(confine_privs(COMMAND_SINK), 0);
	ck_privileges(0);
}

static void
root_keeps_some(void)
{
	ck_assert_int_eq(confine_privs_begin(), 0);
	ck_assert_int_eq(confine_privs(COMMAND_SOURCE), 0);
	ck_privileges(1 << 2); /* CAP_DAC_READ_SEARCH */
}

START_TEST(privileges)
{
	as_account(account_has_none);
	as_account(privileges_of_account);
	if (geteuid() == 0)
		in_child(root_keeps_some);
}
END_TEST

/* A program that others start with their own words, and with our rights. */
static void
set_user_id(void)
{
	ck_assert_int_eq(setresuid(SCRATCH_UID, 0, 0), 0);
	ck_assert_int_eq(confine_privs_begin(), -1);
	ck_assert_int_eq(errno, EPERM);
}

static void
set_group_id(void)
{
	ck_assert_int_eq(setresgid(SCRATCH_UID, 0, 0), 0);
	ck_assert_int_eq(confine_privs_begin(), -1);
	ck_assert_int_eq(errno, EPERM);
}

START_TEST(set_id)
{
	if (geteuid() != 0) {
		skipped("not root");
		return;
	}
	in_child(set_user_id);
	in_child(set_group_id);
}
END_TEST

static void
ck_limit(int resource, rlim_t want)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit((__rlimit_resource_t)resource, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, want);
	ck_assert_uint_eq(limit.rlim_max, want);
}

static void
set_limits(void)
{
	struct rlimit lower = { 100, 100 };
	void *p;

	ck_assert_int_eq(confine_rlimits(64, 10000), 0);
	ck_limit(RLIMIT_CORE, 0);
	ck_limit(RLIMIT_NPROC, 0);
	ck_limit(RLIMIT_MEMLOCK, 0);
	ck_limit(RLIMIT_MSGQUEUE, 0);
	ck_limit(RLIMIT_NOFILE, 2 * 64 + 64);
	/* What patterns may take fits, with what their lists need. */
	ck_assert_ptr_nonnull(p = malloc(32 << 20));
	free(p);
	ck_assert_ptr_null(malloc(256 << 20));
	/* Never more than was inherited, not even for root. */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lower), 0);
	ck_assert_int_eq(confine_rlimits(256, 10000), 0);
	ck_limit(RLIMIT_NOFILE, 100);
}

START_TEST(limits)
{
	in_child(set_limits);
}
END_TEST

/* --- all of them ------------------------------------------------------ */

static struct settings settings;
static char text[CONFINE_TEXT_BYTES];

static int
confine_with(enum command_role role, const char *options)
{
	char line[128], err[256];
	const char *p = options, *end;
	struct root root;
	struct relay relay;
	int ret;

	settings_init(&settings);
	while (*p != '\0') {
		end = p + strcspn(p, " ");
		(void)snprintf(line, sizeof(line), "%.*s", (int)(end - p), p);
		ck_assert(settings_set_line(&settings, line, err, sizeof(err)));
		p = *end == ' ' ? end + 1 : end;
	}
	root.fd = dup(root_fd);
	ret = confine(role, &settings, &root,
	    role == COMMAND_SINK ? &relay : NULL, text, sizeof(text));
	root_fd = root.fd;
	return ret;
}

/* R-CONF-3: libraries and callers may have left descriptors behind. */
static void
descriptors_are_closed(void)
{
	struct stat root, st;
	int i, fd;

	ck_assert_int_eq(log_open(LOG_LEVEL_INFO, 0, true), STDERR_FILENO);
	for (i = 0; i < 20; i++)
		ck_assert_int_ne(open("/", O_PATH | O_CLOEXEC), -1);
	/* The numbers below are the log's, or the root's. */
	outside_fd = fcntl(outside_fd, F_DUPFD_CLOEXEC, FILTER_OTHER_FDS);
	ck_assert_msg(
	    confine_with(COMMAND_SOURCE, "SeccompAction=log") == 0, "%s", text);
	ck_assert_int_eq(fstat(root_fd, &root), 0);
	for (fd = 3; fd < 200; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			continue;
		/* The log's, where there is none, are the root as well. */
		ck_assert_msg(fd <= FILTER_RECORDS_FD, "%d is open", fd);
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_uint_eq(st.st_ino, root.st_ino);
	}
	ck_open(ENOENT, AT_FDCWD, outside_file, O_RDONLY);
	ck_open(EBADF, outside_fd, "file", O_RDONLY);
	ck_open(0, root_fd, "file", O_RDONLY);
	ck_open(EACCES, root_fd, "file", O_WRONLY);
	ck_open(EACCES, root_fd, "new", CREATE);
}

START_TEST(descriptors)
{
	as_account(descriptors_are_closed);
}
END_TEST

static void
neither_layer(void)
{
	ck_assert_int_eq(
	    confine_with(COMMAND_SINK, "Chroot=no Landlock=no"), -1);
	ck_assert_str_eq(text,
	    "cannot confine: Landlock: neither chroot nor Landlock holds: "
	    "Operation not permitted");
	/* Still able to say so. */
	ck_open(0, root_fd, "file", O_RDONLY);
}

START_TEST(neither)
{
	as_account(neither_layer);
}
END_TEST

static void
install(struct sock_filter *filter, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = filter };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	ck_assert_int_eq(
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &prog), 0);
}

/* Answer a call as a kernel does that does not have it, or will not do it. */
static void
deny(long call, unsigned err)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(filter, LENGTH(filter));
}

/* Kernels and containers that lack something; want: part of the text. */
static const struct {
	const char *options;
	long call;
	unsigned err;
	int ret;
	const char *want;
} lacking[] = {
	{ "", SYS_landlock_create_ruleset, ENOSYS, 0,
	    ",seccomp; no Landlock: Function not implemented" },
	{ "", SYS_landlock_create_ruleset, EOPNOTSUPP, 0,
	    ",seccomp; no Landlock: Operation not supported" },
	{ "Landlock=yes", SYS_landlock_create_ruleset, ENOSYS, -1,
	    "cannot confine: Landlock: Function not implemented" },
	{ "Landlock=no", SYS_landlock_create_ruleset, ENOSYS, 0,
	    "confine=userns,seccomp" },
	{ "Chroot=no", SYS_landlock_create_ruleset, ENOSYS, -1,
	    "neither chroot nor Landlock holds" },
	/* Something that answers for the kernel, and knows none. */
	{ "Landlock=yes", SYS_landlock_create_ruleset, 0, -1,
	    "cannot confine: Landlock: Function not implemented" },
	{ "", SYS_landlock_add_rule, EINVAL, 0,
	    ",seccomp; no Landlock: Invalid argument" },
	{ "", SYS_landlock_restrict_self, EPERM, 0,
	    ",seccomp; no Landlock: Operation not permitted" },
	{ "", SYS_unshare, EPERM, 0,
	    ",seccomp; no chroot: no user namespace: "
	    "Operation not permitted" },
	{ "", SYS_unshare, ENOSPC, 0,
	    ",seccomp; no chroot: no user namespace: "
	    "No space left on device" },
	{ "Chroot=yes", SYS_unshare, EPERM, -1,
	    "cannot confine: chroot: no user namespace: "
	    "Operation not permitted" },
	{ "Chroot=no", SYS_unshare, EPERM, 0, "confine=landlock" },
	{ "Landlock=no", SYS_unshare, EPERM, -1,
	    "neither chroot nor Landlock holds" },
	{ "", SYS_chroot, EPERM, 0,
	    "; no chroot: no chroot in a user namespace: "
	    "Operation not permitted" },
	{ "", SYS_chroot, EACCES, 0,
	    ",seccomp; no chroot: chroot: Permission denied" },
	{ "", SYS_fchdir, EACCES, 0,
	    "; no chroot: the root directory: Permission denied" },
	{ "", SYS_capset, EPERM, -1, "cannot confine: privileges: " },
	{ "", SYS_capget, EPERM, -1, "cannot confine: privileges: " },
	{ "", SYS_prctl, EPERM, -1, "cannot confine: privileges: " },
	{ "", SYS_prlimit64, EPERM, -1, "cannot confine: limits: " },
	{ "", SYS_dup3, EMFILE, -1, "cannot confine: descriptors: " },
	{ "", SYS_fcntl, EMFILE, -1, "cannot confine: descriptors: " },
};

static int lacking_row;

static void
confine_lacking(void)
{
	bool has_landlock;
	int ret;

	has_landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
	deny(lacking[lacking_row].call, lacking[lacking_row].err);
	ret = confine_with(COMMAND_SINK, lacking[lacking_row].options);
	if (!has_landlock && lacking[lacking_row].call == SYS_unshare) {
		skipped("no Landlock here");
		return;
	}
	ck_assert_msg(ret == lacking[lacking_row].ret, "%s", text);
	ck_assert_msg(
	    strstr(text, lacking[lacking_row].want) != NULL, "%s", text);
}

START_TEST(what_a_kernel_lacks)
{
	lacking_row = _i;
	as_account(confine_lacking);
}
END_TEST

/* Nor does it begin without what hides and strips it. */
static void
begin_lacking(void)
{
	static const long calls[] = { SYS_prctl, SYS_capget, SYS_capset };

	deny(calls[lacking_row], EACCES);
	errno = 0;
	ck_assert_int_eq(confine_privs_begin(), -1);
	ck_assert_int_eq(errno, EACCES);
}

START_TEST(privileges_that_stay)
{
	lacking_row = _i;
	as_account(begin_lacking);
	if (_i == 0 && geteuid() == 0)
		in_child(begin_lacking);
}
END_TEST

/* Without it every program could give rights back. */
static void
keep_new_privs(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_NO_NEW_PRIVS, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(filter, LENGTH(filter));
	ck_assert_int_eq(confine_privs(COMMAND_SOURCE), -1);
	ck_assert_int_eq(errno, EACCES);
}

START_TEST(new_privileges)
{
	as_account(keep_new_privs);
}
END_TEST

static void
no_filter(void)
{
	/* A second filter is refused: EINVAL, as without CONFIG_SECCOMP. */
	deny(SYS_seccomp, EINVAL);
	ck_assert_int_eq(confine_with(COMMAND_SOURCE, ""), -1);
	ck_assert_str_eq(text, "cannot confine: seccomp: Invalid argument");
}

START_TEST(seccomp_is_required)
{
	as_account(no_filter);
}
END_TEST

/* --- what would be obtained ------------------------------------------- */

static int
probe_with(const char *line)
{
	struct root root = { .fd = root_fd };
	int ret, fds = scratch_fds();
	char err[256];

	settings_init(&settings);
	ck_assert(settings_set_line(&settings, line, err, sizeof(err)));
	ret = confine_probe(COMMAND_SINK, &settings, &root, text, sizeof(text));
	/* This process is as it was. */
	ck_assert_int_eq(root.fd, root_fd);
	ck_assert_int_eq(scratch_fds(), fds);
	ck_open(0, outside_fd, "file", O_RDONLY);
	return ret;
}

/* The same as confine(), also for who was told to ignore its children. */
static void
probe_and_confine(void)
{
	char probed[CONFINE_TEXT_BYTES];

	ck_assert_int_eq(probe_with("SeccompAction errno"), 0);
	ck_assert_int_eq(strncmp(text, "confine=", 8), 0);
	memcpy(probed, text, sizeof(probed));
	ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(probe_with("SeccompAction errno"), 0);
	ck_assert_str_eq(text, probed);
	ck_assert_int_eq(confine_with(COMMAND_SINK, "SeccompAction=errno"), 0);
	ck_assert_str_eq(text, probed);
}

START_TEST(probe)
{
	as_account(probe_and_confine);
}
END_TEST

static void
probe_of_none(void)
{
	deny(SYS_capset, EPERM);
	ck_assert_int_eq(probe_with("Chroot no"), -1);
	ck_assert_str_eq(
	    text, "cannot confine: privileges: Operation not permitted");
}

static void
probe_silent(void)
{
	scratch_file("said", "", 0600);
	ck_assert_int_eq(
	    dup2(open("said", O_WRONLY | O_CLOEXEC), STDOUT_FILENO),
	    STDOUT_FILENO);
	deny(SYS_dup3, EPERM);
	ck_assert_int_eq(probe_with("Chroot no"), -1);
	/* Not to somebody else. */
	ck_assert_str_eq(scratch_text("said"), "");
	ck_assert_str_eq(
	    text, "cannot confine: a process that tried ended with 0");
}

static void
probe_without_process(void)
{
	const struct rlimit none = { 0, 0 };

	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
	ck_assert_int_eq(probe_with("Chroot no"), -1);
	ck_assert_str_eq(text,
	    "cannot confine: a process to try: "
	    "Resource temporarily unavailable");
}

static void
probe_without_pipe(void)
{
	deny(SYS_pipe2, EMFILE);
	ck_assert_int_eq(probe_with("Chroot no"), -1);
	ck_assert_str_eq(
	    text, "cannot confine: a process to try: Too many open files");
}

START_TEST(probe_fails)
{
	static void (*const ways[])(void) = { probe_of_none, probe_silent,
		probe_without_process, probe_without_pipe };

	as_account(ways[_i]);
}
END_TEST

static Suite *
layers_suite(void)
{
	Suite *s = suite_create("layers");
	TCase *tc = tcase_create("layers");

	tcase_add_checked_fixture(tc, make_places, NULL);
	tcase_add_loop_test(tc, landlock, 0, 2);
	tcase_add_test(tc, landlock_order);
	tcase_add_loop_test(tc, landlock_versions, 0, LENGTH(imitations));
	tcase_add_test(tc, root_of_root);
	tcase_add_loop_test(tc, apparmor_restricts, 0, LENGTH(apparmor_rows));
	tcase_add_test(tc, root_of_account);
	tcase_add_test(tc, root_of_account_without_proc);
	tcase_add_test(tc, root_that_is_ours);
	tcase_add_test(tc, groups_in_a_user_namespace);
	tcase_add_test(tc, privileges);
	tcase_add_test(tc, set_id);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, descriptors);
	tcase_add_test(tc, neither);
	tcase_add_loop_test(tc, what_a_kernel_lacks, 0, LENGTH(lacking));
	tcase_add_loop_test(tc, privileges_that_stay, 0, 3);
	tcase_add_test(tc, new_privileges);
	tcase_add_test(tc, seccomp_is_required);
	tcase_add_test(tc, probe);
	tcase_add_loop_test(tc, probe_fails, 0, 4);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
#ifdef INSTRUMENTED
	(void)puts("1..0 # SKIP sanitizers do not work in a confined process");
	return 0;
#endif
	return scratch_run(layers_suite(), "layers");
}

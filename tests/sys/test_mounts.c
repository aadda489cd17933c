/* SPDX-License-Identifier: ISC */
/*
 * ProtectHome and CrossMounts where the tree is made of several mounts: the
 * home is known wherever it is bound to, and what is mounted below the root is
 * out of reach by every way, whatever device it is on.  Only as root, in a
 * mount namespace of its own.
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/btrfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "driver.h"
#include "own.h"
#include "trace.h"

static bool
can_mount(void)
{
	if (own_mounts())
		return true;
	skipped("nothing can be mounted here");
	return false;
}

static void
bind_to(const char *from, const char *to)
{
	ck_assert_int_eq(mount(from, to, NULL, MS_BIND, NULL), 0);
}

/* Refused in place of the first answer, or to the record. */
static void
ck_refused(const char *options, const char *words, const char *record,
    const char *reason)
{
	struct server s;

	server_start(&s, &(struct launch){ .options = options, .text = words });
	if (record != NULL) {
		expect_ack(&s);
		server_send(&s, record, strlen(record));
	}
	expect_message(&s, 1, reason);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
}

/* --- the home --------------------------------------------------------- */

#define AT_HOME "names that begin with a dot, and bin, are protected here"

/*
 * The home of this user is ../home, which is bound to x/h below the root; l
 * leads there, and x/h/up back.
 */
static bool
bind_home(void)
{
	char home[PATH_MAX + 32];
	struct bytes entry = { 0 };

	(void)snprintf(home, sizeof(home), "%s/../home", root_path());
	bytes_addf(&entry, "root:x:0:0::%s:/bin/sh\n", home);
	if (!own_etc(entry.p)) {
		skipped("nothing can be mounted here");
		return false;
	}
	bytes_free(&entry);
	make_dir(home, 0755);
	make_dir("x", 0755);
	make_dir("x/h", 0755);
	bind_to(home, "x/h");
	make_dir("x/h/.ssh", 0700);
	make_file("x/h/.ssh/authorized_keys", "k", 0600);
	make_file("x/h/.profile", "p", 0644);
	make_dir("x/h/bin", 0755);
	make_file("x/h/bin/f", "f", 0755);
	make_file("x/h/ok", "ok", 0644);
	make_link("l", "x/h");
	make_link("x/h/up", "../h");
	return true;
}

#define HOME_TREE                                                              \
	"0600 x/h/.ssh/authorized_keys k\n0644 x/h/.profile p\n"               \
	"0644 x/h/ok ok\n0700 x/h/.ssh/\n0755 x/\n0755 x/h/\n"                 \
	"0755 x/h/bin/\n0755 x/h/bin/f f\nlink l -> x/h\n"                     \
	"link x/h/up -> ../h\n"

START_TEST(home_bound_elsewhere)
{
	static const char *const texts[] = { "scp -t x/h/.ssh",
		"scp -t x/h/.ssh/authorized_keys", "scp -t x/h/.new",
		"scp -t l/.ssh/new", "scp -t l/up/.profile",
		"scp -t x/h/up/up/.ssh/new", "scp -r -t x/h/bin",
		"scp -t x/h/BIN", "scp -t x/../l/.profile",
		"scp -t /../x/./h//.profile", "scp -f x/h/.profile",
		"scp -r -f l/.ssh", "scp -f l/.ssh/authorized_keys",
		"scp -f x/h/{.ssh,none}/authorized_keys", "scp -f x/h/.p*",
		"scp -f l/up/bin/f" };
	char words[80];
	struct server s;

	if (!bind_home())
		return;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		bool down = strstr(texts[i], " -f ") != NULL;

		server_start(&s, &(struct launch){ .text = texts[i] });
		if (down)
			server_send(&s, "", 1);
		server_close_input(&s);
		if (server_wait(&s) != 1 ||
		    memmem(s.received.p, s.received.len, AT_HOME,
			strlen(AT_HOME)) == NULL ||
		    s.received.p[0] != 1)
			server_fail(&s, "not refused");
		server_clear(&s);
		/* And so it is foreseen. */
		(void)snprintf(words, sizeof(words), "%s", texts[i]);
		server_start(&s,
		    &(struct launch){ .options = "-T",
			.words = (const char *const[]){ words, NULL } });
		server_close_input(&s);
		ck_assert_int_eq(server_wait(&s), 1);
		ck_assert(holds(s.received.p, "because ProtectHome yes\t#"));
		server_clear(&s);
	}
	ck_refused(NULL, "scp -t x/h", "C0644 5 .profile\n", AT_HOME);
	ck_refused(NULL, "scp -t l", "C0644 5 .rhosts\n", AT_HOME);
	ck_refused(NULL, "scp -r -t l/up", "D0755 0 .ssh\n", AT_HOME);
	RUN("scp -r -t .", ACK, SEND("D0755 0 x\n"), ACK, SEND("D0755 0 h\n"),
	    ACK, SEND("D0755 0 bin\n"), WARNING(AT_HOME), SEND("E\n"), ACK,
	    SEND("E\n"), ACK, EXIT(1));
	ck_tree(HOME_TREE);
	ck_received_sorted(&(struct launch){ .text = "scp -r -f x" },
	    "0644 x/h/ok ok\n0755 x/\n0755 x/h/\n"
	    "error: scp: x/h/up: Too many levels of symbolic links\n",
	    1);
	ck_received(
	    &(struct launch){ .text = "scp -f x/*/[.op]*" }, "0644 ok ok\n", 0);
	ck_assert_int_eq(umount2("x/h", MNT_DETACH), 0);
}
END_TEST

/* A home that is not there yet must not become one by a client's hand. */
START_TEST(home_to_be_made)
{
	if (!bind_home())
		return;
	ck_assert_int_eq(umount2("x/h", MNT_DETACH), 0);
	tree_remove("../home");
	ck_assert_int_eq(access("../home", F_OK), -1);
	bind_to("..", "x/h");
	ck_refused(NULL, "scp -r -t x/h/home", NULL, "No such file");
	ck_refused(NULL, "scp -r -t l", "D0755 0 home\n", "No such file");
	ck_refused(
	    NULL, "scp -t l/home/.ssh/authorized_keys", NULL, "No such file");
	ck_assert_int_eq(umount2("x/h", MNT_DETACH), 0);
	ck_assert_int_eq(access("../home", F_OK), -1);
}
END_TEST

/* --- other file systems ----------------------------------------------- */

#define OTHER "Permission denied (on another mount)"

/* At "m": another file system, or another directory of the same one. */
static bool
mount_other(bool is_bound)
{
	if (is_bound) {
		make_dir("../other", 0755);
		bind_to("../other", "m");
	} else if (mount("none", "m", "tmpfs", 0, "size=1m,mode=0755") == -1) {
		skipped("no tmpfs");
		return false;
	}
	return true;
}

/* m and a/m are mounts; lm, lf and a/up lead to them. */
static bool
mount_some(bool is_bound)
{
	if (!can_mount())
		return false;
	make_dir("m", 0755);
	make_dir("a", 0755);
	make_dir("a/m", 0755);
	make_file("a/f", "f", 0644);
	make_link("lm", "m");
	make_link("lf", "m/f");
	make_link("a/up", "/m");
	if (!mount_other(is_bound))
		return false;
	make_file("m/f", "other", 0644);
	make_dir("m/d", 0755);
	bind_to("m", "a/m");
	return true;
}

START_TEST(other_mounts)
{
	static const char no[] = "-o CrossMounts=no";
	static const char *const texts[] = { "scp -t m", "scp -t m/f",
		"scp -t m/new", "scp -r -t m/d", "scp -t lm", "scp -t lf",
		"scp -t a/up/new", "scp -t a/m/new", "scp -d -t lm/d",
		"scp -t m/../a/new", "scp -f m/f", "scp -f lf", "scp -r -f lm",
		"scp -f a/../m/f", "scp -f {m,a/m}/f", "scp -f m/*",
		"scp -f lm/[f]" };
	struct server s;

	if (!mount_some(_i == 1))
		return;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		server_start(
		    &s, &(struct launch){ .options = no, .text = texts[i] });
		if (strstr(texts[i], " -f ") != NULL)
			server_send(&s, "", 1);
		server_close_input(&s);
		if (server_wait(&s) != 1 || s.received.p[0] != 1 ||
		    memmem(s.received.p, s.received.len, OTHER,
			strlen(OTHER)) == NULL)
			server_fail(&s, "not refused");
		server_clear(&s);
		server_start(&s,
		    &(struct launch){ .options = "-T -o CrossMounts=no",
			.words = (const char *const[]){ texts[i], NULL } });
		server_close_input(&s);
		ck_assert_int_eq(server_wait(&s), 1);
		ck_assert(holds(s.received.p, "because CrossMounts no\t#"));
		server_clear(&s);
	}
	ck_refused(no, "scp -r -t .", "D0755 0 m\n", OTHER);
	ck_refused(no, "scp -r -t a", "D0755 0 m\n", OTHER);
	RUN_WITH("-o CrossMounts=no", "scp -r -t .", ACK, SEND("D0755 0 a\n"),
	    ACK, SEND("D0755 0 m\n"), WARNING(OTHER), SEND("E\n"), ACK,
	    EXIT(1));
	ck_received_sorted(
	    &(struct launch){ .options = no, .text = "scp -r -f a" },
	    "0644 a/f f\n0755 a/\n"
	    "error: scp: a/m: " OTHER "\nerror: scp: a/up: " OTHER "\n",
	    1);
	ck_received(&(struct launch){ .options = no, .text = "scp -f */f" },
	    "0644 f f\n", 0);
	/* What begins there is nobody's. */
	ck_refused("-o CrossMounts=no -d /m", "scp -t f", NULL,
	    "this account is not available");
	ck_assert_int_eq(umount2("a/m", MNT_DETACH), 0);
	ck_tree_at("m", "0644 f other\n0755 d/\n");
	ck_assert_int_eq(umount2("m", MNT_DETACH), 0);
}
END_TEST

/* A file of the same file system. */
START_TEST(bound_file)
{
	static const char no[] = "-o CrossMounts=no";

	if (!can_mount())
		return;
	make_file("../other", "other", 0644);
	make_dir("a", 0755);
	make_file("a/f", "f", 0644);
	make_file("a/g", "g", 0644);
	bind_to("../other", "a/f");
	ck_assert_uint_eq(status_of("a/f").st_dev, status_of("a/g").st_dev);
	ck_refused(no, "scp -t a/f", NULL, OTHER);
	ck_refused(no, "scp -d -t a", "C0644 1 f\n", OTHER);
	ck_refused(no, "scp -r -t a", "D0755 0 f\n", "Not a directory");
	ck_refused("-o CrossMounts=no -o Atomic=no", "scp -d -t a",
	    "C0644 1 f\n", OTHER);
	ck_received_sorted(
	    &(struct launch){ .options = no, .text = "scp -r -f a" },
	    "0644 a/g g\n0755 a/\nerror: scp: a/f: " OTHER "\n", 1);
	ck_received_sorted(&(struct launch){ .text = "scp -r -f a" },
	    "0644 a/f other\n0644 a/g g\n0755 a/\n", 0);
	ck_assert_int_eq(umount2("a/f", MNT_DETACH), 0);
	ck_tree("0644 a/f f\n0644 a/g g\n0755 a/\n");
}
END_TEST

/* As an administrator says it, for some alone: the root is found after that. */
START_TEST(bound_for_some)
{
	static const char some[] = "-C /etc/scp.conf";

	if (!own_etc("root:x:0:0::/:/bin/sh\n")) {
		skipped("nothing can be mounted here");
		return;
	}
	make_file("/etc/scp.conf", "Match User root\nCrossMounts no\n", 0644);
	make_file("../other", "other", 0644);
	make_file("f", "f", 0644);
	bind_to("../other", "f");
	ck_refused(some, "scp -t f", NULL, OTHER);
	ck_received(&(struct launch){ .options = some, .text = "scp -f f" },
	    "error: scp: f: " OTHER "\n", 1);
	ck_received(
	    &(struct launch){ .text = "scp -f f" }, "0644 f other\n", 0);
	ck_assert_int_eq(umount2("f", MNT_DETACH), 0);
	ck_tree("0644 f f\n");
}
END_TEST

/* Both layers are file systems of their own, and so it is told of files. */
static bool
mount_overlay(void)
{
	char options[3 * PATH_MAX + 64];
	const char *base = root_path();

	if (!can_mount())
		return false;
	(void)snprintf(options, sizeof(options),
	    "lowerdir=%s/../lower,upperdir=%s/../upper/u,"
	    "workdir=%s/../upper/w,xino=off",
	    base, base, base);
	make_dir("../lower", 0755);
	make_dir("../upper", 0755);
	if (mount("none", "../lower", "tmpfs", 0, "mode=0755") == -1 ||
	    mount("none", "../upper", "tmpfs", 0, "mode=0755") == -1) {
		skipped("no tmpfs");
		return false;
	}
	make_dir("../upper/u", 0755);
	make_dir("../upper/w", 0755);
	make_dir("../lower/d", 0755);
	make_dir("../lower/m", 0755);
	make_file("../lower/d/f", "lower", 0644);
	make_file("../lower/d/g", "lower", 0644);
	make_file("../upper/u/h", "upper", 0644);
	if (mount("overlay", base, "overlay", 0, options) == -1) {
		skipped("no overlay");
		return false;
	}
	ck_assert_int_eq(chdir(base), 0);
	return true;
}

START_TEST(overlay)
{
	static const char no[] = "-o CrossMounts=no";

	if (!mount_overlay())
		return;
	ck_assert_uint_ne(status_of(".").st_dev, status_of("d/f").st_dev);
	ck_assert_int_eq(mount("none", "m", "tmpfs", 0, "mode=0755"), 0);
	make_file("m/f", "other", 0644);
	ck_received_sorted(
	    &(struct launch){ .options = no, .text = "scp -r -f d h m" },
	    "0644 d/f lower\n0644 d/g lower\n0644 h upper\n0755 d/\n"
	    "error: scp: m: " OTHER "\n",
	    1);
	RUN_WITH("-o CrossMounts=no", "scp -r -t .", ACK, SEND("D0755 0 d\n"),
	    ACK, SEND("C0644 3 f\n"), ACK, SEND("new\0"), ACK, SEND("E\n"), ACK,
	    SEND("C0644 3 h\n"), ACK, SEND("new\0"), ACK, SEND("D0755 0 m\n"),
	    WARNING(OTHER), EXIT(1));
	RUN_WITH("-o CrossMounts=no -o Atomic=no", "scp -t d/g", ACK,
	    SEND("C0644 2 g\n"), ACK, SEND("in\0"), ACK, EXIT(0));
	ck_assert_int_eq(umount2("m", MNT_DETACH), 0);
	ck_tree("0644 d/f new\n0644 d/g in\n0644 h new\n0755 d/\n0755 m/\n");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(umount2(root_path(), MNT_DETACH), 0);
}
END_TEST

/* A directory of btrfs with a device number of its own is no mount. */
START_TEST(subvolume)
{
	static struct disk d;
	struct btrfs_ioctl_vol_args args = { .name = "sub" };
	char path[PATH_MAX + 8];
	const char *const argv[] = { "scp-server", "-e", "-C", "none", "-r",
		path, "-o", "CrossMounts=no", "scp", "-r", "-f", "sub", NULL };
	const char *why;
	int fd;

	if (!can_mount())
		return;
	make_dir("mnt", 0755);
	if (!disk_begin(&d, (size_t)128 << 20,
		"mkfs.btrfs -q -M -m single -d single", "btrfs", "", "fuse",
		"mnt", &why)) {
		skipped(why);
		disk_end(&d, "mnt");
		disk_clear(&d);
		return;
	}
	fd = open("mnt", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &args), 0);
	ck_assert_int_eq(close(fd), 0);
	make_file("mnt/sub/f", "f", 0644);
	ck_assert_uint_ne(status_of("mnt").st_dev, status_of("mnt/sub").st_dev);
	(void)snprintf(path, sizeof(path), "%s/mnt", root_path());
	ck_received(
	    &(struct launch){ .argv = argv }, "0755 sub/\n0644 sub/f f\n", 0);
	disk_end(&d, "mnt");
	disk_clear(&d);
}
END_TEST

/* Before Linux 5.8: devices are what is left. */
START_TEST(mounts_untold)
{
	struct trace trace = { .call = SYS_statx, .error = ENOSYS, .early = 1 };
	bool is_bound = _i == 1;
	struct server s;

	if (!can_trace() || !mount_some(is_bound))
		return;
	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	server_start(&s,
	    &(struct launch){ .options = "-o CrossMounts=no",
		.command = "scp -t m/new",
		.trace = &trace });
	if (is_bound)
		expect_ack(&s);
	else
		expect_message(&s, 1, OTHER);
	server_close_input(&s);
	expect_end(&s, !is_bound);
	ck_assert_int_eq(trace.result->number, SYS_statx);
	server_clear(&s);
	ck_assert_int_eq(umount2("a/m", MNT_DETACH), 0);
	ck_assert_int_eq(umount2("m", MNT_DETACH), 0);
}
END_TEST

static void
add_all(TCase *tc)
{
	tcase_add_test(tc, home_bound_elsewhere);
	tcase_add_test(tc, home_to_be_made);
	tcase_add_loop_test(tc, other_mounts, 0, 2);
	tcase_add_test(tc, bound_file);
	tcase_add_test(tc, bound_for_some);
	tcase_add_test(tc, overlay);
	tcase_add_test(tc, subvolume);
	tcase_add_loop_test(tc, mounts_untold, 0, 2);
}

int
main(void)
{
	Suite *suite = suite_create("mounts");

	driver_add(suite, add_all, AS_ROOT);
	return driver_run(suite);
}

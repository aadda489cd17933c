/* SPDX-License-Identifier: ISC */
/*
 * ProtectHome and CrossMounts where the tree is made of several mounts: the
 * home is known wherever it is bound to, and what is mounted below the root is
 * out of reach by every way.  Only as root, in a mount namespace of its own.
 */
#include "config.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

static bool
own_mounts(void)
{
	if (unshare(CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
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

	if (!own_mounts())
		return false;
	(void)snprintf(home, sizeof(home), "%s/../home", root_path());
	make_dir(home, 0755);
	bytes_addf(&entry, "root:x:0:0::%s:/bin/sh\n", home);
	make_file("../passwd", entry.p, 0644);
	bytes_free(&entry);
	bind_to("../passwd", "/etc/passwd");
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

#define OTHER "Permission denied (on another file system)"

/* m and a/m are mounts; lm, lf and a/up lead to them. */
static bool
mount_some(void)
{
	if (!own_mounts())
		return false;
	make_dir("m", 0755);
	make_dir("a", 0755);
	make_dir("a/m", 0755);
	make_file("a/f", "f", 0644);
	make_link("lm", "m");
	make_link("lf", "m/f");
	make_link("a/up", "/m");
	if (mount("none", "m", "tmpfs", 0, "size=1m,mode=0755") == -1) {
		skipped("no tmpfs");
		return false;
	}
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

	if (!mount_some())
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

static void
add_all(TCase *tc)
{
	tcase_add_test(tc, home_bound_elsewhere);
	tcase_add_test(tc, home_to_be_made);
	tcase_add_test(tc, other_mounts);
}

int
main(void)
{
	Suite *suite = suite_create("mounts");

	driver_add(suite, add_all, AS_ROOT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * The configuration file as an administrator meets it: which value counts and
 * where it is said to be from, and what is refused with which words.  Only as
 * root, whose files these must be.
 */
#include "config.h"

#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "settings.h"

static struct {
	char dir[PATH_MAX];
	char file[PATH_MAX + 16];
} conf;

/* A file of the configuration, by its name there; returns its path. */
static void
write_conf(const char *name, const char *text)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/../etc", root_path());
	if (access(path, F_OK) == -1)
		make_dir(path, 0755);
	ck_assert_ptr_nonnull(realpath(path, conf.dir));
	(void)snprintf(conf.file, sizeof(conf.file), "%s/conf", conf.dir);
	(void)snprintf(path, sizeof(path), "%s/%s", conf.dir, name);
	(void)unlink(path);
	make_file(path, text, 0644);
}

/* scp-server -C FILE OPTIONS... */
static int
run(struct server *s, const char *const *words, const char *const *env)
{
	const char *argv[32] = { "scp-server", "-C", conf.file };
	size_t n = 3;

	while (*words != NULL)
		argv[n++] = *words++;
	server_start(s, &(struct launch){ .argv = argv, .env = env });
	server_close_input(s);
	return server_wait(s);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
ask(struct server *s, const char *const *words)
{
	if (run(s, words, NULL) != 0)
		server_fail(s, "it is refused");
}

/* "Keyword value" from the line of the file, or as origin says. */
static void
ck_setting(const struct server *s, const char *setting, const char *origin)
{
	char line[PATH_MAX + 512];

	(void)snprintf(line, sizeof(line), "%s\t# %s\n", setting, origin);
	if (strstr(s->received.p, line) == NULL)
		server_fail(s, "no %s", line);
}

static void
ck_line(const struct server *s, const char *setting, const char *file,
    unsigned line)
{
	char origin[PATH_MAX + 64];

	(void)snprintf(
	    origin, sizeof(origin), "%s/%s:%u", conf.dir, file, line);
	ck_setting(s, setting, origin);
}

/* --- origins ---------------------------------------------------------- */

/* What -T prints is a file that means the same, line by line. */
START_TEST(every_keyword)
{
	struct server printed, again;
	struct bytes text = { 0 };
	char *line, *end;
	unsigned n;

	write_conf("conf", "");
	ask(&printed, WORDS("-r", "/", "-T"));
	line = strstr(printed.received.p, "Root /");
	for (n = 0; n < SETTINGS__COUNT; n++, line = end + 1) {
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		bytes_add(&text, line, (size_t)(strchr(line, '\t') - line));
		bytes_addf(&text, "\n");
	}
	write_conf("conf", text.p);
	ask(&again, WORDS("-T"));
	line = text.p;
	for (n = 1; n <= SETTINGS__COUNT; n++, line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		ck_line(&again, line, "conf", n);
	}
	server_clear(&printed);
	server_clear(&again);
	bytes_free(&text);
}
END_TEST

START_TEST(which_value_counts)
{
	struct server s;

	write_conf("conf",
	    "# comment\n"
	    "Root /\n"
	    "MaxFiles 1\n"
	    "MaxFiles 2\n"
	    "Include more*\n"
	    "Match User daemon\n"
	    "MaxFiles 3\n"
	    "Match User nobody\n"
	    "MaxFiles 4\n"
	    "Digest sha256\n"
	    "Match all\n"
	    "MaxFiles 5\n"
	    "MaxDepth 5\n");
	write_conf("more1", "Umask 027\nMaxDepth 9\n");
	write_conf("more2", "Umask 022\nDiscardLimit 1M\n");
	ask(&s, WORDS("-o", "Access=read-only", "-T", "user=nobody"));
	ck_line(&s, "Root /", "conf", 2);
	ck_line(&s, "MaxFiles 4", "conf", 9);
	ck_line(&s, "Digest sha256", "conf", 10);
	ck_line(&s, "MaxDepth 5", "conf", 13);
	ck_line(&s, "Umask 0027", "more1", 1);
	ck_line(&s, "DiscardLimit 1M", "more2", 2);
	ck_setting(&s, "Access read-only", "option");
	ck_setting(&s, "Overwrite yes", "default");
	server_clear(&s);
	ask(&s, WORDS("-T", "user=root"));
	ck_line(&s, "MaxFiles 5", "conf", 12);
	ck_setting(&s, "Digest none", "default");
	server_clear(&s);
}
END_TEST

START_TEST(places)
{
	struct server s;

	write_conf("conf", "Root /usr/../\nStartDirectory /%h/../usr/bin\n");
	(void)run(&s, WORDS("-T", "user=root"), NULL);
	ck_assert(holds(s.received.p, "\nroot \"/usr/../\"\n"));
	ck_assert(holds(s.received.p, "\nstart \"//root/../usr/bin\"\n"));
	server_clear(&s);
}
END_TEST

static const struct {
	const char *words[6];
	const char *value;
	unsigned line; /* 0: the default */
} match_rows[] = {
	{ { "-T", "user=daemon", "addr=10.0.0.9" }, "MaxFiles 1", 3 },
	{ { "-T", "user=bin", "addr=192.0.2.200" }, "MaxFiles 2", 5 },
	{ { "-T", "user=bin", "addr=::ffff:192.0.2.1" }, "MaxFiles 2", 5 },
	{ { "-T", "user=bin", "addr=2001:db8::1" }, "MaxFiles 2", 5 },
	{ { "-T", "user=bin", "addr=192.0.3.1" }, "MaxFiles none", 0 },
	{ { "-T", "user=nobody", "addr=10.0.0.1", "scp -f /" }, "MaxFiles 4",
	    9 },
	{ { "-T", "user=nobody", "addr=10.0.0.1", "scp -t /x" }, "MaxFiles 3",
	    7 },
	{ { "-T", "user=nobody", "addr=10.0.0.1" }, "MaxFiles none", 0 },
	/* The first block that fits. */
	{ { "-T", "user=nobody", "addr=192.0.2.1", "scp -f /" }, "MaxFiles 2",
	    5 },
};

START_TEST(match)
{
	struct server s;

	write_conf("conf",
	    "Root /\n"
	    "Match User daemon,sys\n"
	    "\tMaxFiles 1\n"
	    "Match User !root,* Address 192.0.2.0/24,2001:db8::/32\n"
	    "\tMaxFiles 2\n"
	    "Match Group nogroup,nobody Direction upload\n"
	    "\tMaxFiles 3\n"
	    "Match User nobody Direction download\n"
	    "\tMaxFiles 4\n");
	(void)run(&s, match_rows[_i].words, NULL);
	if (match_rows[_i].line == 0)
		ck_setting(&s, match_rows[_i].value, "default");
	else
		ck_line(&s, match_rows[_i].value, "conf", match_rows[_i].line);
	server_clear(&s);
}
END_TEST

/* --- refused ---------------------------------------------------------- */

static const struct {
	const char *text;
	unsigned line; /* 0: of the whole file */
	const char *why;
} refused_rows[] = {
	{ "Root /\nMaxFilesize 1\n\nMaxFielSize 2\n", 4,
	    "unknown keyword MaxFielSize: did you mean MaxFileSize?" },
	{ "Frobnicate yes\n", 1, "unknown keyword Frobnicate" },
	{ "Root\n", 1,
	    "Root \"\": expected an absolute path or one that begins with %h; "
	    "the tokens are %h, %u, %U and %%" },
	{ "MaxFiles ten\n", 1,
	    "MaxFiles \"ten\": expected a number from 1 to "
	    "1000000000, or none" },
	{ "Root /\n\tMaxFiles 0 # none\n", 2,
	    "MaxFiles \"0\": expected a number from 1 to "
	    "1000000000, or none" },
	{ "Access readonly\n", 1,
	    "Access \"readonly\": expected read-only, write-only or "
	    "read-write" },
	{ "Match User nosuchuser\nOverwrite maybe\n", 2,
	    "Overwrite \"maybe\": expected yes, no or version" },
	{ "Match Address 192.0.2.1/24\n", 1,
	    "Match Address: the address goes on behind these bits" },
	{ "Match Usr x\n", 1,
	    "Match Usr: expected User, Group, Address, Direction or all" },
	{ "Match Direction both\n", 1,
	    "Match Direction: expected upload or download" },
	{ "Match Address *\nRoot /\n", 1,
	    "Match Address: the client's address is not known" },
	{ "Include /none\n", 1, "/none: No such file or directory" },
	{ "Root /\nInclude bad\n", 2, NULL },
	{ "Root srv\n", 1,
	    "Root \"srv\": expected an absolute path or one that "
	    "begins with %h; the tokens are %h, %u, %U and %%" },
	{ "Root /\nLoginMessage a\001b\n", 2,
	    "the line has a control character" },
};

START_TEST(refused)
{
	char want[PATH_MAX + 512];
	struct server s;

	write_conf("bad", "\nUmask 8\n");
	write_conf("conf", refused_rows[_i].text);
	ck_assert_int_eq(run(&s, WORDS("-T"), NULL), 1);
	(void)snprintf(want, sizeof(want), "scp-server: %s:%u: %s\n", conf.file,
	    refused_rows[_i].line, refused_rows[_i].why);
	if (refused_rows[_i].why == NULL)
		(void)snprintf(want, sizeof(want),
		    "scp-server: %s/bad:2: Umask \"8\": expected "
		    "octal digits up to 0777, or inherited\n",
		    conf.dir);
	if (strcmp(s.log.p, want) != 0)
		server_fail(&s, "not %s", want);
	ck_assert_uint_eq(s.received.len, 0);
	server_clear(&s);
	/* A client learns nothing of that, and neither does its screen. */
	ck_assert_int_eq(run(&s, WORDS("-r", "/", "scp", "-t", "f"),
			     WORDS("SSH_CONNECTION=x 1 192.0.2.1 22")),
	    1);
	ck_assert_uint_eq(s.log.len, 0);
	ck_assert_str_eq(
	    s.received.p, "\001scp: this account is not available\n");
	server_clear(&s);
}
END_TEST

/* Who may write to it may do what he likes. */
static const struct {
	const char *name; /* below the directory; empty: itself */
	mode_t mode;
	uid_t uid;
	const char *why;
} unsafe_rows[] = {
	{ "conf", 0664, 0,
	    "/conf: it can be written to, or is owned, by others than root" },
	{ "conf", 0646, 0,
	    "/conf: it can be written to, or is owned, by others than root" },
	{ "conf", 0644, 65534,
	    "/conf: it can be written to, or is owned, by others than root" },
	{ "more", 0666, 0,
	    "/more: it can be written to, or is owned, by others than root" },
	{ "", 0775, 0,
	    "/conf: a directory above it can be written to, or is owned, by "
	    "others than root" },
	{ "", 0755, 65534,
	    "/conf: a directory above it can be written to, or is owned, by "
	    "others than root" },
};

START_TEST(in_the_hands_of_others)
{
	char path[PATH_MAX + 64];
	struct server s;

	write_conf("more", "Umask 022\n");
	write_conf("conf", "Root /\nInclude more\n");
	ask(&s, WORDS("-T"));
	server_clear(&s);
	(void)snprintf(
	    path, sizeof(path), "%s/%s", conf.dir, unsafe_rows[_i].name);
	ck_assert_int_eq(
	    chown(path, unsafe_rows[_i].uid, (gid_t)unsafe_rows[_i].uid), 0);
	ck_assert_int_eq(chmod(path, unsafe_rows[_i].mode), 0);
	ck_assert_int_eq(run(&s, WORDS("-T"), NULL), 1);
	if (!holds(s.log.p, unsafe_rows[_i].why))
		server_fail(&s, "not %s", unsafe_rows[_i].why);
	ck_assert_uint_eq(s.received.len, 0);
	server_clear(&s);
	ck_assert_int_eq(run(&s, WORDS("scp", "-t", "f"), NULL), 1);
	ck_assert_str_eq(
	    s.received.p, "\001scp: this account is not available\n");
	server_clear(&s);
}
END_TEST

/* A file that the account cannot read is no reason to go without. */
START_TEST(not_for_the_account)
{
	struct server s;

	write_conf("conf", "Root /\n");
	ck_assert_int_eq(chmod(conf.file, 0600), 0);
	ask(&s, WORDS("-T"));
	server_clear(&s);
	ck_assert_int_eq(run(&s, WORDS("-T", "user=nobody"), NULL), 1);
	ck_assert(holds(s.log.p,
	    "Permission denied (sessions read it as their account: make it "
	    "mode 0644)\n"));
	server_clear(&s);
}
END_TEST

START_TEST(missing)
{
	struct server s;

	/* What was asked for by name must be there, Root or not. */
	write_conf("other", "");
	ck_assert_int_eq(run(&s, WORDS("-r", "/", "-T"), NULL), 1);
	ck_assert(holds(s.log.p, "/conf: No such file or directory\n"));
	server_clear(&s);
	(void)snprintf(conf.file, sizeof(conf.file), "etc/conf");
	ck_assert_int_eq(run(&s, WORDS("-r", "/", "-T"), NULL), 1);
	ck_assert_str_eq(
	    s.log.p, "scp-server: etc/conf: expected an absolute path\n");
	server_clear(&s);
	(void)snprintf(conf.file, sizeof(conf.file), "none");
	ask(&s, WORDS("-r", "/", "-T"));
	server_clear(&s);
}
END_TEST

/* The default file, which this build does not have here. */
START_TEST(missing_default)
{
	struct server s;

	if (access(SCP_SERVER_CONF, F_OK) == 0) {
		skipped(SCP_SERVER_CONF " is there");
		return;
	}
	server_start(&s, &(struct launch){ .argv = WORDS("scp-server", "-T") });
	ck_assert_int_eq(server_wait(&s), 1);
	ck_assert_str_eq(s.log.p,
	    "scp-server: " SCP_SERVER_CONF ": No such file or directory\n");
	server_clear(&s);
	server_start(&s,
	    &(struct launch){ .argv = WORDS("scp-server", "-r", "/", "-T") });
	ck_assert_int_eq(server_wait(&s), 0);
	server_clear(&s);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_all(TCase *tc)
{
	tcase_add_test(tc, every_keyword);
	tcase_add_test(tc, which_value_counts);
	tcase_add_test(tc, places);
	tcase_add_loop_test(tc, match, 0, LENGTH(match_rows));
	tcase_add_loop_test(tc, refused, 0, LENGTH(refused_rows));
	tcase_add_loop_test(tc, in_the_hands_of_others, 0, LENGTH(unsafe_rows));
	tcase_add_test(tc, not_for_the_account);
	tcase_add_test(tc, missing);
	tcase_add_test(tc, missing_default);
}

int
main(void)
{
	Suite *suite = suite_create("configuration");

	driver_add(suite, add_all, AS_ROOT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * How a session begins: where the client's command comes from, what of it is
 * understood, the administrator's options, and what is refused before a byte
 * of the protocol is read.
 */
#include "config.h"

#include <sys/stat.h>

#include <ctype.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

static const char hello[] = "C0644 5 f\nhello";

/* The path that the program was built to be installed at. */
static char own_path[4096];

static void
upload(const struct launch *l)
{
	blind(l, hello, sizeof(hello), "000", 0);
}

#define UPLOAD(words_) upload(&(struct launch){ .command = words_ })
#define UPLOAD_WITH(options_, words_)                                          \
	upload(&(struct launch){ .options = options_, .command = words_ })
#define UPLOAD_TEXT(text_) upload(&(struct launch){ .text = text_ })

/*
 * Exit status 1 and nothing on standard output but perhaps one message, which
 * goes to *said with what is on standard error behind it.
 */
static void
refused_saying(const struct launch *l, struct bytes *said)
{
	struct server s;

	server_start(&s, l);
	server_send(&s, hello, sizeof(hello));
	server_close_input(&s);
	server_read(&s, WATCHDOG_MS);
	if (s.received.len > 0)
		expect_message(&s, 1, "scp: ");
	expect_end(&s, 1);
	bytes_add(said, s.received.p, s.received.len);
	bytes_add(said, s.log.p, s.log.len);
	server_clear(&s);
}

static void
refused(const struct launch *l)
{
	struct bytes said = { 0 };

	refused_saying(l, &said);
	bytes_free(&said);
	ck_tree("");
}

/* Refused in the protocol, so that the client shows it. */
static void
refused_aloud(const struct launch *l, const char *texts)
{
	struct server s;

	server_start(&s, l);
	server_send(&s, hello, sizeof(hello));
	server_close_input(&s);
	expect_message(&s, 1, texts);
	expect_end(&s, 1);
	server_clear(&s);
	ck_tree("");
}

/* Refused with a word on standard error and no byte on standard output. */
static void
refused_silently(const struct launch *l, const char *texts)
{
	struct server s;

	server_start(&s, l);
	expect_end(&s, 1);
	if (!holds(s.log.p != NULL ? s.log.p : "", texts))
		server_fail(&s, "no \"%s\" on standard error", texts);
	server_clear(&s);
	ck_tree("");
}

/* --- where the command comes from ------------------------------------- */

START_TEST(words_come_first)
{
	const char *const argv[] = { "scp-server", "-r", root_path(), "-c",
		"scp -t option", "scp", "-t", "words", NULL };

	upload(&(struct launch){ .argv = argv, .text = "scp -t environment" });
	ck_tree("0644 words hello\n");
}
END_TEST

START_TEST(then_the_option)
{
	const char *const argv[] = { "scp-server", "-r", root_path(), "-c",
		"scp -t option", NULL };

	upload(&(struct launch){ .argv = argv, .text = "scp -t environment" });
	ck_tree("0644 option hello\n");
}
END_TEST

START_TEST(then_the_environment)
{
	upload(&(struct launch){ .text = "scp -t environment" });
	ck_tree("0644 environment hello\n");
}
END_TEST

START_TEST(own_path_means_the_environment)
{
	const char *const argv[] = { "scp-server", "-r", root_path(), "-c",
		own_path, NULL };

	if (own_path[0] == '\0') {
		skipped("SCP_SERVER_PATH is not set");
		return;
	}
	upload(&(struct launch){ .argv = argv, .text = "scp -t environment" });
	ck_tree("0644 environment hello\n");
	ck_assert_int_eq(unlink("environment"), 0);
	refused_silently(&(struct launch){ .argv = argv }, "scp|SCP");
}
END_TEST

START_TEST(own_path_with_more_is_refused)
{
	static const char *const more[] = { " ", " -R", " scp -t f",
		" -r / scp -t f", "x", ";scp -t f", "\nscp -t f", "/" };
	struct bytes text = { 0 };
	const char *argv[] = { "scp-server", "-r", root_path(), "-c", NULL,
		NULL };

	if (own_path[0] == '\0') {
		skipped("SCP_SERVER_PATH is not set");
		return;
	}
	bytes_addf(&text, "%s%s", own_path, more[_i]);
	argv[4] = text.p;
	refused(&(struct launch){ .argv = argv, .text = "scp -t f" });
	bytes_free(&text);
}
END_TEST

START_TEST(option_c_twice_is_refused)
{
	const char *const argv[] = { "scp-server", "-r", root_path(), "-c",
		"scp -t a", "-c", "scp -t b", NULL };

	refused(&(struct launch){ .argv = argv });
}
END_TEST

START_TEST(installed_as_scp)
{
	static const char *const names[] = { "scp", "/usr/bin/scp",
		"/opt/x/scp" };
	const char *argv[] = { names[_i % 3], "-t", "words", NULL };
	static const char *const env[] = { "HOME=/outside", "LOGNAME=root",
		NULL };

	if (!home_is_root() || !has_default_conf()) {
		skipped("the account cannot be given its home here");
		return;
	}
	upload(&(struct launch){
	    .argv = argv, .env = env, .text = "scp -t environment" });
	ck_tree("0644 words hello\n");
}
END_TEST

START_TEST(installed_as_scp_there_are_no_options)
{
	const char *const argv[][6] = {
		{ "scp", "-r", "/", "-t", "f", NULL },
		{ "scp", "-c", "scp -t f", NULL },
		{ "scp", "-e", "scp", "-t", "f", NULL },
		{ "scp", NULL },
	};

	if (!home_is_root()) {
		skipped("the account cannot be given its home here");
		return;
	}
	refused(&(struct launch){ .argv = argv[_i], .text = "scp -t f" });
}
END_TEST

START_TEST(home_is_the_default_root)
{
	const char *const argv[] = { "scp-server", "-e", "-C", "none", "scp",
		"-t", "/f", NULL };

	if (!home_is_root()) {
		skipped("the account cannot be given its home here");
		return;
	}
	upload(&(struct launch){ .argv = argv });
	ck_tree("0644 f hello\n");
}
END_TEST

/* Neither an account without its file nor one whose file is wrong is served. */
START_TEST(default_file)
{
	static const char *const login[] = { "-scp-server", NULL };
	static const char *const argv[] = { "scp-server", "-e", "scp", "-t",
		"f", NULL };

	if (!home_is_root() || !has_default_conf()) {
		skipped("the account cannot be given its home here");
		return;
	}
	upload(&(struct launch){ .argv = argv });
	ck_tree("0644 f hello\n");
	ck_assert_int_eq(unlink("f"), 0);
	refused_silently(&(struct launch){ .argv = login }, "no shell");
	/* Nobody but root can take it away. */
	ck_assert_int_eq(unlink(SCP_SERVER_CONF), -1);
}
END_TEST

START_TEST(disabled_by_a_file)
{
	struct bytes said = { 0 };

	if (!home_is_root()) {
		skipped("/etc/ssh cannot be replaced here");
		return;
	}
	make_file("/etc/ssh/disable_scp", "", 0644);
	refused_saying(&(struct launch){ .command = "scp -t f" }, &said);
	ck_assert_msg(
	    holds(said.p, "SCP is disabled on this host"), "%s", said.p);
	ck_assert_msg(holds(said.p, "disabled: "), "%s", said.p);
	bytes_free(&said);
	refused_saying(&(struct launch){ .options = "-o RefuseMessage=Closed.",
			   .command = "scp -t f" },
	    &said);
	ck_assert_msg(holds(said.p, "scp: Closed.\n"), "%s", said.p);
	bytes_free(&said);
	upload(&(struct launch){
	    .options = "-o HonourDisableScp=no", .command = "scp -t f" });
	ck_tree("0644 f hello\n");
	ck_assert_int_eq(unlink("f"), 0);
	ck_assert_int_eq(unlink("/etc/ssh/disable_scp"), 0);
	ck_assert_int_eq(symlink("/none", "/etc/ssh/disable_scp"), 0);
	refused(&(struct launch){ .command = "scp -t f" });
}
END_TEST

START_TEST(tokens_of_the_root)
{
	struct bytes root = { 0 };
	const char *argv[] = { "scp-server", "-r", NULL, "scp", "-t", "f",
		NULL };

	if (!home_is_root()) {
		skipped("the account cannot be given its home here");
		return;
	}
	make_dir("account", 0755);
	make_dir("account/a%b", 0755);
	bytes_addf(&root, "%%h/%%u/a%%%%b");
	argv[2] = root.p;
	upload(&(struct launch){ .argv = argv });
	root.len = 0;
	bytes_addf(&root, "%s/%%U", root_path());
	argv[2] = root.p;
	bytes_free(&root);
	ck_tree("0644 account/a%b/f hello\n0755 account/\n"
		"0755 account/a%b/\n");
}
END_TEST

/* ForceCommand ... $SSH_ORIGINAL_COMMAND: the client's words are no options. */
START_TEST(command_with_a_dash)
{
	const char *const root = root_path();
	const char *const argv[][9] = {
		{ "scp-server", "-r", root, "-r", "/", "scp", "-t", "f" },
		{ "scp-server", "-r", root, "-c", "-r / scp -t f" },
		{ "scp-server", "-r", root, "-c", "-t f" },
		{ "scp-server", "-r", root, "--", "-t", "f" },
		{ "scp-server", "-r", root, "scp", "-t", "f" },
		{ "scp-server", "-r", root, "-c", "scp -t f" },
		{ "scp-server", "-r", root },
	};
	static const char *const texts[] = { "-r / scp -t f", NULL, NULL, NULL,
		"-R", "-x", "-t f" };

	refused(&(struct launch){ .argv = argv[_i], .text = texts[_i] });
}
END_TEST

START_TEST(command_with_a_pattern)
{
	/* ForceCommand ... $SSH_ORIGINAL_COMMAND expands it where it runs. */
	refused(&(struct launch){ .command = "scp -t f", .text = "*" });
	refused(&(struct launch){ .command = "scp -t f", .text = "[-]r / f" });
	refused(&(struct launch){ .command = "scp -t f", .text = "?r" });
}
END_TEST

/* --- commands that are not served -------------------------------------- */

START_TEST(no_command)
{
	const char *const argv[] = { "scp-server", "-r", root_path(), NULL };

	refused_silently(&(struct launch){ .argv = argv }, "\n");
	refused_silently(&(struct launch){ .argv = argv, .text = "" }, "\n");
	refused_silently(
	    &(struct launch){ .options = "-o LoginMessage=Come-by-scp." },
	    "Come-by-scp.\n");
}
END_TEST

/* None of the longest that are taken is cut. */
static const struct {
	const char *keyword;
	int len;
	const char *text;   /* the client's command */
	const char *before; /* the message, in what it reads */
} message_rows[] = {
	{ "LoginMessage", 511, "", "" },
	{ "RefuseMessage", 499, "ls", "scp-server: " },
	{ "RefuseMessage", 499, "scp -t a b", "scp: " },
};

START_TEST(longest_messages)
{
	char message[512], option[600], line[600];
	struct bytes said = { 0 };

	memset(message, 'm', sizeof(message));
	message[message_rows[_i].len] = '\0';
	(void)snprintf(option, sizeof(option), "-o %s=%s",
	    message_rows[_i].keyword, message);
	(void)snprintf(
	    line, sizeof(line), "%s%s\n", message_rows[_i].before, message);
	refused_saying(&(struct launch){ .options = option,
			   .text = message_rows[_i].text },
	    &said);
	ck_assert_msg(strstr(said.p, line) != NULL, "%s", said.p);
	bytes_free(&said);
}
END_TEST

START_TEST(other_programs)
{
	static const char *const texts[] = { "ls", "ls -l /", "/bin/sh",
		"sh -c 'scp -t f'", "rsync --server -e.LsfxC . f",
		"git-upload-pack 'x'", "scpx -t f", "xscp -t f", "scp/ -t f",
		"echo scp -t f", "exec scp -t f", "env scp -t f",
		"sudo scp -t f", "mkdir -p d && scp -qrt d", "cd /; scp -t f",
		"true || scp -t f", "SCP -t f", "PATH=. scp -t f", ":", "''",
		"\"\" scp -t f", "\\-t f" };
	const char *const argv[] = { "scp-server", "-r", root_path(), NULL };
	struct bytes said = { 0 };

	refused_silently(
	    &(struct launch){ .argv = argv, .text = texts[_i] }, "scp|SCP");
	refused_saying(
	    &(struct launch){ .argv = argv, .text = texts[_i] }, &said);
	/* One line says what this account is for. */
	ck_assert_ptr_eq(strchr(said.p, '\n'), said.p + said.len - 1);
	bytes_free(&said);
}
END_TEST

START_TEST(sftp)
{
	static const char *const texts[] = { "internal-sftp",
		"internal-sftp -l INFO", "/usr/lib/openssh/sftp-server",
		"/usr/libexec/sftp-server -l INFO -f AUTH", "sftp-server" };

	refused_silently(&(struct launch){ .text = texts[_i] }, "scp -O");
}
END_TEST

/* --- options of scp's -------------------------------------------------- */

START_TEST(unknown_scp_option)
{
	static const char allowed[] = "dfpqrtv1246BCTl-";
	char words[32], text[32];

	if (strchr(allowed, _i) != NULL || !isgraph(_i))
		return;
	snprintf(words, sizeof(words), "scp -%c -t f", _i);
	refused_aloud(&(struct launch){ .command = words }, "scp: ");
	snprintf(words, sizeof(words), "scp -t%c f", _i);
	refused_aloud(&(struct launch){ .command = words }, "scp: ");
	if (isalnum(_i)) {
		snprintf(text, sizeof(text), "scp -v%c -t f", _i);
		refused_aloud(&(struct launch){ .text = text }, "scp: ");
	}
}
END_TEST

START_TEST(refused_scp_words)
{
	static const char *const commands[] = { "scp --help", "scp -t --foo",
		"scp -t f -S sh", "scp -l", "scp -t -l", "scp -tf f", "scp f",
		"scp f g", "scp", "scp -r f g", "scp -R a b", "scp -3 a b",
		"scp -t f g", "scp -oProxyCommand=x -t f", "scp -Ssh -t f",
		"scp -- -t f", "scp -Fx -f f", "scp -f", "scp -r -f" };

	refused(&(struct launch){ .command = commands[_i] });
	refused(&(struct launch){ .text = commands[_i] });
}
END_TEST

START_TEST(two_targets)
{
	refused_aloud(&(struct launch){ .command = "scp -t f g" },
	    "scp: ambiguous target");
}
END_TEST

START_TEST(upload_flags)
{
	static const char *const commands[] = { "scp -t f", "scp -qt f",
		"scp -tq f", "scp -q -t f", "scp -pt f", "scp -tp f",
		"scp -vt f", "scp -p -t f", "scp -v -r -p -t f", "scp -prt f",
		"scp -rvt f", "scp -qrt f", "scp -tr f", "scp -trp f",
		"scp -1 -2 -4 -6 -B -C -T -q -v -t f", "scp -1246BCTqvt f",
		"scp -l 100 -t f", "scp -l100 -t f", "scp -tl 100 f",
		"scp -t -- f", "scp -r -p -t -- f", "scp -t -p -r f",
		"/usr/bin/scp -t f" };

	UPLOAD(commands[_i]);
	ck_tree("0644 f hello\n");
	ck_assert_int_eq(unlink("f"), 0);
	UPLOAD_TEXT(commands[_i]);
	ck_tree("0644 f hello\n");
}
END_TEST

START_TEST(upload_flags_for_a_directory)
{
	static const char *const commands[] = { "scp -t -d .", "scp -d -t .",
		"scp -td .", "scp -r -p -d -t .", "scp -dprqvt ." };

	UPLOAD(commands[_i]);
	ck_tree("0644 f hello\n");
}
END_TEST

START_TEST(download_flags)
{
	static const char *const commands[] = { "scp -f f", "scp -pf f",
		"scp -prf f", "scp -rf f", "scp -vf f", "scp -vrf f",
		"scp -f -d -p f", "scp -f -r f", "scp -l 8 -f f", "scp -f -- f",
		"scp -p -f f", "scp -q -p -r -l100 -f f", "scp -r -v -f f" };
	const bool times = strchr(commands[_i], 'p') != commands[_i] + 2 ||
	    strchr(commands[_i] + 3, 'p') != NULL;
	const char *want = "times 5 6\n0644 f hello\n";

	make_file("f", "hello", 0644);
	set_times("f", 5, 6);
	if (!times)
		want += strlen("times 5 6\n");
	ck_received(&(struct launch){ .command = commands[_i] }, want, 0);
	set_times("f", 5, 6);
	ck_received(&(struct launch){ .text = commands[_i] }, want, 0);
}
END_TEST

/* --- text: quoting as clients do it ------------------------------------ */

START_TEST(exec_strings)
{
	static const struct {
		const char *text;
		const char *name;
	} rows[] = {
		{ "scp -t f", "f" },
		{ "scp -t  'a b'", "a b" },           /* libssh */
		{ "scp -p -t 'it'\"'\"'s'", "it's" }, /* libssh2 */
		{ "scp -t 'it'\\''s'", "it's" },      /* phpseclib */
		{ "scp -t 'a'\\!'b'", "a!b" },        /* libssh2 */
		{ "scp -t a!b", "a!b" },
		{ "scp -vt a\\ b", "a b" }, /* packer */
		{ "'scp' -vt f", "f" },     /* terraform */
		{ "\"scp\" -vt f", "f" },
		{ "s'c'p -t f", "f" },
		{ "/usr/bin/scp -t f", "f" },
		{ "'/usr/bin/scp' -t f", "f" },
		{ "scp -t -- f", "f" },
		{ "scp -t -- -f", "-f" },
		{ "scp -qt \"a b\"", "a b" }, /* go-scp */
		{ "scp -t \"a\\\"b\"", "a\"b" },
		{ "scp -t \"a\\\\b\"", "a\\b" },
		{ "scp -t \"a\\nb\"", "a\\nb" }, /* as sh */
		{ "scp -t \"a'b\"", "a'b" },
		{ "scp -t \"\\$HOME\"", "$HOME" },
		{ "scp -t \"\\`x\\`\"", "`x`" },
		{ "scp -t a''b\"\"c", "abc" },
		{ "scp -t \\a\\b", "ab" },
		{ "scp -t a=b,c:d@e%f+g-h", "a=b,c:d@e%f+g-h" },
		{ "scp -t 'a;b|c$d`e&f<g>h(i)j'", "a;b|c$d`e&f<g>h(i)j" },
		{ "scp -t \"a;b|c&f<g>h(i)j\"", "a;b|c&f<g>h(i)j" },
		{ "scp -t a\\;b\\|c\\$d", "a;b|c$d" },
		{ "scp -t '*'", "*" },
		{ "scp -t 'a\nb'", "a\nb" },
		{ "scp -t 'gr\303\274n'", "gr\303\274n" },
		{ "scp -t '\377'", "\377" },
		{ "scp\t-t\tf", "f" },
		{ "  scp   -t   f  ", "f" },
		{ "scp -t '#f'", "#f" },
		{ "scp -t ''", "record" },
		{ "scp -t ", "record" }, /* scp.py */
		{ "scp -t .", "record" },
		{ "scp -t './'", "record" },
	};
	static const char stream[] = "C0644 5 record\nhello";

	blind(&(struct launch){ .text = rows[_i].text }, stream, sizeof(stream),
	    "000", 0);
	ck_assert_int_eq(status_of(rows[_i].name).st_size, 5);
	ck_assert_int_eq(unlink(rows[_i].name), 0);
	ck_tree("");
}
END_TEST

START_TEST(text_that_only_a_shell_would_understand)
{
	static const char *const texts[] = { "scp -t f;x", "scp -t f ; x",
		"scp -t f&", "scp -t f && x", "scp -t f|x", "scp -t <f",
		"scp -t f >x", "scp -t $HOME", "scp -t ${HOME}", "scp -t $(x)",
		"scp -t `x`", "scp -t (f)", "scp -t f\nx", "scp -t f\n",
		"scp -t \"$HOME\"", "scp -t \"`x`\"", "scp -t \"$(x)\"",
		"scp -t 'f", "scp -t \"f", "scp -t f\\", "scp -t ~root/f",
		"scp -t ~root", "scp -f ~nobody/f", "scp -f f;x", "scp -f $f",
		"scp -f `f`" };

	refused_aloud(&(struct launch){ .text = texts[_i] }, "scp: ");
}
END_TEST

/* --- injection --------------------------------------------------------- */

/* %s: a file whose coming into being ends the test. */
static const char *const injections[] = {
	"scp -t f; touch %s",
	"scp -t f;touch %s",
	"scp -t f && touch %s",
	"scp -t f || touch %s",
	"scp -t f | touch %s",
	"scp -t f & touch %s",
	"scp -t f\ntouch %s",
	"scp -t f\rtouch %s",
	"scp -t f > %s",
	"scp -t f >> %s",
	"scp -t f 2>%s",
	"scp -t f >| %s",
	"scp -t $(touch %s)",
	"scp -t `touch %s`",
	"scp -t \"$(touch %s)\"",
	"scp -t \"`touch %s`\"",
	"scp -t '$(touch %s)'",
	"scp -t '`touch %s`'",
	"scp -t '; touch %s'",
	"scp -t '|touch %s'",
	"scp -t \\;touch\\ %s",
	"scp -t f';touch %s;'",
	"scp -t <(touch %s)",
	"scp -t f${IFS};touch${IFS}%s",
	"scp -t f #\ntouch %s",
	"scp -f f; touch %s",
	"scp -f $(touch %s)",
	"scp -f `touch %s`",
	"scp -f *; touch %s",
	"scp -f '`touch %s`'",
	"scp -f {a,$(touch %s)}",
	"scp -S 'touch %s' -t f",
	"scp -S'touch %s' -t f",
	"scp -t -S 'touch %s' f",
	"scp -o 'ProxyCommand=touch %s' -t f",
	"scp -t '-oProxyCommand=touch %s'",
	"scp -t -- '-oProxyCommand=touch %s'",
	"scp -t -oProxyCommand='touch %s'",
	"scp -F %s -t f",
	"scp -D 'touch %s' -t f",
	"scp -s 'touch %s' -t f",
	"scp -t 'localhost:;touch %s'",
	"scp localhost:f '|touch %s'",
	"scp -3 'a:`touch %s`' b:",
	"touch %s",
	"touch %s; scp -t f",
	"$(touch %s) scp -t f",
	"`touch %s`",
	"PATH=. touch %s",
	"/bin/sh -c 'touch %s'",
	"sh -c 'touch %s'",
	"scp() { touch %s; }; scp -t f",
	"() { :; }; touch %s",
	"scp -t f\\\n;touch %s",
	"../bin/touch %s",
	"internal-sftp; touch %s",
	"scp-server -c 'touch %s'",
	"%%s%%s%%n%%n %s",
};

START_TEST(injection)
{
	const char *argv[] = { "scp-server", "-r", root_path(), "-c", NULL,
		NULL };
	struct bytes text = { 0 }, marker = { 0 };
	struct server s;
	int status;

	bytes_addf(&marker, "%s/marker", outside_path());
	for (const char *p = injections[_i]; *p != '\0'; p++)
		if (p[0] == '%' && p[1] == 's') {
			bytes_add(&text, marker.p, marker.len);
			p++;
		} else {
			bytes_add(&text, p, 1);
		}
	argv[4] = text.p;
	for (int option = 0; option < 2; option++) {
		server_start(&s,
		    option ? &(struct launch){ .argv = argv }
			   : &(struct launch){ .text = text.p });
		server_send(&s, hello, sizeof(hello));
		server_close_input(&s);
		status = server_wait(&s);
		ck_assert_msg(status == 0 || status == 1, "status %d", status);
		server_clear(&s);
	}
	/* By whatever name, and in the directory it runs in. */
	ck_assert(!tree_has(root_path(), "marker"));
	ck_assert(!tree_has(outside_path(), "marker"));
	bytes_free(&text);
	bytes_free(&marker);
}
END_TEST

START_TEST(environment_of_the_client)
{
	static const char *const env[] = { "HOME=/outside", "LOGNAME=root",
		"USER=root", "SHELL=/bin/sh", "PATH=.", "IFS=p",
		"ENV=/etc/passwd", "BASH_ENV=/etc/passwd", "CDPATH=/",
		"TZ=:/etc/passwd", "LC_ALL=../../etc", "LANG=xx",
		"POSIXLY_CORRECT=1", "TMPDIR=/outside",
		"SSH_CONNECTION=", "SSH_USER_AUTH=/etc/shadow", NULL };

	upload(&(struct launch){ .text = "scp -t ./../f", .env = env });
	ck_tree("0644 f hello\n");
}
END_TEST

/* --- our own options ---------------------------------------------------- */

START_TEST(help_and_version)
{
	const char *const argv[][3] = { { "scp-server", "-h" },
		{ "scp-server", "-V" } };
	struct server s;
	int status;

	server_start(&s, &(struct launch){ .argv = argv[_i] });
	status = server_wait(&s);
	if (status != 0 && status != 1)
		server_fail(&s, "exit status %d", status);
	bytes_add(&s.received, s.log.p, s.log.len);
	if (!holds(s.received.p, _i == 0 ? "usage: scp-server" : "scp-server"))
		server_fail(&s, "no answer");
	server_clear(&s);
}
END_TEST

START_TEST(mistakes_of_the_administrator)
{
	static const char *const options[] = { "-Z", "-u 999", "-u x", "-u",
		"-m 8", "-m x", "-l LOUD", "-f NOWHERE", "-o MaxDepth=0",
		"-o MaxDepth=x", "-o MaxDepth=100000", "-o MaxDepth",
		"-o DiscardLimit=-1", "-o DiscardLimit=1X",
		"-o DiscardLimit=99999999999T", "-o Access=maybe",
		"-o Nonsense=1", "-o =1", "-o MaxMatches=-1", "-o LogLevel=x",
		"-o Umask=x", "-o FileMode=x", "-Q", "-e -e -r" };
	const struct launch words = { .options = options[_i],
		.command = "scp -t f" };
	static const char *const env[] = {
		"SSH_CONNECTION=192.0.2.7 4711 192.0.2.1 22", NULL
	};
	const struct launch text = {
		.options = options[_i], .text = "scp -t f", .env = env
	};
	struct bytes said = { 0 };
	struct server s;

	refused_saying(&words, &said);
	ck_assert_uint_gt(said.len, 0);
	bytes_free(&said);
	/* The client learns that much and no more; the log also, of whom. */
	server_start(&s, &text);
	server_close_input(&s);
	expect_bytes(&s, "\1scp: this account is not available\n", 36);
	expect_end(&s, 1);
	if (!holds(s.log.p, "failed session by ") ||
	    !holds(s.log.p, " from [192.0.2.7]: setup: "))
		server_fail(&s, "the log does not say whose session");
	server_clear(&s);
	ck_tree("");
}
END_TEST

START_TEST(unknown_keyword_is_named)
{
	struct bytes said = { 0 };

	refused_saying(&(struct launch){ .options = "-o MaxDeep=3",
			   .command = "scp -t f" },
	    &said);
	ck_assert_msg(holds(said.p, "MaxDeep"), "%s", said.p);
	ck_assert_msg(holds(said.p, "MaxDepth"), "%s", said.p);
	bytes_free(&said);
}
END_TEST

START_TEST(unfit_root)
{
	struct bytes root = { 0 }, said = { 0 };
	const char *argv[] = { "scp-server", "-e", "-r", NULL, "scp", "-t", "f",
		NULL };

	make_file("file", "", 0644);
	make_dir("open", 0777);
	make_dir("open/root", 0755);
	bytes_addf(&root, "%s/%s", root_path(),
	    _i == 0       ? "no"
		: _i == 1 ? "file"
		: _i == 2 ? "open/root"
			  : "%x");
	argv[3] = root.p;
	ck_assert_int_eq(chmod("open", 0777), 0);
	refused_saying(&(struct launch){ .argv = argv }, &said);
	ck_tree("0644 file \n0755 open/root/\n0777 open/\n");
	bytes_free(&said);
	bytes_free(&root);
}
END_TEST

START_TEST(sticky_directory_above_the_root)
{
	struct bytes root = { 0 };
	const char *argv[] = { "scp-server", "-e", "-r", NULL, "scp", "-t", "f",
		NULL };

	make_dir("open", 01777);
	make_dir("open/root", 0755);
	bytes_addf(&root, "%s/open/root", root_path());
	argv[3] = root.p;
	upload(&(struct launch){ .argv = argv });
	ck_tree("0644 open/root/f hello\n0755 open/root/\n1777 open/\n");
	bytes_free(&root);
}
END_TEST

START_TEST(start_directory)
{
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	UPLOAD_WITH("-d d", "scp -t a");
	UPLOAD_WITH("-d /d/e/", "scp -t a");
	UPLOAD_WITH("-o StartDirectory=d", "scp -t ../b");
	UPLOAD_WITH("-d d", "scp -t /c");
	UPLOAD_WITH("-d d", "scp -t e");
	UPLOAD_WITH("-d ../../d", "scp -t g");
	ck_tree("0644 b hello\n0644 c hello\n0644 d/a hello\n"
		"0644 d/e/a hello\n0644 d/e/f hello\n0644 d/g hello\n"
		"0755 d/\n0755 d/e/\n");
}
END_TEST

/* The administrator's mistake, not one of the client's path. */
START_TEST(start_directory_that_is_missing)
{
	static const char *const options[] = { "-d no", "-d file",
		"-d no/such" };
	struct server s;
	size_t i;

	make_file("file", "", 0644);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		server_start(&s,
		    &(struct launch){
			.options = options[i], .text = "scp -t f" });
		server_close_input(&s);
		expect_bytes(&s, "\1scp: this account is not available\n", 36);
		expect_end(&s, 1);
		server_clear(&s);
	}
	ck_tree("0644 file \n");
}
END_TEST

START_TEST(start_directory_of_tilde)
{
	make_dir("d", 0755);
	upload(&(struct launch){ .options = "-d d", .text = "scp -t ~/a" });
	upload(&(struct launch){ .options = "-d d", .text = "scp -t ~" });
	ck_tree("0644 d/a hello\n0644 d/f hello\n0755 d/\n");
}
END_TEST

START_TEST(umask_option)
{
	umask(0);
	UPLOAD_WITH("-u 077", "scp -t a");
	/* Set, it bounds -p as well. */
	UPLOAD_WITH("-u 077", "scp -p -t b");
	UPLOAD_WITH("-o Umask=027", "scp -t c");
	umask(077);
	UPLOAD_WITH("-u 0", "scp -t d");
	ck_tree("0600 a hello\n0600 b hello\n0640 c hello\n0644 d hello\n");
}
END_TEST

START_TEST(file_mode_option)
{
	make_file("c", "old", 0640);
	UPLOAD_WITH("-m 600", "scp -t a");
	UPLOAD_WITH("-m 0606", "scp -p -t b");
	UPLOAD_WITH("-o FileMode=0604", "scp -t c");
	UPLOAD_WITH("-m 664 -u 077", "scp -t d");
	ck_tree("0600 a hello\n0604 c hello\n0606 b hello\n0664 d hello\n");
}
END_TEST

START_TEST(directory_mode_option)
{
	RUN_WITH("-o DirectoryMode=0750", "scp -r -p -t .", ACK,
	    SEND("D0777 0 d\n"), ACK, SEND("D0000 0 e\n"), ACK, SEND("E\n"),
	    ACK, SEND("E\n"), ACK, EXIT(0));
	ck_tree("0750 d/\n0750 d/e/\n");
}
END_TEST

START_TEST(read_only)
{
	static const char *const options[] = { "-R", "-o Access=read-only",
		"-o access=read-only", "-R -o Access=read-write" };

	refused_aloud(
	    &(struct launch){ .options = options[_i], .command = "scp -t f" },
	    "scp: f: ");
	refused_aloud(&(struct launch){ .options = options[_i],
			  .command = "scp -r -p -d -t ." },
	    "scp: .: ");
	make_file("f", "hello", 0644);
	ck_received(
	    &(struct launch){ .options = options[_i], .command = "scp -f f" },
	    "0644 f hello\n", 0);
}
END_TEST

START_TEST(write_only)
{
	static const char *const texts[] = { "scp -f f", "scp -f no",
		"scp -r -f .", "scp -f *", "scp -f {f,no}", "scp -r -f no/no" };
	struct bytes list = { 0 };

	UPLOAD_WITH("-o Access=write-only", "scp -t f");
	ck_tree("0644 f hello\n");
	for (size_t i = 0; i < LENGTH(texts); i++) {
		list.len = 0;
		receive(&(struct launch){ .options = "-o Access=write-only",
			    .text = texts[i] },
		    &list, 1);
		/* Nothing is learnt but that. */
		ck_assert_ptr_eq(list.p, strstr(list.p, "error: scp: "));
		ck_assert_msg(
		    !holds(list.p, "No such|scp: f: |regular") || i == 0, "%s",
		    list.p);
	}
	bytes_free(&list);
}
END_TEST

START_TEST(first_value_wins)
{
	RUN_WITH("-o MaxDepth=1 -o MaxDepth=9", "scp -r -t .", ACK,
	    SEND("D0755 0 d\n"), ACK, SEND("D0755 0 e\n"), WARNING("scp: "),
	    SEND("E\n"), ACK, EXIT(1));
	UPLOAD_WITH("-m 600 -m 666", "scp -t f");
	ck_tree("0600 f hello\n0755 d/\n");
}
END_TEST

START_TEST(our_letters_after_the_first_word_are_the_clients)
{
	refused_aloud(&(struct launch){ .command = "scp -R -t f" }, "scp: ");
	refused_aloud(&(struct launch){ .command = "scp -e -t f" }, "scp: ");
	refused_aloud(
	    &(struct launch){ .command = "scp -m 777 -t f" }, "scp: ");
	UPLOAD("scp -r -t f");
	ck_tree("0644 f hello\n");
}
END_TEST

/* --- the log (R-LOG-1) -------------------------------------------------- */

/* What a session that uploads one file writes on standard error. */
static void
log_of(const char *const *argv, struct bytes *log)
{
	struct server s;

	server_start(&s, &(struct launch){ .argv = argv });
	server_send(&s, hello, sizeof(hello));
	server_close_input(&s);
	ck_answers(&s, "000");
	expect_end(&s, 0);
	bytes_add(log, s.log.p, s.log.len);
	server_clear(&s);
}

START_TEST(log_on_standard_error)
{
	const char *const with_e[] = { "scp-server", "-e", "-r", root_path(),
		"scp", "-t", "a", NULL };
	const char *const without[] = { "scp-server", "-r", root_path(), "-f",
		"LOCAL7", "scp", "-t", "b", NULL };
	const char *const quiet[] = { "scp-server", "-e", "-l", "QUIET", "-r",
		root_path(), "scp", "-t", "c", NULL };
	const char *const verbose[] = { "scp-server", "-e", "-o",
		"LogLevel=VERBOSE", "-r", root_path(), "scp", "-t", "d", NULL };
	struct bytes log = { 0 };

	log_of(with_e, &log);
	ck_assert_msg(
	    holds(log.p, "session opened for local user"), "%s", log.p);
	ck_assert_msg(holds(log.p,
			  "close \"/a\" bytes read 5 written 0|"
			  "close \"/a\" bytes read 0 written 5"),
	    "%s", log.p);
	ck_assert_msg(
	    holds(log.p, "session closed for local user"), "%s", log.p);
	log.len = 0;
	log_of(without, &log);
	ck_assert_uint_eq(log.len, 0);
	log_of(quiet, &log);
	ck_assert_uint_eq(log.len, 0);
	log_of(verbose, &log);
	ck_assert_msg(holds(log.p, "open \"/d\""), "%s", log.p);
	bytes_free(&log);
}
END_TEST

START_TEST(log_lines_cannot_be_forged)
{
	static const char *const words[] = { "scp", "-t",
		"a\nsession closed for local user root \"\\\033[2J", NULL };
	static const char *const heads[] = { "session opened for local user ",
		"close \"", "session closed for local user " };
	struct server s;
	const char *line;

	server_start(&s, &(struct launch){ .words = words });
	server_send(&s, hello, sizeof(hello));
	server_close_input(&s);
	ck_answers(&s, "000");
	expect_end(&s, 0);
	line = s.log.p;
	for (size_t i = 0; i < LENGTH(heads); i++) {
		if (line == NULL ||
		    strncmp(line, heads[i], strlen(heads[i])) != 0)
			server_fail(&s, "line %zu is another", i);
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	ck_assert_str_eq(line, "");
	for (size_t i = 0; i < s.log.len; i++)
		ck_assert(s.log.p[i] == '\n' || isprint(s.log.p[i]));
	server_clear(&s);
}
END_TEST

START_TEST(address_in_the_log)
{
	static const struct {
		const char *connection;
		const char *address;
	} rows[] = {
		{ "SSH_CONNECTION=192.0.2.7 4711 192.0.2.1 22", "[192.0.2.7]" },
		{ "SSH_CONNECTION=2001:db8::7 4711 2001:db8::1 22",
		    "[2001:db8::7]" },
		{ "SSH_CONNECTION=fe80::1%eth0 1 fe80::2%eth0 22",
		    "[fe80::1%eth0]" },
		{ "SSH_CONNECTION=UNKNOWN 65535 UNKNOWN 65535", "[UNKNOWN]" },
		{ "SSH_CONNECTION=", "[UNKNOWN]" },
		{ "SSH_CONNECTION=x] evil 1 2", "[UNKNOWN]" },
		{ "SSH_CONNECTION=1.2.3.4\nforged 1 2 3", "[UNKNOWN]" },
		{ "NO_CONNECTION=1", "[UNKNOWN]" },
	};
	const char *const env[] = { rows[_i].connection, NULL };
	struct server s;

	server_start(&s, &(struct launch){ .command = "scp -t f", .env = env });
	server_close_input(&s);
	expect_ack(&s);
	expect_end(&s, 0);
	if (!holds(s.log.p, rows[_i].address))
		server_fail(&s, "%s is not in the log", rows[_i].address);
	server_clear(&s);
}
END_TEST

/* --- ends -------------------------------------------------------------- */

START_TEST(terminal)
{
	struct server s;

	server_start(&s,
	    &(struct launch){ .command = "scp -t f",
		.ends = _i == 0 ? ENDS_TTY_IN : ENDS_TTY_OUT });
	if (_i == 1)
		server_close_input(&s);
	if (server_wait(&s) != 1)
		server_fail(&s, "a terminal is not refused");
	/* R-LOG-1: nor is this refusal without its line. */
	if (!holds(s.log.p, "from [UNKNOWN]: terminal: "))
		server_fail(&s, "the log does not say so");
	server_clear(&s);
	ck_tree("");
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_sources(TCase *tc)
{
	tcase_add_test(tc, words_come_first);
	tcase_add_test(tc, then_the_option);
	tcase_add_test(tc, then_the_environment);
	tcase_add_test(tc, own_path_means_the_environment);
	tcase_add_loop_test(tc, own_path_with_more_is_refused, 0, 8);
	tcase_add_test(tc, option_c_twice_is_refused);
	tcase_add_loop_test(tc, command_with_a_dash, 0, 7);
	tcase_add_test(tc, command_with_a_pattern);
	tcase_add_test(tc, no_command);
	tcase_add_loop_test(tc, longest_messages, 0, LENGTH(message_rows));
	tcase_add_loop_test(tc, other_programs, 0, 22);
	tcase_add_loop_test(tc, sftp, 0, 5);
	tcase_add_test(tc, environment_of_the_client);
	tcase_add_loop_test(tc, terminal, 0, 2);
}

static void
add_home(TCase *tc)
{
	tcase_add_loop_test(tc, installed_as_scp, 0, 3);
	tcase_add_loop_test(tc, installed_as_scp_there_are_no_options, 0, 4);
	tcase_add_test(tc, home_is_the_default_root);
	tcase_add_test(tc, default_file);
	tcase_add_test(tc, disabled_by_a_file);
	tcase_add_test(tc, tokens_of_the_root);
}

static void
add_commands(TCase *tc)
{
	tcase_add_loop_test(tc, unknown_scp_option, '!', '~' + 1);
	tcase_add_loop_test(tc, refused_scp_words, 0, 19);
	tcase_add_test(tc, two_targets);
	tcase_add_loop_test(tc, upload_flags, 0, 23);
	tcase_add_loop_test(tc, upload_flags_for_a_directory, 0, 5);
	tcase_add_loop_test(tc, download_flags, 0, 13);
	tcase_add_loop_test(tc, exec_strings, 0, 38);
	tcase_add_loop_test(tc, text_that_only_a_shell_would_understand, 0, 26);
	tcase_add_loop_test(tc, injection, 0, LENGTH(injections));
}

static void
add_options(TCase *tc)
{
	tcase_add_loop_test(tc, help_and_version, 0, 2);
	tcase_add_loop_test(tc, mistakes_of_the_administrator, 0, 24);
	tcase_add_test(tc, unknown_keyword_is_named);
	tcase_add_loop_test(tc, unfit_root, 0, 4);
	tcase_add_test(tc, sticky_directory_above_the_root);
	tcase_add_test(tc, start_directory);
	tcase_add_test(tc, start_directory_that_is_missing);
	tcase_add_test(tc, start_directory_of_tilde);
	tcase_add_test(tc, umask_option);
	tcase_add_test(tc, file_mode_option);
	tcase_add_test(tc, directory_mode_option);
	tcase_add_loop_test(tc, read_only, 0, 4);
	tcase_add_test(tc, write_only);
	tcase_add_test(tc, first_value_wins);
	tcase_add_test(tc, our_letters_after_the_first_word_are_the_clients);
	tcase_add_test(tc, log_on_standard_error);
	tcase_add_test(tc, log_lines_cannot_be_forged);
	tcase_add_loop_test(tc, address_in_the_log, 0, 8);
}

/*
 * SCP_SERVER_PATH, or the one string in the program that is a path to it: the
 * program does not say where it is to be installed.
 */
static void
find_own_path(void)
{
	static const char end[] = "/scp-server";
	const char *given = getenv("SCP_SERVER_PATH");
	const char *start;

	if (given == NULL) {
		given = program_find(end, sizeof(end));
		for (start = given; given != NULL && isgraph(start[-1]);
		     start--)
			given = start - 1;
	}
	if (given != NULL && given[0] == '/')
		snprintf(own_path, sizeof(own_path), "%s", given);
}

int
main(void)
{
	Suite *suite = suite_create("entry");

	find_own_path();
	driver_add(suite, add_sources, AS_ACCOUNT);
	driver_add(suite, add_home, AT_HOME);
	driver_add(suite, add_commands, AS_ACCOUNT);
	driver_add(suite, add_options, AS_BOTH);
	return driver_run(suite);
}

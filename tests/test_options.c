/* SPDX-License-Identifier: ISC */
/* Whose words are whose: nothing of the client's becomes an option. */
#include "config.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "tap.h"

#define OWN      "/usr/libexec/scp-server"
#define ARGS_MAX 12
#define NO_FAULT COMMAND_OK

static struct options options;

static int
count(char *const argv[])
{
	int n = 0;

	while (argv[n] != NULL)
		n++;
	return n;
}

static enum options_action
parse(const char *const words[ARGS_MAX], const char *original)
{
	static char text[ARGS_MAX][256];
	static char *argv[ARGS_MAX + 1];
	size_t i;

	memset(argv, 0, sizeof(argv));
	for (i = 0; i < ARGS_MAX && words[i] != NULL; i++) {
		ck_assert_uint_lt(strlen(words[i]), sizeof(text[i]));
		memcpy(text[i], words[i], strlen(words[i]) + 1);
		argv[i] = text[i];
	}
	return options_parse(count(argv), argv, original, OWN, &options);
}

static void
teardown(void)
{
	options_clear(&options);
}

/* Where the command comes from.  path: the one it names; NULL: refused. */
static const struct {
	const char *argv[ARGS_MAX];
	const char *original;
	const char *path;
	enum command_err err;
} source_rows[] = {
	/* SSH_ORIGINAL_COMMAND, the ForceCommand of an ordinary shell */
	{ { OWN }, "scp -t /a", "/a", NO_FAULT },
	{ { OWN, "-R", "-r", "/srv" }, "scp -f /a", "/a", NO_FAULT },
	{ { OWN, "--" }, "scp -t /a", "/a", NO_FAULT },
	{ { OWN }, NULL, NULL, COMMAND_E_EMPTY },
	{ { OWN }, "", NULL, COMMAND_E_EMPTY },
	{ { OWN }, "rm -rf /", NULL, COMMAND_E_OTHER },
	{ { OWN }, "/usr/lib/openssh/sftp-server", NULL, COMMAND_E_SFTP },
	/* words after our options, which nothing can undo */
	{ { OWN, "scp", "-f", "/a" }, NULL, "/a", NO_FAULT },
	{ { OWN, "scp", "-f", "/a" }, "scp -t /b", "/a", NO_FAULT },
	{ { OWN, "-c", "scp -t /c", "scp", "-f", "/a" }, "scp -t /b", "/a",
	    NO_FAULT },
	{ { OWN, "--", "scp", "-t", "/a" }, NULL, "/a", NO_FAULT },
	{ { OWN, "-e", "scp", "-t", "a b" }, NULL, "a b", NO_FAULT },
	{ { OWN, "ls" }, "scp -t /b", NULL, COMMAND_E_OTHER },
	{ { OWN, "--", "-t", "/a" }, "scp -t /b", NULL, COMMAND_E_DASH },
	{ { OWN, "-" }, "scp -t /b", NULL, COMMAND_E_DASH },
	/* the client's own options stay the client's */
	{ { OWN, "scp", "-t", "-V", "/a" }, NULL, NULL, COMMAND_E_OPTION },
	{ { OWN, "scp", "-r", "-t", "/a" }, NULL, "/a", NO_FAULT },
	/* -c, as a login shell */
	{ { OWN, "-c", "scp -t /a" }, NULL, "/a", NO_FAULT },
	{ { OWN, "-c", "scp -t /a" }, "scp -t /b", "/a", NO_FAULT },
	{ { "-scp-server", "-c", "scp -t /a" }, NULL, "/a", NO_FAULT },
	{ { OWN, "-cscp -t /a" }, NULL, "/a", NO_FAULT },
	{ { OWN, "-c", "" }, "scp -t /b", NULL, COMMAND_E_EMPTY },
	{ { OWN, "-c", "-R" }, NULL, NULL, COMMAND_E_DASH },
	{ { OWN, "-c", "bash" }, "scp -t /b", NULL, COMMAND_E_OTHER },
	/* login shell and ForceCommand together */
	{ { OWN, "-c", OWN }, "scp -t /b", "/b", NO_FAULT },
	{ { OWN, "-c", OWN }, NULL, NULL, COMMAND_E_EMPTY },
	{ { OWN, "-c", OWN }, "bash", NULL, COMMAND_E_OTHER },
	/* with more behind it a client could have sent it */
	{ { OWN, "-c", OWN " -r / scp -t /a" }, "scp -t /b", NULL,
	    COMMAND_E_OTHER },
	{ { OWN, "-c", OWN " scp -t /a" }, "scp -t /b", NULL, COMMAND_E_OTHER },
	{ { OWN, "-c", OWN " " }, "scp -t /b", NULL, COMMAND_E_OTHER },
	{ { OWN, "-c", OWN "\n" }, "scp -t /b", NULL, COMMAND_E_OTHER },
	{ { OWN, "-c", OWN "/scp -t /a" }, "scp -t /b", NULL, COMMAND_E_OTHER },
	{ { OWN, "-c", " " OWN }, "scp -t /b", NULL, COMMAND_E_OTHER },
	{ { OWN, "-c", "/usr/libexec/scp-serve" }, "scp -t /b", NULL,
	    COMMAND_E_OTHER },
	/* an interactive login */
	{ { "-scp-server" }, NULL, NULL, COMMAND_E_EMPTY },
	{ { "-scp-server" }, "scp -t /b", NULL, COMMAND_E_EMPTY },
	{ { "-scp" }, "scp -t /b", NULL, COMMAND_E_EMPTY },
	/* installed as scp: no option of ours is read */
	{ { "scp", "-t", "/a" }, NULL, "/a", NO_FAULT },
	{ { "/usr/bin/scp", "-f", "/a" }, "scp -t /b", "/a", NO_FAULT },
	{ { "scp", "-r", "/srv", "-t", "/a" }, "scp -t /b", NULL,
	    COMMAND_E_DIRECTION },
	{ { "scp", "-c", "scp -t /a" }, "scp -t /b", NULL, COMMAND_E_OPTION },
	{ { "scp", "-V" }, "scp -t /b", NULL, COMMAND_E_OPTION },
	{ { "scp" }, "scp -t /b", NULL, COMMAND_E_DIRECTION },
	{ { "-scp", "-r", "/srv", "scp", "-t", "/a" }, NULL, "/a", NO_FAULT },
	{ { "xscp", "-r", "/srv", "scp", "-t", "/a" }, NULL, "/a", NO_FAULT },
	{ { "scp/x", "-r", "/srv", "scp", "-t", "/a" }, NULL, "/a", NO_FAULT },
	{ { NULL }, "scp -t /b", NULL, COMMAND_E_EMPTY },
};

START_TEST(sources)
{
	const char *path = source_rows[_i].path;

	ck_assert_int_eq(parse(source_rows[_i].argv, source_rows[_i].original),
	    OPTIONS_SERVE);
	ck_assert_str_eq(options.error, "");
	ck_assert_int_eq(options.has_command, path != NULL);
	ck_assert_int_eq(options.fault.err, source_rows[_i].err);
	if (path != NULL)
		ck_assert_str_eq(options.request.paths[0].text, path);
	else
		ck_assert_ptr_null(options.request.paths);
}
END_TEST

/* What the log of a refusal shows. */
static const struct {
	const char *argv[ARGS_MAX];
	const char *original;
	const char *want;
} text_rows[] = {
	{ { OWN }, "rm -rf /", "rm -rf /" },
	{ { OWN, "-c", OWN }, "rm -rf /", "rm -rf /" },
	{ { OWN, "-c", "bash" }, "rm -rf /", "bash" },
	{ { OWN, "-c", OWN " -h" }, "rm -rf /", OWN " -h" },
	{ { OWN, "-c", "bash" }, "-h", "-h" },
	{ { OWN }, NULL, NULL },
	{ { OWN, "ls" }, "rm -rf /", NULL },
	{ { "scp", "-x" }, "rm -rf /", NULL },
	{ { "-scp-server" }, "rm -rf /", NULL },
};

START_TEST(command_text)
{
	ck_assert_int_eq(
	    parse(text_rows[_i].argv, text_rows[_i].original), OPTIONS_SERVE);
	ck_assert_pstr_eq(options.command_text, text_rows[_i].want);
}
END_TEST

/* ForceCommand scp-server -r /srv $SSH_ORIGINAL_COMMAND, a mistake. */
static const struct {
	const char *original;
	bool dangerous;
} dash_rows[] = {
	{ "-o Root=/ scp -f /etc/passwd", true },
	{ "--", true },
	{ "-", true },
	{ " -r /", true },
	{ "\t\n -r /", true },
	{ "*", true },
	{ "?r", true },
	{ "[-]r", true },
	{ " *", true },
	{ "{-R,scp}", true },
	{ "@(-R)", true },
	{ "+(-R)", true },
	{ "!(x)", true },
	{ "(-R)", true },
	{ "scp -t *", false },
	{ "scp -t -- -a", false },
	{ "a*", false },
	{ "\"scp\" -t /a", false },
	{ "", false },
	{ "  ", false },
};

START_TEST(dash)
{
	static const char *const argvs[][ARGS_MAX] = {
		{ OWN, "-l", "QUIET", "-e", "scp", "-t", "/a" },
		{ OWN, "-l", "QUIET", "-e", "-c", "scp -t /a" },
		{ OWN, "-l", "QUIET", "-e", "-c", OWN },
		{ OWN, "-l", "QUIET", "-e", "-V" },
		{ OWN, "-l", "QUIET", "-e", "-x" },
		{ OWN, "-l", "QUIET", "-e" },
		{ "scp", "-t", "/a" },
		{ "-scp-server" },
	};
	size_t i;
	enum options_action action;

	for (i = 0; i < LENGTH(argvs); i++) {
		action = parse(argvs[i], dash_rows[_i].original);
		if (dash_rows[_i].dangerous) {
			ck_assert_int_eq(action, OPTIONS_SERVE);
			ck_assert(!options.has_command);
			ck_assert_int_eq(options.fault.err, COMMAND_E_DASH);
			/* They might be the client's, to hide this. */
			ck_assert(!options.log_to_stderr);
			ck_assert_int_eq(
			    options.settings.log_level, LOG_LEVEL_INFO);
		} else {
			ck_assert_int_ne(options.fault.err, COMMAND_E_DASH);
		}
		options_clear(&options);
	}
}
END_TEST

START_TEST(all_letters)
{
	static const char *const argv[ARGS_MAX] = { OWN, "-eR", "-d", "in",
		"-fLOCAL2", "-lVERBOSE", "-m640", "-r/srv/%u", "-u", "027",
		"-oMaxDepth=3", NULL };
	const struct settings *s = &options.settings;

	ck_assert_int_eq(parse(argv, "scp -f /a"), OPTIONS_SERVE);
	ck_assert(options.has_command);
	ck_assert(options.log_to_stderr);
	ck_assert_int_eq(s->policy.access, POLICY_READ_ONLY);
	ck_assert_str_eq(s->start_directory, "in");
	ck_assert_str_eq(s->root, "/srv/%u");
	ck_assert_uint_eq(s->policy.file_mode, 0640);
	ck_assert_uint_eq(s->policy.umask, 027);
	ck_assert(s->policy.umask_is_set);
	ck_assert_uint_eq(s->policy.max_depth, 3);
	ck_assert_int_eq(s->log_level, LOG_LEVEL_VERBOSE);
	ck_assert_str_eq(log_facility_name(s->log_facility), "LOCAL2");
}
END_TEST

START_TEST(no_letters)
{
	static const char *const argv[ARGS_MAX] = { OWN };

	ck_assert_int_eq(parse(argv, NULL), OPTIONS_SERVE);
	ck_assert(!options.log_to_stderr);
	ck_assert_str_eq(options.settings.root, "%h");
	ck_assert_int_eq(options.settings.policy.access, POLICY_READ_WRITE);
	ck_assert(!settings_is_set(&options.settings, SETTINGS_ROOT));
}
END_TEST

/* Where nothing says what the root is, the default file must. */
static const struct {
	const char *argv[ARGS_MAX];
	const char *original;
	const char *file;
	bool may_lack_file;
} file_rows[] = {
	{ { OWN }, "scp -t a", NULL, false },
	{ { OWN, "-r", "/srv" }, "scp -t a", NULL, true },
	{ { OWN, "-o", "Root=/srv" }, "scp -t a", NULL, true },
	{ { OWN, "-R" }, "scp -t a", NULL, false },
	{ { OWN, "-C", "none" }, "scp -t a", "none", false },
	{ { OWN, "-C", "/etc/x", "-r", "/" }, "scp -t a", "/etc/x", true },
	{ { OWN, "-c", OWN }, "scp -t a", NULL, false },
	{ { "scp", "-t", "a" }, NULL, NULL, false },
	{ { "scp", "-C", "none", "-t", "a" }, NULL, NULL, false },
	{ { "-scp-server" }, NULL, NULL, false },
	/* Options that might be the client's are not read. */
	{ { OWN, "-C", "none", "scp" }, "-C none scp", NULL, true },
};

START_TEST(config_files)
{
	ck_assert_int_eq(
	    parse(file_rows[_i].argv, file_rows[_i].original), OPTIONS_SERVE);
	ck_assert_pstr_eq(options.config_file, file_rows[_i].file);
	ck_assert_int_eq(options.may_lack_file, file_rows[_i].may_lack_file);
}
END_TEST

/* Options end at the first word that is none, wherever it stands. */
START_TEST(first_word_ends_options)
{
	static const char *const argv[ARGS_MAX] = { OWN, "-r", "/srv", "scp",
		"-t", "/a", "-e", "-R", NULL };

	ck_assert_int_eq(parse(argv, NULL), OPTIONS_SERVE);
	ck_assert(!options.log_to_stderr);
	ck_assert(!settings_is_set(&options.settings, SETTINGS_ACCESS));
	/* All of those are paths now, which an upload has one of. */
	ck_assert_int_eq(options.fault.err, COMMAND_E_TARGETS);
}
END_TEST

static const struct {
	const char *argv[ARGS_MAX];
	enum options_action action;
	const char *error;
} action_rows[] = {
	{ { OWN, "-h" }, OPTIONS_HELP, "" },
	{ { OWN, "-e", "-V", "scp" }, OPTIONS_VERSION, "" },
	{ { OWN, "-hx" }, OPTIONS_HELP, "" },
	{ { OWN, "-x" }, OPTIONS_BAD, "option -x is unknown" },
	{ { OWN, "-ex", "scp", "-t", "/a" }, OPTIONS_BAD,
	    "option -x is unknown" },
	{ { OWN, "--help" }, OPTIONS_BAD, "option -- is unknown" },
	{ { OWN, "-\xff" }, OPTIONS_BAD, "option -? is unknown" },
	{ { OWN, "-T" }, OPTIONS_TEST, "" },
	{ { OWN, "-T", "-r", "/srv", "user=fw01", "scp", "-t", "f" },
	    OPTIONS_TEST, "" },
	{ { OWN, "-T", "-x" }, OPTIONS_BAD, "option -x is unknown" },
	{ { OWN, "-C" }, OPTIONS_BAD, "option -C needs an argument" },
	{ { OWN, "-r" }, OPTIONS_BAD, "option -r needs an argument" },
	{ { OWN, "-e", "-c" }, OPTIONS_BAD, "option -c needs an argument" },
	{ { OWN, "-c", "scp -t /a", "-c", "scp -t /a" }, OPTIONS_BAD,
	    "option -c was given twice" },
	{ { OWN, "-u", "8", "scp", "-t", "/a" }, OPTIONS_BAD,
	    "Umask \"8\": expected octal digits up to 0777, or inherited" },
	{ { OWN, "-o", "Rot=/", "scp", "-t", "/a" }, OPTIONS_BAD,
	    "unknown keyword Rot: did you mean Root?" },
	{ { OWN, "-u", "8", "-h" }, OPTIONS_BAD,
	    "Umask \"8\": expected octal digits up to 0777, or inherited" },
};

START_TEST(actions)
{
	ck_assert_int_eq(
	    parse(action_rows[_i].argv, "scp -t /b"), action_rows[_i].action);
	ck_assert_str_eq(options.error, action_rows[_i].error);
	ck_assert_int_eq(opterr, 0); /* getopt(3) itself is silent */
	ck_assert(!options.has_command);
	ck_assert_ptr_null(options.request.paths);
}
END_TEST

/* getopt(3) keeps its place; a run that ended in a word must not matter. */
START_TEST(parsing_again)
{
	static const char *const first[ARGS_MAX] = { OWN, "-e", "-hR" };
	static const char *const second[ARGS_MAX] = { OWN, "-e" };

	ck_assert_int_eq(parse(first, NULL), OPTIONS_HELP);
	options_clear(&options);
	ck_assert_int_eq(parse(second, NULL), OPTIONS_SERVE);
	ck_assert(options.log_to_stderr);
	ck_assert(!settings_is_set(&options.settings, SETTINGS_ACCESS));
}
END_TEST

/* Without a path of our own, no -c is taken for it. */
START_TEST(own_path_unknown)
{
	char name[] = OWN;
	char dash_c[] = "-c";
	char command[] = "scp -t /a";
	char *argv[] = { name, dash_c, command, NULL };

	ck_assert_int_eq(
	    options_parse(3, argv, "scp -t /b", "", &options), OPTIONS_SERVE);
	ck_assert(options.has_command);
	ck_assert_str_eq(options.request.paths[0].text, "/a");
}
END_TEST

START_TEST(clear_is_repeatable)
{
	static const char *const argv[ARGS_MAX] = { OWN };

	ck_assert_int_eq(parse(argv, "scp -t /a"), OPTIONS_SERVE);
	options_clear(&options);
	ck_assert(!options.has_command);
	ck_assert_ptr_null(options.request.paths);
	options_clear(&options);
}
END_TEST

START_TEST(usage)
{
	const char *text;
	const char *p;
	size_t line = 0;

	text = options_usage();
	ck_assert_int_eq(strncmp(text, "usage: scp-server [-", 20), 0);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	for (p = text; *p != '\0'; p++) {
		line = *p == '\n' ? 0 : line + 1;
		ck_assert_uint_lt(line, 80);
	}
}
END_TEST

static Suite *
options_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("options");
	tc = tcase_create("command");
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, sources, 0, LENGTH(source_rows));
	tcase_add_loop_test(tc, command_text, 0, LENGTH(text_rows));
	tcase_add_loop_test(tc, dash, 0, LENGTH(dash_rows));
	tcase_add_test(tc, own_path_unknown);
	tcase_add_test(tc, clear_is_repeatable);
	suite_add_tcase(s, tc);
	tc = tcase_create("letters");
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, all_letters);
	tcase_add_test(tc, no_letters);
	tcase_add_loop_test(tc, config_files, 0, LENGTH(file_rows));
	tcase_add_test(tc, first_word_ends_options);
	tcase_add_loop_test(tc, actions, 0, LENGTH(action_rows));
	tcase_add_test(tc, parsing_again);
	tcase_add_test(tc, usage);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(options_suite())) != 0;
}

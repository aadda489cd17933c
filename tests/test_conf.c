/* SPDX-License-Identifier: ISC */
/* The text of a configuration file: lines, blocks, what goes before what. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "tap.h"

static struct settings settings;
static struct conf_fault fault;
static char included[256];
static const char *included_text;

static const char *const *
groups(void *arg)
{
	(void)arg;
	return NULL;
}

static const struct match_who who = { .user = "fw01",
	.address = "192.0.2.77",
	.has_direction = true,
	.direction = POLICY_UPLOAD,
	.groups = groups };

static bool
include(const struct conf *c, const char *word, enum conf_scope scope,
    struct conf_fault *f)
{
	ck_assert_ptr_eq(c->arg, &included);
	(void)strncat(included, word, sizeof(included) - strlen(included) - 2);
	(void)strncat(included, "|", 2);
	if (strcmp(word, "missing") == 0) {
		(void)strcpy(f->text, "Include missing: not there");
		return false;
	}
	return included_text == NULL ||
	    conf_read(c, included_text, strlen(included_text), 7, scope, f);
}

static const struct conf conf = {
	.settings = &settings, .who = &who, .include = include, .arg = &included
};

static void
setup(void)
{
	settings_init(&settings);
	memset(&fault, 0, sizeof(fault));
	included[0] = '\0';
	included_text = NULL;
}

static bool
read_text(const char *text)
{
	return conf_read(&conf, text, strlen(text), 3, CONF_GLOBAL, &fault);
}

static const struct {
	const char *text;
	const char *root;
	unsigned line;
} value_rows[] = {
	{ "", "%h", 0 },
	{ "\n\n", "%h", 0 },
	{ "# Root /a\n", "%h", 0 },
	{ "Root /a", "/a", 1 },
	{ "Root /a\n", "/a", 1 },
	{ "Root /a\r\n", "/a", 1 },
	{ "\n#\n  root=/a # the drop box\n", "/a", 3 },
	{ "Root \"/a # b\" # c\n", "/a # b", 1 },
	{ "Root /a#b\n", "/a#b", 1 },
	{ "Root /a\nRoot /b\n", "/a", 1 },
	/* As some editors save it. */
	{ "\xef\xbb\xbfRoot /a\r\n", "/a", 1 },
	{ "\xef\xbb\xbf", "%h", 0 },
	/* blocks */
	{ "Match User fw01\nRoot /a\n", "/a", 2 },
	{ "Match User fw02\nRoot /a\n", "%h", 0 },
	{ "Root /g\nMatch User fw01\nRoot /a\n", "/a", 3 },
	{ "Match User fw01\nRoot /a\nMatch all\nRoot /b\n", "/a", 2 },
	{ "Match User fw02\nRoot /a\nMatch all\nRoot /b\n", "/b", 4 },
	{ "Root /g\nMatch User fw02\nRoot /a\n", "/g", 1 },
	{ "match=User fw01\nRoot /a\n", "/a", 2 },
	{ "Match User fw01 # who\nRoot /a\n", "/a", 2 },
	{ "Match Direction download\nRoot /a\nMatch Direction upload\n"
	  "Root /b\n",
	    "/b", 4 },
};

START_TEST(values)
{
	const struct settings_origin *origin = &settings.origin[SETTINGS_ROOT];

	ck_assert_msg(read_text(value_rows[_i].text), "%s", fault.text);
	ck_assert_str_eq(settings.root, value_rows[_i].root);
	ck_assert_uint_eq(origin->line, value_rows[_i].line);
	ck_assert_uint_eq(origin->file, value_rows[_i].line == 0 ? 0 : 3);
}
END_TEST

static const struct {
	const char *text;
	const char *want;
} name_rows[] = {
	{ "DenyNames a # b\n", "a\0" },
	{ "DenyNames \"a # b\" # c\n", "a # b\0" },
	{ "DenyNames a\\\" # b\n", "a\\\"\0" },
	/* Of two backslashes the second quotes nothing. */
	{ "DenyNames a\\\\\" b\" # c\n", "a\\\\ b\0" },
	{ "DenyNames a\\\\\" # b\" # c\n", "a\\\\ # b\0" },
};

/* Comments and the lists that they stand behind agree on what is a quote. */
START_TEST(comments_behind_names)
{
	const size_t len = strlen(name_rows[_i].want) + 2;

	ck_assert_msg(read_text(name_rows[_i].text), "%s", fault.text);
	ck_assert_mem_eq(settings.policy.deny_names, name_rows[_i].want, len);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *want;
} fault_rows[] = {
	{ "Root\n", 1,
	    "Root \"\": expected an absolute path or one that begins with "
	    "%h; the tokens are %h, %u, %U and %%" },
	{ "\n\nMaxFileSise 1G\n", 3,
	    "unknown keyword MaxFileSise: did you mean MaxFileSize?" },
	{ "Matching User a\n", 1, "unknown keyword Matching" },
	{ "\n\xef\xbb\xbfRoot /a\n", 2,
	    "unknown keyword \"\\357\\273\\277Root\"" },
	{ "\xef\xbb\xbf\xef\xbb\xbfRoot /a\n", 1,
	    "unknown keyword \"\\357\\273\\277Root\"" },
	{ "Root\xc2\xa0/a\n", 1, "unknown keyword \"Root\\302\\240/a\"" },
	{ "\xef\xbb", 1, "unknown keyword \"\\357\\273\"" },
	{ "Root \"/a\n", 1, "Root: the value is not between two quotes" },
	{ "Match User nobody\nUmask 9\n", 2,
	    "Umask \"9\": expected octal digits up to 0777, or inherited" },
	{ "Match\n", 1,
	    "Match: expected User, Group, Address, Direction or all" },
	{ "Match Group a\nRoot /a\n", 1,
	    "Match Group: the account's groups are not known" },
	{ "Include\n", 1,
	    "Include: expected the names of files, in double quotes if any" },
	{ "Include a \"b\n", 1,
	    "Include: expected the names of files, in double quotes if any" },
	{ "Include 'a*'\n", 1,
	    "Include: expected the names of files, in double quotes if any" },
	{ "Include a\xc2\xa0*\n", 1,
	    "Include: expected the names of files, in double quotes if any" },
	{ "Root /a\nInclude missing\n", 2, "Include missing: not there" },
	{ "Root /a\033\n", 1, "the line has a control character" },
	{ "Root /a\vb\n", 1, "the line has a control character" },
	{ "#\177\n", 1, "the line has a control character" },
	{ "Root /a\r\r\n", 1, "the line has a control character" },
	{ "\\\n", 1, "unknown keyword \\" },
	{ "=\n", 1, "a keyword and its value are expected: Keyword=value" },
};

START_TEST(faults)
{
	ck_assert(!read_text(fault_rows[_i].text));
	ck_assert_str_eq(fault.text, fault_rows[_i].want);
	ck_assert_uint_eq(fault.line, fault_rows[_i].line);
	ck_assert_uint_eq(fault.file, 3);
}
END_TEST

START_TEST(nul_byte)
{
	ck_assert(
	    !conf_read(&conf, "Root /a\0b\n", 10, 3, CONF_GLOBAL, &fault));
	ck_assert_str_eq(fault.text, "the line has a control character");
	ck_assert_str_eq(settings.root, "%h");
}
END_TEST

START_TEST(long_lines)
{
	static char text[CONF_LINE_BYTES_MAX + 3];

	memset(text, '#', CONF_LINE_BYTES_MAX);
	(void)strcpy(text + CONF_LINE_BYTES_MAX, "\n");
	ck_assert(read_text(text));
	(void)strcpy(text + CONF_LINE_BYTES_MAX, "#\n");
	ck_assert(!read_text(text));
	ck_assert_str_eq(fault.text, "the line is longer than 4095 bytes");
}
END_TEST

START_TEST(many_lines)
{
	static char text[65536];

	memset(text, '\n', sizeof(text));
	ck_assert(conf_read(&conf, text, 65535, 3, CONF_GLOBAL, &fault));
	ck_assert(!conf_read(&conf, text, 65536, 3, CONF_GLOBAL, &fault));
	ck_assert_str_eq(fault.text, "too many lines");
}
END_TEST

/* No byte behind the text is looked at. */
START_TEST(bounds)
{
	ck_assert(conf_read(&conf, "Root /abc\n", 7, 3, CONF_GLOBAL, &fault));
	ck_assert_str_eq(settings.root, "/a");
}
END_TEST

static const struct {
	const char *text;
	const char *inner;
	const char *words;
	const char *root;
} include_rows[] = {
	{ "Include a \"b c\" d # e\n", NULL, "a|b c|d|", "%h" },
	{ "include=a\n", NULL, "a|", "%h" },
	{ "Include a\nRoot /b\n", "Root /a", "a|", "/a" },
	{ "Root /b\nInclude a\n", "Root /a", "a|", "/b" },
	/* An included file is where it is included. */
	{ "Root /b\nMatch User fw01\nInclude a\n", "Root /a", "a|", "/a" },
	{ "Match User fw02\nInclude a\nMatch all\nRoot /b\n", "Root /a", "a|",
	    "/b" },
	{ "Match User fw02\nInclude a\n", "Match all\nRoot /a", "a|", "%h" },
	{ "Match User fw01\nInclude a\n", "Match User fw02\nRoot /a", "a|",
	    "%h" },
	/* Its blocks end with it. */
	{ "Include a\nRoot /b\n", "Match User fw02\n", "a|", "/b" },
	{ "Match User fw01\nInclude a\nRoot /b\n", "Match User fw02\n", "a|",
	    "/b" },
	{ "Match User fw02\nInclude a\nRoot /b\n", "Match all\n", "a|", "%h" },
};

START_TEST(includes)
{
	included_text = include_rows[_i].inner;
	ck_assert_msg(read_text(include_rows[_i].text), "%s", fault.text);
	ck_assert_str_eq(included, include_rows[_i].words);
	ck_assert_str_eq(settings.root, include_rows[_i].root);
}
END_TEST

/* The innermost place is told; what comes behind an Include is the outer's. */
START_TEST(fault_places)
{
	included_text = "\nRot /a\n";
	ck_assert(!read_text("\n\n\nInclude a\n"));
	ck_assert_uint_eq(fault.file, 7);
	ck_assert_uint_eq(fault.line, 2);
	included_text = "\n\n\n";
	ck_assert(!read_text("Include a\nRot /a\n"));
	ck_assert_uint_eq(fault.file, 3);
	ck_assert_uint_eq(fault.line, 2);
}
END_TEST

/* -o goes before the file. */
START_TEST(options_go_first)
{
	char err[64];

	ck_assert(settings_set(&settings, "Root", "/o", err, sizeof(err)));
	ck_assert(read_text("Root /a\nMatch all\nRoot /b\n"));
	ck_assert_str_eq(settings.root, "/o");
}
END_TEST

static Suite *
conf_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("conf");
	tc = tcase_create("conf");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, values, 0, LENGTH(value_rows));
	tcase_add_loop_test(tc, comments_behind_names, 0, LENGTH(name_rows));
	tcase_add_loop_test(tc, faults, 0, LENGTH(fault_rows));
	tcase_add_test(tc, nul_byte);
	tcase_add_test(tc, long_lines);
	tcase_add_test(tc, many_lines);
	tcase_add_test(tc, bounds);
	tcase_add_loop_test(tc, includes, 0, LENGTH(include_rows));
	tcase_add_test(tc, fault_places);
	tcase_add_test(tc, options_go_first);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(conf_suite())) != 0;
}

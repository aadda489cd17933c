/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "options.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/* As getopt(3) wants them: stop at the first other word; say what is wrong. */
static const char letters[] = "+:ehRTVC:c:d:f:l:m:o:r:u:";

static const char usage[] =
    "usage: scp-server [-ehRTV] [-C config_file] [-c command]\n"
    "                  [-d start_directory] [-f log_facility] [-l log_level]\n"
    "                  [-m file_mode] [-o Keyword=value] [-r root] [-u umask]\n"
    "                  [command ...]\n"
    "       scp-server -T [option ...] [user=name] [addr=address]\n"
    "                  [name=file] [size=bytes] [command ...]\n";

static enum options_action
set_letter(struct options *o, int letter, const char *value)
{
	if (!settings_set_letter(
		&o->settings, letter, value, o->error, sizeof(o->error)))
		return OPTIONS_BAD;
	return OPTIONS_SERVE;
}

static enum options_action
bad_option(struct options *o, const char *what)
{
	(void)text_format(
	    o->error, sizeof(o->error), "option -%c %s", optopt, what);
	return OPTIONS_BAD;
}

/* One option; its argument is in optarg. */
static enum options_action
read_option(struct options *o, int letter, const char **command)
{
	switch (letter) {
	case 'C':
		o->config_file = optarg;
		return OPTIONS_SERVE;
	case 'c':
		if (*command != NULL)
			break;
		*command = optarg;
		return OPTIONS_SERVE;
	case 'e':
		o->log_to_stderr = true;
		return OPTIONS_SERVE;
	case 'h':
		return OPTIONS_HELP;
	case 'o':
		if (!settings_set_line(
			&o->settings, optarg, o->error, sizeof(o->error)))
			return OPTIONS_BAD;
		return OPTIONS_SERVE;
	case 'T':
		o->is_test = true;
		return OPTIONS_SERVE;
	case 'V':
		return OPTIONS_VERSION;
	case ':':
		return bad_option(o, "needs an argument");
	case '?':
		return bad_option(o, "is unknown");
	default:
		return set_letter(o, letter, optarg);
	}
	(void)text_format(
	    o->error, sizeof(o->error), "option -c was given twice");
	return OPTIONS_BAD;
}

/* All options; *command is the argument of -c.  optind is left behind them. */
static enum options_action
read_options(int argc, char *argv[], struct options *o, const char **command)
{
	enum options_action action = OPTIONS_SERVE;
	int letter;

	*command = NULL;
	opterr = 0;
	/* Begin anew: so it is for glibc and for musl. */
	optind = 0;
	while (action == OPTIONS_SERVE &&
	    (letter = getopt(argc, argv, letters)) != -1)
		action = read_option(o, letter, command);
	return action;
}

static void
refuse(struct options *o, enum command_err err)
{
	o->fault = (struct command_fault){ .err = err };
}

static void
take_text(struct options *o, const char *text)
{
	o->command_text = text;
	if (text == NULL)
		refuse(o, COMMAND_E_EMPTY);
	else
		o->has_command =
		    command_parse(text, strlen(text), &o->request, &o->fault);
}

/*
 * sshd runs the login shell with -c and the ForceCommand, or with -c and the
 * client's words where there is no ForceCommand.  Our path alone is therefore
 * taken for the ForceCommand; with words behind it might be either.
 */
static void
take_dash_c(struct options *o, const char *text, const char *original_command,
    const char *own_path)
{
	const size_t len = strlen(own_path);

	if (len == 0 || strncmp(text, own_path, len) != 0) {
		take_text(o, text);
	} else if (text[len] == '\0') {
		take_text(o, original_command);
	} else {
		o->command_text = text;
		refuse(o, COMMAND_E_OTHER);
	}
}

/*
 * Would a shell that puts this text into a command line, unquoted, make its
 * first word an option, or the name of a file that may look like one?  Only
 * bytes that no shell expands are trusted to stay what they are.
 */
static bool
may_become_option(const char *text)
{
	text += strspn(text, " \t\n");
	return *text != '\0' && !isalnum((unsigned char)*text) &&
	    strchr("/._'\"", *text) == NULL;
}

static bool
is_named_scp(const char *name)
{
	const char *slash;

	slash = strrchr(name, '/');
	return strcmp(slash == NULL ? name : slash + 1, "scp") == 0;
}

/* What follows our options, or what sshd left elsewhere. */
static enum options_action
read_own(int argc, char *argv[], const char *original_command,
    const char *own_path, struct options *o)
{
	enum options_action action;
	const char *command;

	action = read_options(argc, argv, o, &command);
	if (action != OPTIONS_SERVE)
		return action;
	o->may_lack_file = settings_is_set(&o->settings, SETTINGS_ROOT);
	if (o->is_test) {
		o->query = argv + optind;
		o->command_text = command;
		return OPTIONS_TEST;
	}
	if (optind < argc)
		o->has_command = command_parse_argv(
		    argc - optind, argv + optind, &o->request, &o->fault);
	else if (command != NULL)
		take_dash_c(o, command, original_command, own_path);
	else
		take_text(o, original_command);
	return OPTIONS_SERVE;
}

enum options_action
options_parse(int argc, char *argv[], const char *original_command,
    const char *own_path, struct options *out)
{
	out->config_file = NULL;
	out->may_lack_file = out->is_test = false;
	out->log_to_stderr = out->has_command = false;
	memset(&out->request, 0, sizeof(out->request));
	memset(&out->fault, 0, sizeof(out->fault));
	out->command_text = NULL;
	out->error[0] = '\0';
	settings_init(&out->settings);
	if (original_command != NULL && may_become_option(original_command)) {
		out->command_text = original_command;
		out->may_lack_file = true;
		refuse(out, COMMAND_E_DASH);
		return OPTIONS_SERVE;
	}
	/* login(1) and sshd(8) ask for a shell in this way. */
	if (argc < 1 || (argc == 1 && argv[0][0] == '-')) {
		refuse(out, COMMAND_E_EMPTY);
		return OPTIONS_SERVE;
	}
	if (!is_named_scp(argv[0]))
		return read_own(argc, argv, original_command, own_path, out);
	out->has_command =
	    command_parse_argv(argc, argv, &out->request, &out->fault);
	return OPTIONS_SERVE;
}

void
options_clear(struct options *o)
{
	command_clear(&o->request);
	o->has_command = false;
}

const char *
options_usage(void)
{
	return usage;
}

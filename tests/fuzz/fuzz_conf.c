/* SPDX-License-Identifier: ISC */
/*
 * A configuration is refused with one printable line and its place, or leaves
 * settings each of which can be printed, is accepted as printed, and prints
 * the same again.  Included files are the whole text once more, to a depth.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const char *text;
	size_t len;
	unsigned budget;
};

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static const char *const *
groups(void *arg)
{
	static const char *const names[] = { "staff", "users", NULL };

	(void)arg;
	return names;
}

static bool
include(const struct conf *c, const char *word, enum conf_scope scope,
    struct conf_fault *fault)
{
	struct input *in = c->arg;

	require(strlen(word) < MATCH_WORD_BYTES);
	if (in->budget == 0) {
		(void)strcpy(fault->text, "too many files");
		return false;
	}
	in->budget--;
	return conf_read(c, in->text, in->len, 2, scope, fault);
}

static void
check_fault(const struct conf_fault *fault)
{
	const char *p;

	require(fault->line > 0);
	require(fault->file == 1 || fault->file == 2);
	require(fault->text[0] != '\0');
	require(strlen(fault->text) < sizeof(fault->text));
	for (p = fault->text; *p != '\0'; p++)
		require((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void
check_settings(const struct settings *s)
{
	static struct settings again;
	static char text[PATH_BYTES_MAX], same[PATH_BYTES_MAX];
	char err[MESSAGE_BYTES_MAX];
	enum settings_keyword k;

	settings_init(&again);
	for (k = 0; k < SETTINGS__COUNT; k++) {
		settings_print(s, k, text, sizeof(text));
		require(text[0] != '\0' && strlen(text) < sizeof(text) - 1);
		require(settings_set(
		    &again, settings_name(k), text, err, sizeof(err)));
		settings_print(&again, k, same, sizeof(same));
		require(strcmp(text, same) == 0);
		if (settings_is_set(s, k))
			require(s->origin[k].line > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings settings;
	struct input in = { (const char *)data, size, 3 };
	const struct match_who who = { .user = "fw01",
		.address = "192.0.2.77",
		.has_direction = true,
		.direction = POLICY_UPLOAD,
		.groups = groups };
	const struct conf conf = { .settings = &settings,
		.who = &who,
		.include = include,
		.arg = &in };
	struct conf_fault fault;

	settings_init(&settings);
	if (!conf_read(&conf, in.text, size, 1, CONF_GLOBAL, &fault))
		check_fault(&fault);
	check_settings(&settings);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "query.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "command.h"
#include "settings.h"
#include "text.h"

/* What stands behind "key=", or NULL. */
static const char *
value_of(const char *word, const char *key)
{
	const size_t len = strlen(key);

	if (strncasecmp(word, key, len) != 0 || word[len] != '=')
		return NULL;
	return word + len + 1;
}

/* One word; false where the client's command begins. */
static bool
take_word(struct query *q, const char *word)
{
	const char *value;

	if ((value = value_of(word, "user")) != NULL)
		q->user = value;
	else if ((value = value_of(word, "addr")) != NULL)
		q->address = value;
	else
		return false;
	return true;
}

static bool
take_command(struct options *o, char **words, int n, char *err, size_t errsize)
{
	char why[MESSAGE_BYTES_MAX];

	/* As one text, which sshd would hand over, or as words. */
	if (n == 1)
		o->has_command = command_parse(
		    words[0], strlen(words[0]), &o->request, &o->fault);
	else
		o->has_command =
		    command_parse_argv(n, words, &o->request, &o->fault);
	if (o->has_command)
		return true;
	(void)text_format(err, errsize, "refused command: %s: %s",
	    command_code(o->fault.err),
	    command_explain(&o->fault, why, sizeof(why)));
	return false;
}

bool
query_read(struct query *q, struct options *o, char *err, size_t errsize)
{
	char **word = o->query;
	int n = 0;

	*q = (struct query){ .user = NULL };
	while (*word != NULL && take_word(q, *word))
		word++;
	while (word[n] != NULL)
		n++;
	return n == 0 || take_command(o, word, n, err, errsize);
}

static void
print_origin(
    const struct settings_origin *origin, const struct conffile *conffile)
{
	switch (origin->source) {
	case SETTINGS_FROM_DEFAULT:
		(void)puts("default");
		break;
	case SETTINGS_FROM_OPTION:
		(void)puts("option");
		break;
	case SETTINGS_FROM_FILE:
	case SETTINGS_FROM_MATCH:
		(void)printf("%s:%u\n", conffile->names[origin->file],
		    (unsigned)origin->line);
		break;
	}
}

void
query_print_settings(
    const struct settings *settings, const struct conffile *conffile)
{
	char value[PATH_BYTES_MAX];
	enum settings_keyword k;

	for (k = 0; k < SETTINGS__COUNT; k++) {
		settings_print(settings, k, value, sizeof(value));
		(void)printf("%s %s\t# ", settings_name(k), value);
		print_origin(&settings->origin[k], conffile);
	}
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "query.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "command.h"
#include "settings.h"
#include "text.h"
#include "values.h"

/* What stands behind "key=", or NULL. */
static const char *
value_of(const char *word, const char *key)
{
	const size_t len = strlen(key);

	if (strncasecmp(word, key, len) != 0 || word[len] != '=')
		return NULL;
	return word + len + 1;
}

static bool
take_size(struct query *q, const char *text, char *err, size_t errsize)
{
	static const struct value_type type = { .most = INT64_MAX };

	if (value_parse_size(&type, text, &q->size))
		return true;
	(void)text_format(err, errsize,
	    "size=%s: expected a number of bytes, perhaps with K, M, G or T",
	    text);
	return false;
}

/* One word before the client's command; *taken is false where that begins. */
static bool
take_word(
    struct query *q, const char *word, bool *taken, char *err, size_t errsize)
{
	const char *value;

	*taken = true;
	if ((value = value_of(word, "user")) != NULL)
		q->user = value;
	else if ((value = value_of(word, "addr")) != NULL)
		q->address = value;
	else if ((value = value_of(word, "size")) != NULL)
		return take_size(q, value, err, errsize);
	else
		*taken = false;
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
	bool taken = true;
	int n = 0;

	*q = (struct query){ .size = -1 };
	for (; *word != NULL; word++) {
		if (!take_word(q, *word, &taken, err, errsize))
			return false;
		if (!taken)
			break;
	}
	/* The size may stand at the end as well. */
	while (word[n] != NULL)
		n++;
	if (n > 1 && value_of(word[n - 1], "size") != NULL &&
	    !take_size(q, value_of(word[--n], "size"), err, errsize))
		return false;
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

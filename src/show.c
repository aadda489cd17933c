/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "show.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

/* Bytes of a quoted text; of a longer one the middle is left out. */
#define QUOTED_BYTES 4096

static void
print_origin(const struct show *s, enum settings_keyword keyword)
{
	const struct settings_origin *origin = &s->settings->origin[keyword];

	switch (origin->source) {
	case SETTINGS_FROM_DEFAULT:
		(void)puts("\t# default");
		break;
	case SETTINGS_FROM_OPTION:
		(void)puts("\t# option");
		break;
	case SETTINGS_FROM_FILE:
	case SETTINGS_FROM_MATCH:
		(void)printf("\t# %s:%u\n", s->conffile->names[origin->file],
		    (unsigned)origin->line);
		break;
	}
}

void
show_setting(
    const struct show *s, const char *before, enum settings_keyword keyword)
{
	char value[PATH_BYTES_MAX];

	settings_print(s->settings, keyword, value, sizeof(value));
	(void)printf("%s%s %s", before, settings_name(keyword), value);
	print_origin(s, keyword);
}

void
show_text(const char *key, const char *text, const char *comment)
{
	char quoted[QUOTED_BYTES];

	(void)printf("%s %s", key,
	    text_quote(quoted, sizeof(quoted), text, strlen(text)));
	if (comment != NULL)
		(void)printf("\t# %s", comment);
	(void)puts("");
}

void
show_decision(enum show_decision decision, const char *comment)
{
	static const char *const words[] = {
		[SHOW_ALLOWED] = "allowed",
		[SHOW_REFUSED] = "refused",
		[SHOW_UNKNOWN] = "unknown",
	};

	(void)printf("decision %s", words[decision]);
	if (comment != NULL)
		(void)printf("\t# %s", comment);
	(void)puts("");
}

void
show_refusal(const struct show *s, const char *code, const char *keyword,
    const char *message)
{
	enum settings_keyword k;

	(void)printf("reason %s\n", code);
	for (k = 0; keyword != NULL && k < SETTINGS__COUNT; k++) {
		if (strcmp(settings_name(k), keyword) == 0)
			show_setting(s, "because ", k);
	}
	show_text("message", message, NULL);
}

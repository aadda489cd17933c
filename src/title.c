/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "title.h"

#include <string.h>

/* The bytes of those strings that lie one behind another from end on. */
static size_t
measure(char *strings[], const char *end)
{
	const char *start = end;

	for (; *strings != NULL && *strings == end; strings++)
		end += strlen(end) + 1;
	return (size_t)(end - start);
}

void
title_init(struct title *t, char *argv[], char *envp[])
{
	t->text = argv[0];
	t->args = t->size = 0;
	if (t->text == NULL)
		return;
	t->args = measure(argv, t->text);
	t->size = t->args + measure(envp, t->text + t->args);
}

/*
 * The kernel takes the last byte of the arguments for a sign: where it is no
 * NUL the text is a title, which ends at the first one, wherever that is.
 */
void
title_set(struct title *t, const char *text)
{
	size_t len = strlen(text);

	if (t->size == 0)
		return;
	if (len >= t->size)
		len = t->size - 1;
	memset(t->text, 0, t->size);
	memcpy(t->text, text, len);
	if (len + 1 < t->args)
		t->text[t->args - 1] = '.';
}

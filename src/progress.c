/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "progress.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

/* A smaller file is done before anybody looks. */
#define LARGE_BYTES ((off_t)64 << 20)

#define STEP_BYTES_MIN ((off_t)16 << 20)

/* No file gets so far. */
#define NEVER ((off_t)INT64_MAX)

/* Of all that can be known of a session, no names of files. */
static void
show(const struct progress *p, const char *done)
{
	const char *const parts[] = { "scp-server: ", p->user,
		p->upload ? " upload" : " download", done };
	char text[512] = "";
	size_t i, used = 0;

	for (i = 0; i < LENGTH(parts); i++)
		used = text_add(text, sizeof(text), used, parts[i]);
	title_set(p->title, text);
}

static void
show_none(struct progress *p)
{
	p->shown = false;
	show(p, "");
}

void
progress_init(
    struct progress *p, struct title *title, const char *user, bool upload)
{
	p->title = title;
	p->user = user;
	p->upload = upload;
	p->size = 0;
	p->next = NEVER;
	show_none(p);
}

void
progress_begin(struct progress *p, off_t size)
{
	if (p->shown)
		show_none(p);
	p->size = size;
	p->next = p->title != NULL && size >= LARGE_BYTES ? 0 : NEVER;
}

void
progress_show(struct progress *p, off_t moved)
{
	off_t percent = p->size / 100;
	char text[sizeof(" 100%")];
	int done = moved / percent > 100 ? 100 : (int)(moved / percent);

	p->next = moved + (percent > STEP_BYTES_MIN ? percent : STEP_BYTES_MIN);
	p->shown = true;
	(void)snprintf(text, sizeof(text), " %d%%", done);
	show(p, text);
}

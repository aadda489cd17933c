/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "progress.h"

#include <stddef.h>
#include <stdint.h>

#include "bsd.h"

/* A smaller file is done before anybody looks. */
#define LARGE_BYTES ((off_t)64 << 20)

#define STEP_BYTES_MIN ((off_t)16 << 20)

/* No file gets so far. */
#define NEVER ((off_t)INT64_MAX)

static const char *
direction(const struct progress *p)
{
	return p->upload ? "upload" : "download";
}

static void
show_none(struct progress *p)
{
	p->shown = false;
	setproctitle("-scp-server: %s %s", p->user, direction(p));
}

void
progress_init(struct progress *p, const char *user, bool upload)
{
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
	p->next = p->user != NULL && size >= LARGE_BYTES ? 0 : NEVER;
}

void
progress_show(struct progress *p, off_t moved)
{
	off_t percent = p->size / 100;
	int done = moved / percent > 100 ? 100 : (int)(moved / percent);

	p->next = moved + (percent > STEP_BYTES_MIN ? percent : STEP_BYTES_MIN);
	p->shown = true;
	setproctitle("-scp-server: %s %s %d%%", p->user, direction(p), done);
}

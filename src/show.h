/* SPDX-License-Identifier: ISC */
/*
 * What -T prints: a line for each thing, "KEY VALUE", and behind a tab and "# "
 * where it comes from.  Text that somebody else chose stands between quotes,
 * as in the log.
 */
#ifndef SHOW_H
#define SHOW_H

#include "conffile.h"
#include "settings.h"

/* Settings, and the files that they are from. */
struct show {
	const struct settings *settings;
	const struct conffile *conffile;
};

/* A setting with its origin; before is put before it. */
void show_setting(
    const struct show *s, const char *before, enum settings_keyword keyword);

/* key "text", and # with the comment unless that is NULL. */
void show_text(const char *key, const char *text, const char *comment);

/* decision allowed|refused|unknown # comment */
enum show_decision {
	SHOW_ALLOWED,
	SHOW_REFUSED,
	SHOW_UNKNOWN
};
void show_decision(enum show_decision decision, const char *comment);

/*
 * Why it is refused: the code, the setting with its origin unless that is
 * NULL, and the whole line that the client reads.
 */
void show_refusal(const struct show *s, const char *code, const char *keyword,
    const char *message);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What a session, or a question about one, has to know before it begins: the
 * settings in force for whoever is connected and what was asked for.
 */
#ifndef SETUP_H
#define SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "conffile.h"
#include "defs.h"
#include "identity.h"
#include "journal.h"
#include "options.h"
#include "policy.h"
#include "root.h"
#include "settings.h"

/*
 * Read the configuration file, of default_path unless the options say
 * otherwise, under what they have set.  False: err is a sentence for the
 * administrator.
 */
bool setup_configure(struct options *o, struct identity *id,
    const char *default_path, struct conffile *conffile, char *err,
    size_t errsize) ATTR_USE;

/* A path of the settings with its tokens expanded. */
#define SETUP_PATH_BYTES ((size_t)2 * SETTINGS_PATH_BYTES)
bool setup_expand(const struct identity *id, enum settings_keyword keyword,
    const char *text, char dst[SETUP_PATH_BYTES], char *err,
    size_t errsize) ATTR_USE;

/*
 * Open the root, and find out where in it paths start.
 * False: err says why not.
 */
bool setup_find_root(const struct settings *settings, const struct identity *id,
    struct root *root, char start[SETUP_PATH_BYTES], char *err,
    size_t errsize) ATTR_USE;

/*
 * Open what records of transfers go to; rootfd is the root's.  False: err says
 * why not.
 */
bool setup_open_journal(const struct settings *settings,
    const struct identity *id, int rootfd, struct journal *journal, char *err,
    size_t errsize) ATTR_USE;

/*
 * Set the umask that files are made under, or learn the inherited one.  The
 * process has it without the bits of the owner's, see policy_file_mode().
 */
void setup_umask(struct policy *policy);

/* Does the administrator want no scp at all?  In doubt yes. */
bool setup_is_disabled(const struct settings *settings) ATTR_USE;
#define SETUP_DISABLED "SCP is disabled on this host"

/* What is told whose command is not served: the administrator's words first. */
const char *setup_refusal(const struct settings *settings, const char *why);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The configuration file and what it includes.  None of them, and no directory
 * above one, may be in the hands of others than root and whoever owns this
 * program, since what they say is what keeps a client in its place: checked
 * component by component on the descriptors that lead to what is read, as
 * R-CONF-4 has it for the root directory.
 */
#ifndef CONFFILE_H
#define CONFFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "match.h"
#include "settings.h"

/* Files in all, levels of Include, bytes of one file. */
#define CONFFILE_COUNT_MAX 256
#define CONFFILE_DEPTH_MAX 8
#define CONFFILE_BYTES_MAX ((size_t)64 * 1024)

/* Which files were read; the numbers of origins are indices. */
struct conffile {
	unsigned short count;
	char **names; /* owned, and each of them */
};

/* Nothing read. */
void conffile_init(struct conffile *f);
void conffile_clear(struct conffile *f);

/*
 * Read path, an absolute one, into *settings.  False: err is a sentence that
 * begins with the file and the line at fault.  may_be_missing: where there is
 * no such file nothing is read, which is no error.
 */
bool conffile_read(struct conffile *f, const char *path, bool may_be_missing,
    const struct match_who *who, struct settings *settings, char *err,
    size_t errsize) ATTR_USE;

#endif

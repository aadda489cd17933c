/* SPDX-License-Identifier: ISC */
/*
 * Where the records of transfers go (TransferLog): to a file, or to the log.
 * Opened before the process confines itself.  The file is never truncated;
 * what is written there is one write(2) a record, appended, so that sessions
 * do not interleave.  A record that cannot be written is lost and the log says
 * so; no transfer fails (R-LOG-1).
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stddef.h>

#include "defs.h"
#include "settings.h"
#include "transfer.h"

struct journal {
	enum journal_place {
		JOURNAL_NONE,
		JOURNAL_FILE,
		JOURNAL_SYSLOG
	} place;
	enum settings_log_format format;
	unsigned long lost; /* lines of the log: so many were told of */
	/* Behind the rest, and touched only by what is written. */
	char line[TRANSFER_BYTES_MAX];
};

/* No records. */
void journal_init(struct journal *j);

/*
 * Records in this format go to the file at path, absolute, or to the log when
 * path is SETTINGS_TO_SYSLOG.  The file must exist, be regular with one link
 * and lie outside of the directory rootfd; the log has its descriptor then.
 * -1: err has a sentence.  A file system that is broken is no mistake of the
 * administrator's: the log says it, and 0 is returned.
 */
int journal_open(struct journal *j, const char *path,
    enum settings_log_format format, int rootfd, char *err,
    size_t errsize) ATTR_USE;

/* t->lost is filled in: in JSON a record also says what the log has lost. */
void journal_write(struct journal *j, struct transfer *t);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * A file being received.  Its bytes go to a hidden temporary file in the
 * target's own directory; the target's name changes hands by rename(2) when
 * everything else is done.  At every instant the name holds the whole old
 * file or the whole new one, or is absent if it was absent (R-FILE-1).
 *
 *     upload_look()      looks at the old file and keeps it open
 *     upload_begin()     creates and locks the temporary one; nothing of the
 *                        target has changed
 *     (bytes to u->temp.fd)
 *     upload_commit()    attributes, then the name; on success *u is idle
 *     upload_abort()     removes the temporary file; *u is idle; harmless on
 *                        one that is idle already
 *
 * After a failed upload_begin() *u is idle; after a failed upload_commit()
 * it is still to be aborted.  No temporary file outlives abort or commit
 * (R-FILE-2); those of killed processes can be swept (temp.h), so a file that
 * its owner is not to write loses that bit only when it has its name.
 *
 * With Atomic no there is no temporary file and none of this holds: begin
 * empties the old file (inplace.h), and what has arrived at an abort stays.
 */
#ifndef UPLOAD_H
#define UPLOAD_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <time.h>

#include "defs.h"
#include "durable.h"
#include "policy.h"
#include "space.h"
#include "temp.h"

/* What the uploads of a session share. */
struct uploads {
	const struct policy *policy; /* borrowed */
	struct temp_names names;
	struct durable durable; /* with Sync session */
	bool reserves;          /* space also for small files */
	dev_t dev;              /* of the last file, 0: of none; and there: */
	bool tells_late;        /* errors of writing, at close(2) */
	bool exchanges;         /* names: seen to */
};

struct upload {
	struct uploads *all; /* borrowed */
	int dirfd;           /* borrowed */
	const char *name;    /* borrowed */
	bool exists;         /* when looked at: a file to be replaced */
	int old;             /* owned: that file, or -1 */
	struct stat old_st;  /* with exists; with old, of what was opened */
	bool has_times;      /* of the client's, for the commit to set */
	bool in_place;       /* Atomic no: temp is the file itself */
	bool was_there;      /* and has nothing of the old one left */
	mode_t created;      /* the mode the kernel gave */
	mode_t mode;         /* the mode to have in the end */
	bool keeps_mode;     /* of the old file, as it is by then */
	unsigned lost;       /* ATTRIBUTES_LOST_..., after the commit */
	bool new_owner;      /* the old file had another, after the commit */
	bool stays_writable; /* for its owner, whom mode forbids it; the same */
	struct temp temp;    /* the data go to temp.fd */
	bool replaces;       /* a file that could be opened */
	char no_space[SPACE_TEXT_BYTES]; /* the numbers, or empty */
};

void uploads_init(struct uploads *all, const struct policy *policy);

/* The end of the session: what Sync promises for it.  0, or -1 with errno. */
int uploads_end(struct uploads *all) ATTR_USE;

/* An idle one. */
void upload_init(struct upload *u, struct uploads *all);

/*
 * Is name in dirfd free, or a file?  0 and u->exists, with u->old_st; or -1
 * with errno: EISDIR, ELOOP (a link), ERR_NOT_REGULAR.  What the caller does
 * not want to be replaced is refused now: watchers would take the closing of a
 * file that was open for a change of it.  dirfd and name are borrowed until
 * commit or abort.
 */
int upload_look(struct upload *u, int dirfd, const char *name) ATTR_USE;

/*
 * Open the file that exists, as what replaces it in place would have to: 0 and
 * *old_mode is its mode, or POLICY_MODE_UNSET if there is none; or -1 with
 * errno as above, EACCES and what else open(2) says.
 */
int upload_open(struct upload *u, mode_t *old_mode) ATTR_USE;

/*
 * Create the temporary file with the mode that the file is to have, after
 * upload_open().  -1 with errno: ERR_NO_VERSIONS where no versions can be kept,
 * ERR_SEVERAL_NAMES, ERR_LOCKED and EPERM for a file that cannot be written in
 * place, ENOSPC where size bytes have no room, EDQUOT where a quota says so to
 * one that reserves.
 */
int upload_begin(
    struct upload *u, struct policy_mode mode, off_t size) ATTR_USE;

/*
 * Would that succeed, as far as it can be told without making a file?  0, or
 * -1 with errno as there.
 */
int upload_foresee(
    struct upload *u, struct policy_mode mode, off_t size) ATTR_USE;

/* Why that failed with err: strerror(3), or words with the numbers. */
const char *upload_reason(const struct upload *u, int err);

/*
 * Give the file its attributes and its name.  times: access, modification, or
 * NULL for now.  -1 with errno: EISDIR, ELOOP or ERR_NOT_REGULAR where
 * somebody put something else in the target's place meanwhile, EEXIST where
 * that may not be replaced, ENOENT where the temporary file was taken away;
 * what the file system says of the data.  The name holds the old file then,
 * unless what failed comes behind it: a mode or a directory to be synced.
 */
int upload_commit(struct upload *u, const struct timespec times[2]) ATTR_USE;

/* Remove what there is; errno is kept. */
void upload_abort(struct upload *u);

#endif

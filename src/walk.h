/* SPDX-License-Identifier: ISC */
/*
 * A tree that is sent, depth first, without recursion: each call of
 * walk_next() gives the next thing to do.  Links are followed inside the root;
 * a directory reached through a link is walked once, and never from inside
 * itself, so neither loops nor diamonds of links multiply the work (R-RES-1).
 * What the policy has no names for is passed over in silence: names that the
 * gate refuses, and names of files that are not among those allowed.
 */
#ifndef WALK_H
#define WALK_H

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "root.h"

/* Directories that may be reached through links in one walk. */
#define WALK_LINKED_MAX 1024

enum walk_event {
	WALK_FILE, /* item is a regular file */
	WALK_DIR,  /* item is a directory: walk_enter(), or it is passed over */
	WALK_LEAVE, /* the end of the innermost directory */
	WALK_ERROR, /* item cannot be sent: item.error */
	WALK_END    /* the end of the tree */
};

struct walk_item {
	int dirfd;          /* borrowed until the next call */
	const char *name;   /* for the record: the name in its directory */
	const char *target; /* to open in dirfd: differs for a link */
	struct stat st;     /* with WALK_DIR; with WALK_FILE only the type */
	int error;          /* errno, with WALK_ERROR */
};

struct walk_level {
	DIR *dir;         /* owned */
	char *path;       /* owned: below the root, links resolved */
	size_t shown_len; /* of the names down to this directory */
	bool failed;      /* it cannot be read any further */
	dev_t dev;
	ino_t ino;
};

struct walk_id {
	dev_t dev;
	ino_t ino;
};

struct walk {
	struct root *root;    /* borrowed */
	unsigned depth_above; /* directories above the tree */
	unsigned depth;       /* of levels that are open */
	struct walk_level levels[DEPTH_MAX + 1]; /* the root may be the first */
	struct walk_id linked[WALK_LINKED_MAX];
	size_t nlinked;
	struct walk_item item;
	bool item_linked;        /* item was reached through a link */
	struct root_place place; /* where that link led; owned */
	char name[NAME_BYTES_MAX + 1];
	unsigned char listed_as; /* a type of readdir(3), which may not know */
	char shown[PATH_BYTES_MAX]; /* item or directory, as clients spell it */
	char path[PATH_BYTES_MAX];  /* the same below the root, for the log */
};

/* Begin.  To be given to walk_close() in any case. */
void walk_init(struct walk *w, struct root *root);

/*
 * Enter the directory that top is, whose path the client spells shown.
 * 0, or -1 with errno.
 */
int walk_begin(
    struct walk *w, const struct root_place *top, const char *shown) ATTR_USE;

/*
 * What comes next; w->item, w->shown and w->path tell about it.  That it is a
 * file may be what the listing of its directory has said, and out of date:
 * entry_open_file() looks again, and decides (R-PATH-3).
 */
enum walk_event walk_next(struct walk *w) ATTR_USE;

/*
 * After WALK_DIR: go down into it.  0, or -1 with errno (ERR_TOO_DEEP,
 * ERR_REFUSED; ELOOP: its contents have been sent or are being sent).
 */
int walk_enter(struct walk *w) ATTR_USE;

/* After walk_enter(): do not go down after all; no WALK_LEAVE follows. */
void walk_leave(struct walk *w);

void walk_close(struct walk *w);

#endif

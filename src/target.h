/* SPDX-License-Identifier: ISC */
/*
 * Where the items of an upload go, and whether they may: all that is decided
 * before the client is answered, and nothing of the dialogue.  -T asks the
 * same functions.
 */
#ifndef TARGET_H
#define TARGET_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "command.h"
#include "defs.h"
#include "policy.h"
#include "reason.h"
#include "root.h"
#include "tree.h"
#include "upload.h"

/* What is touched by every session stands before what few fill. */
struct target {
	const struct policy *policy;   /* borrowed, as the next two are */
	const struct request *request; /* of a sink */
	struct root *root;
	bool is_dir;         /* items go inside, and do not take its name */
	bool is_append_only; /* the directory that they go into; see statx.h */
	struct policy_usage usage;
	struct uploads uploads;
	struct root_place place;
	struct tree tree; /* path and shown are those of the item */
};

/* An item in its directory. */
struct target_item {
	int dirfd;           /* borrowed */
	bool has_name;       /* the target's own, not the record's */
	bool is_append_only; /* the directory */
	char name[NAME_BYTES_MAX + 1];
};

/*
 * Walk to the path of the request; start is where it begins.  *t is to be
 * given to target_leave() in any case.  False: why.
 */
bool target_find(struct target *t, const struct policy *policy,
    const struct request *request, struct root *root, const char *start,
    struct reason *why) ATTR_USE;
void target_leave(struct target *t);

/*
 * Name and directory of an item that the client calls name (len bytes, as in a
 * record that proto.h took).  False: why.  Until tree_pop_name() the tree's
 * paths are the item's.
 */
bool target_locate(struct target *t, const char *name, size_t len,
    struct target_item *it, struct reason *why) ATTR_USE;

/* A file as it is announced. */
struct target_file {
	mode_t mode;
	off_t size;
	bool has_times; /* that are to be set */
};

/*
 * May the file be stored?  Opens what it replaces, in u, which is as after
 * upload_init(); *mode is what it is to have.  False: why.
 */
bool target_may_store(struct target *t, const struct target_item *it,
    const struct target_file *file, struct upload *u, struct policy_mode *mode,
    struct reason *why) ATTR_USE;

/* Then upload_begin().  False: why. */
bool target_begin(struct target *t, struct upload *u, struct policy_mode mode,
    off_t size, struct reason *why) ATTR_USE;

/* Would it succeed, as far as that can be told?  Changes nothing. */
bool target_foresee(struct target *t, struct upload *u, struct policy_mode mode,
    off_t size, struct reason *why) ATTR_USE;

/*
 * Enter a directory that was announced with this mode, and make it if it is
 * not there; times may be NULL.  False: why.
 */
bool target_enter(struct target *t, const struct target_item *it, mode_t mode,
    const struct timespec *times, struct reason *why) ATTR_USE;

/* Would it succeed?  Changes nothing.  *made: it would be a new one. */
bool target_foresee_directory(struct target *t, const struct target_item *it,
    bool *made, struct reason *why) ATTR_USE;

/* The mode of such a directory. */
struct policy_mode target_directory_mode(
    const struct target *t, mode_t mode) ATTR_USE;

#endif

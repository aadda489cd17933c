/* SPDX-License-Identifier: ISC */
/*
 * What a download's operand leads to, and whether it may be sent: all that is
 * decided before the client is told, and nothing of the dialogue.  -T asks
 * the same functions.
 */
#ifndef OPERAND_H
#define OPERAND_H

#include <sys/stat.h>

#include <stdbool.h>

#include "defs.h"
#include "policy.h"
#include "reason.h"
#include "root.h"

struct operand {
	/*
	 * The name for the record: the one that the client asked for, which it
	 * will compare (CVE-2019-6111); but a directory's own name where it
	 * asked for `.' or `..', which clients refuse since CVE-2018-20685.
	 */
	char name[NAME_BYTES_MAX + 1];
	const char *path; /* below the root, or as it was asked for */
	struct root_place place;
};

/* May the request be served at all?  False: why. */
bool operand_may_ask(const struct policy *policy, struct reason *why) ATTR_USE;

/*
 * Walk to what text names, from the directory start; text is borrowed.  May it
 * be sent, by both of its names?  What does not exist is refused like a file,
 * so that its name tells nothing.  *o is to be given to operand_leave() in any
 * case.  False: why.
 */
bool operand_find(struct operand *o, struct root *root, const char *start,
    const char *text, bool recursive, struct reason *why) ATTR_USE;
void operand_leave(struct operand *o);

/* A file that is to be sent, with what the session has sent before. */
struct operand_file {
	struct gate *gate;
	const struct policy_usage *usage;
	int dirfd;
	const char *target; /* in dirfd */
};

/*
 * Open it; *st as for entry_open_file().  -1: why, and *st is that of the file
 * where why->by_policy.
 */
int operand_open(const struct operand_file *file, struct stat *st,
    struct reason *why) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The names of what a download's operand leads to: its own, and the one that
 * the client asked for.
 */
#ifndef OPERAND_H
#define OPERAND_H

#include "defs.h"
#include "policy.h"
#include "root.h"

/*
 * The name for the record: the one that the client asked for, which it will
 * compare (CVE-2019-6111); but a directory's own name where it asked for `.'
 * or `..', which clients refuse since CVE-2018-20685.
 */
void operand_name(const struct root_place *place, const char *operand,
    char name[NAME_BYTES_MAX + 1]);

/*
 * May it be sent, by both of its names?  What does not exist is refused like a
 * file, so that its name tells nothing.
 */
enum policy_verdict operand_may_be_sent(const struct policy *policy,
    const struct root_place *place, const char *name) ATTR_USE;

#endif

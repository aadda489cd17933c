/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "operand.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "errors.h"
#include "proto.h"

/* The name in the record when the root itself is sent. */
#define ROOT_NAME "root"

/* False for what is not to be, and of what only why tells. */
static bool
allowed(const struct policy *policy, enum policy_verdict verdict,
    struct reason *why)
{
	if (verdict == POLICY_ALLOW)
		return true;
	reason_of_verdict(why, policy, verdict, 0);
	return false;
}

bool
operand_may_ask(const struct policy *policy, struct reason *why)
{
	return allowed(policy, policy_transfer(policy, POLICY_DOWNLOAD), why);
}

static void
set_name(const struct root_place *place, const char *operand,
    char name[NAME_BYTES_MAX + 1])
{
	const char *last;
	size_t len = strlen(operand);

	while (len > 0 && operand[len - 1] == '/')
		len--;
	last = operand + len;
	while (last > operand && last[-1] != '/')
		last--;
	len -= (size_t)(last - operand);
	if (len > NAME_BYTES_MAX || !proto_is_name(last, len)) {
		last = place->name[0] != '\0' ? place->name : ROOT_NAME;
		len = strlen(last);
	}
	memcpy(name, last, len);
	name[len] = '\0';
}

static enum policy_verdict
judge_names(const struct policy *policy, const struct operand *o)
{
	enum policy_verdict verdict;

	if (o->place.dir != -1)
		return POLICY_ALLOW;
	verdict = policy_file_name(policy, o->name);
	if (verdict != POLICY_ALLOW)
		return verdict;
	return policy_file_name(policy, o->place.name);
}

bool
operand_find(struct operand *o, struct root *root, const char *start,
    const char *text, bool recursive, struct reason *why)
{
	const struct policy *policy = root->gate.policy;

	o->path = text;
	if (root_walk(root, start, text, strlen(text), &o->place) == -1) {
		reason_of_errno(why, &root->gate, errno);
		return false;
	}
	o->path = o->place.path;
	set_name(&o->place, text, o->name);
	if (!allowed(policy, judge_names(policy, o), why))
		return false;
	if (o->place.exists && (o->place.dir == -1 || recursive))
		return true;
	reason_of_errno(
	    why, &root->gate, o->place.exists ? ERR_NOT_REGULAR : ENOENT);
	return false;
}

void
operand_leave(struct operand *o)
{
	root_leave(&o->place);
}

int
operand_open(
    const struct operand_file *file, struct stat *st, struct reason *why)
{
	const struct policy *policy = file->gate->policy;
	enum policy_verdict verdict;
	int fd;

	if ((fd = entry_open_file(file->dirfd, file->target, st)) == -1) {
		reason_of_errno(why, file->gate, errno);
		return -1;
	}
	verdict = policy_send(policy, file->usage, st->st_size, st->st_nlink);
	if (gate_place(file->gate, fd, "", st) == -1)
		reason_of_errno(why, file->gate, errno);
	else if (verdict != POLICY_ALLOW)
		reason_of_verdict(why, policy, verdict, st->st_size);
	else
		return fd;
	(void)close(fd);
	return -1;
}

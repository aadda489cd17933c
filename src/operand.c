/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "operand.h"

#include <string.h>

#include "proto.h"

/* The name in the record when the root itself is sent. */
#define ROOT_NAME "root"

void
operand_name(const struct root_place *place, const char *operand,
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

enum policy_verdict
operand_may_be_sent(const struct policy *policy, const struct root_place *place,
    const char *name)
{
	enum policy_verdict verdict;

	if (place->dir != -1)
		return POLICY_ALLOW;
	verdict = policy_file_name(policy, name);
	if (verdict != POLICY_ALLOW)
		return verdict;
	return policy_file_name(policy, place->name);
}

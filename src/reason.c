/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "reason.h"

#include "errors.h"

void
reason_of_verdict(struct reason *why, const struct policy *policy,
    enum policy_verdict verdict, off_t size)
{
	why->by_policy = true;
	why->code = policy_code(verdict);
	why->keyword = policy_keyword(verdict);
	why->text = policy_reason(policy, verdict, size, why->words);
}

/* Bounds that are settings, and come as errors. */
static const char *
keyword_of(int err)
{
	switch (err) {
	case ERR_TOO_DEEP:
		return policy_keyword(POLICY_TOO_DEEP);
	case ERR_TOO_MANY:
		return "MaxMatches";
	default:
		return NULL;
	}
}

void
reason_of_errno(struct reason *why, const struct gate *gate, int err)
{
	if (err == ERR_REFUSED) {
		reason_of_verdict(why, gate->policy, gate->verdict, 0);
		return;
	}
	why->code = errors_code(err);
	why->keyword = keyword_of(err);
	why->by_policy = why->keyword != NULL;
	why->text = errors_text(err);
}

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

void
reason_of_errno(struct reason *why, const struct gate *gate, int err)
{
	switch (err) {
	case ERR_REFUSED:
		reason_of_verdict(why, gate->policy, gate->verdict, 0);
		return;
	case ERR_TOO_DEEP:
		reason_of_verdict(why, gate->policy, POLICY_TOO_DEEP, 0);
		return;
	default:
		break;
	}
	why->code = errors_code(err);
	why->keyword = err == ERR_TOO_MANY ? "MaxMatches" : NULL;
	why->by_policy = why->keyword != NULL;
	why->text = errors_text(err);
}

/* SPDX-License-Identifier: ISC */
/*
 * Why something is not for the client: one word for the log, the setting that
 * decided, and a text for the client.
 */
#ifndef REASON_H
#define REASON_H

#include <sys/types.h>

#include <stdbool.h>

#include "gate.h"
#include "policy.h"

struct reason {
	bool by_policy;      /* else by an error */
	const char *code;    /* of policy_code() or errors_code() */
	const char *keyword; /* NULL: no setting would help */
	const char *text;
	char words[POLICY_REASON_BYTES]; /* what text may point to */
};

/* size is that of the file, where it matters. */
void reason_of_verdict(struct reason *why, const struct policy *policy,
    enum policy_verdict verdict, off_t size);

/*
 * Of an errno; of ERR_REFUSED it is what the gate said last, of ERR_TOO_DEEP
 * what the policy says of depths.
 */
void reason_of_errno(struct reason *why, const struct gate *gate, int err);

#endif

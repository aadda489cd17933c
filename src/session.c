/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "session.h"

#include <errno.h>

#include "errors.h"
#include "log.h"
#include "text.h"

enum session_next
session_after_answer(int ret)
{
	return ret == 0 ? SESSION_GO_ON : SESSION_UNANSWERED;
}

enum session_next
session_drain(const struct session *s)
{
	(void)stream_drain(s->stream, SESSION_DRAIN_MS, "");
	return SESSION_END;
}

enum session_next
session_quit(const struct session *s, const char *message)
{
	audit_session_failed(
	    s->audit, "discard-limit", "too much came that is not stored");
	(void)peer_quit(s->peer, PEER_FATAL, "%s", message);
	return session_drain(s);
}

void
session_work(const struct session *s)
{
	if (s->root->gate.interrupts)
		deadline_rest(&s->stream->deadline);
}

void
session_note_client(const char *text, size_t len)
{
	char why[MESSAGE_BYTES_MAX];

	log_verbose("client says: %s", text_quote(why, sizeof(why), text, len));
}

const char *
session_code(const struct session *s)
{
	return errno == ECANCELED ? deadline_code(&s->stream->deadline)
				  : errors_code(errno);
}

/* A client that has not read what it was sent must not keep us once more. */
void
session_fail(const struct session *s)
{
	const char *why = "lost connection";
	bool ours = errno == ECANCELED;

	if (ours)
		why = deadline_reason(&s->stream->deadline);
	audit_session_failed(s->audit, session_code(s), why);
	if (ours && stream_has_room(s->stream))
		(void)peer_quit(s->peer, PEER_FATAL, "%s", why);
}

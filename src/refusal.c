/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "refusal.h"

#include <sys/types.h>

#include <errno.h>
#include <string.h>

#include "text.h"

void
refusal_init(
    struct refusal *r, const struct session *s, struct allowance *allowance)
{
	r->s = s;
	r->allowance = allowance;
	r->dead = r->unnamed = 0;
}

bool
refusal_is_dead(const struct refusal *r)
{
	return r->dead > 0;
}

static enum session_next
warn(struct refusal *r, const char *message)
{
	return session_after_answer(peer_warn(r->s->peer, "%s", message));
}

/* Will the client take an answer to the header for what it is? */
static bool
waits_for_answer(const struct refusal *r)
{
	return r->s->request->waits && !peer_has_answered(r->s->peer) &&
	    !stream_is_waiting(r->s->stream);
}

/* Let the body come, throw it away, and say no at its end. */
static enum session_next
discard_body(struct refusal *r, off_t size, const char *message)
{
	const char *text;
	size_t len;
	int unused;

	if (!allowance_pay(r->allowance, size))
		return session_quit(r->s, message);
	if (peer_ack(r->s->peer) == -1)
		return SESSION_UNANSWERED;
	if (body_receive(r->s->body, -1, size, &unused) == -1)
		return SESSION_LOST;
	switch (peer_closing(r->s->peer, &text, &len)) {
	case PEER_WHOLE:
	case PEER_BROKEN:
		return warn(r, message);
	case PEER_GARBLED:
		return SESSION_GARBLED;
	case PEER_UNSAID:
		errno = ECONNRESET;
		break;
	case PEER_VANISHED:
		break;
	}
	return SESSION_LOST;
}

enum session_next
refusal_file(struct refusal *r, off_t size, const char *message)
{
	const struct request *req = r->s->request;

	if (!req->recursive && !req->directory &&
	    !peer_has_answered(r->s->peer)) {
		(void)warn(r, message);
		return session_drain(r->s);
	}
	if (req->directory_own && waits_for_answer(r))
		return allowance_pay(r->allowance, 0)
		    ? warn(r, message)
		    : session_quit(r->s, message);
	return discard_body(r, size, message);
}

enum session_next
refusal_directory(struct refusal *r, const char *path, const struct reason *why,
    const char *message)
{
	if (!allowance_pay(r->allowance, 0))
		return session_quit(r->s, message);
	if (waits_for_answer(r))
		return warn(r, message);
	(void)text_format(r->message, sizeof(r->message), "%s", message);
	memcpy(r->path, path, strlen(path) + 1);
	r->code = why->code;
	r->keyword = why->keyword;
	r->unnamed = 0;
	r->dead = 1;
	return session_after_answer(peer_ack(r->s->peer));
}

/* --- in dead directories ------------------------------------------------ */

/* Append the name of an item; false where there is no room. */
static bool
push_name(struct refusal *r, const struct proto_record *rec)
{
	size_t used = strlen(r->path);

	if (r->unnamed > 0 || used + 1 + rec->namelen >= sizeof(r->path))
		return false;
	r->path[used] = '/';
	memcpy(r->path + used + 1, rec->name, rec->namelen);
	r->path[used + 1 + rec->namelen] = '\0';
	return true;
}

static void
pop_name(struct refusal *r)
{
	*strrchr(r->path, '/') = '\0';
}

static void
note(const struct refusal *r)
{
	audit_refused(r->s->audit, r->code, r->keyword, r->path);
}

enum session_next
refusal_dead_file(struct refusal *r, const struct proto_record *rec)
{
	bool named = push_name(r, rec);

	note(r);
	if (named)
		pop_name(r);
	return discard_body(r, rec->size, r->message);
}

enum session_next
refusal_dead_directory(struct refusal *r, const struct proto_record *rec)
{
	if (!push_name(r, rec))
		r->unnamed++;
	note(r);
	if (!allowance_pay(r->allowance, 0))
		return session_quit(r->s, r->message);
	r->dead++;
	return session_after_answer(peer_ack(r->s->peer));
}

enum session_next
refusal_dead_end(struct refusal *r)
{
	r->dead--;
	if (r->unnamed > 0)
		r->unnamed--;
	else
		pop_name(r);
	/* An E that was answered early cannot tell why any more. */
	if (r->dead > 0 || peer_has_answered(r->s->peer))
		return session_after_answer(peer_ack(r->s->peer));
	return warn(r, r->message);
}

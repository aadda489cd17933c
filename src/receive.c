/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "receive.h"

#include <errno.h>

#include "attributes.h"
#include "errors.h"
#include "space.h"
#include "text.h"

static void
note_losses(const char *path, const struct upload *u)
{
	const unsigned lost = u->lost;

	if (lost & ATTRIBUTES_LOST_XATTR)
		audit_note(path, "extended attributes not kept");
	if (lost & ATTRIBUTES_LOST_ACL)
		audit_note(path, "ACL not kept");
	if (lost & ATTRIBUTES_LOST_GROUP)
		audit_note(path, "group not kept");
	if (u->new_owner)
		audit_note(path, "owner not kept");
	if (u->stays_writable)
		audit_note(path, "owner's permission to write not removed");
}

/* Give the file its name: 0, or the errno that the client is to hear. */
static int
store(const struct session *s, const struct receive *r, struct upload *u)
{
	if (upload_commit(u, r->times) == -1)
		return errno;
	audit_done(s->audit, r->path, r->size);
	if (u->mode != u->created)
		audit_set_mode(s->audit, r->path, u->mode);
	if (r->times != NULL)
		audit_set_times(s->audit, r->path, r->times[1].tv_sec);
	note_losses(r->path, u);
	return 0;
}

/*
 * The data did not become a file: the one answer that is due says so.  Nothing
 * of them is there any more when the client reads it.
 */
static enum session_next
fail(
    const struct session *s, const struct receive *r, struct upload *u, int err)
{
	char message[PEER_TEXT_MAX];

	upload_abort(u);
	audit_failed(s->audit, errors_code(err), r->path, r->size);
	(void)text_reason(message, sizeof(message), r->shown, errors_text(err));
	if (!allowance_pay(r->allowance, 0))
		return session_quit(s, message);
	return session_after_answer(peer_warn(s->peer, "%s", message));
}

static enum session_next
finish(const struct session *s, const struct receive *r, struct upload *u,
    int file_errno, bool *stored)
{
	int err = file_errno;

	session_work(s);
	if (err == 0)
		err = store(s, r, u);
	if (err != 0)
		return fail(s, r, u, err);
	*stored = true;
	return session_after_answer(peer_ack_stored(s->peer));
}

/* The sender says that what it sent is not the file. */
static enum session_next
forget(const struct session *s, const struct receive *r, struct upload *u,
    const char *text, size_t len)
{
	session_work(s);
	upload_abort(u);
	audit_failed(s->audit, "sender-error", r->path, r->size);
	session_note_client(text, len);
	if (!allowance_pay(r->allowance, 0))
		return session_quit(s, "too many files failed");
	return session_after_answer(peer_ack(s->peer));
}

/*
 * The input ends where the end mark should stand: success only for clients
 * that never send one (R-WIRE-4).  OpenSSH's fills a file that it cannot read
 * with zeros before it says so, and may be cut off in between.
 */
static enum session_next
finish_unsaid(const struct session *s, const struct receive *r,
    struct upload *u, int file_errno, bool *stored)
{
	if (r->eof_commits) {
		/* Whether anybody listens any more does not matter. */
		(void)finish(s, r, u, file_errno, stored);
		return SESSION_END;
	}
	audit_failed(s->audit, "no-end-mark", r->path, r->size);
	errno = ECONNRESET;
	return SESSION_LOST;
}

/* May the next step be written?  0, or an errno. */
static int
check_space(const struct policy_space *min, int fd, off_t size)
{
	char text[SPACE_TEXT_BYTES];

	return space_suffices(fd, min, size, text) ? 0 : ENOSPC;
}

/* In parts, with a look at the free space before each but the first. */
static int
take_parts(const struct session *s, int fd, off_t size, int *file_errno)
{
	const struct policy_space *min = &s->policy->min_free;
	struct body *body = s->body;
	off_t part;
	int ret, err;

	*file_errno = 0;
	body_begin(body, size);
	do {
		part = size - body->moved;
		if (part > SPACE_STEP)
			part = SPACE_STEP;
		if (body->moved > 0 && *file_errno == 0)
			*file_errno = check_space(min, fd, part);
		ret = body_receive_part(
		    body, *file_errno == 0 ? fd : -1, body->moved + part, &err);
		if (*file_errno == 0)
			*file_errno = err;
	} while (ret == 0 && body->moved < size);
	return ret;
}

/* As body_receive(), and some space may have to stay free. */
static int
take_bytes(const struct session *s, int fd, off_t size, int *file_errno)
{
	if (space_is_limited(&s->policy->min_free))
		return take_parts(s, fd, size, file_errno);
	return body_receive(s->body, fd, size, file_errno);
}

static enum session_next
take_data(const struct session *s, const struct receive *r, struct upload *u,
    bool *stored)
{
	const char *text;
	size_t len;
	int file_errno;

	if (take_bytes(s, u->temp.fd, r->size, &file_errno) == -1) {
		audit_failed(
		    s->audit, session_code(s), r->path, s->body->moved);
		return SESSION_LOST;
	}
	switch (peer_closing(s->peer, &text, &len)) {
	case PEER_WHOLE:
		return finish(s, r, u, file_errno, stored);
	case PEER_BROKEN:
		return forget(s, r, u, text, len);
	case PEER_UNSAID:
		return finish_unsaid(s, r, u, file_errno, stored);
	case PEER_GARBLED:
		audit_failed(s->audit, "protocol-error", r->path, r->size);
		return SESSION_GARBLED;
	case PEER_VANISHED:
		break;
	}
	audit_failed(s->audit, session_code(s), r->path, r->size);
	return SESSION_LOST;
}

enum session_next
receive_file(const struct session *s, const struct receive *r, struct upload *u,
    bool *stored)
{
	enum session_next next;

	*stored = false;
	next = take_data(s, r, u, stored);
	if (!*stored)
		session_work(s);
	upload_abort(u);
	return next;
}

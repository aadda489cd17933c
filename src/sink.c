/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "sink.h"

#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "errors.h"
#include "log.h"
#include "reason.h"
#include "receive.h"
#include "text.h"

/* What a C or D is about. */
struct item {
	const struct proto_record *rec;
	struct target_item at;
	struct reason why;            /* not */
	const struct timespec *times; /* access and modification, or NULL */
	char message[PEER_TEXT_MAX];
};

static enum session_next
acknowledge(struct sink *k)
{
	return session_after_answer(peer_ack(k->s->peer));
}

/* The client speaks no SCP, or no more: say so, take nothing else. */
static enum session_next
protocol_error(struct sink *k, const char *why)
{
	audit_session_failed(k->s->audit, "protocol-error", why);
	(void)peer_quit(k->s->peer, PEER_WARNING, "protocol error: %s", why);
	k->failed = true;
	return SESSION_END;
}

/* --- items ------------------------------------------------------------ */

/* Take the times that a T record has left for this item. */
static void
take_times(struct sink *k, struct item *it)
{
	if (k->has_times && policy_may_set_times(k->s->policy))
		it->times = k->times;
	k->has_times = false;
}

/* Log a refusal and make its message for the client. */
static const char *
note_refusal(struct sink *k, struct item *it)
{
	const struct tree *tree = &k->target.tree;

	k->failed = true;
	audit_refused(k->s->audit, it->why.code, it->why.keyword, tree->path);
	(void)text_reason(
	    it->message, sizeof(it->message), tree->shown, it->why.text);
	return it->message;
}

static bool
locate(struct sink *k, struct item *it)
{
	return target_locate(
	    &k->target, it->rec->name, it->rec->namelen, &it->at, &it->why);
}

/* --- files ------------------------------------------------------------ */

/* Everything that can be refused is refused here, before data (R-WIRE-5). */
static bool
begin_file(struct sink *k, struct item *it, struct upload *u)
{
	struct target *t = &k->target;
	const struct target_file file = { .mode = it->rec->mode,
		.size = it->rec->size,
		.has_times = it->times != NULL };
	struct policy_mode mode;

	return locate(k, it) &&
	    target_may_store(t, &it->at, &file, u, &mode, &it->why) &&
	    target_begin(t, u, mode, file.size, &it->why);
}

static enum session_next
take_data(struct sink *k, const struct item *it, struct upload *u)
{
	struct receive r = { .path = k->target.tree.path,
		.shown = k->target.tree.shown,
		.size = it->rec->size,
		.times = it->times,
		.eof_commits = k->s->request->eof_commits && k->items == 1,
		.allowance = &k->allowance };
	enum session_next next;
	bool stored = false;

	audit_open(k->s->audit, k->target.tree.path, it->rec->mode);
	next = acknowledge(k);
	if (next == SESSION_GO_ON)
		next = receive_file(k->s, &r, u, &stored);
	else
		audit_failed(k->s->audit, session_code(k->s), r.path, 0);
	/* What failed in a file that was there, in place, stays in it. */
	if (stored || u->was_there) {
		k->target.usage.files++;
		k->target.usage.bytes += r.size;
	}
	return next;
}

static enum session_next
take_file(struct sink *k, const struct proto_record *rec)
{
	struct item it = { .rec = rec };
	enum session_next next;
	struct upload u;

	k->items++;
	take_times(k, &it);
	audit_announce(k->s->audit, rec->size, rec->mode,
	    it.times != NULL ? &it.times[1].tv_sec : NULL);
	if (refusal_is_dead(&k->refusal))
		return refusal_dead_file(&k->refusal, rec);
	upload_init(&u, &k->target.uploads);
	if (begin_file(k, &it, &u))
		next = take_data(k, &it, &u);
	else
		next =
		    refusal_file(&k->refusal, rec->size, note_refusal(k, &it));
	upload_abort(&u);
	tree_pop_name(&k->target.tree);
	return next;
}

/* --- directories ------------------------------------------------------ */

static bool
enter_directory(struct sink *k, struct item *it)
{
	struct target *t = &k->target;
	mode_t mode = it->rec->mode;

	if (!locate(k, it) ||
	    !target_enter(t, &it->at, mode, it->times, &it->why))
		return false;
	if (tree_is_new(&t->tree)) {
		t->usage.files++;
		audit_mkdir(k->s->audit, t->tree.path, mode);
	}
	return true;
}

static enum session_next
take_directory(struct sink *k, const struct proto_record *rec)
{
	struct item it = { .rec = rec };
	enum session_next next;
	const char *message;

	k->items++;
	take_times(k, &it);
	if (!k->s->request->recursive)
		return protocol_error(k, "received directory without -r");
	if (refusal_is_dead(&k->refusal))
		return refusal_dead_directory(&k->refusal, rec);
	if (enter_directory(k, &it))
		return acknowledge(k);
	message = note_refusal(k, &it);
	next = refusal_directory(
	    &k->refusal, k->target.tree.path, &it.why, message);
	tree_pop_name(&k->target.tree);
	return next;
}

/*
 * An E too many ends the session, as with OpenSSH: Trilead and Ganymed send
 * one after each upload, SSH.NET one after a tree.  They send no more, but for
 * what stands between records and further ends: what else comes is not stored,
 * and a client that does not wait must learn of that.
 */
static enum session_next
end_early(struct sink *k)
{
	if (acknowledge(k) != SESSION_GO_ON)
		return SESSION_UNANSWERED;
	if (stream_drain(k->s->stream, SESSION_DRAIN_MS, "\nE")) {
		audit_session_failed(k->s->audit, "protocol-error",
		    "more came behind the last E");
		k->failed = true;
	}
	return SESSION_END;
}

/* Attributes of the directory that was left could not be set. */
static enum session_next
answer_failed_directory(struct sink *k, int err)
{
	char message[PEER_TEXT_MAX];

	(void)text_reason(
	    message, sizeof(message), k->target.tree.shown, strerror(err));
	if (!allowance_pay(&k->allowance, 0))
		return session_quit(k->s, message);
	/* Of an E that was answered early only the exit status tells. */
	if (peer_has_answered(k->s->peer))
		return acknowledge(k);
	return session_after_answer(peer_warn(k->s->peer, "%s", message));
}

static enum session_next
fail_directory(struct sink *k, const char *name, int err)
{
	enum session_next next;

	k->failed = true;
	/* One that took the target's name is the target still. */
	if ((k->target.tree.depth > 0 || k->target.is_dir) &&
	    tree_push_name(&k->target.tree, name) == -1)
		tree_pop_name(&k->target.tree);
	audit_failed(k->s->audit, errors_code(err), k->target.tree.path, 0);
	next = answer_failed_directory(k, err);
	tree_pop_name(&k->target.tree);
	return next;
}

static enum session_next
end_directory(struct sink *k)
{
	char name[NAME_BYTES_MAX + 1];

	k->has_times = false;
	if (refusal_is_dead(&k->refusal))
		return refusal_dead_end(&k->refusal);
	if (k->target.tree.depth == 0)
		return end_early(k);
	tree_name(&k->target.tree, name);
	if (tree_leave(&k->target.tree) == 0)
		return acknowledge(k);
	return fail_directory(k, name, errno);
}

/* --- the session ------------------------------------------------------ */

static enum session_next
take_times_record(struct sink *k, const struct proto_record *rec)
{
	k->times[0] = rec->atime;
	k->times[1] = rec->mtime;
	k->has_times = true;
	return acknowledge(k);
}

/* The sender failed on an item, or altogether; it wants no answer. */
static enum session_next
take_error(struct sink *k, const struct proto_record *rec)
{
	k->failed = true;
	k->has_times = false;
	session_note_client(rec->text, rec->textlen);
	return rec->type == PROTO_FATAL ? SESSION_END : SESSION_GO_ON;
}

/* A name that leads elsewhere is what an administrator wants to see. */
static void
note_malformed(struct sink *k, enum proto_err err)
{
	char name[NAME_BYTES_MAX + 1];
	const char *bad;
	size_t len;

	if (err != PROTO_E_NAME) {
		audit_session_failed(
		    k->s->audit, "protocol-error", proto_strerror(err));
		return;
	}
	proto_bad_name(k->s->peer->line, k->s->peer->linelen, &bad, &len);
	if (len > NAME_BYTES_MAX)
		len = NAME_BYTES_MAX;
	memcpy(name, bad, len);
	name[len] = '\0';
	audit_refused(k->s->audit, "bad-name", NULL, name);
}

static enum session_next
take_malformed(struct sink *k, enum proto_err err)
{
	const char *why = proto_strerror(err);

	/* Times that cannot be read must not cost the file. */
	if (err == PROTO_E_TIME) {
		k->has_times = false;
		log_verbose("times ignored: %s", why);
		return acknowledge(k);
	}
	k->failed = true;
	note_malformed(k, err);
	(void)peer_quit_malformed(k->s->peer, err);
	return SESSION_END;
}

static enum session_next
take_record(struct sink *k, const struct proto_record *rec)
{
	switch (rec->type) {
	case PROTO_FILE:
		return take_file(k, rec);
	case PROTO_DIR:
		return take_directory(k, rec);
	case PROTO_END:
		return end_directory(k);
	case PROTO_TIMES:
		return take_times_record(k, rec);
	case PROTO_WARNING:
	case PROTO_FATAL:
		break;
	}
	return take_error(k, rec);
}

static enum session_next
take_next(struct sink *k)
{
	struct proto_record rec;
	enum proto_err err;

	switch (peer_next(k->s->peer, &rec, &err)) {
	case PEER_RECORD:
		session_work(k->s);
		return take_record(k, &rec);
	case PEER_MALFORMED:
		return take_malformed(k, err);
	case PEER_END:
		return SESSION_END;
	case PEER_LOST:
		break;
	}
	return SESSION_LOST;
}

/* Tell the client to begin; then all that it sends. */
static void
take_records(struct sink *k)
{
	enum session_next next;

	next = acknowledge(k);
	while (next == SESSION_GO_ON)
		next = take_next(k);
	if (next == SESSION_GARBLED)
		(void)protocol_error(k, "expected end of file data");
	else if (next != SESSION_END)
		session_fail(k->s);
	if (next != SESSION_END)
		k->failed = true;
}

static void
refuse_target(struct sink *k, const struct reason *why)
{
	const char *operand = k->s->request->paths[0].text;

	k->failed = true;
	audit_refused(k->s->audit, why->code, why->keyword, operand);
	(void)peer_warn_item(k->s->peer, operand, why->text);
	(void)stream_drain(k->s->stream, SESSION_REFUSED_DRAIN_MS, "");
}

static void
serve(struct sink *k)
{
	const struct session *s = k->s;
	struct target *t = &k->target;
	struct reason why;
	int ret;

	/* What can be refused now is refused in place of the first answer. */
	if (!target_find(t, s->policy, s->request, s->root, s->start, &why)) {
		refuse_target(k, &why);
		return;
	}
	take_records(k);
	session_work(s);
	ret = tree_leave_all(&t->tree);
	if (uploads_end(&t->uploads) == -1 || ret == -1) {
		k->failed = true;
		audit_failed(s->audit, errors_code(errno), t->place.path, 0);
	}
	if (k->items > 0)
		tree_will_sweep(
		    &t->tree, t->is_dir ? t->place.dir : t->place.parent);
	/* Who is to end has no time for the dead. */
	if (deadline_is_over(&s->stream->deadline))
		tree_forget(&t->tree);
	session_work(s);
	tree_sweep(&t->tree);
}

int
sink_run(struct sink *k, const struct session *session)
{
	/* The rest stays untouched, and costs no memory then. */
	k->s = session;
	k->has_times = k->failed = false;
	k->items = 0;
	allowance_init(&k->allowance, session->policy->discard_limit,
	    session->policy->free_failures);
	refusal_init(&k->refusal, session, &k->allowance);
	serve(k);
	target_leave(&k->target);
	return k->failed || session->peer->complained;
}

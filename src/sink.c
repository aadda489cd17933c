/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "sink.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "receive.h"
#include "refusal.h"
#include "text.h"
#include "tree.h"
#include "upload.h"

/* What is touched by every session stands before what few fill. */
struct sink {
	const struct session *s;
	bool into_target;    /* the target is a directory: items go inside */
	bool has_times;      /* a T waits for its C or D */
	bool failed;         /* exit status 1 */
	unsigned long items; /* C and D so far */
	struct policy_usage usage;
	struct timespec times[2];
	struct uploads uploads;
	struct refusal refusal;
	struct root_place target;
	struct tree tree;
};

/* Where the item of a C or D goes, or why not. */
struct item {
	const struct proto_record *rec;
	int dirfd; /* borrowed */
	char name[NAME_BYTES_MAX + 1];
	bool is_target;     /* name is the target's, not the record's */
	const char *code;   /* of a refusal, for the log */
	const char *reason; /* the same, for the client */
	char reason_text[POLICY_REASON_BYTES];
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

/* --- where items go --------------------------------------------------- */

static bool
refused_by(const struct sink *k, struct item *it, enum policy_verdict verdict)
{
	off_t size = it->rec == NULL ? 0 : it->rec->size;

	if (verdict == POLICY_ALLOW)
		return false;
	it->code = policy_code(verdict);
	it->reason =
	    policy_reason(k->s->policy, verdict, size, it->reason_text);
	return true;
}

static bool
refused_for(const struct sink *k, struct item *it, int err)
{
	if (err == GATE_E_REFUSED)
		return refused_by(k, it, k->s->root->gate.verdict);
	it->code = audit_errno_code(err);
	it->reason = upload_strerror(err);
	return true;
}

/* Name and directory of the item; false: refused. */
static bool
locate(struct sink *k, struct item *it)
{
	const struct proto_record *rec = it->rec;

	it->dirfd = tree_dir(&k->tree);
	it->is_target = it->dirfd == -1 && !k->into_target;
	if (it->is_target) {
		it->dirfd = k->target.parent;
		memcpy(it->name, k->target.name, sizeof(it->name));
		return true;
	}
	if (it->dirfd == -1)
		it->dirfd = k->target.dir;
	memcpy(it->name, rec->name, rec->namelen);
	it->name[rec->namelen] = '\0';
	if (tree_push_name(&k->tree, it->name) == -1 ||
	    gate_name(&k->s->root->gate, it->dirfd, it->name) == -1)
		return !refused_for(k, it, errno);
	return true;
}

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
	k->failed = true;
	audit_refused(k->s->audit, it->code, k->tree.path);
	(void)text_reason(
	    it->message, sizeof(it->message), k->tree.shown, it->reason);
	return it->message;
}

/* --- files ------------------------------------------------------------ */

/* Everything that can be refused is refused here, before data (R-WIRE-5). */
static bool
begin_file(struct sink *k, struct item *it, struct upload *u)
{
	const struct policy *policy = k->s->policy;
	mode_t old_mode = POLICY_MODE_UNSET;
	struct policy_mode mode;

	if (!locate(k, it) ||
	    refused_by(k, it, policy_file_name(policy, it->name)))
		return false;
	if (it->is_target && k->target.slash)
		return !refused_for(k, it, ENOENT);
	if (upload_look(u, it->dirfd, it->name, &old_mode) == -1)
		return !refused_for(k, it, errno);
	if (refused_by(k, it,
		policy_store(policy, &k->usage, it->rec->size,
		    old_mode != POLICY_MODE_UNSET)))
		return false;
	mode = policy_file_mode(
	    policy, it->rec->mode, k->s->request->preserve, old_mode);
	if (upload_begin(u, mode, it->rec->size) == 0)
		return true;
	(void)refused_for(k, it, errno);
	it->reason = upload_reason(u, errno);
	return false;
}

static enum session_next
take_data(struct sink *k, const struct item *it, struct upload *u)
{
	struct receive r = { .path = k->tree.path,
		.shown = k->tree.shown,
		.size = it->rec->size,
		.times = it->times,
		.eof_commits = k->s->request->eof_commits && k->items == 1 };
	enum session_next next;
	bool stored = false;

	audit_open(k->s->audit, k->tree.path, it->rec->mode);
	next = acknowledge(k);
	if (next == SESSION_GO_ON)
		next = receive_file(k->s, &r, u, &stored);
	if (stored) {
		k->usage.files++;
		k->usage.bytes += r.size;
	} else {
		k->failed = true;
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
	if (refusal_is_dead(&k->refusal))
		return refusal_dead_file(&k->refusal, rec->size);
	audit_announce(k->s->audit, rec->size, rec->mode,
	    it.times != NULL ? &it.times[1].tv_sec : NULL);
	upload_init(&u, &k->uploads);
	if (begin_file(k, &it, &u))
		next = take_data(k, &it, &u);
	else
		next =
		    refusal_file(&k->refusal, rec->size, note_refusal(k, &it));
	upload_abort(&u);
	tree_pop_name(&k->tree);
	return next;
}

/* --- directories ------------------------------------------------------ */

static bool
enter_directory(struct sink *k, struct item *it)
{
	const struct policy *policy = k->s->policy;
	bool preserve = k->s->request->preserve;
	struct tree_wish wish = { .times = it->times, .preserve = preserve };
	enum policy_verdict may_make;

	if (!locate(k, it))
		return false;
	if (refused_by(k, it,
		policy_depth(policy, k->target.depth + k->tree.depth + 1)))
		return false;
	wish.mode = policy_directory_mode(policy, it->rec->mode, preserve);
	wish.sets_existing = policy_may_set_existing_directory(policy);
	may_make = policy_make_directory(policy, &k->usage);
	wish.must_exist = may_make != POLICY_ALLOW;
	if (tree_enter(&k->tree, it->dirfd, it->name, &wish) == -1)
		return wish.must_exist && errno == ENOENT
		    ? !refused_by(k, it, may_make)
		    : !refused_for(k, it, errno);
	if (tree_is_new(&k->tree)) {
		k->usage.files++;
		audit_mkdir(k->s->audit, k->tree.path, it->rec->mode);
	}
	return true;
}

static enum session_next
take_directory(struct sink *k, const struct proto_record *rec)
{
	struct item it = { .rec = rec };
	enum session_next next;

	k->items++;
	take_times(k, &it);
	if (!k->s->request->recursive)
		return protocol_error(k, "received directory without -r");
	if (refusal_is_dead(&k->refusal))
		return refusal_dead_directory(&k->refusal);
	if (enter_directory(k, &it))
		return acknowledge(k);
	next = refusal_directory(&k->refusal, note_refusal(k, &it));
	tree_pop_name(&k->tree);
	return next;
}

/*
 * An E too many ends the session, as with OpenSSH: Trilead and Ganymed send
 * one after each upload, SSH.NET one after a tree.
 */
static enum session_next
end_early(struct sink *k)
{
	if (acknowledge(k) != SESSION_GO_ON)
		return SESSION_UNANSWERED;
	stream_drain(k->s->stream, SESSION_DRAIN_MS);
	return SESSION_END;
}

/* Attributes of the directory that was left could not be set. */
static enum session_next
fail_directory(struct sink *k, const char *name, int err)
{
	enum session_next next;

	k->failed = true;
	/* One that took the target's name is the target still. */
	if ((k->tree.depth > 0 || k->into_target) &&
	    tree_push_name(&k->tree, name) == -1)
		tree_pop_name(&k->tree);
	audit_failed(k->s->audit, audit_errno_code(err), k->tree.path, 0);
	/* Of an E that was answered early only the exit status tells. */
	if (peer_has_answered(k->s->peer))
		next = acknowledge(k);
	else
		next = session_after_answer(
		    peer_warn_item(k->s->peer, k->tree.shown, strerror(err)));
	tree_pop_name(&k->tree);
	return next;
}

static enum session_next
end_directory(struct sink *k)
{
	char name[NAME_BYTES_MAX + 1];

	k->has_times = false;
	if (refusal_is_dead(&k->refusal))
		return refusal_dead_end(&k->refusal);
	if (k->tree.depth == 0)
		return end_early(k);
	tree_name(&k->tree, name);
	if (tree_leave(&k->tree) == 0)
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
	audit_refused(k->s->audit, "bad-name", name);
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

/* What can be refused now is refused in place of the first answer. */
static bool
find_target(struct sink *k, struct item *it)
{
	const struct request *req = k->s->request;
	const struct word *path = &req->paths[0];
	struct root_place *target = &k->target;

	if (refused_by(k, it, policy_transfer(k->s->policy, POLICY_UPLOAD)))
		return false;
	if (root_walk(k->s->root, k->s->start, path->text, path->len, target) ==
	    -1)
		return !refused_for(k, it, errno);
	if (req->directory && target->dir == -1)
		return !refused_for(k, it, target->exists ? ENOTDIR : ENOENT);
	if (tree_init(&k->tree, &k->s->root->gate, target->path, path->text) ==
	    -1)
		return !refused_for(k, it, errno);
	k->into_target = target->dir != -1;
	return true;
}

static void
serve(struct sink *k)
{
	const char *operand = k->s->request->paths[0].text;
	struct item it = { 0 };
	int ret;

	if (!find_target(k, &it)) {
		k->failed = true;
		audit_refused(k->s->audit, it.code, operand);
		(void)peer_warn_item(k->s->peer, operand, it.reason);
		stream_drain(k->s->stream, SESSION_DRAIN_MS);
		return;
	}
	take_records(k);
	ret = tree_leave_all(&k->tree);
	if (uploads_end(&k->uploads) == -1 || ret == -1) {
		k->failed = true;
		audit_failed(
		    k->s->audit, audit_errno_code(errno), k->target.path, 0);
	}
	if (k->items > 0)
		tree_will_sweep(&k->tree,
		    k->into_target ? k->target.dir : k->target.parent);
	/* Who is to end has no time for the dead. */
	if (!deadline_is_over(&k->s->stream->deadline))
		tree_sweep(&k->tree);
}

int
sink_run(const struct session *session)
{
	struct sink *k;
	bool failed;

	/* Not cleared: most of it stays untouched, and costs no memory then. */
	if ((k = malloc(sizeof(*k))) == NULL) {
		(void)peer_quit(
		    session->peer, PEER_FATAL, "%s", strerror(ENOMEM));
		return 1;
	}
	k->s = session;
	k->target.parent = k->target.dir = -1;
	k->into_target = k->has_times = k->failed = false;
	k->items = 0;
	memset(&k->usage, 0, sizeof(k->usage));
	uploads_init(&k->uploads, session->policy);
	refusal_init(&k->refusal, session);
	serve(k);
	root_leave(&k->target);
	failed = k->failed || session->peer->complained;
	free(k);
	return failed;
}

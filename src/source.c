/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "source.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "proto.h"
#include "reason.h"

/* A file or directory to be sent. */
struct source_item {
	int dirfd;             /* borrowed */
	const char *target;    /* in dirfd */
	const char *name;      /* in the record */
	const char *shown;     /* as the client spells it */
	const char *path;      /* below the root */
	const struct stat *st; /* as it was found, or as it was opened */
};

static void
announce(struct source *c, const struct stat *st)
{
	audit_announce(
	    c->s->audit, st->st_size, st->st_mode & 0777, &st->st_mtime);
}

/* R-LOG-1: files of which the client will say nothing any more. */
static void
fail_unanswered(struct source *c, const char *code)
{
	struct source_pending *p = &c->pending;
	struct audit *audit = c->s->audit;

	if (p->file) {
		audit->file = p->announced;
		audit_failed(audit, code, p->path, p->moved);
	}
	p->file = false;
	if (c->asked != NULL) {
		if (audit->file.size == -1)
			announce(c, c->asked->st);
		audit_failed(audit, code, c->asked->path, 0);
	}
	c->asked = NULL;
}

static enum session_next
client_gone(struct source *c)
{
	c->failed = true;
	fail_unanswered(c, session_code(c->s));
	session_fail(c->s);
	return SESSION_END;
}

/* Tell the client that something will not come, and why. */
static enum session_next
report(struct source *c, const char *shown, const char *path,
    const struct reason *why)
{
	struct audit *audit = c->s->audit;

	c->failed = true;
	if (why->by_policy)
		audit_refused(audit, why->code, why->keyword, path);
	else
		audit_failed(audit, why->code, path, 0);
	if (peer_warn_item(c->s->peer, shown, why->text) == -1)
		return client_gone(c);
	return SESSION_SKIP;
}

static enum session_next
notify(struct source *c, const char *shown, const char *path, int err)
{
	struct reason why;

	reason_of_errno(&why, &c->s->root->gate, err);
	return report(c, shown, path, &why);
}

/* --- answers ----------------------------------------------------------- */

/*
 * The client does not want, or could not store, the item path; NULL for one
 * that has its line in the log.
 */
static void
client_refused(struct source *c, const char *path, off_t size, const char *text,
    size_t len)
{
	c->failed = true;
	if (path != NULL)
		audit_failed(c->s->audit, "client-error", path, size);
	session_note_client(text, len);
}

/* The answer to a record about the item path, as for client_refused(). */
static enum session_next
take_answer(struct source *c, const char *path)
{
	enum peer_answer answer;
	const char *text;
	size_t len;

	answer = peer_answer(c->s->peer, &text, &len);
	switch (answer) {
	case PEER_YES:
		return SESSION_GO_ON;
	case PEER_NO:
	case PEER_STOP:
		client_refused(c, path, 0, text, len);
		return answer == PEER_NO ? SESSION_SKIP : SESSION_END;
	case PEER_SILENT:
		errno = ECONNRESET;
		break;
	case PEER_FAILED:
		break;
	}
	return client_gone(c);
}

/* What the client says of a file's data. */
static enum session_next
take_file_answer(struct source *c)
{
	const struct source_pending *p = &c->pending;
	enum peer_answer answer;
	const char *text;
	size_t len;

	answer = peer_answer(c->s->peer, &text, &len);
	if (answer == PEER_FAILED)
		return client_gone(c);
	c->pending.file = false;
	c->s->audit->file = p->announced;
	if (p->file_errno != 0) {
		c->failed = true;
		audit_failed(
		    c->s->audit, errors_code(p->file_errno), p->path, p->moved);
	} else if (answer == PEER_NO || answer == PEER_STOP) {
		client_refused(c, p->path, p->moved, text, len);
	} else {
		audit_done(c->s->audit, p->path, p->moved);
	}
	/*
	 * curl and phpseclib leave without a last answer.  Was it not the last,
	 * then the next one shows that the client is gone.
	 */
	return answer == PEER_STOP ? SESSION_END : SESSION_GO_ON;
}

/* All answers that are still to come; what they refuse is past. */
static enum session_next
take_pending(struct source *c)
{
	enum session_next next = SESSION_GO_ON;

	if (c->pending.file)
		next = take_file_answer(c);
	for (; c->pending.ends > 0 && next != SESSION_END; c->pending.ends--)
		next = take_answer(c, c->pending.tree);
	return next == SESSION_END ? SESSION_END : SESSION_GO_ON;
}

/* Now, or with Pipelining when the next header is out. */
static enum session_next
take_pending_now(struct source *c)
{
	return c->s->pipelining ? SESSION_GO_ON : take_pending(c);
}

/* --- files ------------------------------------------------------------- */

static enum session_next
send_times(struct source *c, const struct source_item *it)
{
	char record[RECORD_BYTES_MAX + 2];
	size_t len;

	len = proto_format_times(
	    record, sizeof(record), it->st->st_mtime, it->st->st_atime);
	if (peer_send(c->s->peer, record, len) == -1)
		return client_gone(c);
	return c->s->pipelining ? SESSION_GO_ON : take_answer(c, it->path);
}

/* An item whose times are refused: it has its line in the log. */
static enum session_next
take_idle_answer(struct source *c)
{
	c->asked = NULL;
	return take_answer(c, NULL) == SESSION_END ? SESSION_END : SESSION_SKIP;
}

/* Both are read, for both were sent: yes only if both say so. */
static enum session_next
take_header_answers(
    struct source *c, const struct source_item *it, bool with_times)
{
	enum session_next times = SESSION_GO_ON;

	if (with_times && c->s->pipelining)
		times = take_answer(c, it->path);
	if (times == SESSION_SKIP)
		return take_idle_answer(c);
	return times == SESSION_END ? times : take_answer(c, it->path);
}

static enum session_next
exchange_header(struct source *c, const struct source_item *it,
    const char *record, size_t len)
{
	bool preserve = c->s->request->preserve;
	enum session_next next;

	if (preserve && (next = send_times(c, it)) != SESSION_GO_ON)
		return next;
	if (peer_send(c->s->peer, record, len) == -1)
		return client_gone(c);
	if ((next = take_pending(c)) != SESSION_GO_ON) {
		fail_unanswered(c, "client-error");
		return next;
	}
	if (c->asked != NULL)
		announce(c, it->st);
	return take_header_answers(c, it, preserve);
}

/*
 * The records that announce an item: T with -p, then C or D.  GO_ON only when
 * the client has said yes to them, and has answered all that went before.
 */
static enum session_next
send_header(
    struct source *c, enum proto_type type, const struct source_item *it)
{
	char record[RECORD_BYTES_MAX + 2];
	const struct stat *st = it->st;
	enum session_next next;
	size_t len;

	len = proto_format_item(record, sizeof(record), type,
	    st->st_mode & 0777, st->st_size, it->name);
	if (len == 0)
		return notify(c, it->shown, it->path, ENAMETOOLONG);
	c->asked = type == PROTO_FILE ? it : NULL;
	next = exchange_header(c, it, record, len);
	c->asked = NULL;
	return next;
}

/* The end mark, or the error that stands in its place. */
static int
send_end_mark(struct source *c, const struct source_item *it, int file_errno)
{
	if (file_errno == 0)
		return peer_close_file(c->s->peer);
	return peer_warn_item(c->s->peer, it->shown,
	    file_errno == EIO ? "file became shorter or unreadable"
			      : strerror(file_errno));
}

static enum session_next
send_data(struct source *c, const struct source_item *it, int fd, off_t size)
{
	struct source_pending *p = &c->pending;

	if (body_send(c->s->body, fd, size, &p->file_errno) == -1 ||
	    send_end_mark(c, it, p->file_errno) == -1) {
		audit_failed(c->s->audit, session_code(c->s), it->path,
		    c->s->body->moved);
		return client_gone(c);
	}
	p->file = true;
	p->announced = c->s->audit->file;
	p->moved = c->s->body->moved;
	memcpy(p->path, it->path, strlen(it->path) + 1);
	return take_pending_now(c);
}

static enum session_next
send_open_file(struct source *c, const struct source_item *it, int fd)
{
	enum session_next next;

	audit_open(c->s->audit, it->path, it->st->st_mode & 0777);
	next = send_header(c, PROTO_FILE, it);
	if (next != SESSION_GO_ON)
		return next;
	c->usage.files++;
	c->usage.bytes += it->st->st_size;
	return send_data(c, it, fd, it->st->st_size);
}

static enum session_next
send_file(struct source *c, const struct source_item *it)
{
	struct stat st = *it->st;
	struct source_item opened = *it;
	struct reason why;
	enum session_next next;
	int fd;

	fd = operand_open(&(struct operand_file){ .gate = &c->s->root->gate,
			      .usage = &c->usage,
			      .dirfd = it->dirfd,
			      .target = it->target },
	    &st, &why);
	if (fd == -1) {
		if (why.by_policy)
			announce(c, &st);
		return report(c, it->shown, it->path, &why);
	}
	opened.st = &st;
	next = send_open_file(c, &opened, fd);
	(void)close(fd);
	return next;
}

/* --- trees ------------------------------------------------------------ */

/* The item that the walk stands at. */
static struct source_item
walk_item(const struct walk *w)
{
	struct source_item it = { .dirfd = w->item.dirfd,
		.target = w->item.target,
		.name = w->item.name,
		.shown = w->shown,
		.path = w->path,
		.st = &w->item.st };

	return it;
}

/* Look before D is sent: what cannot be entered is no directory to send. */
static enum session_next
send_directory(struct source *c, const struct source_item *it)
{
	enum session_next next;

	if (walk_enter(&c->walk) == -1)
		return notify(c, it->shown, it->path, errno);
	next = send_header(c, PROTO_DIR, it);
	if (next == SESSION_SKIP)
		walk_leave(&c->walk);
	return next;
}

static enum session_next
send_end(struct source *c)
{
	const char *path = c->operand.place.path;

	if (peer_send(c->s->peer, "E\n", 2) == -1)
		return client_gone(c);
	memcpy(c->pending.tree, path, strlen(path) + 1);
	c->pending.ends++;
	return take_pending_now(c);
}

static enum session_next
send_next(struct source *c, enum walk_event event)
{
	struct source_item it = walk_item(&c->walk);

	switch (event) {
	case WALK_FILE:
		return send_file(c, &it);
	case WALK_DIR:
		return send_directory(c, &it);
	case WALK_LEAVE:
		return send_end(c);
	case WALK_ERROR:
		return notify(c, it.shown, it.path, c->walk.item.error);
	case WALK_END:
		break;
	}
	return SESSION_GO_ON;
}

static enum walk_event
next_event(struct source *c)
{
	session_work(c->s);
	return walk_next(&c->walk);
}

static enum session_next
send_tree(struct source *c, const struct source_item *it)
{
	struct walk *w = &c->walk;
	enum walk_event event;
	enum session_next next;

	if (walk_begin(w, &c->operand.place, it->shown) == -1)
		return notify(c, it->shown, it->path, errno);
	next = send_header(c, PROTO_DIR, it);
	if (next != SESSION_GO_ON)
		return next;
	while (next != SESSION_END && (event = next_event(c)) != WALK_END)
		next = send_next(c, event);
	return next;
}

/* --- operands --------------------------------------------------------- */

static enum session_next
send_place(struct source *c, const char *operand)
{
	const struct root_place *place = &c->operand.place;
	struct source_item it = { .dirfd = place->parent,
		.target = place->name,
		.name = c->operand.name,
		.shown = operand,
		.path = place->path,
		.st = &place->st };
	enum session_next next;

	if (place->dir == -1)
		return send_file(c, &it);
	walk_init(&c->walk, c->s->root);
	next = send_tree(c, &it);
	walk_close(&c->walk);
	return next;
}

static enum session_next
send_operand(struct source *c, const char *operand)
{
	const struct session *s = c->s;
	struct operand *o = &c->operand;
	struct reason why;
	enum session_next next;

	session_work(s);
	if (operand_find(
		o, s->root, s->start, operand, s->request->recursive, &why))
		next = send_place(c, operand);
	else
		next = report(c, operand, o->path, &why);
	operand_leave(o);
	return next;
}

/* All names that the operands stand for; false: too many. */
static bool
expand_operands(struct source *c)
{
	const struct request *req = c->s->request;
	size_t i;

	session_work(c->s);
	for (i = 0; i < req->npaths; i++) {
		if (glob_add(&c->glob, &req->paths[i]) == 0)
			continue;
		(void)notify(c, req->paths[i].text, req->paths[i].text, errno);
		return false;
	}
	return true;
}

static bool
may_send(struct source *c)
{
	const char *operand = c->s->request->paths[0].text;
	struct reason why;

	if (operand_may_ask(c->s->policy, &why))
		return true;
	(void)report(c, operand, operand, &why);
	return false;
}

static enum session_next
send_operands(struct source *c)
{
	enum session_next next = SESSION_GO_ON;
	size_t i;

	for (i = 0; i < c->glob.n && next != SESSION_END; i++)
		next = send_operand(c, c->glob.paths[i]);
	return next == SESSION_END ? SESSION_END : take_pending(c);
}

static void
serve(struct source *c)
{
	enum peer_answer answer;
	enum session_next next = SESSION_GO_ON;

	answer = peer_wait_start(c->s->peer);
	if (answer != PEER_YES && answer != PEER_NO) {
		if (answer != PEER_FAILED)
			errno = ECONNRESET;
		(void)client_gone(c);
		return;
	}
	if (may_send(c) && expand_operands(c))
		next = send_operands(c);
	else
		c->failed = true;
	/* Where nobody was waited for since, something may be left. */
	if (next != SESSION_END && stream_flush(c->s->stream) == -1)
		(void)client_gone(c);
}

int
source_run(struct source *c, const struct session *session)
{
	if (session->pipelining && stream_hold(session->stream) == -1) {
		(void)peer_warn(session->peer, "%s", strerror(ENOMEM));
		return 1;
	}
	/* The rest stays untouched, and costs no memory then. */
	c->s = session;
	c->failed = false;
	c->asked = NULL;
	c->pending.file = false;
	c->pending.ends = 0;
	memset(&c->usage, 0, sizeof(c->usage));
	glob_init(&c->glob, session->root, session->start,
	    session->policy->max_matches);
	/* What takes a packet for an answer fetches one file: phpseclib 2. */
	if (session->request->recursive)
		body_join(session->body);
	c->glob.stop = session->stream->deadline.stop;
	serve(c);
	glob_clear(&c->glob);
	return c->failed || session->peer->complained;
}

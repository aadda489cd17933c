/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "sourcemodel.h"

#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "proto.h"

static void
expect(struct sourcemodel *m, enum sourcemodel_due due)
{
	arena_require(m->ndue < SOURCEMODEL_DUE, "too many answers are due");
	m->due[m->ndue++] = due;
}

void
sourcemodel_init(struct sourcemodel *m, const struct sourcemodel_facts *facts)
{
	memset(m, 0, sizeof(*m));
	m->facts = facts;
	expect(m, DUE_START);
	m->waits = true;
}

/* --- answers -------------------------------------------------------------- */

static void
use_answer(struct sourcemodel *m, size_t len)
{
	m->nanswers -= len;
	memmove(m->answers, m->answers + len, m->nanswers);
}

/* The next one: 0, 1, 2 for what is none; -1: it has not come. */
static int
next_answer(struct sourcemodel *m)
{
	const char *end;
	int level;

	if (m->nanswers == 0)
		return -1;
	level = (unsigned char)m->answers[0];
	if (level == 0) {
		use_answer(m, 1);
		return 0;
	}
	end = memchr(m->answers + 1, '\n', m->nanswers - 1);
	if (end == NULL && m->nanswers - 1 <= RECORD_BYTES_MAX)
		return -1;
	if (end == NULL || end - m->answers - 1 > RECORD_BYTES_MAX)
		return 2;
	use_answer(m, (size_t)(end + 1 - m->answers));
	return level == 1 ? 1 : 2;
}

static void
take_answer(struct sourcemodel *m, enum sourcemodel_due due, int level)
{
	if (level > 0)
		m->failed = true;
	if (level == 2) {
		m->over = true;
		return;
	}
	switch (due) {
	case DUE_TIMES:
	case DUE_FILE:
		m->is_refused = m->is_refused || level == 1;
		if (due == DUE_FILE && !m->is_refused)
			m->in_data = true;
		return;
	case DUE_DIR:
		m->is_refused = m->is_refused || level == 1;
		if (!m->is_refused)
			m->depth++;
		return;
	case DUE_START:
	case DUE_DATA:
	case DUE_END:
		return;
	}
}

/* Everything that is waited for; false: something has not come. */
static bool
take_answers(struct sourcemodel *m)
{
	enum sourcemodel_due due;
	int level;

	while (m->ndue > 0 && !m->over) {
		level = next_answer(m);
		/* curl and phpseclib leave without a last answer. */
		if (m->is_silent && m->due[0] == DUE_DATA && m->nanswers == 0)
			level = 0;
		if (level == -1)
			return false;
		due = m->due[0];
		memmove(m->due, m->due + 1, --m->ndue * sizeof(m->due[0]));
		take_answer(m, due, level);
	}
	m->waits = false;
	return true;
}

/* --- records ---------------------------------------------------------------
 */

/* The length of the line at hand, without its newline. */
static size_t
line_length(const struct sourcemodel *m)
{
	const char *end = memchr(m->out, '\n', m->outlen);

	arena_require(end != NULL, "a record without newline");
	return (size_t)(end - m->out);
}

static void
skip(struct sourcemodel *m, size_t len)
{
	m->out += len;
	m->outlen -= len;
}

static void
take_message(struct sourcemodel *m)
{
	size_t i, len = line_length(m);

	arena_require(len < MESSAGE_BYTES_MAX && len > 6 &&
		memcmp(m->out + 1, "scp: ", 5) == 0,
	    "a message that is none");
	for (i = 1; i < len; i++)
		arena_require(
		    (unsigned char)m->out[i] >= ' ' && m->out[i] != 0x7f,
		    "a message that is not printable");
	m->failed = true;
	m->errors++;
	skip(m, len + 1);
}

/* Now, or later. */
static void
wait_unless_pipelined(struct sourcemodel *m)
{
	m->waits = m->waits || !m->facts->pipelining;
}

static void
take_item(struct sourcemodel *m, const struct proto_record *rec)
{
	/* Four digits, a blank: the strictest client wants it so. */
	arena_require(m->out[5] == ' ' && rec->mode <= 0777, "a mode");
	arena_require(m->has_times == m->facts->preserve, "times");
	arena_require(rec->type == PROTO_FILE || m->facts->recursive, "a D");
	m->has_times = false;
	m->left = rec->size;
	m->text = m->facts->text_of == NULL || rec->type == PROTO_DIR
	    ? NULL
	    : m->facts->text_of(rec->name, rec->namelen);
	arena_require(m->text == NULL || strlen(m->text) == (size_t)m->left,
	    "not the size of this file");
	expect(m, rec->type == PROTO_FILE ? DUE_FILE : DUE_DIR);
	m->waits = true;
}

static void
take_record(struct sourcemodel *m)
{
	struct proto_record rec;
	size_t len = line_length(m);

	arena_require(proto_parse(m->out, len, &rec) == PROTO_OK, "no record");
	arena_require(
	    !m->has_times || rec.type == PROTO_FILE || rec.type == PROTO_DIR,
	    "times of nothing");
	m->is_refused = false;
	switch (rec.type) {
	case PROTO_FILE:
	case PROTO_DIR:
		take_item(m, &rec);
		break;
	case PROTO_TIMES:
		arena_require(m->facts->preserve, "times that nobody wants");
		m->has_times = true;
		expect(m, DUE_TIMES);
		wait_unless_pipelined(m);
		break;
	case PROTO_END:
		arena_require(m->depth > 0, "an E too many");
		m->depth--;
		expect(m, DUE_END);
		wait_unless_pipelined(m);
		break;
	case PROTO_WARNING:
	case PROTO_FATAL:
		break;
	}
	skip(m, len + 1);
}

static void
take_data(struct sourcemodel *m)
{
	size_t n = m->left < (off_t)m->outlen ? (size_t)m->left : m->outlen;

	if (m->text != NULL) {
		/* What cannot be read is zeros, and then there is an error. */
		if (memcmp(m->out, m->text, n) != 0)
			m->text = NULL;
		else
			m->text += n;
	}
	m->left -= (off_t)n;
	skip(m, n);
}

static void
take_end_mark(struct sourcemodel *m)
{
	m->in_data = false;
	if (*m->out == '\0') {
		arena_require(m->text != NULL || m->facts->text_of == NULL,
		    "not the bytes of this file");
		skip(m, 1);
		m->files++;
	} else {
		arena_require(*m->out == '\1', "no end mark");
		take_message(m);
	}
	expect(m, DUE_DATA);
	wait_unless_pipelined(m);
}

static void
take_some(struct sourcemodel *m)
{
	if (m->in_data && m->left > 0) {
		take_data(m);
	} else if (m->in_data) {
		take_end_mark(m);
	} else if (m->is_stopped && *m->out == '\2') {
		take_message(m);
		m->over = true;
	} else if (*m->out == '\1') {
		arena_require(!m->has_times, "times of nothing");
		take_message(m);
	} else {
		take_record(m);
	}
}

/* A T was refused alone: what it was for does not come. */
static void
forget_times(struct sourcemodel *m)
{
	if (m->is_refused && m->ndue == 0)
		m->has_times = false;
}

/* --- steps -----------------------------------------------------------------
 */

static void
go_on(struct sourcemodel *m)
{
	for (;;) {
		if (m->waits && !take_answers(m)) {
			arena_require(m->outlen == 0 ||
				(m->is_stopped && *m->out == '\2' &&
				    m->due[m->ndue - 1] != DUE_FILE),
			    "it speaks before it is answered");
			if (m->outlen == 0)
				return;
			m->over = true;
			take_message(m);
		}
		forget_times(m);
		if (m->outlen == 0)
			return;
		arena_require(!m->over, "it speaks after the end");
		take_some(m);
	}
}

void
sourcemodel_step(struct sourcemodel *m, const char *out, size_t len)
{
	m->out = out;
	m->outlen = len;
	go_on(m);
}

void
sourcemodel_answer(struct sourcemodel *m, const char *bytes, size_t len)
{
	arena_require(len <= sizeof(m->answers) - m->nanswers, "answers");
	memcpy(m->answers + m->nanswers, bytes, len);
	m->nanswers += len;
	m->is_silent = m->is_silent || len == 0;
}

void
sourcemodel_stop(struct sourcemodel *m)
{
	m->is_stopped = m->failed = true;
}

/*
 * With Pipelining, answers that were given blindly may have ended it before
 * what they are to was sent.
 */
static bool
is_ended_unseen(const struct sourcemodel *m)
{
	size_t i;

	for (i = 0; i < m->nanswers; i++)
		if (m->answers[i] != '\0')
			return m->facts->pipelining;
	return false;
}

void
sourcemodel_check(struct sourcemodel *m, int status)
{
	m->outlen = 0;
	if (is_ended_unseen(m))
		return;
	if (!m->over && !take_answers(m)) {
		arena_require(m->is_silent || m->is_stopped,
		    "it ended before it was answered");
		m->failed = true;
	} else if (!m->over && !m->is_stopped) {
		arena_require(!m->in_data && m->depth == 0 && !m->has_times,
		    "it ended before its time");
	}
	arena_require(!m->failed || status == 1, "exit status 0 after errors");
	arena_require(m->failed || status == 0, "exit status 1 for nothing");
}

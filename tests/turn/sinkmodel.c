/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "sinkmodel.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"

void
sinkmodel_init(struct sinkmodel *m, const struct sinkmodel_facts *facts)
{
	memset(m, 0, sizeof(*m));
	m->facts = facts;
	(void)snprintf(m->path, sizeof(m->path), "%s", facts->base);
}

/* --- answers ------------------------------------------------------------ */

#define MAY(level) (1U << (level))

/* One line, printable, "scp: " in front, no longer than 512 bytes. */
static void
take_message(struct sinkmodel *m)
{
	const char *p, *end;

	end = memchr(m->out, '\n', m->outlen);
	arena_require(end != NULL, "a message without newline");
	arena_require(end - m->out < MESSAGE_BYTES_MAX, "a message too long");
	arena_require(end - m->out > 6 && memcmp(m->out + 1, "scp: ", 5) == 0,
	    "a message without scp:");
	for (p = m->out + 1; p < end; p++)
		arena_require((unsigned char)*p >= ' ' && *p != 0x7f,
		    "a message that is not printable");
	m->outlen -= (size_t)(end + 1 - m->out);
	m->out = end + 1;
	m->failed = true;
}

/* The next answer, which must be one of these levels. */
static unsigned
take_answer(struct sinkmodel *m, unsigned levels)
{
	unsigned level;

	if (m->outlen == 0)
		arena_die("no answer: levels %#x may come", levels);
	level = (unsigned char)*m->out;
	if (level > 2 || (levels & MAY(level)) == 0)
		arena_die("answer %u: levels %#x may come", level, levels);
	if (level > 0) {
		take_message(m);
	} else {
		m->out++;
		m->outlen--;
	}
	return level;
}

static bool
says(const struct sinkmodel *m, unsigned level)
{
	return m->outlen > 0 && (unsigned char)*m->out == level;
}

/* Was the record at hand answered before it came? */
static bool
use_credit(struct sinkmodel *m)
{
	if (m->credits == 0)
		return false;
	m->credits--;
	return true;
}

static void
finish(struct sinkmodel *m, bool drains)
{
	m->state = OVER;
	m->drains = drains;
}

static void
lose(struct sinkmodel *m)
{
	m->failed = true;
	finish(m, false);
}

/* No more is said than this: what came is no SCP. */
static void
quit(struct sinkmodel *m)
{
	(void)take_answer(m, MAY(1));
	finish(m, false);
}

static enum judgement
judge(const struct sinkmodel *m, const struct proto_record *rec)
{
	if (m->facts->judge == NULL)
		return UNKNOWN;
	/* The target has its own name; and an E has none. */
	if (rec->type == PROTO_END || (m->depth == 0 && !m->facts->into))
		return ACCEPTED;
	return m->facts->judge(rec);
}

/* --- where things are --------------------------------------------------- */

/* Go into name; false: it is not known where that is. */
static void
enter(struct sinkmodel *m, const struct proto_record *rec)
{
	size_t len = strlen(m->path);

	if (m->depth < DEPTH_MAX)
		m->above[m->depth] = len;
	m->depth++;
	if (m->depth == 1 && !m->facts->into)
		return;
	if (m->depth > DEPTH_MAX || len + rec->namelen + 2 > sizeof(m->path)) {
		m->is_long = true;
		return;
	}
	(void)snprintf(m->path + len, sizeof(m->path) - len, "%s%.*s",
	    len == 0 ? "" : "/", (int)rec->namelen, rec->name);
}

static void
leave(struct sinkmodel *m)
{
	if (--m->depth < DEPTH_MAX)
		m->path[m->above[m->depth]] = '\0';
}

/* Nothing is known of this path any more. */
static void
forget(struct sinkmodel *m, const char *path)
{
	size_t i;

	for (i = 0; i < m->nfiles; i++)
		if (strcmp(m->files[i].path, path) == 0)
			m->files[i--] = m->files[--m->nfiles];
}

/* The name of the file that is coming; its directory is left again. */
static char *
name_file(struct sinkmodel *m, const struct proto_record *rec, char *dst)
{
	enter(m, rec);
	memcpy(dst, m->path, sizeof(m->path));
	leave(m);
	return dst;
}

static void
store(struct sinkmodel *m)
{
	struct sinkmodel_file *f;

	forget(m, m->line);
	if (m->is_long || m->nfiles == SINKMODEL_FILES)
		return;
	f = &m->files[m->nfiles++];
	memcpy(f->path, m->line, sizeof(f->path));
	memcpy(f->data, m->data, sizeof(f->data));
	f->len = m->size;
}

/* --- files -------------------------------------------------------------- */

static void
begin_body(
    struct sinkmodel *m, const struct proto_record *rec, enum judgement fate)
{
	char path[sizeof(m->path)];

	m->state = IN_BODY;
	m->fate = fate;
	m->left = m->size = rec->size;
	/* The line is not needed any more; the path is until the end. */
	memcpy(m->line, name_file(m, rec, path), sizeof(path));
	m->is_spoiled = false;
	if (!m->facts->atomic)
		forget(m, m->line);
}

static off_t
left_of(const struct sinkmodel *m, const struct sinkmodel_cost *cost)
{
	const struct sinkmodel_facts *f = m->facts;
	off_t left = f->discard_limit - cost->bytes;

	if (cost->items > f->free_failures)
		left -=
		    (off_t)(cost->items - f->free_failures) * SINKMODEL_PRICE;
	return left;
}

/*
 * The answers to an item that is not stored, these as long as its price and
 * the size bytes that are read away for it are within the limit.
 */
static unsigned
levels_of_paying(const struct sinkmodel *m, off_t size, unsigned levels)
{
	if (size > left_of(m, &m->certain))
		return MAY(2);
	return size > left_of(m, &m->most) ? levels | MAY(2) : levels;
}

static unsigned
levels_of_discarding(const struct sinkmodel *m, off_t size, bool answered)
{
	return levels_of_paying(m, size, answered ? 0 : MAY(0));
}

/* One was not stored, perhaps; and of its bytes so many were thrown away. */
static void
may_pay(struct sinkmodel *m, off_t size)
{
	m->most.items++;
	m->most.bytes += size;
}

static void
pay(struct sinkmodel *m, off_t certain, off_t most)
{
	may_pay(m, most);
	m->certain.items++;
	m->certain.bytes += certain;
}

/* In which ways may this file be refused? */
static unsigned
levels_of_refusal(
    struct sinkmodel *m, off_t size, bool answered, bool is_waiting)
{
	const struct sinkmodel_facts *f = m->facts;

	if (m->dead == 0 && !answered) {
		if (!f->recursive && !f->directory)
			return MAY(1);
		if (f->directory_own && f->waits && !is_waiting)
			return levels_of_paying(m, 0, MAY(1));
	}
	return levels_of_discarding(m, size, answered);
}

static void
take_file(struct sinkmodel *m, const struct proto_record *rec)
{
	bool answered = use_credit(m), waiting = m->inlen > 0;
	enum judgement fate = m->dead > 0 ? REFUSED : judge(m, rec);
	unsigned levels, level;

	m->items++;
	m->lacks_times |= !m->has_times;
	m->has_times = false;
	if (m->credits > 0) {
		/* The one that is left would be taken for the file's. */
		quit(m);
		return;
	}
	levels = levels_of_refusal(m, rec->size, answered, waiting);
	if (fate == ACCEPTED)
		levels = answered ? 0 : MAY(0);
	else if (fate == UNKNOWN && !answered)
		levels |= MAY(0);
	/* A directory whose fate is not known may be dead. */
	if (fate == UNKNOWN && m->vague && m->depth > 0)
		levels |= levels_of_discarding(m, rec->size, answered);
	if (levels == 0 || (answered && fate == UNKNOWN && !says(m, 2))) {
		begin_body(m, rec, fate);
		return;
	}
	level = take_answer(m, levels);
	if (level == 0) {
		begin_body(m, rec, fate);
		return;
	}
	pay(m, 0, 0);
	if (level == 2 || (!m->facts->recursive && !m->facts->directory))
		finish(m, true);
}

static void
give_credits(struct sinkmodel *m)
{
	unsigned i;

	m->credits = m->facts->credits;
	if (m->credits > 1 && m->lacks_times)
		m->credits = 1;
	for (i = 0; i < m->credits; i++)
		(void)take_answer(m, MAY(0));
}

/* The answers behind a file; a refused one has been paid for. */
static unsigned
levels_of_end(const struct sinkmodel *m, bool is_whole)
{
	unsigned failed = levels_of_paying(m, 0, is_whole ? MAY(1) : MAY(0));

	if (m->fate == REFUSED)
		return MAY(1);
	if (m->facts->judge == NULL)
		return failed | MAY(1) | (is_whole ? MAY(0) : 0);
	return is_whole && !m->is_spoiled ? MAY(0) : failed;
}

/* The sender is done with the file, and says that it is whole or not. */
static void
end_file(struct sinkmodel *m, bool is_whole)
{
	unsigned level;

	m->is_spoiled = m->is_spoiled || m->fails;
	m->state = AT_RECORD;
	level = take_answer(m, levels_of_end(m, is_whole));
	if (level == 2) {
		finish(m, true);
	} else if (level == 0 && is_whole) {
		store(m);
		give_credits(m);
	} else {
		/* It was refused at its header, or has failed now. */
		pay(m, m->fate == REFUSED ? m->size : 0,
		    m->fate == ACCEPTED || level == 0 ? 0 : m->size);
	}
}

/* --- directories --------------------------------------------------------- */

static void
take_directory(struct sinkmodel *m, const struct proto_record *rec)
{
	const struct sinkmodel_facts *f = m->facts;
	bool answered = use_credit(m), waiting = m->inlen > 0;
	enum judgement fate = m->dead > 0 ? REFUSED : judge(m, rec);
	unsigned accepted = answered ? 0 : MAY(0), levels = accepted, level = 0;

	m->items++;
	m->has_times = false;
	if (!f->recursive) {
		quit(m);
		return;
	}
	if (m->dead == 0 && f->waits && !answered && !waiting)
		levels = MAY(1);
	levels = levels_of_paying(m, 0, levels);
	if (fate == ACCEPTED)
		levels = accepted;
	else if (fate == UNKNOWN)
		levels |= accepted;
	/* What was answered before it came may have got an error as well. */
	if (levels != 0 &&
	    (!answered || (levels == MAY(2) && fate == REFUSED) || says(m, 2)))
		level = take_answer(m, levels);
	if (fate == REFUSED || level > 0)
		pay(m, 0, 0);
	else if (fate == UNKNOWN)
		may_pay(m, 0);
	if (level == 2)
		finish(m, true);
	if (level > 0)
		return;
	m->vague = m->vague || (fate == UNKNOWN && m->dead == 0);
	if (m->dead > 0 || fate == REFUSED) {
		m->failed = true;
		m->dead++;
	}
	enter(m, rec);
}

static void
take_end(struct sinkmodel *m, const struct proto_record *rec)
{
	bool answered = use_credit(m), fails = false, may_fail = false;
	unsigned levels = MAY(0), level = 0;

	m->has_times = false;
	if (m->depth == 0) {
		if (!answered)
			(void)take_answer(m, MAY(0));
		finish(m, true);
		m->ended = true;
		return;
	}
	leave(m);
	if (m->dead > 0) {
		if (--m->dead == 0)
			levels = MAY(1);
	} else if (judge(m, rec) == UNKNOWN) {
		levels |= levels_of_paying(m, 0, MAY(1));
		may_fail = true;
	} else if (m->fails) {
		levels = levels_of_paying(m, 0, MAY(1));
		m->failed = fails = true;
	}
	if (answered)
		levels &= levels == MAY(2) || says(m, 2) ? MAY(2) : 0;
	if (levels != 0)
		level = take_answer(m, levels);
	if (level == 2)
		finish(m, true);
	else if (fails)
		pay(m, 0, 0);
	else if (may_fail)
		may_pay(m, 0);
}

/* --- records ------------------------------------------------------------- */

static void
take_times(struct sinkmodel *m)
{
	if (!use_credit(m))
		(void)take_answer(m, MAY(0));
	m->has_times = true;
}

static void
take_record(struct sinkmodel *m)
{
	struct proto_record rec;
	enum proto_err err;

	err = proto_parse(m->line, m->linelen, &rec);
	m->linelen = 0;
	if (err == PROTO_E_TIME) {
		take_times(m);
		return;
	}
	if (err != PROTO_OK) {
		quit(m);
		return;
	}
	switch (rec.type) {
	case PROTO_FILE:
		take_file(m, &rec);
		return;
	case PROTO_DIR:
		take_directory(m, &rec);
		return;
	case PROTO_END:
		take_end(m, &rec);
		return;
	case PROTO_TIMES:
		take_times(m);
		return;
	case PROTO_WARNING:
		m->has_times = false;
		m->failed = true;
		return;
	case PROTO_FATAL:
		lose(m);
	}
}

/* --- bytes --------------------------------------------------------------- */

/* Collect a line: true when it is whole. */
static bool
take_byte(struct sinkmodel *m, char c)
{
	if (c == '\n')
		return true;
	if (m->linelen == RECORD_BYTES_MAX) {
		if (m->state == AT_RECORD)
			quit(m);
		else
			lose(m);
		return false;
	}
	m->line[m->linelen++] = c;
	return false;
}

static void
take_record_byte(struct sinkmodel *m, char c)
{
	if (m->linelen == 0 && (c == '\0' || c == '\n'))
		return;
	if (take_byte(m, c))
		take_record(m);
}

static void
take_closing(struct sinkmodel *m, char c)
{
	switch (c) {
	case '\0':
		end_file(m, true);
		return;
	case '\1':
	case '\2':
		m->failed = true;
		m->state = IN_CLOSING_TEXT;
		m->linelen = 0;
		return;
	default:
		quit(m);
	}
}

static void
take_body(struct sinkmodel *m)
{
	size_t n = m->left < (off_t)m->inlen ? (size_t)m->left : m->inlen;

	if (m->size <= SINKMODEL_BYTES)
		memcpy(m->data + (m->size - m->left), m->in, n);
	m->in += n;
	m->inlen -= n;
	m->left -= (off_t)n;
	m->is_spoiled = m->is_spoiled || m->fails;
}

static void
take_some(struct sinkmodel *m)
{
	char c;

	if (m->state == IN_BODY && m->left > 0) {
		take_body(m);
		return;
	}
	if (m->state == IN_BODY)
		m->state = AT_CLOSING;
	c = *m->in++;
	m->inlen--;
	if (m->state == AT_RECORD)
		take_record_byte(m, c);
	else if (m->state == AT_CLOSING)
		take_closing(m, c);
	else if (take_byte(m, c)) {
		m->linelen = 0;
		end_file(m, false);
	}
}

static void
begin_step(struct sinkmodel *m, const char *in, size_t len, const char *out,
    size_t outlen, bool fails)
{
	m->in = in;
	m->inlen = len;
	m->out = out;
	m->outlen = outlen;
	m->fails = fails;
}

static void
end_step(const struct sinkmodel *m)
{
	arena_require(m->outlen == 0, "an answer to nothing");
}

void
sinkmodel_step(struct sinkmodel *m, const char *in, size_t len, const char *out,
    size_t outlen, bool fails)
{
	begin_step(m, in, len, out, outlen, fails);
	if (in == NULL && take_answer(m, MAY(0) | MAY(1)) == 1)
		finish(m, true);
	while (m->inlen > 0 && m->state != OVER)
		take_some(m);
	for (; m->inlen > 0 && m->ended; m->in++, m->inlen--)
		m->failed |= memchr("\n\0E", *m->in, 3) == NULL;
	end_step(m);
}

void
sinkmodel_end(struct sinkmodel *m, const char *out, size_t outlen)
{
	const struct sinkmodel_facts *f = m->facts;

	begin_step(m, NULL, 0, out, outlen, false);
	if (m->state == IN_BODY && m->left == 0)
		m->state = AT_CLOSING;
	if (m->state == AT_CLOSING && f->eof_commits && m->items == 1 &&
	    m->fate != REFUSED) {
		end_file(m, true);
		finish(m, false);
	} else if (m->state == AT_RECORD && m->linelen == 0) {
		finish(m, false);
	} else if (m->state != OVER) {
		lose(m);
	}
	end_step(m);
}

void
sinkmodel_stop(struct sinkmodel *m, const char *out, size_t outlen)
{
	begin_step(m, NULL, 0, out, outlen, false);
	if (m->state != OVER)
		(void)take_answer(m, MAY(2));
	finish(m, false);
	end_step(m);
}

/* --- after it ----------------------------------------------------------- */

void
sinkmodel_check(const struct sinkmodel *m, int status)
{
	const struct sinkmodel_file *f;

	arena_require(m->state == OVER, "it ended before its time");
	arena_require(!m->failed || status == 1, "exit status 0 after errors");
	arena_require(
	    m->failed || m->vague || status == 0, "exit status 1 for nothing");
	for (f = m->files; f < m->files + m->nfiles; f++)
		if (!arena_holds(f->path,
			f->len > SINKMODEL_BYTES ? NULL : f->data, f->len))
			arena_die(
			    "%s was acknowledged and is not there", f->path);
}

bool
sinkmodel_knows(const struct sinkmodel *m, const char *path)
{
	size_t i;

	for (i = 0; i < m->nfiles; i++)
		if (strcmp(m->files[i].path, path) == 0)
			return true;
	return false;
}

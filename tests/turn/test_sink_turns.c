/* SPDX-License-Identifier: ISC */
/*
 * Every sequence of things that a client may send to a sink, up to a length
 * (TURNS; 3 unless it is set), for every shape of the command line, with and
 * without answers ahead: records that are accepted and refused, bodies whole,
 * short and without their end, errors, garbage, the end of input, a signal,
 * nothing for too long, and files and directories that cannot be stored.  After
 * each of them what was answered must be what sinkmodel.h says, to the byte
 * (R-WIRE-1, R-WIRE-2, R-WIRE-4); at the end the files are those that were
 * acknowledged, and nothing else (R-FILE-1, R-FILE-2).
 *
 * Each body is itself a record: it would make something called "evil".
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "sinkmodel.h"

#define BODY           "C0644 0 evil\n"
#define FILE_RECORD    "C0444 13 f\n" /* its last bit goes behind its name */
#define REFUSED_RECORD "C0644 13 no\n"

/* Two refused bodies are more than that, and so are three failures. */
#define DISCARD_LIMIT 20
#define FREE_FAILURES 1

#define LENGTH_MAX 8

enum special {
	NOTHING,
	END_OF_INPUT,
	SIGNAL,
	IDLE
};

struct event {
	const char *name;
	const char *bytes;
	size_t len;
	enum special special;
	enum arena_call fault;
};

#define EVENT(name, bytes)                                                     \
	{                                                                      \
		name, bytes, sizeof(bytes) - 1, NOTHING, ARENA_NONE            \
	}
#define FAULT(name, bytes, call)                                               \
	{                                                                      \
		name, bytes, sizeof(bytes) - 1, NOTHING, call                  \
	}

/* The last of them ends most sequences early: so it comes first. */
static const struct event events[] = {
	{ "EOF", "", 0, END_OF_INPUT, ARENA_NONE },
	{ "signal", "", 0, SIGNAL, ARENA_NONE },
	{ "idle", "", 0, IDLE, ARENA_NONE },
	EVENT("C", FILE_RECORD),
	EVENT("C refused", REFUSED_RECORD),
	EVENT("C and body", FILE_RECORD BODY "\0"),
	EVENT("C and body, refused", REFUSED_RECORD BODY "\0"),
	EVENT("T and C", "T1 0 1 0\n" FILE_RECORD),
	EVENT("body", BODY "\0"),
	EVENT("body without NUL", BODY),
	EVENT("short body", "C0644 "),
	EVENT("NUL", "\0"),
	EVENT("body and error", BODY "\1scp: f: bad disk\n"),
	EVENT("body and T", BODY "T1 0 1 0\n"),
	FAULT("body not written", BODY "\0", ARENA_WRITE),
	FAULT("body not renamed", BODY "\0", ARENA_RENAME),
	FAULT("body without its mode", BODY "\0", ARENA_MODE),
	EVENT("D", "D0755 0 d\n"),
	EVENT("D refused", "D0755 0 nod\n"),
	EVENT("E", "E\n"),
	FAULT("E without times", "E\n", ARENA_TIMES),
	EVENT("T", "T1 0 1 0\n"),
	EVENT("bad T", "T1 0 1\n"),
	EVENT("error", "\1scp: g: no such file\n"),
	EVENT("fatal error", "\2scp: lost\n"),
	EVENT("garbage", "garbage\n"),
	EVENT("bad name", "C0644 13 ../evil\n"),
};

static const struct shape {
	const char *command;
	unsigned credits;
	struct sinkmodel_facts facts;
} shapes[] = {
	/* -r, -d, -d alone, waits, may lack the end, credits */
	{ "scp -t .", 0, { 0, 0, 0, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -t '.'", 0, { 0, 0, 0, 1, 1, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -pt '.'", 0, { 0, 0, 0, 0, 1, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -t 'new'", 0, { 0, 0, 0, 1, 1, 0, 0, 0, "new", 0, 1, NULL } },
	{ "scp -p -t .", 2, { 0, 0, 0, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -p -t new", 2, { 0, 0, 0, 1, 0, 0, 0, 0, "new", 0, 1, NULL } },
	{ "scp -d -t .", 1, { 0, 1, 1, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -d -p -t .", 2, { 0, 1, 1, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -dt .", 0, { 0, 1, 0, 0, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -q -d -t .", 0, { 0, 1, 1, 0, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -d -t -- .", 0, { 0, 1, 1, 0, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -r -t .", 0, { 1, 0, 0, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -rt .", 0, { 1, 0, 0, 0, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -r -d -t .", 1, { 1, 1, 1, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -r -p -t .", 2, { 1, 0, 0, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -r -p -d -t .", 2, { 1, 1, 1, 1, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -rpdt .", 0, { 1, 1, 0, 0, 0, 0, 0, 0, "", 1, 1, NULL } },
	{ "scp -rp -d -t .", 0, { 1, 1, 1, 0, 0, 0, 0, 0, "", 1, 1, NULL } },
};

/* The walk through all sequences, and the one at hand. */
static struct {
	const struct shape *shape;
	const struct sinkmodel_facts *facts;
	size_t limit;
	size_t choice[LENGTH_MAX];
	size_t n; /* choices that are made */
	size_t step;
	const struct event *last; /* what was said */
	bool is_closed;           /* nothing more is said */
	bool is_drained;
	size_t taken; /* of the output */
	struct sinkmodel model;
} turns;

static void
explain(void)
{
	size_t i, len;
	const char *out = arena_output(&len);

	fprintf(stderr, "%s, %u credits:", turns.shape->command,
	    turns.facts->credits);
	for (i = 0; i < turns.step; i++)
		fprintf(stderr, " [%s]", events[turns.choice[i]].name);
	fprintf(stderr, "\nanswers, of which %zu were right:\n", turns.taken);
	fwrite(out, 1, len, stderr);
	fprintf(stderr, "\n");
}

/* Names of files and directories tell. */
static enum judgement
judge(const struct proto_record *rec)
{
	return strncmp(rec->name, "no", 2) == 0 ? REFUSED : ACCEPTED;
}

/* Hand on what was said last and what came of it. */
static void
hand_on(void)
{
	const struct event *e = turns.last;
	size_t outlen;
	const char *out = arena_output(&outlen);

	out += turns.taken;
	outlen -= turns.taken;
	if (e == NULL)
		sinkmodel_step(&turns.model, NULL, 0, out, outlen, false);
	else if (e->special == SIGNAL || e->special == IDLE)
		sinkmodel_stop(&turns.model, out, outlen);
	else if (e->special == END_OF_INPUT)
		sinkmodel_end(&turns.model, out, outlen);
	else
		sinkmodel_step(&turns.model, e->bytes, e->len, out, outlen,
		    arena_has_failed() && !arena_has_failed_behind_name());
	turns.taken += outlen;
}

/* Which event comes next? */
static const struct event *
choose(void)
{
	bool was_in_vain = turns.last != NULL &&
	    turns.last->fault != ARENA_NONE && !arena_has_failed();

	/* What did not fail has been tried without a fault. */
	if (turns.step == turns.limit || was_in_vain)
		return &events[0];
	if (turns.step == turns.n)
		turns.choice[turns.n++] = 0;
	return &events[turns.choice[turns.step++]];
}

static size_t
speak(void *arg, const char **bytes)
{
	(void)arg;
	hand_on();
	if (turns.model.state == OVER && !turns.is_drained) {
		/* This is nobody's record any more. */
		static const struct event drained =
		    EVENT("drained", BODY "\0" FILE_RECORD);

		turns.is_drained = true;
		turns.last = &drained;
	} else if (turns.model.state == OVER) {
		turns.last = &events[0];
	} else {
		turns.last = choose();
	}
	arena_fail(turns.last->fault, 1, EIO);
	if (turns.last->special == SIGNAL)
		arena_stop();
	else if (turns.last->special == IDLE)
		arena_idle();
	*bytes = turns.last->bytes;
	return turns.last->len;
}

static void
look_at_file(void *arg, const char *path)
{
	(void)arg;
	if (!sinkmodel_knows(&turns.model, path) && strcmp(path, "f") != 0)
		arena_die("%s is there, and was not acknowledged", path);
}

static void
play(const struct policy *policy, const struct request *request)
{
	static const struct arena_entry entries[] = {
		{ 'f', "f", "old", 0644 },
	};
	const struct arena_session session = { .policy = policy,
		.request = request,
		.credits = turns.facts->credits,
		.client = { .speak = speak } };
	int status;

	arena_fill(entries, LENGTH(entries));
	sinkmodel_init(&turns.model, turns.facts);
	turns.step = turns.taken = 0;
	turns.last = NULL;
	turns.is_drained = false;
	status = arena_run(&session);
	hand_on();
	sinkmodel_check(&turns.model, status);
	arena_check();
	arena_visit(look_at_file, NULL);
	if (!sinkmodel_knows(&turns.model, "f"))
		arena_require(arena_holds("f", "old", 3), "f was changed");
}

/* The next sequence: false when there is none. */
static bool
advance(void)
{
	for (turns.n = turns.step; turns.n > 0; turns.n--) {
		if (++turns.choice[turns.n - 1] < LENGTH(events))
			return true;
	}
	return false;
}

static unsigned long
play_all(const struct shape *shape, unsigned credits)
{
	static struct policy policy;
	struct sinkmodel_facts facts = shape->facts;
	struct command_fault fault;
	struct request request;
	unsigned long count = 0;

	policy_init(&policy);
	policy.protect_home = false;
	policy.discard_limit = DISCARD_LIMIT;
	policy.free_failures = FREE_FAILURES;
	memcpy(policy.deny_names, "no*\0", 5);
	facts.credits = credits;
	facts.discard_limit = DISCARD_LIMIT;
	facts.free_failures = FREE_FAILURES;
	facts.judge = judge;
	turns.shape = shape;
	turns.facts = &facts;
	turns.n = 0;
	arena_require(command_parse(shape->command, strlen(shape->command),
			  &request, &fault),
	    "a command that is not served");
	do {
		play(&policy, &request);
		count++;
	} while (advance());
	command_clear(&request);
	return count;
}

int
main(void)
{
	const char *length = getenv("TURNS");
	unsigned long count, sum = 0;
	unsigned credits;
	size_t i, points = 0, failed = 0;

	turns.limit = length == NULL ? 3 : (size_t)strtoul(length, NULL, 10);
	arena_require(
	    turns.limit > 0 && turns.limit <= LENGTH_MAX, "TURNS: 1 to 8");
	arena_explain = explain;
	arena_open("turns");
	for (i = 0; i < LENGTH(shapes); i++) {
		for (credits = 0; credits <= shapes[i].credits;
		     credits += shapes[i].credits + (credits > 0)) {
			bool ok = arena_play_apart(
			    play_all, &shapes[i], credits, &count);

			printf("%sok %zu - %s, %u credits: %lu sequences\n",
			    ok ? "" : "not ", ++points, shapes[i].command,
			    credits, count);
			failed += !ok;
			sum += count;
			if (shapes[i].credits == 0)
				break;
		}
	}
	printf("1..%zu\n# %lu sequences of up to %zu events, %zu violations\n",
	    points, sum, turns.limit, failed);
	return failed > 0;
}

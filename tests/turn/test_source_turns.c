/* SPDX-License-Identifier: ISC */
/*
 * Every sequence of answers to a source of which up to TURNS (2 unless it is
 * set) are no plain yes, for every shape of the command line, with and without
 * Pipelining: a no, the end, garbage, an answer too many, half of one, the end
 * of input, a signal, none for too long, and files that cannot be opened or
 * read meanwhile.  What comes must be what sourcemodel.h allows (R-WIRE-1).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "sourcemodel.h"

/* More steps than that no session has. */
#define LENGTH_MAX 64

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

/* Behind that the plain one is its rest. */
static const struct event rest = EVENT("rest", "o\n");

static const struct event events[] = {
	EVENT("yes", "\0"),
	EVENT("no", "\1no\n"),
	EVENT("twice", "\0\0"),
	EVENT("yes and no", "\0\1no\n"),
	EVENT("half a no", "\1n"),
	EVENT("fatal", "\2lost\n"),
	EVENT("garbage", "garbage\n"),
	{ "open fails", "", 1, NOTHING, ARENA_OPEN },
	{ "read fails", "", 1, NOTHING, ARENA_READ },
	{ "EOF", "", 0, END_OF_INPUT, ARENA_NONE },
	{ "signal", "", 0, SIGNAL, ARENA_NONE },
	{ "idle", "", 0, IDLE, ARENA_NONE },
};

static const struct arena_entry entries[] = {
	{ 'f', "f", "text of f", 0644 },
	{ 'f', "empty", "", 0600 },
	{ 'd', "d", NULL, 0755 },
	{ 'd', "d/e", NULL, 0755 },
	{ 'f', "d/e/g", "that of g", 0640 },
	{ 'd', "z", NULL, 0755 },
	{ 'l', "out", "../outside/secret", 0 },
};

static const struct shape {
	const char *command;
	unsigned long files;  /* that come when all say yes */
	unsigned long errors; /* and messages */
} shapes[] = {
	{ "scp -f f", 1, 0 },
	{ "scp -p -f f", 1, 0 },
	{ "scp -pf f empty", 2, 0 },
	{ "scp -f f d f", 2, 1 },
	{ "scp -p -f none f out empty", 2, 2 },
	{ "scp -r -f d f", 2, 0 },
	{ "scp -r -p -f d f", 2, 0 },
	{ "scp -rpf z d", 1, 0 },
	{ "scp -r -f z none d/e", 1, 1 },
	{ "scp -f none", 0, 1 },
	{ "scp -p -f f none", 1, 1 },
};

static struct {
	const struct shape *shape;
	const struct sourcemodel_facts *facts;
	size_t limit;
	size_t choice[LENGTH_MAX];
	size_t n;
	size_t step;
	size_t odd; /* choices that are no plain yes */
	const struct event *last;
	size_t taken;
	struct sourcemodel model;
} turns;

static void
explain(void)
{
	size_t i, len;
	const char *out = arena_output(&len);

	fprintf(stderr, "%s, pipelining %d:", turns.shape->command,
	    turns.facts->pipelining);
	for (i = 0; i < turns.step; i++)
		fprintf(stderr, " [%s]", events[turns.choice[i]].name);
	fprintf(stderr, "\noutput, of which %zu were right:\n", turns.taken);
	fwrite(out, 1, len, stderr);
	fprintf(stderr, "\n");
}

static const char *
text_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < LENGTH(entries); i++) {
		const char *slash = strrchr(entries[i].path, '/');
		const char *last = slash == NULL ? entries[i].path : slash + 1;

		if (entries[i].type == 'f' && strlen(last) == len &&
		    memcmp(last, name, len) == 0)
			return entries[i].text;
	}
	arena_die("a file that nobody asked for");
}

static void
hand_on(void)
{
	size_t outlen;
	const char *out = arena_output(&outlen);

	sourcemodel_step(&turns.model, out + turns.taken, outlen - turns.taken);
	turns.taken = outlen;
}

static const struct event *
choose(void)
{
	/* What is left over is no answer yet. */
	bool is_half = turns.model.nanswers > 0;
	size_t choice;

	arena_require(turns.step < LENGTH_MAX, "a session without end");
	if (turns.step == turns.n)
		turns.choice[turns.n++] = 0;
	choice = turns.choice[turns.step++];
	turns.odd += choice != 0;
	return choice == 0 && is_half ? &rest : &events[choice];
}

static size_t
speak(void *arg, const char **bytes)
{
	(void)arg;
	hand_on();
	arena_require(!turns.model.over, "it waits after the end");
	arena_require(turns.last == NULL || turns.last->special == NOTHING,
	    "it waits for more than the end of input");
	turns.last = choose();
	arena_fail(turns.last->fault, 1, EACCES);
	if (turns.last->special == SIGNAL)
		arena_stop();
	else if (turns.last->special == IDLE)
		arena_idle();
	if (turns.last->special == SIGNAL || turns.last->special == IDLE)
		sourcemodel_stop(&turns.model);
	else
		sourcemodel_answer(
		    &turns.model, turns.last->bytes, turns.last->len);
	*bytes = turns.last->bytes;
	return turns.last->len;
}

static void
play(const struct policy *policy, const struct request *request)
{
	const struct arena_session session = { .policy = policy,
		.request = request,
		.pipelining = turns.facts->pipelining,
		.client = { .speak = speak } };
	int status;

	sourcemodel_init(&turns.model, turns.facts);
	turns.step = turns.taken = turns.odd = 0;
	turns.last = NULL;
	status = arena_run(&session);
	hand_on();
	sourcemodel_check(&turns.model, status);
	arena_check();
	if (turns.odd == 0)
		arena_require(turns.model.files == turns.shape->files &&
			turns.model.errors == turns.shape->errors,
		    "not all that was asked for");
}

/* The next sequence with not too many odd ones: false when there is none. */
static bool
advance(void)
{
	size_t i, odd;

	for (turns.n = turns.step; turns.n > 0; turns.n--) {
		if (++turns.choice[turns.n - 1] == LENGTH(events))
			continue;
		for (i = odd = 0; i < turns.n; i++)
			odd += turns.choice[i] != 0;
		if (odd <= turns.limit)
			return true;
	}
	return false;
}

static unsigned long
play_all(const struct shape *shape, unsigned pipelining)
{
	static struct policy policy;
	struct sourcemodel_facts facts = { .text_of = text_of,
		.pipelining = pipelining > 0 };
	struct command_fault fault;
	struct request request;
	unsigned long count = 0;

	policy_init(&policy);
	policy.protect_home = false;
	turns.shape = shape;
	turns.facts = &facts;
	turns.n = 0;
	arena_require(command_parse(shape->command, strlen(shape->command),
			  &request, &fault),
	    "a command that is not served");
	facts.recursive = request.recursive;
	facts.preserve = request.preserve;
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
	const char *limit = getenv("TURNS");
	unsigned long count, sum = 0;
	size_t i, points = 0, failed = 0;
	unsigned pipelining;

	turns.limit = limit == NULL ? 2 : (size_t)strtoul(limit, NULL, 10);
	arena_explain = explain;
	arena_open("turns");
	arena_fill(entries, LENGTH(entries));
	for (i = 0; i < LENGTH(shapes); i++) {
		for (pipelining = 0; pipelining < 2; pipelining++) {
			bool ok = arena_play_apart(
			    play_all, &shapes[i], pipelining, &count);

			printf("%sok %zu - %s%s: %lu sequences\n",
			    ok ? "" : "not ", ++points, shapes[i].command,
			    pipelining ? ", pipelining" : "", count);
			failed += !ok;
			sum += count;
		}
	}
	printf("1..%zu\n# %lu sequences with up to %zu that are no plain yes, "
	       "%zu violations\n",
	    points, sum, turns.limit, failed);
	return failed > 0;
}

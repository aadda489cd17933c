/* SPDX-License-Identifier: ISC */
/*
 * A whole source in a scratch root that has everything.  The first HEAD bytes
 * pick flags, settings and a fault; up to a NUL follow the client's words
 * behind the flags, patterns and all; the rest is what it answers.  arena.h
 * and sourcemodel.h say what must hold.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "sourcemodel.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- what the head picks ------------------------------------------------- */

#define HEAD 6

/* More yeses than that no client says of itself. */
#define YESES 2000

static const char *const commands[] = {
	"scp -f ",
	"scp -r -f ",
	"scp -p -f ",
	"scp -r -p -f ",
	"scp -rpf ",
	"scp ",
};

static const struct arena_entry entries[] = {
	{ 'f', "f", "text", 0644 },
	{ 'f', "empty", "", 0600 },
	{ 'f', "big", NULL, 0644 },
	{ 'f', ".hidden", "h", 0644 },
	{ 'f', "new\nline", "n", 0644 },
	{ 'f', "[x]", "x", 0644 },
	{ 'f', "none", "no", 0644 },
	{ 'd', "d", NULL, 0755 },
	{ 'd', "d/e", NULL, 0755 },
	{ 'd', "d/e/deep", NULL, 0755 },
	{ 'f', "d/e/deep/g", "gg", 0640 },
	{ 'f', "d/a1", "1", 0644 },
	{ 'f', "d/a2", "22", 0644 },
	{ 'f', "d/b1", "333", 0444 },
	{ 'd', "d/.ssh", NULL, 0700 },
	{ 'f', "d/.ssh/key", "key", 0600 },
	{ 'd', "locked", NULL, 0 },
	{ 'l', "link", "d", 0 },
	{ 'l', "d/again", "../d", 0 },
	{ 'l', "abs", "/d/a1", 0 },
	{ 'l', "out", "../outside/secret", 0 },
	{ 'l', "outside", "../outside", 0 },
	{ 'l', "loop", "loop", 0 },
	{ 'l', "up", "..", 0 },
	{ 'p', "p", NULL, 0 },
};

struct input {
	const uint8_t *head;
	const char *bytes; /* the answers */
	size_t len;
	size_t at;
	unsigned yeses; /* said behind them */
	unsigned steps;
	size_t taken;
	struct sourcemodel model;
};

static void
pick_policy(struct policy *p, const uint8_t *head)
{
	unsigned bits = head[1];

	policy_init(p);
	p->protect_home = (bits & 1) != 0;
	p->hidden_files = (bits & 2) == 0;
	p->symlinks = (bits & 4) == 0;
	p->hard_links = (bits & 8) == 0;
	if ((bits & 0x10) != 0)
		p->max_file_size = 100;
	if ((bits & 0x20) != 0)
		p->max_files = 3;
	if ((bits & 0x40) != 0)
		p->max_depth = 2;
	if ((bits & 0x80) != 0)
		memcpy(p->deny_names, "n*\0", 4);
	p->max_matches = 64;
	p->max_total_size = 1 << 20;
}

/* --- the client ----------------------------------------------------------- */

static void
hand_on(struct input *in)
{
	size_t outlen;
	const char *out = arena_output(&outlen);

	sourcemodel_step(&in->model, out + in->taken, outlen - in->taken);
	in->taken = outlen;
}

/* One answer, or all at once. */
static size_t
next_answer(struct input *in, const char **bytes)
{
	size_t left = in->len - in->at, n = 0;
	const char *p = in->bytes + in->at;

	*bytes = p;
	if (left == 0) {
		*bytes = "";
		return (in->head[2] & 1) != 0 && in->yeses++ < YESES;
	}
	if ((in->head[2] & 2) != 0 || p[0] == '\0')
		n = (in->head[2] & 2) != 0 ? left : 1;
	else
		while (n < left && p[n++] != '\n')
			;
	in->at += n;
	return n;
}

static size_t
speak(void *arg, const char **bytes)
{
	struct input *in = arg;
	size_t n;

	hand_on(in);
	if (++in->steps == in->head[3] && in->head[3] != 0) {
		arena_stop();
		sourcemodel_stop(&in->model);
		return 0;
	}
	if (in->steps == 1 && in->head[5] != 0)
		arena_fail((in->head[4] & 1) != 0 ? ARENA_READ : ARENA_OPEN,
		    in->head[5], (in->head[4] & 2) != 0 ? EIO : EACCES);
	n = next_answer(in, bytes);
	sourcemodel_answer(&in->model, *bytes, n);
	return n;
}

/* --- the session ---------------------------------------------------------- */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	arena_open("fuzz-source");
	arena_fill(entries, LENGTH(entries));
	return 0;
}

static void
serve(struct input *in, const struct request *request)
{
	static struct policy policy;
	const struct sourcemodel_facts facts = { .recursive =
						     request->recursive,
		.preserve = request->preserve,
		.pipelining = (in->head[2] & 4) != 0 };
	const struct arena_session session = { .policy = &policy,
		.request = request,
		.pipelining = facts.pipelining,
		.client = { .speak = speak, .arg = in } };
	int status;

	pick_policy(&policy, in->head);
	sourcemodel_init(&in->model, &facts);
	status = arena_run(&session);
	hand_on(in);
	sourcemodel_check(&in->model, status);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input in;
	static char command[5000];
	struct command_fault fault;
	struct request request;
	const uint8_t *end;
	size_t len;

	if (size < HEAD || size > sizeof(command) - 100)
		return -1;
	end = memchr(data + HEAD, '\0', size - HEAD);
	if (end == NULL)
		end = data + size;
	len = (size_t)snprintf(command, sizeof(command), "%s%.*s",
	    commands[data[0] % LENGTH(commands)], (int)(end - data - HEAD),
	    (const char *)data + HEAD);
	if (!command_parse(command, len, &request, &fault))
		return 0;
	if (request.role == COMMAND_SOURCE) {
		if (end < data + size)
			end++;
		in = (struct input){ .head = data,
			.bytes = (const char *)end,
			.len = (size_t)(data + size - end) };
		serve(&in, &request);
		arena_check();
	}
	command_clear(&request);
	return 0;
}

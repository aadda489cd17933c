/* SPDX-License-Identifier: ISC */
/*
 * A whole sink against a scratch root.  The first HEAD bytes pick the command,
 * the target, the settings, a fault and how the rest, which is all that the
 * client sends, is cut into pieces; arena.h and sinkmodel.h say what must hold.
 */
#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "sinkmodel.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- what the head picks ------------------------------------------------- */

#define HEAD 8

static const char *const commands[] = {
	"scp -t ",
	"scp -d -t ",
	"scp -r -t ",
	"scp -r -p -t ",
	"scp -r -p -d -t ",
	"scp -p -t ",
	"scp -rpt ",
	"scp -pdt ",
	"scp -q -r -d -t ",
	"scp -d -p -t ",
};

/* Where the client asks to go, and where that is; into: a directory. */
static const struct target {
	const char *operand;
	const char *base;
	bool into;
} targets[] = {
	{ ".", "", true },
	{ "d", "d", true },
	{ "link", "d", true },
	{ "'new'", "new", false },
	{ "d/new", "d/new", false },
	{ "f", "f", false },
	{ "up/../d/", "d", true },
	{ "out", "outside", false }, /* the root is where `..' ends */
	{ "../../d", "d", true },
	{ "loop", NULL, false },
	{ "ro", "ro", false },
	{ "p", NULL, false },
	{ "missing/x", NULL, false },
};

static const struct arena_entry entries[] = {
	{ 'd', "d", NULL, 0755 },
	{ 'd', "d/sub", NULL, 0500 },
	{ 'f', "d/f", "old", 0644 },
	{ 'f', "f", "old", 0640 },
	{ 'f', "ro", "old", 0444 },
	{ 'l', "link", "d", 0 },
	{ 'l', "abs", "/f", 0 },
	{ 'l', "out", "../outside", 0 },
	{ 'l', "secret", "../outside/secret", 0 },
	{ 'l', "up", "..", 0 },
	{ 'l', "loop", "loop", 0 },
	{ 'p', "p", NULL, 0 },
};

struct input {
	const uint8_t *head;
	const char *bytes;
	size_t len;
	size_t at;
	bool is_begun;
	size_t last; /* bytes of the last piece */
	size_t taken;
	struct sinkmodel model;
};

static const struct target *
pick_target(const uint8_t *head)
{
	return &targets[head[1] % LENGTH(targets)];
}

static void
pick_policy(struct policy *p, const uint8_t *head)
{
	unsigned bits = head[2] | (unsigned)head[3] << 8;

	policy_init(p);
	p->protect_home = (bits & 1) != 0;
	p->overwrite = (enum policy_overwrite)((bits >> 1) % 3);
	p->keep_versions = (bits & 8) != 0 ? 2 : 0;
	p->make_directories = (bits & 0x10) == 0;
	p->hidden_files = (bits & 0x20) == 0;
	p->preserve_modes = (bits & 0x40) == 0;
	p->special_bits = (bits & 0x80) != 0;
	p->symlinks = (bits & 0x100) == 0;
	p->atomic = (bits & 0x200) == 0;
	p->sync = (bits & 0x400) != 0 ? POLICY_SYNC_FILE : POLICY_SYNC_NO;
	p->access = (bits & 0x800) != 0 ? POLICY_WRITE_ONLY : POLICY_READ_WRITE;
	if ((bits & 0x1000) != 0)
		p->max_file_size = 100;
	if ((bits & 0x2000) != 0)
		p->max_files = 3;
	if ((bits & 0x4000) != 0)
		p->max_depth = 2;
	if ((bits & 0x8000) != 0)
		p->file_mode = 0604;
	p->discard_limit = (off_t)(head[4] & 0x7f) * 128;
	p->free_failures = head[4] >> 7;
	memcpy(p->deny_names, "no*\0", 5);
}

/* --- the client ----------------------------------------------------------- */

/* Up to the end of a record or of a file, in bites, or all at once. */
static size_t
next_piece(const struct input *in)
{
	size_t left = in->len - in->at, n;
	const char *p = in->bytes + in->at;

	if (in->head[5] == 0)
		return left;
	if (in->head[5] < 0x80)
		return left < in->head[5] ? left : in->head[5];
	for (n = 0; n < left && p[n] != '\n' && p[n] != '\0'; n++)
		;
	return n < left ? n + 1 : left;
}

static void
hand_on(struct input *in)
{
	size_t outlen;
	const char *out = arena_output(&outlen);

	out += in->taken;
	outlen -= in->taken;
	in->taken += outlen;
	if (!in->is_begun)
		sinkmodel_step(&in->model, NULL, 0, out, outlen, false);
	else if (in->last == 0)
		sinkmodel_end(&in->model, out, outlen);
	else
		sinkmodel_step(&in->model, in->bytes + in->at - in->last,
		    in->last, out, outlen, false);
}

static size_t
speak(void *arg, const char **bytes)
{
	struct input *in = arg;

	hand_on(in);
	if (!in->is_begun && in->head[7] != 0)
		arena_fail((enum arena_call)(in->head[6] % (ARENA_ANY + 1)),
		    in->head[7], in->head[6] & 0x80 ? ENOSPC : EIO);
	in->is_begun = true;
	in->last = next_piece(in);
	*bytes = in->bytes + in->at;
	in->at += in->last;
	return in->last;
}

/* --- the session ---------------------------------------------------------- */

static struct sinkmodel_facts
facts_of(const struct request *req, const struct target *target,
    const struct policy *policy, unsigned credits)
{
	struct sinkmodel_facts facts = { .recursive = req->recursive,
		.directory = req->directory,
		.directory_own = req->directory_own,
		.waits = req->waits,
		.eof_commits = req->eof_commits,
		.credits = credits,
		.discard_limit = policy->discard_limit,
		.free_failures = policy->free_failures,
		.base = target->base == NULL ? "" : target->base,
		.into = target->into,
		.atomic = policy->atomic };

	return facts;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	arena_open("fuzz-sink");
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy policy;
	static struct input in;
	struct sinkmodel_facts facts;
	struct command_fault fault;
	struct request request;
	char command[64];
	int status;
	const struct arena_session session = { .policy = &policy,
		.request = &request,
		.credits = 0,
		.client = { .speak = speak, .arg = &in } };
	struct arena_session s = session;

	if (size < HEAD)
		return -1;
	pick_policy(&policy, data);
	(void)snprintf(command, sizeof(command), "%s%s",
	    commands[data[0] % LENGTH(commands)], pick_target(data)->operand);
	arena_require(command_parse(command, strlen(command), &request, &fault),
	    "a command that is not served");
	if (command_reads_bytes(&request) && (data[0] & 0x80) != 0)
		s.credits = request.preserve ? 2 : 1;
	facts = facts_of(&request, pick_target(data), &policy, s.credits);
	in = (struct input){ .head = data,
		.bytes = (const char *)data + HEAD,
		.len = size - HEAD };
	sinkmodel_init(&in.model, &facts);
	arena_fill(entries, LENGTH(entries));
	status = arena_run(&s);
	hand_on(&in);
	in.model.vague = true;
	sinkmodel_check(&in.model, status);
	arena_check();
	command_clear(&request);
	return 0;
}

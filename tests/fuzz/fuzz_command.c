/* SPDX-License-Identifier: ISC */
/*
 * A command is refused with one printable line, or gives a request that keeps
 * the promises of command.h; its words, given as argv, ask for the same.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
check_fault(const struct command_fault *fault)
{
	char buf[MESSAGE_BYTES_MAX];
	const char *p;

	require(fault->err > COMMAND_OK && fault->err < COMMAND__COUNT);
	require(fault->err != COMMAND_E_MEMORY);
	require((fault->err == COMMAND_E_WORDS) == (fault->words != WORDS_OK));
	require((fault->err == COMMAND_E_OPTION) == (fault->option != '\0'));
	require(command_explain(fault, buf, sizeof(buf)) == buf);
	require(buf[0] != '\0' && strlen(buf) <= 200);
	for (p = buf; *p != '\0'; p++)
		require(*p >= ' ' && *p <= '~');
}

static void
check_request(const struct request *r)
{
	const struct word *path;
	size_t i, j;

	require(r->role == COMMAND_SINK || r->role == COMMAND_SOURCE);
	require(r->npaths >= 1);
	require(r->role == COMMAND_SOURCE || r->npaths == 1);
	require(r->paths + r->npaths == r->words.list + r->words.n);
	require(r->directory || !r->directory_own);
	if (r->eof_commits)
		require(
		    r->role == COMMAND_SINK && !r->recursive && !r->directory);
	for (i = 0; i < r->npaths; i++) {
		path = &r->paths[i];
		require(path->len > 0 && strlen(path->text) == path->len);
		for (j = 1; j < path->len; j++) /* each has its mark */
			require(path->quoted[j] || path->text[j] != '$');
		require(path->text[0] != '~' || path->quoted[0]);
	}
}

/* The same words from a shell are the same request. */
static void
check_argv(const struct request *r)
{
	struct request again;
	struct command_fault fault;
	size_t i, argc = r->words.n;
	char **argv;

	argv = calloc(argc + 1, sizeof(*argv));
	require(argv != NULL);
	for (i = 0; i < argc; i++)
		argv[i] = r->words.list[i].text;
	require(command_parse_argv((int)argc, argv, &again, &fault));
	free(argv);
	require(again.role == r->role && again.recursive == r->recursive);
	require(again.preserve == r->preserve);
	require(again.directory == r->directory);
	require(again.directory_own == r->directory_own);
	require(again.waits == r->waits);
	require(again.eof_commits || !r->eof_commits);
	require(again.npaths == r->npaths);
	for (i = 0; i < r->npaths; i++)
		require(strcmp(again.paths[i].text, r->paths[i].text) == 0);
	command_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r;
	struct command_fault fault;

	if (!command_parse((const char *)data, size, &r, &fault)) {
		require(r.words.n == 0 && r.npaths == 0);
		check_fault(&fault);
		return 0;
	}
	check_request(&r);
	check_argv(&r);
	command_clear(&r);
	return 0;
}

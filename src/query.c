/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "query.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "command.h"
#include "confine.h"
#include "foresee.h"
#include "journal.h"
#include "proto.h"
#include "root.h"
#include "settings.h"
#include "setup.h"
#include "show.h"
#include "text.h"
#include "values.h"

/* The words behind -T. */
struct query {
	const char *user;    /* NULL: whoever runs us */
	const char *address; /* NULL: not known */
	const char *name;    /* of what is uploaded into a directory, or NULL */
	const char *size;    /* of it, or NULL */
	bool has_command;    /* one that is served, or not */
};

/* What an answer is made of. */
struct answer {
	struct query q;
	struct options *o;
	struct identity *id;
	struct show show;
	struct root root;
	char start[SETUP_PATH_BYTES];
	struct journal journal;
	char *err;
	size_t errsize;
};

/* --- the words -------------------------------------------------------- */

/* What stands behind "key=", or NULL. */
static const char *
value_of(const char *word, const char *key)
{
	const size_t len = strlen(key);

	if (strncasecmp(word, key, len) != 0 || word[len] != '=')
		return NULL;
	return word + len + 1;
}

/* One word; false where the client's command begins. */
static bool
take_word(struct query *q, const char *word)
{
	const struct {
		const char *key;
		const char **value;
	} keys[] = {
		{ "user", &q->user },
		{ "addr", &q->address },
		{ "name", &q->name },
		{ "size", &q->size },
	};
	const char *value;
	size_t i;

	for (i = 0; i < LENGTH(keys); i++) {
		if ((value = value_of(word, keys[i].key)) == NULL)
			continue;
		*keys[i].value = value;
		return true;
	}
	return false;
}

/* As one text, which sshd would hand over, or as words. */
static void
take_command(struct options *o, char **words, int n)
{
	const char *text = n == 0 ? o->command_text : words[0];

	if (n < 2)
		o->has_command =
		    command_parse(text, strlen(text), &o->request, &o->fault);
	else
		o->has_command =
		    command_parse_argv(n, words, &o->request, &o->fault);
}

static void
read_words(struct query *q, struct options *o)
{
	char **word = o->query;
	int n = 0;

	*q = (struct query){ .user = NULL };
	while (*word != NULL && take_word(q, *word))
		word++;
	while (word[n] != NULL)
		n++;
	q->has_command = n > 0 || o->command_text != NULL;
	if (q->has_command)
		take_command(o, word, n);
}

/* --- who and what ------------------------------------------------------- */

static bool
wrong(const struct answer *a, const char *what, const char *value)
{
	(void)text_format(a->err, a->errsize, "%s: %s", value, what);
	return false;
}

static bool
read_size(const struct answer *a, off_t *size)
{
	const struct value_type bytes = { .most = INT64_MAX };

	*size = -1;
	if (a->q.size == NULL || value_parse_size(&bytes, a->q.size, size))
		return true;
	return wrong(a, "no size: bytes, perhaps with K, M, G or T", a->q.size);
}

static bool
find_user(const struct answer *a, const char *logname)
{
	const struct query *q = &a->q;

	if (q->user == NULL)
		identity_read(a->id, logname, q->address);
	else if (!identity_look_up(a->id, q->user, q->address))
		return wrong(a, "there is no such user", q->user);
	if (q->address != NULL && strcmp(a->id->address, q->address) != 0)
		return wrong(a, "no address", q->address);
	if (q->name != NULL && !proto_is_name(q->name, strlen(q->name)))
		return wrong(a, "no name for a file", q->name);
	return true;
}

/*
 * What a session may do is what its user may: whoever can becomes that user,
 * before anything is read.  False with *blind unchanged: it failed.
 */
static bool
become_user(const struct answer *a, bool *blind)
{
	*blind = a->id->uid != getuid();
	if (!*blind || geteuid() != 0)
		return true;
	*blind = false;
	if (identity_become(a->id) == 0)
		return true;
	return wrong(a, strerror(errno), a->id->user);
}

/* --- answers ------------------------------------------------------------ */

static void
show_settings(const struct answer *a)
{
	enum settings_keyword k;

	for (k = 0; k < SETTINGS__COUNT; k++)
		show_setting(&a->show, "", k);
}

/* Paths with their tokens expanded; start is one below the root. */
static bool
show_places(const struct answer *a)
{
	char root[SETUP_PATH_BYTES];

	if (!setup_expand(a->id, SETTINGS_ROOT, a->o->settings.root, root,
		a->err, a->errsize))
		return false;
	show_text("root", root, NULL);
	show_text("start", a->start, NULL);
	return true;
}

/* Everything that must be right before a client is served. */
static bool
set_up(struct answer *a)
{
	const struct options *o = a->o;
	char layers[CONFINE_TEXT_BYTES];

	if (!setup_find_root(
		&o->settings, a->id, &a->root, a->start, a->err, a->errsize) ||
	    !show_places(a) ||
	    !setup_open_journal(&o->settings, a->id, a->root.fd, &a->journal,
		a->err, a->errsize))
		return false;
	if (confine_probe(o->has_command ? o->request.role : COMMAND_SINK,
		&o->settings, &a->root, layers, sizeof(layers)) == -1)
		return wrong(a, "a session would not be served", layers);
	(void)puts(layers);
	return true;
}

static bool
foresee(struct answer *a, off_t size, bool blind)
{
	const struct foresee f = { .show = a->show,
		.request = &a->o->request,
		.root = &a->root,
		.start = a->start,
		.name = a->q.name,
		.size = size };

	return blind ? foresee_blindly(&f) : foresee_transfer(&f);
}

/* After the settings. */
static bool
decide(struct answer *a, off_t size, bool blind)
{
	struct options *o = a->o;

	if (blind)
		(void)puts("confine unknown\t# only this user or the "
			   "super-user can try it");
	else if (!set_up(a))
		return false;
	if (!a->q.has_command)
		return true;
	if (!o->has_command) {
		foresee_refused_command(&a->show, &o->fault);
		return false;
	}
	if (setup_is_disabled(&o->settings)) {
		foresee_disabled(&a->show);
		return false;
	}
	setup_umask(&o->settings.policy);
	return foresee(a, size, blind);
}

static bool
answer(struct answer *a, const char *logname, struct conffile *conffile)
{
	struct options *o = a->o;
	off_t size;
	bool blind, ok;

	read_words(&a->q, o);
	if (!read_size(a, &size) || !find_user(a, logname) ||
	    !become_user(a, &blind) ||
	    !setup_configure(
		o, a->id, SCP_SERVER_CONF, conffile, a->err, a->errsize))
		return false;
	show_settings(a);
	ok = decide(a, size, blind);
	root_close(&a->root);
	return ok;
}

bool
query_answer(struct options *o, struct identity *id, struct conffile *conffile,
    const char *logname, char *err, size_t errsize)
{
	struct answer *a;
	bool ok;

	err[0] = '\0';
	if ((a = calloc(1, sizeof(*a))) == NULL) {
		(void)text_format(err, errsize, "%s", strerror(ENOMEM));
		return false;
	}
	a->o = o;
	a->id = id;
	a->show.settings = &o->settings;
	a->show.conffile = conffile;
	a->root.fd = -1;
	a->err = err;
	a->errsize = errsize;
	ok = answer(a, logname, conffile);
	free(a);
	/* What nobody can read was not said. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)text_format(err, errsize,
		    "not all of this could be written to standard output");
		return false;
	}
	return ok;
}

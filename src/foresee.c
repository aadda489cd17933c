/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "foresee.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "glob.h"
#include "operand.h"
#include "setup.h"
#include "target.h"
#include "text.h"

/* What clients send for files and directories of everybody's. */
#define USUAL_FILE_MODE      0644
#define USUAL_DIRECTORY_MODE 0755

#define LATER "what is in it is decided name by name"

/* --- refusals --------------------------------------------------------- */

static bool
refused(const struct foresee *f, const char *shown, const struct reason *why)
{
	char item[MESSAGE_BYTES_MAX], line[MESSAGE_BYTES_MAX];

	show_decision(SHOW_REFUSED, NULL);
	(void)text_reason(item, sizeof(item), shown, why->text);
	(void)text_format(line, sizeof(line), "scp: %s", item);
	show_refusal(&f->show, why->code, why->keyword, line);
	return false;
}

static void
refused_command(const struct show *s, const char *code, const char *keyword,
    const char *before, const char *why)
{
	char line[MESSAGE_BYTES_MAX];

	show_decision(SHOW_REFUSED, NULL);
	(void)text_format(line, sizeof(line), "%s%s", before, why);
	show_refusal(s, code, keyword, line);
}

void
foresee_refused_command(const struct show *s, const struct command_fault *fault)
{
	const char *code = command_code(fault->err);
	char buf[MESSAGE_BYTES_MAX];
	const char *why;

	if (fault->err == COMMAND_E_EMPTY) {
		refused_command(s, code, NULL, "", s->settings->login_message);
		return;
	}
	why = command_explain(fault, buf, sizeof(buf));
	refused_command(s, code, NULL,
	    fault->speaks_scp ? "scp: " : "scp-server: ",
	    setup_refusal(s->settings, why));
}

void
foresee_disabled(const struct show *s)
{
	refused_command(s, "disabled",
	    settings_name(SETTINGS_HONOUR_DISABLE_SCP),
	    "scp: ", setup_refusal(s->settings, SETUP_DISABLED));
}

/* --- limits ----------------------------------------------------------- */

/* Those that hold: there is a value, and somebody gave it. */
static void
show_limits(const struct foresee *f)
{
	static const enum settings_keyword limits[] = { SETTINGS_MAX_FILE_SIZE,
		SETTINGS_MAX_TOTAL_SIZE, SETTINGS_MAX_FILES, SETTINGS_MAX_DEPTH,
		SETTINGS_MIN_FREE_SPACE, SETTINGS_UPLOAD_RATE,
		SETTINGS_DOWNLOAD_RATE, SETTINGS_IDLE_TIMEOUT,
		SETTINGS_SESSION_TIMEOUT };
	const enum settings_keyword other = f->request->role == COMMAND_SINK
	    ? SETTINGS_DOWNLOAD_RATE
	    : SETTINGS_UPLOAD_RATE;
	size_t i;

	for (i = 0; i < LENGTH(limits); i++) {
		if (limits[i] != other)
			show_setting(&f->show, "limit ", limits[i]);
	}
}

static bool
unknown(void)
{
	show_decision(SHOW_UNKNOWN, strerror(errno));
	return false;
}

/* --- uploads ---------------------------------------------------------- */

static void
show_mode(const struct foresee *f, struct policy_mode mode, mode_t sent,
    enum settings_keyword forced)
{
	const mode_t mask = f->show.settings->policy.umask;

	if (mode.rule == POLICY_MODE_CREATED)
		mode.bits &= ~mask;
	(void)printf("mode %04o", (unsigned)mode.bits);
	switch (mode.rule) {
	case POLICY_MODE_FORCED:
		show_setting(&f->show, "\t# ", forced);
		break;
	case POLICY_MODE_KEPT:
		(void)puts("\t# of the file that is replaced");
		break;
	case POLICY_MODE_SENT:
		(void)printf("\t# if the client sends 0%o\n", (unsigned)sent);
		break;
	case POLICY_MODE_CREATED:
		(void)printf("\t# if the client sends 0%o; umask %04o\n",
		    (unsigned)sent, (unsigned)mask);
		break;
	}
}

static bool
file(const struct foresee *f, struct target *t, const struct target_item *it)
{
	const struct target_file announced = { .mode = USUAL_FILE_MODE,
		.size = f->size == -1 ? 0 : f->size,
		.has_times =
		    f->request->preserve && policy_may_set_times(t->policy) };
	struct policy_mode mode;
	struct reason why;
	struct upload u;
	bool replaces, ok;

	upload_init(&u, &t->uploads);
	ok = target_may_store(t, it, &announced, &u, &mode, &why);
	replaces = u.old != -1;
	ok = ok && target_foresee(t, &u, mode, announced.size, &why);
	upload_abort(&u);
	if (!ok)
		return refused(f, t->tree.shown, &why);
	show_decision(SHOW_ALLOWED, f->size == -1 ? "of no bytes" : NULL);
	show_text("name", t->tree.path, NULL);
	if (replaces)
		show_setting(&f->show, "replaces ", SETTINGS_OVERWRITE);
	show_mode(f, mode, announced.mode, SETTINGS_FILE_MODE);
	return true;
}

static bool
directory(
    const struct foresee *f, struct target *t, const struct target_item *it)
{
	const mode_t sent = USUAL_DIRECTORY_MODE;
	struct reason why;
	bool made;

	if (!target_foresee_directory(t, it, &made, &why))
		return refused(f, t->tree.shown, &why);
	show_decision(SHOW_ALLOWED, LATER);
	show_text("name", t->tree.path, made ? NULL : "is there");
	if (made)
		show_mode(f, target_directory_mode(t, sent), sent,
		    SETTINGS_DIRECTORY_MODE);
	return true;
}

static bool
item(const struct foresee *f, struct target *t)
{
	const char *name = f->name == NULL ? "" : f->name;
	struct target_item it;
	struct reason why;

	if (f->name == NULL && t->is_dir) {
		show_decision(SHOW_UNKNOWN,
		    "the client will name what goes into this directory: "
		    "ask with name=");
		show_text("directory", t->place.path, NULL);
		return false;
	}
	if (!target_locate(t, name, strlen(name), &it, &why))
		return refused(f, t->tree.shown, &why);
	if (f->request->recursive && f->size == -1)
		return directory(f, t, &it);
	return file(f, t, &it);
}

static bool
upload(const struct foresee *f)
{
	const struct policy *policy = &f->show.settings->policy;
	struct target *t;
	struct reason why;
	bool ok;

	if ((t = malloc(sizeof(*t))) == NULL)
		return unknown();
	if (target_find(t, policy, f->request, f->root, f->start, &why))
		ok = item(f, t);
	else
		ok = refused(f, f->request->paths[0].text, &why);
	target_leave(t);
	free(t);
	return ok;
}

/* --- downloads -------------------------------------------------------- */

static int
open_one(const struct foresee *f, const struct operand *o,
    const struct policy_usage *usage, struct stat *st, struct reason *why)
{
	const struct operand_file file = { .gate = &f->root->gate,
		.usage = usage,
		.dirfd = o->place.parent,
		.target = o->place.name };
	int fd;

	if (o->place.dir == -1)
		return operand_open(&file, st, why);
	if ((fd = entry_open_dir(o->place.dir, ".")) == -1)
		reason_of_errno(why, &f->root->gate, errno);
	return fd;
}

static bool
send_one(const struct foresee *f, struct operand *o, const char *text,
    struct policy_usage *usage)
{
	struct stat st = o->place.st;
	struct reason why;
	int fd;

	if ((fd = open_one(f, o, usage, &st, &why)) == -1)
		return refused(f, text, &why);
	(void)close(fd);
	if (o->place.dir == -1) {
		usage->files++;
		usage->bytes += st.st_size;
	}
	show_decision(SHOW_ALLOWED, o->place.dir == -1 ? NULL : LATER);
	show_text("file", o->path, NULL);
	show_text("name", o->name, NULL);
	(void)printf("mode %04o\n", (unsigned)st.st_mode & 0777);
	if (o->place.dir == -1)
		(void)printf("size %lld\n", (long long)st.st_size);
	return true;
}

static bool
operand(const struct foresee *f, struct operand *o, const char *text,
    struct policy_usage *usage)
{
	struct reason why;
	bool ok;

	show_text("operand", text, NULL);
	if (operand_find(
		o, f->root, f->start, text, f->request->recursive, &why))
		ok = send_one(f, o, text, usage);
	else
		ok = refused(f, text, &why);
	operand_leave(o);
	return ok;
}

static bool
expand(const struct foresee *f, struct glob *g)
{
	const struct request *request = f->request;
	struct reason why;
	size_t i;

	for (i = 0; i < request->npaths; i++) {
		if (glob_add(g, &request->paths[i]) == 0)
			continue;
		reason_of_errno(&why, &f->root->gate, errno);
		return refused(f, request->paths[i].text, &why);
	}
	return true;
}

static bool
operands(const struct foresee *f, struct operand *o)
{
	const struct policy *policy = &f->show.settings->policy;
	struct policy_usage usage = { .files = 0 };
	struct glob g;
	bool ok;
	size_t i;

	glob_init(&g, f->root, f->start, policy->max_matches);
	if ((ok = expand(f, &g))) {
		for (i = 0; i < g.n; i++)
			ok = operand(f, o, g.paths[i], &usage) && ok;
	}
	glob_clear(&g);
	return ok;
}

static bool
download(const struct foresee *f)
{
	struct operand *o;
	struct reason why;
	bool ok;

	if (!operand_may_ask(&f->show.settings->policy, &why))
		return refused(f, f->request->paths[0].text, &why);
	if ((o = malloc(sizeof(*o))) == NULL)
		return unknown();
	ok = operands(f, o);
	free(o);
	return ok;
}

/* --- both --------------------------------------------------------------- */

bool
foresee_transfer(const struct foresee *f)
{
	bool ok;

	ok = f->request->role == COMMAND_SINK ? upload(f) : download(f);
	show_limits(f);
	return ok;
}

bool
foresee_blindly(const struct foresee *f)
{
	const struct policy *policy = &f->show.settings->policy;
	enum policy_verdict verdict;
	struct reason why;

	verdict = policy_transfer(policy,
	    f->request->role == COMMAND_SINK ? POLICY_UPLOAD : POLICY_DOWNLOAD);
	if (verdict != POLICY_ALLOW) {
		reason_of_verdict(&why, policy, verdict, 0);
		return refused(f, f->request->paths[0].text, &why);
	}
	show_decision(SHOW_UNKNOWN,
	    "only this user or the super-user can tell what this user may do "
	    "with files");
	show_limits(f);
	return false;
}

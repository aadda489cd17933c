/* SPDX-License-Identifier: ISC */
/*
 * The sequence: hygiene, options and the client's words (the role is known
 * then), log, root, confinement; and only after that a byte of the client's is
 * read (R-CONF-1).
 */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "body.h"
#include "bsd.h"
#include "command.h"
#include "conffile.h"
#include "confine-privs.h"
#include "confine.h"
#include "defs.h"
#include "digest.h"
#include "identity.h"
#include "journal.h"
#include "log.h"
#include "lull.h"
#include "options.h"
#include "peer.h"
#include "policy.h"
#include "query.h"
#include "relay.h"
#include "root.h"
#include "session.h"
#include "settings.h"
#include "setup.h"
#include "sink.h"
#include "source.h"
#include "stream.h"
#include "text.h"
#include "title.h"

/* What a client learns of a mistake that only the administrator can mend. */
#define NOT_AVAILABLE "this account is not available"

/* All that this program keeps of its environment. */
struct environment {
	char *text; /* one value behind another; owned, unless it is room */
	const char *original_command;
	const char *connection;
	const char *logname;
	const char *user_auth;
	char room[512];
};

/*
 * All zero at first.  In such an order that what most sessions touch lies on
 * few pages; what is not used costs no memory.
 */
static struct server {
	volatile sig_atomic_t stop; /* set by the handler */
	struct environment env;
	struct title title;
	struct audit audit;
	struct peer peer;
	struct conffile conffile;
	struct journal *journal; /* owned; NULL: no records */
	struct options options;
	struct identity identity;
	struct root root;
	char start[SETUP_PATH_BYTES];
	struct relay relay;
	struct body body;
	struct stream stream;
	struct digest digest;
	union {
		struct sink sink;
		struct source source;
	} role;
} server;

/*
 * A call that was about to block when the flag was set would not see it: the
 * alarm interrupts again until the program has ended.  SIGALRM by itself only
 * interrupts, see deadline.h.
 */
static void
on_signal(int sig)
{
	if (sig != SIGALRM)
		server.stop = 1;
	if (server.stop)
		(void)alarm(1);
}

static void
set_signals(void)
{
	/* SIGXCPU is what comes before an end that cannot be handled. */
	static const int caught[] = { SIGTERM, SIGHUP, SIGINT, SIGXCPU,
		SIGALRM };
	struct sigaction sa;
	sigset_t none;
	size_t i;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	for (i = 0; i < LENGTH(caught); i++)
		(void)sigaction(caught[i], &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
	(void)sigaction(SIGXFSZ, &sa, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Nothing is inherited but 0, 1 and 2, and those three exist. */
static void
set_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* The lowest number that is free. */
		if (fcntl(fd, F_GETFD) == -1)
			(void)open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	closefrom(STDERR_FILENO + 1);
}

/* Read what sshd says, then forget the rest; false: no memory. */
static bool
take_environment(struct environment *env)
{
	const struct {
		const char *name;
		const char **value;
	} kept[] = {
		{ "SSH_ORIGINAL_COMMAND", &env->original_command },
		{ "SSH_CONNECTION", &env->connection },
		{ "LOGNAME", &env->logname },
		{ "SSH_USER_AUTH", &env->user_auth },
	};
	size_t i, size = 1;
	char *p;

	for (i = 0; i < LENGTH(kept); i++) {
		*kept[i].value = getenv(kept[i].name);
		if (*kept[i].value != NULL)
			size += strlen(*kept[i].value) + 1;
	}
	/* Most often it spares the session's start a malloc(3). */
	p = env->text = size > sizeof(env->room) ? malloc(size) : env->room;
	if (p == NULL)
		return false;
	for (i = 0; i < LENGTH(kept); i++) {
		if (*kept[i].value == NULL)
			continue;
		size = strlen(*kept[i].value) + 1;
		*kept[i].value = memcpy(p, *kept[i].value, size);
		p += size;
	}
	(void)clearenv();
	return true;
}

/* One line on standard error, where a person may read it. */
static void
say(const char *prefix, const char *text)
{
	char line[MESSAGE_BYTES_MAX + 1]; /* its newline is in place of a NUL */
	size_t n;

	n = text_format(line, sizeof(line) - 1, "%s%s", prefix, text);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) == -1)
		log_debug("standard error: %s", strerror(errno));
}

static void
tell(const char *text)
{
	say("scp-server: ", text);
}

/* A message in place of the protocol's first answer, which all clients read. */
static void
refuse_in_protocol(struct server *v, const char *why)
{
	stream_open(&v->stream, STDIN_FILENO, STDOUT_FILENO, &v->stop);
	peer_init(&v->peer, &v->stream, true);
	(void)peer_warn(&v->peer, "%s", why);
	(void)stream_drain(&v->stream, SESSION_REFUSED_DRAIN_MS, "");
	stream_close(&v->stream);
}

/* Would whoever sent this command read an answer in the protocol? */
static bool
speaks_scp(const char *text)
{
	struct command_fault fault;
	struct request request;

	if (text == NULL)
		return false;
	if (!command_parse(text, strlen(text), &request, &fault))
		return fault.speaks_scp;
	command_clear(&request);
	return true;
}

/*
 * The administrator's mistake: its details go to the log, and to standard
 * error only where no client reads that.
 */
static int
fail_setup(struct server *v, const char *what)
{
	audit_setup_failed(&v->audit, what);
	if (v->env.connection == NULL && !v->options.log_to_stderr)
		tell(what);
	if (v->options.has_command || speaks_scp(v->env.original_command))
		refuse_in_protocol(v, NOT_AVAILABLE);
	else if (v->env.connection != NULL)
		tell(NOT_AVAILABLE);
	return EXIT_FAILURE;
}

static void
log_refused_command(struct server *v, const char *code)
{
	const char *text = v->options.command_text;

	if (text == NULL)
		text = "";
	audit_command_refused(&v->audit, code, text, strlen(text));
}

/* A command that is not served: one helpful line. */
static int
refuse_command(struct server *v)
{
	const struct settings *settings = &v->options.settings;
	const struct command_fault *fault = &v->options.fault;
	char why[MESSAGE_BYTES_MAX];

	log_refused_command(v, command_code(fault->err));
	if (fault->err == COMMAND_E_EMPTY) {
		say("", settings->login_message);
		return EXIT_FAILURE;
	}
	(void)command_explain(fault, why, sizeof(why));
	if (fault->speaks_scp)
		refuse_in_protocol(v, setup_refusal(settings, why));
	else
		tell(setup_refusal(settings, why));
	return EXIT_FAILURE;
}

static int
refuse_disabled(struct server *v)
{
	log_refused_command(v, "disabled");
	refuse_in_protocol(
	    v, setup_refusal(&v->options.settings, SETUP_DISABLED));
	return EXIT_FAILURE;
}

/* The protocol is not for a terminal, which would change its bytes. */
static int
refuse_terminal(struct server *v)
{
	log_refused_command(v, "terminal");
	tell("standard input and output must not be a terminal");
	return EXIT_FAILURE;
}

static bool
is_on_terminal(void)
{
	return isatty(STDIN_FILENO) == 1 || isatty(STDOUT_FILENO) == 1;
}

/* How the data of files go, and who sees them pass. */
static void
begin_body(struct server *v, bool sink)
{
	const struct settings *settings = &v->options.settings;
	struct body *b = &v->body;

	body_init(b, &v->stream,
	    sink ? settings->upload_rate : settings->download_rate);
	progress_init(&b->progress, &v->title, v->identity.user, sink);
	if (settings->digest == SETTINGS_DIGEST_SHA256)
		v->audit.digest = b->digest = &v->digest;
	if (sink)
		b->relay = &v->relay;
}

/* How the client is talked to: how long, and how far ahead. */
static void
begin_dialogue(struct server *v, bool sink)
{
	const struct settings *settings = &v->options.settings;
	const struct request *request = &v->options.request;

	deadline_set(&v->stream.deadline, settings->idle_timeout,
	    settings->session_timeout);
	peer_init(&v->peer, &v->stream, sink);
	if (settings->early_ack && command_reads_bytes(request))
		peer_answer_early(&v->peer, request->preserve ? 2 : 1);
}

static int
serve(struct server *v)
{
	const struct request *request = &v->options.request;
	struct session session = { .policy = &v->options.settings.policy,
		.request = request,
		.start = v->start,
		.root = &v->root,
		.stream = &v->stream,
		.body = &v->body,
		.peer = &v->peer,
		.audit = &v->audit,
		.pipelining = v->options.settings.pipelining };
	bool sink = request->role == COMMAND_SINK;
	char layers[CONFINE_TEXT_BYTES];
	int status;

	if (!sink)
		lull_prepare();
	if (confine(request->role, &v->options.settings, &v->root,
		sink ? &v->relay : NULL, layers, sizeof(layers)) == -1)
		return fail_setup(v, layers);
	stream_open(&v->stream, STDIN_FILENO, STDOUT_FILENO, &v->stop);
	begin_body(v, sink);
	audit_session_opened(&v->audit, layers);
	begin_dialogue(v, sink);
	status = sink ? sink_run(&v->role.sink, &session)
		      : source_run(&v->role.source, &session);
	audit_session_closed(&v->audit, status);
	stream_close(&v->stream);
	if (sink)
		relay_close(&v->relay);
	return status;
}

/* Who it is as far as sshd tells, for the log alone. */
static void
identify(struct server *v)
{
	struct identity *id = &v->identity;

	if (!identity_read_auth(id, v->env.user_auth, v->root.fd))
		log_verbose("SSH_USER_AUTH is not used: %s", strerror(errno));
	audit_identify(&v->audit, (unsigned long)id->uid, id->port,
	    id->auth.method, id->auth.key);
}

/* Most sessions keep no records, and need no memory for them. */
static bool
open_journal(struct server *v, char *err, size_t errsize)
{
	const struct settings *settings = &v->options.settings;

	if (settings->transfer_log[0] == '\0')
		return true;
	if ((v->journal = malloc(sizeof(*v->journal))) == NULL) {
		(void)text_format(err, errsize, "%s", strerror(errno));
		return false;
	}
	if (!setup_open_journal(
		settings, &v->identity, v->root.fd, v->journal, err, errsize))
		return false;
	if (v->journal->place != JOURNAL_NONE)
		audit_keep_records(&v->audit, v->journal);
	return true;
}

/* Everything that must be right before a client is served. */
static int
set_up_and_serve(struct server *v)
{
	struct settings *settings = &v->options.settings;
	const struct identity *id = &v->identity;
	char err[MESSAGE_BYTES_MAX];
	int status;

	if (!setup_find_root(
		settings, id, &v->root, v->start, err, sizeof(err)) ||
	    !open_journal(v, err, sizeof(err)))
		return fail_setup(v, err);
	identify(v);
	setup_umask(&settings->policy);
	status = serve(v);
	root_close(&v->root);
	return status;
}

/* What the client asked for, or why it does not get it. */
static int
answer(struct server *v)
{
	if (!v->options.has_command)
		return refuse_command(v);
	if (is_on_terminal())
		return refuse_terminal(v);
	if (setup_is_disabled(&v->options.settings))
		return refuse_disabled(v);
	return set_up_and_serve(v);
}

static void
open_log(struct server *v, enum log_level level)
{
	const struct options *o = &v->options;

	(void)log_open(level, o->settings.log_facility, o->log_to_stderr);
	audit_init(&v->audit, v->identity.user, v->identity.address,
	    o->has_command && o->request.role == COMMAND_SINK);
}

static int
run(struct server *v)
{
	char err[MESSAGE_BYTES_MAX];
	bool configured;

	identity_read(&v->identity, v->env.logname, v->env.connection);
	configured = setup_configure(&v->options, &v->identity, SCP_SERVER_CONF,
	    &v->conffile, err, sizeof(err));
	open_log(v, v->options.settings.log_level);
	return configured ? answer(v) : fail_setup(v, err);
}

static void
clear(struct server *v)
{
	conffile_clear(&v->conffile);
	identity_clear(&v->identity);
	options_clear(&v->options);
	free(v->journal);
	if (v->env.text != v->env.room)
		free(v->env.text);
}

/* -T: for an administrator at a terminal. */
static int
test(struct server *v)
{
	char err[MESSAGE_BYTES_MAX];

	if (query_answer(&v->options, &v->identity, &v->conffile,
		v->env.logname, err, sizeof(err)))
		return EXIT_SUCCESS;
	if (err[0] != '\0')
		tell(err);
	return EXIT_FAILURE;
}

static int
start(struct server *v, int argc, char *argv[])
{
	switch (options_parse(argc, argv, v->env.original_command,
	    SCP_SERVER_PATH, &v->options)) {
	case OPTIONS_HELP:
		(void)fputs(options_usage(), stdout);
		return EXIT_SUCCESS;
	case OPTIONS_VERSION:
		(void)puts(PACKAGE_STRING);
		return EXIT_SUCCESS;
	case OPTIONS_TEST:
		return test(v);
	case OPTIONS_BAD:
		identity_read(&v->identity, v->env.logname, v->env.connection);
		open_log(v, LOG_LEVEL_INFO);
		return fail_setup(v, v->options.error);
	case OPTIONS_SERVE:
		break;
	}
	return run(v);
}

int
main(int argc, char *argv[])
{
	struct server *v = &server;
	int status;

	if (confine_privs_begin() == -1) {
		tell(errno == EPERM ? "must not be set-user-ID or set-group-ID"
				    : strerror(errno));
		return EXIT_FAILURE;
	}
	set_descriptors();
	set_signals();
	title_init(&v->title, argv, environ);
	if (!take_environment(&v->env)) {
		tell(strerror(errno));
		return EXIT_FAILURE;
	}
	conffile_init(&v->conffile);
	status = start(v, argc, argv);
	clear(v);
	return status;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

/*
 * Accepted and of no effect here.  All that could run a program, read a file
 * or open a connection is missing on purpose: that is how restricted shells
 * which let -S or -o through were broken.
 */
static const char ignored[] = "1246BCTv";

struct flags {
	bool sink;
	bool source;
	bool recursive;
	bool preserve;
	bool preserve_own; /* a word of its own */
	bool directory;
	bool directory_own; /* a word of its own */
	bool quiet;
	bool bundled;  /* several letters in one word */
	bool end;      /* `--' was there */
	size_t n_used; /* words up to the first path */
};

static bool
is_word(const struct word *w, const char *text)
{
	return strcmp(w->text, text) == 0;
}

static const char *
base_name(const struct word *w)
{
	const char *slash;

	slash = strrchr(w->text, '/');
	return slash == NULL ? w->text : slash + 1;
}

/* COMMAND_OK if this is the first word of an scp command. */
static enum command_err
check_program(const struct word *w)
{
	if (w->text[0] == '-')
		return COMMAND_E_DASH;
	if (is_word(w, "internal-sftp") ||
	    strcmp(base_name(w), "sftp-server") == 0)
		return COMMAND_E_SFTP;
	if (strcmp(base_name(w), "scp") != 0)
		return COMMAND_E_OTHER;
	return COMMAND_OK;
}

static bool
set_flag(struct flags *f, char letter)
{
	switch (letter) {
	case 't':
		f->sink = true;
		return true;
	case 'f':
		f->source = true;
		return true;
	case 'r':
		f->recursive = true;
		return true;
	case 'p':
		f->preserve = true;
		return true;
	case 'd':
		f->directory = true;
		return true;
	case 'q':
		f->quiet = true;
		return true;
	default:
		return strchr(ignored, letter) != NULL;
	}
}

/*
 * Read the flags in the word after the n_used ones.  The argument of -l is
 * whatever follows, in this word or as the next.
 */
static bool
read_flags(const struct words *w, struct flags *f, char *bad)
{
	const struct word *word = &w->list[f->n_used++];
	size_t i;

	for (i = 1; i < word->len && word->text[i] != 'l'; i++) {
		if (!set_flag(f, word->text[i])) {
			*bad = word->text[i];
			return false;
		}
	}
	if (i + 1 == word->len && f->n_used++ == w->n) {
		*bad = 'l';
		return false;
	}
	if (word->len > 2 && word->text[1] != 'l')
		f->bundled = true;
	else if (word->text[1] == 'd')
		f->directory_own = true;
	else if (word->text[1] == 'p')
		f->preserve_own = true;
	return true;
}

/* As getopt(3) without permutation: up to `--' or the first other word. */
static bool
read_options(const struct words *w, struct flags *f, char *bad)
{
	memset(f, 0, sizeof(*f));
	f->n_used = 1;
	while (f->n_used < w->n) {
		const struct word *word = &w->list[f->n_used];

		if (word->text[0] != '-' || is_word(word, "-"))
			break;
		if (is_word(word, "--")) {
			f->n_used++;
			f->end = true;
			break;
		}
		if (!read_flags(w, f, bad))
			return false;
	}
	return true;
}

/* Does the word begin with a tilde that a shell would take for ~user? */
static bool
is_of_user(const struct word *w)
{
	return w->text[0] == '~' && !w->quoted[0] && w->len > 1 &&
	    w->text[1] != '/';
}

static enum command_err
check_paths(const struct words *w, const struct flags *f)
{
	size_t i;

	if (f->sink && w->n - f->n_used > 1)
		return COMMAND_E_TARGETS;
	for (i = f->n_used; i < w->n; i++) {
		if (is_of_user(&w->list[i]))
			return COMMAND_E_TILDE;
	}
	return COMMAND_OK;
}

/* `~' and `~/' are where relative paths start: at `.'. */
static void
expand_tilde(struct word *word)
{
	if (word->text[0] == '~' && !word->quoted[0]) {
		word->text[0] = '.';
		word->quoted[0] = true;
	}
}

/* No path, or an empty one, is where the client starts. */
static enum command_err
fill_paths(struct words *w, size_t first)
{
	size_t i;

	for (i = first; i == first || i < w->n; i++) {
		if (i < w->n && w->list[i].len > 0) {
			expand_tilde(&w->list[i]);
			continue;
		}
		if (words_set(w, i, ".") != WORDS_OK)
			return COMMAND_E_MEMORY;
	}
	return COMMAND_OK;
}

/* The request from its flags, all but the paths; typed: not split by a shell */
static void
fill_request(const struct words *w, const struct flags *f, bool typed,
    struct request *out)
{
	const struct word *path = NULL;
	bool needless;

	if (f->n_used < w->n)
		path = &w->list[f->n_used];
	needless = f->end && (path == NULL || path->text[0] != '-');
	out->role = f->sink ? COMMAND_SINK : COMMAND_SOURCE;
	out->recursive = f->recursive;
	out->preserve = f->preserve;
	out->directory = f->directory;
	out->directory_own = f->directory_own;
	out->waits = !f->bundled && !f->quiet && !needless;
	out->eof_commits = f->sink && !f->recursive && !f->directory &&
	    !f->preserve_own && (!typed || (path != NULL && path->has_quotes));
}

/* An scp command, whose words out has. */
static enum command_err
read_scp(bool typed, struct request *out, struct command_fault *fault)
{
	struct words *w = &out->words;
	struct flags f;
	enum command_err err;

	fault->speaks_scp = true;
	if (!read_options(w, &f, &fault->option))
		return COMMAND_E_OPTION;
	if (f.sink == f.source) {
		/* Neither is the scp -R of somebody at another terminal. */
		fault->speaks_scp = f.sink;
		return COMMAND_E_DIRECTION;
	}
	err = check_paths(w, &f);
	if (err != COMMAND_OK)
		return err;
	fill_request(w, &f, typed, out);
	err = fill_paths(w, f.n_used);
	if (err != COMMAND_OK)
		return err;
	out->paths = &w->list[f.n_used];
	out->npaths = w->n - f.n_used;
	return COMMAND_OK;
}

/* The words that out has. */
static bool
read_words(bool typed, struct request *out, struct command_fault *fault)
{
	const struct words *w = &out->words;

	if (w->n == 0 || (w->n == 1 && w->list[0].len == 0))
		fault->err = COMMAND_E_EMPTY;
	else
		fault->err = check_program(&w->list[0]);
	if (fault->err == COMMAND_OK)
		fault->err = read_scp(typed, out, fault);
	if (fault->err == COMMAND_OK)
		return true;
	command_clear(out);
	return false;
}

/*
 * What the first word of a text with a fault is.  Only what stands before the
 * fault can be split; where the fault is inside quotes that ends in an open
 * quote, so there is a second and shorter try.  A first word that touches the
 * fault is not known to its end.
 */
static enum command_err
check_program_before(const char *text, size_t len)
{
	struct words w;
	enum words_err err;
	enum command_err result = COMMAND_E_OTHER;

	while ((err = words_split(text, len, &w, &len)) != WORDS_OK) {
		if (err == WORDS_E_MEMORY)
			return COMMAND_E_MEMORY;
	}
	if (w.n > 0)
		result = check_program(&w.list[0]);
	if (result == COMMAND_OK && w.n == 1 && text[len - 1] != ' ' &&
	    text[len - 1] != '\t')
		result = COMMAND_E_OTHER;
	words_clear(&w);
	return result;
}

bool
command_parse(const char *text, size_t len, struct request *out,
    struct command_fault *fault)
{
	enum words_err err;
	size_t where;

	memset(out, 0, sizeof(*out));
	memset(fault, 0, sizeof(*fault));
	err = words_split(text, len, &out->words, &where);
	if (err == WORDS_OK)
		return read_words(true, out, fault);
	if (err == WORDS_E_MEMORY) {
		fault->err = COMMAND_E_MEMORY;
		return false;
	}
	fault->err = check_program_before(text, where);
	if (fault->err == COMMAND_OK) {
		fault->err = COMMAND_E_WORDS;
		fault->words = err;
		fault->speaks_scp = true;
	}
	return false;
}

bool
command_parse_argv(int argc, char *const argv[], struct request *out,
    struct command_fault *fault)
{
	memset(out, 0, sizeof(*out));
	memset(fault, 0, sizeof(*fault));
	if (words_from_argv(argc, argv, &out->words) == WORDS_OK)
		return read_words(false, out, fault);
	fault->err = COMMAND_E_MEMORY; /* nothing else can go wrong there */
	return false;
}

bool
command_reads_bytes(const struct request *req)
{
	return req->waits && (req->directory || req->preserve);
}

void
command_clear(struct request *req)
{
	words_clear(&req->words);
	memset(req, 0, sizeof(*req));
}

const char *
command_code(enum command_err err)
{
	if (err == COMMAND_E_EMPTY)
		return "no-command";
	if (err == COMMAND_E_SFTP)
		return "sftp";
	if (err == COMMAND_E_OTHER || err == COMMAND_E_DASH)
		return "not-scp";
	return "bad-command";
}

/* The sender's own byte comes back to him only where it is harmless. */
static char
printable(char option)
{
	if ((option >= 'a' && option <= 'z') ||
	    (option >= 'A' && option <= 'Z') ||
	    (option >= '0' && option <= '9'))
		return option;
	return '?';
}

static const char *
direction_text(const struct command_fault *fault)
{
	if (fault->speaks_scp)
		return "-t and -f cannot go together";
	return "scp without -t or -f: copying between two remote hosts from "
	       "here is not possible: use scp -3";
}

const char *
command_explain(const struct command_fault *fault, char *buf, size_t size)
{
	static const char *const texts[COMMAND__COUNT] = {
		[COMMAND_OK] = "no error",
		[COMMAND_E_EMPTY] =
		    "this account only transfers files with scp (no shell)",
		[COMMAND_E_SFTP] =
		    "this account has no SFTP: use scp -O or pscp -scp",
		[COMMAND_E_OTHER] = "only scp is allowed here",
		[COMMAND_E_DASH] =
		    "only scp is allowed here, not an option or a pattern",
		[COMMAND_E_TARGETS] = "ambiguous target", /* WinSCP's key */
		[COMMAND_E_TILDE] =
		    "the ~ of another user is not known here: write the path",
		[COMMAND_E_MEMORY] = "out of memory",
	};

	if (fault->err == COMMAND_E_WORDS)
		(void)snprintf(buf, size, "the command cannot be read: %s",
		    words_strerror(fault->words));
	else if (fault->err == COMMAND_E_OPTION)
		(void)snprintf(buf, size, "option -%c %s",
		    (int)printable(fault->option),
		    fault->option == 'l' ? "lacks its number"
					 : "is not allowed here");
	else if (fault->err == COMMAND_E_DIRECTION)
		(void)snprintf(buf, size, "%s", direction_text(fault));
	else
		(void)snprintf(buf, size, "%s", texts[fault->err]);
	return buf;
}

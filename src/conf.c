/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conf.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define BLANKS " \t"

/* A text under way. */
struct reader {
	const struct conf *conf;
	const char *next; /* what is left of it */
	size_t left;
	enum conf_scope outside; /* of all blocks */
	enum conf_scope scope;
	struct conf_fault *fault;
	char line[CONF_LINE_BYTES_MAX + 1];
};

static bool
is_control(char byte)
{
	const unsigned char c = (unsigned char)byte;

	return (c < ' ' && c != '\t') || c == 0x7f;
}

static bool
fail(struct reader *r, const char *why)
{
	(void)text_format(r->fault->text, sizeof(r->fault->text), "%s", why);
	return false;
}

/* A # that begins a word begins a comment, unless quotes are open. */
static void
cut_comment(char *line)
{
	bool quoted = false, inside = false;
	char *p;

	for (p = line; *p != '\0'; p++) {
		if (*p == '#' && !inside && !quoted)
			break;
		if (*p == '"')
			quoted = !quoted;
		inside = strchr(BLANKS, *p) == NULL;
		/* In lists of names it keeps these from being what they are. */
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
	}
	*p = '\0';
}

/* The next line to r->line, without comment and blanks around it. */
static bool
take_line(struct reader *r)
{
	const char *newline = memchr(r->next, '\n', r->left);
	size_t len = newline == NULL ? r->left : (size_t)(newline - r->next);
	const size_t used = newline == NULL ? len : len + 1;
	size_t i;

	if (len > 0 && r->next[len - 1] == '\r')
		len--;
	if (len > CONF_LINE_BYTES_MAX)
		return fail(r, "the line is longer than 4095 bytes");
	for (i = 0; i < len; i++) {
		if (is_control(r->next[i]))
			return fail(r, "the line has a control character");
	}
	memcpy(r->line, r->next, len);
	r->line[len] = '\0';
	r->next += used;
	r->left -= used;
	cut_comment(r->line);
	return true;
}

/* What stands behind the first word of a line, if that is the keyword. */
static const char *
behind(const char *line, const char *keyword)
{
	const size_t len = strlen(keyword);

	line += strspn(line, BLANKS);
	if (strncasecmp(line, keyword, len) != 0 ||
	    (line[len] != '\0' && strchr(BLANKS "=", line[len]) == NULL))
		return NULL;
	line += len;
	line += strspn(line, BLANKS);
	return *line == '=' ? line + 1 : line;
}

static bool
begin_block(struct reader *r, const char *criteria)
{
	bool holds = r->outside != CONF_CHECKED;

	if (!match_criteria(criteria, r->conf->who, &holds, r->fault->text,
		sizeof(r->fault->text)))
		return false;
	r->scope = holds ? CONF_MATCHED : CONF_CHECKED;
	return true;
}

static bool
include(struct reader *r, const char *words)
{
	char word[MATCH_WORD_BYTES];
	const unsigned short line = r->fault->line;
	const unsigned short file = r->fault->file;
	size_t n;

	for (n = 0; match_word(&words, word); n++) {
		r->fault->line = 0;
		if (!r->conf->include(r->conf, word, r->scope, r->fault)) {
			if (r->fault->line == 0) {
				r->fault->file = file;
				r->fault->line = line;
			}
			return false;
		}
		r->fault->file = file;
		r->fault->line = line;
	}
	if (n == 0 || *words != '\0')
		return fail(r,
		    "Include: expected the names of files, in double "
		    "quotes if any");
	return true;
}

static bool
set(struct reader *r)
{
	struct settings *settings = r->conf->settings;

	if (r->scope == CONF_CHECKED)
		return settings_set_line(
		    NULL, r->line, r->fault->text, sizeof(r->fault->text));
	settings->setter =
	    (struct settings_origin){ .source = r->scope == CONF_MATCHED
			? SETTINGS_FROM_MATCH
			: SETTINGS_FROM_FILE,
		    .file = r->fault->file,
		    .line = r->fault->line };
	return settings_set_line(
	    settings, r->line, r->fault->text, sizeof(r->fault->text));
}

static bool
read_line(struct reader *r)
{
	const char *rest;

	if (!take_line(r))
		return false;
	if (r->line[strspn(r->line, BLANKS)] == '\0')
		return true;
	if ((rest = behind(r->line, "Match")) != NULL)
		return begin_block(r, rest);
	if ((rest = behind(r->line, "Include")) != NULL)
		return include(r, rest);
	return set(r);
}

/* Some editors put a byte order mark before what is UTF-8. */
static void
skip_mark(struct reader *r)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };

	if (r->left < sizeof(mark) || memcmp(r->next, mark, sizeof(mark)) != 0)
		return;
	r->next += sizeof(mark);
	r->left -= sizeof(mark);
}

bool
conf_read(const struct conf *c, const char *text, size_t len,
    unsigned short file, enum conf_scope scope, struct conf_fault *fault)
{
	struct reader r;

	/* The line is not cleared. */
	r.conf = c;
	r.next = text;
	r.left = len;
	r.outside = r.scope = scope;
	r.fault = fault;
	fault->file = file;
	fault->line = 0;
	fault->text[0] = '\0';
	skip_mark(&r);
	while (r.left > 0) {
		if (fault->line == USHRT_MAX)
			return fail(&r, "too many lines");
		fault->line++;
		if (!read_line(&r))
			return false;
	}
	return true;
}

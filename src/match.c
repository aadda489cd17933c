/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "match.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "bsd.h"
#include "spelling.h"
#include "text.h"

#define BLANKS " \t"

/* One criterion under way. */
struct criterion {
	const struct match_who *who;
	const char *const *groups; /* where groups are asked for */
	bool holds;                /* false: only check the words */
	char *err;
	size_t errsize;
};

enum fit {
	FIT_NO,
	FIT_YES,
	FIT_BAD
};

/* An address or a network: IPv4 is 4 bytes, IPv6 16. */
struct network {
	unsigned char bytes[sizeof(struct in6_addr)];
	unsigned size;
	unsigned bits;
};

static enum fit
bad(struct criterion *c, const char *pattern, const char *why)
{
	(void)text_format(c->err, c->errsize, "Match %s: %s", pattern, why);
	return FIT_BAD;
}

static enum fit
fit_text(const char *pattern, const char *text, int flags)
{
	return fnmatch(pattern, text, FNM_NOESCAPE | flags) == 0 ? FIT_YES
								 : FIT_NO;
}

static enum fit
fit_user(struct criterion *c, const char *pattern)
{
	if (!c->holds)
		return FIT_NO;
	if (c->who->user == NULL)
		return bad(c, "User", "this account has no passwd entry");
	return fit_text(pattern, c->who->user, 0);
}

static enum fit
fit_group(struct criterion *c, const char *pattern)
{
	const char *const *group;

	if (!c->holds)
		return FIT_NO;
	if (c->groups == NULL)
		c->groups = c->who->groups(c->who->arg);
	if (c->groups == NULL)
		return bad(c, "Group", "the account's groups are not known");
	for (group = c->groups; *group != NULL; group++) {
		if (fit_text(pattern, *group, 0) == FIT_YES)
			return FIT_YES;
	}
	return FIT_NO;
}

static enum fit
fit_direction(struct criterion *c, const char *pattern)
{
	enum policy_direction wanted;

	if (spelling_same(pattern, "upload"))
		wanted = POLICY_UPLOAD;
	else if (spelling_same(pattern, "download"))
		wanted = POLICY_DOWNLOAD;
	else
		return bad(c, "Direction", "expected upload or download");
	return c->who->has_direction && c->who->direction == wanted ? FIT_YES
								    : FIT_NO;
}

/* An IPv4 address that is written as an IPv6 one is the same client. */
static void
unmap(struct network *net)
{
	static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (net->size != 16 || memcmp(net->bytes, prefix, sizeof(prefix)) != 0)
		return;
	memmove(net->bytes, net->bytes + sizeof(prefix), 4);
	net->size = 4;
}

static bool
read_address(const char *text, size_t len, struct network *net)
{
	char copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, net->bytes) == 1)
		net->size = 4;
	else if (inet_pton(AF_INET6, copy, net->bytes) == 1)
		net->size = 16;
	else
		return false;
	unmap(net);
	net->bits = net->size * 8;
	return true;
}

static bool
bit(const struct network *net, unsigned i)
{
	return (net->bytes[i / 8] >> (7 - i % 8) & 1) != 0;
}

/* The /24 of a network: NULL, or what is wrong. */
static const char *
read_bits(const char *text, struct network *net)
{
	const char *error;
	unsigned i;

	if (strspn(text, "0123456789") != strlen(text))
		return "expected digits behind the slash";
	net->bits = (unsigned)strtonum(text, 0, net->size * 8, &error);
	if (error != NULL)
		return "more bits than the address has";
	for (i = net->bits; i < net->size * 8; i++) {
		if (bit(net, i))
			return "the address goes on behind these bits";
	}
	return NULL;
}

static bool
is_inside(const struct network *net, const struct network *client)
{
	unsigned i;

	if (net->size != client->size)
		return false;
	for (i = 0; i < net->bits; i++) {
		if (bit(net, i) != bit(client, i))
			return false;
	}
	return true;
}

/* A pattern, in any case, against the one way that an address is written. */
static enum fit
fit_spelling(const char *pattern, const struct network *client)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(client->size == 4 ? AF_INET : AF_INET6, client->bytes,
		text, sizeof(text)) == NULL)
		return FIT_NO;
	return fit_text(pattern, text, FNM_CASEFOLD);
}

/* 192.0.2.7, 192.0.2.0/24, 2001:db8::/32, or a pattern as 192.0.2.* */
static enum fit
fit_address(struct criterion *c, const char *pattern)
{
	const size_t len = strcspn(pattern, "/");
	struct network net, client;
	const char *wrong = NULL;
	const char *text = c->who->address;
	bool is_network;

	is_network = read_address(pattern, len, &net);
	if (is_network && pattern[len] == '/')
		wrong = read_bits(pattern + len + 1, &net);
	else if (!is_network &&
	    (strpbrk(pattern, "*?") == NULL ||
		strspn(pattern, "0123456789abcdefABCDEF.:*?") !=
		    strlen(pattern)))
		wrong = "expected addresses, networks as 192.0.2.0/24, or "
			"patterns";
	if (wrong != NULL)
		return bad(c, "Address", wrong);
	if (!c->holds)
		return FIT_NO;
	if (text == NULL || !read_address(text, strcspn(text, "%"), &client))
		return bad(c, "Address", "the client's address is not known");
	if (!is_network)
		return fit_spelling(pattern, &client);
	return is_inside(&net, &client) ? FIT_YES : FIT_NO;
}

static const struct kind {
	const char *name;
	enum fit (*fit)(struct criterion *c, const char *pattern);
} kinds[] = {
	{ "User", fit_user },
	{ "Group", fit_group },
	{ "Address", fit_address },
	{ "Direction", fit_direction },
};

/* Go through a list; *list is ours to change. */
static enum fit
fit_list(struct criterion *c, const struct kind *kind, char *list)
{
	enum fit result = FIT_NO, one;
	bool denied = false, has_positive = false, negated;
	char *pattern;

	while ((pattern = strsep(&list, ",")) != NULL) {
		negated = pattern[0] == '!';
		if (negated)
			pattern++;
		else
			has_positive = true;
		if (pattern[0] == '\0')
			return bad(c, kind->name, "an empty pattern");
		if ((one = kind->fit(c, pattern)) == FIT_BAD)
			return FIT_BAD;
		if (one == FIT_YES && negated)
			denied = true;
		else if (one == FIT_YES)
			result = FIT_YES;
	}
	if (!has_positive)
		return bad(c, kind->name,
		    "with ! alone nothing ever fits: add *, or what may");
	return denied ? FIT_NO : result;
}

bool
match_word(const char **text, char *word)
{
	const char *p = *text + strspn(*text, BLANKS);
	bool begins = true, quoted = false;
	size_t len = 0;

	*text = p;
	if (*p == '\0')
		return false;
	for (; *p != '\0' && (quoted || strchr(BLANKS, *p) == NULL); p++) {
		if (!quoted && text_is_lookalike(p, begins))
			return false;
		begins = *p == ',' || *p == '!';
		if (*p == '"') {
			quoted = !quoted;
			continue;
		}
		if (len + 1 == MATCH_WORD_BYTES)
			return false;
		word[len++] = *p;
	}
	word[len] = '\0';
	if (quoted)
		return false;
	*text = p;
	return true;
}

static const struct kind *
find_kind(const char *name)
{
	const struct kind *kind;

	for (kind = kinds; kind < kinds + LENGTH(kinds); kind++) {
		if (spelling_same(name, kind->name))
			return kind;
	}
	return NULL;
}

/* A criterion and its list. */
static bool
next_criterion(struct criterion *c, const char **text, const char *name)
{
	char list[MATCH_WORD_BYTES];
	const struct kind *kind = find_kind(name);
	enum fit fit;

	if (kind == NULL) {
		(void)text_format(c->err, c->errsize,
		    "Match %.64s: expected User, Group, Address, Direction or "
		    "all",
		    name);
		return false;
	}
	if (!match_word(text, list)) {
		(void)bad(c, kind->name,
		    **text == '\0' ? "its list is missing"
				   : "its list is too long, or has quotes or "
				     "blanks that are none here: use \"");
		return false;
	}
	fit = fit_list(c, kind, list);
	if (fit == FIT_NO)
		c->holds = false;
	return fit != FIT_BAD;
}

bool
match_criteria(const char *text, const struct match_who *who, bool *holds,
    char *err, size_t errsize)
{
	struct criterion c = {
		.who = who, .holds = *holds, .err = err, .errsize = errsize
	};
	char name[MATCH_WORD_BYTES];
	size_t n;

	for (n = 0; match_word(&text, name); n++) {
		if (spelling_same(name, "all") && n == 0 &&
		    text[strspn(text, BLANKS)] == '\0')
			return true;
		if (!next_criterion(&c, &text, name))
			return false;
	}
	if (n == 0 || *text != '\0') {
		(void)text_format(err, errsize,
		    "Match: expected User, Group, Address, Direction or all");
		return false;
	}
	*holds = c.holds;
	return true;
}

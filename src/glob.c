/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "glob.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "errors.h"
#include "gate.h"
#include "pattern.h"
#include "policy.h"

/* Work for each match that is allowed. */
#define WORK_PER_MATCH 100

/*
 * A word is worked on as a pattern: text in which a backslash precedes each
 * byte that would be special but was quoted.  fnmatch(3) reads the same.
 */
struct list {
	char **v; /* owned strings */
	size_t n;
	size_t room;
};

void
glob_init(
    struct glob *g, struct root *root, const char *start, size_t matches_max)
{
	g->root = root;
	g->start = start;
	g->matches_max = matches_max;
	g->work = g->bytes = g->matches = g->n = 0;
	g->paths = NULL;
	g->stop = NULL;
}

/* --- bounds ----------------------------------------------------------- */

static int
spend_work(struct glob *g, size_t work)
{
	if (g->stop != NULL && *g->stop != 0) {
		errno = ECANCELED;
		return -1;
	}
	g->work += work;
	if (g->work / WORK_PER_MATCH < g->matches_max)
		return 0;
	errno = ERR_TOO_MANY;
	return -1;
}

/* Of making a word: copying is cheap. */
static size_t
cost_of_word(const char *pattern)
{
	return strlen(pattern) / 256 + 1;
}

/* Of a walk: a component may be two bytes, and is three system calls. */
static size_t
cost_of_walk(const char *path)
{
	return strlen(path) / 2 + 1;
}

/* Of fnmatch(3); it begins anew behind each star, and classes are slow. */
static size_t
cost_of_match(const char *pattern, const char *name)
{
	size_t unit = strchr(pattern, '[') == NULL ? 1024 : 64;

	return strlen(pattern) * strlen(name) / unit + 1;
}

static char *
get_bytes(struct glob *g, size_t size)
{
	char *p;

	if (size > GLOB_BYTES_MAX - g->bytes) {
		errno = ERR_TOO_MANY;
		return NULL;
	}
	if ((p = malloc(size)) != NULL)
		g->bytes += size;
	return p;
}

static void
give_back(struct glob *g, char *text)
{
	if (text != NULL)
		g->bytes -= strlen(text) + 1;
	free(text);
}

/* A new string of up to three parts. */
static char *
join(struct glob *g, const char *a, size_t alen, const char *b, size_t blen,
    const char *c)
{
	size_t clen = strlen(c);
	char *p;

	if ((p = get_bytes(g, alen + blen + clen + 1)) == NULL)
		return NULL;
	memcpy(p, a, alen);
	memcpy(p + alen, b, blen);
	memcpy(p + alen + blen, c, clen + 1);
	return p;
}

/* Append text, which is owned by the list from here on, even on failure. */
static int
list_add(struct glob *g, struct list *l, char *text)
{
	size_t room = l->room == 0 ? 16 : l->room * 2;
	char **v;

	if (text == NULL)
		return -1;
	if (l->n == l->room) {
		if ((v = reallocarray(l->v, room, sizeof(*v))) == NULL) {
			give_back(g, text);
			return -1;
		}
		l->v = v;
		l->room = room;
	}
	l->v[l->n++] = text;
	return 0;
}

static void
list_clear(struct glob *g, struct list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		give_back(g, l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

/* Append to the results a copy of text without its backslashes. */
static int
add_result(struct glob *g, const char *text)
{
	char *copy, **paths;

	paths = reallocarray(g->paths, g->n + 1, sizeof(*paths));
	if (paths == NULL)
		return -1;
	g->paths = paths;
	if ((copy = get_bytes(g, strlen(text) + 1)) == NULL)
		return -1;
	g->bytes -= strlen(text) - pattern_unquote(copy, text);
	g->paths[g->n++] = copy;
	return 0;
}

/* --- braces ----------------------------------------------------------- */

/* The word as a pattern; a longer one than any path is not worked on. */
static char *
pattern_of(struct glob *g, const struct word *word)
{
	char *p;

	if (word->len >= PATH_BYTES_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if ((p = get_bytes(g, 2 * word->len + 1)) == NULL)
		return NULL;
	g->bytes -= 2 * word->len -
	    pattern_quote(p, word->text, word->quoted, word->len);
	return p;
}

static void
reverse(char **v, size_t n)
{
	char *swap;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		swap = v[i];
		v[i] = v[n - 1 - i];
		v[n - 1 - i] = swap;
	}
}

/* Put one pattern for each alternative on the stack, the first on top. */
static int
push_alternatives(struct glob *g, struct list *stack, const char *p,
    const struct pattern_group *group)
{
	size_t first = stack->n, from = group->open + 1, to;

	for (;;) {
		to = pattern_alternative_end(p, from, group);
		if (spend_work(g, cost_of_word(p)) == -1 ||
		    list_add(g, stack,
			join(g, p, group->open, p + from, to - from,
			    p + group->close + 1)) == -1)
			return -1;
		if (to >= group->close)
			break;
		from = to + 1;
	}
	reverse(stack->v + first, stack->n - first);
	return 0;
}

/* --- names ------------------------------------------------------------ */

/* By the bytes of the names, without the backslashes that they have here. */
static int
compare_names(const void *a, const void *b)
{
	const char *p = *(char *const *)a;
	const char *q = *(char *const *)b;

	for (;; p++, q++) {
		p += *p == '\\';
		q += *q == '\\';
		if (*p != *q || *p == '\0')
			return (unsigned char)*p - (unsigned char)*q;
	}
}

static bool
is_match(struct glob *g, DIR *dir, const char *pattern, const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	    fnmatch(pattern, name, FNM_PERIOD) == 0 &&
	    gate_name(&g->root->gate, dirfd(dir), name) == 0;
}

/* A name that was read must survive the removal of backslashes later. */
static char *
join_escaped(struct glob *g, const char *prefix, const char *name)
{
	char escaped[2 * NAME_BYTES_MAX + 1];

	if (strlen(name) > NAME_BYTES_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	(void)pattern_quote_all(escaped, name);
	return join(g, prefix, strlen(prefix), escaped, strlen(escaped), "");
}

/* After a failure: is there nothing, as far as this client may know? */
static bool
is_absent(void)
{
	static const int errors[] = { ENOENT, ENOTDIR, EACCES, ELOOP,
		ENAMETOOLONG, ERR_TOO_DEEP, ERR_REFUSED };
	size_t i;

	for (i = 0; i < LENGTH(errors); i++) {
		if (errno == errors[i])
			return true;
	}
	return false;
}

/* Walk to what a pattern without magic names; false with errno. */
static bool
walk_to(struct glob *g, const char *pattern)
{
	size_t len;

	if (strlen(pattern) >= sizeof(g->path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	len = pattern_unquote(g->path, pattern);
	return root_walk(g->root, g->start, g->path, len, &g->place) == 0;
}

/*
 * Is there such a thing, or such a directory?  In doubt yes, and whoever uses
 * it will tell what is wrong.
 */
static bool
exists(struct glob *g, const char *pattern, bool as_dir)
{
	bool found;

	if (!walk_to(g, pattern))
		return !is_absent();
	found = as_dir ? g->place.dir != -1 : g->place.exists;
	root_leave(&g->place);
	return found;
}

/* Append prefix and name; one that files may not have must be a directory. */
static int
add_name(struct glob *g, const char *prefix, const char *name, struct list *out)
{
	char *path;
	int ret;

	if (out->n == g->matches_max) {
		errno = ERR_TOO_MANY;
		return -1;
	}
	path = join_escaped(g, prefix, name);
	if (path == NULL ||
	    policy_file_name(g->root->gate.policy, name) == POLICY_ALLOW ||
	    exists(g, path, true))
		return list_add(g, out, path);
	ret = spend_work(g, cost_of_walk(path));
	give_back(g, path);
	return ret;
}

static int
match_names(struct glob *g, DIR *dir, const char *prefix, const char *pattern,
    struct list *out)
{
	size_t first = out->n;
	struct dirent *entry;

	/* Names that cannot be read are not to be left out in silence. */
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (spend_work(g, cost_of_match(pattern, entry->d_name)) == -1)
			return -1;
		if (is_match(g, dir, pattern, entry->d_name) &&
		    add_name(g, prefix, entry->d_name, out) == -1)
			return -1;
	}
	if (errno != 0)
		return -1;
	if (out->n > first)
		qsort(out->v + first, out->n - first, sizeof(*out->v),
		    compare_names);
	return 0;
}

/* A directory to read names from, or NULL with errno. */
static DIR *
open_prefix(struct glob *g, const char *prefix)
{
	DIR *dir = NULL;
	int fd = -1, saved;

	if (!walk_to(g, prefix))
		return NULL;
	errno = ENOTDIR;
	if (g->place.dir != -1)
		fd = entry_open_dir(g->place.dir, ".");
	root_leave(&g->place);
	if (fd != -1 && (dir = fdopendir(fd)) == NULL) {
		saved = errno;
		(void)close(fd);
		errno = saved;
	}
	return dir;
}

/* Match one component in the directory that prefix names. */
static int
expand_in(
    struct glob *g, const char *prefix, const char *pattern, struct list *out)
{
	DIR *dir;
	int ret;

	if (spend_work(g, cost_of_walk(prefix)) == -1)
		return -1;
	if ((dir = open_prefix(g, prefix)) == NULL)
		return is_absent() ? 0 : -1;
	ret = match_names(g, dir, prefix, pattern, out);
	(void)closedir(dir);
	return ret;
}

/* From prefixes to prefixes with one more component. */
static int
expand_component(
    struct glob *g, struct list *prefixes, const char *component, size_t len)
{
	struct list next = { 0 };
	char *pattern;
	size_t i;
	int ret = 0;

	if ((pattern = join(g, component, len, "", 0, "")) == NULL)
		return -1;
	for (i = 0; i < prefixes->n && ret == 0; i++) {
		if (pattern_has_magic(pattern, len))
			ret = expand_in(g, prefixes->v[i], pattern, &next);
		else if ((ret = spend_work(g, cost_of_word(pattern))) == 0)
			ret = list_add(g, &next,
			    join(g, prefixes->v[i], strlen(prefixes->v[i]),
				pattern, len, ""));
	}
	give_back(g, pattern);
	list_clear(g, prefixes);
	*prefixes = next;
	return ret;
}

/* Append one of possibly many results of an expansion. */
static int
add_match(struct glob *g, const char *text)
{
	if (g->matches == g->matches_max) {
		errno = ERR_TOO_MANY;
		return -1;
	}
	g->matches++;
	return add_result(g, text);
}

/* Of results whose last components had no magic, those that exist. */
static int
add_existing(struct glob *g, const struct list *l, bool is_checked)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (spend_work(g, cost_of_walk(l->v[i])) == -1)
			return -1;
		if ((is_checked || exists(g, l->v[i], false)) &&
		    add_match(g, l->v[i]) == -1)
			return -1;
	}
	return 0;
}

static int
expand_components(struct glob *g, const char *pattern, struct list *prefixes)
{
	size_t slashes, len;
	const char *p;
	bool magic = false;

	if (list_add(g, prefixes, join(g, "", 0, "", 0, "")) == -1)
		return -1;
	for (p = pattern; *p != '\0' && prefixes->n > 0; p += len) {
		slashes = strspn(p, "/");
		len = slashes + strcspn(p + slashes, "/");
		/* Slashes belong to the component behind them. */
		if (slashes > 0 && expand_component(g, prefixes, "/", 1) == -1)
			return -1;
		magic = pattern_has_magic(p + slashes, len - slashes);
		if (len > slashes &&
		    expand_component(g, prefixes, p + slashes, len - slashes) ==
			-1)
			return -1;
	}
	return add_existing(g, prefixes, magic);
}

/* One pattern without braces; is_only: the word had none at all. */
static int
expand_pattern(struct glob *g, const char *pattern, bool is_only)
{
	struct list prefixes = { 0 };
	size_t before = g->n;
	int ret = 0;

	if (pattern_has_magic(pattern, strlen(pattern)))
		ret = expand_components(g, pattern, &prefixes);
	list_clear(g, &prefixes);
	if (ret == 0 && g->n == before)
		ret = is_only ? add_result(g, pattern) : add_match(g, pattern);
	return ret;
}

static int
add_as_typed(struct glob *g, const struct word *word)
{
	char *pattern;
	int ret;

	if ((pattern = pattern_of(g, word)) == NULL)
		return -1;
	ret = add_result(g, pattern);
	give_back(g, pattern);
	return ret;
}

int
glob_add(struct glob *g, const struct word *word)
{
	struct list stack = { 0 };
	struct pattern_group group;
	size_t before = g->n;
	bool is_only = true;
	char *pattern;
	int ret, found;

	ret = list_add(g, &stack, pattern_of(g, word));
	while (ret == 0 && stack.n > 0) {
		pattern = stack.v[--stack.n];
		found = pattern_find_group(pattern, &group);
		if (found == 1) {
			is_only = false;
			ret = push_alternatives(g, &stack, pattern, &group);
		} else if (found == -1) {
			ret = -1;
		} else if (*pattern != '\0') {
			/* Alternatives that leave nothing are no words. */
			ret = expand_pattern(g, pattern, is_only);
		}
		give_back(g, pattern);
	}
	list_clear(g, &stack);
	if (ret == 0 && g->n == before)
		ret = add_as_typed(g, word);
	return ret;
}

void
glob_clear(struct glob *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		give_back(g, g->paths[i]);
	free(g->paths);
	g->paths = NULL;
	g->n = 0;
}

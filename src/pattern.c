/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "pattern.h"

#include <stdlib.h>
#include <string.h>

static bool
is_special(char c)
{
	/* The last three in brackets. */
	return c != '\0' && strchr("\\*?[]{},!^-", c) != NULL;
}

size_t
pattern_quote(char *dst, const char *text, const bool *quoted, size_t len)
{
	char *out = dst;
	size_t i;

	for (i = 0; i < len; i++) {
		if (quoted[i] && is_special(text[i]))
			*out++ = '\\';
		*out++ = text[i];
	}
	*out = '\0';
	return (size_t)(out - dst);
}

size_t
pattern_quote_all(char *dst, const char *text)
{
	char *out = dst;

	for (; *text != '\0'; text++) {
		if (is_special(*text))
			*out++ = '\\';
		*out++ = *text;
	}
	*out = '\0';
	return (size_t)(out - dst);
}

size_t
pattern_unquote(char *dst, const char *pattern)
{
	char *out = dst;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '\\' && pattern[1] != '\0')
			pattern++;
		*out++ = *pattern;
	}
	*out = '\0';
	return (size_t)(out - dst);
}

/* Step over one byte, or over a backslash and what it quotes. */
static size_t
one(const char *p)
{
	return p[0] == '\\' && p[1] != '\0' ? 2 : 1;
}

bool
pattern_has_magic(const char *pattern, size_t len)
{
	size_t i;

	for (i = 0; i < len; i += one(pattern + i)) {
		if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[')
			return true;
	}
	return false;
}

/* An open brace on the way through a pattern. */
struct brace {
	size_t at;
	bool has_comma;
};

/* A brace that closes: is its group the first outermost one so far? */
static bool
is_first(const struct brace *b, bool found, const struct pattern_group *group)
{
	return b->has_comma && (!found || b->at < group->open);
}

static bool
scan(const char *p, struct brace *stack, struct pattern_group *group)
{
	size_t i, depth = 0;
	bool found = false;

	for (i = 0; p[i] != '\0'; i += one(p + i)) {
		if (p[i] == '{') {
			stack[depth].has_comma = false;
			stack[depth++].at = i;
		} else if (p[i] == ',' && depth > 0) {
			stack[depth - 1].has_comma = true;
		} else if (p[i] == '}' && depth > 0 &&
		    is_first(&stack[--depth], found, group)) {
			found = true;
			group->open = stack[depth].at;
			group->close = i;
		}
	}
	return found;
}

int
pattern_find_group(const char *pattern, struct pattern_group *group)
{
	struct brace *stack;
	bool found;

	if (strchr(pattern, '{') == NULL)
		return 0;
	if ((stack = calloc(strlen(pattern), sizeof(*stack))) == NULL)
		return -1;
	found = scan(pattern, stack, group);
	free(stack);
	return found;
}

size_t
pattern_alternative_end(
    const char *pattern, size_t from, const struct pattern_group *group)
{
	size_t depth = 0, i;

	for (i = from; i < group->close; i += one(pattern + i)) {
		if (pattern[i] == ',' && depth == 0)
			break;
		if (pattern[i] == '{')
			depth++;
		else if (pattern[i] == '}' && depth > 0)
			depth--;
	}
	return i;
}

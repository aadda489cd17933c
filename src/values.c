/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "values.h"

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsd.h"
#include "pattern.h"
#include "policy.h"
#include "spelling.h"
#include "text.h"

#define BLANKS " \t"

static bool
is_absent(const struct value_type *type, const char *text)
{
	return type->absent != NULL && spelling_same(text, type->absent);
}

static bool
is_within(const struct value_type *type, long long n)
{
	return n >= type->least && n <= type->most;
}

/* Prints the word for no value where n stands for that. */
static bool
print_absent(const struct value_type *type, long long n, char *dst, size_t size)
{
	if (type->absent == NULL || n != type->instead)
		return false;
	(void)snprintf(dst, size, "%s", type->absent);
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* strtonum(3), which alone would take blanks and signs too. */
static bool
read_number(const char *text, long long least, long long most, long long *n)
{
	const char *error;

	if (!is_digit(text[0]))
		return false;
	*n = strtonum(text, least, most, &error);
	return error == NULL;
}

bool
value_parse_count(const struct value_type *type, const char *text, void *field)
{
	unsigned *count = field;
	long long n = type->instead;

	if (!is_absent(type, text) &&
	    !read_number(text, type->least, type->most, &n))
		return false;
	if (count != NULL)
		*count = (unsigned)n;
	return true;
}

void
value_print_count(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const unsigned *count = field;

	if (!print_absent(type, *count, dst, size))
		(void)snprintf(dst, size, "%u", *count);
}

/* dehumanize_number(3), which alone would take signs, blanks and more units. */
static bool
read_size(const struct value_type *type, const char *text, long long *bytes)
{
	const char *unit;
	int64_t n;

	unit = text + strspn(text, "0123456789");
	if (unit == text || strchr("KkMmGgTt", *unit) == NULL ||
	    (*unit != '\0' && unit[1] != '\0') ||
	    dehumanize_number(text, &n) == -1)
		return false;
	*bytes = n;
	return is_within(type, n);
}

static void
print_size(long long n, char *dst, size_t size)
{
	static const char units[] = "KMGT";
	char unit[2] = "";
	size_t i;

	for (i = 0; n != 0 && n % 1024 == 0 && units[i] != '\0'; i++) {
		n /= 1024;
		unit[0] = units[i];
	}
	(void)snprintf(dst, size, "%lld%s", n, unit);
}

bool
value_parse_size(const struct value_type *type, const char *text, void *field)
{
	off_t *bytes = field;
	long long n = type->instead;

	if (!is_absent(type, text) && !read_size(type, text, &n))
		return false;
	if (bytes != NULL)
		*bytes = (off_t)n;
	return true;
}

void
value_print_size(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const off_t *bytes = field;

	if (!print_absent(type, *bytes, dst, size))
		print_size(*bytes, dst, size);
}

static bool
read_percent(const char *text, unsigned *percent)
{
	char digits[3] = "";
	const size_t len = strcspn(text, "%");
	long long n;

	if (len >= sizeof(digits) || text[len] == '\0' || text[len + 1] != '\0')
		return false;
	memcpy(digits, text, len);
	if (!read_number(digits, 1, 99, &n))
		return false;
	*percent = (unsigned)n;
	return true;
}

bool
value_parse_space(const struct value_type *type, const char *text, void *field)
{
	struct policy_space *space = field;
	struct policy_space wanted = { 0 };
	long long n = type->instead;

	if (!is_absent(type, text) && !read_percent(text, &wanted.percent) &&
	    !read_size(type, text, &n))
		return false;
	wanted.bytes = (off_t)n;
	if (space != NULL)
		*space = wanted;
	return true;
}

void
value_print_space(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const struct policy_space *space = field;

	if (space->percent != 0)
		(void)snprintf(dst, size, "%u%%", space->percent);
	else
		value_print_size(type, &space->bytes, dst, size);
}

static const struct {
	char letter;
	unsigned seconds;
} units[] = {
	{ 'w', 7 * 24 * 60 * 60 },
	{ 'd', 24 * 60 * 60 },
	{ 'h', 60 * 60 },
	{ 'm', 60 },
	{ 's', 1 },
};

/* The unit that *text begins with, in seconds; 0: none.  *text moves on. */
static unsigned
read_unit(const char **text)
{
	size_t i;

	if (**text == '\0')
		return 1;
	for (i = 0; i < LENGTH(units); i++) {
		if (spelling_lower(**text) == units[i].letter) {
			++*text;
			return units[i].seconds;
		}
	}
	return 0;
}

static bool
read_time(const struct value_type *type, const char *text, long long *seconds)
{
	long long n;
	unsigned unit;

	*seconds = 0;
	do {
		if (!is_digit(*text))
			return false;
		for (n = 0; is_digit(*text); text++) {
			n = n * 10 + (*text - '0');
			if (n > type->most)
				return false;
		}
		unit = read_unit(&text);
		*seconds += n * unit;
		if (unit == 0 || *seconds > type->most)
			return false;
	} while (*text != '\0');
	return is_within(type, *seconds);
}

bool
value_parse_time(const struct value_type *type, const char *text, void *field)
{
	unsigned *seconds = field;
	long long n = type->instead;

	if (!is_absent(type, text) && !read_time(type, text, &n))
		return false;
	if (seconds != NULL)
		*seconds = (unsigned)n;
	return true;
}

void
value_print_time(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const unsigned *seconds = field;
	unsigned rest = *seconds;
	size_t used = 0;
	size_t i;

	if (print_absent(type, rest, dst, size))
		return;
	for (i = 0; i < LENGTH(units) && used < size; i++) {
		if (rest < units[i].seconds)
			continue;
		used += (size_t)snprintf(dst + used, size - used, "%u%c",
		    rest / units[i].seconds, units[i].letter);
		rest %= units[i].seconds;
	}
}

static bool
read_octal(const struct value_type *type, const char *text, long long *mode)
{
	long long m = 0;

	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '7')
			return false;
		m = m * 8 + (*text - '0');
		if (m > type->most)
			return false;
	}
	*mode = m;
	return true;
}

bool
value_parse_mode(const struct value_type *type, const char *text, void *field)
{
	mode_t *mode = field;
	long long m = type->instead;

	if (!is_absent(type, text) && !read_octal(type, text, &m))
		return false;
	if (mode != NULL)
		*mode = (mode_t)m;
	return true;
}

void
value_print_mode(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const mode_t *mode = field;

	if (!print_absent(type, *mode, dst, size))
		(void)snprintf(dst, size, "%04o", (unsigned)*mode);
}

static bool
read_name(const struct value_type *type, const char *text, unsigned *index)
{
	unsigned i;

	for (i = 0; type->names[i] != NULL; i++) {
		if (spelling_same(text, type->names[i])) {
			*index = i;
			return true;
		}
	}
	return false;
}

bool
value_parse_enum(const struct value_type *type, const char *text, void *field)
{
	unsigned i;

	if (!read_name(type, text, &i))
		return false;
	if (field != NULL)
		memcpy(field, &i, sizeof(i));
	return true;
}

void
value_print_enum(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	unsigned i;

	memcpy(&i, field, sizeof(i));
	(void)snprintf(dst, size, "%s", type->names[i]);
}

bool
value_parse_bool(const struct value_type *type, const char *text, void *field)
{
	bool *flag = field;
	unsigned i;

	if (!read_name(type, text, &i))
		return false;
	if (flag != NULL)
		*flag = i != 0;
	return true;
}

void
value_print_bool(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const bool *flag = field;

	(void)snprintf(dst, size, "%s", type->names[*flag]);
}

static bool
take_text(const struct value_type *type, const char *text, void *field)
{
	const size_t len = strlen(text);

	if (len >= (size_t)type->most)
		return false;
	if (field != NULL)
		memcpy(field, text, len + 1);
	return true;
}

/* No text at all is the empty one. */
bool
value_parse_text(const struct value_type *type, const char *text, void *field)
{
	char plain[MESSAGE_BYTES_MAX];

	if (is_absent(type, text))
		return take_text(type, "", field);
	(void)text_plain(plain, sizeof(plain), text, strlen(text));
	return strcmp(plain, text) == 0 && take_text(type, plain, field);
}

void
value_print_text(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const char *text = field;

	if (text[0] == '\0' && type->absent != NULL)
		text = type->absent;
	(void)snprintf(dst, size, "%s", text);
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\177';
}

/* A token that identity_expand() does not have is refused here already. */
bool
value_parse_path(const struct value_type *type, const char *text, void *field)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (is_control(*p))
			return false;
		if (*p != '%')
			continue;
		p++;
		if (*p == '\0' || strchr("%hUu", *p) == NULL)
			return false;
	}
	return take_text(type, text, field);
}

/* A row may also know words that stand for other places than a file. */
bool
value_parse_absolute(
    const struct value_type *type, const char *text, void *field)
{
	unsigned i;

	if (is_absent(type, text))
		return take_text(type, "", field);
	if (type->names != NULL && read_name(type, text, &i))
		return take_text(type, type->names[i], field);
	return (text[0] == '/' || strncmp(text, "%h", 2) == 0) &&
	    value_parse_path(type, text, field);
}

/*
 * The next pattern of *text to dst, which has room for it; *text moves behind
 * it.  False: a quote or a byte is missing, or it is no single name's.
 */
static bool
next_name(const char **text, char *dst)
{
	const char *p = *text;
	char *end = dst;
	bool quoted = false;

	for (; *p != '\0' && (quoted || strchr(BLANKS, *p) == NULL); p++) {
		if (!quoted && text_is_lookalike(p, p == *text))
			return false;
		if (*p == '"') {
			quoted = !quoted;
			continue;
		}
		if (*p == '\\')
			*end++ = *p++;
		if (*p == '\0' || *p == '/')
			return false;
		*end++ = *p;
	}
	*end = '\0';
	*text = p;
	return !quoted && end > dst;
}

/* Behind the bracket that closes what begins at p, or NULL. */
static const char *
behind_bracket(const char *p)
{
	char class[] = ":]";

	p++;
	if (*p == '!' || *p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p != ']'; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return NULL;
		if (*p != '[' || p[1] == '\0' || strchr(":.=", p[1]) == NULL)
			continue;
		class[0] = p[1];
		if ((p = strstr(p + 2, class)) == NULL)
			return NULL;
		p++;
	}
	return p + 1;
}

/*
 * fnmatch(3) takes lists with commas, braces and open brackets as they stand:
 * a list of names that are denied would deny others than was meant.
 */
static bool
is_as_meant(const char *pattern)
{
	struct pattern_group group;
	const char *p = pattern;
	bool comma = false;

	if (pattern_find_group(pattern, &group) != 0)
		return false;
	while (p != NULL && *p != '\0') {
		comma = *p == ',';
		if (*p == '\\' && p[1] != '\0')
			p += 2;
		else
			p = *p == '[' ? behind_bracket(p) : p + 1;
	}
	return p != NULL && !comma;
}

/* What goes around a name that is written in a list. */
static const char *
quote_of(const struct value_type *type, const char *name)
{
	const char *p;

	if (is_absent(type, name))
		return "\"";
	for (p = name; *p != '\0'; p++) {
		if (strchr(BLANKS "#", *p) != NULL ||
		    text_is_lookalike(p, p == name))
			return "\"";
	}
	return "";
}

bool
value_parse_names(const struct value_type *type, const char *text, void *field)
{
	char names[POLICY_NAMES_BYTES];
	char *end = names;
	size_t written = 0;

	/* A name needs no more room than it takes in the text, nor its NUL. */
	if (is_absent(type, text))
		text = "";
	else if (strlen(text) + 2 > sizeof(names) || strchr(text, '\n') != NULL)
		return false;
	for (text += strspn(text, BLANKS); *text != '\0';
	     text += strspn(text, BLANKS)) {
		if (!next_name(&text, end) || !is_as_meant(end))
			return false;
		written += strlen(end) + 2 * strlen(quote_of(type, end)) + 1;
		end += strlen(end) + 1;
	}
	/* The list can be written again, with quotes that it had not. */
	if (written + 1 > sizeof(names))
		return false;
	*end++ = '\0';
	if (field != NULL)
		memcpy(field, names, (size_t)(end - names));
	return true;
}

void
value_print_names(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const char *name = field;
	const char *quote;
	size_t used = 0;

	(void)snprintf(dst, size, "%s", name[0] == '\0' ? type->absent : "");
	for (; name[0] != '\0' && used < size; name += strlen(name) + 1) {
		quote = quote_of(type, name);
		used += (size_t)snprintf(dst + used, size - used, "%s%s%s%s",
		    used == 0 ? "" : " ", quote, name, quote);
	}
}

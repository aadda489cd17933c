/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "settings.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <bsd/stdlib.h>

#include "text.h"

/* The names in the table have fewer bytes. */
#define KEYWORD_BYTES_MAX 32

/* Bytes of a bad value in a message, quotes included. */
#define QUOTED_BYTES_MAX 128

#define BLANKS " \t"

struct row {
	const char *name;
	int letter;           /* 0: none */
	const char *preset;   /* what a letter without a value stands for */
	const char *first;    /* the default; NULL: what policy_init() gives */
	const char *expected; /* of a value, for whoever wrote another one */
	size_t field;         /* its offset in struct settings */
	size_t limit;         /* the size of a text, the greatest number */
	/* Without a field it only checks; false: the field is as it was. */
	bool (*parse)(const struct row *row, const char *value, void *field);
	void (*print)(const void *field, char *dst, size_t size);
};

/* Octal digits; not above 0777, so that no set-id bit can be forced. */
static bool
parse_mode(const struct row *row, const char *value, void *field)
{
	mode_t *mode = field;
	mode_t m = 0;

	for (; *value != '\0'; value++) {
		if (*value < '0' || *value > '7')
			return false;
		m = m * 8 + (mode_t)(*value - '0');
		if (m > row->limit)
			return false;
	}
	if (mode != NULL)
		*mode = m;
	return true;
}

static void
print_mode(const void *field, char *dst, size_t size)
{
	const mode_t *mode = field;

	if (*mode == POLICY_MODE_UNSET)
		(void)snprintf(dst, size, "none");
	else
		(void)snprintf(dst, size, "%04o", (unsigned)*mode);
}

/* strtonum(3), which alone would take blanks and signs too. */
static bool
parse_count(const struct row *row, const char *value, void *field)
{
	unsigned *count = field;
	const char *error;
	long long n;

	if (!isdigit((unsigned char)value[0]))
		return false;
	n = strtonum(value, 1, (long long)row->limit, &error);
	if (error != NULL)
		return false;
	if (count != NULL)
		*count = (unsigned)n;
	return true;
}

static void
print_count(const void *field, char *dst, size_t size)
{
	const unsigned *count = field;

	(void)snprintf(dst, size, "%u", *count);
}

/* dehumanize_number(3), which alone would take signs, blanks and more units. */
static bool
parse_size(const struct row *row, const char *value, void *field)
{
	off_t *bytes = field;
	const char *unit;
	int64_t n;

	(void)row;
	unit = value + strspn(value, "0123456789");
	if (unit == value || strchr("KkMmGgTt", *unit) == NULL ||
	    (*unit != '\0' && unit[1] != '\0') ||
	    dehumanize_number(value, &n) == -1)
		return false;
	if (bytes != NULL)
		*bytes = n;
	return true;
}

static void
print_size(const void *field, char *dst, size_t size)
{
	static const char units[] = "KMGT";
	const off_t *bytes = field;
	long long n = *bytes;
	char unit[2] = "";
	size_t i;

	for (i = 0; n != 0 && n % 1024 == 0 && units[i] != '\0'; i++) {
		n /= 1024;
		unit[0] = units[i];
	}
	(void)snprintf(dst, size, "%lld%s", n, unit);
}

static bool
parse_text(const struct row *row, const char *value, void *field)
{
	char plain[MESSAGE_BYTES_MAX];
	size_t len;

	len = text_plain(plain, sizeof(plain), value, strlen(value));
	if (strcmp(plain, value) != 0 || len >= row->limit)
		return false;
	if (field != NULL)
		memcpy(field, plain, len + 1);
	return true;
}

static void
print_text(const void *field, char *dst, size_t size)
{
	const char *text = field;

	(void)snprintf(dst, size, "%s", text);
}

/* A token that identity_expand() does not have is refused here already. */
static bool
parse_path(const struct row *row, const char *value, void *field)
{
	const char *p;

	for (p = strchr(value, '%'); p != NULL; p = strchr(p + 2, '%')) {
		if (p[1] == '\0' || strchr("%hUu", p[1]) == NULL)
			return false;
	}
	if (strlen(value) >= row->limit)
		return false;
	if (field != NULL)
		memcpy(field, value, strlen(value) + 1);
	return true;
}

static bool
parse_root(const struct row *row, const char *value, void *field)
{
	return (value[0] == '/' || strncmp(value, "%h", 2) == 0) &&
	    parse_path(row, value, field);
}

static const char *const access_names[] = {
	[POLICY_READ_WRITE] = "read-write",
	[POLICY_READ_ONLY] = "read-only",
	[POLICY_WRITE_ONLY] = "write-only",
};

static bool
parse_access(const struct row *row, const char *value, void *field)
{
	enum policy_access *access = field;
	size_t i;

	(void)row;
	for (i = 0; i < LENGTH(access_names); i++) {
		if (strcasecmp(value, access_names[i]) == 0) {
			if (access != NULL)
				*access = (enum policy_access)i;
			return true;
		}
	}
	return false;
}

static void
print_access(const void *field, char *dst, size_t size)
{
	const enum policy_access *access = field;

	(void)snprintf(dst, size, "%s", access_names[*access]);
}

static bool
parse_level(const struct row *row, const char *value, void *field)
{
	enum log_level level;

	(void)row;
	if (!log_level_parse(value, &level))
		return false;
	if (field != NULL)
		memcpy(field, &level, sizeof(level));
	return true;
}

static void
print_level(const void *field, char *dst, size_t size)
{
	const enum log_level *level = field;

	(void)snprintf(dst, size, "%s", log_level_name(*level));
}

static bool
parse_facility(const struct row *row, const char *value, void *field)
{
	int facility;

	(void)row;
	if (!log_facility_parse(value, &facility))
		return false;
	if (field != NULL)
		memcpy(field, &facility, sizeof(facility));
	return true;
}

static void
print_facility(const void *field, char *dst, size_t size)
{
	const int *facility = field;

	(void)snprintf(dst, size, "%s", log_facility_name(*facility));
}

/* name, letter, preset, default, expected, field, limit, parse, print */
#define FIELD(name) offsetof(struct settings, name)
/* clang-format off */
static const struct row rows[SETTINGS__COUNT] = {
	[SETTINGS_ROOT] = { "Root", 'r', NULL, "%h",
	    "an absolute path or one that begins with %h; the tokens are "
	    "%h, %u, %U and %%",
	    FIELD(root), SETTINGS_PATH_BYTES,
	    parse_root, print_text },
	[SETTINGS_START_DIRECTORY] = { "StartDirectory", 'd', NULL, "/",
	    "a path inside the root; the tokens are %h, %u, %U and %%",
	    FIELD(start_directory), SETTINGS_PATH_BYTES,
	    parse_path, print_text },
	[SETTINGS_ACCESS] = { "Access", 'R', "read-only", NULL,
	    "read-only, write-only or read-write",
	    FIELD(policy.access), 0, parse_access, print_access },
	[SETTINGS_UMASK] = { "Umask", 'u', NULL, NULL,
	    "octal digits up to 0777",
	    FIELD(policy.umask), 0777, parse_mode, print_mode },
	[SETTINGS_FILE_MODE] = { "FileMode", 'm', NULL, NULL,
	    "octal digits up to 0777",
	    FIELD(policy.file_mode), 0777, parse_mode, print_mode },
	[SETTINGS_DIRECTORY_MODE] = { "DirectoryMode", 0, NULL, NULL,
	    "octal digits up to 0777",
	    FIELD(policy.directory_mode), 0777, parse_mode, print_mode },
	[SETTINGS_MAX_DEPTH] = { "MaxDepth", 0, NULL, NULL,
	    "a number from 1 to 256",
	    FIELD(policy.max_depth), DEPTH_MAX, parse_count, print_count },
	[SETTINGS_MAX_MATCHES] = { "MaxMatches", 0, NULL, NULL,
	    "a number from 1 to 1000000",
	    FIELD(policy.max_matches), 1000000, parse_count, print_count },
	[SETTINGS_DISCARD_LIMIT] = { "DiscardLimit", 0, NULL, NULL,
	    "a number of bytes, perhaps with K, M, G or T",
	    FIELD(policy.discard_limit), 0, parse_size, print_size },
	[SETTINGS_LOG_LEVEL] = { "LogLevel", 'l', NULL, "INFO",
	    "QUIET, FATAL, ERROR, INFO, VERBOSE or DEBUG",
	    FIELD(log_level), 0, parse_level, print_level },
	[SETTINGS_LOG_FACILITY] = { "LogFacility", 'f', NULL, "AUTH",
	    "DAEMON, USER, AUTH, AUTHPRIV or LOCAL0 to LOCAL7",
	    FIELD(log_facility), 0, parse_facility, print_facility },
	[SETTINGS_LOGIN_MESSAGE] = { "LoginMessage", 0, NULL,
	    "This account transfers files with scp only; there is no shell.",
	    "one line of printable text, at most 511 bytes",
	    FIELD(login_message), MESSAGE_BYTES_MAX, parse_text, print_text },
};
/* clang-format on */
_Static_assert(DEPTH_MAX == 256 && MESSAGE_BYTES_MAX == 512,
    "the texts in the table name them");

void
settings_init(struct settings *s)
{
	const struct row *row;

	/* The texts are not cleared: what is not used costs no memory. */
	memset(s->is_set, 0, sizeof(s->is_set));
	policy_init(&s->policy);
	for (row = rows; row < rows + LENGTH(rows); row++) {
		if (row->first != NULL)
			(void)row->parse(
			    row, row->first, (char *)s + row->field);
	}
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters must be put in, left out or changed to make one word of
 * the other, whatever their case.  b is a name in the table.
 */
static size_t
edit_distance(const char *a, const char *b)
{
	const size_t len = strlen(b);
	size_t cost[KEYWORD_BYTES_MAX];
	size_t corner;
	size_t above;
	size_t i;
	size_t k;

	for (k = 0; k <= len; k++)
		cost[k] = k;
	for (i = 0; a[i] != '\0'; i++) {
		corner = cost[0];
		cost[0] = i + 1;
		for (k = 0; k < len; k++) {
			above = cost[k + 1];
			if (tolower((unsigned char)a[i]) !=
			    tolower((unsigned char)b[k]))
				corner++;
			cost[k + 1] = least(corner, least(above, cost[k]) + 1);
			corner = above;
		}
	}
	return cost[len];
}

static void
explain_unknown(const char *keyword, char *err, size_t errsize)
{
	const struct row *row;
	const char *best = NULL;
	size_t distance;
	size_t nearest = SIZE_MAX;

	for (row = rows; row < rows + LENGTH(rows); row++) {
		distance = edit_distance(keyword, row->name);
		if (distance < nearest && distance * 2 < strlen(row->name)) {
			nearest = distance;
			best = row->name;
		}
	}
	(void)text_format(err, errsize, "unknown keyword %.64s%s%s%s", keyword,
	    best == NULL ? "" : ": did you mean ", best == NULL ? "" : best,
	    best == NULL ? "" : "?");
}

static bool
set_row(struct settings *s, const struct row *row, const char *value, char *err,
    size_t errsize)
{
	bool *is_set = &s->is_set[row - rows];
	char quoted[QUOTED_BYTES_MAX];

	if (value[0] == '\0' ||
	    !row->parse(row, value, *is_set ? NULL : (char *)s + row->field)) {
		(void)text_quote(quoted, sizeof(quoted), value, strlen(value));
		(void)text_format(err, errsize, "%s %s: expected %s", row->name,
		    quoted, row->expected);
		return false;
	}
	*is_set = true;
	s->policy.umask_is_set = s->is_set[SETTINGS_UMASK];
	return true;
}

bool
settings_set(struct settings *s, const char *keyword, const char *value,
    char *err, size_t errsize)
{
	const struct row *row;

	for (row = rows; row < rows + LENGTH(rows); row++) {
		if (strcasecmp(keyword, row->name) == 0)
			return set_row(s, row, value, err, errsize);
	}
	explain_unknown(keyword, err, errsize);
	return false;
}

/* Cut blanks off the end, then one pair of quotes; false: no pair. */
static bool
trim(char **text)
{
	char *p = *text;
	size_t len;

	len = strlen(p);
	while (len > 0 && strchr(BLANKS, p[len - 1]) != NULL)
		len--;
	p[len] = '\0';
	if (p[0] != '"')
		return true;
	if (strchr(p + 1, '"') != p + len - 1)
		return false;
	p[len - 1] = '\0';
	*text = p + 1;
	return true;
}

/* *line is ours to change. */
static bool
set_words(struct settings *s, char *line, char *err, size_t errsize)
{
	char *keyword;
	char *end;
	char *value;

	keyword = line + strspn(line, BLANKS);
	end = keyword + strcspn(keyword, BLANKS "=");
	if (end == keyword) {
		(void)text_format(err, errsize,
		    "a keyword and its value are expected: Keyword=value");
		return false;
	}
	value = end + strspn(end, BLANKS);
	if (*value == '=')
		value += 1 + strspn(value + 1, BLANKS);
	*end = '\0';
	if (!trim(&value)) {
		(void)text_format(err, errsize,
		    "%s: the value is not between two quotes", keyword);
		return false;
	}
	return settings_set(s, keyword, value, err, errsize);
}

bool
settings_set_line(
    struct settings *s, const char *line, char *err, size_t errsize)
{
	char *copy;
	bool ok;

	copy = strdup(line);
	if (copy == NULL) {
		(void)text_format(err, errsize, "out of memory");
		return false;
	}
	ok = set_words(s, copy, err, errsize);
	free(copy);
	return ok;
}

bool
settings_set_letter(struct settings *s, int letter, const char *value,
    char *err, size_t errsize)
{
	const struct row *row;

	for (row = rows; row < rows + LENGTH(rows); row++) {
		if (row->letter == letter && letter != 0)
			return set_row(s, row,
			    row->preset != NULL ? row->preset : value, err,
			    errsize);
	}
	(void)text_format(err, errsize, "unknown option -%c", letter);
	return false;
}

const char *
settings_name(enum settings_keyword keyword)
{
	return rows[keyword].name;
}

void
settings_print(const struct settings *s, enum settings_keyword keyword,
    char *dst, size_t size)
{
	rows[keyword].print((const char *)s + rows[keyword].field, dst, size);
}

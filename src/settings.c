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

#include "spelling.h"
#include "text.h"

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
	const char *const *names; /* of limit values, from 0; else NULL */
	/* Without a field it only checks; false: the field is as it was. */
	bool (*parse)(const struct row *row, const char *value, void *field);
	void (*print)(const void *field, char *dst, size_t size); /* no names */
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

static const char *const choice_names[] = {
	[SETTINGS_AUTO] = "auto",
	[SETTINGS_YES] = "yes",
	[SETTINGS_NO] = "no",
};

static const char *const seccomp_names[] = {
	[SETTINGS_SECCOMP_KILL] = "kill",
	[SETTINGS_SECCOMP_ERRNO] = "errno",
	[SETTINGS_SECCOMP_LOG] = "log",
};

/* An enumerator: the place of value in the row's names. */
static bool
parse_name(const struct row *row, const char *value, void *field)
{
	unsigned i;

	for (i = 0; i < row->limit; i++) {
		if (strcasecmp(value, row->names[i]) == 0) {
			if (field != NULL)
				memcpy(field, &i, sizeof(i));
			return true;
		}
	}
	return false;
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

/* name, letter, preset, default, expected, field, limit, names, parse, print */
#define FIELD(name) offsetof(struct settings, name)
/* clang-format off */
static const struct row rows[SETTINGS__COUNT] = {
	[SETTINGS_ROOT] = { "Root", 'r', NULL, "%h",
	    "an absolute path or one that begins with %h; the tokens are "
	    "%h, %u, %U and %%",
	    FIELD(root), SETTINGS_PATH_BYTES, NULL,
	    parse_root, print_text },
	[SETTINGS_START_DIRECTORY] = { "StartDirectory", 'd', NULL, "/",
	    "a path inside the root; the tokens are %h, %u, %U and %%",
	    FIELD(start_directory), SETTINGS_PATH_BYTES, NULL,
	    parse_path, print_text },
	[SETTINGS_ACCESS] = { "Access", 'R', "read-only", NULL,
	    "read-only, write-only or read-write",
	    FIELD(policy.access), LENGTH(access_names), access_names,
	    parse_name, NULL },
	[SETTINGS_UMASK] = { "Umask", 'u', NULL, NULL,
	    "octal digits up to 0777",
	    FIELD(policy.umask), 0777, NULL, parse_mode, print_mode },
	[SETTINGS_FILE_MODE] = { "FileMode", 'm', NULL, NULL,
	    "octal digits up to 0777",
	    FIELD(policy.file_mode), 0777, NULL, parse_mode, print_mode },
	[SETTINGS_DIRECTORY_MODE] = { "DirectoryMode", 0, NULL, NULL,
	    "octal digits up to 0777",
	    FIELD(policy.directory_mode), 0777, NULL, parse_mode, print_mode },
	[SETTINGS_MAX_DEPTH] = { "MaxDepth", 0, NULL, NULL,
	    "a number from 1 to 256",
	    FIELD(policy.max_depth), DEPTH_MAX, NULL,
	    parse_count, print_count },
	[SETTINGS_MAX_MATCHES] = { "MaxMatches", 0, NULL, NULL,
	    "a number from 1 to 1000000",
	    FIELD(policy.max_matches), 1000000, NULL,
	    parse_count, print_count },
	[SETTINGS_DISCARD_LIMIT] = { "DiscardLimit", 0, NULL, NULL,
	    "a number of bytes, perhaps with K, M, G or T",
	    FIELD(policy.discard_limit), 0, NULL, parse_size, print_size },
	[SETTINGS_LOG_LEVEL] = { "LogLevel", 'l', NULL, "INFO",
	    "QUIET, FATAL, ERROR, INFO, VERBOSE or DEBUG",
	    FIELD(log_level), 0, NULL, parse_level, print_level },
	[SETTINGS_LOG_FACILITY] = { "LogFacility", 'f', NULL, "AUTH",
	    "DAEMON, USER, AUTH, AUTHPRIV or LOCAL0 to LOCAL7",
	    FIELD(log_facility), 0, NULL, parse_facility, print_facility },
	[SETTINGS_LOGIN_MESSAGE] = { "LoginMessage", 0, NULL,
	    "This account transfers files with scp only; there is no shell.",
	    "one line of printable text, at most 511 bytes",
	    FIELD(login_message), MESSAGE_BYTES_MAX, NULL,
	    parse_text, print_text },
	[SETTINGS_CHROOT] = { "Chroot", 0, NULL, "auto",
	    "auto, yes or no",
	    FIELD(chroot), LENGTH(choice_names), choice_names,
	    parse_name, NULL },
	[SETTINGS_LANDLOCK] = { "Landlock", 0, NULL, "auto",
	    "auto, yes or no",
	    FIELD(landlock), LENGTH(choice_names), choice_names,
	    parse_name, NULL },
	[SETTINGS_SECCOMP_ACTION] = { "SeccompAction", 0, NULL, "kill",
	    "kill, errno or log",
	    FIELD(seccomp), LENGTH(seccomp_names), seccomp_names,
	    parse_name, NULL },
};
/* clang-format on */
_Static_assert(sizeof(enum settings_choice) == sizeof(unsigned),
    "what parse_name() writes");
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

static void
explain_unknown(const char *keyword, char *err, size_t errsize)
{
	const struct row *row;
	const char *best = NULL;
	size_t distance;
	size_t nearest = SIZE_MAX;

	/* The names of the table are short enough for it. */
	for (row = rows; row < rows + LENGTH(rows); row++) {
		distance = spelling_distance(keyword, row->name);
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
	const struct row *row = &rows[keyword];
	const char *field = (const char *)s + row->field;
	unsigned i;

	if (row->names == NULL) {
		row->print(field, dst, size);
		return;
	}
	memcpy(&i, field, sizeof(i));
	(void)snprintf(dst, size, "%s", row->names[i]);
}

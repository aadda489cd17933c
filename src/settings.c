/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "settings.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spelling.h"
#include "text.h"
#include "values.h"

/* Bytes of a bad value in a message, quotes included. */
#define QUOTED_BYTES_MAX 128

#define BLANKS " \t"

#define COUNT_MAX   1000000000
#define TIMEOUT_MAX (24 * 24 * 60 * 60)

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What one is, how it is read and printed, and in what bounds. */
#define TYPE(kind, text, ...)                                                  \
	{                                                                      \
		.expected = (text), .parse = value_parse_##kind,               \
		.print = value_print_##kind, __VA_ARGS__                       \
	}
#define FLAG(text, ...) TYPE(bool, text, .names = NAMES(__VA_ARGS__))
#define ENUM(text, ...) TYPE(enum, text, .names = NAMES(__VA_ARGS__))

static const struct value_type yes_no = FLAG("yes or no", "no", "yes");
static const struct value_type access_way =
    ENUM("read-only, write-only or read-write", "read-write", "read-only",
	"write-only");
static const struct value_type overwrite =
    ENUM("yes, no or version", "no", "yes", "version");
static const struct value_type sync_when =
    ENUM("no, file or session", "no", "file", "session");
static const struct value_type symlinks = FLAG("inside or no", "no", "inside");
static const struct value_type choice =
    ENUM("auto, yes or no", "auto", "yes", "no");
static const struct value_type auto_no = FLAG("auto or no", "no", "auto");
static const struct value_type seccomp =
    ENUM("kill, errno or log", "kill", "errno", "log");
static const struct value_type log_format =
    ENUM("json or xferlog", "json", "xferlog");
static const struct value_type digest =
    ENUM("none or sha256", "none", "sha256");

static const struct value_type root_path = {
	.expected = "an absolute path or one that begins with %h; the tokens "
		    "are %h, %u, %U and %%",
	.parse = value_parse_absolute,
	.print = value_print_text,
	.most = SETTINGS_PATH_BYTES
};
static const struct value_type inner_path = {
	.expected = "a path inside the root; the tokens are %h, %u, %U and %%",
	.parse = value_parse_path,
	.print = value_print_text,
	.most = SETTINGS_PATH_BYTES
};
static const struct value_type log_place = {
	.expected = "an absolute path or one that begins with %h, syslog or "
		    "none; the tokens are %h, %u, %U and %%",
	.parse = value_parse_absolute,
	.print = value_print_text,
	.most = SETTINGS_PATH_BYTES,
	.names = NAMES(SETTINGS_TO_SYSLOG),
	.absent = "none"
};
static const struct value_type names = TYPE(names,
    "patterns for single names with blanks between, not commas or braces, in "
    "double quotes if any, or none",
    .absent = "none");
static const struct value_type message = TYPE(text,
    "one line of printable text, at most 511 bytes", .most = MESSAGE_BYTES_MAX);
static const struct value_type own_message =
    TYPE(text, "one line of printable text, at most 499 bytes, or built-in",
	.most = MESSAGE_BYTES_MAX - (sizeof("scp-server: ") - 1),
	.absent = "built-in");

static const struct value_type mode =
    TYPE(mode, "octal digits up to 0777, or none", .most = 0777,
	.absent = "none", .instead = POLICY_MODE_UNSET);
static const struct value_type mask =
    TYPE(mode, "octal digits up to 0777, or inherited", .most = 0777,
	.absent = "inherited", .instead = POLICY_MODE_UNSET);
static const struct value_type depth =
    TYPE(count, "a number from 1 to 256", .least = 1, .most = DEPTH_MAX);
static const struct value_type matches =
    TYPE(count, "a number from 1 to 1000000", .least = 1, .most = 1000000);
static const struct value_type count =
    TYPE(count, "a number from 1 to 1000000000, or none", .least = 1,
	.most = COUNT_MAX, .absent = "none", .instead = POLICY_COUNT_UNLIMITED);
static const struct value_type versions =
    TYPE(count, "a number from 1 to 1000000000, or all", .least = 1,
	.most = COUNT_MAX, .absent = "all", .instead = POLICY_COUNT_UNLIMITED);
static const struct value_type bytes = TYPE(
    size, "a number of bytes, perhaps with K, M, G or T", .most = INT64_MAX);
static const struct value_type limit =
    TYPE(size, "a number of bytes, perhaps with K, M, G or T, or none",
	.most = INT64_MAX, .absent = "none", .instead = POLICY_SIZE_UNLIMITED);
static const struct value_type space = TYPE(space,
    "a number of bytes, perhaps with K, M, G or T, or 1% to 99%, or none",
    .most = INT64_MAX, .absent = "none", .instead = 0);
static const struct value_type rate =
    TYPE(size, "a number of bytes a second, perhaps with K, M, G or T, or none",
	.least = 1, .most = INT64_MAX, .absent = "none", .instead = 0);
static const struct value_type duration =
    TYPE(time, "a time from 1s to 24d such as 90, 10m or 1h30m, or none",
	.least = 1, .most = TIMEOUT_MAX, .absent = "none", .instead = 0);

static bool
parse_level(const struct value_type *type, const char *text, void *field)
{
	enum log_level level;

	(void)type;
	if (!log_level_parse(text, &level))
		return false;
	if (field != NULL)
		memcpy(field, &level, sizeof(level));
	return true;
}

static void
print_level(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const enum log_level *level = field;

	value_print_text(type, log_level_name(*level), dst, size);
}

static const struct value_type log_level = {
	.expected = "QUIET, FATAL, ERROR, INFO, VERBOSE or DEBUG",
	.parse = parse_level,
	.print = print_level
};

static bool
parse_facility(const struct value_type *type, const char *text, void *field)
{
	int facility;

	(void)type;
	if (!log_facility_parse(text, &facility))
		return false;
	if (field != NULL)
		memcpy(field, &facility, sizeof(facility));
	return true;
}

static void
print_facility(
    const struct value_type *type, const void *field, char *dst, size_t size)
{
	const int *facility = field;

	value_print_text(type, log_facility_name(*facility), dst, size);
}

static const struct value_type log_facility = {
	.expected = "DAEMON, USER, AUTH, AUTHPRIV or LOCAL0 to LOCAL7",
	.parse = parse_facility,
	.print = print_facility
};

struct row {
	const char *name;
	const char *first; /* the default; NULL: what policy_init() gives */
	const struct value_type *type;
	size_t field;       /* its offset in struct settings */
	int letter;         /* 0: none */
	const char *preset; /* what a letter without a value stands for */
};

#define FIELD(name)  offsetof(struct settings, name)
#define POLICY(name) offsetof(struct settings, policy.name)
/* clang-format off */
static const struct row rows[SETTINGS__COUNT] = {
	[SETTINGS_ROOT] = { "Root", "%h", &root_path, FIELD(root), 'r', NULL },
	[SETTINGS_START_DIRECTORY] = { "StartDirectory", "/",
	    &inner_path, FIELD(start_directory), 'd', NULL },
	[SETTINGS_ACCESS] = { "Access", NULL,
	    &access_way, POLICY(access), 'R', "read-only" },
	[SETTINGS_OVERWRITE] = { "Overwrite", NULL,
	    &overwrite, POLICY(overwrite), 0, NULL },
	[SETTINGS_KEEP_VERSIONS] = { "KeepVersions", NULL,
	    &versions, POLICY(keep_versions), 0, NULL },
	[SETTINGS_MAKE_DIRECTORIES] = { "MakeDirectories", NULL,
	    &yes_no, POLICY(make_directories), 0, NULL },
	[SETTINGS_HIDDEN_FILES] = { "HiddenFiles", NULL,
	    &yes_no, POLICY(hidden_files), 0, NULL },
	[SETTINGS_PROTECT_HOME] = { "ProtectHome", NULL,
	    &yes_no, POLICY(protect_home), 0, NULL },
	[SETTINGS_ALLOW_NAMES] = { "AllowNames", NULL,
	    &names, POLICY(allow_names), 0, NULL },
	[SETTINGS_DENY_NAMES] = { "DenyNames", NULL,
	    &names, POLICY(deny_names), 0, NULL },
	[SETTINGS_MAX_FILE_SIZE] = { "MaxFileSize", NULL,
	    &limit, POLICY(max_file_size), 0, NULL },
	[SETTINGS_MAX_TOTAL_SIZE] = { "MaxTotalSize", NULL,
	    &limit, POLICY(max_total_size), 0, NULL },
	[SETTINGS_MAX_FILES] = { "MaxFiles", NULL,
	    &count, POLICY(max_files), 0, NULL },
	[SETTINGS_MAX_DEPTH] = { "MaxDepth", NULL,
	    &depth, POLICY(max_depth), 0, NULL },
	[SETTINGS_MAX_MATCHES] = { "MaxMatches", NULL,
	    &matches, POLICY(max_matches), 0, NULL },
	[SETTINGS_MIN_FREE_SPACE] = { "MinFreeSpace", NULL,
	    &space, POLICY(min_free), 0, NULL },
	[SETTINGS_UPLOAD_RATE] = { "UploadRate", "none",
	    &rate, FIELD(upload_rate), 0, NULL },
	[SETTINGS_DOWNLOAD_RATE] = { "DownloadRate", "none",
	    &rate, FIELD(download_rate), 0, NULL },
	[SETTINGS_IDLE_TIMEOUT] = { "IdleTimeout", "none",
	    &duration, FIELD(idle_timeout), 0, NULL },
	[SETTINGS_SESSION_TIMEOUT] = { "SessionTimeout", "none",
	    &duration, FIELD(session_timeout), 0, NULL },
	[SETTINGS_DISCARD_LIMIT] = { "DiscardLimit", NULL,
	    &bytes, POLICY(discard_limit), 0, NULL },
	[SETTINGS_UMASK] = { "Umask", NULL, &mask, POLICY(umask), 'u', NULL },
	[SETTINGS_FILE_MODE] = { "FileMode", NULL,
	    &mode, POLICY(file_mode), 'm', NULL },
	[SETTINGS_DIRECTORY_MODE] = { "DirectoryMode", NULL,
	    &mode, POLICY(directory_mode), 0, NULL },
	[SETTINGS_PRESERVE_MODES] = { "PreserveModes", NULL,
	    &yes_no, POLICY(preserve_modes), 0, NULL },
	[SETTINGS_PRESERVE_TIMES] = { "PreserveTimes", NULL,
	    &yes_no, POLICY(preserve_times), 0, NULL },
	[SETTINGS_SPECIAL_BITS] = { "SpecialBits", NULL,
	    &yes_no, POLICY(special_bits), 0, NULL },
	[SETTINGS_SYMLINKS] = { "Symlinks", NULL,
	    &symlinks, POLICY(symlinks), 0, NULL },
	[SETTINGS_HARD_LINKS] = { "HardLinks", NULL,
	    &yes_no, POLICY(hard_links), 0, NULL },
	[SETTINGS_CROSS_MOUNTS] = { "CrossMounts", NULL,
	    &yes_no, POLICY(cross_mounts), 0, NULL },
	[SETTINGS_ATOMIC] = { "Atomic", NULL,
	    &yes_no, POLICY(atomic), 0, NULL },
	[SETTINGS_SYNC] = { "Sync", NULL, &sync_when, POLICY(sync), 0, NULL },
	[SETTINGS_CHROOT] = { "Chroot", "auto",
	    &choice, FIELD(chroot), 0, NULL },
	[SETTINGS_LANDLOCK] = { "Landlock", "auto",
	    &choice, FIELD(landlock), 0, NULL },
	[SETTINGS_SECCOMP_ACTION] = { "SeccompAction", "kill",
	    &seccomp, FIELD(seccomp), 0, NULL },
	[SETTINGS_EARLY_ACK] = { "EarlyAck", "auto",
	    &auto_no, FIELD(early_ack), 0, NULL },
	[SETTINGS_PIPELINING] = { "Pipelining", "no",
	    &yes_no, FIELD(pipelining), 0, NULL },
	[SETTINGS_LOG_LEVEL] = { "LogLevel", "INFO",
	    &log_level, FIELD(log_level), 'l', NULL },
	[SETTINGS_LOG_FACILITY] = { "LogFacility", "AUTH",
	    &log_facility, FIELD(log_facility), 'f', NULL },
	[SETTINGS_TRANSFER_LOG] = { "TransferLog", "none",
	    &log_place, FIELD(transfer_log), 0, NULL },
	[SETTINGS_TRANSFER_LOG_FORMAT] = { "TransferLogFormat", "json",
	    &log_format, FIELD(transfer_log_format), 0, NULL },
	[SETTINGS_DIGEST] = { "Digest", "none",
	    &digest, FIELD(digest), 0, NULL },
	[SETTINGS_LOGIN_MESSAGE] = { "LoginMessage", 
	    "This account transfers files with scp only; there is no shell.",
	    &message, FIELD(login_message), 0, NULL },
	[SETTINGS_REFUSE_MESSAGE] = { "RefuseMessage", "built-in",
	    &own_message, FIELD(refuse_message), 0, NULL },
	[SETTINGS_HONOUR_DISABLE_SCP] = { "HonourDisableScp", "yes",
	    &yes_no, FIELD(honour_disable_scp), 0, NULL },
};
/* clang-format on */
_Static_assert(sizeof(enum policy_access) == sizeof(unsigned),
    "what value_parse_enum() writes");
_Static_assert(DEPTH_MAX == 256 && MESSAGE_BYTES_MAX == 512,
    "the texts in the table name them");

void
settings_init(struct settings *s)
{
	const struct row *row;

	/* The texts are not cleared: what is not used costs no memory. */
	memset(s->origin, 0, sizeof(s->origin));
	s->setter = (struct settings_origin){ .source = SETTINGS_FROM_OPTION };
	policy_init(&s->policy);
	for (row = rows; row < rows + LENGTH(rows); row++) {
		if (row->first != NULL)
			(void)row->type->parse(
			    row->type, row->first, (char *)s + row->field);
	}
}

/* What is not ASCII may look like what was meant, or like nothing. */
static const char *
shown(char dst[QUOTED_BYTES_MAX], const char *keyword)
{
	const char *p;

	for (p = keyword; *p != '\0'; p++) {
		if ((unsigned char)*p > 0x7f)
			return text_quote(
			    dst, QUOTED_BYTES_MAX, keyword, strlen(keyword));
	}
	(void)snprintf(dst, QUOTED_BYTES_MAX, "%.64s", keyword);
	return dst;
}

static void
explain_unknown(const char *keyword, char *err, size_t errsize)
{
	char quoted[QUOTED_BYTES_MAX];
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
	(void)text_format(err, errsize, "unknown keyword %s%s%s%s",
	    shown(quoted, keyword), best == NULL ? "" : ": did you mean ",
	    best == NULL ? "" : best, best == NULL ? "" : "?");
}

/* May the setter give this keyword a value? */
static bool
is_stronger(const struct settings *s, const struct row *row)
{
	return s != NULL && s->setter.source > s->origin[row - rows].source;
}

static bool
set_row(struct settings *s, const struct row *row, const char *value, char *err,
    size_t errsize)
{
	const bool counts = is_stronger(s, row);
	char quoted[QUOTED_BYTES_MAX];

	if (value[0] == '\0' ||
	    !row->type->parse(
		row->type, value, counts ? (char *)s + row->field : NULL)) {
		(void)text_quote(quoted, sizeof(quoted), value, strlen(value));
		(void)text_format(err, errsize, "%s %s: expected %s", row->name,
		    quoted, row->type->expected);
		return false;
	}
	if (counts) {
		s->origin[row - rows] = s->setter;
		s->policy.umask_is_set = s->policy.umask != POLICY_MODE_UNSET;
	}
	return true;
}

static const struct row *
find_row(const char *keyword)
{
	const struct row *row;

	for (row = rows; row < rows + LENGTH(rows); row++) {
		if (spelling_same(keyword, row->name))
			return row;
	}
	return NULL;
}

bool
settings_set(struct settings *s, const char *keyword, const char *value,
    char *err, size_t errsize)
{
	const struct row *row = find_row(keyword);

	if (row != NULL)
		return set_row(s, row, value, err, errsize);
	explain_unknown(keyword, err, errsize);
	return false;
}

static void
trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
}

/* Drop one pair of quotes around all of *text; false: there is no pair. */
static bool
unquote(char **text)
{
	char *p = *text;
	char *end;

	if (p[0] != '"')
		return true;
	end = strchr(p + 1, '"');
	if (end == NULL || end[1] != '\0')
		return false;
	*end = '\0';
	*text = p + 1;
	return true;
}

/* *line is ours to change. */
static bool
set_words(struct settings *s, char *line, char *err, size_t errsize)
{
	const struct row *row;
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
	trim(value);
	row = find_row(keyword);
	/* Lists have quotes of their own. */
	if ((row == NULL || row->type != &names) && !unquote(&value)) {
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

bool
settings_is_set(const struct settings *s, enum settings_keyword keyword)
{
	return s->origin[keyword].source != SETTINGS_FROM_DEFAULT;
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

	row->type->print(row->type, (const char *)s + row->field, dst, size);
}

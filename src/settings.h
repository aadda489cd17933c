/* SPDX-License-Identifier: ISC */
/*
 * Settings by keyword.  Every keyword is one row of one table in settings.c:
 * name, option letter, parser, printer, default; -o, the letters and the
 * tests go through it.  Keywords in any case; the first value wins, as in
 * sshd_config(5).
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "log.h"
#include "policy.h"

/* One a keyword, in the order of the table. */
enum settings_keyword {
	SETTINGS_ROOT,
	SETTINGS_START_DIRECTORY,
	SETTINGS_ACCESS,
	SETTINGS_OVERWRITE,
	SETTINGS_KEEP_VERSIONS,
	SETTINGS_MAKE_DIRECTORIES,
	SETTINGS_HIDDEN_FILES,
	SETTINGS_PROTECT_HOME,
	SETTINGS_ALLOW_NAMES,
	SETTINGS_DENY_NAMES,
	SETTINGS_MAX_FILE_SIZE,
	SETTINGS_MAX_TOTAL_SIZE,
	SETTINGS_MAX_FILES,
	SETTINGS_MAX_DEPTH,
	SETTINGS_MAX_MATCHES,
	SETTINGS_MIN_FREE_SPACE,
	SETTINGS_UPLOAD_RATE,
	SETTINGS_DOWNLOAD_RATE,
	SETTINGS_IDLE_TIMEOUT,
	SETTINGS_SESSION_TIMEOUT,
	SETTINGS_DISCARD_LIMIT,
	SETTINGS_UMASK,
	SETTINGS_FILE_MODE,
	SETTINGS_DIRECTORY_MODE,
	SETTINGS_PRESERVE_MODES,
	SETTINGS_PRESERVE_TIMES,
	SETTINGS_SPECIAL_BITS,
	SETTINGS_SYMLINKS,
	SETTINGS_HARD_LINKS,
	SETTINGS_CROSS_MOUNTS,
	SETTINGS_ATOMIC,
	SETTINGS_SYNC,
	SETTINGS_CHROOT,
	SETTINGS_LANDLOCK,
	SETTINGS_SECCOMP_ACTION,
	SETTINGS_EARLY_ACK,
	SETTINGS_PIPELINING,
	SETTINGS_LOG_LEVEL,
	SETTINGS_LOG_FACILITY,
	SETTINGS_TRANSFER_LOG,
	SETTINGS_TRANSFER_LOG_FORMAT,
	SETTINGS_DIGEST,
	SETTINGS_LOGIN_MESSAGE,
	SETTINGS_REFUSE_MESSAGE,
	SETTINGS_HONOUR_DISABLE_SCP,
	SETTINGS__COUNT
};

/* Bytes of a path in a setting, with its NUL. */
#define SETTINGS_PATH_BYTES 1024

/* A layer of confinement: where it is possible, required, or left out. */
enum settings_choice {
	SETTINGS_AUTO,
	SETTINGS_YES,
	SETTINGS_NO
};

/* What becomes of a system call that is not allowed. */
enum settings_seccomp {
	SETTINGS_SECCOMP_KILL,
	SETTINGS_SECCOMP_ERRNO,
	SETTINGS_SECCOMP_LOG
};

enum settings_log_format {
	SETTINGS_LOG_JSON,
	SETTINGS_LOG_XFERLOG
};

/* What transfer_log is where records go to syslog and not to a file. */
#define SETTINGS_TO_SYSLOG "syslog"

enum settings_digest {
	SETTINGS_DIGEST_NONE,
	SETTINGS_DIGEST_SHA256
};

/* Who gave a keyword its value, the weakest first. */
struct settings_origin {
	enum settings_source {
		SETTINGS_FROM_DEFAULT,
		SETTINGS_FROM_FILE,  /* outside of Match blocks */
		SETTINGS_FROM_MATCH, /* in a block that fits */
		SETTINGS_FROM_OPTION /* -o or a letter */
	} source;
	unsigned short file; /* which one: a number of the caller's */
	unsigned short line; /* in it, from 1 */
};

/*
 * Paths have their tokens known and not yet expanded.  Of an unset text only
 * the first byte is touched.
 */
struct settings {
	struct settings_origin origin[SETTINGS__COUNT];
	struct settings_origin setter; /* the origin of what is set next */
	off_t upload_rate;             /* bytes a second, 0: no limit */
	off_t download_rate;
	unsigned idle_timeout; /* seconds, 0: none; at most 24 days */
	unsigned session_timeout;
	enum settings_choice chroot;
	enum settings_choice landlock;
	enum settings_seccomp seccomp;
	bool early_ack;  /* where the command line proves it harmless */
	bool pipelining; /* of downloads */
	bool honour_disable_scp;
	enum log_level log_level;
	int log_facility;
	enum settings_log_format transfer_log_format;
	enum settings_digest digest;
	struct policy policy; /* its texts last, too */
	char root[SETTINGS_PATH_BYTES];
	char start_directory[SETTINGS_PATH_BYTES];
	char login_message[MESSAGE_BYTES_MAX];
	char refuse_message[MESSAGE_BYTES_MAX]; /* empty: the built-in ones */
	/* A path, SETTINGS_TO_SYSLOG, or empty for none. */
	char transfer_log[SETTINGS_PATH_BYTES];
};

/* The defaults of every row; what is set next comes from an option. */
void settings_init(struct settings *s);

/*
 * Set a keyword from its text.  False: err has a sentence without newline
 * that says what would have been right ("unknown keyword MaxDeep: did you
 * mean MaxDepth?"), s is as it was.  An empty value is always wrong.  A value
 * goes before one from a weaker origin; of equal ones the first stays, and the
 * new one is still checked.  The origin becomes s->setter.  Without s the words
 * are only checked.
 */
bool settings_set(struct settings *s, const char *keyword, const char *value,
    char *err, size_t errsize) ATTR_USE;

/*
 * The same from "Keyword=value" or "Keyword value" (-o, a line of a file).
 * Blanks around the value are dropped, then one pair of double quotes around
 * all of it; in a list of names they stand around single ones.
 */
bool settings_set_line(
    struct settings *s, const char *line, char *err, size_t errsize) ATTR_USE;

/* The same for an option letter that has a keyword; value of -R is ignored. */
bool settings_set_letter(struct settings *s, int letter, const char *value,
    char *err, size_t errsize) ATTR_USE;

/* Is the value somebody's, not the default? */
bool settings_is_set(const struct settings *s, enum settings_keyword keyword);

/* The name of a keyword, and its present value as it would be written. */
const char *settings_name(enum settings_keyword keyword);
void settings_print(const struct settings *s, enum settings_keyword keyword,
    char *dst, size_t size);

#endif

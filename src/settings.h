/* SPDX-License-Identifier: ISC */
/*
 * Settings by keyword.  Every keyword is one row of one table in settings.c:
 * name, option letter, parser, printer, default; -o, the letters and the
 * tests go through it.  Keywords in any case; the first value wins, as in
 * sshd_config(5).
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "log.h"
#include "policy.h"

/* One a keyword, in the order of the table. */
enum settings_keyword {
	SETTINGS_ROOT,            /* Root, -r */
	SETTINGS_START_DIRECTORY, /* StartDirectory, -d */
	SETTINGS_ACCESS,          /* Access; -R sets read-only */
	SETTINGS_UMASK,           /* Umask, -u */
	SETTINGS_FILE_MODE,       /* FileMode, -m */
	SETTINGS_DIRECTORY_MODE,  /* DirectoryMode */
	SETTINGS_MAX_DEPTH,       /* MaxDepth */
	SETTINGS_MAX_MATCHES,     /* MaxMatches */
	SETTINGS_DISCARD_LIMIT,   /* DiscardLimit */
	SETTINGS_LOG_LEVEL,       /* LogLevel, -l */
	SETTINGS_LOG_FACILITY,    /* LogFacility, -f */
	SETTINGS_LOGIN_MESSAGE,   /* LoginMessage */
	SETTINGS_CHROOT,          /* Chroot */
	SETTINGS_LANDLOCK,        /* Landlock */
	SETTINGS_SECCOMP_ACTION,  /* SeccompAction */
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

struct settings {
	struct policy policy;
	char root[SETTINGS_PATH_BYTES]; /* tokens known, not yet expanded */
	char start_directory[SETTINGS_PATH_BYTES]; /* the same */
	enum log_level log_level;
	int log_facility;
	char login_message[MESSAGE_BYTES_MAX];
	enum settings_choice chroot;
	enum settings_choice landlock;
	enum settings_seccomp seccomp;
	bool is_set[SETTINGS__COUNT]; /* by somebody; else the default */
};

/* The defaults of every row. */
void settings_init(struct settings *s);

/*
 * Set a keyword from its text.  False: err has a sentence without newline
 * that says what would have been right ("unknown keyword MaxDeep: did you
 * mean MaxDepth?"), s is as it was.  An empty value is always wrong.  A keyword
 * that is set already keeps its value; the new one is still checked.
 */
bool settings_set(struct settings *s, const char *keyword, const char *value,
    char *err, size_t errsize) ATTR_USE;

/*
 * The same from "Keyword=value" or "Keyword value" (-o).  Blanks around the
 * value are dropped, then one pair of double quotes around all of it.
 */
bool settings_set_line(
    struct settings *s, const char *line, char *err, size_t errsize) ATTR_USE;

/* The same for an option letter that has a keyword; value of -R is ignored. */
bool settings_set_letter(struct settings *s, int letter, const char *value,
    char *err, size_t errsize) ATTR_USE;

/*
 * The name of a keyword, and its present value as it would be written; "none"
 * for a mode that is not set.
 */
const char *settings_name(enum settings_keyword keyword);
void settings_print(const struct settings *s, enum settings_keyword keyword,
    char *dst, size_t size);

#endif

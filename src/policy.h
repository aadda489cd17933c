/* SPDX-License-Identifier: ISC */
/*
 * Decisions, from plain values alone: no I/O, no state.  sink and source
 * ask the same functions.
 */
#ifndef POLICY_H
#define POLICY_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defs.h"

enum policy_access {
	POLICY_READ_WRITE,
	POLICY_READ_ONLY,
	POLICY_WRITE_ONLY
};

enum policy_direction {
	POLICY_UPLOAD,
	POLICY_DOWNLOAD
};

/* A mode that the administrator did not set. */
#define POLICY_MODE_UNSET ((mode_t)-1)

enum policy_overwrite {
	POLICY_OVERWRITE_NO, /* a name that exists is refused */
	POLICY_OVERWRITE_YES,
	POLICY_OVERWRITE_VERSION /* the old file becomes name.~N~ */
};

/* When data is on the disk for good. */
enum policy_sync {
	POLICY_SYNC_NO,     /* when the kernel likes */
	POLICY_SYNC_FILE,   /* file and directory, before the answer */
	POLICY_SYNC_SESSION /* the file system, before we exit */
};

/* Free space: bytes, or percent of the file system if that is not 0. */
struct policy_space {
	off_t bytes;
	unsigned percent;
};

/* A limit of bytes or of things that nobody set. */
#define POLICY_SIZE_UNLIMITED  ((off_t)INT64_MAX)
#define POLICY_COUNT_UNLIMITED UINT_MAX

/* Bytes of all patterns of AllowNames or DenyNames, a NUL behind each. */
#define POLICY_NAMES_BYTES 2048

/*
 * What an account may do: the settings that decisions depend on.  The lists
 * of names are fnmatch(3) patterns, an empty one behind the last; no more of
 * them than that is ever touched.
 */
struct policy {
	enum policy_access access;
	enum policy_overwrite overwrite;
	unsigned keep_versions; /* with POLICY_OVERWRITE_VERSION */
	bool make_directories;
	bool hidden_files; /* else names with a leading dot are refused */
	bool protect_home;
	bool preserve_modes; /* else -p is accepted and ignored */
	bool preserve_times;
	bool special_bits; /* set-id bits and sticky may be set with -p */
	bool symlinks;     /* links are followed inside the root */
	bool hard_links;   /* files with more than one link are sent */
	bool cross_mounts;
	bool atomic; /* else uploads are written in place */
	enum policy_sync sync;
	mode_t umask;          /* the one in force, or POLICY_MODE_UNSET */
	bool umask_is_set;     /* set explicitly: it bounds -p as well */
	mode_t file_mode;      /* forced, or POLICY_MODE_UNSET */
	mode_t directory_mode; /* forced, or POLICY_MODE_UNSET */
	off_t max_file_size;
	off_t max_total_size;         /* of a session */
	unsigned max_files;           /* of a session */
	unsigned max_depth;           /* directory levels, 1 to DEPTH_MAX */
	unsigned max_matches;         /* names that patterns may expand to */
	struct policy_space min_free; /* must stay free; 0: no matter */
	off_t discard_limit;          /* see allowance.h, as for the next */
	unsigned free_failures;       /* no keyword sets it */
	char allow_names[POLICY_NAMES_BYTES]; /* of files; empty: all */
	char deny_names[POLICY_NAMES_BYTES];  /* of every component */
};

/*
 * Why something is refused.  Each has a stable reason code for the log, and
 * the keyword that decides.
 */
enum policy_verdict {
	POLICY_ALLOW,
	POLICY_READ_ONLY_ACCOUNT,
	POLICY_WRITE_ONLY_ACCOUNT,
	POLICY_TOO_DEEP,
	POLICY_RESERVED_NAME,
	POLICY_VERSION_NAME,
	POLICY_PROTECTED_NAME,
	POLICY_HIDDEN_NAME,
	POLICY_DENIED_NAME,
	POLICY_OTHER_NAME,
	POLICY_SYMBOLIC_LINK,
	POLICY_HARD_LINK,
	POLICY_OTHER_MOUNT,
	POLICY_NO_DIRECTORIES,
	POLICY_NO_OVERWRITE,
	POLICY_FILE_TOO_LARGE,
	POLICY_TOTAL_TOO_LARGE,
	POLICY_TOO_MANY_FILES,
	POLICY__COUNT
};

/* The reason code, as "read-only"; static text, one word. */
const char *policy_code(enum policy_verdict verdict);

/* The keyword that decided; NULL where no setting could allow it. */
const char *policy_keyword(enum policy_verdict verdict);

/* A size as "3.1 GiB" or "2 GiB", cut and not rounded. */
#define POLICY_SIZE_BYTES sizeof("9223372036854775807 bytes")
void policy_print_size(char dst[POLICY_SIZE_BYTES], off_t size);

/*
 * The reason for the client, with the limit; size is that of the file that is
 * refused, where it matters.  Says nothing of what exists (R-PATH-4), but for
 * the verdicts on things that were looked at.  Returns dst.
 */
#define POLICY_REASON_BYTES 256
const char *policy_reason(const struct policy *p, enum policy_verdict verdict,
    off_t size, char dst[POLICY_REASON_BYTES]);

/* The built-in settings. */
void policy_init(struct policy *p);

/* May this account transfer in this direction at all? */
enum policy_verdict policy_transfer(
    const struct policy *p, enum policy_direction direction) ATTR_USE;

/* May a directory be entered that is depth levels below the root? */
enum policy_verdict policy_depth(
    const struct policy *p, unsigned depth) ATTR_USE;

/*
 * May a client use this name, as any component of a path?  at_home: its
 * directory is the account's home, or cannot be told from it.  Decided before
 * anybody looks whether there is such a name.
 */
enum policy_verdict policy_name(
    const struct policy *p, const char *name, bool at_home) ATTR_USE;

/* A name that at_home matters for: those of a shell's and sshd's own files. */
bool policy_is_personal(const char *name) ATTR_USE;

/* The same for the name of a file, or of what may become one. */
enum policy_verdict policy_file_name(
    const struct policy *p, const char *name) ATTR_USE;

/* May a path go on through this?  Of a link, before it is read. */
struct policy_place {
	bool is_link;
	bool on_other_mount; /* than the root */
};
enum policy_verdict policy_place(
    const struct policy *p, const struct policy_place *place) ATTR_USE;

/* What a session has done: files it has moved whole, directories it made. */
struct policy_usage {
	unsigned files;
	off_t bytes;
};

/*
 * May an upload give this name to something?  With Overwrite version not those
 * that old versions have.
 */
enum policy_verdict policy_new_name(
    const struct policy *p, const char *name) ATTR_USE;

/*
 * Do uploads get their names when they are whole?  Old versions are kept in no
 * other way, whatever Atomic says.
 */
bool policy_is_atomic(const struct policy *p) ATTR_USE;

/* May another directory be made, of this name? */
enum policy_verdict policy_make_directory(const struct policy *p,
    const struct policy_usage *usage, const char *name) ATTR_USE;

/* May a file of this size be stored; exists: in place of another one? */
enum policy_verdict policy_store(const struct policy *p,
    const struct policy_usage *usage, off_t size, bool exists) ATTR_USE;

/* May a file of this size be sent that has so many names? */
enum policy_verdict policy_send(const struct policy *p,
    const struct policy_usage *usage, off_t size, nlink_t links) ATTR_USE;

/*
 * The names of unfinished uploads: ".scp-server." 16 lower-case hexadecimal
 * digits "~".
 */
#define POLICY_TEMP_PREFIX ".scp-server."
#define POLICY_TEMP_SUFFIX "~"
#define POLICY_TEMP_DIGITS 16
bool policy_is_temp_name(const char *name, size_t len) ATTR_USE;

/*
 * The names of old versions: name ".~" a number "~".  The number of one, 0 for
 * any other name.
 */
#define POLICY_VERSION_DIGITS 9
#define POLICY_VERSION_MAX    999999999UL
unsigned long policy_version_number(const char *name) ATTR_USE;

/*
 * A mode to give.  POLICY_MODE_CREATED: create with these bits and let the
 * kernel apply the umask or the directory's default ACL, but for what the umask
 * says of the owner: that is taken away here, for a directory has to be filled
 * before, and a file that its owner cannot write is nobody's to sweep; else set
 * it with fchmod(2) whatever the directory gives.
 */
struct policy_mode {
	mode_t bits;
	enum policy_mode_rule {
		POLICY_MODE_CREATED,
		POLICY_MODE_KEPT,  /* that of the file that is replaced */
		POLICY_MODE_SENT,  /* by the client, with -p */
		POLICY_MODE_FORCED /* by FileMode or DirectoryMode */
	} rule;                    /* which of those below gave it */
};

/*
 * The mode of a file.  wanted is what the client sent; preserve is -p; old is
 * the mode of the file that is replaced, or POLICY_MODE_UNSET.  First that
 * applies: FileMode; -p, under an explicit Umask; the old mode; the wanted
 * one under the umask.  Never more than 0777 but by -p where SpecialBits are
 * allowed (R-FILE-4).
 */
struct policy_mode policy_file_mode(
    const struct policy *p, mode_t wanted, bool preserve, mode_t old) ATTR_USE;

/*
 * The same for a directory that this session makes: DirectoryMode; -p, under
 * an explicit Umask; the wanted one under the umask.
 */
struct policy_mode policy_directory_mode(
    const struct policy *p, mode_t wanted, bool preserve) ATTR_USE;

/* Are the modes, the times that come with -p taken? */
bool policy_may_set_modes(const struct policy *p);
bool policy_may_set_times(const struct policy *p);

/*
 * May the mode and times of a directory that was there before this session be
 * changed?  Not by a write-only client.
 */
bool policy_may_set_existing_directory(const struct policy *p) ATTR_USE;

#endif

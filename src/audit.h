/* SPDX-License-Identifier: ISC */
/*
 * What happened, one line an event, in the shapes of sftp-server(8) where it
 * has them; and a record of each file in the journal.  At INFO: session open
 * and close, each file, each refusal and failure; at VERBOSE also open, set and
 * mkdir (R-LOG-1).  Verdict, reason code, user and address stand before any
 * text of the client's, which goes through text_quote().
 */
#ifndef AUDIT_H
#define AUDIT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "digest.h"
#include "journal.h"
#include "transfer.h"

/* What is known of the next file whose fate is told, see audit_announce(). */
struct audit_file {
	off_t size;  /* -1: nothing */
	mode_t mode; /* (mode_t)-1: nothing */
	bool has_mtime;
	time_t mtime;
	int64_t start; /* a time of clock.h */
};

struct audit {
	struct transfer_session session;
	char id[TRANSFER_ID_BYTES];
	struct journal *journal; /* see audit_keep_records() */
	struct digest *digest;   /* borrowed: of the last file; NULL: none */
	struct audit_file file;
	unsigned long long files;   /* whole ones */
	unsigned long long bytes;   /* of those */
	unsigned long long refused; /* by policy, before their data counted */
	unsigned long long failed;  /* by an error */
	int64_t start;              /* a time of clock.h */
};

/* Texts must outlive *a.  There are no records yet. */
void audit_init(
    struct audit *a, const char *user, const char *address, bool upload);

/* From here on there are, in *journal. */
void audit_keep_records(struct audit *a, struct journal *journal);

/* What else is known of the client: 0 and empty texts where it is not. */
void audit_identify(struct audit *a, unsigned long uid, unsigned port,
    const char *method, const char *key);

/*
 * session opened for local user U from [A]: upload, LAYERS
 * LAYERS, never empty, tells how the session is confined; it must outlive *a.
 * Before it stand "port N" and "publickey SHA256:..." where they are known.
 */
void audit_session_opened(struct audit *a, const char *layers);

/*
 * session closed for local user U from [A]: upload 1 ok 1 refused 0 failed,
 * 5120 bytes, 0.4 s, exit 1
 */
void audit_session_closed(const struct audit *a, int status);

/* A command that is not served: refused command by U from [A]: CODE: "..." */
void audit_command_refused(
    const struct audit *a, const char *code, const char *text, size_t len);

/*
 * Something in the session as a whole, without a file:
 * failed session by U from [A]: CODE: WHY
 * It counts as no file.
 */
void audit_session_failed(
    const struct audit *a, const char *code, const char *why);

/*
 * What the administrator has to mend keeps this one from being served, at
 * ERROR: failed session by U from [A]: setup: WHY
 */
void audit_setup_failed(const struct audit *a, const char *why);

/*
 * The client announced a file, or one is to be sent: its record will have
 * these, and how long it took from here.  mtime may be NULL.  Forgotten as
 * soon as the fate of a file has been told.
 */
void audit_announce(
    struct audit *a, off_t size, mode_t mode, const time_t *mtime);

/*
 * VERBOSE: open "P" flags WRITE,CREATE,TRUNCATE mode 0644, or flags READ with
 * the mode of the file that is sent.
 */
void audit_open(const struct audit *a, const char *path, mode_t mode);

/*
 * close "P" bytes read 0 written N for an upload, read N written 0 for a
 * download: the file is whole; counts it.
 */
void audit_done(struct audit *a, const char *path, off_t bytes);

/*
 * refused upload by U from [A]: CODE: "P"; counts it.  code is a word of
 * policy_code() or of errors_code(); keyword is that of the setting which
 * decided, or NULL, and stands in the record.
 */
void audit_refused(
    struct audit *a, const char *code, const char *keyword, const char *path);

/*
 * failed upload by U from [A]: CODE: "P" after N bytes; counts it.  errno is
 * kept.
 */
void audit_failed(
    struct audit *a, const char *code, const char *path, off_t bytes);

/* VERBOSE: mkdir name "P" mode 0755 */
void audit_mkdir(const struct audit *a, const char *path, mode_t mode);

/* VERBOSE: set "P" mode 0644; set "P" modtime 20261123-21:00:00 (in UTC) */
void audit_set_mode(const struct audit *a, const char *path, mode_t mode);
void audit_set_times(const struct audit *a, const char *path, time_t mtime);

/* INFO: note "P": text, for what was done otherwise than asked (R-FILE-3). */
void audit_note(const char *path, const char *text);

#endif

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "audit.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "text.h"
#include "utc.h"

/*
 * Bytes of a quoted text.  With a user's name and address before it and a
 * reason behind, the line stays under LOG_BYTES_MAX.
 */
#define QUOTED_BYTES_MAX 1024

/* How a line of the log names the layers; a record has a name for them. */
#define NAMED "confine="

static const char *
quote(char dst[QUOTED_BYTES_MAX], const char *path)
{
	return text_quote(dst, QUOTED_BYTES_MAX, path, strlen(path));
}

static const char *
direction(const struct audit *a)
{
	return a->session.upload ? "upload" : "download";
}

static void
forget_file(struct audit *a)
{
	a->file = (struct audit_file){ .size = -1, .mode = (mode_t)-1 };
}

/* The process is found in the log by its number, the session by its start. */
static void
make_id(struct audit *a)
{
	(void)snprintf(a->id, sizeof(a->id), "%llx.%ld",
	    (unsigned long long)time(NULL), (long)getpid());
	a->session.id = a->id;
}

void
audit_init(struct audit *a, const char *user, const char *address, bool upload)
{
	memset(a, 0, sizeof(*a));
	a->session.user = user;
	a->session.address = address;
	a->session.upload = upload;
	a->session.method = a->session.key = a->session.layers = "";
	forget_file(a);
	a->start = clock_now_rarely();
}

void
audit_keep_records(struct audit *a, struct journal *journal)
{
	a->journal = journal;
	make_id(a);
}

void
audit_identify(struct audit *a, unsigned long uid, unsigned port,
    const char *method, const char *key)
{
	a->session.uid = uid;
	a->session.port = port;
	a->session.method = method;
	a->session.key = key;
}

static void
say_opened(const struct audit *a, const char *layers)
{
	const struct transfer_session *s = &a->session;
	char port[sizeof(", port 65535")] = "";
	const char *comma = s->method[0] != '\0' ? ", " : "";
	const char *blank = s->key[0] != '\0' ? " " : "";

	if (s->port != 0)
		(void)snprintf(
		    port, sizeof(port), ", port %u", s->port & 65535);
	log_info("session opened for local user %s from [%s]: "
		 "%s%s%s%s%s%s, %s",
	    s->user, s->address, direction(a), port, comma, s->method, blank,
	    s->key, layers);
}

void
audit_session_opened(struct audit *a, const char *layers)
{
	a->session.layers = layers;
	if (strncmp(layers, NAMED, sizeof(NAMED) - 1) == 0)
		a->session.layers += sizeof(NAMED) - 1;
	if (log_takes(LOG_LEVEL_INFO))
		say_opened(a, layers);
}

static unsigned long long
milliseconds(int64_t from, int64_t to)
{
	return (unsigned long long)((to - from) / CLOCK_MS);
}

void
audit_session_closed(const struct audit *a, int status)
{
	unsigned long long tenths;

	tenths = milliseconds(a->start, clock_now_rarely()) / 100;
	log_info("session closed for local user %s from [%s]: "
		 "%s %llu ok %llu refused %llu failed, %llu bytes, "
		 "%llu.%llu s, exit %d",
	    a->session.user, a->session.address, direction(a), a->files,
	    a->refused, a->failed, a->bytes, tenths / 10, tenths % 10, status);
}

void
audit_command_refused(
    const struct audit *a, const char *code, const char *text, size_t len)
{
	char quoted[QUOTED_BYTES_MAX];

	log_info("refused command by %s from [%s]: %s: %s", a->session.user,
	    a->session.address, code,
	    text_quote(quoted, sizeof(quoted), text, len));
}

void
audit_session_failed(const struct audit *a, const char *code, const char *why)
{
	log_info("failed session by %s from [%s]: %s: %s", a->session.user,
	    a->session.address, code, why);
}

void
audit_setup_failed(const struct audit *a, const char *why)
{
	log_error("failed session by %s from [%s]: setup: %s", a->session.user,
	    a->session.address, why);
}

void
audit_announce(struct audit *a, off_t size, mode_t mode, const time_t *mtime)
{
	a->file.size = size;
	a->file.mode = mode;
	a->file.has_mtime = mtime != NULL;
	if (mtime != NULL)
		a->file.mtime = *mtime;
	/* Nothing else needs the time. */
	if (a->journal != NULL)
		a->file.start = clock_now();
}

static void
write_record(struct audit *a, enum transfer_result result, const char *code,
    const char *keyword, const char *path, off_t bytes)
{
	const struct audit_file *file = &a->file;
	char sha256[DIGEST_TEXT_BYTES];
	struct transfer t = { .session = &a->session,
		.result = result,
		.code = code,
		.keyword = keyword,
		.size = file->size,
		.bytes = bytes,
		.mode = file->mode,
		.mtime = file->has_mtime ? &file->mtime : NULL,
		.path = path,
		.pathlen = strlen(path) };
	const int saved = errno;

	(void)clock_gettime(CLOCK_REALTIME, &t.time);
	if (file->size >= 0)
		t.duration = milliseconds(file->start, clock_now());
	if (a->digest != NULL && result == TRANSFER_OK) {
		digest_end_text(a->digest, sha256);
		t.sha256 = sha256;
	}
	journal_write(a->journal, &t);
	errno = saved;
}

/* The fate of a file. */
static void
record(struct audit *a, enum transfer_result result, const char *code,
    const char *keyword, const char *path, off_t bytes)
{
	if (a->journal != NULL)
		write_record(a, result, code, keyword, path, bytes);
}

/* Texts of every file are made only where they are wanted: that costs time. */
static void
say_open(const struct audit *a, const char *path, mode_t mode)
{
	char quoted[QUOTED_BYTES_MAX];

	log_verbose("open %s flags %s mode 0%o", quote(quoted, path),
	    a->session.upload ? "WRITE,CREATE,TRUNCATE" : "READ",
	    (unsigned)mode);
}

void
audit_open(const struct audit *a, const char *path, mode_t mode)
{
	if (log_takes(LOG_LEVEL_VERBOSE))
		say_open(a, path, mode);
}

static void
say_done(const struct audit *a, const char *path, off_t bytes)
{
	char quoted[QUOTED_BYTES_MAX];

	log_info("close %s bytes read %lld written %lld", quote(quoted, path),
	    a->session.upload ? 0 : (long long)bytes,
	    a->session.upload ? (long long)bytes : 0);
}

void
audit_done(struct audit *a, const char *path, off_t bytes)
{
	a->files++;
	a->bytes += (unsigned long long)bytes;
	if (log_takes(LOG_LEVEL_INFO))
		say_done(a, path, bytes);
	record(a, TRANSFER_OK, NULL, NULL, path, bytes);
	forget_file(a);
}

void
audit_refused(
    struct audit *a, const char *code, const char *keyword, const char *path)
{
	char quoted[QUOTED_BYTES_MAX];

	a->refused++;
	log_info("refused %s by %s from [%s]: %s: %s", direction(a),
	    a->session.user, a->session.address, code, quote(quoted, path));
	record(a, TRANSFER_REFUSED, code, keyword, path, 0);
	forget_file(a);
}

void
audit_failed(struct audit *a, const char *code, const char *path, off_t bytes)
{
	char quoted[QUOTED_BYTES_MAX];

	a->failed++;
	log_info("failed %s by %s from [%s]: %s: %s after %lld bytes",
	    direction(a), a->session.user, a->session.address, code,
	    quote(quoted, path), (long long)bytes);
	record(a, TRANSFER_FAILED, code, NULL, path, bytes);
	forget_file(a);
}

void
audit_mkdir(const struct audit *a, const char *path, mode_t mode)
{
	char quoted[QUOTED_BYTES_MAX];

	(void)a;
	if (log_takes(LOG_LEVEL_VERBOSE))
		log_verbose("mkdir name %s mode 0%o", quote(quoted, path),
		    (unsigned)mode);
}

void
audit_set_mode(const struct audit *a, const char *path, mode_t mode)
{
	char quoted[QUOTED_BYTES_MAX];

	(void)a;
	if (log_takes(LOG_LEVEL_VERBOSE))
		log_verbose(
		    "set %s mode %04o", quote(quoted, path), (unsigned)mode);
}

static void
say_times(const char *path, time_t mtime)
{
	char quoted[QUOTED_BYTES_MAX];
	char stamp[64] = "?"; /* for a year that the client made up */
	struct utc t;

	if (utc_from_time(mtime, &t))
		(void)snprintf(stamp, sizeof(stamp),
		    "%04d%02u%02u-%02u:%02u:%02u", t.year, t.month, t.day,
		    t.hour, t.minute, t.second);
	log_verbose("set %s modtime %s", quote(quoted, path), stamp);
}

void
audit_set_times(const struct audit *a, const char *path, time_t mtime)
{
	(void)a;
	if (log_takes(LOG_LEVEL_VERBOSE))
		say_times(path, mtime);
}

void
audit_note(const char *path, const char *text)
{
	char quoted[QUOTED_BYTES_MAX];

	log_info("note %s: %s", quote(quoted, path), text);
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "audit.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "log.h"
#include "text.h"

/*
 * Bytes of a quoted text.  With a user's name and address before it and a
 * reason behind, the line stays under LOG_BYTES_MAX.
 */
#define QUOTED_BYTES_MAX 1024

static const char *
quote(char dst[QUOTED_BYTES_MAX], const char *path)
{
	return text_quote(dst, QUOTED_BYTES_MAX, path, strlen(path));
}

static const char *
direction(const struct audit *a)
{
	return a->upload ? "upload" : "download";
}

void
audit_init(struct audit *a, const char *user, const char *address, bool upload)
{
	memset(a, 0, sizeof(*a));
	a->user = user;
	a->address = address;
	a->upload = upload;
	(void)clock_gettime(CLOCK_MONOTONIC, &a->start);
}

void
audit_session_opened(const struct audit *a, const char *layers)
{
	log_info("session opened for local user %s from [%s]: %s, %s", a->user,
	    a->address, direction(a), layers);
}

/* Tenths of a second since audit_init(). */
static unsigned long long
elapsed_tenths(const struct audit *a)
{
	struct timespec now = a->start;
	long long ns;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (long long)(now.tv_sec - a->start.tv_sec) * 1000000000 +
	    (now.tv_nsec - a->start.tv_nsec);
	return (unsigned long long)ns / 100000000;
}

void
audit_session_closed(const struct audit *a, int status)
{
	unsigned long long tenths;

	tenths = elapsed_tenths(a);
	log_info("session closed for local user %s from [%s]: "
		 "%s %llu ok %llu refused %llu failed, %llu bytes, "
		 "%llu.%llu s, exit %d",
	    a->user, a->address, direction(a), a->files, a->refused, a->failed,
	    a->bytes, tenths / 10, tenths % 10, status);
}

void
audit_command_refused(
    const struct audit *a, const char *code, const char *text, size_t len)
{
	char quoted[QUOTED_BYTES_MAX];

	log_info("refused command by %s from [%s]: %s: %s", a->user, a->address,
	    code, text_quote(quoted, sizeof(quoted), text, len));
}

void
audit_session_failed(const struct audit *a, const char *code, const char *why)
{
	log_info("failed session by %s from [%s]: %s: %s", a->user, a->address,
	    code, why);
}

void
audit_open(const struct audit *a, const char *path, mode_t mode)
{
	char quoted[QUOTED_BYTES_MAX];

	if (!log_is_on(LOG_LEVEL_VERBOSE))
		return;
	log_verbose("open %s flags %s mode 0%o", quote(quoted, path),
	    a->upload ? "WRITE,CREATE,TRUNCATE" : "READ", (unsigned)mode);
}

void
audit_done(struct audit *a, const char *path, off_t bytes)
{
	char quoted[QUOTED_BYTES_MAX];

	a->files++;
	a->bytes += (unsigned long long)bytes;
	log_info("close %s bytes read %lld written %lld", quote(quoted, path),
	    a->upload ? 0 : (long long)bytes, a->upload ? (long long)bytes : 0);
}

void
audit_refused(struct audit *a, const char *code, const char *path)
{
	char quoted[QUOTED_BYTES_MAX];

	a->refused++;
	log_info("refused %s by %s from [%s]: %s: %s", direction(a), a->user,
	    a->address, code, quote(quoted, path));
}

void
audit_failed(struct audit *a, const char *code, const char *path, off_t bytes)
{
	char quoted[QUOTED_BYTES_MAX];

	a->failed++;
	log_info("failed %s by %s from [%s]: %s: %s after %lld bytes",
	    direction(a), a->user, a->address, code, quote(quoted, path),
	    (long long)bytes);
}

void
audit_mkdir(const struct audit *a, const char *path, mode_t mode)
{
	char quoted[QUOTED_BYTES_MAX];

	(void)a;
	if (log_is_on(LOG_LEVEL_VERBOSE))
		log_verbose("mkdir name %s mode 0%o", quote(quoted, path),
		    (unsigned)mode);
}

void
audit_set_mode(const struct audit *a, const char *path, mode_t mode)
{
	char quoted[QUOTED_BYTES_MAX];

	(void)a;
	if (log_is_on(LOG_LEVEL_VERBOSE))
		log_verbose(
		    "set %s mode %04o", quote(quoted, path), (unsigned)mode);
}

void
audit_set_times(const struct audit *a, const char *path, time_t mtime)
{
	char quoted[QUOTED_BYTES_MAX];
	char stamp[32];
	struct tm tm;

	(void)a;
	if (!log_is_on(LOG_LEVEL_VERBOSE))
		return;
	/* A year that no int holds; the client chose it. */
	if (gmtime_r(&mtime, &tm) == NULL ||
	    strftime(stamp, sizeof(stamp), "%Y%m%d-%H:%M:%S", &tm) == 0)
		memcpy(stamp, "?", sizeof("?"));
	log_verbose("set %s modtime %s", quote(quoted, path), stamp);
}

void
audit_note(const struct audit *a, const char *path, const char *text)
{
	char quoted[QUOTED_BYTES_MAX];

	(void)a;
	log_info("note %s: %s", quote(quoted, path), text);
}

const char *
audit_errno_code(int err)
{
	static const struct {
		int err;
		const char *code;
	} codes[] = {
		{ ENOENT, "not-found" }, { EACCES, "permission" },
		{ EPERM, "permission" }, { ENOSPC, "no-space" },
		{ EDQUOT, "quota" }, { EFBIG, "too-large" },
		{ ENOTDIR, "not-a-directory" }, { EISDIR, "is-a-directory" },
		{ EEXIST, "exists" }, { ELOOP, "link-loop" },
		{ ENAMETOOLONG, "name-too-long" }, { EROFS, "read-only-fs" },
		{ EIO, "io-error" }, { EMFILE, "too-many-open" },
		{ ENFILE, "too-many-open" }, { ENOMEM, "no-memory" },
		{ EPIPE, "disconnected" }, { ECONNRESET, "disconnected" },
		{ ECANCELED, "terminated" }, { ETXTBSY, "busy" },
		{ EBUSY, "busy" }, { E2BIG, "too-many" },
		{ EMEDIUMTYPE, "not-regular" }, /* ROOT_E_NOT_REGULAR */
		{ EMULTIHOP, "too-deep" },      /* ROOT_E_TOO_DEEP */
	};
	size_t i;

	for (i = 0; i < LENGTH(codes); i++) {
		if (codes[i].err == err)
			return codes[i].code;
	}
	return "error";
}

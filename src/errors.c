/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "errors.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "defs.h"

static const struct error {
	int err;
	const char *code;
	const char *text; /* NULL: that of strerror(3) */
} errors[] = {
	{ ENOENT, "not-found", NULL },
	{ EACCES, "permission", NULL },
	{ EPERM, "permission", NULL },
	{ ENOSPC, "no-space", NULL },
	{ EDQUOT, "quota", NULL },
	{ EFBIG, "too-large", NULL },
	{ ENOTDIR, "not-a-directory", NULL },
	{ EISDIR, "is-a-directory", NULL },
	{ EEXIST, "exists", NULL },
	{ ELOOP, "link-loop", "Too many levels of symbolic links" },
	{ ENAMETOOLONG, "name-too-long", NULL },
	{ EROFS, "read-only-fs", NULL },
	{ EIO, "io-error", NULL },
	{ EMFILE, "too-many-open", NULL },
	{ ENFILE, "too-many-open", NULL },
	{ ENOMEM, "no-memory", NULL },
	{ EPIPE, "disconnected", NULL },
	{ ECONNRESET, "disconnected", NULL },
	{ ECANCELED, "terminated", NULL },
	{ ETXTBSY, "busy", NULL },
	{ EBUSY, "busy", NULL },
	{ EAGAIN, "busy", NULL },
	{ ERR_NOT_REGULAR, "not-regular", "not a regular file" },
	{ ERR_TOO_DEEP, "too-deep", "too many directory levels" },
	{ ERR_TOO_MANY, "too-many", "Argument list too long" },
	{ ERR_REFUSED, "error", "refused for this account" },
	{ ERR_SEVERAL_NAMES, "error",
	    "has several names: cannot be written in place" },
	{ ERR_LOCKED, "busy", "is being written by another session" },
	{ ERR_NO_VERSIONS, "error",
	    "old versions cannot be kept in this directory" },
	{ ERR_NO_NUMBER, "error",
	    "no number is left for an old version of this file" },
	{ ERR_APPEND_ONLY, "permission",
	    "directory is append-only: cannot store atomically" },
};

static const struct error *
find(int err)
{
	size_t i;

	for (i = 0; i < LENGTH(errors); i++) {
		if (errors[i].err == err)
			return &errors[i];
	}
	return NULL;
}

const char *
errors_text(int err)
{
	const struct error *e = find(err);

	return e != NULL && e->text != NULL ? e->text : strerror(err);
}

const char *
errors_code(int err)
{
	const struct error *e = find(err);

	return e != NULL ? e->code : "error";
}

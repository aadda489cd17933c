/* SPDX-License-Identifier: ISC */
/*
 * Why something failed: errno, and beyond it reasons that the kernel has no
 * number for.  These travel in errno as well, with numbers that no system call
 * returns (Linux: 1 to 4095), so that neither is taken for the other.
 */
#ifndef ERRORS_H
#define ERRORS_H

enum {
	ERR_NOT_REGULAR = 4096, /* nor a directory (R-PATH-3) */
	ERR_TOO_DEEP,           /* more directory levels than MaxDepth */
	ERR_TOO_MANY,           /* more than MaxMatches, or work for more */
	ERR_REFUSED,            /* by policy: the gate knows the verdict */
	ERR_SEVERAL_NAMES,      /* cannot be written in place */
	ERR_LOCKED,             /* is being written in place by another */
	ERR_NO_VERSIONS,        /* cannot be kept in this directory */
	ERR_NO_NUMBER,          /* is left for one of this file */
	ERR_APPEND_ONLY,        /* names in this directory stay as they are */
	ERR__END
};

/* What a client and the log read of it; never NULL. */
const char *errors_text(int err);

/* One word for the log that stays the same: "error" where there is no other. */
const char *errors_code(int err);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The file that sshd(8) names in SSH_USER_AUTH where ExposeAuthInfo is on:
 * a line for each method that succeeded, "publickey ssh-ed25519 AAAA...".
 * Pure.  The file may be anybody's work: what is not of that form yields
 * nothing.
 */
#ifndef AUTHINFO_H
#define AUTHINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/* No file of sshd's is longer. */
#define AUTHINFO_BYTES_MAX 65536

/* "SHA256:", 43 digits and a NUL. */
#define AUTHINFO_KEY_BYTES 51

struct authinfo {
	char method[96];              /* "publickey,keyboard-interactive/pam" */
	char key[AUTHINFO_KEY_BYTES]; /* as OpenSSH prints it; of the first */
};

/*
 * Read len bytes of text, which is used up: keys are decoded in place.  The
 * fingerprint of a certificate is that of the key in it.  False: not such a
 * file, and both texts are empty.  The key is empty where no method had one,
 * or for a certificate of a type unknown here.
 */
bool authinfo_parse(char *text, size_t len, struct authinfo *out) ATTR_USE;

#endif

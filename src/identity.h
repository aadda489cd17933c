/* SPDX-License-Identifier: ISC */
/*
 * Who is connected: the user of this process by its passwd entry, and the
 * address that sshd wrote.  What sshd lets clients influence is data here,
 * never authority: of several names with the uid of this process LOGNAME
 * picks one, HOME is not looked at.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <sys/types.h>

#include <stdbool.h>

#include "authinfo.h"
#include "defs.h"

struct identity {
	uid_t uid;
	bool known; /* there is a passwd entry: user and home are its */
	/*
	 * Without an entry LOGNAME's text with `?' for what names are not made
	 * of, or the uid in digits; then for the log only.
	 */
	char user[256];
	char **groups;        /* owned: names, or NULL before anybody asked */
	char address[64];     /* first word of SSH_CONNECTION, or "UNKNOWN" */
	unsigned port;        /* its second one, or 0 */
	struct authinfo auth; /* empty until identity_read_auth() */
	char home[1024];      /* empty without an entry */
};

/*
 * Fill *id for getuid().  logname and connection are the values of LOGNAME
 * and SSH_CONNECTION, or NULL.  An address that is not made of hexadecimal
 * digits, `.', `:' and perhaps `%' and a zone is "UNKNOWN".  Cannot fail: what
 * is not known is empty.  May read files of the system, so before confinement.
 */
void identity_read(
    struct identity *id, const char *logname, const char *connection);

/*
 * How the user authenticated, from the file named in SSH_USER_AUTH; path may
 * be NULL.  sshd makes it for this user alone; where ExposeAuthInfo is off the
 * variable may be somebody else's: the file must be regular, with one link,
 * this user's and writable by nobody else, at most AUTHINFO_BYTES_MAX long, and
 * in neither the directory rootfd nor the home.  Else, and where it does not
 * read like one, id->auth stays empty.  False: there was something wrong with
 * it, and errno is set.
 */
bool identity_read_auth(
    struct identity *id, const char *path, int rootfd) ATTR_USE;

/*
 * The same for another account, by its name and an address or NULL; for the
 * what-if query.  False: there is no such entry.
 */
bool identity_look_up(
    struct identity *id, const char *user, const char *address) ATTR_USE;

/*
 * Become the account of identity_look_up(), which only the super-user can.  -1
 * with errno.
 */
int identity_become(const struct identity *id) ATTR_USE;

void identity_clear(struct identity *id);

/*
 * The names of the account's groups, as getgrouplist(3) has them, and of those
 * of this process where it is the account's: getgrouplist(3) does not tell when
 * it could not read them.  NULL behind the last.  NULL: they cannot be had, or
 * not all have a name.  Borrowed.
 */
const char *const *identity_groups(struct identity *id);

/*
 * Expand the tokens %h %u %U %% of sshd_config(5) into dst, of at least one
 * byte.  False leaves dst empty, with errno ENOENT: a token needs a passwd
 * entry and there is none, or the name or home is unfit to be part of a path
 * (R-PATH-4: a name with a slash, `..', a relative home); EINVAL: unknown
 * token; ENAMETOOLONG.
 */
bool identity_expand(const struct identity *id, const char *text, char *dst,
    size_t size) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "identity.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "outside.h"

/* As NGROUPS_MAX of the kernel. */
#define GROUPS_MAX 65536

#define DIGITS     "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"
#define NAME_BYTES                                                             \
	DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_"

/* A copy of text, or the empty text where it would have to be cut. */
static bool
put(char *dst, size_t size, const char *text)
{
	size_t len;

	len = strlen(text);
	if (len >= size) {
		dst[0] = '\0';
		return false;
	}
	memcpy(dst, text, len + 1);
	return true;
}

static bool
take_entry(struct identity *id, const struct passwd *pw)
{
	if (pw == NULL || pw->pw_uid != id->uid ||
	    !put(id->user, sizeof(id->user), pw->pw_name))
		return false;
	(void)put(id->home, sizeof(id->home), pw->pw_dir);
	id->known = true;
	return true;
}

/*
 * A name that nobody vouches for: in the log it must not read like another
 * part of the line, so it keeps only the bytes that names are made of.
 */
static void
take_claim(struct identity *id, const char *logname)
{
	char *p;

	if (logname == NULL || !put(id->user, sizeof(id->user), logname))
		id->user[0] = '\0';
	for (p = id->user; *p != '\0'; p++) {
		if (strchr(NAME_BYTES "@+$", *p) == NULL)
			*p = '?';
	}
	if (id->user[0] == '\0')
		(void)snprintf(
		    id->user, sizeof(id->user), "%lu", (unsigned long)id->uid);
}

/* The bytes at the start of text that an address takes, 0 if it is none. */
static size_t
address_length(const char *text)
{
	size_t len;
	size_t zone = 0;

	len = strspn(text, HEX_DIGITS ".:");
	if (len > 0 && text[len] == '%') {
		zone = strspn(text + len + 1, NAME_BYTES);
		len = zone > 0 ? len + 1 + zone : 0;
	}
	return text[len] == ' ' || text[len] == '\0' ? len : 0;
}

/* The port that the word at the start of text is, or 0. */
static unsigned
port_of(const char *text)
{
	size_t len = strspn(text, DIGITS);
	unsigned port = 0;
	size_t i;

	if (len > 5 || (text[len] != ' ' && text[len] != '\0'))
		return 0;
	for (i = 0; i < len; i++)
		port = 10 * port + (unsigned)(text[i] - '0');
	return port <= 65535 ? port : 0;
}

static void
take_connection(struct identity *id, const char *connection)
{
	size_t len;

	len = address_length(connection);
	if (len == 0 || len >= sizeof(id->address))
		return;
	memcpy(id->address, connection, len);
	id->address[len] = '\0';
	if (connection[len] == ' ')
		id->port = port_of(connection + len + 1);
}

/* A local account, in a way that costs little. */
static bool
read_local(struct identity *id, const char *logname)
{
	uid_t uid;

	if (!account_find(ACCOUNT_SWITCH, ACCOUNT_FILE, logname, &uid, id->home,
		sizeof(id->home)) ||
	    uid != id->uid || !put(id->user, sizeof(id->user), logname)) {
		id->home[0] = '\0';
		return false;
	}
	return id->known = true;
}

/* By the name that sshd(8) says, if that is one of this user's. */
static bool
read_named(struct identity *id, const char *logname)
{
	return logname != NULL && logname[0] != '\0' &&
	    (read_local(id, logname) || take_entry(id, getpwnam(logname)));
}

static void
begin(struct identity *id)
{
	id->known = false;
	id->groups = NULL;
	id->user[0] = id->home[0] = '\0';
	id->port = 0;
	id->auth.method[0] = id->auth.key[0] = '\0';
	id->uid = getuid();
	(void)put(id->address, sizeof(id->address), "UNKNOWN");
}

void
identity_read(struct identity *id, const char *logname, const char *connection)
{
	begin(id);
	if (!read_named(id, logname) && !take_entry(id, getpwuid(id->uid)))
		take_claim(id, logname);
	if (connection != NULL)
		take_connection(id, connection);
}

/* Is the open file one that sshd may have made for this user? */
static bool
is_own(const struct identity *id, const struct stat *st)
{
	if ((st->st_uid == id->uid || st->st_uid == 0) &&
	    (st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	errno = EPERM;
	return false;
}

/* One read(2): what is longer, or not there at once, is no file of sshd's. */
static bool
parse_file(struct identity *id, int fd)
{
	char *text;
	ssize_t len;
	bool ok = false;

	if ((text = malloc(AUTHINFO_BYTES_MAX + 1)) == NULL)
		return false;
	len = read(fd, text, AUTHINFO_BYTES_MAX + 1);
	if (len >= 0) {
		ok = authinfo_parse(text, (size_t)len, &id->auth);
		errno = EINVAL;
	}
	free(text);
	return ok;
}

bool
identity_read_auth(struct identity *id, const char *path, int rootfd)
{
	struct stat inside[2], st;
	size_t n = 1;
	const char *why;
	bool ok;
	int fd;

	if (path == NULL)
		return true;
	if (fstat(rootfd, &inside[0]) == -1)
		return false;
	if (id->home[0] == '/' && stat(id->home, &inside[n]) == 0)
		n++;
	fd = outside_open(path, O_RDONLY, inside, n, &st, &why);
	if (fd == -1)
		return false;
	ok = is_own(id, &st) && parse_file(id, fd);
	(void)close(fd);
	return ok;
}

bool
identity_look_up(struct identity *id, const char *user, const char *address)
{
	const struct passwd *pw;

	begin(id);
	pw = getpwnam(user);
	if (pw == NULL)
		return false;
	id->uid = pw->pw_uid;
	if (address != NULL)
		take_connection(id, address);
	return take_entry(id, pw);
}

int
identity_become(const struct identity *id)
{
	const struct passwd *pw = getpwnam(id->user);
	gid_t gid;

	if (pw == NULL) {
		errno = ENOENT;
		return -1;
	}
	gid = pw->pw_gid;
	if (initgroups(id->user, gid) == -1 || setgid(gid) == -1)
		return -1;
	return setuid(id->uid);
}

void
identity_clear(struct identity *id)
{
	char **name;

	for (name = id->groups; name != NULL && *name != NULL; name++)
		free(*name);
	free(id->groups);
	id->groups = NULL;
}

/* The groups' numbers in fresh memory, *n of them; NULL with errno. */
static gid_t *
group_numbers(const char *user, int *n)
{
	const struct passwd *pw = getpwnam(user);
	gid_t *list = NULL, *larger;
	int room;

	for (room = 64; pw != NULL && room <= GROUPS_MAX; room *= 2) {
		larger = reallocarray(list, (size_t)room, sizeof(*list));
		if (larger == NULL)
			break;
		list = larger;
		*n = room;
		if (getgrouplist(user, pw->pw_gid, list, n) != -1)
			return list;
	}
	free(list);
	return NULL;
}

static bool
is_among(gid_t gid, const gid_t *list, int n)
{
	while (n > 0) {
		if (list[--n] == gid)
			return true;
	}
	return false;
}

/* Those of the process behind list, which is owned; NULL with errno. */
static gid_t *
add_own_numbers(gid_t *list, int *n)
{
	gid_t *larger = NULL;
	const gid_t *gid;
	int own = getgroups(0, NULL);

	if (own != -1)
		larger =
		    reallocarray(list, (size_t)*n + (size_t)own, sizeof(*list));
	if (larger == NULL || (own = getgroups(own, larger + *n)) == -1) {
		free(larger == NULL ? list : larger);
		return NULL;
	}
	for (gid = larger + *n; own > 0; gid++, own--) {
		if (!is_among(*gid, larger, *n))
			larger[(*n)++] = *gid;
	}
	return larger;
}

/* Fill id->groups; the one without a name may be any that is asked for. */
static bool
name_groups(struct identity *id, const gid_t *list, int n)
{
	const struct group *gr;
	int i;

	id->groups = calloc((size_t)n + 1, sizeof(*id->groups));
	for (i = 0; i < n && id->groups != NULL; i++) {
		if ((gr = getgrgid(list[i])) == NULL ||
		    (id->groups[i] = strdup(gr->gr_name)) == NULL)
			return false;
	}
	return id->groups != NULL;
}

const char *const *
identity_groups(struct identity *id)
{
	gid_t *list;
	int n = 0;

	if (id->groups == NULL && id->known) {
		list = group_numbers(id->user, &n);
		if (list != NULL && id->uid == getuid())
			list = add_own_numbers(list, &n);
		if (list != NULL && !name_groups(id, list, n))
			identity_clear(id);
		free(list);
	}
	return (const char *const *)id->groups;
}

/* R-PATH-4: %u is one component, or the path would lead elsewhere. */
static bool
is_component(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Room for the digits of one. */
#define UID_BYTES 24

/* What a token stands for, borrowed or in uid; NULL with errno. */
static const char *
token_text(const struct identity *id, char token, char uid[UID_BYTES])
{
	errno = ENOENT;
	switch (token) {
	case '%':
		return "%";
	case 'U':
		(void)snprintf(uid, UID_BYTES, "%lu", (unsigned long)id->uid);
		return uid;
	case 'u':
		return id->known && is_component(id->user) ? id->user : NULL;
	case 'h':
		return id->known && id->home[0] == '/' ? id->home : NULL;
	default:
		errno = EINVAL;
		return NULL;
	}
}

/* *text moves behind what was read: a token or the bytes up to the next. */
static const char *
next_part(const struct identity *id, const char **text, char uid[UID_BYTES],
    size_t *len)
{
	const char *part = *text;

	*len = strcspn(part, "%");
	*text += *len;
	if (*len > 0)
		return part;
	part = token_text(id, part[1], uid);
	if (part == NULL)
		return NULL;
	*len = strlen(part);
	*text += 2;
	return part;
}

bool
identity_expand(
    const struct identity *id, const char *text, char *dst, size_t size)
{
	char uid[UID_BYTES];
	const char *part;
	size_t used = 0;
	size_t len;

	dst[0] = '\0';
	while (*text != '\0') {
		part = next_part(id, &text, uid, &len);
		if (part != NULL && len >= size - used) {
			errno = ENAMETOOLONG;
			part = NULL;
		}
		if (part == NULL) {
			dst[0] = '\0';
			return false;
		}
		memcpy(dst + used, part, len);
		used += len;
		dst[used] = '\0';
	}
	return true;
}

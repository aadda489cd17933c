/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "attributes.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACL_NAME    "system.posix_acl_access"
#define USER_PREFIX "user."

/* No attribute and no list of names is longer (XATTR_SIZE_MAX). */
#define VALUE_BYTES 65536

/* An ACL of more entries is taken for one that cannot be copied. */
#define ACL_ENTRIES_MAX 256

struct acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[ACL_ENTRIES_MAX];
};

/*
 * The group of the old file, or less for everybody's group.  Set even where
 * both seem to be of one group: in a user namespace (confine-root.h) all
 * groups without a number there look the same, and are EINVAL here.
 */
static unsigned
copy_group(const struct stat *old, int fd, mode_t *mode)
{
	struct stat st;

	if (fchown(fd, (uid_t)-1, old->st_gid) == 0)
		return 0;
	/* A file system without groups of its own. */
	if (errno != EINVAL && fstat(fd, &st) == 0 && st.st_gid == old->st_gid)
		return 0;
	/* Members of the new group were "others" to the old file. */
	*mode &= ~(mode_t)S_IRWXG | ((*mode & S_IRWXO) << 3);
	/* And those of the old one are others to the new. */
	*mode &= ~(mode_t)S_IRWXO | ((old->st_mode & S_IRWXG) >> 3);
	return ATTRIBUTES_LOST_GROUP;
}

/* Replace an ACL that the directory gave by one that the mode says in full. */
static bool
set_minimal_acl(int fd, mode_t mode)
{
	static const uint16_t tags[] = { ACL_USER_OBJ, ACL_GROUP_OBJ,
		ACL_OTHER };
	struct acl acl;
	size_t i;

	acl.header.a_version = htole32(POSIX_ACL_XATTR_VERSION);
	for (i = 0; i < LENGTH(tags); i++) {
		acl.entries[i].e_tag = htole16(tags[i]);
		acl.entries[i].e_perm =
		    htole16((uint16_t)(mode >> (6 - 3 * i) & 7));
		acl.entries[i].e_id = htole32((uint32_t)ACL_UNDEFINED_ID);
	}
	return fsetxattr(fd, ACL_NAME, &acl,
		   sizeof(acl.header) + LENGTH(tags) * sizeof(acl.entries[0]),
		   0) == 0;
}

/*
 * The group and other bits that give nobody more than the ACL did: whoever
 * was named in it, perhaps to be shut out, is now one of these.
 */
static mode_t
narrowest(const struct acl *acl, size_t n, mode_t mode)
{
	mode_t group = 7, other = 7, perm;
	size_t i;

	for (i = 0; i < n; i++) {
		perm = le16toh(acl->entries[i].e_perm) & 7U;
		switch (le16toh(acl->entries[i].e_tag)) {
		case ACL_USER:
		case ACL_GROUP:
			group &= perm;
			other &= perm;
			break;
		case ACL_GROUP_OBJ:
		case ACL_MASK:
			group &= perm;
			break;
		case ACL_OTHER:
			other &= perm;
			break;
		default:
			break;
		}
	}
	return mode & (S_IRWXU | group << 3 | other);
}

/* After a failure: is there none, or may it only not be read? */
static bool
has_none(void)
{
	return errno == ENODATA || errno == EOPNOTSUPP;
}

/* Without an ACL of its own the new file has what the mode says, no more. */
static unsigned
drop_inherited_acl(int fd, mode_t *mode)
{
	if (fgetxattr(fd, ACL_NAME, NULL, 0) == -1 && has_none())
		return 0;
	if (set_minimal_acl(fd, *mode))
		return 0;
	*mode &= ~(mode_t)S_IRWXG;
	return ATTRIBUTES_LOST_ACL;
}

/* *had_one: the old file's group bits may be the mask of an ACL. */
static unsigned
copy_acl(int old, int fd, mode_t *mode, bool *had_one)
{
	struct acl acl;
	ssize_t len;
	size_t n;

	len = fgetxattr(old, ACL_NAME, &acl, sizeof(acl));
	*had_one = len != -1 || !has_none();
	if (!*had_one)
		return drop_inherited_acl(fd, mode);
	if (len > 0 && fsetxattr(fd, ACL_NAME, &acl, (size_t)len, 0) == 0)
		return 0;
	if (len >= (ssize_t)sizeof(acl.header)) {
		n = ((size_t)len - sizeof(acl.header)) / sizeof(acl.entries[0]);
		*mode = narrowest(&acl, n, *mode);
	} else {
		*mode &= S_IRWXU;
	}
	(void)drop_inherited_acl(fd, mode);
	return ATTRIBUTES_LOST_ACL;
}

static bool
copy_one(int old, int fd, const char *name, char *value)
{
	ssize_t len;

	len = fgetxattr(old, name, value, VALUE_BYTES);
	return len >= 0 && fsetxattr(fd, name, value, (size_t)len, 0) == 0;
}

static unsigned
copy_user_attributes(int old, int fd)
{
	unsigned lost = 0;
	const char *name;
	char *names, *value;
	ssize_t len = flistxattr(old, NULL, 0);

	if (len == 0 || (len == -1 && has_none()))
		return 0;
	names = malloc(VALUE_BYTES + 1);
	value = malloc(VALUE_BYTES);
	len = -1;
	if (names != NULL && value != NULL)
		len = flistxattr(old, names, VALUE_BYTES);
	if (len == -1) {
		lost = ATTRIBUTES_LOST_XATTR;
		len = 0;
	}
	for (name = names; len > 0; name += strlen(name) + 1) {
		len -= (ssize_t)strlen(name) + 1;
		if (strncmp(name, USER_PREFIX, strlen(USER_PREFIX)) == 0 &&
		    !copy_one(old, fd, name, value))
			lost = ATTRIBUTES_LOST_XATTR;
	}
	free(names);
	free(value);
	return lost;
}

unsigned
attributes_copy(int old, const struct stat *st, int fd, mode_t *mode)
{
	unsigned lost;
	bool had_acl;

	lost = copy_group(st, fd, mode);
	lost |= copy_acl(old, fd, mode, &had_acl);
	/* The mask may be more than the group itself had, see copy_group(). */
	if (had_acl && (lost & ATTRIBUTES_LOST_GROUP) != 0)
		*mode &= ~(mode_t)S_IRWXO;
	lost |= copy_user_attributes(old, fd);
	return lost;
}

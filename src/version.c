/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "version.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "errors.h"
#include "policy.h"

/* Others may take a number before us, again and again. */
#define NUMBER_TRIES 1000

/* Removed at once at most: a smaller KeepVersions takes effect step by step. */
#define PRUNE_MAX 64

/* ".~" digits "~" */
#define SUFFIX_BYTES (2 + POLICY_VERSION_DIGITS + 1)

/* The numbers of the versions of a name. */
struct numbers {
	unsigned long newest; /* 0: there are none */
	/* So many that some can stay which nobody can remove. */
	unsigned long oldest[PRUNE_MAX];
	size_t n;
};

static int
no_versions(void)
{
	errno = ERR_NO_VERSIONS;
	return -1;
}

/* For the longest number at once, or some would go and the next ones not. */
static int
require_room(const char *name)
{
	if (strlen(name) + SUFFIX_BYTES <= NAME_BYTES_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static void
make_name(char *dst, const char *name, unsigned long number)
{
	(void)snprintf(dst, NAME_BYTES_MAX + 1, "%s.~%lu~", name, number);
}

/* That tells all of them; a directory has no number. */
static bool
has_last_number(int dirfd, const char *name)
{
	char numbered[NAME_BYTES_MAX + 1];
	struct stat st;

	make_name(numbered, name, POLICY_VERSION_MAX);
	return entry_stat(dirfd, numbered, &st) == 0 && !S_ISDIR(st.st_mode);
}

int
version_check(int dirfd, const char *name)
{
	int fd;

	if (require_room(name) == -1)
		return -1;
	if ((fd = entry_open_dir(dirfd, ".")) == -1)
		return no_versions();
	(void)close(fd);
	if (!has_last_number(dirfd, name))
		return 0;
	errno = ERR_NO_NUMBER;
	return -1;
}

int
version_probe(struct temp *t, struct temp_names *names)
{
	struct temp other;
	char name[sizeof(t->name)];

	temp_init(&other);
	if (temp_create(&other, names, t->dirfd, 0) == -1)
		return -1;
	if (temp_rename(&other, t->name, TEMP_EXCHANGE) == -1) {
		temp_discard(&other);
		return no_versions();
	}
	memcpy(name, t->name, sizeof(name));
	memcpy(t->name, other.name, sizeof(name));
	memcpy(other.name, name, sizeof(name));
	temp_discard(&other);
	return 0;
}

static void
note_number(struct numbers *n, unsigned long number)
{
	size_t i;

	if (n->newest < number)
		n->newest = number;
	if (n->n < PRUNE_MAX)
		n->n++;
	else if (n->oldest[n->n - 1] <= number)
		return;
	for (i = n->n - 1; i > 0 && n->oldest[i - 1] > number; i--)
		n->oldest[i] = n->oldest[i - 1];
	n->oldest[i] = number;
}

/* The number of what may be a version of name, 0 of what is none. */
static unsigned long
number_of(const struct dirent *entry, const char *name, size_t len)
{
	const char *text = entry->d_name;

	if (entry->d_type == DT_DIR || strncmp(text, name, len) != 0 ||
	    strrchr(text, '.') != text + len)
		return 0;
	return policy_version_number(text);
}

static int
find_numbers(int dirfd, const char *name, struct numbers *n)
{
	struct dirent *entry;
	size_t len = strlen(name);
	unsigned long number;
	DIR *dir;
	int fd;

	n->newest = n->n = 0;
	if ((fd = entry_open_dir(dirfd, ".")) == -1)
		return no_versions();
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return -1;
	}
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if ((number = number_of(entry, name, len)) != 0)
			note_number(n, number);
	}
	if (errno == 0)
		return closedir(dir);
	number = (unsigned long)errno;
	(void)closedir(dir);
	errno = (int)number;
	return -1;
}

/* Rename the new file to the first free number from *number on. */
static int
take_number(struct temp *t, const char *name, unsigned long *number)
{
	char numbered[sizeof(t->name)];
	int tries;

	for (tries = 0; tries < NUMBER_TRIES; tries++, (*number)++) {
		if (*number > POLICY_VERSION_MAX) {
			errno = ERR_NO_NUMBER;
			return -1;
		}
		make_name(numbered, name, *number);
		if (temp_rename(t, numbered, TEMP_NOREPLACE) == 0) {
			memcpy(t->name, numbered, sizeof(numbered));
			return 0;
		}
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

/* Our own, or one that we may write to. */
static bool
is_ours(const struct temp *t, const char *numbered, const struct stat *st)
{
	int fd;

	if (st->st_uid == t->st.st_uid)
		return true;
	fd = entry_open_to_write(t->dirfd, numbered);
	return fd != -1 && close(fd) == 0;
}

/*
 * A new file on its way is locked, has this name only, and its owner can always
 * write to it (temp.h); what looks like one goes if nobody holds the lock.
 */
static void
remove_old(const struct temp *t, const char *numbered)
{
	struct stat st;

	if (entry_stat(t->dirfd, numbered, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	if ((st.st_mode & S_IWUSR) != 0 && st.st_nlink == 1)
		(void)temp_remove_dead(t->dirfd, numbered);
	else if (is_ours(t, numbered, &st))
		(void)unlinkat(t->dirfd, numbered, 0);
}

static void
prune(const struct temp *t, const char *name, const struct numbers *n,
    unsigned long newest, unsigned keep)
{
	char numbered[NAME_BYTES_MAX + 1];
	size_t i;

	for (i = 0; i < n->n && n->oldest[i] + keep <= newest; i++) {
		make_name(numbered, name, n->oldest[i]);
		remove_old(t, numbered);
	}
}

int
version_replace(struct temp *t, const char *name, unsigned keep)
{
	struct numbers n;
	unsigned long number;

	/* One that was free at the header was not checked there. */
	if (require_room(name) == -1 || find_numbers(t->dirfd, name, &n) == -1)
		return -1;
	number = n.newest + 1;
	if (take_number(t, name, &number) == -1 ||
	    temp_rename(t, name, TEMP_EXCHANGE) == -1)
		return -1;
	prune(t, name, &n, number, keep);
	return 0;
}

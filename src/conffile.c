/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "conffile.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "entry.h"
#include "errors.h"
#include "root.h"
#include "text.h"

#define MAGIC "*?["

/* One configuration being read. */
struct reading {
	struct conffile *f;
	struct conf conf;
	struct conf_fault fault;
	bool knows_owner;
	uid_t owner; /* may own files, besides root */
	unsigned depth;
	size_t dir_len;          /* of the path of the first file's directory */
	const char *dir;         /* ends in a slash there, borrowed */
	struct root_place place; /* where the last walk led */
	struct root walker;
};

static bool
fail(struct reading *r, const char *path, const char *why)
{
	(void)text_format(
	    r->fault.text, sizeof(r->fault.text), "%s: %s", path, why);
	return false;
}

/* What errno says of a path, for whoever can change it. */
static bool
fail_errno(struct reading *r, const char *path)
{
	switch (errno) {
	case EPERM:
		return fail(r, path,
		    "a directory above it can be written to, or is owned, by "
		    "others than root");
	case EACCES:
		return fail(r, path,
		    "Permission denied (sessions read it as their account: "
		    "make it mode 0644)");
	default:
		return fail(r, path, errors_text(errno));
	}
}

/* Whoever can replace this program need not bother with its configuration. */
static uid_t
program_owner(void)
{
	struct stat st;
	uid_t owner = 0;
	int fd;

	fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0)
		owner = st.st_uid;
	if (fd != -1)
		(void)close(fd);
	return owner;
}

/*
 * It is looked for once something is found that is not root's: mostly there is
 * nothing, and a look through /proc costs more than the rest.
 */
static void
find_owner(struct reading *r)
{
	if (!r->knows_owner)
		r->owner = program_owner();
	r->knows_owner = true;
}

static bool
is_in_good_hands(struct reading *r, const struct stat *st)
{
	if (st->st_uid != 0)
		find_owner(r);
	return (st->st_uid == 0 || st->st_uid == r->owner) &&
	    (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Read all of fd, of st->st_size bytes, into text; false with errno. */
static bool
read_whole(int fd, const struct stat *st, char *text)
{
	const size_t len = (size_t)st->st_size;
	struct stat now;
	size_t used = 0;
	ssize_t n = 1;

	/* One byte more, to see that it has not grown. */
	while (n > 0 && used <= len) {
		n = read(fd, text + used, len + 1 - used);
		if (n == -1)
			return false;
		used += (size_t)n;
	}
	if (fstat(fd, &now) == -1)
		return false;
	if (used == len && now.st_mtim.tv_sec == st->st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == st->st_mtim.tv_nsec)
		return true;
	errno = EBUSY;
	return false;
}

/* The text of an open file in fresh memory; NULL with a fault. */
static char *
take_text(struct reading *r, const char *path, int fd, const struct stat *st)
{
	char *text = NULL;

	if (!is_in_good_hands(r, st))
		(void)fail(r, path,
		    "it can be written to, or is owned, by others than root");
	else if (st->st_size > (off_t)CONFFILE_BYTES_MAX)
		(void)fail(r, path, "it is larger than 64 KiB");
	else if ((text = malloc((size_t)st->st_size + 1)) == NULL)
		(void)fail_errno(r, path);
	else if (read_whole(fd, st, text))
		return text;
	else if (errno == EBUSY)
		(void)fail(r, path, "it changed while it was read");
	else
		(void)fail_errno(r, path);
	free(text);
	return NULL;
}

static bool
find(struct reading *r, const char *path)
{
	if (root_find(&r->walker, path, r->owner, &r->place) == 0)
		return true;
	if (errno != EPERM || r->knows_owner)
		return false;
	find_owner(r);
	return root_find(&r->walker, path, r->owner, &r->place) == 0;
}

/* Open the file at path; -1 with a fault and errno. */
static int
open_file(struct reading *r, const char *path, struct stat *st)
{
	int fd = -1;

	if (find(r, path)) {
		*st = r->place.st;
		if (r->place.dir != -1)
			errno = EISDIR;
		else if (!r->place.exists)
			errno = ENOENT;
		else
			fd =
			    entry_open_file(r->place.parent, r->place.name, st);
		root_leave(&r->place);
	}
	if (fd == -1)
		(void)fail_errno(r, path);
	return fd;
}

/* Files have the number for origins under which their name is kept. */
static bool
add_name(struct reading *r, const char *path)
{
	struct conffile *f = r->f;
	char **names;

	if (f->count == CONFFILE_COUNT_MAX)
		return fail(r, path, "more than 256 files are included");
	names = reallocarray(f->names, f->count + 1U, sizeof(*names));
	if (names == NULL)
		return fail_errno(r, path);
	f->names = names;
	if ((names[f->count] = strdup(path)) == NULL)
		return fail_errno(r, path);
	f->count++;
	return true;
}

static bool
read_file(struct reading *r, const char *path, enum conf_scope scope)
{
	struct stat st;
	char *text;
	bool ok;
	int fd;

	if ((fd = open_file(r, path, &st)) == -1)
		return false;
	text = take_text(r, path, fd, &st);
	(void)close(fd);
	if (text == NULL)
		return false;
	ok = add_name(r, path) &&
	    conf_read(&r->conf, text, (size_t)st.st_size,
		(unsigned short)(r->f->count - 1), scope, &r->fault);
	free(text);
	return ok;
}

/* Names in a directory that fit a pattern, in the order of their bytes. */
struct names {
	size_t count;
	char *name[CONFFILE_COUNT_MAX];
};

static int
compare(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static bool
collect(DIR *dir, const char *pattern, struct names *found)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0)
			continue;
		if (found->count == CONFFILE_COUNT_MAX) {
			errno = E2BIG;
			return false;
		}
		found->name[found->count] = strdup(entry->d_name);
		if (found->name[found->count] == NULL)
			return false;
		found->count++;
	}
	if (errno != 0)
		return false;
	qsort(found->name, found->count, sizeof(found->name[0]), compare);
	return true;
}

/* Open the directory of a pattern, path/; NULL with a fault. */
static DIR *
open_directory(struct reading *r, const char *path)
{
	struct stat st;
	DIR *dir = NULL;
	int fd = -1;

	if (find(r, path)) {
		if (r->place.dir == -1)
			errno = ENOENT; /* nor a file, because of the slash */
		else
			fd = entry_open_dir(r->place.dir, ".");
		root_leave(&r->place);
	}
	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)fail_errno(r, path);
	} else if (!is_in_good_hands(r, &st)) {
		(void)fail(r, path,
		    "it can be written to, or is owned, by others than root");
	} else if ((dir = fdopendir(fd)) != NULL) {
		return dir;
	} else {
		(void)fail_errno(r, path);
	}
	if (fd != -1)
		(void)close(fd);
	return NULL;
}

static bool
read_found(struct reading *r, const char *dir, const struct names *found,
    enum conf_scope scope)
{
	char path[SETTINGS_PATH_BYTES + NAME_BYTES_MAX + 1];
	size_t i;

	for (i = 0; i < found->count; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", dir, found->name[i]);
		if (!read_file(r, path, scope))
			return false;
	}
	return true;
}

/* Read all in dir, whose path ends in a slash, that fits the pattern. */
static bool
read_matching(struct reading *r, const char *path, const char *pattern,
    enum conf_scope scope)
{
	struct names *found = calloc(1, sizeof(*found));
	DIR *dir = found == NULL ? NULL : open_directory(r, path);
	bool ok = false;

	if (found == NULL)
		return fail_errno(r, path);
	if (dir != NULL) {
		ok = collect(dir, pattern, found) || fail_errno(r, path);
		(void)closedir(dir);
	}
	ok = ok && read_found(r, path, found, scope);
	while (found->count > 0)
		free(found->name[--found->count]);
	free(found);
	return ok;
}

/* The path that a word behind Include means; false: it is too long. */
static bool
complete(const struct reading *r, const char *word, char *path, size_t size)
{
	const size_t before = word[0] == '/' ? 0 : r->dir_len;
	const size_t len = strlen(word);

	if (before + len >= size)
		return false;
	memcpy(path, r->dir, before);
	memcpy(path + before, word, len + 1);
	return true;
}

static bool
include_path(struct reading *r, const char *path, enum conf_scope scope)
{
	const char *last = strrchr(path, '/') + 1;
	char dir[SETTINGS_PATH_BYTES];

	if (strpbrk(path, MAGIC) == NULL)
		return read_file(r, path, scope);
	memcpy(dir, path, (size_t)(last - path));
	dir[last - path] = '\0';
	if (strpbrk(dir, MAGIC) != NULL)
		return fail(
		    r, path, "*, ? and [ may stand behind the last slash only");
	return read_matching(r, dir, last, scope);
}

static bool
include(const struct conf *c, const char *word, enum conf_scope scope,
    struct conf_fault *fault)
{
	struct reading *r = c->arg;
	char path[SETTINGS_PATH_BYTES];
	bool ok;

	(void)fault; /* is r->fault */
	if (r->depth == CONFFILE_DEPTH_MAX)
		return fail(r, word,
		    "Include goes deeper than 8 files: does one include "
		    "itself?");
	if (!complete(r, word, path, sizeof(path)))
		return fail(r, "Include", "File name too long");
	r->depth++;
	ok = include_path(r, path, scope);
	r->depth--;
	return ok;
}

static bool
read_first(struct reading *r, const char *path, bool may_be_missing)
{
	if (path[0] != '/')
		return fail(r, path, "expected an absolute path");
	r->dir = path;
	r->dir_len = (size_t)(strrchr(path, '/') + 1 - path);
	if (may_be_missing && find(r, path)) {
		may_be_missing = !r->place.exists;
		root_leave(&r->place);
	} else if (may_be_missing) {
		may_be_missing = errno == ENOENT;
	}
	return may_be_missing || read_file(r, path, CONF_GLOBAL);
}

static void
explain(const struct reading *r, char *err, size_t errsize)
{
	const struct conf_fault *fault = &r->fault;

	if (fault->line == 0)
		(void)text_format(err, errsize, "%s", fault->text);
	else
		(void)text_format(err, errsize, "%s:%u: %s",
		    r->f->names[fault->file], (unsigned)fault->line,
		    fault->text);
}

void
conffile_init(struct conffile *f)
{
	f->count = 0;
	f->names = NULL;
}

void
conffile_clear(struct conffile *f)
{
	while (f->count > 0)
		free(f->names[--f->count]);
	free(f->names);
	f->names = NULL;
}

bool
conffile_read(struct conffile *f, const char *path, bool may_be_missing,
    const struct match_who *who, struct settings *settings, char *err,
    size_t errsize)
{
	struct reading r;

	r.f = f;
	r.conf = (struct conf){
		.settings = settings, .who = who, .include = include, .arg = &r
	};
	r.fault.line = 0;
	r.knows_owner = false;
	r.owner = 0;
	r.depth = 0;
	if (read_first(&r, path, may_be_missing))
		return true;
	explain(&r, err, errsize);
	return false;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "account.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define BLANKS " \t"

/* A file line by line; one longer than this is not plain. */
struct lines {
	int fd;
	size_t start;
	size_t end;
	char buf[4096];
};

static bool
open_lines(struct lines *l, const char *path)
{
	l->start = l->end = 0;
	l->fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return l->fd != -1;
}

/* Read more behind what is there; false at the end, or if there is no room. */
static bool
read_more(struct lines *l)
{
	ssize_t n;

	memmove(l->buf, l->buf + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	n = read(l->fd, l->buf + l->end, sizeof(l->buf) - l->end);
	if (n <= 0)
		return false;
	l->end += (size_t)n;
	return true;
}

/* The next whole line without its end, or NULL. */
static char *
next_line(struct lines *l)
{
	char *line, *end;

	do {
		line = l->buf + l->start;
		end = memchr(line, '\n', l->end - l->start);
	} while (end == NULL && read_more(l));
	if (end == NULL)
		return NULL;
	*end = '\0';
	l->start = (size_t)(end + 1 - l->buf);
	return line;
}

/* What stands behind "passwd:", or NULL. */
static const char *
accounts_sources(const char *line)
{
	line += strspn(line, BLANKS);
	if (strncmp(line, "passwd", 6) != 0)
		return NULL;
	line += 6;
	line += strspn(line, BLANKS);
	return *line == ':' ? line + 1 + strspn(line + 1, BLANKS) : NULL;
}

/* "files", and no [action] that makes something else of it. */
static bool
begins_with_files(const char *sources)
{
	size_t len = strcspn(sources, BLANKS "#[");

	if (len != 5 || memcmp(sources, "files", 5) != 0)
		return false;
	sources += len;
	return sources[strspn(sources, BLANKS)] != '[';
}

static bool
is_file_first(struct lines *l, const char *switch_path)
{
	const char *line, *sources;
	bool first = false;

	if (!open_lines(l, switch_path))
		return false;
	while ((line = next_line(l)) != NULL) {
		sources = accounts_sources(line);
		if (sources != NULL)
			first = begins_with_files(sources);
	}
	/* What has no end might say it once more. */
	first = first && l->start == l->end;
	(void)close(l->fd);
	return first;
}

/* Cut the field off that text begins with; what follows it, or NULL. */
static char *
cut_field(char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static bool
read_uid(const char *text, uid_t *uid)
{
	uint64_t n = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9' && n <= UINT32_MAX; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*uid = (uid_t)n;
	return p != text && *p == '\0' && n < UINT32_MAX;
}

/* Of the seven fields of passwd(5), behind the name. */
static bool
read_entry(char *text, uid_t *uid, char *home, size_t homesize)
{
	char *field[6];
	size_t i, len;

	for (i = 0; i < LENGTH(field); i++) {
		field[i] = text;
		if (i + 1 < LENGTH(field) && (text = cut_field(text)) == NULL)
			return false;
	}
	len = strlen(field[4]);
	if (len >= homesize || !read_uid(field[1], uid))
		return false;
	memcpy(home, field[4], len + 1);
	return true;
}

bool
account_find(const char *switch_path, const char *path, const char *name,
    uid_t *uid, char *home, size_t homesize)
{
	size_t len = strlen(name);
	struct lines l;
	bool found = false;
	char *line;

	/* What begins otherwise may mean more than a name to somebody. */
	if (len == 0 || strchr("+-#" BLANKS, name[0]) != NULL ||
	    strchr(name, ':') != NULL ||
	    (switch_path != NULL && !is_file_first(&l, switch_path)) ||
	    !open_lines(&l, path))
		return false;
	while ((line = next_line(&l)) != NULL) {
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		found = read_entry(line + len + 1, uid, home, homesize);
		break;
	}
	(void)close(l.fd);
	return found;
}

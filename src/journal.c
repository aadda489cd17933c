/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "journal.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "outside.h"
#include "text.h"

/* Where lines of syslog carry JSON, readers of it look for this. */
#define COOKIE "@cee: "

_Static_assert(
    LOG_BYTES_MAX - sizeof(COOKIE) >= TRANSFER_BYTES_MIN, "cut records");

/* For how long the file may be missing while somebody rotates it. */
#define ROTATION_TRIES   10
#define ROTATION_WAIT_NS 20000000L

void
journal_init(struct journal *j)
{
	j->place = JOURNAL_NONE;
	j->lost = 0;
}

static bool
is_broken_disk(int err)
{
	return err == EROFS || err == EIO || err == ENOSPC || err == EDQUOT ||
	    err == ESTALE;
}

/* logrotate(8) renames the file, and only then makes the new one. */
static int
open_file(const char *path, const struct stat *root, const char **why)
{
	const struct timespec pause = { 0, ROTATION_WAIT_NS };
	struct stat st;
	int tries, fd = -1;

	for (tries = 0; tries < ROTATION_TRIES; tries++) {
		fd = outside_open(path, O_WRONLY | O_APPEND, root, 1, &st, why);
		if (fd != -1 || errno != ENOENT)
			break;
		(void)nanosleep(&pause, NULL);
	}
	return fd;
}

int
journal_open(struct journal *j, const char *path,
    enum settings_log_format format, int rootfd, char *err, size_t errsize)
{
	const char *why = NULL;
	struct stat root;
	int fd = -1;

	j->place = JOURNAL_SYSLOG;
	j->format = format;
	if (format == SETTINGS_LOG_XFERLOG)
		transfer_load_zone();
	if (strcmp(path, SETTINGS_TO_SYSLOG) == 0)
		return 0;
	j->place = JOURNAL_NONE;
	if (fstat(rootfd, &root) == 0)
		fd = open_file(path, &root, &why);
	if ((fd == -1 || log_take_file(fd) == -1) && !is_broken_disk(errno)) {
		(void)text_format(err, errsize, "TransferLog %s: %s", path,
		    why != NULL ? why : strerror(errno));
		return -1;
	}
	if (fd == -1) {
		log_error("TransferLog %s: %s; records are lost", path,
		    strerror(errno));
		return 0;
	}
	j->place = JOURNAL_FILE;
	return 0;
}

/* What fits into a datagram. */
static void
write_datagram(struct journal *j, const struct transfer *t)
{
	size_t len = 0;

	if (j->format == SETTINGS_LOG_XFERLOG) {
		len = transfer_xferlog(j->line, LOG_BYTES_MAX, t);
	} else {
		len = strlen(COOKIE);
		memcpy(j->line, COOKIE, len);
		len += transfer_json(j->line + len, LOG_BYTES_MAX - len, t);
	}
	log_record(j->line, len);
}

void
journal_write(struct journal *j, struct transfer *t)
{
	size_t len;

	t->lost = log_lost() - j->lost;
	j->lost += t->lost;
	switch (j->place) {
	case JOURNAL_NONE:
		return;
	case JOURNAL_SYSLOG:
		write_datagram(j, t);
		return;
	case JOURNAL_FILE:
		break;
	}
	/* One byte is for the newline. */
	len = j->format == SETTINGS_LOG_XFERLOG
	    ? transfer_xferlog(j->line, sizeof(j->line) - 1, t)
	    : transfer_json(j->line, sizeof(j->line) - 1, t);
	j->line[len++] = '\n';
	log_write_file(j->line, len);
}

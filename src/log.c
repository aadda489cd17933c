/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "log.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "filter-tables.h"
#include "spelling.h"
#include "text.h"

/* Where the syslog daemon of this system listens. */
#ifndef LOG_SOCKET
#define LOG_SOCKET "/dev/log"
#endif

/* A tenth of a second, for a line that the daemon cannot take at once. */
#define PATIENCE_NS 100000000L

/* "<191>scp-server[4194304]: " with room to spare. */
#define HEAD_BYTES_MAX 64

static struct {
	int fd;
	bool is_socket;
	enum log_level level;
	int facility;
	long pid; /* kept: in a PID namespace or a filter it could change */
	unsigned long lost;   /* lines, since log_open() */
	unsigned long untold; /* of those: the log itself does not say so yet */
	int lost_errno;       /* of the last */
	bool impatient;       /* the last one was not taken */
	int file;             /* of log_take_file(), or -1 */
	bool file_torn;       /* its last line has no end */
	unsigned long file_lost; /* since the last line that is whole */
} state = { .fd = -1, .file = -1 };

static const struct {
	const char *name;
	enum log_level level;
} levels[] = {
	{ "QUIET", LOG_LEVEL_QUIET },
	{ "FATAL", LOG_LEVEL_FATAL },
	{ "ERROR", LOG_LEVEL_ERROR },
	{ "INFO", LOG_LEVEL_INFO },
	{ "VERBOSE", LOG_LEVEL_VERBOSE },
	{ "DEBUG", LOG_LEVEL_DEBUG },
	{ "DEBUG1", LOG_LEVEL_DEBUG },
	{ "DEBUG2", LOG_LEVEL_DEBUG },
	{ "DEBUG3", LOG_LEVEL_DEBUG },
};

static const struct {
	const char *name;
	int facility;
} facilities[] = {
	{ "DAEMON", LOG_DAEMON },
	{ "USER", LOG_USER },
	{ "AUTH", LOG_AUTH },
	{ "AUTHPRIV", LOG_AUTHPRIV },
	{ "LOCAL0", LOG_LOCAL0 },
	{ "LOCAL1", LOG_LOCAL1 },
	{ "LOCAL2", LOG_LOCAL2 },
	{ "LOCAL3", LOG_LOCAL3 },
	{ "LOCAL4", LOG_LOCAL4 },
	{ "LOCAL5", LOG_LOCAL5 },
	{ "LOCAL6", LOG_LOCAL6 },
	{ "LOCAL7", LOG_LOCAL7 },
};

bool
log_level_parse(const char *name, enum log_level *level)
{
	size_t i;

	for (i = 0; i < LENGTH(levels); i++) {
		if (spelling_same(name, levels[i].name)) {
			*level = levels[i].level;
			return true;
		}
	}
	return false;
}

const char *
log_level_name(enum log_level level)
{
	size_t i;

	for (i = 0; i < LENGTH(levels); i++) {
		if (levels[i].level == level)
			return levels[i].name;
	}
	return "?";
}

bool
log_facility_parse(const char *name, int *facility)
{
	size_t i;

	for (i = 0; i < LENGTH(facilities); i++) {
		if (spelling_same(name, facilities[i].name)) {
			*facility = facilities[i].facility;
			return true;
		}
	}
	return false;
}

const char *
log_facility_name(int facility)
{
	size_t i;

	for (i = 0; i < LENGTH(facilities); i++) {
		if (facilities[i].facility == facility)
			return facilities[i].name;
	}
	return "?";
}

/* A datagram socket that sends to path, or -1. */
static int
connect_to(const char *path)
{
	struct sockaddr_un addr;
	int fd;

	memset(&addr, 0, sizeof(addr));
	addr.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -1;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Forget what was open. */
static void
begin(enum log_level level, int facility)
{
	if (state.is_socket && state.fd != -1)
		(void)close(state.fd);
	state.fd = -1;
	state.level = level;
	state.facility = facility;
	state.pid = getpid();
	state.lost = state.untold = 0;
	state.impatient = false;
}

int
log_open(enum log_level level, int facility, bool to_stderr)
{
	if (!to_stderr)
		return log_open_at(LOG_SOCKET, level, facility);
	begin(level, facility);
	state.is_socket = false;
	state.fd = STDERR_FILENO;
	return state.fd;
}

int
log_open_at(const char *path, enum log_level level, int facility)
{
	const int saved = errno;

	begin(level, facility);
	state.is_socket = true;
	if (level != LOG_LEVEL_QUIET)
		state.fd = connect_to(path);
	errno = saved;
	return state.fd;
}

/* *from becomes fd, whatever that was. */
static int
move(int *from, int fd)
{
	if (*from == -1 || *from == fd)
		return *from;
	if (dup3(*from, fd, O_CLOEXEC) == -1)
		return -1;
	(void)close(*from);
	return *from = fd;
}

int
log_move(int fd)
{
	return state.is_socket ? move(&state.fd, fd) : -1;
}

int
log_take_file(int fd)
{
	if (state.file != -1)
		(void)close(state.file);
	state.file = fcntl(fd, F_DUPFD_CLOEXEC, FILTER_OTHER_FDS);
	(void)close(fd);
	state.file_torn = false;
	state.file_lost = 0;
	return state.file == -1 ? -1 : 0;
}

int
log_move_file(int fd)
{
	return move(&state.file, fd);
}

static bool
is_wanted(enum log_level level)
{
	return level != LOG_LEVEL_QUIET && level <= state.level;
}

bool
log_takes(enum log_level level)
{
	if (!is_wanted(level))
		return false;
	if (state.fd == -1)
		state.lost++;
	return state.fd != -1;
}

/* sshd(8) has the same idea of them: verbose lines are information. */
static int
priority(enum log_level level)
{
	if (level == LOG_LEVEL_ERROR)
		return LOG_ERR;
	if (level == LOG_LEVEL_DEBUG)
		return LOG_DEBUG;
	return LOG_INFO;
}

/*
 * As of RFC 3164, 4.1, but for the time: a daemon takes its own where there is
 * none (rsyslog 8.2302 and BusyBox 1.35 do).  To tell it here would cost each
 * session the file of the time zone.
 */
static size_t
put_head(char *dst, enum log_level level)
{
	int n;

	n = snprintf(dst, HEAD_BYTES_MAX,
	    "<%d>scp-server[%ld]: ", state.facility | priority(level),
	    state.pid);
	return n < 0 ? 0 : (size_t)n;
}

/*
 * A line on standard error.  The client is on its other end and may not read:
 * what would block is dropped (R-LOG-1).  A pipe that is writable takes
 * PIPE_BUF bytes, which is more than any line here has.
 */
static bool
write_line(const char *line, size_t len)
{
	static const struct timespec at_once = { 0, 0 };
	struct pollfd p = { .fd = state.fd, .events = POLLOUT };

	errno = EAGAIN;
	return ppoll(&p, 1, &at_once, NULL) == 1 && p.revents == POLLOUT &&
	    write(state.fd, line, len) != -1;
}

/*
 * A datagram.  Where the queue is full a daemon that lives is given a moment,
 * or whoever wants a line to be missing need only be quick; one that let us
 * wait in vain is not waited for again until it takes something.
 */
static bool
send_line(const char *line, size_t len)
{
	const struct timespec patience = { 0, PATIENCE_NS };
	struct pollfd p = { .fd = state.fd, .events = POLLOUT };
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	bool sent = send(state.fd, line, len, flags) != -1;

	if (!sent && errno == EAGAIN && !state.impatient)
		sent = ppoll(&p, 1, &patience, NULL) == 1 &&
		    send(state.fd, line, len, flags) != -1;
	state.impatient = !sent;
	return sent;
}

/* text is printable, and fits. */
static bool
write_text(enum log_level level, const char *text, size_t len)
{
	char line[HEAD_BYTES_MAX + LOG_BYTES_MAX + 1];
	size_t head = state.is_socket ? put_head(line, level) : 0;

	memcpy(line + head, text, len);
	if (state.is_socket)
		return send_line(line, head + len);
	line[head + len] = '\n';
	return write_line(line, head + len + 1);
}

/* What is lost is told, once, where it is missing. */
static void
deliver(enum log_level level, const char *text, size_t len)
{
	char gap[128];

	if (state.untold > 0) {
		(void)snprintf(gap, sizeof(gap), "lines lost: %lu (%s)",
		    state.untold, strerror(state.lost_errno));
		if (write_text(LOG_LEVEL_ERROR, gap, strlen(gap)))
			state.untold = 0;
	}
	if (state.untold == 0 && write_text(level, text, len))
		return;
	if (state.untold == 0)
		state.lost_errno = errno;
	state.lost++;
	state.untold++;
}

unsigned long
log_lost(void)
{
	return state.lost;
}

static void format(enum log_level level, const char *fmt, va_list ap)
    ATTR_PRINTF(2, 0);

static void
format(enum log_level level, const char *fmt, va_list ap)
{
	char text[LOG_BYTES_MAX + 1];
	char line[LOG_BYTES_MAX + 1];
	size_t len;

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	len = text_line(line, sizeof(line), text, strlen(text));
	deliver(level, line, len);
}

static void log_at(enum log_level level, const char *fmt, va_list ap)
    ATTR_PRINTF(2, 0);

static void
log_at(enum log_level level, const char *fmt, va_list ap)
{
	const int saved = errno;

	if (log_takes(level))
		format(level, fmt, ap);
	errno = saved;
}

void
log_record(const char *text, size_t len)
{
	const int saved = errno;

	if (len <= LOG_BYTES_MAX && log_takes(LOG_LEVEL_INFO))
		deliver(LOG_LEVEL_INFO, text, len);
	errno = saved;
}

/* End what a full disk has cut off, so that it spoils no other line. */
static bool
mend_file(void)
{
	if (state.file_torn && write(state.file, "\n", 1) == 1)
		state.file_torn = false;
	return !state.file_torn;
}

/* False, with errno: not, or not as a whole. */
static bool
append(const char *line, size_t len)
{
	ssize_t n = 0;

	if (mend_file() && (n = write(state.file, line, len)) == (ssize_t)len)
		return true;
	if (n > 0) {
		state.file_torn = true;
		errno = ENOSPC;
	}
	return false;
}

void
log_write_file(const char *line, size_t len)
{
	const int saved = errno;

	if (state.file == -1)
		return;
	if (!append(line, len)) {
		if (state.file_lost++ == 0)
			log_error("TransferLog: %s; records are lost",
			    strerror(errno));
	} else if (state.file_lost > 0) {
		log_error("TransferLog works again, %lu records were lost",
		    state.file_lost);
		state.file_lost = 0;
	}
	errno = saved;
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_at(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_at(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void
log_verbose(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_at(LOG_LEVEL_VERBOSE, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_at(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
relay_open(struct relay *r)
{
	int ends[2];

	r->from = r->to = -1;
	r->held = 0;
	r->enlarged = false;
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	r->from = ends[0];
	r->to = ends[1];
	return 0;
}

void
relay_close(struct relay *r)
{
	if (r->from == -1)
		return;
	(void)close(r->from);
	(void)close(r->to);
	r->from = r->to = -1;
	r->held = 0;
}

/* An empty pipe: what a file cannot do is said before. */
bool
relay_suits(const struct relay *r, int fd)
{
	return splice(r->from, NULL, fd, NULL, 1, SPLICE_F_NONBLOCK) == -1 &&
	    errno == EAGAIN;
}

ssize_t
relay_take(struct relay *r, int fd, size_t size)
{
	ssize_t n;

	/* Over the user's share, and what is no pipe, they stay as they are. */
	if (!r->enlarged) {
		(void)fcntl(fd, F_SETPIPE_SZ, RELAY_BYTES);
		(void)fcntl(r->to, F_SETPIPE_SZ, RELAY_BYTES);
	}
	r->enlarged = true;
	if ((n = splice(fd, NULL, r->to, NULL, size, SPLICE_F_MOVE)) > 0)
		r->held = (size_t)n;
	return n;
}

ssize_t
relay_put(struct relay *r, int fd)
{
	ssize_t n;

	n = splice(r->from, NULL, fd, NULL, r->held, SPLICE_F_MOVE);
	if (n > 0)
		r->held -= (size_t)n;
	return n;
}

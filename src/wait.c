/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "wait.h"

#include <errno.h>
#include <time.h>

#include "clock.h"

int
wait_for(int fd, short events, int64_t ns)
{
	struct timespec timeout = { .tv_sec = ns / CLOCK_SECOND,
		.tv_nsec = ns % CLOCK_SECOND };
	struct pollfd pfd = { .fd = fd, .events = events };
	int n;

	n = ppoll(&pfd, 1, ns < 0 ? NULL : &timeout, NULL);
	return n == 1 ? pfd.revents : n;
}

bool
wait_is_ready(int fd, short events)
{
	int got;

	do {
		got = wait_for(fd, events, 0);
	} while (got == -1 && errno == EINTR);
	return got != -1 && (got & events) != 0;
}

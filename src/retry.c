/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "retry.h"

#include <sys/types.h>

#include <errno.h>
#include <unistd.h>

#include "wait.h"

bool
retry_is_due(struct deadline *d, int fd, short events)
{
	int err = errno;

	if ((err != EINTR && err != EAGAIN) || deadline_is_over_waiting(d))
		return false;
	return err == EINTR || wait_for(fd, events, -1) != -1 || errno == EINTR;
}

/*
 * Time counts from here.  That it is over does not matter yet: what is written
 * at once counts all the same, and so does a last word.
 */
static void
keep_time(struct deadline *d)
{
	bool over = deadline_is_over(d);

	(void)over;
}

int
retry_write(struct deadline *d, int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		keep_time(d);
		while ((n = write(fd, data, len)) == -1) {
			if (!retry_is_due(d, fd, POLLOUT))
				return -1;
		}
		/* No error and no progress: what to wait for is not said. */
		if (n == 0) {
			errno = EIO;
			return -1;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

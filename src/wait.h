/* SPDX-License-Identifier: ISC */
/* Waiting for a descriptor, for a time, or both: ppoll(2). */
#ifndef WAIT_H
#define WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "defs.h"

/*
 * Wait until one of the events (poll(2)) is there, for ns nanoseconds at most;
 * -1: for ever.  fd -1: just for the time.  Returns what is there, 0 when the
 * time is over, or -1 with errno: EINTR after a signal.
 */
int wait_for(int fd, short events, int64_t ns) ATTR_USE;

/* Is one of the events there now?  Whatever signals come. */
bool wait_is_ready(int fd, short events) ATTR_USE;

#endif

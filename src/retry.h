/* SPDX-License-Identifier: ISC */
/*
 * Calls that may block, made again where a signal came in between, or where
 * somebody has made the descriptor non-blocking, but not beyond the deadline.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "defs.h"

/*
 * A call on fd has failed: may it be made again?  Waits for the events
 * (poll(2)) that it could not wait for.  False with errno: its own, or
 * ECANCELED.
 */
bool retry_is_due(struct deadline *d, int fd, short events) ATTR_USE;

/*
 * Write all bytes.  0, or -1 with errno: EIO where fd takes none of them and
 * does not say why.
 */
int retry_write(
    struct deadline *d, int fd, const char *data, size_t len) ATTR_USE;

#endif

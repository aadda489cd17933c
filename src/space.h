/* SPDX-License-Identifier: ISC */
/* Is there room for a file?  (MinFreeSpace) */
#ifndef SPACE_H
#define SPACE_H

#include <sys/types.h>

#include <stdbool.h>

#include "defs.h"
#include "policy.h"

#define SPACE_TEXT_BYTES 96

/* So many bytes are written before the free space is looked at again. */
#define SPACE_STEP ((off_t)8 << 20)

/*
 * May so many more bytes be stored in the file system of fd (any kind of
 * descriptor), and min stay free?  Else text says why not, in numbers.  Yes
 * where the file system does not tell.
 */
bool space_suffices(int fd, const struct policy_space *min, off_t size,
    char text[SPACE_TEXT_BYTES]) ATTR_USE;

/* Does anything have to stay free? */
bool space_is_limited(const struct policy_space *min) ATTR_USE;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * A delay line in user space: what comes in at one end of a lane goes out at
 * the other so many milliseconds later, however much is on the way.
 */
#ifndef DELAY_H
#define DELAY_H

#include <stddef.h>

#define DELAY_LANES_MAX 2

/* Both descriptors are closed at the end of input. */
struct delay_lane {
	int from;
	int to; /* a socket is shut down as well */
};

/* Until all lanes have ended. */
void delay_run(const struct delay_lane *lanes, size_t nlanes, unsigned ms);

#endif

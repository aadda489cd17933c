/* SPDX-License-Identifier: ISC */
/*
 * A pipe of our own, between the client's pipe and a file.  splice(2) into a
 * file keeps the client's pipe locked until the data are there, and a client
 * that writes meanwhile spins.  From one pipe to another it moves pages, which
 * takes no time; and then nobody waits for the pipe that goes to the file.  So
 * nothing is copied but once, into the file.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

/* Its bytes, where the system allows so much. */
#define RELAY_BYTES 262144

struct relay {
	int from; /* -1: there is none */
	int to;
	size_t held; /* bytes that are in it, and can only go to a file */
	bool enlarged;
};

/* Make the pipe, with the two lowest numbers that are free: 0, or -1. */
int relay_open(struct relay *r) ATTR_USE;

/*
 * There is none any more; what was in it is lost.  Not before the session ends:
 * with Atomic no the filter lets nothing else have these numbers.
 */
void relay_close(struct relay *r);

/* Does this file take what comes from a pipe?  Nothing must be held. */
bool relay_suits(const struct relay *r, int fd);

/*
 * Take up to size bytes from the client, whose pipe becomes as large, when
 * nothing is held; put what is held into a file, or a part of it.  Both return
 * as splice(2).
 */
ssize_t relay_take(struct relay *r, int fd, size_t size) ATTR_USE;
ssize_t relay_put(struct relay *r, int fd) ATTR_USE;

#endif

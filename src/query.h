/* SPDX-License-Identifier: ISC */
/*
 * -T: what the configuration says, for an administrator at a terminal, in the
 * manner of "sshd -T"; by the same functions as a real session and without
 * changing anything on disk.
 */
#ifndef QUERY_H
#define QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "conffile.h"
#include "defs.h"
#include "identity.h"
#include "options.h"

/* The words behind -T: user=... addr=... and the client's command. */
struct query {
	const char *user;    /* NULL: whoever runs us */
	const char *address; /* NULL: not known */
};

/*
 * Read o->query; the client's command goes to o->request as a session would
 * have it.  False: err is a sentence.
 */
bool query_read(
    struct query *q, struct options *o, char *err, size_t errsize) ATTR_USE;

/* Print every setting with its origin. */
void query_print_settings(
    const struct settings *settings, const struct conffile *conffile);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What a source may say, from the client's side: it is given what came and
 * what the client answered, in that order, and stops at the first byte that
 * should not be there.  Nothing is said that waits for an answer; data come
 * only behind a header that was answered with yes, and just as many; what was
 * refused does not come; directories are closed.  Only how a record is spelt
 * it leaves to proto.h.
 */
#ifndef SOURCEMODEL_H
#define SOURCEMODEL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

struct sourcemodel_facts {
	bool recursive;
	bool preserve;
	bool pipelining;
	/* What the file of this name holds; NULL: not known. */
	const char *(*text_of)(const char *name, size_t len);
};

/* What is answered. */
enum sourcemodel_due {
	DUE_START,
	DUE_TIMES,
	DUE_FILE,
	DUE_DIR,
	DUE_DATA,
	DUE_END
};

/* Ends of directories are not waited for with Pipelining. */
#define SOURCEMODEL_DUE (DEPTH_MAX + 4)

struct sourcemodel {
	const struct sourcemodel_facts *facts;
	bool over;   /* nothing more may come */
	bool failed; /* the exit status must be 1 */
	enum sourcemodel_due due[SOURCEMODEL_DUE];
	size_t ndue;
	bool waits;     /* for all of them, before it says more */
	bool has_times; /* of the item that must follow */
	bool is_refused;
	bool in_data; /* the header was accepted */
	off_t left;
	const char *text;
	unsigned depth;
	unsigned long files;  /* whole ones */
	unsigned long errors; /* messages */
	/* answers that have not been used: given is their whole length */
	char answers[8192];
	size_t nanswers;
	bool is_silent; /* no more will come */
	bool is_stopped;
	/* the step at hand */
	const char *out;
	size_t outlen;
};

void sourcemodel_init(
    struct sourcemodel *m, const struct sourcemodel_facts *facts);

/* This came until the server waited. */
void sourcemodel_step(struct sourcemodel *m, const char *out, size_t len);

/* The client answers; 0: the end of its input. */
void sourcemodel_answer(struct sourcemodel *m, const char *bytes, size_t len);

/* A signal to end. */
void sourcemodel_stop(struct sourcemodel *m);

/* The session has ended. */
void sourcemodel_check(struct sourcemodel *m, int status);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What a sink has to answer, said a second time and from the client's side:
 * it is given what the client sent, piece by piece, and what came back while
 * the server waited for the next piece, and stops at the first byte of that
 * which should not be there or is missing.  Where it is not told what is
 * refused, it learns that from the answers, as a client does, and sees to it
 * that they fit.  Only how a record is spelt it leaves to proto.h.
 */
#ifndef SINKMODEL_H
#define SINKMODEL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"
#include "proto.h"

enum judgement {
	UNKNOWN,
	ACCEPTED,
	REFUSED
};

/* Of an item that is refused or fails, besides its bytes. */
#define SINKMODEL_PRICE 2048

struct sinkmodel_cost {
	unsigned long items;
	off_t bytes;
};

/* What the command line and the settings say. */
struct sinkmodel_facts {
	bool recursive;
	bool directory;
	bool directory_own;
	bool waits;
	bool eof_commits;
	unsigned credits;       /* 0, 1, 2 */
	off_t discard_limit;    /* of what items cost that are not stored */
	unsigned free_failures; /* so many cost their bytes only */
	const char *base;       /* where the target is, "" for the root */
	bool into;              /* the target is a directory */
	bool atomic;
	/* Of a C or D that goes into a directory; NULL: unknown. */
	enum judgement (*judge)(const struct proto_record *rec);
};

/* A file that was acknowledged, where and what. */
#define SINKMODEL_FILES 64
#define SINKMODEL_BYTES 256
struct sinkmodel_file {
	char path[512];
	char data[SINKMODEL_BYTES]; /* if it is not longer */
	off_t len;
};

struct sinkmodel {
	const struct sinkmodel_facts *facts;
	enum sinkmodel_state {
		AT_RECORD,
		IN_BODY,
		AT_CLOSING,
		IN_CLOSING_TEXT,
		OVER
	} state;
	bool drains; /* OVER: what else comes is read and not looked at */
	bool ended;  /* by an E too many: it is to be nothing */
	bool failed; /* the exit status must be 1 */
	bool vague;  /* it may be, for reasons that cannot be seen here */
	unsigned credits;
	bool has_times;
	bool lacks_times;
	unsigned dead; /* directories, as far as is known */
	unsigned depth;
	unsigned long items;
	struct sinkmodel_cost certain; /* of what was not stored */
	struct sinkmodel_cost most;
	/* the record at hand */
	char line[RECORD_BYTES_MAX + 1];
	size_t linelen;
	enum judgement fate; /* of the file that is coming */
	bool is_spoiled;     /* it could not be stored */
	off_t left;
	off_t size;
	char data[SINKMODEL_BYTES];
	/* where items go */
	char path[512];
	size_t above[DEPTH_MAX + 1]; /* lengths of path, by depth */
	bool is_long;                /* paths are not known any more */
	struct sinkmodel_file files[SINKMODEL_FILES];
	size_t nfiles;
	/* the step at hand */
	const char *in;
	size_t inlen;
	const char *out;
	size_t outlen;
	bool fails; /* what is written now fails */
};

void sinkmodel_init(struct sinkmodel *m, const struct sinkmodel_facts *facts);

/*
 * The client sent len bytes, and these are all the answers that came until the
 * server waited again.  The first step has no input.  fails: something that
 * was to be stored then could not be.  in must stay.
 */
void sinkmodel_step(struct sinkmodel *m, const char *in, size_t len,
    const char *out, size_t outlen, bool fails);

/* The same for the end of input. */
void sinkmodel_end(struct sinkmodel *m, const char *out, size_t outlen);

/* A signal to end. */
void sinkmodel_stop(struct sinkmodel *m, const char *out, size_t outlen);

/*
 * After all of it: does the exit status fit, and has each file that was
 * acknowledged what was sent for it?
 */
void sinkmodel_check(const struct sinkmodel *m, int status);

/* Was a file acknowledged by this name? */
bool sinkmodel_knows(const struct sinkmodel *m, const char *path);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The client: it speaks SCP on the two ends of a session.  It never sends what
 * it has no acknowledgement for, and looks at each acknowledgement; but what
 * it may send it sends at once, in as few writes as it can, and so it uses
 * acknowledgements that come early and records that come together.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "session.h"

/* Files of one size: `files' of them, spread evenly over nested directories. */
struct load {
	size_t size;
	unsigned files;
	unsigned depth; /* directories, one in the other; 0: none */
	bool times;     /* -p: a T before each record */
	bool flat;      /* no directory around the files either */
};

enum data_mode {
	DATA_SPLICE, /* vmsplice(2) and splice(2): costs next to nothing */
	DATA_COPY    /* 32 KiB for each write(2) and read(2), as sshd(8) does */
};

struct client {
	struct session *session;
	enum data_mode mode;
	bool probe;   /* ask for the memory at the last file */
	long dirty;   /* KiB, or -1 */
	double first; /* when its first byte came */
};

/* Until the last acknowledgement was read. */
void client_upload(struct client *c, const struct load *l);

/* Until the server's end; files and bytes are checked. */
void client_download(struct client *c, const struct load *l);

/* Wait for the first byte of an upload, or of a download's first record. */
void client_greet(struct client *c, bool upload);

/* The name of a file, and of a directory; static storage. */
const char *client_file_name(unsigned i);
const char *client_dir_name(unsigned level);

#endif

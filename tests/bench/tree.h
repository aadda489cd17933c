/* SPDX-License-Identifier: ISC */
/* Directories full of files, made and removed. */
#ifndef TREE_H
#define TREE_H

#include <stddef.h>

#include "client.h"

/* Make a directory that the servers' account owns. */
void tree_mkdir(const char *path);

/* Make a directory with the files of a load. */
void tree_make(const char *path, const struct load *l);

/* Of a flat one: its files are on disk, and not in memory any more. */
void tree_forget(const char *path, const struct load *l);

struct tree_sum {
	unsigned long files;
	unsigned long long bytes;
};

/* Remove all of it; what it was.  A path that is not there is an empty one. */
struct tree_sum tree_remove(const char *path);

#endif

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "uses.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct rows_flags native = ROWS_NATIVE;

/* Shared with all processes that trace. */
static struct use *uses;

int
uses_open(void)
{
	const char *path = getenv("USES");
	void *p;
	int fd;

	if (path == NULL)
		return 0;
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return -1;
	p = mmap(NULL, USES * sizeof(*uses), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		return -1;
	uses = p;
	return 0;
}

bool
uses_are_counted(void)
{
	return uses != NULL;
}

void
uses_count(uint64_t number, const uint64_t args[6])
{
	for (size_t i = 0; uses != NULL && i < USES; i++) {
		if (uses[i].number != (int64_t)number ||
		    !rows_hold(&native, uses_row(i), args))
			continue;
		/* The rows behind that allow more were not needed for it. */
		(void)__atomic_add_fetch(&uses[i].count, 1, __ATOMIC_RELAXED);
		return;
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * Linked into the programs of tests/coverage.  gcov writes its counters when a
 * process exits, which one that is confined may not, and one that is killed
 * does not.  Here they are a file's pages, shared by all processes of a program
 * from its start; KEEP_DUMP in the environment makes .gcda files of them.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By keep.ld; the id is 20 bytes behind the head of its note. */
extern char counters[], counters_end[];
extern const unsigned char build_id[];
#define NOTE_HEAD 16

void __gcov_dump(void);
void __wrap___gcov_exit(void);

void
__wrap___gcov_exit(void)
{
}

/* Those of configure have no file. */
static int
open_counters(void)
{
	char path[sizeof(KEEP_DIR) + 42] = KEEP_DIR "/";
	int fd;

	for (int i = 0; i < 20; i++)
		snprintf(path + sizeof(KEEP_DIR) + 2 * i, 3, "%02x",
		    build_id[NOTE_HEAD + i]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1 && errno != ENOENT)
		abort();
	return fd;
}

/* Behind those constructors that make the counters known. */
__attribute__((constructor)) static void
keep(void)
{
	size_t size = (size_t)(counters_end - counters);
	int fd = open_counters();

	if (fd == -1)
		return;
	if (ftruncate(fd, (off_t)size) == -1 ||
	    mmap(counters, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		fd, 0) == MAP_FAILED)
		abort();
	close(fd);
	if (getenv("KEEP_DUMP") != NULL) {
		__gcov_dump();
		_exit(0);
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * The system calls that a session may make, and with which arguments.  A call
 * is allowed when one row for it has all its tests true; everything else is
 * answered with the action of the filter.  filter-gen.c makes programs for the
 * kernel of these rows, and the tests compare what the kernel does with them.
 *
 * A row that no architecture's libc needs is a row too many: each says what
 * makes the call.  Both spellings of a call stand here where libcs differ.
 *
 * What is opened outside cannot be seen here, for paths are behind pointers:
 * that is left to the path walk, chroot and Landlock.  The tests of
 * descriptors refuse AT_FDCWD, in whatever width it comes.
 */
#ifndef FILTER_TABLES_H
#define FILTER_TABLES_H

#include <stdint.h>

/* Descriptors that have fixed numbers in a session. */
#define FILTER_LOG_FD     3
#define FILTER_ROOT_FD    4
#define FILTER_RECORDS_FD 5
#define FILTER_OTHER_FDS  6 /* from here on; first a sink's relay */

/* Only files with descriptors from here on can be emptied. */
#define FILTER_IN_PLACE_FD 8

/* Flags of openat(2) whose values differ between architectures. */
#define FILTER_O_DIRECTORY (1U << 30)
#define FILTER_O_NOFOLLOW  (1U << 29)

enum filter_kind {
	FILTER_NONE, /* the end of the tests */
	FILTER_INT,  /* an int with this value */
	FILTER_BITS, /* no bits but these */
	FILTER_SET,  /* an int with these bits */
	FILTER_DIR,  /* a descriptor, not AT_FDCWD */
	FILTER_NULL, /* the null pointer */
	FILTER_OPEN  /* exactly these flags; O_LARGEFILE is no matter */
};

struct filter_test {
	unsigned arg; /* from 0 */
	enum filter_kind kind;
	uint32_t value;
};

#define FILTER_TESTS_MAX 4

struct filter_row {
	const char *call;
	struct filter_test tests[FILTER_TESTS_MAX];
	const char *why;
};

/* The flags of root.c, entry.c and temp.c; the numbers are the kernel's. */
#define FILTER_O_WRONLY   01U
#define FILTER_O_CREAT    0100U
#define FILTER_O_EXCL     0200U
#define FILTER_O_NOCTTY   0400U
#define FILTER_O_NONBLOCK 04000U
#define FILTER_O_CLOEXEC  02000000U
#define FILTER_O_PATH     010000000U

#define FILTER_O_SAFE (FILTER_O_NOFOLLOW | FILTER_O_CLOEXEC)
#define FILTER_O_PIN  (FILTER_O_PATH | FILTER_O_SAFE)
#define FILTER_O_LIST (FILTER_O_DIRECTORY | FILTER_O_NONBLOCK | FILTER_O_SAFE)
#define FILTER_O_READ (FILTER_O_NONBLOCK | FILTER_O_NOCTTY | FILTER_O_SAFE)
#define FILTER_O_NEW                                                           \
	(FILTER_O_WRONLY | FILTER_O_CREAT | FILTER_O_EXCL | FILTER_O_NOCTTY |  \
	    FILTER_O_SAFE)

/* clang-format off */

/* Both roles. */
static const struct filter_row filter_common[] = {
	{ "read", { { 0, FILTER_INT, 0 } }, "what the client sends" },
	{ "write", { { 0, FILTER_NONE, 0 } },
	    "answers, files, lines on standard error" },
	{ "splice", { { 0, FILTER_NONE, 0 } }, "data of large files" },
	{ "ppoll", { { 1, FILTER_INT, 1 } },
	    "is the client waiting?  may a line be written now?" },
	{ "close", { { 0, FILTER_NONE, 0 } }, "whatever was opened" },

	{ "openat", { { 0, FILTER_DIR, 0 },
	    { 2, FILTER_OPEN, FILTER_O_PIN | FILTER_O_DIRECTORY } },
	    "one step along a path; a directory that cannot be read" },
	{ "openat", { { 0, FILTER_DIR, 0 }, { 2, FILTER_OPEN, FILTER_O_PIN } },
	    "one to what is no directory" },
	{ "openat", { { 0, FILTER_DIR, 0 }, { 2, FILTER_OPEN, FILTER_O_LIST } },
	    "a directory to be read" },
	{ "readlinkat", { { 0, FILTER_DIR, 0 } }, "links inside the root" },
	{ "getdents64", { { 0, FILTER_NONE, 0 } }, "readdir(3)" },
	{ "fstat", { { 0, FILTER_NONE, 0 } }, "types and attributes" },
	{ "newfstatat", { { 0, FILTER_DIR, 0 } },
	    "fstatat(3), and fstat(3) of some libcs" },
	{ "statx", { { 0, FILTER_DIR, 0 }, { 2, FILTER_INT, 0x5900 } },
	    "which mount is it on?  is it append-only?  AT_EMPTY_PATH, "
	    "AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT, AT_STATX_DONT_SYNC" },

	{ "fstatfs", { { 0, FILTER_NONE, 0 } },
	    "what a file system is like, and what is free" },

	/* The second argument of fcntl(2), and the third of some. */
	{ "fcntl", { { 1, FILTER_INT, 1031 } }, "F_SETPIPE_SZ" },
	{ "fcntl", { { 1, FILTER_INT, 3 } }, "F_GETFL of fdopendir(3)" },
	{ "fcntl", { { 1, FILTER_INT, 2 }, { 2, FILTER_INT, 1 } },
	    "F_SETFD FD_CLOEXEC of fdopendir(3)" },

	/* Arguments: PROT_..., MAP_PRIVATE|MAP_ANONYMOUS. */
	{ "brk", { { 0, FILTER_NONE, 0 } }, "malloc(3)" },
	{ "mmap", { { 2, FILTER_BITS, 3 }, { 3, FILTER_INT, 0x22 } },
	    "malloc(3): not executable, no file" },
	{ "mprotect", { { 2, FILTER_BITS, 3 } },
	    "musl's malloc(3): not executable" },
	{ "mremap", { { 3, FILTER_INT, 1 } }, "realloc(3): MREMAP_MAYMOVE" },
	{ "munmap", { { 0, FILTER_NONE, 0 } }, "free(3)" },
	{ "madvise", { { 2, FILTER_INT, 8 } }, "MADV_FREE of musl's free(3)" },

	{ "sendto", { { 0, FILTER_INT, FILTER_LOG_FD }, { 4, FILTER_NULL, 0 } },
	    "datagrams to the syslog daemon" },
	{ "clock_gettime", { { 0, FILTER_NONE, 0 } },
	    "where the vDSO cannot tell the time" },
	{ "alarm", { { 0, FILTER_NONE, 0 } }, "in the signal handler" },
	{ "setitimer", { { 0, FILTER_INT, 0 } },
	    "ITIMER_REAL: looks at the clock; alarm(2) of some libcs" },
	{ "rt_sigreturn", { { 0, FILTER_NONE, 0 } }, "back from it" },
	{ "exit_group", { { 0, FILTER_NONE, 0 } }, "the end" },
};

static const struct filter_row filter_sink[] = {
	{ "openat", { { 0, FILTER_DIR, 0 }, { 2, FILTER_OPEN, FILTER_O_NEW },
	    { 3, FILTER_BITS, 0777 } }, "a new file, without set-id bits" },
	{ "openat", { { 0, FILTER_DIR, 0 },
	    { 2, FILTER_OPEN, FILTER_O_READ | FILTER_O_WRONLY } },
	    "the file to be replaced; files of the dead" },
	{ "mkdirat", { { 0, FILTER_DIR, 0 }, { 2, FILTER_BITS, 0777 } },
	    "-r, without set-id bits" },
	{ "renameat2", { { 0, FILTER_DIR, 0 }, { 2, FILTER_DIR, 0 },
	    { 4, FILTER_BITS, 3 } },
	    "a finished file gets its name; RENAME_NOREPLACE, _EXCHANGE" },
	{ "fallocate", { { 1, FILTER_INT, 1 } },
	    "space for one file: FALLOC_FL_KEEP_SIZE" },
	{ "unlinkat", { { 0, FILTER_DIR, 0 }, { 2, FILTER_INT, 0 } },
	    "temporary files; no directories" },
	{ "fchmod", { { 1, FILTER_BITS, 03777 } },
	    "modes; set-group-ID and sticky are kept on directories" },
	{ "fchown", { { 1, FILTER_INT, UINT32_MAX } },
	    "the group of a replaced file; never an owner" },
	{ "utimensat", { { 1, FILTER_NULL, 0 }, { 3, FILTER_INT, 0 } },
	    "futimens(3)" },
	{ "flistxattr", { { 0, FILTER_NONE, 0 } }, "of a replaced file" },
	{ "fgetxattr", { { 0, FILTER_NONE, 0 } }, "the same, and its ACL" },
	{ "fsetxattr", { { 4, FILTER_INT, 0 } }, "to the new file" },
	{ "flock", { { 1, FILTER_INT, 6 } },
	    "LOCK_EX|LOCK_NB: this temporary file is alive" },
	{ "flock", { { 1, FILTER_INT, 8 } },
	    "LOCK_UN: it is whole, and kept open for Sync session" },
	{ "fsync", { { 0, FILTER_NONE, 0 } }, "Sync file" },
	{ "syncfs", { { 0, FILTER_NONE, 0 } }, "Sync session" },
	{ "getrandom", { { 0, FILTER_NONE, 0 } }, "its name" },
};

/* Who empties no files may copy every descriptor. */
static const struct filter_row filter_copies[] = {
	{ "fcntl", { { 1, FILTER_INT, 1030 } }, "F_DUPFD_CLOEXEC" },
};

/*
 * With Atomic no, files are emptied: those whose descriptors are 8 or more, of
 * which the log can be none, nor a copy of the log's.  A row a bit.  The same
 * for SpecialBits yes, so that there are two filters and not four.
 */
static const struct filter_row filter_in_place[] = {
	{ "fchmod", { { 1, FILTER_BITS, 07777 } },
	    "set-user-ID as well, where SpecialBits are allowed" },
	{ "fcntl", { { 0, FILTER_INT, FILTER_ROOT_FD },
	    { 1, FILTER_INT, 1030 } }, "F_DUPFD_CLOEXEC of the root" },
	{ "fcntl", { { 0, FILTER_SET, 1U << 3 }, { 1, FILTER_INT, 1030 } },
	    "F_DUPFD_CLOEXEC of 8 and more" },
	{ "fcntl", { { 0, FILTER_SET, 1U << 4 }, { 1, FILTER_INT, 1030 } },
	    "the same" },
	{ "fcntl", { { 0, FILTER_SET, 1U << 5 }, { 1, FILTER_INT, 1030 } },
	    "the same" },
	{ "fcntl", { { 0, FILTER_SET, 1U << 6 }, { 1, FILTER_INT, 1030 } },
	    "the same" },
	{ "fcntl", { { 0, FILTER_SET, 1U << 7 }, { 1, FILTER_INT, 1030 } },
	    "the same" },
	{ "fcntl", { { 0, FILTER_SET, 1U << 8 }, { 1, FILTER_INT, 1030 } },
	    "the same" },
	{ "fcntl", { { 0, FILTER_SET, 1U << 9 }, { 1, FILTER_INT, 1030 } },
	    "the same" },
	{ "ftruncate", { { 0, FILTER_SET, 1U << 3 }, { 1, FILTER_NULL, 0 } },
	    "the file to be written in place" },
	{ "ftruncate", { { 0, FILTER_SET, 1U << 4 }, { 1, FILTER_NULL, 0 } },
	    "the same" },
	{ "ftruncate", { { 0, FILTER_SET, 1U << 5 }, { 1, FILTER_NULL, 0 } },
	    "the same" },
	{ "ftruncate", { { 0, FILTER_SET, 1U << 6 }, { 1, FILTER_NULL, 0 } },
	    "the same" },
	{ "ftruncate", { { 0, FILTER_SET, 1U << 7 }, { 1, FILTER_NULL, 0 } },
	    "the same" },
	{ "ftruncate", { { 0, FILTER_SET, 1U << 8 }, { 1, FILTER_NULL, 0 } },
	    "the same" },
	{ "ftruncate", { { 0, FILTER_SET, 1U << 9 }, { 1, FILTER_NULL, 0 } },
	    "the same" },
};

static const struct filter_row filter_source[] = {
	{ "openat", { { 0, FILTER_DIR, 0 }, { 2, FILTER_OPEN, FILTER_O_READ } },
	    "a file to be sent; nothing is ever opened for writing" },
	{ "pread64", { { 0, FILTER_NONE, 0 } }, "its data" },
	{ "sendfile", { { 0, FILTER_INT, 1 } }, "the same, into a socket" },
	{ "fadvise64", { { 3, FILTER_INT, 2 } },
	    "POSIX_FADV_SEQUENTIAL of large files" },
	{ "sysinfo", { { 0, FILTER_NONE, 0 } },
	    "glibc's qsort(3) asks how much memory there is" },
};
/* clang-format on */

#endif

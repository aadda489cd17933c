/* SPDX-License-Identifier: ISC */
/*
 * main() for a fuzz target without a fuzzer: gives it each file of the
 * directories named, and prints TAP.  Arguments that begin with `-' are for
 * libFuzzer and ignored here.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
replay_file(int dir, const char *name)
{
	struct stat st;
	uint8_t *data;
	ssize_t n;
	int fd;

	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", name);
	if (fstat(fd, &st) == -1)
		err(1, "%s", name);
	/* Exactly as large as the input: a sanitizer sees one byte too far. */
	if ((data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1)) == NULL)
		err(1, NULL);
	if ((n = read(fd, data, (size_t)st.st_size)) != st.st_size)
		errx(1, "%s: short read", name);
	(void)close(fd);
	fprintf(stderr, "# %s\n", name);
	(void)LLVMFuzzerTestOneInput(data, (size_t)n);
	free(data);
}

static unsigned long
replay_directory(const char *path)
{
	unsigned long count = 0;
	struct dirent *entry;
	DIR *dir;

	if ((dir = opendir(path)) == NULL)
		err(1, "%s", path);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		replay_file(dirfd(dir), entry->d_name);
		count++;
	}
	(void)closedir(dir);
	return count;
}

int
main(int argc, char *argv[])
{
	unsigned long count = 0;
	int i;

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			count += replay_directory(argv[i]);
	if (count == 0)
		errx(1, "no inputs");
	printf("1..1\nok 1 - %lu inputs\n", count);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "own.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

bool
own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* What programs need to start, of the /etc that is covered. */
static void
keep_libraries(int etc)
{
	static const char path[] = "/etc/ld.so.cache";
	char from[64];

	if (faccessat(etc, "ld.so.cache", F_OK, 0) == -1)
		return;
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d/ld.so.cache", etc);
	make_file(path, "", 0644);
	ck_assert_int_eq(mount(from, path, NULL, MS_BIND, NULL), 0);
}

bool
own_etc(const char *passwd)
{
	int etc;

	if (!own_mounts())
		return false;
	etc = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(etc, -1);
	if (mount("none", "/etc", "tmpfs", 0, "mode=0755") == -1) {
		(void)close(etc);
		return false;
	}
	keep_libraries(etc);
	ck_assert_int_eq(close(etc), 0);
	make_file("/etc/passwd", passwd, 0644);
	make_file("/etc/nsswitch.conf", "passwd: files\n", 0644);
	make_dir("/etc/ssh", 01777);
	make_dir("/etc/scp-server", 0755);
	return true;
}

bool
own_conf(void)
{
	char path[] = SCP_SERVER_CONF;
	size_t end = strlen(path);
	int fd;

	do {
		while (path[--end] != '/')
			;
		path[end] = '\0';
	} while (end > 0 && access(path, F_OK) == -1);
	if (end == 0 || strncmp(root_path(), path, end) == 0 ||
	    mount("none", path, "tmpfs", 0, "mode=0755") == -1)
		return false;
	for (; end < sizeof(path) - 1; end += strlen(path + end)) {
		path[end] = '/';
		if (strcmp(path, SCP_SERVER_CONF) != 0)
			(void)mkdir(path, 0755);
	}
	fd = open(SCP_SERVER_CONF, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd != -1 && close(fd) == 0;
}

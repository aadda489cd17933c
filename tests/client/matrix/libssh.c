/* SPDX-License-Identifier: ISC */
/* Uploads and downloads with libssh's ssh_scp_*, also of trees and several. */
#define LIBSSH_LEGACY_0_4
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <libssh/libssh.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssh_session session;

/* Its answers to failures; the first one ends all. */
static void
check(int ret)
{
	if (ret != SSH_OK)
		errx(4, "%s", ssh_get_error(session));
}

static void
log_in(void)
{
	unsigned int port = (unsigned int)atoi(getenv("M_PORT"));
	char path[4096];
	ssh_key key;
	bool no = false;

	if ((session = ssh_new()) == NULL)
		errx(2, "ssh_new");
	(void)ssh_options_set(session, SSH_OPTIONS_HOST, getenv("M_HOST"));
	(void)ssh_options_set(session, SSH_OPTIONS_PORT, &port);
	(void)ssh_options_set(session, SSH_OPTIONS_USER, getenv("M_USER"));
	(void)ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
	snprintf(path, sizeof(path), "%s/key", getenv("M_DIR"));
	if (ssh_connect(session) != SSH_OK ||
	    ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &key) !=
		SSH_OK ||
	    ssh_userauth_publickey(session, NULL, key) != SSH_AUTH_SUCCESS)
		errx(2, "%s", ssh_get_error(session));
	ssh_key_free(key);
}

static void
put_file(ssh_scp scp, const char *local, const char *name)
{
	char buf[32768];
	struct stat st;
	ssize_t n;
	int fd;

	if ((fd = open(local, O_RDONLY)) == -1 || fstat(fd, &st) == -1)
		err(2, "%s", local);
	check(ssh_scp_push_file64(
	    scp, name, (uint64_t)st.st_size, (int)st.st_mode & 0777));
	/* Only a write ends a file for the library. */
	if (st.st_size == 0)
		check(ssh_scp_write(scp, buf, 0));
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		check(ssh_scp_write(scp, buf, (size_t)n));
	close(fd);
}

static void
put_tree(ssh_scp scp, const char *local, const char *name)
{
	struct dirent *entry;
	struct stat st;
	char path[4096];
	DIR *dir;

	if (stat(local, &st) == -1)
		err(2, "%s", local);
	if (!S_ISDIR(st.st_mode)) {
		put_file(scp, local, name);
		return;
	}
	check(ssh_scp_push_directory(scp, name, (int)st.st_mode & 0777));
	if ((dir = opendir(local)) == NULL)
		err(2, "%s", local);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", local, entry->d_name);
		put_tree(scp, path, entry->d_name);
	}
	(void)closedir(dir);
	check(ssh_scp_leave_directory(scp));
}

static void
put(bool recurse, const char *remote, char *locals[])
{
	ssh_scp scp;

	scp = ssh_scp_new(
	    session, SSH_SCP_WRITE | (recurse ? SSH_SCP_RECURSIVE : 0), remote);
	check(ssh_scp_init(scp));
	for (; *locals != NULL; locals++) {
		if (recurse)
			put_tree(scp, *locals, basename(*locals));
		else
			put_file(scp, *locals, basename(*locals));
	}
	check(ssh_scp_close(scp));
	ssh_scp_free(scp);
}

static void
get_file(ssh_scp scp, const char *local)
{
	uint64_t left = ssh_scp_request_get_size64(scp);
	char buf[32768];
	int fd, n;

	if ((fd = open(local, O_WRONLY | O_CREAT | O_TRUNC, 0644)) == -1)
		err(2, "%s", local);
	check(ssh_scp_accept_request(scp));
	do {
		n = ssh_scp_read(
		    scp, buf, left < sizeof(buf) ? left : sizeof(buf));
		if (n < 0 || (n == 0 && left > 0))
			errx(4, "%s", ssh_get_error(session));
		if (write(fd, buf, (size_t)n) != n)
			err(2, "%s", local);
		left -= (uint64_t)n;
	} while (left > 0);
	close(fd);
}

static void
get_tree(ssh_scp scp, const char *local)
{
	char path[4096];
	size_t len;

	snprintf(path, sizeof(path), "%s", local);
	for (;;) {
		len = strlen(path);
		switch (ssh_scp_pull_request(scp)) {
		case SSH_SCP_REQUEST_NEWDIR:
			snprintf(path + len, sizeof(path) - len, "/%s",
			    ssh_scp_request_get_filename(scp));
			(void)mkdir(path, 0755);
			check(ssh_scp_accept_request(scp));
			break;
		case SSH_SCP_REQUEST_NEWFILE:
			snprintf(path + len, sizeof(path) - len, "/%s",
			    ssh_scp_request_get_filename(scp));
			get_file(scp, path);
			path[len] = '\0';
			break;
		case SSH_SCP_REQUEST_ENDDIR:
			*strrchr(path, '/') = '\0';
			break;
		case SSH_SCP_REQUEST_WARNING:
			errx(4, "%s", ssh_scp_request_get_warning(scp));
		case SSH_SCP_REQUEST_EOF:
			return;
		default:
			errx(4, "%s", ssh_get_error(session));
		}
	}
}

static void
get(bool recurse, const char *local, const char *remote)
{
	ssh_scp scp;

	scp = ssh_scp_new(
	    session, SSH_SCP_READ | (recurse ? SSH_SCP_RECURSIVE : 0), remote);
	check(ssh_scp_init(scp));
	if (recurse) {
		get_tree(scp, local);
	} else if (ssh_scp_pull_request(scp) == SSH_SCP_REQUEST_NEWFILE) {
		get_file(scp, local);
		if (ssh_scp_pull_request(scp) != SSH_SCP_REQUEST_EOF)
			errx(4, "%s", ssh_get_error(session));
	} else {
		errx(4, "%s", ssh_scp_request_get_warning(scp));
	}
	(void)ssh_scp_close(scp);
	ssh_scp_free(scp);
}

int
main(int argc, char *argv[])
{
	bool recurse;

	if (argc < 4)
		return 2;
	recurse = strcmp(argv[2], "-r") == 0;
	if (!recurse && argv[2][0] == '-' && strlen(argv[2]) == 2)
		return 3;
	if (strcmp(argv[1], "get") == 0 && argc - recurse != 4)
		return 3;
	log_in();
	if (strcmp(argv[1], "put") == 0)
		put(recurse, argv[2 + recurse], argv + 3 + recurse);
	else
		get(recurse, argv[2 + recurse], argv[3 + recurse]);
	ssh_disconnect(session);
	ssh_free(session);
	return 0;
}

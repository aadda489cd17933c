/* SPDX-License-Identifier: ISC */
/*
 * Upload and download of one file with libssh2, in the manner of its examples
 * scp_write.c and scp.c: no NUL behind the data, no look at the exit status.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static LIBSSH2_SESSION *session;

static void
fail(int status, const char *what)
{
	char *text = NULL;

	(void)libssh2_session_last_error(session, &text, NULL, 0);
	errx(status, "%s: %s", what, text == NULL ? "?" : text);
}

static void
log_in(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char key[4096], pub[4096];
	int fd;

	sin.sin_port = htons((in_port_t)atoi(getenv("M_PORT")));
	sin.sin_addr.s_addr = inet_addr(getenv("M_HOST"));
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(2, "connect");
	if (libssh2_init(0) != 0 || (session = libssh2_session_init()) == NULL)
		errx(2, "libssh2_init");
	snprintf(key, sizeof(key), "%s/key", getenv("M_DIR"));
	snprintf(pub, sizeof(pub), "%s/key.pub", getenv("M_DIR"));
	if (libssh2_session_handshake(session, fd) != 0)
		fail(2, "handshake");
	if (libssh2_userauth_publickey_fromfile(
		session, getenv("M_USER"), pub, key, "") != 0)
		fail(2, "publickey");
}

static void
put(const char *remote, const char *local, int preserve)
{
	LIBSSH2_CHANNEL *channel;
	char buf[32768];
	struct stat st;
	ssize_t n, sent, ret;
	int fd;

	if ((fd = open(local, O_RDONLY)) == -1 || fstat(fd, &st) == -1)
		err(2, "%s", local);
	channel = libssh2_scp_send64(session, remote, (int)st.st_mode & 0777,
	    st.st_size, preserve ? st.st_mtime : 0, preserve ? st.st_atime : 0);
	if (channel == NULL)
		fail(4, "scp_send");
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (sent = 0; sent < n; sent += ret) {
			ret = libssh2_channel_write(
			    channel, buf + sent, (size_t)(n - sent));
			if (ret < 0)
				fail(4, "write");
		}
	}
	(void)libssh2_channel_send_eof(channel);
	(void)libssh2_channel_wait_eof(channel);
	(void)libssh2_channel_wait_closed(channel);
	(void)libssh2_channel_free(channel);
}

static void
get(const char *local, const char *remote)
{
	LIBSSH2_CHANNEL *channel;
	libssh2_struct_stat st;
	char buf[32768];
	ssize_t n;
	off_t got;
	int fd;

	if ((channel = libssh2_scp_recv2(session, remote, &st)) == NULL)
		fail(4, "scp_recv");
	if ((fd = open(local, O_WRONLY | O_CREAT | O_TRUNC, 0644)) == -1)
		err(2, "%s", local);
	for (got = 0; got < st.st_size; got += n) {
		size_t want = sizeof(buf);

		if ((off_t)want > st.st_size - got)
			want = (size_t)(st.st_size - got);
		n = libssh2_channel_read(channel, buf, want);
		if (n <= 0)
			fail(4, "read");
		if (write(fd, buf, (size_t)n) != n)
			err(2, "%s", local);
	}
	(void)libssh2_channel_free(channel);
}

int
main(int argc, char *argv[])
{
	int preserve;

	if (argc < 4)
		return 2;
	preserve = strcmp(argv[2], "-p") == 0 && strcmp(argv[1], "put") == 0;
	if (argc - preserve != 4 ||
	    (!preserve && argv[2][0] == '-' && strlen(argv[2]) == 2))
		return 3;
	log_in();
	if (strcmp(argv[1], "put") == 0)
		put(argv[2 + preserve], argv[3 + preserve], preserve);
	else
		get(argv[2], argv[3]);
	(void)libssh2_session_disconnect(session, "done");
	return 0;
}

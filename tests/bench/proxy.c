/* SPDX-License-Identifier: ISC */
/*
 * A delay line for TCP on loopback: prints the port that it listens on; what
 * connects there is connected to the other port, so many milliseconds away.
 * Ends with its standard input.
 */
#define _GNU_SOURCE
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "delay.h"

static struct sockaddr_in
loopback(unsigned long port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int
make_socket(void)
{
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		err(1, "socket");
	return fd;
}

static void
relay(int near, unsigned long port, unsigned ms)
{
	struct sockaddr_in addr = loopback(port);
	int far = make_socket(), on = 1;
	struct delay_lane lanes[2] = {
		{ .from = near, .to = far },
		{ .from = far, .to = near },
	};

	if (connect(far, (struct sockaddr *)&addr, sizeof(addr)) == -1)
		err(1, "connect");
	(void)setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	delay_run(lanes, 2, ms);
}

static int
listen_somewhere(void)
{
	struct sockaddr_in addr = loopback(0);
	socklen_t len = sizeof(addr);
	int fd = make_socket();

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ||
	    listen(fd, 16) == -1 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
		err(1, "listen");
	(void)printf("%u\n", (unsigned)ntohs(addr.sin_port));
	(void)fflush(stdout);
	return fd;
}

int
main(int argc, char *argv[])
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .events = POLLIN } };
	int fd;

	if (argc != 3)
		errx(2, "usage: proxy port milliseconds");
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	p[1].fd = listen_somewhere();
	while (poll(p, 2, -1) != -1 && p[0].revents == 0) {
		if ((fd = accept4(p[1].fd, NULL, NULL, SOCK_CLOEXEC)) == -1)
			continue;
		if (fork() == 0) {
			relay(fd, strtoul(argv[1], NULL, 10),
			    (unsigned)strtoul(argv[2], NULL, 10));
			_exit(0);
		}
		(void)close(fd);
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "delay.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES 16384
#define CHUNKS      1024

struct chunk {
	double due;
	size_t len;
	char data[CHUNK_BYTES];
};

/* Chunks that are on their way, a ring. */
struct line {
	struct chunk *chunks;
	size_t first;
	size_t n;
	int from; /* -1 at its end */
	int to;   /* -1 once closed */
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
take(struct line *l, double delay)
{
	struct chunk *c = &l->chunks[(l->first + l->n) % CHUNKS];
	ssize_t n;

	n = read(l->from, c->data, sizeof(c->data));
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		l->from = -1;
		return;
	}
	c->len = (size_t)n;
	c->due = now() + delay;
	l->n++;
}

/* Who does not read any more gets nothing. */
static void
give(struct line *l)
{
	const struct chunk *c = &l->chunks[l->first];
	size_t done = 0;
	ssize_t n;

	while (l->to != -1 && done < c->len) {
		n = write(l->to, c->data + done, c->len - done);
		if (n == -1 && errno != EINTR)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	l->first = (l->first + 1) % CHUNKS;
	l->n--;
}

static void
end_line(struct line *l)
{
	if (l->from != -1 || l->n > 0 || l->to == -1)
		return;
	(void)shutdown(l->to, SHUT_WR);
	(void)close(l->to);
	l->to = -1;
}

/* Give what is due; seconds until the next is, or -1. */
static double
give_due(struct line *lines, size_t n)
{
	double wait = -1, left;
	size_t i;

	for (i = 0; i < n; i++) {
		while (lines[i].n > 0) {
			left = lines[i].chunks[lines[i].first].due - now();
			if (left > 0) {
				if (wait < 0 || left < wait)
					wait = left;
				break;
			}
			give(&lines[i]);
		}
		end_line(&lines[i]);
	}
	return wait;
}

static void
wait_for_input(struct line *lines, size_t n, double wait, double delay)
{
	struct timespec t = { .tv_sec = (time_t)wait,
		.tv_nsec = (long)((wait - (double)(time_t)wait) * 1e9) };
	struct pollfd p[DELAY_LANES_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		p[i].fd = lines[i].n < CHUNKS ? lines[i].from : -1;
		p[i].events = POLLIN;
		p[i].revents = 0;
	}
	if (ppoll(p, n, wait < 0 ? NULL : &t, NULL) <= 0)
		return;
	for (i = 0; i < n; i++) {
		if (p[i].revents != 0)
			take(&lines[i], delay);
	}
}

void
delay_run(const struct delay_lane *lanes, size_t nlanes, unsigned ms)
{
	struct line lines[DELAY_LANES_MAX];
	bool alive = true;
	double wait;
	size_t i;

	for (i = 0; i < nlanes; i++) {
		lines[i] = (struct line){ .from = lanes[i].from,
			.to = lanes[i].to,
			.chunks = calloc(CHUNKS, sizeof(struct chunk)) };
		if (lines[i].chunks == NULL)
			err(1, "delay line");
	}
	while (alive) {
		wait = give_due(lines, nlanes);
		alive = false;
		for (i = 0; i < nlanes; i++)
			alive = alive || lines[i].to != -1;
		if (alive)
			wait_for_input(lines, nlanes, wait, ms / 1000.0);
	}
	for (i = 0; i < nlanes; i++)
		free(lines[i].chunks);
}

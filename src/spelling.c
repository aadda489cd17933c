/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "spelling.h"

#include <string.h>

char
spelling_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	return c;
}

bool
spelling_same(const char *a, const char *b)
{
	for (; spelling_lower(*a) == spelling_lower(*b); a++, b++) {
		if (*a == '\0')
			return true;
	}
	return false;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
spelling_distance(const char *a, const char *b)
{
	const size_t len = strlen(b);
	size_t cost[SPELLING_BYTES_MAX];
	size_t corner;
	size_t above;
	size_t i;
	size_t k;

	for (k = 0; k <= len; k++)
		cost[k] = k;
	for (i = 0; a[i] != '\0'; i++) {
		corner = cost[0];
		cost[0] = i + 1;
		for (k = 0; k < len; k++) {
			above = cost[k + 1];
			if (spelling_lower(a[i]) != spelling_lower(b[k]))
				corner++;
			cost[k + 1] = least(corner, least(above, cost[k]) + 1);
			corner = above;
		}
	}
	return cost[len];
}

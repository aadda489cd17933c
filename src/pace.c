/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "pace.h"

#include "clock.h"

/* So many times a second something moves; also what a pause may make up for. */
#define STEPS_A_SECOND 20

/* So far ahead of its schedule the flow may be before it sleeps. */
#define AHEAD (CLOCK_SECOND / 100)

void
pace_init(struct pace *p, off_t rate)
{
	p->rate = rate;
	p->due = 0;
}

int64_t
pace_wait(struct pace *p, int64_t now)
{
	int64_t earliest = now - CLOCK_SECOND / STEPS_A_SECOND;

	if (p->rate == 0)
		return 0;
	if (p->due < earliest)
		p->due = earliest;
	return p->due > now + AHEAD ? p->due - now : 0;
}

size_t
pace_most(const struct pace *p, size_t size)
{
	off_t most = p->rate / STEPS_A_SECOND;

	if (p->rate == 0 || most >= (off_t)size)
		return size;
	return most == 0 ? 1 : (size_t)most;
}

/* Whole seconds apart, for the product of a large rate would not fit. */
void
pace_spend(struct pace *p, size_t bytes)
{
	off_t n = (off_t)bytes;

	if (p->rate == 0)
		return;
	p->due += n / p->rate * CLOCK_SECOND;
	n %= p->rate;
	if (n > INT64_MAX / CLOCK_SECOND)
		p->due += n / (p->rate / CLOCK_SECOND);
	else
		p->due += n * CLOCK_SECOND / p->rate;
}

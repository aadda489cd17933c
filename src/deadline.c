/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "deadline.h"

#include <sys/time.h>

#include <errno.h>
#include <string.h>

#include "clock.h"

/* The clock is looked at so often while the shortest time passes. */
#define TICKS 8

/* But not less often than this. */
#define TICK_MAX (10 * CLOCK_SECOND)

void
deadline_init(struct deadline *d, const volatile sig_atomic_t *stop)
{
	memset(d, 0, sizeof(*d));
	d->stop = stop;
}

static void
start_timer(int64_t interval)
{
	struct itimerval timer = { 0 };

	timer.it_interval.tv_sec = interval / CLOCK_SECOND;
	timer.it_interval.tv_usec = interval % CLOCK_SECOND / 1000;
	timer.it_value = timer.it_interval;
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

void
deadline_set(struct deadline *d, unsigned idle, unsigned session)
{
	unsigned shortest = idle;

	if (shortest == 0 || (session != 0 && session < shortest))
		shortest = session;
	if (shortest == 0)
		return;
	d->is_timed = true;
	d->waiting_since = clock_now();
	d->idle = idle * CLOCK_SECOND;
	if (session != 0)
		d->expires = d->waiting_since + session * CLOCK_SECOND;
	d->tick = shortest * CLOCK_SECOND / TICKS;
	if (d->tick > TICK_MAX)
		d->tick = TICK_MAX;
	d->rests = true;
}

void
deadline_clear(struct deadline *d)
{
	deadline_rest(d);
	d->is_timed = d->rests = false;
}

void
deadline_rest(struct deadline *d)
{
	if (d->is_timed && !d->rests)
		start_timer(0);
	d->rests = d->is_timed;
}

static void
wake(struct deadline *d)
{
	if (d->rests)
		start_timer(*d->stop == 0 ? d->tick : CLOCK_SECOND);
	d->rests = false;
}

static bool
end(struct deadline *d, enum deadline_end why)
{
	d->end = why;
	errno = ECANCELED;
	return true;
}

static bool
is_over(struct deadline *d, bool waits)
{
	int64_t now;

	wake(d);
	if (*d->stop != 0)
		return end(d, DEADLINE_STOPPED);
	if (!d->is_timed)
		return false;
	now = clock_now();
	if (d->expires != 0 && now >= d->expires)
		return end(d, DEADLINE_OVERTIME);
	if (!waits)
		d->waiting_since = now;
	else if (d->idle != 0 && now - d->waiting_since >= d->idle)
		return end(d, DEADLINE_IDLE);
	return false;
}

bool
deadline_is_over(struct deadline *d)
{
	return is_over(d, false);
}

bool
deadline_is_over_waiting(struct deadline *d)
{
	return is_over(d, true);
}

static const struct {
	const char *code;
	const char *reason;
} ends[DEADLINE__COUNT] = {
	[DEADLINE_AHEAD] = { "error", "error" },
	[DEADLINE_STOPPED] = { "terminated", "terminated" },
	[DEADLINE_IDLE] = { "idle-timeout", "idle for too long" },
	[DEADLINE_OVERTIME] = { "session-timeout", "session takes too long" },
};

const char *
deadline_code(const struct deadline *d)
{
	return ends[d->end].code;
}

const char *
deadline_reason(const struct deadline *d)
{
	return ends[d->end].reason;
}

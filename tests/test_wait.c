/* SPDX-License-Identifier: ISC */
/* Waiting: for what is there, what comes, what never comes, and signals. */
#include "config.h"

#include "wait.h"

#include <sys/syscall.h>

#include <check.h>

#include "clock.h"
#include "defs.h"
#include "scratch.h"

static int ends[2];
static int interruptions; /* so many are still to come */

/* The linker puts it where ppoll(2) is called. */
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask);

int
__wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask)
{
	struct timespec left;

	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	if (timeout != NULL)
		left = *timeout;
	return (int)syscall(
	    SYS_ppoll, fds, n, timeout == NULL ? NULL : &left, mask, 8);
}

static void
setup(void)
{
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
}

START_TEST(what_is_there)
{
	ck_assert_int_eq(wait_for(ends[1], POLLOUT, 0), POLLOUT);
	ck_assert(wait_is_ready(ends[1], POLLOUT));
	ck_assert_int_eq(wait_for(ends[0], POLLIN, 0), 0);
	ck_assert(!wait_is_ready(ends[0], POLLIN));
}
END_TEST

START_TEST(what_comes)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)usleep(50000);
		_exit(write(ends[1], "x", 1) != 1);
	}
	ck_assert_int_eq(wait_for(ends[0], POLLIN, -1), POLLIN);
	ck_assert(wait_is_ready(ends[0], POLLIN));
	scratch_wait(pid);
}
END_TEST

/* Nobody at the other end is told, but it is none of the events. */
START_TEST(nobody_at_the_other_end)
{
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert_int_eq(wait_for(ends[0], POLLIN, -1), POLLHUP);
	ck_assert(!wait_is_ready(ends[0], POLLIN));
	ck_assert(wait_is_ready(ends[0], POLLHUP));
}
END_TEST

/* With and without a descriptor; seconds and their parts both count. */
START_TEST(time_is_over)
{
	static const int64_t times[] = { 3 * CLOCK_MS,
		CLOCK_SECOND + CLOCK_MS };
	int64_t start = clock_now();

	ck_assert_int_eq(
	    wait_for(_i < 2 ? -1 : ends[0], POLLIN, times[_i % 2]), 0);
	ck_assert_int_ge(clock_now() - start, times[_i % 2]);
}
END_TEST

/* Who waits hears of signals, who only looks does not. */
START_TEST(signals)
{
	interruptions = 1;
	ck_assert_int_eq(wait_for(ends[0], POLLIN, -1), -1);
	ck_assert_int_eq(errno, EINTR);
	interruptions = 3;
	ck_assert(wait_is_ready(ends[1], POLLOUT));
	ck_assert_int_eq(interruptions, 0);
}
END_TEST

/* A process that may have no descriptors cannot ask: EINVAL, see poll(2). */
START_TEST(cannot_be_asked)
{
	struct rlimit all, none;
	bool ready;
	int ret, err;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = all;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ret = wait_for(ends[1], POLLOUT, 0);
	err = errno;
	ready = wait_is_ready(ends[1], POLLOUT);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(err, EINVAL);
	ck_assert(!ready);
}
END_TEST

static Suite *
wait_suite(void)
{
	Suite *s = suite_create("wait");
	TCase *tc = tcase_create("wait");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, what_is_there);
	tcase_add_test(tc, what_comes);
	tcase_add_test(tc, nobody_at_the_other_end);
	tcase_add_loop_test(tc, time_is_over, 0, 4);
	tcase_add_test(tc, signals);
	tcase_add_test(tc, cannot_be_asked);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(wait_suite(), "wait");
}

/* SPDX-License-Identifier: ISC */
/* Both roles where there is no memory for them: it is said, and that is all. */
#include "config.h"

#include <check.h>

#include "scratch.h"
#include "sink.h"
#include "source.h"

/* --- malloc(3), which the linker puts here ---------------------------- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static unsigned left = UINT_MAX; /* so many succeed yet */

void *
__wrap_malloc(size_t size)
{
	if (left == 0)
		return NULL;
	left--;
	return __real_malloc(size);
}

/* ---------------------------------------------------------------------- */

static const struct {
	bool sink;
	bool pipelining;
	unsigned left;
	const char *said;
} rows[] = {
	{ true, false, 0, "\2scp: Cannot allocate memory\n" },
	{ false, false, 0, "\1scp: Cannot allocate memory\n" },
	/* for the source itself, but not for what it holds back */
	{ false, true, 1, "\1scp: Cannot allocate memory\n" },
};

START_TEST(no_memory)
{
	volatile sig_atomic_t stop = 0;
	struct stream stream;
	struct peer peer;
	const struct session session = { .stream = &stream,
		.peer = &peer,
		.pipelining = rows[_i].pipelining };
	char said[64] = "";
	int in[2], out[2], status;

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(stream_open(&stream, in[0], out[1], &stop), 0);
	peer_init(&peer, &stream, rows[_i].sink);
	left = rows[_i].left;
	status = rows[_i].sink ? sink_run(&session) : source_run(&session);
	/* For check(3) there is some. */
	left = UINT_MAX;
	ck_assert_int_eq(status, 1);
	ck_assert_int_gt(read(out[0], said, sizeof(said) - 1), 0);
	ck_assert_str_eq(said, rows[_i].said);
	stream_close(&stream);
}
END_TEST

static Suite *
memory_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("memory");
	tc = tcase_create("memory");
	tcase_add_loop_test(tc, no_memory, 0, LENGTH(rows));
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(memory_suite(), "memory");
}

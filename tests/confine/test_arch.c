/* SPDX-License-Identifier: ISC */
/*
 * The filters of every architecture, those of other machines too, run here by
 * a small interpreter of their instructions: each must allow what the tables
 * say and nothing else, for calls numbered as that architecture has them.
 */
#include "config.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <seccomp.h>

#include "confine/rows.h"
#include "defs.h"
#include "filter-tables.h"
#include "tap.h"

#include "filter-all.inc"

#define CALLS_MAX 512
#define X32_BIT   0x40000000

#define ROLES 3

struct arch {
	const char *name;
	uint32_t audit;
	uint32_t token; /* libseccomp's */
	struct rows_flags flags;
	bool generic; /* numbers as in asm-generic/unistd.h */
	const struct sock_filter *programs[ROLES][2];
	size_t lengths[ROLES][2];
};

#define PROGRAMS(arch_)                                                        \
	.programs = { { arch_##_sink_errno, arch_##_sink_kill },               \
		{ arch_##_sink_in_place_errno, arch_##_sink_in_place_kill },   \
		{ arch_##_source_errno, arch_##_source_kill } },               \
	.lengths = {                                                           \
		{ LENGTH(arch_##_sink_errno), LENGTH(arch_##_sink_kill) },     \
		{ LENGTH(arch_##_sink_in_place_errno),                         \
		    LENGTH(arch_##_sink_in_place_kill) },                      \
		{ LENGTH(arch_##_source_errno), LENGTH(arch_##_source_kill) }  \
	}

static const struct arch archs[] = {
	{ "x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64,
	    { 0200000, 0400000, 0100000 }, false, PROGRAMS(x86_64) },
	{ "aarch64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64,
	    { 040000, 0100000, 0400000 }, true, PROGRAMS(aarch64) },
	{ "riscv64", AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64,
	    { 0200000, 0400000, 0100000 }, true, PROGRAMS(riscv64) },
};

/*
 * The numbers, taken from the kernel's headers by hand: x86-64, and that of
 * arm64 and riscv64; -1 where it does not exist.  A call that is not here has
 * not been reviewed for the machines that nobody ran it on.
 */
static const struct {
	const char *call;
	int x86_64;
	int generic;
} reviewed[] = {
	{ "alarm", 37, -1 },
	{ "brk", 12, 214 },
	{ "clock_gettime", 228, 113 },
	{ "clock_nanosleep", 230, 115 },
	{ "close", 3, 57 },
	{ "exit_group", 231, 94 },
	{ "fadvise64", 221, 223 },
	{ "fallocate", 285, 47 },
	{ "fchmod", 91, 52 },
	{ "fchown", 93, 55 },
	{ "fcntl", 72, 25 },
	{ "fdatasync", 75, 83 },
	{ "fgetxattr", 193, 10 },
	{ "flistxattr", 196, 13 },
	{ "flock", 73, 32 },
	{ "fremovexattr", 199, 16 },
	{ "fsetxattr", 190, 7 },
	{ "fstat", 5, 80 },
	{ "fstatfs", 138, 44 },
	{ "fsync", 74, 82 },
	{ "ftruncate", 77, 46 },
	{ "getdents64", 217, 61 },
	{ "getrandom", 318, 278 },
	{ "lseek", 8, 62 },
	{ "madvise", 28, 233 },
	{ "mkdirat", 258, 34 },
	{ "mmap", 9, 222 },
	{ "mprotect", 10, 226 },
	{ "mremap", 25, 216 },
	{ "munmap", 11, 215 },
	{ "nanosleep", 35, 101 },
	{ "newfstatat", 262, 79 },
	{ "openat", 257, 56 },
	{ "ppoll", 271, 73 },
	{ "pread64", 17, 67 },
	{ "read", 0, 63 },
	{ "readlinkat", 267, 78 },
	{ "renameat2", 316, 276 },
	{ "restart_syscall", 219, 128 },
	{ "rt_sigreturn", 15, 139 },
	{ "sendfile", 40, 71 },
	{ "sendto", 44, 206 },
	{ "setitimer", 38, 103 },
	{ "splice", 275, 76 },
	{ "statx", 332, 291 },
	{ "sync_file_range", 277, 84 },
	{ "syncfs", 306, 267 },
	{ "sysinfo", 99, 179 },
	{ "unlinkat", 263, 35 },
	{ "utimensat", 280, 88 },
	{ "write", 1, 64 },
	{ "writev", 20, 66 },
};

/* Calls of which a libc must have one or the other. */
static const char *const alternatives[][2] = {
	{ "fstat", "newfstatat" },
	{ "alarm", "setitimer" },
	{ "renameat", "renameat2" },
};

/* --- the kernel's interpreter, as far as filters use it --------------- */

static uint32_t
word_at(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	/* Assertions that hold cost a system call each. */
	if (offset > sizeof(*data) - sizeof(word) || offset % sizeof(word) != 0)
		ck_abort_msg("offset %u", offset);
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

static uint32_t
run(const struct sock_filter *program, size_t len,
    const struct seccomp_data *data)
{
	const struct sock_filter *i;
	uint32_t a = 0;
	size_t pc = 0;
	bool holds;

	for (;;) {
		if (pc >= len)
			ck_abort_msg("ran off the end");
		i = &program[pc++];
		holds = false;
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = word_at(data, i->k);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_MISC | BPF_TAX: /* nothing looks at X */
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			holds = a == i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			holds = a > i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			holds = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			holds = (a & i->k) != 0;
			break;
		default:
			ck_abort_msg("instruction %#x", i->code);
		}
		pc += holds ? i->jt : i->jf;
	}
}

/* --- the tables ------------------------------------------------------- */

/* The same is asked for a hundred thousand times. */
static int
number_of(const struct arch *arch, const struct filter_row *row)
{
	static const struct filter_row *rows[256];
	static int numbers[256];
	static uint32_t token;
	size_t i;

	if (token != arch->token)
		memset(rows, 0, sizeof(rows));
	token = arch->token;
	for (i = 0; i < LENGTH(rows) && rows[i] != NULL; i++) {
		if (rows[i] == row)
			return numbers[i];
	}
	ck_assert_uint_lt(i, LENGTH(rows));
	rows[i] = row;
	numbers[i] = seccomp_syscall_resolve_name_arch(arch->token, row->call);
	return numbers[i];
}

static bool
row_allows(const struct arch *arch, const struct filter_row *row,
    const struct seccomp_data *data)
{
	uint64_t args[LENGTH(data->args)];

	memcpy(args, data->args, sizeof(args));
	return number_of(arch, row) == data->nr &&
	    rows_hold(&arch->flags, row, args);
}

static void
compare(const struct arch *arch, size_t role, const struct seccomp_data *data)
{
	const struct filter_row *row;
	bool wanted = false;
	size_t i, action;
	uint32_t ret;

	for (i = 0; !wanted && (row = rows_at(ROWS_ROLES[role], i)) != NULL;
	     i++)
		wanted = row_allows(arch, row, data);
	for (action = 0; action < 2; action++) {
		ret = run(arch->programs[role][action],
		    arch->lengths[role][action], data);
		if ((ret == SECCOMP_RET_ALLOW) == wanted &&
		    (wanted || action == 0 || ret == SECCOMP_RET_KILL_PROCESS))
			continue;
		ck_abort_msg(
		    "%s role %zu call %d(%#llx, %#llx, %#llx, %#llx): %#x",
		    arch->name, role, data->nr,
		    (unsigned long long)data->args[0],
		    (unsigned long long)data->args[1],
		    (unsigned long long)data->args[2],
		    (unsigned long long)data->args[3], ret);
	}
}

/* --- tests ------------------------------------------------------------ */

static void
fill(struct seccomp_data *data, const struct arch *arch, int nr, uint64_t arg)
{
	size_t i;

	memset(data, 0, sizeof(*data));
	data->arch = arch->audit;
	data->nr = nr;
	for (i = 0; i < LENGTH(data->args); i++)
		data->args[i] = arg;
}

/* R-CONF-3, on each architecture. */
START_TEST(every_number)
{
	static const uint64_t fills[] = { 0, 1, 3, UINT32_MAX, UINT64_MAX };
	const struct arch *arch = &archs[_i / ROLES];
	struct seccomp_data data;
	size_t i;
	int nr;

	for (nr = 0; nr < CALLS_MAX; nr++) {
		for (i = 0; i < LENGTH(fills); i++) {
			fill(&data, arch, nr, fills[i]);
			compare(arch, (size_t)_i % ROLES, &data);
		}
	}
}
END_TEST

/* Each row with each bit of each argument turned, and with AT_FDCWD. */
static void
vary(const struct arch *arch, size_t role, const struct filter_row *row)
{
	struct seccomp_data data;
	uint64_t args[LENGTH(data.args)];
	uint64_t kept;
	size_t i, bit;
	int nr;

	nr = seccomp_syscall_resolve_name_arch(arch->token, row->call);
	if (nr < 0)
		return;
	fill(&data, arch, nr, 0);
	rows_satisfy(&arch->flags, row, args);
	memcpy(data.args, args, sizeof(args));
	ck_assert(row_allows(arch, row, &data));
	compare(arch, role, &data);
	for (i = 0; i < LENGTH(data.args); i++) {
		kept = data.args[i];
		for (bit = 0; bit < 64; bit++) {
			data.args[i] = kept ^ ((uint64_t)1 << bit);
			compare(arch, role, &data);
		}
		data.args[i] = 0xffffff9cU;
		compare(arch, role, &data);
		data.args[i] = (uint64_t)-100;
		compare(arch, role, &data);
		data.args[i] = 0xdeadbeefffffff9cU;
		compare(arch, role, &data);
		data.args[i] = kept;
	}
}

START_TEST(every_argument)
{
	const struct filter_row *row;
	size_t i;

	for (i = 0; (row = rows_at(ROWS_ROLES[_i % ROLES], i)) != NULL; i++)
		vary(&archs[_i / ROLES], (size_t)_i % ROLES, row);
}
END_TEST

/* A call of another architecture ends the process, whatever its number. */
START_TEST(another_architecture)
{
	const struct arch *arch = &archs[_i / ROLES];
	const size_t role = (size_t)_i % ROLES;
	struct seccomp_data data;
	size_t action;
	int nr;

	for (nr = 0; nr < CALLS_MAX; nr++) {
		for (action = 0; action < 2; action++) {
			fill(&data, arch, nr, 0);
			data.arch = AUDIT_ARCH_I386;
			ck_assert_uint_eq(
			    run(arch->programs[role][action],
				arch->lengths[role][action], &data),
			    SECCOMP_RET_KILL_PROCESS);
		}
		fill(&data, arch, nr | X32_BIT, 0);
		ck_assert_uint_eq(
		    run(arch->programs[role][1], arch->lengths[role][1], &data),
		    SECCOMP_RET_KILL_PROCESS);
	}
}
END_TEST

/*
 * What a session begins with: the kernel runs each program for each number, up
 * to an instruction that it does not know there.
 */
START_TEST(nothing_in_advance)
{
	const struct arch *arch = &archs[_i / ROLES];
	size_t action;

	for (action = 0; action < 2; action++)
		ck_assert_uint_eq(
		    arch->programs[(size_t)_i % ROLES][action][0].code,
		    BPF_MISC | BPF_TAX);
}
END_TEST

static bool
is_reviewed(const struct arch *arch, const char *call)
{
	size_t i;
	int nr;

	for (i = 0; i < LENGTH(reviewed); i++) {
		if (strcmp(reviewed[i].call, call) != 0)
			continue;
		nr = arch->generic ? reviewed[i].generic : reviewed[i].x86_64;
		return nr ==
		    (nr == -1 ? -1
			      : seccomp_syscall_resolve_name_arch(
				    arch->token, call));
	}
	return false;
}

START_TEST(reviewed_numbers)
{
	const struct arch *arch = &archs[_i / ROLES];
	const struct filter_row *row;
	size_t i;

	for (i = 0; (row = rows_at(ROWS_ROLES[_i % ROLES], i)) != NULL; i++)
		ck_assert_msg(is_reviewed(arch, row->call),
		    "%s: the number of %s has not been reviewed", arch->name,
		    row->call);
}
END_TEST

START_TEST(every_row_has_a_reason)
{
	const struct filter_row *row;
	size_t i;

	for (i = 0; (row = rows_at(ROWS_ROLES[_i], i)) != NULL; i++)
		ck_assert_msg(
		    row->why != NULL && strlen(row->why) > 2, "%s", row->call);
}
END_TEST

static bool
has_call(const struct arch *arch, size_t role, const char *call)
{
	const struct filter_row *row;
	size_t i;

	for (i = 0; (row = rows_at(ROWS_ROLES[role], i)) != NULL; i++) {
		if (strcmp(row->call, call) == 0)
			return seccomp_syscall_resolve_name_arch(
				   arch->token, call) >= 0;
	}
	return false;
}

/* Only a sink renames. */
START_TEST(nothing_is_missing)
{
	const struct arch *arch = &archs[_i / ROLES];
	const size_t role = (size_t)_i % ROLES;
	size_t i;

	for (i = 0; i < LENGTH(alternatives) - (role == 2); i++)
		ck_assert_msg(has_call(arch, role, alternatives[i][0]) ||
			has_call(arch, role, alternatives[i][1]),
		    "%s has no %s", arch->name, alternatives[i][0]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("arch");
	TCase *tc = tcase_create("arch");
	const int all = ROLES * (int)LENGTH(archs);

	tcase_add_loop_test(tc, every_number, 0, all);
	tcase_add_loop_test(tc, every_argument, 0, all);
	tcase_add_loop_test(tc, another_architecture, 0, all);
	tcase_add_loop_test(tc, nothing_in_advance, 0, all);
	tcase_add_loop_test(tc, reviewed_numbers, 0, all);
	tcase_add_loop_test(tc, every_row_has_a_reason, 0, ROLES);
	tcase_add_loop_test(tc, nothing_is_missing, 0, all);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	return tap_run(srunner_create(s)) != 0;
}

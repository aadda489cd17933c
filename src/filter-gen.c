/* SPDX-License-Identifier: ISC */
/*
 * Runs while the program is built, on the building machine: compiles the rows
 * of filter-tables.h with libseccomp, for every architecture that is known
 * here, and prints what confine-seccomp.c includes.  So no session pays for
 * the compilation, and the program needs no library for it.  With an argument
 * it prints them side by side, for a test.
 *
 * Not part of the program: it may exit anywhere.
 */
#include <linux/filter.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "filter-tables.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Longest program that the kernel takes (BPF_MAXINSNS). */
#define INSNS_MAX 4096

/* An int may come with anything in the upper half of its register. */
#define INT_MASK 0xffffffffU
#define SIGN_BIT 0x80000000U

struct target {
	uint32_t arch;
	const char *name;
	const char *condition; /* for the preprocessor */
	uint32_t o_directory;
	uint32_t o_nofollow;
	uint32_t o_largefile;
};

static const struct target targets[] = {
	{ SCMP_ARCH_X86_64, "x86_64",
	    "defined(__x86_64__) && !defined(__ILP32__)", 0200000, 0400000,
	    0100000 },
	{ SCMP_ARCH_AARCH64, "aarch64",
	    "defined(__aarch64__) && defined(__AARCH64EL__)", 040000, 0100000,
	    0400000 },
	{ SCMP_ARCH_RISCV64, "riscv64",
	    "defined(__riscv) && __riscv_xlen == 64", 0200000, 0400000,
	    0100000 },
};

static const struct {
	const char *name;
	uint32_t action;
} actions[] = {
	{ "kill", SCMP_ACT_KILL_PROCESS },
	{ "errno", SCMP_ACT_ERRNO(EPERM) },
	{ "log", SCMP_ACT_LOG },
};

struct table {
	const struct filter_row *rows;
	size_t nrows;
};

#define TABLE(array)                                                           \
	{                                                                      \
		array, LENGTH(array)                                           \
	}

/* Each with the rows that are common to all. */
static const struct {
	const char *name;
	struct table tables[2];
} roles[] = {
	{ "sink", { TABLE(filter_sink), TABLE(filter_copies) } },
	{ "sink_in_place", { TABLE(filter_sink), TABLE(filter_in_place) } },
	{ "source", { TABLE(filter_source), TABLE(filter_copies) } },
};

static uint32_t
open_flags(const struct target *t, uint32_t flags)
{
	uint32_t f = flags & ~(FILTER_O_DIRECTORY | FILTER_O_NOFOLLOW);

	if (flags & FILTER_O_DIRECTORY)
		f |= t->o_directory;
	if (flags & FILTER_O_NOFOLLOW)
		f |= t->o_nofollow;
	return f;
}

static struct scmp_arg_cmp
comparison(const struct target *t, const struct filter_test *test)
{
	uint64_t mask = INT_MASK, value = test->value;

	switch (test->kind) {
	case FILTER_BITS:
		mask = INT_MASK & ~test->value;
		value = 0;
		break;
	case FILTER_DIR:
		mask = SIGN_BIT;
		break;
	case FILTER_NULL:
		mask = UINT64_MAX;
		break;
	case FILTER_OPEN:
		mask = INT_MASK & ~t->o_largefile;
		value = open_flags(t, test->value);
		break;
	case FILTER_SET:
		mask = test->value;
		break;
	case FILTER_INT:
	case FILTER_NONE:
		break;
	}
	return SCMP_CMP64(test->arg, SCMP_CMP_MASKED_EQ, mask, value);
}

static void
add_row(
    scmp_filter_ctx ctx, const struct target *t, const struct filter_row *row)
{
	struct scmp_arg_cmp cmp[FILTER_TESTS_MAX];
	unsigned n = 0;
	int call, ret;

	/* The library wants native numbers, whatever the target. */
	call = seccomp_syscall_resolve_name(row->call);
	if (call == __NR_SCMP_ERROR)
		errx(1, "%s: unknown system call", row->call);
	/* This architecture has another spelling of it. */
	if (seccomp_syscall_resolve_name_arch(t->arch, row->call) < 0)
		return;
	for (; n < FILTER_TESTS_MAX && row->tests[n].kind != FILTER_NONE; n++)
		cmp[n] = comparison(t, &row->tests[n]);
	ret = seccomp_rule_add_exact_array(ctx, SCMP_ACT_ALLOW, call, n, cmp);
	if (ret < 0)
		errx(1, "%s: %s", row->call, strerror(-ret));
}

static void
add_rows(scmp_filter_ctx ctx, const struct target *t, const struct table *table)
{
	size_t i;

	for (i = 0; i < table->nrows; i++)
		add_row(ctx, t, &table->rows[i]);
}

/* Of the i-th instruction: where what it jumps to has moved. */
static void
redirect(struct sock_filter *insn, size_t i, const size_t *moved)
{
	if (insn->code == (BPF_JMP | BPF_JA)) {
		insn->k = (uint32_t)(moved[i + 1 + insn->k] - moved[i] - 1);
	} else if (BPF_CLASS(insn->code) == BPF_JMP) {
		insn->jt = (uint8_t)(moved[i + 1 + insn->jt] - moved[i] - 1);
		insn->jf = (uint8_t)(moved[i + 1 + insn->jf] - moved[i] - 1);
	}
}

/* Nothing is done with the accumulator there. */
static bool
forgets(const struct sock_filter *insn)
{
	return BPF_CLASS(insn->code) == BPF_LD ||
	    BPF_CLASS(insn->code) == BPF_RET;
}

/* A word, masked and compared with one value, and then forgotten. */
static bool
is_masked_test(const struct sock_filter *insn, size_t left)
{
	return left > 3 && insn[0].code == (BPF_LD | BPF_W | BPF_ABS) &&
	    insn[1].code == (BPF_ALU | BPF_AND | BPF_K) &&
	    insn[2].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
	    forgets(insn + 3 + insn[2].jt) && forgets(insn + 3 + insn[2].jf);
}

/*
 * Of such a test of three instructions, how many are not needed: all if it
 * looks at no bit, as libseccomp's of an int's upper half, and the masking if
 * one that tests bits does for both.
 */
static size_t
join(struct sock_filter *insn)
{
	const uint32_t mask = insn[1].k;
	struct sock_filter *test = &insn[2];
	const struct sock_filter old = *test;

	if (mask == 0 && old.k == 0 && old.jt == 0)
		return 3;
	if (old.k != 0 && (old.k != mask || (mask & (mask - 1)) != 0))
		return 0;
	test->code = BPF_JMP | BPF_JSET | BPF_K;
	test->k = mask;
	test->jt = old.k == 0 ? old.jf : old.jt;
	test->jf = old.k == 0 ? old.jt : old.jf;
	return 1;
}

/*
 * Leave out what is not needed: the kernel translates each instruction when a
 * session begins.  What jumps to one goes on behind it.  Returns how many are
 * left.
 */
static size_t
shorten(struct sock_filter *insns, size_t n)
{
	static size_t moved[INSNS_MAX + 1]; /* where each is then */
	static bool dropped[INSNS_MAX];
	size_t i, drop, left = 0;

	memset(dropped, 0, sizeof(dropped));
	for (i = 0; i < n; i++) {
		if (!is_masked_test(&insns[i], n - i))
			continue;
		drop = join(&insns[i]);
		dropped[i + 1] = drop > 0;
		dropped[i] = dropped[i + 2] = drop == 3;
	}
	for (i = 0; i < n; i++) {
		moved[i] = left;
		left += dropped[i] ? 0 : 1;
	}
	for (i = 0; i < n; i++) {
		struct sock_filter insn = insns[i];

		if (dropped[i])
			continue;
		redirect(&insn, i, moved);
		insns[moved[i]] = insn;
	}
	return left;
}

static void
print_insn(const struct sock_filter *insn)
{
	(void)printf("\t{ 0x%02x, %d, %d, 0x%08x },\n", insn->code, insn->jt,
	    insn->jf, insn->k);
}

/*
 * A program begins with an instruction that does nothing.  Before a session
 * goes on, the kernel interprets its filter for each of all numbers, to learn
 * which it allows in any case; at this instruction it gives that up.  It would
 * take longer than all that its table saves later.
 */
static void
print_program(scmp_filter_ctx ctx, const char *prefix, const char *role,
    const char *action)
{
	static const struct sock_filter opaque = { BPF_MISC | BPF_TAX, 0, 0,
		0 };
	static struct sock_filter insns[INSNS_MAX];
	ssize_t n;
	size_t i, len;
	int ends[2], ret;

	if (pipe2(ends, O_CLOEXEC) == -1)
		err(1, "pipe");
	if ((ret = seccomp_export_bpf(ctx, ends[1])) < 0)
		errx(1, "%s: %s", role, strerror(-ret));
	(void)close(ends[1]);
	if ((n = read(ends[0], insns, sizeof(insns))) <= 0)
		err(1, "read");
	(void)close(ends[0]);
	len = shorten(insns, (size_t)n / sizeof(insns[0]));
	(void)printf("static const struct sock_filter %s%s_%s[] = {\n", prefix,
	    role, action);
	print_insn(&opaque);
	for (i = 0; i < len; i++)
		print_insn(&insns[i]);
	(void)printf("};\n");
}

static void
print_filter(
    const struct target *t, const char *prefix, size_t role, size_t action)
{
	static const struct table common = TABLE(filter_common);
	scmp_filter_ctx ctx;
	size_t i;
	int ret;

	if ((ctx = seccomp_init(actions[action].action)) == NULL)
		errx(1, "seccomp_init");
	if (t->arch != seccomp_arch_native() &&
	    ((ret = seccomp_arch_add(ctx, t->arch)) < 0 ||
		(ret = seccomp_arch_remove(ctx, seccomp_arch_native())) < 0))
		errx(1, "architecture: %s", strerror(-ret));
	ret = seccomp_attr_set(
	    ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (ret < 0)
		errx(1, "architecture: %s", strerror(-ret));
	/* A tree, for at most eight comparisons a call. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	add_rows(ctx, t, &common);
	for (i = 0; i < LENGTH(roles[role].tables); i++)
		add_rows(ctx, t, &roles[role].tables[i]);
	print_program(ctx, prefix, roles[role].name, actions[action].name);
	seccomp_release(ctx);
}

static void
print_filters(const struct target *t, const char *prefix)
{
	size_t role, action;

	for (role = 0; role < LENGTH(roles); role++) {
		for (action = 0; action < LENGTH(actions); action++)
			print_filter(t, prefix, role, action);
	}
}

static void
print_for_compiler(void)
{
	const struct target *t;
	size_t i;

	for (i = 0; i < LENGTH(targets); i++) {
		t = &targets[i];
		(void)printf("%s %s\n", i == 0 ? "#if" : "#elif", t->condition);
		(void)printf("_Static_assert(O_DIRECTORY == %#o && "
			     "O_NOFOLLOW == %#o,\n    \"flags of open(2)\");\n",
		    t->o_directory, t->o_nofollow);
		print_filters(t, "");
	}
	(void)printf("#else\n#error \"filter-gen.c does not know this "
		     "architecture\"\n#endif\n");
}

static void
print_side_by_side(void)
{
	char prefix[16];
	size_t i;

	for (i = 0; i < LENGTH(targets); i++) {
		(void)snprintf(prefix, sizeof(prefix), "%s_", targets[i].name);
		print_filters(&targets[i], prefix);
	}
}

int
main(int argc, char *argv[])
{
	(void)argv;
	(void)printf("/* Made by filter-gen.c. */\n");
	if (argc == 1)
		print_for_compiler();
	else
		print_side_by_side();
	if (fflush(stdout) == EOF || ferror(stdout))
		err(1, "standard output");
	return 0;
}

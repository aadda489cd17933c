/* SPDX-License-Identifier: ISC */
/*
 * Overwrite, Atomic, Sync and MinFreeSpace, confined as they are: what becomes
 * of the old file and of the new one, and what is refused.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "own.h"
#include "trace.h"

START_TEST(overwrite_version)
{
	make_file("f", "one", 0640);
	make_dir("d", 0755);
	make_file("d/f", "in d", 0600);
	RUN_WITH("-o Overwrite=version", "scp -r -p -t .", ACK,
	    SEND("C0644 3 f\n"), ACK, SEND("two\0"), ACK, SEND("C0444 5 f\n"),
	    ACK, SEND("three\0"), ACK, SEND("D0755 0 d\n"), ACK,
	    SEND("C0644 3 f\n"), ACK, SEND("new\0"), ACK, SEND("C0644 3 g\n"),
	    ACK, SEND("new\0"), ACK, SEND("E\n"), ACK, EXIT(0));
	ck_tree("0444 f three\n0600 d/f.~1~ in d\n0640 f.~1~ one\n"
		"0644 d/f new\n0644 d/g new\n0644 f.~2~ two\n0755 d/\n");
}
END_TEST

START_TEST(version_names)
{
	make_file("f.~1~", "old", 0644);
	make_dir("d.~1~", 0755);
	RUN_WITH("-o Overwrite=version", "scp -d -t .", ACK,
	    SEND("C0644 1 f.~1~\n"), WARNING("reserved"),
	    SEND("C0644 1 f.~01~\n"), ACK, SEND("x\0"), ACK, EXIT(1));
	RUN_WITH("-o Overwrite=version", "scp -t f.~2~", ACK,
	    SEND("C0644 1 x\n"), WARNING("reserved"), EXIT(1));
	/* Nor for a directory, which would take a number for good. */
	RUN_WITH("-o Overwrite=version", "scp -r -t .", ACK,
	    SEND("D0755 0 f.~999999999~\n"), WARNING("reserved"),
	    SEND("D0755 0 d.~1~\n"), ACK, SEND("E\n"), ACK, EXIT(1));
	RUN_WITH("-o Overwrite=version", "scp -r -t d.~2~", ACK,
	    SEND("D0755 0 x\n"), WARNING("reserved"), EXIT(1));
	/* Elsewhere it is a name as any other. */
	RUN("scp -t f.~1~", ACK, SEND("C0644 3 x\n"), ACK, SEND("new\0"), ACK,
	    EXIT(0));
	ck_tree("0644 f.~01~ x\n0644 f.~1~ new\n0755 d.~1~/\n");
}
END_TEST

/* Once the last number is taken nothing is replaced: said at the header. */
START_TEST(last_version)
{
	make_file("f", "one", 0644);
	make_file("f.~999999998~", "old", 0644);
	RUN_WITH("-o Overwrite=version", "scp -d -t .", ACK,
	    SEND("C0644 3 f\n"), ACK, SEND("two\0"), ACK, SEND("C0644 3 f\n"),
	    WARNING("f: no number is left for an old version"), EXIT(1));
	ck_tree("0644 f two\n0644 f.~999999998~ old\n"
		"0644 f.~999999999~ one\n");
}
END_TEST

START_TEST(keep_versions)
{
	make_file("f", "0", 0644);
	RUN_WITH("-o Overwrite=version -o KeepVersions=1", "scp -d -t .", ACK,
	    SEND("C0644 1 f\n"), ACK, SEND("1\0"), ACK, SEND("C0644 1 f\n"),
	    ACK, SEND("2\0"), ACK, EXIT(0));
	ck_tree("0644 f 2\n0644 f.~2~ 1\n");
}
END_TEST

START_TEST(in_place)
{
	struct stat before, after;

	make_file("f", "an old file", 0640);
	make_file("linked", "old", 0640);
	ck_assert_int_eq(link("linked", "other"), 0);
	before = status_of("f");
	RUN_WITH("-o Atomic=no", "scp -d -t .", ACK, SEND("C0644 3 f\n"), ACK,
	    SEND("new\0"), ACK, SEND("C0644 3 new\n"), ACK, SEND("NEW\0"), ACK,
	    SEND("C0644 3 linked\n"), WARNING("cannot be written in place"),
	    SEND("C0644 0 empty\n"), ACK, SEND("\0"), ACK, EXIT(1));
	after = status_of("f");
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_tree("0640 f new\n0640 linked old\n0640 other old\n"
		"0644 empty \n0644 new NEW\n");
}
END_TEST

/* The client goes away in mid-file: what was new goes too. */
START_TEST(in_place_cut)
{
	make_file("f", "an old file", 0644);
	RUN_WITH("-o Atomic=no", "scp -d -t .", ACK, SEND("C0644 9 f\n"), ACK,
	    SEND("half"), EXIT(1));
	RUN_WITH("-o Atomic=no", "scp -d -t .", ACK, SEND("C0644 9 g\n"), ACK,
	    SEND("half"), EXIT(1));
	ck_tree("0644 f half\n");
}
END_TEST

START_TEST(synced)
{
	static const char *const options[] = { "-o Sync=file",
		"-o Sync=session", "-o Sync=file -o Atomic=no",
		"-o Sync=file -o Overwrite=version" };

	make_file("f", "old", 0644);
	RUN_WITH(options[_i], "scp -r -p -t .", ACK, SEND("C0444 3 f\n"), ACK,
	    SEND("new\0"), ACK, SEND("T5 0 5 0\n"), ACK, SEND("D0555 0 d\n"),
	    ACK, SEND("C0644 1 g\n"), ACK, SEND("g\0"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree(_i < 3 ? "0444 f new\n0555 d/\n0644 d/g g\n"
		       : "0444 f new\n0555 d/\n0644 d/g g\n0644 f.~1~ old\n");
}
END_TEST

/* What a session keeps open until its end it does not keep from anybody. */
START_TEST(again_in_one_session)
{
	RUN_WITH("-o Sync=session -o Atomic=no", "scp -d -t .", ACK,
	    SEND("C0644 3 f\n"), ACK, SEND("one\0"), ACK, SEND("C0644 3 f\n"),
	    ACK, SEND("two\0"), ACK, EXIT(0));
	RUN_WITH("-o Sync=session -o Overwrite=version -o KeepVersions=1",
	    "scp -d -t .", ACK, SEND("C0644 3 g\n"), ACK, SEND("one\0"), ACK,
	    SEND("C0644 3 g\n"), ACK, SEND("two\0"), ACK, SEND("C0644 5 g\n"),
	    ACK, SEND("three\0"), ACK, EXIT(0));
	ck_tree("0644 f two\n0644 g three\n0644 g.~2~ two\n");
}
END_TEST

/* The first such call from a place on, of this descriptor or of any (-1). */
static long
find_call(const struct trace_result *r, long from, long number, int fd)
{
	for (long i = from; i < r->calls && i < TRACE_LISTED; i++)
		if (r->list[i].number == number &&
		    (fd == -1 || r->list[i].fd == fd))
			return i;
	return -1;
}

/* The file is synced, named, its directory synced, and then it is said. */
static void
ck_order(const struct trace_result *r)
{
	long named, data, said, syncing;

	named = find_call(r, 0, SYS_renameat2, -1);
	ck_assert_int_ne(named, -1);
	for (data = named; data > 0; data--)
		if (r->list[data].number == SYS_write &&
		    r->list[data].fd != STDOUT_FILENO)
			break;
	syncing = find_call(r, data, SYS_fsync, r->list[data].fd);
	ck_assert_int_gt(syncing, data);
	ck_assert_int_lt(syncing, named);
	ck_assert_int_eq(find_call(r, data, SYS_write, r->list[data].fd), data);
	said = find_call(r, named, SYS_write, STDOUT_FILENO);
	syncing = find_call(r, named, SYS_fsync, -1);
	ck_assert_int_gt(syncing, named);
	ck_assert_int_ne(r->list[syncing].fd, r->list[data].fd);
	ck_assert_int_gt(said, syncing);
	/* Nothing was said in between. */
	ck_assert_int_gt(find_call(r, data, SYS_write, STDOUT_FILENO), syncing);
}

START_TEST(order)
{
	struct trace_result *r;
	struct server s;

	if (!can_trace())
		return;
	r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(r, MAP_FAILED);
	if (_i == 1)
		make_file("f", "old", 0644);
	server_start(&s,
	    &(struct launch){ .options = "-o Sync=file",
		.command = "scp -d -t .",
		.trace = &(struct trace){ .result = r } });
	expect_ack(&s);
	server_send(&s, "C0644 3 f\n", 10);
	expect_ack(&s);
	server_send(&s, "new", 4);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	ck_order(r);
	ck_assert_int_eq(munmap(r, sizeof(*r)), 0);
}
END_TEST

/* Also where nothing is stored but directories, or their attributes. */
START_TEST(only_directories)
{
	static const char times[] = "T5 0 5 0\n", directory[] = "D0755 0 d\n";
	struct trace_result *r;
	struct server s;
	long made, said;

	if (!can_trace())
		return;
	r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(r, MAP_FAILED);
	if (_i == 1)
		make_dir("d", 0755);
	server_start(&s,
	    &(struct launch){ .options = "-o Sync=session",
		.command = "scp -r -p -t .",
		.trace = &(struct trace){ .result = r } });
	expect_ack(&s);
	server_send(&s, times, sizeof(times) - 1);
	expect_ack(&s);
	server_send(&s, directory, sizeof(directory) - 1);
	expect_ack(&s);
	server_send(&s, "E\n", 2);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	made = find_call(r, 0, SYS_mkdirat, -1);
	ck_assert_int_ne(made, -1);
	said = find_call(
	    r, find_call(r, made, SYS_utimensat, -1), SYS_write, STDOUT_FILENO);
	ck_assert_int_gt(find_call(r, said, SYS_syncfs, -1), said);
	ck_assert_int_eq(munmap(r, sizeof(*r)), 0);
}
END_TEST

/* R-WIRE-5: with the numbers, before data. */
START_TEST(no_space)
{
	make_file("f", "old", 0644);
	RUN("scp -d -t .", ACK, SEND("C0644 9000000000000000000 f\n"),
	    WARNING("f: no space for 7.8 EiB: "), EXIT(1));
	RUN_WITH("-o MinFreeSpace=8000000T", "scp -d -t .", ACK,
	    SEND("C0644 1 f\n"),
	    WARNING("f: no space for 1 B: 0 B left for this account"),
	    SEND("C0644 0 empty\n"), WARNING("empty: no space for 1 B"),
	    EXIT(1));
	make_dir("d", 0755);
	RUN_WITH("-o MinFreeSpace=8000000T", "scp -r -d -t .", ACK,
	    SEND("D0755 0 d\n"), ACK, SEND("D0755 0 new\n"),
	    WARNING("d/new: no space for 1 B: 0 B left for this account"),
	    SEND("E\n"), ACK, EXIT(1));
	RUN_WITH("-o MinFreeSpace=1", "scp -r -d -t .", ACK,
	    SEND("D0755 0 new\n"), ACK, SEND("E\n"), ACK, EXIT(0));
	RUN_WITH("-o MinFreeSpace=1", "scp -t f", ACK, SEND("C0644 3 f\n"), ACK,
	    SEND("new\0"), ACK, EXIT(0));
	ck_tree("0644 f new\n0755 d/\n0755 new/\n");
}
END_TEST

/*
 * Clients that do not read the last answer learn of a quota before the data,
 * whatever else a file system says of the call.
 */
static const struct {
	const char *command;
	long call;
	int error;
	bool refused;
} reserved_rows[] = {
	{ "scp -t f", SYS_fallocate, EDQUOT, true },
	{ "scp -t f", SYS_fallocate, ENOSPC, true },
	{ "scp -t f", SYS_fallocate, EOPNOTSUPP, false },
	{ "scp -t f", SYS_fallocate, EINTR, false },
	/* This one reads what it is told at the end. */
	{ "scp -d -t .", SYS_fallocate, EDQUOT, false },
};

START_TEST(reserved)
{
	struct trace trace = { .call = reserved_rows[_i].call,
		.error = reserved_rows[_i].error };
	struct server s;

	if (!can_trace())
		return;
	trace.result = mmap(NULL, sizeof(*trace.result), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace.result, MAP_FAILED);
	make_file("f", "old", 0644);
	server_start(&s,
	    &(struct launch){
		.command = reserved_rows[_i].command, .trace = &trace });
	expect_ack(&s);
	server_send(&s, "C0644 3 f\n", 10);
	if (reserved_rows[_i].refused) {
		expect_message(&s, 1,
		    reserved_rows[_i].error == EDQUOT
			? "Disk quota exceeded|Quota exceeded"
			: strerror(reserved_rows[_i].error));
	} else {
		expect_ack(&s);
		server_send(&s, "new", 4);
		expect_ack(&s);
	}
	server_close_input(&s);
	expect_end(&s, reserved_rows[_i].refused);
	server_clear(&s);
	ck_tree(reserved_rows[_i].refused ? "0644 f old\n" : "0644 f new\n");
}
END_TEST

/* R-RES-1: a size is only a word, and takes SPACE_STEP at most. */
START_TEST(reserved_for_a_word)
{
	const char header[] = "C0644 67108864 f\n";
	struct dirent *entry;
	struct server s;
	struct stat st;
	int files = 0;
	DIR *dir;

	server_start(&s, &(struct launch){ .command = "scp -t f" });
	expect_ack(&s);
	server_send(&s, header, strlen(header));
	expect_ack(&s);
	ck_assert_ptr_nonnull(dir = opendir("."));
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' || strlen(entry->d_name) < 3)
			continue;
		ck_assert_int_eq(stat(entry->d_name, &st), 0);
		ck_assert_int_eq(st.st_size, 0);
		ck_assert_int_le(st.st_blocks, (9 << 20) / 512);
		files++;
	}
	ck_assert_int_eq(closedir(dir), 0);
	ck_assert_int_eq(files, 1);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	ck_tree("");
}
END_TEST

/*
 * Of a file that is not large, and where nothing has to stay free, it is not
 * asked again once the data may come.
 */
static const struct {
	const char *options;
	size_t size;
} asked_rows[] = {
	{ "-o MinFreeSpace=1", 3 },
	{ "-o MinFreeSpace=none", 9 << 20 },
};

START_TEST(space_is_asked_once)
{
	const size_t size = asked_rows[_i].size;
	struct trace_result *r;
	struct server s;
	char header[32];
	char *zeros;
	long at;

	if (!can_trace())
		return;
	r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(r, MAP_FAILED);
	server_start(&s,
	    &(struct launch){ .options = asked_rows[_i].options,
		.command = "scp -t f",
		.trace = &(struct trace){ .result = r } });
	expect_ack(&s);
	(void)snprintf(header, sizeof(header), "C0644 %zu f\n", size);
	server_send(&s, header, strlen(header));
	expect_ack(&s);
	zeros = calloc(1, size + 1);
	ck_assert_ptr_nonnull(zeros);
	server_send(&s, zeros, size + 1);
	free(zeros);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	at = find_call(r, 0, SYS_fstatfs, -1);
	ck_assert_int_ne(at, -1);
	at = find_call(r, at, SYS_write, STDOUT_FILENO);
	ck_assert_int_ne(at, -1);
	ck_assert_int_eq(find_call(r, at, SYS_fstatfs, -1), -1);
	ck_assert_int_eq(munmap(r, sizeof(*r)), 0);
}
END_TEST

/*
 * Somebody else uses up the space meanwhile: noticed after SPACE_STEP bytes,
 * and what must stay free does.
 */
START_TEST(no_space_meanwhile)
{
	const size_t size = 24 << 20, half = 4 << 20;
	struct statfs fs;
	struct server s;
	char *zeros;

	if (!own_mounts() ||
	    mount("none", root_path(), "tmpfs", 0, "size=64m,mode=0777") ==
		-1) {
		skipped("no file system of its own");
		return;
	}
	ck_assert_int_eq(chdir(root_path()), 0);
	zeros = calloc(1, size);
	ck_assert_ptr_nonnull(zeros);
	server_start(&s,
	    &(struct launch){
		.options = "-o MinFreeSpace=16M", .command = "scp -d -t ." });
	expect_ack(&s);
	server_send(&s, "C0644 25165824 f\n", strlen("C0644 25165824 f\n"));
	expect_ack(&s);
	server_send(&s, zeros, half);
	make_file("other", "x", 0644);
	ck_assert_int_eq(system("head -c 30M /dev/zero >other"), 0);
	server_send(&s, zeros, size - half);
	/* All but what is in the pipe was taken. */
	ck_assert_int_eq(statfs(".", &fs), 0);
	ck_assert_uint_ge(fs.f_bavail * (size_t)fs.f_bsize, 16 << 20);
	server_send(&s, "", 1);
	expect_message(&s, 1, "No space left on device");
	server_close_input(&s);
	expect_end(&s, 1);
	ck_assert_ptr_nonnull(strstr(s.log.p, "no-space"));
	server_clear(&s);
	free(zeros);
	ck_assert_int_eq(unlink("other"), 0);
	ck_tree("");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(umount(root_path()), 0);
}
END_TEST

/* Of the whole file, also where it is looked at the free space meanwhile. */
static const char *const digest_options[] = {
	"-o TransferLog=syslog -o Digest=sha256",
	"-o TransferLog=syslog -o Digest=sha256 -o MinFreeSpace=1",
};

START_TEST(digest_of_a_large_file)
{
	static const char record[] = "C0644 20971520 f\n";
	const size_t size = 20 << 20;
	struct server s;
	char *zeros;

	zeros = calloc(1, size + 1);
	ck_assert_ptr_nonnull(zeros);
	server_start(&s,
	    &(struct launch){
		.options = digest_options[_i], .command = "scp -t f" });
	expect_ack(&s);
	server_send(&s, record, strlen(record));
	expect_ack(&s);
	server_send(&s, zeros, size + 1);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	ck_assert_ptr_nonnull(strstr(s.log.p,
	    "\"sha256\":\"cd52d81e25f372e6fa4db2c0dfceb598"
	    "62c1969cab17096da352b34950c973cc\""));
	server_clear(&s);
	free(zeros);
}
END_TEST

static void
add_keep(TCase *tc)
{
	tcase_add_test(tc, overwrite_version);
	tcase_add_test(tc, version_names);
	tcase_add_test(tc, last_version);
	tcase_add_test(tc, keep_versions);
	tcase_add_test(tc, in_place);
	tcase_add_test(tc, in_place_cut);
	tcase_add_loop_test(tc, synced, 0, 4);
	tcase_add_test(tc, again_in_one_session);
	tcase_add_loop_test(tc, order, 0, 2);
	tcase_add_loop_test(tc, only_directories, 0, 2);
	tcase_add_test(tc, no_space);
	tcase_add_loop_test(tc, reserved, 0, LENGTH(reserved_rows));
	tcase_add_test(tc, reserved_for_a_word);
	tcase_add_loop_test(tc, digest_of_a_large_file, 0, 2);
}

static void
add_mounts(TCase *tc)
{
	tcase_add_loop_test(tc, space_is_asked_once, 0, LENGTH(asked_rows));
	tcase_add_test(tc, no_space_meanwhile);
}

int
main(void)
{
	Suite *suite = suite_create("keep");

	driver_add(suite, add_keep, AS_BOTH);
	driver_add(suite, add_mounts, AS_ROOT);
	return driver_run(suite);
}

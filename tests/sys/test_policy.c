/* SPDX-License-Identifier: ISC */
/*
 * What an account may not do, in both directions: what the client reads, what
 * the log says, and that nothing else happens.
 */
#include "config.h"

#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "own.h"

#define FETCH(options_, words_, want_, status_)                                \
	ck_received_sorted(                                                    \
	    &(struct launch){ .options = options_, .command = words_ }, want_, \
	    status_)
#define FETCH_TEXT(options_, text_, want_, status_)                            \
	ck_received_sorted(                                                    \
	    &(struct launch){ .options = options_, .text = text_ }, want_,     \
	    status_)

/* A refused upload of one file, which a client sends all the same. */
static void
refused_upload(const char *options, const char *words, const char *record,
    const char *reason, const char *code)
{
	struct server s;

	server_start(
	    &s, &(struct launch){ .options = options, .command = words });
	expect_ack(&s);
	server_send(&s, record, strlen(record));
	expect_message(&s, 1, reason);
	server_close_input(&s);
	expect_end(&s, 1);
	if (!holds(s.log.p, code))
		server_fail(&s, "no %s in the log", code);
	server_clear(&s);
}

static void
stored(const char *options, const char *words, const char *record)
{
	struct server s;

	server_start(
	    &s, &(struct launch){ .options = options, .command = words });
	expect_ack(&s);
	server_send(&s, record, strlen(record));
	expect_ack(&s);
	server_send(&s, "hello", 6);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
}

static void
has_record(
    const char *options, const char *words, const char *bytes, const char *want)
{
	char all[128];
	struct server s;

	(void)snprintf(all, sizeof(all), "-o TransferLog=syslog %s", options);
	server_start(&s, &(struct launch){ .options = all, .command = words });
	server_send(&s, bytes, strlen(bytes));
	server_send(&s, "\0\0\0\0\0", 5);
	server_close_input(&s);
	(void)server_wait(&s);
	if (!holds(s.log.p, want))
		server_fail(&s, "no %s", want);
	server_clear(&s);
}

#define HELLO(name) "C0644 5 " name "\n"

/* --- names ------------------------------------------------------------ */

#define AT_HOME_REASON                                                         \
	"No such file or directory (names that begin with a dot, and bin, "    \
	"are protected here)"
#define HIDDEN_REASON                                                          \
	"Permission denied (this account may not use names that begin with "   \
	"a dot)"
#define DENIED_REASON "Permission denied (this account may not use this name)"

/* As a name in a record; then as that of the target. */
static const struct {
	const char *options;
	const char *name;
	const char *reason;
	const char *code;
} name_rows[] = {
	{ "-o HiddenFiles=no", ".x", HIDDEN_REASON, "hidden-name" },
	{ "-o HiddenFiles=no", ".profile", HIDDEN_REASON, "hidden-name" },
	{ "-o HiddenFiles=no", "...", HIDDEN_REASON, "hidden-name" },
	{ "-o DenyNames=*.exe", "x.exe", DENIED_REASON, "denied-name" },
	{ "-o DenyNames=.*", ".profile", DENIED_REASON, "denied-name" },
};

START_TEST(names_of_uploads)
{
	const char *name = name_rows[_i].name;
	const char *options = name_rows[_i].options;
	char record[64], message[256], words[64];
	struct server s;

	(void)snprintf(record, sizeof(record), "C0644 5 %s\n", name);
	(void)snprintf(message, sizeof(message), "scp: ./%s: %s", name,
	    name_rows[_i].reason);
	make_file(".profile", "old", 0644);
	refused_upload(
	    options, "scp -t .", record, message, name_rows[_i].code);
	record[0] = 'D';
	refused_upload(
	    options, "scp -r -t .", record, message, name_rows[_i].code);
	/* The target itself is refused in place of the first answer. */
	(void)snprintf(words, sizeof(words), "scp -t %s", name);
	RUN_WITH(options, words, WARNING("scp: "), EXIT(1));
	(void)snprintf(words, sizeof(words), "scp -t %s/f", name);
	RUN_WITH(options, words, WARNING("Permission denied ("), EXIT(1));
	server_start(
	    &s, &(struct launch){ .options = options, .command = words });
	expect_message(&s, 1, name_rows[_i].reason);
	server_close_input(&s);
	expect_end(&s, 1);
	server_clear(&s);
	stored(options, "scp -t .", HELLO("ok"));
	ck_tree("0644 .profile old\n0644 ok hello\n");
}
END_TEST

static void
make_names(void)
{
	make_dir("d", 0755);
	make_file("d/.h", "h", 0644);
	make_file("d/a.txt", "a", 0644);
	make_file("d/b.bin", "b", 0644);
	make_link("d/l.bin", "a.txt");
	make_link("d/l.txt", "b.bin");
	make_link("d/m.txt", "a.txt");
	make_dir("d/sub.bin", 0755);
	make_file("d/sub.bin/c.txt", "c", 0644);
}

START_TEST(hidden_names_of_downloads)
{
	static const char no[] = "-o HiddenFiles=no";

	make_names();
	make_link("d/tohidden", ".h");
	FETCH(no, "scp -f d/.h", "error: scp: d/.h: " HIDDEN_REASON "\n", 1);
	FETCH(no, "scp -f d/.no", "error: scp: d/.no: " HIDDEN_REASON "\n", 1);
	FETCH(no, "scp -f d/tohidden",
	    "error: scp: d/tohidden: " HIDDEN_REASON "\n", 1);
	FETCH_TEXT(
	    no, "scp -f d/.*", "error: scp: d/.*: " HIDDEN_REASON "\n", 1);
	FETCH_TEXT(no, "scp -f d/{.h,a.txt}",
	    "0644 a.txt a\nerror: scp: d/.h: " HIDDEN_REASON "\n", 1);
	ck_assert_int_eq(unlink("d/tohidden"), 0);
	FETCH(no, "scp -r -f d",
	    "0644 d/a.txt a\n0644 d/b.bin b\n0644 d/l.bin a\n"
	    "0644 d/l.txt b\n0644 d/m.txt a\n0644 d/sub.bin/c.txt c\n"
	    "0755 d/\n0755 d/sub.bin/\n",
	    0);
}
END_TEST

#define ALLOWED_REASON                                                         \
	"Permission denied (this account only has files named like *.txt)"

/* Both names of a file must do; directories may have any. */
START_TEST(allowed_names_of_downloads)
{
	static const char txt[] = "-o AllowNames=*.txt";

	make_names();
	FETCH(txt, "scp -r -f d",
	    "0644 d/a.txt a\n0644 d/m.txt a\n0644 d/sub.bin/c.txt c\n"
	    "0755 d/\n0755 d/sub.bin/\n",
	    0);
	FETCH(txt, "scp -f d/b.bin",
	    "error: scp: d/b.bin: " ALLOWED_REASON "\n", 1);
	FETCH(txt, "scp -f d/l.txt",
	    "error: scp: d/l.txt: " ALLOWED_REASON "\n", 1);
	FETCH(txt, "scp -f d/l.bin",
	    "error: scp: d/l.bin: " ALLOWED_REASON "\n", 1);
	/* What is missing is told from what is not for the client by nothing.
	 */
	FETCH(txt, "scp -f d/none.bin",
	    "error: scp: d/none.bin: " ALLOWED_REASON "\n", 1);
	FETCH(txt, "scp -f d/none.txt",
	    "error: scp: d/none.txt: No such file or directory\n", 1);
	/* Patterns do not show other names. */
	FETCH_TEXT(txt, "scp -f d/?.*",
	    "0644 a.txt a\n0644 m.txt a\n"
	    "error: scp: d/l.txt: " ALLOWED_REASON "\n",
	    1);
	FETCH_TEXT(txt, "scp -r -f d/*.bin",
	    "0644 sub.bin/c.txt c\n0755 sub.bin/\n", 0);
	FETCH_TEXT(txt, "scp -f d/b.b*",
	    "error: scp: d/b.b*: " ALLOWED_REASON "\n", 1);
}
END_TEST

START_TEST(allowed_names_of_uploads)
{
	static const char txt[] = "-o AllowNames=*.txt";

	make_link("l.txt", "x.bin");
	refused_upload(txt, "scp -t .", HELLO("b.bin"),
	    "scp: ./b.bin: " ALLOWED_REASON, "other-name");
	refused_upload(txt, "scp -t b.bin", HELLO("a.txt"),
	    "scp: b.bin: " ALLOWED_REASON, "other-name");
	/* Through a link it is the name of the file that counts. */
	refused_upload(txt, "scp -t l.txt", HELLO("a.txt"),
	    "scp: l.txt: " ALLOWED_REASON, "other-name");
	stored(txt, "scp -t .", HELLO("a.txt"));
	RUN_WITH(txt, "scp -r -t .", ACK, SEND("D0755 0 d.bin\n"), ACK,
	    SEND(HELLO("a.txt")), ACK, SEND("hello\0"), ACK, SEND("E\n"), ACK,
	    EXIT(0));
	ck_tree("0644 a.txt hello\n0644 d.bin/a.txt hello\n0755 d.bin/\n"
		"link l.txt -> x.bin\n");
}
END_TEST

START_TEST(denied_names_of_downloads)
{
	static const char no[] = "-o DenyNames=sub.*";

	make_names();
	make_link("d/into", "sub.bin");
	FETCH(no, "scp -f d/sub.bin/c.txt",
	    "error: scp: d/sub.bin/c.txt: " DENIED_REASON "\n", 1);
	FETCH(no, "scp -f d/into/c.txt",
	    "error: scp: d/into/c.txt: " DENIED_REASON "\n", 1);
	FETCH(no, "scp -f d/sub.bin/../a.txt",
	    "error: scp: d/sub.bin/../a.txt: " DENIED_REASON "\n", 1);
	FETCH_TEXT(no, "scp -f d/s*/c.txt",
	    "error: scp: d/s*/c.txt: No such file or directory\n", 1);
	FETCH(no, "scp -r -f d",
	    "0644 d/.h h\n0644 d/a.txt a\n0644 d/b.bin b\n0644 d/l.bin a\n"
	    "0644 d/l.txt b\n0644 d/m.txt a\n0755 d/\n"
	    "error: scp: d/into: " DENIED_REASON "\n",
	    1);
}
END_TEST

/* --- the home --------------------------------------------------------- */

/* The served directory is the home of the account. */
static void
make_home(void)
{
	make_dir(".ssh", 0700);
	make_file(".ssh/authorized_keys", "k", 0600);
	make_file(".profile", "p", 0644);
	make_dir("bin", 0755);
	make_file("bin/f", "f", 0755);
	make_dir("d", 0755);
	make_file("d/.h", "h", 0644);
	make_link("keys", ".ssh");
	make_link("d/up", "..");
}

#define HOME_TREE                                                              \
	"0600 .ssh/authorized_keys k\n0644 .profile p\n0644 d/.h h\n"          \
	"0700 .ssh/\n0755 bin/\n0755 bin/f f\n0755 d/\nlink d/up -> ..\n"      \
	"link keys -> .ssh\n"

START_TEST(home_uploads)
{
	static const char *const targets[] = { ".ssh", ".ssh/",
		".ssh/authorized_keys", ".ssh/new", ".profile", ".new", "bin",
		"bin/f", "bin/new", "BIN", "/.ssh/new", "../.ssh/new",
		"d/../.ssh/new", "d/up/.ssh/new", "keys",
		"keys/authorized_keys", "d/up/keys/new", "././/.ssh" };
	static const char *const names[] = { ".ssh", ".profile", ".new", "bin",
		"Bin", "..." };
	char words[64], record[64];
	size_t i;

	if (!home_is_root()) {
		skipped("the account cannot be given its home here");
		return;
	}
	make_home();
	for (i = 0; i < LENGTH(targets); i++) {
		(void)snprintf(words, sizeof(words), "scp -t %s", targets[i]);
		RUN_WITH(NULL, words, WARNING(AT_HOME_REASON), EXIT(1));
		(void)snprintf(
		    words, sizeof(words), "scp -r -t %s", targets[i]);
		RUN_WITH(NULL, words, WARNING(AT_HOME_REASON), EXIT(1));
	}
	RUN_TEXT("scp -t ~/.ssh/new", WARNING(AT_HOME_REASON), EXIT(1));
	for (i = 0; i < LENGTH(names); i++) {
		(void)snprintf(
		    record, sizeof(record), "C0644 5 %s\n", names[i]);
		refused_upload(
		    NULL, "scp -t .", record, AT_HOME_REASON, "protected-home");
		refused_upload(NULL, "scp -t d/up", record, AT_HOME_REASON,
		    "protected-home");
		record[0] = 'D';
		refused_upload(NULL, "scp -r -t /", record, AT_HOME_REASON,
		    "protected-home");
	}
	/* A tree that begins below and comes back up has no way to. */
	RUN_WITH(NULL, "scp -r -t d", ACK, SEND("D0755 0 up\n"),
	    WARNING("Not a directory"), EXIT(1));
	has_record("-l INFO", "scp -t .", HELLO(".profile"),
	    "\"keyword\":\"ProtectHome\"");
	ck_tree(HOME_TREE);
	stored(NULL, "scp -t d", HELLO(".ok"));
	stored(NULL, "scp -t d", HELLO("bin"));
	stored("-o ProtectHome=no", "scp -t .", HELLO(".profile"));
}
END_TEST

START_TEST(home_downloads)
{
	if (!home_is_root()) {
		skipped("the account cannot be given its home here");
		return;
	}
	make_home();
	FETCH(NULL, "scp -f .profile",
	    "error: scp: .profile: " AT_HOME_REASON "\n", 1);
	FETCH(
	    NULL, "scp -f .none", "error: scp: .none: " AT_HOME_REASON "\n", 1);
	FETCH(NULL, "scp -f d/up/.ssh/authorized_keys",
	    "error: scp: d/up/.ssh/authorized_keys: " AT_HOME_REASON "\n", 1);
	FETCH(NULL, "scp -f keys/authorized_keys",
	    "error: scp: keys/authorized_keys: " AT_HOME_REASON "\n", 1);
	FETCH(
	    NULL, "scp -r -f bin", "error: scp: bin: " AT_HOME_REASON "\n", 1);
	FETCH_TEXT(
	    NULL, "scp -f .p*", "error: scp: .p*: " AT_HOME_REASON "\n", 1);
	FETCH_TEXT(NULL, "scp -f {.ssh,bin}/*",
	    "error: scp: .ssh/*: " AT_HOME_REASON
	    "\nerror: scp: bin/*: " AT_HOME_REASON "\n",
	    1);
	FETCH_TEXT(NULL, "scp -f d/up/b*/f",
	    "error: scp: d/up/b*/f: No such file or directory\n", 1);
	FETCH(NULL, "scp -f d/.h", "0644 .h h\n", 0);
	ck_assert_int_eq(unlink("d/up"), 0);
	FETCH(NULL, "scp -r -f .",
	    "0644 root/d/.h h\n0755 root/\n0755 root/d/\n"
	    "error: scp: ./keys: " AT_HOME_REASON "\n",
	    1);
}
END_TEST

/* --- limits ----------------------------------------------------------- */

START_TEST(sizes_of_uploads)
{
	refused_upload("-o MaxFileSize=4", "scp -t .", HELLO("f"),
	    "scp: ./f: 5 B is over the 4 B limit of this account",
	    "file-too-large");
	refused_upload("-o MaxFileSize=2G", "scp -t .", "C0644 3400000000 f\n",
	    "scp: ./f: 3.1 GiB is over the 2 GiB limit of this account",
	    "file-too-large");
	refused_upload("-o MaxFiles=1 -o MaxTotalSize=4", "scp -t .",
	    HELLO("f"),
	    "scp: ./f: 5 B more is over the 4 B limit of one session",
	    "total-too-large");
	ck_tree("");
	stored("-o MaxFileSize=5 -o MaxTotalSize=5 -o MaxFiles=1", "scp -t .",
	    HELLO("f"));
}
END_TEST

/* Watchers of a file learn nothing of uploads that are refused to it. */
START_TEST(refused_is_not_opened)
{
	static const char *const limits[] = { "-o MaxFileSize=4",
		"-o MaxTotalSize=4", "-o Overwrite=no" };
	char event[4096];
	int fd;

	make_file("f", "old", 0644);
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_ne(inotify_add_watch(fd, "f", IN_OPEN), -1);
	RUN_WITH(limits[_i], "scp -t f", ACK, SEND("C0644 5 f\n"),
	    WARNING("limit|exists"), EXIT(1));
	ck_assert_int_eq(read(fd, event, sizeof(event)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	RUN("scp -t f", ACK, SEND("C0644 5 f\nhello\0"), ACK, ACK, EXIT(0));
	ck_assert_int_gt(read(fd, event, sizeof(event)), 0);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

/* What was refused or failed does not count, what was stored does. */
START_TEST(totals_of_uploads)
{
	RUN_WITH("-o MaxTotalSize=10", "scp -d -t .", ACK, SEND(HELLO("a")),
	    ACK, SEND("hello\0"), ACK, SEND("C0644 6 big\n"),
	    WARNING("6 B more is over the 10 B limit of one session"),
	    SEND(HELLO("fails")), ACK, SEND("hello\1no\n"), ACK,
	    SEND(HELLO("b")), ACK, SEND("hello\0"), ACK, SEND("C0644 0 e\n"),
	    ACK, SEND("\0"), ACK, SEND("C0644 1 c\n"),
	    WARNING("1 B more is over the 10 B limit of one session"), EXIT(1));
	ck_tree("0644 a hello\n0644 b hello\n0644 e \n");
}
END_TEST

/* But what fails in a file that is written in place stays there. */
START_TEST(totals_in_place)
{
	make_file("f", "1", 0644);
	make_file("g", "2", 0644);
	make_file("h", "3", 0644);
	RUN_WITH("-o MaxTotalSize=12 -o Atomic=no", "scp -d -t .", ACK,
	    SEND(HELLO("f")), ACK, SEND("hello\1no\n"), ACK, SEND(HELLO("new")),
	    ACK, SEND("hello\1no\n"), ACK, SEND(HELLO("g")), ACK,
	    SEND("HELLO\1no\n"), ACK, SEND(HELLO("h")),
	    WARNING("5 B more is over the 12 B limit of one session"), EXIT(1));
	ck_tree("0644 f hello\n0644 g HELLO\n0644 h 3\n");
}
END_TEST

START_TEST(counts_of_uploads)
{
	make_dir("old", 0755);
	RUN_WITH("-o MaxFiles=3", "scp -r -d -t .", ACK, SEND("D0755 0 old\n"),
	    ACK, SEND(HELLO("a")), ACK, SEND("hello\0"), ACK, SEND("E\n"), ACK,
	    SEND("D0755 0 d\n"), ACK, SEND(HELLO("b")), ACK, SEND("hello\0"),
	    ACK, SEND(HELLO("c")),
	    WARNING("over the limit of 3 files in one session"),
	    SEND("D0755 0 e\n"),
	    WARNING("over the limit of 3 files in one session"), SEND("E\n"),
	    ACK, EXIT(1));
	ck_tree("0644 d/b hello\n0644 old/a hello\n0755 d/\n0755 old/\n");
}
END_TEST

START_TEST(sizes_of_downloads)
{
	make_file("a", "hello", 0644);
	make_file("b", "hello!", 0644);
	make_file("c", "", 0644);
	FETCH("-o MaxFileSize=5", "scp -f a b",
	    "0644 a hello\n"
	    "error: scp: b: 6 B is over the 5 B limit of this account\n",
	    1);
	FETCH("-o MaxTotalSize=10", "scp -f a b c",
	    "0644 a hello\n0644 c \n"
	    "error: scp: b: 6 B more is over the 10 B limit of one session\n",
	    1);
	FETCH("-o MaxFiles=2", "scp -f a b c",
	    "0644 a hello\n0644 b hello!\n"
	    "error: scp: c: over the limit of 2 files in one session\n",
	    1);
}
END_TEST

/* --- directories, links, modes ---------------------------------------- */

START_TEST(make_directories)
{
	make_dir("old", 0755);
	RUN_WITH("-o MakeDirectories=no", "scp -r -d -t .", ACK,
	    SEND("D0755 0 old\n"), ACK, SEND("D0755 0 new\n"),
	    WARNING("scp: ./old/new: Permission denied (this account may not "
		    "make directories)"),
	    SEND(HELLO("f")), ACK, SEND("hello\0"), ACK, SEND("E\n"), ACK,
	    EXIT(1));
	/* A tree that becomes the target. */
	RUN_WITH("-o MakeDirectories=no", "scp -r -t new", ACK,
	    SEND("D0755 0 x\n"), WARNING("may not make directories"), EXIT(1));
	ck_tree("0644 old/f hello\n0755 old/\n");
}
END_TEST

START_TEST(overwrite)
{
	make_file("old", "old", 0644);
	make_dir("d", 0755);
	refused_upload("-o Overwrite=no", "scp -t .", HELLO("old"),
	    "scp: ./old: File exists (this account may not replace files)",
	    "no-overwrite");
	refused_upload("-o Overwrite=no", "scp -t old", HELLO("x"),
	    "scp: old: File exists (this account may not replace files)",
	    "no-overwrite");
	RUN_WITH("-o Overwrite=no", "scp -r -t .", ACK, SEND("D0755 0 d\n"),
	    ACK, SEND(HELLO("new")), ACK, SEND("hello\0"), ACK, SEND("E\n"),
	    ACK, EXIT(0));
	ck_tree("0644 d/new hello\n0644 old old\n0755 d/\n");
}
END_TEST

#define LINK_REASON "Permission denied (symbolic links are not followed)"

START_TEST(symlinks)
{
	static const char no[] = "-o Symlinks=no";

	make_dir("d", 0755);
	make_file("d/f", "f", 0644);
	make_link("l", "d");
	make_link("d/g", "f");
	FETCH(no, "scp -f l/f", "error: scp: l/f: " LINK_REASON "\n", 1);
	FETCH(no, "scp -f d/g", "error: scp: d/g: " LINK_REASON "\n", 1);
	FETCH(no, "scp -r -f d",
	    "0644 d/f f\n0755 d/\nerror: scp: d/g: " LINK_REASON "\n", 1);
	FETCH_TEXT(no, "scp -f */f", "0644 f f\n", 0);
	RUN_WITH(no, "scp -t l/f", WARNING(LINK_REASON), EXIT(1));
	RUN_WITH(no, "scp -t d/g", WARNING(LINK_REASON), EXIT(1));
}
END_TEST

START_TEST(hard_links)
{
	make_dir("d", 0755);
	make_file("d/f", "f", 0644);
	make_file("d/one", "1", 0644);
	ck_assert_int_eq(link("d/f", "g"), 0);
	FETCH(NULL, "scp -f g", "0644 g f\n", 0);
	FETCH("-o HardLinks=no", "scp -f g",
	    "error: scp: g: Permission denied (a file with several names)\n",
	    1);
	FETCH("-o HardLinks=no", "scp -r -f d",
	    "0644 d/one 1\n0755 d/\n"
	    "error: scp: d/f: Permission denied (a file with several names)\n",
	    1);
}
END_TEST

START_TEST(preserve)
{
	struct stat st;

	RUN_WITH("-o PreserveModes=no -o Umask=022", "scp -p -t .", ACK,
	    SEND("T1000000000 0 1000000000 0\n"), ACK, SEND("C0777 5 m\n"), ACK,
	    SEND("hello\0"), ACK, EXIT(0));
	st = status_of("m");
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(st.st_mtime, 1000000000);
	RUN_WITH("-o PreserveTimes=no", "scp -r -p -t .", ACK,
	    SEND("T1000000000 0 1000000000 0\n"), ACK, SEND("D0700 0 d\n"), ACK,
	    SEND("T1000000000 0 1000000000 0\n"), ACK, SEND("C0600 5 t\n"), ACK,
	    SEND("hello\0"), ACK, SEND("E\n"), ACK, EXIT(0));
	st = status_of("d/t");
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_ne(st.st_mtime, 1000000000);
	st = status_of("d");
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_ne(st.st_mtime, 1000000000);
}
END_TEST

/* Also for a directory that is there, which no umask protects. */
START_TEST(preserve_existing)
{
	make_dir("d", 0700);
	RUN_WITH("-o PreserveModes=no -o Umask=022", "scp -r -p -t .", ACK,
	    SEND("D0777 0 d\n"), ACK, SEND("E\n"), ACK, EXIT(0));
	ck_assert_uint_eq(status_of("d").st_mode & 07777, 0700);
	RUN_WITH("-o PreserveModes=no -o DirectoryMode=0755", "scp -r -p -t .",
	    ACK, SEND("D0777 0 d\n"), ACK, SEND("E\n"), ACK, EXIT(0));
	ck_assert_uint_eq(status_of("d").st_mode & 07777, 0700);
	RUN_WITH("-o Umask=022", "scp -r -p -t .", ACK, SEND("D0777 0 d\n"),
	    ACK, SEND("E\n"), ACK, EXIT(0));
	ck_assert_uint_eq(status_of("d").st_mode & 07777, 0755);
}
END_TEST

/* R-FILE-4: only where it is allowed, and only with -p. */
static const struct {
	const char *options;
	const char *words;
	mode_t file;
	mode_t directory;
} special_rows[] = {
	{ "-o SpecialBits=yes", "scp -r -p -t .", 06755, 07755 },
	{ "-o SpecialBits=yes -o Atomic=no", "scp -r -p -t .", 06755, 07755 },
	{ "-o SpecialBits=yes -u 077", "scp -r -p -t .", 06700, 07700 },
	{ "-o SpecialBits=yes", "scp -r -t .", 0755, 0755 },
	{ "-o SpecialBits=yes -o PreserveModes=no", "scp -r -p -t .", 0755,
	    0755 },
	{ NULL, "scp -r -p -t .", 0755, 0755 },
};

START_TEST(special_bits)
{
	for (int i = 0; i < 2; i++) {
		RUN_WITH(special_rows[_i].options, special_rows[_i].words, ACK,
		    SEND("D7755 0 d\n"), ACK, SEND("C6755 5 f\n"), ACK,
		    SEND("hello\0"), ACK, SEND("E\n"), ACK, EXIT(0));
		ck_assert_uint_eq(
		    status_of("d/f").st_mode & 07777, special_rows[_i].file);
		ck_assert_uint_eq(
		    status_of("d").st_mode & 07777, special_rows[_i].directory);
	}
}
END_TEST

/* --- mounts ------------------------------------------------------------ */

/* A file that is mounted is on another file system than its directory. */
START_TEST(cross_mounts)
{
	static const char *const options[] = { "-o CrossMounts=no",
		"-o CrossMounts=no -o Atomic=no" };
	const char *other = "Permission denied (on another mount)";

	make_dir("d", 0755);
	make_file("f", "old", 0644);
	if (!own_mounts() ||
	    mount("none", "d", "tmpfs", 0, "size=256k,mode=0755") == -1) {
		skipped("nothing can be mounted here");
		return;
	}
	make_file("d/g", "other", 0644);
	ck_assert_int_eq(mount("d/g", "f", NULL, MS_BIND, NULL), 0);
	for (size_t i = 0; i < LENGTH(options); i++) {
		refused_upload(options[i], "scp -d -t .", HELLO("f"), other,
		    "other-mount");
		refused_upload(options[i], "scp -r -t .", "D0755 0 d\n", other,
		    "other-mount");
	}
	FETCH(options[0], "scp -f f",
	    "error: scp: f: Permission denied (on another mount)\n", 1);
	/* What cannot be renamed over is not another session's. */
	RUN("scp -t f", ACK, SEND("C0644 3 f\n"), ACK, SEND("new\0"),
	    WARNING("f: Device or resource busy|f: Resource busy"), EXIT(1));
	ck_tree("0644 d/g other\n0644 f other\n0755 d/\n");
	ck_assert_int_eq(umount2("f", MNT_DETACH), 0);
	ck_assert_int_eq(umount2("d", MNT_DETACH), 0);
	ck_tree("0644 f old\n0755 d/\n");
}
END_TEST

/* Where using a directory mounts it, a step along a path does. */
START_TEST(mounted_when_used)
{
	struct server s;

	make_dir("d", 0755);
	if (!own_mounts() || mount("none", "d", "debugfs", 0, NULL) == -1 ||
	    access("d/tracing", F_OK) == -1) {
		skipped("nothing here is mounted when it is used");
		return;
	}
	server_start(
	    &s, &(struct launch){ .command = "scp -f d/tracing/README" });
	server_send(&s, "", 1);
	expect_bytes(&s, "C0", 2);
	server_clear(&s);
	ck_assert_int_eq(umount2("d", MNT_DETACH), 0);
}
END_TEST

/* --- records ---------------------------------------------------------- */

/* The setting that decided, as a record has it. */
static const struct {
	const char *options;
	const char *words;
	const char *bytes; /* of the client, before a closing NUL */
	const char *member;
} record_rows[] = {
	{ "-R", "scp -t f", "", "\"keyword\":\"Access\"" },
	{ "-o Access=write-only", "scp -f f", "", "\"keyword\":\"Access\"" },
	{ "-o Overwrite=no", "scp -t f", HELLO("f"),
	    "\"keyword\":\"Overwrite\"" },
	{ "-o Overwrite=version", "scp -t f.~1~", HELLO("f"),
	    "\"keyword\":\"Overwrite\"" },
	{ "-o MakeDirectories=no", "scp -r -t .", "D0755 0 d\n",
	    "\"keyword\":\"MakeDirectories\"" },
	{ "-o HiddenFiles=no", "scp -t .h", "", "\"keyword\":\"HiddenFiles\"" },
	{ "-o HiddenFiles=no", "scp -t .", HELLO(".h"),
	    "\"keyword\":\"HiddenFiles\"" },
	{ "-o DenyNames=*.x", "scp -t .", HELLO("a.x"),
	    "\"keyword\":\"DenyNames\"" },
	{ "-o DenyNames=f", "scp -f f", "", "\"keyword\":\"DenyNames\"" },
	{ "-o AllowNames=*.x", "scp -t .", HELLO("f"),
	    "\"keyword\":\"AllowNames\"" },
	{ "-o AllowNames=*.x", "scp -f f", "", "\"keyword\":\"AllowNames\"" },
	{ "-o MaxFileSize=4", "scp -t .", HELLO("n"),
	    "\"keyword\":\"MaxFileSize\"" },
	{ "-o MaxFileSize=2", "scp -f f", "", "\"keyword\":\"MaxFileSize\"" },
	{ "-o MaxTotalSize=4", "scp -t .", HELLO("n"),
	    "\"keyword\":\"MaxTotalSize\"" },
	{ "-o MaxFiles=1", "scp -f f f", "", "\"keyword\":\"MaxFiles\"" },
	{ "-o MaxDepth=1", "scp -t d1/d2/f", "", "\"keyword\":\"MaxDepth\"" },
	{ "-o MaxDepth=1", "scp -r -t d1", "D0755 0 d2\n",
	    "\"keyword\":\"MaxDepth\"" },
	{ "-o MaxDepth=1", "scp -f d1/d2/f", "",
	    "\"result\":\"refused\",\"reason\":\"too-deep\","
	    "\"keyword\":\"MaxDepth\"" },
	{ "-o Symlinks=no", "scp -f l", "", "\"keyword\":\"Symlinks\"" },
	{ "-o HardLinks=no", "scp -f h", "", "\"keyword\":\"HardLinks\"" },
	{ "-o Atomic=no", "scp -t h", HELLO("h"), "\"keyword\":\"Atomic\"" },
	{ "-o MinFreeSpace=4096T", "scp -t n", HELLO("n"),
	    "\"keyword\":\"MinFreeSpace\"" },
	/* No setting would help. */
	{ "-R", "scp -f none", "", "\"reason\":\"not-found\",\"direction\"" },
	{ "-l INFO", "scp -t .", HELLO(".scp-server.0123456789abcdef~"),
	    "\"reason\":\"reserved-name\",\"direction\"" },
	{ "-l INFO", "scp -t none/f", "",
	    "\"reason\":\"not-found\",\"direction\"" },
	{ "-l INFO", "scp -t n", "C0644 9000000000000000000 n\n",
	    "\"reason\":\"no-space\",\"direction\"" },
};

/* Only in one text is a pattern one. */
START_TEST(keyword_of_a_pattern)
{
	struct server s;

	make_names();
	server_start(&s,
	    &(struct launch){
		.options = "-o TransferLog=syslog -o MaxMatches=1",
		.text = "scp -f d/*" });
	server_send(&s, "", 1);
	server_close_input(&s);
	ck_assert_int_eq(server_wait(&s), 1);
	ck_assert(holds(s.log.p,
	    "\"result\":\"refused\",\"reason\":\"too-many\","
	    "\"keyword\":\"MaxMatches\""));
	server_clear(&s);
}
END_TEST

START_TEST(keyword_of_a_long_name)
{
	char name[251], record[300];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	make_file(name, "old", 0644);
	(void)snprintf(record, sizeof(record), "C0644 5 %s\n", name);
	has_record("-o Overwrite=version", "scp -t .", record,
	    "\"reason\":\"name-too-long\",\"keyword\":\"Overwrite\"");
}
END_TEST

START_TEST(keyword_of_records)
{
	make_file("f", "old", 0644);
	make_file("h", "hard", 0644);
	ck_assert_int_eq(link("h", "h2"), 0);
	make_link("l", "f");
	make_dir("d1", 0755);
	make_dir("d1/d2", 0755);
	has_record(record_rows[_i].options, record_rows[_i].words,
	    record_rows[_i].bytes, record_rows[_i].member);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_all(TCase *tc)
{
	tcase_add_loop_test(tc, names_of_uploads, 0, LENGTH(name_rows));
	tcase_add_test(tc, hidden_names_of_downloads);
	tcase_add_test(tc, allowed_names_of_downloads);
	tcase_add_test(tc, allowed_names_of_uploads);
	tcase_add_test(tc, denied_names_of_downloads);
	tcase_add_test(tc, sizes_of_uploads);
	tcase_add_loop_test(tc, refused_is_not_opened, 0, 3);
	tcase_add_test(tc, totals_of_uploads);
	tcase_add_test(tc, totals_in_place);
	tcase_add_test(tc, counts_of_uploads);
	tcase_add_test(tc, sizes_of_downloads);
	tcase_add_test(tc, make_directories);
	tcase_add_test(tc, overwrite);
	tcase_add_test(tc, symlinks);
	tcase_add_test(tc, hard_links);
	tcase_add_test(tc, preserve);
	tcase_add_test(tc, preserve_existing);
	tcase_add_loop_test(tc, special_bits, 0, LENGTH(special_rows));
	tcase_add_test(tc, keyword_of_a_pattern);
	tcase_add_test(tc, keyword_of_a_long_name);
	tcase_add_loop_test(tc, keyword_of_records, 0, LENGTH(record_rows));
}

static void
add_home(TCase *tc)
{
	tcase_add_test(tc, home_uploads);
	tcase_add_test(tc, home_downloads);
}

static void
add_mounts(TCase *tc)
{
	tcase_add_test(tc, cross_mounts);
	tcase_add_test(tc, mounted_when_used);
}

int
main(void)
{
	Suite *suite = suite_create("policy of sessions");

	driver_add(suite, add_all, AS_ACCOUNT);
	driver_add(suite, add_home, AT_HOME);
	driver_add(suite, add_mounts, AS_ROOT);
	return driver_run(suite);
}

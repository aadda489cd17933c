/* SPDX-License-Identifier: ISC */
/*
 * -T: what it prints is what a session does.  Each setting with its origin, the
 * layers, and what would come of a transfer, which is then tried for real.
 */
#include "config.h"

#include <sys/stat.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "settings.h"

/* Ask, and keep what was said: s.received and s.log. */
static void
ask_launch(struct server *s, const struct launch *l, int status)
{
	int got;

	server_start(s, l);
	server_close_input(s);
	got = server_wait(s);
	if (got != status)
		server_fail(s, "exit status %d, expected %d", got, status);
}

static void
ask(struct server *s, const char *options, const char *words, int status)
{
	char all[512];

	(void)snprintf(
	    all, sizeof(all), "-T%s%s", options[0] == '\0' ? "" : " ", options);
	ask_launch(
	    s, &(struct launch){ .options = all, .command = words }, status);
}

/* Each line of want, with newlines between, is a line of what was said. */
static void
said(const struct server *s, const char *want)
{
	char line[512], whole[600];
	size_t len;

	for (; *want != '\0'; want += len + (want[len] == '\n')) {
		len = strcspn(want, "\n");
		(void)snprintf(line, sizeof(line), "%.*s", (int)len, want);
		(void)snprintf(whole, sizeof(whole), "\n%s\n", line);
		if (strncmp(s->received.p, whole + 1, strlen(whole + 1)) != 0 &&
		    strstr(s->received.p, whole) == NULL)
			server_fail(s, "it does not say: %s", line);
	}
}

/* --- settings --------------------------------------------------------- */

/* What -T says of a keyword: its value, and where that is from. */
static void
setting_of(const struct server *s, const char *name, char *value, size_t size,
    char *origin, size_t osize)
{
	char start[64];
	const char *p, *tab, *end;

	(void)snprintf(start, sizeof(start), "\n%s ", name);
	p = strncmp(s->received.p, start + 1, strlen(start + 1)) == 0
	    ? s->received.p - 1
	    : strstr(s->received.p, start);
	if (p == NULL)
		server_fail(s, "no %s", name);
	if (strstr(p + 1, start) != NULL)
		server_fail(s, "%s twice", name);
	p += strlen(start);
	tab = strstr(p, "\t# ");
	ck_assert_ptr_nonnull(tab);
	end = strchr(tab, '\n');
	ck_assert_ptr_nonnull(end);
	(void)snprintf(value, size, "%.*s", (int)(tab - p), p);
	(void)snprintf(origin, osize, "%.*s", (int)(end - tab - 3), tab + 3);
}

static void
ck_origin(const struct server *s, const char *name, const char *want_value,
    const char *want_origin)
{
	char value[1024], origin[512];

	setting_of(s, name, value, sizeof(value), origin, sizeof(origin));
	if (want_value != NULL && strcmp(value, want_value) != 0)
		server_fail(s, "%s is %s, not %s", name, value, want_value);
	if (strcmp(origin, want_origin) != 0)
		server_fail(
		    s, "%s is from %s, not %s", name, origin, want_origin);
}

/*
 * Each keyword has one line; and each value as it is printed is one that can be
 * set, as an option here.
 */
START_TEST(every_keyword)
{
	static char words[2 * SETTINGS__COUNT + 1][1200];
	const char *argv[2 * SETTINGS__COUNT + 8] = { "scp-server", "-C",
		"none", "-T" };
	char value[1024], origin[64];
	struct server s;
	size_t n = 4;

	ask(&s, "", NULL, 0);
	for (enum settings_keyword k = 0; k < SETTINGS__COUNT; k++) {
		setting_of(&s, settings_name(k), value, sizeof(value), origin,
		    sizeof(origin));
		ck_assert_str_eq(origin,
		    k == SETTINGS_ROOT || k == SETTINGS_EARLY_ACK ? "option"
								  : "default");
		(void)snprintf(words[k], sizeof(words[k]), "%s=%s",
		    settings_name(k), value);
		argv[n++] = "-o";
		argv[n++] = words[k];
	}
	server_clear(&s);
	ask_launch(&s, &(struct launch){ .argv = argv }, 0);
	for (enum settings_keyword k = 0; k < SETTINGS__COUNT; k++)
		ck_origin(
		    &s, settings_name(k), strchr(words[k], '=') + 1, "option");
	server_clear(&s);
}
END_TEST

START_TEST(letters)
{
	struct server s;

	ask(&s, "-R -d / -f LOCAL3 -l VERBOSE -m 0640 -u 027", NULL, 0);
	ck_origin(&s, "Access", "read-only", "option");
	ck_origin(&s, "LogFacility", "LOCAL3", "option");
	ck_origin(&s, "LogLevel", "VERBOSE", "option");
	ck_origin(&s, "FileMode", "0640", "option");
	ck_origin(&s, "Umask", "0027", "option");
	server_clear(&s);
}
END_TEST

/* --- the layers ------------------------------------------------------- */

static const char *const layer_rows[] = { "-o Chroot=auto", "-o Chroot=no",
	"-o Landlock=no", "-o SeccompAction=log", "-o Atomic=no" };

/* What -T says of them is what a session logs. */
START_TEST(layers)
{
	struct server asked, served;
	const char *confine;
	char line[256];

	ask(&asked, layer_rows[_i], NULL, 0);
	server_start(&served,
	    &(struct launch){
		.options = layer_rows[_i], .command = "scp -t ." });
	expect_ack(&served);
	server_close_input(&served);
	expect_end(&served, 0);
	confine = strstr(served.log.p, "confine=");
	ck_assert_ptr_nonnull(confine);
	(void)snprintf(
	    line, sizeof(line), "%.*s", (int)strcspn(confine, "\n"), confine);
	said(&asked, line);
	server_clear(&asked);
	server_clear(&served);
}
END_TEST

START_TEST(no_layer)
{
#ifdef INSTRUMENTED
	skipped("sanitizers do not work in a confined process");
#else
	struct server s;

	ask(&s, "-o Chroot=no -o Landlock=no", NULL, 1);
	ck_assert_ptr_null(strstr(s.received.p, "confine="));
	ck_assert(holds(s.log.p,
	    "cannot confine: Landlock: neither chroot nor Landlock holds"));
	server_clear(&s);
#endif
}
END_TEST

START_TEST(session_that_would_not_be_served)
{
	struct server s;

	ask(&s, "-o StartDirectory=/none", NULL, 1);
	ck_origin(&s, "StartDirectory", "/none", "option");
	ck_assert(holds(s.log.p,
	    "scp-server: StartDirectory /none: No such file or directory\n"));
	server_clear(&s);
	ask(&s, "-o TransferLog=/none/file", "scp -t f", 1);
	ck_assert(holds(s.log.p, "TransferLog /none/file: "));
	ck_assert_ptr_null(strstr(s.received.p, "decision"));
	server_clear(&s);
}
END_TEST

/* --- what would come of it ---------------------------------------------- */

static void
make_things(void)
{
	make_file("f", "old", 0600);
	make_file("v", "old", 0600);
	make_file("v.~999999999~", "older", 0600);
	make_file("h", "hard", 0644);
	ck_assert_int_eq(link("h", "h2"), 0);
	make_dir("d", 0755);
	make_file("d/a.txt", "aaa", 0644);
	make_file("d/b.bin", "b", 0644);
	make_file("d/.h", "h", 0644);
	make_dir("d/sub", 0755);
	make_link("l", "d/a.txt");
	make_dir("closed", 0755);
	make_file("closed/f", "old", 0644);
	ck_assert_int_eq(chmod("closed", 0555), 0);
}

#define THINGS                                                                 \
	"0555 closed/\n0600 f old\n0600 v old\n"                               \
	"0600 v.~999999999~ older\n0644 closed/f old\n0644 d/.h h\n"           \
	"0644 d/a.txt aaa\n0644 d/b.bin b\n0644 h hard\n0644 h2 hard\n"        \
	"0755 d/\n0755 d/sub/\nlink l -> d/a.txt\n"

/* A transfer that is refused: as -T says, so it is. */
static const struct {
	const char *options;
	const char *query; /* before the command */
	const char *words;
	const char *record; /* NULL: refused before one */
	const char *reason;
	const char *because; /* NULL: no setting */
	const char *message;
} refused_rows[] = {
	{ "-R", "", "scp -t f", NULL, "read-only", "Access read-only\t# option",
	    "scp: f: Permission denied (this account can only download)" },
	{ "-o Access=write-only", "", "scp -f f", NULL, "write-only",
	    "Access write-only\t# option",
	    "scp: f: Permission denied (this account can only upload)" },
	{ "-l INFO", "size=5", "scp -t none/f", NULL, "not-found", NULL,
	    "scp: none/f: No such file or directory" },
	{ "-l INFO", "size=5", "scp -d -t f", NULL, "not-a-directory", NULL,
	    "scp: f: Not a directory" },
	{ "-l INFO", "size=5", "scp -t n/", "C0644 5 x\n", "not-found", NULL,
	    "scp: n/: No such file or directory" },
	{ "-o Overwrite=no", "size=5", "scp -t f", "C0644 5 x\n",
	    "no-overwrite", "Overwrite no\t# option",
	    "scp: f: File exists (this account may not replace files)" },
	{ "-o Overwrite=version", "size=5", "scp -t f.~1~", "C0644 5 x\n",
	    "version-name", "Overwrite version\t# option",
	    "scp: f.~1~: this name is reserved for old versions" },
	{ "-o Overwrite=version", "size=5", "scp -t v", "C0644 5 x\n", "error",
	    "Overwrite version\t# option",
	    "scp: v: no number is left for an old version of this file" },
	{ "-o Overwrite=version", "name=n.~1~", "scp -r -t d",
	    "D0755 0 n.~1~\n", "version-name", "Overwrite version\t# option",
	    "scp: d/n.~1~: this name is reserved for old versions" },
	{ "-o MaxFileSize=2G", "size=3G name=report.iso", "scp -t d",
	    "C0644 3221225472 report.iso\n", "file-too-large",
	    "MaxFileSize 2G\t# option",
	    "scp: d/report.iso: 3 GiB is over the 2 GiB limit of this "
	    "account" },
	{ "-o MaxTotalSize=4", "size=5 name=x", "scp -t .", "C0644 5 x\n",
	    "total-too-large", "MaxTotalSize 4\t# option",
	    "scp: ./x: 5 B more is over the 4 B limit of one session" },
	{ "-o MinFreeSpace=4096T", "size=5", "scp -t n", "C0644 5 x\n",
	    "no-space", "MinFreeSpace 4096T\t# option", "scp: n: no space" },
	{ "-o DenyNames=*.exe", "name=a.exe", "scp -t d", "C0644 0 a.exe\n",
	    "denied-name", "DenyNames *.exe\t# option",
	    "scp: d/a.exe: Permission denied (this account may not use this "
	    "name)" },
	{ "-o HiddenFiles=no", "name=.x", "scp -t d", "C0644 0 .x\n",
	    "hidden-name", "HiddenFiles no\t# option",
	    "scp: d/.x: Permission denied (this account may not use names "
	    "that begin with a dot)" },
	{ "-o AllowNames=*.cfg", "name=.x", "scp -t d", "C0644 0 .x\n",
	    "other-name", "AllowNames *.cfg\t# option",
	    "scp: d/.x: Permission denied (this account only has files named "
	    "like *.cfg)" },
	{ "-l INFO", "name=.scp-server.0123456789abcdef~", "scp -t d",
	    "C0644 0 .scp-server.0123456789abcdef~\n", "reserved-name", NULL,
	    "scp: d/.scp-server.0123456789abcdef~: this name is reserved for "
	    "unfinished uploads" },
	{ "-l INFO", "name=sub", "scp -t d", "C0644 0 sub\n", "is-a-directory",
	    NULL, "scp: d/sub: Is a directory" },
	{ "-l INFO", "name=l", "scp -t .", "C0644 0 l\n", "link-loop", NULL,
	    "scp: ./l: Too many levels of symbolic links" },
	{ "-o Symlinks=no", "", "scp -t l", NULL, "symbolic-link",
	    "Symlinks no\t# option",
	    "scp: l: Permission denied (symbolic links are not followed)" },
	{ "-o Atomic=no", "size=5", "scp -t h", "C0644 5 x\n", "error",
	    "Atomic no\t# option",
	    "scp: h: has several names: cannot be written in place" },
	{ "-o MakeDirectories=no", "name=n", "scp -r -t d", "D0755 0 n\n",
	    "no-directories", "MakeDirectories no\t# option",
	    "scp: d/n: Permission denied (this account may not make "
	    "directories)" },
	{ "-o MaxDepth=1", "name=sub", "scp -r -t d", "D0755 0 sub\n",
	    "too-deep", "MaxDepth 1\t# option",
	    "scp: d/sub: more than the 1 directory levels of this account" },
	{ "-l INFO", "name=a.txt", "scp -r -t d", "D0755 0 a.txt\n",
	    "not-a-directory", NULL, "scp: d/a.txt: Not a directory" },
	{ "-l INFO", "name=l", "scp -r -t .", "D0755 0 l\n", "not-a-directory",
	    NULL, "scp: ./l: Not a directory" },
	{ "-l INFO", "", "scp -f none", NULL, "not-found", NULL,
	    "scp: none: No such file or directory" },
	{ "-l INFO", "", "scp -f d", NULL, "not-regular", NULL,
	    "scp: d: not a regular file" },
	{ "-o MaxDepth=1", "", "scp -r -f d/sub", NULL, "too-deep",
	    "MaxDepth 1\t# option",
	    "scp: d/sub: more than the 1 directory levels of this account" },
	{ "-o DenyNames=a.*", "", "scp -f l", NULL, "denied-name",
	    "DenyNames a.*\t# option",
	    "scp: l: Permission denied (this account may not use this name)" },
	{ "-o AllowNames=*.txt", "", "scp -f d/b.bin", NULL, "other-name",
	    "AllowNames *.txt\t# option",
	    "scp: d/b.bin: Permission denied (this account only has files "
	    "named like *.txt)" },
	{ "-o HardLinks=no", "", "scp -f h", NULL, "hard-link",
	    "HardLinks no\t# option",
	    "scp: h: Permission denied (a file with several names)" },
	{ "-o MaxFileSize=2", "", "scp -f f", NULL, "file-too-large",
	    "MaxFileSize 2\t# option",
	    "scp: f: 3 B is over the 2 B limit of this account" },
	/* Not for the super-user. */
	{ "-l INFO", "size=5", "scp -t closed/f", "C0644 5 x\n", "permission",
	    NULL,
	    "scp: closed/f: directory not writable: cannot replace "
	    "atomically" },
	{ "-l INFO", "size=5", "scp -t closed/n", "C0644 5 x\n", "permission",
	    NULL, "scp: closed/n: Permission denied" },
	{ "-l INFO", "", "scp -r -t closed/n", "D0755 0 x\n", "permission",
	    NULL, "scp: closed/n: Permission denied" },
};

START_TEST(refused)
{
	const char *record = refused_rows[_i].record;
	const char *words = refused_rows[_i].words;
	char query[256], line[512];
	struct server s;

	make_things();
	(void)snprintf(query, sizeof(query), "%s%s%s", refused_rows[_i].query,
	    refused_rows[_i].query[0] == '\0' ? "" : " ", words);
	ask(&s, refused_rows[_i].options, query, 1);
	said(&s, "decision refused");
	(void)snprintf(
	    line, sizeof(line), "reason %s", refused_rows[_i].reason);
	said(&s, line);
	if (refused_rows[_i].because == NULL)
		ck_assert_ptr_null(strstr(s.received.p, "\nbecause "));
	else {
		(void)snprintf(
		    line, sizeof(line), "because %s", refused_rows[_i].because);
		said(&s, line);
	}
	(void)snprintf(
	    line, sizeof(line), "\nmessage \"%s", refused_rows[_i].message);
	if (strstr(s.received.p, line) == NULL)
		server_fail(&s, "it does not say %s", line + 1);
	server_clear(&s);

	server_start(&s,
	    &(struct launch){
		.options = refused_rows[_i].options, .command = words });
	if (strstr(words, " -f ") != NULL)
		server_send(&s, "", 1);
	if (record != NULL) {
		expect_ack(&s);
		server_send(&s, record, strlen(record));
	}
	expect_message(&s, 1, refused_rows[_i].message);
	(void)snprintf(line, sizeof(line), ": %s: \"", refused_rows[_i].reason);
	server_close_input(&s);
	expect_end(&s, 1);
	ck_assert(holds(s.log.p, line));
	server_clear(&s);
}
END_TEST

/* One that is allowed, and nothing is done. */
static const struct {
	const char *options;
	const char *words;
	const char *lines;
} allowed_rows[] = {
	{ "-u 027", "size=5 scp -t new",
	    "decision allowed\nname \"/new\"\n"
	    "mode 0640\t# if the client sends 0644; umask 0027\n"
	    "limit MaxFileSize none\t# default" },
	{ "-m 0604", "size=5 name=x scp -t d",
	    "decision allowed\nname \"/d/x\"\n"
	    "mode 0604\t# FileMode 0604\t# option" },
	{ "-o MaxFileSize=3G", "size=3G scp -t f",
	    "decision allowed\nname \"/f\"\nreplaces Overwrite yes\t# default\n"
	    "mode 0600\t# of the file that is replaced\n"
	    "limit MaxFileSize 3G\t# option" },
	{ "-u 022", "size=1 scp -p -t f",
	    "decision allowed\nmode 0644\t# if the client sends 0644" },
	{ "-u 022", "scp -t l",
	    "decision allowed\t# of no bytes\nname \"/d/a.txt\"\n"
	    "mode 0644\t# of the file that is replaced" },
	{ "-o Overwrite=version", "size=1 scp -t f",
	    "decision allowed\nreplaces Overwrite version\t# option" },
	{ "-o Atomic=no", "size=1 scp -t closed/f", "decision allowed" },
	{ "-d /d", "scp -r -t n",
	    "decision allowed\t# what is in it is decided name by name\n"
	    "name \"/d/n\"" },
	{ "-o DirectoryMode=0700", "name=n scp -r -t d",
	    "name \"/d/n\"\nmode 0700\t# DirectoryMode 0700\t# option" },
	{ "-o MakeDirectories=no", "name=sub scp -r -t d",
	    "name \"/d/sub\"\t# is there" },
	{ "-o DownloadRate=2M", "scp -f d/a.txt f",
	    "operand \"d/a.txt\"\nfile \"/d/a.txt\"\nname \"a.txt\"\nsize 3\n"
	    "operand \"f\"\nfile \"/f\"\nmode 0600\n"
	    "limit DownloadRate 2M\t# option" },
	{ "-l INFO", "scp -f l", "file \"/d/a.txt\"\nname \"l\"" },
	{ "-l INFO", "scp -r -f d",
	    "decision allowed\t# what is in it is decided name by name\n"
	    "file \"/d\"\nname \"d\"\nmode 0755" },
};

START_TEST(allowed)
{
	struct stat before, after;
	struct server s;

	make_things();
	ck_assert_int_eq(stat("d", &before), 0);
	ask(&s, allowed_rows[_i].options, allowed_rows[_i].words, 0);
	said(&s, allowed_rows[_i].lines);
	ck_assert_ptr_null(strstr(s.received.p, "refused"));
	server_clear(&s);
	ck_assert_int_eq(stat("d", &after), 0);
	ck_assert_int_eq(
	    memcmp(&before.st_ctim, &after.st_ctim, sizeof(after.st_ctim)), 0);
	ck_tree(THINGS);
}
END_TEST

/*
 * The mode that is told is the one that comes of it, also where the umask takes
 * bits of the owner's: what is made can be filled all the same.
 */
static const char *const umask_rows[] = { "022", "0200", "0400", "0100", "0300",
	"0577", "0777", NULL };

static const struct {
	const char *query;
	const char *words;
	const char *records;
	const char *answers;
	const char *file; /* that must come of it */
} made_rows[] = {
	{ "name=x", "scp -t .", "C0644 1 x\na|", "000", "x" },
	{ "name=x", "scp -p -t .", "C0644 1 x\na|", "000", "x" },
	{ "size=1", "scp -t x", "C0644 1 y\na|", "000", "x" },
	{ "name=x", "scp -r -t .", "D0755 0 x\nC0644 1 f\na|E\n", "00000",
	    "x/f" },
	{ "name=x", "scp -r -p -t .", "T1 0 1 0\nD0755 0 x\nC0644 1 f\na|E\n",
	    "000000", "x/f" },
	{ "addr=::1", "scp -r -t x",
	    "D0755 0 y\nD0755 0 z\nC0644 1 f\na|E\nE\n", "0000000", "x/z/f" },
};

static mode_t
mode_told(const struct server *s)
{
	const char *p = strstr(s->received.p, "\nmode ");
	unsigned mode;

	if (p == NULL || sscanf(p, "\nmode %o", &mode) != 1)
		server_fail(s, "no mode");
	return mode;
}

START_TEST(mode_under_umask)
{
	const char *mask = umask_rows[_i % (int)LENGTH(umask_rows)];
	const size_t row = (size_t)_i / LENGTH(umask_rows);
	const bool in_place = row >= LENGTH(made_rows);
	const char *records = made_rows[row % LENGTH(made_rows)].records;
	char options[64], words[64];
	struct bytes sent = { 0 };
	struct server s;
	mode_t mode;

	(void)snprintf(options, sizeof(options), "-o Atomic=%s%s%s",
	    in_place ? "no" : "yes", mask == NULL ? "" : " -u ",
	    mask == NULL ? "" : mask);
	(void)snprintf(words, sizeof(words), "%s %s",
	    made_rows[row % LENGTH(made_rows)].query,
	    made_rows[row % LENGTH(made_rows)].words);
	/* Without one, that is inherited. */
	(void)umask(mask == NULL ? 0777 : 022);
	ask(&s, options, words, 0);
	mode = mode_told(&s);
	server_clear(&s);
	bytes_addf(&sent, "%s", records);
	for (size_t i = 0; i < sent.len; i++) {
		if (sent.p[i] == '|')
			sent.p[i] = '\0';
	}
	blind(&(struct launch){ .options = options,
		  .command = made_rows[row % LENGTH(made_rows)].words },
	    sent.p, sent.len, made_rows[row % LENGTH(made_rows)].answers, 0);
	(void)umask(022);
	bytes_free(&sent);
	if ((status_of("x").st_mode & 07777) != mode)
		ck_abort_msg("%s: %04o, told %04o", words,
		    (unsigned)status_of("x").st_mode & 07777, (unsigned)mode);
	ck_assert_int_eq(chmod("x", 0700), 0);
	(void)chmod("x/z", 0700);
	ck_assert_int_eq(
	    status_of(made_rows[row % LENGTH(made_rows)].file).st_size, 1);
}
END_TEST

/* A directory takes any name, and which one decides. */
START_TEST(directory_without_a_name)
{
	struct server s;

	make_things();
	ask(&s, "", "size=5 scp -t d", 1);
	said(&s,
	    "decision unknown\t# the client will name what goes into this "
	    "directory: ask with name=\ndirectory \"/d\"");
	server_clear(&s);
}
END_TEST

/* As one text a pattern is one, and each of its names is decided. */
START_TEST(patterns)
{
	static const char *const words[] = { "scp -f d/*", NULL };
	struct server s;

	make_things();
	make_file("d/c\nd\033[2J\".txt", "c", 0644);
	ask_launch(&s,
	    &(struct launch){ .options = "-T -o MaxFiles=1 -o AllowNames=*.txt",
		.words = words },
	    1);
	said(&s,
	    "operand \"d/a.txt\"\nfile \"/d/a.txt\"\n"
	    "operand \"d/c\\nd\\033[2J\\\".txt\"\nreason too-many-files\n"
	    "because MaxFiles 1\t# option");
	ck_assert_ptr_null(strstr(s.received.p, "b.bin"));
	server_clear(&s);
	ask(&s, "-o MaxMatches=1", "scp -f d/*", 1);
	said(&s, "operand \"d/*\"\nreason not-found");
	server_clear(&s);
	ask_launch(&s,
	    &(struct launch){ .options = "-T -o MaxMatches=1", .words = words },
	    1);
	said(&s,
	    "reason too-many\nbecause MaxMatches 1\t# option\n"
	    "message \"scp: d/*: Argument list too long\"");
	server_clear(&s);
}
END_TEST

START_TEST(by_option)
{
	struct server s;

	make_things();
	ask_launch(&s,
	    &(struct launch){ .options = "-T",
		.words = (const char *const[]){ "-c", "scp -f d/[a]*", NULL } },
	    0);
	said(&s, "operand \"d/a.txt\"\ndecision allowed");
	server_clear(&s);
	/* Words go before it. */
	ask(&s, "-c scp", "size=1 scp -t f", 0);
	said(&s, "decision allowed\nname \"/f\"");
	server_clear(&s);
}
END_TEST

/* What never becomes a transfer. */
START_TEST(refused_commands)
{
	struct server s;

	ask(&s, "", "rm -rf /", 1);
	said(&s,
	    "decision refused\nreason not-scp\n"
	    "message \"scp-server: only scp is allowed here\"");
	server_clear(&s);
	ask(&s, "", "scp -S x -t f", 1);
	said(&s,
	    "decision refused\nreason bad-command\n"
	    "message \"scp: option -S is not allowed here\"");
	server_clear(&s);
	ask(&s, "-o RefuseMessage=Ask-Ann", "/usr/lib/sftp-server", 1);
	said(&s,
	    "decision refused\nreason sftp\nmessage \"scp-server: Ask-Ann\"");
	server_clear(&s);
	ask_launch(&s,
	    &(struct launch){ .options = "-T -o RefuseMessage=Ask-Ann "
					 "-o LoginMessage=Nothing-here",
		.words = (const char *const[]){ "", NULL } },
	    1);
	said(&s,
	    "decision refused\nreason no-command\nmessage \"Nothing-here\"");
	server_clear(&s);
}
END_TEST

static const struct {
	const char *words;
	const char *text;
} wrong_rows[] = {
	{ "size=5x scp -t f", "scp-server: 5x: no size: bytes, " },
	{ "size=-1 scp -t f", "scp-server: -1: no size: bytes, " },
	{ "addr=192.0.2.7.example scp -t f",
	    "scp-server: 192.0.2.7.example: no address\n" },
	{ "addr= scp -t f", "scp-server: : no address\n" },
	{ "name=a/b scp -t .", "scp-server: a/b: no name for a file\n" },
	{ "name=.. scp -t .", "scp-server: ..: no name for a file\n" },
	{ "user=nobody-at-all scp -t .",
	    "scp-server: nobody-at-all: there is no such user\n" },
};

START_TEST(wrong_words)
{
	struct server s;

	ask(&s, "", wrong_rows[_i].words, 1);
	if (!holds(s.log.p, wrong_rows[_i].text))
		server_fail(&s, "it does not say %s", wrong_rows[_i].text);
	ck_assert_uint_eq(s.received.len, 0);
	server_clear(&s);
}
END_TEST

/* Only he himself, and the super-user as him, can tell. */
START_TEST(somebody_else)
{
	struct server s;

	make_things();
	ask(&s, "-o Access=read-only", "user=root", 0);
	said(&s,
	    "Access read-only\t# option\nconfine unknown\t# only this user or "
	    "the super-user can try it");
	server_clear(&s);
	ask(&s, "-o Access=read-only", "user=root scp -f f", 1);
	said(&s,
	    "decision unknown\t# only this user or the super-user can tell "
	    "what this user may do with files");
	server_clear(&s);
	ask(&s, "-o Access=read-only", "user=root scp -t f", 1);
	said(&s, "decision refused\nreason read-only");
	server_clear(&s);
}
END_TEST

/* The super-user becomes him. */
START_TEST(as_somebody_else)
{
	const struct passwd *pw = getpwuid(ACCOUNT_ID);
	char words[128];
	struct server s;

	ck_assert_ptr_nonnull(pw);
	make_file("secret", "s", 0600);
	make_file("open", "o", 0644);
	make_dir("listed", 0755);
	make_dir("unlisted", 0711);
	ask(&s, "", "scp -r -f secret unlisted", 0);
	said(&s, "decision allowed");
	server_clear(&s);
	(void)snprintf(
	    words, sizeof(words), "user=%s scp -f secret open", pw->pw_name);
	ask(&s, "", words, 1);
	said(&s,
	    "operand \"secret\"\ndecision refused\nreason permission\n"
	    "message \"scp: secret: Permission denied\"\n"
	    "operand \"open\"\ndecision allowed");
	server_clear(&s);
	(void)snprintf(words, sizeof(words),
	    "user=%s scp -r -f unlisted listed", pw->pw_name);
	ask(&s, "", words, 1);
	said(&s,
	    "operand \"unlisted\"\ndecision refused\nreason permission\n"
	    "message \"scp: unlisted: Permission denied\"\n"
	    "operand \"listed\"\ndecision allowed\t# what is in it is decided "
	    "name by name");
	server_clear(&s);
	(void)snprintf(words, sizeof(words), "user=%s scp -t new", pw->pw_name);
	ask(&s, "", words, 1);
	said(&s, "decision refused\nreason permission");
	server_clear(&s);
}
END_TEST

/* Mode and times that are to be set in place, where only the owner may. */
START_TEST(attributes_of_somebody_else)
{
	const struct passwd *pw = getpwuid(ACCOUNT_ID);
	char words[128];
	struct server s;

	ck_assert_ptr_nonnull(pw);
	make_file("f", "f", 0666);
	(void)snprintf(
	    words, sizeof(words), "user=%s size=1 scp -t f", pw->pw_name);
	ask(&s, "-o Atomic=no -m 0600", words, 1);
	said(&s,
	    "decision refused\n"
	    "message \"scp: f: Operation not permitted\"");
	server_clear(&s);
	ask(&s, "-o Atomic=no", words, 0);
	said(&s, "decision allowed");
	server_clear(&s);
	ask(&s, "-o Atomic=no -m 0600", "size=1 scp -t f", 0);
	said(&s, "decision allowed");
	server_clear(&s);
	(void)snprintf(
	    words, sizeof(words), "user=%s size=1 scp -p -t f", pw->pw_name);
	ask(&s, "-o Atomic=no -m 0666", words, 1);
	said(&s,
	    "decision refused\n"
	    "message \"scp: f: Operation not permitted\"");
	server_clear(&s);
	ask(&s, "-o Atomic=no -m 0666 -o PreserveTimes=no", words, 0);
	said(&s, "decision allowed");
	server_clear(&s);
	ask(&s, "-o Atomic=no -m 0666", "size=1 scp -p -t f", 0);
	said(&s, "decision allowed");
	server_clear(&s);
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_all(TCase *tc)
{
	tcase_add_test(tc, every_keyword);
	tcase_add_test(tc, letters);
	tcase_add_loop_test(tc, layers, 0, LENGTH(layer_rows));
	tcase_add_test(tc, no_layer);
	tcase_add_test(tc, session_that_would_not_be_served);
	tcase_add_loop_test(tc, refused, 0, LENGTH(refused_rows));
	tcase_add_loop_test(tc, allowed, 0, LENGTH(allowed_rows));
	tcase_add_loop_test(tc, mode_under_umask, 0,
	    2 * LENGTH(made_rows) * LENGTH(umask_rows));
	tcase_add_test(tc, directory_without_a_name);
	tcase_add_test(tc, patterns);
	tcase_add_test(tc, by_option);
	tcase_add_test(tc, refused_commands);
	tcase_add_loop_test(tc, wrong_words, 0, LENGTH(wrong_rows));
	tcase_add_test(tc, somebody_else);
}

static void
add_root(TCase *tc)
{
	tcase_add_loop_test(tc, layers, 0, LENGTH(layer_rows));
	tcase_add_test(tc, as_somebody_else);
	tcase_add_test(tc, attributes_of_somebody_else);
}

int
main(void)
{
	Suite *suite = suite_create("questions");

	driver_add(suite, add_all, AS_ACCOUNT);
	driver_add(suite, add_root, AS_ROOT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * What a client that may only upload can tell apart (R-PATH-4): each row asks
 * for the same where there are two different things, and the answers differ or
 * are the same to the last byte.  CAVEATS of scp-server(8) lists those that
 * differ.
 */
#include "config.h"

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"

/* What has the name "n". */
enum thing {
	NOTHING,
	FILE_THERE,
	OTHER_FILE, /* with other content, mode and times */
	DIRECTORY,
	FULL_DIRECTORY,
	CLOSED_DIRECTORY, /* not writable */
	DARK_DIRECTORY,   /* not readable */
	DARK_FULL_DIRECTORY,
	LINK_TO_FILE,
	LINK_TO_NOTHING,
	FIFO,
	READ_ONLY_FILE,
	TWO_NAMES
};

static void
make(enum thing thing)
{
	switch (thing) {
	case NOTHING:
		break;
	case FILE_THERE:
		make_file("n", "x", 0644);
		break;
	case OTHER_FILE:
		make_file("n", "something longer", 0600);
		set_times("n", 1, 1);
		break;
	case DIRECTORY:
		make_dir("n", 0755);
		break;
	case FULL_DIRECTORY:
		make_dir("n", 0755);
		make_file("n/f", "x", 0644);
		make_dir("n/d", 0755);
		break;
	case CLOSED_DIRECTORY:
		make_dir("n", 0555);
		break;
	case DARK_DIRECTORY:
		make_dir("n", 0333);
		break;
	case DARK_FULL_DIRECTORY:
		make_dir("n", 0755);
		make_file("n/f", "x", 0644);
		ck_assert_int_eq(chmod("n", 0333), 0);
		break;
	case LINK_TO_FILE:
		make_file("target", "x", 0644);
		make_link("n", "target");
		break;
	case LINK_TO_NOTHING:
		make_link("n", "none");
		break;
	case FIFO:
		make_fifo("n");
		break;
	case READ_ONLY_FILE:
		make_file("n", "x", 0444);
		break;
	case TWO_NAMES:
		make_file("n", "x", 0644);
		ck_assert_int_eq(link("n", "n2"), 0);
		break;
	}
}

/* All that the client reads, and the exit status, where n is that thing. */
static void
ask(struct bytes *all, enum thing thing, const char *options, const char *words,
    const char *bytes)
{
	char all_options[256];
	struct server s;
	int status;

	make_dir("w", 0755);
	ck_assert_int_eq(chdir("w"), 0);
	make(thing);
	(void)snprintf(all_options, sizeof(all_options),
	    "-o Access=write-only -d /w %s", options);
	server_start(
	    &s, &(struct launch){ .options = all_options, .text = words });
	server_settle(&s);
	server_send(&s, bytes, strlen(bytes));
	server_settle(&s);
	server_send(&s, "data", 5);
	server_close_input(&s);
	status = server_wait(&s);
	bytes_addf(all, "%d ", status);
	bytes_add(all, s.received.p, s.received.len);
	server_clear(&s);
	ck_assert_int_eq(chdir(".."), 0);
	tree_remove("w");
}

#define INTO "C0644 4 n\n"

static const struct {
	const char *options;
	const char *words;
	const char *bytes;
	enum thing one;
	enum thing other;
	const char *learnt; /* what is said of the first; NULL: nothing */
} rows[] = {
	/* The list of the manual. */
	{ "-l INFO", "scp -d -t n", "", NOTHING, DIRECTORY, "No such file" },
	{ "-l INFO", "scp -d -t n", "", FILE_THERE, DIRECTORY,
	    "Not a directory" },
	{ "-l INFO", "scp -t n/f", INTO, NOTHING, DIRECTORY, "No such file" },
	{ "-l INFO", "scp -t n/f", INTO, FILE_THERE, DIRECTORY,
	    "Not a directory" },
	{ "-l INFO", "scp -t .", INTO, DIRECTORY, NOTHING, "Is a directory" },
	{ "-l INFO", "scp -r -t .", "D0755 0 n\nE\n", FILE_THERE, DIRECTORY,
	    "Not a directory" },
	{ "-l INFO", "scp -t n", INTO, CLOSED_DIRECTORY, DIRECTORY,
	    "Permission denied" },
	{ "-l INFO", "scp -t .", INTO, LINK_TO_FILE, FILE_THERE,
	    "Too many levels of symbolic links" },
	{ "-l INFO", "scp -t .", INTO, FIFO, FILE_THERE, "not a regular file" },
	{ "-l INFO", "scp -t .", INTO, READ_ONLY_FILE, FILE_THERE,
	    "Permission denied" },
	{ "-o Overwrite=no", "scp -t .", INTO, FILE_THERE, NOTHING,
	    "File exists" },
	{ "-o MakeDirectories=no", "scp -r -t .", "D0755 0 n\nE\n", NOTHING,
	    DIRECTORY, "may not make directories" },
	{ "-o Symlinks=no", "scp -t n", INTO, LINK_TO_FILE, FILE_THERE,
	    "symbolic links are not followed" },
	{ "-o Symlinks=no", "scp -t n", INTO, LINK_TO_NOTHING, NOTHING,
	    "symbolic links are not followed" },
	{ "-o Atomic=no", "scp -t .", INTO, TWO_NAMES, FILE_THERE,
	    "has several names" },
	{ "-o Overwrite=version", "scp -t n", "C0644 4 f\n",
	    DARK_FULL_DIRECTORY, DARK_DIRECTORY,
	    "old versions cannot be kept" },
	/* And no more. */
	{ "-l INFO", "scp -t n", INTO, FILE_THERE, NOTHING, NULL },
	{ "-l INFO", "scp -t n", INTO, FILE_THERE, OTHER_FILE, NULL },
	{ "-l INFO", "scp -p -t n", INTO, FILE_THERE, OTHER_FILE, NULL },
	{ "-l INFO", "scp -t n", INTO, LINK_TO_FILE, FILE_THERE, NULL },
	{ "-l INFO", "scp -t n", INTO, LINK_TO_NOTHING, NOTHING, NULL },
	{ "-l INFO", "scp -t n", INTO, FULL_DIRECTORY, DIRECTORY, NULL },
	{ "-l INFO", "scp -t n", INTO, DARK_DIRECTORY, DIRECTORY, NULL },
	{ "-l INFO", "scp -t n", "C0644 4 f\n", DARK_FULL_DIRECTORY,
	    DARK_DIRECTORY, NULL },
	{ "-l INFO", "scp -r -t .", "D0755 0 n\nE\n", FULL_DIRECTORY, NOTHING,
	    NULL },
	{ "-o Overwrite=version", "scp -t n", INTO, FILE_THERE, NOTHING, NULL },
	{ "-o MakeDirectories=no", "scp -r -t .", "D0755 0 n\nE\n",
	    FULL_DIRECTORY, DIRECTORY, NULL },
	{ "-o DenyNames=n", "scp -t .", INTO, FILE_THERE, NOTHING, NULL },
	{ "-o DenyNames=n", "scp -t n/f", INTO, DIRECTORY, NOTHING, NULL },
	{ "-o DenyNames=n", "scp -d -t n", INTO, DIRECTORY, FIFO, NULL },
	{ "-o AllowNames=*.c", "scp -t .", INTO, FILE_THERE, NOTHING, NULL },
	{ "-o AllowNames=*.c", "scp -t .", INTO, DIRECTORY, NOTHING, NULL },
	{ "-o MaxFileSize=2", "scp -t n", INTO, FILE_THERE, NOTHING, NULL },
	/* Downloads, whatever there is. */
	{ "-l INFO", "scp -f n", "", FILE_THERE, NOTHING, NULL },
	{ "-l INFO", "scp -r -f n", "", FULL_DIRECTORY, FIFO, NULL },
	{ "-l INFO", "scp -f *", "", FULL_DIRECTORY, NOTHING, NULL },
	{ "-l INFO", "scp -f {n,n/f}", "", FULL_DIRECTORY, LINK_TO_FILE, NULL },
	{ "-l INFO", "scp -f n/../x", "", DIRECTORY, NOTHING, NULL },
};

START_TEST(learnt)
{
	struct bytes one = { 0 }, other = { 0 };
	bool same;

	ask(&one, rows[_i].one, rows[_i].options, rows[_i].words,
	    rows[_i].bytes);
	ask(&other, rows[_i].other, rows[_i].options, rows[_i].words,
	    rows[_i].bytes);
	same = one.len == other.len && memcmp(one.p, other.p, one.len) == 0;
	if (rows[_i].learnt == NULL) {
		ck_assert_msg(same, "%d: %s, but %s", _i, one.p, other.p);
	} else {
		ck_assert_msg(!same, "%d: %s", _i, one.p);
		ck_assert_msg(memmem(one.p, one.len, rows[_i].learnt,
				  strlen(rows[_i].learnt)) != NULL,
		    "%d: %s", _i, one.p + 3);
	}
	bytes_free(&one);
	bytes_free(&other);
}
END_TEST

static void
add_all(TCase *tc)
{
	tcase_add_loop_test(tc, learnt, 0, LENGTH(rows));
}

int
main(void)
{
	Suite *suite = suite_create("what a write-only client learns");

	driver_add(suite, add_all, AS_ACCOUNT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/*
 * Dialogues in the manner of the firmware of switches, routers and appliances,
 * byte by byte: full paths and no options, modes of any shape, headers in
 * pieces, small writes with long pauses, ends of every kind.
 */
#include "config.h"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

/* A device thinks. */
static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Send in writes of no more than chunk bytes. */
static void
trickle(struct server *s, const char *p, size_t len, size_t chunk)
{
	while (len > 0) {
		size_t n = len < chunk ? len : chunk;

		server_send(s, p, n);
		pause_ms(1);
		p += n;
		len -= n;
	}
}

static void
start(struct server *s, const char *text)
{
	server_start(s, &(struct launch){ .text = text });
}

/* --- backups ---------------------------------------------------------- */

/* The whole life of one: nothing is said before it is due. */
START_TEST(backup_to_a_full_path)
{
	static const char config[] = "!\nversion 15.2\nhostname sw1\n!\nend\n";
	static const char header[] = "C0644 34 sw1-confg\n";
	struct bytes stored = { 0 };
	struct server s;

	make_dir("cfg", 0755);
	start(&s, "scp -t /cfg/sw1-confg");
	expect_ack(&s);
	trickle(&s, header, sizeof(header) - 1, 1);
	expect_ack(&s);
	trickle(&s, config, sizeof(config) - 1, 7);
	expect_quiet(&s);
	pause_ms(1200);
	server_send(&s, "", 1);
	expect_ack(&s);
	server_close_input(&s);
	expect_end(&s, 0);
	server_clear(&s);
	read_file("cfg/sw1-confg", &stored);
	ck_assert_str_eq(stored.p, config);
	ck_assert(!tree_has_temp("."));
	bytes_free(&stored);
}
END_TEST

/* Last night's is there, and longer. */
START_TEST(backup_over_the_last_one)
{
	make_dir("cfg", 0755);
	make_file("cfg/sw1-confg", "a longer configuration", 0640);
	RUN_TEXT("scp -t /cfg/sw1-confg", ACK, SEND("C0666 5 sw1-confg\n"), ACK,
	    SEND("short\0"), ACK, EXIT(0));
	ck_tree("0640 cfg/sw1-confg short\n0755 cfg/\n");
}
END_TEST

/* The name in the record is the device's own for the file. */
START_TEST(record_with_another_name)
{
	make_dir("cfg", 0755);
	RUN_TEXT("scp -t /cfg/backup-0815", ACK,
	    SEND("C0644 2 running-config\n"), ACK, SEND("hi\0"), ACK, EXIT(0));
	RUN_TEXT("scp -t /cfg/", ACK, SEND("C0644 2 running-config\n"), ACK,
	    SEND("ho\0"), ACK, EXIT(0));
	ck_tree("0644 cfg/backup-0815 hi\n0644 cfg/running-config ho\n"
		"0755 cfg/\n");
}
END_TEST

/* Paths as command lines and templates of devices spell them. */
START_TEST(spellings_of_a_path)
{
	static const char *const commands[] = { "scp -t //cfg//new",
		"scp -t \"/cfg/new\"", "scp -t '/cfg/new'", "scp  -t  /cfg/new",
		"/usr/bin/scp -t /cfg/new", "scp -v -t /cfg/new",
		"scp -t -- /cfg/new", "scp -t /cfg/./new", "scp -t cfg/new",
		"scp -t ./cfg/new", "scp -t ~/cfg/new", "scp -q -t /cfg/new",
		"scp -B -1 -t /cfg/new" };

	for (size_t i = 0; i < LENGTH(commands); i++) {
		make_dir("cfg", 0755);
		RUN_TEXT(commands[i], ACK, SEND("C0644 2 new\n"), ACK,
		    SEND("hi\0"), ACK, EXIT(0));
		ck_tree("0644 cfg/new hi\n0755 cfg/\n");
		tree_remove("cfg");
	}
}
END_TEST

/* One to seven digits, with and without the type of the file. */
START_TEST(modes)
{
	static const struct {
		const char *digits;
		const char *mode;
	} rows[] = { { "0644", "0644" }, { "0666", "0644" }, { "0777", "0755" },
		{ "644", "0644" }, { "600", "0600" }, { "00", "0000" },
		{ "0", "0000" }, { "100644", "0644" }, { "0100600", "0600" },
		{ "0100777", "0755" }, { "04755", "0755" }, { "6777", "0755" },
		{ "07", "0005" } };

	for (size_t i = 0; i < LENGTH(rows); i++) {
		char record[64];
		struct server s;

		start(&s, "scp -t /image.bin");
		expect_ack(&s);
		snprintf(record, sizeof(record), "C%s 2 image.bin\n",
		    rows[i].digits);
		server_send(&s, record, strlen(record));
		expect_ack(&s);
		server_send(&s, "hi", 3);
		expect_ack(&s);
		server_close_input(&s);
		expect_end(&s, 0);
		server_clear(&s);
		ck_assert_int_eq((int)(status_of("image.bin").st_mode & 07777),
		    (int)strtol(rows[i].mode, NULL, 8));
		ck_assert_int_eq(unlink("image.bin"), 0);
	}
}
END_TEST

/* A clock that was never set, and times without -p. */
START_TEST(times)
{
	RUN_TEXT("scp -t /f", ACK, SEND("T0 0 0 0\n"), ACK, SEND("C0644 2 f\n"),
	    ACK, SEND("hi\0"), ACK, EXIT(0));
	ck_assert_int_eq(status_of("f").st_mtime, 0);
	RUN_TEXT("scp -p -t /f", ACK, SEND("T1000000000 0 1000000000 0\n"), ACK,
	    SEND("C0644 2 f\n"), ACK, SEND("ho\0"), ACK, EXIT(0));
	ck_assert_int_eq(status_of("f").st_mtime, 1000000000);
}
END_TEST

/* What comes behind a file that is whole already. */
START_TEST(ends)
{
	RUN_TEXT("scp -t /a", ACK, SEND("C0644 2 a\n"), ACK, SEND("hi\0"), ACK,
	    SEND("\0"), EXIT(0));
	RUN_TEXT("scp -t /b", ACK, SEND("C0644 2 b\n"), ACK, SEND("hi\0\n"),
	    ACK, EXIT(0));
	RUN_TEXT("scp -t /c", ACK, SEND("C0644 2 c\n"), ACK, SEND("hi\0"), ACK,
	    SEND("E\n"), ACK, EXIT(0));
	/* One that never sends the mark, and quotes as such libraries do. */
	blind(&(struct launch){ .text = "scp -t '/d'" }, "C0644 2 d\nhi", 12,
	    "000", 0);
	ck_tree("0644 a hi\n0644 b hi\n0644 c hi\n0644 d hi\n");
}
END_TEST

/* A reset in the middle: the last good configuration stays. */
START_TEST(device_loses_power)
{
	make_file("sw1-confg", "last good one", 0644);
	RUN_TEXT("scp -t /sw1-confg", ACK, SEND("C0644 100 sw1-confg\n"), ACK,
	    SEND("!\nversion"), EXIT(1));
	RUN_TEXT("scp -t /sw1-confg", ACK, SEND("C0644 10 sw1-c"), EXIT(1));
	RUN_TEXT("scp -t /sw1-confg", ACK, SEND("C0644 10 sw1-confg\n"), ACK,
	    SEND("0123456789\1flash: read error\n"), ACK, EXIT(1));
	ck_tree("0644 sw1-confg last good one\n");
}
END_TEST

/* Its console shows our line, and it is one line. */
START_TEST(refusals_for_a_console)
{
	make_dir("cfg", 0755);
	RUN_TEXT("scp -t /nocfg/sw1-confg",
	    WARNING("/nocfg/sw1-confg: No such file or directory"), EXIT(1));
	RUN_TEXT("scp -t flash:/sw1-confg",
	    WARNING("flash:/sw1-confg: No such file or directory"), EXIT(1));
	RUN_TEXT("scp -t /cfg", ACK, SEND("C0644 2 cfg/sw1-confg\n"),
	    WARNING("unexpected filename"), EXIT(1));
	ck_tree("0755 cfg/\n");
}
END_TEST

/* --- images ----------------------------------------------------------- */

/* The device erases flash between the header and its answer. */
START_TEST(image_for_a_device_that_takes_its_time)
{
	struct server s;

	make_dir("images", 0755);
	make_file("images/boot.bin", "image", 0444);
	start(&s, "scp -f /images/boot.bin");
	expect_quiet(&s);
	server_send(&s, "", 1);
	expect_bytes(&s, "C0444 5 boot.bin\n", 17);
	expect_quiet(&s);
	pause_ms(1200);
	server_send(&s, "", 1);
	expect_bytes(&s, "image", 6);
	pause_ms(300);
	server_send(&s, "", 1);
	expect_end(&s, 0);
	server_clear(&s);
}
END_TEST

/* It hangs up with the last byte, verifies, and says nothing more. */
START_TEST(image_without_a_last_answer)
{
	make_file("boot.bin", "image", 0644);
	RUN_TEXT("scp -f /boot.bin", SEND("\0"), EXPECT("C0644 5 boot.bin\n"),
	    SEND("\0"), EXPECT("image\0"), EXIT(0));
	RUN_TEXT("scp -f \"/boot.bin\"", SEND("\0"),
	    EXPECT("C0644 5 boot.bin\n"), SEND("\0"), EXPECT("image\0"),
	    SEND("\0"), ENDS(0));
}
END_TEST

/* All answers at once, before there is anything to answer. */
START_TEST(image_for_a_device_that_answers_ahead)
{
	make_file("boot.bin", "image", 0644);
	RUN_TEXT("scp -f /boot.bin", SEND("\0\0\0"),
	    EXPECT("C0644 5 boot.bin\nimage\0"), EXIT(0));
}
END_TEST

START_TEST(no_such_image)
{
	RUN_TEXT("scp -f /images/boot.bin", SEND("\0"),
	    WARNING("/images/boot.bin: No such file or directory"), ENDS(1));
}
END_TEST

/* --- suite ------------------------------------------------------------ */

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, backup_to_a_full_path);
	tcase_add_test(tc, backup_over_the_last_one);
	tcase_add_test(tc, record_with_another_name);
	tcase_add_test(tc, spellings_of_a_path);
	tcase_add_test(tc, modes);
	tcase_add_test(tc, times);
	tcase_add_test(tc, ends);
	tcase_add_test(tc, device_loses_power);
	tcase_add_test(tc, refusals_for_a_console);
	tcase_add_test(tc, image_for_a_device_that_takes_its_time);
	tcase_add_test(tc, image_without_a_last_answer);
	tcase_add_test(tc, image_for_a_device_that_answers_ahead);
	tcase_add_test(tc, no_such_image);
}

int
main(void)
{
	Suite *suite = suite_create("firmware");

	driver_add(suite, add_tests, AS_ACCOUNT);
	return driver_run(suite);
}

/* SPDX-License-Identifier: ISC */
/* Whose process it is, whatever the environment claims. */
/* Its inline functions would have the names of ours. */
#undef _FORTIFY_SOURCE

#include "config.h"

#include <sys/stat.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "tap.h"

#define FW_UID 1042

/* What the C library would read from the system; long ones are put in. */
static struct {
	uid_t uid;
	char name[300];
	char home[5000];
} entries[] = {
	{ 0, "root", "/root" },
	{ FW_UID, "fw01", "/srv/fw01" },
	{ FW_UID, "fw02", "/srv/fw02" },
	{ 2001, "a/b", "relative" },
	{ 2002, "..", "" },
	{ 2003, ".", "/h/%u" },
	{ 2004, "", "/" },
	{ 2005, "...", "/h" },
	{ 2006, "", "/h" },
	{ 2007, "far", "" },
};

static uid_t fake_uid;
static struct passwd found;
static char long_name[257];

/* Those of "fw02", of whom the numbers below NAMELESS have a name. */
#define NAMELESS 5000
static int fw02_groups;
static gid_t fw02_first;

/* What the kernel knows of the process; -1: it does not say. */
static int own_groups;
static gid_t own_group[4];

/* These stand in the place of the C library's. */
uid_t
getuid(void)
{
	return fake_uid;
}

static struct passwd *
entry(size_t i)
{
	found.pw_name = entries[i].name;
	found.pw_uid = entries[i].uid;
	found.pw_gid = 77;
	found.pw_dir = entries[i].home;
	return &found;
}

struct passwd *
getpwuid(uid_t uid)
{
	size_t i;

	for (i = 0; i < LENGTH(entries); i++) {
		if (entries[i].uid == uid)
			return entry(i);
	}
	return NULL;
}

struct passwd *
getpwnam(const char *name)
{
	size_t i;

	for (i = 0; i < LENGTH(entries); i++) {
		if (strcmp(entries[i].name, name) == 0)
			return entry(i);
	}
	return NULL;
}

/* All but "fw02" have that of their user only. */
int
getgrouplist(const char *user, gid_t group, gid_t *list, int *n)
{
	int room = *n;

	*n = strcmp(user, "fw02") == 0 ? fw02_groups : 1;
	if (room < *n)
		return -1;
	for (int i = 0; i < *n; i++)
		list[i] = *n == 1 ? group : fw02_first + (gid_t)i;
	return *n;
}

int
getgroups(int room, gid_t list[])
{
	if (room > 0 && room < own_groups)
		return -1;
	for (int i = 0; i < own_groups && room > 0; i++)
		list[i] = own_group[i];
	return own_groups;
}

/* What _FORTIFY_SOURCE makes of it. */
int getgroups_checked(int room, gid_t list[], size_t size) __asm__(
    "__getgroups_chk");

int
getgroups_checked(int room, gid_t list[], size_t size)
{
	ck_assert_uint_ge(size, (size_t)room * sizeof(*list));
	return getgroups(room, list);
}

struct group *
getgrgid(gid_t gid)
{
	static char name[32];
	static struct group gr = { .gr_name = name };

	(void)snprintf(name, sizeof(name), "group%u", (unsigned)gid);
	return gid < NAMELESS ? &gr : NULL;
}

/* One byte more than struct identity takes. */
static void
setup(void)
{
	memset(long_name, 'n', 256);
	memset(entries[8].name, 'n', 256);
	memset(entries[9].home, 'h', 4096);
	entries[9].home[0] = '/';
	fake_uid = FW_UID;
}

static const struct {
	uid_t uid;
	const char *logname;
	bool known;
	const char *user;
	const char *home;
} user_rows[] = {
	{ FW_UID, NULL, true, "fw01", "/srv/fw01" },
	{ FW_UID, "", true, "fw01", "/srv/fw01" },
	{ FW_UID, "fw01", true, "fw01", "/srv/fw01" },
	/* LOGNAME picks among the names of this uid, */
	{ FW_UID, "fw02", true, "fw02", "/srv/fw02" },
	/* but never another account. */
	{ FW_UID, "root", true, "fw01", "/srv/fw01" },
	{ FW_UID, "nobody-known", true, "fw01", "/srv/fw01" },
	{ 0, "fw02", true, "root", "/root" },
	/* Without an entry LOGNAME is text, */
	{ 3000, "fw03", false, "fw03", "" },
	{ 3000, "root", false, "root", "" },
	{ 3000, "a.B-9_@x+$", false, "a.B-9_@x+$", "" },
	/* which cannot pass for another part of a line. */
	{ 3000, "x from [1.2.3.4]:\n", false, "x?from??1.2.3.4???", "" },
	{ 3000, "\"\\\xff", false, "???", "" },
	{ 3000, NULL, false, "3000", "" },
	{ 3000, "", false, "3000", "" },
	{ 3000, long_name, false, "3000", "" },
	/* What does not fit is not cut. */
	{ 2006, NULL, false, "2006", "" },
	{ 2007, NULL, true, "far", "" },
};

START_TEST(user)
{
	struct identity id;

	memset(&id, 0xff, sizeof(id));
	fake_uid = user_rows[_i].uid;
	identity_read(&id, user_rows[_i].logname, NULL);
	ck_assert_uint_eq(id.uid, fake_uid);
	ck_assert_int_eq(id.known, user_rows[_i].known);
	ck_assert_str_eq(id.user, user_rows[_i].user);
	ck_assert_str_eq(id.home, user_rows[_i].home);
	ck_assert_str_eq(id.address, "UNKNOWN");
}
END_TEST

/* 63 and 64 bytes of address */
#define A60 "111111111111111111111111111111111111111111111111111111111111"

static const struct {
	const char *connection;
	const char *address;
	unsigned port;
} connection_rows[] = {
	{ "192.0.2.7 50122 192.0.2.1 22", "192.0.2.7", 50122 },
	{ "2001:db8::7 50122 2001:db8::1 22", "2001:db8::7", 50122 },
	{ "fe80::1%eth0 1 fe80::2%eth0 22", "fe80::1%eth0", 1 },
	{ "::ffff:192.0.2.7 1 A:F 2", "::ffff:192.0.2.7", 1 },
	{ "192.0.2.7", "192.0.2.7", 0 },
	{ "192.0.2.7 50122", "192.0.2.7", 50122 },
	{ "192.0.2.7 50122 192.0.2.1", "192.0.2.7", 50122 },
	{ "192.0.2.7 50122 192.0.2.1 ", "192.0.2.7", 50122 },
	{ "192.0.2.7 50122 192.0.2.1 22 ", "192.0.2.7", 50122 },
	{ "192.0.2.7 50122 192.0.2.1 22x", "192.0.2.7", 50122 },
	{ "192.0.2.7 x 192.0.2.1 22", "192.0.2.7", 0 },
	{ "192.0.2.7  50122 192.0.2.1 22", "192.0.2.7", 0 },
	{ "192.0.2.7 1 gw 22", "192.0.2.7", 1 },
	{ "UNKNOWN 65535 UNKNOWN 65535", "UNKNOWN", 0 },
	{ "", "UNKNOWN", 0 },
	{ " 192.0.2.7 1 192.0.2.1 2", "UNKNOWN", 0 },
	{ "192.0.2.7] x", "UNKNOWN", 0 },
	{ "192.0.2.7\n 1 192.0.2.1 2", "UNKNOWN", 0 },
	{ "host.example 1 192.0.2.1 2", "UNKNOWN", 0 },
	{ "fe80::1% 1 192.0.2.1 2", "UNKNOWN", 0 },
	{ "%eth0 1 192.0.2.1 2", "UNKNOWN", 0 },
	{ "fe80::1%e] 1 192.0.2.1 2", "UNKNOWN", 0 },
	{ A60 "123 1 192.0.2.1 2", A60 "123", 1 },
	{ A60 "1234 1 192.0.2.1 2", "UNKNOWN", 0 },
	{ "192.0.2.7 65535", "192.0.2.7", 65535 },
	{ "192.0.2.7 65536 192.0.2.1 22", "192.0.2.7", 0 },
	{ "192.0.2.7 99999999999999999999 a 1", "192.0.2.7", 0 },
	{ "192.0.2.7 -1 192.0.2.1 22", "192.0.2.7", 0 },
	{ "192.0.2.7 22x 192.0.2.1 22", "192.0.2.7", 0 },
};

START_TEST(connection)
{
	struct identity id;

	identity_read(&id, NULL, connection_rows[_i].connection);
	ck_assert_str_eq(id.address, connection_rows[_i].address);
	ck_assert_uint_eq(id.port, connection_rows[_i].port);
}
END_TEST

static const struct {
	const char *logname;
	int groups; /* of fw02, from this one on */
	gid_t first;
	bool ok;
} group_rows[] = {
	{ "fw01", 0, 0, true },
	{ "fw02", 2, 100, true },
	{ "fw02", 64, 100, true },
	/* However many they are, */
	{ "fw02", 65, 100, true },
	{ "fw02", 4000, 100, true },
	/* but no more than Linux has. */
	{ "fw02", 65537, 100, false },
	/* One without a name may be the one that somebody means. */
	{ "fw02", 2, NAMELESS, false },
	{ "fw02", 2, NAMELESS - 1, false },
	/* An account without an entry has none that are known. */
	{ "fw03", 0, 0, false },
};

START_TEST(groups)
{
	const char *const *names;
	struct identity id;
	char name[32];

	fw02_groups = group_rows[_i].groups;
	fw02_first = group_rows[_i].first;
	if (strcmp(group_rows[_i].logname, "fw03") == 0)
		fake_uid = 3000;
	identity_read(&id, group_rows[_i].logname, NULL);
	names = identity_groups(&id);
	ck_assert_int_eq(names != NULL, group_rows[_i].ok);
	if (names == NULL)
		return;
	/* They are asked for once. */
	fw02_first++;
	ck_assert_ptr_eq(identity_groups(&id), names);
	for (int i = 0; i < group_rows[_i].groups; i++) {
		(void)snprintf(name, sizeof(name), "group%u",
		    (unsigned)group_rows[_i].first + (unsigned)i);
		ck_assert_str_eq(names[i], name);
	}
	if (group_rows[_i].groups == 0)
		ck_assert_str_eq(names[0], "group77");
	ck_assert_ptr_null(names[group_rows[_i].groups + (_i == 0)]);
	identity_clear(&id);
	ck_assert_ptr_null(id.groups);
}
END_TEST

static const struct {
	const char *user;
	int n;
	gid_t own[LENGTH(own_group)];
	const char *want; /* NULL: fails */
} own_rows[] = {
	{ "fw01", 0, { 0 }, "group77 " },
	/* What getgrouplist(3) could not read is there all the same, once. */
	{ "fw01", 2, { 78, 0 }, "group77 group78 group0 " },
	{ "fw01", 3, { 77, 78, 78 }, "group77 group78 " },
	{ "fw02", 4, { 99, 100, 101, 102 },
	    "group100 group101 group99 group102 " },
	/* One without a name may be the one that somebody means. */
	{ "fw01", 2, { 78, NAMELESS }, NULL },
	{ "fw01", -1, { 0 }, NULL },
	/* Of another user the process knows nothing. */
	{ "root", 1, { 78 }, "group77 " },
	{ "root", -1, { 0 }, "group77 " },
};

START_TEST(process_groups)
{
	const char *const *names;
	struct identity id;
	char text[128] = "";

	fw02_groups = 2;
	fw02_first = 100;
	own_groups = own_rows[_i].n;
	memcpy(own_group, own_rows[_i].own, sizeof(own_group));
	ck_assert(identity_look_up(&id, own_rows[_i].user, NULL));
	names = identity_groups(&id);
	ck_assert_int_eq(names != NULL, own_rows[_i].want != NULL);
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s ", names[i]);
	if (names != NULL)
		ck_assert_str_eq(text, own_rows[_i].want);
	identity_clear(&id);
}
END_TEST

static const struct {
	uid_t uid;
	const char *text;
	size_t size;
	const char *want; /* NULL: fails */
	int error;
} expand_rows[] = {
	{ FW_UID, "", 1, "", 0 },
	{ FW_UID, "%h", 64, "/srv/fw01", 0 },
	{ FW_UID, "/srv/%u/in", 64, "/srv/fw01/in", 0 },
	{ FW_UID, "/%U%%%u%", 64, NULL, EINVAL },
	{ FW_UID, "/%U%%%u", 64, "/1042%fw01", 0 },
	{ FW_UID, "%x", 64, NULL, EINVAL },
	{ FW_UID, "/a%", 64, NULL, EINVAL },
	{ FW_UID, "/a%H", 64, NULL, EINVAL },
	{ FW_UID, "%h", 10, "/srv/fw01", 0 },
	{ FW_UID, "%h", 9, NULL, ENAMETOOLONG },
	{ FW_UID, "/srv", 5, "/srv", 0 },
	{ FW_UID, "/srv", 4, NULL, ENAMETOOLONG },
	{ FW_UID, "/srv/%u", 9, NULL, ENAMETOOLONG },
	/* R-PATH-4: names and homes that would lead elsewhere */
	{ 2001, "/srv/%u", 64, NULL, ENOENT },
	{ 2001, "%h", 64, NULL, ENOENT },
	{ 2002, "/srv/%u", 64, NULL, ENOENT },
	{ 2002, "%h", 64, NULL, ENOENT },
	{ 2003, "/srv/%u", 64, NULL, ENOENT },
	{ 2003, "%h", 64, "/h/%u", 0 },
	{ 2004, "/srv/%u", 64, NULL, ENOENT },
	{ 2004, "%h", 64, "/", 0 },
	{ 2005, "/srv/%u", 64, "/srv/...", 0 },
	{ 2007, "%h", 64, NULL, ENOENT },
	/* no entry: the uid is all there is */
	{ 3000, "/srv/%u", 64, NULL, ENOENT },
	{ 3000, "%h", 64, NULL, ENOENT },
	{ 3000, "/srv/%U", 64, "/srv/3000", 0 },
};

START_TEST(expand)
{
	struct identity id;
	char buf[72];
	bool ok;

	fake_uid = expand_rows[_i].uid;
	identity_read(&id, "claimed", NULL);
	memset(buf, 'x', sizeof(buf));
	errno = 0;
	ok = identity_expand(
	    &id, expand_rows[_i].text, buf, expand_rows[_i].size);
	ck_assert_int_eq(buf[expand_rows[_i].size], 'x');
	ck_assert_int_eq(ok, expand_rows[_i].want != NULL);
	ck_assert_str_eq(buf, ok ? expand_rows[_i].want : "");
	if (!ok)
		ck_assert_int_eq(errno, expand_rows[_i].error);
}
END_TEST

/* --- SSH_USER_AUTH ---------------------------------------------------- */

static char top[64];
static struct identity own;
static int rootfd;

static const char *
at(const char *name)
{
	static char path[2][128];
	static int n;

	n = !n;
	(void)snprintf(path[n], sizeof(path[n]), "%s/%s", top, name);
	return path[n];
}

static void
write_to(const char *path, const char *text, size_t len)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
}

/* The root is root/, the home is home/, and auth is as sshd makes it. */
static void
make_places(void)
{
	(void)snprintf(top, sizeof(top), "/tmp/test_identity.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(mkdir(at("root"), 0700), 0);
	ck_assert_int_eq(mkdir(at("root/deep"), 0700), 0);
	ck_assert_int_eq(mkdir(at("home"), 0700), 0);
	rootfd = open(at("root"), O_PATH | O_CLOEXEC);
	ck_assert_int_ne(rootfd, -1);
	write_to(at("auth"), "password\n", 9);
	memset(&own, 0, sizeof(own));
	own.uid = geteuid();
	(void)snprintf(own.home, sizeof(own.home), "%s", at("home"));
}

static void
remove_places(void)
{
	static const char *const names[] = { "auth", "other", "link", "fifo",
		"root/auth", "root/deep/auth", "root/deep", "root", "home/auth",
		"home" };
	size_t i;

	for (i = 0; i < LENGTH(names); i++)
		(void)remove(at(names[i]));
	(void)remove(top);
	(void)close(rootfd);
}

START_TEST(auth_file)
{
	ck_assert(identity_read_auth(&own, at("auth"), rootfd));
	ck_assert_str_eq(own.auth.method, "password");
	own.auth.method[0] = '\0';
	ck_assert(identity_read_auth(&own, NULL, rootfd));
	ck_assert_str_eq(own.auth.method, "");
	/* A home that is not there forbids nothing. */
	own.home[0] = '\0';
	ck_assert(identity_read_auth(&own, at("auth"), rootfd));
}
END_TEST

static void
ck_unused(const char *path)
{
	errno = 0;
	ck_assert_msg(!identity_read_auth(&own, path, rootfd), "%s", path);
	ck_assert_int_ne(errno, 0);
	ck_assert_str_eq(own.auth.method, "");
	ck_assert_str_eq(own.auth.key, "");
}

START_TEST(auth_file_of_somebody_else)
{
	static char big[AUTHINFO_BYTES_MAX + 1];

	ck_unused("");
	ck_unused("auth");
	ck_unused("/");
	ck_unused(at("missing"));
	ck_unused(at("missing/auth"));
	ck_unused(at("home"));
	ck_unused(at("home/"));
	/* Within reach of the client, by any way. */
	write_to(at("root/auth"), "password\n", 9);
	ck_unused(at("root/auth"));
	ck_unused(at("home/../root/auth"));
	write_to(at("root/deep/auth"), "password\n", 9);
	ck_unused(at("root/deep/auth"));
	write_to(at("home/auth"), "password\n", 9);
	ck_unused(at("home/auth"));
	/* What is no file, or may be another one. */
	ck_assert_int_eq(symlink(at("auth"), at("link")), 0);
	ck_unused(at("link"));
	ck_assert_int_eq(mkfifo(at("fifo"), 0600), 0);
	ck_unused(at("fifo"));
	ck_unused("/dev/null");
	ck_assert_int_eq(link(at("auth"), at("other")), 0);
	ck_unused(at("auth"));
	ck_assert_int_eq(unlink(at("other")), 0);
	/* What others may write; what is nobody's here. */
	ck_assert_int_eq(chmod(at("auth"), 0620), 0);
	ck_unused(at("auth"));
	ck_assert_int_eq(chmod(at("auth"), 0602), 0);
	ck_unused(at("auth"));
	ck_assert_int_eq(chmod(at("auth"), 0600), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(at("auth"), 1, (gid_t)-1), 0);
		ck_unused(at("auth"));
		ck_assert_int_eq(chown(at("auth"), 0, (gid_t)-1), 0);
	}
	/* Too long; no such text. */
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	write_to(at("auth"), big, sizeof(big));
	ck_unused(at("auth"));
	write_to(at("auth"), "x\"\n", 3);
	ck_unused(at("auth"));
}
END_TEST

static Suite *
identity_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("identity");
	tc = tcase_create("identity");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, user, 0, LENGTH(user_rows));
	tcase_add_loop_test(tc, connection, 0, LENGTH(connection_rows));
	tcase_add_loop_test(tc, groups, 0, LENGTH(group_rows));
	tcase_add_loop_test(tc, process_groups, 0, LENGTH(own_rows));
	tcase_add_loop_test(tc, expand, 0, LENGTH(expand_rows));
	suite_add_tcase(s, tc);
	tc = tcase_create("auth");
	tcase_add_checked_fixture(tc, make_places, remove_places);
	tcase_add_test(tc, auth_file);
	tcase_add_test(tc, auth_file_of_somebody_else);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(identity_suite())) != 0;
}

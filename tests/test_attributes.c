/* SPDX-License-Identifier: ISC */
/* What a new file keeps of the old one, and what it must not. */
#include "config.h"

#include "attributes.h"

#include <sys/syscall.h>
#include <sys/xattr.h>

#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#include <check.h>
#include <endian.h>

#include "scratch.h"

#define ACCESS_ACL  "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"
#define ENTRIES_MAX 300

/* With this errno attributes of this descriptor cannot be read. */
static int broken_fd = -1;
static int broken_error;

ssize_t
fgetxattr(int fd, const char *name, void *value, size_t size)
{
	if (fd != broken_fd)
		return syscall(SYS_fgetxattr, fd, name, value, size);
	errno = broken_error;
	return -1;
}

ssize_t
flistxattr(int fd, char *list, size_t size)
{
	if (fd != broken_fd)
		return syscall(SYS_flistxattr, fd, list, size);
	errno = broken_error;
	return -1;
}

/* With these nothing of a new file can be changed. */
static int chown_error, set_error;

int
fchown(int fd, uid_t uid, gid_t gid)
{
	if (chown_error == 0)
		return (int)syscall(SYS_fchown, fd, uid, gid);
	errno = chown_error;
	return -1;
}

int
fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	if (set_error == 0)
		return (int)syscall(
		    SYS_fsetxattr, fd, name, value, size, flags);
	errno = set_error;
	return -1;
}

/* An entry: who, and what. */
struct entry {
	uint16_t tag;
	uint32_t id;
	uint16_t perm;
};

static struct {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[ENTRIES_MAX];
} acl;

/* Fill acl with what ends in an entry without a tag.  Returns its bytes. */
static size_t
make_acl(const struct entry *entries)
{
	size_t n;

	acl.header.a_version = htole32(POSIX_ACL_XATTR_VERSION);
	for (n = 0; entries[n].tag != 0; n++) {
		acl.entries[n].e_tag = htole16(entries[n].tag);
		acl.entries[n].e_perm = htole16(entries[n].perm);
		acl.entries[n].e_id = htole32(
		    entries[n].tag == ACL_USER || entries[n].tag == ACL_GROUP
			? entries[n].id
			: (uint32_t)ACL_UNDEFINED_ID);
	}
	return sizeof(acl.header) + n * sizeof(acl.entries[0]);
}

#define U(perm)                                                                \
	{                                                                      \
		ACL_USER_OBJ, 0, perm                                          \
	}
#define USER(id, perm)                                                         \
	{                                                                      \
		ACL_USER, id, perm                                             \
	}
#define G(perm)                                                                \
	{                                                                      \
		ACL_GROUP_OBJ, 0, perm                                         \
	}
#define GROUP(id, perm)                                                        \
	{                                                                      \
		ACL_GROUP, id, perm                                            \
	}
#define M(perm)                                                                \
	{                                                                      \
		ACL_MASK, 0, perm                                              \
	}
#define O(perm)                                                                \
	{                                                                      \
		ACL_OTHER, 0, perm                                             \
	}
#define END                                                                    \
	{                                                                      \
		0, 0, 0                                                        \
	}

static const struct entry named[] = { U(6), USER(4711, 4), G(4), M(4), O(0),
	END };

/*
 * Go to a directory of a file system that has what is asked for; the scratch
 * directory is tried first.
 */
static bool moved;

static bool
go_where(bool (*works)(void), const char *why)
{
	scratch_fresh();
	if (works())
		return true;
	scratch_open_in("/dev/shm", "attributes");
	moved = true;
	scratch_fresh();
	if (works())
		return true;
	skipped(why);
	return false;
}

static bool
user_attributes_work(void)
{
	scratch_file("probe", "", 0644);
	return setxattr("probe", "user.probe", "x", 1, 0) == 0 &&
	    unlink("probe") == 0;
}

static bool
acls_work(void)
{
	scratch_file("probe", "", 0644);
	return setxattr("probe", ACCESS_ACL, &acl, make_acl(named), 0) == 0 &&
	    unlink("probe") == 0;
}

static void
teardown(void)
{
	if (moved)
		scratch_close();
}

/* Two files; the second is as upload.c makes it. */
static int old_fd;
static int new_fd;
static struct stat old_st;

static void
open_both(mode_t new_mode)
{
	ck_assert_int_eq(lstat("old", &old_st), 0);
	old_fd = open("old", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(old_fd, -1);
	new_fd = open("new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, new_mode);
	ck_assert_int_ne(new_fd, -1);
}

/* Copy and set the mode.  Returns what was lost. */
static unsigned
copy(mode_t mode)
{
	unsigned lost;
	int fds;

	fds = scratch_fds();
	lost = attributes_copy(old_fd, &old_st, new_fd, &mode);
	ck_assert_int_eq(fchmod(new_fd, mode), 0);
	ck_assert_int_eq(scratch_fds(), fds);
	return lost;
}

static void
expect_same(const char *name)
{
	static char want[70000], got[70000];
	ssize_t n;

	n = getxattr("old", name, want, sizeof(want));
	ck_assert_int_ge(n, 0);
	ck_assert_int_eq(getxattr("new", name, got, sizeof(got)), n);
	ck_assert_mem_eq(got, want, (size_t)n);
}

/* --- user attributes -------------------------------------------------- */

START_TEST(user_attributes)
{
	static char large[2000];
	char name[64];
	int i;

	if (!go_where(user_attributes_work, "no user.* attributes"))
		return;
	scratch_file("old", "", 0644);
	memset(large, 'v', sizeof(large));
	ck_assert_int_eq(setxattr("old", "user.a", "value", 5, 0), 0);
	ck_assert_int_eq(setxattr("old", "user.empty", "", 0, 0), 0);
	ck_assert_int_eq(setxattr("old", "user.nul", "a\0b\n\xff", 5, 0), 0);
	ck_assert_int_eq(setxattr("old", "user.large", large, 2000, 0), 0);
	for (i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "user.%d", i);
		ck_assert_int_eq(setxattr("old", name, name, 5, 0), 0);
	}
	open_both(0644);
	ck_assert_uint_eq(copy(0640), 0);
	expect_same("user.a");
	expect_same("user.empty");
	expect_same("user.nul");
	expect_same("user.large");
	for (i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "user.%d", i);
		expect_same(name);
	}
	ck_assert_uint_eq(scratch_mode("new"), 0640);
}
END_TEST

/* R-FILE-3: never set-id bits, security.capability, trusted.*. */
START_TEST(other_name_spaces)
{
	struct vfs_cap_data cap = { .magic_etc = htole32(VFS_CAP_REVISION_2) };
	char value[64];

	if (!go_where(user_attributes_work, "no user.* attributes"))
		return;
	scratch_file("old", "", 06755);
	if (geteuid() == 0) {
		cap.data[0].permitted = htole32(1U << CAP_CHOWN);
		if (setxattr("old", "security.capability", &cap, sizeof(cap),
			0) == -1 ||
		    setxattr("old", "trusted.t", "x", 1, 0) == -1)
			fprintf(stderr, "# trusted.*: %s\n", strerror(errno));
	}
	ck_assert_int_eq(setxattr("old", "user.a", "a", 1, 0), 0);
	ck_assert_int_eq(chmod("old", 06755), 0);
	open_both(0755);
	ck_assert_uint_eq(copy(0755), 0);
	ck_assert_uint_eq(scratch_mode("new"), 0755);
	expect_same("user.a");
	ck_assert_int_eq(getxattr("new", "trusted.t", value, 64), -1);
	ck_assert_int_eq(getxattr("new", "security.capability", value, 64), -1);
}
END_TEST

/* A new file that cannot have them: it is told. */
START_TEST(user_attributes_lost)
{
	mode_t mode = 0640;
	int ends[2];

	if (!go_where(user_attributes_work, "no user.* attributes"))
		return;
	scratch_file("old", "", 0644);
	ck_assert_int_eq(setxattr("old", "user.a", "a", 1, 0), 0);
	open_both(0644);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_uint_eq(attributes_copy(old_fd, &old_st, ends[1], &mode),
	    ATTRIBUTES_LOST_XATTR);
	ck_assert_uint_eq(mode, 0640);
}
END_TEST

/* The other way round there is nothing to lose. */
START_TEST(nothing_to_copy)
{
	mode_t mode = 0751;
	int ends[2];

	scratch_fresh();
	scratch_file("old", "", 0644);
	open_both(0644);
	ck_assert_uint_eq(copy(0604), 0);
	ck_assert_uint_eq(scratch_mode("new"), 0604);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_uint_eq(attributes_copy(ends[0], &old_st, new_fd, &mode), 0);
	ck_assert_uint_eq(mode, 0751);
}
END_TEST

/* --- ACLs ------------------------------------------------------------- */

static const struct {
	struct entry entries[10];
	mode_t mode;   /* that the file is to have */
	mode_t narrow; /* where the ACL cannot be copied */
} acl_rows[] = {
	{ { U(6), USER(4711, 4), G(4), M(4), O(0), END }, 0640, 0640 },
	{ { U(6), USER(4711, 6), G(6), M(6), O(4), END }, 0664, 0664 },
	{ { U(7), USER(4711, 7), USER(4712, 5), G(7), M(7), O(5), END }, 0775,
	    0755 },
	{ { U(6), G(4), GROUP(4711, 6), M(6), O(4), END }, 0664, 0644 },
	/* who was shut out by name is not let in as anybody */
	{ { U(6), USER(4711, 0), G(6), M(6), O(6), END }, 0666, 0600 },
	{ { U(6), G(6), GROUP(4711, 0), M(6), O(4), END }, 0664, 0600 },
	/* nor by the mask's having hidden the group's own bits */
	{ { U(6), USER(4711, 6), G(0), M(6), O(0), END }, 0660, 0600 },
	{ { U(6), USER(4711, 6), G(6), M(0), O(4), END }, 0604, 0604 },
	{ { U(7), USER(1, 7), USER(2, 5), G(7), GROUP(3, 7), GROUP(4, 1), M(7),
	      O(7), END },
	    0777, 0711 },
	{ { U(6), USER(4711, 6), G(6), M(4), O(4), END }, 0664, 0644 },
	/* the wanted mode may be less */
	{ { U(7), USER(4711, 7), G(7), M(7), O(7), END }, 0640, 0640 },
};

START_TEST(acl_kept)
{
	size_t len = make_acl(acl_rows[_i].entries);
	mode_t mode;

	if (!go_where(acls_work, "no ACLs"))
		return;
	len = make_acl(acl_rows[_i].entries);
	scratch_file("old", "", 0600);
	ck_assert_int_eq(setxattr("old", ACCESS_ACL, &acl, len, 0), 0);
	mode = scratch_mode("old");
	open_both(0600);
	ck_assert_uint_eq(copy(mode), 0);
	expect_same(ACCESS_ACL);
	ck_assert_uint_eq(scratch_mode("new"), mode);
}
END_TEST

/* A pipe has no ACL. */
START_TEST(acl_lost)
{
	mode_t mode = acl_rows[_i].mode;
	size_t len;
	int ends[2];

	if (!go_where(acls_work, "no ACLs"))
		return;
	len = make_acl(acl_rows[_i].entries);
	scratch_file("old", "", 0600);
	ck_assert_int_eq(setxattr("old", ACCESS_ACL, &acl, len, 0), 0);
	open_both(0600);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_uint_eq(attributes_copy(old_fd, &old_st, ends[1], &mode),
	    ATTRIBUTES_LOST_ACL);
	ck_assert_uint_eq(mode, acl_rows[_i].narrow);
}
END_TEST

/* More entries than are looked at: only the owner is sure. */
START_TEST(acl_too_long)
{
	static struct entry entries[ENTRIES_MAX];
	uint32_t i, n = 0;

	if (!go_where(acls_work, "no ACLs"))
		return;
	entries[n++] = (struct entry)U(7);
	for (i = 0; i < 280; i++)
		entries[n++] = (struct entry)USER(1000 + i, 7);
	entries[n++] = (struct entry)G(7);
	entries[n++] = (struct entry)M(7);
	entries[n++] = (struct entry)O(7);
	scratch_file("old", "", 0777);
	if (setxattr("old", ACCESS_ACL, &acl, make_acl(entries), 0) == -1) {
		skipped("no ACL of 280 entries");
		return;
	}
	open_both(0600);
	ck_assert_uint_eq(copy(0777), ATTRIBUTES_LOST_ACL);
	ck_assert_uint_eq(scratch_mode("new"), 0700);
}
END_TEST

/* R-FILE-3: a directory's default ACL lets nobody in that the old file did. */
START_TEST(default_acl)
{
	static const mode_t modes[] = { 0600, 0640, 0644, 0660, 0666, 0777 };
	static const struct entry everybody[] = { U(7), USER(4711, 7), G(7),
		GROUP(4712, 7), M(7), O(7), END };
	mode_t mode = modes[_i];
	char value[4096];

	if (!go_where(acls_work, "no ACLs"))
		return;
	scratch_file("old", "", mode);
	if (setxattr(".", DEFAULT_ACL, &acl, make_acl(everybody), 0) == -1) {
		skipped("no default ACL");
		return;
	}
	open_both(mode);
	ck_assert_int_gt(getxattr("new", ACCESS_ACL, value, sizeof(value)), 0);
	ck_assert_uint_eq(copy(mode), 0);
	ck_assert_uint_eq(scratch_mode("new"), mode);
	ck_assert_int_eq(getxattr("new", ACCESS_ACL, value, sizeof(value)), -1);
}
END_TEST

/* The old file's ACL in the place of the one that the directory gave. */
START_TEST(default_acl_and_own)
{
	static const struct entry everybody[] = { U(7), USER(4712, 7), G(7),
		M(7), O(7), END };

	if (!go_where(acls_work, "no ACLs"))
		return;
	scratch_file("old", "", 0600);
	ck_assert_int_eq(
	    setxattr("old", ACCESS_ACL, &acl, make_acl(named), 0), 0);
	if (setxattr(".", DEFAULT_ACL, &acl, make_acl(everybody), 0) == -1) {
		skipped("no default ACL");
		return;
	}
	open_both(0640);
	ck_assert_uint_eq(copy(0640), 0);
	expect_same(ACCESS_ACL);
}
END_TEST

/* One that cannot be taken away gives nobody more, and is told. */
START_TEST(default_acl_that_stays)
{
	static const struct entry everybody[] = { U(7), USER(4711, 7), G(7),
		M(7), O(7), END };

	if (!go_where(acls_work, "no ACLs"))
		return;
	scratch_file("old", "", 0664);
	if (setxattr(".", DEFAULT_ACL, &acl, make_acl(everybody), 0) == -1) {
		skipped("no default ACL");
		return;
	}
	open_both(0664);
	set_error = ENOSPC;
	ck_assert_uint_eq(copy(0664), ATTRIBUTES_LOST_ACL);
	/* The mask: what is named in it has nothing. */
	ck_assert_uint_eq(scratch_mode("new"), 0604);
}
END_TEST

/* --- the group -------------------------------------------------------- */

/* A file system that has one group for all; EINVAL says they look the same. */
static const struct {
	int error;
	unsigned lost;
	mode_t mode;
} chown_rows[] = {
	{ EPERM, 0, 0664 },
	{ ENOSYS, 0, 0664 },
	{ EINVAL, ATTRIBUTES_LOST_GROUP, 0644 },
};

START_TEST(group_of_all)
{
	scratch_fresh();
	scratch_file("old", "", 0664);
	open_both(0600);
	chown_error = chown_rows[_i].error;
	ck_assert_uint_eq(copy(0664), chown_rows[_i].lost);
	ck_assert_uint_eq(scratch_mode("new"), chown_rows[_i].mode);
}
END_TEST

START_TEST(group_kept)
{
	struct stat st;

	scratch_fresh();
	scratch_file("old", "", 0640);
	if (geteuid() == 0)
		ck_assert_int_eq(chown("old", (uid_t)-1, 4711), 0);
	open_both(0640);
	ck_assert_uint_eq(copy(0640), 0);
	ck_assert_int_eq(fstat(new_fd, &st), 0);
	ck_assert_uint_eq(st.st_gid, old_st.st_gid);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

static const struct {
	mode_t mode;
	mode_t narrow;
} group_rows[] = {
	{ 0640, 0600 },
	{ 0660, 0600 },
	{ 0664, 0644 },
	{ 0644, 0644 },
	{ 0666, 0666 },
	{ 0775, 0755 },
	{ 0751, 0711 },
	{ 0600, 0600 },
	{ 0770, 0700 },
	/* members of the old group must not come in as others */
	{ 0604, 0600 },
	{ 0646, 0644 },
	{ 0627, 0622 },
};

static bool
is_member(gid_t gid)
{
	gid_t groups[1024];
	int n, i;

	n = getgroups(LENGTH(groups), groups);
	for (i = 0; i < n; i++) {
		if (groups[i] == gid)
			return true;
	}
	return n == -1 || gid == getegid();
}

/* Nobody but a member gives a group away: then it has what others have. */
static void
lose_group(void)
{
	struct stat st;
	mode_t mode;
	size_t i;

	new_fd = open("new", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(fstat(new_fd, &st), 0);
	for (old_st.st_gid = 1; is_member(old_st.st_gid); old_st.st_gid++)
		continue;
	for (i = 0; i < LENGTH(group_rows); i++) {
		mode = group_rows[i].mode;
		old_st.st_mode = S_IFREG | mode;
		ck_assert_uint_eq(
		    attributes_copy(new_fd, &old_st, new_fd, &mode),
		    ATTRIBUTES_LOST_GROUP);
		ck_assert_msg(mode == group_rows[i].narrow, "%#o: %#o",
		    (unsigned)group_rows[i].mode, (unsigned)mode);
	}
	ck_assert_int_eq(fstat(new_fd, &st), 0);
	ck_assert_uint_ne(st.st_gid, old_st.st_gid);
}

START_TEST(group_lost)
{
	scratch_fresh();
	scratch_file("new", "", 0600);
	if (geteuid() == 0)
		ck_assert_int_eq(chown("new", SCRATCH_UID, SCRATCH_UID), 0);
	scratch_unprivileged(lose_group);
}
END_TEST

/*
 * With an ACL the group bits are its mask: a group that had less is not to gain
 * by being one of the others.
 */
static void
lose_group_with_acl(void)
{
	static const struct entry shut_out[] = { U(6), USER(4711, 6), G(0),
		M(6), O(4), END };
	mode_t mode = 0664;
	size_t len;

	new_fd = open("new", O_WRONLY | O_CLOEXEC);
	len = make_acl(shut_out);
	ck_assert_int_eq(fsetxattr(new_fd, ACCESS_ACL, &acl, len, 0), 0);
	for (old_st.st_gid = 1; is_member(old_st.st_gid); old_st.st_gid++)
		continue;
	old_st.st_mode = S_IFREG | mode;
	ck_assert_uint_eq(attributes_copy(new_fd, &old_st, new_fd, &mode),
	    ATTRIBUTES_LOST_GROUP);
	ck_assert_msg(mode == 0640, "%#o", (unsigned)mode);
}

START_TEST(group_lost_acl_kept)
{
	if (!go_where(acls_work, "no ACLs"))
		return;
	scratch_file("new", "", 0600);
	if (geteuid() == 0)
		ck_assert_int_eq(chown("new", SCRATCH_UID, SCRATCH_UID), 0);
	scratch_unprivileged(lose_group_with_acl);
}
END_TEST

/* What cannot be read may have shut somebody out. */
START_TEST(not_to_be_read)
{
	static const struct {
		int error;
		unsigned lost;
		mode_t mode;
	} rows[] = {
		{ EIO, ATTRIBUTES_LOST_ACL | ATTRIBUTES_LOST_XATTR, 0600 },
		{ EACCES, ATTRIBUTES_LOST_ACL | ATTRIBUTES_LOST_XATTR, 0600 },
		{ EOPNOTSUPP, 0, 0644 },
	};

	scratch_fresh();
	scratch_file("old", "old", 0644);
	open_both(0600);
	broken_fd = old_fd;
	broken_error = rows[_i].error;
	ck_assert_uint_eq(copy(0644), rows[_i].lost);
	ck_assert_uint_eq(scratch_mode("new"), rows[_i].mode);
	broken_fd = -1;
}
END_TEST

/* Nor may what a directory gave to the new file. */
START_TEST(inherited_and_not_to_be_read)
{
	if (!go_where(acls_work, "no ACLs"))
		return;
	scratch_file("old", "old", 0644);
	ck_assert_int_eq(
	    setxattr(".", DEFAULT_ACL, &acl, make_acl(named), 0), 0);
	open_both(0600);
	broken_fd = new_fd;
	broken_error = EIO;
	ck_assert_uint_eq(copy(0644), 0);
	broken_fd = -1;
	ck_assert_int_eq(getxattr("new", ACCESS_ACL, NULL, 0), -1);
	ck_assert_uint_eq(scratch_mode("new"), 0644);
}
END_TEST

static Suite *
attributes_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("attributes");
	tc = tcase_create("attributes");
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, user_attributes);
	tcase_add_test(tc, other_name_spaces);
	tcase_add_test(tc, user_attributes_lost);
	tcase_add_test(tc, nothing_to_copy);
	tcase_add_loop_test(tc, acl_kept, 0, LENGTH(acl_rows));
	tcase_add_loop_test(tc, acl_lost, 0, LENGTH(acl_rows));
	tcase_add_test(tc, acl_too_long);
	tcase_add_loop_test(tc, default_acl, 0, 6);
	tcase_add_test(tc, default_acl_and_own);
	tcase_add_test(tc, default_acl_that_stays);
	tcase_add_loop_test(tc, group_of_all, 0, LENGTH(chown_rows));
	tcase_add_test(tc, group_kept);
	tcase_add_test(tc, group_lost);
	tcase_add_test(tc, group_lost_acl_kept);
	tcase_add_loop_test(tc, not_to_be_read, 0, 3);
	tcase_add_test(tc, inherited_and_not_to_be_read);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return scratch_run(attributes_suite(), "attributes");
}

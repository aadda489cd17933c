/* SPDX-License-Identifier: ISC */
/* The table of keywords: what each takes, and what it says to the rest. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "settings.h"
#include "spelling.h"
#include "tap.h"

/* strdup() in settings.c can be made to fail. */
static bool memory_is_out;

char *
strdup(const char *text)
{
	char *copy;

	copy = memory_is_out ? NULL : malloc(strlen(text) + 1);
	if (copy != NULL)
		memcpy(copy, text, strlen(text) + 1);
	return copy;
}

static struct settings settings;
static char err[256];

static void
setup(void)
{
	settings_init(&settings);
	memset(err, 0, sizeof(err));
	memory_is_out = false;
}

static const char *
printed(enum settings_keyword keyword)
{
	static char buf[PATH_BYTES_MAX];

	settings_print(&settings, keyword, buf, sizeof(buf));
	return buf;
}

static const struct {
	enum settings_keyword keyword;
	const char *name;
	const char *value;
} default_rows[] = {
	{ SETTINGS_ROOT, "Root", "%h" },
	{ SETTINGS_START_DIRECTORY, "StartDirectory", "/" },
	{ SETTINGS_ACCESS, "Access", "read-write" },
	{ SETTINGS_OVERWRITE, "Overwrite", "yes" },
	{ SETTINGS_KEEP_VERSIONS, "KeepVersions", "all" },
	{ SETTINGS_MAKE_DIRECTORIES, "MakeDirectories", "yes" },
	{ SETTINGS_HIDDEN_FILES, "HiddenFiles", "yes" },
	{ SETTINGS_PROTECT_HOME, "ProtectHome", "yes" },
	{ SETTINGS_ALLOW_NAMES, "AllowNames", "none" },
	{ SETTINGS_DENY_NAMES, "DenyNames", "none" },
	{ SETTINGS_MAX_FILE_SIZE, "MaxFileSize", "none" },
	{ SETTINGS_MAX_TOTAL_SIZE, "MaxTotalSize", "none" },
	{ SETTINGS_MAX_FILES, "MaxFiles", "none" },
	{ SETTINGS_MAX_DEPTH, "MaxDepth", "64" },
	{ SETTINGS_MAX_MATCHES, "MaxMatches", "10000" },
	{ SETTINGS_MIN_FREE_SPACE, "MinFreeSpace", "none" },
	{ SETTINGS_UPLOAD_RATE, "UploadRate", "none" },
	{ SETTINGS_DOWNLOAD_RATE, "DownloadRate", "none" },
	{ SETTINGS_IDLE_TIMEOUT, "IdleTimeout", "none" },
	{ SETTINGS_SESSION_TIMEOUT, "SessionTimeout", "none" },
	{ SETTINGS_DISCARD_LIMIT, "DiscardLimit", "64M" },
	{ SETTINGS_UMASK, "Umask", "inherited" },
	{ SETTINGS_FILE_MODE, "FileMode", "none" },
	{ SETTINGS_DIRECTORY_MODE, "DirectoryMode", "none" },
	{ SETTINGS_PRESERVE_MODES, "PreserveModes", "yes" },
	{ SETTINGS_PRESERVE_TIMES, "PreserveTimes", "yes" },
	{ SETTINGS_SPECIAL_BITS, "SpecialBits", "no" },
	{ SETTINGS_SYMLINKS, "Symlinks", "inside" },
	{ SETTINGS_HARD_LINKS, "HardLinks", "yes" },
	{ SETTINGS_CROSS_MOUNTS, "CrossMounts", "yes" },
	{ SETTINGS_ATOMIC, "Atomic", "yes" },
	{ SETTINGS_SYNC, "Sync", "no" },
	{ SETTINGS_CHROOT, "Chroot", "auto" },
	{ SETTINGS_LANDLOCK, "Landlock", "auto" },
	{ SETTINGS_SECCOMP_ACTION, "SeccompAction", "kill" },
	{ SETTINGS_EARLY_ACK, "EarlyAck", "auto" },
	{ SETTINGS_PIPELINING, "Pipelining", "no" },
	{ SETTINGS_LOG_LEVEL, "LogLevel", "INFO" },
	{ SETTINGS_LOG_FACILITY, "LogFacility", "AUTH" },
	{ SETTINGS_TRANSFER_LOG, "TransferLog", "none" },
	{ SETTINGS_TRANSFER_LOG_FORMAT, "TransferLogFormat", "json" },
	{ SETTINGS_DIGEST, "Digest", "none" },
	{ SETTINGS_LOGIN_MESSAGE, "LoginMessage",
	    "This account transfers files with scp only; there is no shell." },
	{ SETTINGS_REFUSE_MESSAGE, "RefuseMessage", "built-in" },
	{ SETTINGS_HONOUR_DISABLE_SCP, "HonourDisableScp", "yes" },
};

START_TEST(defaults)
{
	ck_assert_uint_eq(LENGTH(default_rows), SETTINGS__COUNT);
	ck_assert_str_eq(
	    settings_name(default_rows[_i].keyword), default_rows[_i].name);
	ck_assert_str_eq(
	    printed(default_rows[_i].keyword), default_rows[_i].value);
	ck_assert(!settings_is_set(&settings, default_rows[_i].keyword));
	/* What is printed is accepted, and then it is somebody's. */
	ck_assert(settings_set(&settings, default_rows[_i].name,
	    default_rows[_i].value, err, sizeof(err)));
	ck_assert(settings_is_set(&settings, default_rows[_i].keyword));
	ck_assert_str_eq(
	    printed(default_rows[_i].keyword), default_rows[_i].value);
}
END_TEST

START_TEST(default_fields)
{
	static struct policy p;

	policy_init(&p);
	ck_assert_mem_eq(&settings.policy, &p, sizeof(p));
	ck_assert(settings.early_ack);
	ck_assert(!settings.pipelining);
	ck_assert(settings.honour_disable_scp);
	ck_assert_str_eq(settings.transfer_log, "");
	ck_assert_str_eq(settings.refuse_message, "");
	ck_assert_int_eq(settings.upload_rate, 0);
	ck_assert_uint_eq(settings.idle_timeout, 0);
	ck_assert_int_eq(settings.log_level, LOG_LEVEL_INFO);
	ck_assert_int_eq(settings.log_facility, LOG_AUTH);
}
END_TEST

/* want: what is printed then; NULL: refused. */
static const struct {
	const char *keyword;
	const char *value;
	enum settings_keyword index;
	const char *want;
} value_rows[] = {
	{ "Root", "/a\nb", SETTINGS_ROOT, NULL },
	{ "Root", "/a\033[2Jb", SETTINGS_ROOT, NULL },
	{ "Root", "/\303\244", SETTINGS_ROOT, "/\303\244" },
	{ "Root", "/srv/drop", SETTINGS_ROOT, "/srv/drop" },
	{ "root", "/", SETTINGS_ROOT, "/" },
	{ "Root", "%h", SETTINGS_ROOT, "%h" },
	{ "Root", "%h/in", SETTINGS_ROOT, "%h/in" },
	{ "Root", "/srv/%u/%U/%%", SETTINGS_ROOT, "/srv/%u/%U/%%" },
	{ "Root", "srv", SETTINGS_ROOT, NULL },
	{ "Root", "%u", SETTINGS_ROOT, NULL },
	{ "Root", "", SETTINGS_ROOT, NULL },
	{ "Root", "/srv/%x", SETTINGS_ROOT, NULL },
	{ "Root", "/srv/%", SETTINGS_ROOT, NULL },
	{ "Root", "/srv/%%%", SETTINGS_ROOT, NULL },
	{ "STARTDIRECTORY", "in/%u", SETTINGS_START_DIRECTORY, "in/%u" },
	{ "StartDirectory", "/in", SETTINGS_START_DIRECTORY, "/in" },
	{ "StartDirectory", "", SETTINGS_START_DIRECTORY, NULL },
	{ "StartDirectory", "%z", SETTINGS_START_DIRECTORY, NULL },
	{ "Access", "read-only", SETTINGS_ACCESS, "read-only" },
	{ "Access", "write-only", SETTINGS_ACCESS, "write-only" },
	{ "Access", "Read-Write", SETTINGS_ACCESS, "read-write" },
	{ "Access", "read", SETTINGS_ACCESS, NULL },
	{ "Access", "none", SETTINGS_ACCESS, NULL },
	{ "Umask", "027", SETTINGS_UMASK, "0027" },
	{ "Umask", "0", SETTINGS_UMASK, "0000" },
	{ "Umask", "777", SETTINGS_UMASK, "0777" },
	{ "Umask", "00777", SETTINGS_UMASK, "0777" },
	{ "Umask", "1000", SETTINGS_UMASK, NULL },
	{ "Umask", "77777777777777777777777777777", SETTINGS_UMASK, NULL },
	{ "Umask", "28", SETTINGS_UMASK, NULL },
	{ "Umask", "-1", SETTINGS_UMASK, NULL },
	{ "Umask", "0o27", SETTINGS_UMASK, NULL },
	{ "Umask", " 27", SETTINGS_UMASK, NULL },
	{ "Umask", "2/", SETTINGS_UMASK, NULL },
	{ "Umask", "", SETTINGS_UMASK, NULL },
	{ "FileMode", "0640", SETTINGS_FILE_MODE, "0640" },
	{ "FileMode", "4755", SETTINGS_FILE_MODE, NULL },
	{ "FileMode", "rw", SETTINGS_FILE_MODE, NULL },
	{ "DirectoryMode", "0750", SETTINGS_DIRECTORY_MODE, "0750" },
	{ "DirectoryMode", "2770", SETTINGS_DIRECTORY_MODE, NULL },
	{ "MaxDepth", "1", SETTINGS_MAX_DEPTH, "1" },
	{ "MaxDepth", "256", SETTINGS_MAX_DEPTH, "256" },
	{ "MaxDepth", "0", SETTINGS_MAX_DEPTH, NULL },
	{ "MaxDepth", "257", SETTINGS_MAX_DEPTH, NULL },
	{ "MaxDepth", "+5", SETTINGS_MAX_DEPTH, NULL },
	{ "MaxDepth", " 5", SETTINGS_MAX_DEPTH, NULL },
	{ "MaxDepth", "5x", SETTINGS_MAX_DEPTH, NULL },
	{ "MaxDepth", "99999999999999999999", SETTINGS_MAX_DEPTH, NULL },
	{ "MaxMatches", "1000000", SETTINGS_MAX_MATCHES, "1000000" },
	{ "MaxMatches", "1000001", SETTINGS_MAX_MATCHES, NULL },
	{ "MaxMatches", "0", SETTINGS_MAX_MATCHES, NULL },
	{ "DiscardLimit", "0", SETTINGS_DISCARD_LIMIT, "0" },
	{ "DiscardLimit", "1000", SETTINGS_DISCARD_LIMIT, "1000" },
	{ "DiscardLimit", "1536", SETTINGS_DISCARD_LIMIT, "1536" },
	{ "DiscardLimit", "1024", SETTINGS_DISCARD_LIMIT, "1K" },
	{ "DiscardLimit", "3k", SETTINGS_DISCARD_LIMIT, "3K" },
	{ "DiscardLimit", "7M", SETTINGS_DISCARD_LIMIT, "7M" },
	{ "DiscardLimit", "5g", SETTINGS_DISCARD_LIMIT, "5G" },
	{ "DiscardLimit", "2048T", SETTINGS_DISCARD_LIMIT, "2048T" },
	{ "DiscardLimit", "8388607T", SETTINGS_DISCARD_LIMIT, "8388607T" },
	{ "DiscardLimit", "8388608T", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "9223372036854775807", SETTINGS_DISCARD_LIMIT,
	    "9223372036854775807" },
	{ "DiscardLimit", "9223372036854775808", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "-1", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "+1", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", " 1", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "64MB", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "1E", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "0x10", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "1.5G", SETTINGS_DISCARD_LIMIT, NULL },
	{ "DiscardLimit", "K", SETTINGS_DISCARD_LIMIT, NULL },
	{ "LogLevel", "verbose", SETTINGS_LOG_LEVEL, "VERBOSE" },
	{ "LogLevel", "DEBUG3", SETTINGS_LOG_LEVEL, "DEBUG" },
	{ "LogLevel", "loud", SETTINGS_LOG_LEVEL, NULL },
	{ "LogFacility", "local3", SETTINGS_LOG_FACILITY, "LOCAL3" },
	{ "LogFacility", "MAIL", SETTINGS_LOG_FACILITY, NULL },
	{ "LoginMessage", "No \"shell\" \xc3\xa4 here", SETTINGS_LOGIN_MESSAGE,
	    "No \"shell\" \xc3\xa4 here" },
	{ "LoginMessage", "two\nlines", SETTINGS_LOGIN_MESSAGE, NULL },
	{ "Chroot", "yes", SETTINGS_CHROOT, "yes" },
	{ "chroot", "NO", SETTINGS_CHROOT, "no" },
	{ "Chroot", "auto", SETTINGS_CHROOT, "auto" },
	{ "Chroot", "", SETTINGS_CHROOT, NULL },
	{ "Chroot", "1", SETTINGS_CHROOT, NULL },
	{ "Landlock", "no", SETTINGS_LANDLOCK, "no" },
	{ "Landlock", "yes ", SETTINGS_LANDLOCK, NULL },
	{ "SeccompAction", "Errno", SETTINGS_SECCOMP_ACTION, "errno" },
	{ "SeccompAction", "log", SETTINGS_SECCOMP_ACTION, "log" },
	{ "SeccompAction", "kill", SETTINGS_SECCOMP_ACTION, "kill" },
	{ "SeccompAction", "no", SETTINGS_SECCOMP_ACTION, NULL },
	{ "Overwrite", "version", SETTINGS_OVERWRITE, "version" },
	{ "Overwrite", "NO", SETTINGS_OVERWRITE, "no" },
	{ "Overwrite", "yes", SETTINGS_OVERWRITE, "yes" },
	{ "Overwrite", "always", SETTINGS_OVERWRITE, NULL },
	{ "KeepVersions", "7", SETTINGS_KEEP_VERSIONS, "7" },
	{ "KeepVersions", "All", SETTINGS_KEEP_VERSIONS, "all" },
	{ "KeepVersions", "0", SETTINGS_KEEP_VERSIONS, NULL },
	{ "KeepVersions", "none", SETTINGS_KEEP_VERSIONS, NULL },
	{ "MakeDirectories", "no", SETTINGS_MAKE_DIRECTORIES, "no" },
	{ "MakeDirectories", "true", SETTINGS_MAKE_DIRECTORIES, NULL },
	{ "HiddenFiles", "no", SETTINGS_HIDDEN_FILES, "no" },
	{ "ProtectHome", "No", SETTINGS_PROTECT_HOME, "no" },
	{ "PreserveModes", "no", SETTINGS_PRESERVE_MODES, "no" },
	{ "PreserveTimes", "no", SETTINGS_PRESERVE_TIMES, "no" },
	{ "SpecialBits", "yes", SETTINGS_SPECIAL_BITS, "yes" },
	{ "Symlinks", "no", SETTINGS_SYMLINKS, "no" },
	{ "Symlinks", "Inside", SETTINGS_SYMLINKS, "inside" },
	{ "Symlinks", "yes", SETTINGS_SYMLINKS, NULL },
	{ "HardLinks", "no", SETTINGS_HARD_LINKS, "no" },
	{ "CrossMounts", "no", SETTINGS_CROSS_MOUNTS, "no" },
	{ "Atomic", "no", SETTINGS_ATOMIC, "no" },
	{ "Sync", "file", SETTINGS_SYNC, "file" },
	{ "Sync", "session", SETTINGS_SYNC, "session" },
	{ "Sync", "yes", SETTINGS_SYNC, NULL },
	{ "EarlyAck", "no", SETTINGS_EARLY_ACK, "no" },
	{ "EarlyAck", "AUTO", SETTINGS_EARLY_ACK, "auto" },
	{ "EarlyAck", "yes", SETTINGS_EARLY_ACK, NULL },
	{ "Pipelining", "yes", SETTINGS_PIPELINING, "yes" },
	{ "Pipelining", "auto", SETTINGS_PIPELINING, NULL },
	{ "HonourDisableScp", "no", SETTINGS_HONOUR_DISABLE_SCP, "no" },
	{ "MaxFileSize", "2G", SETTINGS_MAX_FILE_SIZE, "2G" },
	{ "MaxFileSize", "0", SETTINGS_MAX_FILE_SIZE, "0" },
	{ "MaxFileSize", "None", SETTINGS_MAX_FILE_SIZE, "none" },
	{ "MaxFileSize", "2GB", SETTINGS_MAX_FILE_SIZE, NULL },
	{ "MaxFileSize", "", SETTINGS_MAX_FILE_SIZE, NULL },
	{ "MaxTotalSize", "1048576", SETTINGS_MAX_TOTAL_SIZE, "1M" },
	{ "MaxTotalSize", "-1", SETTINGS_MAX_TOTAL_SIZE, NULL },
	{ "MaxFiles", "1000", SETTINGS_MAX_FILES, "1000" },
	{ "MaxFiles", "1000000000", SETTINGS_MAX_FILES, "1000000000" },
	{ "MaxFiles", "1000000001", SETTINGS_MAX_FILES, NULL },
	{ "MaxFiles", "0", SETTINGS_MAX_FILES, NULL },
	{ "MaxFiles", "none", SETTINGS_MAX_FILES, "none" },
	{ "MinFreeSpace", "5%", SETTINGS_MIN_FREE_SPACE, "5%" },
	{ "MinFreeSpace", "99%", SETTINGS_MIN_FREE_SPACE, "99%" },
	{ "MinFreeSpace", "100%", SETTINGS_MIN_FREE_SPACE, NULL },
	{ "MinFreeSpace", "0%", SETTINGS_MIN_FREE_SPACE, NULL },
	{ "MinFreeSpace", "%", SETTINGS_MIN_FREE_SPACE, NULL },
	{ "MinFreeSpace", "5%%", SETTINGS_MIN_FREE_SPACE, NULL },
	{ "MinFreeSpace", "+5%", SETTINGS_MIN_FREE_SPACE, NULL },
	{ "MinFreeSpace", "5 %", SETTINGS_MIN_FREE_SPACE, NULL },
	{ "MinFreeSpace", "1.5%", SETTINGS_MIN_FREE_SPACE, NULL },
	{ "MinFreeSpace", "10G", SETTINGS_MIN_FREE_SPACE, "10G" },
	{ "MinFreeSpace", "0", SETTINGS_MIN_FREE_SPACE, "none" },
	{ "MinFreeSpace", "none", SETTINGS_MIN_FREE_SPACE, "none" },
	{ "UploadRate", "512K", SETTINGS_UPLOAD_RATE, "512K" },
	{ "UploadRate", "1", SETTINGS_UPLOAD_RATE, "1" },
	{ "UploadRate", "0", SETTINGS_UPLOAD_RATE, NULL },
	{ "UploadRate", "10Mbit", SETTINGS_UPLOAD_RATE, NULL },
	{ "UploadRate", "none", SETTINGS_UPLOAD_RATE, "none" },
	{ "DownloadRate", "10M", SETTINGS_DOWNLOAD_RATE, "10M" },
	{ "DownloadRate", "10M/s", SETTINGS_DOWNLOAD_RATE, NULL },
	{ "IdleTimeout", "90", SETTINGS_IDLE_TIMEOUT, "1m30s" },
	{ "IdleTimeout", "10m", SETTINGS_IDLE_TIMEOUT, "10m" },
	{ "IdleTimeout", "1h30m", SETTINGS_IDLE_TIMEOUT, "1h30m" },
	{ "IdleTimeout", "1H30", SETTINGS_IDLE_TIMEOUT, "1h30s" },
	{ "IdleTimeout", "60s", SETTINGS_IDLE_TIMEOUT, "1m" },
	{ "IdleTimeout", "1w2d3h4m5s", SETTINGS_IDLE_TIMEOUT, "1w2d3h4m5s" },
	{ "IdleTimeout", "24d", SETTINGS_IDLE_TIMEOUT, "3w3d" },
	{ "IdleTimeout", "24d1s", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "99999999999999999999", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "0", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "0s", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "m", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "10 m", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "10y", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "1hm", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "-1", SETTINGS_IDLE_TIMEOUT, NULL },
	{ "IdleTimeout", "none", SETTINGS_IDLE_TIMEOUT, "none" },
	{ "SessionTimeout", "1d", SETTINGS_SESSION_TIMEOUT, "1d" },
	{ "SessionTimeout", "never", SETTINGS_SESSION_TIMEOUT, NULL },
	{ "TransferLog", "/var/log/scp/%u", SETTINGS_TRANSFER_LOG,
	    "/var/log/scp/%u" },
	{ "TransferLog", "Syslog", SETTINGS_TRANSFER_LOG, "syslog" },
	{ "TransferLog", "NONE", SETTINGS_TRANSFER_LOG, "none" },
	{ "TransferLog", "%h/../log", SETTINGS_TRANSFER_LOG, "%h/../log" },
	{ "TransferLog", "log", SETTINGS_TRANSFER_LOG, NULL },
	{ "TransferLog", "/log/%z", SETTINGS_TRANSFER_LOG, NULL },
	{ "TransferLogFormat", "xferlog", SETTINGS_TRANSFER_LOG_FORMAT,
	    "xferlog" },
	{ "TransferLogFormat", "JSON", SETTINGS_TRANSFER_LOG_FORMAT, "json" },
	{ "TransferLogFormat", "csv", SETTINGS_TRANSFER_LOG_FORMAT, NULL },
	{ "Digest", "sha256", SETTINGS_DIGEST, "sha256" },
	{ "Digest", "SHA256", SETTINGS_DIGEST, "sha256" },
	{ "Digest", "md5", SETTINGS_DIGEST, NULL },
	{ "RefuseMessage", "Ask the operators", SETTINGS_REFUSE_MESSAGE,
	    "Ask the operators" },
	{ "RefuseMessage", "Built-In", SETTINGS_REFUSE_MESSAGE, "built-in" },
	{ "RefuseMessage", "a\nb", SETTINGS_REFUSE_MESSAGE, NULL },
	{ "Umask", "inherited", SETTINGS_UMASK, "inherited" },
	{ "Umask", "none", SETTINGS_UMASK, NULL },
	{ "FileMode", "none", SETTINGS_FILE_MODE, "none" },
	{ "DirectoryMode", "None", SETTINGS_DIRECTORY_MODE, "none" },
	{ "AllowNames", "*.jpg", SETTINGS_ALLOW_NAMES, "*.jpg" },
	{ "AllowNames", " *.jpg   \t*.png ", SETTINGS_ALLOW_NAMES,
	    "*.jpg *.png" },
	{ "AllowNames", "\"my file*\" *.txt", SETTINGS_ALLOW_NAMES,
	    "\"my file*\" *.txt" },
	{ "AllowNames", "my\" \"file*", SETTINGS_ALLOW_NAMES, "\"my file*\"" },
	{ "AllowNames", "my\\ file*", SETTINGS_ALLOW_NAMES, "\"my\\ file*\"" },
	{ "AllowNames", "a\\\"b", SETTINGS_ALLOW_NAMES, "a\\\"b" },
	{ "AllowNames", "\"a\\\"b\"", SETTINGS_ALLOW_NAMES, "a\\\"b" },
	{ "AllowNames", "\"#1\"", SETTINGS_ALLOW_NAMES, "\"#1\"" },
	{ "AllowNames", "none", SETTINGS_ALLOW_NAMES, "none" },
	{ "AllowNames", "\"none\"", SETTINGS_ALLOW_NAMES, "\"none\"" },
	{ "AllowNames", "\"\"nOne", SETTINGS_ALLOW_NAMES, "\"nOne\"" },
	{ "AllowNames", "x NONE", SETTINGS_ALLOW_NAMES, "x \"NONE\"" },
	{ "AllowNames", "\"a", SETTINGS_ALLOW_NAMES, NULL },
	{ "AllowNames", "\"\"", SETTINGS_ALLOW_NAMES, NULL },
	{ "AllowNames", "a \"\" b", SETTINGS_ALLOW_NAMES, NULL },
	{ "AllowNames", "a\\", SETTINGS_ALLOW_NAMES, NULL },
	{ "AllowNames", "in/*.txt", SETTINGS_ALLOW_NAMES, NULL },
	{ "AllowNames", "in\\/x", SETTINGS_ALLOW_NAMES, NULL },
	{ "AllowNames", "a\nb", SETTINGS_ALLOW_NAMES, NULL },
	/* What fnmatch(3) takes for other names than was meant. */
	{ "DenyNames", "*.exe, *.com", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "*.exe *.com,", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "*.{exe,com}", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "[a-z", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "a []", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "[!]", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "[[:alpha:]", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "[a\\]", SETTINGS_DENY_NAMES, NULL },
	/* Quotes and blanks that are none here: so would these. */
	{ "DenyNames", "'*.exe'", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "a '*.exe'", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "\xe2\x80\x9c*.exe\xe2\x80\x9d", SETTINGS_DENY_NAMES,
	    NULL },
	{ "DenyNames", "\xe2\x80\x98*.exe\xe2\x80\x99", SETTINGS_DENY_NAMES,
	    NULL },
	{ "DenyNames", "\xe2\x80\x9e*.exe\xe2\x80\x9c", SETTINGS_DENY_NAMES,
	    NULL },
	{ "DenyNames", "*.exe\xc2\xa0*.com", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "*.exe\xe3\x80\x80", SETTINGS_DENY_NAMES, NULL },
	{ "DenyNames", "it's \xe2\x80\xa6", SETTINGS_DENY_NAMES,
	    "it's \xe2\x80\xa6" },
	{ "DenyNames", "\"'*.exe'\" \"a\xc2\xa0z\"", SETTINGS_DENY_NAMES,
	    "\"'*.exe'\" \"a\xc2\xa0z\"" },
	{ "DenyNames", "\\'a b\\\xc2\xa0", SETTINGS_DENY_NAMES,
	    "\\'a \"b\\\xc2\xa0\"" },
	{ "DenyNames", "*,v a,b", SETTINGS_DENY_NAMES, "*,v a,b" },
	{ "DenyNames", "a\\,", SETTINGS_DENY_NAMES, "a\\," },
	{ "DenyNames", "\\{a,b} {a} a}", SETTINGS_DENY_NAMES,
	    "\\{a,b} {a} a}" },
	{ "DenyNames", "\\[a ] []] [!]x] [[:digit:]x]", SETTINGS_DENY_NAMES,
	    "\\[a ] []] [!]x] [[:digit:]x]" },
	{ "DenyNames", "[!a-z]* .??*", SETTINGS_DENY_NAMES, "[!a-z]* .??*" },
	{ "LoginMessage", "\033[2J", SETTINGS_LOGIN_MESSAGE, NULL },
	{ "LoginMessage", "", SETTINGS_LOGIN_MESSAGE, NULL },
};

START_TEST(values)
{
	static struct settings before;
	const enum settings_keyword index = value_rows[_i].index;
	bool ok;

	before = settings;
	ok = settings_set(&settings, value_rows[_i].keyword,
	    value_rows[_i].value, err, sizeof(err));
	ck_assert_msg(ok == (value_rows[_i].want != NULL), "%s \"%s\": %s",
	    value_rows[_i].keyword, value_rows[_i].value, err);
	ck_assert_int_eq(settings_is_set(&settings, index), ok);
	if (!ok) {
		ck_assert_mem_eq(&settings, &before, sizeof(before));
		ck_assert_str_ne(err, "");
		ck_assert_ptr_nonnull(strstr(err, ": expected "));
		return;
	}
	ck_assert_str_eq(printed(index), value_rows[_i].want);
	/* What is printed is accepted, and means the same. */
	before = settings;
	settings_init(&settings);
	ck_assert(settings_set(&settings, settings_name(index),
	    value_rows[_i].want, err, sizeof(err)));
	ck_assert_str_eq(printed(index), value_rows[_i].want);
	if (strchr(value_rows[_i].value, '"') == NULL &&
	    strchr(value_rows[_i].value, '\\') == NULL)
		ck_assert_mem_eq(&settings, &before, sizeof(before));
}
END_TEST

static const struct {
	const char *keyword;
	const char *value;
	const char *want;
} message_rows[] = {
	{ "MaxDeep", "3", "unknown keyword MaxDeep: did you mean MaxDepth?" },
	{ "umaks", "3", "unknown keyword umaks: did you mean Umask?" },
	{ "Roots", "3", "unknown keyword Roots: did you mean Root?" },
	{ "LogFacilty", "3",
	    "unknown keyword LogFacilty: did you mean LogFacility?" },
	{ "FilMode", "3", "unknown keyword FilMode: did you mean FileMode?" },
	{ "Foo", "3", "unknown keyword Foo" },
	{ "Chrot", "3", "unknown keyword Chrot: did you mean Chroot?" },
	{ "Chroot", "maybe", "Chroot \"maybe\": expected auto, yes or no" },
	{ "Landlock", "7", "Landlock \"7\": expected auto, yes or no" },
	{ "SeccompAction", "trap",
	    "SeccompAction \"trap\": expected kill, errno or log" },
	{ "", "3", "unknown keyword " },
	{ "PermitRootLogin", "3", "unknown keyword PermitRootLogin" },
	{ "a\nb", "3", "unknown keyword a?b" },
	/* what is cut */
	{ "0123456789012345678901234567890123456789012345678901234567890123"
	  "cut",
	    "3",
	    "unknown keyword 012345678901234567890123456789012345678901234567"
	    "8901234567890123" },
	{ "Root", "srv",
	    "Root \"srv\": expected an absolute path or one that begins with "
	    "%h; the tokens are %h, %u, %U and %%" },
	{ "startdirectory", "%x",
	    "StartDirectory \"%x\": expected a path inside the root; the "
	    "tokens are %h, %u, %U and %%" },
	{ "Access", "rw",
	    "Access \"rw\": expected read-only, write-only or read-write" },
	{ "Umask", "8",
	    "Umask \"8\": expected octal digits up to 0777, or inherited" },
	{ "FileMode", "8",
	    "FileMode \"8\": expected octal digits up to 0777, or none" },
	{ "DirectoryMode", "8",
	    "DirectoryMode \"8\": expected octal digits up to 0777, or none" },
	{ "MaxDepth", "", "MaxDepth \"\": expected a number from 1 to 256" },
	{ "MaxMatches", "0",
	    "MaxMatches \"0\": expected a number from 1 to 1000000" },
	{ "DiscardLimit", "much",
	    "DiscardLimit \"much\": expected a number of bytes, perhaps with "
	    "K, M, G or T" },
	{ "LogLevel", "a\nb",
	    "LogLevel \"a\\nb\": expected QUIET, FATAL, ERROR, INFO, VERBOSE "
	    "or DEBUG" },
	{ "LogFacility", "x",
	    "LogFacility \"x\": expected DAEMON, USER, AUTH, AUTHPRIV or "
	    "LOCAL0 to LOCAL7" },
	{ "LoginMessage", "\t",
	    "LoginMessage \"\\t\": expected one line of printable text, at "
	    "most 511 bytes" },
	{ "MaxFilesize ", "1G",
	    "unknown keyword MaxFilesize : did you mean MaxFileSize?" },
	{ "MaxFiles", "many",
	    "MaxFiles \"many\": expected a number from 1 to 1000000000, or "
	    "none" },
	{ "Overwrite", "maybe",
	    "Overwrite \"maybe\": expected yes, no or version" },
	{ "KeepVersions", "0",
	    "KeepVersions \"0\": expected a number from 1 to 1000000000, or "
	    "all" },
	{ "IdleTimeout", "0",
	    "IdleTimeout \"0\": expected a time from 1s to 24d such as 90, "
	    "10m or 1h30m, or none" },
	{ "MinFreeSpace", "100%",
	    "MinFreeSpace \"100%\": expected a number of bytes, perhaps with "
	    "K, M, G or T, or 1% to 99%, or none" },
	{ "UploadRate", "0",
	    "UploadRate \"0\": expected a number of bytes a second, perhaps "
	    "with K, M, G or T, or none" },
	{ "AllowNames", "a/b",
	    "AllowNames \"a/b\": expected patterns for single names with "
	    "blanks between, not commas or braces, in double quotes if any, "
	    "or none" },
	{ "TransferLog", "log",
	    "TransferLog \"log\": expected an absolute path or one that begins "
	    "with %h, syslog or none; the tokens are %h, %u, %U and %%" },
};

START_TEST(messages)
{
	ck_assert(!settings_set(&settings, message_rows[_i].keyword,
	    message_rows[_i].value, err, sizeof(err)));
	ck_assert_str_eq(err, message_rows[_i].want);
}
END_TEST

/* Letters are those of ASCII; nothing else has a case. */
START_TEST(any_case)
{
	ck_assert(spelling_same("MaxDepth", "mAXdEPTH"));
	ck_assert(spelling_same("AZaz", "azAZ"));
	ck_assert(!spelling_same("Root", "Roots"));
	ck_assert(!spelling_same("Roots", "Root"));
	ck_assert(!spelling_same("@[", "`{"));
	ck_assert(!spelling_same("\xc4", "\xe4"));
}
END_TEST

START_TEST(message_is_cut)
{
	char small[12];

	memset(small, 'x', sizeof(small));
	ck_assert(!settings_set(&settings, "Foo", "", small, 10));
	ck_assert_str_eq(small, "unknown k");
	ck_assert_int_eq(small[10], 'x');
}
END_TEST

START_TEST(long_values)
{
	static char value[SETTINGS_PATH_BYTES + 1];

	memset(value, 'a', SETTINGS_PATH_BYTES);
	value[0] = '/';
	ck_assert(!settings_set(&settings, "Root", value, err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "aaa\"...\"aaa"));
	value[SETTINGS_PATH_BYTES - 1] = '\0';
	ck_assert(settings_set(&settings, "Root", value, err, sizeof(err)));
	ck_assert_str_eq(settings.root, value);
	ck_assert_str_eq(printed(SETTINGS_ROOT), value);
	value[512] = '\0';
	ck_assert(
	    !settings_set(&settings, "LoginMessage", value, err, sizeof(err)));
	value[511] = '\0';
	ck_assert(
	    settings_set(&settings, "LoginMessage", value, err, sizeof(err)));
	ck_assert_str_eq(settings.login_message, value);
	value[500] = '\0';
	ck_assert(
	    !settings_set(&settings, "RefuseMessage", value, err, sizeof(err)));
	value[499] = '\0';
	ck_assert(
	    settings_set(&settings, "RefuseMessage", value, err, sizeof(err)));
	ck_assert_str_eq(settings.refuse_message, value);
}
END_TEST

START_TEST(first_value_wins)
{
	ck_assert(settings_set(&settings, "Umask", "027", err, sizeof(err)));
	ck_assert(settings.policy.umask_is_set);
	ck_assert(settings_set(&settings, "umask", "0", err, sizeof(err)));
	ck_assert_uint_eq(settings.policy.umask, 027);
	ck_assert(!settings_set(&settings, "Umask", "9", err, sizeof(err)));
	ck_assert_uint_eq(settings.policy.umask, 027);
	/* The default does not count as a value. */
	ck_assert(settings_set(&settings, "Root", "/a", err, sizeof(err)));
	ck_assert(settings_set(&settings, "Root", "/b", err, sizeof(err)));
	ck_assert_str_eq(settings.root, "/a");
}
END_TEST

/* The one after the first is checked and dropped, for every keyword. */
static const struct {
	const char *keyword;
	const char *first;
	const char *second;
} second_rows[] = {
	{ "Root", "/a", "/b" },
	{ "StartDirectory", "/a", "/b" },
	{ "Access", "read-only", "read-write" },
	{ "Umask", "1", "2" },
	{ "FileMode", "1", "2" },
	{ "DirectoryMode", "1", "2" },
	{ "MaxDepth", "1", "2" },
	{ "MaxMatches", "1", "2" },
	{ "DiscardLimit", "1", "2" },
	{ "LogLevel", "QUIET", "INFO" },
	{ "LogFacility", "USER", "AUTH" },
	{ "LoginMessage", "a", "b" },
	{ "Overwrite", "no", "version" },
	{ "KeepVersions", "1", "2" },
	{ "MakeDirectories", "no", "yes" },
	{ "HiddenFiles", "no", "yes" },
	{ "ProtectHome", "no", "yes" },
	{ "AllowNames", "a", "b" },
	{ "DenyNames", "a", "b" },
	{ "MaxFileSize", "1", "2" },
	{ "MaxTotalSize", "1", "2" },
	{ "MaxFiles", "1", "2" },
	{ "MinFreeSpace", "1", "2%" },
	{ "UploadRate", "1", "2" },
	{ "DownloadRate", "1", "2" },
	{ "IdleTimeout", "1", "2" },
	{ "SessionTimeout", "1", "2" },
	{ "PreserveModes", "no", "yes" },
	{ "PreserveTimes", "no", "yes" },
	{ "SpecialBits", "yes", "no" },
	{ "Symlinks", "no", "inside" },
	{ "HardLinks", "no", "yes" },
	{ "CrossMounts", "no", "yes" },
	{ "Atomic", "no", "yes" },
	{ "Sync", "file", "no" },
	{ "Chroot", "no", "yes" },
	{ "Landlock", "no", "yes" },
	{ "SeccompAction", "log", "kill" },
	{ "EarlyAck", "no", "auto" },
	{ "Pipelining", "yes", "no" },
	{ "TransferLog", "syslog", "/a" },
	{ "TransferLogFormat", "xferlog", "json" },
	{ "Digest", "sha256", "none" },
	{ "RefuseMessage", "a", "b" },
	{ "HonourDisableScp", "no", "yes" },
};

START_TEST(second_value)
{
	static struct settings before;

	ck_assert_uint_eq(LENGTH(second_rows), SETTINGS__COUNT);
	ck_assert(settings_set(&settings, second_rows[_i].keyword,
	    second_rows[_i].first, err, sizeof(err)));
	before = settings;
	ck_assert(settings_set(&settings, second_rows[_i].keyword,
	    second_rows[_i].second, err, sizeof(err)));
	ck_assert_mem_eq(&settings, &before, sizeof(before));
}
END_TEST

START_TEST(umask_is_set_by_umask_alone)
{
	ck_assert(settings_set(&settings, "FileMode", "027", err, sizeof(err)));
	ck_assert(!settings.policy.umask_is_set);
	ck_assert(!settings_set(&settings, "Umask", "888", err, sizeof(err)));
	ck_assert(!settings.policy.umask_is_set);
}
END_TEST

static const struct {
	const char *line;
	const char *root; /* NULL: refused */
} line_rows[] = {
	{ "Root=/srv", "/srv" },
	{ "Root /srv", "/srv" },
	{ "root\t=\t/srv", "/srv" },
	{ "  Root = /srv  \t", "/srv" },
	{ "Root=\"/srv\"", "/srv" },
	{ "Root \"/a b \" ", "/a b " },
	{ "Root=/a=b", "/a=b" },
	{ "Root=/a b", "/a b" },
	{ "Root=/a\"b\"", "/a\"b\"" },
	{ "Root==/a", NULL },
	{ "Root=\"/srv", NULL },
	{ "Root=\"", NULL },
	{ "Root=\"\"", NULL },
	{ "Root=\"/a\" \"/b\"", NULL },
	{ "Root=\"/a\" b", NULL },
	{ "Root=", NULL },
	{ "Root", NULL },
	{ "Root  ", NULL },
	{ "Root =", NULL },
	{ "", NULL },
	{ "=/srv", NULL },
	{ "  ", NULL },
	{ "Rot=/srv", NULL },
};

START_TEST(lines)
{
	const char *want = line_rows[_i].root;
	bool ok;

	ok = settings_set_line(&settings, line_rows[_i].line, err, sizeof(err));
	ck_assert_int_eq(ok, want != NULL);
	ck_assert_str_eq(settings.root, want != NULL ? want : "%h");
	ck_assert_int_eq(ok, err[0] == '\0');
}
END_TEST

START_TEST(line_messages)
{
	ck_assert(!settings_set_line(&settings, "=1", err, sizeof(err)));
	ck_assert_str_eq(
	    err, "a keyword and its value are expected: Keyword=value");
	ck_assert(!settings_set_line(&settings, "Root=\"/", err, sizeof(err)));
	ck_assert_str_eq(err, "Root: the value is not between two quotes");
	ck_assert(!settings_set_line(&settings, "Rot=/", err, sizeof(err)));
	ck_assert_str_eq(err, "unknown keyword Rot: did you mean Root?");
	memory_is_out = true;
	ck_assert(!settings_set_line(&settings, "Root=/", err, sizeof(err)));
	ck_assert_str_eq(err, "out of memory");
}
END_TEST

/* In a list the quotes are those of single names. */
START_TEST(list_lines)
{
	ck_assert(settings_set_line(
	    &settings, "AllowNames \"a b\" *.c \"d e\" ", err, sizeof(err)));
	ck_assert_mem_eq(settings.policy.allow_names, "a b\0*.c\0d e\0", 13);
	ck_assert(settings_set_line(
	    &settings, "denynames=\"a b\"", err, sizeof(err)));
	ck_assert_mem_eq(settings.policy.deny_names, "a b\0", 5);
	ck_assert(!settings_set_line(
	    &settings, "AllowNames \"a b", err, sizeof(err)));
}
END_TEST

START_TEST(long_lists)
{
	static char value[POLICY_NAMES_BYTES + 1];

	/* All of the room, with the empty one behind. */
	memset(value, 'a', POLICY_NAMES_BYTES - 2);
	ck_assert(
	    settings_set(&settings, "AllowNames", value, err, sizeof(err)));
	ck_assert_mem_eq(
	    settings.policy.allow_names, value, POLICY_NAMES_BYTES - 1);
	ck_assert_int_eq(
	    settings.policy.allow_names[POLICY_NAMES_BYTES - 1], '\0');
	ck_assert_str_eq(printed(SETTINGS_ALLOW_NAMES), value);
	value[POLICY_NAMES_BYTES - 2] = 'a';
	ck_assert(
	    !settings_set(&settings, "DenyNames", value, err, sizeof(err)));
	/* Many short ones. */
	memset(value, ' ', POLICY_NAMES_BYTES);
	for (size_t i = 0; i < POLICY_NAMES_BYTES - 2; i += 2)
		value[i] = 'x';
	value[POLICY_NAMES_BYTES - 2] = '\0';
	ck_assert(
	    settings_set(&settings, "DenyNames", value, err, sizeof(err)));
}
END_TEST

/* What -T prints can be set again, with quotes that it did not have. */
START_TEST(long_list_with_quotes)
{
	static char value[POLICY_NAMES_BYTES + 1], again[PATH_BYTES_MAX];

	for (size_t len = POLICY_NAMES_BYTES - 5; len <= POLICY_NAMES_BYTES - 2;
	     len++) {
		settings_init(&settings);
		memset(value, 'a', len);
		value[len / 2] = '#';
		value[len] = '\0';
		if (!settings_set(
			&settings, "AllowNames", value, err, sizeof(err)))
			continue;
		ck_assert_uint_lt(len, POLICY_NAMES_BYTES - 3);
		(void)snprintf(
		    again, sizeof(again), "%s", printed(SETTINGS_ALLOW_NAMES));
		settings_init(&settings);
		ck_assert(settings_set(
		    &settings, "AllowNames", again, err, sizeof(err)));
		ck_assert_str_eq(printed(SETTINGS_ALLOW_NAMES), again);
	}
}
END_TEST

/* Two setters, and whose value is kept. */
static const struct {
	enum settings_source first;
	enum settings_source second;
	const char *want;
} strength_rows[] = {
	{ SETTINGS_FROM_OPTION, SETTINGS_FROM_OPTION, "/a" },
	{ SETTINGS_FROM_OPTION, SETTINGS_FROM_MATCH, "/a" },
	{ SETTINGS_FROM_OPTION, SETTINGS_FROM_FILE, "/a" },
	{ SETTINGS_FROM_MATCH, SETTINGS_FROM_OPTION, "/b" },
	{ SETTINGS_FROM_MATCH, SETTINGS_FROM_MATCH, "/a" },
	{ SETTINGS_FROM_MATCH, SETTINGS_FROM_FILE, "/a" },
	{ SETTINGS_FROM_FILE, SETTINGS_FROM_OPTION, "/b" },
	{ SETTINGS_FROM_FILE, SETTINGS_FROM_MATCH, "/b" },
	{ SETTINGS_FROM_FILE, SETTINGS_FROM_FILE, "/a" },
};

START_TEST(origins)
{
	const struct settings_origin first = {
		.source = strength_rows[_i].first, .file = 3, .line = 17
	};
	const struct settings_origin second = {
		.source = strength_rows[_i].second, .file = 4, .line = 1
	};
	const char *want = strength_rows[_i].want;

	settings.setter = first;
	ck_assert(settings_set(&settings, "Root", "/a", err, sizeof(err)));
	settings.setter = second;
	ck_assert(settings_set(&settings, "Root", "/b", err, sizeof(err)));
	ck_assert(!settings_set(&settings, "Root", "c", err, sizeof(err)));
	ck_assert_str_eq(settings.root, want);
	ck_assert_mem_eq(&settings.origin[SETTINGS_ROOT],
	    strcmp(want, "/a") == 0 ? &first : &second, sizeof(first));
	ck_assert_int_eq(
	    settings.origin[SETTINGS_UMASK].source, SETTINGS_FROM_DEFAULT);
}
END_TEST

START_TEST(only_checked)
{
	ck_assert(settings_set_line(NULL, "Root /a", err, sizeof(err)));
	ck_assert(settings_set_line(NULL, "AllowNames a b", err, sizeof(err)));
	ck_assert(!settings_set_line(NULL, "Root a", err, sizeof(err)));
	ck_assert(!settings_set_line(NULL, "Rot /a", err, sizeof(err)));
}
END_TEST

/* A set umask bounds -p, an inherited one does not, whoever said so. */
START_TEST(umask_said_to_be_inherited)
{
	ck_assert(
	    settings_set(&settings, "Umask", "inherited", err, sizeof(err)));
	ck_assert(!settings.policy.umask_is_set);
	ck_assert(settings_set(&settings, "Umask", "077", err, sizeof(err)));
	ck_assert(!settings.policy.umask_is_set);
}
END_TEST

static const struct {
	int letter;
	const char *value;
	enum settings_keyword index;
	const char *want;
} letter_rows[] = {
	{ 'r', "/srv", SETTINGS_ROOT, "/srv" },
	{ 'd', "in", SETTINGS_START_DIRECTORY, "in" },
	{ 'R', NULL, SETTINGS_ACCESS, "read-only" },
	{ 'R', "read-write", SETTINGS_ACCESS, "read-only" },
	{ 'u', "077", SETTINGS_UMASK, "0077" },
	{ 'm', "0600", SETTINGS_FILE_MODE, "0600" },
	{ 'l', "ERROR", SETTINGS_LOG_LEVEL, "ERROR" },
	{ 'f', "USER", SETTINGS_LOG_FACILITY, "USER" },
};

START_TEST(letters)
{
	ck_assert(settings_set_letter(&settings, letter_rows[_i].letter,
	    letter_rows[_i].value, err, sizeof(err)));
	ck_assert(settings_is_set(&settings, letter_rows[_i].index));
	ck_assert_str_eq(printed(letter_rows[_i].index), letter_rows[_i].want);
}
END_TEST

START_TEST(bad_letters)
{
	ck_assert(!settings_set_letter(&settings, 'x', "1", err, sizeof(err)));
	ck_assert_str_eq(err, "unknown option -x");
	/* Keywords without a letter have none. */
	ck_assert(!settings_set_letter(&settings, 0, "1", err, sizeof(err)));
	ck_assert(!settings_set_letter(&settings, 'u', "9", err, sizeof(err)));
	ck_assert_str_eq(
	    err, "Umask \"9\": expected octal digits up to 0777, or inherited");
}
END_TEST

static Suite *
settings_suite(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("settings");
	tc = tcase_create("values");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, defaults, 0, LENGTH(default_rows));
	tcase_add_test(tc, default_fields);
	tcase_add_loop_test(tc, values, 0, LENGTH(value_rows));
	tcase_add_test(tc, long_values);
	tcase_add_test(tc, first_value_wins);
	tcase_add_loop_test(tc, second_value, 0, LENGTH(second_rows));
	tcase_add_test(tc, umask_is_set_by_umask_alone);
	tcase_add_test(tc, umask_said_to_be_inherited);
	tcase_add_test(tc, long_lists);
	tcase_add_test(tc, long_list_with_quotes);
	tcase_add_loop_test(tc, origins, 0, LENGTH(strength_rows));
	tcase_add_test(tc, only_checked);
	suite_add_tcase(s, tc);
	tc = tcase_create("messages");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, messages, 0, LENGTH(message_rows));
	tcase_add_test(tc, any_case);
	tcase_add_test(tc, message_is_cut);
	suite_add_tcase(s, tc);
	tc = tcase_create("lines");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, lines, 0, LENGTH(line_rows));
	tcase_add_test(tc, line_messages);
	tcase_add_test(tc, list_lines);
	tcase_add_loop_test(tc, letters, 0, LENGTH(letter_rows));
	tcase_add_test(tc, bad_letters);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return tap_run(srunner_create(settings_suite())) != 0;
}

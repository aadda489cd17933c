/* SPDX-License-Identifier: ISC */
/*
 * A line is refused, or what was read lies within bounds, and written again
 * it reads the same.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
check_item(const char *line, size_t len, const struct proto_record *r)
{
	char buf[RECORD_BYTES_MAX + 2], name[NAME_BYTES_MAX + 1];
	struct proto_record again;
	size_t n;

	require((r->mode & ~(mode_t)07777) == 0);
	require(r->size >= 0);
	require(r->type == PROTO_FILE || r->size == 0);
	require(r->name > line && r->name + r->namelen == line + len);
	require(proto_is_name(r->name, r->namelen));
	require(memchr(r->name, '/', r->namelen) == NULL);
	require(r->namelen >= 1 && r->namelen <= NAME_BYTES_MAX);
	memcpy(name, r->name, r->namelen);
	name[r->namelen] = '\0';
	require(strlen(name) == r->namelen);
	n = proto_format_item(
	    buf, sizeof(buf), r->type, r->mode, r->size, name);
	require(n > 1 && n == strlen(buf));
	require(memchr(buf, '\n', n) == buf + n - 1);
	if (memchr(r->name, '\n', r->namelen) != NULL)
		return; /* no reader hands on such a line; it is rewritten */
	require(proto_parse(buf, n - 1, &again) == PROTO_OK);
	require(again.type == r->type && again.mode == r->mode);
	require(again.size == r->size && again.namelen == r->namelen);
	require(memcmp(again.name, r->name, r->namelen) == 0);
	for (; n > 0; n--)
		require(proto_format_item(
			    buf, n, r->type, r->mode, r->size, name) == 0);
}

static void
check_times(const struct proto_record *r)
{
	char buf[RECORD_BYTES_MAX + 2];
	struct proto_record again;
	size_t n;

	require(r->mtime.tv_sec >= 0 && r->atime.tv_sec >= 0);
	require(r->mtime.tv_nsec >= 0 && r->mtime.tv_nsec < 1000000000);
	require(r->atime.tv_nsec >= 0 && r->atime.tv_nsec < 1000000000);
	n = proto_format_times(
	    buf, sizeof(buf), r->mtime.tv_sec, r->atime.tv_sec);
	require(n > 1 && n == strlen(buf) && buf[n - 1] == '\n');
	require(proto_parse(buf, n - 1, &again) == PROTO_OK);
	require(again.type == PROTO_TIMES);
	require(again.mtime.tv_sec == r->mtime.tv_sec);
	require(again.atime.tv_sec == r->atime.tv_sec);
	require(again.mtime.tv_nsec == 0 && again.atime.tv_nsec == 0);
}

static void
check_refused(const char *line, size_t len, enum proto_err err)
{
	const char *name;
	size_t namelen;

	proto_bad_name(line, len, &name, &namelen);
	if (err == PROTO_E_NAME) {
		require(name > line && name + namelen == line + len);
		require(!proto_is_name(name, namelen));
	} else
		require(namelen == 0);
	require(strlen(proto_strerror(err)) > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	struct proto_record r;
	enum proto_err err;

	err = proto_parse(line, size, &r);
	if (err != PROTO_OK) {
		check_refused(line, size, err);
		return 0;
	}
	require(line[0] == (char)r.type);
	if (r.type == PROTO_FILE || r.type == PROTO_DIR)
		check_item(line, size, &r);
	else if (r.type == PROTO_TIMES)
		check_times(&r);
	else if (r.type == PROTO_END)
		require(size == 1);
	else
		require(r.text == line + 1 && r.textlen == size - 1);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * Limits that hold whatever the configuration says, and compiler attributes.
 * Lowest layer: every module may include this, and this includes no module.
 */
#ifndef DEFS_H
#define DEFS_H

/* Bytes of one control record without its newline (scp.c of OpenSSH: 2046). */
#define RECORD_BYTES_MAX 2046

/* Bytes of the text in an error record that we send, all included. */
#define MESSAGE_BYTES_MAX 512

/* Bytes of one component of a path, as NAME_MAX. */
#define NAME_BYTES_MAX 255

/* Directory levels that may be open at once; MaxDepth cannot exceed it. */
#define DEPTH_MAX 256

/* Symbolic links followed while one path is walked, as in path_resolution(7).
 */
#define LINKS_MAX 40

/* Components gone through in one walk, those of links included. */
#define STEPS_MAX 4096

/* Bytes of a path inside the root, as typed or as resolved; as PATH_MAX. */
#define PATH_BYTES_MAX 4096

#define ATTR_USE               __attribute__((warn_unused_result))
#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ATTR_FALLTHROUGH       __attribute__((fallthrough))
#define ATTR_APART             __attribute__((noinline)) /* a large frame */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif

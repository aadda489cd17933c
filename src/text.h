/* SPDX-License-Identifier: ISC */
/*
 * Printable forms of bytes that somebody else chose.  Pure: no I/O, no
 * allocation, no locale.  Every result ends with a NUL and is cut to the size
 * given.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "defs.h"

/*
 * For logs: the bytes between double quotes, encoded as vis(3) does so that
 * one line stays one line, and a quote or backslash with a backslash before it
 * so that neither can be forged; unvis(3) reads it.  What does not fit is cut
 * out of the middle, where ... stands unquoted then: "begin"..."end".  size is
 * at least 32.  Returns dst.
 */
const char *text_quote(char *dst, size_t size, const char *src, size_t len);

/*
 * For a whole line of the log, whose parts went through text_quote() where
 * that is needed: control bytes and bytes over 126 are encoded in the same
 * way, quotes and backslashes stay.  What does not fit is cut off the end.
 * size is at least 1.  Returns the bytes before the NUL.
 */
size_t text_line(char *dst, size_t size, const char *src, size_t len);

/*
 * The UTF-8 character at the start of text, which has len bytes, at least one:
 * the bytes it takes and its code, or 0 if there is no valid one.  Not valid
 * are overlong forms, halves of surrogate pairs, and what is beyond U+10FFFF
 * (RFC 3629, section 3).
 */
size_t text_character(const char *text, size_t len, uint32_t *code) ATTR_USE;

/*
 * May it appear on a terminal?  Not C0, DEL and C1, which drive it; not the
 * separators of lines and paragraphs and the marks that turn the direction of
 * writing, which make a line look like another one.
 */
bool text_is_shown(uint32_t code) ATTR_USE;

/* A blank of any kind: readers may know those of Unicode. */
bool text_is_blank(uint32_t code) ATTR_USE;

/*
 * In lists that an administrator writes, blanks are the space and the tab, and
 * quotes the double ones.  Is what p begins with one that only looks like it: a
 * blank of Unicode, or where a word begins a single or typographic quote?
 */
bool text_is_lookalike(const char *p, bool begins_word) ATTR_USE;

/*
 * For the client's screen: valid UTF-8 stays, control characters (C0, DEL,
 * C1), those that break lines or turn the direction of writing, and bytes that
 * are no UTF-8 become `?' (CVE-2019-6109, CVE-2019-6110).  What does not fit
 * is cut off the end between characters.  In place is allowed (dst == src).
 * Returns the bytes before the NUL.
 */
size_t text_plain(char *dst, size_t size, const char *src, size_t len);

/* The same for a formatted message; empty if it cannot be formatted. */
size_t text_format(char *dst, size_t size, const char *fmt, ...)
    ATTR_PRINTF(3, 4);
size_t text_vformat(char *dst, size_t size, const char *fmt, va_list ap)
    ATTR_PRINTF(3, 0);

/*
 * Append as much of more as there is room for; dst has used bytes before its
 * NUL.  Returns how many there are then.  printf(3) would do as well, but most
 * sessions start without it, and that much sooner.
 */
size_t text_add(char *dst, size_t size, size_t used, const char *more);
size_t text_add_number(
    char *dst, size_t size, size_t used, unsigned long number);

/*
 * A message of the form "path: reason" for the client, printable and never
 * without its reason: a path too long loses its beginning.
 */
size_t text_reason(
    char *dst, size_t size, const char *path, const char *reason);

#endif

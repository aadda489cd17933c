/* SPDX-License-Identifier: ISC */
/*
 * The kinds of values that keywords take: how each is read from text, bounded
 * and written again.  Pure.  Numbers take no sign and no blank, words any
 * case; what is printed is accepted and means the same.
 */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>
#include <stddef.h>

struct value_type {
	const char *expected; /* what is right, for whoever wrote another one */
	/* Without a field it only checks; false: the field is as it was. */
	bool (*parse)(
	    const struct value_type *type, const char *text, void *field);
	void (*print)(const struct value_type *type, const void *field,
	    char *dst, size_t size);
	long long least; /* of a number */
	long long most;  /* of a number; the bytes of a text, NUL included */
	const char *const *names; /* of enumerators, NULL behind the last */
	const char *absent; /* a word for no value at all, as none; or NULL */
	long long instead;  /* what a number is then */
};

/* unsigned: a number. */
bool value_parse_count(
    const struct value_type *type, const char *text, void *field);
void value_print_count(
    const struct value_type *type, const void *field, char *dst, size_t size);

/* off_t: bytes, perhaps with K, M, G or T. */
bool value_parse_size(
    const struct value_type *type, const char *text, void *field);
void value_print_size(
    const struct value_type *type, const void *field, char *dst, size_t size);

/* struct policy_space: bytes, or a number with %. */
bool value_parse_space(
    const struct value_type *type, const char *text, void *field);
void value_print_space(
    const struct value_type *type, const void *field, char *dst, size_t size);

/* unsigned: seconds, as in the TIME FORMATS of sshd_config(5). */
bool value_parse_time(
    const struct value_type *type, const char *text, void *field);
void value_print_time(
    const struct value_type *type, const void *field, char *dst, size_t size);

/* mode_t: octal digits. */
bool value_parse_mode(
    const struct value_type *type, const char *text, void *field);
void value_print_mode(
    const struct value_type *type, const void *field, char *dst, size_t size);

/* An enumerator: the place of the word in names; and bool, of the same. */
bool value_parse_enum(
    const struct value_type *type, const char *text, void *field);
void value_print_enum(
    const struct value_type *type, const void *field, char *dst, size_t size);
bool value_parse_bool(
    const struct value_type *type, const char *text, void *field);
void value_print_bool(
    const struct value_type *type, const void *field, char *dst, size_t size);

/* char[most]: one line of printable text. */
bool value_parse_text(
    const struct value_type *type, const char *text, void *field);
void value_print_text(
    const struct value_type *type, const void *field, char *dst, size_t size);

/*
 * char[most], printed as a text: a path whose tokens identity_expand() has.
 * The second kind is absolute or begins with %h.
 */
bool value_parse_path(
    const struct value_type *type, const char *text, void *field);
bool value_parse_absolute(
    const struct value_type *type, const char *text, void *field);

/*
 * char[most]: fnmatch(3) patterns for single names, each with its NUL, an
 * empty one behind the last.  In the text blanks stand between them; double
 * quotes keep blanks in one and are dropped, a backslash keeps the byte behind
 * it and stays, as fnmatch(3) has it.
 */
bool value_parse_names(
    const struct value_type *type, const char *text, void *field);
void value_print_names(
    const struct value_type *type, const void *field, char *dst, size_t size);

#endif

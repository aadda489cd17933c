/* SPDX-License-Identifier: ISC */
/*
 * What is taken of libbsd, in one place: its headers lean on those of the libc
 * that it was built for, its functions do not.  A static program takes the
 * functions from the archive of a distribution with another libc.
 */
#ifndef BSD_H
#define BSD_H

#ifdef HAVE_BSD_UNISTD_H
#include <bsd/stdlib.h>
#include <bsd/unistd.h>
#else
#include <stdint.h>

void closefrom(int lowest);
int dehumanize_number(const char *text, int64_t *number);
long long strtonum(
    const char *text, long long min, long long max, const char **err);
#endif

#endif

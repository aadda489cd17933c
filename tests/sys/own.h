/* SPDX-License-Identifier: ISC */
/*
 * What a test has to itself where root runs it, until its process ends: mounts
 * that nobody else sees.  false: there is no such thing here.
 */
#ifndef OWN_H
#define OWN_H

#include <stdbool.h>

bool own_mounts(void);

/*
 * An /etc with this passwd, and with an ssh that everybody may change.  All of
 * it, because a file that is mounted is gone when others replace the one below,
 * as useradd(8) does.
 */
bool own_etc(const char *passwd);

/*
 * In such a one or elsewhere, an empty configuration at its default path; not
 * where that would hide the tests, or write to a disk.
 */
bool own_conf(void);

#endif

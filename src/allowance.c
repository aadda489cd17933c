/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "allowance.h"

void
allowance_init(struct allowance *a, off_t limit, unsigned free)
{
	a->left = limit;
	a->free = free;
}

bool
allowance_pay(struct allowance *a, off_t size)
{
	if (size > a->left)
		return false;
	a->left -= size;
	if (a->free > 0)
		a->free--;
	else
		a->left -= ALLOWANCE_PRICE;
	return true;
}

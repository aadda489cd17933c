#!/bin/sh
# The manual pages pass mandoc's lint at level warning.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

need mandoc
for page in "$SRCDIR"/src/*.[58]; do
	[ -f "$page" ] || skip_all 'no manual pages'
	check "${page##*/}" "$(mandoc -T lint -W warning "$page" 2>&1)"
done
finish

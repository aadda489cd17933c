#!/bin/sh
# What tests/mutate accepts, and the tests that it runs, are still there.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

need python3
check 'each name in tests/mutate is of something' \
	"$("$SRCDIR/tests/mutate" -c 2>&1)"
finish

#!/bin/sh
# Our scripts pass shellcheck.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

need shellcheck
cd "$SRCDIR" || exit 1
for script in $(find .ci contrib tests -type f -exec awk '
    FNR == 1 && /^#!.*sh( |$)/ { print FILENAME }' {} + | sort); do
	check "$script" "$(shellcheck "$script" 2>&1)"
done
finish

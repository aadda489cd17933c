#!/bin/sh
# Every header compiles alone, and twice.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

for header in "$SRCDIR"/src/*.h; do
	name=${header##*/}
	# CC and LIBBSD_CFLAGS may be several words.
	# shellcheck disable=SC2086
	check "$name compiles alone" "$(
		printf '#include "config.h"\n#include "%s"\n#include "%s"\n%s\n' \
		    "$name" "$name" 'int main(void) { return 0; }' |
		    $CC $LIBBSD_CFLAGS -Wall -Wextra -Werror -fsyntax-only \
		    -I "$BUILDDIR" -iquote "$SRCDIR/src" -x c - 2>&1)"
done
finish

#!/bin/sh
# No function over 80 lines, signature to closing brace; no .c over 600.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

need ctags
case $(ctags --version 2>/dev/null) in
*'Universal Ctags'*) ;;
*) skip_all 'ctags is not Universal Ctags' ;;
esac
cd "$SRCDIR" || exit 1
check 'no function over 80 lines' "$(
	ctags -x --_xformat='%F %N %n %{end}' --kinds-C=f --languages=C \
	    --fields=+e src/*.c |
	    awk '$4 - $3 + 1 > 80 { print $1 ": " $2 " has " $4 - $3 + 1 }')"
check 'no source file over 600 lines' "$(
	wc -l src/*.c | awk '$2 != "total" && $1 > 600 { print $2 " has " $1 }')"
finish

#!/bin/sh
# Each reason code that the log can have is in scp-server(8).
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

src=$SRCDIR/src
page=$src/scp-server.8
[ -f "$page" ] || skip_all 'no src/scp-server.8'

# not_in_page CODES: those that no list of the page has
listed=$(sed -n '/^\.Sh LOGGING/,/^\.Ss Records/s/^\.It Cm //p
	/\\$/,/[^\\]$/p' "$page" | sed 's/ Ta .*//' | tr -c 'a-z-' '\n')
not_in_page() {
	[ -n "$1" ] || echo 'no codes are found'
	for code in $1; do
		printf '%s\n' "$listed" | grep -qx -e "$code" || echo "$code"
	done
}

check 'codes of decisions' "$(not_in_page "$(
	grep -o '\[POLICY_[A-Z_]*\] = { "[a-z-]*"' "$src/policy.c" |
		cut -d '"' -f 2 | grep -vx allowed)")"
check 'codes of errors' "$(not_in_page "$(
	grep -o '{ E[A-Z0-9_]*, "[a-z-]*",' "$src/errors.c" |
		cut -d '"' -f 2; echo error)")"
check 'codes of timeouts and signals' "$(not_in_page "$(
	grep -o '\[DEADLINE_[A-Z]*\] = { "[a-z-]*"' "$src/deadline.c" |
		cut -d '"' -f 2)")"
check 'codes of commands' "$(not_in_page "$(
	sed -n '/^command_code(/,/^}/s/.*return "\([a-z-]*\)".*/\1/p' \
	    "$src/command.c")")"
check 'codes that are written where they are used' "$(not_in_page "$(
	cat "$src"/*.c | tr -d '\n\t' |
		grep -o '_\(refused\|failed\)([a-z>-]*audit, "[a-z-]*"' |
		cut -d '"' -f 2
	sed -n 's/.*failed session by %s from \[%s\]: \([a-z-]*\): .*/\1/p' \
	    "$src/audit.c"
	sed -n 's/.*log_refused_command(v, "\([a-z-]*\)").*/\1/p' \
	    "$src/main.c")")"
finish

#!/bin/sh
# The program has what configure asked the linker for.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

[ "$HARDENING" != no ] || skip_all 'built with --disable-hardening'
need readelf
[ -f "$SCP_SERVER" ] || skip_all "$SCP_SERVER is not built"
headers=$(LC_ALL=C readelf -hldW "$SCP_SERVER")

# has DESCRIPTION PATTERN
has() {
	check "$1" "$(printf '%s\n' "$headers" | grep -q "$2" || echo "no $2")"
}
has 'position-independent' '^ *Type: *DYN'
has 'relocations are read-only' '^ *GNU_RELRO'
has 'symbols are bound at start' 'BIND_NOW\|FLAGS_1.*NOW'
has 'a stack header' '^ *GNU_STACK'
check 'the stack is not executable' "$(
	printf '%s\n' "$headers" | grep '^ *GNU_STACK.* RWE')"
check 'nothing is writable and executable' "$(
	printf '%s\n' "$headers" | grep '^ *LOAD.* RWE')"
finish

#!/bin/sh
# The benchmark itself still runs: a few of its works, as short as can be.
# What they measure is of no interest here.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

need scp
bench=$BUILDDIR/tests/bench/bench
[ -x "$bench" ] || skip_all "$bench is not built"
! grep -q '^#define INSTRUMENTED' "$BUILDDIR/config.h" ||
	skip_all 'sanitizers cannot be traced'
out=$("$bench" -n 1 -q 100 -z 256 -m "$SCRATCH" -d "$SCRATCH" \
    -r "$(command -v scp)" -s "$SCP_SERVER" \
    up-large down-large-32k up-4k-p-early down-4k-p up-tree up-trips \
    start-source one-byte 2>&1)
status=$?
check 'all works of the benchmark end well' "$(
	[ $status -eq 0 ] || printf '%s\n' "status $status" "$out")"
for word in 'speed .* MB/s' 'speed .* files/s' 'CPU .* us/file' \
    'round trips .* /file' 'system calls .* /session' 'time .* us '; do
	check "a line for $word" "$(printf '%s\n' "$out" |
		grep -q "^  .*$word" || printf '%s\n' "$out")"
done
finish

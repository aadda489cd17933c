#!/bin/sh
# Gives each fuzz target, tests/fuzz/fuzz_NAME, the inputs of corpus/NAME.  A
# target aborts on a broken promise; the last file named is the input.
: "${SRCDIR:=$(pwd)}" "${BUILDDIR:=$SRCDIR}" "${FUZZ_TARGETS:=}"

# shellcheck disable=SC2086
set -- $FUZZ_TARGETS
echo "1..$#"
count=0
status=0
for target in "$@"; do
	count=$((count + 1))
	name=${target##*/fuzz_}
	if output=$("$BUILDDIR/$target" -runs=0 \
	    "$SRCDIR/tests/fuzz/corpus/$name" 2>&1); then
		inputs=$(printf '%s\n' "$output" | sed -n 's/^ok 1 - //p')
		echo "ok $count - $name${inputs:+: $inputs}"
	else
		echo "not ok $count - $name"
		printf '%s\n' "$output" | tail -n 40 | sed 's/^/# /'
		status=1
	fi
done
exit $status

#!/bin/sh
# No mutable static storage outside log.c.  (main.c is not in the library.)
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

# By section, not by nm's letter: a const table of pointers is in .data.rel.ro.
need objdump nm
library=$BUILDDIR/src/libscp.a
[ -f "$library" ] || skip_all "$library is not built"
! nm "$library" | grep -qE '__(asan|ubsan|tsan|msan|sanitizer|gcov|llvm)_' ||
	skip_all 'instrumented code has data of its own'
! objdump -h "$library" | grep -q '\.gnu\.lto_' || skip_all 'built with -flto'
check 'no mutable file-scope variable outside log.c' "$(
	objdump -t "$library" | awk '
	/^[^ ].*\.o: / { module = $1; sub(/\.o:$/, "", module); next }
	module == "log" || !/\t/ { next }
	{
		split($0, half, "\t")
		n = split(half[1], left, " ")
		split(half[2], right, " ")
		section = left[n]
		name = right[2]
		if (name == section || right[1] !~ /[1-9a-f]/)
			next
		if (section ~ /^(\.bss|\.tbss|\.tdata|\*COM\*)/ ||
		    section ~ /^\.l?data($|\.)/ && section !~ /^\.data\.rel\.ro/)
			print module ".o: " name " in " section
	}')"
finish

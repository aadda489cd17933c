#!/bin/sh
# Includes between modules only point down: the file "layers" has the order.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

cd "$SRCDIR" || exit 1
check 'includes only point to lower layers' "$(awk '
FILENAME ~ /layers$/ {
	if ($0 !~ /^#/)
		for (i = 1; i <= NF; i++)
			layer[$i] = FNR
	next
}
FNR == 1 {
	self = FILENAME
	sub(/.*\//, "", self)
	sub(/\.[ch]$/, "", self)
	if (!(self in layer))
		print FILENAME ": not in tests/lint/layers"
}
/^[ \t]*#[ \t]*include[ \t]+"/ {
	split($0, quoted, "\"")
	dep = quoted[2]
	sub(/\.h$/, "", dep)
	if (dep == "config" || dep == self)
		next
	if (!(self in layer) || !(dep in layer) || layer[dep] >= layer[self])
		print FILENAME ":" FNR ": " self " may not include " dep
}' tests/lint/layers src/*.[ch])"
finish

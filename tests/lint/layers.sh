#!/bin/sh
# Includes between modules only point down: the file "layers" has the order.  The
# README has them all.
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
check 'the README has each module on its map' "$(for file in src/*.c; do
	module=$(basename "$file" .c)
	case $module in
	confine-* | filter-*) continue ;;
	esac
	sed -n '/^Source$/,/^tests\/ has/p' README | grep -qw -- "$module" ||
		echo "$module"
done)"
finish

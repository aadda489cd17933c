#!/bin/sh
# The table of settings.c and scp-server.conf(5) have the same keywords, with
# the same option letters; the defaults there are those that the program has,
# and it takes the examples.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

table=$SRCDIR/src/settings.c
page=$SRCDIR/src/scp-server.conf.5
[ -f "$table" ] || skip_all 'no src/settings.c'
[ -f "$page" ] || skip_all 'no src/scp-server.conf.5'

# only_in WHERE LINES OTHERS: those of LINES that OTHERS has not, or not as often
only_in() {
	{
		printf '%s\n' "$3"
		echo '--'
		printf '%s\n' "$2"
	} | awk -v where="$1" '
		$0 == "--" { second = 1; next }
		!second { others[$0]++; next }
		others[$0]-- < 1 { print "only in " where ": " $0 }'
}

# Keyword and letter, of each row and of each entry.
rows=$(tr '\n' ' ' <"$table" |
	grep -o '\[SETTINGS_[A-Z_]*\] = { "[^}]*}' | awk -F '"' '{
		letter = ""
		if (match($0, /\047[A-Za-z]\047/))
			letter = " Pq Fl " substr($0, RSTART + 1, 1)
		print $2 letter
	}')
keywords=$(sed '1,/^\.Sh KEYWORDS/d; /^\.Sh /,$d' "$page")
entries=$(printf '%s\n' "$keywords" | sed -n 's/^\.It Cm \([A-Z]\)/\1/p')
check 'each row of the table is in the page' "$(
	[ -n "$rows" ] || echo 'no rows are found'
	only_in settings.c "$rows" "$entries")"
check 'each entry of the page is in the table, once' "$(
	only_in scp-server.conf.5 "$entries" "$rows")"

# "Keyword default", as -T prints them.
stated=$(printf '%s\n' "$keywords" | awk '
	/^\.No Default : Cm / && before ~ /^\.It Cm [A-Z]/ {
		sub(/^\.No Default : Cm /, "")
		sub(/ \.$/, "")
		gsub(/\\&|"/, "")
		split(before, words, " ")
		print words[3] " " $0
	}
	{ before = $0 }')
check 'each entry begins with its default' "$(
	only_in 'the list' "$(printf '%s\n' "$entries" | cut -d ' ' -f 1)" \
	    "$(printf '%s\n' "$stated" | cut -d ' ' -f 1)")"

if [ ! -x "$SCP_SERVER" ]; then
	check 'the defaults # SKIP the program is not built' ''
	finish
fi
# Where whoever runs this could not be served it prints all the same.
real=$("$SCP_SERVER" -C none -T 2>/dev/null </dev/null |
	sed -n 's/	# default$//p')
check 'the defaults are those of the program' "$(
	only_in 'the page' "$stated" "$real"
	only_in 'the program' "$real" "$stated")"

check 'each entry has an example that the program takes' "$(
	for keyword in $(printf '%s\n' "$entries" | cut -d ' ' -f 1); do
		line=$(printf '%s\n' "$keywords" | sed -n "s/^\.Dl //p" |
			grep "^$keyword " | head -n 1)
		"$SCP_SERVER" -C none -o "$line" -T 2>/dev/null </dev/null |
			grep -q "^$keyword .*	# option\$" ||
			echo "$keyword: ${line:-no example}"
	done)"
finish

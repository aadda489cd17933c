#!/bin/sh
# getopt's letters, the usage text and scp-server(8) name the same options.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

source=$SRCDIR/src/options.c
page=$SRCDIR/src/scp-server.8
[ -f "$source" ] || skip_all 'no src/options.c'
[ -f "$page" ] || skip_all 'no src/scp-server.8'

# The text within getopt(), or the value of an array optstring or letters.
letters=$(tr '\n' ' ' <"$source" | sed -n '
	s/.*[^A-Za-z_]getopt([^";)]*"\([^"]*\)".*/\1/p
	t
	s/.*[^A-Za-z_]\(optstring\|letters\)\[\] *= *"\([^"]*\)".*/\2/p' |
	sed 's/[^A-Za-z0-9]//g; s/./& /g')
if [ -z "$letters" ]; then
	check 'the option letters are found in options.c' 'no text in getopt()'
	finish
fi
usage=$("$SCP_SERVER" -h 2>&1 </dev/null)
for letter in $letters; do
	check "-$letter is in scp-server(8)" "$(
		grep -q "^\\.It Fl $letter\\($\\| \\)" "$page" ||
		    echo "no .It Fl $letter")"
	check "-$letter is in the usage text" "$(
		printf '%s\n' "$usage" | grep -Eq "\\[-[A-Za-z0-9]*$letter" ||
		    printf '%s\n' "$usage")"
done

# And the other way round.
documented=$(sed -n 's/^\.It Fl \([A-Za-z0-9]\).*/\1/p' "$page" | sort -u)
for letter in $documented; do
	case $letters in
	*"$letter"*) wrong= ;;
	*) wrong="options.c does not take -$letter" ;;
	esac
	check "-$letter of scp-server(8) exists" "$wrong"
done
finish

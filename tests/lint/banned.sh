#!/bin/sh
# Functions and words that do not occur in the sources, and their width.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

cd "$SRCDIR" || exit 1
# The parsers of this project read numbers, not strtol.
functions='strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok'
functions="$functions|strtok_r|ato(i|l|ll|f|q)|strto(l|ll|ul|ull|q|uq|d|f|ld)"
functions="$functions|strto(i|u)max|alloca|system|popen|getwd|tmpnam|tempnam"
functions="$functions|mktemp|tmpfile|v?f?w?scanf|v?sscanf|longjmp|signal"

# The code without comments and text, as FILE:LINE: code, lines kept.
code=$(awk '
FNR == 1 { comment = 0 }
{
	out = ""
	quote = ""
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		two = substr($0, i, 2)
		if (comment) {
			if (two == "*/") {
				comment = 0
				i++
			}
		} else if (quote != "") {
			if (c == "\\")
				i++
			else if (c == quote) {
				quote = ""
				out = out c
			}
		} else if (two == "/*") {
			comment = 1
			i++
		} else if (two == "//") {
			break
		} else {
			if (c == "\"" || c == "\047")
				quote = c
			out = out c
		}
	}
	print FILENAME ":" FNR ": " out
}' src/*.[ch])

check 'no banned function' "$(printf '%s\n' "$code" |
	grep -E "[^A-Za-z0-9_.>]($functions)[[:blank:]]*\\(")"

# From the call to the semicolon or brace that ends its statement; a macro of
# the same file may hold the flag.
check 'every descriptor is opened close-on-exec' "$(printf '%s\n' "$code" |
	awk '
	function has_flag(text,   name) {
		for (name in flags)
			if (text ~ "[^A-Za-z0-9_]" name "[^A-Za-z0-9_]")
				return 1
		return text ~ /CLOEXEC/
	}
	{
		file = $1
		sub(/:.*/, "", file)
		if (file != last) {
			split("", flags)
			last = file
		}
		place = $1
		text = $0
		sub(/^[^ ]* /, " ", text)
	}
	macro == "" && text ~ /^ #[ \t]*define[ \t]/ {
		macro = text
		sub(/^ #[ \t]*define[ \t]*/, "", macro)
		sub(/[^A-Za-z0-9_].*/, "", macro)
	}
	macro != "" {
		if (has_flag(text))
			flags[macro] = 1
		if (text !~ /\\$/)
			macro = ""
	}
	call == "" && match(text, /[^A-Za-z0-9_.>](open|openat|openat2|mkostemp|socket|accept4|pipe2|dup3)[ \t]*\(/) {
		call = substr(text, RSTART + 1)
		start = place
		text = ""
	}
	call == "" && text ~ /[^A-Za-z0-9_.>](creat|mkstemp|accept|pipe|dup|dup2)[ \t]*\(/ {
		print place text
	}
	call != "" {
		call = call text
		if (call ~ /[;{]/) {
			if (!has_flag(call))
				print start " " call
			call = ""
		}
	}')"

check 'no note of work left undone' "$(
	grep -nwE 'TO[D]O|FIXM[E]|XX[X]' src/* tests/*.[ch] tests/*/*.[ch] 2>&1)"

# Characters, not bytes; a tab ends at the next multiple of eight.
check 'no line over 80 columns' "$(LC_ALL=C awk '
{
	line = $0
	gsub(/[\200-\277]/, "", line)
	column = 0
	for (i = 1; i <= length(line); i++)
		column += substr(line, i, 1) == "\t" ? 8 - column % 8 : 1
	if (column > 80)
		print FILENAME ":" FNR ": " column " columns"
}' src/*.[ch] tests/*.[ch] tests/*/*.[ch] 2>&1 |
	grep -v 'No such file\|cannot open')"
finish

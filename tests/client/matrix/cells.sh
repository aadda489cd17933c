# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2015,SC2034,SC2154
# Sourced by matrix.sh: what is done for a cell, and the word for what becomes
# of it.  Works on the variables of run_client().

# When a client is said to hang: on a busy machine the big files take minutes.
CELL_LIMIT=${CELL_LIMIT:-600}

# The driver of a client that has one reads what to do from 8 and answers on 9.
start_driver() {
	driver=
	case " $driven_clients " in
	*" $client "*) ;;
	*) return ;;
	esac
	mkfifo "$TEMP/ask.$client" "$TEMP/answer.$client"
	exec 8<>"$TEMP/ask.$client"
	sh "$here/matrix/drive.sh" "$client" <"$TEMP/ask.$client" \
		>"$TEMP/answer.$client" 2>>"$SAID" 8>&- &
	driver=$!
	exec 9<"$TEMP/answer.$client"
	rm "$TEMP/ask.$client" "$TEMP/answer.$client"
}

end_driver() {
	[ -n "$driver" ] || return
	exec 8>&- 9<&-
	wait "$driver"
}

# One that does not answer is another one for the next cell.
ask_driver() {
	{
		printf '%s' "$M_USER"
		printf '\t%s' "$@"
		echo
	} >&8
	answer=$(timeout "$CELL_LIMIT" head -n 1 <&9)
	ask_status=$?
	case $answer in
	[0-9]*) return "$answer" ;;
	esac
	kill "$driver" 2>/dev/null
	end_driver
	start_driver
	[ $ask_status -ne 124 ] || return 124
	return 1
}

# try put|get ...: REPORT is what the client says of it, SAID its words
try() {
	: >"$SAID"
	if [ -n "$driver" ]; then
		ask_driver "$@"
	else
		timeout "$CELL_LIMIT" sh "$here/matrix/drive.sh" "$client" "$@" \
			>>"$SAID" 2>&1 </dev/null
	fi
	case $? in
	0) REPORT=success ;;
	3) REPORT=none ;;
	4) REPORT=failure ;;
	124) REPORT=hangs ;;
	*) REPORT=broken ;;
	esac
	cat "$SAID" >>"$log"
}

# as USER COMMAND ...
as() {
	as_user=$M_USER
	M_USER=$1
	shift
	"$@"
	M_USER=$as_user
}

# A failure: did our reason reach the client's user?
failure() {
	if [ "$REPORT" != failure ]; then
		echo "$REPORT"
	elif grep -aq 'scp: ' "$SAID"; then
		echo told
	else
		echo fails
	fi
}

# holds COMMAND ...: what it finds is in the log
holds() {
	"$@" >>"$log" 2>&1
}

# The same, in a while: clients on libssh2 leave without the last answer, while
# the server still works.
comes_to_hold() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		holds "$@" && return
		sleep 0.3
	done
	return 1
}

# word COMMAND ...: what becomes of an operation that COMMAND finds well done
word() {
	case $REPORT in
	none) echo - ;;
	success) comes_to_hold "$@" && echo yes || echo WRONG ;;
	*) holds "$@" && echo "done,$REPORT" || failure ;;
	esac
}

# refused COMMAND ...: the same for one that must not be done; COMMAND finds
# that nothing was
refused() {
	case $REPORT in
	none) echo - ;;
	success) holds "$@" && echo silent || echo WRONG ;;
	*) holds "$@" && failure || echo WRONG ;;
	esac
}

# rest COMMAND ...: of several items one was refused; COMMAND finds the others
rest() {
	case $REPORT in
	none) echo - ;;
	failure)
		if ! no_evil; then
			echo WRONG
		else
			holds "$@" && echo yes || echo stops
		fi ;;
	*) no_evil && echo "$REPORT" || echo WRONG ;;
	esac
}

attributes() {
	stat -c '%a %Y' "$1"
}

exact() {
	cmp "$1" "$2" && [ "$(attributes "$1")" = "$(attributes "$2")" ]
}

# Several clients have the times right but choose the mode themselves.
exact_word() {
	exact_is=$(word exact "$1" "$2")
	if [ "$REPORT" = success ] && cmp -s "$1" "$2" &&
	    [ "$(stat -c %Y "$1")" = "$(stat -c %Y "$2")" ]; then
		[ "$exact_is" = yes ] || exact_is="times"
	fi
	echo "$exact_is"
}

none_of() {
	for none_path; do
		[ ! -e "$none_path" ] || return 1
	done
}

# Nothing in any of the bodies was taken for a record.
no_evil() {
	[ -z "$(find "$BOX/$client" -name 'evil*')" ]
}

three_files() {
	cmp "$data/file" "$1/file" && cmp "$data/second" "$1/second" &&
		cmp "$data/empty" "$1/empty"
}

two_files() {
	cmp "$data/file" "$1/file" && cmp "$data/second" "$1/second"
}

texts_only() {
	cmp "$data/a.txt" "$1/a.txt" && cmp "$data/b.txt" "$1/b.txt" &&
		none_of "$1/file"
}

# Of many names every other one is taken by a directory.
rest_of_tree() {
	for rest_n in 2 4 6 8; do
		cmp "$data/rest/$rest_n/$rest_n" "$1/$rest_n/$rest_n" ||
			return 1
	done
}

upload_cell() {
	case $1 in
	file)
		try put "$client/file" "$data/file"
		word cmp "$data/file" "$there/file" ;;
	-p)
		try put -p "$client/kept" "$data/kept"
		exact_word "$data/kept" "$there/kept" ;;
	-r)
		try put -r "$client/tree" "$data/tree"
		word diff -r "$data/tree" "$there/tree" ;;
	many)
		try put "$client/many" "$data/file" "$data/second" \
			"$data/empty"
		word three_files "$there/many" ;;
	over)
		try put "$client/over" "$data/second"
		word cmp "$data/second" "$there/over" ;;
	empty)
		try put "$client/empty" "$data/empty"
		word cmp "$data/empty" "$there/empty" ;;
	big)
		try put "$client/big" "$data/big"
		word cmp "$data/big" "$there/big"
		rm -f "$there/big" ;;
	esac
}

download_cell() {
	case $1 in
	file)
		try get "$got/file" "$client/src/file"
		word cmp "$data/file" "$got/file" ;;
	-p)
		try get -p "$got/kept" "$client/src/kept"
		exact_word "$data/kept" "$got/kept" ;;
	-r)
		try get -r "$got" "$client/src/tree"
		word diff -r "$data/tree" "$got/tree" ;;
	many)
		try get "$got" "$client/src/file" "$client/src/second"
		word two_files "$got" ;;
	glob)
		try get -g "$got" "$client/src/[ab].t*"
		word texts_only "$got" ;;
	empty)
		try get "$got/empty" "$client/src/empty"
		word cmp "$data/empty" "$got/empty" ;;
	big)
		try get "$got/big" src/big
		word cmp "$data/big" "$got/big"
		rm -f "$got/big" ;;
	esac
}

# Up under that name, and down again.
name_cell() {
	case $1 in
	quoted) name="$client/it's \"so\"  st*r[1]{a,b}?" ;;
	utf-8) name="$client/zażółć-日本" ;;
	bytes) name="$client/$(printf '\377\376')" ;;
	dash) name="-x-$client" ;;
	esac
	try put "$name" "$data/second"
	name_up=$(word cmp "$data/second" "$BOX/$name")
	if [ "$name_up" = WRONG ] && [ ! -e "$BOX/$name" ]; then
		echo other
		return
	elif [ "$name_up" != yes ]; then
		echo "$name_up"
		return
	fi
	try get "$got/second" "$name"
	name_down=$(word cmp "$data/second" "$got/second")
	case $name_down in
	- | told | fails) echo up ;;
	*) echo "$name_down" ;;
	esac
}

refusal_cell() {
	case $1 in
	absent)
		try get "$got/file" "$client/nope"
		refused none_of "$got/nope" ;;
	no-dir)
		try put "$client/nodir/file" "$data/file"
		if [ -f "$there/nodir" ]; then
			echo file
		else
			refused none_of "$there/nodir"
		fi ;;
	r/o)
		as "$READER" try put "$client/new" "$data/file"
		refused none_of "$there/new" ;;
	w/o)
		as "$WRITER" try get "$got/file" "$client/src/file"
		refused none_of "$got/file" ;;
	large)
		as "$LIMITED" try put "$client/new" "$data/file"
		refused none_of "$there/new" ;;
	body)
		try put "$client/bar" "$data/body"
		refused no_evil ;;
	rest)
		try put "$client/rest" "$data/file" "$data/body" \
			"$data/second"
		rest two_files "$there/rest" ;;
	rest-r)
		try put -r "$client/rest" "$data/rest"
		rest rest_of_tree "$there/rest/rest" ;;
	rest-d)
		try get "$got" "$client/src/file" "$client/nope" \
			"$client/src/second"
		rest two_files "$got" ;;
	esac
}

ack_upload() {
	case $1 in
	file) try put "$client/in/file" "$data/file" ;;
	-p) try put -p "$client/in/kept" "$data/kept" ;;
	-r) try put -r "$client/in/tree" "$data/tree" ;;
	many) try put "$client/in" "$data/file" "$data/second" "$data/empty" ;;
	esac
}

# Were two answers ever one write?
ahead_cell() {
	rm -rf "$there/in" "$TEMP/traces/$client"
	mkdir -m 0777 "$there/in"
	as "$TRACED" ack_upload "$1"
	case $REPORT in
	none) echo - ;;
	success)
		if grep -qx '[2-9]' "$TEMP/traces/$client"; then
			echo on
		else
			holds grep -qx 1 "$TEMP/traces/$client" && echo off ||
				echo WRONG
		fi ;;
	*) failure ;;
	esac
}

# cell TABLE COLUMN
cell() {
	rm -rf "$got"
	mkdir "$got"
	echo "== $1 $2" >>"$log"
	case $1 in
	uploads) upload_cell "$2" ;;
	downloads) download_cell "$2" ;;
	names) name_cell "$2" ;;
	refusals) refusal_cell "$2" ;;
	ahead) ahead_cell "$2" ;;
	esac
}

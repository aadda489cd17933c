#!/bin/sh
# What a session is started with does not matter: missing or additional
# descriptors, signals, limits, and set-id bits, which are refused.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || skip_all 'not root'
need runuser mkfifo
! nm "$SCP_SERVER" 2>/dev/null | grep -q '__asan_init' ||
	skip_all 'sanitizers do not work in a confined process'
dir=$(mktemp -d "${TMPDIR:-/tmp}/scp-server-hyg.XXXXXX") || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
chmod 755 "$dir"
install -m 0755 "$SCP_SERVER" "$dir/scp-server"
install -d -o nobody "$dir/root"
server=$dir/scp-server

upload() {
	printf 'C0644 6 %s\nhello\n\0' "$1"
}

content() {
	[ "$(cat "$dir/root/$1" 2>&1)" = hello ] || {
		echo "$1 is not what was sent:"
		head -c 200 "$dir/root/$1" 2>&1
	}
}

# A descriptor that is missing would become that of a file, into which answers
# or lines of the log then go.
upload noerr | "$server" -e -r "$dir/root" scp -t . >/dev/null 2>&-
check 'without standard error' "$(content noerr)"
upload noout | "$server" -e -r "$dir/root" scp -t . >&- 2>/dev/null
check 'without standard output' "$(content noout)"
upload neither | "$server" -e -r "$dir/root" scp -t . >&- 2>&-
check 'without both' "$(content neither)"
"$server" -e -r "$dir/root" scp -t . <&- >/dev/null 2>"$dir/log"
check 'without standard input it ends' "$(
	grep -q 'session closed' "$dir/log" || cat "$dir/log")"
"$server" -e -r "$dir/root" scp -t . <&- >&- 2>&-
check 'without all three, too' "$(
	find "$dir/root" -type f ! -name noerr ! -name noout ! -name neither)"

# Set-id: it would serve its caller's options with its owner's rights.
cp "$server" "$dir/suid"
for mode in 4755 2755; do
	chmod $mode "$dir/suid"
	runuser -u nobody -- "$dir/suid" -e -r /root scp -f .profile \
	    </dev/null >"$dir/out" 2>"$dir/log"
	status=$?
	check "mode $mode is refused" "$(
		[ $status -eq 1 ] || echo "exit status $status"
		cat "$dir/out"
		grep -v 'must not be set-user-ID' "$dir/log"
		[ -s "$dir/log" ] || echo 'not a word')"
done

# One that waits, with all that its caller left it.
mkfifo "$dir/in"
{
	exec 6</etc 7</etc/passwd 8</
	env --block-signal=TERM --ignore-signal=HUP "$server" -e \
	    -r "$dir/root" scp -t .
} <"$dir/in" >/dev/null 2>"$dir/log" &
exec 9>"$dir/in"
n=0
until grep -q 'session opened' "$dir/log" || [ $n -ge 100 ]; do
	n=$((n + 1))
	sleep 0.1
done
pid=$(for exe in /proc/[0-9]*/exe; do
	[ "$(readlink "$exe")" != "$server" ] || echo "$exe" | cut -d/ -f3
done)
if [ -z "$pid" ]; then
	check 'a session begins' "$(cat "$dir/log"; echo 'no process')"
	finish
fi
own=$(readlink "/proc/$pid/fd/6")
check 'no descriptor but 0, 1, 2, the root and what is beneath, a pipe' "$(
	for fd in "/proc/$pid/fd"/*; do
		case $fd:$(readlink "$fd") in
		*/[012]:*) ;;
		*:"$dir/root" | *:"$dir/root/"*) ;;
		*/[67]:"$own") ;;
		*) echo "$fd: $(readlink "$fd")" ;;
		esac
	done)"
check 'the pipe is nobody else'"'"'s' "$(
	case $own in
	pipe:*) ;;
	*) echo "6 is $own" ;;
	esac
	for fd in /proc/[0-9]*/fd/*; do
		case $fd:$(readlink "$fd" 2>/dev/null) in
		/proc/"$pid"/fd/[67]:*) ;;
		*:"$own") echo "$fd has it" ;;
		esac
	done)"
for limit in 'core file size' 'processes' 'locked memory' 'msgqueue size'; do
	check "no $limit" "$(
		grep -Eq "^Max $limit +0 +0 " "/proc/$pid/limits" ||
		    cat "/proc/$pid/limits")"
done
check 'no signal is blocked' "$(
	grep -q '^SigBlk:[[:blank:]]*0*$' "/proc/$pid/status" ||
	    grep '^Sig' "/proc/$pid/status")"
# Of others, a shell ignores SIGINT and SIGQUIT for what is in the background;
# the two above SIGSYS are libc's own, and ignored where a parent began so.
check 'SIGPIPE and SIGXFSZ are ignored, SIGHUP is not' "$(
	grep -q '^SigIgn:[[:blank:]]*0*\(1[08]\|[08]\)*100100[0246]$' "/proc/$pid/status" ||
	    grep '^Sig' "/proc/$pid/status")"
kill -TERM "$pid"
n=0
while kill -0 "$pid" 2>/dev/null && [ $n -lt 50 ]; do
	n=$((n + 1))
	sleep 0.1
done
check 'SIGTERM ends it' "$(
	[ $n -lt 50 ] || echo "it still runs after $n tenths of a second")"
exec 9>&-
wait
pid=
finish

#!/bin/sh
# chroot by the file capability CAP_SYS_CHROOT, which an account is given with
# the program and which is gone when the client is served.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || skip_all 'not root'
need setcap runuser mkfifo
! nm "$SCP_SERVER" 2>/dev/null | grep -q '__asan_init' ||
	skip_all 'sanitizers do not work in a confined process'
dir=$(mktemp -d "${TMPDIR:-/tmp}/scp-server-cap.XXXXXX") || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
chmod 755 "$dir"
install -m 0755 "$SCP_SERVER" "$dir/scp-server"
install -d -o nobody "$dir/root"
setcap cap_sys_chroot=ep "$dir/scp-server" 2>/dev/null ||
	skip_all 'no file capabilities here'

# session LOG: an upload that waits, in $pid
session() {
	rm -f "$dir/in"
	mkfifo "$dir/in"
	runuser -u nobody -- "$dir/scp-server" -e -r "$dir/root" scp -t . \
	    <"$dir/in" >"$dir/out" 2>"$1" &
	exec 9>"$dir/in"
	wait_n=0
	until grep -q 'session opened' "$1" || [ $wait_n -ge 100 ]; do
		wait_n=$((wait_n + 1))
		sleep 0.1
	done
	pid=$(grep -ls "^Name:[[:blank:]]scp-server" /proc/[0-9]*/status |
		while read -r status; do
			status=${status%/status}
			[ "$(readlink "$status/exe")" != "$dir/scp-server" ] ||
				echo "${status#/proc/}"
		done)
}

# line NAME VALUE: a line of its status
line() {
	grep -q "^$1:[[:blank:]]*$2\$" "/proc/$pid/status" ||
		grep "^$1:" "/proc/$pid/status" || echo "no process $pid"
}

session "$dir/log"
check 'the session is in a chroot without a user namespace' "$(
	grep -q 'confine=chroot,' "$dir/log" || cat "$dir/log")"
check 'its root is the root directory' "$(
	[ "$(readlink "/proc/$pid/root")" = "$dir/root" ] ||
	    readlink "/proc/$pid/root")"
for set in CapInh CapPrm CapEff CapAmb; do
	check "nothing is left in $set" "$(line $set 0000000000000000)"
done
check 'no new privileges' "$(line NoNewPrivs 1)"
check 'a filter' "$(line Seccomp 2)"
exec 9>&-
wait
pid=

# More than that is never kept, nor is it used.
setcap cap_sys_chroot,cap_dac_override,cap_sys_admin=ep "$dir/scp-server"
session "$dir/log2"
check 'other capabilities are dropped as well' "$(
	line CapPrm 0000000000000000)"
exec 9>&-
wait
pid=
finish

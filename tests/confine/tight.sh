#!/bin/sh
# SPDX-License-Identifier: ISC
# Is each row of the tables of system calls used?  Black boxes run with their
# sessions traced, those that between them need all rows, and tight.c judges.
# What they say themselves is of no interest: some of them cannot hold while
# somebody traces.  The program may be dynamic with glibc or static with musl;
# each must need what the other one does not, see the exceptions in tight.c.
set -u
: "${BUILDDIR:=$PWD}" "${SCP_SERVER:=$BUILDDIR/scp-server}"
tests='tests/sys/test_sink tests/sys/test_source tests/sys/test_early
tests/sys/test_keep tests/sys/test_policy tests/confine/test_session'

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}
[ "$(id -u)" -eq 0 ] || skip_all 'only root can start one that logs'

temp=$(mktemp -d "${TMPDIR:-/tmp}/scp-server-tight.XXXXXX") || exit 1
trap 'rm -rf "$temp"' EXIT
trap 'exit 1' HUP INT TERM
libc=glibc
readelf -lW "$SCP_SERVER" | grep -q INTERP || libc=musl
export BUILDDIR SCP_SERVER USES="$temp/uses"
"$BUILDDIR/tests/confine/tight" new "$USES" || exit $(($? == 77 ? 0 : 1))
for name in $tests; do
	timeout 300 "$BUILDDIR/$name" >"$temp/${name##*/}" 2>&1 </dev/null &
done
wait
echo "# $libc: $(cat "$temp"/test_* | grep -c '^ok ') tests, sessions traced"
"$BUILDDIR/tests/confine/tight" "$libc" "$USES"

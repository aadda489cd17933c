#!/bin/sh
# SPDX-License-Identifier: ISC
# Is each row of the tables of system calls used?  Runs the black boxes
# under strace and asks tight.c.  What the tests themselves say is of
# no interest here: some of them cannot hold while somebody traces.
#
#	make tight
set -u
: "${BUILDDIR:=$PWD}" "${SCP_SERVER:=$BUILDDIR/scp-server}"
command -v strace >/dev/null 2>&1 || {
	echo "1..0 # SKIP no strace"
	exit 0
}
traces=$(mktemp -d "${TMPDIR:-/tmp}/scp-server-tight.XXXXXX") || exit 1
trap 'rm -rf "$traces"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$traces"
SCRATCH=$traces/scratch
mkdir -m 755 "$SCRATCH"
export BUILDDIR SCP_SERVER SCRATCH
# A file for each process; only those with a filter count.
for name in "$@"; do
	timeout 600 strace -ff -qq -X raw -e raw=all \
	    -o "$traces/t.${name##*/}" "$BUILDDIR/$name" \
	    >"$traces/log" 2>&1 </dev/null
done
find "$traces" -name 't.*' -exec "$BUILDDIR/tests/confine/tight" {} +

#!/bin/sh
# Sourced by the other scripts here: TAP, and where the trees are.  Run by
# hand, from the top of a tree built in place, they need no environment.
: "${SRCDIR:=$(pwd)}" "${BUILDDIR:=$SRCDIR}" "${CC:=cc}" "${LIBBSD_CFLAGS:=}"
: "${SCP_SERVER:=$BUILDDIR/scp-server}" "${HARDENING:=yes}"
export SRCDIR BUILDDIR CC LIBBSD_CFLAGS SCP_SERVER HARDENING
tap_count=0
tap_status=0

# need PROGRAM...: skip the whole script unless all are there
need() {
	for tap_program in "$@"; do
		command -v "$tap_program" >/dev/null 2>&1 || skip_all "no $tap_program"
	done
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# check DESCRIPTION FINDINGS: passes when there are none
check() {
	tap_count=$((tap_count + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_count - $1"
	else
		echo "not ok $tap_count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
		tap_status=1
	fi
}

finish() {
	echo "1..$tap_count"
	exit $tap_status
}

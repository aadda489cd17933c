#!/bin/sh
# The AppArmor profile can be read by AppArmor's own parser.
# shellcheck source=/dev/null
. "${SRCDIR:-.}/tests/lint/tap.sh"

PATH=$PATH:/usr/sbin:/sbin
profile=$SRCDIR/contrib/scp-server.apparmor
need apparmor_parser
check 'the profile allows user namespaces' "$(
	grep -q '^[[:blank:]]*userns,$' "$profile" || echo 'no userns rule')"
# Releases before 4.0 know neither its features nor its rule.
[ -e /etc/apparmor.d/abi/4.0 ] && old= || old='s,<abi/4.0>,<abi/3.0>,; /userns,$/d'
check 'the profile can be parsed' "$(
	sed "$old" "$profile" |
	    apparmor_parser --skip-kernel-load --skip-cache 2>&1 >/dev/null |
	    grep -v '^Cache read/write disabled')"
finish

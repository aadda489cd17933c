#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091
# The static program alone in the ChrootDirectory of a real sshd: no library, no
# shell, no /dev, no /proc.  The accounts:
#
#	jailed	the recommended one
#	fixed	ForceCommand says what the client gets
#	bare	no ForceCommand

. "${0%/*}/lib.sh"

client_begin cmp diff readelf
[ -e "${BUILDDIR:-/}/config.status" ] || skip_all "BUILDDIR is not set"
! readelf -lW "$SCP_SERVER" | grep -q INTERP ||
	skip_all "not configured with --enable-static"
# sshd wants all above it closed to others, so it cannot be below /tmp.
JAIL=$(mktemp -d /srv/scp-server.XXXXXXXXXX) || skip_all "no /srv"
chmod 0755 "$JAIL"
build_for "" /etc "$JAIL/scp-server" || exit 1
mkdir -p "$JAIL/etc/scp-server"
echo "IdleTimeout 10m" >"$JAIL/etc/scp-server/scp-server.conf"

account fixed /scp-server /
sshd_match fixed "ChrootDirectory $JAIL" "ForceCommand scp -f in/fixed"
account bare /scp-server /
sshd_match bare "ChrootDirectory $JAIL"
account jailed /scp-server /
install -d -o "$ACCOUNT_NAME" "$JAIL/in"
sshd_match jailed "ChrootDirectory $JAIL" "ForceCommand /scp-server"
# Of the accounts, only what their root is.
grep "^scpt-$$-" /etc/passwd >"$TEMP/passwd"
install -D -m 0644 "$TEMP/passwd" "$JAIL/etc/passwd"
syslog_start
sshd_start

cd "$LOCAL" || exit 1
head -c 300000 /dev/urandom >file
mkdir -p tree/a got
cp file tree/a/data
echo x >tree/x

begin "a file up and down"
copy file jailed:in/
status 0
same file "$JAIL/in/file"
copy jailed:in/file got/
status 0
same file got/file
finish

begin "a tree up and down, with attributes"
copy -rp tree jailed:in/
status 0
same_tree tree "$JAIL/in/tree"
copy -rp jailed:in/tree got/
status 0
same_attributes tree got/tree
finish

begin "a pattern, and a file that is not there"
copy "jailed:in/tree/*" jailed:in/none got/
status 1
finish

begin "what was there is not to be replaced by others than its owner"
copy file jailed:scp-server
status 1
copy file jailed:etc/passwd
status 1
same "$TEMP/passwd" "$JAIL/etc/passwd"
finish

begin "no shell, and no options of ours"
for name in jailed bare; do
	share $name
	for command in id "/scp-server -r /etc" "/bin/sh -c id" "-r / scp -f x" \
	    "scp -f in/file; id" "scp -f \$(id)"; do
		run ssh -n -F "$TEMP/ssh_config" -- $name "$command"
		status 1
		[ "$(cat "$TEMP/out" "$TEMP/err" | wc -l)" -eq 1 ] ||
			wrong "not one line: $command"
	done
	unshare $name
	run ssh -F "$TEMP/ssh_config" $name
	status 1
	silent
	lines 1
done
run ssh -F "$TEMP/ssh_config" jailed id
says_like 'only scp is allowed'
finish

begin "bare: up and down"
copy bare:in/file got/bare
status 0
same file got/bare
finish

begin "fixed: the client's command does not matter"
echo content >"$JAIL/in/fixed"
for command in "scp -t evil" "scp -f in/file" id ""; do
	printf '\0\0\0' | timeout "$LIMIT" ssh -F "$TEMP/ssh_config" -- \
		fixed "$command" >"$TEMP/out" 2>"$TEMP/err"
	printf 'C0644 8 fixed\ncontent\n\0' | cmp -s - "$TEMP/out" ||
		wrong "not the file: $command"
done
finish

begin "check-account asks the program in the jail"
CHECK=${SRCDIR:-${0%/*}/../..}/contrib/check-account
run "$CHECK" -f "$TEMP/sshd_config" "scpt-$$-jailed"
cp "$TEMP/out" "$TEMP/findings"
[ "$(cat "$TEMP/findings")" = "scpt-$$-jailed: nothing is open; scp sees \
$JAIL/, read-write" ] || wrong "$(cat "$TEMP/findings")"
echo "Landlock no" >>"$JAIL/etc/scp-server/scp-server.conf"
run "$CHECK" -f "$TEMP/sshd_config" "scpt-$$-jailed"
status 1
grep -q ': landlock: ' "$TEMP/out" || wrong "Landlock was not noticed"
finish

tests_done

#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091
# The static program alone in the ChrootDirectory of a real sshd: no library, no
# shell, no /dev, no /proc.

. "${0%/*}/lib.sh"

client_begin cmp diff readelf
[ -e "${BUILDDIR:-/}/config.status" ] || skip_all "BUILDDIR is not set"
! readelf -lW "$SCP_SERVER" | grep -q INTERP ||
	skip_all "not configured with --enable-static"
# sshd wants all above it closed to others, so it cannot be below /tmp.
JAIL=$(mktemp -d /srv/scp-server.XXXXXXXXXX) || skip_all "no /srv"
chmod 0755 "$JAIL"
build_for "" /etc "$JAIL/scp-server" || exit 1
install -D -m 0644 /dev/null "$JAIL/etc/scp-server/scp-server.conf"

account jailed /scp-server /
install -d -o "$ACCOUNT_NAME" "$JAIL/in"
sshd_match jailed "ChrootDirectory $JAIL" "ForceCommand /scp-server"
# Of the account, only what its root is.
grep "^$ACCOUNT_NAME:" /etc/passwd >"$TEMP/passwd"
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

begin "no shell"
run ssh -F "$TEMP/ssh_config" jailed id
status 1
says_like 'only scp is allowed'
finish

tests_done

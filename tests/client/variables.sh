#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2034
# Variables that the account itself has set: in ~/.ssh/environment, which sshd
# reads with PermitUserEnvironment, and in ~/.pam_environment, which pam_env
# reads where PAM's file for sshd has user_readenv.  Both are off in the shipped
# snippet; here they are on.

. "${0%/*}/lib.sh"

client_begin cc
CANARY=$TEMP/canary
mkdir -m 1777 "$CANARY"

cat >"$TEMP/preload.c" <<EOT
#include <fcntl.h>
__attribute__((constructor)) static void load(void)
{
	(void)creat("$CANARY/loaded", 0600);
}
EOT
cc -shared -fPIC -o "$TEMP/preload.so" "$TEMP/preload.c" || exit 1

# NAME=VALUE lines: what the program reads, and what libraries might
variables() {
	cat <<-EOT
	SSH_ORIGINAL_COMMAND=scp -f secret
	SSH_CONNECTION=203.0.113.66 6 203.0.113.66 22
	SSH_USER_AUTH=$1/auth
	HOME=/
	LOGNAME=root
	USER=root
	TZ=:/etc/shadow
	LC_ALL=$1/locale
	POSIXLY_CORRECT=1
	EOT
}

# user NAME EXTRA-VARIABLE ...: its home is the root, and full of them
user() {
	account "$1" /bin/sh "$SRV/$1"
	sshd_match "$1" "ForceCommand $PROGRAM -C none -e"
	home=$SRV/$1
	shift
	mkdir "$home/.ssh"
	{
		variables "$home"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$home/.ssh/environment"
	sed 's/^\([^=]*\)=\(.*\)/\1 DEFAULT="\2"/' "$home/.ssh/environment" \
		>"$home/.pam_environment"
	echo 'publickey ssh-ed25519 AAAA' >"$home/auth"
	echo content >"$home/file"
	echo secret >"$home/secret"
	chown -R "$ACCOUNT_NAME" "$home"
}

user words
user preload "LD_PRELOAD=$TEMP/preload.so"
cd "$LOCAL" || exit 1
echo new >new

transfers() {
	begin "$1: the command, the root and the address are sshd's"
	rm -f got "$SRV/words/new"
	copy -v new words:new
	[ "$STATUS" -eq 0 ] || wrong "upload: exit status $STATUS"
	cmp -s new "$SRV/words/new" || wrong 'not stored'
	grep -q "local user scpt-$$-words from \[127\.0\.0\.1\]: upload" \
		"$TEMP/err" || wrong 'another user or address in the log'
	! grep -q '203\.0\.113\|AAAA\|user root' "$TEMP/err" ||
		wrong 'a variable of the account in the log'
	copy words:file got
	[ "$STATUS" -eq 0 ] || wrong "download: exit status $STATUS"
	grep -qx content got || wrong 'another file came'
	finish
}

# loads yes|no: does the variable of the account load its code?  Already into the
# shell that sshd starts for a ForceCommand.
loads() {
	rm -f "$CANARY/loaded"
	copy new preload:new
	[ "$STATUS" -eq 0 ] || wrong "exit status $STATUS"
	if [ -e "$CANARY/loaded" ]; then
		[ "$1" = yes ] || wrong 'code of the account was loaded'
	else
		[ "$1" = no ] || wrong 'nothing was loaded: is it read at all?'
	fi
}

sshd_start
transfers 'both files unread'
begin 'as in the snippet: no variable of the account comes'
loads no
finish

USER_ENVIRONMENT=yes
sshd_stop
sshd_start
transfers 'PermitUserEnvironment yes'
begin 'PermitUserEnvironment yes: LD_PRELOAD is not ours to stop'
loads yes
finish

USER_ENVIRONMENT=no
USE_PAM=yes
sshd_stop
sshd_start
if grep -qs '^session.*pam_env.so.*user_readenv=1' /etc/pam.d/sshd; then
	transfers 'UsePAM yes and user_readenv'
	begin 'UsePAM yes and user_readenv: LD_PRELOAD is not ours to stop'
	loads yes
	finish
else
	skip 'UsePAM yes' 'PAM for sshd has no user_readenv'
fi
tests_done

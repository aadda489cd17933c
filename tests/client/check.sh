#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2016,SC2034,SC2086
# contrib/check-account on accounts built right, and on each with one mistake.

. "${0%/*}/lib.sh"

client_begin
find_installed
[ -n "$INSTALLED" ] || skip_all "$NOT_INSTALLED"
PROGRAM=$INSTALLED
CONF=$TEMP/installed/scp-server/scp-server.conf
echo IdleTimeout 10m >"$CONF"
CHECK=${SRCDIR:-${0%/*}/../..}/contrib/check-account
PORT=22
: >"$TEMP/pam"
printf '@include pam-env\n' >"$TEMP/pam-open"
printf 'session required pam_env.so user_readenv=1\n' >"$TEMP/pam-env"
printf '#session required pam_env.so user_readenv=1\n' >"$TEMP/pam-commented"

# sshd's settings under which nothing else is open.
right="DisableForwarding yes
PermitTTY no
PermitUserRC no"

# built NAME SHELL LINE ...: an account with these settings beside the right
# ones; sshd takes the first of two
built() {
	built_name=$1
	account "$1" "$2" "$SRV/$1"
	shift 2
	sshd_match "$built_name" "$@" "$right"
}

# finds NAME CODES [option ...]: exactly these findings
finds() {
	finds_name=$1
	finds_codes=$2
	shift 2
	sshd_config >"$TEMP/sshd_config"
	begin "$finds_name: ${finds_codes:-nothing}"
	run "$CHECK" -f "$TEMP/sshd_config" -p "$TEMP/pam" "$@" \
		"scpt-$$-$finds_name"
	have=$(sed -n 's/^[^:]*: \([a-z-]*\): .*/\1/p' "$TEMP/out" |
		sort -u | tr '\n' ' ')
	want=$(printf '%s\n' $finds_codes | sort | tr '\n' ' ')
	[ "$have" = "${want# }" ] || wrong "found $have"
	if [ -n "$finds_codes" ]; then
		status 1
	else
		status 0
	fi
	[ ! -s "$TEMP/err" ] || wrong "messages on standard error"
	finish
}

# As the snippets have it.
built login "$PROGRAM" "ForceCommand $PROGRAM"
finds login ""
built options /bin/sh "ForceCommand $PROGRAM -R -r '$SRV/options'"
finds options ""
built bare "$PROGRAM" 'X11Forwarding no'
finds bare "internal-sftp"

# The command and the shell.
built none /bin/sh 'X11Forwarding no'
finds none "key"
rm "$TEMP/keys/$ACCOUNT_NAME"
finds none "no-command"
echo "restrict,command=\"$PROGRAM -r $SRV/none\" $(cat "$TEMP/client.pub")" \
	>"$TEMP/keys/$ACCOUNT_NAME"
finds none ""
echo "command=\"$PROGRAM -r $SRV/none\" $(cat "$TEMP/client.pub")" \
	>"$TEMP/keys/$ACCOUNT_NAME"
finds none ""
built unrestricted /bin/sh 'DisableForwarding no'
echo "command=\"$PROGRAM\" $(cat "$TEMP/client.pub")" \
	>"$TEMP/keys/$ACCOUNT_NAME"
finds unrestricted "restrict"
built original /bin/sh "ForceCommand $PROGRAM \$SSH_ORIGINAL_COMMAND"
finds original "original-command shell-command"
built two /bin/sh "ForceCommand $PROGRAM; id"
finds two "command shell-command"
built sftp /bin/sh 'ForceCommand internal-sftp'
finds sftp "command"
built bash /bin/bash "ForceCommand $PROGRAM"
finds bash "shell"
built nologin /usr/sbin/nologin "ForceCommand $PROGRAM"
finds nologin "shell"
built mixed "$PROGRAM" "ForceCommand $PROGRAM -R"
finds mixed "shell-options"

# What sshd gives besides.
built rc "$PROGRAM" "ForceCommand $PROGRAM" 'PermitUserRC yes'
finds rc "user-rc"
built tty "$PROGRAM" "ForceCommand $PROGRAM" 'PermitTTY yes'
finds tty "tty"
built forward "$PROGRAM" "ForceCommand $PROGRAM" 'DisableForwarding no'
finds forward "forwarding"
built tunnel "$PROGRAM" "ForceCommand $PROGRAM" 'PermitTunnel yes'
finds tunnel "tunnel"
built accept "$PROGRAM" "ForceCommand $PROGRAM" 'AcceptEnv LANG LD_*'
finds accept "accept-env"
built environment "$PROGRAM" "ForceCommand $PROGRAM"

# Directories.
built parent "$PROGRAM" "ForceCommand $PROGRAM"
mkdir -m 0777 "$SRV/parent/open"
mkdir "$SRV/parent/open/root"
built above /bin/sh "ForceCommand $PROGRAM -r $SRV/parent/open/root"
finds above "root"
built world "$PROGRAM" "ForceCommand $PROGRAM"
chmod 0757 "$SRV/world"
finds world "root"
built group "$PROGRAM" "ForceCommand $PROGRAM"
chmod 0770 "$SRV/group"
finds group ""
chgrp nogroup "$SRV/group"
finds group "root"
built foreign "$PROGRAM" "ForceCommand $PROGRAM"
chown nobody "$SRV/foreign"
finds foreign "root"
built missing /bin/sh "ForceCommand $PROGRAM -r $SRV/nowhere"
finds missing "root"

# The root that the configuration file has.
mkdir -m 0755 "$TEMP/etc"
built file /bin/sh "ForceCommand $PROGRAM -C $TEMP/etc/conf -u 022 scp -t f"
printf 'IdleTimeout 10m\nMatch User %s Address 192.0.2.9\n\tRoot %s\n' "$ACCOUNT_NAME" \
	"$SRV/parent/open/root" >"$TEMP/etc/conf"
finds file "" -C host=h,addr=192.0.2.1
finds file "root" -C host=h,addr=192.0.2.9

# Keys.
built keyed "$PROGRAM" "ForceCommand $PROGRAM" \
	'AuthorizedKeysFile .ssh/authorized_keys'
finds keyed "keys"
built own "$PROGRAM" "ForceCommand $PROGRAM" \
	"AuthorizedKeysFile $SRV/own.keys/%u"
install -d -o "$ACCOUNT_NAME" "$SRV/own.keys"
: >"$SRV/own.keys/$ACCOUNT_NAME"
finds own "keys"
chown root "$SRV/own.keys"
finds own ""
chmod 0666 "$SRV/own.keys/$ACCOUNT_NAME"
finds own "keys"

# The program.
mkdir "$TEMP/open"
install -m 0777 "$PROGRAM" "$TEMP/open/scp-server"
built program /bin/sh "ForceCommand $TEMP/open/scp-server"
finds program "program"
chmod 4755 "$TEMP/open/scp-server"
finds program "program"
chmod 0755 "$TEMP/open/scp-server"
finds program ""
rm "$TEMP/open/scp-server"
finds program "program"

# What the program makes of its options and of its configuration.
built settings /bin/sh 'X11Forwarding no'

# given "OPTIONS" CODES
given() {
	echo "restrict,command=\"$PROGRAM $1\" $(cat "$TEMP/client.pub")" \
		>"$TEMP/keys/scpt-$$-settings"
	finds settings "$2"
}

mkdir "$SRV/settings/in"
HERE="-r $SRV/settings"
given "$HERE" ""
given "$HERE scp -f /etc/passwd" ""
given "-R -d /in -o 'Root=$SRV/settings' -o Access=write-only" ""
given "$HERE -o Chroot=no" "chroot"
given "$HERE -o Landlock=no" "landlock"
given "$HERE -o SeccompAction=log" "seccomp"
given "$HERE -o seccompaction=errno -o SeccompAction=kill" "seccomp"
given "$HERE -o IdleTimeout=none" "timeout"
given "$HERE -o IdleTimeout=none -o SessionTimeout=1h" ""
given "$HERE -l QUIET" "log"
given "$HERE -o ProtectHome=no" "protect-home"
given "$HERE/in -o ProtectHome=no" ""
given "$HERE -o SpecialBits=yes" "special-bits"
: >"$SRV/settings/log"
chown "scpt-$$-settings" "$SRV/settings/log"
given "$HERE -o TransferLog=$SRV/settings/log" "configuration transfer-log"
rm "$SRV/settings/log"
given "$HERE -m 0666" "mode"
given "$HERE -o DirectoryMode=0777" "mode"
given "$HERE -m 0640 -o DirectoryMode=0750" ""
given "$HERE -o Nonsense=1" "configuration"
given "$HERE -x" "configuration"
given "-r /" "keys root"
given "$HERE/in/none" "root"
given "$HERE -C $SRV/none" "configuration"

# in_file CODES LINE ...: the same from the file
in_file() {
	codes=$1
	shift
	echo "IdleTimeout 10m" >"$CONF"
	for line; do
		echo "$line" >>"$CONF"
	done
	finds settings "$codes"
}

given "" ""
in_file "" "Match User nobody" "	Landlock no"
in_file "landlock" "Match User scpt-$$-settings" "	Landlock no"
in_file "landlock seccomp" "Match Address 127.0.0.0/8" "	Landlock no" \
	"	SeccompAction log"
in_file "" "Match Address 192.0.2.0/24" "	Landlock no"
finds settings "landlock" -C "host=a.example,addr=192.0.2.7"
in_file "configuration" "Nonsense yes"
in_file ""
chmod 0666 "$CONF"
finds settings "configuration"
chmod 0644 "$CONF"
finds settings ""

# What is for all accounts.
sshd_config |
	sed 's/^\(PermitUserEnvironment\) no/\1 yes/; s/^\(UsePAM\) no/\1 yes/' \
	>"$TEMP/sshd_loose"
finds environment "user-environment" -f "$TEMP/sshd_loose"
finds environment "user-environment pam-environment" -f "$TEMP/sshd_loose" \
	-p "$TEMP/pam-open"
finds environment "user-environment" -f "$TEMP/sshd_loose" \
	-p "$TEMP/pam-commented"

begin "no such account: cannot tell"
run "$CHECK" -f "$TEMP/sshd_config" "scpt-$$-nobody"
status 2
finish

tests_done

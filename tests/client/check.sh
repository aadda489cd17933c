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

# sftp NAME CODES LINE ...: with these Subsystems of sshd's
with_sftp() {
	sftp_name=$1
	sftp_codes=$2
	shift 2
	{
		printf '%s\n' "$@"
		sshd_config | sed '/^Subsystem/d'
	} >"$TEMP/sshd_other"
	finds "$sftp_name" "$sftp_codes" -f "$TEMP/sshd_other"
}
with_sftp bare "" 'Subsystem sftp /usr/lib/openssh/sftp-server'
with_sftp bare "internal-sftp" 'Subsystem files internal-sftp -R' \
	'Subsystem sftp /usr/lib/openssh/sftp-server'
printf 'command="internal-sftp -R" %s' "$(cat "$TEMP/client.pub")" \
	>"$TEMP/keys/scpt-$$-bare"
with_sftp bare "internal-sftp" 'Subsystem sftp /bin/false'
built bareports "$PROGRAM" 'DisableForwarding no' 'AllowTcpForwarding local'
with_sftp bareports "forwarding" 'Subsystem sftp /bin/false'

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

# key_line CODES LINE ...: what is found of these lines of its keys; the last
# one has no newline
key_line() {
	key_codes=$1
	shift
	printf '%s\n' "$@" | head -c -1 >"$TEMP/keys/scpt-$$-unrestricted"
	finds unrestricted "$key_codes"
}

mkdir "$SRV/unrestricted/a b,c" "$SRV/unrestricted/,restrict,"
KEY=$(cat "$TEMP/client.pub")
key_line "restrict" "command=\"$PROGRAM\" $KEY"
key_line "" "restrict,command=\"$PROGRAM\" $KEY"
key_line "" "# it's" "" "COMMAND=\"$PROGRAM -d '/a b,c'\",Restrict $KEY"
key_line "" "command=\"$PROGRAM -r \\\"$SRV/unrestricted\\\"\",restrict $KEY"
key_line "restrict" "restrict,port-forwarding,command=\"$PROGRAM\" $KEY"
key_line "restrict" "command=\"$PROGRAM -d ,restrict,\" $KEY"
key_line "restrict" "command=\"$PROGRAM\" $KEY restrict,"
key_line "key" "$KEY restrict,command=\"$PROGRAM\""
key_line "key" "restrict,command=\"$PROGRAM\" $KEY" "$KEY"
key_line "key" "restrict,environment=\"A=command=\\\"$PROGRAM\\\"\" $KEY"
key_line "command" "restrict,command=\"/bin/sh -c $PROGRAM\" $KEY"
key_line "original-command shell-command" \
	"restrict,command=\"$PROGRAM \$SSH_ORIGINAL_COMMAND\" $KEY"

# Keys that the account may write name no program that root would run.
ln -s /bin/bash "$SRV/unrestricted/scp-server"
for command in "/bin/bash -c 'touch $TEMP/canary; scp-server'" \
    "$SRV/unrestricted/scp-server -c 'touch $TEMP/canary'"; do
	printf '%s' "restrict,command=\"$command\" $KEY" \
		>"$TEMP/keys/scpt-$$-unrestricted"
	begin "not run: $command"
	run "$CHECK" -f "$TEMP/sshd_config" -p "$TEMP/pam" \
		"scpt-$$-unrestricted"
	status 1
	absent "$TEMP/canary"
	finish
done
begin "what the account has written does not reach the terminal as it is"
printf 'restrict,command="x\033[2J\\033[2J" %s' "$KEY" \
	>"$TEMP/keys/scpt-$$-unrestricted"
run "$CHECK" -f "$TEMP/sshd_config" -p "$TEMP/pam" "scpt-$$-unrestricted"
status 1
! LC_ALL=C grep -q '[[:cntrl:]]' "$TEMP/out" || wrong "control characters"
finish

# Ways in that no key of these leads to.
for way in "AuthorizedKeysCommand /bin/cat" "TrustedUserCAKeys $TEMP/client.pub" \
    "PasswordAuthentication yes" "KbdInteractiveAuthentication yes" \
    "HostbasedAuthentication yes"; do
	way_name=$(echo "${way%% *}" | tr '[:upper:]' '[:lower:]')
	case $way_name in
	authorizedkeysc*) more="AuthorizedKeysCommandUser nobody" ;;
	trusted*) more="AuthenticationMethods publickey" ;;
	kbd*) more="AuthenticationMethods publickey keyboard-interactive" ;;
	*) more="AuthenticationMethods publickey ${way_name%auth*}" ;;
	esac
	name=$(echo "$way_name" | cut -c 1-12)
	built "$name" /bin/sh "$way" "$more" "PermitTunnel no"
	chpasswd -e <<-EOT
	$ACCOUNT_NAME:\$6\$x\$x
	EOT
	echo "restrict,command=\"$PROGRAM -r $SRV/$name\" $KEY" \
		>"$TEMP/keys/$ACCOUNT_NAME"
	finds "$name" "other-login"
	usermod -p '*' "$ACCOUNT_NAME"
	case $name in
	password* | kbdinter*) finds "$name" "" ;;
	*) finds "$name" "other-login" ;;
	esac
done
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
built given "$PROGRAM" "ForceCommand scp -f file"
finds given ""

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
built loader "$PROGRAM" "ForceCommand $PROGRAM" 'AcceptEnv LD_DEBUG*'
finds loader "accept-env"
built auth "$PROGRAM" "ForceCommand $PROGRAM" 'AcceptEnv LC_* SSH_*'
finds auth "accept-env"
built harmless "$PROGRAM" "ForceCommand $PROGRAM" 'AcceptEnv LANG LC_*'
finds harmless ""
useradd --non-unique --uid "$(id -u "$ACCOUNT_NAME")" --no-create-home \
	--no-user-group --shell /bin/bash "$ACCOUNT_NAME-too" 2>/dev/null
ACCOUNTS="$ACCOUNTS $ACCOUNT_NAME-too"
finds harmless "other-name"
usermod -s "$PROGRAM" "$ACCOUNT_NAME-too"
finds harmless ""
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
built shared "$PROGRAM" "ForceCommand $PROGRAM"
chmod 0770 "$SRV/shared"
chgrp "$ACCOUNT_NAME" "$SRV/shared"
finds shared ""
usermod -g "$ACCOUNT_NAME" "scpt-$$-group"
finds shared "root"
usermod -g nogroup "scpt-$$-group"
finds shared ""
gpasswd -a "scpt-$$-group" "$ACCOUNT_NAME" >/dev/null
finds shared "root"
built acl "$PROGRAM" "ForceCommand $PROGRAM"
chmod 0700 "$SRV/acl"
if setfacl -m u:nobody:rwx "$SRV/acl" 2>/dev/null; then
	finds acl "root"
	setfacl -m m::rx "$SRV/acl"
	finds acl ""
else
	skip "acl: root" "no setfacl, or no ACLs"
fi
built linked "$PROGRAM" "ForceCommand $PROGRAM"
mkdir "$SRV/parent/open/links"
chmod 0755 "$SRV/parent/open/links"
ln -s "$SRV/linked" "$SRV/parent/open/links/root"
built link /bin/sh "ForceCommand $PROGRAM -r $SRV/parent/open/links/root"
finds link "root"
built foreign "$PROGRAM" "ForceCommand $PROGRAM"
chown nobody "$SRV/foreign"
finds foreign "root"
built private /bin/sh "ForceCommand $PROGRAM -r $SRV/private/in/root"
mkdir -p "$SRV/private/in/root"
finds private ""
chmod 0700 "$SRV/private/in"
finds private "configuration"
built missing /bin/sh "ForceCommand $PROGRAM -r $SRV/nowhere"
finds missing "root"

# The root that the configuration file has.
mkdir -m 0755 "$TEMP/etc"
built file /bin/sh "ForceCommand $PROGRAM -C $TEMP/etc/conf -u 022 scp -t f"
printf 'IdleTimeout 10m\nMatch User %s Address 192.0.2.9\n\tRoot %s\n' "$ACCOUNT_NAME" \
	"$SRV/parent/open/root" >"$TEMP/etc/conf"
finds file "" -C host=h,addr=192.0.2.1
finds file "root" -C host=h,addr=192.0.2.9

# Who comes from elsewhere.
account from "$PROGRAM" "$SRV/from"
matched=$(cat "$TEMP/matches")
# from CODES CRITERIA REST: two blocks, the first for CRITERIA only
from() {
	{
		printf '%s\n' "$matched"
		printf 'Match User %s %s\n%s\n' "$ACCOUNT_NAME" "$2" "$3"
		printf 'Match User %s\n%s\n' "$ACCOUNT_NAME" "$right"
		echo "ForceCommand $PROGRAM"
	} >"$TEMP/matches"
	finds from "$1"
	printf '%s\n' "$matched" >"$TEMP/matches"
}
from "" "Address 127.0.0.0/8" "X11Forwarding no"
from "tty" "Address 127.0.0.0/8" "PermitTTY yes"
from "tty" "Address 192.0.2.0/24,2001:db8::/32" "PermitTTY yes"
from "tty" "Address *,!127.*" "PermitTTY yes"
from "tty" "Address !10.1.2.3,*" "PermitTTY yes"
from "tty" "Host *.example.org" "PermitTTY yes"
from "tty" "LocalAddress 192.0.2.1" "PermitTTY yes"
from "tty" "LocalPort 2222" "PermitTTY yes"
from "shell-options" "LocalPort 2222" "ForceCommand /bin/sh"
from "command" "LocalPort 2222" "ForceCommand internal-sftp"
sshd_match from "Match User scpt-$$-from Address 127.0.0.1" \
	"ForceCommand $PROGRAM" "$right"
finds from "internal-sftp"
finds from "" -C host=localhost,addr=127.0.0.1

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
built names "$PROGRAM" "ForceCommand $PROGRAM" \
	'AuthorizedPrincipalsFile %h/names'
finds names "keys"

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
given "$HERE -u 000" "mode"
given "$HERE -u 027" ""
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
printf '@include pam-open\n' >"$TEMP/pam-deep"
printf 'session\tinclude\tpam-deep\n' >"$TEMP/pam-include"
printf -- '-session [default=1] substack pam-include\n@include pam-stack\n' \
	>"$TEMP/pam-stack"
printf 'session required pam_env.so \\\n\tuser_readenv=1\n' >"$TEMP/pam-long"
for pam in deep include stack long; do
	finds environment "user-environment pam-environment" \
		-f "$TEMP/sshd_loose" -p "$TEMP/pam-$pam"
done

# All accounts of a host, of which these are the only ones.
mkdir "$TEMP/stub"
GETENT=$(command -v getent)
cat >"$TEMP/stub/getent" <<-EOT
	#!/bin/sh
	[ "\$*" = passwd ] || exec $GETENT "\$@"
	while read -r name; do
		$GETENT passwd "\$name"
	done <"$TEMP/stub/names"
EOT
chmod 0755 "$TEMP/stub/getent"

# all STATUS FINDINGS NAME ...: exactly these, as "NAME:CODE"
all() {
	all_status=$1
	all_findings=$2
	shift 2
	begin "all of $*: ${all_findings:-nothing}, status $all_status"
	printf "scpt-$$-%s\n" "$@" >"$TEMP/stub/names"
	run env "PATH=$TEMP/stub:$PATH" "$CHECK" -a -f "$TEMP/sshd_config" \
		-p "$TEMP/pam"
	have=$(sed -n "s/^scpt-$$-\([^:]*: [a-z-]*\): .*/\1/p" "$TEMP/out" |
		sed 's/ //' | sort -u | tr '\n' ' ')
	want=$(printf '%s\n' $all_findings | sort | tr '\n' ' ')
	[ "$have" = "${want# }" ] || wrong "found $have"
	[ -n "$all_findings" ] || silent
	status "$all_status"
	[ "$all_status" = 2 ] || [ ! -s "$TEMP/err" ] || wrong "messages"
	finish
}

built shell /bin/bash 'X11Forwarding no'
built away /bin/sh 'X11Forwarding no'
sshd_match "away Address 198.51.100.0/24" "ForceCommand $PROGRAM" "$right"
sed -i "/^Match User scpt-$$-away$/,/^Match/{/X11Forwarding/d}" "$TEMP/matches"
sshd_config >"$TEMP/sshd_config"
all 0 "" login
all 0 "" login options harmless shell
all 1 "tty:tty" tty
all 1 "tty:tty rc:user-rc" login tty shell rc options
all 1 "bare:internal-sftp" bare login
all 1 "two:command two:shell-command bash:shell" two bash
all 1 "away:key" away
# Who cannot log in is not served, and who is served by nobody is no news.
all 2 "" shell
all 2 "" nologin
all 0 "" nologin login
all 2 "" gone
begin "all accounts, of an sshd that cannot be asked"
echo Nonsense >"$TEMP/sshd_bad"
run "$CHECK" -a -f "$TEMP/sshd_bad" -p "$TEMP/pam"
status 2
says_like "sshd -T fails"
finish
begin "all accounts, and one"
run "$CHECK" -a -f "$TEMP/sshd_config" "scpt-$$-login"
status 2
says_like "^check-account: usage"
finish
begin "a name that only looks like options is an account's"
run "$CHECK" -f "$TEMP/sshd_config" -- -a
status 2
says_like "no account -a"
finish

begin "no such account: cannot tell"
run "$CHECK" -f "$TEMP/sshd_config" "scpt-$$-nobody"
status 2
finish

tests_done

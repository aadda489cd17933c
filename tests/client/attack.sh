#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2016,SC2034
# As an attacker who has an account and any client: through what he uploads, the
# variables and channels that ssh gives him, and a shell that he would like to
# have.  Commands are in entry.sh.  The accounts, whose root is their home:
#
#	plain	/bin/sh, ForceCommand
#	login	login shell and ForceCommand, the recommended one
#	open	as plain, and sshd takes all variables; those that the loader or
#		a shell obeys are not tried: check-account warns of them
#	shown	the same, with env(1)

. "${0%/*}/lib.sh"

client_begin
find_installed
PAGE=${SRCDIR:-${0%/*}/../..}/contrib/CLIENTS

CANARY=$TEMP/canary
mkdir -m 1777 "$CANARY"

# mine NAME: with what is there to be changed
mine() {
	home=$SRV/$1
	mkdir -p "$home/.ssh" "$home/bin" "$home/dir"
	for mine_file in .ssh/authorized_keys .ssh/rc .bashrc .profile \
	    .pam_environment bin/scp; do
		echo original >"$home/$mine_file"
	done
	echo content >"$home/file"
	ln -s .ssh "$home/keys"
	ln -s ../.ssh "$home/dir/keys"
	chown -R --no-dereference "$ACCOUNT_NAME" "$home"
	all="$all $1"
}

all=
account plain /bin/sh "$SRV/plain"
sshd_match plain "ForceCommand $PROGRAM -r $SRV/plain"
mine plain
if [ -n "$INSTALLED" ]; then
	account login "$INSTALLED" "$SRV/login"
	sshd_match login "ForceCommand $INSTALLED"
	mine login
fi
account open /bin/sh "$SRV/open"
sshd_match open "ForceCommand $PROGRAM -r $SRV/open" \
	'AcceptEnv *'
mine open
account shown /bin/sh "$SRV/shown"
sshd_match shown 'ForceCommand /usr/bin/env' 'AcceptEnv *'
syslog_start
sshd_start

cd "$LOCAL" || exit 1
echo evil >evil
mkdir -p tree/.ssh tree/bin
for file in .ssh/authorized_keys .ssh/rc .bashrc .profile .pam_environment \
    bin/scp; do
	printf '#!/bin/sh\ntouch %s/%s\n' "$CANARY" "${file##*/}" >"tree/$file"
	chmod 0755 "tree/$file"
done

snapshot() {
	(cd "$SRV/$1" && find .ssh .bashrc .profile .pam_environment bin \
	    -exec stat -c '%n %F %a %Y %h %s' {} + &&
		cat .ssh/* .bashrc .profile .pam_environment bin/*)
}

unchanged() {
	snapshot "$1" | cmp -s - "$TEMP/before" ||
		wrong "changed: $(snapshot "$1" | diff "$TEMP/before" - | head -n 5)"
	absent "$SRV/$1/.zshenv" "$SRV/$1/.ssh/environment"
	[ -z "$(ls "$CANARY")" ] || wrong "ran: $(ls "$CANARY")"
}

# What programs read in a home, by each spelling of it.
# shellcheck disable=SC2088
uploads() {
	snapshot "$1" >"$TEMP/before"
	share "$1"
	begin "$1: nothing goes to where the home's programs and keys are"
	for path in .ssh/authorized_keys ./.ssh/rc //.ssh//rc /.bashrc \
	    dir/../.profile "~/.pam_environment" .zshenv .ssh/environment \
	    keys/rc dir/keys/authorized_keys bin/scp bin/ls .ssh bin keys \
	    '".ssh/rc"' '.s\sh/rc'; do
		copy evil "$1:$path"
		[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $path"
	done
	copy -rp tree/.ssh tree/bin tree/.bashrc "$1:"
	status 1
	copy -rp tree/. "$1:"
	copy -r tree/.ssh "$1:keys"
	status 1
	unchanged "$1"
	finish

	begin "$1: nothing comes from there"
	for path in .ssh/authorized_keys .bashrc keys/rc bin/scp '.ss*/*' \
	    '{.bashrc,.profile}' dir/keys/rc; do
		rm -rf got
		mkdir got
		copy "$1:$path" got
		[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $path"
		[ -z "$(ls -A got)" ] || wrong "came: $path"
	done
	copy -r "$1:." got
	copy -r "$1:/" got
	! grep -rq original got || wrong "came: $(grep -rl original got)"
	finish
	unshare "$1"
}

# A shell client opens one and types: WinSCP before it asks for scp.
shells() {
	begin "$1: what WinSCP types into a shell: one line, exit 1"
	printf '%s\n' 'echo "WinSCP: this is begin-of-file:0"' 'unset LANG' \
		'echo "WinSCP: this is end-of-file:$?"' pwd \
		'ls -la --full-time' 'cd "/"' groups \
		"touch $CANARY/shell" >typed
	timeout 20 ssh -T -F "$TEMP/ssh_config" "$1" <typed \
		>"$TEMP/out" 2>"$TEMP/err"
	STATUS=$?
	status 1
	silent
	lines 1
	# As contrib/CLIENTS tells WinSCP's users.
	says 'This account transfers files with scp only; there is no shell.'
	grep -Fqx "	$(cat "$TEMP/err")" "$PAGE" || wrong "not in $PAGE"
	unchanged "$1"
	finish

	begin "$1: WinSCP's own commands, without a shell: one line, exit 1"
	for command in 'scp -r -p -d -t "/dir" ; echo "WinSCP: end:$?"' \
	    'scp -r -d -f "/file" ; echo "WinSCP: end:$?"' 'pwd' \
	    'cd "/" ; pwd' 'ls -la' 'groups' 'printenv' 'alias ls' \
	    'echo "WinSCP: this is begin-of-file:0"'; do
		run ssh -F "$TEMP/ssh_config" -- "$1" "$command"
		[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $command"
		[ "$(cat "$TEMP/out" "$TEMP/err" | wc -l)" -eq 1 ] ||
			wrong "not one line: $command"
		! grep -aq -e content -e WinSCP: "$TEMP/out" ||
			wrong "answered: $command"
	done
	finish
}

# Channels that are no session, and requests that are none of ours.
channels() {
	begin "$1: no forwarding of any kind"
	for option in "-R 0:127.0.0.1:$PORT" "-R $CANARY/socket:127.0.0.1:$PORT" \
	    "-R 0"; do
		# shellcheck disable=SC2086
		run ssh -F "$TEMP/ssh_config" -N -o ExitOnForwardFailure=yes \
			$option "$1"
		[ "$STATUS" -ne 0 ] || wrong "exit status 0: $option"
		says_like 'forwarding failed'
	done
	for place in "127.0.0.1:$PORT" "localhost:22" "[::1]:25"; do
		run ssh -F "$TEMP/ssh_config" -W "$place" "$1"
		[ "$STATUS" -ne 0 ] || wrong "exit status 0: -W $place"
		silent
	done
	ssh-agent -a "$TEMP/agent" >"$TEMP/agent.out"
	SSH_AUTH_SOCK=$TEMP/agent DISPLAY=:9 run ssh -F "$TEMP/ssh_config" \
		-A -X -w 7:7 -v "$1" scp -f file
	eval "$(cat "$TEMP/agent.out")" >/dev/null
	ssh-agent -k >/dev/null
	unset SSH_AUTH_SOCK SSH_AGENT_PID
	[ -z "$(find /tmp -maxdepth 1 -user "scpt-$$-$1")" ] ||
		wrong "a socket for the agent"
	[ ! -e /sys/class/net/tun7 ] || wrong "a tunnel"
	! grep -q 'Agent forwarding enabled\|X11 forwarding enabled' \
		"$TEMP/err" || wrong "forwarded"
	finish

	begin "$1: subsystems are refused at once, whatever their name"
	for name in sftp netconf '../../bin/sh' 'sftp; id' ''; do
		run ssh -F "$TEMP/ssh_config" -s -- "$1" "$name"
		[ "$STATUS" -ne 0 ] || wrong "exit status 0: $name"
		silent
	done
	unchanged "$1"
	finish
}

for name in $all; do
	uploads "$name"
	shells "$name"
	channels "$name"
done

begin "open: variables change nothing"
for variable in HOME=/ LOGNAME=root USER=root SHELL=/bin/sh TZ=:/etc/shadow \
    TZDIR=/root TMPDIR="$CANARY" PATH="$SRV/open/bin" IFS=/ \
    SSH_ORIGINAL_COMMAND="-r / scp -f etc/passwd" SSH_USER_AUTH=/etc/shadow \
    SSH_CONNECTION="evil" GCONV_PATH="$SRV/open" LOCPATH="$SRV/open" \
    NLSPATH="$CANARY/%N" LANG=../../../tmp LC_ALL=/tmp \
    MALLOC_TRACE="$CANARY/trace" GETCONF_DIR="$CANARY" \
    SCP_SERVER_CONF=/dev/null RESOLV_HOST_CONF=/etc/shadow \
    LOGFILE="$CANARY/log" ROOT=/; do
	rm -f got-open
	snapshot open >"$TEMP/before"
	copy -o "SetEnv=\"$variable\"" open:file got-open
	[ "$STATUS" -eq 0 ] || wrong "exit status $STATUS: $variable"
	same "$SRV/open/file" got-open
	[ ! -s "$TEMP/err" ] || wrong "said something: $variable"
	copy -o "SetEnv=\"$variable\"" open:../../../../etc/passwd got-passwd
	[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $variable, outside"
	unchanged open
	run ssh -F "$TEMP/ssh_config" -o "SetEnv=\"$variable\"" shown
	case $variable in
	[HIULS]*=* | PATH=*) ;;
	*) grep -Fqx "$variable" "$TEMP/out" || wrong "did not arrive: $variable" ;;
	esac
done
absent got-passwd
finish

begin "no unfinished upload is left"
left=$(find "$SRV" -name '.scp-server*')
[ -z "$left" ] || wrong "$left"
finish
tests_done

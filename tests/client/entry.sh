#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2016,SC2034,SC2086
# Every way in, with what an attacker would try at each: nothing may run.  The
# accounts, whose homes are full of traps that touch a canary:
#
#	forced	/bin/sh, ForceCommand
#	keyed	/bin/sh, command= and restrict in authorized_keys
#	login	login shell and ForceCommand, the recommended one
#	bare	the login shell alone
#	mistake	/bin/sh, ForceCommand that ends in $SSH_ORIGINAL_COMMAND
#	named	/bin/sh, no ForceCommand; its PATH finds the program as scp
#	shell	the program, named scp, as the login shell
#	fixed-N	the administrator has said what the client gets: a file

. "${0%/*}/lib.sh"

client_begin pscp puttygen
find_installed
CANARY=$TEMP/canary
mkdir -m 1777 "$CANARY"

# traps NAME: what a shell, sshd or PAM would run or read in its home
traps() {
	home=$SRV/$1
	mkdir -p "$home/.ssh"
	for trap_file in .bashrc .profile .bash_profile .zshenv .cshrc \
	    .ssh/rc; do
		printf '#!/bin/sh\ntouch %s/%s-%s\n' "$CANARY" "$1" \
			"$(echo "$trap_file" | tr / -)" >"$home/$trap_file"
		chmod 0755 "$home/$trap_file"
	done
	printf 'LD_PRELOAD=%s/preload.so\nBASH_ENV=%s/.bashrc\nENV=%s/.profile\n' \
		"$home" "$home" "$home" >"$home/.ssh/environment"
	sed 's/=/ DEFAULT=/' "$home/.ssh/environment" >"$home/.pam_environment"
	echo content >"$home/file"
	mkdir "$home/dir"
	chown -R --reference="$home" "$home"
	chown "$ACCOUNT_NAME" "$home" "$home"/* "$home"/.[a-z]*
	all="$all $1"
}

all=
account forced /bin/sh "$SRV/forced"
sshd_match forced "ForceCommand $PROGRAM -r $SRV/forced"
traps forced
account keyed /bin/sh "$SRV/keyed"
printf 'restrict,command="%s -r %s" %s\n' "$PROGRAM" "$SRV/keyed" \
	"$(cat "$TEMP/client.pub")" >"$TEMP/keys/$ACCOUNT_NAME"
traps keyed
if [ -n "$INSTALLED" ]; then
	account login "$INSTALLED" "$SRV/login"
	sshd_match login "ForceCommand $INSTALLED"
	traps login
	account bare "$INSTALLED" "$SRV/bare"
	traps bare
fi

# fixed LINE ...: an account of which the client's words must not matter
fixed=0
fixed() {
	fixed=$((fixed + 1))
	account "fixed-$fixed" "$1" "$SRV/fixed-$fixed"
	echo content >"$SRV/fixed-$fixed/file"
	shift
	[ $# -eq 0 ] || sshd_match "fixed-$fixed" "$@"
}

AT="$PROGRAM -r $SRV/fixed"
fixed /bin/sh "ForceCommand $AT-1 scp -f file"
fixed /bin/sh "ForceCommand $AT-2 -c 'scp -f file'"
fixed /bin/sh "ForceCommand $AT-3 -c 'scp -t other' scp -f file"
fixed /bin/sh
printf 'restrict,command="%s-4 scp -f file" %s\n' "$AT" \
	"$(cat "$TEMP/client.pub")" >"$TEMP/keys/$ACCOUNT_NAME"
fixed /bin/sh
printf 'restrict,command="%s-5 -c \\"scp -f file\\"" %s\n' "$AT" \
	"$(cat "$TEMP/client.pub")" >"$TEMP/keys/$ACCOUNT_NAME"
if [ -n "$INSTALLED" ]; then
	mkdir "$TEMP/named"
	NAMED=$TEMP/named/scp
	install -m 0755 "$INSTALLED" "$NAMED"
	account named /bin/sh "$SRV/named"
	echo content >"$SRV/named/file"
	sshd_match named "SetEnv PATH=$TEMP/named:/usr/bin:/bin"
	account shell "$NAMED" "$SRV/shell"
	echo content >"$SRV/shell/file"
	fixed "$INSTALLED" "ForceCommand scp -f file"
	fixed "$INSTALLED" "ForceCommand scp -f file"
	printf 'command="scp -t other" %s\n' "$(cat "$TEMP/client.pub")" \
		>"$TEMP/keys/$ACCOUNT_NAME"
	fixed "$INSTALLED"
	printf 'restrict,command="scp -f file" %s\n' \
		"$(cat "$TEMP/client.pub")" >"$TEMP/keys/$ACCOUNT_NAME"
	fixed /bin/sh "ForceCommand $NAMED -f file"
fi
account twice /bin/sh "$SRV/twice"
sshd_match twice "ForceCommand $PROGRAM -r $SRV/twice -c x -c y"
install -m 0755 "$PROGRAM" "$TEMP/bin/scp"
account mistake /bin/sh "$SRV/mistake"
sshd_match mistake \
	"ForceCommand $PROGRAM -r $SRV/mistake \$SSH_ORIGINAL_COMMAND"
traps mistake
syslog_start
sshd_start

cd "$LOCAL" || exit 1
echo local >local

no_canary() {
	found=$(ls "$CANARY")
	[ -z "$found" ] || wrong "ran: $found"
	rm -f "$CANARY"/*
}

# refuses ACCOUNT COMMAND: exit 1 and one line, which is a message of the
# protocol where it stands on standard output
refuses() {
	run ssh -F "$TEMP/ssh_config" -- "$1" "$2"
	[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $2"
	[ ! -s "$TEMP/out" ] || [ "$(head -c 5 "$TEMP/out" | tr -d '\1')" = \
		scp: ] || wrong "standard output: $2"
	refuses_n=$(cat "$TEMP/out" "$TEMP/err" | wc -l)
	[ "$refuses_n" -eq 1 ] || wrong "$refuses_n lines of message: $2"
}

LIMIT=20
injections() {
	cat <<-EOT
	touch CANARY/plain
	sh -c 'touch CANARY/sh'
	scp -f x; touch CANARY/semicolon
	scp -f x & touch CANARY/ampersand
	scp -f x && touch CANARY/and
	scp -f nope || touch CANARY/or
	scp -f x | touch CANARY/pipe
	scp -f \$(touch CANARY/dollar)
	scp -f "\$(touch CANARY/quoted-dollar)"
	scp -f \`touch CANARY/backquote\`
	scp -f "\`touch CANARY/quoted-backquote\`"
	scp -f <(touch CANARY/process)
	scp -t >CANARY/output
	scp -f x >CANARY/output
	scp -f x 2>CANARY/errors
	scp -f {touch,CANARY/brace} ; :
	scp -S CANARY/../../bin/touch -f x
	scp -oProxyCommand=touch\ CANARY/proxy -f x
	scp -o ProxyCommand='touch CANARY/proxy2' -t x
	scp -F file -f x
	scp -i file -f x
	scp -D sftp -f x
	scp -J host -f x
	scp -3 -f x
	scp file host:file
	scp -r a b user@host:c
	rsync --server . file
	sftp-server
	/usr/lib/openssh/sftp-server
	internal-sftp
	env touch CANARY/env
	LD_PRELOAD=x scp -f file
	scp\ -f\ file
	sudo scp -f file
	cd / && scp -f file
	exec scp -f file
	command scp -f file
	-c 'touch CANARY/option'
	-r / scp -f etc/passwd
	--help
	. ./.bashrc
	/bin/../bin/sh -c id
	git-upload-pack 'x'
	scp -t file extra
	scp -ft file
	scp
	scp -t 'open
	scp -f "open
	scp -f ~root/file
	EOT
}

attack() {
	share "$1"
	begin "$1: injections are refused, each in one line, and run nothing"
	injections | sed "s,CANARY,$CANARY," >"$TEMP/injections"
	tried=0
	while read -r line; do
		refuses "$1" "$line" </dev/null
		tried=$((tried + 1))
	done <"$TEMP/injections"
	newline='
'
	refuses "$1" "scp -f file${newline}touch $CANARY/newline"
	unshare "$1"
	[ $tried -ge 44 ] || wrong "only $tried attempts"
	no_canary
	finish

	begin "$1: a copy runs no file of the account"
	copy "$1:file" "got-$1"
	status 0
	same "$SRV/$1/file" "got-$1"
	copy local "$1:new"
	status 0
	same local "$SRV/$1/new"
	no_canary
	finish

	begin "$1: without a command: one line, at once"
	run ssh -F "$TEMP/ssh_config" "$1"
	status 1
	silent
	lines 1
	no_canary
	finish

	begin "$1: the client's variables are not taken"
	run ssh -F "$TEMP/ssh_config" -o 'SendEnv *' -o \
		'SetEnv LD_PRELOAD=/x BASH_ENV=/x PATH=/x' "$1" id
	status 1
	lines 1
	finish

	begin "$1: nothing is forwarded"
	run ssh -F "$TEMP/ssh_config" -o ExitOnForwardFailure=yes \
		-N -R "127.0.0.1:0:127.0.0.1:$PORT" "$1"
	[ "$STATUS" -ne 0 ] || wrong "a remote port"
	says_like 'forwarding failed'
	run ssh -F "$TEMP/ssh_config" -W "127.0.0.1:$PORT" "$1"
	[ "$STATUS" -ne 0 ] || wrong "a local port"
	says_like 'open failed|forwarding failed'
	silent
	finish

	begin "$1: sftp, scp without -O and pscp are refused at once"
	LIMIT=10
	run sftp -F "$TEMP/ssh_config" "$1"
	[ "$STATUS" -ne 0 ] || wrong "sftp: exit status 0"
	run scp -s -F "$TEMP/ssh_config" "$1:file" got-sftp
	[ "$STATUS" -ne 0 ] || wrong "scp -s: exit status 0"
	run pscp -batch -sftp -P "$PORT" -i "$TEMP/client.ppk" \
		-hostkey "$FINGERPRINT" "scpt-$$-$1@127.0.0.1:file" got-sftp
	[ "$STATUS" -ne 0 ] || wrong "pscp: exit status 0"
	absent got-sftp
	LIMIT=20
	finish
}

puttygen "$TEMP/client" -O private -o "$TEMP/client.ppk"
FINGERPRINT=$(ssh-keygen -l -f "$TEMP/host.pub" | cut -d ' ' -f 2)

for name in $all; do
	case $name in
	bare)
		# sshd's own SFTP is all that is open to it; and that is said.
		begin "bare: without ForceCommand sshd itself serves SFTP"
		run sftp -F "$TEMP/ssh_config" bare
		status 0
		finish
		continue ;;
	mistake) continue ;;
	esac
	attack "$name"
done

# The shell splits the words here, so a quote is no quote; but nothing runs, and
# nothing comes from outside the root.
begin "mistake: the client's words are no options of ours, and run nothing"
injections | sed "s,CANARY,$CANARY," >"$TEMP/injections"
share mistake
while read -r line; do
	run ssh -n -F "$TEMP/ssh_config" -- mistake "$line"
	! grep -aq root: "$TEMP/out" || wrong "a file of the system: $line"
	case $line in
	*-t*) ;;
	*) [ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $line" ;;
	esac
done <"$TEMP/injections"
unshare mistake
no_canary
finish

begin "scp -3 between two accounts"
copy -3 forced:file keyed:three
status 0
same "$SRV/forced/file" "$SRV/keyed/three"
mkdir -p "$SRV/forced/tree/a/b"
echo x >"$SRV/forced/tree/a/b/x"
copy -3 -r -p forced:tree keyed:tree
status 0
same_tree "$SRV/forced/tree" "$SRV/keyed/tree"
finish

begin "scp -R, on an account: the hint to use -3"
copy -R forced:file keyed:direct
status 1
says_like 'use scp -3'
absent "$SRV/keyed/direct"
finish

# What the administrator has said goes before what the client sends.
n=0
while [ $n -lt $fixed ]; do
	n=$((n + 1))
	share "fixed-$n"
	begin "fixed-$n: the client's command does not matter"
	for command in "scp -t evil" "scp -f ../../etc/passwd" "id" \
	    "'-r' / scp -f etc/passwd" internal-sftp ""; do
		printf '\0\0\0' | timeout "$LIMIT" ssh -F "$TEMP/ssh_config" \
			-- "fixed-$n" "$command" >"$TEMP/out" 2>"$TEMP/err"
		STATUS=$?
		printf 'C0644 8 file\ncontent\n\0' >want
		{ [ $STATUS -eq 0 ] && cmp -s want "$TEMP/out"; } ||
			wrong "exit status $STATUS, or not the file: $command"
	done
	# Unless it might be options, which are refused wherever they stand.
	run ssh -F "$TEMP/ssh_config" -- "fixed-$n" "-r / scp -f etc/passwd"
	status 1
	silent
	lines 1
	unshare "fixed-$n"
	[ "$(ls "$SRV/fixed-$n")" = file ] || wrong "$(ls "$SRV/fixed-$n")"
	finish
done

begin "-c twice is refused, in a line that tells the client nothing"
copy local twice:
status 1
lines 1
says 'scp: this account is not available'
finish

# Installed as scp: the path that old scripts and libraries force.
begin "installed as scp: arguments are the client's, options of ours are none"
for words in "-t $SRV" "-f $SRV"; do
	(cd "$LOCAL" && timeout 20 "$TEMP/bin/scp" -r / $words) \
		>"$TEMP/out" 2>"$TEMP/err" </dev/null
	STATUS=$?
	status 1
done
finish

if [ -z "$INSTALLED" ]; then
	skip "as a login shell, and named scp" "$NOT_INSTALLED"
else
	mkdir -p tree/a
	echo x >tree/a/x
	begin "named: up, down and -r, as the program that a shell finds"
	copy local named:
	status 0
	same local "$SRV/named/local"
	copy named:file got-named
	status 0
	same "$SRV/named/file" got-named
	copy -rp tree named:
	status 0
	same_tree tree "$SRV/named/tree"
	copy -r named:tree back
	status 0
	same_tree tree back
	copy named:../../../etc/passwd got-passwd
	status 1
	says 'scp: ../../../etc/passwd: No such file or directory'
	finish

	begin "named: options of ours are refused, whatever asks for the file"
	share named
	for command in "scp -C none -r / -f etc/passwd" \
	    "scp -o Root=/ -f etc/passwd" "scp -c 'scp -f file'" \
	    "scp -T user=root" "scp -V" "scp -h" "scp -e -f file" \
	    "SSH_ORIGINAL_COMMAND='scp -f file' scp" "scp"; do
		run ssh -n -F "$TEMP/ssh_config" -- named "$command"
		[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $command"
		! grep -aq -e root: -e content "$TEMP/out" ||
			wrong "a file: $command"
	done
	unshare named
	finish

	begin "scp -S: the program on this side of the wire, too"
	cat >"$TEMP/instead" <<-EOT
	#!/bin/sh
	for last; do :; done
	cd / && exec sh -c "\$last"
	EOT
	chmod 0755 "$TEMP/instead"
	runuser -u "scpt-$$-named" -- env PATH="$TEMP/named:$PATH" \
		"$(command -v scp)" -O -S "$TEMP/instead" "$LOCAL/local" \
		host:instead >"$TEMP/out" 2>"$TEMP/err"
	STATUS=$?
	status 0
	same local "$SRV/named/instead"
	finish

	begin "shell: named scp it is no shell"
	for command in "scp -f file" "$NAMED -f file" "id" ""; do
		run ssh -F "$TEMP/ssh_config" -- shell "$command"
		status 1
		[ "$(cat "$TEMP/out" "$TEMP/err" | wc -l)" -eq 1 ] ||
			wrong "not one line: $command"
	done
	finish
fi

# Last, for it is another sshd.
begin "where sshd has no Subsystem, pscp turns to scp by itself"
sshd_stop
SUBSYSTEM=
sshd_start
run pscp -batch -q -P "$PORT" -i "$TEMP/client.ppk" -hostkey "$FINGERPRINT" \
	local "scpt-$$-forced@127.0.0.1:by-itself"
status 0
same local "$SRV/forced/by-itself"
finish

tests_done

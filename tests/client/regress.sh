#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2016
# OpenSSH's own regression tests of scp, with this server as the remote side:
# scp.sh and scp-uri.sh through their stand-in for ssh, which hands the command
# over in SSH_ORIGINAL_COMMAND as sshd does, scp3.sh through a real sshd with a
# ForceCommand.  They come with Debian's package openssh-tests; OPENSSH_REGRESS
# names another copy.  Each script does everything twice, in SCP mode and in
# SFTP mode; the second half is nothing of ours and is left out.

. "${0%/*}/lib.sh"

client_begin
REGRESS=${OPENSSH_REGRESS:-/usr/lib/openssh/regress}
[ -f "$REGRESS/scp.sh" ] ||
	skip_all "no $REGRESS/scp.sh (Debian: openssh-tests)"

# The tests run as an ordinary user; with -r / their absolute paths hold.
account regress /bin/sh "$SRV/regress"
OBJ=$SRV/regress/obj
cp -R "$REGRESS" "$OBJ"
chown -R "$ACCOUNT_NAME" "$OBJ"

# What their stand-in for ssh runs, each run counted.
cat >"$TEMP/bin/remote" <<EOT
#!/bin/sh
echo run >>"$OBJ/served"
SSH_ORIGINAL_COMMAND=\$1 exec "$PROGRAM" -r /
EOT
chmod 0755 "$TEMP/bin/remote"

# adapt FILE FROM TO: an edit that must not silently stop to fit
adapt() {
	if ! grep -Fq -- "$2" "$OBJ/$1"; then
		echo "Bail out! $REGRESS/$1 has no line $2"
		exit 1
	fi
	perl -pi -e 'BEGIN { ($from, $to) = splice @ARGV, 0, 2 }
	    s/\Q$from\E/$to/' "$2" "$3" "$OBJ/$1"
}

adapt scp-ssh-wrapper.sh 'exec $SCP "$@"' "exec $TEMP/bin/remote \"\$arg\""
for script in scp scp-uri scp3; do
	adapt "$script.sh" 'for mode in scp sftp' 'for mode in scp'
done

# regress SCRIPT [sshd option]
regress() {
	tid=$1
	: >"$OBJ/failed-regress.log"
	: >"$OBJ/served"
	chown "$ACCOUNT_NAME" "$OBJ/failed-regress.log" "$OBJ/served"
	(cd "$OBJ" && exec timeout 300 runuser -u "$ACCOUNT_NAME" -- env -i \
	    PATH="$PATH" HOME="$SRV/regress" TEST_SHELL=sh \
	    TEST_SSH_SSHD="$SSHD" TEST_SSH_UNSAFE_PERMISSIONS=1 \
	    TEST_SSH_PORT="$(free_port)" TEST_SSH_SSHD_CONFOPTS="$2" \
	    TEST_SSH_SSHD_SESSION=/usr/lib/openssh/sshd-session \
	    TEST_SSH_SSHD_AUTH=/usr/lib/openssh/sshd-auth \
	    BUILDDIR="$OBJ" sh "$OBJ/test-exec.sh" "$OBJ" "$OBJ/$tid.sh") \
	    >"$TEMP/$tid.out" 2>"$TEMP/$tid.err" </dev/null
	STATUS=$?

	# A case begins with "scp: scp mode: NAME"; one that fails leaves
	# "trace: scp: scp mode: NAME" and "FAIL: why" in the failure log.
	sed -n "s/^$tid: scp mode: //p" "$TEMP/$tid.out" >"$TEMP/cases"
	found=0
	while read -r name; do
		found=$((found + 1))
		begin "$tid: $name"
		why=$(awk -v want="trace: $tid: scp mode: $name" '
			/^trace: / { here = $0 == want }
			/^FAIL: / && here { print substr($0, 7) }' \
			"$OBJ/failed-regress.log" | sort -u)
		[ -z "$why" ] || wrong "$why"
		finish
	done <"$TEMP/cases"

	begin "$tid: ran to its end"
	cp "$TEMP/$tid.err" "$TEMP/err"
	tail -n 5 "$TEMP/$tid.out" >"$TEMP/out"
	[ "$found" -gt 0 ] || wrong "no case in SCP mode"
	grep -Eq "^(ok|failed) $tid\$" "$TEMP/$tid.out" || wrong "it did not"
	[ "$STATUS" -eq 0 ] || [ -s "$OBJ/failed-regress.log" ] ||
		wrong "exit status $STATUS"
	finish
	echo "# $tid: $found cases in SCP mode, as many in SFTP mode left out"
}

# served SCRIPT LEAST: did the cases reach our server at all?
served() {
	begin "$1: reached this server"
	STATUS=0
	served_n=$(wc -l <"$OBJ/served")
	echo "# $1: $served_n runs of the server"
	[ "$served_n" -ge "$2" ] || wrong "only $served_n runs of the server"
	finish
}

regress scp
served scp 14
regress scp-uri
served scp-uri 6
# This one goes through sshd, as the only account that sshd -i can serve.
printf '#!/bin/sh\necho run >>"%s/served"\nexec "%s" -r /\n' "$OBJ" \
	"$PROGRAM" >"$TEMP/bin/forced"
chmod 0755 "$TEMP/bin/forced"
regress scp3 "ForceCommand $TEMP/bin/forced"
served scp3 6

tests_done

#!/bin/sh
# SPDX-License-Identifier: ISC
# No example in the manual is wrong: each configuration of scp-server.conf(5),
# scp-server(8), the installed file and contrib goes through the program that
# reads it, for accounts that there are in a mount namespace of its own.
# Only for root; TAP output.
: "${SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
if [ -z "${EXAMPLES_PRIVATE-}" ]; then
	if ! unshare -m true 2>/dev/null; then
		echo '1..0 # SKIP no mount namespace to be had'
		exit 77
	fi
	EXAMPLES_PRIVATE=yes exec unshare -m sh "$0"
fi
# shellcheck source=/dev/null
. "$SRCDIR/tests/client/lib.sh"

examples_end() {
	umount -l /srv /etc "$TEMP/etc" 2>/dev/null
	client_end
}

client_begin
trap examples_end EXIT
CONF5=$SRCDIR/src/scp-server.conf.5
PAGE8=$SRCDIR/src/scp-server.8
CONF=$TEMP/conf

# Accounts, their groups and their roots, as the examples have them.  All of
# /etc, because a file that is mounted is gone when others replace the one below.
make_accounts() {
	mkdir "$TEMP/etc" && mount -t tmpfs -o mode=0755 tmpfs "$TEMP/etc" &&
	    cp -a /etc/. "$TEMP/etc" && mount --bind "$TEMP/etc" /etc || return 1
	uid=64100
	for pair in fw01:devices drop1:dropbox mirror: deploy: scp-partner: \
	    sftp-partner: backup1:; do
		uid=$((uid + 1))
		echo "${pair%%:*}:x:$uid:$uid::/srv/${pair%%:*}:/bin/false" \
			>>/etc/passwd
		echo "${pair%%:*}:x:$uid:" >>/etc/group
		[ -z "${pair#*:}" ] ||
			echo "${pair#*:}:x:$((uid + 100)):${pair%%:*}" \
				>>/etc/group
	done
	[ -d /srv ] && mount -t tmpfs -o mode=0755 tmpfs /srv || return 1
	mkdir -p /srv/devices/fw01 /srv/drop/drop1 /srv/mirror /srv/site/example \
	    /srv/partner/files /srv/pub /srv/scp/fw01 /srv/backup1 &&
	    chown fw01:fw01 /srv/devices/fw01 /srv/scp/fw01 &&
	    chown drop1:drop1 /srv/drop/drop1 &&
	    chown deploy:deploy /srv/site/example &&
	    chown scp-partner:scp-partner /srv/partner/files
}

# block PAGE N: the N-th literal text of its EXAMPLES; /srv is what is private
block() {
	sed '1,/^\.Sh EXAMPLES/d; /^\.Sh /,$d' "$1" | awk -v n="$2" '
		/^\.Bd / { inside = ++count == n; next }
		/^\.Ed/ { inside = 0 }
		inside' | sed 's,/var/www/,/srv/site/,; s/\\e$/\\/; s/^\\&//'
}

count_blocks() {
	sed '1,/^\.Sh EXAMPLES/d; /^\.Sh /,$d' "$1" | grep -c '^\.Bd '
}

# ask WORD...: what -T says with $CONF; its status is left in STATUS
ask() {
	"$PROGRAM" -C "$CONF" -T "$@" >"$TEMP/out" 2>"$TEMP/err" </dev/null
	STATUS=$?
}

# Each line of $CONF but of these numbers is where a setting is from.
all_lines_count() {
	awk '!/^[ \t]*(#|$|Match)/ { print NR }' "$CONF" | while read -r line; do
		case " $* " in
		*" $line "*) continue ;;
		esac
		grep -q "	# $CONF:$line\$" "$TEMP/out" ||
			echo "line $line does not count"
	done
}

says_line() {
	grep -qxF -- "$1" "$TEMP/out" || wrong "it does not say: $1"
}

make_accounts || skip_all 'cannot have accounts of our own'

# --- scp-server.conf(5) -----------------------------------------------------

begin 'the blocks of scp-server.conf(5) are those that are known here'
[ "$(count_blocks "$CONF5")" = 6 ] || wrong "$(count_blocks "$CONF5") blocks"
finish

begin 'devices'
block "$CONF5" 1 >"$CONF"
ask user=fw01 addr=192.0.2.7 size=1M scp -t run.cfg
[ $STATUS = 0 ] || wrong "status $STATUS"
wrong_lines=$(all_lines_count)
[ -z "$wrong_lines" ] || wrong "$wrong_lines"
says_line 'decision allowed'
says_line 'name "/fw01/run.cfg"'
ask user=fw01 size=1M scp -f run.cfg
says_line 'reason write-only'
ask user=fw01 scp -r -t new
says_line 'reason no-directories'
finish

begin 'what scp-server(8) shows of a question about it'
sed -n '/^# scp-server -T/,/^\.Ed/p' "$PAGE8" |
	sed '/^\.Ed/d; /^\\&/d; /^confine=/d' >"$TEMP/shown"
words=$(sed -n '1s/.*-T //p' "$TEMP/shown")
[ -n "$words" ] || wrong 'there is none'
# shellcheck disable=SC2086
ask $words
[ $STATUS = 1 ] || wrong "status $STATUS"
sed '1d; s/[ 	]*#.*//' "$TEMP/shown" >"$TEMP/want"
[ "$(wc -l <"$TEMP/want")" = 5 ] || wrong "$(wc -l <"$TEMP/want") lines"
while read -r line; do
	sed 's/	#.*//' "$TEMP/out" | grep -qxF -- "$line" ||
		wrong "it does not say: $line"
done <"$TEMP/want"
finish

begin 'a drop box'
block "$CONF5" 2 >"$CONF"
ask user=drop1 size=1G scp -t f
[ $STATUS = 0 ] || wrong "status $STATUS"
wrong_lines=$(all_lines_count)
[ -z "$wrong_lines" ] || wrong "$wrong_lines"
grep -q '^mode 0640	# FileMode' "$TEMP/out" || wrong 'no mode'
ask user=drop1 size=3G scp -t f
says_line 'reason file-too-large'
ask user=drop1 scp -t .f
says_line 'reason hidden-name'
: >/srv/drop/drop1/there
ask user=drop1 scp -t there
says_line 'reason no-overwrite'
finish

begin 'a mirror'
block "$CONF5" 3 >"$CONF"
: >/srv/mirror/f
ask user=mirror addr=198.51.100.1 scp -f f
[ $STATUS = 0 ] || wrong "status $STATUS"
wrong_lines=$(all_lines_count 2)
[ -z "$wrong_lines" ] || wrong "$wrong_lines"
grep -q '^limit DownloadRate 20M	' "$TEMP/out" || wrong 'not 20M'
for address in 192.0.2.77 2001:db8::7; do
	ask user=mirror addr=$address scp -f f
	grep -q '^limit DownloadRate none	' "$TEMP/out" ||
		wrong "not none for $address"
done
ask user=mirror addr=192.0.2.7 scp -t f
says_line 'reason read-only'
finish

begin 'a web site'
block "$CONF5" 4 >"$CONF"
ask user=deploy addr=192.0.2.9 scp -t index.html
[ $STATUS = 0 ] || wrong "status $STATUS"
wrong_lines=$(all_lines_count 9 10)
[ -z "$wrong_lines" ] || wrong "$wrong_lines"
for name in .htaccess x.cgi; do
	ask user=deploy addr=192.0.2.9 name=$name scp -t .
	says_line 'reason denied-name'
done
ask user=deploy addr=192.0.2.10 scp -t index.html
says_line 'reason read-only'
wrong_lines=$(all_lines_count 2 3 4 5 6)
[ -z "$wrong_lines" ] || wrong "$wrong_lines"
finish

begin 'beside an account with SFTP'
block "$CONF5" 6 >"$CONF"
ask user=scp-partner scp -t f
[ $STATUS = 0 ] || wrong "status $STATUS"
wrong_lines=$(all_lines_count)
[ -z "$wrong_lines" ] || wrong "$wrong_lines"
finish

begin 'the lines that show a keyword'
sed -n '/^\.Sh KEYWORDS/,/^\.Sh FILES/s/^\.Dl \([A-Z]\)/\1/p' "$CONF5" |
	sed 's/\\&//g' >"$TEMP/lines"
[ "$(wc -l <"$TEMP/lines")" -ge 15 ] || wrong "$(wc -l <"$TEMP/lines") lines"
: >/srv/log
while read -r line; do
	printf '%s\n' "$line" >"$CONF"
	ask user=fw01
	grep -q "^${line%% *} .*	# $CONF:1\$" "$TEMP/out" ||
		wrong "$line: $(cat "$TEMP/err")"
done <"$TEMP/lines"
finish

# --- the installed file -------------------------------------------------------

begin 'the file that is installed'
cp "$SRCDIR/src/scp-server.conf" "$CONF"
ask -r /srv/pub user=fw01
[ $STATUS = 0 ] || wrong "status $STATUS"
grep -q "^IdleTimeout 10m	# $CONF:" "$TEMP/out" || wrong 'no IdleTimeout'
finish

begin 'its lines, when they are no comments any more'
sed '/^# [A-Z]/d; /^#Include/d; s/^#\([A-Z	]\)/\1/' \
	"$SRCDIR/src/scp-server.conf" | grep -v '^#' >"$CONF"
ask user=drop1
wrong_lines=$(all_lines_count)
[ "$(grep -c . "$CONF")" -ge 15 ] || wrong 'few lines'
[ $STATUS = 0 ] || wrong "status $STATUS"
# A block goes before these.
for line in $(printf '%s\n' "$wrong_lines" | grep -o '[0-9]*'); do
	word=$(sed -n "${line}s/ .*//p" "$CONF")
	grep -q "^	$word " "$CONF" || wrong "$word does not count"
done
finish

# --- sshd_config(5) and authorized_keys ---------------------------------------

# sshd_reads FILE USER COMMAND: and would run it
sshd_reads() {
	"$SSHD" -T -f "$1" -h "$TEMP/host" -C "user=$2,host=h,addr=192.0.2.7" \
		>"$TEMP/out" 2>"$TEMP/err" || wrong "$1: $(cat "$TEMP/err")"
	grep -qxF "forcecommand $3" "$TEMP/out" ||
		wrong "$2: $(grep -i forcecommand "$TEMP/out")"
}

OWN=/usr/local/libexec/scp-server
mkdir -p /run/sshd

begin 'sshd takes what the pages say for it'
block "$CONF5" 5 >"$TEMP/sshd"
sshd_reads "$TEMP/sshd" scp-partner "$OWN"
sshd_reads "$TEMP/sshd" sftp-partner 'internal-sftp -d /files'
block "$PAGE8" 2 >"$TEMP/sshd"
sshd_reads "$TEMP/sshd" backup1 "$OWN"
for setting in 'authorizedkeysfile /etc/ssh/keys/%u' 'permittty no' \
    'disableforwarding yes' 'permituserrc no' 'permituserenvironment no'; do
	says_line "$setting"
done
finish

begin 'sshd takes contrib/scp-server.sshd.conf'
sshd_reads "$SRCDIR/contrib/scp-server.sshd.conf" backup1 "$OWN"
sed 's/^#\(Match\|	\)/\1/; s/^	#\([A-Z][A-Za-z]* \)/	\1/' \
	"$SRCDIR/contrib/scp-server.sshd.conf" >"$TEMP/sshd"
sed -i '/^	useradd/d; /^		--shell/d; /^	install/d; /^	restrict/d' "$TEMP/sshd"
# Older ones do not have it.
"$SSHD" -T -f "$TEMP/sshd" -h "$TEMP/host" -C user=x,host=h,addr=192.0.2.7 \
	2>&1 | grep -q 'keyword ChannelTimeout' && sed -i /Channel/d "$TEMP/sshd"
sshd_reads "$TEMP/sshd" mirror "$OWN -R -r /srv/pub"
finish

begin 'commands with options are taken by the program'
grep -ho "$OWN -[^\"]*" "$PAGE8" "$CONF5" \
	"$SRCDIR/contrib/scp-server.sshd.conf" "$SRCDIR/README" |
	sed "s,^$OWN,," | sort -u >"$TEMP/commands"
[ -s "$TEMP/commands" ] || wrong 'there are none'
while read -r options; do
	# shellcheck disable=SC2086
	"$PROGRAM" $options -T scp -r -f . >"$TEMP/out" 2>"$TEMP/err" </dev/null ||
		wrong "$options: $(cat "$TEMP/err")"
done <"$TEMP/commands"
finish

tests_done

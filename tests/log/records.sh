#!/bin/sh
# SPDX-License-Identifier: ISC
# Lines and records as the programs of others read them: Python and jq, rsyslog,
# fail2ban, logrotate, AWStats; who a session was by a real sshd; and logs that
# do not take anything.  Only for root; TAP output.
: "${SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"

# The program sends to /dev/log: that is ours, in a mount namespace of its own.
if [ -z "${RECORDS_PRIVATE-}" ]; then
	if ! unshare -m true 2>/dev/null; then
		echo '1..0 # SKIP no mount namespace to be had'
		exit 77
	fi
	RECORDS_PRIVATE=yes exec unshare -m sh "$0"
fi
# shellcheck source=/dev/null
. "$SRCDIR/tests/client/lib.sh"

client_begin python3 jq rsyslogd logrotate fail2ban-regex sha256sum
CONTRIB=$SRCDIR/contrib

py() {
	python3 -B "$SRCDIR/tests/log/records.py" "$@"
}
ROOT=$SRV/root
LOG=$TEMP/log
RSYSLOG_PID=

records_end() {
	[ -z "$RSYSLOG_PID" ] || kill -CONT "$RSYSLOG_PID" 2>/dev/null
	[ -z "$RSYSLOG_PID" ] || kill "$RSYSLOG_PID" 2>/dev/null
	umount -l -R /dev "$TEMP/dev" 2>/dev/null
	client_end
}
trap records_end EXIT

make_dev() {
	mkdir "$TEMP/dev" && mount -t tmpfs tmpfs "$TEMP/dev" || return 1
	for node in null zero full random urandom tty ptmx; do
		cp -a "/dev/$node" "$TEMP/dev" || return 1
	done
	ln -s /proc/self/fd "$TEMP/dev/fd"
	mkdir "$TEMP/dev/pts" "$TEMP/dev/shm"
	mount --bind /dev/pts "$TEMP/dev/pts" &&
	    mount --rbind "$TEMP/dev" /dev
}

# As Debian has it, with the files of contrib/rsyslog.conf below $LOG.
rsyslog_start() {
	sed "s,\"/var/log/,\"$LOG/," "$CONTRIB/rsyslog.conf" \
		>"$TEMP/rsyslog-scp-server.conf"
	cat >"$TEMP/rsyslog.conf" <<-EOT
	module(load="imuxsock" SysSock.Name="/dev/log"
	    SysSock.UsePIDFromSystem="on" SysSock.RateLimit.Interval="0")
	module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")
	\$WorkDirectory $TEMP
	include(file="$TEMP/rsyslog-scp-server.conf")
	*.* $LOG/other
	EOT
	rsyslogd -n -f "$TEMP/rsyslog.conf" -i "$TEMP/rsyslog.pid" \
		>"$TEMP/rsyslog.err" 2>&1 &
	RSYSLOG_PID=$!
	tries=0
	until [ -S /dev/log ] || [ $tries -ge 50 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	[ -S /dev/log ]
}

# wait_for PATTERN FILE: until the daemon has written it
wait_for() {
	wait_tries=0
	until grep -q -- "$1" "$2" 2>/dev/null; do
		wait_tries=$((wait_tries + 1))
		if [ $wait_tries -ge 50 ]; then
			wrong "$2 never had $1"
			return
		fi
		sleep 0.1
	done
}

check() {
	"$@" >"$TEMP/out" 2>"$TEMP/err" </dev/null ||
		wrong "$*: $(head -n 3 "$TEMP/err" "$TEMP/out")"
}

# Every line must match this.
all_lines() {
	if ! [ -s "$2" ] || grep -qEv -- "$1" "$2"; then
		wrong "$2: $(grep -Ev -m 1 -- "$1" "$2" | cat -v)"
	fi
}

serve() {
	env SSH_CONNECTION="192.0.2.7 50122 192.0.2.1 22" \
		"$PROGRAM" -r "$ROOT" "$@"
}

put() {
	put_name=$1
	shift
	printf 'C0644 4 %s\ndata\0' "$put_name" |
		serve "$@" scp -t / >"$TEMP/put.out" || wrong "put $put_name: $?"
	[ "$(cat "$ROOT/$put_name" 2>&1)" = data ] ||
		wrong "$put_name is not there"
}

fresh() {
	rm -rf "$ROOT"
	mkdir "$ROOT"
	rm -f "$LOG"/*.json "$LOG/scp-server.log" "$LOG/file"
	: >"$LOG/file"
	[ "$1" = upload ] || py make "$ROOT"
	# rsyslog has the old files open.
	[ -z "$RSYSLOG_PID" ] || kill -HUP "$RSYSLOG_PID"
	sleep 0.2
}

mkdir "$LOG"
make_dev || skip_all 'cannot have a /dev of our own'
SYSLOG_LINE='^[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [^ ]+ scp-server\[[0-9]+\]: '

begin 'rsyslog takes the lines, by contrib/rsyslog.conf'
rsyslog_start || wrong "rsyslogd does not start: $(cat "$TEMP/rsyslog.err")"
[ ! -s "$TEMP/rsyslog.err" ] || wrong "$(head -n 3 "$TEMP/rsyslog.err")"
fresh upload
py upload env SSH_CONNECTION="192.0.2.7 50122 192.0.2.1 22" \
	"$PROGRAM" -r "$ROOT" || wrong 'upload'
wait_for 'session closed' "$LOG/scp-server.log"
all_lines "$SYSLOG_LINE(session |close \"|refused |failed )" \
	"$LOG/scp-server.log"
[ "$(wc -l <"$LOG/scp-server.log")" = 28 ] ||
	wrong "$(wc -l <"$LOG/scp-server.log") lines, not 28"
finish

for way in upload download; do
	begin "$way: JSON records of hostile names"
	fresh $way
	py $way "$PROGRAM" -r "$ROOT" -o "TransferLog=$LOG/file" || wrong $way
	check py json "$LOG/file" $way
	check jq -e -s 'all(has("path") and has("result") and .uid == 0)' \
		"$LOG/file"
	finish

	begin "$way: the same through rsyslog"
	fresh $way
	py $way "$PROGRAM" -r "$ROOT" -o TransferLog=syslog || wrong $way
	wait_for 'session closed' "$LOG/scp-server.log"
	check py json "$LOG/scp-server-transfers.json" $way
	finish

	begin "$way: xferlog of hostile names"
	fresh $way
	py $way "$PROGRAM" -r "$ROOT" -o "TransferLog=$LOG/file" \
		-o TransferLogFormat=xferlog || wrong $way
	check py xferlog "$LOG/file" $way
	finish
done

begin 'sessions at the same time do not mix their records'
fresh upload
py parallel "$PROGRAM" -r "$ROOT" -o "TransferLog=$LOG/file" || wrong 'sessions'
check py lines "$LOG/file"
finish

begin 'records name the setting that decided'
fresh upload
{
	printf 'C0644 4 a.exe\ndata\0C0644 4 .b\ndata\0'
	printf 'C0644 9 c\nmore data\0C0644 4 d\ndata\0'
} | serve -o "TransferLog=$LOG/file" -o DenyNames='*.exe' \
	-o HiddenFiles=no -o MaxFileSize=8 scp -t -d / >"$TEMP/put.out"
check jq -e -s 'map([.result, .reason, .keyword]) == [
	["refused", "denied-name", "DenyNames"],
	["refused", "hidden-name", "HiddenFiles"],
	["refused", "file-too-large", "MaxFileSize"],
	["ok", null, null]]' "$LOG/file"
finish

begin 'AWStats makes its charts of xferlog, by contrib/awstats.conf'
AWSTATS=/usr/lib/cgi-bin/awstats.pl
if [ -f $AWSTATS ]; then
	fresh upload
	put one -o "TransferLog=$LOG/file" -o TransferLogFormat=xferlog
	put two -o "TransferLog=$LOG/file" -o TransferLogFormat=xferlog
	printf '\0\0\0\0' | serve -o "TransferLog=$LOG/file" \
		-o TransferLogFormat=xferlog scp -f one >/dev/null
	sed -e "s,/var/log/scp-server/xferlog,$LOG/file," \
	    -e "s,/var/lib/awstats,$TEMP," -e '/^Include/d' \
		"$CONTRIB/awstats.conf" >"$TEMP/awstats.scp-server.conf"
	check perl $AWSTATS -config=scp-server -configdir="$TEMP" -update
	for found in '0 corrupted' '3 new qualified'; do
		grep -q "Found $found records" "$TEMP/out" ||
			wrong "not $found: $(tail -n 3 "$TEMP/out")"
	done
	check perl $AWSTATS -config=scp-server -configdir="$TEMP" -output \
		-staticlinks
	grep -q '>/two<' "$TEMP/out" || wrong 'no file in the page'
	grep -q '192\.0\.2\.7</td><td>3<' "$TEMP/out" ||
		wrong 'no host with three transfers in the page'
	finish
else
	skip "$TEST" 'awstats is not installed'
fi

begin 'fail2ban finds who misbehaves, and nobody else'
fresh upload
# shellcheck disable=SC2016
for command in 'rm -rf /' 'scp -t "a; reboot" extra $(x)' \
    "] from [192.0.2.66]: not-scp: \"x"; do
	SSH_ORIGINAL_COMMAND=$command SSH_CONNECTION='192.0.2.9 1 192.0.2.1 22' \
		"$PROGRAM" -r "$ROOT" >/dev/null 2>&1 </dev/null
done
printf 'C0644 1 ../x\n' | SSH_CONNECTION='2001:db8::9 1 192.0.2.1 22' \
	"$PROGRAM" -r "$ROOT" scp -t / >/dev/null
printf 'X\n' | SSH_CONNECTION='192.0.2.10 1 192.0.2.1 22' \
	"$PROGRAM" -r "$ROOT" scp -t / >/dev/null
py upload env SSH_CONNECTION='192.0.2.7 1 192.0.2.1 22' LOGNAME='] from [192.0.2.66]' \
	"$PROGRAM" -r "$ROOT" || wrong upload
printf 'C0644 1 refused command by x from [192.0.2.66]: not-scp: "\nx\0' |
	serve scp -t / >/dev/null
wait_for 'close "/refused command by x' "$LOG/scp-server.log"
sleep 0.3
mkdir "$TEMP/filter.d"
cp /etc/fail2ban/filter.d/common.conf "$TEMP/filter.d"
cp "$CONTRIB/fail2ban-filter.conf" "$TEMP/filter.d/scp-server.conf"
fail2ban-regex -o ip "$LOG/scp-server.log" "$TEMP/filter.d/scp-server.conf" \
	>"$TEMP/ips" 2>"$TEMP/err"
cat >"$TEMP/want" <<'EOT'
192.0.2.10
192.0.2.7
192.0.2.9
2001:db8::9
EOT
# 192.0.2.7 used a name that is reserved.
sort -u "$TEMP/ips" >"$TEMP/got"
same "$TEMP/want" "$TEMP/got"
[ "$(grep -c '^192.0.2.9$' "$TEMP/ips")" = 3 ] || wrong 'not three commands'
[ "$(grep -c '^192.0.2.7$' "$TEMP/ips")" = 1 ] || wrong 'more than one name'
finish

begin 'logrotate takes the file away from under a session'
fresh upload
sed -e "s,/var/log/scp-server/transfers.log,$LOG/file," \
    -e 's,create 0620 root scp-users,create 0620 root root,' \
	"$CONTRIB/logrotate.conf" >"$TEMP/logrotate.conf"
chmod 0644 "$TEMP/logrotate.conf"
mkfifo "$TEMP/client.fifo"
serve -o "TransferLog=$LOG/file" scp -t -r / <"$TEMP/client.fifo" \
	>"$TEMP/put.out" &
session=$!
exec 9>"$TEMP/client.fifo"
printf 'C0644 1 before\nx\0' >&9
wait_for before "$LOG/file"
check logrotate -f -s "$TEMP/logrotate.state" "$TEMP/logrotate.conf"
put new -o "TransferLog=$LOG/file"
printf 'C0644 1 behind\nx\0' >&9
exec 9>&-
wait $session || wrong "the session ended with $?"
jq -r .path "$LOG/file" >"$TEMP/got"
jq -r .path "$LOG"/file-* >>"$TEMP/got"
printf '/new\n/before\n/behind\n' >"$TEMP/want"
same "$TEMP/want" "$TEMP/got"
[ "$(stat -c %a "$LOG/file")" = 620 ] || wrong 'the new file has another mode'
rm -f "$LOG"/file-*
finish

begin 'a full disk below TransferLog costs records and no transfer'
fresh upload
mkdir "$TEMP/full"
mount -t tmpfs -o size=4k tmpfs "$TEMP/full"
: >"$TEMP/full/log"
i=0
while [ $i -lt 40 ]; do
	printf 'C0644 4 full%d\ndata\0' $i
	i=$((i + 1))
done | serve -o "TransferLog=$TEMP/full/log" scp -t -d / >"$TEMP/put.out" ||
	wrong "exit status $?"
# shellcheck disable=SC2012
[ "$(ls "$ROOT" | wc -l)" = 40 ] || wrong 'not all files are there'
wait_for 'session closed' "$LOG/scp-server.log"
[ "$(grep -c 'TransferLog: No space left on device; records are lost' \
	"$LOG/scp-server.log")" = 1 ] || wrong 'not told once'
umount "$TEMP/full"
finish

begin 'a TransferLog that may be the client'\''s serves nobody'
fresh upload
mkfifo "$LOG/fifo"
: >"$ROOT/inside"
ln -s file "$LOG/link"
for place in "$LOG/fifo" "$LOG/link" "$ROOT/inside" /dev/null; do
	printf 'C0644 1 f\nx\0' | serve -o "TransferLog=$place" scp -t / \
		>"$TEMP/out" 2>"$TEMP/err" && wrong "$place is taken"
	grep -q 'this account is not available' "$TEMP/out" ||
		wrong "$place: $(cat -v "$TEMP/out")"
	[ ! -s "$TEMP/err" ] || wrong "the client reads $(cat "$TEMP/err")"
	wait_for "TransferLog $place: " "$LOG/scp-server.log"
done
[ ! -s "$ROOT/inside" ] || wrong 'something was written'
absent "$ROOT/f"
rm -f "$LOG/fifo" "$LOG/link"
finish

begin 'a syslog daemon that does not read stops no transfer'
fresh upload
kill -STOP "$RSYSLOG_PID"
start=$(date +%s)
i=0
while [ $i -lt 500 ]; do
	printf 'C0644 4 slow%d\ndata\0' $i
	i=$((i + 1))
done | serve -o "TransferLog=$LOG/file" scp -t -d / >"$TEMP/put.out" ||
	wrong "exit status $?"
[ $(($(date +%s) - start)) -lt 20 ] || wrong 'it took too long'
kill -CONT "$RSYSLOG_PID"
[ "$(wc -l <"$LOG/file")" = 500 ] || wrong 'records are missing'
lost=$(jq -s 'map(.syslog_lost // 0) | add' "$LOG/file")
[ "$lost" -gt 0 ] || wrong 'no record says what syslog has lost'
finish

begin 'a syslog daemon that is gone stops no transfer'
kill "$RSYSLOG_PID"
wait "$RSYSLOG_PID" 2>/dev/null
RSYSLOG_PID=
fresh upload
put alone -o "TransferLog=$LOG/file"
check jq -e '.syslog_lost == 2' "$LOG/file"
finish

begin 'downloads with Pipelining have each its own record and digest'
fresh upload
mkdir "$ROOT/d"
for name in a b c; do
	echo "$name$name" >"$ROOT/d/$name"
done
truncate -s 5M "$ROOT/d/large"
ln -s nowhere "$ROOT/d/broken"
(head -c 40 /dev/zero; sleep 1) | serve -o "TransferLog=$LOG/file" \
	-o Digest=sha256 -o Pipelining=yes scp -r -f d >/dev/null
(cd "$ROOT/d" && sha256sum a b c large) >"$TEMP/want"
jq -r 'select(.result == "ok" and .size == .bytes) |
	.sha256 + "  " + (.path | ltrimstr("/d/"))' "$LOG/file" |
	sort -k 2 >"$TEMP/got"
same "$TEMP/want" "$TEMP/got"
[ "$(jq -r 'select(.result != "ok") | .path + " " + .reason' "$LOG/file")" = \
	'/d/broken not-found' ] || wrong 'broken is not told'
finish

begin 'a title for ps, without names'
mkfifo "$TEMP/title.fifo"
"$PROGRAM" -r "$ROOT" scp -t /secret-name \
	<"$TEMP/title.fifo" >"$TEMP/put.out" &
session=$!
exec 9>"$TEMP/title.fifo"
{ echo 'C0644 104857600 f'; head -c 60M /dev/zero; } >&9
sleep 0.3
ps -o args= -p $session >"$TEMP/out"
# libbsd leaves a dot where the arguments ended.
grep -qx 'scp-server: root upload [3-6][0-9]% *[.]*' "$TEMP/out" ||
	wrong "$(cat "$TEMP/out")"
exec 9>&-
wait $session
finish

# --- behind a real sshd -----------------------------------------------------

begin 'sshd tells who it is: key, method and port in line and record'
rsyslog_start || wrong 'rsyslogd does not start again'
account key /bin/sh "$SRV/key"
KEY_USER=$ACCOUNT_NAME
install -m 0600 -o "$KEY_USER" /dev/null "$LOG/key"
sshd_match key ExposeAuthInfo\ yes \
	"ForceCommand $PROGRAM -C none -o TransferLog=$LOG/key -o Digest=sha256"
account shy /bin/sh "$SRV/shy"
sshd_match shy "ForceCommand $PROGRAM -C none"
sshd_start
fresh upload
printf 'some data' >"$LOCAL/f"
copy "$LOCAL/f" key:/f
status 0
FINGERPRINT=$(ssh-keygen -lf "$TEMP/client.pub" | cut -d' ' -f2)
sed -n "s/.*Accepted publickey for $KEY_USER from 127.0.0.1 port \([0-9]*\) .*/\1/p" \
	"$TEMP/sshd.log" >"$TEMP/port"
CLIENT_PORT=$(cat "$TEMP/port")
wait_for "session opened for local user $KEY_USER from \[127.0.0.1\]: upload, \
port $CLIENT_PORT, publickey $FINGERPRINT, confine=" "$LOG/scp-server.log"
# shellcheck disable=SC2016
check jq -e --arg key "$FINGERPRINT" --arg user "$KEY_USER" \
	--argjson port "$CLIENT_PORT" '.key == $key and .port == $port and
	.user == $user and .method == "publickey" and .address == "127.0.0.1"' \
	"$LOG/key"
finish

begin 'sha256 is that of sha256sum, both ways'
: >"$LOG/key"
head -c 3000000 /dev/urandom >"$LOCAL/f"
copy "$LOCAL/f" key:/f
status 0
copy key:/f "$LOCAL/g"
status 0
jq -r '.direction + " " + .sha256' "$LOG/key" >"$TEMP/got"
sum=$(sha256sum <"$LOCAL/f" | cut -d' ' -f1)
printf 'upload %s\ndownload %s\n' "$sum" "$sum" >"$TEMP/want"
same "$TEMP/want" "$TEMP/got"
finish

begin 'where it does not, nothing is claimed'
copy "$LOCAL/f" shy:/f
status 0
wait_for "session opened for local user $ACCOUNT_NAME from \[127.0.0.1\]: \
upload, port [0-9]*, confine=" "$LOG/scp-server.log"
finish

tests_done

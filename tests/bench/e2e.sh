#!/bin/sh
# SPDX-License-Identifier: ISC
# The same comparison with everything that belongs to it: OpenSSH's client, a
# real sshd on loopback, and a delay line where round trips are counted.  For
# root.  E2E_PAIRS, E2E_MIB and E2E_FILES make it shorter or longer.
# shellcheck source=/dev/null
. "$(dirname "$0")/../client/lib.sh"

pairs=${E2E_PAIRS:-3}
mib=${E2E_MIB:-2048}
files=${E2E_FILES:-5000}
rtt_ms=20
client_begin awk

now() {
	date +%s.%N
}

# The time that scp takes with these arguments, in seconds.
timed() {
	timed_start=$(now)
	scp -q -O -F "$TEMP/ssh_config" "$@" </dev/null >"$TEMP/out" 2>&1 || {
		echo "scp $*:" >&2
		cat "$TEMP/out" >&2
		exit 1
	}
	echo "$(now) $timed_start" | awk '{ printf "%.6f\n", $1 - $2 }'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

empty() {
	rm -rf "${memory:?}/$1"
	install -d -o "$(id -un "scpt-$$-$1")" "$memory/$1"
}

# up HOST TREE WORDS...: an upload's time
up() {
	up_host=$1
	up_what=$2
	shift 2
	empty "$up_host"
	timed "$@" "$up_what" "$up_host:$memory_operand"
}

# row TITLE MUST TREE WORDS...: the ratio of speeds, of pairs that alternate
row() {
	row_title=$1
	row_must=$2
	row_what=$3
	shift 3
	: >"$TEMP/ratios"
	: >"$TEMP/server"
	: >"$TEMP/scp"
	row_pair=0
	while [ $row_pair -le "$pairs" ]; do
		if [ $((row_pair % 2)) -eq 0 ]; then
			row_a=$(up server "$row_what" "$@") || exit 1
			row_b=$(up scp "$row_what" "$@") || exit 1
		else
			row_b=$(up scp "$row_what" "$@") || exit 1
			row_a=$(up server "$row_what" "$@") || exit 1
		fi
		# The first is not counted.
		if [ $row_pair -gt 0 ]; then
			echo "$row_a" >>"$TEMP/server"
			echo "$row_b" >>"$TEMP/scp"
			echo "$row_a $row_b" |
				awk '{ print $2 / $1 }' >>"$TEMP/ratios"
		fi
		row_pair=$((row_pair + 1))
	done
	echo "$(median <"$TEMP/ratios") $row_must $(median <"$TEMP/server") \
		$(median <"$TEMP/scp")" | awk -v title="$row_title" '{
		printf "%-40s %7.2f s %7.2f s  %5.2f  >= %s %s\n", title, $3,
		    $4, $1, $2, ($1 >= $2) ? "met" : "NOT MET" }'
}

# One session of trips().
trip() {
	empty "$trips_host"
	if [ "$trips_direction" = up ]; then
		timed "$@" "$LOCAL/trips$trips_n" \
			"$trips_host-far:$memory_operand"
	else
		rm -rf "$LOCAL/got"
		cp -R "$LOCAL/trips$trips_n" "$memory/$trips_host"
		timed "$@" "$trips_host-far:trips$trips_n" "$LOCAL/got"
	fi
}

# trips TITLE MUST DIRECTION WORDS...: round trips for a file, from sessions of
# 60 and of 20 files; the shortest of three, for a login takes its time
trips() {
	trips_title=$1
	trips_must=$2
	trips_direction=$3
	shift 3
	for trips_host in server scp; do
		for trips_n in 60 20; do
			for _ in 1 2 3; do
				trip "$@" || exit 1
			done | sort -n | head -n 1
		done | awk -v rtt=$rtt_ms '{ t[NR] = $1 }
		    END { printf "%.2f ", (t[1] - t[2]) * 1000 / 40 / rtt }'
	done | awk -v title="$trips_title" -v must="$trips_must" '{
		printf "%-40s %7.2f   %7.2f           <= %s %s\n", title, $1,
		    $2, must, ($1 <= must) ? "met" : "NOT MET" }'
}

make_files() {
	mkdir "$2"
	i=0
	while [ $i -lt "$1" ]; do
		head -c "$3" /dev/zero >"$2/file$i"
		i=$((i + 1))
	done
}

memory=$(mktemp -d "${BENCH_MEMORY:-/dev/shm}/e2e.XXXXXX") || exit 1
memory_operand=.
trap 'rm -rf "$memory"; client_end' EXIT
chmod 755 "$memory"
account server /bin/sh "$memory/server"
account scp /bin/sh "$memory/scp"
sshd_match server "ForceCommand $PROGRAM -C none -o Pipelining=yes"
sshd_start
mkfifo "$TEMP/proxy"
"$BUILDDIR/tests/bench/proxy" "$PORT" $((rtt_ms / 2)) <"$TEMP/proxy" \
	>"$TEMP/proxy.port" &
exec 9>"$TEMP/proxy"
while ! [ -s "$TEMP/proxy.port" ]; do
	sleep 0.1
done
for host in server scp; do
	printf 'Host %s-far\n\tUser scpt-%s-%s\n\tPort %s\n\tHostKeyAlias far\n' \
		$host $$ $host "$(cat "$TEMP/proxy.port")"
done | cat - "$TEMP/ssh_config" >"$TEMP/ssh_config.new"
mv "$TEMP/ssh_config.new" "$TEMP/ssh_config"
printf 'far %s\n' "$(cat "$TEMP/host.pub")" >>"$TEMP/known_hosts"

head -c "${mib}M" /dev/zero >"$memory/large"
make_files "$files" "$memory/small" 4096
make_files 60 "$LOCAL/trips60" 1024
make_files 20 "$LOCAL/trips20" 1024

echo 'Through a real sshd on loopback              server       scp   ratio  budget'
row "$mib MiB up, aes128-gcm" 1.1 "$memory/large" -c aes128-gcm@openssh.com
row "$files x 4 KiB up -p" 1.7 "$memory/small" -r -p
echo
echo "Round trips for a file, $rtt_ms ms apart, OpenSSH's client"
# Two names make the client say -d; the first is an empty directory.
mkdir "$LOCAL/nothing"
trips 'up -d' 1.15 up -r "$LOCAL/nothing"
trips 'up -p' 1.15 up -r -p
trips 'down, Pipelining' 1.15 down -r
trips 'down -p, Pipelining' 1.15 down -r -p

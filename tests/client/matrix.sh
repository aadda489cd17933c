#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2034
# Clients of every make against the server behind a real sshd, each with all
# that it can do:
#
#	tests/client/matrix.sh			as one of the client tests
#	tests/client/matrix.sh --table		print the tables only
#
# Prints a table of clients and operations.  contrib/CLIENTS has the tables as
# they must be; each cell that is not as it says there is a failed test.
# CLIENTS="openssh curl" limits it to these; BIG is the size of the big file in
# MiB, 100 unless told otherwise.  Debian has no package of dropbear's scp, so it
# is compiled from Debian's source, if that can be had; DROPBEAR_SCP names one
# that is there.  LOGS is a directory to keep what clients said in.

here=${0%/*}
. "$here/lib.sh"

all_clients="openssh scp-dbclient pscp scp.py asyncssh net-scp
net-ssh2 perl-net-scp curl libssh2 libssh jsch trilead ganymed phpseclib php-ssh2
go-scp packer go-blind go-blind-nl blind"
# Those that take longest, which begin first.
slow_clients="asyncssh scp.py pscp scp-dbclient net-scp phpseclib"
# Those whose driver is one process for all their cells.
driven_clients="scp.py asyncssh net-scp jsch trilead ganymed"

table_only=
if [ "${1-}" = --table ]; then
	table_only=yes
fi
client_begin cc curl puttygen ruby php go javac java dbclient \
	/usr/bin/python3
# The libraries, by what shows that they are there.
while read -r package command; do
	sh -c "$command" >/dev/null 2>&1 ||
		skip_all "no library of the package $package"
done <<EOT
python3-scp /usr/bin/python3 -c 'import scp, paramiko'
python3-asyncssh /usr/bin/python3 -c 'import asyncssh'
ruby-net-scp ruby -e 'require "net/scp"'
libnet-ssh2-perl perl -e 'use Net::SSH2'
libnet-scp-perl perl -e 'use Net::SCP'
php-phpseclib php -r 'require "phpseclib/autoload.php";'
php-ssh2 php -m | grep ssh2
libssh2-1-dev test -e /usr/include/libssh2.h
libssh-dev test -e /usr/include/libssh/libssh.h
libjsch-java test -e /usr/share/java/jsch.jar
libtrilead-ssh2-java test -e /usr/share/java/trilead-ssh2.jar
libganymed-ssh2-java test -e /usr/share/java/ganymed-ssh2.jar
golang-golang-x-crypto-dev test -e /usr/share/gocode/src/golang.org/x/crypto/ssh
EOT
page=${SRCDIR:-$here/../..}/contrib/CLIENTS
BIG=${BIG:-100}

# --- the clients ----------------------------------------------------------

M_DIR=$TEMP/m
M_HOST=127.0.0.1
export M_DIR M_HOST M_PORT M_USER M_FINGERPRINT DROPBEAR_SCP

# What old clients know: keys of RSA in PEM, and SHA-1.  And ciphers of which
# all have a fast one.
old_ways() {
	cat <<-EOT
	Ciphers aes128-gcm@openssh.com,aes128-ctr
	HostKey $TEMP/host_rsa
	HostKeyAlgorithms +ssh-rsa
	PubkeyAcceptedAlgorithms +ssh-rsa
	KexAlgorithms +diffie-hellman-group14-sha1
	EOT
}

make_keys() {
	ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C host -f "$TEMP/host_rsa"
	ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C client -f "$M_DIR/key"
	puttygen "$M_DIR/key" -O private -o "$M_DIR/key.ppk"
	dropbearconvert openssh dropbear "$M_DIR/key" "$M_DIR/key.dropbear" \
		>"$TEMP/convert.log" 2>&1
	cat "$M_DIR/key.pub" >>"$TEMP/client.pub"
}

# dbclient in the place of ssh: it has none of the options of scp's.
make_dbclient() {
	cat >"$M_DIR/dbclient" <<-'EOT'
	#!/bin/sh
	while :; do
		case $1 in
		-o | -p | -l) shift 2 ;;
		--) shift; break ;;
		-*) shift ;;
		*) break ;;
		esac
	done
	shift
	exec dbclient -y -y -i "$M_DIR/key.dropbear" -p "$M_PORT" \
		-l "$M_USER" "$M_HOST" "$@"
	EOT
	cat >"$M_DIR/scp-O" <<-EOT
	#!/bin/sh
	exec scp -O -F $M_DIR/ssh_config "\$@"
	EOT
	chmod 0755 "$M_DIR/dbclient" "$M_DIR/scp-O"
}

# compile NAME COMMAND ...: a driver that must be compiled
compile() {
	compiled=$1
	shift
	"$@" >"$TEMP/$compiled.log" 2>&1 ||
		sed "s/^/# $compiled: /" "$TEMP/$compiled.log"
}

M_JARS=/usr/share/java/jsch.jar:/usr/share/java/trilead-ssh2.jar
M_JARS=$M_JARS:/usr/share/java/ganymed-ssh2.jar
export M_JARS

compile_c() {
	compile libssh2 cc -o "$M_DIR/libssh2" "$here/matrix/libssh2.c" -lssh2
	compile libssh cc -Wno-deprecated-declarations -o "$M_DIR/libssh" \
		"$here/matrix/libssh.c" -lssh
}

compile_java() {
	mkdir "$M_DIR/java"
	sed 's/Trilead/Ganymed/; s/com\.trilead\.ssh2/ch.ethz.ssh2/' \
		"$here/matrix/Trilead.java" >"$M_DIR/java/Ganymed.java"
	compile java javac -J-XX:TieredStopAtLevel=1 -cp "$M_JARS" \
		-d "$M_DIR/java" "$here/matrix/Cells.java" \
		"$here/matrix/Jsch.java" "$here/matrix/Trilead.java" \
		"$M_DIR/java/Ganymed.java"
}

compile_go() {
	GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$TEMP/gocache \
	    GOFLAGS='' compile go go build -o "$M_DIR/gossh" \
		"$here/matrix/gossh.go"
	rm -rf "$TEMP/gocache"
}

# shellcheck source=matrix/cells.sh
. "$here/matrix/cells.sh"

# --- the table ------------------------------------------------------------

tables="uploads downloads names refusals ahead"

columns() {
	case $1 in
	uploads) echo file -p -r many over empty big ;;
	downloads) echo file -p -r many glob empty big ;;
	names) echo quoted utf-8 bytes dash ;;
	refusals) echo absent no-dir r/o w/o large body rest rest-r rest-d ;;
	ahead) echo file -p -r many ;;
	esac
}

make_data() {
	data=$TEMP/data
	mkdir -p "$data/tree/a/b" "$data/tree/void"
	head -c 300000 /dev/urandom >"$data/file"
	echo second >"$data/second"
	: >"$data/empty"
	echo a >"$data/a.txt"
	echo b >"$data/b.txt"
	cp "$data/file" "$data/tree/a/data"
	echo x >"$data/tree/a/b/x"
	echo z >"$data/tree/z"
	: >"$data/tree/.hidden"
	cp "$data/second" "$data/kept"
	chmod 0604 "$data/kept"
	touch -d '2001-02-03 04:05:06' "$data/kept"
	for n in $(seq 8); do
		mkdir -p "$data/rest/$n"
		echo "$n" >"$data/rest/$n/$n"
	done
	# What it would do to be parsed.
	for _ in 1 2 3; do
		printf 'C0644 5 evil\nhello\0D0755 0 evildir\nE\n'
	done >"$data/body"
	head -c $((BIG * 1048576)) /dev/urandom >"$data/big"
}

# boxed NAME COMMAND: an account that COMMAND serves, all in the same root
boxed() {
	account "$1" /bin/sh "$SRV/$1"
	sshd_match "$1" "ForceCommand $2 -r $BOX"
}

# The server's side for one client.
make_side() {
	there=$BOX/$1
	mkdir -p "$there/many" "$there/src" "$there/bar/bar" \
		"$there/bar/body" "$there/rest/body"
	for n in 1 3 5 7; do
		mkdir -p "$there/rest/rest/$n/$n"
	done
	cp -Rp "$data/file" "$data/second" "$data/empty" "$data/kept" \
		"$data/a.txt" "$data/b.txt" "$data/tree" "$there/src"
	cat "$data/file" >"$there/over"
	chmod 0600 "$there/over"
	chown -R --reference="$BOX" "$there"
}

# What the page has of each cell of those present: "CLIENT TABLE COLUMN WORD".
expect_cells() {
	for table in $tables; do
		echo "$table $(columns "$table")"
	done >"$TEMP/tables"
	for client in $present; do
		awk -v client="$client" '
		FILENAME == ARGV[1] {
			columns[$1] = NF - 1
			order[++tables] = $1
			for (i = 2; i <= NF; i++)
				column[$1, i - 1] = $i
			next
		}
		$1 in columns { table = $1; split($0, heads) }
		NF == 0 { table = "" }
		table != "" && $1 == client {
			for (i = 2; i <= NF; i++)
				want[table, heads[i]] = $i
		}
		END {
			for (t = 1; t <= tables; t++)
				for (i = 1; i <= columns[order[t]]; i++) {
					c = column[order[t], i]
					w = want[order[t], c]
					print client, order[t], c,
						w == "" ? "nothing" : w
				}
		}' "$TEMP/tables" "$page"
	done >"$TEMP/expected"
}

# All cells of one client, to $TEMP/cells/CLIENT: as expected, and the word that
# it is.  What depends is not tried.
run_client() {
	client=$1
	there=$BOX/$client
	got=$TEMP/got/$client
	log=$TEMP/logs/$client
	SAID=$TEMP/said.$client
	run_start=$(date +%s)
	start_driver
	grep "^$client " "$TEMP/expected" >"$TEMP/todo.$client"
	while read -r _ table column want; do
		printf '%s %s %s %s ' "$client" "$table" "$column" "$want"
		if [ "$want" = '*' ]; then
			echo '*'
		else
			cell "$table" "$column"
		fi
	done <"$TEMP/todo.$client" >"$TEMP/cells/$client"
	end_driver
	echo "$(($(date +%s) - run_start))" >"$TEMP/seconds.$client"
}

# One of those that share the clients among them.
worker() {
	for next in $order; do
		if mkdir "$TEMP/claims/$next" 2>/dev/null; then
			run_client "$next"
		fi
	done
}

# The tables as they came out.
print_tables() {
	for client in $present; do
		cat "$TEMP/cells/$client"
	done | awk -v present="$present" '
	function line(first, words) {
		text = sprintf("%-13s", first)
		for (i = 2; i <= words; i++)
			text = text sprintf(" %-6s", cells[i])
		sub(/ *$/, "", text)
		print text
	}
	FILENAME == ARGV[1] { tables[++n] = $0; next }
	{ found[$1, $2, $3] = $5 }
	END {
		clients = split(present, client)
		for (t = 1; t <= n; t++) {
			words = split(tables[t], heads)
			split(tables[t], cells)
			line(heads[1], words)
			for (c = 1; c <= clients; c++) {
				for (i = 2; i <= words; i++)
					cells[i] = found[client[c], heads[1],
						heads[i]]
				line(client[c], words)
			}
			print ""
		}
	}' "$TEMP/tables" -
}

# judge CLIENT TABLE COLUMN WANTED FOUND
judge() {
	begin "$1: $2, $3: $4"
	[ "$4" = "$5" ] || wrong "${5:-broken off}, not $4"
	finish
	[ "$4" = "$5" ] || awk -v head="== $2 $3" '
		/^== / { on = $0 == head }
		on { print "#", $0 }' "$TEMP/logs/$1" | head -n 20
}

# --- the run --------------------------------------------------------------

mkdir -m 1777 "$TEMP/traces"
mkdir "$M_DIR" "$TEMP/got" "$TEMP/logs" "$TEMP/cells" "$TEMP/claims"
make_keys
make_dbclient
compile_java &
java_pid=$!
compile_go &
go_pid=$!
sh "$here/matrix/dropbear.sh" "$TEMP/dropbear" >"$TEMP/dropbear.log" 2>&1 &
dropbear_pid=$!
compile_c
old_ways >"$TEMP/sshd_extra"
BOX=$SRV/box
boxed box "$PROGRAM"
M_USER=$ACCOUNT_NAME
boxed reader "$PROGRAM -R"
READER=$ACCOUNT_NAME
boxed writer "$PROGRAM -o Access=write-only"
WRITER=$ACCOUNT_NAME
boxed limited "$PROGRAM -o MaxFileSize=100K"
LIMITED=$ACCOUNT_NAME
cp "$here/matrix/traced.py" "$TEMP/bin"
boxed traced "/usr/bin/python3 -IS $TEMP/bin/traced.py $TEMP/traces $PROGRAM"
TRACED=$ACCOUNT_NAME
sshd_start
M_PORT=$PORT
M_FINGERPRINT=$(ssh-keygen -l -f "$TEMP/host.pub" | cut -d ' ' -f 2)
for kind in host host_rsa; do
	printf '[127.0.0.1]:%s %s\n' "$PORT" "$(cat "$TEMP/$kind.pub")"
done >"$TEMP/known_hosts"
mkdir "$M_DIR/.ssh"
cp "$TEMP/known_hosts" "$TEMP/ssh_config" "$M_DIR"
make_data
mkdir "$BOX/src"
cp "$data/big" "$BOX/src"

present=$(echo "${CLIENTS:-$all_clients}" | tr '\n' ' ')
wait $java_pid $go_pid $dropbear_pid
[ -n "${DROPBEAR_SCP-}" ] || [ ! -x "$TEMP/dropbear/scp" ] ||
	DROPBEAR_SCP=$TEMP/dropbear/scp
[ -n "${CLIENTS-}" ] || [ -z "${DROPBEAR_SCP-}" ] ||
	present="$present dropbear"
order=
for client in $slow_clients $present; do
	case " $present " in
	*" $client "*) order="$order $client" ;;
	esac
done
for client in $present; do
	make_side "$client"
done
expect_cells
workers=
for _ in $(seq $(($(nproc) + 1))); do
	worker &
	workers="$workers $!"
done
# shellcheck disable=SC2086
wait $workers

print_tables | if [ -n "$table_only" ]; then cat; else sed 's/^/# /'; fi
[ -z "${LOGS-}" ] || cp -R "$TEMP/logs" "$LOGS"
[ -z "$table_only" ] || exit 0
for client in $present; do
	echo "# $client: $(cat "$TEMP/seconds.$client") s"
	# What a client has not got, or not always, is no test.
	while read -r name table column want have; do
		case $want$have in
		-- | '**') ;;
		*) judge "$name" "$table" "$column" "$want" "$have" ;;
		esac
	done <"$TEMP/cells/$client"
done

[ -n "${DROPBEAR_SCP-}" ] || skip "dropbear" "its source cannot be had here"

begin "every cell was tried"
tried=$(cat "$TEMP"/cells/* | wc -l)
[ "$tried" -eq "$(wc -l <"$TEMP/expected")" ] || wrong "only $tried"
finish

begin "no unfinished upload is left behind"
left=$(find "$BOX" -name '.scp-server*')
[ -z "$left" ] || wrong "$left"
finish
tests_done

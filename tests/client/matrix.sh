#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2015,SC2030,SC2031
# Clients of every make against the server behind a real sshd, each with all
# that it can do:
#
#	tests/client/matrix.sh			as one of the client tests
#	tests/client/matrix.sh --table		print the tables only
#
# Prints a table of clients and operations.  contrib/CLIENTS has the tables as
# they must be; each cell that is not as it says there is a failed test.
# CLIENTS="openssh curl" limits it to these; BIG is the size of the big file in
# MiB, 100 unless told otherwise.  Debian has no package of dropbear's scp:
# DROPBEAR_SCP may name one.  LOGS is a directory to keep what clients said in.

here=${0%/*}
. "$here/lib.sh"

all_clients="openssh scp-dbclient pscp scp.py asyncssh net-scp
net-ssh2 perl-net-scp curl libssh2 libssh jsch trilead ganymed phpseclib php-ssh2
go-scp packer go-blind go-blind-nl blind"

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
export M_DIR M_HOST M_PORT M_USER M_FINGERPRINT

# What old clients know: keys of RSA in PEM, and SHA-1.
old_ways() {
	cat <<-EOT
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

compile_drivers() {
	mkdir "$M_DIR/java"
	compile libssh2 cc -o "$M_DIR/libssh2" "$here/matrix/libssh2.c" -lssh2
	compile libssh cc -Wno-deprecated-declarations -o "$M_DIR/libssh" \
		"$here/matrix/libssh.c" -lssh
	sed 's/Trilead/Ganymed/; s/com\.trilead\.ssh2/ch.ethz.ssh2/' \
		"$here/matrix/Trilead.java" >"$M_DIR/java/Ganymed.java"
	compile java javac -cp "$M_JARS" -d "$M_DIR/java" \
		"$here/matrix/Jsch.java" "$here/matrix/Trilead.java" \
		"$M_DIR/java/Ganymed.java"
	GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$TEMP/gocache \
	    GOFLAGS='' compile go go build -o "$M_DIR/gossh" \
		"$here/matrix/gossh.go"
	rm -rf "$TEMP/gocache"
}

# --- the cells ------------------------------------------------------------

# try put|get ...: REPORT is what the client says of it, SAID its words
try() {
	timeout 100 sh "$here/matrix/drive.sh" "$client" "$@" \
		>"$SAID" 2>&1 </dev/null
	case $? in
	0) REPORT=success ;;
	3) REPORT=none ;;
	4) REPORT=failure ;;
	124) REPORT=hangs ;;
	*) REPORT=broken ;;
	esac
	cat "$SAID" >>"$log"
}

# A failure: did our reason reach the client's user?
failure() {
	if [ "$REPORT" != failure ]; then
		echo "$REPORT"
	elif grep -aq 'scp: ' "$SAID"; then
		echo told
	else
		echo fails
	fi
}

# word COMMAND ...: what becomes of an operation that COMMAND finds well done
word() {
	if [ "$REPORT" = none ]; then
		echo -
	elif "$@" >>"$log" 2>&1; then
		[ "$REPORT" = success ] && echo yes || echo "done,$REPORT"
	elif [ "$REPORT" = success ]; then
		echo WRONG
	else
		failure
	fi
}

# refused COMMAND ...: the same for one that must not be done; COMMAND finds
# that nothing was
refused() {
	if [ "$REPORT" = none ]; then
		echo -
	elif ! "$@" >>"$log" 2>&1; then
		echo WRONG
	elif [ "$REPORT" = success ]; then
		echo silent
	else
		failure
	fi
}

# rest COMMAND ...: of several items one was refused; COMMAND finds the others
rest() {
	if [ "$REPORT" = none ]; then
		echo -
	elif ! no_evil; then
		echo WRONG
	elif [ "$REPORT" != failure ]; then
		echo "$REPORT"
	else
		"$@" >>"$log" 2>&1 && echo yes || echo stops
	fi
}

attributes() {
	stat -c '%a %Y' "$1"
}

exact() {
	cmp "$1" "$2" && [ "$(attributes "$1")" = "$(attributes "$2")" ]
}

# Several clients have the times right but choose the mode themselves.
exact_word() {
	exact_is=$(word exact "$1" "$2")
	if [ "$REPORT" = success ] && cmp -s "$1" "$2" &&
	    [ "$(stat -c %Y "$1")" = "$(stat -c %Y "$2")" ]; then
		[ "$exact_is" = yes ] || exact_is="times"
	fi
	echo "$exact_is"
}

none_of() {
	for none_path; do
		[ ! -e "$none_path" ] || return 1
	done
}

# Nothing in any of the bodies was taken for a record.
no_evil() {
	[ -z "$(find "$BOX/$client" -name 'evil*')" ]
}

three_files() {
	cmp "$data/file" "$1/file" && cmp "$data/second" "$1/second" &&
		cmp "$data/empty" "$1/empty"
}

two_files() {
	cmp "$data/file" "$1/file" && cmp "$data/second" "$1/second"
}

texts_only() {
	cmp "$data/a.txt" "$1/a.txt" && cmp "$data/b.txt" "$1/b.txt" &&
		none_of "$1/file"
}

# Of many names every other one is taken by a directory.
rest_of_tree() {
	for rest_n in 2 4 6 8; do
		cmp "$data/rest/$rest_n/$rest_n" "$1/$rest_n/$rest_n" ||
			return 1
	done
}

upload_cell() {
	case $1 in
	file)
		try put "$client/file" "$data/file"
		word cmp "$data/file" "$there/file" ;;
	-p)
		try put -p "$client/kept" "$data/kept"
		exact_word "$data/kept" "$there/kept" ;;
	-r)
		try put -r "$client/tree" "$data/tree"
		word diff -r "$data/tree" "$there/tree" ;;
	many)
		try put "$client/many" "$data/file" "$data/second" \
			"$data/empty"
		word three_files "$there/many" ;;
	over)
		try put "$client/over" "$data/second"
		word cmp "$data/second" "$there/over" ;;
	empty)
		try put "$client/empty" "$data/empty"
		word cmp "$data/empty" "$there/empty" ;;
	big)
		try put "$client/big" "$data/big"
		word cmp "$data/big" "$there/big"
		rm -f "$there/big" ;;
	esac
}

download_cell() {
	case $1 in
	file)
		try get "$got/file" "$client/src/file"
		word cmp "$data/file" "$got/file" ;;
	-p)
		try get -p "$got/kept" "$client/src/kept"
		exact_word "$data/kept" "$got/kept" ;;
	-r)
		try get -r "$got" "$client/src/tree"
		word diff -r "$data/tree" "$got/tree" ;;
	many)
		try get "$got" "$client/src/file" "$client/src/second"
		word two_files "$got" ;;
	glob)
		try get -g "$got" "$client/src/[ab].t*"
		word texts_only "$got" ;;
	empty)
		try get "$got/empty" "$client/src/empty"
		word cmp "$data/empty" "$got/empty" ;;
	big)
		try get "$got/big" src/big
		word cmp "$data/big" "$got/big"
		rm -f "$got/big" ;;
	esac
}

# Up under that name, and down again.
name_cell() {
	case $1 in
	quoted) name="$client/it's \"so\"  st*r[1]{a,b}?" ;;
	utf-8) name="$client/zażółć-日本" ;;
	bytes) name="$client/$(printf '\377\376')" ;;
	dash) name="-x-$client" ;;
	esac
	try put "$name" "$data/second"
	name_up=$(word cmp "$data/second" "$BOX/$name")
	if [ "$name_up" = WRONG ] && [ ! -e "$BOX/$name" ]; then
		echo other
		return
	elif [ "$name_up" != yes ]; then
		echo "$name_up"
		return
	fi
	try get "$got/second" "$name"
	name_down=$(word cmp "$data/second" "$got/second")
	case $name_down in
	- | told | fails) echo up ;;
	*) echo "$name_down" ;;
	esac
}

refusal_cell() {
	case $1 in
	absent)
		try get "$got/file" "$client/nope"
		refused none_of "$got/nope" ;;
	no-dir)
		try put "$client/nodir/file" "$data/file"
		if [ -f "$there/nodir" ]; then
			echo file
		else
			refused none_of "$there/nodir"
		fi ;;
	r/o)
		M_USER=$READER try put "$client/new" "$data/file"
		refused none_of "$there/new" ;;
	w/o)
		M_USER=$WRITER try get "$got/file" "$client/src/file"
		refused none_of "$got/file" ;;
	large)
		M_USER=$LIMITED try put "$client/new" "$data/file"
		refused none_of "$there/new" ;;
	body)
		try put "$client/bar" "$data/body"
		refused no_evil ;;
	rest)
		try put "$client/rest" "$data/file" "$data/body" \
			"$data/second"
		rest two_files "$there/rest" ;;
	rest-r)
		try put -r "$client/rest" "$data/rest"
		rest rest_of_tree "$there/rest/rest" ;;
	rest-d)
		try get "$got" "$client/src/file" "$client/nope" \
			"$client/src/second"
		rest two_files "$got" ;;
	esac
}

# cell TABLE COLUMN
cell() {
	rm -rf "$got"
	mkdir "$got"
	echo "== $1 $2" >>"$log"
	case $1 in
	uploads) upload_cell "$2" ;;
	downloads) download_cell "$2" ;;
	names) name_cell "$2" ;;
	refusals) refusal_cell "$2" ;;
	esac
}

# --- the table ------------------------------------------------------------

tables="uploads downloads names refusals"

columns() {
	case $1 in
	uploads) echo file -p -r many over empty big ;;
	downloads) echo file -p -r many glob empty big ;;
	names) echo quoted utf-8 bytes dash ;;
	refusals) echo absent no-dir r/o w/o large body rest rest-r rest-d ;;
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

# All cells of one client, to $TEMP/cells/CLIENT: "TABLE COLUMN WORD".
run_client() {
	client=$1
	there=$BOX/$client
	got=$TEMP/got/$client
	log=$TEMP/logs/$client
	SAID=$TEMP/said.$client
	run_start=$(date +%s)
	for table in $tables; do
		for column in $(columns "$table"); do
			echo "$table $column $(cell "$table" "$column")"
		done
	done >"$TEMP/cells/$client"
	echo "seconds - $(($(date +%s) - run_start))" >>"$TEMP/cells/$client"
}

# One of those that share the clients among them.
worker() {
	for next in $present; do
		if mkdir "$TEMP/claims/$next" 2>/dev/null; then
			run_client "$next"
		fi
	done
}

# table NAME: as it came out
table() {
	printf '%-13s' "$1"
	for column in $(columns "$1"); do
		printf ' %-6s' "$column"
	done | sed 's/ *$//'
	for client in $present; do
		printf '\n%-13s' "$client"
		for column in $(columns "$1"); do
			printf ' %-6s' "$(found "$client" "$1" "$column")"
		done | sed 's/ *$//'
	done
	printf '\n\n'
}

found() {
	awk -v t="$2" -v c="$3" '$1 == t && $2 == c { print $3 }' \
		"$TEMP/cells/$1"
}

# The same from the page.
expected() {
	awk -v client="$1" -v table="$2" -v column="$3" '
	$1 == table { for (i = 2; i <= NF; i++) if ($i == column) n = i }
	NF == 0 { n = 0 }
	n && $1 == client { print $n }' "$page"
}

judge() {
	want=$(expected "$client" "$table" "$column")
	have=$(found "$client" "$table" "$column")
	# What a client has not got, or not always, is no test.
	[ "$want$have" != -- ] && [ "$want" != '*' ] || return 0
	begin "$client: $table, $column: ${want:-not in contrib/CLIENTS}"
	[ "$want" = "$have" ] || wrong "$have, not $want"
	finish
	[ "$want" = "$have" ] || awk -v head="== $table $column" '
		/^== / { on = $0 == head }
		on { print "#", $0 }' "$TEMP/logs/$client" | head -n 20
}

# --- the run --------------------------------------------------------------

mkdir "$M_DIR" "$TEMP/got" "$TEMP/logs" "$TEMP/cells" "$TEMP/claims"
make_keys
make_dbclient
compile_drivers
old_ways >"$TEMP/sshd_extra"
BOX=$SRV/box
account box /bin/sh "$BOX"
M_USER=$ACCOUNT_NAME
sshd_match box "ForceCommand $PROGRAM -r $BOX"
account reader /bin/sh "$SRV/reader"
READER=$ACCOUNT_NAME
sshd_match reader "ForceCommand $PROGRAM -R -r $BOX"
account writer /bin/sh "$SRV/writer"
WRITER=$ACCOUNT_NAME
sshd_match writer "ForceCommand $PROGRAM -r $BOX -o Access=write-only"
account limited /bin/sh "$SRV/limited"
LIMITED=$ACCOUNT_NAME
sshd_match limited "ForceCommand $PROGRAM -r $BOX -o MaxFileSize=100K"
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

workers=
present=${CLIENTS:-$all_clients}
[ -z "${DROPBEAR_SCP-}" ] || present="$present dropbear"
for client in $present; do
	make_side "$client"
done
for _ in $(seq "$(nproc)"); do
	worker &
	workers="$workers $!"
done
# shellcheck disable=SC2086
wait $workers

for table in $tables; do
	table "$table"
done | if [ -n "$table_only" ]; then cat; else sed 's/^/# /'; fi
[ -z "${LOGS-}" ] || cp -R "$TEMP/logs" "$LOGS"
[ -z "$table_only" ] || exit 0
for client in $present; do
	echo "# $client: $(found "$client" seconds -) s"
	for table in $tables; do
		for column in $(columns "$table"); do
			judge
		done
	done
done

begin "no unfinished upload is left behind"
left=$(find "$BOX" -name '.scp-server*')
[ -z "$left" ] || wrong "$left"
finish
tests_done

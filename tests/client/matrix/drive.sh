#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2015,SC2086
# Plays the client that the first argument names:
#
#	CLIENT put [-p] [-r] REMOTE LOCAL...	one file: REMOTE is its new path
#	CLIENT get [-p] [-r] LOCAL REMOTE...	the same with LOCAL
#	CLIENT get -g LOCAL PATTERN
#
# as M_USER at M_HOST and M_PORT, with the keys in M_DIR.  Exits 0 if the client
# reports success, 4 if it reports a failure, 3 if it has no such operation, and
# else if the client itself is broken.
# Programs are handled here; libraries have a driver of their own.  That of a
# library that is slow to load takes no arguments, but reads them, the name of
# the user first and a tab between each, in lines from standard input, and
# answers each with a line of what else would be its exit status.

client=$1
drivers=${0%/*}
shift
export HOME="$M_DIR" LC_ALL=C.UTF-8

java_driver() {
	exec java -XX:+UseSerialGC -cp "$M_JARS:$M_DIR/java" "$@"
}

case $client in
scp.py) exec /usr/bin/python3 -B "$drivers/scp_py.py" ;;
asyncssh) exec /usr/bin/python3 -B "$drivers/asyncssh_scp.py" ;;
net-scp) exec ruby "$drivers/net_scp.rb" ;;
net-ssh2) exec perl "$drivers/net_ssh2.pl" "$@" ;;
perl-net-scp) exec perl "$drivers/net_scp.pl" "$@" ;;
libssh2 | libssh) exec "$M_DIR/$client" "$@" ;;
jsch) java_driver Jsch ;;
trilead) java_driver Trilead ;;
ganymed) java_driver Ganymed ;;
phpseclib) exec php "$drivers/phpseclib.php" "$@" ;;
php-ssh2) exec php "$drivers/ssh2.php" "$@" ;;
go-scp | packer | go-blind | go-blind-nl)
	exec "$M_DIR/gossh" "$client" "$@" ;;
esac

# --- programs -------------------------------------------------------------

action=$1
shift
preserve=
recurse=
pattern=
while :; do
	case $1 in
	-p) preserve=-p ;;
	-r) recurse=-r ;;
	-g) pattern=yes ;;
	*) break ;;
	esac
	shift
done

cannot() {
	exit 3
}

# Their remote paths go through a shell: a backslash before whatever is special,
# as their users have to write it.  A pattern stays one.
quote() {
	if [ -n "$pattern" ]; then
		printf '%s\n' "$1"
	else
		printf '%s\n' "$1" |
			LC_ALL=C sed 's/[][ *?{},"'\''\\$;~#&|<>()`!]/\\&/g'
	fi
}

# scp's manner of options, sources and target.
like_scp() {
	if [ "$action" = put ]; then
		remote=$M_USER@$M_HOST:$(quote "$1")
		shift
		"$program" $options $preserve $recurse "$@" "$remote" || exit 4
		exit 0
	fi
	local=$1
	shift
	n=$#
	while [ "$n" -gt 0 ]; do
		set -- "$@" "$M_USER@$M_HOST:$(quote "$1")"
		shift
		n=$((n - 1))
	done
	"$program" $options $preserve $recurse "$@" "$local" || exit 4
	exit 0
}

# The bytes of scheme-specific paths.
url() {
	perl -e '$_ = shift; s/([^A-Za-z0-9_.\/-])/sprintf "%%%02x", ord $1/ge;
	    print' "$1"
}

with_curl() {
	[ $# -eq 2 ] || cannot
	[ -z "$recurse$preserve$pattern" ] || cannot
	place=scp://$M_USER@$M_HOST:$M_PORT
	key="--key $M_DIR/key --pubkey $M_DIR/key.pub"
	if [ "$action" = put ]; then
		curl -sS -k $key -T "$2" "$place/$(url "/$1")" || exit 4
		exit 0
	fi
	curl -sS -k $key -o "$1" "$place/$(url "/$2")" || exit 4
	exit 0
}

# A header, the file and the NUL, as scripts do it; nothing is read.
blindly() {
	[ "$action" = put ] && [ -z "$preserve" ] || cannot
	[ -z "$recurse" ] || cannot
	remote=$(quote "$1")
	shift
	for file; do
		printf 'C0644 %d %s\n' "$(stat -c %s "$file")" "${file##*/}"
		cat "$file"
		printf '\0'
	done | ssh -F "$M_DIR/ssh_config" -l "$M_USER" "$M_HOST" \
		"scp -qrt $remote" >/dev/null || exit 4
	exit 0
}

case $client in
openssh)
	program=scp
	options="-O -q -F $M_DIR/ssh_config"
	like_scp "$@" ;;
scp-dbclient)
	program=scp
	options="-O -q -S $M_DIR/dbclient -P $M_PORT"
	like_scp "$@" ;;
dropbear)
	program=$DROPBEAR_SCP
	options="-q -S $M_DIR/dbclient -P $M_PORT"
	like_scp "$@" ;;
pscp)
	# It takes one remote source only.
	[ "$action" = put ] || [ $# -eq 2 ] || cannot
	program=pscp
	options="-batch -scp -q -unsafe -P $M_PORT -i $M_DIR/key.ppk
	    -hostkey $M_FINGERPRINT"
	like_scp "$@" ;;
curl)
	with_curl "$@" ;;
blind)
	blindly "$@" ;;
esac
exit 2

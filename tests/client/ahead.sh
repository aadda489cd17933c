#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2034
# Answers and records that go ahead (EarlyAck, Pipelining), with clients that
# the command line lets them be used for: what arrives, what is printed, the
# exit status, and a refusal in the middle.  Accounts:
#
#	ahead	EarlyAck auto, Pipelining yes
#	strict	EarlyAck no

. "${0%/*}/lib.sh"

client_begin cmp diff

AHEAD=$SRV/ahead
account ahead /bin/sh "$AHEAD"
sshd_match ahead "ForceCommand $PROGRAM -r $AHEAD -o Pipelining=yes"
STRICT=$SRV/strict
account strict /bin/sh "$STRICT"
sshd_match strict "ForceCommand $PROGRAM -r $STRICT -o EarlyAck=no"
sshd_start

cd "$LOCAL" || exit 1
mkdir -p tree/a/b/c tree/void
i=0
while [ $i -lt 30 ]; do
	head -c "${i}00" /dev/urandom >"f$i"
	cp "f$i" "tree/a/g$i"
	cp "f$i" "tree/a/b/c/h$i"
	i=$((i + 1))
done
head -c 300000 /dev/urandom >tree/a/b/large
find . -exec touch -d '2001-02-03 04:05:06' {} +
chmod 0750 tree/a

for to in ahead strict; do
	root=$SRV/$to

	begin "$to: many files up"
	copy f* "$to:"
	status 0
	silent
	for file in f*; do
		same "$file" "$root/$file"
	done
	finish

	begin "$to: many files with their times up"
	copy -p f* "$to:"
	status 0
	silent
	[ "$(stat -c %Y "$root/f7")" = "$(stat -c %Y f7)" ] ||
		wrong "f7 has the wrong time"
	finish

	begin "$to: a tree with times up"
	copy -r -p tree "$to:"
	status 0
	silent
	same_tree tree "$root/tree"
	same_attributes tree/a/b/c "$root/tree/a/b/c"
	finish

	begin "$to: several trees up"
	copy -r tree/a tree/void "$to:"
	status 0
	silent
	same_tree tree/a "$root/a"
	finish

	begin "$to: a refused file among others up"
	rm -f "$root/f5"
	mkdir "$root/f5"
	copy f* "$to:"
	status 1
	says_like 'f5: Is a directory'
	same f4 "$root/f4"
	same f6 "$root/f6"
	same f9 "$root/f9"
	rmdir "$root/f5"
	finish

	begin "$to: a refused directory among others up"
	rm -rf "$root/tree"
	mkdir -p "$root/tree/a"
	: >"$root/tree/a/b"
	chown -R "$(stat -c %u "$root")" "$root/tree"
	copy -r -p tree "$to:"
	status 1
	says_like 'b: Not a directory'
	same tree/a/g7 "$root/tree/a/g7"
	finish

	begin "$to: a tree with times down"
	rm -rf "$root/tree" got
	cp -a tree "$root/tree"
	chown -R "$(stat -c %u "$root")" "$root/tree"
	mkdir got
	copy -r -p "$to:tree" got
	status 0
	silent
	same_tree tree got/tree
	same_attributes tree/a/b/c got/tree/a/b/c
	finish

	begin "$to: files down, one of which is missing"
	cp f* "$root"
	chmod 0644 "$root"/f*
	rm -rf got
	mkdir got
	copy "$to:{f1,f2,none,f3}" got
	status 1
	same f2 got/f2
	same f3 got/f3
	finish

	begin "$to: files down that the client cannot store"
	rm -rf got
	mkdir -p got/f2
	copy "$to:{f1,f2,f3,f4}" got
	status 1
	same f1 got/f1
	same f3 got/f3
	same f4 got/f4
	finish
done
tests_done

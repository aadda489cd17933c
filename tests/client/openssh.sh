#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2016,SC2034
# OpenSSH's scp -O, ssh and sftp against the server behind a real sshd: what
# arrives, what the client prints and its exit status.  The accounts:
#
#	plain	/bin/sh, ForceCommand with -r
#	reader	the same root, -R
#	writer	/bin/sh, ForceCommand with -r -d, write-only
#	keyed	/bin/sh, command= in authorized_keys with -r -u -m
#	login	the recommended one: login shell and ForceCommand, no option
#	bare	the login shell alone: commands come straight from the client

. "${0%/*}/lib.sh"

client_begin cmp diff

PLAIN=$SRV/plain
account plain /bin/sh "$PLAIN"
sshd_match plain "ForceCommand $PROGRAM -r $PLAIN"
account reader /bin/sh "$SRV/reader"
sshd_match reader "ForceCommand $PROGRAM -R -r $PLAIN"
WRITER=$SRV/writer
account writer /bin/sh "$WRITER"
install -d -o "$ACCOUNT_NAME" "$WRITER/in"
sshd_match writer "ForceCommand $PROGRAM -r $WRITER -d /in \
-o Access=write-only -o LoginMessage='This account takes backups.'"
KEYED=$SRV/keyed
account keyed /bin/sh "$KEYED"
printf 'restrict,command="%s -r %s -u 077 -m 0640" %s\n' "$PROGRAM" "$KEYED" \
	"$(cat "$TEMP/client.pub")" >"$TEMP/keys/$ACCOUNT_NAME"
BASIC="plain keyed"
LOGIN=$SRV/login
find_installed
if [ -n "$INSTALLED" ]; then
	account login "$INSTALLED" "$LOGIN"
	sshd_match login "ForceCommand $INSTALLED"
	BASIC="$BASIC login"
	account bare "$INSTALLED" "$SRV/bare"
fi
syslog_start
sshd_start

root_of() {
	echo "$SRV/$1"
}

cd "$LOCAL" || exit 1
head -c 300000 /dev/urandom >file
echo "second" >second
: >empty
mkdir -p tree/a/b tree/void
cp file tree/a/data
echo x >tree/a/b/x
: >tree/a/b/none
chmod 0600 tree/a/data
chmod 0755 tree/a/b/x
chmod 0750 tree/a
find tree -exec touch -d '2001-02-03 04:05:06' {} +
mkdir got

# An empty directory to download to.
fresh_got() {
	rm -rf got
	mkdir got
}

# Everybody's daily bread, with each kind of account.
basics() {
	root=$(root_of "$1")

	begin "$1: one file up"
	copy file "$1:"
	status 0
	same file "$root/file"
	silent
	finish

	begin "$1: one file up under another name"
	copy file "$1:other"
	status 0
	same file "$root/other"
	finish

	begin "$1: one file down"
	fresh_got
	copy "$1:file" got
	status 0
	same file got/file
	finish

	begin "$1: -r up to a new name"
	copy -r tree "$1:new"
	status 0
	same_tree tree "$root/new"
	finish

	begin "$1: -r up into a directory"
	mkdir "$root/dir"
	chown --reference="$root" "$root/dir"
	copy -r tree "$1:dir"
	status 0
	same_tree tree "$root/dir/tree"
	finish

	begin "$1: -r down"
	fresh_got
	copy -r "$1:new" got
	status 0
	same_tree tree got/new
	finish

	begin "$1: an empty file and an empty directory"
	copy empty "$1:"
	status 0
	same empty "$root/empty"
	[ -d "$root/new/void" ] || wrong "no empty directory"
	copy "$1:empty" got
	status 0
	same empty got/empty
	finish

	begin "$1: several files to a directory"
	copy file second empty "$1:dir"
	status 0
	same file "$root/dir/file"
	same second "$root/dir/second"
	same empty "$root/dir/empty"
	finish

	begin "$1: a missing source"
	copy "$1:nope" got
	status 1
	says "scp: nope: No such file or directory"
	lines 1
	finish

	begin "$1: ssh with a command is refused in one line"
	run ssh -F "$TEMP/ssh_config" "$1" id
	status 1
	silent
	lines 1
	says_like 'scp'
	finish

	begin "$1: ssh without a command is refused in one line"
	run ssh -F "$TEMP/ssh_config" "$1"
	status 1
	silent
	lines 1
	finish

	begin "$1: ssh -tt is refused"
	run ssh -tt -F "$TEMP/ssh_config" "$1"
	[ "$STATUS" -ne 0 ] || wrong "exit status 0"
	says_like 'PTY allocation request failed'
	silent
	finish

	# What a subsystem writes to standard error is dropped by sshd, so
	# nobody reads our hint here; but the answer comes at once.
	begin "$1: sftp is refused at once"
	LIMIT=10
	run sftp -F "$TEMP/ssh_config" "$1"
	[ "$STATUS" -ne 0 ] || wrong "exit status 0"
	says_like '^Connection closed'
	silent
	finish

	begin "$1: scp without -O is refused at once"
	fresh_got
	run scp -s -F "$TEMP/ssh_config" "$1:file" got
	[ "$STATUS" -ne 0 ] || wrong "exit status 0"
	says_like '^scp: Connection closed'
	absent got/file
	finish

	begin "$1: a command for SFTP gets the hint"
	run sftp -s /usr/lib/openssh/sftp-server -F "$TEMP/ssh_config" "$1"
	[ "$STATUS" -ne 0 ] || wrong "exit status 0"
	says_like 'scp -O'
	run ssh -F "$TEMP/ssh_config" "$1" internal-sftp
	status 1
	silent
	lines 1
	says_like 'scp -O'
	LIMIT=60
	finish
}

for name in $BASIC; do
	basics "$name"
done

# With the program as login shell a client must not reach its options.
if [ -n "$INSTALLED" ]; then
	share bare
	begin "bare: up and down"
	copy file bare:
	status 0
	same file "$SRV/bare/file"
	fresh_got
	copy bare:file got
	status 0
	same file got/file
	finish

	begin "bare: options of ours from the client are refused"
	for command in "$INSTALLED -r / scp -f /etc/passwd" \
	    "$INSTALLED -r /" "$INSTALLED scp -f file" "-r / scp -f x" \
	    "-c scp" "$INSTALLED" "'$INSTALLED' -r / scp -f x"; do
		run ssh -F "$TEMP/ssh_config" -- bare "$command"
		[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $command"
		[ -s "$TEMP/err" ] || wrong "no message: $command"
		silent
	done
	finish

	begin "bare: ssh without a command is refused in one line"
	run ssh -F "$TEMP/ssh_config" bare
	status 1
	silent
	lines 1
	finish

	begin "login: options of ours from the client are refused"
	for command in "$INSTALLED -r / scp -f /etc/passwd" "$INSTALLED" \
	    "-r / scp -f x"; do
		run ssh -F "$TEMP/ssh_config" -- login "$command"
		[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $command"
		silent
	done
	finish
else
	skip "bare and login: the program as login shell" "$NOT_INSTALLED"
fi

# From here on one login serves many sessions.
share plain

# Attributes.
begin "-r -p up: modes and times"
copy -r -p tree plain:exact
status 0
same_tree tree "$PLAIN/exact"
same_attributes tree "$PLAIN/exact"
finish

begin "-r -p down: modes and times"
copy -r -p plain:exact got
status 0
same_attributes tree got/exact
finish

begin "-p never gives set-id bits (R-FILE-4)"
cp file suid
chmod 6755 suid
copy -p suid plain:
status 0
mode_is 755 "$PLAIN/suid"
finish

begin "without -p: the mode under the umask, the present time"
cp file loose
chmod 0666 loose
touch -d '2001-02-03 04:05:06' loose
copy loose plain:
status 0
mode_is 644 "$PLAIN/loose"
[ -n "$(find "$PLAIN/loose" -mmin -10)" ] || wrong "an old time"
finish

begin "-u and -m force modes"
copy -p loose keyed:
status 0
mode_is 640 "$KEYED/loose"
copy -r tree keyed:masked
status 0
mode_is 700 "$KEYED/masked"
finish

# Replacing.
begin "a longer file is replaced by a shorter one"
cat file file >"$PLAIN/over"
chown --reference="$PLAIN" "$PLAIN/over"
chmod 0600 "$PLAIN/over"
copy second plain:over
status 0
same second "$PLAIN/over"
mode_is 600 "$PLAIN/over"
finish

begin "a download replaces the client's file"
cp file got/over
copy plain:over got
status 0
same second got/over
finish

files_in() {
	[ "$(find "$1" -type f | wc -l)" -eq "$2" ]
}

begin "an upload cut off leaves the old file and nothing else (R-FILE-1)"
mkdir "$PLAIN/cut"
chown --reference="$PLAIN" "$PLAIN/cut"
copy second plain:cut/target
status 0
head -c 4194304 /dev/zero >slow
timeout 60 scp -O -F "$TEMP/ssh_config" -o ControlPath=none -l 8000 \
    slow plain:cut/target \
	>"$TEMP/out" 2>"$TEMP/err" </dev/null &
cut_pid=$!
within 10 files_in "$PLAIN/cut" 2 || wrong "no temporary file seen"
same second "$PLAIN/cut/target"
kill "$cut_pid" 2>/dev/null
wait "$cut_pid"
within 10 files_in "$PLAIN/cut" 1 || wrong "left: $(ls -A "$PLAIN/cut")"
same second "$PLAIN/cut/target"
rm -f slow
finish

# Names.
mkdir names
for name in 'a b.txt' ' lead' 'trail ' "it's" 'say "hi"' 'back\slash' '-dash' \
    'star*' 'q?' '[x]' '{p,q}' '$HOME' '`id`' '$(id)' 'a;b' 'a&b' 'a|b' 'a<b' \
    'a>b' '(c)' '~' '~root' '#hash' '!bang' '...' '.hidden' 'zażółć-日本' \
    "$(printf '\001\033[31m')" "$(printf '\377\376')" "$(printf 'x%0254d' 7)"
do
	printf '%s\n' "$name" >"names/$name"
done

begin "strange names up and down with -r"
copy -r names plain:
status 0
same_tree names "$PLAIN/names"
fresh_got
copy -r plain:names got
status 0
same_tree names got/names
finish

begin "strange names up, one by one"
mkdir "$PLAIN/single"
chown --reference="$PLAIN" "$PLAIN/single"
(cd names && copy ./* ./.hidden ./... plain:single &&
	echo "$STATUS") >"$TEMP/status"
STATUS=$(cat "$TEMP/status")
status 0
same_tree names "$PLAIN/single"
finish

# As the user of a shell protects them: a backslash before whatever is special.
quote() {
	printf '%s\n' "$1" | LC_ALL=C sed 's/[][ *?{},"'\''\\$;~#&|<>()`!]/\\&/g'
}

begin "strange names down, each with backslashes"
fresh_got
for name in 'a b.txt' ' lead' "it's" 'say "hi"' 'back\slash' '-dash' 'star*' \
    'q?' '[x]' '$HOME' '`id`' '$(id)' 'a;b' 'a&b' 'a|b' 'a<b' 'a>b' '(c)' \
    '~root' '#hash' '!bang' '.hidden' 'zażółć-日本'; do
	copy "plain:names/$(quote "$name")" got
	[ "$STATUS" -eq 0 ] || wrong "exit status $STATUS: $name"
	same "names/$name" "got/$name"
done
finish

begin "strange names as targets, each with backslashes"
mkdir "$PLAIN/targets"
chown --reference="$PLAIN" "$PLAIN/targets"
for name in 'a b.txt' "it's" 'say "hi"' 'back\slash' 'star*' '[x]' '{p,q}' \
    '$HOME' '`id`' 'a;b'; do
	copy second "plain:targets/$(quote "$name")"
	[ "$STATUS" -eq 0 ] || wrong "exit status $STATUS: $name"
	same second "$PLAIN/targets/$name"
done
finish

begin "quotes of both kinds protect a path"
fresh_got
copy -T "plain:'names/a b.txt'" got
status 0
same 'names/a b.txt' 'got/a b.txt'
copy -T 'plain:"names/it'\''s"' got
status 0
same "names/it's" "got/it's"
finish

begin "a path with a leading dash, up and down"
copy second plain:-new
status 0
same second "$PLAIN/-new"
copy plain:-new got
status 0
same second got/-new
finish

# Expansion is ours, there is no shell.
mkdir "$PLAIN/glob"
for name in a.txt b.txt c.dat .d.txt; do
	echo "$name" >"$PLAIN/glob/$name"
done

begin "download of *.txt"
fresh_got
copy 'plain:glob/*.txt' got
status 0
same "$PLAIN/glob/a.txt" got/a.txt
same "$PLAIN/glob/b.txt" got/b.txt
absent got/c.dat got/.d.txt
finish

begin "download of ?.dat, [ab].txt and {a,c}.*"
fresh_got
copy 'plain:glob/?.dat' got
status 0
same "$PLAIN/glob/c.dat" got/c.dat
fresh_got
copy 'plain:glob/[ab].txt' got
status 0
same "$PLAIN/glob/a.txt" got/a.txt
same "$PLAIN/glob/b.txt" got/b.txt
fresh_got
copy 'plain:glob/{a,c}.*' got
status 0
same "$PLAIN/glob/a.txt" got/a.txt
same "$PLAIN/glob/c.dat" got/c.dat
absent got/b.txt
finish

begin "a pattern without match is taken literally"
copy 'plain:glob/*.none' got
status 1
says 'scp: glob/*.none: No such file or directory'
finish

begin "two words are two files"
fresh_got
copy -T 'plain:glob/a.txt glob/b.txt' got
status 0
same "$PLAIN/glob/a.txt" got/a.txt
same "$PLAIN/glob/b.txt" got/b.txt
finish

begin "two words are no target"
copy second 'plain:glob/a.txt glob/b.txt'
status 1
says 'scp: ambiguous target'
finish

begin "a missing file does not stop the others"
fresh_got
copy -T 'plain:glob/a.txt nope glob/b.txt' got
status 1
says 'scp: nope: No such file or directory'
same "$PLAIN/glob/a.txt" got/a.txt
same "$PLAIN/glob/b.txt" got/b.txt
finish

# Where paths begin.
begin "~, ~/ and / are the top of the account"
copy second 'plain:~/tilde'
status 0
same second "$PLAIN/tilde"
copy file 'plain:~'
status 0
copy second plain:/slash
status 0
same second "$PLAIN/slash"
fresh_got
copy 'plain:~/tilde' plain:/slash got
status 0
same second got/tilde
same second got/slash
finish

begin "~user and what only a shell understands are refused at once"
LIMIT=5
copy 'plain:~root/file' got
status 1
says_like '^scp: .*~'
copy 'plain:$(id)' got
status 1
lines 1
LIMIT=60
finish

begin "-d: relative paths begin there"
copy second writer:
status 0
same second "$WRITER/in/second"
copy second writer:/top
status 0
same second "$WRITER/top"
finish

# What cannot be.
begin "a target in a missing directory"
copy second plain:no/such/file
status 1
says 'scp: no/such/file: No such file or directory'
finish

begin "several files to a missing directory"
copy second file plain:nodir
status 1
says 'scp: nodir: No such file or directory'
absent "$PLAIN/nodir"
finish

begin "several files to a file"
copy second file plain:over
status 1
says 'scp: over: Not a directory'
same second "$PLAIN/over"
finish

begin "a missing name with a slash at its end"
copy second plain:nodir/
status 1
says_like '^scp: nodir/: '
absent "$PLAIN/nodir"
finish

begin "a directory without -r"
copy plain:glob got
status 1
says 'scp: glob: not a regular file'
finish

begin "a directory over a file"
copy -r tree plain:over
status 1
says_like '^scp: over: Not a directory'
same second "$PLAIN/over"
finish

begin "a file over a directory"
mkdir -p "$PLAIN/dir/loose"
copy loose second plain:dir
status 1
says_like '^scp: dir/loose: Is a directory'
same second "$PLAIN/dir/second"
finish

begin "a file that may not be read"
(umask 077 && echo root >"$PLAIN/closed")
copy plain:closed got
status 1
says 'scp: closed: Permission denied'
finish

begin "a directory that may not be written to"
mkdir "$PLAIN/locked"
copy second plain:locked
status 1
says_like '^scp: locked/second: '
absent "$PLAIN/locked/second"
finish

begin "a named pipe is no file"
mkfifo -m 0666 "$PLAIN/pipe"
LIMIT=10
copy plain:pipe got
status 1
says 'scp: pipe: not a regular file'
copy second plain:pipe
status 1
[ -p "$PLAIN/pipe" ] || wrong "the pipe is gone"
LIMIT=60
finish

begin "a refused file does not stop the others of -r"
mkdir -p "$PLAIN/part/tree/a/data"
chown -R --reference="$PLAIN" "$PLAIN/part"
copy -r tree plain:part
status 1
says_like '^scp: part/tree/a/data: Is a directory'
same tree/a/b/x "$PLAIN/part/tree/a/b/x"
finish

# Access.
begin "read-only: an upload is refused, a download works"
copy second reader:refused
status 1
says_like 'only download'
lines 1
absent "$PLAIN/refused"
copy -r tree reader:refused
status 1
says_like 'only download'
absent "$PLAIN/refused"
fresh_got
copy reader:file got
status 0
same file got/file
finish

begin "write-only: a download is refused and tells nothing"
copy writer:second got/w
status 1
says_like 'only upload'
lines 1
mv "$TEMP/err" "$TEMP/err-there"
copy writer:nothing got/w
status 1
sed 's/nothing/second/' "$TEMP/err" | cmp -s - "$TEMP/err-there" ||
	wrong "the answer tells whether a file is there"
absent got/w
finish

begin "LoginMessage"
run ssh -F "$TEMP/ssh_config" writer
status 1
says_like 'This account takes backups\.$'
lines 1
finish

# Nothing outside.  These are open to everybody but through the server.
OUTSIDE=$SRV/outside
install -d -m 0777 "$OUTSIDE"
echo secret >"$OUTSIDE/secret"
chmod 0666 "$OUTSIDE/secret"
cp "$OUTSIDE/secret" "$TEMP/secret"
ln -s ../outside "$PLAIN/up"
ln -s "$OUTSIDE" "$PLAIN/abs"
ln -s ../outside/secret "$PLAIN/leak"
ln -s ../outside/made "$PLAIN/make"
ln -s glob "$PLAIN/inside"
ln -s /glob/a.txt "$PLAIN/rooted"

nothing_outside() {
	same "$TEMP/secret" "$OUTSIDE/secret"
	[ "$(ls -A "$OUTSIDE")" = secret ] ||
		wrong "outside: $(ls -A "$OUTSIDE")"
}

begin ".. ends at the root (R-PATH-1)"
fresh_got
for path in ../outside/secret ../../../../../../etc/passwd \
    glob/../../outside/secret /../outside/secret "$OUTSIDE/secret" \
    /etc/passwd; do
	copy "plain:$path" got
	status 1
	says "scp: $path: No such file or directory"
done
[ -z "$(ls -A got)" ] || wrong "came out: $(ls -A got)"
copy second plain:../../outside
status 0
same second "$PLAIN/outside"
rm -f "$PLAIN/outside"
nothing_outside
finish

begin "an absolute path is one inside"
install -d "$PLAIN/etc"
echo inside >"$PLAIN/etc/passwd"
copy plain:/etc/passwd got
status 0
same "$PLAIN/etc/passwd" got/passwd
finish

begin "links do not lead out, download"
fresh_got
for path in leak up/secret abs/secret 'up/*' 'abs/*'; do
	copy "plain:$path" got
	status 1
	says "scp: $path: No such file or directory"
done
copy -r plain:up got
status 1
copy -r plain:abs got
status 1
mkdir "$PLAIN/links"
ln -s ../../outside/secret "$PLAIN/links/leak"
ln -s ../../outside "$PLAIN/links/up"
ln -s ../glob/a.txt "$PLAIN/links/good"
copy -r plain:links got
status 1
same "$PLAIN/glob/a.txt" got/links/good
! grep -rq secret got || wrong "the secret came out"
finish

begin "links do not lead out, upload"
copy second plain:up/made
status 1
copy second plain:abs/made
status 1
copy -r tree plain:up
[ "$STATUS" -ne 0 ] || [ ! -e "$OUTSIDE/tree" ] || wrong "a tree came out"
copy second plain:leak
copy second plain:make
nothing_outside
finish

begin "a name in a record that is a link is refused (R-PATH-2)"
mkdir "$PLAIN/trap"
ln -s ../glob/c.dat "$PLAIN/trap/second"
ln -s ../glob "$PLAIN/trap/tree"
chown --reference="$PLAIN" "$PLAIN/trap" "$PLAIN/glob"
copy second file plain:trap
status 1
says_like '^scp: trap/second: '
[ "$(cat "$PLAIN/glob/c.dat")" = c.dat ] || wrong "written through the link"
[ -L "$PLAIN/trap/second" ] || wrong "the link is gone"
same file "$PLAIN/trap/file"
copy -r tree plain:trap
status 1
absent "$PLAIN/glob/a"
finish

begin "links that stay inside are followed"
fresh_got
copy plain:inside/a.txt plain:rooted got
status 0
same "$PLAIN/glob/a.txt" got/a.txt
same "$PLAIN/glob/a.txt" got/rooted
copy second plain:inside
status 0
same second "$PLAIN/glob/second"
finish

# Commands that are none.
begin "nothing is executed"
marker=$TEMP/marker
install -d -m 0777 "$marker"
for command in "touch $marker/1" "scp -t .; touch $marker/2" \
    "scp -f x && touch $marker/3" "scp -f \$(touch $marker/4)" \
    "scp -f \`touch $marker/5\`" "sh -c 'touch $marker/6'" \
    "scp -S 'touch $marker/7' -t ." \
    "scp -o ProxyCommand='touch $marker/8' -t x" "scp -f x > $marker/9" \
    "-e -r / scp -f x" "$PROGRAM -r / scp -f /etc/passwd" "scp -R x y" \
    "scp" "scp -t" "scp -t -f x"; do
	run ssh -F "$TEMP/ssh_config" -- plain "$command"
	[ "$command" != "scp -t" ] || continue
	[ "$STATUS" -eq 1 ] || wrong "exit status $STATUS: $command"
	! grep -q root: "$TEMP/out" || wrong "got /etc/passwd: $command"
done
[ -z "$(ls -A "$marker")" ] || wrong "executed: $(ls -A "$marker")"
finish

begin "scp -R, a copy by the server, is refused"
copy -R plain:file keyed:copied
[ "$STATUS" -ne 0 ] || wrong "exit status 0"
[ -s "$TEMP/err" ] || wrong "no message"
absent "$KEYED/copied"
finish

begin "scp -3 between two accounts"
copy -3 plain:file keyed:third
status 0
same file "$KEYED/third"
copy -3 -r plain:new keyed:tree3
status 0
same_tree tree "$KEYED/tree3"
finish

begin "scp -v -C -q -l 100000"
copy -v -C -l 100000 file plain:verbose
status 0
same file "$PLAIN/verbose"
copy -q plain:verbose got
status 0
same file got/verbose
finish

# Much.
begin "2,000 small files with -r, up and down"
mkdir many
d=0
while [ $d -lt 20 ]; do
	mkdir "many/$d"
	n=0
	while [ $n -lt 100 ]; do
		echo "$d $n" >"many/$d/$n"
		n=$((n + 1))
	done
	d=$((d + 1))
done
copy -r many plain:
status 0
same_tree many "$PLAIN/many"
fresh_got
copy -r plain:many got
status 0
same_tree many got/many
fresh_got
rm -rf "$PLAIN/many" many
finish

begin "256 MiB, up and down"
head -c 268435456 /dev/urandom >giant
copy giant plain:
status 0
same giant "$PLAIN/giant"
copy plain:giant again
status 0
same giant again
rm -f giant again "$PLAIN/giant"
finish

name="a full disk: the reason, the old file, nothing else (R-FILE-1)"
mkdir "$PLAIN/full"
if ! mount -t tmpfs -o size=256k,mode=0777 tmpfs "$PLAIN/full" 2>/dev/null; then
	skip "$name" "cannot mount a tmpfs"
else
	MOUNTED=$PLAIN/full
	begin "$name"
	copy second plain:full/target
	status 0
	copy file plain:full/target
	status 1
	says_like '^scp: full/target: (No space left on device|no space for )'
	same second "$PLAIN/full/target"
	[ "$(ls -A "$PLAIN/full")" = target ] ||
		wrong "left: $(ls -A "$PLAIN/full")"
	copy file empty plain:full
	status 1
	same empty "$PLAIN/full/empty"
	absent "$PLAIN/full/file"
	finish
fi

begin "uploads to one name at once: at every instant a whole file (R-FILE-1)"
mkdir rivals
for n in 1 2 3 4; do
	yes "rival $n" | head -c 3000000 >rivals/$n
done
copy rivals/1 plain:rival
status 0
rival_pids=
for n in 1 2 3 4; do
	timeout 60 scp -O -F "$TEMP/ssh_config" rivals/$n plain:rival \
		</dev/null >/dev/null 2>&1 &
	rival_pids="$rival_pids $!"
done
for n in 1 2 3 4 5 6; do
	fresh_got
	copy plain:rival got
	status 0
	cat got/rival >got/$n
	for rival in rivals/*; do
		cmp -s "$rival" got/rival && rm got/$n && break
	done
	absent got/$n
done
for pid in $rival_pids; do
	wait "$pid" || wrong "an upload failed"
done
finish

# The log (R-LOG-1).
name="each transfer and each refusal has its line in the log"
if [ -z "$SYSLOG_PID" ]; then
	skip "$name" "this system has a syslog daemon of its own"
else
	begin "$name"
	logged() {
		grep -Eq "scp-server\[[0-9]+\]: $1" "$TEMP/syslog" ||
			wrong "not in the log: $1"
	}
	copy second plain:logged
	copy plain:logged got
	copy second reader:denied
	run ssh -F "$TEMP/ssh_config" plain 'id -u'
	sleep 0.2
	logged "session opened for local user scpt-$$-plain from \[127.0.0.1\]"
	logged 'close "/?logged" bytes read 0 written 7'
	logged 'close "/?logged" bytes read 7 written 0'
	logged "session closed for local user scpt-$$-plain from \[127.0.0.1\]"
	logged "refused upload by scpt-$$-reader from \[127.0.0.1\]: read-only"
	logged "refused command by scpt-$$-plain from \[127.0.0.1\]: .*\"id -u\""
	finish
fi

begin "no temporary file is left"
left=$(find "$SRV" -name '.scp-server.*')
[ -z "$left" ] || wrong "left: $left"
finish

tests_done

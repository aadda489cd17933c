#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC1091,SC2034
# OpenSSH's scp -O with a file that shrinks while it is sent: the client fills
# up with zeros, and says only behind them that they are none of the file.  What
# was there stays, also where the connection ends between the two (R-WIRE-2,
# R-WIRE-4).

. "${0%/*}/lib.sh"

client_begin cmp

ROOT=$SRV/box
account box /bin/sh "$ROOT"
sshd_match box "ForceCommand $PROGRAM -r $ROOT"
sshd_start

# In the place of ssh, between scp and it.  When the first header of a file has
# come, and before the data, SHRINK is cut in half.  END says what follows the
# last byte of the data: "rest", all that scp sends; "eof", nothing; "kill", the
# connection is gone.  At its end, which scp does not always wait for, SENT tells
# how many bytes of the data did not go through.
cat >"$TEMP/between" <<'EOT'
#!/usr/bin/perl
use strict;
use warnings;

pipe my $out, my $in or die;
my $ssh = fork // die;
if ($ssh == 0) {
	open STDIN, '<&', $out or die;
	close $in;
	exec 'ssh', @ARGV or die;
}
close $out;
$SIG{PIPE} = 'IGNORE';
my ($seen, $sent, $limit) = ('', 0, -1);
vec(my $bits = '', fileno STDIN, 1) = 1;
while (1) {
	# It is a socket that ssh has made non-blocking for both.
	select my $ready = $bits, undef, undef, undef;
	my $got = sysread STDIN, my $data, 4096;
	next if !defined $got && $!{EAGAIN};
	last if !$got;
	if ($limit == -1) {
		$seen .= $data;
		if ($seen =~ /^C\d+ (\d+) [^\n]*\n/m) {
			$limit = $+[0] + $1;
			my $half = (-s $ENV{SHRINK}) / 2;
			truncate $ENV{SHRINK}, $half or die if $ENV{HALVE};
		}
	}
	my $left = $limit - $sent;
	$data = substr $data, 0, $left
		if $limit != -1 && $ENV{END} ne 'rest' && $left < length $data;
	for (my $at = 0; $at < length $data; ) {
		my $n = syswrite $in, $data, length($data) - $at, $at;
		last if !defined $n;
		$at += $n;
	}
	$sent += length $data;
	last if $sent == $limit && $ENV{END} ne 'rest';
}
if ($ENV{END} eq 'kill') {
	# All of it is with the server before the connection goes.
	sleep 1;
	kill 'KILL', $ssh;
}
close $in;
waitpid $ssh, 0;
open my $report, '>', "$ENV{SENT}.new" or die;
print $report $limit - $sent, "\n";
close $report;
rename "$ENV{SENT}.new", $ENV{SENT};
exit($? >> 8 || ($? ? 255 : 0));
EOT
chmod 0755 "$TEMP/between"

cd "$LOCAL" || exit 1
echo old >old
echo other >other
SHRINK=$LOCAL/source
SENT=$TEMP/sent
export SHRINK SENT END HALVE

has_ended() {
	[ -e "$SENT" ] && [ -z "$(find "$ROOT/in" -name '.scp-server*')" ]
}

# cut END TARGET FLAG...: nothing has changed at the target
cut() {
	END=$1
	cut_to=$2
	shift 2
	HALVE=yes
	rm -rf "$ROOT/in"
	mkdir "$ROOT/in"
	cp old "$ROOT/in/target"
	chown -R --reference="$ROOT" "$ROOT/in"
	head -c 4000000 /dev/urandom >"$SHRINK"
	begin "$END after zeros, to $cut_to${*:+ with $*}: what was there stays"
	rm -f "$SENT"
	# shellcheck disable=SC2086
	copy -S "$TEMP/between" "$@" "$SHRINK" $more "box:$cut_to"
	[ "$STATUS" -ne 0 ] || wrong "exit status 0"
	within 10 has_ended || wrong "it does not end"
	[ "$(stat -c %s "$SHRINK")" -eq 2000000 ] || wrong "did not shrink"
	case $END$(cat "$SENT") in
	rest-*) ;;
	eof0 | kill0) ;;
	*) wrong "cut elsewhere: $(cat "$SENT") bytes from the end of the data" ;;
	esac
	same old "$ROOT/in/target"
	absent "$ROOT/in/source"
	[ "$(find "$ROOT/in" -type f | wc -l)" -eq "$left" ] ||
		wrong "left: $(ls -A "$ROOT/in")"
	finish
}

more=
left=1
for end in rest eof kill; do
	cut $end in/target
	cut $end in/target -p
	cut $end in/target -r
	cut $end in
done

# Of several files the others are stored.
more=other
left=2
cut rest in
same other "$ROOT/in/other"
left=1
cut eof in

begin "eof after all of a whole file, whose path is quoted: it is stored"
END=eof
HALVE=
more=
head -c 4000000 /dev/urandom >"$SHRINK"
copy -S "$TEMP/between" "$SHRINK" "box:'in/target'"
same "$SHRINK" "$ROOT/in/target"
finish

begin "the same, with a path as OpenSSH's users write it: it is not"
cp old "$ROOT/in/target"
copy -S "$TEMP/between" "$SHRINK" box:in/target
[ "$STATUS" -ne 0 ] || wrong "exit status 0"
same old "$ROOT/in/target"
finish

tests_done

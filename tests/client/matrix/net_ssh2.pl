# SPDX-License-Identifier: ISC
# scp_put and scp_get of Perl's Net::SSH2, on libssh2.
use strict;
use warnings;
use Net::SSH2;

my $action = shift;
exit 3 if $ARGV[0] =~ /^-[prg]$/ || @ARGV != 2;
my $dir = $ENV{M_DIR};
my $ssh = Net::SSH2->new;
$ssh->connect($ENV{M_HOST}, $ENV{M_PORT}) or $ssh->die_with_error;
$ssh->auth_publickey($ENV{M_USER}, "$dir/key.pub", "$dir/key")
	or $ssh->die_with_error;
my $good = $action eq 'put' ? $ssh->scp_put($ARGV[1], $ARGV[0])
	: $ssh->scp_get($ARGV[1], $ARGV[0]);
if (!$good) {
	my ($code, $name, $text) = $ssh->error;
	print STDERR "$text\n";
	exit 4;
}

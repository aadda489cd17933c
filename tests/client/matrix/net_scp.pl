# SPDX-License-Identifier: ISC
# Perl's Net::SCP, which runs scp; here one that has -O and our configuration.
use strict;
use warnings;
use Net::SCP;

my $action = shift;
my $recurse = $ARGV[0] eq '-r' && shift;
exit 3 if $ARGV[0] =~ /^-[pg]$/ || @ARGV != 2;
$Net::SCP::scp = "$ENV{M_DIR}/scp-O";

sub quote {
	my $path = shift;
	$path =~ s/([][ *?{},"'\\\$;~#&|<>()`!])/\\$1/g;
	return "$ENV{M_USER}\@$ENV{M_HOST}:$path";
}

my $scp = Net::SCP->new({ host => $ENV{M_HOST}, user => $ENV{M_USER} });
my ($from, $to) = $action eq 'put' ? ($ARGV[1], quote($ARGV[0]))
	: (quote($ARGV[1]), $ARGV[0]);
# Only the older call, scp(), takes directories: it has -r always.
exit 0 if $scp->scp($from, $to);
print STDERR $scp->{errstr} // 'failed', "\n";
exit 4;

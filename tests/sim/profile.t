#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/profile: an operation's instructions by function add up to what the plugin counted; an operation between CPUs has
# those of both; a bad word is one line.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(sum0);
use Sluice;
use Test::More;

my $top = top();

sub said_by {
    my (@words) = @_;
    return scalar `$top/tools/profile @words 2>&1 </dev/null`;
}

my $said = said_by('--operation', 'null');
is($?, 0, 'a profile of null');
my ($operations, $each) = $said =~ /^null, policy object: (\d+) operations, ([\d.]+) instructions each/;
is($operations, 200, '... of as many operations as the table says');
my %of = $said =~ /^(\S.*?) {2,}([\d.]+) {2,}[\d.]+$/mg;
cmp_ok(abs(sum0(values %of) - $each), '<', 2, '... whose functions add up to the whole');
cmp_ok($of{sys_null} // 0, '>=', 1, '... with sys_null among them');
cmp_ok($of{'bench_null_loop [stress/bench]'} // 0, '>=', 1, '... and the loop, at user level');

$said = said_by('--operation', 'null', '--by', 'line');
like($said, qr{^sys_null kernel/trap/syscall\.c:\d+ }m, 'by line: files are named from the top of the tree');

$said = said_by('--operation', 'call_cross');
is($?, 0, 'a profile of a call between CPUs');
like($said, qr/^ipi_send +\d/m, '... in which an IPI is sent');
like($said, qr/^\[\d+ others\] +\d/m, '... and small shares are added up');

for (['--operation nothing', qr/\Atools\/profile: OPERATION=nothing: allowed are empty null [^\n]*\n\z/],
    ['', qr/\Atools\/profile: OPERATION=NAME is missing: [^\n]*\n\z/],
    ['--operation null --by name', qr/\Atools\/profile: --by name: allowed are function, inline, line\n\z/]) {
    my ($words, $line) = @$_;
    $said = said_by($words);
    isnt($?, 0, "tools/profile $words: an error");
    like($said, $line, '... of one line');
}

done_testing();

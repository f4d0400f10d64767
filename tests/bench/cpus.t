#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What operations cost on several CPUs (tools/bench-cpus): on one CPU the plugin counts what the clock of instructions
# counts; independent work costs the same on two; a call between CPUs sends an IPI each way, and no more.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp;
use JSON::PP;
use Sluice;
use Test::More;

# The loop around an operation is counted by the plugin, not by the clock; it differs by some instructions.
use constant LOOP => 8;

my $top = top();
my @local = qw(null clock call_near call_far signal poll map_unmap cap_copy_delete cap_info thread_read);

sub measured {
    my ($tool, @options) = @_;
    my $json = File::Temp->new(SUFFIX => '.json');
    my $said = do { local $/; open my $pipe, '-|', "$top/tools/$tool", '--json', $json->filename, @options or die "$!"; <$pipe> };
    open my $in, '<', $json->filename or die "$!";
    local $/;
    my $text = <$in>;
    return (length $text ? decode_json($text) : {}, $said);
}

my ($one) = measured('bench', '--variants', 'object');
my ($more, $said) = measured('bench-cpus', '--cpus', '1,2', '--rounds', 20);
my $own = $more->{own};
for my $name (@local) {
    cmp_ok(abs($own->{$name}{1}{median} - $one->{figures}{$name}{object}{least}), '<=', LOOP,
        "$name: the plugin counts what the clock counts");
    is($own->{$name}{2}{median}, $own->{$name}{1}{median}, '... the same on two CPUs');
    is($own->{$name}{2}{ipis}, 0, '... without an IPI');
}
my $call = $more->{cross}{call_cross}{2};
cmp_ok($call->{ipis}, '<=', 2.1, 'a call between CPUs sends an IPI each way');
cmp_ok($call->{all}, '>=', $call->{median}, '... and both CPUs are counted');
my $unmap = $more->{cross}{map_unmap_active}{2};
cmp_ok($unmap->{ipis}, '>=', 1, 'an unmap that another CPU must hear of sends one');
is($more->{cross}{map_unmap_alone}{2}{ipis}, 0, '... and none where nobody is active');
like($said, qr/^call \+ reply between two CPUs, 0 words +of all CPUs +\d+ +1600 /m, 'the table has a row for each');

$said = `$top/tools/bench-cpus --cpus 1,x 2>&1`;
isnt($?, 0, 'a number of CPUs that is none: an error');
is($said, "tools/bench-cpus: CPUS=1,x: allowed are numbers from 1 to 255, with commas between them\n", '... of one line');

$said = `$top/tools/bench-cpus --cpus 2 --policy none 2>&1`;
isnt($?, 0, 'a policy that is none: an error');
like($said, qr/\Atools\/bench-cpus: POLICY=none: allowed are off object kernel [^\n]*\n\z/, '... of one line');

done_testing();

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/sim: a small sweep gives a table, a JSON file with every parameter, and two pictures; a configuration that fails is
# named and the rest goes on; what cannot be is refused with one line that says what is allowed.
use strict;
use warnings;
use File::Temp;
use JSON::PP;
use Sluice;
use Test::More;

my $top    = top();
my $folder = File::Temp->newdir;

# tools/sim with these options: its status, and what it said, errors included.
sub sim {
    my (@options) = @_;
    my $pid = open(my $pipe, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec "$top/tools/sim", '--images', images(), @options or die "tools/sim: $!";
    }
    my $said = do { local $/; <$pipe> } // '';
    close $pipe;
    return ($? >> 8, $said);
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

my ($status, $said) = sim('--workload', 'ipc mode=pairs', '--cpus', '1,4',
    '--policy', 'kernel/ticket,object/tas', qw(--ops 60 --transfer 80),
    '--out', "$folder/good");
is($status, 0, 'a sweep ends well') or diag($said);
like($said, qr/^ +CPUs +kernel\/ticket +object\/tas\n +1 +\d\.\d+ +\d\.\d+\n +4 +\d\.\d+ +\d\.\d+\n/m, '... with a table');
like($said, qr/^sim: 1 of 4: CPUS=1 kernel\/ticket: .* about \d+ s left\)$/m, '... and progress');
my $result = eval { decode_json(slurp("$folder/good.json")) } // {};
is(scalar @{ $result->{points} // [] }, 4, '... and a result for each configuration');
is($result->{model}{transfer}, 80, '... with the parameters of the model');
like($result->{qemu}, qr/^QEMU emulator version \d/, '... and the version of QEMU');
my %rate = map { ("$_->{cpus} $_->{policy}" => $_->{operations_per_kcycle}) } @{ $result->{points} // [] };
cmp_ok($rate{'4 object/tas'}, '>', 3.5 * $rate{'1 object/tas'}, 'pairs with locks of their own scale');
cmp_ok($rate{'4 kernel/ticket'}, '<', 2 * $rate{'1 kernel/ticket'}, 'pairs under one lock do not');
like(slurp("$folder/good.svg"), qr/<svg .*object\/tas/s, 'the SVG picture names the policies');
like(slurp("$folder/good.png"), qr/^\x89PNG/, 'the PNG picture is one');

($status, $said) = sim('--workload', 'ipc mode=signal', '--cpus', '64,1',
    qw(--policy object/tas --ops 200 --no-picture),
    '--out', "$folder/half");
is($status, 1, 'a sweep with a configuration that fails says so at the end');
like($said, qr/CPUS=64 object\/tas: mode=signal has a bit for each of at most 63 clients/, '... names it and the reason');
like($said, qr/^ +1 +\d/m, '... and measures the rest');

for my $case (
    [CPUS => qr/CPUS=0: allowed are 1 to 254/, qw(--cpus 0)],
    [CPUS => qr/CPUS=300: allowed are 1 to 254/, '--cpus', '1,300'],
    [CPUS => qr/CPUS=1;2: allowed is a list/, '--cpus', '1;2'],
    [POLICY => qr/POLICY=object\/rcu: allowed are off, and kernel/, qw(--policy object/rcu)],
    [WORKLOAD => qr/WORKLOAD=nothing: allowed are .*\bipc\b/, qw(--workload nothing)],
    [WORKLOAD => qr/WORKLOAD: 'ops=3' is what CPUS and OPS are for/, '--workload', 'ipc ops=3'],
    [OPS => qr/OPS=many: allowed are/, qw(--ops many)],
    [TRANSFER => qr/TRANSFER=-1: allowed are/, qw(--transfer -1)],
    [images => qr/\S*sluice\.elf is missing: run make sim/, qw(--images /nowhere)],
) {
    my ($name, $pattern, @options) = @$case;
    ($status, $said) = sim(@options);
    ok($status == 2 && $said =~ /^tools\/sim: $pattern.*\n\z/, "bad $name is refused with one line (@options)") or diag($said);
}
{
    local $ENV{PATH} = '/nowhere';
    ($status, $said) = sim();
    ok($status == 2 && $said =~ /^tools\/sim: gnuplot is not installed: run tools\/setup.*\n\z/, 'no gnuplot is said before the work');
}
done_testing();

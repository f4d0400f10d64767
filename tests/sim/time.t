#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The timing model against what is known of shared counters, private counters, false sharing and locks (stress/model),
# each with a tolerance; that the cost of a transfer is what makes the difference; what it refuses.
use strict;
use warnings;
use File::Temp;
use JSON::PP;
use Sluice;
use Test::More;

use constant TRANSFER => 100;

# The region of one run of stress/model on processors 1..n, with processor 0 left to the servers.
sub model {
    my ($mode, $cpus, $ops, %more) = @_;
    my $arguments = join ' ', map { "$_=$more{$_}" } grep { /^(hold|gap)$/ } sort keys %more;
    my $plugin = join ',', map { ",$_=$more{$_}" } grep { !/^(hold|gap)$/ } sort keys %more;
    my $result = File::Temp->new(SUFFIX => '.json');
    my $run = boot(cpus => $cpus + 1, thread => 'multi', append => 'watchdog.wait=0 sched.slice=1000000',
        plugin => "mode=time,out=$result$plugin",
        script => "control off\nstress model mode=$mode cpus=$cpus first=1 ops=$ops seconds=0 $arguments\nhalt 7\n");
    my $json = eval { local (@ARGV, $/) = ("$result"); decode_json(scalar <>) } // {};
    my ($region) = @{ $json->{regions} // [] };
    my $good = $run->{status} == 7 && $run->{output} =~ /^RESULT .* ok=1 /m && $region && $region->{workers} == $cpus;
    return { %{ $region // {} }, json => $json } if $good;
    ended_with($run, 7, "mode=$mode on $cpus: all workers ran side by side");
    return { operations_per_kcycle => 0, transfers_per_operation => 0, cycles => 0, json => $json };
}

sub near {
    my ($is, $wanted, $tolerance, $name) = @_;
    ok(abs($is - $wanted) <= $wanted * $tolerance, sprintf '%s (%.3f, to be %.3f within %.0f %%)', $name, $is, $wanted,
        100 * $tolerance);
}

sub rate { return model(@_)->{operations_per_kcycle} }

my $one = model('shared', 1, 1000);
my $alone = $one->{operations_per_kcycle};
near($one->{transfers_per_operation}, 0, 0, 'a counter that one CPU uses moves no line');
for my $cpus (2, 4, 8) {
    my $shared = model('shared', $cpus, 500);
    near($shared->{operations_per_kcycle}, 1000 / TRANSFER, 0.07, "a counter shared by $cpus: one transfer time an operation");
    near($shared->{transfers_per_operation}, 1, 0.1, "... and one transfer");
}
near(rate('shared', 4, 500, transfer => 50), 1000 / 50, 0.07, 'half the transfer time: twice the operations');
near(rate('shared', 4, 1000, transfer => 0), 4 * $alone, 0.1, 'no transfer time: the shared counter scales');
near(rate('private', $_, 2000), $_ * $alone, 0.05, "counters on lines of their own scale to $_") for 2, 8;
near(rate('false', 4, 500), 1000 / TRANSFER, 0.07, 'counters on one line are as bad as one counter');

# What is outside of the lock takes a while: else an unfair lock is taken again by who has just left it.
my %lock = (hold => 10, gap => 200);
my %rate = map { my $kind = $_; map { ("$kind $_" => rate($kind, $_, 150, %lock)) } 4, 12 } qw(ticket mcs tas);
cmp_ok($rate{'ticket 12'}, '<', 0.5 * $rate{'ticket 4'}, 'a ticket lock degrades with waiters: each hand-over invalidates all');
near($rate{'mcs 12'}, $rate{'mcs 4'}, 0.15, 'an MCS lock stays flat: each waits on a line of its own');
cmp_ok($rate{'tas 12'}, '>', 1.3 * $rate{'ticket 12'}, 'test-and-set with back-off is better than a ticket lock');
cmp_ok($rate{'tas 12'}, '<', $rate{'mcs 12'}, '... and worse than MCS');

is($one->{json}{parameters}{transfer}, TRANSFER, 'the result says the parameters');
like($one->{json}{letgos_inside} // 'nothing', qr/^\d+$/, '... and how often a vCPU did not wait for another');

# What QEMU says when it is started so; it must not come to the guest.
sub refused {
    my ($options, $threads, $pattern, $name) = @_;
    my $out = File::Temp->new;
    my $said = `${\top()}/tools/run --images ${\images()} --cpus 2 --thread $threads --raw --timeout 20 --name time-bad \\
        --plugin mode=time,out=$out$options 2>&1`;
    ok($? && $said =~ /^sim: $pattern/m, $name) or diag($said);
}

refused(',transfer=lots', 'multi', qr/transfer=lots: allowed are 0 to \d+$/m, 'a parameter that is no number is refused');
refused(',tranfser=3', 'multi', qr/mode=time has no option tranfser=3; allowed are/, '... and one that there is not');
refused('', 'single', qr/mode=time wants a thread for each vCPU/, 'one thread for all vCPUs is refused');
done_testing();

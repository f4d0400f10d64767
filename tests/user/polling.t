#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Idle polling: calls between two CPUs take an interrupt each way where the partner halts, and none where it polls.
use strict;
use warnings;
use Sluice;
use Test::More;

my @script = ('control off', 'stress ipc mode=cross cpus=2 ops=4000 seconds=0', 'stats', 'halt 7');

# IPIs for each call, and how often polling found something.
sub calls {
    my ($poll_us) = @_;
    my $run = boot(cpus => 2, thread => 'single', append => "idle.poll=$poll_us", script => join("\n", @script, ''),
        timeout => 60);
    ended_with($run, 7, "idle.poll=$poll_us: the machine ends as asked");
    said($run, qr/^RESULT workload=ipc .* ok=1 /m, 'every call got its answer');
    my ($ipis)   = $run->{output} =~ /^RESULT workload=ipc .*ipis_per_op=([0-9.]+)/m;
    my ($polled) = $run->{output} =~ /^ *(\d+) idle_polled /m;
    return ($ipis // -1, $polled // 0);
}

my ($halting, $never) = calls(0);
cmp_ok($halting, '>', 0.9, 'who halts is interrupted');
is($never, 0, 'nobody polls');
my ($polling, $often) = calls(1000);
cmp_ok($polling, '<', 0.1, 'who polls is not');
cmp_ok($polling, '>=', 0, 'and that was measured');
cmp_ok($often, '>', 4000, 'polling found the messages');
done_testing;

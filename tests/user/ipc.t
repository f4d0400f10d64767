#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Messages and notifications, on one CPU and between two, each also under the endpoint policy split/tas.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $case ([1, 4], [4, 4], [1, 15], [4, 15]) {
    my ($cpus, $policy) = @$case;
    my $run = boot(cpus => $cpus, append => "policy.pool=$policy", script => "control off\ntest ipc\nhalt 7\n", timeout => 120);
    ended_with($run, 7, "$cpus CPUs, policy $policy: the machine ends as asked");
    tap_from($run, 'ipc');
}
done_testing;

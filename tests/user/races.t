#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Operations on one thread that meet: on 1 CPU, on 4, and with messages finished on the receiver's CPU.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    for my $mode (0, 1) {
        my $run = boot(cpus => $cpus, thread => 'multi', timeout => 120,
            script => "control off\nset ipc.remote $mode\ntest races\nhalt 7\n");
        ended_with($run, 7, "$cpus CPUs, ipc.remote $mode: the machine ends as asked");
        tap_from($run, 'races');
    }
}
done_testing;

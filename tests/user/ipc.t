#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Messages and notifications, on one CPU and between two.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    my $run = boot(cpus => $cpus, script => "control off\ntest ipc\nhalt 7\n", timeout => 120);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    tap_from($run, 'ipc');
}
done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The pages that the kernel shares are read-only, move, and tell of transitions; on 1 and 4 CPUs.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    my $run = boot(cpus => $cpus, script => "control off\ntest counters\nhalt 7\n", timeout => 60);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    tap_from($run, 'counters');
}
done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# No stale translation, and the memory server; on 1 and 4 CPUs.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    my $run = boot(cpus => $cpus, script => "control off\ntest memory\nhalt 7\n", timeout => 120);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    tap_from($run, 'memory');
}
done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Pools give every byte back, whatever happens to them; on 1 and 4 CPUs.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    my $run = boot(cpus => $cpus, script => "control off\ntest pools\nhalt 7\n", timeout => 180);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    tap_from($run, 'pools');
}
done_testing;

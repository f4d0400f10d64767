#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The life of threads, their registers, priorities and processors; on 1 and 4 CPUs.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    my $run = boot(cpus => $cpus, script => "control off\ntest threads\nhalt 7\n", timeout => 120);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    tap_from($run, 'threads');
}
done_testing;

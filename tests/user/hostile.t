#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Bad pointers, lengths and random calls are refused or fault in user mode; on 1 and 4 CPUs.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    my $run = boot(cpus => $cpus, script => "control off\ntest hostile\nhalt 7\n", timeout => 120);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    tap_from($run, 'hostile');
}
done_testing;

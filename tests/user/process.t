#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Processes: start, end and its cause, what they get and what comes back; on 1 and 4 CPUs.
use strict;
use warnings;
use Sluice;
use Test::More;

for my $cpus (1, 4) {
    my $run = boot(cpus => $cpus, script => "control off\ntest process\nhalt 7\n", timeout => 120);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    tap_from($run, 'process');
    my @lines = $run->{output} =~ /^line of thread (\d+): 0123456789abcdefghijklmnopqrstuvwxyz end$/mg;
    is(scalar @lines, 4 * 25, "$cpus CPUs: lines of several threads come whole");
}
done_testing;

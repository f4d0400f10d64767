#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The system boots to its prompt with 1 to 64 CPUs by PVH, starts every one of them, answers a
# command and ends with the status that `halt` was given.
use strict;
use warnings;
use Sluice;
use Test::More;

my @counts = (1, 2, 4, 8, 64);
plan tests => 3 * @counts;
for my $cpus (@counts) {
    my $run = boot(cpus => $cpus, script => "cpus\nhalt 3\n");
    ended_with($run, 3, "$cpus CPUs: halt 3 ends the machine with status 3");
    said($run, qr/^sluice: $cpus CPUs?, \d+ MiB, clock /m, "$cpus CPUs: the kernel started them all");
    said($run, qr/^\s*(?:cpu\s*)?@{[$cpus - 1]}\b/m, "$cpus CPUs: `cpus` shows the last one");
}

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The ISO boots by BIOS and by UEFI, and the kernel's command line comes through GRUB.
use strict;
use warnings;
use Sluice;
use Test::More;

my @firmware = qw(bios uefi);
plan tests => 2 * @firmware;
for my $boot (@firmware) {
    my $run = boot(boot => $boot, cpus => 4, append => 'sched.slice=7000',
        script => "get sched.slice\nhalt 5\n");
    ended_with($run, 5, "$boot: ends with the status of halt");
    said($run, qr/^sched\.slice +7000 us /m, "$boot: a tunable on the command line took effect");
}

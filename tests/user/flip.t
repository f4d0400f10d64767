#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Every workload under a policy flipper, at least 20,000 completed transitions; half of them in a build that
# panics when two CPUs are in one object.
use strict;
use warnings;
use Sluice;
use Test::More;

# A thread of the host for each CPU: busy CPUs of a single one would hand on their turn too rarely for grace periods.
sub flip {
    my ($transitions, %option) = @_;
    my $run = boot(thread => 'multi', script => "control off\ntest flip transitions=$transitions seconds=2\nhalt 7\n", timeout => 400, %option);
    ended_with($run, 7, 'the machine ends as asked');
    tap_from($run, 'flip');
    my ($result) = grep { $_->{transitions} } results($run);
    cmp_ok($result->{transitions} // 0, '>=', $transitions, "$transitions transitions completed");
}

flip(12_000, cpus => 4);
flip(12_000, cpus => 4, variant => 'debug');
done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The demo: every phase reaches the kind of policy that its load asks for, and every workload's own checks hold. `halt`
# without a status ends with 0 then.
use strict;
use warnings;
use Sluice;
use Test::More;

my $run = boot(cpus => 8, timeout => 240, script => "demo\ncontrol status\nhalt\n");
ended_with($run, 0, 'demo, then halt: status 0');
said($run, qr/^DEMO ok$/m, 'every check of the demo held');
my ($result) = grep { exists $_->{demo} } results($run);
is($result->{failures}, 0, 'no failure counted');
cmp_ok($result->{checks}, '>=', 10, 'at least ten checks were made');
said_not($run, qr/PANIC/, 'no panic');
done_testing();

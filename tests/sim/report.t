#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# tools/share: calls between processors move lines, which are named by object and field, their code by function and
# line; pairs on processors of their own move none; bad words are refused in one line.
use strict;
use warnings;
use Sluice;
use Test::More;

my $tool = top() . '/tools/share --images ' . images();

sub report {
    my ($words) = @_;
    my $text = `$tool $words 2>&1`;
    return ($text, $? >> 8);
}

sub transfers_each {
    my ($text) = @_;
    return $text =~ /^region \d+: \d+ operations, ([0-9.]+) transfers each/m ? $1 : undef;
}

my ($cross, $status) = report('--ops 200 --top 60 ipc mode=cross cpus=2');
is($status, 0, 'calls between processors: reported') or diag($cross);
cmp_ok(transfers_each($cross) // 0, '>', 1, 'their lines move with each operation');
like($cross, qr/^ +cpu [01]: .*\b(pending|mailbox\.head)\b/m, "a processor's mailbox is named");
like($cross, qr/^ +endpoint at 0x\w+ of pool \d+ \(pair[01]\): object\.generation, object\.lock\.tas$/m, "an endpoint's lock is named");
like($cross, qr/^ +thread at 0x\w+ of pool \d+ \(ipc\): .*frame\.word\[\d\]/m, "a message's word is named");
like($cross, qr/^ +\d+  kernel  mailbox_push, smp\/mailbox\.c:\d+/m, 'code is named by function and line');

my ($pairs) = report('--ops 200 ipc mode=pairs cpus=2');
cmp_ok(transfers_each($pairs) // 1, '<', 0.1, 'pairs of their own move next to nothing');
my ($kernel) = report('--ops 200 --policy kernel/ticket ipc mode=pairs cpus=2');
cmp_ok(transfers_each($kernel) // 0, '>', 1, "the kernel's one lock moves");
like($kernel, qr/^ +gate_kernel\.lock\.ticket/m, 'and is named');

my %refused = (
    'nothing' => qr/no program stress\/nothing: there are .*ipc/,
    '--policy none ipc' => qr/bad policy none: allowed are/,
    '--cpus 1 ipc cpus=2' => qr/the workload wants cpus=2, the machine has 1/,
    '--steady 100000 --ops 200 ipc cpus=2' => qr/region 1 ended before operation 100000/,
    'ipc mode=none cpus=2' => qr/the program failed: bad argument 'mode=none'; allowed:/,
    '' => qr/usage: tools\/share/,
);
for my $words (sort keys %refused) {
    my ($said, $bad) = report($words);
    isnt($bad, 0, "'$words': refused");
    like($said, $refused{$words}, "'$words': says why");
}
done_testing;

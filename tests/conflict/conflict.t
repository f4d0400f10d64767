#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The conflict matrix in its short form: each operation with itself, and with `call`. No line of the kernel is shared that
# is not in known.list, nor is one there that is not shared; two processors on one object are seen to share it, and under
# the kernel's one lock nearly all pairs do. The judge itself: a new line and one that is gone are told.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../../tools/lib";
use Conflicts;
use File::Temp;
use JSON::PP qw(decode_json);
use Sluice;
use Test::More;

my $out  = top() . '/build/conflict-test';
my $tool = top() . '/tools/conflict --images ' . images() . " --out $out";

sub conflict {
    my ($words) = @_;
    my $text = `$tool $words 2>&1`;
    return ($text, $? >> 8);
}

sub list_of {
    my ($text) = @_;
    my $file = File::Temp->new;
    print {$file} $text;
    close $file;
    return $file;
}

my ($text, $status) = conflict('--pairs short');
is($status, 0, 'what is shared is what is known') or diag($text);
my $result = decode_json(slurp_file("$out.json"));
cmp_ok(scalar @{ $result->{operations} }, '>=', 20, 'at least 20 operations');
my @pools = grep { $_->{placement} eq 'pools' } @{ $result->{cells} };
cmp_ok(scalar @pools, '>=', 36, 'pairs on objects of different pools were tried');
my @shared = map { "$_->{first}+$_->{second}" } grep { @{ $_->{lines} } } @pools;
is("@shared", '', 'none of them shares a line of the kernel');
ok(scalar @{ $result->{control}{lines} }, 'the control does: two processors change one object');
like($result->{control}{lines}[0]{names}, qr/^notification at .* of pool \d+ .*lock/, 'and it is named');
my $svg = slurp_file("$out.svg");
like($svg, qr/^<svg .*<\/svg>\n\z/s, 'the picture is there');
my $cells = () = $svg =~ /<title>/g;
is($cells, scalar @{ $result->{cells} }, 'and has every pair');

($text, $status) = conflict('--pairs short --policy kernel/tas --known ' . list_of("# nothing\n"));
isnt($status, 0, "under the kernel's one lock and an empty list: refused");
like($text, qr/^NEW, pools: gate_kernel\.lock/m, "the kernel's one lock is found");
like($text, qr/gate_enter/, 'with the code that takes it');

sub slurp_file {
    open my $in, '<', $_[0] or return '';
    local $/;
    return <$in> // '';
}

# The judge on a matrix made by hand.
sub judged {
    my ($list, @names) = @_;
    my $matrix = bless { operations => ['call', 'map'], cells => [{ placement => 'objects', first => 'call', second => 'map',
        lines => [map { { names => $_ } } @names], missing => [] }] }, 'Conflicts';
    $matrix->judge(Conflicts::known_read(list_of($list)->filename));
    my ($cell) = $matrix->cells;
    return (scalar Conflicts::new_lines($cell), scalar @{ $cell->{missing} });
}

my $rule = "objects | map | call | ^pools | a reason\n";
is_deeply([judged('', 'pools[3]: free')], [1, 0], 'a line that nobody knows is new');
is_deeply([judged($rule, 'pools[3]: free')], [0, 0], 'a known one is not');
is_deeply([judged($rule, 'pools[3]: free', 'epoch.number')], [1, 0], 'another one beside it is');
is_deeply([judged($rule)], [0, 1], 'a known one that is not shared is gone');
is_deeply([judged("pools | map | call | ^pools | a reason\n", 'pools[3]: free')], [1, 0], 'a rule holds for its placement only');
for my $bad ("objects | map | call | ^pools\n", "objects | nothing | call | ^pools | a reason\n") {
    ok(!eval { judged($bad); 1 }, "refused: $bad");
}

for my $words ('--pairs some', '--policy none', '--known /nowhere') {
    my ($said, $bad) = conflict($words);
    isnt($bad, 0, "'$words': refused");
    like($said, qr/^tools\/conflict: .+\n\z/, "'$words': in one line that says why");
}
done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What operations cost in the release build, against what is recorded in stress/bench/ratchet.tsv; that a figure which
# grew is found and named; that each system call is measured or has a reason not to be.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp;
use Sluice;
use Test::More;

my $top  = top();
my $json = File::Temp->new(SUFFIX => '.json');

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!";
    local $/;
    return <$in>;
}

# tools/bench with these options: its output, and its status in $?.
sub bench {
    my (@options) = @_;
    open my $pipe, '-|', "$top/tools/bench", @options or die "tools/bench: $!";
    local $/;
    my $said = <$pipe>;
    close $pipe;
    return $said;
}

# The figures just measured as a ratchet file, those of a pattern changed.
sub ratchet_with {
    my ($pattern, $change) = @_;
    my $now = File::Temp->new(SUFFIX => '.tsv');
    bench('--from', $json->filename, '--record', '--ratchet', $now->filename);
    my $file = File::Temp->new(SUFFIX => '.tsv');
    print {$file} map { /$pattern/ && s/(\d+)$/$change->($1)/er || $_ } slurp($now->filename) =~ /.*\n/g;
    close $file;
    return $file;
}

my $said = bench('--variants', 'off,object,kernel', '--json', $json->filename);
is($?, 0, 'no figure grew over what is recorded') or diag(grep { /^(grew|recorded, )/ } split /^/, $said);

my $smaller = ratchet_with(qr/^call_far_4\tobject\tleast\t/, sub { int($_[0] * 0.97) });
$said = bench('--from', $json->filename, '--ratchet', $smaller->filename);
isnt($?, 0, 'a figure that grew by 3 % is an error');
like($said, qr/^grew: call_far_4 \(object, least\): \d+, recorded \d+ \(\+3\.\d %\)$/m, '... that names it');
is(() = $said =~ /^grew:/mg, 1, '... and it alone');

my $lazy = ratchet_with(qr/^create_endpoint\toff\tmean\t/, sub { int($_[0] * 0.9) });
like(bench('--from', $json->filename, '--ratchet', $lazy->filename), qr/^grew: create_endpoint \(off, mean\): /m,
    'work put off for many operations counts as theirs');

my $close = ratchet_with(qr/^call_far_4\tobject\t/, sub { int($_[0] * 0.99) });
bench('--from', $json->filename, '--ratchet', $close->filename);
is($?, 0, 'one that grew by 1 % is none');

my $lost = ratchet_with(qr/^null\toff\t/, sub { $_[0] });
open my $out, '>>', $lost->filename or die "$!";
print {$out} "gone\toff\tleast\t10\n";
close $out;
$said = bench('--from', $json->filename, '--ratchet', $lost->filename);
isnt($?, 0, 'a recorded operation that is not measured any more is an error');
like($said, qr/^recorded, but not measured any more: gone off least/m, '... that names it');

my %known = map { $_ => 1 } map { split / / } slurp("$top/stress/bench/figures.tsv") =~ /^\w+\t[^\t]*\t([^\t]*)/mg;
$known{$_} = 1 for slurp("$top/stress/bench/figures.tsv") =~ /^!\t(\w+)\t./mg;
my @calls   = slurp("$top/kernel/abi/syscalls.h") =~ /^\s+X\((\w+), \d+,/mg;
my @missing = grep { !$known{$_} } @calls;
push @missing, "only " . @calls . " calls found" if @calls < 49;
is("@missing", '', 'each system call is measured, or figures.tsv says why not');

$said = `$top/tools/bench --variants none 2>&1`;
isnt($?, 0, 'an unknown variant is an error');
is($said, "tools/bench: --variants none: allowed are off, object, kernel, up\n", '... of one line');
$said = `$top/tools/bench --from /nowhere 2>&1`;
like($said, qr/\Atools\/bench: \/nowhere cannot be read: [^\n]*\n\z/, 'so is a file that is not there');

done_testing();

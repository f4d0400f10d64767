#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Runs SPIN on the models of tests/model/models.list, one TAP test for each line. A line is
#     safe|fails MODEL.pml [-DNAME=VALUE ...] [cc=FLAG ...] [pan=FLAG ...]
# A model that must be safe passes only when its whole state space was searched; a mutant that must
# fail passes only when SPIN found an error. A first argument picks the lines that contain it.
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use FindBin;
use Test::More;

my $only = shift // '';
open my $list, '<', "$FindBin::Bin/models.list" or BAIL_OUT("models.list: $!");
my @lines = grep { /\S/ && index($_, $only) >= 0 } map { s/#.*//r =~ s/\s+$//r } <$list>;
my $work  = "$FindBin::Bin/../../build/model";
make_path($work);

sub run_in {
    my ($folder, @words) = @_;
    my $pid = open(my $pipe, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        chdir $folder or die "$folder: $!";
        exec @words or die "$words[0]: $!";
    }
    local $/;
    my $output = <$pipe> // '';
    close $pipe;
    return ($? >> 8, $output);
}

# Returns (verdict, output): safe, fails, or broken when SPIN could not tell.
sub check {
    my ($folder, $model, @words) = @_;
    my @define = grep { /^-D/ } @words;
    my @cc     = map  { /^cc=(.*)/ ? $1 : () } @words;
    my @pan    = map  { /^pan=(.*)/ ? $1 : () } @words;
    my @step   = (['spin', '-a', @define, "$FindBin::Bin/$model"],
        ['gcc', '-O2', '-w', (grep { /SAFETY|NP/ } @cc) ? () : '-DSAFETY', @cc, '-o', 'pan', 'pan.c']);
    for my $step (@step) {
        my ($status, $output) = run_in($folder, @$step);
        return ('broken', $output) if $status;
    }
    my (undef, $output) = run_in($folder, './pan', @pan);
    my ($errors) = $output =~ /errors: (\d+)/ or return ('broken', $output);
    return ('fails', $output) if $errors;
    return ('broken', $output) if $output =~ /depth too small|out of memory|not completed/;
    return ('safe', $output);
}

plan tests => scalar @lines;
my $number = 0;
for my $line (@lines) {
    my ($expected, $model, @words) = split ' ', $line;
    my $folder = "$work/$$." . $number++;
    make_path($folder);
    my ($verdict, $output) = check($folder, $model, @words);
    my ($states) = $output =~ /(\S+) states, stored/;
    my $name = join ' ', $expected . ':', $model, @words;
    is($verdict, $expected, $name . ($states ? " ($states states)" : ''))
        or diag(join "\n", (split /\n/, $output)[0 .. 15]);
    remove_tree($folder);
}

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The plugin's `share` mode on lines whose transfers are known: none for private and read-only lines, one for each turn of
# a shared counter, two where load and store are two instructions, and false sharing is found on its line. In one host
# thread and in several.
use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use JSON::PP qw(decode_json);
use Sluice;
use Test::More;

my $result = top() . '/build/run/share-result.json';

sub slurp {
    open my $in, '<', $_[0] or return '';
    local $/;
    return <$in> // '';
}

# The line of a RESULT, as the plugin saw it.
sub line_of {
    my ($share, $want) = @_;
    my $address = hex $want->{address};
    my ($line) = grep { (hex($_->{address}) & ~63) == $address } @{ $share->{lines} };
    return $line // { transfers => 0, writers => [], touches => [] };
}

sub judge {
    my ($run, $share, $threads) = @_;
    my %turns = (private => 0, read_only => 0, shared => 1, false_sharing => 1, load_store => 2);
    my %region = map { $_->{region} => $_ } @{ $share->{regions} };
    for my $want (grep { $_->{line} } results($run)) {
        my $line = line_of($share, $want);
        # The first access of all moves nothing: nobody had the line.
        my $expected = $turns{ $want->{line} } * (2 * $want->{rounds} - 1);
        is($line->{transfers}, $expected, "$threads: a $want->{line} line: $expected transfers");
        is($region{ $want->{region} }{operations}, 2 * $want->{rounds}, "$threads: its region: all operations");
        is_deeply($line->{writers}, [1, 2], "$threads: $want->{line}: both writers are named") if $expected;
        my $sum = 0;
        $sum += $_->{transfers} for @{ $line->{touches} };
        is($sum, $expected, "$threads: $want->{line}: its code made all of them") if $expected;
    }
    for my $name (1, 5) {
        my $count = $region{$name};
        is($count->{own_user} + $count->{own_kernel}, 0, "$threads: region $name of independent threads: no transfer");
    }
}

sub lines_test {
    my ($threads, %option) = @_;
    unlink $result;
    my $run = boot(cpus => 3, thread => $threads, script => "control off\ntest lines\nhalt 7\n",
        plugin => "mode=share,out=$result", %option);
    ended_with($run, 7, "$threads: the machine ends as asked");
    tap_from($run, 'lines');
    my $share = eval { decode_json(slurp($result)) };
    ok($share, "$threads: the result is JSON") or return;
    judge($run, $share, $threads);
    return slurp($result);
}

lines_test('multi');
lines_test('single');

my $run = boot(cpus => 1, plugin => "mode=share,out=$result,ram=$result", script => "halt 0\n", timeout => 30);
isnt($run->{status}, 0, 'ram= without picture= is refused');
$run = boot(cpus => 1, plugin => "mode=share,out=$result,steady=x", script => "halt 0\n", timeout => 30);
isnt($run->{status}, 0, 'a bad number is refused');
done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# What the plugin counts (stress/sim/, mode count) is what was executed: loops of a known length, null calls against the
# clock that counts instructions, IPIs against the kernel's own counter. And what it says when it can't count.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path qw(make_path remove_tree);
use File::Temp;
use JSON::PP;
use Sluice;
use Test::More;

my $top = top();
my $out = File::Temp->new(SUFFIX => '.json');

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!";
    local $/;
    return <$in>;
}

# --- counts ---
my $run = boot(cpus => 2, icount => '', script => "control off\ntest markers\nhalt 3\n",
    plugin => "mode=count,addresses=2,out=" . $out->filename);
ended_with($run, 3);
my %said   = map { $_->{region} => $_ } grep { $_->{markers} } results($run);
my $result = decode_json(slurp($out->filename));
my %count  = map { $_->{region} => $_->{counts} } @{ $result->{regions} };
my ($first) = @{ $count{1} || [{}] };

sub own {
    my ($region) = @_;
    return $count{$region}[0]{own_user} + $count{$region}[0]{own_kernel};
}

is($first->{own_user}, 1 + 2 * 10, 'a loop of 21 instructions counts 21');
is(own(2), 1 + 2 * 1000, 'one of 2001 counts 2001, none of them the markers');
is($count{2}[0]{own_kernel}, 0, '... all at user level');
is($count{4}[0]{own_user}, 1 + 4 * 1000, 'null calls: the loop around them counts exactly');
cmp_ok($count{4}[0]{own_kernel}, '>', 1000 * 10, '... and the kernel\'s part is counted as the kernel\'s');
is($said{4}{ticks} - own(4), $said{3}{ticks} - own(3), '... together as many as the clock ticked');
is(own(5), 1000 + 1, 'a REP instruction counts once for each turn');
is($count{1}[1]{own_user} + $count{1}[1]{own_kernel}, 0, 'the other vCPU is not inside of a region');
is(scalar(grep { !defined $_->{ipis} } map { @$_ } values %count), 0, 'each vCPU has its IPIs');
my $ipis = 0;
$ipis += $_->{ipis} for @{ $count{6} || [] };
is($ipis, $said{6}{ipis}, 'IPIs: as many as the kernel counts');
cmp_ok($ipis, '>=', 50, '... at least one for each unmap that another CPU must hear of');
my %at = map { $_->[0] => $_->[1] } @{ $result->{addresses} };
is(scalar(grep { $_ == 1000 } values %at), 2, 'by address: the two instructions of the loop ran 1000 times');
my $sum = 0;
$sum += $_ for values %at;
cmp_ok($sum, '>=', own(2), '... and the sum is not less than the region\'s count');

# --- what it can't count ---
# Standard output and error of a command, its status in $?.
sub said_by {
    my ($command) = @_;
    return scalar `$command 2>&1 </dev/null`;
}

my $script = File::Temp->new;
print {$script} "cpus\nhalt 3\n";
close $script;
my $boot = "$top/tools/run --images " . images() . " --cpus 1 --name count-bad --timeout 60 --script " . $script->filename;
my $said = said_by("$boot --plugin mode=count,out=" . $out->filename);
is(() = $said =~ /^sim: .*$/mg, 1, 'a guest without markers: one line');
like($said, qr/^sim: the guest executed no marker: run a program that calls marker_begin/m, '... that says what to run');
ok(!decode_json(slurp($out->filename))->{markers}, '... and the result says so');

for (['mode=nothing,out=x', qr/^sim: mode=nothing: allowed are count\b/m],
    ['mode=count', qr/^sim: out=FILE is missing/m],
    ['mode=count,out=x,addresses=256', qr/^sim: addresses=256: allowed are 0 to 255$/m]) {
    my ($options, $line) = @$_;
    $said = said_by("$boot --plugin $options");
    isnt($?, 0, "$options ends with an error");
    like($said, $line, '... and a line that says what is allowed');
}

# Commands of another machine, for tools/qemu-header: a folder to put before the others in PATH.
sub machine_with {
    my (%command) = @_;
    my $folder = File::Temp->newdir;
    for my $name (keys %command) {
        open my $file, '>', "$folder/$name" or die "$!";
        print {$file} "#!/bin/sh\n$command{$name}\n";
        close $file;
        chmod 0755, "$folder/$name";
    }
    return $folder;
}

my $without = machine_with('dpkg-query' => 'exit 1');
$said = said_by("PATH=$without:\$PATH $top/tools/qemu-header");
isnt($?, 0, 'no QEMU: an error');
is($said, "tools/qemu-header: qemu-system-x86 is not installed: run tools/setup\n", '... of one line');

my $kept = "$top/.cache/qemu/0.0_test_$$";
my $offline = machine_with('dpkg-query' => "echo 0.0+test+$$", 'apt-get' => 'exit 100');
$said = said_by("PATH=$offline:\$PATH $top/tools/qemu-header");
isnt($?, 0, 'no header to be had: an error');
is(() = $said =~ /^tools\/qemu-header: .*$/mg, 1, '... of one line');

make_path($kept);
my $header = slurp(glob "$top/.cache/qemu/*/qemu-plugin.h");
$header =~ s/^(#define QEMU_PLUGIN_VERSION) .*/$1 9/m or die 'the header defines no version';
open my $file, '>', "$kept/qemu-plugin.h" or die "$!";
print {$file} $header;
close $file;
$said = said_by("PATH=$offline:\$PATH $top/tools/qemu-header");
isnt($?, 0, 'a plugin interface of another version: an error');
is($said, "tools/qemu-header: QEMU 0.0+test+$$ has plugin interface 9, stress/sim knows 1: install QEMU 7.2 of Debian 12\n",
    '... of one line');
$said = said_by("gcc -std=gnu17 -fsyntax-only -I$top -isystem $kept $top/stress/sim/plugin.c");
isnt($?, 0, 'the compiler refuses it too');
is(() = $said =~ /error:/g, 1, '... with one error');
like($said, qr/#error.*\n?.*plugin interface is not version 1/, '... that says what to install');
remove_tree($kept);

done_testing();

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Every workload, in each of its modes, runs on 1 and 4 CPUs; its oracle is content, and its line says what was done. A
# bad argument is refused with what is allowed.
use strict;
use warnings;
use Sluice;
use Test::More;

my @modes = (
    'ipc mode=pairs', 'ipc mode=pairs pools=shared per_cpu=2', 'ipc mode=fan', 'ipc mode=signal', 'ipc mode=pairs words=6 bytes=5000',
    'map mode=threads', 'map mode=threads pages=40', 'map mode=spaces life=20', 'map mode=shared', 'cap mode=own',
    'cap mode=shared', 'cap mode=process',
    'pools', map({ "model mode=$_" } qw(private shared false tas ticket mcs)),
);
my @for_many = ('ipc mode=cross', 'ipc mode=cross pools=shared bytes=100', 'ipc mode=fan per_cpu=3');

sub stress {
    my ($cpus, @workloads) = @_;
    my $script = join '', 'control off', "\n", map({ "stress $_ ops=400 seconds=60\n" } @workloads), "halt 7\n";
    my $run = boot(cpus => $cpus, script => $script, timeout => 240);
    ended_with($run, 7, "$cpus CPUs: the machine ends as asked");
    my @results = grep { $_->{workload} } results($run);
    is(scalar @results, scalar @workloads, "$cpus CPUs: each workload reports");
    for my $i (0 .. $#workloads) {
        my $result = $results[$i] // {};
        ok(($result->{ok} // 0) eq '1', "$cpus CPUs: $workloads[$i]: its oracle is content");
        cmp_ok($result->{ops} // 0, '>=', 400, "$cpus CPUs: $workloads[$i]: did what was asked for");
    }
}

stress(1, @modes);
stress(4, @modes, @for_many);

my $run = boot(cpus => 1, script => "stress ipc mode=none\nstress map cpus=99\nstress cap ops\nhalt 0\n");
ended_with($run, 0, 'bad arguments: the machine goes on');
said($run, qr/^bad argument 'mode=none'; allowed:.*mode=pairs\|cross\|fan\|signal/m, 'a bad word is refused');
said($run, qr/^bad argument 'cpus=99'; allowed: cpus=1\.\.1 /m,              'a bad number is refused');
said($run, qr/^bad argument 'ops'; allowed:/m,                              'a word without a value is refused');
done_testing;

# SPDX-License-Identifier: MIT
#
# One configuration of tools/sim: boots it with the plugin in mode time, runs the workload, takes the result apart.
# Entry points: sim_measure, slurp. A point is a hash: what is to be measured (cpus, policy, number, ops), then what was.
# Tests: tests/sim/sweep.t.
package Sim;
use strict;
use warnings;
use Exporter 'import';
use JSON::PP;

our @EXPORT = qw(sim_measure slurp);

use constant {
    BOOT_FAILED => 81,          # statuses of tools/run
    TIMED_OUT   => 124,
    BOOTS       => 3,           # timers are measured and CPUs waited for by the host's time: a busy host can be too late
    CYCLES      => 200_000,     # a window that starting and ending workers do not distort
};

(my $top = __FILE__) =~ s{[^/]*$}{../..};

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return undef;
    local $/;
    return scalar <$in>;
}

# The guest's lines and status. Nothing in it may depend on the host's time: no watchdog, no slices, no periods.
sub boot {
    my ($point, $line, $result, $option, $model) = @_;
    my $script = "$option->{out}.script";
    open my $out, '>', $script or die "$script: $!\n";
    print {$out} "control off\ncontrol set control.period 3600000000\n$line\nhalt 7\n";
    close $out;
    my $plugin = join ',', 'mode=time', "out=$result", map { "$_=$option->{$_}" } @$model;
    my @words = ("$top/tools/run", '--cpus', $point->{cpus} + 1, qw(--thread multi --name sim), '--images', $option->{images},
        '--timeout', $option->{timeout}, '--script', $script, '--plugin', $plugin, '--append',
        "policy.boot=$point->{number} policy.pool=$point->{number} watchdog.wait=0 sched.slice=1000000");
    my $pid = open(my $pipe, '-|') // die "fork: $!\n";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec @words or exit 127;
    }
    local $/;
    my $text = <$pipe> // '';
    close $pipe;
    return ($text =~ s/\r//gr, $? >> 8);
}

# Measures one configuration: undef, or the reason when that failed. `option` are those of tools/sim, `model` the names of
# those that are the plugin's. The point is `short` when its window was, and more operations may help.
sub sim_measure {
    my ($point, $option, $model, $name, @words) = @_;
    delete $point->{short};
    my $result = "$option->{out}.point.json";
    unlink $result;
    my $line = join ' ', 'stress', $name, @words, "cpus=$point->{cpus}", "ops=$point->{ops}", qw(seconds=0 first=1);
    my ($text, $status);
    for (1 .. BOOTS) {
        ($text, $status) = boot($point, $line, $result, $option, $model);
        last unless $status == BOOT_FAILED || $text =~ /^sluice: \d+ CPUs found, \d+ started/m;
    }
    return "no end after $option->{timeout} s: use fewer operations (OPS) or processors" if $status == TIMED_OUT;
    return "the system could not boot: $1" if $status == BOOT_FAILED && $text =~ /.*^sluice: ([^\n]*)/ms;
    return $1 if $text =~ /^((?:sim:|bad argument|\Q$name\E:|mode=).*)$/m;
    return "the machine ended with status $status; log: build/run/sim.log" if $status != 7;
    return "$name printed no good result; log: build/run/sim.log" unless $text =~ /^RESULT workload=.* ok=1 /m;
    my $json = eval { decode_json(slurp($result) // '') } or return "the plugin wrote no result; log: build/run/sim.log";
    my ($region) = sort { $b->{operations} <=> $a->{operations} } @{ $json->{regions} };
    return "$name has no markers" unless $region;
    my $all = $region->{operations} && $region->{workers} % $point->{cpus} == 0;
    $point->{short} = !$all || $region->{cycles} < CYCLES;
    return "only $region->{workers} workers were inside at once: use more operations (OPS)" unless $all;
    delete $region->{counts};
    @$point{ keys %$region } = values %$region;
    @$point{qw(letgos wakes_missed)} = @$json{qw(letgos_inside wakes_missed)};
    return undef;
}

1;

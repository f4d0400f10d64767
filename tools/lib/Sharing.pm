# SPDX-License-Identifier: MIT
#
# What tools/share and tools/conflict have in common: a run of QEMU with the plugin's `share` mode and a picture of the
# guest's memory, and the names of what it found.
#   my $run = sharing_run(name => 'share', script => "...\n", cpus => 2, options => 'steady=1000', images => 'build/obj/release');
#   $run->{result} is the plugin's JSON; $run->{output} what the guest printed; line_names, touch_names give text.
# Tests: tests/sim/report.t.
package Sharing;
use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Code;
use Cwd qw(realpath);
use Exporter 'import';
use File::Path qw(make_path);
use JSON::PP qw(decode_json);
use Picture;

our @EXPORT = qw(sharing_run policy_number line_names touch_place slurp);

(my $top = realpath(__FILE__)) =~ s{/tools/lib/[^/]*$}{};

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return <$in> // '';
}

# The number that the tunables policy.boot and policy.pool have for a policy (tunables/table.h); undef: there is none.
sub policy_number {
    my ($policy) = @_;
    my @granularities = qw(off kernel pool class object);
    my @algorithms    = qw(tas ticket mcs);
    return 0 if $policy eq 'off';
    my %split = (split => 15, 'split/tas' => 15, 'split/ticket' => 16, 'split/mcs' => 17);
    return $split{$policy} if $split{$policy};
    $policy .= '/tas' unless $policy =~ /\//;
    for my $algorithm (0 .. $#algorithms) {
        for my $granularity (1 .. $#granularities) {
            return $granularity + @granularities * $algorithm
                if $policy eq "$granularities[$granularity]/$algorithms[$algorithm]";
        }
    }
    return undef;
}

sub words_of {
    my ($option, $base) = @_;
    my $policy = policy_number($option->{policy});
    return ("$top/tools/run", '--name', $option->{name}, '--cpus', $option->{cpus}, '--thread', $option->{thread} // 'single',
        '--mem', '1G', '--images', $option->{images}, '--script', "$base.script", '--timeout', $option->{timeout},
        '--append', join(' ', 'policy.boot=' . ($policy < 15 ? $policy : 4), "policy.pool=$policy", $option->{words} // ()),
        '--plugin', "mode=share,out=$base.json,ram=$base.ram,picture=$base.picture,$option->{options}",
        map({ ('--qemu', $_) } '-object', "memory-backend-file,id=ram,size=1G,mem-path=$base.ram,share=on",
            '-machine', 'memory-backend=ram'));
}

# Runs the script; dies with one line when the machine did not end with `halt 7`, the output does not match `expect`, or
# nothing was measured.
sub sharing_run {
    my (%option) = @_;
    die "build/sim/sim.so is not there: build it with make build/sim/sim.so\n" unless -f "$top/build/sim/sim.so";
    my $base = "$top/build/run/$option{name}";
    make_path("$top/build/run");
    unlink map { "$base.$_" } qw(json ram picture);
    open my $script, '>', "$base.script" or die "$base.script: $!\n";
    print {$script} $option{script}, "halt 7\n";
    close $script;
    my $pid = open(my $pipe, '-|', words_of(\%option, $base)) // die "tools/run: $!\n";
    my $output = do { local $/; <$pipe> // '' };
    close $pipe;
    my $status = $? >> 8;
    unlink "$base.ram";
    $output =~ s/\r//g;
    die "the machine did not end as asked (status $status); log: build/run/$option{name}.log\n" if $status != 7;
    if ($output !~ $option{expect}) {
        my ($why) = $output =~ /^(bad argument .*|not ok .*)$/m;
        die 'the program failed', defined $why ? ": $why" : '', "; log: build/run/$option{name}.log\n";
    }
    my $result = decode_json(slurp("$base.json"));
    die "the guest executed no marker: give a program that has some (stress/lib/marker.h); log: build/run/$option{name}.log\n"
        unless $result->{markers};
    die "no picture of memory was taken: the program has to execute marker_operation(MARKER_PICTURE)\n" unless -f "$base.picture";
    my $run = { result => $result, output => $output, code => Code->new($option{images}),
        picture => Picture->new("$option{images}/sluice.elf", "$base.picture") };
    unlink "$base.picture";    # it is open
    return $run;
}

# What the touches of a line (all, or those given) concern.
sub line_names {
    my ($run, $line, @touches) = @_;
    my $mask = 0;
    $mask |= hex $_->{mask} for @touches ? @touches : @{ $line->{touches} };
    return $run->{picture}->names(hex $line->{line}, hex $line->{address}, $mask);
}

# Where a touch or a code entry comes from.
sub touch_place {
    my ($run, $place) = @_;
    return $run->{code}->name($place);
}

1;

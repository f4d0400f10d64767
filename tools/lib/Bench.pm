# SPDX-License-Identifier: MIT
#
# What tools/bench and its relatives share: running stress/bench in a machine, tables in files, tables on paper, JSON.
# Each failure is one line that says what to do, and ends the tool.
package Bench;
use strict;
use warnings;
use Cwd qw(realpath);
use Exporter 'import';
use File::Path qw(make_path);
use File::Temp;
use JSON::PP;

our @EXPORT = qw(top fail machine tsv_read table_print json_write json_read provenance operations policy_check);

use constant { STATUS => 7 };    # what the script's `halt` ends with: the guest came to the end of its lines

sub top {
    (my $folder = __FILE__) =~ s{[^/]*$}{};
    return realpath("$folder../..");
}

sub fail {
    my ($what) = @_;
    (my $tool = $0) =~ s{^.*/}{tools/};
    print STDERR "$tool: $what\n";
    exit 1;
}

# machine(name => 'bench', images => DIR, lines => [...], words => [options of tools/run]): types the lines at the
# console and returns the RESULT lines as hashes.
sub machine {
    my (%wanted) = @_;
    my $log = "build/run/$wanted{name}.log";
    -r "$wanted{images}/$_" or fail("$wanted{images}/$_ is missing: make bench builds it") for qw(sluice.elf boot.cpio);
    my $script = File::Temp->new;
    print {$script} map { "$_\n" } 'control off', @{ $wanted{lines} }, 'halt ' . STATUS;
    close $script;
    open my $pipe, '-|', top() . '/tools/run', '--images', $wanted{images}, '--name', $wanted{name}, '--script',
        $script->filename, @{ $wanted{words} }
        or fail("tools/run: $!");
    my $out = do { local $/; <$pipe> } // '';
    close $pipe;
    $out =~ s/\r//g;
    fail("$1; log: $log") if $out =~ /^(bench: .*|bad argument .*|no program .*)$/m;
    fail("the machine did not end as asked (status " . ($? >> 8) . "); log: $log") if $? >> 8 != STATUS;
    fail("stress/bench ended badly: $1; log: $log") if $out =~ /^stress\/bench: (?!exit status 0$)(.*)$/m;
    return map { { /(\S+?)=(\S*)/g } } $out =~ /^RESULT (.*)$/mg;
}

# The names in stress/bench/operations.h, of both its tables; their places count on, and are the marker regions.
sub operations {
    my $file = top() . '/stress/bench/operations.h';
    open my $in, '<', $file or fail("$file cannot be read: $!");
    my (@tables, $table);
    while (<$in>) {
        push @tables, $table = [] if /^#define BENCH_/;
        push @$table, $1 if /^\s+X\((\w+), \d+/;
    }
    return @tables;
}

# Before a machine is started for nothing; the words are policy_words of stress/bench/main.c.
sub policy_check {
    my ($policy) = @_;
    my @allowed = qw(off object kernel object/ticket object/mcs kernel/tas kernel/mcs);
    fail("POLICY=$policy: allowed are @allowed") unless grep { $_ eq $policy } @allowed;
}

# Rows of a file of tabs: the comment before the first row names its columns. `!` rows come second, as arrays.
sub tsv_read {
    my ($file) = @_;
    open my $in, '<', $file or fail("$file cannot be read: $!");
    my (@names, @rows, @others);
    while (my $line = <$in>) {
        chomp $line;
        if ($line =~ s/^#//) {
            @names = split /\t/, $line if $line =~ /\t/;
            next;
        }
        my @fields = split /\t/, $line;
        if ($fields[0] eq '!') {
            push @others, [@fields[1 .. $#fields]];
            next;
        }
        fail("$file:$.: " . @fields . ' fields, not ' . @names) if @fields != @names;
        my %row;
        @row{@names} = @fields;
        push @rows, \%row;
    }
    return (\@rows, \@others);
}

# Columns as wide as their widest field; the first to the left, the others to the right.
sub table_print {
    my (@rows) = @_;
    my @width;
    for my $row (@rows) {
        for my $i (0 .. $#$row) {
            $width[$i] = length $row->[$i] if length $row->[$i] > ($width[$i] // 0);
        }
    }
    for my $row (@rows) {
        my @fields = map { sprintf $_ ? '%*s' : '%-*s', $width[$_], $row->[$_] } 0 .. $#$row;
        print join('  ', @fields) =~ s/\s+$//r, "\n";
    }
}

sub json_write {
    my ($file, $data) = @_;
    (my $folder = $file) =~ s{/?[^/]*$}{};
    make_path($folder) if $folder ne '' && !-d $folder;
    open my $out, '>', $file or fail("$file cannot be written: $!");
    print {$out} JSON::PP->new->canonical->pretty->encode($data);
    close $out or fail("$file cannot be written: $!");
}

sub json_read {
    my ($file) = @_;
    open my $in, '<', $file or fail("$file cannot be read: $!");
    my $text = do { local $/; <$in> };
    return eval { decode_json($text) } // fail("$file is no JSON: make bench writes one");
}

sub first_line {
    my (@words) = @_;
    open my $pipe, '-|', @words or return 'unknown';
    chomp(my $line = <$pipe> // 'unknown');
    { local $/; <$pipe> };
    close $pipe;
    return $line;
}

# What a figure depends on.
sub provenance {
    my $commit = first_line('git', '-C', top(), 'describe', '--always', '--dirty', '--abbrev=12');
    return {
        commit   => $commit,
        qemu     => first_line('qemu-system-x86_64', '--version'),
        compiler => first_line('gcc', '--version'),
    };
}

1;

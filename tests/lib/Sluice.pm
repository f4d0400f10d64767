# SPDX-License-Identifier: MIT
#
# What the tests that boot Sluice share: boot() runs tools/run with a time-out and returns what the
# guest printed and the status it ended with; the others judge that as TAP tests (Test::More).
# tap_from() turns the TAP that a program printed inside the machine into tests of this process.
# archive_read() and archive_write() take boot archives apart, to boot damaged ones.
# A test that fails after a boot shows the log's last lines. Used by tests/boot/*.t and others.
package Sluice;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(basename);
use File::Temp;
use Test::More;

our @EXPORT = qw(boot ended_with said said_not tap_from results images top archive_read archive_write);

use constant { LOG_TAIL => 40, TIMEOUT_S => 120 };

my $boots = 0;
(my $test_name = basename($0)) =~ s/\.t$//;

sub top {
    (my $folder = __FILE__) =~ s{[^/]*$}{};
    return "$folder../..";
}

sub images {
    my ($variant) = @_;
    return top() . '/build/obj/' . ($variant // 'release');
}

# boot(cpus => 4, script => "lines\n" or undef, ...): every other key is an option of tools/run;
# an array stands for an option given several times. Returns {output, status, name}.
sub boot {
    my (%option) = @_;
    my $script  = delete $option{script};
    my $variant = delete $option{variant};
    my $name    = "$test_name-" . ++$boots;
    my @words   = (top() . '/tools/run', '--name', $name, '--images', images($variant));
    my $file;
    if (defined $script) {
        $file = File::Temp->new;
        print {$file} $script;
        close $file;
        push @words, '--script', $file->filename;
    } else {
        push @words, '--raw';
    }
    $option{timeout} //= TIMEOUT_S;
    for my $key (sort keys %option) {
        push @words, map { $option{$key} eq '' ? "--$key" : ("--$key", $_) }
            ref $option{$key} ? @{ $option{$key} } : $option{$key};
    }
    my $pid = open(my $pipe, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        open STDIN,  '<', '/dev/null';
        exec @words or die "$words[0]: $!";
    }
    local $/;
    my $output = <$pipe> // '';
    close $pipe;
    $output =~ s/\e\[[0-9;?]*[A-Za-z]//g;
    $output =~ s/\r//g;
    return { output => $output, status => $? >> 8, name => $name };
}

sub show_log {
    my ($run) = @_;
    my @lines = split /\n/, $run->{output};
    splice @lines, 0, @lines - LOG_TAIL if @lines > LOG_TAIL;
    diag("$run->{name}: status $run->{status}; last lines of build/run/$run->{name}.log:\n",
        map { "    $_\n" } @lines);
}

sub judge {
    my ($run, $good, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 2;
    show_log($run) unless ok($good, $name) || $run->{shown}++;
    return $good;
}

sub ended_with {
    my ($run, $status, $name) = @_;
    return judge($run, $run->{status} == $status, $name // "ends with status $status");
}

sub said {
    my ($run, $pattern, $name) = @_;
    return judge($run, scalar($run->{output} =~ $pattern), $name // "says $pattern");
}

sub said_not {
    my ($run, $pattern, $name) = @_;
    return judge($run, scalar($run->{output} !~ $pattern), $name // "does not say $pattern");
}

# Lines `RESULT key=value ...` as hashes.
sub results {
    my ($run) = @_;
    return map { { /(\S+?)=(\S*)/g } } $run->{output} =~ /^RESULT (.*)$/mg;
}

# What a program printed between `TAP-BEGIN name` and `TAP-END name`, as tests here. A missing end,
# or fewer tests than its plan promised, fails.
sub tap_from {
    my ($run, $name) = @_;
    my ($tap) = $run->{output} =~ /^TAP-BEGIN \Q$name\E\n(.*?)^TAP-END \Q$name\E$/ms;
    return judge($run, 0, "$name: printed its tests to the end") unless defined $tap;
    my ($plan, $seen) = ($tap =~ /^1\.\.(\d+)$/m, 0);
    my $good = 1;
    for ($tap =~ /^.*$/mg) {
        if (/^(not )?ok\b\s*\d*\s*-?\s*(.*)$/) {
            $seen++;
            $good &&= !$1;
            ok(!$1, "$name: $2");
        } elsif (/^#/) {
            diag("$name: $_");
        }
    }
    return judge($run, $good && defined $plan && $plan == $seen, "$name: ran all of its tests");
}

# A cpio archive (newc) as (name => contents, ...), in its order, and back; see cpio(5).
sub archive_read {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!";
    my $data = do { local $/; <$in> };
    my ($at, @entries) = (0);
    while (1) {
        my @field = map { hex } unpack 'x6 (A8)13', substr $data, $at, 110;
        my ($bytes, $name_bytes) = @field[6, 11];
        my $name = substr $data, $at + 110, $name_bytes - 1;
        my $body = ($at + 110 + $name_bytes + 3) & ~3;
        return @entries if $name eq 'TRAILER!!!';
        push @entries, $name, substr $data, $body, $bytes;
        $at = ($body + $bytes + 3) & ~3;
    }
}

sub archive_write {
    my (@entries) = @_;
    my ($file, $inode) = (File::Temp->new(SUFFIX => '.cpio'), 1);
    binmode $file;
    push @entries, 'TRAILER!!!', '';
    while (my ($name, $body) = splice @entries, 0, 2) {
        my $head = sprintf('070701' . '%08X' x 13, $inode++, 0100755, 0, 0, 1, 0, length $body, 0, 0, 0, 0,
            length($name) + 1, 0) . "$name\0";
        print {$file} $_, "\0" x (-length($_) & 3) for $head, $body;
    }
    close $file;
    return $file;
}

1;

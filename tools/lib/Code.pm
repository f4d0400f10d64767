# SPDX-License-Identifier: MIT
#
# Names for code addresses: function and file:line, by addr2line; a program is known by its bytes at the address.
#   my $code = Code->new('build/obj/release');
#   $code->learn({ code => '0xffffffff80105b73', kernel => 1 }, { code => '0x4003d2', bytes => '488b05...' });
#   $code->name({ code => ..., bytes => ... })   "gate_enter_locks, smp/lock/tas.h:22 (tas_trylock)"
# Used by tools/share and tools/conflict. Tests: tests/sim/report.t.
package Code;
use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use File::Find qw(find);
use IPC::Open2 qw(open2);

sub new {
    my ($class, $folder) = @_;
    my $kernel = "$folder/sluice.elf";
    die "$kernel is not there: build it with make\n" unless -f $kernel;
    my $self = bless { kernel => $kernel, programs => [], name => {} }, $class;
    find({ wanted => sub { push @{ $self->{programs} }, program_read($_) if -f }, no_chdir => 1 }, "$folder/program");
    return $self;
}

# The loaded segments of a program: ELF-64, gABI chapters 4 and 5.
sub program_read {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    my $data = do { local $/; <$in> };
    return () unless $data =~ /^\x7fELF/;
    my ($headers, $bytes, $count) = unpack 'x32 Q< x14 S< S<', $data;
    my @segments;
    for my $i (0 .. $count - 1) {
        my ($type, $flags, $offset, $address, undef, $size) = unpack 'L< L< Q< Q< Q< Q<', substr $data, $headers + $i * $bytes, $bytes;
        push @segments, [$address, substr $data, $offset, $size] if $type == 1 && $flags & 1;
    }
    return { file => $file, segments => \@segments };
}

sub program_has {
    my ($program, $address, $bytes) = @_;
    for my $segment (@{ $program->{segments} }) {
        my $at = $address - $segment->[0];
        return 1 if $at >= 0 && $at < length $segment->[1] && substr($segment->[1], $at, length $bytes) eq $bytes;
    }
    return 0;
}

sub file_of {
    my ($self, $place) = @_;
    return $self->{kernel} if $place->{kernel};
    my $bytes = pack 'H*', $place->{bytes} // '';
    my ($program) = grep { program_has($_, hex $place->{code}, $bytes) } @{ $self->{programs} };
    return $program ? $program->{file} : undef;
}

sub key { return $_[0]{code} . ($_[0]{bytes} // '') }

# Asks addr2line about all of them, a file at a time.
sub learn {
    my ($self, @places) = @_;
    my %by_file;
    for my $place (@places) {
        next if $self->{name}{ key($place) };
        my $file = $self->file_of($place);
        $self->{name}{ key($place) } = "unknown code at $place->{code}";
        push @{ $by_file{$file} }, $place if defined $file;
    }
    $self->learn_file($_, @{ $by_file{$_} }) for sort keys %by_file;
}

# -a prints each address before its frames: function and file:line, the innermost inlined one first.
sub learn_file {
    my ($self, $file, @places) = @_;
    my $pid = open2(my $out, my $in, 'addr2line', '-a', '-i', '-f', '-e', $file);
    my @answers;
    for my $place (@places) {
        print {$in} "$place->{code}\n";
    }
    close $in;
    while (my $line = <$out>) {
        chomp $line;
        if ($line =~ /^0x/) {
            push @answers, [];
        } else {
            push @{ $answers[-1] }, $line;
        }
    }
    waitpid $pid, 0;
    my ($program) = $file =~ m{/program/(.*)};
    $self->{name}{ key($places[$_]) } = frames_text($program, @{ $answers[$_] }) for 0 .. $#places;
}

sub frames_text {
    my ($program, @frames) = @_;
    my ($inner, $place, $outer) = ($frames[0] // '??', $frames[1] // '??:0', $frames[-2] // '??');
    $place =~ s{ \(discriminator \d+\)}{};
    $place =~ s{^.*/(?=(?:kernel|smp|mm|tunables|servers|stress|tests)/)}{};
    my $text = "$outer, $place" . ($inner ne $outer ? " ($inner)" : '');
    return $program ? "$program: $text" : $text;
}

sub name {
    my ($self, $place) = @_;
    $self->learn($place);
    return $self->{name}{ key($place) };
}

1;

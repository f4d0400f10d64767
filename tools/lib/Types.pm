# SPDX-License-Identifier: MIT
#
# Names of what lies at an offset of a structure or at an address of the kernel's image, from the debug information that
# readelf prints: "pool_lock.tas", "class_lock[2].lock", "epoch.unanswered".
#   my $types = Types->new('build/obj/release/sluice.elf');
#   $types->size('pool');  $types->offset('cpu', 'counters');  $types->path('pool', 130);  $types->symbol(0xffffffff80129000)
# Used by Picture.pm. Tests: tests/sim/report.t.
package Types;
use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits

sub new {
    my ($class, $elf) = @_;
    my $self = bless { entry => {}, struct => {}, variable => [], address => {} }, $class;
    open my $pipe, '-|', 'readelf', '--debug-dump=info', $elf
        or die "readelf: $! (tools/setup installs binutils)\n";
    $self->read_entries($pipe);
    close $pipe or die "$elf: readelf can't read it: build it with make\n";
    die "$elf: no debug information in it: build it with make\n" unless %{ $self->{struct} };
    $self->{variable} = [sort { $a->{at} <=> $b->{at} } @{ $self->{variable} }];
    return $self;
}

# Entries by their offset; a member or an array's bounds are put into the entry they belong to.
sub read_entries {
    my ($self, $pipe) = @_;
    my (@parents, $entry);
    while (my $line = <$pipe>) {
        if ($line =~ /^ <(\d+)><([0-9a-f]+)>: Abbrev Number: \d+ \(DW_TAG_(\w+)\)/) {
            my $depth = $1;
            $self->entry_done($entry) if $entry;
            $entry = { tag => $3, parent => $depth ? $parents[$depth - 1] : undef };
            $self->{entry}{ hex $2 } = $parents[$depth] = $entry;
        } elsif ($entry && $line =~ /DW_AT_(\w+)\s*: (.*)$/) {
            attribute_set($entry, $1, $2);
        }
    }
    $self->entry_done($entry) if $entry;
}

sub attribute_set {
    my ($entry, $name, $text) = @_;
    if ($name eq 'name') {
        ($entry->{name}) = $text =~ /([^\s:]+)\s*$/;
    } elsif ($name eq 'type' || $name eq 'specification') {
        $entry->{$name} = hex $1 if $text =~ /<0x([0-9a-f]+)>/;
    } elsif ($name eq 'location') {
        $entry->{at} = hex $1 if $text =~ /DW_OP_addr: ([0-9a-f]+)/;
    } elsif ($name =~ /^(byte_size|data_member_location|upper_bound)$/) {
        $entry->{$name} = $text =~ /^0x/ ? hex $text : $1 if $text =~ /^(0x[0-9a-f]+|\d+)/;
    }
}

sub entry_done {
    my ($self, $entry) = @_;
    my $parent = $entry->{parent} or return;
    if ($entry->{tag} eq 'member' || $entry->{tag} eq 'subrange_type') {
        push @{ $parent->{parts} }, $entry;
    } elsif ($entry->{tag} eq 'structure_type') {
        $self->{struct}{ $entry->{name} } //= $entry if $entry->{name} && $entry->{byte_size};
    } elsif ($entry->{tag} eq 'variable' && $entry->{at}) {
        push @{ $self->{variable} }, $entry;
    }
}

# The entry itself, without typedef, const and volatile.
sub plain {
    my ($self, $entry) = @_;
    $entry = defined $entry->{type} ? $self->{entry}{ $entry->{type} } : undef
        while $entry && $entry->{tag} =~ /^(typedef|const_type|volatile_type)$/;
    # A structure that this file only declares: another one says what is in it.
    return $self->{struct}{ $entry->{name} } // $entry
        if $entry && $entry->{tag} eq 'structure_type' && $entry->{name} && !$entry->{byte_size};
    return $entry;
}

sub type_of {
    my ($self, $entry) = @_;
    return defined $entry->{type} ? $self->plain($self->{entry}{ $entry->{type} }) : undef;
}

sub bytes_of {
    my ($self, $type) = @_;
    return 0 unless $type;
    return $type->{byte_size} // 0 unless $type->{tag} eq 'array_type';
    my $bytes = $self->bytes_of($self->type_of($type));
    $bytes *= ($_->{upper_bound} // -1) + 1 for @{ $type->{parts} };
    return $bytes;
}

# What lies at an offset of a type: ".field[2].part", or '' for padding and plain types.
sub path_in {
    my ($self, $type, $offset) = @_;
    return '' unless $type;
    if ($type->{tag} eq 'array_type') {
        my $element = $self->type_of($type);
        my $bytes = $self->bytes_of($element) || 1;
        return '[' . int($offset / $bytes) . ']' . $self->path_in($element, $offset % $bytes);
    }
    return '' unless $type->{tag} =~ /^(structure|union)_type$/;
    for my $member (@{ $type->{parts} }) {
        my $at = $member->{data_member_location} // 0;
        my $part = $self->type_of($member);
        next if $offset < $at || $offset >= $at + ($self->bytes_of($part) || 1);
        my $name = $member->{name} ? ".$member->{name}" : '';
        return $name . $self->path_in($part, $offset - $at);
    }
    return '.(padding)';
}

sub struct {
    my ($self, $name) = @_;
    return $self->{struct}{$name} // die "the kernel has no struct $name: tools/lib/Picture.pm has to be changed\n";
}

sub size {
    my ($self, $name) = @_;
    return $self->struct($name)->{byte_size};
}

sub path {
    my ($self, $name, $offset) = @_;
    return $self->path_in($self->struct($name), $offset) =~ s/^\.//r;
}

sub offset {
    my ($self, $name, $member) = @_;
    my ($found) = grep { ($_->{name} // '') eq $member } @{ $self->struct($name)->{parts} };
    die "struct $name has no $member: tools/lib/Picture.pm has to be changed\n" unless $found;
    return $found->{data_member_location} // 0;
}

sub declaration {
    my ($self, $variable) = @_;
    return $variable->{specification} ? $self->{entry}{ $variable->{specification} } : $variable;
}

# The variable at an address of the image, with its part: "gate_kernel.lock.tas". undef: none.
sub symbol {
    my ($self, $address) = @_;
    for my $variable (@{ $self->{variable} }) {
        next if $variable->{at} > $address;
        my $said = $self->declaration($variable);
        my $type = $self->type_of($variable) // $self->type_of($said);
        my $offset = $address - $variable->{at};
        next if $offset >= ($self->bytes_of($type) || 8);
        return ($variable->{name} // $said->{name} // 'unnamed') . $self->path_in($type, $offset);
    }
    return undef;
}

# The address of a variable by its name.
sub variable {
    my ($self, $name) = @_;
    for my $variable (@{ $self->{variable} }) {
        return $variable->{at} if ($variable->{name} // $self->declaration($variable)->{name} // '') eq $name;
    }
    die "the kernel has no variable $name: tools/lib/Picture.pm has to be changed\n";
}

1;

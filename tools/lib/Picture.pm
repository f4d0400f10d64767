# SPDX-License-Identifier: MIT
#
# Says what lies at a physical address of a machine whose memory is in a file: a variable of the kernel, a field of a
# processor's area, of the table of pools, of an object in a pool, a page table, or user memory.
#   my $picture = Picture->new('build/obj/release/sluice.elf', 'build/run/share.picture');
#   $picture->name(0x13080c0, 0x4120c0)   "endpoint 0 of pool 7 (pair1): senders.head"; the second is a virtual address
# What it knows of the kernel: the variables and fields named in ranges_* below. Used by tools/share and tools/conflict.
# Tests: tests/sim/report.t.
package Picture;
use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Types;

use constant {
    KERNEL_OFFSET => 0xffffffff80000000,    # kernel/boot/x86_64/layout.h
    DIRECT_MAP    => 0xffff800000000000,
    STACKS_BASE   => 0xffffff0000000000,
    STACKS_STRIDE => 0x10000,
    PAGE          => 4096,
    ENTRY_FRAME   => 0x000ffffffffff000,    # mm/x86_64/pt.h
    CLASSES_MAX   => 8,                     # kernel/abi/policy.h
    OBJECT_ALIGN  => 64,                    # mm/pool.c: where a slab's objects begin
};
my %type_name = (1 => 'region', 3 => 'cspace', 4 => 'aspace', 5 => 'thread', 6 => 'endpoint', 7 => 'notification',
    8 => 'facet');                          # kernel/abi/object.h

sub new {
    my ($class, $elf, $file) = @_;
    open my $memory, '<:raw', $file or die "$file: $!: run it again, its picture of memory is gone\n";
    my $self = bless { types => Types->new($elf), memory => $memory, page => {}, range => [] }, $class;
    $self->ranges_boot;
    $self->ranges_cpus;
    $self->ranges_pools;
    return $self;
}

sub bytes_at {
    my ($self, $physical, $bytes) = @_;
    seek $self->{memory}, $physical, 0;
    my $data;
    my $got = read $self->{memory}, $data, $bytes;
    return ($data // '') . "\0" x ($bytes - ($got // 0));
}

sub word { return unpack 'Q<', $_[0]->bytes_at($_[1], 8) }
sub half { return unpack 'L<', $_[0]->bytes_at($_[1], 4) }

sub physical {
    my ($address) = @_;
    return $address - KERNEL_OFFSET if $address >= KERNEL_OFFSET;
    return $address >= DIRECT_MAP && $address < STACKS_BASE ? $address - DIRECT_MAP : $address;
}

sub variable { return $_[0]->word(physical($_[0]{types}->variable($_[1]))) }
sub variable_half { return $_[0]->half(physical($_[0]{types}->variable($_[1]))) }

# A field of a structure that lies at a physical address: its place.
sub field {
    my ($self, $struct, $at, $member) = @_;
    return $at + $self->{types}->offset($struct, $member);
}

# [first, end) is an array of structures: name says which one, struct may be missing.
sub range_add {
    my ($self, $first, $count, $bytes, $name, $struct) = @_;
    push @{ $self->{range} }, { first => $first, end => $first + $count * $bytes, bytes => $bytes, name => $name, struct => $struct };
}

sub ranges_boot {
    my ($self) = @_;
    my $types = $self->{types};
    my $limit = $self->variable('frame_limit');
    $self->{pools} = physical($self->variable('pools'));
    $self->{pools_max} = $self->variable_half('pools_max');
    $self->range_add($self->{pools}, $self->{pools_max}, $types->size('pool'), sub { "pools[$_[0]]" }, 'pool');
    $self->range_add(physical($self->variable('frame_blocks')), ($limit + 511) >> 9, $types->size('frame_block'),
        sub { "frame_blocks[$_[0]]" }, 'frame_block');
    $self->range_add(physical($self->variable('frame_records')), $limit, $types->size('frame_record'),
        sub { sprintf 'frame_records[0x%x]', $_[0] }, 'frame_record');
    my $infos = physical($self->word($self->field('pool', $self->{pools}, 'info')));
    $self->range_add($infos, $self->{pools_max}, $types->size('sluice_pool_info'), sub { "information of pool $_[0]" },
        'sluice_pool_info');
}

sub ranges_cpus {
    my ($self) = @_;
    my ($types, $table) = ($self->{types}, physical($self->{types}->variable('cpus')));
    for my $number (0 .. $self->variable_half('cpu_count') - 1) {
        my $cpu = physical($self->word($table + 8 * $number));
        my $part = sub { physical($self->word($self->field('cpu', $cpu, $_[0]))) };
        $self->range_add($cpu, 1, $types->size('cpu'), sub { "cpu $number" }, 'cpu');
        my $idle = $part->('idle');
        $self->range_add($idle, 1, $types->size('thread'), sub { "idle thread of cpu $number" }, 'thread');
        $self->range_add($part->('counters'), 1, PAGE, sub { "counters of cpu $number" }, 'sluice_cpu_counters');
        $self->range_add($part->('lock_counters'), $self->{pools_max} * CLASSES_MAX, $types->size('sluice_lock_counters'),
            sub { sprintf 'lock counters of cpu %d: pool %d, class %d', $number, $_[0] / CLASSES_MAX, $_[0] % CLASSES_MAX },
            'sluice_lock_counters');
        $self->range_add($part->('events'), 8, PAGE, sub { "events of cpu $number" });
        $self->range_add($part->('x86'), 1, $types->size('cpu_x86'), sub { "processor tables of cpu $number" }, 'cpu_x86');
    }
}

sub pool_name {
    my ($self, $number, $pool) = @_;
    my $info = physical($self->word($self->field('pool', $pool, 'info')));
    my $name = unpack 'Z16', $self->bytes_at($self->field('sluice_pool_info', $info, 'name'), 16);
    return "pool $number" . ($name =~ /^[[:print:]]+$/ ? " ($name)" : '');
}

sub ranges_pools {
    my ($self) = @_;
    for my $number (0 .. $self->{pools_max} - 1) {
        my $pool = $self->{pools} + $number * $self->{types}->size('pool');
        next unless $self->half($pool + $self->{types}->offset('pool', 'generation')) & 1;
        my $name = $self->pool_name($number, $pool);
        my $base = $self->word($self->field('pool', $pool, 'base'));
        my $pages = $self->word($self->field('pool', $pool, 'pages'));
        my $map = physical($self->word($self->field('pool', $pool, 'page_map')));
        for my $type (sort keys %type_name) {
            my $slab = $self->word($self->field('pool', $pool, 'slabs') + 8 * $type);
            $self->slab_add($slab = physical($slab), $type, $name), $slab = $self->word($slab) while $slab;
        }
        $self->range_add($map, 1, int($pages / 8) + 1, sub { "map of used pages of $name" });
        $self->range_add($base, 1, $pages * PAGE, sub { "a page of $name" });
    }
}

sub slab_add {
    my ($self, $slab, $type, $pool) = @_;
    my $bytes = $self->half($self->field('pool_slab', $slab, 'object_bytes'));
    my $kind  = $type_name{$type};
    my $count = int((PAGE - OBJECT_ALIGN) / $bytes);
    $self->range_add($slab, 1, OBJECT_ALIGN, sub { "slab of $pool" }, 'pool_slab');
    $self->range_add($slab + OBJECT_ALIGN, $count, $bytes, sub { sprintf '%s at 0x%x of %s', $kind, $slab + OBJECT_ALIGN + $_[0] * $bytes, $pool },
        $kind);
    for my $object (map { $slab + OBJECT_ALIGN + $_ * $bytes } 0 .. $count - 1) {
        my $who = sprintf '%s at 0x%x of %s', $kind, $object, $pool;
        $self->slots_add($object, $who) if $kind eq 'cspace';
        $self->tables_add($self->word($self->field('aspace', $object, 'root')), 4, $who)
            if $kind eq 'aspace' && $self->half($object) & 1;
    }
}

sub slots_add {
    my ($self, $cspace, $who) = @_;
    my $slots = $self->word($self->field('cspace', $cspace, 'slots')) or return;
    $self->range_add(physical($slots), $self->half($self->field('cspace', $cspace, 'count')), $self->{types}->size('cap'),
        sub { "slot $_[0] of $who" }, 'cap');
}

# Page tables of the user's half, from the top one down; the lowest level has no tables below it.
sub tables_add {
    my ($self, $table, $level, $who) = @_;
    return unless $table;
    $self->{table}{$table} = "page table (level $level) of $who";
    return if $level == 1;
    my @entries = unpack 'Q<512', $self->bytes_at($table, PAGE);
    for my $entry (@entries[0 .. ($level == 4 ? 255 : 511)]) {
        $self->tables_add($entry & ENTRY_FRAME, $level - 1, $who) if $entry & 1 && !($entry & 128);
    }
}

sub in_range {
    my ($self, $range, $physical) = @_;
    my $offset = $physical - $range->{first};
    my $name   = $range->{name}->(int($offset / $range->{bytes}));
    return $name unless $range->{struct};
    my $path = $self->{types}->path($range->{struct}, $offset % $range->{bytes});
    return $path ne '' ? "$name: $path" : $name;
}

# One name for one byte. `virtual` is how somebody reached it: it tells stacks and user memory.
sub name {
    my ($self, $physical, $virtual) = @_;
    return sprintf 'kernel stack of cpu %d', ($virtual - STACKS_BASE) / STACKS_STRIDE
        if $virtual >= STACKS_BASE && $virtual < KERNEL_OFFSET;
    if ($virtual >= KERNEL_OFFSET) {
        my $symbol = $self->{types}->symbol($virtual);
        return $symbol if defined $symbol;
        return sprintf 'kernel image at 0x%x', $virtual;
    }
    my $table = $self->{table}{ $physical & ~(PAGE - 1) };
    return "$table, entry " . ($physical % PAGE >> 3) if $table;
    for my $range (@{ $self->{range} }) {
        return $self->in_range($range, $physical) if $physical >= $range->{first} && $physical < $range->{end};
    }
    return sprintf 'user memory at 0x%x', $virtual if $virtual < DIRECT_MAP;
    return sprintf 'memory at 0x%x', $physical;
}

# The names of all bytes of a line whose bit is set in the mask (64 bits), in their order: a name for each object, with the
# fields in it: "cpu 1: pending, mailbox.head".
use constant FIELDS_SHOWN => 6;

sub names {
    my ($self, $line, $virtual, $mask) = @_;
    my (@objects, %fields, %seen);
    my $base = $virtual & ~63;
    for my $byte (grep { $mask >> $_ & 1 } 0 .. 63) {
        my ($object, $field) = split /: /, $self->name($line + $byte, $base + $byte), 2;
        push @objects, $object unless $fields{$object};
        $fields{$object} //= [];
        push @{ $fields{$object} }, $field if defined $field && !$seen{"$object $field"}++;
    }
    return map { join ': ', $_, @{ $fields{$_} } ? fields_text(@{ $fields{$_} }) : () } @objects;
}

sub fields_text {
    my (@fields) = @_;
    my $more = @fields - FIELDS_SHOWN;
    splice @fields, FIELDS_SHOWN if $more > 0;
    return join(', ', @fields) . ($more > 0 ? " and $more more" : '');
}

1;

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# Bad circumstances: each ends with a line that says what is wrong and with a defined status, or is
# warned of and survived. None hangs.
use strict;
use warnings;
use Sluice;
use Test::More;

use constant BOOT_FAILED => 0x51;    # SLUICE_EXIT_BOOT_FAILED

my @good = archive_read(images() . '/boot.cpio');
my $halt = "halt 0\n";

# The archive with one entry taken out or changed.
sub archive_with {
    my ($name, $body) = @_;
    my @entries;
    for (my $i = 0; $i < @good; $i += 2) {
        my $content = $good[$i] eq $name ? $body : $good[ $i + 1 ];
        push @entries, $good[$i], $content if defined $content;
    }
    return archive_write(@entries);
}

# A whole ELF64 program, one page at 4 MiB, whose first instructions are the bytes given.
sub program_of {
    my ($code) = @_;
    my $bytes  = 64 + 56 + length $code;
    my $header = pack 'A4 C5 x7 S2 L Q3 L S6', "\x7fELF", 2, 1, 1, 0, 0, 2, 62, 1, 0x400000 + 120, 64, 0, 0,
        64, 56, 1, 64, 0, 0;
    my $segment = pack 'L2 Q6', 1, 5, 0, 0x400000, 0x400000, $bytes, $bytes, 4096;
    return $header . $segment . $code;
}

sub fails_to_boot {
    my ($name, $pattern, %option) = @_;
    my $run = boot(cpus => 2, timeout => 30, script => $halt, %option);
    ended_with($run, BOOT_FAILED, "$name: the boot fails");
    said($run, $pattern, "$name: the reason is printed");
}

sub boots_with {
    my ($name, $pattern, %option) = @_;
    my $run = boot(cpus => 2, timeout => 60, script => $halt, %option);
    ended_with($run, 0, "$name: the system boots");
    said($run, $pattern, "$name: a line says so");
}

fails_to_boot('no archive', qr/^sluice: boot archive missing: give boot\.cpio as the module or initrd$/m,
    archive => 'none');

my $noise = File::Temp->new;
print {$noise} 'this is no archive' x 1000;
close $noise;
fails_to_boot('noise for an archive', qr/^sluice: boot archive is broken: ./m, archive => "$noise");

my $half = archive_write(@good);
truncate "$half", int((-s "$half") / 2);
fails_to_boot('half an archive', qr/^sluice: boot archive is broken: ./m, archive => "$half");

my $rootless = archive_with('root');
fails_to_boot('no root server', qr/^sluice: boot archive has no program root$/m, archive => "$rootless");

for my $server (qw(memory serial console)) {
    my $without = archive_with($server);
    fails_to_boot("no $server server", qr/^root: server $server missing from the boot archive$/m,
        archive => "$without");
    my $damaged = archive_with($server, 'not a program');
    fails_to_boot("$server is no program", qr/^root: $server ended at start: ./m, archive => "$damaged");
}
# mov byte [0], 0 and ud2.
my %end = ("\xc6\x04\x25\x00\x00\x00\x00\x00" => 'fault', "\x0f\x0b" => 'exception|opcode');
for my $code (sort keys %end) {
    my $crashing = archive_with('console', program_of($code));
    fails_to_boot("console crashes ($end{$code})", qr/^root: console ended at start: .*(?:$end{$code})/mi,
        archive => "$crashing");
}

my $uncontrolled = archive_with('control');
boots_with('no control server', qr/^root: server control missing from the boot archive/m,
    archive => "$uncontrolled");

fails_to_boot('too little memory', qr/^sluice: too little memory: \d+ MiB, at least \d+ needed$/m,
    mem => '12M');
fails_to_boot('no usable timer', qr/^sluice: no usable timer: ./m, qemu => ['-machine', 'q35,hpet=off']);

boots_with('more CPUs than are supported', qr/^sluice: 4 CPUs found, 2 started, the rest stay off$/m,
    cpus => 4, append => 'max_cpus=2');
boots_with('unknown option', qr/^sluice: unknown option no\.such ignored$/m, append => 'no.such=1');
boots_with('option with a bad value', qr/^sluice: option sched\.slice=fast ignored: ./m,
    append => 'sched.slice=fast');
done_testing();

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A panic stops every CPU, prints a back-trace with names and where each other CPU was, and ends the machine. An NMI
# that nobody asked for is one: QEMU is told to send it when the system is up.
use strict;
use warnings;
use IO::Socket::UNIX;
use Sluice;
use Test::More;

use constant PANIC => 0x50;    # SLUICE_EXIT_PANIC

sub text_of {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in> // '';
}

# In a process of its own: waits until the guest runs `top`, then sends the NMI through QEMU's monitor protocol.
sub nmi_when_up {
    my ($log, $socket) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    for (1 .. 600) {
        last if text_of($log) =~ /sluice> top/;
        select undef, undef, undef, 0.1;    # the log is all that says how far the guest is
    }
    my $qmp = IO::Socket::UNIX->new(Peer => $socket) or exit 1;
    $qmp->autoflush(1);
    for my $command (qw(qmp_capabilities inject-nmi)) {
        print {$qmp} qq({"execute":"$command"}\n);
        <$qmp>;
    }
    1 while <$qmp>;
    exit 0;
}

my $cpus   = 4;
my $log    = top() . '/build/run/panic-1.log';
my $socket = "/tmp/sluice-panic-$$";
unlink $log;
my $helper = nmi_when_up($log, $socket);
my $run = boot(cpus => $cpus, timeout => 90, script => "top 60\nhalt 3\n",
    qemu => ['-qmp', "unix:$socket,server=on,wait=off"]);
waitpid $helper, 0;
unlink $socket;

ended_with($run, PANIC, 'the machine ends with the status of a panic');
said($run, qr/^PANIC cpu 0: .*NMI/m, 'the reason and the CPU are printed');
said($run, qr/^  #0 0x[0-9a-f]+ [a-z]\w+\+0x[0-9a-f]+$/m, 'the back-trace has names')
    if $run->{output} !~ /in user mode/;
said($run, qr/^cpu $_: .*\((?:user|kernel|idle)\)/m, "says where CPU $_ was") for 1 .. $cpus - 1;
done_testing();

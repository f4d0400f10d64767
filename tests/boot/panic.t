#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# A panic stops every CPU and says where each one was. The panic is a real one: an NMI that the
# machine's own NMI button (QEMU's inject-nmi) sends while the system waits at its prompt.
use strict;
use warnings;
use File::Temp;
use IO::Socket::UNIX;
use Sluice;
use Test::More;

use constant { PANIC => 0x50, CPUS => 4, PROMPT_WITHIN_S => 60 };    # PANIC: SLUICE_EXIT_PANIC

my $folder = File::Temp->newdir;
my $socket = "$folder/qmp";
my $log    = top() . '/build/run/panic-1.log';

sub slurp {
    open my $in, '<', $log or return '';
    local $/;
    return <$in> // '';
}

# Waits for the prompt in the log, then presses the button. Runs beside the boot.
sub press_button_at_prompt {
    my $until = time + PROMPT_WITHIN_S;
    select undef, undef, undef, 0.05 while slurp() !~ /^sluice> /m && time < $until;
    my $qmp = IO::Socket::UNIX->new(Peer => $socket) or return;
    for my $command ('qmp_capabilities', 'inject-nmi') {
        my $greeting_or_answer = <$qmp>;
        print {$qmp} qq({"execute": "$command"}\n);
    }
    my $last = <$qmp>;
}

unlink $log;
my $child = fork // die "fork: $!";
if (!$child) {
    press_button_at_prompt();
    require POSIX;
    POSIX::_exit(0);
}
my $run = boot(cpus => CPUS, timeout => 90, qemu => ['-qmp', "unix:$socket,server=on,wait=off"]);
waitpid $child, 0;

ended_with($run, PANIC, 'the machine ends with the status of a panic');
said($run, qr/^PANIC cpu 0: NMI in (?:the kernel|user mode), vector 2\b/m, 'the panic names its CPU and vector');
said($run, qr/^  rip [0-9a-f]{16}  rsp [0-9a-f]{16}  rflags /m, 'registers are told');
said($run, qr/^  #0 0x[0-9a-f]+ (?:[a-z_0-9]+|\?)\+0x[0-9a-f]+$/m, 'the back-trace names functions');
for my $cpu (1 .. CPUS - 1) {
    said($run, qr/^cpu $cpu: at (?:\S+\+0x[0-9a-f]+ \((?:kernel|idle)\)|0x[0-9a-f]+ \(user\))$/m,
        "CPU $cpu: where it was is told");
}
done_testing();

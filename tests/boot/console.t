#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# The console: every command, wrong names and values, policies by hand, and input that is not meant for it. It answers
# each in one line and goes on to the next.
use strict;
use warnings;
use Sluice;
use Test::More;

my $run = boot(cpus => 4, script => <<'END');
help
help policy
cpus
pools
tunables
tunables control
get sched.slice
set sched.slice 4000
get sched.slice
control off
policy
policy system frame
policy system frame kernel/ticket
policy system frame off@2
policy system frame object/mcs
policy system all object/tas
stats
stats system
top 2
control set control.period 50000
get control.period
control status
control on
control status 5
log
log 1000
halt 5
END
ended_with($run, 5, 'halt ends the machine with the status it was given');
said($run, qr/^  policy +\[POOL \[CLASS \[POLICY\]\]\]/m, 'help lists the commands');
said($run, qr/^ +3 .*\nRESULT cpus=4 /m, 'cpus shows all four');
said($run, qr/^ +0 system .*\bframe=/m, 'pools shows the system pool');
said($run, qr/^sched\.slice +5000 us /m, 'get shows a tunable');
said($run, qr/^sched\.slice is 4000 us now, was 5000$/m, 'set changes it');
said($run, qr/^RESULT tunable=sched\.slice value=4000$/m, 'and get shows that');
said($run, qr/^transition complete: frame is \Q$_\E$/m, "policy changes to $_")
    for qw(kernel/ticket off@2 object/mcs);
said($run, qr/^RESULT operations=[1-9]/m, 'stats shows what was counted');
said($run, qr/^RESULT ms=\d+ syscalls_per_s=/m, 'top ends after its time');
said($run, qr/^control\.period +50000 us /m, 'control set changes its tunables');
said($run, qr/^control is off; /m, 'control status shows that it is off');
said($run, qr/^control is on; /m, 'and on');
said($run, qr/ policy \d+ after \d+ cycles  \[system frame /, 'log shows the transitions');
said_not($run, qr/PANIC/, 'no panic');

my $long  = 'x' x 400;
my $words = 'word ' x 40;
my $wrong = boot(cpus => 2, script => <<"END");
nonsense
$long
$words
get nothing
set sched.slice
set sched.slice 1
set sched.slice fast
set pools.max 20
policy nowhere
policy system nothing
policy system frame nothing
policy system frame off\@77
stress nothing
stress ../root
test nothing
control perhaps
control set control.period 1
log 0
top never
demo 1
halt 400
halt -1
halt now
\e[A\e[B\e[C\e[D\e[99~\e[3~\e\eOZ\e[
\001\002\004\005\006\013\016\020\025\027\t\t\t
\200\377\300\301\033\033\033[[[[
halt 6
END
ended_with($wrong, 6, 'the console survives all of it');
said($wrong, qr/^no command nonsense; there are: help cpus /m, 'unknown command');
said($wrong, qr/^too long: a line has at most 255 characters$/m, 'line too long');
said($wrong, qr/^too many words/m, 'too many words');
said($wrong, qr/^no tunable nothing; /m, 'unknown tunable');
said($wrong, qr/^usage: set NAME VALUE$/m, 'missing value');
said($wrong, qr/^sched\.slice: $_ is not allowed; allowed are 100 to 1000000$/m, "value $_") for qw(1 fast);
said($wrong, qr/^pools\.max stays \d+: /m, 'a tunable of the boot command line stays');
said($wrong, qr/^no pool nowhere; there are: .*0=system/m, 'unknown pool');
said($wrong, qr/^no lock class nothing; there are: .*\bframe\b/m, 'unknown class');
said($wrong, qr/^no policy nothing; allowed are off\@CPU, /m, 'unknown policy');
said($wrong, qr/^frame: nothing changed: /m, 'off on a processor that is not there');
said($wrong, qr/^no program nothing; there are: /m, 'unknown program');
said($wrong, qr/^usage: control on\|off\|status/m, 'control with another word');
said($wrong, qr/^status: 400 is not allowed; allowed are 0 to 79$/m, 'halt with another status');
said_not($wrong, qr/PANIC/, 'no panic');

my $random = '';
srand 11;
for (1 .. 60) {
    my $line = join '', map { chr int rand 256 } 1 .. int rand 200;
    $line =~ s/[\r\n\003]//g;
    $line =~ s/halt//g;
    $random .= "x$line\n";
}
my $noise = boot(cpus => 2, script => "$random\nhalt 7\n");
ended_with($noise, 7, 'the console survives random bytes');
done_testing();

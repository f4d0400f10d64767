# SPDX-License-Identifier: MIT
#
# The conflict matrix: what test/conflict's sections found, judged against the list of known conflicts.
#   my $matrix = Conflicts->new($run);       # of Sharing.pm
#   $matrix->judge(Conflicts::known_read('tests/conflict/known.list'));
#   $matrix->cells, ->operations; a cell has placement, first, second, lines [{names, known, sides}], missing [rules]
# Used by tools/conflict. Tests: tests/conflict/conflict.t.
package Conflicts;
use strict;
use warnings;
no warnings 'portable';    # addresses have 64 bits
use Sharing;

use constant CONTROL => 'common';

sub new {
    my ($class, $run) = @_;
    my @pairs = map { { /(\S+?)=(\S*)/g } } $run->{output} =~ /^RESULT (section=.*)$/mg;
    my $sections = $run->{result}{sections};
    die "the guest did ${\scalar @$sections} sections and names ${\scalar @pairs}; log: build/run/conflict.log\n"
        unless @pairs && @pairs == @$sections;
    $run->{code}->learn(map { @{ $_->{touches} } } map { @{ $_->{lines} } } @$sections);
    my $self = bless { cells => [], operations => [] }, $class;
    my %seen;
    for my $pair (@pairs) {
        my $cell = { %$pair, lines => [map { line_of($run, $_) } @{ $sections->[$pair->{section}]{lines} }], missing => [] };
        if ($pair->{first} eq CONTROL) {
            $self->{control} = $cell;
            next;
        }
        push @{ $self->{cells} }, $cell;
        push @{ $self->{operations} }, $pair->{first} if $pair->{first} eq $pair->{second} && !$seen{ $pair->{first} }++;
    }
    return $self;
}

# A line as people read it: what lies there, and what the code of each side does to it.
sub line_of {
    my ($run, $line) = @_;
    my %sides;
    for my $touch (@{ $line->{touches} }) {
        my $what = $touch->{stores} ? 'writes' : 'reads';
        my $place = touch_place($run, $touch);
        $sides{ $touch->{vcpu} }{$place} = $what unless ($sides{ $touch->{vcpu} }{$place} // '') eq 'writes';
    }
    return { names => join('; ', line_names($run, $line)),
        sides => { map { my $vcpu = $_; $vcpu => [map { "$sides{$vcpu}{$_} $_" } sort keys %{ $sides{$vcpu} }] } keys %sides } };
}

sub operations { return @{ $_[0]{operations} } }
sub cells      { return @{ $_[0]{cells} } }
sub control    { return $_[0]{control} }

# Lines of the list: placement | operations | operations | pattern | why
sub known_read {
    my ($file) = @_;
    my @rules;
    for my $text (grep { !/^\s*(#|$)/ } split /\n/, slurp($file)) {
        my @field = map { s/^\s+|\s+$//gr } split /\|/, $text;
        die "$file: '$text' has not the form: placement | operations | operations | pattern | why\n"
            unless @field == 5 && !grep { $_ eq '' } @field;
        push @rules, { text => $text, placement => $field[0], first => { map { $_ => 1 } split ' ', $field[1] },
            second => { map { $_ => 1 } split ' ', $field[2] }, pattern => qr/$field[3]/, why => $field[4] };
    }
    return @rules;
}

sub rule_names_pair {
    my ($rule, $cell) = @_;
    return 0 unless $rule->{placement} eq $cell->{placement};
    my ($a, $b) = @$cell{qw(first second)};
    return $rule->{first}{$a} && $rule->{second}{$b} || $rule->{first}{$b} && $rule->{second}{$a};
}

# Each line is known by a rule or new; each rule that names the pair was seen or is missing. A name in a rule that is no
# operation is a mistake.
sub judge {
    my ($self, @rules) = @_;
    my %operation = map { $_ => 1 } $self->operations;
    for my $rule (@rules) {
        $operation{$_} or die "the list of known conflicts names no operation: $_\n" for keys %{ $rule->{first} }, keys %{ $rule->{second} };
    }
    for my $cell ($self->cells) {
        my @here = grep { rule_names_pair($_, $cell) } @rules;
        my %seen;
        for my $line (@{ $cell->{lines} }) {
            my ($rule) = grep { $line->{names} =~ $_->{pattern} } @here;
            $line->{known} = $rule->{why} if $rule;
            $seen{ $_->{text} } = 1 for grep { $line->{names} =~ $_->{pattern} } @here;
        }
        $cell->{missing} = [grep { !$seen{ $_->{text} } } @here];
    }
}

sub new_lines { return grep { !defined $_->{known} } @{ $_[0]{lines} } }

1;

# SPDX-License-Identifier: MIT
#
# The conflict matrix as text and as an SVG picture. Above the diagonal: objects of different pools; below: different
# objects of one pool; the diagonal is cut in two.
#   print ConflictPicture::text($matrix);  print {$file} ConflictPicture::svg($matrix);
# Used by tools/conflict. Tests: tests/conflict/conflict.t.
package ConflictPicture;
use strict;
use warnings;
use Conflicts;

use constant { CELL => 26, LEFT => 120, RIGHT => 50, TOP => 150, LEGEND => 60 };
my @known_colours = ('#fde9b0', '#fbc766', '#f39c3c', '#d9691e');    # 1, 2-3, 4-7, more lines

# {placement}{row}{column}, both ways round.
sub table_of {
    my ($matrix) = @_;
    my %table;
    for my $cell ($matrix->cells) {
        $table{ $cell->{placement} }{ $cell->{first} }{ $cell->{second} } = $cell;
        $table{ $cell->{placement} }{ $cell->{second} }{ $cell->{first} } = $cell;
    }
    return \%table;
}

sub cell_text {
    my ($cell) = @_;
    return ' ' unless $cell;
    my $new = Conflicts::new_lines($cell);
    return $new ? "$new!" : @{ $cell->{missing} } ? '?' : @{ $cell->{lines} } ? scalar @{ $cell->{lines} } : '.';
}

sub text {
    my ($matrix) = @_;
    my @operations = $matrix->operations;
    my $table = table_of($matrix);
    my $text = '';
    for my $placement (qw(pools objects)) {
        $text .= "\n" . ($placement eq 'pools' ? 'Objects of different pools' : 'Different objects of one pool') . "\n\n";
        $text .= sprintf "%-16s%s\n", '', join '', map { sprintf '%4d', $_ } 1 .. @operations;
        for my $i (0 .. $#operations) {
            my @row = map { cell_text($table->{$placement}{ $operations[$i] }{ $operations[$_] }) } 0 .. $i;
            $text .= sprintf "%2d %-13s%s\n", $i + 1, $operations[$i], join '', map { sprintf '%4s', $_ } @row;
        }
    }
    return $text . "\n. none   n lines, all of them known   n! new ones   ? a known one is gone\n";
}

sub escaped {
    my ($text) = @_;
    my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;');
    return $text =~ s/([&<>"])/$entity{$1}/gr;
}

sub colour {
    my ($cell) = @_;
    return '#ffffff' unless $cell;
    return '#c0182a' if Conflicts::new_lines($cell) || @{ $cell->{missing} };
    my $count = @{ $cell->{lines} };
    return $count ? $known_colours[$count < 2 ? 0 : $count < 4 ? 1 : $count < 8 ? 2 : 3] : '#cfe8cf';
}

# What a pointer that rests there is told.
sub title {
    my ($cell) = @_;
    my $where = $cell->{placement} eq 'pools' ? 'objects of different pools' : 'different objects of one pool';
    my %kinds;
    $kinds{ s/ at 0x\w+ of pool \d+( \(\w+\))?|\[\d+\]//gr }++ for map { $_->{names} } @{ $cell->{lines} };
    my @kinds = map { $kinds{$_} > 1 ? "$kinds{$_} times $_" : $_ } sort keys %kinds;
    return escaped("$cell->{first} and $cell->{second}, $where: " . (@kinds ? join '; ', @kinds : 'no line'));
}

sub cell_svg {
    my ($cell, $x, $y, $shape) = @_;
    my $count = @{ $cell->{lines} };
    my $svg = sprintf '<g><title>%s</title><path fill="%s" d="M%d %d%s"/>', title($cell), colour($cell), $x, $y, $shape;
    my ($dx, $dy) = $shape =~ /v/ && $shape =~ /h/ && $shape =~ /l/ ? ($shape =~ /^h/ ? (18, 11) : (8, 22)) : (13, 17);
    $svg .= sprintf '<text x="%d" y="%d" class="n">%d</text>', $x + $dx, $y + $dy, $count if $count;
    return "$svg</g>\n";
}

sub grid_svg {
    my ($matrix) = @_;
    my @operations = $matrix->operations;
    my $table = table_of($matrix);
    my $svg   = '';
    my $square = sprintf 'h%dv%dh-%dz', CELL - 1, CELL - 1, CELL - 1;
    my $upper  = sprintf 'h%dv%dl-%d -%dz', CELL - 1, CELL - 1, CELL - 1, CELL - 1;
    my $lower  = sprintf 'v%dh%dl-%d -%dz', CELL - 1, CELL - 1, CELL - 1, CELL - 1;
    for my $row (0 .. $#operations) {
        for my $column (0 .. $#operations) {
            my ($x, $y) = (LEFT + CELL * $column, TOP + CELL * $row);
            for my $placement (qw(pools objects)) {
                next if $row > $column && $placement eq 'pools' || $row < $column && $placement eq 'objects';
                my $cell = $table->{$placement}{ $operations[$row] }{ $operations[$column] } or next;
                $svg .= cell_svg($cell, $x, $y, $row != $column ? $square : $placement eq 'pools' ? $upper : $lower);
            }
        }
    }
    return $svg;
}

sub legend_svg {
    my ($x, $y) = @_;
    my @entries = (['#cfe8cf', 'no line of the kernel is shared'], ['#fbc766', 'known ones are; how many'], ['#c0182a', 'new ones, or a known one is gone']);
    my $svg = '';
    for my $entry (@entries) {
        $svg .= sprintf "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n", $x, $y, $entry->[0], $x + 20, $y + 12, $entry->[1];
        $x += 40 + 6.5 * length $entry->[1];
    }
    return $svg;
}

sub svg {
    my ($matrix) = @_;
    my @operations = $matrix->operations;
    my $side = CELL * @operations;
    my ($width, $height) = (LEFT + $side + RIGHT, TOP + $side + LEGEND);
    my $svg = qq(<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="$height" viewBox="0 0 $width $height" font-family="sans-serif" font-size="12">\n)
        . "<style>.n{font-size:10px;text-anchor:middle}.r{text-anchor:end}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        . sprintf qq(<text x="%d" y="20" font-size="15">Lines of the kernel that one processor writes and another touches</text>\n), 10;
    $svg .= qq(<text x="10" y="38">above the diagonal: objects of different pools; below: different objects of one pool</text>\n);
    for my $i (0 .. $#operations) {
        my $middle = CELL * $i + 17;
        $svg .= sprintf qq(<text class="r" x="%d" y="%d">%s</text>\n), LEFT - 6, TOP + $middle, $operations[$i];
        $svg .= sprintf qq(<text transform="translate(%d %d) rotate(-60)">%s</text>\n), LEFT + $middle, TOP - 6, $operations[$i];
    }
    return $svg . grid_svg($matrix) . legend_svg(20, TOP + $side + 20) . "</svg>\n";
}

1;

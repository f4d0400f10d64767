// SPDX-License-Identifier: MIT
/*
 * The line editor's history: the last lines, each kept once in a row, and the walk through them.
 * Entry points: line_history_keep, line_history_older, line_history_newer.
 * Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 */
#include "servers/console/line_internal.h"
#include <stdio.h>
#include <string.h>

static char *history_line(struct line_editor *editor, unsigned back)
{
    return editor->history[(editor->history_count - back) % LINE_HISTORY];
}

void line_history_keep(struct line_editor *editor)
{
    if (editor->length == 0)
        return;
    if (editor->history_count > 0 && strcmp(history_line(editor, 1), editor->text) == 0)
        return;
    memcpy(history_line(editor, 0), editor->text, LINE_BYTES);
    editor->history_count++;
}

static void history_show(struct line_editor *editor, unsigned back)
{
    if (editor->history_back == 0)
        memcpy(editor->draft, editor->text, LINE_BYTES);
    editor->history_back = back;
    line_replace(editor, back == 0 ? editor->draft : history_line(editor, back));
}

void line_history_older(struct line_editor *editor)
{
    unsigned kept = editor->history_count < LINE_HISTORY ? editor->history_count : LINE_HISTORY;

    if (editor->history_back < kept)
        history_show(editor, editor->history_back + 1);
    else
        line_bell(editor);
}

void line_history_newer(struct line_editor *editor)
{
    if (editor->history_back > 0)
        history_show(editor, editor->history_back - 1);
    else
        line_bell(editor);
}

// SPDX-License-Identifier: MIT
/*
 * The line editor: text and cursor, drawing, and which bytes are text, control characters or escape sequences.
 * Owns: the text and the cursor. Entry points: line_init, line_begin, line_key.
 * Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 */
#include "servers/console/line_internal.h"
#include <stdio.h>
#include <string.h>

#define COLUMNS 80u
#define PARAMETER_MAX 1000u

void line_write(struct line_editor *editor, const char *text)
{
    editor->terminal.write(editor->terminal.context, text, strlen(text));
}

void line_bell(struct line_editor *editor)
{
    line_write(editor, "\a");
}

void line_redraw(struct line_editor *editor)
{
    unsigned room = COLUMNS - 1 - (unsigned)strlen(editor->prompt);
    unsigned from = editor->cursor < room ? 0 : editor->cursor - room + 1;
    unsigned shown = editor->length - from < room ? editor->length - from : room;
    char back[16];

    line_write(editor, "\r");
    line_write(editor, editor->prompt);
    editor->terminal.write(editor->terminal.context, editor->text + from, shown);
    line_write(editor, "\033[K");
    if (from + shown > editor->cursor) {
        snprintf(back, sizeof(back), "\033[%uD", from + shown - editor->cursor);
        line_write(editor, back);
    }
}

bool line_insert(struct line_editor *editor, const char *text, unsigned bytes)
{
    if (editor->length + bytes >= LINE_BYTES) {
        editor->overflowed = true;
        return false;
    }
    memmove(editor->text + editor->cursor + bytes, editor->text + editor->cursor,
            editor->length - editor->cursor + 1);
    memcpy(editor->text + editor->cursor, text, bytes);
    editor->length += bytes;
    editor->cursor += bytes;
    return true;
}

void line_remove(struct line_editor *editor, unsigned from, unsigned until)
{
    memmove(editor->text + from, editor->text + until, editor->length - until + 1);
    editor->length -= until - from;
    editor->cursor = from;
    if (editor->length == 0)
        editor->overflowed = false;
}

void line_replace(struct line_editor *editor, const char *text)
{
    snprintf(editor->text, LINE_BYTES, "%s", text);
    editor->length = editor->cursor = (unsigned)strlen(editor->text);
}

/* One byte of an escape sequence (ECMA-48 5.4): ESC [ parameters final, or ESC O final. */
static void line_sequence(struct line_editor *editor, unsigned char key)
{
    if (editor->escape == LINE_ESCAPE) {
        editor->parameter = 0;
        editor->escape = key == '[' ? LINE_SEQUENCE : key == 'O' ? LINE_SHIFTED : LINE_PLAIN;
        return;
    }
    if (key >= '0' && key <= '9' && editor->parameter < PARAMETER_MAX)
        editor->parameter = editor->parameter * 10 + (key - '0');
    if (key >= 0x20 && key < 0x40)
        return;
    editor->escape = LINE_PLAIN;
    line_key_sequence(editor, key == '~' ? editor->parameter : 0, key);
}

static void line_type(struct line_editor *editor, char key)
{
    bool at_end = editor->cursor == editor->length;

    if (!line_insert(editor, &key, 1))
        line_bell(editor);
    else if (at_end)
        editor->terminal.write(editor->terminal.context, &key, 1);
    else
        line_redraw(editor);
}

static enum line_event line_return(struct line_editor *editor)
{
    line_write(editor, "\n");
    if (editor->overflowed)
        return LINE_TOO_LONG;
    line_history_keep(editor);
    return LINE_DONE;
}

static enum line_event line_drop(struct line_editor *editor)
{
    line_write(editor, "^C\n");
    return LINE_DROPPED;
}

void line_init(struct line_editor *editor, const char *prompt, struct line_terminal terminal)
{
    memset(editor, 0, sizeof(*editor));
    editor->prompt = prompt;
    editor->terminal = terminal;
}

void line_begin(struct line_editor *editor)
{
    line_replace(editor, "");
    editor->overflowed = false;
    editor->history_back = 0;
    editor->escape = LINE_PLAIN;
    line_write(editor, editor->prompt);
}

enum line_event line_key(struct line_editor *editor, unsigned char key)
{
    bool second_half = editor->after_return && key == '\n';

    editor->after_return = key == '\r';
    if (second_half)
        return LINE_MORE;
    if (key == '\r' || key == '\n')
        return line_return(editor);
    if (key == KEY_CTRL('c'))
        return line_drop(editor);
    if (key == KEY_CTRL('['))
        editor->escape = LINE_ESCAPE;
    else if (editor->escape != LINE_PLAIN)
        line_sequence(editor, key);
    else if (key >= ' ' && key < 127)
        line_type(editor, (char)key);
    else
        line_key_control(editor, key);
    return LINE_MORE;
}

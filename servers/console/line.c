// SPDX-License-Identifier: MIT
/*
 * The line editor's keys: a table of control characters, a table of escape sequences, and the text they change.
 * Owns: the text and the cursor. Entry points: line_init, line_begin, line_key.
 * Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 */
#include "servers/console/line_internal.h"
#include <stdio.h>
#include <string.h>

#define COLUMNS 80u
#define PARAMETER_MAX 1000u
#define KEY_CTRL(letter) ((letter)&31)

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

static void key_home(struct line_editor *editor)
{
    editor->cursor = 0;
}

static void key_end(struct line_editor *editor)
{
    editor->cursor = editor->length;
}

static void key_left(struct line_editor *editor)
{
    editor->cursor -= editor->cursor > 0;
}

static void key_right(struct line_editor *editor)
{
    editor->cursor += editor->cursor < editor->length;
}

static void key_delete(struct line_editor *editor)
{
    if (editor->cursor < editor->length)
        line_remove(editor, editor->cursor, editor->cursor + 1);
}

static void key_backspace(struct line_editor *editor)
{
    if (editor->cursor > 0)
        line_remove(editor, editor->cursor - 1, editor->cursor);
}

static void key_kill_right(struct line_editor *editor)
{
    line_remove(editor, editor->cursor, editor->length);
}

static void key_kill_left(struct line_editor *editor)
{
    line_remove(editor, 0, editor->cursor);
}

static void key_kill_word(struct line_editor *editor)
{
    unsigned from = editor->cursor;

    while (from > 0 && editor->text[from - 1] == ' ')
        from--;
    while (from > 0 && editor->text[from - 1] != ' ')
        from--;
    line_remove(editor, from, editor->cursor);
}

static void key_clear(struct line_editor *editor)
{
    line_write(editor, "\033[H\033[2J");
}

struct line_action {
    unsigned key; /* control character; or parameter << 8 | final byte of an escape sequence */
    void (*action)(struct line_editor *editor);
};

static const struct line_action controls[] = {
    {KEY_CTRL('a'), key_home},
    {KEY_CTRL('e'), key_end},
    {KEY_CTRL('b'), key_left},
    {KEY_CTRL('f'), key_right},
    {KEY_CTRL('d'), key_delete},
    {KEY_CTRL('h'), key_backspace},
    {127, key_backspace},
    {KEY_CTRL('k'), key_kill_right},
    {KEY_CTRL('u'), key_kill_left},
    {KEY_CTRL('w'), key_kill_word},
    {KEY_CTRL('l'), key_clear},
    {KEY_CTRL('i'), line_complete},
    {KEY_CTRL('p'), line_history_older},
    {KEY_CTRL('n'), line_history_newer},
};

static const struct line_action sequences[] = {
    {'A', line_history_older}, {'B', line_history_newer}, {'C', key_right},
    {'D', key_left},           {'H', key_home},           {'F', key_end},
    {1 << 8 | '~', key_home},  {7 << 8 | '~', key_home},  {3 << 8 | '~', key_delete},
    {4 << 8 | '~', key_end},   {8 << 8 | '~', key_end},
};

static void line_act(struct line_editor *editor, const struct line_action *actions, size_t count,
                     unsigned key)
{
    for (size_t i = 0; i < count; i++) {
        if (actions[i].key != key)
            continue;
        actions[i].action(editor);
        line_redraw(editor);
        return;
    }
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
    line_act(editor, sequences, sizeof(sequences) / sizeof(sequences[0]),
             key == '~' ? editor->parameter << 8 | key : key);
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
        line_act(editor, controls, sizeof(controls) / sizeof(controls[0]), key);
    return LINE_MORE;
}

// SPDX-License-Identifier: MIT
/*
 * The line editor's keys: a table of control characters, a table of escape sequences, and what each does.
 * Entry points: line_key_control, line_key_sequence. Context: one thread. Locks: none.
 * Tests: tests/host/test_console.c.
 */
#include "servers/console/line_internal.h"

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

void line_key_control(struct line_editor *editor, unsigned char key)
{
    line_act(editor, controls, sizeof(controls) / sizeof(controls[0]), key);
}

void line_key_sequence(struct line_editor *editor, unsigned parameter, unsigned char final)
{
    line_act(editor, sequences, sizeof(sequences) / sizeof(sequences[0]), parameter << 8 | final);
}

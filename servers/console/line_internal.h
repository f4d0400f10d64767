// SPDX-License-Identifier: MIT
/*
 * What the files of the line editor share: output, changes of the text, history and completion.
 * Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 */
#pragma once
#include "servers/console/line.h"

#define KEY_CTRL(letter) ((letter)&31)

void line_write(struct line_editor *editor, const char *text);
void line_bell(struct line_editor *editor);
/* Draws prompt and text again; a text wider than the terminal is shown around the cursor. */
void line_redraw(struct line_editor *editor);

/* Puts characters at the cursor; false, and the line is marked, when there is no room. */
bool line_insert(struct line_editor *editor, const char *text, unsigned bytes);
void line_remove(struct line_editor *editor, unsigned from, unsigned until);
void line_replace(struct line_editor *editor, const char *text);

void line_history_keep(struct line_editor *editor);
void line_history_older(struct line_editor *editor);
void line_history_newer(struct line_editor *editor);
void line_complete(struct line_editor *editor);

/* line_keys.c: what a control character, or a whole escape sequence, does; unknown ones do nothing. */
void line_key_control(struct line_editor *editor, unsigned char key);
void line_key_sequence(struct line_editor *editor, unsigned parameter, unsigned char final);

// SPDX-License-Identifier: MIT
/*
 * The line editor: turns raw characters into lines, with cursor movement, history and completion.
 * Owns: struct line_editor. Entry points: line_init, line_begin, line_key; the terminal and the candidates of a
 * completion come from the caller's functions, so that the editor makes no system call.
 * Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 *
 * Keys: left, right, home, end, delete, backspace, up, down, tab; ctrl-a e b f k u w l d p n; ctrl-c drops the line.
 * Bytes that mean nothing here are dropped.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define LINE_BYTES 256u
#define LINE_HISTORY 32u

enum line_event {
    LINE_MORE,    /* go on */
    LINE_DONE,    /* `text` holds the line */
    LINE_DROPPED, /* ctrl-c */
    LINE_TOO_LONG /* the line had more than LINE_BYTES - 1 characters and is lost */
};

enum line_escape { LINE_PLAIN, LINE_ESCAPE, LINE_SEQUENCE, LINE_SHIFTED };

struct line_terminal {
    void *context;
    void (*write)(void *context, const char *text, size_t bytes);
    /* The index-th word that may stand after `words` (what precedes the cursor's word); NULL past the last. */
    const char *(*candidate)(void *context, const char *words, unsigned index);
};

/* Touched by the owner's thread only. */
struct line_editor {
    struct line_terminal terminal;
    const char *prompt;
    char text[LINE_BYTES];
    unsigned length, cursor;
    bool overflowed;    /* characters of this line were lost */
    bool after_return;  /* the last key was CR: a LF now belongs to it */
    unsigned escape;    /* enum line_escape */
    unsigned parameter; /* number in an escape sequence */
    char history[LINE_HISTORY][LINE_BYTES];
    unsigned history_count; /* lines ever kept */
    unsigned history_back;  /* 0: the new line; n: the n-th last one */
    char draft[LINE_BYTES]; /* the new line while history is shown */
};

void line_init(struct line_editor *editor, const char *prompt, struct line_terminal terminal);
/* Shows the prompt with an empty line. */
void line_begin(struct line_editor *editor);
enum line_event line_key(struct line_editor *editor, unsigned char key);

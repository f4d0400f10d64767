// SPDX-License-Identifier: MIT
/*
 * The line editor's completion: the word before the cursor grows as far as all candidates agree; where they do not,
 * they are listed.
 * Entry point: line_complete. Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 */
#include "servers/console/line_internal.h"
#include <string.h>

#define COMPLETE_LISTED_MAX 200u

/* What the candidates that begin with the word have in common. */
struct match {
    char words[LINE_BYTES]; /* what precedes the word */
    char word[LINE_BYTES];
    unsigned count;
    const char *first;
    size_t common; /* bytes of `first` in which all agree */
};

static void match_word(const struct line_editor *editor, struct match *match)
{
    unsigned from = editor->cursor;

    while (from > 0 && editor->text[from - 1] != ' ')
        from--;
    memset(match, 0, sizeof(*match));
    memcpy(match->words, editor->text, from);
    memcpy(match->word, editor->text + from, editor->cursor - from);
}

/* The next candidate from *index on that begins with the word; NULL: no more. */
static const char *match_next(struct line_editor *editor, const struct match *match, unsigned *index)
{
    const char *name;

    while ((name = editor->terminal.candidate(editor->terminal.context, match->words, (*index)++)) != NULL)
        if (strncmp(name, match->word, strlen(match->word)) == 0)
            return name;
    return NULL;
}

static void match_count(struct line_editor *editor, struct match *match)
{
    unsigned index = 0;
    const char *name;

    while ((name = match_next(editor, match, &index)) != NULL) {
        size_t same = 0;

        if (match->count++ == 0) {
            match->first = name;
            match->common = strlen(name);
            continue;
        }
        while (same < match->common && name[same] == match->first[same])
            same++;
        match->common = same;
    }
}

static void match_list(struct line_editor *editor, const struct match *match)
{
    unsigned index = 0, listed = 0;
    const char *name;

    line_write(editor, "\n");
    while (listed++ < COMPLETE_LISTED_MAX && (name = match_next(editor, match, &index)) != NULL) {
        line_write(editor, name);
        line_write(editor, "  ");
    }
    line_write(editor, "\n");
}

void line_complete(struct line_editor *editor)
{
    bool overflowed = editor->overflowed;
    struct match match;
    size_t typed;

    match_word(editor, &match);
    match_count(editor, &match);
    typed = strlen(match.word);
    if (match.count == 0) {
        line_bell(editor);
    } else if (match.common > typed || match.count == 1) {
        bool fits = line_insert(editor, match.first + typed, (unsigned)(match.common - typed));

        if (fits && match.count == 1)
            line_insert(editor, " ", 1);
        editor->overflowed = overflowed; /* the user typed none of it */
    } else {
        match_list(editor, &match);
    }
}

// SPDX-License-Identifier: MIT
/*
 * Commands: what a row of the table of commands says, and how a line becomes a call of one.
 * Owns: struct command. Entry points: command_run, command_find, command_expects.
 * Help and completion come from the same rows. Pure: the rows' functions do the work.
 * Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define COMMAND_WORDS_MAX 24u
#define COMMAND_ARGUMENTS_KINDS 3u

struct console;

/* What may stand at an argument's place, for completion. */
enum argument_kind {
    ARGUMENT_NONE,
    ARGUMENT_COMMAND,
    ARGUMENT_TUNABLE,
    ARGUMENT_POOL,
    ARGUMENT_CLASS,
    ARGUMENT_POLICY,
    ARGUMENT_WORKLOAD,
    ARGUMENT_TEST,
    ARGUMENT_CONTROL,
};

struct command {
    const char *name;
    const char *usage; /* arguments only */
    const char *sentence;
    /* words[0] is the first argument; false: it failed, and said why in one line. */
    bool (*run)(struct console *console, unsigned count, char **words);
    unsigned char least, most; /* arguments */
    unsigned char kinds[COMMAND_ARGUMENTS_KINDS];
};

struct command_table {
    const struct command *rows;
    unsigned count;
};

/* Cuts a line at its blanks, in place. Returns the words, or COMMAND_WORDS_MAX + 1 when there are more. */
unsigned command_split(char *line, char **words);
const struct command *command_find(const struct command_table *table, const char *name);
/* Runs one line; says in one line what is allowed when it is wrong. False: wrong, or the command failed. */
bool command_run(const struct command_table *table, struct console *console, char *line);
/* Which kind of word may follow `words`, a line's beginning. */
enum argument_kind command_expects(const struct command_table *table, const char *words);

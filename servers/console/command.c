// SPDX-License-Identifier: MIT
/*
 * From a line to a command: words, the table's row, the number of arguments.
 * Entry points: command_split, command_find, command_run, command_expects.
 * Context: one thread. Locks: none. Tests: tests/host/test_console.c.
 */
#include "servers/console/command.h"
#include <stdio.h>
#include <string.h>

unsigned command_split(char *line, char **words)
{
    unsigned count = 0;

    for (char *at = line; *at != '\0';) {
        if (*at == ' ' || *at == '\t') {
            *at++ = '\0';
            continue;
        }
        if (count == COMMAND_WORDS_MAX)
            return COMMAND_WORDS_MAX + 1;
        words[count++] = at;
        at += strcspn(at, " \t");
    }
    return count;
}

const struct command *command_find(const struct command_table *table, const char *name)
{
    for (unsigned i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

static bool command_unknown(const struct command_table *table, const char *name)
{
    printf("no command %.40s; there are:", name);
    for (unsigned i = 0; i < table->count; i++)
        printf(" %s", table->rows[i].name);
    printf("\n");
    return false;
}

bool command_run(const struct command_table *table, struct console *console, char *line)
{
    char *words[COMMAND_WORDS_MAX];
    unsigned count = command_split(line, words);
    const struct command *command;

    if (count == 0 || words[0][0] == '#')
        return true;
    if (count > COMMAND_WORDS_MAX) {
        printf("too many words: a line has at most %u\n", COMMAND_WORDS_MAX);
        return false;
    }
    command = command_find(table, words[0]);
    if (command == NULL)
        return command_unknown(table, words[0]);
    if (count - 1 < command->least || count - 1 > command->most) {
        printf("usage: %s%s%s\n", command->name, command->usage[0] ? " " : "", command->usage);
        return false;
    }
    return command->run(console, count - 1, words + 1);
}

enum argument_kind command_expects(const struct command_table *table, const char *words)
{
    char copy[256];
    char *split[COMMAND_WORDS_MAX];
    const struct command *command;
    unsigned count;

    snprintf(copy, sizeof(copy), "%s", words);
    count = command_split(copy, split);
    if (count == 0)
        return ARGUMENT_COMMAND;
    command = command_find(table, split[0]);
    if (command == NULL || count > COMMAND_ARGUMENTS_KINDS)
        return ARGUMENT_NONE;
    return command->kinds[count - 1];
}

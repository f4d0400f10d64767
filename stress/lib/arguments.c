// SPDX-License-Identifier: MIT
/*
 * Arguments: see arguments.h. A value out of its range is refused, never bent into it: a run that measured something
 * else than it was asked for would be believed.
 * Context: start of a program. Locks: none. Tests: tests/user/stress.t.
 */
#include "stress/lib/arguments.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void argument_print(const struct argument *argument)
{
    printf(" %s=", argument->key);
    if (argument->number) {
        printf("%lu..%lu", (unsigned long)argument->minimum, (unsigned long)argument->maximum);
        return;
    }
    for (const char *const *word = argument->words; *word; word++)
        printf("%s%s", word == argument->words ? "" : "|", *word);
}

static bool arguments_refuse(const char *word, const struct argument *table)
{
    printf("bad argument '%s'; allowed:", word);
    for (; table->key; table++)
        argument_print(table);
    printf("\n");
    return false;
}

static bool argument_number_set(const struct argument *argument, const char *value)
{
    char *end;
    uint64_t number = strtoull(value, &end, 0);
    if (end == value || *end || number < argument->minimum || number > argument->maximum)
        return false;
    *argument->number = number;
    return true;
}

static bool argument_choice_set(const struct argument *argument, const char *value)
{
    for (unsigned i = 0; argument->words[i]; i++) {
        if (strcmp(argument->words[i], value))
            continue;
        *argument->choice = i;
        return true;
    }
    return false;
}

static bool argument_set(const struct argument *table, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals)
        return false;
    for (; table->key; table++) {
        if (strlen(table->key) != (size_t)(equals - word) || strncmp(table->key, word, equals - word))
            continue;
        return table->number ? argument_number_set(table, equals + 1)
                             : argument_choice_set(table, equals + 1);
    }
    return false;
}

bool arguments_parse(int count, char **words, const struct argument *table)
{
    for (int i = 1; i < count; i++)
        if (!argument_set(table, words[i]))
            return arguments_refuse(words[i], table);
    return true;
}

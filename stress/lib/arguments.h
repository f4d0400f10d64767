// SPDX-License-Identifier: MIT
/*
 * Arguments: `key=value` words of a program's command line, checked against a table.
 * Entry point: arguments_parse. Context: start of a program. Locks: none. Tests: tests/user/stress.t.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct argument {
    const char *key;
    /* A number: where it goes, and its range. */
    uint64_t *number;
    uint64_t minimum, maximum;
    /* Or one of several words: where its index goes, and the words, ended by NULL. */
    unsigned *choice;
    const char *const *words;
};

/* False after one line that names the bad word and what is allowed. `table` ends with a NULL key. */
bool arguments_parse(int count, char **words, const struct argument *table);

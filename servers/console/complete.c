// SPDX-License-Identifier: MIT
/*
 * Words that may follow in a line: names of commands, tunables, pools, classes, policies, programs.
 * Entry point: complete_candidate; names are collected once for each key and kept until the next.
 * Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "servers/lib/policy.h"
#include "servers/lib/spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void names_add(struct console *console, const char *name)
{
    char *copy;

    if (console->names_count == CONSOLE_NAMES || (copy = strdup(name)) == NULL)
        return;
    console->names[console->names_count++] = copy;
}

static void names_commands(struct console *console)
{
    for (unsigned i = 0; i < console_commands.count; i++)
        names_add(console, console_commands.rows[i].name);
}

static void names_tunables(struct console *console)
{
    struct sluice_tunable_info info;
    unsigned next = 0;

    while (tunable_next(&next, &info)) {
        info.name[sizeof(info.name) - 1] = '\0';
        names_add(console, info.name);
    }
}

static void names_pools(struct console *console)
{
    struct sluice_pool_info info;
    char label[SLUICE_POOL_NAME_BYTES + 1];

    for (unsigned i = 0; i < console->counters.system->pools_max; i++)
        if (counters_pool(&console->counters, i, &info))
            names_add(console, pool_label(&info, label));
}

static void names_classes(struct console *console)
{
    for (unsigned i = 0; i < console->counters.system->classes; i++)
        names_add(console, console->counters.system->class_info[i].name);
    names_add(console, "all");
}

static void names_policies(struct console *console)
{
    char text[POLICY_TEXT_BYTES];

    names_add(console, "off@0");
    for (unsigned g = SLUICE_GRANULARITY_KERNEL; g < SLUICE_GRANULARITY_COUNT; g++)
        for (unsigned a = 0; a < SLUICE_ALGORITHM_COUNT; a++)
            names_add(console, policy_format(text, SLUICE_POLICY(g, a, 0)));
}

/* Programs of one folder of the boot archive, without the folder's name. */
static void names_programs(struct console *console, const char *folder)
{
    char name[SLUICE_PROCESS_NAME_BYTES];
    size_t bytes = strlen(folder);

    for (unsigned i = 0; sluice_program_name(i, name) >= 0; i++) {
        name[sizeof(name) - 1] = '\0';
        if (strncmp(name, folder, bytes) == 0)
            names_add(console, name + bytes);
    }
}

static void names_collect(struct console *console, enum argument_kind kind)
{
    static const char *const control[] = {"on", "off", "status", "set"};

    switch (kind) {
    case ARGUMENT_COMMAND:
        return names_commands(console);
    case ARGUMENT_TUNABLE:
        return names_tunables(console);
    case ARGUMENT_POOL:
        return names_pools(console);
    case ARGUMENT_CLASS:
        return names_classes(console);
    case ARGUMENT_POLICY:
        return names_policies(console);
    case ARGUMENT_WORKLOAD:
        return names_programs(console, "stress/");
    case ARGUMENT_TEST:
        return names_programs(console, "test/");
    case ARGUMENT_CONTROL:
        for (unsigned i = 0; i < sizeof(control) / sizeof(control[0]); i++)
            names_add(console, control[i]);
        return;
    case ARGUMENT_NONE:
        return;
    }
}

const char *complete_candidate(void *context, const char *words, unsigned index)
{
    struct console *console = context;

    if (!console->names_valid || strcmp(console->names_words, words) != 0) {
        while (console->names_count > 0)
            free(console->names[--console->names_count]);
        names_collect(console, command_expects(&console_commands, words));
        snprintf(console->names_words, sizeof(console->names_words), "%s", words);
        console->names_valid = true;
    }
    return index < console->names_count ? console->names[index] : NULL;
}

// SPDX-License-Identifier: MIT
/*
 * Tunables: the kernel's and, as control.*, the control server's own, seen as one list.
 * Entry points: tunable_at, tunable_next, tunable_find, tunable_store; command_tunables, command_get, command_set.
 * Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/client.h"
#include "servers/console/console.h"
#include "servers/console/text.h"
#include "servers/lib/process.h"
#include <stdio.h>
#include <string.h>

bool tunable_at(unsigned index, struct sluice_tunable_info *info)
{
    if (index >= TUNABLE_OF_CONTROL)
        return client_setting(index - TUNABLE_OF_CONTROL, info) == 0;
    return sluice_tunable_info(SLUICE_SLOT_TUNER, index, info) == 0;
}

/* Walks from 0 through both lists: reads the tunable at *index and moves *index on. */
bool tunable_next(unsigned *index, struct sluice_tunable_info *info)
{
    bool found = tunable_at(*index, info);

    if (!found && *index < TUNABLE_OF_CONTROL) {
        *index = TUNABLE_OF_CONTROL;
        found = tunable_at(*index, info);
    }
    (*index)++;
    return found;
}

int64_t tunable_store(unsigned index, uint64_t value)
{
    if (index >= TUNABLE_OF_CONTROL)
        return client_set(index - TUNABLE_OF_CONTROL, value);
    return sluice_tunable_set(SLUICE_SLOT_TUNER, index, value);
}

bool tunable_find(const char *name, unsigned *index, struct sluice_tunable_info *info)
{
    unsigned next = 0;

    while (tunable_next(&next, info))
        if (strncmp(info->name, name, sizeof(info->name)) == 0) {
            *index = next - 1;
            return true;
        }
    printf("no tunable %.40s; `tunables` shows all names\n", name);
    return false;
}

static void tunable_show(const struct sluice_tunable_info *info)
{
    printf("%-24.32s %10lu %-8.8s %lu..%lu, default %lu: %.80s\n", info->name, (unsigned long)info->value,
           info->unit, (unsigned long)info->minimum, (unsigned long)info->maximum,
           (unsigned long)info->initial, info->sentence);
}

bool command_tunables(struct console *console, unsigned count, char **words)
{
    struct sluice_tunable_info info;
    unsigned next = 0, shown = 0;

    (void)console;
    while (tunable_next(&next, &info)) {
        if (count > 0 && !text_match(words[0], info.name))
            continue;
        tunable_show(&info);
        shown++;
    }
    if (shown == 0)
        printf("no tunable matches %.40s; `tunables` shows all names\n", words[0]);
    return shown > 0;
}

bool command_get(struct console *console, unsigned count, char **words)
{
    struct sluice_tunable_info info;
    unsigned index;

    (void)console, (void)count;
    if (!tunable_find(words[0], &index, &info))
        return false;
    tunable_show(&info);
    printf("RESULT tunable=%.32s value=%lu\n", info.name, (unsigned long)info.value);
    return true;
}

bool command_set(struct console *console, unsigned count, char **words)
{
    struct sluice_tunable_info info;
    unsigned index;
    uint64_t value;
    int64_t error;

    (void)console, (void)count;
    if (!tunable_find(words[0], &index, &info))
        return false;
    if (!name_number(words[1], info.name, info.minimum, info.maximum, &value))
        return false;
    error = tunable_store(index, value);
    if (error < 0) {
        printf("%.32s stays %lu: %s\n", info.name, (unsigned long)info.value,
               error == SLUICE_E_NOT_ALLOWED ? "it is set at boot, on the kernel's command line"
                                             : sluice_error_text(error));
        return false;
    }
    printf("%.32s is %lu %.8s now, was %lu\n", info.name, (unsigned long)value, info.unit,
           (unsigned long)info.value);
    return true;
}

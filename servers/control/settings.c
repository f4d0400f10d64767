// SPDX-License-Identifier: MIT
/*
 * The control server's own tunables, from their table.
 * Entry points: settings_init, settings_describe, settings_set. Pure.
 * Context: one thread. Locks: none. Tests: tests/host/test_control.c.
 */
#include "servers/control/settings.h"
#include <stdio.h>

struct setting_row {
    const char *name;
    uint64_t minimum, initial, maximum;
    const char *unit, *sentence;
};

static const struct setting_row rows[SETTING_COUNT] = {
#define SETTING_ROW(identifier, name, minimum, initial, maximum, unit, sentence)                             \
    {name, minimum, initial, maximum, unit, sentence},
    CONTROL_SETTINGS(SETTING_ROW)
#undef SETTING_ROW
};

void settings_init(struct settings *settings)
{
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        settings->value[i] = rows[i].initial;
}

bool settings_describe(const struct settings *settings, unsigned index, struct sluice_tunable_info *info)
{
    if (index >= SETTING_COUNT)
        return false;
    snprintf(info->name, sizeof(info->name), "%s", rows[index].name);
    snprintf(info->unit, sizeof(info->unit), "%s", rows[index].unit);
    snprintf(info->sentence, sizeof(info->sentence), "%s", rows[index].sentence);
    info->value = settings->value[index];
    info->minimum = rows[index].minimum;
    info->maximum = rows[index].maximum;
    info->initial = rows[index].initial;
    return true;
}

enum settings_error settings_set(struct settings *settings, unsigned index, uint64_t value)
{
    if (index >= SETTING_COUNT)
        return SETTINGS_NOT_FOUND;
    if (value < rows[index].minimum || value > rows[index].maximum)
        return SETTINGS_OUT_OF_BOUNDS;
    settings->value[index] = value;
    return SETTINGS_OK;
}

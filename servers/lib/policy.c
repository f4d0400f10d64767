// SPDX-License-Identifier: MIT
/*
 * Text form of lock policies.
 * Entry points: policy_format, policy_parse. Context: any thread. Locks: none. Tests: tests/host/test_policy.c.
 */
#include "servers/lib/policy.h"
#include "kernel/abi/object.h"
#include <stdio.h>
#include <string.h>

static const char *const granularity_names[] = SLUICE_GRANULARITY_NAMES;
static const char *const algorithm_names[] = SLUICE_ALGORITHM_NAMES;

static int half_format(char *text, size_t bytes, unsigned granularity, unsigned algorithm, unsigned cpu)
{
    if (granularity == SLUICE_GRANULARITY_OFF)
        return snprintf(text, bytes, "off@%u", cpu);
    if (granularity >= SLUICE_GRANULARITY_COUNT || algorithm >= SLUICE_ALGORITHM_COUNT)
        return snprintf(text, bytes, "?");
    return snprintf(text, bytes, "%s/%s", granularity_names[granularity], algorithm_names[algorithm]);
}

const char *policy_format(char text[POLICY_TEXT_BYTES], uint32_t word)
{
    unsigned cpu = SLUICE_POLICY_CPU(word);
    char old[16], new[16];

    half_format(new, sizeof(new), SLUICE_POLICY_GRANULARITY(word), SLUICE_POLICY_ALGORITHM(word), cpu);
    half_format(old, sizeof(old), SLUICE_POLICY_OLD_GRANULARITY(word), SLUICE_POLICY_OLD_ALGORITHM(word),
                cpu);
    if (SLUICE_POLICY_STEADY(word))
        snprintf(text, POLICY_TEXT_BYTES, "%s", new);
    else
        snprintf(text, POLICY_TEXT_BYTES, "union(%s|%s)", old, new);
    return text;
}

/* Index of the name that `text` begins with and that `end` follows. */
static int name_index(const char *const *names, int count, const char *text, char end)
{
    for (int i = 0; i < count; i++) {
        size_t bytes = strlen(names[i]);

        if (strncmp(text, names[i], bytes) == 0 && text[bytes] == end)
            return i;
    }
    return -1;
}

static bool off_parse(const char *digits, uint32_t *word)
{
    unsigned cpu = 0;

    if (*digits == '\0' || strlen(digits) > 3)
        return false;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        cpu = cpu * 10 + (unsigned)(*digits - '0');
    }
    *word = SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_TAS, cpu);
    return cpu < SLUICE_CPUS_MAX;
}

bool policy_parse(const char *text, uint32_t *word)
{
    int granularity = name_index(granularity_names, SLUICE_GRANULARITY_COUNT, text, '/');
    int algorithm;

    if (strncmp(text, "off@", 4) == 0)
        return off_parse(text + 4, word);
    if (granularity <= SLUICE_GRANULARITY_OFF)
        return false;
    text += strlen(granularity_names[granularity]) + 1;
    algorithm = name_index(algorithm_names, SLUICE_ALGORITHM_COUNT, text, '\0');
    if (algorithm < 0)
        return false;
    *word = SLUICE_POLICY(granularity, algorithm, 0);
    return true;
}

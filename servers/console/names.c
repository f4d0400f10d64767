// SPDX-License-Identifier: MIT
/*
 * What users name: numbers, pools, lock classes, policies. A wrong word gets one line that says what is allowed.
 * Entry points: name_number, name_pool, name_class, name_policy, pool_label.
 * Context: the console's thread. Locks: none. Tests: tests/boot/console.t.
 */
#include "servers/console/console.h"
#include "servers/console/text.h"
#include "servers/lib/policy.h"
#include <stdio.h>
#include <string.h>

bool name_number(const char *word, const char *what, uint64_t least, uint64_t most, uint64_t *number)
{
    if (text_number(word, number) && *number >= least && *number <= most)
        return true;
    printf("%s: %.40s is not allowed; allowed are %lu to %lu\n", what, word, (unsigned long)least,
           (unsigned long)most);
    return false;
}

const char *pool_label(const struct sluice_pool_info *info, char text[SLUICE_POOL_NAME_BYTES + 1])
{
    snprintf(text, SLUICE_POOL_NAME_BYTES + 1, "%.*s", (int)SLUICE_POOL_NAME_BYTES, info->name);
    for (char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            *at = '?'; /* programs name their pools as they like */
    return text;
}

static bool pool_unknown(struct console *console, const char *word)
{
    struct sluice_pool_info info;
    char label[SLUICE_POOL_NAME_BYTES + 1];

    printf("no pool %.40s; there are:", word);
    for (unsigned i = 0; i < console->counters.system->pools_max; i++)
        if (counters_pool(&console->counters, i, &info))
            printf(" %u=%s", i, pool_label(&info, label));
    printf("\n");
    return false;
}

bool name_pool(struct console *console, const char *word, unsigned *pool)
{
    bool is_number;
    uint64_t number;
    struct sluice_pool_info info;
    char label[SLUICE_POOL_NAME_BYTES + 1];

    is_number = text_number(word, &number);
    for (unsigned i = 0; i < console->counters.system->pools_max; i++) {
        if (!counters_pool(&console->counters, i, &info))
            continue;
        if (is_number ? i != number : strcmp(pool_label(&info, label), word) != 0)
            continue;
        *pool = i;
        return true;
    }
    return pool_unknown(console, word);
}

bool name_class(struct console *console, const char *word, unsigned *lock_class)
{
    const struct sluice_system_info *system = console->counters.system;

    for (unsigned i = 0; i < system->classes; i++)
        if (strcmp(system->class_info[i].name, word) == 0) {
            *lock_class = i;
            return true;
        }
    printf("no lock class %.40s; there are:", word);
    for (unsigned i = 0; i < system->classes; i++)
        printf(" %s", system->class_info[i].name);
    printf("\n");
    return false;
}

bool name_policy(const char *word, uint32_t *policy)
{
    if (policy_parse(word, policy))
        return true;
    printf("no policy %.40s; allowed are %s\n", word, POLICY_TEXT_ALLOWED);
    return false;
}

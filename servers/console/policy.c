// SPDX-License-Identifier: MIT
/*
 * Lock policies by hand: showing them, changing one, waiting for the end of the transition.
 * Entry points: policy_change, command_policy. Context: the console's thread. Locks: none.
 * Tests: tests/boot/console.t.
 */
#include "servers/lib/policy.h"
#include "servers/console/console.h"
#include "servers/lib/process.h"
#include <stdio.h>
#include <string.h>

#define CHANGE_TIMEOUT_MS 10000
#define CHANGE_BIT 1u

/* The notification that transitions signal; made at the first use. */
static uint64_t change_event(void)
{
    static uint64_t event;

    if (event == 0) {
        uint64_t slot = sluice_slot_alloc();

        if (slot != 0 && sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, slot, 0, 0) == 0)
            event = slot;
    }
    return event;
}

/* Waits until the transition is over; the last look is at the policy itself. */
static int64_t change_wait(unsigned pool, unsigned lock_class, uint32_t policy)
{
    uint64_t deadline = sluice_deadline_ms(CHANGE_TIMEOUT_MS), phase = SLUICE_PHASE_STEADY;
    int64_t word, error = 0;

    for (;;) {
        word = sluice_policy_status(SLUICE_SLOT_TUNER, pool, lock_class, &phase);
        if (word < 0)
            return word;
        if (phase == SLUICE_PHASE_STEADY && SLUICE_POLICY_SET((uint32_t)word) == SLUICE_POLICY_SET(policy))
            return 0;
        if (phase == SLUICE_PHASE_STEADY || error < 0)
            return error < 0 ? error : SLUICE_E_CANCELED; /* somebody changed it again meanwhile */
        error = sluice_wait(change_event(), CHANGE_BIT, deadline, NULL);
    }
}

static int64_t change_propose(unsigned pool, unsigned lock_class, uint32_t policy)
{
    int64_t word = sluice_policy_status(SLUICE_SLOT_TUNER, pool, lock_class, NULL);

    if (word < 0)
        return word;
    if (SLUICE_POLICY_STEADY((uint32_t)word) &&
        SLUICE_POLICY_SET((uint32_t)word) == SLUICE_POLICY_SET(policy))
        return 0;
    sluice_poll(change_event(), CHANGE_BIT, NULL);
    return sluice_policy_propose(SLUICE_SLOT_TUNER, pool, lock_class,
                                 SLUICE_POLICY_GENERATION((uint32_t)word), policy, change_event(),
                                 CHANGE_BIT);
}

bool policy_change(struct console *console, unsigned pool, unsigned lock_class, uint32_t policy,
                   uint64_t *took_ns)
{
    const char *name = console->counters.system->class_info[lock_class].name;
    uint64_t began = sluice_clock();
    int64_t error = change_propose(pool, lock_class, policy);

    if (error < 0) {
        printf("%s: nothing changed: %s\n", name, sluice_error_text(error));
        return false;
    }
    error = change_wait(pool, lock_class, policy);
    if (error < 0) {
        printf("%s: the transition did not end: %s\n", name, sluice_error_text(error));
        return false;
    }
    if (took_ns != NULL)
        *took_ns = sluice_clock() - began;
    return true;
}

static const char *const phases[] = {"steady", "entering", "leaving", "stuck"};

static void policy_show(struct console *console, unsigned pool, unsigned lock_class)
{
    char label[SLUICE_POOL_NAME_BYTES + 1], text[POLICY_TEXT_BYTES];
    struct sluice_pool_info info;

    if (!counters_pool(&console->counters, pool, &info))
        return;
    printf("%4u %-16s %-13s %-24s %s\n", pool, pool_label(&info, label),
           console->counters.system->class_info[lock_class].name,
           policy_format(text, info.policy[lock_class]), phases[info.phase[lock_class] & 3]);
}

static bool policy_set(struct console *console, unsigned pool, unsigned lock_class, uint32_t policy)
{
    char text[POLICY_TEXT_BYTES];
    uint64_t took_ns = 0;

    if (!policy_change(console, pool, lock_class, policy, &took_ns))
        return false;
    printf("transition complete: %s is %s\n", console->counters.system->class_info[lock_class].name,
           policy_format(text, policy));
    printf("RESULT pool=%u class=%s policy=%s transition_us=%lu\n", pool,
           console->counters.system->class_info[lock_class].name, text, (unsigned long)(took_ns / 1000));
    return true;
}

bool command_policy(struct console *console, unsigned count, char **words)
{
    unsigned first_pool = 0, last_pool = console->counters.system->pools_max - 1;
    unsigned first_class = 0, last_class = console->counters.system->classes - 1;
    uint32_t policy = 0;
    bool good = true;

    if (count > 0 && !name_pool(console, words[0], &first_pool))
        return false;
    if (count > 1 && strcmp(words[1], "all") != 0) {
        if (!name_class(console, words[1], &first_class))
            return false;
        last_class = first_class;
    }
    if (count > 2 && !name_policy(words[2], &policy))
        return false;
    if (count > 0)
        last_pool = first_pool;
    for (unsigned pool = first_pool; pool <= last_pool; pool++)
        for (unsigned i = first_class; i <= last_class; i++)
            if (count > 2)
                good &= policy_set(console, pool, i, policy);
            else
                policy_show(console, pool, i);
    return good;
}

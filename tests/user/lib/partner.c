// SPDX-License-Identifier: MIT
/*
 * Partners: see partner.h.
 * Context: the test's first thread. Locks: none. Tests: tests/user/.
 */
#include "tests/user/lib/partner.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"

#define STATE_BLOCKED 2u

struct sluice_thread *partner_start(void (*body)(void *), void *argument, unsigned cpu)
{
    unsigned count = sluice_cpu_count();
    struct sluice_thread *thread = sluice_thread_create(body, argument, cpu < count ? cpu : count - 1, 0, 0);
    if (!thread)
        tap_ok(false, "a partner thread starts");
    return thread;
}

bool partner_join(struct sluice_thread *thread, const char *name)
{
    bool joined = thread && sluice_thread_join(thread, sluice_deadline_ms(PARTNER_WAIT_MS));
    if (!joined)
        tap_ok(false, "%s: the partner ends in time", name);
    return joined;
}

bool partner_blocked(struct sluice_thread *thread)
{
    for (unsigned i = 0; thread && i < 5000; i++) {
        if (resource_detail(thread->slot, RESOURCE_THREAD_STATE) == STATE_BLOCKED)
            return true;
        sluice_sleep_ms(1);
    }
    return false;
}

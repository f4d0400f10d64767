// SPDX-License-Identifier: MIT
/*
 * Partners: see partner.h.
 * Context: the test's first thread. Locks: none. Tests: tests/user/.
 */
#include "tests/user/lib/partner.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"

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

bool partners_queued(uint64_t object, enum partner_queue queue, uint64_t count)
{
    return resource_settles(object, queue, count);
}

// SPDX-License-Identifier: MIT
/*
 * test/ipc: messages and notifications, between threads of one CPU and, where there are more, of two.
 * Context: a process with all processors. Locks: none. Tests: tests/user/ipc.t runs this.
 */
#include "tests/user/ipc/ipc.h"
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"

uint64_t ipc_endpoint;

static void test_with_partner_on(unsigned cpu)
{
    tap_note("partner on processor %u", cpu);
    test_words(cpu);
    test_long_parts(cpu);
    test_capabilities(cpu);
    test_replies(cpu);
    test_notifications(cpu);
}

int main(void)
{
    tap_begin("ipc");
    ipc_endpoint = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, 0, 0);
    if (tap_ok(ipc_endpoint != 0, "an endpoint")) {
        test_with_partner_on(0);
        if (sluice_cpu_count() > 1)
            test_with_partner_on(1);
        tap_result(resource_object_end(ipc_endpoint), 0, "the endpoint is destroyed");
    }
    return tap_end();
}

// SPDX-License-Identifier: MIT
/*
 * The control server: watches the kernel's counters and proposes lock policies (README.md).
 * Entry point: main. Context: one thread; needs the full tuner and the log. Locks: none.
 * Tests: tests/host/test_control.c, tests/boot/demo.t.
 */
#include "servers/control/service.h"
#include "servers/lib/process.h"
#include "servers/lib/spawn.h"
#include <stdio.h>

static struct counters counters;
static struct service service;

static int64_t kernel_propose(void *context, unsigned pool, unsigned lock_class, uint32_t word,
                              uint32_t policy)
{
    (void)context;
    return sluice_policy_propose(SLUICE_SLOT_TUNER, pool, lock_class, SLUICE_POLICY_GENERATION(word), policy,
                                 0, 0);
}

int main(void)
{
    int64_t error = counters_open(&counters);

    if (error < 0) {
        printf("control: the counter pages cannot be mapped: %s\n", sluice_error_text(error));
        return 1;
    }
    if (!watcher_init(&service.watcher, &counters, (struct watcher_kernel){.propose = kernel_propose})) {
        printf("control: no memory for the histories of %u pools\n", (unsigned)counters.system->pools_max);
        return 1;
    }
    sluice_process_ready();
    error = service_run(&service);
    printf("control: the service ended: %s\n", sluice_error_text(error));
    return 1;
}

// SPDX-License-Identifier: MIT
/*
 * The base of FS: two threads of one processor have the same; what one changes it to, the other never sees.
 * Context: the program's first thread and two probes. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/races/races.h"
#include "tests/user/races/x86_64/base.h"

#define ROUNDS 50u

static uint64_t common[1], other[1]; /* each holds its own address, as fs:0 does */

static void change_body(struct probe *probe)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t base = (uint64_t)(i % 2 ? common : other);
        sluice_thread_configure(0, sluice_process->priority, 0, 0, base);
        sluice_yield();
        probe->result += base_word() != base;
    }
}

static void look_body(struct probe *probe)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        sluice_yield();
        probe->result += base_word() != (uint64_t)common;
    }
}

void test_base(void)
{
    struct probe probes[2];
    common[0] = (uint64_t)common;
    other[0] = (uint64_t)other;
    for (unsigned i = 0; i < 2; i++) {
        bool made = probe_init(&probes[i], 0) &&
                    sluice_thread_configure(probes[i].thread, sluice_process->priority, 0, probes[i].endpoint,
                                            (uint64_t)common) == 0;
        if (!tap_ok(made, "a thread with a base of FS"))
            return;
    }
    probe_start(&probes[0], look_body, 0);
    probe_start(&probes[1], change_body, 0);
    bool done = probe_collect(&probes[0], 2000).kind == PROBE_DONE;
    done &= probe_collect(&probes[1], 2000).kind == PROBE_DONE;
    tap_ok(done && !probes[0].result && !probes[1].result,
           "a thread that changes its base changes no other's");
    probe_end(&probes[0]);
    probe_end(&probes[1]);
}

// SPDX-License-Identifier: MIT
/*
 * test/threads: the life of threads, their registers, their priorities and their processors.
 * Context: a process with all processors. Locks: none. Tests: tests/user/threads.t runs this.
 */
#include "tests/user/threads/threads.h"
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/tap.h"

uint64_t threads_objects;

int main(void)
{
    tap_begin("threads");
    threads_objects = resource_detail(SLUICE_SLOT_POOL, RESOURCE_POOL_OBJECTS);
    for (unsigned cpu = 0; cpu < 2 && cpu < sluice_cpu_count(); cpu++) {
        tap_note("threads on processor %u", cpu);
        test_life(cpu);
        test_registers(cpu);
    }
    test_schedule();
    tap_ok(resource_settles(SLUICE_SLOT_POOL, RESOURCE_POOL_OBJECTS, threads_objects),
           "no object is left behind");
    return tap_end();
}

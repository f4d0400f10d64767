// SPDX-License-Identifier: MIT
/*
 * test/races: operations on one thread that meet, from one processor or from several.
 * Context: a process with all processors. Locks: none. Tests: tests/user/races.t runs this.
 */
#include "servers/lib/process.h"
#include "tests/user/lib/tap.h"
#include "tests/user/races/races.h"

int main(void)
{
    tap_begin("races");
    for (unsigned cpu = 0; cpu < 2 && cpu < sluice_cpu_count(); cpu++)
        test_again(cpu);
    test_base();
    test_homes();
    test_waits();
    return tap_end();
}

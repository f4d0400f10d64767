// SPDX-License-Identifier: MIT
/*
 * test/memory: unmapping that other processors must feel, and the memory server. Started with `child=OBJECT` it is the
 * other end of shared memory.
 * Context: a process with all processors and regions. Locks: none. Tests: tests/user/memory.t runs this.
 */
#include "tests/user/memory/memory.h"
#include "servers/lib/process.h"
#include "stress/lib/arguments.h"
#include "tests/user/lib/tap.h"

int main(int argc, char **argv)
{
    uint64_t child = 0;
    const struct argument arguments[] = {
        {.key = "child", .number = &child, .minimum = 1, .maximum = UINT64_MAX}, {0}};
    if (!arguments_parse(argc, argv, arguments))
        return 2;
    if (child)
        return sharing_child(child);
    tap_begin("memory");
    for (unsigned cpu = 0; cpu < 2 && cpu < sluice_cpu_count(); cpu++)
        test_stale(cpu);
    test_server();
    test_sharing(argv[0]);
    return tap_end();
}

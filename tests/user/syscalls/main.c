// SPDX-License-Identifier: MIT
/*
 * test/syscalls: every system call, its right result and each documented error. Messages, threads and what pointers can
 * do have programs of their own (ipc, threads, memory, hostile).
 * Context: a process that was given tuner, log and regions. Locks: none. Tests: tests/user/syscalls.t runs this.
 */
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"
#include "tests/user/syscalls/syscalls.h"

int main(void)
{
    tap_begin("syscalls");
    if (tap_ok(bench_init(), "one object of each type")) {
        test_capabilities();
        test_objects();
        test_regions();
        test_aspaces();
        test_tunables();
        test_machine();
        tap_result(bench_end(), 0, "everything is given back");
    }
    return tap_end();
}

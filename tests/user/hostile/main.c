// SPDX-License-Identifier: MIT
/*
 * test/hostile: pointers, lengths and numbers that no honest program would pass. Each call runs on a probe's thread: a
 * bad pointer has to end in BAD_ADDRESS or in a page fault of the caller at an address of the range, as if it had
 * touched it itself; never in success, and never in a fault of the kernel.
 * Context: a process that was given tuner, log and regions. Locks: none. Tests: tests/user/hostile.t runs this.
 */
#include "tests/user/hostile/hostile.h"
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"
#include <stdlib.h>
#include <string.h>

int main(int count, char **words)
{
    if (count > 2 && strcmp(words[1], HOSTILE_WORD_CHAOS) == 0)
        return chaos_copy(words[2]);
    if (count == 2)
        return strcmp(words[1], HOSTILE_WORD_SELECTOR) == 0 ? selector_copy() : greedy_copy(words[1]);
    tap_begin("hostile");
    struct probe probe;
    if (count > 2) {
        test_chaos((unsigned)strtoul(words[2], NULL, 10));
        return tap_end();
    }
    if (tap_ok(bench_init() && probe_init(&probe, 0), "one object of each type, and a probe")) {
        test_pointers(&probe);
        test_messages(&probe);
        test_rights();
        test_faults(&probe);
        test_selector();
        test_greedy();
        test_chaos(0);
        test_noise(&probe);
        probe_end(&probe);
        tap_result(bench_end(), 0, "everything is given back");
    }
    return tap_end();
}

// SPDX-License-Identifier: MIT
/*
 * A program that drops its thread pointer, by loading a selector, each time before another program runs: that one, a
 * copy of this program with the same thread pointer on the same processor, must not notice.
 * Context: the program's first thread, and that of its copy. Locks: none. Tests: this is one.
 */
#include "servers/lib/spawn.h"
#include "servers/lib/thread.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/tap.h"

#define ROUNDS 200u
#define WAIT_MS 20000u

/* x86_64/selector.S */
void selector_drop(void);
const struct sluice_thread *selector_read(void);

int selector_copy(void)
{
    uint64_t self = (uint64_t)sluice_thread_self();
    for (unsigned i = 0; i < ROUNDS; i++) {
        selector_drop();
        sluice_yield();
    }
    sluice_thread_configure(0, SLUICE_SPAWN_PRIORITY, 0, 0, self);
    return 0;
}

/* Both yield to each other; every round here reads the thread pointer. */
void test_selector(void)
{
    static struct sluice_spawn_request request;
    struct sluice_end end = {0};
    sluice_spawn_init(&request, "test/hostile");
    sluice_spawn_argument(&request, HOSTILE_WORD_SELECTOR);
    sluice_spawn_cpu(&request, sluice_process->cpu[0]);
    const struct sluice_thread *self = sluice_thread_self();
    int64_t process = sluice_spawn(&request);
    bool kept = process > 0;
    for (unsigned i = 0; i < ROUNDS * 10 && kept; i++) {
        sluice_yield();
        kept = selector_read() == self; /* or faults */
    }
    tap_ok(kept, "the thread pointer is what it was, whatever other programs load");
    int64_t result =
        process > 0 ? sluice_process_wait((uint32_t)process, sluice_deadline_ms(WAIT_MS), &end) : process;
    tap_ok(result == 0 && end.cause == SLUICE_END_EXIT && end.status == 0,
           "the program that dropped its own ends");
}

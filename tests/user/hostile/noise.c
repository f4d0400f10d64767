// SPDX-License-Identifier: MIT
/*
 * Random calls: any number, arguments drawn from slots, small numbers, addresses and noise. The oracle is that the
 * machine goes on: the bench and the probe work as before, and no call ran for ever.
 * The seed is fixed: a failure comes back. Calls that would end the process, or wait, are left out or have no time.
 * Context: the program's first thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"

#define NOISE_CALLS 3000u

static uint64_t noise_state = 0x5105e;

/* xorshift64*: Vigna, An experimental exploration of Marsaglia's xorshift generators, 2016. */
static uint64_t noise(void)
{
    noise_state ^= noise_state >> 12;
    noise_state ^= noise_state << 25;
    noise_state ^= noise_state >> 27;
    return noise_state * 0x2545f4914f6cdd1dull;
}

/* Only slots of the bench: what is broken is ours. */
static uint64_t noise_argument(void)
{
    switch (noise() % 6) {
    case 0:
    case 1:
        return bench[1 + noise() % (BENCH_COUNT - 1)];
    case 2:
        return 1000000 + noise() % 64;
    case 3:
        return hostile_addresses[noise() % HOSTILE_ADDRESSES].address;
    case 4:
        return BENCH_ADDRESS + noise() % 16 * SLUICE_PAGE_BYTES;
    default:
        return noise() | 1ull << 40;
    }
}

/* Calls that change the machine for others, or end the probe: not to be made by chance. */
static bool noise_allowed(uint64_t number)
{
    switch (number) {
    case SLUICE_SYS_thread_exit:
    case SLUICE_SYS_machine_halt:
    case SLUICE_SYS_tunable_set:
    case SLUICE_SYS_policy_propose:
    case SLUICE_SYS_heartbeat:
    case SLUICE_SYS_log_write:
    case SLUICE_SYS_thread_configure:
    case SLUICE_SYS_pool_destroy:
    case SLUICE_SYS_object_destroy:
    case SLUICE_SYS_cap_revoke:
    case SLUICE_SYS_cap_delete:
    case SLUICE_SYS_cap_move:
    case SLUICE_SYS_cap_copy:
    case SLUICE_SYS_reply_save:
        return false;
    }
    return true;
}

static void noise_body(struct probe *probe)
{
    for (unsigned i = 0; i < 64; i++) {
        do
            probe->call.number = noise() % 60;
        while (!noise_allowed(probe->call.number));
        probe->result = probe->call.number;
        for (unsigned j = 0; j < 6; j++)
            probe->call.argument[j] = noise_argument();
        probe->call.word4 = noise_argument();
        probe->call.word5 = noise() % 100;
        probe->call.deadline = SLUICE_NOW;
        if (probe->call.number == SLUICE_SYS_wait)
            probe->call.argument[2] = SLUICE_NOW;
        raw_call(&probe->call);
    }
}

void test_noise(struct probe *probe)
{
    unsigned silent = 0, faults = 0;
    for (unsigned done = 0; done < NOISE_CALLS; done += 64) {
        struct probe_outcome outcome = probe_run(probe, noise_body, 0);
        faults += outcome.kind == PROBE_FAULT;
        if (outcome.kind == PROBE_SILENT && silent++ == 0)
            tap_note("call %lu did not come back", (unsigned long)probe->result);
    }
    tap_equal(silent, 0, "no random call waits for ever");
    tap_ok(faults > 0, "some of them faulted (%u), as they would have in user mode", faults);
    probe->call = (struct raw_call){.number = SLUICE_SYS_null};
    tap_ok(probe_call(probe).kind == PROBE_DONE, "the probe works as before");
}

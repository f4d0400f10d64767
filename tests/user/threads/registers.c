// SPDX-License-Identifier: MIT
/*
 * Registers of stopped threads, read and written; what a program may not set; FPU state across switches.
 * Context: the program's first thread, a probe and partners. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/partner.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/threads/threads.h"

#define FLAG_INTERRUPT 0x200u
#define FLAGS_IOPL 0x3000u
#define FLAG_CARRY 1u

static void spin_body(struct probe *probe)
{
    for (;;)
        probe->result++;
}

static void target_body(struct probe *probe)
{
    probe->result = probe->argument + 1;
}

static void test_read(struct probe *probe, struct sluice_registers *registers)
{
    probe_start(probe, spin_body, 0);
    sluice_sleep_ms(10);
    probe_stop(probe);
    tap_result(sluice_thread_read(probe->thread, registers), 0, "thread_read");
    uint64_t inside = registers->rip - (uint64_t)spin_body;
    tap_ok(inside < 256, "rip lies in what it ran");
    tap_ok(registers->rsp - (uint64_t)probe->stack <= PROBE_STACK_BYTES, "rsp lies in its stack");
}

/* Written as a call of target_body(probe) from nowhere: it is stopped before it would return. */
static void test_write(struct probe *probe, struct sluice_registers *registers)
{
    struct sluice_registers seen;
    registers->rflags = (registers->rflags & ~(uint64_t)FLAG_INTERRUPT) | FLAGS_IOPL | FLAG_CARRY;
    registers->rbx = 0x1122334455667788ull;
    tap_result(sluice_thread_write(probe->thread, registers), 0, "thread_write");
    tap_result(sluice_thread_read(probe->thread, &seen), 0, "thread_read again");
    tap_equal(seen.rbx, registers->rbx, "a register has its new value");
    tap_ok((seen.rflags & FLAG_INTERRUPT) && !(seen.rflags & FLAGS_IOPL) && (seen.rflags & FLAG_CARRY),
           "of the flags, only a program's own were set (%#lx)", (unsigned long)seen.rflags);
    registers->rip = 0xffffffff80101000ull;
    int64_t result = sluice_thread_write(probe->thread, registers);
    struct probe_outcome outcome = {.kind = PROBE_SILENT};
    if (result == 0 && sluice_thread_resume(probe->thread) == 0)
        outcome = probe_collect(probe, 1000);
    tap_ok(result < 0 || outcome.kind != PROBE_SILENT, "rip in the kernel is refused, or faults (%s)",
           error_name(result));
    probe_stop(probe);
    registers->rip = 1ull << 63;
    result = sluice_thread_write(probe->thread, registers);
    if (result == 0 && sluice_thread_resume(probe->thread) == 0)
        outcome = probe_collect(probe, 1000);
    tap_ok(result < 0 || outcome.kind != PROBE_SILENT, "a non-canonical rip is refused, or faults (%s)",
           error_name(result));
    probe_stop(probe);
}

static void test_running(struct probe *probe)
{
    struct sluice_registers registers;
    probe->result = 0;
    probe_start(probe, spin_body, 0);
    tap_result(sluice_thread_read(probe->thread, &registers), SLUICE_E_BUSY,
               "thread_read of a running thread");
    tap_result(sluice_thread_write(probe->thread, &registers), SLUICE_E_BUSY,
               "thread_write of a running thread");
    probe_stop(probe);
    struct probe_outcome outcome = probe_run(probe, target_body, 41);
    tap_ok(outcome.kind == PROBE_DONE && probe->result == 42, "the thread works as before");
}

struct mixer {
    double seed, sum;
};

/* Keeps a sum in FPU registers while others, with other sums, run between its steps. */
static void mix_body(void *argument)
{
    struct mixer *mixer = argument;
    double sum = mixer->seed;
    for (unsigned i = 0; i < 400; i++) {
        sum = sum * 1.0001 + mixer->seed;
        sluice_yield();
    }
    mixer->sum = sum;
}

static void test_fpu(unsigned cpu)
{
    struct mixer mixers[4];
    struct sluice_thread *threads[4];
    for (unsigned i = 0; i < 4; i++) {
        mixers[i] = (struct mixer){.seed = 1.5 + i};
        threads[i] = partner_start(mix_body, &mixers[i], cpu);
    }
    bool good = true;
    for (unsigned i = 0; i < 4; i++) {
        good &= partner_join(threads[i], "mixer");
        double sum = 1.5 + i;
        for (unsigned j = 0; j < 400; j++)
            sum = sum * 1.0001 + (1.5 + i);
        good &= sum == mixers[i].sum;
    }
    tap_ok(good, "four threads keep their FPU registers apart");
}

void test_registers(unsigned cpu)
{
    struct probe probe;
    struct sluice_registers registers;
    if (!tap_ok(probe_init(&probe, cpu), "a thread"))
        return;
    test_read(&probe, &registers);
    test_write(&probe, &registers);
    test_running(&probe);
    probe_end(&probe);
    test_fpu(cpu);
}

// SPDX-License-Identifier: MIT
/*
 * Mode `time`, the many-core timing model, is made of three parts: a clock for each vCPU, held together (time_clock.c); a
 * directory of cache lines (time_line.c); what is measured between markers (time_region.c). time.c joins them.
 * Owns: the parameters, struct time_vcpu. Context: vCPU threads, the vCPU being the caller's own where none is said.
 * Locks: time_lock, a leaf: QEMU's own lock may be held when it is taken, and it is never held while calling QEMU.
 * Tests: tests/sim/time.t. The model, its assumptions, and the sources of its parameters: stress/sim/README.md.
 */
#pragma once
#include "smp/atomic.h"
#include "stress/sim/sim.h"
#include <sys/types.h>

/* Cycles, but letgo_ms and wake_us, which are of the host's time, and mhz. */
struct time_parameters {
    uint64_t transfer, quantum, quantum_outside, ipi, pause, letgo_ms, wake_us, mhz;
};
extern struct time_parameters time_parameters; /* fixed after init */

enum time_state {
    TIME_ABSENT,  /* executed nothing yet */
    TIME_RUNNING, /* executes, or could */
    TIME_WAITING, /* sleeps until no vCPU of the clock is behind it */
    TIME_IDLE,    /* out of the clock: HLT */
};

struct time_count {
    uint64_t operations, instructions, transfers, queued,
        ipis; /* queued: cycles that lines were busy for others */
};

struct time_vcpu {
    /* Atomic: the vCPU's thread writes (the waker, while it is idle), all read. */
    uint64_t now;
    /* Atomic: under time_lock all write, the vCPU's thread reads without: from this time on it has to look around. */
    uint64_t limit;
    /* Atomic: the vCPU's thread writes, who opens or closes a region reads. */
    struct time_count count;
    /* Guarded by time_lock. */
    enum time_state state;
    bool sends; /* an IPI, of which nobody woke yet */
    /* Atomic, a futex: 0 when it goes to sleep, 1 when somebody ends that. */
    uint32_t woken;
    /* Fixed once it runs. */
    pid_t thread;
} __attribute__((aligned(64)));

extern struct time_vcpu time_vcpus[SIM_VCPUS_MAX];

/* --- time_clock.c --- */
void time_enter(void); /* takes time_lock */
void time_leave(void);
bool time_clock_init(void);
/* The vCPU is at or past its limit: waits while it is too far ahead. */
void time_clock_look(unsigned vcpu);
/* Waits until no vCPU is behind this one. Not while QEMU's lock is held. */
void time_clock_turn(unsigned vcpu);
void time_clock_turn_locked(unsigned vcpu);
/* Adds to the vCPU's time, and waits as time_clock_look does. */
void time_clock_charge_locked(unsigned vcpu, uint64_t cycles);
void time_clock_idle(unsigned vcpu);
void time_clock_resume(unsigned vcpu);
/* Around the store that sends an IPI: before it, and after it. */
void time_clock_send(unsigned vcpu);
void time_clock_sent(unsigned vcpu);
/* Another quantum from now on, and clocks set to the fastest: regions opened or closed. */
void time_clock_quantum(uint64_t quantum);
/* Sets the vCPU's own clock so, if it has not looked around since. */
void time_clock_align(unsigned vcpu);
/* How often a vCPU went on although others were behind it, while a region was open and in all; IPIs of which no halted
 * vCPU woke in time, though there was one: most went to one that runs. */
extern uint64_t time_letgos_inside, time_letgos, time_wakes_missed;

/* Relaxed throughout: who decides by another's time holds time_lock, and a time that is old is only smaller. */
static inline void time_clock_advance(unsigned vcpu, uint64_t cycles)
{
    struct time_vcpu *self = &time_vcpus[vcpu];
    uint64_t now = atomic_load_relaxed(&self->now) + cycles;
    atomic_store_relaxed(&self->now, now);
    if (__builtin_expect(now >= atomic_load_relaxed(&self->limit), 0))
        time_clock_look(vcpu);
}

/* --- time_line.c --- */
bool time_line_init(void);
/* An access to a line; true when the line moved, or a copy of it elsewhere was invalidated. */
bool time_line_access(unsigned vcpu, uint64_t line, bool store);

/* --- time_region.c --- */
void time_region_begin(unsigned vcpu, unsigned number);
void time_region_end(unsigned vcpu, unsigned number);
void time_region_print(FILE *out);

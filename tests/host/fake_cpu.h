// SPDX-License-Identifier: MIT
/*
 * CPUs made of threads, for host tests of the kernel's own sources.
 * Owns: the stand-ins for smp/cpu.c, the clock, PAUSE, IPIs, panic and the watchdog; all weak, so a test may link the
 * real ones or its own. Entry points: below. Context: a thread becomes a CPU by fake_cpu_become.
 *
 * A thread is inside the kernel from one fake_exit to the next. An IPI is a flag that fake_interrupted reads.
 */
#pragma once
#include "smp/cpu.h"
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

/* Fresh cpus[0..count-1] with counters for this many pools; forgets those that were. */
void fake_cpus_init(unsigned count, unsigned pools);
void fake_cpus_free(void);
void fake_cpu_become(unsigned number);

/* The way out of the kernel, as sched_exit does it: nothing is pending when it returns. */
void fake_exit(void);
/* What fake_exit does with a message; the test sets it. */
extern void (*fake_message)(struct mailbox_node *node);
/* An IPI came since the last call. */
bool fake_interrupted(void);
/* Sleeps as an idle CPU until an IPI comes or `awake` says so, then leaves the kernel through fake_exit. */
void fake_idle(bool (*awake)(void *context), void *context);

/* IPIs sent, and watchdog_reset calls, since fake_cpus_init. */
uint64_t fake_ipis(void);
uint64_t fake_resets(void);

/* A small generator for each thread; the tests are repeatable up to the host's scheduling. */
uint32_t fake_random(void);

/* Runs the statement; true when it ended in a panic, whose text is then in fake_panic_text. */
extern _Thread_local jmp_buf *fake_panic_jump;
extern _Thread_local char fake_panic_text[256];
#define fake_panics(statement)                                                                               \
    ({                                                                                                       \
        jmp_buf fake_here_;                                                                                  \
        volatile bool fake_caught_ = true;                                                                   \
        fake_panic_jump = &fake_here_;                                                                       \
        if (!setjmp(fake_here_)) {                                                                           \
            statement;                                                                                       \
            fake_caught_ = false;                                                                            \
        }                                                                                                    \
        fake_panic_jump = NULL;                                                                              \
        fake_caught_;                                                                                        \
    })

/* Ends the whole test program when it takes longer: a lost wake-up would hang it. */
void fake_time_limit(unsigned seconds);

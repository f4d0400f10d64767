// SPDX-License-Identifier: MIT
/*
 * Threads of a program: made on a processor, with a stack from the memory server; and locks between them.
 * Owns: struct sluice_thread, one for each thread (the first one's is made at start). Entry points: below.
 * Context: any thread. Locks: sluice_mutex waits in the kernel, on a notification. Tests: tests/user/threads/.
 */
#pragma once
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "smp/atomic.h"
#include <reent.h>
#include <stdbool.h>
#include <stdint.h>

#define SLUICE_STACK_BYTES 32768u /* where 0 is asked for */

struct sluice_thread {
    struct sluice_thread *self; /* at fs:0 */
    uint32_t id;                /* 0 for the first thread, then counting */
    uint32_t cpu;               /* index among the process's processors */
    uint64_t memory_slot;       /* worker of the memory server for that processor */
    uint64_t slot;              /* its thread capability */
    uint64_t event;             /* notification: bit 0 when it ends */
    void (*function)(void *argument);
    void *argument;
    uint32_t ended; /* atomic */
    uint32_t priority;
    uint8_t *stack;
    uint64_t stack_bytes;
    void *window_buffer; /* as sluice_window_set left it */
    uint64_t window_bytes, window_slot, window_slots;
    struct _reent *reent;    /* errno and what else newlib keeps for each thread */
    struct _reent reent_own; /* of all but the first thread, which has newlib's global one */
};

/* Starts function(argument) on the process's processor `cpu` (an index), at most at the process's priority (0: the
 * caller's). NULL when memory, pool or slots do not suffice. */
struct sluice_thread *sluice_thread_create(void (*function)(void *), void *argument, unsigned cpu,
                                           unsigned priority, uint64_t stack_bytes);
/* Waits for the thread's end and gives everything back; false when the deadline passed first. */
bool sluice_thread_join(struct sluice_thread *thread, uint64_t deadline);
/* Ends the calling thread, not the process. */
_Noreturn void sluice_thread_end(void);

/* ipc_window for the calling thread, in such a way that calls of the library which need a window of their own for a
 * moment put this one back. */
void sluice_window_set(void *buffer, uint64_t bytes, uint64_t slot, uint64_t slots);

static inline struct sluice_thread *sluice_thread_self(void)
{
    return thread_pointer();
}

/* All zero is an unlocked mutex. One that is free is taken and given by one instruction each. */
struct sluice_mutex {
    uint32_t state; /* atomic: 0 free, 1 held, 2 held and somebody waits */
    uint32_t event; /* atomic: 0, or where waiters wait: 1 + its number among the process's lock events */
};
void sluice_mutex_wait(struct sluice_mutex *mutex);
void sluice_mutex_wake(struct sluice_mutex *mutex);

static inline bool sluice_mutex_trylock(struct sluice_mutex *mutex)
{
    return atomic_cas(&mutex->state, 0, 1);
}

static inline void sluice_mutex_lock(struct sluice_mutex *mutex)
{
    if (__builtin_expect(!sluice_mutex_trylock(mutex), 0))
        sluice_mutex_wait(mutex);
}

static inline void sluice_mutex_unlock(struct sluice_mutex *mutex)
{
    if (__builtin_expect(atomic_exchange(&mutex->state, 0) == 2, 0))
        sluice_mutex_wake(mutex);
}

/* Needed only for a mutex whose memory is used for something else afterwards. Nobody holds it. */
void sluice_mutex_finish(struct sluice_mutex *mutex);

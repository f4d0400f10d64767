// SPDX-License-Identifier: MIT
/*
 * Mutexes between the threads of a process, where somebody has to wait: three states, and one bit of a notification.
 * Owns: the process's lock events: up to 64 notifications, made when they are needed, each bit one event; a mutex gets
 * an event when somebody first has to wait for it. Context: any thread. Locks: event_lock, a leaf, held for some
 * instructions. Tests: tests/user/threads/.
 *
 * One bit, one mutex: unlocking wakes one waiter, and it must be one of this mutex. The bit stays set when the waiter
 * has not come to its wait yet; a waiter that finds the mutex taken waits again.
 */
#include "servers/lib/runtime_internal.h"
#include "servers/lib/thread.h"
#include "smp/atomic.h"

#define EVENT_WORDS 64u
#define SPIN_ROUNDS 64

static uint64_t event_used[EVENT_WORDS]; /* guarded by event_lock; bit set: a mutex has it */
static uint16_t event_slot[EVENT_WORDS]; /* fixed once set */
static uint32_t event_lock;

void locks_start(void)
{
    event_slot[0] = SLUICE_SLOT_LOCKS;
    sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, SLUICE_SLOT_LOCKS, 0, 0);
}

static void event_lock_take(void)
{
    while (atomic_exchange(&event_lock, 1))
        sluice_yield();
}

static void event_lock_give(void)
{
    /* pairs with event_lock_take() in mutex.c: the tables come before the lock is free */
    atomic_store_release(&event_lock, 0);
}

static bool event_word_ready(unsigned word)
{
    uint64_t slot;

    if (event_slot[word])
        return true;
    slot = sluice_slot_alloc();
    if (!slot)
        return false;
    if (sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, slot, 0, 0) < 0) {
        sluice_slot_free(slot);
        return false;
    }
    event_slot[word] = (uint16_t)slot;
    return true;
}

/* A free event as its number + 1, or 0. */
static uint32_t event_take(void)
{
    uint32_t event = 0;

    event_lock_take();
    for (unsigned word = 0; word < EVENT_WORDS && !event; word++) {
        if (event_used[word] == UINT64_MAX || !event_word_ready(word))
            continue;
        unsigned bit = (unsigned)__builtin_ctzll(~event_used[word]);
        event_used[word] |= 1ull << bit;
        event = word * 64 + bit + 1;
    }
    event_lock_give();
    return event;
}

static void event_give(uint32_t event)
{
    event_lock_take();
    event_used[(event - 1) / 64] &= ~(1ull << (event - 1) % 64);
    event_lock_give();
}

static void mutex_event_ensure(struct sluice_mutex *mutex)
{
    uint32_t event;

    if (atomic_load_relaxed(&mutex->event)) /* it never changes again; a stale 0 only costs a try */
        return;
    event = event_take();
    if (event && !atomic_cas(&mutex->event, 0, event))
        event_give(event);
}

/* Without an event (none is left) waiters look again after 50 us. */
static void event_wait(const struct sluice_mutex *mutex)
{
    uint32_t event = atomic_load_relaxed(&mutex->event); /* fixed since mutex_event_ensure, or 0 */

    if (event)
        sluice_wait(event_slot[(event - 1) / 64], 1ull << (event - 1) % 64, SLUICE_FOREVER, NULL);
    else
        sluice_sleep_until(sluice_clock() + 50000);
}

/* It was not free: it is held when this returns. */
void sluice_mutex_wait(struct sluice_mutex *mutex)
{
    for (int i = 1; i < SPIN_ROUNDS; i++) {
        cpu_relax();
        if (sluice_mutex_trylock(mutex))
            return;
    }
    mutex_event_ensure(mutex);
    while (atomic_exchange(&mutex->state, 2) != 0)
        event_wait(mutex);
}

/* It was given back, and somebody waits. */
void sluice_mutex_wake(struct sluice_mutex *mutex)
{
    uint32_t event =
        atomic_load_relaxed(&mutex->event); /* set before state became 2, which the exchange saw */

    if (event)
        sluice_signal(event_slot[(event - 1) / 64], 1ull << (event - 1) % 64);
}

void sluice_mutex_finish(struct sluice_mutex *mutex)
{
    if (mutex->event)
        event_give(mutex->event);
    mutex->event = 0;
}

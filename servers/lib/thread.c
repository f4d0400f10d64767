// SPDX-License-Identifier: MIT
/*
 * Threads: blocks, stacks, start, end, join; the window a thread set.
 * Owns: the layout of a thread's block: thread-local variables below struct sluice_thread, as the x86-64 ABI's
 * variant II wants them. Context: any thread. Locks: newlib's for the block. Tests: tests/user/threads/.
 */
#include "servers/lib/memory.h"
#include "servers/lib/runtime_internal.h"
#include "smp/atomic.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TLS_BYTES_MAX 1024u /* asserted in user.ld */

extern const char sluice_tls_start[], sluice_tls_file_bytes[], sluice_tls_bytes[]; /* sizes are addresses */
void sluice_thread_entry(void);
_Noreturn void sluice_thread_run(struct sluice_thread *thread);

static uint32_t thread_count = 1;

static struct sluice_thread *block_init(uint8_t *block)
{
    struct sluice_thread *thread = (struct sluice_thread *)(block + TLS_BYTES_MAX);
    uint8_t *variables = (uint8_t *)thread - (((uint64_t)sluice_tls_bytes + 15) & ~15ull);

    memcpy(variables, sluice_tls_start, (size_t)sluice_tls_file_bytes);
    thread->self = thread;
    return thread;
}

struct sluice_thread *thread_first(void)
{
    static uint8_t block[TLS_BYTES_MAX + sizeof(struct sluice_thread)] __attribute__((aligned(64)));
    struct sluice_thread *thread = block_init(block);

    thread->reent = _GLOBAL_REENT;
    thread->slot = SLUICE_SLOT_THREAD;
    thread->memory_slot = SLUICE_SLOT_MEMORY(0);
    return thread;
}

__attribute__((weak)) void *runtime_stack_map(uint64_t bytes)
{
    void *stack;

    if (sluice_memory_map(0, bytes, SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MEMORY_STACK, &stack) < 0)
        return NULL;
    return stack;
}

__attribute__((weak)) void runtime_stack_unmap(void *stack, uint64_t bytes)
{
    sluice_memory_unmap(stack, bytes);
}

__attribute__((weak)) uint64_t runtime_fault_slot(unsigned cpu)
{
    return SLUICE_SLOT_MEMORY(cpu);
}

_Noreturn void sluice_thread_run(struct sluice_thread *thread)
{
    thread->function(thread->argument);
    sluice_thread_end();
}

_Noreturn void sluice_thread_end(void)
{
    struct sluice_thread *self = sluice_thread_self();

    self->reent_own.__sdidinit = 0; /* the streams are the process's, not this thread's: they stay open */
    _reclaim_reent(&self->reent_own);
    /* pairs with sluice_thread_join() in thread.c: all this thread wrote before its end is seen */
    atomic_store_release(&self->ended, 1);
    sluice_signal(self->event, 1);
    for (;;)
        sluice_thread_exit(0);
}

/* Gives back whatever of the thread was made; its kernel thread, if any, is ended first. */
static void thread_free(struct sluice_thread *thread)
{
    if (thread->slot) {
        sluice_thread_stop(thread->slot); /* on its stack no more, wherever it was */
        sluice_object_destroy(thread->slot);
        sluice_slot_drop(thread->slot);
    }
    if (thread->event) {
        sluice_object_destroy(thread->event);
        sluice_slot_drop(thread->event);
    }
    if (thread->stack)
        runtime_stack_unmap(thread->stack, thread->stack_bytes);
    free((uint8_t *)thread - TLS_BYTES_MAX);
}

/* An object in the process's pool, in a new slot: 0 when there is no room. */
static uint64_t object_new(enum sluice_type type, uint64_t arg0, uint64_t arg1)
{
    uint64_t slot = sluice_slot_alloc();

    if (!slot || sluice_object_create(SLUICE_SLOT_POOL, type, slot, arg0, arg1) == 0)
        return slot;
    sluice_slot_free(slot);
    return 0;
}

static bool thread_make(struct sluice_thread *thread)
{
    thread->stack = runtime_stack_map(thread->stack_bytes);
    thread->event = object_new(SLUICE_TYPE_NOTIFICATION, 0, 0);
    thread->slot = object_new(SLUICE_TYPE_THREAD, SLUICE_SLOT_CSPACE, SLUICE_SLOT_ASPACE);
    if (!thread->stack || !thread->event || !thread->slot)
        return false;
    if (sluice_thread_move(thread->slot, SLUICE_SLOT_CPU(thread->cpu)) < 0)
        return false;
    return sluice_thread_configure(thread->slot, thread->priority, 0, runtime_fault_slot(thread->cpu),
                                   (uint64_t)thread) == 0;
}

struct sluice_thread *sluice_thread_create(void (*function)(void *), void *argument, unsigned cpu,
                                           unsigned priority, uint64_t stack_bytes)
{
    uint8_t *block =
        cpu < sluice_cpu_count() ? calloc(1, TLS_BYTES_MAX + sizeof(struct sluice_thread)) : NULL;
    struct sluice_thread *thread;

    if (!block)
        return NULL;
    thread = block_init(block);
    _REENT_INIT_PTR(&thread->reent_own);
    thread->reent = &thread->reent_own;
    thread->id = atomic_fetch_add(&thread_count, 1);
    thread->cpu = cpu;
    thread->memory_slot = SLUICE_SLOT_MEMORY(cpu);
    thread->priority = priority ? priority : sluice_thread_self()->priority;
    thread->stack_bytes = ((stack_bytes ? stack_bytes : SLUICE_STACK_BYTES) + 4095) & ~4095ull;
    thread->function = function;
    thread->argument = argument;
    if (thread_make(thread) &&
        sluice_thread_start(thread->slot, (uint64_t)sluice_thread_entry,
                            (uint64_t)thread->stack + thread->stack_bytes, (uint64_t)thread) == 0)
        return thread;
    thread_free(thread);
    return NULL;
}

bool sluice_thread_join(struct sluice_thread *thread, uint64_t deadline)
{
    /* pairs with sluice_thread_end() in thread.c: what the thread wrote comes before `ended` */
    while (!atomic_load_acquire(&thread->ended)) {
        int64_t result = sluice_wait(thread->event, 1, deadline, NULL);

        if (result == SLUICE_E_TIMEOUT || result == SLUICE_E_WOULD_BLOCK)
            return false;
    }
    thread_free(thread);
    return true;
}

void sluice_window_set(void *buffer, uint64_t bytes, uint64_t slot, uint64_t slots)
{
    struct sluice_thread *self = sluice_thread_self();

    self->window_buffer = buffer;
    self->window_bytes = bytes;
    self->window_slot = slot;
    self->window_slots = slots;
    window_restore();
}

void window_borrow(void *buffer, uint64_t bytes, uint64_t slot, uint64_t slots)
{
    sluice_ipc_window(buffer, bytes, slot, slots);
}

void window_restore(void)
{
    struct sluice_thread *self = sluice_thread_self();

    sluice_ipc_window(self->window_buffer, self->window_bytes, self->window_slot, self->window_slots);
}

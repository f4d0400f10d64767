// SPDX-License-Identifier: MIT
/*
 * The event log, and what a log capability is good for: mapping counters and events, a line on the boot console.
 * Entry points: log_event; sys_log_map, sys_log_write. Context: kernel, interrupts off. Locks: none here; log_map
 * takes those of the space (mm/). Tests: tests/host/test_tunables.c, tests/user/counters/.
 */
#include "kernel/log/log.h"
#include "kernel/boot/platform.h"
#include "kernel/cap/cap.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/user.h"
#include "smp/cpu.h"
#include "tunables/counters.h"

#define LOG_LINE_BYTES 256u

void log_event(enum sluice_event_kind kind, uint32_t a, uint64_t b, uint64_t c)
{
    struct sluice_event_ring *ring = cpu_self()->events;
    uint64_t head = atomic_load_relaxed(&ring->head); /* relaxed: only this CPU writes it */
    struct sluice_event *event = &ring->ring[head & (counters_system->events - 1)];
    compiler_barrier(); /* x86 stores in order: the head before this event's overwriting of an old one */
    event->tsc = clock_tsc();
    event->kind = kind;
    event->a = a;
    event->b = b;
    event->c = c;
    /* pairs with counters_event() in servers/lib/counters.c: the event before the head that counts it */
    atomic_store_release(&ring->head, head + 1);
}

int64_t sys_log_map(struct thread *thread, uint64_t *args)
{
    struct cap log, space;
    struct counters_range range;
    int64_t result = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_LOG, SLUICE_RIGHT_READ, &log);
    if (!result)
        result = cap_lookup(thread->cspace, args[1], SLUICE_TYPE_ASPACE, SLUICE_RIGHT_CONTROL, &space);
    if (result)
        return result;
    if (!counters_pages(args[3], args[4], &range))
        return SLUICE_E_NOT_FOUND;
    uint64_t mapped = 0;
    result = aspace_map_kernel(thread, (struct aspace *)space.object, args[2],
                               direct_map_physical(range.start), range.pages, &mapped);
    if (result > SYSCALL_BLOCKED)
        args[2] = mapped; /* the call is over: until then args[2] is the address, read again at each entry */
    return result;
}

int64_t sys_log_write(struct thread *thread, uint64_t *args)
{
    struct cap log;
    char line[LOG_LINE_BYTES];
    int64_t error = cap_lookup(thread->cspace, args[0], SLUICE_TYPE_LOG, SLUICE_RIGHT_WRITE, &log);
    if (error)
        return error;
    if (args[2] > sizeof(line))
        return SLUICE_E_BAD_ARGUMENT;
    if (user_copy_in(thread->aspace, line, args[1], args[2], &thread->fault_address)) {
        thread->fault_error = 0;
        return SYSCALL_FAULT;
    }
    console_write(line, args[2]);
    return (int64_t)args[2];
}

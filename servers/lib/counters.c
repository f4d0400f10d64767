// SPDX-License-Identifier: MIT
/*
 * Mapping and reading the kernel's counters.
 * Entry points: see counters.h. Owns: the range of addresses where the pages are mapped. Context: counters_open by one
 * thread. Locks: none. Tests: tests/user/counters/.
 */
#include "servers/lib/counters.h"
#include "servers/lib/runtime_internal.h"
#include "smp/atomic.h"
#include <stdio.h>
#include <string.h>

static uint64_t map_next = RUNTIME_COUNTERS_ADDRESS;

/* NULL on failure, with *error set. Ranges follow one another, to need few page tables. */
static const void *pages_map(enum sluice_log_page what, uint64_t index, int64_t *error)
{
    uint64_t pages = 0, address = map_next;
    int64_t result = sluice_log_map(SLUICE_SLOT_LOG, SLUICE_SLOT_ASPACE, address, what, index, &pages);

    if (result < 0) {
        *error = result;
        return NULL;
    }
    map_next += pages * SLUICE_PAGE_BYTES;
    return (const void *)address;
}

static int64_t counters_map(struct counters *counters)
{
    int64_t error = 0;

    counters->system = pages_map(SLUICE_LOG_SYSTEM, 0, &error);
    if (!counters->system)
        return error;
    counters->pools = pages_map(SLUICE_LOG_POOLS, 0, &error);
    for (unsigned cpu = 0; cpu < counters->system->cpus && error == 0; cpu++) {
        counters->locks[cpu] = pages_map(SLUICE_LOG_COUNTERS, cpu, &error);
        counters->cpus[cpu] = pages_map(SLUICE_LOG_CPU, cpu, &error);
        counters->events[cpu] = pages_map(SLUICE_LOG_EVENTS, cpu, &error);
    }
    return error;
}

int64_t counters_open(struct counters *counters)
{
    static struct counters opened;
    int64_t error = 0;

    if (!opened.system)
        error = counters_map(&opened);
    if (error < 0)
        opened.system = NULL;
    *counters = opened;
    return error;
}

/* Every field has one writer, a CPU; whole words are read, at slightly different moments. */
void counters_lock_sum(const struct counters *counters, unsigned pool, unsigned lock_class,
                       struct sluice_lock_counters *sum)
{
    memset(sum, 0, sizeof *sum);
    for (unsigned cpu = 0; cpu < counters->system->cpus; cpu++) {
        const struct sluice_lock_counters *from = counters_lock(counters, cpu, pool, lock_class);
        uint32_t longest = atomic_load_relaxed(&from->wait_max_cycles); /* relaxed: statistics */
        sum->acquired += atomic_load_relaxed(&from->acquired);
        sum->contended += atomic_load_relaxed(&from->contended);
        sum->wait_cycles += atomic_load_relaxed(&from->wait_cycles);
        sum->hold_cycles += atomic_load_relaxed(&from->hold_cycles);
        sum->hold_samples += atomic_load_relaxed(&from->hold_samples);
        sum->forwarded += atomic_load_relaxed(&from->forwarded);
        sum->queue_sum += atomic_load_relaxed(&from->queue_sum);
        sum->handover_near += atomic_load_relaxed(&from->handover_near);
        sum->handover_self += atomic_load_relaxed(&from->handover_self);
        if (longest > sum->wait_max_cycles)
            sum->wait_max_cycles = longest;
    }
}

void counters_cpu_sum(const struct counters *counters, struct sluice_cpu_counters *sum)
{
    memset(sum, 0, sizeof *sum);
    for (unsigned cpu = 0; cpu < counters->system->cpus; cpu++) {
        const struct sluice_cpu_counters *from = counters->cpus[cpu];
#define COUNTER_SUM(name, sentence) sum->name += atomic_load_relaxed(&from->name); /* relaxed: statistics */
        SLUICE_CPU_COUNTERS(COUNTER_SUM)
#undef COUNTER_SUM
    }
}

bool counters_pool(const struct counters *counters, unsigned pool, struct sluice_pool_info *info)
{
    const struct sluice_pool_info *from = &counters->pools[pool];
    uint32_t before, after;

    do {
        before = atomic_load_relaxed(
            &from->generation); /* x86 keeps the loads in order, and the barriers the compiler */
        compiler_barrier();
        memcpy(info, (const void *)from, sizeof *info);
        compiler_barrier();
        after = atomic_load_relaxed(&from->generation); /* relaxed: as above */
    } while (before != after);
    info->generation = before;
    return before & 1;
}

bool counters_event(const struct counters *counters, unsigned cpu, uint64_t *next, struct sluice_event *event)
{
    const struct sluice_event_ring *ring = counters->events[cpu];
    uint64_t size = counters->system->events;

    for (;;) {
        uint64_t head =
            atomic_load_acquire(&ring->head); /* pairs with log_event() in log.c: the event, then head */
        if (*next >= head)
            return false;
        if (head - *next >= size) /* the oldest place may be being written just now */
            *next = head - size + 1;
        *event = ring->ring[*next % size];
        atomic_fence(); /* pairs with log_event() in log.c: was it overwritten while it was read? */
        if (atomic_load_relaxed(&ring->head) - *next < size) { /* the fence orders it */
            (*next)++;
            return true;
        }
    }
}

static const char *const event_formats[] = {
#define EVENT_FORMAT(name, format) format,
    SLUICE_EVENTS(EVENT_FORMAT)
#undef EVENT_FORMAT
};

const char *counters_event_text(const struct counters *counters, unsigned cpu,
                                const struct sluice_event *event, char *text, unsigned bytes)
{
    uint64_t us = (uint64_t)((unsigned __int128)event->tsc * 1000000 / counters->system->tsc_hz);
    unsigned length = (unsigned)snprintf(text, bytes, "%lu.%06lu cpu %u: ", (unsigned long)(us / 1000000),
                                         (unsigned long)(us % 1000000), cpu);
    const char *format =
        event->kind < SLUICE_EVENT_COUNT ? event_formats[event->kind] : "event of a newer kernel";

    for (; *format && length + 1 < bytes; format++) {
        if (format[0] != '%') {
            text[length++] = *format;
            continue;
        }
        uint64_t value = *++format == 'a' ? event->a : *format == 'b' ? event->b : event->c;
        length += (unsigned)snprintf(text + length, bytes - length, "%lu", (unsigned long)value);
    }
    text[length < bytes ? length : bytes - 1] = '\0';
    return text;
}

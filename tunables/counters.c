// SPDX-License-Identifier: MIT
/*
 * The memory of counters, event logs, pool descriptions and transition records.
 * Entry points: counters_bytes, counters_init at boot; counters_pages for log_map. Context: kernel. Locks: none: fixed
 * after boot, and what lies in the pages has one writer each. Tests: tests/host/test_tunables.c, tests/user/counters/.
 *
 *      system page | pool infos | transition records | CPU 0: lock counters, CPU counters, event ring | CPU 1: ... |
 */
#include "tunables/counters.h"
#include "kernel/boot/memory.h"
#include "smp/cpu.h"
#include "tunables/transition.h"

struct sluice_system_info *counters_system;
struct sluice_pool_info *counters_pool_infos;

struct layout {
    uint64_t infos, transitions;                  /* bytes, whole pages each */
    uint64_t lock_counters, cpu_counters, events; /* of each CPU */
};

static uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + SLUICE_PAGE_BYTES - 1) & ~(uint64_t)(SLUICE_PAGE_BYTES - 1);
}

static struct layout layout_now(void)
{
    uint64_t count = tunable(pools_max);
    return (struct layout){
        .infos = whole_pages(count * sizeof(struct sluice_pool_info)),
        .transitions = whole_pages(transition_bytes((unsigned)count)),
        .lock_counters = whole_pages(count * SLUICE_CLASSES_MAX * sizeof(struct sluice_lock_counters)),
        .cpu_counters = whole_pages(sizeof(struct sluice_cpu_counters)),
        .events =
            whole_pages(sizeof(struct sluice_event_ring) + tunable(log_events) * sizeof(struct sluice_event)),
    };
}

static uint64_t layout_cpu_bytes(const struct layout *layout)
{
    return layout->lock_counters + layout->cpu_counters + layout->events;
}

uint64_t counters_bytes(unsigned cpus_present)
{
    struct layout layout = layout_now();
    return SLUICE_PAGE_BYTES + layout.infos + layout.transitions + cpus_present * layout_cpu_bytes(&layout);
}

static void system_page_fill(unsigned cpus_present)
{
    *counters_system = (struct sluice_system_info){
        .abi_version = 1,
        .cpus = cpus_present,
        .pools_max = (uint32_t)tunable(pools_max),
        .classes = LOCK_CLASS_COUNT,
        .events = (uint32_t)tunable(log_events),
        .tunables = TUNABLE_COUNT,
        .tsc_hz = tsc_hz,
    };
    for (unsigned lock_class = 0; lock_class < LOCK_CLASS_COUNT; lock_class++) {
        const struct policy_class *from = &policy_classes[lock_class];
        struct sluice_class_info *to = &counters_system->class_info[lock_class];
        for (unsigned i = 0; i < sizeof(to->name) - 1 && from->name[i]; i++)
            to->name[i] = from->name[i];
        to->rank = from->rank;
        to->granularities = from->granularities;
        to->algorithms = from->algorithms;
    }
}

static void *cut(char **rest, uint64_t bytes)
{
    char *piece = *rest;
    *rest += bytes;
    return piece;
}

void counters_init(void *memory, unsigned cpus_present)
{
    struct layout layout = layout_now();
    memory_clear(memory, counters_bytes(cpus_present));
    char *rest = memory;
    counters_system = cut(&rest, SLUICE_PAGE_BYTES);
    counters_pool_infos = cut(&rest, layout.infos);
    transition_init(cut(&rest, layout.transitions));
    for (unsigned i = 0; i < cpus_present; i++) {
        cpus[i]->lock_counters = cut(&rest, layout.lock_counters);
        cpus[i]->counters = cut(&rest, layout.cpu_counters);
        cpus[i]->events = cut(&rest, layout.events);
    }
    system_page_fill(cpus_present);
}

bool counters_pages(uint64_t what, uint64_t index, struct counters_range *range)
{
    struct layout layout = layout_now();
    bool per_cpu = what >= SLUICE_LOG_COUNTERS;
    if (what > SLUICE_LOG_EVENTS || index >= (per_cpu ? counters_system->cpus : 1))
        return false;
    const struct {
        void *start;
        uint64_t bytes;
    } pages[] = {
        [SLUICE_LOG_SYSTEM] = {counters_system, SLUICE_PAGE_BYTES},
        [SLUICE_LOG_POOLS] = {counters_pool_infos, layout.infos},
        [SLUICE_LOG_COUNTERS] = {cpus[index]->lock_counters, layout.lock_counters},
        [SLUICE_LOG_CPU] = {cpus[index]->counters, layout.cpu_counters},
        [SLUICE_LOG_EVENTS] = {cpus[index]->events, layout.events},
    };
    *range = (struct counters_range){pages[what].start, pages[what].bytes / SLUICE_PAGE_BYTES};
    return true;
}

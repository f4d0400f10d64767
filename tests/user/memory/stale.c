// SPDX-License-Identifier: MIT
/*
 * Stale translations: a pinned thread keeps touching a page while we take it away. Once the call that took it away has
 * returned, the thread's next touch must fault; a frame that moved on must never be seen through the old address.
 * The reader makes no system call, so nothing but the kernel's own shootdown can empty its TLB.
 * Context: the program's first thread and a probe. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "servers/lib/counters.h"
#include "smp/atomic.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/probe.h"
#include "tests/user/lib/tap.h"
#include "tests/user/memory/memory.h"

#define ROUNDS 60u
#define GOOD 0x600d600d600d600dull
#define POISON 0xdeadbeefdeadbeefull
#define PAGE BENCH_ADDRESS
#define ELSEWHERE (BENCH_ADDRESS + 0x40000000ull)
#define RW (SLUICE_MAP_READ | SLUICE_MAP_WRITE)

static struct {
    uint64_t gone;     /* atomic: set after the call that took the page away has returned */
    uint64_t touches;  /* atomic: by the probe */
    uint64_t late;     /* touches that succeeded after it saw `gone` */
    uint64_t poisoned; /* it read what another owner wrote */
} stale;

static void reader_body(struct probe *probe)
{
    volatile uint64_t *page = (volatile uint64_t *)probe->argument;
    for (;;) {
        /* pairs with round_run() in stale.c: `gone` is read before the page is touched */
        uint64_t gone = atomic_load_acquire(&stale.gone);
        uint64_t value = *page;
        stale.late += gone;
        stale.poisoned += value != GOOD;
        atomic_store_relaxed(&stale.touches, stale.touches + 1); /* relaxed: only says that we are alive */
    }
}

static void writer_body(struct probe *probe)
{
    volatile uint64_t *page = (volatile uint64_t *)probe->argument;
    for (;;) {
        /* pairs with round_run() in stale.c: `gone` is read before the page is touched */
        uint64_t gone = atomic_load_acquire(&stale.gone);
        *page = GOOD;
        stale.late += gone;
        atomic_store_relaxed(&stale.touches, stale.touches + 1); /* relaxed: only says that we are alive */
    }
}

static bool touching(void)
{
    uint64_t then = atomic_load_relaxed(&stale.touches); /* relaxed: progress only */
    for (unsigned i = 0; i < 2000; i++) {
        if (atomic_load_relaxed(&stale.touches) != then)
            return true;
        sluice_sleep_ms(1);
    }
    return false;
}

static int64_t take_away(bool protect)
{
    return protect ? sluice_aspace_protect(SLUICE_SLOT_ASPACE, PAGE, 1, SLUICE_MAP_READ)
                   : sluice_aspace_unmap(SLUICE_SLOT_ASPACE, PAGE, 1, NULL);
}

/* One page given, touched, taken away, its frame poisoned elsewhere. */
static bool round_run(struct probe *probe, const struct resource_region *region, bool protect)
{
    stale.gone = stale.touches = 0;
    uint64_t frame = resource_detail(region->slot, 0) & 3;
    if (sluice_aspace_map(SLUICE_SLOT_ASPACE, region->slot, frame, PAGE, 1, RW, NULL) != 0)
        return false;
    *(volatile uint64_t *)PAGE = GOOD;
    bool good = probe_start(probe, protect ? writer_body : reader_body, PAGE) && touching();
    good &= take_away(protect) == 0;
    /* pairs with reader_body() and writer_body() in stale.c: the page is gone before they can see `gone` */
    atomic_store_release(&stale.gone, 1);
    if (!protect) {
        good &= sluice_aspace_map(SLUICE_SLOT_ASPACE, region->slot, frame, ELSEWHERE, 1, RW, NULL) == 0;
        *(volatile uint64_t *)ELSEWHERE = POISON;
    }
    struct probe_outcome outcome = probe_collect(probe, 2000);
    probe_stop(probe);
    sluice_aspace_unmap(SLUICE_SLOT_ASPACE, protect ? PAGE : ELSEWHERE, 1, NULL);
    return good && outcome.kind == PROBE_FAULT && outcome.address == PAGE;
}

static void test_rounds(struct probe *probe, const struct resource_region *region, bool protect, unsigned cpu)
{
    unsigned good = 0;
    stale.late = stale.poisoned = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        good += round_run(probe, region, protect);
    const char *what = protect ? "write-protected" : "unmapped";
    tap_equal(good, ROUNDS, "a page that is %s is gone for a thread on processor %u", what, cpu);
    tap_equal(stale.late, 0, "no touch of a page %s succeeds after the call", what);
    tap_equal(stale.poisoned, 0, "a frame that moved on is never seen at its old address");
}

/* Unmapping in a space that no other processor is in interrupts nobody. */
static void test_no_interrupts(const struct resource_region *region)
{
    struct counters counters;
    struct sluice_cpu_counters before, after;
    uint64_t space = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_ASPACE, 0, 0);
    if (!resource_has(SLUICE_SLOT_LOG) || counters_open(&counters) != 0 || !space)
        return;
    counters_cpu_sum(&counters, &before);
    bool good = true;
    for (unsigned i = 0; i < 50; i++) {
        good &= sluice_aspace_map(space, region->slot, 0, PAGE, 4, RW, NULL) == 0;
        good &= sluice_aspace_unmap(space, PAGE, 4, NULL) == 0;
    }
    counters_cpu_sum(&counters, &after);
    tap_ok(good, "50 times map and unmap in a space where nobody runs");
    tap_equal(after.shootdown_ipis, before.shootdown_ipis, "interrupts no processor");
    tap_ok(after.unmapped_pages >= before.unmapped_pages + 200, "and is counted");
    resource_object_end(space);
}

void test_stale(unsigned cpu)
{
    struct probe probe;
    struct resource_region region;
    if (!tap_ok(probe_init(&probe, cpu) && resource_region_init(&region, 8) == 0, "a thread and a region"))
        return;
    test_rounds(&probe, &region, false, cpu);
    test_rounds(&probe, &region, true, cpu);
    test_no_interrupts(&region);
    tap_equal(resource_detail(region.slot, RESOURCE_REGION_MAPPED), 0, "no frame is mapped at the end");
    probe_end(&probe);
    tap_result(resource_region_end(&region), 0, "the region is given back");
}

// SPDX-License-Identifier: MIT
/*
 * Ways to more than one was given: badges through facets, facets that outlive the one they were made of, priorities,
 * rights of mappings.
 * Context: the program's first thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/process.h"
#include "servers/lib/thread.h"
#include "smp/lock/classes.h"
#include "stress/lib/resources.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"

#define POOL (bench[SLUICE_TYPE_POOL])
#define ENDPOINT (bench[SLUICE_TYPE_ENDPOINT])
#define NO_BADGE (SLUICE_RIGHTS_ALL & ~SLUICE_RIGHT_BADGE)

/* What copying a facet of `target` with this badge says; such a copy is used once, if it was made. */
static int64_t facet_badge(uint64_t target, uint64_t badge)
{
    struct sluice_cpu_info info;
    uint64_t facet = resource_object(POOL, SLUICE_TYPE_FACET, target, 0), copy = sluice_slot_alloc();
    int64_t result = facet ? sluice_cap_copy(0, copy, facet, SLUICE_RIGHTS_ALL, badge) : SLUICE_E_NO_MEMORY;
    if (result == 0)
        sluice_cpu_info(copy, &info);
    sluice_slot_drop(copy);
    resource_object_end(facet);
    return result;
}

static void test_facet_badges(void)
{
    uint64_t plain = resource_weaker(ENDPOINT, NO_BADGE), ports = sluice_slot_alloc();
    tap_result(facet_badge(ENDPOINT, 7), 0, "a facet gives badges where what it forwards to does");
    tap_result(facet_badge(plain, 7), SLUICE_E_NO_RIGHT, "a facet gives no badge where it does not");
    tap_result(facet_badge(SLUICE_SLOT_CPU(0), 100000), SLUICE_E_BAD_TYPE,
               "a facet makes no other processor of one");
    if (resource_has(SLUICE_SLOT_PORTS)) {
        sluice_cap_copy(0, ports, SLUICE_SLOT_PORTS, SLUICE_RIGHTS_ALL, 0x80 | 1 << 16);
        tap_result(facet_badge(ports, 0x70 | 64 << 16), SLUICE_E_OUT_OF_BOUNDS,
                   "a facet widens no port range");
    }
    sluice_slot_drop(ports);
    sluice_slot_drop(plain);
}

/* Or a grant could be kept by whoever it was given to, and lose its badge. */
static void test_facet_of_facet(void)
{
    uint64_t facet = resource_object(POOL, SLUICE_TYPE_FACET, ENDPOINT, 0);
    tap_result(sluice_object_create(POOL, SLUICE_TYPE_FACET, bench[BENCH_FREE], facet, 0), SLUICE_E_BAD_TYPE,
               "a facet of a facet is refused");
    sluice_cap_delete(0, bench[BENCH_FREE]);
    resource_object_end(facet);
}

static void test_priority(void)
{
    uint64_t thread =
        resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_THREAD, SLUICE_SLOT_CSPACE, SLUICE_SLOT_ASPACE);
    uint64_t priority = resource_detail(thread, RESOURCE_THREAD_PRIORITY);
    tap_ok(priority <= sluice_process->priority, "a new thread has no higher priority (%lu) than its maker",
           (unsigned long)priority);
    resource_object_end(thread);
}

/* Nobody keeps a processor from its equals for long. */
static void test_slice(void)
{
    uint64_t self = (uint64_t)sluice_thread_self();
    tap_result(sluice_thread_configure(0, sluice_process->priority, 1000001, 0, self), SLUICE_E_BAD_ARGUMENT,
               "a time slice of more than a second is refused");
    tap_result(sluice_thread_configure(0, sluice_process->priority, 1000000, 0, self), 0,
               "one of a second is not");
    sluice_thread_configure(0, sluice_process->priority, 0, 0, self);
}

/* Where the pool's policy has it made is no processor that its maker was given. */
static void test_home(void)
{
    unsigned first = sluice_process->cpu[0], last = sluice_process->cpu[sluice_cpu_count() - 1];
    tap_result(hostile_policy_set(LOCK_CLASS_alloc, SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, last)), 0,
               "objects are made on another processor");
    uint64_t thread =
        resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_THREAD, SLUICE_SLOT_CSPACE, SLUICE_SLOT_ASPACE);
    tap_equal(resource_detail(thread, RESOURCE_THREAD_CPU), first, "a new thread has its maker's home");
    resource_object_end(thread);
    tap_result(hostile_policy_set(LOCK_CLASS_alloc,
                                  SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)),
               0, "and here again");
}

/* What is shared for reading is not written, whatever the sharer's own space is told. */
static void test_shared_rights(void)
{
    int64_t object = sluice_memory_object_create(4096, SLUICE_MAP_READ);
    void *where = NULL;
    int64_t result = sluice_memory_object_map((uint64_t)object, 0, 0, 4096,
                                              SLUICE_MAP_READ | SLUICE_MEMORY_POPULATE, &where);
    tap_ok(object > 0 && result == 0, "an object that may only be read");
    tap_result(
        sluice_aspace_protect(SLUICE_SLOT_ASPACE, (uint64_t)where, 1, SLUICE_MAP_READ | SLUICE_MAP_WRITE),
        SLUICE_E_NO_RIGHT, "aspace_protect does not make it writable");
    sluice_memory_unmap(where, 4096);
    sluice_memory_object_close((uint64_t)object);
}

void test_rights(void)
{
    test_facet_of_facet();
    test_priority();
    test_home();
    test_slice();
    test_shared_rights();
    test_facet_badges();
}

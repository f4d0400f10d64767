// SPDX-License-Identifier: MIT
/*
 * The root server's objects and capabilities (slots: kernel/abi/boot.h).
 * Owns: the objects that stand for the machine itself. Entry points: kernel/boot/root_internal.h. Context: boot CPU, all
 * CPUs up and idle. Locks: class alloc for regions, class cspace in cap_insert. Tests: tests/boot/.
 */
#include "kernel/abi/boot.h"
#include "kernel/boot/memory.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/root.h"
#include "kernel/boot/root_internal.h"
#include "kernel/cap/cap.h"
#include "kernel/irq/irq.h"
#include "kernel/sched/switch.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/registers.h"
#include "mm/frame.h"
#include "mm/region.h"
#include "smp/cpu.h"

#define PORTS_ALL (65536ull << 16) /* badge: first | count << 16 */

/* Objects that are there once and for ever. Those of CPUs and ports differ in their capabilities' badges. */
static struct object machine_objects[SLUICE_TYPE_COUNT];
static uint64_t regions_bytes;

static _Noreturn void pool_too_small(void)
{
    boot_fail("too little memory: the system pool is too small for the root server");
}

static struct object *object_make(struct pool *pool, enum sluice_type type)
{
    struct object *object = pool_object_alloc_locked(pool, type);
    if (!object)
        pool_too_small();
    return object;
}

void root_objects_make(struct root *root)
{
    struct pool *pool = &pools[POOL_SYSTEM];
    root->aspace = (struct aspace *)object_make(pool, SLUICE_TYPE_ASPACE);
    root->cspace = (struct cspace *)object_make(pool, SLUICE_TYPE_CSPACE);
    root->thread = (struct thread *)object_make(pool, SLUICE_TYPE_THREAD);
    root->cspace->count = SLUICE_BOOT_CSPACE_SLOTS;
    root->cspace->slots = pool_pages_alloc_locked(pool, cspace_pages(SLUICE_BOOT_CSPACE_SLOTS));
    if (!root->cspace->slots || !aspace_init_locked(root->aspace, pool))
        pool_too_small();
    root->aspace->users++;
    root->cspace->users++;
    thread_init(root->thread, root->aspace, root->cspace);
    object_publish(&root->aspace->object);
    object_publish(&root->cspace->object);
    object_publish(&root->thread->object);
}

static void give(struct root *root, unsigned slot, struct object *object, enum sluice_type type,
                 uint64_t badge)
{
    struct cap cap = cap_make(object, type);
    cap.badge = badge;
    int64_t error = cap_insert(root->cspace, slot, &cap);
    if (error)
        panic("root's slot %u: error %ld", slot, -error);
}

static struct object *machine_object(enum sluice_type type)
{
    struct object *object = &machine_objects[type];
    if (!(object->generation & 1)) {
        *object = (struct object){.type = (uint8_t)type, .pool = POOL_SYSTEM};
        object_publish(object);
    }
    return object;
}

static void give_lines(struct root *root)
{
    for (unsigned line = 0; line < SLUICE_BOOT_IRQS; line++) {
        struct irq *irq = &irqs[line];
        irq->line = line;
        irq->object = (struct object){.type = SLUICE_TYPE_IRQ, .pool = POOL_SYSTEM};
        object_publish(&irq->object);
        give(root, SLUICE_BOOT_IRQ0 + line, &irq->object, SLUICE_TYPE_IRQ, 0);
    }
}

/* What no one took becomes user memory. More pieces than slots: the smallest stay unused. */
static void give_regions(struct root *root)
{
    struct memory_range range;
    while (root->regions < SLUICE_BOOT_REGIONS_MAX && memory_largest(&range)) {
        uint64_t bytes = range.end - range.start;
        struct region *region = region_create_boot(range.start / PAGE_BYTES, bytes / PAGE_BYTES);
        if (!region)
            pool_too_small();
        regions_bytes += bytes;
        memory_keep(range.start, range.end);
        give(root, SLUICE_BOOT_REGION0 + root->regions++, &region->object, SLUICE_TYPE_REGION, 0);
    }
}

void root_caps_give(struct root *root)
{
    /* A pool begins like an object: its generation, then its number. */
    struct object *pool = (struct object *)&pools[POOL_SYSTEM];
    give(root, SLUICE_BOOT_CSPACE, &root->cspace->object, SLUICE_TYPE_CSPACE, 0);
    give(root, SLUICE_BOOT_ASPACE, &root->aspace->object, SLUICE_TYPE_ASPACE, 0);
    give(root, SLUICE_BOOT_THREAD, &root->thread->object, SLUICE_TYPE_THREAD, 0);
    give(root, SLUICE_BOOT_POOL, pool, SLUICE_TYPE_POOL, 0);
    give(root, SLUICE_BOOT_TUNER, machine_object(SLUICE_TYPE_TUNER), SLUICE_TYPE_TUNER, 0);
    give(root, SLUICE_BOOT_LOG, machine_object(SLUICE_TYPE_LOG), SLUICE_TYPE_LOG, 0);
    give(root, SLUICE_BOOT_MACHINE, machine_object(SLUICE_TYPE_MACHINE), SLUICE_TYPE_MACHINE, 0);
    give(root, SLUICE_BOOT_PORTS, machine_object(SLUICE_TYPE_PORT), SLUICE_TYPE_PORT, PORTS_ALL);
    give_lines(root);
    for (unsigned i = 0; i < cpu_count; i++)
        give(root, SLUICE_BOOT_CPU0 + i, machine_object(SLUICE_TYPE_CPU), SLUICE_TYPE_CPU, i);
    give_regions(root);
}

uint64_t root_regions_bytes(void)
{
    return regions_bytes;
}

void root_thread_start(struct root *root)
{
    frame_init_user(&root->thread->frame, root->entry, SLUICE_BOOT_STACK_TOP, SLUICE_BOOT_INFO_ADDRESS);
    root->thread->priority = SLUICE_PRIORITY_MAX; /* nobody could be given more than it has */
    root->thread->state = THREAD_READY;
    sched_ready_cpu(cpu_self(), root->thread);
}

// SPDX-License-Identifier: MIT
/*
 * Capabilities and blocking threads: see fake_space.h.
 * Owns: fake_slots. Context: host tests. Locks: none; a thread's wake-up is atomic.
 */
#include "tests/host/fake_space.h"
#include "tests/host/fake_cpu.h"
#include "tests/host/fake_memory.h"
#include <stdlib.h>
#include <string.h>

#define WEAK __attribute__((weak))

struct cap fake_slots[FAKE_SLOTS];
static struct cspace fake_cspace = {.slots = fake_slots, .count = FAKE_SLOTS};
_Thread_local unsigned fake_forwards, fake_blocks;

void fake_slot_set(unsigned slot, struct object *object, enum sluice_type type, unsigned rights)
{
    fake_slots[slot] = (struct cap){.object = object,
                                    .type = (uint8_t)type,
                                    .rights = (uint8_t)rights,
                                    .generation = object->generation,
                                    .pool_generation = pools[object->pool].generation,
                                    .pool = object->pool};
}

WEAK int cap_lookup(const struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights,
                    struct cap *cap)
{
    (void)space;
    if (slot >= FAKE_SLOTS || !fake_slots[slot].object)
        return SLUICE_E_BAD_CAP;
    *cap = fake_slots[slot];
    if (cap->type != type)
        return SLUICE_E_BAD_TYPE;
    return (cap->rights & rights) == rights ? 0 : SLUICE_E_NO_RIGHT;
}

WEAK void thread_wake_again(struct thread *thread)
{
    /* pairs with fake_call() in fake_space.c: what the waker did before the thread goes on */
    atomic_store_release(&thread->wait_kind, (uint8_t)WAIT_NONE);
}

struct aspace *fake_aspace_make(struct pool *pool)
{
    static void *kernel_root;
    free(kernel_root);
    kernel_root = aligned_alloc(PAGE_BYTES, PAGE_BYTES);
    memset(kernel_root, 0, PAGE_BYTES);
    aspace_init_boot(direct_map_physical(kernel_root));
    struct aspace *space = (struct aspace *)pool_object_alloc_locked(pool, SLUICE_TYPE_ASPACE);
    if (!space || !aspace_init_locked(space, pool))
        abort();
    space->object.generation = 1;
    return space;
}

struct region *fake_region_make(uint64_t first, uint64_t frames)
{
    static struct region regions[8];
    static unsigned next;
    struct region *region = &regions[next++ % 8];
    memset(region, 0, sizeof *region);
    region->object.generation = 1;
    region->first = first;
    region->frames = frames;
    frame_boot_kind(first, frames, FRAME_USER);
    return region;
}

struct thread *fake_thread_make(void)
{
    struct thread *thread = aligned_alloc(64, sizeof *thread);
    memset(thread, 0, sizeof *thread);
    thread->cspace = &fake_cspace;
    return thread;
}

int64_t fake_call(int64_t (*handler)(struct thread *, uint64_t *), struct thread *thread, uint64_t *args,
                  void (*waiting)(void))
{
    unsigned home = fake_self->number;
    int64_t result;
    fake_forwards = fake_blocks = 0;
    thread->step = 0;
    for (;;) {
        result = handler(thread, args);
        if (result == SYSCALL_FORWARD) {
            fake_forwards++;
            fake_cpu_become(fake_self->forward_cpu);
        } else if (result == SYSCALL_BLOCKED) {
            fake_blocks++;
            /* pairs with thread_wake_again() in fake_space.c: the wake-up before what follows */
            while (atomic_load_acquire(&thread->wait_kind) != WAIT_NONE)
                waiting();
        } else if (result != SYSCALL_AGAIN) {
            break;
        }
    }
    fake_cpu_become(home);
    return result;
}

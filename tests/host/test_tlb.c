// SPDX-License-Identifier: MIT
// sources: mm/aspace.c mm/map.c mm/map_steps.c mm/tables.c mm/unmap.c mm/unmap_steps.c mm/protect.c mm/tlb.c mm/pt.c mm/user.c mm/frame.c mm/pool.c smp/cpuset.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c tests/host/fake_cpu.c tests/host/fake_memory.c tests/host/fake_space.c
// libs: -lpthread
// sanitize: thread undefined
/*
 * Unmapping while other CPUs use the space: threads are CPUs with a TLB of one entry, which they forget only when the
 * kernel's code tells them to. Frames that were unmapped are poisoned as soon as aspace_unmap returns: no CPU may read
 * poison, through its TLB or by hand. Who is asked: CPUs that are active and behind, nobody else.
 */
#include "mm/user.h"
#include "mm/visit.h"
#include "mm/x86_64/pt.h"
#include "mm/x86_64/translation.h"
#include "tests/host/fake_cpu.h"
#include "tests/host/fake_memory.h"
#include "tests/host/fake_space.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define CPUS 4u
#define FRAMES 2048u
#define FIRST 1024u
#define ADDRESS 0x40000000ull
#define GOOD 0x600d600d600d600dull
#define POISON 0xdeadbeefdeadbeefull
#define ROUNDS 3000u
#define R SLUICE_MAP_READ

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {[SLUICE_TYPE_ASPACE] = sizeof(struct aspace)};

enum { SPACE = 1, REGION };
static struct aspace *space, *other;
static _Thread_local uint64_t tlb_root, tlb_entry; /* what this CPU has loaded and remembers of ADDRESS */
static _Thread_local unsigned drops, loads;
static uint64_t stop, poisoned, touched; /* atomic */

void translation_load(uint64_t root)
{
    static _Thread_local uint64_t serialises;
    (void)atomic_exchange(&serialises, root);
    tlb_root = root;
    tlb_entry = 0;
    loads++;
}

void translation_drop(uint64_t address)
{
    if (address == ADDRESS)
        tlb_entry = 0;
    drops++;
}

static int fresh(void **state)
{
    (void)state;
    fake_cpus_init(CPUS, FAKE_POOLS);
    fake_cpu_become(0);
    fake_memory_init(FRAMES);
    struct pool *pool = fake_system_pool(0, 64);
    space = fake_aspace_make(pool);
    other = fake_aspace_make(pool);
    struct region *region = fake_region_make(FIRST, 64);
    fake_slot_set(SPACE, &space->object, SLUICE_TYPE_ASPACE, SLUICE_RIGHTS_ALL);
    fake_slot_set(REGION, &region->object, SLUICE_TYPE_REGION, SLUICE_RIGHTS_ALL);
    stop = poisoned = touched = 0;
    tlb_root = tlb_entry = 0;
    return 0;
}

static uint64_t *frame_word(uint64_t frame)
{
    return direct_map(frame * PAGE_BYTES);
}

/* What the hardware does: uses what it remembers, walks where it remembers nothing. */
static void touch(void)
{
    if (!tlb_entry) {
        uint64_t *table = pt_table(tlb_root, ADDRESS, 1);
        uint64_t entry = table ? atomic_load_relaxed(&table[pt_index(ADDRESS, 1)]) : 0;
        tlb_entry = entry & PT_PRESENT ? entry : 0;
    }
    if (!tlb_entry)
        return;
    uint64_t value = atomic_load_relaxed(frame_word(pt_frame(tlb_entry)));
    if (value != GOOD)
        atomic_fetch_add(&poisoned, 1ull);
    atomic_fetch_add(&touched, 1ull);
}

/* The way out of the kernel, as far as TLBs are concerned. */
static void leave_kernel(void)
{
    while (atomic_load_relaxed(&fake_self->pending))
        if (atomic_exchange(&fake_self->pending, 0u) & PENDING_TLB)
            aspace_catch_up_cpu();
}

static void visit(void)
{
    uint64_t value, fault;
    if (user_copy_in(space, &value, ADDRESS, sizeof value, &fault) == 0 && value != GOOD)
        atomic_fetch_add(&poisoned, 1ull);
}

static void *use(void *argument)
{
    fake_cpu_become((unsigned)(uintptr_t)argument);
    while (!atomic_load_relaxed(&stop)) {
        switch (fake_random() % 8) {
        case 0:
            aspace_enter_cpu(other);
            break;
        case 1:
            aspace_enter_cpu(NULL);
            break;
        case 2:
            visit();
            break;
        default:
            aspace_enter_cpu(space);
        }
        leave_kernel();
        for (unsigned i = fake_random() % 16; fake_self->aspace == space && i > 0; i--)
            touch();
        if (fake_random() % 32 == 0)
            sched_yield();
        leave_kernel(); /* an interrupt */
    }
    aspace_enter_cpu(NULL);
    leave_kernel();
    return NULL;
}

static int64_t map(uint64_t frame)
{
    uint64_t args[6] = {SPACE, REGION, frame, ADDRESS, 1, R};
    static _Thread_local struct thread *thread;
    thread = thread ? thread : fake_thread_make();
    return fake_call(sys_aspace_map, thread, args, NULL);
}

static void while_waiting(void)
{
    leave_kernel();
    sched_yield();
}

static int64_t unmap_pages(uint64_t pages, uint64_t *count)
{
    uint64_t args[6] = {SPACE, ADDRESS, pages};
    static _Thread_local struct thread *thread;
    thread = thread ? thread : fake_thread_make();
    int64_t result = fake_call(sys_aspace_unmap, thread, args, while_waiting);
    *count = args[2];
    return result;
}

static int64_t unmap(uint64_t *count)
{
    return unmap_pages(1, count);
}

static void unmap_rounds(uint64_t first, unsigned *blocks)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t frame = first + i % 2, count;
        atomic_store_relaxed(frame_word(FIRST + frame), GOOD);
        int64_t result = map(frame);
        assert_true(result == 0 || result == SLUICE_E_EXISTS || result == SLUICE_E_AGAIN);
        bool ours = result == 0;
        if (i % 8 == 0)
            sched_yield();
        assert_int_equal(unmap_pages(1 + i / 2 % 2, &count), 0); /* in a straight line, and in steps */
        *blocks += fake_blocks;
        /* Somebody else may have unmapped ours, and be about to lower its use count. */
        while (ours && atomic_load_relaxed(&frame_records[FIRST + frame].uses))
            while_waiting();
        atomic_store_relaxed(frame_word(FIRST + frame), POISON);
    }
}

static void *unmap_beside(void *argument)
{
    unsigned blocks = 0;
    fake_cpu_become((unsigned)(uintptr_t)argument);
    unmap_rounds(2, &blocks);
    return NULL;
}

static void run(unsigned users, bool beside)
{
    pthread_t thread[CPUS];
    unsigned blocks = 0;
    for (uintptr_t i = 1; i <= users; i++)
        pthread_create(&thread[i], NULL, use, (void *)i);
    if (beside)
        pthread_create(&thread[users + 1], NULL, unmap_beside, (void *)(uintptr_t)(users + 1));
    unmap_rounds(0, &blocks);
    if (beside)
        pthread_join(thread[users + 1], NULL);
    atomic_store_relaxed(&stop, 1ull);
    for (unsigned i = 1; i <= users; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(poisoned, 0);
    assert_true(touched > 0);
    assert_true(blocks > 0);
    assert_null(space->tickets);
    assert_int_equal(frame_count_used(0, FRAMES), 0);
}

static void test_no_stale_translation_is_used(void **state)
{
    (void)state;
    run(CPUS - 1, false);
}

static void test_two_unmap_the_same_page(void **state)
{
    (void)state;
    run(CPUS - 2, true);
}

static void test_asks_those_who_are_active_and_behind(void **state)
{
    (void)state;
    uint64_t count;
    fake_cpu_become(1);
    aspace_enter_cpu(space);
    fake_cpu_become(2);
    aspace_enter_cpu(space);
    aspace_enter_cpu(other); /* left again */
    fake_cpu_become(0);
    aspace_enter_cpu(space);
    assert_int_equal(map(0), 0);
    touch();
    drops = 0;
    uint64_t args[6] = {SPACE, ADDRESS, 1};
    struct thread *thread = fake_thread_make();
    assert_int_equal(sys_aspace_unmap(thread, args), SYSCALL_BLOCKED);
    assert_int_equal(cpus[0]->counters->shootdown_ipis, 1);
    assert_int_equal(cpus[1]->pending, PENDING_TLB);
    assert_int_equal(cpus[2]->pending, 0);
    assert_false(cpuset_has(&space->used, 2)); /* found inactive */
    assert_int_equal(drops, 1);                /* our own */
    assert_int_equal(frame_records[FIRST].uses, 1);
    assert_int_equal(map(1), SLUICE_E_AGAIN); /* the address is not free either */
    fake_cpu_become(1);
    leave_kernel();
    assert_int_equal(thread->wait_kind, WAIT_NONE); /* woken */
    assert_int_equal(cpus[1]->counters->shootdown_acks, 1);
    fake_cpu_become(0);
    assert_int_equal(sys_aspace_unmap(thread, args), 0);
    assert_int_equal(args[2], 1);
    assert_int_equal(frame_records[FIRST].uses, 0);
    assert_int_equal(map(1), 0);
    aspace_enter_cpu(NULL);
    fake_cpu_become(1);
    aspace_enter_cpu(NULL);
    fake_cpu_become(0);
    assert_int_equal(unmap(&count), 0);
    assert_int_equal(fake_blocks, 0); /* nobody is in the space */
    assert_int_equal(cpus[0]->counters->shootdown_ipis, 1);
    free(thread);
}

static void test_leaving_answers(void **state)
{
    (void)state;
    struct thread *thread = fake_thread_make();
    uint64_t args[6] = {SPACE, ADDRESS, 1};
    fake_cpu_become(1);
    aspace_enter_cpu(space);
    fake_cpu_become(2);
    aspace_visit_begin_cpu(space);
    fake_cpu_become(0);
    assert_int_equal(map(0), 0);
    assert_int_equal(sys_aspace_unmap(thread, args), SYSCALL_BLOCKED);
    fake_cpu_become(1);
    aspace_enter_cpu(other);
    assert_int_equal(thread->wait_kind, WAIT_TLB); /* the visitor is missing */
    leave_kernel();                                /* the IPI comes too late */
    fake_cpu_become(2);
    aspace_visit_end_cpu(space);
    assert_int_equal(thread->wait_kind, WAIT_NONE);
    fake_cpu_become(0);
    assert_int_equal(sys_aspace_unmap(thread, args), 0);
    assert_null(space->tickets);
    free(thread);
}

/* The thread that unmapped never came again: whoever unmaps next completes it. */
static void test_left_over_entries(void **state)
{
    (void)state;
    uint64_t count;
    struct thread *thread = fake_thread_make();
    uint64_t args[6] = {SPACE, ADDRESS, 1};
    fake_cpu_become(1);
    aspace_enter_cpu(space);
    fake_cpu_become(0);
    assert_int_equal(map(0), 0);
    assert_int_equal(sys_aspace_unmap(thread, args), SYSCALL_BLOCKED);
    fake_cpu_become(1);
    aspace_enter_cpu(NULL);
    fake_cpu_become(0);
    assert_int_equal(map(0), SLUICE_E_AGAIN);
    assert_int_equal(frame_records[FIRST].uses, 1);
    assert_int_equal(unmap(&count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(frame_records[FIRST].uses, 0);
    assert_int_equal(map(0), 0);
    free(thread);
}

/* So many unmaps wait that one more could not be told from the oldest: the page stays mapped. */
static void test_too_many_wait(void **state)
{
    (void)state;
    uint64_t count;
    fake_cpu_become(1);
    aspace_enter_cpu(space);
    fake_cpu_become(0);
    assert_int_equal(map(0), 0);
    uint64_t entry = *pt_find(space->root, ADDRESS);
    space->generation += PT_STAMP_WINDOW;
    for (uint64_t pages = 1; pages <= 2; pages++) {
        assert_int_equal(unmap_pages(pages, &count), SLUICE_E_AGAIN);
        assert_int_equal(*pt_find(space->root, ADDRESS), entry);
        assert_int_equal(space->pages_mapped, 1);
    }
    fake_cpu_become(1);
    aspace_enter_cpu(NULL);
    fake_cpu_become(0);
    assert_int_equal(unmap(&count), 0); /* nobody is behind any more, though no ticket's end said so */
    assert_int_equal(count, 1);
    assert_int_equal(frame_records[FIRST].uses, 0);
}

int main(void)
{
    fake_time_limit(120);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_asks_those_who_are_active_and_behind, fresh),
        cmocka_unit_test_setup(test_leaving_answers, fresh),
        cmocka_unit_test_setup(test_left_over_entries, fresh),
        cmocka_unit_test_setup(test_too_many_wait, fresh),
        cmocka_unit_test_setup(test_no_stale_translation_is_used, fresh),
        cmocka_unit_test_setup(test_two_unmap_the_same_page, fresh),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// sources: kernel/cap/cap.c smp/lock/gate.c smp/lock/gate_any.c smp/lock/wait.c smp/lock/check.c smp/cpuset.c tests/host/fake_cpu.c
// libs: -lpthread
// sanitize: thread undefined
/*
 * Capability slots: what lookup finds and refuses, revocation by generation, facets, and lookups that race with changes
 * of the same slot: a lookup sees one capability or the other, never a mixture.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/cap/slot.h"
#include "kernel/ipc/reply.h"
#include "tests/host/fake_cpu.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SLOTS 16u
#define ROUNDS 100000u

struct pool *pools;
unsigned pools_max = 2;

static struct cap slots[SLOTS];
static struct cspace space;
static struct object endpoint, other;
static struct facet facet;

static int fresh(void **state)
{
    (void)state;
    fake_cpus_init(2, 2);
    fake_cpu_become(0);
    free(pools);
    pools = aligned_alloc(sizeof(*pools), 2 * sizeof(*pools));
    memset(pools, 0, 2 * sizeof(*pools));
    for (unsigned i = 0; i < 2; i++) {
        pools[i].generation = 1;
        pool_number_set(&pools[i], i);
        pools[i].policy[LOCK_CLASS_cspace] =
            SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0);
    }
    memset(slots, 0, sizeof(slots));
    space = (struct cspace){
        .object = {.generation = 1, .type = SLUICE_TYPE_CSPACE}, .slots = slots, .count = SLOTS};
    endpoint = (struct object){.generation = 5, .type = SLUICE_TYPE_ENDPOINT, .pool = 1};
    other = (struct object){.generation = 9, .type = SLUICE_TYPE_NOTIFICATION, .pool = 1};
    return 0;
}

static int64_t put(unsigned slot, struct object *object, unsigned rights)
{
    struct cap cap = cap_make(object, (enum sluice_type)object->type);
    cap.rights = (uint8_t)rights;
    return cap_insert(&space, slot, &cap);
}

static void finds_what_was_inserted(void **state)
{
    (void)state;
    struct cap cap;
    assert_int_equal(put(3, &endpoint, SLUICE_RIGHT_WRITE), 0);
    assert_int_equal(cap_lookup(&space, 3, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_WRITE, &cap), 0);
    assert_ptr_equal(cap.object, &endpoint);
    assert_int_equal(space.used, 1);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct cap cap;
    put(3, &endpoint, SLUICE_RIGHT_WRITE);
    assert_int_equal(cap_lookup(&space, 3, SLUICE_TYPE_NOTIFICATION, 0, &cap), SLUICE_E_BAD_TYPE);
    assert_int_equal(cap_lookup(&space, 3, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_READ, &cap), SLUICE_E_NO_RIGHT);
    assert_int_equal(cap_lookup(&space, 4, SLUICE_TYPE_ENDPOINT, 0, &cap), SLUICE_E_BAD_CAP);
    assert_int_equal(cap_lookup(&space, 0, SLUICE_TYPE_NONE, 0, &cap), SLUICE_E_BAD_CAP);
    assert_int_equal(cap_lookup(&space, SLOTS, SLUICE_TYPE_NONE, 0, &cap), SLUICE_E_BAD_CAP);
    assert_int_equal(cap_lookup(&space, UINT64_MAX, SLUICE_TYPE_NONE, 0, &cap), SLUICE_E_BAD_CAP);
    assert_int_equal(put(3, &other, 0), SLUICE_E_SLOT_USED);
    assert_int_equal(put(0, &other, 0), SLUICE_E_BAD_CAP);
    assert_int_equal(put(SLOTS, &other, 0), SLUICE_E_BAD_CAP);
}

static void a_new_generation_kills_every_copy(void **state)
{
    (void)state;
    struct cap cap;
    for (unsigned slot = 1; slot < SLOTS; slot++)
        assert_int_equal(put(slot, &endpoint, SLUICE_RIGHTS_ALL), 0);
    endpoint.generation += 2;
    for (unsigned slot = 1; slot < SLOTS; slot++)
        assert_int_equal(cap_lookup(&space, slot, SLUICE_TYPE_ENDPOINT, 0, &cap), SLUICE_E_BAD_CAP);
    assert_int_equal(put(1, &other, 0), 0); /* a dead capability's slot can be used again */
}

static void a_dead_pool_is_noticed_before_its_memory_is_read(void **state)
{
    (void)state;
    struct cap cap = {.object = (struct object *)16,
                      .generation = 1,
                      .pool_generation = 1,
                      .pool = 1,
                      .type = SLUICE_TYPE_ENDPOINT};
    pools[1].generation = 2;
    slots[2] = cap;
    assert_int_equal(cap_lookup(&space, 2, SLUICE_TYPE_ENDPOINT, 0, &cap), SLUICE_E_BAD_CAP);
}

/* Its generation is even, and so is that of a pool which is going: a capability that held these numbers would be good for
 * as long as they stay, also when the memory is somebody else's. */
static void what_died_gets_no_living_capability(void **state)
{
    (void)state;
    endpoint.generation = 2;
    struct cap cap = cap_make(&endpoint, SLUICE_TYPE_ENDPOINT);
    assert_false(cap_alive(&cap));
    endpoint.generation = 3;
    pools[1].generation = 2;
    cap = cap_make(&endpoint, SLUICE_TYPE_ENDPOINT);
    assert_false(cap_alive(&cap));
    pools[1].generation = 3;
    assert_false(cap_alive(&cap));
}

static void a_facet_forwards_with_the_rights_of_both(void **state)
{
    (void)state;
    struct cap cap;
    facet = (struct facet){.object = {.generation = 1, .type = SLUICE_TYPE_FACET, .pool = 1},
                           .target = cap_make(&endpoint, SLUICE_TYPE_ENDPOINT)};
    facet.target.rights = SLUICE_RIGHT_READ | SLUICE_RIGHT_WRITE;
    facet.target.badge = 7;
    put(2, &facet.object, SLUICE_RIGHT_WRITE | SLUICE_RIGHT_CONTROL);
    assert_int_equal(cap_lookup(&space, 2, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_WRITE, &cap), 0);
    assert_ptr_equal(cap.object, &endpoint);
    assert_int_equal(cap.badge, 7);
    assert_int_equal(cap_lookup(&space, 2, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_READ, &cap), SLUICE_E_NO_RIGHT);
    assert_int_equal(cap_lookup(&space, 2, SLUICE_TYPE_ENDPOINT, SLUICE_RIGHT_CONTROL, &cap),
                     SLUICE_E_NO_RIGHT);
    facet.object.generation = 2; /* revoked alone */
    assert_int_equal(cap_lookup(&space, 2, SLUICE_TYPE_ENDPOINT, 0, &cap), SLUICE_E_BAD_CAP);
    assert_true(cap_alive(&facet.target));
}

static void taking_empties_the_slot(void **state)
{
    (void)state;
    struct cap cap;
    put(5, &endpoint, SLUICE_RIGHTS_ALL);
    assert_int_equal(cap_take(&space, 5), 0);
    assert_int_equal(cap_read(&space, 5, &cap), SLUICE_E_BAD_CAP);
    assert_int_equal(slot_find(&space, 5, SLUICE_RIGHT_READ, &cap), SLUICE_E_BAD_CAP);
    assert_int_equal(cap_take(&space, 5), SLUICE_E_BAD_CAP);
    assert_int_equal(space.used, 0);
}

static uint32_t stop; /* atomic */

static void *change_slot(void *unused)
{
    fake_cpu_become(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct object *object = i % 2 ? &endpoint : &other;
        struct cap fresh_cap = cap_make(object, (enum sluice_type)object->type);
        fresh_cap.badge = object->generation;
        cap_insert(&space, 3, &fresh_cap);
        cap_take(&space, 3);
    }
    atomic_store_relaxed(&stop, 1);
    return unused;
}

static void a_lookup_never_sees_a_mixture(void **state)
{
    (void)state;
    pthread_t writer;
    struct cap cap;
    uint64_t found = 0, lookups = 0;
    atomic_store_relaxed(&stop, 0);
    pthread_create(&writer, NULL, change_slot, NULL);
    while (!atomic_load_relaxed(&stop)) {
        lookups++;
        if (lookups % 2 ? cap_lookup(&space, 3, SLUICE_TYPE_NONE, 0, &cap)
                        : slot_find(&space, 3, SLUICE_RIGHT_COPY, &cap))
            continue;
        found++;
        assert_int_equal(CAP_KIND_TYPE(cap.kind), cap.object->type);
        assert_int_equal(cap.badge, cap.object->generation);
    }
    pthread_join(writer, NULL);
    assert_true(lookups > found / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_what_was_inserted, fresh),
        cmocka_unit_test_setup(refuses_what_does_not_fit, fresh),
        cmocka_unit_test_setup(a_new_generation_kills_every_copy, fresh),
        cmocka_unit_test_setup(a_dead_pool_is_noticed_before_its_memory_is_read, fresh),
        cmocka_unit_test_setup(what_died_gets_no_living_capability, fresh),
        cmocka_unit_test_setup(a_facet_forwards_with_the_rights_of_both, fresh),
        cmocka_unit_test_setup(taking_empties_the_slot, fresh),
        cmocka_unit_test_setup(a_lookup_never_sees_a_mixture, fresh),
    };
    return cmocka_run_group_tests_name("cap", tests, NULL, NULL);
}

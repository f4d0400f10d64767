// SPDX-License-Identifier: MIT
/*
 * object_create, object_destroy, cap_copy, cap_move, cap_delete, cap_revoke, cap_info: right results, errors, and that
 * an error changed nothing.
 * Context: the test's one thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"
#include "stress/lib/resources.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/tap.h"
#include "tests/user/syscalls/syscalls.h"

#define POOL (bench[SLUICE_TYPE_POOL])
#define SPACE (bench[SLUICE_TYPE_CSPACE])
#define THING (bench[SLUICE_TYPE_NOTIFICATION])
#define FREE (bench[BENCH_FREE])

static struct sluice_cap_info info_of(uint64_t slot)
{
    struct sluice_cap_info info = {0};
    sluice_cap_info(slot, &info);
    return info;
}

static bool empty(uint64_t slot)
{
    struct sluice_cap_info info;
    return sluice_cap_info(slot, &info) == SLUICE_E_BAD_CAP;
}

static void test_create(void)
{
    static const struct {
        enum sluice_type type;
        const char *name;
        uint64_t first, second;
    } made[] = {
        {SLUICE_TYPE_CSPACE, "cspace", 16, 0},
        {SLUICE_TYPE_ASPACE, "aspace", 0, 0},
        {SLUICE_TYPE_ENDPOINT, "endpoint", 0, 0},
        {SLUICE_TYPE_NOTIFICATION, "notification", 0, 0},
    };
    for (unsigned i = 0; i < sizeof made / sizeof made[0]; i++) {
        uint64_t objects = resource_detail(POOL, RESOURCE_POOL_OBJECTS);
        int64_t result = sluice_object_create(POOL, made[i].type, FREE, made[i].first, made[i].second);
        tap_result(result, 0, "object_create makes a %s", made[i].name);
        struct sluice_cap_info info = info_of(FREE);
        tap_ok(info.type == made[i].type && info.rights == SLUICE_RIGHTS_ALL && info.badge == 0,
               "a new %s has its type and all rights", made[i].name);
        tap_equal(resource_detail(POOL, RESOURCE_POOL_OBJECTS), objects + 1, "the pool counts the %s",
                  made[i].name);
        tap_result(sluice_object_destroy(FREE), 0, "object_destroy ends the %s", made[i].name);
        tap_ok(empty(FREE), "a destroyed %s is named by nothing", made[i].name);
        tap_result(sluice_cap_delete(0, FREE), 0, "its slot can be emptied");
        tap_ok(resource_settles(POOL, RESOURCE_POOL_OBJECTS, objects), "the %s leaves its pool",
               made[i].name);
    }
}

static void test_create_errors(void)
{
    uint64_t used = resource_detail(POOL, RESOURCE_POOL_USED);
    static const struct {
        const char *name;
        uint64_t type, slot, first, second;
        int64_t expected;
    } bad[] = {
        {"type 0", 0, 0, 0, 0, SLUICE_E_BAD_TYPE},
        {"a region", SLUICE_TYPE_REGION, 0, 0, 0, SLUICE_E_BAD_TYPE},
        {"a reply right", SLUICE_TYPE_REPLY, 0, 0, 0, SLUICE_E_BAD_TYPE},
        {"a tuner", SLUICE_TYPE_TUNER, 0, 0, 0, SLUICE_E_BAD_TYPE},
        {"a type past the last", SLUICE_TYPE_COUNT, 0, 0, 0, SLUICE_E_BAD_TYPE},
        {"a type of 40 bits", 1ull << 40 | SLUICE_TYPE_ENDPOINT, 0, 0, 0, SLUICE_E_BAD_TYPE},
        {"a cspace of 17 slots", SLUICE_TYPE_CSPACE, 0, 17, 0, SLUICE_E_BAD_ARGUMENT},
        {"a cspace of 8 slots", SLUICE_TYPE_CSPACE, 0, 8, 0, SLUICE_E_BAD_ARGUMENT},
        {"a cspace of 131072 slots", SLUICE_TYPE_CSPACE, 0, 131072, 0, SLUICE_E_BAD_ARGUMENT},
        {"a cspace of 2^40 + 16 slots", SLUICE_TYPE_CSPACE, 0, (1ull << 40) + 16, 0, SLUICE_E_BAD_ARGUMENT},
        {"a cspace larger than the pool", SLUICE_TYPE_CSPACE, 0, 65536, 0, SLUICE_E_NO_MEMORY},
        {"slot 0", SLUICE_TYPE_ENDPOINT, 1, 0, 0, SLUICE_E_BAD_CAP},
        {"a slot out of range", SLUICE_TYPE_ENDPOINT, 2, 0, 0, SLUICE_E_BAD_CAP},
        {"a slot in use", SLUICE_TYPE_ENDPOINT, 3, 0, 0, SLUICE_E_SLOT_USED},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const uint64_t slots[] = {FREE, 0, SLUICE_CSPACE_SLOTS_MAX, THING};
        int64_t result =
            SLUICE_DO(object_create, POOL, bad[i].type, slots[bad[i].slot], bad[i].first, bad[i].second);
        tap_result(result, bad[i].expected, "object_create with %s", bad[i].name);
    }
    tap_ok(empty(FREE), "what failed left the slot empty");
    tap_ok(resource_settles(POOL, RESOURCE_POOL_USED, used), "what failed used none of the pool");
}

/* THREAD wants a cspace and an aspace of the same pool as the thread's. */
static void test_create_thread(void)
{
    uint64_t space = bench[SLUICE_TYPE_ASPACE];
    int64_t result = sluice_object_create(POOL, SLUICE_TYPE_THREAD, FREE, SPACE, space);
    tap_result(result, 0, "object_create makes a thread");
    tap_equal(resource_detail(FREE, RESOURCE_THREAD_STATE), 0, "a new thread is stopped");
    tap_result(sluice_object_destroy(FREE), 0, "object_destroy ends a thread that never ran");
    sluice_cap_delete(0, FREE);
    result = sluice_object_create(POOL, SLUICE_TYPE_THREAD, FREE, SLUICE_SLOT_CSPACE, SLUICE_SLOT_ASPACE);
    tap_ok(result == SLUICE_E_BAD_ARGUMENT, "a thread with spaces of another pool is refused (%s)",
           error_name(result));
}

static void test_facet(void)
{
    uint64_t target = THING, copy = sluice_slot_alloc();
    tap_result(sluice_object_create(POOL, SLUICE_TYPE_FACET, FREE, target, 0), 0,
               "object_create makes a facet");
    tap_result(sluice_cap_copy(0, copy, FREE, SLUICE_RIGHT_WRITE, 0), 0, "a facet can be granted");
    tap_result(sluice_signal(copy, 4), 0, "the grant reaches what the facet forwards to");
    uint64_t bits = 0;
    sluice_poll(target, 4, &bits);
    tap_equal(bits, 4, "the signal came through the facet");
    tap_result(sluice_object_destroy(FREE), 0, "a facet is destroyed");
    tap_result(sluice_signal(copy, 4), SLUICE_E_BAD_CAP, "the grant is dead with the facet");
    tap_result(sluice_signal(target, 4), 0, "the object is not");
    sluice_poll(target, 4, &bits);
    sluice_cap_delete(0, FREE);
    sluice_slot_drop(copy);
}

static void test_copy(void)
{
    uint64_t copy = sluice_slot_alloc(), second = sluice_slot_alloc();
    tap_result(sluice_cap_copy(0, copy, THING, SLUICE_RIGHT_READ | SLUICE_RIGHT_COPY, 0), 0,
               "cap_copy copies");
    tap_equal(info_of(copy).rights, SLUICE_RIGHT_READ | SLUICE_RIGHT_COPY, "a copy has the rights asked for");
    tap_result(sluice_cap_copy(0, second, copy, SLUICE_RIGHTS_ALL, 0), 0, "a copy of a copy");
    tap_equal(info_of(second).rights, SLUICE_RIGHT_READ | SLUICE_RIGHT_COPY, "it gains no right");
    tap_result(sluice_cap_copy(0, second, THING, SLUICE_RIGHTS_ALL, 0), SLUICE_E_SLOT_USED,
               "cap_copy onto a used slot");
    tap_result(sluice_cap_copy(0, FREE, copy, SLUICE_RIGHT_READ, 7), SLUICE_E_NO_RIGHT,
               "a badge without BADGE");
    tap_result(sluice_cap_copy(0, FREE, THING, SLUICE_RIGHTS_ALL, 7), 0, "a badge with BADGE");
    tap_equal(info_of(FREE).badge, 7, "the copy has the badge");
    tap_result(sluice_cap_copy(0, 0, THING, SLUICE_RIGHTS_ALL, 0), SLUICE_E_BAD_CAP, "cap_copy into slot 0");
    tap_result(sluice_cap_copy(0, SLUICE_CSPACE_SLOTS_MAX, THING, SLUICE_RIGHTS_ALL, 0), SLUICE_E_BAD_CAP,
               "cap_copy into a slot out of range");
    sluice_cap_delete(0, FREE);
    sluice_slot_drop(copy);
    sluice_slot_drop(second);
}

static void test_move_and_delete(void)
{
    uint64_t used = resource_detail(SPACE, RESOURCE_CSPACE_USED),
             copy = resource_weaker(THING, SLUICE_RIGHTS_ALL);
    tap_result(sluice_cap_move(SPACE, 5, copy), 0, "cap_move into another cspace");
    tap_ok(empty(copy), "the slot it left is empty");
    tap_equal(resource_detail(SPACE, RESOURCE_CSPACE_USED), used + 1, "the other cspace counts it");
    tap_result(sluice_cap_copy(SPACE, 5, THING, SLUICE_RIGHTS_ALL, 0), SLUICE_E_SLOT_USED,
               "its slot there is used");
    tap_result(sluice_cap_delete(SPACE, 5), 0, "cap_delete in another cspace");
    tap_equal(resource_detail(SPACE, RESOURCE_CSPACE_USED), used, "the other cspace counts it no more");
    int64_t result = sluice_cap_delete(SPACE, 5);
    tap_ok(result == SLUICE_E_BAD_CAP || result == 0, "cap_delete of an empty slot (%s)", error_name(result));
    tap_result(sluice_cap_delete(SPACE, 64), SLUICE_E_BAD_CAP, "cap_delete past the end");
    tap_result(sluice_cap_move(SPACE, 64, THING), SLUICE_E_BAD_CAP, "cap_move past the end");
    tap_ok(!empty(THING), "a move that failed left the capability where it was");
    sluice_slot_free(copy);
}

static void test_revoke(void)
{
    uint64_t copies[32];
    bool made = true;
    for (unsigned i = 0; i < 32; i++)
        made &= (copies[i] = resource_weaker(THING, SLUICE_RIGHTS_ALL)) != 0;
    tap_ok(made, "32 copies of a capability");
    tap_result(sluice_cap_revoke(THING), 0, "cap_revoke");
    unsigned alive = 0;
    for (unsigned i = 0; i < 32; i++)
        alive += !empty(copies[i]);
    tap_equal(alive, 0, "no copy outlives cap_revoke");
    tap_result(sluice_signal(THING, 1), 0, "the capability that revoked is alive");
    uint64_t bits;
    sluice_poll(THING, 1, &bits);
    uint64_t again = resource_weaker(THING, SLUICE_RIGHTS_ALL);
    tap_ok(again != 0, "it can be copied again");
    sluice_slot_drop(again);
    for (unsigned i = 0; i < 32; i++)
        sluice_slot_drop(copies[i]);
}

/* A slot whose object died, and that holds another object later, must not bring the first back. */
static void test_reuse(void)
{
    uint64_t stale = sluice_slot_alloc();
    unsigned confused = 0;
    for (unsigned i = 0; i < 200; i++) {
        if (sluice_object_create(POOL, SLUICE_TYPE_NOTIFICATION, FREE, 0, 0) != 0)
            break;
        sluice_cap_copy(0, stale, FREE, SLUICE_RIGHTS_ALL, 0);
        sluice_object_destroy(FREE);
        sluice_cap_delete(0, FREE);
        sluice_object_create(POOL, SLUICE_TYPE_NOTIFICATION, FREE, 0, 0);
        confused += sluice_signal(stale, 1) != SLUICE_E_BAD_CAP;
        sluice_object_destroy(FREE);
        sluice_cap_delete(0, FREE);
        sluice_cap_delete(0, stale);
    }
    tap_equal(confused, 0, "a capability to a dead object never names its successor");
    sluice_slot_free(stale);
}

static void test_pool_full(void)
{
    struct resource_pool small;
    if (!tap_result(resource_pool_init(&small, 16, "small"), 0, "a pool of 16 pages"))
        return;
    uint64_t slots[4096];
    unsigned count = 0;
    int64_t result = 0;
    while (count < 4096 && (slots[count] = sluice_slot_alloc()) &&
           (result = sluice_object_create(small.slot, SLUICE_TYPE_ENDPOINT, slots[count], 0, 0)) == 0)
        count++;
    tap_result(result, SLUICE_E_NO_MEMORY, "a pool fills up with an error");
    tap_ok(count > 16, "after %u endpoints", count);
    if (count < 4096 && slots[count])
        sluice_slot_free(slots[count]);
    uint64_t objects = resource_detail(small.slot, RESOURCE_POOL_OBJECTS);
    tap_equal(objects, count, "the pool counts what it holds");
    tap_result(sluice_object_destroy(slots[0]), 0, "one endpoint less");
    tap_ok(resource_settles(small.slot, RESOURCE_POOL_OBJECTS, objects - 1), "it leaves the pool");
    sluice_cap_delete(0, slots[0]);
    tap_result(sluice_object_create(small.slot, SLUICE_TYPE_ENDPOINT, slots[0], 0, 0), 0,
               "and makes room for another");
    tap_result(resource_pool_end(&small), 0, "a full pool is destroyed");
    for (unsigned i = 0; i < count; i++)
        sluice_slot_drop(slots[i]);
}

void test_objects(void)
{
    test_create();
    test_create_errors();
    test_create_thread();
    test_facet();
    test_copy();
    test_move_and_delete();
    test_revoke();
    test_reuse();
    test_pool_full();
}

// SPDX-License-Identifier: MIT
/*
 * The flipper: see flipper.h. A proposal rests on the policy word that it read; pools come and go meanwhile, so that
 * STALE, BUSY and NOT_FOUND are answers to expect, and all others are failures.
 * Context: one thread. Locks: none. Tests: tests/user/flip/.
 */
#include "tests/user/lib/flipper.h"
#include "servers/lib/process.h"
#include "stress/lib/resources.h"
#include <stdlib.h>

#define HOME SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)
/* One in so many is turned back at once. */
#define REVERSE_ONE_IN 16u
#define PICKS 64u

bool flipper_init(struct flipper *flipper, uint64_t seed)
{
    *flipper = (struct flipper){.random = seed | 1};
    flipper->told = resource_object(SLUICE_SLOT_POOL, SLUICE_TYPE_NOTIFICATION, 0, 0);
    if (!flipper->told || !resource_has(SLUICE_SLOT_TUNER) || counters_open(&flipper->counters) != 0)
        return false;
    struct sluice_pool_info info;
    flipper->old = calloc(flipper->counters.system->pools_max, sizeof *flipper->old);
    for (unsigned i = 1; flipper->old && i < flipper->counters.system->pools_max; i++)
        flipper->old[i] = counters_pool(&flipper->counters, i, &info);
    return flipper->old != NULL;
}

/* xorshift64*: Vigna, An experimental exploration of Marsaglia's xorshift generators, 2016. */
static uint64_t flipper_random(struct flipper *flipper)
{
    flipper->random ^= flipper->random >> 12;
    flipper->random ^= flipper->random << 25;
    flipper->random ^= flipper->random >> 27;
    return flipper->random * 0x2545f4914f6cdd1dull >> 16;
}

static unsigned random_bit(struct flipper *flipper, uint32_t mask)
{
    unsigned nth = flipper_random(flipper) % (unsigned)__builtin_popcount(mask);
    while (nth--)
        mask &= mask - 1;
    return (unsigned)__builtin_ctz(mask);
}

static uint32_t random_policy(struct flipper *flipper, unsigned lock_class)
{
    const struct sluice_class_info *info = &flipper->counters.system->class_info[lock_class];
    unsigned granularity = random_bit(flipper, info->granularities);
    if (granularity == SLUICE_GRANULARITY_OFF)
        return SLUICE_POLICY(granularity, 0, flipper_random(flipper) % flipper->counters.system->cpus);
    unsigned algorithm = random_bit(flipper, info->algorithms); /* the macro looks at it twice */
    return SLUICE_POLICY(granularity, algorithm, 0);
}

/* The next living pool from a random place on. */
static bool random_pool(struct flipper *flipper, unsigned *pool, struct sluice_pool_info *info)
{
    unsigned pools = flipper->counters.system->pools_max, at = flipper_random(flipper) % pools;
    bool loaded = flipper_random(flipper) % 8 < FLIPPER_LOADED_OF_8;
    for (unsigned i = 0; i < pools; i++) {
        *pool = (at + i) % pools;
        if (!(loaded && flipper->old[*pool]) && counters_pool(&flipper->counters, *pool, info))
            return true;
    }
    return false;
}

static int64_t flight_propose(struct flipper *flipper, unsigned number)
{
    struct flipper_flight *flight = &flipper->flight[number];
    struct sluice_pool_info info;
    if (!random_pool(flipper, &flight->pool, &info))
        return SLUICE_E_NOT_FOUND;
    flight->lock_class = flipper_random(flipper) % flipper->counters.system->classes;
    uint32_t word = info.policy[flight->lock_class];
    if (!SLUICE_POLICY_STEADY(word))
        return SLUICE_E_BUSY;
    flight->from = SLUICE_POLICY_SET(word);
    return sluice_policy_propose(SLUICE_SLOT_TUNER, flight->pool, flight->lock_class,
                                 SLUICE_POLICY_GENERATION(word), random_policy(flipper, flight->lock_class),
                                 flipper->told, 1ull << number);
}

static bool expected(int64_t error)
{
    return error == SLUICE_E_STALE || error == SLUICE_E_BUSY || error == SLUICE_E_NOT_FOUND;
}

static void flight_count_error(struct flipper *flipper, int64_t error)
{
    flipper->refused++;
    if (expected(error))
        return;
    flipper->failed++;
    flipper->failure = error;
}

/* Turned back, a flight's end is signalled at once; nobody waits for the end of the way back. */
static void flight_reverse(struct flipper *flipper, const struct flipper_flight *flight)
{
    int64_t word = sluice_policy_status(SLUICE_SLOT_TUNER, flight->pool, flight->lock_class, NULL);
    if (word < 0)
        return;
    int64_t result = sluice_policy_propose(SLUICE_SLOT_TUNER, flight->pool, flight->lock_class,
                                           SLUICE_POLICY_GENERATION((uint32_t)word), flight->from, 0, 0);
    if (result > 0)
        flipper->reversed++;
    else
        flight_count_error(flipper, result);
}

static void flight_start(struct flipper *flipper, unsigned number)
{
    struct flipper_flight *flight = &flipper->flight[number];
    for (unsigned i = 0; i < PICKS && !flight->flying; i++) {
        int64_t result = flight_propose(flipper, number);
        flight->flying = result > 0;
        if (result <= 0)
            flight_count_error(flipper, result);
    }
    if (flight->flying && flipper_random(flipper) % REVERSE_ONE_IN == 0)
        flight_reverse(flipper, flight);
}

static bool flights_land(struct flipper *flipper, uint64_t deadline)
{
    uint64_t bits = 0;
    if (sluice_wait(flipper->told, UINT64_MAX, deadline, &bits) != 0)
        return false;
    for (unsigned i = 0; i < FLIPPER_FLIGHTS; i++) {
        if (!(bits >> i & 1))
            continue;
        flipper->completed += flipper->flight[i].flying;
        flipper->flight[i].flying = false;
    }
    return true;
}

void flipper_step(struct flipper *flipper, uint64_t deadline)
{
    for (unsigned i = 0; i < FLIPPER_FLIGHTS; i++)
        if (!flipper->flight[i].flying)
            flight_start(flipper, i);
    flights_land(flipper, deadline);
}

static bool flying(const struct flipper *flipper)
{
    bool any = false;
    for (unsigned i = 0; i < FLIPPER_FLIGHTS; i++)
        any |= flipper->flight[i].flying;
    return any;
}

/* Until the word says so; a transition of somebody else's, or the way back of one of ours, may have to end first. */
static bool policy_home(struct flipper *flipper, unsigned pool, unsigned lock_class)
{
    for (unsigned tries = 0; tries < 2000; tries++) {
        int64_t word = sluice_policy_status(SLUICE_SLOT_TUNER, pool, lock_class, NULL);
        if (word < 0 || SLUICE_POLICY_SET((uint32_t)word) == HOME)
            return true;
        int64_t result =
            sluice_policy_propose(SLUICE_SLOT_TUNER, pool, lock_class,
                                  SLUICE_POLICY_GENERATION((uint32_t)word), HOME, flipper->told, 1);
        if (result > 0)
            sluice_wait(flipper->told, 1, sluice_deadline_ms(5000), NULL);
        else
            sluice_sleep_ms(1);
    }
    return false;
}

bool flipper_end(struct flipper *flipper)
{
    uint64_t deadline = sluice_deadline_ms(20000);
    while (flying(flipper))
        if (!flights_land(flipper, deadline))
            return false;
    bool home = true;
    for (unsigned pool = 0; pool < flipper->counters.system->pools_max; pool++)
        for (unsigned i = 0; i < flipper->counters.system->classes; i++)
            home = home && policy_home(flipper, pool, i);
    resource_object_end(flipper->told);
    return home;
}

uint64_t flipper_kernel_count(const struct flipper *flipper)
{
    struct sluice_pool_info info;
    uint64_t sum = 0;
    for (unsigned pool = 0; pool < flipper->counters.system->pools_max; pool++)
        if (counters_pool(&flipper->counters, pool, &info))
            sum += info.transitions;
    return sum;
}

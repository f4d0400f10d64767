// SPDX-License-Identifier: MIT
// sources: tests/host/fake_cpu.c smp/mailbox.c smp/lock/wait.c tunables/leg.c tunables/transition.c
// sources: tunables/propose.c tunables/policy.c tunables/watchdog.c tunables/tunables.c tunables/counters.c
// sanitize: undefined address
/*
 * The transition engine and the watchdog, step by step, on a clock and grace periods that the test moves by hand.
 * Whatever happens, `words_watch` holds the theorem: any two policy words that may be in use at one time share a lock.
 */
#include "kernel/cap/cap.h"
#include "kernel/log/log.h"
#include "kernel/sched/sched.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/user.h"
#include "tests/host/fake_cpu.h"
#include "tunables/counters.h"
#include "tunables/transition.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define CPUS 3u
#define POOLS 16u
#define POOL 1u
#define CLASS LOCK_CLASS_endpoint
#define PLACE (POOL | (unsigned)CLASS << 16)
#define MS 1000000ull /* the clock runs at 1 GHz */

/* --- the clock, grace periods, the log ---------------------------------------------------------- */
static uint64_t now;
static struct epoch_waiter *graces_current, *graces_next;
static bool grace_runs;
static uint64_t graces_begun, graces_ended;

uint64_t clock_tsc(void)
{
    return now;
}

void epoch_wait(struct epoch_waiter *waiter, void (*done)(struct epoch_waiter *))
{
    struct epoch_waiter **list = grace_runs ? &graces_next : &graces_current;
    waiter->done = done;
    waiter->next = *list;
    *list = waiter;
    graces_begun += !grace_runs;
    grace_runs = true;
}

static struct {
    enum sluice_event_kind kind;
    uint32_t a;
    uint64_t b, c;
} events[4096];
static unsigned event_count;

void log_event(enum sluice_event_kind kind, uint32_t a, uint64_t b, uint64_t c)
{
    unsigned i = event_count++ % 4096;
    events[i].kind = kind;
    events[i].a = a;
    events[i].b = b;
    events[i].c = c;
}

static unsigned events_of(enum sluice_event_kind kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < event_count; i++)
        count += events[i].kind == kind;
    return count;
}

void cpu_send(unsigned cpu, struct mailbox_node *node, enum mailbox_op op)
{
    assert_int_equal(op, MAILBOX_TRANSITION);
    mailbox_push(&cpus[cpu]->mailbox, node);
}

static uint64_t timer_tsc; /* of CPU 0; 0: never */

void sched_watchdog_set(uint64_t tsc)
{
    assert_int_equal(cpu_number(), 0);
    timer_tsc = tsc;
}

/* What this CPU does on its way out of the kernel. */
static void messages_handle(void)
{
    struct mailbox_node *node;
    while ((node = mailbox_take(&cpu_self()->mailbox))) {
        while (node) {
            struct mailbox_node *next = node->next; /* handling may send the node again */
            transition_node_handle(node);
            node = next;
        }
    }
}

/* --- capabilities: slots of an imaginary cspace --------------------------------------------------- */
enum { SLOT_TUNER = 1, SLOT_READER, SLOT_BOUNDED, SLOT_NOTIFICATION, SLOT_BADGED, SLOT_DEAF, SLOT_OTHER };
static struct object a_notification, a_tuner;

static struct cspace no_slots; /* cap_lookup says what is in them */

int cap_lookup(const struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights,
               struct cap *cap)
{
    static const struct cap slots[] = {
        [SLOT_TUNER] = {.object = &a_tuner, .type = SLUICE_TYPE_TUNER, .rights = SLUICE_RIGHTS_ALL},
        [SLOT_READER] = {.object = &a_tuner, .type = SLUICE_TYPE_TUNER, .rights = SLUICE_RIGHT_READ},
        [SLOT_BOUNDED] = {.object = &a_tuner,
                          .type = SLUICE_TYPE_TUNER,
                          .rights = SLUICE_RIGHT_READ | SLUICE_RIGHT_WRITE,
                          .badge = SLUICE_TUNER_BOUNDED |
                                   1ull << (SLUICE_GRANULARITY_OBJECT + SLUICE_TUNER_GRANULARITIES_SHIFT) |
                                   1ull << (SLUICE_ALGORITHM_MCS + SLUICE_TUNER_ALGORITHMS_SHIFT)},
        [SLOT_NOTIFICATION] = {.object = &a_notification,
                               .type = SLUICE_TYPE_NOTIFICATION,
                               .rights = SLUICE_RIGHTS_ALL},
        [SLOT_BADGED] = {.object = &a_notification,
                         .type = SLUICE_TYPE_NOTIFICATION,
                         .rights = SLUICE_RIGHTS_ALL,
                         .badge = 0x80},
        [SLOT_DEAF] = {.object = &a_notification,
                       .type = SLUICE_TYPE_NOTIFICATION,
                       .rights = SLUICE_RIGHT_READ},
        [SLOT_OTHER] = {.object = &a_tuner, .type = SLUICE_TYPE_ENDPOINT, .rights = SLUICE_RIGHTS_ALL},
    };
    (void)space;
    if (slot >= sizeof(slots) / sizeof(slots[0]) || !slots[slot].object)
        return SLUICE_E_BAD_CAP;
    if (slots[slot].type != type)
        return SLUICE_E_BAD_TYPE;
    if (rights & ~slots[slot].rights)
        return SLUICE_E_NO_RIGHT;
    *cap = slots[slot];
    return 0;
}

int user_copy_out(struct aspace *space, uint64_t to, const void *from, uint64_t bytes, uint64_t *fault)
{
    (void)space, (void)to, (void)from, (void)bytes, (void)fault;
    return 0;
}

static uint64_t signaled; /* bits, each request's added */
static bool signals_late; /* requests stay busy */
static struct signal_request *late[4];
static unsigned late_count;

void notification_signal_async(struct signal_request *request)
{
    assert_ptr_equal(request->notification.object, &a_notification);
    assert_false(request->busy);
    if (signals_late) {
        request->busy = 1;
        late[late_count++] = request;
        return;
    }
    signaled += request->bits;
}

/* --- the theorem ---------------------------------------------------------------------------------- */
static struct {
    uint32_t word;
    uint64_t last; /* grace periods begun when it was last seen to be the present word */
} words[64];
static unsigned word_count;

/* A bit for each lock; CPU k is a lock too. */
static uint64_t half_set(uint32_t granularity, uint32_t algorithm, uint32_t cpu)
{
    if (granularity == SLUICE_GRANULARITY_OFF)
        return 1ull << (32 + cpu);
    return 1ull << (granularity * SLUICE_ALGORITHM_COUNT + algorithm);
}

static uint64_t word_set(uint32_t word)
{
    return half_set(SLUICE_POLICY_GRANULARITY(word), SLUICE_POLICY_ALGORITHM(word), SLUICE_POLICY_CPU(word)) |
           half_set(SLUICE_POLICY_OLD_GRANULARITY(word), SLUICE_POLICY_OLD_ALGORITHM(word),
                    SLUICE_POLICY_CPU(word));
}

static uint32_t word_now(void)
{
    return pools[POOL].policy[CLASS];
}

static void words_watch(void)
{
    uint32_t word = word_now();
    assert_int_equal(word, pools[POOL].info->policy[CLASS]);
    if (word_count && words[word_count - 1].word == word) {
        words[word_count - 1].last = graces_begun;
        return;
    }
    assert_true(word_count < 64);
    words[word_count].word = word;
    words[word_count++].last = graces_begun;
    for (unsigned i = 0; i + 1 < word_count; i++)
        assert_true(word_set(words[i].word) & word_set(word));
}

/* Who read a word before this grace period began has let go of it. */
static void words_forget(uint64_t grace)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < word_count; i++)
        if (words[i].last >= grace || i + 1 == word_count)
            words[kept++] = words[i];
    word_count = kept;
}

/* The running grace period ends, if one runs; the next begins; messages are handled. */
static void grace_end(void)
{
    words_watch();
    if (!grace_runs)
        return;
    words_forget(graces_begun);
    graces_ended++;
    struct epoch_waiter *done = graces_current;
    graces_current = graces_next;
    graces_next = NULL;
    grace_runs = graces_current != NULL;
    graces_begun += grace_runs;
    words_watch();
    while (done) {
        struct epoch_waiter *waiter = done;
        done = done->next;
        waiter->done(waiter);
    }
    messages_handle();
    words_watch();
}

static void settle(void)
{
    for (unsigned i = 0; grace_runs; i++) {
        assert_true(i < 64);
        grace_end();
    }
}

/* CPU 0's timer. */
static void clock_move(uint64_t cycles)
{
    now += cycles;
    fake_cpu_become(0);
    messages_handle();
    if (timer_tsc && timer_tsc <= now)
        timer_tsc = watchdog_check_cpu();
    messages_handle();
}

/* --- set up --------------------------------------------------------------------------------------- */
struct pool *pools;
unsigned pools_max = POOLS;
static struct thread *thread;
static void *arena;

static void tunables_default(void)
{
    tunable_values[TUNABLE_pools_max] = POOLS;
    tunable_values[TUNABLE_policy_boot] = SLUICE_GRANULARITY_OBJECT;
    tunable_values[TUNABLE_transition_timeout] = 1000; /* us */
    tunable_values[TUNABLE_transition_delay] = 0;
}

static void pools_make(void)
{
    pools = aligned_alloc(sizeof(*pools), POOLS * sizeof(*pools));
    memset(pools, 0, POOLS * sizeof(*pools));
    for (unsigned i = 0; i < POOLS; i++) {
        pool_number_set(&pools[i], i);
        pools[i].info = &counters_pool_infos[i];
        transition_pool_init(&pools[i]);
        pools[i].generation = i < 4 ? 1 : 2;
    }
}

static int set_up(void **state)
{
    (void)state;
    tunables_default();
    fake_cpus_init(CPUS, POOLS);
    fake_cpu_become(0);
    for (unsigned i = 0; i < CPUS; i++) {
        free(cpus[i]->counters); /* counters_init gives it others */
        free(cpus[i]->lock_counters);
    }
    arena = aligned_alloc(4096, counters_bytes(CPUS));
    memset(arena, 0xa5, counters_bytes(CPUS));
    counters_init(arena, CPUS);
    pools_make();
    thread = aligned_alloc(64, sizeof(*thread));
    memset(thread, 0, sizeof(*thread));
    thread->cspace = &no_slots;
    thread->id = 7;
    now = 1000 * MS;
    event_count = late_count = word_count = 0;
    signals_late = false;
    signaled = graces_ended = 0;
    words_watch();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    signals_late = false;
    settle();
    clock_move(100000 * MS); /* nothing stays due for the next test */
    settle();
    uint64_t args[6] = {SLOT_TUNER, 0};
    assert_int_equal(sys_heartbeat(thread, args), 0);
    for (unsigned i = 0; i < CPUS; i++) {
        cpus[i]->counters = NULL;
        cpus[i]->lock_counters = NULL;
    }
    fake_cpus_free();
    free(arena);
    free(pools);
    free(thread);
    return 0;
}

/* --- proposals ------------------------------------------------------------------------------------ */
static int64_t propose_args(uint64_t tuner, uint64_t place, uint64_t policy, uint64_t notification,
                            uint64_t bits)
{
    uint64_t args[6] = {tuner, place, policy, notification, bits};
    int64_t result = sys_policy_propose(thread, args);
    messages_handle();
    words_watch();
    return result;
}

static uint64_t place_now(void)
{
    return PLACE | (uint64_t)SLUICE_POLICY_GENERATION(word_now()) << 24;
}

static int64_t propose_now(uint32_t policy, uint64_t bits)
{
    return propose_args(SLOT_TUNER, place_now(), policy, SLOT_NOTIFICATION, bits);
}

static unsigned phase_now(void)
{
    uint64_t args[6] = {SLOT_READER, PLACE};
    assert_int_equal(sys_policy_status(thread, args), word_now());
    assert_int_equal(args[2], pools[POOL].info->phase[CLASS]);
    return (unsigned)args[2];
}

#define OFF(cpu) SLUICE_POLICY(SLUICE_GRANULARITY_OFF, 0, cpu)
#define OBJECT_TAS SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_TAS, 0)
#define OBJECT_MCS SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_MCS, 0)
#define KERNEL_TICKET SLUICE_POLICY(SLUICE_GRANULARITY_KERNEL, SLUICE_ALGORITHM_TICKET, 0)

static uint32_t policy_number(unsigned i)
{
    if (i < CPUS)
        return OFF(i);
    i -= CPUS;
    return SLUICE_POLICY(1 + i / SLUICE_ALGORITHM_COUNT, i % SLUICE_ALGORITHM_COUNT, 0);
}
#define POLICIES (CPUS + (SLUICE_GRANULARITY_COUNT - 1) * SLUICE_ALGORITHM_COUNT)

static void policy_set(uint32_t policy)
{
    assert_true(propose_now(policy, 0) > 0);
    settle();
    assert_int_equal(SLUICE_POLICY_SET(word_now()), policy);
    assert_int_equal(phase_now(), SLUICE_PHASE_STEADY);
    signaled = 0;
    event_count = 0;
}

static void test_every_pair_of_policies(void **state)
{
    (void)state;
    for (unsigned from = 0; from < POLICIES; from++) {
        for (unsigned to = 0; to < POLICIES; to++) {
            policy_set(policy_number(from));
            uint64_t ended = graces_ended;
            uint32_t before = word_now(), transitions_before = pools[POOL].info->transitions;
            assert_true(propose_now(policy_number(to), 5) > 0);
            bool legs = from < CPUS && to < CPUS;
            if (from == to) {
                assert_int_equal(word_now(), before);
                assert_int_equal(signaled, 5);
                assert_false(grace_runs);
                continue;
            }
            assert_int_equal(SLUICE_POLICY_GENERATION(word_now()),
                             (SLUICE_POLICY_GENERATION(before) + 1) & 255);
            assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
            assert_int_equal(signaled, 0);
            settle();
            assert_int_equal(SLUICE_POLICY_SET(word_now()), policy_number(to));
            assert_int_equal(graces_ended - ended, legs ? 4 : 2);
            assert_int_equal(signaled, 5);
            assert_int_equal(pools[POOL].info->transitions, transitions_before + 1);
            assert_int_equal(events_of(SLUICE_EVENT_POLICY_PROPOSED), 1);
            assert_int_equal(events_of(SLUICE_EVENT_POLICY_ENTERED), legs ? 2 : 1);
            assert_int_equal(events_of(SLUICE_EVENT_POLICY_CHANGED), legs ? 2 : 1);
        }
    }
}

static void test_union_holds_both_sets(void **state)
{
    (void)state;
    policy_set(OFF(2));
    propose_now(KERNEL_TICKET, 0);
    assert_int_equal(word_set(word_now()), word_set(OFF(2)) | word_set(KERNEL_TICKET));
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_LEAVING);
    assert_int_equal(SLUICE_POLICY_SET(word_now()), KERNEL_TICKET);
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_STEADY);
}

static void test_reversal_in_the_union(void **state)
{
    (void)state;
    policy_set(OBJECT_MCS);
    assert_true(propose_now(KERNEL_TICKET, 1) > 0);
    assert_true(propose_now(OBJECT_MCS, 16) > 0);
    assert_int_equal(signaled, 1); /* the first proposer's wait is over */
    assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
    settle();
    assert_int_equal(SLUICE_POLICY_SET(word_now()), OBJECT_MCS);
    assert_int_equal(signaled, 17);
}

static void test_reversal_after_the_union(void **state)
{
    (void)state;
    policy_set(OBJECT_MCS);
    propose_now(KERNEL_TICKET, 1);
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_LEAVING);
    assert_true(propose_now(OBJECT_MCS, 16) > 0);
    assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
    assert_int_equal(word_set(word_now()), word_set(OBJECT_MCS) | word_set(KERNEL_TICKET));
    grace_end(); /* began before the union came back: proves nothing */
    assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_LEAVING);
    grace_end();
    assert_int_equal(SLUICE_POLICY_SET(word_now()), OBJECT_MCS);
    assert_int_equal(phase_now(), SLUICE_PHASE_STEADY);
}

static void test_reversal_of_a_reversal(void **state)
{
    (void)state;
    policy_set(OFF(0));
    propose_now(OBJECT_MCS, 0);
    propose_now(OFF(0), 0);
    propose_now(OBJECT_MCS, 2);
    settle();
    assert_int_equal(SLUICE_POLICY_SET(word_now()), OBJECT_MCS);
    assert_int_equal(signaled, 2);
}

static void test_reversal_between_two_cpus(void **state)
{
    (void)state;
    for (unsigned graces = 0; graces < 4; graces++) {
        policy_set(OFF(0));
        assert_true(propose_now(OFF(1), 1) > 0);
        for (unsigned i = 0; i < graces; i++)
            grace_end();
        assert_true(propose_now(OFF(0), 2) > 0);
        settle();
        assert_int_equal(SLUICE_POLICY_SET(word_now()), OFF(0));
        assert_int_equal(signaled, 3);
    }
}

static void test_stale_and_busy(void **state)
{
    (void)state;
    policy_set(OBJECT_TAS);
    uint64_t old = place_now();
    assert_true(propose_now(OBJECT_MCS, 1) > 0);
    assert_int_equal(propose_args(SLOT_TUNER, old, OBJECT_TAS, 0, 0), SLUICE_E_STALE);
    assert_int_equal(propose_now(KERNEL_TICKET, 0), SLUICE_E_BUSY);
    assert_int_equal(propose_now(OBJECT_MCS, 0), SLUICE_E_BUSY);
    settle();
    assert_int_equal(propose_args(SLOT_TUNER, old, OBJECT_TAS, 0, 0), SLUICE_E_STALE);
    assert_int_equal(signaled, 1);
}

static void test_other_places_go_on_side_by_side(void **state)
{
    (void)state;
    uint64_t generation = SLUICE_POLICY_GENERATION(pools[2].policy[LOCK_CLASS_alloc]);
    assert_true(propose_now(KERNEL_TICKET, 1) > 0);
    assert_true(propose_args(SLOT_TUNER, 2 | generation << 24, OFF(1), SLOT_NOTIFICATION, 2) > 0);
    settle();
    assert_int_equal(signaled, 3);
    assert_int_equal(SLUICE_POLICY_SET(pools[2].policy[LOCK_CLASS_alloc]), OFF(1));
}

static void test_bad_proposals_change_nothing(void **state)
{
    (void)state;
    uint32_t before = word_now();
    uint64_t place = place_now();
    static const struct {
        uint64_t tuner, place_xor, policy, notification;
        int64_t expected;
    } bad[] = {
        {0, 0, OBJECT_MCS, 0, SLUICE_E_BAD_CAP},
        {SLOT_OTHER, 0, OBJECT_MCS, 0, SLUICE_E_BAD_TYPE},
        {SLOT_READER, 0, OBJECT_MCS, 0, SLUICE_E_NO_RIGHT},
        {SLOT_TUNER, 1ull << 32, OBJECT_MCS, 0, SLUICE_E_BAD_ARGUMENT},
        {SLOT_TUNER, 5 ^ POOL, OBJECT_MCS, 0, SLUICE_E_NOT_FOUND},    /* a dead pool */
        {SLOT_TUNER, 0xff00, OBJECT_MCS, 0, SLUICE_E_NOT_FOUND},      /* no such pool */
        {SLOT_TUNER, 0xf0u << 16, OBJECT_MCS, 0, SLUICE_E_NOT_FOUND}, /* no such class */
        {SLOT_TUNER, 0, 1ull << 32 | OBJECT_MCS, 0, SLUICE_E_BAD_ARGUMENT},
        {SLOT_TUNER, 0, OBJECT_MCS ^ 0x100, 0, SLUICE_E_BAD_ARGUMENT}, /* halves differ */
        {SLOT_TUNER, 0, SLUICE_POLICY(9u, 0, 0), 0, SLUICE_E_NOT_ALLOWED},
        {SLOT_TUNER, 0, SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, 7u, 0), 0, SLUICE_E_NOT_ALLOWED},
        {SLOT_TUNER, 0, OFF(CPUS), 0, SLUICE_E_NOT_FOUND},
        {SLOT_TUNER, 0, OFF(255u), 0, SLUICE_E_NOT_FOUND},
        {SLOT_BOUNDED, 0, OFF(0), 0, SLUICE_E_OUT_OF_BOUNDS},
        {SLOT_BOUNDED, 0, KERNEL_TICKET, 0, SLUICE_E_OUT_OF_BOUNDS},
        {SLOT_TUNER, 0, OBJECT_MCS, 60, SLUICE_E_BAD_CAP},
        {SLOT_TUNER, 0, OBJECT_MCS, SLOT_TUNER, SLUICE_E_BAD_TYPE},
        {SLOT_TUNER, 0, OBJECT_MCS, SLOT_DEAF, SLUICE_E_NO_RIGHT},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t result =
            propose_args(bad[i].tuner, place ^ bad[i].place_xor, bad[i].policy, bad[i].notification, 1);
        assert_int_equal(result, bad[i].expected);
        assert_int_equal(word_now(), before);
    }
    assert_int_equal(event_count, 0);
    assert_true(propose_args(SLOT_BOUNDED, place, OBJECT_MCS, 0, 0) > 0);
}

static void test_off_on_a_cpu_that_is_not_online(void **state)
{
    (void)state;
    cpus[2]->online = 0;
    assert_int_equal(propose_now(OFF(2), 0), SLUICE_E_NOT_FOUND);
    cpus[2]->online = 1;
    assert_true(propose_now(OFF(2), 0) > 0);
}

static void test_words_that_mean_the_same_are_the_same(void **state)
{
    (void)state;
    policy_set(OFF(1));
    uint32_t before = word_now();
    assert_true(propose_now(SLUICE_POLICY(SLUICE_GRANULARITY_OFF, SLUICE_ALGORITHM_MCS, 1), 1) > 0);
    assert_int_equal(word_now(), before);
    policy_set(OBJECT_MCS);
    before = word_now();
    assert_true(propose_now(OBJECT_MCS | 9u << 16 | 77u << 24, 1) > 0);
    assert_int_equal(word_now(), before);
}

static void test_badge_of_the_notification_wins(void **state)
{
    (void)state;
    assert_true(propose_args(SLOT_TUNER, place_now(), OBJECT_TAS, SLOT_BADGED, 1) > 0);
    settle();
    assert_int_equal(signaled, 0x80);
}

static void test_signals_on_their_way_make_it_busy(void **state)
{
    (void)state;
    policy_set(OBJECT_TAS);
    signals_late = true;
    assert_true(propose_now(OBJECT_TAS, 1) > 0);
    assert_true(propose_now(OBJECT_TAS, 1) > 0);
    assert_int_equal(propose_now(OBJECT_MCS, 1), SLUICE_E_BUSY);
    assert_int_equal(phase_now(), SLUICE_PHASE_STEADY);
    assert_true(propose_args(SLOT_TUNER, place_now(), OBJECT_MCS, 0, 0) > 0); /* nobody to tell */
    settle();
    late[0]->busy = late[1]->busy = 0;
    signals_late = false;
    assert_true(propose_now(OBJECT_TAS, 1) > 0);
}

static void test_stuck_stays_in_the_union_and_goes_on(void **state)
{
    (void)state;
    policy_set(OBJECT_TAS);
    propose_now(OBJECT_MCS, 1);
    uint32_t word = word_now();
    clock_move(MS / 2);
    assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
    clock_move(MS);
    assert_int_equal(phase_now(), SLUICE_PHASE_STUCK);
    assert_int_equal(events_of(SLUICE_EVENT_POLICY_STUCK), 1);
    clock_move(10 * MS);
    assert_int_equal(events_of(SLUICE_EVENT_POLICY_STUCK), 1);
    assert_int_equal(word_now(), word);
    assert_int_equal(propose_now(KERNEL_TICKET, 0), SLUICE_E_BUSY);
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_LEAVING);
    clock_move(2 * MS);
    assert_int_equal(phase_now(), SLUICE_PHASE_STUCK);
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_STEADY);
    assert_int_equal(signaled, 1);
}

static void test_stuck_can_be_reversed(void **state)
{
    (void)state;
    policy_set(OBJECT_TAS);
    propose_now(OBJECT_MCS, 1);
    clock_move(2 * MS);
    assert_int_equal(phase_now(), SLUICE_PHASE_STUCK);
    assert_true(propose_now(OBJECT_TAS, 2) > 0);
    settle();
    assert_int_equal(SLUICE_POLICY_SET(word_now()), OBJECT_TAS);
    assert_int_equal(signaled, 3);
}

static void test_delay_holds_each_step(void **state)
{
    (void)state;
    policy_set(OBJECT_TAS);
    tunable_values[TUNABLE_transition_delay] =
        5000; /* longer than the time-out: a delay is no grace period */
    propose_now(OBJECT_MCS, 1);
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
    assert_false(grace_runs);
    clock_move(4 * MS);
    assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
    clock_move(MS);
    assert_int_equal(phase_now(), SLUICE_PHASE_LEAVING);
    grace_end();
    assert_int_equal(phase_now(), SLUICE_PHASE_LEAVING);
    propose_now(OBJECT_TAS, 2); /* reversed while delayed: a whole grace period more */
    clock_move(5 * MS);
    assert_int_equal(phase_now(), SLUICE_PHASE_ENTERING);
    assert_true(grace_runs);
    for (unsigned i = 0; i < 4; i++) {
        grace_end();
        clock_move(5 * MS);
    }
    assert_int_equal(phase_now(), SLUICE_PHASE_STEADY);
    assert_int_equal(SLUICE_POLICY_SET(word_now()), OBJECT_TAS);
    assert_int_equal(events_of(SLUICE_EVENT_POLICY_STUCK), 0);
}

static void test_timer_is_brought_forward_on_cpu_0(void **state)
{
    (void)state;
    uint64_t before = timer_tsc;
    fake_cpu_become(1);
    propose_now(OBJECT_MCS, 0);
    fake_cpu_become(0);
    assert_int_equal(timer_tsc, before);
    messages_handle();
    assert_int_equal(timer_tsc, now + MS);
    assert_int_equal(watchdog_check_cpu(), now + MS);
}

/* --- pools ---------------------------------------------------------------------------------------- */
static void test_pools_get_their_policy(void **state)
{
    (void)state;
    tunable_values[TUNABLE_policy_pool] = SLUICE_GRANULARITY_KERNEL + 5 * SLUICE_ALGORITHM_TICKET;
    transition_pool_init(&pools[5]);
    transition_pool_init(&pools[POOL_SYSTEM]);
    assert_int_equal(policy_for_class(17, LOCK_CLASS_endpoint),
                     SLUICE_POLICY(SLUICE_GRANULARITY_SPLIT, SLUICE_ALGORITHM_MCS, 0));
    assert_int_equal(policy_for_class(17, LOCK_CLASS_aspace),
                     SLUICE_POLICY(SLUICE_GRANULARITY_OBJECT, SLUICE_ALGORITHM_MCS, 0));
    tunable_values[TUNABLE_policy_pool] = SLUICE_GRANULARITY_OBJECT;
    assert_int_equal(SLUICE_POLICY_SET(pools[5].policy[CLASS]), KERNEL_TICKET);
    assert_int_equal(SLUICE_POLICY_SET(pools[POOL_SYSTEM].policy[CLASS]), OBJECT_TAS);
    assert_int_equal(pools[5].info->policy[CLASS], pools[5].policy[CLASS]);
}

static void test_destruction_waits_for_transitions(void **state)
{
    (void)state;
    assert_true(transition_pool_idle(&pools[POOL]));
    propose_now(KERNEL_TICKET, 1);
    pools[POOL].generation++;
    assert_false(transition_pool_idle(&pools[POOL]));
    assert_int_equal(propose_now(OBJECT_TAS, 1), SLUICE_E_NOT_FOUND);
    grace_end();
    assert_false(transition_pool_idle(&pools[POOL]));
    grace_end();
    assert_true(transition_pool_idle(&pools[POOL]));
    assert_int_equal(signaled, 1);
}

/* --- the watchdog --------------------------------------------------------------------------------- */
static int64_t heartbeat(uint64_t tuner, uint64_t period_us)
{
    uint64_t args[6] = {tuner, period_us};
    int64_t result = sys_heartbeat(thread, args);
    messages_handle();
    return result;
}

static void test_missed_heartbeat_puts_boot_policies_back(void **state)
{
    (void)state;
    policy_set(KERNEL_TICKET);
    assert_int_equal(heartbeat(SLOT_TUNER, 2000), 0);
    clock_move(MS);
    assert_int_equal(heartbeat(SLOT_TUNER, 2000), 0);
    clock_move(3 * MS / 2);
    assert_int_equal(counters_system->policy_resets, 0);
    clock_move(MS);
    assert_int_equal(counters_system->policy_resets, 1);
    assert_int_equal(events_of(SLUICE_EVENT_POLICY_RESET), 1);
    assert_int_equal(propose_now(KERNEL_TICKET, 0), SLUICE_E_BUSY); /* nobody reverses the watchdog */
    settle();
    assert_int_equal(SLUICE_POLICY_SET(word_now()), OBJECT_TAS);
    clock_move(10 * MS);
    assert_int_equal(counters_system->policy_resets, 1); /* once */
    assert_true(propose_now(KERNEL_TICKET, 0) > 0);
}

static void test_heartbeat_ends_with_zero(void **state)
{
    (void)state;
    assert_int_equal(heartbeat(SLOT_TUNER, 2000), 0);
    assert_int_equal(heartbeat(SLOT_TUNER, 0), 0);
    clock_move(10 * MS);
    assert_int_equal(counters_system->policy_resets, 0);
}

static void test_bad_heartbeats_are_refused(void **state)
{
    (void)state;
    assert_int_equal(heartbeat(SLOT_TUNER, SLUICE_HEARTBEAT_MIN_US - 1), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(heartbeat(SLOT_TUNER, SLUICE_HEARTBEAT_MAX_US + 1), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(heartbeat(SLOT_TUNER, UINT64_MAX), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(heartbeat(SLOT_READER, 2000), SLUICE_E_NO_RIGHT);
    assert_int_equal(heartbeat(SLOT_OTHER, 2000), SLUICE_E_BAD_TYPE);
    clock_move(1000 * MS);
    assert_int_equal(counters_system->policy_resets, 0);
}

static void test_reset_reaches_what_is_under_way(void **state)
{
    (void)state;
    for (unsigned from = 0; from < POLICIES; from++) {
        for (unsigned to = 0; to < POLICIES; to++) {
            for (unsigned graces = 0; graces < 4; graces++) {
                policy_set(policy_number(from));
                assert_true(propose_now(policy_number(to), 1) > 0);
                for (unsigned i = 0; i < graces; i++)
                    grace_end();
                fake_cpu_become(2);
                watchdog_reset(SLUICE_RESET_WAIT);
                watchdog_reset(SLUICE_RESET_WAIT); /* on its way already */
                messages_handle();
                fake_cpu_become(0);
                settle();
                assert_int_equal(SLUICE_POLICY_SET(word_now()), OBJECT_TAS);
                assert_int_equal(events_of(SLUICE_EVENT_POLICY_RESET), 1);
                assert_int_equal(signaled, 1);
            }
        }
    }
}

static void test_reset_to_a_boot_policy_that_is_off(void **state)
{
    (void)state;
    policy_set(OFF(2));
    tunable_values[TUNABLE_policy_boot] = SLUICE_GRANULARITY_OFF;
    watchdog_reset(SLUICE_RESET_ASKED);
    messages_handle();
    settle();
    assert_int_equal(SLUICE_POLICY_SET(word_now()), OFF(0));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(SLUICE_POLICY_SET(pools[i].policy[LOCK_CLASS_region]), OFF(0));
    assert_int_equal(SLUICE_POLICY_SET(pools[5].policy[CLASS]), OBJECT_TAS); /* dead: left alone */
}

/* --- everything at once --------------------------------------------------------------------------- */
static void test_random_walk_keeps_the_theorem(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (unsigned i = 0; i < 200000; i++) {
        fake_cpu_become(fake_random() % CPUS);
        uint32_t dice = fake_random() % 100;
        struct transition *t = transition_of(POOL, CLASS);
        tunable_values[TUNABLE_transition_delay] = fake_random() % 4 ? 0 : 100;
        if (dice < 40)
            accepted += propose_now(policy_number(fake_random() % POLICIES), 0) > 0;
        else if (dice < 55)
            accepted += propose_now(t->phase ? t->origin : OBJECT_TAS, 0) > 0;
        else if (dice < 56)
            watchdog_reset(SLUICE_RESET_WAIT);
        else if (dice < 70)
            clock_move(fake_random() % (2 * MS));
        else
            grace_end();
        messages_handle();
        words_watch();
    }
    assert_true(accepted > 20000);
    for (unsigned i = 0; i < 16; i++) {
        settle();
        clock_move(MS);
    }
    assert_int_equal(phase_now(), SLUICE_PHASE_STEADY);
    assert_true(transition_pool_idle(&pools[POOL]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_pair_of_policies),
        TEST(test_union_holds_both_sets),
        TEST(test_reversal_in_the_union),
        TEST(test_reversal_after_the_union),
        TEST(test_reversal_of_a_reversal),
        TEST(test_reversal_between_two_cpus),
        TEST(test_stale_and_busy),
        TEST(test_other_places_go_on_side_by_side),
        TEST(test_bad_proposals_change_nothing),
        TEST(test_off_on_a_cpu_that_is_not_online),
        TEST(test_words_that_mean_the_same_are_the_same),
        TEST(test_badge_of_the_notification_wins),
        TEST(test_signals_on_their_way_make_it_busy),
        TEST(test_stuck_stays_in_the_union_and_goes_on),
        TEST(test_stuck_can_be_reversed),
        TEST(test_delay_holds_each_step),
        TEST(test_timer_is_brought_forward_on_cpu_0),
        TEST(test_pools_get_their_policy),
        TEST(test_destruction_waits_for_transitions),
        TEST(test_missed_heartbeat_puts_boot_policies_back),
        TEST(test_heartbeat_ends_with_zero),
        TEST(test_bad_heartbeats_are_refused),
        TEST(test_reset_reaches_what_is_under_way),
        TEST(test_reset_to_a_boot_policy_that_is_off),
        TEST(test_random_walk_keeps_the_theorem),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

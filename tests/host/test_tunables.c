// SPDX-License-Identifier: MIT
// sources: tests/host/fake_cpu.c smp/mailbox.c smp/lock/wait.c tunables/tunables.c tunables/options.c
// sources: tunables/counters.c tunables/leg.c tunables/policy.c kernel/log/log.c
// sanitize: undefined address
/*
 * The table of tunables, the kernel command line, the system calls on tunables and logs, the memory of counters and
 * events. The parser is fed bytes at random as well.
 */
#include "kernel/cap/cap.h"
#include "kernel/log/log.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/syscall.h"
#include "mm/frame.h"
#include "mm/user.h"
#include "tests/host/fake_cpu.h"
#include "tunables/counters.h"
#include "tunables/transition.h"
#include "tunables/tunables_internal.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS 3u

/* --- what the sources need of the kernel ---------------------------------------------------------- */
enum {
    SLOT_TUNER = 1,
    SLOT_READER,
    SLOT_BOUNDED,
    SLOT_SETTER,
    SLOT_LOG,
    SLOT_LOG_READER,
    SLOT_SPACE,
    SLOT_SPACE_READER
};
static struct object an_object;

static struct cspace no_slots; /* cap_lookup says what is in them */

int cap_lookup(const struct cspace *space, uint64_t slot, enum sluice_type type, unsigned rights,
               struct cap *cap)
{
    static const struct {
        enum sluice_type type;
        unsigned rights;
        uint64_t badge;
    } slots[] = {
        [SLOT_TUNER] = {SLUICE_TYPE_TUNER, SLUICE_RIGHTS_ALL, 0},
        [SLOT_READER] = {SLUICE_TYPE_TUNER, SLUICE_RIGHT_READ, 0},
        [SLOT_BOUNDED] = {SLUICE_TYPE_TUNER, SLUICE_RIGHTS_ALL, SLUICE_TUNER_BOUNDED | 0xffff00},
        [SLOT_SETTER] = {SLUICE_TYPE_TUNER, SLUICE_RIGHTS_ALL, SLUICE_TUNER_BOUNDED | SLUICE_TUNER_TUNABLES},
        [SLOT_LOG] = {SLUICE_TYPE_LOG, SLUICE_RIGHTS_ALL, 0},
        [SLOT_LOG_READER] = {SLUICE_TYPE_LOG, SLUICE_RIGHT_READ, 0},
        [SLOT_SPACE] = {SLUICE_TYPE_ASPACE, SLUICE_RIGHTS_ALL, 0},
        [SLOT_SPACE_READER] = {SLUICE_TYPE_ASPACE, SLUICE_RIGHT_READ, 0},
    };
    (void)space;
    if (slot >= sizeof(slots) / sizeof(slots[0]) || !slots[slot].rights)
        return SLUICE_E_BAD_CAP;
    if (slots[slot].type != type)
        return SLUICE_E_BAD_TYPE;
    if (rights & ~slots[slot].rights)
        return SLUICE_E_NO_RIGHT;
    *cap = (struct cap){.object = &an_object, .type = (uint8_t)type, .badge = slots[slot].badge};
    return 0;
}

/* User memory is the host's, but for page 0. */
int user_copy_out(struct aspace *space, uint64_t to, const void *from, uint64_t bytes, uint64_t *fault)
{
    (void)space;
    *fault = to;
    if (to < 4096)
        return SLUICE_E_BAD_ADDRESS;
    memcpy((void *)to, from, bytes);
    return 0;
}

int user_copy_in(struct aspace *space, void *to, uint64_t from, uint64_t bytes, uint64_t *fault)
{
    (void)space;
    *fault = from;
    if (from < 4096)
        return SLUICE_E_BAD_ADDRESS;
    memcpy(to, (const void *)from, bytes);
    return 0;
}

static char console[512];

void console_write(const char *text, uint64_t bytes)
{
    assert_true(bytes < sizeof(console));
    memcpy(console, text, bytes);
    console[bytes] = 0;
}

static struct {
    uint64_t address, physical, pages;
    int64_t result;
} map;

int64_t aspace_map_kernel(struct thread *thread, struct aspace *space, uint64_t address, uint64_t physical,
                          uint64_t pages, uint64_t *mapped)
{
    (void)thread, (void)space;
    map.address = address;
    map.physical = physical;
    map.pages = pages;
    *mapped = map.result ? 3 : pages;
    return map.result;
}

struct pool *pools;
unsigned pools_max;
static struct thread *thread;
static void *arena;

static int set_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TUNABLE_COUNT; i++)
        tunable_values[i] = tunable_rows[i].info.initial;
    tunable_values[TUNABLE_log_events] = 64;
    tunable_values[TUNABLE_pools_max] = 16;
    fake_cpus_init(CPUS, 16);
    fake_cpu_become(0);
    for (unsigned i = 0; i < CPUS; i++) {
        free(cpus[i]->counters); /* counters_init gives it others */
        free(cpus[i]->lock_counters);
    }
    arena = aligned_alloc(4096, counters_bytes(CPUS));
    memset(arena, 0xa5, counters_bytes(CPUS));
    counters_init(arena, CPUS);
    thread = aligned_alloc(64, sizeof(*thread));
    memset(thread, 0, sizeof(*thread));
    thread->cspace = &no_slots;
    map.result = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CPUS; i++) {
        cpus[i]->counters = NULL;
        cpus[i]->lock_counters = NULL;
    }
    fake_cpus_free();
    free(arena);
    free(thread);
    return 0;
}

/* --- the table ------------------------------------------------------------------------------------ */
static void test_names_are_unique(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TUNABLE_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(tunable_rows[i].info.name, tunable_rows[j].info.name);
}

static void test_policies_of_tunables(void **state)
{
    (void)state;
    for (uint64_t value = 0; value <= tunable_rows[TUNABLE_policy_boot].info.maximum; value++) {
        uint32_t word = policy_word_of_tunable(value);
        assert_true(SLUICE_POLICY_STEADY(word));
        assert_int_equal(SLUICE_POLICY_GRANULARITY(word), value % 5);
        assert_int_equal(SLUICE_POLICY_ALGORITHM(word), value % 5 ? value / 5 : 0);
        assert_int_equal(policy_for_class(value, LOCK_CLASS_alloc), word);
    }
}

/* --- the command line ----------------------------------------------------------------------------- */
static char warnings[1024];

static void warn(const char *word, const char *why)
{
    assert_true(strlen(word) < 64);
    size_t used = strlen(warnings);
    snprintf(warnings + used, sizeof(warnings) - used, "%s: %s\n", word, why ? why : "unknown");
}

static const char *parse(const char *line)
{
    warnings[0] = 0;
    tunables_parse(line, warn);
    return warnings;
}

static void test_good_options_are_taken(void **state)
{
    (void)state;
    assert_string_equal(parse("  sched.slice=100\tlog.events=0x80  policy.boot=14\nmax_cpus=255 "), "");
    assert_int_equal(tunable(sched_slice), 100);
    assert_int_equal(tunable(log_events), 128);
    assert_int_equal(tunable(policy_boot), 14);
    assert_int_equal(tunable(max_cpus), 255);
    assert_string_equal(parse(""), "");
    assert_string_equal(parse("   "), "");
    assert_string_equal(parse("max_cpus=1 max_cpus=2"), "");
    assert_int_equal(tunable(max_cpus), 2);
}

static void test_bad_options_say_what_is_allowed(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"nonsense", "nonsense: unknown\n"},
        {"nonsense=7", "nonsense: unknown\n"},
        {"=7", ": unknown\n"},
        {"sched.slic=7", "sched.slic: unknown\n"},
        {"sched.slices=700", "sched.slices: unknown\n"},
        {"max_cpus", "max_cpus: it needs a value\n"},
        {"max_cpus=", "max_cpus=: not a number, allowed are 1 to 255\n"},
        {"max_cpus=0", "max_cpus=0: out of range, allowed are 1 to 255\n"},
        {"max_cpus=256", "max_cpus=256: out of range, allowed are 1 to 255\n"},
        {"max_cpus=-1", "max_cpus=-1: not a number, allowed are 1 to 255\n"},
        {"max_cpus=0x", "max_cpus=0x: not a number, allowed are 1 to 255\n"},
        {"max_cpus=1f", "max_cpus=1f: not a number, allowed are 1 to 255\n"},
        {"max_cpus=18446744073709551617",
         "max_cpus=18446744073709551617: not a number, allowed are 1 to 255\n"},
        {"log.events=100", "log.events=100: not a power of two, allowed are 64 to 65536\n"},
        {"max_cpus==3 pools.max=17", "max_cpus==3: not a number, allowed are 1 to 255\n"},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_string_equal(parse(bad[i][0]), bad[i][1]);
    assert_int_equal(tunable(max_cpus), 255);
    assert_int_equal(tunable(pools_max), 17); /* the good word after the bad one */
}

static void test_any_line_leaves_values_in_range(void **state)
{
    (void)state;
    static const char *const parts[] = {"max_cpus", "log.events",           "=",  " ",     "0x",
                                        "9",        "18446744073709551615", "\t", "policy"};
    for (unsigned round = 0; round < 20000; round++) {
        char line[400] = "";
        for (unsigned i = fake_random() % 40; i; i--) {
            if (fake_random() % 4)
                strcat(line, parts[fake_random() % (sizeof(parts) / sizeof(parts[0]))]);
            else
                line[strlen(line)] = (char)(1 + fake_random() % 255);
            if (strlen(line) > 370)
                break;
        }
        parse(line);
    }
    for (unsigned i = 0; i < TUNABLE_COUNT; i++)
        assert_in_range(tunable_values[i], tunable_rows[i].info.minimum, tunable_rows[i].info.maximum);
    assert_int_equal(tunable(log_events) & (tunable(log_events) - 1), 0);
}

/* --- system calls --------------------------------------------------------------------------------- */
static int64_t info(uint64_t slot, uint64_t index, void *to)
{
    uint64_t args[6] = {slot, index, (uint64_t)to};
    return sys_tunable_info(thread, args);
}

static int64_t set(uint64_t slot, uint64_t index, uint64_t value)
{
    uint64_t args[6] = {slot, index, value};
    return sys_tunable_set(thread, args);
}

static void test_info_describes_each_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TUNABLE_COUNT; i++) {
        struct sluice_tunable_info to;
        memset(&to, 0xff, sizeof(to));
        assert_int_equal(info(SLOT_READER, i, &to), 0);
        assert_string_equal(to.name, tunable_rows[i].info.name);
        assert_string_equal(to.unit, tunable_rows[i].info.unit);
        assert_string_equal(to.sentence, tunable_rows[i].info.sentence);
        assert_int_equal(to.initial, tunable_rows[i].info.initial);
        assert_int_equal(to.value, tunable_values[i]);
        for (const char *rest = to.name + strlen(to.name); rest < to.name + sizeof(to.name); rest++)
            assert_int_equal(*rest, 0); /* nothing of the kernel's stack */
    }
}

static void test_info_refuses(void **state)
{
    (void)state;
    struct sluice_tunable_info to;
    assert_int_equal(info(0, 0, &to), SLUICE_E_BAD_CAP);
    assert_int_equal(info(SLOT_LOG, 0, &to), SLUICE_E_BAD_TYPE);
    assert_int_equal(info(SLOT_TUNER, TUNABLE_COUNT, &to), SLUICE_E_NOT_FOUND);
    assert_int_equal(info(SLOT_TUNER, UINT64_MAX, &to), SLUICE_E_NOT_FOUND);
    assert_int_equal(info(SLOT_TUNER, 0, (void *)8), SYSCALL_FAULT);
    assert_int_equal(thread->fault_address, 8);
}

static void test_set_keeps_bounds(void **state)
{
    (void)state;
    uint64_t before = tunable(tlb_full_flush);
    assert_int_equal(set(SLOT_TUNER, TUNABLE_tlb_full_flush, 512), 0);
    assert_int_equal(tunable(tlb_full_flush), 512);
    assert_int_equal(cpus[0]->events->head, 1);
    assert_int_equal(cpus[0]->events->ring[0].kind, SLUICE_EVENT_TUNABLE_SET);
    assert_int_equal(cpus[0]->events->ring[0].a, TUNABLE_tlb_full_flush);
    assert_int_equal(cpus[0]->events->ring[0].b, 512);
    assert_int_equal(cpus[0]->events->ring[0].c, before);
    assert_int_equal(set(SLOT_TUNER, TUNABLE_tlb_full_flush, 513), SLUICE_E_OUT_OF_BOUNDS);
    assert_int_equal(set(SLOT_TUNER, TUNABLE_tlb_full_flush, 0), SLUICE_E_OUT_OF_BOUNDS);
    assert_int_equal(set(SLOT_TUNER, TUNABLE_pools_max, 64), SLUICE_E_NOT_ALLOWED);
    assert_int_equal(set(SLOT_TUNER, TUNABLE_COUNT, 64), SLUICE_E_NOT_FOUND);
    assert_int_equal(set(SLOT_READER, TUNABLE_tlb_full_flush, 7), SLUICE_E_NO_RIGHT);
    assert_int_equal(set(SLOT_BOUNDED, TUNABLE_tlb_full_flush, 7), SLUICE_E_OUT_OF_BOUNDS);
    assert_int_equal(tunable(tlb_full_flush), 512);
    assert_int_equal(set(SLOT_SETTER, TUNABLE_tlb_full_flush, 7), 0);
    assert_int_equal(tunable(tlb_full_flush), 7);
}

/* --- counters, events ----------------------------------------------------------------------------- */
static void test_arena_is_zeroed_and_apart(void **state)
{
    (void)state;
    uint64_t end = (uint64_t)arena;
    for (unsigned what = SLUICE_LOG_SYSTEM; what <= SLUICE_LOG_EVENTS; what++) {
        for (unsigned cpu = 0; cpu < (what < SLUICE_LOG_COUNTERS ? 1 : CPUS); cpu++) {
            struct counters_range range;
            assert_true(counters_pages(what, cpu, &range));
            assert_int_equal((uint64_t)range.start % 4096, 0);
            assert_true((char *)range.start + range.pages * 4096 <= (char *)arena + counters_bytes(CPUS));
            if (what != SLUICE_LOG_SYSTEM)
                for (uint64_t i = 0; i < range.pages * 4096; i++)
                    assert_int_equal(((char *)range.start)[i], 0);
            memset(range.start, (int)(what * CPUS + cpu + 1), range.pages * 4096);
            end = end > (uint64_t)range.start ? end : (uint64_t)range.start;
            if (what == SLUICE_LOG_SYSTEM)
                counters_system->cpus = CPUS;
        }
    }
    assert_int_equal(*(char *)cpus[1]->lock_counters,
                     SLUICE_LOG_COUNTERS * CPUS + 1 + 1); /* nobody wrote over it */
    assert_int_equal(*(char *)cpus[2]->counters, SLUICE_LOG_CPU * CPUS + 2 + 1);
    assert_int_equal(*(char *)transition_of(15, SLUICE_CLASSES_MAX - 1), 0);
}

static void test_no_such_pages(void **state)
{
    (void)state;
    struct counters_range range;
    assert_false(counters_pages(SLUICE_LOG_EVENTS + 1, 0, &range));
    assert_false(counters_pages(UINT64_MAX, 0, &range));
    assert_false(counters_pages(SLUICE_LOG_SYSTEM, 1, &range));
    assert_false(counters_pages(SLUICE_LOG_CPU, CPUS, &range));
    assert_false(counters_pages(SLUICE_LOG_CPU, UINT64_MAX, &range));
}

static void test_system_page_names_the_classes(void **state)
{
    (void)state;
    assert_int_equal(counters_system->classes, LOCK_CLASS_COUNT);
    assert_string_equal(counters_system->class_info[LOCK_CLASS_endpoint].name, "endpoint");
    assert_string_equal(counters_system->class_info[LOCK_CLASS_notification].name, "notification");
    assert_int_equal(counters_system->class_info[LOCK_CLASS_region].granularities, LOCK_GRANULARITIES_ALL);
    assert_int_equal(counters_system->tunables, TUNABLE_COUNT);
    assert_int_equal(counters_system->cpus, CPUS);
}

static void test_ring_keeps_the_last_events(void **state)
{
    (void)state;
    fake_cpu_become(1);
    for (unsigned i = 0; i < 100; i++)
        log_event(SLUICE_EVENT_FAULT, i, 2 * i, 3 * i);
    const struct sluice_event_ring *ring = cpus[1]->events;
    assert_int_equal(ring->head, 100);
    for (unsigned i = 36; i < 100; i++) {
        assert_int_equal(ring->ring[i % 64].a, i);
        assert_int_equal(ring->ring[i % 64].c, 3 * i);
    }
    assert_int_equal(cpus[0]->events->head, 0);
    assert_int_equal(cpus[2]->events->head, 0);
}

static int64_t log_map(uint64_t log, uint64_t space, uint64_t what, uint64_t index, uint64_t *second)
{
    uint64_t args[6] = {log, space, 0x5000, what, index};
    int64_t result = sys_log_map(thread, args);
    *second = args[2];
    return result;
}

static void test_log_map(void **state)
{
    (void)state;
    uint64_t second;
    assert_int_equal(log_map(SLOT_LOG_READER, SLOT_SPACE, SLUICE_LOG_EVENTS, 2, &second), 0);
    assert_int_equal(map.address, 0x5000);
    assert_int_equal(map.physical, direct_map_physical(cpus[2]->events));
    assert_int_equal(map.pages, 1);
    assert_int_equal(second, map.pages);
    assert_int_equal(log_map(SLOT_SPACE, SLOT_SPACE, 0, 0, &second), SLUICE_E_BAD_TYPE);
    assert_int_equal(log_map(SLOT_LOG, SLOT_SPACE_READER, 0, 0, &second), SLUICE_E_NO_RIGHT);
    assert_int_equal(log_map(SLOT_LOG, SLOT_SPACE, 9, 0, &second), SLUICE_E_NOT_FOUND);
    map.result = SLUICE_E_EXISTS;
    assert_int_equal(log_map(SLOT_LOG, SLOT_SPACE, 0, 0, &second), SLUICE_E_EXISTS);
    assert_int_equal(second, 3);
    map.result = SYSCALL_FORWARD; /* comes again: the address must still be there */
    assert_int_equal(log_map(SLOT_LOG, SLOT_SPACE, 0, 0, &second), SYSCALL_FORWARD);
    assert_int_equal(second, 0x5000);
}

static int64_t log_write(uint64_t log, const char *text, uint64_t bytes)
{
    uint64_t args[6] = {log, (uint64_t)text, bytes};
    return sys_log_write(thread, args);
}

static void test_log_write(void **state)
{
    (void)state;
    static char much[300];
    assert_int_equal(log_write(SLOT_LOG, "a line\n", 7), 7);
    assert_string_equal(console, "a line\n");
    assert_int_equal(log_write(SLOT_LOG, much, 256), 256);
    assert_int_equal(log_write(SLOT_LOG, much, 257), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(log_write(SLOT_LOG, much, UINT64_MAX), SLUICE_E_BAD_ARGUMENT);
    assert_int_equal(log_write(SLOT_LOG_READER, much, 1), SLUICE_E_NO_RIGHT);
    assert_int_equal(log_write(SLOT_LOG, (const char *)16, 1), SYSCALL_FAULT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names_are_unique),
        TEST(test_policies_of_tunables),
        TEST(test_good_options_are_taken),
        TEST(test_bad_options_say_what_is_allowed),
        TEST(test_any_line_leaves_values_in_range),
        TEST(test_info_describes_each_row),
        TEST(test_info_refuses),
        TEST(test_set_keeps_bounds),
        TEST(test_arena_is_zeroed_and_apart),
        TEST(test_no_such_pages),
        TEST(test_system_page_names_the_classes),
        TEST(test_ring_keeps_the_last_events),
        TEST(test_log_map),
        TEST(test_log_write),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

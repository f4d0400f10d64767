// SPDX-License-Identifier: MIT
/*
 * Many threads of an ordinary program, a copy of this one, do whatever comes: any call on any capability they have, on
 * each other, on their own spaces and pools, while lock policies change under them. What they break is theirs; the
 * machine goes on, and all that they had comes back.
 * The seed of each copy is its number: a failure comes back, as far as threads on several processors let it.
 * Context: the program's first thread; in the copy, threads without thread-local storage: no libc. Locks: none.
 * Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/spawn.h"
#include "stress/lib/resources.h"
#include "tests/user/hostile/hostile.h"
#include "tests/user/lib/bench.h"
#include "tests/user/lib/flipper.h"
#include "tests/user/lib/raw.h"
#include "tests/user/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 12u
#define STACK_BYTES 4096u
#define WORK_SLOT 96u /* .. + 63: what the threads make; above the slots of 32 processors */
#define WORK_SLOTS 64u
#define WARDEN (WORK_SLOT + WORK_SLOTS) /* endpoint of their faults */
#define ROUNDS 8u
#define ROUND_MS 700u

static struct chaos {
    uint64_t random;
    uint64_t thread; /* slot */
    uint8_t buffer[256];
    uint8_t stack[STACK_BYTES] __attribute__((aligned(16)));
} chaos[THREADS];

/* xorshift64*: Vigna, An experimental exploration of Marsaglia's xorshift generators, 2016. */
static uint64_t chaos_random(struct chaos *self)
{
    self->random ^= self->random >> 12;
    self->random ^= self->random << 25;
    self->random ^= self->random >> 27;
    return self->random * 0x2545f4914f6cdd1dull >> 8;
}

static uint64_t pick(struct chaos *self, uint64_t count)
{
    return chaos_random(self) % count;
}

static uint64_t some_slot(struct chaos *self)
{
    switch (pick(self, 8)) {
    case 0:
        return pick(self, SLUICE_SLOT_CPU_FIRST);
    case 1:
        return SLUICE_SLOT_CPU_FIRST + pick(self, 8);
    case 2:
        return 0;
    default:
        return WORK_SLOT + pick(self, WORK_SLOTS);
    }
}

static uint64_t some_address(struct chaos *self)
{
    static const uint64_t bad[] = {0,          4096,          0x0000500000000000ull, SLUICE_USER_MAX - 64,
                                   1ull << 63, UINT64_MAX - 3};
    if (pick(self, 4))
        return (uint64_t)chaos[pick(self, THREADS)].buffer + pick(self, 64);
    return bad[pick(self, 6)];
}

static uint64_t some_number(struct chaos *self)
{
    switch (pick(self, 6)) {
    case 0:
        return 1ull << pick(self, 18);
    case 1:
        return pick(self, 600);
    case 2:
        return chaos_random(self) << 8;
    default:
        return pick(self, 17);
    }
}

static uint64_t some_argument(struct chaos *self)
{
    switch (pick(self, 6)) {
    case 0:
    case 1:
    case 2:
        return some_slot(self);
    case 3:
        return some_address(self);
    default:
        return some_number(self);
    }
}

static uint64_t some_deadline(struct chaos *self)
{
    uint64_t kind = pick(self, 32);
    return kind == 0 ? SLUICE_FOREVER : kind < 12 ? SLUICE_NOW : sluice_clock() + pick(self, 2000000);
}

static uint64_t some_tag(struct chaos *self)
{
    uint64_t label = pick(self, 8) ? pick(self, 20) : SLUICE_LABEL_PAGE_FAULT + pick(self, 3);
    uint64_t tag = SLUICE_TAG(label, pick(self, 8), pick(self, 3) ? 0 : pick(self, 6));
    return pick(self, 4) ? tag : tag | SLUICE_TAG_LONG;
}

static void call_message(struct chaos *self, struct raw_call *call)
{
    call->argument[1] = some_tag(self);
    call->argument[5] = some_slot(self) | some_slot(self) << 16;
    call->word4 = some_address(self);
    call->word5 = pick(self, 300);
    /* The end of the process, politely: there would be nothing to see. */
    /* Memory where aspace_unmap and aspace_protect are tried. */
    if (call->argument[0] >= SLUICE_SLOT_CPU_FIRST && call->argument[0] < WORK_SLOT && pick(self, 2)) {
        call->argument[1] = SLUICE_TAG(SLUICE_MEMORY_MAP, 3, 0);
        call->argument[2] = BENCH_ADDRESS + pick(self, 64) * SLUICE_PAGE_BYTES;
        call->argument[3] = SLUICE_PAGE_BYTES * pick(self, 64);
        call->argument[4] = SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MEMORY_POPULATE;
    }
    if (call->argument[0] == SLUICE_SLOT_ROOT && SLUICE_TAG_LABEL(call->argument[1]) == SLUICE_ROOT_EXIT)
        call->argument[1] = 0;
}

static void call_create(struct chaos *self, struct raw_call *call)
{
    static const uint8_t types[] = {SLUICE_TYPE_CSPACE,   SLUICE_TYPE_ASPACE,       SLUICE_TYPE_THREAD,
                                    SLUICE_TYPE_ENDPOINT, SLUICE_TYPE_NOTIFICATION, SLUICE_TYPE_FACET,
                                    SLUICE_TYPE_ENDPOINT};
    call->argument[0] = pick(self, 4) ? (uint64_t)SLUICE_SLOT_POOL : some_slot(self);
    call->argument[1] = types[pick(self, sizeof types)];
    call->argument[2] = WORK_SLOT + pick(self, WORK_SLOTS);
    if (call->argument[1] == SLUICE_TYPE_CSPACE)
        call->argument[3] = 16ull << pick(self, 4);
    if (call->argument[1] == SLUICE_TYPE_THREAD && pick(self, 2)) {
        call->argument[3] = SLUICE_SLOT_CSPACE;
        call->argument[4] = SLUICE_SLOT_ASPACE;
    }
}

static void chaos_entry(void *argument);

static void call_thread(struct chaos *self, struct raw_call *call)
{
    struct chaos *other = &chaos[pick(self, THREADS)];
    if (pick(self, 2))
        call->argument[0] = other->thread;
    if (call->number == SLUICE_SYS_thread_start && pick(self, 4)) {
        call->argument[1] = (uint64_t)chaos_entry;
        call->argument[2] = (uint64_t)other->stack + STACK_BYTES - 8;
        call->argument[3] = (uint64_t)other;
    }
    if (call->number == SLUICE_SYS_thread_move)
        call->argument[1] = SLUICE_SLOT_CPU(pick(self, 8));
    if (call->number == SLUICE_SYS_thread_configure) {
        call->argument[1] = pick(self, 17);
        call->argument[3] = pick(self, 2) ? WARDEN : some_slot(self);
    }
}

/* The calls that are seldom good by chance. */
static void call_slots(struct chaos *self, struct raw_call *call)
{
    uint64_t *argument = call->argument;
    switch (call->number) {
    case SLUICE_SYS_cap_copy:
        argument[3] = SLUICE_RIGHTS_ALL & ~(pick(self, 2) << pick(self, 6));
        argument[4] = pick(self, 3) ? 0 : some_number(self);
        /* fall through */
    case SLUICE_SYS_cap_move:
        argument[0] = pick(self, 3) ? 0 : some_slot(self);
        argument[1] = argument[0] ? pick(self, 40) : WORK_SLOT + pick(self, WORK_SLOTS);
        argument[2] = some_slot(self);
        break;
    case SLUICE_SYS_ipc_window:
        argument[0] = (uint64_t)self->buffer;
        argument[1] = pick(self, sizeof self->buffer);
        argument[2] = WORK_SLOT + pick(self, WORK_SLOTS);
        argument[3] = pick(self, 5);
        break;
    case SLUICE_SYS_aspace_unmap:
    case SLUICE_SYS_aspace_protect:
        argument[1] = BENCH_ADDRESS;
        argument[2] = pick(self, 520);
        argument[3] = pick(self, 8);
        break;
    case SLUICE_SYS_thread_read:
    case SLUICE_SYS_cap_info:
        argument[1] = (uint64_t)self->buffer;
        break;
    }
}

/* Rarely: they end so much that little is left to be tried. */
static bool call_ends(uint64_t number)
{
    return number == SLUICE_SYS_pool_destroy || number == SLUICE_SYS_cap_delete ||
           number == SLUICE_SYS_cap_revoke || number == SLUICE_SYS_cap_move ||
           number == SLUICE_SYS_thread_exit || number == SLUICE_SYS_object_destroy ||
           number == SLUICE_SYS_thread_stop;
}

/* What the process needs to go on: spared mostly, or there would be little to see. */
static void call_spare(struct chaos *self, struct raw_call *call)
{
    bool message = call->number >= SLUICE_SYS_call && call->number <= SLUICE_SYS_reply;
    bool reads = call->number == SLUICE_SYS_object_create || call->number == SLUICE_SYS_cap_info ||
                 call->number == SLUICE_SYS_cap_copy || call->number == SLUICE_SYS_aspace_map || message;
    if (pick(self, 4096) == 0)
        return;
    for (unsigned i = 0; i < 3 && !reads; i++)
        if (call->argument[i] < WORK_SLOT)
            call->argument[i] += WORK_SLOT;
    /* A fault that cannot be mended, told to the memory server, is the end. */
    if (message && SLUICE_TAG_LABEL(call->argument[1]) >= SLUICE_LABEL_PAGE_FAULT)
        call->argument[1] = 0;
}

static void call_choose(struct chaos *self, struct raw_call *call)
{
    do
        call->number = pick(self, 4) ? pick(self, SLUICE_SYSCALL_COUNT) : (uint64_t)SLUICE_SYS_object_create;
    while (call_ends(call->number) && pick(self, 24));
    for (unsigned i = 0; i < 6; i++)
        call->argument[i] = some_argument(self);
    call->argument[0] = some_slot(self);
    call->deadline = some_deadline(self);
    if (call->number == SLUICE_SYS_wait)
        call->argument[2] = some_deadline(self);
    if (call->number >= SLUICE_SYS_call && call->number <= SLUICE_SYS_reply)
        call_message(self, call);
    call_slots(self, call);
    if (call->number == SLUICE_SYS_object_create)
        call_create(self, call);
    if (call->number >= SLUICE_SYS_thread_start && call->number <= SLUICE_SYS_thread_configure)
        call_thread(self, call);
    call_spare(self, call);
}

static void chaos_batch(struct chaos *self)
{
    struct sluice_batch_entry entries[8];
    uint64_t count = 1 + pick(self, 8);
    for (uint64_t i = 0; i < count; i++) {
        struct raw_call call = {0};
        call_choose(self, &call);
        entries[i] = (struct sluice_batch_entry){.number = call.number};
        for (unsigned j = 0; j < 6; j++)
            entries[i].args[j] = call.argument[j];
    }
    sluice_batch(entries, count);
}

static void chaos_entry(void *argument)
{
    struct chaos *self = argument;
    for (;;) {
        struct raw_call call = {0};
        if (pick(self, 8) == 0)
            chaos_batch(self);
        call_choose(self, &call);
        raw_call(&call);
    }
}

static void chaos_begin(struct chaos *self)
{
    unsigned cpu = (unsigned)((self - chaos) % sluice_cpu_count());
    if (sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_THREAD, self->thread, SLUICE_SLOT_CSPACE,
                             SLUICE_SLOT_ASPACE) == 0) {
        sluice_thread_move(self->thread, SLUICE_SLOT_CPU(cpu));
        sluice_thread_configure(self->thread, SLUICE_SPAWN_PRIORITY - 1, 0, WARDEN, 0);
    }
    sluice_thread_start(self->thread, (uint64_t)chaos_entry, (uint64_t)self->stack + STACK_BYTES - 8,
                        (uint64_t)self);
}

/* Whoever faulted, ended or was destroyed begins again; so does each in turn, that may wait for ever. */
int chaos_copy(const char *seed)
{
    memset(chaos, 0, sizeof chaos); /* no page is missing */
    sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, WARDEN, 0, 0);
    for (unsigned i = 0; i < 3; i++)
        sluice_memory_pool_alloc(64 * SLUICE_PAGE_BYTES, "chaos", WORK_SLOT + i);
    sluice_cap_delete(0, SLUICE_SLOT_OUTPUT);
    for (unsigned i = 0; i < THREADS; i++) {
        chaos[i].random = (strtoul(seed, NULL, 10) << 8 | i) * 0x9e3779b97f4a7c15ull + 1;
        chaos[i].thread = WARDEN + 1 + i;
    }
    for (unsigned turn = 0;; turn++) {
        struct sluice_message message = {0};
        for (unsigned i = 0; i < THREADS; i++)
            chaos_begin(&chaos[i]);
        sluice_receive(WARDEN, &message, sluice_deadline_ms(2), NULL);
        for (unsigned i = 0; i < 3; i++)
            sluice_thread_stop(chaos[(3 * turn + i) % THREADS].thread);
    }
}

static int64_t chaos_spawn(unsigned seed)
{
    static struct sluice_spawn_request request;
    char word[24];
    sluice_spawn_init(&request, "test/hostile");
    sluice_spawn_argument(&request, HOSTILE_WORD_CHAOS);
    snprintf(word, sizeof word, "%u", seed);
    sluice_spawn_argument(&request, word);
    return sluice_spawn(&request);
}

static bool chaos_round(struct flipper *flipper, unsigned seed)
{
    bool flips = seed % 2;
    struct sluice_end end = {0};
    int64_t process = chaos_spawn(seed);
    uint64_t until = sluice_deadline_ms(ROUND_MS);
    while (process > 0 && sluice_clock() < until) {
        if (flips)
            flipper_step(flipper, until);
        sluice_sleep_ms(1); /* processors that take turns on the host get theirs */
    }
    if (process <= 0)
        return false;
    sluice_process_kill((uint32_t)process); /* unless it has ended itself */
    return sluice_process_wait((uint32_t)process, sluice_deadline_ms(20000), &end) == 0;
}

void test_chaos(unsigned rounds)
{
    struct flipper flipper;
    struct sluice_memory_stats before = {0}, after = {0};
    bool good = true;
    unsigned done = 0;
    if (!tap_ok(flipper_init(&flipper, 5), "a flipper"))
        return;
    good = chaos_round(&flipper, 1000); /* the servers' own tables grow */
    sluice_memory_stats(&before);
    for (; done < (rounds ? rounds : ROUNDS) && good; done++)
        good = chaos_round(&flipper, done);
    struct sluice_cpu_counters sum;
    counters_cpu_sum(&flipper.counters, &sum);
    tap_note("%lu system calls, %lu objects made, %lu capabilities copied", (unsigned long)sum.syscalls,
             (unsigned long)sum.objects_created, (unsigned long)sum.cap_copies);
    tap_ok(good, "%u programs did what they liked, and ended", done);
    tap_ok(flipper_end(&flipper) && !flipper.failed, "%lu policies changed meanwhile",
           (unsigned long)flipper.completed);
    sluice_memory_stats(&after);
    tap_ok(after.pages_free + 600 > before.pages_free && after.clients == before.clients,
           "they left nothing behind (%lu pages were free, %lu are)", (unsigned long)before.pages_free,
           (unsigned long)after.pages_free);
}

// SPDX-License-Identifier: MIT
/*
 * The parts that the program plays as its own child.
 * Entry point: child_run. Context: the child's first thread. Locks: none. Tests: this is one.
 */
#include "servers/lib/memory.h"
#include "servers/lib/thread.h"
#include "tests/user/process/process.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4u

static volatile uint64_t *volatile nowhere = (volatile uint64_t *)0x10;

static void exit_from_thread(void *status)
{
    exit((int)(uintptr_t)status);
}

static int part_thread_exit(void)
{
    sluice_thread_create(exit_from_thread, (void *)23, 0, 0, 0);
    sluice_sleep_until(SLUICE_FOREVER);
    return 1;
}

/* Until there is no more, which must be said and not be the end. */
static int part_exhaust(void)
{
    size_t sum = 0;
    void **last = NULL, **block;

    while ((block = malloc(30000))) {
        *block = last;
        last = block;
        sum += 30000;
    }
    int error = errno;
    printf("%lu bytes\n", (unsigned long)sum);
    for (; last; last = block) {
        block = *last;
        free(last);
    }
    return sum > 1000000 && sum < 4 * 1048576 && error == ENOMEM ? 0 : 1;
}

static int part_stack(unsigned depth)
{
    volatile char frame[4096];

    frame[0] = (char)depth;
    return depth == 0 ? frame[0] : part_stack(depth - 1) + frame[0];
}

static __thread unsigned own_count;
static uint32_t bad;

/* Blocks with a pattern, lines, thread-local counting. */
static void work(void *argument)
{
    unsigned id = (unsigned)(uintptr_t)argument;
    unsigned char *block[16] = {0};

    for (unsigned i = 0; i < 2000; i++) {
        unsigned at = i % 16, bytes = 16 + (i * 37 + id * 11) % 900;
        for (unsigned j = 0; block[at] && j < 16; j++)
            bad |= block[at][j] != (unsigned char)(id + at);
        free(block[at]);
        block[at] = malloc(bytes);
        if (!block[at]) {
            bad = 1;
            break;
        }
        memset(block[at], (int)(id + at), bytes);
        own_count++;
        if (i % 80 == 0)
            printf("line of thread %u: %s end\n", id, "0123456789abcdefghijklmnopqrstuvwxyz");
    }
    bad |= own_count != 2000;
}

static int part_threads(void)
{
    struct sluice_thread *threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = sluice_thread_create(work, (void *)(uintptr_t)i, i % sluice_cpu_count(), 0, 0);
        if (!threads[i])
            return 2;
    }
    for (unsigned i = 0; i < THREADS; i++)
        if (!sluice_thread_join(threads[i], sluice_deadline_ms(60000)))
            return 3;
    return bad ? 4 : own_count ? 5 : 0;
}

static void nothing(void *argument)
{
    (void)argument;
}

/* More threads than fit at once, one after the other: stacks, slots and objects come back. */
static int part_many_threads(void)
{
    for (unsigned i = 0; i < 3000; i++) {
        struct sluice_thread *thread = sluice_thread_create(nothing, NULL, i % sluice_cpu_count(), 0, 0);
        if (!thread)
            return 2;
        if (!sluice_thread_join(thread, sluice_deadline_ms(10000)))
            return 3;
    }
    return 0;
}

static int part_gift(void)
{
    struct sluice_message message = {.tag = SLUICE_TAG(77, 1, 0), .word = {sluice_process->id}};

    return sluice_call(SLUICE_SLOT_GIFT, &message, sluice_deadline_ms(10000)) == 0 && message.word[0] == 78
               ? 0
               : 1;
}

static int part_cpu(void)
{
    return sluice_cpu_count() == 1 ? sluice_process->cpu[0] : 100;
}

static int part_limit(void)
{
    void *where;
    uint64_t limit = sluice_process->memory_limit;

    if (sluice_memory_map(0, limit + SLUICE_PAGE_BYTES, SLUICE_MAP_READ, &where) != SLUICE_E_LIMIT)
        return 1;
    if (sluice_memory_pool_alloc(limit + SLUICE_PAGE_BYTES, "big", sluice_slot_alloc()) != SLUICE_E_LIMIT)
        return 2;
    if (sluice_memory_map(0, limit / 2, SLUICE_MAP_READ | SLUICE_MAP_WRITE, &where) != 0)
        return 3;
    return sluice_memory_unmap(where, limit / 2) == 0 ? 0 : 4;
}

int child_run(const char *name)
{
    if (strcmp(name, "return") == 0)
        return 7;
    if (strcmp(name, "thread exit") == 0)
        return part_thread_exit();
    if (strcmp(name, "first thread") == 0)
        sluice_thread_exit(-5);
    if (strcmp(name, "abort") == 0)
        abort();
    if (strcmp(name, "write") == 0)
        *nowhere = 1;
    if (strcmp(name, "exception") == 0)
        __builtin_trap();
    if (strcmp(name, "stack") == 0)
        return part_stack(100);
    if (strcmp(name, "sleep") == 0)
        sluice_sleep_until(SLUICE_FOREVER);
    if (strcmp(name, "exhaust") == 0)
        return part_exhaust();
    if (strcmp(name, "threads") == 0)
        return part_threads();
    if (strcmp(name, "many threads") == 0)
        return part_many_threads();
    if (strcmp(name, "gift") == 0)
        return part_gift();
    if (strcmp(name, "cpu") == 0)
        return part_cpu();
    if (strcmp(name, "limit") == 0)
        return part_limit();
    for (;;) /* "spin" */
        sluice_null();
}

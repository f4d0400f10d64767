// SPDX-License-Identifier: MIT
/*
 * Client side of the memory server.
 * Entry points: see memory.h. Context: any thread. Locks: none. Tests: tests/user/memory/.
 */
#include "servers/lib/memory.h"
#include "servers/lib/runtime_internal.h"

/* Sends a request to the worker of this thread's processor: the transport's error or the server's. */
static int64_t memory_ask(struct sluice_message *message)
{
    int64_t result = sluice_call(sluice_thread_self()->memory_slot, message, SLUICE_FOREVER);

    return result < 0 ? result : (int64_t)message->word[0];
}

static int64_t ask3(enum sluice_memory_label label, uint64_t a, uint64_t b, uint64_t c)
{
    struct sluice_message message = {.tag = SLUICE_TAG(label, 3, 0), .word = {a, b, c}};

    return memory_ask(&message);
}

int64_t sluice_memory_map(uint64_t address, uint64_t bytes, unsigned flags, void **where)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_MEMORY_MAP, 3, 0),
                                     .word = {address, bytes, flags}};
    int64_t result = memory_ask(&message);

    if (result >= 0 && where)
        *where = (void *)message.word[1];
    return result;
}

int64_t sluice_memory_unmap(const void *address, uint64_t bytes)
{
    return ask3(SLUICE_MEMORY_UNMAP, (uint64_t)address, bytes, 0);
}

int64_t sluice_memory_protect(const void *address, uint64_t bytes, unsigned flags)
{
    return ask3(SLUICE_MEMORY_PROTECT, (uint64_t)address, bytes, flags);
}

int64_t sluice_memory_object_create(uint64_t bytes, unsigned flags)
{
    return ask3(SLUICE_MEMORY_OBJECT_CREATE, bytes, flags, 0);
}

int64_t sluice_memory_object_share(uint64_t object, uint32_t process, unsigned flags)
{
    return ask3(SLUICE_MEMORY_OBJECT_SHARE, object, process, flags);
}

int64_t sluice_memory_object_map(uint64_t object, uint64_t offset, uint64_t address, uint64_t bytes,
                                 unsigned flags, void **where)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_MEMORY_OBJECT_MAP, 6, 0),
                                     .word = {object, offset, address, 0, bytes, flags}};
    int64_t result = memory_ask(&message);

    if (result >= 0 && where)
        *where = (void *)message.word[1];
    return result;
}

int64_t sluice_memory_object_close(uint64_t object)
{
    return ask3(SLUICE_MEMORY_OBJECT_CLOSE, object, 0, 0);
}

/* The reply brings one capability. */
static int64_t ask_for_cap(enum sluice_memory_label label, uint64_t a, uint64_t b, uint64_t slot)
{
    int64_t result;

    window_borrow(NULL, 0, slot, 1);
    result = ask3(label, a, b, 0);
    window_restore();
    return result;
}

int64_t sluice_memory_pool_alloc(uint64_t bytes, const char *name, uint64_t slot)
{
    return ask_for_cap(SLUICE_MEMORY_POOL_ALLOC, bytes, sluice_pool_name(name), slot);
}

int64_t sluice_memory_pool_free(uint64_t number, uint64_t slot)
{
    int64_t result = sluice_pool_destroy(slot); /* here, so that no worker of the server has to wait for it */

    if (result < 0 && result != SLUICE_E_BAD_CAP)
        return result;
    sluice_cap_delete(0, slot);
    return ask3(SLUICE_MEMORY_POOL_FREE, number, 0, 0);
}

int64_t sluice_memory_region_alloc(uint64_t bytes, uint64_t slot)
{
    return ask_for_cap(SLUICE_MEMORY_REGION_ALLOC, bytes, 0, slot);
}

int64_t sluice_memory_region_free(uint64_t number)
{
    return ask3(SLUICE_MEMORY_REGION_FREE, number, 0, 0);
}

int64_t sluice_memory_stats(struct sluice_memory_stats *stats)
{
    int64_t result;

    window_borrow(stats, sizeof *stats, 0, 0);
    result = ask3(SLUICE_MEMORY_STATS, 0, 0, 0);
    window_restore();
    return result;
}

// SPDX-License-Identifier: MIT
/*
 * Requests and faults of clients, as messages: which function serves which label.
 * Entry points: request_handle (a worker's endpoint), control_handle (root's). Context: worker, control thread.
 * Locks: the client's mutex. Tests: tests/user/memory/.
 */
#include "servers/memory/request.h"
#include "servers/lib/memory.h"
#include "servers/memory/client.h"
#include "servers/memory/end.h"
#include "smp/atomic.h"

/* Any label but 0 leaves a thread that faulted stopped. */
#define LABEL_STAY_STOPPED 1u

static bool fault_go_on(struct sluice_message *message)
{
    message->tag = SLUICE_TAG(0, 0, 0);
    return true;
}

static bool fault_stay(struct client *client, const struct sluice_end *end, struct sluice_message *message)
{
    end_report_locked(client, end);
    message->tag = SLUICE_TAG(LABEL_STAY_STOPPED, 0, 0);
    return true;
}

static __attribute__((noinline)) bool page_fault_stay(struct client *client, int64_t result,
                                                      struct sluice_message *message)
{
    struct sluice_end end = {.cause = SLUICE_END_FAULT,
                             .address = message->word[0],
                             .error = message->word[1],
                             .rip = message->word[2]};

    if (result != SLUICE_E_BAD_ADDRESS) {
        end.cause = SLUICE_END_NO_MEMORY;
        end.error = (uint64_t)result;
    }
    return fault_stay(client, &end, message);
}

static bool page_fault(struct worker *worker, struct client *client, struct sluice_message *message)
{
    uint64_t page = message->word[0] & ~(uint64_t)(SLUICE_PAGE_BYTES - 1);
    int64_t result = client_fault_locked(worker, client, page, message->word[1]);

    counter_add(&worker->faults, 1);
    return __builtin_expect(result == 0, 1) ? fault_go_on(message) : page_fault_stay(client, result, message);
}

/* The end of a thread that was not the first is its process's own business. Nobody waits for an answer. */
static bool thread_exit(struct client *client, uint64_t badge, const struct sluice_message *message)
{
    struct sluice_end end = {.cause = SLUICE_END_EXIT, .status = (int64_t)message->word[0]};

    if (badge & MEMORY_BADGE_FIRST)
        end_report_locked(client, &end);
    return false;
}

static bool answer_cap(struct sluice_message *message, int64_t result, uint64_t slot)
{
    server_answer(message, result, 0);
    if (result > 0) {
        message->tag = SLUICE_TAG(0, 2, 1);
        message->word[3] = slot;
    }
    return true;
}

static bool map_request(struct worker *worker, struct client *client, struct sluice_message *message)
{
    uint64_t address = message->word[0];
    int64_t result =
        client_map_locked(worker, client, &address, message->word[1], (unsigned)message->word[2]);

    return server_answer(message, result, address);
}

static bool object_create_request(struct worker *worker, struct client *client,
                                  struct sluice_message *message)
{
    uint64_t bytes = message->word[0], flags = message->word[1];
    struct object *object;
    int64_t result = SLUICE_E_BAD_ARGUMENT;

    if (bytes && bytes % SLUICE_PAGE_BYTES == 0 && bytes >> 40 == 0 && flags <= 7)
        result = object_create(worker, client, bytes / SLUICE_PAGE_BYTES, (unsigned)flags, &object);
    if (result == 0) {
        result = object_open(object);
        if (result < 0)
            object_release(worker, object);
    }
    return server_answer(message, result, 0);
}

/* `asker` names the object, `client` gets the mapping; they differ only when root loads a program. */
static int64_t object_map(struct worker *worker, struct client *client, uint32_t asker, uint64_t number,
                          const struct extent *wish, uint64_t bytes, unsigned flags, uint64_t *address)
{
    struct extent extent = *wish;
    unsigned most;
    struct object *object;

    if (bytes >> 40 || bytes % SLUICE_PAGE_BYTES)
        return SLUICE_E_BAD_ARGUMENT;
    object = object_find(number, asker, &most);
    if (!object)
        return SLUICE_E_NOT_FOUND;
    extent.pages = (uint32_t)(bytes / SLUICE_PAGE_BYTES);
    extent.flags = flags & 7;
    extent.most = (uint8_t)most;
    return client_map_object_locked(worker, client, object, &extent, flags & SLUICE_MEMORY_POPULATE, address);
}

static bool object_map_request(struct worker *worker, struct client *client, struct sluice_message *message)
{
    uint64_t *word = message->word, address = 0;
    struct extent wish = {.address = word[2], .offset = (uint32_t)(word[1] / SLUICE_PAGE_BYTES)};
    int64_t result = SLUICE_E_BAD_ARGUMENT;

    if (word[1] % SLUICE_PAGE_BYTES == 0 && word[1] >> 40 == 0)
        result =
            object_map(worker, client, client->number, word[0], &wish, word[4], (unsigned)word[5], &address);
    return server_answer(message, result, address);
}

static bool stats_request(struct client *client, struct sluice_message *message)
{
    static __thread struct sluice_memory_stats stats; /* sent after this function has returned */

    stats = (struct sluice_memory_stats){.pages_total = store_pages_total(),
                                         .pages_free = store_pages_unpromised(),
                                         .client_limit = client->limit,
                                         .client_reserved = client->charged,
                                         .clients = client_count()};
    for (unsigned i = 0; i < worker_count(); i++) { /* relaxed: statistics */
        stats.pages_free += atomic_load_relaxed(&worker_by_index(i)->credit);
        stats.frames_mapped += atomic_load_relaxed(&worker_by_index(i)->frames);
        stats.faults += atomic_load_relaxed(&worker_by_index(i)->faults);
    }
    for (uint32_t i = 0; i < client->extent_count; i++)
        if (i == 0 || client->extents[i].object != client->extents[i - 1].object)
            stats.client_frames += client->extents[i].object->populated;
    server_answer(message, 0, 0);
    sluice_message_long(message, &stats, sizeof stats);
    return true;
}

static __attribute__((noinline)) bool client_request(struct worker *worker, struct client *client,
                                                     uint64_t badge, struct sluice_message *message)
{
    uint64_t *word = message->word, slot = 0;
    uint32_t self = client->number;
    int64_t result;

    switch (SLUICE_TAG_LABEL(message->tag)) {
    case SLUICE_LABEL_EXCEPTION:
        return fault_stay(
            client,
            &(struct sluice_end){
                .cause = SLUICE_END_EXCEPTION, .address = word[0], .error = word[1], .rip = word[2]},
            message);
    case SLUICE_LABEL_EXIT:
        return thread_exit(client, badge, message);
    case SLUICE_MEMORY_MAP:
        return map_request(worker, client, message);
    case SLUICE_MEMORY_UNMAP:
        return server_answer(message, client_unmap_locked(worker, client, word[0], word[1]), 0);
    case SLUICE_MEMORY_PROTECT:
        return server_answer(message,
                             client_protect_locked(worker, client, word[0], word[1], (unsigned)word[2]), 0);
    case SLUICE_MEMORY_OBJECT_CREATE:
        return object_create_request(worker, client, message);
    case SLUICE_MEMORY_OBJECT_SHARE:
        return server_answer(message, object_share(word[0], self, (uint32_t)word[1], (unsigned)word[2] & 7),
                             0);
    case SLUICE_MEMORY_OBJECT_MAP:
        return object_map_request(worker, client, message);
    case SLUICE_MEMORY_OBJECT_CLOSE:
        return server_answer(message, object_close(worker, word[0], self), 0);
    case SLUICE_MEMORY_POOL_ALLOC:
        result = grant_pool_locked(worker, client, word[0], word[1], &slot);
        return answer_cap(message, result, slot);
    case SLUICE_MEMORY_REGION_ALLOC:
        result = grant_region_locked(worker, client, word[0], &slot);
        return answer_cap(message, result, slot);
    case SLUICE_MEMORY_POOL_FREE:
    case SLUICE_MEMORY_REGION_FREE:
        return server_answer(message, grant_free_locked(worker, client, word[0]), 0);
    case SLUICE_MEMORY_STATS:
        return stats_request(client, message);
    default:
        return server_answer(message, SLUICE_E_BAD_ARGUMENT, 0);
    }
}

bool request_handle(struct server *server, uint64_t badge, struct sluice_message *message)
{
    struct client *client = client_lock((uint32_t)badge);

    if (!client) /* it was dropped while its message was on the way: nobody is there to hear */
        return server_answer(message, SLUICE_E_NOT_FOUND, 0);
    bool fault = SLUICE_TAG_LABEL(message->tag) == SLUICE_LABEL_PAGE_FAULT; /* most messages */
    bool answer = fault ? page_fault(server->context, client, message)
                        : client_request(server->context, client, badge, message);
    client_unlock(client);
    return answer;
}

/* Root loads programs: memory for a client, and parts of an object of root's. */
static bool client_map_request(struct worker *worker, struct sluice_message *message)
{
    uint64_t *word = message->word, address = word[1];
    struct client *client = client_lock((uint32_t)word[0]);
    int64_t result = SLUICE_E_NOT_FOUND;

    if (client) {
        result = client_map_locked(worker, client, &address, word[2], (unsigned)word[4]);
        client_unlock(client);
    }
    return server_answer(message, result, address);
}

static bool client_object_request(struct worker *worker, struct sluice_message *message)
{
    uint64_t *word = message->word, address = 0;
    struct extent wish = {.address = word[3], .offset = (uint32_t)(word[2] / SLUICE_PAGE_BYTES)};
    struct client *client = client_lock((uint32_t)word[0]);
    int64_t result = SLUICE_E_NOT_FOUND;

    if (client) {
        result =
            object_map(worker, client, MEMORY_ROOT, word[1], &wish, word[4], (unsigned)word[5], &address);
        client_unlock(client);
    }
    return server_answer(message, result, address);
}

bool control_handle(struct server *server, uint64_t badge, struct sluice_message *message)
{
    struct worker *worker = server->context;
    uint64_t *word = message->word;

    (void)badge; /* only root has a capability to this endpoint */
    switch (SLUICE_TAG_LABEL(message->tag)) {
    case SLUICE_MEMORY_CLIENT_ADD:
        return server_answer(message, client_add((uint32_t)word[0], word[1], (unsigned)word[2]), 0);
    case SLUICE_MEMORY_CLIENT_DROP:
        return server_answer(message, client_drop(worker, (uint32_t)word[0]), 0);
    case SLUICE_MEMORY_CLIENT_MAP:
        return client_map_request(worker, message);
    case SLUICE_MEMORY_CLIENT_OBJECT:
        return client_object_request(worker, message);
    case SLUICE_MEMORY_END_WAIT:
        return end_ask(message);
    default:
        return server_answer(message, SLUICE_E_BAD_ARGUMENT, 0);
    }
}

// SPDX-License-Identifier: MIT
/*
 * Making and ending processes.
 * Entry points: process_spawn, process_end. Context: main thread. Locks: none. Tests: tests/user/process/.
 *
 * A process is: a pool from the memory server (its cspace, space, threads), an address space that the memory server
 * manages, a program from the boot archive. All of it ends with the pool; then the memory server forgets the client.
 */
#include "servers/lib/server.h"
#include "servers/memory/client.h"
#include "servers/root/root.h"
#include <string.h>

#define STACK_BYTES 65536u
#define POOL_END_MS 10000u    /* longer than the end of any pool takes */
#define POOL_CPU_BYTES 32768u /* for each processor: a thread, and page tables for what it touches */

enum { SLOT_POOL = ROOT_SLOT_PROCESS + 3 };

static int64_t memory_ask(struct sluice_message *message)
{
    int64_t result = sluice_call(ROOT_SLOT_CONTROL, message, SLUICE_FOREVER);

    return result < 0 ? result : (int64_t)message->word[0];
}

static int64_t client_add_ask(uint32_t number, uint64_t limit, unsigned flags)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_MEMORY_CLIENT_ADD, 3, 0),
                                     .word = {number, limit, flags}};

    return memory_ask(&message);
}

static int64_t client_drop_ask(uint32_t number)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_MEMORY_CLIENT_DROP, 1, 0), .word = {number}};

    return memory_ask(&message);
}

static int64_t client_map_ask(uint32_t number, uint64_t address, uint64_t bytes, unsigned flags)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_MEMORY_CLIENT_MAP, 6, 0),
                                     .word = {number, address, bytes, 0, flags}};

    return memory_ask(&message);
}

/* The space in a slot of root's becomes that of a client. */
static int64_t client_begin(uint32_t number, uint64_t aspace, uint64_t limit, unsigned flags)
{
    uint64_t there = MEMORY_SLOT_ASPACE + number % CLIENTS_MAX;
    int64_t result = sluice_cap_copy(ROOT_SLOT_MEMORY_SPACE, there, aspace, SLUICE_RIGHTS_ALL, 0);

    return result < 0 ? result : client_add_ask(number, limit, flags);
}

int64_t process_root_begin(void)
{
    int64_t result =
        sluice_cap_copy(0, ROOT_SLOT_MEMORY, SLUICE_SLOT_MEMORY(0), SLUICE_RIGHTS_ALL, PROCESS_ROOT);

    sluice_thread_self()->memory_slot = ROOT_SLOT_MEMORY;
    if (result == 0)
        result = client_begin(PROCESS_ROOT, SLUICE_SLOT_ASPACE, UINT64_MAX / 2, MEMORY_CLIENT_REGIONS);
    return result;
}

static int64_t part_map(uint32_t number, uint64_t object, uint64_t page, uint64_t address, uint64_t pages,
                        unsigned flags)
{
    struct sluice_message message = {.tag = SLUICE_TAG(SLUICE_MEMORY_CLIENT_OBJECT, 6, 0),
                                     .word = {number, object, page * SLUICE_PAGE_BYTES, address,
                                              pages * SLUICE_PAGE_BYTES, flags | SLUICE_MEMORY_POPULATE}};

    return memory_ask(&message);
}

static int64_t parts_map(uint32_t number, uint64_t object, const struct image *image)
{
    int64_t result =
        part_map(number, object, image->info_page, SLUICE_PROCESS_INFO_ADDRESS, 1, SLUICE_MAP_READ);

    for (unsigned i = 0; i < image->program.segments && result == 0; i++) {
        const struct elf_segment *segment = &image->program.segment[i];
        result = part_map(number, object, image->segment_page[i], segment->address, segment->pages,
                          segment->flags);
    }
    return result;
}

/* Written in root's space, then mapped in the process's, each part with just its rights. */
static int64_t program_load(uint32_t number, const struct image *image,
                            const struct sluice_process_info *info)
{
    uint64_t bytes = image->pages * SLUICE_PAGE_BYTES;
    int64_t object =
        sluice_memory_object_create(bytes, SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_EXECUTE);
    void *here;

    if (object < 0)
        return object;
    int64_t result = sluice_memory_object_map(
        (uint64_t)object, 0, 0, bytes, SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MEMORY_POPULATE, &here);
    if (result == 0) {
        image_write(image, info, here);
        result = sluice_memory_unmap(here, bytes);
    }
    if (result == 0)
        result = parts_map(number, (uint64_t)object, image);
    sluice_memory_object_close((uint64_t)object);
    return result;
}

/* The processors asked for that are there, by number; all when none was asked for. */
static void cpus_choose(struct sluice_process_info *info, const uint64_t set[4])
{
    bool any = set[0] | set[1] | set[2] | set[3];

    for (unsigned cpu = 0; cpu < boot_info->cpus; cpu++)
        if (!any || (set[cpu / 64] >> cpu % 64 & 1))
            info->cpu[info->cpu_count++] = (uint8_t)cpu;
}

static void info_fill(struct sluice_process_info *info, const struct process *process,
                      const struct sluice_spawn_request *request)
{
    uint64_t pool_bytes = request->pool_bytes;

    *info = (struct sluice_process_info){
        .version = SLUICE_PROCESS_VERSION,
        .id = process->number,
        .cpus_online = boot_info->cpus,
        .priority = request->priority ? request->priority : SLUICE_SPAWN_PRIORITY,
        .slots = request->slots ? request->slots : SLUICE_SPAWN_SLOTS,
        .memory_limit = request->memory_limit ? request->memory_limit : SLUICE_SPAWN_MEMORY_BYTES,
        .tsc_hz = boot_info->tsc_hz};
    cpus_choose(info, request->cpus);
    if (!pool_bytes)
        pool_bytes = SLUICE_SPAWN_POOL_BYTES + info->cpu_count * (uint64_t)POOL_CPU_BYTES;
    info->pool_bytes = (pool_bytes + SLUICE_PAGE_BYTES - 1) & ~(uint64_t)(SLUICE_PAGE_BYTES - 1);
    info->slot_free = SLUICE_SLOT_CPU(info->cpu_count);
    info->argument_count = request->argument_count ? request->argument_count : 1;
    if (request->argument_count)
        memcpy(info->arguments, request->arguments, sizeof info->arguments);
    else
        memcpy(info->arguments, request->name, sizeof request->name);
    info->arguments[sizeof info->arguments - 1] = '\0';
}

static unsigned family_count(uint32_t family)
{
    unsigned count = 0;

    for (unsigned i = 0; i < PROCESSES_MAX; i++)
        count += process_at(i)->number && process_at(i)->family == family;
    return count;
}

/* Who is not trusted gives no more than it was given, and not without end. */
static int64_t limits_check(struct process *process, const struct sluice_process_info *info)
{
    const struct process *asker = process_find(process->parent);

    process->family = process->number;
    process->priority = info->priority;
    process->memory_limit = info->memory_limit;
    process->pool_bytes = info->pool_bytes;
    if (!asker || (asker->flags & SLUICE_SPAWN_TRUSTED))
        return 0;
    if (info->priority > asker->priority || info->memory_limit > asker->memory_limit ||
        info->pool_bytes > asker->pool_bytes)
        return SLUICE_E_NOT_ALLOWED;
    process->family = asker->family;
    return family_count(asker->family) > FAMILY_MAX ? SLUICE_E_LIMIT : 0;
}

/* The pool's name: the last part of the program's. */
static const char *pool_name(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

static int64_t process_fill(struct process *process, const struct sluice_spawn_request *request,
                            const struct image *image, const struct sluice_process_info *info)
{
    unsigned client_flags = process->flags & SLUICE_SPAWN_REGIONS ? MEMORY_CLIENT_REGIONS : 0;
    int64_t result = objects_make(info);

    if (result == 0)
        result = client_begin(process->number, ROOT_SLOT_PROCESS + 1, info->memory_limit, client_flags);
    if (result == 0)
        result = program_load(process->number, image, info);
    if (result == 0)
        result = client_map_ask(process->number, SLUICE_BOOT_STACK_TOP - STACK_BYTES, STACK_BYTES,
                                SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MEMORY_STACK);
    if (result == 0)
        result = objects_give(process, info, request);
    if (result == 0)
        result = objects_start(info, image->program.entry, SLUICE_SLOT_MEMORY(info->cpu[0]),
                               process->number | MEMORY_BADGE_FIRST);
    return result;
}

/* Everything in the pool ends; the rest is the memory server's. BUSY: the process began to end its pool itself; that has
 * to be over before anything of it is somebody else's. */
static void process_take_down(struct process *process)
{
    for (unsigned i = 0; i < POOL_END_MS; i++) {
        if (sluice_memory_pool_free(process->pool_number, process->pool) != SLUICE_E_BUSY)
            break;
        sluice_sleep_ms(1);
    }
    sluice_slot_free(process->pool);
    client_drop_ask(process->number);
}

static int64_t process_make(struct process *process, const struct sluice_spawn_request *request,
                            const struct image *image, const struct sluice_process_info *info)
{
    int64_t number, result;

    process->pool = sluice_slot_alloc();
    if (!process->pool)
        return SLUICE_E_LIMIT;
    number = sluice_memory_pool_alloc(info->pool_bytes, pool_name(request->name), process->pool);
    if (number < 0) {
        sluice_slot_free(process->pool);
        return number;
    }
    process->pool_number = (uint64_t)number;
    result = sluice_cap_copy(0, SLOT_POOL, process->pool, SLUICE_RIGHTS_ALL, 0);
    if (result == 0)
        result = process_fill(process, request, image, info);
    objects_drop();
    if (result < 0)
        process_take_down(process);
    return result;
}

int64_t process_spawn(const struct sluice_spawn_request *request, uint32_t parent,
                      const struct server_plan *plan, const char **why)
{
    static struct sluice_process_info info;
    struct image image;
    bool missing;
    const char *wrong = image_find(request->name, &image, &missing);
    struct process *process;
    int64_t result;

    if (why)
        *why = wrong;
    if (wrong)
        return missing ? SLUICE_E_NOT_FOUND : SLUICE_E_BAD_ARGUMENT;
    process = process_new(parent);
    if (!process)
        return SLUICE_E_LIMIT;
    process->plan = plan;
    process->flags = request->flags;
    info_fill(&info, process, request);
    result = info.cpu_count ? limits_check(process, &info) : SLUICE_E_BAD_ARGUMENT;
    if (result == 0)
        result = process_make(process, request, &image, &info);
    if (result < 0) {
        process_free(process);
        return result;
    }
    return process->number;
}

static void end_message(const struct sluice_end *end, struct sluice_message *message)
{
    *message = (struct sluice_message){.tag = SLUICE_TAG(0, 6, 0),
                                       .word = {0, end->cause | (uint64_t)end->process << 32,
                                                (uint64_t)end->status, end->address, end->error, end->rip}};
}

/* Nobody will ask for the ends of the children of a process that is gone. */
static void children_forget(uint32_t parent)
{
    for (unsigned i = 0; i < PROCESSES_MAX; i++) {
        struct process *child = process_at(i);
        if (!child->number || child->parent != parent)
            continue;
        child->parent = 0;
        if (child->state == PROCESS_ENDED)
            process_free(child);
    }
}

void process_end(struct process *process, const struct sluice_end *end)
{
    struct sluice_message message;

    process->end = *end;
    process->end.process = process->number;
    process->state = PROCESS_ENDED;
    if (process->number == PROCESS_MEMORY)
        boot_server_ended(process, end); /* nothing can be taken down without it, and nothing can go on */
    process_take_down(process);
    children_forget(process->number);
    end_message(&process->end, &message);
    if (process->waiter && server_reply(process->waiter, &message) == 0)
        process->parent = 0;
    process->waiter = 0;
    if (process->plan) {
        boot_server_ended(process, end);
        process->parent = 0;
    }
    if (process->parent == 0)
        process_free(process);
}

void process_end_tell(struct process *process, struct sluice_message *message)
{
    end_message(&process->end, message);
    process_free(process);
}

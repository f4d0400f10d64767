// SPDX-License-Identifier: MIT
/*
 * Starting the memory server without a memory server: its pool, its program and its stack are cut from the largest
 * region; every other region becomes its own.
 * Entry point: memory_start. Context: main thread, once. Locks: none. Tests: tests/boot/.
 */
#include "servers/memory/client.h"
#include "servers/root/root.h"
#include <string.h>

#define STACK_PAGES 8u
#define WORK_ADDRESS 0x0000200000000000ull /* where root writes the program before it is the server's */
#define POOL_BASE_BYTES (1u << 20)
#define POOL_CPU_BYTES 8192u /* a thread, its endpoint, its notification, tables for its stack */
#define PRIORITY 60u

static const struct server_plan memory_plan = {
    .name = "memory", .priority = PRIORITY, .essential = true, .service = ROOT_SLOT_CONTROL};

static _Noreturn void memory_failed(const char *why)
{
    root_say("memory ended at start: %s", why);
    root_give_up();
}

static void check(int64_t result)
{
    if (result < 0)
        memory_failed(sluice_error_text(result));
}

static uint64_t region_frames(uint64_t slot)
{
    struct sluice_cap_info info;

    return sluice_cap_info(slot, &info) < 0 ? 0 : info.detail[1];
}

static uint64_t region_largest(uint64_t *frames_sum)
{
    uint64_t best = ROOT_SLOT_REGION;

    *frames_sum = 0;
    for (unsigned i = 0; i < boot_info->regions; i++) {
        uint64_t frames = region_frames(ROOT_SLOT_REGION + i);
        *frames_sum += frames;
        if (frames > region_frames(best))
            best = ROOT_SLOT_REGION + i;
    }
    return best;
}

/* Cuts pages off the end of a region. */
static void region_cut(uint64_t region, uint64_t pages, uint64_t slot)
{
    uint64_t frames = region_frames(region);

    if (frames <= pages)
        memory_failed("too little memory");
    check(sluice_region_split(region, frames - pages, slot));
}

static void region_map(uint64_t aspace, uint64_t region, uint64_t first, uint64_t address, uint64_t pages,
                       unsigned flags)
{
    while (pages) {
        uint64_t piece = pages < SLUICE_MAP_PAGES_MAX ? pages : SLUICE_MAP_PAGES_MAX;
        check(sluice_aspace_map(aspace, region, first, address, piece, flags, NULL));
        first += piece;
        address += piece * SLUICE_PAGE_BYTES;
        pages -= piece;
    }
}

static void region_unmap(uint64_t address, uint64_t pages)
{
    while (pages) {
        uint64_t piece = pages < SLUICE_MAP_PAGES_MAX ? pages : SLUICE_MAP_PAGES_MAX;
        check(sluice_aspace_unmap(SLUICE_SLOT_ASPACE, address, piece, NULL));
        address += piece * SLUICE_PAGE_BYTES;
        pages -= piece;
    }
}

/* A slot for each block it can take, each region it gives away, each client. */
static uint32_t slots_needed(uint64_t frames)
{
    uint64_t slots = MEMORY_SLOT_FREE + frames / BLOCK_FRAMES + 4 * CLIENTS_MAX;
    uint32_t power = SLUICE_CSPACE_SLOTS_MIN;

    while (power < slots && power < SLUICE_CSPACE_SLOTS_MAX)
        power *= 2;
    return power;
}

static void info_fill(struct sluice_process_info *info, uint64_t frames)
{
    *info = *sluice_process;
    info->id = PROCESS_MEMORY;
    info->priority = PRIORITY;
    info->slots = slots_needed(frames);
    info->slot_free = MEMORY_SLOT_FREE;
    info->memory_limit = frames * SLUICE_PAGE_BYTES;
    /* The cspace, and page tables for the server's own memory: small beside the rest. */
    info->pool_bytes =
        POOL_BASE_BYTES + info->slots * 32ull + info->cpu_count * POOL_CPU_BYTES + frames / 16 * 8;
    info->pool_bytes = (info->pool_bytes + SLUICE_PAGE_BYTES - 1) & ~(uint64_t)(SLUICE_PAGE_BYTES - 1);
}

/* The image, then the stack, in one region. */
static void image_load(const struct image *image, const struct sluice_process_info *info, uint64_t region)
{
    uint64_t aspace = ROOT_SLOT_PROCESS + 1, pages = image->pages + STACK_PAGES;
    uint64_t stack = SLUICE_BOOT_STACK_TOP - STACK_PAGES * SLUICE_PAGE_BYTES;

    region_map(SLUICE_SLOT_ASPACE, region, 0, WORK_ADDRESS, pages,
               SLUICE_MAP_READ | SLUICE_MAP_WRITE | SLUICE_MAP_ZERO);
    image_write(image, info, (uint8_t *)WORK_ADDRESS);
    region_unmap(WORK_ADDRESS, pages);
    for (unsigned i = 0; i < image->program.segments; i++) {
        const struct elf_segment *segment = &image->program.segment[i];
        region_map(aspace, region, image->segment_page[i], segment->address, segment->pages, segment->flags);
    }
    region_map(aspace, region, image->info_page, SLUICE_PROCESS_INFO_ADDRESS, 1, SLUICE_MAP_READ);
    region_map(aspace, region, image->pages, stack, STACK_PAGES, SLUICE_MAP_READ | SLUICE_MAP_WRITE);
}

/* Endpoints of servers live in the system pool: others may be given them before the servers are there. */
static void endpoints_make(void)
{
    for (unsigned i = 0; i < boot_info->cpus; i++)
        check(sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, SLUICE_SLOT_MEMORY(i), 0, 0));
    for (uint64_t slot = ROOT_SLOT_CONTROL; slot <= ROOT_SLOT_POLICY; slot++)
        if (slot != ROOT_SLOT_WATCH)
            check(sluice_object_create(SLUICE_SLOT_POOL, SLUICE_TYPE_ENDPOINT, slot, 0, 0));
}

static void regions_give(void)
{
    for (unsigned i = 0; i < boot_info->regions; i++)
        check(sluice_cap_move(ROOT_SLOT_MEMORY_SPACE, MEMORY_SLOT_REGION + i, ROOT_SLOT_REGION + i));
}

void memory_start(void)
{
    static struct sluice_process_info info;
    struct sluice_spawn_request nothing = {0};
    struct process *process = process_new(PROCESS_ROOT);
    struct image image;
    uint64_t frames, region = region_largest(&frames);
    bool missing;
    const char *why = image_find(memory_plan.name, &image, &missing);

    if (missing) {
        root_say("server memory %s", why);
        root_give_up();
    }
    if (why)
        memory_failed(why);
    process->plan = &memory_plan;
    info_fill(&info, frames);
    endpoints_make();
    region_cut(region, info.pool_bytes / SLUICE_PAGE_BYTES, ROOT_SLOT_SPLIT);
    region_cut(region, image.pages + STACK_PAGES, ROOT_SLOT_SPLIT + 1);
    check(sluice_region_make_pool(ROOT_SLOT_SPLIT, ROOT_SLOT_PROCESS + 3, "memory"));
    check(objects_make(&info));
    check(objects_give(process, &info, &nothing));
    check(sluice_cap_copy(ROOT_SLOT_PROCESS, SLUICE_SLOT_WATCH, ROOT_SLOT_WATCH, SLUICE_RIGHTS_ALL,
                          PROCESS_MEMORY));
    check(sluice_cap_copy(0, ROOT_SLOT_MEMORY_SPACE, ROOT_SLOT_PROCESS, SLUICE_RIGHTS_ALL, 0));
    image_load(&image, &info, ROOT_SLOT_SPLIT + 1);
    regions_give();
    check(objects_start(&info, image.program.entry, ROOT_SLOT_WATCH, PROCESS_MEMORY));
    objects_drop();
}

// SPDX-License-Identifier: MIT
/*
 * Sizes of the objects that lie in pools, and where their reapers are.
 * Owns: object_bytes, object_reaper_offset. Context: any; fixed. Locks: none. Tests: tests/host/test_pool.c uses sizes of its own.
 */
#include "kernel/cap/cap.h"
#include "kernel/cap/facet.h"
#include "kernel/cap/reaper.h"
#include "kernel/ipc/endpoint.h"
#include "kernel/ipc/notification.h"
#include "kernel/thread/thread.h"
#include "mm/aspace.h"
#include "mm/pool.h"
#include "mm/region.h"

const uint32_t object_bytes[SLUICE_TYPE_COUNT] = {
    [SLUICE_TYPE_REGION] = sizeof(struct region),
    [SLUICE_TYPE_CSPACE] = sizeof(struct cspace),
    [SLUICE_TYPE_ASPACE] = sizeof(struct aspace),
    [SLUICE_TYPE_THREAD] = sizeof(struct thread),
    [SLUICE_TYPE_ENDPOINT] = sizeof(struct endpoint),
    [SLUICE_TYPE_NOTIFICATION] = sizeof(struct notification),
    [SLUICE_TYPE_FACET] = sizeof(struct facet),
};

const uint16_t object_reaper_offset[SLUICE_TYPE_COUNT] = {
    [SLUICE_TYPE_REGION] = offsetof(struct region, reaper),
    [SLUICE_TYPE_CSPACE] = offsetof(struct cspace, reaper),
    [SLUICE_TYPE_ASPACE] = offsetof(struct aspace, reaper),
    [SLUICE_TYPE_THREAD] = offsetof(struct thread, reaper),
    [SLUICE_TYPE_ENDPOINT] = offsetof(struct endpoint, reaper),
    [SLUICE_TYPE_NOTIFICATION] = offsetof(struct notification, reaper),
    [SLUICE_TYPE_FACET] = offsetof(struct facet, reaper),
};

// SPDX-License-Identifier: MIT
/*
 * Stocks of region objects: see region_stock.h. What lies in one counts as an object of the system pool.
 * Context: kernel; a stock is its CPU's only. Locks: class alloc of the system pool. Tests: tests/host/test_region.c.
 */
#include "mm/region_stock.h"
#include "kernel/trap/syscall.h"
#include "mm/pool.h"
#include "smp/lock/gate.h"

static void stock_push(struct region_stock *stock, struct object *object)
{
    *pool_free_link(object) = stock->first;
    stock->first = object;
    stock->count++;
}

/* False: go on where the gate says. */
static bool stock_fill(struct region_stock *stock, struct gate *gate)
{
    struct pool *system = &pools[POOL_SYSTEM];
    if (!gate_enter(gate, system, LOCK_CLASS_alloc, &system->object_lock))
        return false;
    for (unsigned i = 0; i < REGION_STOCK_FILL; i++) {
        struct object *object = pool_object_take_locked(system, SLUICE_TYPE_REGION);
        if (!object)
            break;
        stock_push(stock, object);
    }
    gate_leave(gate);
    return true;
}

int64_t region_stock_take(struct region **region)
{
    struct region_stock *stock = &cpu_self()->region_stock;
    struct gate gate;
    if (!stock->first && !stock_fill(stock, &gate))
        return syscall_forward(&gate);
    struct object *object = stock->first;
    if (!object)
        return SLUICE_E_NO_MEMORY;
    stock->first = *pool_free_link(object);
    stock->count--;
    *region = (struct region *)object;
    return 0;
}

bool region_stock_keep_cpu(struct region *region)
{
    struct region_stock *stock = &cpu_self()->region_stock;
    if (stock->count >= REGION_STOCK_MOST)
        return false;
    stock_push(stock, &region->object);
    return true;
}

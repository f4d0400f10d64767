// SPDX-License-Identifier: MIT
/*
 * The header of every kernel object, and capabilities as they lie in slots.
 * Owns: struct object, struct cap. Context: kernel, interrupts off. An object's memory is type-stable inside its pool
 * (generation only grows) and is reused only after a grace period, so that a pointer found by a valid capability stays
 * good to the end of the operation. Locks: the object's lock is taken through a gate (smp/lock/gate.h) only.
 * Tests: tests/host/test_cap.c.
 */
#pragma once
#include "kernel/abi/object.h"
#include "smp/epoch.h"
#include "smp/lock/lock.h"
#include "smp/mailbox.h"
#include <stdbool.h>
#include <stdint.h>

struct object {
    uint32_t generation; /* atomic: odd while alive; a capability is good while it holds the same number */
    uint8_t type;        /* fixed after init: enum sluice_type */
    uint8_t unused;
    uint16_t pool;    /* fixed after init: pool number */
    struct lock lock; /* the `object` granularity of the object's class */
};
_Static_assert(sizeof(struct object) == 24, "shares its line with the fields the lock guards");

/* Lies at the end of every object that can be destroyed: what its destruction needs is paid for at creation.
 * kernel/cap/reaper.h */
struct object_reaper {
    struct mailbox_node node; /* of the list that begins here, when it is sent */
    struct object_reaper *next;
    struct object *object;
    bool finished; /* only its memory is left */
};

/* What a CPU has to give back: kernel/cap/reaper.h. This CPU only; `batch` is fixed while its grace period runs. */
struct reaper_cpu {
    struct object_reaper *waiting; /* go into the next batch, newest first */
    struct object_reaper *batch;   /* waits for the grace period that runs */
    uint32_t count;                /* objects retired since the last batch was sent off */
    uint32_t hurry;                /* so many batches go off as soon as they can */
    uint64_t due_tsc; /* when `waiting` goes off at the latest; 0: it is empty, or `hurry` sees to it */
    struct epoch_waiter epoch; /* of the batch */
};

struct cap {
    struct object *object; /* NULL: empty, and then the type is NONE */
    uint64_t badge;
    union {
        uint64_t generations; /* both, for what copies or reads them as one */
        struct {
            uint32_t generation; /* of the object */
            uint32_t
                pool_generation; /* of the object's pool: checked first, before the object is looked at */
        };
    };
    union {
        uint64_t kind; /* the rest, likewise: CAP_KIND_* */
        struct {
            uint16_t pool;
            uint8_t type;
            uint8_t rights;
            uint32_t sequence; /* atomic: odd while the slot is being changed; lookups retry */
        };
    };
};
_Static_assert(sizeof(struct cap) == 32, "two to a line");

/* Where the parts of cap.kind lie. */
#define CAP_KIND_POOL(kind) ((uint16_t)(kind))
#define CAP_KIND_TYPE_SHIFT 16
#define CAP_KIND_TYPE(kind) ((uint8_t)((kind) >> CAP_KIND_TYPE_SHIFT))
#define CAP_KIND_RIGHTS_SHIFT 24
#define CAP_KIND_RIGHT(rights) ((uint64_t)(rights) << CAP_KIND_RIGHTS_SHIFT)
#define CAP_KIND_RIGHTS(kind) ((uint8_t)((kind) >> CAP_KIND_RIGHTS_SHIFT))
#define CAP_KIND_CHANGING (1ull << 32)
#define CAP_KIND_SEQUENCE(kind) ((uint32_t)((kind) >> 32))

// SPDX-License-Identifier: MIT
/*
 * The parts of stress/cap: what is set up, the bodies of the workers, the oracle.
 * Owns: struct cap_setup. Context: see each. Locks: none. Tests: tests/user/stress.t.
 */
#pragma once
#include "stress/lib/crew.h"
#include "stress/lib/resources.h"
#include <stdbool.h>
#include <stdint.h>

enum cap_mode { CAP_OWN, CAP_SHARED, CAP_PROCESS };

#define CAP_SLOTS 1024u /* of a cspace that is made */

struct cap_worker {
    struct cap_setup *setup;
    uint64_t number;
    struct resource_pool pool;
    uint64_t source;  /* slot of the capability that is copied: a notification in the pool */
    uint64_t cspace;  /* CAP_OWN: slot of its cspace; CAP_SHARED: 0, our own */
    uint64_t slot[3]; /* that it works on; in CAP_OWN the first two there, the third here */
    uint64_t object;  /* slot for objects that it makes */
    uint64_t revoked; /* copies that died by cap_revoke */
} __attribute__((aligned(64)));

struct cap_setup {
    unsigned mode;
    uint64_t create; /* an object is made and destroyed every so many operations; 0: never */
    struct cap_worker *worker;
    uint64_t workers;
    uint64_t used; /* slots of our own cspace, before anything was made */
};

/* prepare.c */
bool cap_prepare(struct cap_setup *setup, struct crew *crew);
void cap_judge(struct cap_setup *setup, struct crew *crew);

/* work.c */
void cap_body(struct worker *worker);

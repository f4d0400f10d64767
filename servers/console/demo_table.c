// SPDX-License-Identifier: MIT
/*
 * The demo's phases: which load, and which kind of policy it asks for.
 * Context: fixed. Locks: none. Tests: tests/boot/demo.t.
 */
#include "servers/console/demo.h"
#include "kernel/abi/policy.h"

#define G(name) (1u << SLUICE_GRANULARITY_##name)
#define A(name) (1u << SLUICE_ALGORITHM_##name)
#define ALGORITHMS (A(TAS) | A(TICKET) | A(MCS))
#define COUNTED(name) offsetof(struct sluice_cpu_counters, name), #name

const struct demo_phase demo_phases[] = {
    {"one busy CPU",
     {"ipc", "mode=pairs", "pools=own"},
     1,
     COUNTED(ipc_calls),
     {{"pair*", "endpoint", G(OFF), ALGORITHMS, "off, for one CPU does it all"}}},
    {"all CPUs independent, a pool for each",
     {"ipc", "mode=pairs", "pools=own"},
     0,
     COUNTED(ipc_calls),
     {{"pair*", "endpoint", G(OFF), ALGORITHMS, "off, each on its own CPU"}}},
    {"all CPUs independent, one pool for all",
     {"ipc", "mode=pairs", "pools=shared"},
     0,
     COUNTED(ipc_calls),
     {{"shared", "endpoint", G(OBJECT), ALGORITHMS, "object, for their objects are independent"}}},
    {"all CPUs independent, capabilities in their own cspaces",
     {"cap", "mode=own"},
     0,
     COUNTED(cap_copies),
     {{"cap?*", "cspace", G(OFF), ALGORITHMS, "off, each on its own CPU"}}},
    {"all CPUs on one endpoint",
     {"ipc", "mode=fan", "pools=own", "away=1"},
     0,
     COUNTED(ipc_calls),
     {{"fan*", "endpoint", G(POOL) | G(OBJECT), A(TAS) | A(MCS), "a lock, tas or mcs"}}},
    {"many spaces mapping and unmapping",
     {"map", "mode=spaces"},
     0,
     COUNTED(unmaps),
     {{"space*", "aspace", G(OFF), ALGORITHMS, "off, each on its own CPU"},
      {"system", "frame", G(OBJECT), ALGORITHMS, "object, for their frames are independent"}}},
};

const unsigned demo_phases_count = sizeof(demo_phases) / sizeof(demo_phases[0]);

// SPDX-License-Identifier: MIT
/*
 * The kernel's one lock by several algorithms at once. Source: kernel_take() and gate_kernel_exit_cpu() in smp/lock/gate.[ch].
 * A CPU opens one gate after the other in one entry, each of any pool; pools have the policies below; what is taken of the
 * kernel's one lock stays taken to the end of the entry.
 *
 * Holds: gates of one pool exclude each other; no deadlock (an invalid end state).
 * Mutants: KEEP (a lower algorithm is taken while a higher one is held), DROP_LATE (given back after the lower one was
 * taken), BACKWARDS (object before kernel).
 */
#ifndef CPUS
#define CPUS 3
#endif
#ifndef GATES
#define GATES 2        /* of one entry */
#endif

/* One bit for each lock, in rank order; one pool has each policy. */
#define TAS 1
#define TICKET 2
#define MCS 4
#define OBJECT 8
#define POOLS 5
byte policy[POOLS];
byte held = 0;
byte in_pool[POOLS];

inline take(lock) {
    if
    :: !(missing & lock)
    :: else -> atomic { !(held & lock) -> held = held | lock }
    fi
}

inline kernel_take(needed) {
    atomic {
        missing = needed & ~mine;
        if                             /* what is held above the lowest that is missing */
        :: missing & TAS -> above = mine & (TICKET | MCS)
        :: !(missing & TAS) && (missing & TICKET) -> above = mine & MCS
        :: else
        fi;
#ifdef KEEP
        above = 0;
#endif
#ifndef DROP_LATE
        held = held & ~above; mine = mine & ~above;
        missing = needed & ~mine; above = 0
#endif
    };
    take(TAS); take(TICKET); take(MCS);
    atomic { held = held & ~above; mine = (mine | missing) & ~above; missing = 0; above = 0 }
}

proctype cpu() {
    byte mine = 0, missing = 0, above = 0, gates = 0, pool = 0;
    do
    :: gates < GATES ->
        atomic { select(pool : 0 .. POOLS - 1) };
#ifdef BACKWARDS
        missing = policy[pool] & OBJECT; take(OBJECT);
        kernel_take(policy[pool] & ~OBJECT);
#else
        kernel_take(policy[pool] & ~OBJECT);
        missing = policy[pool] & OBJECT; take(OBJECT);
#endif
        atomic { in_pool[pool]++; assert(in_pool[pool] == 1) };
        atomic { in_pool[pool]--; held = held & ~(policy[pool] & OBJECT); gates++; pool = 0; missing = 0 }
    :: true ->                          /* the way out */
        atomic { held = held & ~mine; mine = 0; gates = 0 }
    od
}

init {
    atomic {
        byte i;
        policy[0] = TAS;
        policy[1] = TICKET;
        policy[2] = MCS;
        policy[3] = TAS | MCS;          /* a union */
        policy[4] = TICKET | OBJECT;
        for (i : 1 .. CPUS) { run cpu() }
    }
}

// SPDX-License-Identifier: MIT
/*
 * A policy is a set of locks; it changes by way of the union of old and new, with a grace period after each step; an
 * operation reads it once. Sources: smp/lock/gate.h, gate.c; tunables/leg.c, transition.c; smp/epoch.c.
 * CPUs and one controller, which goes from policy to policy for ever, and may turn round in the middle of the way.
 *
 * Holds: no two CPUs are inside the object at once; what is released was held.
 * Mutants: NO_GRACE, NO_UNION, UNLOCK_REREAD, ACK_IN_SPIN, REVERSE_ONE_GRACE (turning round while the new policy is
 * in use already, without a grace period of its own), OFF_TO_OFF (the word has room for one CPU only).
 */
#ifndef CPUS
#define CPUS 3
#endif

/* Locks: a pool's, an object's, and "runs on CPU k", one bit each. An algorithm is a lock of its own, so tas to mcs of
 * one lock is the same as pool to object. */
#define POOL 1
#define OBJECT 2
#define CPU0 4
#define CPU1 8

byte word = POOL;  /* the policy: a set of locks */
byte held = 0;     /* locks taken, bits POOL and OBJECT */
byte inside = 0;   /* CPUs that are in the kernel, one bit each */
byte missing = 0;  /* CPUs that the running grace period waits for */
byte in_object = 0;

#define BIT (1 << me)
#define ELSEWHERE(set) (((set) & CPU0) && me != 0 || ((set) & CPU1) && me != 1)

/* A CPU that spins for a lock has interrupts off: only the mutant answers there. */
inline take(lock) {
    if
    :: !(m & lock)
    :: else ->
#ifdef ACK_IN_SPIN
        if :: true :: atomic { (held & lock) -> missing = missing & ~BIT } fi;
#endif
        atomic { !(held & lock) -> held = held | lock }
    fi
}

inline drop(lock) {
    if
    :: !(m & lock)
    :: else -> atomic { assert(held & lock); held = held & ~lock }
    fi
}

proctype cpu(byte me) {
    byte m = 0;
    do
    ::  inside = inside | BIT;
        m = word;
        if
        :: ELSEWHERE(m)                   /* forwarded: a message, and the next turn of the loop on that CPU */
        :: else ->
            take(POOL); take(OBJECT);
            atomic { in_object++; assert(in_object == 1) }
            in_object--;
#ifdef UNLOCK_REREAD
            m = word;
#endif
            drop(OBJECT); drop(POOL)
        fi;
        atomic { m = 0; inside = inside & ~BIT; missing = missing & ~BIT }
    od
}

/* CPUs that are outside answer at once: by the interrupt they take, or by being idle. */
inline grace_begin() {
#ifndef NO_GRACE
    missing = inside
#else
    skip
#endif
}
#define GRACE_OVER (missing == 0)

/* From `from` to `to`, two steady policies, which differ. */
inline transition() {
#ifndef NO_UNION
    word = from | to;
#endif
    grace_begin();
    if
    :: GRACE_OVER -> word = to
    :: word = from; to = from             /* reversed in the union: all who are inside hold the locks of `from` */
    fi;
    grace_begin();
    if
    :: GRACE_OVER
#ifndef NO_UNION
    :: to != from ->                      /* reversed while `to` is in use */
        word = from | to;
        GRACE_OVER;                       /* the one that runs began before the union came back */
#ifndef REVERSE_ONE_GRACE
        grace_begin(); GRACE_OVER;
#endif
        word = from; to = from;
        grace_begin(); GRACE_OVER
#endif
    fi;
    from = to
}

proctype controller() {
    byte from = POOL, to = POOL;
    do
    ::  if
        :: from != POOL -> to = POOL
        :: from != OBJECT -> to = OBJECT
        :: !(from & (CPU0 | CPU1)) -> to = CPU0
#ifdef OFF_TO_OFF
        :: from == CPU0 -> to = CPU1
#endif
        fi;
#ifdef OFF_TO_OFF
        if
        :: to == CPU1 -> from = 0         /* the union word can name the new CPU only */
        :: else
        fi;
#endif
        transition()
    od
}

init {
    atomic {
        byte i;
        for (i : 0 .. CPUS - 1) { run cpu(i) }
        run controller()
    }
}

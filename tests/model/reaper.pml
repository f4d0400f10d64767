// SPDX-License-Identifier: MIT
/*
 * How an endpoint (or notification) that was killed is freed, while threads that were queued on it are taken off. Sources:
 * kernel/cap/reaper.c, kernel/ipc/waitq.h, queue_claim in kernel/thread/cancel.c. One endpoint, one thread; CPU 0 kills
 * and frees, CPU 1 queues the thread and takes it off as a message does, CPUs 2 and 3 want to end its wait.
 *
 * Holds: nobody is in the gate, or waits for it, when the memory goes, or later; nobody is queued then.
 * Mutants: ONE_GRACE (free as soon as it was found drained), UNLINK_FIRST (the queue is seen empty before the thread forgets
 * the endpoint), LOOK_EARLY (the queue is looked at when it is killed, not after the grace period), APPEND_DEAD (the thread
 * is queued by an operation that did not find the endpoint alive).
 */
#define CPUS 4
#ifndef QUEUED
#define QUEUED 2       /* times the thread is queued */
#endif
#ifndef CANCELS
#define CANCELS 2      /* of each of the two */
#endif

bool alive = true;
bool freed = false;
bool lock = false;
byte users = 0;        /* for the oracle: in the gate or about to enter it */
bool first = false;    /* the thread is in the queue */
bool wait_object = false; /* the thread names the endpoint */
bool inside[CPUS];
byte entries[CPUS];    /* operations begun */

inline enter() { atomic { entries[me]++; inside[me] = true } }
inline leave() { inside[me] = false }

inline gate_enter() {
    atomic { assert(!freed); users++ };
    atomic { !lock -> lock = true }
}

inline gate_leave() {
    atomic { lock = false; assert(!freed); users-- }
}

/* waitq_take */
inline take() {
#ifdef UNLINK_FIRST
    first = false;
    wait_object = false
#else
    wait_object = false;
    first = false
#endif
}

/* Every CPU has been outside of the operation, if any, that it is in now. */
inline grace() {
    atomic {
        i = 1;
        do
        :: i < CPUS -> old[i] = (inside[i] -> entries[i] : 0); i++
        :: else -> break
        od;
        i = 1
    };
    do
    :: i < CPUS -> (!inside[i] || entries[i] != old[i]); i++
    :: else -> break
    od;
    i = 0
}

/* CPU 0: the kill, then what follows in messages. */
proctype reaper() {
    byte i = 0;
    byte old[CPUS];
    bool drained = false;

    alive = false;
#ifdef LOOK_EARLY
    drained = !first;
#endif
    grace();
    do
    :: drained -> break
    :: !drained && !first -> drained = true        /* waitq_is_drained: no gate */
    :: !drained && first ->                        /* endpoint_drain */
        gate_enter();
        if
        :: first -> take()
        :: else
        fi;
        gate_leave()
    od;
#ifndef ONE_GRACE
    grace();
#endif
    atomic { assert(users == 0 && !first); freed = true }
}

/* CPU 1: calls that queue the thread, and its partner's that take it off. */
proctype partner() {
    byte me = 1, count = 0;
    bool found;
    do
    :: count < QUEUED ->
        count++;
        enter();
        found = alive;
#ifdef APPEND_DEAD
        found = true;
#endif
        if
        :: found ->
            gate_enter();
            if
            :: first -> take()
            :: else -> wait_object = true; first = true
            fi;
            gate_leave()
        :: else
        fi;
        leave()
    :: break
    od
}

/* A deadline, a stop: queue_claim. */
proctype cancel(byte me) {
    byte count = 0;
    do
    :: count < CANCELS ->
        count++;
        enter();
        if
        :: wait_object ->
            gate_enter();
            if
            :: wait_object -> take()
            :: else
            fi;
            gate_leave()
        :: else
        fi;
        leave()
    :: break
    od
}

init {
    atomic {
        run reaper();
        run partner();
        run cancel(2);
        run cancel(3)
    }
}

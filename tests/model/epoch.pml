// SPDX-License-Identifier: MIT
/*
 * Grace periods and idle CPUs. Source: smp/epoch.c, step by step. CPU 0 asks for a few grace periods, one after the
 * other; all CPUs go in and out of the kernel and to sleep and wake, by an IPI or by themselves. `policy` stands for
 * whatever the asker changed before it asked.
 *
 * Holds: when a grace period completes, nobody is in an operation that read the policy from before it; each is answered
 * once by each CPU; it completes (else: an invalid end state).
 * Mutants: ASK_FIRST (idle states read before the policy is stored: no fence there), LEAVE_LATE (policy read before
 * idle_state is cleared: no fence there), IDLE_INSIDE (idle_state seen set before the operation before it ended: no
 * release there), ACK_INSIDE (answered before the operation ends), NO_IPI (a CPU that is not idle is marked, not woken).
 */
#ifndef CPUS
#define CPUS 3
#endif
#ifndef GRACES
#define GRACES 2
#endif
#ifndef ENTRIES
#define ENTRIES 2      /* operations of each CPU but the asker's */
#endif

byte policy = 0;
byte number = 0;       /* of the last grace period begun */
byte acked[CPUS];
byte unanswered = 0;
bool idle[CPUS];
bool pending[CPUS];
bool ipi[CPUS];
bool inside[CPUS];     /* for the oracle: in an operation ... */
byte reads[CPUS];      /* ... that read this policy */
byte completed = 0;

inline complete() {
    atomic {
        i = 0;
        do
        :: i < CPUS -> assert(!inside[i] || reads[i] == number); i++
        :: else -> break
        od;
        i = 0;
        completed++
    }
}

/* epoch_ack_cpu */
inline ack() {
    seen = number;
    if
    :: atomic { seen > 0 && acked[me] == seen - 1 -> acked[me] = seen };
        atomic {
            assert(unanswered > 0);
            unanswered--;
            if
            :: unanswered == 0 -> complete()
            :: else
            fi
        }
    :: else
    fi;
    seen = 0
}

/* sched_exit */
inline way_out() {
    do
    :: atomic { pending[me] -> pending[me] = false }; ack()
    :: !pending[me] -> break
    od
}

/* Something of the kernel, which the policy guards. */
inline operation() {
    atomic { inside[me] = true; reads[me] = policy };
#ifdef ACK_INSIDE
    if :: pending[me] -> pending[me] = false; ack() :: else fi;
#endif
#ifdef IDLE_INSIDE
    idle[me] = true;
#endif
    inside[me] = false
}

inline wake() {
#ifdef LEAVE_LATE
    atomic { inside[me] = true; reads[me] = policy };
    idle[me] = false;
    inside[me] = false
#else
    idle[me] = false
#endif
}

proctype cpu(byte me) {
    byte seen = 0, entries = 0, i = 0;

end_user:
    if                                  /* user mode; an interrupt is an entry */
    :: atomic { ipi[me] -> ipi[me] = false }
    :: atomic { entries < ENTRIES -> entries++ }; operation()
    fi;
leave:
    way_out();
    if
    :: true ->
#ifdef IDLE_INSIDE
        idle[me] = false;
#endif
        goto end_user
    :: idle[me] = true                  /* nothing to run; who sees it too late sends an IPI, which is latched */
    fi;
end_idle:
    if
    :: atomic { ipi[me] -> ipi[me] = false }; wake()
    :: atomic { entries < ENTRIES -> entries++ }; wake(); operation() /* a device, a timer */
    fi;
    goto leave
}

#ifdef ASK_FIRST
#define SEEN_IDLE(cpu) (was_idle[cpu])
#else
#define SEEN_IDLE(cpu) (idle[cpu])
#endif

inline ask() {
    i = 1;
    do
    :: i < CPUS ->
        if
        :: acked[i] != number - 1
        :: else ->
            if
            :: SEEN_IDLE(i) ->
                if
                :: atomic { acked[i] == number - 1 -> acked[i] = number; unanswered-- }
                :: else
                fi
            :: else ->
                atomic {
                    if
                    :: !pending[i] ->
                        pending[i] = true;
#ifndef NO_IPI
                        ipi[i] = true
#endif
                    :: else
                    fi
                }
            fi
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* The operation that asks, on CPU 0; its thread then waits for the callback, outside of the kernel. */
proctype asker() {
    byte me = 0, seen = 0, i = 0, grace = 1;
#ifdef ASK_FIRST
    bool was_idle[CPUS];
#endif
    do
    :: grace <= GRACES ->
#ifdef ASK_FIRST
        atomic { i = 0; do :: i < CPUS -> was_idle[i] = idle[i]; i++ :: else -> break od; i = 0 };
#endif
        policy = grace;
        unanswered = CPUS;
        number = grace;
        pending[0] = true;
        ask();
        way_out();
        completed == grace;
        grace++
    :: else -> break
    od
}

init {
    atomic {
        byte c;
        run asker();
        for (c : 1 .. CPUS - 1) { run cpu(c) }
    }
}

// SPDX-License-Identifier: MIT
/*
 * How a sender and a receiver find each other when receivers wait near, each on its own CPU. Sources:
 * kernel/ipc/near.c, endpoint_send and sender_queue_locked in kernel/ipc/call.c. CPUs 0 and 1 have a receiver each; two
 * senders come from elsewhere and go from CPU to CPU. "Runs on the CPU" is a lock, as is the endpoint's gate. A store is
 * seen by others only after the next fence or, at any moment, on its own: `first` is the queue as others see it.
 *
 * Holds: in the end no sender waits while a receiver does (two messages, two receivers: everybody is served).
 * Mutants: NO_LOOK (the receiver does not look at the senders after it set its bit), NO_AGAIN (the sender does not look at
 * `near` after it queued itself), NO_FENCE (it does, but its place in the queue is seen late), CLEAR_ELSEWHERE (a sender
 * clears the bit of a CPU after it left that), CLEAR_BLIND (a bit is cleared without a look at the CPU's queue).
 */
#define CPUS 2
#define SENDERS 2

bool bit_near[CPUS];
byte waits[CPUS];      /* receivers in the CPU's queue */
byte shared = 0;       /* receivers in the shared queue */
byte queued = 0;       /* senders in the queue, for who holds the gate */
byte seen = 0;         /* the same, as it is seen without the gate */
byte served = 0;
bool gate = false;
bool cpu[CPUS];        /* an operation runs there */

inline gate_enter() { atomic { !gate -> gate = true } }
inline gate_leave() { atomic { seen = queued; gate = false } }

proctype receiver(byte here) {
    bool near = false;
    atomic { !cpu[here] -> cpu[here] = true };
    if
    :: bit_near[here] -> near = (seen == 0)
    :: else ->
        bit_near[here] = true;
#ifdef NO_LOOK
        near = true
#else
        near = (seen == 0)
#endif
    fi;
    if
    :: near -> waits[here]++
    :: else ->
        gate_enter();
        if
        :: queued > 0 -> queued--; served++
        :: else -> shared++
        fi;
        gate_leave()
    fi;
    cpu[here] = false
}

proctype sender() {
    byte at = 2, next;
    bool done = false;
    do
    :: done -> break
    :: else ->
        if                                     /* near_claim_cpu */
        :: at < CPUS ->
            atomic { !cpu[at] -> cpu[at] = true };
            if
#ifndef CLEAR_BLIND
            :: waits[at] > 0 ->
                waits[at]--; served++; done = true
#endif
            :: else ->
#ifndef CLEAR_ELSEWHERE
                bit_near[at] = false
#else
                skip
#endif
            fi;
            cpu[at] = false;
#ifdef CLEAR_ELSEWHERE
            if
            :: !done -> bit_near[at] = false
            :: else
            fi
#endif
        :: else
        fi;
        if
        :: done
        :: else ->
            gate_enter();
            if
            :: shared > 0 -> shared--; served++; done = true
            :: else ->
                next = (bit_near[0] -> 0 : (bit_near[1] -> 1 : 2));
                if
                :: next < CPUS
                :: else ->
                    queued++;
#ifndef NO_FENCE
                    seen = queued;
#endif
#ifndef NO_AGAIN
                    next = (bit_near[0] -> 0 : (bit_near[1] -> 1 : 2));
#endif
                    if
                    :: next < CPUS -> queued--
                    :: else -> done = true
                    fi
                fi
            fi;
            gate_leave();
            at = next
        fi
    od
}

init {
    if                                         /* one that ended its wait may have left its bit */
    :: bit_near[0] = true
    :: skip
    fi;
    atomic { run receiver(0); run receiver(1); run sender(); run sender() };
    (_nr_pr == 1);
    assert(queued == 0 || waits[0] + waits[1] + shared == 0);
    assert(served == SENDERS)
}

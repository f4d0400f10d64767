// SPDX-License-Identifier: MIT
/*
 * A mailbox and its pending word. Sources: smp/mailbox.c (push, take), smp/cpu.c (cpu_send), the way out of the kernel in
 * kernel/sched/sched.c. Senders each send one node several times, again as soon as it was handled.
 *
 * Holds: every message is handled, once; the owner never sleeps while a reason waits (that would be an invalid end state);
 * an IPI is sent only by who made the pending word non-zero.
 * Mutants: BIT_FIRST (bit set before the push), SPLIT_OR (read, then stored), CLEAR_LATE (cleared after draining),
 * PUSH_PLAIN (head stored without comparing), TAKE_PLAIN (head read, then cleared), IPI_NOT_KEPT (sleeping is not one
 * step with enabling interrupts), IPI_ALWAYS (not only when the word was zero).
 */
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef TIMES
#define TIMES 2
#endif
#define NONE 0
/* Bits of the pending word. */
#define MAILBOX 1
#define OTHER 2

byte head = NONE;            /* number of the newest node, a sender's number + 1 */
byte next[SENDERS + 1];
bool sent[SENDERS + 1];      /* the node is the mailbox's */
byte pending = 0;
bool noticed = false;        /* the owner saw the bit of the other reason */
bool ipi = false;            /* latched until taken */
byte rises = 0;              /* times the pending word went from zero */
byte ipis = 0;
byte handled = 0;
bool asleep = false;

inline push(node) {
    do
    ::  seen = head;
        next[node] = seen;
#ifdef PUSH_PLAIN
        head = node; break
#else
        if
        :: atomic { head == seen -> head = node }; break
        :: head != seen
        fi
#endif
    od
}

/* Who finds the word zero sends the IPI. */
inline set_bit(reason) {
#ifdef SPLIT_OR
    was = pending;
    atomic { rises = rises + (pending == 0); pending = was | reason };
#else
    atomic { was = pending; rises = rises + (pending == 0); pending = pending | reason };
#endif
    if
#ifndef IPI_ALWAYS
    :: was
#endif
    :: else -> atomic {
#ifdef IPI_NOT_KEPT
        ipi = asleep;
#else
        ipi = true;
#endif
        ipis++; assert(ipis <= rises) }
    fi
}

proctype sender(byte node) {
    byte count = 0, seen = 0;
    byte was = 0;
    do
    :: count < TIMES ->
        atomic { !sent[node] -> sent[node] = true }
#ifdef BIT_FIRST
        set_bit(MAILBOX); push(node);
#else
        push(node); set_bit(MAILBOX);
#endif
        seen = 0; was = 0; count++
    :: else -> break
    od
}

/* Another reason of the same word, which has no message: cpu_notify. */
proctype notifier() {
    byte was = 0;
    set_bit(OTHER)
}

inline handle_all() {
    do
    :: taken != NONE ->
        atomic { node = taken; taken = next[node] };
        atomic { assert(sent[node]); handled++; sent[node] = false; node = 0 }
    :: else -> break
    od
}

inline drain() {
#ifdef TAKE_PLAIN
    taken = head; head = NONE;
#else
    atomic { taken = head; head = NONE };
#endif
    handle_all()
}

proctype owner() {
    byte taken = NONE, node = 0, bits = 0;
    do
    ::  do                               /* the way out of the kernel, interrupts off */
        :: pending ->
#ifdef CLEAR_LATE
            bits = pending;
#else
            atomic { bits = pending; pending = 0 };
#endif
            noticed = noticed || (bits & OTHER);
            if
            :: bits & MAILBOX -> drain()
            :: else
            fi;
#ifdef CLEAR_LATE
            pending = 0;
#endif
            bits = 0
        :: !pending -> break
        od;
        asleep = true;
        if                               /* sti; hlt is one step: an IPI that is latched already wakes */
        :: atomic { ipi -> ipi = false; asleep = false }
        :: handled == SENDERS * TIMES && noticed && !pending -> break
        fi
    od
}

init {
    atomic {
        byte i;
        run owner();
        run notifier();
        for (i : 1 .. SENDERS) { run sender(i) }
    }
}

// SPDX-License-Identifier: MIT
/*
 * Unmapping: entries, generations, tickets (mm/tlb.c, mm/unmap.c, docs/memory.md). One space, one page, two frames. CPUS
 * CPUs enter the space, use it, leave it, or read it by hand, TURNS times; UNMAPPERS threads unmap the page and map the
 * other frame there, OPS times. The TLB may be filled whenever CR3 is loaded; stores of cpu->aspace are seen late.
 * Safe: no CPU reaches a frame given away, or one no longer at the address; no thread waits for ever.
 * Mutants: LOOK_FIRST (R1: before the entry changes), NO_FENCE (R2: cpu->aspace is seen after the flush), ACK_NEWER,
 * ACK_FIRST (R3), FRAME_EARLY, ADDRESS_EARLY, DO_NOT_WAIT (R4), LEAVE_EARLY, LEAVE_SILENTLY, NO_SENTINEL (acked of another
 * space taken for ours), PRUNE_BLIND, JOIN_EARLY (`used`), TICKET_LATE (who answers is read before the ticket is open),
 * ANSWER_ALL (also what is newer than the flush), NO_STAMP (somebody else's PENDING entry is collected), VISIT_NO_FENCE.
 * SMALL makes room for a third CPU: no visits, no entering CPU is seen before it loads CR3.
 */
#ifndef CPUS
#define CPUS 2
#endif
#ifndef TURNS
#define TURNS 2
#endif
#ifndef OPS
#define OPS 2
#endif
#ifndef UNMAPPERS
#define UNMAPPERS 1
#endif
#define NONE 255
#define FOREIGN 9 /* a generation of another space: above all of this one */

byte pte = 1;              /* frame that is mapped; 0: not present */
byte pending, stamp;       /* of a page that is not present: frame and generation, 0: the entry is 0 */
byte owner[3];             /* 1: the space may use the frame, 2: it was given to somebody else */
byte generation = 1, flushed = 1;
bool gate, ticket_lock;

byte cr3[CPUS], tlb[CPUS]; /* the hardware's: 1: the space is loaded; cached frame, 0: none */
byte aspace[CPUS], visited[CPUS], acked[CPUS];
bool used[CPUS], ipi[CPUS];
bool open[UNMAPPERS];      /* tickets */
byte wanted[UNMAPPERS], remaining[UNMAPPERS];
bool target[UNMAPPERS * CPUS];

inline lock(l)   { atomic { !l -> l = true } }
inline unlock(l) { l = false }

inline access(frame) {
    assert(owner[frame] == 1);
    assert(pte == 0 || pte == frame)
}
/* What the hardware may do while the space is loaded. */
inline speculate(c) {
    if
    :: d_step { cr3[c] && tlb[c] == 0 && pte != 0 -> tlb[c] = pte }
    :: true
    fi
}

/* tickets_answer(): this CPU has flushed everything up to `level`. */
inline answer(c, level, t) {
    d_step {
        !ticket_lock -> t = 0; /* nothing of what follows is seen before the lock is free again */
        do
        :: t < UNMAPPERS ->
            if
#ifdef ANSWER_ALL
            :: open[t] && target[t * CPUS + c] ->
#else
            :: open[t] && target[t * CPUS + c] && wanted[t] <= level ->
#endif
                target[t * CPUS + c] = false;
                remaining[t]--;
                if
                :: remaining[t] == 0 -> open[t] = false
                :: else
                fi
            :: else
            fi;
            t++
        :: else -> break
        od;
        t = 0
    }
}
inline tickets_check(c, level, t, found) {
    d_step { found = false; t = 0;
        do
        :: t < UNMAPPERS -> found = found || open[t]; t++
        :: else -> break
        od;
        t = 0
    }
    if
    :: found -> answer(c, level, t)
    :: else
    fi;
    found = false
}

proctype cpu(byte c) {
    byte g, t, frame, turns;
    bool found;
    do
    /* Enter, use, leave. */
    :: d_step { turns < TURNS ->
        turns++;
#ifndef NO_SENTINEL
        acked[c] = 0
#endif
        };
        if
#ifndef SMALL
        :: aspace[c] = 1 /* visible at once */
#endif
        :: true          /* or when CR3 is loaded, which serialises */
        fi;
#ifdef JOIN_EARLY
        used[c] = true;
#endif
        g = generation;
#ifdef NO_FENCE
        d_step { cr3[c] = 1; tlb[c] = 0 };
        speculate(c);
        aspace[c] = 1;
#else
        d_step { aspace[c] = 1; cr3[c] = 1; tlb[c] = 0 };
        speculate(c);
#endif
#ifdef ACK_NEWER
        g = generation;
#endif
#ifndef JOIN_EARLY
        if
        :: used[c]
        :: !used[c] -> used[c] = true; g = generation; tlb[c] = 0; speculate(c)
        fi;
#endif
        acked[c] = g;
        do
        :: d_step { tlb[c] != 0 -> access(tlb[c]) }
        :: tlb[c] == 0 ->
            frame = pte; /* walks */
            if
            :: d_step { frame != 0 -> tlb[c] = frame; access(frame) }
            :: frame == 0
            fi;
            frame = 0
        :: ipi[c] ->
            ipi[c] = false;
            g = generation;
            if
            :: acked[c] != g ->
#ifdef ACK_FIRST
                acked[c] = g;
                tickets_check(c, g, t, found);
                if :: d_step { tlb[c] != 0 -> access(tlb[c]) } :: true fi;
                tlb[c] = 0;
                speculate(c)
#else
                tlb[c] = 0;
                speculate(c);
#ifdef ACK_NEWER
                g = generation;
#endif
                acked[c] = g
#endif
            :: else
            fi;
            tickets_check(c, g, t, found)
        :: break
        od;
        /* Leave for another space. */
#ifndef NO_SENTINEL
        acked[c] = 0;
#endif
        if
        :: aspace[c] = 0
        :: true
        fi;
#ifdef LEAVE_EARLY
        aspace[c] = 0;
        tickets_check(c, NONE, t, found);
        if :: d_step { tlb[c] != 0 -> access(tlb[c]) } :: true fi;
#endif
        d_step { aspace[c] = 0; cr3[c] = 0; tlb[c] = 0 };
        acked[c] = FOREIGN;
#ifndef LEAVE_SILENTLY
        tickets_check(c, NONE, t, found);
#endif
        g = 0
#ifndef SMALL
    /* Read the page by hand. */
    :: turns < TURNS ->
        turns++;
#ifdef VISIT_NO_FENCE
        frame = pte;
        visited[c] = 1;
#else
        visited[c] = 1;
#endif
        if
        :: used[c]
        :: !used[c] -> used[c] = true
        fi;
#ifndef VISIT_NO_FENCE
        frame = pte;
#endif
        if
        :: frame != 0 -> assert(owner[frame] == 1)
        :: else
        fi;
        frame = 0;
        visited[c] = 0;
        tickets_check(c, NONE, t, found)
#endif
    /* Not in the space: an IPI that came too late finds nothing to do. */
    :: turns == TURNS && !cr3[c] ->
end:    ipi[c] -> ipi[c] = false
    od
}

#define BEHIND(c, level) (visited[c] || (aspace[c] && acked[c] < level))

/* targets_find(): counts those who are behind `level` into `count`, marks them in ticket u if `mark`. */
inline look(u, level, c, count, mark) {
    c = 0;
    count = 0;
    do
    :: c < CPUS ->
        if
        :: used[c] ->
            if
            :: BEHIND(c, level) ->
                count++;
                target[u * CPUS + c] = mark
            :: else ->
                if
                :: aspace[c] == 0 ->
                    used[c] = false;
#ifndef PRUNE_BLIND
                    if
                    :: BEHIND(c, level) -> used[c] = true; count++; target[u * CPUS + c] = mark
                    :: else ->
                        if
                        :: aspace[c] -> used[c] = true
                        :: else
                        fi
                    fi
#else
                    skip
#endif
                :: else
                fi
            fi
        :: else
        fi;
        c++
    :: else -> c = 0; break
    od
}

inline collect(frame) {
    d_step {
        frame = 0;
        if
#ifdef NO_STAMP
        :: pending != 0 ->
#else
        :: pending != 0 && stamp <= flushed ->
#endif
            frame = pending; pending = 0; stamp = 0
        :: else
        fi
    }
}

proctype unmapper(byte u) {
    byte c, count, frame, ops, other;
    bool need;
    do
    :: ops < OPS ->
        ops++;
        lock(gate);
#ifdef LOOK_FIRST
        look(u, generation + 1, c, count, false);
#endif
        need = false;
        if
        :: pte != 0 ->
#ifdef FRAME_EARLY
            owner[pte] = 2;
#endif
            d_step { pending = pte; stamp = generation + 1; pte = 0 };
            d_step { generation++; need = true }
        :: pte == 0 && pending != 0 && stamp > flushed -> need = true
        :: else
        fi;
        wanted[u] = generation;
#ifdef ADDRESS_EARLY
        if
        :: need -> other = 3 - pending; owner[other] = 1; pte = other
        :: else
        fi;
#endif
        if
        :: need ->
#ifndef LOOK_FIRST
            look(u, wanted[u], c, count, false);
#endif
            if
            :: count != 0 ->
                lock(ticket_lock);
#ifdef TICKET_LATE
                look(u, wanted[u], c, count, true);
                unlock(ticket_lock); lock(ticket_lock);
                open[u] = true;
#else
                open[u] = true;
                look(u, wanted[u], c, count, true);
#endif
                remaining[u] = count;
                if
                :: count == 0 -> open[u] = false
                :: else
                fi;
                need = count != 0;
                unlock(ticket_lock)
            :: else -> need = false
            fi
        :: else
        fi;
        if
        :: need ->
            unlock(gate);
            c = 0;
            do
            :: c < CPUS -> ipi[c] = ipi[c] || target[u * CPUS + c]; c++
            :: else -> break
            od;
            c = 0;
#ifndef DO_NOT_WAIT
            !open[u]; /* blocked; the last to answer wakes it */
#endif
            lock(gate)
        :: else
        fi;
        if
        :: flushed < wanted[u] -> flushed = wanted[u]
        :: else
        fi;
        collect(frame);
        unlock(gate);
        if
        :: frame != 0 -> owner[frame] = 2 /* the use count is down: anybody may have it */
        :: else
        fi;
        lock(gate);
        if
        :: frame != 0 && pte == 0 && pending == 0 && owner[3 - frame] == 2 ->
            other = 3 - frame;
            owner[other] = 1;
            pte = other
        :: else
        fi;
        unlock(gate);
        d_step { wanted[u] = 0; frame = 0; other = 0; count = 0; need = false }
    :: else -> break
    od
}

init {
    atomic {
        byte k;
        owner[1] = 1;
        owner[2] = 2;
        k = 0;
        do
        :: k < CPUS -> acked[k] = FOREIGN; run cpu(k); k++
        :: else -> break
        od;
        k = 0;
        do
        :: k < UNMAPPERS -> run unmapper(k); k++
        :: else -> break
        od
    }
}

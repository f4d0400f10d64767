// SPDX-License-Identifier: MIT
/*
 * Threads: state, waiting, and who may touch what.
 * Owns: struct thread, blocking and waking, cancelling waits, the thread_* system calls. Context: kernel. Locks: none
 * of its own: a thread's state belongs to its home CPU. Tests: tests/user/threads/, tests/user/ipc/.
 *
 * A blocked thread has one owner at a time, who alone may touch its frame, its `wait` and its node:
 *      queued on an object -> whoever holds the object's gate      (kernel/ipc, kernel/irq)
 *      waiting for a reply -> whoever wins reply_word              (kernel/ipc/reply.c)
 *      claimed             -> the claimer, until it sends the node home with MAILBOX_WAKE or calls thread_wake
 *      in a mailbox        -> the CPU whose mailbox it is
 * Everything else (state, run queue, deadline, stop requests) is the home CPU's at all times.
 */
#pragma once
#include "kernel/cap/object.h"
#include "kernel/trap/frame.h"
#include "mm/aspace.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cspace;
struct cpu;

enum thread_state { THREAD_STOPPED, THREAD_READY, THREAD_BLOCKED, THREAD_DEAD };

enum thread_wait {
    WAIT_NONE,
    WAIT_SEND,         /* queued on an endpoint, no reply wanted */
    WAIT_CALL,         /* queued on an endpoint, reply wanted */
    WAIT_RECEIVE,      /* queued on an endpoint */
    WAIT_REPLY,        /* named by somebody's reply right */
    WAIT_NOTIFICATION, /* queued on a notification */
    WAIT_SLEEP,        /* deadline only */
    WAIT_TLB,          /* a tlb_ticket is under way */
    WAIT_GRACE,        /* an object or pool is being destroyed for it */
    WAIT_CONTROL,      /* another CPU works on its target thread */
    WAIT_REMOTE,       /* its system call is in a mailbox */
};

/* What a blocked thread does when it runs again, before it returns to user mode. */
enum thread_resume {
    RESUME_USER,    /* the result is in the frame */
    RESUME_SYSCALL, /* run the system call once more: `step` says how far it came */
};

struct thread {
    struct object object;
    /* Fixed after init, but for home, which only the home CPU changes, and not while the thread is blocked elsewhere. */
    uint32_t home; /* CPU number; atomic: read by senders */
    uint32_t id;   /* for the log */
    struct aspace *aspace;
    struct cspace *cspace;
    uint64_t unused;
    struct cpu *home_cpu;

    struct frame frame; /* offset 64: entry.S */

    /* Home CPU only. */
    struct thread *ready_next, *ready_previous;
    uint8_t state;    /* enum thread_state */
    uint8_t priority; /* 0..63 */
    uint8_t resume;   /* enum thread_resume */
    uint8_t fpu_used; /* its FPU state is loaded eagerly; else the first use traps */
    uint8_t stop_asked;
    uint8_t destroy_asked;
    uint8_t batch_blocked; /* an entry of its batch blocked: the entry's result is in the frame */
    uint8_t queued;        /* in the run queue */
    uint32_t slice_us;
    uint64_t slice_left;   /* cycles */
    uint64_t deadline_tsc; /* 0: none */
    struct thread *deadline_next, *deadline_previous;
    uint64_t run_cycles, run_began_tsc;
    struct thread *stoppers; /* controllers that wait for it to stop: their frames get the result */
    uint64_t fs_base, gs_base;

    /* The owner (see above). */
    uint8_t wait_kind;  /* enum thread_wait */
    uint8_t step;       /* of a system call that takes several gates: where to go on */
    uint8_t in_fault;   /* the message it sends is a fault of its own */
    uint8_t reply_wanted;
    uint32_t wait_sequence; /* bumped by each wait: an old cancel finds another number */
    struct object *wait_object;
    struct thread *wait_next, *wait_previous;
    uint64_t wait_badge; /* of the capability it sends through; of a notification wait: the mask */
    uint64_t scratch[4]; /* what `step` needs */
    struct thread *partner; /* MAILBOX_TRANSFER: the claimed receiver; MAILBOX_CONTROL: the target */
    uint64_t fault_address, fault_error;
    struct mailbox_node node;

    /* The right to answer its last caller: this thread only. */
    struct cap reply_to; /* type REPLY, badge is the caller's reply_word */

    /* Atomic: its home CPU and whoever answers. kernel/ipc/reply.c */
    uint64_t reply_word;

    /* This thread sets them while it runs; partners read them while it is blocked. */
    uint64_t window_address;
    uint32_t window_bytes;
    uint32_t window_slot;
    uint32_t window_slots;
    struct cap fault_endpoint;

    /* Cancelling: the home CPU sends it, the CPU that holds the wait answers. */
    struct mailbox_node cancel_node;
    uint32_t cancel_sequence;
    uint32_t cancel_busy; /* atomic */
    int64_t cancel_result;

    struct tlb_ticket ticket;
    struct object_reaper reaper;
    uint8_t fpu[512] __attribute__((aligned(64))); /* FXSAVE area */
} __attribute__((aligned(64)));
#define THREAD_OFFSET_FRAME 64
_Static_assert(offsetof(struct thread, frame) == THREAD_OFFSET_FRAME, "entry.S");

/* The running thread blocks; the caller then returns SYSCALL_BLOCKED. On behalf of a forwarded thread: only notes it. */
void thread_block(struct thread *thread, enum thread_wait kind, struct object *object);
/* Makes a claimed thread ready, wherever its home is. Its frame holds the result. */
void thread_wake(struct thread *thread);
/* The same with frame.result = result. */
void thread_wake_result(struct thread *thread, int64_t result);
/* Home CPU: ends a wait with this result if it can be claimed; else it will wake by itself. */
void thread_cancel_cpu(struct thread *thread, int64_t result);
/* Destruction: ends the thread wherever it is; calls object_release on it when nothing refers to it any more. */
void thread_destroy(struct thread *thread);
void thread_node_handle(struct mailbox_node *node, enum mailbox_op op);

static inline struct thread *thread_of_node(struct mailbox_node *node)
{
    return (struct thread *)((char *)node - offsetof(struct thread, node));
}

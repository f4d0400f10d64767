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
#include "kernel/abi/ipc.h"
#include "kernel/cap/object.h"
#include "kernel/trap/frame.h"
#include "mm/aspace.h"
#include "mm/user.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cspace;
struct endpoint;
struct cpu;

enum thread_state { THREAD_STOPPED, THREAD_READY, THREAD_BLOCKED, THREAD_DEAD };

enum thread_wait {
    WAIT_NONE,
    WAIT_SEND,         /* queued on an endpoint, no reply wanted */
    WAIT_CALL,         /* queued on an endpoint, reply wanted */
    WAIT_RECEIVE,      /* queued on an endpoint */
    WAIT_RECEIVE_NEAR, /* in its home CPU's own queue: kernel/ipc/near.h */
    WAIT_REPLY,        /* named by somebody's reply right */
    WAIT_NOTIFICATION, /* queued on a notification */
    WAIT_SLEEP,        /* deadline only */
    WAIT_TLB,          /* a tlb_ticket is under way */
    WAIT_GRACE,        /* an object or pool is being destroyed for it */
    WAIT_CONTROL,      /* another CPU works on its target thread */
    WAIT_REMOTE,       /* its system call is in a mailbox */
};

enum thread_fault {
    FAULT_NONE,
    FAULT_SENDING, /* a call to its fault endpoint: fault_vector, _address, _error */
    FAULT_EXIT,    /* thread_exit: fault_address holds the status */
    FAULT_STOP,    /* it stops when it comes home: it exited, or nobody could or would mend its fault */
};

enum thread_request { REQUEST_STOP = 1, REQUEST_DESTROY = 2, REQUEST_MOVE = 4 /* next_home is not home */ };

/* What a blocked thread does when it runs again, before it returns to user mode. */
enum thread_resume {
    RESUME_USER,    /* the result is in the frame */
    RESUME_SYSCALL, /* run the system call once more: `step` says how far it came */
};

struct thread {
    struct object object;
    /* All of what may keep a blocked thread from running at once when it is handed a message: `ready_on` is the number of
     * its home CPU when nothing does. */
    union {
        uint64_t ready_on;
        struct {
            uint32_t
                home; /* CPU number; atomic: read by senders. Only the home CPU changes it, and not while the
                               * thread is blocked elsewhere */
            uint8_t
                requests; /* enum thread_request: done when it comes home, or between two operations. Home CPU only */
            uint8_t
                in_fault; /* enum thread_fault: the message it sends is not in its frame. The owner (see above) */
            uint8_t timed; /* deadline_tsc is not 0. Home CPU only */
            uint8_t unused;
        };
    };
    /* Fixed after init. */
    struct aspace *aspace;
    struct cspace *cspace;
    /* Home CPU only. */
    struct thread *reply_caller; /* it waits for this thread's answer, on this CPU: kernel/ipc/reply.h */
    struct thread
        *fpu; /* itself once it used the FPU, whose state is then loaded eagerly; NULL: the first use traps */

    struct frame frame; /* offset 64: entry.S */

    /* What it does now. The state is its home CPU's, the others are the owner's (see above); side by side, because the
     * fast path writes all of them at once. */
    uint8_t state;       /* enum thread_state */
    uint8_t wait_kind;   /* enum thread_wait */
    uint8_t step;        /* of a system call that takes several gates: where to go on */
    uint8_t batch_index; /* entries of its batch that are done */

    /* Home CPU only. */
    uint8_t priority;  /* 0..63 */
    uint8_t preempted; /* in the middle of its slice, by a higher priority: it heads its run queue */
    struct thread *ready_next, *ready_previous;
    uint8_t resume;        /* enum thread_resume */
    uint8_t queued;        /* in the run queue */
    uint32_t slice_us;     /* 0: the tunable's */
    uint32_t next_home;    /* where to go when it wakes or starts; its home when it stays */
    uint32_t id;           /* for the log; fixed after init */
    uint64_t deadline_tsc; /* 0: none */
    struct thread *deadline_next, *deadline_previous, *deadline_child; /* kernel/sched/deadline.c */
    struct thread *stoppers; /* controllers that wait for it to stop, linked by their wait_next */
    uint64_t fs_base;
    struct endpoint *near_endpoint; /* whose receiver it is, while it waits near: kernel/ipc/near.h */
    int64_t cancel_result;          /* what a wait that is being cancelled ends with; 0: none is */

    /* The owner (see above). */
    uint8_t fault_step;  /* the step of a call that faulted */
    uint32_t remote_cpu; /* WAIT_REMOTE: whose mailbox it was sent to; WAIT_CONTROL: the target's home */
    struct object *wait_object; /* what it is queued on; NULL once it was taken off */
    struct thread *wait_next, *wait_previous;
    uint64_t wait_badge; /* of the capability it sends through; of a notification wait: the mask */
    uint64_t scratch[4]; /* what `step` needs */
    struct sluice_batch_entry batch_entry; /* the entry of its batch that is being done */
    struct thread
        *partner; /* claimed: a message goes to or comes from it; WAIT_CONTROL: the target; WAIT_REPLY: who
                             * owes the answer on this CPU, or NULL when it is owed through reply_word */
    uint64_t fault_vector, fault_address, fault_error;
    struct mailbox_node node;

    /* The right to answer its last caller, when it lives on another CPU: this thread only. */
    struct cap reply_to;

    /* Atomic: its home CPU and whoever answers. kernel/ipc/reply.c */
    uint64_t reply_word;

    /* This thread sets them while it runs; partners read them while it is blocked. */
    uint64_t window_address;
    uint32_t window_bytes;
    uint32_t window_slot;
    uint32_t window_slots;
    struct user_page source_page; /* of its own last long part */
    /* The window as the fast path finds it; the owner (see above). */
    uint32_t window_near_bytes;      /* what lies in its first page */
    char *window_near;               /* in the direct map; good while the space has this generation */
    uint64_t window_near_generation; /* 0: it was not looked for */
    struct cap fault_endpoint;

    /* Cancelling a wait that another CPU has to end: the home CPU sends it. */
    struct mailbox_node cancel_node;
    uint32_t wait_sequence;   /* bumped by the home CPU at each wait: an old cancel finds another number */
    uint32_t cancel_sequence; /* fixed while cancel_busy */
    uint32_t cancel_busy;     /* atomic: the home CPU sets it, whoever handled the node clears it */
    int64_t cancel_sent;      /* fixed while cancel_busy: the result */

    struct tlb_ticket ticket;
    struct object_reaper reaper;
    uint8_t fpu_area[512] __attribute__((aligned(64))); /* FXSAVE */
} __attribute__((aligned(64)));
#define THREAD_OFFSET_FRAME 64
_Static_assert(offsetof(struct thread, frame) == THREAD_OFFSET_FRAME, "entry.S");

/* Home CPU: the absolute time (ns) at which its wait ends with TIMEOUT. */
void thread_deadline_cpu(struct thread *thread, uint64_t deadline_ns);
/* Makes a claimed thread ready, wherever its home is. Its frame holds the result. */
void thread_wake(struct thread *thread);
/* The same with frame.result = result. */
void thread_wake_result(struct thread *thread, int64_t result);
/* The same, but its system call is run again from the top (or from its step). */
void thread_wake_again(struct thread *thread);
/* Home CPU: a thread arrives from a wait, or from another home: stop, destroy and move requests are done first. True
 * when it may run. */
bool thread_arrive_cpu(struct thread *thread);
/* Home CPU: ends a wait with this result, now if it can be claimed, else as soon as it can be. */
void thread_cancel_cpu(struct thread *thread, int64_t result);
/* Home CPU: the deadline of a blocked thread came: a time-out, or another try to cancel. */
void thread_deadline_reached_cpu(struct thread *thread);
/* MAILBOX_CANCEL. */
void thread_cancel_handle(struct mailbox_node *node);
/* Destruction: ends the thread wherever it is; object_release follows when nothing refers to it any more. */
void thread_destroy(struct thread *thread);
/* MAILBOX_THREAD_DESTROY. */
void thread_destroy_handle(struct mailbox_node *node);
/* Home CPU: stops for good or until it is started again. */
void thread_stop_cpu(struct thread *thread);
/* A new thread object: stopped, at home here. */
void thread_init(struct thread *thread, struct aspace *aspace, struct cspace *cspace);

static inline struct thread *thread_of_node(struct mailbox_node *node)
{
    return (struct thread *)((char *)node - offsetof(struct thread, node));
}

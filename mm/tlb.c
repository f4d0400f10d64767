// SPDX-License-Identifier: MIT
/*
 * Who may hold a translation, and when nobody does any more: the rules R1 to R4 of docs/memory.md.
 * Owns: cpu->aspace, ->visited, ->tlb_acked; aspace->generation, ->tickets, ->used. Entry points: aspace_enter_cpu,
 * aspace_catch_up_cpu, tlb_flush_*. Context: kernel, interrupts off. Locks: aspace->ticket_lock.
 * Model: tests/model/tlb.pml. Tests: tests/user/memory/.
 *
 *   may run together       enter, leave, catch up     unmap
 *   enter, leave, catch up yes, on different CPUs     yes
 *   unmap                  yes                        no: class aspace of the space
 */
#include "mm/tlb.h"
#include "kernel/log/log.h"
#include "kernel/thread/wait.h"
#include "mm/enter.h"
#include "smp/cpu.h"
#include "smp/lock/leaf.h"

/*
 * Time line of an unmap on CPU 0, while 1 is active in the space, 2 enters it and 3 leaves it:
 *
 *   CPU 0                        CPU 1                    CPU 2                       CPU 3
 *   entry = PENDING
 *   generation 6 -> 7 (fence)                             acked = 0, aspace = space   aspace = other
 *   who is active, and behind 7?                          reads 7                     loads other CR3 (fence)
 *   1 is: opens a ticket (fence),                         loads CR3 (fence, flush)    tickets? none: gone
 *   looks again: 1. Blocks.                               acked = 7: not behind
 *   IPI to 1 ------------------> reads 7
 *                                flushes, acked = 7
 *                                answers the ticket, the
 *                                last one: wakes the thread
 *   entry = 0, uses - 1 <-------
 *
 * An entering CPU shows itself, then reads the generation, then flushes. The unmapper changes the entry, then the
 * generation, then looks. So either it sees the CPU, or that CPU's flush came after the entry was changed.
 */

static uint64_t kernel_root;

void aspace_init_boot(uint64_t root)
{
    kernel_root = root;
}

uint64_t aspace_kernel_root(void)
{
    return kernel_root;
}

/* May this CPU use translations of the space that were made before `generation`? */
static bool cpu_is_behind(const struct cpu *cpu, const struct aspace *space, uint64_t generation)
{
    if (atomic_load_relaxed(&cpu->visited[0]) == space || atomic_load_relaxed(&cpu->visited[1]) == space)
        return true;
    /* pairs with aspace_switch_cpu() in enter.h: acked = 0 before the new space; and with aspace_leave_cpu() in tlb.c */
    return atomic_load_acquire(&cpu->aspace) == space && atomic_load_relaxed(&cpu->tlb_acked) < generation;
}

/* This CPU is one of the targets, and now answers; true: it was the last. */
static inline bool ticket_answer_locked(struct tlb_ticket *ticket, const struct cpu *self, uint64_t acked)
{
    uint64_t *word = &ticket->targets.word[self->cpuset_index];
    if (ticket->generation > acked || !(*word & self->cpuset_mask))
        return false;
    *word &= ~self->cpuset_mask;
    return --ticket->remaining == 0;
}

static __attribute__((noinline, cold)) void tickets_lock_wait(struct aspace *space)
{
    leaf_lock(&space->ticket_lock);
}

/* They were taken off the list: their threads run again. */
static __attribute__((noinline, cold)) void tickets_complete(struct tlb_ticket *ticket)
{
    while (ticket) {
        struct tlb_ticket *next = ticket->next; /* a woken thread may use its ticket again */
        thread_wake_again(ticket->thread);
        ticket = next;
    }
}

void tickets_answer(struct aspace *space, uint64_t acked)
{
    const struct cpu *self = cpu_self();
    struct tlb_ticket *complete = NULL, **link = &space->tickets;
    if (__builtin_expect(!leaf_trylock(&space->ticket_lock), 0))
        tickets_lock_wait(space);
    for (struct tlb_ticket *ticket = *link; ticket; ticket = *link) {
        if (__builtin_expect(!ticket_answer_locked(ticket, self, acked), 1)) {
            link = &ticket->next;
            continue;
        }
        atomic_store_relaxed(link, ticket->next);
        ticket->next = complete;
        complete = ticket;
    }
    leaf_unlock(&space->ticket_lock);
    if (complete)
        tickets_complete(complete);
}

/* An unmapper that found this CPU inactive took it out of `used`, before our new `aspace` was visible to it. It is now:
 * so once we are in again, it stays. What was loaded meanwhile may be too old. */
uint64_t aspace_join(struct cpu *self, struct aspace *space)
{
    cpuset_add_atomic(&space->used, self->number);
    uint64_t generation = atomic_load_relaxed(&space->generation);
    compiler_barrier();
    translation_load(space->root);
    return generation;
}

/* The kernel's own tables: no translation of the space that was loaded is left, nor made (R7). */
static void aspace_leave_cpu(struct cpu *self)
{
    struct aspace *old = self->aspace;
    atomic_store_relaxed(&self->tlb_acked, 0ull);
    atomic_store_release(&self->aspace, (struct aspace *)NULL); /* pairs with cpu_is_behind() in tlb.c */
    translation_load(kernel_root);
    tickets_check(old, UINT64_MAX); /* as in aspace_switch_cpu() */
}

void aspace_enter_cpu(struct aspace *next)
{
    struct cpu *self = cpu_self();
    if (self->aspace == next)
        return;
    counter_add(&self->counters->aspace_switches, 1);
    if (next)
        aspace_switch_cpu(self, self->aspace, next);
    else
        aspace_leave_cpu(self);
}

void aspace_catch_up_cpu(void)
{
    struct cpu *self = cpu_self();
    struct aspace *space = self->aspace;
    if (!space)
        return;                                                    /* left meanwhile, and answered then */
    uint64_t generation = atomic_load_relaxed(&space->generation); /* R3: before the flush */
    if (self->tlb_acked != generation) {
        compiler_barrier();
        translation_load(space->root);
        atomic_store_relaxed(&self->tlb_acked, generation);
        cpu_counter_inc(tlb_context_flushes);
        cpu_counter_inc(shootdown_acks);
    }
    tickets_check(space, generation);
}

/* CPUs that are active and behind go into `targets`; others are taken out of `used`. This CPU has flushed. */
static unsigned targets_find(struct aspace *space, uint64_t generation, struct cpuset *targets)
{
    unsigned self = cpu_number(), count = 0;
    for (unsigned i = cpuset_next(&space->used, 0, cpu_count); i < cpu_count;
         i = cpuset_next(&space->used, i + 1, cpu_count)) {
        struct cpu *cpu = cpus[i];
        if (i == self)
            continue;
        if (cpu_is_behind(cpu, space, generation)) {
            cpuset_add(targets, i);
            count++;
        } else if (atomic_load_relaxed(&cpu->aspace) != space && cpuset_cluster_shift == 0) {
            /* Full fence: a CPU that shows itself after this sees that its bit is gone, and sets it again; one that
             * showed itself before is seen now. */
            cpuset_remove_atomic(&space->used, i);
            bool behind = cpu_is_behind(cpu, space, generation);
            if (behind || atomic_load_relaxed(&cpu->aspace) == space)
                cpuset_add_atomic(&space->used, i);
            if (behind)
                cpuset_add(targets, i);
            count += behind;
        }
    }
    return count;
}

/* Opens a ticket for those who are still behind; false when nobody is. */
static bool ticket_open(struct tlb_flush *flush, uint64_t generation)
{
    struct aspace *space = flush->space;
    struct thread *thread = flush->thread;
    struct tlb_ticket *ticket = &thread->ticket;
    leaf_lock(&space->ticket_lock);
    ticket->next = space->tickets;
    ticket->generation = generation;
    ticket->thread = thread;
    cpuset_clear_all(&ticket->targets);
    /* Full fence. pairs with aspace_switch_cpu() in enter.h: the ticket before our look at cpu->aspace */
    (void)atomic_exchange(&space->tickets, ticket);
    ticket->remaining = targets_find(space, generation, &ticket->targets);
    bool waits = ticket->remaining != 0;
    if (waits) {
        flush->targets = ticket->targets;
        flush->generation = generation;
        thread->step = flush->step;
        thread_wait_begin(thread, WAIT_TLB, NULL); /* before anybody can answer */
    } else {
        atomic_store_relaxed(&space->tickets, ticket->next);
    }
    leaf_unlock(&space->ticket_lock);
    return waits;
}

bool tlb_flush_others_locked(struct tlb_flush *flush)
{
    struct aspace *space = flush->space;
    uint64_t generation = space->generation;
    cpuset_clear_all(&flush->targets);
    if (targets_find(space, generation, &flush->targets) && ticket_open(flush, generation))
        return true;
    space->flushed = generation;
    return false;
}

bool tlb_flushed_find_locked(struct aspace *space)
{
    struct cpuset behind;
    uint64_t generation = space->generation;
    const struct cpu *self = cpu_self();
    cpuset_clear_all(&behind);
    if ((self->aspace == space && self->tlb_acked < generation) || targets_find(space, generation, &behind))
        return false;
    space->flushed = generation;
    return true;
}

void tlb_flush_notify(const struct tlb_flush *flush)
{
    unsigned count = 0;
    for (unsigned i = cpuset_next(&flush->targets, 0, cpu_count); i < cpu_count;
         i = cpuset_next(&flush->targets, i + 1, cpu_count)) {
        cpu_notify(i, PENDING_TLB);
        count++;
    }
    cpu_counter_add(shootdown_ipis, count);
    log_event(SLUICE_EVENT_SHOOTDOWN, (uint32_t)(flush->generation >> ASPACE_GENERATION_BITS), flush->pages,
              count);
}

void tlb_flush_ended_locked(struct aspace *space, const struct thread *thread)
{
    uint64_t generation = thread->ticket.generation;
    bool same = generation >> ASPACE_GENERATION_BITS == space->generation >> ASPACE_GENERATION_BITS;
    if (same && space->flushed < generation)
        space->flushed = generation;
}

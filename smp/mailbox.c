// SPDX-License-Identifier: MIT
/*
 * Mailboxes: a stack that many push to and its owner takes whole.
 * Owns: struct mailbox. Context: push on any CPU in the kernel, take on the owner. Locks: none.
 * Model: tests/model/mailbox.pml. Tests: tests/host/test_mailbox.c.
 *
 *   may run together    push        take        | a node: its object's until pushed; the mailbox's until taken;
 *        push           yes         yes         | the taker's from then on. So no node is freed or sent again
 *        take           yes         one CPU     | while a push may still look at it, and ABA does no harm.
 */
#include "smp/mailbox.h"
#include "smp/atomic.h"
#include <stddef.h>

/*
 * Time line (see also cpu_send and the way out of the kernel):
 *
 *      sender                                owner
 *      node->next = head                     take the pending word: exchange with 0
 *      head: cas head -> node                if MAILBOX was in it: head: exchange with NULL
 *      pending: or MAILBOX                   handle the nodes, oldest first
 *      it was 0? send the IPI                look at the pending word again before leaving
 *
 * Push before bit, bit taken before head: if the owner's exchange of head misses the node, its exchange of the pending
 * word came before the sender's `or`, so the bit is still to be seen. Both exchanges are full fences.
 */
void mailbox_push(struct mailbox *box, struct mailbox_node *node)
{
    struct mailbox_node *head;
    do {
        head = atomic_load_relaxed(&box->head);  /* relaxed: only compared by the cas, never followed */
        atomic_store_relaxed(&node->next, head); /* relaxed: the cas publishes it */
    } while (!atomic_cas(&box->head, head, node));
}

struct mailbox_node *mailbox_take(struct mailbox *box)
{
    struct mailbox_node *newest = atomic_exchange(&box->head, (struct mailbox_node *)NULL);
    struct mailbox_node *oldest = NULL;
    while (newest) {
        struct mailbox_node *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

// SPDX-License-Identifier: MIT
/*
 * The table of system calls: the one source for the dispatch table, the user stubs, the log decoder and
 * docs/syscalls.md. Shared by kernel, servers and host tools. Tests: tests/user/syscalls/.
 *
 * SYSCALL with rax = number and arguments in rdi rsi rdx r10 r8 r9. At return rax is the result: 0 or positive, or
 * minus an error. rdx holds a second result where the sentence names one. rcx and r11 are lost, all others kept.
 * Message operations use the registers described in ipc.h.
 * A slot number names a capability of the caller's own cspace. Where an operation has to touch user memory that is
 * not mapped, the caller takes a page fault as if it had touched it itself, and the call starts again.
 *
 * X(name, number, "arguments", kind, "sentence")
 * kind: PLAIN may stand in a batch; MESSAGE uses the message registers; WAIT may block for ever, so not in a batch.
 */
#pragma once

#define SLUICE_SYSCALLS(X)                                                                                   \
    X(null, 0, "", PLAIN, "Does nothing.")                                                                   \
    X(call, 1, "endpoint, message, deadline", MESSAGE,                                                       \
      "Sends a message and waits for the reply. Needs WRITE.")                                               \
    X(reply_receive, 2, "endpoint, message, deadline", MESSAGE,                                              \
      "Answers the last caller, if any, then receives. Needs READ. A caller that is gone is not an error.")  \
    X(send, 3, "endpoint, message, deadline", MESSAGE, "Sends a message that has no reply. Needs WRITE.")    \
    X(receive, 4, "endpoint, -, deadline", MESSAGE, "Receives a message. Needs READ.")                       \
    X(reply, 5, "reply slot or 0, message", MESSAGE,                                                         \
      "Answers the last caller (0), or the one whose reply right lies in the slot; does not wait.")          \
    X(reply_save, 6, "slot", PLAIN, "Moves the right to answer the last caller into an empty slot.")         \
    X(ipc_window, 7, "buffer, bytes, first slot, slots", PLAIN,                                              \
      "Sets where long parts (at most 64 KiB) and capabilities (at most 4) of messages to this thread go.")  \
    X(signal, 8, "notification, bits", PLAIN,                                                                \
      "Sets bits (those of the badge, if it is not 0) and wakes a waiter. Needs WRITE.")                     \
    X(wait, 9, "notification or 0, mask, deadline", WAIT,                                                    \
      "Waits until a bit of the mask is set, clears and returns those bits in rdx. With 0: sleeps. READ.")   \
    X(poll, 10, "notification, mask", PLAIN, "Like wait, but returns no bits rather than waiting. READ.")    \
    X(batch, 11, "entries, count", WAIT,                                                                     \
      "Runs up to 64 calls in order, each with its own result; returns how many were run.")                  \
    X(yield, 12, "", WAIT, "Lets another ready thread of the same priority run.")                            \
    X(clock, 13, "", PLAIN, "Nanoseconds since boot.")                                                       \
    X(object_create, 14, "pool, type, slot, arg0, arg1", PLAIN,                                              \
      "Makes an object in a pool: CSPACE (slots), ASPACE, ENDPOINT, NOTIFICATION, FACET (target slot, no "   \
      "facet), "                                                                                             \
      "THREAD (cspace slot, aspace slot; both of the same pool). The slot gets all rights. Needs CONTROL.")  \
    X(object_destroy, 15, "slot", WAIT,                                                                      \
      "Destroys the object: its capabilities die, its waiters get CANCELED, its memory goes back to its "    \
      "pool after a grace period. Needs CONTROL.")                                                           \
    X(cap_copy, 16, "cspace or 0, slot there, source slot, rights, badge", PLAIN,                            \
      "Copies a capability with at most its rights; badge 0 keeps it, others need the BADGE right. COPY.")   \
    X(cap_move, 17, "cspace or 0, slot there, source slot", PLAIN, "Moves a capability.")                    \
    X(cap_delete, 18, "cspace or 0, slot there", PLAIN,                                                      \
      "Empties a slot. Deleting a reply right answers its caller with PEER_DIED.")                           \
    X(cap_revoke, 19, "slot", PLAIN,                                                                         \
      "Kills every other capability to the object, at once, whatever their number. Needs CONTROL.")          \
    X(cap_info, 20, "slot, struct sluice_cap_info *", PLAIN, "Describes a capability and its object.")       \
    X(region_split, 21, "region, frames, slot", PLAIN,                                                       \
      "Cuts a region: the first `frames` frames stay, the rest becomes a new region. Needs CONTROL.")        \
    X(region_merge, 22, "region, slot of the region that follows it", PLAIN,                                 \
      "Joins two regions that lie side by side; the second capability dies. Needs CONTROL on both.")         \
    X(region_make_pool, 23, "region, slot, name (8 bytes in a word)", WAIT,                                  \
      "Turns a region none of whose frames is mapped into a pool. Needs CONTROL.")                           \
    X(pool_destroy, 24, "pool", WAIT,                                                                        \
      "Ends everything in the pool; returns when its region is free again. Needs CONTROL.")                  \
    X(aspace_map, 25, "aspace, region, first frame in region, address, pages, flags", PLAIN,                 \
      "Maps frames (at most 512). Needs CONTROL on the space, the flags' rights on the region. EXISTS if a " \
      "page is mapped, AGAIN if an address or frame is still being unmapped; pages before it stay mapped: "  \
      "rdx counts them.")                                                                                    \
    X(aspace_unmap, 26, "aspace, address, pages", PLAIN,                                                     \
      "Unmaps (at most 512 pages); returns when no TLB holds them; rdx counts pages that were mapped.")      \
    X(aspace_protect, 27, "aspace, address, pages, flags", PLAIN,                                            \
      "Changes rights within those of the region; taking rights away returns when no TLB holds the old.")    \
    X(thread_start, 28, "thread, entry, stack, argument", PLAIN,                                             \
      "Starts or restarts a stopped thread with rdi = argument. Needs CONTROL.")                             \
    X(thread_stop, 29, "thread", WAIT, "Stops a thread; its wait ends with CANCELED. Needs CONTROL.")        \
    X(thread_resume, 30, "thread", PLAIN, "Lets a stopped thread go on where it was. Needs CONTROL.")        \
    X(thread_read, 31, "thread, struct sluice_registers *", WAIT, "Reads a stopped thread's registers.")     \
    X(thread_write, 32, "thread, const struct sluice_registers *", WAIT,                                     \
      "Sets a stopped thread's registers.")                                                                  \
    X(thread_move, 33, "thread, cpu", WAIT, "Gives a thread another home CPU. Needs CONTROL on both.")       \
    X(thread_configure, 34, "thread or 0 for self, priority, slice_us, fault endpoint slot or 0, fs_base",   \
      PLAIN,                                                                                                 \
      "Sets priority (at most the caller's), time slice (at most 1 s; 0: the tunable's), fault endpoint (0 " \
      "keeps it) "                                                                                           \
      "and fs_base. Needs CONTROL. The thread must be the caller or stopped.")                               \
    X(thread_exit, 35, "status", WAIT, "Ends the calling thread and tells its fault endpoint.")              \
    X(irq_bind, 36, "irq, notification slot or 0, bits", PLAIN,                                              \
      "Signals these bits at each interrupt; 0 unbinds. The line stays masked until irq_ack. CONTROL.")      \
    X(irq_ack, 37, "irq", PLAIN, "Lets the line interrupt again. Needs CONTROL.")                            \
    X(port_in, 38, "port, number, width in bytes", PLAIN, "Reads an I/O port (1, 2 or 4 bytes) into rdx.")   \
    X(port_out, 39, "port, number, width in bytes, value", PLAIN, "Writes an I/O port.")                     \
    X(cpu_info, 40, "cpu, struct sluice_cpu_info *", PLAIN, "Describes a processor.")                        \
    X(tunable_info, 41, "tuner, index, struct sluice_tunable_info *", PLAIN,                                 \
      "Describes a tunable; NOT_FOUND past the last. Needs READ.")                                           \
    X(tunable_set, 42, "tuner, index, value", PLAIN,                                                         \
      "Sets a tunable inside its and the tuner's bounds. WRITE.")                                            \
    X(policy_propose, 43,                                                                                    \
      "tuner, pool | class << 16 | expected generation << 24, policy word, "                                 \
      "notification slot or 0, bits",                                                                        \
      PLAIN,                                                                                                 \
      "Begins a transition; the result is its id, its end signals the bits. Errors: STALE, NOT_ALLOWED, "    \
      "BUSY, OUT_OF_BOUNDS, NOT_FOUND. Needs WRITE.")                                                        \
    X(policy_status, 44, "tuner, pool | class << 16", PLAIN,                                                 \
      "The policy word in the result, the transition's phase in rdx (enum sluice_phase). Needs READ.")       \
    X(heartbeat, 45, "tuner, period_us", PLAIN,                                                              \
      "Promises the next heartbeat within the period; when it fails to come every policy goes back to the "  \
      "boot policy. 0 ends the watch. Needs CONTROL.")                                                       \
    X(log_map, 46, "log, aspace, address, what, index", PLAIN,                                               \
      "Maps counter or log pages read-only (enum sluice_log_page in log.h); rdx counts pages. Needs READ "   \
      "on the log, CONTROL on the space.")                                                                   \
    X(log_write, 47, "log, text, bytes", PLAIN,                                                              \
      "Writes at most 256 bytes to the boot console. Needs WRITE.")                                          \
    X(machine_halt, 48, "machine, status", WAIT,                                                             \
      "Ends the machine; status 0..81 goes to the host (kernel/abi/boot.h). CONTROL.")

#define SLUICE_SYSCALL_ENUM(name, number, arguments, kind, sentence) SLUICE_SYS_##name = (number),
enum sluice_syscall { SLUICE_SYSCALLS(SLUICE_SYSCALL_ENUM) SLUICE_SYSCALL_COUNT = 49 };
#undef SLUICE_SYSCALL_ENUM

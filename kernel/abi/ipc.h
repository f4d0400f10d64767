// SPDX-License-Identifier: MIT
/*
 * Messages: what travels in registers and what the tag says.
 * Shared by kernel, servers and host tools. Tests: tests/user/ipc/.
 *
 * A message is a tag and six words. Registers at SYSCALL, and again at return (see syscalls.h for rax):
 *      rdi  capability (in), badge of the sender (out, when receiving)
 *      rsi  tag        rdx r10 r8 r9 r12 r13  words 0..5
 *      r14  deadline in ns of the kernel's clock (SLUICE_FOREVER: none; SLUICE_NOW: do not wait)
 * With capabilities, word 3 carries the sender's slots, 16 bits each, the first lowest; the receiver finds there
 * the slots they were put into. With a long part, word 4 is the address and word 5 the length in bytes of the
 * sender's buffer; the receiver finds there its own buffer's address and the length received.
 */
#pragma once
#include <stdint.h>

#define SLUICE_MESSAGE_WORDS 6u
#define SLUICE_MESSAGE_CAPS_MAX 4u
#define SLUICE_MESSAGE_LONG_MAX 65536u
#define SLUICE_FOREVER UINT64_MAX
#define SLUICE_NOW 0ull

/* Tag: bits 0-2 words used (0..6), 3-5 capabilities (0..4), 6 long part, 32-63 label (free to the users). */
#define SLUICE_TAG_LONG (1ull << 6)
#define SLUICE_TAG(label, words, caps) ((uint64_t)(uint32_t)(label) << 32 | (uint64_t)(caps) << 3 | (words))
#define SLUICE_TAG_WORDS(tag) ((unsigned)((tag)&7))
#define SLUICE_TAG_CAPS(tag) ((unsigned)((tag) >> 3 & 7))
#define SLUICE_TAG_LABEL(tag) ((uint32_t)((tag) >> 32))

/* Labels the kernel itself uses on messages to a fault endpoint; words as below. The answer's label 0 lets the
 * thread go on at the same instruction; any other leaves it stopped. */
#define SLUICE_LABEL_PAGE_FAULT                                                                              \
    0xffff0001u /* w0 address, w1 error code of the CPU, w2 rip, w3 thread's tag word */
#define SLUICE_LABEL_EXCEPTION 0xffff0002u /* w0 vector, w1 error code, w2 rip, w3 thread's tag word */
#define SLUICE_LABEL_EXIT                                                                                    \
    0xffff0003u /* w0 status: the thread called thread_exit; nobody can answer, it is
                                               stopped for good; sent as a call whose reply is dropped */

/* Bits of the page-fault error code (Intel SDM vol. 3, 4.7). */
#define SLUICE_FAULT_PRESENT 1u
#define SLUICE_FAULT_WRITE 2u
#define SLUICE_FAULT_FETCH 16u

/* One entry of a batch. */
struct sluice_batch_entry {
    uint64_t number; /* enum sluice_syscall */
    uint64_t args[6];
    int64_t result; /* written by the kernel */
};
_Static_assert(sizeof(struct sluice_batch_entry) == 64, "ABI");
#define SLUICE_BATCH_MAX 64u

// SPDX-License-Identifier: MIT
/*
 * The SYSCALL instruction for C: which register carries what is said in kernel/abi/syscalls.h and kernel/abi/ipc.h.
 * Entry points: syscall_0 .. syscall_6 and syscall_second_3, _6 load no register but those of their arguments;
 * syscall_plain takes all six; syscall_message, syscall_receive. Context: user level, any thread. Locks: none.
 * Tests: tests/user/syscalls/; what they cost: stress/bench/.
 */
#pragma once
#include "kernel/abi/ipc.h"
#include <stdint.h>

struct sluice_message {
    uint64_t tag;
    uint64_t word[SLUICE_MESSAGE_WORDS];
};

/* Calls with so many arguments. rdx may come back changed whether a second result is asked for or not. */
#define SYSCALL_LOST "rcx", "r11", "memory"

static inline int64_t syscall_0(uint64_t number)
{
    int64_t result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number) : "rdx", SYSCALL_LOST);
    return result;
}

static inline int64_t syscall_1(uint64_t number, uint64_t first)
{
    int64_t result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(first) : "rdx", SYSCALL_LOST);
    return result;
}

static inline int64_t syscall_2(uint64_t number, uint64_t first, uint64_t second)
{
    int64_t result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(first), "S"(second) : "rdx", SYSCALL_LOST);
    return result;
}

/* *third is the third argument, then the second result. */
static inline int64_t syscall_second_3(uint64_t number, uint64_t first, uint64_t second, uint64_t *third)
{
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result), "+d"(*third)
                     : "0"(number), "D"(first), "S"(second)
                     : SYSCALL_LOST);
    return result;
}

static inline int64_t syscall_3(uint64_t number, uint64_t first, uint64_t second, uint64_t third)
{
    return syscall_second_3(number, first, second, &third);
}

static inline int64_t syscall_4(uint64_t number, uint64_t first, uint64_t second, uint64_t third,
                                uint64_t fourth)
{
    int64_t result;
    register uint64_t r10 __asm__("r10");
    r10 = fourth;
    __asm__ volatile("syscall"
                     : "=a"(result), "+d"(third)
                     : "0"(number), "D"(first), "S"(second), "r"(r10)
                     : SYSCALL_LOST);
    return result;
}

static inline int64_t syscall_5(uint64_t number, uint64_t first, uint64_t second, uint64_t third,
                                uint64_t fourth, uint64_t fifth)
{
    int64_t result;
    register uint64_t r10 __asm__("r10");
    register uint64_t r8 __asm__("r8");
    r10 = fourth;
    r8 = fifth;
    __asm__ volatile("syscall"
                     : "=a"(result), "+d"(third)
                     : "0"(number), "D"(first), "S"(second), "r"(r10), "r"(r8)
                     : SYSCALL_LOST);
    return result;
}

static inline int64_t syscall_second_6(uint64_t number, uint64_t first, uint64_t second, uint64_t *third,
                                       uint64_t fourth, uint64_t fifth, uint64_t sixth)
{
    int64_t result;
    register uint64_t r10 __asm__("r10");
    register uint64_t r8 __asm__("r8");
    register uint64_t r9 __asm__("r9");
    r10 = fourth;
    r8 = fifth;
    r9 = sixth;
    __asm__ volatile("syscall"
                     : "=a"(result), "+d"(*third)
                     : "0"(number), "D"(first), "S"(second), "r"(r10), "r"(r8), "r"(r9)
                     : SYSCALL_LOST);
    return result;
}

static inline int64_t syscall_6(uint64_t number, uint64_t first, uint64_t second, uint64_t third,
                                uint64_t fourth, uint64_t fifth, uint64_t sixth)
{
    return syscall_second_6(number, first, second, &third, fourth, fifth, sixth);
}

/* args[2] holds the second result afterwards. */
static inline int64_t syscall_plain(uint64_t number, uint64_t args[6])
{
    int64_t result;
    register uint64_t r10 __asm__("r10");
    register uint64_t r8 __asm__("r8");
    register uint64_t r9 __asm__("r9");
    r10 = args[3];
    r8 = args[4];
    r9 = args[5];
    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(args[0]), "+S"(args[1]), "+d"(args[2]), "+r"(r10), "+r"(r8),
                       "+r"(r9)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    return result;
}

/* Sends *message and leaves in it what was received, if the call receives; *cap becomes the sender's badge. Everything
 * goes through variables of its own, so that a message that nobody looks at afterwards needs no memory. */
static inline int64_t syscall_message(uint64_t number, uint64_t *cap, struct sluice_message *message,
                                      uint64_t deadline)
{
    int64_t result;
    uint64_t where = *cap, tag = message->tag, word0 = message->word[0];
    register uint64_t word1 __asm__("r10");
    register uint64_t word2 __asm__("r8");
    register uint64_t word3 __asm__("r9");
    register uint64_t word4 __asm__("r12");
    register uint64_t word5 __asm__("r13");
    register uint64_t until __asm__("r14");
    word1 = message->word[1];
    word2 = message->word[2];
    word3 = message->word[3];
    word4 = message->word[4];
    word5 = message->word[5];
    until = deadline;
    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(where), "+S"(tag), "+d"(word0), "+r"(word1), "+r"(word2),
                       "+r"(word3), "+r"(word4), "+r"(word5), "+r"(until)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    *cap = where;
    *message = (struct sluice_message){tag, {word0, word1, word2, word3, word4, word5}};
    return result;
}

/* Receives only: nothing of *message is read. */
static inline int64_t syscall_receive(uint64_t number, uint64_t *cap, struct sluice_message *message,
                                      uint64_t deadline)
{
    int64_t result;
    uint64_t where = *cap, tag, word0;
    register uint64_t word1 __asm__("r10");
    register uint64_t word2 __asm__("r8");
    register uint64_t word3 __asm__("r9");
    register uint64_t word4 __asm__("r12");
    register uint64_t word5 __asm__("r13");
    register uint64_t until __asm__("r14");
    until = deadline;
    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(where), "=S"(tag), "=d"(word0), "=r"(word1), "=r"(word2),
                       "=r"(word3), "=r"(word4), "=r"(word5), "+r"(until)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    *cap = where;
    *message = (struct sluice_message){tag, {word0, word1, word2, word3, word4, word5}};
    return result;
}

static inline void cpu_relax(void)
{
    __asm__ volatile("pause");
}

/* Time-stamp counter, in units of 1/tsc_hz where the kernel's clock is the TSC. */
static inline uint64_t cpu_cycles(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Its low half, in one instruction. */
static inline uint32_t cpu_cycles_low(void)
{
    uint32_t low;
    __asm__ volatile("rdtsc" : "=a"(low) : : "rdx");
    return low;
}

/* The thread's own block: its first word points to itself (servers/lib/thread.h). */
static inline void *thread_pointer(void)
{
    void *self;
    __asm__("mov %%fs:0, %0" : "=r"(self));
    return self;
}

// SPDX-License-Identifier: MIT
/*
 * Raw system calls: any number with any value in every register that a call looks at, for hostile tests.
 * Entry point: raw_call. Context: any user thread. Locks: none. Tests: tests/user/.
 */
#pragma once
#include "servers/lib/sluice.h"
#include <stdint.h>

/* Argument registers in the order of kernel/abi/syscalls.h, then what only messages use. */
struct raw_call {
    uint64_t number; /* the result afterwards */
    uint64_t argument[6];
    uint64_t word4, word5, deadline;
};

/* SYSCALL with these registers; they come back as the kernel left them. */
static inline int64_t raw_call(struct raw_call *call)
{
    struct sluice_message registers = {
        .tag = call->argument[1],
        .word = {call->argument[2], call->argument[3], call->argument[4], call->argument[5], call->word4,
                 call->word5},
    };
    int64_t result = syscall_message(call->number, &call->argument[0], &registers, call->deadline);
    call->argument[1] = registers.tag;
    for (unsigned i = 0; i < 4; i++)
        call->argument[2 + i] = registers.word[i];
    call->word4 = registers.word[4];
    call->word5 = registers.word[5];
    call->number = (uint64_t)result;
    return result;
}

// SPDX-License-Identifier: MIT
/*
 * A thread's frame as user level sees and sets it: where each register lies in struct frame.
 * Entry points: kernel/trap/registers.h. Context: kernel. Locks: none. Tests: tests/user/threads/.
 */
#include "kernel/trap/registers.h"
#include "kernel/boot/x86_64/layout.h"

/* Intel SDM vol. 1, 3.4.3: IF, and the bit that is always set. */
#define RFLAGS_USER 0x202ull
/* CF PF AF ZF SF DF OF, and TF for debuggers. */
#define RFLAGS_CHANGEABLE 0xdd5ull

void frame_init_user(struct frame *frame, uint64_t entry, uint64_t stack, uint64_t argument)
{
    *frame = (struct frame){
        .cap = argument,
        .vector = FRAME_WRITTEN,
        .rip = entry,
        .cs = SELECTOR_USER_CODE,
        .rflags = RFLAGS_USER,
        .rsp = stack,
        .ss = SELECTOR_USER_DATA,
    };
}

void frame_read(const struct frame *frame, struct sluice_registers *registers)
{
    *registers = (struct sluice_registers){
        .rax = frame->result,
        .rbx = frame->kept[0],
        .rcx = frame->rcx,
        .rdx = frame->word[0],
        .rsi = frame->tag,
        .rdi = frame->cap,
        .rbp = frame->kept[1],
        .rsp = frame->rsp,
        .r8 = frame->word[2],
        .r9 = frame->word[3],
        .r10 = frame->word[1],
        .r11 = frame->r11,
        .r12 = frame->word[4],
        .r13 = frame->word[5],
        .r14 = frame->deadline,
        .r15 = frame->kept[2],
        .rip = frame->rip,
        .rflags = frame->rflags,
    };
}

void frame_write(struct frame *frame, const struct sluice_registers *registers)
{
    *frame = (struct frame){
        .cap = registers->rdi,
        .tag = registers->rsi,
        .word = {registers->rdx, registers->r10, registers->r8, registers->r9, registers->r12,
                 registers->r13},
        .deadline = registers->r14,
        .result = registers->rax,
        .kept = {registers->rbx, registers->rbp, registers->r15},
        .rcx = registers->rcx,
        .r11 = registers->r11,
        .vector = FRAME_WRITTEN,
        .rip = registers->rip,
        .cs = SELECTOR_USER_CODE,
        .rflags = RFLAGS_USER | (registers->rflags & RFLAGS_CHANGEABLE),
        .rsp = registers->rsp,
        .ss = SELECTOR_USER_DATA,
    };
}

// SPDX-License-Identifier: MIT
/*
 * Instructions that only the kernel may execute, one function each, and strange ways to enter the kernel.
 * Used through tests/user/isolation/isolation.h. Context: a probe's thread. Locks: none. Tests: tests/user/isolation.t.
 */
    .macro function name
    .section .text.\name, "ax"
    .globl \name
    .type \name, @function
\name:
    .endm

    function forbidden_cli
    cli
    ret

    function forbidden_sti
    sti
    ret

    function forbidden_hlt
    hlt
    ret

    function forbidden_read_cr0
    mov %cr0, %rax
    ret

    function forbidden_read_cr3
    mov %cr3, %rax
    ret

    function forbidden_write_cr3
    xor %eax, %eax
    mov %rax, %cr3
    ret

    function forbidden_write_cr4
    xor %eax, %eax
    mov %rax, %cr4
    ret

    function forbidden_read_dr7
    mov %dr7, %rax
    ret

    function forbidden_rdmsr
    rdmsr
    ret

    function forbidden_wrmsr
    wrmsr
    ret

    function forbidden_lgdt
    lgdt (%rsp)
    ret

    function forbidden_lidt
    lidt (%rsp)
    ret

    function forbidden_ltr
    ltr %ax
    ret

    function forbidden_invlpg
    invlpg (%rsp)
    ret

    function forbidden_wbinvd
    wbinvd
    ret

    function forbidden_clts
    clts
    ret

    function forbidden_swapgs
    swapgs
    ret

    function forbidden_sysretq
    sysretq
    ret

    function forbidden_in
    in $0x80, %al
    ret

    function forbidden_out
    out %al, $0x80
    ret

    function forbidden_int_timer
    int $0xf0
    ret

    function forbidden_int_page_fault
    int $14
    ret

    function forbidden_int_80
    int $0x80
    ret

    function forbidden_ud2
    ud2
    ret

    function forbidden_divide
    xor %ecx, %ecx
    xor %edx, %edx
    div %ecx
    ret

    function strange_stack
    push %r15
    mov %rsp, %r15
    mov $0xffffffff80101000, %rsp
    xor %eax, %eax
    syscall
    mov %r15, %rsp
    pop %r15
    ret

/* Direction, nested task, alignment check: bits 10, 14, 18. */
    function strange_flags
    pushfq
    pushfq
    orq $0x44400, (%rsp)
    popfq
    xor %eax, %eax
    syscall
    popfq
    ret

    .section .note.GNU-stack, "", @progbits

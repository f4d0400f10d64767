// SPDX-License-Identifier: MIT
/*
 * Used through tests/user/hostile/hostile.h. Context: any thread, whose thread pointer is gone afterwards: no libc until
 * thread_configure gives it back. Tests: tests/user/hostile.t.
 */
    .section .text.selector_drop, "ax"
    .globl selector_drop
    .type selector_drop, @function
selector_drop:                      // loading a null selector clears the segment's base (Intel SDM vol. 3, 3.4.4)
    xor %eax, %eax
    mov %eax, %fs
    ret

    .section .text.selector_read, "ax"
    .globl selector_read
    .type selector_read, @function
selector_read:                      // what lies at the thread pointer: the pointer itself
    mov %fs:0, %rax
    ret

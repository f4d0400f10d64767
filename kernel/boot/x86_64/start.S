// SPDX-License-Identifier: MIT
/*
 * From the boot loader to C: the multiboot2 header, the PVH note, and the way from 32-bit protected mode without
 * paging to 64-bit mode at the kernel's high address, on tables that map the first 4 GiB at 0, at the direct map and,
 * the first of them, at the image. Entry points: boot_multiboot, boot_pvh. Context: boot CPU, interrupts off.
 * Locks: none. Tests: tests/boot/.
 */
#include "kernel/boot/x86_64/layout.h"

#define LOW(symbol) ((symbol) - KERNEL_OFFSET)
#define EARLY_STACK_BYTES 16384

    .section .boot.multiboot, "a"
    .balign 8
multiboot_header:
    .long 0xe85250d6, 0, multiboot_end - multiboot_header
    .long -(0xe85250d6 + 0 + (multiboot_end - multiboot_header))
    .balign 8
    .word 3, 0                      // where to enter, as a physical address
    .long 12, boot_multiboot
    .balign 8
    .word 6, 0                      // modules begin on pages
    .long 8
    .word 0, 0                      // end of tags
    .long 8
multiboot_end:

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 4, 18                  // XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long boot_pvh

    .section .boot.text, "ax"
    .code32
    .globl boot_multiboot, boot_pvh
boot_pvh:
    mov $LOADER_PVH, %eax
boot_multiboot:
    cli
    cld
    mov %eax, %esi
    mov %ebx, %edi
    mov $LOW(early_stack_top), %esp
    rdtsc
    mov %eax, LOW(boot_entry_tsc)
    mov %edx, LOW(boot_entry_tsc) + 4
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx                    // 64-bit mode
    jnc halt32
    and $1 << 20, %edx              // NX
    shr $20 - 11, %edx
    or $EFER_SYSCALL | EFER_LONG_MODE, %edx
    mov %edx, LOW(boot_efer)

    mov $LOW(early_pdpt) + 3, %eax
    mov %eax, LOW(early_pml4)
    mov %eax, LOW(early_pml4) + 256 * 8
    movl $LOW(early_pdpt_high) + 3, LOW(early_pml4) + 511 * 8
    movl $LOW(early_pd) + 3, LOW(early_pdpt_high) + 510 * 8
    mov $LOW(early_pd) + 3, %eax
    xor %ecx, %ecx
1:  mov %eax, LOW(early_pdpt)(, %ecx, 8)
    add $4096, %eax
    inc %ecx
    cmp $4, %ecx
    jne 1b
    mov $0x83, %eax                 // present, writable, 2 MiB
    xor %ecx, %ecx
2:  mov %eax, LOW(early_pd)(, %ecx, 8)
    add $0x200000, %eax
    inc %ecx
    cmp $2048, %ecx
    jne 2b

    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $LOW(early_pml4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or LOW(boot_efer), %eax
    wrmsr
    mov $CR0_KERNEL, %eax
    mov %eax, %cr0
    lgdt LOW(early_gdt_pointer)
    ljmp $SELECTOR_KERNEL_CODE, $start64
halt32:
    hlt
    jmp halt32

    .code64
start64:
    lgdt early_gdt_pointer_high     // its low address is about to go
    mov $early_stack_top, %rsp
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov $SELECTOR_KERNEL_DATA, %eax
    mov %eax, %ss
    xor %ebp, %ebp
    xchg %edi, %esi                 // boot_main(loader, physical address of what it says)
    movabs $boot_main, %rax
    call *%rax

    .data
    .globl boot_efer, boot_entry_tsc
    .balign 8
boot_efer:
    .quad 0                         // what every CPU sets in EFER
boot_entry_tsc:
    .quad 0
    .section .rodata
    .balign 8
    .globl early_gdt
early_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
early_gdt_pointer:
    .word early_gdt_pointer - early_gdt - 1
    .quad LOW(early_gdt)
early_gdt_pointer_high:
    .word early_gdt_pointer - early_gdt - 1
    .quad early_gdt

    .section .bss.page, "aw", @nobits
    .balign 4096
    .globl early_pml4
early_pml4: .skip 4096
early_pdpt: .skip 4096
early_pdpt_high: .skip 4096
early_pd:   .skip 4 * 4096
    .skip EARLY_STACK_BYTES
early_stack_top:

// SPDX-License-Identifier: MIT
/*
 * Where things lie in the kernel's half of the address space, and the selectors and registers that the boot assembly
 * and the C beside it share. Included from assembly too: constants only. Context: x86_64 folders. Tests: tests/boot/.
 *
 *      0xffff800000000000  direct map of physical memory (mm/frame.h)
 *      0xffffff0000000000  kernel stacks, 64 KiB apart, with nothing mapped in between
 *      0xffffffff80000000  the kernel's image, at its physical address + this
 */
#pragma once

#define KERNEL_OFFSET 0xffffffff80000000
#define STACKS_BASE 0xffffff0000000000
#define STACKS_STRIDE 0x10000
#define STACK_BYTES 0x4000

/* Order fixed by SYSCALL and SYSRET (Intel SDM vol. 2): kernel code, data; user data, code. */
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA 0x1b
#define SELECTOR_USER_CODE 0x23
#define SELECTOR_TSS 0x28

/* Intel SDM vol. 3, 2.5: control registers. */
#define CR0_PROTECTED 0x1
#define CR0_MONITOR_FPU 0x2
#define CR0_TASK_SWITCHED 0x8
#define CR0_EXTENSION 0x10
#define CR0_NUMERIC_ERROR 0x20
#define CR0_WRITE_PROTECT 0x10000
#define CR0_PAGING 0x80000000
#define CR0_KERNEL                                                                                           \
    (CR0_PROTECTED | CR0_MONITOR_FPU | CR0_EXTENSION | CR0_NUMERIC_ERROR | CR0_WRITE_PROTECT | CR0_PAGING)
#define CR4_PAE 0x20
#define CR4_MACHINE_CHECK 0x40
#define CR4_GLOBAL_PAGES 0x80
#define CR4_FXSR 0x200
#define CR4_SIMD_EXCEPTIONS 0x400
#define CR4_UMIP 0x800
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000

/* Intel SDM vol. 4, 2.1: model-specific registers; EFER: vol. 3, 2.2.1. */
#define MSR_APIC_BASE 0x1b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC 0x800
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SYSCALL_MASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define EFER_SYSCALL 0x1
#define EFER_LONG_MODE 0x100
#define EFER_NO_EXECUTE 0x800

/* How the boot loader entered: first argument of boot_main. */
#define LOADER_PVH 0
#define LOADER_MULTIBOOT2 0x36d76289

/* Cleared by SYSCALL: TF, IF, DF, IOPL, NT, AC (Intel SDM vol. 1, 3.4.3). */
#define SYSCALL_FLAGS_CLEARED 0x47700

// SPDX-License-Identifier: MIT
/*
 * Descriptor tables, system-call entry and protection bits of each CPU.
 * Owns: the interrupt descriptor table, struct cpu_x86. Entry points: idt_init, cpu_x86_init_cpu.
 * Context: boot and CPU start; interrupts off. Locks: none. Tests: tests/boot/.
 */
#include "kernel/trap/x86_64/cpu_x86.h"
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"
#include "kernel/sched/x86_64/fpu.h"
#include "kernel/thread/thread.h"
#include "kernel/trap/vectors.h"
#include "smp/cpu.h"
#include <stddef.h>

#define GDT_KERNEL_CODE 0x00af9b000000ffffull
#define GDT_KERNEL_DATA 0x00cf93000000ffffull
#define GDT_USER_DATA 0x00cff3000000ffffull
#define GDT_USER_CODE 0x00affb000000ffffull
#define GDT_TSS 0x0000890000000000ull
#define VECTORS 256u
#define VECTOR_STUB_BYTES 16u
#define GATE_INTERRUPT 0x8e00u
#define GATE_FROM_USER 0x6000u
#define VECTOR_BREAKPOINT 3u
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_MACHINE_CHECK 18u

extern char entry_vectors[], entry_syscall[];
extern uint64_t boot_efer; /* start.S */

struct gate_descriptor {
    uint16_t offset0, selector, attributes, offset1;
    uint32_t offset2, reserved;
};

static struct gate_descriptor idt[VECTORS] __attribute__((aligned(4096)));

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static uint16_t ist_of(unsigned vector)
{
    return vector == VECTOR_NMI             ? IST_NMI + 1
           : vector == VECTOR_DOUBLE_FAULT  ? IST_DOUBLE_FAULT + 1
           : vector == VECTOR_MACHINE_CHECK ? IST_MACHINE_CHECK + 1
                                            : 0;
}

static void idt_load(void)
{
    struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void idt_init(void)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        uint64_t stub = (uint64_t)entry_vectors + i * VECTOR_STUB_BYTES;
        idt[i] = (struct gate_descriptor){
            .offset0 = (uint16_t)stub,
            .selector = SELECTOR_KERNEL_CODE,
            .attributes = GATE_INTERRUPT | (i == VECTOR_BREAKPOINT ? GATE_FROM_USER : 0) | ist_of(i),
            .offset1 = (uint16_t)(stub >> 16),
            .offset2 = (uint32_t)(stub >> 32),
        };
    }
    idt_load();
}

static void gdt_load_cpu(struct cpu_x86 *x86)
{
    uint64_t tss = (uint64_t)&x86->tss;
    uint64_t *gdt = x86->gdt;
    gdt[SELECTOR_KERNEL_CODE / 8] = GDT_KERNEL_CODE;
    gdt[SELECTOR_KERNEL_DATA / 8] = GDT_KERNEL_DATA;
    gdt[SELECTOR_USER_DATA / 8] = GDT_USER_DATA;
    gdt[SELECTOR_USER_CODE / 8] = GDT_USER_CODE;
    gdt[SELECTOR_TSS / 8] =
        GDT_TSS | (sizeof(x86->tss) - 1) | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
    gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
    struct table_pointer pointer = {sizeof(x86->gdt) - 1, (uint64_t)gdt};
    __asm__ volatile("lgdt %0" : : "m"(pointer));
    __asm__ volatile("push %0\n"
                     "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "lretq\n"
                     "1:"
                     :
                     : "i"(SELECTOR_KERNEL_CODE)
                     : "rax", "memory");
    __asm__ volatile("mov %0, %%ss" : : "r"(SELECTOR_KERNEL_DATA));
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
    __asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
}

static void tss_init(struct cpu_x86 *x86)
{
    for (unsigned i = 0; i < IST_STACKS; i++)
        x86->tss.ist[i] = (uint64_t)x86->ist[i] + IST_STACK_BYTES;
    x86->tss.port_map = sizeof(x86->tss); /* beyond the limit: no port for user mode */
}

static void syscall_entry_init(void)
{
    msr_write(MSR_EFER, msr_read(MSR_EFER) | boot_efer);
    msr_write(MSR_STAR, (uint64_t)SELECTOR_KERNEL_CODE << 32 | (uint64_t)(SELECTOR_KERNEL_DATA | 3) << 48);
    msr_write(MSR_LSTAR, (uint64_t)entry_syscall);
    msr_write(MSR_SYSCALL_MASK, SYSCALL_FLAGS_CLEARED);
}

/* User code can't be run, user data not be touched by mistake, descriptor tables not be read from user mode. */
static void protection_init(void)
{
    struct cpuid features = cpuid(0, 0).a >= 7 ? cpuid(7, 0) : (struct cpuid){0};
    uint64_t cr4 = CR4_PAE | CR4_MACHINE_CHECK | CR4_GLOBAL_PAGES | CR4_FXSR | CR4_SIMD_EXCEPTIONS;
    cr4 |= features.b & 1u << 7 ? CR4_SMEP : 0;
    cr4 |= features.b & 1u << 20 ? CR4_SMAP : 0;
    cr4 |= features.c & 1u << 2 ? CR4_UMIP : 0;
    cr4_write(cr4);
    cr0_write(CR0_KERNEL);
}

void cpu_x86_init_cpu(struct cpu *cpu)
{
    tss_init(cpu->x86);
    cpu->entry_stack =
        (void *)((char *)&cpu->x86->tss + offsetof(struct task_state, rsp)); /* aligned: cpu_x86.h */
    gdt_load_cpu(cpu->x86);
    idt_load();
    msr_write(MSR_GS_BASE, (uint64_t)cpu);
    msr_write(MSR_KERNEL_GS_BASE, 0);
    syscall_entry_init();
    protection_init();
    fpu_disable();
}

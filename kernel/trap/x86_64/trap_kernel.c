// SPDX-License-Identifier: MIT
/*
 * Traps that must not happen, and NMIs: the kernel's own faults become panics that tell the registers; an NMI while a
 * panic runs stops this CPU and notes where it was.
 * Entry points: trap_in_kernel, trap_critical from entry.S; panic_* of kernel/log/panic.h. Context: any; the stack the
 * trap found, or one of its own. Locks: none. Tests: tests/boot/.
 */
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/x86_64/layout.h"
#include "kernel/log/panic.h"
#include "kernel/trap/vectors.h"
#include "kernel/trap/x86_64/cpu_x86.h"
#include "smp/cpu.h"

extern char entry_idle_begin[], entry_idle_end[], kernel_end[];

/* The GS base is the CPU's area from cpu_x86_init_cpu on; before it there is only the boot CPU. */
static struct cpu *self_or_null(void)
{
    uint64_t base = msr_read(MSR_GS_BASE);
    return base >> 63 ? (struct cpu *)base : NULL;
}

unsigned panic_cpu(void)
{
    struct cpu *self = self_or_null();
    return self ? self->number : 0;
}

_Noreturn void panic_wait(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* The stack that a frame pointer lies on: a CPU's own; boot's, in the image; an interrupt stack, in the direct map. */
static struct panic_place place_of(uint64_t address, uint64_t frame_pointer)
{
    struct panic_place place = {
        .address = address, .frame_pointer = frame_pointer, .stack_bottom = frame_pointer};
    if (frame_pointer >= STACKS_BASE && frame_pointer < KERNEL_OFFSET)
        place.stack_top = (frame_pointer | (STACKS_STRIDE - 1)) + 1;
    else if (frame_pointer >= KERNEL_OFFSET && frame_pointer < (uint64_t)kernel_end)
        place.stack_top = (uint64_t)kernel_end;
    else if (self_or_null() &&
             frame_pointer - (uint64_t)self_or_null()->x86->ist < IST_STACKS * IST_STACK_BYTES)
        place.stack_top = (uint64_t)self_or_null()->x86->ist + IST_STACKS * IST_STACK_BYTES;
    return place; /* anywhere else: stack_top 0, nothing to trust */
}

struct panic_place panic_place_here(const void *frame_pointer)
{
    return place_of(0, (uint64_t)frame_pointer);
}

struct panic_stop panic_stop_of(const struct cpu *cpu)
{
    /* pairs with stop_here() in trap_kernel.c: address before mode */
    uint32_t mode = atomic_load_acquire(&cpu->x86->stopped_mode);
    return (struct panic_stop){cpu->x86->stopped_rip, mode};
}

static uint32_t mode_of(const struct kernel_frame *frame)
{
    if (frame->cs & 3)
        return STOPPED_USER;
    bool idle = frame->rip >= (uint64_t)entry_idle_begin && frame->rip <= (uint64_t)entry_idle_end;
    return idle ? STOPPED_IDLE : STOPPED_KERNEL;
}

static _Noreturn void stop_here(const struct kernel_frame *frame)
{
    struct cpu_x86 *x86 = cpu_self()->x86;
    x86->stopped_rip = frame->rip;
    /* pairs with panic_stop_of() in trap_kernel.c: address before mode */
    atomic_store_release(&x86->stopped_mode, mode_of(frame));
    panic_wait();
}

static const char *vector_name(uint64_t vector)
{
    static const char *const names[] = {
        [0] = "divide error",   [2] = "NMI",
        [3] = "breakpoint",     [6] = "invalid opcode",
        [7] = "FPU used",       [8] = "double fault",
        [10] = "invalid TSS",   [11] = "segment not present",
        [12] = "stack fault",   [13] = "general protection",
        [14] = "page fault",    [17] = "alignment check",
        [18] = "machine check", [19] = "SIMD exception",
    };
    const char *name = vector < sizeof(names) / sizeof(names[0]) ? names[vector] : NULL;
    return name ? name : "trap";
}

static void registers_print(const struct kernel_frame *f)
{
    kprintf("  rip %016lx  rsp %016lx  rflags %08lx  cs %02lx  cr2 %016lx  cr3 %lx\n", f->rip, f->rsp,
            f->rflags, f->cs, cr2_read(), cr3_read());
    kprintf("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    kprintf("  rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    kprintf("  r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    kprintf("  r13 %016lx  r14 %016lx  r15 %016lx\n", f->r13, f->r14, f->r15);
}

_Noreturn void trap_in_kernel(struct kernel_frame *frame)
{
    panic_begin();
    const char *where = frame->cs & 3 ? "user mode" : "the kernel"; /* user mode: NMI or machine check */
    kprintf("\nPANIC cpu %u: %s in %s, vector %lu, error 0x%lx, address 0x%lx\n", panic_cpu(),
            vector_name(frame->vector), where, frame->vector, frame->error, cr2_read());
    registers_print(frame);
    struct panic_place place = place_of(frame->rip, frame->cs & 3 ? 0 : frame->rbp);
    panic_end(&place);
}

_Noreturn void trap_critical(struct kernel_frame *frame)
{
    if (frame->vector == VECTOR_NMI && panic_running())
        stop_here(frame);
    trap_in_kernel(frame);
}

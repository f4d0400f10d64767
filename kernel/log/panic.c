// SPDX-License-Identifier: MIT
/*
 * The end: stops every CPU and says where it was.
 * Owns: the panic state. Entry points: panic; panic_begin, panic_end for traps (kernel/trap/x86_64/trap_kernel.c).
 * Context: any, NMI included. Locks: none; the first CPU that panics wins, the others stop. Tests: tests/boot/.
 */
#include "kernel/log/panic.h"
#include "kernel/abi/boot.h"
#include "kernel/boot/platform.h"
#include "kernel/log/kprintf.h"
#include "kernel/log/ksyms.h"
#include "smp/cpu.h"

#define STEPS_MAX 32u
#define STOP_POLLS_MAX 200000u /* each about a microsecond or a turn of another virtual CPU */

extern char kernel_text_begin[], kernel_rodata_begin[]; /* boot/kernel.ld */

static uint32_t panicking; /* atomic: number + 1 of the CPU that panics */

const char *ksym_find(uint64_t address, uint64_t *offset)
{
    uint32_t low = 0, high = ksyms_count;
    *offset = 0;
    if (address < (uint64_t)kernel_text_begin || address >= (uint64_t)kernel_rodata_begin || high == 0)
        return "?";
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (ksyms[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    if (ksyms[low].address > address)
        return "?";
    *offset = address - ksyms[low].address;
    return &ksyms_names[ksyms[low].name_offset];
}

static void step_print(unsigned step, uint64_t address)
{
    uint64_t offset;
    const char *name = ksym_find(address, &offset);
    kprintf("  #%u 0x%lx %s+0x%lx\n", step, address, name, offset);
}

/* Follows saved frame pointers: each lies above the one before it, on the same stack. */
static void backtrace_print(const struct panic_place *place)
{
    uint64_t frame = place->frame_pointer;
    unsigned step = 0;
    if (place->address)
        step_print(step++, place->address);
    while (step < STEPS_MAX && frame >= place->stack_bottom && frame + 16 <= place->stack_top &&
           frame % 8 == 0) {
        const uint64_t *saved = (const uint64_t *)frame; /* [0] the caller's, [1] return address */
        step_print(step++, saved[1]);
        if (saved[0] <= frame)
            return;
        frame = saved[0];
    }
}

static void other_print(unsigned number, const struct panic_stop *stop)
{
    static const char *const mode[] = {"", "user", "idle", "kernel"};
    uint64_t offset;
    const char *name = ksym_find(stop->address, &offset);
    if (stop->mode == STOPPED_NOT)
        kprintf("cpu %u: did not answer\n", number);
    else if (stop->mode == STOPPED_USER)
        kprintf("cpu %u: at 0x%lx (user)\n", number, stop->address);
    else
        kprintf("cpu %u: at %s+0x%lx (%s)\n", number, name, offset, mode[stop->mode]);
}

static void others_stop_and_print(void)
{
    ipi_stop_others();
    for (unsigned i = 0; i < cpu_count; i++) {
        struct panic_stop stop = {0};
        if (i == panic_cpu() ||
            !atomic_load_relaxed(&cpus[i]->online)) /* relaxed: it matters to nobody any more */
            continue;
        for (unsigned polls = 0; polls < STOP_POLLS_MAX && stop.mode == STOPPED_NOT; polls++) {
            stop = panic_stop_of(cpus[i]);
            cpu_relax();
        }
        other_print(i, &stop);
    }
}

bool panic_running(void)
{
    return atomic_load_relaxed(&panicking) != 0; /* relaxed: the NMI that asks came after the store */
}

void panic_stop_others(void)
{
    (void)atomic_cas(&panicking, 0u, panic_cpu() + 1u); /* a panic that is running goes on being one */
    ipi_stop_others();
}

void panic_begin(void)
{
    if (!atomic_cas(&panicking, 0u, panic_cpu() + 1u)) {
        if (atomic_load_relaxed(&panicking) == panic_cpu() + 1u) /* relaxed: this CPU wrote it */
            machine_halt(SLUICE_EXIT_PANIC);                     /* the panic itself failed */
        panic_wait();                                            /* another CPU was first */
    }
    console_seize();
}

_Noreturn void panic_end(const struct panic_place *place)
{
    backtrace_print(place);
    others_stop_and_print();
    machine_halt(SLUICE_EXIT_PANIC);
}

_Noreturn void panic(const char *format, ...)
{
    panic_begin();
    struct panic_place place = panic_place_here(__builtin_frame_address(0));
    kprintf("\nPANIC cpu %u: ", panic_cpu());
    va_list arguments;
    va_start(arguments, format);
    kprintf_list("", format, "\n", &arguments);
    va_end(arguments);
    panic_end(&place);
}

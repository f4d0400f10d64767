// SPDX-License-Identifier: MIT
/*
 * Root in place of what an ordinary process finds: capabilities moved to their places, heap and stacks from the memory
 * that the kernel gave, output on the boot console.
 * Owns: boot_info. Context: start, then any thread of root. Locks: newlib's. Tests: tests/boot/.
 */
#include "servers/lib/runtime_internal.h"
#include "servers/root/root.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 256u /* of log_write */

const struct sluice_boot_info *boot_info;
static uint64_t heap_left;

/* In an order in which no target holds what has not been moved yet. */
void slots_arrange(const struct sluice_boot_info *info)
{
    for (unsigned i = 0; i < info->regions; i++)
        sluice_cap_move(0, ROOT_SLOT_REGION + i, SLUICE_BOOT_REGION0 + i);
    sluice_cap_move(0, SLUICE_SLOT_PORTS, SLUICE_BOOT_PORTS);
    sluice_cap_move(0, SLUICE_SLOT_MACHINE, SLUICE_BOOT_MACHINE);
    sluice_cap_move(0, SLUICE_SLOT_LOG, SLUICE_BOOT_LOG);
    sluice_cap_move(0, SLUICE_SLOT_TUNER, SLUICE_BOOT_TUNER);
    for (unsigned i = 0; i < SLUICE_BOOT_IRQS; i++)
        sluice_cap_move(0, ROOT_SLOT_IRQ + i, SLUICE_BOOT_IRQ0 + i);
    /* CPU i goes from 64 + i to 32 + 2 i: up for i > 32, from the top down; the others down, from the bottom up. */
    for (unsigned i = info->cpus; i-- > 33;)
        sluice_cap_move(0, SLUICE_SLOT_CPU(i), SLUICE_BOOT_CPU0 + i);
    for (unsigned i = 0; i < info->cpus && i < 32; i++)
        sluice_cap_move(0, SLUICE_SLOT_CPU(i), SLUICE_BOOT_CPU0 + i);
}
_Static_assert(SLUICE_SLOT_CPU(32) == SLUICE_BOOT_CPU0 + 32, "CPU 32 stays where it is");

const struct sluice_process_info *runtime_process_info(void *argument)
{
    static struct sluice_process_info info;

    boot_info = argument;
    heap_left = boot_info->heap_bytes;
    slots_arrange(boot_info);
    info = (struct sluice_process_info){.version = SLUICE_PROCESS_VERSION,
                                        .id = PROCESS_ROOT,
                                        .cpu_count = boot_info->cpus,
                                        .cpus_online = boot_info->cpus,
                                        .priority = SLUICE_PRIORITY_MAX,
                                        .slots = SLUICE_BOOT_CSPACE_SLOTS,
                                        .slot_free = ROOT_SLOT_FREE,
                                        .tsc_hz = boot_info->tsc_hz};
    for (unsigned i = 0; i < boot_info->cpus; i++)
        info.cpu[i] = (uint8_t)i;
    return &info;
}

uint64_t runtime_heap_address(void)
{
    return boot_info->heap;
}

int64_t runtime_heap_map(uint64_t address, uint64_t bytes)
{
    (void)address; /* it grows from the start of what is mapped already */
    if (bytes > heap_left)
        return SLUICE_E_NO_MEMORY;
    heap_left -= bytes;
    return 0;
}

void *runtime_stack_map(uint64_t bytes)
{
    return malloc(bytes);
}

void runtime_stack_unmap(void *stack, uint64_t bytes)
{
    (void)bytes;
    free(stack);
}

uint64_t runtime_fault_slot(unsigned cpu)
{
    (void)cpu;
    return ROOT_SLOT_WATCH;
}

int64_t runtime_output(const char *text, size_t bytes)
{
    while (bytes) {
        size_t piece = bytes < LINE_BYTES_MAX ? bytes : LINE_BYTES_MAX;
        int64_t result = sluice_log_write(SLUICE_SLOT_LOG, text, piece);
        if (result < 0)
            return result;
        text += piece;
        bytes -= piece;
    }
    return 0;
}

_Noreturn void runtime_exit(int status)
{
    root_say("ended with status %d", status);
    root_give_up();
}

void root_say(const char *format, ...)
{
    char line[LINE_BYTES_MAX] = "root: ";
    size_t length = strlen(line);
    va_list list;

    va_start(list, format);
    vsnprintf(line + length, sizeof line - length - 1, format, list);
    va_end(list);
    length = strlen(line);
    line[length++] = '\n';
    runtime_output(line, length);
}

_Noreturn void root_give_up(void)
{
    for (;;)
        sluice_machine_halt(SLUICE_SLOT_MACHINE, SLUICE_EXIT_BOOT_FAILED);
}

// SPDX-License-Identifier: MIT
/*
 * I/O ports for user-level drivers, and ending the machine.
 * Entry points: port_read, port_write, machine_halt. Context: kernel, interrupts off. Locks: none.
 * Tests: tests/boot/, tests/user/syscalls/.
 */
#include "kernel/boot/platform.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/log/panic.h"

/* QEMU's isa-debug-exit: a value v ends QEMU with status 2v + 1 (kernel/abi/boot.h: v is our status + 0x10). */
#define DEBUG_EXIT_PORT 0xf4
#define DEBUG_EXIT_STATUS 0x10u

uint32_t port_read(uint16_t port, unsigned bytes)
{
    return bytes == 1 ? in8(port) : bytes == 2 ? in16(port) : in32(port);
}

void port_write(uint16_t port, unsigned bytes, uint32_t value)
{
    if (bytes == 1)
        out8(port, (uint8_t)value);
    else if (bytes == 2)
        out16(port, (uint16_t)value);
    else
        out32(port, value);
}

_Noreturn void machine_halt(unsigned status)
{
    out32(DEBUG_EXIT_PORT, status + DEBUG_EXIT_STATUS);
    panic_stop_others(); /* a machine without that port: it stops where it is */
    for (;;)
        __asm__ volatile("cli; hlt");
}

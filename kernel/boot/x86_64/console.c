// SPDX-License-Identifier: MIT
/*
 * The boot console: a 16550 at 0x3f8, polled, 115200 baud. Used by boot, panics and the root server's first words; the
 * user-level serial driver owns the device afterwards and never shares it with the kernel but for panics.
 * Entry points: console_init, console_write, console_seize. Context: any. Locks: console.lock, a leaf, so that lines
 * of several CPUs do not mix; after console_seize nobody waits for it. Tests: tests/boot/.
 */
#include "kernel/boot/x86_64/machine.h"
#include "kernel/boot/x86_64/instructions.h"
#include "kernel/boot/platform.h"
#include "smp/atomic.h"

enum uart_register {
    UART_DATA = 0x3f8,
    UART_INTERRUPTS = 0x3f9,
    UART_FIFO = 0x3fa,
    UART_LINE = 0x3fb,
    UART_MODEM = 0x3fc,
    UART_STATUS = 0x3fd,
    UART_SCRATCH = 0x3ff,
};
#define UART_DIVISOR_LATCH 0x80
#define UART_8N1 0x03
#define UART_FIFO_ON_EMPTY 0x07
#define UART_DTR_RTS_OUT2 0x0b
#define UART_SENDER_EMPTY 0x20
/* A character takes 87 us at 115200 baud; a port read about 1 us. A UART that stays busy for longer is broken. */
#define UART_POLLS_MAX 100000u

static struct {
    uint32_t lock; /* atomic: 1 while a CPU writes */
    bool present;  /* fixed after console_init */
    bool seized;   /* set by the CPU that panics */
} console;

void console_init(void)
{
    out8(UART_SCRATCH, 0x5a);
    console.present = in8(UART_SCRATCH) == 0x5a;
    out8(UART_INTERRUPTS, 0);
    out8(UART_LINE, UART_DIVISOR_LATCH);
    out8(UART_DATA, 1); /* 115200 / 1 */
    out8(UART_INTERRUPTS, 0);
    out8(UART_LINE, UART_8N1);
    out8(UART_FIFO, UART_FIFO_ON_EMPTY);
    out8(UART_MODEM, UART_DTR_RTS_OUT2);
}

void console_seize(void)
{
    console.seized = true;
}

static void character_write(char character)
{
    for (unsigned i = 0; i < UART_POLLS_MAX && !(in8(UART_STATUS) & UART_SENDER_EMPTY); i++)
        cpu_relax();
    out8(UART_DATA, (uint8_t)character);
}

void console_write(const char *text, uint64_t bytes)
{
    if (!console.present)
        return;
    while (!console.seized &&
           atomic_exchange(&console.lock, 1u)) /* pairs with console_write() in console.c */
        cpu_relax();
    for (uint64_t i = 0; i < bytes; i++) {
        if (text[i] == '\n')
            character_write('\r');
        character_write(text[i]);
    }
    /* pairs with console_write() in console.c: the line before the lock is free */
    atomic_store_release(&console.lock, 0u);
}

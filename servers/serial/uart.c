// SPDX-License-Identifier: MIT
/*
 * The 16550 UART.
 * Context: whoever holds the serial server's lock. Locks: none. Tests: tests/boot/.
 */
#include "servers/serial/uart.h"
#include "servers/lib/process.h"
#include "servers/lib/sluice.h"

#define COM1 0x3f8u

enum uart_register {
    UART_DATA = COM1,
    UART_INTERRUPT_ENABLE,
    UART_FIFO_CONTROL, /* when read: which interrupt is pending */
    UART_LINE_CONTROL,
    UART_MODEM_CONTROL,
    UART_LINE_STATUS,
};

enum { INTERRUPT_RECEIVER = 1, INTERRUPT_TRANSMITTER = 2 };
enum { STATUS_DATA = 1, STATUS_TRANSMITTER_EMPTY = 32 };
enum { LINE_8N1 = 3, LINE_DIVISOR = 128 };
enum { FIFO_ON = 1, FIFO_CLEAR = 6 }; /* an interrupt at the first byte that comes */
enum { IDENTITY_NONE = 1 };
enum { MODEM_DTR_RTS = 3, MODEM_INTERRUPTS = 8 }; /* OUT2 lets the line through to the interrupt controller */

static void out(enum uart_register port, unsigned value)
{
    sluice_port_out(SLUICE_SLOT_PORTS, port, 1, value);
}

void uart_start(void)
{
    out(UART_INTERRUPT_ENABLE, 0);
    out(UART_LINE_CONTROL, LINE_DIVISOR);
    out(UART_DATA, 1); /* 115200 */
    out(UART_INTERRUPT_ENABLE, 0);
    out(UART_LINE_CONTROL, LINE_8N1);
    out(UART_FIFO_CONTROL, FIFO_ON | FIFO_CLEAR);
    out(UART_MODEM_CONTROL, MODEM_DTR_RTS | MODEM_INTERRUPTS);
    out(UART_INTERRUPT_ENABLE, INTERRUPT_RECEIVER);
}

bool uart_transmitter_empty(void)
{
    return sluice_port_in(SLUICE_SLOT_PORTS, UART_LINE_STATUS, 1) & STATUS_TRANSMITTER_EMPTY;
}

void uart_send(const uint8_t *bytes, size_t count)
{
    struct sluice_batch_entry entries[UART_FIFO_BYTES];

    for (size_t i = 0; i < count; i++)
        entries[i] = (struct sluice_batch_entry){.number = SLUICE_SYS_port_out,
                                                 .args = {SLUICE_SLOT_PORTS, UART_DATA, 1, bytes[i]}};
    sluice_batch(entries, count);
}

bool uart_interrupt_pending(void)
{
    return !(sluice_port_in(SLUICE_SLOT_PORTS, UART_FIFO_CONTROL, 1) & IDENTITY_NONE);
}

void uart_transmit_interrupt(bool on)
{
    static bool is_on;

    if (on == is_on)
        return;
    is_on = on;
    out(UART_INTERRUPT_ENABLE, on ? INTERRUPT_RECEIVER | INTERRUPT_TRANSMITTER : INTERRUPT_RECEIVER);
}

size_t uart_take(uint8_t *bytes, size_t limit)
{
    size_t count = 0;

    while (count < limit && (sluice_port_in(SLUICE_SLOT_PORTS, UART_LINE_STATUS, 1) & STATUS_DATA))
        bytes[count++] = (uint8_t)sluice_port_in(SLUICE_SLOT_PORTS, UART_DATA, 1);
    return count;
}

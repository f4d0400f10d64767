// SPDX-License-Identifier: MIT
/*
 * Formatted lines on the boot console, for boot messages and panics; formatted on the stack, written in one piece.
 * Entry points: kprintf, boot_fail; kprintf_list for panic.c. Context: any. Locks: console.lock, inside console_write.
 * Tests: tests/host/test_kprintf.c.
 *
 * Knows %s %c %p %%, and %d %u %x with l, a minimal width and zero padding. Longer lines are cut.
 */
#include "kernel/abi/boot.h"
#include "kernel/boot/platform.h"
#include "kernel/log/kprintf.h"

#define LINE_BYTES 512u

struct line {
    char text[LINE_BYTES];
    unsigned used;
};

struct conversion {
    unsigned width;
    bool zeros, is_long;
};

static void line_put(struct line *line, char character)
{
    if (line->used < LINE_BYTES)
        line->text[line->used++] = character;
}

static void line_put_text(struct line *line, const char *text)
{
    for (text = text ? text : "(null)"; *text; text++)
        line_put(line, *text);
}

static void line_put_number(struct line *line, uint64_t value, unsigned base, struct conversion how)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    for (unsigned i = count; i < how.width; i++)
        line_put(line, how.zeros ? '0' : ' ');
    while (count)
        line_put(line, digits[--count]);
}

static void line_put_signed(struct line *line, int64_t value, struct conversion how)
{
    if (value < 0)
        line_put(line, '-');
    line_put_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, how);
}

/* Flags and width behind the per cent sign; returns what follows them. */
static const char *conversion_read(const char *format, struct conversion *how)
{
    *how = (struct conversion){.zeros = *format == '0'};
    while (*format >= '0' && *format <= '9')
        how->width = how->width * 10 + (unsigned)(*format++ - '0');
    while (*format == 'l') {
        how->is_long = true;
        format++;
    }
    return format;
}

static void line_put_conversion(struct line *line, char letter, struct conversion how, va_list *arguments)
{
    if (letter == 's')
        line_put_text(line, va_arg(*arguments, const char *));
    else if (letter == 'c')
        line_put(line, (char)va_arg(*arguments, int));
    else if (letter == 'd')
        line_put_signed(line, how.is_long ? va_arg(*arguments, int64_t) : va_arg(*arguments, int), how);
    else if (letter == 'u' || letter == 'x')
        line_put_number(line, how.is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned),
                        letter == 'u' ? 10 : 16, how);
    else if (letter == 'p')
        line_put_number(line, (uint64_t)va_arg(*arguments, void *), 16, how);
    else
        line_put(line, letter); /* %% and what is not known */
}

static void line_format(struct line *line, const char *format, va_list *arguments)
{
    for (; *format; format++) {
        if (*format != '%' || !format[1]) {
            line_put(line, *format);
            continue;
        }
        struct conversion how;
        format = conversion_read(format + 1, &how);
        line_put_conversion(line, *format, how, arguments);
        if (!*format)
            return;
    }
}

void kprintf_list(const char *before, const char *format, const char *after, va_list *arguments)
{
    struct line line = {.used = 0};
    line_put_text(&line, before);
    line_format(&line, format, arguments);
    line_put_text(&line, after);
    console_write(line.text, line.used);
}

void kprintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    kprintf_list("", format, "", &arguments);
    va_end(arguments);
}

_Noreturn void boot_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    kprintf_list("sluice: ", format, "\n", &arguments);
    va_end(arguments);
    machine_halt(SLUICE_EXIT_BOOT_FAILED);
}

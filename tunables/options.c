// SPDX-License-Identifier: MIT
/*
 * The kernel command line: every tunable may be given there as `name=value`.
 * Entry point: tunables_parse. Context: boot, on the boot CPU. Locks: none. Tests: tests/host/test_tunables.c.
 */
#include "tunables/tunables_internal.h"
#include <stddef.h>

#define OPTION_BYTES 64u /* of a word, as it is reported */
#define REASON_BYTES 80u

struct text {
    char *at, *end; /* *at is the terminating 0; what does not fit is dropped */
};

static void text_add(struct text *text, const char *more)
{
    while (*more && text->at < text->end)
        *text->at++ = *more++;
    *text->at = 0;
}

static void text_add_number(struct text *text, uint64_t number)
{
    char digits[21];
    char *first = &digits[20];
    *first = 0;
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    text_add(text, first);
}

static const struct tunable_row *row_find(const char *name, size_t length)
{
    for (unsigned i = 0; i < TUNABLE_COUNT; i++) {
        const char *candidate = tunable_rows[i].info.name;
        size_t same = 0;
        while (same < length && candidate[same] == name[same])
            same++;
        if (same == length && !candidate[same])
            return &tunable_rows[i];
    }
    return NULL;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

/* Decimal, or hexadecimal after 0x; false when it is no number or needs more than 64 bits. */
static bool number_parse(const char *text, size_t length, uint64_t *number)
{
    unsigned base = 10;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
        length -= 2;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)digit_of(text[i]);
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *number = value;
    return length > 0;
}

/* Rows that allow less than their range. */
static bool value_allowed(const struct tunable_row *row, uint64_t value)
{
    bool power_of_two = (value & (value - 1)) == 0;
    return row != &tunable_rows[TUNABLE_log_events] || power_of_two;
}

/* NULL when the value was set, else why not. */
static const char *value_set(const struct tunable_row *row, const char *value, size_t length, char *reason)
{
    struct text text = {reason, reason + REASON_BYTES - 1};
    uint64_t number;
    if (!number_parse(value, length, &number))
        text_add(&text, "not a number");
    else if (number < row->info.minimum || number > row->info.maximum)
        text_add(&text, "out of range");
    else if (!value_allowed(row, number))
        text_add(&text, "not a power of two");
    else {
        /* Relaxed: the other CPUs start later. */
        atomic_store_relaxed(&tunable_values[row - tunable_rows], number);
        return NULL;
    }
    text_add(&text, ", allowed are ");
    text_add_number(&text, row->info.minimum);
    text_add(&text, " to ");
    text_add_number(&text, row->info.maximum);
    return reason;
}

static void word_copy(char *to, const char *from, size_t length)
{
    if (length > OPTION_BYTES - 1)
        length = OPTION_BYTES - 1;
    for (size_t i = 0; i < length; i++)
        to[i] = from[i];
    to[length] = 0;
}

static void word_parse(const char *word, size_t length, void (*warn)(const char *word, const char *why))
{
    char copy[OPTION_BYTES], reason[REASON_BYTES];
    size_t name = 0;
    while (name < length && word[name] != '=')
        name++;
    const struct tunable_row *row = row_find(word, name);
    if (!row) {
        word_copy(copy, word, name);
        warn(copy, NULL);
        return;
    }
    const char *why = "it needs a value";
    if (name < length)
        why = value_set(row, word + name + 1, length - name - 1, reason);
    if (why) {
        word_copy(copy, word, length);
        warn(copy, why);
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void tunables_parse(const char *command_line, void (*warn)(const char *word, const char *why))
{
    const char *at = command_line;
    for (;;) {
        while (is_space(*at))
            at++;
        if (!*at)
            return;
        const char *word = at;
        while (*at && !is_space(*at))
            at++;
        word_parse(word, (size_t)(at - word), warn);
    }
}

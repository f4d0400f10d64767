// SPDX-License-Identifier: MIT
/*
 * Undefined behaviour, found at run time in DEBUG builds, is a panic that names the place in the source.
 * Entry points: the functions that gcc's -fsanitize=undefined calls; the data each gets begins with the place.
 * Context: any. Locks: none. Tests: every test that runs in QEMU with DEBUG=1.
 */
#ifdef DEBUG
#include "kernel/boot/platform.h"

struct ubsan_place {
    const char *file;
    uint32_t line, column;
};

#define UBSAN_CHECKS(X)                                                                                      \
    X(add_overflow, "sum overflows")                                                                         \
    X(sub_overflow, "difference overflows")                                                                  \
    X(mul_overflow, "product overflows")                                                                     \
    X(negate_overflow, "negation overflows")                                                                 \
    X(divrem_overflow, "division by zero or overflow")                                                       \
    X(shift_out_of_bounds, "shift by too much")                                                              \
    X(out_of_bounds, "array index out of bounds")                                                            \
    X(type_mismatch_v1, "pointer is null, misaligned or too small")                                          \
    X(pointer_overflow, "pointer arithmetic overflows")                                                      \
    X(load_invalid_value, "value is none of its type")                                                       \
    X(vla_bound_not_positive, "array of no size")                                                            \
    X(nonnull_arg, "null argument")                                                                          \
    X(invalid_builtin, "zero for a built-in function that takes none")                                       \
    X(builtin_unreachable, "unreachable place reached")                                                      \
    X(missing_return, "function ends without a value")

#define UBSAN_HANDLER(name, text)                                                                            \
    void __ubsan_handle_##name(const struct ubsan_place *place);                                             \
    __attribute__((no_sanitize("undefined"))) void __ubsan_handle_##name(const struct ubsan_place *place)    \
    {                                                                                                        \
        panic("%s:%u:%u: " text, place->file, place->line, place->column);                                   \
    }
UBSAN_CHECKS(UBSAN_HANDLER)
#endif

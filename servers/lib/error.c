// SPDX-License-Identifier: MIT
/*
 * Errors as sentences. Entry point: sluice_error_text. Context: any. Locks: none. Tests: tests/user/process/.
 */
#include "servers/lib/sluice.h"

const char *sluice_error_text(int64_t error)
{
    switch (error < 0 ? -error : error) {
#define ERROR_CASE(name, value, sentence)                                                                    \
    case value:                                                                                              \
        return sentence;
        SLUICE_ERRORS(ERROR_CASE)
#undef ERROR_CASE
    }
    return "no error that is known";
}

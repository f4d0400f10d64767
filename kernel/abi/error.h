// SPDX-License-Identifier: MIT
/*
 * Errors: every value a system call or a server's reply can carry in place of success.
 * A call returns 0 or a positive result, or one of these as a negative number; where a call's page does not say
 * otherwise, an error means that nothing was changed.
 * Shared by kernel, servers and host tools. Tests: tests/user/syscalls/.
 */
#pragma once

/* X(name, value, sentence) */
#define SLUICE_ERRORS(X)                                                                                     \
    X(OK, 0, "success")                                                                                      \
    X(BAD_SYSCALL, 1, "no system call has this number")                                                      \
    X(BAD_CAP, 2, "the slot is empty or out of range, or its object is gone or was revoked")                 \
    X(BAD_TYPE, 3, "the capability names an object of another type")                                         \
    X(NO_RIGHT, 4, "the capability lacks a right that the operation needs")                                  \
    X(BAD_ARGUMENT, 5, "an argument is outside of its documented range")                                     \
    X(BAD_ADDRESS, 6, "an address is not mapped as the operation needs, or is not a user address")           \
    X(NO_MEMORY, 7, "the pool has no room for the object")                                                   \
    X(SLOT_USED, 8, "the destination slot holds a capability")                                               \
    X(BUSY, 9, "the object is in use in a way that forbids the operation")                                   \
    X(AGAIN, 10, "a frame or address is still held by a TLB; try again")                                     \
    X(TIMEOUT, 11, "the deadline passed")                                                                    \
    X(CANCELED, 12, "the wait was ended by another thread, or its object was destroyed")                     \
    X(PEER_DIED, 13, "the thread that owed the reply ended")                                                 \
    X(NO_REPLY, 14, "the thread has no caller to reply to, or the caller no longer waits")                   \
    X(TRUNCATED, 15, "the receiver's buffer or capability window is too small for the message")              \
    X(STALE, 16, "the expected generation is not the current one")                                           \
    X(NOT_ALLOWED, 17, "policy or value not allowed for this lock class or tunable")                         \
    X(OUT_OF_BOUNDS, 18, "the value lies outside of the bounds of the tunable or of the tuner")              \
    X(WOULD_BLOCK, 19, "the operation would have to wait, and was asked not to")                             \
    X(EXISTS, 20, "something is there already")                                                              \
    X(NOT_FOUND, 21, "nothing of this name or number exists")                                                \
    X(LIMIT, 22, "a limit set for the client or the system is reached")                                      \
    X(DIED, 23, "the thread is dead")                                                                        \
    X(NOT_BATCHED, 24, "this operation cannot stand in a batch")

#define SLUICE_ERROR_ENUM(name, value, sentence) SLUICE_E_##name = -(value),
enum sluice_error { SLUICE_ERRORS(SLUICE_ERROR_ENUM) };
#undef SLUICE_ERROR_ENUM

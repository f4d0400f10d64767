// SPDX-License-Identifier: MIT
/*
 * The table of what stress/bench measures: the one source for the loops, the marker regions and the program's arguments.
 * Context: included where a table is made of it. Locks: none. Tests: tests/bench/.
 *
 * X(name, rounds, what has to be there before, what is cleaned up after)   before: 1 leaves the operation out
 * The row's place is its marker region: region 1 is the first, and the rows of both tables count on. What an operation
 * is, what it is to cost and what the peers take for it says figures.tsv.
 */
#pragma once

/* On one processor; on several, each does it with objects of its own (mode=own). */
#define BENCH_OPERATIONS(X)                                                                                  \
    X(empty, 200, ready, done) /* system.c */                                                                \
    X(null, 200, ready, done)                                                                                \
    X(clock, 200, ready, done)                                                                               \
    X(yield, 200, ready, done)                                                                               \
    X(batch_null_16, 100, ready, done)                                                                       \
    X(cpu_info, 200, ready, done)                                                                            \
    X(port_in, 200, ready, done)                                                                             \
    X(port_out, 200, ready, done)                                                                            \
    X(irq_bind, 200, irq_ready, irq_done)                                                                    \
    X(irq_ack, 200, irq_ready, irq_done)                                                                     \
    X(log_map, 100, ready, done)                                                                             \
    X(log_write, 20, ready, log_write_done)                                                                  \
    X(call_near, 200, ready, done) /* message.c */                                                           \
    X(call_near_4, 200, ready, done)                                                                         \
    X(call_near_6, 200, ready, done)                                                                         \
    X(call_far, 200, ready, done)                                                                            \
    X(call_far_4, 200, ready, done)                                                                          \
    X(call_far_6, 200, ready, done)                                                                          \
    X(call_far_64_bytes, 200, ready, done)                                                                   \
    X(call_far_64_words, 200, ready, done)                                                                   \
    X(call_far_4_kib, 100, ready, done)                                                                      \
    X(call_far_cap, 200, ready, done)                                                                        \
    X(send_receive, 200, ready, done)                                                                        \
    X(receive_reply, 200, ready, done)                                                                       \
    X(reply_save, 200, ready, done)                                                                          \
    X(ipc_window, 200, ready, window_done)                                                                   \
    X(signal, 200, ready, done) /* notification.c */                                                         \
    X(poll, 200, ready, done)                                                                                \
    X(signal_wait, 200, ready, done)                                                                         \
    X(ping_pong, 200, ready, done)                                                                           \
    X(sleep_over, 200, ready, done)                                                                          \
    X(map_unmap, 200, ready, done) /* memory.c */                                                            \
    X(map_unmap_other, 200, ready, done)                                                                     \
    X(map_touch_unmap, 200, ready, done)                                                                     \
    X(map_unmap_16, 100, ready, done)                                                                        \
    X(map_unmap_512, 20, ready, done)                                                                        \
    X(map_unmap_batch_16, 50, ready, done)                                                                   \
    X(protect, 200, protect_ready, protect_done)                                                             \
    X(fault, 200, fault_ready, fault_done)                                                                   \
    X(cap_copy_delete, 200, ready, done) /* capability.c */                                                  \
    X(cap_move, 200, ready, done)                                                                            \
    X(cap_copy_revoke, 200, ready, done)                                                                     \
    X(cap_info, 200, ready, done)                                                                            \
    X(create_endpoint, 200, ready, done) /* object.c */                                                      \
    X(create_notification, 200, ready, done)                                                                 \
    X(create_facet, 200, ready, done)                                                                        \
    X(create_cspace, 100, ready, done)                                                                       \
    X(create_aspace, 50, ready, done)                                                                        \
    X(create_thread, 100, ready, done)                                                                       \
    X(region_split_merge, 200, ready, done)                                                                  \
    X(pool_make_destroy, 20, ready, done)                                                                    \
    X(thread_start_stop, 200, ready, done) /* thread.c */                                                    \
    X(thread_resume_stop, 200, ready, done)                                                                  \
    X(thread_read, 200, ready, done)                                                                         \
    X(thread_write, 200, registers_ready, done)                                                              \
    X(thread_configure, 200, ready, done)                                                                    \
    X(thread_move, 200, ready, done)                                                                         \
    X(tunable_info, 200, ready, done) /* tunable.c */                                                        \
    X(tunable_set, 200, tunable_ready, done)                                                                 \
    X(policy_status, 200, ready, done)                                                                       \
    X(policy_propose, 20, policy_ready, policy_done)                                                         \
    X(heartbeat, 200, ready, heartbeat_done)

/* Between processors (mode=cross). */
#define BENCH_CROSS_OPERATIONS(X)                                                                            \
    X(call_cross, 200, ready, done) /* cross.c */                                                            \
    X(call_cross_4, 200, ready, done)                                                                        \
    X(ping_cross, 200, ready, done)                                                                          \
    X(thread_move_cross, 100, ready, done)                                                                   \
    X(map_unmap_alone, 100, ready, done)                                                                     \
    X(map_unmap_active, 100, active_ready, active_done)

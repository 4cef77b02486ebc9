/* SPDX-License-Identifier: MIT */
/* load - many model clients busy against a real server, in one thread, for a
 * bounded time: how much, how fast, how much memory.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_LOAD_H
#define SYNCSPEC_HARNESS_RUN_LOAD_H

#include "harness/run/run.h"

struct load_options {
    struct transport *wire;
    const struct dialect *dialect;
    struct str tag;
    size_t clients;
    int64_t duration_ms;
    int64_t (*real_ms)(void);
    size_t (*resident_bytes)(void); /* of this process; may be NULL */
};

struct load_result {
    size_t requests, failures, rounds;
    int64_t took_ms;
    size_t bytes_before, bytes_connected; /* resident: before the clients were
                                             made, after each has synced once */
};

/* Every client inserts and syncs, again and again, all at once; two clients
 * share an app, so that each also receives. */
void load_run(const struct load_options *options, struct load_result *out);

#endif

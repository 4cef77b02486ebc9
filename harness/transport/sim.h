/* SPDX-License-Identifier: MIT */
/* sim - the virtual network: the bundled server in process, latencies from the
 * seed, everything on the world's event heap.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_SIM_H
#define SYNCSPEC_HARNESS_TRANSPORT_SIM_H

#include "harness/transport/world.h"
#include "mock_server/server.h"

enum latency_kind { LATENCY_FIXED, LATENCY_UNIFORM, LATENCY_LONG_TAIL };

struct latency { /* one way, milliseconds */
    enum latency_kind kind;
    int64_t low_ms, high_ms; /* fixed: low */
};

struct sim_config {
    struct latency up, down, server; /* server: between begin and finish */
    uint64_t seed;
    struct instant epoch;          /* the server's clock at world time 0 */
    const struct dialect *dialect; /* whose pushes stall; NULL: v2 */
};

/* Borrows world and server: close it before the server is freed, or say
 * sim_server_down first. */
struct transport *sim_create(const struct sim_config *config,
                             struct world *world, struct server *server);
/* Down: requests are refused, those inside are lost (before or after their
 * commit, as it falls), live channels are reset.  Up again: with the given
 * server. */
void sim_server_down(struct transport *transport);
void sim_server_up(struct transport *transport, struct server *server);
/* Hold the next `count` commits of pushes by one actor for that long: a
 * transaction that stalls.  actor UINT32_MAX: of any. */
void sim_stall(struct transport *transport, uint32_t actor, size_t count,
               int64_t by_ms);

#endif

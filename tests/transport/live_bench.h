/* SPDX-License-Identifier: MIT */
/* live_bench - a bundled server of v2 behind the virtual network, and the
 * channels of its clients. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_LIVE_BENCH_H
#define SYNCSPEC_TESTS_TRANSPORT_LIVE_BENCH_H

#include "tests/transport/ear.h"
#include "tests/transport/storm.h"

extern const char LIVE_HELLO[]; /* the auth message of alice */

/* A server with one planted bug, or NULL. */
struct server *live_server(struct bench *bench, const char *bug);
void live_bench(struct bench *bench, const struct sim_config *config,
                const char *bug);
void ear_header(struct ear *ear, const char *name, const char *value);
/* Say it; nothing may be called inside. */
void live_say(struct bench *bench, struct ear *ear, const char *text);
/* A push that is answered after 35 ms. */
void live_push(struct bench *bench, const char *id);
size_t open_sockets(const struct bench *bench);
size_t open_streams(const struct bench *bench);
/* A socket of alice that the server knows, 65 ms later. */
void live_listen(struct bench *bench, struct ear *ear);
/* A stream of alice, from the beginning on. */
void stream_init(struct bench *bench, struct ear *ear);

#endif

/* SPDX-License-Identifier: MIT */
/* rig - what the transport tests share: exchanges that remember their ending,
 * and a bundled server behind a virtual network. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_RIG_H
#define SYNCSPEC_TESTS_TRANSPORT_RIG_H

#include <check.h>

#include "harness/transport/sim.h"

struct shot {
    struct exchange exchange;
    struct world *world; /* NULL: do not note the time */
    int done;            /* how often it was called */
    enum reply_kind kind;
    enum fate fate;
    int status;
    int64_t at_ms;
    size_t body_bytes;
    char body[2048]; /* its beginning */
    char type[64];   /* Content-Type */
    char error[400];
    size_t header_count;
    struct {
        char name[64], value[128];
    } headers[HTTP_REPLY_HEADERS];
    void (*then)(struct shot *shot); /* or NULL; called inside done */
    void *context;
};

void shot_init(struct shot *shot, struct world *world, const char *method,
               const char *target);
void shot_send(struct shot *shot, struct transport *transport);
/* The value of a reply header, or NULL. */
const char *shot_header(const struct shot *shot, const char *name);

/* A sound server, in memory, behind a network of fixed latencies. */
struct bench {
    struct world world;
    struct store *store;
    struct auth *auth;
    struct server *server;
    struct transport *sim;
};

extern const struct sim_config BENCH_CONFIG; /* up 10, down 20, server 5 */

void bench_open(struct bench *bench, const struct sim_config *config);
void bench_close(struct bench *bench);
struct server *bench_server(const struct bench *bench);

/* A push of one insert of tasks/ID by a client of user "alice". */
void shot_push(struct shot *shot, struct bench *bench, const char *id);
/* What the server has of `tasks` for another client, cut to `size`; and how
 * many changes that are. */
void bench_pull(struct bench *bench, char *text, size_t size);
size_t bench_stored(struct bench *bench);
/* Run the world until its clock says so. */
void bench_run(struct bench *bench, int64_t to_ms);

Suite *suite_world(void);
Suite *suite_sim(void);
Suite *suite_sim_live(void);
Suite *suite_sim_peer(void);
Suite *suite_faults(void);
Suite *suite_fault_rules(void);
Suite *suite_fault_lane(void);
Suite *suite_fault_line(void);
Suite *suite_fault_owner(void);
Suite *suite_faults_live(void);
Suite *suite_wire(void);
Suite *suite_wire_life(void);
Suite *suite_wire_live(void);
Suite *suite_wire_ends(void);
Suite *suite_wire_stream(void);
Suite *suite_wire_answer(void);
Suite *suite_wire_serve(void);
Suite *suite_wire_headers(void);
Suite *suite_spawn(void);
Suite *suite_served(void);
Suite *suite_ask(void);
Suite *suite_wire_pace(void);
Suite *suite_pace(void);

#endif

/* SPDX-License-Identifier: MIT */
/* run - one scenario in one world: play the script, heal, settle, observe,
 * check.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_RUN_H
#define SYNCSPEC_HARNESS_RUN_RUN_H

#include "harness/client/engine.h"
#include "harness/scenario/scenario.h"
#include "harness/transport/sim.h"
#include "mock_server/store.h"
#include "reports/verdict.h"

struct tokens;

/* The origin of web pages that the bundled server allows when the suite starts
 * it: where a developer's page comes from. */
#define RUN_ORIGIN "http://localhost:5173"
/* How far a stamp may be ahead of the bundled server's clock: MERGE-6. */
#define RUN_AHEAD_LIMIT_S 86400

/* How the suite may handle a real server. */
struct server_control {
    /* NULL when it may not.  kill: at once, as by kill -9. */
    enum status (*kill)(void *context, struct err *err);
    /* Ask it to end, as by SIGTERM, and do not wait. */
    void (*stop)(void *context);
    bool (*running)(void *context);
    /* Bytes that its process holds; 0: nobody knows. */
    size_t (*memory)(void *context);
    enum status (*restart)(void *context, struct err *err);
    void *context;
    bool durable;        /* what it acknowledged survives a kill */
    int64_t patience_ms; /* real time that what is to be heard is waited for,
                            at least */
};

/* How somebody reaches the same server by hand.  All NULL in virtual time. */
struct run_address {
    const char *base_url; /* no slash at its end */
    const char *ca_file;
    bool insecure;
    const char *const *headers; /* "Name: value" of every request, NULL at the
                                   end; or NULL */
};

struct run_options {
    uint64_t seed;
    const struct dialect *dialect;
    struct bug_set server_bugs;        /* virtual only */
    enum server_mode server_mode;      /* virtual only */
    struct client_bug_set client_bugs; /* either world */
    bool canary; /* falsify one final state: the pipeline must say so */
    bool check;  /* run the checkers; off only for measuring */
    /* On the wire; NULL: virtual. */
    struct transport *wire;
    struct run_address address;
    struct server_control control;
    int64_t timeout_ms; /* of one request, in world time */
    int64_t patience;   /* what a live channel has to bring may take so many
                           times as long as it says; 0 or 1: as it says */
    int64_t time_scale; /* of the bundled server on the wire, see world.h; 0
                           or 1: real time */
    bool witness;    /* sockets by the independent client, not by the library */
    bool first_look; /* what is not heard soon is left to the witness, see
                        witness.h, and so is all that follows */
    struct tokens *tokens; /* of the wire, see tokens.h; NULL: a token is the
                              name of its user, as it is in virtual time */
    struct str tag;    /* unique for this run on a shared server; empty: none */
    struct str world;  /* "virtual", "wire:memory", …: for the report */
    struct str replay; /* options that a replay needs; may be empty */
    bool by_id; /* a replay names the case to `syncspec check`, not its file to
                   `syncspec run` */
    /* Told of every step of the script that was played; may be NULL. */
    void (*stepped)(void *context, size_t step, const struct history *history);
    void *stepped_context;
    /* A planted leak for the determinism test: added to wall clocks. */
    int64_t (*clock_leak_ms)(void);
};

void run_options_defaults(struct run_options *options);

/* Run it.  Everything that `result` points to lives in `arena`. */
void run_scenario(const struct scenario *scenario,
                  const struct run_options *options, struct arena *arena,
                  struct run_result *result);

/* Fill what is known before: id, name, file, group, covers, dialect, world. */
void run_describe(const struct scenario *scenario,
                  const struct run_options *options, struct arena *arena,
                  struct run_result *result);
/* Why the scenario does not apply to this world; empty when it does. */
struct str run_skip_reason(const struct scenario *scenario,
                           const struct run_options *options);

#endif

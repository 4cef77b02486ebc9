/* SPDX-License-Identifier: MIT */
/* runner - the state of one run, shared by the files of this folder.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_RUNNER_H
#define SYNCSPEC_HARNESS_RUN_RUNNER_H

#include "harness/run/run.h"
#include "harness/run/tokens.h"
#include "harness/transport/faults.h"

/* WHEN_EPOCH_TEXT, where all clocks begin. */
#define SCRIPT_EPOCH ((struct instant){1774605600, 0})

enum {
    OPERATION_LIMIT_MS = 600000, /* world time that one step may take */
    SETTLE_ROUNDS_MAX = 24,
    FAILED_ROUNDS_MAX = 6, /* one after the other, with a real server */
    OBSERVER_PAGES_MAX = 10000,
    SILENCES_MAX = 2
};

struct run_client {
    struct runner *runner;
    struct str name, user, app; /* app: live id */
    const struct client_decl *decl;
    struct device *device;
    struct device *saved; /* of `saves` */
    uint32_t saved_seq;
    struct engine *engine;
    uint32_t actor;
    uint32_t raw_actor; /* for `sends`; 0: not made yet */
    int64_t skew_ms;
    int64_t tick_at_ms;          /* scheduled; INT64_MAX: none */
    size_t requests;             /* sent so far */
    size_t pulls;                /* of them */
    size_t notices;              /* heard by its engine so far */
    struct inbox *inbox;         /* of its engine's channels; NULL: none yet */
    struct run_channel *channel; /* the engine's newest; NULL: none yet */
    struct run_channel *raw;     /* what the script speaks of without on= */
    bool takes_part;             /* was signed in: settles and is judged */
    bool was_in;                 /* signed in at some time */
    bool tab;                    /* shares the device of another */
    bool storm;                  /* made by a storm */
    bool down;                   /* crashed, and the history says so */
};

struct flight;      /* a request on its way, see clients.c */
struct run_channel; /* a live channel, see channels.h */
struct inbox;       /* what came on it, see inbox.h */
struct secret;      /* see secrets.h */

struct runner {
    const struct scenario *scenario;
    const struct run_options *options;
    struct run_result *result;
    struct arena *arena;
    struct intern intern;
    struct history history;
    struct world world;
    struct transport *inner, *net; /* net: faults around inner */
    struct server *server;         /* virtual */
    struct store *store;
    struct auth *auth;
    struct run_client **clients;
    size_t client_count, client_cap;
    struct str *collections;
    size_t collection_count;
    uint32_t everyone_actor, net_actor, server_actor;
    uint32_t next_exchange;
    int64_t script_ms; /* what wall clocks show, since the script's epoch */
    const struct step *step; /* NULL: before, or behind the script */
    const char *phase;       /* what it is then: "start", "heal", … */
    bool broken;             /* an expectation failed: the script ends here */
    bool server_down, killed;
    size_t weighed_bytes; /* of the server's process, by `weighs`; 0: not */
    size_t timeouts;
    size_t silences; /* timeouts and endless answers that nobody scripted */
    struct flight *free_flights;
    struct run_channel *channels; /* live ones, also those that ended; the
                                     newest first */
    uint64_t applied_mark;        /* history count at the start of a round */
    struct secret *secrets;       /* what no report may show, see secrets.h */
    size_t secret_count, secret_cap;
    struct rng rng;
};

/* clients.c */
struct run_client *client_create(struct runner *runner, struct str name,
                                 const struct client_decl *decl);
struct moment client_moment(const struct run_client *client);
/* A token of that user, `fresh`: not the last one.  When none is to be had the
 * run is an error and ends; then it is empty. */
struct str user_token(struct runner *runner, struct str user,
                      enum token_kind kind, bool fresh);
/* What the server calls that user. */
struct str user_live(struct runner *runner, struct str user);
/* Send what the engine wants to send and schedule its next tick. */
void client_pump(struct run_client *client);
bool clients_idle(void *runner);
/* Let the world run until no engine works; false when that takes too long. */
bool clients_finish(struct runner *runner);
struct str client_token(void *context, bool fresh);
void client_life(struct run_client *client, enum life life);
/* What a client or app of the script is called on the server. */
struct str client_live_id(struct runner *runner, struct str name);

/* exchange.c: a request that is not an engine's. */
struct raw_call {
    struct runner *runner;
    uint32_t actor;
    enum request_kind kind;
    struct http_request request;
    struct str collection, since;
    bool direct; /* past the script's bad network */
    bool fresh;  /* on a connection of its own */
    /* the end */
    bool done;
    enum reply_kind reply_kind;
    enum fate fate;
    struct http_reply reply; /* copied to the arena */
    struct str error;
    const struct response *response;
    struct str unreadable;
    struct exchange exchange; /* its id is that of the history */
};
void raw_start(struct raw_call *call);
/* Write it down as sent and never answered, without sending it. */
void raw_note(struct raw_call *call, enum fate fate);
bool raw_done(void *call);
struct event history_send(struct runner *runner, uint32_t actor,
                          const struct exchange *exchange);
struct event history_reply(struct runner *runner, uint32_t actor,
                           const struct exchange *exchange,
                           const struct ending *ending);
/* A real server that hangs: it was seen, and to wait on would only take long.
 */
bool run_is_hopeless(const struct runner *runner);
/* Copies a reply into the run's arena. */
void reply_keep(struct runner *runner, const struct http_reply *reply,
                struct http_reply *out);
/* A head for the history, in the run's arena; NULL in virtual time, and where
 * nobody could send it again. */
struct http_head *head_keep(struct runner *runner, struct str method,
                            const struct http_header *headers, size_t count);
/* Decode a 2xx into the arena, NULL with `err` when it cannot be read. */
const struct response *reply_decode(struct runner *runner,
                                    const struct ending *ending,
                                    struct str body, struct err *err);

/* settle.c */
bool run_settle(struct runner *runner, int64_t within_ms);
/* The network and the server are well again. */
void run_mend(struct runner *runner);
/* And everybody is online. */
void run_heal(struct runner *runner);
bool clients_agree(struct runner *runner, struct str *why);

/* observe.c */
void run_observe(struct runner *runner);
void run_dump(struct runner *runner);

/* steps.c: play one line. */
void step_play(struct runner *runner, const struct step *step);
/* An expectation of the current step; failing ends the script. */
void step_expect(struct runner *runner, bool held, struct str what,
                 struct str expected, struct str actual);
struct claim {
    bool held;
    struct str what, expected, actual, cause;
    struct str clause; /* empty: by the step */
    uint32_t exchange; /* that it is about; 0: none that is known */
    enum grade grade;  /* of one that holds */
};
/* The same, with what it came from when it does not hold.  One that holds with
 * a grade is told as a verdict too, and the script goes on. */
void step_expect_cause(struct runner *runner, const struct claim *claim);

/* actions: groups of verbs, one function each; false: not of this group. */
bool action_edit(struct runner *runner, const struct step *step);
bool action_sync(struct runner *runner, const struct step *step);
bool action_life(struct runner *runner, const struct step *step);
bool action_read(struct runner *runner, const struct step *step);
bool action_raw(struct runner *runner, const struct step *step);
bool action_live(struct runner *runner, const struct step *step);
bool action_hear(struct runner *runner, const struct step *step);
bool action_net(struct runner *runner, const struct step *step);
bool action_server(struct runner *runner, const struct step *step);
void server_kills(struct runner *runner);
void server_stops(struct runner *runner);
void server_restarts(struct runner *runner);
bool action_storm(struct runner *runner, const struct step *step);
/* `tasks/1` to its parts. */
void ref_split(struct str ref, struct str *collection, struct str *id);

#endif

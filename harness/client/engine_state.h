/* SPDX-License-Identifier: MIT */
/* engine_state - what an engine is made of: for the files of this folder only.
 * Layer: harness/client.
 *
 * engine.c         life: sign-in, online, edits, crash, what can be asked
 * engine_round.c   rounds: one operation at a time, its outcome, the status
 * engine_request.c requests: building, leaving, coming back
 * engine_push.c    pushing: acknowledge, isolate
 * engine_pull.c    pulling: pages
 * engine_timers.c  debounce, interval, backoff
 */
#ifndef SYNCSPEC_HARNESS_CLIENT_ENGINE_STATE_H
#define SYNCSPEC_HARNESS_CLIENT_ENGINE_STATE_H

#include "base/rng.h"
#include "harness/client/device_state.h"
#include "harness/client/engine.h"

enum { FLIGHTS_MAX = 4 }; /* more than one only in the museum */

enum flight_state { FLIGHT_FREE, FLIGHT_READY, FLIGHT_SENT };

/* A request, from its making to its end. */
struct flight {
    enum flight_state state;
    struct engine_request request;
    struct batch batch; /* of a push */
    size_t collection;  /* of a pull: index */
    bool fresh;         /* with the token that was asked for after a 401 */
    bool extra;         /* museum: beside the round that runs */
    uint64_t queue_generation, cursor_generation;
};

/* What is asked for. */
struct wish {
    bool push;
    uint64_t pulls; /* bit a collection */
    bool automatic; /* nobody asked: no use in it after a failure */
};

/* The operation that runs. */
struct round {
    bool running;
    struct wish left;     /* what of it is still to do */
    uint64_t fence;       /* rows up to this number belong to it */
    bool failed, retry;   /* retry: trying again may help */
    bool cursor_reset;    /* the push has already started over */
    uint64_t pull_resets; /* collections that have */
    size_t pages;         /* followed for the present collection */
    size_t records_max;   /* in one push, after a refusal; 0: any number */
    size_t refusals;
    size_t storms; /* museum */
    int64_t retry_after_ms;
};

enum last_round { ROUND_NONE, ROUND_OK, ROUND_FAILED };

struct engine {
    struct engine_config config;
    struct device *device;
    struct str app_path; /* "/sync/todo" */
    struct rng rng;

    bool signed_in, online, unpaid, crashed;
    bool held_back; /* museum: no push before the next write */
    enum crash_point crash_point;
    struct str bearer;     /* "Bearer TOKEN", of the last request */
    struct str token_kept; /* museum */

    struct round round;
    struct wish next; /* asked for meanwhile */
    struct flight flights[FLIGHTS_MAX];
    uint32_t last_id;
    struct engine_outcome outcome;
    enum last_round last_round;

    enum sync_status status;
    void (*changed)(void *context, enum sync_status status);
    void *changed_context;

    /* INT64_MAX: not set. */
    int64_t push_at_ms, pull_at_ms, retry_at_ms;
    int64_t unsent_since_ms; /* the first write that no push has taken */
    int64_t hold_until_ms;   /* the server said Retry-After */
    unsigned failures;       /* in a row */
};

static inline bool engine_bug(const struct engine *engine, enum client_bug bug)
{
    return client_bug_on(&engine->config.bugs, bug);
}
struct scribe engine_scribe(const struct engine *engine, struct moment at);
/* Every registered collection. */
uint64_t engine_all(const struct engine *engine);

/* engine_round */
/* NULL, or why nothing may leave now. */
const char *engine_barred(const struct engine *engine);
/* Begin a round, or leave the wish for after the one that runs. */
void engine_round_ask(struct engine *engine, struct moment at,
                      struct wish wish);
/* Make the next request of the round, or end it. */
void engine_round_next(struct engine *engine, struct moment at);
/* No request of this round any more. */
void engine_round_end(struct engine *engine, struct moment at);
/* Give up on the round and on its request, unheard. */
void engine_round_abort(struct engine *engine, const char *why);
/* Set the status to what it is now; tell history and listener of a change. */
void engine_status_update(struct engine *engine, struct moment at);

/* The end of a request, as push and pull look at it. */
struct landing {
    const struct ending *ending;
    const struct response *response; /* NULL: not a readable 2xx */
    const struct err *unreadable;
    int status; /* HTTP; 0: no answer */
};
/* Remember that the round did not go well, and why, if it is the first. */
void engine_round_fail(struct engine *engine, const struct landing *landing,
                       const char *what, bool retry);

/* engine_request */
/* The body of a push of this batch; .p NULL when it is over all bounds. */
struct str engine_request_body(struct engine *engine,
                               const struct batch *batch);
/* What a body may have at most. */
size_t engine_request_limit(const struct engine *engine);
/* Make a request ready to leave; takes the batch.  False: no room for one
 * more (only with `extra`). */
bool engine_request_push(struct engine *engine, const struct batch *batch,
                         struct str body, bool extra);
void engine_request_pull(struct engine *engine, size_t collection);
/* After a 401: the same request with a new token, once.  False: no use. */
bool engine_request_again(struct engine *engine, const struct flight *flight);
/* The answer names the cursor as what is wrong. */
bool engine_refuses_cursor(struct engine *engine,
                           const struct landing *landing);
/* 5xx, 429, no answer at all: the same may go well later. */
bool landing_transient(const struct landing *landing);
/* The way to the server is closed: no use in the round's other requests. */
bool landing_closed(const struct landing *landing);
/* The request surely had no effect. */
bool landing_definite(const struct landing *landing);
/* What the answer says of itself, on one line, cut. */
struct str landing_said(const struct landing *landing, struct arena *arena);
/* How long the server asks to be left alone, at most a day; 0: it does not. */
int64_t landing_retry_after_ms(const struct landing *landing);

/* engine_push */
bool engine_push_next(struct engine *engine, struct moment at);
void engine_push_extra(struct engine *engine);
void engine_push_land(struct engine *engine, struct moment at,
                      const struct flight *flight,
                      const struct landing *landing);
/* Put the answer's changes in; false: crashed on the way. */
bool engine_apply(struct engine *engine, struct moment at,
                  const struct response *response);

/* engine_pull */
void engine_pull_next(struct engine *engine);
void engine_pull_land(struct engine *engine, struct moment at,
                      const struct flight *flight,
                      const struct landing *landing);

/* engine_timers */
void engine_timers_stop(struct engine *engine);
void engine_timers_start(struct engine *engine, struct moment at);
void engine_timers_written(struct engine *engine, struct moment at);
void engine_timers_pushed(struct engine *engine);
void engine_timers_ended(struct engine *engine, struct moment at);
/* Going online: sync now, or when the server allows it. */
bool engine_timers_hold(struct engine *engine, struct moment at);

#endif

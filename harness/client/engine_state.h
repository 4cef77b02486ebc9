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
 * engine_live.c    the live channel's life: opened, waited for, given up
 * engine_news.c    what comes on it, and what that starts
 * engine_channel.c what is wanted of it: open, say, shut
 * engine_stream.c  the channel that carries changes: cursors, applying
 */
#ifndef SYNCSPEC_HARNESS_CLIENT_ENGINE_STATE_H
#define SYNCSPEC_HARNESS_CLIENT_ENGINE_STATE_H

#include "base/rng.h"
#include "harness/client/device_state.h"
#include "harness/client/engine.h"

enum { FLIGHTS_MAX = 4 }; /* more than one only in the museum */
enum { LEAKED_MAX = 8 };  /* museum: channels that are open and forgotten */

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
    bool noticed;   /* the live channel asks: no outcome of it is kept */
};

/* The operation that runs. */
struct round {
    bool running;
    bool noticed;         /* as the wish's */
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

/* An act of the live channel that nobody has taken yet. */
struct pending_act {
    enum live_act_kind kind;
    uint32_t channel;
    enum channel_kind channel_kind;
    struct str since, text;
    int code;
};

struct live {
    enum listen_mode mode; /* asked for */
    enum live_state state;
    struct str why;                 /* it is not open */
    uint32_t channel, last_channel; /* now, 0: none; ever */
    bool refused;          /* the server or the dialect has no such channel */
    bool told;             /* who we are was said */
    bool denied;           /* and an error was the answer */
    bool fresh;            /* the next token is asked for anew … */
    bool freshened;        /* … once between two times of being open */
    bool pinging;          /* a pong is awaited */
    bool cursor_reset;     /* a stream has started over since it was open */
    uint64_t cursor_falls; /* the device's when the stream was asked for */
    /* INT64_MAX: not set. */
    int64_t open_at_ms;
    int64_t limit_ms; /* of auth, of silence, of a pong */
    int64_t wish_at_ms;
    int64_t hold_until_ms; /* the server said Retry-After to an opening */
    struct wish wish;      /* for after the round that runs */
    struct pending_act *acts;
    size_t act_count, act_cap;
    struct http_request *http; /* of the opening that is not yet taken */
    struct rng rng;
    size_t storms;               /* museum */
    uint32_t leaked[LEAKED_MAX]; /* museum */
    size_t leaked_count;
};

struct engine {
    struct engine_config config;
    struct device *device;
    struct str paths[PATH_COUNT]; /* "/sync/todo", … */
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
    struct engine_outcome asked; /* kept while the live channel's round runs */
    enum last_round last_round;
    struct live live;

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

/* A sentence for people: what, how it ended, and what the server said. */
struct str landing_text(const struct landing *landing, const char *what,
                        struct arena *arena);

/* engine_request */
/* A token, `fresh`: another one than before; empty: none to be had. */
struct str engine_request_token(struct engine *engine, bool fresh);
/* Set all headers; without `Authorization` when the token is empty. */
void engine_request_headers(struct engine *engine, struct http_request *http,
                            struct str token);
/* What a server said, on one line, cut. */
struct str engine_said(struct arena *arena, struct str said);
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

/* engine_live */
void engine_live_init(struct engine *engine);
/* Something that bars or allows a channel has changed: open it, end it, or
 * nothing. */
void engine_live_update(struct engine *engine, struct moment at);
/* Another user, or none: what is open is not theirs. */
void engine_live_hang_up(struct engine *engine);
void engine_live_crash(struct engine *engine);
/* No round runs: begin one for what the channel wants, if that may be now.
 * `urgent`: the server is known to be there, whatever failed before. */
void engine_live_idle(struct engine *engine, struct moment at, bool urgent);
/* A round begins that does all of this: not wished for any more. */
void engine_live_covered(struct engine *engine, const struct wish *wish);
int64_t engine_live_next_ms(const struct engine *engine);
void engine_live_tick(struct engine *engine, struct moment at);
/* For engine_news: steps of the channel's life. */
const char *listen_mode_name(enum listen_mode mode);
void engine_live_open(struct engine *engine, struct moment at);
/* It is heard from now on. */
void engine_live_is_open(struct engine *engine, struct moment at);
/* Something came: the silence begins anew. */
void engine_live_alive(struct engine *engine, struct moment at);
/* It is lost: opened again by and by, after so long at least. */
void engine_live_wait(struct engine *engine, struct moment at, struct str why,
                      int64_t retry_after_ms);
/* Our token is not taken. */
void engine_live_denied(struct engine *engine, struct moment at, struct str why,
                        bool was_open);
/* There is none of that kind: nothing is tried again. */
void engine_live_refused(struct engine *engine, struct str why);
/* Does this dialect answer `auth`?  Where it does not, the pong to a ping
 * behind it tells that it was read. */
bool engine_live_answers_auth(const struct engine *engine);

/* engine_channel */
/* Want a new channel; false, and live.why, if there can be none. */
bool engine_channel_open(struct engine *engine);
void engine_channel_say(struct engine *engine, const struct notice *notice);
/* End the present one, if any: its news are ignored from now on. */
void engine_channel_shut(struct engine *engine, int code);
/* Cut it, and the museum's. */
void engine_channel_cut_all(struct engine *engine);
/* Museum: forget it without ending it; its news still come in. */
void engine_channel_leak(struct engine *engine);
bool engine_channel_is_leaked(const struct engine *engine, uint32_t channel);
void engine_channel_unleak(struct engine *engine, uint32_t channel);

/* engine_stream */
/* Path and query, and where it begins; sets `why` if there can be none. */
struct str engine_stream_target(struct engine *engine, struct str *since,
                                const char **why);
/* Cursors fell back since it was asked for: it does not bring what is missing.
 */
bool engine_stream_is_stale(const struct engine *engine);
/* Put an event's changes in, then move the cursor of its collection.  The
 * engine may have crashed on the way. */
void engine_stream_apply(struct engine *engine, struct moment at,
                         const struct stream_event *event);
/* Start over: no cursors. */
void engine_stream_forget(struct engine *engine, struct moment at);

#endif

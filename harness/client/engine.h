/* SPDX-License-Identifier: MIT */
/* engine - the model client: the original sync engine, whole, without I/O.
 * Events and times in; requests and history events out.
 * Layer: harness/client.  Knows transport.h, not what is behind it.
 *
 * Two clocks, never mixed: `now_ms` (world time, never goes back) drives
 * timers; `wall` (what the device shows, may be skewed or step back) makes
 * stamps. */
#ifndef SYNCSPEC_HARNESS_CLIENT_ENGINE_H
#define SYNCSPEC_HARNESS_CLIENT_ENGINE_H

#include "harness/client/device.h"
#include "harness/transport/transport.h"

struct moment {
    int64_t now_ms;
    struct instant wall;
};

struct engine_config {
    const struct dialect *dialect;
    struct str app; /* live app id, path segment is percent-encoded */
    bool timers; /* act by itself: debounced push, interval pull, retries; when
                    off, only what is asked for (going online still syncs) */
    int64_t push_debounce_ms;   /* 1000 after the last write … */
    int64_t push_wait_max_ms;   /* … and 5000 after the first at the latest */
    int64_t pull_interval_ms;   /* 30000 */
    int64_t request_timeout_ms; /* 10000 */
    int64_t retry_first_ms, retry_max_ms; /* 1000 doubling up to 60000 */
    size_t push_max;                      /* changes in one push: 1000 */
    int64_t live_reconnect_ms; /* after a channel ended: 5000, always … */
    int64_t live_jitter_ms;    /* … plus up to so many; 0 */
    int64_t live_auth_ms;      /* for auth-ok, or a pong in v1: 10000 */
    int64_t live_ping_ms;      /* of silence on a socket, then a ping: 30000 */
    int64_t live_pong_ms;      /* then so long until it is given up: 10000 */
    int64_t live_silence_ms;   /* of a stream, then it is given up: 45000 */
    struct client_bug_set bugs;
    uint64_t seed; /* retry jitter */
    /* Called once a request; `fresh` after a 401.  Empty: none to be had. */
    struct str (*token)(void *context, bool fresh);
    void *token_context;
    struct history *history; /* borrows; may be NULL */
    uint32_t actor;          /* whose events these are */
    struct arena *arena;     /* of the run */
};

void engine_config_defaults(struct engine_config *config);

struct notice;       /* protocol/notice.h */
struct stream_event; /* the same */
struct engine;       /* volatile: lost in a crash; what lasts is the device */

/* Borrows the device; two engines on one device are two tabs. */
struct engine *engine_create(const struct engine_config *config,
                             struct device *device);

void engine_sign_in(struct engine *engine, struct moment at);
void engine_sign_out(struct engine *engine, struct moment at);
void engine_online(struct engine *engine, struct moment at, bool online);
enum status engine_edit(struct engine *engine, struct moment at,
                        const struct edit *edit, struct err *err);
/* Start now (single-flight: joins what runs, then runs again if needed). */
void engine_push(struct engine *engine, struct moment at);
void engine_pull(struct engine *engine, struct moment at,
                 struct str collection); /* empty: all */
void engine_sync(struct engine *engine, struct moment at);

/* Timers: the next time at which engine_tick has something to do. */
int64_t engine_next_ms(const struct engine *engine); /* INT64_MAX: none */
void engine_tick(struct engine *engine, struct moment at);

/* A request that wants to leave. */
struct engine_request {
    uint32_t id; /* the engine's, for engine_receive */
    enum request_kind kind;
    struct http_request http; /* strings in the arena */
    struct str collection, since;
    const struct change *changes;
    size_t count;
};
bool engine_take(struct engine *engine, struct engine_request *out);
/* Its end; borrows all for the call. */
struct engine_reply {
    const struct ending *ending;
    const struct response *response; /* of a 2xx: its decoded body, or NULL */
    const struct err *unreadable;    /* why it could not be decoded; or NULL */
};
/* Ends of requests from before a crash are ignored. */
void engine_receive(struct engine *engine, struct moment at, uint32_t id,
                    const struct engine_reply *reply);

bool engine_busy(const struct engine *engine); /* an operation is running */

enum sync_status {
    SYNC_IDLE,
    SYNC_SYNCING,
    SYNC_SYNCED,
    SYNC_OFFLINE,
    SYNC_ERROR
};
enum sync_status engine_status(const struct engine *engine);
const char *sync_status_name(enum sync_status status);
/* Listener, told of every change of status. */
void engine_listen(struct engine *engine,
                   void (*changed)(void *context, enum sync_status status),
                   void *context);

/* How the last operation that was asked for (push, pull, sync) ended. */
struct engine_outcome {
    bool any;             /* there was one */
    bool ok;              /* every request of it got a readable 2xx */
    enum reply_kind kind; /* of the first that did not */
    int status;           /* HTTP, 0 if none */
    size_t requests;      /* how many it took */
    struct str why;       /* a sentence when not ok */
};
struct engine_outcome engine_outcome(const struct engine *engine);
bool engine_signed_in(const struct engine *engine);
bool engine_stopped_by_payment(const struct engine *engine); /* a 402 */

/* Lose everything volatile.  Until engine_restart nothing happens. */
void engine_crash(struct engine *engine);
void engine_restart(struct engine *engine, struct moment at);
bool engine_crashed(const struct engine *engine);
/* Crash by itself at the next time it comes to this point. */
enum crash_point {
    CRASH_NEVER,
    CRASH_IN_WRITE, /* inside the transaction of a local write */
    CRASH_IN_APPLY, /* half of an answer's changes are in */
    CRASH_IN_ACK    /* the 2xx of a push is here, nothing of it done yet */
};
void engine_crash_at(struct engine *engine, enum crash_point point);

/* ---- the live channel: one at a time ---- */

enum listen_mode {
    LISTEN_OFF,
    LISTEN_SOCKET,  /* /ws/{app} */
    LISTEN_UNIFIED, /* /ws, notices of all apps: v2 */
    LISTEN_STREAM   /* /sync/{app}/stream: v2 */
};
enum live_state {
    LIVE_STATE_OFF,     /* not asked for, signed out, offline, crashed */
    LIVE_STATE_OPENING, /* being opened, or being told who we are */
    LIVE_STATE_OPEN,    /* notices are heard */
    LIVE_STATE_WAITING  /* lost: opened again by and by; polling goes on */
};
/* Listen from now on whenever that is possible (or stop).  A channel that was
 * lost is opened again; after every opening everything is pulled, on a notice
 * what it names; in stream mode what comes is applied and the cursors move.
 * Where the dialect has no such channel, or the server answers the opening
 * with 404, nothing is tried again: polling remains. */
void engine_live(struct engine *engine, struct moment at,
                 enum listen_mode mode);
enum live_state engine_live_state(const struct engine *engine);
const char *live_state_name(enum live_state state); /* "off", "opening" … */
/* Why it is not open, a sentence, or empty. */
struct str engine_live_why(const struct engine *engine);

/* What the engine wants done with a channel. */
enum live_act_kind {
    LIVE_ACT_OPEN, /* a new one, of that kind, with that request */
    LIVE_ACT_SAY,  /* a text */
    LIVE_ACT_SHUT  /* end it with that code; 0: cut, nothing follows */
};
struct live_act {
    enum live_act_kind kind;
    uint32_t channel; /* the engine's number of it, from 1, never again */
    enum channel_kind channel_kind;
    struct http_request http; /* strings in the arena */
    struct str since;         /* of a stream */
    struct str text;
    int code;
};
bool engine_live_take(struct engine *engine, struct live_act *out);
/* Is an answer on it awaited: auth-ok, pong? */
bool engine_live_awaits(const struct engine *engine);

/* What came on a channel, read by the caller. */
struct live_news {
    /* A socket's message: NULL when it could not be read. */
    const struct notice *notice;
    /* A stream's event, else empty. */
    struct str event_type;
    const struct stream_event *event; /* of `changes`; NULL when unreadable */
};
/* News of channels that were given up, or from before a crash, are ignored. */
void engine_live_opened(struct engine *engine, struct moment at,
                        uint32_t channel, const struct http_reply *reply);
void engine_live_heard(struct engine *engine, struct moment at,
                       uint32_t channel, const struct live_news *news);
void engine_live_ended(struct engine *engine, struct moment at,
                       uint32_t channel, const struct channel_end *end);

#endif

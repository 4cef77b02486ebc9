/* SPDX-License-Identifier: MIT */
/* live_core - what the files of the live channels share: the channels of one
 * server, found by user and by time.  Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_LIVE_CORE_H
#define SYNCSPEC_MOCK_SERVER_LIVE_CORE_H

#include "base/intern.h"
#include "mock_server/live.h"
#include "mock_server/server_core.h"
#include "protocol/notice.h"
#include "protocol/sse.h"
#include "protocol/ws.h"

enum live_state {
    LIVE_FRESH,    /* made by server_finish, not taken yet */
    LIVE_OPEN,     /* all is as it should be */
    LIVE_CLOSING,  /* our close frame is written, the peer's is awaited */
    LIVE_DRAINING, /* the same after a broken rule: frames are not read */
    LIVE_OVER      /* nothing will be added to the output */
};

/* Owned bytes. */
struct live_name {
    char *p;
    size_t n;
};

/* Everybody who has a channel open. */
struct live_user {
    struct live_user *next; /* in its slot */
    struct live *first, *last;
    struct str name; /* behind the struct */
};

struct live_socket {
    struct ws_reader reader;
    struct buf held; /* tables that wait for a slow peer, see live_notice.c */
    uint32_t held_count;
    bool unified;
    bool device_fixed; /* by the upgrade's header */
    bool authenticated;
    bool pinged;      /* and nothing was heard since */
    int64_t heard_ms; /* the last bytes of the peer */
    int64_t asked_ms; /* our ping */
    /* Below: only for planted bugs. */
    struct buf *raw;     /* bytes of a frame that is not whole */
    uint32_t told_count; /* notices that were due */
    bool forgotten, unproven;
};

/* One collection that a stream follows. */
struct live_feed {
    struct str name;
    int64_t told_ns;  /* the last row that was delivered, or `since` */
    int64_t after_ns; /* rows up to here were looked at */
    int64_t until_ns; /* only for a planted bug: the backlog ends here */
    bool own_too;     /* a first sync, until the backlog is delivered */
    bool behind;      /* the log may hold more */
    bool is_live;     /* the backlog was delivered */
};

struct live_stream {
    struct live_feed *feeds; /* owned, with the names behind them */
    size_t count, bytes;
    int64_t spoke_ms; /* the last event */
};

struct live {
    void *context;
    uint64_t serial;
    struct live *next, **link; /* in hub->first, the newest in front */
    struct live *ready_next, *ready_prev;
    struct live_user *user; /* NULL: not known yet */
    struct live *user_next, *user_prev;
    int64_t due_ms;    /* INT64_MAX: never */
    size_t timer_at;   /* in hub->timers */
    int64_t opened_ms; /* or when it began to close */
    struct buf out;    /* the first `sent` bytes are gone */
    size_t sent;
    struct live_name app, client; /* empty: all apps, not known */
    enum live_state state;
    bool is_stream, is_ready;
    bool holds_head; /* only for a planted bug */
    union {
        struct live_socket socket;
        struct live_stream stream;
    };
};

struct live_hub {
    struct server *server;
    struct live *fresh; /* of the last server_finish */
    struct live *first; /* all that were taken */
    struct live *ready_first, *ready_last;
    struct live **timers; /* a heap by due_ms, then serial */
    size_t count, timer_cap;
    struct live_user **users; /* hash table with chains */
    size_t user_count, user_slots;
    uint64_t next_serial;
    struct arena arena;  /* of one message, one page, one commit */
    struct buf text;     /* of a message, being put together */
    int64_t clock_ms;    /* the monotonic time told last, and … */
    struct instant wall; /* … the time of day then */
    struct live_counts counts;
    /* Below: only for planted bugs. */
    struct buf gone;   /* devices that were there and left */
    struct buf wedged; /* the user of a stream that was aborted */
};

/* What a push has changed. */
struct live_commit {
    struct str user, app, client;
    struct str *tables; /* distinct, in the order of the changes */
    size_t count;
};

/* ---- live.c: channels and their output ---- */

struct live_hub *live_hub_create(struct server *server); /* or NULL */
void live_hub_free(struct live_hub *hub);
/* Forget a channel that nobody took. */
void live_drop_fresh(struct live_hub *hub);
/* A channel that waits to be taken; takes nothing, copies the strings.  NULL
 * when out of memory. */
struct live *live_create(struct live_hub *hub, bool is_stream, struct str app,
                         struct str client);
/* As far as it can be told without asking a clock. */
int64_t live_clock_ms(const struct live_hub *hub, struct instant now);
size_t live_pending(const struct live *live);
/* The output, to append to; live_wrote() afterwards. */
struct buf *live_out(struct live *live);
void live_wrote(struct live_hub *hub, struct live *live);
/* Nothing more will be said; `at_once`: what waits to be sent neither. */
void live_end(struct live_hub *hub, struct live *live, bool at_once);
/* Replace a name; false when out of memory. */
bool live_name_set(struct live_name *name, struct str text);
static inline struct str live_name_str(struct live_name name)
{
    return (struct str){name.p, name.n};
}

/* ---- live_index.c: channels by time, by user, by having output ---- */

/* Room for one channel more; false when out of memory. */
bool live_timer_room(struct live_hub *hub);
void live_timer_add(struct live_hub *hub, struct live *live);
void live_timer_remove(struct live_hub *hub, struct live *live);
void live_timer_set(struct live_hub *hub, struct live *live, int64_t due_ms);
void live_ready_add(struct live_hub *hub, struct live *live);
void live_ready_remove(struct live_hub *hub, struct live *live);
struct live_user *live_user_find(const struct live_hub *hub, struct str name);
/* Into the list of a user; false when out of memory (then it is in none). */
bool live_user_join(struct live_hub *hub, struct live *live, struct str name);
void live_user_leave(struct live_hub *hub, struct live *live);

/* ---- live_socket.c ---- */

void live_socket_begin(struct server *server,
                       const struct http_request *request,
                       struct server_job *job);
void live_socket_finish(struct server *server, struct server_job *job,
                        struct http_reply *reply);
void live_socket_start(struct live_hub *hub, struct live *live);
void live_socket_receive(struct live_hub *hub, struct live *live,
                         struct str bytes, struct instant now);
/* Write a text message. */
void live_socket_say(struct live_hub *hub, struct live *live,
                     const struct notice *notice);
/* Begin the close handshake. */
void live_socket_close(struct live_hub *hub, struct live *live, int code,
                       const char *reason);
/* When its next timer is due, and what happens then. */
int64_t live_socket_due_ms(const struct live_hub *hub, const struct live *live);
void live_socket_expire(struct live_hub *hub, struct live *live);
void live_socket_free(struct live *live);
size_t live_socket_bytes(const struct live *live);

/* ---- live_auth.c: in-band messages ---- */

/* A text message, or any binary one, of the peer. */
void live_auth_message(struct live_hub *hub, struct live *live,
                       const struct ws_event *event, struct instant now);

/* ---- live_notice.c: a commit reaches its channels ---- */

/* Rows of the job were committed: after the fact, and before the answer goes
 * out. */
void live_notice_commit(struct server *server, struct server_job *job,
                        const struct store_row *rows, size_t count,
                        struct instant now);
/* For a planted bug: sockets are told before the fact. */
void live_notice_early(struct server *server, struct server_job *job);
/* A slow peer has taken everything: tell the tables that were held back. */
void live_notice_tell_held(struct live_hub *hub, struct live *live);

/* ---- live_stream.c ---- */

void live_stream_begin(struct server *server,
                       const struct http_request *request,
                       struct server_job *job);
void live_stream_finish(struct server *server, struct server_job *job,
                        struct http_reply *reply);
void live_stream_start(struct live_hub *hub, struct live *live);
/* A collection has new rows. */
void live_stream_mark(struct live_hub *hub, struct live *live,
                      struct str table);
/* Deliver what there is, as far as the output has room. */
void live_stream_pump(struct live_hub *hub, struct live *live, int64_t now_ms);
int64_t live_stream_due_ms(const struct live_hub *hub, const struct live *live);
void live_stream_expire(struct live_hub *hub, struct live *live);

/* ---- live_bugs.c: planted ones that need more than an `if` ---- */

/* A device has left; was it here before? */
void live_bug_leave(struct live_hub *hub, const struct live *live);
bool live_bug_was_here(struct live_hub *hub, const struct live *live);
/* Feed the reader so that every fragment is a message. */
void live_bug_unjoin(struct live *live, struct str bytes);
/* The change without its stamps; in the hub's arena. */
struct str live_bug_flatten(struct live_hub *hub, struct str text);
/* Is this the first push of a user after a stream was aborted? */
bool live_bug_is_wedged(struct live_hub *hub, struct str user);

#endif

/* SPDX-License-Identifier: MIT */
/* front_core - what the files of the front share.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_FRONT_CORE_H
#define SYNCSPEC_MOCK_SERVER_FRONT_CORE_H

#include <libwebsockets.h>
#include <sys/resource.h>
#include <uv.h>

#include "base/asserts.h"
#include "mock_server/conn.h"
#include "mock_server/front.h"
#include "mock_server/front_log.h"
#include "mock_server/store.h"

#define FRONT_US_PER_S INT64_C(1000000)

/* What a connection needs as long as it speaks HTTP: its request alone is two
 * KiB. */
struct front_http {
    struct conn conn;
    struct front_conn *owner;
    lws_sorted_usec_list_t overlap;
    bool waits_for_rest; /* a request has begun to arrive */
};

/* A chunk on its way; one that is not chunked has no head and no tail. */
struct front_piece {
    char head[12]; /* hexadecimal size, CR LF */
    uint8_t head_n, head_sent;
    uint8_t tail_n; /* of the CR LF behind it, not yet sent */
    size_t left;    /* of the channel's output, not yet sent */
};

struct front_conn {
    struct front *front;
    struct lws *wsi;
    struct front_conn *next, **link; /* in front->conns */
    int64_t deadline_us;
    struct front_http *http; /* owned; NULL once it has left HTTP */

    /* Below: for a live channel. */
    struct live *live;    /* owned; NULL before, and when it is over */
    struct buf *log_line; /* owned; what the log says of its request */
    struct buf *head;     /* owned; kept back for a planted bug */
    int64_t begun_us;
    size_t bytes_in, bytes_out;
    struct front_piece piece;
    int16_t status;
    bool chunked;
    bool last_chunk; /* the one that ends the stream was begun */
    bool deaf;       /* its output is far behind: nothing is read */

    bool sending; /* not before the connection is writable */
    bool closing;
};

struct front {
    const struct front_config *config;
    struct store *store;
    struct auth *auth;
    struct front_log log;
    struct conn_world world;
    struct buf out; /* LWS_PRE bytes of room, then an answer */
    struct lws_context *context;
    uv_loop_t loop;
    bool has_loop;         /* else the library's own */
    struct rlimit old_fds; /* of the process before; zeros: not changed */
    unsigned fd_limit;
    struct front_conn *conns;
    uv_check_t after_events;      /* when has_loop */
    int64_t start_us, time_scale; /* of the channels' clock */
    lws_sorted_usec_list_t tick, live_due;
    int64_t live_due_us; /* what live_due is set to; INT64_MAX: it is not */
    int64_t keys_at_us;
    bool stopping, done;
};

struct instant front_now(void);
/* Monotonic microseconds. */
int64_t front_clock_us(void);

/* Make the answer buffer empty, with the room that the library wants. */
void front_clear_out(struct front *front);
/* Look after connections that wait too long, again and again. */
void front_tick(lws_sorted_usec_list_t *sul);
/* No new connections; those that are idle end, the others after their answer.
 * A second time: the loop ends at once. */
void front_stop(struct front *front);
/* Signals that came since; the handler only counts them. */
void front_heed_signals(struct front *front);
/* False when the connection is broken.  What the library could not send at
 * once is sent before the next writable callback. */
bool front_send(struct front_conn *c);
/* Everything was sent: end the connection so that the peer can still read it,
 * even if it is sending something that nobody wants. */
void front_linger(struct front_conn *c);
/* End it from outside of its own callback. */
void front_kill(struct front_conn *c);
/* It speaks HTTP no more. */
void front_free_http(struct front_conn *c);

/* A planted bug wants the head that is to be sent to wait for output. */
void front_live_hold_head(struct front_conn *c);
/* The answer that was sent last opened a live channel: leave HTTP. */
void front_live_open(struct front_conn *c);
void front_live_receive(struct front_conn *c, const void *p, size_t n);
/* It can be written to again.  False when the connection is broken. */
bool front_live_writable(struct front_conn *c);
/* The connection has ended, or the channel is over. */
void front_live_gone(struct front_conn *c);
/* Send what the channels have to say, and be woken when they want to: after
 * events on sockets, and at the end of a timer's work. */
void front_live_flush(struct front *front);
/* The server shuts down. */
void front_live_close_all(struct front *front);
/* Milliseconds of the channels' clock. */
int64_t front_live_ms(void *context);

/* What the library calls for every socket. */
int front_callback(struct lws *wsi, enum lws_callback_reasons reason,
                   void *user, void *in, size_t len);

#endif

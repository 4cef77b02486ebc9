/* SPDX-License-Identifier: MIT */
/* front_core - what the files of the front share.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_FRONT_CORE_H
#define SYNCSPEC_MOCK_SERVER_FRONT_CORE_H

#include <libwebsockets.h>
#include <uv.h>

#include "mock_server/conn.h"
#include "mock_server/front.h"
#include "mock_server/front_log.h"
#include "mock_server/store.h"

#define FRONT_US_PER_S INT64_C(1000000)

struct front_conn {
    struct conn conn;
    struct front *front;
    struct lws *wsi;
    struct front_conn *next, **link; /* in front->conns */
    lws_sorted_usec_list_t overlap;
    int64_t deadline_us;
    bool waits_for_rest; /* a request has begun to arrive */
    bool sending, closing;
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
    bool has_loop; /* else the library's own */
    struct front_conn *conns;
    lws_sorted_usec_list_t tick;
    int64_t keys_at_us;
    bool stopping, done;
};

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
/* What the library calls for every socket. */
int front_callback(struct lws *wsi, enum lws_callback_reasons reason,
                   void *user, void *in, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* front_conn - the front's connections on the socket library.
 * Layer: mock_server. */
#include <stdlib.h>
#include <sys/socket.h>

#include "mock_server/front_core.h"

enum {
    REQUEST_WAIT_S = 30, /* for a head, and for the next bytes of a body */
    IDLE_WAIT_S = 75,
    LINGER_S = 2,      /* for a peer to read the last answer */
    SHUTDOWN_S = 5,    /* for requests that are half here */
    GRACE_US = 200000, /* for requests that were sent and not yet read */
    TICK_US = 250000,
    KEEP_OUT_BYTES = 4 << 20
};

void front_clear_out(struct front *front)
{
    static const char room[LWS_PRE];

    if (front->out.cap > KEEP_OUT_BYTES) {
        buf_free(&front->out);
    }
    buf_clear(&front->out);
    buf_put(&front->out, room, sizeof(room));
}

bool front_send(struct front_conn *c)
{
    struct buf *out = &c->front->out;
    size_t n = out->n - LWS_PRE;
    bool good = true;

    if (n > 0) {
        good =
            !out->failed && lws_write(c->wsi, (unsigned char *)out->p + LWS_PRE,
                                      n, LWS_WRITE_RAW) >= (int)n;
        front_clear_out(c->front);
    }
    if (good && lws_partial_buffered(c->wsi)) {
        c->sending = true;
        lws_callback_on_writable(c->wsi);
    }
    return good;
}

void front_linger(struct front_conn *c)
{
    c->closing = true;
    shutdown(lws_get_socket_fd(c->wsi), SHUT_WR);
    c->deadline_us = front_clock_us() + LINGER_S * FRONT_US_PER_S;
    lws_rx_flow_control(c->wsi, 1);
}

static void front_overlap_over(lws_sorted_usec_list_t *sul);

/* Do what the connection wants until it waits; false when it is broken. */
static bool front_do(struct front_conn *c, enum conn_want want)
{
    struct front *front = c->front;

    for (;;) {
        c->closing = want == CONN_WANT_CLOSE;
        if (want == CONN_WANT_LIVE && live_holds_head(c->http->conn.live)) {
            front_live_hold_head(c);
        }
        if (!front_send(c)) {
            return false;
        }
        if (want == CONN_WANT_INPUT) {
            return true;
        }
        if (want == CONN_WANT_LIVE) {
            front_live_open(c);
            return true;
        }
        if (want == CONN_WANT_FINISH) {
            lws_rx_flow_control(c->wsi, 0);
            lws_sul_schedule(
                front->context, 0, &c->http->overlap, front_overlap_over,
                server_overlap_ms(front->world.server, c->http->conn.job) *
                    1000);
            return true;
        }
        if (c->sending) {
            lws_rx_flow_control(c->wsi, 0);
            return true;
        }
        if (want == CONN_WANT_CLOSE) {
            front_linger(c);
            return true;
        }
        want = conn_go_on(&c->http->conn, &front->world);
    }
}

/* With a peer that has a request half here, or an answer half there. */
static int64_t front_patience_us(const struct front *front, bool busy)
{
    if (front->stopping) {
        return busy ? SHUTDOWN_S * FRONT_US_PER_S : GRACE_US;
    }
    return (busy ? REQUEST_WAIT_S : IDLE_WAIT_S) * FRONT_US_PER_S;
}

/* How long may the peer be silent now? */
static void front_set_deadline(struct front_conn *c)
{
    struct front_http *http = c->http;

    if (!http || c->closing || http->conn.ended) {
        return;
    }
    bool waits = conn_is_busy(&http->conn);
    bool begins = waits && !http->waits_for_rest;
    bool body = http->conn.in.phase != PHASE_HEAD;

    http->waits_for_rest = waits;
    if (!waits || begins || body) {
        c->deadline_us =
            front_clock_us() + front_patience_us(c->front, waits || c->sending);
    }
}

void front_kill(struct front_conn *c)
{
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void front_overlap_over(lws_sorted_usec_list_t *sul)
{
    struct front_http *http = lws_container_of(sul, struct front_http, overlap);
    struct front_conn *c = http->owner;
    struct front *front = c->front;

    if (!front_do(c, conn_finish(&http->conn, &front->world))) {
        front_kill(c);
    } else {
        if (!c->http || (!c->sending && !c->http->conn.job)) {
            lws_rx_flow_control(c->wsi, 1);
        }
        front_set_deadline(c);
    }
    front_live_flush(front);
}

/* False when out of memory. */
static bool front_open_conn(struct front *front, struct front_conn *c,
                            struct lws *wsi)
{
    struct front_http *http = calloc(1, sizeof(*http));

    if (!http) {
        return false;
    }
    *c = (struct front_conn){.front = front, .wsi = wsi, .http = http};
    http->owner = c;
    conn_init(&http->conn, front->world.body_limit);
    c->next = front->conns;
    c->link = &front->conns;
    if (c->next) {
        c->next->link = &c->next;
    }
    front->conns = c;
    front_set_deadline(c);
    return true;
}

void front_free_http(struct front_conn *c)
{
    if (c->http) {
        lws_sul_cancel(&c->http->overlap);
        conn_free(&c->http->conn, &c->front->world);
        free(c->http);
        c->http = NULL;
    }
}

static void front_close_conn(struct front_conn *c)
{
    front_free_http(c);
    front_live_gone(c);
    *c->link = c->next;
    if (c->next) {
        c->next->link = c->link;
    }
    c->front = NULL;
}

static bool front_receive(struct front_conn *c, const void *p, size_t n)
{
    bool good = true;

    if (c->http) {
        good =
            front_do(c, conn_receive(&c->http->conn, &c->front->world, p, n));
        front_set_deadline(c);
    } else if (c->live) {
        front_live_receive(c, p, n);
    }
    return good;
}

static bool front_writable(struct front_conn *c)
{
    if (!c->sending) {
        return true;
    }
    if (lws_partial_buffered(c->wsi)) {
        if (!c->live) {
            c->deadline_us = front_clock_us() + REQUEST_WAIT_S * FRONT_US_PER_S;
        }
        lws_callback_on_writable(c->wsi);
        return true;
    }
    c->sending = false;
    if (!c->http) {
        return front_live_writable(c);
    }
    if (c->closing) {
        front_linger(c);
        return true;
    }
    lws_rx_flow_control(c->wsi, 1);
    if (!front_do(c, conn_go_on(&c->http->conn, &c->front->world))) {
        return false;
    }
    front_set_deadline(c);
    return true;
}

/* ---- the end ---- */

static void front_end(struct front *front)
{
    /* Once only: a stop asked for outside of the loop would cut short the
     * turns that it needs to close. */
    if (!front->done && front->has_loop) {
        uv_stop(&front->loop);
    }
    front->done = true;
}

void front_stop(struct front *front)
{
    if (front->stopping) {
        front_end(front);
        return;
    }
    front->stopping = front->world.closing = true;
    front_live_close_all(front);
    for (struct front_conn *c = front->conns; c; c = c->next) {
        bool busy =
            c->live || c->sending || (c->http && conn_is_busy(&c->http->conn));
        int64_t latest_us = front_clock_us() + front_patience_us(front, busy);

        if (c->deadline_us > latest_us) {
            c->deadline_us = latest_us;
        }
    }
    if (!front->conns) {
        front_end(front);
    }
}

/* ---- the library's callbacks ---- */

void front_tick(lws_sorted_usec_list_t *sul)
{
    struct front *front = lws_container_of(sul, struct front, tick);
    int64_t now_us = front_clock_us();

    for (struct front_conn *c = front->conns; c; c = c->next) {
        struct front_http *http = c->http;

        if (now_us < c->deadline_us || (http && http->conn.job)) {
            continue;
        }
        c->deadline_us = now_us + LINGER_S * FRONT_US_PER_S;
        if (http && http->waits_for_rest && !c->closing && !c->sending &&
            front_do(c, conn_time_out(&http->conn, &front->world))) {
            continue;
        }
        front_kill(c);
    }
    front_log_flush(&front->log);
    lws_sul_schedule(front->context, 0, &front->tick, front_tick, TICK_US);
}

int front_callback(struct lws *wsi, enum lws_callback_reasons reason,
                   void *user, void *in, size_t len)
{
    struct front *front = lws_context_user(lws_get_context(wsi));
    struct front_conn *c = user;
    bool good = true;

    /* The library has some seventy reasons; these concern us. */
    if (reason == LWS_CALLBACK_FILTER_NETWORK_CONNECTION) {
        return front->stopping;
    }
    if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
        front_heed_signals(front);
    } else if (reason == LWS_CALLBACK_RAW_ADOPT) {
        good = front_open_conn(front, c, wsi);
    } else if (reason == LWS_CALLBACK_RAW_RX && c->front) {
        good = front_receive(c, in, len);
    } else if (reason == LWS_CALLBACK_RAW_WRITEABLE && c->front) {
        good = front_writable(c);
    } else if (reason == LWS_CALLBACK_RAW_CLOSE && c && c->front) {
        front_close_conn(c);
        if (front->stopping && !front->conns) {
            front_end(front);
        }
    }
    return good ? 0 : -1;
}

/* SPDX-License-Identifier: MIT */
/* front_conn - the front's connections on the socket library.
 * Layer: mock_server. */
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

/* False when the connection is broken. */
static bool front_send(struct front_conn *c)
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
    return good;
}

/* Everything was sent: end the connection so that the peer can still read it,
 * even if it is sending something that nobody wants. */
static void front_linger(struct front_conn *c)
{
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
        if (!front_send(c)) {
            return false;
        }
        if (want == CONN_WANT_INPUT) {
            return true;
        }
        if (want == CONN_WANT_FINISH) {
            lws_rx_flow_control(c->wsi, 0);
            lws_sul_schedule(front->context, 0, &c->overlap, front_overlap_over,
                             server_overlap_ms(front->world.server) * 1000);
            return true;
        }
        if (lws_partial_buffered(c->wsi)) {
            c->sending = true;
            lws_rx_flow_control(c->wsi, 0);
            lws_callback_on_writable(c->wsi);
            return true;
        }
        if (want == CONN_WANT_CLOSE) {
            front_linger(c);
            return true;
        }
        want = conn_go_on(&c->conn, &front->world);
    }
}

/* How long may the peer be silent now? */
static void front_set_deadline(struct front_conn *c)
{
    bool waits = conn_is_busy(&c->conn);
    bool begins = waits && !c->waits_for_rest;
    bool body = c->conn.in.phase != PHASE_HEAD;

    if (c->closing || c->conn.ended) {
        return;
    }
    c->waits_for_rest = waits;
    if (!waits || begins || body) {
        int64_t wait_s = c->front->stopping ? SHUTDOWN_S
                         : waits            ? REQUEST_WAIT_S
                                            : IDLE_WAIT_S;

        c->deadline_us = front_clock_us() + wait_s * FRONT_US_PER_S;
    }
}

static void front_kill(struct front_conn *c)
{
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void front_overlap_over(lws_sorted_usec_list_t *sul)
{
    struct front_conn *c = lws_container_of(sul, struct front_conn, overlap);

    if (!front_do(c, conn_finish(&c->conn, &c->front->world))) {
        front_kill(c);
        return;
    }
    if (!c->sending && !c->conn.job) {
        lws_rx_flow_control(c->wsi, 1);
    }
    front_set_deadline(c);
}

static void front_open_conn(struct front *front, struct front_conn *c,
                            struct lws *wsi)
{
    *c = (struct front_conn){.front = front, .wsi = wsi};
    conn_init(&c->conn, front->world.body_limit);
    c->next = front->conns;
    c->link = &front->conns;
    if (c->next) {
        c->next->link = &c->next;
    }
    front->conns = c;
    front_set_deadline(c);
}

static void front_close_conn(struct front_conn *c)
{
    lws_sul_cancel(&c->overlap);
    conn_free(&c->conn, &c->front->world);
    *c->link = c->next;
    if (c->next) {
        c->next->link = c->link;
    }
    c->front = NULL;
}

static bool front_writable(struct front_conn *c)
{
    if (!c->sending) {
        return true;
    }
    if (lws_partial_buffered(c->wsi)) {
        c->deadline_us = front_clock_us() + REQUEST_WAIT_S * FRONT_US_PER_S;
        lws_callback_on_writable(c->wsi);
        return true;
    }
    c->sending = false;
    if (c->closing) {
        front_linger(c);
        return true;
    }
    lws_rx_flow_control(c->wsi, 1);
    if (!front_do(c, conn_go_on(&c->conn, &c->front->world))) {
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
    for (struct front_conn *c = front->conns; c; c = c->next) {
        bool busy = conn_is_busy(&c->conn) || c->sending;
        int64_t latest_us =
            front_clock_us() + (busy ? SHUTDOWN_S * FRONT_US_PER_S : GRACE_US);

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
        if (now_us < c->deadline_us || c->conn.job) {
            continue;
        }
        c->deadline_us = now_us + LINGER_S * FRONT_US_PER_S;
        if (c->waits_for_rest && !c->closing && !c->sending &&
            front_do(c, conn_time_out(&c->conn, &front->world))) {
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
        front_open_conn(front, c, wsi);
    } else if (reason == LWS_CALLBACK_RAW_RX && c->front) {
        good = front_do(c, conn_receive(&c->conn, &front->world, in, len));
        front_set_deadline(c);
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

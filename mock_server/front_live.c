/* SPDX-License-Identifier: MIT */
/* front_live - connections that have left HTTP: sockets and streams.  What they
 * say goes to the kernel and not through the library, which would keep what
 * does not fit; so the channel knows what its reader took.
 * Layer: mock_server. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mock_server/front_core.h"

enum {
    PIECE_MAX = 65536,   /* of one chunk, and of one write */
    TURN_BYTES = 262144, /* of one connection before others have their turn */
    DEAF_BYTES = 2 * LIVE_PENDING_BYTES,
    LAST_WAIT_S = 30, /* for a reader to take what is left at the end */
    GOODBYE_S = 2,    /* the same when the server shuts down */
    LINE_MAX_BYTES = 1 << 20
};

int64_t front_live_ms(void *context)
{
    const struct front *front = context;

    return (front_clock_us() - front->start_us) * front->time_scale / 1000;
}

/* ---- beginning and end ---- */

static struct buf *front_live_buf(void)
{
    struct buf *buf = malloc(sizeof(*buf));

    if (buf) {
        buf_init(buf, LINE_MAX_BYTES);
    }
    return buf;
}

static void front_live_free_buf(struct buf **buf)
{
    if (*buf) {
        buf_free(*buf);
        free(*buf);
        *buf = NULL;
    }
}

static void front_live_log(struct front_conn *c)
{
    struct front_log_entry entry = {.time = front_now(),
                                    .status = c->status,
                                    .bytes_in = c->bytes_in,
                                    .bytes_out = c->bytes_out,
                                    .took_us = front_clock_us() - c->begun_us};

    if (c->log_line) {
        front_log_write_kept(&c->front->log, c->log_line, &entry);
        front_live_free_buf(&c->log_line);
    }
}

void front_live_gone(struct front_conn *c)
{
    if (c->live) {
        server_live_gone(c->front->world.server, c->live);
        c->live = NULL;
        front_live_log(c);
        front_live_free_buf(&c->head);
    }
}

/* What the log will say: nothing when there is no memory for it. */
static void front_live_keep_line(struct front_conn *c)
{
    if (c->front->log.file) {
        c->log_line = front_live_buf();
    }
    if (c->log_line) {
        front_log_keep(&c->front->log, &c->http->conn.in.request, c->log_line);
    }
}

void front_live_open(struct front_conn *c)
{
    struct conn *conn = &c->http->conn;
    struct str rest;

    front_live_keep_line(c);
    c->begun_us = conn->begun_us;
    c->status = (int16_t)conn->live_status;
    c->chunked = conn->live_chunked;
    c->bytes_out = conn->live_head_bytes;
    c->deadline_us = INT64_MAX;
    c->live = conn_leave(conn, &rest);
    live_set_context(c->live, c);
    if (rest.n) {
        front_live_receive(c, rest.p, rest.n);
    }
    front_free_http(c);
    if (c->front->stopping) {
        front_live_close_all(c->front);
    }
}

void front_live_close_all(struct front *front)
{
    server_live_close_all(front->world.server, front_live_ms(front));
    for (struct front_conn *c = front->conns; c; c = c->next) {
        if (c->live) {
            c->deadline_us = front_clock_us() + GOODBYE_S * FRONT_US_PER_S;
        }
    }
}

void front_live_receive(struct front_conn *c, const void *p, size_t n)
{
    struct conn_world *world = &c->front->world;

    c->bytes_in += n;
    server_live_receive(world->server, c->live, (struct str){p, n},
                        world->now(), front_live_ms(c->front));
    if (world->refresh_keys) {
        /* Too late for a socket that named an unknown key, in time for its
         * next try. */
        world->refresh_keys(world->context);
    }
}

/* ---- sending ---- */

void front_live_hold_head(struct front_conn *c)
{
    struct buf *out = &c->front->out;

    c->head = front_live_buf();
    if (c->head) {
        buf_put(c->head, out->p + LWS_PRE, out->n - LWS_PRE);
        front_clear_out(c->front);
    }
}

/* The head that was kept back goes before the first output. */
static bool front_live_send_head(struct front_conn *c)
{
    bool good = true;

    if (c->head && (live_output(c->live).n || live_is_over(c->live))) {
        buf_str(&c->front->out, buf_view(c->head));
        front_live_free_buf(&c->head);
        good = front_send(c);
    }
    return good;
}

/* Begin the next piece of what the channel has to say; false: there is none. */
static bool front_live_begin_piece(struct front_conn *c)
{
    struct front_piece *piece = &c->piece;
    size_t n = live_output(c->live).n;
    bool last = n == 0 && live_is_over(c->live) && c->chunked && !c->last_chunk;

    if (n == 0 && !last) {
        return false;
    }
    *piece = (struct front_piece){.left = n < PIECE_MAX ? n : PIECE_MAX};
    if (c->chunked) {
        int head =
            snprintf(piece->head, sizeof(piece->head), "%zx\r\n", piece->left);

        piece->head_n = (uint8_t)head;
        piece->tail_n = 2;
        c->last_chunk = last;
    }
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The kernel took n bytes of the piece. */
static void front_live_took(struct front_conn *c, size_t n)
{
    struct front_piece *piece = &c->piece;
    size_t head = least(n, (size_t)piece->head_n - piece->head_sent);
    size_t data = least(n - head, piece->left);

    c->bytes_out += n;
    piece->head_sent += (uint8_t)head;
    piece->left -= data;
    piece->tail_n -= (uint8_t)(n - head - data);
    if (data > 0) {
        live_sent(c->front->world.server, c->live, data);
    }
}

/* Write what is left of the piece: bytes that went, -1 with errno.  A channel
 * that forgot its output in the middle of a piece is cut off. */
static ssize_t front_live_write(struct front_conn *c)
{
    static char line_end[] = "\r\n";
    int fd = lws_get_socket_fd(c->wsi);
    struct front_piece *piece = &c->piece;
    struct str out = live_output(c->live);
    struct iovec parts[] = {
        {piece->head + piece->head_sent, piece->head_n - piece->head_sent},
        {(void *)(uintptr_t)out.p, piece->left},
        {line_end + sizeof(line_end) - 1 - piece->tail_n, piece->tail_n}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};

    if (out.n < piece->left) {
        errno = ECONNABORTED;
        return -1;
    }
    return c->chunked
               ? sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT)
               : send(fd, out.p, piece->left, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool front_piece_is_done(const struct front_piece *piece)
{
    return piece->head_sent == piece->head_n && piece->left == 0 &&
           piece->tail_n == 0;
}

static void front_live_wait(struct front_conn *c)
{
    c->sending = true;
    lws_callback_on_writable(c->wsi);
}

/* Send until the connection takes no more, or it is the turn of others; false
 * when it is broken. */
static bool front_live_send(struct front_conn *c)
{
    size_t turn = 0;

    while (!front_piece_is_done(&c->piece) || front_live_begin_piece(c)) {
        ssize_t n;

        if (turn >= TURN_BYTES) {
            front_live_wait(c);
            return true;
        }
        n = front_live_write(c);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            front_live_wait(c);
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            turn += (size_t)n;
            front_live_took(c, (size_t)n);
        }
    }
    return true;
}

/* A peer that asks on and on and reads no answer is not read either. */
static void front_live_listen(struct front_conn *c)
{
    bool deaf = live_output(c->live).n > DEAF_BYTES;

    if (deaf != c->deaf) {
        c->deaf = deaf;
        lws_rx_flow_control(c->wsi, !deaf);
    }
}

/* Has all been sent that will ever be? */
static bool front_live_is_done(const struct front_conn *c)
{
    return live_is_over(c->live) && live_output(c->live).n == 0 &&
           front_piece_is_done(&c->piece) && (c->last_chunk || !c->chunked) &&
           !lws_partial_buffered(c->wsi);
}

/* Send, and end what is over; false when the connection is broken. */
static bool front_live_go_on(struct front_conn *c)
{
    bool cut = live_output(c->live).n < c->piece.left;

    if (cut || !front_live_send_head(c) ||
        (!c->sending && !front_live_send(c))) {
        front_live_gone(c);
        return false;
    }
    front_live_listen(c);
    if (front_live_is_done(c)) {
        front_live_gone(c);
        front_linger(c);
    } else if (live_is_over(c->live) && c->deadline_us == INT64_MAX) {
        c->deadline_us = front_clock_us() + LAST_WAIT_S * FRONT_US_PER_S;
    }
    return true;
}

bool front_live_writable(struct front_conn *c)
{
    return !c->live || front_live_go_on(c);
}

/* ---- turns ---- */

static void front_live_due(lws_sorted_usec_list_t *sul)
{
    struct front *front = lws_container_of(sul, struct front, live_due);

    front->live_due_us = INT64_MAX;
    server_live_tick(front->world.server, front_now(), front_live_ms(front));
    front_live_flush(front);
}

static void front_live_set_due(struct front *front)
{
    int64_t due_ms = server_live_due_ms(front->world.server);
    int64_t due_us = INT64_MAX, now_us, after_us;

    if (due_ms < INT64_MAX / 1000) {
        due_us = front->start_us + due_ms * 1000 / front->time_scale;
    }
    if (due_us == front->live_due_us) {
        return;
    }
    front->live_due_us = due_us;
    if (due_us == INT64_MAX) {
        lws_sul_cancel(&front->live_due);
        return;
    }
    now_us = front_clock_us();
    /* Rounded up: a call that is too early would be one of many. */
    after_us = due_us > now_us ? due_us - now_us + 1000 : 1;
    lws_sul_schedule(front->context, 0, &front->live_due, front_live_due,
                     after_us);
}

void front_live_flush(struct front *front)
{
    struct live *live;

    if (front->done) {
        return;
    }
    while ((live = server_live_next(front->world.server)) != NULL) {
        struct front_conn *c = live_context(live);

        if (!front_live_go_on(c)) {
            front_kill(c);
        }
    }
    front_live_set_due(front);
}

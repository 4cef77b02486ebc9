/* SPDX-License-Identifier: MIT */
/* conn - one connection of the front.  Layer: mock_server. */
#include "mock_server/conn.h"

#include <stdio.h>
#include <string.h>

#include "base/asserts.h"

void conn_init(struct conn *conn, size_t body_limit)
{
    *conn = (struct conn){0};
    http_in_init(&conn->in, body_limit);
}

void conn_free(struct conn *conn, struct conn_world *world)
{
    if (conn->job) {
        server_abandon(world->server, conn->job);
        conn->job = NULL;
    }
    if (conn->live) {
        server_live_gone(world->server, conn->live);
        conn->live = NULL;
    }
    http_in_free(&conn->in);
}

bool conn_is_busy(const struct conn *conn)
{
    return !conn->ended && (conn->job || http_in_begun(&conn->in));
}

/* ---- answers ---- */

/* RFC 9110's date, spelled anew only when the second changes. */
static const char *conn_date(struct conn_world *world)
{
    static const char days[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct instant now = world->now();
    char text[INSTANT_TEXT_MAX];

    if (now.s == world->date_s && world->date[0]) {
        return world->date;
    }
    /* "2026-03-27T10:05:00.000Z" */
    instant_write_ms(now, text);
    int64_t day = (now.s >= 0 ? now.s : 0) / 86400;
    int month = (text[5] - '0') * 10 + text[6] - '0';

    snprintf(world->date, sizeof(world->date), "%.3s, %.2s %.3s %.4s %.8s GMT",
             days + day % 7 * 3, text + 8, months + (month - 1) * 3, text,
             text + 11);
    world->date_s = now.s;
    return world->date;
}

static void conn_put_header(struct buf *out, struct str name, struct str value)
{
    buf_str(out, name);
    buf_puts(out, ": ");
    buf_str(out, value);
    buf_puts(out, "\r\n");
}

static void conn_put_number(struct buf *out, const char *name, size_t value)
{
    char digits[24], *p = digits + sizeof(digits);

    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_puts(out, name);
    buf_put(out, p, (size_t)(digits + sizeof(digits) - p));
}

static void conn_write_head(struct conn_world *world,
                            const struct http_reply *reply)
{
    struct buf *out = world->out;

    conn_put_number(out, "HTTP/1.1 ", (size_t)reply->status);
    buf_putc(out, ' ');
    buf_puts(out, http_reason(reply->status));
    buf_puts(out, "\r\nDate: ");
    buf_puts(out, conn_date(world));
    buf_puts(out, "\r\n");
    for (size_t i = 0; i < reply->header_count; i++) {
        conn_put_header(out, reply->headers[i].name, reply->headers[i].value);
    }
}

static void conn_write(struct conn_world *world, const struct http_reply *reply,
                       bool keep_alive, bool without_body)
{
    struct buf *out = world->out;

    conn_write_head(world, reply);
    if (reply->status != 204) {
        conn_put_number(out, "Content-Length: ", reply->body.n);
        buf_puts(out, "\r\n");
    }
    if (!keep_alive) {
        buf_puts(out, "Connection: close\r\n");
    }
    buf_puts(out, "\r\n");
    if (!without_body) {
        buf_str(out, reply->body);
    }
}

static enum conn_want conn_answer(struct conn *conn, struct conn_world *world,
                                  const struct http_reply *reply)
{
    const struct http_request *request = &conn->in.request;
    bool keep_alive = conn->in.keep_alive && !world->closing;
    size_t before = world->out->n;

    conn_write(world, reply, keep_alive, str_is(request->method, "HEAD"));
    if (world->answered) {
        world->answered(world->context, request, reply->status,
                        world->out->n - before,
                        world->clock_us() - conn->begun_us);
    }
    if (!keep_alive || world->out->failed) {
        conn->ended = true;
        return CONN_WANT_CLOSE;
    }
    http_in_next(&conn->in);
    return CONN_WANT_OUTPUT;
}

/* The answer is the beginning of a live channel.  The connection ends with it,
 * and a stream says so. */
static enum conn_want conn_open_live(struct conn *conn,
                                     struct conn_world *world,
                                     const struct http_reply *reply)
{
    bool stream = live_is_stream(conn->live);
    size_t before = world->out->n;

    conn->ended = true;
    conn->live_status = reply->status;
    conn->live_chunked = stream && !conn->in.is_1_0;
    conn_write_head(world, reply);
    if (conn->live_chunked) {
        buf_puts(world->out, "Transfer-Encoding: chunked\r\n");
    }
    buf_puts(world->out, stream ? "Connection: close\r\n\r\n" : "\r\n");
    conn->live_head_bytes = world->out->n - before;
    return world->out->failed ? CONN_WANT_CLOSE : CONN_WANT_LIVE;
}

struct live *conn_leave(struct conn *conn, struct str *rest)
{
    struct live *live = conn->live;

    ASSERT(live);
    conn->live = NULL;
    *rest = http_in_rest(&conn->in);
    return live;
}

/* A request that is not HTTP: the core has no say in it. */
static enum conn_want conn_refuse(struct conn *conn, struct conn_world *world)
{
    struct http_reply reply = {.status = conn->in.bad_status};
    char body[256];
    int n =
        snprintf(body, sizeof(body), "{\"error\":\"%s\",\"message\":\"%s\"}",
                 conn->in.bad_code, conn->in.bad_text);

    http_reply_header(&reply, STR("Content-Type"), STR("application/json"));
    reply.body = (struct str){body, (size_t)n};
    conn->begun_us = world->clock_us();
    conn->in.keep_alive = false;
    return conn_answer(conn, world, &reply);
}

/* ---- requests ---- */

static enum conn_want conn_reply(struct conn *conn, struct conn_world *world)
{
    struct http_reply reply;
    struct server_job *job = conn->job;

    ASSERT(job);
    conn->job = NULL;
    server_finish(world->server, job, world->now(), &reply);
    conn->live =
        server_live_take(world->server, world->live_ms(world->context));
    return conn->live ? conn_open_live(conn, world, &reply)
                      : conn_answer(conn, world, &reply);
}

enum conn_want conn_finish(struct conn *conn, struct conn_world *world)
{
    /* Bytes that came in between may have moved what the request points to. */
    enum http_in_result result = http_in_step(&conn->in);

    ASSERT(result == HTTP_IN_READY);
    return conn_reply(conn, world);
}

enum conn_want conn_time_out(struct conn *conn, struct conn_world *world)
{
    if (conn->ended || conn->job) {
        return CONN_WANT_INPUT;
    }
    conn->in.request = (struct http_request){0};
    conn->in.bad_status = 408;
    conn->in.bad_code = "timeout";
    conn->in.bad_text = "the request did not arrive in time";
    return conn_refuse(conn, world);
}

static enum conn_want conn_begin(struct conn *conn, struct conn_world *world)
{
    const struct http_request *request = &conn->in.request;

    conn->begun_us = world->clock_us();
    conn->job = server_begin(world->server, request, world->now());
    if (world->refresh_keys && world->refresh_keys(world->context)) {
        server_abandon(world->server, conn->job);
        conn->job = server_begin(world->server, request, world->now());
    }
    if (server_overlap_ms(world->server, conn->job) > 0) {
        return CONN_WANT_FINISH;
    }
    return conn_reply(conn, world);
}

enum conn_want conn_go_on(struct conn *conn, struct conn_world *world)
{
    if (conn->ended || conn->job) {
        return CONN_WANT_INPUT;
    }
    switch (http_in_step(&conn->in)) {
    case HTTP_IN_READY:
        return conn_begin(conn, world);
    case HTTP_IN_BAD:
        return conn_refuse(conn, world);
    case HTTP_IN_MORE:
        break;
    }
    if (http_in_wants_continue(&conn->in)) {
        buf_puts(world->out, "HTTP/1.1 100 Continue\r\n\r\n");
        return CONN_WANT_OUTPUT;
    }
    return CONN_WANT_INPUT;
}

enum conn_want conn_receive(struct conn *conn, struct conn_world *world,
                            const void *p, size_t n)
{
    if (conn->ended) {
        return CONN_WANT_INPUT;
    }
    if (!http_in_feed(&conn->in, p, n)) {
        conn->ended = true;
        return CONN_WANT_CLOSE;
    }
    return conn_go_on(conn, world);
}

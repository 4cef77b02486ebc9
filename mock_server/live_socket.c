/* SPDX-License-Identifier: MIT */
/* live_socket - a WebSocket of the bundled server: the upgrade, frames, the
 * close handshake, its timers.  Layer: mock_server. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "mock_server/merging.h"

/* ---- the upgrade ---- */

static bool token_is(struct str token, const char *wanted)
{
    while (token.n && (token.p[0] == ' ' || token.p[0] == '\t')) {
        token = str_skip(token, 1);
    }
    while (token.n &&
           (token.p[token.n - 1] == ' ' || token.p[token.n - 1] == '\t')) {
        token.n--;
    }
    struct http_header header = {token, STR("")};

    return http_header_find(&header, 1, wanted).p != NULL;
}

/* Is the word in a header that lists words, in any of its lines? */
static bool header_lists(const struct http_request *request, const char *name,
                         const char *word)
{
    for (size_t i = 0; i < request->header_count; i++) {
        struct str rest = http_header_find(&request->headers[i], 1, name);

        while (rest.n) {
            size_t end = str_find(rest, ',');

            if (token_is(str_take(rest, end), word)) {
                return true;
            }
            rest = str_skip(rest, end + 1);
        }
    }
    return false;
}

static struct str header_of(const struct http_request *request,
                            const char *name)
{
    return http_header_find(request->headers, request->header_count, name);
}

static void socket_check_device(struct server_job *job, const char *what)
{
    if (job->client.n > LIMIT_NAME_BYTES) {
        reply_refuse(job, 400, "bad_client_id", "%s has over %d bytes", what,
                     LIMIT_NAME_BYTES);
    } else if (utf8_bad_at(job->client) < job->client.n) {
        reply_refuse(job, 400, "bad_client_id", "%s is not UTF-8", what);
    }
}

/* The header wins over a later auth message, which wins over the query. */
static void socket_device(const struct server *server,
                          const struct http_request *request,
                          struct server_job *job)
{
    const struct dialect *dialect = server->config.dialect;
    struct str name = dialect_name(dialect, NAME_HEADER_CLIENT_ID);
    struct str header = header_of(request, name.p);

    if (header.n) {
        job->client = arena_str(&job->arena, header);
        job->device_fixed = true;
        socket_check_device(job, name.p);
    } else if (http_query_find(request->target,
                               dialect_name(dialect, NAME_QUERY_CLIENT_ID).p,
                               &job->arena, &job->client)) {
        socket_check_device(job, "the query's clientId");
    }
}

void live_socket_begin(struct server *server,
                       const struct http_request *request,
                       struct server_job *job)
{
    struct str key = header_of(request, "sec-websocket-key");

    job->upgrade = true;
    if (!header_lists(request, "upgrade", "websocket") ||
        !header_lists(request, "connection", "upgrade")) {
        reply_refuse(job, 426, "upgrade_required",
                     "this path is a WebSocket's: Upgrade: websocket and "
                     "Connection: Upgrade are missing");
    } else if (!str_is(header_of(request, "sec-websocket-version"), "13")) {
        reply_refuse(job, 426, "bad_version",
                     "Sec-WebSocket-Version must be 13");
    } else if (!ws_key_is_valid(key)) {
        reply_refuse(job, 400, "bad_key",
                     "Sec-WebSocket-Key is not base64 of 16 bytes");
    } else {
        job->key = arena_str(&job->arena, key);
        socket_device(server, request, job);
    }
    if (bug_on(&server->config.bugs, BUG_CROSS_APP_LEAK) && job->app.n) {
        job->app = STR("every app");
    }
}

void live_socket_finish(struct server *server, struct server_job *job,
                        struct http_reply *reply)
{
    struct live_hub *hub = server->live;
    struct live *live = live_create(hub, false, job->app, job->client);
    char *accept = arena_must(&job->arena, WS_ACCEPT_BYTES, 1);

    if (!live) {
        reply_refuse(job, 503, "out_of_memory", "no memory for a socket");
        return;
    }
    live->socket.unified = job->app.n == 0;
    live->socket.device_fixed = job->device_fixed;
    hub->fresh = live;
    ws_accept_key(job->key, accept);
    reply->status = 101;
    http_reply_header(reply, STR("Upgrade"), STR("websocket"));
    http_reply_header(reply, STR("Connection"), STR("Upgrade"));
    http_reply_header(reply, STR("Sec-WebSocket-Accept"),
                      (struct str){accept, WS_ACCEPT_BYTES});
}

void live_socket_start(struct live_hub *hub, struct live *live)
{
    live->socket.heard_ms = hub->clock_ms;
    if (bug_on(&hub->server->config.bugs, BUG_SOCKET_CLOSES_AFTER_UPGRADE)) {
        live_end(hub, live, true);
    }
}

void live_socket_free(struct live *live)
{
    ws_reader_free(&live->socket.reader);
    buf_free(&live->socket.held);
    if (live->socket.raw) {
        buf_free(live->socket.raw);
        free(live->socket.raw);
    }
}

size_t live_socket_bytes(const struct live *live)
{
    const struct live_socket *socket = &live->socket;

    return socket->reader.bytes.cap + socket->reader.message.cap +
           socket->held.cap +
           (socket->raw ? sizeof(*socket->raw) + socket->raw->cap : 0);
}

/* ---- what is said ---- */

void live_socket_close(struct live_hub *hub, struct live *live, int code,
                       const char *reason)
{
    if (live->state != LIVE_OPEN) {
        return;
    }
    live->state = LIVE_CLOSING;
    live->opened_ms = hub->clock_ms;
    buf_clear(&live->socket.held);
    live->socket.held_count = 0;
    ws_close_write(live_out(live), code, str_of(reason), NULL);
    live_wrote(hub, live);
}

static void socket_frame(struct live_hub *hub, struct live *live,
                         enum ws_opcode opcode, struct str payload)
{
    const struct ws_frame frame = {
        .fin = true, .opcode = (uint8_t)opcode, .payload = payload};

    if (live->state == LIVE_OPEN) {
        ws_frame_write(live_out(live), &frame);
        live_wrote(hub, live);
    }
}

void live_socket_say(struct live_hub *hub, struct live *live,
                     const struct notice *notice)
{
    buf_clear(&hub->text);
    if (server_merges(hub->server)) {
        merging_notice(notice, hub->server->config.dialect, &hub->text);
    } else {
        notice_write(notice, hub->server->config.dialect, &hub->text);
    }
    socket_frame(hub, live, WS_TEXT, buf_view(&hub->text));
}

/* ---- what is heard ---- */

/* The peer closes: its code back, and the end. */
static void socket_closed(struct live_hub *hub, struct live *live,
                          const struct ws_event *event)
{
    if (live->state == LIVE_OPEN) {
        ws_close_write(live_out(live), event->code, STR(""), NULL);
    }
    live_end(hub, live, false);
}

/* A broken rule.  The connection does not end at once: with bytes of the peer
 * still on their way it would be reset, and the close frame lost. */
static void socket_fail(struct live_hub *hub, struct live *live,
                        const struct ws_event *event)
{
    live_socket_close(hub, live, event->code, event->why);
    if (live->state == LIVE_CLOSING) {
        live->state = LIVE_DRAINING;
    }
    ws_reader_free(&live->socket.reader);
    ws_reader_init(&live->socket.reader, true, LIVE_MESSAGE_BYTES);
}

/* While a peer does not read, its questions are answered twice as long as it
 * gets notices. */
static bool socket_floods(struct live_hub *hub, struct live *live)
{
    if (live_pending(live) <= 2 * (size_t)LIVE_PENDING_BYTES) {
        return false;
    }
    live_socket_close(hub, live, WS_CODE_POLICY, "the answers are not read");
    return true;
}

static void socket_event(struct live_hub *hub, struct live *live,
                         const struct ws_event *event, struct instant now)
{
    switch (event->kind) {
    case WS_EVENT_TEXT:
    case WS_EVENT_BINARY:
        if (live->state == LIVE_OPEN && !socket_floods(hub, live)) {
            live_auth_message(hub, live, event, now);
        }
        break;
    case WS_EVENT_PING:
        if (live->state == LIVE_OPEN && !socket_floods(hub, live)) {
            socket_frame(hub, live, WS_PONG, event->payload);
        }
        break;
    case WS_EVENT_CLOSE:
        socket_closed(hub, live, event);
        break;
    case WS_EVENT_ERROR:
        socket_fail(hub, live, event);
        break;
    case WS_EVENT_PONG:
    case WS_EVENT_NONE:
        break;
    }
}

/* Do the bytes end with a close frame?  Where frames begin is not known any
 * more, but a peer that answers a close says nothing behind it. */
static bool socket_ends_with_close(struct str bytes)
{
    for (size_t n = 0; n <= WS_CONTROL_MAX && n + 6 <= bytes.n; n++) {
        const char *p = bytes.p + bytes.n - n - 6;

        if ((unsigned char)p[0] == (0x80 | WS_CLOSE) &&
            (unsigned char)p[1] == (0x80 | n)) {
            return true;
        }
    }
    return false;
}

/* An idle socket keeps no memory for reading. */
static void socket_shrink(struct ws_reader *reader)
{
    if (reader->message_opcode == 0 && reader->used == reader->bytes.n &&
        !reader->ended) {
        ws_reader_free(reader);
        ws_reader_init(reader, true, LIVE_MESSAGE_BYTES);
    }
}

void live_socket_receive(struct live_hub *hub, struct live *live,
                         struct str bytes, struct instant now)
{
    struct live_socket *socket = &live->socket;
    struct ws_event event;

    socket->heard_ms = hub->clock_ms;
    socket->pinged = false;
    if (live->state == LIVE_DRAINING) {
        if (socket_ends_with_close(bytes)) {
            live_end(hub, live, false);
        }
        return;
    }
    if (bug_on(&hub->server->config.bugs, BUG_FRAGMENTS_NOT_JOINED)) {
        live_bug_unjoin(live, bytes);
    } else if (!ws_reader_feed(&socket->reader, bytes.p, bytes.n)) {
        live_end(hub, live, true);
        return;
    }
    while ((live->state == LIVE_OPEN || live->state == LIVE_CLOSING) &&
           ws_reader_next(&socket->reader, &event) != WS_EVENT_NONE) {
        socket_event(hub, live, &event, now);
    }
    if (live->state == LIVE_DRAINING && socket_ends_with_close(bytes)) {
        live_end(hub, live, false);
    }
    socket_shrink(&socket->reader);
}

/* ---- timers ---- */

static bool socket_waits_for_auth(const struct live_hub *hub,
                                  const struct live *live)
{
    return !live->socket.authenticated &&
           !bug_on(&hub->server->config.bugs, BUG_AUTH_TIMEOUT_NEVER);
}

int64_t live_socket_due_ms(const struct live_hub *hub, const struct live *live)
{
    const struct live_socket *socket = &live->socket;
    int64_t due_ms = socket->pinged ? socket->asked_ms + LIVE_PONG_MS
                                    : socket->heard_ms + LIVE_PING_MS;

    if (live->state != LIVE_OPEN) {
        return live->opened_ms + LIVE_CLOSE_MS;
    }
    if (socket_waits_for_auth(hub, live) &&
        live->opened_ms + LIVE_AUTH_MS < due_ms) {
        due_ms = live->opened_ms + LIVE_AUTH_MS;
    }
    return due_ms;
}

void live_socket_expire(struct live_hub *hub, struct live *live)
{
    struct live_socket *socket = &live->socket;

    if (live->state != LIVE_OPEN) {
        live_end(hub, live, true);
    } else if (socket_waits_for_auth(hub, live) &&
               live->opened_ms + LIVE_AUTH_MS <= hub->clock_ms) {
        live_socket_close(hub, live, WS_CODE_POLICY,
                          "no auth message came in time");
    } else if (socket->pinged) {
        live_end(hub, live, true);
    } else {
        socket->pinged = true;
        socket->asked_ms = hub->clock_ms;
        socket_frame(hub, live, WS_PING, STR(""));
    }
}

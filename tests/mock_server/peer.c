/* SPDX-License-Identifier: MIT */
/* peer - the other end of a live channel.  Layer: tests/mock_server. */
#include "tests/mock_server/peer.h"

#include <string.h>

#include "base/utf8.h"
#include "protocol/notice.h"

int64_t rig_clock_ms(const struct rig *rig)
{
    /* Not the time of day: a server must not mix them up. */
    return instant_diff_ms(rig->now, instant_of_ms(RIG_START_MS)) + 5000;
}

static void peer_take(struct peer *peer)
{
    struct server *server = peer->rig->server;

    while (!peer->paused) {
        struct str output = live_output(peer->live);

        if (!output.n) {
            break;
        }
        if (peer->window && output.n > peer->window) {
            output.n = peer->window;
        }
        buf_str(&peer->in, output);
        peer->in_total += output.n;
        live_sent(server, peer->live, output.n);
    }
    if (live_is_over(peer->live) && !live_output(peer->live).n) {
        server_live_gone(server, peer->live);
        peer->live = NULL;
    }
}

void peer_drain(struct peer *peer)
{
    peer->paused = false;
    peer_take(peer);
    rig_flow(peer->rig);
}

void rig_flow(struct rig *rig)
{
    struct live *live;

    while ((live = server_live_next(rig->server)) != NULL) {
        struct peer *peer = live_context(live);

        if (peer) {
            peer_take(peer);
        }
    }
}

void rig_wait(struct rig *rig, int64_t ms)
{
    int64_t end_ms = rig_clock_ms(rig) + ms;

    for (;;) {
        int64_t due_ms = server_live_due_ms(rig->server);

        if (due_ms > end_ms) {
            break;
        }
        rig->now = instant_add_ms(rig->now, due_ms - rig_clock_ms(rig));
        server_live_tick(rig->server, rig->now, rig_clock_ms(rig));
        rig_flow(rig);
    }
    rig->now = instant_add_ms(rig->now, end_ms - rig_clock_ms(rig));
}

struct http_request peer_upgrade(struct rig *rig, const char *target,
                                 const char *client)
{
    struct http_request request = rig_request(rig, "GET", target, NULL, client);

    http_header_add(&request, STR("Connection"), STR("keep-alive, Upgrade"));
    http_header_add(&request, STR("Upgrade"), STR("WebSocket"));
    http_header_add(&request, STR("Sec-WebSocket-Version"), STR("13"));
    http_header_add(&request, STR("Sec-WebSocket-Key"), STR(KEY));
    return request;
}

void peer_take_over(struct peer *peer, struct rig *rig, bool stream)
{
    *peer = (struct peer){.rig = rig, .stream = stream};
    buf_init(&peer->in, 1 << 30);
    if (stream) {
        sse_parser_init(&peer->sse, 1 << 26);
    }
    peer->live = server_live_take(rig->server, rig_clock_ms(rig));
    if (peer->live) {
        ck_assert_ptr_null(live_context(peer->live));
        live_set_context(peer->live, peer);
        ck_assert_int_eq(live_is_stream(peer->live), stream);
        peer->head_late = live_holds_head(peer->live);
    }
    rig_flow(rig);
}

int peer_ask(struct peer *peer, struct rig *rig, const char *target,
             const char *user, const char *client)
{
    bool stream = strstr(target, "/stream") != NULL;
    struct http_request request =
        stream ? rig_request(rig, "GET", target, user, client)
               : peer_upgrade(rig, target, client);

    rig_send(rig, &request);
    peer_take_over(peer, rig, stream);
    return rig->reply.status;
}

void peer_socket(struct peer *peer, struct rig *rig, const char *target,
                 const char *user, const char *client)
{
    ck_assert_int_eq(peer_ask(peer, rig, target, NULL, NULL), 101);
    peer_auth(peer, user, client);
    if (rig->config.dialect->ws_unified) {
        HEARS(peer, "{\"type\":\"auth-ok\"}");
    } else {
        HEARS(peer, "");
    }
}

void peer_stream(struct peer *peer, struct rig *rig, const char *collections,
                 const char *since, const char *client)
{
    ck_assert_int_eq(
        peer_ask(peer, rig,
                 rig_text(rig, "/sync/todo/stream?collections=%s&since=%s",
                          collections, since),
                 "alice", client),
        200);
    ck_assert_ptr_nonnull(peer->live);
}

void peer_leave(struct peer *peer)
{
    if (peer->live) {
        server_live_gone(peer->rig->server, peer->live);
        peer->live = NULL;
    }
    buf_free(&peer->in);
    if (peer->stream) {
        sse_parser_free(&peer->sse);
    }
    rig_flow(peer->rig);
}

void peer_send(struct peer *peer, const void *p, size_t n)
{
    struct rig *rig = peer->rig;

    ck_assert_ptr_nonnull(peer->live);
    rig->now = instant_add_ms(rig->now, 1);
    server_live_receive(rig->server, peer->live, (struct str){p, n}, rig->now,
                        rig_clock_ms(rig));
    rig_flow(rig);
}

void peer_frame(struct peer *peer, const struct ws_frame *frame)
{
    struct ws_frame masked = *frame;
    struct buf out;

    buf_init(&out, 1 << 20);
    masked.masked = true;
    memcpy(masked.mask, "\x12\xa7\x00\xff", 4);
    ws_frame_write(&out, &masked);
    peer_send(peer, out.p, out.n);
    buf_free(&out);
}

void peer_say(struct peer *peer, const char *text)
{
    peer_frame(peer, &(struct ws_frame){.fin = true,
                                        .opcode = WS_TEXT,
                                        .payload = str_of(text)});
}

void peer_auth(struct peer *peer, const char *token, const char *client)
{
    const char *of_client =
        client ? rig_text(peer->rig, ",\"clientId\":\"%s\"", client) : "";

    peer_say(peer, rig_text(peer->rig, "{\"type\":\"auth\",\"token\":\"%s\"%s}",
                            token, of_client));
}

/* ---- what was heard ---- */

static const char *peer_keep(struct peer *peer, struct str text)
{
    return arena_str(&peer->rig->arena, text).p;
}

static void peer_tell_frame(struct peer *peer, const struct ws_frame *frame,
                            struct buf *out)
{
    const unsigned char *p = (const unsigned char *)frame->payload.p;

    ck_assert(frame->fin && !frame->rsv && !frame->masked);
    buf_puts(out, out->n ? " " : "");
    switch (frame->opcode) {
    case WS_TEXT:
        buf_str(out, frame->payload);
        ck_assert_uint_eq(utf8_bad_at(frame->payload), frame->payload.n);
        peer->data = peer_keep(peer, frame->payload);
        break;
    case WS_PING:
        buf_puts(out, "ping");
        break;
    case WS_PONG:
        buf_puts(out, "pong:");
        buf_str(out, frame->payload);
        break;
    case WS_CLOSE:
        buf_printf(out, "close:%d",
                   frame->payload.n ? p[0] << 8 | p[1] : WS_CODE_NONE);
        break;
    default:
        ck_abort_msg("opcode %d", frame->opcode);
    }
}

static void peer_tell_changes(struct peer *peer, const struct sse_event *event,
                              struct buf *out)
{
    struct codec_rules rules = codec_rules_default(peer->rig->config.dialect);
    struct stream_event changes;
    struct err err;

    rules.json.bytes = event->data.n;
    if (stream_event_read(event->data, &rules, &peer->rig->arena, &changes,
                          &err) != ST_OK) {
        ck_abort_msg("%s", err.text);
    }
    buf_str(out, changes.table);
    for (size_t i = 0; i < changes.response.count; i++) {
        buf_puts(out, i ? "," : ":");
        buf_str(out, changes.response.changes[i].id);
    }
    if (changes.response.malformed_count) {
        buf_printf(out, ":malformed=%zu", changes.response.malformed_count);
    }
    buf_puts(out, changes.response.has_more ? "+" : "");
    peer->cursor = peer_keep(peer, changes.response.synced_until);
}

static void peer_tell_events(struct peer *peer, struct buf *out)
{
    struct sse_event event;

    ck_assert(sse_parser_feed(&peer->sse, peer->in.p, peer->in.n));
    while (sse_parser_next(&peer->sse, &event)) {
        buf_puts(out, out->n ? " " : "");
        if (str_is(event.type, "changes")) {
            peer_tell_changes(peer, &event, out);
        } else {
            ck_assert(str_is(event.data, "{}"));
            buf_str(out, event.type);
        }
        peer->last_id = peer_keep(peer, event.id);
        peer->data = peer_keep(peer, event.data);
    }
    buf_clear(&peer->in);
}

const char *peer_hears(struct peer *peer)
{
    struct ws_frame frame;
    struct buf out;
    size_t at = 0, n;

    rig_flow(peer->rig);
    buf_init(&out, 1 << 30);
    if (peer->stream) {
        peer_tell_events(peer, &out);
    } else {
        while ((n = ws_frame_read(str_skip(buf_view(&peer->in), at), &frame)) >
               0) {
            peer_tell_frame(peer, &frame, &out);
            at += n;
        }
        ck_assert_uint_eq(at, peer->in.n);
        buf_clear(&peer->in);
    }
    if (!peer->live) {
        buf_puts(&out, out.n ? " end" : "end");
    }
    const char *text = peer_keep(peer, buf_view(&out));
    buf_free(&out);
    return text;
}

size_t peer_counts(struct peer *peer, const char *word)
{
    const char *at = peer_hears(peer);
    size_t count = 0;

    while ((at = strstr(at, word)) != NULL) {
        at += strlen(word);
        count++;
    }
    return count;
}

const char *one_update(struct rig *rig, const char *table, const char *id)
{
    return rig_text(rig,
                    "{\"table\":\"%s\",\"id\":\"%s\",\"op\":\"update\","
                    "\"fields\":{\"n\":{\"value\":1,"
                    "\"at\":\"2025-01-01T00:00:00.000Z\"}}}",
                    table, id);
}

void push_now(struct rig *rig, const char *client, const char *changes)
{
    ck_assert_int_eq(rig_push(rig, "alice", client, EPOCH, changes), 200);
    rig_flow(rig);
}

void one_each(struct rig *rig, const char *client, const char *table,
              const char *ids)
{
    while (*ids) {
        size_t n = strcspn(ids, " ");

        push_now(rig, client,
                 one_update(rig, table, rig_text(rig, "%.*s", (int)n, ids)));
        ids += n + (ids[n] == ' ');
    }
}

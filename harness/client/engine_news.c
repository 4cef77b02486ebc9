/* SPDX-License-Identifier: MIT */
/* engine_news - what comes on the live channel and what it starts: being told
 * who we are, notices, a stream's events, the channel's end.
 * Layer: harness/client. */
#include "harness/client/engine_state.h"
#include "protocol/notice.h"
#include "protocol/ws.h"

static void socket_opened(struct engine *engine, struct moment at)
{
    struct live *live = &engine->live;
    struct str token = engine_request_token(engine, live->fresh);
    const struct notice auth = {.kind = NOTICE_AUTH,
                                .token = token,
                                .client_id = device_client_id(engine->device)};
    const struct notice ping = {.kind = NOTICE_PING};
    live->fresh = false;
    if (token.n == 0) {
        engine_channel_shut(engine, WS_CODE_NORMAL);
        engine_live_wait(engine, at, STR("there is no token to say"), 0);
        return;
    }
    engine_channel_say(engine, &auth);
    if (!engine_live_answers_auth(engine)) {
        engine_channel_say(engine, &ping);
    }
    live->told = true;
    live->limit_ms = at.now_ms + engine->config.live_auth_ms;
}

static char ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* A page for everything unknown is no stream. */
static bool is_event_stream(const struct http_reply *reply)
{
    static const char want[] = "text/event-stream";
    struct str type = {0};
    if (reply) {
        type = http_header_find(reply->headers, reply->header_count,
                                "Content-Type");
    }
    size_t same = 0;
    while (same < type.n && same < sizeof want - 1 &&
           ascii_lower(type.p[same]) == want[same]) {
        same++;
    }
    return type.n == 0 || same == sizeof want - 1;
}

void engine_live_opened(struct engine *engine, struct moment at,
                        uint32_t channel, const struct http_reply *reply)
{
    struct live *live = &engine->live;
    if (channel == 0 || channel != live->channel ||
        live->state != LIVE_STATE_OPENING || live->told) {
        return;
    }
    if (live->mode != LISTEN_STREAM) {
        socket_opened(engine, at);
    } else if (is_event_stream(reply)) {
        engine_live_is_open(engine, at);
    } else {
        engine_live_refused(engine,
                            STR("stream: the answer is no text/event-stream"));
    }
    engine_status_update(engine, at);
}

/* The collections that it names and that are ours. */
static uint64_t notice_pulls(const struct engine *engine,
                             const struct notice *notice)
{
    const struct device *device = engine->device;
    uint64_t pulls = 0;
    if (engine->live.mode == LISTEN_UNIFIED && notice->has_app &&
        !str_eq(notice->app, engine->config.app)) {
        return 0;
    }
    for (size_t i = 0; i < notice->table_count; i++) {
        size_t collection = device_collection(device, notice->tables[i]);
        if (collection < device->config.collection_count) {
            pulls |= UINT64_C(1) << collection;
        }
    }
    return notice->table_count == 0 ? engine_all(engine) : pulls;
}

static void live_noticed(struct engine *engine, struct moment at,
                         const struct notice *notice)
{
    struct live *live = &engine->live;
    uint64_t pulls = notice_pulls(engine, notice);
    if (pulls == 0 || (engine->round.running &&
                       engine_bug(engine, CLIENT_BUG_NOTICE_IGNORED))) {
        return;
    }
    if (engine_bug(engine, CLIENT_BUG_NOTICE_STORM)) {
        live->storms++;
    } else {
        live->wish.pulls |= pulls;
    }
    engine_live_idle(engine, at, false);
}

/* One that does not say of what says at least that there is something. */
static bool is_sync_available(const struct dialect *dialect,
                              const struct notice *notice)
{
    return notice->kind == NOTICE_SYNC_AVAILABLE ||
           (notice->kind == NOTICE_UNKNOWN &&
            dialect_is(dialect, NAME_TYPE_SYNC_AVAILABLE, notice->type));
}

static void socket_heard(struct engine *engine, struct moment at,
                         const struct notice *notice, bool current)
{
    struct live *live = &engine->live;
    bool asking = current && live->state == LIVE_STATE_OPENING && live->told;
    if (is_sync_available(engine->config.dialect, notice)) {
        live_noticed(engine, at, notice);
    } else if (asking && notice->kind == NOTICE_ERROR) {
        live->denied = true;
        struct str said = engine_said(engine->config.arena, notice->message);
        live->why = arena_printf(engine->config.arena, "%s: refused: %.*s",
                                 listen_mode_name(live->mode), STR_ARG(said));
    } else if (asking &&
               (notice->kind == NOTICE_AUTH_OK ||
                (notice->kind == NOTICE_PONG &&
                 !engine_live_answers_auth(engine) && !live->denied))) {
        engine_live_is_open(engine, at);
    }
}

static void stream_heard(struct engine *engine, struct moment at,
                         const struct live_news *news)
{
    struct live *live = &engine->live;
    if (dialect_is(engine->config.dialect, NAME_EVENT_CHANGES,
                   news->event_type)) {
        if (!news->event) {
            /* The next event's cursor would pass what it held. */
            engine_channel_shut(engine, WS_CODE_NORMAL);
            engine_live_wait(engine, at, STR("stream: an event cannot be read"),
                             0);
            return;
        }
        engine_stream_apply(engine, at, news->event);
    }
    if (live->channel != 0 && engine_stream_is_stale(engine)) {
        engine_channel_shut(engine, WS_CODE_NORMAL);
        engine_live_open(engine, at);
    }
}

void engine_live_heard(struct engine *engine, struct moment at,
                       uint32_t channel, const struct live_news *news)
{
    bool current = channel != 0 && channel == engine->live.channel;
    if (!current && !engine_channel_is_leaked(engine, channel)) {
        return;
    }
    if (current) {
        engine_live_alive(engine, at);
    }
    if (news->event_type.n > 0) {
        stream_heard(engine, at, news);
    } else if (news->notice) {
        socket_heard(engine, at, news->notice, current);
    }
    engine_status_update(engine, at);
}

/* Its end. */

/* An answer that opened nothing. */
static void opening_answered(struct engine *engine, struct moment at,
                             const struct landing *landing, struct str why)
{
    struct live *live = &engine->live;
    bool stream = live->mode == LISTEN_STREAM;
    switch (landing->status) {
    case 401:
    case 403:
        engine_live_denied(engine, at, why, false);
        return;
    case 402:
        engine->unpaid = true;
        engine_live_update(engine, at);
        return;
    case 404:
    case 405:
    case 501:
        engine_live_refused(engine, why);
        return;
    case 400:
    case 409:
    case 410:
        if (stream && !live->cursor_reset &&
            engine_refuses_cursor(engine, landing)) {
            live->cursor_reset = true;
            engine_stream_forget(engine, at);
            engine_live_open(engine, at);
            return;
        }
        break;
    default:
        break;
    }
    engine_live_wait(engine, at, why, landing_retry_after_ms(landing));
}

static struct str closed_text(struct engine *engine,
                              const struct channel_end *end)
{
    struct arena *arena = engine->config.arena;
    if (engine->live.mode == LISTEN_STREAM) {
        return STR("stream: ended");
    }
    struct str said = engine_said(arena, end->reason);
    return arena_printf(arena, "%s: closed with %d%s%.*s",
                        listen_mode_name(engine->live.mode), end->code,
                        said.n > 0 ? ": " : "", STR_ARG(said));
}

void engine_live_ended(struct engine *engine, struct moment at,
                       uint32_t channel, const struct channel_end *end)
{
    struct live *live = &engine->live;
    engine_channel_unleak(engine, channel);
    if (channel == 0 || channel != live->channel) {
        return;
    }
    struct ending ending = {.kind = end->kind, .error = end->error};
    struct landing landing = {.ending = &ending};
    bool answered = !end->opened && end->kind == REPLY_ANSWER;
    bool was_open = live->state == LIVE_STATE_OPEN;
    live->channel = 0;
    if (answered) {
        ending.reply = end->reply;
        landing.status = end->reply.status;
    }
    struct str why = end->opened && end->kind == REPLY_ANSWER
                         ? closed_text(engine, end)
                         : landing_text(&landing, listen_mode_name(live->mode),
                                        engine->config.arena);
    if (answered) {
        opening_answered(engine, at, &landing, why);
    } else if (end->code == WS_CODE_POLICY || live->denied) {
        engine_live_denied(engine, at, why, was_open);
    } else {
        engine_live_wait(engine, at, why, 0);
    }
    engine_status_update(engine, at);
}

/* SPDX-License-Identifier: MIT */
/* engine_channel - one live channel as the engine sees it: how it is asked
 * for, what is said on it, how it is ended.  Layer: harness/client. */
#include <string.h>

#include "base/asserts.h"
#include "harness/client/engine_state.h"
#include "protocol/notice.h"
#include "protocol/ws.h"

static struct pending_act *act_add(struct engine *engine,
                                   enum live_act_kind kind)
{
    struct live *live = &engine->live;
    live->acts = arena_grow(engine->config.arena, live->acts, live->act_count,
                            &live->act_cap, sizeof *live->acts);
    struct pending_act *act = &live->acts[live->act_count++];
    *act = (struct pending_act){.kind = kind, .channel = live->channel};
    return act;
}

/* What was wanted of a channel and not yet taken is not wanted any more.
 * True if nobody has seen that channel. */
static bool acts_drop(struct live *live, uint32_t channel)
{
    size_t kept = 0;
    bool unseen = false;
    for (size_t i = 0; i < live->act_count; i++) {
        const struct pending_act *act = &live->acts[i];
        if (act->channel == channel) {
            unseen = unseen || act->kind == LIVE_ACT_OPEN;
        } else {
            live->acts[kept++] = *act;
        }
    }
    live->act_count = kept;
    return unseen;
}

bool engine_live_take(struct engine *engine, struct live_act *out)
{
    struct live *live = &engine->live;
    if (live->act_count == 0) {
        return false;
    }
    const struct pending_act *act = &live->acts[0];
    out->kind = act->kind;
    out->channel = act->channel;
    out->channel_kind = act->channel_kind;
    out->since = act->since;
    out->text = act->text;
    out->code = act->code;
    out->http.header_count = 0;
    if (act->kind == LIVE_ACT_OPEN) {
        http_request_copy(&out->http, live->http);
    }
    memmove(live->acts, live->acts + 1, --live->act_count * sizeof *live->acts);
    return true;
}

/* The path of the socket, or why there is none. */
static struct str socket_target(struct engine *engine, const char **why)
{
    const struct dialect *dialect = engine->config.dialect;
    if (engine->live.mode == LISTEN_SOCKET) {
        *why = dialect->ws ? NULL : "this dialect has no socket";
        return engine->paths[PATH_SOCKET];
    }
    *why = dialect->ws_unified ? NULL : "this dialect has no unified socket";
    return engine->paths[PATH_SOCKET_ALL];
}

bool engine_channel_open(struct engine *engine)
{
    struct live *live = &engine->live;
    bool stream = live->mode == LISTEN_STREAM;
    const char *why = NULL;
    struct str since = {0}, token = {0};
    struct str target = stream ? engine_stream_target(engine, &since, &why)
                               : socket_target(engine, &why);
    if (why) {
        live->why = str_of(why);
        return false;
    }
    if (!live->http) {
        live->http = arena_must(engine->config.arena, 1, sizeof *live->http);
    }
    if (stream) {
        token = engine_request_token(engine, live->fresh);
        live->fresh = false;
    }
    live->http->method = STR("GET");
    live->http->target = target;
    engine_request_headers(engine, live->http, token);
    if (stream) {
        http_header_add(live->http, STR("Accept"), STR("text/event-stream"));
    }
    live->channel = ++live->last_channel;
    struct pending_act *act = act_add(engine, LIVE_ACT_OPEN);
    act->channel_kind = stream ? CHANNEL_STREAM : CHANNEL_SOCKET;
    act->since = since;
    return true;
}

void engine_channel_say(struct engine *engine, const struct notice *notice)
{
    struct buf text;
    buf_init(&text, LIMIT_TOKEN_BYTES * 6 + LIMIT_NAME_BYTES * 6 + 256);
    notice_write(notice, engine->config.dialect, &text);
    if (!text.failed) {
        act_add(engine, LIVE_ACT_SAY)->text =
            device_keep(engine->device, buf_view(&text));
    }
    buf_free(&text);
}

void engine_channel_shut(struct engine *engine, int code)
{
    struct live *live = &engine->live;
    if (live->channel != 0 && !acts_drop(live, live->channel)) {
        act_add(engine, LIVE_ACT_SHUT)->code = code;
    }
    live->channel = 0;
}

/* The museum's lost handles. */

bool engine_channel_is_leaked(const struct engine *engine, uint32_t channel)
{
    const struct live *live = &engine->live;
    for (size_t i = 0; i < live->leaked_count; i++) {
        if (live->leaked[i] == channel) {
            return true;
        }
    }
    return false;
}

void engine_channel_unleak(struct engine *engine, uint32_t channel)
{
    struct live *live = &engine->live;
    size_t kept = 0;
    for (size_t i = 0; i < live->leaked_count; i++) {
        if (live->leaked[i] != channel) {
            live->leaked[kept++] = live->leaked[i];
        }
    }
    live->leaked_count = kept;
}

void engine_channel_leak(struct engine *engine)
{
    struct live *live = &engine->live;
    if (live->leaked_count == LEAKED_MAX) {
        engine_channel_shut(engine, WS_CODE_NORMAL);
    } else if (live->channel != 0 && !acts_drop(live, live->channel)) {
        live->leaked[live->leaked_count++] = live->channel;
    }
    live->channel = 0;
}

void engine_channel_cut_all(struct engine *engine)
{
    struct live *live = &engine->live;
    engine_channel_shut(engine, 0);
    while (live->leaked_count > 0) {
        live->channel = live->leaked[--live->leaked_count];
        engine_channel_shut(engine, 0);
    }
}

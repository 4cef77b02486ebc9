/* SPDX-License-Identifier: MIT */
/* engine_live - the live channel's life: when it is opened, what its news
 * start, when it is given up and opened again.  Layer: harness/client.
 *
 * OFF -> OPENING -> OPEN -> WAITING -> OPENING ...; one channel at a time. */
#include "base/asserts.h"
#include "harness/client/engine_state.h"
#include "protocol/notice.h"
#include "protocol/ws.h"

#define NEVER_MS INT64_MAX

enum { AT_ONCE_MS = 1 }; /* museum */

/* What runs by itself. */

static void timers_stop(struct live *live)
{
    live->open_at_ms = NEVER_MS;
    live->limit_ms = NEVER_MS;
    live->wish_at_ms = NEVER_MS;
}

void engine_live_init(struct engine *engine)
{
    struct live *live = &engine->live;
    rng_init(&live->rng, engine->config.seed, STR("client live"));
    live->hold_until_ms = INT64_MIN;
    timers_stop(live);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t engine_live_next_ms(const struct engine *engine)
{
    const struct live *live = &engine->live;
    return earlier(live->open_at_ms, earlier(live->limit_ms, live->wish_at_ms));
}

/* What it wants pulled and pushed. */

static void wishes_clear(struct live *live)
{
    live->wish = (struct wish){0};
    live->storms = 0;
}

void engine_live_covered(struct engine *engine, const struct wish *wish)
{
    struct live *live = &engine->live;
    live->wish.push = live->wish.push && !wish->push;
    live->wish.pulls &= ~wish->pulls;
}

void engine_live_idle(struct engine *engine, struct moment at, bool urgent)
{
    struct live *live = &engine->live;
    struct wish wish = live->wish;
    bool backing_off = engine->retry_at_ms != NEVER_MS;
    live->wish_at_ms = NEVER_MS;
    if (engine->round.running ||
        (!wish.push && wish.pulls == 0 && live->storms == 0)) {
        return;
    }
    if (engine_barred(engine) || engine->unpaid) {
        wishes_clear(live);
        return;
    }
    int64_t from_ms = engine->hold_until_ms;
    if (backing_off && !urgent) {
        from_ms = later(from_ms, engine->retry_at_ms);
    }
    if (at.now_ms < from_ms) {
        live->wish_at_ms = from_ms;
        return;
    }
    if (backing_off) { /* this is the retry, a little early */
        wish.push = true;
        wish.pulls = engine_all(engine);
    }
    if (live->storms > 0) {
        live->storms--;
        wish.pulls = engine_all(engine);
    }
    wish.automatic = wish.noticed = true;
    engine_round_ask(engine, at, wish);
}

/* Opening, ending, waiting. */

const char *listen_mode_name(enum listen_mode mode)
{
    switch (mode) {
    case LISTEN_OFF:
        return "off";
    case LISTEN_SOCKET:
        return "socket";
    case LISTEN_UNIFIED:
        return "unified socket";
    case LISTEN_STREAM:
        return "stream";
    }
    ASSERT(false);
    return "";
}

/* NULL, or why there may be no channel now. */
static const char *live_barred(const struct engine *engine)
{
    if (engine->live.mode == LISTEN_OFF) {
        return "";
    }
    const char *barred = engine_barred(engine);
    return !barred && engine->unpaid ? "sync is not paid for" : barred;
}

/* No channel, and no timer that would open one. */
static void live_stop(struct engine *engine, const char *why, int code)
{
    struct live *live = &engine->live;
    engine_channel_shut(engine, code);
    timers_stop(live);
    wishes_clear(live);
    live->state = LIVE_STATE_OFF;
    live->pinging = live->fresh = live->freshened = false;
    live->why = str_of(why);
}

/* Nothing of that kind is to be had here: polling remains. */
void engine_live_refused(struct engine *engine, struct str why)
{
    struct live *live = &engine->live;
    live_stop(engine, "", WS_CODE_NORMAL);
    live->refused = true;
    live->why = why;
}

void engine_live_open(struct engine *engine, struct moment at)
{
    struct live *live = &engine->live;
    if (at.now_ms >= live->open_at_ms ||
        !engine_bug(engine, CLIENT_BUG_TWO_SOCKETS)) {
        live->open_at_ms = NEVER_MS;
    }
    live->limit_ms = NEVER_MS;
    if (live_barred(engine)) {
        return; /* only a timer that the museum keeps comes here */
    }
    if (at.now_ms < live->hold_until_ms) {
        live->state = LIVE_STATE_WAITING;
        live->open_at_ms = live->hold_until_ms;
        live->why = STR("the server asked to be left alone for a while");
        return;
    }
    if (live->channel != 0) {
        engine_channel_leak(engine);
    }
    live->state = LIVE_STATE_OPENING;
    live->told = live->denied = live->pinging = false;
    live->why = (struct str){0};
    if (!engine_channel_open(engine)) {
        engine_live_refused(engine, live->why);
    }
}

/* Opened again by and by. */
void engine_live_wait(struct engine *engine, struct moment at, struct str why,
                      int64_t retry_after_ms)
{
    const struct engine_config *config = &engine->config;
    struct live *live = &engine->live;
    int64_t delay_ms = config->live_reconnect_ms;
    live->state = LIVE_STATE_WAITING;
    live->limit_ms = NEVER_MS;
    live->pinging = false;
    live->why = why;
    if (engine_bug(engine, CLIENT_BUG_NEVER_RECONNECTS)) {
        return;
    }
    if (engine_bug(engine, CLIENT_BUG_RECONNECTS_AT_ONCE)) {
        live->open_at_ms = at.now_ms + AT_ONCE_MS;
        return;
    }
    if (config->live_jitter_ms > 0) {
        delay_ms += rng_range(&live->rng, 0, config->live_jitter_ms);
    }
    if (retry_after_ms > 0) {
        live->hold_until_ms = at.now_ms + retry_after_ms;
    }
    live->open_at_ms = later(at.now_ms + delay_ms, live->hold_until_ms);
}

/* It does not take our token: another one may do, but only one is tried
 * without waiting, and none after a channel that was open. */
void engine_live_denied(struct engine *engine, struct moment at, struct str why,
                        bool was_open)
{
    struct live *live = &engine->live;
    bool first = !live->freshened;
    live->fresh = live->fresh || first;
    live->freshened = true;
    if (first && !was_open) {
        engine_live_open(engine, at);
    } else {
        engine_live_wait(engine, at, why, 0);
    }
}

static void live_give_up(struct engine *engine, struct moment at,
                         const char *why)
{
    struct str text = arena_printf(engine->config.arena, "%s: %s",
                                   listen_mode_name(engine->live.mode), why);
    engine_channel_shut(engine, 0);
    if (engine->live.denied) {
        engine_live_denied(engine, at, text, false);
    } else {
        engine_live_wait(engine, at, text, 0);
    }
}

void engine_live_update(struct engine *engine, struct moment at)
{
    struct live *live = &engine->live;
    const char *barred = live_barred(engine);
    bool off = live->state == LIVE_STATE_OFF;
    if (barred && off) {
        live->why = live->refused ? live->why : str_of(barred);
    } else if (barred && !engine->online &&
               engine_bug(engine, CLIENT_BUG_TWO_SOCKETS)) {
        engine_channel_leak(engine); /* the timer lives on as well */
        live->state = LIVE_STATE_OFF;
        live->limit_ms = NEVER_MS;
    } else if (barred) {
        live_stop(engine, barred, engine->online ? WS_CODE_NORMAL : 0);
    } else if (off && !live->refused) {
        engine_live_open(engine, at);
    }
}

void engine_live_hang_up(struct engine *engine)
{
    struct live *live = &engine->live;
    live->refused = false;
    if (live->channel != 0 &&
        engine_bug(engine, CLIENT_BUG_SIGN_OUT_KEEPS_SOCKET)) {
        return;
    }
    live_stop(engine, live->mode == LISTEN_OFF ? "" : "not signed in",
              WS_CODE_NORMAL);
}

void engine_live_crash(struct engine *engine)
{
    struct live *live = &engine->live;
    engine_channel_cut_all(engine);
    live_stop(engine, live->mode == LISTEN_OFF ? "" : "crashed", 0);
    live->refused = live->cursor_reset = false;
    live->hold_until_ms = INT64_MIN;
}

void engine_live(struct engine *engine, struct moment at, enum listen_mode mode)
{
    struct live *live = &engine->live;
    bool there =
        live->state == LIVE_STATE_OPENING || live->state == LIVE_STATE_OPEN;
    if (mode == live->mode && there) {
        return;
    }
    live_stop(engine, "", WS_CODE_NORMAL);
    live->mode = mode;
    live->refused = false;
    engine_live_update(engine, at);
}

/* Open. */

/* Does this dialect answer `auth`?  Where it does not, the pong to a ping
 * behind it tells that it was read. */
bool engine_live_answers_auth(const struct engine *engine)
{
    return engine->config.dialect->ws_auth_ok;
}

/* Something came: it is alive, for so long at least. */
void engine_live_alive(struct engine *engine, struct moment at)
{
    const struct engine_config *config = &engine->config;
    struct live *live = &engine->live;
    if (live->state != LIVE_STATE_OPEN) {
        return;
    }
    live->pinging = false;
    live->limit_ms =
        at.now_ms + (live->mode == LISTEN_STREAM ? config->live_silence_ms
                                                 : config->live_ping_ms);
    if (engine_bug(engine, CLIENT_BUG_HALF_OPEN)) {
        live->limit_ms = NEVER_MS;
    }
}

void engine_live_is_open(struct engine *engine, struct moment at)
{
    struct live *live = &engine->live;
    live->state = LIVE_STATE_OPEN;
    live->freshened = live->denied = live->cursor_reset = false;
    live->why = (struct str){0};
    engine_live_alive(engine, at);
    if (live->mode == LISTEN_STREAM) {
        live->wish.push = true;
    } else if (!engine_bug(engine, CLIENT_BUG_SOCKET_NO_PULL)) {
        /* What came between the last pull and now was told to nobody. */
        live->wish.pulls = engine_all(engine);
    }
    engine_live_idle(engine, at, true);
}

/* Time. */

static void live_limit(struct engine *engine, struct moment at)
{
    const struct notice ping = {.kind = NOTICE_PING};
    struct live *live = &engine->live;
    live->limit_ms = NEVER_MS;
    if (live->state == LIVE_STATE_OPENING) {
        if (engine_live_answers_auth(engine) || live->denied) {
            live_give_up(engine, at, "auth was not answered in time");
        } else {
            engine_live_is_open(engine, at);
        }
    } else if (live->mode != LISTEN_STREAM && !live->pinging) {
        engine_channel_say(engine, &ping);
        live->pinging = true;
        live->limit_ms = at.now_ms + engine->config.live_pong_ms;
    } else {
        live_give_up(engine, at, "nothing came for too long");
    }
}

void engine_live_tick(struct engine *engine, struct moment at)
{
    struct live *live = &engine->live;
    if (at.now_ms < engine_live_next_ms(engine)) {
        return;
    }
    if (at.now_ms >= live->open_at_ms) {
        engine_live_open(engine, at);
    }
    if (at.now_ms >= live->limit_ms) {
        live_limit(engine, at);
    }
    if (at.now_ms >= live->wish_at_ms) {
        engine_live_idle(engine, at, false);
    }
    engine_status_update(engine, at);
}

/* What can be asked. */

enum live_state engine_live_state(const struct engine *engine)
{
    return engine->live.state;
}

const char *live_state_name(enum live_state state)
{
    switch (state) {
    case LIVE_STATE_OFF:
        return "off";
    case LIVE_STATE_OPENING:
        return "opening";
    case LIVE_STATE_OPEN:
        return "open";
    case LIVE_STATE_WAITING:
        return "waiting";
    }
    ASSERT(false);
    return "";
}

struct str engine_live_why(const struct engine *engine)
{
    return engine->live.why;
}

bool engine_live_awaits(const struct engine *engine)
{
    const struct live *live = &engine->live;
    return live->state == LIVE_STATE_OPENING || live->pinging;
}

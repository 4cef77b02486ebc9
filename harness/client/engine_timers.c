/* SPDX-License-Identifier: MIT */
/* engine_timers - what the engine does by itself: debounced pushes, pulls by
 * interval, retries that grow patient.  Layer: harness/client. */
#include "base/asserts.h"
#include "harness/client/engine_state.h"

#define NEVER_MS INT64_MAX

enum { BACKOFF_STEPS_MAX = 30 };

/* Does the engine act by itself now? */
static bool timers_run(const struct engine *engine)
{
    return engine->config.timers && !engine->unpaid && !engine_barred(engine);
}

void engine_timers_stop(struct engine *engine)
{
    engine->push_at_ms = NEVER_MS;
    engine->pull_at_ms = NEVER_MS;
    engine->retry_at_ms = NEVER_MS;
    engine->unsent_since_ms = NEVER_MS;
}

void engine_timers_start(struct engine *engine, struct moment at)
{
    engine->failures = 0;
    engine->retry_at_ms = NEVER_MS;
    if (engine->config.timers) {
        engine->pull_at_ms = at.now_ms + engine->config.pull_interval_ms;
    }
}

void engine_timers_written(struct engine *engine, struct moment at)
{
    if (!timers_run(engine)) {
        return;
    }
    if (engine->unsent_since_ms == NEVER_MS) {
        engine->unsent_since_ms = at.now_ms;
    }
    int64_t latest = engine->unsent_since_ms + engine->config.push_wait_max_ms;
    engine->push_at_ms = at.now_ms + engine->config.push_debounce_ms;
    if (engine->push_at_ms > latest &&
        !engine_bug(engine, CLIENT_BUG_DEBOUNCE_STARVES)) {
        engine->push_at_ms = latest;
    }
}

/* What was waiting for the push has left with it. */
void engine_timers_pushed(struct engine *engine)
{
    engine->push_at_ms = NEVER_MS;
    engine->unsent_since_ms = NEVER_MS;
}

/* Doubling, a little apart from everybody else's, and never before the server
 * wants to hear of us again. */
static int64_t backoff_ms(struct engine *engine)
{
    const struct engine_config *config = &engine->config;
    int64_t delay = config->retry_first_ms;
    if (engine_bug(engine, CLIENT_BUG_RETRY_STORM)) {
        return 1;
    }
    for (unsigned i = 1; i < engine->failures && i < BACKOFF_STEPS_MAX &&
                         delay < config->retry_max_ms;
         i++) {
        delay *= 2;
    }
    delay += rng_range(&engine->rng, 0, delay / 4);
    delay = delay < config->retry_max_ms ? delay : config->retry_max_ms;
    int64_t asked = engine->round.retry_after_ms;
    return delay > asked ? delay : asked;
}

void engine_timers_ended(struct engine *engine, struct moment at)
{
    const struct round *round = &engine->round;
    if (!round->failed) {
        engine->failures = 0;
        engine->retry_at_ms = NEVER_MS;
        return;
    }
    engine->failures++;
    if (round->retry_after_ms > 0) {
        engine->hold_until_ms = at.now_ms + round->retry_after_ms;
    }
    if (round->retry && timers_run(engine) && !engine->held_back) {
        engine->retry_at_ms = at.now_ms + backoff_ms(engine);
    }
}

bool engine_timers_hold(struct engine *engine, struct moment at)
{
    if (!engine->config.timers || at.now_ms >= engine->hold_until_ms) {
        return false;
    }
    engine_timers_start(engine, at);
    engine->retry_at_ms = engine->hold_until_ms;
    return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t engine_next_ms(const struct engine *engine)
{
    int64_t live_ms = engine_live_next_ms(engine);
    if (!timers_run(engine)) {
        return live_ms;
    }
    return earlier(earlier(live_ms, engine->retry_at_ms),
                   earlier(engine->push_at_ms, engine->pull_at_ms));
}

/* What the timers that are due ask for; each is set anew. */
static struct wish wish_due(struct engine *engine, struct moment at)
{
    struct wish wish = {.automatic = true};
    bool push = at.now_ms >= engine->push_at_ms;
    bool pull = at.now_ms >= engine->pull_at_ms;
    bool retry = at.now_ms >= engine->retry_at_ms;
    bool backing_off = !retry && engine->retry_at_ms != NEVER_MS;
    if (push) {
        engine_timers_pushed(engine);
    }
    if (pull) {
        engine->pull_at_ms = at.now_ms + engine->config.pull_interval_ms;
    }
    if (retry) {
        engine->retry_at_ms = NEVER_MS;
    }
    if (!backing_off) {
        /* The interval also takes what another tab left behind. */
        wish.push = push || pull || retry;
        wish.pulls = pull || retry ? engine_all(engine) : 0;
    }
    return wish;
}

static void timers_tick(struct engine *engine, struct moment at)
{
    bool busy = engine->round.running;
    bool push = at.now_ms >= engine->push_at_ms;
    struct wish wish = wish_due(engine, at);
    /* A round that runs pulls already; only what was written since counts. */
    if (busy) {
        wish.push = wish.push && push;
        wish.pulls = 0;
    }
    if (wish.push || wish.pulls != 0) {
        engine_round_ask(engine, at, wish);
    }
}

void engine_tick(struct engine *engine, struct moment at)
{
    if (timers_run(engine)) {
        timers_tick(engine, at);
    }
    /* After the timers: a round that they began does its work too. */
    engine_live_tick(engine, at);
}

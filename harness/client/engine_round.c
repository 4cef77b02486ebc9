/* SPDX-License-Identifier: MIT */
/* engine_round - one operation at a time: what it still has to do, how it
 * ended, and what may be said of it.  Layer: harness/client. */
#include "base/asserts.h"
#include "harness/client/engine_state.h"

const char *engine_barred(const struct engine *engine)
{
    if (engine->crashed) {
        return "crashed";
    }
    if (!engine->signed_in) {
        return "not signed in";
    }
    if (!engine->online && !engine_bug(engine, CLIENT_BUG_OFFLINE_SENDS)) {
        return "offline";
    }
    return NULL;
}

static bool wish_any(const struct wish *wish)
{
    return wish->push || wish->pulls != 0;
}

static void outcome_fail(struct engine *engine, enum reply_kind kind,
                         int status, struct str why)
{
    if (!engine->outcome.ok) {
        return;
    }
    engine->outcome.ok = false;
    engine->outcome.kind = kind;
    engine->outcome.status = status;
    engine->outcome.why = why;
}

static void round_begin(struct engine *engine, struct moment at,
                        struct wish wish)
{
    const char *barred = engine_barred(engine);
    if (wish.noticed) {
        engine->asked = engine->outcome;
    }
    engine_live_covered(engine, &wish);
    engine->outcome =
        (struct engine_outcome){.any = true, .ok = true, .kind = REPLY_ANSWER};
    if (barred) {
        outcome_fail(engine, REPLY_REFUSED, 0, str_of(barred));
        engine_status_update(engine, at);
        return;
    }
    engine->round = (struct round){
        .running = true,
        .noticed = wish.noticed,
        .left = wish,
        .fence = engine->device->queue.last_number,
    };
    engine_round_next(engine, at);
    engine_status_update(engine, at);
}

void engine_round_ask(struct engine *engine, struct moment at, struct wish wish)
{
    if (engine->crashed) {
        return;
    }
    if (!engine->round.running) {
        round_begin(engine, at, wish);
        return;
    }
    if (wish.push && engine_bug(engine, CLIENT_BUG_DOUBLE_PUSH)) {
        engine_push_extra(engine);
        wish.push = false;
    }
    if (wish_any(&wish)) {
        engine->next.automatic = wish.automatic && (engine->next.automatic ||
                                                    !wish_any(&engine->next));
        engine->next.push = engine->next.push || wish.push;
        engine->next.pulls |= wish.pulls;
    }
}

void engine_round_next(struct engine *engine, struct moment at)
{
    struct round *round = &engine->round;
    const char *barred = engine_barred(engine);
    if (barred && wish_any(&round->left)) {
        round->failed = true;
        outcome_fail(engine, REPLY_REFUSED, 0, str_of(barred));
        round->left = (struct wish){0};
    }
    if (round->left.push && engine_push_next(engine, at)) {
        return;
    }
    round->left.push = false;
    if (round->left.pulls != 0) {
        engine_pull_next(engine);
        return;
    }
    engine_round_end(engine, at);
}

/* What nobody asked for has no outcome. */
static void outcome_settle(struct engine *engine)
{
    if (engine->round.noticed) {
        engine->outcome = engine->asked;
    }
}

void engine_round_end(struct engine *engine, struct moment at)
{
    struct wish next = engine->next;
    engine->round.running = false;
    if (engine->round.failed) {
        engine->last_round = ROUND_FAILED;
    } else if (engine->outcome.requests > 0) {
        engine->last_round = ROUND_OK;
    }
    outcome_settle(engine);
    engine_timers_ended(engine, at);
    engine->next = (struct wish){0};
    /* After a failure nobody waits for what no one asked for: the retry timer
     * has it. */
    bool pointless = next.automatic && engine->round.failed;
    if (wish_any(&next) && !pointless) {
        round_begin(engine, at, next);
        return;
    }
    engine_live_idle(engine, at, false);
    engine_status_update(engine, at);
}

void engine_round_abort(struct engine *engine, const char *why)
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct flight *flight = &engine->flights[i];
        if (flight->state == FLIGHT_READY &&
            flight->queue_generation == engine->device->queue_generation) {
            queue_doubt(engine->device, flight->batch.rows,
                        flight->batch.row_count, -1);
        }
        flight->state = FLIGHT_FREE;
    }
    if (engine->round.running) {
        outcome_fail(engine, REPLY_REFUSED, 0, str_of(why));
        engine->last_round = ROUND_FAILED;
        outcome_settle(engine);
    }
    engine->round = (struct round){0};
    engine->next = (struct wish){0};
}

struct str landing_text(const struct landing *landing, const char *what,
                        struct arena *arena)
{
    const struct ending *ending = landing->ending;
    if (ending->kind != REPLY_ANSWER) {
        return arena_printf(
            arena, "%s: %s%s%.*s", what, reply_kind_name(ending->kind),
            ending->error.n > 0 ? ": " : "", STR_ARG(ending->error));
    }
    struct str said = landing_said(landing, arena);
    return arena_printf(arena, "%s: %d %s%s%.*s", what, landing->status,
                        http_reason(landing->status), said.n > 0 ? ": " : "",
                        STR_ARG(said));
}

void engine_round_fail(struct engine *engine, const struct landing *landing,
                       const char *what, bool retry)
{
    engine->round.failed = true;
    engine->round.retry = engine->round.retry || retry;
    if (engine->outcome.ok) {
        outcome_fail(engine, landing->ending->kind, landing->status,
                     landing_text(landing, what, engine->config.arena));
    }
}

bool engine_busy(const struct engine *engine)
{
    return engine->round.running;
}

struct engine_outcome engine_outcome(const struct engine *engine)
{
    return engine->outcome;
}

/* Status. */

const char *sync_status_name(enum sync_status status)
{
    switch (status) {
    case SYNC_IDLE:
        return "idle";
    case SYNC_SYNCING:
        return "syncing";
    case SYNC_SYNCED:
        return "synced";
    case SYNC_OFFLINE:
        return "offline";
    case SYNC_ERROR:
        return "error";
    }
    ASSERT(false);
    return "";
}

static enum sync_status status_now(const struct engine *engine)
{
    const struct device *device = engine->device;
    if (!engine->signed_in || engine->crashed) {
        return SYNC_IDLE;
    }
    if (!engine->online) {
        return SYNC_OFFLINE;
    }
    if (engine->round.running) {
        return SYNC_SYNCING;
    }
    if (engine_bug(engine, CLIENT_BUG_STATUS_SYNCED) &&
        engine->last_round != ROUND_NONE) {
        return SYNC_SYNCED;
    }
    if (engine->last_round == ROUND_FAILED || engine->unpaid) {
        return SYNC_ERROR;
    }
    if (device->queue.count == 0) {
        return engine->last_round == ROUND_OK ? SYNC_SYNCED : SYNC_IDLE;
    }
    /* Someone should be told of rows that wait for an edit. */
    return device_refused_count(device) > 0 ? SYNC_ERROR : SYNC_IDLE;
}

void engine_status_update(struct engine *engine, struct moment at)
{
    enum sync_status now = status_now(engine);
    if (engine->crashed || now == engine->status) {
        return;
    }
    engine->status = now;
    struct scribe scribe = engine_scribe(engine, at);
    scribe_note(&scribe, (struct event){
                             .kind = EV_STATUS,
                             .text = str_of(sync_status_name(now)),
                             .number = (int64_t)engine->device->queue.count,
                         });
    if (engine->changed) {
        engine->changed(engine->changed_context, now);
    }
}

/* Another tab may have written meanwhile: then it is not synced any more. */
enum sync_status engine_status(const struct engine *engine)
{
    return engine->status == SYNC_SYNCED ? status_now(engine) : engine->status;
}

void engine_listen(struct engine *engine,
                   void (*changed)(void *context, enum sync_status status),
                   void *context)
{
    engine->changed = changed;
    engine->changed_context = context;
}

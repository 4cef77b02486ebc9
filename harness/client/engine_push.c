/* SPDX-License-Identifier: MIT */
/* engine_push - pushing: what leaves, what an answer clears, and how one
 * change that the server will not have is found among the others.
 * Layer: harness/client. */
#include "base/asserts.h"
#include "harness/client/engine_state.h"

enum {
    REFUSALS_MAX = 32, /* in one round: then it is not the changes */
    STORM_MAX = 50     /* museum */
};

/* A batch whose body the server can take, and that body; no records: nothing
 * to send. */
static struct str batch_fit(struct engine *engine, struct batch *batch)
{
    struct batch_limits limits = {
        .changes = engine->config.push_max,
        .records = engine->round.records_max > 0 ? engine->round.records_max
                                                 : SIZE_MAX,
        .fence = engine->round.fence,
    };
    struct str body = {0};
    for (;;) {
        batch_make(engine->device, &limits, batch);
        if (batch->records == 0) {
            return body;
        }
        body = engine_request_body(engine, batch);
        bool fits = body.p && body.n <= engine_request_limit(engine);
        if (fits || batch->records == 1) {
            return body;
        }
        limits.records = batch->records / 2;
    }
}

/* Museum: the rows count as sent as soon as they leave. */
static void clear_early(struct engine *engine, struct moment at,
                        const struct batch *batch)
{
    if (engine_bug(engine, CLIENT_BUG_CLEARED_BEFORE_ACK)) {
        struct scribe scribe = engine_scribe(engine, at);
        queue_acknowledge(engine->device, batch->rows, batch->row_count,
                          &scribe);
    }
}

bool engine_push_next(struct engine *engine, struct moment at)
{
    struct scribe scribe = engine_scribe(engine, at);
    if (engine->held_back) {
        return false;
    }
    for (;;) {
        struct batch batch;
        struct str body = batch_fit(engine, &batch);
        if (batch.records == 0) {
            return false;
        }
        if (body.p) {
            engine_request_push(engine, &batch, body, false);
            engine_timers_pushed(engine);
            clear_early(engine, at, &batch);
            return true;
        }
        queue_refuse(engine->device, batch.rows, batch.row_count,
                     STR("the record alone is too large to send"), &scribe);
    }
}

void engine_push_extra(struct engine *engine)
{
    uint64_t fence = engine->round.fence;
    struct batch batch;
    engine->round.fence = engine->device->queue.last_number;
    struct str body = batch_fit(engine, &batch);
    engine->round.fence = fence;
    if (batch.records > 0 && body.p) {
        engine_request_push(engine, &batch, body, true);
    }
}

bool engine_apply(struct engine *engine, struct moment at,
                  const struct response *response)
{
    struct scribe scribe = engine_scribe(engine, at);
    uint64_t last_number = engine->device->queue.last_number;
    size_t half = response->count;
    if (engine->crash_point == CRASH_IN_APPLY && response->count > 0) {
        half = response->count / 2;
    }
    for (size_t i = 0; i < half; i++) {
        replica_apply(engine->device, &response->changes[i], &scribe);
    }
    if (half < response->count) {
        engine_crash(engine);
        return false;
    }
    if (engine->device->queue.last_number != last_number) {
        engine_timers_written(engine, at); /* restamped: must go again */
    }
    return true;
}

/* Museum: which rows a wrong client clears. */
static void rows_mistaken(struct engine *engine, struct batch *batch)
{
    const struct queue *queue = &engine->device->queue;
    size_t count = queue->count;
    if (engine_bug(engine, CLIENT_BUG_DOUBLE_PUSH)) {
        count = batch->row_count < count ? batch->row_count : count;
    } else if (!engine_bug(engine, CLIENT_BUG_CLEARED_ALL)) {
        return;
    }
    batch->rows =
        arena_must(engine->config.arena, count + 1, sizeof *batch->rows);
    for (size_t i = 0; i < count; i++) {
        batch->rows[i] = queue->rows[i]->number;
    }
    batch->row_count = count;
}

static void cursors_move(struct engine *engine, struct moment at,
                         const struct flight *flight, struct str cursor)
{
    struct device *device = engine->device;
    struct scribe scribe = engine_scribe(engine, at);
    if (flight->cursor_generation != device->cursor_generation) {
        return;
    }
    for (size_t i = 0; i < device->config.collection_count; i++) {
        device_cursor_move(device, i, cursor, &scribe);
    }
}

/* Museum: an answer that a touchy client gives up on. */
static const char *answer_offends(const struct engine *engine,
                                  const struct response *response)
{
    if (engine_bug(engine, CLIENT_BUG_MALFORMED_STOPS) &&
        response->malformed_count > 0) {
        return "push: a malformed change";
    }
    if (!engine_bug(engine, CLIENT_BUG_UNKNOWN_STOPS_PUSH)) {
        return NULL;
    }
    for (size_t i = 0; i < response->count; i++) {
        if (device_collection(engine->device, response->changes[i].table) ==
            engine->device->config.collection_count) {
            return "push: an unknown collection";
        }
    }
    return NULL;
}

static void push_accepted(struct engine *engine, struct moment at,
                          const struct flight *flight,
                          const struct landing *landing)
{
    const struct response *response = landing->response;
    struct round *round = &engine->round;
    struct batch batch = flight->batch;
    struct scribe scribe = engine_scribe(engine, at);
    const char *offence = answer_offends(engine, response);
    if (offence) {
        engine_round_fail(engine, landing, offence, true);
        round->left.push = false;
        return;
    }
    bool early = engine_bug(engine, CLIENT_BUG_CURSOR_BEFORE_APPLY);
    if (early) {
        cursors_move(engine, at, flight, response->synced_until);
    }
    uint64_t last_number = engine->device->queue.last_number;
    if (!engine_apply(engine, at, response)) {
        return;
    }
    if (engine->device->queue.last_number != last_number) {
        round->fence = engine->device->queue.last_number; /* restamped */
    }
    if (flight->queue_generation == engine->device->queue_generation) {
        rows_mistaken(engine, &batch);
        queue_acknowledge(engine->device, batch.rows, batch.row_count, &scribe);
    }
    if (!early) {
        cursors_move(engine, at, flight, response->synced_until);
    }
    if (response->has_more &&
        !engine_bug(engine, CLIENT_BUG_PAGE_NOT_FOLLOWED)) {
        round->left.pulls = engine_all(engine);
    }
    round->records_max *= 2; /* none: stays none */
}

/* The server will not have what was sent: look for the record that it is
 * about, so that the others get through.  Half as many after each refusal,
 * twice as many after each success: about 2 log n pushes for one among n, and
 * one a record when there are many. */
static void push_isolate(struct engine *engine, struct moment at,
                         const struct flight *flight,
                         const struct landing *landing)
{
    struct round *round = &engine->round;
    const struct batch *batch = &flight->batch;
    struct scribe scribe = engine_scribe(engine, at);
    if (batch->records > 1) {
        round->records_max = batch->records / 2;
        return;
    }
    engine_round_fail(engine, landing, "push refused", false);
    struct arena *arena = engine->config.arena;
    struct str said = landing_said(landing, arena);
    struct str why =
        arena_printf(arena, "refused: %d %.*s", landing->status, STR_ARG(said));
    queue_refuse(engine->device, batch->rows, batch->row_count, why, &scribe);
    round->records_max = 1;
    if (++round->refusals >= REFUSALS_MAX) {
        round->left.push = false;
        round->retry = true;
    }
}

static void cursors_forget(struct engine *engine, struct moment at)
{
    struct device *device = engine->device;
    struct scribe scribe = engine_scribe(engine, at);
    for (size_t i = 0; i < device->config.collection_count; i++) {
        device_cursor_forget(device, i, &scribe);
    }
    engine->round.cursor_reset = true;
}

/* Not for what was sent, but for when, by whom or on which way. */
static void push_failed(struct engine *engine, const struct landing *landing)
{
    struct round *round = &engine->round;
    bool again = engine_bug(engine, CLIENT_BUG_RETRY_STORM) &&
                 landing_transient(landing) && round->storms++ < STORM_MAX;
    if (again) {
        return;
    }
    engine_round_fail(engine, landing, "push", landing->status != 402);
    round->retry_after_ms = landing_retry_after_ms(landing);
    round->left.push = false;
    if (landing_closed(landing)) {
        round->left.pulls = 0;
    }
    if (engine_bug(engine, CLIENT_BUG_NEVER_RETRIED)) {
        engine->held_back = true;
    }
}

static void push_rejected(struct engine *engine, struct moment at,
                          const struct flight *flight,
                          const struct landing *landing)
{
    bool first_sync = str_is(flight->request.since, CURSOR_EPOCH_TEXT);
    engine->unpaid = engine->unpaid || landing->status == 402;
    if (landing_transient(landing) || landing_closed(landing)) {
        push_failed(engine, landing);
    } else if (!first_sync && !engine->round.cursor_reset &&
               engine_refuses_cursor(engine, landing)) {
        cursors_forget(engine, at);
    } else {
        push_isolate(engine, at, flight, landing);
    }
}

void engine_push_land(struct engine *engine, struct moment at,
                      const struct flight *flight,
                      const struct landing *landing)
{
    if (landing->status == 401 && engine_request_again(engine, flight)) {
        return;
    }
    if (landing->response && engine->crash_point == CRASH_IN_ACK) {
        engine_crash(engine);
        return;
    }
    if (flight->queue_generation == engine->device->queue_generation &&
        landing_definite(landing)) {
        queue_doubt(engine->device, flight->batch.rows, flight->batch.row_count,
                    -1);
    }
    if (landing->response) {
        push_accepted(engine, at, flight, landing);
    } else if (!flight->extra) {
        push_rejected(engine, at, flight, landing);
    }
    if (!engine->crashed && !flight->extra) {
        engine_round_next(engine, at);
    }
}

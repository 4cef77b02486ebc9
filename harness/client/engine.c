/* SPDX-License-Identifier: MIT */
/* engine - life of the model client: who it is, whether it may talk, what is
 * written, and what is lost in a crash.  Layer: harness/client. */
#include "harness/client/engine.h"

#include "base/asserts.h"
#include "harness/client/engine_state.h"

void engine_config_defaults(struct engine_config *config)
{
    *config = (struct engine_config){
        .push_debounce_ms = 1000,
        .push_wait_max_ms = 5000,
        .pull_interval_ms = 30000,
        .request_timeout_ms = 10000,
        .retry_first_ms = 1000,
        .retry_max_ms = 60000,
        .push_max = 1000,
        .live_reconnect_ms = 5000,
        .live_auth_ms = 10000,
        .live_ping_ms = 30000,
        .live_pong_ms = 10000,
        .live_silence_ms = 45000,
    };
}

static void write_paths(struct engine *engine)
{
    const struct engine_config *config = &engine->config;
    struct buf app, path;
    buf_init(&app, LIMIT_TARGET_BYTES);
    buf_init(&path, LIMIT_TARGET_BYTES + DIALECT_TEXT_MAX);
    http_encode(&app, config->app);
    for (enum dialect_path p = PATH_PUSH; p < PATH_COUNT; p++) {
        buf_clear(&path);
        dialect_path_write(config->dialect, p, buf_view(&app), &path);
        ASSERT(!app.failed && !path.failed);
        engine->paths[p] = arena_str(config->arena, buf_view(&path));
        ASSERT(engine->paths[p].p != NULL);
    }
    buf_free(&path);
    buf_free(&app);
}

struct engine *engine_create(const struct engine_config *config,
                             struct device *device)
{
    struct engine *engine = arena_must(config->arena, 1, sizeof *engine);
    engine->config = *config;
    engine->device = device;
    write_paths(engine);
    rng_init(&engine->rng, config->seed, STR("client retry"));
    engine->online = true;
    engine->hold_until_ms = INT64_MIN;
    engine->status = SYNC_IDLE;
    engine_timers_stop(engine);
    engine_live_init(engine);
    return engine;
}

struct scribe engine_scribe(const struct engine *engine, struct moment at)
{
    return (struct scribe){engine->config.history, engine->config.actor,
                           at.now_ms, at.wall};
}

uint64_t engine_all(const struct engine *engine)
{
    size_t count = engine->device->config.collection_count;
    return count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

/* Everything, because nobody in particular asked. */
static void engine_start(struct engine *engine, struct moment at)
{
    struct wish all = {
        .push = true, .pulls = engine_all(engine), .automatic = true};
    if (!engine_barred(engine)) {
        engine_timers_start(engine, at);
        engine_round_ask(engine, at, all);
    }
    engine_status_update(engine, at);
}

void engine_sign_in(struct engine *engine, struct moment at)
{
    engine->signed_in = true;
    engine->unpaid = false;
    engine->failures = 0;
    engine->held_back = false;
    engine->token_kept = (struct str){0};
    if (engine->crashed) {
        return;
    }
    engine_live_hang_up(engine);
    queue_forgive(engine->device);
    engine_start(engine, at);
    engine_live_update(engine, at);
}

void engine_sign_out(struct engine *engine, struct moment at)
{
    engine->signed_in = false;
    engine_live_hang_up(engine);
    engine_round_abort(engine, "signed out");
    engine_timers_stop(engine);
    engine->last_round = ROUND_NONE;
    engine_status_update(engine, at);
}

/* What going online starts, and what the museum makes of it. */
static struct wish online_wish(struct engine *engine)
{
    struct wish wish = {
        .push = true, .pulls = engine_all(engine), .automatic = true};
    if (engine_bug(engine, CLIENT_BUG_RECONNECT_NO_PULL)) {
        wish.pulls = 0;
    }
    if (engine_bug(engine, CLIENT_BUG_ONLINE_NO_PUSH)) {
        wish.push = false;
        engine->held_back = true;
    }
    return wish;
}

/* A request that never left does not leave later. */
static void drop_unsent(struct engine *engine)
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        if (engine->flights[i].state == FLIGHT_READY) {
            engine_round_abort(engine, "offline");
            return;
        }
    }
}

void engine_online(struct engine *engine, struct moment at, bool online)
{
    if (engine->online == online) {
        return;
    }
    engine->online = online;
    if (engine->crashed) {
        return;
    }
    if (!online && engine_barred(engine)) {
        drop_unsent(engine);
    }
    if (online && !engine_barred(engine) && !engine->unpaid &&
        !engine_timers_hold(engine, at)) {
        engine_timers_start(engine, at);
        engine_round_ask(engine, at, online_wish(engine));
    }
    engine_live_update(engine, at);
    engine_status_update(engine, at);
}

/* Museum: the row that a push in flight carries of this record, or 0. */
static uint64_t row_in_flight(const struct engine *engine,
                              const struct edit *edit)
{
    const struct entry *entry =
        replica_find(engine->device, edit->collection, edit->id);
    if (!engine_bug(engine, CLIENT_BUG_EDIT_DURING_PUSH_LOST) || !entry) {
        return 0;
    }
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        const struct flight *flight = &engine->flights[i];
        for (size_t r = flight->batch.row_count; r > 0; r--) {
            if (flight->state != FLIGHT_FREE && entry->last &&
                entry->last->number == flight->batch.rows[r - 1]) {
                return entry->last->number;
            }
        }
    }
    return 0;
}

enum status engine_edit(struct engine *engine, struct moment at,
                        const struct edit *edit, struct err *err)
{
    if (engine->crashed) {
        return err_set(err, ST_USAGE, "the client has crashed");
    }
    if (engine->crash_point == CRASH_IN_WRITE) {
        /* Neither record nor row, and nobody left to be told: not an error. */
        engine_crash(engine);
        return ST_OK;
    }
    struct scribe scribe = engine_scribe(engine, at);
    struct writing writing = {
        .edit = edit,
        .scribe = &scribe,
        .unqueued = !engine->signed_in &&
                    engine_bug(engine, CLIENT_BUG_GUEST_NOT_PUSHED),
        .into_row = row_in_flight(engine, edit),
    };
    enum status status = device_write(engine->device, &writing, err);
    if (status == ST_OK) {
        if (engine->online || !engine_bug(engine, CLIENT_BUG_ONLINE_NO_PUSH)) {
            engine->held_back = false;
        }
        engine_timers_written(engine, at);
        engine_status_update(engine, at);
    }
    return status;
}

void engine_push(struct engine *engine, struct moment at)
{
    engine_round_ask(engine, at, (struct wish){.push = true});
}

void engine_pull(struct engine *engine, struct moment at, struct str collection)
{
    const struct device *device = engine->device;
    struct wish wish = {.pulls = engine_all(engine)};
    if (collection.n > 0) {
        size_t index = device_collection(device, collection);
        wish.pulls =
            index < device->config.collection_count ? UINT64_C(1) << index : 0;
    }
    engine_round_ask(engine, at, wish);
}

void engine_sync(struct engine *engine, struct moment at)
{
    engine_round_ask(engine, at,
                     (struct wish){.push = true, .pulls = engine_all(engine)});
}

bool engine_signed_in(const struct engine *engine)
{
    return engine->signed_in;
}

bool engine_stopped_by_payment(const struct engine *engine)
{
    return engine->unpaid;
}

bool engine_crashed(const struct engine *engine)
{
    return engine->crashed;
}

void engine_crash_at(struct engine *engine, enum crash_point point)
{
    engine->crash_point = point;
}

void engine_crash(struct engine *engine)
{
    engine_round_abort(engine, "crashed");
    engine_timers_stop(engine);
    engine_live_crash(engine);
    engine->crashed = true;
    engine->crash_point = CRASH_NEVER;
    engine->failures = 0;
    engine->hold_until_ms = INT64_MIN;
    engine->last_round = ROUND_NONE;
    engine->status = SYNC_IDLE;
    if (engine_bug(engine, CLIENT_BUG_QUEUE_LOST_ON_CRASH)) {
        queue_clear(engine->device);
    }
}

void engine_restart(struct engine *engine, struct moment at)
{
    if (!engine->crashed) {
        return;
    }
    engine->crashed = false;
    engine->held_back = false;
    queue_forgive(engine->device);
    if (engine->config.timers && !engine->unpaid) {
        engine_start(engine, at);
    }
    engine_live_update(engine, at);
    engine_status_update(engine, at);
}

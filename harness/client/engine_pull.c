/* SPDX-License-Identifier: MIT */
/* engine_pull - pulling: one collection after the other, page by page, the
 * cursor only after what it stands for is stored.  Layer: harness/client. */
#include "base/asserts.h"
#include "harness/client/engine_state.h"

enum {
    PAGES_MAX = 10000, /* of one collection in one round */
    STORM_MAX = 50     /* museum */
};

static size_t first_bit(uint64_t bits)
{
    size_t at = 0;
    while (!(bits >> at & 1u)) {
        at++;
    }
    return at;
}

void engine_pull_next(struct engine *engine)
{
    ASSERT(engine->round.left.pulls != 0);
    engine_request_pull(engine, first_bit(engine->round.left.pulls));
}

static void pull_done(struct engine *engine, size_t collection)
{
    engine->round.left.pulls &= ~(UINT64_C(1) << collection);
    engine->round.pages = 0;
}

static void cursor_move(struct engine *engine, struct moment at,
                        const struct flight *flight, struct str cursor)
{
    struct device *device = engine->device;
    struct scribe scribe = engine_scribe(engine, at);
    if (flight->cursor_generation != device->cursor_generation) {
        return;
    }
    device_cursor_move(device, flight->collection, cursor, &scribe);
    if (engine_bug(engine, CLIENT_BUG_CURSOR_SHARED)) {
        for (size_t i = 0; i < device->config.collection_count; i++) {
            device_cursor_move(device, i, cursor, &scribe);
        }
    }
}

/* Does the answer's cursor lie behind the one that was asked with? */
static bool page_advanced(const struct flight *flight,
                          const struct response *response)
{
    struct instant from, to;
    if (instant_parse(flight->request.since, &from, NULL) == ST_OK &&
        instant_parse(response->synced_until, &to, NULL) == ST_OK) {
        return instant_cmp(to, from) > 0;
    }
    return !str_eq(flight->request.since, response->synced_until);
}

/* After a page that says there is more: go on with it, or say why not. */
static const char *page_follow(struct engine *engine,
                               const struct flight *flight,
                               const struct response *response)
{
    if (++engine->round.pages >= PAGES_MAX) {
        return "pull: there is no end to the pages";
    }
    if (!page_advanced(flight, response) &&
        !engine_bug(engine, CLIENT_BUG_HOT_LOOP)) {
        return "pull: hasMore, but the cursor did not advance";
    }
    return NULL;
}

static void pull_accepted(struct engine *engine, struct moment at,
                          const struct flight *flight,
                          const struct landing *landing)
{
    const struct response *response = landing->response;
    const char *wrong = NULL;
    if (engine_bug(engine, CLIENT_BUG_MALFORMED_STOPS) &&
        response->malformed_count > 0) {
        engine_round_fail(engine, landing, "pull: a malformed change", true);
        pull_done(engine, flight->collection);
        return;
    }
    bool early = engine_bug(engine, CLIENT_BUG_CURSOR_BEFORE_APPLY);
    if (early) {
        cursor_move(engine, at, flight, response->synced_until);
    }
    if (!engine_apply(engine, at, response)) {
        return;
    }
    if (!early) {
        cursor_move(engine, at, flight, response->synced_until);
    }
    bool more =
        response->has_more && !engine_bug(engine, CLIENT_BUG_PAGE_NOT_FOLLOWED);
    if (more) {
        wrong = page_follow(engine, flight, response);
    }
    if (wrong) {
        engine_round_fail(engine, landing, wrong, true);
    }
    if (!more || wrong) {
        pull_done(engine, flight->collection);
    }
}

/* A cursor that the server will not have: start over, once a round. */
static bool pull_reset(struct engine *engine, struct moment at,
                       const struct flight *flight,
                       const struct landing *landing)
{
    struct scribe scribe = engine_scribe(engine, at);
    uint64_t bit = UINT64_C(1) << flight->collection;
    int status = landing->status;
    if ((status != 400 && status != 409 && status != 410) ||
        (engine->round.pull_resets & bit) ||
        str_is(flight->request.since, CURSOR_EPOCH_TEXT)) {
        return false;
    }
    engine->round.pull_resets |= bit;
    device_cursor_forget(engine->device, flight->collection, &scribe);
    return true;
}

static void pull_failed(struct engine *engine, const struct flight *flight,
                        const struct landing *landing)
{
    struct round *round = &engine->round;
    if (engine_bug(engine, CLIENT_BUG_RETRY_STORM) &&
        landing_transient(landing) && round->storms++ < STORM_MAX) {
        return;
    }
    engine->unpaid = engine->unpaid || landing->status == 402;
    engine_round_fail(engine, landing, "pull", landing->status != 402);
    round->retry_after_ms = landing_retry_after_ms(landing);
    pull_done(engine, flight->collection);
    if (landing_closed(landing)) {
        round->left = (struct wish){0};
    }
}

void engine_pull_land(struct engine *engine, struct moment at,
                      const struct flight *flight,
                      const struct landing *landing)
{
    if (landing->status == 401 && engine_request_again(engine, flight)) {
        return;
    }
    if (landing->response) {
        pull_accepted(engine, at, flight, landing);
    } else if (!pull_reset(engine, at, flight, landing)) {
        pull_failed(engine, flight, landing);
    }
    if (!engine->crashed) {
        engine_round_next(engine, at);
    }
}

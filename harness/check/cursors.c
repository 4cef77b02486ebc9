/* SPDX-License-Identifier: MIT */
/* cursors - clients send back the very cursors that they were given, per
 * collection; servers never move one back.  Layer: harness/check. */
#include "harness/check/finding.h"
#include "harness/check/lines.h"

static bool same_device(const struct ledger *ledger, const struct event *a,
                        const struct event *b)
{
    return ledger_actor(ledger, a)->device == ledger_actor(ledger, b)->device;
}

static bool serves(const struct event *origin, const struct event *send)
{
    return origin->as.request_kind == REQUEST_PUSH ||
           send->as.request_kind == REQUEST_PUSH ||
           str_eq(origin->collection, send->collection);
}

/* Had the device been given this cursor, for this collection? */
static bool was_given(const struct ledger *ledger, const struct event *send,
                      bool any_collection)
{
    /* Backwards: mostly it is the one that was given last. */
    for (size_t i = ledger->trip_count; i-- > 1;) {
        const struct trip *trip = &ledger->trips[i];
        if (trip->send && trip->reply && trip->reply->response &&
            trip->reply->seq < send->seq &&
            same_device(ledger, trip->send, send) &&
            (any_collection || serves(trip->send, send)) &&
            str_eq(trip->reply->response->synced_until, send->id)) {
            return true;
        }
    }
    return heard_cursor(ledger, ledger_actor(ledger, send)->device, send,
                        send->seq) != NULL;
}

static void check_since(struct finder *finder, const struct event *send)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct actor *actor = ledger_actor(ledger, send);
    if (str_is(send->id, CURSOR_EPOCH_TEXT) || ledger->rebuilt[actor->device] ||
        was_given(ledger, send, false)) {
        return;
    }
    bool foreign = was_given(ledger, send, true);
    const struct finding finding = {
        .candidates = "PULL-3",
        .line = send->line,
        .what = arena_printf(arena, "%.*s sent since %.*s in #%u",
                             STR_ARG(actor->name), STR_ARG(send->id),
                             send->exchange),
        .expected = STR("the bytes of a cursor it was given for this "
                        "collection, or the first-sync cursor"),
        .actual = foreign ? STR("a cursor of another collection")
                          : STR("a cursor that no answer contained")};
    finding_end(finder, finding_begin(finder, &finding));
}

/* The script itself kept the device from going on. */
static bool is_excused(const struct ledger *ledger, const struct event *reply)
{
    const struct history *history = ledger->input->history;
    for (size_t i = reply->seq; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind == EV_LIFE && event->as.life != LIFE_ONLINE &&
            event->as.life != LIFE_PURGE && event->as.life != LIFE_SAVE &&
            same_device(ledger, event, reply)) {
            return true;
        }
    }
    return reply->seq >= ledger->settle_seq;
}

/* hasMore that nobody followed. */
static void check_followed(struct finder *finder, const struct trip *trip)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    if (is_excused(ledger, trip->reply)) {
        return;
    }
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *o = &ledger->trips[i];
        if (o->send && o->send->seq > trip->reply->seq &&
            o->send->seq < ledger->settle_seq &&
            same_device(ledger, o->send, trip->send) &&
            o->send->as.request_kind == REQUEST_PULL &&
            str_eq(o->send->collection, trip->send->collection)) {
            return;
        }
    }
    const struct finding finding = {
        .candidates = "PULL-2",
        .line = trip->send->line,
        .what = arena_printf(arena, "%.*s did not follow hasMore of #%u",
                             STR_ARG(ledger_actor(ledger, trip->send)->name),
                             trip->send->exchange),
        .expected = STR("a pull from the page's cursor"),
        .actual = STR("no further pull of the collection")};
    finding_end(finder, finding_begin(finder, &finding));
}

static void check_forward(struct finder *finder, const struct trip *trip)
{
    struct arena *arena = finder->ledger->arena;
    const struct response *response = trip->reply->response;
    struct instant since;
    if (instant_parse(trip->send->id, &since, NULL) != ST_OK ||
        instant_cmp(response->synced_until_at, since) >= 0) {
        return;
    }
    const struct finding finding = {
        .candidates = "CURSOR-3 CURSOR-9",
        .line = trip->send->line,
        .what = arena_printf(arena, "the cursor went back in #%u",
                             trip->send->exchange),
        .expected =
            arena_printf(arena, "not before %.*s", STR_ARG(trip->send->id)),
        .actual = response->synced_until};
    finding_end(finder, finding_begin(finder, &finding));
}

/* The durable cursor of a collection before an event; NULL: none yet. */
static const struct event *cursor_before(const struct ledger *ledger,
                                         const struct event *before,
                                         struct str collection)
{
    const struct history *history = ledger->input->history;
    for (size_t i = before->seq; i-- > 0;) {
        const struct event *event = &history->events[i];
        if (event->kind == EV_CURSOR && event->actor == before->actor &&
            str_eq(event->collection, collection)) {
            return event;
        }
    }
    return NULL;
}

/* A stream of several collections has one `since`: the least of their cursors,
 * or what the others lack is passed over. */
static void check_resumed(struct finder *finder, const struct line *line)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    struct instant since, cursor;
    if (line->open->as.live_kind != LIVE_STREAM || !line->who->is_client ||
        ledger->rebuilt[line->who->device] ||
        instant_parse(line->open->id, &since, NULL) != ST_OK) {
        return;
    }
    for (size_t i = 0; i < ledger->input->collection_count; i++) {
        struct str collection = ledger->input->collections[i];
        const struct event *at = cursor_before(ledger, line->open, collection);
        struct str text = at ? at->text : STR(CURSOR_EPOCH_TEXT);
        if (!line_asks(ledger, line, collection) ||
            instant_parse(text, &cursor, NULL) != ST_OK ||
            instant_cmp(since, cursor) <= 0) {
            continue;
        }
        ledger->astray[line->who->device] = true;
        const struct finding finding = {
            .candidates = "PULL-3 CONN-1",
            .line = line->open->line,
            .what = arena_printf(arena, "%.*s opened stream ~%u since %.*s",
                                 STR_ARG(line->who->name), line->open->exchange,
                                 STR_ARG(line->open->id)),
            .expected =
                arena_printf(arena, "not after %.*s, its cursor of %.*s",
                             STR_ARG(text), STR_ARG(collection)),
            .actual = STR("a later cursor: what lies between is never asked "
                          "for")};
        finding_end(finder, finding_begin(finder, &finding));
        return;
    }
}

void check_cursors(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    for (size_t i = 0; i < ledger->line_count; i++) {
        check_resumed(finder, &ledger->lines[i]);
    }
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (!trip->send || trip->send->as.request_kind == REQUEST_RAW ||
            !ledger_actor(ledger, trip->send)->is_client) {
            continue;
        }
        check_since(finder, trip->send);
        if (!trip->reply || !trip->reply->response ||
            trip->known != KNOWN_ACKED) {
            continue;
        }
        if (!ledger->input->killed) {
            check_forward(finder, trip);
        }
        if (ledger->input->settled && trip->reply->response->has_more &&
            trip->send->as.request_kind == REQUEST_PULL) {
            check_followed(finder, trip);
        }
    }
}

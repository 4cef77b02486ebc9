/* SPDX-License-Identifier: MIT */
/* idempotence - each change is delivered once to each other client, however
 * often it was sent, and not to its author.  Both are level S: only where the
 * scenario covers them.  Layer: harness/check. */
#include "harness/check/finding.h"

bool change_same(const struct change *a, const struct change *b)
{
    if (a->op != b->op || !str_eq(a->id, b->id) ||
        !str_eq(a->table, b->table) || a->field_count != b->field_count ||
        a->data_count != b->data_count ||
        a->has_deleted_at != b->has_deleted_at ||
        (a->has_deleted_at && instant_cmp(a->deleted_at, b->deleted_at) != 0)) {
        return false;
    }
    for (size_t i = 0; i < a->field_count; i++) {
        if (!str_eq(a->fields[i].name, b->fields[i].name) ||
            !str_eq(a->fields[i].value, b->fields[i].value) ||
            instant_cmp(a->fields[i].at, b->fields[i].at) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < a->data_count; i++) {
        if (!str_eq(a->data[i].name, b->data[i].name) ||
            !str_eq(a->data[i].value, b->data[i].value)) {
            return false;
        }
    }
    return true;
}

static size_t count_same(const struct response *response,
                         const struct change *change)
{
    size_t count = 0;
    for (size_t i = 0; i < response->count; i++) {
        count += change_same(&response->changes[i], change);
    }
    return count;
}

static const struct response *pull_of(const struct trip *trip)
{
    bool pull = trip->send && trip->reply && trip->reply->response &&
                trip->send->as.request_kind == REQUEST_PULL;
    return pull ? trip->reply->response : NULL;
}

static void report_twice(struct finder *finder, const struct trip *trip,
                         const struct change *change, struct str actual)
{
    struct arena *arena = finder->ledger->arena;
    const struct finding finding = {
        .candidates = "PUSH-5",
        .line = trip->send->line,
        .what =
            arena_printf(arena, "TWICE %.*s/%.*s %s", STR_ARG(change->table),
                         STR_ARG(change->id), op_name(change->op)),
        .expected = STR("one delivery to each other client"),
        .actual = actual};
    finding_end(finder, finding_begin(finder, &finding));
}

/* In how many requests it was; one that the script's network touched may have
 * been taken more often.  `whole`: the change itself, or any of its record. */
static size_t times_sent(const struct ledger *ledger,
                         const struct change *change, bool whole)
{
    size_t times = 0;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        for (size_t c = 0; trip->send && c < trip->send->change_count; c++) {
            const struct change *sent = &trip->send->changes[c];
            if (whole ? change_same(sent, change)
                      : str_eq(sent->id, change->id) &&
                            str_eq(sent->table, change->table)) {
                times += trip->faulted ? 2 : 1;
            }
        }
    }
    return times;
}

/* A server that merges says other changes than it was sent. */
static bool sent_once(const struct ledger *ledger, const struct change *change)
{
    size_t times = times_sent(ledger, change, true);
    return (times > 0 ? times : times_sent(ledger, change, false)) == 1;
}

/* How often this answer says what was sent once: a server may say everything
 * twice, and is not to say more of what was sent again. */
static size_t usual_copies(const struct ledger *ledger,
                           const struct response *response)
{
    size_t least = 0;
    for (size_t c = 0; c < response->count && least != 1; c++) {
        const struct change *change = &response->changes[c];
        size_t copies = count_same(response, change);
        if ((least == 0 || copies < least) && sent_once(ledger, change)) {
            least = copies;
        }
    }
    return least > 0 ? least : 1;
}

/* In one answer, told with the first copy. */
static void check_copies(struct finder *finder, const struct trip *trip,
                         const struct response *response)
{
    struct arena *arena = finder->ledger->arena;
    size_t usual = usual_copies(finder->ledger, response);
    for (size_t c = 0; c < response->count; c++) {
        const struct change *change = &response->changes[c];
        size_t copies = count_same(response, change);
        size_t before = 0;
        while (!change_same(&response->changes[before], change)) {
            before++;
        }
        if (before == c && copies > usual) {
            report_twice(finder, trip, change,
                         arena_printf(arena, "%zu times in #%u%s", copies,
                                      trip->send->exchange,
                                      usual > 1 ? ", more than others" : ""));
        }
    }
}

/* The observer reads the log once from its start: what was sent again may not
 * come more often than what was not, and nothing by two answers. */
static void check_observer(struct finder *finder, const struct trip *trip,
                           size_t index)
{
    const struct ledger *ledger = finder->ledger;
    const struct response *response = pull_of(trip);
    if (!response) {
        return;
    }
    check_copies(finder, trip, response);
    for (size_t c = 0; c < response->count; c++) {
        const struct change *change = &response->changes[c];
        for (size_t i = index + 1; i < ledger->trip_count; i++) {
            const struct trip *later = &ledger->trips[i];
            const struct response *other = pull_of(later);
            if (other && later->send->actor == trip->send->actor &&
                count_same(other, change) > 0) {
                report_twice(
                    finder, trip, change,
                    arena_printf(ledger->arena, "in #%u and again in #%u",
                                 trip->send->exchange, later->send->exchange));
            }
        }
    }
}

static bool holds(const struct event *send, const struct change *change)
{
    for (size_t c = 0; c < send->change_count; c++) {
        if (change_same(&send->changes[c], change)) {
            return true;
        }
    }
    return false;
}

static bool wrote(const struct ledger *ledger, const struct actor *client,
                  const struct change *change, uint32_t before)
{
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct event *send = ledger->trips[i].send;
        if (send && send->seq < before &&
            str_eq(ledger_actor(ledger, send)->client_id, client->client_id) &&
            str_eq(ledger_actor(ledger, send)->user, client->user) &&
            str_eq(ledger_actor(ledger, send)->app, client->app) &&
            holds(send, change)) {
            return true;
        }
    }
    return false;
}

/* Two devices may write the very same change (guest data with fixed ids). */
static bool others_wrote(const struct ledger *ledger,
                         const struct actor *client,
                         const struct change *change)
{
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct event *send = ledger->trips[i].send;
        if (send &&
            !str_eq(ledger_actor(ledger, send)->client_id, client->client_id) &&
            holds(send, change)) {
            return true;
        }
    }
    return false;
}

static void check_echo(struct finder *finder, const struct trip *trip)
{
    const struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct actor *client = ledger_actor(ledger, trip->send);
    const struct response *response = trip->reply->response;
    for (size_t c = 0; c < response->count; c++) {
        const struct change *change = &response->changes[c];
        if (!wrote(ledger, client, change, trip->reply->seq) ||
            others_wrote(ledger, client, change)) {
            continue;
        }
        const struct finding finding = {
            .candidates = "PUSH-9",
            .line = trip->send->line,
            .what = arena_printf(arena, "ECHO %.*s/%.*s to %.*s in #%u",
                                 STR_ARG(change->table), STR_ARG(change->id),
                                 STR_ARG(client->name), trip->send->exchange),
            .expected = STR("the changes of others only"),
            .actual = STR("the client's own change came back")};
        finding_end(finder, finding_begin(finder, &finding));
    }
}

void check_idempotence(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    bool once = ledger_covers(ledger, "PUSH-5");
    bool echo = ledger_covers(ledger, "PUSH-9");
    for (size_t i = 1; (once || echo) && i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (!trip->send || !trip->reply || !trip->reply->response) {
            continue;
        }
        const struct actor *actor = ledger_actor(ledger, trip->send);
        if (once && actor->is_observer) {
            check_observer(finder, trip, i);
        }
        if (echo && actor->is_client && trip->known == KNOWN_ACKED &&
            !str_is(trip->send->id, CURSOR_EPOCH_TEXT)) {
            check_echo(finder, trip);
        }
    }
}

/* SPDX-License-Identifier: MIT */
/* order - changes of one client to one record arrive in the order that it sent
 * them.  Layer: harness/check. */
#include "harness/check/finding.h"

struct pair {
    const struct trip *push;
    const struct change *first, *second; /* of one record, in this order */
};

static size_t position(const struct response *response,
                       const struct change *change)
{
    size_t i = 0;
    while (i < response->count && !change_same(&response->changes[i], change)) {
        i++;
    }
    return i;
}

static void check_answer(struct finder *finder, const struct pair *pair,
                         const struct trip *trip)
{
    const struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct response *response = trip->reply->response;
    size_t first = position(response, pair->first);
    size_t second = position(response, pair->second);
    if (first >= response->count || second >= first) {
        return;
    }
    const struct finding finding = {
        .candidates = "PUSH-6",
        .line = pair->push->send->line,
        .what = arena_printf(arena, "OUT OF ORDER %.*s/%.*s in #%u",
                             STR_ARG(pair->first->table),
                             STR_ARG(pair->first->id), trip->send->exchange),
        .expected = arena_printf(
            arena,
            "the %s before the %s, as %.*s sent "
            "them in #%u",
            op_name(pair->first->op), op_name(pair->second->op),
            STR_ARG(pair->push->who->name), pair->push->send->exchange),
        .actual = arena_printf(arena, "the %s came first",
                               op_name(pair->second->op))};
    finding_end(finder, finding_begin(finder, &finding));
}

static void check_pair(struct finder *finder, const struct pair *pair)
{
    const struct ledger *ledger = finder->ledger;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (trip->send && trip->reply && trip->reply->response &&
            trip->known == KNOWN_ACKED &&
            str_eq(trip->who->user, pair->push->who->user) &&
            str_eq(trip->who->app, pair->push->who->app)) {
            check_answer(finder, pair, trip);
        }
    }
}

void check_order(struct finder *finder)
{
    const struct ledger *ledger = finder->ledger;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *push = &ledger->trips[i];
        if (!push->send || !trip_took_effect(push)) {
            continue;
        }
        /* Clients put the changes of a record next to each other. */
        for (size_t c = 0; c + 1 < push->send->change_count; c++) {
            const struct change *changes = &push->send->changes[c];
            if (str_eq(changes[0].id, changes[1].id) &&
                str_eq(changes[0].table, changes[1].table) &&
                !change_same(&changes[0], &changes[1])) {
                const struct pair pair = {push, &changes[0], &changes[1]};
                check_pair(finder, &pair);
            }
        }
    }
}

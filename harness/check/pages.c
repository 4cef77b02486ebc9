/* SPDX-License-Identifier: MIT */
/* pages - `hasMore: true` comes with a cursor that advanced.
 * Layer: harness/check. */
#include "harness/check/finding.h"

void check_pages(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (!trip->send || !trip->reply || !trip->reply->response ||
            !trip->reply->response->has_more || trip->known != KNOWN_ACKED) {
            continue;
        }
        struct instant since;
        if (instant_parse(trip->send->id, &since, NULL) != ST_OK ||
            instant_cmp(trip->reply->response->synced_until_at, since) > 0) {
            continue;
        }
        const struct finding finding = {
            .candidates = "CURSOR-5",
            .line = trip->send->line,
            .what = arena_printf(arena, "page #%u does not advance",
                                 trip->send->exchange),
            .expected = arena_printf(arena, "a cursor after %.*s",
                                     STR_ARG(trip->send->id)),
            .actual = arena_printf(
                arena, "hasMore with syncedUntil %.*s and %zu changes",
                STR_ARG(trip->reply->response->synced_until),
                trip->reply->response->count),
            .cause = STR("a client that trusts it asks for ever")};
        finding_end(finder, finding_begin(finder, &finding));
    }
}

/* SPDX-License-Identifier: MIT */
/* liveness - no request is answered with 5xx, or with a dropped connection,
 * unless the script broke the network or the server itself.
 * Layer: harness/check. */
#include "harness/check/finding.h"

void check_liveness(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    for (size_t i = 1; !ledger->input->killed && i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (!trip->send || !trip->reply || trip->faulted) {
            continue;
        }
        bool answered = trip->reply->as.reply_kind == REPLY_ANSWER;
        if (answered && (trip->reply->code < 500 || trip->reply->code == 501 ||
                         trip->reply->code == 505)) {
            continue;
        }
        const struct finding finding = {
            .candidates = "VALID-17 SVC-1 SVC-4",
            .line = trip->send->line,
            .what =
                arena_printf(arena, "%.*s: %.*s (#%u)",
                             STR_ARG(ledger_actor(ledger, trip->send)->name),
                             STR_ARG(trip->send->text), trip->send->exchange),
            .expected = STR("an answer of the server, not 5xx"),
            .actual =
                answered
                    ? arena_printf(arena, "%d", (int)trip->reply->code)
                    : arena_printf(arena, "%s: %.*s",
                                   reply_kind_name(trip->reply->as.reply_kind),
                                   STR_ARG(trip->reply->text))};
        finding_end(finder, finding_begin(finder, &finding));
    }
}

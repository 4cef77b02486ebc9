/* SPDX-License-Identifier: MIT */
/* atomicity - a push is all or nothing: nothing of a refused one is ever seen,
 * and of one with an unknown end either everything or nothing.
 * Layer: harness/check. */
#include "harness/check/finding.h"

struct sighting {
    const struct reg *seen, *missing;
};

static bool has_twin(const struct reg *reg, const struct write *write)
{
    for (const struct write *o = reg->sent; o; o = o->next) {
        if (o->trip != write->trip && o->trip->known != KNOWN_REFUSED &&
            o->trip->known != KNOWN_NEVER &&
            order_cmp(o->at, o->value, write->at, write->value) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_served(const struct ledger *ledger, const struct reg *reg,
                      const struct write *write)
{
    for (uint32_t d = 0; d < ledger->devices; d++) {
        if (!write->wild && held_is_write(&reg->served[d], write)) {
            return true;
        }
    }
    return false;
}

static void look(const struct ledger *ledger, const struct trip *trip,
                 struct sighting *sighting)
{
    for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
        for (const struct write *w = reg->sent; w; w = w->next) {
            if (w->trip != trip || has_twin(reg, w)) {
                continue;
            }
            if (is_served(ledger, reg, w)) {
                sighting->seen = reg;
            } else if (reg->must == w) {
                sighting->missing = reg;
            }
        }
    }
}

static void report(struct finder *finder, const struct trip *trip,
                   const struct sighting *sighting)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    bool refused = trip->known == KNOWN_REFUSED;
    struct str missing = sighting->missing ? reg_text(arena, sighting->missing)
                                           : (struct str){0};
    const struct finding finding = {
        .candidates = "PUSH-3",
        .line = trip->send->line,
        .what = arena_printf(arena, "PARTIAL push #%u by %.*s",
                             trip->send->exchange,
                             STR_ARG(ledger_actor(ledger, trip->send)->name)),
        .expected = refused ? arena_printf(arena, "nothing of it: answered %d",
                                           (int)trip->reply->code)
                            : STR("all of it or nothing"),
        .actual = arena_printf(arena, "%.*s was delivered%s%.*s",
                               STR_ARG(reg_text(arena, sighting->seen)),
                               sighting->missing ? ", but not " : "",
                               STR_ARG(missing))};
    struct verdict *verdict = finding_begin(finder, &finding);
    if (verdict) {
        explain_register(ledger, sighting->seen, verdict);
    }
    finding_end(finder, verdict);
}

void check_atomicity(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (!trip->send || trip->send->change_count == 0) {
            continue;
        }
        bool refused = trip->known == KNOWN_REFUSED;
        if (!refused && trip->known != KNOWN_UNKNOWN) {
            continue;
        }
        struct sighting sighting = {0};
        look(ledger, trip, &sighting);
        if (sighting.seen &&
            (refused || (sighting.missing && ledger->input->settled))) {
            report(finder, trip, &sighting);
        }
    }
}

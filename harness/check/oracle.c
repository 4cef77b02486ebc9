/* SPDX-License-Identifier: MIT */
/* oracle - what must be true after everything settled, recomputed from the
 * recorded writes alone: a fresh observer is served exactly the greatest
 * acknowledged write of every register.  Layer: harness/check. */
#include "base/asserts.h"
#include "harness/check/finding.h"

/* Did anybody but its author ever get this write? */
static bool was_delivered(const struct ledger *ledger, const struct reg *reg,
                          const struct write *write)
{
    for (uint32_t d = 0; d < ledger->devices; d++) {
        if (held_is_write(&reg->served[d], write)) {
            return true;
        }
    }
    return false;
}

static const struct write *write_of(const struct reg *reg,
                                    const struct held *held)
{
    for (const struct write *w = reg->sent; w; w = w->next) {
        if (held_is_write(held, w)) {
            return w;
        }
    }
    return NULL;
}

/* A write of another register of the same record that is newer. */
static bool newer_sibling(const struct ledger *ledger, const struct reg *reg)
{
    for (const struct reg *o = ledger->regs; o; o = o->next) {
        bool sibling = o != reg && str_eq(o->id, reg->id) &&
                       str_eq(o->table, reg->table) &&
                       str_eq(o->user, reg->user) && str_eq(o->app, reg->app);
        for (const struct write *w = o->sent; sibling && w; w = w->next) {
            if (reg->must && instant_cmp(w->at, reg->must->at) >= 0 &&
                w->trip != reg->must->trip) {
                return true;
            }
        }
    }
    return false;
}

static const char *blame_value(const struct ledger *ledger,
                               const struct reg *reg, const struct held *held)
{
    const struct write *seen = write_of(reg, held);
    if (str_is(reg->name, "deletedAt")) {
        bool restored = reg->must && str_is(reg->must->value, "null");
        bool alive = str_is(held->value, "null");
        if (restored) {
            return "DELETE-4 DELETE-1 FID-6";
        }
        if (reg->must && !was_delivered(ledger, reg, reg->must)) {
            return "DELETE-1 DELETE-3 PUSH-2";
        }
        return seen || alive ? "DELETE-3 DELETE-1 FID-6" : "DELETE-1 FID-6";
    }
    if (seen && reg->must && instant_cmp(seen->at, reg->must->at) == 0) {
        return "MERGE-3 MERGE-2 PUSH-2";
    }
    if (seen && seen->trip->known == KNOWN_REFUSED) {
        return "PUSH-3";
    }
    if (seen) {
        return "MERGE-2 MERGE-4 MERGE-1 PUSH-2 PUSH-6 PUSH-4 PUSH-12 CURSOR-7 "
               "CURSOR-4";
    }
    size_t sent = 0;
    for (const struct write *w = reg->sent; w; w = w->next) {
        sent += str_eq(w->value, held->value);
    }
    return sent > 1    ? "PUSH-4 FID-6 MERGE-2 MERGE-4 MERGE-5"
           : sent == 1 ? "FID-6 MERGE-2 MERGE-4 MERGE-5"
                       : "MERGE-5 FID-1";
}

/* Nothing was served although something was acknowledged. */
static const char *blame_absence(const struct ledger *ledger,
                                 const struct reg *reg)
{
    ASSERT(reg->must);
    if (str_is(reg->must->value, "null") && !str_is(reg->name, "deletedAt")) {
        return "FID-3 PUSH-2";
    }
    if (str_is(reg->name, "deletedAt") && reg->must->value.p[0] == '"') {
        return "DELETE-1 DELETE-3 PUSH-2 CURSOR-7";
    }
    if (reg->must->trip->send->change_count >= 1000) {
        return "PUSH-12 PUSH-2 CURSOR-4";
    }
    if (was_delivered(ledger, reg, reg->must)) {
        return "CURSOR-7 CURSOR-4 MERGE-5 PUSH-2";
    }
    if (newer_sibling(ledger, reg)) {
        return "MERGE-1 PUSH-2 PUSH-4 CURSOR-7 CURSOR-4 FID-5";
    }
    return "PUSH-2 PUSH-4 PUSH-6 PUSH-12 SVC-2 SVC-5 CURSOR-4 CURSOR-7 FID-3 "
           "FID-5 FID-7 APPLY-3";
}

static void judge(struct finder *finder, const struct reg *reg,
                  const struct held *held)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct event *source = reg->must   ? reg->must->event
                                 : reg->sent ? reg->sent->event
                                             : NULL;
    struct str who = reg_text(arena, reg);
    const struct finding finding = {
        .candidates = !held->present ? blame_absence(ledger, reg)
                      : reg->must    ? blame_value(ledger, reg, held)
                                     : "PUSH-3 PUSH-2",
        .line = source ? source->line : 0,
        .what = arena_printf(arena, "%s %.*s", held->present ? "WRONG" : "LOST",
                             STR_ARG(who)),
        .expected = reg->must ? write_text(arena, reg->must)
                              : STR("nothing: no write of it was accepted"),
        .actual = arena_printf(arena, "a fresh client is served %.*s",
                               STR_ARG(held_text(arena, held))),
        .cause = reg->must && !was_delivered(ledger, reg, reg->must)
                     ? STR("the server acknowledged the write and gave it to "
                           "nobody")
                     : STR("")};
    struct verdict *verdict = finding_begin(finder, &finding);
    if (verdict) {
        explain_register(ledger, reg, verdict);
    }
    finding_end(finder, verdict);
}

/* Did the observer read the collection to its end? */
static bool was_read(const struct ledger *ledger, const struct actor *observer,
                     struct str table)
{
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (trip->reply && trip->reply->response &&
            trip->who->device == observer->device &&
            str_eq(trip->send->collection, table) &&
            !trip->reply->response->has_more) {
            return true;
        }
    }
    return false;
}

/* What could not be read is no evidence of anything. */
static void tell_unknown(struct finder *finder, struct str table)
{
    const struct ledger *ledger = finder->ledger;
    for (size_t i = 0; i < finder->result->verdict_count; i++) {
        const struct verdict *told = &finder->result->verdicts[i];
        if (told->outcome == OUT_UNKNOWN && str_ends(told->what, table)) {
            return;
        }
    }
    const struct verdict verdict = {
        .outcome = OUT_UNKNOWN,
        .checker = STR("oracle"),
        .file = ledger->input->file,
        .what = arena_printf(ledger->arena, "UNKNOWN what became of %.*s",
                             STR_ARG(table)),
        .expected = STR("a fresh observer that can read the collection"),
        .actual = STR("its pull got no answer that could be read")};
    result_add(finder->result, ledger->arena, &verdict);
}

static void judge_observer(struct finder *finder, const struct actor *observer)
{
    struct ledger *ledger = finder->ledger;
    struct str read = {0}, unread = {0}; /* registers come by collection */
    for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
        if (!reg->sent || !str_eq(reg->user, observer->user) ||
            !str_eq(reg->app, observer->app)) {
            continue;
        }
        if (!str_eq(reg->table, read) && !str_eq(reg->table, unread)) {
            *(was_read(ledger, observer, reg->table) ? &read : &unread) =
                reg->table;
        }
        const struct held *held = &reg->served[observer->device];
        if (str_eq(reg->table, unread)) {
            if (reg->must) {
                tell_unknown(finder, reg->table);
            }
        } else if (!reg_allows(reg, held)) {
            judge(finder, reg, held);
        }
    }
}

void check_oracle(struct finder *finder)
{
    const struct ledger *ledger = finder->ledger;
    const struct history *history = ledger->input->history;
    for (size_t i = 0; ledger->input->settled && i < history->actor_count;
         i++) {
        if (history->actors[i].is_observer) {
            judge_observer(finder, &history->actors[i]);
        }
    }
}

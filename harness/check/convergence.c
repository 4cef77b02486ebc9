/* SPDX-License-Identifier: MIT */
/* convergence - every replica ends with what the server's deliveries and its
 * own edits fold to, and all end equal.  Says whether the server did not
 * tell, or the client was told and did not keep it.  Layer: harness/check. */
#include "harness/check/finding.h"

static bool held_eq(const struct held *a, const struct held *b)
{
    if (!a->present || !b->present) {
        return a->present == b->present;
    }
    return instant_cmp(a->at, b->at) == 0 && str_eq(a->value, b->value);
}

static bool happened(const struct ledger *ledger, uint32_t device,
                     enum life life)
{
    return (ledger->lives[device] >> life & 1u) != 0;
}

static bool record_is_known(const struct ledger *ledger, const struct reg *reg,
                            uint32_t device)
{
    for (const struct reg *o = ledger->regs; o; o = o->next) {
        if (o->dump[device].present && str_eq(o->id, reg->id) &&
            str_eq(o->table, reg->table) && str_eq(o->user, reg->user) &&
            str_eq(o->app, reg->app)) {
            return true;
        }
    }
    return false;
}

/* A tombstone that was purged on purpose: nothing is what it should hold. */
static bool purged(const struct ledger *ledger, const struct reg *reg,
                   uint32_t device)
{
    return happened(ledger, device, LIFE_PURGE) &&
           !record_is_known(ledger, reg, device);
}

static bool answer_had_malformed(const struct ledger *ledger,
                                 const struct held *told)
{
    const struct event *event = &ledger->input->history->events[told->seq];
    return event->kind == EV_REPLY && event->response &&
           event->response->malformed_count > 0;
}

static bool is_stamp_of_any(const struct reg *reg, struct instant at)
{
    for (const struct write *w = reg->sent; w; w = w->next) {
        if (instant_cmp(w->at, at) == 0) {
            return true;
        }
    }
    for (const struct write *w = reg->edits; w; w = w->next) {
        if (instant_cmp(w->at, at) == 0) {
            return true;
        }
    }
    return false;
}

/* The client was told `told` and holds `dump`. */
static const char *blame_client(const struct ledger *ledger,
                                const struct reg *reg, uint32_t device)
{
    const struct held *told = &reg->told[device], *dump = &reg->dump[device];
    if (happened(ledger, device, LIFE_CRASH) && !dump->present) {
        return "PULL-1 APPLY-3 APPLY-1";
    }
    if (told->present && answer_had_malformed(ledger, told)) {
        return "APPLY-4 APPLY-1";
    }
    if (!dump->present && !record_is_known(ledger, reg, device)) {
        return "APPLY-3 APPLY-4 APPLY-2 APPLY-1";
    }
    if (dump->present && !is_stamp_of_any(reg, dump->at)) {
        return "APPLY-5 APPLY-2 APPLY-1";
    }
    if (dump->present && told->present &&
        instant_cmp(dump->at, told->at) == 0) {
        return "APPLY-2 MERGE-3 APPLY-1";
    }
    if (str_is(reg->name, "deletedAt")) {
        return "DELETE-3 DELETE-4 APPLY-3 APPLY-1 APPLY-2";
    }
    return "APPLY-1 APPLY-5 APPLY-2 APPLY-3 MERGE-4 MERGE-1";
}

static void report_client(struct finder *finder, const struct reg *reg,
                          uint32_t device)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct held *told = &reg->told[device];
    const struct event *path =
        told->present ? &ledger->input->history->events[told->seq] : NULL;
    struct str who = reg_text(arena, reg);
    const struct finding finding = {
        .candidates = blame_client(ledger, reg, device),
        .line = path ? path->line : 0,
        .what = arena_printf(arena, "DIVERGED %.*s on %.*s", STR_ARG(who),
                             STR_ARG(ledger_device(ledger, device)->name)),
        .expected = held_text(arena, told),
        .actual = held_text(arena, &reg->dump[device]),
        .cause = path ? arena_printf(
                            arena,
                            "the client had it at %.*s (event %u) and did "
                            "not keep it",
                            STR_ARG(time_text(arena, path->t_ms)), path->seq)
                      : STR("the client made it up: nobody told it so")};
    struct verdict *verdict = finding_begin(finder, &finding);
    if (verdict) {
        explain_register(ledger, reg, verdict);
    }
    finding_end(finder, verdict);
}

/* Replicas must be what they were told.  What they were not told is the
 * delivery checker's. */
static void check_device(struct finder *finder, uint32_t device)
{
    struct ledger *ledger = finder->ledger;
    const struct actor *actor = ledger_device(ledger, device);
    if (!ledger->dumped[device] || ledger->rebuilt[device]) {
        return;
    }
    for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
        if (reg_concerns(ledger, reg, actor) && !reg->wild &&
            !held_eq(&reg->dump[device], &reg->told[device]) &&
            !purged(ledger, reg, device)) {
            report_client(finder, reg, device);
        }
    }
}

/* A write that the server refused for good stays on its device. */
static bool is_withdrawn(const struct ledger *ledger, const struct reg *reg,
                         uint32_t device)
{
    const struct history *history = ledger->input->history;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind == EV_WITHDRAW && str_eq(event->id, reg->id) &&
            str_eq(event->collection, reg->table) &&
            history->actors[event->actor].device == device) {
            return true;
        }
    }
    return false;
}

static bool comparable(const struct ledger *ledger, const struct reg *reg,
                       uint32_t device)
{
    return !reg->wild &&
           reg_concerns(ledger, reg, ledger_device(ledger, device)) &&
           !purged(ledger, reg, device) && !is_withdrawn(ledger, reg, device);
}

/* All that talk to one app of one user end equal. */
static void check_pair(struct finder *finder, uint32_t a, uint32_t b)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct actor *first = ledger_device(ledger, a);
    const struct actor *second = ledger_device(ledger, b);
    for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
        if (held_eq(&reg->dump[a], &reg->dump[b]) ||
            !comparable(ledger, reg, a) || !comparable(ledger, reg, b)) {
            continue;
        }
        const struct finding finding = {
            .candidates = "MERGE-5 APPLY-2 APPLY-1 MERGE-3",
            .line = reg->sent_last ? reg->sent_last->event->line : 0,
            .what = arena_printf(arena, "DIVERGED %.*s",
                                 STR_ARG(reg_text(arena, reg))),
            .expected =
                arena_printf(arena, "%.*s and %.*s equal", STR_ARG(first->name),
                             STR_ARG(second->name)),
            .actual = arena_printf(
                arena, "%.*s holds %.*s, %.*s holds %.*s", STR_ARG(first->name),
                STR_ARG(held_text(arena, &reg->dump[a])), STR_ARG(second->name),
                STR_ARG(held_text(arena, &reg->dump[b])))};
        struct verdict *verdict = finding_begin(finder, &finding);
        if (verdict) {
            explain_register(ledger, reg, verdict);
        }
        finding_end(finder, verdict);
    }
}

void check_convergence(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    if (!ledger->input->settled) {
        return;
    }
    for (uint32_t d = 0; ledger->input->lww && d < ledger->devices; d++) {
        check_device(finder, d);
    }
    uint32_t last = UINT32_MAX;
    for (uint32_t d = 0; finder->found == 0 && d < ledger->devices; d++) {
        if (!ledger->dumped[d]) {
            continue;
        }
        const struct actor *now = ledger_device(ledger, d);
        if (last != UINT32_MAX &&
            str_eq(ledger_device(ledger, last)->user, now->user) &&
            str_eq(ledger_device(ledger, last)->app, now->app)) {
            check_pair(finder, last, d);
        }
        last = d;
    }
}
